"""The part of the form for a new run that offers strategies for a target domain, or says how to get one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from xferstudio.gui.look import theme
from xferstudio.gui.look.widgets import label

BASELINE = "source-only"
FIRST = ("mcc", "adabn", "cdan-e", "coral")
"""Shown at once where the shift report suggests none or few: of each kind the one that does least harm."""
AT_ONCE = 4
_FEW_TARGET = 50
ALIGNING = ("dan", "dann", "jan")
"""Strategies that align the domains as a whole, which hurts where they do not hold the same classes."""


class AdaptSection(QWidget):
    """A place for the cards of adapt strategies; `data_wanted()` when the user wants to add a target domain."""

    data_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: list[tuple[str, QFrame]] = []
        self._first: tuple[str, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.UNIT)
        self.without = QWidget()
        row = QHBoxLayout(self.without)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.UNIT)
        self.quiet = label(
            self.tr(
                "With images of another domain, without labels, a model can be carried over to them: such strategies are "
                "offered once the project has a target domain."
            ),
            "quiet",
            wrap=True,
        )
        row.addWidget(self.quiet, 1)
        self.go = QPushButton(self.tr("Add one with the data"))
        self.go.setProperty("role", "link")
        self.go.clicked.connect(self.data_wanted)
        row.addWidget(self.go)
        layout.addWidget(self.without)
        self.offered = QWidget()
        column = QVBoxLayout(self.offered)
        column.setContentsMargins(0, theme.UNIT, 0, 0)
        column.setSpacing(theme.UNIT)
        column.addWidget(label(self.tr("Or carry it over to the target domain"), "heading"))
        self.words = label("", "quiet", wrap=True)
        column.addWidget(self.words)
        self.grid = QGridLayout()
        self.grid.setSpacing(2 * theme.UNIT)
        for place in range(2):
            self.grid.setColumnStretch(place, 1)
        column.addLayout(self.grid)
        self.unfold = QPushButton()
        self.unfold.setProperty("role", "link")
        self.unfold.setCheckable(True)
        self.unfold.toggled.connect(self._lay)
        row = QHBoxLayout()
        row.addWidget(self.unfold)
        row.addStretch(1)
        column.addLayout(row)
        layout.addWidget(self.offered)

    def offer(
        self, cards: Sequence[tuple[str, QFrame]], suggested: Sequence[str], there: bool, known: bool
    ) -> None:
        """Show these cards, those that are suggested first; `there`: the project has a target domain, `known`:
        strategies for one exist."""
        for _, card in self._cards:
            self.grid.removeWidget(card)
        ids = [id for id, _ in cards]
        rank = {id: at for at, id in enumerate([*suggested, *ids])} | {
            id: at for at, id in enumerate(suggested)
        }
        self._cards = sorted(cards, key=lambda each: rank[each[0]])
        chosen = [id for id in (*suggested, *FIRST, *ids) if id in ids and id != BASELINE]
        self._first = tuple(dict.fromkeys(chosen))[:AT_ONCE]
        self.without.setVisible(known and not there)
        self.offered.setVisible(bool(cards))
        self.words.setText(
            self.tr("By how far apart the domains are, those that are marked are worth trying first.")
            if suggested
            else self.tr(
                "They learn from the labelled images and from those of the target domain, which need no labels. "
                '"How far apart?" on the data page says which one to try first.'
            )
        )
        self._lay()

    def unfold_for(self, id: str) -> None:
        """Let the card of this strategy be seen."""
        if id in dict(self._cards) and id not in self._first:
            self.unfold.setChecked(True)

    @Slot()
    def _lay(self) -> None:
        every = self.unfold.isChecked()
        shown = [pair for pair in self._cards if every or pair[0] in self._first]
        for _, card in self._cards:
            self.grid.removeWidget(card)
            card.setVisible(False)
        for at, (_, card) in enumerate(shown):
            self.grid.addWidget(card, at // 2, at % 2)
            card.setVisible(True)
        more = len(self._cards) - len(self._first)
        self.unfold.setVisible(more > 0)
        self.unfold.setText(
            self.tr("Fewer strategies")
            if every
            else self.tr("All {count} strategies").format(count=len(self._cards))
        )

    # -------------------------------------------------------------------------------------------- advice

    def advice(self, id: str, target: int | None, shift: Mapping[str, Any] | None) -> list[str]:
        """What speaks against an adaptation, judged by the images of the target domain and by the shift report."""
        found = []
        if target is not None and target < _FEW_TARGET and id not in (BASELINE, "adabn", "coral"):
            found.append(
                self.tr(
                    "Only {count} images of the target domain: strategies that need just their means and variances "
                    "(AdaBN, Deep CORAL) are safer."
                ).format(count=target)
            )
        if shift is not None and shift.get("partial_overlap") and id in ALIGNING:
            found.append(
                self.tr(
                    "The two domains may not share all classes. Aligning them as a whole can do harm then; MCC, SHOT and "
                    "self-training bear it better."
                )
            )
        return found
