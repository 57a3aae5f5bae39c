"""The runs on the target domain, where no labels are needed: signs, their mean rank, verdicts, and the choice in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import domain_words, theme
from xferstudio.gui.look.widgets import Icon, button, label, plain_tip, read_only, scrolling
from xferstudio.gui.look.words import interval, names, percent

_RUN = int(Qt.ItemDataRole.UserRole)


class TargetTab(QWidget):
    """What `compare --json` tells of the target. `audit(run)`: the user wants to label a few images for this run."""

    audit = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found: Mapping[str, Any] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.UNIT, 0, 0)
        layout.setSpacing(theme.UNIT)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        self.icon = Icon("compare", 2 * theme.UNIT + 4, "accent")
        row.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        self.choice = label("", wrap=True)
        self.choice.setFont(theme.font("body", bold=True))
        row.addWidget(self.choice, 1)
        self.label_some = button(self.tr("Label a few images"), "tag", "primary")
        self.label_some.setToolTip(
            self.tr(
                "20 to 50 labels tell how accurate the chosen run is on the target, and correct the choice"
            )
        )
        self.label_some.clicked.connect(self._audit)
        row.addWidget(self.label_some, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(row)
        self.sentences = label("", "quiet", wrap=True)
        self.sentences.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.sentences.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.area = scrolling(self.sentences, self.tr("What is known of the target"))
        layout.addWidget(self.area, 2)
        self.table = QTableWidget()
        read_only(self.table, self.tr("Runs on the target domain"))
        self.table.setAccessibleDescription(self.tr("The best by mean rank first."))
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.itemSelectionChanged.connect(self._allow)
        layout.addWidget(self.table, 5)

    def show_target(self, found: Mapping[str, Any]) -> None:
        """Show this."""
        if found == self.found:
            return
        self.found = found
        rows = list(found.get("rows") or ())
        choice, close = str(found.get("choice") or ""), list(found.get("close") or ())
        if not choice:
            text = self.tr("No run can be chosen without labels.")
        elif len(close) > 1:
            text = self.tr("Too close to call without labels: {runs}").format(runs=names(map(str, close)))
        else:
            text = self.tr("By the signs that need no labels, take {run}").format(run=choice)
        self.choice.setText(text)
        sentences = [str(text) for text in found.get("sentences") or ()]
        # What it says of a command, the button does.
        kept = [text for text in sentences if "xferstudio audit" not in text]
        told = domain_words.sentences(kept)
        if len(kept) < len(sentences):
            told.append(self.tr("Signs are no accuracy: labels of a few images would tell more."))
        self.sentences.setText("\n".join(told))
        self._fill(rows)
        at = next((row for row, each in enumerate(rows) if str(each["run"]) == choice), 0)
        if rows:
            self.table.selectRow(at)
        self._allow()

    def _fill(self, rows: Sequence[Mapping[str, Any]]) -> None:
        signs = list(dict.fromkeys(name for each in rows for name in each.get("validators") or {}))
        heads = [
            (self.tr("Run"), ""),
            (self.tr("Mean rank"), self.tr("Over all signs that need no labels; 1 is the best.")),
            (self.tr("By signs"), self.tr("Whether adapting helped, by signs that need no labels.")),
            (
                self.tr("By labels"),
                self.tr("Whether adapting helped, by the labels of the target, where there are any."),
            ),
            (
                self.tr("Target accuracy"),
                self.tr("By the labels of the target, read after the model was chosen."),
            ),
            (self.tr("Audit"), self.tr("By the images that you have labelled, with its 95 % interval.")),
            *((domain_words.validator(name), domain_words.validator_help(name)) for name in signs),
        ]
        self.table.clear()
        self.table.setRowCount(len(rows))
        self.table.setColumnCount(len(heads))
        for column, (text, tip) in enumerate(heads):
            head = QTableWidgetItem(text)
            head.setToolTip(plain_tip(tip))
            self.table.setHorizontalHeaderItem(column, head)
        now = theme.colours()
        tones = {"helped": now.good, "negative transfer": now.bad}
        for row, each in enumerate(rows):
            values = each.get("validators") or {}
            verdict, by_labels = str(each.get("verdict") or ""), str(each.get("verdict_by_labels") or "")
            cells = [
                str(each["run"]),
                _figure(each.get("rank"), 2),
                domain_words.verdict_in_a_word(verdict),
                domain_words.verdict_in_a_word(by_labels),
                _share(each.get("accuracy"), each.get("accuracy_interval")),
                self._audited(each.get("audit")),
                *(_figure(values.get(name), 4) for name in signs),
            ]
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setData(_RUN, str(each["run"]))
                item.setToolTip(plain_tip(text))
                tone = tones.get(verdict if column == 2 else by_labels if column == 3 else "")
                if tone is not None:
                    item.setForeground(tone)
                if column == 1 or column > 5:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()

    @staticmethod
    def _audited(found: Any) -> str:
        if isinstance(found, Mapping):
            return _share(found.get("accuracy"), found.get("interval"))
        return percent(float(found)) if isinstance(found, (int, float)) else "–"

    def run(self) -> str:
        """The run whose row is chosen."""
        items = self.table.selectedItems()
        return str(items[0].data(_RUN)) if items else ""

    @Slot()
    def _allow(self) -> None:
        self.label_some.setEnabled(bool(self.run()))

    @Slot()
    def _audit(self) -> None:
        if self.run():
            self.audit.emit(self.run())


def _figure(value: Any, digits: int) -> str:
    if not isinstance(value, (int, float)):
        return "–"
    return QLocale().toString(float(value), "g" if digits > 2 else "f", digits)


def _share(value: Any, bounds: Any) -> str:
    if not isinstance(value, (int, float)):
        return "–"
    text = percent(float(value))
    return f"{text} ({interval(bounds)})" if bounds else text
