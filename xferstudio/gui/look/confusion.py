"""A confusion matrix as a table: true classes down, predicted classes across, mistakes in another hue than hits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QBrush, QColor, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import label, plain_tip
from xferstudio.gui.look.words import listed, percent, whole

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


def most_confused(
    classes: Sequence[str], counts: Sequence[Sequence[int]], most: int = 3
) -> list[tuple[str, str, int, int]]:
    """The commonest mistakes: (true class, taken for, how often, images of the true class)."""
    found = [
        (classes[true], classes[predicted], count, sum(row))
        for true, row in enumerate(counts)
        for predicted, count in enumerate(row)
        if true != predicted and count
    ]
    return sorted(found, key=lambda each: (-each[2], each[0], each[1]))[:most]


def mixed(ground: QColor, hue: QColor, share: float) -> QColor:
    """`share` of the hue on the ground."""
    return QColor.fromRgbF(*(a + (b - a) * share for a, b in zip(_parts(ground), _parts(hue), strict=True)))


def _parts(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()


def readable_on(ground: QColor) -> QColor:
    """Black or white, whichever is easier to read on this colour (the contrast of WCAG)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(ground)
    )
    return QColor("#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff")


class ConfusionModel(QAbstractTableModel):
    """Counts of true class (row) by predicted class (column), shown as counts or as shares of their row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.classes: tuple[str, ...] = ()
        self.counts: tuple[tuple[int, ...], ...] = ()
        self.totals: tuple[int, ...] = ()
        self.as_shares = False

    def set_matrix(self, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Show other numbers; selection and scroll position stay where the classes are the same."""
        same = tuple(classes) == self.classes and len(counts) == len(self.counts)
        if not same:
            self.beginResetModel()
        self.classes = tuple(classes)
        self.counts = tuple(tuple(row) for row in counts)
        self.totals = tuple(sum(row) for row in self.counts)
        if not same:
            self.endResetModel()
        else:
            self._all_changed()

    def set_as_shares(self, on: bool) -> None:
        """Shares of the row in place of counts."""
        self.as_shares = on
        self._all_changed()

    def _all_changed(self) -> None:
        if self.counts:
            last = self.index(len(self.counts) - 1, len(self.classes) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: _Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.counts)

    def columnCount(self, parent: _Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.classes)

    def share(self, row: int, column: int) -> float:
        """Share of the images of the row's class."""
        return self.counts[row][column] / self.totals[row] if self.totals[row] else 0.0

    def sentence(self, row: int, column: int) -> str:
        """What a cell says, in words."""
        count, total = self.counts[row][column], self.totals[row]
        if row == column:
            text = self.tr("{true}: {count} of {total} recognised ({share})")
        else:
            text = self.tr("{true} taken for {predicted}: {count} of {total} ({share})")
        return text.format(
            true=self.classes[row],
            predicted=self.classes[column],
            count=whole(count),
            total=whole(total),
            share=percent(self.share(row, column)),
        )

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        count = self.counts[row][column]
        if role == Qt.ItemDataRole.DisplayRole:
            if not count and row != column:
                return "·"
            return percent(self.share(row, column)) if self.as_shares else whole(count)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.sentence(row, column))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.sentence(row, column)
        if role == Qt.ItemDataRole.BackgroundRole and count:
            return QBrush(self._ground(row, column))
        if role == Qt.ItemDataRole.ForegroundRole:
            return QBrush(readable_on(self._ground(row, column)) if count else theme.colours().quiet)
        return None

    def _ground(self, row: int, column: int) -> QColor:
        # Blue for hits and orange for mistakes: told apart by the colour-blind, and by brightness as well.
        hue = theme.series(0 if row == column else 5)
        share = self.share(row, column)
        return mixed(theme.colours().surface, hue, 0.12 + 0.78 * share if share else 0.0)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if section >= len(self.classes):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.classes[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self.classes[section])
        if role == Qt.ItemDataRole.AccessibleTextRole:
            across = orientation == Qt.Orientation.Horizontal
            text = self.tr("predicted {name}") if across else self.tr("true {name}")
            return text.format(name=self.classes[section])
        return None


class ConfusionMatrix(QWidget):
    """A confusion matrix with its two axes named, the commonest mistakes in words, and a switch to shares.

    `chosen(true, predicted)`: the user has picked a cell (double click, or Enter).
    """

    chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ConfusionModel(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT)
        row = QHBoxLayout()
        row.addWidget(label(self.tr("Rows: true class. Columns: predicted class."), "small", wrap=True), 1)
        self.shares = QCheckBox(self.tr("Shares of the row"))
        self.shares.toggled.connect(self.model.set_as_shares)
        row.addWidget(self.shares)
        layout.addLayout(row)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName(self.tr("Confusion matrix"))
        self.table.setAccessibleDescription(self.tr("Rows are true classes, columns are predicted classes."))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setCornerButtonEnabled(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.activated.connect(self._pick)
        for header in (self.table.horizontalHeader(), self.table.verticalHeader()):
            header.setHighlightSections(True)
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
            header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.table.verticalHeader().setMaximumWidth(18 * theme.UNIT)
        self.table.verticalHeader().setDefaultSectionSize(4 * theme.UNIT)
        self.table.verticalHeader().setMinimumSectionSize(3 * theme.UNIT)
        self.table.horizontalHeader().setMinimumSectionSize(6 * theme.UNIT)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.viewport().installEventFilter(self)
        layout.addWidget(self.table, 1)
        self.words = label("", "quiet", wrap=True)
        layout.addWidget(self.words)
        copy = QAction(self.tr("Copy the matrix"), self.table)
        copy.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.table.addAction(copy)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_matrix(self, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> None:
        """Show these counts: `counts[true][predicted]`."""
        fresh = tuple(classes) != self.model.classes
        self.model.set_matrix(classes, counts)
        if fresh:
            self._fit_columns()
        worst = most_confused(classes, counts)
        if not any(map(sum, counts)):
            self.words.setText("")
        elif worst:
            pairs = [
                self.tr("{true} taken for {predicted} ({count} of {total})").format(
                    true=true, predicted=predicted, count=whole(count), total=whole(total)
                )
                for true, predicted, count, total in worst
            ]
            self.words.setText(self.tr("Most often: {pairs}.").format(pairs=listed(pairs)))
        else:
            self.words.setText(self.tr("No mistakes."))

    def clear(self) -> None:
        """Show nothing."""
        self.show_matrix((), ())

    def copy(self) -> None:
        """Put the counts on the clipboard, as a table for a spreadsheet."""
        lines = ["\t".join(["", *self.model.classes])]
        for name, row in zip(self.model.classes, self.model.counts, strict=False):
            lines.append("\t".join([name, *map(str, row)]))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _pick(self, index: QModelIndex) -> None:
        self.chosen.emit(self.model.classes[index.row()], self.model.classes[index.column()])

    def _fit_columns(self) -> None:
        names = self.model.classes
        if not names:
            return
        share = self.table.viewport().width() // len(names)
        least, most = 7 * theme.UNIT, 16 * theme.UNIT
        self.table.horizontalHeader().setDefaultSectionSize(max(least, min(share, most)))
        rows = min(len(names), 10)
        self.table.setMinimumHeight(
            self.table.horizontalHeader().sizeHint().height() + (rows * 4 + 2) * theme.UNIT
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize:
            self._fit_columns()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:  # noqa: N802
        rows = min(max(3, len(self.model.classes)), 12)
        return QSize(50 * theme.UNIT, (rows * 4 + 14) * theme.UNIT)
