"""Keeps one predict command warm and matches its answers to what was asked."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.studio import Studio, last_sentence

REST_MINUTES = 5.0
"""After so long without a question the process is let go; the next question starts it again."""

_AHEAD = 2
"""Questions that the process has at a time: it never waits for the window, and the rest can still be dropped."""


class Predictor(QObject):
    """Answers files with the model that is in use. Everything happens in the window's thread.

    `state` is "off" (no process), "loading", "ready" or "failed" (then `reason` and `details` tell why).
    """

    changed = Signal()
    """`state` is another."""
    answered = Signal(str, dict)
    """The file as it was asked for, and the answer as `predict --json` prints it: probabilities or "error"."""

    def __init__(self, studio: Studio, top: int = 5, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio, self.top = studio, top
        self.state = "off"
        self.reason = self.details = ""
        self.classes: Sequence[str] = ()
        self.model: Path | None = None
        self._command: Command | None = None
        self._waiting: deque[str] = deque()
        self._sent: deque[str] = deque()
        self._answers = 0
        self._starts = 0
        self._folder: Path | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(int(REST_MINUTES * 60_000))
        self._rest.timeout.connect(self.rest)

    # ------------------------------------------------------------------------------------------ questions

    def use(self, model: Path | None) -> None:
        """Predict with this run folder or ONNX file from now on; it is loaded at once. None for nothing."""
        if model == self.model and self.state != "failed":
            if model is not None:
                self.warm()
            return
        self.forget()
        self._end()
        self._clean()
        self.model = model
        self.classes = ()
        if model is None:
            self._become("off")
        else:
            self.warm()

    def warm(self) -> None:
        """Start the process if it is not there."""
        if self.model is None or self._command is not None:
            return
        self._starts += 1
        self._answers = 0
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="xferstudio-heat-"))
        maps = self._folder / str(self._starts)
        maps.mkdir(exist_ok=True)
        self._command = self.studio.command(
            "predict", str(self.model), "--json", "-", "--top", str(self.top), "--heat-maps", str(maps)
        )
        self._command.arrived.connect(self._take)
        self._command.ended.connect(self._ended)
        self._command.start()
        self._become("loading")
        self._rest.start()

    def ask(self, file: str, first: bool = False) -> None:
        """Predict this file; `first` puts it before all that waits. Asked twice, it is answered once."""
        if self.model is None or file in self._sent:
            return
        if "\n" in file or "\r" in file:
            # The process reads one path a line.
            self.answered.emit(
                file, {"path": file, "error": self.tr("Its name holds a line break; rename the file.")}
            )
            return
        if file in self._waiting:
            if not first:
                return
            self._waiting.remove(file)
        if first:
            self._waiting.appendleft(file)
        else:
            self._waiting.append(file)
        self.warm()
        self._feed()

    def forget(self) -> None:
        """What waits is not wanted any more."""
        self._waiting.clear()

    @property
    def open_questions(self) -> int:
        """How many files have no answer yet."""
        return len(self._waiting) + len(self._sent)

    @Slot()
    def rest(self) -> None:
        """Let the process go while nothing is asked; the next question starts it again."""
        if self.open_questions:
            self._rest.start()
            return
        self._end()
        if self.state != "failed":
            self._become("off")

    def let_go(self) -> None:
        """End the process and remove the heat maps; a later question starts anew."""
        self.forget()
        self._end()
        self._clean()
        self._become("off")

    # -------------------------------------------------------------------------------------------- answers

    def _feed(self) -> None:
        while self._command is not None and self._waiting and len(self._sent) < _AHEAD:
            file = self._waiting.popleft()
            self._sent.append(file)
            self._command.send(file)
        self._rest.start()

    @Slot(object)
    def _take(self, lines: list[Mapping[str, Any]]) -> None:
        if self.sender() is not self._command:
            return
        for line in lines:
            if not isinstance(line, dict):
                continue
            if line.get("event") == "Ready":
                self.classes = tuple(line.get("classes", ()))
                self._become("ready")
            elif "path" in line:
                self._answer(line)
        self._feed()

    def _answer(self, line: dict[str, Any]) -> None:
        asked = next((file for file in self._sent if str(Path(file)) == line["path"]), None)
        if asked is None:
            if not self._sent:
                return
            asked = self._sent[0]  # answers come in order, however the path is spelt
        self._sent.remove(asked)
        self._answers += 1
        if self.state != "ready":
            self._become("ready")
        self.answered.emit(asked, line)

    @Slot(int, str)
    def _ended(self, code: int, words: str) -> None:
        if self.sender() is not self._command:
            return
        self._command = None
        again = self._answers > 0
        self.reason = last_sentence(words) or self.tr("The process that predicts has ended by itself.")
        self.details = words
        lost = list(self._sent)
        self._sent.clear()
        if again:
            # It worked until it met this one; the others are not to suffer from it.
            self._waiting.extendleft(reversed(lost[1:]))
            lost = lost[:1]
        else:
            lost += self._waiting
            self._waiting.clear()
        self._become("off" if again else "failed")
        for file in lost:
            self.answered.emit(file, {"path": file, "error": self.reason})
        if again and self._waiting:
            self.warm()
            self._feed()

    # ------------------------------------------------------------------------------------------- the end

    def _end(self) -> None:
        self._rest.stop()
        command, self._command = self._command, None
        self._sent.clear()
        if command is not None:
            command.kill()

    def _clean(self) -> None:
        if self._folder is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(self._folder)
            self._folder = None

    def _become(self, state: str) -> None:
        if state != "failed":
            self.reason = self.details = ""
        if state != self.state:
            self.state = state
            self.changed.emit()
