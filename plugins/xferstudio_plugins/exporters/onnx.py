"""Writes one ONNX file that takes a decoded image of any size and gives class probabilities.

The preprocessing is part of the graph. ONNX's own `Resize` does not compute what Pillow computes (single
pixels differ by up to dozens of grey levels), so the resampling is written out as Pillow does it: its filter
weights for each axis, worked out in the graph from the image's size, one matrix product across and one down,
and rounding to 8 bits after each.
"""

from __future__ import annotations

import copy
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from xferstudio.api import Artifact, Exporter, Preprocessing, TrainedModel, UserError
from xferstudio.engine.export import ONNX_CLASSES, ONNX_INPUT, ONNX_OUTPUT, RECORD_KEY, Record
from xferstudio.project import write_atomic

if TYPE_CHECKING:
    import numpy as np

OPSET = 18
LIMIT = 2**31 - 2**20
"""A protobuf message, and so an ONNX file without side files, ends at 2 GiB."""
PILLOW_PRECISION = 2.0**22
"""Pillow rounds the weights of 8-bit resampling to this many steps (32 bits less 8 for the pixel and 2)."""
SUPPORT = 0.5
"""Half the width of Pillow's box filter, in pixels of the smaller picture."""


class OnnxExporter(Exporter):
    """One file for ONNX Runtime, in any language, with nothing left to get wrong around it."""

    id: ClassVar[str] = "onnx"
    label: ClassVar[str] = "ONNX file"
    suffix: ClassVar[str] = ".onnx"
    summary: ClassVar[str] = (
        "One file that runs without PyTorch, in most languages: raw RGB pixels of any size in, class "
        "probabilities out; resizing and class names are inside."
    )

    @dataclass(frozen=True)
    class Options:
        """Nothing to choose."""

    def export(self, model: TrainedModel, out: Path) -> None:
        """Write the file. Raises UserError for a network that ONNX cannot express, or one above 2 GB."""
        record = Record.of(model)
        weight = sum(t.numel() * t.element_size() for t in model.network.state_dict().values())
        if weight > LIMIT:
            raise UserError(
                f"the network's weights take {weight / 1e9:.1f} GB, and a single ONNX file cannot hold more "
                "than 2 GB; export with `torch` or `timm` instead"
            )
        whole = _joined(_network_graph(model), model)
        for key, value in (
            (RECORD_KEY, record.to_json()),
            (ONNX_CLASSES, json.dumps(list(record.classes), ensure_ascii=False)),
        ):
            entry = whole.metadata_props.add()
            entry.key, entry.value = key, value
        write_atomic(out, whole.SerializeToString())

    def load(self, out: Path) -> Artifact:
        """The file in ONNX Runtime."""
        return OnnxArtifact(out)


class OnnxArtifact:
    """An exported file in ONNX Runtime."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """One RGB image, uint8 (H, W, 3), to probabilities (C,)."""
        result: np.ndarray = self._session.run([ONNX_OUTPUT], {ONNX_INPUT: image})[0]
        return result


# ------------------------------------------------------------------------------------------- the network


@contextmanager
def _quiet() -> Iterator[None]:
    """The converter warns and logs about its own insides, which a user can do nothing about."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "torch.export")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _network_graph(model: TrainedModel) -> Any:
    """The network alone as an ONNX model: normalised (1, 3, h, w) to logits (1, C)."""
    import torch

    network = copy.deepcopy(model.network).cpu().float().eval()
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    sample = torch.zeros(1, 3, *model.preprocessing.size)
    with _quiet(), torch.no_grad():
        try:
            program = torch.onnx.export(
                network,
                (sample,),
                dynamo=True,
                opset_version=OPSET,
                input_names=["normalised"],
                output_names=["logits"],
                verbose=False,
            )
        except ImportError as error:
            raise UserError(
                f"writing ONNX needs the package {error.name or 'onnxscript'}, which is not installed: "
                "`pip install onnxscript`"
            ) from error
        except Exception as error:  # the converter raises whatever the network provoked
            reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise UserError(
                f"this network cannot be written as ONNX ({reason.strip()}); export with `torch` instead"
            ) from error
    assert program is not None
    return program.model_proto


# ------------------------------------------------------------------------------ the preprocessing as a graph


class _Nodes:
    """Collects the nodes and constants of a graph; each method returns the name of a value."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: dict[tuple[Any, ...], str] = {}

    def constant(self, value: Any, dtype: str = "float64") -> str:
        import numpy as np
        from onnx import numpy_helper

        array = np.asarray(value, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = f"{self.prefix}constant_{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(array, self._known[key]))
        return self._known[key]

    def __call__(self, kind: str, *inputs: str | float, **attributes: Any) -> str:
        """A node of one output; plain numbers among the inputs become float64 constants."""
        from onnx import helper

        names = [item if isinstance(item, str) else self.constant(item) for item in inputs]
        output = f"{self.prefix}{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [output], name=output, **attributes))
        return output

    def either(self, condition: str, yes: Callable[[_Nodes], str], no: Callable[[_Nodes], str]) -> str:
        """The value that `yes` makes where the condition holds, or `no`; only that one is computed."""
        from onnx import TensorProto, helper

        branches = {}
        for name, make in (("then", yes), ("else", no)):
            inner = _Nodes(f"{self.prefix}{name}/")
            result = make(inner)
            value = helper.make_tensor_value_info(result, TensorProto.FLOAT, None)
            branches[f"{name}_branch"] = helper.make_graph(inner.nodes, name, [], [value], inner.constants)
        return self("If", condition, **branches)

    def cast(self, value: str, dtype: str) -> str:
        from onnx import TensorProto

        kinds = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE, "uint8": TensorProto.UINT8}
        return self("Cast", value, to=kinds[dtype])


@dataclass(frozen=True)
class _Axis:
    """Where one axis of the prepared image comes from, as names of float64 scalars.

    The source interval `low` to `high`, out of `length` pixels, becomes `filled` of the `size` pixels, which
    begin at `start`.
    """

    length: str
    low: str
    high: str
    size: int
    filled: str
    start: str


def prepared_pixels(nodes: _Nodes, image: str, how: Preprocessing) -> str:
    """Nodes from the image, uint8 (H, W, 3), to the result of `data.prepare`, as float32 (3, h, w)."""
    from xferstudio.data.decode import mean_colour

    shape = nodes("Shape", image)
    lengths = [
        nodes.cast(nodes("Gather", shape, nodes.constant(axis, "int64"), axis=0), "float64")
        for axis in (0, 1)
    ]
    down, across = _axes(nodes, lengths[0], lengths[1], how)
    planes = nodes.cast(nodes("Transpose", image, perm=[2, 0, 1]), "float32")
    columns = _weights(nodes, across, how.interpolation)  # (W, w)
    rows = nodes("Transpose", _weights(nodes, down, how.interpolation), perm=[1, 0])  # (h, H)
    if how.interpolation != "nearest" and tall_images_go_down_first():
        shrinks = nodes("Max", nodes("Sub", across.length, across.filled), 0.0)
        tall = nodes("Greater", nodes("Sub", down.length, down.filled), nodes("Mul", shrinks, 2.0))
        pixels = nodes.either(
            tall,
            lambda inner: _two_passes(inner, planes, rows, columns, down_first=True),
            lambda inner: _two_passes(inner, planes, rows, columns, down_first=False),
        )
    else:
        pixels = _two_passes(nodes, planes, rows, columns, down_first=False)
    if how.crop == "pad":
        inside = nodes(
            "And",
            nodes("Unsqueeze", _is_filled(nodes, down), nodes.constant([1], "int64")),
            nodes("Unsqueeze", _is_filled(nodes, across), nodes.constant([0], "int64")),
        )
        fill = [[[float(level)]] for level in mean_colour(how)]
        pixels = nodes("Where", inside, pixels, nodes.constant(fill, "float32"))
    return pixels


def _two_passes(nodes: _Nodes, planes: str, rows: str, columns: str, *, down_first: bool) -> str:
    """Resampling (3, H, W) to (3, h, w) in Pillow's two passes; their order shows, since each one rounds."""
    if down_first:
        return _to_8_bits(nodes, nodes("MatMul", _to_8_bits(nodes, nodes("MatMul", rows, planes)), columns))
    return _to_8_bits(nodes, nodes("MatMul", rows, _to_8_bits(nodes, nodes("MatMul", planes, columns))))


@cache
def tall_images_go_down_first() -> bool:
    """Whether the Pillow at hand goes down before across where the height loses over twice the width's loss.

    Pillow does so since release 13; before, it always went across first. It is asked and not looked up, since
    the export must do what the Pillow of the training did.
    """
    from PIL import Image

    levels = bytes((place * place * 37 + place * 11) % 256 for place in range(60 * 45))
    image, method = Image.frombytes("L", (45, 60), levels), Image.Resampling.BICUBIC
    down_first = image.resize((45, 50), method).resize((50, 50), method)
    return image.resize((50, 50), method).tobytes() == down_first.tobytes()


def _axes(nodes: _Nodes, height: str, width: str, how: Preprocessing) -> tuple[_Axis, _Axis]:
    """The two axes, down and across, as `data.prepare` lays them; operation by operation the same."""
    lengths, sizes = (height, width), how.size
    if how.crop == "squash":
        return _whole(nodes, height, sizes[0]), _whole(nodes, width, sizes[1])
    made = []
    if how.crop == "center":
        kept = [nodes("Mul", length, how.crop_share) for length in lengths]
        scale = nodes(
            "Min", *(nodes("Div", part, float(size)) for part, size in zip(kept, sizes, strict=True))
        )
        for length, size in zip(lengths, sizes, strict=True):
            span = nodes("Min", nodes("Mul", scale, float(size)), length)
            low = nodes("Div", nodes("Sub", length, span), 2.0)
            high = nodes("Min", nodes("Add", low, span), length)
            made.append(_Axis(length, low, high, size, nodes.constant(size), nodes.constant(0)))
    else:
        ratios = [nodes("Div", float(size), length) for length, size in zip(lengths, sizes, strict=True)]
        scale = nodes("Min", *ratios)
        for length, size in zip(lengths, sizes, strict=True):
            nearest = nodes("Max", nodes("Round", nodes("Mul", length, scale)), 1.0)
            filled = nodes("Min", nearest, float(size))
            start = nodes("Floor", nodes("Div", nodes("Sub", float(size), filled), 2.0))
            made.append(_Axis(length, nodes.constant(0), length, size, filled, start))
    return made[0], made[1]


def _whole(nodes: _Nodes, length: str, size: int) -> _Axis:
    return _Axis(length, nodes.constant(0), length, size, nodes.constant(size), nodes.constant(0))


def _is_filled(nodes: _Nodes, axis: _Axis) -> str:
    """Which of the `size` pixels hold picture and not padding, bool (size,)."""
    place = nodes("Sub", nodes.constant(range(axis.size)), axis.start)
    return nodes("And", nodes("GreaterOrEqual", place, 0.0), nodes("Less", place, axis.filled))


def _weights(nodes: _Nodes, axis: _Axis, interpolation: str) -> str:
    """How much each source pixel adds to each pixel of the result, float32 (length, size)."""
    # Pillow takes the box as 32-bit floats and subtracts them as such.
    low, high = nodes.cast(axis.low, "float32"), nodes.cast(axis.high, "float32")
    span = nodes.cast(nodes("Sub", high, low), "float64")
    scale = nodes("Div", span, axis.filled)
    steps = nodes("Sub", nodes.constant([index + 0.5 for index in range(axis.size)]), axis.start)
    centres = nodes("Add", nodes.cast(low, "float64"), nodes("Mul", steps, scale))  # (size,)
    sources = nodes(
        "Unsqueeze", nodes("Range", 0.0, axis.length, 1.0), nodes.constant([1], "int64")
    )  # (length, 1)
    if interpolation == "nearest":
        last = nodes("Sub", axis.length, 1.0)
        chosen = nodes("Max", nodes("Min", nodes("Floor", centres), last), 0.0)
        return nodes.cast(nodes("Equal", sources, chosen), "float32")
    widened = nodes("Max", scale, 1.0)
    distance = nodes("Mul", nodes("Add", nodes("Sub", sources, centres), 0.5), nodes("Div", 1.0, widened))
    weights = _filter(nodes, distance, interpolation)
    if (
        interpolation == "box"
    ):  # its edges are steep, and Pillow rounds the window of pixels apart from the filter
        reach = nodes("Mul", widened, SUPPORT)
        first = nodes("Floor", nodes("Add", nodes("Sub", centres, reach), 0.5))
        behind = nodes("Floor", nodes("Add", nodes("Add", centres, reach), 0.5))
        within = nodes("And", nodes("GreaterOrEqual", sources, first), nodes("Less", sources, behind))
        weights = nodes("Where", within, weights, 0.0)
    total = nodes("ReduceSum", weights, nodes.constant([0], "int64"), keepdims=1)
    total = nodes("Where", nodes("Equal", total, 0.0), 1.0, total)  # padding lies beyond every source pixel
    steps_of = nodes("Floor", nodes("Add", nodes("Mul", nodes("Div", weights, total), PILLOW_PRECISION), 0.5))
    return nodes.cast(nodes("Div", steps_of, PILLOW_PRECISION), "float32")


def _filter(nodes: _Nodes, x: str, interpolation: str) -> str:
    """Pillow's filter functions, float64."""
    if interpolation == "box":
        inside = nodes("And", nodes("Greater", x, -0.5), nodes("LessOrEqual", x, 0.5))
        return nodes.cast(inside, "float64")
    size = nodes("Abs", x)
    if interpolation == "bilinear":
        return nodes("Max", nodes("Sub", 1.0, size), 0.0)
    if interpolation == "bicubic":  # Keys' cubic with a = -0.5
        square = nodes("Mul", size, size)
        near = nodes("Add", nodes("Mul", nodes("Sub", nodes("Mul", size, 1.5), 2.5), square), 1.0)
        far = nodes(
            "Sub", nodes("Mul", nodes("Add", nodes("Mul", nodes("Sub", size, 5.0), size), 8.0), size), 4.0
        )
        outer = nodes("Where", nodes("Less", size, 2.0), nodes("Mul", far, -0.5), 0.0)
        return nodes("Where", nodes("Less", size, 1.0), near, outer)
    if interpolation == "lanczos":
        both = nodes("Mul", _sinc(nodes, x), _sinc(nodes, nodes("Div", x, 3.0)))
        return nodes("Where", nodes("Less", size, 3.0), both, 0.0)
    raise UserError(f"the ONNX exporter does not know the interpolation {interpolation!r}")


def _sinc(nodes: _Nodes, x: str) -> str:
    angle = nodes("Mul", x, 3.141592653589793)
    at_zero = nodes("Equal", angle, 0.0)
    safe = nodes("Where", at_zero, 1.0, angle)
    return nodes("Where", at_zero, 1.0, nodes("Div", nodes("Sin", safe), safe))


def _to_8_bits(nodes: _Nodes, pixels: str) -> str:
    """What Pillow stores after each pass: rounded, halves up, and kept in 0 to 255; still float32."""
    half, low, high = (nodes.constant(value, "float32") for value in (0.5, 0.0, 255.0))
    return nodes("Clip", nodes("Floor", nodes("Add", pixels, half)), low, high)


def preprocessing_model(how: Preprocessing) -> Any:
    """The preprocessing alone as an ONNX model: `image` uint8 (H, W, 3) to `prepared` uint8 (h, w, 3)."""
    from onnx import TensorProto, helper

    nodes = _Nodes("prepare/")
    pixels = nodes("Transpose", nodes.cast(prepared_pixels(nodes, ONNX_INPUT, how), "uint8"), perm=[1, 2, 0])
    nodes.nodes.append(helper.make_node("Identity", [pixels], ["prepared"]))
    graph = helper.make_graph(
        nodes.nodes,
        "preprocessing",
        [_image_input()],
        [helper.make_tensor_value_info("prepared", TensorProto.UINT8, [*how.size, 3])],
        nodes.constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def _image_input() -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(ONNX_INPUT, TensorProto.UINT8, ["height", "width", 3])


def _joined(network: Any, model: TrainedModel) -> Any:
    """Preprocessing, network and softmax as one ONNX model."""
    import numpy as np
    from onnx import TensorProto, helper

    how = model.preprocessing
    before = _Nodes("prepare/")
    pixels = prepared_pixels(before, ONNX_INPUT, how)
    # In the same order and precision as the app's own normalisation.
    mean = np.asarray(how.mean, np.float32) * np.float32(255)
    scale = np.float32(1) / (np.asarray(how.std, np.float32) * np.float32(255))
    centred = before("Sub", pixels, before.constant(mean.reshape(3, 1, 1), "float32"))
    normal = before("Mul", centred, before.constant(scale.reshape(3, 1, 1), "float32"))
    batch = before("Unsqueeze", normal, before.constant([0], "int64"))
    before.nodes.append(helper.make_node("Identity", [batch], [network.graph.input[0].name]))

    after = _Nodes("answer/")
    logits = network.graph.output[0].name
    scaled = after("Div", logits, after.constant(model.temperature, "float32"))
    softmax = after("Softmax", scaled, axis=1)
    after.nodes.append(
        helper.make_node(
            "Squeeze", [softmax, after.constant([0], "int64")], [ONNX_OUTPUT], name="answer/Squeeze"
        )
    )

    graph = network.graph
    nodes = [*before.nodes, *graph.node, *after.nodes]
    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend([*before.constants, *after.constants])
    del graph.input[:]
    graph.input.append(_image_input())
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(ONNX_OUTPUT, TensorProto.FLOAT, [len(model.classes)]))
    graph.name = "xferstudio"
    network.producer_name = "xferstudio"
    network.doc_string = (
        f"Input `{ONNX_INPUT}`: one upright RGB image, uint8 (height, width, 3), any size. "
        f"Output `{ONNX_OUTPUT}`: one number per class, adding up to 1; the names, in order, are the JSON "
        f"list in the metadata under `{ONNX_CLASSES}`."
    )
    return network
