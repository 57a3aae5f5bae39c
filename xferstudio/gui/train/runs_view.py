"""The runs of a project at a glance: those that go on, those that wait (to be reordered), and those that ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QDropEvent, QFocusEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import button, label, plain_tip, tool
from xferstudio.gui.look.words import state as state_in_words
from xferstudio.gui.look.words import state_icon
from xferstudio.gui.project.queue import Job
from xferstudio.gui.project.studio import Studio
from xferstudio.gui.train.adapt_section import BASELINE
from xferstudio.history import RunFolder

_KEY = int(Qt.ItemDataRole.UserRole)


class _Runs(QListWidget):
    """A list that tells of a choice by click, arrow key or Enter, and not when Tab passes through it."""

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        # Qt makes the first row the current one, so that the arrow keys have a place to begin.
        blocked = self.blockSignals(True)
        super().focusInEvent(event)
        self.blockSignals(blocked)


class _Waiting(_Runs):
    """The runs that wait, which can be dragged into another order."""

    moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        # The queue is moved, and the list drawn from it: the list itself never has the last word.
        row = self.currentRow()
        place = self.indexAt(event.position().toPoint()).row()
        if place < 0:
            place = self.count() - 1
        elif (
            self.dropIndicatorPosition() == QAbstractItemView.DropIndicatorPosition.BelowItem and place < row
        ):
            place += 1
        elif (
            self.dropIndicatorPosition() == QAbstractItemView.DropIndicatorPosition.AboveItem and place > row
        ):
            place -= 1
        event.setDropAction(Qt.DropAction.IgnoreAction)
        event.accept()
        if row >= 0 and place != row:
            self.moved.emit(row, place)


class RunsView(QFrame):
    """Beside the page: a button for a new run, the queue, and all runs, newest first.

    `selected(kind, key)`: kind is "new", "job" (key: the Job), "folder" (key: a RunFolder) or "plan" (key: the name of
    a run of project.toml that has not begun).
    """

    selected = Signal(str, object)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self._paused: set[str] = set()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(2 * theme.UNIT,) * 4)
        layout.setSpacing(theme.UNIT)
        self.new = button(self.tr("New run"), "plus")
        self.new.setCheckable(True)
        self.new.clicked.connect(self._new_pressed)
        layout.addWidget(self.new)
        self.queue_title = label(self.tr("Queue"), "heading")
        layout.addWidget(self.queue_title)
        self.waiting = _Waiting()
        self.waiting.setAccessibleName(self.tr("Runs that wait"))
        self.waiting.moved.connect(self._move)
        self.waiting.currentItemChanged.connect(self._waiting_changed)
        self.waiting.itemClicked.connect(self._waiting_changed)
        self.waiting.itemActivated.connect(self._waiting_changed)
        layout.addWidget(self.waiting)
        self.row = QWidget()
        buttons = QHBoxLayout(self.row)
        buttons.setContentsMargins(0, 0, 0, 0)
        self.up = tool("up", self.tr("Earlier (Ctrl+Up)"))
        self.down = tool("down", self.tr("Later (Ctrl+Down)"))
        self.remove = tool("close", self.tr("Take out of the queue (Delete)"))
        self.up.clicked.connect(self.earlier)
        self.down.clicked.connect(self.later)
        self.remove.clicked.connect(self.take_out)
        for each in (self.up, self.down, self.remove):
            buttons.addWidget(each)
        buttons.addStretch(1)
        layout.addWidget(self.row)
        for keys, slot in (("Ctrl+Up", self.earlier), ("Ctrl+Down", self.later), ("Del", self.take_out)):
            action = QAction(self.waiting)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(slot)
            self.waiting.addAction(action)
        layout.addWidget(label(self.tr("Runs"), "heading"))
        self.runs = _Runs()
        self.runs.setAccessibleName(self.tr("Runs"))
        self.runs.currentItemChanged.connect(self._run_changed)
        self.runs.itemClicked.connect(self._run_changed)
        self.runs.itemActivated.connect(self._run_changed)
        layout.addWidget(self.runs, 1)
        self.nothing = label(self.tr("No runs yet."), "quiet", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.nothing, 1)
        for view in (self.waiting, self.runs):
            view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
            view.setIconSize(theme.icon_size())
            view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._quiet = False
        self._shown: Any = None
        self._jobs: dict[str, Job] = {}
        studio.queue.changed.connect(self.refresh)
        studio.runs_changed.connect(self.refresh)
        studio.project_changed.connect(self.refresh)
        self.refresh()

    # ------------------------------------------------------------------------------------------ showing

    @Slot()
    def refresh(self) -> None:
        """Draw the lists again from the queue and the project."""
        queue = self.studio.queue
        here = self.studio.project.folder if self.studio.project is not None else None
        waiting = [job for job in queue.waiting if job.project == here]
        active = [job for job in queue.active if job.project == here]
        started = {job.folder for job in active if job.folder}
        lines: list[tuple[str, str, str, str]] = []
        for job in active:
            if not job.folder:
                lines.append((f"job:{id(job)}", job.name, "running", ""))
            elif job.prepares:  # its baseline comes first
                lines.append((f"job:{id(job)}", job.name, "waiting", ""))
        folders = sorted(self.studio.runs, key=lambda folder: folder.path.name, reverse=True)
        for folder in folders:
            state = "running" if str(folder.path) in started else self.studio.state(folder)
            if state == "running" and str(folder.path) in self._paused:
                state = "paused"
            lines.append((f"folder:{folder.path}", folder.name, state, self._when(folder)))
        begun = {folder.name for folder in folders} | {job.name for job in (*waiting, *active)}
        planned = self.studio.project.runs if self.studio.project is not None else ()
        for run in planned:
            if run.name not in begun:
                lines.append((f"plan:{run.name}", run.name, "new", ""))
        self._jobs = {f"job:{id(job)}": job for job in (*waiting, *active)}
        now = ([(f"job:{id(job)}", job.name, self.behind(job)) for job in waiting], lines)
        if now == self._shown:
            return
        self._shown = now
        self._quiet = True
        self._fill(self.waiting, [(key, name, "waiting", why) for key, name, why in now[0]])
        self._fill(self.runs, lines)
        self._quiet = False
        for each in (self.queue_title, self.waiting, self.row):
            each.setVisible(bool(waiting))
        self.waiting.setFixedHeight((min(len(waiting), 6) * 4 + 1) * theme.UNIT)
        self.nothing.setVisible(not lines)
        self.runs.setVisible(bool(lines))
        self._enable()

    def behind(self, job: Job) -> str:
        """What a run waits for: its baseline, or a run that is not of this window; a sentence, or ""."""
        baseline = RunFolder(Path(job.folder)).name if job.prepares else self._baseline_before(job)
        if baseline:
            return self.tr(
                "First {run} is trained: the same without adapting, which this run is measured against."
            ).format(run=baseline)
        if job.behind is None:
            return ""
        return self.tr(
            "It begins when {run} of the project {project} has ended, which another window or command runs on "
            "this device."
        ).format(run=job.behind.run, project=Path(job.behind.project).name)

    def _baseline_before(self, job: Job) -> str:
        """The baseline that stands right before an adaptation in the queue, as one that was added for it; or ""."""
        queue, project = self.studio.queue, self.studio.project
        if project is None or job not in queue.waiting:
            return ""
        strategies = {run.name: run.strategy for run in project.runs}
        kind = self.studio.catalogue.strategy(strategies.get(job.name, "")) or {}
        if kind.get("kind") != "adapt" or strategies[job.name] == BASELINE:
            return ""
        before = (*queue.active, *queue.waiting[: queue.waiting.index(job)])
        last = next((each.name for each in reversed(before) if each.project == job.project), "")
        return last if strategies.get(last) == BASELINE else ""

    def set_paused(self, folder: str, on: bool) -> None:
        """A run of this window has been paused, or goes on."""
        (self._paused.add if on else self._paused.discard)(folder)
        self.refresh()

    def _when(self, folder: RunFolder) -> str:
        from PySide6.QtCore import QDateTime, QLocale

        if folder.started is None:
            return ""
        moment = QDateTime.fromSecsSinceEpoch(int(folder.started.timestamp()))
        return QLocale().toString(moment, QLocale.FormatType.ShortFormat)

    def _fill(self, into: QListWidget, lines: Sequence[tuple[str, str, str, str]]) -> None:
        current = into.currentItem()
        key = current.data(_KEY) if current is not None else None
        if [into.item(row).data(_KEY) for row in range(into.count())] != [line[0] for line in lines]:
            into.clear()
            for line in lines:
                item = QListWidgetItem()
                item.setData(_KEY, line[0])
                into.addItem(item)
                if line[0] == key:
                    into.setCurrentItem(item)
        for row, (_, name, state, when) in enumerate(lines):
            item = into.item(row)
            icon, colour = state_icon(state)
            item.setIcon(theme.icon(icon, getattr(theme.colours(), colour)))
            item.setText(name)
            item.setSizeHint(QSize(0, 4 * theme.UNIT))
            words = state_in_words(state)
            item.setToolTip(plain_tip("\n".join(filter(None, (name, words, when)))))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{name}, {words}")

    def show_selected(self, kind: str, key: object) -> None:
        """Mark what the page shows, without telling anybody."""
        self._quiet = True
        wanted = {
            "job": f"job:{id(key)}",
            "folder": f"folder:{key.path}" if isinstance(key, RunFolder) else "",
            "plan": f"plan:{key}",
        }.get(kind, "")
        self.new.setChecked(kind == "new")
        for each in (self.waiting, self.runs):
            found = next(
                (each.item(row) for row in range(each.count()) if each.item(row).data(_KEY) == wanted), None
            )
            if found is not None:
                each.setCurrentItem(found)
            else:
                each.setCurrentRow(-1)
        self._quiet = False
        self._enable()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_jobs"):
            self._shown = None
            self.refresh()

    # ---------------------------------------------------------------------------------------- selection

    @Slot()
    def _new_pressed(self) -> None:
        self.show_selected("new", None)
        self.selected.emit("new", None)

    @Slot()
    def _waiting_changed(self) -> None:
        self._chosen(self.waiting)

    @Slot()
    def _run_changed(self) -> None:
        self._chosen(self.runs)

    def _chosen(self, source: QListWidget) -> None:
        item = source.currentItem()
        if self._quiet or item is None:
            return
        kind, _, key = str(item.data(_KEY)).partition(":")
        what: Mapping[str, object] = {
            "job": self._jobs.get(str(item.data(_KEY))),
            "folder": next((each for each in self.studio.runs if str(each.path) == key), None),
            "plan": key,
        }
        if what[kind] is None:
            return
        self.show_selected(kind, what[kind])
        self.selected.emit(kind, what[kind])

    # ------------------------------------------------------------------------------------------- queue

    def _job(self) -> Job | None:
        item = self.waiting.currentItem()
        return None if item is None else self._jobs.get(str(item.data(_KEY)))

    @Slot()
    def earlier(self) -> None:
        """The selected run a place towards the front."""
        self._move(self.waiting.currentRow(), self.waiting.currentRow() - 1)

    @Slot()
    def later(self) -> None:
        """The selected run a place towards the end."""
        self._move(self.waiting.currentRow(), self.waiting.currentRow() + 1)

    @Slot()
    def take_out(self) -> None:
        """Take the selected run out of the queue; it stays in the project."""
        job = self._job()
        if job is not None:
            self.studio.queue.remove(job)

    @Slot(int, int)
    def _move(self, row: int, place: int) -> None:
        item, target = self.waiting.item(row), self.waiting.item(place)
        if item is None or target is None:
            return
        job, other = self._jobs[str(item.data(_KEY))], self._jobs[str(target.data(_KEY))]
        # Runs of other projects may wait in between: the place is counted in the whole queue.
        self.studio.queue.move(job, self.studio.queue.waiting.index(other))
        self.show_selected("job", job)

    def _enable(self) -> None:
        row, last = self.waiting.currentRow(), self.waiting.count() - 1
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < last)
        self.remove.setEnabled(row >= 0)
