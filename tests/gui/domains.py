"""What the tests of domain adaptation in the window share: a project, and all commands answered by a stand-in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from finished_runs import make_project
from PIL import Image

from xferstudio.gui.project import commands

HERE = Path(__file__).parent


def pretend(monkeypatch):
    """All commands go to the stand-in."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), str(HERE.parent.parent)]))
    monkeypatch.setattr(
        commands, "command_line", lambda *words: [sys.executable, str(HERE / "pretend_domains.py"), *words]
    )


def photos(folder: Path, number: int = 4) -> Path:
    """A folder with a few pictures of another domain."""
    folder.mkdir(parents=True)
    for each in range(number):
        Image.new("RGB", (40, 30), (20 * each, 90, 200)).save(folder / f"{each}.png")
    return folder


def with_target(folder: Path) -> Path:
    """The folder of a project with a target domain."""
    made = make_project(folder, each=4)
    photos(folder / "market")
    text = made.file.read_text().replace("[data]", f'[data]\ntarget = "{(folder / "market").as_posix()}"')
    made.file.write_text(text)
    return made.folder
