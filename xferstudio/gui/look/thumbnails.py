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

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, Signal, Slot
from PySide6.QtGui import QImage

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


class Thumbnails(QObject):
    """Hands out thumbnails. `of` never waits: what it does not have, `want` asks for, and `ready` announces.

    `want` replaces what was wanted before, so what has scrolled away is never decoded. Threads start with the
    first wish and end in `let_go`.
    """

    ready = Signal(list)
    """Wishes that are fulfilled, or have failed, since the last time."""

    _woken = Signal()

    def __init__(
        self,
        parent: QObject | None = None,
        memory: int = MEMORY,
        disk: int = DISK,
        threads: int = 0,
    ) -> None:
        super().__init__(parent)
        self.decoded = 0
        """How many wishes the threads have taken up so far."""
        self.bytes = 0
        self._memory, self._disk = memory, disk
        self._threads = threads or max(1, min(4, (os.cpu_count() or 2) // 2))
        self._workers: list[_Worker] = []
        self._shelf: OrderedDict[Wish, QImage] = OrderedDict()
        self._failed: OrderedDict[Wish, str] = OrderedDict()
        self._changed = threading.Condition()
        self._wanted: deque[Wish] = deque()
        self._busy: set[Wish] = set()
        self._done: deque[tuple[Wish, QImage | None, str]] = deque()
        self._waking = False
        self._over = False
        self._woken.connect(self._take, Qt.ConnectionType.QueuedConnection)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.let_go)  # a thread that is destroyed while it runs ends the process

    # -------------------------------------------------------------------------------- in the window's thread

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
        with self._changed:
            if self._over:
                return
            before = set(self._wanted)
            fresh = [wish for wish in missing if wish not in before and wish not in self._busy]
            still = [wish for wish in missing if wish in before]
            self._wanted = deque((*fresh, *still))
            self._changed.notify_all()
        if self._wanted and not self._workers:
            for _ in range(self._threads):
                worker = _Worker(self)
                self._workers.append(worker)
                worker.start(QThread.Priority.LowPriority)

    def forget(self) -> None:
        """Try again what has failed, and drop what is wanted: the files are others now."""
        self._failed.clear()
        with self._changed:
            self._wanted.clear()

    @Slot()
    def let_go(self) -> None:
        """End the threads; each finishes the one picture that it is busy with."""
        with self._changed:
            self._over = True
            self._wanted.clear()
            self._changed.notify_all()
        for worker in self._workers:
            worker.wait()
        self._workers.clear()
        with self._changed:
            self._over = False

    @Slot()
    def _take(self) -> None:
        with self._changed:
            self._waking = False
            done, self._done = self._done, deque()
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

    # ------------------------------------------------------------------------------------ in the threads

    def next(self) -> Wish | None:
        """Wait for the next wish; None when it is over."""
        with self._changed:
            while not self._wanted and not self._over:
                self._changed.wait()
            if self._over:
                return None
            wish = self._wanted.popleft()
            self._busy.add(wish)
            self.decoded += 1
            return wish

    def put(self, wish: Wish, image: QImage | None, reason: str) -> None:
        """Hand a thumbnail, or the reason why there is none, to the window's thread."""
        with self._changed:
            self._busy.discard(wish)
            self._done.append((wish, image, reason))
            wake, self._waking = not self._waking, True
        if wake:
            self._woken.emit()


class _Worker(QThread):
    """One thread that fulfils wishes until it is over."""

    def __init__(self, owner: Thumbnails) -> None:
        super().__init__(owner)
        self._owner = owner

    def run(self) -> None:
        shelf = DiskShelf(self._owner._disk)
        while (wish := self._owner.next()) is not None:
            image, reason = None, ""
            try:
                image = shelf.thumbnail(wish)
            except Exception as error:  # noqa: BLE001  # whatever a file does, the thread must live on
                reason = getattr(error, "reason", "") or f"{type(error).__name__}: {error}"
            self._owner.put(wish, image, reason)


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
