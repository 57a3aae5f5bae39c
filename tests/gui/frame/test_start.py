"""The first start: three choices, dropped folders, the sample, the dialog for a new project, and starting itself."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QMimeData, QPoint, QPointF, QSettings, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QPushButton

from xferstudio import project as projects
from xferstudio.api import UserError
from xferstudio.gui.frame import app as starting
from xferstudio.gui.frame.new_project import NewProject
from xferstudio.gui.frame.window import Window
from xferstudio.gui.look import theme
from xferstudio.gui.project.studio import holds_images


@pytest.fixture
def window(qtbot, studio, tmp_path, monkeypatch):
    """The window at its first start; it scans nothing."""
    monkeypatch.setattr(studio, "rescan", lambda: None)
    monkeypatch.setattr(studio, "read_catalogue", lambda: None)
    studio.projects_folder = tmp_path / "documents"
    made = Window(studio)
    qtbot.addWidget(made)
    # The pages of a project have tests of their own.
    from xferstudio.gui.frame import window as module

    monkeypatch.setitem(module.PAGES, "data", ("project.page", "Page"))
    made.show()
    made.begin()
    return made


@pytest.fixture
def images(tmp_path):
    for name in ("a/1.png", "b/2.png"):
        file = tmp_path / "Holiday photos" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
    return tmp_path / "Holiday photos"


def drop(qtbot, window, path) -> bool:
    """Drop a file or folder on the window; whether it was taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    options = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPoint(50, 50), *options)
    window.dragEnterEvent(enter)
    if not enter.isAccepted():
        return False
    window.dropEvent(QDropEvent(QPointF(50, 50), *options))
    qtbot.wait(50)
    return True


def test_the_first_start_shows_exactly_three_choices_which_the_keyboard_reaches(qtbot, window):
    page = window.current()
    choices = [child for child in page.findChildren(QPushButton) if child.isVisible()]
    assert [choice.accessibleName() for choice in choices] == [
        "Open the sample",
        "New project from a folder",
        "Open a project",
    ]
    assert all(choice.focusPolicy() & Qt.FocusPolicy.TabFocus for choice in choices)
    for choice in choices:
        assert choice.height() >= choice.height_for_text()


def test_the_sample_is_made_once_and_opened_again(qtbot, window, studio):
    qtbot.mouseClick(window.current().sample, Qt.MouseButton.LeftButton)
    first = studio.project.folder
    assert (studio.project.data_path() / "fresh").is_dir()
    assert window.current() is window.pages["data"]
    window.close_project()
    assert studio.project is None
    qtbot.keyClick(window.current().sample, Qt.Key.Key_Space)
    assert studio.project.folder == first


def test_a_folder_picked_becomes_a_project_in_two_clicks(qtbot, window, studio, images, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *arguments: str(images))
    qtbot.mouseClick(window.current().new, Qt.MouseButton.LeftButton)
    assert studio.project.folder == studio.projects_folder / "Holiday photos"
    assert studio.project.data_path() == images


def test_a_dialog_that_was_closed_makes_nothing(qtbot, window, studio, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *arguments: "")
    qtbot.mouseClick(window.current().new, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(window.current().open, Qt.MouseButton.LeftButton)
    assert studio.project is None


def test_a_dropped_folder_becomes_a_project_and_a_dropped_project_is_opened(
    qtbot, window, studio, images, tmp_path
):
    assert drop(qtbot, window, images)
    assert studio.project.name == "Holiday photos"
    window.close_project()
    made = projects.create(tmp_path / "mine", data=images).folder
    assert drop(qtbot, window, made)
    assert studio.project.folder == made
    window.close_project()
    assert drop(qtbot, window, made / "project.toml")
    assert studio.project.folder == made


def test_with_a_project_open_only_another_project_is_taken(qtbot, window, studio, images, tmp_path):
    made = [projects.create(tmp_path / name, data=images).folder for name in ("p1", "p2")]
    window.open(str(made[0]))
    assert not drop(qtbot, window, images)
    assert drop(qtbot, window, made[1])
    assert studio.project.folder == made[1]


def test_a_dropped_file_or_an_empty_folder_gets_a_sentence(qtbot, window, studio, tmp_path):
    (tmp_path / "cat.jpg").write_bytes(b"x")
    (tmp_path / "nothing" / ".hidden").mkdir(parents=True)
    for path, words in (
        (tmp_path / "cat.jpg", "single file"),
        (tmp_path / "nothing", "no photos in nothing"),
    ):
        assert drop(qtbot, window, path)
        assert words in window._message.sentence.text()
        window._message.accept()
    assert studio.project is None


def test_a_place_that_cannot_be_written_to_is_a_sentence(qtbot, window, studio, images, tmp_path):
    (tmp_path / "file").write_text("x")
    studio.projects_folder = tmp_path / "file" / "below"
    assert drop(qtbot, window, images)
    assert str(studio.projects_folder) in window._message.sentence.text()
    window._message.accept()


def test_data_without_photos_make_no_project(qtbot, window, studio, tmp_path):
    (tmp_path / "texts" / "deep").mkdir(parents=True)
    (tmp_path / "texts" / "deep" / "notes.txt").write_text("x")
    (tmp_path / "photo.jpg").write_bytes(b"x")
    assert drop(qtbot, window, tmp_path / "texts")
    assert "no photos in texts" in window._message.sentence.text()
    window._message.accept()
    for wrong in ("texts", "photo.jpg"):
        with pytest.raises(UserError):
            studio.make(tmp_path / wrong, "name", tmp_path / "there")
    assert not (tmp_path / "there").exists()
    assert not studio.projects_folder.exists()


def test_looking_for_images_ends_early(tmp_path):
    assert not holds_images(tmp_path)
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert not holds_images(tmp_path)
    assert holds_images(tmp_path, most=1)
    (tmp_path / "a" / "b" / "x.png").write_text("x")
    assert holds_images(tmp_path)


# --------------------------------------------------------------------------------------- the dialog


@pytest.fixture
def dialog(qtbot, studio, tmp_path):
    studio.projects_folder = tmp_path / "documents"
    made = NewProject(studio)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_dialog_suggests_name_and_place_and_splits_stand_behind_more(qtbot, dialog, studio, images):
    assert not dialog.make.isEnabled()
    assert not dialog.val.isVisible()
    for line in (dialog.data, dialog.target):
        wide = line.fontMetrics().horizontalAdvance(line.placeholderText())
        assert wide < line.width() - 2 * theme.UNIT, "hints are read whole"
    dialog.data.setText(str(images))
    assert dialog.name.text() == "Holiday photos"
    assert dialog.place.text() == str(studio.projects_folder / "Holiday photos")
    qtbot.keyClicks(dialog.name, "!")
    assert dialog.place.text().endswith("photos!")
    qtbot.mouseClick(dialog.unfold, Qt.MouseButton.LeftButton)
    assert dialog.val.isVisible()
    dialog.val.setValue(12.5)
    dialog.test.setValue(30)
    dialog.seed.setValue(7)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    made = projects.load(dialog.folder)
    assert (made.name, made.split.val, made.split.test, made.split.seed) == ("Holiday photos!", 0.125, 0.3, 7)


def test_what_is_wrong_stands_in_the_dialog_and_nothing_is_lost(qtbot, dialog, images, tmp_path):
    dialog.data.setText(str(tmp_path / "none"))
    qtbot.mouseClick(dialog.make, Qt.MouseButton.LeftButton)
    assert "none" in dialog.fault.text()
    assert dialog.isVisible()
    assert dialog.height() >= dialog.layout().totalHeightForWidth(dialog.width()), (
        "or its fields are squeezed"
    )
    dialog.data.setText(str(images))
    assert not dialog.fault.isVisible()
    dialog.val.setValue(60)
    dialog.test.setValue(60)
    qtbot.mouseClick(dialog.make, Qt.MouseButton.LeftButton)
    assert "smaller than 1" in dialog.fault.text()
    assert not Path(dialog.place.text()).exists()


# --------------------------------------------------------------------------------------- starting


def test_the_window_starts_without_anything_heavy():
    code = (
        "import sys\n"
        "import xferstudio.gui.frame.app, xferstudio.gui.frame.window, xferstudio.gui.frame.start_page\n"
        "heavy = ('torch', 'numpy', 'PIL', 'pyqtgraph', 'timm', 'xferstudio.data', 'xferstudio.engine',\n"
        "         'xferstudio.cli', 'xferstudio_plugins', 'onnx')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_a_screen_there_is_a_sentence(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(UserError, match="no screen"):
        starting.main()


def test_the_language_is_the_one_that_was_chosen_else_the_systems(tmp_path):
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    assert starting.language(settings) == QLocale.system()
    settings.setValue("language", "zh_CN")
    assert starting.language(settings).language() == QLocale.Language.Chinese


def test_an_untranslated_language_starts_in_english(qapp):
    before = QLocale()
    try:
        for translator in starting.translate(qapp, QLocale("eo")):
            qapp.removeTranslator(translator)
        assert starting.translate(qapp, QLocale("en_GB")) == []
    finally:
        QLocale.setDefault(before)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_the_window_opens_says_what_is_wrong_with_a_project_and_ends_when_the_system_asks(tmp_path):
    code = (
        "import sys\n"
        "from PySide6.QtCore import QTimer\n"
        "from xferstudio.gui.frame import app, window\n"
        "from xferstudio.gui.project.studio import Studio\n"
        "def told(self, sentence, details=''): print('TOLD', sentence, flush=True)\n"
        "window.Window.show_message = told\n"
        "def raised(): raise ValueError('alas')\n"
        "Studio.read_catalogue = lambda self: QTimer.singleShot(100, raised)\n"
        "sys.exit(app.main(['/no/such/project']))"
    )
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XFERSTUDIO_LOG": str(tmp_path / "log"),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert "There is no project in" in process.stdout.readline()
        assert "ValueError: alas" in process.stdout.readline()
        time.sleep(0.2)
        process.terminate()
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, err
    (log,) = (tmp_path / "log").iterdir()
    assert "ValueError: alas" in log.read_text()
