"""Puts the runs of a project side by side on its target domain, where there are no labels, and names the choice."""

from __future__ import annotations

import dataclasses
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xferstudio.api import UserError
from xferstudio.engine.adaptation import BASELINE
from xferstudio.engine.audit import estimate
from xferstudio.engine.audit_session import ENDED, audited, target_answers
from xferstudio.engine.compare import bullets, percent, table
from xferstudio.engine.validators import CHOOSERS, NAMES, agreement, agreement_in_words, mean_rank
from xferstudio.history import RunFolder, all_runs
from xferstudio.project import Project

LOW_AGREEMENT = 0.5
"""Kendall's W below which the choice is a weak one."""
NEAR = 1.0
"""Runs whose mean ranks differ by less are too close to call; of two runs, half of it."""

_HEADS = {
    "source_accuracy": "source",
    "information": "inform.",
    "bnm": "BNM",
    "class_ami": "AMI",
    "devn": "DEVN",
    "dev": "DEV",
    "snd": "SND",
    "entropy": "entropy",
}


@dataclass(frozen=True)
class TargetRow:
    """A run on the target. `rank` is the mean over the validators that choose, 1 the best; both verdicts are against
    source-only, "" where there is none; accuracy is that of `report`; `audit` holds accuracy, interval, labelled."""

    run: str
    strategy: str
    validators: Mapping[str, float]
    rank: float
    verdict: str
    verdict_by_labels: str
    accuracy: float | None
    accuracy_interval: Sequence[float] | None
    audit: Mapping[str, Any] | None


@dataclass(frozen=True)
class TargetComparison:
    """Runs by mean rank, the best first. `choice` is what to take without labels; `close` are those, the choice
    among them, between which the validators do not decide."""

    rows: tuple[TargetRow, ...]
    choice: str
    close: tuple[str, ...]
    agreement: float | None
    sentences: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON form."""
        return {
            "rows": [dataclasses.asdict(row) for row in self.rows],
            "choice": self.choice,
            "close": list(self.close),
            "agreement": self.agreement,
            "sentences": list(self.sentences),
        }

    def to_text(self) -> str:
        """Plain aligned tables and sentences, at most 100 columns wide."""
        names = [name for name in NAMES if any(name in row.validators for row in self.rows)]
        named = any(row.run != row.strategy for row in self.rows)
        audited = any(row.audit for row in self.rows)
        parts = [
            "On the target, without labels. These signs tend to be higher for a better model. By the mean\n"
            f"rank, these choose: {', '.join(_HEADS[name] for name in names if name in CHOOSERS)}.",
            table(
                ["run", "rank", *(_HEADS[name] for name in names)],
                [
                    [row.run, f"{row.rank:.1f}", *(_number(row.validators.get(name)) for name in names)]
                    for row in self.rows
                ],
                shrink=(0,),
                left=(0,),
            ),
            table(
                [
                    "run",
                    *(["strategy"] if named else []),
                    "by the signs",
                    "by labels",
                    "accuracy by labels",
                    *(["by the audit"] if audited else []),
                ],
                [
                    [
                        row.run,
                        *([row.strategy] if named else []),
                        "(is the baseline)" if row.strategy == BASELINE else row.verdict or "-",
                        row.verdict_by_labels or "-",
                        percent(row.accuracy, row.accuracy_interval),
                        *(
                            [percent(row.audit["accuracy"], row.audit["interval"]) if row.audit else "-"]
                            if audited
                            else []
                        ),
                    ]
                    for row in self.rows
                ],
                shrink=(0, 1) if named else (0,),
                left=range(4 + named + audited),
            ),
            bullets(self.sentences),
        ]
        return "\n\n".join(parts) + "\n"


def compare_on_target(project: Project) -> TargetComparison | None:
    """The newest ended folder of each run that has answered for the target; None where no adaptation has."""
    found: dict[str, tuple[RunFolder, dict[str, Any]]] = {}
    for folder in reversed(all_runs(project)):
        if folder.name not in found and folder.state in ENDED:
            summary = folder.summary() or {}
            if isinstance(summary.get("target"), dict):
                found[folder.name] = (folder, summary)
    if all(summary.get("strategy") == BASELINE for _, summary in found.values()):
        return None
    newest = next(iter(found.values()))[1]
    same = {
        name: (folder, summary)
        for name, (folder, summary) in found.items()
        if summary.get("data_fingerprint") == newest.get("data_fingerprint")
        and summary.get("classes") == newest.get("classes")
    }
    others = [name for name in found if name not in same]
    signs = [_signs(summary) for _, summary in same.values()]
    audits = _audits(project, [folder for folder, _ in same.values()])
    rows = [
        _row(folder, summary, each, rank, audits.get(folder.name))
        for (folder, summary), each, rank in zip(same.values(), signs, mean_rank(signs), strict=True)
    ]
    rows.sort(key=lambda row: (row.rank, row.strategy != BASELINE, row.run))
    return _chosen(project, rows, agreement(signs), others)


def _chosen(
    project: Project, rows: Sequence[TargetRow], concord: float | None, others: Sequence[str]
) -> TargetComparison:
    sentences = []
    # What the verdict warns of is not to be recommended, however it ranks.
    good = [row for row in rows if row.verdict != "negative transfer"] or list(rows)
    best = good[0]
    # Of two runs, the ranks themselves tell how far the signs agree; W would fall to a third for one in five against.
    weak = concord is not None and concord < LOW_AGREEMENT and len(rows) > 2
    near = min(NEAR, (len(rows) - 1) / 2)  # two ranks are never farther apart than one
    close = tuple(row.run for row in good if weak or row.rank - best.rank < near)
    if len(rows) == 1:
        sentences.append(
            f"{best.run} is the only run on the target, so there is nothing to choose; run {BASELINE} beside it."
        )
    elif len(close) > 1:
        reason = "the signs disagree" if weak else "their ranks are close"
        first = good[1].rank > best.rank
        sentences.append(
            f"Too close to call by the signs between {_listed(close)}, for {reason}; {best.run} is first by a little."
            if first
            else f"Too close to call by the signs between {_listed(close)}: they rank alike."
        )
    else:
        sentences.append(f"By the signs, take {best.run}.")
    if len(rows) > 2:
        sentences.append(agreement_in_words(concord))
    if best.strategy == BASELINE and len(rows) > 1:
        sentences.append("No adaptation looks better than not adapting at all.")
    sentences += [
        f"{row.run} ranks before it, but does harm by the signs." for row in rows[: rows.index(best)]
    ]
    known = [row for row in rows if row.accuracy is not None]
    if known:
        top = max(known, key=lambda row: row.accuracy or 0.0)
        mine = best.accuracy
        if top.run == best.run or mine is None:
            sentences.append(f"By the labels of the target, {top.run} has the highest accuracy.")
        else:
            lost = 100 * ((top.accuracy or 0.0) - mine)
            sentences.append(
                f"By the labels of the target, {top.run} has the highest accuracy, {lost:.1f} points above {best.run}."
            )
    elif not any(row.audit for row in rows):
        command = shlex.join(["xferstudio", "audit", str(project.folder), best.run, "--label", "30"])
        sentences.append(
            f"Signs are no accuracy. Label a few images of the target to know more, in two minutes: {command}"
        )
    if others:
        sentences.append(f"On other images or classes, and so not compared: {_listed(sorted(others))}.")
    return TargetComparison(tuple(rows), best.run, close if len(close) > 1 else (), concord, tuple(sentences))


def _row(
    folder: RunFolder,
    summary: Mapping[str, Any],
    signs: Mapping[str, float],
    rank: float,
    audit: Mapping[str, Any] | None,
) -> TargetRow:
    target = summary["target"]
    report = target.get("report") or {}
    return TargetRow(
        run=folder.name,
        strategy=str(summary.get("strategy", "")),
        validators=signs,
        rank=rank,
        verdict=str((target.get("verdict") or {}).get("verdict", "")),
        verdict_by_labels=str((report.get("against_baseline") or {}).get("verdict", "")),
        accuracy=report.get("accuracy"),
        accuracy_interval=report.get("accuracy_interval"),
        audit=audit,
    )


def _signs(summary: Mapping[str, Any]) -> dict[str, float]:
    told = summary["target"].get("validators") or {}
    return {
        name: float(value)
        for name, value in told.items()
        if isinstance(value, (int, float)) and math.isfinite(value)
    }


def _audits(project: Project, folders: Sequence[RunFolder]) -> dict[str, dict[str, Any]]:
    """By run, what the audit with the most labels says of it: its own, or else one of another run on the same images."""
    audits = audited(project)
    told: dict[str, dict[str, Any]] = {}
    for folder in folders if audits else ():
        try:
            found = target_answers(folder)
        except UserError:
            continue
        predicted = dict(zip(found.hashes, found.predicted, strict=True))
        for audit in sorted(audits, key=lambda each: each.run != folder.name):
            if set(audit.population) == predicted.keys():
                value = estimate(audit.sample, audit.right(predicted))
                told[folder.name] = {
                    "accuracy": value.accuracy,
                    "interval": list(value.interval),
                    "labelled": value.labelled,
                    "of": len(audit.hashes),
                    "audit_of": audit.run,
                }
                break
    return told


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
