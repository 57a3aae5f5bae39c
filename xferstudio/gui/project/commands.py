"""Starts commands of xferstudio in processes of their own and hands on what they print, without ever blocking."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import IO, Any

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

WAKE_SECONDS = 0.05
"""Lines that come within this time are handed on together: the window repaints at 20 Hz at most."""
BUNDLE = 2000
"""At most so many lines at once, so that the window has time for its user between two bundles."""

_LAST_WORDS = 40
_NICE = 5
_END = b""


def command_line(*arguments: str) -> list[str]:
    """The command as this installation starts it."""
    return [sys.executable, "-m", "xferstudio", *arguments]


class Command(QThread):
    """One command with `--json`: its lines arrive parsed and in bundles, words go to its standard input.

    `arrived(list[dict])`: the objects of the lines since the last bundle, in order. `ended(int, str)`: the exit
    code, and the last lines of its standard error; always the last signal, after all lines have arrived. Receivers
    must be slots of QObjects. The process outlives the window if `detached`, and is killed with it otherwise.
    Nothing that is called from the window waits for the process: not `send`, and not `kill`.
    """

    arrived = Signal(object)
    ended = Signal(int, str)

    def __init__(
        self, arguments: Sequence[str], parent: QObject | None = None, detached: bool = False
    ) -> None:
        super().__init__(parent)
        self.arguments = list(arguments)
        self.detached = detached
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = threading.Lock()
        self._killed = False
        self._left = threading.Event()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._inbox: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._words: deque[bytes] = deque(maxlen=_LAST_WORDS)
        # The next bundle waits until the window has come to the last one: its queue never holds two.
        self._ready = threading.Event()
        self._ready.set()
        self.arrived.connect(self._taken, Qt.ConnectionType.QueuedConnection)

    # ------------------------------------------------------------------------------ called by the window

    def send(self, line: str) -> None:
        """Write one line to the command's standard input, or as soon as it has one."""
        self._outbox.put(line.encode("utf-8", "surrogateescape") + b"\n")

    def close_input(self) -> None:
        """Close the command's standard input after what was sent: there is no more to come."""
        self._outbox.put(None)

    def kill(self) -> None:
        """End the process now, whatever it does; one that is not started yet never is."""
        with self._guard:
            self._killed = True
            if self._process is not None and self._process.poll() is None:
                with contextlib.suppress(OSError):
                    if self.detached and os.name == "posix":
                        os.killpg(self._process.pid, signal.SIGKILL)  # its workers too
                    else:
                        self._process.kill()

    def let_go(self) -> None:
        """Stop reading; the process goes on by itself. What was sent still reaches it."""
        self._left.set()

    @Slot(object)
    def _taken(self, lines: list[Any]) -> None:
        # By way of a timer (Qt makes none for 0 ms): the next bundle must not come before others had their turn of the event loop.
        QTimer.singleShot(1, self, self._go_on)

    @Slot()
    def _go_on(self) -> None:
        self._ready.set()

    # ------------------------------------------------------------------------------------- in the thread

    def run(self) -> None:
        """Start the process and read it to its end."""
        try:
            process = self._started()
        except OSError as error:
            self.ended.emit(-1, f"the command cannot be started: {error}")
            return
        if process is None:
            self.ended.emit(-9, "")
            return
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        writer = _thread(self._write, process.stdin)
        _thread(self._read, process.stdout)
        listener = _thread(self._listen, process.stderr)
        self._hand_on(process)
        self._outbox.put(None)
        if self._left.is_set():
            writer.join(2)
            process.returncode = 0  # its end is not our business any more; else Python warns of it
            return
        code = process.wait()
        listener.join(1)
        words = b"".join(self._words).decode("utf-8", "replace").splitlines()[-_LAST_WORDS:]
        self.ended.emit(code, "\n".join(line.rstrip() for line in words))

    def _started(self) -> subprocess.Popen[bytes] | None:
        options: dict[str, Any] = {}
        if os.name == "posix":
            options["start_new_session"] = self.detached
        else:  # no console window, below normal priority; a detached one in a process group of its own
            options["creationflags"] = 0x08000000 | 0x00004000 | (0x00000200 if self.detached else 0)
        with self._guard:
            if self._killed:
                return None
            self._process = subprocess.Popen(
                command_line(*self.arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
                bufsize=0,
                **options,
            )
            if os.name == "posix":
                # The window answers its user while all cores work.
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
            return self._process

    def _hand_on(self, process: subprocess.Popen[bytes]) -> None:
        """Parse what comes and hand it on, until the end, or until nobody wants it any more."""
        waiting: deque[Any] = deque()
        rest, due, quiet, ended = b"", 0.0, 0, False
        while not ended and not self._left.is_set():
            try:
                data = self._inbox.get(timeout=WAKE_SECONDS if waiting else 0.2)
                quiet, ended = 0, data == _END
            except queue.Empty:
                data, quiet = b"", quiet + 1
                # A child of the command may keep its output open: then the end never comes.
                ended = not waiting and process.poll() is not None and (self._killed or quiet > 5)
            if data:
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    with contextlib.suppress(ValueError, RecursionError):  # not of the protocol: a library
                        waiting.append(json.loads(line))
            if waiting and self._ready.is_set() and time.monotonic() >= due:
                self._emit(waiting)
                due = time.monotonic() + WAKE_SECONDS
        while waiting and not self._left.is_set():
            if self._killed or self._ready.wait(WAKE_SECONDS):
                self._emit(waiting)

    def _emit(self, waiting: deque[Any]) -> None:
        self._ready.clear()
        self.arrived.emit([waiting.popleft() for _ in range(min(BUNDLE, len(waiting)))])

    # ------------------------------------------------------------------------- in threads for each stream

    def _read(self, source: IO[bytes]) -> None:
        while data := _some(source):
            # Whoever has let go still empties the pipe, so that the process never waits for a reader.
            if not self._left.is_set():
                self._inbox.put(data)
        self._inbox.put(_END)

    def _listen(self, source: IO[bytes]) -> None:
        while data := _some(source):
            self._words.append(data[-20_000:])

    def _write(self, target: IO[bytes]) -> None:
        while (data := self._outbox.get()) is not None:
            # If it has ended, `ended` tells.
            with contextlib.suppress(OSError, ValueError):
                target.write(data)
        with contextlib.suppress(OSError, ValueError):
            target.close()


def _thread(target: Callable[..., None], *arguments: Any) -> threading.Thread:
    made = threading.Thread(target=target, args=arguments, daemon=True)
    made.start()
    return made


def _some(source: IO[bytes]) -> bytes:
    """What has come; empty at the end, and then it is closed."""
    try:
        data = os.read(source.fileno(), 1 << 18)
    except (OSError, ValueError):
        data = b""
    if not data:
        with contextlib.suppress(OSError):
            source.close()
    return data
