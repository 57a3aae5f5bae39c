"""Fine-tune: fit the head first, then let the last layers learn at a smaller rate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from xferstudio.api import Batch, Context, Phase, Strategy, TrainingOptions, option
from xferstudio_plugins.groups import layer_groups

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class FineTuneOptions(TrainingOptions):
    """The loop's options and those of unfreezing; defaults for 200 to 5,000 images."""

    epochs: int = option(
        12, min=1, max=10_000, help="How often every training image is seen after the head is fitted."
    )
    learning_rate: float = option(
        1e-3, min=0.0, max=10.0, help="Step size for the head; layers below take a fraction."
    )
    stages: int = option(2, min=-1, max=100, help="How many of the last stages learn; -1: the whole network.")
    backbone_rate: float = option(
        0.2, min=0.0, max=1.0, help="Rate of the last stage as a share of the head's.", advanced=True
    )
    layer_decay: float = option(
        0.7, min=0.01, max=1.0, help="Each stage learns at this share of the one above.", advanced=True
    )
    gradual: bool = option(
        False, help="Unfreeze one stage after another instead of all at once.", advanced=True
    )
    l2_sp: float = option(
        0.0, min=0.0, max=10.0, help="Pull of the backbone towards its pretrained weights.", advanced=True
    )
    head_first: bool = option(
        True, help="Fit the head on frozen features before anything else learns.", advanced=True
    )
    batch_norm: bool = option(False, help="Let batch-norm statistics follow the new images.", advanced=True)


class FineTune(Strategy):
    """Linear probing, then fine-tuning (Kumar et al. 2022), with layer-wise rates."""

    id: ClassVar[str] = "fine-tune"
    label: ClassVar[str] = "Fine-tune"
    kind: ClassVar[Literal["extract", "finetune", "adapt", "scratch"]] = "finetune"
    summary: ClassVar[str] = (
        "Fits the classifier first, then lets the last layers adjust gently to your images. Take it with a few hundred "
        "images or more, when extracting features is not good enough."
    )
    Options: ClassVar[type] = FineTuneOptions

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self._start: list[tuple[torch.nn.Parameter, torch.Tensor]] = []

    def phases(self) -> Sequence[Phase]:
        options = self.options
        head = [Phase("head", 1)] if options.head_first else []
        if not options.gradual or options.stages < 2:
            return (*head, Phase("last stages" if options.stages >= 0 else "all layers", options.epochs))
        steps = min(options.stages, options.epochs)
        sizes = [options.epochs // steps + (step < options.epochs % steps) for step in range(steps)]
        return (*head, *(Phase(f"last {step + 1} stages", size) for step, size in enumerate(sizes)))

    def setup(self, ctx: Context) -> None:
        if self.options.l2_sp > 0 and not self._start:
            self._start = [(p, p.detach().clone()) for p in ctx.model.backbone.parameters()]
        if self._fits_head(ctx):
            ctx.train_last_stages(0)
            ctx.augmented = False
        elif self.options.gradual and self.options.stages >= 2:
            ctx.train_last_stages(ctx.phase + (0 if self.options.head_first else 1))
        else:
            ctx.train_last_stages(self.options.stages)

    def param_groups(self, ctx: Context) -> Sequence[Mapping[str, Any]]:
        options = self.options
        rate = options.learning_rate
        return layer_groups(
            ctx.model, rate, rate * options.backbone_rate, options.weight_decay, options.layer_decay
        )

    def loss(self, ctx: Context, batch: Batch) -> torch.Tensor | Mapping[str, torch.Tensor]:
        task = ctx.task_loss(batch)
        if self.options.l2_sp <= 0:
            return task
        # Li, Grandvalet and Davoine 2018: decay towards where the weights came from, not towards zero.
        moved = sum(
            ((p - start.to(p)).square().sum() for p, start in self._start if p.requires_grad), start=0 * task
        )
        return {"task": task, "l2-sp": 0.5 * self.options.l2_sp * moved}

    def epoch(self, ctx: Context, epoch: int) -> Iterator[Any]:
        if not self._fits_head(ctx):
            yield from super().epoch(ctx, epoch)
            return
        from xferstudio_plugins.heads import fit_logistic

        features, labels = ctx.features("train")
        balanced = self.options.balance != "none"
        yield from fit_logistic(
            ctx.model.head, features, labels.to(features.device), balanced=balanced, seed=self.options.seed
        )

    def _fits_head(self, ctx: Context) -> bool:
        return bool(self.options.head_first) and ctx.phase == 0
