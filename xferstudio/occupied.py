"""Which runs compute on the devices of this machine now, whoever started them: small files in the cache folder.

A notice only: nothing is refused because of it. The queue of the window waits for what it finds here.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from xferstudio.api import UserError
from xferstudio.data import cache_folder
from xferstudio.history import process_lives
from xferstudio.project import file_mutex


@dataclass(frozen=True)
class Use:
    """A run that computes on a device, or is about to. `device` is "" while nobody knows which it will be."""

    device: str
    project: str
    run: str
    pid: int
    started: float
    host: str


def same_device(one: str, other: str) -> bool:
    """Whether two runs would compute on one device; "" and "auto" may be any, and "cuda" is the first of them."""
    first, second = (name.strip().lower() for name in (one, other))
    if {first, second} & {"", "auto"}:
        return True
    return first.removesuffix(":0") == second.removesuffix(":0")


def uses() -> list[Use]:
    """What is in use on this machine now. What the dead have left is cleared away."""
    found = []
    with contextlib.suppress(OSError):
        for file in sorted(_folder().glob("*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError):
                use = Use(**json.loads(file.read_text(encoding="utf-8")))
                if use.host != socket.gethostname():  # the folder may be on a shared disk, the device is not
                    continue
                if process_lives(use.pid, use.started):
                    found.append(use)
                else:
                    file.unlink()
    # Who only meant to begin a run knows less than the run itself.
    begun = {(use.project, use.run) for use in found if use.device}
    return [use for use in found if use.device or (use.project, use.run) not in begun]


@contextlib.contextmanager
def using(device: str, project: Path, run: str) -> Iterator[None]:
    """Say for as long as this lasts that a run computes on a device."""
    notice = _put(device, project, run)
    try:
        yield
    finally:
        give_back(notice)


def claim(device: str, project: Path, run: str) -> Path | Use | None:
    """Claim a device for a run that is about to begin: the notice, to be given back when it has ended.

    A Use if the device is taken: what to wait for. None where no notice can be written, and so nobody is asked.
    """
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        with file_mutex(_folder() / ".guard", seconds=0.1):  # of two who ask at once, one gets it
            taken = [
                use
                for use in uses()
                if same_device(use.device, device) and (use.project, use.run) != (str(project), run)
            ]
            return taken[0] if taken else _put(device, project, run)
    except (OSError, UserError):
        return None


def give_back(notice: Path | None) -> None:
    """Take a notice back."""
    if notice is not None:
        with contextlib.suppress(OSError):
            notice.unlink()


def _folder() -> Path:
    return cache_folder() / "occupied"


def _put(device: str, project: Path, run: str) -> Path | None:
    me = psutil.Process()
    use = Use(device, str(project), run, me.pid, me.create_time(), socket.gethostname())
    file = _folder() / f"{me.pid}-{uuid.uuid4().hex[:8]}.json"
    temporary = file.with_suffix(".tmp")
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(dataclasses.asdict(use)), encoding="utf-8")
        os.replace(temporary, file)  # noqa: PTH105
    except OSError:  # a full or read-only disk: then nobody is told
        with contextlib.suppress(OSError):
            temporary.unlink()
        return None
    return file
