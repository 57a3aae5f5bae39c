"""The catalogue of a data source: each picture with label, split and content hash, and what was left out."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import stat
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import Any

import platformdirs

from xferstudio.api import UserError
from xferstudio.data.decode import missing_reader, readable_extensions

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A picture: `path` (POSIX, relative to the catalogue's root), what is said of it, and its content.

    `hash` is blake2b-128 of the file's bytes as hexadecimal, `size` its length in bytes.
    """

    path: str
    label: str | None
    split: str | None
    domain: str | None
    group: str | None
    hash: str
    size: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file, folder or table row that is not used, and the reason in a few words."""

    path: str
    reason: str


@dataclass(frozen=True)
class Catalog:
    """What a data source holds. `items` are sorted by path, `classes` by name; `notes` are for the user."""

    root: Path
    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        """Everything that was met: always the items and what was left out."""
        return len(self.items) + len(self.left_out)

    @cached_property
    def fingerprint(self) -> str:
        """A hash over all that training depends on: paths, labels, splits, domains, groups and contents."""
        state = blake2b(digest_size=16)
        for item in self.items:
            fields = [item.path, item.label, item.split, item.domain, item.group, item.hash]
            state.update(json.dumps(fields, ensure_ascii=True).encode() + b"\n")
        return state.hexdigest()

    @cached_property
    def conflicts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Identical files that have different labels: (hash, paths) of each such content."""
        seen: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            seen[item.hash].append(item)
        return tuple(
            (content, tuple(item.path for item in same))
            for content, same in sorted(seen.items())
            if len({item.label for item in same}) > 1
        )

    def file(self, item: Item) -> Path:
        """Where the picture lies."""
        return self.root / item.path

    def with_items(self, items: Iterable[Item]) -> Catalog:
        """The same with these in the place of its items; its classes are theirs."""
        items = tuple(items)
        return replace(self, items=items, classes=_classes(items))

    def without(self, bad: Mapping[str, str]) -> Catalog:
        """The same with these paths left out for these reasons; counts go on reconciling."""
        gone = tuple(LeftOut(item.path, bad[item.path]) for item in self.items if item.path in bad)
        left_out = tuple(sorted((*self.left_out, *gone), key=lambda entry: entry.path))
        kept = self.with_items(item for item in self.items if item.path not in bad)
        return replace(kept, left_out=left_out)


def cache_folder() -> Path:
    """The folder for what can be computed again; the environment variable XFERSTUDIO_CACHE moves it."""
    chosen = os.environ.get("XFERSTUDIO_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("xferstudio", appauthor=False))


def scan(source: Path, *, progress: Progress | None = None) -> Catalog:
    """The catalogue of a folder (class per subfolder, splits above them, or no classes) or of a table.

    No pixel is decoded. `progress(done, total)` is called now and then, with total 0 while it is unknown.
    Raises UserError if the source is missing or a table cannot be understood; single bad files are left out
    and listed.
    """
    source = Path(os.path.abspath(source))  # noqa: PTH100  # links in the user's own path stay as they are
    report = _Ticker(progress)
    try:
        source.stat()
    except OSError as error:
        raise UserError(
            f"There is no data at {source} ({_plain(error)}). Check the path, or plug in the drive it is on."
        ) from error
    if os.path.isdir(source):  # noqa: PTH112
        root, drafts, left_out, notes = _from_folder(source, report)
    elif source.suffix.lower() in (".csv", ".tsv", ".txt", ".parquet", ".pq"):
        root, drafts, left_out, notes = _from_table(source, report)
    elif source.suffix.lower() in readable_extensions():
        raise UserError(
            f"{source} is one picture. Give the folder that holds the pictures, or a table of them."
        )
    else:
        raise UserError(
            f"{source} is neither a folder nor a table. Give a folder of pictures, or a .csv or .parquet."
        )
    items, unreadable = _hash_all(root, drafts, report)
    left_out.extend(unreadable)
    report.end()
    items.sort(key=lambda item: item.path)
    left_out.sort(key=lambda entry: entry.path)
    return Catalog(root, tuple(items), tuple(left_out), _classes(items), tuple(notes))


def find_images(folder: Path) -> tuple[list[Path], list[LeftOut]]:
    """All pictures under a folder, to the bottom, sorted by path; and what else lies there, with reasons."""
    found, left_out, _ = _walk(Path(folder), _Ticker(None))
    return [Path(folder) / path for path, _, _ in found], left_out


def _classes(items: Iterable[Item]) -> tuple[str, ...]:
    return tuple(sorted({item.label for item in items if item.label is not None}))


class _Ticker:
    """Calls `progress` at most ten times a second, and once at the end."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._last = 0.0
        self._state = (0, 0)

    def tick(self, done: int, total: int) -> None:
        self._state = (done, total)
        if self._progress is not None and (now := time.monotonic()) - self._last >= 0.1:
            self._last = now
            self._progress(done, total)

    def end(self) -> None:
        if self._progress is not None:
            self._progress(*self._state)


# ---------------------------------------------------------------------------------------------- one walk


@dataclass(slots=True)
class _Draft:
    """A picture not yet read: what `Item` says, and the facts that tell whether its hash is still known."""

    path: str
    label: str | None
    split: str | None
    domain: str | None
    group: str | None
    size: int
    mtime_ns: int


PROJECT_FILE = "project.toml"
_Source = tuple[Path, list[_Draft], list[LeftOut], list[str]]
_HIDDEN_FILES = {"thumbs.db", "desktop.ini"}
_HIDDEN_FOLDERS = {"__macosx", "$recycle.bin", "system volume information"}


def _walk(root: Path, report: _Ticker) -> tuple[list[tuple[str, int, int]], list[LeftOut], list[str]]:
    """Pictures as (path, size, mtime_ns) sorted by path, what was left out, and the folders of two levels."""
    found: list[tuple[str, int, int]] = []
    left_out: list[LeftOut] = []
    upper: list[str] = []
    endings = readable_extensions()
    entered: set[tuple[int, int]] = set()
    # Real folders first: a link to a folder that also stands in the tree must not take its pictures away.
    folders, links = [""], list[str]()
    while folders or links:
        relative = folders.pop() if folders else links.pop(0)
        try:
            facts = os.stat(root / relative)  # noqa: PTH116
            if (facts.st_dev, facts.st_ino) in entered:
                left_out.append(LeftOut(relative, "link to a folder that is catalogued already"))
                continue
            entered.add((facts.st_dev, facts.st_ino))
            with os.scandir(root / relative) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if not relative:
                raise UserError(f"The folder {root} cannot be read: {_plain(error)}.") from error
            left_out.append(LeftOut(relative, f"folder that cannot be read: {_plain(error)}"))
            continue
        if any(entry.name == PROJECT_FILE for entry in entries):
            entries = [entry for entry in entries if not _is_of_project(entry, endings)]
            if relative:
                upper = [folder for folder in upper if folder != relative]
                if entries:
                    left_out.append(LeftOut(relative, "folder of a project, not entered"))
                continue
        for entry in entries:
            path = f"{relative}/{entry.name}" if relative else entry.name
            verdict = _look(entry, endings)
            if isinstance(verdict, str):
                left_out.append(LeftOut(_sayable(path), verdict))
            elif verdict is not None:
                found.append((path, *verdict))
                report.tick(len(found), 0)
            else:
                (links if entry.is_symlink() else folders).append(path)
                if path.count("/") < 2:
                    upper.append(path)
        links.sort()
    found.sort()
    left_out.sort(key=lambda entry: entry.path)
    return found, left_out, sorted(upper)


def _is_of_project(entry: os.DirEntry[str], endings: frozenset[str]) -> bool:
    """Whether this is what a project writes into its folder, and no data, whatever its name."""
    name = entry.name
    try:
        if not entry.is_dir():
            return name in (PROJECT_FILE, "split.json", "edits.json", ".lock") or (
                name.startswith((f"{PROJECT_FILE}.", f".{PROJECT_FILE}.", ".split.json.", ".edits.json."))
                and name.endswith((".bak", ".tmp"))
            )
        if name not in ("runs", "exports"):
            return False
        with os.scandir(entry) as listing:
            inside = [each.name for each in listing if not each.name.startswith(".")]
    except OSError:
        return False
    if name == "runs":
        return all(re.fullmatch(r"\d{8}-\d{6}-.+", each) for each in inside)
    return not any(Path(each).suffix.lower() in endings for each in inside)


def _look(entry: os.DirEntry[str], endings: frozenset[str]) -> str | tuple[int, int] | None:
    """A reason to leave it out, (size, mtime_ns) of a picture, or None for a folder to enter."""
    name = entry.name
    try:
        folder = entry.is_dir()
        if name.startswith(".") or name.lower() in (_HIDDEN_FOLDERS if folder else _HIDDEN_FILES):
            return "hidden folder, not entered" if folder else "hidden file"
        if _sayable(name) != name:
            return f"{'folder' if folder else 'file'} with a name that is not valid text; rename it"
        if folder:
            return None
        if not entry.is_file():
            return "broken link" if entry.is_symlink() else "not a regular file"
        reason = _unfit(name, endings)
        if reason is not None:
            return reason
        facts = entry.stat()
    except OSError as error:
        return f"cannot be read: {_plain(error)}"
    return (facts.st_size, facts.st_mtime_ns) if facts.st_size else "empty file"


def _unfit(name: str, endings: frozenset[str]) -> str | None:
    ending = os.path.splitext(name)[1].lower()  # noqa: PTH122
    if ending in endings:
        return None
    return missing_reader(ending) or f"not an image file ({ending or 'no ending'})"


def _sayable(path: str) -> str:
    """The path as text that every file format can carry; bytes that are no text are written as \\xff."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _plain(error: OSError) -> str:
    return (error.strerror or str(error) or type(error).__name__).lower()


# --------------------------------------------------------------------------------------- labels from folders

_SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


def _from_folder(root: Path, report: _Ticker) -> _Source:
    found, left_out, upper = _walk(root, report)
    top = [folder for folder in upper if "/" not in folder]
    nested: dict[str, set[str]] = {name: set() for name in top}
    filled: set[str] = set()
    with_pictures: set[str] = set()
    for path, _, _ in found:
        parts = path.split("/", 2)
        if len(parts) > 1:
            filled.add(parts[0])
            with_pictures.add(parts[0])
        if len(parts) > 2:
            with_pictures.add(f"{parts[0]}/{parts[1]}")
            nested[parts[0]].add(_label(parts[1]))
    splits = _split_folders(nested, filled)
    may_be_classes = [folder for folder in upper if folder.split("/")[0] in splits] if splits else top
    notes = [f"the folder {name!r} holds no pictures" for name in may_be_classes if name not in with_pictures]
    drafts: list[_Draft] = []
    if splits:
        flat = not any(nested[name] for name in splits)
        if flat:
            notes.append(
                f"the folders {', '.join(splits)} hold no class folders, so their pictures have no labels"
            )
        for path, size, mtime in found:
            parts = path.split("/", 2)
            split = splits.get(parts[0]) if len(parts) > 1 else None
            if split is None:
                left_out.append(LeftOut(path, f"not in a split folder ({', '.join(splits)})"))
            elif len(parts) < 3 and not flat:
                left_out.append(LeftOut(path, "not in a class folder"))
            else:
                label = None if flat else _label(parts[1])
                drafts.append(_Draft(path, label, split, None, None, size, mtime))
        return root, drafts, left_out, notes

    for path, size, mtime in found:
        parts = path.split("/", 1)
        if len(parts) == 1 and filled:
            left_out.append(LeftOut(path, "not in a class folder"))
        else:
            label = _label(parts[0]) if filled else None
            drafts.append(_Draft(path, label, None, None, None, size, mtime))
    if len(filled) == 1 and len(nested[only := next(iter(filled))]) > 1:
        notes.append(
            f"all pictures are in the one folder {only!r}, which has folders inside: is that the one to open?"
        )
    return root, drafts, left_out, notes


def _label(name: str) -> str:
    """The class that a folder or a cell names; composed characters, as copies from a Mac write them apart."""
    return unicodedata.normalize("NFC", name)


def _split_folders(nested: Mapping[str, set[str]], filled: set[str]) -> dict[str, str]:
    """Top folders that are splits, or nothing where they are classes that happen to have such a name."""
    splits = {
        name: _SPLIT_NAMES[name.casefold()] for name in sorted(filled) if name.casefold() in _SPLIT_NAMES
    }
    if "train" not in splits.values() or len(set(splits.values())) < 2:
        return {}
    if len(splits) == len(filled):
        return splits
    # Among other folders they are splits only if they hold the same classes.
    training = set().union(*(nested[name] for name, split in splits.items() if split == "train"))
    others = [nested[name] for name, split in splits.items() if split != "train"]
    return splits if any(training & classes for classes in others) else {}


# ----------------------------------------------------------------------------------------- labels from tables

_COLUMNS = {
    "path": ("path", "file", "filename", "image"),
    "label": ("label", "class"),
    "split": ("split",),
    "domain": ("domain",),
    "group": ("group",),
}


def _from_table(table: Path, report: _Ticker) -> _Source:
    if table.suffix.lower() in (".parquet", ".pq"):
        header, rows = _read_parquet(table)
    else:
        header, rows = _read_csv(table)
    column = _columns(table, header)
    root = table.parent
    endings = readable_extensions()
    drafts: list[_Draft] = []
    left_out: list[LeftOut] = []
    unknown: dict[str, int] = {}
    first_row: dict[str, tuple[int, str]] = {}
    labelled = False
    for done, (number, cells) in enumerate(rows, 1):
        report.tick(done, 0)
        if len(cells) > len(header):
            left_out.append(LeftOut(f"{table.name}, row {number}", "row with more cells than the header"))
            continue
        values = {name: cells[at] if at < len(cells) else "" for name, at in column.items()}
        label, split = _label(values["label"].strip()), values.get("split", "").strip()
        if split and split.casefold() not in _SPLIT_NAMES:
            unknown.setdefault(split, number)
            continue
        if not values["path"].strip():
            left_out.append(LeftOut(f"{table.name}, row {number}", "row without a path"))
            continue
        path, facts = _locate(root, values["path"])
        if isinstance(facts, str) or (reason := _unfit(path, endings)) is not None:
            why = facts if isinstance(facts, str) else reason
            left_out.append(LeftOut(_sayable(path), f"{why} (row {number} of {table.name})"))
            continue
        key = os.path.normpath(path)
        if key in first_row:
            row, known = first_row[key]
            but = "" if known == label else f", there as {known!r}, here as {label!r}; the first counts"
            left_out.append(LeftOut(path, f"listed twice, in rows {row} and {number} of {table.name}{but}"))
            continue
        first_row[key] = (number, label)
        labelled = labelled or bool(label)
        drafts.append(
            _Draft(
                path,
                label or None,
                _SPLIT_NAMES[split.casefold()] if split else None,
                values.get("domain", "").strip() or None,
                values.get("group", "").strip() or None,
                facts.st_size,
                facts.st_mtime_ns,
            )
        )
    if unknown:
        examples = ", ".join(f"{name!r} (row {row})" for name, row in list(unknown.items())[:5])
        raise UserError(
            f"{table} names splits that are not known: {examples}. Use train, val or test, or leave it empty."
        )
    if labelled:
        for draft in drafts:
            if draft.label is None:
                row = first_row[os.path.normpath(draft.path)][0]
                left_out.append(LeftOut(draft.path, f"no label (row {row} of {table.name})"))
        drafts = [draft for draft in drafts if draft.label is not None]
    return root, drafts, left_out, []


def _columns(table: Path, header: Sequence[str]) -> dict[str, int]:
    names = [name.strip().casefold() for name in header]
    column: dict[str, int] = {}
    for wanted, spellings in _COLUMNS.items():
        places = [names.index(spelling) for spelling in spellings if spelling in names]
        if places:
            column[wanted] = places[0]
            if names.count(names[places[0]]) > 1:
                raise UserError(f"{table} has two columns called {header[places[0]]!r}. Rename one of them.")
    for wanted, hint in (
        ("path", "(or file)"),
        ("label", "(leave its cells empty for pictures without labels)"),
    ):
        if wanted not in column:
            there = ", ".join(name.strip() for name in header) or "none"
            raise UserError(
                f"{table} has no column {wanted!r} {hint}; its first row names: {there}. "
                "The first row must name the columns: path, label and, if wanted, split, domain, group."
            )
    return column


def _read_csv(table: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        raw = table.read_bytes()
    except OSError as error:
        raise UserError(f"{table} cannot be read: {_plain(error)}.") from error
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{table} is not written in UTF-8. Save it again as 'CSV UTF-8'.") from error
    first = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t", key=first.count)

    def rows() -> Iterator[list[str]]:
        return csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)

    def numbered() -> Iterator[tuple[int, list[str]]]:
        reader = enumerate(rows(), 1)
        header_seen = False
        while True:
            try:
                number, cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UserError(f"{table} cannot be read as a table: {error}.") from error
            if not any(cell.strip() for cell in cells):
                continue
            if header_seen:
                yield number, cells
            header_seen = True

    try:
        header = next((cells for cells in rows() if any(cell.strip() for cell in cells)), None)
    except csv.Error as error:
        raise UserError(f"{table} cannot be read as a table: {error}.") from error
    if header is None:
        raise UserError(f"{table} is empty. Its first row must name the columns path and label.")
    return header, numbered()


def _read_parquet(table: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise UserError(
            f"Reading {table.name} needs the package pyarrow: pip install xferstudio[tables]. "
            "A CSV table needs nothing."
        ) from error
    try:
        whole = parquet.ParquetFile(table)
        header = [str(name) for name in whole.schema_arrow.names]
        column = _columns(table, header)
        wanted = [header[at] for at in column.values()]
        columns = whole.read(columns=wanted).to_pydict()
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{table} cannot be read as a Parquet table: {error}.") from error
    cells = zip(*(columns[name] for name in wanted), strict=True)
    return wanted, ((number, [_cell(value) for value in row]) for number, row in enumerate(cells, 1))


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _locate(root: Path, written: str) -> tuple[str, os.stat_result | str]:
    """The POSIX path of a cell's file (relative if it lies under the root), and its facts or its fault."""
    spellings = [written, written.strip()]
    if "\\" in written:
        spellings.append(written.strip().replace("\\", "/"))
    spellings += [unicodedata.normalize(form, spellings[-1]) for form in ("NFC", "NFD")]
    problem = "no such file"
    for spelling in dict.fromkeys(spellings):
        try:
            facts = os.stat(root / spelling)  # noqa: PTH116
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and not isinstance(error, (FileNotFoundError, NotADirectoryError)):
                problem = f"cannot be read: {_plain(error)}"
            continue
        path = Path(spelling)
        if path.is_absolute() and path.is_relative_to(root):
            path = path.relative_to(root)
        if stat.S_ISDIR(facts.st_mode):
            return path.as_posix(), "a folder, not a file"
        if not stat.S_ISREG(facts.st_mode):
            return path.as_posix(), "not a regular file"
        return path.as_posix(), (facts if facts.st_size else "empty file")
    return PurePosixPath(written.strip()).as_posix(), problem


# ------------------------------------------------------------------------------------------------- contents

_READERS = 4
_PORTION = 64
_SETTLED_NS = 2_000_000_000
"""A file changed less long ago may change again within the same tick, so its hash is not remembered."""


def _hash_all(root: Path, drafts: Sequence[_Draft], report: _Ticker) -> tuple[list[Item], list[LeftOut]]:
    remembered = _HashCache(root)
    items: list[Item] = []
    left_out: list[LeftOut] = []
    unknown: list[_Draft] = []
    for draft in drafts:
        known = remembered.get(draft)
        if known is None:
            unknown.append(draft)
        else:
            items.append(_item(draft, known))
    portions = [unknown[start : start + _PORTION] for start in range(0, len(unknown), _PORTION)]
    with ThreadPoolExecutor(_READERS, thread_name_prefix="xferstudio-hash") as pool:
        try:
            for portion, results in zip(
                portions, pool.map(lambda p: _hash_portion(root, p), portions), strict=True
            ):
                for draft, result in zip(portion, results, strict=True):
                    if isinstance(result, OSError):
                        left_out.append(LeftOut(draft.path, f"cannot be read: {_plain(result)}"))
                    else:
                        items.append(_item(draft, result))
                        remembered.add(draft, result)
                report.tick(len(items) + len(left_out), len(drafts))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    report.tick(len(drafts), len(drafts))
    if unknown:
        remembered.save()
    return items, left_out


def _item(draft: _Draft, content: str) -> Item:
    return Item(draft.path, draft.label, draft.split, draft.domain, draft.group, content, draft.size)


def _hash_portion(root: Path, portion: Sequence[_Draft]) -> list[str | OSError]:
    results: list[str | OSError] = []
    for draft in portion:
        try:
            results.append(_hash_file(root / draft.path))
        except OSError as error:
            results.append(error)
    return results


def _hash_file(path: Path) -> str:
    state = blake2b(digest_size=16)
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(1 << 20):
            state.update(block)
    return state.hexdigest()


class _HashCache:
    """Hashes of the files of one root, by path, size and time of change. Damage costs time, nothing else."""

    def __init__(self, root: Path) -> None:
        self._root = root
        name = blake2b(os.fsencode(root), digest_size=12).hexdigest()
        self._file = cache_folder() / "hashes" / f"{name}.json"
        self._now = time.time_ns()
        self._new: dict[str, tuple[int, int, str]] = {}
        self._old: dict[str, Any] = {}
        try:
            record = json.loads(self._file.read_bytes())
            if record["schema"] == 1 and isinstance(record["files"], dict):
                self._old = record["files"]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass

    def get(self, draft: _Draft) -> str | None:
        match self._old.get(str(self._root / draft.path)):
            case [size, mtime_ns, str(content)] if (size, mtime_ns) == (
                draft.size,
                draft.mtime_ns,
            ) and _is_hash(content):
                self._new[str(self._root / draft.path)] = (draft.size, draft.mtime_ns, content)
                return content
        return None

    def add(self, draft: _Draft, content: str) -> None:
        if draft.mtime_ns < self._now - _SETTLED_NS:
            self._new[str(self._root / draft.path)] = (draft.size, draft.mtime_ns, content)

    def save(self) -> None:
        from xferstudio.project import write_atomic

        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._file, json.dumps({"schema": 1, "files": self._new}))
        except (OSError, UserError):
            pass  # a full or read-only disk makes the next scan slower, not wrong


def _is_hash(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)
