"""Says of runs that were measured on the same images which is better, or that it is too close to call.

A pair of runs is compared image by image: only images that one gets right and the other wrong tell anything.
The test flips the sign of each image's (or group's) difference, counted exactly, with the mid-p correction.
For images that stand alone this is McNemar's mid-p test, which Fagerland, Lydersen and Laake recommend (BMC
Med. Res. Methodol. 13:91, 2013). The interval of the difference is Tango's score interval (Stat. Med. 17,
1998); with groups it is widened by the variance between groups. Several runs at once are corrected for by
Holm (Scand. J. Stat. 6, 1979) over all pairs, because the best run is picked after looking at them.
"""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xferstudio.api import UserError
from xferstudio.engine import evaluate
from xferstudio.history import RunFolder, all_runs
from xferstudio.project import Project

ALPHA = 0.05
COMPARED = ("finished", "stopped")
"""States of a run whose model is final."""
WIDTH = 100
"""Columns of the text table."""

Answers = Mapping[str, tuple[str, bool, str]]
"""For each content hash: the label's name, whether the run was right, and the group."""

Verdict = Literal["better", "worse", "too close to call"]
Transfer = Literal["transfer helped", "no evidence", "negative transfer"]


# ---------------------------------------------------------------------------------------- two runs


@dataclass(frozen=True)
class Paired:
    """Whether run `b` is better than run `a` on the same `n` images.

    `a_only` and `b_only` count the images that only one of them gets right; `difference` is the accuracy of
    b less that of a, `interval` its 95 % interval, both as shares. `p_value` is for this pair alone, and
    `adjusted_p` is corrected for all pairs that were looked at. `units` is the number of independent groups
    of images.
    """

    n: int
    a_only: int
    b_only: int
    difference: float
    interval: tuple[float, float]
    p_value: float
    verdict: Verdict
    sentence: str
    a: str = "the first run"
    b: str = "the second run"
    units: int = 0
    adjusted_p: float = 1.0
    split: str = ""


def paired(
    correct_a: NDArray[Any] | Sequence[bool],
    correct_b: NDArray[Any] | Sequence[bool],
    groups: Sequence[str] | None = None,
    *,
    a: str = "the first run",
    b: str = "the second run",
) -> Paired:
    """Is b better than a? Both arrays (n,) tell, for the same images in the same order, which were right.

    `groups` (n,) names what each image belongs to ("" for one that stands alone); images of a group count as
    one independent observation. The verdict is "better" or "worse" only if p < 0.05 and the interval leaves
    out 0.
    Raises ValueError for arrays of different lengths.
    """
    right_a, right_b = np.asarray(correct_a, bool), np.asarray(correct_b, bool)
    if (
        right_a.ndim != 1
        or right_a.shape != right_b.shape
        or (groups is not None and len(groups) != len(right_a))
    ):
        raise ValueError("a paired comparison needs the same images in the same order for both runs")
    n = len(right_a)
    steps = right_b.astype(np.int64) - right_a.astype(np.int64)
    a_only, b_only = int((steps < 0).sum()), int((steps > 0).sum())
    if n == 0:
        return _judged(Paired(0, 0, 0, 0.0, (-1.0, 1.0), 1.0, "too close to call", "", a, b), 1.0)
    members = evaluate.members(groups, n)
    sizes = np.bincount(members)
    sums = np.rint(np.bincount(members, weights=steps)).astype(np.int64)
    units = len(sums)
    low, high = tango(b_only, a_only, n)
    if units < n:
        # Images of a group are no independent witnesses, so the variance between groups counts.
        wide = _grouped_interval(sums, sizes)
        low, high = min(low, wide[0]), max(high, wide[1])
    p = sign_flip(sums)
    found = Paired(
        n, a_only, b_only, (b_only - a_only) / n, (low, high), p, "too close to call", "", a, b, units
    )
    return _judged(found, p)


def sign_flip(differences: NDArray[Any] | Sequence[int]) -> float:
    """Two-sided mid-p value of whole-number differences whose signs, by chance, fall either way.

    Counted exactly, not drawn. For differences of -1, 0 and 1 it is McNemar's mid-p test.
    """
    values = np.abs(np.asarray(differences, np.int64))
    values = values[values > 0]
    observed = abs(int(np.asarray(differences, np.int64).sum()))
    total = int(values.sum())
    if total == 0:
        return 1.0
    if (values == 1).all():
        return _mid_p(len(values), (len(values) - observed) // 2)
    # chance[s] is the probability that the sum is s - reach, with `reach` growing by one value at a time.
    chance = np.ones(1)
    for value in values:
        grown = np.zeros(len(chance) + 2 * int(value))
        grown[: len(chance)] += chance / 2
        grown[2 * int(value) :] += chance / 2
        chance = grown
    # Every sum has the parity of the total, so the other places are exact zeros and do no harm.
    distance = np.abs(np.arange(len(chance)) - total)
    return float(min(1.0, chance[distance > observed].sum() + chance[distance == observed].sum() / 2))


def _mid_p(n: int, fewer: int) -> float:
    """Twice the binomial(n, 1/2) tail at `fewer`, counting the observed outcome itself by half."""
    count = np.arange(0, fewer + 1)
    logs = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in count])
    tail = np.exp(logs - n * math.log(2))
    if 2 * fewer == n:
        return float(1 - tail[-1] / 2)
    return float(min(1.0, 2 * tail[:-1].sum() + tail[-1]))


def tango(gained: int, lost: int, n: int, confidence: float = evaluate.CONFIDENCE) -> tuple[float, float]:
    """Score interval of the difference (gained - lost) / n of two paired proportions (Tango 1998)."""
    if n <= 0:
        return -1.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)

    def score(delta: float) -> float:
        """How many standard errors the observed difference lies above `delta`; falls as delta grows."""
        slope = -gained - lost + (2 * n - gained + lost) * delta
        rest = -lost * delta * (1 - delta)
        share = (math.sqrt(max(0.0, slope * slope - 8 * n * rest)) - slope) / (4 * n)
        variance = n * (2 * share + delta * (1 - delta))
        gap = gained - lost - n * delta
        if variance <= 1e-12:
            return 0.0 if abs(gap) < 1e-9 else math.copysign(math.inf, gap)
        return gap / math.sqrt(variance)

    def solve(target: float, low: float, high: float) -> float:
        for _ in range(60):
            middle = (low + high) / 2
            if score(middle) > target:
                low = middle
            else:
                high = middle
        return (low + high) / 2

    centre = (gained - lost) / n
    low = -1.0 if centre <= -1 else solve(z, -1.0, centre)
    high = 1.0 if centre >= 1 else solve(-z, centre, 1.0)
    return low, high


def _grouped_interval(sums: NDArray[Any], sizes: NDArray[Any]) -> tuple[float, float]:
    """Ratio of sums over groups, with the variance between groups and Student's t."""
    count, n = len(sums), int(sizes.sum())
    if count < 2:
        return -1.0, 1.0
    value = float(sums.sum()) / n
    spread = math.sqrt(count / (count - 1) * float(((sums - value * sizes) ** 2).sum())) / n
    half = evaluate.student(count - 1) * spread
    low, high = max(-1.0, value - half), min(1.0, value + half)
    if spread == 0.0:
        # All groups alike, mostly because there is no difference at all: then each group counts as one image.
        alone = tango(round(max(value, 0.0) * count), round(max(-value, 0.0) * count), count)
        low, high = min(low, alone[0]), max(high, alone[1])
    return low, high


def holm(p_values: Sequence[float]) -> list[float]:
    """p values corrected for how many there are (Holm 1979), in the order given."""
    adjusted = [1.0] * len(p_values)
    running = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = running
    return adjusted


def _judged(found: Paired, adjusted: float, looks: int = 1) -> Paired:
    """The pair with its verdict and sentence, given the p value corrected for `looks` comparisons."""
    low, high = found.interval
    verdict: Verdict = "too close to call"
    if adjusted < ALPHA and low > 0:
        verdict = "better"
    elif adjusted < ALPHA and high < 0:
        verdict = "worse"
    a, b, n = found.a, found.b, found.n
    images = f"{n:,} image{'s' if n != 1 else ''}"
    if 0 < found.units < n:
        images += f" in {found.units:,} group{'s' if found.units != 1 else ''}"
    points = f"{100 * abs(found.difference):.1f} points"
    between = f"between {100 * low:+.1f} and {100 * high:+.1f} points"
    if n == 0:
        sentence = f"{a} and {b} share no measured images, so they cannot be compared."
    elif verdict == "better":
        sentence = f"{b} is better than {a}: {points} more accurate on {images} ({between})."
    elif verdict == "worse":
        sentence = f"{b} is worse than {a}: {points} less accurate on {images} ({between})."
    elif 0.5**found.units * looks >= ALPHA:
        # Even if every group spoke for the same run, the test could not reach 5 %.
        sentence = (
            f"{images} are too little to tell {a} and {b} apart, whatever the outcome; measure on more."
        )
    elif found.a_only + found.b_only == 0:
        sentence = f"Too close to call: {a} and {b} are right on exactly the same of {images}."
    else:
        clear = looks > 1 and (low > 0 or high < 0)  # the interval is of this pair alone
        end = f", yet among {looks} comparisons one like it can be chance." if clear else "."
        sentence = (
            f"Too close to call: {b} alone is right on {found.b_only:,} of {images}, {a} alone on {found.a_only:,}; "
            f"the true difference may lie {between}{end}"
        )
    return dataclasses.replace(found, adjusted_p=adjusted, verdict=verdict, sentence=sentence)


@dataclass(frozen=True)
class TransferVerdict:
    """What a comparison with the same network trained from scratch says about transfer."""

    verdict: Transfer
    sentence: str


def transfer_verdict(against_scratch: Paired) -> TransferVerdict:
    """Read a pair whose `a` was trained from scratch and whose `b` started from pretrained weights."""
    pair = against_scratch
    points = f"{100 * abs(pair.difference):.1f} points"
    if pair.verdict == "better":
        told = f"Transfer helped: {pair.b} is {points} more accurate than training from scratch ({pair.a})."
        return TransferVerdict("transfer helped", told)
    if pair.verdict == "worse":
        told = (
            f"Negative transfer: {pair.b} is {points} less accurate than training from scratch ({pair.a}). "
            "These pretrained weights do not suit these images, or the settings hurt them."
        )
        return TransferVerdict("negative transfer", told)
    return TransferVerdict("no evidence", f"No evidence that transfer helped or hurt. {pair.sentence}")


# --------------------------------------------------------------------------------------- many runs


@dataclass(frozen=True)
class Measured:
    """A run as the comparison sees it: what it was, how it ended, and its answers for every measured image.

    The arrays are (n,) and `probabilities` (n, C), rows in any order; `labels` index `classes`; `splits` says
    "val" or "test"; `hashes` identify content; `groups` holds "" for an image that stands alone. `order`
    sorts runs by when they began.
    """

    run: str
    strategy: str
    backbone: str
    state: str
    seed: int = 0
    seconds: float | None = None
    order: str = ""
    classes: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    probabilities: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))

    def rows(self, split: str) -> NDArray[np.int64]:
        """Positions of the images of a split that have a label."""
        inside = np.asarray([name == split for name in self.splits], bool)
        return np.flatnonzero(inside & (np.asarray(self.labels) >= 0))


@dataclass(frozen=True)
class Row:
    """One line of the table. `verdict` is against the best run, `transfer` against the run from scratch."""

    run: str
    strategy: str
    backbone: str
    seed: int
    split: str
    n: int
    accuracy: float | None
    accuracy_interval: list[float] | None
    balanced_accuracy: float | None
    macro_f1: float | None
    ece: float | None
    seconds: float | None
    state: str
    verdict: str = ""
    transfer: str = ""


@dataclass(frozen=True)
class Comparison:
    """Runs side by side, best first, with every pair's verdict, warnings, and the runs left out."""

    rows: tuple[Row, ...]
    pairs: tuple[Paired, ...]
    transfer: tuple[TransferVerdict, ...]
    best: str
    warnings: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON form."""
        return {
            "best": self.best,
            "rows": [dataclasses.asdict(row) for row in self.rows],
            "pairs": [{**dataclasses.asdict(pair), "interval": list(pair.interval)} for pair in self.pairs],
            "transfer": [dataclasses.asdict(verdict) for verdict in self.transfer],
            "warnings": list(self.warnings),
            "left_out": [{"run": run, "state": state} for run, state in self.left_out],
        }

    def to_text(self) -> str:
        """Plain aligned tables and sentences, at most 100 columns wide."""
        parts = []
        if self.rows:
            split = " and ".join(sorted({row.split for row in self.rows}))
            parts.append(f"Measured on the {split} split; intervals are 95 %.")
            parts.append(
                table(
                    ["run", "n", "accuracy", "balanced", "F1", "ECE", "seconds", "verdict"],
                    [
                        [
                            row.run,
                            str(row.n),
                            percent(row.accuracy, row.accuracy_interval),
                            percent(row.balanced_accuracy),
                            percent(row.macro_f1),
                            "-" if row.ece is None else f"{row.ece:.3f}",
                            "-" if row.seconds is None else f"{row.seconds:.1f}",
                            row.verdict,
                        ]
                        for row in self.rows
                    ],
                    shrink=(0,),
                    left=(0, 7),
                )
            )
            parts.append(
                table(
                    ["run", "strategy", "backbone", "seed", "against scratch"],
                    [
                        [row.run, row.strategy, row.backbone, str(row.seed), row.transfer or "-"]
                        for row in self.rows
                    ],
                    shrink=(0, 1, 2),
                    left=(0, 1, 2, 4),
                )
            )
        else:
            parts.append("There is no finished run to compare yet.")
        best = [pair for pair in self.pairs if self.best in (pair.a, pair.b)]
        parts.append(
            bullets([pair.sentence for pair in best] + [verdict.sentence for verdict in self.transfer])
        )
        if self.warnings:
            parts.append("Take care:\n" + bullets(self.warnings))
        if self.left_out:
            parts.append("Not compared:\n" + bullets([f"{run}: {state}" for run, state in self.left_out]))
        return "\n\n".join(part for part in parts if part) + "\n"


def compare_measured(runs: Sequence[Measured]) -> Comparison:
    """Compare runs given as plain arrays; those that are not finished or stopped are listed, not compared."""
    left_out = [(run.run, run.state) for run in runs if run.state not in COMPARED]
    ended = [run for run in runs if run.state in COMPARED]
    warnings: list[str] = []
    split = "test" if any(len(run.rows("test")) for run in ended) else "val"
    compared = [run for run in ended if len(run.rows(split))]
    if split == "test" and len(compared) < len(ended) and all(len(run.rows("val")) for run in ended):
        # One measure for all: a table of test figures beside validation figures would mislead.
        split, compared = "val", ended
        warnings.append(
            "Not every run has a test split, so all are compared on validation images. These chose the "
            "models, so the figures flatter."
        )
    elif split == "val" and compared:
        warnings.append(
            "There is no test split: validation images chose the models, so these figures flatter."
        )
    left_out += [(run.run, f"{run.state}, without measured images") for run in ended if run not in compared]

    figures = [_figures(run, split) for run in compared]
    ranked = sorted(
        range(len(compared)),
        key=lambda i: (-figures[i]["accuracy"], -figures[i]["macro_f1"], compared[i].order, compared[i].run),
    )
    compared, figures = [compared[i] for i in ranked], [figures[i] for i in ranked]

    answers = [_answers(run, split) for run in compared]
    for run, known in zip(compared, answers, strict=True):
        n, different = len(run.rows(split)), len(known)
        if different < n and len(compared) > 1:
            what = "test" if split == "test" else "validation"
            copies = f"{n - different:,} {'is a copy' if n - different == 1 else 'are copies'} of others"
            warnings.append(
                f"Of the {n:,} {what} images {copies}. The figures of each run count all {n:,}; runs are "
                f"compared on the {different:,} different ones."
            )
    pairs: dict[tuple[int, int], Paired] = {}
    for second in range(len(compared)):
        for first in range(second + 1, len(compared)):
            # The better-ranked run is `b`, so that sentences read "b is better than a".
            pairs[first, second] = _pair(
                compared[first], compared[second], answers[first], answers[second], split, warnings
            )
    looks = len(pairs)
    if looks > 1:
        adjusted = holm([pair.p_value for pair in pairs.values()])
        pairs = {key: _judged(pair, p, looks) for (key, pair), p in zip(pairs.items(), adjusted, strict=True)}
        warnings.append(
            f"The verdicts are corrected for looking at {looks} pairs (Holm), so a difference must be "
            "clearer than between two runs alone. The intervals are of each pair for itself."
        )
    for run, found in zip(compared, figures, strict=True):
        if found["too_few"]:
            warnings.append(f"{run.run}: {found['too_few']}")
    recipes = {(run.strategy, run.backbone) for run in compared}
    if len(compared) > 1 and len(recipes) == len(compared):
        warnings.append(
            "Each recipe was trained once. The verdicts are about these trained models; other seeds give "
            "somewhat other ones."
        )

    transfer: list[TransferVerdict] = []
    rows = []
    for index, (run, found) in enumerate(zip(compared, figures, strict=True)):
        verdict = "best"
        if index:
            pair = pairs[index, 0]
            verdict = {"better": "worse", "worse": "better"}.get(pair.verdict, pair.verdict)
        told = ""
        if run.strategy == "scratch":
            told = "(is the baseline)"
        elif (base := _baseline(run, compared)) is not None:
            against = pairs.get((base, index)) or _turned(pairs[index, base], looks)
            transfer.append(transfer_verdict(against))
            told = transfer[-1].verdict
        rows.append(
            Row(
                run=run.run,
                strategy=run.strategy,
                backbone=run.backbone,
                seed=run.seed,
                split=split,
                n=found["n"],
                accuracy=found["accuracy"],
                accuracy_interval=found["accuracy_interval"],
                balanced_accuracy=found["balanced_accuracy"],
                macro_f1=found["macro_f1"],
                ece=found["ece"],
                seconds=run.seconds,
                state=run.state,
                verdict=verdict if len(compared) > 1 else "",
                transfer=told,
            )
        )
    for run in compared:
        if run.strategy == "scratch" and run.state != "finished":
            warnings.append(f"{run.run} was stopped early, so nothing is judged against it.")
    if rows and not any(run.strategy == "scratch" for run in compared):
        warnings.append("No run was trained from scratch, so nothing here says whether transfer helped.")
    return Comparison(
        rows=tuple(rows),
        pairs=tuple(pairs.values()),
        transfer=tuple(transfer),
        best=rows[0].run if rows else "",
        warnings=tuple(dict.fromkeys(warnings)),
        left_out=tuple(left_out),
    )


def _figures(run: Measured, split: str) -> dict[str, Any]:
    at = run.rows(split)
    groups = [run.groups[i] for i in at] if run.groups else None
    return evaluate.metrics(run.labels[at], run.probabilities[at], run.classes, groups=groups)


def _baseline(run: Measured, compared: Sequence[Measured]) -> int | None:
    """The newest run from scratch of the same network that was trained to its end."""
    same = [
        i
        for i, other in enumerate(compared)
        if other.strategy == "scratch" and other.backbone == run.backbone and other.state == "finished"
    ]
    return max(same, key=lambda i: compared[i].order, default=None)


def _turned(pair: Paired, looks: int) -> Paired:
    low, high = pair.interval
    turned = dataclasses.replace(
        pair,
        a=pair.b,
        b=pair.a,
        a_only=pair.b_only,
        b_only=pair.a_only,
        difference=-pair.difference,
        interval=(-high, -low),
    )
    return _judged(turned, pair.adjusted_p, looks)


def _pair(
    a: Measured, b: Measured, known_a: Answers, known_b: Answers, split: str, warnings: list[str]
) -> Paired:
    """Compare two runs on the images that both measured; identical files count once."""
    common = [mark for mark in known_a if mark in known_b]
    same = [mark for mark in common if known_a[mark][0] == known_b[mark][0]]
    if len(common) < max(len(known_a), len(known_b)):
        warnings.append(
            f"{a.run} and {b.run} were measured on different images: only the {len(common):,} common ones "
            "are compared."
        )
    if len(same) < len(common):
        warnings.append(
            f"The labels of {len(common) - len(same):,} images changed between {a.run} and {b.run}; these "
            "images are left out of their comparison."
        )
    if set(a.classes) != set(b.classes):
        warnings.append(
            f"{a.run} and {b.run} know different classes, so one had a harder task than the other."
        )
    grouped = [known_b[mark][2] or known_a[mark][2] for mark in same]
    found = paired(
        [known_a[mark][1] for mark in same],
        [known_b[mark][1] for mark in same],
        grouped,
        a=a.run,
        b=b.run,
    )
    return dataclasses.replace(found, split=split)


def _answers(run: Measured, split: str) -> Answers:
    answers: dict[str, tuple[str, bool, str]] = {}
    predicted = run.probabilities.argmax(axis=1) if len(run.probabilities) else np.zeros(0, np.int64)
    for i in run.rows(split):
        label = int(run.labels[i])
        answers.setdefault(
            run.hashes[i],
            (run.classes[label], bool(predicted[i] == label), run.groups[i] if run.groups else ""),
        )
    return answers


# --------------------------------------------------------------------------------------- run folders


def compare_runs(runs: Project | Sequence[RunFolder]) -> Comparison:
    """Compare runs by what their folders hold. A folder that cannot be read is listed with the reason.

    Of a project, the newest folder of each run that ended well is compared, and a newer one is listed.
    """
    if not isinstance(runs, Project):
        names = Counter(folder.name for folder in runs)
        return compare_measured(
            [_read(folder, folder.path.name if names[folder.name] > 1 else folder.name) for folder in runs]
        )
    kept: dict[str, list[Measured]] = {run.name: [] for run in runs.runs}
    for folder in reversed(all_runs(runs)):
        mine = kept.setdefault(folder.name, [])
        if not mine:
            mine.append(_read(folder, folder.name))
        elif len(mine) == 1 and mine[0].state not in COMPARED and folder.state in COMPARED:
            mine[0] = dataclasses.replace(mine[0], run=f"{mine[0].run} ({mine[0].order})")
            mine.append(_read(folder, folder.name))
    found = compare_measured([run for mine in kept.values() for run in mine])
    waiting = [(name, "not run yet") for name, mine in kept.items() if not mine]
    return dataclasses.replace(found, left_out=(*found.left_out, *waiting))


def _read(folder: RunFolder, name: str) -> Measured:
    """A run folder as `Measured` under this name; where it cannot be read, the reason stands as its state."""
    state: str = folder.state
    try:
        facts = folder.read_run()
    except UserError as error:
        return Measured(name, "", "", str(error), order=folder.path.name)
    summary = folder.summary() or {}
    options = facts.get("options", {})
    seed = options.get("seed", summary.get("seed", 0)) if isinstance(options, dict) else 0
    seconds = summary.get("seconds")
    run = Measured(
        run=name,
        strategy=str(facts.get("strategy", "")),
        backbone=str(facts.get("backbone", "")),
        state=state,
        seed=seed if isinstance(seed, int) else 0,
        seconds=float(seconds) if isinstance(seconds, (int, float)) else None,
        order=folder.path.name,
    )
    if state not in COMPARED:
        return run
    try:
        found = folder.read_predictions()
    except UserError as error:
        return dataclasses.replace(run, state=str(error))
    index = {label: i for i, label in enumerate(found.classes)}
    return dataclasses.replace(
        run,
        classes=found.classes,
        hashes=tuple(found.hashes),
        groups=tuple(found.groups),
        splits=tuple(found.splits),
        labels=np.array([index.get(label, -1) for label in found.labels], np.int64),
        probabilities=found.probabilities,
    )


# --------------------------------------------------------------------------------------- plain text


def percent(value: float | None, interval: Sequence[float] | None = None) -> str:
    if value is None:
        return "-"
    if interval is None:
        return f"{100 * value:.1f} %"
    return f"{100 * value:.1f} % ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], shrink: Sequence[int], left: Sequence[int]
) -> str:
    """Aligned columns; those in `shrink` are cut with an ellipsis, the widest first, until the table fits."""
    lines = [list(heads), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    while sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widest = max(shrink, key=lambda column: widths[column])
        if widths[widest] <= 4:
            break
        widths[widest] -= 1
    out = []
    for line in lines:
        cells = [
            text if len(text) <= width else text[: width - 1] + "…"
            for text, width in zip(line, widths, strict=True)
        ]
        out.append(
            "  ".join(
                cell.ljust(width) if column in left else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
            ).rstrip()
        )
    out.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(out)


def bullets(sentences: Iterable[str]) -> str:
    return "\n".join(
        textwrap.fill(sentence, WIDTH, initial_indent="- ", subsequent_indent="  ") for sentence in sentences
    )
