"""What is told of an adaptation when it is over: signs, the verdict against the baseline, and the report by labels.

The process that trains never reads a label of the target domain. Whoever has some, as folders or in a table, gets
a report: another process reads them once, after the model is chosen and its predictions are written down.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xferstudio.api import UserError
from xferstudio.engine.validators import Outputs, signs_verdict, validate
from xferstudio.events import Event, Notice
from xferstudio.history import RunFolder, all_runs
from xferstudio.project import Project, Run, write_atomic

BASELINE = "source-only"
"""The strategy that every adaptation is measured against."""

BUDGET = ("epochs", "epoch_steps", "head_epochs", "stages", "seed", "views", "augment")
"""Options in which an adaptation and its baseline must be alike to have had equal chances."""

OUTPUTS_FILE = "domains.safetensors"
REPORT_SECONDS = 600.0


def baseline_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the baseline that goes with an adaptation of these options."""
    budget = {name: value for name, value in options.items() if name in BUDGET}
    if not options.get("stages"):  # the head is all that learns, in every phase
        budget.pop("head_epochs", None)
    else:  # a strategy of another maker may have no such phase
        budget.setdefault("head_epochs", 0)
    return budget


def is_baseline_of(
    run: Run | Mapping[str, Any], strategy: str, backbone: str, options: Mapping[str, Any]
) -> bool:
    """Whether a run (as planned, or the facts of its folder) is the baseline of an adaptation with these options.

    Both option tables must be whole, defaults included; an option that the adaptation does not have binds nobody.
    """
    facts: Mapping[str, Any] = (
        {"strategy": run.strategy, "backbone": run.backbone, "options": run.options}
        if isinstance(run, Run)
        else run
    )
    theirs: Mapping[str, Any] = facts.get("options", {})
    return (
        strategy != BASELINE
        and facts.get("strategy") == BASELINE
        and facts.get("backbone") == backbone
        and all(theirs.get(name) == value for name, value in baseline_options(options).items())
    )


def finished_baseline(
    project: Project, strategy: str, backbone: str, options: Mapping[str, Any], fingerprint: str
) -> RunFolder | None:
    """The newest finished baseline on the same data, None without one."""
    for folder in reversed(all_runs(project)):
        try:
            facts = folder.read_run()
        except UserError:
            continue
        data = facts.get("data", {})
        if (
            is_baseline_of(facts, strategy, backbone, options)
            and isinstance(data, dict)
            and data.get("fingerprint") == fingerprint
            and folder.state == "finished"
            and (folder.path / OUTPUTS_FILE).is_file()
        ):
            return folder
    return None


# ------------------------------------------------------------------------------------------ outputs on disk


def save_outputs(folder: RunFolder, outputs: Outputs) -> None:
    """Keep what the validators judged, so that later runs can be compared with this one."""
    from safetensors.numpy import save

    tensors = {
        spec.name: np.ascontiguousarray(getattr(outputs, spec.name)) for spec in dataclasses.fields(outputs)
    }
    write_atomic(folder.path / OUTPUTS_FILE, save(tensors))


def read_outputs(folder: RunFolder) -> Outputs:
    """Raises UserError where the file is missing or damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    file = folder.path / OUTPUTS_FILE
    try:
        tensors: dict[str, NDArray[Any]] = load_file(str(file))
        return Outputs(**{spec.name: tensors[spec.name] for spec in dataclasses.fields(Outputs)})
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise UserError(f"{file} cannot be read ({error}); run {folder.name} again with --fresh") from None


# ------------------------------------------------------------------------------------------ verdict and report


def verdict(outputs: Outputs, baseline: RunFolder, seed: int) -> dict[str, Any]:
    """What the signs say of an adapted model against its baseline, JSON-ready."""
    found = signs_verdict(outputs, read_outputs(baseline), seed)
    return {"baseline": baseline.name, **dataclasses.asdict(found)}


def report(project: Project, folder: RunFolder, baseline: RunFolder | None) -> dict[str, Any] | None:
    """The report by the target's labels, made by another process; None where there are no labels.

    Raises UserError where that process fails.
    """
    command = [sys.executable, "-m", "xferstudio.engine.target_report", str(project.folder), str(folder.path)]
    try:
        done = subprocess.run(
            command + ([str(baseline.path)] if baseline else []),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=REPORT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        told = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise UserError(f"the report by the target's labels could not be made ({error})") from None
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason was given"])[-1]
        raise UserError(f"the report by the target's labels could not be made: {reason}")
    return told if isinstance(told, dict) else None


def conclude(
    project: Project,
    folder: RunFolder,
    run: Run,
    options: Mapping[str, Any],
    fingerprint: str,
    outputs: Outputs,
) -> Generator[Event, None, dict[str, Any]]:
    """The signs, the verdict and the report of a run whose answers for the target are written down; JSON-ready.

    `options` are whole, defaults included.
    """
    baseline = finished_baseline(project, run.strategy, run.backbone, options, fingerprint)
    seed = int(options.get("seed", 0))
    told: dict[str, Any] = {"validators": validate(outputs, seed=seed), "verdict": None, "report": None}
    try:
        if run.strategy != BASELINE and baseline is not None:
            told["verdict"] = verdict(outputs, baseline, seed)
    except UserError as error:
        yield Notice(str(error), "warning")
    try:
        told["report"] = report(project, folder, baseline)
    except UserError as error:
        yield Notice(str(error), "warning")
    yield from notices(told, run.strategy)
    return told


def notices(told: Mapping[str, Any], strategy: str) -> Iterator[Notice]:
    """What a run says of the target at its end, in sentences."""
    known = told.get("report")
    if known and known.get("accuracy") is not None:
        low, high = known["accuracy_interval"]
        yield Notice(
            f"by the target's own labels, read after the model was chosen: {100 * known['accuracy']:.1f} % right "
            f"({100 * low:.1f} to {100 * high:.1f} %) of {known['n']} images"
        )
        if known.get("outside"):
            yield Notice(
                f"{known['outside']} images of the target are of classes that the labelled images lack; no model can "
                "name them",
                "warning",
            )
    if strategy == BASELINE:
        return
    labelled = (known or {}).get("against_baseline")
    by_signs = told.get("verdict")
    if labelled:
        harmed = labelled["verdict"] == "negative transfer"
        yield Notice(
            f"against {labelled['baseline']}, by the labels: {labelled['verdict']}. {labelled['sentence']}",
            "warning" if harmed else "info",
        )
    if by_signs:
        harmed = by_signs["verdict"] == "negative transfer"
        yield Notice(
            f"against {by_signs['baseline']}, by signs that need no labels: {by_signs['verdict']}. {by_signs['sentence']}",
            "warning" if harmed and not labelled else "info",
        )
        if not labelled:
            yield Notice("labels of a few target images would tell more than the signs (xferstudio audit)")
    else:
        yield Notice(
            f"whether adapting helped is not known: there is no finished run of {BASELINE} with the same budget"
        )
