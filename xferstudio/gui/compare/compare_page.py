"""The page that puts runs side by side: their figures, and for those chosen what sets them apart."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QPoint, Qt, QTimer, QUrl, Slot
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QMenu,
    QSplitter,
    QStackedLayout,
    QTableView,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.api import UserError
from xferstudio.gui.compare.comparison_views import (
    ConfusionsView,
    CurvesView,
    DisagreementView,
    OptionsView,
    VerdictView,
)
from xferstudio.gui.compare.run_record import RunRecord, read_record
from xferstudio.gui.compare.run_table import RUN, IntervalDrawn, RunTable, SortedRuns
from xferstudio.gui.compare.target_tab import TargetTab
from xferstudio.gui.look import theme, widgets
from xferstudio.gui.look.help import keys
from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.reading import Reader, Stopped
from xferstudio.gui.project.run_facts import ENDED_WELL, RunFacts, RunList
from xferstudio.gui.project.studio import Studio, last_sentence

if TYPE_CHECKING:
    from xferstudio.gui.audit.audit_window import AuditWindow

_HIDDEN = ("backbone", "balanced", "speed")
"""Columns that a fresh table does not show."""


class ComparePage(Page):
    """Table of runs above, what sets the chosen ones apart below."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.setObjectName("compare")
        self.runs = RunList(studio, self)
        self.comparison: Mapping[str, Any] | None = None
        self.records: dict[Path, RunRecord] = {}
        self._compared: tuple[tuple[Path, str], ...] | None = None
        self._command: Command | None = None
        self._wanted = ""
        self._project = studio.project.folder if studio.project else None
        self._reader = Reader(self)
        self._build()
        self.runs.changed.connect(self._runs_changed)
        self._reader.done.connect(self._records_read)
        self._reader.failed.connect(studio.note)
        studio.project_changed.connect(self._project_changed)

    def _build(self) -> None:
        self.stack = QStackedLayout(self)
        self.empty = widgets.EmptyState(
            "compare",
            self.tr("Nothing to compare yet"),
            self.tr(
                "When two runs or more have finished, this page says which is better, or that it is too close."
            ),
            self.tr("Go to Train"),
        )
        self.empty.acted.connect(self.go_to_train)
        self.stack.addWidget(self.empty)
        whole = QWidget()
        self.stack.addWidget(whole)
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        top = widgets.title_row(self.tr("Compare"))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("Filter runs"))
        self.filter.setAccessibleName(self.tr("Filter runs by name, strategy, backbone or state"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(28 * theme.UNIT)
        top.addWidget(self.filter)
        self.columns = QToolButton()
        self.columns.setText(self.tr("Columns"))
        self.columns.setIcon(theme.icon("list"))
        self.columns.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.columns.setToolTip(self.tr("Choose the columns of the table"))
        top.addWidget(self.columns)
        layout.addLayout(top)

        self.model = RunTable(self)
        self.sorted = SortedRuns(self)
        self.sorted.setSourceModel(self.model)
        self.table = QTableView()
        self.table.setModel(self.sorted)
        self.table.setAccessibleName(self.tr("Runs"))
        self.table.setAccessibleDescription(self.tr("Choose two runs or more to compare them below."))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setSortingEnabled(True)
        self.table.setTabKeyNavigation(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(4 * theme.UNIT)
        header = self.table.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._row_menu)
        for place, column in enumerate(self.model.columns):
            if column.bounds is not None:
                self.table.setItemDelegateForColumn(place, IntervalDrawn(self.table))
        self.filter.textChanged.connect(self.sorted.set_words)
        self._make_columns()

        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(self.tr("What sets the chosen runs apart"))
        self.verdict = VerdictView()
        self.curves_place = QWidget()  # the plots are made when they are first looked at
        QVBoxLayout(self.curves_place).setContentsMargins(0, 0, 0, 0)
        self.curves: CurvesView | None = None
        self.options = OptionsView()
        self.confusions = ConfusionsView()
        self.images = DisagreementView()
        self.target = TargetTab()
        self.target.audit.connect(self._label_some)
        self._audit: AuditWindow | None = None
        for view, text in (
            (self.verdict, self.tr("Verdict")),
            (self.curves_place, self.tr("Curves")),
            (self.options, self.tr("Options")),
            (self.confusions, self.tr("Confusion")),
            (self.images, self.tr("Images")),
        ):
            self.tabs.addTab(view, text)
        self.tabs.addTab(self.target, self.tr("On the target"))
        self.tabs.setTabVisible(self.tabs.indexOf(self.target), False)
        self.tabs.currentChanged.connect(self._fill)
        self.images.opened.connect(self._open_file)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.table)
        split.addWidget(self.tabs)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setSizes([260, 420])
        layout.addWidget(split, 1)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.filter.setFocus)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self._look)

    def _make_columns(self) -> None:
        menu = QMenu(self)
        menu.setAccessibleName(self.tr("Columns"))
        known: Any = self.studio.settings.value("compare/hidden", None)
        hidden = set(_HIDDEN) if known is None else {known} if isinstance(known, str) else set(known)
        self.column_actions: dict[str, QAction] = {}
        for place, column in enumerate(self.model.columns):
            if column.id == "name":
                continue
            action = QAction(column.title, menu)
            action.setCheckable(True)
            action.setChecked(column.id not in hidden)
            action.setToolTip(widgets.plain_tip(column.help))
            action.setData(column.id)
            action.toggled.connect(self._columns_chosen)
            self.column_actions[column.id] = action
            menu.addAction(action)
            self.table.setColumnHidden(place, column.id in hidden)
        menu.setToolTipsVisible(True)
        self.columns.setMenu(menu)
        test = next(place for place, column in enumerate(self.model.columns) if column.id == "test")
        self.table.sortByColumn(test, Qt.SortOrder.DescendingOrder)
        state = self.studio.settings.value("compare/header")
        if state is not None:
            self.table.horizontalHeader().restoreState(state)
        self._widths_kept = state is not None

    # ------------------------------------------------------------------------------------------- the page

    def shortcuts(self) -> list[tuple[str, str]]:
        """What the help sheet says of this page."""
        return [
            (self.tr("Filter runs"), keys(QKeySequence.StandardKey.Find)),
            (self.tr("Open the chosen image"), keys("Return")),
        ]

    def shown(self) -> None:
        """Read the runs and compare them."""
        self.runs.refresh()
        self._state()
        self._compare()
        self.table.setFocus()

    def select(self, what: str) -> None:
        """Choose this run in the table."""
        run = self.runs.find(what)
        if run is None:
            self._wanted = what
            return
        self._wanted = ""
        self.choose([run.folder])

    def choose(self, folders: list[Path]) -> None:
        """Select the rows of these run folders."""
        selection = QItemSelection()
        last = self.sorted.columnCount() - 1
        for row in range(self.sorted.rowCount()):
            if self.sorted.index(row, 0).data(RUN).folder in folders:
                selection.select(self.sorted.index(row, 0), self.sorted.index(row, last))
        self.table.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def chosen(self) -> list[RunFacts]:
        """The selected runs in the order of the table."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedIndexes()})
        return [self.sorted.index(row, 0).data(RUN) for row in rows]

    def let_go(self) -> bool:
        """End threads and the comparison."""
        if self._audit is not None:
            self._audit.done(0)
        self.studio.settings.setValue("compare/header", self.table.horizontalHeader().saveState())
        if self._command is not None:
            self._command.kill()
            self._command = None
        self._compared = None
        self._reader.let_go()
        self.runs.let_go()
        self.images.let_go()
        return True

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_soon"):
            self._soon.start()  # marks in the other theme's colours

    # ------------------------------------------------------------------------------------------ the table

    @Slot()
    def _project_changed(self) -> None:
        folder = self.studio.project.folder if self.studio.project else None
        if folder != self._project:
            self._project = folder
            self.comparison, self._compared = None, None
            self._show_target(None)
            self.records.clear()

    @Slot()
    def _runs_changed(self) -> None:
        chosen = [run.folder for run in self.chosen()]
        self.model.set_runs(self.runs.runs)
        if not self._widths_kept and self.runs.runs:
            self.table.resizeColumnsToContents()
            self._widths_kept = True
        elif self.table.sizeHintForColumn(0) > self.table.columnWidth(0):
            self.table.resizeColumnToContents(0)  # a run with a longer name has come
        for folder in [run.folder for run in self.runs.runs if run.state not in ENDED_WELL]:
            self.records.pop(folder, None)  # it has gone on
        if chosen and chosen != [run.folder for run in self.chosen()]:
            self.choose(chosen)
        if self._wanted:
            self.select(self._wanted)
        self._state()
        if self.isVisible():
            self._compare()
        self._soon.start()

    def _state(self) -> None:
        self.stack.setCurrentIndex(1 if self.runs.runs else 0)

    @Slot(QPoint)
    def _header_menu(self, place: QPoint) -> None:
        menu = self.columns.menu()
        if menu is not None:
            menu.popup(self.table.horizontalHeader().mapToGlobal(place))

    @Slot(QPoint)
    def _row_menu(self, place: QPoint) -> None:
        index = self.table.indexAt(place)
        if not index.isValid():
            return
        run: RunFacts = index.data(RUN)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for page, text in (("try", self.tr("Try it")), ("export", self.tr("Export"))):
            action = menu.addAction(text, self._go)
            action.setData((page, run.folder.name))
            action.setEnabled(run.learned)
        action = menu.addAction(self.tr("Open the run in Train"), self._go)
        action.setData(("train", run.folder.name))
        menu.addSeparator()
        action = menu.addAction(self.tr("Open the folder"), self._go)
        action.setData(("", str(run.folder)))
        menu.popup(self.table.viewport().mapToGlobal(place))

    @Slot()
    def _go(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            page, what = action.data()
            if page:
                self.studio.wanted.emit(page, what)
            else:
                QDesktopServices.openUrl(QUrl.fromLocalFile(what))

    @Slot()
    def _columns_chosen(self) -> None:
        hidden = [id for id, action in self.column_actions.items() if not action.isChecked()]
        for place, column in enumerate(self.model.columns):
            self.table.setColumnHidden(place, column.id in hidden)
            if column.id not in hidden and self.table.columnWidth(place) < 4 * theme.UNIT:
                self.table.resizeColumnToContents(place)
        self.studio.settings.setValue("compare/hidden", hidden)

    # ---------------------------------------------------------------------------------------- the verdict

    def _compare(self) -> None:
        """Ask the command line for the verdicts if a run has ended since the last time."""
        project = self.studio.project
        ended = tuple((run.folder, run.state) for run in self.runs.runs if run.learned)
        if project is None or not self.runs.read or ended == self._compared:
            return
        self._compared = ended
        if self._command is not None:
            self._command.kill()
        self._command = self.studio.command("compare", str(project.folder), "--json")
        self._command.arrived.connect(self._take_comparison)
        self._command.ended.connect(self._comparison_ended)
        if self.comparison is None:
            self.verdict.show_waiting()
        self._command.start()

    @Slot(object)
    def _take_comparison(self, lines: list[Any]) -> None:
        if self.sender() is not self._command:
            return
        for line in lines:
            if isinstance(line, dict) and "pairs" in line:
                self.comparison = line
                self._show_target(line.get("target"))
        self._fill()

    def _show_target(self, found: Any) -> None:
        """The part on the target domain, of a project that has adaptations that have ended."""
        there = isinstance(found, Mapping) and bool(found.get("rows"))
        self.tabs.setTabVisible(self.tabs.indexOf(self.target), there)
        if there:
            self.target.show_target(found)

    @Slot(str)
    def _label_some(self, run: str) -> None:
        from xferstudio.gui.audit.audit_window import open_audit

        self._audit = open_audit(self.studio, run, self)
        self._audit.measured.connect(self._compare_again)
        self._audit.destroyed.connect(self._audit_closed)

    @Slot()
    def _audit_closed(self) -> None:
        self._audit = None

    @Slot()
    def _compare_again(self) -> None:
        self._compared = None
        self._compare()

    @Slot(int, str)
    def _comparison_ended(self, code: int, words: str) -> None:
        if self.sender() is not self._command:
            return
        self._command = None
        if code != 0:
            self.comparison = None
            self.verdict.show_problem(last_sentence(words))

    # ------------------------------------------------------------------------------------ what sets apart

    @Slot()
    def _selected(self) -> None:
        self._soon.start()

    @Slot()
    def _look(self) -> None:
        """Read what is not known of the chosen runs, and show what is."""
        chosen = self.chosen()
        missing = [run.folder for run in chosen if run.folder not in self.records]
        if missing:

            def work(stopped: Stopped) -> list[RunRecord]:
                return [read_record(folder, stopped) for folder in missing if not stopped()]

            self._reader.ask(work)
        self._fill()

    @Slot(object)
    def _records_read(self, records: list[RunRecord]) -> None:
        self.records.update((record.folder, record) for record in records)
        self._fill()

    @Slot()
    def _fill(self) -> None:
        chosen, shown = self.chosen(), self.tabs.currentWidget()
        if shown is self.verdict and self.comparison is not None:
            self.verdict.show_comparison(self.comparison, chosen)
        elif shown is self.curves_place:
            if self.curves is None:
                self.curves = CurvesView()
                layout = self.curves_place.layout()
                assert layout is not None
                layout.addWidget(self.curves)
                for plot in (self.curves.accuracy, self.curves.val_loss, self.curves.loss):
                    plot.failed.connect(self._plot_failed)
            self.curves.show_runs(chosen, self.records)
        elif shown is self.options:
            self.options.show_runs(chosen)
        elif shown is self.confusions:
            self.confusions.show_runs(chosen, self.records)
        elif shown is self.images:
            self.images.show_runs(chosen, self.records, self._root())

    @Slot(str)
    def _plot_failed(self, sentence: str) -> None:
        self.studio.message.emit(sentence, "")

    def _root(self) -> Path:
        if self.studio.pictures is not None:
            return self.studio.pictures.root
        try:
            path = self.studio.project.data_path() if self.studio.project is not None else Path()
        except UserError:
            return Path()
        return path.parent if path.is_file() else path

    @Slot(str)
    def _open_file(self, file: str) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(file))
