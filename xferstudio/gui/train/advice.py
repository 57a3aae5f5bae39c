"""What speaks against a choice, judged by the data: sentences that say why, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

translate = QCoreApplication.translate

FEW_TO_FINE_TUNE = 200
FEW_FOR_ALL_LAYERS = 1000
FEW_FOR_A_CLASS = 8
HIGH_RATE = {"adamw": 0.01, "sgd": 0.2}
"""Rates of the head above which training seldom settles, by optimizer."""
HIGH_RATE_BELOW = {"adamw": 0.0005, "sgd": 0.02}
"""The same for pretrained layers, of which all learn."""


def warnings(
    kind: str, options: Mapping[str, Any], counts: Mapping[str, int] | None, classes: int
) -> list[str]:
    """What to think of before training so: `kind` of the strategy, all its options, the images that there are.

    `counts` as in `Pictures`, or None while the images are not known; then only the options are judged.
    """
    found = []
    train = counts.get("train", 0) if counts is not None else None
    figure = "" if train is None else QLocale().toString(train)
    if kind == "finetune" and train is not None and train < FEW_TO_FINE_TUNE:
        found.append(
            translate(
                "Advice",
                "Only {count} images to train on: with fewer than {few}, extracting features is usually as good, "
                "and far faster.",
            ).format(count=figure, few=FEW_TO_FINE_TUNE)
        )
    everything = kind != "scratch" and _number(options.get("stages")) == -1
    if everything and train is not None and train < FEW_FOR_ALL_LAYERS:
        found.append(
            translate(
                "Advice",
                "All layers learn from only {count} images: the network may forget what it knows. "
                "Let the last 2 stages learn (stages = 2), or collect more images.",
            ).format(count=figure)
        )
    optimizer = str(options.get("optimizer", "adamw"))
    rate = _number(options.get("learning_rate"))
    if rate is not None and kind != "extract":
        share = _number(options.get("backbone_rate"))
        below = rate * (1.0 if share is None else share)
        if rate > HIGH_RATE.get(optimizer, HIGH_RATE["adamw"]):
            found.append(
                translate(
                    "Advice",
                    "A learning rate of {rate} is high for {optimizer}: training may not settle. Try {better}.",
                ).format(rate=f"{rate:g}", optimizer=optimizer, better=0.001 if optimizer != "sgd" else 0.01)
            )
        elif everything and below > HIGH_RATE_BELOW.get(optimizer, HIGH_RATE_BELOW["adamw"]):
            found.append(
                translate(
                    "Advice",
                    "All pretrained layers learn at up to {rate}, which is high: what the network knows may be lost. "
                    "Lower the learning rate or backbone rate.",
                ).format(rate=f"{below:g}")
            )
    if train is not None and 0 < train < FEW_FOR_A_CLASS * classes and kind != "scratch":
        found.append(
            translate(
                "Advice",
                "About {count} images to train on for each class are very few: expect wide intervals, and collect "
                "more where you can.",
            ).format(count=max(1, round(train / classes)))
        )
    if counts is not None and not counts.get("test", 0):
        found.append(
            translate(
                "Advice",
                "No images are kept for the test: the accuracy will be that of images which chose the model.",
            )
        )
    return found


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
