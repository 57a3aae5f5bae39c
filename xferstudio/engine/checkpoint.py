"""The exact state of a run between two steps, written so that a kill at any moment leaves one whole copy."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from xferstudio.api import UserError
from xferstudio.project import umask

FOLDER, PREVIOUS, TEMPORARY = "last", "last.previous", "last.tmp"


@dataclass(frozen=True)
class Checkpoint:
    """`numbers`: plain JSON (position, best figures, rates). `tensors`: by name (weights, best weights, moving
    average, random states, collected logits). `optimizer`: the optimizer's and the scaler's state."""

    numbers: Mapping[str, Any]
    tensors: Mapping[str, torch.Tensor]
    optimizer: Mapping[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write `folder/last/`. The former one is removed only after the new one is whole on disk.

    Raises UserError when the disk is full or not writable; then the former checkpoint is still there.
    """
    temporary, current, previous = folder / TEMPORARY, folder / FOLDER, folder / PREVIOUS
    try:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        tensors = {
            name: tensor.detach().cpu().contiguous().clone() for name, tensor in checkpoint.tensors.items()
        }
        save_file(tensors, str(temporary / "tensors.safetensors"))
        buffer = io.BytesIO()
        torch.save(dict(checkpoint.optimizer), buffer)
        (temporary / "optimizer.pt").write_bytes(buffer.getvalue())
        (temporary / "state.json").write_text(json.dumps(dict(checkpoint.numbers)), "utf-8")
        for file in temporary.iterdir():
            with suppress(OSError):  # safetensors makes files for the owner alone
                file.chmod(0o666 & ~umask())
            with file.open("rb+") as handle:
                os.fsync(handle.fileno())
        if (
            current.exists()
        ):  # else a kill came between the renames below, and the previous one is all there is
            shutil.rmtree(previous, ignore_errors=True)
            current.rename(previous)
        temporary.rename(current)
        shutil.rmtree(previous, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(temporary, ignore_errors=True)
        raise UserError(
            f"the checkpoint in {folder} cannot be written ({error}); free some space and run again: "
            "the run goes on from its last whole checkpoint"
        ) from None


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest whole checkpoint of a run folder; None if there is none. Nothing is unpickled but plain tensors."""
    for name in (FOLDER, PREVIOUS):
        place = folder / name
        try:
            return Checkpoint(
                json.loads((place / "state.json").read_text("utf-8")),
                load_file(str(place / "tensors.safetensors")),
                torch.load(place / "optimizer.pt", map_location="cpu", weights_only=True),
            )
        except (OSError, ValueError, SafetensorError, RuntimeError, EOFError, KeyError, UnpicklingError):
            continue
    return None


def remove_checkpoint(folder: Path) -> None:
    """A finished run needs none."""
    for name in (FOLDER, PREVIOUS, TEMPORARY):
        shutil.rmtree(folder / name, ignore_errors=True)
