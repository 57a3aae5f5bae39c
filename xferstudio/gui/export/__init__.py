"""The export page: taking a model out of the project."""
