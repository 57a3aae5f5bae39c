"""Starts the program's window: arguments, theme, language, and a net for what nobody catches."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QLibraryInfo,
    QLocale,
    QObject,
    QSettings,
    QSocketNotifier,
    QtMsgType,
    QTranslator,
    Signal,
    Slot,
    qInstallMessageHandler,
)
from PySide6.QtGui import QFontDatabase, QFontInfo, QGuiApplication
from PySide6.QtWidgets import QApplication

from xferstudio.api import UserError
from xferstudio.faults import FaultLog
from xferstudio.gui.look import theme
from xferstudio.gui.project.studio import Studio

if TYPE_CHECKING:
    from xferstudio.gui.frame.window import Window

log = logging.getLogger(__name__)

TRANSLATIONS = Path(__file__).parents[1] / "translations"


class Net(QObject):
    """Catches what nobody caught, in any thread: it is written to the log and handed to the window's thread."""

    caught = Signal(str, str)

    def __init__(self, faults: FaultLog) -> None:
        super().__init__()
        self._faults = faults

    def exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """As sys.excepthook; exceptions in slots come here too."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("a fault of the window", exc_info=(kind, error, trace))
        text = "".join(traceback.format_exception(kind, error, trace))
        if self._faults.file is not None:
            text += f"\n{self._faults.file}"
        told = (str(error).splitlines() or [""])[0]
        self.caught.emit(f"{kind.__name__}: {told}" if told else kind.__name__, text)

    def in_thread(self, facts: Any) -> None:
        """As threading.excepthook."""
        if facts.exc_type is not SystemExit:
            self.exception(facts.exc_type, facts.exc_value or facts.exc_type(), facts.exc_traceback)

    def unraisable(self, facts: Any) -> None:
        """As sys.unraisablehook: nobody can act on it, so it is only written down."""
        log.error("a fault in passing: %s", facts.err_msg or facts.object, exc_info=facts.exc_value)

    @contextlib.contextmanager
    def spread(self) -> Iterator[None]:
        """Be there for all threads, and leave everything as it was afterwards."""
        before = sys.excepthook, threading.excepthook, sys.unraisablehook
        sys.excepthook, threading.excepthook = self.exception, self.in_thread
        sys.unraisablehook = self.unraisable
        qt = qInstallMessageHandler(_from_qt)
        root = logging.getLogger()
        root.addHandler(self._faults)
        try:
            yield
        finally:
            root.removeHandler(self._faults)
            qInstallMessageHandler(qt)
            sys.excepthook, threading.excepthook, sys.unraisablehook = before


def _from_qt(kind: QtMsgType, context: Any, text: str | None) -> None:
    level = {
        QtMsgType.QtDebugMsg: logging.DEBUG,
        QtMsgType.QtInfoMsg: logging.INFO,
        QtMsgType.QtWarningMsg: logging.WARNING,
    }.get(kind, logging.ERROR)
    logging.getLogger("qt").log(level, "%s", text)


class Signals(QObject):
    """Closes the window when the system or a terminal asks the process to end; its runs go on."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._before: dict[int, Any] = {}
        self._notifier: QSocketNotifier | None = None
        if os.name != "posix" or threading.current_thread() is not threading.main_thread():
            return
        # Python runs its handlers only when it gets to run: the socket wakes it.
        import socket

        self._inside, self._outside = socket.socketpair()
        for end in (self._inside, self._outside):
            end.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._outside.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._nothing)
        self._notifier = QSocketNotifier(self._inside.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._asked)

    @staticmethod
    def _nothing(number: int, frame: object) -> None:
        return

    @Slot()
    def _asked(self) -> None:
        with contextlib.suppress(OSError):
            self._inside.recv(64)
        self._window.leave()

    def close(self) -> None:
        """Leave the signals as they were."""
        if self._notifier is None:
            return
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._wakeup)
        for number, before in self._before.items():
            signal.signal(number, before)
        self._inside.close()
        self._outside.close()


def language(settings: QSettings) -> QLocale:
    """The language that was chosen, else the system's."""
    chosen = str(settings.value("language", "system"))
    return QLocale.system() if chosen == "system" else QLocale(chosen)


def translate(app: QApplication, locale: QLocale) -> list[QTranslator]:
    """Let the program speak this language as far as it can: our texts, and those of Qt's own dialogs."""
    QLocale.setDefault(locale)
    if locale.language() == QLocale.Language.English:
        return []
    if locale.script() == QLocale.Script.SimplifiedHanScript:
        _write_simplified_chinese(app)
    installed = []
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    for name, folder in (("qtbase", qt), ("xferstudio", str(TRANSLATIONS))):
        translator = QTranslator(app)
        if translator.load(locale, name, "_", folder):
            app.installTranslator(translator)
            installed.append(translator)
    return installed


def _write_simplified_chinese(app: QApplication) -> None:
    """Let the font fall back on Chinese shapes of Han characters, which Linux else takes from any Han font."""
    there = QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese)
    chinese = [name for name in ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC") if name in there]
    if chinese:
        font = app.font()
        font.setFamilies([QFontInfo(font).family(), *chinese])
        app.setFont(font)


def main(arguments: Sequence[str] = ()) -> int:
    """Open the window and stay until it is closed; the exit code. Raises UserError where there is no screen."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise UserError(
            "There is no screen here to open the window on; on the command line, `xferstudio --help` tells what "
            "to do without one."
        )
    QGuiApplication.setDesktopFileName("xferstudio")
    app = QApplication.instance() or QApplication(["xferstudio"])
    assert isinstance(app, QApplication)
    app.setApplicationName("xferstudio")
    net = Net(FaultLog())
    with net.spread():
        studio = Studio()
        translators = translate(app, language(studio.settings))
        app.setProperty("theme", studio.settings.value("theme", "system"))
        theme.apply(app)
        app.setWindowIcon(theme.icon("logo", theme.colours().accent))
        from xferstudio.gui.frame.window import Window

        window = Window(studio)
        net.caught.connect(window.show_fault)
        signals = Signals(window)
        try:
            window.appear(arguments[0] if arguments else "")
            return app.exec()
        finally:
            signals.close()
            studio.let_go()
            for translator in translators:
                app.removeTranslator(translator)
