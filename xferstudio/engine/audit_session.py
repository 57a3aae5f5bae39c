"""An audit on disk: the target images that were drawn for a person to label, the answers, and what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from xferstudio.api import UserError
from xferstudio.data import read_target
from xferstudio.engine.audit import (
    Answer,
    AuditSample,
    choose_sample,
    compare_models,
    corrected_choice,
    estimate,
)
from xferstudio.history import Predictions, RunFolder, all_runs
from xferstudio.project import Project, write_atomic

ENDED = ("finished", "stopped")
AUDITS = "audits"
OTHER = ""
"""The label of an image that shows none of the classes: every model is wrong on it."""


@dataclass
class Audit:
    """One sample of the images that a run has predicted, with the labels so far: a class, `OTHER` for what is of none
    of the classes, or None for "cannot tell".

    Every answer is on disk before the next is taken.
    """

    file: Path
    run: str
    classes: tuple[str, ...]
    population: tuple[str, ...]
    """Content hashes of all images that the run has answered for."""
    sample: AuditSample
    labels: dict[str, str | None] = field(default_factory=dict)

    @property
    def hashes(self) -> tuple[str, ...]:
        """Of the images to label, in the order in which to show them."""
        return tuple(self.population[place] for place in self.sample.indices)

    def answer(self, content: str, label: str | None) -> None:
        """Write down what an image shows. Raises UserError for another image or class."""
        if content not in self.hashes:
            raise UserError(f"{content!r} is not the hash of an image of this audit")
        if label not in (None, OTHER, *self.classes):
            raise UserError(f"{label!r} is not one of the classes {', '.join(self.classes)}")
        self.labels[content] = label
        self._save()

    def forget(self, content: str) -> None:
        """Take an answer back."""
        if content in self.labels:
            del self.labels[content]
            self._save()

    def right(self, predicted: Mapping[str, str]) -> list[Answer]:
        """Whether each image of the sample is what a model said, by hash; None where nobody knows."""
        labels = [self.labels.get(content) for content in self.hashes]
        return [
            None if label is None or content not in predicted else predicted[content] == label
            for content, label in zip(self.hashes, labels, strict=True)
        ]

    def _save(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        told = {
            "schema": 1,
            "run": self.run,
            "classes": list(self.classes),
            "population": list(self.population),
            "sample": asdict(self.sample),
            "labels": self.labels,
        }
        write_atomic(self.file, json.dumps(told, ensure_ascii=False) + "\n")

    @classmethod
    def read(cls, file: Path) -> Audit:
        """Raises UserError where the file is damaged."""
        try:
            raw = json.loads(file.read_text("utf-8"))
            parts = {name: tuple(map(int, raw["sample"][name])) for name in ("indices", "stratum", "sizes")}
            classes, population = tuple(map(str, raw["classes"])), tuple(map(str, raw["population"]))
            labels = {str(key): value for key, value in raw["labels"].items()}
            known = {None, OTHER, *classes}
            if len(parts["stratum"]) != len(population) or not set(labels.values()) <= known:
                raise ValueError("its parts do not fit together")
            return cls(file, str(raw["run"]), classes, population, AuditSample(**parts), labels)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"{file}, which holds the labels of an audit, cannot be read ({error}); put back a copy of it, or delete it "
                "to label anew"
            ) from None


def open_audit(project: Project, folder: RunFolder, number: int, seed: int = 0) -> Audit:
    """The audit of a run with this many images: a new one, or that of before with its labels.

    Raises UserError for a run that has not predicted the target.
    """
    found = target_answers(folder)
    file = project.folder / AUDITS / f"{folder.path.name}-{number}-{seed}.json"
    if file.exists():
        audit = Audit.read(file)
        if audit.population == tuple(found.hashes):
            return audit
    sample = choose_sample(found.probabilities, number, seed)
    return Audit(file, folder.name, found.classes, tuple(found.hashes), sample)


def target_answers(folder: RunFolder) -> Predictions:
    """What a run says of the target. Raises UserError for one that was not asked."""
    if not folder.target_predictions.is_file():
        raise UserError(
            f"{folder.name} has not answered for the images of the target: only adaptations and source-only do, in a "
            "project with a target"
        )
    return folder.read_target_predictions()


def places(project: Project, folder: RunFolder, audit: Audit) -> dict[str, str]:
    """Absolute path by content hash of the images to label, found again where the target has moved."""
    found = target_answers(folder)
    known = dict(zip(found.hashes, found.paths, strict=True))
    if any(not Path(known[content]).is_file() for content in audit.hashes):
        target = read_target(project)
        for item in (*target.items, *target.held_out) if target else ():
            known[item.hash] = item.path
    return {content: known[content] for content in audit.hashes}


def told(audit: Audit, runs: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """What the labels say of the audited run, of all others of `answers_by_run`, and of the choice; JSON-ready."""
    found = estimate(audit.sample, audit.right(runs[audit.run]))
    right = {name: audit.right(predicted) for name, predicted in runs.items()}
    # Numbers in place of names, for all images that were predicted.
    numbers: dict[str, int] = {}
    answers = {
        name: np.array([numbers.setdefault(predicted[content], len(numbers)) for content in audit.population])
        for name, predicted in runs.items()
    }
    differences = compare_models(audit.sample, right, audit.run, answers)
    choice = corrected_choice(differences, audit.run)
    known = found.accuracy is not None
    return {
        "labelled": found.labelled,
        "of": len(audit.hashes),
        "accuracy": found.accuracy,
        "interval": list(found.interval) if known else None,
        "comparisons": [
            {
                "run": each.model,
                "difference": each.difference,
                "interval": list(each.interval),
                "verdict": each.verdict,
                "sentence": each.sentence,
            }
            for each in differences
        ],
        "choice": choice.name,
        "sentence": f"{found.sentence} {choice.sentence}" if known else found.sentence,
    }


def answers_by_run(project: Project, folder: RunFolder, audit: Audit) -> dict[str, dict[str, str]]:
    """What the audited run and the newest ended folder of each other predict, by content hash, where that has
    answered for all of the same images."""
    runs = {audit.run: dict(zip(*_columns(target_answers(folder)), strict=True))}
    wanted = set(audit.population)
    for other in reversed(all_runs(project)):
        if other.name in runs or not other.target_predictions.is_file() or other.state not in ENDED:
            continue
        try:
            answers = dict(zip(*_columns(other.read_target_predictions()), strict=True))
        except UserError:
            continue
        if wanted <= answers.keys():
            runs[other.name] = answers
    return runs


def audited(project: Project) -> list[Audit]:
    """All audits of a project that have a label, the one with the most first; damaged files are passed over."""
    found = []
    for file in sorted((project.folder / AUDITS).glob("*.json")):
        try:
            audit = Audit.read(file)
        except UserError:
            continue
        if any(label is not None for label in audit.labels.values()):
            found.append(audit)
    return sorted(found, key=lambda audit: -sum(label is not None for label in audit.labels.values()))


def _columns(found: Predictions) -> tuple[Sequence[str], Sequence[str]]:
    return found.hashes, found.predicted
