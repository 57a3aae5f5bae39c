"""What the comparison shows of a run beside its figures: its curves, its answers and its mistakes, from its folder."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from xferstudio.api import UserError
from xferstudio.events import EpochDone, StepDone
from xferstudio.gui.project.reading import Stopped
from xferstudio.history import RunFolder

STEPS = 20_000
"""Steps of a run that are kept for its curve at most; of more, every second, third … one."""


@dataclass(frozen=True)
class Answer:
    """What a run said of one image."""

    path: str
    content: str
    label: str
    predicted: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether it was right."""
        return self.label == self.predicted


@dataclass(frozen=True)
class RunRecord:
    """Curves by epoch and step, and the answers on one split ("test", or "val" where there is no test)."""

    folder: Path
    epochs: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    val_loss: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    """Of training, smoothed."""
    split: str = ""
    classes: tuple[str, ...] = ()
    answers: dict[str, Answer] = field(default_factory=dict)
    """By content hash, or by path where the hash is not known."""
    confusion: tuple[tuple[int, ...], ...] = ()
    missing: str = ""
    """Why there are no answers."""


def smoothed(values: list[float], weight: float = 0.9) -> list[float]:
    """The running mean of a curve, late values counting most, without the pull of a start at zero."""
    mean, norm, found = 0.0, 0.0, []
    for value in values:
        if math.isfinite(value):
            mean = weight * mean + (1 - weight) * value
            norm = weight * norm + (1 - weight)
        found.append(mean / norm if norm else math.nan)
    return found


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def read_record(folder: Path, stopped: Stopped) -> RunRecord:
    """Read all of it; what the folder does not hold stays empty."""
    run = RunFolder(folder)
    epochs: dict[int, EpochDone] = {}
    steps: list[float] = []
    losses: list[float] = []
    every = 1
    for event in run.events():
        if isinstance(event, EpochDone):
            epochs[event.epoch] = event  # a resumed run tells an epoch again
        elif isinstance(event, StepDone) and event.losses and event.step % every == 0:
            while steps and steps[-1] >= event.step:
                steps.pop()
                losses.pop()
            steps.append(event.step)
            losses.append(_number(event.losses.get("loss", sum(event.losses.values()))))
            if len(steps) > STEPS:
                steps, losses, every = steps[::2], losses[::2], 2 * every
        if stopped():
            return RunRecord(folder)
    ordered = [epochs[number] for number in sorted(epochs)]
    bounds = [each.val.get("accuracy_interval") or (math.nan, math.nan) for each in ordered]
    curves = RunRecord(
        folder,
        epochs=[float(each.epoch) for each in ordered],
        accuracy=[_number(each.val.get("accuracy")) for each in ordered],
        low=[_number(pair[0]) for pair in bounds],
        high=[_number(pair[1]) for pair in bounds],
        val_loss=[_number(each.val.get("loss")) for each in ordered],
        steps=steps,
        loss=smoothed(losses),
    )
    try:
        found = run.read_predictions()
    except UserError as error:
        return _with(curves, missing=str(error))
    split = "test" if "test" in found.splits else "val"
    rows = found.of(split)
    confidences = rows.probabilities.max(axis=1).tolist() if len(rows) and rows.classes else []
    answers = {
        content or path: Answer(path, content, label, predicted, confidence)
        for path, content, label, predicted, confidence in zip(
            rows.paths, rows.hashes, rows.labels, rows.predicted, confidences, strict=False
        )
    }
    place = {name: number for number, name in enumerate(rows.classes)}
    counts = [[0] * len(rows.classes) for _ in rows.classes]
    for label, predicted in zip(rows.labels, rows.predicted, strict=True):
        if label in place and predicted in place:
            counts[place[label]][place[predicted]] += 1
    return _with(
        curves, split=split, classes=rows.classes, answers=answers, confusion=tuple(map(tuple, counts))
    )


def _with(record: RunRecord, **values: object) -> RunRecord:
    from dataclasses import replace

    return replace(record, **values)  # type: ignore[arg-type]


def disagreements(
    one: RunRecord, two: RunRecord
) -> tuple[list[tuple[Answer, Answer]], list[tuple[Answer, Answer]]]:
    """Images that only the first run gets right, and those that only the second does, surest mistakes first."""
    only_one: list[tuple[Answer, Answer]] = []
    only_two: list[tuple[Answer, Answer]] = []
    for key, a in one.answers.items():
        b = two.answers.get(key)
        if b is None or a.label != b.label or a.right == b.right:
            continue
        (only_one if a.right else only_two).append((a, b))
    only_one.sort(key=lambda pair: -pair[1].confidence)
    only_two.sort(key=lambda pair: -pair[0].confidence)
    return only_one, only_two
