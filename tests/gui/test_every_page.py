"""What holds for every page: keys that work and are told of, and names that a screen reader can say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from finished_runs import make_project, make_run
from offers import BACKBONES, OPTIONS
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QLineEdit, QWidget

from xferstudio.gui.frame.window import Window
from xferstudio.gui.look.help import Shortcuts
from xferstudio.gui.project import commands
from xferstudio.gui.project.studio import Catalogue

PAGES = ("data", "train", "compare", "try", "export")
STRATEGY = {
    "id": "extract",
    "label": "Extract",
    "kind": "extract",
    "summary": "Start here.",
    "options": OPTIONS,
}


@pytest.fixture
def window(qtbot, studio, tmp_path, monkeypatch):
    """A window on a project with two finished runs; commands say nothing."""
    monkeypatch.setattr(commands, "command_line", lambda *_: [sys.executable, "-c", ""])
    studio.rescan = lambda: None
    studio.catalogue = Catalogue(backbones=BACKBONES, strategies=[STRATEGY])
    project = make_project(tmp_path)
    folders = [make_run(project, name, wrong) for name, wrong in (("first", 10), ("second", 2))]
    made = Window(studio)
    qtbot.addWidget(made)
    made.show()
    studio.open(project.folder)
    for name in PAGES:
        made.go(name)
    qtbot.waitUntil(lambda: len(studio.runs) == 2, timeout=10_000)
    made.page("train").show_folder(folders[0])
    yield made
    made.leave()


def menu_keys(window):
    return {a.shortcut().toString() for menu in window._menus for a in menu.actions()} - {""}


def test_no_page_takes_keys_of_the_menus_which_would_make_both_dead(window):
    for name in PAGES:
        own = {shortcut.key().toString() for shortcut in window.page(name).findChildren(QShortcut)}
        assert not own & menu_keys(window), name


def test_the_keys_of_each_page_stand_in_the_help_sheet(qapp, window):
    for name, keys in (
        ("data", ["Ctrl+F", "Return", "Right", "Space", "Ctrl+A", "C", "Del", "F2"]),
        ("train", ["Ctrl+Return", "Ctrl+Up", "Ctrl+Down", "Del", "Left", "Right", "F", "L"]),
        ("try", ["Ctrl+V", "Ctrl+H", "Ctrl+Shift+O"]),
        ("compare", ["Ctrl+F"]),
        ("export", ["Return"]),
    ):
        window.go(name)
        window.show_shortcuts()
        sheet = next(w for w in qapp.topLevelWidgets() if isinstance(w, Shortcuts) and w.isVisible())
        shown = {word for child in sheet.findChildren(QLabel) for word in child.text().split("  ")}
        native = QKeySequence.SequenceFormat.NativeText
        assert {QKeySequence(each).toString(native) for each in keys} <= shown, name
        told = {word for _, text in window.page(name).shortcuts() for word in text.split("  ")}
        own = {each.key().toString(native) for each in window.page(name).findChildren(QShortcut)}
        assert own <= told, name
        sheet.accept()


def nameless(page):
    """Widgets that Tab reaches and of which a screen reader could say nothing."""
    buddies = {each.buddy() for each in page.findChildren(QLabel)}
    inner = (QComboBox, QAbstractSpinBox)
    for each in page.findChildren(QWidget):
        if each.isHidden():  # such as buttons that get their words when they are shown
            continue
        if not each.focusPolicy() & Qt.FocusPolicy.TabFocus or each.objectName().startswith("qt_"):
            continue
        if isinstance(each, QLineEdit) and isinstance(each.parent(), inner):
            continue
        if each.parent().inherits("QComboBoxPrivateContainer"):
            continue
        text = each.text() if isinstance(each, QAbstractButton) else ""
        if not each.accessibleName() and not text and each not in buddies:
            yield f"{type(each).__name__} in {type(each.parent()).__name__}"


@pytest.mark.parametrize("name", PAGES)
def test_whatever_tab_reaches_has_a_name(window, name):
    assert list(nameless(window.page(name))) == []


def test_names_that_look_like_html_are_shown_letter_by_letter_in_tooltips(qtbot):
    from PySide6.QtCore import Qt

    from xferstudio.gui.look.confusion import ConfusionMatrix

    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.show_matrix(("<b>bold</b>", "a & b"), ((1, 2), (3, 4)))
    model = matrix.model
    tips = [
        model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole),
        model.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole),
    ]
    for tip in tips:
        assert "&lt;b&gt;bold" in tip
        assert "<b>" not in tip
    assert "<b>bold</b>" in model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole)


ALL_PAGES = """
import os
import subprocess
import sys
from pathlib import Path
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from xferstudio.gui.project import commands
from xferstudio.gui.project.studio import Studio
from xferstudio.gui.frame.window import PAGES, Window

commands.command_line = lambda *_: [sys.executable, "-c", ""]
app = QApplication([])
window = Window(Studio(settings=QSettings(sys.argv[2], QSettings.Format.IniFormat)))
window.show()
window.studio.open(sys.argv[1])
for name in PAGES:
    window.go(name)
    app.processEvents()
window.page("train").dashboard
from xferstudio.gui.data import preview
heavy = ("torch", "timm", "torchvision", "onnxruntime", "onnx", "xferstudio.engine", "xferstudio.cli",
    "xferstudio_plugins")
print("LOADED", [name for name in heavy if name in sys.modules])
window.leave()
app.processEvents()
"""


def test_the_window_never_imports_torch_whatever_page_is_open(tmp_path, monkeypatch):
    project = make_project(tmp_path)
    make_run(project, "first", 10)
    root = Path(__file__).parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(root / "plugins")]))
    done = subprocess.run(
        [sys.executable, "-c", ALL_PAGES, str(project.folder), str(tmp_path / "settings.ini")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "LOADED []" in done.stdout


def test_settings_hold_nothing_that_affects_a_run(qtbot, window, studio):
    form = window.page("train").form
    form.options.fields["epochs"].set_value(77)
    window.close()
    studio.settings.sync()
    allowed = ("recent", "window/", "theme", "language", "data/", "compare/", "try/", "export/")
    assert all(key.startswith(allowed) for key in studio.settings.allKeys()), studio.settings.allKeys()
    values = [str(studio.settings.value(key)) for key in studio.settings.allKeys() if key != "recent"]
    assert not any(value == "77" or "lite" in value for value in values)
