"""A grid of image tiles for any number of images: only what is visible is laid out, painted and decoded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QMimeData,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QDrag,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QRubberBand, QToolTip, QWidget

from xferstudio.gui.data.rows import Rows
from xferstudio.gui.look import theme
from xferstudio.gui.look.thumbnails import Thumbnails, Wish
from xferstudio.gui.look.words import engine_text, percent
from xferstudio.gui.project.studio import Picture

SIDES = (64, 96, 128, 160, 208, 272, 352)
"""Sides of the tiles in device-independent pixels, from which the user chooses."""

MIME = "application/x-xferstudio-images"
"""What is dragged out of the grid: the selected images."""

_PAD = 6
_GAP = 4
_PATIENCE = 25
"""Milliseconds from painting to asking for what is missing: quick scrolling asks less often."""

_AHEAD = 1
"""Screens before and behind the visible one that are decoded too, after it."""


class Grid(QAbstractScrollArea):
    """Tiles of the images at `shown` (places in the rows), with a selection that stays when the filter changes."""

    opened = Signal(int)
    """An image is to be shown large: its place in the rows."""
    selection_changed = Signal()
    menu_wanted = Signal(QPoint)
    """The context menu of the selection, at this global position."""
    typed = Signal(str)
    """A key that means something to the page: a digit, "delete", "class"."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails
        self.rows = Rows()
        self.shown: list[int] = []
        self.side = SIDES[3]
        self.colour_of: Callable[[str], QColor] = lambda label: theme.colours().quiet
        self.selected: set[int] = set()
        """Places in the rows; also of images that the filter hides now."""
        self.current = -1
        """Position in `shown`, or -1."""
        self.asleep = False
        """Nothing is asked of the thumbnails: their threads have been ended."""
        self._anchor = -1
        self._pressed: QPoint | None = None
        self._keep_until_release = False
        self._band: QRubberBand | None = None
        self._band_from = QPoint()
        self._band_had: set[int] = set()
        self._positions: dict[int, int] | None = None
        self._caption = QFontMetrics(theme.font("small")).height() + 4
        self._asking = QTimer(self)
        self._asking.setSingleShot(True)
        self._asking.setInterval(_PATIENCE)
        self._asking.timeout.connect(self._ask)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setAccessibleName(self.tr("Images"))
        self.viewport().setMouseTracking(True)
        self.viewport().setBackgroundRole(self.backgroundRole())
        thumbnails.ready.connect(self._take_ready)

    # ------------------------------------------------------------------------------------------- content

    def show_rows(self, rows: Rows, shown: list[int]) -> None:
        """Show these images of these rows; what is selected stays selected if it is still there."""
        was = self.current_place()
        old = self.rows
        if rows is not old:
            kept = {old.items[place].path for place in self.selected}
            path = old.items[was].path if was >= 0 else ""
            places = rows.places if kept or path else {}
            self.selected = {places[each] for each in kept if each in places}
            was = places.get(path, -1)
        before = self.current
        self.rows, self.shown = rows, shown
        self._positions = None
        self.current = self.positions.get(was, -1) if was >= 0 else -1
        if self.current < 0 and before >= 0 and shown and was >= 0:
            self.current = min(before, len(shown) - 1)
        self._anchor = self.current
        self._fit()
        self.viewport().update()
        self.selection_changed.emit()

    @property
    def positions(self) -> dict[int, int]:
        """Where in `shown` each place of the rows is."""
        if self._positions is None:
            self._positions = {place: position for position, place in enumerate(self.shown)}
        return self._positions

    def set_side(self, side: int) -> None:
        """Show tiles of another size; what was in the middle stays in sight."""
        if side == self.side:
            return
        middle = self.current
        if middle < 0 or not self.tile(middle).intersects(self.viewport().rect()):
            first, last = self.visible()
            middle = (first + last) // 2
        self.side = side
        self._fit()
        if self.shown:
            self.verticalScrollBar().setValue(
                middle // self.columns * self._cell().height()
                - (self.viewport().height() - self._cell().height()) // 2
            )
        self.viewport().update()

    def refresh(self, places: Iterable[int]) -> None:
        """These images look different now."""
        first, last = self.visible()
        changed = set(places)
        for position in range(first, last):
            if self.shown[position] in changed:
                self.viewport().update(self.tile(position))

    def current_place(self) -> int:
        """The place in the rows of the image with the focus, or -1."""
        return self.shown[self.current] if 0 <= self.current < len(self.shown) else -1

    def chosen(self) -> list[Picture]:
        """The images that are selected and shown, in their order on the screen."""
        if len(self.selected) * 8 < len(self.shown):
            known = self.positions
            places: Iterable[int] = sorted(
                (place for place in self.selected if place in known), key=known.__getitem__
            )
        else:
            places = (place for place in self.shown if place in self.selected)
        return [self.rows.items[place] for place in places]

    # ------------------------------------------------------------------------------------------ geometry

    def _cell(self) -> QSize:
        width = self.side + 2 * _PAD
        free = self.viewport().width() - _GAP
        columns = max(1, free // (width + _GAP))
        # What is left over is spread among the columns, so that the grid has no ragged edge.
        return QSize(max(1, free // columns), self.side + self._caption + 2 * _PAD + _GAP + 3)

    @property
    def columns(self) -> int:
        """Tiles beside each other."""
        return max(1, (self.viewport().width() - _GAP) // (self.side + 2 * _PAD + _GAP))

    def tile(self, position: int) -> QRect:
        """Where the tile at this position in `shown` is, in the viewport."""
        cell = self._cell()
        row, column = divmod(position, self.columns)
        width = self.side + 2 * _PAD
        left = _GAP + column * cell.width() + (cell.width() - _GAP - width) // 2
        return QRect(
            left,
            _GAP + row * cell.height() - self.verticalScrollBar().value(),
            width,
            cell.height() - _GAP,
        )

    def position_at(self, point: QPoint) -> int:
        """The position in `shown` of the tile at a point of the viewport, or -1."""
        cell = self._cell()
        column = (point.x() - _GAP) // max(1, cell.width())
        row = (point.y() + self.verticalScrollBar().value() - _GAP) // cell.height()
        position = row * self.columns + column
        if not (0 <= column < self.columns and 0 <= position < len(self.shown)):
            return -1
        return position if self.tile(position).contains(point) else -1

    def visible(self) -> tuple[int, int]:
        """Positions of the first tile that is visible and of the one after the last."""
        height = self._cell().height()
        top = self.verticalScrollBar().value() - _GAP
        first = max(0, top // height) * self.columns
        last = ((top + self.viewport().height()) // height + 1) * self.columns
        return min(first, len(self.shown)), max(0, min(last, len(self.shown)))

    def _fit(self) -> None:
        cell = self._cell()
        rows = -(-len(self.shown) // self.columns)
        bar = self.verticalScrollBar()
        bar.setPageStep(max(1, self.viewport().height()))
        bar.setSingleStep(max(1, cell.height() // 3))
        bar.setRange(0, max(0, rows * cell.height() + 2 * _GAP - self.viewport().height()))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        before = event.oldSize().width()
        super().resizeEvent(event)
        self._fit()
        if before > 0 and before != event.size().width() and self.current >= 0:
            self.reveal(self.current)
        self.viewport().update()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        # The pixels that stay visible are moved, only what comes in is painted.
        self.viewport().scroll(0, dy)

    def reveal(self, position: int) -> None:
        """Scroll until this tile is whole in sight."""
        if not 0 <= position < len(self.shown):
            return
        tile = self.tile(position)
        bar = self.verticalScrollBar()
        if tile.top() < _GAP:
            bar.setValue(bar.value() + tile.top() - _GAP)
        elif tile.bottom() > self.viewport().height() - _GAP:
            bar.setValue(bar.value() + tile.bottom() - self.viewport().height() + 2 * _GAP)

    # ---------------------------------------------------------------------------------------- thumbnails

    def wish(self, place: int) -> Wish:
        """What to ask of the thumbnails for the image at a place of the rows."""
        picture = self.rows.items[place]
        side = round(self.side * self.devicePixelRatioF())
        return Wish(os.path.join(self.rows.folder, picture.path), picture.hash, side)  # noqa: PTH118

    @Slot()
    def _ask(self) -> None:
        if self.asleep or not self.isVisible():
            return
        first, last = self.visible()
        screen = last - first
        wishes = [self.wish(self.shown[position]) for position in range(first, last)]
        # The next screen comes after what can be seen.
        ahead = range(last, min(len(self.shown), last + _AHEAD * screen))
        behind = range(first - 1, max(-1, first - 1 - _AHEAD * screen // 2), -1)
        for span in (ahead, behind):
            wishes += [self.wish(self.shown[position]) for position in span]
        self.thumbnails.want(wishes)

    @Slot(list)
    def _take_ready(self, wishes: list[Wish]) -> None:
        if not self.isVisible():
            return
        first, last = self.visible()
        waiting = {self.wish(self.shown[position]): position for position in range(first, last)}
        for wish in wishes:
            position = waiting.get(wish)
            if position is not None:
                self.viewport().update(self.tile(position))

    # ------------------------------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self.viewport())
        now = theme.colours()
        painter.fillRect(event.rect(), now.window)
        first, last = self.visible()
        painter.setFont(theme.font("small"))
        dirty = event.region()
        for position in range(first, last):
            tile = self.tile(position)
            if dirty.intersects(tile):
                self._paint(painter, position, tile, now)
        painter.end()
        if not self._asking.isActive():
            self._asking.start()

    def _paint(self, painter: QPainter, position: int, tile: QRect, now: theme.Colours) -> None:
        place = self.shown[position]
        picture = self.rows.items[place]
        selected = place in self.selected
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        if selected:
            painter.setPen(QPen(now.accent, 2))
            painter.setBrush(now.selection)
            painter.drawRoundedRect(QRectF(tile).adjusted(1, 1, -1, -1), 6, 6)
        if position == self.current and self.hasFocus():
            pen = QPen(now.text, 1, Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(tile).adjusted(2.5, 2.5, -2.5, -2.5), 5, 5)
        area = QRect(tile.x() + _PAD, tile.y() + _PAD, self.side, self.side)
        wish = self.wish(place)
        image = self.thumbnails.of(wish)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.raised)
        painter.drawRoundedRect(area, 4, 4)
        if image is not None:
            painter.setOpacity(0.35 if picture.left_out else 1.0)
            self._draw(painter, image, area)
            painter.setOpacity(1.0)
        elif self.thumbnails.reason(wish):
            size = max(16, min(48, self.side // 3))
            mark = theme.pixmap("warning", size, now.bad)
            middle = area.center()
            painter.drawPixmap(middle.x() - size // 2, middle.y() - size // 2, mark)
        self._paint_badges(painter, picture, area, now)
        self._paint_caption(painter, picture, tile, area, now)

    @staticmethod
    def _draw(painter: QPainter, image: QImage, area: QRect) -> None:
        ratio = painter.device().devicePixelRatio()
        width, height = image.width() / ratio, image.height() / ratio
        # Tiny pictures are enlarged by whole steps, so that their pixels can be seen.
        factor = max(1, int(min(area.width() / width, area.height() / height)))
        width, height = width * factor, height * factor
        if factor == 1 and ratio == int(ratio):
            corner = QPoint(
                area.x() + (area.width() - int(width)) // 2, area.y() + (area.height() - int(height)) // 2
            )
            if ratio == 1:
                painter.drawImage(corner, image)
            else:
                painter.drawImage(QRectF(corner, QSizeF(width, height)), image)
            return
        left = area.x() + (area.width() - width) / 2
        top = area.y() + (area.height() - height) / 2
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, factor == 1)
        painter.drawImage(QRectF(left, top, width, height), image)

    def split_word(self, split: str) -> str:
        """The short word on a tile for a split."""
        return {"train": self.tr("train"), "val": self.tr("val"), "test": self.tr("test")}.get(split, "")

    def _paint_badges(self, painter: QPainter, picture: Picture, area: QRect, now: theme.Colours) -> None:
        badges: list[tuple[str, QColor, QColor]] = []
        if picture.left_out:
            badges.append((self.tr("left out"), now.bad, now.surface))
        elif picture.split:
            badges.append((self.split_word(picture.split), now.surface, now.text))
        if picture.path in self.rows.edited:
            badges.append((self.tr("edited"), now.accent, now.on_accent))
        metrics = painter.fontMetrics()
        left, top = area.x() + 3, area.y() + 3
        height = metrics.height() + 1
        for text, ground, ink in badges:
            width = metrics.horizontalAdvance(text) + 8
            if left + width > area.right():
                left, top = area.x() + 3, top + height + 2
            box = QRectF(left, top, width, height)
            ground = QColor(ground)
            ground.setAlpha(225)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, 3, 3)
            painter.setPen(ink)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            left += width + 3

    def _paint_caption(
        self, painter: QPainter, picture: Picture, tile: QRect, area: QRect, now: theme.Colours
    ) -> None:
        line = QRect(area.x(), area.bottom() + 5, area.width(), self._caption)
        metrics = painter.fontMetrics()
        text, ink = self._caption_of(picture), now.text
        if picture.label is not None:
            stripe = QRectF(area.x(), area.bottom() + 2, area.width(), 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.colour_of(picture.label))
            painter.drawRoundedRect(stripe, 1.5, 1.5)
        if picture.left_out:
            ink = now.quiet
        guess = self.rows.guesses.of.get(picture.path) if self.rows.guesses is not None else None
        if guess is not None and self.side >= 96:
            wrong = guess[1] != picture.label
            words = f"→ {guess[1]} {percent(guess[2], 0)}" if wrong else percent(guess[2], 0)
            room = line.width() * 3 // 5 if wrong else line.width() // 3
            words = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, room)
            painter.setPen(now.bad if wrong else now.quiet)
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
            line.setWidth(line.width() - metrics.horizontalAdvance(words) - 6)
        painter.setPen(ink)
        painter.drawText(
            line,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            metrics.elidedText(text, Qt.TextElideMode.ElideRight, line.width()),
        )

    def _caption_of(self, picture: Picture) -> str:
        if picture.label is not None:
            return picture.label
        return engine_text(picture.left_out) if picture.left_out else self.tr("no class")

    def describe(self, place: int) -> str:
        """An image in words, for tool tips and for those who do not see the screen."""
        picture = self.rows.items[place]
        parts = [picture.path]
        if picture.label is not None:
            parts.append(self.tr("class {label}").format(label=picture.label))
        if picture.split:
            parts.append(self.split_word(picture.split))
        if picture.left_out:
            parts.append(self.tr("left out: {reason}").format(reason=engine_text(picture.left_out)))
        if picture.path in self.rows.edited:
            parts.append(self.tr("edited"))
        guess = self.rows.guesses.of.get(picture.path) if self.rows.guesses is not None else None
        if guess is not None:
            parts.append(
                self.tr("predicted {label}, {share}").format(label=guess[1], share=percent(guess[2], 0))
            )
        reason = self.thumbnails.reason(self.wish(place))
        if reason:
            parts.append(self.tr("cannot be shown: {reason}").format(reason=engine_text(reason)))
        return "\n".join(parts)

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            position = self.position_at(event.pos())
            if position < 0:
                QToolTip.hideText()
            else:
                from html import escape

                words = escape(self.describe(self.shown[position])).replace("\n", "<br>")
                QToolTip.showText(event.globalPos(), f"<qt>{words}</qt>", self.viewport())
            return True
        return bool(super().viewportEvent(event))

    # ----------------------------------------------------------------------------------------- selection

    def choose(
        self, position: int, how: QItemSelectionModel.SelectionFlag | None = None, extend: bool = False
    ) -> None:
        """Put the focus on a tile; select it alone, toggle it, extend to it, or leave the selection as it is."""
        flags = QItemSelectionModel.SelectionFlag
        if not 0 <= position < len(self.shown):
            return
        if extend and self._anchor >= 0:
            low, high = sorted((self._anchor, position))
            self.selected = set(self.shown[low : high + 1])
        elif how == flags.Toggle:
            self.selected ^= {self.shown[position]}
            self._anchor = position
        elif how != flags.NoUpdate:
            self.selected = {self.shown[position]}
            self._anchor = position
        self.current = position
        self.reveal(position)
        self._tell()

    def select_all(self) -> None:
        """Select everything that is shown."""
        self.selected = set(self.shown)
        self._tell()

    def clear_selection(self) -> None:
        """Select nothing."""
        self.selected = set()
        self._tell()

    def _tell(self) -> None:
        self.viewport().update()
        place = self.current_place()
        if place >= 0 and QAccessible.isActive():
            self.setAccessibleDescription(self.describe(place).replace("\n", ", "))
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.DescriptionChanged))
        self.selection_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key, modifiers = event.key(), event.modifiers()
        control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        page = max(1, self.viewport().height() // self._cell().height()) * self.columns
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -len(self.shown),
            Qt.Key.Key_End: len(self.shown),
        }
        flags = QItemSelectionModel.SelectionFlag
        if key in steps and not modifiers & Qt.KeyboardModifier.AltModifier:
            if self.shown:
                step = steps[Qt.Key(key)]
                target = 0 if self.current < 0 else self.current + step
                if self.current >= 0 and abs(step) == self.columns and not 0 <= target < len(self.shown):
                    last_row = (len(self.shown) - 1) // self.columns
                    below = step > 0 and self.current // self.columns < last_row
                    target = len(self.shown) - 1 if below else self.current
                self.choose(
                    min(len(self.shown) - 1, max(0, target)),
                    flags.NoUpdate if control else None,
                    extend=shift,
                )
        elif key == Qt.Key.Key_Space:
            self.choose(self.current, flags.Toggle)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.current_place() >= 0:
                self.opened.emit(self.current_place())
        elif control and key == Qt.Key.Key_A:
            self.select_all()
        elif key == Qt.Key.Key_Escape and self.selected:
            self.clear_selection()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not control:
            self.typed.emit("delete")
        elif not control and event.text() and event.text() in "123456789":
            self.typed.emit(event.text())
        elif not modifiers and key == Qt.Key.Key_C:
            self.typed.emit("class")
        else:
            event.ignore()
            return
        event.accept()

    def contextMenuEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802, ANN001
        point = event.pos()
        if event.reason() == event.Reason.Keyboard:
            if self.current >= 0:
                point = self.tile(self.current).center()
                if self.shown[self.current] not in self.selected:
                    self.choose(self.current)
        else:
            position = self.position_at(point)
            if position >= 0 and self.shown[position] not in self.selected:
                self.choose(position)
        if self.selected:
            self.menu_wanted.emit(self.viewport().mapToGlobal(point))

    # -------------------------------------------------------------------------------------------- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() != Qt.MouseButton.LeftButton:
            return
        flags = QItemSelectionModel.SelectionFlag
        point = event.position().toPoint()
        position = self.position_at(point)
        modifiers = event.modifiers()
        self._pressed = point
        self._keep_until_release = False
        if position < 0:
            adds = modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
            self._band_had = set(self.selected) if adds else set()
            self._band_from = point + QPoint(0, self.verticalScrollBar().value())
            self._band = self._band or QRubberBand(QRubberBand.Shape.Rectangle, self.viewport())
            self._band.setGeometry(QRect(point, QSize()))
            self._band.show()
            self.selected = set(self._band_had)
            self._tell()
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.choose(position, extend=True)
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            self.choose(position, flags.Toggle)
        elif self.shown[position] in self.selected:
            self._keep_until_release = True  # it may be the beginning of a drag of all that is selected
            self.current = position
            self._tell()
        else:
            self.choose(position)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._pressed is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        point = event.position().toPoint()
        if self._band is not None and self._band.isVisible():
            self._stretch(point)
        elif (point - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._keep_until_release = False
            if self.position_at(self._pressed) >= 0 and self.chosen():
                self._pressed = None
                self._drag()

    def _stretch(self, point: QPoint) -> None:
        assert self._band is not None
        bar = self.verticalScrollBar()
        if point.y() < 0:
            bar.setValue(bar.value() + point.y())
        elif point.y() > self.viewport().height():
            bar.setValue(bar.value() + point.y() - self.viewport().height())
        start = self._band_from - QPoint(0, bar.value())
        area = QRect(start, point).normalized()
        self._band.setGeometry(area)
        cell = self._cell()
        first_row = max(0, (area.top() + bar.value() - _GAP) // cell.height())
        last_row = (area.bottom() + bar.value() - _GAP) // cell.height()
        inside = {
            self.shown[position]
            for position in range(
                first_row * self.columns, min(len(self.shown), (last_row + 1) * self.columns)
            )
            if self.tile(position).intersects(area)
        }
        self.selected = self._band_had | inside
        self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._band is not None:
            self._band.hide()
        if self._keep_until_release and self._pressed is not None:
            self.choose(self.position_at(self._pressed))
        self._keep_until_release = False
        self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        position = self.position_at(event.position().toPoint())
        self._pressed = None
        if position >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(self.shown[position])

    def _drag(self) -> None:
        drag = QDrag(self)
        data = QMimeData()
        data.setData(MIME, b"")
        drag.setMimeData(data)
        drag.setPixmap(self._dragged())
        drag.exec(Qt.DropAction.MoveAction)

    def _dragged(self) -> QPixmap:
        """What hangs on the pointer: the first of the images, and how many they are."""
        count = len(self.chosen())
        picture = QPixmap(10 * theme.UNIT, 10 * theme.UNIT)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        image = self.thumbnails.of(self.wish(self.current_place())) if self.current >= 0 else None
        if image is not None:
            size = image.size().scaled(picture.size(), Qt.AspectRatioMode.KeepAspectRatio)
            painter.drawImage(QRect(QPoint(0, 0), size), image)
        now = theme.colours()
        painter.setFont(theme.font("body", bold=True))
        text = str(count)
        box = painter.fontMetrics().boundingRect(text).adjusted(-6, -3, 6, 3)
        box.moveTopLeft(QPoint(2, 2))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.accent)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(now.on_accent)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()
        return picture

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802, ANN001
        super().focusInEvent(event)
        if self.current < 0 and self.shown:
            self.current = 0
            self._anchor = 0
        self.viewport().update()

    def focusOutEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802, ANN001
        super().focusOutEvent(event)
        self.viewport().update()

    def sizes(self) -> Sequence[int]:
        """The sides that `set_side` takes."""
        return SIDES
