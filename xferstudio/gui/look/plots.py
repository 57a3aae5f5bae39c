"""Plots of curves that grow while one looks at them: thinned, zoomable, readable without colour."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QFontMetrics,
    QIcon,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.curves import Array, Growing, thin
from xferstudio.gui.look.legend import Legend
from xferstudio.gui.look.plot_axes import Axis, Canvas, View, hair
from xferstudio.gui.look.plot_export import PlotExport
from xferstudio.gui.look.turns import BUDGET, turns
from xferstudio.gui.look.widgets import Elided

REPAINT_MS = 50
"""Plots are drawn again at most this often while data arrives."""

_STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)


_SAMPLE = QSize(3 * theme.UNIT, theme.UNIT)


@dataclass
class Curve:
    """One curve of a plot: its numbers and its looks. `index` picks colour and line style."""

    name: str
    label: str
    index: int = 0
    faint: bool = False
    dots: bool = False
    visible: bool = True
    data: Growing = field(default_factory=Growing)
    low: Growing | None = None
    high: Growing | None = None
    item: Any = None
    edges: Any = None
    fill: Any = None
    button: QToolButton | None = None

    def pen(self) -> QPen:
        """Colour and line style, for the theme that is on."""
        colour = theme.series(self.index)
        if self.faint:
            colour.setAlpha(90)
        pen = QPen(colour, 1.0 if self.faint else 2.0)
        pen.setStyle(_STYLES[self.index % len(_STYLES)] if not self.faint else Qt.PenStyle.SolidLine)
        pen.setCosmetic(True)
        return pen


class Plot(QWidget):
    """Curves over a common axis, with a legend that toggles, a crosshair, a zoom that stays, and exports.

    Fill it with `curve` (once), then `append`, `extend`, `set_data` or `set_band`; drawing follows by itself, at
    most every 50 ms, and not all plots in one turn. Colours come from the theme; each curve has a line style too,
    so that colour is not all.
    """

    drawn = Signal()
    """The curves were drawn again."""
    failed = Signal(str)
    """An export could not be written: the sentence for the user."""

    def __init__(
        self,
        title: str,
        x_label: str = "",
        y_label: str = "",
        percent: bool = False,
        log_y: bool = False,
        scale: float = 1.0,
        whole_x: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._scale = scale
        self.title, self.x_label, self.y_label, self.percent = title, x_label, y_label, percent
        self.curves: dict[str, Curve] = {}
        self._marks: list[tuple[Any, float, str]] = []
        self.export = PlotExport(self)
        self.export.failed.connect(self.failed)
        self._dirty = self._waiting = False
        self._log_x, self._log_y = False, log_y
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(title)
        self.setAccessibleDescription(
            self.tr("Left and right move the crosshair, F shows all, L switches the logarithmic axis.")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT // 2)
        layout.addLayout(self._header())
        self.legend = Legend()
        layout.addWidget(self.legend)
        self.view = View(whole_x, percent)
        axes = {side: Axis(side) for side in ("left", "bottom")}
        axes["left"].percent = percent
        axes["left"].setScale(scale)
        axes["bottom"].whole = whole_x
        self.canvas = Canvas(viewBox=self.view, axisItems=axes, background=None)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.hideButtons()
        self.canvas.setMinimumHeight(18 * theme.UNIT)
        self.canvas.setToolTip(
            self.tr("Draw a rectangle to zoom, or turn the wheel with Ctrl. Double-click shows all.")
        )
        self.plot = self.canvas.getPlotItem()
        self.view.log_y = log_y
        self.plot.setLogMode(x=False, y=log_y)
        layout.addWidget(self.canvas, 1)
        self.readout = Elided("", "small", Qt.TextElideMode.ElideRight, lines=2)
        self.readout.setAccessibleName(self.tr("Values at the crosshair"))
        self.readout.setFixedHeight(2 * QFontMetrics(theme.font("small")).lineSpacing())
        layout.addWidget(self.readout)
        self.cross = pg.InfiniteLine(angle=90, movable=False)
        self.cross.setVisible(False)
        self.plot.addItem(self.cross, ignoreBounds=True)
        self.canvas.scene().sigMouseMoved.connect(self._moved)
        self.view.sigRangeChangedManually.connect(self._zoomed)
        self.view.sigXRangeChanged.connect(self._touch)
        self.canvas.viewport().installEventFilter(self)
        self.due = 0.0
        self._took = BUDGET
        self._dress()

    # ------------------------------------------------------------------------------------------- parts

    def _header(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT // 2)
        row.addWidget(Elided(self.title, "heading"), 1)
        self.log = QToolButton()
        self.log.setText(self.tr("log"))
        self.log.setCheckable(True)
        self.log.setChecked(self._log_y)
        self.log.setToolTip(self.tr("Logarithmic axis (L)"))
        self.log.toggled.connect(self.set_log)
        self.fit_button = QToolButton()
        self.fit_button.setText(self.tr("fit"))
        self.fit_button.setToolTip(self.tr("Show all, and follow new data (F)"))
        self.fit_button.setEnabled(False)
        self.fit_button.clicked.connect(self.fit)
        more = QToolButton()
        more.setText("⋯")
        more.setToolTip(self.tr("More"))
        more.setAccessibleName(self.tr("More on this plot: {title}").format(title=self.title))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(more)
        across = QAction(self.tr("Logarithmic horizontal axis"), menu)
        across.setCheckable(True)
        across.toggled.connect(self.set_log_x)
        menu.addAction(across)
        menu.addSeparator()
        self.export.fill(menu)
        more.setMenu(menu)
        for button in (self.log, self.fit_button, more):
            row.addWidget(button)
        return row

    # -------------------------------------------------------------------------------------------- data

    def curve(
        self, name: str, text: str = "", index: int | None = None, faint: bool = False, dots: bool = False
    ) -> Curve:
        """The curve of this name; made with this legend if it is not there yet. `dots` also marks each value."""
        if name in self.curves:
            return self.curves[name]
        made = Curve(name, text or name, len(self.curves) if index is None else index, faint, dots)
        made.item = pg.PlotDataItem(connect="finite")
        made.item.setZValue(1 if faint else 2)
        made.item.setLogMode(self._log_x, self._log_y)
        self.plot.addItem(made.item)
        self.curves[name] = made
        made.button = self.legend.add(made.label, self.tr("Show or hide this curve"), _SAMPLE)
        made.button.setProperty("curve", name)
        made.button.toggled.connect(self._toggled)
        self._dress_curve(made)
        return made

    def append(self, name: str, x: float, y: float) -> None:
        """Add one value to a curve."""
        self.extend(name, (x,), (y,))

    def extend(self, name: str, xs: Sequence[float] | Array, ys: Sequence[float] | Array) -> None:
        """Add values to a curve."""
        self.curve(name).data.extend(xs, ys)
        self.touch()

    def set_data(self, name: str, xs: Sequence[float] | Array, ys: Sequence[float] | Array) -> None:
        """Show these values and no others."""
        data = self.curve(name).data
        data.clear()
        data.extend(xs, ys)
        self.touch()

    def share_data(self, name: str, data: Growing) -> None:
        """Draw numbers that somebody else keeps; `touch` after each change."""
        curve = self.curve(name)
        if curve.data is not data:
            curve.data = data
            self.touch()

    def set_band(
        self,
        name: str,
        xs: Sequence[float] | Array,
        low: Sequence[float] | Array,
        high: Sequence[float] | Array,
    ) -> None:
        """An interval around a curve, as a band in its colour."""
        curve = self.curve(name)
        if curve.low is None or curve.high is None:
            self._make_band(curve)
        assert curve.low is not None and curve.high is not None
        for edge, values in ((curve.low, low), (curve.high, high)):
            edge.clear()
            edge.extend(xs, values)
        self.touch()

    def share_band(self, name: str, low: Growing, high: Growing) -> None:
        """A band between numbers that somebody else keeps; `touch` after each change."""
        curve = self.curve(name)
        if curve.low is None:
            self._make_band(curve)
        curve.low, curve.high = low, high

    def _make_band(self, curve: Curve) -> None:
        curve.low, curve.high = Growing(), Growing()
        unseen = QPen(QColor(0, 0, 0, 0))
        unseen.setCosmetic(True)
        edges = [pg.PlotDataItem(pen=unseen, connect="finite") for _ in range(2)]
        for edge in edges:
            edge.setLogMode(self._log_x, self._log_y)
            self.plot.addItem(edge)
        curve.edges = edges
        curve.fill = pg.FillBetweenItem(edges[0], edges[1])
        curve.fill.setZValue(0)
        self.plot.addItem(curve.fill, ignoreBounds=True)
        self._dress_curve(curve)

    def mark(self, x: float, text: str) -> None:
        """A thin vertical line with a word: a phase begins here."""
        if any(place == x and words == text for _, place, words in self._marks):
            return
        line = pg.InfiniteLine(
            angle=90,
            movable=False,
            label=text,
            labelOpts={"position": 0.96, "anchors": [(0, 0), (0, 0)], "movable": False},
        )
        self._marks.append((line, x, text))
        self.plot.addItem(line, ignoreBounds=True)
        self._dress_mark(line)
        self._place_marks()

    def start_anew(self) -> None:
        """Forget all numbers, marks and curves."""
        self.clear()
        for name in list(self.curves):
            self.remove(name)

    def clear(self) -> None:
        """Forget all numbers and marks; the curves stay in the legend."""
        for curve in self.curves.values():
            curve.data = Growing()
            if curve.low is not None:  # new ones too: the old may be somebody else's, who still needs them
                curve.low, curve.high = Growing(), Growing()
        for line, _, _ in self._marks:
            self.plot.removeItem(line)
        self._marks.clear()
        self.cross.setVisible(False)
        self.readout.set_text("")
        self.fit()

    def remove(self, name: str) -> None:
        """Take a curve out."""
        curve = self.curves.pop(name, None)
        if curve is None:
            return
        for item in (curve.item, curve.fill, *(curve.edges or ())):
            if item is not None:
                self.plot.removeItem(item)
        if curve.button is not None:
            self.legend.remove(curve.button)
        self.touch()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(curve.data.n for curve in self.curves.values())

    # ------------------------------------------------------------------------------------------ drawing

    def touch(self) -> None:
        """The numbers have changed: draw soon."""
        self._dirty = True
        if self.isVisible():
            self._wait()

    def _wait(self) -> None:
        if not self._waiting:
            self._waiting = True
            self.due = time.monotonic() + REPAINT_MS / 1000
            turns().add(self)

    @property
    def cost(self) -> float:
        """Seconds that it takes to draw and to paint, by the last time."""
        return self._took + self.canvas.painted

    @Slot()
    def _touch(self) -> None:
        if not self.fitted:  # what is seen decides what is drawn; else all is
            self.touch()

    @Slot()
    def draw(self) -> None:
        """Draw now what has changed."""
        self._waiting = False
        if not self._dirty or self.visibleRegion().isEmpty():
            return  # out of sight: drawn when it is scrolled into view
        self._dirty = False
        began = time.perf_counter()
        low, high = self._seen()
        for curve in self.curves.values():
            if not curve.visible:
                continue
            self._put(curve.item, curve.data, low, high)
            if not curve.dots:  # a single value is no line: without a dot it would not be seen
                single = "o" if curve.data.n == 1 else None
                if curve.item.opts["symbol"] != single:
                    curve.item.setSymbol(single)
            if curve.edges:
                for item, edge in zip(curve.edges, (curve.low, curve.high), strict=True):
                    assert edge is not None
                    self._put(item, edge, low, high)
        # The axes follow at once: painting would find out only then, and have all painted a second time.
        self.canvas.scene().prepareForPaint()
        self._took = time.perf_counter() - began
        self.drawn.emit()

    def _seen(self) -> tuple[float, float]:
        if self.fitted:
            return -math.inf, math.inf
        (low, high), _ = self.view.viewRange()
        return (10.0**low, 10.0**high) if self._log_x else (low, high)

    def _put(self, item: Any, data: Growing, low: float, high: float) -> None:
        # More points than pixels cost time and show nothing.
        x, y = thin(data.x, data.y, low, high, max(400, min(2000, self.canvas.width())))
        right = np.isfinite(y)
        if self._log_y:
            right &= y > 0
        if self._log_x:
            right &= x > 0
        if not right.all():
            x, y = x[right], y[right]
        item.setData(x.copy(), y.copy())

    @property
    def fitted(self) -> bool:
        """Whether all is shown and new data is followed: nobody has zoomed."""
        return all(map(bool, self.view.autoRangeEnabled()))

    @Slot()
    def fit(self) -> None:
        """Show all, and follow new data."""
        self.view.enableAutoRange()
        self.fit_button.setEnabled(False)
        self.touch()

    @Slot(object)
    def _zoomed(self, _axes: object) -> None:
        self.view.disableAutoRange()
        self.fit_button.setEnabled(True)
        self.touch()

    @Slot(bool)
    def set_log(self, on: bool) -> None:
        """Logarithmic or linear values."""
        self._log_y = on
        if self.log.isChecked() != on:
            self.log.setChecked(on)
        self._relog()

    @Slot(bool)
    def set_log_x(self, on: bool) -> None:
        """Logarithmic or linear horizontal axis."""
        self._log_x = on
        self._relog()

    def _relog(self) -> None:
        # Emptied first: the old points may not exist on the new axis.
        for curve in self.curves.values():
            for item in (curve.item, *(curve.edges or ())):
                item.setData([], [])
        self.view.log_x, self.view.log_y = self._log_x, self._log_y
        self.plot.setLogMode(x=self._log_x, y=self._log_y)
        self._place_marks()
        self.cross.setVisible(False)
        self.fit()

    def _place_marks(self) -> None:
        for line, x, _ in self._marks:
            line.setVisible(x > 0 or not self._log_x)
            line.setValue(math.log10(x) if self._log_x and x > 0 else x)

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        button = self.sender()
        if not isinstance(button, QToolButton):
            return
        self.set_visible(str(button.property("curve")), on)

    def set_visible(self, name: str, on: bool) -> None:
        """Show or hide a curve, as a press on its legend does."""
        curve = self.curves[name]
        curve.visible = on
        for item in (curve.item, curve.fill, *(curve.edges or ())):
            if item is not None:
                item.setVisible(on)
        if curve.button is not None and curve.button.isChecked() != on:
            curve.button.setChecked(on)
        self.touch()

    # ------------------------------------------------------------------------------------------ colours

    def _dress(self) -> None:
        now = theme.colours()
        self.canvas.setBackground(None)
        # Named, or the tooltip of the canvas would be transparent too: black, that is.
        self.canvas.setStyleSheet("QGraphicsView { background: transparent; border: none; }")
        small = theme.font("small")
        for side, text in (("bottom", self.x_label), ("left", self.y_label)):
            axis = self.plot.getAxis(side)
            axis.setPen(hair(Qt.PenStyle.SolidLine, now.line))
            axis.setTextPen(QPen(now.quiet))
            axis.setTickFont(small)
            axis.setStyle(tickLength=-4, autoExpandTextSpace=True)
            axis.enableAutoSIPrefix(False)
            if text:
                axis.setLabel(text, color=now.quiet.name(), **{"font-size": f"{theme.SIZES['small']}px"})
            axis.setGrid(255)
        self.cross.setPen(hair(Qt.PenStyle.DashLine))
        self.legend.dress()
        for curve in self.curves.values():
            self._dress_curve(curve)
        for line, _, _ in self._marks:
            self._dress_mark(line)

    def _dress_mark(self, line: Any) -> None:
        line.setPen(hair(Qt.PenStyle.DotLine))
        line.label.setColor(theme.colours().quiet)
        veil = QColor(theme.colours().surface)  # a curve behind the word is seen, and the word can be read
        veil.setAlpha(170)
        line.label.fill = pg.mkBrush(veil)
        line.setZValue(5)
        line.label.setFont(theme.font("small"))

    def _dress_curve(self, curve: Curve) -> None:
        pen = curve.pen()
        curve.item.setPen(pen)
        curve.item.setSymbolSize(5)
        curve.item.setSymbolPen(None)
        curve.item.setSymbolBrush(pen.color())
        if curve.dots:
            curve.item.setSymbol("o")
        if curve.fill is not None:
            colour = QColor(pen.color())
            colour.setAlpha(45)
            curve.fill.setBrush(colour)
        if curve.button is not None:
            icon = QIcon()
            ratio = self.devicePixelRatioF()
            icon.addPixmap(_sample(pen, ratio), QIcon.Mode.Normal, QIcon.State.On)
            hidden = QPen(theme.colours().line, 1)
            icon.addPixmap(_sample(hidden, ratio), QIcon.Mode.Normal, QIcon.State.Off)
            curve.button.setIcon(icon)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "cross"):
            self._dress()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if self._dirty:
            self._wait()

    def showEvent(self, event: Any) -> None:  # noqa: N802
        super().showEvent(event)
        if self._dirty:
            self._wait()

    # ---------------------------------------------------------------------------------------- crosshair

    @Slot(object)
    def _moved(self, place: QPointF) -> None:
        if not self.view.sceneBoundingRect().contains(place):
            self.cross.setVisible(False)
            self.readout.set_text("")
            return
        x = self.view.mapSceneToView(place).x()
        self.point_at(10.0**x if self._log_x else x)

    def point_at(self, x: float) -> None:
        """Put the crosshair to the value nearest to x, and tell the values there."""
        nearest = [
            (abs(curve.data.x[at] - x), float(curve.data.x[at]))
            for curve in self.curves.values()
            if curve.visible and curve.data.n
            for at in [_nearest(curve.data.x, x)]
        ]
        if not nearest:
            return
        _, x = min(nearest)
        if self._log_x and x <= 0:
            return
        self.cross.setValue(math.log10(x) if self._log_x else x)
        self.cross.setVisible(True)
        self._cross_x = x
        parts = [f"{self.x_label} {_figure(x)}".strip()]
        for curve in self.curves.values():
            if not curve.visible or not curve.data.n:
                continue
            at = _nearest(curve.data.x, x)
            text = f"{curve.label} {self._value(curve.data.y[at])}"
            if curve.low is not None and curve.high is not None and at < min(curve.low.n, curve.high.n):
                text += f" ({self._value(curve.low.y[at])} – {self._value(curve.high.y[at])})"
            parts.append(text)
        self.readout.set_text("   ".join(parts))

    def _value(self, value: float) -> str:
        return f"{100 * value:.1f}\u202f%" if self.percent else _figure(value * self._scale)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = event.key()
        places = np.unique(
            np.concatenate(
                [c.data.x for c in self.curves.values() if c.visible and c.data.n] or [np.empty(0)]
            )
        )
        if key == Qt.Key.Key_F:
            self.fit()
        elif key == Qt.Key.Key_L:
            self.log.toggle()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End) and len(places):
            at = _nearest(places, getattr(self, "_cross_x", places[-1]))
            at = {
                Qt.Key.Key_Left: max(0, at - 1),
                Qt.Key.Key_Right: min(len(places) - 1, at + 1),
                Qt.Key.Key_Home: 0,
                Qt.Key.Key_End: len(places) - 1,
            }[Qt.Key(key)]
            self.point_at(float(places[at]))
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.MouseButtonDblClick and isinstance(event, QMouseEvent):
            self.fit()
            return True
        if event.type() == QEvent.Type.Leave:
            self.cross.setVisible(False)
            self.readout.set_text("")
        return bool(super().eventFilter(watched, event))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(44 * theme.UNIT, 34 * theme.UNIT)

    # ------------------------------------------------------------------------------------------- export

    def columns(self) -> list[tuple[str, Growing]]:
        """All numbers, nothing thinned: a column for each curve and for each edge of a band."""
        columns: list[tuple[str, Growing]] = []
        for curve in self.curves.values():
            columns.append((curve.label, curve.data))
            if curve.low is not None and curve.high is not None:
                columns += [(f"{curve.label} (low)", curve.low), (f"{curve.label} (high)", curve.high)]
        return columns

    def paint_curves(self, painter: QPainter, place: QRectF) -> None:
        """Paint what is seen of the curves, as they are now, with the axes and without the crosshair."""
        self._dirty = True
        self.draw()
        shown = self.cross.isVisible()
        self.cross.setVisible(False)
        self.canvas.render(
            painter, place, self.canvas.viewport().rect(), Qt.AspectRatioMode.IgnoreAspectRatio
        )
        self.cross.setVisible(shown)


def _nearest(values: Array, x: float) -> int:
    at = int(np.searchsorted(values, x))
    if at and (at == len(values) or x - values[at - 1] <= values[at] - x):
        at -= 1
    return at


def _figure(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e9 else f"{value:.4g}"


def _sample(pen: QPen, ratio: float) -> QPixmap:
    """A stroke of the curve's line, for the legend."""
    width, height = _SAMPLE.width(), _SAMPLE.height()
    made = QPixmap(round(width * ratio), round(height * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setPen(pen)
    painter.drawLine(0, height // 2, width, height // 2)
    painter.end()
    return made
