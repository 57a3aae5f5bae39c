"""Parameter groups with rates that fall from the head down to the first layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def layer_groups(
    model: Any, head_rate: float, backbone_rate: float, weight_decay: float, layer_decay: float = 1.0
) -> Sequence[Mapping[str, Any]]:
    """One group for the head (and modules that a loss brought) and one for each stage that learns, the last stage at `backbone_rate`, each stage below
    at `layer_decay` times the rate of the one above (Howard and Ruder 2018; Clark et al. 2020).

    Biases, norms and other vectors are in groups of their own, without weight decay.
    """
    from xferstudio.engine.model import stages

    above = [p for name, part in model.named_children() if name != "backbone" for p in part.parameters()]
    wanted: list[tuple[str, list[Any], float]] = [("head", above, head_rate)]
    for depth, stage in enumerate(reversed(stages(model.backbone))):
        wanted.append((f"stage -{depth + 1}", stage, backbone_rate * layer_decay**depth))
    covered = {id(p) for _, parameters, _ in wanted for p in parameters}
    rest = [p for p in model.parameters() if id(p) not in covered]
    wanted.append(("other", rest, min(rate for _, _, rate in wanted)))
    groups = []
    for name, parameters, rate in wanted:
        learning = [p for p in parameters if p.requires_grad]
        matrices = [p for p in learning if p.ndim > 1]
        vectors = [p for p in learning if p.ndim <= 1]
        groups.append({"name": name, "params": matrices, "lr": rate, "weight_decay": weight_decay})
        groups.append({"name": f"{name} (no decay)", "params": vectors, "lr": rate, "weight_decay": 0.0})
    return [group for group in groups if group["params"]]
