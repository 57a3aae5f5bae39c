"""Heads from features to logits, and the ways to fit them that need no gradient steps through the backbone."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

# Strengths of the pull towards zero, from strong to weak; features are scaled to a mean squared length of 1.
STRENGTHS = tuple(10 ** (-exponent / 2) for exponent in range(2, 15))
ITERATIONS = 60
# Multiplications in one product of rows and solutions below which one thread is faster than two.
ONE_THREAD = 3_000_000


class MLP(nn.Sequential):
    """Two layers with dropout between them."""

    def __init__(self, width: int, hidden: int, classes: int, dropout: float) -> None:
        super().__init__(
            nn.BatchNorm1d(width),
            nn.Linear(width, hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )


class Prototypes(nn.Module):
    """Cosine similarity to the mean feature of each class (Snell et al. 2017; Mensink et al. 2013), after centring."""

    centre: torch.Tensor
    means: torch.Tensor

    def __init__(self, width: int, classes: int, scale: float = 10.0) -> None:
        super().__init__()
        self.scale = scale
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("means", torch.zeros(classes, width))

    def fit(self, features: torch.Tensor, labels: torch.Tensor) -> None:
        """Features (n, D) float32 and labels (n,)."""
        self.centre.copy_(features.mean(0))
        unit = functional.normalize(features - self.centre, dim=1)
        for index in range(len(self.means)):
            if bool((labels == index).any()):
                self.means[index] = functional.normalize(unit[labels == index].mean(0), dim=0)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        unit = functional.normalize(features.float() - self.centre, dim=1)
        return self.scale * (unit @ self.means.T)


class Neighbours(nn.Module):
    """Votes of the k training images with the most similar features, weighted by similarity.

    Logits are log-votes. The training features are part of the weights.
    """

    centre: torch.Tensor
    keys: torch.Tensor
    votes: torch.Tensor
    chosen: torch.Tensor

    def __init__(self, width: int, classes: int, k: int, sharpness: float = 20.0) -> None:
        super().__init__()
        self.k, self.sharpness = k, sharpness
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("keys", torch.zeros(0, width))
        self.register_buffer("votes", torch.zeros(0, classes))
        self.register_buffer("chosen", torch.tensor(max(k, 1)))

    def fit(self, features: torch.Tensor, labels: torch.Tensor) -> None:
        """Features (n, D) float32 and labels (n,); k = 0 is chosen by leave-one-out accuracy."""
        self.centre.copy_(features.mean(0))
        self.keys = functional.normalize(features - self.centre, dim=1)
        self.votes = functional.one_hot(labels, self.votes.shape[1]).float()
        if self.k == 0:
            options = [k for k in (1, 3, 5, 10, 20) if k < len(features)] or [1]
            hits = dict.fromkeys(options, 0)
            for start in range(0, len(features), 1024):
                near = self.keys[start : start + 1024] @ self.keys.T
                near[torch.arange(len(near)), torch.arange(start, start + len(near))] = -2.0
                for k in options:
                    predicted = self._logits(near, k).argmax(1)
                    hits[k] += int((predicted == labels[start : start + 1024]).sum())
            self.chosen.fill_(max(options, key=lambda k: hits[k]))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        unit = functional.normalize(features.float() - self.centre, dim=1)
        return self._logits(unit @ self.keys.T, int(self.chosen))

    def _logits(self, similarity: torch.Tensor, k: int) -> torch.Tensor:
        nearest, places = similarity.topk(min(k, similarity.shape[1]), dim=1)
        weights = torch.exp(self.sharpness * (nearest - 1))
        votes = (weights.unsqueeze(-1) * self.votes[places]).sum(1)
        share = votes / votes.sum(1, keepdim=True).clamp_min(1e-12)
        # A class without a vote is unlikely, not impossible.
        return torch.log(share * 0.98 + 0.02 / votes.shape[1])

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any, **kwargs: Any) -> None:
        for name in ("keys", "votes"):
            if prefix + name in state_dict:
                setattr(self, name, torch.empty_like(state_dict[prefix + name], device=self.centre.device))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


# ------------------------------------------------------------------------------ logistic regression


def fit_logistic(
    head: nn.Linear,
    features: torch.Tensor,
    labels: torch.Tensor,
    *,
    strength: float = 0.0,
    folds: int = 5,
    balanced: bool = False,
    views: int = 1,
    seed: int = 0,
) -> Iterator[dict[str, float] | None]:
    """Put the L2-regularised multinomial logistic regression of features (n, D) on labels (n,) into `head`.

    `strength` 0: chosen by cross-validated log-loss; all folds are solved together, along a path from strong to
    weak, in the eigenbasis of the features, where a diagonal preconditioner makes L-BFGS (Liu and Nocedal 1989)
    converge in a few steps. Rows i, i + n/views, ... are versions of one image and stay in one fold. Yields None
    after each strength that was tried, and at the end the loss and the strength.
    """
    count, classes = len(features), head.out_features
    mean, deviation = features.mean(0), features.std(0, unbiased=False)
    deviation = torch.where(deviation > 1e-6 * deviation.max().clamp_min(1e-12), deviation, torch.inf)
    scale = 1 / (deviation * math.sqrt(features.shape[1]))
    scaled = (features - mean) * scale
    basis, variance = _eigenbasis(scaled)
    rotated = scaled @ basis
    del scaled
    weights = torch.ones(count, device=features.device)
    if balanced:
        sizes = torch.bincount(labels, minlength=classes).clamp_min(1).to(weights)
        weights = (count / (classes * sizes))[labels]
    if strength <= 0:
        fold = _stratified_folds(labels[: count // views], folds, seed).repeat(views).to(labels.device)
        inside = torch.stack([(fold != f) * weights for f in range(folds)])
        outside = torch.stack([(fold == f) * weights for f in range(folds)])
        # The directions with the last percent of the variance do not decide how strong the pull must be.
        main = int((variance.flip(0).cumsum(0) < 0.99 * variance.sum()).sum()) + 1
        problem = _Problem(rotated[:, -main:].contiguous(), labels, classes, variance[-main:])
        losses: dict[int, float] = {}
        solutions = {-1: problem.start(folds)}
        # Every other strength from strong to weak while it gains a percent, then the neighbours of the best.
        queue = list(range(0, len(STRENGTHS), 2))
        while queue:
            place = queue.pop(0)
            nearest = max(known for known in solutions if known < place)
            solutions[place] = problem.solve(solutions[nearest], inside, STRENGTHS[place], precision=1e-3)
            losses[place] = problem.held_out_loss(solutions[place], outside)
            yield None  # nothing is learned before the last solution stands in the head
            best = min(losses, key=lambda known: losses[known])
            if place % 2 == 0 and (not queue or losses[place] > 0.99 * losses.get(place - 2, math.inf)):
                queue = [known for known in (best - 1, best + 1) if 0 <= known < len(STRENGTHS)]
        strength = STRENGTHS[best]
    problem = _Problem(rotated, labels, classes, variance)
    final = problem.solve(problem.start(1), weights[None], strength)
    weight = (final[:, 0, :-1] @ basis.T) * scale
    bias = final[:, 0, -1] - weight @ mean
    with torch.no_grad():
        head.weight.copy_(weight)
        head.bias.copy_(bias - bias.mean())
    yield {"loss": problem.held_out_loss(final, weights[None]), "log10 strength": math.log10(strength)}


def _eigenbasis(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Directions (D, r) that carry all variance of the rows, and the variance along each."""
    count, width = features.shape
    gram = (features @ features.T if count < width else features.T @ features) / count
    with _threads_for(min(count, width) ** 2):  # waits for itself a lot
        values, vectors = torch.linalg.eigh(gram)
    if count < width:
        kept = values > 1e-6 * values.max().clamp_min(1e-12)
        basis = features.T @ vectors[:, kept] / (values[kept] * count).sqrt()
    else:
        kept = values > 1e-6 * values.max().clamp_min(1e-12)
        basis = vectors[:, kept]
    return basis, values[kept]


def _stratified_folds(labels: torch.Tensor, folds: int, seed: int) -> torch.Tensor:
    """A fold (0 to folds - 1) for each row, every class spread evenly."""
    generator = torch.Generator().manual_seed(seed)
    fold = torch.empty(len(labels), dtype=torch.int64)
    start = 0
    for index in sorted(set(labels.tolist())):
        members = (labels.cpu() == index).nonzero().squeeze(1)
        members = members[torch.randperm(len(members), generator=generator)]
        fold[members] = (torch.arange(len(members)) + start) % folds
        start += len(members)
    return fold


@contextlib.contextmanager
def _threads_for(work: int) -> Iterator[None]:
    """One thread for small matrices, where waiting for each other takes longer than the work."""
    threads = torch.get_num_threads()
    if work < ONE_THREAD:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Problem:
    """Several logistic regressions on the same rows with different row weights, solved side by side.

    A solution is (classes, problems, r + 1), the last column being the bias; row weights are (problems, n). The
    objective of each problem is its weighted mean cross-entropy plus strength / 2 times the squared length of its
    weights, without the bias. Classes come first, because sums over a long last dimension are much faster.
    """

    def __init__(
        self, rows: torch.Tensor, labels: torch.Tensor, classes: int, variance: torch.Tensor
    ) -> None:
        self.rows, self.labels, self.classes = rows, labels, classes
        self.truth = functional.one_hot(labels, classes).T[:, None].to(rows)
        self.curvature = torch.cat([variance, torch.ones(1).to(variance)])

    def start(self, problems: int) -> torch.Tensor:
        return torch.zeros(self.classes, problems, self.rows.shape[1] + 1).to(self.rows)

    def _log_chances(self, solution: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logarithms of the probabilities (classes, problems, n), and those of the right classes (1, problems, n)."""
        logits = (solution[..., :-1].flatten(0, 1) @ self.rows.T).view(*solution.shape[:2], -1)
        logs = functional.log_softmax(logits + solution[..., -1:], 0)
        return logs, logs.gather(0, self.labels.expand(1, solution.shape[1], -1))

    def held_out_loss(self, solution: torch.Tensor, weights: torch.Tensor) -> float:
        """Weighted mean cross-entropy over rows and problems, weights being (problems, n)."""
        _, chosen = self._log_chances(solution)
        return float(-(chosen[0] * weights).sum() / weights.sum())

    def _objective(
        self, solution: torch.Tensor, weights: torch.Tensor, strength: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Values (problems,) and gradients, weights being normalised per problem."""
        logs, chosen = self._log_chances(solution)
        value = -(chosen[0] * weights).sum(1)
        residual = logs.exp_()
        residual -= self.truth
        residual *= weights
        slopes = (residual.flatten(0, 1) @ self.rows).view(*solution.shape[:2], -1)
        slopes += strength * solution[..., :-1]
        gradient = torch.cat([slopes, residual.sum(2, keepdim=True)], 2)
        return value + 0.5 * strength * solution[..., :-1].square().sum((0, 2)), gradient

    def solve(
        self, solution: torch.Tensor, weights: torch.Tensor, strength: float, precision: float = 1e-6
    ) -> torch.Tensor:
        """L-BFGS with a diagonal preconditioner and backtracking, each problem with its own steps.

        Ends where a full step would gain less than about `precision` of the objective.
        """
        with _threads_for(self.rows.shape[0] * solution.numel()):
            return self._solve(solution, weights / weights.sum(1, keepdim=True), strength, precision)

    def _solve(
        self, solution: torch.Tensor, weights: torch.Tensor, strength: float, precision: float
    ) -> torch.Tensor:
        penalty = torch.full_like(self.curvature, strength)
        penalty[-1] = 0
        inverse = 1 / (self.curvature / self.classes + penalty)
        value, gradient = self._objective(solution, weights, strength)
        steps: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        for _ in range(ITERATIONS):
            direction = -self._two_loops(gradient, steps, inverse)
            slope = (direction * gradient).sum((0, 2))
            if bool((-slope < precision * (value.abs() + 0.01)).all()):
                break
            rate = torch.ones_like(value)
            for _ in range(12):
                moved = solution + rate[:, None] * direction
                new_value, new_gradient = self._objective(moved, weights, strength)
                bad = new_value > value + 1e-4 * rate * slope + 1e-7 * value.abs()
                if not bool(bad.any()):
                    break
                rate = torch.where(bad, rate * 0.5, rate)
            kept = (new_value <= value + 1e-6 * value.abs())[:, None]
            moved = torch.where(kept, moved, solution)
            new_gradient = torch.where(kept, new_gradient, gradient)
            change, difference = moved - solution, new_gradient - gradient
            product = (change * difference).sum((0, 2))
            steps = [
                *steps[-9:],
                (change, difference, torch.where(product > 1e-12, 1 / product.clamp_min(1e-12), 0.0)),
            ]
            stuck = bool((value - new_value < 1e-7 * value.abs()).all())
            solution, value, gradient = moved, torch.where(kept[:, 0], new_value, value), new_gradient
            if stuck:  # float32 has no smaller differences
                break
        return solution

    @staticmethod
    def _two_loops(gradient: torch.Tensor, steps: Any, inverse: torch.Tensor) -> torch.Tensor:
        direction = gradient.clone()
        shares = []
        for change, difference, curvature in reversed(steps):
            share = curvature * (change * direction).sum((0, 2))
            direction -= share[:, None] * difference
            shares.append(share)
        direction *= inverse
        for (change, difference, curvature), share in zip(steps, reversed(shares), strict=True):
            direction += (share - curvature * (difference * direction).sum((0, 2)))[:, None] * change
        return direction
