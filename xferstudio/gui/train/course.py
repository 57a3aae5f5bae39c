"""What the events of a run add up to: its stage, its best so far, and the numbers of its curves. Knows no Qt."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xferstudio.gui.look.curves import Growing, Smoother
from xferstudio.gui.train.domain_course import DomainCourse

log = logging.getLogger(__name__)

MOST_NOTICES = 200


@dataclass(frozen=True)
class Stage:
    """A phase of training, from its PhaseStarted event."""

    number: int
    of: int
    name: str
    epochs: int
    trainable: int
    parameters: int
    boundary: str
    step: int
    """The last step before it."""


@dataclass(frozen=True)
class Task:
    """A long task between the steps, from its Progress events."""

    name: str
    done: int
    total: int
    per_second: float
    seconds_left: float | None
    time: float


@dataclass(frozen=True)
class Best:
    """The best epoch so far."""

    epoch: int
    accuracy: float | None
    interval: tuple[float, float] | None


class Course:
    """A run as its events tell it. `take` events in order, from the first one; dicts, as they come from JSON.

    Curves: `losses`, `smoothed` and `rates` by name, and `speed`, `waiting`, `memory`, `device_memory`, by step;
    `val_loss` and `epoch_loss` (training) by step at the end of each epoch; `accuracy`, `low`, `high`,
    `train_accuracy` by epoch. What a resumed run does again is taken back first.
    """

    def __init__(self) -> None:
        self.began = False
        """Whether the first event has been seen."""
        self.run = self.strategy = self.backbone = self.device = self.precision = self.folder = ""
        self.classes: tuple[str, ...] = ()
        self.counts: dict[str, int] = {}
        self.epochs = self.epoch = self.step = self.steps = 0
        self.resumed_step = 0
        self.stages: list[Stage] = []
        self.task: Task | None = None
        self.notices: list[tuple[str, str]] = []
        self.best: Best | None = None
        self.since_best = 0
        self.seconds_left: float | None = None
        self.left_at = 0.0
        self.confusion: tuple[tuple[int, ...], ...] = ()
        self.mistakes: tuple[str, ...] = ()
        self.saved_step = 0
        self.paused = False
        self.ended = ""
        """The reason of RunEnded, or "" while it goes on."""
        self.message = ""
        self.seconds = 0.0
        self.summary: dict[str, Any] = {}
        self.last: dict[str, Any] = {}
        self.taken = 0
        self._elapsed = 0.0
        self._rested = 0.0
        """Seconds of all pauses that are over."""
        self._rests_since: float | None = None
        self._since: float | None = None
        self._now = 0.0
        self._takers: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "RunStarted": self._started,
            "Notice": self._notice,
            "Progress": self._progress,
            "PhaseStarted": self._phase,
            "EpochDone": self._epoch_done,
            "CheckpointSaved": self._saved,
            "RunPaused": self._run_paused,
            "RunResumed": self._run_resumed,
            "RunEnded": self._run_ended,
            "DomainMap": self._map_drawn,
        }
        self._forget_curves()

    def _forget_curves(self) -> None:
        self.domains = DomainCourse()
        self.losses: dict[str, Growing] = {}
        self.smoothed: dict[str, Growing] = {}
        self._smoothers: dict[str, Smoother] = {}
        self.rates: dict[str, Growing] = {}
        self.speed, self.waiting, self.memory, self.device_memory = (Growing() for _ in range(4))
        self.val_loss, self.epoch_loss = Growing(), Growing()
        self.accuracy, self.low, self.high, self.train_accuracy = (Growing() for _ in range(4))
        self._epoch_steps: list[tuple[int, int]] = []

    # ------------------------------------------------------------------------------------------- events

    def take(self, events: Iterable[Mapping[str, Any]]) -> None:
        """The next events. Those of unknown kinds, and those that lack something, are passed over."""
        steps: list[Mapping[str, Any]] = []
        for event in events:
            self.taken += 1
            kind = event.get("event")
            if kind == "StepDone":
                steps.append(event)
                continue
            if steps:
                self._steps_done(steps)
                steps = []
            taker = self._takers.get(str(kind))
            if taker is None:
                continue
            try:
                if kind == "RunStarted":
                    self._stop_clock()  # at the last sign of the run before: it may have been killed
                self._now = float(event.get("time") or self._now)
                taker(event)
                if kind != "DomainMap":  # last words are for people to read
                    self.last = dict(event)
            except (KeyError, TypeError, ValueError):
                log.info("an event that cannot be understood: %s", event, exc_info=True)
        if steps:
            self._steps_done(steps)

    def _started(self, event: Mapping[str, Any]) -> None:
        self.began = True
        self.run, self.strategy = str(event["run"]), str(event["strategy"])
        self.backbone, self.device = str(event["backbone"]), str(event["device"])
        self.precision, self.folder = str(event["precision"]), str(event["folder"])
        self.classes = tuple(map(str, event["classes"]))
        self.counts = {str(name): int(number) for name, number in event["counts"].items()}
        self.epochs = int(event["epochs"])
        self.resumed_step = int(event.get("resumed_step") or 0)
        self.paused, self.ended, self.message, self.task = False, "", "", None
        self.seconds_left = self._rests_since = None
        self._since = self._now
        if self.resumed_step:
            self._take_back(self.resumed_step)
        else:
            self._elapsed = self._rested = 0.0
            self._forget_curves()
            self.stages, self.best, self.since_best = [], None, 0
            self.epoch = self.step = self.saved_step = 0
            self.confusion, self.mistakes, self.summary = (), (), {}

    def _take_back(self, step: int) -> None:
        """Forget what came after this step: it is done again."""
        if step >= self.step:
            return
        for curves in (self.losses, self.smoothed, self.rates):
            for curve in curves.values():
                curve.cut_after(step)
        for curve in (
            self.speed,
            self.waiting,
            self.memory,
            self.device_memory,
            self.val_loss,
            self.epoch_loss,
        ):
            curve.cut_after(step)
        for name, smoother in self._smoothers.items():
            curve = self.smoothed[name]
            smoother.begin_at(float(curve.y[-1]) if curve.n else 0.0, curve.n)
        self._epoch_steps = [pair for pair in self._epoch_steps if pair[0] <= step]
        epoch = self._epoch_steps[-1][1] if self._epoch_steps else 0
        for curve in (self.accuracy, self.low, self.high, self.train_accuracy):
            curve.cut_after(epoch)
        self.domains.take_back(step, epoch)
        self.stages = [stage for stage in self.stages if stage.step <= step]
        self.step, self.epoch = step, epoch
        if self.best is not None and self.best.epoch > epoch:
            self.best, self.since_best = None, 0

    def _notice(self, event: Mapping[str, Any]) -> None:
        notice = (str(event["text"]), str(event.get("level", "info")))
        if notice not in self.notices and len(self.notices) < MOST_NOTICES:
            self.notices.append(notice)

    def _progress(self, event: Mapping[str, Any]) -> None:
        left = event.get("seconds_left")
        self.task = Task(
            str(event["task"]),
            int(event["done"]),
            int(event["total"]),
            float(event.get("per_second") or 0.0),
            None if left is None else float(left),
            self._now,
        )

    def _phase(self, event: Mapping[str, Any]) -> None:
        stage = Stage(
            int(event["phase"]),
            int(event["phases"]),
            str(event["name"]),
            int(event["epochs"]),
            int(event["trainable_parameters"]),
            int(event["total_parameters"]),
            str(event.get("boundary", "")),
            self.step,
        )
        # A run that goes on inside a stage says again which one.
        self.stages = [each for each in self.stages if each.number < stage.number]
        self.stages.append(stage)
        self.task = None

    def _steps_done(self, events: Sequence[Mapping[str, Any]]) -> None:
        try:
            numbers = [int(event["step"]) for event in events]
        except (KeyError, TypeError, ValueError):
            return
        for at in range(1, len(numbers)):
            if numbers[at] <= numbers[at - 1]:  # another fold has begun in the middle
                self._steps_done(events[:at])
                self._steps_done(events[at:])
                return
        if numbers[0] <= self.step:
            # The folds of a cross-validation count anew: the curves are those of the fold that goes on.
            self._forget_curves()
        last = events[-1]
        self.step, self.steps = numbers[-1], int(last.get("steps") or 0)
        self.epoch = int(last.get("epoch") or self.epoch)
        self._now = float(last.get("time") or self._now)
        self.task = None
        for field, curves in (("losses", self.losses), ("learning_rates", self.rates)):
            names: dict[str, None] = {}
            for event in events:
                names.update(dict.fromkeys(event.get(field) or ()))
            for name in names:
                pairs = [
                    (number, value)
                    for number, event in zip(numbers, events, strict=True)
                    if (value := (event.get(field) or {}).get(name)) is not None
                ]
                xs, ys = [x for x, _ in pairs], [float(y) for _, y in pairs]
                curves.setdefault(name, Growing()).extend(xs, ys)
                if field == "losses" and name == "loss":
                    smoother = self._smoothers.setdefault(name, Smoother())
                    self.smoothed.setdefault(name, Growing()).extend(xs, smoother.extend(ys))
        for curve, field in (
            (self.speed, "images_per_second"),
            (self.waiting, "waiting"),
            (self.memory, "memory"),
            (self.device_memory, "device_memory"),
        ):
            curve.extend(numbers, [_number(event.get(field)) for event in events])
        self.domains.steps_done(numbers, events)
        self.last = dict(last)

    def _map_drawn(self, event: Mapping[str, Any]) -> None:
        self.domains.map_drawn(event)

    def _epoch_done(self, event: Mapping[str, Any]) -> None:
        self.epoch, self.epochs = int(event["epoch"]), int(event["epochs"])
        train, val = event.get("train") or {}, event.get("val") or {}
        bounds = val.get("accuracy_interval")
        interval = (float(bounds[0]), float(bounds[1])) if bounds else None
        for curve, x, value in (
            (self.val_loss, self.step, val.get("loss")),
            (self.epoch_loss, self.step, train.get("loss")),
            (self.train_accuracy, self.epoch, train.get("accuracy")),
            (self.accuracy, self.epoch, val.get("accuracy")),
            (self.low, self.epoch, interval[0] if interval else None),
            (self.high, self.epoch, interval[1] if interval else None),
        ):
            if value is not None:
                curve.cut_after(x - 1)
                curve.append(x, float(value))
        self._epoch_steps.append((self.step, self.epoch))
        self.domains.epoch_done(event)
        if event.get("best"):
            accuracy = val.get("accuracy")
            self.best = Best(self.epoch, None if accuracy is None else float(accuracy), interval)
        self.since_best = int(event.get("epochs_since_best") or 0)
        left = event.get("seconds_left")
        self.seconds_left, self.left_at = (None if left is None else float(left)), self._now
        self.confusion = tuple(tuple(map(int, row)) for row in event.get("confusion") or ())
        self.mistakes = tuple(map(str, event.get("mistakes") or ()))
        self.task = None

    def _saved(self, event: Mapping[str, Any]) -> None:
        self.saved_step = int(event["step"])

    def _run_paused(self, event: Mapping[str, Any]) -> None:
        self.paused = True
        self._rests_since = self._now
        self._stop_clock()

    def _run_resumed(self, event: Mapping[str, Any]) -> None:
        self.paused = False
        self._end_rest()
        self._since = self._now

    def _end_rest(self) -> None:
        if self._rests_since is not None:
            self._rested += max(0.0, self._now - self._rests_since)
            self._rests_since = None

    def _run_ended(self, event: Mapping[str, Any]) -> None:
        self._stop_clock()
        self._end_rest()
        self.ended, self.message = str(event["reason"]), str(event.get("message") or "")
        self.folder = str(event.get("folder") or self.folder)
        self.seconds = float(event.get("seconds") or 0.0)
        self.summary = dict(event.get("summary") or {})
        self.paused, self.task, self.seconds_left = False, None, None

    # -------------------------------------------------------------------------------------------- times

    def _stop_clock(self) -> None:
        if self._since is not None:
            self._elapsed += max(0.0, self._now - self._since)
            self._since = None

    def stop_clock(self) -> None:
        """The run has died without a word: time stands still since its last event."""
        self._stop_clock()

    def elapsed(self, now: float | None = None) -> float:
        """Seconds that the run has worked, pauses and interruptions left out."""
        if self.ended:  # the engine counts from before its first event, and its pauses too
            return max(self._elapsed, self.seconds - self._rested)
        going = 0.0 if self._since is None else max(0.0, (now or time.time()) - self._since)
        return self._elapsed + going

    @property
    def heard(self) -> float:
        """When the last event was told of, in seconds of the clock: a run that was killed ended about then."""
        return self._now

    def left(self, now: float | None = None) -> float | None:
        """Seconds that the training still takes, as far as the engine can tell."""
        if self.seconds_left is None or self.ended:
            return None
        gone = 0.0 if self.paused else max(0.0, (now or time.time()) - self.left_at)
        return max(0.0, self.seconds_left - gone)

    @property
    def stage(self) -> Stage | None:
        """The stage that goes on."""
        return self.stages[-1] if self.stages else None

    @property
    def share(self) -> float | None:
        """How much of the training is done, from 0 to 1; None where nobody can tell."""
        if self.ended == "finished":
            return 1.0
        if self.steps and self.step <= self.steps and self.epochs > 1:
            return self.step / self.steps
        return self.epoch / self.epochs if self.epochs > 1 else None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
