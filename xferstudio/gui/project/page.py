"""What every page of the window is: a widget that shows one thing of the open project, made when first looked at."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from xferstudio.gui.project.studio import Studio


class Page(QWidget):
    """A page in the middle of the window.

    Subclasses build themselves in `__init__`, connect to the signals of `studio`, and start nothing heavy before
    `shown`. They call no torch and no engine: only `studio`, the run folders and commands.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio

    def shortcuts(self) -> list[tuple[str, str]]:
        """What the keys of this page do, and the keys as this system writes them, for the help sheet."""
        return []

    def shown(self) -> None:
        """The page has come to the front, or another project has been opened while it is there."""

    @Slot()
    def go_to_train(self) -> None:
        """Bring the page to the front on which runs begin, where this one has nothing to show yet."""
        self.studio.wanted.emit("train", "")

    def select(self, what: str) -> None:
        """Show this one (the name of a run's folder, of an export): chosen in the project manager."""

    def let_go(self) -> bool:
        """Before the window closes or another project opens: end threads and processes; False if it must wait."""
        return True
