"""Sentences and questions for the user: one at a time, with details to unfold and to copy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Icon

_MOST = 8
"""So many sentences stand in one box at most; the rest is counted, and all are among the details."""


class Message(QDialog):
    """A sentence, details behind a button, and answers. `answer` is the text of the button that was pressed, or ""."""

    def __init__(
        self,
        parent: QWidget | None,
        sentence: str,
        details: str = "",
        answers: Sequence[str] = (),
        icon: str = "",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("xferstudio")
        self.answer = ""
        self._sentences = [sentence]
        self._details = [details] if details else []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        top = QHBoxLayout()
        top.setSpacing(2 * theme.UNIT)
        picture = Icon(
            icon or ("help" if answers else "warning"), 4 * theme.UNIT, "accent" if answers else "warning"
        )
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        label = QLabel(sentence)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setMinimumWidth(52 * theme.UNIT)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        top.addWidget(label, 1)
        layout.addLayout(top)
        self.sentence = label
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setMinimumHeight(24 * theme.UNIT)
        self.details.setAccessibleName(self.tr("Details"))
        self.details.hide()
        layout.addWidget(self.details, 1)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        self.unfold = QPushButton(self.tr("Details"))
        self.unfold.setCheckable(True)
        self.unfold.setAutoDefault(False)
        self.unfold.setVisible(bool(details))
        self.unfold.toggled.connect(self._unfolded)
        row.addWidget(self.unfold)
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self._copy)
        self.copy.setVisible(bool(details) or not answers)
        row.addWidget(self.copy)
        row.addStretch(1)
        self.buttons: list[QPushButton] = []
        for place, text in enumerate(answers or [self.tr("Close")]):
            button = QPushButton(text)
            button.clicked.connect(self._answered)
            button.setAutoDefault(place == 0)
            if place == 0:
                button.setDefault(True)
                button.setProperty("role", "primary")
            self.buttons.append(button)
        for button in reversed(self.buttons):  # the likeliest answer stands at the end, under the hand
            row.addWidget(button)
        layout.addLayout(row)
        self.buttons[0].setFocus()

    def add(self, sentence: str, details: str = "") -> None:
        """Show one more sentence in this box, instead of one more box."""
        if details and details not in self._details:
            self._details.append(details)
        if sentence not in self._sentences:
            self._sentences.append(sentence)
        shown = self._sentences[:_MOST]
        if len(self._sentences) > _MOST:
            shown.append(self.tr("And {count} more.").format(count=len(self._sentences) - _MOST))
            self._details.append(sentence)
        self.sentence.setText("\n\n".join(shown))
        self.details.setPlainText("\n\n".join(self._details))
        self.unfold.setVisible(bool(self._details))
        self.adjustSize()

    @Slot(bool)
    def _unfolded(self, on: bool) -> None:
        self.details.setVisible(on)
        self.adjustSize()

    @Slot()
    def _answered(self) -> None:
        button = self.sender()
        if isinstance(button, QPushButton):
            self.answer = button.text()
        self.accept()

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n\n".join([*self._sentences, *self._details]))


def ask(parent: QWidget | None, sentence: str, answers: Sequence[str], details: str = "") -> str:
    """Ask and wait; the text of the chosen answer, or "" if the question was closed. The first is the default."""
    dialog = Message(parent, sentence, details, answers)
    dialog.exec()
    answer = dialog.answer
    dialog.deleteLater()
    return answer
