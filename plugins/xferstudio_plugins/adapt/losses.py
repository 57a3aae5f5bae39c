"""Losses that draw two domains together; all take batches (n, ...) of both and give a scalar."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn import functional

KERNELS = tuple(2.0**k for k in range(-3, 2))
"""Widths of the Gaussian kernels, as multiples of the mean squared distance of the pairs (Long et al. 2015)."""


def entropy(logits: torch.Tensor) -> torch.Tensor:
    """Entropy of each row's prediction (n,), in nats."""
    logs = functional.log_softmax(logits, 1)
    return -(logs.exp() * logs).sum(1)


def certainty_weights(logits: torch.Tensor) -> torch.Tensor:
    """1 + exp(-entropy) of each row, scaled to the mean 1 (Long et al. 2018); no gradient."""
    weights = 1 + torch.exp(-entropy(logits.detach()))
    return weights * len(weights) / weights.sum()


def correlation(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Squared difference of the means and of the covariances, per entry (Sun and Saenko 2016, and their means)."""
    means = (source.mean(0) - target.mean(0)).square().mean()
    return means + (torch.cov(source.T) - torch.cov(target.T)).square().mean()


def gaussian_kernels(rows: torch.Tensor, widths: Sequence[float] = KERNELS) -> torch.Tensor:
    """The sum of Gaussian kernels between all rows (2 n, 2 n)."""
    distances = torch.cdist(rows, rows).square()
    scale = distances.detach().mean().clamp_min(1e-12)
    return torch.stack([torch.exp(-distances / (2 * width * scale)) for width in widths]).sum(0)


def fixed_kernel(rows: torch.Tensor, sigma: float) -> torch.Tensor:
    """One Gaussian kernel of this width between all rows (2 n, 2 n)."""
    return torch.exp(-torch.cdist(rows, rows).square() / (2 * sigma**2))


def mmd(kernel: torch.Tensor, linear: bool = False) -> torch.Tensor:
    """Maximum mean discrepancy (Gretton et al. 2012) from the kernel of n source rows and n target rows after them.

    Unbiased, of all pairs; `linear` takes only pairs of neighbours, as DAN does.
    """
    n = len(kernel) // 2
    if n < 2:
        return kernel.sum() * 0
    if linear:
        first = torch.arange(n)
        second = (first + 1) % n
        same = kernel[first, second] + kernel[n + first, n + second]
        across = kernel[first, n + second] + kernel[n + first, second]
        return (same - across).mean()
    within = kernel[:n, :n].sum() - kernel[:n, :n].trace() + kernel[n:, n:].sum() - kernel[n:, n:].trace()
    return within / (n * (n - 1)) - 2 * kernel[:n, n:].mean()


def domain(logits: torch.Tensor, weights: torch.Tensor | None = None) -> tuple[torch.Tensor, float]:
    """Cross-entropy of a domain classifier on n source rows and n target rows after them, and its accuracy."""
    n = len(logits) // 2
    truth = torch.cat([torch.ones(n, 1), torch.zeros(len(logits) - n, 1)]).to(logits.device)
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    if weights is not None:
        each = each * weights[:, None]
    return each.mean(), float(((logits > 0) == (truth > 0.5)).float().mean())


def class_confusion(logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """How much the classes are confused on the target (Jin et al. 2020, equations 2 to 7)."""
    shares = functional.softmax(logits / temperature, 1)
    weights = certainty_weights(logits / temperature)
    confused = (shares * weights[:, None]).T @ shares
    confused = confused / confused.sum(1, keepdim=True).clamp_min(1e-12)
    return (confused.sum() - confused.trace()) / logits.shape[1]


def nuclear_norm(logits: torch.Tensor) -> torch.Tensor:
    """The nuclear norm of the predictions over their number (Cui et al. 2020): large where they are sure and diverse."""
    total: torch.Tensor = torch.linalg.svdvals(functional.softmax(logits, 1)).sum()
    return total / len(logits)


def longer(rows: torch.Tensor, step: float) -> torch.Tensor:
    """Squared distance of each row's length from `step` more than what it is now (Xu et al. 2019)."""
    lengths: torch.Tensor = torch.linalg.vector_norm(rows, dim=1)
    return (lengths - (lengths.detach() + step)).square().mean()


def information(logits: torch.Tensor) -> torch.Tensor:
    """Mean entropy less the entropy of the mean (Liang et al. 2020): small where predictions are sure and diverse."""
    mean = functional.softmax(logits, 1).mean(0)
    return entropy(logits).mean() + (mean * mean.clamp_min(1e-8).log()).sum()
