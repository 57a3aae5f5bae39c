"""The page of plugins."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from xferstudio.gui.frame.plugins_page import PluginsPage
from xferstudio.gui.project.studio import Catalogue

LOADED = [
    {
        "name": "first-party",
        "distribution": "xferstudio",
        "version": "0.1.0",
        "seconds": 0.109,
        "adds": {"backbones": [f"b{n}" for n in range(30)], "strategies": ["extract"], "exporters": []},
    },
    {"name": "odd", "distribution": "odd", "version": "", "adds": {}, "seconds": None},
]
FAILED = [
    {"name": "dann", "distribution": "xferstudio-dann", "version": "0.3", "reason": "it needs torchmetrics"}
]


@pytest.fixture
def page(qtbot, studio):
    made = PluginsPage(studio)
    qtbot.addWidget(made)
    made.show()
    return made


def cells(page):
    return [
        [page.table.item(row, column).text() for column in range(page.table.columnCount())]
        for row in range(page.table.rowCount())
    ]


def test_before_the_catalogue_is_there_the_page_says_that_it_is_being_read(page):
    assert page.empty.isVisible()
    assert not page.table.isVisible()


def test_every_plugin_shows_version_what_it_adds_and_load_time_those_that_failed_first(page, studio):
    studio.catalogue = Catalogue(loaded=LOADED, failed=FAILED)
    studio.catalogue_changed.emit()
    assert cells(page) == [
        ["xferstudio-dann (dann)", "0.3", "–", "–", "failed"],
        ["xferstudio (first-party)", "0.1.0", "30 backbones · extract", "109\u202fms", "loaded"],
        ["odd", "–", "nothing", "–", "loaded"],
    ]
    assert page.summary.text() == "2 loaded, 1 failed"


def test_why_a_plugin_failed_and_how_to_check_it_stand_below(page, studio, qtbot):
    studio.catalogue = Catalogue(loaded=LOADED, failed=FAILED)
    studio.catalogue_changed.emit()
    assert page.card.isVisible()
    assert page.about.text() == "it needs torchmetrics"
    notes = []
    studio.note.connect(notes.append)
    qtbot.mouseClick(page.copy, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "xferstudio check-plugin xferstudio-dann"
    assert len(notes) == 1
    page.table.selectRow(1)
    assert "Backbones: b0, b1" in page.about.text()


def test_reading_again_asks_the_command_line_once_at_a_time(page, studio, monkeypatch, qtbot):
    asked = []
    monkeypatch.setattr(studio, "read_catalogue", lambda: asked.append(None))
    qtbot.mouseClick(page.again, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(page.again, Qt.MouseButton.LeftButton)
    assert len(asked) == 1
    studio.catalogue_changed.emit()
    assert page.again.isEnabled()
