"""A map of both domains in two dimensions that follows the training: two clouds that can be watched coming together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.legend import Legend
from xferstudio.gui.look.thumbnails import Thumbnails, Wish
from xferstudio.gui.look.widgets import Elided, label
from xferstudio.gui.train.domain_course import DomainCourse, DomainPicture

STEPS, STEP_MS = 10, 33
"""A move from one map to the next: so many pictures, so far apart."""
NEAR = 12.0
"""Pixels around a point within which it is meant."""
MOST_CLASSES = 21
"""Classes with a button of their own; colours come again after seven."""
SIDE = 18 * theme.UNIT
_POINT = 8
_SAMPLE = QSize(2 * theme.UNIT, 2 * theme.UNIT)


class HoverCard(QFrame):
    """A small picture beside a point, and what it is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAutoFillBackground(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.UNIT,) * 4)
        layout.setSpacing(theme.UNIT // 2)
        self.picture = QLabel()
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.picture)
        self.words = label("", "small", wrap=True)
        self.words.setFixedWidth(SIDE)
        layout.addWidget(self.words)
        self.hide()

    def show_at(self, place: QPoint, image: QImage | None, text: str) -> None:
        """Show this beside a place of the parent, wholly inside it."""
        if image is None:
            self.picture.setPixmap(QPixmap())
        else:
            made = QPixmap.fromImage(image)
            made.setDevicePixelRatio(self.devicePixelRatioF())
            self.picture.setPixmap(made)
        self.words.setText(text)
        self.adjustSize()
        parent = self.parentWidget()
        assert parent is not None
        left = place.x() + 2 * theme.UNIT
        if left + self.width() > parent.width():
            left = place.x() - 2 * theme.UNIT - self.width()
        top = min(max(0, place.y() - self.height() // 2), max(0, parent.height() - self.height()))
        self.move(max(0, left), top)
        self.show()
        self.raise_()


class _Canvas(pg.PlotWidget):  # type: ignore[misc]
    """The drawing; the wheel scrolls the page, and the keys step from point to point."""

    stepped = Signal(int)
    left = Signal()

    def __init__(self) -> None:
        super().__init__(background=None)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: Any) -> None:  # noqa: N802
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        if event.key() in step:
            self.stepped.emit(step[Qt.Key(event.key())])
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            event.ignore()
        else:
            event.ignore()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.left.emit()

    def focusOutEvent(self, event: Any) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.left.emit()


class DomainMapView(QWidget):
    """Both domains after an epoch: the source as filled circles, the target as crosses, in the colours of the classes.

    `show_course` takes the maps that are there. It follows the newest one unless the user has gone back to an
    earlier one.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.course = DomainCourse()
        self.classes: tuple[str, ...] = ()
        self.root: Path | None = None
        self.hashes: Mapping[str, str] = {}
        self.shown: DomainPicture | None = None
        self.paints = 0
        """How often the points were laid anew, for a test."""
        self._hidden: set[int] = set()
        self._domains = {"source": True, "target": True}
        self._from: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
        self._step = STEPS
        self._reach = QRectF()
        self._at: tuple[str, int] | None = None
        self._thumbnails = Thumbnails(self, memory=16 << 20, threads=1)
        self._thumbnails.ready.connect(self._ready)
        self._build()
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._move)
        self._dress()

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT // 2)
        self.title = Elided(self.tr("Map of both domains"), "heading")
        layout.addWidget(self.title)
        self.words = label(
            self.tr(
                "Images that the network sees alike lie close together. When adapting works, the crosses come to lie "
                "on the circles of their colour."
            ),
            "small",
            wrap=True,
        )
        layout.addWidget(self.words)
        self.legend = Legend()
        layout.addWidget(self.legend)
        self.domain_buttons = {
            "source": self.legend.add(
                self.tr("Source"), self.tr("Show or hide the labelled images"), _SAMPLE
            ),
            "target": self.legend.add(
                self.tr("Target"), self.tr("Show or hide the images of the target domain"), _SAMPLE
            ),
        }
        for name, made in self.domain_buttons.items():
            made.setProperty("domain", name)
            made.toggled.connect(self._domain_toggled)
        self.class_buttons: list[QToolButton] = []
        self.canvas = _Canvas()
        self.canvas.setAccessibleName(self.tr("Map of both domains"))
        self.canvas.setAccessibleDescription(
            self.tr("The arrow keys go from image to image; the slider below goes through the epochs.")
        )
        self.canvas.setMinimumHeight(30 * theme.UNIT)
        self.canvas.stepped.connect(self.step)
        self.canvas.left.connect(self._leave)
        self.plot = self.canvas.getPlotItem()
        self.plot.hideAxis("left")
        self.plot.hideAxis("bottom")
        self.plot.hideButtons()
        self.plot.setMenuEnabled(False)
        self.view = self.plot.getViewBox()
        self.view.setMouseEnabled(False, False)
        self.view.setAspectLocked(True)
        self.view.disableAutoRange()
        self.source = pg.ScatterPlotItem(pxMode=True, size=_POINT, symbol="o")
        self.target = pg.ScatterPlotItem(pxMode=True, size=_POINT, symbol=_cross())
        self.ring = pg.ScatterPlotItem(pxMode=True, size=_POINT + 10, symbol="o", brush=None)
        for item in (self.source, self.target, self.ring):
            self.plot.addItem(item, ignoreBounds=True)
        self.canvas.scene().sigMouseMoved.connect(self._moved)
        layout.addWidget(self.canvas, 1)
        self.card = HoverCard(self)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Epoch of the map"))
        self.slider.setToolTip(self.tr("Go back to the map of an earlier epoch"))
        self.slider.setMinimumHeight(3 * theme.UNIT)
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._slid)
        row.addWidget(self.slider, 1)
        self.when = label("", "quiet")
        row.addWidget(self.when)
        layout.addLayout(row)

    # ------------------------------------------------------------------------------------------ contents

    def show_course(self, course: DomainCourse, classes: Sequence[str]) -> None:
        """Show the maps of a run; nothing is painted unless there is a new one."""
        if tuple(classes) != self.classes:
            self.classes = tuple(classes)
            self._make_class_buttons()
        newest = course.maps[-1] if course.maps else None
        follows = course is not self.course or self.slider.value() == self.slider.maximum()
        self.course = course
        last = max(0, len(course.maps) - 1)
        blocked = self.slider.blockSignals(True)
        self.slider.setMaximum(last)
        if follows:
            self.slider.setValue(last)
        self.slider.blockSignals(blocked)
        self.slider.setEnabled(last > 0)
        if newest is None:
            self.start_anew()
        elif follows and newest is not self.shown:
            self._show(newest)
        else:
            self._tell()

    def start_anew(self) -> None:
        """Forget the maps: another run is shown."""
        self._timer.stop()
        self.course, self.shown, self._from, self._reach = DomainCourse(), None, None, QRectF()
        blocked = self.slider.blockSignals(True)
        self.slider.setMaximum(0)
        self.slider.blockSignals(blocked)
        for item in (self.source, self.target, self.ring):
            item.clear()
        self._leave()

    def set_images(self, root: Path | None, hashes: Mapping[str, str]) -> None:
        """Where the images of the source are."""
        self.root, self.hashes = root, hashes

    def let_go(self) -> None:
        """End the threads."""
        self._timer.stop()
        self._thumbnails.let_go()

    @Slot(int)
    def _slid(self, place: int) -> None:
        if 0 <= place < len(self.course.maps):
            self._show(self.course.maps[place])

    def _show(self, wanted: DomainPicture) -> None:
        before, self.shown = self.shown, wanted
        places = np.concatenate(
            [part for part in (wanted.source, wanted.target) if len(part)] or [np.zeros((1, 2))]
        )
        (left, bottom), (right, top) = places.min(0), places.max(0)
        box = self._reach.united(QRectF(left, bottom, max(right - left, 1e-6), max(top - bottom, 1e-6)))
        if box != self._reach:  # never smaller again: what comes together must be seen to
            self._reach = box
            self.view.setRange(box, padding=0.05)
        alike = (
            before is not None
            and before.source.shape == wanted.source.shape
            and before.target.shape == wanted.target.shape
        )
        if alike and before is not None and self.isVisible() and not self.visibleRegion().isEmpty():
            # From where they are now: a move may have been under way.
            now = self._places(before)
            self._from, self._step = now, 0
            self._timer.start()
        else:
            self._timer.stop()
            self._from, self._step = None, STEPS
        self._paint()
        self._tell()
        self._leave()

    def _places(self, picture: DomainPicture) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the points of a picture are at this step of the move to it."""
        if self._from is None or self._step >= STEPS:
            return picture.source, picture.target
        share = self._step / STEPS
        share = share * share * (3 - 2 * share)
        old_source, old_target = self._from
        return (
            old_source + share * (picture.source - old_source),
            old_target + share * (picture.target - old_target),
        )

    @Slot()
    def _move(self) -> None:
        self._step += 1
        if self._step >= STEPS:
            self._timer.stop()
            self._from = None
        if self.shown is None:
            return
        source, target = self._places(self.shown)
        for item, places, which in (
            (self.source, source, self._seen(self.shown.source_classes)),
            (self.target, target, self._seen(self.shown.predicted)),
        ):
            # Colours stay what they are while the points move: only the places are put in.
            data = item.data
            if len(data) != int(which.sum()):
                continue
            data["x"], data["y"] = places[which, 0], places[which, 1]
            item.prepareGeometryChange()
            item.bounds = [None, None]
            item.invalidate()
            item.update()
        self.paints += 1

    def _seen(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        if not self._hidden:
            return np.ones(len(numbers), bool)
        return ~np.isin(numbers, list(self._hidden))

    def _paint(self) -> None:
        """Lay the points anew, with their colours."""
        if self.shown is None:
            return
        self.paints += 1
        source, target = self._places(self.shown)
        colours = [theme.series(number) for number in range(7)]
        edge = QColor(theme.colours().surface)
        fills = [pg.mkBrush(colour) for colour in colours]
        hair = pg.mkPen(edge, width=0.8)
        lines = [pg.mkPen(colour, width=1.8) for colour in colours]
        which = self._seen(self.shown.source_classes)
        numbers = self.shown.source_classes[which] % 7
        self.source.setData(
            x=source[which, 0], y=source[which, 1], brush=[fills[n] for n in numbers], pen=hair, symbol="o"
        )
        which = self._seen(self.shown.predicted)
        numbers = self.shown.predicted[which] % 7
        self.target.setData(
            x=target[which, 0],
            y=target[which, 1],
            pen=[lines[n] for n in numbers],
            brush=None,
            symbol=_cross(),
        )
        self.source.setVisible(self._domains["source"])
        self.target.setVisible(self._domains["target"])

    def _tell(self) -> None:
        if self.shown is None:
            self.when.setText("")
            return
        epoch = self.shown.epoch
        text = (
            self.tr("before training") if epoch == 0 else self.tr("after epoch {number}").format(number=epoch)
        )
        if self.when.text() != text:
            self.when.setText(text)

    # ------------------------------------------------------------------------------------------- legend

    def _make_class_buttons(self) -> None:
        for made in self.class_buttons:
            self.legend.remove(made)
        self._hidden = set()
        self.class_buttons = []
        for number, name in enumerate(self.classes[:MOST_CLASSES]):
            tip = self.tr("Show or hide the class {name}").format(name=name)
            made = self.legend.add(name, tip, _SAMPLE)
            made.setProperty("class", number)
            made.toggled.connect(self._class_toggled)
            self.class_buttons.append(made)
        self._dress()

    @Slot(bool)
    def _domain_toggled(self, on: bool) -> None:
        button = self.sender()
        if isinstance(button, QToolButton):
            self._domains[str(button.property("domain"))] = on
            self._paint()
            self._leave()

    @Slot(bool)
    def _class_toggled(self, on: bool) -> None:
        button = self.sender()
        if isinstance(button, QToolButton):
            number = int(button.property("class"))
            (self._hidden.discard if on else self._hidden.add)(number)
            self._timer.stop()
            self._from, self._step = None, STEPS
            self._paint()
            self._leave()

    def _dress(self) -> None:
        now = theme.colours()
        self.canvas.setBackground(None)
        self.canvas.setStyleSheet(
            f"QGraphicsView {{ background: transparent; border: 1px solid {now.line.name()}; border-radius: 4px; }}"
            f"QGraphicsView:focus {{ border: 1px solid {now.accent.name()}; }}"
        )
        self.legend.dress()
        self.card.setStyleSheet(
            f"HoverCard {{ background: {now.raised.name()}; border: 1px solid {now.line.name()}; border-radius: 4px; }}"
        )
        self.ring.setPen(pg.mkPen(now.text, width=2))
        ratio = self.devicePixelRatioF()
        for name, made in self.domain_buttons.items():
            made.setIcon(_sign(name, now.text, ratio))
        for made in self.class_buttons:
            made.setIcon(_sign("class", theme.series(int(made.property("class"))), ratio))
        self._paint()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_timer"):
            self._dress()

    # ------------------------------------------------------------------------------------------- images

    @Slot(object)
    def _moved(self, place: QPointF) -> None:
        if self.shown is None or self._timer.isActive():
            return
        found = self.nearest(place)
        if found is None:
            self._leave()
        elif found != self._at:
            self.point_at(*found)

    def nearest(self, place: QPointF) -> tuple[str, int] | None:
        """The domain and the number of the image that is drawn nearest to a place of the scene."""
        if self.shown is None:
            return None
        best: tuple[float, str, int] | None = None
        for name, places, numbers in self._layers():
            seen = np.flatnonzero(self._seen(numbers))
            if not self._domains[name] or not len(seen):
                continue
            size = self.view.viewPixelSize()
            at = self.view.mapSceneToView(place)
            away = np.hypot((places[seen, 0] - at.x()) / size[0], (places[seen, 1] - at.y()) / size[1])
            nearest = int(away.argmin())
            if away[nearest] <= NEAR and (best is None or away[nearest] < best[0]):
                best = (float(away[nearest]), name, int(seen[nearest]))
        return None if best is None else best[1:]

    def _layers(self) -> list[tuple[str, NDArray[np.float64], NDArray[np.int64]]]:
        assert self.shown is not None
        return [
            ("source", self.shown.source, self.shown.source_classes),
            ("target", self.shown.target, self.shown.predicted),
        ]

    @Slot(int)
    def step(self, step: int) -> None:
        """Go to the next image, or to the one before."""
        if self.shown is None:
            return
        order = [
            (name, int(number))
            for name, _, numbers in self._layers()
            if self._domains[name]
            for number in np.flatnonzero(self._seen(numbers))
        ]
        if not order:
            return
        at = order.index(self._at) + step if self._at in order else (0 if step > 0 else -1)
        self.point_at(*order[at % len(order)])

    def point_at(self, domain: str, number: int) -> None:
        """Mark an image, and show it beside its point."""
        assert self.shown is not None
        self._at = (domain, number)
        x, y = (self.shown.source if domain == "source" else self.shown.target)[number]
        self.ring.setData(x=[x], y=[y])
        self._show_card()

    def _show_card(self) -> None:
        if self._at is None or self.shown is None:
            return
        domain, number = self._at
        paths = self.course.source_paths if domain == "source" else self.course.target_paths
        path = paths[number] if number < len(paths) else ""
        image = None
        wish = self._wish(domain, path)
        if wish is not None:
            image = self._thumbnails.of(wish)
            if image is None:
                self._thumbnails.want([wish])
        text = self.describe(domain, number)
        x, y = (self.shown.source if domain == "source" else self.shown.target)[number]
        place = self.canvas.mapFromScene(self.view.mapViewToScene(QPointF(x, y)))
        self.card.show_at(self.canvas.mapTo(self, place), image, text)
        self.canvas.setAccessibleDescription(text)

    def describe(self, domain: str, number: int) -> str:
        """An image of the map in words."""
        assert self.shown is not None
        paths = self.course.source_paths if domain == "source" else self.course.target_paths
        name = Path(paths[number]).name if number < len(paths) else ""
        if domain == "source":
            kind = self._class(self.shown.source_classes[number])
            text = self.tr("Source: {name}").format(name=kind)
        else:
            kind = self._class(self.shown.predicted[number])
            text = self.tr("Target, taken for: {name}").format(name=kind)
        return "\n".join(filter(None, (text, name)))

    def _class(self, number: int) -> str:
        return self.classes[number] if 0 <= number < len(self.classes) else str(number)

    def _wish(self, domain: str, path: str) -> Wish | None:
        if not path or (domain == "source" and self.root is None):
            return None
        file = Path(path) if domain == "target" or self.root is None else self.root / path
        side = round(SIDE * self.devicePixelRatioF())
        return Wish(str(file), self.hashes.get(path, "") if domain == "source" else "", side)

    @Slot(list)
    def _ready(self, wishes: list[Wish]) -> None:
        if self._at is not None and self.card.isVisible():
            self._show_card_if(wishes)

    def _show_card_if(self, wishes: Sequence[Wish]) -> None:
        assert self._at is not None
        domain, number = self._at
        paths = self.course.source_paths if domain == "source" else self.course.target_paths
        if number < len(paths) and self._wish(domain, paths[number]) in wishes:
            wish = self._wish(domain, paths[number])
            if wish is not None and self._thumbnails.of(wish) is not None:
                self._show_card()

    @Slot()
    def _leave(self) -> None:
        self._at = None
        self.ring.clear()
        self.card.hide()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(44 * theme.UNIT, 54 * theme.UNIT)


@cache
def _cross() -> QPainterPath:
    """Two thin strokes: of many crosses on each other one still sees each."""
    path = QPainterPath(QPointF(-0.4, -0.4))
    path.lineTo(0.4, 0.4)
    path.moveTo(-0.4, 0.4)
    path.lineTo(0.4, -0.4)
    return path


def _sign(kind: str, colour: QColor, ratio: float) -> QIcon:
    """The mark of a domain or a class in the legend; faint where it is hidden."""
    icon = QIcon()
    for state, ink in ((QIcon.State.On, colour), (QIcon.State.Off, theme.colours().line)):
        size = 2 * theme.UNIT
        made = QPixmap(round(size * ratio), round(size * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(4, 4, size - 8, size - 8)
        if kind == "target":
            painter.setPen(QPen(ink, 2))
            painter.drawLine(box.topLeft(), box.bottomRight())
            painter.drawLine(box.topRight(), box.bottomLeft())
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            if kind == "class":
                painter.drawRoundedRect(box.adjusted(-1, -1, 1, 1), 3, 3)
            else:
                painter.drawEllipse(box)
        painter.end()
        icon.addPixmap(made, QIcon.Mode.Normal, state)
    return icon
