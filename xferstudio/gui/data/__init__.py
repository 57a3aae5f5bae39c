"""The data page: looking at the images, putting them in order, and adding to them."""
