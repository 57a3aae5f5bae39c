"""The window on a disk that cannot be written, is full, or goes away: sentences to copy, and nothing is lost."""

import errno
import os
import shutil
import sys

import pytest
from offers import BACKBONES, OPTIONS
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from xferstudio import project as projects
from xferstudio.data import Edits
from xferstudio.gui.frame.window import Window
from xferstudio.gui.look import messages
from xferstudio.gui.project import commands
from xferstudio.gui.project.studio import Catalogue

STRATEGY = {
    "id": "extract",
    "label": "Extract features",
    "kind": "extract",
    "summary": "Start here.",
    "options": OPTIONS,
}
LONG = 30_000


@pytest.fixture
def project(tmp_path):
    for name, colour in (("blue", "blue"), ("red", "red")):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(8):
            image = Image.new("RGB", (40, 40), colour)
            image.putpixel((number, number), (255, 255, 255))
            image.save(tmp_path / "images" / name / f"{number}.png")
    return projects.create(tmp_path / "project", data=tmp_path / "images", name="Colours").folder


@pytest.fixture
def window(qtbot, studio, project, monkeypatch):
    """The real window with its real pages on a project; only runs would be pretended, and none may begin."""
    real, begun = commands.command_line, []

    def line(*words):
        if words[0] == "run":
            begun.append(words)
        return real(*words) if words[0] == "scan" else [sys.executable, "-c", ""]

    monkeypatch.setattr(commands, "command_line", line)
    monkeypatch.setattr(studio, "read_catalogue", lambda: None)
    made = Window(studio)
    made.begun, made.faults = begun, []
    monkeypatch.setattr(made, "show_fault", lambda *what: made.faults.append(what))
    # A pretended run may not have ended yet when the test has; nobody is there to answer a question then.
    monkeypatch.setattr(made, "_may_leave", lambda: True)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    made.begin()
    made.open(str(project))
    qtbot.waitUntil(lambda: studio.pictures is not None, timeout=LONG)
    studio.catalogue = Catalogue(backbones=BACKBONES, strategies=[STRATEGY])
    studio.catalogue_changed.emit()
    yield made
    qtbot.waitUntil(lambda: all(page.let_go() for page in made.pages.values()), timeout=LONG)
    made.leave()
    assert made.faults == []


class Disk:
    """Files below a folder cannot be written for as long as `error` is set; they can be read."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.error = str(folder), 0
        opened = os.open

        def refuse(path, flags, *more, **named):
            writing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if self.error and writing and str(path).startswith(self.folder):
                raise OSError(self.error, os.strerror(self.error), str(path))
            return opened(path, flags, *more, **named)

        monkeypatch.setattr(os, "open", refuse)


@pytest.fixture
def disk(project, monkeypatch):
    return Disk(project, monkeypatch)


def told(qtbot, window):
    """The sentence that the window shows, as its Copy button gives it; the box is closed."""
    qtbot.waitUntil(lambda: window._message is not None, timeout=LONG)
    box = window._message
    box.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert box.sentence.text() in copied
    box.buttons[0].click()
    return copied


def exclude_the_first(window):
    page = window.page("data")
    window.go("data")
    page.grid.setFocus()
    QTest.keyClick(page.grid, Qt.Key.Key_Home)
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)


def train(window):
    window.go("train", "new")
    form = window.page("train").form
    assert form.train_button.isEnabled()
    form.train_button.click()


def files(folder):
    """What the project's folder holds, locks and what is noted by the scan aside."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (errno.EROFS, "the disk is read-only"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "permission is denied"),
    ],
)
def test_what_cannot_be_written_is_told_in_a_sentence_and_done_when_there_is_room(
    qtbot, window, studio, project, disk, error, reason
):
    before = files(project)
    disk.error = error
    exclude_the_first(window)
    words = told(qtbot, window)
    assert reason in words and "edits.json" in words and "Traceback" not in words
    data = window.page("data")
    assert not data.undo_stack.canUndo()
    assert not any(picture.left_out for picture in data.rows.items)
    train(window)
    words = told(qtbot, window)
    assert reason in words and str(project) in words and "Traceback" not in words
    assert window.begun == [] and not studio.queue.active and not studio.queue.waiting
    assert files(project) == before
    disk.error = 0
    exclude_the_first(window)
    assert len(Edits.read(project).excluded) == 1
    train(window)
    assert [run.name for run in projects.load(project).runs] == ["extract"]
    qtbot.waitUntil(lambda: window.begun != [], timeout=LONG)
    assert window._message is None


def test_a_read_only_project_is_shown_and_says_what_cannot_be_done(
    qtbot, window, studio, project, disk, monkeypatch
):
    window.close_project()
    qtbot.waitUntil(lambda: studio.project is None, timeout=LONG)
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, how: how != os.W_OK and access(path, how))
    disk.error = errno.EROFS
    with qtbot.waitSignal(studio.note, check_params_cb=lambda text: "may not write" in text):
        window.open(str(project))
    qtbot.waitUntil(lambda: studio.pictures is not None, timeout=LONG)
    assert len(window.page("data").rows.items) == 16
    for name in ("compare", "try", "export", "train"):
        window.go(name)
        assert window._message is None


def test_a_folder_deleted_while_open_is_told_and_nothing_of_it_comes_back(
    qtbot, window, studio, project, tmp_path, monkeypatch
):
    asked = []

    def ask(parent, sentence, answers, details=""):
        asked.append(sentence)
        return answers[1]

    monkeypatch.setattr(messages, "ask", ask)
    studio._watch.end()  # so that what the user does comes before what the watch sees
    shutil.rmtree(project)
    exclude_the_first(window)
    words = told(qtbot, window)
    assert "edits.json" in words and "Traceback" not in words
    train(window)
    assert str(project) in told(qtbot, window)
    assert window.begun == [] and not project.exists()
    studio.look()
    qtbot.waitUntil(lambda: studio.project is None, timeout=LONG)
    assert len(asked) == 1 and "is not there any more" in asked[0]
    assert window.current() is window.page("start")
    assert len(list((tmp_path / "images").rglob("*.png"))) == 16


def test_a_folder_that_comes_back_goes_on_where_it_was(qtbot, window, studio, project, tmp_path, monkeypatch):
    exclude_the_first(window)
    away = tmp_path / "away"

    def ask(parent, sentence, answers, details=""):
        away.rename(project)
        return answers[0]

    monkeypatch.setattr(messages, "ask", ask)
    project.rename(away)
    qtbot.waitUntil(lambda: not away.exists(), timeout=LONG)
    qtbot.waitUntil(lambda: studio._watch is not None, timeout=LONG)
    exclude_the_first(window)
    page = window.page("data")
    assert page.undo_stack.count() >= 1
    assert window._message is None
    train(window)
    assert [run.name for run in projects.load(project).runs] == ["extract"]
