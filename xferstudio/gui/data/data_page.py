"""The data page: all images of the project, to look at, to filter, to put in order and to add to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QRect, QSignalBlocker, Qt, QThread, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QColor,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
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
    QComboBox,
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QSlider,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.api import UserError
from xferstudio.gui.data.adding import AddDialog, ClassDialog, Copier, Finder, Found, Places, Report
from xferstudio.gui.data.balance import Balance
from xferstudio.gui.data.domains import Domains
from xferstudio.gui.data.edits import Editor
from xferstudio.gui.data.grid import SIDES, Grid
from xferstudio.gui.data.preview import Preview
from xferstudio.gui.data.rows import UNLABELLED, Filter, Guesses, Rows
from xferstudio.gui.data.target_view import only_folder
from xferstudio.gui.look import theme
from xferstudio.gui.look.help import keys
from xferstudio.gui.look.threads import begin
from xferstudio.gui.look.thumbnails import Thumbnails
from xferstudio.gui.look.widgets import EmptyState, FlowLayout, button, label, plain_tip, tool
from xferstudio.gui.look.words import engine_text, told, whole
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.studio import Picture, Studio
from xferstudio.history import RunFolder

TYPING = 150
"""Milliseconds without a key after which a text is looked for."""

RESCAN = 1500
"""Milliseconds after the last change until the engine looks through the images again."""

_MENU_CLASSES = 20


class GuessReader(QThread):
    """Reads what a run predicts."""

    done = Signal(object)
    """Guesses."""
    failed = Signal(str, str)
    """Name of the run's folder, and why its predictions cannot be read."""

    def __init__(self, run: RunFolder) -> None:
        super().__init__()
        self._run = run

    def run(self) -> None:
        """Read the predictions of the run."""
        try:
            read = self._run.read_predictions()
            sure = read.probabilities.max(axis=1).tolist() if len(read) else []
            table = dict(zip(read.paths, zip(read.labels, read.predicted, sure, strict=True), strict=True))
            self.done.emit(Guesses(self._run.path.name, table))
        except UserError as error:
            self.failed.emit(self._run.path.name, str(error))
        except Exception as error:  # noqa: BLE001  # a damaged file must not end the program
            self.failed.emit(self._run.path.name, f"{type(error).__name__}: {error}")


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
    """Grid, large view, classes and filters of the open project's images."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.rows = Rows()
        self.filter = Filter()
        self.sort, self.backwards = "name", False
        self.editor = Editor(self)
        self.undo_stack = self.editor.stack
        self.thumbnails = Thumbnails(self)
        self.dialog: QDialog | None = None
        self._finder: Finder | None = None
        self._copier: Copier | None = None
        self._reader: GuessReader | None = None
        self._threads: set[QThread] = set()
        self._drop_class = ""
        self._folder: Path | None = None
        self._looking = False
        self._result_details = ""
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING)
        self._typing.timeout.connect(self._take_text)
        self._rescan = QTimer(self)
        self._rescan.setSingleShot(True)
        self._rescan.setInterval(RESCAN)
        self._rescan.timeout.connect(studio.rescan)
        self._balance_due = QTimer(self)
        self._balance_due.setSingleShot(True)
        self._balance_due.setInterval(0)
        self._balance_due.timeout.connect(self._show_numbers)
        self._build()
        self.setAcceptDrops(True)
        self.editor.changed.connect(self._edited)
        self.editor.failed.connect(self._edit_failed)
        studio.project_changed.connect(self._project_changed)
        studio.pictures_changed.connect(self._pictures_changed)
        studio.scan_progress.connect(self._scan_progress)
        studio.runs_changed.connect(self._fill_runs)
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
        self.nothing.acted.connect(self.ask_for_files)
        self.trouble = EmptyState(
            "warning",
            self.tr("The images cannot be looked through"),
            "",
            self.tr("Try again"),
        )
        self.trouble.acted.connect(self.studio.rescan)
        self.main = QWidget()
        for state in (self.no_project, self.scanning, self.nothing, self.trouble, self.main):
            self.states.addWidget(state)
        self._build_main()
        outer.addWidget(self._build_adding())
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
        self.no_match.acted.connect(self.clear_filters)
        shelf = QWidget()
        inner = QVBoxLayout(shelf)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(0)
        inner.addWidget(self._build_filters())
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
        self.grid.opened.connect(self.open_picture)
        self.grid.selection_changed.connect(self._show_selection)
        self.grid.menu_wanted.connect(self._show_menu)
        self.grid.typed.connect(self._typed)
        self.preview.closed.connect(self.close_picture)
        self.preview.moved.connect(self._next_picture)
        self.preview.typed.connect(self._typed)
        QWidget.setTabOrder(self.search, self.grid)

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
        self.add.clicked.connect(self.ask_for_files)
        row.addWidget(self.add)
        return bar

    def _build_side(self) -> QWidget:
        side = QFrame()
        side.setBackgroundRole(QPalette.ColorRole.Base)
        side.setAutoFillBackground(True)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.balance = Balance()
        self.balance.chosen.connect(self._take_line)
        self.balance.dropped.connect(self._dropped_on_class)
        self.balance.menu_wanted.connect(self._show_class_menu)
        self.balance.rename_wanted.connect(self.ask_for_name)
        self.balance.assign_wanted.connect(self.assign)
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

    def _combo(self, name: str) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(name)
        made.setToolTip(plain_tip(name))
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        made.setMaximumWidth(28 * theme.UNIT)
        return made

    def _build_filters(self) -> QWidget:
        whole_bar = QWidget()
        lines = QVBoxLayout(whole_bar)
        lines.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        lines.setSpacing(theme.UNIT)
        flow_holder = QWidget()
        flow = FlowLayout(flow_holder)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Name, class or reason"))
        self.search.setAccessibleName(self.tr("Find"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(28 * theme.UNIT)
        self.search.addAction(
            theme.icon("search", theme.colours().quiet), QLineEdit.ActionPosition.LeadingPosition
        )
        self.search.textChanged.connect(self._typing.start)
        self.search.returnPressed.connect(self._leave_search)
        flow.addWidget(self.search)
        self.split = self._combo(self.tr("Split"))
        for text, key in (
            (self.tr("All splits"), ""),
            (self.tr("train"), "train"),
            (self.tr("val"), "val"),
            (self.tr("test"), "test"),
        ):
            self.split.addItem(text, key)
        self.domain = self._combo(self.tr("Domain"))
        self.state = self._combo(self.tr("Which images"))
        for text, key in (
            (self.tr("Used and left out"), ""),
            (self.tr("Used"), "used"),
            (self.tr("Left out"), "left_out"),
            (self.tr("Edited"), "edited"),
        ):
            self.state.addItem(text, key)
        self.run = self._combo(self.tr("Run whose predictions are shown"))
        self.wrong = QToolButton()
        self.wrong.setText(self.tr("Only wrong"))
        self.wrong.setToolTip(self.tr("Only images that the chosen run predicts wrongly"))
        self.wrong.setCheckable(True)
        for each in (self.split, self.domain, self.state):
            each.currentIndexChanged.connect(self._take_filters)
            flow.addWidget(each)
        self.run.currentIndexChanged.connect(self._take_run)
        self.wrong.toggled.connect(self._take_filters)
        flow.addWidget(self.run)
        flow.addWidget(self.wrong)
        self.order = self._combo(self.tr("Sort by"))
        for text, key in (
            (self.tr("By name"), "name"),
            (self.tr("By class"), "class"),
            (self.tr("By split"), "split"),
        ):
            self.order.addItem(text, key)
        self.order.currentIndexChanged.connect(self._take_sort)
        flow.addWidget(self.order)
        self.direction = tool("sort", self.tr("The other way round"))
        self.direction.setCheckable(True)
        self.direction.toggled.connect(self._take_sort)
        flow.addWidget(self.direction)
        lines.addWidget(flow_holder)
        strip = QHBoxLayout()
        strip.setSpacing(theme.UNIT)
        self.shown_words = label("", "quiet")
        strip.addWidget(self.shown_words)
        self.clear = button(self.tr("Clear filters"), role="link")
        self.clear.clicked.connect(self.clear_filters)
        strip.addWidget(self.clear)
        strip.addStretch(1)
        self.small = label(self.tr("Size"), "quiet")
        strip.addWidget(self.small)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(SIDES) - 1)
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(14 * theme.UNIT)
        self.slider.setMinimumHeight(3 * theme.UNIT)
        self.slider.setAccessibleName(self.tr("Size of the images"))
        self.slider.setToolTip(self.tr("Size of the images"))
        self.slider.valueChanged.connect(self._take_size)
        strip.addWidget(self.slider)
        lines.addLayout(strip)
        return whole_bar

    def _build_adding(self) -> QWidget:
        self.adding = QFrame()
        self.adding.setProperty("role", "bar")
        row = QHBoxLayout(self.adding)
        row.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        row.setSpacing(2 * theme.UNIT)
        self.adding_words = label("", wrap=True)
        row.addWidget(self.adding_words, 1)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(24 * theme.UNIT)
        self.progress.setAccessibleName(self.tr("Progress of adding"))
        row.addWidget(self.progress)
        self.stop = button(self.tr("Stop"), "stop")
        self.stop.clicked.connect(self.stop_adding)
        row.addWidget(self.stop)
        self.adding_details = button(self.tr("Details"))
        self.adding_details.clicked.connect(self._show_details)
        row.addWidget(self.adding_details)
        self.dismiss = tool("close", self.tr("Close"))
        self.dismiss.clicked.connect(self.adding.hide)
        row.addWidget(self.dismiss)
        self.adding.hide()
        return self.adding

    # --------------------------------------------------------------------------------------- page of window

    def shown(self) -> None:
        """The page has come to the front."""
        self.grid.asleep = False
        self.domains.set_awake(True)
        side = int(str(self.studio.settings.value("data/side", SIDES[3])))
        self.slider.setValue(SIDES.index(side) if side in SIDES else 3)
        self._fill_runs()
        if self.states.currentWidget() is self.main and not self.preview.isVisible():
            self.grid.setFocus()
        self.grid.viewport().update()

    def select(self, what: str) -> None:
        """Show an image by its path, a class ("class:NAME"), what a run got wrong (its folder's name), "left_out"."""
        if what.startswith("class:"):
            self.set_filter(Filter(label=what.removeprefix("class:")))
        elif what == "left_out":
            self.set_filter(Filter(state="left_out"))
        elif self.run.findData(what) >= 0:
            self.run.setCurrentIndex(self.run.findData(what))
            self.set_filter(Filter(wrong=True))
        elif what in self.rows.places:
            place = self.rows.places[what]
            if place not in self.grid.positions:
                self.clear_filters()
            self.open_picture(place)

    def let_go(self) -> bool:
        """End the threads; a copying of images ends after the file that it is at."""
        self.grid.asleep = True
        self._rescan.stop()
        self._typing.stop()
        self.thumbnails.let_go()
        self.preview.let_go()
        self.domains.let_go()
        for thread in list(self._threads):
            thread.requestInterruption()
        return not any(thread.isRunning() for thread in self._threads)  # asked again a moment later

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
            self._reset_filters()
            self._use(Rows())
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
        self._fill_domains()
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
        shown, every = len(self.grid.shown), len(self.rows)
        if shown == every:
            text = self.tr("{count} shown").format(count=whole(shown))
        else:
            text = self.tr("{count} of {every} shown").format(count=whole(shown), every=whole(every))
        selected = len(self.grid.chosen())
        if selected:
            text += " · " + self.tr("{count} selected").format(count=whole(selected))
        self.shown_words.setText(text)
        self.clear.setVisible(bool(self.filter))

    # ---------------------------------------------------------------------------------------------- filters

    def set_filter(self, wanted: Filter) -> None:
        """Show what passes this filter, and let all controls say so."""
        other, self.filter = wanted != self.filter, wanted
        blockers = [QSignalBlocker(each) for each in (self.split, self.domain, self.state, self.wrong)]
        if self.search.text().strip() != wanted.text:
            # Not blocked: its own cross listens too.
            self.search.setText(wanted.text)
            self._typing.stop()
        self.split.setCurrentIndex(max(0, self.split.findData(wanted.split)))
        self.domain.setCurrentIndex(max(0, self.domain.findData(wanted.domain)))
        self.state.setCurrentIndex(max(0, self.state.findData(wanted.state)))
        self.wrong.setChecked(wanted.wrong)
        del blockers
        self._mark_line()
        was = self.grid.current_place()
        self._refilter()
        if other:
            self.grid.verticalScrollBar().setValue(0)
            if was == self.grid.current_place():
                self.grid.reveal(self.grid.current)

    def _mark_line(self) -> None:
        """Mark the line of the class, or of the reason, that the filter is set to."""
        wanted = self.filter
        if wanted.reason:
            self.balance.choose("reason", wanted.reason)
        elif wanted.state == "left_out" and not wanted.label:
            self.balance.choose("left_out", "")
        else:
            self.balance.choose("class" if wanted.label else "all", wanted.label)

    @Slot()
    def clear_filters(self) -> None:
        """Show everything."""
        self.set_filter(Filter())

    def _reset_filters(self) -> None:
        self.rows.guess(None)
        with QSignalBlocker(self.run):
            self.run.setCurrentIndex(0)
        self.set_filter(Filter())

    def _refilter(self) -> None:
        shown = self.rows.shown(self.filter, self.sort, self.backwards)
        self.grid.show_rows(self.rows, shown)
        self.middle.setCurrentWidget(self.grid if shown else self.no_match)
        self._show_selection()

    @Slot()
    def _take_filters(self) -> None:
        self._close_if_open()
        state = self.state.currentData()
        reason = self.filter.reason if state in ("", "left_out") else ""
        self.set_filter(
            replace(
                self.filter,
                split=self.split.currentData() or "",
                domain=self.domain.currentData() or "",
                state=state,
                reason=reason if state == "left_out" else "",
                wrong=self.wrong.isChecked() and self.wrong.isEnabled(),
            )
        )

    @Slot()
    def _take_text(self) -> None:
        text = self.search.text().strip()
        if text != self.filter.text:
            self.set_filter(replace(self.filter, text=text))

    @Slot(str, str)
    def _take_line(self, kind: str, key: str) -> None:
        if kind == "new":
            if self.targets():
                self.ask_for_class()
            else:
                self.studio.note.emit(self.tr("Select the images first that the new class is for."))
            return
        self._close_if_open()
        if kind == "class":
            wanted = replace(self.filter, label=key, reason="", state="used")
            if self.filter.state == "edited":
                wanted = replace(wanted, state="edited")
        elif kind == "all":
            state = "" if self.filter.state != "edited" else "edited"
            wanted = replace(self.filter, label="", reason="", state=state)
        else:
            wanted = replace(self.filter, label="", state="left_out", reason=key, split="")
        self.set_filter(wanted)

    @Slot()
    def _take_sort(self) -> None:
        self.sort, self.backwards = self.order.currentData(), self.direction.isChecked()
        self._refilter()

    @Slot(int)
    def _take_size(self, step: int) -> None:
        self.grid.set_side(SIDES[step])
        self.studio.settings.setValue("data/side", SIDES[step])

    @Slot()
    def _go_to_search(self) -> None:
        self._close_if_open()
        self.search.setFocus()
        self.search.selectAll()

    @Slot()
    def _leave_search(self) -> None:
        self._typing.stop()
        self._take_text()
        self.grid.setFocus()

    def _fill_domains(self) -> None:
        domains = self.rows.domains()
        with QSignalBlocker(self.domain):
            self.domain.clear()
            self.domain.addItem(self.tr("All domains"), "")
            for name in domains:
                self.domain.addItem(name, name)
            self.domain.setCurrentIndex(max(0, self.domain.findData(self.filter.domain)))
        self.domain.setVisible(bool(domains))

    # ------------------------------------------------------------------------------------ predictions of a run

    @Slot()
    def _fill_runs(self) -> None:
        ended = [run for run in self.studio.runs if self.studio.state(run) in ("finished", "stopped")]
        wanted = ["", *(run.path.name for run in reversed(ended))]
        if wanted == [self.run.itemData(place) for place in range(self.run.count())]:
            return
        was = self.run.currentData() or ""
        with QSignalBlocker(self.run):
            self.run.clear()
            self.run.addItem(self.tr("No predictions"), "")
            names = [run.name for run in ended]
            for run in reversed(ended):
                text = run.name
                if names.count(text) > 1 and run.started is not None:
                    text = f"{text} ({run.started:%Y-%m-%d %H:%M})"
                self.run.addItem(self.tr("Predicted by {run}").format(run=text), run.path.name)
            self.run.setCurrentIndex(max(0, self.run.findData(was)))
        self.run.setVisible(bool(ended))
        self.wrong.setVisible(bool(ended))
        if (self.run.currentData() or "") != was:
            self._take_run()
        self._allow_wrong()

    @Slot()
    def _take_run(self) -> None:
        name = self.run.currentData() or ""
        self._reader = None
        if not name:
            self._take_guesses(None)
            return
        folder = next((run for run in self.studio.runs if run.path.name == name), None)
        if folder is not None:
            self._reader = GuessReader(folder)
            self._reader.done.connect(self._guesses_read)
            self._reader.failed.connect(self._guesses_failed)
            self._begin(self._reader)

    @Slot(object)
    def _guesses_read(self, guesses: Guesses) -> None:
        if self.sender() is self._reader:
            self._take_guesses(guesses)

    @Slot(str, str)
    def _guesses_failed(self, name: str, why: str) -> None:
        if self.sender() is self._reader:
            self.run.setCurrentIndex(0)
            self.studio.message.emit(why, "")

    def _take_guesses(self, guesses: Guesses | None) -> None:
        self.rows.guess(guesses)
        self._allow_wrong()
        if guesses is None and self.filter.wrong:
            self.set_filter(replace(self.filter, wrong=False))
        else:
            self._refilter()
        if self.preview.isVisible() and self.grid.current_place() >= 0:
            self._show_large(self.grid.current_place())

    def _allow_wrong(self) -> None:
        chosen = bool(self.run.currentData())
        self.wrong.setEnabled(chosen)
        place = self.order.findData("confidence")
        if chosen and place < 0:
            self.order.addItem(self.tr("By confidence"), "confidence")
        elif not chosen and place >= 0:
            self.order.removeItem(place)

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
    def close_picture(self) -> None:
        """Back to the grid."""
        if self.views.currentWidget() is self.preview:
            self.views.setCurrentWidget(self.shelf)
            self.preview.leave()
            self.grid.setFocus()
            self.grid.reveal(self.grid.current)

    def _close_if_open(self) -> None:
        self.close_picture()

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

    @Slot(str)
    def assign(self, name: str) -> None:
        """Give the targets a class."""
        targets = self.targets()
        if targets and name and name != UNLABELLED:
            self.editor.assign(targets, name)

    @Slot()
    def ask_for_class(self) -> None:
        """Ask which class the targets get: an existing one or a new one."""
        count = len(self.targets())
        if not count:
            return
        dialog = ClassDialog(
            self.tr("Class"),
            self.tr("Which class do the {count} selected images get?").format(count=whole(count))
            if count > 1
            else self.tr("Which class does the image get?"),
            self.balance.classes,
            parent=self,
        )
        dialog.accepted.connect(self._take_class)
        self._open(dialog)

    @Slot()
    def _take_class(self) -> None:
        if isinstance(self.dialog, ClassDialog):
            self.assign(self.dialog.name())

    @Slot(str)
    def ask_for_name(self, old: str) -> None:
        """Ask how a class is to be called; the name of another one merges the two."""
        if old == UNLABELLED:
            return
        dialog = ClassDialog(
            self.tr("Rename or merge"),
            self.tr("A new name for the class {name}, or another class to merge it into:").format(name=old),
            [name for name in self.balance.classes if name != old],
            old,
            self.tr("Rename"),
            self,
        )
        dialog.setProperty("old", old)
        dialog.accepted.connect(self._take_name)
        self._open(dialog)

    @Slot()
    def _take_name(self) -> None:
        if isinstance(self.dialog, ClassDialog):
            self.rename(str(self.dialog.property("old")), self.dialog.name())

    def rename(self, old: str, new: str) -> None:
        """Call a class by another name; what is shown stays on the screen."""
        shown = replace(self.filter, label=new) if self.filter.label == old else None
        self.editor.rename(old, new)
        if shown is not None and any(picture.label == new for picture in self.rows.items):
            self.set_filter(shown)

    def _open(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._dialog_closed)
        self.dialog = dialog
        dialog.open()

    @Slot()
    def _dialog_closed(self) -> None:
        if self.sender() is self.dialog:
            self.dialog = None

    @Slot()
    def toggle_excluded(self) -> None:
        """Exclude the targets, or use them again if all of them are excluded."""
        targets = self.targets()
        if targets and all(picture.path in self.editor.edits.excluded for picture in targets):
            self.editor.include(targets)
        else:
            self.editor.exclude(targets)

    @Slot(str)
    def _typed(self, key: str) -> None:
        if key == "delete":
            self.toggle_excluded()
        elif key == "class":
            self.ask_for_class()
        elif key.isdigit() and int(key) <= len(self.balance.classes):
            self.assign(self.balance.classes[int(key) - 1])

    @Slot(str)
    def _dropped_on_class(self, name: str) -> None:
        if name:
            self.assign(name)
        else:
            # The drag must have ended before a dialog opens.
            QTimer.singleShot(0, self, self.ask_for_class)

    @Slot(list)
    def _edited(self, places: Sequence[int]) -> None:
        self.studio.mark_edits()
        self._rescan.start()
        self._refilter()
        name = self.filter.label
        if name not in ("", UNLABELLED) and all(picture.label != name for picture in self.rows.items):
            self.set_filter(replace(self.filter, label=""))  # its class has another name now
        self._balance_due.start()
        if self.preview.isVisible() and self.preview.picture is not None:
            place = self.rows.places.get(self.preview.picture.path)
            if place is not None:
                self._show_large(place)

    @Slot(str)
    def _edit_failed(self, why: str) -> None:
        self.studio.message.emit(why, "")

    # ------------------------------------------------------------------------------------------------- menus

    def _entry(
        self, menu: QMenu, text: str, slot: Any, data: str = "", checked: bool | None = None
    ) -> QAction:
        # In menus an ampersand marks a key; in the name of a class it is a letter.
        action = menu.addAction(text.replace("&", "&&"))
        action.setData(data)
        action.triggered.connect(slot)
        if checked is not None:
            action.setCheckable(True)
            action.setChecked(checked)
        return action

    @Slot(QPoint)
    def _show_menu(self, point: QPoint) -> None:
        menu = self.picture_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def picture_menu(self) -> QMenu:
        """The context menu of the targets."""
        targets = self.targets()
        menu = QMenu(self)
        self._entry(menu, self.tr("Show large\tEnter"), self._open_current)
        menu.addSeparator()
        classes = menu.addMenu(self.tr("Move to class"))
        labels = {picture.label for picture in targets}
        for number, name in enumerate(self.balance.classes[:_MENU_CLASSES]):
            text = f"{name}\t{number + 1}" if number < 9 else name
            self._entry(classes, text, self._assign_entry, name, labels == {name})
        classes.addSeparator()
        self._entry(classes, self.tr("Another class…\tC"), self.ask_for_class)
        splits = menu.addMenu(self.tr("Move to split"))
        used = [picture for picture in targets if not picture.left_out]
        splits.setEnabled(bool(used))
        standing = {picture.split for picture in used}
        for key, text in (
            ("train", self.tr("train")),
            ("val", self.tr("val")),
            ("test", self.tr("test")),
        ):
            self._entry(splits, text, self._split_entry, key, standing == {key})
        menu.addSeparator()
        excluded = self.editor.edits.excluded
        inside = [picture for picture in targets if picture.path not in excluded]
        if inside:
            self._entry(menu, self.tr("Exclude\tDelete"), self._exclude)
        if len(inside) < len(targets):
            self._entry(menu, self.tr("Use again"), self._include)
        if any(picture.path in self.rows.edited for picture in targets):
            self._entry(menu, self.tr("Take back all changes"), self._take_back)
        menu.addSeparator()
        self._entry(menu, self.tr("Copy path"), self._copy_paths)
        self._entry(menu, self.tr("Open its folder"), self._open_folder)
        return menu

    @Slot()
    def _open_current(self) -> None:
        if self.grid.current_place() >= 0:
            self.open_picture(self.grid.current_place())

    @Slot()
    def _assign_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.assign(str(action.data()))

    @Slot()
    def _split_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.editor.move(self.targets(), str(action.data()))

    @Slot()
    def _exclude(self) -> None:
        self.editor.exclude(self.targets())

    @Slot()
    def _include(self) -> None:
        self.editor.include(self.targets())

    @Slot()
    def _take_back(self) -> None:
        self.editor.take_back(self.targets())

    @Slot()
    def _copy_paths(self) -> None:
        paths = [str(self.rows.root / picture.path) for picture in self.targets()]
        QGuiApplication.clipboard().setText("\n".join(paths))

    @Slot()
    def _open_folder(self) -> None:
        targets = self.targets()
        if targets:
            folder = (self.rows.root / targets[0].path).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    @Slot(str, QPoint)
    def _show_class_menu(self, name: str, point: QPoint) -> None:
        menu = self.class_menu(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(point)

    def class_menu(self, name: str) -> QMenu:
        """The context menu of a class."""
        menu = QMenu(self)
        self._entry(menu, self.tr("Show only {name}").format(name=name), self._only_entry, name)
        assigned = self._entry(menu, self.tr("Move the selected images here\t="), self._assign_entry, name)
        assigned.setEnabled(bool(self.targets()))
        menu.addSeparator()
        self._entry(menu, self.tr("Rename…\tF2"), self._rename_entry, name)
        others = [other for other in self.balance.classes if other != name]
        merge = menu.addMenu(self.tr("Merge into"))
        merge.setEnabled(bool(others))
        for other in others[:_MENU_CLASSES]:
            self._entry(merge, other, self._merge_entry, f"{name}\0{other}")
        if len(others) > _MENU_CLASSES:
            self._entry(merge, self.tr("Another class…"), self._rename_entry, name)
        return menu

    @Slot()
    def _only_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._take_line("class", str(action.data()))

    @Slot()
    def _rename_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.ask_for_name(str(action.data()))

    @Slot()
    def _merge_entry(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            old, _, new = str(action.data()).partition("\0")
            self.rename(old, new)

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
        self.add_files(files, "" if name == UNLABELLED else name)

    @Slot()
    def _ask_for_target(self) -> None:
        self.domains.ask_for_target()

    @Slot()
    def ask_for_files(self) -> None:
        """Let the user pick a folder or files to add."""
        dialog = QFileDialog(self, self.tr("Images to add"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._files_picked)
        self._open(dialog)

    @Slot(list)
    def _files_picked(self, files: list[str]) -> None:
        self.add_files([Path(file) for file in files])

    def add_files(self, files: Sequence[Path], name: str = "") -> None:
        """Add these files and folders to the project, after asking for classes; `name` is a class to propose."""
        project = self.studio.project
        if project is None or self.studio.pictures is None or not files:
            return
        if self._finder is not None or self._copier is not None:
            self.studio.note.emit(self.tr("Images are being added already; wait until that has ended."))
            return
        try:
            source = project.data_path()
        except UserError as error:
            self.studio.message.emit(str(error), "")
            return
        if source.is_file():
            self.studio.message.emit(
                self.tr(
                    "The images of this project are listed in the table {table}, which xferstudio does not write to. "
                    "Add a line for each new image there; the project takes them up by itself."
                ).format(table=source.name),
                str(source),
            )
            return
        inside = [file for file in files if file.is_relative_to(source)]
        if inside:
            self.studio.message.emit(
                self.tr("{name} is in the folder of the project's data already.").format(name=inside[0].name),
                "\n".join(map(str, inside)),
            )
            return
        self._drop_class = name
        self._say(self.tr("Looking through what was dropped…"), busy=True)
        self._finder = Finder(files)
        self._finder.found.connect(self._found)
        self._begin(self._finder)

    @Slot(object)
    def _found(self, found: Found) -> None:
        finder = self.sender()
        if finder is not self._finder or self._finder is None:
            return
        self._finder = None
        self.adding.hide()
        if isinstance(finder, Finder) and finder.isInterruptionRequested():
            return
        if not found.files:
            details = "\n".join(f"{path}: {engine_text(reason)}" for path, reason in found.left_out)
            self.studio.message.emit(self.tr("There are no images in what was dropped."), details)
            return
        dialog = AddDialog(found, self.balance.classes, self._drop_class, self)
        dialog.accepted.connect(self._copy_in)
        self._open(dialog)

    @Slot()
    def _copy_in(self) -> None:
        pictures = self.studio.pictures
        if not isinstance(self.dialog, AddDialog) or pictures is None:
            return
        files = self.dialog.files()
        places = Places.of(pictures, self.editor.edits.renamed)
        known = {picture.hash for picture in pictures.items if picture.hash}
        self._say(self.tr("Copying images into the project…"), busy=True)
        self.progress.setRange(0, len(files))
        self._copier = Copier(files, places, known)
        self._copier.progressed.connect(self._copied_some)
        self._copier.ended.connect(self._copied)
        self._begin(self._copier)

    @Slot(int, int)
    def _copied_some(self, done: int, total: int) -> None:
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.adding_words.setText(
            self.tr("Copying images into the project: {done} of {total}").format(
                done=whole(done), total=whole(total)
            )
        )

    @Slot(object)
    def _copied(self, report: Report) -> None:
        if self.sender() is not self._copier:
            return
        self._copier = None
        parts = [self.tr("Added: {count}.").format(count=whole(report.copied))]
        if report.same:
            parts.append(
                self.tr("Skipped, since their content is in the project already: {count}.").format(
                    count=whole(len(report.same))
                )
            )
        if report.failed:
            parts.append(self.tr("Could not be read: {count}.").format(count=whole(len(report.failed))))
        if report.stopped:
            parts.append(self.tr("You stopped it; what was copied stays."))
        details = [*report.same, *(f"{path}: {why}" for path, why in report.failed)]
        self._result_details = "\n".join(details)
        self._say(told(parts), busy=False)
        if report.error:
            self.studio.message.emit(report.error, self._result_details)
        if report.labels:
            self.editor.label(report.labels)
        if report.copied:
            self._rescan.stop()
            self.studio.rescan()

    def _say(self, text: str, busy: bool) -> None:
        self.adding_words.setText(text)
        self.progress.setVisible(busy)
        self.progress.setRange(0, 0)
        self.stop.setVisible(busy)
        self.dismiss.setVisible(not busy)
        self.adding_details.setVisible(not busy and bool(self._result_details))
        self.adding.show()

    @Slot()
    def stop_adding(self) -> None:
        """End the copying after the file that it is at; what was copied stays."""
        for thread in (self._finder, self._copier):
            if thread is not None:
                thread.requestInterruption()

    @Slot()
    def _show_details(self) -> None:
        self.studio.message.emit(self.adding_words.text(), self._result_details)

    # ----------------------------------------------------------------------------------------------- threads

    def _begin(self, thread: QThread) -> None:
        self._threads.add(thread)
        thread.finished.connect(self._thread_ended)
        begin(thread, thread.requestInterruption)

    @Slot()
    def _thread_ended(self) -> None:
        thread = self.sender()
        if isinstance(thread, QThread):
            self._threads.discard(thread)
