"""What the pages share: the open project with its images, runs and edits, the catalogue of plugins, the queue."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, QStandardPaths, QThread, Signal, Slot

from xferstudio import project as projects
from xferstudio.api import UserError
from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.queue import RunQueue
from xferstudio.gui.project.watch import Eye, Figures, Seen, Watch, stamp
from xferstudio.history import RunFolder, all_runs, delete_results
from xferstudio.project import Project, Run

log = logging.getLogger(__name__)

RECENT = 12
TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pq")
"""Endings of files that list images."""


@dataclass
class Catalogue:
    """What the plugins offer, as `backbones --json`, `strategies --json`, `exporters --json` and `plugins --json` tell."""

    backbones: list[dict[str, Any]] = field(default_factory=list)
    strategies: list[dict[str, Any]] = field(default_factory=list)
    exporters: list[dict[str, Any]] = field(default_factory=list)
    loaded: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)

    def strategy(self, id: str) -> dict[str, Any] | None:
        """The description of a strategy, or None while it is not known (or its plugin is missing)."""
        return next((entry for entry in self.strategies if entry["id"] == id), None)

    def backbone(self, id: str) -> dict[str, Any] | None:
        """The description of a backbone, or None for one that nobody lists."""
        return next((entry for entry in self.backbones if entry["id"] == id), None)


@dataclass(frozen=True)
class Picture:
    """One image of the project: `path` below the root, what it is taken for after the user's edits."""

    path: str
    label: str | None
    split: str
    """train, val, test, or "" where it is left out or has no label."""
    domain: str
    group: str
    hash: str
    left_out: str = ""
    """Why it is not used; "" for one that is."""


@dataclass
class Pictures:
    """All images of the project as the last scan found them, edits applied, those left out included."""

    root: Path
    classes: tuple[str, ...]
    items: list[Picture]
    fingerprint: str
    counts: dict[str, int]
    """found, used, left_out, train, val, test, as the engine counts them."""


class Studio(QObject):
    """The state of one window. All members are used in the window's thread only."""

    project_changed = Signal()
    """Another project is open, or none, or its project.toml has changed."""
    pictures_changed = Signal()
    """`pictures` is new: None while they are looked through."""
    target_changed = Signal()
    """`target` is new: None where the project has no target domain, or while it is looked through."""
    scan_progress = Signal(str, int, int)
    runs_changed = Signal()
    """`runs` is new, or the state of one of them."""
    figures_changed = Signal()
    """`figures` or `exports` is new: progress of what runs, accuracy of what has ended."""
    catalogue_changed = Signal()
    edited_elsewhere = Signal()
    """project.toml was changed by another program while it is open here."""
    edits_changed_elsewhere = Signal()
    """edits.json was changed by another window; the images are looked through again already."""
    gone = Signal()
    """The folder of the project is not there any more."""
    message = Signal(str, str)
    """A sentence for the user, and details to unfold ("" for none)."""
    note = Signal(str)
    """A short sentence for the status line."""
    wanted = Signal(str, str)
    """Go to this page ("data", "train", "compare", "try", "export", "plugins") and select this there."""

    def __init__(self, parent: QObject | None = None, settings: QSettings | None = None) -> None:
        super().__init__(parent)
        self.settings = settings or QSettings("xferstudio", "xferstudio")
        self.project: Project | None = None
        self.pictures: Pictures | None = None
        self.target: Pictures | None = None
        """The images of the target domain, for the viewer only; `split` is "target", or "test" where set apart."""
        self.shift: Mapping[str, Any] | None = None
        """How far the two domains are apart, as `shift --json` told last; None while nobody has asked."""
        self.runs: list[RunFolder] = []
        self.catalogue = Catalogue()
        self.queue = RunQueue(self)
        self.queue.changed.connect(self.refresh_runs)
        self.figures: dict[Path, Figures] = {}
        self.exports: list[Path] = []
        self.trouble = ""
        """Why there are no pictures: a sentence, or "" while they are looked through or there."""
        self.projects_folder = _documents()
        """Where projects are made unless the user says otherwise."""
        self._states: dict[Path, str] = {}
        self._stamp: tuple[int, int] | None = None
        self._text = b""
        """project.toml as it is shown here."""
        self._edits: tuple[int, int] | None = None
        self._scan: Command | None = None
        self._scanned: list[Picture] = []
        self._scanned_target: tuple[Path, list[Picture]] | None = None
        self._writers = 0
        self._commands: set[Command] = set()
        self._eye = Eye()
        self._watch: Watch | None = None

    # ----------------------------------------------------------------------------------------- projects

    def open(self, folder: Path | str) -> None:
        """Open the project in this folder. Raises UserError with everything that is wrong with it."""
        project = projects.load(folder)
        self._leave()
        self.project = project
        self._take_file(project)
        self.mark_edits()
        self._remember(project)
        self.project_changed.emit()
        self.runs_changed.emit()  # there may be none, and those of the last project are not of this one
        self.rescan()
        self._begin_watch(project)

    def reload(self) -> None:
        """Read project.toml again. Raises UserError; then what was read before stays."""
        if self.project is None:
            return
        before, now = self.project, projects.load(self.project.folder)
        self._take_file(now)
        self.project = now
        self.project_changed.emit()
        if now.data != before.data:
            self.shift = None
        if (now.data, now.split) != (before.data, before.split):
            self.rescan()

    def keep(self) -> Path | None:
        """Put project.toml back as it is shown here; where what others have written there is now. Raises UserError."""
        if self.project is None:
            return None
        file = self.project.file
        aside = file.with_name(f"{file.name}.changed")
        try:
            with projects.file_mutex(self.project.folder / ".lock"):
                theirs = file.read_bytes() if file.exists() else b""
                if theirs == self._text:
                    return None
                if theirs:
                    projects.write_atomic(aside, theirs)
                projects.write_atomic(file, self._text)
        except OSError as error:
            raise projects.file_error(error, file) from error
        self._stamp = stamp(file)
        return aside if theirs else None

    def _take_file(self, project: Project) -> None:
        """What is shown is what stands in the file now."""
        self._stamp = stamp(project.file)
        with contextlib.suppress(OSError):
            self._text = project.file.read_bytes()

    def close(self) -> None:
        """Leave the project; what runs goes on."""
        self._leave()
        self.project_changed.emit()
        self.pictures_changed.emit()
        self.target_changed.emit()
        self.runs_changed.emit()

    def _leave(self) -> None:
        if self._watch is not None:
            self._watch.end()
            self._watch = None
        if self._scan is not None:
            self._scan.kill()
            self._scan = None
        self.project, self.pictures, self.runs, self._states = None, None, [], {}
        self.figures, self.exports, self.trouble, self._scanned = {}, [], "", []
        self.target, self.shift, self._scanned_target = None, None, None

    def make(self, data: Path | str, name: str = "", folder: Path | str | None = None, **more: Any) -> Path:
        """Make a project on these images and return its folder; no pixel is read.

        Without a `folder` it is made where projects are made, and one that is there already on the same images
        is taken instead. `more` goes to `project.create`. Raises UserError with what is wrong.
        """
        data = Path(data)
        if data.is_file() and data.suffix.lower() not in TABLES:
            raise UserError(
                self.tr(
                    "{name} is a single file. Give the folder that holds the photos, one folder in it for each class."
                ).format(name=data.name)
            )
        if data.is_dir() and not holds_images(data):
            raise UserError(
                self.tr(
                    "There are no photos in {name}. Give the folder that holds them, one folder in it for each class."
                ).format(name=data.name)
            )
        target = Path(more["target"]).expanduser() if more.get("target") else None
        if target is not None and target.is_dir() and not holds_images(target):
            raise UserError(
                self.tr(
                    "There are no photos in {name}. Give the folder that holds those of the other domain."
                ).format(name=target.name)
            )
        name = name.strip() or data.stem or "project"
        if folder is not None:
            return projects.create(folder, data=data, name=name, **more).folder
        for number in range(1, 1000):
            place = self.projects_folder / (_as_folder(name) + (f" {number}" if number > 1 else ""))
            if not place.exists():
                return projects.create(place, data=data, name=name, **more).folder
            with contextlib.suppress(UserError, OSError):
                if projects.load(place).data_path().samefile(data):
                    return place
        raise UserError(
            self.tr("There are too many projects of this name in {folder}; choose another name.").format(
                folder=self.projects_folder
            )
        )

    def free_place(self, name: str) -> Path:
        """A folder for a project of this name that is not there yet."""
        place = self.projects_folder / _as_folder(name)
        number = 1
        while place.exists():
            number += 1
            place = self.projects_folder / f"{_as_folder(name)} {number}"
        return place

    def watch_again(self) -> None:
        """Look at the project's folder again, which was gone."""
        if self.project is not None and self._watch is None:
            self._begin_watch(self.project)

    def _begin_watch(self, project: Project) -> None:
        self._watch = Watch(project, self._eye, self)
        self._watch.seen.connect(self._take_seen)
        self._watch.finished.connect(self._watch_ended)
        self._watch.start()

    @Slot()
    def _watch_ended(self) -> None:
        watch = self.sender()
        if watch is self._watch:
            self._watch = None
        if watch is not None:
            watch.deleteLater()

    def add_run(self, run: Run) -> None:
        """Write a run into project.toml. Raises UserError."""
        assert self.project is not None
        self.project = projects.add_run(self.project, run)
        self._take_file(self.project)
        self.project_changed.emit()

    def remove_run(self, name: str, folder: RunFolder | None) -> None:
        """Delete the results in this folder; and the run itself where there are no others, and it is not to be done.

        Raises UserError.
        """
        assert self.project is not None
        if folder is not None:
            try:
                delete_results(self.project, folder)
            finally:
                self.refresh_runs()
        jobs = (*self.queue.waiting, *self.queue.active)
        queued = any((job.project, job.name) == (self.project.folder, name) for job in jobs)
        planned = any(run.name == name for run in self.project.runs)
        if planned and not queued and not any(each.name == name for each in all_runs(self.project)):
            self.project = projects.remove_run(self.project, name)
            self._take_file(self.project)
            self.project_changed.emit()

    def recent(self) -> list[Path]:
        """Folders of the projects that were open, newest first; those that are gone are left out."""
        known: Any = self.settings.value("recent", [])
        paths = [known] if isinstance(known, str) else list(known or [])
        return [Path(path) for path in paths if (Path(path) / "project.toml").is_file()]

    def forget(self, folder: Path) -> None:
        """Take a folder out of the list of recent projects."""
        self.settings.setValue("recent", [str(path) for path in self.recent() if path != folder])

    def _remember(self, project: Project) -> None:
        paths = [project.folder, *(path for path in self.recent() if path != project.folder)]
        self.settings.setValue("recent", [str(path) for path in paths[:RECENT]])

    # ------------------------------------------------------------------------------- what others change

    @Slot()
    def look(self) -> None:
        """See at once, and not only within a second, whether runs or project.toml have changed on disk."""
        if self.project is not None:
            self._take_seen(self._eye.look(self.project))

    @Slot(object)
    def _take_seen(self, seen: Seen) -> None:
        if self.project is None or seen.folder != self.project.folder:
            return
        if seen.gone:
            if self._watch is not None:
                self._watch.end()
                self._watch = None
            self.gone.emit()
            return
        # Asked of the disk again: what was seen may be older than what this window has written since.
        written = not self._writers and seen.stamp != self._stamp
        if written and (now := stamp(self.project.file)) not in (None, self._stamp):
            self._stamp = now  # told once for each change
            if not self._take_runs_of_others():
                self.edited_elsewhere.emit()
            if self.project is None:
                return
        if seen.edits != self._edits and self._edits_stamp() != self._edits:
            self.mark_edits()
            self.rescan()
            self.edits_changed_elsewhere.emit()
        self._take_runs(list(seen.runs), dict(seen.states), seen.figures)
        if (dict(seen.figures), list(seen.exports)) != (self.figures, self.exports):
            self.figures, self.exports = dict(seen.figures), list(seen.exports)
            self.figures_changed.emit()

    def _take_runs_of_others(self) -> bool:
        """Take in what another window or command has added or removed of runs; False if anything else has changed."""
        assert self.project is not None
        try:
            now = projects.load(self.project.folder)
        except UserError:
            return False
        theirs = {run.name: run for run in now.runs}
        changed = any(theirs.get(run.name, run) != run for run in self.project.runs)
        if changed or replace(now, runs=self.project.runs) != self.project:
            return False
        self.project = now
        self._take_file(now)
        self.project_changed.emit()
        return True

    @Slot()
    def refresh_runs(self) -> None:
        """Have the thread that watches the folder look at once; nothing is read here."""
        if self._watch is not None:
            self._watch.look_now()

    def _take_runs(
        self, runs: list[RunFolder], states: dict[Path, str], figures: Mapping[Path, Figures]
    ) -> None:
        if states == self._states:
            return
        learned = ("finished", "stopped")
        ended = [
            run for run in runs if states[run.path] in learned and self._states.get(run.path) == "running"
        ]
        self.runs, self._states = runs, states
        self.runs_changed.emit()
        # Only decoding tells which files are broken: what a run has found out belongs to the images.
        left_out = [figures[run.path].left_out for run in ended if run.path in figures]
        if self.pictures is not None and any(
            n not in (None, self.pictures.counts["left_out"]) for n in left_out
        ):
            self.rescan()

    def mark_edits(self) -> None:
        """To be called after edits.json was written here: it is not the work of another window."""
        self._edits = self._edits_stamp()

    def _edits_stamp(self) -> tuple[int, int] | None:
        return stamp(self.project.folder / "edits.json") if self.project is not None else None

    def state(self, run: RunFolder) -> str:
        """The state of a run as last seen: no file is read."""
        return self._states.get(run.path, "new")

    # ------------------------------------------------------------------------------------------- images

    @Slot()
    def rescan(self) -> None:
        """Look through the images again, in another process."""
        if self.project is None:
            return
        if self._scan is not None:
            self._scan.kill()
        self._scanned, self._scanned_target, self.trouble = [], None, ""
        self._scan = Command(["scan", str(self.project.folder), "--json"], self)
        self._scan.arrived.connect(self._take_scanned)
        self._scan.ended.connect(self._scan_ended)
        self._hold(self._scan)
        self._scan.start()

    @Slot(object)
    def _take_scanned(self, lines: list[Mapping[str, Any]]) -> None:
        if self.sender() is not self._scan:
            return
        for line in lines:
            kind = line.get("event")
            if kind == "Progress":
                self.scan_progress.emit(str(line["task"]), int(line["done"]), int(line["total"]))
            elif kind == "Pictures":
                self._scanned.extend(Picture(*values) for values in line["items"])
            elif kind == "TargetImages":
                known = self._scanned_target[1] if self._scanned_target is not None else []
                known.extend(Picture(*values) for values in line["images"])
                self._scanned_target = (Path(line["root"]), known)
            elif kind == "Scanned":
                self.pictures = Pictures(
                    Path(line["root"]),
                    tuple(line["classes"]),
                    self._scanned,
                    line["fingerprint"],
                    dict(line["counts"]),
                )
                self._scanned = []
                self.pictures_changed.emit()

    @Slot(int, str)
    def _scan_ended(self, code: int, words: str) -> None:
        if self.sender() is not self._scan:
            return
        self._scan = None
        self._take_target()
        if code != 0:
            self.trouble = last_sentence(words) or self.tr("The images cannot be looked through.")
            self.pictures = None
            self.pictures_changed.emit()
            self.message.emit(self.trouble, words)

    def _take_target(self) -> None:
        """What the scan has told of the target domain, now that it has ended."""
        before, self.target = self.target, None
        if self._scanned_target is not None:
            root, items = self._scanned_target
            left_out = sum(bool(item.left_out) for item in items)
            counts = {"found": len(items), "used": len(items) - left_out, "left_out": left_out}
            classes = tuple(sorted({item.label for item in items if item.label is not None}))
            self.target = Pictures(root, classes, items, "", counts)
            self._scanned_target = None
        if (before, self.target) != (None, None):
            self.target_changed.emit()

    # ----------------------------------------------------------------------------------------- commands

    def command(self, *arguments: str) -> Command:
        """A command that is not started yet; it is kept alive until it has ended, and killed with the window."""
        command = Command(arguments, self)
        self._hold(command)
        return command

    def change(self, *arguments: str) -> Command:
        """A command, to be started by the caller, that writes project.toml.

        When it has ended, and before anybody who connects to it hears of that, the file is read again; the user is
        not asked whether to reload what they have asked for.
        """
        command = self.command(*arguments)
        self._writers += 1
        command.ended.connect(self._written)
        return command

    @Slot(int, str)
    def _written(self, code: int, words: str) -> None:
        self._writers -= 1
        if self.project is None or stamp(self.project.file) in (None, self._stamp):
            return
        try:
            self.reload()
        except UserError as error:
            self.message.emit(str(error), "")

    def _hold(self, command: Command) -> None:
        self._commands.add(command)
        command.finished.connect(self._drop)

    @Slot()
    def _drop(self) -> None:
        command = self.sender()
        if isinstance(command, Command):
            self._commands.discard(command)
            command.deleteLater()

    def read_catalogue(self) -> None:
        """Ask the command line, in the background, what the plugins offer."""
        command = self.command("catalogue", "--json")
        command.arrived.connect(self._take_catalogue)
        command.ended.connect(self._catalogue_ended)
        command.start()

    @Slot(int, str)
    def _catalogue_ended(self, code: int, words: str) -> None:
        if code > 0:
            self.message.emit(
                self.tr("The plugins cannot be read, so there is nothing to train with: {why}").format(
                    why=last_sentence(words)
                ),
                words,
            )

    @Slot(object)
    def _take_catalogue(self, lines: list[Mapping[str, Any]]) -> None:
        for line in lines:
            if line.get("event") == "Catalogue":
                plugins = line["plugins"]
                self.catalogue = Catalogue(
                    line["backbones"],
                    line["strategies"],
                    line["exporters"],
                    plugins["loaded"],
                    plugins.get("failed") or plugins.get("failures") or [],
                )
                self.catalogue_changed.emit()

    def let_go(self) -> None:
        """End all threads: commands are killed, detached runs go on."""
        if self._watch is not None:
            self._watch.end()
            self._watch = None
        for command in list(self._commands):
            command.kill()
        self.queue.let_go()
        for thread in self.findChildren(QThread):
            thread.wait(5000)


def holds_images(folder: Path, most: int = 20_000) -> bool:
    """Whether a picture lies anywhere below this folder; it looks at `most` files, then believes so."""
    from xferstudio.data.decode import readable_extensions

    endings = readable_extensions()
    looked = 0
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        if any(not name.startswith(".") and Path(name).suffix.lower() in endings for name in files):
            return True
        looked += len(folders) + len(files) + 1
        if looked > most:
            return True
    return False


def last_sentence(words: str) -> str:
    """What a command said at last, without the program's name before it."""
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[-1].removeprefix("xferstudio: ").strip() if lines else ""


def _documents() -> Path:
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place or Path.home()) / "xferstudio"


def _as_folder(name: str) -> str:
    """A name as a folder may have it on every system."""
    plain = re.sub(r'[<>:"/\\|?*\x00-\x1f]+', " ", name).strip(" .")[:80].strip(" .")
    return plain or "project"
