"""From a folder of photos that is dropped on the window to an exported model, with mouse and keyboard only."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QAbstractButton, QApplication

from xferstudio.gui.frame.window import Window

SAMPLE = Path(__file__).parents[2] / "resources" / "sample" / "studio"


@pytest.fixture
def photos(tmp_path):
    """A few photos of each class of the sample."""
    for folder in sorted(SAMPLE.iterdir()):
        if folder.is_dir():
            target = tmp_path / "My photos" / folder.name
            target.mkdir(parents=True)
            for file in sorted(folder.glob("*.jpg"))[:14]:
                shutil.copy(file, target)
    return tmp_path / "My photos"


def drop(window, folder):
    """What the system does when a folder is dropped on a window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    held = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(300, 300), *held)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    dropped = QDropEvent(QPointF(300, 300), *held)
    QApplication.sendEvent(window, dropped)
    assert dropped.isAccepted()


class Hand:
    """Clicks what can be seen, and counts."""

    def __init__(self, qtbot, window):
        self.qtbot, self.window, self.clicks = qtbot, window, 0

    def button(self, text):
        found = [
            button
            for button in self.window.findChildren(QAbstractButton)
            if button.isVisible() and button.text().replace("&", "") == text
        ]
        return found[-1] if found else None

    def click(self, text):
        self.qtbot.waitUntil(
            lambda: self.button(text) is not None and self.button(text).isEnabled(), timeout=60_000
        )
        self.qtbot.mouseClick(self.button(text), Qt.MouseButton.LeftButton)
        self.clicks += 1


def test_a_folder_becomes_an_exported_model_in_a_few_clicks(qtbot, studio, photos, tmp_path):
    home = tmp_path / "home"
    studio.projects_folder = home
    window = Window(studio)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    window.begin()
    hand = Hand(qtbot, window)

    drop(window, photos)
    qtbot.waitUntil(lambda: studio.pictures is not None, timeout=120_000)
    assert studio.pictures.counts["found"] == 4 * 14
    assert studio.project.folder.is_relative_to(home)
    qtbot.waitUntil(lambda: bool(studio.catalogue.strategies), timeout=120_000)

    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    qtbot.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: window.current() is window.pages.get("train"), timeout=10_000)
    hand.click("Train")
    qtbot.waitUntil(lambda: any(studio.state(run) == "finished" for run in studio.runs), timeout=240_000)
    summary = studio.runs[-1].summary()
    assert summary["counts"]["found"] == studio.pictures.counts["found"]

    hand.click("Export the model")
    hand.click("Export")
    exported = studio.project.exports_folder
    qtbot.waitUntil(lambda: any(exported.glob("*.onnx")), timeout=240_000)
    qtbot.waitUntil(lambda: bool(window.page("export").verdict.text()), timeout=120_000)
    assert "agree" in window.page("export").proof.text()
    parity = json.loads(next(exported.rglob("*parity.json")).read_text("utf-8"))
    assert parity["passed"] is True
    assert hand.clicks + 1 < 10  # one more for the dropping

    for page in window.pages.values():
        assert page.let_go()
    window.close()
