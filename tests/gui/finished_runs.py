"""Projects with runs for the tests of the window: made up in a moment, or really trained, once for all tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from xferstudio import project
from xferstudio.events import EpochDone, RunEnded, RunStarted, StepDone
from xferstudio.history import Predictions, RunFolder, new_run_folder
from xferstudio.project import Project, Run

CLASSES = ("cat", "dog")
ROWS = 40


def make_project(folder: Path, each: int = ROWS // 2) -> Project:
    """A project on `each` small pictures in each of two classes; nothing has run."""
    data = folder / "photos"
    draw = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        (data / name).mkdir(parents=True)
        for place in range(each):
            shade = draw.integers(20 + 150 * number, 80 + 150 * number, (6, 8, 3), dtype=np.uint8)
            Image.fromarray(shade).resize((64, 48)).save(data / name / f"{place:02d}.png")
    return project.create(folder / "project", data=data, name="pets")


def make_run(
    made: Project,
    name: str,
    wrong: int,
    *,
    strategy: str = "fine-tune",
    reason: str = "finished",
    options: dict[str, Any] | None = None,
    epochs: int = 3,
    split: str = "test",
) -> RunFolder:
    """The folder of a run that got the first `wrong` of 40 images wrong; without figures unless it ended well."""
    folder = new_run_folder(
        made, Run(name, strategy, "embedded:efficientnet_lite0", options or {"epochs": 3})
    )
    folder.append(RunStarted(name, strategy, "b", "cpu", "float32", CLASSES, {}, epochs, str(folder.path)))
    for epoch in range(1, epochs + 1):
        folder.append(StepDone(epoch, epochs, epoch, {"loss": 1 / epoch}, {"head": 0.1}, 50.0, 0.0, 1))
        val = {"loss": 1.0 / epoch, "accuracy": 0.5 + epoch / 10, "accuracy_interval": [0.4, 0.9]}
        folder.append(EpochDone(epoch, epochs, {"loss": 1.0}, val, ((1, 0), (0, 1)), True, 0, 1.0, 0.0))
    summary: dict[str, Any] = {}
    if reason in ("finished", "stopped"):
        share = 1 - wrong / ROWS
        figures = {
            "n": ROWS,
            "accuracy": share,
            "accuracy_interval": [max(0.0, share - 0.1), min(1.0, share + 0.05)],
            "balanced_accuracy": share,
            "macro_f1": share,
            "ece": 0.05,
        }
        summary = {
            "reason": reason,
            "seconds": 75.0,
            "images_per_second": 120.0,
            "classes": list(CLASSES),
            "val": figures,
            **({"test": figures} if split == "test" else {}),
        }
        folder.write_summary(summary)
        labels = [CLASSES[row % 2] for row in range(ROWS)]
        predicted = [CLASSES[(row + (row < wrong)) % 2] for row in range(ROWS)]
        shares = np.array([[0.9, 0.1] if name == "cat" else [0.1, 0.9] for name in predicted])
        paths = [f"{label}/{row // 2:02d}.png" for row, label in enumerate(labels)]
        hashes = [f"{row:032x}" for row in range(ROWS)]
        folder.write_predictions(
            Predictions(paths, hashes, [""] * ROWS, [split] * ROWS, labels, predicted, shares, CLASSES)
        )
        folder.weights.write_bytes(b"0" * 2048)
    folder.append(RunEnded(reason, "", str(folder.path), 75.0, summary))  # type: ignore[arg-type]
    return folder


_OPEN: list[Any] = []


def look_after(qtbot: Any, page: Any) -> None:
    """Close the page after the test; a test that fails leaves no thread behind either."""
    _OPEN.append(page)  # else it would go with the test that fails, its threads still at work
    qtbot.addWidget(page, before_close_func=_let_go)


def _let_go(page: Any) -> None:
    page.let_go()
    _OPEN.remove(page)


_TRAINED: list[Path] = []


def trained(factory: Any) -> Path:
    """The folder of a project with a run "extract" that has really learned; made once, never written to again."""
    if not _TRAINED:
        place = factory.mktemp("trained")
        made = make_project(place, each=12)
        project.add_run(made, Run("extract", "extract", "embedded:efficientnet_lite0", {}))
        command(["run", str(made.folder), "extract", "--device", "cpu"], place / "cache")
        _TRAINED.append(made.folder)
    return _TRAINED[0]


def command(arguments: list[str], cache: Path) -> None:
    """Do a command of the program and wait for it."""
    env = {**os.environ, "XFERSTUDIO_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-m", "xferstudio", *arguments], env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
