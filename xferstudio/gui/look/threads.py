"""Threads that end by themselves: who began one may leave without waiting for it, and may be deleted."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, Slot

PATIENCE_MS = 10_000
"""How long a thread may take to end when the program ends: one that is destroyed while it runs ends the process."""


class Keeper(QObject):
    """Keeps threads while they run, and deletes them afterwards."""

    def __init__(self, parent: QCoreApplication) -> None:
        super().__init__(parent)
        self.kept: dict[QThread, Callable[[], None]] = {}
        parent.aboutToQuit.connect(self.end)

    def begin(self, thread: QThread, end: Callable[[], None], priority: QThread.Priority) -> None:
        """Start a thread; `end` tells it to come to its end, and does not wait."""
        self.kept[thread] = end
        thread.finished.connect(self._ended)
        thread.start(priority)

    @Slot()
    def _ended(self) -> None:
        thread = self.sender()
        if isinstance(thread, QThread) and self.kept.pop(thread, None) is not None:
            thread.deleteLater()

    @Slot()
    def end(self) -> None:
        """Tell all threads to end, and wait: nobody is there any more who could be held up."""
        for end in list(self.kept.values()):
            end()
        for thread in list(self.kept):
            thread.wait(PATIENCE_MS)


def begin(
    thread: QThread, end: Callable[[], None], priority: QThread.Priority = QThread.Priority.InheritPriority
) -> None:
    """Start a thread that nobody has to wait for. It must have no parent."""
    app = QCoreApplication.instance()
    assert app is not None
    keeper = app.findChild(Keeper, options=Qt.FindChildOption.FindDirectChildrenOnly) or Keeper(app)
    keeper.begin(thread, end, priority)
