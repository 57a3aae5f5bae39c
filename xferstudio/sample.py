"""Finds the sample: the pictures of apples that come with the program."""

from __future__ import annotations

from pathlib import Path

from xferstudio.api import UserError


def find_sample() -> Path:
    """The folder with `studio` and `market`: inside the installed package, or in the source tree around it."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_sample", package.parent / "resources" / "sample"):
        if (folder / "studio").is_dir() and (folder / "market").is_dir():
            return folder
    raise UserError(
        "The pictures of the sample are not installed; install xferstudio again, or use a checkout of its source."
    )
