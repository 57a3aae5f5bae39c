"""The live view of one run: takes its events, and has the cards show where it stands and how it ended."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import domain_words, theme
from xferstudio.gui.look.confusion import ConfusionMatrix
from xferstudio.gui.look.widgets import Card, label, scrolling
from xferstudio.gui.project.reading import Reader, Stopped
from xferstudio.gui.train.course import Course
from xferstudio.gui.train.curve_cards import CurveCards
from xferstudio.gui.train.domain_cards import DomainCards, places
from xferstudio.gui.train.mistakes import Mistakes
from xferstudio.gui.train.outcome import SummaryCard, TroubleCard
from xferstudio.gui.train.run_header import RunHeader
from xferstudio.gui.train.status_card import NoticeCard, StatusCard
from xferstudio.gui.train.target_outcome import TargetCard
from xferstudio.history import RunFolder

TICK_MS = 50
"""Events are worked off, and words and curves renewed, at most this often."""
SLICE = 500
"""Events that are worked off in one go, so that the window has time for its user in between."""
REST_MS = 10
"""Between two goes while events wait."""
_NARROW = 96 * theme.UNIT
_TROUBLES = ("failed", "interrupted", "cancelled", "new", "waiting")
"""States of a run that has no model to show, and does not go on by itself."""
_ORDER = (
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
)
"""The cards below the words, by name, in the order of the page."""


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
        self.root: Path | None = None
        """Where the images are, for the thumbnails of mistakes."""
        self.labels: Mapping[str, str] = {}
        self.hashes: Mapping[str, str] = {}
        self._state = "new"
        self._told = self._behind = ""
        self._words = ""
        self._code = 0
        self._shown = -1
        self._told_at = 0.0
        self._order: list[QWidget] = []
        self._columns = 0
        self._reader = Reader(self)
        self._reader.done.connect(self._take_predictions)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.header = RunHeader()
        self.header.asked.connect(self.asked)
        outer.addWidget(self.header)
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
        self.status = StatusCard()
        layout.addWidget(self.status)
        self.notices = NoticeCard()
        layout.addWidget(self.notices)
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
        self.curves = CurveCards(self)
        for cards in (self.domains, self.curves):
            cards.failed.connect(self.failed)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tell)
        self.show_run("", "new")

    # -------------------------------------------------------------------------------------------- parts

    def _card(self, title: str, widget: QWidget, words: str = "") -> Card:
        card = Card()
        card.body.addWidget(label(title, "heading"))
        if words:
            card.body.addWidget(label(words, "small", wrap=True))
        card.body.addWidget(widget, 1)
        card.hide()
        return card

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
        self._shown = -1
        self.header.show_name(name)
        self.curves.start_anew()
        self.domains.start_anew()
        self.confusion.clear()
        self._reader.drop()
        self._predicted: Mapping[str, str] = {}
        self._predictions_of = ""
        self.summary.show_verdict("")
        self._summary_of: object = None
        self.area.verticalScrollBar().setValue(0)
        self._tick()

    def set_state(self, state: str, words: str = "", code: int = 0) -> None:
        """The state of the run's folder has changed, or its process has ended with these last words."""
        if state != self._state:
            self.header.expect_nothing()
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
            if not self._draw():
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
        self.status.show_course(self.course, going)
        self.header.show_state(state, self._told, self.course)
        self._tell_end(state)
        self.notices.show_notices(self.course.notices)
        if going and self.isVisible() and not self._clock.isActive():
            self._clock.start()
        elif not going:
            self._clock.stop()

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
        self.trouble.setVisible(state in _TROUBLES and bool(self.header.title.whole()))
        self.trouble.show_state(state, course, self._words, self._code, self._behind)

    @property
    def cards(self) -> dict[str, Card]:
        """The cards that there are, by name."""
        return {
            "confusion": self.confusion_card,
            "mistakes": self.mistakes_card,
            **self.domains.cards,
            **self.curves.cards,
        }

    def _draw(self) -> bool:
        """Fill the cards, and make one that is wanted; False if more are."""
        course = self.course
        wanted = [
            (cards, name)
            for cards in (self.domains, self.curves)
            for name, full in cards.full(course).items()
            if full and name not in cards.cards
        ]
        if wanted:
            # Making one takes a while: one each time, so that the window has time for its user in between.
            cards, name = min(wanted, key=lambda each: _ORDER.index(each[1]))
            cards.make(name)
        self.domains.show_course(course)
        self.curves.show_course(course)
        if course.confusion and course.confusion != self.confusion.model.counts:
            self.confusion.show_matrix(course.classes, course.confusion)
        self._show_mistakes()
        self._arrange()
        return len(wanted) <= 1

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
        cards = self.cards
        full = {
            "confusion": bool(self.course.confusion),
            "mistakes": bool(self.course.mistakes),
            **self.domains.full(self.course),
            **self.curves.full(self.course),
        }
        order = [cards[name] for name in _ORDER if name in cards and full[name]]
        for name, card in cards.items():
            if not full[name] and not card.isHidden():
                card.hide()
        columns = 1 if self.area.viewport().width() < _NARROW else 2
        if order == self._order and columns == self._columns:
            return
        for old in self._order:
            self.grid.removeWidget(old)
        self._order, self._columns = list(order), columns
        for shown, row, column, rows, across in places(order, columns, cards.get("map")):
            self.grid.addWidget(shown, row, column, rows, across)
            shown.show()
        for column in range(2):
            self.grid.setColumnStretch(column, 1 if column < columns else 0)

    # ------------------------------------------------------------------------------------------- events

    @Slot()
    def _audit(self) -> None:
        self.asked.emit("audit")

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
