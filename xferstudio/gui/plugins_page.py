"""The plugins page."""

from __future__ import annotations

from xferstudio.gui.page import Page


class PluginsPage(Page):
    """To be built."""
