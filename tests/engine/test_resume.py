"""An interrupted run that is resumed ends with the weights of one that was not, bit for bit."""

from __future__ import annotations

import random
import re
import time

import pytest
import torch
from studio import Counted, drive, same

from xferstudio.engine import feed as feeds
from xferstudio.engine.means import Runner, make_runner
from xferstudio.events import EpochDone, PhaseStarted, Progress, RunEnded, RunStarted, StepDone

CASES = {
    "fine-tune with mixup and AdamW": (
        "fine-tune",
        {"epochs": 3, "head_first": False, "mixup": 0.4, "stages": 1},
    ),
    "fine-tune with gradual unfreezing and views": (
        "fine-tune",
        {"epochs": 3, "gradual": True, "stages": 3, "views": 2, "batch_norm": True},
    ),
    "fine-tune with fresh views, average, and cutmix": (
        "fine-tune",
        {"epochs": 3, "views": -1, "ema": 0.9, "cutmix": 1.0, "stages": 2, "l2_sp": 0.1},
    ),
    "scratch with SGD and sampling": (
        "scratch",
        {"epochs": 3, "optimizer": "sgd", "balance": "sampling", "ema": 0.99, "label_smoothing": 0.1},
    ),
    "extract with an mlp": ("extract", {"head": "mlp", "epochs": 4}),
    "extract with logistic regression": ("extract", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_interrupted_again_and_again_the_weights_are_those_of_a_straight_run(make_studio, case):
    strategy, options = CASES[case]
    options = {"batch_size": 5, **options} if strategy != "extract" else options
    straight = make_studio()
    straight.finish(strategy, **options)
    chance = random.Random(case)
    halting = make_studio()
    interruptions, steps = 0, []
    for attempt in range(100):
        after = 2 if attempt == 0 else chance.randint(2, 28)
        events = drive(halting, strategy, Counted("interrupt", after), **options)
        ended = events[-1]
        assert isinstance(ended, RunEnded)
        if ended.reason == "finished":
            break
        assert ended.reason == "interrupted", ended.message
        assert halting.folder().state == "interrupted"
        interruptions += 1
        steps += [event.resumed_step for event in events if isinstance(event, RunStarted)]
    assert ended.reason == "finished"
    assert interruptions >= 1
    assert steps == sorted(steps)
    assert same(halting.weights(), straight.weights())
    assert len(list(halting.project.runs_folder.glob("*-one"))) == 1
    assert not halting.folder().last.exists()


@pytest.mark.usefixtures("every_step_is_told")
@pytest.mark.parametrize("seed", range(2))
def test_closed_at_any_event_and_resumed_the_weights_are_those_of_a_straight_run(make_studio, seed):
    options = {"epochs": 3, "stages": 2, "gradual": True, "mixup": 0.2, "ema": 0.8, "batch_size": 6}
    straight = make_studio()
    straight.finish("fine-tune", **options)
    chance = random.Random(seed)
    closing = make_studio()
    closed_at = set()
    for _ in range(200):
        events = closing.start("fine-tune", **options)
        for _ in range(chance.randint(1, 14)):
            event = next(events)
            if isinstance(event, RunEnded):
                break
        events.close()
        closed_at.add(type(event).__name__)
        if isinstance(event, RunEnded):
            break
        assert closing.folder().state == "interrupted"
        assert not closing.folder().lock_file.exists()
    assert event.reason == "finished", event.message
    assert len(closed_at) > 2
    assert same(closing.weights(), straight.weights())


@pytest.mark.usefixtures("every_step_is_told")
@pytest.mark.parametrize("step", [1, 4])
def test_a_word_sent_into_the_iterator_interrupts_exactly(make_studio, step):
    options = {"epochs": 3, "stages": 1, "batch_size": 6, "mixup": 0.3}
    straight = make_studio()
    straight.finish("fine-tune", **options)
    sent = make_studio()
    events = sent.start("fine-tune", **options)
    word = None
    for _ in range(1000):
        event = events.send(word)
        word = None
        if isinstance(event, StepDone) and event.step == step:
            word = "interrupt"
        if isinstance(event, RunEnded):
            break
    assert event.reason == "interrupted"
    started = next(e for e in sent.do("fine-tune", **options) if isinstance(e, RunStarted))
    assert started.resumed_step >= step
    assert same(sent.weights(), straight.weights())


def test_a_run_interrupted_before_its_first_step_begins_anew_in_the_same_folder(make_studio):
    studio = make_studio()
    for _ in range(2):
        events = studio.start("fine-tune", epochs=1)
        next(events)
        events.close()
    studio.finish("fine-tune", epochs=1)
    assert len(list(studio.project.runs_folder.glob("*-one"))) == 1


def test_a_resumed_run_that_is_interrupted_while_it_opens_keeps_its_checkpoint(make_studio):
    options = {"epochs": 3, "stages": 1, "batch_size": 6, "head_first": False}
    studio, straight = make_studio(), make_studio()
    straight.finish("fine-tune", **options)
    drive(studio, "fine-tune", Counted("interrupt", 5), **options)
    for kind in (RunStarted, PhaseStarted):
        assert studio.folder().last.exists()
        events = studio.start("fine-tune", **options)
        assert any(isinstance(event, kind) for event in events)
        events.close()
    studio.finish("fine-tune", **options)
    assert same(studio.weights(), straight.weights())


def test_a_resumed_run_that_is_stopped_while_it_opens_keeps_what_was_learned(make_studio):
    options = {"epochs": 6, "stages": 1, "batch_size": 6}
    studio = make_studio()
    events = studio.start("fine-tune", **options)
    best = 0.0
    for event in events:
        if isinstance(event, EpochDone):
            best = max(best, event.val["accuracy"])
            if event.epoch == 5:
                break
    events.close()
    studio.store.clear()
    studio.store.folder.mkdir(exist_ok=True)
    events = studio.start("fine-tune", **options)
    word = None
    for _ in range(100):
        event = events.send(word)
        word = "stop" if isinstance(event, RunStarted) else None
        if isinstance(event, RunEnded):
            break
    assert event.reason == "stopped", event.message
    assert event.summary["val"]["accuracy"] == pytest.approx(best)


def test_a_run_closed_while_the_test_images_are_computed_is_resumed(make_studio):
    options = {"epochs": 2, "stages": 1, "batch_size": 6}
    studio, straight = make_studio(), make_studio()
    straight.finish("fine-tune", **options)
    events = studio.start("fine-tune", **options)
    closed = False
    for event in events:
        if isinstance(event, Progress) and event.task == "evaluating the test images":
            closed = True
            break
    events.close()
    assert closed
    studio.finish("fine-tune", **options)
    assert same(studio.weights(), straight.weights())


def test_changed_settings_start_the_run_afresh_and_say_so(make_studio):
    studio = make_studio()
    drive(studio, "fine-tune", Counted("interrupt", 20), epochs=3)
    events = studio.do("fine-tune", epochs=4)
    assert any("changed" in getattr(event, "text", "") for event in events)
    assert next(event for event in events if isinstance(event, RunStarted)).resumed_step == 0
    assert len(list(studio.project.runs_folder.glob("*-one"))) == 2


def test_what_a_strategy_with_fewer_options_has_left_is_begun_afresh_and_what_it_has_finished_stays(
    make_studio,
):
    studio = make_studio()
    drive(studio, "fine-tune", Counted("interrupt", 6), epochs=3, batch_size=4)
    assert studio.folder().state == "interrupted"
    studio.finish("fine-tune", name="other", epochs=1)
    for name in ("one", "other"):  # as before `clip` came to be
        file = studio.folder(name).run_file
        text = file.read_text("utf-8")
        assert "clip = " in text
        file.write_text(re.sub(r"(?m)^clip = .*\n", "", text), "utf-8")
    events = studio.do("fine-tune", epochs=3, batch_size=4)
    assert any("changed" in getattr(event, "text", "") for event in events)
    assert next(event for event in events if isinstance(event, RunStarted)).resumed_step == 0
    assert "already" in studio.do("fine-tune", name="other", epochs=1)[-1].message


def test_changed_images_end_an_interrupted_run_with_a_sentence(make_studio, tmp_path):
    studio = make_studio()
    drive(studio, "fine-tune", Counted("interrupt", 3), epochs=3, head_first=False)
    next((tmp_path / "photos-12-3" / "class1").glob("*.png")).unlink()
    ended = studio.do("fine-tune", epochs=3, head_first=False)[-1]
    assert ended.reason == "failed"
    assert "--fresh" in ended.message
    studio.finish("fine-tune", epochs=3, fresh=True)


def test_a_finished_run_does_nothing_and_says_so(make_studio):
    studio = make_studio()
    first = studio.finish("extract")
    again = studio.do("extract")
    assert len(again) == 1
    assert "already" in again[0].message
    assert again[0].summary["val"] == first.summary["val"]


@pytest.mark.usefixtures("every_step_is_told")
def test_interrupted_between_and_within_folds_the_run_gives_the_same(make_studio):
    options = {"epochs": 2, "stages": 1, "batch_size": 8, "l2_sp": 0.1, "head_first": False}
    straight, halting = (make_studio(val=0.0, folds=2) for _ in range(2))
    wanted = straight.finish("fine-tune", **options)
    chance = random.Random(5)
    for _ in range(100):
        events = halting.start("fine-tune", **options)
        for _ in range(chance.randint(3, 24)):
            event = next(events)
            if isinstance(event, RunEnded):
                break
        events.close()
        if isinstance(event, RunEnded):
            break
    assert event.reason == "finished", event.message
    assert same(halting.weights(), straight.weights())
    assert event.summary["val"]["accuracy"] == wanted.summary["val"]["accuracy"]
    assert event.summary["val"]["n"] == wanted.summary["val"]["n"]


def test_fresh_views_are_computed_by_the_same_means_after_a_resume(make_studio, monkeypatch):
    """Which means are the fastest is a matter of chance, and their results differ in the last digits."""
    made = 0

    def racing(cut, how, machine, images, known=""):
        nonlocal made
        made += 1
        exact = make_runner(cut, how, machine, 1)._exact

        def slow(batch):
            time.sleep(0.02)
            return exact(batch)

        def other(batch):
            return exact(batch) * 1.0001

        first, second = (slow, other) if made == 1 else (exact, lambda batch: slow(batch) * 1.0001)
        return Runner({"one float32": first, "other float32": second}, first, torch.float32)

    options = {"epochs": 3, "stages": 1, "views": -1, "batch_size": 6, "head_first": False}
    found = []
    for interrupted in (False, True):
        made = 0
        with monkeypatch.context() as patch:
            patch.setattr(feeds, "make_runner", racing)
            studio = make_studio()
            if interrupted:
                for after in (3, 4):
                    drive(studio, "fine-tune", Counted("interrupt", after), **options)
            studio.finish("fine-tune", **options)
        found.append(studio.weights())
        assert made > 2 * interrupted
    assert same(*found)
