"""A list of pictures with a line or two of words, of which only those in view are decoded."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.thumbnails import Thumbnails, Wish
from xferstudio.gui.look.widgets import plain_tip

Index = QModelIndex | QPersistentModelIndex

ENTRY = int(Qt.ItemDataRole.UserRole)

_MEMORY = 24 << 20


@dataclass(frozen=True)
class Entry:
    """One picture: its file, a line of words, a quieter one, and what they mean: "", "good", "bad" or "quiet"."""

    file: str
    title: str = ""
    line: str = ""
    mark: str = ""
    content: str = ""
    """The hash of the file, "" if it is not known."""


class PictureModel(QAbstractListModel):
    """Entries by row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []
        self.rows: dict[str, list[int]] = {}

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these instead."""
        self.beginResetModel()
        self.entries = list(entries)
        self.rows = {}
        for row, entry in enumerate(self.entries):
            self.rows.setdefault(entry.file, []).append(row)
        self.endResetModel()

    def add(self, entries: Sequence[Entry]) -> None:
        """Show these too, behind the others."""
        if not entries:
            return
        first = len(self.entries)
        self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
        for row, entry in enumerate(entries, first):
            self.entries.append(entry)
            self.rows.setdefault(entry.file, []).append(row)
        self.endInsertRows()

    def change(self, entry: Entry) -> None:
        """Say something else of a file that is shown."""
        for row in self.rows.get(entry.file, ()):
            self.entries[row] = entry
        self.touch(entry.file)

    def touch(self, file: str) -> None:
        """Draw this file again."""
        for row in self.rows.get(file, ()):
            place = self.index(row)
            self.dataChanged.emit(place, place)

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == ENTRY:
            return entry
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            text = "\n".join(filter(None, (entry.title, entry.line, entry.file)))
            return plain_tip(text) if role == Qt.ItemDataRole.ToolTipRole else text
        return None


class _Drawn(QStyledItemDelegate):
    """A picture above its words, or beside them (`wide`)."""

    def __init__(self, owner: PictureList, side: int, wide: bool, lines: int) -> None:
        super().__init__(owner)
        self.owner, self.side, self.wide, self.lines = owner, side, wide, lines

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        line = option.fontMetrics.height() + 2
        if self.wide:
            return QSize(self.side + 12 * theme.UNIT, max(self.side, self.lines * line) + theme.UNIT)
        return QSize(self.side + theme.UNIT, self.side + self.lines * line + theme.UNIT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY)
        now = theme.colours()
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(now.accent if state & QStyle.StateFlag.State_HasFocus else Qt.PenStyle.NoPen)
            painter.setBrush(now.selection)
            painter.drawRoundedRect(rect.adjusted(1, 1, -2, -2), 6, 6)
        half = theme.UNIT // 2
        square = QRect(rect.left() + half, rect.top() + half, self.side, self.side)
        wish = self.owner.wish(entry)
        image = self.owner.thumbnails.of(wish)
        if image is not None:
            size = QSize(self.side, self.side)
            size = image.size().scaled(size, Qt.AspectRatioMode.KeepAspectRatio)
            shown = QRect(square.topLeft(), size)
            shown.moveCenter(square.center())
            painter.drawImage(shown, image)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.raised)
            painter.drawRoundedRect(square, 4, 4)
            if self.owner.thumbnails.reason(wish):
                mark = theme.pixmap("warning", 3 * theme.UNIT, now.quiet)
                painter.drawPixmap(square.center().x() - 12, square.center().y() - 12, mark)
        metrics = painter.fontMetrics()
        height = metrics.height() + 2
        if self.wide:
            words = QRect(square.right() + theme.UNIT, square.top(), 0, height)
            words.setRight(rect.right() - half)
            words.moveTop(rect.center().y() - self.lines * height // 2)
        else:
            words = QRect(square.left(), square.bottom() + 2, self.side, height)
        colour = {"good": now.good, "bad": now.bad, "quiet": now.quiet}.get(entry.mark, now.text)
        for number, text in enumerate((entry.title, entry.line)[: self.lines]):
            painter.setPen(colour if number == 0 else now.quiet)
            place = words.translated(0, number * height)
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
        painter.restore()


class PictureList(QListView):
    """Pictures in rows that wrap, or (`wide`) one below the other with words beside them."""

    def __init__(
        self, side: int = 96, wide: bool = False, lines: int = 2, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.side = side
        self.thumbnails = Thumbnails(self, memory=_MEMORY, threads=1)
        self.thumbnails.ready.connect(self._ready)
        self.pictures = PictureModel(self)
        self.setModel(self.pictures)
        self.setItemDelegate(_Drawn(self, side, wide, lines))
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        if not wide:
            self.setViewMode(QListView.ViewMode.IconMode)
            self.setResizeMode(QListView.ResizeMode.Adjust)
            self.setMovement(QListView.Movement.Static)
            self.setSpacing(theme.UNIT // 2)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(30)
        self._look.timeout.connect(self._want)

    def chosen(self) -> Entry | None:
        """The entry that has the cursor."""
        index = self.currentIndex()
        entry = index.data(ENTRY) if index.isValid() else None
        return entry if isinstance(entry, Entry) else None

    def choose(self, file: str) -> None:
        """Put the cursor on a file."""
        rows = self.pictures.rows.get(file)
        if rows:
            self.setCurrentIndex(self.pictures.index(rows[0]))

    def wish(self, entry: Entry) -> Wish:
        """The thumbnail that an entry needs, sharp on this screen."""
        return Wish(entry.file, entry.content, round(self.side * self.devicePixelRatioF()))

    def let_go(self) -> None:
        """End the thread."""
        self._look.stop()
        self.thumbnails.let_go()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._look.isActive():
            self._look.start()

    @Slot()
    def _want(self) -> None:
        entries, view = self.pictures.entries, self.viewport().rect()

        def bottom(row: int) -> int:
            return self.visualRect(self.pictures.index(row)).bottom()

        row = bisect_left(range(len(entries)), view.top(), key=bottom)
        missing = []
        while row < len(entries) and self.visualRect(self.pictures.index(row)).top() <= view.bottom():
            wish = self.wish(entries[row])
            if self.thumbnails.of(wish) is None and not self.thumbnails.reason(wish):
                missing.append(wish)
            row += 1
        if missing:
            self.thumbnails.want(missing)

    @Slot(list)
    def _ready(self, wishes: list[Wish]) -> None:
        for wish in wishes:
            self.pictures.touch(wish.file)
