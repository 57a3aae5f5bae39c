"""The numbers behind curves: arrays that grow, thinned to what a screen can show, and smoothed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Growing:
    """Pairs of numbers in arrays that grow by doubling."""

    def __init__(self) -> None:
        self._x: Array = np.empty(64)
        self._y: Array = np.empty(64)
        self.n = 0

    @property
    def x(self) -> Array:
        return self._x[: self.n]

    @property
    def y(self) -> Array:
        return self._y[: self.n]

    def append(self, x: float, y: float) -> None:
        """Add one pair."""
        self.extend((x,), (y,))

    def extend(self, xs: Sequence[float] | Array, ys: Sequence[float] | Array) -> None:
        """Add pairs; `xs` go on from those before."""
        wanted = self.n + len(xs)
        if wanted > len(self._x):
            room = max(wanted, 2 * len(self._x))
            self._x = np.concatenate((self.x, np.empty(room - self.n)))
            self._y = np.concatenate((self.y, np.empty(room - self.n)))
        self._x[self.n : wanted] = xs
        self._y[self.n : wanted] = ys
        self.n = wanted

    def cut_after(self, x: float) -> None:
        """Forget all pairs beyond x."""
        self.n = int(np.searchsorted(self.x, x, side="right"))

    def clear(self) -> None:
        """Forget all."""
        self.n = 0


def thin(x: Array, y: Array, low: float, high: float, most: int) -> tuple[Array, Array]:
    """The pairs with low <= x <= high, and one on either side; of many, the least and the greatest of each stretch."""
    first = max(0, int(np.searchsorted(x, low)) - 1)
    last = min(len(x), int(np.searchsorted(x, high, side="right")) + 1)
    x, y = x[first:last], y[first:last]
    if len(x) <= most:
        return x, y
    stretch = math.ceil(len(x) / (most // 2))
    whole = len(x) // stretch * stretch
    table = y[:whole].reshape(-1, stretch)
    base = np.arange(0, whole, stretch)
    picked = [base + table.argmin(1), base + table.argmax(1)]
    if whole < len(x):
        rest = y[whole:]
        picked += [
            np.array([whole + rest.argmin()]),
            np.array([whole + rest.argmax()]),
            np.array([len(x) - 1]),
        ]
    indices = np.unique(np.concatenate(picked))
    return x[indices], y[indices]


class Smoother:
    """A running mean that forgets: over few values at first, over some twenty later; fed bit by bit."""

    def __init__(self, least: float = 0.05) -> None:
        self._least = least
        self._mean = 0.0
        self._n = 0

    def extend(self, values: Sequence[float]) -> list[float]:
        """The smoothed values for these, which go on from those before."""
        found, mean, n, least = [], self._mean, self._n, self._least
        for value in values:
            share = 1 / (1 + 0.2 * n)
            mean += max(least, share) * (value - mean)
            n += 1
            found.append(mean)
        self._mean, self._n = mean, n
        return found

    def begin_at(self, mean: float, n: int) -> None:
        """Go on from here, after values were taken back."""
        self._mean, self._n = mean, n
