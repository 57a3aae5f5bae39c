"""Adaptations that only want sure and diverse predictions on the target: MCC and BNM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from xferstudio.api import Context, option, redefault
from xferstudio_plugins.adapt.base import Adaptation, AdaptOptions, Both

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class MCCOptions(AdaptOptions):
    """Published for MCC on Office-31 (Transfer Learning Library)."""

    temperature: float = option(
        2.5, min=0.1, max=100.0, help="Softens the predictions that are compared.", advanced=True
    )
    bottleneck: int = redefault(AdaptOptions, "bottleneck", 1024)
    batch_size: int = redefault(AdaptOptions, "batch_size", 36)
    learning_rate: float = redefault(AdaptOptions, "learning_rate", 5e-3)


class MCC(Adaptation):
    """Minimum class confusion (Jin et al., ECCV 2020)."""

    id: ClassVar[str] = "mcc"
    label: ClassVar[str] = "MCC: classes that are not confused"
    summary: ClassVar[str] = (
        "Wants predictions on the other domain that do not waver between two classes. Aligns nothing by force, so it bears "
        "classes in other shares or missing ones; a good first choice."
    )
    Options: ClassVar[type] = MCCOptions

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import class_confusion

        confusion = class_confusion(both.target_logits, self.options.temperature)
        return {"class confusion": self.options.trade_off * confusion}


class BNM(Adaptation):
    """Batch nuclear-norm maximisation (Cui et al., CVPR 2020)."""

    id: ClassVar[str] = "bnm"
    label: ClassVar[str] = "BNM: sure and diverse predictions"
    summary: ClassVar[str] = (
        "Wants predictions on the other domain that are sure, and of all classes. Simple; larger batches help where there "
        "are many classes."
    )

    def transfer(self, ctx: Context, both: Both) -> Mapping[str, torch.Tensor | float]:
        from xferstudio_plugins.adapt.losses import nuclear_norm

        return {"nuclear norm": -self.options.trade_off * nuclear_norm(both.target_logits)}
