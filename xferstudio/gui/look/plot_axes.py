"""What a plot is drawn on: axes that write few words, a view that zooms, and the canvas that holds both."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QWheelEvent

from xferstudio.gui.look import theme


class Axis(pg.AxisItem):  # type: ignore[misc]
    """An axis that writes few words: 1, 2 and 5 of each decade where it is logarithmic, per cent for shares."""

    percent = False
    whole = False
    _lines: Sequence[QLineF] = ()

    def generateDrawSpecs(self, painter: QPainter) -> Any:  # noqa: N802
        specs = super().generateDrawSpecs(painter)
        if specs is None:
            return None
        axis, ticks, texts = specs
        # Lines of the picture that the axis keeps are drawn slowly: ours are drawn past it, and only the main ones.
        most = max((pen.color().alpha() for pen, _, _ in ticks), default=0)
        self._lines = [QLineF(QPointF(a), QPointF(b)) for pen, a, b in ticks if pen.color().alpha() == most]
        return axis, [], texts

    def paint(self, painter: QPainter, option: Any, widget: Any) -> None:
        super().paint(painter, option, widget)
        if self._lines:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            colour = QColor(theme.colours().line)
            colour.setAlpha(110)
            painter.setPen(hair(Qt.PenStyle.SolidLine, colour))
            painter.drawLines(list(self._lines))

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        places = [10.0**value for value in values]
        few = [
            f"{place / 10.0 ** math.floor(math.log10(place) + 1e-9):.3g}" in ("1", "2", "5")
            for place in places
        ]
        unit = 100 if self.percent else 1
        return [f"{place * unit:.4g}" if shown else "" for place, shown in zip(places, few, strict=True)]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        if self.whole and not self.logMode:
            return [f"{value:.0f}" if abs(value - round(value)) < 1e-6 else "" for value in values]
        if self.logMode:
            return [str(text) for text in super().tickStrings(values, scale, spacing)]
        if not self.percent:
            return [_short(str(text)) for text in super().tickStrings(values, scale, spacing)]
        digits = max(0, math.ceil(-math.log10(100 * spacing) - 1e-9))
        return [
            f"{100 * value + 0.0:.{digits}f}\u202f%" if -1e-9 <= value <= 1 + 1e-9 else "" for value in values
        ]


class View(pg.ViewBox):  # type: ignore[misc]
    """Zooms by a drawn rectangle and by Ctrl and the wheel; the bare wheel scrolls the page."""

    def __init__(self, whole_x: bool = False, percent: bool = False) -> None:
        super().__init__(enableMenu=False)
        self.setMouseMode(pg.ViewBox.RectMode)
        self.log_x = self.log_y = False
        self._whole_x, self._percent = whole_x, percent

    def childrenBounds(self, *arguments: Any, **named: Any) -> Any:  # noqa: N802
        """What is shown if nobody has zoomed: counts from 0 on, and some room around few or equal values."""
        (across, up) = super().childrenBounds(*arguments, **named)
        if across is not None and self._whole_x and not self.log_x:
            across = [0.0, max(1.0, across[1])]
        if up is not None and not self.log_y:
            low, high = up
            middle = (low + high) / 2
            least = 0.05 if self._percent else abs(middle) / 200 or 1.0
            if low == high:
                least = least if self._percent else abs(middle) / 2 or 1.0
            room = max((high - low) / 2, least)
            up = [middle - room, middle + room]
            if self._percent:
                up = [max(0.0, up[0]), min(1.0, up[1])]
        return [across, up]

    def wheelEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: N802
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event, axis)
        else:
            event.ignore()


class Canvas(pg.PlotWidget):  # type: ignore[misc]
    """The drawing itself; hands the bare wheel on to the page, and knows how long it was last painted."""

    painted = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        began = time.perf_counter()
        super().paintEvent(event)
        self.painted = time.perf_counter() - began

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()


def hair(style: Qt.PenStyle, colour: QColor | None = None) -> QPen:
    """A line one pixel wide at any zoom; others are drawn ten times more slowly."""
    pen = QPen(colour or theme.colours().quiet, 1, style)
    pen.setCosmetic(True)
    return pen


def _short(text: str) -> str:
    """A figure with four digits that count at most; whole numbers as they are."""
    if "." not in text or "e" in text or len(text.lstrip("-0.").replace(".", "")) <= 4:
        return text
    return f"{float(text):.4g}"
