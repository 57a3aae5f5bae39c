"""The feature store: what frozen layers say of an image, kept on disk, shared by all projects, never stale.

A shelf holds the rows of one producer (weights, boundary, preprocessing, precision, augmentation). A row is
found by the image's content hash and its view, so an edited image, other weights or another preprocessing can
never meet an old row. Writers add whole segments by renaming them into place; readers map them into memory.
Two processes may fill the same shelf: at worst a row is stored twice. Every few seconds what is there is
written, so that a kill costs little; the many small segments that come of it are merged at the end.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from xferstudio.api import UserError
from xferstudio.data import cache_folder
from xferstudio.project import file_mutex, write_atomic

if TYPE_CHECKING:
    import torch

SEGMENT_BYTES = 64 << 20
FLUSH_SECONDS = 5.0
"""How long a row may wait to be written: what a kill can cost."""
SMALL_SEGMENTS = 8
"""More small segments than this are merged; each costs a little whenever rows are gathered."""
RUBBISH_SECONDS = 3600.0
DEFAULT_LIMIT = 20 << 30
LIMIT_VARIABLE = "XFERSTUDIO_STORE_GIB"

_NUMPY = {"float32": np.float32, "float16": np.float16, "uint8": np.uint8, "bfloat16": np.uint16}


def store_limit() -> int:
    """Bytes that the store may take: 20 GiB, or what the environment variable XFERSTUDIO_STORE_GIB says."""
    text = os.environ.get(LIMIT_VARIABLE, "")
    if not text:
        return DEFAULT_LIMIT
    try:
        gib = float(text)
    except ValueError:
        gib = -1.0
    if not gib >= 0:
        raise UserError(f"{LIMIT_VARIABLE} must be a number of GiB, not {text!r}")
    return int(gib * (1 << 30))


class FeatureStore:
    """All shelves under one folder (by default in the user's cache folder)."""

    def __init__(self, folder: Path | None = None, limit: int | None = None) -> None:
        self.folder = folder or cache_folder() / "features"
        self.limit = store_limit() if limit is None else limit

    def shelf(self, identity: Mapping[str, Any]) -> Shelf:
        """The shelf of a producer; `identity` is everything that its rows depend on besides the image."""
        text = json.dumps(dict(identity), sort_keys=True)
        key = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        return Shelf(self.folder / key, text)

    def usage(self) -> list[dict[str, Any]]:
        """One entry per shelf, most recently used first: key, bytes, images, last_used, and its identity."""
        entries = []
        for folder in self._shelves():
            try:
                about = json.loads((folder / "about.json").read_text("utf-8"))
                size = sum(file.stat().st_size for file in folder.iterdir())
                images = sum(file.stat().st_size // 20 for file in folder.glob("*.idx"))
                last_used = (folder / "about.json").stat().st_mtime
            except (OSError, ValueError):
                continue
            entries.append(
                {"key": folder.name, "bytes": size, "images": images, "last_used": last_used, **about}
            )
        return sorted(entries, key=lambda entry: -float(entry["last_used"]))

    def clear(self) -> int:
        """Delete everything; bytes freed."""
        freed = sum(int(entry["bytes"]) for entry in self.usage())
        for folder in self._shelves():
            shutil.rmtree(folder, ignore_errors=True)
        return freed

    def trim(self, keep: Sequence[str] = (), needed: int = 0) -> int:
        """Delete the least recently used shelves until `needed` more bytes fit under the limit; bytes freed."""
        entries = self.usage()
        total, freed = sum(int(entry["bytes"]) for entry in entries) + needed, 0
        for entry in reversed(entries):
            if total - freed <= self.limit:
                break
            if entry["key"] not in keep:
                shutil.rmtree(self.folder / str(entry["key"]), ignore_errors=True)
                freed += int(entry["bytes"])
        return freed

    def _shelves(self) -> list[Path]:
        try:
            return sorted(folder for folder in self.folder.iterdir() if folder.is_dir())
        except OSError:
            return []


def _row_key(content: str, view: int) -> bytes:
    return bytes.fromhex(content) + view.to_bytes(4, "big")


@dataclass
class Shelf:
    """Rows of one producer. `rows` maps content hash and view to (segment, position)."""

    folder: Path
    about: str
    _segments: list[np.ndarray] = field(default_factory=list)
    _rows: dict[bytes, tuple[int, int]] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)
    _pending: list[np.ndarray] = field(default_factory=list)
    _pending_keys: list[bytes] = field(default_factory=list)
    _pending_bytes: int = 0
    _pending_since: float = 0.0

    def __post_init__(self) -> None:
        self.dtype = str(json.loads(self.about)["dtype"])
        self.refresh()

    def refresh(self) -> None:
        """Take in the segments that have appeared since; a damaged one is ignored (its rows are computed again)."""
        for index in sorted(self.folder.glob("*.idx")):
            if index.stem in self._known:
                continue
            read = self._read(index)
            if read is None:
                continue
            self._known.add(index.stem)
            segment = len(self._segments)
            self._segments.append(read[1])
            for position, key in enumerate(read[0]):
                self._rows.setdefault(key, (segment, position))
        with contextlib.suppress(OSError):
            os.utime(self.folder / "about.json")

    def _read(self, index: Path) -> tuple[list[bytes], np.ndarray] | None:
        """The keys and the mapped rows of a segment; None for one that is damaged or gone."""
        try:
            keys = index.read_bytes()
            rows = np.load(index.with_suffix(".npy"), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if len(keys) != 20 * len(rows) or rows.dtype != _NUMPY[self.dtype]:
            return None
        return [keys[start : start + 20] for start in range(0, len(keys), 20)], rows

    def has(self, content: str, view: int = 0) -> bool:
        return _row_key(content, view) in self._rows

    def add(self, contents: Sequence[str], views: Sequence[int], rows: torch.Tensor) -> None:
        """Keep rows (n, ...) of these images and views; written in segments, the last one by `flush`."""
        import torch

        array = rows.view(torch.uint16).numpy() if rows.dtype == torch.bfloat16 else rows.numpy()
        if not self._pending:
            self._pending_since = time.monotonic()
        self._pending.append(array)
        self._pending_keys.extend(
            _row_key(content, view) for content, view in zip(contents, views, strict=True)
        )
        self._pending_bytes += array.nbytes
        waited = time.monotonic() - self._pending_since
        if self._pending_bytes >= SEGMENT_BYTES or waited >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what was added. Raises UserError when the disk is full or not writable; nothing half-written stays."""
        if not self._pending:
            return
        self._write(np.concatenate(self._pending), b"".join(self._pending_keys))
        self._pending, self._pending_keys, self._pending_bytes = [], [], 0
        self.refresh()

    def _write(self, rows: np.ndarray, keys: bytes) -> None:
        """One more segment, in its place as a whole or not at all. Raises UserError."""
        name = f"{time.time_ns():x}-{uuid.uuid4().hex[:8]}"
        data, temporary = self.folder / f"{name}.npy", self.folder / f"{name}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.folder / "about.json").exists():
                write_atomic(self.folder / "about.json", self.about)
            with temporary.open("wb") as file:
                np.save(file, rows, allow_pickle=False)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(data)
            write_atomic(self.folder / f"{name}.idx", keys)
        except (OSError, UserError) as error:
            for leftover in (temporary, data):
                with contextlib.suppress(OSError):
                    leftover.unlink(missing_ok=True)
            raise self._trouble(error) from None

    def _trouble(self, error: OSError | UserError) -> UserError:
        reason = error if isinstance(error, OSError) else error.__cause__
        number = reason.errno if isinstance(reason, OSError) else None
        told = getattr(reason, "strerror", None) or error
        full = number in (errno.ENOSPC, errno.EDQUOT, None)
        remedy = "free some space (`xferstudio cache clear` empties the store), or " if full else ""
        return UserError(
            f"the feature store {self.folder.parent} cannot be written ({told}); {remedy}give it another "
            "place with the environment variable XFERSTUDIO_CACHE"
        )

    def merge(self) -> None:
        """Make one segment of many small ones. Nothing is lost, whoever reads or writes here meanwhile.

        The new segment is in its place before the old ones go, and those who have mapped an old one keep it.
        """
        with contextlib.suppress(OSError, UserError):  # it can be done another time, or is being done
            self._remove_rubbish()
            small = [index for index in self.folder.glob("*.idx") if self._is_small(index)]
            if len(small) > SMALL_SEGMENTS:
                with file_mutex(self.folder / ".merging", seconds=0.0):
                    self._merge(sorted(small))

    @staticmethod
    def _is_small(index: Path) -> bool:
        try:
            return index.with_suffix(".npy").stat().st_size < SEGMENT_BYTES // 2
        except OSError:
            return False

    def _merge(self, small: Sequence[Path]) -> None:
        """Raises OSError and UserError, with all rows still there."""
        taken: set[bytes] = set()
        merged: list[Path] = []
        keys: list[bytes] = []
        parts: list[np.ndarray] = []
        size = 0
        for index in small:
            read = self._read(index)
            if read is None:  # damaged, or just removed by somebody else
                continue
            merged.append(index)
            fresh = [place for place, key in enumerate(read[0]) if key not in taken]
            keys += [read[0][place] for place in fresh]
            taken.update(read[0])
            parts.append(read[1][fresh])
            size += parts[-1].nbytes
            if size >= SEGMENT_BYTES:
                self._write(np.concatenate(parts), b"".join(keys))
                keys, parts, size = [], [], 0
        if keys:
            self._write(np.concatenate(parts), b"".join(keys))
        segments, rows = self._segments, self._rows
        self._segments, self._rows, self._known = [], {}, set()
        for index in merged:
            for file in (index, index.with_suffix(".npy")):
                with contextlib.suppress(OSError):  # Windows keeps what is mapped; it goes later, as rubbish
                    file.unlink(missing_ok=True)
        self.refresh()
        kept: dict[int, int] = {}  # what somebody has cleared from the disk, and is still mapped here
        for key, (segment, place) in rows.items():
            if key not in self._rows:
                if segment not in kept:
                    kept[segment] = len(self._segments)
                    self._segments.append(segments[segment])
                self._rows[key] = (kept[segment], place)

    def _remove_rubbish(self) -> None:
        """What a kill left half-written."""
        for kind in ("*.tmp", "*.npy"):
            for file in self.folder.glob(kind):
                lonely = kind == "*.tmp" or not file.with_suffix(".idx").exists()
                with contextlib.suppress(OSError):
                    if lonely and time.time() - file.stat().st_mtime > RUBBISH_SECONDS:
                        file.unlink()

    def gather(self, contents: Sequence[str], views: Sequence[int]) -> torch.Tensor:
        """Rows (n, ...) of these images and views, in this order. Raises KeyError for one that is not there."""
        import torch

        places = [self._rows[_row_key(content, view)] for content, view in zip(contents, views, strict=True)]
        if not places:
            return torch.empty(0)
        segments = np.array([segment for segment, _ in places])
        positions = np.array([position for _, position in places])
        first = self._segments[segments[0]]
        result = np.empty((len(places), *first.shape[1:]), first.dtype)
        for segment in np.unique(segments):
            chosen = np.flatnonzero(segments == segment)
            result[chosen] = self._segments[segment][positions[chosen]]
        tensor = torch.from_numpy(result)
        return tensor.view(torch.bfloat16) if self.dtype == "bfloat16" else tensor
