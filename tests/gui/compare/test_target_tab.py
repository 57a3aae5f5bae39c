"""The runs on the target domain in the comparison: the choice in words, a row for each run, and the way to the audit."""

import pytest
from domains import pretend
from finished_runs import look_after, make_project, make_run
from pretend_domains import TARGET
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from xferstudio.gui.compare.compare_page import ComparePage
from xferstudio.gui.compare.target_tab import TargetTab


@pytest.fixture
def tab(qtbot):
    made = TargetTab()
    qtbot.addWidget(made)
    made.resize(900, 400)
    made.show()
    return made


def row(tab, number):
    return [tab.table.item(number, column).text() for column in range(tab.table.columnCount())]


def test_each_run_has_a_row_with_signs_rank_verdicts_accuracy_and_audit(tab):
    tab.show_target(TARGET)
    heads = [tab.table.horizontalHeaderItem(column).text() for column in range(tab.table.columnCount())]
    assert heads[:6] == ["Run", "Mean rank", "By signs", "By labels", "Target accuracy", "Audit"]
    assert heads[6:] == ["Sureness (entropy)", "Neighbourhoods (SND)", "Weighted risk (DEV)"]
    first = row(tab, 0)
    assert first[:4] == ["mcc", "1.20", "helped", "helped"]
    assert first[4].startswith("80.0") and "70.0 – 90.0" in first[4]
    assert first[5].startswith("75.0") and first[6:] == ["-0.2", "5", "–"]
    assert row(tab, 1)[:6] == ["source-only", "1.80", "–", "–", row(tab, 1)[4], "–"]
    assert row(tab, 2)[2] == "did harm" and row(tab, 2)[4] == "–"


def test_the_choice_without_labels_is_told_in_words(tab):
    tab.show_target(TARGET)
    assert tab.choice.text() == "By the signs that need no labels, take mcc"
    assert tab.sentences.text().splitlines() == [
        "By the signs, take mcc.",
        "Signs are no accuracy: labels of a few images would tell more.",
    ], "what it says of a command, the button does"
    tab.show_target({**TARGET, "close": ["mcc", "source-only"]})
    assert tab.choice.text() == "Too close to call without labels: mcc, source-only"
    tab.show_target({**TARGET, "choice": ""})
    assert tab.choice.text() == "No run can be chosen without labels."


def test_images_are_labelled_for_the_run_that_is_chosen_in_the_table(qtbot, tab):
    tab.show_target(TARGET)
    assert tab.run() == "mcc", "the choice is marked"
    tab.table.selectRow(2)
    with qtbot.waitSignal(tab.audit) as asked:
        QTest.mouseClick(tab.label_some, Qt.MouseButton.LeftButton)
    assert asked.args == ["dann"]


def test_the_tab_is_there_only_for_projects_with_adaptations(qtbot, studio, tmp_path, monkeypatch):
    pretend(monkeypatch)
    made = make_project(tmp_path, each=4)
    make_run(made, "mcc", 2, strategy="mcc")
    make_run(made, "source-only", 4, strategy="source-only")
    page = ComparePage(studio)
    look_after(qtbot, page)
    page.resize(1000, 760)
    studio.rescan = lambda: None
    studio.open(made.folder)
    place = page.tabs.indexOf(page.target)
    assert not page.tabs.isTabVisible(place)
    page.show()
    page.shown()
    qtbot.waitUntil(lambda: page.tabs.isTabVisible(place), timeout=10_000)
    page.tabs.setCurrentWidget(page.target)
    QTest.mouseClick(page.target.label_some, Qt.MouseButton.LeftButton)
    window = page._audit
    assert window.run == "mcc" and window.isVisible()
    compared = []
    monkeypatch.setattr(page, "_compare", lambda: compared.append(page._compared))
    window.measured.emit()
    assert compared == [None], "the comparison takes the labels in"
    window.reject()
    qtbot.waitUntil(lambda: page._audit is None)
    studio.close()
    assert not page.tabs.isTabVisible(place)
