"""The help sheet: all shortcuts of the window, and what the program is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from xferstudio import __version__
from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Icon, button, label

translate = QCoreApplication.translate

_COLUMNS = 2


class Shortcuts(QDialog):
    """Shortcuts by place, each as (what it does, keys)."""

    def __init__(
        self, groups: Mapping[str, Sequence[tuple[str, str]]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Shortcuts"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        layout.addWidget(label(self.tr("Shortcuts"), "title"))
        columns = QHBoxLayout()
        columns.setSpacing(6 * theme.UNIT)
        stacks = [QVBoxLayout() for _ in range(_COLUMNS)]
        heights = [0] * _COLUMNS
        for stack in stacks:
            stack.setSpacing(theme.UNIT)
            columns.addLayout(stack, 1)
        for title, lines in groups.items():
            place = heights.index(min(heights))
            heights[place] += len(lines) + 2
            stacks[place].addWidget(label(title, "heading"))
            grid = QGridLayout()
            grid.setHorizontalSpacing(4 * theme.UNIT)
            grid.setVerticalSpacing(theme.UNIT // 2)
            for row, (what, keys) in enumerate(lines):
                grid.addWidget(label(what), row, 0)
                shown = label(keys, "quiet")
                shown.setAlignment(Qt.AlignmentFlag.AlignRight)
                grid.addWidget(shown, row, 1)
            grid.setColumnStretch(0, 1)
            stacks[place].addLayout(grid)
            stacks[place].addSpacing(theme.UNIT)
        for stack in stacks:
            stack.addStretch(1)
        layout.addLayout(columns)
        close = button(self.tr("Close"))
        close.clicked.connect(self.accept)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


class About(QDialog):
    """What the program is, and which version."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About xferstudio"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(4 * theme.UNIT,) * 4)
        layout.setSpacing(theme.UNIT)
        logo = Icon("logo", 8 * theme.UNIT, "accent")
        title = label("xferstudio", "title")
        version = label(self.tr("Version {version}").format(version=__version__), "quiet")
        text = label(
            self.tr(
                "A studio for transfer learning: from a folder of images to a model that you can trust and "
                "take away. Everything that the window does, the command line does too.\n\n"
                "Free software under the Apache License 2.0."
            ),
            wrap=True,
        )
        text.setMinimumWidth(44 * theme.UNIT)
        for part in (logo, title, version, text):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(part)
        layout.addSpacing(theme.UNIT)
        close = button(self.tr("Close"))
        close.clicked.connect(self.accept)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignCenter)


def keys(sequence: QKeySequence | QKeySequence.StandardKey | str) -> str:
    """Keys as this system writes them."""
    return QKeySequence(sequence).toString(QKeySequence.SequenceFormat.NativeText)


def everywhere() -> list[tuple[str, str]]:
    """Shortcuts that every list and dialog knows."""
    return [
        (translate("Help", "Next or previous control"), f"{keys('Tab')}  {keys('Shift+Tab')}"),
        (translate("Help", "Menus"), keys("F10")),
        (translate("Help", "Close a dialog"), keys("Esc")),
    ]
