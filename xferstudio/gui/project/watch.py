"""Looks at the folder of the open project, in a thread: runs and their figures, exports, edits by other programs."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from xferstudio import events
from xferstudio.api import UserError
from xferstudio.history import RunFolder, all_runs
from xferstudio.project import Project

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the folder is looked at."""
_TICK = 3_000_000_000
"""Nanoseconds; some file systems know whole seconds only, and clocks of servers differ a little."""


@dataclass(frozen=True)
class Figures:
    """What the project manager tells of a run. Shares from 0 to 1; None where it is not known (yet)."""

    accuracy: float | None = None
    interval: tuple[float, float] | None = None
    split: str = ""
    """The split that the accuracy is of: test, or val."""
    progress: float | None = None
    epoch: int = 0
    epochs: int = 0
    paused: bool = False
    seconds_left: float | None = None
    device: str = ""
    left_out: int | None = None
    """How many images a run that has ended could not use."""


@dataclass(frozen=True)
class Seen:
    """The folder of a project at one moment; `stamp` and `edits` are (time, size) of the files, None if missing."""

    folder: Path
    gone: bool = False
    stamp: tuple[int, int] | None = None
    edits: tuple[int, int] | None = None
    runs: tuple[RunFolder, ...] = ()
    states: Mapping[Path, str] = field(default_factory=dict)
    figures: Mapping[Path, Figures] = field(default_factory=dict)
    exports: tuple[Path, ...] = ()


class Eye:
    """Looks once, and remembers what cannot have changed since. Used by one thread at a time."""

    def __init__(self) -> None:
        self._states: dict[Path, tuple[int, str]] = {}
        self._figures: dict[Path, tuple[tuple[int, int] | None, Figures]] = {}
        self._guard = threading.Lock()

    def look(self, project: Project) -> Seen:
        """The project's folder as it is now."""
        with self._guard:
            if not project.folder.is_dir():
                return Seen(project.folder, gone=True)
            runs = all_runs(project)
            states = {run.path: self._state(run) for run in runs}
            return Seen(
                project.folder,
                False,
                stamp(project.file),
                stamp(project.folder / "edits.json"),
                tuple(runs),
                states,
                {run.path: self._figure(run, states[run.path]) for run in runs},
                _exports(project),
            )

    def _state(self, run: RunFolder) -> str:
        # Locks and events come and go as files of the folder, which moves its time on.
        try:
            changed = run.path.stat().st_mtime_ns
        except OSError:
            return "new"
        known = self._states.get(run.path)
        if known is not None and known[0] == changed and known[1] != "running":
            return known[1]
        # Times of files move in ticks: what changed a moment ago may change again within the same one.
        settled = time.time_ns() - changed > _TICK
        try:
            state = run.state
        except (OSError, UserError):
            log.info("the state of %s cannot be read", run.path, exc_info=True)
            return "new"
        if settled:
            self._states[run.path] = (changed, state)
        return state

    def _figure(self, run: RunFolder, state: str) -> Figures:
        changed = stamp(run.events_file if state == "running" else run.summary_file)
        known = self._figures.get(run.path)
        if (
            known is not None
            and known[0] == changed
            and (known[1].progress is not None) == (state == "running")
        ):
            return known[1]
        before = known[1] if known is not None else Figures()
        try:
            found = _of_running(run, before) if state == "running" else of_summary(run.summary())
        except (OSError, UserError, TypeError, ValueError):
            log.info("the figures of %s cannot be read", run.path, exc_info=True)
            found = Figures()
        self._figures[run.path] = (changed, found)
        return found


class Watch(QThread):
    """Looks again and again until it is told to end."""

    seen = Signal(object)

    def __init__(self, project: Project, eye: Eye, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project = project
        self._eye = eye
        self._wake = threading.Event()

    def look_now(self) -> None:
        """Do not wait for the next time."""
        self._wake.set()

    def end(self) -> None:
        """Look no more."""
        self.requestInterruption()
        self._wake.set()

    def run(self) -> None:
        """Look until told to end."""
        last: Seen | None = None
        while not self.isInterruptionRequested():
            try:
                now = self._eye.look(self._project)
            except OSError:
                log.info("the project cannot be looked at", exc_info=True)
            else:
                if now != last and not self.isInterruptionRequested():
                    self.seen.emit(now)
                    last = now
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()


def stamp(file: Path) -> tuple[int, int] | None:
    """By which a file is known to have changed; None if it is not there."""
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def of_summary(summary: Mapping[str, Any] | None) -> Figures:
    """The figures of a run that has ended; of its test images where there are any."""
    if not summary:
        return Figures()
    counts = summary.get("counts")
    left_out = counts.get("left_out") if isinstance(counts, dict) else None
    found = Figures(
        device=str(summary.get("device", "")), left_out=left_out if isinstance(left_out, int) else None
    )
    for split in ("test", "val"):
        part = summary.get(split)
        if isinstance(part, dict) and isinstance(part.get("accuracy"), (int, float)) and part.get("n", 1):
            bounds = part.get("accuracy_interval")
            interval = None
            if isinstance(bounds, list) and len(bounds) == 2 and None not in bounds:
                interval = (float(bounds[0]), float(bounds[1]))
            return replace(found, accuracy=float(part["accuracy"]), interval=interval, split=split)
    return found


def _of_running(run: RunFolder, before: Figures) -> Figures:
    event = run.last_event()
    progress = before.progress if before.progress is not None else 0.0
    found = replace(before, accuracy=None, interval=None, split="", progress=progress, paused=False)
    if not found.device:
        first = next((each for each in run.events() if isinstance(each, events.RunStarted)), None)
        if first is not None:
            found = replace(found, device=first.device, epochs=first.epochs)
    if isinstance(event, events.StepDone) and event.steps:
        share = min(1.0, event.step / event.steps)
        return replace(found, progress=max(progress, share), epoch=event.epoch)
    if isinstance(event, events.EpochDone) and event.epochs:
        return replace(
            found,
            progress=max(progress, min(1.0, event.epoch / event.epochs)),
            epoch=event.epoch,
            epochs=event.epochs,
            seconds_left=event.seconds_left,
        )
    return replace(found, paused=isinstance(event, events.RunPaused))


def _exports(project: Project) -> tuple[Path, ...]:
    """What was exported, newest first; what only comes with it is not listed."""
    try:
        found = [
            path
            for path in project.exports_folder.iterdir()
            if not path.name.startswith(".") and not path.name.endswith(("parity.json", ".tmp"))
        ]
        return tuple(sorted(found, key=lambda path: path.stat().st_mtime, reverse=True))
    except OSError:
        return ()
