"""The page of plugins: version, what each adds, how long it took to load, and what is wrong with those that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QLocale, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme, words
from xferstudio.gui.look.widgets import Card, EmptyState, button, label
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.studio import Studio

_ENTRY = Qt.ItemDataRole.UserRole


class PluginsPage(Page):
    """All plugins that are installed, those that failed first."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        top = QHBoxLayout()
        title = QVBoxLayout()
        title.setSpacing(theme.UNIT // 2)
        title.addWidget(label(self.tr("Plugins"), "title"))
        self.summary = label("", "quiet")
        title.addWidget(self.summary)
        top.addLayout(title, 1)
        self.again = button(self.tr("Read again"), "refresh")
        self.again.clicked.connect(self._read)
        top.addWidget(self.again, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(top)
        self.table = QTableWidget(0, 5)
        self.table.setAccessibleName(self.tr("Plugins"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Plugin"), self.tr("Version"), self.tr("Adds"), self.tr("Loaded in"), self.tr("State")]
        )
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(4 * theme.UNIT + 4)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(5):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._selected)
        layout.addWidget(self.table, 3)
        self.empty = EmptyState(
            "plugins",
            self.tr("The plugins are being read"),
            self.tr("They are asked what they offer, in the background. This takes some seconds."),
        )
        layout.addWidget(self.empty, 3)
        self.card = Card()
        self.name = label("", "heading")
        self.about = label("", "body", wrap=True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint = label("", "quiet", wrap=True)
        self.hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = button(self.tr("Copy the command"), "copy")
        self.copy.clicked.connect(self._copy)
        for part in (self.name, self.about, self.hint):
            self.card.body.addWidget(part)
        self.card.body.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
        self.card.hide()
        layout.addWidget(self.card)
        studio.catalogue_changed.connect(self.refresh)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Show what the catalogue tells."""
        catalogue = self.studio.catalogue
        self.again.setEnabled(True)
        rows = [(entry, False) for entry in catalogue.failed] + [(entry, True) for entry in catalogue.loaded]
        self.empty.setVisible(not rows)
        self.table.setVisible(bool(rows))
        self.card.hide()
        if not rows:
            self.summary.setText(self.tr("What adds backbones, strategies and export formats"))
            self.table.setRowCount(0)
            return
        text = self.tr("{count} loaded").format(count=len(catalogue.loaded))
        if catalogue.failed:
            text += ", " + self.tr("{count} failed").format(count=len(catalogue.failed))
        self.summary.setText(text)
        self.table.setRowCount(len(rows))
        now = theme.colours()
        for row, (entry, good) in enumerate(rows):
            seconds = entry.get("seconds")
            texts = (
                _name(entry),
                str(entry.get("version") or "–"),
                self._adds(entry) if good else "–",
                self._time(seconds),
                self.tr("loaded") if good else self.tr("failed"),
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(_ENTRY, (entry, good))
                if column == 4:
                    item.setIcon(theme.icon("check" if good else "warning", now.good if good else now.bad))
                self.table.setItem(row, column, item)
        self.table.setIconSize(theme.icon_size())
        if catalogue.failed:
            self.table.selectRow(0)

    def shown(self) -> None:
        """The page has come to the front."""
        if not self.studio.catalogue.loaded and not self.studio.catalogue.failed:
            self._read()

    @Slot()
    def _read(self) -> None:
        self.again.setEnabled(False)
        self.studio.read_catalogue()

    def _adds(self, entry: Mapping[str, Any]) -> str:
        adds = entry.get("adds") or {}
        parts = []
        for kind, text in (
            ("backbones", self.tr("{count} backbones")),
            ("strategies", self.tr("{count} strategies")),
            ("exporters", self.tr("{count} export formats")),
        ):
            ids: Sequence[str] = adds.get(kind) or ()
            if len(ids) > 3:
                parts.append(text.format(count=len(ids)))
            elif ids:
                parts.append(", ".join(ids))
        return " · ".join(parts) or self.tr("nothing")

    @staticmethod
    def _time(seconds: Any) -> str:
        if not isinstance(seconds, (int, float)):
            return "–"
        return QLocale().toString(seconds * 1000, "f", 0) + "\u202fms"

    @Slot()
    def _selected(self) -> None:
        items = self.table.selectedItems()
        self.card.setVisible(bool(items))
        if not items:
            return
        entry, good = items[0].data(_ENTRY)
        self.name.setText(_name(entry))
        if good:
            adds = entry.get("adds") or {}
            lines = [
                title.format(ids=", ".join(adds[kind]))
                for kind, title in (
                    ("backbones", self.tr("Backbones: {ids}")),
                    ("strategies", self.tr("Strategies: {ids}")),
                    ("exporters", self.tr("Export formats: {ids}")),
                )
                if adds.get(kind)
            ]
            self.about.setText("\n".join(lines))
        else:
            self.about.setText(words.engine_text(reason(entry)))
        self.hint.setText(
            self.tr("Its maker, and you, can check it: {command}").format(command=_command(entry))
        )

    @Slot()
    def _copy(self) -> None:
        items = self.table.selectedItems()
        if items:
            QGuiApplication.clipboard().setText(_command(items[0].data(_ENTRY)[0]))
            self.studio.note.emit(self.tr("The command is in the clipboard."))


def reason(entry: Mapping[str, Any]) -> str:
    """Why a plugin failed."""
    return str(entry.get("reason") or entry.get("message") or entry.get("error") or "")


def _name(entry: Mapping[str, Any]) -> str:
    name, distribution = str(entry.get("name", "")), str(entry.get("distribution", ""))
    return f"{distribution} ({name})" if name and name != distribution else distribution or name


def _command(entry: Mapping[str, Any]) -> str:
    return f"xferstudio check-plugin {entry.get('distribution') or entry.get('name', '')}"
