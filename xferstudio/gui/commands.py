"""Starts commands of xferstudio in processes of their own and hands on what they print, without ever blocking."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

WAKE_SECONDS = 0.05
"""Lines that come within this time are handed on together: the window repaints at 20 Hz at most."""

_LAST_WORDS = 40


def command_line(*arguments: str) -> list[str]:
    """The command as this installation starts it."""
    return [sys.executable, "-m", "xferstudio", *arguments]


class Command(QThread):
    """One command with `--json`: its lines arrive parsed and in bundles, words go to its standard input.

    `arrived(list[dict])`: the objects of the lines since the last bundle, in order. `ended(int, str)`: the exit
    code, and the last lines of its standard error; always the last signal, after all lines have arrived. Receivers
    must be slots of QObjects. The process outlives the window if `detached`, and is killed with it otherwise.
    """

    arrived = Signal(list)
    ended = Signal(int, str)

    def __init__(
        self, arguments: Sequence[str], parent: QObject | None = None, detached: bool = False
    ) -> None:
        super().__init__(parent)
        self.arguments = list(arguments)
        self.detached = detached
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[bytes] = []
        self._writing = threading.Lock()
        self._killed = False

    # ------------------------------------------------------------------------------ called by the window

    def send(self, line: str) -> None:
        """Write one line to the command's standard input."""
        data = line.encode() + b"\n"
        with self._writing:
            if self._process is None:
                self._early.append(data)
                return
        self._write(data)

    def close_input(self) -> None:
        """Tell the command that no more lines come."""
        process = self._process
        if process is not None and process.stdin is not None:
            with self._writing:
                with contextlib.suppress(OSError):
                    process.stdin.close()

    def kill(self) -> None:
        """End the process now, whatever it does."""
        self._killed = True
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def let_go(self) -> None:
        """Stop reading; the process goes on by itself."""
        self.requestInterruption()

    # ------------------------------------------------------------------------------------- in the thread

    def run(self) -> None:
        """Start the process and read it to its end."""
        options: dict[str, Any] = {}
        if self.detached and os.name == "posix":
            options["start_new_session"] = True
        elif self.detached:
            options["creationflags"] = 0x00000208  # detached, in a process group of its own
        try:
            process = subprocess.Popen(
                command_line(*self.arguments),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
                bufsize=0,
                **options,
            )
        except OSError as error:
            self.ended.emit(-1, f"the command cannot be started: {error}")
            return
        with self._writing:
            self._process = process
            early, self._early = self._early, []
        for data in early:
            self._write(data)
        if self._killed:
            process.kill()
        words: deque[str] = deque(maxlen=_LAST_WORDS)
        listener = threading.Thread(target=self._listen, args=(process, words), daemon=True)
        listener.start()
        self._read(process)
        if self.isInterruptionRequested():
            self.ended.emit(0, "")
            return
        code = process.wait()
        listener.join(1)
        self.ended.emit(code, "\n".join(words))

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        bundle: list[Any] = []
        rest = b""
        sent = 0.0
        source = process.stdout.fileno()
        while not self.isInterruptionRequested():
            data = _available(source, WAKE_SECONDS if bundle else 0.25)
            if data == b"":
                break
            if data is not None:
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    try:
                        bundle.append(json.loads(line))
                    except ValueError:
                        continue  # not of the protocol: a library that prints
            now = time.monotonic()
            if bundle and (os.name != "posix" or now - sent >= WAKE_SECONDS):
                self.arrived.emit(bundle)
                bundle, sent = [], now
        if bundle:
            self.arrived.emit(bundle)

    @staticmethod
    def _listen(process: subprocess.Popen[bytes], words: deque[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            words.append(line.decode("utf-8", "replace").rstrip())

    def _write(self, data: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with self._writing:
            # If it has ended, `ended` tells.
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(data)
                process.stdin.flush()


def _available(source: int, timeout: float) -> bytes | None:
    """What can be read within `timeout` seconds; b"" at the end, None when nothing came."""
    if os.name == "posix":
        import select

        ready, _, _ = select.select([source], [], [], timeout)
        if not ready:
            return None
    try:
        return os.read(source, 1 << 18)
    except OSError:
        return b""
