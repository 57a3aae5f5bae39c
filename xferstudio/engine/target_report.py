"""The one place that reads labels of a target domain: a process of its own, after the model is chosen.

    python -m xferstudio.engine.target_report PROJECT RUN_FOLDER [BASELINE_FOLDER]

prints a JSON object, or null where the target has no labels that are classes of the run.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xferstudio.api import UserError
from xferstudio.data import scan
from xferstudio.engine.compare import Paired, paired
from xferstudio.engine.evaluate import metrics
from xferstudio.history import RunFolder
from xferstudio.project import Project, load


def known_labels(project: Project) -> dict[str, str]:
    """Label by content hash of the target's images, as folders or a table say; contradictory ones are left out.

    Where some images are set apart for the test, only those.
    """
    folder = project.target_path()
    if folder is None:
        return {}
    catalog = scan(folder)
    items = [item for item in catalog.items if item.label is not None]
    if any(item.split == "test" for item in items):
        items = [item for item in items if item.split == "test"]
    contradictory = {content for content, _ in catalog.conflicts}
    return {item.hash: str(item.label) for item in items if item.hash not in contradictory}


def target_report(
    project: Project, run: RunFolder, baseline: RunFolder | None = None
) -> dict[str, Any] | None:
    """Figures with intervals on the target images whose label is a class of the run; None without any.

    `outside` counts labelled images of other classes, which no model of this run can name. With a baseline,
    `against_baseline` compares both in pairs, image by image.
    """
    labels = known_labels(project)
    if not labels:
        return None
    found = run.read_target_predictions()
    rows = [row for row, content in enumerate(found.hashes) if labels.get(content) in found.classes]
    if not rows:
        return None
    truth = np.array([found.classes.index(labels[found.hashes[row]]) for row in rows])
    told = metrics(truth, found.probabilities[rows], found.classes)
    told["outside"] = sum(
        content in labels and labels[content] not in found.classes for content in found.hashes
    )
    if baseline is not None:
        against = _against(run, baseline, labels)
        if against is not None:
            told["against_baseline"] = {
                "baseline": baseline.name,
                "difference": against.difference,
                "interval": list(against.interval),
                "p_value": against.p_value,
                "verdict": _HELPED[against.verdict],
                "sentence": against.sentence,
            }
    return told


_HELPED = {"better": "helped", "worse": "negative transfer", "too close to call": "no evidence"}


def _against(run: RunFolder, baseline: RunFolder, labels: dict[str, str]) -> Paired | None:
    """Is the run better than the baseline, on the images that both have answered?"""
    right = []
    for folder in (baseline, run):
        try:
            found = folder.read_target_predictions()
        except UserError:
            return None
        right.append(
            {
                content: predicted == labels[content]
                for content, predicted in zip(found.hashes, found.predicted, strict=True)
                if labels.get(content) in found.classes
            }
        )
    both = sorted(right[0].keys() & right[1].keys())
    return paired(
        [right[0][content] for content in both],
        [right[1][content] for content in both],
        a=baseline.name,
        b=run.name,
    )


def main(arguments: Sequence[str]) -> int:
    """Print the report as JSON; a mistake of the user's goes to standard error, with exit code 2."""
    try:
        project, run = load(arguments[0]), RunFolder(Path(arguments[1]))
        baseline = RunFolder(Path(arguments[2])) if len(arguments) > 2 else None
        told = target_report(project, run, baseline)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
