"""The train page."""

from __future__ import annotations

from xferstudio.gui.page import Page


class TrainPage(Page):
    """To be built."""
