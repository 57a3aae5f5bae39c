"""The data page."""

from __future__ import annotations

from xferstudio.gui.page import Page


class DataPage(Page):
    """To be built."""
