"""The parts of the comparison below the table: verdict, curves, options, confusion matrices, disagreements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QScrollArea,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.compare.run_record import RunRecord, disagreements
from xferstudio.gui.look import theme, widgets, words
from xferstudio.gui.look.picture_list import Entry, PictureList
from xferstudio.gui.project.run_facts import RunFacts, moment

MOST_MATRICES = 6
"""Confusion matrices that are drawn side by side at most."""


def _points(share: float, sign: bool = False) -> str:
    text = QLocale().toString(100 * share, "f", 1)
    return f"+{text}" if sign and not text.startswith(("-", "−")) else text


class VerdictView(QScrollArea):
    """What the comparison says, in words: which run is better, and whether transfer helped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.sentences: list[str] = []
        self.setAccessibleName(self.tr("Verdict"))

    def show_waiting(self) -> None:
        """The comparison is being computed."""
        self._fill([("clock", "quiet", self.tr("Comparing the runs image by image…"), "")])

    def show_problem(self, reason: str) -> None:
        """The comparison cannot be computed."""
        self._fill([("warning", "bad", self.tr("The runs cannot be compared."), reason)])

    def show_comparison(self, comparison: Mapping[str, Any], chosen: Sequence[RunFacts]) -> None:
        """What it says of the chosen runs; of one against all others, the best one where none is chosen."""
        names = {run.name for run in chosen}
        pairs = [pair for pair in comparison["pairs"] if {pair["a"], pair["b"]} <= names]
        if len(chosen) < 2:
            known = {row["run"] for row in comparison["rows"]}
            one = next(iter(names & known), comparison["best"])
            pairs = [pair for pair in comparison["pairs"] if one in (pair["a"], pair["b"])]
            names = names & known or known
        told = [self._pair(pair, len(comparison["pairs"])) for pair in pairs]
        judged = [
            row["run"]
            for row in comparison["rows"]
            if row["transfer"] in ("transfer helped", "no evidence", "negative transfer")
        ]
        for run, verdict in zip(judged, comparison["transfer"], strict=False):
            if run in names:
                told.append(self._transfer(verdict))
        old = [run.folder.name for run in chosen if run.learned and not run.newest]
        if len(chosen) >= 2 and old:
            text = self.tr("Only the newest run of each name is judged, not {runs}.")
            told.append(("info", "quiet", text.format(runs=", ".join(old)), ""))
        unfinished = [run.name for run in chosen if not run.learned]
        if len(chosen) >= 2 and unfinished:
            text = self.tr("Not judged, because they have no final model: {runs}.")
            told.append(("info", "quiet", text.format(runs=", ".join(unfinished)), ""))
        if not told:
            if not comparison["rows"]:
                text = self.tr("There is no finished run to compare yet.")
            elif len(comparison["rows"]) == 1:
                text = self.tr("Only one run is finished: do another one to compare it with.")
            else:
                text = self.tr("Choose two runs or more in the table.")
            told.append(("info", "quiet", text, ""))
        told += [("warning", "quiet", words.engine_text(text), "") for text in comparison["warnings"]]
        self._fill(told)

    def _pair(self, pair: Mapping[str, Any], looks: int) -> tuple[str, str, str, str]:
        """Says the same as the sentence of the comparison, in the user's language."""
        low, high = pair["interval"]
        count, units = int(pair["n"]), int(pair["units"])
        images = self.tr("{count} images").format(count=words.whole(count))
        if count == 1:
            images = self.tr("1 image")
        if 0 < units < count:
            images = self.tr("{images} in {count} groups").format(images=images, count=words.whole(units))
        facts = {
            "a": pair["a"],
            "b": pair["b"],
            "images": images,
            "points": _points(abs(pair["difference"])),
            "low": _points(low, sign=True),
            "high": _points(high, sign=True),
            "a_only": words.whole(int(pair["a_only"])),
            "b_only": words.whole(int(pair["b_only"])),
        }
        if count == 0:
            text = self.tr("{a} and {b} share no measured images, so they cannot be compared.")
            return "info", "quiet", text.format(**facts), ""
        if pair["verdict"] == "better":
            text = self.tr("{points} points more accurate on {images} (between {low} and {high} points).")
            return "up", "good", self.tr("{b} is better than {a}").format(**facts), text.format(**facts)
        if pair["verdict"] == "worse":
            text = self.tr("{points} points less accurate on {images} (between {low} and {high} points).")
            return "down", "bad", self.tr("{b} is worse than {a}").format(**facts), text.format(**facts)
        title = self.tr("Too close to call: {a} and {b}").format(**facts)
        if 0.5**units * looks >= 0.05:
            text = self.tr(
                "{images} are too little to tell them apart, whatever the outcome; measure on more."
            )
        elif pair["a_only"] + pair["b_only"] == 0:
            text = self.tr("Both are right on exactly the same of {images}.")
        else:
            text = self.tr(
                "{b} alone is right on {b_only} of {images}, {a} alone on {a_only}; the true difference may lie between "
                "{low} and {high} points."
            )
            if looks > 1 and (low > 0 or high < 0):
                text += " " + self.tr("Among {looks} comparisons, one like it can be chance.")
        return "minus", "body", title, text.format(**facts, looks=words.whole(looks))

    def _transfer(self, verdict: Mapping[str, Any]) -> tuple[str, str, str, str]:
        sentence = str(verdict["sentence"])
        if verdict["verdict"] == "transfer helped":
            icon, colour, title, said = "check", "good", self.tr("Transfer helped"), "Transfer helped: "
        elif verdict["verdict"] == "negative transfer":
            icon, colour, title, said = "warning", "bad", self.tr("Negative transfer"), "Negative transfer: "
        else:
            icon, colour, title = "minus", "body", self.tr("No evidence that transfer helped or hurt")
            said = "No evidence that transfer helped or hurt. "
        return icon, colour, title, words.engine_text(sentence.removeprefix(said))

    def _fill(self, told: Sequence[tuple[str, str, str, str]]) -> None:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(0, theme.UNIT, theme.UNIT, theme.UNIT)
        layout.setSpacing(theme.UNIT)
        now = theme.colours()
        self.sentences = []
        for icon, role, title, text in told:
            row = QWidget()
            line = QHBoxLayout(row)
            line.setContentsMargins(theme.UNIT, 0, 0, 0)
            line.setSpacing(theme.UNIT + theme.UNIT // 2)
            mark = QLabel()
            colour = {"good": now.good, "bad": now.bad, "quiet": now.quiet}.get(role, now.text)
            mark.setPixmap(theme.pixmap(icon, 2 * theme.UNIT + 2, colour))
            line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
            column = QVBoxLayout()
            column.setSpacing(2)
            strong = widgets.label(title, role if role == "quiet" else "body", wrap=True)
            if text:
                strong.setFont(theme.font("body", bold=True))
            column.addWidget(strong)
            rest = widgets.label(text, "quiet", wrap=True)
            rest.setVisible(bool(text))
            column.addWidget(rest)
            for each in (strong, rest):
                each.setTextInteractionFlags(
                    Qt.TextInteractionFlag.TextSelectableByMouse
                    | Qt.TextInteractionFlag.TextSelectableByKeyboard
                )
            line.addLayout(column, 1)
            layout.addWidget(row)
            self.sentences.append(": ".join(filter(None, (title, text))))
        layout.addStretch(1)
        self.setWidget(inside)
        self.setAccessibleDescription(" ".join(self.sentences))


class CurvesView(QWidget):
    """Curves of the chosen runs over one another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from xferstudio.gui.look.plots import Plot

        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.UNIT, 0, 0)
        layout.setSpacing(3 * theme.UNIT)
        self.hint = widgets.label(
            self.tr("Choose runs in the table to lay their curves over one another."), "quiet"
        )
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.hint)
        self.accuracy = Plot(self.tr("Validation accuracy"), self.tr("epoch"), percent=True)
        self.val_loss = Plot(self.tr("Validation loss"), self.tr("epoch"))
        self.loss = Plot(self.tr("Training loss, smoothed"), self.tr("step"))
        for plot in (self.accuracy, self.val_loss, self.loss):
            layout.addWidget(plot, 1)
            plot.setMinimumWidth(26 * theme.UNIT)

    def show_runs(self, runs: Sequence[RunFacts], records: Mapping[Path, RunRecord]) -> None:
        """Show these runs and no others."""
        self.hint.setVisible(not runs)
        for plot in (self.accuracy, self.val_loss, self.loss):
            plot.setVisible(bool(runs))
            for name in list(plot.curves):
                plot.remove(name)
            plot.clear()
        for number, run in enumerate(runs):
            record = records.get(run.folder)
            if record is None:
                continue
            key, name = str(run.folder), run_title(run, runs)
            for plot, xs, ys in (
                (self.accuracy, record.epochs, record.accuracy),
                (self.val_loss, record.epochs, record.val_loss),
            ):
                if any(map(math.isfinite, ys)):
                    plot.curve(key, name, index=number, dots=len(xs) <= 30)
                    plot.set_data(key, xs, ys)
            if any(map(math.isfinite, record.low)):
                self.accuracy.set_band(key, record.epochs, record.low, record.high)
            if len(record.steps) > 1:
                self.loss.curve(key, name, index=number)
                self.loss.set_data(key, record.steps, record.loss)


def run_title(run: RunFacts, among: Sequence[RunFacts]) -> str:
    """The name of a run; with its time where several of the same name are shown."""
    if sum(other.name == run.name for other in among) > 1 and run.date is not None:
        return f"{run.name} ({moment(run.date)})"
    return run.name


class OptionsView(QWidget):
    """The options in which the chosen runs differ, and no others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.UNIT, 0, 0)
        self.words = widgets.label("", "quiet", wrap=True)
        layout.addWidget(self.words)
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName(self.tr("Options that differ"))
        self.table.verticalHeader().setDefaultSectionSize(4 * theme.UNIT)
        layout.addWidget(self.table, 1)

    def show_runs(self, runs: Sequence[RunFacts]) -> None:
        """Show what differs between these; all options of a single one."""
        rows = option_rows(runs)
        differing = [row for row in rows if len(set(row[1])) > 1] if len(runs) > 1 else rows
        same = len(rows) - len(differing)
        if len(runs) < 2:
            self.words.setText(self.tr("Choose two runs or more to see only what differs."))
        elif not differing:
            self.words.setText(self.tr("These runs were asked to do exactly the same."))
        else:
            self.words.setText(
                self.tr("Shown is what differs; {count} more are the same.").format(count=same)
            )
        self.table.clear()
        self.table.setRowCount(len(differing))
        self.table.setColumnCount(len(runs))
        self.table.setHorizontalHeaderLabels([run_title(run, runs) for run in runs])
        self.table.setVerticalHeaderLabels(
            [words.engine_text(name.replace("_", " ")) for name, _ in differing]
        )
        for place, (_, values) in enumerate(differing):
            for column, value in enumerate(values):
                item = QTableWidgetItem(value)
                item.setToolTip(widgets.plain_tip(value))
                self.table.setItem(place, column, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setMinimumSectionSize(14 * theme.UNIT)
        header.setMaximumSectionSize(40 * theme.UNIT)
        header.setStretchLastSection(True)


def option_rows(runs: Sequence[RunFacts]) -> list[tuple[str, list[str]]]:
    """Name and value in each run of everything that was asked for; "–" where a strategy has no such option."""

    def text(value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return f"{value:g}" if isinstance(value, float) else words.engine_text(str(value))

    rows = [
        ("strategy", [run.strategy for run in runs]),
        ("backbone", [run.backbone for run in runs]),
    ]
    names = dict.fromkeys(name for run in runs for name in run.options)
    rows += [(name, [text(run.options.get(name, "–")) for run in runs]) for name in names]
    rows.append(("device", [run.device for run in runs]))
    return rows


class ConfusionsView(QScrollArea):
    """Confusion matrices of the chosen runs side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setAccessibleName(self.tr("Confusion matrices"))
        self.matrices: list[Any] = []

    def show_runs(self, runs: Sequence[RunFacts], records: Mapping[Path, RunRecord]) -> None:
        """Show these runs and no others."""
        from xferstudio.gui.look.confusion import ConfusionMatrix

        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, theme.UNIT, 0, theme.UNIT)
        row.setSpacing(3 * theme.UNIT)
        self.matrices = []
        for run in runs[:MOST_MATRICES]:
            record = records.get(run.folder)
            column = QVBoxLayout()
            title = run_title(run, runs)
            if record is not None and record.confusion:
                split = self.tr("test images") if record.split == "test" else self.tr("validation images")
                column.addWidget(widgets.label(f"{title} · {split}", "heading"))
                matrix = ConfusionMatrix()
                matrix.show_matrix(record.classes, record.confusion)
                matrix.setMinimumWidth(46 * theme.UNIT)
                if len(record.classes) <= 6:
                    matrix.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
                column.addWidget(matrix, 1)
                self.matrices.append(matrix)
            else:
                column.addWidget(widgets.label(title, "heading"))
                text = self.tr("It has no predictions yet: let it finish.")
                column.addWidget(widgets.label(text, "quiet", wrap=True))
                column.addStretch(1)
            row.addLayout(column, 1)
        if not runs:
            hint = widgets.label(
                self.tr("Choose runs in the table to see which classes they confuse."), "quiet"
            )
            hint.setAlignment(Qt.AlignmentFlag.AlignTop)
            row.addWidget(hint)
        if len(runs) > MOST_MATRICES:
            row.addWidget(widgets.label(self.tr("Choose fewer runs to see the others."), "quiet", wrap=True))
        self.setWidget(inside)


class DisagreementView(QWidget):
    """Images that one run gets right and the other wrong."""

    opened = Signal(str)
    """An image was picked: its file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.UNIT, 0, 0)
        layout.setSpacing(theme.UNIT)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        self.one, self.two = QComboBox(), QComboBox()
        self.one.setAccessibleName(self.tr("First run"))
        self.two.setAccessibleName(self.tr("Second run"))
        self.against = widgets.label(self.tr("against"), "quiet")
        row.addWidget(self.one)
        row.addWidget(self.against)
        row.addWidget(self.two)
        row.addStretch(1)
        layout.addLayout(row)
        self.words = widgets.label("", "quiet", wrap=True)
        layout.addWidget(self.words)
        self.split = split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        self.titles: list[QLabel] = []
        self.lists: list[PictureList] = []
        for _ in range(2):
            side = QWidget()
            column = QVBoxLayout(side)
            margin = (0, 0, theme.UNIT, 0) if not self.lists else (theme.UNIT, 0, 0, 0)
            column.setContentsMargins(*margin)
            title = widgets.label("", "heading")
            column.addWidget(title)
            pictures = PictureList(side=112)
            pictures.setAccessibleName(self.tr("Images on which the runs disagree"))
            pictures.activated.connect(self._open)
            column.addWidget(pictures, 1)
            self.titles.append(title)
            self.lists.append(pictures)
            split.addWidget(side)
        layout.addWidget(split, 1)
        layout.addStretch(0)
        self._runs: list[RunFacts] = []
        self._records: Mapping[Path, RunRecord] = {}
        self._root = Path()
        for box in (self.one, self.two):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.currentIndexChanged.connect(self._show)

    def show_runs(self, runs: Sequence[RunFacts], records: Mapping[Path, RunRecord], root: Path) -> None:
        """Choose between these runs, whose images lie under `root`."""
        self._records, self._root = records, root
        usable = [run for run in runs if run.folder in records and records[run.folder].answers]
        if [run.folder for run in usable] != [run.folder for run in self._runs]:
            for place, box in enumerate((self.one, self.two)):
                box.blockSignals(True)
                box.clear()
                for run in usable:
                    box.addItem(run_title(run, usable), str(run.folder))
                box.setCurrentIndex(0 if place == 0 else len(usable) - 1)
                box.blockSignals(False)
                box.setVisible(len(usable) > 1)
            self.against.setVisible(len(usable) > 1)
        self._runs = usable
        self._show()

    @Slot()
    def _show(self) -> None:
        for title, pictures in zip(self.titles, self.lists, strict=True):
            title.setText("")
            pictures.pictures.set_entries(())
        self.split.setVisible(False)
        if len(self._runs) < 2:
            self.words.setText(
                self.tr("Choose two finished runs or more to see which images only one of them gets right.")
            )
            return
        one, two = self._runs[self.one.currentIndex()], self._runs[self.two.currentIndex()]
        only_one, only_two = disagreements(self._records[one.folder], self._records[two.folder])
        common = len(self._records[one.folder].answers.keys() & self._records[two.folder].answers.keys())
        self.split.setVisible(bool(only_one or only_two))
        if one is two:
            self.words.setText(self.tr("Choose two different runs."))
        elif not only_one and not only_two:
            self.words.setText(
                self.tr("Both are right and wrong on the same of {count} images.").format(
                    count=words.whole(common)
                )
            )
        else:
            self.words.setText(
                self.tr("Of {count} images that both were measured on; surest mistakes first.").format(
                    count=words.whole(common)
                )
            )
        for place, (run, pairs) in enumerate(((one, only_one), (two, only_two))):
            only = self.tr("Only {run} is right: {count}")
            self.titles[place].setText(
                only.format(run=run_title(run, self._runs), count=words.whole(len(pairs)))
            )
            entries = []
            for a, b in pairs:
                wrong = b if place == 0 else a
                entries.append(
                    Entry(
                        str(self._root / a.path),
                        a.label,
                        self.tr("said {label} ({confidence})").format(
                            label=wrong.predicted, confidence=words.percent(wrong.confidence, 0)
                        ),
                        content=a.content,
                    )
                )
            self.lists[place].pictures.set_entries(entries)
            self.lists[place].setEnabled(bool(entries))
            self.lists[place].setAccessibleName(self.titles[place].text())

    @Slot()
    def _open(self) -> None:
        pictures = self.sender()
        entry = pictures.chosen() if isinstance(pictures, PictureList) else None
        if entry is not None:
            self.opened.emit(entry.file)

    def let_go(self) -> None:
        """End the threads."""
        for pictures in self.lists:
            pictures.let_go()
