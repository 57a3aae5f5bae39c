"""How a run ended, in words: what it reached and how sure that is, what went wrong, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Card, FlowLayout, Icon, button, label
from xferstudio.gui.look.words import engine_text, interval, percent, seconds, whole
from xferstudio.gui.train.course import Course

translate = QCoreApplication.translate


def accuracy_sentence(summary: Mapping[str, Any]) -> str:
    """The accuracy on the test images (of validation where there is no test), with its interval."""
    test, val = summary.get("test") or {}, summary.get("val") or {}
    figures = test or val
    if figures.get("accuracy") is None:
        return ""
    if test:
        text = translate(
            "Outcome",
            "{accuracy} of {count} test images are recognised; the true accuracy is probably {interval}.",
        )
    else:
        text = translate(
            "Outcome",
            "{accuracy} of {count} validation images are recognised ({interval}). They also chose the model, so this "
            "flatters: there is no test split.",
        )
    return text.format(
        accuracy=percent(figures["accuracy"]),
        count=whole(int(figures.get("n") or 0)),
        interval=interval(figures.get("accuracy_interval")),
    )


def calibration_sentence(summary: Mapping[str, Any]) -> str:
    """Whether the probabilities can be believed."""
    figures = summary.get("test") or summary.get("val") or {}
    error = figures.get("ece")
    if error is None:
        return ""
    points = f"{100 * error:.1f}"
    if error <= 0.05:
        return translate(
            "Outcome",
            "Its probabilities can be believed: on average they are {points} percentage points off the share that is "
            "right.",
        ).format(points=points)
    if error <= 0.12:
        return translate(
            "Outcome",
            "Take its probabilities with care: on average they are {points} percentage points off the share that is "
            "right.",
        ).format(points=points)
    return translate(
        "Outcome",
        "Do not rely on its probabilities: on average they are {points} percentage points off the share that is right.",
    ).format(points=points)


def weakest_sentence(summary: Mapping[str, Any]) -> str:
    """The class that is recognised worst, where one stands out."""
    figures = summary.get("test") or summary.get("val") or {}
    classes = [
        each for each in figures.get("per_class") or () if each.get("n") and each.get("recall") is not None
    ]
    if len(classes) < 2:
        return ""
    worst = min(classes, key=lambda each: float(each["recall"]))
    if float(worst["recall"]) >= float(figures.get("accuracy") or 0) - 0.03:
        return ""
    return translate("Outcome", "Weakest class: {name}, of which {share} of {count} are recognised.").format(
        name=worst["name"], share=percent(worst["recall"]), count=whole(int(worst["n"]))
    )


class SummaryCard(Card):
    """What a finished run reached. `wanted(page)`: "try", "export" or "compare" is the next step."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout()
        row.setSpacing(3 * theme.UNIT)
        self.figure = label("", "title")
        self.figure.setAccessibleName(self.tr("Accuracy"))
        under = QVBoxLayout()
        under.setSpacing(0)
        self.caption = label("", "small")
        under.addWidget(self.figure)
        under.addWidget(self.caption)
        under.addStretch(1)
        row.addLayout(under)
        words = QVBoxLayout()
        words.setSpacing(theme.UNIT // 2)
        self.accuracy = label("", wrap=True)
        self.too_few = label("", "warning", wrap=True)
        self.calibration = label("", "quiet", wrap=True)
        self.weakest = label("", "quiet", wrap=True)
        self.verdict = label("", wrap=True)
        self.effort = label("", "small", wrap=True)
        for each in (self.accuracy, self.too_few, self.verdict, self.weakest, self.calibration, self.effort):
            words.addWidget(each)
        row.addLayout(words, 1)
        self.body.addLayout(row)
        steps = FlowLayout()  # three buttons are wider than the page of a small screen
        caption = label(self.tr("Next:"), "quiet")
        steps.addWidget(caption)
        self.buttons: dict[str, QPushButton] = {}
        for page, text, icon, role in (
            ("try", self.tr("Try it on images"), "try", "primary"),
            ("compare", self.tr("Compare with other runs"), "compare", ""),
            ("export", self.tr("Export the model"), "export", ""),
        ):
            made = button(text, icon, role)
            made.setProperty("page", page)
            made.clicked.connect(self._pressed)
            self.buttons[page] = made
            steps.addWidget(made)
        caption.setMinimumHeight(self.buttons["try"].sizeHint().height())
        self.body.addLayout(steps)

    def show_summary(self, summary: Mapping[str, Any]) -> None:
        """Show these figures; the verdict against a run from scratch comes later, if there is one."""
        test = summary.get("test") or {}
        figures = test or summary.get("val") or {}
        self.figure.setText(percent(figures.get("accuracy")))
        self.caption.setText(self.tr("test accuracy") if test else self.tr("validation accuracy"))
        for place, text in (
            (self.accuracy, accuracy_sentence(summary)),
            (self.too_few, engine_text(str(figures.get("too_few") or ""))),
            (self.calibration, calibration_sentence(summary)),
            (self.weakest, weakest_sentence(summary)),
            (self.effort, self._effort(summary)),
            (self.verdict, ""),
        ):
            place.setText(text)
            place.setVisible(bool(text))

    def _effort(self, summary: Mapping[str, Any]) -> str:
        best, epochs, time = summary.get("best_epoch"), summary.get("epochs"), summary.get("seconds")
        if not isinstance(time, (int, float)):
            return ""
        text = self.tr("Took {time}").format(time=seconds(time))
        if isinstance(best, int) and isinstance(epochs, int) and epochs > 1:
            text += " · " + self.tr("the model is that of epoch {best} of {epochs}").format(
                best=best, epochs=epochs
            )
        if summary.get("stopped_early"):
            text += " · " + self.tr("stopped early, as it got no better")
        return text

    def show_verdict(self, sentence: str) -> None:
        """What the comparison with a run from scratch says."""
        self.verdict.setText(sentence)
        self.verdict.setVisible(bool(sentence))

    @Slot()
    def _pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, QPushButton):
            self.wanted.emit(str(pressed.property("page")))


class TroubleCard(Card):
    """What went wrong with a run, with its last words to unfold and to copy."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        self.icon = Icon("warning", 3 * theme.UNIT, "bad")
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(theme.UNIT // 2)
        self.title = label("", "heading", wrap=True)
        self.sentence = label("", wrap=True)
        self.sentence.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        row.addLayout(words, 1)
        self.body.addLayout(row)
        buttons = QHBoxLayout()
        self.unfold = QPushButton(self.tr("Last words"))
        self.unfold.setCheckable(True)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.clicked.connect(self._copy)
        buttons.addWidget(self.unfold)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        self.body.addLayout(buttons)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setAccessibleName(self.tr("Last words of the run"))
        self.details.setMinimumHeight(16 * theme.UNIT)
        self.details.hide()
        self.unfold.toggled.connect(self.details.setVisible)
        self.body.addWidget(self.details)

    def show_state(self, state: str, course: Course, words: str, code: int, behind: str) -> None:
        """Say why the run is in this state, where it is not a good one.

        `words` and `code` are the last words and the exit code of its process, `behind` says what it waits for.
        """
        if state == "failed":
            self.show_trouble(
                self.tr("The run has failed"), engine_text(course.message), self._last_words(course, words)
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
            elif code < 0:
                title = self.tr("The engine was killed (signal {number})").format(number=-code)
            elif code:
                title = self.tr("The engine crashed (exit code {number})").format(number=code)
            else:
                title = self.tr("The engine ended without a word")
            self.show_trouble(
                title, where, "" if course.ended else self._last_words(course, words), bool(course.ended)
            )
        elif state == "cancelled":
            self.show_trouble(
                self.tr("The run was cancelled"), self.tr("What it had learned was thrown away."), "", True
            )
        elif state == "new" and code:
            self.show_trouble(self.tr("The run could not begin"), _last_line(words), words)
        elif state == "new":
            self.show_trouble(
                self.tr("This run has not begun"),
                self.tr("Train now begins it, behind what is in the queue."),
                "",
                True,
            )
        elif state == "waiting":
            self.show_trouble(
                self.tr("This run waits in the queue"),
                behind or self.tr("It begins when its device is free."),
                "",
                True,
            )

    def _last_words(self, course: Course, words: str) -> str:
        parts = [words]
        if course.last and not course.ended:
            parts.append(self.tr("Last event:") + "\n" + json.dumps(course.last, ensure_ascii=False)[:2000])
        return "\n\n".join(filter(None, parts))

    def show_trouble(self, title: str, sentence: str, details: str, calm: bool = False) -> None:
        """Say what happened; `calm` for what is no fault, such as an interruption."""
        self.icon.set_icon("info" if calm else "warning", "accent" if calm else "bad")
        self.title.setText(title)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        if details != self.details.toPlainText():
            self.details.setPlainText(details)
        self.unfold.setVisible(bool(details))
        self.copy.setVisible(bool(details) or not calm)
        if not details:
            self.unfold.setChecked(False)

    @Slot()
    def _copy(self) -> None:
        parts = (self.title.text(), self.sentence.text(), self.details.toPlainText())
        QGuiApplication.clipboard().setText("\n\n".join(filter(None, parts)))


def _last_line(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[-1].removeprefix("xferstudio: ").strip() if lines else ""
