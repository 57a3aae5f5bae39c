"""Named values below each other as bars, so that they can be compared at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import plain_tip


@dataclass(frozen=True)
class Bar:
    """One line: a name, how much of the line the bar takes (None: there is no value), its figure, and it all in words."""

    name: str
    share: float | None
    figure: str
    words: str


class NamedBars(QWidget):
    """One bar in each line, its name before it and its figure behind it; `setAccessibleName` says of what they are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars: list[Bar] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Show these, from above to below."""
        self.bars = list(bars)
        self.setAccessibleDescription("; ".join(bar.words for bar in self.bars))
        self.updateGeometry()
        self.update()

    def _line(self) -> int:
        return QFontMetrics(theme.font("small")).height() + 4

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(40 * theme.UNIT, max(1, len(self.bars)) * self._line())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(20 * theme.UNIT, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font("small"))
        metrics, now, line = painter.fontMetrics(), theme.colours(), self._line()
        widest = max((metrics.horizontalAdvance(bar.name) for bar in self.bars), default=0)
        names = min(widest + 4, self.width() // 3)
        widest = max((metrics.horizontalAdvance(bar.figure) for bar in self.bars), default=0)
        figures = widest + theme.UNIT
        left = names + theme.UNIT
        room = max(1, self.width() - left - figures)
        for at, bar in enumerate(self.bars):
            top = at * line
            groove = QRectF(left, top + line / 2 - 4, room, 8)
            painter.setPen(now.text)
            painter.drawText(
                QRectF(0, top, names, line),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
                metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, names + 1),
            )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.raised)
            painter.drawRoundedRect(groove, 3, 3)
            if bar.share is not None:
                groove.setWidth(max(2.0, room * bar.share))
                painter.setBrush(now.accent)
                painter.drawRoundedRect(groove, 3, 3)
            painter.setPen(now.quiet)
            painter.drawText(
                QRectF(left + room, top, figures, line),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                bar.figure,
            )

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = event.pos().y() // self._line()
            if 0 <= at < len(self.bars):
                QToolTip.showText(event.globalPos(), plain_tip(self.bars[at].words), self)
            else:
                QToolTip.hideText()
            return True
        return bool(super().event(event))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()
