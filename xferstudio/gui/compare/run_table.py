"""The table of runs: figures with their intervals, to sort, to filter, and with columns to choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from xferstudio.gui.look import theme, words
from xferstudio.gui.look.widgets import plain_tip
from xferstudio.gui.project.run_facts import RunFacts, moment

translate = QCoreApplication.translate

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()

VALUE = int(Qt.ItemDataRole.UserRole)
"""What a cell is sorted by: a number, a text, or None."""
RUN = VALUE + 1
"""The RunFacts of the row."""
INTERVAL = VALUE + 2
"""(value, low, high) of a cell that is drawn as a bar, or None."""


@dataclass(frozen=True)
class Column:
    """One column: what it is called, what is sorted by, and what is shown."""

    id: str
    title: str
    help: str
    value: Callable[[RunFacts], Any]
    text: Callable[[RunFacts], str]
    number: bool = True
    bounds: Callable[[RunFacts], Sequence[float] | None] | None = None


def _short(number: float | None, digits: int) -> str:
    return "–" if number is None else QLocale().toString(float(number), "f", digits)


def columns() -> list[Column]:
    """All columns, in the order of a fresh table."""

    def share(name: str) -> Callable[[RunFacts], Any]:
        return lambda run: run.measured.get(name)

    def percent(name: str) -> Callable[[RunFacts], str]:
        return lambda run: words.percent(run.measured.get(name))

    return [
        Column(
            "name",
            translate("RunTable", "Run"),
            translate("RunTable", "The name of the run."),
            lambda r: r.name.lower(),
            lambda r: r.name,
            False,
        ),
        Column(
            "state",
            translate("RunTable", "State"),
            translate("RunTable", "How the run stands."),
            lambda r: words.state(r.state),
            lambda r: words.state(r.state),
            False,
        ),
        Column(
            "test",
            translate("RunTable", "Test accuracy"),
            translate(
                "RunTable",
                "Share of the test images that are recognised, with its 95 % interval. They were never learned from.",
            ),
            lambda r: r.test.get("accuracy"),
            lambda r: words.percent(r.test.get("accuracy")),
            bounds=lambda r: r.test.get("accuracy_interval"),
        ),
        Column(
            "val",
            translate("RunTable", "Validation"),
            translate(
                "RunTable", "Accuracy on the validation images, which chose the model: it flatters a little."
            ),
            lambda r: r.val.get("accuracy"),
            lambda r: words.percent(r.val.get("accuracy")),
        ),
        Column(
            "balanced",
            translate("RunTable", "Balanced"),
            translate(
                "RunTable",
                "Mean over the classes of the share that is recognised: rare classes count as much as common ones.",
            ),
            share("balanced_accuracy"),
            percent("balanced_accuracy"),
        ),
        Column(
            "f1",
            translate("RunTable", "Macro F1"),
            translate("RunTable", "Mean over the classes of the F1 score, from 0 to 1."),
            share("macro_f1"),
            lambda r: _short(r.measured.get("macro_f1"), 3),
        ),
        Column(
            "ece",
            translate("RunTable", "ECE"),
            translate(
                "RunTable",
                "Expected calibration error: how far the stated confidence is from the truth. Smaller is better.",
            ),
            share("ece"),
            lambda r: _short(r.measured.get("ece"), 3),
        ),
        Column(
            "seconds",
            translate("RunTable", "Time"),
            translate("RunTable", "How long the run took."),
            lambda r: r.seconds,
            lambda r: words.seconds(r.seconds),
        ),
        Column(
            "speed",
            translate("RunTable", "Images/s"),
            translate("RunTable", "Images per second while training."),
            lambda r: r.images_per_second,
            lambda r: _short(r.images_per_second, 0),
        ),
        Column(
            "size",
            translate("RunTable", "Size"),
            translate("RunTable", "The model on disk."),
            lambda r: r.size,
            lambda r: "–" if r.size is None else words.size(r.size),
        ),
        Column(
            "date",
            translate("RunTable", "Begun"),
            translate("RunTable", "When the run began."),
            lambda r: r.folder.name,
            lambda r: moment(r.date) if r.date else "–",
            False,
        ),
        Column(
            "strategy",
            translate("RunTable", "Strategy"),
            translate("RunTable", "How it learns."),
            lambda r: r.strategy,
            lambda r: r.strategy,
            False,
        ),
        Column(
            "backbone",
            translate("RunTable", "Backbone"),
            translate("RunTable", "The pretrained network it starts from."),
            lambda r: r.backbone,
            lambda r: r.backbone,
            False,
        ),
    ]


class RunTable(QAbstractTableModel):
    """The runs, one a row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = columns()
        self.runs: list[RunFacts] = []

    def set_runs(self, runs: Sequence[RunFacts]) -> None:
        """Show these runs; where they are the same ones, selection and scrolling stay."""
        if [run.folder for run in runs] == [run.folder for run in self.runs]:
            self.runs = list(runs)
            if runs:
                self.dataChanged.emit(self.index(0, 0), self.index(len(runs) - 1, len(self.columns) - 1))
            return
        self.beginResetModel()
        self.runs = list(runs)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        run, column = self.runs[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(run)
        if role == VALUE:
            return column.value(run)
        if role == RUN:
            return run
        if role == INTERVAL:
            return self._interval(run, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._sentence(run, column))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._sentence(run, column)
        if role == Qt.ItemDataRole.ForegroundRole and column.id == "state":
            now = theme.colours()
            return {"failed": now.bad, "running": now.accent}.get(run.state, now.text)
        return None

    def _interval(self, run: RunFacts, column: Column) -> tuple[float, float, float] | None:
        if column.bounds is None:
            return None
        value, bounds = column.value(run), column.bounds(run)
        if value is None or not bounds:
            return None
        return float(value), float(bounds[0]), float(bounds[1])

    def _sentence(self, run: RunFacts, column: Column) -> str:
        interval = self._interval(run, column)
        if interval is not None:
            return self.tr("{value}, between {interval} with 95 % confidence, on {count} images").format(
                value=words.percent(interval[0]),
                interval=words.interval(interval[1:]),
                count=words.whole(int(run.test.get("n") or 0)),
            )
        if column.id in ("balanced", "f1", "ece") and not run.test and run.val:
            return self.tr("{value} (on validation images: there is no test split)").format(
                value=column.text(run)
            )
        return column.text(run)

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.help
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = (
                Qt.AlignmentFlag.AlignRight
                if column.number and column.bounds is None
                else Qt.AlignmentFlag.AlignLeft
            )
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class SortedRuns(QSortFilterProxyModel):
    """Sorted by value, filtered by words; what has no value comes last either way."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words: list[str] = []
        self.setSortRole(VALUE)
        self.setDynamicSortFilter(True)

    def set_words(self, text: str) -> None:
        """Show only runs that have all of these words in name, strategy, backbone or state."""
        self._words = text.lower().split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: N802
        run = self.sourceModel().index(row, 0, parent).data(RUN)
        text = " ".join((run.name, run.strategy, run.backbone, words.state(run.state))).lower()
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:  # noqa: N802
        one, two = left.data(VALUE), right.data(VALUE)
        falling = self.sortOrder() == Qt.SortOrder.DescendingOrder
        if one is None or two is None:
            return (one is None) if falling else (two is None and one is not None)
        if one == two:  # the newer one first, whatever is sorted by
            newer = left.data(RUN).folder.name > right.data(RUN).folder.name
            return not newer if falling else newer
        return bool(one < two)


class IntervalDrawn(QStyledItemDelegate):
    """A share as a bar from 0 to 100 % with whiskers for its interval, and the figures beside it."""

    WIDTH = 10 * theme.UNIT

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        widest = option.fontMetrics.horizontalAdvance("100.0 %  100.0 – 100.0 %")
        return QSize(self.WIDTH + widest + 3 * theme.UNIT, 4 * theme.UNIT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        interval = index.data(INTERVAL)
        if interval is None:
            super().paint(painter, option, index)
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        value, low, high = interval
        now = theme.colours()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, now.selection)
        left, middle = rect.left() + theme.UNIT, rect.center().y() + 0.5
        width = self.WIDTH
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.raised if not state & QStyle.StateFlag.State_Selected else now.surface)
        painter.drawRoundedRect(QRectF(left, middle - 4, width, 8), 3, 3)
        fill = QColor(now.accent)
        fill.setAlpha(150)
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(left, middle - 4, max(2.0, width * value), 8), 3, 3)
        painter.setPen(QPen(now.text, 1.4))
        one, two = left + width * low, left + width * high
        painter.drawLine(QPointF(one, middle), QPointF(two, middle))
        for x in (one, two):
            painter.drawLine(QPointF(x, middle - 4), QPointF(x, middle + 4))
        words_at = QRect(rect)
        words_at.setLeft(left + width + theme.UNIT)
        painter.setPen(now.text)
        text = words.percent(value)
        painter.drawText(words_at, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        words_at.setLeft(words_at.left() + painter.fontMetrics().horizontalAdvance("100.0 % ") + theme.UNIT)
        painter.setPen(now.quiet)
        rest = painter.fontMetrics().elidedText(
            words.interval((low, high)), Qt.TextElideMode.ElideRight, words_at.width()
        )
        painter.drawText(words_at, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, rest)
        painter.restore()
