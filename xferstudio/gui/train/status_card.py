"""Where a run stands, in words: how far it is and how good so far, and what the engine had to say on the way."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Card, FlowLayout, label
from xferstudio.gui.look.words import engine_text, interval, percent, seconds, whole
from xferstudio.gui.train.course import Course, Task

_NOTICES = 4


class StatusCard(Card):
    """Stage, epoch and step, how long it goes on, and what the best epoch has reached."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.where = label("", "heading", wrap=True)
        self.where.setAccessibleName(self.tr("Progress"))
        self.body.addWidget(self.where)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.UNIT)
        self.progress.setAccessibleName(self.tr("Share of the training that is done"))
        self.body.addWidget(self.progress)
        self.task = label("", "quiet", wrap=True)
        self.body.addWidget(self.task)
        holder = QWidget()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        holder.setSizePolicy(policy)
        flow = FlowLayout(holder, 2 * theme.UNIT)
        self.figures: dict[str, QLabel] = {}
        self._places: dict[str, QWidget] = {}
        for name, text in (
            ("elapsed", self.tr("Elapsed")),
            ("left", self.tr("Time left")),
            ("best", self.tr("Best so far")),
            ("since", self.tr("Since the best")),
            ("speed", self.tr("Speed")),
        ):
            place = QWidget()
            place.setMinimumWidth((26 if name == "best" else 13) * theme.UNIT)
            stack = QVBoxLayout(place)
            stack.setContentsMargins(0, 0, 0, 0)
            stack.setSpacing(2)
            caption = label(text, "small")
            figure = label("", "body")
            figure.setFont(theme.font("body", bold=True))
            caption.setBuddy(figure)
            figure.setAccessibleName(text)
            stack.addWidget(caption)
            stack.addWidget(figure)
            flow.addWidget(place)
            self.figures[name] = figure
            self._places[name] = place
        self.body.addWidget(holder)

    def show_course(self, course: Course, going: bool) -> None:
        """Tell where this run stands; hidden where it has not begun. `going`: it trains now, or pauses."""
        self.setVisible(going or bool(course.step))
        if not going and not course.step:
            return
        self.where.setText(self._where(course))
        share = course.share
        task = course.task
        if going and task is not None and task.total:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(1000 * task.done / task.total))
            self.task.setText(self._task_in_words(task))
        elif going and share is None:
            self.progress.setRange(0, 0)
            self.task.setText(self.tr("waiting for the engine") if not course.began else "")
        else:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(1000 * (share or 0.0)))
            self.task.setText("")
        self.progress.setVisible(going)
        self.task.setVisible(bool(self.task.text()))
        self.figures["elapsed"].setText(seconds(course.elapsed(time.time() if going else course.heard)))
        left = course.left(time.time())
        unknown = self.tr("not known yet") if going else "–"
        self.figures["left"].setText(
            unknown if left is None else self.tr("about {time}").format(time=seconds(left))
        )
        self._places["left"].setVisible(going)
        best = course.best
        if best is None:
            self.figures["best"].setText(self.tr("no epoch has ended yet") if going else "–")
        else:
            text = percent(best.accuracy)
            if best.interval:
                text += f" ({interval(best.interval)})"
            if course.epochs > 1:
                text += ", " + self.tr("epoch {number}").format(number=best.epoch)
            self.figures["best"].setText(text)
        if best is None or course.epochs <= 1:
            since = "–"
        elif course.since_best == 0:
            since = self.tr("this is the best")
        elif course.since_best == 1:
            since = self.tr("one epoch")
        else:
            since = self.tr("{count} epochs").format(count=course.since_best)
        self.figures["since"].setText(since)
        speed = float(course.speed.y[-1]) if course.speed.n else 0.0
        self.figures["speed"].setText(
            self.tr("{rate} images a second").format(
                rate=whole(round(speed)) if speed >= 10 else f"{speed:.1f}"
            )
            if speed
            else "–"
        )

    def _where(self, course: Course) -> str:
        """Phase, epoch and step, of how many."""
        if course.ended in ("finished", "stopped"):
            return self.tr("The course of the training")
        parts = []
        stage = course.stage
        if stage is not None:
            name = engine_text(stage.name)
            if stage.of > 1:
                parts.append(
                    self.tr("Phase {number} of {of}: {name}").format(
                        number=stage.number, of=stage.of, name=name
                    )
                )
            else:
                parts.append(self.tr("Training: {name}").format(name=name))
        else:
            ready = course.began or course.task is not None
            parts.append(self.tr("Getting ready") if ready else self.tr("Starting"))
        if course.epochs > 1 and course.epoch:
            parts.append(self.tr("epoch {number} of {of}").format(number=course.epoch, of=course.epochs))
        if course.step and course.steps >= course.step:
            parts.append(
                self.tr("step {number} of {of}").format(number=whole(course.step), of=whole(course.steps))
            )
        elif course.step:
            parts.append(self.tr("step {number}").format(number=whole(course.step)))
        return "  ·  ".join(parts)

    def _task_in_words(self, task: Task) -> str:
        name = engine_text(task.name)
        text = self.tr("{task}: {done} of {total}").format(
            task=name[:1].upper() + name[1:], done=whole(task.done), total=whole(task.total)
        )
        if task.per_second:
            rate = whole(round(task.per_second)) if task.per_second >= 10 else f"{task.per_second:.1f}"
            text += " · " + self.tr("{rate} a second").format(rate=rate)
        if task.seconds_left:
            text += " · " + self.tr("about {time} left").format(time=seconds(task.seconds_left))
        return text


class NoticeCard(Card):
    """What the engine remarked: the first few of it, warnings before all else, and the others to unfold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout()
        row.addWidget(label(self.tr("Notices"), "heading"))
        row.addStretch(1)
        self.more = QPushButton()
        self.more.setCheckable(True)
        self.more.toggled.connect(self._renew)
        row.addWidget(self.more)
        self.body.addLayout(row)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(theme.UNIT // 2)
        self.body.addLayout(self.lines)
        self._notices: list[tuple[str, str]] = []
        self._renew()

    def show_notices(self, notices: Sequence[tuple[str, str]]) -> None:
        """Show these sentences, each with its level; hidden where there are none."""
        if self._notices != notices:
            self._notices = list(notices)
            self._renew()

    @Slot()
    def _renew(self) -> None:
        notices, unfolded = self._notices, self.more.isChecked()
        self.setVisible(bool(notices))
        while (item := self.lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # it goes with the next turn of the event loop, and must not show through until then
                widget.deleteLater()
        # Warnings first: they are why one looks here.
        ordered = sorted(notices, key=lambda notice: notice[1] != "warning")
        for text, level in ordered if unfolded else ordered[:_NOTICES]:
            told = engine_text(text)
            told = told[:1].upper() + told[1:]
            line = label(told, "warning" if level == "warning" else "quiet", wrap=True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.lines.addWidget(line)
        more = len(notices) - _NOTICES
        self.more.setVisible(more > 0)
        self.more.setText(
            self.tr("Fewer") if unfolded else self.tr("{count} more").format(count=max(0, more))
        )
