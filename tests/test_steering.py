"""Words and signals that come while no run is there to hear them: at the start, and between two runs."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xferstudio import project
from xferstudio.engine import Control
from xferstudio.steering import Steering


def heard(control: Control) -> list[str]:
    words = []
    while (word := control.get()) is not None:
        words.append(word)
    return words


def test_words_that_come_before_the_first_run_are_handed_to_it_in_order():
    steering, control = Steering(), Control()
    for word in ("pause", "resume", "stop"):
        steering.put(word)
    steering.attach(control)
    steering.put("cancel")
    assert heard(control) == ["pause", "resume", "stop", "cancel"]


def test_between_two_runs_all_but_a_stop_is_kept_for_the_next():
    steering, first, second = Steering(), Control(), Control()
    steering.attach(first)
    steering.put("pause")  # too late to be heeded
    steering.detach()
    steering.put("stop")
    steering.put("cancel")
    steering.attach(second)
    assert heard(second) == ["pause", "cancel"]


def test_a_pause_that_was_kept_is_ended_by_the_same_signal():
    steering, control = Steering(), Control()
    steering.toggle()
    steering.attach(control)
    steering.toggle()
    assert heard(control) == ["pause", "resume"]


def test_words_that_were_read_too_early_are_read_again_before_all_others():
    control = Control()
    control.put("stop")
    control.unread(["pause", "resume"])
    assert heard(control) == ["pause", "resume", "stop"]


@pytest.fixture
def two_runs(tmp_path):
    """A project with two short runs, in the order a, b."""
    draw = np.random.default_rng(0)
    for number, name in enumerate(("dark", "light")):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for place in range(12):
            shade = draw.integers(20 + 150 * number, 80 + 150 * number, (6, 8, 3), dtype=np.uint8)
            Image.fromarray(shade).resize((48, 48)).save(folder / f"{place}.png")
    made = project.create(tmp_path / "p", data=tmp_path / "photos")
    for name in ("a", "b"):
        made = project.add_run(
            made, project.Run(name, "scratch", "timm:test_efficientnet.r160_in1k", {"epochs": 2})
        )
    return made


def started(made, *names: str, command: str = "run") -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "xferstudio", command, str(made.folder), *names, "--json"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def lines(out: bytes) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("word", "reason"),
    [(b"cancel\n", "cancelled"), (b"stop\n", "interrupted"), (b"pause\ncancel\n", "cancelled")],
)
def test_a_word_that_is_there_before_the_engine_is_obeyed(two_runs, word, reason):
    process = started(two_runs, "a")
    out, err = process.communicate(word, timeout=120)
    assert lines(out)[-1]["reason"] == reason
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert "StepDone" not in {line["event"] for line in lines(out)}


def test_a_pause_that_is_there_before_the_engine_is_obeyed(two_runs):
    process = started(two_runs, "a")
    process.stdin.write(b"pause\n")
    process.stdin.flush()
    events = []
    while not events or events[-1] != "RunPaused":
        events.append(json.loads(process.stdout.readline())["event"])
    assert "StepDone" not in events
    out, _err = process.communicate(b"resume\n", timeout=120)
    assert lines(out)[0]["event"] == "RunResumed"
    assert lines(out)[-1]["reason"] == "finished"


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it watches the process through /proc")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_while_the_engine_is_loaded_ends_before_anything_is_done(two_runs, name):
    process = started(two_runs, command="batch")
    while not catches(process.pid, signal.SIGTERM):
        time.sleep(0.01)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert not {"StepDone", "EpochDone"} & {line["event"] for line in lines(out)}


def catches(pid: int, number: int) -> bool:
    """Whether the process has a handler of its own for a signal."""
    facts = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines())
    return bool(int(facts["SigCgt"], 16) >> (number - 1) & 1)
