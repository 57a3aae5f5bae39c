"""The command `python -m benchmarks [NAME]... [--quick | --full] [--json PATH] [--strict]`."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path

NAMES = {
    "features": "the feature pass, against a plain loop and its own bare inference",
    "extract": "extract, against the tutorial's loop and again from the warm store",
    "finetune": "fine-tune, seconds per epoch against the eager float32 loop",
    "cache": "fine-tune with and without the prefix cache",
    "accuracy": "accuracy of extract, against scikit-learn",
    "memory": "resident memory on 50,000 images",
    "window": "the window: start, lag of its event loop, memory with 100,000 images",
    "means": "ways of computing the frozen layers (by request only)",
    "views": "what augmentation does to accuracy (by request only)",
    "overlap": "classes that domains do not share, noticed and imagined (by request only)",
}
BY_REQUEST = ("means", "views", "overlap")
DEFAULT = [name for name in NAMES if name not in BY_REQUEST]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, print their tables; 1 if --strict and one missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure, side by side on the same images and weights, and print ratio tables.",
        epilog="; ".join(f"{name}: {about}" for name, about in NAMES.items()),
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which ones; by default {' '.join(DEFAULT)}"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--quick", action="store_const", const="quick", dest="size", help="few images, one round"
    )
    size.add_argument(
        "--full", action="store_const", const="full", dest="size", help="all images, more rounds"
    )
    parser.add_argument("--most", type=int, metavar="N", help="at most N images a class, to try this out")
    parser.add_argument("--backbone", metavar="ID", default=None, help="another pretrained network")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the results there as well")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a demand is missed")
    parser.set_defaults(size="default")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(NAMES)}")

    import torch

    from benchmarks.material import BACKBONE, session

    reports = {}
    with session(size=given.size, most=given.most, backbone_id=given.backbone or BACKBONE) as material:
        about = f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {platform.system()}"
        print(about)
        if material.data is None:
            print(
                "The real photos are not here (XFERSTUDIO_DATA names their folder): the sample in resources stands in, "
                "so these numbers are not the ones that count."
            )
        print(flush=True)
        for name in given.names or DEFAULT:
            start = time.perf_counter()
            report = importlib.import_module(f"benchmarks.{name}").measure(material)
            report.seconds = time.perf_counter() - start
            reports[name] = report
            print(report, flush=True)
    missed = [f"{name}: {row.what}" for name, report in reports.items() for row in report.missed]
    judged = sum(row.demand is not None for report in reports.values() for row in report.rows)
    print(
        f"{judged - len(missed)} of {judged} demands are met"
        + "".join(f"\n  MISS  {text}" for text in missed)
    )
    if given.json:
        content = {
            "machine": about,
            "size": given.size,
            "real_photos": material.data is not None,
            "reports": {name: report.to_dict() for name, report in reports.items()},
        }
        given.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 1 if given.strict and missed else 0


if __name__ == "__main__":
    sys.exit(main())
