"""Taking a plot away: its picture as PNG or SVG or on the clipboard, and its numbers as CSV."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QIODevice,
    QObject,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QMenu

from xferstudio.gui.look import theme

if TYPE_CHECKING:
    from xferstudio.gui.look.plots import Plot


class PlotExport(QObject):
    """Asks where one plot is to go, and writes it."""

    failed = Signal(str)
    """It could not be written: the sentence for the user."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self._plot = plot

    # ------------------------------------------------------------------------------------------- asking

    def fill(self, menu: QMenu) -> None:
        """Add the ways of taking the plot away."""
        for text, slot in (
            (self.tr("Save as PNG…"), self._ask_png),
            (self.tr("Save as SVG…"), self._ask_svg),
            (self.tr("Save the numbers as CSV…"), self._ask_csv),
            (self.tr("Copy the picture"), self.copy),
        ):
            menu.addAction(text, slot)

    @Slot()
    def copy(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.as_image())

    @Slot()
    def _ask_png(self) -> None:
        self._ask("png", self.tr("Pictures (*.png)"))

    @Slot()
    def _ask_svg(self) -> None:
        self._ask("svg", self.tr("Drawings (*.svg)"))

    @Slot()
    def _ask_csv(self) -> None:
        self._ask("csv", self.tr("Tables (*.csv)"))

    def _ask(self, ending: str, kinds: str) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self._plot, self.tr("Save"), f"{self._plot.title}.{ending}", kinds
        )
        if not name:
            return
        path = Path(name)
        try:
            self.save(
                path if path.suffix.lower() == f".{ending}" else path.with_name(f"{path.name}.{ending}")
            )
        except OSError as error:
            self.failed.emit(
                self.tr("The plot cannot be saved ({why}); choose another folder.").format(
                    why=error.strerror or str(error)
                )
            )

    # ------------------------------------------------------------------------------------------ writing

    def save(self, path: Path) -> None:
        """Write the plot as its name's ending says: .png, .svg, or the numbers as .csv. Raises OSError."""
        kind = path.suffix.lower()
        if kind == ".csv":
            path.write_text(self.as_csv(), encoding="utf-8", newline="")
        elif kind == ".svg":
            self._save_svg(path)
        elif not self.as_image().save(str(path)):
            raise OSError(f"{path} cannot be written")

    def as_csv(self) -> str:
        """All numbers: one line for each place on the horizontal axis."""
        columns = self._plot.columns()
        places = np.unique(np.concatenate([data.x for _, data in columns] or [np.empty(0)]))
        tables = [dict(zip(data.x.tolist(), data.y.tolist(), strict=True)) for _, data in columns]
        out = io.StringIO(newline="")
        table = csv.writer(out, lineterminator="\n")
        table.writerow([self._plot.x_label or "x", *(name for name, _ in columns)])
        for x in places.tolist():
            values = (each.get(x) for each in tables)
            table.writerow(
                [f"{x:.10g}", *("" if v is None or not math.isfinite(v) else f"{v:.9g}" for v in values)]
            )
        return out.getvalue()

    def as_image(self, ratio: float = 2.0) -> QImage:
        """The plot with title and legend, at twice the size of the screen's."""
        size = self._paper()
        image = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        painter = QPainter(image)
        self._paint(painter, size)
        painter.end()
        return image

    def _save_svg(self, path: Path) -> None:
        from PySide6.QtSvg import QSvgGenerator

        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        size = self._paper()
        made = QSvgGenerator()
        made.setOutputDevice(buffer)
        made.setSize(size)
        made.setViewBox(QRect(0, 0, size.width(), size.height()))
        made.setTitle(self._plot.title)
        painter = QPainter(made)
        self._paint(painter, size)
        painter.end()
        buffer.close()
        path.write_bytes(data.data())

    def _paper(self) -> QSize:
        canvas = self._plot.canvas
        return QSize(max(canvas.width(), 480), max(canvas.height(), 280) + 7 * theme.UNIT)

    def _paint(self, painter: QPainter, size: QSize) -> None:
        now = theme.colours()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(QRect(0, 0, size.width(), size.height()), now.surface)
        painter.setPen(now.text)
        painter.setFont(theme.font("heading", bold=True))
        painter.drawText(QPointF(theme.UNIT, 2.5 * theme.UNIT), self._plot.title)
        painter.setFont(theme.font("small"))
        metrics = QFontMetrics(theme.font("small"))
        x, y = theme.UNIT, 5 * theme.UNIT
        for curve in self._plot.curves.values():
            if not curve.visible or not curve.data.n:
                continue
            painter.setPen(curve.pen())
            painter.drawLine(x, y - 4, x + 3 * theme.UNIT, y - 4)
            painter.setPen(now.text)
            painter.drawText(QPointF(x + 3.5 * theme.UNIT, y), curve.label)
            x += round(5.5 * theme.UNIT) + metrics.horizontalAdvance(curve.label)
        self._plot.paint_curves(
            painter, QRectF(0, 6 * theme.UNIT, size.width(), size.height() - 7 * theme.UNIT)
        )
