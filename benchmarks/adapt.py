"""Adaptation on real data: `python -m benchmarks.adapt [TASK]... [--seeds 3] [--methods ID,ID] [--results FILE]`.

Each method runs beside source-only on the same images and the same network, for several seeds. Epochs and methods
are chosen without labels of the target, which are read only afterwards, for these tables. Results are added to a
file, so that a measurement that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.material import real_data
from xferstudio.api import Backbone, Preprocessing
from xferstudio.engine.job import run as run_engine
from xferstudio.engine.store import FeatureStore
from xferstudio.engine.validators import mean_rank
from xferstudio.events import RunEnded
from xferstudio.plugins import Plugins, load_plugins
from xferstudio.project import Project, Run, create

METHODS = (
    "source-only", "adabn", "coral", "dan", "jan", "dann", "cdan", "cdan-e", "mcd", "afn", "mcc", "bnm", "mdd",
    "shot", "self-train",
)  # fmt: skip
LITE0 = "embedded:efficientnet_lite0"
SMALL = "benchmark:small"


# ------------------------------------------------------------------------------------------ a small network


class SmallNetwork(nn.Sequential):
    """The convolutions of Ganin et al. (2016) for digits, with batch norm: (N, 3, 28, 28) to (N, 768)."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 32, 5), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 48, 5), nn.BatchNorm2d(48), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )  # fmt: skip


def small_backbone() -> Backbone:
    """From scratch, whatever is asked for: there are no weights of it."""
    return Backbone(
        id=SMALL,
        label="A small network for digits",
        build=lambda pretrained: SmallNetwork(),
        preprocessing=lambda: Preprocessing(
            size=(28, 28), mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bilinear", crop="squash"
        ),
        is_local=lambda: True,
    )


# ------------------------------------------------------------------------------------------ the tasks


@dataclass(frozen=True)
class Task:
    """Labelled images of one domain, images of another, a network, and what is demanded of it."""

    name: str
    source: str
    target: str
    backbone: str = LITE0
    methods: Sequence[str] = METHODS
    options: Mapping[str, Any] = field(default_factory=dict)
    most: int = 20_000
    """At most so many digits of the training part of each domain."""


DIGITS = {
    "stages": -1,
    "batch_norm": True,
    "head_epochs": 0,
    "backbone_rate": 1.0,
    "batch_size": 64,
    "epochs": 12,
    "bottleneck": 128,
}
GREY = {**DIGITS, "epochs": 15}
# Ten epochs of the head and ten with the stages: as many as mode (a) has.
LAST_STAGES = {"stages": 2, "epochs": 10}
WITH_LAST_STAGES = ("source-only", "bnm", "mcc", "shot")
TASKS = (
    Task("pacs photo-art (a)", "pacs/photo", "pacs/art_painting"),
    Task("pacs art-photo (a)", "pacs/art_painting", "pacs/photo"),
    Task("pacs photo-art (b)", "pacs/photo", "pacs/art_painting", LITE0, WITH_LAST_STAGES, LAST_STAGES),
    Task("pacs art-photo (b)", "pacs/art_painting", "pacs/photo", LITE0, WITH_LAST_STAGES, LAST_STAGES),
    Task("mnist-mnistm", "mnist", "mnistm", SMALL, ("source-only", "dann"), {**DIGITS, "epochs": 10}, 60_000),
    Task("mnist-usps", "mnist", "usps", SMALL, ("source-only", "cdan-e", "mcc", "bnm", "shot", "self-train"), GREY, 8_000),
    Task("usps-mnist", "usps", "mnist", SMALL, ("source-only", "cdan-e", "mcc", "bnm", "shot", "self-train"), GREY, 8_000),
)  # fmt: skip


def digits_folder(data: Path, name: str, cache: Path, most: int) -> Path:
    """The digits as PNG files in class folders, of the training part at most `most`; the test part for the target."""
    from PIL import Image

    folder = cache / f"{name}-{most}"
    if (folder / "done").exists():
        return folder
    with np.load(data / "digits_full" / f"{'mnist' if name == 'mnistm' else name}.npz") as arrays:
        parts = {part: (arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in ("train", "test")}
    blend = Blender(data / "pacs" / "photo") if name == "mnistm" else None
    for part, (images, labels) in parts.items():
        chosen = np.random.default_rng(0).permutation(len(images))[:most]
        for place in np.sort(chosen):
            to = folder / part / str(int(labels[place]))
            to.mkdir(parents=True, exist_ok=True)
            pixels = images[place] if blend is None else blend(images[place])
            Image.fromarray(pixels).save(to / f"{place:05d}.png", compress_level=1)
    (folder / "done").touch()
    return folder


class Blender:
    """Makes digits of MNIST-M: |patch of a photo - digit| (Ganin et al. 2016), here with photos of PACS."""

    def __init__(self, photos: Path) -> None:
        from PIL import Image

        files = sorted(photos.rglob("*.jpg"))[::4]
        self.photos = [np.asarray(Image.open(file).convert("RGB")) for file in files]
        self.random = np.random.default_rng(0)

    def __call__(self, digit: np.ndarray) -> np.ndarray:
        """uint8 (28, 28) to uint8 (28, 28, 3)."""
        photo = self.photos[self.random.integers(len(self.photos))]
        top, left = (self.random.integers(side - 28) for side in photo.shape[:2])
        patch = photo[top : top + 28, left : left + 28].astype(np.int16)
        return np.abs(patch - digit[..., None].astype(np.int16)).astype(np.uint8)


# ------------------------------------------------------------------------------------------ measuring


@dataclass
class Bench:
    """Runs of tasks in a folder that goes away; features are kept by the store."""

    data: Path
    cache: Path
    device: str = "cpu"
    plugins: Plugins = field(default_factory=load_plugins)

    def __post_init__(self) -> None:
        self.plugins.backbones[SMALL] = small_backbone()
        self.store = FeatureStore(self.cache / "features", 20 << 30)

    def place(self, task: Task, domain: str) -> Path:
        if task.backbone == SMALL:
            folder = digits_folder(self.data, domain, self.cache, task.most)
            # The test part of the source is nobody's business here; that of the target is what the report is about.
            return folder / "train" if domain == task.source else folder
        return self.data / domain

    def runs(self, task: Task, seed: int, methods: Sequence[str]) -> Iterator[dict[str, Any]]:
        """The result of each method, the baseline first."""
        folder = Path(tempfile.mkdtemp(prefix="xferstudio-adapt-"))
        try:
            project = create(
                folder / "project",
                data=self.place(task, task.source),
                target=self.place(task, task.target),
                seed=seed,
                test=0.0,
            )
            for method in methods:
                yield self._run(project, task, method, seed)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _run(self, project: Project, task: Task, method: str, seed: int) -> dict[str, Any]:
        known = set(vars(self.plugins.strategy(method).Options)["__dataclass_fields__"])
        options = {key: value for key, value in {**task.options, "seed": seed}.items() if key in known}
        run = Run(method, method, task.backbone, options)
        end = None
        for event in run_engine(project, run, plugins=self.plugins, device=self.device, store=self.store):
            if isinstance(event, RunEnded):
                end = event
        assert end is not None
        if end.reason != "finished":
            raise RuntimeError(f"{task.name}, {method}, seed {seed}: {end.reason}: {end.message}")
        told = end.summary["target"]
        known_labels = told["report"]
        against = known_labels.get("against_baseline") or {}
        return {
            "task": task.name,
            "method": method,
            "seed": seed,
            "accuracy": known_labels["accuracy"],
            "interval": known_labels["accuracy_interval"],
            "n": known_labels["n"],
            "difference": against.get("interval"),
            "by_labels": against.get("verdict"),
            "by_signs": (told["verdict"] or {}).get("verdict"),
            "validators": told["validators"],
            "agreement": told["agreement"],
            "source_val": end.summary["val"]["accuracy"],
            "best_epoch": end.summary["best_epoch"],
            "seconds": end.seconds,
        }


# ------------------------------------------------------------------------------------------ the tables


def chosen(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The run that the validators choose among these of one seed."""
    ranks = mean_rank([row["validators"] for row in rows])
    return rows[int(np.argmin(ranks))]


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Markdown: one table for each task, and what label-free selection costs."""
    parts = []
    regrets = []
    for name in dict.fromkeys(row["task"] for row in results):
        mine = [row for row in results if row["task"] == name]
        lines = [
            f"### {name}",
            "",
            "| method | seeds | target accuracy, mean (spread) | least, most | by the signs | by the labels | seconds |",
            "|---|---|---|---|---|---|---|",
        ]
        for method in dict.fromkeys(row["method"] for row in mine):
            rows = [row for row in mine if row["method"] == method]
            values = [100 * row["accuracy"] for row in rows]
            lines.append(
                f"| `{method}` | {len(rows)} | {statistics.mean(values):.1f} % "
                f"({statistics.stdev(values) if len(values) > 1 else 0:.1f}) | {min(values):.1f}, {max(values):.1f} "
                f"| {_counted(row['by_signs'] for row in rows)} | {_counted(row['by_labels'] for row in rows)} "
                f"| {statistics.median(row['seconds'] for row in rows):.0f} |"
            )
        picks = []
        for seed in sorted({row["seed"] for row in mine}):
            rows = [row for row in mine if row["seed"] == seed]
            if len(rows) < 2:
                continue
            pick, best = chosen(rows), max(rows, key=lambda row: row["accuracy"])
            base = next((row for row in rows if row["method"] == "source-only"), None)
            picks.append(pick["accuracy"])
            regrets.append(best["accuracy"] - pick["accuracy"])
            lines.append(
                f"| chosen without labels, seed {seed} | | {100 * pick['accuracy']:.1f} % (`{pick['method']}`) | best by "
                f"labels {100 * best['accuracy']:.1f} (`{best['method']}`) | source-only "
                f"{100 * base['accuracy']:.1f} | regret {100 * regrets[-1]:.1f} | |"
                if base
                else ""
            )
        if picks:
            lines += [
                "",
                f"Chosen without labels, mean of {len(picks)} seeds: {100 * statistics.mean(picks):.1f} %.",
            ]
        parts.append("\n".join(lines))
    if regrets:
        parts.append(
            f"Regret of label-free selection among methods, mean of {len(regrets)} choices: "
            f"{100 * statistics.mean(regrets):.1f} points (largest {100 * max(regrets):.1f})."
        )
    return "\n\n".join(parts) + "\n"


def _counted(verdicts: Iterator[str | None]) -> str:
    counts: dict[str, int] = {}
    for verdict in verdicts:
        if verdict:
            counts[verdict] = counts.get(verdict, 0) + 1
    return ", ".join(f"{verdict} {count}" for verdict, count in counts.items())


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is missing in the results, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adapt", description=__doc__)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="parts of their names; all by default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--methods", default="", metavar="ID,ID")
    parser.add_argument(
        "--results", type=Path, default=None, metavar="FILE", help="JSON lines that are added to"
    )
    parser.add_argument(
        "--device", default="cpu", help="cpu, cuda (the accuracies are alike, the seconds not)"
    )
    parser.add_argument("--only-table", action="store_true", help="measure nothing")
    given = parser.parse_args(arguments)
    data = real_data()
    if data is None:
        print("The real images are not here (XFERSTUDIO_DATA names their folder); nothing can be measured.")
        return 0
    cache = Path(os.environ.get("XFERSTUDIO_CACHE") or tempfile.gettempdir()) / "bench-adapt"
    cache.mkdir(parents=True, exist_ok=True)
    results = []
    if given.results and given.results.exists():
        results = [json.loads(line) for line in given.results.read_text("utf-8").splitlines()]
    tasks = [task for task in TASKS if not given.tasks or any(word in task.name for word in given.tasks)]
    if not given.only_table:
        bench = Bench(data, cache, given.device)
        for seed in range(given.first_seed, given.first_seed + given.seeds):
            for task in tasks:
                done = {row["method"] for row in results if (row["task"], row["seed"]) == (task.name, seed)}
                methods = given.methods.split(",") if given.methods else task.methods
                wanted = [method for method in methods if method not in done]
                if not wanted or (wanted == ["source-only"] and done):
                    continue
                if "source-only" not in wanted:  # the baseline is what the verdicts are against
                    wanted = ["source-only", *wanted]
                for row in bench.runs(task, seed, wanted):
                    if row["method"] in done:
                        continue
                    print(
                        f"{row['task']}, seed {seed}, {row['method']}: {100 * row['accuracy']:.1f} % "
                        f"(epoch {row['best_epoch']}, {row['seconds']:.0f} s)",
                        flush=True,
                    )
                    results.append(row)
                    if given.results:
                        with given.results.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(row) + "\n")
    known = {task.name for task in tasks}
    print()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(table([row for row in results if row["task"] in known]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
