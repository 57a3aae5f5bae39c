"""The classes of a project as a bar chart: how many images each has in each split, to filter by and to drop on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from xferstudio.gui.data.grid import MIME
from xferstudio.gui.data.rows import UNLABELLED
from xferstudio.gui.look import theme
from xferstudio.gui.look.words import engine_text, whole

_SHADES = {"train": 1.0, "val": 0.55, "test": 0.28, "": 0.12}
"""How strongly the colour of the class is drawn for each split."""


@dataclass(frozen=True)
class Line:
    """One line of the chart. `kind` is "all", "class", "new", "left_out" or "reason"."""

    kind: str
    key: str
    text: str
    parts: Mapping[str, int]

    @property
    def number(self) -> int:
        return sum(self.parts.values())


class Balance(QAbstractScrollArea):
    """All classes with their numbers; one line can be chosen. Images that are dropped on a class get it."""

    chosen = Signal(str, str)
    """A line was chosen: its kind and key."""
    dropped = Signal(str)
    """Images of the grid were dropped on this class; "" for the line of a new class."""
    menu_wanted = Signal(str, QPoint)
    """The context menu of this class, at this global position."""
    rename_wanted = Signal(str)
    assign_wanted = Signal(str)
    """Give the selected images the class of this line (the = key)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.current = 0
        self._target = -1
        self._largest = 1
        self.classes: list[str] = []
        self._numbers: dict[str, int] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setAccessibleName(self.tr("Classes"))
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setMinimumWidth(22 * theme.UNIT)

    def colour(self, label: str) -> QColor:
        """The colour of a class; it repeats after seven, so the name always stands beside it."""
        number = self._numbers.get(label)
        return theme.series(number) if number is not None else theme.colours().quiet

    def show_table(
        self, table: Mapping[str, Mapping[str, int]], reasons: Mapping[str, int], total: int
    ) -> None:
        """Show these numbers: class to split to images, and reasons for being left out to images."""
        was = self.lines[self.current] if 0 <= self.current < len(self.lines) else None
        lines = [Line("all", "", self.tr("All images"), {"": total})]
        self.classes = [label for label in table if label != UNLABELLED]
        self._numbers = {label: number for number, label in enumerate(self.classes)}
        lines += [Line("class", label, label, dict(table[label])) for label in self.classes]
        if UNLABELLED in table:
            lines.append(Line("class", UNLABELLED, self.tr("no class"), dict(table[UNLABELLED])))
        lines.append(Line("new", "", self.tr("New class…"), {}))
        if reasons:
            lines.append(Line("left_out", "", self.tr("Left out"), {"": sum(reasons.values())}))
            lines += [
                Line("reason", kind, engine_text(kind), {"": number}) for kind, number in reasons.items()
            ]
        self.lines = lines
        self._largest = max((line.number for line in lines if line.kind == "class"), default=1) or 1
        self.current = next(
            (
                place
                for place, line in enumerate(lines)
                if was is not None and (line.kind, line.key) == (was.kind, was.key)
            ),
            0,
        )
        self._fit()
        self.viewport().update()

    def choose(self, kind: str, key: str) -> None:
        """Mark a line without telling anybody."""
        for place, line in enumerate(self.lines):
            if (line.kind, line.key) == (kind, key):
                self.current = place
                self._reveal()
                self.viewport().update()
                return

    # ------------------------------------------------------------------------------------------ geometry

    def _height(self, line: Line) -> int:
        words = QFontMetrics(theme.font("body")).height()
        if line.kind == "class":
            return words + 3 * theme.UNIT + QFontMetrics(theme.font("small")).height() + 2
        return words + 2 * theme.UNIT if line.kind != "reason" else words + theme.UNIT

    def box(self, place: int) -> QRect:
        """Where a line is, in the viewport."""
        top = theme.UNIT - self.verticalScrollBar().value()
        for line in self.lines[:place]:
            top += self._height(line)
        return QRect(0, top, self.viewport().width(), self._height(self.lines[place]))

    def line_at(self, point: QPoint) -> int:
        """The line at a point of the viewport, or -1."""
        top = theme.UNIT - self.verticalScrollBar().value()
        for place, line in enumerate(self.lines):
            height = self._height(line)
            if top <= point.y() < top + height:
                return place
            top += height
        return -1

    def _fit(self) -> None:
        whole_height = sum(map(self._height, self.lines)) + 2 * theme.UNIT
        bar = self.verticalScrollBar()
        bar.setPageStep(max(1, self.viewport().height()))
        bar.setSingleStep(3 * theme.UNIT)
        bar.setRange(0, max(0, whole_height - self.viewport().height()))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(30 * theme.UNIT, 40 * theme.UNIT)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        self.viewport().update()

    def _reveal(self) -> None:
        box = self.box(self.current)
        bar = self.verticalScrollBar()
        if box.top() < 0:
            bar.setValue(bar.value() + box.top())
        elif box.bottom() > self.viewport().height():
            bar.setValue(bar.value() + box.bottom() - self.viewport().height())

    # ------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme.colours()
        painter.fillRect(event.rect(), now.surface)
        top = theme.UNIT - self.verticalScrollBar().value()
        for place, line in enumerate(self.lines):
            height = self._height(line)
            if top + height >= 0 and top <= self.viewport().height():
                self._paint(painter, place, line, QRect(0, top, self.viewport().width(), height), now)
            top += height

    def _paint(self, painter: QPainter, place: int, line: Line, box: QRect, now: theme.Colours) -> None:
        frame = QRectF(box).adjusted(4, 1, -4, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if place == self._target:
            painter.setPen(QPen(now.accent, 2, Qt.PenStyle.DashLine))
            painter.setBrush(now.selection)
            painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), 6, 6)
        elif place == self.current:
            painter.setBrush(now.selection)
            if self.hasFocus():
                painter.setPen(QPen(now.accent, 1))
            painter.drawRoundedRect(frame, 6, 6)
        unit = theme.UNIT
        inner = box.adjusted(unit + 4, 4, -unit - 4, -4)
        painter.setFont(theme.font("body" if line.kind != "reason" else "small"))
        metrics = painter.fontMetrics()
        number = whole(line.number) if line.kind != "new" else ""
        words = QRect(inner.x(), inner.y(), inner.width(), metrics.height() + 2)
        if line.kind != "class":
            words.setHeight(inner.height())
        if line.kind == "reason":
            words.setLeft(words.left() + unit)
        painter.setPen(now.quiet)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, right, number)
        words.setWidth(words.width() - metrics.horizontalAdvance(number) - unit)
        if line.kind == "class" and 1 <= place <= 9 and line.key != UNLABELLED:
            # The key that gives this class.
            painter.setFont(theme.font("small"))
            key = QRectF(words.x(), words.y() + 1, 15, words.height() - 2)
            painter.setPen(QPen(now.line, 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(key, 3, 3)
            painter.setPen(now.quiet)
            painter.drawText(key, Qt.AlignmentFlag.AlignCenter, str(place))
            painter.setFont(theme.font("body"))
            words.setLeft(words.left() + 21)
        painter.setPen(now.accent if line.kind == "new" else now.quiet if line.kind == "reason" else now.text)
        painter.drawText(
            words, left, metrics.elidedText(line.text, Qt.TextElideMode.ElideRight, words.width())
        )
        if line.kind == "class":
            self._paint_bar(painter, line, inner, now)

    def _paint_bar(self, painter: QPainter, line: Line, inner: QRect, now: theme.Colours) -> None:
        painter.setFont(theme.font("small"))
        metrics = painter.fontMetrics()
        words = QRect(inner.x(), inner.bottom() - metrics.height(), inner.width(), metrics.height())
        painter.setPen(now.quiet)
        text = metrics.elidedText(self.split_words(line), Qt.TextElideMode.ElideRight, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        bar = QRectF(inner.x(), words.top() - theme.UNIT - 3, inner.width(), theme.UNIT)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.raised)
        painter.drawRoundedRect(bar, 3, 3)
        left = bar.x()
        colour = self.colour(line.key)
        for split, shade in _SHADES.items():
            part = line.parts.get(split, 0)
            if not part:
                continue
            width = max(1.0, bar.width() * part / self._largest)
            mixed = QColor.fromRgbF(
                shade * colour.redF() + (1 - shade) * now.surface.redF(),
                shade * colour.greenF() + (1 - shade) * now.surface.greenF(),
                shade * colour.blueF() + (1 - shade) * now.surface.blueF(),
            )
            painter.setBrush(mixed)
            painter.setPen(QPen(now.surface, 1))
            painter.drawRect(QRectF(left, bar.y(), width, bar.height()))
            left += width

    def split_words(self, line: Line) -> str:
        """The numbers of the splits of a class."""
        named = (("train", self.tr("train")), ("val", self.tr("val")), ("test", self.tr("test")))
        return " · ".join(f"{word} {whole(line.parts.get(split, 0))}" for split, word in named)

    def describe(self, line: Line) -> str:
        """A line in words."""
        if line.kind != "class":
            return f"{line.text}: {whole(line.number)}" if line.kind != "new" else line.text
        return self.tr("{label}: {number} images").format(label=line.text, number=whole(line.number)) + (
            f"; {self.split_words(line)}"
        )

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self.line_at(event.pos())
            if place >= 0:
                from html import escape

                words = escape(self.describe(self.lines[place]))
                QToolTip.showText(event.globalPos(), f"<qt>{words}</qt>", self.viewport())
            return True
        return bool(super().viewportEvent(event))

    # ---------------------------------------------------------------------------------- mouse, keys, drops

    def _go(self, place: int) -> None:
        if not 0 <= place < len(self.lines):
            return
        line = self.lines[place]
        if line.kind != "new":
            self.current = place
        self._reveal()
        self.viewport().update()
        self.setAccessibleDescription(self.describe(line))
        self.chosen.emit(line.kind, line.key)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            self._go(self.line_at(event.position().toPoint()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        place = self.line_at(event.position().toPoint())
        if place >= 0 and self.lines[place].kind == "class":
            self.rename_wanted.emit(self.lines[place].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = event.key()
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Home: -9999, Qt.Key.Key_End: 9999}
        line = self.lines[self.current] if self.lines else None
        if key in steps and self.lines:
            step = steps[Qt.Key(key)]
            place = min(len(self.lines) - 1, max(0, self.current + step))
            if self.lines[place].kind == "new":
                place += 1 if step > 0 else -1
            self._go(min(len(self.lines) - 1, max(0, place)))
            if self.lines[self.current].kind == "new":
                self._go(self.current - 1)
        elif key == Qt.Key.Key_F2 and line is not None and line.kind == "class":
            self.rename_wanted.emit(line.key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and line is not None:
            self.chosen.emit(line.kind, line.key)
        elif key == Qt.Key.Key_Equal and line is not None and line.kind == "class":
            self.assign_wanted.emit(line.key)
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = self.current if keyboard else self.line_at(event.pos())
        if place < 0 or self.lines[place].kind != "class" or self.lines[place].key == UNLABELLED:
            return
        point = self.box(place).center() if keyboard else event.pos()
        self.menu_wanted.emit(self.lines[place].key, self.viewport().mapToGlobal(point))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()
        else:
            event.ignore()  # files are for the page

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        if not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        place = self.line_at(event.position().toPoint())
        fits = place >= 0 and self.lines[place].kind in ("class", "new")
        fits = fits and self.lines[place].key != UNLABELLED
        self._aim(place if fits else -1)
        if fits:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self._aim(-1)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        place = self._target
        self._aim(-1)
        if place >= 0 and event.mimeData().hasFormat(MIME):
            event.acceptProposedAction()
            self.dropped.emit(self.lines[place].key)
        else:
            event.ignore()

    def _aim(self, place: int) -> None:
        if place != self._target:
            self._target = place
            self.viewport().update()

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802, ANN001
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802, ANN001
        super().focusOutEvent(event)
        self.viewport().update()
