"""Opens the window, or says in a sentence what it needs that this machine does not have."""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import sys
from pathlib import Path

from xferstudio.api import UserError

# By Debian's names; what a desktop has anyway, and a bare server or container has not.
SYSTEM_LIBRARIES = (
    "libegl1 libgl1 libglib2.0-0 libdbus-1-3 libfontconfig1 libx11-xcb1 libxkbcommon0 libxkbcommon-x11-0 "
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 "
    "libxcb-xkb1"
)
_HEADLESS = "; everything works on the command line too: xferstudio --help"


def open_window(project: str = "") -> int:
    """Open the window, on this project if one is named; the exit code. Raises UserError where it cannot be."""
    check_screen()
    try:
        importlib.import_module("PySide6.QtWidgets")
        if importlib.util.find_spec("pyqtgraph") is None:
            raise ModuleNotFoundError(name="pyqtgraph")
    except ModuleNotFoundError as error:
        raise UserError(
            f"the window needs a package that is not installed ({error.name}); install it with: "
            f"{sys.executable} -m pip install PySide6-Essentials pyqtgraph{_HEADLESS}"
        ) from error
    except ImportError as error:
        raise _library_missing(error) from error
    check_x11()
    from xferstudio.gui import open_window as open_here

    return open_here([project] if project else [])


def check_screen() -> None:
    """Raises UserError where there is no screen: Qt would end the process."""
    there = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in there):
        raise UserError(
            "the window needs a screen, and there is none here (neither DISPLAY nor WAYLAND_DISPLAY is set)"
            + _HEADLESS
        )


def check_x11() -> None:
    """Raises UserError where Qt would speak to an X server and cannot: it would end the process."""
    wanted = os.environ.get("QT_QPA_PLATFORM", "")
    display = os.environ.get("DISPLAY", "")
    if not sys.platform.startswith("linux") or not display or wanted not in ("", "xcb"):
        return
    if not wanted and os.environ.get("WAYLAND_DISPLAY"):
        return
    folder = Path(importlib.import_module("PySide6").__file__ or "").parent
    plugin = folder / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    try:
        if plugin.is_file():
            ctypes.CDLL(str(plugin))
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        raise _library_missing(error) from error
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if refused:
        raise UserError(f"the screen {display} cannot be reached, so there can be no window{_HEADLESS}")


def _library_missing(error: Exception) -> UserError:
    return UserError(
        f"the window needs libraries of the system that are missing ({error}); on Debian and Ubuntu: "
        f"apt install {SYSTEM_LIBRARIES}"
    )
