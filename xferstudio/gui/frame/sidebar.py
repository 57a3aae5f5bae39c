"""The project manager on the left: recent projects, or the open project's pages, runs and exports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QUrl,
    Signal,
    Slot,
)
from PySide6.QtGui import QDesktopServices, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme, words
from xferstudio.gui.look.widgets import Elided, Icon, plain_tip, tool
from xferstudio.gui.project.studio import Studio
from xferstudio.gui.project.watch import Figures

WIDTH = 32 * theme.UNIT

_ENTRY = Qt.ItemDataRole.UserRole
_HEIGHTS = {"section": 36, "page": 36, "hint": 32, "export": 32}


@dataclass(frozen=True)
class Entry:
    """One line: what it is, what it stands for, and what it shows."""

    kind: str
    key: str
    text: str
    icon: str = ""
    colour: str = "text"
    right: str = ""
    below: str = ""
    progress: float | None = None


class Sidebar(QFrame):
    """Recent projects when none is open; else pages, runs and exports. Choosing goes there."""

    chosen_project = Signal(str)
    menu_wanted = Signal(QPoint)
    """The button beside the project's name was pressed: open the menu for projects here."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.setProperty("role", "side")
        self.setMinimumWidth(25 * theme.UNIT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.UNIT, 0, 0)
        layout.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(2 * theme.UNIT, theme.UNIT, theme.UNIT, theme.UNIT)
        head.setSpacing(theme.UNIT)
        self._logo = Icon("logo", 3 * theme.UNIT, "accent")
        head.addWidget(self._logo)
        self.title = Elided("", "heading", Qt.TextElideMode.ElideRight)
        head.addWidget(self.title, 1)
        self.more = tool("more", self.tr("Project"))
        self.more.clicked.connect(self._more)
        head.addWidget(self.more)
        layout.addLayout(head)
        self.list = _List()
        self.list.setAccessibleName(self.tr("Project manager"))
        self.list.setItemDelegate(_Painter(self.list))
        self.list.currentItemChanged.connect(self._current)
        self.list.itemClicked.connect(self._activated)
        self.list.itemActivated.connect(self._activated)
        self.list.customContextMenuRequested.connect(self._context)
        layout.addWidget(self.list, 1)
        self._entries: list[Entry] = []
        self._quiet = False
        self._page = ""
        for signal in (
            studio.project_changed,
            studio.runs_changed,
            studio.figures_changed,
            studio.queue.changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def show_page(self, name: str) -> None:
        """Mark the page that is in front."""
        self._page = name
        item = self.list.currentItem()
        entry = item.data(_ENTRY) if item is not None else None
        if entry is not None and entry.kind in ("run", "waiting") and name == "train":
            return
        if entry is not None and entry.kind == "export" and name == "export":
            return
        self._mark("page", name)

    def _mark(self, kind: str, key: str) -> None:
        self._quiet = True
        self.list.setCurrentRow(
            next(
                (row for row, entry in enumerate(self._entries) if (entry.kind, entry.key) == (kind, key)), -1
            )
        )
        self._quiet = False

    # ------------------------------------------------------------------------------------- what is shown

    @Slot()
    def refresh(self) -> None:
        """Show what there is now; the line that was chosen stays chosen."""
        project = self.studio.project
        self.title.set_text(project.name if project is not None else "xferstudio")
        if project is not None:
            self.title.setToolTip(plain_tip(str(project.folder)))
        entries = self._of_project() if project is not None else self._recent()
        item = self.list.currentItem()
        before = item.data(_ENTRY) if item is not None else None
        same = [(e.kind, e.key) for e in entries] == [(e.kind, e.key) for e in self._entries]
        changed = entries != self._entries
        self._entries = entries
        if not changed:
            return
        self._quiet = True
        if not same:
            self.list.clear()
            for _ in entries:
                self.list.addItem(QListWidgetItem())
        for row, entry in enumerate(entries):
            self._fill(self.list.item(row), entry)
        self._quiet = False
        if not same:
            if before is not None and any((e.kind, e.key) == (before.kind, before.key) for e in entries):
                self._mark(before.kind, before.key)
            else:
                self._mark("page", self._page)

    @staticmethod
    def _fill(item: QListWidgetItem, entry: Entry) -> None:
        item.setData(_ENTRY, entry)
        item.setText(entry.text)
        spoken = ", ".join(filter(None, (entry.text, entry.right, entry.below)))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
        tip = entry.key if entry.kind == "recent" else "" if entry.kind == "section" else spoken
        item.setToolTip(plain_tip(tip))
        off = entry.kind in ("section", "hint")
        item.setFlags(
            Qt.ItemFlag.NoItemFlags if off else Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        )

    def _recent(self) -> list[Entry]:
        entries = [Entry("section", "recent", self.tr("Recent projects"))]
        for path in self.studio.recent():
            entries.append(Entry("recent", str(path), path.name, "folder", "quiet", below=str(path.parent)))
        if len(entries) == 1:
            entries.append(Entry("hint", "recent", self.tr("None yet")))
        return entries

    def _of_project(self) -> list[Entry]:
        pages = (
            ("data", "images", self.tr("Data")),
            ("train", "train", self.tr("Train")),
            ("compare", "compare", self.tr("Compare")),
            ("try", "try", self.tr("Try it")),
            ("export", "export", self.tr("Export")),
        )
        entries = [Entry("page", key, text, icon) for key, icon, text in pages]
        entries.append(Entry("section", "runs", self.tr("Runs")))
        runs = [
            Entry("waiting", str(place), job.name, "clock", "quiet", below=words.state("waiting"))
            for place, job in enumerate(self.studio.queue.waiting)
            if self.studio.project is not None and job.project == self.studio.project.folder
        ]
        runs += [self._run(run.path) for run in reversed(self.studio.runs)]
        entries += runs or [Entry("hint", "runs", self.tr("None yet"))]
        if self.studio.exports:
            entries.append(Entry("section", "exports", self.tr("Exports")))
            entries += [
                Entry("export", path.name, path.name, "export", "quiet") for path in self.studio.exports
            ]
        return entries

    def _run(self, folder: Path) -> Entry:
        run = next(each for each in self.studio.runs if each.path == folder)
        state = self.studio.state(run)
        figures = self.studio.figures.get(folder, Figures())
        if state == "running" and figures.paused:
            state = "paused"
        icon, colour = words.state_icon(state)
        progress = figures.progress if state in ("running", "paused") else None
        below = words.state(state)
        if progress is not None and figures.epochs and figures.epoch:
            below = self.tr("epoch {epoch} of {epochs}").format(epoch=figures.epoch, epochs=figures.epochs)
        elif figures.interval is not None:
            below = words.interval(figures.interval)
        right = words.percent(figures.accuracy) if figures.accuracy is not None else ""
        if progress is not None:
            right = words.percent(progress, 0)
        return Entry("run", folder.name, run.name, icon, colour, right, below, progress)

    # --------------------------------------------------------------------------------------- what is chosen

    @Slot(QListWidgetItem, QListWidgetItem)
    def _current(self, item: QListWidgetItem | None, before: QListWidgetItem | None) -> None:
        if self._quiet or item is None:
            return
        entry: Entry = item.data(_ENTRY)
        if entry.kind != "recent":  # a project is opened by a click or Enter, not by passing over it
            self._go(entry)

    @Slot(QListWidgetItem)
    def _activated(self, item: QListWidgetItem) -> None:
        entry: Entry | None = item.data(_ENTRY)
        if entry is None:
            return
        if entry.kind == "recent":
            self.chosen_project.emit(entry.key)
        else:
            self._go(entry)

    def _go(self, entry: Entry) -> None:
        if entry.kind == "page":
            self.studio.wanted.emit(entry.key, "")
        elif entry.kind == "run":
            self.studio.wanted.emit("train", entry.key)
        elif entry.kind == "waiting":
            self.studio.wanted.emit("train", "")
        elif entry.kind == "export":
            self.studio.wanted.emit("export", entry.key)

    @Slot()
    def _more(self) -> None:
        self.menu_wanted.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))

    @Slot(QPoint)
    def _context(self, place: QPoint) -> None:
        item = self.list.itemAt(place)
        entry: Entry | None = item.data(_ENTRY) if item is not None else None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        project = self.studio.project
        if entry is not None and entry.kind == "recent":
            menu.addAction(self.tr("Open")).setData(("open", entry.key))
            menu.addAction(self.tr("Take out of this list")).setData(("forget", entry.key))
        elif entry is not None and project is not None and entry.kind == "run":
            menu.addAction(self.tr("Show")).setData(("train", entry.key))
            menu.addAction(self.tr("Try it")).setData(("try", entry.key))
            menu.addAction(self.tr("Open folder")).setData(("folder", str(project.runs_folder / entry.key)))
        elif entry is not None and project is not None and entry.kind == "export":
            menu.addAction(self.tr("Open folder")).setData(("folder", str(project.exports_folder)))
        if menu.isEmpty():
            menu.deleteLater()
            return
        menu.triggered.connect(self._menu)
        menu.popup(self.list.viewport().mapToGlobal(place))

    def _menu(self, action: object) -> None:
        what, key = action.data()  # type: ignore[attr-defined]
        if what == "open":
            self.chosen_project.emit(key)
        elif what == "forget":
            self.studio.forget(Path(key))
            self.refresh()
        elif what == "folder":
            QDesktopServices.openUrl(QUrl.fromLocalFile(key))
        else:
            self.studio.wanted.emit(what, key)


class _List(QListWidget):
    """A list on the ground of the side, which Enter activates on every system."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "side")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setMouseTracking(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and item is not None:
            self.itemActivated.emit(item)
            return
        super().keyPressEvent(event)


class _Painter(QStyledItemDelegate):
    """Draws the lines."""

    def sizeHint(  # noqa: N802
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        entry: Entry | None = index.data(_ENTRY)
        height = _HEIGHTS.get(entry.kind, 50) if entry is not None else 32
        return QSize(10 * theme.UNIT, height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        entry: Entry | None = index.data(_ENTRY)
        if entry is None:
            return
        now, unit = theme.colours(), theme.UNIT
        box: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if entry.kind in ("section", "hint"):
            painter.setFont(theme.font("small", bold=entry.kind == "section"))
            painter.setPen(now.quiet)
            line = box.adjusted(2 * unit, 0, -2 * unit, -6 if entry.kind == "section" else 0)
            low = Qt.AlignmentFlag.AlignBottom if entry.kind == "section" else Qt.AlignmentFlag.AlignVCenter
            painter.drawText(line, low | Qt.AlignmentFlag.AlignLeft, entry.text)
            painter.restore()
            return
        ground = QRectF(box.adjusted(unit, 1, -unit, -1))
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.selection if selected else now.line)
            painter.drawRoundedRect(ground, 6, 6)
        if selected and state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(now.accent, 1))
            painter.drawRoundedRect(ground.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        inside = box.adjusted(2 * unit, 0, -2 * unit, 0)
        colour = getattr(now, entry.colour)
        if entry.kind == "page":
            colour = now.accent if selected else now.text
        size = theme.icon_size().width()
        picture = theme.pixmap(entry.icon, size, colour)
        two = bool(entry.below)
        first = QRect(
            inside.left(), inside.top() + (7 if two else 0), inside.width(), 18 if two else inside.height()
        )
        painter.drawPixmap(first.left(), first.top() + (first.height() - size) // 2, picture)
        left = first.left() + size + unit + 2
        body = theme.font("body", bold=entry.kind == "page" and selected)
        painter.setFont(body)
        painter.setPen(now.text)
        room = first.right() - left
        if entry.right:
            width = painter.fontMetrics().horizontalAdvance(entry.right)
            painter.drawText(first, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.right)
            room -= width + unit
        text = painter.fontMetrics().elidedText(entry.text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(
            QRect(left, first.top(), room, first.height()),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            text,
        )
        if two:
            second = QRect(left, first.bottom() + 1, inside.right() - left, 17)
            painter.setFont(theme.font("small"))
            painter.setPen(now.quiet)
            below = painter.fontMetrics().elidedText(
                entry.below, Qt.TextElideMode.ElideMiddle, second.width()
            )
            painter.drawText(second, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, below)
        if entry.progress is not None:
            bar = QRectF(left, box.bottom() - 6, inside.right() - left, 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.line)
            painter.drawRoundedRect(bar, 1.5, 1.5)
            painter.setBrush(now.accent)
            bar.setWidth(max(3.0, bar.width() * entry.progress))
            painter.drawRoundedRect(bar, 1.5, 1.5)
        painter.restore()
