"""What holds for every page: keys that work and are told of, and names that a screen reader can say."""

from __future__ import annotations

import sys

import pytest
from finished_runs import make_project, make_run
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QLineEdit, QWidget
from test_options_form import BACKBONES, OPTIONS

from xferstudio.gui import commands
from xferstudio.gui.help import Shortcuts
from xferstudio.gui.studio import Catalogue
from xferstudio.gui.window import Window

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

    from xferstudio.gui.confusion import ConfusionMatrix

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
