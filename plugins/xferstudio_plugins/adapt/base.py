"""What all adaptations share: their options, their phases, and one pass over both domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from xferstudio.api import Batch, Context, LoopOptions, Phase, Strategy, option, redefault
from xferstudio_plugins.groups import layer_groups

if TYPE_CHECKING:
    import torch
    from torch import nn

HEAD = "head"
"""The phase in which the head learns alone."""


@dataclass(frozen=True)
class AdaptOptions(LoopOptions):
    """The loop's options with the defaults that are published for adaptation, and those of all methods."""

    stages: int = option(
        0,
        min=-1,
        max=100,
        help="How many of the last stages learn, besides the bottleneck and the classifier: 0 none, on features that "
        "are computed once (fast); -1 the whole network.",
    )
    head_epochs: int = option(
        10,
        min=0,
        max=10_000,
        help="Where stages learn: for how many epochs bottleneck and classifier learn alone before; 0: all at once.",
        advanced=True,
    )
    trade_off: float = option(1.0, min=0.0, max=100.0, help="Weight of what draws the domains together.")
    bottleneck: int = option(
        256,
        min=1,
        max=8192,
        help="Width of the layer before the classifier, where the domains are compared.",
        advanced=True,
    )
    epochs: int = option(20, min=1, max=10_000, help="How often every labelled image is seen.")
    batch_size: int = option(
        32, min=2, max=4096, help="Images of each domain per optimizer step.", advanced=True
    )
    epoch_steps: int = redefault(LoopOptions, "epoch_steps", 50)
    learning_rate: float = option(
        0.01,
        min=0.0,
        max=10.0,
        help="Step size for bottleneck and classifier; the backbone takes a fraction.",
        advanced=True,
    )
    backbone_rate: float = option(
        0.1, min=0.0, max=1.0, help="Rate of the backbone as a share of that.", advanced=True
    )
    weight_decay: float = redefault(LoopOptions, "weight_decay", 1e-3)
    optimizer: str = redefault(LoopOptions, "optimizer", "sgd")
    warmup: float = redefault(LoopOptions, "warmup", 0.0)
    schedule: str = redefault(LoopOptions, "schedule", "inverse")
    clip: float = option(
        0.0, min=0.0, max=1e6, help="Largest norm of the gradient; 0 does not clip.", advanced=True
    )
    balance: str = option(
        "none",
        choices=("none", "weights", "sampling"),
        help="For unequal classes: weigh rare classes more in the loss, or draw them more often.",
        advanced=True,
    )
    batch_norm: bool = option(
        False, help="Let the backbone's batch-norm statistics follow the new images.", advanced=True
    )


@dataclass(frozen=True)
class Both:
    """One batch of each domain behind the bottleneck: what the classifier sees (n, d), and logits (n, C)."""

    source: torch.Tensor
    source_logits: torch.Tensor
    target: torch.Tensor
    target_logits: torch.Tensor
    labels: torch.Tensor
    """Of the source."""

    @property
    def seen(self) -> torch.Tensor:
        """Of both, the source first (2 n, d)."""
        import torch

        return torch.cat([self.source, self.target])

    @property
    def logits(self) -> torch.Tensor:
        """Of both, the source first (2 n, C)."""
        import torch

        return torch.cat([self.source_logits, self.target_logits])


class Adaptation(Strategy):
    """Cross-entropy on the source, and something besides that draws the domains together: `transfer`."""

    kind: ClassVar[Literal["extract", "finetune", "adapt", "scratch"]] = "adapt"
    Options: ClassVar[type] = AdaptOptions

    def phases(self) -> Sequence[Phase]:
        return (*self.head_first("both"), Phase("adapting", self.options.epochs, "both"))

    def head_first(self, domains: Literal["source", "both"]) -> Sequence[Phase]:
        """The phase before stages learn, so that no random head spoils them (Kumar et al., ICLR 2022); none without."""
        options = self.options
        return (Phase(HEAD, options.head_epochs, domains),) if options.stages and options.head_epochs else ()

    def head(self, width: int, classes: int) -> nn.Module | None:
        from xferstudio_plugins.adapt.modules import AdaptHead

        return AdaptHead(width, self.options.bottleneck, classes)

    def setup(self, ctx: Context) -> None:
        head_alone = ctx.phase == 0 and self.phases()[0].name == HEAD
        ctx.train_last_stages(0 if head_alone else self.options.stages)

    def param_groups(self, ctx: Context) -> Sequence[Mapping[str, Any]]:
        options = self.options
        rate = options.learning_rate
        return layer_groups(ctx.model, rate, rate * options.backbone_rate, options.weight_decay)

    def loss(self, ctx: Context, batch: Batch) -> torch.Tensor | Mapping[str, torch.Tensor | float]:
        if batch.target is None:
            _, logits = ctx.forward(batch)
            return {"classification": ctx.classification_loss(logits, batch.labels)}
        both = self.pass_both(ctx, batch)
        task = ctx.classification_loss(both.source_logits, both.labels)
        return {"classification": task, **self.transfer(ctx, both)}

    @staticmethod
    def pass_both(ctx: Context, batch: Batch) -> Both:
        """Both domains through the network together, as one batch."""
        import torch

        assert batch.target is not None
        seen, logits = ctx.model.classify(ctx.embed(torch.cat([batch.inputs, batch.target])))
        n = len(batch.labels)
        return Both(seen[:n], logits[:n], seen[n:], logits[n:], batch.labels)

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        """The losses by name, weighted already, that draw the domains together; plain numbers are plotted alone."""
        return {}
