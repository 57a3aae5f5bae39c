"""The live view of one run, and what its events add up to."""

import itertools
import time

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from stories import (
    SUMMARY,
    ended,
    epoch,
    notice,
    paused,
    phase,
    progress,
    resumed,
    saved,
    started,
    step,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.plots import REPAINT_MS
from xferstudio.gui.train.course import Course
from xferstudio.gui.train.dashboard import SLICE, TICK_MS, Dashboard


@pytest.fixture
def board(qtbot):
    made = Dashboard()
    qtbot.addWidget(made)
    made.resize(1000, 900)
    made.show_run("a", "running", "Fine-tune on Lite0")
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.let_go()


def tell(qtbot, board, *events):
    board.take(list(events))
    qtbot.waitUntil(lambda: not board.inbox and not board._timer.isActive(), timeout=5000)


def test_the_word_of_the_state_has_the_colour_of_the_theme_that_is_on(qapp, board):
    board.show_run("a", "failed", "Fine-tune on Lite0")
    before = qapp.property("theme")
    try:
        for name in ("light", "dark"):
            qapp.setProperty("theme", name)
            theme.apply(qapp)
            word = board.header.state_word
            word.ensurePolished()
            assert word.palette().color(word.foregroundRole()) == theme.colours().bad
    finally:
        qapp.setProperty("theme", before)
        theme.apply(qapp)


def test_events_add_up_to_a_course():
    course = Course()
    course.take(
        [started(), phase(), *(step(n) for n in range(1, 11)), epoch(1), phase(2, name="last stages")]
    )
    course.take([*(step(n, epoch=2) for n in range(11, 21)), epoch(2, accuracy=0.7, best=False, since=1)])
    assert (course.step, course.steps, course.epoch, course.epochs) == (20, 30, 2, 3)
    assert course.stage.name == "last stages"
    assert course.stage.step == 10
    assert course.best.accuracy == 0.8
    assert course.since_best == 1
    assert list(course.accuracy.y) == [0.8, 0.7]
    assert list(course.val_loss.x) == [10, 20]
    assert np.allclose(course.losses["loss"].y, 1 / np.arange(1, 21))
    assert set(course.rates) == {"head", "stage -1"}
    assert course.confusion == ((8, 2), (1, 9))
    assert course.share == pytest.approx(20 / 30)


def test_what_a_resumed_run_does_again_is_taken_back():
    course = Course()
    course.take([started(), phase(), *(step(n) for n in range(1, 11)), epoch(1), saved(10)])
    course.take([*(step(n, epoch=2, loss=9.0) for n in range(11, 19)), epoch(2, accuracy=0.99)])
    course.take([started(resumed_step=10, time=5000.0), step(11, epoch=2, loss=0.1, time=5001.0)])
    assert course.losses["loss"].n == 11
    assert course.losses["loss"].y[-1] == 0.1
    assert list(course.accuracy.x) == [1]
    assert course.smoothed["loss"].n == 11
    assert course.elapsed(5001.0) == pytest.approx(200 + 1)  # the second epoch ended at 1200


def test_a_run_that_begins_again_forgets_its_first_attempt():
    course = Course()
    course.take([started(), phase(), step(1), step(2), epoch(1), ended("failed", "No memory.")])
    course.take([started(time=3000.0)])
    assert course.losses == {}
    assert course.best is None
    assert course.ended == ""


def test_folds_that_count_anew_show_the_fold_that_goes_on():
    course = Course()
    course.take(
        [started(), *(step(n) for n in range(1, 6)), epoch(1), *(step(n, loss=7.0) for n in range(1, 4))]
    )
    assert course.losses["loss"].n == 3
    assert np.all(np.diff(course.losses["loss"].x) > 0)


def test_pauses_do_not_count_as_elapsed():
    course = Course()
    course.take([started(time=1000.0), paused(1, time=1100.0)])
    assert course.elapsed(9000.0) == 100
    course.take([resumed(1, time=2000.0)])
    assert course.elapsed(2050.0) == 150


def test_the_time_of_a_pause_is_never_counted():
    def at(time, event):
        return {**event, "time": time}

    course = Course()
    course.take([at(100, started()), at(110, step(1)), at(110, paused(1))])
    assert course.elapsed(500) == 10
    course.take([at(510, resumed(1)), at(520, step(2))])
    assert course.elapsed(525) == 25
    before = course.elapsed(530)
    # The engine has counted two seconds before its first event, and the pause.
    course.take([{**at(530, ended("stopped")), "seconds": 432.0}])
    assert before == 30
    assert course.elapsed(9000) == 32


def test_events_that_are_broken_or_unknown_are_passed_over():
    course = Course()
    course.take([started(), {"event": "Strange"}, {"event": "EpochDone"}, {"event": "StepDone"}, {}, step(1)])
    assert course.step == 1


def test_missing_numbers_do_no_harm():
    course = Course()
    torn = step(1)
    torn["losses"] = {"loss": None}
    torn["images_per_second"] = None
    torn["learning_rates"] = None
    course.take([started(), torn, step(2)])
    assert list(course.losses["loss"].x) == [2]


def test_stage_epoch_times_and_best_stand_there_in_words(qtbot, board):
    now = time.time()
    tell(
        qtbot,
        board,
        started(time=now - 80),
        phase(time=now - 70),
        *(step(n, time=now - 60) for n in range(1, 11)),
        epoch(1, time=now - 50),
        phase(2, name="last stages", time=now - 50),
        step(11, epoch=2, time=now - 40),
        epoch(2, accuracy=0.7, best=False, since=1, left=95.0, time=now),
    )
    assert board.status.where.text().startswith("Phase 2 of 2: last stages  ·  epoch 2 of 3")
    assert "step 11 of 30" in board.status.where.text()
    assert board.status.figures["elapsed"].text().startswith("1 min 2")
    assert board.status.figures["left"].text().startswith("about 1 min 3")
    assert board.status.figures["best"].text().startswith("80.0")
    assert "epoch 1" in board.status.figures["best"].text()
    assert board.status.figures["since"].text() == "one epoch"
    assert "120 images a second" in board.status.figures["speed"].text()
    assert board.status.progress.value() == round(1000 * 11 / 30)
    assert "60 images to train on, 20 to validate, 20 to test" in board.header.subtitle.whole()


def test_there_is_a_word_for_what_is_done_from_the_first_moment_on(qtbot, board):
    assert board.status.where.text() == "Starting"
    tell(qtbot, board, started())
    assert board.status.where.text() == "Getting ready"


def test_computing_features_is_a_progress_bar_with_rate_and_time(qtbot, board):
    tell(qtbot, board, started(), progress(30, 60))
    assert board.status.progress.isVisible()
    assert board.status.progress.value() == 500
    assert board.status.task.text() == "Computing features: 30 of 60 · 50 a second · about 2 s left"
    tell(qtbot, board, phase(), step(1))
    assert board.status.task.text() == ""


def test_plots_appear_when_they_have_something_to_show(qtbot, board):
    tell(qtbot, board, started(), phase(), *(step(n, coral=0.1) for n in range(1, 11)))
    for name in ("loss", "rates", "parts", "speed", "waiting", "memory"):
        assert not board.cards[name].isHidden(), name
    assert board.confusion_card.isHidden()
    tell(qtbot, board, epoch(1))
    assert "accuracy" not in board.cards  # a single number is no curve
    assert not board.confusion_card.isHidden()
    tell(qtbot, board, epoch(2))
    assert not board.cards["accuracy"].isHidden()
    assert board.curves.plots["accuracy"].curves["val"].low.n == 2
    assert list(board.curves.plots["parts"].curves) == ["coral"]


def test_fifty_thousand_steps_arrive_whole_and_are_painted_seldom(qtbot, board):
    tell(qtbot, board, started(), phase(), step(1, 50_002), step(2, 50_002))
    plot = board.curves.plots["loss"]
    # What the timers and the event loop did, in order.
    notes = []
    assert REPAINT_MS >= 50 and TICK_MS >= 50 and board._timer.isSingleShot()
    began = time.monotonic()
    plot.drawn.connect(lambda: notes.append("drawn"))
    board._timer.timeout.connect(lambda: notes.append(board.course.step))
    heart = QTimer()
    heart.timeout.connect(lambda: notes.append("turn"))
    heart.start(0)
    one = step(3, 50_002)
    events = [{**one, "step": n, "losses": {"loss": 1 / n, "part": n % 7}} for n in range(3, 50_003)]
    for first in range(0, len(events), 500):
        board.take(events[first : first + 500])
    assert board.course.step == 2  # nothing is worked off before the window has had its turn
    qtbot.waitUntil(lambda: board.course.step == 50_002, timeout=30_000)
    qtbot.waitUntil(lambda: not plot._dirty, timeout=5000)
    heart.stop()
    assert board.course.losses["loss"].n == 50_002
    ticks = [place for place, note in enumerate(notes) if isinstance(note, int)]
    worked = [2, *(notes[place] for place in ticks)]
    assert max(after - before for before, after in itertools.pairwise(worked)) <= SLICE
    assert len(ticks) >= 50_000 / SLICE
    assert all("turn" in notes[before:after] for before, after in itertools.pairwise(ticks))
    assert 0 < notes.count("drawn") <= 1000 * (time.monotonic() - began) / REPAINT_MS + 1
    shown = plot.curves["steps"].item.getOriginalDataset()[0]
    assert len(shown) <= 2100
    assert plot.curves["steps"].label == "steps"  # fast runs do not tell of each of them


def test_buttons_are_there_when_they_make_sense(qtbot, board):
    def visible():
        return {word for word, button in board.header.buttons.items() if button.isVisible()}

    tell(qtbot, board, started())
    assert visible() == {"pause", "stop", "cancel", "copy"}
    tell(qtbot, board, paused(1))
    assert visible() == {"resume", "stop", "cancel", "copy"}
    assert board.header.state_word.text() == "paused"
    tell(qtbot, board, resumed(1), ended("interrupted", "interrupted; run it again to go on"))
    assert visible() == {"go on", "vary", "copy", "delete"}
    board.show_run("b", "finished")
    assert visible() == {"again", "vary", "copy", "delete"}
    board.show_run("c", "new")
    assert visible() == {"begin", "vary", "copy", "delete"}
    board.show_run("d", "waiting")
    assert visible() == {"copy"}


def test_a_word_is_sent_once_and_the_button_waits_for_the_answer(qtbot, board):
    tell(qtbot, board, started())
    words = []
    board.asked.connect(words.append)
    qtbot.mouseClick(board.header.buttons["pause"], Qt.MouseButton.LeftButton)
    board.header.told_to("pause")
    assert words == ["pause"]
    assert not board.header.buttons["pause"].isEnabled()
    assert board.header.buttons["stop"].isEnabled()
    tell(qtbot, board, paused(1))
    assert board.header.buttons["resume"].isEnabled()
    board.header.told_to("stop")
    assert board.header.state_word.text() == "stopping"
    assert not board.header.buttons["resume"].isEnabled()
    assert not board.header.buttons["cancel"].isEnabled()


def test_a_finished_run_tells_what_it_reached_and_what_to_do_next(qtbot, board):
    tell(qtbot, board, started(), phase(), step(1), epoch(1), ended("finished", summary=SUMMARY))
    board.set_state("finished")
    assert board.summary.isVisible()
    assert board.summary.figure.text().startswith("90.0")
    assert "20 test images" in board.summary.accuracy.text()
    assert "70.0 – 97.0" in board.summary.accuracy.text()
    assert board.summary.too_few.text().startswith("20 images are too few")
    assert "Do not rely on its probabilities" in board.summary.calibration.text()
    assert "bees" in board.summary.weakest.text()
    assert "epoch 2 of 3" in board.summary.effort.text()
    assert not board.summary.verdict.isVisible()
    board.summary.show_verdict("Transfer helped: a is 12.0 points more accurate.")
    assert board.summary.verdict.isVisible()
    pages = []
    board.wanted.connect(pages.append)
    for button in board.summary.buttons.values():
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert pages == ["try", "compare", "export"]


def test_a_failed_run_tells_the_sentence_of_its_end(qtbot, board):
    tell(qtbot, board, started(), ended("failed", "The weights cannot be fetched; take another backbone."))
    assert board.trouble.isVisible()
    assert board.trouble.sentence.text() == "The weights cannot be fetched; take another backbone."
    assert board.header.buttons["go on"].isVisible()


def test_a_killed_engine_is_shown_with_its_last_words(qtbot, board):
    tell(qtbot, board, started(), phase(), step(1), saved(1), step(2))
    board.set_state("interrupted", "Killed by the system\nout of memory", -9)
    assert "killed (signal 9)" in board.trouble.title.text()
    assert "step 1" in board.trouble.sentence.text()
    board.trouble.unfold.click()
    assert board.trouble.details.isVisible()
    assert "out of memory" in board.trouble.details.toPlainText()
    assert '"step": 2' in board.trouble.details.toPlainText()
    assert board.header.buttons["go on"].isVisible()
    before = board.status.figures["elapsed"].text()
    board._tell()
    assert board.status.figures["elapsed"].text() == before


def test_the_time_since_a_run_was_killed_does_not_count(qtbot, board):
    then = time.time() - 5000
    tell(qtbot, board, started(time=then), phase(time=then), step(1, time=then + 42))
    board.set_state("interrupted", "", -9)
    board._tell()
    assert board.status.figures["elapsed"].text() == "42 s"


def test_notices_are_listed_with_warnings_first(qtbot, board):
    tell(qtbot, board, started(), *(notice(f"fact {n}") for n in range(6)), notice("take care", "warning"))
    assert board.notices.isVisible()
    first = board.notices.lines.itemAt(0).widget()
    assert first.text() == "Take care"
    assert board.notices.lines.count() == 4
    board.notices.more.click()
    assert board.notices.lines.count() == 7


def test_worst_mistakes_are_thumbnails(qtbot, board, tmp_path):
    from PIL import Image

    (tmp_path / "bees").mkdir()
    Image.new("RGB", (64, 32), "red").save(tmp_path / "bees" / "1.png")
    board.set_images(tmp_path, {"bees/1.png": "bees"}, {})
    tell(qtbot, board, started(), phase(), step(1), epoch(1, mistakes=("bees/1.png", "bees/gone.png")))
    assert board.mistakes.count() == 2
    assert board.mistakes.item(0).text() == "bees"

    def red():
        image = board.mistakes.item(0).icon().pixmap(96, 96).toImage()
        return image.pixelColor(image.width() // 2, image.height() // 2).red() > 200

    qtbot.waitUntil(red, timeout=5000)
    chosen = []
    board.mistake.connect(chosen.append)
    board.mistakes.itemActivated.emit(board.mistakes.item(0))
    assert chosen == ["bees/1.png"]


def test_another_run_starts_with_empty_plots(qtbot, board):
    tell(qtbot, board, started(), phase(), step(1, coral=1.0), step(2, coral=1.0), epoch(1))
    board.show_run("b", "running")
    assert board.curves.plots["loss"].empty
    assert "coral" not in board.curves.plots["parts"].curves
    assert board.cards["loss"].isHidden()
    assert board.confusion.model.rowCount() == 0
    tell(qtbot, board, started(), phase(), step(1), step(2))
    assert board.curves.plots["loss"].curves["steps"].data.n == 2


def test_light_and_dark_are_followed(qtbot, board, qapp):
    from xferstudio.gui.look import theme

    tell(qtbot, board, started(), phase(), step(1), step(2), epoch(1))
    before = board.curves.plots["loss"].curves["smooth"].item.opts["pen"].color().name()
    qapp.setProperty("theme", "dark" if not theme.is_dark() else "light")
    try:
        theme.apply(qapp)
        qtbot.waitUntil(
            lambda: board.curves.plots["loss"].curves["smooth"].item.opts["pen"].color().name() != before,
            timeout=2000,
        )
    finally:
        qapp.setProperty("theme", None)
        theme.apply(qapp)


def test_space_after_a_pause_never_stops_the_run(qtbot, board):
    board.activateWindow()
    tell(qtbot, board, started())
    words = []
    board.asked.connect(words.append)
    board.header.buttons["pause"].setFocus()
    qtbot.keyClick(board.header.buttons["pause"], Qt.Key.Key_Space)
    board.header.told_to("pause")
    assert words == ["pause"]
    assert board.focusWidget() is board.header.state_word
    qtbot.keyClick(board.focusWidget(), Qt.Key.Key_Space)
    tell(qtbot, board, paused(1))
    assert board.focusWidget() is board.header.buttons["resume"]
    qtbot.keyClick(board.focusWidget(), Qt.Key.Key_Space)
    board.header.told_to("resume")
    tell(qtbot, board, resumed(1))
    assert board.focusWidget() is board.header.buttons["pause"]
    assert words == ["pause", "resume"]
    board.header.buttons["stop"].setFocus()
    board.header.told_to("stop")
    assert board.focusWidget() is board.header.state_word
    tell(qtbot, board, ended("stopped"))
    assert board.focusWidget() is board.header.state_word


def test_plots_are_made_one_at_a_time(qtbot, board):
    board.course.take([started(), phase(), *(step(n, coral=0.1) for n in range(1, 11)), epoch(1), epoch(2)])
    counts = []
    while board._shown != board.course.taken:
        board._tick()
        counts.append(len(board.curves.plots))
        assert len(counts) < 20
    assert counts == list(range(1, 8))


def test_another_run_forgets_the_curves_of_the_one_before(qtbot, board):
    tell(qtbot, board, started(), phase(), step(1), epoch(1), epoch(2))
    assert "train" in board.curves.plots["accuracy"].curves
    board.show_run("b", "running")
    tell(qtbot, board, started(), phase(), *({**epoch(n), "train": {"loss": 0.5}} for n in (1, 2)))
    assert list(board.curves.plots["accuracy"].curves) == ["val"]


def test_mistakes_of_a_finished_run_say_what_they_were_taken_for(qtbot, board, tmp_path):
    from finished_runs import make_project, make_run

    folder = make_run(make_project(tmp_path), "first", 2, split="val")
    found = folder.read_predictions()
    path = found.paths[0]
    board.set_images(None, {path: "cat"}, {})
    tell(qtbot, board, started(folder=folder.path), phase(), step(1), epoch(1, mistakes=(path,)))
    assert board.mistakes.item(0).text() == "cat"
    tell(qtbot, board, ended("finished", summary=SUMMARY, folder=folder.path))
    qtbot.waitUntil(lambda: board.mistakes.item(0).text() == "cat, taken for dog", timeout=5000)
    board.show_run("b", "running")
    assert board.mistakes.count() == 0
