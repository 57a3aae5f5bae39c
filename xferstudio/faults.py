"""Writes the tracebacks of the program's own faults to a log file, so that nobody has to read them."""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from xferstudio import __version__

LOG_FOLDER = "XFERSTUDIO_LOG"
"""Environment variable: the folder for log files, instead of the user's log folder."""


class FaultLog(logging.Handler):
    """Collects what the parts of the program and the libraries warn of, and writes it at the first fault.

    Until then nothing is written; `file` says where it went.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self.file: Path | None = None
        self._unwritten: deque[str] = deque(maxlen=200)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; write everything once it is an error."""
        self._unwritten.append(self.format(record))
        if record.levelno >= logging.ERROR:
            self._write()

    def fault(self, error: BaseException) -> str:
        """Write a traceback down; the sentence that tells of it."""
        what = (f"{type(error).__name__}: {error}".splitlines() or [""])[0][:300]
        logging.getLogger(__name__).error("%s", what, exc_info=error)
        if self.file is None:
            text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            return f"a fault in the program, not yours, and its log file cannot be written\n{text}"
        return f"a fault in the program, not yours ({what}); the details are in {self.file}"

    def _write(self) -> None:
        head = ""
        if self.file is None:
            head = (
                f"xferstudio {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n{sys.argv}\n\n"
            )
        for folder in self._folders():
            file = self.file or folder / f"fault-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with file.open("a", encoding="utf-8", errors="backslashreplace") as log:
                    log.write(head + "\n".join(self._unwritten) + "\n")
            except OSError:
                continue
            self.file = file
            self._unwritten.clear()
            return

    @staticmethod
    def _folders() -> Iterator[Path]:
        import tempfile

        import platformdirs

        own = os.environ.get(LOG_FOLDER)
        yield Path(own) if own else Path(platformdirs.user_log_dir("xferstudio"))
        yield Path(tempfile.gettempdir())
