"""Which epoch of an adaptation to keep, told by signs that need no labels of the target domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from xferstudio.engine.validators import agreement, mean_rank

KEPT = 6
"""So many epochs' weights are held; those whose signs are worst go first."""


@dataclass
class Selection:
    """The signs of all epochs of a phase, and the weights of the most promising ones.

    The choice is the epoch with the best mean rank over the validators. It is made anew after each epoch, among
    those whose weights are still held, so it may go back to an earlier one.
    """

    table: list[dict[str, float]] = field(default_factory=list)
    epochs: list[int] = field(default_factory=list)
    states: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)

    def add(self, epoch: int, signs: Mapping[str, float], state: Mapping[str, torch.Tensor]) -> bool:
        """Take in one more epoch; whether it is the choice now. `state` is copied."""
        self.table.append(dict(signs))
        self.epochs.append(epoch)
        self.states[epoch] = {name: value.detach().to("cpu", copy=True) for name, value in state.items()}
        ranks = self._ranks()
        while len(self.states) > KEPT:
            del self.states[max(self.states, key=lambda held: (ranks[held], -held))]
        return self.choice == epoch

    @property
    def choice(self) -> int:
        """The epoch to keep, the later one where two are alike; 0 where there is none."""
        ranks = self._ranks()
        return min(self.states, key=lambda held: (ranks[held], -held), default=0)

    @property
    def best(self) -> dict[str, torch.Tensor] | None:
        """The weights of the choice."""
        return self.states.get(self.choice)

    @property
    def agreement(self) -> float | None:
        """How far the validators agree on the order of the epochs (Kendall's W)."""
        return agreement(self.table)

    def signs(self, epoch: int) -> dict[str, float]:
        """What the validators said of an epoch."""
        return dict(self.table[self.epochs.index(epoch)]) if epoch in self.epochs else {}

    def _ranks(self) -> dict[int, float]:
        return dict(zip(self.epochs, mean_rank(self.table), strict=True))

    # ------------------------------------------------------------------------------------------ checkpoints

    def numbers(self) -> dict[str, Any]:
        """What a checkpoint holds as JSON."""
        return {"table": self.table, "epochs": self.epochs, "held": sorted(self.states)}

    def tensors(self) -> dict[str, torch.Tensor]:
        """What a checkpoint holds as tensors."""
        return {
            f"kept.{epoch}.{name}": value
            for epoch, state in self.states.items()
            for name, value in state.items()
        }

    @classmethod
    def restored(cls, numbers: Mapping[str, Any], tensors: Mapping[str, torch.Tensor]) -> Selection:
        """The selection that a checkpoint describes."""
        states: dict[int, dict[str, torch.Tensor]] = {}
        for epoch in numbers.get("held", []):
            head = f"kept.{epoch}."
            states[int(epoch)] = {
                name.removeprefix(head): value.clone()
                for name, value in tensors.items()
                if name.startswith(head)
            }
        return cls([dict(row) for row in numbers.get("table", [])], list(numbers.get("epochs", [])), states)
