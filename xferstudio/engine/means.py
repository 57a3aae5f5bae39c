"""Computes a frozen part by the fastest correct means: folded, fused, in reduced precision, or by ONNX Runtime."""

from __future__ import annotations

import copy
import logging
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from torch import fx, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from xferstudio.api import Preprocessing, UserError
from xferstudio.engine.device import Machine
from xferstudio.engine.model import normalise
from xferstudio.engine.prefix import Cut, Tracer
from xferstudio.engine.torchvision_ops import import_timm

log = logging.getLogger(__name__)

# Reduced precision is taken only where features stay this close to float32 (relative error in the 2-norm).
REDUCED_PRECISION_LIMIT = 0.08
EAGER, ONNX = "eager channels-last float32", "ONNX Runtime float32"
# Images in each slice of the race.
RACE_IMAGES = 4
# Images from which a conversion for ONNX Runtime, of a second or two, pays.
WORTH_CONVERTING = 150


def fold_batch_norm(module: nn.Module, how: Preprocessing) -> nn.Module:
    """A copy for inference in which each batch norm that follows a convolution is part of that convolution.

    Returns a plain copy if the module cannot be traced or the folded copy does not give the same result.
    """
    BatchNormAct2d = import_timm().layers.BatchNormAct2d
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        graph = module.graph if isinstance(module, fx.GraphModule) else Tracer().trace(module)
        folded = _sharing(module, graph)
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
        folded = _of_its_own(folded, module)
        probe = torch.randn(1, 3, *how.size, generator=torch.Generator().manual_seed(0))
        probe = probe.to(next(module.parameters()).device)
        with torch.inference_mode():
            before, after = module(probe), folded(probe)
        if torch.allclose(before, after, rtol=1e-3, atol=1e-4 * float(before.abs().max())):
            return folded.requires_grad_(False)
        log.info("the folded copy gives other results")
    except Exception:
        log.info("cannot fold batch norm", exc_info=True)
    finally:
        for part, mode in modes.items():
            part.training = mode
    return copy.deepcopy(module).eval().requires_grad_(False)


def _sharing(module: nn.Module, graph: fx.Graph) -> fx.GraphModule:
    """A module with a copy of the graph that shares the parts of `module`; what is replaced is replaced there only."""
    copied = fx.Graph()
    result = copied.graph_copy(graph, {})
    copied.output(result)
    return fx.GraphModule(module, copied)


def _of_its_own(made: fx.GraphModule, module: nn.Module) -> fx.GraphModule:
    """`made` with copies in place of all that it still shares with `module`; in mode `eval`."""
    shared = {id(part) for part in module.modules()}
    tensors = {id(tensor) for tensor in [*module.parameters(), *module.buffers()]}
    for name, part in list(made.named_modules()):
        if id(part) in shared:
            _replace(made, name, copy.deepcopy(part))
    for parent in made.modules():
        for name, tensor in [*parent._parameters.items(), *parent._buffers.items()]:
            if tensor is not None and id(tensor) in tensors:
                setattr(parent, name, copy.deepcopy(tensor))
    made.recompile()
    return made.eval()


class _Convolution(nn.Module):
    """A convolution and the activation after it as one oneDNN operation, with weights in the layout it wants."""

    def __init__(self, plain: nn.Conv2d, dtype: torch.dtype, activation: str, limits: list[float]) -> None:
        super().__init__()
        self.kernel, self.dynamic = plain.kernel_size, type(plain) is not nn.Conv2d
        self.padding = [0, 0] if self.dynamic else [int(side) for side in plain.padding]
        self.stride, self.dilation, self.groups = list(plain.stride), list(plain.dilation), plain.groups
        self.activation, self.limits = activation, limits
        self.bias = None if plain.bias is None else plain.bias.detach().to(dtype)
        self.weight = torch.ops.mkldnn._reorder_convolution_weight(
            plain.weight.detach().to(dtype), self.padding, self.stride, self.dilation, self.groups
        )
        self.pad = import_timm().layers.pad_same

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.dynamic:
            x = self.pad(x, self.kernel, self.stride, self.dilation)
        result: torch.Tensor = torch.ops.mkldnn._convolution_pointwise(
            x,
            self.weight,
            self.bias,
            self.padding,
            self.stride,
            self.dilation,
            self.groups,
            self.activation,
            self.limits,
            "",
        )
        return result


def _fusible(module: nn.Module) -> tuple[str, list[float]] | None:
    """What oneDNN calls this activation, and its numbers; ("none", []) for what does nothing; None for others."""
    parts = [m for m in module.modules() if not isinstance(m, (nn.Sequential, nn.Identity))]
    if not parts:
        return "none", []
    if len(parts) > 1:
        return None
    if isinstance(parts[0], nn.Hardtanh):  # ReLU6 as well
        return "hardtanh", [float(parts[0].min_val), float(parts[0].max_val)]
    return {nn.ReLU: ("relu", []), nn.SiLU: ("swish", []), nn.Hardswish: ("hardswish", [])}.get(
        type(parts[0])
    )


def fuse_activations(folded: nn.Module, dtype: torch.dtype) -> nn.Module | None:
    """A copy for the CPU in `dtype` in which convolutions and the activations after them are one operation.

    Fewer passes over memory: a quarter faster than convolution and activation apart, with the same results.
    None where there is nothing to fuse, or where this torch or processor cannot.
    """
    if not isinstance(folded, fx.GraphModule):
        return None
    import_timm()
    from timm.layers.conv2d_same import Conv2dSame

    try:
        fused = _sharing(folded, folded.graph)
        found = 0
        for node in list(fused.graph.nodes):
            if node.op != "call_module":
                continue
            plain = fused.get_submodule(str(node.target))
            if not isinstance(plain, nn.Conv2d) or type(plain) not in (nn.Conv2d, Conv2dSame):
                continue
            if plain.padding_mode != "zeros" or (isinstance(plain.padding, str) and type(plain) is nn.Conv2d):
                continue
            activation, limits = "none", list[float]()
            last = node
            while activation == "none" and len(last.users) == 1:
                (user,) = last.users
                if user.op != "call_module":
                    break
                after = _fusible(fused.get_submodule(str(user.target)))
                if after is None:
                    break
                (activation, limits), last = after, user
            while last is not node:
                before = last.args[0]
                last.replace_all_uses_with(before)
                fused.graph.erase_node(last)
                last = before
            _replace(fused, str(node.target), _Convolution(plain, dtype, activation, limits))
            found += activation != "none"
        fused.graph.lint()
        fused = _of_its_own(fused, folded)
    except Exception:
        log.info("cannot fuse convolutions with their activations", exc_info=True)
        return None
    return fused.to(dtype) if found else None


def _replace(module: fx.GraphModule, target: str, new: nn.Module) -> None:
    parent, _, name = target.rpartition(".")
    setattr(module.get_submodule(parent), name, new)


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
        lean = fuse_activations(plain, machine.dtype) if device.type == "cpu" else None
        reduced = lean if lean is not None else copy.deepcopy(plain).to(machine.dtype)

        def low(batch: np.ndarray) -> torch.Tensor:
            with torch.inference_mode():
                result: torch.Tensor = reduced(tensor(batch).to(machine.dtype)).cpu()
            return result

        def mixed(batch: np.ndarray) -> torch.Tensor:
            with torch.inference_mode(), machine.autocast():
                result: torch.Tensor = plain(tensor(batch)).cpu()
            return result

        candidates[f"{'fused' if lean is not None else 'eager'} channels-last {machine.precision}"] = low
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
