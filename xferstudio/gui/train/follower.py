"""Follows the folder of a run in a thread: what it has told so far, and what it tells from now on, in bundles."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from xferstudio.history import RunFolder

BUNDLE = 2000
"""Events that are handed on at once, at most."""

POLL_SECONDS = 0.1
_ALIVE_SECONDS = 0.5
_BLOCK = 1 << 20


class Follower(QThread):
    """The events of a run from its first one, for as long as a process works on it.

    `arrived(list[dict])`: the next events. `ended()`: nobody works on the run any more, and all it has told has
    arrived; not after `let_go`. A line that was torn by a kill is passed over.
    """

    arrived = Signal(object)
    ended = Signal()

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = RunFolder(folder)
        self._over = threading.Event()
        # The next bundle waits until the window has come to the last one.
        self._ready = threading.Event()
        self._ready.set()
        self.arrived.connect(self._taken, Qt.ConnectionType.QueuedConnection)

    def let_go(self) -> None:
        """Stop following; `wait` ends soon afterwards."""
        self._over.set()
        self._ready.set()

    @Slot(object)
    def _taken(self, events: list[Any]) -> None:
        QTimer.singleShot(1, self, self._go_on)  # after others had their turn of the event loop

    @Slot()
    def _go_on(self) -> None:
        self._ready.set()

    def run(self) -> None:
        """Read until the run has ended."""
        place, rest, looked, alive = 0, b"", 0.0, True
        while not self._over.is_set():
            now = time.monotonic()
            if now - looked >= _ALIVE_SECONDS or not alive:
                # Asked before reading: what was written before the end is then still read.
                alive, looked = self.folder.is_running(), now
            block = self._read(place)
            place += len(block)
            *lines, rest = (rest + block).split(b"\n")
            if not alive and len(block) < _BLOCK:
                lines.append(rest)
            self._hand_on(lines)
            if len(block) == _BLOCK:
                continue
            if not alive:
                if not self._over.is_set():
                    self.ended.emit()
                return
            self._over.wait(POLL_SECONDS)

    def _read(self, place: int) -> bytes:
        try:
            with self.folder.events_file.open("rb") as file:
                file.seek(place)
                return file.read(_BLOCK)
        except OSError:
            return b""

    def _hand_on(self, lines: list[bytes]) -> None:
        events: list[Any] = []
        for line in lines:
            try:
                event = json.loads(line.decode("utf-8", "surrogatepass"))
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict) and "event" in event:
                events.append(event)
        for first in range(0, len(events), BUNDLE):
            self._ready.wait()
            if self._over.is_set():
                return
            self._ready.clear()
            self.arrived.emit(events[first : first + BUNDLE])
