"""Reads files in a thread for a page: the latest request wins, and what came too late is never shown."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from xferstudio.api import UserError

log = logging.getLogger(__name__)

Stopped = Callable[[], bool]
"""Asked by long work now and then: True when nobody wants its result any more."""
Work = Callable[[Stopped], object]


class _Bell(QObject):
    """Tells the window's thread what was read; it belongs to the thread, and so outlives the page."""

    came = Signal(int, object, str)


class Reader(QObject):
    """One thing at a time is read. Work touches no widget; what it returns is a plain value or a QImage.

    The thread is a daemon, so that a program that ends is not held up by a slow disk.
    """

    done = Signal(object)
    """What the work returned. In the window's thread."""
    failed = Signal(str)
    """A sentence why there is nothing."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted = 0
        self._next: tuple[int, Work] | None = None
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being read or waits to be read."""
        return self._thread is not None

    def ask(self, work: Work) -> None:
        """Do this as soon as what is being done has ended, whose result is not wanted any more."""
        self._wanted += 1
        self._next = (self._wanted, work)
        if self._thread is None:
            self._begin()

    def drop(self) -> None:
        """Nothing that was asked for is wanted any more."""
        self._wanted += 1
        self._next = None

    def let_go(self) -> None:
        """Drop everything; the thread ends by itself."""
        self.drop()

    def _begin(self) -> None:
        if self._next is None:
            return
        number, work = self._next
        self._next = None
        bell = _Bell()
        bell.came.connect(self._take)
        self._thread = threading.Thread(target=self._do, args=(number, work, bell), daemon=True)
        self._thread.start()

    def _do(self, number: int, work: Work, bell: _Bell) -> None:
        result: object = None
        words = ""
        try:
            result = work(lambda: self._wanted != number)
        except (UserError, OSError, ValueError) as error:
            words = str(error) or type(error).__name__
        except Exception as error:
            log.exception("a reader failed")
            words = f"{type(error).__name__}: {error}"
        bell.came.emit(number, result, words)

    @Slot(int, object, str)
    def _take(self, number: int, result: object, words: str) -> None:
        self._thread = None
        if number == self._wanted:
            if words:
                self.failed.emit(words)
            else:
                self.done.emit(result)
        if self._thread is None:  # a receiver may have asked for more
            self._begin()
