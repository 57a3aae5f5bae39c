"""A run as the lines of a shell that do the same, and a folder's run read back as one."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xferstudio.project import Run


def commands(project: Path, run: Run, defaults: Mapping[str, Any] | None = None) -> str:
    """The two lines that add this run to a project and do it; options that are as in `defaults` are left out."""
    add = add_command(project, run, defaults)
    return f"{shell_line(add)}\n{shell_line(run_command(project, run.name, run.device))}"


def add_command(project: Path, run: Run, defaults: Mapping[str, Any] | None = None) -> list[str]:
    """The command that adds this run to a project; options that are as in `defaults` are left out."""
    changed = {name: value for name, value in run.options.items() if (defaults or {}).get(name, ...) != value}
    add = ["xferstudio", "add", str(project), "--strategy", run.strategy, "--name", run.name]
    return [*add, "--backbone", run.backbone, *settings(changed)]


def run_command(project: Path, name: str, device: str = "", fresh: bool = False) -> list[str]:
    """The command that does a run of a project, or goes on with it, or with `fresh` does it once more."""
    where = ["--device", device] if device not in ("", "auto") else []
    return ["xferstudio", "run", str(project), name, *where, *(["--fresh"] if fresh else [])]


def settings(options: Mapping[str, Any]) -> list[str]:
    """Options as words of a command line."""
    return [word for name, value in options.items() for word in ("--set", f"{name}={_text(value)}")]


def shell_line(words: list[str]) -> str:
    """Words as one line for this system's shell."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def run_of(facts: Mapping[str, Any], name: str) -> Run:
    """The run that a run.toml tells of."""
    options = facts.get("options")
    return Run(
        name=str(facts.get("name") or name),
        strategy=str(facts.get("strategy", "")),
        backbone=str(facts.get("backbone", "")),
        options=dict(options) if isinstance(options, dict) else {},
        device=str(facts.get("device") or "auto"),
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
