"""Small learners in plain numpy that look at features: principal directions, logistic regression, k-means.

They serve statistics about domains (`validators`, `shift`), not predictions: every one is deterministic given
its seed, takes milliseconds for some thousand images, and never fails for features without any spread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xferstudio.engine.evaluate import Floats, Ints

DRAWN_FROM = 200
"""Beyond so many features and images, directions are searched for at random: the exact way takes seconds."""


@dataclass(frozen=True)
class Directions:
    """Standardises features (n, d) and projects them on at most `limit` principal directions."""

    centre: Floats
    scale: Floats
    axes: NDArray[Any]

    def __call__(self, features: NDArray[Any]) -> NDArray[np.float32]:
        """Features (n, d) as coordinates (n, k)."""
        moved = (np.asarray(features, np.float32) - self.centre.astype(np.float32)) / self.scale.astype(
            np.float32
        )
        return np.asarray(moved @ self.axes, np.float32)


def directions(features: NDArray[Any], limit: int = 64, standardise: bool = True) -> Directions:
    """Principal directions of features (n, d); a feature that never varies is left as it is.

    With `standardise`, each feature first gets a spread of 1, so that none counts more for its unit.
    """
    values = np.asarray(features, np.float32)
    centre = values.mean(axis=0, dtype=np.float64)
    moved = values - centre.astype(np.float32)
    spread = np.sqrt(np.einsum("ij,ij->j", moved, moved, dtype=np.float64) / len(values))
    if standardise:
        # A spread that is mere rounding would be blown up to 1.
        scale = np.where(spread > 1e-6 * max(float(spread.max(initial=0.0)), 1e-30), spread, 1.0)
    else:
        # One unit for all: the typical spread.
        typical = float(np.sqrt((spread**2).mean())) if len(spread) else 0.0
        scale = np.full(len(spread), typical if typical > 0 else 1.0)
    moved = moved / scale.astype(np.float32)
    k = min(limit, *values.shape)
    if values.shape[1] <= k:
        return Directions(centre, scale, np.eye(values.shape[1], dtype=np.float32))
    if min(values.shape) > DRAWN_FROM:
        return Directions(centre, scale, _drawn_directions(moved, k))
    if len(values) >= values.shape[1]:
        _, axes = np.linalg.eigh(moved.T @ moved)
        return Directions(centre, scale, axes[:, ::-1][:, :k].astype(np.float32))
    # Fewer images than features: the small matrix of products between images has the same directions.
    strength, sides = np.linalg.eigh(moved @ moved.T)
    kept = strength[::-1][:k] > 1e-6 * max(float(strength[-1]), 1e-30)
    chosen = moved.T @ sides[:, ::-1][:, :k][:, kept]
    lengths = np.linalg.norm(chosen, axis=0)
    return Directions(centre, scale, (chosen / np.where(lengths > 0, lengths, 1.0)).astype(np.float32))


def _drawn_directions(moved: NDArray[np.float32], k: int) -> NDArray[np.float32]:
    """The first principal directions (d, k) by a randomised search (Halko, Martinsson and Tropp, SIAM Review 53, 2011):
    a basis of the rows' range, sharpened once, and the exact directions within it."""
    random = np.random.default_rng(0)
    basis = moved @ random.standard_normal((moved.shape[1], k + 16), dtype=np.float32)
    basis = moved @ (moved.T @ np.linalg.qr(basis)[0])
    basis = np.linalg.qr(basis)[0]
    _, _, axes = np.linalg.svd(basis.T @ moved, full_matrices=False)
    return np.asarray(axes[:k].T, np.float32)


@dataclass(frozen=True)
class Logistic:
    """A fitted logistic regression of two outcomes."""

    weights: Floats
    bias: float

    def __call__(self, features: NDArray[Any]) -> Floats:
        """The logarithm of the odds (n,) of the second outcome."""
        return np.asarray(np.asarray(features, np.float64) @ self.weights + self.bias, np.float64)


def logistic(
    features: NDArray[Any], outcomes: NDArray[Any], penalty: float = 1.0, start: Logistic | None = None
) -> Logistic:
    """Logistic regression of outcomes (n,), 0 or 1, by Newton's method with step halving.

    Minimises the summed log loss plus penalty / 2 times the squared length of the weights (the bias is free).
    """
    x = np.concatenate([np.asarray(features, np.float64), np.ones((len(features), 1))], axis=1)
    y = np.asarray(outcomes, np.float64)
    ridge = np.full(x.shape[1], float(penalty))
    ridge[-1] = 1e-6
    at = np.zeros(x.shape[1]) if start is None else np.append(start.weights, start.bias)

    def cost(score: Floats, w: Floats) -> float:
        return float(np.logaddexp(0.0, score).sum() - y @ score + (ridge * w * w).sum() / 2)

    score = x @ at
    now = cost(score, at)
    for _ in range(30):
        chance = 0.5 * (1 + np.tanh(score / 2))
        slope = x.T @ (chance - y) + ridge * at
        curve = (x * (chance * (1 - chance))[:, None]).T @ x
        curve[np.diag_indices_from(curve)] += ridge
        step = np.linalg.solve(curve, slope)
        share = 1.0
        while share > 1e-4:
            moved = at - share * step
            score = x @ moved
            then = cost(score, moved)
            if then <= now:
                break
            share /= 2
        else:
            break
        gained, at, now = now - then, moved, then
        # A thousandth of a nat over all images changes no figure that is shown.
        if gained < 1e-3:
            break
    return Logistic(at[:-1].copy(), float(at[-1]))


def nearest(features: NDArray[Any], centres: NDArray[Any]) -> tuple[Ints, Floats]:
    """For features (n, d) the index of the nearest of centres (k, d), and the squared distance to it."""
    values, means = np.asarray(features, np.float32), np.asarray(centres, np.float32)
    apart = (means * means).sum(axis=1) - 2 * (values @ means.T)
    best = apart.argmin(axis=1)
    squared = apart[np.arange(len(values)), best] + np.einsum("ij,ij->i", values, values)
    return np.asarray(best, np.int64), np.maximum(squared.astype(np.float64), 0.0)


def k_means(features: NDArray[Any], centres: NDArray[Any], rounds: int = 30) -> tuple[Ints, Floats]:
    """Lloyd's k-means from given centres (k, d): the cluster (n,) of each image, and the final centres.

    A cluster that loses all its images keeps its centre.
    """
    values = np.asarray(features, np.float32)
    means = np.array(centres, np.float32)
    member, _ = nearest(values, means)
    for _ in range(rounds):
        sums, counts = class_sums(values, member, len(means))
        there = counts > 0
        means[there] = (sums[there] / counts[there, None]).astype(np.float32)
        then, _ = nearest(values, means)
        if (then == member).all():
            break
        member = then
    return member, means.astype(np.float64)


def spread_centres(features: NDArray[Any], k: int, generator: np.random.Generator) -> Floats:
    """Seeds of k-means spread over the features ("k-means++", Arthur and Vassilvitskii, SODA 2007)."""
    values = np.asarray(features, np.float32)
    chosen = [int(generator.integers(len(values)))]
    _, apart = nearest(values, values[chosen])
    while len(chosen) < min(k, len(values)):
        total = float(apart.sum())
        if total <= 0:
            break
        chosen.append(int(generator.choice(len(values), p=apart / total)))
        apart = np.minimum(apart, nearest(values, values[chosen[-1:]])[1])
    return values[chosen].astype(np.float64)


def class_sums(features: NDArray[Any], labels: NDArray[Any], classes: int) -> tuple[Floats, Floats]:
    """Sums (C, d) of features (n, d) and numbers (C,) of images, by label (n,)."""
    marks = np.zeros((classes, len(features)), np.float32)
    marks[np.asarray(labels, np.int64), np.arange(len(features))] = 1.0
    sums = marks @ np.asarray(features, np.float32)
    return np.asarray(sums, np.float64), np.asarray(marks.sum(axis=1), np.float64)
