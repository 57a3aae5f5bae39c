"""A window without a screen, with settings of its own, where Qt's warnings and leaks of threads are failures."""

from __future__ import annotations

import os
import threading

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest

pytest.importorskip("PySide6.QtWidgets", reason="PySide6 cannot be imported here", exc_type=ImportError)

from PySide6.QtCore import QSettings, QThread

from xferstudio.gui import theme
from xferstudio.gui.studio import Studio

OF_NO_SCREEN = ("This plugin does not support propagateSizeHints()",)
"""What Qt says of any page that is shown by itself where there is no screen."""


@pytest.fixture(autouse=True)
def calm(qapp, qtlog, tmp_path, monkeypatch):
    """No warning of Qt, no thread left behind, nothing written outside the test's folder."""
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path / "cache"))
    theme.apply(qapp)
    before = set(threading.enumerate())
    yield
    qapp.processEvents()
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    assert not left, f"threads left behind: {left}"
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
