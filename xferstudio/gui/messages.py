"""Sentences and questions for the user: one at a time, with details to unfold and to copy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui import theme


class Message(QDialog):
    """A sentence, details behind a button, and answers. `answer` is the text of the button that was pressed, or ""."""

    def __init__(
        self, parent: QWidget | None, sentence: str, details: str = "", answers: Sequence[str] = ()
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("xferstudio")
        self.answer = ""
        self._details_text = details
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        label = QLabel(sentence)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setMinimumWidth(50 * theme.UNIT)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout.addWidget(label)
        self.sentence = label
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setMinimumHeight(20 * theme.UNIT)
        self.details.hide()
        layout.addWidget(self.details)
        row = QHBoxLayout()
        if details:
            self.unfold = QPushButton(self.tr("Details"))
            self.unfold.setCheckable(True)
            self.unfold.toggled.connect(self.details.setVisible)
            row.addWidget(self.unfold)
        copy = QPushButton(self.tr("Copy"))
        copy.clicked.connect(self._copy)
        row.addWidget(copy)
        row.addStretch(1)
        buttons = QDialogButtonBox()
        for place, text in enumerate(answers or [self.tr("Close")]):
            button = buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
            button.clicked.connect(self._answered)
            if place == 0:
                button.setDefault(True)
                button.setProperty("role", "primary")
        row.addWidget(buttons)
        layout.addLayout(row)

    def _answered(self) -> None:
        button = self.sender()
        if isinstance(button, QPushButton):
            self.answer = button.text()
        self.accept()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(
            "\n\n".join(filter(None, (self.sentence.text(), self._details_text)))
        )


def ask(parent: QWidget | None, sentence: str, answers: Sequence[str], details: str = "") -> str:
    """Ask and wait; the text of the chosen answer, or "" if the question was closed. The first is the default."""
    dialog = Message(parent, sentence, details, answers)
    dialog.exec()
    answer = dialog.answer
    dialog.deleteLater()
    return answer
