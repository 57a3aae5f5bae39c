"""Rows 1 and 2: the feature pass end to end, against a plain loop and against its own bare inference."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks import plain
from benchmarks.material import Material
from benchmarks.table import Report, Row, median, timed
from xferstudio.data import decode, load_images, needed_side, prepare, scan
from xferstudio.engine import device
from xferstudio.engine.feed import Feed, Images
from xferstudio.engine.prefix import find_cut
from xferstudio.events import Event

BATCH = 32


def measure(material: Material) -> Report:
    """Decode, prepare, normalise, network, store: images per second."""
    source = material.photos("pacs/photo")
    catalog = scan(source)
    number = material.choose(256, 800, 1600)
    rounds = material.choose(1, 3, 3)
    items = random.Random(0).sample(list(catalog.items), min(number, len(catalog.items)))
    files = [catalog.file(item) for item in items]
    indices = np.arange(len(items))
    images = Images(catalog.root, items, np.zeros(len(items), np.int64))
    how = material.backbone.preprocessing()
    backbone = material.backbone.build(True)
    written_by_hand = material.backbone.build(True).eval()
    machine = device.choose()
    backbone.requires_grad_(False)
    cut = find_cut(backbone, how)

    def feed() -> Feed:
        return Feed(images, cut, how, machine, material.store())

    def fill(into: Feed) -> Feed:
        for _ in into.fill(indices[:0], indices, _no_words):
            pass
        return into

    cold, steady, bare, theirs = [], [], [], []
    prepared = _prepared(files, machine.workers, how)
    first = fill(feed())  # its runner has settled: the one that is measured bare
    runner = first._runner
    assert runner is not None
    rows = torch.empty(0)
    for _ in range(rounds):
        cold.append(timed(lambda: fill(feed()))[0])
        seconds, rows_by_hand = timed(
            lambda: plain.features(written_by_hand, how, files, material.workers, BATCH)
        )
        theirs.append(seconds)
        torch.set_num_threads(machine.threads)
        for _ in range(2):  # cheap: twice as often
            ready = feed()
            ready._runner = runner
            steady.append(timed(lambda ready=ready: fill(ready))[0])
            seconds, parts = timed(lambda ready=ready: _bare(ready, prepared))
            bare.append(seconds)
            rows = torch.cat(parts).float()
    apart = float(np.linalg.norm(rows.numpy() - rows_by_hand) / np.linalg.norm(rows_by_hand))
    n = len(items)
    return Report(
        "Feature pass",
        [
            f"{material.about('pacs/photo')}, {n} of them; {material.backbone_id}, median of {rounds} rounds",
            f"chosen means: {runner.means or 'the only one'}; the features are {apart:.2%} away from the plain loop's",
        ],
        [
            Row(
                "end to end, against timm + DataLoader float32",
                f"{n / median(cold):.0f}/s",
                f"{n / median(theirs):.0f}/s",
                median(theirs) / median(cold),
                4,
                note="including the choice of means and the conversion, once per pass",
            ),
            Row(
                "end to end, against its own bare inference",
                f"{n / median(steady):.0f}/s",
                f"{n / median(bare):.0f}/s",
                median(bare) / median(steady),
                0.85,
                note="means chosen before, on both sides",
            ),
            Row(
                "the same with the choice and the conversion",
                f"{n / median(cold):.0f}/s",
                f"{n / median(bare):.0f}/s",
                median(bare) / median(cold),
                note=f"they take {median(cold) - median(steady):.1f} s once, whatever the number of images",
            ),
        ],
    )


def _prepared(files: list[Path], workers: int, how) -> list[np.ndarray]:
    side = needed_side(how)
    arrays = [
        array
        for _, array in load_images(
            files, lambda _, file: prepare(decode(file, side), how), workers=workers, ahead=64
        )
    ]
    return [np.stack(arrays[start : start + BATCH]) for start in range(0, len(arrays), BATCH)]


def _bare(feed: Feed, prepared: list[np.ndarray]) -> list[torch.Tensor]:
    """Tensors in memory through the same runner in the same small pieces side by side, nothing read or stored."""
    results = [feed._through(batch) for batch in [np.concatenate(prepared)]]
    feed._rest()
    return results


def _no_words() -> Iterator[Event]:
    return iter(())
