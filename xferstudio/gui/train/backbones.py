"""Choosing a pretrained network: a list to search and sort, any name of timm, or a file of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import label, plain_tip
from xferstudio.gui.look.words import engine_text

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_ID = int(Qt.ItemDataRole.UserRole)
_SORT = _ID + 1
PREFIXES = ("embedded:", "timm:", "file:")


def parameters_in_words(number: int | None) -> str:
    """3,371,008 as 3.4 M."""
    if not number:
        return "–"
    return f"{number / 1e6:.1f} M" if number < 99.5e6 else f"{number / 1e6:.0f} M"


def size_in_words(size: Sequence[int] | None) -> str:
    """The size of the images that a network takes."""
    if not size:
        return "–"
    return f"{size[0]} px" if size[0] == size[1] else f"{size[0]} × {size[1]} px"


def as_id(text: str) -> str:
    """What somebody typed, as an id: a path is a file, a bare name of an architecture is one of timm's."""
    text = text.strip()
    if not text or text.startswith(PREFIXES) or ":" in text[2:]:
        return text
    if "/" in text or "\\" in text or Path(text).suffix in (".safetensors", ".pth", ".pt", ".bin"):
        return f"file:{text}"
    return f"timm:{text}"


class BackboneModel(QAbstractTableModel):
    """Backbones by row, as the catalogue describes them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.backbones: list[Mapping[str, Any]] = []

    def set_backbones(self, backbones: Sequence[Mapping[str, Any]]) -> None:
        """Show these."""
        self.beginResetModel()
        self.backbones = list(backbones)
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else len(self.backbones)

    def columnCount(self, parent: _Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else 5

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (
                self.tr("Network"),
                self.tr("Parameters"),
                self.tr("Images"),
                self.tr("Licence"),
                self.tr("Weights"),
            )[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.backbones[index.row()]
        if role == _ID:
            return entry["id"]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.texts(entry)[column]
        if role == _SORT:
            size = entry.get("input_size") or [0, 0]
            return (
                str(entry.get("label", "")).lower(),
                entry.get("parameters") or 0,
                size[0] * size[1],
                str(entry.get("licence", "")),
                0 if entry.get("local") else 1 if entry.get("local") is False else 2,
            )[column]
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (1, 2):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip("\n".join(filter(None, (str(entry["id"]), str(entry.get("source") or "")))))
        return None

    def texts(self, entry: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
        """The cells of a row."""
        here = entry.get("local")
        where = self.tr("on this machine") if here else self.tr("to be fetched")
        return (
            engine_text(str(entry.get("label") or entry["id"])),
            parameters_in_words(entry.get("parameters")),
            size_in_words(entry.get("input_size")),
            str(entry.get("licence") or "–"),
            where if here is not None else self.tr("not known"),
        )


class _Filter(QSortFilterProxyModel):
    """Rows in which every typed word occurs: in the label, the id, the licence."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.words: list[str] = []
        self.setSortRole(_SORT)

    def look_for(self, text: str) -> None:
        """Show what holds these words."""
        self.words = text.lower().split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:  # noqa: N802
        model = self.sourceModel()
        assert isinstance(model, BackboneModel)
        entry = model.backbones[row]
        text = " ".join(str(entry.get(key, "")) for key in ("id", "label", "architecture", "licence")).lower()
        text += " " + model.texts(entry)[4].lower()
        return all(word in text for word in self.words)


class BackbonePicker(QWidget):
    """The chosen network in a line, and a list that unfolds to choose another. `chosen` holds its id."""

    changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen = ""
        self.model = BackboneModel(self)
        self.rows = _Filter(self)
        self.rows.setSourceModel(self.model)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT)
        row = QHBoxLayout()
        words = QVBoxLayout()
        words.setSpacing(2)
        self.name = label("", "body", wrap=True)
        self.name.setFont(theme.font("body", bold=True))
        self.facts = label("", "quiet", wrap=True)
        words.addWidget(self.name)
        words.addWidget(self.facts)
        row.addLayout(words, 1)
        self.change = QPushButton(self.tr("Choose another"))
        self.change.setCheckable(True)
        self.change.toggled.connect(self._unfold)
        row.addWidget(self.change, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(row)
        self.warning = label("", "warning", wrap=True)
        self.warning.hide()
        layout.addWidget(self.warning)
        self.list = QWidget()
        inner = QVBoxLayout(self.list)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.UNIT)
        line = QHBoxLayout()
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search, or type any timm name or the path of a weights file"))
        self.search.setAccessibleName(self.tr("Search networks"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(
            theme.icon("search", theme.colours().quiet), QLineEdit.ActionPosition.LeadingPosition
        )
        self.search.textChanged.connect(self._searched)
        self.search.returnPressed.connect(self._entered)
        self.search.installEventFilter(self)
        line.addWidget(self.search, 1)
        self.use = QPushButton()
        self.use.clicked.connect(self._use_typed)
        self.use.hide()
        line.addWidget(self.use)
        files = QPushButton(self.tr("From disk…"))
        menu = QMenu(files)
        menu.addAction(self.tr("A file of weights…"), self._ask_file)
        menu.addAction(self.tr("A folder as timm writes it…"), self._ask_folder)
        files.setMenu(menu)
        line.addWidget(files)
        inner.addLayout(line)
        self.table = QTableView()
        self.table.setModel(self.rows)
        self.table.setAccessibleName(self.tr("Networks"))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(round(3.5 * theme.UNIT))
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 12), (2, 9), (3, 12), (4, 16)):
            self.table.setColumnWidth(column, width * theme.UNIT)
        self.table.setSortingEnabled(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.rows.sort(-1)
        self.table.setMinimumHeight(30 * theme.UNIT)
        self.table.clicked.connect(self._picked)
        self.table.activated.connect(self._picked)
        inner.addWidget(self.table)
        self.none = label("", "quiet", wrap=True)
        self.none.hide()
        inner.addWidget(self.none)
        self.list.hide()
        layout.addWidget(self.list)

    def set_backbones(self, backbones: Sequence[Mapping[str, Any]]) -> None:
        """The list of the catalogue: those on this machine first."""
        self.model.set_backbones(sorted(backbones, key=lambda each: not each.get("local")))
        self._tell()
        self._searched(self.search.text())

    def choose(self, id: str) -> None:
        """Take this one, listed or not."""
        if id == self.chosen:
            return
        self.chosen = id
        self._tell()
        self.changed.emit(id)

    def entry(self) -> Mapping[str, Any] | None:
        """The description of the chosen one, or None if nobody lists it."""
        return next((each for each in self.model.backbones if each["id"] == self.chosen), None)

    def _tell(self) -> None:
        entry = self.entry()
        self.warning.hide()
        if entry is None:
            self.name.setText(self.chosen or self.tr("No network is chosen"))
            known = bool(self.model.backbones)
            self.facts.setText(
                self.tr("Not in the list; it is looked up when the run begins.")
                if self.chosen and known
                else ""
            )
            return
        name, parameters, size, licence, where = self.model.texts(entry)
        self.name.setText(name)
        self.facts.setText(
            self.tr("{parameters} parameters · images of {size} · licence {licence} · {where}").format(
                parameters=parameters, size=size, licence=licence, where=where
            )
        )
        warnings = []
        if entry.get("local") is False:
            warnings.append(self.tr("The weights are fetched from the internet when the run begins."))
        if "nc" in str(entry.get("licence", "")).lower().split("-"):
            warnings.append(self.tr("Its licence does not allow commercial use."))
        self.warning.setText(" ".join(warnings))
        self.warning.setVisible(bool(warnings))

    @Slot(bool)
    def _unfold(self, on: bool) -> None:
        self.list.setVisible(on)
        self.change.setText(self.tr("Close the list") if on else self.tr("Choose another"))
        if on:
            self.search.setFocus()
            for row in range(self.rows.rowCount()):
                if self.rows.index(row, 0).data(_ID) == self.chosen:
                    self.table.selectRow(row)
                    self.table.scrollTo(self.rows.index(row, 0))

    @Slot(str)
    def _searched(self, text: str) -> None:
        self.rows.look_for(text)
        typed = as_id(text)
        listed = any(each["id"] == typed for each in self.model.backbones)
        self.use.setVisible(bool(text.strip()) and not listed and (not self.rows.rowCount() or ":" in text))
        self.use.setText(
            self.tr("Use {id}").format(id=typed if len(typed) < 40 else f"{typed[:18]}…{typed[-18:]}")
        )
        nothing = bool(text.strip()) and not self.rows.rowCount()
        self.table.setVisible(not nothing)
        self.none.setVisible(nothing)
        self.none.setText(
            self.tr(
                "None in the list. Press Enter to use {id}: any name of timm works, and any file of weights."
            ).format(id=typed)
        )

    @Slot()
    def _entered(self) -> None:
        if not self.use.isHidden():
            self._use_typed()
        elif self.rows.rowCount():
            self._picked(self.rows.index(0, 0))

    @Slot()
    def _use_typed(self) -> None:
        self.choose(as_id(self.search.text()))
        self.change.setChecked(False)
        self.change.setFocus()

    @Slot(QModelIndex)
    def _picked(self, index: QModelIndex) -> None:
        self.choose(str(index.siblingAtColumn(0).data(_ID)))
        self.change.setChecked(False)
        self.change.setFocus()

    @Slot()
    def _ask_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, self.tr("A file of weights"), "", self.tr("Weights (*.safetensors *.pth *.pt *.bin)")
        )
        if path:
            self.search.setText(f"file:{path}")
            self._use_typed()

    @Slot()
    def _ask_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.tr("A folder as timm writes it"))
        if path:
            self.search.setText(f"file:{path}")
            self._use_typed()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down and self.rows.rowCount():
                self.table.setFocus()
                self.table.selectRow(max(0, self.table.currentIndex().row()))
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.change.setChecked(False)
                self.change.setFocus()
                return True
        return super().eventFilter(watched, event)
