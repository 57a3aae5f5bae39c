"""Adds an adaptation through the command line, which adds the baseline that it is measured against as well."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.recipe import add_command
from xferstudio.gui.project.studio import Studio, last_sentence
from xferstudio.project import Run


class Adder(QObject):
    """`added(list[Run])`: what project.toml has now, in the order in which to do it: the baseline, if it is new, first."""

    added = Signal(list)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self._command: Command | None = None
        self._wanted: Run | None = None
        self._before: set[str] = set()

    def is_adaptation(self, run: Run) -> bool:
        """Whether the command line has to add it: the engine knows which baseline has the same budget."""
        entry = self.studio.catalogue.strategy(run.strategy)
        return entry is not None and entry.get("kind") == "adapt"

    def add(self, run: Run) -> None:
        """Add it; one at a time, so that a second press does nothing."""
        project = self.studio.project
        if project is None or self._command is not None:
            return
        self._wanted, self._before = run, {each.name for each in project.runs}
        words = add_command(project.folder, run)[1:]
        if run.device != "auto":
            words += ["--device", run.device]
        self._command = self.studio.change(*words)
        self._command.ended.connect(self._ended)
        self._command.start()

    @Slot(int, str)
    def _ended(self, code: int, words: str) -> None:
        wanted, project = self._wanted, self.studio.project
        self._command = self._wanted = None
        if wanted is None or project is None:
            return
        new = [run for run in project.runs if run.name not in self._before]
        if code != 0 or all(run.name != wanted.name for run in new):
            self.studio.message.emit(
                last_sentence(words) or self.tr("The run could not be added to the project."), words
            )
            return
        # The baseline of the same device; what it must be like beyond that, the engine has decided.
        self.added.emit(sorted(new, key=lambda run: run.name == wanted.name))
