"""Labelling a few images with the keyboard alone, and what the labels say."""

from __future__ import annotations

import json
import time

import pytest
from domains import pretend, with_target
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from test_every_page import nameless

from xferstudio.gui.audit.audit_window import AuditWindow, matching


@pytest.fixture
def opened(qtbot, studio, tmp_path, monkeypatch):
    """opened(run): the window, for a run of a project."""
    pretend(monkeypatch)
    studio.rescan = lambda: None
    studio.open(with_target(tmp_path))
    made = []

    def make(run="mcc"):
        window = AuditWindow(studio, run)
        qtbot.addWidget(window)
        made.append(window)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make
    for window in made:
        window.done(0)


def begin(qtbot, window, number=20):
    window.number.setValue(number)
    window.begin_button.setFocus()
    QTest.keyClick(window.begin_button, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.labelling, timeout=10_000)
    return window


def press(window, *keys):
    for key in keys:
        QTest.keyClick(window.view, key)


def labels(window):
    return list(window.session.labels.values())


def log(studio):
    file = studio.project.folder / "audit.log"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_number_keys_label_space_and_nought_cannot_tell_and_backspace_takes_back(qtbot, opened, studio):
    window = begin(qtbot, opened())
    assert window.count.text() == "Image 1 of 20"
    press(window, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Space, Qt.Key.Key_0)
    assert labels(window) == ["cat", "dog", None, None]
    assert window.count.text() == "Image 5 of 20" and window.progress.value() == 4
    press(window, Qt.Key.Key_Backspace, Qt.Key.Key_Backspace)
    assert labels(window) == ["cat", "dog"] and window.count.text() == "Image 3 of 20"
    press(window, Qt.Key.Key_9, Qt.Key.Key_3)
    assert labels(window) == ["cat", "dog", "dolphin"], "there is no ninth class"
    qtbot.waitUntil(lambda: len(log(studio)) == 7, timeout=10_000)
    assert log(studio)[-1] == {"hash": "0002", "label": "dolphin"}
    assert log(studio)[4] == {"hash": "0003", "forget": True}
    press(window, Qt.Key.Key_Minus)
    assert labels(window)[-1] == "", "it shows none of the classes"
    press(window, *[Qt.Key.Key_Backspace] * 6)
    assert labels(window) == [] and window.labelling, "before the first there is nothing to undo"


def test_letters_and_enter_choose_among_many_classes(qtbot, opened):
    window = begin(qtbot, opened("many"))
    assert window.list.count() == 30 and window.list.item(9).text().strip() == "kind 09"
    press(window, Qt.Key.Key_2)
    assert labels(window) == ["kind 01"]
    QTest.keyClicks(window.view, "kind")
    press(window, Qt.Key.Key_Space)
    assert window.typed == "kind " and labels(window) == ["kind 01"], "a space inside a name"
    press(window, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert labels(window) == ["kind 01", "kind 01"]
    QTest.keyClicks(window.view, "x")
    assert window.typed == "", "no class has this letter"
    QTest.keyClicks(window.view, "ki")
    press(window, Qt.Key.Key_Backspace)
    assert window.typed == "k" and len(labels(window)) == 2
    press(window, Qt.Key.Key_Escape)
    assert window.typed == "" and window.labelling
    press(window, Qt.Key.Key_Return)
    assert len(labels(window)) == 2, "nothing is marked"


def test_what_was_typed_means_names_that_begin_so_first():
    assert matching(["alpha", "beta", "gamma beta"], "be") == ["beta", "gamma beta"]
    assert matching(["alpha", "beta"], "A") == ["alpha", "beta"]
    assert matching(["alpha"], "") == ["alpha"] and matching(["alpha"], "x") == []


def test_after_the_last_image_the_labels_speak(qtbot, opened):
    window = begin(qtbot, opened())
    with qtbot.waitSignal(window.measured, timeout=10_000):
        press(window, *[Qt.Key.Key_1] * 20)
    assert window.stack.currentIndex() == 2
    assert window.figure.text().startswith("75.0") and window.bar.interval == (0.55, 0.9)
    assert "55.0 – 90.0" in window.told.text() and "of 20 images" in window.told.text()
    assert "More labels" in window.told.text(), "the interval is wide"
    assert window.choice.text() == "Keep mcc: no other run is clearly better."
    assert window.others.text() == "source-only is too close to call: +20.0 points (between +5.0 and +35.0)"
    assert not window.more.isVisible() and window.close_button.hasFocus()
    QTest.keyClick(window.close_button, Qt.Key.Key_Return)
    assert not window.isVisible()


def test_the_labels_may_speak_for_another_run(qtbot, opened):
    window = begin(qtbot, opened("worse"))
    press(window, Qt.Key.Key_1, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.stack.currentIndex() == 2, timeout=10_000)
    assert window.choice.text() == "Rather use source-only than worse: by your labels it is better."
    assert window.others.text().startswith("source-only is better: +20.0")


def test_it_ends_early_and_goes_on_later_where_it_was(qtbot, opened, studio):
    window = begin(qtbot, opened())
    press(window, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.stack.currentIndex() == 2, timeout=10_000)
    assert window.more.isVisible()
    QTest.mouseClick(window.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.labelling, timeout=10_000)
    assert window.count.text() == "Image 3 of 20"
    press(window, Qt.Key.Key_Backspace)
    assert window.count.text() == "Image 2 of 20", "answers of before are undone too"
    window.reject()  # Escape in the dialog
    qtbot.waitUntil(lambda: window.stack.currentIndex() == 2, timeout=10_000)
    another = begin(qtbot, opened())
    assert another.count.text() == "Image 2 of 20"


def test_no_label_measures_nothing(qtbot, opened):
    window = begin(qtbot, opened())
    press(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.stack.currentIndex() == 2, timeout=10_000)
    assert "nothing is measured" in window.told.text()
    assert not window.bar.isVisible() and not window.choice.isVisible()


def test_a_run_that_cannot_be_audited_says_why_and_lets_one_try_again(qtbot, opened):
    window = opened("fails")
    window.begin()
    qtbot.waitUntil(lambda: window.fault.isVisible(), timeout=10_000)
    assert window.fault.text() == "fails has not answered for the images of the target"
    assert window.begin_button.isEnabled() and window.stack.currentIndex() == 0


def test_closing_in_the_middle_loses_no_answer(qtbot, opened, studio):
    window = begin(qtbot, opened())
    press(window, Qt.Key.Key_1)
    qtbot.waitUntil(lambda: len(log(studio)) == 1, timeout=10_000)
    window.done(0)
    assert not window.session.busy and not window.isVisible()


def test_the_mouse_works_as_well_and_whatever_tab_reaches_has_a_name(qtbot, opened):
    window = opened()
    assert list(nameless(window)) == []
    begin(qtbot, window)
    window.list.itemClicked.emit(window.list.item(1))
    QTest.mouseClick(window.unsure, Qt.MouseButton.LeftButton)
    QTest.mouseClick(window.back, Qt.MouseButton.LeftButton)
    assert labels(window) == ["dog"]
    assert window.view.hasFocus(), "keys go to the image still"
    assert list(nameless(window)) == []
    began = time.perf_counter()
    press(window, *[Qt.Key.Key_1] * 10)
    assert time.perf_counter() - began < 1.0, "nobody waits for the estimate"
    QTest.mouseClick(window.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.stack.currentIndex() == 2, timeout=10_000)
    assert list(nameless(window)) == []
