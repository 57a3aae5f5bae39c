"""Features from intermediate stages of a timm network, pooled and concatenated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from xferstudio.api import UserError

LAST = "last"
"""The name of what the whole network gives: its own pooled features."""


def stage_names(network: nn.Module) -> tuple[str, ...]:
    """The stages of a timm network that features can be taken from: "1", "2" ... and "last".

    A stage ends where timm says so: where the resolution halves in a convolutional network, after each block
    in a vision transformer.
    """
    info = getattr(network, "feature_info", None)
    if info is None or not hasattr(network, "forward_intermediates"):
        return (LAST,)
    return (*(str(number + 1) for number in range(len(getattr(info, "info", info)))), LAST)


class Stages(nn.Module):
    """Maps images (N, 3, H, W) to the features of the chosen stages of `network`, (N, sum of their widths).

    Each stage's map is averaged over the image; the order is that of the network, whatever order was asked
    for. Raises UserError for a stage that the network does not have.
    """

    def __init__(self, network: nn.Module, chosen: Sequence[str]) -> None:
        super().__init__()
        names = stage_names(network)
        unknown = [name for name in chosen if name not in names]
        if unknown or not chosen:
            name = type(network).__name__
            raise UserError(
                f"there is no stage {unknown[0]!r} in {name}; its stages are {', '.join(names)}"
                if unknown
                else f"name at least one stage of {name}: {', '.join(names)}"
            )
        self.chosen = tuple(name for name in names if name in chosen)
        self.indices = [int(name) - 1 for name in self.chosen if name != LAST]
        self.last = LAST in self.chosen
        if not self.last:
            # What comes after the last chosen stage would be weights that nothing can train.
            network.prune_intermediate_layers(self.indices, prune_norm=True, prune_head=True)  # type: ignore[operator]
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        network: Any = self.network
        if not self.indices:
            whole: torch.Tensor = network(images)
            return whole
        result = network.forward_intermediates(
            images,
            indices=self.indices,
            norm=False,
            stop_early=not self.last,
            output_fmt="NCHW",
            intermediates_only=not self.last,
        )
        final, maps = result if self.last else (None, result)
        features = [stage.mean((2, 3)) for stage in maps]
        if self.last:
            features.append(network.forward_head(final))
        return torch.cat(features, 1)

    def group_matcher(self, coarse: bool = False) -> dict[str, Any]:
        """timm's grouping of the parameters, under the names that they have in this module."""

        def moved(pattern: str) -> str:
            unanchored = re.sub(r"(?<![\[\\])\^", "", pattern)
            return rf"network\.(?:{unanchored})"

        def rule(spec: Any) -> Any:
            if isinstance(spec, str):
                return moved(spec)
            return [(moved(pattern), *rest) for pattern, *rest in spec]

        groups: dict[str, Any] = self.network.group_matcher(coarse=coarse)  # type: ignore[operator]
        return {name: rule(spec) for name, spec in groups.items()}
