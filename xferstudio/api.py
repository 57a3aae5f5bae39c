"""All that a plugin may import: the hooks, what they return, and the errors that become sentences.

This module imports neither torch nor Qt, so that a plugin can be listed in milliseconds. A plugin is a
module or package named by an entry point of the group ``xferstudio``; it marks functions with `hookimpl`
and names them after the hooks of `Hooks` below.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import pluggy

if TYPE_CHECKING:
    import numpy as np
    import torch

API_VERSION = 1

hookspec = pluggy.HookspecMarker("xferstudio")
hookimpl = pluggy.HookimplMarker("xferstudio")


class UserError(Exception):
    """A mistake that the user can mend: what, where, what to do, in one sentence or a few; shown without traceback."""


class WeightsError(UserError):
    """Weights that are missing, damaged, or do not fit the architecture."""


# --------------------------------------------------------------------------------------------- options


def option(
    default: Any,
    *,
    min: float | None = None,
    max: float | None = None,
    choices: Sequence[Any] | None = None,
    help: str = "",
    advanced: bool = False,
) -> Any:
    """A field of a strategy's or exporter's `Options`, with the limits that the window and the parser keep.

    `advanced` options stay folded in the window until asked for.
    """
    facts = {
        "min": min,
        "max": max,
        "choices": tuple(choices) if choices else None,
        "help": help,
        "advanced": advanced,
    }
    return field(default=default, metadata=facts)


def redefault(options: type, name: str, default: Any) -> Any:
    """The field of this name in an `Options` dataclass once more, with another default, for a subclass of it."""
    return field(default=default, metadata=options.__dataclass_fields__[name].metadata)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class OptionInfo:
    """One option as data: what a form or a help page needs. `kind` is bool, int, float or str."""

    name: str
    kind: type
    default: Any
    min: float | None
    max: float | None
    choices: tuple[Any, ...] | None
    help: str
    advanced: bool


def describe_options(options: type) -> list[OptionInfo]:
    """The options of an `Options` dataclass, in order. Raises TypeError for one that is not made of `option()`s."""
    if not dataclasses.is_dataclass(options):
        raise TypeError(f"{options!r} is not a dataclass")
    described = []
    for spec in dataclasses.fields(options):
        if spec.default is MISSING or type(spec.default) not in (bool, int, float, str):
            raise TypeError(f"option {spec.name} needs a default that is a bool, an int, a float or a str")
        facts = spec.metadata
        described.append(
            OptionInfo(
                name=spec.name,
                kind=type(spec.default),
                default=spec.default,
                min=facts.get("min"),
                max=facts.get("max"),
                choices=facts.get("choices"),
                help=facts.get("help", ""),
                advanced=bool(facts.get("advanced", False)),
            )
        )
    return described


def option_faults(options: type, values: Mapping[str, Any]) -> list[str]:
    """What is wrong with these values, one sentence each: unknown names, wrong kinds, values out of limits."""
    infos = {info.name: info for info in describe_options(options)}
    faults = []
    for name, value in values.items():
        info = infos.get(name)
        if info is None:
            known = f"the options are {', '.join(infos)}" if infos else "there are none"
            faults.append(f"there is no option {name!r}; {known}")
            continue
        good = isinstance(value, info.kind) and not (isinstance(value, bool) and info.kind is not bool)
        if info.kind is float and isinstance(value, int) and not isinstance(value, bool):
            good = True
        if not good:
            faults.append(f"{name} must be {_KINDS[info.kind]}, not {value!r}")
        elif info.choices is not None and value not in info.choices:
            faults.append(f"{name} must be one of {', '.join(map(str, info.choices))}, not {value!r}")
        elif isinstance(value, (int, float)) and value != value:
            faults.append(f"{name} must be a number")
        elif info.min is not None and value < info.min:
            faults.append(f"{name} must be at least {info.min:g}, not {value!r}")
        elif info.max is not None and value > info.max:
            faults.append(f"{name} must be at most {info.max:g}, not {value!r}")
    return faults


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def make_options(options: type, values: Mapping[str, Any]) -> Any:
    """An instance of `options` with these values over the defaults. Raises UserError naming every fault."""
    faults = option_faults(options, values)
    if faults:
        raise UserError("; ".join(faults))
    infos = {info.name: info for info in describe_options(options)}
    return options(**{name: infos[name].kind(value) for name, value in values.items()})


# -------------------------------------------------------------------------------------------- backbones


@dataclass(frozen=True)
class Preprocessing:
    """How a decoded RGB image becomes the input of a network; it travels with the weights.

    `size`: height and width in pixels. `crop`: "center" takes the middle square-ish part whose short side is
    `crop_share` of the image's, "squash" resizes the whole image without keeping its shape, "pad" keeps the
    whole image and fills the rest with the mean. `mean` and `std` are per channel, for values in 0 to 1.
    """

    size: tuple[int, int] = (224, 224)
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    interpolation: Literal["bilinear", "bicubic", "lanczos", "nearest", "box"] = "bicubic"
    crop_share: float = 0.875
    crop: Literal["center", "squash", "pad"] = "center"

    def to_dict(self) -> dict[str, Any]:
        """A JSON form that `from_dict` reads."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Preprocessing:
        """Raises KeyError or ValueError for a record that is not whole: preprocessing is never guessed."""
        if raw["crop"] not in ("center", "squash", "pad") or raw["interpolation"] not in (
            "bilinear",
            "bicubic",
            "lanczos",
            "nearest",
            "box",
        ):
            raise ValueError(f"unknown crop or interpolation in {dict(raw)!r}")
        return cls(
            size=(int(raw["size"][0]), int(raw["size"][1])),
            mean=(float(raw["mean"][0]), float(raw["mean"][1]), float(raw["mean"][2])),
            std=(float(raw["std"][0]), float(raw["std"][1]), float(raw["std"][2])),
            interpolation=raw["interpolation"],
            crop_share=float(raw["crop_share"]),
            crop=raw["crop"],
        )


@dataclass(frozen=True)
class Backbone:
    """A pretrained network, as data; the weights are touched only when `build` is called.

    `build(pretrained)` returns a `torch.nn.Module` that maps a float batch (N, 3, H, W), normalised as
    `preprocessing` says, to pooled features (N, D); with `pretrained=False` the same network freshly
    initialised. It raises WeightsError when weights are missing, damaged or do not fit. `is_local()` tells
    whether the weights are on this machine already. `architecture` is the timm name ("" if timm has none);
    `parameters` counts those without the classifier (0 when unknown before loading). `fingerprint()` tells in a
    moment what `build(True)` would give: a text that is another one as soon as the weights or what computes with
    them are others, and "" where that cannot be told without building, as always without this function.
    """

    id: str
    label: str
    build: Callable[[bool], torch.nn.Module]
    preprocessing: Callable[[], Preprocessing]
    is_local: Callable[[], bool]
    architecture: str = ""
    parameters: int = 0
    licence: str = "unknown"
    source: str = ""
    modality: str = "image"
    fingerprint: Callable[[], str] | None = None


# -------------------------------------------------------------------------------------------- strategies


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs with one set of trainable layers, one optimizer and one schedule.

    `domains` says whose images its batches hold: "source" (labelled), "target" (without labels), or "both", where
    an epoch is one pass over the source, with as many target images beside it. The option `epoch_steps` makes it
    several passes where there are few images. All but "source" need a project with a target domain and a strategy of
    the kind "adapt".
    """

    name: str
    epochs: int
    domains: Literal["source", "both", "target"] = "source"


@dataclass(frozen=True)
class LoopOptions:
    """The options that the training loop reads. Strategies that train by gradient steps inherit them."""

    epochs: int = option(20, min=1, max=10_000, help="How often every training image is seen.")
    batch_size: int = option(32, min=1, max=4096, help="Images per optimizer step.", advanced=True)
    epoch_steps: int = option(
        1,
        min=1,
        max=100_000,
        help="Least steps in an epoch: where there are too few images for so many, they are passed several times.",
        advanced=True,
    )
    learning_rate: float = option(
        1e-3, min=0.0, max=10.0, help="Step size for the head; layers below take a fraction."
    )
    seed: int = option(
        0, min=0, max=2**31 - 1, help="Seeds initial weights, order and augmentation.", advanced=True
    )
    views: int = option(
        0,
        min=-1,
        max=64,
        help="Augmented versions of each image that are computed once and reused, besides the plain one; 0: none; "
        "-1: fresh augmentation in every epoch (slower, the frozen layers run every time).",
        advanced=True,
    )
    augment: str = option(
        "standard",
        choices=("none", "flip", "standard", "strong"),
        help="What an augmented version may change.",
        advanced=True,
    )
    weight_decay: float = option(
        0.01, min=0.0, max=10.0, help="Pull of the weights towards zero.", advanced=True
    )
    optimizer: str = option("adamw", choices=("adamw", "sgd"), help="Update rule.", advanced=True)
    warmup: float = option(
        0.1, min=0.0, max=1.0, help="Share of each phase in which the rate rises.", advanced=True
    )
    schedule: str = option(
        "cosine",
        choices=("cosine", "inverse", "constant"),
        help="How the rate falls: as half a cosine to nothing; as (1 + 10 p) to the power of -0.75, where p is the "
        "share of the steps that are done, to a sixth; or not at all.",
        advanced=True,
    )
    clip: float = option(1.0, min=0.0, help="Largest norm of the gradient; 0 does not clip.", advanced=True)
    label_smoothing: float = option(
        0.0, min=0.0, max=0.5, help="Share of the label given to all classes.", advanced=True
    )
    balance: str = option(
        "none",
        choices=("none", "weights", "sampling"),
        help="For unequal classes: weigh rare classes more in the loss, or draw them more often.",
    )
    ema: float = option(
        0.0, min=0.0, max=0.99999, help="Decay of the moving average of the weights; 0 is off.", advanced=True
    )
    patience: int = option(
        0, min=0, help="Epochs without improvement before stopping early; 0 never stops.", advanced=True
    )
    precision: str = option(
        "auto",
        choices=("auto", "float32", "bfloat16", "float16"),
        help="Arithmetic of the network.",
        advanced=True,
    )
    cache: bool = option(
        True, help="Compute the frozen layers once per image and keep the result.", advanced=True
    )


@dataclass(frozen=True)
class TrainingOptions(LoopOptions):
    """Those of the loop, and those of `Context.task_loss`."""

    mixup: float = option(
        0.0, min=0.0, max=5.0, help="Strength of mixing pairs of samples; 0 is off.", advanced=True
    )
    cutmix: float = option(
        0.0,
        min=0.0,
        max=5.0,
        help="Strength of pasting patches between samples; 0 is off. Where samples are no maps (tokens), mixup takes its place.",
        advanced=True,
    )


@dataclass(frozen=True)
class Batch:
    """Training samples of one step. `inputs`: what the trainable part of the network takes (normalised images
    (n, 3, H, W), or cached activations (n, ...)), on the device. `labels`: (n,) int64. `indices`: (n,) int64
    positions in the training set. `share`: this batch's share of the optimizer step (below 1 when a step is
    split to save memory). `cached`: whether `inputs` are activations at the boundary of the frozen part. `target`
    and `target_places`: images of the target domain (m, ...), as `inputs`, and their places (m,) int64 in what
    `Context.predict("target")` returns; None where the phase takes the source alone. Where it takes the target
    alone, `inputs`, `labels` and `indices` have no rows."""

    inputs: torch.Tensor
    labels: torch.Tensor
    indices: torch.Tensor
    share: float = 1.0
    cached: bool = False
    target: torch.Tensor | None = None
    target_places: torch.Tensor | None = None


class Context(Protocol):
    """What a strategy works with; made by the engine, one for a run."""

    model: Any
    """The network: `.backbone` (images to features (n, D)), `.head` (features to logits (n, C)), `.feature_width` D,
    and `.classify` (features to what the classifier sees (n, d), and logits).
    Modules that a loss needs are added to it in `setup`; they are in checkpoints, and end with the training."""
    classes: tuple[str, ...]
    options: Any
    phase: int
    """Index of the phase that is being set up or run."""
    domains: Literal["source", "both", "target"]
    """Whose images the batches of this phase hold."""
    device: torch.device
    generator: torch.Generator
    """The one source of randomness (on the CPU); its state is part of every checkpoint."""
    class_counts: Sequence[int]
    """Training images per class."""
    target_count: int
    """Images of the target domain; 0 without one."""
    augmented: bool
    """Whether this phase trains on augmented versions, if the options ask for any; `setup` may set it to False."""

    @property
    def progress(self) -> float:
        """Share of the phase's steps that are done, 0 to 1; counted in steps and so the same after a resume."""

    def train_last_stages(self, stages: int) -> None:
        """Freeze the backbone but for its last `stages` stages (0: all of it; -1: nothing). Heads always learn."""

    def freeze(self, module: torch.nn.Module) -> None:
        """Keep a module as it is: no gradient, `eval()` mode, batch-norm statistics included."""

    def features(self, split: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Pooled features (n, D) float32 and labels (n,) of "train" or "val", from the store; needs a frozen backbone."""

    def batches(self, epoch: int) -> Iterator[Batch]:
        """The training batches of an epoch, shuffled and augmented; after a resume, those that are still due."""

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Features (n, D) and logits (n, C) of a batch, in the run's precision."""

    def embed(self, inputs: torch.Tensor) -> torch.Tensor:
        """Features (n, D) float32 of inputs as a batch holds them (those of both domains together, say)."""

    def predict(self, split: str) -> tuple[torch.Tensor, torch.Tensor]:
        """What the classifier sees (n, d) and logits (n, C) of "train", "val" or "target", on the CPU, without
        gradient and in evaluation mode; float32. Of "target" there are no labels to be had."""

    def classification_loss(self, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Cross-entropy with the options' smoothing and class weights; scalar. Its hits count as training accuracy."""

    def task_loss(self, batch: Batch) -> torch.Tensor:
        """Cross-entropy on the batch with the options' smoothing, class weights, mixup and cutmix; scalar."""

    def step(self, losses: torch.Tensor | Mapping[str, torch.Tensor | float]) -> Any:
        """Backward, clip, update, schedule, moving average. A mapping is summed; its parts are plotted by name.
        Plain numbers in it are only plotted. What it returns is what `epoch` yields. Raises for a loss that is not a number (the engine rolls back)."""


class Strategy:
    """A way to transfer, at four depths: override as little as you need.

    `param_groups` (which layers, which rates) < `loss` < `setup` (freeze, add modules) < `epoch`.
    """

    id: ClassVar[str]
    label: ClassVar[str]
    kind: ClassVar[Literal["extract", "finetune", "adapt", "scratch"]]
    summary: ClassVar[str] = ""
    """Plain words: what it does and when to take it."""
    pretrained: ClassVar[bool] = True
    """Whether the backbone starts from its pretrained weights."""
    keeps_backbone: ClassVar[bool] = False
    """Whether the backbone stays as it was pretrained in all phases, and nothing but its features is asked for:
    then it is not even built where these are known already."""
    Options: ClassVar[type] = TrainingOptions

    def __init__(self, options: Any) -> None:
        self.options = options

    def phases(self) -> Sequence[Phase]:
        """The phases of training, in order; `setup` and `param_groups` are asked anew at the start of each."""
        return (Phase("train", int(self.options.epochs)),)

    def head(self, width: int, classes: int) -> torch.nn.Module | None:
        """The module from features (n, width) to logits (n, classes); None for a linear layer. It is also called
        to load a finished run, so it must depend on the options and these two numbers alone. Where it is made of
        two modules, `bottleneck` and `classifier`, one after the other, what the classifier sees is what is compared
        between domains and drawn; otherwise the features are."""
        return None

    def setup(self, ctx: Context) -> None:
        """Freeze what stays. Before it, everything in the network is trainable."""

    def param_groups(self, ctx: Context) -> Sequence[Mapping[str, Any]]:
        """Groups for the optimizer: `name`, `params` (those to learn), `lr`, `weight_decay`."""
        options = self.options
        return [
            {
                "name": "all",
                "params": [p for p in ctx.model.parameters() if p.requires_grad],
                "lr": options.learning_rate,
                "weight_decay": options.weight_decay,
            }
        ]

    def loss(self, ctx: Context, batch: Batch) -> torch.Tensor | Mapping[str, torch.Tensor | float]:
        """The loss of one batch: a scalar, or several by name that are summed and plotted. Plain numbers among them
        (an accuracy, say) are plotted alone."""
        return ctx.task_loss(batch)

    def epoch(self, ctx: Context, epoch: int) -> Iterator[Any]:
        """One epoch, one yield per optimizer step: what `ctx.step` returned, or a mapping of named numbers to plot,
        or None for a breath in a long computation. The engine may abandon it at a yield and call it again."""
        for batch in ctx.batches(epoch):
            yield ctx.step(self.loss(ctx, batch))


# -------------------------------------------------------------------------------------------- exporters


class TrainedModel(Protocol):
    """A finished run's model, as an exporter gets it."""

    network: torch.nn.Module
    """Normalised float batch (N, 3, H, W) to logits (N, C); in eval mode on the CPU, float32. Has `.backbone` and `.head`."""
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    temperature: float
    """Probabilities are softmax(logits / temperature)."""
    architecture: str
    """timm's name of the backbone, or ""."""
    details: Mapping[str, Any]
    """For the artefact's metadata: run, strategy, backbone, weights hash, versions, data fingerprint."""


class Artifact(Protocol):
    """An exported model, loaded again in its own runtime, for the proof of parity."""

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """Class probabilities (C,) float for one decoded RGB image (H, W, 3) uint8 of any size."""


class Exporter:
    """Writes a trained model in some format, and can load what it wrote."""

    id: ClassVar[str]
    label: ClassVar[str]
    suffix: ClassVar[str] = ""
    """Ending of the artefact's file name, or "" for a folder."""
    summary: ClassVar[str] = ""
    Options: ClassVar[type]

    def __init__(self, options: Any) -> None:
        self.options = options

    def export(self, model: TrainedModel, out: Path) -> None:
        """Write the artefact to `out`, a path that does not exist yet. Raises UserError where the model cannot be written so."""
        raise NotImplementedError

    def load(self, out: Path) -> Artifact:
        """Load the artefact in the runtime that its users will use."""
        raise NotImplementedError


# -------------------------------------------------------------------------------------------- hooks


class Hooks:
    """The hooks. All return data; each plugin is taken whole or refused whole."""

    @hookspec
    def xfer_backbones(self) -> Iterable[Backbone]:  # type: ignore[empty-body]
        """Backbones to list; cheap, no torch at import."""

    @hookspec(firstresult=True)
    def xfer_backbone(self, id: str) -> Backbone | None:
        """A backbone that nobody lists, by its id (any timm name, a file); None if the id is not yours."""

    @hookspec
    def xfer_strategies(self) -> Iterable[type[Strategy]]:  # type: ignore[empty-body]
        """Strategy classes."""

    @hookspec
    def xfer_exporters(self) -> Iterable[type[Exporter]]:  # type: ignore[empty-body]
        """Exporter classes."""
