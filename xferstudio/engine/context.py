"""What a strategy works with: the network, its batches, and the optimizer step with all that belongs to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import repeat
from typing import Any, Literal

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from xferstudio.api import Batch, Strategy, TrainingOptions, UserError
from xferstudio.engine.depthwise import QuickDepthwise
from xferstudio.engine.device import Machine
from xferstudio.engine.feed import Feed
from xferstudio.engine.model import Network, stages


def setting(options: Any, name: str) -> Any:
    """An option that the loop reads; a strategy whose `Options` lack it gets the loop's default."""
    return getattr(options, name, getattr(TrainingOptions, name))


class NotANumber(Exception):
    """The loss or the gradient of a step is not a finite number."""


@dataclass(frozen=True)
class StepResult:
    """What one optimizer step did: the mean of each named loss and measure, rates by group, the gradient's norm."""

    losses: dict[str, float]
    learning_rates: dict[str, float]
    gradient_norm: float | None
    images: int
    measures: dict[str, float] = field(default_factory=dict)


class RunContext:
    """The engine's implementation of `api.Context`; one for each training, used by one thread."""

    def __init__(
        self,
        model: Network,
        classes: tuple[str, ...],
        options: Any,
        machine: Machine,
        labels: np.ndarray,
        train: np.ndarray,
        target: np.ndarray | None = None,
    ) -> None:
        self.model = model
        self.classes = classes
        self.options = options
        self.machine = machine
        self.device = machine.device
        self.phase = 0
        self.augmented = True
        self.generator = torch.Generator().manual_seed(int(setting(options, "seed")))
        self.labels = labels
        self.train = train
        self.target = np.empty(0, np.int64) if target is None else target
        self.target_count = len(self.target)
        self.domains: Literal["source", "both", "target"] = "source"
        self.outputs: Callable[[np.ndarray], tuple[torch.Tensor, torch.Tensor]]
        """What the classifier sees, and logits, of these images; set by the trainer."""
        self.class_counts = np.bincount(labels[train], minlength=len(classes)).tolist()
        self.batch_norm = True
        self.feed: Feed | None = None
        self.splits: dict[str, np.ndarray] = {"train": train}
        self.micro_batch = int(setting(options, "batch_size"))
        self.rate_scale = 1.0
        self.batches_done = 0
        self.has_drawn = False
        self.steps_in_phase = 0
        self.phase_steps = 1
        self.optimizer: torch.optim.Optimizer | None = None
        self.scaler = torch.amp.GradScaler(enabled=machine.precision == "float16", device=self.device.type)
        self.average: dict[str, torch.Tensor] | None = None
        self.tally = Tally()
        self._base_rates: list[float] = []
        self._share, self._share_of_batch = 0.0, 1.0
        self._images, self._images_of_batch = 0, 0
        self._losses: dict[str, float] = {}
        self._measures: dict[str, float] = {}
        self._class_weights = self._weights() if setting(options, "balance") == "weights" else None

    # --------------------------------------------------------------------------------------- what learns

    def train_last_stages(self, count: int) -> None:
        """See `api.Context`. Raises UserError for a number that makes no sense."""
        if count < -1:
            raise UserError(f"the number of stages to train must be -1 (all) or more, not {count}")
        self.model.backbone.requires_grad_(count == -1)
        for stage in stages(self.model.backbone)[-count:] if count > 0 else []:
            for parameter in stage:
                parameter.requires_grad_(True)

    def freeze(self, module: nn.Module) -> None:
        module.requires_grad_(False)

    def start_phase(self, strategy: Strategy, epochs: int) -> None:
        """A new optimizer over the strategy's parameter groups; the schedule starts again."""
        groups = [dict(group) for group in strategy.param_groups(self)]
        for group in groups:
            group["params"] = [p for p in group["params"] if p.requires_grad]
        groups = [group for group in groups if group["params"]]
        self.steps_in_phase, self.batches_done = 0, 0
        self.phase_steps = max(1, epochs * len(self.order(0)))
        self._base_rates = [float(group["lr"]) for group in groups]
        if not groups:
            self.optimizer = None
        elif setting(self.options, "optimizer") == "sgd":
            self.optimizer = torch.optim.SGD(groups, lr=self._base_rates[0], momentum=0.9, nesterov=True)
        else:
            self.optimizer = torch.optim.AdamW(groups, lr=self._base_rates[0])
        self.start_average()
        self._set_rates()

    def start_average(self) -> None:
        """Begin the moving average anew, if the options ask for one: a phase without steps would leave it behind."""
        if float(setting(self.options, "ema")) > 0:
            self.average = {name: value.detach().clone() for name, value in self.model.state_dict().items()}

    @property
    def progress(self) -> float:
        """See `api.Context`."""
        return min(1.0, self.steps_in_phase / self.phase_steps)

    @property
    def is_between_steps(self) -> bool:
        """Whether no part of a split step is waiting for the others."""
        return self._share == 0.0

    # ------------------------------------------------------------------------------------------- batches

    def order(self, epoch: int) -> list[np.ndarray]:
        """The image indices of each batch of an epoch; a function of seed and epoch alone, so it can be resumed.

        Of the target where the phase takes the target alone, otherwise of the source.
        """
        random = np.random.default_rng([int(setting(self.options, "seed")), epoch])
        images = self.target if self.domains == "target" else self.train
        size = int(setting(self.options, "batch_size"))
        batches = max(1, math.ceil(len(images) / size))
        least = int(setting(self.options, "epoch_steps"))
        count = len(images) if least <= batches else least * size
        if self.domains != "target" and setting(self.options, "balance") == "sampling":
            chance = (1 / np.maximum(self.class_counts, 1))[self.labels[self.train]]
            shuffled = random.choice(images, count, p=chance / chance.sum())
        else:
            passes = max(1, math.ceil(count / max(1, len(images))))
            shuffled = np.concatenate([random.permutation(images) for _ in range(passes)])[:count]
        # Batches of equal size: a last batch of one image would break batch norm.
        return list(np.array_split(shuffled, max(batches, least)))

    def _partners(self, epoch: int, batches: Sequence[np.ndarray]) -> list[np.ndarray]:
        """As many target images beside each batch of the source: one after another, epoch after epoch, shuffled
        anew whenever all have been taken."""
        count = sum(map(len, batches))
        first = epoch * count
        rounds = range(first // len(self.target), (first + count - 1) // len(self.target) + 1)
        seed = int(setting(self.options, "seed"))
        shuffled = np.concatenate(
            [np.random.default_rng([seed, each, 1]).permutation(self.target) for each in rounds]
        )
        start = first - rounds[0] * len(self.target)
        ends = np.cumsum([len(batch) for batch in batches])[:-1]
        return list(np.split(shuffled[start : start + count], ends))

    def batches(self, epoch: int) -> Iterator[Batch]:
        """See `api.Context`."""
        assert self.feed is not None
        order = self.order(epoch)
        partners = self._partners(epoch, order) if self.domains == "both" else order
        due: list[tuple[np.ndarray, np.ndarray, float]] = []
        for indices, beside in zip(order[self.batches_done :], partners[self.batches_done :], strict=True):
            parts = max(1, math.ceil(len(indices) / self.micro_batch))
            pieces = zip(np.array_split(indices, parts), np.array_split(beside, parts), strict=True)
            due += [(piece, other, len(piece) / len(indices)) for piece, other in pieces]
        source = self.feed.training_batches([piece for piece, _, _ in due], epoch)
        target = (
            self.feed.training_batches([other for _, other, _ in due], epoch)
            if self.domains == "both"
            else repeat(None, len(due))
        )
        for (piece, other, share), inputs, beside_inputs in zip(due, source, target, strict=True):
            self.has_drawn = True
            batch = Batch(
                inputs=inputs,
                labels=torch.from_numpy(self.labels[piece]).to(self.device),
                indices=torch.from_numpy(piece),
                share=share,
                cached=not self.feed.cut.is_empty,
            )
            if self.domains == "target":
                nothing = torch.empty(0, dtype=torch.int64)
                batch = replace(
                    batch,
                    inputs=inputs[:0],
                    labels=nothing.to(self.device),
                    indices=nothing,
                    target=inputs,
                    target_places=self._places(piece),
                )
            elif beside_inputs is not None:
                batch = replace(batch, target=beside_inputs, target_places=self._places(other))
            self._share_of_batch, self._images_of_batch = share, len(piece)
            yield batch

    def _places(self, indices: np.ndarray) -> torch.Tensor:
        """Where these images stand in `target`, which is sorted."""
        return torch.from_numpy(np.searchsorted(self.target, indices))

    def predict(self, split: str) -> tuple[torch.Tensor, torch.Tensor]:
        """See `api.Context`."""
        return self.outputs(self.splits[split])

    def features(self, split: str) -> tuple[torch.Tensor, torch.Tensor]:
        """See `api.Context`."""
        feed = self.feed
        if feed is None or any(p.requires_grad for p in self.model.backbone.parameters()):
            raise UserError("features can be asked for only where the whole backbone is frozen")
        indices = self.splits[split]
        if split == "train" and feed.views > 0:
            parts = [
                self._pooled(feed, indices, partial(feed.view, view=view)) for view in range(feed.views + 1)
            ]
            return torch.cat(parts), torch.from_numpy(np.tile(self.labels[indices], feed.views + 1))
        return self._pooled(feed, indices, feed.plain), torch.from_numpy(self.labels[indices])

    @staticmethod
    def _pooled(feed: Feed, indices: np.ndarray, rows: Callable[[np.ndarray], torch.Tensor]) -> torch.Tensor:
        if feed.cut.is_whole:
            return rows(indices).float()
        with torch.no_grad():  # nothing is cached: the frozen backbone runs now
            parts = [
                feed.cut.suffix(rows(indices[start : start + 64])).float()
                for start in range(0, len(indices), 64)
            ]
        return torch.cat(parts)

    # ------------------------------------------------------------------------------------- loss and step

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """See `api.Context`."""
        # The head is cheap, and logits in reduced precision would be coarse.
        features = self.embed(batch.inputs)
        return features, self.model.head(features)

    def embed(self, inputs: torch.Tensor) -> torch.Tensor:
        """See `api.Context`."""
        assert self.feed is not None
        suffix = self.feed.cut.suffix
        suffix.training = self.model.training
        with self.machine.autocast(), QuickDepthwise() if self._quickened() else nullcontext():
            features: torch.Tensor = suffix(inputs)
        return features.float()

    def _quickened(self) -> bool:
        """Whether depthwise convolutions may take the quick way backward (see `depthwise`)."""
        if self.device.type != "cpu" or self.machine.precision != "bfloat16":
            return False
        # timm's word for activation checkpointing.
        return not any(getattr(part, "grad_checkpointing", False) for part in self.model.backbone.modules())

    def task_loss(self, batch: Batch) -> torch.Tensor:
        """See `api.Context`."""
        strength = max(float(setting(self.options, "mixup")), float(setting(self.options, "cutmix")))
        inputs, other, kept = batch.inputs, batch.labels, 1.0
        if strength > 0 and len(batch.labels) > 1:
            partner = torch.randperm(len(batch.labels), generator=self.generator).to(self.device)
            inputs, kept = self._mix(batch.inputs, partner)
            other = batch.labels[partner]
        _, logits = self.forward(replace(batch, inputs=inputs))
        loss = self._cross_entropy(logits, batch.labels)
        if kept < 1:
            loss = kept * loss + (1 - kept) * self._cross_entropy(logits, other)
        self.tally.add(logits.detach(), batch.labels)
        return loss

    def classification_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """See `api.Context`."""
        self.tally.add(logits.detach(), labels)
        return self._cross_entropy(logits, labels)

    def _cross_entropy(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        smoothing = float(setting(self.options, "label_smoothing"))
        return functional.cross_entropy(logits, labels, self._class_weights, label_smoothing=smoothing)

    def _mix(self, inputs: torch.Tensor, partner: torch.Tensor) -> tuple[torch.Tensor, float]:
        """Mixup (Zhang et al. 2018) or, on maps of shape (n, C, H, W), CutMix (Yun et al. 2019); both: by turns."""
        mixup, cutmix = float(setting(self.options, "mixup")), float(setting(self.options, "cutmix"))
        coin = float(torch.rand((), generator=self.generator))
        cut = cutmix > 0 and inputs.ndim == 4 and (mixup <= 0 or coin < 0.5)
        strength = cutmix if cut else max(mixup, cutmix)
        gammas = torch._standard_gamma(torch.full((2,), strength), generator=self.generator)
        kept = float(gammas[0] / gammas.sum().clamp_min(1e-12))
        if not cut:
            return inputs * kept + inputs[partner] * (1 - kept), kept
        height, width = inputs.shape[2:]
        side = math.sqrt(1 - kept)
        h, w = round(height * side), round(width * side)
        top = int(torch.randint(height - h + 1, (), generator=self.generator))
        left = int(torch.randint(width - w + 1, (), generator=self.generator))
        mixed = inputs.clone()
        mixed[:, :, top : top + h, left : left + w] = inputs[partner][:, :, top : top + h, left : left + w]
        return mixed, 1 - h * w / (height * width)

    def _weights(self) -> torch.Tensor:
        counts = torch.tensor(self.class_counts, dtype=torch.float32).clamp_min(1)
        return (counts.sum() / (len(counts) * counts)).to(self.device)

    def step(self, losses: torch.Tensor | Mapping[str, torch.Tensor | float]) -> StepResult | None:
        """See `api.Context`. None while a step that was split to save memory is not complete."""
        assert self.optimizer is not None
        told = losses if isinstance(losses, Mapping) else {"loss": losses}
        parts = {name: part for name, part in told.items() if isinstance(part, torch.Tensor)}
        total = torch.stack([part.float() for part in parts.values()]).sum()
        if not math.isfinite(float(total.detach())):
            raise NotANumber("the loss is not a number")
        share = self._share_of_batch
        self.scaler.scale(total * share).backward()  # type: ignore[no-untyped-call]
        for name, part in parts.items():
            self._losses[name] = self._losses.get(name, 0.0) + float(part.detach()) * share
        for name, number in told.items():
            if not isinstance(number, torch.Tensor):
                self._measures[name] = self._measures.get(name, 0.0) + float(number) * share
        if len(parts) > 1 or "loss" not in parts:
            self._losses["loss"] = self._losses.get("loss", 0.0) + float(total.detach()) * share
        self._share += share
        self._images += self._images_of_batch
        if self._share < 1 - 1e-6:
            return None
        norm = self._update()
        result = StepResult(
            dict(self._losses),
            {
                str(group.get("name", i)): float(group["lr"])
                for i, group in enumerate(self.optimizer.param_groups)
            },
            norm,
            self._images,
            dict(self._measures),
        )
        self.steps_in_phase += 1
        self.batches_done += 1
        self.reset_step()
        self._set_rates()
        return result

    def _update(self) -> float | None:
        assert self.optimizer is not None
        # Without a limit, the norm still tells whether the step would spoil the weights.
        clip = float(setting(self.options, "clip")) or math.inf
        self.scaler.unscale_(self.optimizer)
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        norm = float(torch.nn.utils.clip_grad_norm_(parameters, clip))
        # The scaler of float16 skips such a step by itself and lowers its scale.
        if not math.isfinite(norm) and not self.scaler.is_enabled():
            raise NotANumber("the gradient is not a number")
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average is not None:
            self._follow(self.average)
        return norm if math.isfinite(norm) else None

    def _follow(self, average: dict[str, torch.Tensor]) -> None:
        # A young average follows faster, or it would remember the first weights for ever.
        steps = self.steps_in_phase + 1
        decay = min(float(setting(self.options, "ema")), (1 + steps) / (10 + steps))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                if value.is_floating_point():
                    average[name].lerp_(value, 1 - decay)
                else:
                    average[name].copy_(value)

    def reset_step(self) -> None:
        """Forget the part of a step that was not completed."""
        self._share, self._images, self._losses, self._measures = 0.0, 0, {}, {}
        if self.optimizer is not None:
            self.optimizer.zero_grad(set_to_none=True)

    def _set_rates(self) -> None:
        """Linear warm-up, then a half cosine towards zero (Loshchilov and Hutter 2017), the inverse decay of Ganin
        et al. (2016), or constant."""
        if self.optimizer is None:
            return
        warmup = round(float(setting(self.options, "warmup")) * self.phase_steps)
        step = self.steps_in_phase
        if step < warmup:
            factor = (step + 1) / (warmup + 1)
        elif setting(self.options, "schedule") == "cosine":
            done = (step - warmup) / max(1, self.phase_steps - warmup)
            factor = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
        elif setting(self.options, "schedule") == "inverse":
            done = (step - warmup) / max(1, self.phase_steps - warmup)
            factor = (1 + 10 * min(1.0, done)) ** -0.75
        else:
            factor = 1.0
        for group, rate in zip(self.optimizer.param_groups, self._base_rates, strict=True):
            group["lr"] = rate * factor * self.rate_scale


class Tally:
    """Counts hits on training batches, for the training accuracy of an epoch (of augmented images, in training mode)."""

    def __init__(self) -> None:
        self.hits, self.images, self.loss, self.steps = 0, 0, 0.0, 0

    def add(self, logits: torch.Tensor, labels: torch.Tensor) -> None:
        self.hits += int((logits.argmax(1) == labels).sum())
        self.images += len(labels)

    def add_loss(self, loss: float) -> None:
        self.loss += loss
        self.steps += 1

    def summary(self) -> dict[str, Any]:
        return {
            "loss": self.loss / self.steps if self.steps else None,
            "accuracy": self.hits / self.images if self.images else None,
        }
