"""Writes a folder that timm loads: `timm.create_model("local-dir:FOLDER", pretrained=True)`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from xferstudio.api import Artifact, Exporter, Preprocessing, TrainedModel, UserError
from xferstudio.engine.export import RECORD_KEY, Record
from xferstudio.project import write_atomic

if TYPE_CHECKING:
    import numpy as np
    import torch

CROP_MODES = {"center": "center", "squash": "squash", "pad": "border"}
"""Ours to timm's."""


class TimmExporter(Exporter):
    """For those who go on working with timm: fine-tune it further, take its features, publish it."""

    id: ClassVar[str] = "timm"
    label: ClassVar[str] = "timm folder"
    suffix: ClassVar[str] = ""
    summary: ClassVar[str] = (
        "A folder with config.json and model.safetensors that timm loads as a pretrained model of your "
        "classes; for timm's own networks with a linear head."
    )

    @dataclass(frozen=True)
    class Options:
        """Nothing to choose."""

    def export(self, model: TrainedModel, out: Path) -> None:
        """Write the folder. Raises UserError unless the network is timm's own with a linear head."""
        from safetensors.torch import save

        record = Record.of(model)
        whole, arguments = _timm_network(model)
        out.mkdir(parents=True)
        state = {name: tensor.contiguous().clone() for name, tensor in whole.state_dict().items()}
        write_atomic(out / "model.safetensors", save(state, {"format": "pt"}))
        config = {
            "architecture": _base_name(model.architecture),
            "num_classes": len(record.classes),
            "num_features": int(whole.num_features),
            "model_args": arguments,
            "pretrained_cfg": _pretrained_cfg(whole, record),
            RECORD_KEY: json.loads(record.to_json()),
        }
        write_atomic(out / "config.json", json.dumps(config, ensure_ascii=False, indent=2) + "\n")
        write_atomic(out / "README.md", _readme(record))

    def load(self, out: Path) -> Artifact:
        """The folder in timm."""
        return TimmArtifact(out)


class TimmArtifact:
    """The network as timm loads it. Images are prepared as the folder's README says; timm's own transform,
    which rounds to whole pixels on the way, is measured beside it."""

    def __init__(self, folder: Path) -> None:
        timm = _timm()
        import timm.data as preparing

        self.record = Record.from_json(
            json.dumps(json.loads((folder / "config.json").read_text(encoding="utf-8"))[RECORD_KEY])
        )
        self._network = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
        data: Any = preparing
        self._transform = data.create_transform(
            **data.resolve_model_data_config(self._network), is_training=False
        )
        self.alternatives: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
            "timm's own transform": self._with_timms_transform
        }

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """One RGB image, uint8 (H, W, 3), to probabilities (C,)."""
        import torch
        from PIL import Image

        from xferstudio.data import prepare
        from xferstudio.engine.model import normalise

        prepared = prepare(Image.fromarray(image), self.record.preprocessing)
        return self._answer(normalise(torch.from_numpy(prepared)[None], self.record.preprocessing))

    def _with_timms_transform(self, image: np.ndarray) -> np.ndarray:
        from PIL import Image

        return self._answer(self._transform(Image.fromarray(image))[None])

    def _answer(self, batch: torch.Tensor) -> np.ndarray:
        import torch

        with torch.inference_mode():
            result: np.ndarray = torch.softmax(self._network(batch), 1)[0].numpy()
        return result


def _timm() -> Any:
    from xferstudio.engine.torchvision_ops import import_timm

    return import_timm()


def _base_name(architecture: str) -> str:
    """Without the tag of the pretrained weights: the weights are in the folder."""
    return architecture.removeprefix("timm:").partition(".")[0]


def _timm_network(model: TrainedModel) -> tuple[Any, dict[str, Any]]:
    """timm's own network with these weights, the head as its classifier; and the arguments to rebuild it."""
    import torch

    timm = _timm()
    elsewhere = "export with `onnx` instead"
    head: Any = model.network.head
    if isinstance(head, torch.nn.Sequential) and len(head) == 1:
        head = head[0]
    if not isinstance(head, torch.nn.Linear):
        raise UserError(
            f"timm has room for a linear head only, and this run has another ({type(head).__name__}); "
            f"{elsewhere}"
        )
    if not model.architecture:
        raise UserError(f"this run's backbone is not a network of timm; {elsewhere}")
    network: Any = model.network
    name, own = _base_name(model.architecture), network.backbone.state_dict()
    problem = ""
    for arguments in _arguments(model.preprocessing):
        try:
            whole: Any = timm.create_model(
                name, pretrained=False, num_classes=len(model.classes), **arguments
            )
        except (RuntimeError, TypeError, ValueError, AssertionError) as error:
            problem = problem or str(error)
            continue
        classifier = whole.get_classifier()
        if not isinstance(classifier, torch.nn.Linear):
            raise UserError(f"{name} has no linear classifier in timm; {elsewhere}")
        if classifier.in_features != head.in_features:
            raise UserError(
                f"timm's classifier of {name} takes {classifier.in_features} features, and this run's head "
                f"takes {head.in_features}; {elsewhere}"
            )
        its = next(prefix for prefix, module in whole.named_modules() if module is classifier)
        try:
            missing, unexpected = whole.load_state_dict(own, strict=False)
        except RuntimeError as error:
            problem = problem or str(error).splitlines()[-1].strip()
            continue
        if unexpected or {key for key in missing if not key.startswith(f"{its}.")}:
            problem = problem or "its layers have other names"
            continue
        with torch.no_grad():
            classifier.weight.copy_(head.weight / model.temperature)
            bias = torch.zeros(len(model.classes)) if head.bias is None else head.bias
            if classifier.bias is None:
                raise UserError(
                    f"timm's classifier of {name} has no bias, and this run's head has one; {elsewhere}"
                )
            classifier.bias.copy_(bias / model.temperature)
        whole.eval()
        _check_same(whole, model, name, elsewhere)
        return whole, arguments
    raise UserError(f"this run's backbone is not timm's {name} as it is ({problem}); {elsewhere}")


def _arguments(how: Preprocessing) -> list[dict[str, Any]]:
    """Ways to build the network: as it is, or (transformers of a fixed size) for this input size."""
    return [{}, {"img_size": list(how.size)}]


def _check_same(whole: Any, model: TrainedModel, name: str, elsewhere: str) -> None:
    """The weights fit, but a wrapper may still compute something else with them."""
    import torch

    noise = torch.rand(2, 3, *model.preprocessing.size, generator=torch.Generator().manual_seed(0))
    noise = (noise - 0.5) * 4
    with torch.inference_mode():
        try:
            difference = float((whole(noise) - model.network(noise) / model.temperature).abs().max())
        except (RuntimeError, AssertionError) as error:
            raise UserError(
                f"timm's {name} does not take images of this run's size ({error}); {elsewhere}"
            ) from error
    if not difference < 0.01:
        raise UserError(
            f"timm's {name} with these weights computes something else than this run; {elsewhere}"
        )


def _pretrained_cfg(whole: Any, record: Record) -> dict[str, Any]:
    how = record.preprocessing
    kept = {
        key: whole.pretrained_cfg[key]
        for key in ("pool_size", "fixed_input_size", "first_conv", "classifier", "license")
        if whole.pretrained_cfg.get(key) is not None
    }
    return {
        **kept,
        "tag": "xferstudio",
        "custom_load": False,
        "input_size": [3, *how.size],
        "mean": list(how.mean),
        "std": list(how.std),
        "interpolation": how.interpolation,
        "crop_pct": how.crop_share if how.crop == "center" else 1.0,
        "crop_mode": CROP_MODES[how.crop],
        "num_classes": len(record.classes),
        "label_names": list(record.classes),
    }


def _readme(record: Record) -> str:
    how = record.preprocessing
    return f"""# {_base_name(record.architecture)}, trained with xferstudio

```python
import timm, torch
model = timm.create_model("local-dir:PATH_OF_THIS_FOLDER", pretrained=True).eval()
names = model.pretrained_cfg["label_names"]
```

`softmax(model(batch))` gives the probabilities that the application shows: the calibration is part of the
classifier's weights. `timm.data.create_transform(**timm.data.resolve_model_data_config(model))` comes close
to the application's preparation of images, but rounds to whole pixels on the way; the proof in `parity.json`
is for the exact preparation below, and says in its notes how far timm's own transform is from it.

- `center` takes the middle part in the proportions of the input, its size being `crop_share` of the largest
  that fits; `squash` takes the whole image; `pad` fits the whole image in and fills the rest with the mean.
- That part is resized in one step: `image.resize((width, height), filter, box=part)` of Pillow, the part with
  fractions of pixels, the image upright and RGB.

```json
{json.dumps(how.to_dict(), indent=2)}
```
"""
