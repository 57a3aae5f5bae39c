"""What a run says of itself: frozen dataclasses of plain numbers and strings, and their JSON form.

One event is one line of JSON: `{"event": "StepDone", "time": 1700000000.0, ...}`. The field names are a
published schema (pinned by `tests/test_events.py`): fields may be added, never renamed or removed. Readers
ignore fields and events that they do not know, so an older window follows a newer engine.
"""

from __future__ import annotations

import json
import math
import time as _time
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, Literal

Reason = Literal["finished", "stopped", "cancelled", "interrupted", "failed"]
"""Why a run ended. `finished`: all that was asked for, early stopping included. `stopped`: ended early at the
user's wish, keeping what was learned. `cancelled`: thrown away. `interrupted`: can be resumed exactly.
`failed`: an error, named in the message."""

COMMANDS = ("pause", "resume", "stop", "cancel")
"""The only words that travel towards a run."""


@dataclass(frozen=True)
class Event:
    """Common to all events: `time` in seconds since 1970."""

    time: float = field(default_factory=_time.time, kw_only=True, compare=False)


@dataclass(frozen=True)
class RunStarted(Event):
    """The first event: what will run, on what. `counts` holds found, used, left_out, train, val, test."""

    run: str
    strategy: str
    backbone: str
    device: str
    precision: str
    classes: tuple[str, ...]
    counts: dict[str, int]
    epochs: int
    folder: str
    resumed_step: int = 0


@dataclass(frozen=True)
class Notice(Event):
    """A sentence for the user. `level` is "info" or "warning"."""

    text: str
    level: str = "info"


@dataclass(frozen=True)
class Progress(Event):
    """How far a long task is (reading files, computing features, evaluating), in units done of total."""

    task: str
    done: int
    total: int
    per_second: float = 0.0
    seconds_left: float | None = None


@dataclass(frozen=True)
class PhaseStarted(Event):
    """A phase of training begins: which parameters learn, and what is computed once instead of every step.

    `phase` counts from 1. `boundary` names the last node of the frozen part whose output is cached, or "" when nothing is cached.
    """

    phase: int
    phases: int
    name: str
    epochs: int
    trainable_parameters: int
    total_parameters: int
    boundary: str = ""


@dataclass(frozen=True)
class StepDone(Event):
    """One optimizer step. `step` counts from 1 over the whole run; `waiting` is the share of the time since
    the last step event that was spent waiting for data (0 to 1); memory in bytes. `measures`: numbers that the
    strategy tells besides its losses, such as the accuracy of a domain classifier."""

    step: int
    steps: int
    epoch: int
    losses: dict[str, float]
    learning_rates: dict[str, float]
    images_per_second: float
    waiting: float
    memory: int
    device_memory: int = 0
    gradient_norm: float | None = None
    measures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class EpochDone(Event):
    """One epoch and its validation. `train` and `val` hold `loss`, `accuracy` and, for val,
    `accuracy_interval`, `balanced_accuracy`, `macro_f1`; `confusion[true][predicted]` counts validation images.
    `seconds_left` of the training is None while a phase that nobody has timed yet is to come.
    `mistakes`: paths of validation images, most confidently wrong first. `validators`: signs of how good the model
    is on a target domain without labels, by name, higher is better (None: cannot be computed); `agreement` of their
    rankings of the epochs so far (Kendall's W, 0 to 1)."""

    epoch: int
    epochs: int
    train: dict[str, Any]
    val: dict[str, Any]
    confusion: tuple[tuple[int, ...], ...]
    best: bool
    epochs_since_best: int
    seconds: float
    seconds_left: float | None
    mistakes: tuple[str, ...] = ()
    validators: dict[str, float | None] = field(default_factory=dict)
    agreement: float | None = None


@dataclass(frozen=True)
class DomainMap(Event):
    """Where the images of both domains lie after an epoch (0: before training), in two dimensions.

    One entry for each image, in the same order in every map of a run: `source` and `target` hold (x, y, class),
    the class being an index into the run's classes: for the source its label, for the target what is predicted.
    `source_paths` are relative to the data, `target_paths` absolute; both are empty but in a run's first map.
    """

    epoch: int
    source: tuple[tuple[float, float, int], ...]
    target: tuple[tuple[float, float, int], ...]
    source_paths: tuple[str, ...] = ()
    target_paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckpointSaved(Event):
    """After this, a kill loses nothing before `step`."""

    step: int


@dataclass(frozen=True)
class RunPaused(Event):
    """The run waits for `resume`, `stop` or `cancel`."""

    step: int


@dataclass(frozen=True)
class RunResumed(Event):
    """The run goes on after a pause."""

    step: int


@dataclass(frozen=True)
class RunEnded(Event):
    """Always the last event. `summary` is what `summary.json` holds (empty unless something was learned)."""

    reason: Reason
    message: str = ""
    folder: str = ""
    seconds: float = 0.0
    summary: dict[str, Any] = field(default_factory=dict)


EVENTS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        RunStarted,
        Notice,
        Progress,
        PhaseStarted,
        StepDone,
        EpochDone,
        DomainMap,
        CheckpointSaved,
        RunPaused,
        RunResumed,
        RunEnded,
    )
}


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become null, so that every reader can parse the line."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def to_json(event: Event) -> str:
    """One line of JSON, without the line break."""
    return json.dumps({"event": type(event).__name__, **_plain(asdict(event))}, ensure_ascii=False)


def from_json(line: str) -> Event | None:
    """The event of one line; None for an event of a kind that this version does not know.

    Raises ValueError for a line that is not an event (a torn last line, for instance).
    """
    raw = json.loads(line)
    if not isinstance(raw, dict) or "event" not in raw:
        raise ValueError("not an event")
    kind = EVENTS.get(raw["event"])
    if kind is None:
        return None
    known: dict[str, Any] = {}
    for spec in fields(kind):
        if spec.name in raw:
            value = raw[spec.name]
            if isinstance(value, list):
                value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
            known[spec.name] = value
        elif spec.default is MISSING and spec.default_factory is MISSING:
            raise ValueError(f"a {raw['event']} event without {spec.name}")
    return kind(**known)
