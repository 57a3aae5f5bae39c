"""A line for a path, which can be typed, pasted, or dropped from a file manager."""

from __future__ import annotations

from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit


class PathLine(QLineEdit):
    """A folder or file that is dropped here replaces what is written."""

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if _path(event):
            event.acceptProposedAction()
        else:
            super().dragEnterEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        if _path(event):
            event.acceptProposedAction()
        else:
            super().dragMoveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        path = _path(event)
        if path:
            self.setText(path)
            event.acceptProposedAction()
        else:
            super().dropEvent(event)


def _path(event: QDropEvent) -> str:
    """The first file or folder that is dragged; "" for text and for what lies on the net."""
    return next((url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()), "")
