"""The parts of the live view that only an adapting run has, made when there is something to show in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import Card
from xferstudio.gui.train.course import Course
from xferstudio.gui.train.domain_map import DomainMapView
from xferstudio.gui.train.domain_plots import DOMAIN_ACCURACY, DomainAccuracyView, SignsView


class DomainCards(QObject):
    """Cards by name. `show_course` fills those that were made."""

    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[str, Card] = {}
        self.map: DomainMapView | None = None
        self.signs: SignsView | None = None
        self.accuracy: DomainAccuracyView | None = None
        self._root: Path | None = None
        self._hashes: Mapping[str, str] = {}

    def full(self, course: Course) -> dict[str, bool]:
        """By name, whether there is something to show."""
        domains = course.domains
        return {
            "map": bool(domains.maps),
            "signs": any(curve.n for curve in domains.validators.values()),
            "domains": DOMAIN_ACCURACY in domains.measures,
        }

    def show_course(self, course: Course) -> None:
        """Fill the cards."""
        if self.map is not None:
            self.map.show_course(course.domains, course.classes)
        if self.signs is not None:
            self.signs.show_course(course.domains, course.summary.get("best_epoch"))
        if self.accuracy is not None:
            self.accuracy.show_course(course.domains)
        for view in (self.signs, self.accuracy):
            if view is not None:
                view.plot.touch()

    def make(self, name: str) -> None:
        """Make a card with nothing in it; it takes a while."""
        view: QWidget
        if name == "map":
            view = self.map = DomainMapView()
            self.map.set_images(self._root, self._hashes)
        elif name == "signs":
            view = self.signs = SignsView()
        else:
            view = self.accuracy = DomainAccuracyView()
        for plotted in (self.signs, self.accuracy):
            if plotted is view:
                plotted.plot.setFixedHeight((46 if plotted is self.signs else 38) * theme.UNIT)
                plotted.plot.failed.connect(self.failed)
        card = Card()
        card.body.addWidget(view, 1)
        card.hide()
        self.cards[name] = card

    def start_anew(self) -> None:
        """Another run is shown."""
        for view in (self.map, self.signs, self.accuracy):
            if view is not None:
                view.start_anew()

    def set_images(self, root: Path | None, hashes: Mapping[str, str]) -> None:
        """Where the images of the source are."""
        self._root, self._hashes = root, hashes
        if self.map is not None:
            self.map.set_images(root, hashes)

    def let_go(self) -> None:
        """End the threads."""
        if self.map is not None:
            self.map.let_go()


def places(
    order: Sequence[QWidget], columns: int, tall: QWidget | None
) -> list[tuple[QWidget, int, int, int, int]]:
    """Row, column, rows and columns of each card: two beside each other, or all below each other.

    The `tall` one stands beside two others; the last one of an odd number takes the whole line.
    """
    if columns == 1:
        return [(card, row, 0, 1, 1) for row, card in enumerate(order)]
    taken: set[tuple[int, int]] = set()
    found: list[tuple[QWidget, int, int, int, int]] = []

    def free() -> tuple[int, int]:
        return next(
            (row, column)
            for row in range(2 * len(order) + 2)
            for column in range(2)
            if (row, column) not in taken
        )

    for at, card in enumerate(order):
        row, column = free()
        alone = at == len(order) - 1 and column == 0
        rows = 2 if card is tall and len(order) - at > 2 else 1
        found.append((card, row, column, rows, 2 if alone else 1))
        taken.update((row + down, column) for down in range(rows))
    return found
