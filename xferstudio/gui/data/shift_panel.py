"""How far the two domains are apart: measured when asked for, told in words and in two small drawings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from xferstudio.gui.look import domain_words, theme, words
from xferstudio.gui.look.interval_bar import IntervalBar
from xferstudio.gui.look.named_bars import Bar, NamedBars
from xferstudio.gui.look.widgets import button, label, scrolling, tool
from xferstudio.gui.look.words import engine_text, percent, whole
from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.studio import Studio, last_sentence

MOST = 8
"""Classes that are drawn, those that moved most."""


class ShiftPanel(QFrame):
    """The panel; `closed()` when it is to be folded away."""

    closed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self._command: Command | None = None
        self._told: Mapping[str, Any] | None = None
        self.setProperty("role", "bar")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * theme.UNIT, theme.UNIT, 2 * theme.UNIT, theme.UNIT)
        layout.setSpacing(theme.UNIT)
        row = QHBoxLayout()
        row.setSpacing(theme.UNIT)
        row.addWidget(label(self.tr("How far apart are the two domains?"), "heading"), 1)
        self.measure = button(self.tr("Measure"), "search", "primary")
        self.measure.clicked.connect(self.begin)
        row.addWidget(self.measure)
        self.stop = button(self.tr("Stop"), "stop")
        self.stop.clicked.connect(self.end)
        row.addWidget(self.stop)
        close = tool("close", self.tr("Close"))
        close.clicked.connect(self.closed)
        row.addWidget(close)
        layout.addLayout(row)
        self.hint = label(
            self.tr(
                "Features of both domains are computed once and compared, without any label of the target. The first "
                "time this takes a minute or two; a run on the same network needs them as well."
            ),
            "quiet",
            wrap=True,
        )
        layout.addWidget(self.hint)
        self.busy = label("", "quiet", wrap=True)
        layout.addWidget(self.busy)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress of the measuring"))
        layout.addWidget(self.progress)
        layout.addWidget(self._result(), 1)
        studio.project_changed.connect(self.refresh)
        studio.catalogue_changed.connect(self.refresh)
        self.refresh()

    def _result(self) -> QWidget:
        self.result = QWidget()
        row = QHBoxLayout(self.result)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * theme.UNIT)
        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, theme.UNIT, 0)
        column.setSpacing(theme.UNIT // 2)
        self.sentences = label("", wrap=True)
        self.suggestion = label("", wrap=True)
        self.suggestion.setFont(theme.font("body", bold=True))
        self.why = label("", "quiet", wrap=True)
        for each in (self.suggestion, self.why, self.sentences):
            each.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            each.setAlignment(Qt.AlignmentFlag.AlignTop)
            column.addWidget(each)
        column.addStretch(1)
        self.area = scrolling(words, self.tr("What was found"))
        self.area.setMinimumHeight(20 * theme.UNIT)
        row.addWidget(self.area, 3)
        drawings = QWidget()
        self.drawings = drawings
        column = QVBoxLayout(drawings)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.UNIT // 2)
        self.distance_words = label("", "small", wrap=True)
        column.addWidget(self.distance_words)
        self.bar = IntervalBar(
            0.0, 2.0, (self.tr("0: alike"), self.tr("2: nothing in common")), marks=(0.5, 1.0, 1.5)
        )
        self.bar.setAccessibleName(self.tr("Proxy A-distance of the domains"))
        column.addWidget(self.bar)
        self.classes_title = label(
            self.tr("How far each class has moved, in times its spread (estimated)"), "small", wrap=True
        )
        column.addWidget(self.classes_title)
        self.classes = NamedBars()
        self.classes.setAccessibleName(self.tr("How far each class has moved"))
        column.addWidget(self.classes)
        column.addStretch(1)
        row.addWidget(drawings, 2)
        return self.result

    # ------------------------------------------------------------------------------------------ measuring

    @Slot()
    def begin(self) -> None:
        """Measure, in a process of its own."""
        project = self.studio.project
        if project is None or self._command is not None:
            return
        self._told = None
        self._command = self.studio.command("shift", str(project.folder), "--json")
        self._command.arrived.connect(self._take)
        self._command.ended.connect(self._ended)
        self.busy.setText(self.tr("Starting…"))
        self.progress.setRange(0, 0)
        self._command.start()
        self._arrange()
        self.stop.setFocus()

    @Slot()
    def end(self) -> None:
        """Measure no more."""
        if self._command is not None:
            command, self._command = self._command, None
            command.kill()
            self._arrange()

    @Slot(object)
    def _take(self, lines: list[Any]) -> None:
        if self.sender() is not self._command:
            return
        for line in lines:
            kind = line.get("event") if isinstance(line, dict) else None
            if kind == "Progress":
                done, total = int(line["done"]), int(line["total"])
                self.progress.setRange(0, max(0, total))
                self.progress.setValue(done)
                name = engine_text(str(line["task"]))
                self.busy.setText(
                    self.tr("{task}: {done} of {total}").format(
                        task=name[:1].upper() + name[1:], done=whole(done), total=whole(total)
                    )
                )
            elif kind == "Shift":
                self._told = line

    @Slot(int, str)
    def _ended(self, code: int, words: str) -> None:
        if self.sender() is not self._command:
            return
        self._command = None
        if code == 0 and self._told is not None:
            self.studio.shift = self._told
            self.studio.catalogue_changed.emit()  # the form of a new run marks what is suggested
        else:
            self.studio.message.emit(
                last_sentence(words) or self.tr("How far the domains are apart could not be measured."), words
            )
        self.refresh()

    # ------------------------------------------------------------------------------------------- showing

    @Slot()
    def refresh(self) -> None:
        """Show what is known of the open project."""
        found = self.studio.shift
        if found is not None:
            self._show(found)
        self._arrange()

    def _arrange(self) -> None:
        busy, found = self._command is not None, self.studio.shift is not None
        self.hint.setVisible(not busy and not found)
        self.busy.setVisible(busy)
        self.progress.setVisible(busy)
        self.stop.setVisible(busy)
        self.measure.setVisible(not busy)
        self.measure.setText(self.tr("Measure again") if found else self.tr("Measure"))
        self.result.setVisible(found and not busy)
        self.setMaximumHeight(38 * theme.UNIT if found and not busy else 20 * theme.UNIT)

    def _show(self, found: Mapping[str, Any]) -> None:
        self.sentences.setText("\n".join(domain_words.sentences(found.get("words") or ())))
        names = [self._label(str(id)) for id in found.get("suggestion") or ()]
        if names:
            text = self.tr("Worth trying first: {strategies}").format(strategies=words.names(names))
            self.suggestion.setText(text)
        self.suggestion.setVisible(bool(names))
        self.why.setText(engine_text(str(found.get("why") or "")))
        distance, bounds = found.get("distance"), found.get("distance_interval")
        self.bar.setVisible(distance is not None)
        self.distance_words.setVisible(distance is not None)
        if distance is not None:
            level = {"little": "good", "moderate": "accent", "large": "warning"}.get(
                str(found.get("level")), "accent"
            )
            self.bar.show_value(float(distance), bounds, level)
            low, high = bounds or (distance, distance)
            text = self.tr("A-distance {distance}, between {low} and {high}").format(
                distance=f"{distance:.2f}", low=f"{low:.2f}", high=f"{high:.2f}"
            )
            self.distance_words.setText(text)
            self.bar.setAccessibleDescription(text)
        classes = found.get("classes") or ()
        self.classes.show_bars(self._bars(classes))
        self.classes.setVisible(bool(classes))
        self.classes_title.setVisible(bool(classes))

    def _bars(self, classes: Sequence[Mapping[str, Any]]) -> list[Bar]:
        """The classes that have moved most; those without target images come last."""
        far = sorted(
            classes,
            key=lambda each: -1.0 if each.get("distance") is None else float(each["distance"]),
            reverse=True,
        )[:MOST]
        most = max((float(each.get("distance") or 0.0) for each in far), default=0.0) or 1.0
        return [self._bar(each, most) for each in far]

    def _bar(self, each: Mapping[str, Any], most: float) -> Bar:
        name = str(each["name"])
        if each.get("distance") is None:
            words = self.tr("{name}: no image of the target seems to be of it").format(name=name)
            return Bar(name, None, "–", words)
        distance = float(each["distance"])
        words = self.tr(
            "{name}: moved by {distance} times its spread; {source} of the source, about {target} of the target"
        ).format(
            name=name,
            distance=f"{distance:.1f}",
            source=percent(float(each.get("source_share") or 0), 0),
            target=percent(float(each.get("target_share") or 0), 0),
        )
        return Bar(name, distance / most, f"{distance:.1f}", words)

    def _label(self, id: str) -> str:
        entry = self.studio.catalogue.strategy(id)
        return (
            engine_text(str(entry["label"])).partition(":")[0].partition("：")[0] if entry is not None else id
        )

    def let_go(self) -> None:
        """End what is going on."""
        self.end()
