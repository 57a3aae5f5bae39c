"""The export page."""

from __future__ import annotations

from xferstudio.gui.page import Page


class ExportPage(Page):
    """To be built."""
