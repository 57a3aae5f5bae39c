"""Starts the program's window: arguments, theme, language, and a net for exceptions in slots."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Sequence
from types import TracebackType

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from xferstudio.gui import theme
from xferstudio.gui.studio import Studio

log = logging.getLogger(__name__)


class _Net(QObject):
    """Catches what nobody caught, in any thread, and hands it to the window's thread."""

    caught = Signal(str, str)

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("a fault of the window", exc_info=(kind, error, trace))
        text = "".join(traceback.format_exception(kind, error, trace))
        self.caught.emit(f"{kind.__name__}: {error}", text)


def main(arguments: Sequence[str] = ()) -> int:
    """Open the window and stay until it is closed; the exit code."""
    QGuiApplication.setDesktopFileName("xferstudio")
    app = QApplication.instance() or QApplication(["xferstudio"])
    assert isinstance(app, QApplication)
    app.setApplicationName("xferstudio")
    studio = Studio()
    app.setProperty("theme", studio.settings.value("theme", "system"))
    theme.apply(app)
    from xferstudio.gui.window import Window

    window = Window(studio)
    net = _Net()
    net.caught.connect(window.show_fault)
    before, sys.excepthook = sys.excepthook, net
    try:
        window.show()
        window.begin(arguments[0] if arguments else "")
        return app.exec()
    finally:
        sys.excepthook = before
