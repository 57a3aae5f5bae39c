"""What the machine offers: device, precision, threads, memory, chosen once per run and told in words."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass

import psutil
import torch

from xferstudio.api import UserError


@dataclass(frozen=True)
class Machine:
    """The device of a run and how it is used. `precision` is what the network computes in: float32, bfloat16 or
    float16; `workers` decode images; `threads` compute on the CPU."""

    device: torch.device
    precision: str
    threads: int
    workers: int
    name: str

    @property
    def dtype(self) -> torch.dtype:
        return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[
            self.precision
        ]

    def autocast(self) -> torch.autocast:
        """Reduced precision where it is safe, as torch decides it operation by operation."""
        return torch.autocast(self.device.type, self.dtype, enabled=self.precision != "float32")

    def memory(self) -> tuple[int, int]:
        """Bytes in use: resident memory of this process, and peak memory on the accelerator."""
        resident = int(psutil.Process().memory_info().rss)
        if self.device.type == "cuda":
            return resident, int(torch.cuda.max_memory_allocated(self.device))
        if self.device.type == "mps":
            return resident, int(torch.mps.driver_allocated_memory())
        return resident, 0

    def free_memory(self) -> int:
        """Bytes that may still be allocated on the device."""
        if self.device.type == "cuda":
            # What torch has taken and holds for later use is free as well.
            held = torch.cuda.memory_reserved(self.device) - torch.cuda.memory_allocated(self.device)
            return int(torch.cuda.mem_get_info(self.device)[0]) + held
        return int(psutil.virtual_memory().available)

    def seed(self, seed: int) -> None:
        """Let the device's own generator begin anew; on the CPU there is none but torch's."""
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        elif self.device.type == "mps":
            torch.mps.manual_seed(seed)

    def release(self) -> None:
        """Give back what torch holds for later use: libraries beside it cannot take from that."""
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        elif self.device.type == "mps":
            torch.mps.empty_cache()


def cpu_has_bfloat16() -> bool:
    """Whether the CPU multiplies bfloat16 in hardware; without it, bfloat16 is slower than float32."""
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    amx = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool((supported and supported()) or (amx and amx()))


def choose(device: str = "auto", precision: str = "auto") -> Machine:
    """The machine for `device` ("auto", "cpu", "cuda", "cuda:1", "mps"). Raises UserError if it is not there."""
    if device == "auto":
        device = (
            "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        )
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise UserError(f"{device!r} is not a device; use auto, cpu, cuda, cuda:N or mps") from None
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise UserError(
            "the device cuda was asked for, but this torch sees no CUDA device; use --device cpu or auto"
        )
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise UserError(
            f"there is no device {device}: this machine has {torch.cuda.device_count()} CUDA devices"
        )
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise UserError("the device mps was asked for, but this machine has none; use --device cpu or auto")
    if chosen.type not in ("cpu", "cuda", "mps"):
        raise UserError(f"the device {device!r} is not supported; use auto, cpu, cuda, cuda:N or mps")
    if chosen.type == "cuda":
        _be_deterministic()
    if precision == "auto":
        if chosen.type == "cuda":
            precision = "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
        else:
            precision = "bfloat16" if chosen.type == "cpu" and cpu_has_bfloat16() else "float32"
    if precision == "float16" and chosen.type == "cpu":
        raise UserError("float16 arithmetic needs a GPU; take bfloat16 or float32 on this device")
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = max(1, min(usable, psutil.cpu_count(logical=False) or usable))
    torch.set_num_threads(threads)
    name = torch.cuda.get_device_name(chosen) if chosen.type == "cuda" else chosen.type
    return Machine(chosen, precision, threads, max(2, min(16, usable)), name)


def _be_deterministic() -> None:
    """Let a GPU give the same result each time, as the CPU does: a resumed run must equal one that went straight on.

    Operations without such an implementation stay as they are, without a word: quick attention, for one, backward.
    """
    # cuBLAS reads it when it is first used (NVIDIA's cuBLAS documentation, "Results Reproducibility").
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # slow
    for words in (
        "does not have a deterministic implementation",
        "defaults to a non-deterministic algorithm",
    ):
        warnings.filterwarnings("ignore", message=f".*{words}")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is a lack of memory, on any device: torch and the libraries below it say it in several ways."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(
        words in str(error).lower()
        for words in (
            "out of memory",
            "can't allocate memory",
            "not enough memory",
            "cublas_status_alloc_failed",
            "cudnn_status_alloc_failed",
        )
    )
