"""The compare page."""

from __future__ import annotations

from xferstudio.gui.page import Page


class ComparePage(Page):
    """To be built."""
