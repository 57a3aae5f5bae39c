"""The page on which a model is tried on new images, and sorts folders of them."""
