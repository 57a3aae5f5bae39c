"""Fixtures of the tests of the engine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch
from studio import Studio, paint_classes

from xferstudio.engine import trainer as training
from xferstudio.engine.store import FeatureStore
from xferstudio.project import DataSpec, Project, SplitSpec, create


@pytest.fixture
def make_studio(tmp_path):
    """Makes a studio on a folder of pictures (three classes of 12 by default)."""
    made = 0

    def make(
        photos: Path | None = None,
        *,
        each: int = 12,
        classes: int = 3,
        target: Path | None = None,
        **split: Any,
    ) -> Studio:
        nonlocal made
        made += 1
        if photos is None:
            photos = tmp_path / f"photos-{each}-{classes}"
            if not photos.exists():
                paint_classes(photos, each, classes)
        wanted = SplitSpec(**{"val": 0.25, "test": 0.25, **split})
        folder = tmp_path / f"project{made}"
        shares = {"val": wanted.val, "test": wanted.test, "seed": wanted.seed, "folds": wanted.folds}
        create(folder, data=photos, target=target, **shares)
        project = Project(folder, "test", DataSpec(str(photos), str(target or "")), wanted, ())
        return Studio(project, FeatureStore(tmp_path / f"store{made}"))

    return make


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """On a busy machine, threads of small networks wait for each other most of the time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with monkeypatch.context() as patch:
        patch.setattr(torch, "set_num_threads", lambda count: None)
        yield
    torch.set_num_threads(before)


class _Clock:
    """Lets every step be told, however quick it was."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 0.05
        return self.now

    monotonic = staticmethod(time.monotonic)


@pytest.fixture
def every_step_is_told(monkeypatch):
    monkeypatch.setattr(training, "time", _Clock())
