"""Events of runs as they stand in events.jsonl, for tests of what shows them."""

import json

from xferstudio.events import (
    CheckpointSaved,
    EpochDone,
    Notice,
    PhaseStarted,
    Progress,
    RunEnded,
    RunPaused,
    RunResumed,
    RunStarted,
    StepDone,
    to_json,
)

CLASSES = ("ants", "bees")
COUNTS = {"found": 100, "used": 100, "left_out": 0, "train": 60, "val": 20, "test": 20}


def line(event):
    """An event as the window gets it."""
    return json.loads(to_json(event))


def started(folder="/p/runs/20260101-000000-a", resumed_step=0, time=1000.0, epochs=3):
    return line(
        RunStarted("a", "fine-tune", "embedded:lite0", "cpu", "float32", CLASSES, COUNTS, epochs, str(folder),
                   resumed_step, time=time)
    )  # fmt: skip


def phase(number=1, of=2, name="head", time=1001.0):
    return line(PhaseStarted(number, of, name, 1, 2562, 3_000_000, "features", time=time))


def step(number, steps=30, epoch=1, loss=None, time=None, **losses):
    value = 1 / number if loss is None else loss
    return line(
        StepDone(number, steps, epoch, {"loss": value, **losses}, {"head": 0.001, "stage -1": 0.0002}, 120.0, 0.1,
                 400_000_000, time=1001.0 + number if time is None else time)
    )  # fmt: skip


def epoch(number, epochs=3, accuracy=0.8, best=True, since=0, left=60.0, time=None, mistakes=()):
    val = {"loss": 0.5, "accuracy": accuracy, "accuracy_interval": [accuracy - 0.1, accuracy + 0.1]}
    return line(
        EpochDone(number, epochs, {"loss": 0.4, "accuracy": 0.9}, val, ((8, 2), (1, 9)), best, since, 10.0, left,
                  tuple(mistakes), time=1000.0 + 100 * number if time is None else time)
    )  # fmt: skip


def progress(done, total, per_second=50.0, left=2.0, time=1001.0):
    return line(Progress("computing features", done, total, per_second, left, time=time))


def notice(text, level="info"):
    return line(Notice(text, level, time=1001.0))


def saved(number):
    return line(CheckpointSaved(number, time=1002.0))


def paused(number, time=1100.0):
    return line(RunPaused(number, time=time))


def resumed(number, time=1200.0):
    return line(RunResumed(number, time=time))


def ended(reason="finished", message="", summary=None, folder="/p/runs/20260101-000000-a", time=2000.0):
    return line(RunEnded(reason, message, str(folder), 900.0, summary or {}, time=time))


SUMMARY = {
    "reason": "finished",
    "seconds": 900.0,
    "epochs": 3,
    "best_epoch": 2,
    "stopped_early": False,
    "test": {
        "n": 20,
        "accuracy": 0.9,
        "accuracy_interval": [0.7, 0.97],
        "ece": 0.2,
        "too_few": "20 images are too few to tell small differences.",
        "per_class": [
            {"name": "ants", "n": 10, "recall": 1.0},
            {"name": "bees", "n": 10, "recall": 0.8},
        ],
    },
    "val": {"n": 20, "accuracy": 0.95},
}
