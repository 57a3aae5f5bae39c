"""Without adapting, the baseline; and with nothing but the statistics of the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from xferstudio.api import Context, Phase, option
from xferstudio_plugins.adapt.base import Adaptation, AdaptOptions


@dataclass(frozen=True)
class SourceOnlyOptions(AdaptOptions):
    """Those of all adaptations, but nothing draws the domains together."""

    trade_off: float = option(0.0, min=0.0, max=0.0, help="Not used: nothing is adapted.", advanced=True)


class SourceOnly(Adaptation):
    """Learns from the labelled images alone, with the same network and as many steps as an adaptation."""

    id: ClassVar[str] = "source-only"
    label: ClassVar[str] = "Source only (baseline)"
    summary: ClassVar[str] = (
        "Learns from the labelled images alone and is then asked about the others. Every adaptation is measured against "
        "it: adapting may help, and it may do harm."
    )
    Options: ClassVar[type] = SourceOnlyOptions

    def phases(self) -> Sequence[Phase]:
        return (*self.head_first("source"), Phase("labelled images", self.options.epochs))


@dataclass(frozen=True)
class AdaBNOptions(SourceOnlyOptions):
    """Batch norm is what is adapted, so it follows the images."""

    batch_norm: bool = option(
        True, help="Let the backbone's batch-norm statistics follow the images.", advanced=True
    )


class AdaBN(Adaptation):
    """Adaptive batch normalisation (Li et al. 2016, arXiv:1603.04779)."""

    id: ClassVar[str] = "adabn"
    label: ClassVar[str] = "AdaBN: statistics of the target"
    summary: ClassVar[str] = (
        "Learns from the labelled images, then replaces what batch norm knows of brightness, contrast and the like with "
        "what it is in the other domain. Quick and careful; take it first, or where the other domain has few images."
    )
    Options: ClassVar[type] = AdaBNOptions

    def phases(self) -> Sequence[Phase]:
        return (
            *self.head_first("source"),
            Phase("labelled images", self.options.epochs),
            Phase("statistics of the target", 1, "target"),
        )

    def epoch(self, ctx: Context, epoch: int) -> Iterator[Any]:
        if ctx.domains == "source":
            yield from super().epoch(ctx, epoch)
            return
        import torch
        from torch import nn

        norms = [
            module
            for module in ctx.model.modules()
            if isinstance(module, nn.modules.batchnorm._BatchNorm)
            and any(p.requires_grad for p in module.parameters())
        ]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
        try:
            for batch in ctx.batches(epoch):
                with torch.no_grad():
                    ctx.model.classify(ctx.embed(batch.target))  # type: ignore[arg-type]
                yield None
        finally:
            for norm, momentum in zip(norms, momenta, strict=True):
                norm.momentum = momentum
