"""What is read of one image in a thread of its own: its photo, what training sees of it, and its facts."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal
from PySide6.QtGui import QImage

from xferstudio.api import Preprocessing
from xferstudio.gui.look.threads import begin

VERSIONS = 12
"""Augmented versions on the sheet."""

LARGEST = 24_000_000
"""Pixels above which a photo is scaled down before it is shown; its facts say its true size."""


@dataclass(frozen=True)
class Look:
    """What is to be seen of one image."""

    number: int
    file: str
    content: str
    how: Preprocessing | None
    augment: str
    seed: int


@dataclass(frozen=True)
class Facts:
    """What the file says of itself; `turned` tells whether EXIF says that it lies."""

    width: int
    height: int
    bytes: int
    format: str
    turned: bool


class Decoder(QObject):
    """Decodes what was asked for last; what was asked for before that and not begun is dropped."""

    photo = Signal(int, QImage, object)
    """Number of the look, the upright photo, and its Facts."""
    seen = Signal(int, QImage)
    """The network's input."""
    sheet = Signal(int, list)
    """Augmented versions (QImage)."""
    failed = Signal(int, str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._thread: _Decoding | None = None

    def look(self, look: Look) -> None:
        """Decode this next."""
        if self._thread is None:
            self._thread = made = _Decoding()
            made.photo.connect(self.photo)
            made.seen.connect(self.seen)
            made.sheet.connect(self.sheet)
            made.failed.connect(self.failed)
            begin(made, made.end)
        self._thread.look(look)

    def let_go(self) -> None:
        """Have the thread end; what it is busy with is not told any more."""
        if self._thread is not None:
            for signal in (self._thread.photo, self._thread.seen, self._thread.sheet, self._thread.failed):
                signal.disconnect()
            self._thread.end()
            self._thread = None


class _Decoding(QThread):
    """The thread of a decoder."""

    photo = Signal(int, QImage, object)
    seen = Signal(int, QImage)
    sheet = Signal(int, list)
    failed = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._wanted: Look | None = None
        self._over = False

    def look(self, look: Look) -> None:
        with self._changed:
            self._wanted = look
            self._changed.notify()

    def end(self) -> None:
        with self._changed:
            self._over = True
            self._wanted = None
            self._changed.notify()

    def run(self) -> None:
        """Decode until it is over."""
        while True:
            with self._changed:
                while self._wanted is None and not self._over:
                    self._changed.wait()
                if self._over:
                    return
                look, self._wanted = self._wanted, None
            assert look is not None
            try:
                self._decode(look)
            except Exception as error:  # noqa: BLE001  # whatever a file does, the thread must live on
                self.failed.emit(
                    look.number, getattr(error, "reason", "") or f"{type(error).__name__}: {error}"
                )

    def _stale(self) -> bool:
        return self._wanted is not None or self._over

    def _decode(self, look: Look) -> None:
        from xferstudio.data import augmented, decode, needed_side, prepare
        from xferstudio.gui.look.thumbnails import as_qimage

        file = Path(look.file)
        photo = decode(file)
        facts = read_facts(file, photo.size)
        if photo.width * photo.height > LARGEST:
            scale = (LARGEST / (photo.width * photo.height)) ** 0.5
            photo = photo.resize(
                (max(1, int(photo.width * scale)), max(1, int(photo.height * scale))), reducing_gap=2.0
            )
        if self._stale():
            return
        self.photo.emit(look.number, as_qimage(photo), facts)
        if look.how is None:
            return
        # The same calls as the trainer's, with the same scaled decoding.
        side = needed_side(look.how)
        self.seen.emit(look.number, pixels_as_qimage(prepare(decode(file, side), look.how)))
        if self._stale():
            return
        source = decode(file, 2 * side)
        versions = []
        for view in range(1, VERSIONS + 1):
            if self._stale():
                return
            versions.append(
                pixels_as_qimage(augmented(source, look.how, look.augment, view_seed(look, view)))
            )
        self.sheet.emit(look.number, versions)


def view_seed(look: Look, view: int) -> int:
    """The seed of one augmented version, as the trainer draws it for a run with this seed."""
    text = f"{look.content}:{view}:{look.seed}"
    return int.from_bytes(blake2b(text.encode(), digest_size=7).digest(), "big")


def read_facts(file: Path, size: tuple[int, int]) -> Facts:
    """Facts of a file that can be decoded; `size` is (width, height) of the upright picture."""
    from PIL import Image

    kind, turned = "", False
    try:
        with Image.open(file) as opened:
            kind = opened.format or ""
            turned = opened.getexif().get(0x0112, 1) in range(2, 9)
    except Exception:  # noqa: BLE001  # only facts: the picture itself has been decoded
        pass
    return Facts(size[0], size[1], file.stat().st_size, kind, turned)


def pixels_as_qimage(pixels: Any) -> QImage:
    """An array of uint8 (height, width, 3) as an image with the same pixels."""
    height, width, _ = pixels.shape
    return QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
