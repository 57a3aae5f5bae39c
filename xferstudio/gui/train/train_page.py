"""The train page: a form for a new run, the queue, and the live view of the run that is looked at."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QWidget

from xferstudio.api import UserError
from xferstudio.gui.look import theme
from xferstudio.gui.look.help import keys
from xferstudio.gui.look.messages import ask
from xferstudio.gui.look.threads import begin
from xferstudio.gui.look.words import engine_text, names, size
from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.queue import Job
from xferstudio.gui.project.recipe import commands, run_command, run_of, shell_line
from xferstudio.gui.project.studio import Studio
from xferstudio.gui.train.adding_adaptations import Adder
from xferstudio.gui.train.follower import Follower
from xferstudio.gui.train.new_run import NewRun
from xferstudio.gui.train.runs_view import RunsView
from xferstudio.history import RunFolder, measured_against, size_of
from xferstudio.project import Run

if TYPE_CHECKING:  # the plots are imported when the first run is looked at
    from xferstudio.gui.audit.audit_window import AuditWindow
    from xferstudio.gui.train.course import Course
    from xferstudio.gui.train.dashboard import Dashboard

log = logging.getLogger(__name__)


class TrainPage(Page):
    """Runs: to begin, to watch, to steer."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self._what: tuple[str, Any] = ("new", None)
        self._courses: dict[Job, Course] = {}
        self._folders: dict[Job, str] = {}
        self._last_words: dict[str, tuple[int, str]] = {}
        self._follower: Follower | None = None
        self._dashboard: Dashboard | None = None
        self._project: Path | None = studio.project.folder if studio.project is not None else None
        self._compared: dict[tuple[str, ...], dict[str, str]] = {}
        self._comparing: tuple[str, ...] = ()
        self._compare: Command | None = None
        self._audit: AuditWindow | None = None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.splitter = QSplitter()
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        layout.addWidget(self.splitter)
        self.runs = RunsView(studio)
        self.runs.selected.connect(self._selected)
        self.runs.setMinimumWidth(20 * theme.UNIT)
        self.splitter.addWidget(self.runs)
        self.stack = QStackedWidget()
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([26 * theme.UNIT, 100 * theme.UNIT])
        self.form = NewRun(studio)
        self.form.train.connect(self.train)
        self.form.copy.connect(self._copy)
        self.stack.addWidget(self.form)
        self.adder = Adder(studio, self)
        self.adder.added.connect(self._added)
        studio.queue.events.connect(self._events)
        studio.queue.ended.connect(self._job_ended)
        studio.queue.changed.connect(self._look)
        studio.runs_changed.connect(self._look)
        studio.project_changed.connect(self._project_changed)
        studio.pictures_changed.connect(self._images)
        studio.catalogue_changed.connect(self._retell)
        self.runs.show_selected("new", None)

    @property
    def dashboard(self) -> Dashboard:
        """The live view, made when the first run is looked at."""
        if self._dashboard is None:
            from xferstudio.gui.train.dashboard import Dashboard

            self._dashboard = Dashboard()
            self._dashboard.asked.connect(self._asked)
            self._dashboard.wanted.connect(self._next_step)
            self._dashboard.mistake.connect(self._mistake)
            self._dashboard.failed.connect(self._plot_failed)
            self.stack.addWidget(self._dashboard)
            self._images()
        return self._dashboard

    # -------------------------------------------------------------------------------------------- page

    def shortcuts(self) -> list[tuple[str, str]]:
        """What the help sheet says of this page: the form, the queue and the plots."""
        return [
            (self.tr("Train the new run"), keys("Ctrl+Return")),
            (self.tr("Waiting run: earlier or later"), f"{keys('Ctrl+Up')}  {keys('Ctrl+Down')}"),
            (self.tr("Waiting run: take out of the queue"), keys("Del")),
            (self.tr("Plot: values to the left or right"), f"{keys('Left')}  {keys('Right')}"),
            (self.tr("Plot: first or last value"), f"{keys('Home')}  {keys('End')}"),
            (self.tr("Plot: show all"), keys("F")),
            (self.tr("Plot: logarithmic axis"), keys("L")),
            (self.tr("Plot: zoom"), self.tr("Ctrl and the wheel")),
        ]

    def shown(self) -> None:
        if self.studio.project is None:
            return
        # The plots take a moment to import: now, and not when a run begins to tell of itself.
        QTimer.singleShot(0, self, self._get_ready)
        if self._what[0] == "new" and self.studio.queue.active and not self.form.isVisible():
            job = self.studio.queue.active[0]
            if job.project == self.studio.project.folder:
                self.show_job(job)

    @Slot()
    def _get_ready(self) -> None:
        assert self.dashboard is not None

    def select(self, what: str) -> None:
        """Show the run with this folder or name; "" or "new" for the form."""
        if what in ("", "new"):
            self.show_new()
            return
        for folder in reversed(self.studio.runs):
            if what in (folder.path.name, str(folder.path)):
                self.show_folder(folder)
                return
        for job in (*self.studio.queue.active, *self.studio.queue.waiting):
            if job.name == what and self._is_here(job):
                self.show_job(job)
                return
        for folder in reversed(self.studio.runs):
            if folder.name == what:
                self.show_folder(folder)
                return
        if self.studio.project is not None and any(run.name == what for run in self.studio.project.runs):
            self.show_plan(what)

    def let_go(self) -> bool:
        if self._audit is not None:
            self._audit.done(0)
        self._unfollow()
        if self._dashboard is not None:
            self._dashboard.let_go()
        return True

    # -------------------------------------------------------------------------------------- what is shown

    @Slot(str, object)
    def _selected(self, kind: str, key: object) -> None:
        if kind == "new":
            self.show_new()
        elif kind == "job" and isinstance(key, Job):
            self.show_job(key)
        elif kind == "folder" and isinstance(key, RunFolder):
            self.show_folder(key)
        elif kind == "plan":
            self.show_plan(str(key))

    def show_new(self) -> None:
        """The form for a new run."""
        self._show("new", None)
        self.stack.setCurrentWidget(self.form)

    def show_plan(self, name: str) -> None:
        """A run of project.toml that has not begun."""
        self._show("plan", name)
        code, words = self._last_words.get(name, (0, ""))
        self.dashboard.show_run(name, "new", self._told_of(self._run_named(name)), None, words, code)
        self.stack.setCurrentWidget(self.dashboard)

    def show_job(self, job: Job) -> None:
        """A run of the queue, that waits or goes on."""
        if job.folder:
            self.show_folder(RunFolder(Path(job.folder)))
            return
        self._show("job", job)
        state = "running" if job in self.studio.queue.active else "waiting"
        self.dashboard.show_run(
            job.name, state, self._told_of(self._run_named(job.name)), self._courses.get(job)
        )
        self._tell_behind(job.name)
        self.stack.setCurrentWidget(self.dashboard)

    def show_folder(self, folder: RunFolder) -> None:
        """A run that has begun, now or long ago, here or elsewhere."""
        self._show("folder", folder)
        code, words = self._last_words.get(str(folder.path), (0, ""))
        job = self.studio.queue.job_of(folder)
        course = self._courses.get(job) if job is not None else None
        told = self._told_of(self._run_in(folder))
        self.dashboard.show_run(folder.name, self._state_of(folder), told, course, words, code)
        self._tell_behind(folder.name)
        if course is None:
            self._follow(folder)
        self.stack.setCurrentWidget(self.dashboard)
        self._ask_verdict()

    def _show(self, kind: str, key: Any) -> None:
        if self._dashboard is not None:
            self._dashboard.work_off()
        self._unfollow()
        self._what = (kind, key)
        self.runs.show_selected(kind, key)

    def _state_of(self, folder: RunFolder) -> str:
        """The state of a run's folder, and of the queue that is to go on with it."""
        for job in self.studio.queue.active:
            if self._is_here(job) and (
                job.folder == str(folder.path) or (not job.folder and job.name == folder.name)
            ):
                return "running"
        newest = next((each for each in reversed(self.studio.runs) if each.name == folder.name), folder)
        unfinished = newest.path == folder.path and self.studio.state(folder) in (
            "interrupted",
            "failed",
            "new",
        )
        queued = any(job.name == folder.name and self._is_here(job) for job in self.studio.queue.waiting)
        if unfinished and queued:
            return "waiting"
        return self.studio.state(folder)

    def _tell_behind(self, name: str) -> None:
        """Show what the run of this name waits for, if it is in the queue, or if its baseline is trained."""
        queue = self.studio.queue
        due = (*queue.waiting, *(job for job in queue.active if job.prepares))
        job = next((job for job in due if job.name == name and self._is_here(job)), None)
        self.dashboard.set_behind(self.runs.behind(job) if job is not None else "")

    def _is_here(self, job: Job) -> bool:
        return self.studio.project is not None and job.project == self.studio.project.folder

    def _told_of(self, run: Run | None) -> str:
        if run is None:
            return ""
        strategy, backbone = (
            self.studio.catalogue.strategy(run.strategy),
            self.studio.catalogue.backbone(run.backbone),
        )
        return self.tr("{strategy} on {backbone}").format(
            strategy=engine_text(str(strategy["label"])) if strategy else run.strategy,
            backbone=engine_text(str(backbone["label"])) if backbone else run.backbone,
        )

    def _run_named(self, name: str) -> Run | None:
        project = self.studio.project
        return next((run for run in project.runs if run.name == name), None) if project is not None else None

    def _run_in(self, folder: RunFolder) -> Run | None:
        try:
            return run_of(folder.read_run(), folder.name)
        except UserError:
            return self._run_named(folder.name)

    def _run_shown(self) -> Run | None:
        kind, key = self._what
        if kind == "folder":
            return self._run_in(key)
        if kind == "job":
            return self._run_named(key.name)
        return self._run_named(key) if kind == "plan" else None

    # -------------------------------------------------------------------------------------- the queue

    @Slot(object)
    def train(self, run: Run) -> None:
        """Add a run to the project and to the queue, and show it; an adaptation behind the baseline that it needs."""
        if self.adder.is_adaptation(run):
            self.adder.add(run)
            return
        try:
            self.studio.add_run(run)
        except UserError as error:
            self.studio.message.emit(str(error), "")
            return
        self._queue(run)

    @Slot(list)
    def _added(self, runs: list[Run]) -> None:
        for run in runs:
            self._queue(run)
        if len(runs) > 1:
            self.studio.note.emit(
                self.tr("{baseline} is trained first: {name} is measured against it").format(
                    baseline=names(run.name for run in runs[:-1]), name=runs[-1].name
                )
            )

    def _queue(self, run: Run, fresh: bool = False) -> None:
        project = self.studio.project
        if project is None:
            return
        for job in (*self.studio.queue.active, *self.studio.queue.waiting):
            if job.name == run.name and self._is_here(job):
                self.show_job(job)  # pressed twice
                return
        self._last_words.pop(run.name, None)
        device = "" if run.device == "auto" else run.device
        job = Job(project.folder, run.name, device, fresh)
        self.studio.queue.add(job)
        self.show_job(job)
        if self.dashboard.isVisible():
            self.dashboard.header.take_focus()
        self.runs.refresh()
        self.runs.show_selected("job", job)
        if job in self.studio.queue.waiting:
            behind = self.runs.behind(job)
            self.studio.note.emit(behind or self.tr("{name} waits in the queue").format(name=run.name))

    @Slot(object, object)
    def _events(self, job: Job, lines: list[Mapping[str, Any]]) -> None:
        from xferstudio.gui.train.course import Course

        began = lines[0] if lines[0].get("event") == "RunStarted" else None
        before = self._folders.get(job, "")
        if began is not None:
            # The second run of a process, after its baseline, has a course of its own; a resumed one is read whole.
            if not began.get("resumed_step"):
                self._courses[job] = Course()
            elif before != job.folder:
                self._courses.pop(job, None)
            self._folders[job] = job.folder
        shown = self._what == ("job", job) or (
            self._what[0] == "folder"
            and self._what[1].path in [Path(folder) for folder in (job.folder, before) if folder]
        )
        course = self._courses.get(job)
        for line in lines:
            kind = line.get("event")
            if kind in ("RunPaused", "RunResumed", "RunEnded") and job.folder:
                self.runs.set_paused(job.folder, kind == "RunPaused")
        if began is not None:
            # What a run before it said at last is not the end of this one.
            self._last_words.pop(job.folder, None)
            if shown:
                self.show_folder(RunFolder(Path(job.folder)))
        if course is not None:
            if shown and self.dashboard.course is course:
                self.dashboard.take(lines)
            else:
                course.take(lines)
        elif shown and self._what[0] == "job":
            # It was finished already, and only says so.
            ended = next(
                (line for line in lines if line.get("event") == "RunEnded" and line.get("folder")), None
            )
            if ended is not None:
                self.show_folder(RunFolder(Path(str(ended["folder"]))))

    @Slot(object, int, str)
    def _job_ended(self, job: Job, code: int, words: str) -> None:
        self._courses.pop(job, None)
        self._folders.pop(job, None)
        folder = RunFolder(Path(job.folder)) if job.folder else None
        if code != 0:
            self._last_words[job.folder or job.name] = (code, words)
        kind, key = self._what
        if folder is not None and kind == "folder" and key.path == folder.path:
            self.dashboard.work_off()
            self.dashboard.set_state(self._ended_state(folder), words if code else "", code)
            self._ask_verdict()
        elif folder is None and kind == "job" and key is job:
            self.show_plan(job.name)
        elif (
            code != 0 and self._is_here(job) and (folder is None or self._ended_state(folder) != "cancelled")
        ):
            self.studio.note.emit(self.tr("{name} has ended with a failure").format(name=job.name))

    def _ended_state(self, folder: RunFolder) -> str:
        try:
            return folder.state
        except (OSError, UserError):
            return "interrupted"

    @Slot()
    def _look(self) -> None:
        """Runs or the queue have changed: is what is shown still what it was?"""
        kind, key = self._what
        if kind == "folder":
            self.runs.show_selected("folder", key)
            state = self._state_of(key)
            own = self.studio.queue.job_of(key) is not None
            if not own or state != "running":
                self._tell_behind(key.name)
                self.dashboard.set_state(state)
            if state == "running" and not own and self._follower is None:
                # Somebody goes on with it, with no window.
                self.show_folder(key)
        elif kind == "job":
            if key.folder:
                self.show_folder(RunFolder(Path(key.folder)))
            elif key in self.studio.queue.active:
                self.dashboard.set_state("running")
            elif key in self.studio.queue.waiting:
                self._tell_behind(key.name)
            elif not key.ended:
                self._taken_out(key)
        elif kind == "plan":
            self._look_at_plan(key)

    def _taken_out(self, job: Job) -> None:
        folder = next((each for each in reversed(self.studio.runs) if each.name == job.name), None)
        if folder is not None:
            self.show_folder(folder)
        elif self._run_named(job.name) is not None:
            self.show_plan(job.name)
        else:
            self.show_new()

    def _look_at_plan(self, name: str) -> None:
        folder = next((each for each in reversed(self.studio.runs) if each.name == name), None)
        if folder is not None and name not in self._last_words:
            self.show_folder(folder)

    # -------------------------------------------------------------------------------------- following

    def _follow(self, folder: RunFolder) -> None:
        follower = Follower(folder.path)
        follower.arrived.connect(self._followed)
        follower.ended.connect(self._follower_ended)
        self._follower = follower
        begin(follower, follower.let_go)

    def _unfollow(self) -> None:
        if self._follower is not None:
            self._follower.let_go()
            self._follower = None

    @Slot(object)
    def _followed(self, events: list[Mapping[str, Any]]) -> None:
        if self.sender() is self._follower:
            self.dashboard.take(events)

    @Slot()
    def _follower_ended(self) -> None:
        if self.sender() is not self._follower:
            return
        self._follower = None
        kind, key = self._what
        if kind == "folder":
            self.dashboard.set_state(self._state_of(key))
            self._ask_verdict()

    # -------------------------------------------------------------------------------------- steering

    @Slot(str)
    def _asked(self, word: str) -> None:
        from xferstudio.gui.audit.audit_window import open_audit

        run = self._run_shown()
        if word == "copy":
            if run is not None and self.studio.project is not None:
                self._copy(self._commands(self.studio.project.folder, run))
        elif word in ("begin", "go on", "again"):
            if run is not None:
                self._begin(run, fresh=word == "again")
        elif word == "vary":
            if run is not None:
                defaults = self._defaults(run.strategy)
                changed = {
                    name: value for name, value in run.options.items() if defaults.get(name, ...) != value
                }
                self.show_new()
                self.form.fill_from(Run(run.name, run.strategy, run.backbone, changed, run.device))
        elif word == "delete":
            self._delete()
        elif word == "audit":
            if run is not None:
                self._audit = open_audit(self.studio, run.name, self)
                self._audit.destroyed.connect(self._audit_closed)
        else:
            self._steer(word)

    def _delete(self) -> None:
        """Delete the run that is shown, if the user really wants it."""
        kind, key = self._what
        name = str(key) if kind == "plan" else key.name
        # One that was to be done again, and failed before it began, has results of before.
        newest = next((each for each in reversed(self.studio.runs) if each.name == name), None)
        folder = key if kind == "folder" else newest
        if folder is None:
            question = self.tr("Delete the run {run}? It has not begun yet.").format(run=name)
        else:
            question = self.tr(
                "Delete the run {run} with its model and its results, {size}? They are gone for good."
            ).format(run=name, size=size(size_of(folder)))
            assert self.studio.project is not None
            others = measured_against(self.studio.project, name)
            if others:
                question += " " + self.tr("These runs were measured against it: {runs}.").format(
                    runs=names(others)
                )
        keep, delete = self.tr("Keep"), self.tr("Delete")
        if ask(self, question, (keep, delete)) != delete:
            return
        self._unfollow()
        self.show_new()
        self.runs.new.setFocus()  # where no key begins anything
        try:
            self.studio.remove_run(name, folder)
        except UserError as error:
            self.studio.message.emit(str(error), "")
            return
        self.studio.note.emit(self.tr("{run} was deleted").format(run=name))

    @Slot()
    def _audit_closed(self) -> None:
        self._audit = None

    def _commands(self, project: Path, run: Run) -> str:
        """The lines of a shell that do the run that is shown, or do it once more if it has ended."""
        if self._run_named(run.name) is None:
            return commands(project, run, self._defaults(run.strategy))
        ended = self.dashboard.state in ("finished", "stopped", "cancelled")
        return shell_line(run_command(project, run.name, run.device, fresh=ended))

    def _begin(self, run: Run, fresh: bool) -> None:
        if self._run_named(run.name) is None:
            # project.toml has lost it; its folder knows what it was.
            try:
                self.studio.add_run(run)
            except UserError as error:
                self.studio.message.emit(str(error), "")
                return
        self._queue(self._run_named(run.name) or run, fresh)

    def _steer(self, word: str) -> None:
        if word == "cancel":
            keep, discard = self.tr("Go on training"), self.tr("Cancel and discard")
            answer = ask(
                self,
                self.tr("Cancel this run, and throw away what it has learned? Stop and keep would keep it."),
                [keep, discard],
            )
            if answer != discard:
                return
        kind, key = self._what
        job = key if kind == "job" else self.studio.queue.job_of(key) if kind == "folder" else None
        if job is not None:
            self.studio.queue.tell(job, word)
        elif kind == "folder":
            try:
                key.tell(word)
            except UserError as error:
                self.studio.message.emit(str(error), "")
                return
        self.dashboard.header.told_to(word)

    def _defaults(self, strategy: str) -> dict[str, Any]:
        entry = self.studio.catalogue.strategy(strategy) or {}
        return {str(option["name"]): option.get("default") for option in entry.get("options") or ()}

    @Slot(str)
    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.studio.note.emit(self.tr("The commands are on the clipboard"))

    @Slot(str)
    def _next_step(self, page: str) -> None:
        kind, key = self._what
        if kind == "folder":
            self.studio.wanted.emit(page, key.path.name)

    @Slot(str)
    def _mistake(self, path: str) -> None:
        self.studio.wanted.emit("data", path)

    @Slot(str)
    def _plot_failed(self, sentence: str) -> None:
        self.studio.message.emit(sentence, "")

    # -------------------------------------------------------------------------------------- surroundings

    @Slot()
    def _project_changed(self) -> None:
        folder = self.studio.project.folder if self.studio.project is not None else None
        if folder != self._project:
            self._project = folder
            self._compared.clear()
            self._last_words.clear()
            self.show_new()

    @Slot()
    def _retell(self) -> None:
        if self._dashboard is not None and self._what[0] != "new":
            self._dashboard.set_told(self._told_of(self._run_shown()))

    @Slot()
    def _images(self) -> None:
        if self._dashboard is None:
            return
        pictures = self.studio.pictures
        if pictures is None:
            self._dashboard.set_images(None, {}, {})
            return
        labels = {each.path: each.label for each in pictures.items if each.label is not None}
        hashes = {each.path: each.hash for each in pictures.items}
        self._dashboard.set_images(pictures.root, labels, hashes)

    # -------------------------------------------------------------------------------------- the verdict

    def _ask_verdict(self) -> None:
        """Ask whether transfer helped, if the project has a run from scratch to compare with."""
        kind, key = self._what
        if kind != "folder" or self.studio.project is None:
            return
        done = [each for each in self.studio.runs if self.studio.state(each) in ("finished", "stopped")]
        scratch = {run.name for run in self.studio.project.runs if self._is_scratch(run)}
        if (
            key.path not in {each.path for each in done}
            or key.name in scratch
            or not any(each.name in scratch for each in done)
        ):
            return
        asked = tuple(each.path.name for each in done)
        if asked in self._compared:
            self.dashboard.summary.show_verdict(engine_text(self._compared[asked].get(key.name, "")))
            return
        if self._compare is not None:
            return
        self._comparing = asked
        self._compare = self.studio.command("compare", str(self.studio.project.folder), "--json")
        self._compare.arrived.connect(self._take_comparison)
        self._compare.ended.connect(self._comparison_ended)
        self._compare.start()

    def _is_scratch(self, run: Run) -> bool:
        entry = self.studio.catalogue.strategy(run.strategy)
        return run.strategy == "scratch" or (entry is not None and entry.get("kind") == "scratch")

    @Slot(object)
    def _take_comparison(self, lines: list[Any]) -> None:
        for line in lines:
            if isinstance(line, dict) and "rows" in line:
                self._compared[self._comparing] = verdicts(line)

    @Slot(int, str)
    def _comparison_ended(self, code: int, words: str) -> None:
        self._compare = None
        if code != 0:
            log.info("the comparison failed: %s", words)
        # Remembered even if it failed: it is not asked again and again.
        self._compared.setdefault(self._comparing, {})
        self._ask_verdict()


def verdicts(comparison: Mapping[str, Any]) -> dict[str, str]:
    """By run, the sentence on whether transfer helped, out of what `compare --json` prints."""
    judged = [str(row["run"]) for row in comparison.get("rows") or () if row.get("transfer")]
    sentences = [str(each["sentence"]) for each in comparison.get("transfer") or ()]
    return dict(zip(judged, sentences, strict=False))
