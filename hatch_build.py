"""Compiles the translations of the window (.ts, kept in the repository) into what Qt reads (.qm) at each build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TRANSLATIONS = Path("xferstudio", "gui", "translations")


def compile_translations(root: Path) -> list[Path]:
    """Write a .qm beside each .ts that is newer; the .qm files. Raises CalledProcessError for a broken .ts."""
    import PySide6

    release = Path(PySide6.__file__).parent / ("lrelease.exe" if sys.platform == "win32" else "lrelease")
    made = []
    for source in sorted((root / TRANSLATIONS).glob("*.ts")):
        target = source.with_suffix(".qm")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            subprocess.run([str(release), "-silent", str(source), "-qm", str(target)], check=True)
        made.append(target)
    return made


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg,misc,unused-ignore]
    """Runs before wheels, editable ones too."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and let the results into the wheel although git ignores them."""
        if self.target_name == "wheel":
            made = compile_translations(Path(self.root))
            build_data["artifacts"] += [str(path.relative_to(self.root)) for path in made]


if __name__ == "__main__":
    compile_translations(Path(__file__).parent)
