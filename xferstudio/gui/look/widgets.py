"""Small widgets that several pages share."""

from __future__ import annotations

import html

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme


def label(text: str = "", role: str = "body", wrap: bool = False) -> QLabel:
    """A plain-text label in a role of the type scale."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(wrap)
    return made


def button(text: str, icon: str = "", role: str = "") -> QPushButton:
    """A button with an icon of ours; `role` is "", "primary" or "danger"."""
    made = QPushButton(text)
    if icon:
        colour = theme.colours().on_accent if role == "primary" else None
        made.setIcon(theme.icon(icon, colour))
        made.setIconSize(theme.icon_size())
    if role:
        made.setProperty("role", role)
    return made


def make_room(window: QWidget) -> None:
    """Make a window higher where its wrapped texts, which have changed, need it: Qt would squeeze all of it instead."""
    layout = window.layout()
    if layout is not None and window.isVisible():
        layout.activate()
        window.resize(window.width(), max(window.height(), layout.totalHeightForWidth(window.width())))


def plain_tip(text: str) -> str:
    """A text with names of the user as a tooltip shows it letter by letter, though Qt guesses at rich text."""
    if "<" not in text and "&" not in text:
        return text
    return "<qt>" + html.escape(text).replace("\n", "<br>") + "</qt>"


def tool(icon: str, name: str) -> QToolButton:
    """A button with an icon alone; `name` is its tooltip and what a screen reader says."""
    made = QToolButton()
    made.setIcon(theme.icon(icon))
    made.setIconSize(theme.icon_size())
    made.setToolTip(plain_tip(name))
    made.setAccessibleName(name)
    return made


def title_row(text: str) -> QHBoxLayout:
    """The top of a page: its title, and room for tools at the right."""
    row = QHBoxLayout()
    row.setSpacing(theme.UNIT)
    row.addWidget(label(text, "title"))
    row.addStretch(1)
    return row


def scrolling(body: QWidget, name: str) -> QScrollArea:
    """A body that scrolls up and down where it is higher than its place; `name` is what a screen reader says."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setAccessibleName(name)
    area.setWidget(body)
    return area


def work_row(begin: QPushButton, stop: QPushButton, name: str) -> tuple[QHBoxLayout, QProgressBar]:
    """A line with the button that begins a piece of work, the one that stops it, and how far it is."""
    row = QHBoxLayout()
    row.setSpacing(theme.UNIT)
    progress = QProgressBar()
    progress.setTextVisible(False)
    progress.setAccessibleName(name)
    row.addWidget(begin)
    row.addWidget(stop)
    row.addWidget(progress, 1)
    return row, progress


def read_only(table: QTableView, name: str) -> None:
    """Make a table one of whole rows to read, one of which is chosen; `name` is what a screen reader says."""
    table.setAccessibleName(name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(4 * theme.UNIT)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class Icon(QLabel):
    """One of our icons as a picture, in a colour of the theme (the name of a field of `theme.Colours`)."""

    def __init__(self, name: str, size: int, colour: str = "text", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._size, self._colour = name, size, colour
        self._draw()

    def set_icon(self, name: str, colour: str = "") -> None:
        """Show another icon, or the same in another colour."""
        self._name, self._colour = name, colour or self._colour
        self._draw()

    def _draw(self) -> None:
        self.setPixmap(theme.pixmap(self._name, self._size, getattr(theme.colours(), self._colour)))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()


class Elided(QLabel):
    """Plain text in one or a few lines, shortened (in the middle) where there is no room; the tooltip has it whole."""

    def __init__(
        self,
        text: str = "",
        role: str = "body",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        parent: QWidget | None = None,
        lines: int = 1,
    ) -> None:
        super().__init__(parent)
        self._whole, self._mode, self._lines = "", mode, lines
        if lines > 1:
            self.setWordWrap(True)
            self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another text."""
        self._whole = text
        self.setToolTip(plain_tip(text))
        self._fit()

    def whole(self) -> str:
        """The text as it is, not shortened."""
        return self._whole

    def _fit(self) -> None:
        width = max(self.width(), 24)
        # Lines are broken between words, so each but the last is not quite full.
        room = width + (self._lines - 1) * width * 3 // 4
        self.setText(self.fontMetrics().elidedText(self._whole, self._mode, room))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()


class Card(QFrame):
    """A raised surface with a vertical layout (`body`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(*(2 * theme.UNIT,) * 4)
        self.body.setSpacing(theme.UNIT)


class EmptyState(QWidget):
    """What stands where nothing is yet: an icon, what this place is for, and what to do next."""

    acted = Signal()

    def __init__(
        self, icon: str, title: str, text: str, action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.UNIT)
        layout.addStretch(1)
        picture = Icon(icon, 6 * theme.UNIT, "quiet")
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(picture)
        self.title = label(title, "heading")
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.title)
        self.text = label(text, "quiet", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setMaximumWidth(60 * theme.UNIT)
        # Between two stretches: aligned in one line its height for its width would be lost, and lines cut off.
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.text, 1000)
        line.addStretch(1)
        layout.addLayout(line)
        self.button = button(action, role="primary")
        self.button.setVisible(bool(action))
        self.button.clicked.connect(self.acted)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)


class Bar(QWidget):
    """A share from 0 to 1 as a horizontal bar."""

    def __init__(
        self, share: float = 0.0, colour: QColor | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.share, self.colour = share, colour
        self.setMinimumHeight(theme.UNIT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(12 * theme.UNIT, theme.UNIT)

    def set_share(self, share: float) -> None:
        """Show another share."""
        self.share = min(1.0, max(0.0, share))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        now = theme.colours()
        height = min(self.height(), theme.UNIT)
        top = (self.height() - height) // 2
        painter.setBrush(now.raised)
        painter.drawRoundedRect(0, top, self.width(), height, 4, 4)
        if self.share > 0:
            # A small share keeps the round end of the whole.
            painter.setClipRect(0, top, max(2, round(self.width() * self.share)), height)
            painter.setBrush(self.colour or now.accent)
            painter.drawRoundedRect(0, top, max(height, round(self.width() * self.share)), height, 4, 4)


class FlowLayout(QLayout):
    """Lays widgets out in lines, as words on a page."""

    def __init__(self, parent: QWidget | None = None, gap: int = theme.UNIT) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:  # noqa: N802
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # noqa: N802
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:  # noqa: N802
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.minimumSize()

    def minimumSize(self) -> QSize:  # noqa: N802
        wanted = QSize()
        for item in self._items:
            wanted = wanted.expandedTo(item.minimumSize())
        return wanted

    def _place(self, rect: QRect, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            if item.isEmpty():
                continue  # hidden
            hint = item.sizeHint()
            if x + hint.width() > rect.right() + 1 and line:
                x, y, line = rect.x(), y + line + self._gap, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), hint))
            x += hint.width() + self._gap
            line = max(line, hint.height())
        return y + line - rect.y()
