"""A studio in miniature: coloured pictures, small networks with random weights, and runs on them in a second."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from xferstudio.api import Backbone, Preprocessing, Strategy
from xferstudio.engine.control import Control
from xferstudio.engine.job import run
from xferstudio.engine.store import FeatureStore
from xferstudio.events import Event, RunEnded, RunStarted
from xferstudio.history import RunFolder, latest
from xferstudio.plugins import Plugins
from xferstudio.project import Project, Run
from xferstudio_plugins.extract import Extract
from xferstudio_plugins.finetune import FineTune
from xferstudio_plugins.scratch import Scratch

HOW = Preprocessing(size=(32, 32), crop="squash", interpolation="bilinear")
DEVICE = os.environ.get("XFERSTUDIO_TEST_DEVICE", "cpu")
"""On a machine with a GPU, "cuda" sends all of these runs there."""
COLOURS = ((200, 60, 60), (60, 200, 60), (60, 60, 200), (180, 180, 60))


class TinyNet(nn.Module):
    """Three stages with batch norm, dropout in the last, and features of width 16."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.middle = nn.Sequential(nn.Conv2d(8, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.last = nn.Sequential(
            nn.Conv2d(16, 16, 3, 1, 1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.AdaptiveAvgPool2d(1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.middle(self.stem(x))).flatten(1)


class CalmNet(nn.Module):
    """Two stages without batch norm and dropout: parts of a batch give what the whole batch gives."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU())
        self.last = nn.Sequential(nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.stem(x)).flatten(1)


def backbone(id: str, make: Any, how: Preprocessing = HOW) -> Backbone:
    """Random weights that are the same each time `build(True)` is called, and those of `build(False)` by chance."""

    def build(pretrained: bool) -> nn.Module:
        if not pretrained:
            return make()
        with torch.random.fork_rng([]):
            torch.manual_seed(11)
            return make()

    return Backbone(
        id=id, label=id, build=build, preprocessing=lambda: how, is_local=lambda: True, licence="none"
    )


def paint(file: Path, colour: tuple[int, int, int], seed: int, spread: int = 60) -> Path:
    """A noisy picture of one colour."""
    file.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-spread, spread + 1, (12, 12, 3))
    shade = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
    Image.fromarray(shade).resize((36, 36)).save(file)
    return file


def paint_target(folder: Path, each: int = 8, classes: int = 3, names: Sequence[str] = ()) -> Path:
    """The same colours in another light: `each` pictures in each of the folders `names` (class0, class1, ...)."""
    for number in range(classes):
        name = names[number] if names else f"class{number}"
        colour = tuple(40 + value // 2 for value in COLOURS[number])
        for place in range(each):
            paint(folder / name / f"{number}-{place:03d}.png", colour, 50_000 + 1000 * number + place)
    return folder


def paint_classes(folder: Path, each: int, classes: int = 3, spread: int = 60) -> Path:
    """`each` pictures in each of the folders class0, class1, ..."""
    for number in range(classes):
        for place in range(each):
            paint(
                folder / f"class{number}" / f"{place:03d}.png",
                COLOURS[number],
                1000 * number + place,
                spread,
            )
    return folder


@dataclass
class Studio:
    """A project with its own store; `do` runs to the end, `start` gives the iterator."""

    project: Project
    store: FeatureStore
    plugins: Plugins = field(
        default_factory=lambda: Plugins(
            backbones={"tiny": backbone("tiny", TinyNet), "calm": backbone("calm", CalmNet)},
            strategies={kind.id: kind for kind in (Extract, FineTune, Scratch)},
        )
    )

    def start(
        self,
        strategy: str,
        *,
        name: str = "one",
        backbone: str = "tiny",
        control: Control | None = None,
        fresh: bool = False,
        **options: Any,
    ) -> Generator[Event, str | None, None]:
        options.setdefault("precision", "float32")
        return run(
            self.project,
            Run(name, strategy, backbone, options),
            plugins=self.plugins,
            control=control,
            device=DEVICE,
            fresh=fresh,
            store=self.store,
        )

    def do(self, strategy: str, **settings: Any) -> list[Event]:
        return list(self.start(strategy, **settings))

    def finish(self, strategy: str, **settings: Any) -> RunEnded:
        """Run to the end, which must be a good one."""
        ended = self.do(strategy, **settings)[-1]
        assert isinstance(ended, RunEnded)
        assert ended.reason == "finished", ended.message
        return ended

    def add_strategy(self, kind: type[Strategy]) -> None:
        self.plugins.strategies[kind.id] = kind

    def folder(self, name: str = "one") -> RunFolder:
        found = latest(self.project, name)
        assert found is not None
        return found

    def weights(self, name: str = "one") -> dict[str, torch.Tensor]:
        return load_file(str(self.folder(name).weights))


class Counted(Control):
    """Says a word the n-th time that the run looks into its mailbox after it has begun."""

    def __init__(self, word: str, after: int) -> None:
        super().__init__()
        self.word, self.left, self.armed = word, after, False

    def get(self, timeout: float = 0.0) -> str | None:
        if self.armed:
            self.left -= 1
            if self.left == 0:
                return self.word
        return super().get(timeout)


def drive(studio: Studio, strategy: str, control: Counted, **settings: Any) -> list[Event]:
    """Run with a control that begins to count when the run begins."""
    events = []
    for event in studio.start(strategy, control=control, **settings):
        control.armed = control.armed or isinstance(event, RunStarted)
        events.append(event)
    return events


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights agree bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def farthest(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """The largest difference between two sets of weights."""
    assert one.keys() == other.keys()
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)
