"""Following the folder of a run."""

import json
import os
import socket
import time

import psutil
import pytest
from stories import ended, started, step

from xferstudio.gui.train.follower import BUNDLE, Follower


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "20260101-000000-a"
    made.mkdir()
    return made


@pytest.fixture
def follow(qtbot):
    followers = []

    def begin(folder):
        made = Follower(folder)
        made.events, made.over = [], []
        made.arrived.connect(made.events.extend)
        made.ended.connect(lambda: made.over.append(True))
        followers.append(made)
        made.start()
        return made

    yield begin
    for made in followers:
        made.let_go()
        assert made.wait(5000)


def write(folder, *events, torn=""):
    with (folder / "events.jsonl").open("a", encoding="utf-8") as out:
        for event in events:
            out.write(json.dumps(event) + "\n")
        out.write(torn)


def lock(folder):
    holder = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": psutil.Process().create_time(),
        "since": time.time(),
    }
    (folder / "lock").write_text(json.dumps(holder))


def test_a_run_of_last_year_is_read_from_its_beginning_to_its_end(qtbot, folder, follow):
    write(folder, started(), *(step(n) for n in range(1, 6)), ended())
    follower = follow(folder)
    qtbot.waitUntil(lambda: bool(follower.over))
    assert [event["event"] for event in follower.events] == ["RunStarted", *["StepDone"] * 5, "RunEnded"]


def test_a_torn_last_line_and_rubbish_are_passed_over(qtbot, folder, follow):
    write(folder, started(), torn='nonsense\n[1]\n{"event": "StepDo')
    follower = follow(folder)
    qtbot.waitUntil(lambda: bool(follower.over))
    assert len(follower.events) == 1


def test_a_last_line_without_its_break_is_read(qtbot, folder, follow):
    write(folder, started(), torn=json.dumps(ended()))
    follower = follow(folder)
    qtbot.waitUntil(lambda: bool(follower.over))
    assert len(follower.events) == 2


def test_a_run_that_goes_on_elsewhere_appears_live_and_ends_with_it(qtbot, folder, follow):
    lock(folder)
    follower = follow(folder)
    qtbot.wait(150)
    write(folder, started(), torn=json.dumps(step(1))[:20])
    qtbot.waitUntil(lambda: len(follower.events) == 1)
    assert not follower.over
    write(folder, torn=json.dumps(step(1))[20:] + "\n")
    qtbot.waitUntil(lambda: len(follower.events) == 2)
    write(folder, ended())
    (folder / "lock").unlink()
    qtbot.waitUntil(lambda: bool(follower.over))
    assert follower.events[-1]["event"] == "RunEnded"


def test_a_run_that_was_killed_ends_without_a_word(qtbot, folder, follow):
    write(folder, started(), step(1))
    (folder / "lock").write_text(
        json.dumps({"pid": 2**22 + 1, "host": socket.gethostname(), "started": 0, "since": 0})
    )
    follower = follow(folder)
    qtbot.waitUntil(lambda: bool(follower.over))
    assert len(follower.events) == 2


def test_a_long_run_comes_in_bundles_that_wait_for_the_window(qtbot, folder, follow):
    write(folder, started(), *(step(n) for n in range(1, 3 * BUNDLE)))
    sizes = []
    follower = follow(folder)
    follower.arrived.connect(lambda events: sizes.append(len(events)))
    qtbot.waitUntil(lambda: bool(follower.over))
    assert len(follower.events) == 3 * BUNDLE
    assert max(sizes) <= BUNDLE


def test_following_can_be_left_at_any_moment(qtbot, folder, follow):
    lock(folder)
    write(folder, *(step(n) for n in range(1, 5 * BUNDLE)))
    follower = follow(folder)
    follower.let_go()
    assert follower.wait(2000)
    assert not follower.over


def test_a_folder_without_events_is_no_fault(qtbot, folder, follow):
    follower = follow(folder)
    qtbot.waitUntil(lambda: bool(follower.over))
    assert follower.events == []
