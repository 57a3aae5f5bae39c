"""Hands words, from standard input and from the run's folder, and signals to the run that goes on at the moment."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xferstudio.events import COMMANDS
from xferstudio.terminal import warn

if TYPE_CHECKING:
    from types import FrameType

    from xferstudio.engine import Control

INTERRUPTED = 130
"""The exit code of what was interrupted or cancelled."""


LOOK_SECONDS = 0.3
"""How often the run's folder is looked at for words."""


class Steering:
    """Hands words and signals to the run that goes on at the moment.

    Words that come while there is none (the engine is being loaded, or one run has ended and the next has not
    begun) are kept for the next one. Only a stop after the first run is not: it was meant for that run.
    """

    def __init__(self) -> None:
        self._control: Control | None = None
        self._kept: list[str] = []
        self._first = True
        # A signal may come while the same thread is in here already, so it must be possible to enter twice.
        self._lock = threading.RLock()
        self._paused = False
        self._interrupted = False
        self._restore: dict[int, Any] = {}
        self._closed = threading.Event()
        self._looking: threading.Thread | None = None

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked to end all this."""
        return self._interrupted

    def attach(self, control: Control) -> None:
        """From now on, words go to this run, first those that have been kept."""
        with self._lock:
            self._first = self._paused = False
            self._control = control
            while self._kept:
                self.put(self._kept.pop(0))

    def detach(self) -> None:
        """The run has ended; what it has not heeded is for the next one."""
        with self._lock:
            control, self._control = self._control, None
            while control is not None and (word := control.get()) is not None:
                self.put(word)

    def put(self, word: str) -> None:
        """Hand a word on, or keep it."""
        with self._lock:
            if word in ("pause", "resume"):
                self._paused = word == "pause"
            if self._control is not None:
                self._control.put(word)
            elif self._first or word != "stop":
                self._kept.append(word)

    def toggle(self) -> None:
        """Pause, or go on."""
        self.put("resume" if self._paused else "pause")

    def listen_to_signals(self) -> None:
        """Interrupt and terminate save and end; a second one ends at once. For the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            return
        reactions: dict[str, Callable[[], None]] = {
            "SIGINT": self._interrupt,
            "SIGTERM": self._interrupt,
            "SIGHUP": self._interrupt,
            "SIGBREAK": self._interrupt,
            "SIGUSR1": self.toggle,
            "SIGUSR2": lambda: self.put("stop"),
            "SIGQUIT": lambda: self.put("cancel"),
        }
        for name, reaction in reactions.items():
            number = getattr(signal, name, None)
            # A signal that the parent had ignored stays ignored (nohup, jobs in the background of a script).
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._restore[number] = signal.signal(number, self._handler(reaction))

    @staticmethod
    def _handler(reaction: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
        def handle(_number: int, _frame: FrameType | None) -> None:
            reaction()

        return handle

    def _interrupt(self) -> None:
        if self._interrupted:
            os._exit(INTERRUPTED)
        self._interrupted = True
        warn("saving, then ending; once more to end at once")
        self.put("interrupt")

    def listen_to_stdin(self) -> None:
        """Read words in the background. The end of the input means nothing."""
        try:
            source = sys.stdin.fileno()
        except (AttributeError, OSError, ValueError):
            return
        stop = getattr(signal, "SIGTTIN", None)
        if stop is not None and threading.current_thread() is threading.main_thread():
            # A job in the background that reads its terminal would be stopped; now the read just fails.
            self._restore.setdefault(stop, signal.signal(stop, signal.SIG_IGN))
        threading.Thread(target=self._read, args=(source,), name="commands", daemon=True).start()

    def _read(self, source: int) -> None:
        # os.read and not sys.stdin: the interpreter aborts at exit if a daemon thread is in a buffered read.
        rest = b""
        while True:
            try:
                data = os.read(source, 4096)
            except OSError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._obey(line)

    def _obey(self, line: bytes) -> None:
        word = line.decode("utf-8", "replace").strip().lower()
        if word in COMMANDS:
            self.put(word)
        elif word:
            warn(f"unknown command {word!r}; a run understands {', '.join(COMMANDS)}")

    def listen_to_folder(self) -> None:
        """Read in the background what `RunFolder.tell` leaves in the folder of the run, from any process."""
        self._looking = threading.Thread(target=self._look, name="words", daemon=True)
        self._looking.start()

    def _look(self) -> None:
        control, place = None, 0
        while not self._closed.wait(LOOK_SECONDS):
            if self._control is not control:
                control, place = self._control, 0
            if control is None or control.folder is None:
                continue
            try:
                with control.folder.words.open("rb", buffering=0) as file:
                    file.seek(place)
                    whole, end, _torn = file.readall().rpartition(b"\n")
            except OSError:
                continue  # nobody has told anything
            place += len(whole + end)
            for line in whole.split(b"\n"):
                self._obey(line)

    def close(self) -> None:
        """Leave the signals as they were, and listen no more."""
        self._closed.set()
        if self._looking is not None:
            self._looking.join(5)
        for number, before in self._restore.items():
            signal.signal(number, before)
        self._restore.clear()
        self._control = None
