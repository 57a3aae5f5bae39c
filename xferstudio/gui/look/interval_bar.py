"""A value on a scale as a bar, with whiskers for its interval."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from xferstudio.gui.look import theme

_HEIGHT = 2 * theme.UNIT


class IntervalBar(QWidget):
    """A bar from `low` to `high`; `ends` are the words below both ends, `marks` places of thin lines on the scale.

    What it shows is told in words beside it; `setAccessibleName` says what the value is of.
    """

    def __init__(
        self,
        low: float = 0.0,
        high: float = 1.0,
        ends: tuple[str, str] = ("", ""),
        marks: Sequence[float] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.low, self.high, self.ends, self.marks = low, high, ends, tuple(marks)
        self.value: float | None = None
        self.interval: tuple[float, float] | None = None
        self.colour = "accent"
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        self.setMinimumWidth(20 * theme.UNIT)

    def show_value(
        self, value: float | None, interval: Sequence[float] | None = None, colour: str = "accent"
    ) -> None:
        """Show a value, and the interval that it probably lies in."""
        self.value = value
        self.interval = (float(interval[0]), float(interval[1])) if interval else None
        self.colour = colour
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        words = QFontMetrics(theme.font("small")).height() + theme.UNIT // 2 if any(self.ends) else 0
        return QSize(40 * theme.UNIT, _HEIGHT + theme.UNIT + words)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(20 * theme.UNIT, self.sizeHint().height())

    def _x(self, value: float) -> float:
        room = self.width() - 2
        share = (value - self.low) / (self.high - self.low)
        return 1 + room * min(1.0, max(0.0, share))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme.colours()
        top = theme.UNIT / 2
        middle = top + _HEIGHT / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.raised)
        painter.drawRoundedRect(QRectF(1, top, self.width() - 2, _HEIGHT), 4, 4)
        if self.value is not None:
            fill = QColor(getattr(now, self.colour))
            fill.setAlpha(150)
            painter.setBrush(fill)
            painter.drawRoundedRect(QRectF(1, top, max(3.0, self._x(self.value) - 1), _HEIGHT), 4, 4)
        painter.setPen(QPen(now.line, 1, Qt.PenStyle.DotLine))
        for mark in self.marks:
            painter.drawLine(QPointF(self._x(mark), top), QPointF(self._x(mark), top + _HEIGHT))
        if self.interval is not None:
            painter.setPen(QPen(now.text, 1.6))
            one, two = (self._x(bound) for bound in self.interval)
            painter.drawLine(QPointF(one, middle), QPointF(two, middle))
            for x in (one, two):
                painter.drawLine(QPointF(x, middle - 5), QPointF(x, middle + 5))
        if any(self.ends):
            painter.setPen(now.quiet)
            painter.setFont(theme.font("small"))
            room = QRectF(1, top + _HEIGHT + 2, self.width() - 2, self.height() - top - _HEIGHT - 2)
            for text, side in zip(
                self.ends, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True
            ):
                painter.drawText(room, side | Qt.AlignmentFlag.AlignTop, text)
