"""Training for a target domain: what is offered, what is added, what a run tells, and how it ended."""

from __future__ import annotations

import math

import numpy as np
import pytest
from domains import pretend, with_target
from finished_runs import look_after, make_project
from offers import BACKBONES, OPTIONS
from pretend_domains import SHIFT, a_map, told_of_target
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from stories import SUMMARY, ended, epoch, phase, started, step

from xferstudio.gui.look import domain_words
from xferstudio.gui.project.queue import by_run
from xferstudio.gui.project.studio import Catalogue, Pictures
from xferstudio.gui.train.course import Course
from xferstudio.gui.train.dashboard import Dashboard
from xferstudio.gui.train.domain_cards import places
from xferstudio.gui.train.domain_course import scaled
from xferstudio.gui.train.domain_map import STEPS
from xferstudio.gui.train.target_outcome import TargetCard
from xferstudio.gui.train.train_page import TrainPage
from xferstudio.project import Run


def strategy(id, kind):
    return {
        "id": id,
        "label": f"{id}: in words",
        "kind": kind,
        "summary": f"What {id} does.",
        "options": OPTIONS,
    }


STRATEGIES = [strategy("extract", "extract")] + [
    strategy(id, "adapt")
    for id in ("source-only", "adabn", "coral", "dan", "dann", "cdan", "cdan-e", "mcc", "shot")
]


def tell_measures(event, **measures):
    return event | {"measures": {name.replace("_", " "): value for name, value in measures.items()}}


def tell_signs(event, agreement=0.8, **signs):
    return event | {"validators": signs, "agreement": agreement}


def show(qtbot, studio, folder):
    studio.rescan = lambda: None
    studio.catalogue = Catalogue(backbones=BACKBONES, strategies=STRATEGIES)
    studio.open(folder)
    page = TrainPage(studio)
    look_after(qtbot, page)
    page.resize(1100, 800)
    page.show()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def page(qtbot, studio, tmp_path, monkeypatch):
    pretend(monkeypatch)
    return show(qtbot, studio, with_target(tmp_path))


# ------------------------------------------------------------------------------------- what is offered


def test_without_a_target_adapt_strategies_are_not_offered_but_one_line_says_how(
    qtbot, studio, tmp_path, monkeypatch
):
    pretend(monkeypatch)
    page = show(qtbot, studio, make_project(tmp_path, each=4).folder)
    section = page.form.adapt
    assert set(page.form.cards) == {"extract"}
    assert section.without.isVisible() and not section.offered.isVisible()
    with qtbot.waitSignal(studio.wanted) as asked:
        QTest.mouseClick(section.go, Qt.MouseButton.LeftButton)
    assert asked.args == ["data", ""]


def test_with_a_target_a_few_are_offered_at_once_and_the_rest_on_demand(page, studio):
    section = page.form.adapt
    assert not section.without.isVisible() and section.offered.isVisible()
    assert set(page.form.cards) == {each["id"] for each in STRATEGIES}
    seen = [id for id, card in page.form.cards.items() if card.isVisible()]
    assert sorted(seen) == ["adabn", "cdan-e", "coral", "extract", "mcc"]
    assert page.form.cards["mcc"].summary.text() == "What mcc does."
    assert section.unfold.text() == "All 9 strategies"
    QTest.mouseClick(section.unfold, Qt.MouseButton.LeftButton)
    assert all(card.isVisible() for card in page.form.cards.values())
    assert page.form.cards["source-only"].tag.text() == "for comparison"


def test_what_the_shift_suggests_comes_first_and_is_marked(page, studio):
    page.form.cards["mcc"].radio.setChecked(True)
    studio.shift = SHIFT
    studio.catalogue_changed.emit()
    assert page.form.strategy == "mcc", "what was chosen stays chosen"
    assert page.form.cards["cdan"].isVisible() and page.form.cards["cdan"].tag.text() == "suggested"
    assert page.form.adapt._cards[0][0] == "cdan"
    assert not page.form.cards["adabn"].tag.text()


def test_a_strategy_that_is_folded_away_is_shown_when_a_run_is_varied(page):
    assert not page.form.cards["dann"].isVisible()
    page.form.fill_from(Run("dann", "dann", "embedded:lite0", {}))
    assert page.form.strategy == "dann" and page.form.cards["dann"].isVisible()


def test_few_images_of_the_target_and_classes_that_are_not_shared_speak_against_some(page, studio, tmp_path):
    counts = {"found": 9, "used": 9, "left_out": 0}
    studio.target = Pictures(tmp_path, (), [], "", counts)
    studio.shift = {**SHIFT, "partial_overlap": True}
    studio.target_changed.emit()
    page.form.cards["dann"].radio.setChecked(True)
    words = page.form.advice_words.text()
    assert "Only 9 images of the target" in words and "may not share all classes" in words
    page.form.cards["coral"].radio.setChecked(True)
    assert "of the target domain" not in page.form.advice_words.text()
    assert "may not share" not in page.form.advice_words.text()


# -------------------------------------------------------------------------------------- adding, queueing


def press(page, id, name=""):
    page.show_new()
    page.form.cards[id].radio.setChecked(True)
    if name:
        page.form.name.setText(name)
    page.form.press_train()


def test_an_adaptation_brings_its_baseline_which_is_trained_first(qtbot, page, studio):
    asked, began = [], []
    studio.edited_elsewhere.connect(lambda: asked.append(1))
    studio.queue.events.connect(
        lambda job, lines: began.extend(each["run"] for each in lines if each["event"] == "RunStarted")
    )
    press(page, "mcc")
    press(page, "mcc", "again")  # pressed twice
    qtbot.waitUntil(lambda: bool(studio.queue.active), timeout=10_000)
    assert [job.name for job in studio.queue.active] == ["source-only"]
    assert [job.name for job in studio.queue.waiting] == ["mcc"]
    assert page.runs.behind(studio.queue.waiting[0]).startswith("First source-only is trained")
    assert {run.name for run in studio.project.runs} == {"mcc", "source-only"}
    qtbot.waitUntil(lambda: not studio.queue.active and not studio.queue.waiting, timeout=20_000)
    assert began == ["source-only", "mcc"]
    studio.look()
    assert not asked
    press(page, "coral")
    qtbot.waitUntil(lambda: began == ["source-only", "mcc", "coral"], timeout=20_000)
    assert {run.name for run in studio.project.runs} == {"mcc", "source-only", "coral"}


def test_what_the_command_refuses_is_told(qtbot, page, studio):
    said = []
    studio.message.connect(lambda sentence, details: said.append(sentence))
    press(page, "mcc", "refused-run")
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert said == ["the options of this run are wrong; mend them."]
    assert not studio.queue.active and not studio.project.runs


def test_events_are_parted_where_another_run_begins():
    stream = [{"event": "Notice"}, {"event": "RunStarted"}, {"event": "StepDone"}, {"event": "RunEnded"}]
    parts = by_run([*stream, {"event": "RunStarted"}, {"event": "StepDone"}])
    assert [[each["event"] for each in part] for part in parts] == [
        ["Notice"],
        ["RunStarted", "StepDone", "RunEnded"],
        ["RunStarted", "StepDone"],
    ]
    assert by_run([]) == []


def test_a_process_that_does_the_baseline_first_is_followed_from_one_run_to_the_other(qtbot, page, studio):
    from xferstudio import project as projects

    projects.add_run(studio.project, Run("dann", "dann", "embedded:lite0", {}))
    studio.reload()
    seen = []
    studio.queue.events.connect(lambda job, lines: seen.append((job.folder, page.runs.runs.item(0).text())))
    page._queue(studio.project.run("dann"))
    job = studio.queue.active[0]
    qtbot.waitUntil(lambda: job.folder.endswith("source-only"), timeout=10_000)
    assert job.prepares
    assert page.runs.behind(job).startswith("First source-only is trained")
    page._tell_behind("dann")
    assert page.dashboard._behind == page.runs.behind(job)
    qtbot.waitUntil(lambda: job.ended, timeout=10_000)
    assert job.folder.endswith("dann") and not job.prepares
    kind, key = page._what
    assert (kind, key.name) == ("folder", "dann"), "the page has gone on to the run that was asked for"
    assert page.dashboard.course.run == "dann"
    assert page.dashboard.course.summary["target"]["n"] == 8


# ----------------------------------------------------------------------------------- what a run tells


def test_measures_signs_and_maps_add_up_and_are_taken_back_when_a_run_is_resumed():
    course = Course()
    course.take(
        [
            started(),
            phase(),
            *(tell_measures(step(n), domain_accuracy=1 - n / 20) for n in range(1, 4)),
            a_map(1, True),
            tell_signs(epoch(1), entropy=-1.0, snd=3.0, dev=None),
            *(tell_measures(step(n, epoch=2), domain_accuracy=math.nan) for n in range(4, 6)),
            a_map(2),
            tell_signs(epoch(2, best=False), 0.4, entropy=-0.5, snd=2.0, dev=None),
        ]
    )
    found = course.domains
    assert list(found.measures["domain accuracy"].x) == [1, 2, 3], "what is no number is not drawn"
    assert list(found.validators["entropy"].y) == [-1.0, -0.5] and found.validators["dev"].n == 0
    assert (found.chosen, found.agreement) == (1, 0.4)
    assert [each.epoch for each in found.maps] == [1, 2]
    assert found.maps[0].source.shape == (6, 2) and list(found.maps[1].predicted[:3]) == [1, 0, 1]
    assert found.target_paths[0] == "/elsewhere/0.png" and len(found.source_paths) == 6
    course.take([started(resumed_step=3)])
    assert [each.epoch for each in course.domains.maps] == [1]
    assert list(course.domains.validators["snd"].x) == [1]
    course.take([started()])
    assert not course.domains.maps and not course.domains.measures


def test_signs_are_stretched_to_their_own_range():
    assert list(scaled(np.array([2.0, 4.0, 3.0]))) == [0, 1, 0.5]
    assert list(scaled(np.array([7.0, 7.0]))) == [0.5, 0.5]
    assert len(scaled(np.array([]))) == 0


def test_the_tall_card_stands_beside_two_others():
    cards = [QWidget() for _ in range(5)]
    laid = {card: rest for card, *rest in places(cards, 2, cards[0])}
    assert laid[cards[0]] == [0, 0, 2, 1]
    assert laid[cards[1]] == [0, 1, 1, 1] and laid[cards[2]] == [1, 1, 1, 1]
    assert laid[cards[3]] == [2, 0, 1, 1] and laid[cards[4]] == [2, 1, 1, 1]
    assert places(cards[:3], 2, None)[-1][1:] == (1, 0, 1, 2), "the last of an odd number takes the line"
    assert [row for _, row, *_ in places(cards, 1, cards[0])] == [0, 1, 2, 3, 4]


@pytest.fixture
def board(qtbot):
    made = Dashboard()
    look_after(qtbot, made)
    made.resize(1000, 900)
    made.show_run("a", "running")
    made.show()
    qtbot.waitExposed(made)
    return made


def tell(qtbot, board, *events):
    board.take(list(events))
    qtbot.waitUntil(lambda: not board.inbox and not board._timer.isActive(), timeout=5000)


def story(epochs=3):
    yield started(epochs=epochs)
    yield phase()
    for number in range(1, epochs + 1):
        for each in range(4 * number - 3, 4 * number + 1):
            event = step(each, epoch=number, classification=0.5, domain=0.7)
            yield tell_measures(event, domain_accuracy=0.9 if each < 9 else 0.5, believed=4.0)
        yield a_map(number, number == 1)
        yield tell_signs(epoch(number, best=number < 3), entropy=-1.0 / number, snd=5.0 + number, bnm=2.0)


def test_the_live_view_of_an_adapting_run_has_losses_measures_signs_and_a_map(qtbot, board):
    tell(qtbot, board, *story())
    assert set(board.curves.plots["parts"].curves) == {"classification", "domain"}
    assert set(board.curves.plots["measures"].curves) == {"believed"}, "the other one has a plot of its own"
    cards = board.domains.cards
    assert set(cards) == {"map", "signs", "domains"} and all(not card.isHidden() for card in cards.values())
    accuracy = board.domains.accuracy
    assert accuracy.plot.line.value() == 0.5 and accuracy.plot.line.isVisible()
    assert list(accuracy.plot.curves["steps"].data.y[-4:]) == [0.5] * 4
    assert "nearly aligned" in accuracy.words.text(), "by the smoothed value"
    signs = board.domains.signs
    assert "epoch 2 is the choice so far" in signs.words.text() and "agree well" in signs.words.text()
    assert signs.signs.choice.value() == 2
    signs.signs.draw()
    assert list(signs.signs.curves["snd"].data.y) == [0, 0.5, 1]
    signs.signs.point_at(2)
    assert "Neighbourhoods (SND) 7" in signs.signs.readout.whole(), "the value as it is, not as it is drawn"
    assert signs.signs.export.as_csv().splitlines()[1].startswith("1,-1,6,2")
    tell(qtbot, board, ended("finished", "", {**SUMMARY, "best_epoch": 3, "target": told_of_target()}))
    assert "epoch 3 was kept" in signs.words.text() and signs.signs.choice.value() == 3
    assert board.target.isVisible() and board.target.verdict.text() == "Adapting helped"


def test_a_run_that_adapts_nothing_shows_none_of_it(qtbot, board):
    tell(qtbot, board, started(), phase(), step(1), epoch(1), ended("finished", "", SUMMARY))
    assert board.domains.cards == {} and not board.target.isVisible()


def test_another_run_begins_with_an_empty_map(qtbot, board):
    tell(qtbot, board, *story())
    board.show_run("b", "running")
    assert board.domains.map.shown is None and not len(board.domains.map.source.data)
    tell(qtbot, board, *story(1))
    assert board.domains.map.shown.epoch == 1 and board.domains.map.slider.maximum() == 0
    assert set(board.domains.signs.signs.real) == {"entropy", "snd", "bnm"}


def at_rest(qtbot, board):
    board.area.ensureWidgetVisible(board.domains.map.canvas)
    qtbot.waitUntil(lambda: not board.domains.map._timer.isActive(), timeout=5000)
    return board.domains.map


def test_the_map_moves_to_each_new_picture_and_rests_between_them(qtbot, board):
    tell(qtbot, board, *list(story())[:12])
    shown = at_rest(qtbot, board)
    assert shown.shown.epoch == 1
    tell(qtbot, board, *list(story())[12:])
    qtbot.waitUntil(lambda: shown.shown.epoch == 3)
    at_rest(qtbot, board)
    newest = shown.shown
    assert np.allclose(shown.source.data["x"], newest.source[:, 0])
    assert np.allclose(shown.target.data["y"], newest.target[:, 1])
    assert shown.when.text() == "after epoch 3"
    before = shown.paints
    tell(qtbot, board, step(13, epoch=4), step(14, epoch=4))
    qtbot.wait(200)
    assert shown.paints == before, "steps paint nothing on the map"


def test_points_are_half_way_in_the_middle_of_a_move(qtbot, board):
    tell(qtbot, board, *story(2))
    shown = at_rest(qtbot, board)
    shown.slider.setValue(0)
    assert shown._timer.isActive() and shown.shown.epoch == 1
    shown._timer.stop()
    shown._step = STEPS // 2 - 1
    shown._move()
    first, second = shown.course.maps
    assert np.allclose(shown.source.data["x"], (first.source[:, 0] + second.source[:, 0]) / 2)


def test_who_has_gone_back_to_an_earlier_map_stays_there(qtbot, board):
    tell(qtbot, board, *story(2))
    shown = at_rest(qtbot, board)
    shown.slider.setValue(0)
    tell(qtbot, board, step(20, epoch=3), a_map(3), tell_signs(epoch(3), entropy=-0.1))
    assert shown.shown.epoch == 1 and shown.slider.maximum() == 2
    shown.slider.setValue(2)
    assert shown.shown.epoch == 3


def test_domains_and_classes_are_hidden_by_the_legend(qtbot, board):
    tell(qtbot, board, *story(1))
    shown = at_rest(qtbot, board)
    assert [each.text() for each in shown.class_buttons] == ["ants", "bees"]
    QTest.mouseClick(shown.class_buttons[1], Qt.MouseButton.LeftButton)
    assert len(shown.source.data) == 3 and len(shown.target.data) == 4
    QTest.mouseClick(shown.domain_buttons["target"], Qt.MouseButton.LeftButton)
    assert not shown.target.isVisible() and shown.source.isVisible()
    shown.step(1)
    names = set()
    for _ in range(3):
        names.add(shown._at[0])
        shown.step(1)
    assert names == {"source"}, "what is hidden is not stepped to"


def test_hovering_and_the_arrow_keys_show_an_image_and_its_class(qtbot, board, tmp_path):
    from PIL import Image

    (tmp_path / "ants").mkdir()
    Image.new("RGB", (60, 40), "red").save(tmp_path / "ants" / "0.png")
    board.set_images(tmp_path, {}, {})
    tell(qtbot, board, *story(1))
    shown = at_rest(qtbot, board)
    place = shown.view.mapViewToScene(QPointF(*shown.shown.source[0]))
    assert shown.nearest(place) == ("source", 0)
    assert shown.nearest(QPointF(place.x() - 500, place.y())) is None
    shown._moved(place)
    assert shown.card.isVisible() and shown.card.words.text() == "Source: ants\n0.png"
    qtbot.waitUntil(lambda: not shown.card.picture.pixmap().isNull(), timeout=5000)
    assert shown.rect().contains(shown.card.geometry())
    shown.point_at("target", 0)
    assert shown.card.words.text() == "Target, taken for: bees\n0.png"
    QTest.keyClick(shown.canvas, Qt.Key.Key_Right)
    assert shown._at == ("target", 1)
    QTest.keyClick(shown.canvas, Qt.Key.Key_Left)
    QTest.keyClick(shown.canvas, Qt.Key.Key_Left)
    assert shown._at == ("source", 5)
    shown._leave()
    assert not shown.card.isVisible() and not len(shown.ring.data)


# ------------------------------------------------------------------------------------------- outcome


@pytest.fixture
def card(qtbot):
    made = TargetCard()
    qtbot.addWidget(made)
    made.show()
    return made


def test_labels_speak_before_signs(card):
    against = {"baseline": "b", "verdict": "negative transfer", "sentence": "It is worse."}
    report = {
        "accuracy": 0.5,
        "accuracy_interval": [0.4, 0.6],
        "n": 90,
        "outside": 3,
        "against_baseline": against,
    }
    card.show_target(told_of_target(report=report, left_out=[{"path": "a", "reason": "b"}]), False)
    assert card.verdict.text() == "Negative transfer: adapting did harm"
    assert card.by_labels.text() == "By the labels: It is worse."
    assert card.by_signs.text() == "Without labels: It helped."
    assert "50.0" in card.known.text() and card.bar.value == 0.5 and card.bar.isVisible()
    assert "no model can name: 3" in card.warning.text() and "left out: 1" in card.warning.text()
    assert [(bar.name, bar.share) for bar in card.shares.bars] == [("ants", 0.75), ("bees", 0.25)]
    card.grab()


def test_what_is_not_known_is_not_told(card):
    card.show_target(told_of_target(verdict=None), False)
    assert "not known" in card.verdict.text()
    assert not card.bar.isVisible() and not card.known.isVisible() and not card.by_signs.isVisible()
    card.show_target(told_of_target(verdict=None), True)
    assert card.verdict.text() == "The baseline that adaptations are measured against"


def test_a_collapsed_model_is_warned_of(card):
    signs = told_of_target()["verdict"] | {"collapsed": True, "verdict": "negative transfer"}
    card.show_target(told_of_target(verdict=signs), False)
    assert "collapsed" in card.warning.text()


def test_the_audit_is_reached_from_a_finished_adaptation(qtbot, board):
    tell(qtbot, board, *story(1), ended("finished", "", {**SUMMARY, "target": told_of_target()}))
    with qtbot.waitSignal(board.asked) as asked:
        QTest.mouseClick(board.target.label_some, Qt.MouseButton.LeftButton)
    assert asked.args == ["audit"]


def test_agreement_and_alignment_in_words():
    assert "well" in domain_words.agreement(0.9) and "hardly" in domain_words.agreement(0.1)
    assert domain_words.agreement(None) == ""
    assert "in part" in domain_words.agreement(0.6)
    assert "aligned" in domain_words.domain_accuracy(0.5)
    assert "nearly" in domain_words.domain_accuracy(0.65)
    assert "does not show" in domain_words.domain_accuracy(0.1), "fooled is not aligned"
    assert domain_words.validator("of_a_plugin") == "of a plugin" and not domain_words.validator_help("other")
