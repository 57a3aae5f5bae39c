"""What tests share: a cache folder of their own, the real data, and folders of pictures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

# A busy machine is no failure, and nothing is written beside the tests.
settings.register_profile("steady", deadline=None, database=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch) -> Path:
    """No test reads or writes the user's own cache."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets, for tests marked `real`."""
    chosen = os.environ.get("XFERSTUDIO_DATA")
    folder = Path(chosen) if chosen else Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real data sets are not here; set XFERSTUDIO_DATA to their folder")
    return folder


@pytest.fixture
def make_pictures(tmp_path) -> Callable[..., Path]:
    """Writes pictures, each different, at the paths given (folders are made), and returns the top folder."""

    def make(*paths: str, folder: Path = tmp_path / "photos") -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for path in paths:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            seed = int.from_bytes(path.encode("utf-8", "surrogateescape")[-7:], "big")
            spots = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
            kind = "PNG" if target.suffix.lower() not in (".jpg", ".jpeg") else "JPEG"
            Image.fromarray(spots).resize((32, 24)).save(target, kind)
        return folder

    return make
