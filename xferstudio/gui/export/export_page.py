"""The page that takes a model out of the project, in a format, with a measured proof that it answers as here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QLocale, QObject, Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication, QIcon, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QRadioButton,
    QStackedLayout,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme, widgets, words
from xferstudio.gui.look.help import keys
from xferstudio.gui.look.messages import ask
from xferstudio.gui.look.options_form import OptionsForm
from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.model_choice import ModelChoice
from xferstudio.gui.project.page import Page
from xferstudio.gui.project.reading import Reader, Stopped
from xferstudio.gui.project.recipe import settings, shell_line
from xferstudio.gui.project.run_facts import RunList, moment
from xferstudio.gui.project.studio import Studio, last_sentence

PARITY = "parity.json"
"""The proof: in the folder of an export, or beside its file with the file's name before it."""

ACROSS = 3
"""Formats side by side."""


@dataclass(frozen=True)
class Exported:
    """One export that lies in the project's folder. `parity` is empty where the proof cannot be read."""

    path: Path
    parity: Mapping[str, Any]
    size: int
    written: datetime


def read_exports(folder: Path) -> list[Exported]:
    """The exports in this folder that carry a proof, newest first. Of any thread."""
    found = []
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        proof = entry / PARITY if entry.is_dir() else entry.with_name(f"{entry.name}.{PARITY}")
        try:
            parity = json.loads(proof.read_text(encoding="utf-8"))
            files = [each for each in entry.rglob("*") if each.is_file()] if entry.is_dir() else [entry]
            size = sum(each.stat().st_size for each in files)
            written = datetime.fromtimestamp(proof.stat().st_mtime)
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            parity, size, written = {}, 0, datetime.fromtimestamp(0)
        found.append(Exported(entry, parity if isinstance(parity, dict) else {}, size, written))
    return sorted(found, key=lambda each: each.written, reverse=True)


class FormatCard(widgets.Card):
    """One format with what it is good for; chosen by a click, or with the keyboard by its round button."""

    chosen = Signal(str)

    def __init__(self, exporter: Mapping[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.id = str(exporter["id"])
        self.body.setSpacing(theme.UNIT // 2)
        self.radio = QRadioButton(words.engine_text(str(exporter["label"])))
        self.radio.setFont(theme.font("body", bold=True))
        summary = words.engine_text(str(exporter.get("summary", "")))
        self.radio.setAccessibleDescription(summary)
        self.radio.toggled.connect(self._toggled)
        self.body.addWidget(self.radio)
        self.body.addWidget(widgets.label(summary, "quiet", wrap=True))
        self.body.addStretch(1)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    @Slot(bool)
    def _toggled(self, on: bool) -> None:
        if on:
            self.chosen.emit(self.id)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mousePressEvent(event)
        self.radio.setFocus()
        self.radio.setChecked(True)


class ExportPage(Page):
    """Which run, which format, where to; then progress and the proof. Beside it, what was exported before."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.setObjectName("export")
        self.runs = RunList(studio, self)
        self.exports: list[Exported] = []
        self.cards: dict[str, FormatCard] = {}
        self._command: Command | None = None
        self._parity: Mapping[str, Any] | None = None
        self._written = Path()
        self._stopped = False
        self._suggested = ""
        self._wanted = ""
        self._project = studio.project.folder if studio.project else None
        self._reader = Reader(self)
        self._reader.done.connect(self._exports_read)
        self._build()
        self.runs.changed.connect(self._models_changed)
        studio.catalogue_changed.connect(self._formats)
        studio.figures_changed.connect(self._read_exports)
        studio.project_changed.connect(self._project_changed)
        self._formats()
        self._state()

    # ---------------------------------------------------------------------------------------------- parts

    def _build(self) -> None:
        self.stack = QStackedLayout(self)
        self.empty = widgets.EmptyState(
            "export",
            self.tr("Nothing to export yet"),
            self.tr("When a run has finished, its model can be taken from here to other programs."),
            self.tr("Go to Train"),
        )
        self.empty.acted.connect(self.go_to_train)
        self.stack.addWidget(self.empty)
        inside = QWidget()
        self.stack.addWidget(widgets.scrolling(inside, self.tr("Export")))
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(theme.UNIT + theme.UNIT // 2)
        top = widgets.title_row(self.tr("Export"))
        self.model = ModelChoice()
        self.model.picked.connect(self._suggest)
        name = widgets.label(self.tr("Run"), "quiet")
        name.setBuddy(self.model)
        top.addWidget(name)
        top.addWidget(self.model)
        layout.addLayout(top)
        layout.addWidget(widgets.label(self.tr("Format"), "heading"))
        self.formats = QWidget()
        self.formats_grid = QGridLayout(self.formats)
        self.formats_grid.setContentsMargins(0, 0, 0, 0)
        self.formats_grid.setSpacing(theme.UNIT + theme.UNIT // 2)
        layout.addWidget(self.formats)
        self.waiting = widgets.label(self.tr("Looking for formats…"), "quiet")
        layout.addWidget(self.waiting)
        self.group = QButtonGroup(self)
        self.options = OptionsForm()
        self.options.setAccessibleName(self.tr("Options of the format"))
        layout.addWidget(self.options)
        layout.addWidget(widgets.label(self.tr("Where to"), "heading"))
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        self.place = QLineEdit()
        self.place.setAccessibleName(self.tr("Where to"))
        self.place.textChanged.connect(self._state)
        row.addWidget(self.place, 1)
        self.browse = widgets.button(self.tr("Choose…"), "folder")
        self.browse.clicked.connect(self._browse)
        row.addWidget(self.browse)
        layout.addLayout(row)
        self.button = widgets.button(self.tr("Export"), "export", "primary")
        self.button.clicked.connect(self.export)
        self.stop = widgets.button(self.tr("Stop"), "stop")
        self.stop.clicked.connect(self._stop)
        self.place.returnPressed.connect(self.button.click)
        row, self.progress = widgets.work_row(self.button, self.stop, self.tr("Progress"))
        self.doing = widgets.label("", "quiet")
        row.addWidget(self.doing, 1)
        row.addStretch(1)
        self.copy = widgets.button(self.tr("Copy as command"), "terminal")
        self.copy.clicked.connect(self._copy)
        row.addWidget(self.copy)
        layout.addLayout(row)
        layout.addWidget(self._result())
        self.before = widgets.label(self.tr("Exported before"), "heading")
        layout.addSpacing(theme.UNIT)
        layout.addWidget(self.before)
        layout.addWidget(self._table(), 1)

    def _result(self) -> QWidget:
        self.result = widgets.Card()
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT + theme.UNIT // 2)
        self.mark = QLabel()
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(theme.UNIT // 2)
        self.verdict = widgets.label("", wrap=True)
        self.verdict.setFont(theme.font("body", bold=True))
        self.proof = widgets.label("", "quiet", wrap=True)
        for each in (self.verdict, self.proof):
            each.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            column.addWidget(each)
        row.addLayout(column, 1)
        self.open_button = widgets.button(self.tr("Open the folder"), "open")
        self.open_button.clicked.connect(self._open_written)
        self.try_button = widgets.button(self.tr("Try it"), "try")
        self.try_button.clicked.connect(self._try_written)
        row.addWidget(self.try_button, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignTop)
        self.result.body.addLayout(row)
        self.result.hide()
        return self.result

    def _table(self) -> QWidget:
        self.table = QTableWidget(0, 4)
        self.table.setHorizontalHeaderLabels(
            [self.tr("Export"), self.tr("Proof"), self.tr("Size"), self.tr("Written")]
        )
        widgets.read_only(self.table, self.tr("Exported before"))
        self.table.setMinimumHeight(16 * theme.UNIT)
        self.table.setToolTip(self.tr("A double click, or Enter, opens the folder"))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.cellDoubleClicked.connect(self._open_row)
        self.table.installEventFilter(self)
        return self.table

    # ----------------------------------------------------------------------------------------------- page

    def shortcuts(self) -> list[tuple[str, str]]:
        """What the help sheet says of this page."""
        return [(self.tr("Open the folder of an export"), keys("Return"))]

    def shown(self) -> None:
        """Read the runs, and what was exported before."""
        self.runs.refresh()
        self._read_exports()
        self._state()

    def select(self, what: str) -> None:
        """Choose this run, or this export in the list of those before."""
        for row, each in enumerate(self.exports):
            if what in (each.path.name, str(each.path)):
                self.table.selectRow(row)
                return
        run = self.runs.find(what)
        if run is None or not self.model.choose(run.folder):
            self._wanted = "" if run is not None else what

    def let_go(self) -> bool:
        """End the export that goes on; what was not whole is removed by it or never appears."""
        command, self._command = self._command, None
        if command is not None:
            command.kill()
        self._reader.let_go()
        self.runs.let_go()
        self._state()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if (
            watched is self.table
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and self.table.currentRow() >= 0
        ):
            self._open_row(self.table.currentRow(), 0)
            return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "table"):
            self._fill_table()  # marks in the other theme's colours

    @Slot()
    def _project_changed(self) -> None:
        folder = self.studio.project.folder if self.studio.project else None
        if folder != self._project:
            self._project = folder
            self.result.hide()
            self.exports = []
            self._fill_table()
            self._suggest()
            self._read_exports()

    # --------------------------------------------------------------------------------------------- choices

    @Slot()
    def _models_changed(self) -> None:
        self.model.set_models(self.runs.learned())
        if self._wanted and self.runs.read:
            wanted, self._wanted = self._wanted, ""
            self.select(wanted)
            self._wanted = ""
        self._state()

    @Slot()
    def _formats(self) -> None:
        exporters = self.studio.catalogue.exporters
        if list(self.cards) == [str(each["id"]) for each in exporters]:
            return
        before = self.format
        for card in self.cards.values():
            self.group.removeButton(card.radio)
            self.formats_grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = {}
        for place, exporter in enumerate(exporters):
            card = FormatCard(exporter)
            card.chosen.connect(self._format_chosen)
            self.group.addButton(card.radio)
            self.formats_grid.addWidget(card, place // ACROSS, place % ACROSS)
            self.formats_grid.setColumnStretch(place % ACROSS, 1)
            self.cards[card.id] = card
        self.waiting.setVisible(not exporters)
        if self.cards:
            wanted = (
                before if before in self.cards else "onnx" if "onnx" in self.cards else next(iter(self.cards))
            )
            self.cards[wanted].radio.setChecked(True)
        self._state()

    @property
    def format(self) -> str:
        """The id of the format that is chosen, or ""."""
        return next((id for id, card in self.cards.items() if card.radio.isChecked()), "")

    def _exporter(self) -> Mapping[str, Any] | None:
        return next((each for each in self.studio.catalogue.exporters if each["id"] == self.format), None)

    @Slot(str)
    def _format_chosen(self, id: str) -> None:
        exporter = self._exporter()
        options = list(exporter.get("options", ())) if exporter else []
        self.options.set_options(options)
        self.options.setVisible(bool(options))
        self._suggest()

    @Slot()
    def _suggest(self) -> None:
        """Name the place anew, unless the user has named one."""
        project, run, exporter = self.studio.project, self._run_name(), self._exporter()
        if project is None or not run or exporter is None:
            self._state()
            return
        suggested = str(project.exports_folder / f"{run}{exporter.get('suffix', '')}")
        if self.place.text().strip() in ("", self._suggested):
            self.place.setText(suggested)
        else:
            place = Path(self.place.text().strip())
            self.place.setText(str(place.with_name(f"{run}{exporter.get('suffix', '')}")))
        self._suggested = suggested
        self._state()

    def _run_name(self) -> str:
        folder = self.model.chosen
        return next((run.name for run in self.runs.runs if run.folder == folder), "")

    @Slot()
    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("Choose a folder for the export"), str(Path(self.place.text().strip()).parent)
        )
        if name:
            self.place.setText(str(Path(name) / Path(self.place.text().strip()).name))

    @Slot()
    def _state(self) -> None:
        busy = self._command is not None
        worked = (self.button.hasFocus() or self.place.hasFocus()) if busy else self.stop.hasFocus()
        self.stack.setCurrentIndex(1 if self.model.chosen is not None or self.exports or busy else 0)
        ready = bool(self.model.chosen and self.format and self.place.text().strip())
        self.button.setEnabled(ready and not busy)
        self.copy.setEnabled(ready)
        self.button.setVisible(not busy)
        seen: tuple[QWidget, ...] = (self.stop, self.progress, self.doing)
        for each in seen:
            each.setVisible(busy)
        fields: tuple[QWidget, ...] = (self.model, self.formats, self.options, self.place, self.browse)
        for each in fields:
            each.setEnabled(not busy)
        if worked:  # what was pressed is hidden now: the keyboard goes on with what took its place
            (self.stop if busy else self.button).setFocus()

    # -------------------------------------------------------------------------------------------- exporting

    def arguments(self, overwrite: bool = False) -> list[str]:
        """The command line of what is chosen, without the program."""
        assert self.studio.project is not None
        made = ["export", str(self.studio.project.folder), self._run_name(), "--to", self.format]
        made += ["--out", str(Path(self.place.text().strip()).expanduser())]
        made += settings(self.options.values())
        return [*made, "--overwrite"] if overwrite else made

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(shell_line(["xferstudio", *self.arguments()]))
        self.studio.note.emit(self.tr("The command is on the clipboard."))

    @Slot()
    def export(self) -> None:
        """Export what is chosen; asks before it overwrites."""
        if self._command is not None or self.studio.project is None:
            return
        place = Path(self.place.text().strip()).expanduser()
        overwrite = False
        if place.exists():
            keep, replace = self.tr("Keep it"), self.tr("Replace it")
            text = self.tr("{name} is there already. Replace it by the new export?").format(name=place.name)
            if ask(self, text, [keep, replace], str(place)) != replace:
                return
            overwrite = True
        self._parity, self._written, self._stopped = None, place, False
        self.result.hide()
        self.progress.setRange(0, 0)
        self.doing.setText(self.tr("Loading the model…"))
        self._command = self.studio.command(*self.arguments(overwrite), "--json")
        self._command.arrived.connect(self._take)
        self._command.ended.connect(self._ended)
        self._command.start()
        self._state()

    @Slot()
    def _stop(self) -> None:
        self._stopped = True
        if self._command is not None:
            self._command.kill()

    @Slot(object)
    def _take(self, lines: list[Any]) -> None:
        if self.sender() is not self._command:
            return
        for line in lines:
            if not isinstance(line, dict):
                continue
            if line.get("event") == "Progress":
                self.progress.setRange(0, int(line["total"]))
                self.progress.setValue(int(line["done"]))
                text = self.tr("{task}: {done} of {total}")
                self.doing.setText(
                    text.format(
                        task=words.engine_text(str(line["task"])),
                        done=words.whole(int(line["done"])),
                        total=words.whole(int(line["total"])),
                    )
                )
            elif isinstance(line.get("parity"), dict):
                self._parity = line["parity"]
            elif line.get("event") == "Notice":
                self.doing.setText(words.engine_text(str(line["text"])))

    @Slot(int, str)
    def _ended(self, code: int, said: str) -> None:
        if self.sender() is not self._command:
            return
        self._command = None
        now = theme.colours()
        if self._parity is not None:
            passed = bool(self._parity.get("passed"))
            title = (
                self.tr("{name} is written, and answers as the app does.")
                if passed
                else self.tr("{name} is written, but FAILED the comparison with the app: do not rely on it.")
            )
            notes = [words.engine_text(str(note)) for note in self._parity.get("notes") or ()]
            self._say(
                "check" if passed else "warning",
                now.good if passed else now.bad,
                title.format(name=self._written.name),
                words.told([self.proof_of(self._parity), *notes]),
            )
        elif self._stopped:
            self._say("stop", now.warning, self.tr("Stopped: nothing was exported."), "")
        else:
            reason = last_sentence(said) or self.tr("The export has ended without saying why.")
            self._say("warning", now.bad, self.tr("Nothing was exported."), reason)
            if code not in (0, 1, 2):
                self.studio.message.emit(reason, said)
        there = self._parity is not None
        self.open_button.setVisible(there)
        self.try_button.setVisible(there and self._written.suffix.lower() == ".onnx")
        self._state()
        self._read_exports()
        self.studio.look()

    def _say(self, icon: str, colour: Any, title: str, text: str) -> None:
        self.mark.setPixmap(theme.pixmap(icon, 2 * theme.UNIT + 4, colour))
        self.verdict.setText(title)
        self.proof.setText(text)
        self.proof.setVisible(bool(text))
        self.result.setAccessibleName(f"{title} {text}".strip())
        self.result.show()

    def proof_of(self, parity: Mapping[str, Any]) -> str:
        """The comparison with the app in words."""
        if not parity:
            return self.tr("The proof cannot be read.")
        if not parity.get("passed"):
            return words.engine_text(str(parity.get("sentence", "")))
        largest = float(parity.get("largest_difference", 0.0))
        small = self.tr("below {limit}").format(limit=QLocale().toString(0.0001, "f", 4))
        ties = int(parity.get("ties", 0))
        text = self.tr(
            "All {count} real files agree; the largest difference of a probability is {difference}."
        )
        if ties:
            text = self.tr(
                "All {count} real files agree ({ties} in a tie of the two best classes); the largest difference of a "
                "probability is {difference}."
            )
        return text.format(
            count=words.whole(int(parity.get("files", 0))),
            ties=words.whole(ties),
            difference=small if largest < 1e-4 else QLocale().toString(largest, "f", 4),
        )

    @Slot()
    def _open_written(self) -> None:
        self._open(self._written)

    @Slot()
    def _try_written(self) -> None:
        self.studio.wanted.emit("try", str(self._written))

    def _open(self, path: Path) -> None:
        folder = path if path.is_dir() else path.parent
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.studio.note.emit(self.tr("No program opens {folder}.").format(folder=folder))

    # ----------------------------------------------------------------------------------------------- before

    @Slot()
    def _read_exports(self) -> None:
        project = self.studio.project
        if project is None:
            return
        folder = project.exports_folder

        def work(_: Stopped) -> list[Exported]:
            return read_exports(folder)

        self._reader.ask(work)

    @Slot(object)
    def _exports_read(self, exports: list[Exported]) -> None:
        if exports != self.exports:
            self.exports = exports
            self._fill_table()
        self._state()

    def _fill_table(self) -> None:
        now = theme.colours()
        self.before.setVisible(bool(self.exports))
        self.table.setVisible(bool(self.exports))
        self.table.setRowCount(len(self.exports))
        for row, each in enumerate(self.exports):
            passed = bool(each.parity.get("passed"))
            proof = self.proof_of(each.parity)
            icon = QIcon(
                theme.pixmap(
                    "check" if passed else "warning", 2 * theme.UNIT, now.good if passed else now.bad
                )
            )
            cells = (
                each.path.name,
                proof,
                words.size(each.size),
                moment(each.written),
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(widgets.plain_tip(proof if column == 1 else str(each.path)))
                if column == 1:
                    item.setIcon(icon)
                    if not passed:
                        item.setForeground(now.bad)
                self.table.setItem(row, column, item)

    @Slot(int, int)
    def _open_row(self, row: int, column: int) -> None:
        self._open(self.exports[row].path)
