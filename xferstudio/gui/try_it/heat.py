"""Shows a picture upright with the heat map of a prediction over it, and a legend in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, qRgba
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from xferstudio.gui.look import theme, widgets

# Points of the viridis scale (van der Walt and Smith, 2015): lightness grows evenly, also for the colour-blind.
_VIRIDIS = ("#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")


def ramp(share: float) -> QColor:
    """The colour for a heat from 0 to 1."""
    place = min(max(share, 0.0), 1.0) * (len(_VIRIDIS) - 1)
    low = min(int(place), len(_VIRIDIS) - 2)
    part = place - low
    one, two = QColor(_VIRIDIS[low]), QColor(_VIRIDIS[low + 1])
    return QColor(
        round(one.red() + part * (two.red() - one.red())),
        round(one.green() + part * (two.green() - one.green())),
        round(one.blue() + part * (two.blue() - one.blue())),
    )


def table() -> list[int]:
    """256 colours for grey values; cold places are nearly clear, so that the picture stays visible there."""
    found = []
    for value in range(256):
        colour = ramp(value / 255)
        found.append(qRgba(colour.red(), colour.green(), colour.blue(), round(70 + 185 * value / 255)))
    return found


def read_heat(file: Path) -> QImage:
    """The coloured overlay of a grey heat map, of any thread; a null image where it is empty or cannot be read."""
    grey = QImage(str(file)).convertToFormat(QImage.Format.Format_Grayscale8)
    if grey.isNull() or not any(bytes(grey.constBits())):
        return QImage()
    indexed = QImage(
        grey.constBits(), grey.width(), grey.height(), grey.bytesPerLine(), QImage.Format.Format_Indexed8
    ).copy()
    indexed.setColorTable(table())
    return indexed.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def read_upright(file: Path, side: int = 1600) -> tuple[QImage, QSize, str]:
    """A picture as training sees it, scaled down to fit `side`; its size in the file; or the reason why not.

    Of any thread.
    """
    from PIL import Image

    from xferstudio.data import Undecodable, decode
    from xferstudio.gui.look.thumbnails import as_qimage

    try:
        picture = decode(file)
    except Undecodable as problem:
        return QImage(), QSize(), problem.reason
    size = QSize(*picture.size)
    picture.thumbnail((side, side), Image.Resampling.BICUBIC)
    return as_qimage(picture), size, ""


class HeatView(QWidget):
    """A picture as large as there is room, and over it what the model looked at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self.full = QSize()
        self.heat = QImage()
        self.box = QRectF()
        self.strength = 0.7
        self.on = True
        self.words = ""
        self.setMinimumSize(24 * theme.UNIT, 24 * theme.UNIT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("The picture"))

    def show_image(self, image: QImage | None, full: QSize, words: str = "") -> None:
        """This picture, `full` its size in the file; or none, and words in its place."""
        self.image = image or QImage()
        self.full, self.words = full, words
        self.heat = QImage()
        self.update()

    def show_heat(self, heat: QImage, box: Sequence[float]) -> None:
        """This overlay over the box (left, top, right, bottom in pixels of the whole picture)."""
        self.heat = heat
        left, top, right, bottom = box
        self.box = QRectF(left, top, right - left, bottom - top)
        self.update()

    def set_strength(self, strength: float) -> None:
        """How much the overlay covers: 0 to 1."""
        self.strength = strength
        self.update()

    def set_on(self, on: bool) -> None:
        """Whether the overlay is drawn."""
        self.on = on
        self.update()

    def place(self) -> QRectF:
        """Where the picture is drawn."""
        if self.image.isNull():
            return QRectF()
        # Not larger than it is by more than four times: pixels as large as coins help nobody.
        size = self.image.size()
        scale = min(self.width() / size.width(), self.height() / size.height())
        scale = min(scale, 4 * max(1.0, self.full.width() / size.width()))
        width, height = size.width() * scale, size.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        now = theme.colours()
        if self.image.isNull():
            painter.setPen(now.quiet)
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap.value, self.words
            )
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        place = self.place()
        painter.drawImage(place, self.image)
        if self.heat.isNull() or not self.on or self.full.isEmpty():
            return
        scale = place.width() / self.full.width()
        target = QRectF(
            place.left() + self.box.left() * scale,
            place.top() + self.box.top() * scale,
            self.box.width() * scale,
            self.box.height() * scale,
        )
        painter.setOpacity(self.strength)
        painter.drawImage(target, self.heat)
        painter.setOpacity(1.0)
        if target.width() < place.width() - 2 or target.height() < place.height() - 2:
            for colour, style in (
                (QColor("black"), Qt.PenStyle.SolidLine),
                (QColor("white"), Qt.PenStyle.DashLine),
            ):
                painter.setPen(QPen(colour, 1.0, style))
                painter.drawRect(target.adjusted(0.5, 0.5, -0.5, -0.5))


class _Ramp(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(theme.UNIT)
        self.setMinimumWidth(6 * theme.UNIT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        for x in range(self.width()):
            painter.fillRect(x, 0, 1, self.height(), ramp(x / max(1, self.width() - 1)))


class HeatLegend(QWidget):
    """What the colours mean."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.UNIT)
        row.addWidget(widgets.label(self.tr("mattered little"), "small"))
        row.addWidget(_Ramp(), 1)
        row.addWidget(widgets.label(self.tr("mattered most"), "small"))
        self.setAccessibleName(
            self.tr("Colours from dark violet (mattered little) to bright yellow (mattered most)")
        )
