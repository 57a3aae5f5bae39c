"""Adaptations that learn from what the model itself says of the target: SHOT and self-training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from xferstudio.api import Batch, Context, Phase, option
from xferstudio_plugins.adapt.base import Adaptation, AdaptOptions

if TYPE_CHECKING:
    import torch
    from torch import nn


class _PseudoLabels(Adaptation):
    """First the source, then the target with labels that the model gives it, anew at the start of each epoch.

    The labels are buffers of the network, so a run that is resumed in the middle of an epoch goes on with them.
    """

    def setup(self, ctx: Context) -> None:
        super().setup(ctx)
        if not hasattr(ctx.model, "pseudo_labels"):
            import torch

            for name, rows in (("pseudo_labels", ctx.target_count), ("pseudo_epoch", 1)):
                buffer = torch.full((rows,), -1, dtype=torch.int64, device=ctx.device)
                ctx.model.register_buffer(name, buffer)

    def epoch(self, ctx: Context, epoch: int) -> Iterator[Any]:
        if ctx.domains != "source" and int(ctx.model.pseudo_epoch) != epoch:
            seen, logits = ctx.predict("target")
            labels = self.label_target(ctx, seen, logits)
            ctx.model.pseudo_labels[: len(labels)].copy_(
                labels
            )  # some files may have turned out to be broken
            ctx.model.pseudo_epoch.fill_(epoch)
        yield from super().epoch(ctx, epoch)

    def label_target(self, ctx: Context, seen: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """A class for each target image, -1 for none (n,)."""
        raise NotImplementedError

    def pseudo_loss(self, ctx: Context, batch: Batch, logits: torch.Tensor) -> tuple[torch.Tensor, float]:
        """Cross-entropy on those of the batch's target images that have a label, and what share of them has one."""
        from torch.nn import functional

        assert batch.target_places is not None
        labels = ctx.model.pseudo_labels[batch.target_places.to(ctx.device)]
        labelled = labels >= 0
        if not bool(labelled.any()):
            return logits.sum() * 0, 0.0
        loss = functional.cross_entropy(logits[labelled], labels[labelled])
        return loss, float(labelled.float().mean())


@dataclass(frozen=True)
class ShotOptions(AdaptOptions):
    """Published for SHOT (Liang et al. 2020)."""

    trade_off: float = option(1.0, min=0.0, max=100.0, help="Weight of sure and diverse predictions.")
    pseudo: float = option(
        0.3, min=0.0, max=10.0, help="Weight of the labels that the model gives the target.", advanced=True
    )
    target_epochs: int = option(10, min=1, max=10_000, help="How often every image of the target is seen.")
    label_smoothing: float = option(
        0.1, min=0.0, max=0.5, help="Share of the label given to all classes.", advanced=True
    )


class Shot(_PseudoLabels):
    """Source hypothesis transfer (Liang et al., ICML 2020)."""

    id: ClassVar[str] = "shot"
    label: ClassVar[str] = "SHOT: the target alone"
    summary: ClassVar[str] = (
        "Learns from the labelled images, then sees none of them any more: the classifier stays as it is, and the features "
        "of the other domain learn to fit it. Strong where the classes stand apart; bears classes in other shares."
    )
    Options: ClassVar[type] = ShotOptions

    def phases(self) -> Sequence[Phase]:
        return (
            *self.head_first("source"),
            Phase("labelled images", self.options.epochs),
            Phase("target", self.options.target_epochs, "target"),
        )

    def head(self, width: int, classes: int) -> nn.Module | None:
        from xferstudio_plugins.adapt.modules import AdaptHead

        return AdaptHead(width, self.options.bottleneck, classes, plain=True, normalised=True)

    def setup(self, ctx: Context) -> None:
        super().setup(ctx)
        if ctx.domains == "target":
            ctx.freeze(ctx.model.head.classifier)

    def label_target(self, ctx: Context, seen: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """The nearest of the class centres, which are weighted by the predictions and then by these labels (section 3.2)."""
        import torch
        from torch.nn import functional

        rows = functional.normalize(torch.cat([seen, torch.ones(len(seen), 1)], 1), dim=1)
        shares = logits.softmax(1)
        there = torch.bincount(logits.argmax(1), minlength=logits.shape[1]) > 0
        labels = logits.argmax(1)
        for _ in range(2):
            centres = functional.normalize(shares.T @ rows / (1e-8 + shares.sum(0)[:, None]), dim=1)
            likeness = rows @ centres.T
            likeness[:, ~there] = -torch.inf  # a class that nothing is taken for has no centre
            labels = likeness.argmax(1)
            shares = functional.one_hot(labels, logits.shape[1]).float()
        return labels

    def loss(self, ctx: Context, batch: Batch) -> torch.Tensor | Mapping[str, torch.Tensor | float]:
        if batch.target is None:
            return super().loss(ctx, batch)
        from xferstudio_plugins.adapt.losses import information

        assert batch.target is not None
        _, logits = ctx.model.classify(ctx.embed(batch.target))
        pseudo, _ = self.pseudo_loss(ctx, batch, logits)
        return {
            "information": self.options.trade_off * information(logits),
            "pseudo-labels": self.options.pseudo * pseudo,
        }


@dataclass(frozen=True)
class SelfTrainOptions(AdaptOptions):
    """Those of all adaptations, and how much of the target is believed."""

    first_share: float = option(
        0.2, min=0.01, max=1.0, help="Share of the target that is believed at first.", advanced=True
    )
    last_share: float = option(
        0.8, min=0.01, max=1.0, help="Share of the target that is believed at last.", advanced=True
    )
    target_epochs: int = option(10, min=1, max=10_000, help="Epochs with both domains.")


class SelfTrain(_PseudoLabels):
    """Class-balanced self-training (Zou et al., ECCV 2018): of each class the surest images, more with every epoch."""

    id: ClassVar[str] = "self-train"
    label: ClassVar[str] = "Self-training: believe the sure ones"
    summary: ClassVar[str] = (
        "Learns from the labelled images, then also from those of the other domain of which it is surest, in each class, "
        "more of them with every epoch. Take it where the model is often right already."
    )
    Options: ClassVar[type] = SelfTrainOptions

    def phases(self) -> Sequence[Phase]:
        return (
            *self.head_first("source"),
            Phase("labelled images", self.options.epochs),
            Phase("both domains", self.options.target_epochs, "both"),
        )

    def label_target(self, ctx: Context, seen: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        import torch

        options = self.options
        share = options.first_share + (options.last_share - options.first_share) * ctx.progress
        confidence, labels = logits.softmax(1).max(1)
        chosen = torch.full_like(labels, -1)
        for number in torch.unique(labels).tolist():
            mine = torch.nonzero(labels == number).flatten()
            surest = mine[confidence[mine].argsort(descending=True)[: max(1, round(share * len(mine)))]]
            chosen[surest] = number
        return chosen

    def loss(self, ctx: Context, batch: Batch) -> torch.Tensor | Mapping[str, torch.Tensor | float]:
        if batch.target is None:
            return super().loss(ctx, batch)
        both = self.pass_both(ctx, batch)
        task = ctx.classification_loss(both.source_logits, both.labels)
        pseudo, believed = self.pseudo_loss(ctx, batch, both.target_logits)
        return {
            "classification": task,
            "pseudo-labels": self.options.trade_off * pseudo,
            "believed": believed,
        }
