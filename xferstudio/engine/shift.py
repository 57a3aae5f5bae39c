"""Says how far two domains are apart, from frozen features, and which strategies that suggests.

No label of the target is used. What is said of its classes comes from pseudo-labels, so it is an estimate
that is worse the further the domains are apart; the sentences say so.

Sources: proxy A-distance, Ben-David et al. (NeurIPS 2006; Mach. Learn. 79, 2010). Maximum mean discrepancy
with a permutation test, Gretton et al. (JMLR 13, 2012); several kernels around the median distance, Long et
al. (ICML 2015). Groups of the target that lead back to themselves through the source, Li et al. ("DCC", CVPR
2021). Harm by forced alignment when classes or their shares differ, Zhao et al. (ICML 2019) and Cao et al.
(ECCV 2018). Plain numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xferstudio.engine import learners
from xferstudio.engine.evaluate import Floats, Interval, Ints, wilson

Level = Literal["unknown", "little", "moderate", "large"]

LIMIT = 3000
"""Images of a domain beyond this number are sampled for the class-wise part."""
DISTANCE_LIMIT = 1000
"""Images of each domain for the A-distance: its interval is then at most 0.09 wide on either side."""
MMD_LIMIT = 400
PERMUTATIONS = 200
DIRECTIONS = 64
FOLDS = 5
SMALLEST = 10
"""Fewer images of a domain than this say nothing about its distance: the interval covers nearly everything."""
FEW = 50
"""Fewer target images than this cannot hold up an adversary or clusters; means and variances they can."""
LITTLE, LARGE = 0.5, 1.5
"""A-distances at which a simple classifier is right 5 times in 8, and 7 times in 8."""
SHARES_DIFFER = 0.25
"""A quarter of the target images would have to change class for the shares to be those of the source."""
LACKING = 0.4
"""A class with less than this part of the images to be expected counts as lacking: pseudo-labels err, so that
a class which is not there still gets some. Measured on photographs, paintings (PACS) and the sample, 25 to 200
images a class, within domains and across: no false alarm in 168 reports on all classes; of classes taken away
from the target, noticed 5 to 10 times in 10 within PACS and from paintings to photographs, hardly ever in the
sample, and never from photographs to paintings. `python -m benchmarks overlap` measures both ways anew."""
EXTRA, NOTABLE = 3, 0.05
"""Groups are looked for with this many more than there are classes; smaller ones than a twentieth are left alone."""
USUAL, BELOW, AGREE, BACK = 0.12, 0.4, 0.65, 0.65
"""A group of target images counts as unmatched if the cosine to its nearest class is below 0.4 of what is usual,
and its images have nearest neighbours in the source that do not agree on a class and do not lead back into the
group. Where even the usual group has a cosine below 0.12, or neighbours that do not agree, nothing is said.
Measured as above: false alarms in 6 of 108 reports on all classes, but from photographs to paintings in 12 of 18,
where a class that is known looks so different that nothing in the source is near; so the sentence names both
reasons. Of one or two classes taken away from the source, noticed 6 times in 10 (5 from photographs to paintings,
2 in the sample). Silence is no proof."""


@dataclass(frozen=True)
class ClassShift:
    """One class: its shares of both domains (the target's is estimated), and how far its mean moved, in units
    of the spread within a class (None if no target image seems to be of it)."""

    name: str
    source_share: float
    target_share: float
    target_images: int
    distance: float | None


@dataclass(frozen=True)
class ShiftReport:
    """How two domains differ. `told_apart` is the share of held-out images of which a simple classifier says
    the right domain; `distance` is the proxy A-distance 2 (1 - 2 error), from 0 (alike) to 2."""

    source_images: int
    target_images: int
    level: Level
    told_apart: float | None
    distance: float | None
    distance_interval: Interval | None
    mmd2: float | None
    mmd_p: float | None
    classes: tuple[ClassShift, ...]
    share_difference: float | None
    unmatched: tuple[str, ...]
    unmatched_target_share: float
    partial_overlap: bool
    words: tuple[str, ...]
    suggestion: tuple[str, ...]
    why: str


def shift_report(
    source_features: NDArray[Any],
    source_labels: NDArray[Any],
    target_features: NDArray[Any],
    classes: Sequence[str],
    seed: int = 0,
) -> ShiftReport:
    """Compare source features (n_s, d) with labels (n_s,), indices into `classes`, and target features (n_t, d).

    Deterministic given the seed. Raises ValueError for arrays that do not fit together or are not finite.
    """
    source, target = np.asarray(source_features, np.float32), np.asarray(target_features, np.float32)
    labels = np.asarray(source_labels, np.int64)
    if source.ndim != 2 or target.ndim != 2 or labels.shape != (len(source),):
        raise ValueError("features must be (n, d), and labels (n,) of the source images")
    if len(source) and len(target) and source.shape[1] != target.shape[1]:
        raise ValueError(f"{source.shape[1]} source features and {target.shape[1]} target features")
    if len(labels) and (labels.min() < 0 or labels.max() >= len(classes)):
        raise ValueError("labels must be indices of the classes")
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise ValueError("features must be finite numbers")
    rng = np.random.default_rng(seed)
    errors = discrepancy = None
    found: list[ClassShift] = []
    lacking: list[str] = []
    strange = 0.0
    n = min(len(source), len(target), DISTANCE_LIMIT)
    if n >= SMALLEST:
        some, other = _some(len(source), n, rng), _some(len(target), n, rng)
        both = np.concatenate([source[some], target[other]])
        # With as many directions as images, any two samples could be told apart.
        where = learners.directions(both, min(DIRECTIONS, n // 2))(both)
        errors = _errors(where, n, rng)
        discrepancy = _mmd(where[:n], where[n:], rng)
    if len(target) and len(source) > len(classes):
        kept, held = _some(len(source), LIMIT, rng), _some(len(target), LIMIT, rng)
        found, lacking, strange = _by_class(source[kept], labels[kept], target[held], classes, rng)
    present = len(np.unique(labels))
    return _told(len(source), len(target), present, n, errors, discrepancy, found, lacking, strange)


def _some(n: int, limit: int, rng: np.random.Generator) -> Ints:
    return np.sort(rng.permutation(n)[:limit]).astype(np.int64)


def _errors(where: NDArray[Any], n: int, rng: np.random.Generator) -> int:
    """Held-out images, of n of each domain, whose domain a cross-validated logistic regression gets wrong."""
    domain = np.repeat([0, 1], n)
    fold = np.concatenate([rng.permutation(np.arange(n) % FOLDS) for _ in range(2)])
    wrong = 0
    for k in range(FOLDS):
        held = fold == k
        fit = learners.logistic(where[~held], domain[~held])
        wrong += int(((fit(where[held]) > 0) != domain[held]).sum())
    return wrong


def _mmd(source: NDArray[Any], target: NDArray[Any], rng: np.random.Generator) -> tuple[float, float]:
    """Unbiased squared maximum mean discrepancy, and its p value from permutations of the domains.

    The kernel is the mean of five Gaussians whose widths lie around the median distance, so one value fits
    all scales; equal domains give about 0, and 1 is further than features can be.
    """
    x = np.asarray(source[rng.permutation(len(source))[:MMD_LIMIT]], np.float64)
    y = np.asarray(target[rng.permutation(len(target))[:MMD_LIMIT]], np.float64)
    both = np.concatenate([x, y])
    lengths = (both**2).sum(axis=1)
    apart = np.maximum(lengths[:, None] + lengths[None] - 2 * both @ both.T, 0.0)
    middle = float(np.median(apart[np.triu_indices(len(both), 1)]))
    if middle <= 0:
        return 0.0, 1.0
    kernel = np.mean([np.exp(-apart / (middle * scale)) for scale in (0.25, 0.5, 1.0, 2.0, 4.0)], axis=0)
    np.fill_diagonal(kernel, 0.0)
    m, n = len(x), len(y)
    first = np.zeros((PERMUTATIONS + 1, m + n))
    first[0, :m] = 1.0
    for row in first[1:]:
        row[rng.permutation(m + n)[:m]] = 1.0
    inside = ((first @ kernel) * first).sum(axis=1)
    outside = (((1 - first) @ kernel) * (1 - first)).sum(axis=1)
    across = kernel.sum() - inside - outside
    values = inside / (m * (m - 1)) + outside / (n * (n - 1)) - across / (m * n)
    # The observed division is one of those that chance could give. Sums differ by rounding alone.
    return float(values[0]), float((values >= values[0] - 1e-12).sum() / len(values))


def _by_class(
    source: NDArray[Any],
    labels: Ints,
    target: NDArray[Any],
    classes: Sequence[str],
    rng: np.random.Generator,
) -> tuple[list[ClassShift], list[str], float]:
    """The shift of each class, names of classes without target images, and the share of unmatched ones."""
    fewer = min(len(source), len(target))
    axes = learners.directions(np.concatenate([source, target]), min(DIRECTIONS, max(1, fewer // 2)))
    x, y = axes(source).astype(np.float64), axes(target).astype(np.float64)
    present = np.unique(labels)
    order = np.searchsorted(present, labels)
    sums, counts = learners.class_sums(x, order, len(present))
    source_means = sums / counts[:, None]
    # Directions, each seen from the middle of its own domain: what all images of a domain share is taken out.
    u, v = _unit(x - source_means.mean(axis=0)), _unit(y - y.mean(axis=0))
    means = _unit(learners.class_sums(u, order, len(present))[0])
    pseudo = (v @ means.T).argmax(axis=1)
    inside = max(float(((x - source_means[order]) ** 2).sum()) / max(1, len(x) - len(present)), 1e-12)
    target_sums, target_counts = learners.class_sums(y, pseudo, len(present))
    position = {int(label): k for k, label in enumerate(present)}
    found, lacking = [], []
    enough = len(y) >= 10 * len(present)
    for label, name in enumerate(classes):
        k = position.get(label)
        images = int(target_counts[k]) if k is not None else 0
        distance = None
        if k is not None and images:
            step = target_sums[k] / images - source_means[k]
            # Means of few images lie apart by chance: that part is taken off.
            squared = float(step @ step) / inside - 1 / images - 1 / float(counts[k])
            distance = float(np.sqrt(max(0.0, squared)))
        share = float(counts[k]) / len(x) if k is not None else 0.0
        found.append(ClassShift(str(name), share, images / len(y), images, distance))
        if k is not None and enough and images < LACKING * share * len(y):
            lacking.append(str(name))
    strange = 0.0
    if enough and len(y) >= FEW and len(present) > 1:
        strange = _strange(u, order, means, v, rng)
    return found, lacking, strange


def _unit(rows: Floats) -> Floats:
    length: Floats = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(length, 1e-12)


def _strange(u: Floats, order: Ints, means: Floats, v: Floats, rng: np.random.Generator) -> float:
    """Share of target images in groups that no source class is near (see `BELOW`).

    `u` (n, d) and `v` (m, d) are directions of source and target images, `means` (C, d) those of the classes.
    """
    member = _groups(v, min(len(means) + EXTRA, len(v) // 5), rng)
    alike = v @ u.T
    there, back = alike.argmax(axis=1), alike.argmax(axis=0)
    notable = np.flatnonzero(np.bincount(member) >= max(5, NOTABLE * len(v)))
    inside = [member == group for group in notable.tolist()]
    if len(inside) < 2:
        return 0.0
    near = (_unit(np.stack([v[group].mean(axis=0) for group in inside])) @ means.T).max(axis=1)
    agree = np.array([np.bincount(order[there[group]]).max() / group.sum() for group in inside])
    returned = np.array([group[back[there[group]]].mean() for group in inside])
    usual = float(np.median(near))
    if usual < USUAL or float(np.median(agree)) < AGREE:
        return 0.0
    out = (near < BELOW * usual) & (agree < AGREE) & (returned < BACK)
    return float(sum(int(inside[k].sum()) for k in np.flatnonzero(out))) / len(v)


def _groups(v: Floats, k: int, rng: np.random.Generator) -> Ints:
    """The group (n,) of each image: k-means, the tightest of five starts."""
    tightest, best = np.inf, np.zeros(len(v), np.int64)
    for _ in range(5):
        member, centres = learners.k_means(v, learners.spread_centres(v, k, rng))
        loose = float(((v - centres[member]) ** 2).sum())
        if loose < tightest:
            tightest, best = loose, member
    return best


# ------------------------------------------------------------------------------------------- in words


def _told(
    source: int,
    target: int,
    present: int,
    n: int,
    errors: int | None,
    discrepancy: tuple[float, float] | None,
    found: Sequence[ClassShift],
    lacking: Sequence[str],
    strange: float,
) -> ShiftReport:
    words: list[str] = []
    level: Level = "unknown"
    apart = distance = None
    interval: Interval | None = None
    if errors is None:
        words.append(
            f"With {_images(source)} of the source and {_images(target)} of the target, how far the domains are "
            f"apart cannot be measured; it takes at least {SMALLEST} of each."
        )
    else:
        error = errors / (2 * n)
        low, high = wilson(errors, 2 * n)
        apart, distance = 1 - error, _distance(error)
        interval = (_distance(high), _distance(low))
        same = discrepancy is not None and discrepancy[1] > 0.05
        level = "large" if distance >= LARGE else "moderate" if distance >= LITTLE else "little"
        if level == "moderate" and same and interval[0] < LITTLE:
            # Neither way of looking is sure that there is more than little.
            level = "little"
        looks = {"little": "rather alike", "moderate": "somewhat different", "large": "very different"}
        words.append(
            f"A simple classifier tells the two domains apart {round(100 * apart)} times in 100: "
            f"they look {looks[level]} (A-distance {distance:.2f}, between {interval[0]:.2f} and "
            f"{interval[1]:.2f}; 0 is alike, 2 is nothing in common)."
        )
        if discrepancy is not None:
            words.append(
                f"A test for any difference of the two (MMD, p = {discrepancy[1]:.3f}) finds none beyond chance."
                if same
                else f"A test for any difference of the two (MMD, p = {discrepancy[1]:.3f}) finds one."
            )
    moved = sorted((one for one in found if one.distance is not None), key=lambda one: -(one.distance or 0))
    if len(moved) > 1 and level in ("moderate", "large"):
        most, least = moved[0], moved[-1]
        words.append(
            f"As far as can be told without labels, the class {most.name} moved most ({most.distance:.1f} times "
            f"the spread within a class) and {least.name} least ({least.distance:.1f} times)."
        )
    difference = None
    if found and target >= 10 * len(found):
        difference = sum(abs(one.target_share - one.source_share) for one in found) / 2
        if difference > SHARES_DIFFER:
            widest = max(found, key=lambda one: abs(one.target_share - one.source_share))
            words.append(
                f"The classes seem to have other shares in the target: {widest.name} about "
                f"{widest.target_share:.0%} in place of {widest.source_share:.0%}. This is an estimate."
            )
    if lacking:
        words.append(
            f"Hardly any target image seems to be of the class {lacking[0]}."
            if len(lacking) == 1
            else f"Hardly any target image seems to be of the classes {', '.join(lacking)}."
        )
    if strange:
        words.append(
            f"About {strange:.0%} of the target images form groups that are near no class of the source; they may "
            "show something that the source does not have, or a class that looks quite different there."
        )
    partial = bool(lacking) or strange > 0
    if partial:
        words.append(
            "The domains may share only some of their classes. Forcing them into alignment then hurts: images are "
            "pulled to classes that they do not belong to."
        )
    suggestion, why = _suggest(level, target, present, partial, difference)
    return ShiftReport(
        source_images=source,
        target_images=target,
        level=level,
        told_apart=apart,
        distance=distance,
        distance_interval=interval,
        mmd2=None if discrepancy is None else discrepancy[0],
        mmd_p=None if discrepancy is None else discrepancy[1],
        classes=tuple(found),
        share_difference=difference,
        unmatched=tuple(lacking),
        unmatched_target_share=strange,
        partial_overlap=partial,
        words=tuple(words),
        suggestion=suggestion,
        why=why,
    )


def _distance(error: float) -> float:
    return min(2.0, max(0.0, 2 * (1 - 2 * error)))


def _images(n: int) -> str:
    return f"{n:,} image{'s' if n != 1 else ''}"


def _suggest(
    level: Level, target: int, classes: int, partial: bool, difference: float | None
) -> tuple[tuple[str, ...], str]:
    """Strategies to try, the first first, and why. `source-only` is always run beside them."""
    if classes < 2:
        return ("source-only",), "The source has fewer than two classes, so there is nothing to tell apart."
    if target < FEW:
        return (
            ("adabn", "coral"),
            f"With only {_images(target)} of the target, strategies that need just its means and variances are "
            "the safe ones.",
        )
    if partial:
        return (
            ("mcc", "shot", "self-train"),
            "The domains may not share all classes, so prefer strategies that do not force them into "
            "alignment; leave dan and dann.",
        )
    if difference is not None and difference > SHARES_DIFFER:
        return (
            ("mcc", "shot", "self-train"),
            "The shares of the classes seem to differ, so prefer strategies that do not align the domains as a "
            "whole; leave dan and dann, which would trade classes for one another.",
        )
    if level == "little":
        return (
            ("source-only",),
            "The domains look so much alike that adapting has little to win; the source model may do as it is.",
        )
    if level == "large":
        return (
            ("cdan", "mcc", "shot"),
            "The domains are far apart and seem to hold the same classes in like shares, which is what "
            "strategies that align class by class need.",
        )
    return (
        ("coral", "adabn"),
        "The domains are moderately apart, so the simple strategies that match means and covariances are worth "
        "trying first.",
    )
