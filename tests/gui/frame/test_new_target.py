"""Giving a project a target domain when it is made."""

from __future__ import annotations

import pytest
from domains import photos
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from xferstudio import project as projects
from xferstudio.gui.frame.new_project import NewProject
from xferstudio.gui.frame.path_line import PathLine


@pytest.fixture
def dialog(qtbot, studio, tmp_path):
    studio.projects_folder = tmp_path / "made"
    made = NewProject(studio)
    qtbot.addWidget(made)
    made.show()
    return made


def drop(line, data):
    enter = QDragEnterEvent(
        QPoint(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    line.dragEnterEvent(enter)
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    line.dropEvent(event)
    return enter.isAccepted()


def test_the_images_of_another_domain_are_a_second_choice_that_may_stay_empty(dialog, tmp_path):
    photos(tmp_path / "studio" / "apple")
    photos(tmp_path / "studio" / "pear")
    assert dialog.target.isVisible(), "it is not hidden among what few need"
    dialog.data.setText(str(tmp_path / "studio"))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photos(tmp_path / "market")))])
    assert drop(dialog.target, data)
    dialog.make.click()
    assert projects.load(dialog.folder).target_path() == tmp_path / "market"


def test_a_target_without_photos_is_told_before_anything_is_made(dialog, tmp_path):
    photos(tmp_path / "studio" / "apple")
    (tmp_path / "empty").mkdir()
    dialog.data.setText(str(tmp_path / "studio"))
    dialog.target.setText(str(tmp_path / "empty"))
    dialog.make.click()
    assert "no photos in empty" in dialog.fault.text() and dialog.folder is None
    assert not (tmp_path / "made").exists()
    dialog.target.setText(str(tmp_path / "nowhere"))
    dialog.make.click()
    assert "nowhere" in dialog.fault.text() and dialog.folder is None
    dialog.target.clear()
    dialog.make.click()
    assert projects.load(dialog.folder).data.target == ""


def test_text_dropped_on_a_line_for_a_path_is_put_in_as_text(qtbot):
    line = PathLine()
    qtbot.addWidget(line)
    data = QMimeData()
    data.setText("some words")
    drop(line, data)
    assert line.text() == "some words"
