"""The box in which a finished run is chosen, with its accuracy beside its name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QSizePolicy, QWidget

from xferstudio.gui.look import theme, words
from xferstudio.gui.project.run_facts import RunFacts

OTHER = "other"
"""The entry for a model from somewhere else."""


class ModelChoice(QComboBox):
    """Runs with a model, the newest first, then files. The most accurate run is chosen until somebody chooses; of those
    that know a target, one that helped there, or else the most accurate there.

    What is chosen does not change because another run ends. `chosen` is a path, or None where there is nothing."""

    picked = Signal()
    """Another model is chosen, by the user or because the list has changed."""
    other_wanted = Signal()
    """The user wants a model that is not in the list."""

    def __init__(self, other: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._other = other
        self._before: Path | None = None
        self._names: dict[Path, str] = {}
        self._kept = False
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(24)
        self.setMinimumWidth(40 * theme.UNIT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Model"))
        self.setPlaceholderText(self.tr("Choose a model"))
        self.activated.connect(self._activated)

    @property
    def chosen(self) -> Path | None:
        """The folder of the run, or the file."""
        data = self.currentData()
        return Path(data) if data and data != OTHER else None

    def set_models(self, runs: Sequence[RunFacts], files: Sequence[Path] = ()) -> None:
        """Offer these; what was chosen stays chosen if it is still there."""
        before = self.chosen
        self.blockSignals(True)
        self.clear()
        for run in runs:
            accuracy = run.measured.get("accuracy")
            text = run.name
            if accuracy is not None:
                text = f"{run.name} · {words.percent(accuracy)}"
                interval = words.interval(run.measured.get("accuracy_interval"))
                text += f" ({interval})" if interval else ""
            self.addItem(text, str(run.folder))
            self.setItemData(self.count() - 1, f"{run.strategy} · {run.backbone}", 3)
        if files and runs:
            self.insertSeparator(self.count())
        for file in files:
            self.addItem(file.name, str(file))
            self.setItemData(self.count() - 1, str(file), 3)
        if self._other:
            if self.count():
                self.insertSeparator(self.count())
            self.addItem(self._other, OTHER)
        # A file gives way to the best run, however late the runs are known, until somebody has chosen it.
        at = -1
        if before is not None and (self._kept or before in self._names):
            at = self.findData(str(before))
            if at < 0:  # done once more, under the same name
                again = (self._names.get(before), before.parent)
                at = next((row for row, run in enumerate(runs) if (run.name, run.folder.parent) == again), -1)
        self._names = {run.folder: run.name for run in runs}
        if at < 0 and runs:
            at = max(range(len(runs)), key=lambda row: (_worth(runs[row]), -row))
        self.setCurrentIndex(max(at, 0) if runs or files else -1)
        self.blockSignals(False)
        self._tell()

    def keep(self) -> None:
        """Stay with what is chosen, also when a newer run ends."""
        self._kept = True

    def choose(self, model: Path) -> bool:
        """Choose this one; False where it is not offered."""
        at = self.findData(str(model))
        if at >= 0:
            self._kept = True
            self.setCurrentIndex(at)
            self._tell()
        return at >= 0

    @Slot()
    def _activated(self) -> None:
        if self.currentData() == OTHER:
            at = self.findData(str(self._before)) if self._before is not None else -1
            self.setCurrentIndex(at)
            self.other_wanted.emit()
            return
        self._kept = True
        self._tell()

    def _tell(self) -> None:
        now = self.chosen
        if now != self._before:
            self._before = now
            self.picked.emit()


def _worth(run: RunFacts) -> tuple[bool, bool, bool, float]:
    """To choose by; accuracy on the target counts before that on the labelled images, and a test before a validation."""
    on_target = (run.target.get("report") or {}).get("accuracy")
    value = run.measured.get("accuracy") if on_target is None else on_target
    if not isinstance(value, (int, float)) or value != value:
        return run.helped, False, False, -1.0
    return run.helped, on_target is not None, bool(run.test), float(value)
