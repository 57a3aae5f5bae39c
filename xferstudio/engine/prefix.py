"""Finds the frozen part of a network, cuts it off, checks the cut, and runs it by the fastest correct means."""

from __future__ import annotations

import copy
import hashlib
import logging
import operator
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from xferstudio.api import Preprocessing, UserError
from xferstudio.engine.device import Machine, is_out_of_memory
from xferstudio.engine.model import normalise, set_modes, weights_hash
from xferstudio.engine.torchvision_ops import import_timm

log = logging.getLogger(__name__)

# Reduced precision is taken only where features stay this close to float32 (relative error in the 2-norm).
REDUCED_PRECISION_LIMIT = 0.08
EAGER, ONNX = "eager channels-last float32", "ONNX Runtime float32"
# Images in each slice of the race.
RACE_IMAGES = 4
# Images from which a conversion for ONNX Runtime, of a second or two, pays.
WORTH_CONVERTING = 150


class _Tracer(fx.Tracer):
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
        training = _Tracer().trace(root)
        frozen = _untainted(training, root)
        root.eval()
        evaluation = _Tracer().trace(root)
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


# ----------------------------------------------------------------------------------------- running it


def fold_batch_norm(module: nn.Module, how: Preprocessing) -> nn.Module:
    """A copy for inference in which each batch norm that follows a convolution is part of that convolution.

    Returns a plain copy if the module cannot be traced or the folded copy does not give the same result.
    """
    module = copy.deepcopy(module).eval().requires_grad_(False)
    BatchNormAct2d = import_timm().layers.BatchNormAct2d
    try:
        graph = module.graph if isinstance(module, fx.GraphModule) else _Tracer().trace(module)
        folded = fx.GraphModule(module, graph)  # shares the modules; what is replaced is replaced here only
        for node in list(folded.graph.nodes):
            if node.op != "call_module" or not node.args or not isinstance(node.args[0], fx.Node):
                continue
            norm, source = folded.get_submodule(str(node.target)), node.args[0]
            if (
                type(norm) not in (nn.BatchNorm2d, BatchNormAct2d)
                or source.op != "call_module"
                or len(source.users) != 1
            ):
                continue
            convolution = folded.get_submodule(str(source.target))
            if not isinstance(convolution, nn.Conv2d) or norm.running_mean is None:
                continue
            _replace(folded, str(source.target), fuse_conv_bn_eval(convolution, norm))  # type: ignore[arg-type]
            rest = nn.Sequential(norm.drop, norm.act) if isinstance(norm, BatchNormAct2d) else nn.Identity()
            _replace(folded, str(node.target), rest)
        folded.recompile()
        probe = torch.randn(1, 3, *how.size, generator=torch.Generator().manual_seed(0))
        probe = probe.to(next(module.parameters()).device)
        with torch.inference_mode():
            before, after = module(probe), folded(probe)
        if not torch.allclose(before, after, rtol=1e-3, atol=1e-4 * float(before.abs().max())):
            log.info("the folded copy gives other results")
            return module
    except Exception:
        log.info("cannot fold batch norm", exc_info=True)
        return module
    return folded


def _replace(module: fx.GraphModule, target: str, new: nn.Module) -> None:
    parent, _, name = target.rpartition(".")
    setattr(module.get_submodule(parent), name, new)


def prefix_identity(cut: Cut) -> str:
    """One hash of the frozen part, its weights and what is computed with them, for the feature store's key."""
    timm = import_timm().__version__
    text = f"{weights_hash(cut.prefix.state_dict())}{cut.prefix}{getattr(cut.prefix, 'code', '')}{timm}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


Means = Callable[[np.ndarray], torch.Tensor]


class Runner:
    """Computes boundary activations of prepared images by the fastest correct means at hand.

    Call it with uint8 (N, H, W, 3); it gives a CPU tensor (N, ...). The means race on slices of the first real
    batch, or of as many as it takes. Means whose results move too far from float32 are refused;
    `means` names the chosen one, `moved` says how far it moves. Once it has chosen, threads may share it.
    """

    def __init__(
        self,
        candidates: dict[str, Means],
        exact: Means,
        storage: torch.dtype,
        fallback: Callable[[], dict[str, Means]] | None = None,
    ) -> None:
        self.means = ""
        self.moved = 0.0
        self._candidates = dict(candidates)
        self._exact, self._storage, self._fallback = exact, storage, fallback
        self._seconds: dict[str, list[float]] = {name: [] for name in candidates}
        self._errors: dict[str, float] = {}

    def __call__(self, batch: np.ndarray) -> torch.Tensor:
        rows = []
        while not self.means and len(batch):
            part, batch = batch[:RACE_IMAGES], batch[RACE_IMAGES:]
            rows.append(self._race(part).to(self._storage))
        if len(batch):
            rows.append(self._candidates[self.means](batch).to(self._storage))
        return torch.cat(rows) if len(rows) > 1 else rows[0]

    def decide(self, batch: np.ndarray, means: str = "") -> str:
        """Choose now, by races on this batch alone or for these `means`, so that rows depend on nothing but images."""
        if not self.means and means in self._candidates:
            self._candidates = {means: self._candidates[means]}
            self.means = means
        while not self.means:
            self._race(batch[:RACE_IMAGES])
        return self.means

    def _race(self, batch: np.ndarray) -> torch.Tensor:
        """Admit the candidates on the first slice, which also warms them up; then time each once."""
        if not self._errors:
            reference = self._exact(batch)
            if not bool(torch.isfinite(reference).all()):
                raise UserError(
                    "the frozen layers give values that are not numbers; the weights of the backbone are damaged, "
                    "or do not fit its preprocessing: fetch them again, or take another backbone"
                )
            for name, means in list(self._candidates.items()):
                self._errors[name] = 0.0 if means is self._exact else _moved(name, means, batch, reference)
                if not self._errors[name] <= (1e-3 if "float32" in name else REDUCED_PRECISION_LIMIT):
                    del self._candidates[name]
            if len(self._candidates) < 2:
                self._settle()
            return reference
        name = min(self._candidates, key=lambda name: len(self._seconds[name]))
        start = time.perf_counter()
        rows = self._candidates[name](batch)
        self._seconds[name].append((time.perf_counter() - start) / len(batch))
        if all(len(self._seconds[name]) == 2 for name in self._candidates):
            self._settle()
        return rows

    def _settle(self) -> None:
        if not self._candidates:
            self._candidates = (self._fallback() if self._fallback else None) or {EAGER: self._exact}
        self.means = min(self._candidates, key=lambda name: min(self._seconds.get(name, ()), default=0.0))
        self.moved = self._errors.get(self.means, 0.0)

    @property
    def note(self) -> str:
        """A sentence for the user where the chosen means are not exact."""
        if not self.means or "float32" in self.means:
            return ""
        return (
            f"features are computed by {self.means}; on {RACE_IMAGES} images they differ from float32 by "
            f"{self.moved:.1%} (limit {REDUCED_PRECISION_LIMIT:.0%})"
        )


def _moved(name: str, means: Means, batch: np.ndarray, reference: torch.Tensor) -> float:
    """Relative error in the 2-norm against float32; infinite for means that do not run here."""
    try:
        difference = means(batch).float() - reference.float()
    except RuntimeError as error:
        log.info("%s does not run here: %s", name, error)
        return float("inf")
    return float(difference.norm() / reference.float().norm().clamp_min(1e-12))


def make_runner(cut: Cut, how: Preprocessing, machine: Machine, images: int, known: str = "") -> Runner:
    """A runner for this prefix on this machine; `images` is how many will be computed.

    Means that take long to prepare (conversion for ONNX Runtime) are tried only where that can pay. `known` are
    the means that an earlier race chose: only they are prepared.
    """
    device = machine.device
    storage = torch.float32 if cut.is_whole else machine.dtype
    plain = fold_batch_norm(cut.prefix, how).to(device)
    plain = plain.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def tensor(batch: np.ndarray) -> torch.Tensor:
        return normalise(torch.from_numpy(batch).to(device, non_blocking=True), how)

    def exact(batch: np.ndarray) -> torch.Tensor:
        with torch.inference_mode():
            result: torch.Tensor = plain(tensor(batch)).cpu()
        return result

    def converted() -> dict[str, Means]:
        session = _onnx_session(cut.prefix, how, machine) if device.type == "cpu" else None
        return {ONNX: lambda batch: torch.from_numpy(session(batch))} if session is not None else {}

    worth_converting = known == ONNX or (images >= WORTH_CONVERTING and known != EAGER)
    candidates: dict[str, Means] = {}
    if machine.precision == "float32" or "float32" in known:
        # Eager float32 is never the faster of the two.
        candidates = (converted() if worth_converting else {}) or {EAGER: exact}
    else:
        reduced = copy.deepcopy(plain).to(machine.dtype)

        def low(batch: np.ndarray) -> torch.Tensor:
            with torch.inference_mode():
                result: torch.Tensor = reduced(tensor(batch).to(machine.dtype)).cpu()
            return result

        def mixed(batch: np.ndarray) -> torch.Tensor:
            with torch.inference_mode(), machine.autocast():
                result: torch.Tensor = plain(tensor(batch)).cpu()
            return result

        candidates[f"eager channels-last {machine.precision}"] = low
        candidates[f"eager channels-last {machine.precision} with autocast"] = mixed
        if images < WORTH_CONVERTING and not known:
            # A race pays only for many; convolutions stand reduced weights, attention wants autocast.
            convolutional = not any(isinstance(module, nn.LayerNorm) for module in plain.modules())
            candidates = dict([list(candidates.items())[0 if convolutional else 1]])
    return Runner(candidates, exact, storage, converted if images >= WORTH_CONVERTING else None)


def _onnx_session(
    module: nn.Module, how: Preprocessing, machine: Machine
) -> Callable[[np.ndarray], np.ndarray] | None:
    """The prefix in ONNX Runtime, from prepared images on; None where it cannot be converted."""
    import io

    import onnxruntime

    class Plain(nn.Module):
        # A module around it: the exporter takes a GraphModule's own `graph` for its own kind of graph.
        def __init__(self) -> None:
            super().__init__()
            self.inner = module

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            result: torch.Tensor = self.inner(normalise(x, how))
            return result

    buffer = io.BytesIO()
    example = torch.zeros(2, *how.size, 3, dtype=torch.uint8)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                Plain().eval(),  # the exporter puts back the mode that it finds here, all the way down
                (example,),
                buffer,  # type: ignore[arg-type]
                dynamo=False,
                input_names=["x"],
                output_names=["y"],
                dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = (
            1  # as many batches at a time as there are threads, not threads for each
        )
        options.log_severity_level = 3
        # Waiting threads must leave the cores to the threads that decode.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(buffer.getvalue(), options, providers=["CPUExecutionProvider"])
    except Exception:
        log.info("cannot convert the frozen part for ONNX Runtime", exc_info=True)
        return None

    def run(batch: np.ndarray) -> np.ndarray:
        result: np.ndarray = session.run(["y"], {"x": batch})[0]
        return result

    return run
