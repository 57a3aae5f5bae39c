"""One audit as the window speaks with it: the images to label come once, answers go one by one, estimates come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from xferstudio.gui.project.commands import Command
from xferstudio.gui.project.studio import Studio, last_sentence


class AuditSession(QObject):
    """`xferstudio audit PROJECT NAME --label N --json`, kept open while images are labelled.

    `began()`: `classes`, `images` and `labels` are there. `estimated()`: `estimate` is new. `ended()`: no more answers
    are taken, and `estimate` is the last word. `failed(sentence, details)`: it ended without one. Every answer is on
    disk as soon as it was taken, so nothing is lost when it is killed.
    """

    began = Signal()
    estimated = Signal()
    ended = Signal()
    failed = Signal(str, str)

    def __init__(self, studio: Studio, run: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio, self.run = studio, run
        self.classes: tuple[str, ...] = ()
        self.images: tuple[tuple[str, str], ...] = ()
        """Path and content hash of each image, in the order in which to show them."""
        self.labels: dict[str, str | None] = {}
        """Answers by hash; "": none of the classes; None: cannot tell."""
        self.estimate: Mapping[str, Any] = {}
        self._command: Command | None = None
        self._over = False

    @property
    def busy(self) -> bool:
        """Whether the command goes on."""
        return self._command is not None

    def begin(self, number: int) -> None:
        """Ask for images to label; labels of before are there again."""
        project = self.studio.project
        if project is None or self._command is not None:
            return
        self._over = False
        self._command = self.studio.command(
            "audit", str(project.folder), self.run, "--label", str(number), "--json"
        )
        self._command.arrived.connect(self._take)
        self._command.ended.connect(self._ended)
        self._command.start()

    def answer(self, content: str, label: str | None) -> None:
        """Say what an image shows; "": none of the classes; None: cannot tell."""
        self.labels[content] = label
        self._send({"hash": content, "label": label})

    def forget(self, content: str) -> None:
        """Take an answer back."""
        self.labels.pop(content, None)
        self._send({"hash": content, "forget": True})

    def finish(self) -> None:
        """No more answers: what they say comes with `ended`."""
        if self._command is not None:
            self._command.close_input()

    def let_go(self) -> None:
        """End the command at once; the answers are kept."""
        command, self._command = self._command, None
        if command is not None:
            command.close_input()
            command.kill()

    def _send(self, words: Mapping[str, Any]) -> None:
        if self._command is not None:
            self._command.send(json.dumps(words, ensure_ascii=False))

    @Slot(object)
    def _take(self, lines: list[Any]) -> None:
        if self.sender() is not self._command:
            return
        for line in lines:
            kind = line.get("event") if isinstance(line, dict) else None
            if kind == "AuditSample":
                self.classes = tuple(map(str, line["classes"]))
                self.images = tuple((str(each["path"]), str(each["hash"])) for each in line["images"])
                self.labels = dict(line.get("labelled") or {})
                self.began.emit()
            elif kind in ("AuditEstimate", "AuditEnded"):
                self.estimate = line
                self._over = kind == "AuditEnded"
                self.estimated.emit()

    @Slot(int, str)
    def _ended(self, code: int, words: str) -> None:
        if self.sender() is not self._command:
            return
        self._command = None
        if self._over and code == 0:
            self.ended.emit()
        else:
            self.failed.emit(last_sentence(words) or self.tr("The images could not be chosen."), words)
