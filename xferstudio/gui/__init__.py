"""The desktop window: a client of the command line. It never imports torch, so that it opens at once."""

from __future__ import annotations

from collections.abc import Sequence


def open_window(arguments: Sequence[str] = ()) -> int:
    """Open the window, on the project named in `arguments` if there is one; returns the exit code."""
    from xferstudio.gui.frame.app import main

    return main(arguments)
