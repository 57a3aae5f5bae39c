"""An image that fits the room, or is zoomed and moved."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from xferstudio.gui.look import theme


class ImageView(QWidget):
    """An image that fits the room, or is zoomed and moved with mouse, wheel and keys.

    An `exact` one is enlarged by whole steps only, so that each of its pixels is as large as the others.
    """

    zoomed = Signal(float)

    def __init__(self, exact: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self.words = ""
        self.zoom = 0.0
        """Screen pixels per pixel of the image; 0 fits it into the room."""
        self._middle = QPointF()
        self._held: QPointF | None = None
        self._exact = exact
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(20 * theme.UNIT, 20 * theme.UNIT)

    def show_image(self, image: QImage, keep_zoom: bool = False) -> None:
        """Show an image, or words while there is none."""
        if not keep_zoom:
            self.zoom = 0.0
        if image.size() != self.image.size() or not keep_zoom:
            self._middle = QPointF(image.width() / 2, image.height() / 2)
        self.image = image
        self.update()
        self.zoomed.emit(self.scale())

    def show_words(self, text: str) -> None:
        """Show a sentence in the place of the image."""
        self.image = QImage()
        self.words = text
        self.update()

    def scale(self) -> float:
        """Screen pixels per pixel of the image as it is shown now."""
        if self.image.isNull():
            return 1.0
        if self.zoom:
            return self.zoom
        ratio = self.devicePixelRatioF()
        fit = min(self.width() * ratio / self.image.width(), self.height() * ratio / self.image.height())
        return float(int(fit)) if fit >= 2 or (self._exact and fit >= 1) else fit

    def set_zoom(self, zoom: float, at: QPointF | None = None) -> None:
        """Zoom, keeping the point `at` of the widget (its middle otherwise) in its place; 0 fits."""
        before = self.scale() / self.devicePixelRatioF()
        self.zoom = 0.0 if zoom <= 0 else min(32.0, max(0.02, zoom))
        after = self.scale() / self.devicePixelRatioF()
        if not self.zoom:
            self._middle = QPointF(self.image.width() / 2, self.image.height() / 2)
        elif at is not None:
            away = at - QPointF(self.width() / 2, self.height() / 2)
            self._middle += away / before - away / after
        self._stay_inside()
        self.update()
        self.zoomed.emit(self.scale())

    def step(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom in or out."""
        self.set_zoom(self.scale() * factor, at)

    def _stay_inside(self) -> None:
        self._middle = QPointF(
            min(max(self._middle.x(), 0.0), self.image.width()),
            min(max(self._middle.y(), 0.0), self.image.height()),
        )

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        now = theme.colours()
        painter.fillRect(self.rect(), now.raised)
        if self.image.isNull():
            painter.setPen(now.quiet)
            painter.setFont(theme.font("body"))
            room = self.rect().adjusted(16, 16, -16, -16)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.words)
            return
        scale = self.scale() / self.devicePixelRatioF()
        width, height = self.image.width() * scale, self.image.height() * scale
        left = self.width() / 2 - self._middle.x() * scale
        top = self.height() / 2 - self._middle.y() * scale
        if scale == 1.0:
            left, top = round(left), round(top)
        # Enlarged pixels are shown as they are, not smoothed into what is not there.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale() < 2.0)
        painter.drawImage(QRectF(left, top, width, height), self.image)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        self.step(1.0015 ** event.angleDelta().y(), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._held is not None and self.zoom:
            self._middle -= (event.position() - self._held) / (self.scale() / self.devicePixelRatioF())
            self._held = event.position()
            self._stay_inside()
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.set_zoom(0.0 if self.zoom else 1.0, event.position())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.zoomed.emit(self.scale())
