"""Thumbnails of image files: decoded in threads, newest wish first, kept in memory and on disk within limits."""

from __future__ import annotations

import contextlib
import math
import os
import random
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, Slot
from PySide6.QtGui import QImage

from xferstudio.gui.look.threads import begin

if TYPE_CHECKING:
    from PIL import Image

MEMORY = 64 << 20
"""Bytes of thumbnails that are kept in memory."""

DISK = 512 << 20
"""Bytes of thumbnails that are kept on disk, under the user's cache folder."""

BUCKETS = (128, 256, 512)
"""Long sides in pixels of the thumbnails on disk; what is shown is scaled from the next larger one."""

_FAILURES = 20_000
_CLEAN_AFTER = 500


@dataclass(frozen=True)
class Wish:
    """A thumbnail that fits into a square of `side` pixels. `content` is the file's hash, or "" if unknown."""

    file: str
    content: str
    side: int


class _Desk:
    """What a thumbnail's wishes pass over on their way to the threads and back. Used in all of them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.wanted: deque[Wish] = deque()
        self.busy: set[Wish] = set()
        self.done: deque[tuple[Wish, QImage | None, str]] = deque()
        self.decoded = 0
        self.over = False
        self._waking = False

    def end(self) -> None:
        """The threads end; each finishes the one picture that it is busy with."""
        with self.changed:
            self.over = True
            self.wanted.clear()
            self.changed.notify_all()

    def next(self) -> Wish | None:
        """Wait for the next wish; None when it is over."""
        with self.changed:
            while not self.wanted and not self.over:
                self.changed.wait()
            if self.over:
                return None
            wish = self.wanted.popleft()
            self.busy.add(wish)
            self.decoded += 1
            return wish

    def put(self, wish: Wish, image: QImage | None, reason: str) -> bool:
        """Lay down a thumbnail, or the reason why there is none; whether the window has to be told."""
        with self.changed:
            self.busy.discard(wish)
            self.done.append((wish, image, reason))
            wake, self._waking = not self._waking, True
        return wake

    def take(self) -> deque[tuple[Wish, QImage | None, str]]:
        """All that has been laid down."""
        with self.changed:
            self._waking = False
            done, self.done = self.done, deque()
        return done


class Thumbnails(QObject):
    """Hands out thumbnails. `of` never waits: what it does not have, `want` asks for, and `ready` announces.

    `want` replaces what was wanted before, so what has scrolled away is never decoded. Threads start with the
    first wish and end after `let_go`, which does not wait for them.
    """

    ready = Signal(list)
    """Wishes that are fulfilled, or have failed, since the last time."""

    def __init__(
        self,
        parent: QObject | None = None,
        memory: int = MEMORY,
        disk: int = DISK,
        threads: int = 0,
    ) -> None:
        super().__init__(parent)
        self.bytes = 0
        self._memory, self._disk = memory, disk
        self._threads = threads or max(1, min(4, (os.cpu_count() or 2) // 2))
        self._workers: list[_Worker] = []
        self._shelf: OrderedDict[Wish, QImage] = OrderedDict()
        self._failed: OrderedDict[Wish, str] = OrderedDict()
        self._desk = _Desk()

    @property
    def decoded(self) -> int:
        """How many wishes the threads have taken up since they began."""
        return self._desk.decoded

    def of(self, wish: Wish) -> QImage | None:
        """The thumbnail if it is at hand."""
        image = self._shelf.get(wish)
        if image is not None:
            self._shelf.move_to_end(wish)
        return image

    def reason(self, wish: Wish) -> str:
        """Why the file cannot be decoded, or "" if that is not known (yet)."""
        return self._failed.get(wish, "")

    def want(self, wishes: Iterable[Wish]) -> None:
        """These are wanted now, the first one first; those wanted before and not begun are dropped."""
        missing = [wish for wish in wishes if wish not in self._shelf and wish not in self._failed]
        desk = self._desk
        with desk.changed:
            before = set(desk.wanted)
            fresh = [wish for wish in missing if wish not in before and wish not in desk.busy]
            still = [wish for wish in missing if wish in before]
            desk.wanted = deque((*fresh, *still))
            desk.changed.notify_all()
        if desk.wanted and not self._workers:
            for _ in range(self._threads):
                worker = _Worker(desk, self._disk)
                worker.woken.connect(self._take)
                self._workers.append(worker)
                begin(worker, desk.end, QThread.Priority.LowPriority)

    def forget(self) -> None:
        """Try again what has failed, and drop what is wanted: the files are others now."""
        self._failed.clear()
        with self._desk.changed:
            self._desk.wanted.clear()

    @Slot()
    def let_go(self) -> None:
        """Have the threads end; what they are busy with is not wanted any more."""
        self._desk.end()
        self._desk = _Desk()
        self._workers.clear()

    @Slot()
    def _take(self) -> None:
        done = self._desk.take()
        for wish, image, reason in done:
            if image is None:
                self._failed[wish] = reason
                if len(self._failed) > _FAILURES:
                    self._failed.popitem(last=False)
                continue
            old = self._shelf.pop(wish, None)
            self.bytes += image.sizeInBytes() - (old.sizeInBytes() if old is not None else 0)
            self._shelf[wish] = image
        while self.bytes > self._memory and len(self._shelf) > 1:
            _, old = self._shelf.popitem(last=False)
            self.bytes -= old.sizeInBytes()
        if done:
            self.ready.emit([wish for wish, _, _ in done])


class _Worker(QThread):
    """One thread that fulfils wishes until it is over."""

    woken = Signal()

    def __init__(self, desk: _Desk, disk: int) -> None:
        super().__init__()
        self._desk, self._disk = desk, disk

    def run(self) -> None:
        shelf = DiskShelf(self._disk)
        while (wish := self._desk.next()) is not None:
            image, reason = None, ""
            try:
                image = shelf.thumbnail(wish)
            except Exception as error:  # noqa: BLE001  # whatever a file does, the thread must live on
                reason = getattr(error, "reason", "") or f"{type(error).__name__}: {error}"
            if self._desk.put(wish, image, reason):
                self.woken.emit()


class DiskShelf:
    """Makes thumbnails, and keeps those of large files by content and size. Damage there costs time only."""

    def __init__(self, limit: int = DISK) -> None:
        from xferstudio.data import cache_folder

        self.folder = cache_folder() / "thumbnails"
        self._limit = limit
        # Many short sessions must clean up as well as a long one.
        self._written = random.randrange(_CLEAN_AFTER)

    def thumbnail(self, wish: Wish) -> QImage:
        """The upright picture, scaled to fit. Raises Undecodable with the reason."""
        from xferstudio.data import Undecodable, decode

        bucket = next((size for size in BUCKETS if size >= wish.side), 0)
        if wish.content and bucket:
            kept = self._file(wish.content, bucket)
            if kept.is_file():
                with contextlib.suppress(Undecodable):
                    image = as_qimage(_fit(decode(kept), wish.side))
                    self._touch(kept)
                    return image
        try:
            source = Path(wish.file)
            if not source.is_file():
                decode(source)  # says why not
            raw = source.read_bytes()
        except OSError:
            decode(Path(wish.file))
            raise
        # Quality of a draft is enough here: the pixels of training are shown in the preview.
        from xferstudio.data.decode import DRAFT_MARGIN

        picture = decode(raw, at_least=math.ceil(max(bucket, wish.side) / DRAFT_MARGIN))
        if bucket and max(picture.size) > bucket:
            picture = _fit(picture, bucket)
            self._keep(self._file(blake2b(raw, digest_size=16).hexdigest(), bucket), picture)
        return as_qimage(_fit(picture, wish.side))

    def _file(self, content: str, bucket: int) -> Path:
        return self.folder / content[:2] / f"{content}-{bucket}.jpg"

    def _touch(self, file: Path) -> None:
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > 86_400:
                os.utime(file)

    def _keep(self, file: Path, picture: Image.Image) -> None:
        temporary = file.with_name(f".{file.name}.{threading.get_ident()}.tmp")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            picture.save(temporary, "JPEG", quality=90, subsampling=0)
            temporary.replace(file)
        except OSError:  # a full or read-only disk makes the next time slower, nothing else
            with contextlib.suppress(OSError):
                temporary.unlink()
            return
        self._written += 1
        if self._written >= _CLEAN_AFTER:
            self.clean()

    def clean(self) -> None:
        """Delete what was not used for longest until the rest is under the limit."""
        self._written = 0
        kept: list[tuple[float, int, str]] = []
        with contextlib.suppress(OSError):
            for folder in os.scandir(self.folder):
                with contextlib.suppress(OSError):
                    for entry in os.scandir(folder.path):
                        facts = entry.stat()
                        kept.append((facts.st_mtime, facts.st_size, entry.path))
        total = sum(size for _, size, _ in kept)
        for _, size, path in sorted(kept):
            if total <= self._limit:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108
                total -= size


def _fit(picture: Image.Image, side: int) -> Image.Image:
    """Scaled down to fit into a square; never scaled up."""
    from PIL import Image

    scale = side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def as_qimage(picture: Image.Image) -> QImage:
    """The same pixels as Qt draws them fastest."""
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    data = picture.tobytes("raw", "BGRX")
    # The copy owns its pixels; a view of `data` would not outlive it.
    return QImage(data, picture.width, picture.height, 4 * picture.width, QImage.Format.Format_RGB32).copy()
