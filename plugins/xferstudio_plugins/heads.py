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
# Steps that L-BFGS remembers.
HISTORY = 10
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
    found = None
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
        strength, found = STRENGTHS[best], solutions[best]
    problem = _Problem(rotated, labels, classes, variance)
    final = problem.start(1)
    if found is not None:  # what the folds agree on is near
        final[..., -found.shape[-1] :] = found.mean(0)
    final = problem.solve(final, weights[None], strength)
    weight = (final[0, :, :-1] @ basis.T) * scale
    bias = final[0, :, -1] - weight @ mean
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

    A solution is (problems, classes, r + 1), the last column being the bias; row weights are (problems, n). The
    objective of each problem is its weighted mean cross-entropy plus strength / 2 times the squared length of its
    weights, without the bias. Rows come last, because sums over a long last dimension are much faster.
    """

    def __init__(
        self, rows: torch.Tensor, labels: torch.Tensor, classes: int, variance: torch.Tensor
    ) -> None:
        self.rows, self.labels, self.classes = rows, labels, classes
        self.truth = functional.one_hot(labels, classes).T.to(rows)
        self.curvature = torch.cat([variance, torch.ones(1).to(variance)])

    def start(self, problems: int) -> torch.Tensor:
        return torch.zeros(problems, self.classes, self.rows.shape[1] + 1).to(self.rows)

    def _log_chances(self, solution: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logarithms of the probabilities (problems, classes, n), and those of the right classes (problems, n)."""
        flat = solution.flatten(0, 1)
        logits = torch.addmm(flat[:, -1:], flat[:, :-1], self.rows.T).view(*solution.shape[:2], -1)
        logs = functional.log_softmax(logits, 1)
        return logs, logs.gather(1, self.labels.expand(len(solution), 1, -1))[:, 0]

    def held_out_loss(self, solution: torch.Tensor, weights: torch.Tensor) -> float:
        """Weighted mean cross-entropy over rows and problems, weights being (problems, n)."""
        with _threads_for(self.rows.shape[0] * solution.numel()):
            _, chosen = self._log_chances(solution)
            return float(-(chosen * weights).sum() / weights.sum())

    def _objective(
        self, solution: torch.Tensor, weights: torch.Tensor, penalty: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Values (problems,) and gradients, weights being normalised per problem."""
        logs, chosen = self._log_chances(solution)
        residual = logs.exp_()
        residual -= self.truth
        residual *= weights[:, None]
        slopes = (residual.flatten(0, 1) @ self.rows).view(*solution.shape[:2], -1)
        pull = solution * penalty
        gradient = torch.cat([slopes, residual.sum(2, keepdim=True)], 2).add_(pull)
        return (solution * pull).sum((1, 2)).mul_(0.5).sub_((chosen * weights).sum(1)), gradient

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
        value, gradient = self._objective(solution, weights, penalty)
        steps = _Steps(inverse.repeat(self.classes), len(solution))
        for _ in range(ITERATIONS):
            direction = steps.direction(gradient.flatten(1)).view_as(gradient)
            slope = (direction * gradient).sum((1, 2))
            size = value.abs()
            if bool((-slope < precision * (size + 0.01)).all()):
                break
            rate, moved = None, solution + direction
            for _ in range(12):
                new_value, new_gradient = self._objective(moved, weights, penalty)
                allowed = value + 1e-7 * size
                bad = new_value > torch.add(allowed, slope if rate is None else rate * slope, alpha=1e-4)
                if not bool(bad.any()):
                    break
                rate = torch.where(bad, 0.5, 1.0) if rate is None else torch.where(bad, rate * 0.5, rate)
                moved = solution + rate[:, None, None] * direction
            worse = new_value > value + 1e-6 * size
            if bool(worse.any()):  # then this problem stays where it was
                stays = worse[:, None, None]
                moved = torch.where(stays, solution, moved)
                new_gradient = torch.where(stays, gradient, new_gradient)
                new_value = torch.where(worse, value, new_value)
            stuck = bool((value - new_value < 1e-7 * size).all())
            steps.add((moved - solution).flatten(1), (new_gradient - gradient).flatten(1))
            solution, value, gradient = moved, new_value, new_gradient
            if stuck:  # float32 has no smaller differences
                break
        return solution


class _Steps:
    """The last steps of several L-BFGS searches side by side, and the direction that follows from them.

    In the compact form of Byrd, Nocedal and Schnabel (Mathematical Programming 63, 1994): a few products of
    matrices in place of two loops over the steps. `inverse` (N,) is the diagonal that the search begins with; it is
    scaled as the last step says (Shanno and Phua, Mathematical Programming 14, 1978), because where classes are told
    apart easily the objective is much flatter than at its start.
    """

    def __init__(self, inverse: torch.Tensor, problems: int) -> None:
        self.inverse = inverse
        empty = inverse.new_zeros
        # Steps and, behind them, differences of gradients times the diagonal; and what they have in common.
        self.both = empty(problems, 2 * HISTORY, len(inverse))
        self.crossed, self.curved = empty(problems, HISTORY, HISTORY), empty(problems, HISTORY, HISTORY)
        self.scale = inverse.new_ones(problems)
        self.order: list[int] = []

    def add(self, change: torch.Tensor, difference: torch.Tensor) -> None:
        """One more step (problems, N) and what it did to the gradient; that of a search which stood still says nothing."""
        place = len(self.order) if len(self.order) < HISTORY else self.order.pop(0)
        self.order.append(place)
        product = (change * difference).sum(1)
        says = product > 1e-12
        if not bool(says.all()):
            change, difference = change * says[:, None], difference * says[:, None]
        self.both[:, place] = change
        self.both[:, HISTORY + place] = difference * self.inverse
        common = torch.linalg.vecdot(self.both, difference[:, None])
        self.crossed[:, :, place] = common[:, :HISTORY]
        self.curved[:, :, place] = self.curved[:, place] = common[:, HISTORY:]
        # One in place of nothing, so that it can be divided by.
        self.crossed[:, place, place] = torch.where(says, product, 1.0)
        curved = torch.where(says, common[:, HISTORY + place].clamp_min(1e-30), 1.0)
        self.scale = torch.where(says, product / curved, self.scale)

    def direction(self, gradient: torch.Tensor) -> torch.Tensor:
        """Where to go from a point with this gradient (problems, N)."""
        scaled = gradient * self.inverse
        if not self.order:
            return -scaled
        known, scale = len(self.order), self.scale[:, None, None]
        crossed, curved = self.crossed[:, :known, :known], self.curved[:, :known, :known]
        along = torch.linalg.vecdot(self.both, gradient[:, None])[:, :, None]
        steps, differences = along[:, :known], along[:, HISTORY : HISTORY + known] * scale
        curved = curved * scale
        if self.order[0]:  # the oldest is not the first any more
            order = torch.tensor(self.order, device=gradient.device)
            crossed, curved = crossed[:, order][:, :, order], curved[:, order][:, :, order]
            steps, differences = steps[:, order], differences[:, order]
        triangle = crossed.triu()
        solved = torch.linalg.solve_triangular(triangle, steps, upper=True)
        rest = torch.diagonal(crossed, dim1=1, dim2=2)[:, :, None] * solved + curved @ solved - differences
        shares = torch.linalg.solve_triangular(triangle.mT, rest, upper=False)
        if self.order[0]:
            back = torch.argsort(order)
            solved, shares = solved[:, back], shares[:, back]
        weights = torch.zeros_like(along)
        weights[:, :known], weights[:, HISTORY : HISTORY + known] = shares, -solved * scale
        return -(scaled * self.scale[:, None] + (weights * self.both).sum(1))
