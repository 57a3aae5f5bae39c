"""The queue of runs: one at a time on each device, each in a process of its own that outlives the window.

What other windows and commands run on a device is waited for too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from xferstudio.gui.project.commands import Command
from xferstudio.history import RunFolder

if TYPE_CHECKING:  # imported with the first run: it reads what the window needs only later
    from xferstudio.occupied import Use

LOOK_MS = 1000
"""How often it is looked whether a device is free that others have taken."""


@dataclass(eq=False)
class Job:
    """One run that waits or goes on. `folder` is known once it has begun.

    An adaptation may first do its baseline: then `folder` is that of the baseline.
    """

    project: Path
    name: str
    device: str = ""
    fresh: bool = False
    command: Command | None = None
    folder: str = ""
    ended: bool = False
    behind: Use | None = None
    """What it waits for, where that is not a run of this window."""
    notice: Path | None = None
    """Where other windows read that it goes on."""

    @property
    def prepares(self) -> bool:
        """Whether what goes on is not yet the run itself."""
        return bool(self.folder) and RunFolder(Path(self.folder)).name != self.name

    def arguments(self) -> list[str]:
        """The command line that does this run, without the program."""
        device = ["--device", self.device] if self.device else []
        return ["run", str(self.project), self.name, *device, *(["--fresh"] if self.fresh else [])]


def by_run(lines: list[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The events of a process parted at each RunStarted: it may do the baseline of a run before the run itself."""
    parts: list[list[Mapping[str, Any]]] = []
    for line in lines:
        if not parts or line.get("event") == "RunStarted":
            parts.append([])
        parts[-1].append(line)
    return parts


class RunQueue(QObject):
    """Runs to do, in order. A failure does not hold up what follows."""

    changed = Signal()
    """A job was added, moved, removed, has begun or has ended."""
    events = Signal(object, object)
    """Events (dicts) of a job that goes on, in bundles; a bundle is of one run, and begins with its first event."""
    ended = Signal(object, int, str)
    """A job has ended: exit code and the last words of its standard error."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.waiting: list[Job] = []
        self.active: list[Job] = []
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)

    def add(self, job: Job) -> None:
        """Put a run at the end of the queue; it begins at once if its device is free."""
        self.waiting.append(job)
        self._begin()
        self.changed.emit()

    def remove(self, job: Job) -> None:
        """Take out a run that waits."""
        if job in self.waiting:
            self.waiting.remove(job)
            self._begin()
            self.changed.emit()

    def move(self, job: Job, place: int) -> None:
        """Put a waiting run to this place (0 is next)."""
        if job in self.waiting:
            self.waiting.remove(job)
            self.waiting.insert(max(0, place), job)
            self._begin()
            self.changed.emit()

    def tell(self, job: Job, word: str) -> None:
        """pause, resume, stop or cancel."""
        if job.command is not None:
            job.command.send(word)

    def stop(self) -> None:
        """Tell all active runs to keep what they have learned and end; those that wait do not begin."""
        self.waiting.clear()
        self._timer.stop()
        for job in self.active:
            if job.command is None:
                continue
            if job.folder:
                job.command.send("stop")
            else:  # it has not begun: there is nothing to keep
                job.command.kill()
        self.changed.emit()

    def job_of(self, folder: RunFolder) -> Job | None:
        """The active job that writes this run folder, if this window started it."""
        return next((job for job in self.active if job.folder and Path(job.folder) == folder.path), None)

    def _begin(self) -> None:
        from xferstudio.occupied import Use, claim, same_device

        behind: list[Job] = []  # those that came later do not overtake them
        for job in list(self.waiting):
            before, job.behind = (*self.active, *behind), None
            if any(same_device(other.device, job.device) for other in before):
                continue
            found = claim(job.device, job.project, job.name)
            if isinstance(found, Use):
                job.behind = found
                behind.append(job)
                continue
            job.notice = found
            self.waiting.remove(job)
            self.active.append(job)
            job.command = Command([*job.arguments(), "--json"], self, detached=True)
            job.command.arrived.connect(self._take)
            job.command.ended.connect(self._ended)
            job.command.finished.connect(self._drop)
            job.command.start()
        if behind and not self._timer.isActive():
            self._timer.start()
        elif not behind:
            self._timer.stop()

    @Slot()
    def _look(self) -> None:
        """Is a device free that others had taken?"""
        before = [(job, job.behind) for job in self.waiting]
        self._begin()
        if [(job, job.behind) for job in self.waiting] != before:
            self.changed.emit()

    def _free(self, job: Job) -> None:
        from xferstudio.occupied import give_back

        give_back(job.notice)
        job.notice = None

    def _job(self) -> Job | None:
        return next((job for job in self.active if job.command is self.sender()), None)

    @Slot(object)
    def _take(self, lines: list[Mapping[str, Any]]) -> None:
        job = self._job()
        if job is None:
            return
        for part in by_run(lines):
            if part[0].get("event") == "RunStarted":
                job.folder = str(part[0].get("folder", ""))
                self.changed.emit()
            self.events.emit(job, part)

    @Slot(int, str)
    def _ended(self, code: int, words: str) -> None:
        job = self._job()
        if job is None:
            return
        self.active.remove(job)
        job.ended, job.command = True, None
        self._free(job)
        self.ended.emit(job, code, words)
        self._begin()
        self.changed.emit()

    @Slot()
    def _drop(self) -> None:
        command = self.sender()
        if isinstance(command, Command):
            command.deleteLater()

    def let_go(self) -> None:
        """Stop reading the active runs, which go on by themselves, and forget those that wait."""
        self.waiting.clear()
        self._timer.stop()
        for job in self.active:
            if job.command is not None:
                job.command.let_go()
        for job in self.active:
            if job.command is not None:
                job.command.wait(5000)
            self._free(job)
        self.active.clear()
