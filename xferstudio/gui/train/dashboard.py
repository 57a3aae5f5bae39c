"""The live view of one run: where it stands in words, its curves, its mistakes, and how it ended."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import domain_words, theme
from xferstudio.gui.look.confusion import ConfusionMatrix
from xferstudio.gui.look.plots import Plot
from xferstudio.gui.look.widgets import Card, Elided, FlowLayout, button, label, plain_tip, scrolling
from xferstudio.gui.look.words import engine_text, interval, percent, seconds, whole
from xferstudio.gui.look.words import state as state_in_words
from xferstudio.gui.project.reading import Reader, Stopped
from xferstudio.gui.train.course import Course
from xferstudio.gui.train.domain_cards import DomainCards, places
from xferstudio.gui.train.domain_plots import DOMAIN_ACCURACY
from xferstudio.gui.train.mistakes import Mistakes
from xferstudio.gui.train.outcome import SummaryCard, TroubleCard
from xferstudio.gui.train.target_outcome import TargetCard
from xferstudio.history import RunFolder

TICK_MS = 50
"""Events are worked off, and words and curves renewed, at most this often."""
SLICE = 500
"""Events that are worked off in one go, so that the window has time for its user in between."""
REST_MS = 10
"""Between two goes while events wait."""
_NARROW = 96 * theme.UNIT
_NOTICES = 4
_FAULTS = ("failed", "interrupted")


class Dashboard(QWidget):
    """One run. Give it a name and a state with `show_run`, then its events with `take`, in order from the first one.

    `asked(word)`: the user wants pause, resume, stop or cancel of a run that goes on, or "begin", "go on" or
    "again" of one that does not, "copy" for its commands, or "audit" to label images of its target. `wanted(page)`: go on to this page with this run.
    `failed(sentence)`: a plot could not be saved.
    """

    asked = Signal(str)
    wanted = Signal(str)
    failed = Signal(str)
    mistake = Signal(str)
    """The path of an image that the user wants to see."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.course = Course()
        self.inbox: deque[Mapping[str, Any]] = deque()
        self.plots: dict[str, Plot] = {}
        self.root: Path | None = None
        """Where the images are, for the thumbnails of mistakes."""
        self.labels: Mapping[str, str] = {}
        self.hashes: Mapping[str, str] = {}
        self._state = "new"
        self._told = self._behind = ""
        self._words = ""
        self._code = 0
        self._facts = ""
        self._shown = -1
        self._told_at = 0.0
        self._order: list[QWidget] = []
        self._columns = 0
        self._made_one = self._more_to_make = False
        self._steered = False
        self._reader = Reader(self)
        self._reader.done.connect(self._take_predictions)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._header())
        body = QWidget()
        self.area = scrolling(body, self.tr("Course of the run"))
        outer.addWidget(self.area, 1)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(3 * theme.UNIT, 2 * theme.UNIT, 3 * theme.UNIT, 3 * theme.UNIT)
        layout.setSpacing(2 * theme.UNIT)
        self.trouble = TroubleCard()
        layout.addWidget(self.trouble)
        self.summary = SummaryCard()
        self.summary.wanted.connect(self.wanted)
        layout.addWidget(self.summary)
        self.target = TargetCard()
        self.target.audit.connect(self._audit)
        layout.addWidget(self.target)
        layout.addWidget(self._status())
        layout.addWidget(self._notice_card())
        self.grid = QGridLayout()
        self.grid.setSpacing(2 * theme.UNIT)
        layout.addLayout(self.grid)
        layout.addStretch(1)
        self.confusion = ConfusionMatrix()
        self.confusion_card = self._card(self.tr("Confusion matrix of the validation images"), self.confusion)
        self.mistakes = Mistakes()
        self.mistakes.chosen.connect(self.mistake)
        self.confusion.setMinimumHeight(36 * theme.UNIT)
        self.mistakes_card = self._card(
            self.tr("Worst mistakes"),
            self.mistakes,
            self.tr(
                "Most confidently wrong first, with the class that they belong to. Enter shows one with the data."
            ),
        )
        self.domains = DomainCards(self)
        self.domains.failed.connect(self.failed)
        self.cards: dict[str, Card] = {"confusion": self.confusion_card, "mistakes": self.mistakes_card}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tell)
        self.show_run("", "new")

    # -------------------------------------------------------------------------------------------- parts

    def _header(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "bar")
        layout = QVBoxLayout(bar)
        layout.setContentsMargins(3 * theme.UNIT, 2 * theme.UNIT, 3 * theme.UNIT, theme.UNIT + 4)
        layout.setSpacing(theme.UNIT // 2)
        row = QHBoxLayout()
        row.setSpacing(2 * theme.UNIT)
        self.title = Elided("", "title")
        row.addWidget(self.title, 1)
        self.state_word = label("", "heading")
        self.state_word.setAccessibleName(self.tr("State of the run"))
        row.addWidget(self.state_word)
        layout.addLayout(row)
        self.subtitle = Elided("", "quiet")
        layout.addWidget(self.subtitle)
        holder = QWidget()
        flow = FlowLayout(holder)
        self.buttons: dict[str, QPushButton] = {}
        for word, text, icon, role, tip in (
            ("begin", self.tr("Train now"), "play", "primary", self.tr("Begin this run, or queue it")),
            ("go on", self.tr("Resume"), "resume", "primary", self.tr("Go on from the last checkpoint")),
            ("pause", self.tr("Pause"), "pause", "", self.tr("Wait at the next step")),
            ("resume", self.tr("Go on"), "play", "primary", self.tr("End the pause")),
            (
                "stop",
                self.tr("Stop and keep"),
                "stop",
                "",
                self.tr("End now, and keep the best model so far"),
            ),
            (
                "cancel",
                self.tr("Cancel and discard"),
                "trash",
                "danger",
                self.tr("End now, and throw away what was learned"),
            ),
            (
                "again",
                self.tr("Train again"),
                "refresh",
                "",
                self.tr("Do the same run once more, from the start"),
            ),
            (
                "vary",
                self.tr("New run like this"),
                "pencil",
                "",
                self.tr("Begin a new run with these options, to change some of them"),
            ),
            (
                "copy",
                self.tr("Copy as command"),
                "terminal",
                "",
                self.tr("The lines of a shell that do the same"),
            ),
        ):
            made = button(text, icon, role)
            made.setToolTip(plain_tip(tip))
            made.setProperty("word", word)
            made.clicked.connect(self._pressed)
            self.buttons[word] = made
            flow.addWidget(made)
        layout.addWidget(holder)
        return bar

    def _status(self) -> Card:
        card = Card()
        self.status_card = card
        self.status = label("", "heading", wrap=True)
        self.status.setAccessibleName(self.tr("Progress"))
        card.body.addWidget(self.status)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(theme.UNIT)
        self.progress.setAccessibleName(self.tr("Share of the training that is done"))
        card.body.addWidget(self.progress)
        self.task = label("", "quiet", wrap=True)
        card.body.addWidget(self.task)
        holder = QWidget()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        holder.setSizePolicy(policy)
        flow = FlowLayout(holder, 2 * theme.UNIT)
        self.figures: dict[str, QLabel] = {}
        self._captions: dict[str, QWidget] = {}
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
            self._captions[name] = place
        card.body.addWidget(holder)
        return card

    def _notice_card(self) -> Card:
        card = Card()
        self.notice_card = card
        row = QHBoxLayout()
        self.notice_title = label(self.tr("Notices"), "heading")
        row.addWidget(self.notice_title)
        row.addStretch(1)
        self.more_notices = QPushButton()
        self.more_notices.setCheckable(True)
        self.more_notices.toggled.connect(self._show_notices)
        row.addWidget(self.more_notices)
        card.body.addLayout(row)
        self.notices = QVBoxLayout()
        self.notices.setSpacing(theme.UNIT // 2)
        card.body.addLayout(self.notices)
        self._notices_shown: tuple[int, bool] = (-1, False)
        return card

    def _card(self, title: str, widget: QWidget, words: str = "") -> Card:
        card = Card()
        card.body.addWidget(label(title, "heading"))
        if words:
            card.body.addWidget(label(words, "small", wrap=True))
        card.body.addWidget(widget, 1)
        card.hide()
        return card

    def _plot(self, name: str) -> Plot | None:
        """A plot, made when the first numbers for it are there; None where it has to wait for the next tick."""
        if name in self.plots:
            return self.plots[name]
        if self._made_one:
            self._more_to_make = True
            return None
        self._made_one = True
        step, epoch = self.tr("step"), self.tr("epoch")
        made = {
            "loss": lambda: Plot(self.tr("Loss"), step, whole_x=True),
            "accuracy": lambda: Plot(self.tr("Accuracy"), epoch, percent=True, whole_x=True),
            "rates": lambda: Plot(self.tr("Learning rates"), step, whole_x=True),
            "parts": lambda: Plot(self.tr("Parts of the loss"), step, whole_x=True),
            "measures": lambda: Plot(self.tr("Measures of the strategy"), step, whole_x=True),
            "speed": lambda: Plot(self.tr("Images per second"), step, whole_x=True),
            "waiting": lambda: Plot(self.tr("Time spent waiting for data"), step, percent=True, whole_x=True),
            "memory": lambda: Plot(self.tr("Memory"), step, self.tr("GB"), scale=1e-9, whole_x=True),
        }[name]()
        made.failed.connect(self.failed)
        made.setFixedHeight(40 * theme.UNIT)
        card = Card()
        card.body.addWidget(made)
        card.hide()
        self.plots[name], self.cards[name] = made, card
        return made

    # ------------------------------------------------------------------------------------------- inputs

    def show_run(
        self,
        name: str,
        state: str,
        told: str = "",
        course: Course | None = None,
        words: str = "",
        code: int = 0,
    ) -> None:
        """Show another run: its name, its state as the folder tells it, and what it is to do, in a line.

        `course` holds what is known of it already. `words` and `code` are the last words and the exit code of
        the process that did it, where this window knows them.
        """
        self.work_off()
        self.course = course if course is not None else Course()
        self._state, self._told, self._words, self._code = state, told, words, code
        self._facts = ""
        self._shown = -1
        self.title.set_text(name)
        self._pressed_word = ""
        for plot in self.plots.values():
            plot.start_anew()
        self.domains.start_anew()
        self.confusion.clear()
        self._reader.drop()
        self._predicted: Mapping[str, str] = {}
        self._predictions_of = ""
        self.summary.show_verdict("")
        self._summary_of: object = None
        self._notices_shown = (-1, False)
        self.area.verticalScrollBar().setValue(0)
        self._tick()

    def set_state(self, state: str, words: str = "", code: int = 0) -> None:
        """The state of the run's folder has changed, or its process has ended with these last words."""
        if state != self._state:
            self._pressed_word = ""
        self._state = state
        if words or code:
            self._words, self._code = words, code
        if state != "running" and not self.inbox:
            self.course.stop_clock()
        self._tell()

    def set_told(self, told: str) -> None:
        """What the run is to do, in a line."""
        self._told = told
        self._tell()

    def set_behind(self, words: str) -> None:
        """What a run that waits waits for, in a sentence; "" for those before it in the queue."""
        if words != self._behind:
            self._behind = words
            self._tell()

    def take(self, events: Sequence[Mapping[str, Any]]) -> None:
        """The next events of the run. They are worked off little by little."""
        self.inbox.extend(events)
        if not self._timer.isActive():
            self._timer.start(TICK_MS)

    def work_off(self) -> None:
        """Put all events that wait into the course, now."""
        if self.inbox:
            events, self.inbox = list(self.inbox), deque()
            self.course.take(events)

    def let_go(self) -> None:
        """End the threads."""
        self._timer.stop()
        self._clock.stop()
        self._reader.let_go()
        self.mistakes.let_go()
        self.domains.let_go()

    # ------------------------------------------------------------------------------------------ showing

    @Slot()
    def _tick(self) -> None:
        events = [self.inbox.popleft() for _ in range(min(SLICE, len(self.inbox)))]
        self.course.take(events)
        if self.inbox:
            self._timer.start(REST_MS)
            if time.monotonic() < self._told_at + TICK_MS / 1000:
                return
        self._told_at = time.monotonic()
        self._tell()
        if self._shown != self.course.taken:
            self._shown = self.course.taken
            self._draw()
            if self._more_to_make:
                self._shown = -1
                self._timer.start(TICK_MS)

    @property
    def state(self) -> str:
        """The state that is shown: what the events tell, and what is known of the process."""
        if self._state == "waiting":
            return "waiting"
        if self.course.ended:  # its process may still be cleaning up
            return self.course.ended
        if self._state == "running":
            return "paused" if self.course.paused else "running"
        return self._state

    @Slot()
    def _tell(self) -> None:
        state = self.state
        going = state in ("running", "paused")
        self._set(self.state_word, state_in_words(state))
        self._colour_state()
        self.subtitle.set_text(self._told_in_full())
        self._tell_status(going)
        self._tell_buttons(state)
        self._tell_end(state)
        self._show_notices()
        if going and self.isVisible() and not self._clock.isActive():
            self._clock.start()
        elif not going:
            self._clock.stop()

    def _colour_state(self) -> None:
        now = theme.colours()
        tones = {"finished": now.good, "stopped": now.good, "failed": now.bad, "interrupted": now.warning}
        sheet = f"color: {tones.get(self.state, now.accent).name()};"
        if self.state_word.styleSheet() != sheet:
            self.state_word.setStyleSheet(sheet)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "state_word"):
            self._colour_state()

    @staticmethod
    def _set(place: QLabel, text: str) -> None:
        if place.text() != text:
            place.setText(text)

    def _told_in_full(self) -> str:
        course = self.course
        parts = [self._told or " · ".join(filter(None, (course.strategy, course.backbone)))]
        if course.device:
            parts.append(f"{course.device}, {course.precision}")
        counts = course.counts
        if counts:
            parts.append(
                self.tr("{train} images to train on, {val} to validate, {test} to test").format(
                    train=whole(counts.get("train", 0)),
                    val=whole(counts.get("val", 0)),
                    test=whole(counts.get("test", 0)),
                )
            )
        return "   ·   ".join(filter(None, parts))

    def _tell_status(self, going: bool) -> None:
        course = self.course
        self.status_card.setVisible(going or bool(course.step))
        if not going and not course.step:
            return
        self._set(self.status, self._where())
        share = course.share
        task = course.task
        if going and task is not None and task.total:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(1000 * task.done / task.total))
            self._set(self.task, self._task_in_words())
        elif going and share is None:
            self.progress.setRange(0, 0)
            self._set(self.task, self.tr("waiting for the engine") if not course.began else "")
        else:
            self.progress.setRange(0, 1000)
            self.progress.setValue(round(1000 * (share or 0.0)))
            self._set(self.task, "")
        self.progress.setVisible(going)
        self.task.setVisible(bool(self.task.text()))
        self._set(self.figures["elapsed"], seconds(course.elapsed(time.time() if going else course.heard)))
        left = course.left(time.time())
        unknown = self.tr("not known yet") if going else "–"
        self._set(
            self.figures["left"],
            unknown if left is None else self.tr("about {time}").format(time=seconds(left)),
        )
        self._captions["left"].setVisible(going)
        best = course.best
        if best is None:
            self._set(self.figures["best"], self.tr("no epoch has ended yet") if going else "–")
        else:
            text = percent(best.accuracy)
            if best.interval:
                text += f" ({interval(best.interval)})"
            if course.epochs > 1:
                text += ", " + self.tr("epoch {number}").format(number=best.epoch)
            self._set(self.figures["best"], text)
        if best is None or course.epochs <= 1:
            since = "–"
        elif course.since_best == 0:
            since = self.tr("this is the best")
        elif course.since_best == 1:
            since = self.tr("one epoch")
        else:
            since = self.tr("{count} epochs").format(count=course.since_best)
        self._set(self.figures["since"], since)
        speed = float(course.speed.y[-1]) if course.speed.n else 0.0
        self._set(
            self.figures["speed"],
            self.tr("{rate} images a second").format(
                rate=whole(round(speed)) if speed >= 10 else f"{speed:.1f}"
            )
            if speed
            else "–",
        )

    def _where(self) -> str:
        """Stage, epoch and step, of how many."""
        course = self.course
        if course.ended in ("finished", "stopped"):
            return self.tr("The course of the training")
        parts = []
        stage = course.stage
        if stage is not None:
            name = engine_text(stage.name)
            if stage.of > 1:
                parts.append(
                    self.tr("Stage {number} of {of}: {name}").format(
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

    def _task_in_words(self) -> str:
        task = self.course.task
        assert task is not None
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

    def _tell_buttons(self, state: str) -> None:
        going = state in ("running", "paused") and not self.course.ended
        shown = {
            "pause": going and state == "running",
            "resume": going and state == "paused",
            "stop": going,
            "cancel": going,
            "begin": state == "new",
            "go on": state in _FAULTS,
            "again": state in ("finished", "stopped", "cancelled", "failed"),
            "vary": not going and state != "waiting",
            "copy": True,
        }
        focused = self.window().focusWidget()
        held = next((word for word, made in self.buttons.items() if made is focused), "")
        for word, on in shown.items():
            made = self.buttons[word]
            if made.isHidden() == on:
                made.setVisible(on)
        steer = ("pause", "resume", "stop", "cancel")
        ending = self._pressed_word in ("stop", "cancel")
        for word in steer:
            # What was asked for takes a moment; asking twice would do nothing, or something else.
            waiting = ending or self._pressed_word == word
            self.buttons[word].setEnabled(not waiting and self.course.began)
        if (self._pressed_word == "pause" and state == "paused") or (
            self._pressed_word == "resume" and state == "running" and not self.course.paused
        ):
            self._pressed_word = ""
            self._tell_buttons(state)
        self._hold_focus(held)

    def _hold_focus(self, held: str) -> None:
        """Let the focus never slip from a button that goes to the one beside it, which does something else.

        It waits at the state of the run, and goes on to the button that ends the pause, or begins one.
        """
        if held:
            button = self.buttons[held]
            if button.isEnabled() and not button.isHidden():
                return
            self._steered = held in ("pause", "resume")
            self.state_word.setFocus()
        if self._steered and self.window().focusWidget() is self.state_word:
            for word in ("pause", "resume"):
                if self.buttons[word].isEnabled() and not self.buttons[word].isHidden():
                    self.buttons[word].setFocus()
                    self._steered = False

    def take_focus(self) -> None:
        """Put the focus where no key does anything: a run has been begun with one."""
        self._steered = False
        self.state_word.setFocus()

    def _tell_end(self, state: str) -> None:
        course = self.course
        good = state in ("finished", "stopped") and bool(course.summary)
        if good:
            self._read_predictions()
        self.summary.setVisible(good)
        if good and self._summary_of is not course.summary:
            self._summary_of = course.summary
            self.summary.show_summary(course.summary)
            self.target.show_target(domain_words.adapted(course.summary), course.strategy == "source-only")
        self.target.setVisible(good and bool(domain_words.adapted(course.summary)))
        self.trouble.setVisible(
            state in (*_FAULTS, "cancelled", "new", "waiting") and bool(self.title.whole())
        )
        if state == "failed":
            self.trouble.show_trouble(
                self.tr("The run has failed"), engine_text(course.message), self._last_words()
            )
        elif state == "interrupted":
            step = whole(course.saved_step)
            where = (
                self.tr("Resume goes on from step {step}; nothing before it is lost.").format(step=step)
                if course.saved_step
                else self.tr("Resume begins it again: nothing had been saved yet.")
            )
            if course.ended:  # it said so itself: somebody interrupted it in order
                title = self.tr("The run was interrupted")
            elif self._code < 0:
                title = self.tr("The engine was killed (signal {number})").format(number=-self._code)
            elif self._code:
                title = self.tr("The engine crashed (exit code {number})").format(number=self._code)
            else:
                title = self.tr("The engine ended without a word")
            self.trouble.show_trouble(
                title, where, "" if course.ended else self._last_words(), bool(course.ended)
            )
        elif state == "cancelled":
            self.trouble.show_trouble(
                self.tr("The run was cancelled"), self.tr("What it had learned was thrown away."), "", True
            )
        elif state == "new" and self._code:
            self.trouble.show_trouble(
                self.tr("The run could not begin"), _last_line(self._words), self._words
            )
        elif state == "new":
            self.trouble.show_trouble(
                self.tr("This run has not begun"),
                self.tr("Train now begins it, behind what is in the queue."),
                "",
                True,
            )
        elif state == "waiting":
            self.trouble.show_trouble(
                self.tr("This run waits in the queue"),
                self._behind or self.tr("It begins when its device is free."),
                "",
                True,
            )

    def _last_words(self) -> str:
        parts = [self._words]
        if self.course.last and not self.course.ended:
            parts.append(
                self.tr("Last event:") + "\n" + json.dumps(self.course.last, ensure_ascii=False)[:2000]
            )
        return "\n\n".join(filter(None, parts))

    @Slot()
    def _show_notices(self) -> None:
        notices = self.course.notices
        unfolded = self.more_notices.isChecked()
        if self._notices_shown == (len(notices), unfolded):
            return
        self._notices_shown = (len(notices), unfolded)
        self.notice_card.setVisible(bool(notices))
        while (item := self.notices.takeAt(0)) is not None:
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
            self.notices.addWidget(line)
        more = len(notices) - _NOTICES
        self.more_notices.setVisible(more > 0)
        self.more_notices.setText(
            self.tr("Fewer") if unfolded else self.tr("{count} more").format(count=max(0, more))
        )

    def _draw(self) -> None:
        """Hand the numbers to the plots, which draw when they are due."""
        course = self.course
        # Making a plot takes a while: one each time, so that the window has time for its user in between.
        self._made_one = self._more_to_make = False
        if ("loss" in course.losses or course.val_loss.n or course.epoch_loss.n) and (
            plot := self._plot("loss")
        ):
            plot.curve("steps", self.tr("steps"), 0, faint=True)
            plot.curve("smooth", self.tr("training, smoothed"), 0)
            plot.curve("val", self.tr("validation"), 1, dots=True)
            if "loss" in course.losses:
                plot.share_data("steps", course.losses["loss"])
                plot.share_data("smooth", course.smoothed["loss"])
            plot.share_data("val", course.val_loss)
            for stage in course.stages[1:]:
                plot.mark(stage.step, engine_text(stage.name))
        if (course.accuracy.n or course.train_accuracy.n) and (plot := self._plot("accuracy")):
            if course.train_accuracy.n:
                plot.curve("train", self.tr("training"), 0, dots=True)
                plot.share_data("train", course.train_accuracy)
            plot.curve("val", self.tr("validation, with its 95 % interval"), 1, dots=True)
            plot.share_data("val", course.accuracy)
            plot.share_band("val", course.low, course.high)
        parts = {name: data for name, data in course.losses.items() if name != "loss"}
        if not self.domains.show_course(course, not self._made_one):
            self._more_to_make = True
        self.cards.update(self.domains.cards)
        measures = {name: data for name, data in course.domains.measures.items() if name != DOMAIN_ACCURACY}
        for name, curves in (("rates", course.rates), ("parts", parts), ("measures", measures)):
            if curves and (plot := self._plot(name)):
                for at, (key, data) in enumerate(curves.items()):
                    plot.curve(key, engine_text(key), at)
                    plot.share_data(key, data)
        if course.step:
            for name, text, data in (
                ("speed", self.tr("images per second"), course.speed),
                ("waiting", self.tr("share of the time"), course.waiting),
                ("memory", self.tr("main memory"), course.memory),
            ):
                if plot := self._plot(name):
                    plot.curve(name, text, 0)
                    plot.share_data(name, data)
            plot = self.plots.get("memory")
            if plot and course.device_memory.n and course.device_memory.y.max() > 0:
                plot.curve("device", self.tr("memory of the device"), 1)
                plot.share_data("device", course.device_memory)
        for plot in self.plots.values():
            plot.touch()
        if course.confusion and course.confusion != self.confusion.model.counts:
            self.confusion.show_matrix(course.classes, course.confusion)
        self._show_mistakes()
        self._arrange()

    def _show_mistakes(self) -> None:
        paths = self.course.mistakes
        self.mistakes.show_mistakes(self.root, paths, self.labels, self.hashes, self._predicted)

    def _read_predictions(self) -> None:
        """What the final model takes each image for, once the run has ended with one."""
        folder = self.course.folder
        if not folder or folder == self._predictions_of or not self.course.mistakes:
            return
        self._predictions_of = folder

        def work(_: Stopped) -> dict[str, str]:
            found = RunFolder(Path(folder)).read_predictions()
            return dict(zip(found.paths, found.predicted, strict=True))

        self._reader.ask(work)

    @Slot(object)
    def _take_predictions(self, predicted: dict[str, str]) -> None:
        self._predicted = predicted
        self._show_mistakes()

    def set_images(self, root: Path | None, labels: Mapping[str, str], hashes: Mapping[str, str]) -> None:
        """Where the images are, and what is known of them."""
        self.root, self.labels, self.hashes = root, labels, hashes
        self.domains.set_images(root, hashes)
        self._show_mistakes()

    def _arrange(self) -> None:
        """Put what has something to show into one or two columns."""
        order = []
        for name in (
            "map",
            "domains",
            "signs",
            "loss",
            "accuracy",
            "confusion",
            "mistakes",
            "rates",
            "parts",
            "measures",
            "speed",
            "waiting",
            "memory",
        ):
            card = self.cards.get(name)
            if card is None:
                continue
            full = {
                "confusion": bool(self.course.confusion),
                "mistakes": bool(self.course.mistakes),
                **self.domains.full(self.course),
            }.get(name, name in self.plots and not self.plots[name].empty)
            if full:
                order.append(card)
            elif not card.isHidden():
                card.hide()
        columns = 1 if self.area.viewport().width() < _NARROW else 2
        if order == self._order and columns == self._columns:
            return
        for old in self._order:
            self.grid.removeWidget(old)
        self._order, self._columns = list(order), columns
        for shown, row, column, rows, across in places(order, columns, self.cards.get("map")):
            self.grid.addWidget(shown, row, column, rows, across)
            shown.show()
        for column in range(2):
            self.grid.setColumnStretch(column, 1 if column < columns else 0)

    # ------------------------------------------------------------------------------------------- events

    @Slot()
    def _pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, QPushButton):
            self.asked.emit(str(pressed.property("word")))

    @Slot()
    def _audit(self) -> None:
        self.asked.emit("audit")

    def told_to(self, word: str) -> None:
        """This word was sent to the run: it will obey in a moment."""
        self._pressed_word = word
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self._tell()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self._clock.stop()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(110 * theme.UNIT, 90 * theme.UNIT)


def _last_line(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[-1].removeprefix("xferstudio: ").strip() if lines else ""
