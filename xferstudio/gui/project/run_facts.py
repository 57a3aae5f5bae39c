"""Figures of the runs as the pages show them, read from the run folders in a thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QObject, Signal, Slot

from xferstudio.api import UserError
from xferstudio.gui.project.reading import Reader, Stopped
from xferstudio.gui.project.studio import Studio
from xferstudio.history import RunFolder

ENDED_WELL = ("finished", "stopped")
"""States of a run that has a model."""


@dataclass(frozen=True)
class RunFacts:
    """One run. `test` and `val` are as in summary.json, empty where the run was not measured on that split."""

    folder: Path
    name: str
    state: str
    strategy: str = ""
    backbone: str = ""
    device: str = ""
    precision: str = ""
    date: datetime | None = None
    seconds: float | None = None
    images_per_second: float | None = None
    size: int | None = None
    classes: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    test: Mapping[str, Any] = field(default_factory=dict)
    val: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    """What an adaptation tells of the target domain, as in summary.json."""
    newest: bool = True
    """No later run of the same name has a model."""

    @property
    def measured(self) -> Mapping[str, Any]:
        """The figures to judge by: of the test split, or of validation where there is no test."""
        return self.test or self.val

    @property
    def helped(self) -> bool:
        """Whether it is an adaptation that helped: by labels of the target, where there are any, or by the signs."""
        labelled = (self.target.get("report") or {}).get("against_baseline")
        return (labelled or self.target.get("verdict") or {}).get("verdict") == "helped"

    @property
    def learned(self) -> bool:
        """Whether it has a model to predict with."""
        return self.state in ENDED_WELL and self.size is not None


def moment(date: datetime) -> str:
    """A date and time as the language writes them, short."""
    made = QDateTime.fromSecsSinceEpoch(int(date.timestamp()))
    pattern = QCoreApplication.translate(
        "Words", "d MMM yyyy HH:mm", "a date and time, in letters of QLocale"
    )
    return QLocale().toString(made, pattern)


def read_facts(folder: RunFolder, state: str) -> RunFacts:
    """What the folder of a run tells; figures that cannot be read are left out."""
    try:
        run = folder.read_run()
    except UserError:
        run = {}
    summary = folder.summary() or {}
    try:
        size: int | None = folder.weights.stat().st_size
    except OSError:
        size = None

    def number(name: str) -> float | None:
        value = summary.get(name)
        return float(value) if isinstance(value, (int, float)) else None

    def table(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        value = source.get(name)
        return value if isinstance(value, dict) else {}

    return RunFacts(
        folder=folder.path,
        name=folder.name,
        state=state,
        strategy=str(run.get("strategy", "")),
        backbone=str(run.get("backbone", "")),
        device=str(summary.get("device") or run.get("device", "")),
        precision=str(summary.get("precision", "")),
        date=folder.started,
        seconds=number("seconds"),
        images_per_second=number("images_per_second"),
        size=size,
        classes=tuple(map(str, summary.get("classes") or table(run, "model").get("classes") or ())),
        options=table(run, "options"),
        test=table(summary, "test"),
        val=table(summary, "val"),
        target=table(summary, "target"),
    )


class RunList(QObject):
    """The runs of the open project with their figures, newest first; follows the studio."""

    changed = Signal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.runs: list[RunFacts] = []
        self.read = False
        """Whether `runs` is what the folders say; False while they are read for the first time."""
        self._reader = Reader(self)
        self._reader.done.connect(self._take)
        self._reader.failed.connect(self._fail)
        self._asked: tuple[tuple[Path, str], ...] | None = None
        studio.runs_changed.connect(self.refresh)

    def learned(self) -> list[RunFacts]:
        """Runs with a model, the newest of each name, newest first."""
        return [run for run in self.runs if run.learned and run.newest]

    def find(self, what: str) -> RunFacts | None:
        """A run by its folder, the folder's name, or its own name (then the newest with a model)."""
        for run in self.runs:
            if what in (str(run.folder), run.folder.name):
                return run
        named = [run for run in self.runs if run.name == what]
        return next((run for run in named if run.learned), named[0] if named else None)

    @Slot()
    def refresh(self) -> None:
        """Read the runs that have changed since the last time."""
        wanted = tuple((run.path, self.studio.state(run)) for run in self.studio.runs)
        if wanted == self._asked:
            return
        self._asked = wanted
        known = {run.folder: run for run in self.runs}
        if not wanted:
            self._reader.drop()
            self.runs, self.read = [], True
            self.changed.emit()
            return

        def work(stopped: Stopped) -> list[RunFacts]:
            found = []
            for path, state in wanted:
                if stopped():
                    break
                old = known.get(path)
                if old is None or old.state != state or state not in ENDED_WELL:
                    old = read_facts(RunFolder(path), state)
                found.append(old)
            return found

        self._reader.ask(work)

    @Slot(object)
    def _take(self, runs: list[RunFacts]) -> None:
        from dataclasses import replace

        seen: set[str] = set()
        listed = []
        for run in reversed(runs):
            newest = run.learned and run.name not in seen
            if run.learned:
                seen.add(run.name)
            listed.append(replace(run, newest=newest))
        self.runs, self.read = listed, True
        self.changed.emit()

    @Slot(str)
    def _fail(self, reason: str) -> None:
        self.studio.note.emit(reason)

    def let_go(self) -> None:
        """End the thread."""
        self._asked = None
        self._reader.let_go()
