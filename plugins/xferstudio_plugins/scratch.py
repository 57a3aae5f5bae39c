"""Scratch: the same network without its pretrained weights, the baseline that every claim of transfer needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from xferstudio.api import Context, Phase, Strategy, TrainingOptions, option
from xferstudio_plugins.groups import layer_groups


@dataclass(frozen=True)
class ScratchOptions(TrainingOptions):
    """The loop's options, with defaults that suit random initial weights."""

    epochs: int = option(20, min=1, max=10_000, help="How often every training image is seen.")
    learning_rate: float = option(2e-3, min=0.0, max=10.0, help="Step size for all layers.")
    weight_decay: float = option(
        0.05, min=0.0, max=10.0, help="Pull of the weights towards zero.", advanced=True
    )


class Scratch(Strategy):
    """All layers learn, from random weights."""

    id: ClassVar[str] = "scratch"
    label: ClassVar[str] = "From scratch (baseline)"
    kind: ClassVar[Literal["extract", "finetune", "adapt", "scratch"]] = "scratch"
    summary: ClassVar[str] = (
        "Trains the same network without its pretrained weights. Not meant to win: it shows whether transfer helped at all."
    )
    pretrained: ClassVar[bool] = False
    Options: ClassVar[type] = ScratchOptions

    def phases(self) -> Sequence[Phase]:
        return (Phase("all layers", self.options.epochs),)

    def param_groups(self, ctx: Context) -> Sequence[Mapping[str, Any]]:
        return layer_groups(
            ctx.model, self.options.learning_rate, self.options.learning_rate, self.options.weight_decay
        )
