"""Source and target of the project side by side, or one of them; and how far the two are apart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.data.shift_panel import ShiftPanel
from xferstudio.gui.data.target_change import TargetChange
from xferstudio.gui.data.target_view import TargetView, target_folder
from xferstudio.gui.look import theme
from xferstudio.gui.look.messages import ask
from xferstudio.gui.look.widgets import button, label, plain_tip
from xferstudio.gui.project.studio import Studio

MODES = ("source", "target", "both")


class Domains(QWidget):
    """Holds what shows the source, and beside it the target domain where the project has one.

    Where both domains are shown, only one of the two parts of the `source` has room: the second one, `views`. One
    image that is shown large has the room to itself.
    """

    def __init__(
        self,
        studio: Studio,
        source: QSplitter,
        views: QStackedWidget,
        colour_of: Callable[[str], QColor],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.studio = studio
        self.source, self.views, self._colour_of = source, views, colour_of
        self.mode = "source"
        self._large = ""
        views.currentChanged.connect(self._source_large)
        self.target: TargetView | None = None
        self.shift: ShiftPanel | None = None
        self._awake = False
        self.change = TargetChange(studio, self)
        self.change.began.connect(self._arrange)
        self.change.changed.connect(self._changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar())
        self._place_of_shift = QVBoxLayout()
        column.addLayout(self._place_of_shift)
        self.splitter = QSplitter()
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(source)
        column.addWidget(self.splitter, 1)
        studio.project_changed.connect(self._project_changed)
        self._folder: Path | None = None
        self._project_changed()

    def _bar(self) -> QFrame:
        self.bar = QFrame()
        self.bar.setProperty("role", "bar")
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(2 * theme.UNIT, theme.UNIT // 2, 2 * theme.UNIT, theme.UNIT // 2)
        row.setSpacing(theme.UNIT // 2)
        self.group = QButtonGroup(self)
        self.buttons: dict[str, QToolButton] = {}
        for name, text, tip in (
            ("source", self.tr("Source"), self.tr("The labelled images, from which the network learns")),
            ("target", self.tr("Target"), self.tr("The images of the other domain, without labels")),
            ("both", self.tr("Side by side"), self.tr("Both domains beside each other")),
        ):
            made = QToolButton()
            made.setText(text)
            made.setToolTip(plain_tip(tip))
            made.setCheckable(True)
            made.setProperty("mode", name)
            made.clicked.connect(self._pressed)
            self.group.addButton(made)
            self.buttons[name] = made
            row.addWidget(made)
        self.busy = label("", "quiet")
        row.addSpacing(theme.UNIT)
        row.addWidget(self.busy)
        row.addStretch(1)
        self.far = button(self.tr("How far apart?"), "compare")
        self.far.setToolTip(
            self.tr("Measure how far apart the two domains are, and which strategies that suggests")
        )
        self.far.setCheckable(True)
        self.far.toggled.connect(self.show_shift)
        row.addWidget(self.far)
        return self.bar

    # ------------------------------------------------------------------------------------------ showing

    @Slot()
    def _project_changed(self) -> None:
        project = self.studio.project
        folder = project.folder if project is not None else None
        if folder != self._folder:
            self._folder = folder
            self.far.setChecked(False)
            wanted = str(self.studio.settings.value("data/domains", "both"))
            self.mode = wanted if wanted in MODES else "both"
        self._arrange()

    @Slot()
    def _pressed(self) -> None:
        pressed = self.sender()
        if isinstance(pressed, QToolButton):
            self.set_mode(str(pressed.property("mode")))

    def set_mode(self, mode: str) -> None:
        """Show the "source", the "target", or "both"."""
        self.mode, self._large = mode, ""
        self.studio.settings.setValue("data/domains", mode)
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        there = bool(target_folder(self.studio))
        mode = self.mode if there else "source"
        chosen = mode
        if mode == "both" and self._large:
            mode = self._large
        self.bar.setVisible(there or self.change.busy)
        self.far.setVisible(there)
        for name, made in self.buttons.items():
            made.setVisible(there)
            made.setChecked(name == chosen)
        self.busy.setText(self.tr("Looking at the images of the target domain…") if self.change.busy else "")
        if mode != "source" and self.target is None:
            self.target = TargetView(self.studio)
            self.target.grid.colour_of = self._colour_of
            self.target.large.connect(self._target_large)
            self.target.change_wanted.connect(self.ask_for_target)
            self.target.removed.connect(self.ask_to_remove)
            self.target.set_awake(self._awake)
            self.splitter.addWidget(self.target)
        came = self.target is not None and self.target.isHidden() and mode == "both"
        self.source.setVisible(mode != "target")
        if (first := self.source.widget(0)) is not None:
            first.setVisible(mode != "both")
        # The large view, which is not shown then, asks for more room than there is.
        self.views.setMinimumWidth(40 * theme.UNIT if mode == "both" else 0)
        if self.target is not None:
            self.target.setVisible(mode != "source")
            if came:
                half = max(1, self.splitter.width() // 2)
                self.splitter.setSizes([half, half])
        if not there:
            self.far.setChecked(False)

    @Slot(int)
    def _source_large(self, place: int) -> None:
        self._set_large("source" if place > 0 else "")

    @Slot(bool)
    def _target_large(self, on: bool) -> None:
        self._set_large("target" if on else "")

    def _set_large(self, which: str) -> None:
        if which != self._large:
            self._large = which
            self._arrange()

    @Slot(bool)
    def show_shift(self, on: bool) -> None:
        """Unfold the panel that says how far the domains are apart, or fold it away."""
        if on and self.shift is None:
            self.shift = ShiftPanel(self.studio)
            self.shift.closed.connect(self._fold)
            self._place_of_shift.addWidget(self.shift)
        if self.shift is not None:
            self.shift.setVisible(on)
            if on and self.shift.measure.isVisible():
                self.shift.measure.setFocus()

    @Slot()
    def _fold(self) -> None:
        self.far.setChecked(False)
        self.far.setFocus()

    # ----------------------------------------------------------------------------------------- changing

    @Slot()
    def ask_for_target(self) -> None:
        """Let the user choose the folder of the target domain."""
        known = self.studio.target
        start = str(known.root if known is not None else Path.home())
        folder = QFileDialog.getExistingDirectory(
            self, self.tr("Images of another domain, without labels"), start
        )
        if folder:
            self.change.use(Path(folder))

    def use(self, folder: Path) -> None:
        """A folder was dropped: make it the target domain, after asking where there is another one."""
        # The program that gave it waits until the drop has been taken.
        QTimer.singleShot(0, self, lambda: self._use(folder))

    def _use(self, folder: Path) -> None:
        old = target_folder(self.studio)
        if old:
            use, keep = self.tr("Use it"), self.tr("Keep the old one")
            sentence = self.tr(
                "Make {name} the target domain, in place of {old}? Runs that have ended keep what they have found."
            ).format(name=folder.name, old=Path(old).name)
            if ask(self, sentence, [keep, use]) != use:
                return
        self.change.use(folder)

    @Slot()
    def ask_to_remove(self) -> None:
        """Take the target domain away, after asking."""
        take, keep = self.tr("Take it away"), self.tr("Keep it")
        sentence = self.tr(
            "Take the target domain away from this project? Its images stay where they are, and so do runs that have "
            "ended; adaptations that are still to run cannot run then."
        )
        if ask(self, sentence, [keep, take]) == take:
            self.change.take_away()

    @Slot(bool)
    def _changed(self, well: bool) -> None:
        if well and target_folder(self.studio):
            self.set_mode("both")
        self._arrange()

    # ------------------------------------------------------------------------------------------ the page

    def set_awake(self, on: bool) -> None:
        """Decode thumbnails, or ask for none any more."""
        self._awake = on
        if self.target is not None:
            self.target.set_awake(on)

    def let_go(self) -> None:
        """End the threads."""
        self._awake = False
        if self.target is not None:
            self.target.let_go()
        if self.shift is not None:
            self.shift.let_go()
