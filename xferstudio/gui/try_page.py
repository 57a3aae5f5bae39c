"""The try page."""

from __future__ import annotations

from xferstudio.gui.page import Page


class TryPage(Page):
    """To be built."""
