"""Turns labels and predicted probabilities into figures with intervals, and calibrates confidence.

Everything here is plain numpy and returns plain numbers that JSON can hold; a figure that cannot be computed
is None, never NaN. The predicted class is the one with the largest probability; among equals the lowest index
wins (`numpy.argmax`), so that a figure never depends on the order of memory or on a random draw.

Sources: score interval of a proportion, Wilson (J. Am. Stat. Assoc. 22, 1927). Interval of a mean of such
figures from the intervals of its parts ("MOVER"), Zou and Donner (Stat. Med. 27, 2008), used because a
bootstrap of a perfect result has no width at all. Expected calibration error with equal-width bins and
temperature scaling, Guo et al. (ICML 2017). Resampling of whole groups, Davison and Hinkley (Bootstrap
Methods, 1997, section 3.8).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Interval = tuple[float, float]

CONFIDENCE = 0.95
BINS = 15
TEMPERATURES = (0.05, 20.0)
WIDE = 0.20
"""An accuracy interval wider than this (20 points) says too little to act upon."""


def wilson(successes: float, n: float, confidence: float = CONFIDENCE) -> Interval:
    """Score interval of a proportion (Wilson 1927); (0, 1) for n = 0. `n` may be fractional."""
    if n <= 0:
        return 0.0, 1.0
    low, high = _wilson(np.array([successes], np.float64), np.array([n], np.float64), confidence)
    return float(low[0]), float(high[0])


def _wilson(successes: Floats, n: Floats, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    safe = np.maximum(n, 1e-12)
    p = successes / safe
    centre = (p + z * z / (2 * safe)) / (1 + z * z / safe)
    half = z / (1 + z * z / safe) * np.sqrt(p * (1 - p) / safe + z * z / (4 * safe * safe))
    # At the ends the formula is exact only up to rounding.
    low = np.where(successes <= 0, 0.0, np.clip(centre - half, 0.0, 1.0))
    high = np.where(successes >= n, 1.0, np.clip(centre + half, 0.0, 1.0))
    return np.where(n > 0, low, 0.0), np.where(n > 0, high, 1.0)


def softmax(logits: NDArray[Any], temperature: float = 1.0) -> Floats:
    """Probabilities (n, C) in float64 of logits (n, C) over a temperature, without overflow."""
    scaled = np.asarray(logits, np.float64) / temperature
    if scaled.shape[-1] == 0:
        return scaled
    powers: Floats = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float64)


def expected_calibration_error(
    confidence: NDArray[Any] | Sequence[float], correct: NDArray[Any] | Sequence[bool], bins: int = BINS
) -> float:
    """Mean distance between confidence and accuracy over equal-width bins (Guo et al. 2017); 0 for n = 0."""
    sure = np.asarray(confidence, np.float64)
    if sure.size == 0:
        return 0.0
    gap = sure - np.asarray(correct, np.float64)
    return float(np.abs(np.bincount(_bin(sure, bins), weights=gap, minlength=bins)).sum() / sure.size)


def _bin(confidence: Floats, bins: int) -> Ints:
    # Bins are open below and closed above, as in the paper.
    return np.asarray(np.clip(np.ceil(confidence * bins) - 1, 0, bins - 1), np.int64)


def fit_temperature(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    """The temperature in [0.05, 20] that best fits logits (n, C) to labels (n,); 1.0 for n < 10.

    Minimises the summed log loss plus (log T)^2 / 2, that is, with a log-normal prior around 1 that is worth
    about one image. Without it, validation images that are all right would send T to its lower end (ever more
    confidence costs nothing), and a handful of wrong ones to the upper end. Hundreds of images outweigh it.
    """
    scores = np.asarray(logits, np.float64)
    truth = np.asarray(labels, np.int64)
    if scores.ndim != 2 or len(scores) < 10 or scores.shape[1] < 2 or not np.isfinite(scores).all():
        return 1.0
    if truth.shape != (len(scores),) or truth.min() < 0 or truth.max() >= scores.shape[1]:
        raise ValueError("labels must be indices of the columns of logits")
    scores = scores - scores.max(axis=1, keepdims=True)
    own = scores[np.arange(len(truth)), truth]

    def cost(log_t: float) -> float:
        scaled = scores * math.exp(-log_t)
        return float(np.log(np.exp(scaled).sum(axis=1)).sum() - own.sum() * math.exp(-log_t)) + log_t**2 / 2

    # A grid first: with the prior the cost need not have a single valley.
    grid = np.linspace(math.log(TEMPERATURES[0]), math.log(TEMPERATURES[1]), 25)
    best = int(np.argmin([cost(float(point)) for point in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    golden = (math.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    cost_left, cost_right = cost(left), cost(right)
    while high - low > 1e-4:
        if cost_left <= cost_right:
            high, right, cost_right = right, left, cost_left
            left = high - golden * (high - low)
            cost_left = cost(left)
        else:
            low, left, cost_left = left, right, cost_right
            right = low + golden * (high - low)
            cost_right = cost(right)
    return float(np.clip(math.exp((low + high) / 2), *TEMPERATURES))


def quick(labels: NDArray[Any], probabilities: NDArray[Any]) -> dict[str, Any]:
    """What every epoch shows: accuracy, accuracy_interval, balanced_accuracy, macro_f1, loss; cheap."""
    truth, chances = _checked(labels, probabilities)
    n, classes = chances.shape
    if n == 0:
        return dict.fromkeys(("accuracy", "accuracy_interval", "balanced_accuracy", "macro_f1", "loss"))
    predicted = chances.argmax(axis=1)
    hits = np.bincount(truth[truth == predicted], minlength=classes).astype(np.float64)
    balanced, f1 = _means(
        hits,
        np.bincount(truth, minlength=classes).astype(np.float64),
        np.bincount(predicted, minlength=classes).astype(np.float64),
    )
    return {
        "accuracy": float(hits.sum() / n),
        "accuracy_interval": list(wilson(float(hits.sum()), n)),
        "balanced_accuracy": float(balanced),
        "macro_f1": float(f1),
        "loss": _log_loss(truth, chances, np.asarray(probabilities).dtype),
    }


def metrics(
    labels: NDArray[Any],
    probabilities: NDArray[Any],
    classes: Sequence[str],
    *,
    groups: Sequence[str] | None = None,
    seed: int = 0,
    resamples: int = 1000,
) -> dict[str, Any]:
    """All figures of one split as a JSON-ready dict, each with its 95 % interval.

    `labels` (n,) are indices into `classes`; `probabilities` are (n, C). `groups` (n,) names what each image
    belongs to (a patient, a plant; "" for one that stands alone); images of one group are not independent, so
    where groups repeat, whole groups are resampled, and the intervals never come out narrower than for
    independent images.

    Balanced accuracy is the mean recall over the classes that occur in `labels`; macro F1 is the mean over
    the classes that occur in `labels` or among the predictions (both as scikit-learn does it). `too_few` is a
    sentence when the accuracy interval is too wide to say much, or when classes do not occur, else "".
    Raises ValueError for arrays that do not fit together or hold what is no probability.
    """
    truth, chances = _checked(labels, probabilities)
    if chances.shape[1] != len(classes):
        raise ValueError(f"{chances.shape[1]} columns of probabilities for {len(classes)} classes")
    n, width = chances.shape
    if groups is not None and len(groups) != n:
        raise ValueError(f"{len(groups)} groups for {n} images")
    if n == 0:
        return _empty(classes)
    predicted = chances.argmax(axis=1)
    correct = truth == predicted
    sure = chances.max(axis=1)
    confusion = np.bincount(truth * width + predicted, minlength=width * width).reshape(width, width)
    hits = np.diag(confusion).astype(np.float64)
    labelled = confusion.sum(axis=1).astype(np.float64)
    called = confusion.sum(axis=0).astype(np.float64)
    balanced, macro = _means(hits, labelled, called)

    recall_low, recall_high = _wilson(hits, labelled)
    precision_low, precision_high = _wilson(hits, called)
    bounds: dict[str, Interval] = {
        "accuracy": wilson(float(hits.sum()), n),
        "balanced_accuracy": _balanced_interval(hits, labelled),
        "macro_f1": _f1_interval(confusion),
    }
    ece = expected_calibration_error(sure, correct)
    generator = np.random.default_rng(seed)
    chance = _ece_by_chance(sure, generator, resamples)
    grouped = members(groups, n)
    count = int(grouped.max()) + 1
    if count == n:
        method = "wilson"
        bounds["ece"] = _ece_interval(ece, _resampled_ece(sure, correct, generator, resamples), chance)
    else:
        method = "bootstrap over groups"
        draws = _group_draws(truth, predicted, sure, grouped, width, generator, resamples)
        shown = float(hits.sum() / n)
        # A result without a mistake never varies when resampled; then each group counts as one trial.
        flawless = wilson(count, count)
        for name, value in (
            ("accuracy", shown),
            ("balanced_accuracy", float(balanced)),
            ("macro_f1", float(macro)),
        ):
            bounds[name] = _widest(bounds[name], _group_interval(value, draws[name], count))
            if shown == 1.0:
                bounds[name] = _widest(bounds[name], flawless)
        if shown == 0.0:
            bounds["accuracy"] = _widest(bounds["accuracy"], wilson(0, count))
        bounds["ece"] = _ece_interval(ece, draws["ece"], chance)
        with np.errstate(invalid="ignore", divide="ignore"):
            recalls, precisions = hits / labelled, hits / called
        for k in range(width):
            if labelled[k]:
                drawn = _group_interval(float(recalls[k]), draws["recall"][:, k], count)
                recall_low[k], recall_high[k] = _widest((float(recall_low[k]), float(recall_high[k])), drawn)
            if called[k]:
                drawn = _group_interval(float(precisions[k]), draws["precision"][:, k], count)
                precision_low[k], precision_high[k] = _widest(
                    (float(precision_low[k]), float(precision_high[k])), drawn
                )
    per_class = [
        {
            "name": str(classes[k]),
            "n": int(labelled[k]),
            "precision": float(hits[k] / called[k]) if called[k] else None,
            "precision_interval": [float(precision_low[k]), float(precision_high[k])] if called[k] else None,
            "recall": float(hits[k] / labelled[k]) if labelled[k] else None,
            "recall_interval": [float(recall_low[k]), float(recall_high[k])] if labelled[k] else None,
            "f1": float(2 * hits[k] / (labelled[k] + called[k])) if labelled[k] + called[k] else None,
        }
        for k in range(width)
    ]
    low, high = bounds["accuracy"]
    return {
        "n": n,
        "accuracy": float(hits.sum() / n),
        "accuracy_interval": [low, high],
        "balanced_accuracy": float(balanced),
        "balanced_accuracy_interval": list(bounds["balanced_accuracy"]),
        "macro_f1": float(macro),
        "macro_f1_interval": list(bounds["macro_f1"]),
        "ece": ece,
        "ece_interval": list(bounds["ece"]),
        "log_loss": _log_loss(truth, chances, np.asarray(probabilities).dtype),
        "per_class": per_class,
        "confusion": [[int(cell) for cell in row] for row in confusion],
        "interval_method": method,
        "too_few": " ".join(
            filter(None, (_too_few(n, count, low, high), _untested(classes, labelled.astype(int).tolist())))
        ),
    }


def members(groups: Sequence[str] | None, n: int) -> Ints:
    """For each of n images the number of its group, from 0; one whose group is "" stands alone."""
    if groups is None:
        return np.arange(n, dtype=np.int64)
    marks = [f"group {group}" if group else f"image {i}" for i, group in enumerate(groups)]
    return np.asarray(np.unique(marks, return_inverse=True)[1], np.int64)


def _empty(classes: Sequence[str]) -> dict[str, Any]:
    figures = ("accuracy", "balanced_accuracy", "macro_f1", "ece")
    nothing = {
        "precision": None,
        "precision_interval": None,
        "recall": None,
        "recall_interval": None,
        "f1": None,
    }
    return {
        "n": 0,
        **{key: None for name in figures for key in (name, f"{name}_interval")},
        "log_loss": None,
        "per_class": [{"name": str(name), "n": 0, **nothing} for name in classes],
        "confusion": [[0] * len(classes) for _ in classes],
        "interval_method": "wilson",
        "too_few": "There are no labelled images here, so nothing can be measured.",
    }


def _too_few(n: int, count: int, low: float, high: float) -> str:
    if high - low <= WIDE:
        return ""
    what = f"{n} image{'s' if n != 1 else ''}"
    if count < n:
        what += f" in {count} group{'s' if count != 1 else ''}"
    return (
        f"With {what} the accuracy is only known to lie somewhere between {low:.0%} and {high:.0%}; "
        "more labelled images would narrow that."
    )


def _untested(classes: Sequence[str], counts: Sequence[int]) -> str:
    missing = [str(name) for name, number in zip(classes, counts, strict=True) if not number]
    if not missing:
        return ""
    names = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
    return (
        f"No image here is of the class {names}, so how well it is recognised is not known."
        if len(missing) == 1
        else f"No image here is of the classes {names}, so how well they are recognised is not known."
    )


def _checked(labels: NDArray[Any], probabilities: NDArray[Any]) -> tuple[Ints, Floats]:
    truth = np.asarray(labels, np.int64)
    chances = np.asarray(probabilities, np.float64)
    if chances.ndim != 2 or truth.shape != (len(chances),):
        raise ValueError(f"labels {truth.shape} and probabilities {chances.shape} must be (n,) and (n, C)")
    if len(truth) and (chances.shape[1] == 0 or truth.min() < 0 or truth.max() >= chances.shape[1]):
        raise ValueError("labels must be indices of the columns of probabilities")
    if not (np.isfinite(chances).all() and (chances >= -1e-6).all() and (chances <= 1 + 1e-3).all()):
        raise ValueError("probabilities must be numbers between 0 and 1")
    return truth, np.clip(chances, 0.0, 1.0)


def _log_loss(truth: Ints, chances: Floats, dtype: np.dtype[Any]) -> float:
    # Clipped at the precision that the probabilities came in, as in scikit-learn: zeros may be rounded.
    floor = float(np.finfo(dtype if np.issubdtype(dtype, np.floating) else np.float64).eps)
    return float(-np.log(np.clip(chances[np.arange(len(truth)), truth], floor, 1.0)).mean())


def _means(hits: Floats, labelled: Floats, called: Floats) -> tuple[Floats, Floats]:
    """Balanced accuracy and macro F1 of counts per class (..., C), over the classes that have them."""
    there = labelled > 0
    seen = labelled + called > 0
    recall = np.where(there, hits / np.where(there, labelled, 1.0), 0.0)
    f1 = np.where(seen, 2 * hits / np.where(seen, labelled + called, 1.0), 0.0)
    balanced = recall.sum(axis=-1) / np.maximum(there.sum(axis=-1), 1)
    return balanced, f1.sum(axis=-1) / np.maximum(seen.sum(axis=-1), 1)


def _balanced_interval(hits: Floats, labelled: Floats) -> Interval:
    """MOVER over the recalls, which are independent: different classes hold different images."""
    there = labelled > 0
    low, high = _wilson(hits[there], labelled[there])
    recall = hits[there] / labelled[there]
    value = float(recall.mean())
    down = math.sqrt(float(((recall - low) ** 2).sum())) / len(recall)
    up = math.sqrt(float(((high - recall) ** 2).sum())) / len(recall)
    return max(0.0, value - down), min(1.0, value + up)


def _f1_interval(confusion: NDArray[Any]) -> Interval:
    """MOVER over the classes' F1, correlated as the delta method says (one mistake lowers two of them).

    Among the images that are of a class or were called it, the hits are a proportion J; F1 = 2J / (1 + J).
    """
    counts = confusion.astype(np.float64)
    hits, sizes = np.diag(counts), counts.sum(axis=0) + counts.sum(axis=1)
    seen = np.flatnonzero(sizes)
    hits, sizes = hits[seen], sizes[seen]
    f1 = 2 * hits / sizes
    low, high = _wilson(hits, sizes - hits)
    low, high = 2 * low / (1 + low), 2 * high / (1 + high)
    # Influence of an image of cell (i, j) on F1 of class k: (2 [i = j = k] - F1 ([i = k] + [j = k])) / size.
    inner = counts[np.ix_(seen, seen)]
    diagonal = np.diag(hits * (2 - 2 * f1) ** 2)
    off = inner - np.diag(hits)
    wrong = np.diag(f1**2 * (off.sum(axis=0) + off.sum(axis=1))) + np.outer(f1, f1) * (off + off.T)
    covariance = (diagonal + wrong) / np.outer(sizes, sizes)
    spread = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(np.where(spread > 0, spread, 1.0), np.where(spread > 0, spread, 1.0))
    np.fill_diagonal(correlation, 1.0)
    value = float(f1.mean())
    down = math.sqrt(max(0.0, float((f1 - low) @ correlation @ (f1 - low)))) / len(f1)
    up = math.sqrt(max(0.0, float((high - f1) @ correlation @ (high - f1)))) / len(f1)
    return max(0.0, value - down), min(1.0, value + up)


def _ece_interval(value: float, draws: Floats, chance: float) -> Interval:
    """From resampled values, and the value that a perfectly calibrated model may well show by chance.

    The figure is biased upward in small samples, and resampling adds that bias once more. The lower end
    turns the draws round, which takes out both; the upper end takes out one: in simulation this holds the
    truth as often as it says, and turning both round does not. Nothing above 0 is claimed below `chance`.
    """
    high = float(np.quantile(draws, (1 + CONFIDENCE) / 2))
    bias = max(0.0, float(draws.mean()) - value)
    lower = 0.0 if value <= chance else max(0.0, min(value, 2 * value - high))
    return lower, min(1.0, max(value, high - bias))


# Up to here images are drawn one by one, which is quicker; beyond, like ones share a cell and the figure hardly moves.
ONE_BY_ONE = 1000


def _cells(sure: Floats, correct: NDArray[Any]) -> tuple[Floats, Floats, Ints]:
    """Images as cells of equal fate, by bin: number of images, mean gap, and the cell that each bin begins with."""
    if len(sure) <= ONE_BY_ONE:
        order = np.argsort(sure, kind="stable")
        weights, gap, bins = np.ones(len(sure)), (sure - correct)[order], _bin(sure[order], BINS)
    else:
        # Images equally right, with confidences within 1/120 of each other, share a cell.
        kept, cell = np.unique(_bin(sure, BINS * 8) * 2 + correct, return_inverse=True)
        weights, bins = np.bincount(cell).astype(np.float64), kept // 2 // 8
        gap = np.bincount(cell, weights=sure - correct) / weights
    return weights, gap, np.flatnonzero(np.diff(bins, prepend=-1))


def _resampled_ece(
    sure: Floats, correct: NDArray[Any], generator: np.random.Generator, resamples: int
) -> Floats:
    n = len(sure)
    weights, gap, begins = _cells(sure, correct)
    if n <= ONE_BY_ONE:
        drawn = _times_drawn(n, generator, resamples)
    else:
        drawn = generator.multinomial(n, weights / n, size=resamples).astype(np.float64)
    return np.asarray(np.abs(np.add.reduceat(drawn * gap, begins, axis=1)).sum(axis=1) / n, np.float64)


def _ece_by_chance(sure: Floats, generator: np.random.Generator, resamples: int) -> float:
    """The 97.5 % quantile of the figure when every image is right with exactly its confidence
    (consistency resampling, Broecker and Smith, Weather and Forecasting 22, 2007)."""
    n = len(sure)
    weights, mean, begins = _cells(sure, np.zeros(n, np.int64))
    size, chances = (resamples, len(weights)), np.clip(mean, 0.0, 1.0)
    right: NDArray[Any]
    if n <= ONE_BY_ONE:
        right = generator.random(size) < chances
    else:
        right = generator.binomial(weights.astype(np.int64), chances, size=size)
    drawn = np.abs(np.add.reduceat(weights * mean - right, begins, axis=1)).sum(axis=1) / n
    return float(np.quantile(drawn, (1 + CONFIDENCE) / 2))


def _times_drawn(count: int, generator: np.random.Generator, resamples: int) -> Floats:
    """How often each of `count` things is among as many that are drawn with replacement, (resamples, count)."""
    places = generator.integers(0, count, size=(resamples, count)) + count * np.arange(resamples)[:, None]
    drawn = np.bincount(places.ravel(), minlength=resamples * count).reshape(resamples, count)
    return drawn.astype(np.float64)


def _group_draws(
    truth: Ints,
    predicted: Ints,
    sure: Floats,
    members: Ints,
    width: int,
    generator: np.random.Generator,
    resamples: int,
) -> dict[str, Floats]:
    """Figures of `resamples` draws of whole groups, (resamples,) or (resamples, C); NaN where undefined."""
    count = int(members.max()) + 1
    correct = truth == predicted

    def table(
        columns: Ints, size: int, weights: Floats | None = None, kept: NDArray[Any] | None = None
    ) -> Floats:
        place = members * size + columns
        if kept is not None:
            place = place[kept]
        return (
            np.bincount(place, weights=weights, minlength=count * size)
            .reshape(count, size)
            .astype(np.float64)
        )

    sums = np.concatenate(
        [
            table(truth, width, kept=correct),
            table(truth, width),
            table(predicted, width),
            table(_bin(sure, BINS), BINS, weights=sure - correct),
        ],
        axis=1,
    )
    drawn = _times_drawn(count, generator, resamples)
    hits, labelled, called, gaps = np.split(drawn @ sums, [width, 2 * width, 3 * width], axis=1)
    sizes = labelled.sum(axis=1)
    balanced, macro = _means(hits, labelled, called)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "accuracy": hits.sum(axis=1) / sizes,
            "balanced_accuracy": balanced,
            "macro_f1": macro,
            "ece": np.abs(gaps).sum(axis=1) / sizes,
            "recall": hits / labelled,
            "precision": hits / called,
        }


def _group_interval(value: float, draws: Floats, count: int) -> Interval:
    """Percentile interval of drawn figures, stretched for few groups: their spread is underestimated, and
    Student's t with one degree of freedom less than groups is wider than the normal distribution."""
    draws = draws[np.isfinite(draws)]
    if count < 2 or len(draws) == 0:
        return 0.0, 1.0
    low, high = np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    factor = math.sqrt(count / (count - 1)) * student(count - 1) / NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return max(0.0, value - factor * max(0.0, value - float(low))), min(
        1.0, value + factor * max(0.0, float(high) - value)
    )


def student(degrees: int) -> float:
    """The factor of a 95 % interval from Student's t: its 97.5 % quantile, to 0.3 %.

    Exact values for the smallest, then the expansion of Abramowitz and Stegun, 26.7.5.
    """
    if degrees <= 4:
        return (math.inf, 12.706205, 4.302653, 3.182446, 2.776445)[max(degrees, 0)]
    z = NormalDist().inv_cdf(0.975)
    return (
        z
        + (z**3 + z) / (4 * degrees)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    )


def _widest(a: Interval, b: Interval) -> Interval:
    return min(a[0], b[0]), max(a[1], b[1])
