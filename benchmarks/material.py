"""What is measured on: the photos, the backbone with its weights, and projects in a folder that goes away."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from xferstudio.api import Backbone
from xferstudio.data import assign, scan
from xferstudio.engine.job import run as run_engine
from xferstudio.engine.store import FeatureStore
from xferstudio.events import Event, RunEnded
from xferstudio.history import Predictions, RunFolder
from xferstudio.plugins import Plugins, load_plugins
from xferstudio.project import Project, Run, create

CHECKOUT = Path(__file__).resolve().parents[1]
SAMPLE = CHECKOUT / "resources" / "sample" / "studio"
BACKBONE = "embedded:efficientnet_lite0"


@dataclass
class Material:
    """One benchmark session. `size` is quick, default or full; `workers` are those of the other side's DataLoader.

    `most` limits the images of every measurement (for trying out the benchmarks themselves).
    """

    size: str = "default"
    backbone_id: str = BACKBONE
    workers: int = 2
    most: int | None = None
    data: Path | None = field(default_factory=lambda: real_data())
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="xferstudio-bench-")))

    def choose(self, quick: Any, default: Any, full: Any) -> Any:
        """The value for this session's size."""
        return {"quick": quick, "default": default, "full": full}[self.size]

    @cached_property
    def plugins(self) -> Plugins:
        return load_plugins(safe=True)

    @cached_property
    def backbone(self) -> Backbone:
        return self.plugins.backbone(self.backbone_id)

    def photos(self, name: str, each: int | None = None) -> Path:
        """The folder of a data set, or a random selection of `each` images a class; without real data, the sample."""
        source = SAMPLE if self.data is None else self.data / name
        if self.most is not None:
            each = min(each or self.most, self.most)
        if each is None:
            return source
        target = self.folder / f"{name.replace('/', '-')}-{each}"
        if not target.exists():
            for folder in sorted({file.parent for file in source.rglob("*.*") if file.is_file()}):
                files = sorted(file for file in folder.iterdir() if file.is_file())
                if folder == source or not files:
                    continue
                chosen = random.Random(0).sample(files, min(each, len(files)))
                place = target / folder.relative_to(source)
                place.mkdir(parents=True)
                for file in chosen:
                    shutil.copyfile(file, place / file.name)
        return target

    def about(self, name: str) -> str:
        """Which images these are, in words."""
        return f"images: {name}" if self.data is not None else f"images: the sample {SAMPLE.name}, not {name}"

    def project(self, source: Path, seed: int = 0) -> Project:
        """A new project on these images."""
        place = Path(tempfile.mkdtemp(prefix="project-", dir=self.folder))
        return create(place / "project", data=source, backbone=self.backbone_id, seed=seed)

    def store(self) -> FeatureStore:
        """An empty feature store."""
        return FeatureStore(Path(tempfile.mkdtemp(prefix="store-", dir=self.folder)))

    def forget_hashes(self) -> None:
        """Give the engine an empty cache folder, as on its first day."""
        os.environ["XFERSTUDIO_CACHE"] = tempfile.mkdtemp(prefix="cache-", dir=self.folder)

    def run(
        self,
        project: Project,
        strategy: str,
        options: Mapping[str, Any],
        store: FeatureStore,
    ) -> list[Event]:
        """All events of one run to its end. Raises RuntimeError if it did not finish."""
        job = Run("bench", strategy, self.backbone_id, dict(options))
        events = list(run_engine(project, job, plugins=self.plugins, fresh=True, store=store))
        end = events[-1]
        if not isinstance(end, RunEnded) or end.reason != "finished":
            raise RuntimeError(f"the run did not finish: {end}")
        return events

    def warm_up(self) -> None:
        """A run on the sample, so that neither side of a comparison pays for imports."""
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401

        from xferstudio.engine.torchvision_ops import import_timm

        import_timm()
        if self.most is None:
            self.forget_hashes()
            self.run(self.project(SAMPLE), "extract", {}, self.store())

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def real_data() -> Path | None:
    """The folder of real data sets, or None where there is none."""
    chosen = os.environ.get("XFERSTUDIO_DATA")
    folder = Path(chosen) if chosen else CHECKOUT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@dataclass(frozen=True)
class Split:
    """Files and labels of train, val and test as the engine divides them."""

    classes: tuple[str, ...]
    files: dict[str, list[Path]]
    labels: dict[str, np.ndarray]

    def held_out(self) -> tuple[list[Path], np.ndarray]:
        """Validation and test images together."""
        return self.files["val"] + self.files["test"], np.concatenate(
            [self.labels["val"], self.labels["test"]]
        )


def split_of(project: Project, events: list[Event]) -> Split:
    """The division that a finished run used, without the images that it left out."""
    summary = summary_of(events)
    catalog = scan(project.data_path())
    gone = {str(entry["path"]) for entry in summary["left_out"]}
    items = [item for item in catalog.items if item.label is not None]
    splits, _ = assign(items, project.split, {})
    files: dict[str, list[Path]] = {"train": [], "val": [], "test": []}
    labels: dict[str, list[int]] = {"train": [], "val": [], "test": []}
    for item, split in zip(items, splits, strict=True):
        if item.path not in gone:
            files[split].append(catalog.file(item))
            labels[split].append(catalog.classes.index(str(item.label)))
    counts = {name: len(found) for name, found in files.items()}
    if counts != {name: summary["counts"][name] for name in counts}:
        raise RuntimeError(f"the split cannot be told again: {counts} is not {summary['counts']}")
    return Split(catalog.classes, files, {name: np.array(values) for name, values in labels.items()})


def summary_of(events: list[Event]) -> dict[str, Any]:
    end = events[-1]
    assert isinstance(end, RunEnded)
    return dict(end.summary)


def predictions_of(events: list[Event]) -> Predictions:
    end = events[-1]
    assert isinstance(end, RunEnded)
    return RunFolder(Path(end.folder)).read_predictions()


def accuracy_of(events: list[Event], *splits: str) -> tuple[float, int]:
    """The share of right predictions in these splits (val and test if none is named), and their number."""
    found = predictions_of(events)
    hits = [
        label == predicted
        for label, predicted, split in zip(found.labels, found.predicted, found.splits, strict=True)
        if split in (splits or ("val", "test"))
    ]
    return (float(np.mean(hits)) if hits else float("nan")), len(hits)


@contextmanager
def session(**settings: Any) -> Iterator[Material]:
    """Material whose folder is removed at the end."""
    before = os.environ.get("XFERSTUDIO_CACHE")
    material = Material(**settings)
    try:
        material.forget_hashes()
        yield material
    finally:
        material.close()
        if before is None:
            os.environ.pop("XFERSTUDIO_CACHE", None)
        else:
            os.environ["XFERSTUDIO_CACHE"] = before
