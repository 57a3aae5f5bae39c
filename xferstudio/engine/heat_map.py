"""Grad-CAM: which parts of an image speak for the class that a network names.

After Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017.
The channels of the last feature map are weighted with the mean gradient of the class's logit, added up, and what
is negative is cut off. In a transformer that pools by a class token, the patches of the last block no longer reach
the logit; there the last map whose patches do is taken.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from xferstudio.engine.model import Trained, normalise

NO_MAP = "this network has no feature map that shows where it looks"

MOST_PREFIX_TOKENS = 8
"""So many tokens without a place (class, registers) are looked for where a network does not tell how many it has."""


class HeatMaps:
    """Makes the heat maps of one model. `note` says why it can make none, and is empty where it can."""

    def __init__(self, model: Trained) -> None:
        self._model = model
        self._prefix: int | None = getattr(model.network.backbone, "num_prefix_tokens", None)
        self._layer: nn.Module
        self._call = 0
        self.note = ""
        try:
            found = self._find()
        except Exception as error:  # noqa: BLE001 (networks of plugins fail in any way; predictions go on without)
            found, self.note = None, f"no heat map can be made: {type(error).__name__}: {error}"[:200]
        if found is not None:
            self._layer, self._call = found
        elif not self.note:
            self.note = NO_MAP

    def of(self, image: np.ndarray, label: int) -> np.ndarray:
        """For a prepared image, uint8 (H, W, 3), and the index of a class: uint8 (H, W), 255 where most speaks for it.

        All zero where nothing does. Raises RuntimeError where the logit has no gradient.
        """
        leaf: torch.Tensor | None = None
        calls = 0

        def take(_module: nn.Module, _inputs: Any, output: torch.Tensor) -> torch.Tensor | None:
            nonlocal leaf, calls
            calls += 1
            if calls - 1 != self._call:
                return None
            leaf = output.detach().requires_grad_(True)
            return leaf.clone()  # what follows may change it in place, which a leaf does not allow

        network = self._model.network
        device = next(network.parameters()).device
        batch = torch.from_numpy(np.ascontiguousarray(image[None])).to(device)
        with torch.enable_grad():
            handle = self._layer.register_forward_hook(take)
            try:
                logits = network(normalise(batch, self._model.preprocessing))
            finally:
                handle.remove()
            if leaf is None:
                raise RuntimeError("the network took another way through its layers")
            (gradient,) = torch.autograd.grad(logits[0, label], leaf)
        size = image.shape[:2]
        map_, slope = self._as_map(leaf.detach(), size), self._as_map(gradient, size)
        if map_ is None or slope is None:
            raise RuntimeError(NO_MAP)
        weights = slope.float().mean((1, 2), keepdim=True)
        heat = (weights * map_.float()).sum(0).relu()
        peak = float(heat.max())
        if not math.isfinite(peak) or peak <= 0:
            return np.zeros(size, np.uint8)
        small = Image.fromarray((heat / peak).cpu().numpy().astype(np.float32))
        grown = np.asarray(small.resize((size[1], size[0]), Image.Resampling.BILINEAR))
        levels: np.ndarray = np.rint(grown / grown.max() * 255).astype(np.uint8)
        return levels

    # -------------------------------------------------------------------------------------------- the layer

    def _find(self) -> tuple[nn.Module, int] | None:
        """The last module, and which of its calls, whose output is a map that the features depend on."""
        outputs: list[tuple[nn.Module, int, torch.Tensor]] = []
        calls: dict[nn.Module, int] = {}

        def note(module: nn.Module, _inputs: Any, output: Any) -> None:
            number = calls[module] = calls.get(module, -1) + 1
            if isinstance(output, torch.Tensor) and output.requires_grad:
                outputs.append((module, number, output))

        backbone = self._model.network.backbone
        size = self._model.preprocessing.size
        device = next(backbone.parameters()).device
        # Noise and not a blank image, in which a dead ReLU would have no gradient.
        noise = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0)).to(device)
        handles = [module.register_forward_hook(note) for module in backbone.modules()]
        try:
            with torch.enable_grad():
                features = backbone(noise.requires_grad_(True))
                share = torch.randn(features.shape, generator=torch.Generator().manual_seed(1)).to(device)
                # Tokens are as wide as what goes on to the end; queries and keys are not.
                width = next((output.shape[2] for *_, output in reversed(outputs) if output.ndim == 3), 0)
                maps = [
                    (module, number, output)
                    for module, number, output in outputs
                    if (output.ndim == 4 or output.shape[-1] == width)
                    and self._as_map(output, size) is not None
                ]
                if not maps:
                    return None
                gradients = torch.autograd.grad(
                    (features * share).sum(), [output for _, _, output in maps], allow_unused=True
                )
        finally:
            for handle in handles:
                handle.remove()
        for (module, number, _), gradient in zip(reversed(maps), reversed(gradients), strict=True):
            slope = None if gradient is None else self._as_map(gradient, size)
            if slope is not None and bool(slope.abs().max() > 0):
                return module, number
        return None

    def _as_map(self, output: torch.Tensor, size: tuple[int, ...]) -> torch.Tensor | None:
        """An output as (C, h, w) if it is a map of an image of (height, width): (1, C, h, w), (1, h, w, C), (1, T, C)."""
        if output.shape[0] != 1:
            return None
        if output.ndim == 4:
            if _is_grid(output.shape[2], output.shape[3], size):
                return output[0]
            if _is_grid(output.shape[1], output.shape[2], size):
                return output[0].permute(2, 0, 1)
        if output.ndim == 3:
            skipped = range(MOST_PREFIX_TOKENS + 1) if self._prefix is None else (self._prefix,)
            for first in skipped:
                tokens = output.shape[1] - first
                for rows in range(2, tokens // 2 + 1):
                    if tokens % rows == 0 and _is_grid(rows, tokens // rows, size):
                        return output[0, first:].T.reshape(-1, rows, tokens // rows)
        return None


def _is_grid(rows: int, columns: int, size: tuple[int, ...]) -> bool:
    """Whether an image of (height, width) becomes this at some whole stride, with or without a margin."""
    if rows < 2 or columns < 2:
        return False
    near = size[0] // rows
    return any(
        all(at in (side // stride, -(-side // stride)) for at, side in ((rows, size[0]), (columns, size[1])))
        for stride in range(max(1, near - 1), near + 2)
    )
