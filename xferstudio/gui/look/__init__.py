"""Drawing that knows no project: the theme and its icons, widgets, plots, thumbnails, words."""
