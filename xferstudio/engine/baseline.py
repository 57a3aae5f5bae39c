"""Sees to it that every adaptation has its baseline: a run of source-only with the same budget, on the same images."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import Any

from xferstudio.api import UserError, make_options
from xferstudio.data import read_dataset, read_target
from xferstudio.engine.adaptation import BASELINE, baseline_options, finished_baseline, is_baseline_of
from xferstudio.history import latest
from xferstudio.plugins import Plugins
from xferstudio.project import Project, Run, add_run


def needs_baseline(run: Run, plugins: Plugins) -> bool:
    """Whether this run adapts, and so is to be measured against a baseline; not one whose strategy nobody knows."""
    kind = plugins.strategies.get(run.strategy)
    return kind is not None and kind.kind == "adapt" and run.strategy != BASELINE


def with_baseline(project: Project, run: Run, plugins: Plugins) -> tuple[Project, Run]:
    """The baseline of an adaptation, which need not be in the project; where that has none, it is added to its file.

    Raises UserError for options that are wrong, and where the file cannot be written.
    """
    options = _whole(run, plugins)
    for known in project.runs:
        with suppress(UserError):  # a run whose options are wrong is nobody's baseline
            if known.strategy == BASELINE:
                whole = dataclasses.replace(known, options=_whole(known, plugins))
                if is_baseline_of(whole, run.strategy, run.backbone, options):
                    return project, known
    kind = plugins.strategy(BASELINE)
    own = dataclasses.asdict(kind.Options())
    wanted = {key: value for key, value in baseline_options(options).items() if own.get(key) != value}
    name = unused_name(project, BASELINE, run.name)
    baseline = Run(name, BASELINE, run.backbone, wanted, run.device, run.weights)
    return add_run(project, baseline), baseline


def unused_name(project: Project, wanted: str, *more: str) -> str:
    """`wanted`, with a number if a run of the project (or one of `more`) has that name already."""
    taken = {each.lower() for each in (*(run.name for run in project.runs), *more)}
    names = (wanted if number == 1 else f"{wanted}-{number}" for number in range(1, len(taken) + 2))
    return next(each for each in names if each.lower() not in taken)


@dataclasses.dataclass(frozen=True)
class Due:
    """A baseline that is to be done before an adaptation; `fresh` where what it has learned belongs to other images."""

    run: Run
    fresh: bool


def due_baseline(project: Project, run: Run, plugins: Plugins, fresh: bool = False) -> Due | None:
    """What is to be done before this run (with --fresh, if `fresh`); None for a run that needs nothing.

    A baseline that is finished on the images as they are now, or that was stopped by its user, is not done again.
    """
    if not needs_baseline(run, plugins) or (not fresh and _is_done(project, run, plugins)):
        return None
    try:
        target = read_target(project)
        if target is None:
            return None  # the run will say so
        fingerprint = f"{read_dataset(project).catalog.fingerprint}+{target.fingerprint}"
    except UserError:
        return None
    options = _whole(run, plugins)
    if finished_baseline(project, run.strategy, run.backbone, options, fingerprint) is not None:
        return None
    project, baseline = with_baseline(project, run, plugins)
    folder = latest(project, baseline.name)
    if folder is None:
        return Due(baseline, False)
    try:
        then = folder.read_run().get("data", {}).get("fingerprint")
    except UserError:
        return Due(baseline, True)
    if then is not None and then != fingerprint:
        return Due(baseline, True)
    # Finished, and yet nothing to measure against: its files are damaged.
    return None if folder.state == "stopped" else Due(baseline, folder.state == "finished")


def _whole(run: Run, plugins: Plugins) -> dict[str, Any]:
    """A run's options with the defaults of those that it does not name."""
    return dataclasses.asdict(make_options(plugins.strategy(run.strategy).Options, run.options))


def _is_done(project: Project, run: Run, plugins: Plugins) -> bool:
    folder = latest(project, run.name)
    if folder is None or folder.state not in ("finished", "stopped"):
        return False
    try:
        facts = folder.read_run()
        then = make_options(plugins.strategy(run.strategy).Options, dict(facts.get("options", {})))
    except UserError:
        return False
    asked = (run.strategy, run.backbone, _whole(run, plugins))
    return asked == (facts.get("strategy"), facts.get("backbone"), dataclasses.asdict(then))
