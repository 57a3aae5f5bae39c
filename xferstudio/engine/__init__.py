"""The engine: runs a project's runs as an iterator of events. Nothing here imports torch until it is needed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from xferstudio.engine.control import Control

if TYPE_CHECKING:
    from xferstudio.engine.job import run

# Before torch starts its threads: those that wait must sleep, not spin. Decoding threads and other programs need
# the cores, and on a busy machine spinning makes small operations ten times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__all__ = ["Control", "run"]


def __getattr__(name: str) -> Any:
    if name == "run":
        from xferstudio.engine.job import run

        return run
    raise AttributeError(name)
