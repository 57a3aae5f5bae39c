"""Runs side by side: the table, and what sets the chosen ones apart."""

import json

import pytest
from finished_runs import look_after, make_project, make_run
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage

from xferstudio.gui.compare.compare_page import ComparePage
from xferstudio.gui.compare.run_record import disagreements, read_record, smoothed
from xferstudio.gui.compare.run_table import RUN


@pytest.fixture
def made(tmp_path):
    project = make_project(tmp_path)
    make_run(project, "good", 2, options={"epochs": 3, "rate": 0.1, "seed": 0})
    make_run(project, "bad", 20, options={"epochs": 5, "rate": 0.1, "seed": 0})
    make_run(project, "zero", 30, strategy="scratch", options={"epochs": 3, "rate": 0.1, "seed": 0})
    make_run(project, "broken", 0, reason="failed")
    return project


@pytest.fixture
def page(qtbot, studio, made):
    shown = ComparePage(studio)
    look_after(qtbot, shown)
    shown.resize(1000, 760)
    studio.open(made.folder)
    shown.show()
    shown.shown()
    qtbot.waitUntil(lambda: len(shown.runs.runs) == 4, timeout=10_000)
    return shown


def names(page):
    return [page.sorted.index(row, 0).data(RUN).name for row in range(page.sorted.rowCount())]


def choose(page, *wanted):
    page.choose([run.folder for run in page.runs.runs if run.name in wanted])


def test_runs_are_sorted_by_test_accuracy_and_those_without_come_last_either_way(page):
    assert names(page) == ["good", "bad", "zero", "broken"]
    column = next(place for place, each in enumerate(page.model.columns) if each.id == "test")
    page.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert names(page) == ["zero", "bad", "good", "broken"]


def test_a_row_tells_its_figures_and_the_interval_in_words(page):
    run = page.runs.find("good")
    texts = {column.id: column.text(run) for column in page.model.columns}
    assert texts["test"].startswith("95.0") and texts["f1"] == "0.950" and texts["seconds"] == "1 min 15 s"
    assert texts["size"] == "2.0 kB" and texts["speed"] == "120"
    column = next(place for place, each in enumerate(page.model.columns) if each.id == "test")
    spoken = page.sorted.index(0, column).data(Qt.ItemDataRole.AccessibleTextRole)
    assert "95 % confidence" in spoken and "40 images" in spoken


def test_the_filter_looks_at_name_strategy_and_state(page, qtbot):
    qtbot.keyClicks(page.filter, "scratch")
    assert names(page) == ["zero"]
    page.filter.setText("fine failed")
    assert names(page) == ["broken"]


def test_chosen_columns_are_kept_for_the_next_time(page, qtbot, studio):
    place = next(place for place, each in enumerate(page.model.columns) if each.id == "ece")
    assert not page.table.isColumnHidden(place)
    page.column_actions["ece"].setChecked(False)
    page.column_actions["backbone"].setChecked(True)
    assert page.table.isColumnHidden(place)
    studio.settings.sync()
    studio.settings = QSettings(studio.settings.fileName(), QSettings.Format.IniFormat)
    other = ComparePage(studio)
    look_after(qtbot, other)
    assert other.table.isColumnHidden(place) and other.column_actions["backbone"].isChecked()


def test_the_verdict_says_which_run_is_better_and_whether_transfer_helped(page, qtbot):
    choose(page, "good", "bad", "zero")
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    qtbot.waitUntil(lambda: any("good is better than bad" in each for each in page.verdict.sentences))
    text = " ".join(page.verdict.sentences)
    assert "Transfer helped: good is" in text and "more accurate than training from scratch" in text
    assert "points more accurate on 40 images" in text


def test_the_verdict_says_the_same_as_the_command(page, qtbot):
    choose(page, "good", "bad", "zero")
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    page.verdict.show_comparison(page.comparison, page.chosen())
    told = [each.replace(": ", " ") for each in page.verdict.sentences]
    for pair in page.comparison["pairs"]:
        wanted = pair["sentence"].replace(": ", " ")
        parts = wanted.replace(";", ".").split(". ")
        assert any(all(part.rstrip(".") in each for part in parts[1:]) for each in told)
        if pair["verdict"] != "too close to call":
            assert wanted in told


def test_one_chosen_run_is_judged_against_all_others(page, qtbot):
    qtbot.waitUntil(lambda: page.comparison is not None, timeout=30_000)
    choose(page, "bad")
    qtbot.waitUntil(lambda: not any("good is better than zero" in each for each in page.verdict.sentences))
    text = " ".join(page.verdict.sentences)
    assert "good is better than bad" in text and "good is 70" not in text


def test_too_close_is_an_answer(page):
    pair = {
        "n": 48, "units": 48, "a_only": 3, "b_only": 8, "difference": 0.104, "interval": [-0.035, 0.249],
        "verdict": "too close to call", "a": "one", "b": "two", "sentence": "",
    }  # fmt: skip
    icon, _, title, text = page.verdict._pair(pair, 1)
    assert icon == "minus" and title == "Too close to call: one and two"
    assert text == (
        "two alone is right on 8 of 48 images, one alone on 3; "
        "the true difference may lie between -3.5 and +24.9 points."
    )


def test_only_the_options_that_differ_are_shown(page):
    choose(page, "good", "bad")
    page.tabs.setCurrentWidget(page.options)
    table = page.options.table
    assert [table.verticalHeaderItem(row).text() for row in range(table.rowCount())] == ["epochs"]
    assert [table.item(0, column).text() for column in range(2)] == ["3", "5"]
    assert "5 more are the same" in page.options.words.text()


def test_curves_of_the_chosen_runs_lie_over_one_another(page, qtbot):
    choose(page, "good", "bad")
    page.tabs.setCurrentWidget(page.curves_place)
    qtbot.waitUntil(lambda: len(page.records) == 2, timeout=10_000)
    qtbot.waitUntil(lambda: page.curves is not None and len(page.curves.accuracy.curves) == 2)
    curve = next(iter(page.curves.accuracy.curves.values()))
    assert list(curve.data.x) == [1, 2, 3] and list(curve.data.y) == pytest.approx([0.6, 0.7, 0.8])
    choose(page, "good")
    qtbot.waitUntil(lambda: len(page.curves.accuracy.curves) == 1)


def test_confusion_matrices_stand_side_by_side(page, qtbot):
    choose(page, "good", "zero")
    page.tabs.setCurrentWidget(page.confusions)
    qtbot.waitUntil(lambda: len(page.confusions.matrices) == 2, timeout=10_000)
    assert page.confusions.matrices[0].model.counts == ((19, 1), (1, 19))


def test_images_that_only_one_run_gets_right_are_shown(page, qtbot):
    choose(page, "good", "bad")
    page.tabs.setCurrentWidget(page.images)
    qtbot.waitUntil(lambda: len(page.images.lists[0].pictures.entries) == 18, timeout=10_000)
    assert page.images.titles[0].text() == "Only good is right: 18"
    assert page.images.titles[1].text() == "Only bad is right: 0"
    entry = page.images.lists[0].pictures.entries[0]
    assert entry.title == "cat" and entry.line.startswith("said dog (90")
    thumbnails = page.images.lists[0]
    qtbot.waitUntil(
        lambda: isinstance(thumbnails.thumbnails.of(thumbnails.wish(entry)), QImage), timeout=10_000
    )


def test_disagreements_are_matched_by_content_not_by_place(made):
    runs = [
        read_record(folder, lambda: False) for folder in sorted(made.runs_folder.iterdir()) if folder.is_dir()
    ]
    named = {record.folder.name.split("-", 2)[2]: record for record in runs}
    only_good, only_bad = disagreements(named["good"], named["bad"])
    assert len(only_good) == 18 and not only_bad
    assert named["broken"].answers == {} and "no predictions" in named["broken"].missing


def test_a_run_without_a_test_split_is_judged_on_validation_images(tmp_path, page):
    from xferstudio.gui.project.run_facts import read_facts

    folder = make_run(make_project(tmp_path / "other"), "plain", 4, split="val")
    facts = read_facts(folder, "finished")
    assert not facts.test and facts.measured["accuracy"] == pytest.approx(0.9)
    assert read_record(folder.path, lambda: False).split == "val"


def test_smoothing_starts_at_the_first_value_and_leaves_gaps_alone():
    assert smoothed([2.0, 2.0, float("nan"), 2.0]) == pytest.approx([2.0] * 4)


def test_a_run_that_ends_while_the_page_is_open_appears_and_is_compared(page, qtbot, made, studio):
    choose(page, "good")
    make_run(made, "late", 3)
    studio.look()
    qtbot.waitUntil(lambda: "late" in names(page), timeout=10_000)
    assert [run.name for run in page.chosen()] == ["good"]
    qtbot.waitUntil(
        lambda: page.comparison is not None and "late" in json.dumps(page.comparison), timeout=30_000
    )


def test_without_runs_the_page_says_what_to_do_next(qtbot, studio, tmp_path):
    shown = ComparePage(studio)
    look_after(qtbot, shown)
    studio.open(make_project(tmp_path).folder)
    shown.show()
    shown.shown()
    assert shown.empty.isVisible()
    with qtbot.waitSignal(studio.wanted) as wanted:
        shown.empty.button.click()
    assert wanted.args == ["train", ""]
