"""Judges an adapted model without target labels: signs of accuracy, the choice by them, and a verdict.

A sign ("validator") is a figure that tends to be higher for models that are more accurate on the target
domain. None is reliable by itself, so models are chosen by their mean rank over several that fail in
different ways, and how far these agree is shown beside the choice.

Sources: entropy and its use for the choice, Morerio et al. (ICLR 2018); information maximisation, Krause et
al. (NeurIPS 2010) and Shi and Sha (ICML 2012); nuclear norm, Cui et al. (CVPR 2020) as a loss; soft
neighbourhood density, Saito et al. (ICCV 2021); deep embedded validation, You et al. (ICML 2019); BNM and
ClassAMI as validators, DEVN, and the comparison of all of these on a million checkpoints, Musgrave et al.
(arXiv 2208.07360). Adjusted mutual information, Vinh, Epps and Bailey (JMLR 11, 2010). Agreement of rankings,
Kendall and Babington Smith (Ann. Math. Stat. 10, 1939). Everything here is plain numpy; a figure that cannot
be computed is None, never NaN.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from xferstudio.engine import compare, learners
from xferstudio.engine.evaluate import CONFIDENCE, Floats, Interval, fit_temperature, softmax

NAMES = ("source_accuracy", "information", "bnm", "class_ami", "devn", "dev", "snd", "entropy")
CHOOSERS = ("source_accuracy", "information", "bnm", "class_ami", "devn")
"""The signs that take part in the choice.

Entropy and soft neighbourhood density are shown but do not choose: both are at their very best for a model
that gives every target image the same confident answer. DEV is left to its normalised form, because a few
large density ratios can send it anywhere.
"""

LIMIT = 3000
"""Target images beyond this number are sampled: the figures move by less than their own uncertainty."""
DENSITY_LIMIT = 1000
"""Images of each domain for the density ratio, whose classifier has at most 64 directions to learn."""
OVERLAP = 20.0
"""Weights that leave fewer effective images than this (Kish) say that hardly any source image looks like the
target; a risk of so few images is no evidence, so DEV and DEVN are then not computed."""
SND_TEMPERATURE = 0.05
RESAMPLES = 1000

Outcome = Literal["helped", "no evidence", "negative transfer"]


@dataclass(frozen=True)
class Outputs:
    """What one model makes of source validation images (n_s), source training images (m) and target images.

    Features (n, d) are what the classifier sees; logits (n, C) are its answers; `source_labels` (n_s,) index
    the classes. `training_features` (m, d), which may be a subsample, serve only the density ratio.
    """

    source_features: NDArray[Any]
    source_logits: NDArray[Any]
    source_labels: NDArray[Any]
    training_features: NDArray[Any]
    target_features: NDArray[Any]
    target_logits: NDArray[Any]

    def __post_init__(self) -> None:
        source, target = len(self.source_features), len(self.target_features)
        if (
            len(self.source_logits) != source
            or np.shape(self.source_labels) != (source,)
            or len(self.target_logits) != target
            or any(np.ndim(part) != 2 for part in self._tables())
        ):
            raise ValueError("features and logits must be (n, d) and (n, C) of the same images")

    def _tables(self) -> tuple[NDArray[Any], ...]:
        return (
            self.source_features,
            self.source_logits,
            self.training_features,
            self.target_features,
            self.target_logits,
        )

    def sample(self, seed: int = 0, limit: int = LIMIT) -> Outputs:
        """At most `limit` images of each kind; the same images for every model of the same data and seed."""
        rng = np.random.default_rng(seed)
        source, training, target = (
            _some(len(part), limit, rng)
            for part in (self.source_features, self.training_features, self.target_features)
        )
        return Outputs(
            self.source_features[source],
            self.source_logits[source],
            self.source_labels[source],
            self.training_features[training],
            self.target_features[target],
            self.target_logits[target],
        )

    def calibrated(self) -> Outputs:
        """The same answers at the temperature that fits source validation best (`evaluate.fit_temperature`).

        Sharper answers alone are no better ones, but would raise every sign that looks at confidence: the
        same model with its logits times six would beat itself.
        """
        some = slice(DENSITY_LIMIT)
        unit = fit_temperature(self.source_logits[some], self.source_labels[some])
        return replace(
            self,
            source_logits=np.asarray(self.source_logits) / unit,
            target_logits=np.asarray(self.target_logits) / unit,
        )


def _some(n: int, limit: int, rng: np.random.Generator) -> NDArray[Any] | slice:
    return slice(None) if n <= limit else np.sort(rng.choice(n, limit, replace=False))


# ------------------------------------------------------------------------------------------ the signs


def source_accuracy(outputs: Outputs) -> float | None:
    """Share of source validation images that are right: blind to the target, but never fooled by collapse."""
    right = _right(outputs)
    return None if right is None else float(right.mean())


def _right(outputs: Outputs) -> NDArray[np.bool_] | None:
    logits = np.asarray(outputs.source_logits)
    if not logits.size or not np.isfinite(logits).all():
        return None
    return np.asarray(logits.argmax(axis=1) == np.asarray(outputs.source_labels), np.bool_)


def _answers(outputs: Outputs) -> Floats | None:
    """Probabilities (n_t, C) of the target images."""
    logits = np.asarray(outputs.target_logits)
    return softmax(logits) if logits.size and np.isfinite(logits).all() else None


def _plogp(p: Floats) -> Floats:
    return np.asarray(p * np.log(np.maximum(p, 1e-300)), np.float64)


def entropy(outputs: Outputs) -> float | None:
    """Negative mean entropy of the target predictions (Morerio et al. 2018): confidence, right or wrong."""
    p = _answers(outputs)
    return None if p is None else float(_plogp(p).sum(axis=1).mean())


def information(outputs: Outputs) -> float | None:
    """Mutual information of target image and prediction (Krause et al. 2010; Shi and Sha 2012): each answer
    confident, the answers as a whole diverse."""
    p = _answers(outputs)
    return None if p is None else float(_plogp(p).sum(axis=1).mean() - _plogp(p.mean(axis=0)).sum())


def bnm(outputs: Outputs) -> float | None:
    """Nuclear norm of the target predictions over their number (Cui et al. 2020; Musgrave et al. 2022).

    It falls as one over the root of the number of images, so only models on the same images can be compared.
    """
    p = _answers(outputs)
    return None if p is None else float(np.sqrt(_strengths(p)[0]).sum() / len(p))


def _strengths(p: Floats) -> tuple[Floats, Floats]:
    """Squared singular values (C,) and right singular vectors of the predictions."""
    values, vectors = np.linalg.eigh(p.T @ p)
    return np.maximum(values, 0.0), np.asarray(vectors, np.float64)


def snd(outputs: Outputs) -> float | None:
    """Soft neighbourhood density (Saito et al. 2021): mean entropy of each target image's similarities to the
    others, temperature 0.05, measured, as there, on the predictions. It grows with the number of images."""
    found = _densities(outputs)
    return None if found is None else float(found[0].mean())


def _densities(outputs: Outputs) -> tuple[Floats, Floats] | None:
    """For each target image its density (n_t,), and what the images' mean density owes to it as a neighbour."""
    p = _answers(outputs)
    if p is None or len(p) < 3:
        return None
    n = len(p)
    unit = (p / np.linalg.norm(p, axis=1, keepdims=True)).astype(np.float32)
    density, owed = np.zeros(n), np.zeros(n)
    # In slices, so that three thousand images need no table of nine million at once.
    for start in range(0, n, 512):
        rows = slice(start, min(start + 512, n))
        # Similarities less their maximum, 1, so that nothing overflows.
        near = (unit[rows] @ unit.T - np.float32(1)) * np.float32(1 / SND_TEMPERATURE)
        weight = np.exp(near)
        weight[np.arange(weight.shape[0]), np.arange(rows.start, rows.stop)] = 0.0
        total = weight.sum(axis=1, dtype=np.float64)
        typical = np.einsum("ij,ij->i", weight, near).astype(np.float64) / total
        density[rows] = np.log(total) - typical
        share = (1 / total).astype(np.float32)
        # Derivative of a row's entropy by its neighbours' weights: p (1 - s + mean s).
        owed += (share * (1 + typical).astype(np.float32)) @ weight
        np.multiply(weight, near, out=near)
        owed -= share @ near
    return density, owed / n


def dev(outputs: Outputs, ratio: NDArray[Any] | None = None) -> float | None:
    """Negative risk of deep embedded validation (You et al. 2019): source validation losses, weighted by how
    target-like each image is, with a control variate. `ratio` (n_s,) is `density_ratio`, if known."""
    return _weighted_risk(outputs, density_ratio(outputs) if ratio is None else ratio, normalised=False)


def devn(outputs: Outputs, ratio: NDArray[Any] | None = None) -> float | None:
    """`dev` with the weights divided by the largest (Musgrave et al. 2022), which tames outliers."""
    return _weighted_risk(outputs, density_ratio(outputs) if ratio is None else ratio, normalised=True)


def _weighted_risk(outputs: Outputs, ratio: NDArray[Any] | None, normalised: bool) -> float | None:
    loss = _losses(outputs)
    if loss is None or not _overlap(ratio):
        return None
    weight = np.asarray(ratio, np.float64) / (float(np.max(ratio)) if normalised else 1.0)
    return float(-_risk(weight * loss, weight, np.full((1, len(loss)), 1.0))[0])


def _overlap(ratio: NDArray[Any] | None) -> TypeGuard[NDArray[Any]]:
    """Do the weights leave enough effective images for a risk?"""
    if ratio is None or not len(ratio):
        return False
    return bool(np.sum(ratio) ** 2 / np.sum(np.square(ratio)) >= OVERLAP)


def _risk(weighted: Floats, weight: Floats, counts: Floats) -> Floats:
    """The risk with control variate for each row of counts (B, n_s) of how often an image is drawn."""
    n = counts.sum(axis=1)
    moments = counts @ np.stack([weighted, weight, weighted * weight, weight * weight], axis=1) / n[:, None]
    cov = moments[:, 2] - moments[:, 0] * moments[:, 1]
    var = moments[:, 3] - moments[:, 1] ** 2
    # Equal weights leave the control variate nothing to explain.
    eta = np.where(var > 1e-12, -cov / np.maximum(var, 1e-12), 0.0)
    return np.asarray(moments[:, 0] + eta * (moments[:, 1] - 1), np.float64)


def _losses(outputs: Outputs) -> Floats | None:
    logits = np.asarray(outputs.source_logits, np.float64)
    if not logits.size or not np.isfinite(logits).all():
        return None
    moved = logits - logits.max(axis=1, keepdims=True)
    own = moved[np.arange(len(moved)), np.asarray(outputs.source_labels, np.int64)]
    return np.asarray(np.log(np.exp(moved).sum(axis=1)) - own, np.float64)


def density_ratio(outputs: Outputs, seed: int = 0) -> Floats | None:
    """How much more often each source validation image (n_s,) would turn up in the target domain.

    From a logistic regression that tells source training from target features, with a penalty chosen on held
    out images, as in You et al. 2019 (who train a small network). No ratio goes beyond the number of images:
    what is rarer than that was not seen.
    """
    rng = np.random.default_rng(seed)
    source = np.asarray(outputs.training_features)[_some(len(outputs.training_features), DENSITY_LIMIT, rng)]
    target = np.asarray(outputs.target_features)[_some(len(outputs.target_features), DENSITY_LIMIT, rng)]
    if len(source) < 4 or len(target) < 4 or not len(outputs.source_features):
        return None
    both = np.concatenate([source, target])
    if not np.isfinite(both).all() or not np.isfinite(outputs.source_features).all():
        return None
    axes = learners.directions(both)
    where = axes(both)
    is_target = np.repeat([0, 1], [len(source), len(target)])
    held = np.zeros(len(both), bool)
    for start, n in ((0, len(source)), (len(source), len(target))):
        held[start + rng.permutation(n)[: max(1, n // 4)]] = True
    chosen, least, fit = 1.0, math.inf, None
    # In the unit of whole images: 1 is close to no penalty for a thousand images, 1000 close to no model.
    for penalty in (1000.0, 100.0, 10.0, 1.0):
        fit = learners.logistic(where[~held], is_target[~held], penalty, fit)
        odds = fit(where[held])
        loss = float((np.logaddexp(0.0, odds) - is_target[held] * odds).mean())
        if loss < least:
            chosen, least = penalty, loss
        else:
            # A weaker penalty fits noise from here on.
            break
    fit = learners.logistic(where, is_target, chosen, fit)
    bound = math.log(len(both))
    odds = fit(axes(outputs.source_features)) + math.log(len(source) / len(target))
    return np.asarray(np.exp(np.clip(odds, -bound, bound)), np.float64)


def class_ami(outputs: Outputs) -> float | None:
    """Adjusted mutual information of predicted classes and k-means clusters of the target features, which
    start at the centres of the predicted classes (Musgrave et al. 2022). 0 where all predictions are alike.
    """
    found = _clusters(outputs)
    return None if found is None else adjusted_mutual_information(_cross(*found))


def _clusters(outputs: Outputs) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Predicted class and cluster (n_t,) of each target image, each numbered from 0 without gaps."""
    features = np.asarray(outputs.target_features)
    logits = np.asarray(outputs.target_logits)
    if not logits.size or not np.isfinite(logits).all() or not np.isfinite(features).all():
        return None
    _, predicted = np.unique(logits.argmax(axis=1), return_inverse=True)
    classes = int(predicted.max()) + 1
    axes = learners.directions(features, standardise=False)
    where = axes(features)
    sums, counts = learners.class_sums(where, predicted, classes)
    member, _ = learners.k_means(where, sums / counts[:, None])
    return np.asarray(predicted, np.int64), np.asarray(np.unique(member, return_inverse=True)[1], np.int64)


def _cross(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    rows, columns = int(a.max()) + 1, int(b.max()) + 1
    return np.bincount(a * columns + b, minlength=rows * columns).reshape(rows, columns).astype(np.int64)


def adjusted_mutual_information(table: NDArray[Any]) -> float:
    """Adjusted mutual information (arithmetic mean as the bound; Vinh et al. 2010) of a table of counts.

    0 where a side has one group only: what says nothing shares nothing.
    """
    counts = np.asarray(table, np.int64)
    if min((counts.sum(axis=1) > 0).sum(), (counts.sum(axis=0) > 0).sum()) < 2:
        return 0.0
    mutual, bound = _mutual(counts[None].astype(np.float64))
    return float(_adjusted(mutual, bound, _by_chance(counts))[0])


def _mutual(tables: Floats) -> tuple[Floats, Floats]:
    """Mutual information and mean entropy of the sides, of tables (B, r, c) of counts."""
    n = tables.sum(axis=(1, 2))[:, None]
    rows = -_plogp(tables.sum(axis=2) / n).sum(axis=1)
    columns = -_plogp(tables.sum(axis=1) / n).sum(axis=1)
    joint = -_plogp(tables.reshape(len(tables), -1) / n).sum(axis=1)
    return rows + columns - joint, (rows + columns) / 2


def _adjusted(mutual: Floats, bound: Floats, chance: float) -> Floats:
    room = bound - chance
    # As scikit-learn does: the sign is kept where nothing is left to share.
    room = np.where(np.abs(room) < 1e-12, 1e-12, room)
    return np.asarray((mutual - chance) / room, np.float64)


def _by_chance(table: NDArray[np.int64]) -> float:
    """Mutual information to be expected of two labellings with these group sizes that know nothing of each
    other (hypergeometric model, Vinh et al. 2010)."""
    rows, row_times = np.unique(table.sum(axis=1), return_counts=True)
    columns, column_times = np.unique(table.sum(axis=0), return_counts=True)
    n = int(table.sum())
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    total = 0.0
    for a, times in zip(rows.tolist(), row_times.tolist(), strict=True):
        if not a:
            continue
        shared = np.arange(1, a + 1)[None]
        b = columns[:, None]
        possible = (shared <= b) & (n - a - b + shared >= 0)
        shared, b = np.where(possible, shared, 1), np.broadcast_to(b, possible.shape)
        rest = np.where(possible, n - a - b + shared, 0)
        chance = (
            logs[a]
            + logs[b]
            + logs[n - a]
            + logs[n - b]
            - logs[n]
            - logs[shared]
            - logs[a - shared]
            - logs[np.where(possible, b - shared, 0)]
            - logs[rest]
        )
        value = shared / n * np.log(n * shared / np.maximum(a * b, 1)) * np.exp(np.where(possible, chance, 0))
        total += times * float((np.where(possible, value, 0.0).sum(axis=1) * column_times).sum())
    return total


def validate(outputs: Outputs, seed: int = 0, limit: int = LIMIT) -> dict[str, float]:
    """All signs of one model, higher is better, on at most `limit` images of a kind; those that cannot be
    computed are left out. Answers are calibrated on the source first, so that models of different sharpness can
    be compared. Deterministic: models on the same data are judged on the same images."""
    some = outputs.sample(seed, limit).calibrated()
    ratio = density_ratio(some, seed)
    found: dict[str, float | None] = {
        "source_accuracy": source_accuracy(some),
        "information": information(some),
        "bnm": bnm(some),
        "class_ami": class_ami(some),
        "devn": None if ratio is None else devn(some, ratio),
        "dev": None if ratio is None else dev(some, ratio),
        "snd": snd(some),
        "entropy": entropy(some),
    }
    return {name: value for name, value in found.items() if value is not None and math.isfinite(value)}


# ------------------------------------------------------------------------------------------ the choice


def mean_rank(table: Sequence[Mapping[str, float]], names: Sequence[str] = CHOOSERS) -> list[float]:
    """Average rank of each model over the signs `names`, 1 is best; equal values share their ranks.

    A sign that a model lacks is skipped for it; ranks among fewer models are stretched to the full range, so
    that skipping neither helps nor harms. A model without any sign comes last.
    """
    n = len(table)
    ranks: list[list[float]] = [[] for _ in table]
    for name in names:
        there = [i for i in range(n) if name in table[i] and math.isfinite(table[i][name])]
        if len(there) < 2:
            continue
        found = _ranks(-_comparable(name, [table[i][name] for i in there]))
        for i, rank in zip(there, found, strict=True):
            ranks[i].append((float(rank) - 0.5) / len(there) * n + 0.5)
    return [sum(found) / len(found) if found else float(n) for found in ranks]


def _comparable(name: str, values: Sequence[float]) -> Floats:
    """Values of a sign as they are ranked: source accuracy in steps of `SOURCE_FALL` below the best.

    It is a guard: a model that forgets the source is not to be trusted. A point more or less is chance in a few
    hundred validation images, and what adapting costs anyway, and says nothing of the target.
    """
    found = np.asarray(values, np.float64)
    if name != "source_accuracy":
        return found
    return np.asarray(-np.floor((found.max() - found) / SOURCE_FALL + 1e-9))


def _ranks(values: Floats) -> Floats:
    """Ranks from 1, the smallest first; equal values get the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[place], np.float64)


def agreement(table: Sequence[Mapping[str, float]], names: Sequence[str] = CHOOSERS) -> float | None:
    """Kendall's coefficient of concordance W (tie-corrected) of the signs over the models: 1 is the same
    order by all, about one over the number of signs is what chance gives.

    Over the signs that every model has. None for fewer than two models or signs, or if all are equal.
    """
    shared = [name for name in names if all(name in row and math.isfinite(row[name]) for row in table)]
    n, m = len(table), len(shared)
    if n < 2 or m < 2:
        return None
    ranks = np.array([_ranks(_comparable(name, [row[name] for row in table])) for name in shared])
    ties = 0.0
    for one in ranks:
        counts = np.unique(one, return_counts=True)[1].astype(np.float64)
        ties += float((counts**3 - counts).sum())
    room = m * m * n * (n * n - 1) - m * ties
    if room <= 1e-9:
        return None
    value = (12 * float((ranks.sum(axis=0) ** 2).sum()) - 3 * m * m * n * (n + 1) ** 2) / room
    return min(1.0, max(0.0, value))


def agreement_in_words(value: float | None) -> str:
    """A sentence on how far the signs agree; the bounds are those usual for W (Schmidt, Decis. Sci. 28, 1997)."""
    if value is None:
        return "There are too few models or signs to say how far the signs agree."
    shown = f"Kendall's W is {value:.2f}"
    if value >= 0.7:
        return f"The signs largely agree on the order of the models ({shown})."
    if value >= 0.5:
        return f"The signs agree in part on the order of the models ({shown})."
    return (
        f"The signs hardly agree on the order of the models ({shown}), so the choice is a weak one; "
        "labelling a few target images would tell more."
    )


# ------------------------------------------------------------------------------------------ the verdict

FAMILIES = {
    "source_accuracy": "source accuracy",
    "information": "confidence",
    "bnm": "confidence",
    "class_ami": "clusters",
    "devn": "weighted risk",
}
"""Signs that measure nearly the same have one vote together: information and BNM both reward answers that
are each confident and together diverse, which many methods train for directly."""
SOURCE_FALL = 0.02
"""A fall of source accuracy below this (2 points) is the usual price of adapting, however certain it is."""
LEAST = 0.01
"""A difference below a hundredth of what a sign can span is no vote: thousands of images make anything certain."""
COLLAPSED = 0.98
"""With more than this share of all target images in one class, the answers say nothing."""


@dataclass(frozen=True)
class Difference:
    """One sign of the adapted model less that of source-only, with its 95 % interval.

    `span` is how far the sign can go between a worthless and a perfect model.
    """

    name: str
    adapted: float
    baseline: float
    difference: float
    interval: Interval
    span: float = 1.0

    @property
    def sign(self) -> int:
        """1 where the whole interval lies above 0 and the difference is worth a word, -1 where below, else 0."""
        if abs(self.difference) < LEAST * self.span:
            return 0
        return int(self.interval[0] > 0) - int(self.interval[1] < 0)


@dataclass(frozen=True)
class SignsVerdict:
    """Whether adapting helped, by the signs alone; `improved` and `worsened` name families of signs."""

    verdict: Outcome
    sentence: str
    differences: tuple[Difference, ...]
    improved: tuple[str, ...]
    worsened: tuple[str, ...]
    collapsed: bool


def signs_verdict(adapted: Outputs, baseline: Outputs, seed: int = 0) -> SignsVerdict:
    """Did adapting help? Both models' outputs for the same images in the same order.

    Each sign's difference gets a 95 % interval from a paired bootstrap over the target images (over source
    validation images for DEV and DEVN; Tango's score interval for source accuracy). Density ratios and
    clusters are held fixed, and for BNM and SND the resampled value is linearised (infinitesimal jackknife,
    Efron, SIAM 1982). The interval is about these two trained models; other seeds give somewhat other ones.

    "helped" needs at least two more families of signs (`FAMILIES`) that improve than worsen, no clear fall of
    source accuracy, and answers that have not collapsed to one class or to half as many classes as
    source-only uses. "negative transfer" is the reverse, or a collapse that no family of signs speaks for.
    What no sign can see is a model that is wrong in a consistent way, such as two classes changing places.
    Raises ValueError if the two do not hold the same numbers of images.
    """
    if len(adapted.target_logits) != len(baseline.target_logits) or not np.array_equal(
        adapted.source_labels, baseline.source_labels
    ):
        raise ValueError("a verdict needs the same images in the same order for both models")
    after, before = adapted.sample(seed).calibrated(), baseline.sample(seed).calibrated()
    rng = np.random.default_rng(seed)
    n, n_s = len(after.target_logits), len(after.source_labels)
    counts = _counts(n, rng)
    source_counts = _counts(n_s, rng)
    ratios = density_ratio(after, seed), density_ratio(before, seed)
    new, old = (
        _drawn(one, ratio, counts, source_counts) for one, ratio in zip((after, before), ratios, strict=True)
    )
    differences = []
    right = _right(after), _right(before)
    if right[0] is not None and right[1] is not None:
        pair = compare.paired(right[1], right[0])
        differences.append(
            Difference(
                "source_accuracy",
                float(right[0].mean()),
                float(right[1].mean()),
                pair.difference,
                pair.interval,
            )
        )
    for name in NAMES:
        if name in new and name in old:
            value = new[name][0] - old[name][0]
            drawn = new[name][1] - old[name][1]
            # Figures of resampled images are biased alike in every draw; the draws' own mean takes that out.
            low, high = np.quantile(drawn - drawn.mean(), [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
            differences.append(
                Difference(name, new[name][0], old[name][0], value, (float(value + low), float(value + high)))
            )
    return _judge(tuple(differences), _collapsed(after, before))


def _span(name: str, outputs: Outputs) -> float:
    n, classes = np.shape(outputs.target_logits)
    if name == "bnm":
        # From all mass on one class to each class alike, every answer certain.
        return max(math.sqrt(min(n, classes)) - 1, 0.1) / math.sqrt(n)
    if name == "snd":
        return math.log(max(n, 3))
    if name == "class_ami":
        return 1.0
    # Entropies, and losses against that of guessing.
    return math.log(max(classes, 2))


def _counts(n: int, rng: np.random.Generator) -> Floats:
    """How often each of n images is drawn in each of the resamples (RESAMPLES, n)."""
    if n == 0:
        return np.zeros((RESAMPLES, 0))
    places = rng.integers(0, n, size=(RESAMPLES, n)) + n * np.arange(RESAMPLES)[:, None]
    return np.bincount(places.ravel(), minlength=RESAMPLES * n).reshape(RESAMPLES, n).astype(np.float64)


def _drawn(
    outputs: Outputs, ratio: Floats | None, counts: Floats, source_counts: Floats
) -> dict[str, tuple[float, Floats]]:
    """Each sign but source accuracy, with its values over the resamples."""
    found: dict[str, tuple[float, Floats]] = {}
    p, n = _answers(outputs), len(outputs.target_logits)
    if p is not None:
        sure = _plogp(p).sum(axis=1)
        confident = counts @ sure / n
        diverse = -_plogp(counts @ p / n).sum(axis=1)
        found["entropy"] = (float(sure.mean()), confident)
        found["information"] = (
            float(sure.mean() - _plogp(p.mean(axis=0)).sum()),
            confident + diverse,
        )
        strengths, vectors = _strengths(p)
        # The nuclear norm is the trace of the root of P'P; an image moves it by half its length in that
        # root's inverse. Directions that no image uses have no part in it.
        used = strengths > 1e-10 * max(float(strengths.max()), 1e-30)
        inverse = vectors[:, used] / strengths[used] ** 0.25
        owed = ((p @ inverse) ** 2).sum(axis=1) / (2 * n)
        value = float(np.sqrt(strengths).sum() / n)
        found["bnm"] = (value, value + (counts - 1) @ owed)
        if (dense := _densities(outputs)) is not None:
            found["snd"] = (
                float(dense[0].mean()),
                float(dense[0].mean()) + (counts - 1) @ (dense[0] / n + dense[1]),
            )
    if (clusters := _clusters(outputs)) is not None:
        table = _cross(*clusters)
        if min(table.shape) < 2:
            found["class_ami"] = (0.0, np.zeros(len(counts)))
        else:
            found["class_ami"] = (adjusted_mutual_information(table), _drawn_ami(table, clusters, counts))
    loss = _losses(outputs)
    if loss is not None and _overlap(ratio):
        for name, unit in (("dev", 1.0), ("devn", float(ratio.max()))):
            weight = ratio / unit
            value = float(-_risk(weight * loss, weight, np.ones((1, len(loss))))[0])
            found[name] = (value, -_risk(weight * loss, weight, source_counts))
    return found


def _drawn_ami(
    table: NDArray[np.int64], clusters: tuple[NDArray[np.int64], NDArray[np.int64]], counts: Floats
) -> Floats:
    """Adjusted mutual information over the resamples; what chance gives is that of all images."""
    rows, columns = table.shape
    cells, place = np.unique(clusters[0] * columns + clusters[1], return_inverse=True)
    marks = np.zeros((len(place), len(cells)))
    marks[np.arange(len(place)), place] = 1.0
    drawn = counts @ marks / len(place)
    # Sums over rows and columns of the few cells that occur, in place of whole tables.
    row_marks = np.zeros((len(cells), rows))
    row_marks[np.arange(len(cells)), cells // columns] = 1.0
    column_marks = np.zeros((len(cells), columns))
    column_marks[np.arange(len(cells)), cells % columns] = 1.0
    of_rows = -_plogp(drawn @ row_marks).sum(axis=1)
    of_columns = -_plogp(drawn @ column_marks).sum(axis=1)
    joint = -_plogp(drawn).sum(axis=1)
    return _adjusted(of_rows + of_columns - joint, (of_rows + of_columns) / 2, _by_chance(table))


def _collapsed(after: Outputs, before: Outputs) -> bool:
    """Do the adapted answers leave out what source-only tells apart?"""
    shares = []
    for outputs in (after, before):
        logits = np.asarray(outputs.target_logits)
        if not logits.size or not np.isfinite(logits).all():
            # Answers that are no numbers are no answers.
            return outputs is after
        shares.append(np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]) / len(logits))
    classes_now, classes_before = (math.exp(-float(_plogp(share).sum())) for share in shares)
    return bool(shares[0].max() > COLLAPSED or classes_now < classes_before / 2)


def _judge(differences: tuple[Difference, ...], collapsed: bool) -> SignsVerdict:
    votes: dict[str, set[int]] = {}
    source_fell = False
    for found in differences:
        if found.name not in FAMILIES:
            continue
        sign = found.sign
        if found.name == "source_accuracy":
            source_fell = sign < 0 and found.difference <= -SOURCE_FALL
            sign = sign if sign > 0 or source_fell else 0
        votes.setdefault(FAMILIES[found.name], set()).add(sign)
    improved = tuple(family for family, signs in votes.items() if 1 in signs and -1 not in signs)
    worsened = tuple(family for family, signs in votes.items() if -1 in signs and 1 not in signs)
    lead = len(improved) - len(worsened)
    better = f"{_listed(improved)} improved" if improved else "nothing improved"
    worse = f"{_listed(worsened)} worsened" if worsened else "nothing worsened"
    verdict: Outcome = "no evidence"
    if not votes:
        sentence = "No sign could be computed for both models, so nothing is known about the target."
    elif collapsed:
        verdict = "negative transfer" if lead <= 0 else "no evidence"
        sentence = (
            "The adapted model gives nearly all target images the same few answers, "
            f"unlike source-only: it has collapsed. Do not use it ({better}, {worse})."
        )
    elif lead >= 2 and not source_fell:
        verdict = "helped"
        sentence = f"By the signs, adapting helped: compared with source-only and beyond chance, {better} and {worse}."
    elif lead <= -2:
        verdict = "negative transfer"
        sentence = (
            f"By the signs, adapting did harm: compared with source-only and beyond chance, {worse} and {better}. "
            "Keep source-only."
        )
    elif source_fell and improved:
        sentence = (
            f"No evidence that adapting helped: {better}, but the model lost accuracy on the source domain, "
            "where it can be measured."
        )
    else:
        sentence = f"No evidence that adapting helped or hurt: compared with source-only and beyond chance, {better} and {worse}."
    return SignsVerdict(verdict, sentence, differences, improved, worsened, collapsed)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
