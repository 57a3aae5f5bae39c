"""Writes a `torch.export` program (.pt2): the network, its normalisation and softmax, for use in PyTorch."""

from __future__ import annotations

import copy
import json
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from xferstudio.api import Artifact, Exporter, TrainedModel, UserError
from xferstudio.engine.export import RECORD_KEY, Record

if TYPE_CHECKING:
    import numpy as np

RECORD_FILE = f"{RECORD_KEY}.json"


class TorchExporter(Exporter):
    """A program that PyTorch loads without the code of this application or of the network."""

    id: ClassVar[str] = "torch"
    label: ClassVar[str] = "torch.export program"
    suffix: ClassVar[str] = ".pt2"
    summary: ClassVar[str] = (
        "For PyTorch, from the version that wrote it on: images that are resized already (uint8, N x height x width x 3) in, "
        "class probabilities out, any number at once; how to resize stands in the extra file xferstudio.json."
    )

    @dataclass(frozen=True)
    class Options:
        """Nothing to choose."""

    def export(self, model: TrainedModel, out: Path) -> None:
        """Write the program. Raises UserError for a network that `torch.export` cannot follow."""
        import torch

        from xferstudio.engine.model import normalise

        how, temperature = model.preprocessing, float(model.temperature)

        class Whole(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.network = copy.deepcopy(model.network).cpu().float().eval()

            def forward(self, images: torch.Tensor) -> torch.Tensor:
                logits = self.network(normalise(images, how))
                return torch.softmax(logits.float() / temperature, dim=1)

        sample = torch.zeros(2, *how.size, 3, dtype=torch.uint8)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            try:
                program = torch.export.export(
                    Whole().eval(), (sample,), dynamic_shapes=({0: torch.export.Dim("batch")},)
                )
            except Exception as error:  # the tracer raises whatever the network provoked
                reason = next(
                    (line for line in str(error).splitlines() if line.strip()), type(error).__name__
                )
                raise UserError(f"torch.export cannot follow this network ({reason.strip()})") from error
            program.example_inputs = None  # they would be stored as a pickle, and nobody needs them
            torch.export.save(program, out, extra_files={RECORD_FILE: Record.of(model).to_json()})

    def load(self, out: Path) -> Artifact:
        """The program in PyTorch. Raises UserError for a file that only unpickling could load."""
        return TorchArtifact(out)


class TorchArtifact:
    """A loaded program, with the preparation of images as its record says."""

    def __init__(self, path: Path) -> None:
        import torch

        refuse_pickles(path)
        extra = {RECORD_FILE: ""}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = torch.export.load(path, extra_files=extra)
            self._program = program.module()
        try:
            self.record = Record.from_json(extra[RECORD_FILE])
        except ValueError as error:
            raise UserError(f"{path} is no export of xferstudio: {error}") from error

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """One RGB image, uint8 (H, W, 3), to probabilities (C,)."""
        import torch
        from PIL import Image

        from xferstudio.data import prepare

        prepared = prepare(Image.fromarray(image), self.record.preprocessing)
        with torch.inference_mode():
            result: np.ndarray = self._program(torch.from_numpy(prepared)[None])[0].numpy()
        return result


def refuse_pickles(path: Path) -> None:
    """Raise UserError unless every part of a .pt2 file is raw numbers or JSON.

    `torch.export.load` unpickles whatever parts are marked so, and a pickle runs any code it likes.
    """
    wrong = ""
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                name = entry.filename.partition("/")[2]
                is_object = name.startswith("data/constants/") and (
                    "custom_obj" in name or "opaque_obj" in name
                )
                if is_object or (name.endswith(".pt") and entry.file_size):
                    wrong = name
                elif name.endswith("_config.json") and name.startswith("data/"):
                    config = json.loads(archive.read(entry))["config"]
                    if any(part.get("use_pickle") for part in config.values()):
                        wrong = name
            if not any("/models/" in f"/{name}" for name in archive.namelist()):
                wrong = "a file without a program"
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, AttributeError) as error:
        raise UserError(f"{path} is not a torch.export program, or it is damaged ({error})") from error
    if wrong:
        raise UserError(f"{path} holds parts that would have to be unpickled ({wrong}), so it is not loaded")
