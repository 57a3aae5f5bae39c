"""Extract: keep the pretrained backbone frozen and fit a head on its features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from xferstudio.api import Context, Phase, Strategy, option

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class ExtractOptions:
    """Options of `extract`; epochs, batch_size and learning_rate matter to the mlp head alone."""

    head: str = option(
        "logistic",
        choices=("logistic", "mlp", "knn", "prototype"),
        help="logistic: best for most; mlp: for many images; knn, prototype: for very few images a class.",
    )
    strength: float = option(
        0.0,
        min=0.0,
        max=1e6,
        help="Pull of the logistic head towards zero; 0 chooses it by cross-validation.",
        advanced=True,
    )
    folds: int = option(5, min=2, max=20, help="Folds of that cross-validation.", advanced=True)
    neighbours: int = option(
        0, min=0, max=1000, help="Neighbours that vote (knn); 0 chooses their number.", advanced=True
    )
    hidden: int = option(256, min=1, max=65536, help="Width of the hidden layer (mlp).", advanced=True)
    dropout: float = option(
        0.2, min=0.0, max=0.95, help="Share of hidden values dropped in training (mlp).", advanced=True
    )
    epochs: int = option(30, min=1, max=10_000, help="How often the mlp sees every image.", advanced=True)
    batch_size: int = option(64, min=2, max=65536, help="Images per step of the mlp.", advanced=True)
    learning_rate: float = option(1e-3, min=0.0, max=10.0, help="Step size of the mlp.", advanced=True)
    weight_decay: float = option(
        0.01, min=0.0, max=10.0, help="Pull of the mlp's weights towards zero.", advanced=True
    )
    seed: int = option(0, min=0, max=2**31 - 1, help="Seeds folds, initial weights and order.", advanced=True)
    views: int = option(
        0,
        min=0,
        max=64,
        help="Augmented versions of each image that are added to the training set; 4 gain about a point of accuracy "
        "and take about five times the time.",
    )
    augment: str = option(
        "standard",
        choices=("none", "flip", "standard", "strong"),
        help="What an augmented version may change.",
        advanced=True,
    )
    balance: str = option(
        "none", choices=("none", "weights"), help="weights: rare classes count more, for unequal classes."
    )
    precision: str = option(
        "auto",
        choices=("auto", "float32", "bfloat16", "float16"),
        help="Arithmetic of the network.",
        advanced=True,
    )


class Extract(Strategy):
    """Feature extraction: the frozen case, in which everything but the head is computed once per image."""

    id: ClassVar[str] = "extract"
    label: ClassVar[str] = "Extract features"
    kind: ClassVar[Literal["extract", "finetune", "adapt", "scratch"]] = "extract"
    summary: ClassVar[str] = (
        "Keeps the pretrained network as it is and learns only a small classifier on what it sees. Fast, hard to "
        "overfit: start here, and stay here with fewer than about 200 images."
    )
    keeps_backbone: ClassVar[bool] = True
    Options: ClassVar[type] = ExtractOptions

    def phases(self) -> Sequence[Phase]:
        return (Phase("head", self.options.epochs if self.options.head == "mlp" else 1),)

    def head(self, width: int, classes: int) -> nn.Module | None:
        from xferstudio_plugins import heads

        kind = self.options.head
        if kind == "mlp":
            return heads.MLP(width, self.options.hidden, classes, self.options.dropout)
        if kind == "knn":
            return heads.Neighbours(width, classes, self.options.neighbours)
        if kind == "prototype":
            return heads.Prototypes(width, classes)
        return None

    def setup(self, ctx: Context) -> None:
        ctx.train_last_stages(0)

    def epoch(self, ctx: Context, epoch: int) -> Iterator[Any]:
        from xferstudio_plugins import heads

        if self.options.head == "mlp":
            yield from super().epoch(ctx, epoch)
            return
        features, labels = ctx.features("train")
        if self.options.head == "logistic":
            yield from heads.fit_logistic(
                ctx.model.head,
                features,
                labels.to(features.device),
                strength=self.options.strength,
                folds=self.options.folds,
                balanced=self.options.balance == "weights",
                views=max(1, len(labels) // max(1, sum(ctx.class_counts))),
                seed=self.options.seed,
            )
            return
        ctx.model.head.fit(features, labels.to(features.device))
        yield {}
