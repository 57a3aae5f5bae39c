"""The start page."""

from __future__ import annotations

from xferstudio.gui.page import Page


class StartPage(Page):
    """To be built."""
