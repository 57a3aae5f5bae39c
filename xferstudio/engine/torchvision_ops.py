"""Makes `import timm` work where a processor-only torch stands beside the package registry's torchvision.

That torchvision is a CUDA build: its compiled operators cannot be loaded without CUDA, and its own import
then stops at ``operator torchvision::nms does not exist``. Nothing here needs those operators, so their names
are declared without an implementation, and the import passes. Call `make_importable` before the first
``import timm``, or import timm through `import_timm`.
"""

from __future__ import annotations

import gc
import importlib
import sys
from types import ModuleType
from typing import Any

_MISSING = "operator torchvision::"
_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_declared: list[Any] = []  # torch forgets the declarations when the Library object is collected


def make_importable() -> bool:
    """Import torchvision, first declaring its operators if that is what its import fails on.

    Returns whether they had to be declared. Does nothing where torchvision imports as it is, where it is not
    installed, or where torch has CUDA (then a failing import is a real fault of the installation).
    """
    if _declared:
        return True
    if "torchvision" in sys.modules:
        return False
    try:
        importlib.import_module("torchvision")
    except ModuleNotFoundError as problem:
        if problem.name != "torchvision":
            raise
        return False
    except RuntimeError as problem:
        import torch

        if _MISSING not in str(problem) or torch.version.cuda is not None:
            raise
        # Asked only after the failure: declaring first would clash with a torchvision that brings its own.
        library: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
        for schema in _SCHEMAS:
            library.define(schema)
        _declared.append(library)
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        importlib.import_module("torchvision")
        return True
    return False


def import_timm() -> ModuleType:
    """The module `timm`, importable whatever torchvision is installed."""
    if "timm" not in sys.modules:
        make_importable()
        importlib.import_module("timm")
        # A million objects that stay: the collector would walk them, 0.1 s each time, in the middle of the work.
        gc.freeze()
    return sys.modules["timm"]
