"""The loader: in order, a bounded way ahead, failures in their place, and no thread left behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from xferstudio.api import Preprocessing
from xferstudio.data import Undecodable, decode, load_images, prepare

FILES = [Path(f"{number}.png") for number in range(40)]


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("xferstudio-load")]


def number(position, file):
    time.sleep(0.001 * (position % 3))
    return np.full((1, 1, 3), int(file.stem), np.uint8)


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("ahead", [0, 2, 100])
def test_pictures_come_in_order_and_no_thread_stays(workers, ahead):
    result = list(load_images(FILES, number, workers=workers, ahead=ahead))
    assert [(position, int(array[0, 0, 0])) for position, array in result] == [(n, n) for n in range(40)]
    assert threads() == []


@pytest.mark.parametrize("workers", [0, 2])
def test_an_undecodable_picture_is_yielded_in_its_place(workers, make_pictures):
    root = make_pictures("a.png", "c.png")
    (root / "b.png").write_text("text")
    files = [root / name for name in ("a.png", "b.png", "c.png", "d.png")]
    how = Preprocessing(size=(8, 8))
    result = list(load_images(files, lambda _, file: prepare(decode(file), how), workers=workers, ahead=4))
    assert [position for position, _ in result] == [0, 1, 2, 3]
    assert result[0][1].shape == result[2][1].shape == (8, 8, 3)
    assert isinstance(result[1][1], Undecodable)
    assert result[3][1].reason == "the file is missing"


@pytest.mark.parametrize("workers", [0, 2])
def test_other_exceptions_arrive_where_they_belong(workers):
    def make(position, file):
        if position == 5:
            raise RuntimeError("a mistake of ours")
        return number(position, file)

    seen = []
    images = load_images(FILES, make, workers=workers, ahead=8)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        seen.extend(position for position, _ in images)
    assert seen == [0, 1, 2, 3, 4]
    assert list(images) == []
    assert threads() == []


@pytest.mark.parametrize(("workers", "ahead"), [(1, 3), (2, 5), (4, 1)])
def test_the_look_ahead_is_bounded(workers, ahead):
    started = []

    def make(position, file):
        started.append(position)
        return number(0, file)

    for position, _ in load_images(FILES, make, workers=workers, ahead=ahead):
        time.sleep(0.002)
        assert len(started) <= position + 1 + max(ahead, workers)


def test_closing_early_starts_nothing_more_and_leaves_no_thread():
    started = []

    def make(position, file):
        started.append(position)
        return number(position, file)

    images = load_images(FILES, make, workers=2, ahead=10)
    next(images)
    images.close()
    assert threads() == []
    assert len(started) < 15


def test_an_iterator_that_is_never_asked_starts_no_thread():
    images = load_images(FILES, number, workers=2, ahead=4)
    assert threads() == []
    del images


def test_no_files_are_no_pictures():
    assert list(load_images([], number, workers=2, ahead=4)) == []
