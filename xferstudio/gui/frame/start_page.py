"""The first thing to see: open the sample, make a project from a folder, or open a project."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Icon, label
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.studio import Studio


class Choice(QPushButton):
    """A large button: an icon, what it does, and a sentence on it."""

    def __init__(self, icon: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "choice")
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self.setAutoDefault(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(theme.UNIT)
        parts = (
            Icon(icon, 5 * theme.UNIT, "accent"),
            label(title, "heading", wrap=True),
            label(text, "quiet", wrap=True),
        )
        for part in parts:
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            part.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            layout.addWidget(part)
        layout.insertSpacing(1, theme.UNIT)
        layout.addStretch(1)
        self.setFixedWidth(29 * theme.UNIT)

    def height_for_text(self) -> int:
        """How high it must be for its texts."""
        layout = self.layout()
        assert layout is not None
        return max(27 * theme.UNIT, layout.totalHeightForWidth(self.width()))


class StartPage(Page):
    """Three large choices, and nothing else."""

    sample_wanted = Signal()
    made_from = Signal(str)
    """Make a project from this folder."""
    opened = Signal(str)
    """Open the project in this folder."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(4 * theme.UNIT,) * 4)
        layout.addStretch(2)
        title = label(self.tr("From a folder of photos to a model that you can trust"), "title")
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(title)
        layout.addSpacing(4 * theme.UNIT)
        row = QHBoxLayout()
        row.setSpacing(2 * theme.UNIT)
        row.addStretch(1)
        self.sample = Choice(
            "sample",
            self.tr("Open the sample"),
            self.tr("Small pictures of apples, to see how everything works within a few minutes."),
        )
        self.new = Choice(
            "folder-new",
            self.tr("New project from a folder"),
            self.tr(
                "Photos in one folder for each class. You can also drop the folder anywhere on this window."
            ),
        )
        self.open = Choice(
            "open",
            self.tr("Open a project"),
            self.tr("Go on with a project from this computer or from a shared disk."),
        )
        self.sample.clicked.connect(self.sample_wanted)
        self.new.clicked.connect(self.choose_data)
        self.open.clicked.connect(self.choose_project)
        self.choices = (self.sample, self.new, self.open)
        for choice in self.choices:
            row.addWidget(choice)
        row.addStretch(1)
        layout.addLayout(row)
        layout.addStretch(3)

    def shown(self) -> None:
        """Begin with the first choice, all of one height."""
        height = max(choice.height_for_text() for choice in self.choices)
        for choice in self.choices:
            choice.setFixedHeight(height)
        self.sample.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def choose_data(self) -> None:
        """Let the user pick a folder of images."""
        folder = QFileDialog.getExistingDirectory(self, self.tr("A folder of images"), str(Path.home()))
        if folder:
            self.made_from.emit(folder)

    @Slot()
    def choose_project(self) -> None:
        """Let the user pick the folder of a project."""
        place = self.studio.projects_folder
        start = place if place.is_dir() else Path.home()
        folder = QFileDialog.getExistingDirectory(self, self.tr("The folder of a project"), str(start))
        if folder:
            self.opened.emit(folder)
