"""Adaptations that make statistics of the features alike: CORAL, DAN, JAN, and AFN with their lengths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from xferstudio.api import Context, option, redefault
from xferstudio_plugins.adapt.base import Adaptation, AdaptOptions, Both

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True)
class CoralOptions(AdaptOptions):
    """The loss is a mean over d x d entries, so its weight is large."""

    trade_off: float = option(10.0, min=0.0, max=1000.0, help="Weight of what draws the domains together.")


class Coral(Adaptation):
    """Deep CORAL (Sun and Saenko, ECCV workshops 2016)."""

    id: ClassVar[str] = "coral"
    label: ClassVar[str] = "Deep CORAL: alike in mean and covariance"
    summary: ClassVar[str] = (
        "Makes mean and covariance of the features alike in both domains. Simple and steady; take it for a moderate shift, "
        "such as another camera or light."
    )
    Options: ClassVar[type] = CoralOptions

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import correlation

        return {"correlation": self.options.trade_off * correlation(both.source, both.target)}


@dataclass(frozen=True)
class DiscrepancyOptions(AdaptOptions):
    """Published for DAN and JAN on Office-31 (Transfer Learning Library)."""

    learning_rate: float = redefault(AdaptOptions, "learning_rate", 3e-3)
    weight_decay: float = redefault(AdaptOptions, "weight_decay", 5e-4)


class DAN(Adaptation):
    """Deep adaptation networks (Long et al., ICML 2015): multi-kernel maximum mean discrepancy."""

    id: ClassVar[str] = "dan"
    label: ClassVar[str] = "DAN: alike in distribution"
    summary: ClassVar[str] = (
        "Makes the distributions of the features alike, measured with kernels of several widths (MMD). Steadier than the "
        "adversarial methods; takes both domains to hold the classes in about equal shares."
    )
    Options: ClassVar[type] = DiscrepancyOptions

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import gaussian_kernels, mmd

        return {"discrepancy": self.options.trade_off * mmd(gaussian_kernels(both.seen), linear=True)}


class JAN(Adaptation):
    """Joint adaptation networks (Long et al., ICML 2017): features and predictions together."""

    id: ClassVar[str] = "jan"
    label: ClassVar[str] = "JAN: alike in features and predictions"
    summary: ClassVar[str] = (
        "As DAN, but features and predictions are made alike together, so that classes meet their like."
    )
    Options: ClassVar[type] = DiscrepancyOptions

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import fixed_kernel, gaussian_kernels, mmd

        joint = gaussian_kernels(both.seen) * fixed_kernel(both.logits.softmax(1), sigma=0.92)
        return {"joint discrepancy": self.options.trade_off * mmd(joint)}


@dataclass(frozen=True)
class AFNOptions(AdaptOptions):
    """Published for AFN on Office-31 (Transfer Learning Library)."""

    trade_off: float = option(0.05, min=0.0, max=100.0, help="Weight of the longer features.")
    entropy: float = option(
        0.1, min=0.0, max=10.0, help="Weight of sure predictions on the target.", advanced=True
    )
    step: float = option(1.0, min=0.0, max=100.0, help="How much longer features shall get.", advanced=True)
    bottleneck: int = redefault(AdaptOptions, "bottleneck", 1000)
    learning_rate: float = redefault(AdaptOptions, "learning_rate", 1e-3)
    schedule: str = redefault(AdaptOptions, "schedule", "constant")
    weight_decay: float = redefault(AdaptOptions, "weight_decay", 5e-4)


class AFN(Adaptation):
    """Adaptive feature norm, stepwise (Xu et al., ICCV 2019)."""

    id: ClassVar[str] = "afn"
    label: ClassVar[str] = "AFN: longer features"
    summary: ClassVar[str] = (
        "Lets the features of both domains grow longer step by step, since features of unfamiliar images are short, and "
        "wants sure predictions. Bears target domains that lack some of the classes."
    )
    Options: ClassVar[type] = AFNOptions

    def head(self, width: int, classes: int) -> nn.Module | None:
        from xferstudio_plugins.adapt.modules import AdaptHead, KeepsLength

        return AdaptHead(width, self.options.bottleneck, classes, after=KeepsLength(0.5))

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import entropy, longer

        options = self.options
        norms = longer(both.source, options.step) + longer(both.target, options.step)
        return {
            "feature norm": options.trade_off * norms,
            "entropy": options.entropy * entropy(both.target_logits).mean(),
        }
