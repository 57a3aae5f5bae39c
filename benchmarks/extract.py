"""Rows 3 and 4: `extract` from nothing against the tutorial's loop, and again from the warm store."""

from __future__ import annotations

import numpy as np

from benchmarks import plain
from benchmarks.material import Material, accuracy_of, split_of
from benchmarks.table import Report, Row, median, shown_seconds, timed

EPOCHS = 10


def measure(material: Material) -> Report:
    """Seconds of whole runs of the engine: scan, features, head, evaluation, files written."""
    report = Report("Extract")
    material.warm_up()
    sets = material.choose(
        [("hymenoptera", None)],
        [("hymenoptera", None), ("flowers5", 250), ("flowers5", None)],
        [("hymenoptera", None), ("flowers5", None)],
    )
    for name, each in sets:
        _measure(material, report, name, each)
    return report


def _measure(material: Material, report: Report, name: str, each: int | None) -> None:
    source = material.photos(name, each)
    rounds = material.choose(1, 3, 3)
    # The larger sets take the tutorial's loop many minutes: a few epochs and a plain word, unless asked for all.
    epochs = material.choose(2, EPOCHS if name == "hymenoptera" else 2 if each else 1, EPOCHS)
    cold, warm, again = [], [], []
    events = []
    for _ in range(rounds):
        material.forget_hashes()
        project, store = material.project(source), material.store()
        seconds, events = timed(lambda p=project, s=store: material.run(p, "extract", {}, s))
        cold.append(seconds)
        for _ in range(3):
            seconds, _ = timed(lambda p=project, s=store: material.run(p, "extract", {}, s))
            warm.append(seconds)
        other = material.project(source)
        again.append(timed(lambda p=other, s=store: material.run(p, "extract", {"seed": 1}, s))[0])
    split = split_of(project, events)
    judged, labels = split.held_out()
    theirs = plain.tutorial(
        material.backbone.build(True),
        material.backbone.preprocessing(),
        (split.files["train"], split.labels["train"]),
        (split.files["val"], split.labels["val"]),
        judged,
        classes=len(split.classes),
        epochs=epochs,
        workers=material.workers,
    )
    n_val = len(split.files["val"])
    shown = f"{name}, {len(split.files['train']) + len(judged)} photos"
    right = theirs.predicted == labels
    total = sum(theirs.seconds) / epochs * EPOCHS
    scaled = "" if epochs == EPOCHS else f", MEASURED FOR {epochs} EPOCHS AND SCALED TO {EPOCHS}"
    ours, n = accuracy_of(events)
    report.facts.append(
        f"{material.about(name)}: train {len(split.files['train'])}, val {n_val}, test {n - n_val}; "
        f"{material.backbone_id}; imports excluded on both sides"
    )
    report.facts.append(
        f"accuracy on val: {accuracy_of(events, 'val')[0]:.3f} (xferstudio), {np.mean(right[:n_val]):.3f} (tutorial); "
        f"on test: {accuracy_of(events, 'test')[0]:.3f}, {np.mean(right[n_val:]):.3f}"
        + (f" after {epochs} epochs" if scaled else "")
    )
    report.rows += [
        Row(
            f"{shown}: from nothing, against ten epochs of the tutorial loop",
            shown_seconds(median(cold)),
            shown_seconds(total),
            total / median(cold),
            30,
            note=f"tutorial: batches of 4, {material.workers} workers{scaled}; extract: median of {rounds}",
        ),
        Row(
            f"{shown}: accuracy on val and test together ({n} images)",
            f"{ours:.3f}",
            f"{np.mean(right):.3f}",
            100 * (ours - float(np.mean(right))),
            None if scaled else 0,  # a tutorial cut short is no rival
            unit=" points",
            note="the tutorial chooses its best epoch on val"
            + (f", after {epochs} epochs only" if scaled else ""),
        ),
        Row(
            f"{shown}: again from the warm store",
            shown_seconds(median(warm)),
            shown_seconds(median(cold)),
            median(warm) / median(cold),
            1 / 20,
            at_most=True,
        ),
        Row(
            f"{shown}: another project and seed, warm store",
            shown_seconds(median(again)),
            shown_seconds(median(cold)),
            median(again) / median(cold),
        ),
    ]
