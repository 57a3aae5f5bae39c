"""One training: phases, epochs and steps of a strategy, with validation, checkpoints, and recovery from trouble."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from xferstudio.api import Preprocessing, Strategy, UserError
from xferstudio.engine.checkpoint import Checkpoint
from xferstudio.engine.context import NotANumber, RunContext, StepResult, setting
from xferstudio.engine.control import Control
from xferstudio.engine.device import Machine, is_out_of_memory
from xferstudio.engine.evaluate import quick, softmax
from xferstudio.engine.feed import Feed, Images
from xferstudio.engine.model import Network, set_modes
from xferstudio.engine.prefix import Cut, find_cut
from xferstudio.engine.store import FeatureStore
from xferstudio.events import (
    CheckpointSaved,
    EpochDone,
    Event,
    Notice,
    PhaseStarted,
    RunPaused,
    RunResumed,
    StepDone,
)

CHECKPOINT_SECONDS = 30.0
ROLLBACKS = 2


class Halt(Exception):
    """A word from outside that ends the training: stop, cancel or interrupt."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Diverged(Exception):
    """The loss was not a number again and again; the message names step and reason."""


@dataclass
class Told:
    """When steps were last told of, the images since then, and how long the feed had waited until then.

    Between two epochs `at` holds the seconds of training since then.
    """

    at: float
    images: int
    waited: float


@dataclass
class Progressed:
    """Where a training is; plain numbers, saved in every checkpoint."""

    phase: int = 0
    epoch: int = 0
    epoch_in_phase: int = 0
    batches_done: int = 0
    steps_in_phase: int = 0
    step: int = 0
    best_accuracy: float = -1.0
    best_loss: float = math.inf
    best_epoch: int = 0
    since_best: int = 0
    rollbacks: int = 0
    rate_scale: float = 1.0
    micro_batch: int = 0
    means: str = ""
    early: bool = False
    trained_seconds: float = 0.0
    trained_images: int = 0
    trained: list[str] = field(default_factory=list)
    """Parameters of the backbone that have learned so far, by name."""


@dataclass
class Trainer:
    """Trains one network on `train`, choosing the best epoch on `val` (the last one if `val` is empty).

    `fit()` is an iterator of events; `save(checkpoint)` is called whenever the state should outlive a kill.
    """

    network: Network
    strategy: Strategy
    options: Any
    classes: tuple[str, ...]
    images: Images
    train: np.ndarray
    val: np.ndarray
    how: Preprocessing
    machine: Machine
    store: FeatureStore
    control: Control
    save: Callable[[Checkpoint], None]
    backbone: str = ""
    at: Progressed = field(default_factory=Progressed)

    def __post_init__(self) -> None:
        self.network.to(self.machine.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.phases = [phase for phase in self.strategy.phases() if phase.epochs > 0]
        if not self.phases:
            raise UserError(f"the strategy {self.strategy.id} has no epoch to train with these options")
        self.epochs = sum(phase.epochs for phase in self.phases)
        self.best: dict[str, torch.Tensor] | None = None
        self.context: RunContext
        self._saved_at = time.monotonic()
        self._restored: Checkpoint | None = None
        self._good: Checkpoint | None = None
        self._told: Told | None = None

    # ------------------------------------------------------------------------------------------- the fit

    def fit(self, restored: Checkpoint | None = None) -> Iterator[Event]:
        """Train to the end. Raises Halt for a word from outside, Diverged when recovery failed twice."""
        self._restored = restored
        if restored is not None:
            self._take_position(restored)
        self.context = self._new_context()
        yield from self._open_phase()
        if restored is not None and self.at.phase >= len(self.phases):  # all was learned, not yet concluded
            self._restore()
        while self.at.phase < len(self.phases):
            yield from self._phase()
            self.at.phase += 1
            self.at.epoch_in_phase = self.at.batches_done = self.at.steps_in_phase = 0
            self.at.means = ""
            if self.at.early:
                break
            if self.at.phase < len(self.phases):
                yield from self.checkpoint()
        self._take_best()

    def _new_context(self) -> RunContext:
        context = RunContext(
            self.network, self.classes, self.options, self.machine, self.images.labels, self.train
        )
        context.splits = {"train": self.train, "val": self.val}
        return context

    def _open_phase(self) -> Iterator[Event]:
        """Freeze as the strategy says, cut off what is frozen, fill the store, and plan the steps."""
        context = self.context
        context.phase = min(self.at.phase, len(self.phases) - 1)
        phase = self.phases[context.phase]
        context.optimizer = None  # that of the phase before: it fits no checkpoint of this one
        self._told = None
        context.augmented = True
        self.network.requires_grad_(True)
        self.strategy.setup(context)
        if self.strategy.keeps_backbone and any(p.requires_grad for p in self.network.backbone.parameters()):
            raise UserError(
                f"the strategy {self.strategy.id} says that it keeps the backbone (keeps_backbone), and trains it"
            )
        if self._restored is not None:  # what is frozen by now may have learned in earlier phases
            self.network.load_state_dict(_part(self._restored, "model."))
        context.batch_norm = bool(getattr(self.options, "batch_norm", True))
        if setting(self.options, "cache"):
            cut = find_cut(self.network.backbone, self.how, context.batch_norm)
        else:
            cut = Cut("images", torch.nn.Identity(), self.network.backbone)
        if cut.note:
            yield Notice(
                f"nothing is computed once: {cut.note}; the whole network runs in every step", "warning"
            )
        views = (
            int(setting(self.options, "views"))
            if context.augmented and setting(self.options, "augment") != "none"
            else 0
        )
        seed = int(setting(self.options, "seed"))
        context.feed = Feed(
            self.images,
            cut,
            self.how,
            self.machine,
            self.store,
            views,
            str(setting(self.options, "augment")),
            seed,
            self.backbone,
        )
        context.feed.means = self.at.means
        prefix = {id(parameter) for parameter in cut.prefix.parameters()}
        named = list(self.network.backbone.named_parameters())
        frozen_now = {name for name, parameter in named if id(parameter) in prefix}
        if self._restored is None and frozen_now & set(self.at.trained):
            # The best weights so far do not belong to what is cached from here on.
            self.best, self.at.best_accuracy, self.at.best_loss = None, -1.0, math.inf
        learning = {name for name, parameter in named if parameter.requires_grad}
        self.at.trained = sorted(learning.union(self.at.trained))
        yield from context.feed.fill(
            self.train, self.val, self.poll, "reading images" if cut.is_empty else "computing features"
        )
        self._drop_unreadable()
        context = self.context  # another one, if files were dropped
        context.start_phase(self.strategy, phase.epochs)
        yield PhaseStarted(
            phase=context.phase + 1,
            phases=len(self.phases),
            name=phase.name,
            epochs=phase.epochs,
            trainable_parameters=sum(p.numel() for p in self.network.parameters() if p.requires_grad),
            total_parameters=sum(p.numel() for p in self.network.parameters()),
            boundary="" if cut.is_empty else cut.boundary,
        )
        yield from self._fit_memory()

    def _drop_unreadable(self) -> None:
        train, val = self.images.readable(self.train), self.images.readable(self.val)
        if len(train) == len(self.train) and len(val) == len(self.val):
            return
        self.train, self.val = train, val
        if len(np.unique(self.images.labels[train])) < 2:
            raise UserError(
                "after leaving out the files that cannot be read, fewer than two classes have training images"
            )
        phase, feed, augmented = self.context.phase, self.context.feed, self.context.augmented
        self.context = self._new_context()
        self.context.phase, self.context.feed, self.context.augmented = phase, feed, augmented
        self.context.batch_norm = bool(getattr(self.options, "batch_norm", True))

    def _phase(self) -> Iterator[Event]:
        if self.context.phase != self.at.phase:
            yield from self._open_phase()
        self._restore()
        self._good = self.snapshot()
        phase = self.phases[self.at.phase]
        while self.at.epoch_in_phase < phase.epochs and not self.at.early:
            yield from self._epoch()

    def _restore(self) -> None:
        """Take the state of the checkpoint that the run is resumed from; until then it is the state."""
        if self._restored is not None:
            self._take_state(self._restored)
            self._restored = None

    def _epoch(self) -> Iterator[Event]:
        start = time.perf_counter()
        context = self.context
        context.tally = type(context.tally)()
        while True:
            try:
                yield from self._steps()
                break
            except NotANumber as error:
                yield from self._roll_back(error)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                yield from self._take_less(error)
        self.at.batches_done = context.batches_done = 0
        self.at.epoch += 1
        self.at.epoch_in_phase += 1
        yield from self._validate(start)
        yield from self._when_due()

    def _steps(self) -> Iterator[Event]:
        context = self.context
        set_modes(self.network, context.batch_norm)
        self.network.training = True
        steps = context.phase_steps
        total = self._planned_steps()
        feed = context.feed
        assert feed is not None
        # Short epochs go on counting where the last one ended; validation between them does not count.
        before = self._told
        self._told = Told(time.perf_counter(), 0, feed.waited)
        if before is not None:
            self._told = Told(self._told.at - before.at, before.images, before.waited)
        for result in self.strategy.epoch(context, self.at.epoch):
            if result is None:  # a part of a step that was split, or a breath of a long computation
                if context.is_between_steps:  # elsewhere a checkpoint would not be exact
                    yield from self.poll()
                continue
            self.at.step += 1
            self.at.batches_done, self.at.steps_in_phase = context.batches_done, context.steps_in_phase
            if not isinstance(result, StepResult):
                losses = {str(name): float(value) for name, value in dict(result).items()}
                result = StepResult(losses, {}, None, len(self.train))
            context.tally.add_loss(result.losses.get("loss", 0.0))
            self._told.images += result.images
            self.at.trained_images += result.images
            passed = time.perf_counter() - self._told.at
            # A flood of events would cost more than the steps; the last step of a phase is always told.
            if passed >= 0.02 or context.steps_in_phase >= steps:
                resident, on_device = self.machine.memory()
                yield StepDone(
                    step=self.at.step,
                    steps=max(total, self.at.step),  # a solver takes as many as it needs
                    epoch=self.at.epoch + 1,
                    losses=result.losses,
                    learning_rates=result.learning_rates,
                    images_per_second=round(self._told.images / max(passed, 1e-6), 1),
                    waiting=round(min(1.0, (feed.waited - self._told.waited) / max(passed, 1e-6)), 3),
                    memory=resident,
                    device_memory=on_device,
                    gradient_norm=result.gradient_norm,
                )
                self._told = Told(time.perf_counter(), 0, feed.waited)
            yield from self.poll()
            yield from self._when_due()
        self._told.at = time.perf_counter() - self._told.at

    def _planned_steps(self) -> int:
        per_epoch = len(self.context.order(0))
        return per_epoch * self.epochs

    # ---------------------------------------------------------------------------------------- validation

    def logits(self, indices: np.ndarray, exact: bool = False) -> np.ndarray:
        """Logits (n, C) float32 of these images, whose inputs must be in the store, in evaluation mode.

        `exact` computes what is not cached in float32, as an exported model does.
        """
        feed = self.context.feed
        assert feed is not None
        if not len(indices):
            return np.empty((0, len(self.classes)), np.float32)
        self.network.eval()
        feed.cut.suffix.eval()
        size = 256 if feed.cut.is_whole else 64
        results: list[torch.Tensor] = []
        done = 0
        while done < len(indices):
            part = indices[done : done + size]
            try:
                results.append(self._logits(feed, part, exact))
                done += len(part)
                continue
            except Exception as error:
                if len(part) < 2 or not is_out_of_memory(error):
                    raise
            size = len(part) // 2
        return torch.cat(results).numpy()

    @torch.inference_mode()
    def _logits(self, feed: Feed, indices: np.ndarray, exact: bool) -> torch.Tensor:
        inputs = feed.plain(indices)
        if exact:
            features = feed.cut.suffix(inputs.float())
        else:
            with self.machine.autocast():
                features = feed.cut.suffix(inputs)
        logits: torch.Tensor = self.network.head(features.float())
        return logits.cpu()

    def _validate(self, start: float) -> Iterator[Event]:
        context = self.context
        kept = None
        if context.average is not None and context.steps_in_phase:
            kept = {name: value.clone() for name, value in self.network.state_dict().items()}
            self.network.load_state_dict(context.average)
        labels = self.images.labels[self.val]
        logits = self.logits(self.val)
        probabilities = softmax(logits)
        val = quick(labels, probabilities) if len(self.val) else {}
        accuracy, loss = float(val.get("accuracy") or 0.0), float(val.get("loss") or 0.0)
        better = (accuracy, -loss) > (self.at.best_accuracy, -self.at.best_loss) if len(self.val) else True
        if better:
            self.at.best_accuracy, self.at.best_loss = accuracy, loss
            self.at.best_epoch, self.at.since_best = self.at.epoch, 0
            self.best = {
                name: value.detach().cpu().clone()
                for name, value in self.network.state_dict().items()
                if not self._stays(name)
            }
        else:
            self.at.since_best += 1
        if kept is not None:
            self.network.load_state_dict(kept)
        patience = int(setting(self.options, "patience"))
        if patience and self.at.since_best >= patience and self.at.phase == len(self.phases) - 1:
            self.at.early = True
        predicted = probabilities.argmax(1)
        confusion = np.zeros((len(self.classes), len(self.classes)), np.int64)
        np.add.at(confusion, (labels, predicted), 1)
        wrong = np.flatnonzero(predicted != labels)
        worst = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")][:24]
        seconds = time.perf_counter() - start
        self.at.trained_seconds += seconds
        yield EpochDone(
            epoch=self.at.epoch,
            epochs=self.epochs,
            train=context.tally.summary(),
            val=val,
            confusion=tuple(tuple(int(n) for n in row) for row in confusion),
            best=better,
            epochs_since_best=self.at.since_best,
            seconds=round(seconds, 3),
            seconds_left=self._seconds_left(seconds),
            mistakes=tuple(self.images.items[i].path for i in self.val[worst]),
        )
        if self.at.early:
            yield Notice(
                f"stopped early: no improvement for {patience} epochs; epoch {self.at.best_epoch} was the best"
            )

    def _seconds_left(self, epoch_seconds: float) -> float | None:
        if self.at.early:
            return 0.0
        if self.context.phase < len(self.phases) - 1:
            return None
        return round(epoch_seconds * (self.epochs - self.at.epoch), 1)

    def _take_best(self) -> None:
        if self.best is not None:
            self.network.load_state_dict(self.best, strict=not self.strategy.keeps_backbone)

    def _stays(self, name: str) -> bool:
        """Whether this value of the network is the same all the time, and need not be copied."""
        return self.strategy.keeps_backbone and name.startswith("backbone.")

    def keep_what_was_learned(self) -> bool:
        """After the word stop: put the best weights so far into the network; False if there are none yet."""
        if not self.at.step or getattr(self, "context", None) is None or self.context.feed is None:
            return False
        self._restore()
        self._take_best()
        return True

    # ---------------------------------------------------------------------------------- trouble and rescue

    def _fit_memory(self) -> Iterator[Event]:
        """Measure what the activations of two images take, and split steps that would not fit."""
        context, wanted = self.context, int(setting(self.options, "batch_size"))
        if context.optimizer is None or not wanted or len(self.train) < 2:
            return
        if self.at.micro_batch:
            context.micro_batch = self.at.micro_batch
            return
        taken = 0

        def count(tensor: torch.Tensor) -> torch.Tensor:
            nonlocal taken
            taken += tensor.numel() * tensor.element_size()
            return tensor

        assert context.feed is not None
        few = self.train[:2]
        set_modes(self.network, False)
        devices = [self.machine.device] if self.machine.device.type == "cuda" else []
        try:
            with (
                torch.random.fork_rng(devices),
                torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor),
                self.machine.autocast(),
            ):
                inputs = context.feed.plain(few)
                self.network.head(context.feed.cut.suffix(inputs).float()).sum()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            taken = max(taken, self.machine.free_memory())
        # Gradients of activations, workspaces and fragmentation take about as much again.
        fits = int(0.7 * self.machine.free_memory() / max(1.0, 2.0 * taken / len(few)))
        if fits < wanted:
            context.micro_batch = self.at.micro_batch = max(1, fits)
            yield Notice(
                f"a batch of {wanted} does not fit into memory: each step is split into parts of "
                f"{context.micro_batch} images, with the same effective batch size",
                "warning",
            )

    def _take_less(self, error: BaseException) -> Iterator[Event]:
        context = self.context
        if not context.has_drawn:
            raise UserError(
                f"out of memory while the head was fitted on the features of {len(self.train)} images "
                f"({_first_line(error)}); take fewer views or images, or close other programs"
            ) from None
        if context.micro_batch <= 1:
            raise UserError(
                f"out of memory at step {self.at.step + 1}, even with one image at a time ({_first_line(error)}); "
                "take a smaller backbone, train fewer stages, or close other programs"
            ) from None
        largest = max((len(batch) for batch in context.order(self.at.epoch)), default=1)
        context.micro_batch = self.at.micro_batch = max(1, min(context.micro_batch, largest) // 2)
        context.reset_step()
        if self.machine.device.type == "cuda":
            torch.cuda.empty_cache()
        yield Notice(
            f"out of memory at step {self.at.step + 1}: each step is now split into parts of {context.micro_batch} "
            "images, with the same effective batch size"
            + ("; batch norm sees the smaller parts" if self._has_live_batch_norm() else ""),
            "warning",
        )

    def _has_live_batch_norm(self) -> bool:
        kinds = torch.nn.modules.batchnorm._BatchNorm
        return any(isinstance(module, kinds) and module.training for module in self.network.modules())

    def _roll_back(self, error: NotANumber) -> Iterator[Event]:
        step = self.at.step + 1
        self.at.rollbacks += 1
        if self.at.rollbacks > ROLLBACKS:
            raise Diverged(
                f"{error} at step {step}, also with a rate 100 times smaller; lower learning_rate or look at the data"
            )
        assert self._good is not None
        rollbacks, scale = self.at.rollbacks, self.at.rate_scale * 0.1
        self._take_position(self._good)
        self._take_state(self._good)
        self.at.rollbacks, self.at.rate_scale = rollbacks, scale
        self.context.rate_scale = scale
        self.context.reset_step()
        self.context._set_rates()
        yield Notice(
            f"{error} at step {step}: back to step {self.at.step}, on with a rate 10 times smaller", "warning"
        )

    # -------------------------------------------------------------------------------------- words, saving

    def poll(self) -> Iterator[Event]:
        """Look into the mailbox; waits here while paused. Raises Halt."""
        word = self.control.get()
        while word is not None:
            if word == "pause":
                yield from self.checkpoint()
                yield RunPaused(self.at.step)
                word = None
                while word in (None, "pause"):
                    word = self.control.get(timeout=0.5)
                if word == "resume":
                    yield RunResumed(self.at.step)
                    self._saved_at = time.monotonic()
            if word in ("stop", "cancel", "interrupt"):
                raise Halt(word)
            word = self.control.get()

    def _when_due(self) -> Iterator[Event]:
        if time.monotonic() - self._saved_at >= CHECKPOINT_SECONDS:
            yield from self.checkpoint()

    def checkpoint(self) -> Iterator[Event]:
        """Save the state between two steps."""
        if not self.at.step:
            return
        snapshot = self.snapshot()
        self.save(snapshot)
        self._good = snapshot
        self._saved_at = time.monotonic()
        yield CheckpointSaved(self.at.step)

    def snapshot(self) -> Checkpoint:
        """The exact state between two steps, copied."""
        if self._restored is not None:
            return self._restored
        context = self.context
        tensors = {f"model.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"best.{name}": value for name, value in (self.best or {}).items()}
        tensors |= {f"average.{name}": value for name, value in (context.average or {}).items()}
        tensors["random.strategy"] = context.generator.get_state()
        tensors["random.torch"] = torch.get_rng_state()
        if self.machine.device.type == "mps":
            tensors["random.mps"] = torch.mps.get_rng_state()
        if self.machine.device.type == "cuda":
            tensors["random.cuda"] = torch.cuda.get_rng_state(self.machine.device)
        if context.feed is not None and context.phase == self.at.phase:
            self.at.means = context.feed.means
        numbers = dict(vars(self.at))
        numbers["best_loss"] = self.at.best_loss if math.isfinite(self.at.best_loss) else None
        optimizer: dict[str, Any] = {"scaler": context.scaler.state_dict()}
        if context.optimizer is not None and context.phase == self.at.phase:
            optimizer["optimizer"] = context.optimizer.state_dict()
        copied = {
            name: value.detach().to("cpu", copy=not self._stays(name.removeprefix("model.")))
            for name, value in tensors.items()
        }
        return Checkpoint(numbers, copied, _copied(optimizer))

    def _take_position(self, checkpoint: Checkpoint) -> None:
        numbers = dict(checkpoint.numbers)
        numbers["best_loss"] = math.inf if numbers["best_loss"] is None else numbers["best_loss"]
        self.at = Progressed(**{name: numbers[name] for name in vars(Progressed()) if name in numbers})

    def _take_state(self, checkpoint: Checkpoint) -> None:
        context = self.context
        self.network.load_state_dict(_part(checkpoint, "model."))
        self.best = _part(checkpoint, "best.") or None
        if "optimizer" in checkpoint.optimizer:  # without it, the phase has just begun, with a new average
            average = _part(checkpoint, "average.")
            context.average = {name: value.to(self.machine.device) for name, value in average.items()} or None
        else:
            context.start_average()
        context.generator.set_state(checkpoint.tensors["random.strategy"])
        torch.set_rng_state(checkpoint.tensors["random.torch"])
        if self.machine.device.type == "cuda" and "random.cuda" in checkpoint.tensors:
            torch.cuda.set_rng_state(checkpoint.tensors["random.cuda"], self.machine.device)
        if self.machine.device.type == "mps" and "random.mps" in checkpoint.tensors:
            torch.mps.set_rng_state(checkpoint.tensors["random.mps"])
        if context.optimizer is not None and "optimizer" in checkpoint.optimizer:
            context.optimizer.load_state_dict(_copied(checkpoint.optimizer["optimizer"]))
        if context.scaler.is_enabled() and checkpoint.optimizer["scaler"]:  # empty from another precision
            context.scaler.load_state_dict(checkpoint.optimizer["scaler"])
        context.batches_done, context.steps_in_phase = self.at.batches_done, self.at.steps_in_phase
        context.rate_scale = self.at.rate_scale
        if self.at.micro_batch:
            context.micro_batch = self.at.micro_batch


def _part(checkpoint: Checkpoint, prefix: str) -> dict[str, torch.Tensor]:
    """Copies of the tensors whose names begin with `prefix`, under the rest of their names."""
    return {
        name.removeprefix(prefix): value.clone()
        for name, value in checkpoint.tensors.items()
        if name.startswith(prefix)
    }


def _copied(state: Any) -> Any:
    """A deep copy of an optimizer's state with its tensors on the CPU."""
    if isinstance(state, torch.Tensor):
        return state.detach().to("cpu", copy=True)
    if isinstance(state, dict):
        return {key: _copied(value) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        return type(state)(_copied(value) for value in state)
    return state


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
