"""The window: time until it is visible, lag of its event loop under three loads, and its memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.material import CHECKOUT, Material
from benchmarks.memory import write_images
from benchmarks.table import Report, Row, median
from xferstudio.project import Run, add_run, create

CHILD = Path(__file__).with_name("window_child.py")


def measure(material: Material) -> Report:
    """Each load in a window process of its own, without a screen; lag is what a 5 ms timer comes too late."""
    number = material.choose(10_000, 100_000, 100_000)
    if material.most is not None:
        number = min(number, material.most)
    source = material.folder / "many-pictures"
    write_images(source, number)
    many = create(material.folder / "window-many", data=source, backbone=material.backbone_id)
    few = create(
        material.folder / "window-few", data=material.photos("hymenoptera"), backbone=material.backbone_id
    )
    few = add_run(
        few, Run("all-cores", "fine-tune", material.backbone_id, {"epochs": 40, "stages": 3, "patience": 0})
    )
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XFERSTUDIO_CACHE": str(material.folder / "window-cache"),
        "PYTHONPATH": os.pathsep.join([str(CHECKOUT), str(CHECKOUT / "plugins")]),
    }

    def child(load: str, project: Path) -> dict[str, float]:
        done = subprocess.run(
            [
                sys.executable,
                str(CHILD),
                load,
                str(project),
                str(material.folder / "window.ini"),
                str(time.time()),
            ],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the window under {load} ended with {done.returncode}: {done.stderr[-2000:]}")
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found

    child("start", few.folder)  # the disk's cache is warm afterwards
    starts = [child("start", few.folder) for _ in range(material.choose(1, 5, 5))]
    visible, opened = (median(start[what] for start in starts) for what in ("visible", "opened"))
    report = Report("Window", [f"{number:,} generated pictures of 32 pixels; Qt's offscreen platform"])
    report.rows.append(
        Row("time until the window is visible", f"{visible:.2f} s", "", visible, 1, True, " s")
    )
    report.rows.append(Row("time until a project is open in it", f"{opened:.2f} s", "", opened, unit=" s"))
    for load, project, words in (
        ("scroll", many.folder, f"scrolling {number:,} images"),
        ("events", few.folder, "10,000 events a second arrive"),
        ("train", few.folder, "a real run trains on all cores"),
    ):
        found = child(load, project)
        about = f"{found['beats']:.0f} beats in {found['seconds']:.0f} s; {words}"
        report.rows += [
            Row(
                f"lag, 99th percentile: {words}",
                f"{found['p99']:.1f} ms",
                "",
                found["p99"],
                16,
                True,
                " ms",
                about,
            ),
            Row(f"lag, maximum: {words}", f"{found['max']:.0f} ms", "", found["max"], 100, True, " ms"),
        ]
        if load == "scroll":
            memory = found["memory"] / 2**20
            report.rows.append(
                Row(
                    f"memory of the window with {number:,} images",
                    f"{memory:.0f} MiB",
                    "",
                    memory,
                    500,
                    True,
                    " MiB",
                )
            )
    return report
