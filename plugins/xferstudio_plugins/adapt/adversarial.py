"""Adaptations in which features learn to deceive: a domain classifier, or a second classifier."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from xferstudio.api import Batch, Context, option, redefault
from xferstudio_plugins.adapt.base import Adaptation, AdaptOptions, Both

if TYPE_CHECKING:
    import torch
    from torch import nn

LARGEST_PRODUCT = 4096
"""Wider outer products are drawn at random (Long et al. 2018, section 3.2)."""


class DANN(Adaptation):
    """Domain-adversarial training (Ganin et al., JMLR 17, 2016)."""

    id: ClassVar[str] = "dann"
    label: ClassVar[str] = "DANN: features that hide the domain"
    summary: ClassVar[str] = (
        "A second network tries to tell the domains apart, and the features learn to deceive it. Strong for large shifts "
        "with enough images; takes both domains to hold the classes in about equal shares."
    )

    def setup(self, ctx: Context) -> None:
        super().setup(ctx)
        if not hasattr(ctx.model, "discriminator"):
            from xferstudio_plugins.adapt.modules import discriminator

            ctx.model.discriminator = discriminator(self.judged_width(ctx)).to(ctx.device)

    def judged_width(self, ctx: Context) -> int:
        """Width of what the domain classifier judges."""
        return int(self.options.bottleneck)

    def judged(self, ctx: Context, both: Both) -> torch.Tensor:
        """What the domain classifier judges (2 n, width)."""
        return both.seen

    def weights(self, both: Both) -> torch.Tensor | None:
        """How much each row counts (2 n,); None for all alike."""
        return None

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import domain
        from xferstudio_plugins.adapt.modules import reverse

        logits = ctx.model.discriminator(reverse(self.judged(ctx, both), ctx.progress))
        loss, accuracy = domain(logits, self.weights(both))
        return {"domain": self.options.trade_off * loss, "domain accuracy": accuracy}


class CDAN(DANN):
    """Conditional adversarial training (Long et al., NeurIPS 2018)."""

    id: ClassVar[str] = "cdan"
    label: ClassVar[str] = "CDAN: as DANN, class by class"
    summary: ClassVar[str] = (
        "As DANN, but the second network also sees what is predicted, so that the domains meet class by class. Mostly "
        "better than DANN where there are several classes."
    )

    def judged_width(self, ctx: Context) -> int:
        return min(int(self.options.bottleneck) * len(ctx.classes), LARGEST_PRODUCT)

    def setup(self, ctx: Context) -> None:
        super().setup(ctx)
        width, classes = int(self.options.bottleneck), len(ctx.classes)
        if width * classes > LARGEST_PRODUCT and not hasattr(ctx.model, "drawn_seen"):
            import torch

            # Buffers, so that a resumed run goes on with the same random directions.
            for name, rows in (("drawn_seen", width), ("drawn_shares", classes)):
                drawn = torch.randn(rows, LARGEST_PRODUCT, generator=ctx.generator)
                ctx.model.register_buffer(name, drawn.to(ctx.device))

    def judged(self, ctx: Context, both: Both) -> torch.Tensor:
        shares = both.logits.detach().softmax(1)
        if hasattr(ctx.model, "drawn_seen"):
            product: torch.Tensor = (both.seen @ ctx.model.drawn_seen) * (shares @ ctx.model.drawn_shares)
            return product / math.sqrt(LARGEST_PRODUCT)
        return (shares[:, :, None] * both.seen[:, None, :]).flatten(1)


class CDANE(CDAN):
    """CDAN with entropy conditioning (Long et al. 2018, equation 6)."""

    id: ClassVar[str] = "cdan-e"
    label: ClassVar[str] = "CDAN+E: as CDAN, sure images first"
    summary: ClassVar[str] = (
        "As CDAN, and images of which the model is sure count more, so that doubtful ones mislead less."
    )

    def weights(self, both: Both) -> torch.Tensor | None:
        import torch

        from xferstudio_plugins.adapt.losses import certainty_weights

        # Each domain for itself, so that both keep half of the weight.
        return torch.cat([certainty_weights(both.source_logits), certainty_weights(both.target_logits)])


@dataclass(frozen=True)
class MCDOptions(AdaptOptions):
    """Published for MCD on Office-31 (Transfer Learning Library)."""

    trade_off: float = option(
        0.25, min=0.0, max=100.0, help="Weight of the disagreement of the two classifiers."
    )
    steps: float = option(
        4.0,
        min=0.0,
        max=100.0,
        help="How much more the features learn from it than the classifiers.",
        advanced=True,
    )
    entropy: float = option(
        0.01, min=0.0, max=10.0, help="Weight of sure predictions on the target.", advanced=True
    )
    weight_decay: float = redefault(AdaptOptions, "weight_decay", 5e-4)


class MCD(Adaptation):
    """Maximum classifier discrepancy (Saito et al., CVPR 2018), in one step with gradient reversal.

    The paper takes turns: the classifiers learn to disagree on the target, then the features learn, in several
    steps, to make them agree. With a gradient that comes back reversed and larger, both happen in the same step.
    """

    id: ClassVar[str] = "mcd"
    label: ClassVar[str] = "MCD: two classifiers that agree"
    summary: ClassVar[str] = (
        "Two classifiers seek images of the other domain on which they disagree, and the features learn to make them "
        "agree. Respects the borders between classes; can do harm where the shift is large."
    )
    Options: ClassVar[type] = MCDOptions

    def head(self, width: int, classes: int) -> nn.Module | None:
        from xferstudio_plugins.adapt.modules import AdaptHead, Twins

        bottleneck = self.options.bottleneck
        return AdaptHead(width, bottleneck, classes, classifier=Twins(bottleneck, classes))

    def loss(self, ctx: Context, batch: Batch) -> torch.Tensor | Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import entropy
        from xferstudio_plugins.adapt.modules import reverse

        both = self.pass_both(ctx, batch)
        twins = ctx.model.head.classifier
        task = ctx.classification_loss(twins.first(both.source), both.labels) + ctx.classification_loss(
            twins.second(both.source), both.labels
        )
        turned = reverse(both.target, ctx.progress, high=self.options.steps)
        first, second = twins.first(turned).softmax(1), twins.second(turned).softmax(1)
        disagreement = (first - second).abs().mean()
        return {
            "classification": task,
            "disagreement": -self.options.trade_off * disagreement,
            "entropy": self.options.entropy * entropy(both.target_logits).mean(),
        }


@dataclass(frozen=True)
class MDDOptions(AdaptOptions):
    """Published for MDD on Office-31 (Transfer Learning Library)."""

    margin: float = option(
        4.0, min=1.0, max=20.0, help="How much the source counts against the target.", advanced=True
    )
    bottleneck: int = redefault(AdaptOptions, "bottleneck", 1024)
    learning_rate: float = redefault(AdaptOptions, "learning_rate", 4e-3)
    weight_decay: float = redefault(AdaptOptions, "weight_decay", 5e-4)


class MDD(Adaptation):
    """Margin disparity discrepancy (Zhang et al., ICML 2019)."""

    id: ClassVar[str] = "mdd"
    label: ClassVar[str] = "MDD: no better judge to be found"
    summary: ClassVar[str] = (
        "A second classifier seeks to agree on the labelled images and to disagree on the others; the features learn to "
        "leave it no chance. Among the strongest for large shifts."
    )
    Options: ClassVar[type] = MDDOptions

    def setup(self, ctx: Context) -> None:
        super().setup(ctx)
        if not hasattr(ctx.model, "adversary"):
            from torch import nn

            width = int(self.options.bottleneck)
            ctx.model.adversary = nn.Sequential(
                nn.Linear(width, width), nn.ReLU(), nn.Dropout(0.5), nn.Linear(width, len(ctx.classes))
            ).to(ctx.device)

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from torch.nn import functional

        from xferstudio_plugins.adapt.modules import reverse

        judged = ctx.model.adversary(reverse(both.seen, ctx.progress, high=0.1))
        n = len(both.source)
        agrees = functional.cross_entropy(judged[:n], both.source_logits.argmax(1).detach())
        chances = functional.softmax(judged[n:], 1)
        own = chances.gather(1, both.target_logits.argmax(1, keepdim=True).detach())
        differs = -(1 - own).clamp_min(1e-6).log().mean()
        return {"disparity": self.options.trade_off * (self.options.margin * agrees + differs)}
