"""Gives a project a target domain, another one, or none, through the command line."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.studio import Studio, holds_images, last_sentence


class TargetChange(QObject):
    """`changed(bool)`: the command has ended, well or not; what was wrong has been said by then."""

    began = Signal()
    changed = Signal(bool)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self._command: Command | None = None

    @property
    def busy(self) -> bool:
        """Whether a change is under way."""
        return self._command is not None

    def use(self, folder: Path) -> None:
        """Make this folder the target domain."""
        if not folder.is_dir():
            self.studio.message.emit(
                self.tr(
                    "{name} is not a folder. Give the folder that holds the images of the other domain."
                ).format(name=folder.name),
                str(folder),
            )
            return
        if not holds_images(folder):
            self.studio.message.emit(
                self.tr(
                    "There are no photos in {name}. Give the folder that holds those of the other domain."
                ).format(name=folder.name),
                str(folder),
            )
            return
        self._begin(str(folder))

    def take_away(self) -> None:
        """The project has no target domain any more; the folder itself is not touched."""
        self._begin("--none")

    def _begin(self, what: str) -> None:
        project = self.studio.project
        if project is None or self._command is not None:
            return
        self._command = self.studio.change("target", str(project.folder), what)
        self._command.ended.connect(self._ended)
        self.began.emit()
        self._command.start()

    @Slot(int, str)
    def _ended(self, code: int, words: str) -> None:
        self._command = None
        if code != 0:
            self.studio.message.emit(
                last_sentence(words) or self.tr("The target domain could not be changed."), words
            )
        self.changed.emit(code == 0)
