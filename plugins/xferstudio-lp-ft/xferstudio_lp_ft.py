"""Linear probe, then fine-tune (Kumar et al. 2022): a strategy for xferstudio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from xferstudio.api import Context, Phase, Strategy, TrainingOptions, hookimpl, option


@dataclass(frozen=True)
class Options(TrainingOptions):
    """The options of every training, and three of our own."""

    epochs: int = option(8, min=1, max=10_000, help="Epochs of fine-tuning, after the probe.")
    probe_epochs: int = option(
        4, min=1, max=10_000, help="Epochs in which the classifier alone learns.", advanced=True
    )
    stages: int = option(2, min=-1, max=100, help="Last stages that are fine-tuned; -1: the whole network.")
    backbone_rate: float = option(
        0.1, min=0.0, max=1.0, help="Their rate as a share of the classifier's.", advanced=True
    )


class LinearProbeThenFineTune(Strategy):
    """First the classifier on frozen features, then the last stages with it."""

    id: ClassVar[str] = "lp-ft"
    label: ClassVar[str] = "Linear probe, then fine-tune"
    kind: ClassVar[Literal["extract", "finetune", "adapt", "scratch"]] = "finetune"
    summary: ClassVar[str] = (
        "Trains the classifier on the frozen network, then lets the last stages adjust too."
    )
    Options: ClassVar[type] = Options

    def phases(self) -> Sequence[Phase]:
        return Phase("linear probe", self.options.probe_epochs), Phase("fine-tune", self.options.epochs)

    def setup(self, ctx: Context) -> None:
        ctx.train_last_stages(0 if ctx.phase == 0 else self.options.stages)

    def param_groups(self, ctx: Context) -> Sequence[Mapping[str, Any]]:
        rate, decay = self.options.learning_rate, self.options.weight_decay
        rates = {"head": rate, "backbone": rate * self.options.backbone_rate}
        parts = {name: getattr(ctx.model, name).parameters() for name in rates}
        learning = {name: [p for p in part if p.requires_grad] for name, part in parts.items()}
        return [
            {"name": name, "params": learning[name], "lr": rates[name], "weight_decay": decay}
            for name in rates
        ]


@hookimpl
def xfer_strategies() -> Sequence[type[Strategy]]:
    """What this plugin adds."""
    return [LinearProbeThenFineTune]
