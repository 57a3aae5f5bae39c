"""Draws both domains in two dimensions, so that their clouds can be watched coming together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xferstudio.engine.learners import directions
from xferstudio.events import DomainMap

SHOWN = 300
"""Images of each domain on the map."""


class DomainMapper:
    """One map after each epoch: the two directions in which the features of both domains vary most.

    Directions are only known up to turning and mirroring, so each map is turned to lie on the one before as well
    as it can (orthogonal Procrustes, Schönemann 1966), and the same images are shown in all.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._before: NDArray[np.float64] | None = None

    def draw(
        self,
        epoch: int,
        source: NDArray[np.float32],
        source_labels: NDArray[np.int64],
        target: NDArray[np.float32],
        predicted: NDArray[np.int64],
        source_paths: Sequence[str],
        target_paths: Sequence[str],
    ) -> DomainMap:
        """The map of features (n, d) and (m, d); of many images the same few are drawn."""
        random = np.random.default_rng(self.seed)
        first = np.sort(random.permutation(len(source))[:SHOWN])
        second = np.sort(random.permutation(len(target))[:SHOWN])
        rows = np.concatenate([source[first], target[second]]).astype(np.float64)
        flat = directions(rows, limit=2, standardise=False)(rows).astype(np.float64)
        if flat.shape[1] < 2:  # a single feature
            flat = np.column_stack([flat, np.zeros(len(flat))])
        flat /= max(float(np.sqrt((flat**2).sum(1).mean())), 1e-12)
        before = self._before
        if before is not None and before.shape == flat.shape:
            left, _, right = np.linalg.svd(flat.T @ before)
            flat = flat @ left @ right
        self._before = flat
        points = [(round(float(x), 3), round(float(y), 3)) for x, y in flat]
        classes = [*source_labels[first].tolist(), *predicted[second].tolist()]
        entries = [(x, y, int(number)) for (x, y), number in zip(points, classes, strict=True)]
        return DomainMap(
            epoch=epoch,
            source=tuple(entries[: len(first)]),
            target=tuple(entries[len(first) :]),
            source_paths=() if before is not None else tuple(source_paths[i] for i in first),
            target_paths=() if before is not None else tuple(target_paths[i] for i in second),
        )
