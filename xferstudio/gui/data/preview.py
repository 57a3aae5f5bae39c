"""One image large: its photo, exactly the pixels that training sees, a sheet of augmented versions, and its facts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.api import Preprocessing
from xferstudio.gui.data.picture_facts import (
    Decoder,
    Facts,
    Look,
)
from xferstudio.gui.look import theme, words
from xferstudio.gui.look.widgets import label, plain_tip, tool
from xferstudio.gui.project.studio import Picture, Studio


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


class Sheet(QWidget):
    """Several small images beside each other, pixel by pixel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.images: list[QImage] = []

    def show_images(self, images: list[QImage]) -> None:
        """Show these."""
        self.images = images
        self._fit()
        self.update()

    def _side(self) -> QSize:
        ratio = self.devicePixelRatioF()
        if not self.images:
            return QSize(1, 1)
        return QSize(
            max(1, round(self.images[0].width() / ratio)), max(1, round(self.images[0].height() / ratio))
        )

    def _columns(self) -> int:
        return max(1, (self.width() - theme.UNIT) // (self._side().width() + theme.UNIT))

    def _fit(self) -> None:
        lines = -(-len(self.images) // self._columns())
        self.setMinimumHeight(lines * (self._side().height() + theme.UNIT) + theme.UNIT)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        side, columns = self._side(), self._columns()
        wide = min(columns, len(self.images)) * (side.width() + theme.UNIT) - theme.UNIT
        left = max(0, (self.width() - wide) // 2)
        for place, image in enumerate(self.images):
            row, column = divmod(place, columns)
            point = QPoint(
                left + column * (side.width() + theme.UNIT), theme.UNIT + row * (side.height() + theme.UNIT)
            )
            painter.drawImage(QRectF(point, side), image)


class Preview(QWidget):
    """The large view of one image. The page tells it which; it asks the page for the next one."""

    closed = Signal()
    moved = Signal(int)
    """To the next image (1) or the previous one (-1)."""
    typed = Signal(str)
    """A key that means something to the page, as the grid has it."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.picture: Picture | None = None
        self._root = Path()
        self._number = 0
        self.decoder = Decoder(self)
        self.decoder.photo.connect(self._take_photo)
        self.decoder.seen.connect(self._take_seen)
        self.decoder.sheet.connect(self._take_sheet)
        self.decoder.failed.connect(self._take_failure)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Large view"))
        self._build()
        studio.catalogue_changed.connect(self._fill_backbones)

    # ------------------------------------------------------------------------------------------- layout

    def _tool(self, icon: str, name: str) -> QToolButton:
        made = tool(icon, name)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return made

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        top.setSpacing(theme.UNIT)
        self.back = QPushButton(self.tr("All images"))
        self.back.setIcon(theme.icon("grid"))
        self.back.clicked.connect(self.closed)
        top.addWidget(self.back)
        self.previous = self._tool("arrow-left", self.tr("Previous image (Left)"))
        self.next = self._tool("arrow-right", self.tr("Next image (Right)"))
        self.previous.clicked.connect(self._go_back)
        self.next.clicked.connect(self._go_on)
        top.addWidget(self.previous)
        top.addWidget(self.next)
        top.addStretch(1)
        self.views = QButtonGroup(self)
        for number, text in enumerate(
            (self.tr("Photo"), self.tr("What training sees"), self.tr("Augmented"))
        ):
            tab = QToolButton()
            tab.setText(text)
            tab.setCheckable(True)
            tab.setChecked(number == 0)
            self.views.addButton(tab, number)
            top.addWidget(tab)
        self.views.idClicked.connect(self.show_view)
        outer.addLayout(top)
        below = QHBoxLayout()  # under the image, so that the line above stays short
        below.setSpacing(theme.UNIT)
        below.addStretch(1)
        self.out = self._tool("zoom-out", self.tr("Zoom out (-)"))
        self.scale = label("", "quiet")
        self.scale.setMinimumWidth(6 * theme.UNIT)
        self.scale.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.into = self._tool("zoom-in", self.tr("Zoom in (+)"))
        self.fit = self._tool("fit", self.tr("Fit into the room (0)"))
        self.out.clicked.connect(self._zoom_out)
        self.into.clicked.connect(self._zoom_in)
        self.fit.clicked.connect(self._zoom_fit)
        for each in (self.out, self.scale, self.into, self.fit):
            below.addWidget(each)
        below.addStretch(1)

        middle = QHBoxLayout()
        middle.setContentsMargins(2 * theme.UNIT, 0, 2 * theme.UNIT, 2 * theme.UNIT)
        middle.setSpacing(2 * theme.UNIT)
        self.photo = ImageView()
        self.seen = ImageView(exact=True)
        self.sheet = Sheet()
        area = QScrollArea()
        area.setWidget(self.sheet)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.stack = QStackedWidget()
        for view in (self.photo, self.seen, area):
            self.stack.addWidget(view)
        self.photo.zoomed.connect(self._show_scale)
        self.seen.zoomed.connect(self._show_scale)
        left = QVBoxLayout()
        left.setSpacing(theme.UNIT)
        left.addWidget(self.stack, 1)
        left.addLayout(below)
        middle.addLayout(left, 1)
        middle.addWidget(self._side())
        outer.addLayout(middle, 1)

    def _side(self) -> QWidget:
        side = QWidget()
        side.setMinimumWidth(26 * theme.UNIT)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT)
        self.name = label("", "heading", wrap=True)
        column.addWidget(self.name)
        self.place = label("", "quiet")
        column.addWidget(self.place)
        self.facts: dict[str, QLabel] = {}
        form = QFormLayout()
        form.setHorizontalSpacing(2 * theme.UNIT)
        form.setVerticalSpacing(6)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for key, text in (
            ("label", self.tr("Class")),
            ("split", self.tr("Split")),
            ("left_out", self.tr("Left out")),
            ("guess", self.tr("Predicted")),
            ("path", self.tr("Path")),
            ("size", self.tr("Size")),
            ("bytes", self.tr("File")),
            ("turned", self.tr("Rotation")),
            ("domain", self.tr("Domain")),
            ("group", self.tr("Group")),
            ("hash", self.tr("Content")),
        ):
            value = label("", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self.facts[key] = value
            name = label(text, "quiet")
            name.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
            form.addRow(name, value)
        self.form = form
        column.addLayout(form)
        column.addSpacing(theme.UNIT)
        column.addWidget(label(self.tr("As seen by"), "quiet"))
        self.backbone = QComboBox()
        self.backbone.setAccessibleName(self.tr("Backbone whose preprocessing is shown"))
        self.backbone.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.backbone.setPlaceholderText(self.tr("not known yet"))
        self.backbone.currentIndexChanged.connect(self._look_again)
        column.addWidget(self.backbone)
        column.addWidget(label(self.tr("Augmentation"), "quiet"))
        self.augment = QComboBox()
        self.augment.setAccessibleName(self.tr("Augmentation"))
        for key, text in (
            ("standard", self.tr("standard")),
            ("flip", self.tr("mirrored only")),
            ("strong", self.tr("strong")),
            ("none", self.tr("none")),
        ):
            self.augment.addItem(text, key)
        self.augment.currentIndexChanged.connect(self._look_again)
        column.addWidget(self.augment)
        self.about = label("", "small", wrap=True)
        column.addWidget(self.about)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(side)
        scroll.setFixedWidth(30 * theme.UNIT)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidgetResizable(True)
        return scroll

    # ---------------------------------------------------------------------------------------- what is shown

    def show_picture(
        self,
        root: Path,
        picture: Picture,
        place: str = "",
        guess: tuple[str, str, float] | None = None,
        split: str = "",
    ) -> None:
        """Show this image; `place` says which of how many it is, `split` is the word for its split."""
        from xferstudio.gui.look.words import engine_text

        before = self.picture
        another = (
            before is None or (before.path, before.hash) != (picture.path, picture.hash) or root != self._root
        )
        self.picture, self._root = picture, root
        self.place.setText(place)
        self.name.setText(picture.path.rpartition("/")[2])
        self._fact("label", picture.label if picture.label is not None else self.tr("none"))
        self._fact("split", split)
        self._fact("left_out", engine_text(picture.left_out) if picture.left_out else "")
        self._fact(
            "guess",
            self.tr("{label}, {share}").format(label=guess[1], share=words.percent(guess[2], 1))
            if guess
            else "",
        )
        self._fact("path", _breakable(str(root / picture.path)))
        self._fact("domain", picture.domain)
        self._fact("group", picture.group)
        self._fact("hash", picture.hash[:16])
        self.facts["hash"].setToolTip(plain_tip(picture.hash))
        if another:
            for key in ("size", "bytes", "turned"):
                self._fact(key, "")
            self._fill_backbones()
            self._look()

    def leave(self) -> None:
        """Nothing is shown any more."""
        self.picture = None
        self._number += 1

    def _fact(self, key: str, text: str) -> None:
        self.facts[key].setText(text)
        self.form.setRowVisible(self.facts[key], bool(text))

    @Slot()
    def _fill_backbones(self) -> None:
        """The backbones that the project's runs take, then the default; the first listed one where there is none."""
        project = self.studio.project
        ids = [run.backbone for run in project.runs][::-1] if project is not None else []
        if project is not None and project.default_backbone:
            ids.append(project.default_backbone)
        catalogue = self.studio.catalogue
        if not ids:
            local = [
                entry["id"] for entry in catalogue.backbones if entry.get("local", entry.get("is_local"))
            ]
            ids = local[:1] or [entry["id"] for entry in catalogue.backbones[:1]]
        known = [entry for id in dict.fromkeys(ids) if (entry := catalogue.backbone(id)) is not None]
        before = [self.backbone.itemData(place) for place in range(self.backbone.count())]
        if [entry["id"] for entry in known] == before:
            return
        was = self.backbone.currentData()
        self.backbone.blockSignals(True)
        self.backbone.clear()
        for entry in known:
            # What stands in brackets has no room here.
            self.backbone.addItem((entry.get("label") or entry["id"]).partition(" (")[0], entry["id"])
        self.backbone.setCurrentIndex(max(0, self.backbone.findData(was)))
        self.backbone.blockSignals(False)
        if self.picture is not None:
            self._look()

    def preprocessing(self) -> Preprocessing | None:
        """How the chosen backbone takes images; None while that is not known."""
        entry = self.studio.catalogue.backbone(self.backbone.currentData() or "")
        try:
            return Preprocessing.from_dict(entry["preprocessing"]) if entry is not None else None
        except (KeyError, ValueError, TypeError):
            return None

    @Slot()
    def _look_again(self) -> None:
        if self.picture is not None:
            self._look()

    def _look(self) -> None:
        assert self.picture is not None
        self._number += 1
        how = self.preprocessing()
        self._describe(how)
        self.decoder.look(
            Look(
                self._number,
                str(self._root / self.picture.path),
                self.picture.hash,
                how,
                self.augment.currentData(),
                0,
            )
        )

    def _describe(self, how: Preprocessing | None) -> None:
        if how is None:
            self.about.setText(self.tr("The list of backbones is still being read."))
            self.seen.show_words(self.tr("No backbone is known yet whose preprocessing could be shown."))
            return
        kinds = {
            "center": self.tr("the middle of the image"),
            "squash": self.tr("the whole image, squeezed into shape"),
            "pad": self.tr("the whole image on a ground of the mean colour"),
        }
        self.about.setText(
            self.tr("{height} × {width} pixels: {crop}, {method}").format(
                height=how.size[0],
                width=how.size[1],
                crop=kinds[how.crop],
                method=words.engine_text(how.interpolation),
            )
        )

    @Slot(int, QImage, object)
    def _take_photo(self, number: int, image: QImage, facts: Facts) -> None:
        if number != self._number:
            return
        path = self.picture.path if self.picture is not None else ""
        self.photo.show_image(image, keep_zoom=self.photo.property("path") == path)
        self.photo.setProperty("path", path)
        self._fact(
            "size", self.tr("{width} × {height} pixels").format(width=facts.width, height=facts.height)
        )
        self._fact(
            "bytes",
            self.tr("{format}, {bytes}").format(format=facts.format, bytes=words.size(facts.bytes)),
        )
        turned = self.tr("turned upright as EXIF says") if facts.turned else self.tr("stored upright")
        self._fact("turned", turned)

    @Slot(int, QImage)
    def _take_seen(self, number: int, image: QImage) -> None:
        if number == self._number:
            self.seen.show_image(image, keep_zoom=bool(self.seen.zoom))

    @Slot(int, list)
    def _take_sheet(self, number: int, images: list[QImage]) -> None:
        if number == self._number:
            self.sheet.show_images(images)

    @Slot(int, str)
    def _take_failure(self, number: int, reason: str) -> None:
        if number != self._number:
            return
        sentence = self.tr("This file cannot be decoded: {reason}.").format(reason=words.engine_text(reason))
        self.photo.show_words(sentence)
        self.seen.show_words(sentence)
        self.sheet.show_images([])

    # ------------------------------------------------------------------------------------------- control

    @Slot(int)
    def show_view(self, number: int) -> None:
        """0: the photo, 1: what training sees, 2: augmented versions."""
        self.views.button(number).setChecked(True)
        self.stack.setCurrentIndex(number)
        zooms = number < 2
        for each in (self.out, self.into, self.fit):
            each.setEnabled(zooms)
        self._show_scale()
        self.setFocus()

    def _view(self) -> ImageView | None:
        view = self.stack.currentWidget()
        return view if isinstance(view, ImageView) else None

    @Slot()
    def _show_scale(self) -> None:
        view = self._view()
        shown = view is not None and not view.image.isNull()
        self.scale.setText(
            words.percent(view.scale(), 0) if view is not None and shown else words.percent(1.0, 0)
        )

    @Slot()
    def _zoom_in(self) -> None:
        view = self._view()
        if view is not None:
            view.step(1.5)

    @Slot()
    def _zoom_out(self) -> None:
        view = self._view()
        if view is not None:
            view.step(1 / 1.5)

    @Slot()
    def _zoom_fit(self) -> None:
        view = self._view()
        if view is not None:
            view.set_zoom(0.0)

    @Slot()
    def _go_on(self) -> None:
        self.moved.emit(1)

    @Slot()
    def _go_back(self) -> None:
        self.moved.emit(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key, text = event.key(), event.text()
        plain = not event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        )
        view = self._view()
        if key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Space):
            self.moved.emit(1)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_PageUp, Qt.Key.Key_Backspace):
            self.moved.emit(-1)
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.closed.emit()
        elif plain and text == "+":
            self._zoom_in()
        elif plain and text == "-":
            self._zoom_out()
        elif plain and text == "0":
            self._zoom_fit()
        elif plain and text == "=" and view is not None:
            view.set_zoom(1.0)
        elif plain and text and text in "123456789":
            self.typed.emit(text)
        elif plain and key == Qt.Key.Key_C:
            self.typed.emit("class")
        elif plain and key == Qt.Key.Key_Delete:
            self.typed.emit("delete")
        elif plain and key == Qt.Key.Key_Tab:
            event.ignore()
        else:
            event.ignore()

    def let_go(self) -> None:
        """End the thread."""
        self.decoder.let_go()


def _breakable(path: str) -> str:
    """A path that may be broken into lines behind its separators."""
    return path.replace("/", "/\u200b").replace("\\", "\\\u200b").replace("_", "_\u200b")
