"""Measures target accuracy from 20 to 50 labels: which images to label, what they say, and whether it changes
the choice of the model.

Images are drawn by strata of the model's confidence, and within these spread evenly over the predicted
classes: where confidence tells right from wrong, the same labels give a narrower interval, and where it does
not, little is lost. Strata where mistakes are likelier get more labels per image.

Sources: allocation, Neyman (J. R. Stat. Soc. 97, 1934); drawing one list at even steps, Madow (Ann. Math. Stat.
15, 1944); prediction of the images that were not drawn, Ericson (J. R. Stat. Soc. B 31, 1969), with the
prior of Jeffreys and its correction at the ends, Brown, Cai and DasGupta (Stat. Sci. 16, 2001). Plain numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xferstudio.engine import compare
from xferstudio.engine.evaluate import CONFIDENCE, WIDE, Interval, Ints

Answer = bool | None
"""Whether a model is right on an image; None for an image that was skipped or not labelled yet."""

DRAWS = 4000
PER_STRATUM = 8
"""Labels that a stratum needs to say something of its own."""
SPENT = 1.5
"""In simulations this makes 95 % intervals hold the truth in about 95 of 100 audits; without it in 92."""
STRATA = 5
"""More strata than this gain next to nothing (Cochran, Sampling Techniques, section 5A.8)."""
DOUBT = 0.1
"""Confidence is mixed with this much of a coin toss before labels are allotted, since it may be misplaced: the
surest images then still get more than two fifths of the labels of the least sure."""


@dataclass(frozen=True)
class AuditSample:
    """Images to label, in the order in which to show them, and how they were drawn.

    `indices` point into the population of n images; `stratum` (n,) is the stratum of each image of the
    population, 0 the least confident; `sizes` are the numbers of images in each stratum. Any first part of
    `indices` is itself spread over the strata, so one may stop early.
    """

    indices: tuple[int, ...]
    stratum: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Estimate:
    """Accuracy on all images of the population, with its 95 % interval; None if nothing was labelled."""

    accuracy: float | None
    interval: Interval
    labelled: int
    population: int
    sentence: str


@dataclass(frozen=True)
class AuditDifference:
    """How much more of the population `model` gets right than `chosen`, with its 95 % interval.

    `gained` and `lost` count the labelled images that only one of the two gets right; `p_value` is for this
    model alone, `adjusted_p` is corrected for all models that were looked at (Holm).
    """

    model: str
    chosen: str
    labelled: int
    gained: int
    lost: int
    difference: float
    interval: Interval
    p_value: float
    adjusted_p: float
    verdict: compare.Verdict
    sentence: str


@dataclass(frozen=True)
class Choice:
    """The model to use after the audit; `verdict` is "better" if the labels clearly speak for `name`."""

    name: str
    verdict: Literal["better", "too close to call"]
    sentence: str


# ------------------------------------------------------------------------------------ which to label


def choose_sample(probabilities: NDArray[Any], number: int, seed: int = 0) -> AuditSample:
    """Choose `number` images to label, given the model's probabilities (n, C); all of them if n is smaller.

    Deterministic given the seed. Raises ValueError if the probabilities are none.
    """
    chances = np.asarray(probabilities, np.float64)
    if chances.ndim != 2 or (len(chances) and not chances.shape[1]):
        raise ValueError("probabilities must be (n, C)")
    if not np.isfinite(chances).all():
        raise ValueError("probabilities must be numbers between 0 and 1")
    n = len(chances)
    number = min(max(0, number), n)
    if n == 0:
        return AuditSample((), (), ())
    rng = np.random.default_rng(seed)
    sure = np.clip(chances.max(axis=1), 0.0, 1.0)
    likely = (1 - DOUBT) * sure + DOUBT / 2
    spread = np.sqrt(likely * (1 - likely))
    # Images that are equally sure fall in any order, so that no folder or class stands together.
    ranked = np.lexsort((rng.permutation(n), sure))
    strata = int(np.clip(number // PER_STRATUM, 1, min(STRATA, n)))
    # Bounds at which every stratum has the same summed spread: near the best there are (Dalenius, Hodges 1959).
    passed = np.cumsum(spread[ranked])
    if passed[-1] <= 0:
        passed = np.arange(1.0, n + 1)
    place = np.minimum(((passed - passed[0] / 2) / passed[-1] * strata).astype(np.int64), strata - 1)
    _, place = np.unique(place, return_inverse=True)
    stratum = np.empty(n, np.int64)
    stratum[ranked] = place
    sizes = np.bincount(stratum)
    weight = np.bincount(stratum, weights=spread)
    allotted = _allot(number, sizes, weight)
    predicted = chances.argmax(axis=1)
    order = rng.permutation(chances.shape[1])
    drawn: list[tuple[float, int]] = []
    for h, count in enumerate(allotted.tolist()):
        if not count:
            continue
        inside = np.flatnonzero(stratum == h)
        # Sorted by predicted class, then drawn at even steps: each class gets its share. Within a class
        # the order is random, so that the steps meet no other pattern.
        inside = inside[np.lexsort((rng.permutation(len(inside)), order[predicted[inside]]))]
        steps = (np.arange(count) + rng.random()) * len(inside) / count
        chosen = rng.permutation(inside[np.minimum(steps.astype(np.int64), len(inside) - 1)])
        drawn += [((j + rng.random()) / count, int(image)) for j, image in enumerate(chosen)]
    return AuditSample(
        indices=tuple(image for _, image in sorted(drawn)),
        stratum=tuple(stratum.tolist()),
        sizes=tuple(sizes.tolist()),
    )


def _allot(number: int, sizes: NDArray[Any], weight: NDArray[Any]) -> Ints:
    """Numbers of labels in proportion to the weights, whole, within the sizes, at least 1 each where possible."""
    given = np.zeros(len(sizes), np.int64)
    for _ in range(number):
        # The next label goes where one stands for most; a stratum without any comes first.
        need = np.where(given < sizes, weight / np.maximum(given, 1e-9), -1.0)
        given[int(need.argmax())] += 1
    return given


# ----------------------------------------------------------------------------------- what labels say


@dataclass(frozen=True)
class _Counts:
    """Labelled images by stratum (H,) and outcome (H, k), and the numbers of images (H,) they stand for."""

    outcomes: Ints
    sizes: Ints


def _counts(sample: AuditSample, outcomes: Sequence[int | None], kinds: int, among: Ints | None) -> _Counts:
    """Counts of outcomes 0 .. kinds - 1 of the sample's images; strata without a label join a neighbour.

    `among` holds the images of the population that are in question; None means all.
    """
    if len(outcomes) != len(sample.indices):
        raise ValueError(f"{len(outcomes)} answers for {len(sample.indices)} images of the sample")
    inside = np.ones(len(sample.stratum), bool)
    if among is not None:
        inside = np.zeros(len(sample.stratum), bool)
        inside[among] = True
    stratum = np.asarray(sample.stratum, np.int64)
    sizes = np.bincount(stratum[inside], minlength=len(sample.sizes)).astype(np.int64)
    counts = np.zeros((len(sample.sizes), kinds), np.int64)
    for image, outcome in zip(sample.indices, outcomes, strict=True):
        if outcome is not None and inside[image]:
            counts[stratum[image], outcome] += 1
    kept_counts: list[NDArray[Any]] = []
    kept_sizes: list[int] = []
    waiting = 0
    for row, size in zip(counts, sizes.tolist(), strict=True):
        if row.sum():
            kept_counts.append(row.copy())
            kept_sizes.append(size + waiting)
            waiting = 0
        elif kept_sizes:
            kept_sizes[-1] += size
        else:
            waiting += size
    if not kept_counts:
        return _Counts(np.zeros((0, kinds), np.int64), np.zeros(0, np.int64))
    return _Counts(np.stack(kept_counts), np.asarray(kept_sizes, np.int64))


def _share(counts: _Counts, outcome: int) -> float:
    """The unbiased estimate of how many images of the population have this outcome."""
    labelled = counts.outcomes.sum(axis=1)
    return float((counts.sizes * counts.outcomes[:, outcome] / labelled).sum())


def _predicted(counts: _Counts, rng: np.random.Generator) -> NDArray[Any]:
    """Numbers of images (DRAWS, k) of each outcome in the population: those seen, and those predicted.

    One Jeffreys prior is divided over the strata: one for each would, with eight labels a stratum, pull a
    perfect result down by five points. In return each stratum's labels count for `SPENT` fewer than they are,
    because its spread is judged from these few labels themselves.
    """
    strata, kinds = counts.outcomes.shape
    total = np.zeros((DRAWS, kinds))
    for row, size in zip(counts.outcomes, counts.sizes.tolist(), strict=True):
        labelled = int(row.sum())
        worth = max(labelled - SPENT, labelled / 2) / labelled
        chance = rng.dirichlet(row * worth + 0.5 / strata, size=DRAWS)
        # Rounding may leave a sum a trifle above 1, which the next draw refuses.
        chance = np.clip(chance, 0.0, 1.0)
        chance /= np.maximum(chance.sum(axis=1, keepdims=True), 1.0)
        total += row + rng.multinomial(size - labelled, chance)
    return total


def estimate(sample: AuditSample, right: Sequence[Answer], seed: int = 0) -> Estimate:
    """Accuracy over the population from answers (one for each of `sample.indices`; None is skipped).

    The interval is of the accuracy on exactly these images: with all of them labelled it has no width.
    Skipped images count as not drawn, which is fair unless the skipped are harder for the model than others.
    """
    counts = _counts(sample, [None if one is None else int(bool(one)) for one in right], 2, None)
    population, labelled = len(sample.stratum), int(counts.outcomes.sum())
    if not labelled:
        return Estimate(
            None, (0.0, 1.0), 0, population, "No target image is labelled yet, so nothing is measured."
        )
    value = _share(counts, 1) / population
    drawn = _predicted(counts, np.random.default_rng(seed))[:, 1] / population
    low, high = (float(end) for end in np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    hits, misses = int(counts.outcomes[:, 1].sum()), int(counts.outcomes[:, 0].sum())
    # Without a single mistake nothing speaks against perfection, and the other way round.
    if not misses:
        high = 1.0
    if not hits:
        low = 0.0
    low, high = min(low, value), max(high, value)
    sentence = (
        f"On the target the model is right about {_percent(value)} of the time, between {_percent(low)} and "
        f"{_percent(high)}, judged by {labelled:,} label{'s' if labelled != 1 else ''} of {population:,} "
        f"image{'s' if population != 1 else ''}."
    )
    if high - low > WIDE:
        sentence += " More labels would narrow that."
    return Estimate(value, (low, high), labelled, population, sentence)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


# ------------------------------------------------------------------------------------- which model


def compare_models(
    sample: AuditSample,
    right_by_model: Mapping[str, Sequence[Answer]],
    chosen: str,
    answers: Mapping[str, NDArray[Any]] | None = None,
    seed: int = 0,
) -> list[AuditDifference]:
    """Each other model against `chosen` on the same labels, in the order given.

    `answers`, the predicted classes (n,) of each model on the whole population, may be left out. They narrow
    the intervals: images on which two models say the same cannot make a difference.
    "better" or "worse" needs a sign-flip test of the labelled images, corrected for the number of models
    (Holm), and an interval that leaves out 0. Raises ValueError for a model that is not there.
    """
    if chosen not in right_by_model:
        raise ValueError(f"{chosen} has no answers")
    others = [name for name in right_by_model if name != chosen]
    found = []
    for name in others:
        steps = [
            None if a is None or b is None else int(bool(b)) - int(bool(a))
            for a, b in zip(right_by_model[chosen], right_by_model[name], strict=True)
        ]
        among = None
        if answers is not None and chosen in answers and name in answers:
            apart = np.asarray(answers[chosen]) != np.asarray(answers[name])
            if apart.shape != (len(sample.stratum),):
                raise ValueError(f"{apart.shape} predictions for {len(sample.stratum)} images")
            among = np.flatnonzero(apart)
        found.append(_difference(sample, chosen, name, steps, among, seed))
    adjusted = compare.holm([one.p_value for one in found])
    return [_judged(one, p) for one, p in zip(found, adjusted, strict=True)]


def _difference(
    sample: AuditSample, chosen: str, name: str, steps: Sequence[int | None], among: Ints | None, seed: int
) -> AuditDifference:
    population = len(sample.stratum)
    known = [step for step in steps if step is not None]
    gained, lost = known.count(1), known.count(-1)
    counts = _counts(sample, [None if step is None else step + 1 for step in steps], 3, among)
    if among is not None and not len(among):
        value, interval = 0.0, (0.0, 0.0)
    elif not len(counts.sizes):
        # Nothing labelled of what they differ on.
        value, reach = 0.0, 1.0 if among is None else len(among) / population
        interval = (-reach, reach)
    else:
        value = (_share(counts, 2) - _share(counts, 0)) / population
        drawn = _predicted(counts, np.random.default_rng(seed))
        ends = np.quantile(
            (drawn[:, 2] - drawn[:, 0]) / population, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
        )
        interval = (min(float(ends[0]), value), max(float(ends[1]), value))
    p = compare.sign_flip(known)
    return AuditDifference(
        name, chosen, len(known), gained, lost, value, interval, p, p, "too close to call", ""
    )


def _judged(found: AuditDifference, adjusted: float) -> AuditDifference:
    low, high = found.interval
    verdict: compare.Verdict = "too close to call"
    if adjusted < compare.ALPHA and low > 0:
        verdict = "better"
    elif adjusted < compare.ALPHA and high < 0:
        verdict = "worse"
    points = f"{100 * abs(found.difference):.0f} points"
    between = f"between {100 * low:+.0f} and {100 * high:+.0f} points"
    labels = f"{found.labelled:,} label{'s' if found.labelled != 1 else ''}"
    if not found.labelled:
        sentence = f"No label says which of {found.chosen} and {found.model} is better."
    elif verdict == "better":
        sentence = f"{found.model} is better than {found.chosen} on the target: {points} more accurate by {labels} ({between})."
    elif verdict == "worse":
        sentence = f"{found.model} is worse than {found.chosen} on the target: {points} less accurate by {labels} ({between})."
    else:
        sentence = (
            f"Too close to call: of {labels}, {found.gained:,} {'is' if found.gained == 1 else 'are'} right only in "
            f"{found.model} and {found.lost:,} only in {found.chosen}; the true difference may lie {between}."
        )
    return AuditDifference(
        found.model,
        found.chosen,
        found.labelled,
        found.gained,
        found.lost,
        found.difference,
        found.interval,
        found.p_value,
        adjusted,
        verdict,
        sentence,
    )


def corrected_choice(differences: Sequence[AuditDifference], chosen: str) -> Choice:
    """The model to use after the audit: another one only if the labels clearly say that it is better."""
    better = [one for one in differences if one.verdict == "better"]
    if better:
        best = max(better, key=lambda one: one.difference)
        return Choice(best.model, "better", f"Use {best.model} in place of {chosen}. {best.sentence}")
    if not differences:
        return Choice(chosen, "too close to call", f"Keep {chosen}: there is no other model to compare.")
    if all(one.verdict == "worse" for one in differences):
        return Choice(
            chosen,
            "better",
            f"Keep {chosen}: by the labels it is better than "
            f"{'the other model' if len(differences) == 1 else f'all {len(differences)} others'}.",
        )
    rival = max(differences, key=lambda one: one.difference)
    return Choice(
        chosen, "too close to call", f"Keep {chosen}: no other model is clearly better. {rival.sentence}"
    )
