"""Sorts a folder of images into classes: predicts, shows what goes where, and copies only after that."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSlider,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme, widgets, words
from xferstudio.gui.look.picture_list import Entry, PictureList
from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.reading import Reader, Stopped
from xferstudio.gui.project.studio import Studio, last_sentence
from xferstudio.gui.try_it.incoming import gather

UNSURE = "unsure"
"""The folder for images below the limit, as `predict --sort-into` names it."""


@dataclass(frozen=True)
class Guess:
    """What one file is taken for; `error` says why it is taken for nothing."""

    file: str
    label: str = ""
    confidence: float = 0.0
    error: str = ""


@dataclass(frozen=True)
class Plan:
    """What would go where: files by class, those that are unsure, and those that cannot be read."""

    classes: dict[str, list[Guess]]
    unsure: list[Guess]
    unreadable: list[Guess]

    @property
    def placed(self) -> int:
        """How many files would be copied."""
        return sum(map(len, self.classes.values())) + len(self.unsure)

    @property
    def folders(self) -> int:
        """Into how many folders."""
        return sum(bool(group) for group in (*self.classes.values(), self.unsure))


def plan(guesses: Sequence[Guess], limit: float) -> Plan:
    """Sort the guesses as `predict --sort-into … --min-confidence limit` does; the least sure come first."""
    classes: dict[str, list[Guess]] = {}
    unsure, unreadable = [], []
    for guess in guesses:
        if guess.error:
            unreadable.append(guess)
        elif guess.confidence < limit:
            unsure.append(guess)
        else:
            classes.setdefault(guess.label, []).append(guess)
    for group in (*classes.values(), unsure):
        group.sort(key=lambda guess: guess.confidence)
    return Plan(dict(sorted(classes.items())), unsure, unreadable)


class SortPanel(QWidget):
    """From a folder to folders. `stage` is "choose", "predicting", "preview", "writing" or "done"."""

    left = Signal()
    """The user wants back."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.model: Path | None = None
        self.stage = "choose"
        self.guesses: list[Guess] = []
        self.plan = plan((), 0.0)
        self._command: Command | None = None
        self._stopped = False
        self._total = self._done = 0
        self._counter = Reader(self)
        self._counter.done.connect(self._counted)
        self._build()
        self._stage("choose")

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT + theme.UNIT // 2)
        top = QHBoxLayout()
        self.back = widgets.button(self.tr("Back"), "arrow-left")
        self.back.clicked.connect(self.left)
        top.addWidget(self.back)
        top.addSpacing(theme.UNIT)
        top.addWidget(widgets.label(self.tr("Sort a folder into classes"), "heading"))
        top.addStretch(1)
        layout.addLayout(top)
        form = QGridLayout()
        form.setHorizontalSpacing(theme.UNIT)
        form.setVerticalSpacing(theme.UNIT)
        self.source, self.target = QLineEdit(), QLineEdit()
        self.pick_source = widgets.button(self.tr("Choose…"), "folder")
        self.pick_target = widgets.button(self.tr("Choose…"), "folder")
        for place, (text, field, button, slot) in enumerate(
            (
                (self.tr("Images in"), self.source, self.pick_source, self._pick_source),
                (self.tr("Copy into"), self.target, self.pick_target, self._pick_target),
            )
        ):
            name = widgets.label(text)
            name.setBuddy(field)
            field.setAccessibleName(text)
            button.setAccessibleName(self.tr("{what}: choose a folder").format(what=text))
            button.clicked.connect(slot)
            form.addWidget(name, place, 0)
            form.addWidget(field, place, 1)
            form.addWidget(button, place, 2)
        self.source.setPlaceholderText(self.tr("A folder of images, or drop one here"))
        self.target.setPlaceholderText(self.tr("A folder that gets one folder for each class"))
        self.source.textChanged.connect(self._source_changed)
        self.target.textChanged.connect(self._check)
        layout.addLayout(form)
        self.predict = widgets.button(self.tr("Show what goes where"), "play", "primary")
        self.predict.clicked.connect(self._predict)
        for field in (self.source, self.target):
            field.returnPressed.connect(self.predict.click)
        self.stop = widgets.button(self.tr("Stop"), "stop")
        self.stop.clicked.connect(self._stop)
        row, self.progress = widgets.work_row(self.predict, self.stop, self.tr("Progress"))
        self.words = widgets.label("", "quiet", wrap=True)
        row.addWidget(self.words, 2)
        layout.addLayout(row)

        self.preview = QWidget()
        inside = QVBoxLayout(self.preview)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(theme.UNIT)
        line = QHBoxLayout()
        line.setSpacing(theme.UNIT)
        name = widgets.label(self.tr("Unsure below"))
        self.limit = QSlider(Qt.Orientation.Horizontal)
        self.limit.setRange(0, 100)
        self.limit.setPageStep(5)
        self.limit.setValue(60)
        self.limit.setAccessibleName(self.tr("Images below this confidence count as unsure"))
        self.limit.setMaximumWidth(40 * theme.UNIT)
        name.setBuddy(self.limit)
        self.limit_words = widgets.label("")
        self.limit_words.setMinimumWidth(6 * theme.UNIT)
        line.addWidget(name)
        line.addWidget(self.limit, 1)
        line.addWidget(self.limit_words)
        self.told = widgets.label("", "quiet")
        line.addWidget(self.told, 1)
        inside.addLayout(line)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        self.table = QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels([self.tr("Folder"), self.tr("Images")])
        widgets.read_only(self.table, self.tr("Folders and how many images go there"))
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.currentCellChanged.connect(self._show_group)
        split.addWidget(self.table)
        self.pictures = PictureList(side=88)
        self.pictures.setAccessibleName(self.tr("Images of the chosen folder"))
        split.addWidget(self.pictures)
        split.setStretchFactor(1, 1)
        split.setSizes([300, 600])
        inside.addWidget(split, 1)
        layout.addWidget(self.preview, 1)
        self.rest = QWidget()
        layout.addWidget(self.rest, 1)

        bottom = QHBoxLayout()
        bottom.setSpacing(theme.UNIT)
        self.mark = QLabel()
        self.result = widgets.label("", wrap=True)
        bottom.addWidget(self.mark)
        bottom.addWidget(self.result, 1)
        self.link = QCheckBox(self.tr("Link instead of copying"))
        self.link.setToolTip(
            self.tr("Saves space: each file then stands in both places, but is stored once.")
        )
        bottom.addWidget(self.link)
        self.folder_button = widgets.button(self.tr("Open the folder"), "open")
        self.folder_button.clicked.connect(self._open)
        bottom.addWidget(self.folder_button)
        self.write = widgets.button("", "copy", "primary")
        self.write.clicked.connect(self._write)
        bottom.addWidget(self.write)
        layout.addLayout(bottom)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(20)
        self._soon.timeout.connect(self._replan)
        self.limit.valueChanged.connect(self._limit_changed)
        self.link.toggled.connect(self._say)

    # ------------------------------------------------------------------------------------------ from outside

    def use(self, model: Path | None) -> None:
        """Predict with this model; what another one said is forgotten."""
        if model != self.model:
            self.reset()
            self.model = model
        self._check()

    def begin(self) -> None:
        """The panel has come to the front."""
        (self.predict if self.source.text() else self.pick_source).setFocus()

    def take(self, paths: Sequence[str]) -> None:
        """A folder was dropped."""
        folder = next((path for path in paths if Path(path).is_dir()), "")
        if folder and self.stage not in ("predicting", "writing"):
            self.source.setText(folder)

    def reset(self) -> None:
        """Forget what was predicted."""
        self._end()
        self.guesses = []
        self._stage("choose")

    def let_go(self) -> None:
        """End what runs, and the threads."""
        if self.stage in ("predicting", "writing"):
            self.reset()
        self._end()
        self._counter.let_go()
        self.pictures.let_go()

    # ---------------------------------------------------------------------------------------------- choose

    @Slot()
    def _pick_source(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("Choose a folder of images"), self.source.text()
        )
        if name:
            self.source.setText(name)

    @Slot()
    def _pick_target(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, self.tr("Choose where the folders go"), self.target.text()
        )
        if name:
            self.target.setText(name)

    @Slot()
    def _source_changed(self) -> None:
        source = self.source.text().strip()
        if source:
            path = Path(source)
            # While a path is typed it may be "/" or ".", which have no name and nothing beside them.
            beside = path.parent / self.tr("{name} sorted").format(name=path.name)
            self.target.setText(str(beside) if path.name not in ("", "..") else "")
        if self.stage in ("preview", "done"):
            self.reset()
        self._check()

    def fault(self) -> str:
        """What is wrong with the two folders; "" if nothing is."""
        source, target = self.source.text().strip(), self.target.text().strip()
        if not source:
            return ""
        if not os.path.isdir(source):  # Path.is_dir raises on some texts  # noqa: PTH112
            return self.tr("There is no folder {folder}.").format(folder=source)
        if not target:
            return self.tr("Choose where the folders go.")
        if os.path.isfile(target):  # noqa: PTH113
            return self.tr("{folder} is a file; choose a folder.").format(folder=target)
        try:
            inside, outside = Path(target).resolve(), Path(source).resolve()
        except (OSError, RuntimeError, ValueError):
            return self.tr("Choose where the folders go.")
        if inside == outside or outside in inside.parents:
            return self.tr(
                "Choose a folder outside of the images: sorted again, the copies would be sorted too."
            )
        return ""

    @Slot()
    def _check(self) -> None:
        fault = self.fault()
        ready = bool(self.source.text().strip()) and not fault and self.model is not None
        self.predict.setEnabled(ready)
        self.write.setEnabled(ready and self.plan.placed > 0)
        if self.stage in ("choose", "preview", "done"):
            self.words.setText(fault or (self.words.text() if self.stage != "choose" else ""))

    # --------------------------------------------------------------------------------------------- predict

    @Slot()
    def _predict(self) -> None:
        if self.model is None or self.fault():
            return
        self._end()
        self.guesses, self._total, self._done, self._stopped = [], 0, 0, False
        source = self.source.text().strip()
        self._stage("predicting")

        def work(stopped: Stopped) -> int:
            return gather([source], 0, stopped)[1]

        self._counter.ask(work)
        self._start("predict", str(self.model), source, "--json")

    def _start(self, *arguments: str) -> None:
        self._command = self.studio.command(*arguments)
        self._command.arrived.connect(self._take)
        self._command.ended.connect(self._ended)
        self._command.start()

    @Slot(object)
    def _counted(self, total: int) -> None:
        self._total = total
        self._advance()

    @Slot(object)
    def _take(self, lines: list[Any]) -> None:
        if self.sender() is not self._command:
            return
        for line in lines:
            if not isinstance(line, dict) or "path" not in line:
                continue
            self._done += 1
            if self.stage == "predicting":
                self.guesses.append(
                    Guess(
                        str(line["path"]),
                        str(line.get("label", "")),
                        float(line.get("confidence", 0.0)),
                        str(line.get("error", "")),
                    )
                )
        self._advance()

    def _advance(self) -> None:
        self.progress.setRange(0, self._total)  # 0, 0 is drawn as "busy"
        self.progress.setValue(min(self._done, self._total))
        if self._total and self._done:
            self.words.setText(
                self.tr("{done} of {total} images").format(
                    done=words.whole(self._done), total=words.whole(max(self._total, self._done))
                )
            )

    @Slot()
    def _stop(self) -> None:
        self._stopped = True
        if self._command is not None:
            self._command.kill()

    @Slot(int, str)
    def _ended(self, code: int, said: str) -> None:
        if self.sender() is not self._command:
            return
        self._command = None
        self._counter.drop()
        reason = last_sentence(said) if code != 0 and not self._stopped else ""
        if self.stage == "predicting":
            if not self.guesses:
                self._stage("choose")
                self.words.setText(reason)
                return
            self._stage("preview")
            if self._stopped or reason:
                self.words.setText(
                    self.tr(
                        "Stopped after {done} images. {reason} Copying goes through the whole folder."
                    ).format(done=words.whole(self._done), reason=reason)
                )
        elif self.stage == "writing":
            self._written(code, said, reason)

    # --------------------------------------------------------------------------------------------- preview

    @Slot()
    def _limit_changed(self) -> None:
        self.limit_words.setText(words.percent(self.limit.value() / 100, 0))
        self._soon.start()

    @Slot()
    def _replan(self) -> None:
        """Sort what was predicted by the limit; nothing is predicted again."""
        if self.stage == "done":
            self._stage("preview")
            return
        self.plan = plan(self.guesses, self.limit.value() / 100)
        groups = self._groups()
        chosen = self._chosen()
        self.table.blockSignals(True)
        self.table.setRowCount(len(groups))
        for row, (key, title, group) in enumerate(groups):
            name, count = QTableWidgetItem(title), QTableWidgetItem(words.whole(len(group)))
            name.setData(Qt.ItemDataRole.UserRole, key)
            name.setToolTip(widgets.plain_tip(title))
            count.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            if not key.startswith("class "):
                for item in (name, count):
                    item.setForeground(theme.colours().warning if key == UNSURE else theme.colours().bad)
            self.table.setItem(row, 0, name)
            self.table.setItem(row, 1, count)
        keys = [key for key, _, _ in groups]
        self.table.setCurrentCell(keys.index(chosen) if chosen in keys else 0, 0)
        self.table.blockSignals(False)
        self._show_group()
        self._say()

    def _groups(self) -> list[tuple[str, str, list[Guess]]]:
        """Key, title and files of each row: classes, then the unsure, then what cannot be read."""
        groups = [(f"class {name}", name, group) for name, group in self.plan.classes.items()]
        if self.plan.unsure:
            groups.append((UNSURE, UNSURE, self.plan.unsure))
        if self.plan.unreadable:
            groups.append(("unreadable", self.tr("not copied: cannot be read"), self.plan.unreadable))
        return groups

    def _chosen(self) -> str:
        item = self.table.item(self.table.currentRow(), 0)
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    @Slot()
    def _show_group(self) -> None:
        chosen = self._chosen()
        for key, title, group in self._groups():
            if key == chosen:
                self.pictures.setAccessibleName(title)
                self.pictures.pictures.set_entries([self._entry(guess, key) for guess in group])
                return
        self.pictures.pictures.set_entries(())

    def _entry(self, guess: Guess, key: str) -> Entry:
        if guess.error:
            return Entry(guess.file, Path(guess.file).name, guess.error, "bad")
        share = words.percent(guess.confidence, 0)
        title = f"{guess.label} · {share}" if key == UNSURE else share
        return Entry(guess.file, title, Path(guess.file).name)

    @Slot()
    def _say(self) -> None:
        text = self.tr("{unsure} of {count} images are unsure").format(
            unsure=words.whole(len(self.plan.unsure)), count=words.whole(len(self.guesses))
        )
        self.told.setText(text)
        link = self.tr("Link {count} images into {folders} folders")
        copy = self.tr("Copy {count} images into {folders} folders")
        self.write.setText(
            (link if self.link.isChecked() else copy).format(
                count=words.whole(self.plan.placed), folders=words.whole(self.plan.folders)
            )
        )
        self._check()

    # ----------------------------------------------------------------------------------------------- write

    @Slot()
    def _write(self) -> None:
        if self.model is None or self.fault() or self.stage not in ("preview", "done"):
            return
        self._done, self._stopped = 0, False
        self._total = len(self.guesses)
        self._stage("writing")
        arguments = ["--sort-into", self.target.text().strip()]
        arguments += ["--min-confidence", f"{self.limit.value() / 100:.2f}"]
        if self.link.isChecked():
            arguments.append("--link")
        self._start("predict", str(self.model), self.source.text().strip(), "--json", *arguments)
        self._advance()

    def _written(self, code: int, said: str, reason: str) -> None:
        left = [line for line in said.splitlines() if "was not sorted" in line]
        self._stage("done")
        now = theme.colours()
        if self._stopped:
            text = self.tr(
                "Stopped. What was copied so far stays; copying again goes on without doubling anything."
            )
            icon, colour = "stop", now.warning
        elif reason and code not in (0, 1):
            text, icon, colour = reason, "warning", now.bad
        else:
            text = self.tr("Done: the images are in {folder}. The originals are where they were.")
            text = text.format(folder=self.target.text().strip())
            icon, colour = "check", now.good
            if left:
                text += " " + self.tr("{count} could not be placed.").format(count=words.whole(len(left)))
        self.mark.setPixmap(theme.pixmap(icon, 2 * theme.UNIT + 2, colour))
        self.result.setText(text)
        self.result.setToolTip(widgets.plain_tip("\n".join(left)))

    @Slot()
    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.target.text().strip()))

    # ---------------------------------------------------------------------------------------------- stages

    def _end(self) -> None:
        command, self._command = self._command, None
        if command is not None:
            command.kill()
        self._counter.drop()

    def _stage(self, stage: str) -> None:
        self.stage = stage
        worked = any(
            each.hasFocus() for each in (self.source, self.target, self.predict, self.stop, self.write)
        )
        busy = stage in ("predicting", "writing")
        seen = stage in ("preview", "writing", "done")
        for field in (self.source, self.target, self.pick_source, self.pick_target, self.limit, self.link):
            field.setEnabled(not busy)
        self.predict.setVisible(not busy)
        self.predict.setText(self.tr("Predict again") if seen else self.tr("Show what goes where"))
        self.predict.setProperty("role", "" if seen else "primary")
        self.predict.setIcon(theme.icon("refresh") if seen else theme.icon("play", theme.colours().on_accent))
        theme.refresh(self.predict)
        self.stop.setVisible(busy)
        self.progress.setVisible(busy)
        self.preview.setVisible(seen)
        self.rest.setVisible(not seen)
        self.link.setVisible(seen and stage != "done")
        self.write.setVisible(seen and stage != "done")
        self.write.setEnabled(stage == "preview")
        self.folder_button.setVisible(stage == "done")
        self.mark.setVisible(stage == "done")
        self.result.setText("")
        if stage == "preview":
            self.words.setText(self.tr("Nothing is written yet."))
            self.limit_words.setText(words.percent(self.limit.value() / 100, 0))
            self._replan()
        elif busy:
            self.progress.setRange(0, self._total)
            self.words.setText(self.tr("Loading the model…"))
        elif stage == "done":
            self.words.setText("")
        self._check()
        if worked and stage != "choose":
            # What was pressed is hidden now: the keyboard goes on with what comes next.
            {"preview": self.write, "done": self.folder_button}.get(stage, self.stop).setFocus()
