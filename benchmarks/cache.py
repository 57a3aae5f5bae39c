"""Row 6: fine-tuning with and without the cached prefix gives the same losses, and is faster with it."""

from __future__ import annotations

from typing import Any

from benchmarks.material import Material
from benchmarks.table import Report, Row, median, shown_seconds
from xferstudio.events import EpochDone, Event, StepDone


def measure(material: Material) -> Report:
    """Float32, no augmentation, the same seed; all steps are compared."""
    source = material.photos("hymenoptera", material.choose(20, 60, None))
    report = Report("Fine-tune with and without the prefix cache, float32")
    report.facts.append(
        f"{material.about('hymenoptera')}; no augmentation, the same seed and order of images"
    )
    material.warm_up()
    depths = ((1, "last stage"), (2, "last two stages"))
    for last_stages, name in material.choose(depths[:1], depths, depths):
        found = {}
        for cached in (True, False):
            options: dict[str, Any] = {
                "stages": last_stages,
                "epochs": material.choose(2, 3, 4),
                "precision": "float32",
                "augment": "none",
                "views": 0,
                "cache": cached,
                "head_first": False,  # it needs the cache
            }
            found[cached] = material.run(material.project(source), "fine-tune", options, material.store())
        steps, other = _step_losses(found[True]), _step_losses(found[False])
        both = sorted(set(steps) & set(other))
        epochs = list(zip(_epochs(found[True]), _epochs(found[False]), strict=True))
        differences = [abs(steps[step] - other[step]) for step in both]
        for one, two in epochs:
            differences += [
                abs(one.train["loss"] - two.train["loss"]),
                abs(one.val["loss"] - two.val["loss"]),
            ]
        fast, slow = (median([event.seconds for event in _epochs(found[cached])]) for cached in (True, False))
        report.rows += [
            Row(
                f"{name}: largest difference of a loss",
                "cached",
                "not cached",
                max(differences),
                1e-3,
                at_most=True,
                unit="",
                note=f"{len(both)} single steps, and the mean training loss and validation loss of {len(epochs)} epochs",
            ),
            Row(f"{name}: seconds per epoch", shown_seconds(fast), shown_seconds(slow), slow / fast, 1),
        ]
    return report


def _step_losses(events: list[Event]) -> dict[int, float]:
    """By step; steps of a few milliseconds are not all told."""
    return {event.step: event.losses["loss"] for event in events if isinstance(event, StepDone)}


def _epochs(events: list[Event]) -> list[EpochDone]:
    return [event for event in events if isinstance(event, EpochDone)]
