"""Strategies that carry a model to images of another domain, which have no labels."""
