"""The means by which layers can be computed, side by side: what the engine races, and what it leaves out."""

from __future__ import annotations

import importlib.util
import io
import shutil
import time
from collections.abc import Callable
from contextlib import nullcontext

import numpy as np
import torch

from benchmarks.material import Material
from benchmarks.table import Report, Row, median
from xferstudio.data import decode, needed_side, prepare, scan
from xferstudio.engine import device
from xferstudio.engine.depthwise import QuickDepthwise
from xferstudio.engine.means import fold_batch_norm, make_runner
from xferstudio.engine.model import normalise
from xferstudio.engine.prefix import find_cut

BATCH = 32


def measure(material: Material) -> Report:
    """Images per second of each means on the same batch of real photos, and how far its features move."""
    catalog = scan(material.photos("pacs/photo"))
    how = material.backbone.preprocessing()
    files = [catalog.file(item) for item in catalog.items[:: max(1, len(catalog.items) // BATCH)]][:BATCH]
    batch = np.stack([prepare(decode(file, needed_side(how)), how) for file in files])
    machine = device.choose()
    backbone = material.backbone.build(True).eval().requires_grad_(False)
    cut = find_cut(backbone, how)
    means: dict[str, Callable[[], torch.Tensor]] = {}
    preparation: dict[str, float] = {}

    def plain() -> torch.Tensor:
        with torch.inference_mode():
            return backbone(normalise(torch.from_numpy(batch), how).contiguous())

    means["eager float32, as written by hand"] = plain
    start = time.perf_counter()
    runner = make_runner(cut, how, machine, 10**6)
    took = time.perf_counter() - start
    for name, run in runner._candidates.items():
        means[name] = lambda run=run: run(batch)
        preparation[name] = took if "ONNX" in name else 0.0
    if shutil.which("c++") or shutil.which("cl"):
        start = time.perf_counter()
        compiled = torch.compile(fold_batch_norm(cut.prefix, how).to(memory_format=torch.channels_last))

        def by_compiler() -> torch.Tensor:
            with torch.inference_mode(), machine.autocast():
                return compiled(normalise(torch.from_numpy(batch), how))

        by_compiler()
        means[f"torch.compile {machine.precision}"] = by_compiler
        preparation[f"torch.compile {machine.precision}"] = time.perf_counter() - start
    if importlib.util.find_spec("openvino"):
        means |= _openvino(backbone, batch, how, preparation)
    reference = means["eager float32, as written by hand"]().float()
    seconds: dict[str, list[float]] = {name: [] for name in means}
    moved = {}
    for name, run in means.items():
        moved[name] = float((run().float() - reference).norm() / reference.norm())
    for _ in range(material.choose(2, 7, 15)):
        for name, run in means.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    base = median(seconds["eager float32, as written by hand"])
    rows = [
        Row(
            name,
            f"{len(batch) / median(times):.0f}/s",
            f"{len(batch) / base:.0f}/s",
            base / median(times),
            note=f"features move by {moved[name]:.2%}; {preparation.get(name, 0.0):.1f} s to prepare",
        )
        for name, times in seconds.items()
    ]
    if machine.precision == "bfloat16":
        rows += _depthwise(material.choose(2, 5, 9))
    facts = [
        f"{material.backbone_id}, a batch of {len(batch)} photos, median; the second column is eager float32"
    ]
    return Report("Means of computing layers", facts, rows)


def _depthwise(rounds: int) -> list[Row]:
    """Forward and backward through one depthwise convolution in bfloat16, without and with gradients in float32."""
    rows = []
    for maps, kernel, stride, side in ((672, 5, 2, 14), (672, 5, 1, 14), (240, 3, 2, 28), (1152, 3, 1, 7)):
        layer = torch.nn.Conv2d(maps, maps, kernel, stride, kernel // 2, groups=maps, bias=False)
        batch = torch.randn(BATCH, maps, side, side).contiguous(memory_format=torch.channels_last)
        times: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(rounds + 1):
            for quick, took in times.items():
                x = batch.to(torch.bfloat16).requires_grad_()
                start = time.perf_counter()
                with torch.autocast("cpu", torch.bfloat16), QuickDepthwise() if quick else nullcontext():
                    result = layer(x)
                result.backward(torch.ones_like(result))
                took.append(time.perf_counter() - start)
        slow, quick_ = (1000 * median(took[1:]) for took in times.values())
        what = f"depthwise {kernel} x {kernel}, stride {stride}, {maps} maps of {side} x {side}, with its gradients"
        rows.append(
            Row(what, f"{quick_:.1f} ms", f"{slow:.1f} ms", slow / quick_, note="all in bfloat16 beside it")
        )
    return rows


def _openvino(
    backbone: torch.nn.Module, batch: np.ndarray, how: object, preparation: dict[str, float]
) -> dict[str, Callable[[], torch.Tensor]]:
    import openvino

    images = normalise(torch.from_numpy(batch), how).contiguous().numpy()
    buffer = io.BytesIO()
    torch.onnx.export(backbone, (torch.from_numpy(images),), buffer, dynamo=False, input_names=["x"])
    core, found = openvino.Core(), {}
    for precision in ("f32", "bf16"):
        start = time.perf_counter()
        model = core.compile_model(
            core.read_model(buffer.getvalue()), "CPU", {"INFERENCE_PRECISION_HINT": precision}
        )
        request = model.create_infer_request()
        found[f"OpenVINO {precision}"] = lambda request=request: torch.from_numpy(
            next(iter(request.infer({0: images}).values())).copy()
        )
        preparation[f"OpenVINO {precision}"] = time.perf_counter() - start
    return found
