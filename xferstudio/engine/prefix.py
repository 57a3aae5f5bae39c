"""Finds the frozen part of a network, cuts it off, and checks the cut."""

from __future__ import annotations

import hashlib
import logging
import operator
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from xferstudio.api import Preprocessing
from xferstudio.engine.device import is_out_of_memory
from xferstudio.engine.kept import Kept
from xferstudio.engine.model import set_modes, weights_hash
from xferstudio.engine.torchvision_ops import import_timm

log = logging.getLogger(__name__)


class Tracer(fx.Tracer):
    def __init__(self) -> None:
        models = import_timm().models
        super().__init__(autowrap_functions=tuple(models.get_notrace_functions()))
        self._whole = tuple(models.get_notrace_modules())

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, (*self._whole, nn.modules.batchnorm._BatchNorm)) or super().is_leaf_module(
            m, module_qualified_name
        )


class _OneInput(nn.Module):
    """Hides the optional arguments of a backbone's `forward` from the trace: they keep their defaults."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.body(images)
        return result


@dataclass(frozen=True)
class Cut:
    """A backbone in two parts, sharing its modules: `suffix(prefix(x)) == backbone(x)`.

    `boundary` names the node between them: "images" when nothing can be computed once, "features" when all of
    the backbone is frozen. `note` says why a frozen part was not cut off, if it was not.
    """

    boundary: str
    prefix: nn.Module
    suffix: nn.Module
    note: str = ""

    @property
    def is_whole(self) -> bool:
        return self.boundary == "features"

    @property
    def is_empty(self) -> bool:
        return self.boundary == "images"


class Suffix(nn.Module):
    """The trained part; traced once for training and once for evaluation, because a trace fixes `self.training`."""

    def __init__(self, training: nn.Module, evaluation: nn.Module) -> None:
        super().__init__()
        self.while_training = training
        self.while_evaluating = evaluation

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.while_training(x) if self.training else self.while_evaluating(x)
        return result


def find_cut(backbone: nn.Module, how: Preprocessing, batch_norm: bool = True) -> Cut:
    """Cut the backbone after the longest part in which nothing learns.

    The network is traced with torch.fx; the cut is the last node before the first trained one at which exactly
    one tensor (with one row per image) crosses. Both parts together are compared with the whole on random
    images. A network that cannot be traced is run whole, and `note` says so.
    """
    learns = any(p.requires_grad for p in backbone.parameters())
    if not learns:
        return Cut("features", backbone, nn.Identity())
    nothing = Cut("images", nn.Identity(), backbone)
    if all(p.requires_grad for p in backbone.parameters()):
        return nothing
    root = _OneInput(backbone)
    modes = {module: module.training for module in backbone.modules()}
    try:
        set_modes(root, batch_norm)
        training = Tracer().trace(root)
        frozen = _untainted(training, root)
        root.eval()
        evaluation = Tracer().trace(root)
        device = next(backbone.parameters()).device
        probe = torch.randn(3, 3, *how.size, generator=torch.Generator().manual_seed(0)).to(device)
        recorder = _RowsPerImage(fx.GraphModule(root, evaluation), len(probe))
        with torch.inference_mode():
            whole = recorder.run(probe)
        boundary = _boundary(evaluation, training, frozen, recorder.good)
        if boundary is None:
            return nothing
        prefix, suffix_eval = _split(evaluation, boundary, root)
        _, suffix_train = _split(training, boundary, root)
        with torch.inference_mode():
            parts = suffix_eval(prefix(probe))
        if not torch.allclose(whole, parts, rtol=1e-3, atol=1e-4 * float(whole.abs().max())):
            return Cut(
                "images", nn.Identity(), backbone, "the two parts of the network do not equal the whole"
            )
        return Cut(boundary.removeprefix("body_"), prefix, Suffix(suffix_train, suffix_eval))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        log.info("cannot trace the network", exc_info=True)
        return Cut(
            "images", nn.Identity(), backbone, f"the network cannot be traced ({type(error).__name__})"
        )
    finally:
        for module, mode in modes.items():
            module.training = mode


def _depends_on_input(graph: fx.Graph) -> set[fx.Node]:
    found: set[fx.Node] = set()
    for node in graph.nodes:
        if node.op == "placeholder" or any(source in found for source in node.all_input_nodes):
            found.add(node)
    return found


def _learns_or_varies(node: fx.Node, root: nn.Module) -> bool:
    """Whether a node's result depends on a trained parameter, on chance, or changes statistics."""
    if node.op == "call_module":
        module = root.get_submodule(str(node.target))
        if any(p.requires_grad for p in module.parameters()):
            return True
        return any(
            part.training
            and (
                isinstance(part, nn.modules.batchnorm._BatchNorm)
                or getattr(part, "drop_prob", 0)
                or (isinstance(part, nn.modules.dropout._DropoutNd) and part.p > 0)
            )
            for part in module.modules()
        )
    if node.op == "get_attr":
        value = operator.attrgetter(str(node.target))(root)
        return isinstance(value, torch.Tensor) and value.requires_grad
    if node.op == "call_function" and "drop" in getattr(node.target, "__name__", ""):
        return bool(node.kwargs.get("training", True))
    return node.op == "call_function" and bool(node.kwargs.get("dropout_p", 0))


def _untainted(graph: fx.Graph, root: nn.Module) -> list[str]:
    """Names of the input-dependent nodes before the first one that learns or varies, in execution order."""
    dynamic = _depends_on_input(graph)
    tainted: set[fx.Node] = set()
    names: list[str] = []
    for node in graph.nodes:
        if _learns_or_varies(node, root) or any(source in tainted for source in node.all_input_nodes):
            tainted.add(node)
            if node in dynamic:
                break
        elif node in dynamic and node.op != "output":
            names.append(node.name)
    return names


class _RowsPerImage(fx.Interpreter):
    """Records which nodes give one tensor whose first dimension is the batch."""

    def __init__(self, module: fx.GraphModule, batch: int) -> None:
        super().__init__(module)
        self.batch = batch
        self.good: set[str] = set()

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, torch.Tensor) and result.ndim >= 2 and result.shape[0] == self.batch:
            self.good.add(n.name)
        return result


def _boundary(
    evaluation: fx.Graph, training: fx.Graph, frozen: list[str], whole_rows: set[str]
) -> str | None:
    """The last node in `frozen` at which one tensor crosses, the same in both traces."""
    dynamic = _depends_on_input(evaluation)
    order = [node for node in evaluation.nodes if node in dynamic]
    dynamic_in_training = _depends_on_input(training)
    twin = [node.name for node in training.nodes if node in dynamic_in_training]
    same = 0
    while same < min(len(order), len(frozen), len(twin)) and order[same].name == frozen[same] == twin[same]:
        same += 1
    position = {node: place for place, node in enumerate(order)}
    last_use = [
        max((position[user] for user in node.users if user in position), default=-1) for node in order
    ]
    for place in range(same - 1, 0, -1):
        node = order[place]
        if (
            node.name in whole_rows
            and last_use[place] > place
            and all(use <= place for use in last_use[:place])
        ):
            return str(node.name)
    return None


def _split(graph: fx.Graph, boundary: str, root: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Two modules that share the parameters of `root`. Nodes that do not depend on the input stand in both."""
    dynamic = _depends_on_input(graph)
    first, second = fx.Graph(), fx.Graph()
    known_first: dict[fx.Node, fx.Node] = {}
    known_second: dict[fx.Node, fx.Node] = {}
    crossed = False
    for node in graph.nodes:
        constant = node not in dynamic
        if node.op == "output":
            second.output(fx.map_arg(node.args[0], lambda n: known_second[n]))
            continue
        if constant or not crossed:
            known_first[node] = first.node_copy(node, lambda n: known_first[n])
        if node.name == boundary:
            first.output(known_first[node])
            known_second[node] = second.placeholder("activations")
            crossed = True
        elif constant or crossed:
            known_second[node] = second.node_copy(node, lambda n: known_second[n])
    return _without_dead_code(root, first), _without_dead_code(root, second)


def _without_dead_code(root: nn.Module, graph: fx.Graph) -> fx.GraphModule:
    fx.GraphModule(root, graph).graph.eliminate_dead_code()
    graph.lint()
    # Anew, because the first one holds what the dead code used: trained weights are no part of the prefix.
    return fx.GraphModule(root, graph)


def prefix_identity(cut: Cut) -> str:
    """One hash of the frozen part, its weights and what is computed with them, for the feature store's key."""
    if isinstance(cut.prefix, Kept):
        return cut.prefix.identity
    timm = import_timm().__version__
    text = f"{weights_hash(cut.prefix.state_dict())}{cut.prefix}{getattr(cut.prefix, 'code', '')}{timm}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
