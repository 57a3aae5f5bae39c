"""Weights of the user's own that a project names by their path: written, found again when moved, and checked."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
from collections.abc import Collection
from pathlib import Path

from xferstudio.api import UserError, WeightsError
from xferstudio.project import Project, Run, as_written, digest_of, find_moved, unwritable

SOURCE = "file:"
ENDINGS = (".safetensors", ".pth", ".pt", ".bin", ".ckpt")


def split_id(id: str) -> tuple[str, str] | None:
    """The path in a `file:` id, and what stands behind it; None for an id of another source."""
    if not id.startswith(SOURCE):
        return None
    values, stages = r"\?[a-z_]+=[^&?]*(?:&[a-z_]+=[^&?]*)*", r"#[a-z_]+=[^#?/\\]*"
    found = re.fullmatch(rf"(.*?)((?:{values})?(?:{stages})?)", id.removeprefix(SOURCE), re.DOTALL)
    assert found is not None
    return found[1], found[2]


def typed(text: str, folder: Path, known: Collection[str] = ()) -> str:
    """The id for what somebody typed for a project in `folder`: a path becomes a `file:` id, others stay.

    The path is relative to where it was typed, or else to the project, and is written as paths in projects are.
    `known` are ids that are right as they are. Raises UserError for a path that leads nowhere.
    """
    if text in known:
        return text
    parts = split_id(text)
    if parts is None:
        path, rest = split_id(SOURCE + text) or ("", "")
        with_source = re.match(r"[A-Za-z][\w-]+:", text) is not None
        looks_so = re.match(r"[./~\\]|[A-Za-z]:[\\/]", text) or path.lower().endswith(ENDINGS)
        if with_source or not (looks_so or _exists(_place(Path.cwd(), path))):
            return text
        parts = path, rest
    path, rest = parts
    if not path:
        raise UserError(f"{SOURCE} needs a path, such as {SOURCE}weights/model.safetensors")
    for base in (Path.cwd(), folder):
        place = _place(base, path)
        if _exists(place):
            if unwritable(str(place)):
                raise UserError("the name of the weights file is not valid text (UTF-8); rename it")
            return SOURCE + as_written(place, _place(folder, "")) + rest
    raise UserError(f"there is no weights file or folder {_place(Path.cwd(), path)}")


def contents(id: str, folder: Path) -> str:
    """The hash of the weights that an id names; empty for other backbones and where there are none."""
    parts = split_id(id)
    return _digest(_place(folder, parts[0])) if parts else ""


def absolute(id: str, folder: Path) -> str:
    """The id with the whole path of its weights, if they are in their place; the same id if not."""
    parts = split_id(id)
    if parts is None:
        return id
    place = _place(folder, parts[0])
    return f"{SOURCE}{place}{parts[1]}" if _exists(place) else id


def locate(project: Project, run: Run, known: str = "") -> str:
    """The id of a run's backbone with the whole path of local weights, found again if they have moved.

    `known` is the hash that they must have. Raises WeightsError for weights that are gone or not the same.
    """
    parts = split_id(run.backbone)
    if parts is None:
        return run.backbone
    written, rest = parts
    place = _place(project.folder, written)
    if _exists(place):
        if known and _digest(place) != known:
            words = ["--strategy", run.strategy, "--name", f"{run.name}-new", "--backbone", f"{place}{rest}"]
            again = shlex.join(["xferstudio", "add", str(project.folder), *words])
            raise WeightsError(
                f"the weights {place} are not those that the run {run.name} was made for: their content has "
                "changed, or is damaged. Put the right file back; or, if the change is wanted, add a run that "
                f"takes the weights as they are now: {again}"
            )
        return f"{SOURCE}{place}{rest}"
    found, looked = find_moved(
        project.folder, written, (lambda path: _digest(path) == known) if known else None
    )
    if len(found) == 1:
        return f"{SOURCE}{found[0]}{rest}"
    remedy = f"Put them back, or write their new place behind `backbone =` under [runs.{run.name}] in {project.file}."
    if found:
        places = ", ".join(map(str, found))
        raise WeightsError(
            f"the weights {written!r} of the run {run.name} are not in their place, and there are several of "
            f"that name: {places}. {remedy}"
        )
    other = next((path for path in looked if known and _exists(path)), None)
    told = f" There is {other}, but its content is another." if other else ""
    raise WeightsError(
        f"the weights {written!r} of the run {run.name} are not there, and not elsewhere near the project "
        f"either.{told} {remedy}"
    )


def _place(folder: Path, written: str) -> Path:
    path = Path(written)
    with contextlib.suppress(RuntimeError):  # ~somebody, whom this machine does not know
        path = path.expanduser()
    # Not resolve(): as it is written is as it is meant, and the project's folder may not be there yet.
    return Path(os.path.abspath(folder / path))  # noqa: PTH100


def _exists(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return path.exists()
    return False


def _digest(path: Path) -> str:
    """Of a file, or of all weights files directly in a folder; empty where there are none."""
    try:
        if path.is_file():
            return digest_of(path)
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS and file.is_file())
        if not files:
            return ""
        told = "".join(f"{file.name}:{digest_of(file)};" for file in files)
        return hashlib.blake2b(told.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    except OSError:
        return ""
