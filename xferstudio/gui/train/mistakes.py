"""The worst mistakes of an epoch as thumbnails, with the class that they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QListWidgetItem, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.thumbnails import Thumbnails, Wish
from xferstudio.gui.look.widgets import plain_tip

SIDE = 12 * theme.UNIT
_PATH = int(Qt.ItemDataRole.UserRole)


class Mistakes(QListWidget):
    """Thumbnails of images below `root`; `chosen(path)` when one is double-clicked or Enter is pressed."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = Thumbnails(self, memory=16 << 20)
        self._thumbnails.ready.connect(self._ready)
        self._paths: tuple[str, ...] = ()
        self._taken: tuple[str, ...] = ()
        self._root: Path | None = None
        self.setAccessibleName(self.tr("Worst mistakes"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setGridSize(QSize(SIDE + 2 * theme.UNIT, SIDE + 6 * theme.UNIT))
        self.setWordWrap(True)
        self.setSpacing(theme.UNIT // 2)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(SIDE + 8 * theme.UNIT)
        self.itemActivated.connect(self._activated)

    def show_mistakes(
        self,
        root: Path | None,
        paths: Sequence[str],
        labels: Mapping[str, str],
        hashes: Mapping[str, str],
        predicted: Mapping[str, str] | None = None,
    ) -> None:
        """Show these images, most confidently wrong first; `labels`, `hashes` and what they were `predicted` to be
        by path, as far as known."""
        taken = tuple((predicted or {}).get(path, "") for path in paths)
        if (tuple(paths), root, taken) == (self._paths, self._root, self._taken) and self.count() == len(
            paths
        ):
            return
        self._paths, self._root, self._taken = tuple(paths), root, taken
        self.clear()
        blank = QPixmap(SIDE, SIDE)
        blank.fill(theme.colours().raised)
        wishes = []
        for path, wrong in zip(paths, taken, strict=True):
            true = labels.get(path, "") or Path(path).parent.name
            caption = true or Path(path).name
            words = self.tr("{path}, belongs to {name}").format(path=path, name=true)
            tip = self.tr("{path}\nbelongs to {name}").format(path=path, name=true)
            if wrong and wrong != true:
                # The best model may be right where the epoch that listed the mistakes was wrong.
                caption = self.tr("{name}, taken for {other}").format(name=caption, other=wrong)
                words, tip = f"{path}, {caption}", f"{path}\n{caption}"
            item = QListWidgetItem(QIcon(blank), caption)
            item.setData(_PATH, path)
            item.setToolTip(plain_tip(tip))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, words)
            item.setTextAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.addItem(item)
            if root is not None:
                wishes.append(self._wish(path, hashes.get(path, "")))
        self._wishes = dict(zip(wishes, range(len(wishes)), strict=True))
        self._thumbnails.want(wishes)
        self._ready(wishes)

    def _wish(self, path: str, content: str) -> Wish:
        assert self._root is not None
        return Wish(str(self._root / path), content, round(SIDE * self.devicePixelRatioF()))

    @Slot(list)
    def _ready(self, wishes: list[Wish]) -> None:
        for wish in wishes:
            row = self._wishes.get(wish, -1)
            item = self.item(row) if row >= 0 else None
            image = self._thumbnails.of(wish)
            if item is None:
                continue
            if image is not None:
                item.setIcon(QIcon(self._squared(image)))
            elif reason := self._thumbnails.reason(wish):
                item.setToolTip(plain_tip(f"{item.data(_PATH)}\n{reason}"))

    def _squared(self, image: QImage) -> QPixmap:
        """In the middle of a square, so that rows stand in line."""
        ratio = self.devicePixelRatioF()
        square = QPixmap(round(SIDE * ratio), round(SIDE * ratio))
        square.fill(theme.colours().raised)
        painter = QPainter(square)
        painter.drawImage(
            (square.width() - image.width()) // 2, (square.height() - image.height()) // 2, image
        )
        painter.end()
        square.setDevicePixelRatio(ratio)
        return square

    @Slot(QListWidgetItem)
    def _activated(self, item: QListWidgetItem) -> None:
        self.chosen.emit(str(item.data(_PATH)))

    def let_go(self) -> None:
        """End the threads."""
        self._thumbnails.let_go()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(44 * theme.UNIT, 2 * (SIDE + 5 * theme.UNIT))
