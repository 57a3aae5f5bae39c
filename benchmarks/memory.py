"""Row 8: resident memory of `xferstudio run` on very many images, watched from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from benchmarks.material import CHECKOUT, Material
from benchmarks.table import Report, Row
from xferstudio.project import Run, add_run, create

CLASSES = 4
SIDE = 32


def measure(material: Material) -> Report:
    """`extract` in a process of its own; the sum over it and its children, every 50 ms."""
    number = material.choose(5_000, 50_000, 50_000)
    if material.most is not None:
        number = min(number, material.most)
    source = material.folder / "generated"
    write_images(source, number)
    backbone = material.backbone_id if "?" in material.backbone_id else f"{material.backbone_id}?size=64"
    project = create(material.folder / "many", data=source, backbone=backbone)
    add_run(project, Run("extract", "extract", backbone))
    environment = dict(os.environ)
    environment["XFERSTUDIO_CACHE"] = str(material.folder / "cache-of-many")
    before = environment.get("PYTHONPATH")
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(CHECKOUT), str(CHECKOUT / "plugins"), *([before] if before else [])]
    )
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "xferstudio", "run", str(project.folder), "extract", "--json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    peak = watch(process)
    seconds = time.perf_counter() - start
    assert process.stderr is not None
    complaint = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(f"the run ended with {process.returncode}: {complaint[-2000:]}")
    return Report(
        "Resident memory",
        [
            f"extract on {number:,} generated JPEG files of {SIDE} pixels, {CLASSES} classes, input of 64 pixels: {seconds:.0f} s"
        ],
        [Row("largest resident memory", f"{peak / 2**20:.0f} MiB", "", peak / 2**30, 2, True, " GiB")],
    )


def watch(process: subprocess.Popen) -> int:
    """The largest resident memory of a process and its children until it ends, in bytes."""
    peak = 0
    family = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            members = [family, *family.children(recursive=True)]
            peak = max(peak, sum(member.memory_info().rss for member in members))
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.05)
    return peak


def write_images(folder: Path, number: int) -> None:
    """Small pictures, each different: noise over the colour of their class."""
    colours = np.random.default_rng(0).integers(60, 196, (CLASSES, 3))

    def write(index: int) -> None:
        kind = index % CLASSES
        noise = np.random.default_rng(index).integers(-60, 60, (SIDE, SIDE, 3))
        pixels = np.clip(colours[kind] + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"class{kind}" / f"{index:06}.jpg", quality=85)

    for kind in range(CLASSES):
        (folder / f"class{kind}").mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(write, range(number), chunksize=256):
            pass
