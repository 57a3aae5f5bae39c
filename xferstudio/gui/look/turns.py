"""Has plots painted one after another, a few milliseconds in each turn of the event loop."""

from __future__ import annotations

import time
from typing import Protocol

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Slot

BUDGET = 0.006
"""Seconds of painting in one turn; a single plot that takes longer has a turn for itself."""
REST_MS = 8
"""Between two turns, for the user and for the painting itself."""


class Paced(Protocol):
    """What is painted in turns."""

    due: float
    """When it may be painted, by the monotonic clock."""

    @property
    def cost(self) -> float:
        """Seconds that its last painting took."""

    def draw(self) -> None:
        """Take over what has changed; the painting follows in the same turn."""


class Turns(QObject):
    """First come, first painted. Whoever is not painted in a turn is among the first of the next one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.waiting: list[Paced] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.take)

    def add(self, paced: Paced) -> None:
        """Paint this when it is due and its turn has come; once, however often it is added before that."""
        if not any(each is paced for each in self.waiting):
            self.waiting.append(paced)
            if not self._timer.isActive():
                self._rest()

    @Slot()
    def take(self) -> None:
        """One turn."""
        now = time.monotonic()
        spent = 0.0
        for paced in list(self.waiting):
            if not shiboken6.isValid(paced):
                self.waiting.remove(paced)
            elif paced.due <= now:
                if spent and spent + paced.cost > BUDGET:
                    break
                self.waiting.remove(paced)
                paced.draw()
                spent += paced.cost
        self._rest()

    def _rest(self) -> None:
        if self.waiting:
            first = min(paced.due for paced in self.waiting) - time.monotonic()
            self._timer.start(max(REST_MS, round(1000 * first)))


def turns() -> Turns:
    """Those of the application."""
    app = QCoreApplication.instance()
    assert app is not None
    found = app.findChild(Turns, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return found if found is not None else Turns(app)
