"""A window without a screen, with settings of its own, where Qt's warnings and leaks of threads are failures."""

from __future__ import annotations

import gc
import os
import threading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="PySide6 cannot be imported here", exc_type=ImportError)

from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QThread
from PySide6.QtWidgets import QMainWindow

from xferstudio.gui.look import theme
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.studio import Studio

OF_NO_SCREEN = ("This plugin does not support propagateSizeHints()", "This plugin does not support raise()")
"""What Qt says of any page or tooltip that is shown by itself where there is no screen."""


def running_still(thread):
    """Whether a thread of Qt runs, and goes on running for two seconds more."""
    try:
        return thread.isRunning() and not thread.wait(2000)
    except RuntimeError:  # deleted
        return False


@pytest.fixture(autouse=True)
def calm(qapp, qtlog, tmp_path, monkeypatch):
    """No warning of Qt, no thread left behind, nothing written outside the test's folder."""
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path / "cache"))
    theme.apply(qapp)
    before = set(threading.enumerate()), set(map(id, qapp.topLevelWidgets()))
    yield
    for _ in range(3):
        qapp.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [thread for thread in threading.enumerate() if thread not in before[0] and not thread.daemon]
    assert not left, f"threads left behind: {left}"
    # By type: asking some objects of other libraries for their class makes them warn.
    threads = [each for each in gc.get_objects() if issubclass(type(each), QThread)]
    running = [thread for thread in threads if running_still(thread)]
    assert not running, f"threads left behind: {running}"
    widgets = [w for w in qapp.topLevelWidgets() if id(w) not in before[1]]
    shown = [w for w in widgets if w.isVisible() or isinstance(w, (Page, QMainWindow))]
    assert not shown, f"widgets left behind: {shown}"
    worse = [
        record
        for record in qtlog.records
        if record.type.name in ("QtWarningMsg", "QtCriticalMsg", "QtFatalMsg")
        and record.message not in OF_NO_SCREEN
    ]
    assert not worse, "\n".join(str(record.message) for record in worse)


@pytest.fixture
def studio(qapp, tmp_path):
    """A studio whose settings are a file of the test."""
    made = Studio(settings=QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    yield made
    made.let_go()
    made.close()
    for thread in made.findChildren(QThread):
        assert thread.wait(10_000), f"{thread} still runs"
    made.deleteLater()
