"""Modules that adaptations share: the head with its bottleneck, gradient reversal, the domain discriminator."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn


class Norm(nn.BatchNorm1d):
    """Batch norm of (n, width), which takes its running statistics for a single row: that has no variance."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training or len(input) > 1:
            return super().forward(input)
        mean, variance = self.running_mean, self.running_var
        return nn.functional.batch_norm(input, mean, variance, self.weight, self.bias, False, 0.0, self.eps)


class AdaptHead(nn.Module):
    """Features (n, width) to logits (n, classes) through a bottleneck, where the domains are compared.

    `plain` leaves the bottleneck without a rectifier, and `normalised` keeps the length of each class's weights
    apart from their direction (both as in SHOT). `after` comes last in the bottleneck.
    """

    def __init__(
        self,
        width: int,
        bottleneck: int,
        classes: int,
        *,
        plain: bool = False,
        normalised: bool = False,
        classifier: nn.Module | None = None,
        after: nn.Module | None = None,
    ) -> None:
        super().__init__()
        first = nn.Linear(width, bottleneck)
        nn.init.normal_(first.weight, std=0.005 if not plain else math.sqrt(2 / (width + bottleneck)))
        nn.init.constant_(first.bias, 0.1 if not plain else 0.0)
        layers: list[nn.Module] = [first, Norm(bottleneck)]
        if not plain:
            layers.append(nn.ReLU())
        if after is not None:
            layers.append(after)
        self.bottleneck = nn.Sequential(*layers)
        if classifier is None:
            classifier = nn.Linear(bottleneck, classes)
            nn.init.normal_(classifier.weight, std=0.01 if not normalised else math.sqrt(1 / bottleneck))
            nn.init.zeros_(classifier.bias)
            if normalised:
                classifier = nn.utils.parametrizations.weight_norm(classifier)
        self.classifier = classifier

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(self.bottleneck(features))
        return logits


class Twins(nn.Module):
    """Two classifiers that start differently; together they say the mean of their logits."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.first, self.second = (
            nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, classes)) for _ in range(2)
        )

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        mean: torch.Tensor = (self.first(seen) + self.second(seen)) / 2
        return mean


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, strength: float) -> torch.Tensor:
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return -ctx.strength * gradients[0], None


def reverse(x: torch.Tensor, progress: float, high: float = 1.0) -> torch.Tensor:
    """`x` itself; its gradient comes back reversed, with a strength that rises from 0 to `high`.

    Ganin et al. (JMLR 17, 2016): 2 / (1 + exp(-10 p)) - 1 of it, where p is the share of the steps that are done,
    so that a domain classifier that has learned nothing yet does no harm.
    """
    strength = high * (2 / (1 + math.exp(-10 * progress)) - 1)
    reversed_: torch.Tensor = _Reverse.apply(x, strength)  # type: ignore[no-untyped-call]
    return reversed_


def discriminator(width: int, hidden: int = 1024) -> nn.Module:
    """Tells (n, width) of one domain from those of the other: logits (n, 1), above 0 for the source."""
    return nn.Sequential(
        nn.Linear(width, hidden),
        Norm(hidden),
        nn.ReLU(),
        nn.Linear(hidden, hidden),
        Norm(hidden),
        nn.ReLU(),
        nn.Linear(hidden, 1),
    )


class KeepsLength(nn.Module):
    """Dropout that keeps the expected squared length of a row instead of its mean (Xu et al. 2019)."""

    def __init__(self, share: float = 0.5) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.training or self.share <= 0:
            return x
        kept = torch.bernoulli(torch.full_like(x, 1 - self.share))
        return x * kept / math.sqrt(1 - self.share)
