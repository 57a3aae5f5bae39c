"""The form for a new run: what to start from, how to learn, with which options, under which name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import theme
from xferstudio.gui.look.options_form import OptionsForm
from xferstudio.gui.look.widgets import Card, button, label, scrolling
from xferstudio.gui.look.words import engine_text
from xferstudio.gui.project.recipe import commands
from xferstudio.gui.project.studio import Studio
from xferstudio.gui.train.adapt_section import BASELINE, AdaptSection
from xferstudio.gui.train.advice import warnings
from xferstudio.gui.train.backbones import BackbonePicker
from xferstudio.project import Run, name_fault

_KINDS = ("extract", "finetune", "adapt")
_DEVICES = ("auto", "cpu", "cuda", "cuda:0", "cuda:1", "mps")


class StrategyCard(QFrame):
    """One strategy: its name, what it does and when to take it."""

    def __init__(
        self, strategy: Mapping[str, Any], suggested: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.id = str(strategy["id"])
        self.setProperty("role", "card")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*(theme.UNIT + 4,) * 4)
        layout.setSpacing(theme.UNIT // 2)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT // 2)
        self.radio = QRadioButton()
        # A radio button never wraps.
        title = label(engine_text(str(strategy.get("label") or self.id)), wrap=True)
        title.setFont(theme.font("body", bold=True))
        self.radio.setAccessibleName(title.text())
        row.addWidget(self.radio, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(title, 1)
        self.tag = label("", "small")
        row.addWidget(self.tag, 0, Qt.AlignmentFlag.AlignTop)
        if strategy.get("kind") == "extract":
            self.tag.setText(self.tr("start here"))
        elif strategy.get("kind") == "scratch" or self.id == BASELINE:
            self.tag.setText(self.tr("for comparison"))
        elif suggested:
            self.tag.setText(self.tr("suggested"))
        layout.addLayout(row)
        self.summary = label(engine_text(str(strategy.get("summary") or "")), "quiet", wrap=True)
        layout.addWidget(self.summary, 1)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.radio.setAccessibleDescription(self.summary.text())
        self.radio.toggled.connect(self._dress)
        self._dress()

    @Slot()
    def _dress(self) -> None:
        now = theme.colours()
        edge = f"2px solid {now.accent.name()}" if self.radio.isChecked() else f"1px solid {now.line.name()}"
        sheet = f"StrategyCard {{ background: {now.surface.name()}; border: {edge}; border-radius: {theme.UNIT}px; }}"
        if self.styleSheet() != sheet:
            self.setStyleSheet(sheet)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "radio"):
            self._dress()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        self.radio.setChecked(True)
        self.radio.setFocus()
        super().mousePressEvent(event)


class NewRun(QWidget):
    """The form. `train(run)` when the user presses Train; `copied()` after the commands were put on the clipboard."""

    train = Signal(object)
    copy = Signal(str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.cards: dict[str, StrategyCard] = {}
        self.strategy = ""
        self._values: dict[str, dict[str, Any]] = {}
        self._drawn: object = None
        self._named = False
        self._folder: object = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        body = QWidget()
        self.area = scrolling(body, self.tr("New run"))
        outer.addWidget(self.area, 1)
        layout = QVBoxLayout(body)
        layout.setContentsMargins(*(3 * theme.UNIT,) * 4)
        layout.setSpacing(2 * theme.UNIT)
        layout.addWidget(label(self.tr("New run"), "title"))
        self.busy = label(self.tr("Looking at what the plugins offer…"), "quiet")
        layout.addWidget(self.busy)
        layout.addWidget(label(self.tr("Start from this pretrained network"), "heading"))
        card = Card()
        self.backbones = BackbonePicker()
        self.backbones.changed.connect(self._changed)
        card.body.addWidget(self.backbones)
        layout.addWidget(card)
        layout.addWidget(label(self.tr("How to learn"), "heading"))
        self.strategies = QGridLayout()
        self.strategies.setSpacing(2 * theme.UNIT)
        layout.addLayout(self.strategies)
        self.adapt = AdaptSection()
        self.adapt.data_wanted.connect(self._go_to_data)
        layout.addWidget(self.adapt)
        self.group = QButtonGroup(self)
        self.group.buttonToggled.connect(self._picked)
        self.advice = Card()
        self.advice_words = label("", "warning", wrap=True)
        self.advice_words.setAccessibleName(self.tr("What to think of"))
        self.advice.body.addWidget(self.advice_words)
        self.advice.hide()
        layout.addWidget(self.advice)
        self.options_title = label(self.tr("Options"), "heading")
        layout.addWidget(self.options_title)
        self.options_card = Card()
        self.options = OptionsForm()
        self.options.changed.connect(self._changed)
        self.options_card.body.addWidget(self.options)
        layout.addWidget(self.options_card)
        layout.addStretch(1)
        outer.addWidget(self._foot())
        studio.catalogue_changed.connect(self.fill)
        studio.project_changed.connect(self._project_changed)
        studio.pictures_changed.connect(self._changed)
        studio.target_changed.connect(self._changed)
        self.fill()
        self._project_changed()

    def _foot(self) -> QFrame:
        foot = QFrame()
        foot.setProperty("role", "bar")
        layout = QVBoxLayout(foot)
        layout.setContentsMargins(3 * theme.UNIT, theme.UNIT + 4, 3 * theme.UNIT, theme.UNIT + 4)
        layout.setSpacing(theme.UNIT // 2)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        caption = QLabel(self.tr("&Name"))
        self.name = QLineEdit()
        self.name.setMaxLength(80)
        self.name.setMinimumWidth(10 * theme.UNIT)
        self.name.setMaximumWidth(32 * theme.UNIT)
        self.name.textEdited.connect(self._name_edited)
        self.name.textChanged.connect(self._changed)
        self.name.returnPressed.connect(self.press_train)
        caption.setBuddy(self.name)
        row.addWidget(caption)
        row.addWidget(self.name, 1)
        device = QLabel(self.tr("&Device"))
        self.device = QComboBox()
        self.device.setEditable(True)
        self.device.addItems(list(_DEVICES))
        self.device.setToolTip(self.tr("auto takes a graphics card if there is one"))
        self.device.setMaximumWidth(14 * theme.UNIT)
        device.setBuddy(self.device)
        row.addWidget(device)
        row.addWidget(self.device)
        row.addStretch(1)
        self.copy_button = button(self.tr("Copy as command"), "terminal")
        self.copy_button.setToolTip(self.tr("The lines of a shell that add this run and do it"))
        self.copy_button.clicked.connect(self._copy)
        row.addWidget(self.copy_button)
        self.train_button = button(self.tr("Train"), "play", "primary")
        self.train_button.setToolTip(
            self.tr("Add this run to the project and begin it, or queue it (Ctrl+Enter)")
        )
        self.train_button.setShortcut("Ctrl+Return")
        self.train_button.clicked.connect(self.press_train)
        row.addWidget(self.train_button)
        layout.addLayout(row)
        self.fault = label("", "bad", wrap=True)
        self.fault.hide()
        layout.addWidget(self.fault)
        return foot

    # ---------------------------------------------------------------------------------------- contents

    @Slot()
    def fill(self) -> None:
        """Draw what the catalogue offers; what was chosen stays chosen."""
        catalogue = self.studio.catalogue
        self.busy.setVisible(not catalogue.strategies)
        self.backbones.set_backbones(catalogue.backbones)
        self._choose_backbone()
        project, shift = self.studio.project, self.studio.shift
        there = project is not None and bool(project.data.target)
        offered = [each for each in catalogue.strategies if there or each.get("kind") != "adapt"]
        suggested = tuple(map(str, (shift or {}).get("suggestion") or ())) if there else ()
        known = any(each.get("kind") == "adapt" for each in catalogue.strategies)
        if (offered, suggested, known) == self._drawn:
            return
        self._drawn = (list(offered), suggested, known)
        chosen = self.strategy
        for card in self.cards.values():
            self.group.removeButton(card.radio)
            card.hide()
            card.deleteLater()
        self.cards = {}

        def rank(entry: Mapping[str, Any]) -> int:
            kind = str(entry.get("kind"))
            return _KINDS.index(kind) if kind in _KINDS else len(_KINDS)

        ordered = sorted(offered, key=rank)
        at = 0
        adapting: list[tuple[str, QFrame]] = []
        for entry in ordered:
            card = StrategyCard(entry, str(entry["id"]) in suggested)
            self.cards[card.id] = card
            self.group.addButton(card.radio)
            if entry.get("kind") == "adapt":
                adapting.append((card.id, card))
                continue
            self.strategies.addWidget(card, at // 2, at % 2)
            at += 1
        self.adapt.offer(adapting, suggested, there, known)
        for column in range(2):
            self.strategies.setColumnStretch(column, 1)
        first = chosen if chosen in self.cards else next(iter(self.cards), "")
        if first:
            self.cards[first].radio.setChecked(True)
            self.adapt.unfold_for(first)
        for part in (self.options_title, self.options_card):
            part.setVisible(bool(self.cards))
        self._changed()

    def _choose_backbone(self) -> None:
        if self.backbones.chosen:
            return
        project = self.studio.project
        wanted = project.default_backbone if project is not None else ""
        first = next((each["id"] for each in self.studio.catalogue.backbones if each.get("local")), "")
        if wanted or first:
            self.backbones.choose(wanted or first)

    @Slot()
    def _project_changed(self) -> None:
        project = self.studio.project
        self.fill()
        if project is not None and project.folder != self._folder:
            self._folder = project.folder
            self._values.clear()
            self._named = False
            self.device.setCurrentText("auto")
            self._draw_options()
            self.backbones.choose("")
            self._choose_backbone()
        self._suggest_name()
        self._changed()

    def fill_from(self, run: Run) -> None:
        """Begin with what another run does, to change a thing or two."""
        self.backbones.choose(run.backbone)
        self._values[run.strategy] = dict(run.options)
        self.device.setCurrentText(run.device)
        self._named = False
        card = self.cards.get(run.strategy)
        if card is not None:
            if self.strategy == run.strategy:
                self._draw_options()
            card.radio.setChecked(True)
            self.adapt.unfold_for(run.strategy)
        self._suggest_name()
        self.area.verticalScrollBar().setValue(0)
        self._changed()

    @Slot(object, bool)
    def _picked(self, _radio: object, on: bool) -> None:
        if not on:
            return
        if self.strategy:
            self._values[self.strategy] = self.options.values()
        self.strategy = next((id for id, card in self.cards.items() if card.radio.isChecked()), "")
        self._draw_options()
        self._suggest_name()
        self._changed()

    def _draw_options(self) -> None:
        entry = self.studio.catalogue.strategy(self.strategy) or {}
        self.options.set_options(entry.get("options") or (), self._values.get(self.strategy))

    def _suggest_name(self) -> None:
        if self._named or not self.strategy:
            return
        taken = self._taken()
        number, name = 1, self.strategy
        while name.lower() in taken:
            number += 1
            name = f"{self.strategy}-{number}"
        self.name.setText(name)
        self.name.setCursorPosition(0)  # where there is little room, its beginning is seen

    def _taken(self) -> set[str]:
        project = self.studio.project
        return {run.name.lower() for run in project.runs} if project is not None else set()

    @Slot()
    def _name_edited(self) -> None:
        self._named = bool(self.name.text())

    # ------------------------------------------------------------------------------------------ checks

    def name_problem(self) -> str:
        """Why the run cannot have this name, and what to do; "" if it can."""
        name = self.name.text().strip()
        if not name:
            return self.tr("A run needs a name.")
        if name_fault(name):
            return self.tr(
                "This cannot be the name of a run: use letters, digits, - _ and . only, and begin with a letter or a digit."
            )
        if name.lower() in self._taken():
            return self.tr("The project has a run of this name already; choose another name.")
        return ""

    @Slot()
    def _changed(self) -> None:
        problem = self.name_problem() if self.strategy else ""
        self.fault.setText(problem)
        self.fault.setVisible(bool(problem))
        ready = bool(
            self.strategy and self.backbones.chosen and self.studio.project is not None and not problem
        )
        self.train_button.setEnabled(ready)
        self.copy_button.setEnabled(ready)
        entry = self.studio.catalogue.strategy(self.strategy)
        pictures = self.studio.pictures
        found = []
        if entry is not None:
            found = warnings(
                str(entry.get("kind", "")),
                self.options.all_values(),
                pictures.counts if pictures is not None else None,
                len(pictures.classes) if pictures is not None else 0,
            )
            if entry.get("kind") == "adapt":
                target = self.studio.target
                count = target.counts["used"] if target is not None else None
                found += self.adapt.advice(self.strategy, count, self.studio.shift)
        self.advice_words.setText("\n".join(found))
        self.advice.setVisible(bool(found))

    @Slot()
    def _go_to_data(self) -> None:
        self.studio.wanted.emit("data", "")

    def run(self) -> Run:
        """What the form says."""
        return Run(
            name=self.name.text().strip(),
            strategy=self.strategy,
            backbone=self.backbones.chosen,
            options=self.options.values(),
            device=self.device.currentText().strip() or "auto",
        )

    # ----------------------------------------------------------------------------------------- buttons

    @Slot()
    def press_train(self) -> None:
        """Train, if everything is in order."""
        if self.train_button.isEnabled():
            run = self.run()
            self._named = False
            self.train.emit(run)

    @Slot()
    def _copy(self) -> None:
        project = self.studio.project
        if project is not None:
            self.copy.emit(commands(project.folder, self.run(), {}))
