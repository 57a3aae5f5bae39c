"""The head of the live view: which run it is, its state, and the buttons that steer it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Elided, FlowLayout, button, label, plain_tip
from xferstudio.gui.look.words import state as state_in_words
from xferstudio.gui.look.words import whole
from xferstudio.gui.train.course import Course


class RunHeader(QFrame):
    """Offers what can be done in the state that `show_state` tells."""

    asked = Signal(str)
    """The word of the button that was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state, self._began = "new", False
        self._pressed_word = ""
        """What the run was told to do and has not done yet."""
        self._steered = False
        self.setProperty("role", "bar")
        layout = QVBoxLayout(self)
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
            ("delete", self.tr("Delete"), "trash", "", self.tr("Delete this run, after a question")),
        ):
            made = button(text, icon, role)
            made.setToolTip(plain_tip(tip))
            made.setProperty("word", word)
            made.clicked.connect(self._pressed)
            self.buttons[word] = made
            flow.addWidget(made)
        layout.addWidget(holder)

    def show_name(self, name: str) -> None:
        """Another run is shown."""
        self.title.set_text(name)
        self._pressed_word = ""

    def show_state(self, state: str, told: str, course: Course) -> None:
        """Tell its state and what it is to do: `told`, or what the course knows of it."""
        self._state, self._began = state, course.began
        self._tell_word()
        tone = {"finished": "good", "stopped": "good", "failed": "bad", "interrupted": "warning"}.get(
            state, "accent"
        )
        if self.state_word.property("tone") != tone:
            self.state_word.setProperty("tone", tone)
            theme.refresh(self.state_word)
        self.subtitle.set_text(self._told_in_full(told, course))
        self._tell_buttons()

    def told_to(self, word: str) -> None:
        """This word was sent to the run: it will obey in a moment."""
        self._pressed_word = word
        self._tell_word()
        self._tell_buttons()

    def expect_nothing(self) -> None:
        """The run is not going to obey any more: its process has ended, or another one has begun."""
        self._pressed_word = ""

    def _tell_word(self) -> None:
        text = state_in_words(self._state)
        if self._state in ("running", "paused"):
            ending = {"stop": self.tr("stopping"), "cancel": self.tr("cancelling")}
            text = ending.get(self._pressed_word, text)
        self.state_word.setText(text)

    def _told_in_full(self, told: str, course: Course) -> str:
        parts = [told or " · ".join(filter(None, (course.strategy, course.backbone)))]
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

    @Slot()
    def _pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, QPushButton):
            self.asked.emit(str(pressed.property("word")))

    def _tell_buttons(self) -> None:
        state = self._state
        going = state in ("running", "paused")
        shown = {
            "pause": going and state == "running",
            "resume": going and state == "paused",
            "stop": going,
            "cancel": going,
            "begin": state == "new",
            "go on": state in ("failed", "interrupted"),
            "again": state in ("finished", "stopped", "cancelled", "failed"),
            "vary": not going and state != "waiting",
            "copy": True,
            "delete": not going and state != "waiting",
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
            self.buttons[word].setEnabled(not waiting and self._began)
        if (self._pressed_word == "pause" and state == "paused") or (
            self._pressed_word == "resume" and state == "running"
        ):
            self._pressed_word = ""
            self._tell_buttons()
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
