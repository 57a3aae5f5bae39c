"""The command line: reads the arguments, calls the part of the program that does the work, and prints.

Exit codes: 0 done (a run that was stopped and kept included); 1 something that was asked for failed; 2 a
mistake in what was asked, told in a sentence; 3 a fault of the program, its traceback in a log file; 130
interrupted or cancelled. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import errno
import glob
import logging
import math
import os
import shlex
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from xferstudio import __version__, across_domains
from xferstudio.api import OptionInfo, UserError, describe_options, option_faults
from xferstudio.events import RunEnded, RunStarted
from xferstudio.faults import FaultLog
from xferstudio.listing import (
    HOW_FOLDERS_LOOK,
    check_images,
    list_all,
    list_backbones,
    list_images,
    list_offers,
    list_plugins,
    say_left_out,
    say_target,
)
from xferstudio.steering import INTERRUPTED, Steering
from xferstudio.terminal import (
    Unbreakable,
    aligned,
    as_accuracy,
    as_percent,
    as_size,
    as_time,
    counted,
    display_for,
    dump_json,
    is_terminal,
    mute_stdout,
    padded,
    say,
    text_width,
    warn,
)

if TYPE_CHECKING:
    from xferstudio.engine.predict import Prediction
    from xferstudio.plugins import Plugins
    from xferstudio.project import Project, Run

DONE, FAILED, MISTAKE, FAULT = 0, 1, 2, 3

DEFAULT_BACKBONE = "embedded:efficientnet_lite0"
"""What a project starts from when nothing else is said: it is installed with the program."""


# -------------------------------------------------------------------------------------------- doing runs


@dataclass
class Outcome:
    """How one run of a batch ended."""

    project: str
    run: str
    reason: str
    message: str = ""
    folder: str = ""
    seconds: float = 0.0
    summary: Mapping[str, Any] = field(default_factory=dict)
    skipped: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "project": self.project,
            "run": self.run,
            "reason": self.reason,
            "skipped": self.skipped,
            "message": self.message,
            "folder": self.folder,
            "seconds": self.seconds,
            "test": self.summary.get("test") or {},
        }


def _perform(
    project: Project,
    run: Run,
    plugins: Plugins,
    steering: Steering,
    display: Unbreakable,
    device: str,
    fresh: bool,
) -> Outcome:
    """Run one run and show it. An error that comes out of the engine is shown as its ending and raised."""
    from xferstudio.engine import Control
    from xferstudio.engine.job import run as events_of

    control = Control()
    steering.attach(control)
    started, ended = False, None
    try:
        where = device or run.device or "auto"
        for event in events_of(project, run, plugins=plugins, control=control, device=where, fresh=fresh):
            started = started or isinstance(event, RunStarted)
            if isinstance(event, RunEnded):
                ended = event
            display.show(event)
    except Exception as error:
        if ended is None and display.as_json:
            display.show(RunEnded(reason="failed", message=str(error) or type(error).__name__))
        raise
    finally:
        steering.detach()
        display.close()
    if ended is None:
        raise RuntimeError("the engine ended without saying why")
    return Outcome(
        project=str(project.folder),
        run=run.name,
        reason=ended.reason,
        message=ended.message,
        folder=ended.folder,
        seconds=ended.seconds,
        summary=ended.summary,
        skipped=ended.reason in ("finished", "stopped") and not started,
    )


def _exit_code(reason: str) -> int:
    return {"finished": DONE, "stopped": DONE, "failed": FAILED}.get(reason, INTERRUPTED)


# ------------------------------------------------------------------------------------------ options from text


_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


def _value(info: OptionInfo, text: str) -> Any:
    """The value that a text means for an option; raises ValueError."""
    text = text.strip() if info.kind is not str else text
    if info.kind is bool:
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise ValueError("true or false")
    if info.kind is int:
        try:
            return int(text)
        except ValueError:
            pass
        try:
            number = float(text)
        except ValueError:
            raise ValueError("a whole number") from None
        if not number.is_integer():
            raise ValueError("a whole number")
        return int(number)
    if info.kind is float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise ValueError("a number")
        return number
    return text


def parse_options(options: type, settings: Sequence[str], owner: str) -> dict[str, Any]:
    """Values from `KEY=VALUE` texts, checked against `Options`. Raises UserError with every fault."""
    infos = {info.name: info for info in describe_options(options)}
    values: dict[str, Any] = {}
    faults = []
    for setting in settings:
        key, equals, text = setting.partition("=")
        key = key.strip()
        if not equals:
            faults.append(f"--set {setting}: write it as KEY=VALUE")
        elif key in values:
            faults.append(f"--set {setting}: {key} is set twice")
        elif key not in infos:
            if not infos:
                faults.append(f"--set {setting}: {owner} has no options")
                continue
            near = _near(key.replace("-", "_"), infos)
            hint = f"; did you mean {near}?" if near else f"; the options are {', '.join(infos)}"
            faults.append(f"--set {setting}: {owner} has no option {key!r}{hint}")
        else:
            try:
                values[key] = _value(infos[key], text)
            except ValueError as wanted:
                faults.append(f"--set {setting}: {key} must be {wanted}, not {text!r}")
                continue
            faults += [f"--set {setting}: {fault}" for fault in option_faults(options, {key: values[key]})]
    if faults:
        raise UserError(
            "\n".join(faults) if len(faults) == 1 else "these options are wrong:\n  " + "\n  ".join(faults)
        )
    return values


def _near(word: str, known: Iterator[str] | Mapping[str, Any] | Sequence[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return close[0] if close else ""


# -------------------------------------------------------------------------------------------- commands


def _plugins(args: argparse.Namespace, quiet: bool = False) -> Plugins:
    from xferstudio.plugins import load_plugins

    plugins = load_plugins(safe=args.safe)
    if not quiet:
        for failure in plugins.failures:
            warn(failure.reason)
    return plugins


def _load(folder: str) -> Project:
    from xferstudio import project

    return project.load(Path(folder).expanduser())


def _new(args: argparse.Namespace) -> int:
    from xferstudio import project
    from xferstudio.data import scan

    folder, source = Path(args.project).expanduser(), Path(args.data).expanduser()
    target = Path(args.target).expanduser() if args.target else None
    backbone = _chosen_backbone(args.backbone, folder, _plugins(args)) if args.backbone else DEFAULT_BACKBONE
    # Look at the pictures first, so that a wrong folder leaves no project behind.
    catalogs = []
    if not (folder / "project.toml").exists():
        catalogs = [scan(path) for path in (source, target) if path is not None]
        for catalog in catalogs:
            check_images(catalog)
    made = project.create(
        folder,
        data=source,
        name=args.name,
        target=target or "",
        backbone=backbone,
        val=args.val,
        test=args.test,
        seed=args.seed,
        folds=args.folds,
    )
    catalog = catalogs[0]
    say(
        f"{made.name}: {counted(len(catalog.items), 'image')} in "
        f"{counted(len(catalog.classes), 'class', 'classes')}"
        + (
            f" ({', '.join(catalog.classes[:8])}{', …' if len(catalog.classes) > 8 else ''})"
            if catalog.classes
            else ""
        )
    )
    for each in catalogs:
        for note in each.notes:
            say(note)
    if len(catalog.classes) < 2:
        say(f"Training needs at least two classes. {HOW_FOLDERS_LOOK}")
    splits = Counter(item.split for item in catalog.items if item.split)
    if splits:
        say(f"split as the data says: {', '.join(f'{splits[key]:,} {key}' for key in sorted(splits))}")
    for number, each in enumerate(catalogs):
        if number:
            say_target(each)
        say_left_out(each)
    say(f"Written: {made.folder / 'project.toml'}")
    place = shlex.quote(str(made.folder))
    say(f"Next: xferstudio add {place} --strategy extract, then xferstudio run {place}")
    return DONE


def _chosen_backbone(text: str, folder: Path, plugins: Plugins, known: Collection[str] = ()) -> str:
    """The id, as a project in `folder` keeps it, of what was typed for a backbone. Raises UserError.

    What is cheap to know is checked now and not in the run: that local weights fit, that there are such stages.
    """
    from xferstudio import local_weights

    id = local_weights.typed(text, folder, {*plugins.backbones, *known})
    backbone = plugins.backbone(local_weights.absolute(id, folder))
    is_local = local_weights.split_id(id) is not None
    if is_local or "#" in id:
        backbone.build(is_local)
    return id


def _add(args: argparse.Namespace) -> int:
    from xferstudio import local_weights, project
    from xferstudio.engine.baseline import unused_name

    before = _load(args.project)
    plugins = _plugins(args)
    strategy = plugins.strategy(args.strategy)
    known = {before.default_backbone, *(run.backbone for run in before.runs)} - {""}
    wanted = args.backbone or before.default_backbone or DEFAULT_BACKBONE
    backbone = _chosen_backbone(wanted, before.folder, plugins, known)
    options = parse_options(strategy.Options, args.set, strategy.id)
    name = args.name or unused_name(before, strategy.id)
    weights = local_weights.contents(backbone, before.folder)
    run = project.Run(name, strategy.id, backbone, options, weights=weights)
    project.add_run(before, run)
    say(f"Added {name}: {strategy.id} on {backbone}")
    if strategy.kind == "adapt":
        across_domains.say_what_adapting_needs(_load(args.project), run, plugins)
    say(f"Next: {shlex.join(['xferstudio', 'run', args.project, name])}")
    return DONE


def _remove(args: argparse.Namespace) -> int:
    from xferstudio import project
    from xferstudio.history import all_runs, delete_results, measured_against, size_of

    found = _load(args.project)
    known = {run.name for run in found.runs}
    results = {name: [each for each in all_runs(found) if each.name == name] for name in args.names}
    for name, folders in results.items():
        if not folders:
            found.run(name)
        elif any(folder.is_running() for folder in folders):
            raise UserError(f"the run {name} is running in another process")
        elif not args.results:
            size = as_size(sum(map(size_of, folders)))
            others = [run for run in measured_against(found, name) if run not in args.names]
            raise UserError(
                f"The run {name} has results ({size} in {args.project}); they would be gone for good. "
                + (f"These runs were measured against it: {', '.join(others)}. " if others else "")
                + "Add --results to delete them too."
            )
    for name, folders in results.items():
        for folder in folders:
            delete_results(found, folder)
        if name in known:
            project.remove_run(found, name)
        say(f"Removed {name}" + (" and its results" if folders else ""))
    return DONE


def _run(args: argparse.Namespace) -> int:
    steering, display = Steering(), display_for(args.json)
    _start_steering(steering, args.json)
    done: set[str] = set()
    try:
        project = _load(args.project)
        runs = [project.run(name) for name in args.names] if args.names else list(project.runs)
        if not runs:
            raise UserError(
                f"{args.project} has no runs yet; add one with: "
                f"xferstudio add {shlex.quote(args.project)} --strategy extract"
            )
        plugins = _plugins(args)
        todo = across_domains.baselines_first(project, runs, plugins, args.fresh, display)
        for run, fresh in todo:
            outcome = _perform(project, run, plugins, steering, display, args.device, fresh)
            done.add(run.name)
            code = _exit_code(outcome.reason)
            if code == FAILED and args.log.file:
                warn(f"the details are in {args.log.file}")
            if code != DONE or steering.interrupted:
                later = [each.name for each in runs if each.name not in done]
                if later:
                    warn(f"not started: {', '.join(later)}")
                return code if code != DONE else (INTERRUPTED if later else DONE)
        return DONE
    finally:
        steering.close()


def _start_steering(steering: Steering, as_json: bool) -> None:
    # Without --json and a terminal the input belongs to whoever called us: a script's loop may be reading it.
    if as_json or is_terminal(sys.stdin):
        steering.listen_to_stdin()
    steering.listen_to_folder()
    steering.listen_to_signals()


def _projects(patterns: Sequence[str]) -> list[str]:
    """Project folders, patterns expanded, each once, in the order given."""
    found: dict[str, None] = {}
    for pattern in patterns:
        path = os.path.expanduser(pattern)  # noqa: PTH111 (a pattern, not yet a path)
        if Path(path).exists() or not glob.has_magic(path):
            found[path] = None
            continue
        matches = [
            each
            for each in sorted(glob.glob(path, recursive=True))  # noqa: PTH207 (it may be absolute)
            if (Path(each) / "project.toml").is_file()
        ]
        found.update(dict.fromkeys(matches or [pattern]))
    return list(found)


def _batch(args: argparse.Namespace) -> int:
    steering, display = Steering(), display_for(args.json)
    _start_steering(steering, args.json)
    outcomes: list[Outcome] = []
    ended = False
    try:
        plugins = _plugins(args)
        for folder in _projects(args.projects):
            ended = ended or steering.interrupted
            if ended:
                break
            try:
                project = _load(folder)
                if not project.runs:
                    raise UserError("the project has no runs")
            except UserError as error:
                outcomes.append(Outcome(project=folder, run="", reason="failed", message=str(error)))
                warn(f"{folder}: {error}")
                continue
            for run, fresh in across_domains.baselines_first(project, project.runs, plugins, False, display):
                ended = ended or steering.interrupted
                if ended:
                    outcomes.append(Outcome(project=folder, run=run.name, reason="not started"))
                    continue
                try:
                    outcome = _perform(project, run, plugins, steering, display, args.device, fresh)
                except UserError as error:
                    outcome = Outcome(project=folder, run=run.name, reason="failed", message=str(error))
                    warn(f"{folder}, {run.name}: {error}")
                except Exception as error:  # noqa: BLE001 (one run's fault must not take the others with it)
                    message = args.log.fault(error)
                    outcome = Outcome(project=folder, run=run.name, reason="failed", message=message)
                    warn(f"{folder}, {run.name}: {message}")
                outcomes.append(outcome)
                ended = steering.interrupted or _exit_code(outcome.reason) == INTERRUPTED
    finally:
        steering.close()
    with contextlib.suppress(OSError):
        if args.json:
            dump_json(
                {"event": "BatchEnded", "time": time.time(), "runs": [each.to_dict() for each in outcomes]}
            )
        else:
            say()
            say(
                aligned(
                    ("project", "run", "result", "test accuracy", "time"),
                    [_batch_row(each) for each in outcomes],
                )
            )
            sys.stdout.flush()
    if ended:
        return INTERRUPTED
    return FAILED if any(each.reason == "failed" for each in outcomes) else DONE


def _batch_row(outcome: Outcome) -> tuple[str, ...]:
    result = "already done" if outcome.skipped else outcome.reason
    if outcome.reason == "failed" and outcome.message:
        result = f"failed: {outcome.message.splitlines()[0][:60]}"
    return (
        outcome.project,
        outcome.run,
        result,
        as_accuracy(outcome.summary.get("test") or {}),
        as_time(outcome.seconds) if outcome.seconds else "",
    )


def _compare(args: argparse.Namespace) -> int:
    from xferstudio.engine.compare import compare_runs
    from xferstudio.engine.target_table import compare_on_target

    project = _load(args.project)
    comparison, target = compare_runs(project), compare_on_target(project)
    if args.json:
        dump_json(comparison.to_dict() | ({"target": target.to_dict()} if target else {}))
    else:
        say(comparison.to_text())
        if target:
            say(target.to_text())
    return DONE


def _target(args: argparse.Namespace) -> int:
    if bool(args.folder) == args.none:
        raise UserError("name the folder of the images from the other domain, or say --none")
    across_domains.set_target(_load(args.project), "" if args.none else args.folder)
    return DONE


def _shift(args: argparse.Namespace) -> int:
    project, plugins = _load(args.project), _plugins(args)
    known = {project.default_backbone, *(run.backbone for run in project.runs)} - {""}
    wanted = args.backbone or project.default_backbone or DEFAULT_BACKBONE
    across_domains.show_shift(
        project, _chosen_backbone(wanted, project.folder, plugins, known), plugins, args.json
    )
    return DONE


def _audit(args: argparse.Namespace) -> int:
    from xferstudio.history import RunFolder

    project = _load(args.project)
    folder = RunFolder(_trained_folder(project, project.run(args.name).name))
    across_domains.run_audit(project, folder, args.label, args.seed, args.json)
    return DONE


def _export(args: argparse.Namespace) -> int:
    from xferstudio.api import make_options
    from xferstudio.engine.export import Parity, check_place, export_run
    from xferstudio.engine.model import load_trained

    project = _load(args.project)
    run = project.run(args.name)
    plugins = _plugins(args)
    exporter = plugins.exporter(args.to)
    options = make_options(exporter.Options, parse_options(exporter.Options, args.set, exporter.id))
    folder = _trained_folder(project, run.name)
    out = Path(args.out).expanduser() if args.out else project.exports_folder / f"{run.name}{exporter.suffix}"
    if exporter.suffix and out.suffix.lower() != exporter.suffix.lower():
        out = out.with_name(out.name + exporter.suffix)  # by its ending other programs, and predict, know it
    check_place(out, args.overwrite)
    display, parity = display_for(args.json), None
    try:
        model = load_trained(folder, plugins)
        for event in export_run(folder, exporter(options), out, overwrite=args.overwrite, model=model):
            if isinstance(event, Parity):
                parity = event
            else:
                display.show(event)
    finally:
        display.close()
    if parity is None:
        raise RuntimeError("the export ended without a proof of parity")
    if args.json:
        dump_json({"event": "Exported", "time": time.time(), "path": str(out), "parity": parity.to_dict()})
    else:
        say(f"{'Written' if parity.passed else 'Written, but FAILING the comparison'}: {out}")
    return DONE if parity.passed else FAILED


def _trained_folder(project: Project, name: str) -> Path:
    """The folder of the newest run of this name that ended with a model."""
    from xferstudio.history import all_runs

    ended = [
        folder
        for folder in all_runs(project)
        if folder.name == name and folder.state in ("finished", "stopped") and folder.weights.is_file()
    ]
    if not ended:
        command = shlex.join(["xferstudio", "run", str(project.folder), name])
        mine = [folder for folder in all_runs(project) if folder.name == name]
        state = mine[-1].state if mine else "new"
        if state == "interrupted":
            raise UserError(f"{name} was interrupted before it had finished; go on with it first: {command}")
        if state == "running":
            raise UserError(f"{name} is still running; wait for it, or stop it and keep what was learned")
        if state in ("failed", "cancelled"):
            raise UserError(
                f"{name} did not finish, it {'failed' if state == 'failed' else 'was cancelled'}; run it again first: {command}"
            )
        raise UserError(f"{name} has learned nothing yet; run it first: {command}")
    return ended[-1].path


def _predict(args: argparse.Namespace) -> int:
    from xferstudio.engine.predict import open_predictor, sort_into
    from xferstudio.project import check_writable

    from_stdin = args.paths == ["-"]
    if "-" in args.paths and not from_stdin:
        raise UserError("- (paths from standard input) cannot stand beside other paths")
    if args.link and not args.sort_into:
        raise UserError("--link belongs to --sort-into DIR")
    for place in (args.csv, args.sort_into, args.heat_maps):
        if place:
            check_writable(Path(place).expanduser())
    for place in (args.sort_into, args.heat_maps):
        if place and Path(place).expanduser().is_file():
            raise UserError(f"{place} is a file; name a folder.")
    if args.csv and Path(args.csv).expanduser().is_dir():
        raise UserError(f"{args.csv} is a folder; name a file.")
    files = None if from_stdin else _files(args.paths)
    predictor = open_predictor(Path(args.model).expanduser(), safe=args.safe)
    table = _PredictionTable(predictor.classes) if args.csv else None
    names = 0 if files is None else min(max(text_width(str(file)) for file in files), 60)
    good = bad = 0

    def shown(predictions: Iterator[Prediction]) -> Iterator[Prediction]:
        nonlocal good, bad
        for each in predictions:
            good, bad = good + (not each.error), bad + bool(each.error)
            if table:
                table.add(each)
            if args.json:
                dump_json(_prediction_dict(each, args))
            else:
                say(f"{padded(str(each.path), names)}  {_prediction_text(each, args)}")
                if from_stdin:
                    sys.stdout.flush()
            yield each

    if args.json and from_stdin:
        dump_json({"event": "Ready", "classes": list(predictor.classes)})
    maps = {"heat_maps": Path(args.heat_maps).expanduser()} if args.heat_maps else {}
    answers = shown(predictor.predict(_paths_from_stdin() if files is None else files, **maps))
    placed = 0
    if args.sort_into:
        folder = Path(args.sort_into).expanduser()
        for each in sort_into(answers, folder, min_confidence=args.min_confidence, link=args.link):
            placed += each.to is not None
            if each.to is None:
                warn(f"{each.path} was not sorted: {each.error}")
    else:
        for _ in answers:
            pass
    if table:
        table.write(Path(args.csv).expanduser())
    if not args.json:
        told = f"{counted(good + bad, 'file')}, {good:,} predicted, {bad:,} could not be read"
        say(
            told
            + (f"; {placed:,} {'linked' if args.link else 'copied'} into {folder}" if args.sort_into else "")
        )
    return FAILED if bad and not good else DONE


def _files(names: Sequence[str]) -> list[Path]:
    """The files to predict. One that does not exist stays in the list, so that it gets its reason."""
    from xferstudio.engine.predict import expand_inputs

    files: list[Path] = []
    for name in names:
        path = Path(name).expanduser()
        if not path.exists() and glob.has_magic(name):
            # For shells that leave patterns to the programs.
            files += expand_inputs([Path(each) for each in sorted(glob.glob(str(path), recursive=True))])  # noqa: PTH207
        else:
            files += expand_inputs([path]) if path.exists() else [path]
    if not files:
        raise UserError(f"there are no images in {', '.join(names)}")
    return files


def _paths_from_stdin() -> Iterator[Path]:
    for line in sys.stdin.buffer:
        name = line.rstrip(b"\r\n")
        if name.strip():
            yield Path(name.decode("utf-8", "surrogateescape"))


def _unsure(prediction: Prediction, args: argparse.Namespace) -> bool:
    return bool(prediction.confidence < args.min_confidence)


def _prediction_dict(prediction: Prediction, args: argparse.Namespace) -> dict[str, Any]:
    record: dict[str, Any] = dict(prediction.to_dict())
    if not prediction.error:
        if args.top > 1:
            record["top"] = [
                {"label": label, "confidence": share} for label, share in prediction.top(args.top)
            ]
        if args.min_confidence:
            record["unsure"] = _unsure(prediction, args)
    return record


def _prediction_text(prediction: Prediction, args: argparse.Namespace) -> str:
    if prediction.error:
        return prediction.error
    best = ", ".join(f"{label} {as_percent(share)}" for label, share in prediction.top(args.top))
    return f"{best} (unsure)" if _unsure(prediction, args) else best


class _PredictionTable:
    """The rows of `--csv`."""

    def __init__(self, classes: Sequence[str]) -> None:
        import csv
        import io

        self._classes = tuple(classes)
        self._text = io.StringIO(newline="")
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow(
            ["path", "label", "confidence", "error", *(f"p:{name}" for name in self._classes)]
        )

    def add(self, prediction: Prediction) -> None:
        """One file."""
        each = prediction
        shares = [f"{(each.probabilities or {}).get(name, 0.0):.6g}" for name in self._classes]
        if each.error:
            self._rows.writerow([each.path, "", "", each.error, *("" for _ in shares)])
        else:
            self._rows.writerow([each.path, each.label, f"{each.confidence:.6g}", "", *shares])

    def write(self, path: Path) -> None:
        """Put the table in its place, whole."""
        from xferstudio.project import write_atomic

        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, self._text.getvalue().encode("utf-8", "surrogateescape"))


def _backbones(args: argparse.Namespace) -> int:
    list_backbones(_plugins(args), args.text or "", args.json)
    return DONE


def _strategies(args: argparse.Namespace) -> int:
    list_offers(_plugins(args).strategies, args.json)
    return DONE


def _exporters(args: argparse.Namespace) -> int:
    list_offers(_plugins(args).exporters, args.json)
    return DONE


def _list_plugins(args: argparse.Namespace) -> int:
    list_plugins(_plugins(args, quiet=True), args.safe, args.json)
    return DONE


def _catalogue(args: argparse.Namespace) -> int:
    list_all(_plugins(args, quiet=args.json), args.json)
    return DONE


def _scan(args: argparse.Namespace) -> int:
    list_images(_load(args.project), args.json)
    return DONE


def _check_plugin(args: argparse.Namespace) -> int:
    from xferstudio.testing import check_plugin

    report = check_plugin(args.name)
    if args.json:
        dump_json(report.to_dict())
    else:
        say(report.to_text())
    return DONE if report.passed else FAILED


def _cache(args: argparse.Namespace) -> int:
    from xferstudio.engine.store import FeatureStore

    store = FeatureStore()
    if args.action == "clear":
        freed = store.clear()
        if args.json:
            dump_json({"freed": freed})
        else:
            say(f"Freed {as_size(freed)}.")
        return DONE
    usage = store.usage()
    if args.json:
        dump_json(usage)
        return DONE
    rows = [
        (
            " ".join(str(each[key]) for key in ("backbone", "boundary", "precision") if each.get(key)),
            f"{each['images']:,}",
            as_size(each["bytes"]),
            time.strftime("%Y-%m-%d %H:%M", time.localtime(each["last_used"])),
        )
        for each in usage
    ]
    if rows:
        say(aligned(("features", "images", "size", "last used"), rows))
        say()
    say(
        f"{as_size(sum(each['bytes'] for each in usage))} in the feature store; "
        "xferstudio cache clear frees them."
    )
    return DONE


def _demo(args: argparse.Namespace) -> int:
    from xferstudio.demo import run_demo

    flags = [f"--{name}" for name in ("safe", "verbose") if getattr(args, name)]
    return run_demo(Path(args.folder).expanduser(), lambda words: main([*words, *flags]))


def _app(args: argparse.Namespace) -> int:
    from xferstudio.project import is_project
    from xferstudio.screen import open_window

    if args.safe:
        raise UserError("--safe belongs to a command; the window shows which plugins were left out and why")
    if args.project and not is_project(Path(args.project).expanduser()):
        raise UserError(f"there is no project in {args.project}; {_HOW_TO_MAKE_ONE}")
    project = Path(args.project).expanduser()
    return open_window(str(project.parent if project.is_file() else project) if args.project else "")


_HOW_TO_MAKE_ONE = "make one with: xferstudio new PROJECT --data FOLDER"


# -------------------------------------------------------------------------------------------- arguments


class Parser(argparse.ArgumentParser):
    """Says a mistake in one sentence, the way all others are said."""

    def error(self, message: str) -> NoReturn:
        """Raise the mistake instead of ending the process."""
        raise UserError(f"{message}\n{self.format_usage().strip()}\nMore: {self.prog} --help")


def _global_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument(
        "--safe", action="store_true", default=argparse.SUPPRESS, help="load no plugins of other makers"
    )
    group.add_argument(
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="show warnings, and tracebacks of faults",
    )


@dataclass(frozen=True)
class Command:
    """A command: what it says of itself, which arguments it takes, what it does."""

    name: str
    usage: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    do: Callable[[argparse.Namespace], int]
    more: str = ""

    def parser(self) -> Parser:
        """Its argument parser."""
        parser = Parser(
            prog=f"xferstudio {self.name}",
            usage=f"xferstudio {self.name} {self.usage}".rstrip(),
            description=self.help[0].upper() + self.help[1:] + ".",
            epilog=self.more or None,
            allow_abbrev=False,
        )
        self.arguments(parser)
        _global_options(parser)
        return parser


def _json_flag(parser: argparse.ArgumentParser, help: str = "print JSON") -> None:
    parser.add_argument("--json", action="store_true", help=help)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return share


def _whole(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 up")
    return number


def _positive(text: str) -> int:
    number = _whole(text)
    if number == 0:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


def _new_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", help="the folder to make")
    parser.add_argument(
        "--data", metavar="FOLDER", required=True, help="images in one folder per class, or a table"
    )
    parser.add_argument("--target", metavar="FOLDER", default="", help="unlabelled images of another domain")
    parser.add_argument("--backbone", metavar="ID", help="the pretrained network that runs start from")
    parser.add_argument("--val", metavar="SHARE", type=_share, default=0.2, help="share for validation (0.2)")
    parser.add_argument("--test", metavar="SHARE", type=_share, default=0.2, help="share for the test (0.2)")
    parser.add_argument("--seed", metavar="N", type=_whole, default=0, help="another seed, another split (0)")
    parser.add_argument(
        "--folds", metavar="K", type=_whole, default=0, help="cross-validate with K folds (0: do not)"
    )
    parser.add_argument("--name", metavar="TEXT", help="the project's name (that of the folder)")


def _scan_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    _json_flag(parser, "print the images as lines of JSON, while they are looked through how far that is")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("--strategy", metavar="ID", required=True, help="see: xferstudio strategies")
    parser.add_argument("--name", metavar="NAME", help="the run's name (that of the strategy)")
    parser.add_argument("--backbone", metavar="ID", help="see: xferstudio backbones")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="an option of the strategy; may be repeated",
    )


def _remove_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("names", metavar="NAME", nargs="+", help="which runs")
    parser.add_argument(
        "--results", action="store_true", help="delete their models and results too, for good"
    )


def _device_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", metavar="DEVICE", default="", help="auto, cpu, cuda, cuda:1, mps")


def _run_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument(
        "names", metavar="NAME", nargs="*", default=[], help="which runs; all of them if none is named"
    )
    _json_flag(
        parser, "print each event as a line of JSON, and read pause, resume, stop, cancel from standard input"
    )
    _device_flag(parser)
    parser.add_argument("--fresh", action="store_true", help="start again, even if the run has finished")


def _batch_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "projects", metavar="PROJECT", nargs="+", help="project folders; * and ** are understood"
    )
    _json_flag(parser, "print each event as a line of JSON")
    _device_flag(parser)


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    _json_flag(parser)


def _target_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", default="", help="unlabelled images of another domain"
    )
    parser.add_argument("--none", action="store_true", help="take the target away")


def _shift_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("--backbone", metavar="ID", help="the network whose features are compared")
    _json_flag(parser, "print how far it is, then the report, as lines of JSON")


def _audit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("name", metavar="NAME", help="the run")
    parser.add_argument(
        "--label", metavar="N", type=_positive, required=True, help="how many images, 20 to 50"
    )
    parser.add_argument("--seed", metavar="N", type=_whole, default=0, help="another seed, other images (0)")
    _json_flag(
        parser, "print the images as JSON, read a label a line from standard input, and answer with estimates"
    )


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT")
    parser.add_argument("name", metavar="NAME", help="the run")
    parser.add_argument("--to", metavar="ID", required=True, help="see: xferstudio exporters")
    parser.add_argument("--out", metavar="PATH", help="where to; the project's exports folder if not said")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="an option of the exporter"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what stands there")
    _json_flag(parser)


def _predict_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a run's folder, or an exported model")
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", help="images and folders; - reads paths from standard input"
    )
    parser.add_argument("--csv", metavar="FILE", help="write the results to a table")
    _json_flag(parser, "print a line of JSON for each file")
    parser.add_argument("--top", metavar="K", type=_positive, default=1, help="show the K likeliest classes")
    parser.add_argument(
        "--sort-into", metavar="DIR", help="copy each image into a folder named after its class"
    )
    parser.add_argument(
        "--min-confidence", metavar="P", type=_share, default=0.0, help="below it an image counts as unsure"
    )
    parser.add_argument(
        "--heat-maps", metavar="DIR", help="write for each image a picture of what speaks for its class"
    )
    parser.add_argument("--link", action="store_true", help="with --sort-into: link instead of copying")


def _backbones_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="?", help="only those whose name holds this")
    _json_flag(parser)


def _cache_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", metavar="show|clear", nargs="?", choices=("show", "clear"), default="show")
    _json_flag(parser)


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the plugin's name, as xferstudio plugins shows it")
    _json_flag(parser)


def _app_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", nargs="?", default="", help="the project to open")


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", default="demo-output", help="where to (demo-output)"
    )


COMMAND_LIST = (
    Command(
        "new",
        "PROJECT --data FOLDER [--target FOLDER] [--backbone ID] [--val 0.2] [--test 0.2] [--seed 0] "
        "[--folds 0] [--name TEXT]",
        "make a project from a folder of images",
        _new_arguments,
        _new,
    ),
    Command(
        "add",
        "PROJECT --strategy ID [--name NAME] [--backbone ID] [--set KEY=VALUE]...",
        "add a run to a project",
        _add_arguments,
        _add,
        "The options of a strategy: xferstudio strategies.",
    ),
    Command(
        "remove",
        "PROJECT NAME... [--results]",
        "take runs out of a project",
        _remove_arguments,
        _remove,
    ),
    Command(
        "scan",
        "PROJECT [--json]",
        "list the images of a project, their classes and splits, and what is left out",
        _scan_arguments,
        _scan,
    ),
    Command(
        "run",
        "PROJECT [NAME]... [--json] [--device auto] [--fresh]",
        "do the runs of a project, or go on with an interrupted one",
        _run_arguments,
        _run,
        "Ctrl-C saves and ends; the same command goes on from there. Signals: USR1 pauses and resumes, USR2 "
        "stops and keeps what was learned, QUIT cancels.",
    ),
    Command(
        "batch",
        "PROJECT... [--json] [--device auto]",
        "do all runs of several projects, whatever fails",
        _batch_arguments,
        _batch,
        "Skips what is done and goes on with what was interrupted.",
    ),
    Command(
        "compare", "PROJECT [--json]", "put the runs of a project side by side", _compare_arguments, _compare
    ),
    Command(
        "target",
        "PROJECT (FOLDER | --none)",
        "say which images of another domain, without labels, a project's model is to be carried to",
        _target_arguments,
        _target,
    ),
    Command(
        "shift",
        "PROJECT [--backbone ID] [--json]",
        "measure how far the target's images are from the labelled ones, and what that suggests",
        _shift_arguments,
        _shift,
    ),
    Command(
        "audit",
        "PROJECT NAME --label N [--json] [--seed 0]",
        "measure a run's accuracy on the target from a few images that you label",
        _audit_arguments,
        _audit,
        "What is labelled is kept at once; the same command goes on with it.",
    ),
    Command(
        "export",
        "PROJECT NAME --to ID [--out PATH] [--set KEY=VALUE]... [--overwrite] [--json]",
        "write a run's model for other programs, and prove that it behaves the same",
        _export_arguments,
        _export,
    ),
    Command(
        "predict",
        "MODEL PATH... [--csv FILE] [--json] [--top K] [--sort-into DIR] [--min-confidence P] [--link] "
        "[--heat-maps DIR]",
        "classify images with a run or an exported model",
        _predict_arguments,
        _predict,
        "With --json - it says when it is ready, reads paths from standard input and answers line by line.",
    ),
    Command("backbones", "[TEXT] [--json]", "list pretrained networks", _backbones_arguments, _backbones),
    Command(
        "strategies", "[--json]", "list the ways to transfer, with their options", _json_flag, _strategies
    ),
    Command(
        "exporters", "[--json]", "list the formats to export to, with their options", _json_flag, _exporters
    ),
    Command(
        "plugins", "[--json]", "list the plugins, and those that were left out", _json_flag, _list_plugins
    ),
    Command("catalogue", "[--json]", "list all that plugins offer, in one", _json_flag, _catalogue),
    Command(
        "check-plugin",
        "NAME [--json]",
        "test whether a plugin keeps the rules",
        _check_arguments,
        _check_plugin,
    ),
    Command("cache", "[show|clear] [--json]", "show or clear the stored features", _cache_arguments, _cache),
    Command(
        "app",
        "[PROJECT]",
        "open the window",
        _app_arguments,
        _app,
        "The same as xferstudio without a command, or with a project's folder alone.",
    ),
    Command("demo", "[FOLDER]", "run the sample project from end to end", _demo_arguments, _demo),
)
COMMANDS_BY_NAME = {command.name: command for command in COMMAND_LIST}


def _top_parser() -> Parser:
    width = max(map(len, COMMANDS_BY_NAME)) + 2
    listing = "\n".join(f"  {command.name:<{width}}{command.help}" for command in COMMAND_LIST)
    parser = Parser(
        prog="xferstudio",
        usage="xferstudio [PROJECT | COMMAND ...]",
        description="From a folder of images to a model that you can trust and take away.\n"
        "Without a command it opens the window, on the project if one is named.",
        epilog=f"commands:\n{listing}\n\nMore of each: xferstudio COMMAND --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"xferstudio {__version__}")
    _global_options(parser)
    return parser


def parse(argv: Sequence[str]) -> tuple[Command, argparse.Namespace]:
    """The command and its arguments; without one, or with a project alone, it is `app`. Raises UserError."""
    place = next((number for number, word in enumerate(argv) if not word.startswith("-")), len(argv))
    args = argparse.Namespace(safe=False, verbose=False)
    _top_parser().parse_args(argv[:place], args)
    command = COMMANDS_BY_NAME["app"] if place == len(argv) else COMMANDS_BY_NAME.get(argv[place])
    rest = list(argv[place + 1 :])
    if command is None:
        from xferstudio.project import is_project

        if is_project(Path(argv[place]).expanduser()):
            command, rest = COMMANDS_BY_NAME["app"], list(argv[place:])
    if command is None and Path(argv[place]).is_dir():
        raise UserError(f"{argv[place]} is neither a command nor a project; {_HOW_TO_MAKE_ONE}")
    if command is None:
        near = _near(argv[place], COMMANDS_BY_NAME)
        hint = f"did you mean {near}?" if near else f"the commands are {', '.join(COMMANDS_BY_NAME)}"
        raise UserError(f"there is no command {argv[place]!r}; {hint}")
    # Intermixed, so that options may stand before, between or after the names.
    command.parser().parse_intermixed_args(rest, args)
    return command, args


# -------------------------------------------------------------------------------------------- the process


def _prepare_streams(verbose: bool) -> None:
    """Let no letter that the terminal lacks end a run, and keep the libraries' warnings to ourselves."""
    import warnings

    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if not verbose and not sys.warnoptions:
        warnings.simplefilter("ignore")


_ENVIRONMENT = {errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}
"""Errors of the machine that its user can mend: a full disk, a folder that may not be written."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say (those of the process if none are given); the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    verbose = "--verbose" in words
    if argv is None:
        _prepare_streams(verbose)
    log, root = FaultLog(), logging.getLogger()
    root.addHandler(log)
    try:
        return _guarded(words, log, verbose)
    finally:
        root.removeHandler(log)


def _guarded(words: Sequence[str], log: FaultLog, verbose: bool) -> int:
    """Parse and do; every way to fail becomes a sentence and an exit code."""
    try:
        command, args = parse(words)
        args.log = log
        code = command.do(args)
        sys.stdout.flush()
    except UserError as error:
        warn(str(error))
        return MISTAKE
    except KeyboardInterrupt:
        warn("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough, as `head` does.
        mute_stdout()
        return DONE
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else DONE
    except Exception as error:  # noqa: BLE001 (the last net: nobody shall see a traceback)
        sentence = log.fault(error)
        if isinstance(error, OSError) and error.errno in _ENVIRONMENT:
            place = f": {error.filename}" if error.filename else ""
            warn(f"{error.strerror}{place}")
            return FAILED
        warn(sentence)
        if verbose:
            traceback.print_exc()
        return FAULT
    return code
