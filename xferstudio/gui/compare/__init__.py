"""The compare page: runs side by side."""
