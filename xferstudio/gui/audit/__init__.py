"""Labelling a few images of the target domain, and what that says."""
