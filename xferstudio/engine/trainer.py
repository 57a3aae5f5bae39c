"""One training: phases, epochs and steps of a strategy, with validation, checkpoints, and recovery from trouble."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from xferstudio.api import Preprocessing, Strategy, UserError
from xferstudio.engine.checkpoint import Checkpoint
from xferstudio.engine.context import NotANumber, RunContext, StepResult, setting
from xferstudio.engine.control import Control
from xferstudio.engine.device import Machine, is_out_of_memory
from xferstudio.engine.domain_map import DomainMapper
from xferstudio.engine.domains import ENOUGH_PER_DOMAIN, FEW_PER_DOMAIN, overlap_notice, some
from xferstudio.engine.evaluate import quick, softmax
from xferstudio.engine.feed import Feed, Images
from xferstudio.engine.model import Network, set_modes
from xferstudio.engine.prefix import Cut, find_cut
from xferstudio.engine.selection import Selection
from xferstudio.engine.shift import shift_report
from xferstudio.engine.store import FeatureStore
from xferstudio.engine.validators import Outputs, validate
from xferstudio.events import (
    CheckpointSaved,
    DomainMap,
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
JUDGED = 2000
"""At most so many images of a domain are looked at after each epoch, to judge an adaptation."""


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

    With images of a `target` domain, which have no labels, validators choose it (see `selection`).

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
    target: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    compares_classes: bool = True
    """Whether to warn, before the first step, of classes that the domains seem not to share."""
    at: Progressed = field(default_factory=Progressed)

    def __post_init__(self) -> None:
        self.network.to(self.machine.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.phases = [phase for phase in self.strategy.phases() if phase.epochs > 0]
        if not self.phases:
            raise UserError(f"the strategy {self.strategy.id} has no epoch to train with these options")
        self.epochs = sum(phase.epochs for phase in self.phases)
        self.best: dict[str, torch.Tensor] | None = None
        self.selection = Selection()
        self.domain_map = DomainMapper(int(setting(self.options, "seed")))
        self.context: RunContext
        self._saved_at = time.monotonic()
        self._restored: Checkpoint | None = None
        self._good: Checkpoint | None = None
        self._told: Told | None = None
        self._took: list[float] = []

    # ------------------------------------------------------------------------------------------- the fit

    def fit(self, restored: Checkpoint | None = None) -> Iterator[Event]:
        """Train to the end. Raises Halt for a word from outside, Diverged when recovery failed twice."""
        self._restored = restored
        if restored is not None:
            self._take_position(restored)
        self.context = self._new_context()
        yield from self._open_phase()
        if restored is None and self.compares_classes:
            yield from self._compare_classes()
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
                # An adaptation is chosen among its own epochs, not those before it.
                self.selection = Selection()
                if self.best is not None:  # with all that stood still, because it may learn from here on
                    self.best = _on_cpu(self.network.state_dict()) | self.best
                yield from self.checkpoint()
        self._take_best()

    def _new_context(self) -> RunContext:
        context = RunContext(
            self.network,
            self.classes,
            self.options,
            self.machine,
            self.images.labels,
            self.train,
            self.target,
        )
        context.splits = {"train": self.train, "val": self.val, "target": self.target}
        context.outputs = self.outputs
        return context

    def _open_phase(self) -> Iterator[Event]:
        """Freeze as the strategy says, cut off what is frozen, fill the store, and plan the steps."""
        context = self.context
        context.phase = min(self.at.phase, len(self.phases) - 1)
        phase = self.phases[context.phase]
        if phase.domains != "source" and not len(self.target):
            raise UserError(
                f"the strategy {self.strategy.id} adapts to images of another domain, and the project names none; "
                "name their folder with `xferstudio target PROJECT FOLDER`"
            )
        context.domains = phase.domains
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
            np.concatenate([self.train, self.target]),
            self.val,
            self.poll,
            "reading images" if cut.is_empty else "computing features",
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
        kept = [self.images.readable(indices) for indices in (self.train, self.val, self.target)]
        if list(map(len, kept)) == [len(self.train), len(self.val), len(self.target)]:
            return
        had_target = len(self.target) > 0
        self.train, self.val, self.target = kept
        train = self.train
        if had_target and not len(self.target):
            raise UserError("none of the images of the target domain can be read")
        if len(np.unique(self.images.labels[train])) < 2:
            raise UserError(
                "after leaving out the files that cannot be read, fewer than two classes have training images"
            )
        before = self.context
        self.context = self._new_context()
        for name in ("phase", "domains", "feed", "augmented", "batch_norm"):
            setattr(self.context, name, getattr(before, name))

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
        # Norms of the head, and of what a strategy has added, start from nothing: they always follow the batches.
        set_modes(self.network)
        set_modes(self.network.backbone, context.batch_norm)
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
                    measures=result.measures,
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
        logits: np.ndarray = self.outputs(indices, exact)[1].numpy()
        return logits

    def outputs(self, indices: np.ndarray, exact: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
        """What the classifier sees (n, d) and logits (n, C), as `logits`; on the CPU."""
        feed = self.context.feed
        assert feed is not None
        modes = [(module, module.training) for module in self.network.modules()]
        self.network.eval()
        feed.cut.suffix.eval()
        size = 256 if feed.cut.is_whole else 64
        with torch.no_grad():  # the shapes of nothing
            none = torch.empty(0, self.network.feature_width, device=self.machine.device)
            results = [tuple(part.cpu() for part in self.network.classify(none))]
        done = 0
        while done < len(indices):
            part = indices[done : done + size]
            try:
                results.append(self._outputs(feed, part, exact))
                done += len(part)
                continue
            except Exception as error:
                if len(part) < 2 or not is_out_of_memory(error):
                    raise
            size = len(part) // 2
        for module, mode in modes:  # a strategy may ask in the middle of an epoch
            module.training = mode
        return torch.cat([seen for seen, _ in results]), torch.cat([logits for _, logits in results])

    @torch.no_grad()
    def _outputs(self, feed: Feed, indices: np.ndarray, exact: bool) -> tuple[torch.Tensor, torch.Tensor]:
        inputs = feed.plain(indices)
        if exact:
            features = feed.cut.suffix(inputs.float())
        else:
            with self.machine.autocast():
                features = feed.cut.suffix(inputs)
        seen, logits = self.network.classify(features.float())
        return seen.float().cpu(), logits.float().cpu()

    def _validate(self, start: float) -> Iterator[Event]:
        context = self.context
        kept = None
        if context.average is not None and context.steps_in_phase:
            kept = {name: value.clone() for name, value in self.network.state_dict().items()}
            self.network.load_state_dict(context.average)
        labels = self.images.labels[self.val]
        seen, raw = self.outputs(self.val)
        logits = raw.numpy()
        probabilities = softmax(logits)
        val = quick(labels, probabilities) if len(self.val) else {}
        accuracy, loss = float(val.get("accuracy") or 0.0), float(val.get("loss") or 0.0)
        signs: dict[str, float] = {}
        if len(self.target):
            adapted = self.judged(seen.numpy(), logits)
            signs = validate(adapted, seed=int(setting(self.options, "seed")))
            better = self.selection.add(self.at.epoch, signs, self._learned())
            self.best = self.selection.best
        else:
            better = (
                (accuracy, -loss) > (self.at.best_accuracy, -self.at.best_loss) if len(self.val) else True
            )
            if better:
                state = self.network.state_dict()
                self.best = _on_cpu({name: state[name] for name in state if not self._stays(name)})
        if better:
            self.at.best_accuracy, self.at.best_loss = accuracy, loss
            self.at.best_epoch, self.at.since_best = self.at.epoch, 0
        else:
            self.at.since_best += 1
            self.at.best_epoch = self.selection.choice if signs else self.at.best_epoch
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
            validators=dict(signs),
            agreement=self.selection.agreement if signs else None,
        )
        if signs:
            yield self._map(adapted)
        if self.at.early:
            yield Notice(
                f"stopped early: no improvement for {patience} epochs; epoch {self.at.best_epoch} was the best"
            )

    def _learned(self) -> dict[str, torch.Tensor]:
        """All of the network's state that may have changed: everything but frozen parameters of the backbone."""
        frozen = {
            f"backbone.{name}"
            for name, _ in self.network.backbone.named_parameters()
            if name not in set(self.at.trained)
        }
        return {name: value for name, value in self.network.state_dict().items() if name not in frozen}

    def judged(self, val_features: np.ndarray, val_logits: np.ndarray) -> Outputs:
        """What the validators judge: the same images in every epoch, so that epochs can be compared."""
        train_features, _ = self.outputs(self._sample(self.train))
        target_features, target_logits = self.outputs(self._sample(self.target))
        return Outputs(
            source_features=val_features,
            source_logits=val_logits,
            source_labels=self.images.labels[self.val],
            training_features=train_features.numpy(),
            target_features=target_features.numpy(),
            target_logits=target_logits.numpy(),
        )

    def _sample(self, indices: np.ndarray) -> np.ndarray:
        return some(indices, JUDGED, int(setting(self.options, "seed")))

    def _compare_classes(self) -> Iterator[Event]:
        """Before anything is learned: warn where the domains seem to share only some of their classes."""
        if not self.strategy.pretrained or all(phase.domains == "source" for phase in self.phases):
            return
        feed, seed = self.context.feed, int(setting(self.options, "seed"))
        assert feed is not None
        limit = ENOUGH_PER_DOMAIN if feed.cut.is_whole else FEW_PER_DOMAIN
        source, target = some(self.train, limit, seed), some(self.target, limit, seed)
        try:
            report = shift_report(
                self._features(source), self.images.labels[source], self._features(target), self.classes, seed
            )
        except ValueError:  # features that are no numbers; training will tell
            return
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            return  # a warning is not worth it
        notice = overlap_notice(report, self.strategy.id)
        if notice is not None:
            yield notice

    @torch.no_grad()
    def _features(self, indices: np.ndarray) -> np.ndarray:
        """Pooled features (n, D) float32 of these images by the network as it is now, in evaluation mode."""
        feed = self.context.feed
        assert feed is not None
        suffix = feed.cut.suffix
        modes = [(module, module.training) for module in suffix.modules()]
        suffix.eval()
        rows = []
        for start in range(0, len(indices), 64):
            with self.machine.autocast():
                rows.append(suffix(feed.plain(indices[start : start + 64])).float().cpu())
        for module, mode in modes:
            module.training = mode
        return torch.cat(rows).numpy()

    def _map(self, adapted: Outputs) -> DomainMap:
        chosen = self._sample(self.train), self._sample(self.target)
        items = self.images.items
        return self.domain_map.draw(
            self.at.epoch,
            adapted.training_features,
            self.images.labels[chosen[0]],
            adapted.target_features,
            adapted.target_logits.argmax(1),
            [items[i].path for i in chosen[0]],
            [items[i].path for i in chosen[1]],
        )

    def _seconds_left(self, epoch_seconds: float) -> float | None:
        if self.at.early:
            return 0.0
        if self.context.phase < len(self.phases) - 1:
            return None
        # The middle of the last few: one that another program held up says nothing of those to come.
        self._took = [*self._took, epoch_seconds][-5:]
        return round(float(np.median(self._took)) * (self.epochs - self.at.epoch), 1)

    def _take_best(self) -> None:
        if self.best is not None:  # perhaps only what has learned
            self.network.load_state_dict({**self.network.state_dict(), **self.best})

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
            self.machine.release()
        if context.domains == "both":  # as many images of the target stand beside them
            taken *= 2
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
        self.machine.release()
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
        if self.selection.states:
            tensors |= self.selection.tensors()
        else:
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
        numbers["selection"] = self.selection.numbers()
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
        self.selection = Selection.restored(checkpoint.numbers.get("selection", {}), checkpoint.tensors)
        self.best = self.selection.best or _part(checkpoint, "best.") or None
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


def _on_cpu(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().to("cpu", copy=True) for name, value in state.items()}


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
