"""The only way into a running run: a mailbox for pause, resume, stop, cancel and interrupt."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xferstudio.history import RunFolder

WORDS = ("pause", "resume", "stop", "cancel", "interrupt")


class Control:
    """Thread-safe; the run looks into it at least once per step.

    `stop` ends the run and keeps what was learned, `cancel` throws it away, `interrupt` saves a checkpoint so
    that the run can be resumed exactly.
    """

    folder: RunFolder | None = None
    """Where the run writes, as soon as it has its lock: set by the run, for those who steer it."""

    def __init__(self) -> None:
        self._words: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._unread: deque[str] = deque()

    def put(self, word: str) -> None:
        """Raises ValueError for any other word."""
        if word not in WORDS:
            raise ValueError(f"{word!r} is not one of {', '.join(WORDS)}")
        self._words.put(word)

    def get(self, timeout: float = 0.0) -> str | None:
        """The oldest word that was not read yet; None if there is none within `timeout` seconds."""
        if self._unread:
            return self._unread.popleft()
        try:
            return self._words.get(timeout=timeout) if timeout > 0 else self._words.get_nowait()
        except queue.Empty:
            return None

    def unread(self, words: Iterable[str]) -> None:
        """Words that `get` gave shall be read again, before all others. For the run itself."""
        self._unread.extendleft(reversed(list(words)))
