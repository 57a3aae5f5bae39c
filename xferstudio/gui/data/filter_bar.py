"""The bar over the grid: which images are shown, in which order and how large, and which run's predictions with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSlider, QToolButton, QVBoxLayout, QWidget

from xferstudio.gui.data.grid import SIDES
from xferstudio.gui.data.rows import Filter, Guesses, Rows
from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import FlowLayout, button, label, plain_tip, tool
from xferstudio.gui.look.words import whole
from xferstudio.gui.project.reading import Reader
from xferstudio.gui.project.studio import Studio
from xferstudio.history import RunFolder

TYPING = 150
"""Milliseconds without a key after which a text is looked for."""


class FilterBar(QWidget):
    """Holds the filter, and the controls that set it and say what it is."""

    changed = Signal()
    """Other images are to be shown."""
    reordered = Signal()
    """The same images are to be shown in another order."""
    predicted = Signal(object)
    """The Guesses of the run that was chosen, or None: predictions are not shown any more."""
    sized = Signal(int)
    """The images are to have sides of so many pixels."""
    search_left = Signal()
    """Enter was pressed behind the text: on to the images."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.filter = Filter()
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING)
        self._typing.timeout.connect(self._take_text)
        self._reader = Reader(self)
        self._reader.done.connect(self._tell_guesses)
        self._reader.failed.connect(self._guesses_failed)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        lines.setSpacing(theme.UNIT)
        lines.addWidget(self._controls())
        lines.addLayout(self._strip())
        studio.runs_changed.connect(self._fill_runs)

    # ------------------------------------------------------------------------------------------- layout

    def _combo(self, name: str) -> QComboBox:
        made = QComboBox()
        made.setAccessibleName(name)
        made.setToolTip(plain_tip(name))
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        made.setMaximumWidth(28 * theme.UNIT)
        return made

    def _controls(self) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(holder)
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
        self.order.currentIndexChanged.connect(self.reordered)
        flow.addWidget(self.order)
        self.direction = tool("sort", self.tr("The other way round"))
        self.direction.setCheckable(True)
        self.direction.toggled.connect(self.reordered)
        flow.addWidget(self.direction)
        return holder

    def _strip(self) -> QHBoxLayout:
        strip = QHBoxLayout()
        strip.setSpacing(theme.UNIT)
        self.shown_words = label("", "quiet")
        strip.addWidget(self.shown_words)
        self.clear = button(self.tr("Clear filters"), role="link")
        self.clear.clicked.connect(self.clear_filters)
        strip.addWidget(self.clear)
        strip.addStretch(1)
        strip.addWidget(label(self.tr("Size"), "quiet"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(SIDES) - 1)
        self.slider.setPageStep(1)
        self.slider.setFixedWidth(14 * theme.UNIT)
        self.slider.setMinimumHeight(3 * theme.UNIT)
        self.slider.setAccessibleName(self.tr("Size of the images"))
        self.slider.setToolTip(self.tr("Size of the images"))
        self.slider.valueChanged.connect(self._take_size)
        strip.addWidget(self.slider)
        return strip

    # ------------------------------------------------------------------------------------------- the filter

    def places(self, rows: Rows) -> list[int]:
        """Places of the images in the rows that are to be shown, in order."""
        return rows.shown(self.filter, self.order.currentData(), self.direction.isChecked())

    def set_filter(self, wanted: Filter) -> None:
        """Show what passes this filter, and let all controls say so."""
        self.filter = wanted
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
        self.changed.emit()

    @Slot()
    def clear_filters(self) -> None:
        """Show everything."""
        self.set_filter(Filter())

    def reset(self) -> None:
        """Show everything, without predictions: another project is open."""
        self._reader.drop()
        with QSignalBlocker(self.run):
            self.run.setCurrentIndex(0)
        self.set_filter(Filter())

    @Slot()
    def _take_filters(self) -> None:
        state = self.state.currentData()
        self.set_filter(
            replace(
                self.filter,
                split=self.split.currentData() or "",
                domain=self.domain.currentData() or "",
                state=state,
                reason=self.filter.reason if state == "left_out" else "",
                wrong=self.wrong.isChecked() and self.wrong.isEnabled(),
            )
        )

    @Slot()
    def _take_text(self) -> None:
        text = self.search.text().strip()
        if text != self.filter.text:
            self.set_filter(replace(self.filter, text=text))

    @Slot()
    def _leave_search(self) -> None:
        self._typing.stop()
        self._take_text()
        self.search_left.emit()

    @Slot(int)
    def _take_size(self, step: int) -> None:
        self.sized.emit(SIDES[step])
        self.studio.settings.setValue("data/side", SIDES[step])

    # ------------------------------------------------------------------------------ what there is to choose

    def refresh(self) -> None:
        """The page has come to the front: the size that the user likes, and the runs that have ended."""
        side = int(str(self.studio.settings.value("data/side", SIDES[3])))
        with QSignalBlocker(self.slider):
            self.slider.setValue(SIDES.index(side) if side in SIDES else 3)
        self.sized.emit(SIDES[self.slider.value()])
        self._fill_runs()

    def show_domains(self, domains: Sequence[str]) -> None:
        """Let the user choose among the domains that the data name."""
        with QSignalBlocker(self.domain):
            self.domain.clear()
            self.domain.addItem(self.tr("All domains"), "")
            for name in domains:
                self.domain.addItem(name, name)
            self.domain.setCurrentIndex(max(0, self.domain.findData(self.filter.domain)))
        self.domain.setVisible(bool(domains))

    def show_numbers(self, shown: int, every: int, selected: int) -> None:
        """Say how many images are shown, of how many, and how many are selected."""
        if shown == every:
            text = self.tr("{count} shown").format(count=whole(shown))
        else:
            text = self.tr("{count} of {every} shown").format(count=whole(shown), every=whole(every))
        if selected:
            text += " · " + self.tr("{count} selected").format(count=whole(selected))
        self.shown_words.setText(text)
        self.clear.setVisible(bool(self.filter))

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
        self._reader.drop()
        if not name:
            self._tell_guesses(None)
            return
        folder = next((run for run in self.studio.runs if run.path.name == name), None)
        if folder is not None:
            self._reader.ask(lambda _: guesses_of(folder))

    @Slot(object)
    def _tell_guesses(self, guesses: Guesses | None) -> None:
        self._allow_wrong()
        if guesses is None and self.filter.wrong:
            self.set_filter(replace(self.filter, wrong=False))
        self.predicted.emit(guesses)

    @Slot(str)
    def _guesses_failed(self, why: str) -> None:
        self.run.setCurrentIndex(0)
        self.studio.message.emit(why, "")

    def _allow_wrong(self) -> None:
        chosen = bool(self.run.currentData())
        self.wrong.setEnabled(chosen)
        place = self.order.findData("confidence")
        if chosen and place < 0:
            self.order.addItem(self.tr("By confidence"), "confidence")
        elif not chosen and place >= 0:
            self.order.removeItem(place)

    def let_go(self) -> None:
        """End what waits and what is read."""
        self._typing.stop()
        self._reader.let_go()


def guesses_of(run: RunFolder) -> Guesses:
    """Read what a run predicts. Raises UserError where that cannot be read."""
    read = run.read_predictions()
    sure = read.probabilities.max(axis=1).tolist() if len(read) else []
    table = dict(zip(read.paths, zip(read.labels, read.predicted, sure, strict=True), strict=True))
    return Guesses(run.path.name, table)
