"""The data page: all images of the project, to look at, to filter, to put in order and to add to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QRect, Qt, QTimer, Slot
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.data.adding_bar import AddingBar
from xferstudio.gui.data.balance import Balance
from xferstudio.gui.data.domains import Domains
from xferstudio.gui.data.edits import Editor
from xferstudio.gui.data.filter_bar import FilterBar
from xferstudio.gui.data.grid import Grid
from xferstudio.gui.data.picture_actions import PictureActions
from xferstudio.gui.data.preview import Preview
from xferstudio.gui.data.rows import UNLABELLED, Filter, Guesses, Rows
from xferstudio.gui.data.target_view import only_folder
from xferstudio.gui.look import theme
from xferstudio.gui.look.help import keys
from xferstudio.gui.look.thumbnails import Thumbnails
from xferstudio.gui.look.widgets import EmptyState, button, label, tool
from xferstudio.gui.look.words import whole
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.studio import Picture, Studio

RESCAN = 1500
"""Milliseconds after the last change until the engine looks through the images again."""


class DropHint(QWidget):
    """Lies over the page while files are dragged over it, and says what dropping them does."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.text = text
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme.colours()
        ground = QColor(now.selection)
        ground.setAlpha(200)
        painter.setBrush(ground)
        painter.setPen(QPen(now.accent, 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 12, 12)
        painter.setPen(now.text)
        painter.setFont(theme.font("title", bold=True))
        room = self.rect().adjusted(16, 16, -16, -16)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.text)


class DataPage(Page):
    """Arranges grid, large view, classes and filters of the open project's images, and keeps them in step."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.rows = Rows()
        self.editor = Editor(self)
        self.undo_stack = self.editor.stack
        self.thumbnails = Thumbnails(self)
        self._folder: Path | None = None
        self._looking = False
        self._rescan = QTimer(self)
        self._rescan.setSingleShot(True)
        self._rescan.setInterval(RESCAN)
        self._rescan.timeout.connect(studio.rescan)
        self._balance_due = QTimer(self)
        self._balance_due.setSingleShot(True)
        self._balance_due.setInterval(0)
        self._shown_filter = Filter()
        self._balance_due.timeout.connect(self._show_numbers)
        self._build()
        self._connect()
        self.setAcceptDrops(True)
        self.editor.changed.connect(self._edited)
        self.editor.failed.connect(self._edit_failed)
        studio.project_changed.connect(self._project_changed)
        studio.pictures_changed.connect(self._pictures_changed)
        studio.scan_progress.connect(self._scan_progress)
        self._project_changed()
        self._pictures_changed()

    # ------------------------------------------------------------------------------------------- layout

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.states = QStackedWidget()
        outer.addWidget(self.states)
        self.no_project = EmptyState(
            "images",
            self.tr("No project is open"),
            self.tr("Open a project, or drop a folder of images on the window to begin one."),
            self.tr("Go to the start"),
        )
        self.no_project.acted.connect(self._go_to_start)
        self.scanning = EmptyState(
            "search",
            self.tr("Looking through the images"),
            self.tr("This takes a moment the first time; later only what is new is read."),
        )
        self.nothing = EmptyState(
            "folder",
            self.tr("There are no images here yet"),
            self.tr("Drop images here, or folders of them: each folder inside becomes a class."),
            self.tr("Add images…"),
        )
        self.trouble = EmptyState(
            "warning",
            self.tr("The images cannot be looked through"),
            "",
            self.tr("Try again"),
        )
        self.trouble.acted.connect(self.studio.rescan)
        self.balance = Balance()
        self.filters = FilterBar(self.studio)
        self.adding = AddingBar(self.studio, self.editor, lambda: self.balance.classes)
        self.picture_actions = PictureActions(
            self.editor, self.filters, self.targets, lambda: self.balance.classes, self
        )
        self.nothing.acted.connect(self.adding.ask_for_files)
        self.main = QWidget()
        for state in (self.no_project, self.scanning, self.nothing, self.trouble, self.main):
            self.states.addWidget(state)
        self._build_main()
        outer.addWidget(self.adding)
        self.drop_hint = DropHint(self.tr("Drop to add images to the project"), self)
        self.target_hint = DropHint(self.tr("Drop to make it the target domain"), self)

    def _build_main(self) -> None:
        column = QVBoxLayout(self.main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_header())
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._build_side())
        self.views = QStackedWidget()
        self.grid = Grid(self.thumbnails)
        self.preview = Preview(self.studio)
        self.no_match = EmptyState(
            "filter",
            self.tr("Nothing matches"),
            self.tr("No image passes all of the filters that are set."),
            self.tr("Clear filters"),
        )
        self.no_match.acted.connect(self.filters.clear_filters)
        shelf = QWidget()
        inner = QVBoxLayout(shelf)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self.filters)
        self.middle = QStackedWidget()
        self.middle.addWidget(self.grid)
        self.middle.addWidget(self.no_match)
        inner.addWidget(self.middle, 1)
        self.shelf = shelf
        self.views.addWidget(shelf)
        self.views.addWidget(self.preview)
        self.splitter.addWidget(self.views)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([30 * theme.UNIT, 100 * theme.UNIT])
        self.domains = Domains(self.studio, self.splitter, self.views, self.balance.colour)
        column.addWidget(self.domains, 1)
        self.grid.colour_of = self.balance.colour
        QWidget.setTabOrder(self.filters.search, self.grid)

    def _build_header(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("role", "bar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        row.setSpacing(theme.UNIT)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(self.tr("Data"), "title"))
        self.counts = label("", "quiet", wrap=True)
        words.addWidget(self.counts)
        row.addLayout(words, 1)
        self.undo_action = self.undo_stack.createUndoAction(self, self.tr("Undo"))
        self.undo_action.setIcon(theme.icon("undo"))
        self.redo_action = self.undo_stack.createRedoAction(self, self.tr("Redo"))
        self.redo_action.setIcon(theme.icon("redo"))
        for action in (self.undo_action, self.redo_action):
            made = QToolButton()
            made.setDefaultAction(action)
            made.setIconSize(theme.icon_size())
            row.addWidget(made)
        self.refresh = tool("refresh", self.tr("Look through the images again"))
        self.refresh.clicked.connect(self.studio.rescan)
        row.addWidget(self.refresh)
        self.add_target = button(self.tr("Add a target domain…"), "images")
        self.add_target.setToolTip(
            self.tr("Images of another domain, without labels, that the model is to be carried to")
        )
        self.add_target.clicked.connect(self._ask_for_target)
        row.addWidget(self.add_target)
        self.add = button(self.tr("Add images…"), "plus")
        self.add.clicked.connect(self.adding.ask_for_files)
        row.addWidget(self.add)
        return bar

    def _build_side(self) -> QWidget:
        side = QFrame()
        side.setBackgroundRole(QPalette.ColorRole.Base)
        side.setAutoFillBackground(True)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.balance, 1)
        self.legend = label(
            self.tr(
                "Bars: train, val and test, from strong to faint. Drag images onto a class to move them."
            ),
            "small",
            wrap=True,
        )
        self.legend.setContentsMargins(12, theme.UNIT, 12, theme.UNIT)
        column.addWidget(self.legend)
        side.setMinimumWidth(24 * theme.UNIT)
        return side

    def _connect(self) -> None:
        self.filters.changed.connect(self._filter_changed)
        self.filters.reordered.connect(self._refilter)
        self.filters.predicted.connect(self._take_guesses)
        self.filters.sized.connect(self.grid.set_side)
        self.filters.search_left.connect(self.grid.setFocus)
        self.grid.opened.connect(self.open_picture)
        self.grid.selection_changed.connect(self._show_selection)
        self.grid.menu_wanted.connect(self.picture_actions.show_menu)
        self.preview.closed.connect(self.close_picture)
        self.preview.moved.connect(self._next_picture)
        for images in (self.grid, self.preview):
            images.typed.connect(self.picture_actions.typed)
        self.balance.chosen.connect(self._take_line)
        self.balance.dropped.connect(self.picture_actions.dropped_on_class)
        self.balance.menu_wanted.connect(self.picture_actions.show_class_menu)
        self.balance.rename_wanted.connect(self.picture_actions.ask_for_name)
        self.balance.assign_wanted.connect(self.picture_actions.assign)
        self.picture_actions.large_wanted.connect(self._open_current)
        self.picture_actions.class_wanted.connect(self._show_class)
        self.adding.added.connect(self._added)

    # --------------------------------------------------------------------------------------- page of window

    def shown(self) -> None:
        """The page has come to the front."""
        self.grid.asleep = False
        self.domains.set_awake(True)
        self.filters.refresh()
        if self.states.currentWidget() is self.main and not self.preview.isVisible():
            self.grid.setFocus()
        self.grid.viewport().update()

    def select(self, what: str) -> None:
        """Show an image by its path, a class ("class:NAME"), what a run got wrong (its folder's name), "left_out"."""
        if what.startswith("class:"):
            self.filters.set_filter(Filter(label=what.removeprefix("class:")))
        elif what == "left_out":
            self.filters.set_filter(Filter(state="left_out"))
        elif (run := self.filters.run.findData(what)) >= 0:
            self.filters.run.setCurrentIndex(run)
            self.filters.set_filter(Filter(wrong=True))
        elif what in self.rows.places:
            place = self.rows.places[what]
            if place not in self.grid.positions:
                self.filters.clear_filters()
            self.open_picture(place)

    def let_go(self) -> bool:
        """End the threads; a copying of images ends after the file that it is at."""
        self.grid.asleep = True
        self._rescan.stop()
        self.filters.let_go()
        self.thumbnails.let_go()
        self.preview.let_go()
        self.domains.let_go()
        return self.adding.let_go()  # asked again a moment later

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        # No shortcuts: the same ones in a menu of the window would make both of them ambiguous, and dead.
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo_stack.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.undo_stack.redo()
        elif event.matches(QKeySequence.StandardKey.Find):
            self._go_to_search()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802
        super().hideEvent(event)
        self.thumbnails.want([])

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place_hints(False)

    def _place_hints(self, halves: bool) -> None:
        """One hint over the whole page, or two beside each other for a folder, which may become the target domain."""
        room = self.rect().adjusted(16, 16, -16, -16)
        left = QRect(room)
        if halves:
            left.setWidth(room.width() * 55 // 100)
        self.drop_hint.setGeometry(left)
        self.target_hint.setGeometry(room.adjusted(left.width() + 16, 0, 0, 0))

    # ------------------------------------------------------------------------------------ project and images

    @Slot()
    def _project_changed(self) -> None:
        project = self.studio.project
        folder = project.folder if project is not None else None
        if folder != self._folder:
            self._folder = folder
            self.grid.asleep = folder is None
            self._rescan.stop()
            self.editor.open(folder)
            self.close_picture()
            self.adding.hide()
            self._use(Rows())
            self.filters.reset()
        self.add_target.setVisible(project is not None and not project.data.target)
        self._show_state()

    @Slot()
    def _pictures_changed(self) -> None:
        pictures = self.studio.pictures
        self._looking = False
        if pictures is not None and self._rescan.isActive() and len(self.rows):
            return  # looked through before the last change; the next look is under way
        if pictures is None:
            if not len(self.rows) or self.studio.trouble or self.studio.project is None:
                self._use(Rows())
        else:
            if self.studio.project is not None:
                self.editor.open(self.studio.project.folder)
            self.thumbnails.forget()
            self._use(Rows(pictures))
        self._show_state()

    def _use(self, rows: Rows) -> None:
        rows.guesses = self.rows.guesses if len(rows) else None
        self.editor.use(rows)
        self.rows = rows
        self.filters.show_domains(rows.domains())
        self._show_numbers()
        self._refilter()
        if self.preview.isVisible() and self.preview.picture is not None:
            place = rows.places.get(self.preview.picture.path)
            if place is None:
                self.close_picture()
            else:
                self._show_large(place)

    def _show_state(self) -> None:
        if self.studio.project is None and not len(self.rows):
            state: QWidget = self.no_project
        elif len(self.rows):
            state = self.main
        elif self.studio.trouble:
            self.trouble.text.setText(self.studio.trouble)
            state = self.trouble
        elif self.studio.pictures is None:
            state = self.scanning
        else:
            state = self.nothing
        came = state is self.main and self.states.currentWidget() is not state
        self.states.setCurrentWidget(state)
        if came and self.isVisible():
            self.grid.setFocus()

    @Slot(str, int, int)
    def _scan_progress(self, task: str, done: int, total: int) -> None:
        if total:
            text = self.tr("{done} of {total} files").format(done=whole(done), total=whole(total))
        else:
            text = self.tr("{done} files found").format(done=whole(done))
        self.scanning.text.setText(text)
        self._looking = True
        self._show_counts()

    def shortcuts(self) -> list[tuple[str, str]]:
        """What the help sheet says of this page: the grid, the large view and the classes."""
        return [
            (self.tr("Find"), keys(QKeySequence.StandardKey.Find)),
            (self.tr("Show large, and back"), keys("Return")),
            (self.tr("Large: next or previous image"), f"{keys('Right')}  {keys('Left')}"),
            (self.tr("Large: nearer, farther, whole, pixel by pixel"), "+  -  0  ="),
            (
                self.tr("Select this image too, or all"),
                f"{keys('Space')}  {keys(QKeySequence.StandardKey.SelectAll)}",
            ),
            (self.tr("Move to class 1 to 9"), "1 … 9"),
            (self.tr("Move to another class"), keys("C")),
            (self.tr("Exclude, or use again"), keys("Del")),
            (self.tr("Class: rename"), keys("F2")),
            (self.tr("Class: move the selected images here"), "="),
        ]

    @Slot()
    def _go_to_start(self) -> None:
        self.studio.wanted.emit("start", "")

    # ---------------------------------------------------------------------------------------------- numbers

    @Slot()
    def _show_numbers(self) -> None:
        self._numbers = self.rows.counts()
        pictures = self.studio.pictures
        if pictures is not None and not self._rescan.isActive():
            self._numbers = {**self._numbers, **pictures.counts}
        self.balance.show_table(self.rows.balance(), self.rows.reasons(), len(self.rows))
        self._mark_line()  # a class that was renamed has its line only now
        self._show_counts()
        self.grid.viewport().update()

    def _show_counts(self) -> None:
        numbers = {key: whole(number) for key, number in self._numbers.items()}
        text = self.tr(
            "{found} found = {used} used + {left_out} left out · train {train} · val {val} · test {test}"
        ).format(
            **{key: numbers.get(key, "0") for key in ("found", "used", "left_out", "train", "val", "test")}
        )
        if self._looking and len(self.rows):
            text += " · " + self.tr("looking again…")  # short: a second line would have all below it jump
        first, *rest = text.split(" · ")
        self.counts.setText(" · ".join((first, *(part.replace(" ", "\u00a0") for part in rest))))

    @Slot()
    def _show_selection(self) -> None:
        self.filters.show_numbers(len(self.grid.shown), len(self.rows), len(self.grid.chosen()))

    # ---------------------------------------------------------------------------------------------- filters

    @Slot()
    def _filter_changed(self) -> None:
        self._mark_line()
        was = self.grid.current_place()
        other, self._shown_filter = self.filters.filter != self._shown_filter, self.filters.filter
        self._refilter()
        if other:
            self.grid.verticalScrollBar().setValue(0)
            if was == self.grid.current_place():
                self.grid.reveal(self.grid.current)

    def _mark_line(self) -> None:
        """Mark the line of the class, or of the reason, that the filter is set to."""
        wanted = self.filters.filter
        if wanted.reason:
            self.balance.choose("reason", wanted.reason)
        elif wanted.state == "left_out" and not wanted.label:
            self.balance.choose("left_out", "")
        else:
            self.balance.choose("class" if wanted.label else "all", wanted.label)

    @Slot()
    def _refilter(self) -> None:
        shown = self.filters.places(self.rows)
        self.grid.show_rows(self.rows, shown)
        self.middle.setCurrentWidget(self.grid if shown else self.no_match)
        self._show_selection()

    @Slot(str, str)
    def _take_line(self, kind: str, key: str) -> None:
        if kind == "new":
            if self.targets():
                self.picture_actions.ask_for_class()
            else:
                self.studio.note.emit(self.tr("Select the images first that the new class is for."))
            return
        self.close_picture()
        now = self.filters.filter
        if kind == "class":
            state = "used" if now.state != "edited" else "edited"
            wanted = replace(now, label=key, reason="", state=state)
        elif kind == "all":
            state = "" if now.state != "edited" else "edited"
            wanted = replace(now, label="", reason="", state=state)
        else:
            wanted = replace(now, label="", state="left_out", reason=key, split="")
        self.filters.set_filter(wanted)

    @Slot(str)
    def _show_class(self, name: str) -> None:
        self._take_line("class", name)

    @Slot()
    def _go_to_search(self) -> None:
        self.close_picture()
        self.filters.search.setFocus()
        self.filters.search.selectAll()

    @Slot(object)
    def _take_guesses(self, guesses: Guesses | None) -> None:
        self.rows.guess(guesses)
        self._refilter()
        if self.preview.isVisible() and self.grid.current_place() >= 0:
            self._show_large(self.grid.current_place())

    # -------------------------------------------------------------------------------------------- large view

    @Slot(int)
    def open_picture(self, place: int) -> None:
        """Show an image large."""
        position = self.grid.positions.get(place, -1)
        if position >= 0:
            self.grid.choose(position)
        self.views.setCurrentWidget(self.preview)
        self._show_large(place)
        self.preview.setFocus()

    @Slot()
    def _open_current(self) -> None:
        if self.grid.current_place() >= 0:
            self.open_picture(self.grid.current_place())

    @Slot()
    def close_picture(self) -> None:
        """Back to the grid."""
        if self.views.currentWidget() is self.preview:
            self.views.setCurrentWidget(self.shelf)
            self.preview.leave()
            self.grid.setFocus()
            self.grid.reveal(self.grid.current)

    def _show_large(self, place: int) -> None:
        picture = self.rows.items[place]
        position = self.grid.positions.get(place, -1)
        words = ""
        if position >= 0:
            words = self.tr("{number} of {count}").format(
                number=whole(position + 1), count=whole(len(self.grid.shown))
            )
        guess = self.rows.guesses.of.get(picture.path) if self.rows.guesses is not None else None
        split = self.grid.split_word(picture.split)
        self.preview.show_picture(self.rows.root, picture, words, guess, split)

    @Slot(int)
    def _next_picture(self, step: int) -> None:
        if not self.grid.shown:
            return
        position = self.grid.current
        here = self.preview.picture
        gone = here is not None and self.grid.current_place() >= 0
        gone = gone and here is not None and self.rows.items[self.grid.current_place()].path != here.path
        # What was shown has left the filter: the one that has come in its place is the next.
        target = position if gone and step > 0 else position + step
        target = min(len(self.grid.shown) - 1, max(0, target))
        self.grid.choose(target)
        self._show_large(self.grid.shown[target])

    # ----------------------------------------------------------------------------------------------- changes

    def targets(self) -> list[Picture]:
        """The images that a change is for: the one in the large view, else the selected ones."""
        if self.views.currentWidget() is self.preview and self.preview.picture is not None:
            place = self.rows.places.get(self.preview.picture.path)
            return [self.rows.items[place]] if place is not None else []
        return self.grid.chosen()

    @Slot(list)
    def _edited(self, places: Sequence[int]) -> None:
        self.studio.mark_edits()
        self._rescan.start()
        self._refilter()
        name = self.filters.filter.label
        if name not in ("", UNLABELLED) and all(picture.label != name for picture in self.rows.items):
            self.filters.set_filter(replace(self.filters.filter, label=""))  # its class has another name now
        self._balance_due.start()
        if self.preview.isVisible() and self.preview.picture is not None:
            place = self.rows.places.get(self.preview.picture.path)
            if place is not None:
                self._show_large(place)

    @Slot(str)
    def _edit_failed(self, why: str) -> None:
        self.studio.message.emit(why, "")

    # ------------------------------------------------------------------------------------------------ adding

    def _files(self, event: QDropEvent) -> list[Path]:
        return [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if self.studio.project is not None and self.studio.pictures is not None and self._files(event):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            halves = only_folder(self._files(event)) is not None and not self.domains.change.busy
            self._place_hints(halves)
            for hint in (self.drop_hint, self.target_hint):
                hint.raise_()
                hint.setVisible(halves or hint is self.drop_hint)
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802
        self.drop_hint.hide()
        self.target_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        self.drop_hint.hide()
        files = self._files(event)
        folder = only_folder(files)
        over = not self.target_hint.isHidden() and self.target_hint.geometry().contains(
            event.position().toPoint()
        )
        self.target_hint.hide()
        if folder is not None and over:
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.domains.use(folder)
            return
        if not files:
            event.ignore()
            return
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        name = ""
        if self.balance.isVisible():
            point = self.balance.viewport().mapFrom(self, event.position().toPoint())
            if self.balance.viewport().rect().contains(point):
                line = self.balance.line_at(point)
                if line >= 0 and self.balance.lines[line].kind == "class":
                    name = self.balance.lines[line].key
        self.adding.add_files(files, "" if name == UNLABELLED else name)

    @Slot()
    def _ask_for_target(self) -> None:
        self.domains.ask_for_target()

    @Slot()
    def _added(self) -> None:
        self._rescan.stop()
        self.studio.rescan()
