"""What the events of an adapting run add up to: measures, signs that need no labels, and maps of both domains. No Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xferstudio.gui.look.curves import Growing


@dataclass(frozen=True)
class DomainPicture:
    """Where the images of both domains lie after an epoch: places (n, 2), classes (n,) as indices."""

    epoch: int
    source: NDArray[np.float64]
    source_classes: NDArray[np.int64]
    target: NDArray[np.float64]
    predicted: NDArray[np.int64]


class DomainCourse:
    """Curves of `measures` by step; of `validators`, by epoch, as the engine tells them; and all maps, by epoch."""

    def __init__(self) -> None:
        self.measures: dict[str, Growing] = {}
        self.validators: dict[str, Growing] = {}
        self.agreement: float | None = None
        self.chosen = 0
        """The last epoch of which the engine said that it is the choice so far."""
        self.maps: list[DomainPicture] = []
        self.source_paths: tuple[str, ...] = ()
        self.target_paths: tuple[str, ...] = ()

    def steps_done(self, numbers: Sequence[int], events: Sequence[Mapping[str, Any]]) -> None:
        """Take the measures of these steps."""
        if not any(event.get("measures") for event in events):
            return
        for number, event in zip(numbers, events, strict=True):
            for name, value in (event.get("measures") or {}).items():
                if isinstance(value, (int, float)) and math.isfinite(value):
                    self.measures.setdefault(str(name), Growing()).append(number, float(value))

    def epoch_done(self, event: Mapping[str, Any]) -> None:
        """Take the signs of an epoch."""
        signs = event.get("validators") or {}
        if not signs:
            return
        epoch = int(event["epoch"])
        for name, value in signs.items():
            curve = self.validators.setdefault(str(name), Growing())
            curve.cut_after(epoch - 1)
            if isinstance(value, (int, float)) and math.isfinite(value):
                curve.append(epoch, float(value))
        agreement = event.get("agreement")
        self.agreement = float(agreement) if isinstance(agreement, (int, float)) else None
        if event.get("best"):
            self.chosen = epoch

    def map_drawn(self, event: Mapping[str, Any]) -> None:
        """Take a map; the paths come with the first one of each process."""
        source, source_classes = _points(event["source"])
        target, predicted = _points(event["target"])
        epoch = int(event["epoch"])
        if event.get("source_paths") or event.get("target_paths"):
            self.source_paths = tuple(map(str, event.get("source_paths") or ()))
            self.target_paths = tuple(map(str, event.get("target_paths") or ()))
        self.maps = [each for each in self.maps if each.epoch < epoch]
        self.maps.append(DomainPicture(epoch, source, source_classes, target, predicted))

    def take_back(self, step: int, epoch: int) -> None:
        """Forget what came after this step and epoch: it is done again."""
        for curve in self.measures.values():
            curve.cut_after(step)
        for curve in self.validators.values():
            curve.cut_after(epoch)
        self.maps = [each for each in self.maps if each.epoch <= epoch]
        self.chosen = min(self.chosen, epoch)


def scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values moved and stretched to lie between 0 and 1; all alike are put in the middle."""
    if not len(values):
        return values
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-12:
        return np.full(len(values), 0.5)
    return (values - low) / (high - low)


def _points(rows: Sequence[Sequence[float]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    table = np.array([(float(x), float(y), float(number)) for x, y, number in rows], dtype=np.float64)
    table = table.reshape(-1, 3)
    return table[:, :2].copy(), table[:, 2].astype(np.int64)
