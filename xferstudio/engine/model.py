"""A network made of a backbone and a head: built for a run, its stages named, saved, and loaded again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from xferstudio import local_weights
from xferstudio.api import Backbone, Preprocessing, Strategy, UserError, WeightsError
from xferstudio.engine.torchvision_ops import import_timm
from xferstudio.project import write_atomic

if TYPE_CHECKING:
    from xferstudio.engine.kept import Kept
    from xferstudio.plugins import Plugins

WEIGHTS_FILE = "best.safetensors"
METADATA_KEY = "xferstudio"


class Network(nn.Module):
    """`backbone` maps normalised images (N, 3, H, W) to features (N, D), `head` maps those to logits (N, C)."""

    def __init__(self, backbone: nn.Module, head: nn.Module, feature_width: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.feature_width = feature_width

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head(self.backbone(images))
        return logits

    def classify(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the classifier sees of features (N, D), behind the head's bottleneck if it has one, and the logits."""
        bottleneck = getattr(self.head, "bottleneck", None)
        if not isinstance(bottleneck, nn.Module):
            return features, self.head(features)
        seen: torch.Tensor = bottleneck(features)
        return seen, self.head.classifier(seen)  # type: ignore[operator]


def feature_width(backbone: nn.Module, how: Preprocessing) -> int:
    """Width D of the features, asked of the module itself: timm's `num_features` is not always the pooled width."""
    mode = backbone.training
    backbone.eval()
    with torch.inference_mode():
        try:
            side = [min(64, each) for each in how.size]
            features = backbone(torch.zeros(1, 3, *side))
        except (RuntimeError, AssertionError, ValueError):  # made for one size
            features = backbone(torch.zeros(1, 3, *how.size))
    backbone.train(mode)
    if features.ndim != 2:
        raise WeightsError(
            f"the backbone gives features of shape {tuple(features.shape)}; pooled (N, D) is needed"
        )
    return int(features.shape[1])


def build_network(backbone: Backbone, strategy: Strategy, classes: int, kept: Kept | None = None) -> Network:
    """A network for a new run: pretrained or fresh as the strategy says, or the one that is `kept`; with a new head."""
    if kept is not None:
        return Network(kept, make_head(strategy, kept.width, classes), kept.width)
    before = torch.get_rng_state()
    body = backbone.build(strategy.pretrained)
    width = feature_width(body, backbone.preprocessing())
    if strategy.pretrained:  # what was drawn is replaced by the weights, and the head must not depend on it
        torch.set_rng_state(before)
    else:
        for module in body.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.momentum is not None:
                module.register_forward_pre_hook(_FirstBatches(module.momentum))
    return Network(body, make_head(strategy, width, classes), width)


class _FirstBatches:
    """Lets the running statistics of a fresh batch norm start as the plain mean of its first batches.

    They start at mean 0 and variance 1, which has nothing to do with the data and, over a few dozen steps,
    is never quite forgotten: the network learns, and says the same of every image when it is evaluated. A
    baseline that is crippled so would flatter whatever is compared with it. A function of the number of
    batches seen, which is part of the state, so a resumed run goes on exactly.
    """

    def __init__(self, momentum: float) -> None:
        self.momentum = momentum

    def __call__(self, module: nn.Module, _inputs: object) -> None:
        """Before each forward pass."""
        seen = module.num_batches_tracked
        if module.training and isinstance(seen, torch.Tensor):
            module.momentum = max(self.momentum, 1 / (int(seen) + 1))  # type: ignore[assignment]


def make_head(strategy: Strategy, width: int, classes: int) -> nn.Module:
    """The strategy's own head, or a linear layer with zero bias and small weights."""
    head = strategy.head(width, classes)
    if head is None:
        head = nn.Linear(width, classes)
        nn.init.normal_(head.weight, std=0.01)
        nn.init.zeros_(head.bias)
    return head


def normalise(images: torch.Tensor, how: Preprocessing) -> torch.Tensor:
    """Prepared images, uint8 (N, H, W, 3), to float32 (N, 3, H, W) in channels-last memory."""
    mean = torch.tensor(how.mean, device=images.device) * 255
    scale = 1 / (torch.tensor(how.std, device=images.device) * 255)
    return ((images.to(torch.float32) - mean) * scale).permute(0, 3, 1, 2)


# ------------------------------------------------------------------------------------------------ stages


def stages(backbone: nn.Module) -> list[list[nn.Parameter]]:
    """The backbone's parameters, grouped from input to output.

    For timm networks the groups are timm's own (`group_matcher`); otherwise each direct child is one stage.
    """
    matcher = getattr(backbone, "group_matcher", None)
    groups: list[list[nn.Parameter]]
    if matcher is not None:
        named = dict(backbone.named_parameters())
        layers = import_timm().models.group_parameters(backbone, matcher(coarse=True), reverse=True)
        by_layer: dict[int, list[nn.Parameter]] = {}
        for name, layer in layers.items():
            by_layer.setdefault(int(layer), []).append(named[name])
        groups = [by_layer[layer] for layer in sorted(by_layer)]
    else:
        groups = [list(child.parameters()) for child in backbone.children()]
    merged: list[list[nn.Parameter]] = []
    for group in groups:
        # A final norm alone is no stage: it belongs to the layers before it.
        if merged and all(parameter.ndim <= 1 for parameter in group):
            merged[-1].extend(group)
        elif group:
            merged.append(group)
    return merged


def set_modes(network: nn.Module, batch_norm: bool = True) -> None:
    """Training mode for what learns, `eval()` for what is frozen; `batch_norm=False` keeps all statistics still.

    A module without parameters (dropout, pooling) follows the module around it.
    """

    def visit(module: nn.Module, inherited: bool) -> None:
        own = list(module.parameters())
        mode = any(p.requires_grad for p in own) if own else inherited
        if own and not mode:  # nothing below learns either
            module.eval()
            return
        is_norm = isinstance(module, nn.modules.batchnorm._BatchNorm)
        module.training = mode and (batch_norm or not is_norm)
        for child in module.children():
            visit(child, mode)

    visit(network, True)


# ------------------------------------------------------------------------------------- identity and files


def weights_hash(state: Mapping[str, torch.Tensor]) -> str:
    """One hash (hex, 32 digits) of names, kinds, shapes and values, whatever file they came from."""
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)};".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def save_weights(path: Path, state: Mapping[str, torch.Tensor], metadata: Mapping[str, Any]) -> None:
    """A safetensors file with `metadata` as JSON in its header; written whole or not at all."""
    write_atomic(path, _as_safetensors(state, {METADATA_KEY: json.dumps(dict(metadata), ensure_ascii=False)}))


_KINDS = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3",
    torch.float8_e5m2: "F8_E5M2",
    torch.complex64: "C64",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}


def _as_safetensors(
    state: Mapping[str, torch.Tensor], metadata: Mapping[str, str]
) -> list[bytes | memoryview]:
    """The pieces of a safetensors file: its header, and the values where they are; nothing is copied."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    values: list[bytes | memoryview] = []
    end = 0
    # As the library does it: the widest first, so that each value lies where its kind may be read.
    for name in sorted(state, key=lambda name: (-state[name].element_size(), name)):
        tensor = state[name].detach().cpu().contiguous()
        start, end = end, end + tensor.nbytes
        header[name] = {
            "dtype": _KINDS[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        values.append(tensor.reshape(-1).view(torch.uint8).numpy().data)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return [len(text).to_bytes(8, "little"), text, *values]


def map_weights(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and metadata of a file that `save_weights` wrote, the values read only when they are looked at.

    Whatever is changed in them stays in memory. Raises WeightsError for a file that is missing or damaged.
    """
    try:
        raw = np.memmap(path, np.uint8, "c")
        start = 8 + int.from_bytes(raw[:8].tobytes(), "little")
        header = json.loads(raw[8:start].tobytes())
        metadata = json.loads(header.pop("__metadata__")[METADATA_KEY])
        values = torch.from_numpy(np.asarray(raw[start:]))
        kinds = {name: kind for kind, name in _KINDS.items()}
        state = {}
        for name, told in header.items():
            part = values[told["data_offsets"][0] : told["data_offsets"][1]]
            state[name] = part.view(kinds[told["dtype"]]).view(told["shape"])
        return state, metadata
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise WeightsError(f"{path} is damaged and cannot be read ({error})") from None


def read_weights(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and metadata. Raises WeightsError for a file that is missing or damaged."""
    try:
        with safe_open(str(path), "pt") as file:
            metadata = json.loads((file.metadata() or {}).get(METADATA_KEY, "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except FileNotFoundError:
        raise WeightsError(f"{path} is not there; the run has no learned weights yet") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise WeightsError(f"{path} is damaged and cannot be read ({error}); train the run again") from None


@dataclass(frozen=True)
class Trained:
    """A finished run's model. `details` are the facts that travel with an export."""

    network: Network
    preprocessing: Preprocessing
    classes: tuple[str, ...]
    temperature: float
    architecture: str
    details: Mapping[str, Any]

    def logits(self, images: np.ndarray) -> np.ndarray:
        """Prepared images, uint8 (N, H, W, 3), to logits (N, C) float32."""
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            batch = normalise(torch.from_numpy(np.ascontiguousarray(images)).to(device), self.preprocessing)
            result: np.ndarray = self.network(batch).float().cpu().numpy()
        return result

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Prepared images, uint8 (N, H, W, 3), to class probabilities (N, C) float32."""
        scaled = torch.from_numpy(self.logits(images)) / self.temperature
        result: np.ndarray = torch.softmax(scaled, 1).numpy()
        return result


def load_trained(folder: Path, plugins: Plugins | None = None) -> Trained:
    """The model of a run folder, on the CPU in float32 and eval mode. Raises UserError when there is none."""
    state, facts = read_weights(Path(folder) / WEIGHTS_FILE)
    try:
        classes = tuple(str(name) for name in facts["classes"])
        how = Preprocessing.from_dict(facts["preprocessing"])
        strategy_id, options, backbone_id = (
            str(facts["strategy"]),
            dict(facts["options"]),
            str(facts["backbone"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"{Path(folder) / WEIGHTS_FILE} lacks its description ({error}); train the run again"
        ) from None
    from xferstudio.api import make_options
    from xferstudio.plugins import load_plugins

    plugins = plugins or load_plugins()
    kind = plugins.strategy(strategy_id)
    strategy = kind(make_options(kind.Options, options))
    # The path of local weights is relative to the project that the run lies in.
    backbone_id = local_weights.absolute(backbone_id, Path(os.path.abspath(folder)).parent.parent)  # noqa: PTH100
    body = _architecture(plugins, backbone_id, str(facts.get("architecture", "")))
    width = feature_width(body, how)
    network = Network(body, make_head(strategy, width, len(classes)), width)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise WeightsError(f"the weights of {folder} do not fit the network {backbone_id}: {error}") from None
    network.eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Trained(
        network=network,
        preprocessing=how,
        classes=classes,
        temperature=float(facts.get("temperature", 1.0)),
        architecture=str(facts.get("architecture", "")),
        details=facts,
    )


def _architecture(plugins: Plugins, backbone_id: str, architecture: str) -> nn.Module:
    """The bare network: from its plugin, or from timm by name where the plugin's weights file is gone by now."""
    try:
        return plugins.backbone(backbone_id).build(False)
    except UserError:
        if not architecture or "#" in backbone_id:
            raise
    module: nn.Module = import_timm().create_model(architecture, pretrained=False, num_classes=0)
    return module
