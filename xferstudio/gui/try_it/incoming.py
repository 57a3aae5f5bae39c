"""Images that come from outside: dropped, pasted, or picked as files and folders."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage

from xferstudio.gui.project.reading import Stopped


def local_files(data: QMimeData) -> list[str]:
    """Files and folders of this machine among what is dropped or pasted."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def offers_images(data: QMimeData) -> bool:
    """Whether there is anything that can be tried."""
    return data.hasImage() or bool(local_files(data))


def save_image(data: QMimeData, folder: Path) -> Path | None:
    """Write the image itself, without loss, into this folder; None where there is none or it cannot be written."""
    image = data.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return None
    file = folder / f"pasted {time.strftime('%H.%M.%S')}.png"
    number = 2
    while file.exists():
        file = folder / f"pasted {time.strftime('%H.%M.%S')} ({number}).png"
        number += 1
    return file if image.save(str(file)) else None


def gather(paths: Sequence[str], limit: int, stopped: Stopped) -> tuple[list[str], int]:
    """The files named and those in named folders that are images by their ending: the first `limit`, and how many.

    Goes through folders as `predict` does: hidden files are passed over, links followed. Of any thread.
    """
    from xferstudio.data import readable_extensions

    endings = readable_extensions()
    found: list[str] = []
    count = 0
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if not Path(path).is_dir():
            count += 1
            found.append(path)
            continue
        for place, folders, files in os.walk(path, followlinks=True):
            if stopped():
                return found[:limit], count
            try:
                facts = Path(place).stat()
            except OSError:
                continue
            if (facts.st_dev, facts.st_ino) in seen:  # links can form loops
                folders.clear()
                continue
            seen.add((facts.st_dev, facts.st_ino))
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if not name.startswith(".") and Path(name).suffix.lower() in endings:
                    count += 1
                    if len(found) < limit:
                        found.append(str(Path(place, name)))
    return found[:limit], count
