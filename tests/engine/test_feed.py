"""The feed: what it does while it computes, and what it leaves behind."""

import numpy as np
import torch
from PIL import Image
from torch import nn

from xferstudio.api import Preprocessing
from xferstudio.data import scan
from xferstudio.engine.device import choose
from xferstudio.engine.feed import Feed, Images
from xferstudio.engine.prefix import Cut
from xferstudio.engine.store import FeatureStore


def feed_of(folder, store, count, broken=(), prefix=None, **settings):
    for index in range(count):
        file = folder / f"class{index % 2}" / f"{index:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (index, 0, 0)).save(file)
        if index in broken:
            file.write_bytes(file.read_bytes()[:40] + bytes([index]))
    catalog = scan(folder)
    labels = np.array([catalog.classes.index(item.label) for item in catalog.items])
    images = Images(catalog.root, catalog.items, labels)
    cut = Cut("features", prefix, nn.Identity()) if prefix else Cut("images", nn.Identity(), nn.Identity())
    machine = choose("cpu", "float32")
    return Feed(images, cut, Preprocessing(size=(16, 16)), machine, FeatureStore(store), **settings)


def words_heard(feed, count):
    heard = []

    def poll():
        heard.append(1)
        yield from ()

    list(feed.fill(np.arange(0), np.arange(count), poll))
    return len(heard)


def test_words_are_heard_as_often_when_files_cannot_be_read(tmp_path):
    whole = feed_of(tmp_path / "whole", tmp_path / "one", 100)
    torn = feed_of(tmp_path / "torn", tmp_path / "two", 100, broken=(0, 1, 5))
    ruined = feed_of(tmp_path / "ruined", tmp_path / "three", 100, broken=range(100))
    assert words_heard(whole, 100) == words_heard(torn, 100) == words_heard(ruined, 100) == 4
    assert len(torn.images.unreadable) == 3
    assert len(ruined.images.unreadable) == 100


def test_fresh_views_leave_the_threads_to_the_training_step(tmp_path):
    prefix = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 4)).requires_grad_(False)
    feed = feed_of(tmp_path / "photos", tmp_path / "store", 12, prefix=prefix, views=-1, augment="flip")
    before = torch.get_num_threads()
    for rows in feed.training_batches([np.arange(6), np.arange(6, 12)], 0):
        assert rows.shape == (6, 4)
        assert feed._pool is None
        assert torch.get_num_threads() == before
