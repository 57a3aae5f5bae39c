"""The images of the target domain beside those of the source: to look at only, for nobody trains on their labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.data.grid import Grid
from xferstudio.gui.data.preview import Preview
from xferstudio.gui.data.rows import UNLABELLED, Filter, Rows
from xferstudio.gui.look import theme
from xferstudio.gui.look.thumbnails import Thumbnails
from xferstudio.gui.look.widgets import Elided, EmptyState, label, plain_tip
from xferstudio.gui.look.words import whole
from xferstudio.gui.project.studio import Pictures, Studio

_TYPING = 150


class _ToLookAt(Grid):
    """A grid out of which nothing is dragged: these images get no class."""

    def _drag(self) -> None:
        return


class TargetView(QWidget):
    """Grid and large view of the target domain, with its folder and what can be done with it.

    `change_wanted()`: another folder is to be chosen; `removed()`: the project is to have no target any more.
    """

    large = Signal(bool)
    """One image is shown large, or no longer."""
    change_wanted = Signal()
    removed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.rows = Rows()
        self.filter = Filter()
        self.thumbnails = Thumbnails(self, threads=1)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING)
        self._typing.timeout.connect(self._refilter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head())
        self.views = QStackedWidget()
        self.grid = _ToLookAt(self.thumbnails)
        self.grid.setAccessibleName(self.tr("Images of the target domain"))
        self.grid.opened.connect(self.open_picture)
        self.grid.selection_changed.connect(self._tell)
        self.preview = Preview(studio)
        self.preview.closed.connect(self.close_picture)
        self.preview.moved.connect(self._next)
        self.nothing = EmptyState("search", self.tr("Looking through the images of the target domain"), "")
        for each in (self.grid, self.preview, self.nothing):
            self.views.addWidget(each)
        column.addWidget(self.views, 1)
        self.setMinimumWidth(40 * theme.UNIT)
        studio.target_changed.connect(self.refresh)
        self.refresh()

    def _head(self) -> QWidget:
        bar = QFrame()
        layout = QVBoxLayout(bar)
        layout.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        layout.setSpacing(theme.UNIT)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        row.addWidget(label(self.tr("Target domain"), "heading"))
        self.folder = Elided("", "small")
        row.addWidget(self.folder, 1)
        self.more = QToolButton()
        self.more.setText("⋯")
        self.more.setToolTip(self.tr("Change the target domain, or take it away"))
        self.more.setAccessibleName(self.tr("Change the target domain, or take it away"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        menu.addAction(self.tr("Choose another folder…"), self.change_wanted)
        menu.addAction(self.tr("Take the target domain away…"), self.removed)
        self.more.setMenu(menu)
        row.addWidget(self.more)
        layout.addLayout(row)
        line = QHBoxLayout()
        line.setSpacing(theme.UNIT)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Find by name"))
        self.search.setAccessibleName(self.tr("Find among the images of the target domain"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(40 * theme.UNIT)
        self.search.setMinimumWidth(12 * theme.UNIT)
        self.search.textChanged.connect(self._typing.start)
        line.addWidget(self.search, 10)
        self.state = QComboBox()
        self.state.setAccessibleName(self.tr("Which images of the target domain"))
        self.state.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.state.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for text, key in (
            (self.tr("Used and left out"), ""),
            (self.tr("Used"), "used"),
            (self.tr("Left out"), "left_out"),
        ):
            self.state.addItem(text, key)
        self.state.currentIndexChanged.connect(self._refilter)
        line.addWidget(self.state)
        line.addStretch(1)
        layout.addLayout(line)
        self.words = label("", "quiet", wrap=True)
        layout.addWidget(self.words)
        return bar

    # ------------------------------------------------------------------------------------------ contents

    @Slot()
    def refresh(self) -> None:
        """Show the images as they were found last."""
        pictures = self.studio.target
        project = self.studio.project
        written = project.data.target if project is not None else ""
        place = Path(pictures.root if pictures is not None else written)
        self.folder.set_text(place.name)
        self.folder.setToolTip(plain_tip(str(place)))
        self.thumbnails.forget()
        self.rows = Rows(_to_look_at(pictures))
        self.close_picture()
        self._refilter()

    @Slot()
    def _refilter(self) -> None:
        self._typing.stop()
        self.filter = Filter(text=self.search.text().strip(), state=self.state.currentData() or "")
        self.grid.show_rows(self.rows, self.rows.shown(self.filter))
        if self.views.currentWidget() is not self.preview:
            self.views.setCurrentWidget(self.grid if len(self.rows) else self.nothing)
        self._tell()

    @Slot()
    def _tell(self) -> None:
        pictures = self.studio.target
        if pictures is None:
            self.words.setText("")
            return
        counts = pictures.counts
        parts = [
            self.tr("{found} found = {used} used + {left_out} left out").format(
                **{key: whole(counts.get(key, 0)) for key in ("found", "used", "left_out")}
            )
        ]
        if len(self.grid.shown) != len(self.rows):
            parts = [
                self.tr("{count} of {every} shown").format(
                    count=whole(len(self.grid.shown)), every=whole(len(self.rows))
                )
            ]
        if self._labelled(pictures):
            parts.append(
                self.tr(
                    "Its class folders are kept from training; they are only read for the report at the end."
                )
            )
        self.words.setText("\n".join(parts))

    @staticmethod
    def _labelled(pictures: Pictures) -> bool:
        return any(picture.label not in (None, UNLABELLED) for picture in pictures.items)

    # ---------------------------------------------------------------------------------------- large view

    @Slot(int)
    def open_picture(self, place: int) -> None:
        """Show an image large."""
        position = self.grid.positions.get(place, -1)
        if position >= 0:
            self.grid.choose(position)
        self.views.setCurrentWidget(self.preview)
        self.large.emit(True)
        words = ""
        if position >= 0:
            words = self.tr("{number} of {count}").format(
                number=whole(position + 1), count=whole(len(self.grid.shown))
            )
        self.preview.show_picture(self.rows.root, self.rows.items[place], words, None, "")
        self.preview.setFocus()

    @Slot()
    def close_picture(self) -> None:
        """Back to the grid."""
        if self.views.currentWidget() is self.preview:
            self.preview.leave()
            self.large.emit(False)
            self.views.setCurrentWidget(self.grid if len(self.rows) else self.nothing)
            self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _next(self, step: int) -> None:
        target = min(len(self.grid.shown) - 1, max(0, self.grid.current + step))
        if self.grid.shown:
            self.open_picture(self.grid.shown[target])

    # ------------------------------------------------------------------------------------------- the page

    def set_awake(self, on: bool) -> None:
        """Decode thumbnails, or ask for none any more."""
        self.grid.asleep = not on
        self.grid.viewport().update()

    def let_go(self) -> None:
        """End the threads."""
        self._typing.stop()
        self.grid.asleep = True
        self.thumbnails.let_go()
        self.preview.let_go()


def _to_look_at(pictures: Pictures | None) -> Pictures | None:
    """The images without the split that all of them are in."""
    if pictures is None:
        return None
    items = [replace(each, split="") if each.split == "target" else each for each in pictures.items]
    return replace(pictures, items=items)


def target_folder(studio: Studio) -> str:
    """The target's folder as project.toml has it; "" without one."""
    project: Any = studio.project
    return str(project.data.target) if project is not None else ""


def only_folder(files: list[Path]) -> Path | None:
    """The folder that was dropped, if it is the only thing."""
    return files[0] if len(files) == 1 and files[0].is_dir() else None
