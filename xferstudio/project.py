"""A project on disk: a folder with `project.toml`, read, checked, migrated and extended without loss."""

from __future__ import annotations

import contextlib
import difflib
import errno
import hashlib
import math
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError, TOMLKitError
from tomlkit.items import InlineTable

from xferstudio.api import UserError

SCHEMA = 1
FILE_NAME = "project.toml"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a project file: where, what, and what to do about it."""

    file: str
    key: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}, {self.key}" if self.key else self.file
        return f"{where}: {self.what}; {self.remedy}."


class ProjectError(UserError):
    """A project that cannot be used as it is; `faults` holds all that was found, not only the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: list[Fault] = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


@dataclass(frozen=True)
class DataSpec:
    """Where the images are, as written in the file. `sample`: (path, hash) to know moved data by."""

    source: str
    target: str = ""
    format: str = "auto"
    sample: tuple[tuple[str, str], ...] = ()
    target_sample: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class SplitSpec:
    """Shares of the images for validation and test, the seed that decides which, and the folds (0: none)."""

    val: float = 0.2
    test: float = 0.2
    seed: int = 0
    folds: int = 0


@dataclass(frozen=True)
class Run:
    """What to do, as data. Options are kept as they are, also for a strategy whose plugin is missing.

    `weights`: hash of the local weights file or folder when the run was added, empty for other backbones.
    """

    name: str
    strategy: str
    backbone: str
    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = "auto"
    weights: str = ""


@dataclass(frozen=True)
class Project:
    """A project as read from its file."""

    folder: Path
    name: str
    data: DataSpec
    split: SplitSpec = field(default_factory=SplitSpec)
    runs: tuple[Run, ...] = ()
    default_backbone: str = ""

    @property
    def file(self) -> Path:
        return self.folder / FILE_NAME

    @property
    def runs_folder(self) -> Path:
        return self.folder / "runs"

    @property
    def exports_folder(self) -> Path:
        return self.folder / "exports"

    def run(self, name: str) -> Run:
        """The run of this name. Raises UserError naming the known ones."""
        for run in self.runs:
            if run.name == name:
                return run
        if not self.runs:
            raise UserError(
                f"The project {self.name!r} has no run {name!r}, and no other run either; add one with "
                f"`xferstudio add {self.folder} --strategy extract`."
            )
        known = [run.name for run in self.runs]
        near = difflib.get_close_matches(name, known, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UserError(
            f"The project {self.name!r} has no run {name!r}; its runs are {', '.join(known)}.{hint}"
        )

    def data_path(self) -> Path:
        """The data folder or table, found again if it moved. Raises UserError saying where was looked."""
        return _find(self, "source", self.data.source, self.data.sample)

    def target_path(self) -> Path | None:
        """The folder of the target domain, found again if it moved; None where the project names none."""
        if not self.data.target:
            return None
        return _find(self, "target", self.data.target, self.data.target_sample)


# ------------------------------------------------------------------------------------------ files


def write_atomic(path: Path, data: bytes | str | Sequence[bytes | memoryview]) -> None:
    """Write a file (of one piece or several) so that readers see the old content or the new.

    Raises UserError with the reason.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogateescape")
    pieces = [data] if isinstance(data, bytes) else data
    temporary: str | None = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent)
        with open(handle, "wb") as out:  # noqa: PTH123 (a handle, not a path)
            out.writelines(pieces)
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(OSError):
            # mkstemp makes files for the owner alone; a project on a common disk must stay readable.
            Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask())
        rename(Path(temporary), path)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise file_error(error, path) from error
    except BaseException:
        if temporary is not None:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise


def umask() -> int:
    """The rights that new files shall not have."""
    # There is no way to read it without setting it; the pause is a few nanoseconds long.
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def rename(old: Path, new: Path) -> None:
    """Rename a file over another, or a folder. Raises OSError."""
    # On Windows a reader or a virus scanner that has the file open makes the rename fail for a moment.
    for attempt in range(10):
        try:
            old.replace(new)
            return
        except PermissionError:
            if sys.platform != "win32" or attempt == 9:
                raise
            time.sleep(0.02 * (attempt + 1))


_REASONS = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "your disk quota is used up; free some space and try again",
    errno.EACCES: "permission is denied; choose a folder that you may write to",
    errno.EPERM: "permission is denied; choose a folder that you may write to",
    errno.EROFS: "the disk is read-only; choose a folder on another disk",
    errno.ENOENT: "its folder does not exist; make the folder first",
    errno.EISDIR: "there is a folder of that name; remove or rename it",
    errno.ENOTDIR: "a part of its path is a file and not a folder; choose another place",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter one",
}


def file_error(error: OSError, path: Path) -> UserError:
    """The sentence for a file that could not be written."""
    reason = _REASONS.get(error.errno or 0, f"{error.strerror or error}; check the disk and the folder")
    return UserError(f"Cannot write {path}: {reason}.")


def check_writable(path: Path) -> None:
    """Before long work: see that a file or folder can be written there; nothing stays. Raises UserError.

    Folders on the way that do not exist are taken for granted if the first that exists can be written.
    """
    try:
        parent = _absolute(path).parent
        while not parent.exists():
            parent = parent.parent
        if not parent.is_dir():
            raise UserError(
                f"Cannot write {path}: {parent} is a file and not a folder; choose another place."
            )
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=parent)
        os.close(handle)
        Path(temporary).unlink()
    except OSError as error:
        raise file_error(error, path) from error


@contextlib.contextmanager
def file_mutex(path: Path, seconds: float = 10.0) -> Iterator[None]:
    """One process (and thread) at a time past this point; the system frees it when its holder dies.

    `path` is a small file that stays behind. Raises UserError when it is still taken after `seconds`. Disks
    that know no locks (some network drives) are used without one.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise file_error(error, path) from error
    try:
        end = time.monotonic() + seconds
        while not _try_lock(handle):
            if time.monotonic() > end:
                raise UserError(
                    f"Another program has been busy with {path.parent} for {seconds:g} s; try again later."
                )
            time.sleep(0.02)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            return error.errno not in (errno.EACCES, errno.EDEADLK)
        return True
else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return error.errno not in (errno.EACCES, errno.EAGAIN)
        return True


# ------------------------------------------------------------------------------------------ load


def is_project(path: Path) -> bool:
    """Whether this is the folder of a project, or the file in it."""
    return (path / FILE_NAME).is_file() or (path.name == FILE_NAME and path.is_file())


def load(folder: Path | str) -> Project:
    """Read a project, given its folder or its file. Raises ProjectError with all its faults."""
    file = _file_of(Path(folder))
    document = _read(file)
    schema = _schema(file, document)
    if schema < SCHEMA:
        original = file.read_bytes()
        for step in range(schema, SCHEMA):
            try:
                MIGRATIONS[step](document)
            except (KeyError, TypeError, ValueError, AttributeError, TOMLKitError) as error:
                what = f"the file has schema {step} and cannot be brought to schema {step + 1} ({error})"
                raise ProjectError(
                    [Fault(str(file), "schema", what, "mend or remove the unusual entry")]
                ) from error
        document = _with_schema(document, SCHEMA)
    project = _checked(file, document.unwrap())
    if schema < SCHEMA:
        # A project on a read-only disk can still be looked at; the migration then happens anew each time.
        with contextlib.suppress(UserError):
            _back_up(file, original, schema)
            write_atomic(file, tomlkit.dumps(document))
    return project


def _file_of(path: Path) -> Path:
    path = _absolute(path)
    file = path if path.name == FILE_NAME and not (path / FILE_NAME).is_file() else path / FILE_NAME
    if file.is_dir():
        raise _one(file, "", "this is a folder, not a file", "remove or rename it")
    if not file.is_file():
        if path.is_file():
            raise _one(
                path, "", f"this is a file, but a project is a folder with {FILE_NAME}", "name the folder"
            )
        remedy = f"make a project with `xferstudio new {file.parent} --data FOLDER_OF_IMAGES`"
        raise _one(file, "", "there is no project here", remedy)
    return file


def _absolute(path: Path | str) -> Path:
    return Path(os.path.abspath(Path(path).expanduser()))  # noqa: PTH100 (resolve() would follow links)


def _one(file: Path, key: str, what: str, remedy: str) -> ProjectError:
    return ProjectError([Fault(str(file), key, what, remedy)])


def _read(file: Path) -> tomlkit.TOMLDocument:
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise _one(
            file, "", f"cannot be read ({error.strerror or error})", "check its permissions"
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _one(
            file, f"line {line}", "this is not UTF-8 text", "save the file as UTF-8 in your editor"
        ) from error
    try:
        return tomlkit.parse(text)
    except ParseError as error:
        what = f"this is not valid TOML ({str(error).split(' at line ')[0]})"
        where = f"line {error.line}, column {error.col + 1}"
        raise _one(
            file, where, what, "mend this line; texts need quotes, and a key may stand only once"
        ) from error
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise _one(file, "", f"this is not valid TOML ({error})", "mend the file in a text editor") from error


def _schema(file: Path, document: Mapping[str, Any]) -> int:
    schema = document.get("schema", 0)
    if isinstance(schema, bool) or not isinstance(schema, int) or schema < 0:
        raise _one(
            file, "schema", f"this must be a whole number, not {_shown(schema)}", f"write `schema = {SCHEMA}`"
        )
    if schema > SCHEMA:
        what = f"the project has schema {int(schema)}, and this version reads up to {SCHEMA}"
        raise _one(
            file, "schema", f"{what}: it was made by a newer version of xferstudio", "update xferstudio"
        )
    return int(schema)


def _from_schema_0(document: tomlkit.TOMLDocument) -> None:
    """Schema 0 had no `schema` key, and its runs were a list: `[[run]]` with a `name` each."""
    listed = document.get("run")
    if not isinstance(listed, list):
        return
    runs = document.get("runs")
    if runs is None:
        runs = tomlkit.table(is_super_table=True)
    for position, entry in enumerate(listed, 1):
        if not isinstance(entry, Mapping):
            raise TypeError(f"run number {position} is not a table")
        name = entry.get("name") or f"run-{position}"
        if str(name) in runs:
            raise ValueError(f"two runs are named {name}")
        table = tomlkit.table()
        for key, value in entry.items():
            if key != "name":
                table.add(key, value)
        runs[str(name)] = table
    del document["run"]
    if "runs" not in document:
        document["runs"] = runs


MIGRATIONS: dict[int, Callable[[tomlkit.TOMLDocument], None]] = {0: _from_schema_0}
"""From each older schema to the next, on the raw document, before anything is checked."""


def _with_schema(document: tomlkit.TOMLDocument, schema: int) -> tomlkit.TOMLDocument:
    if "schema" in document:
        document["schema"] = schema
        return document
    # Behind the first table a new key would belong to that table. A heading comment stays on top.
    lines = tomlkit.dumps(document).splitlines(keepends=True)
    heading = 0
    while heading < len(lines) and lines[heading].startswith("#"):
        heading += 1
    return tomlkit.parse("".join([*lines[:heading], f"schema = {schema}\n", *lines[heading:]]))


def _back_up(file: Path, original: bytes, schema: int) -> None:
    backup = file.with_name(f"{file.name}.schema{schema}.bak")
    number = 1
    while backup.exists():
        if backup.read_bytes() == original:
            return
        number += 1
        backup = file.with_name(f"{file.name}.schema{schema}.{number}.bak")
    write_atomic(backup, original)


# ------------------------------------------------------------------------------------------ check

_TOP = ("schema", "name", "data", "split", "defaults", "runs")
_DATA = ("source", "target", "format", "sample", "target_sample")
_SPLIT = ("val", "test", "seed", "folds")
_DEFAULTS = ("backbone",)
_RUN = ("strategy", "backbone", "options", "device", "weights")
_FORMATS = ("auto", "folders", "table", "unlabelled")
_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}
_MISSING: Any = object()


def name_fault(name: str) -> str | None:
    """Why this cannot be the name of a run (and so of a folder on every system), or None."""
    if not name:
        return "a run needs a name"
    if len(name) > 80:
        return f"the name is {len(name)} characters long, and at most 80 are allowed"
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        bad = sorted(set(re.sub(r"[A-Za-z0-9._-]", "", name)))
        return f"the name {name!r} holds {' '.join(map(repr, bad))}, which not every system allows in a name"
    if name.startswith(("-", ".")) or name.endswith("."):
        return f"the name {name!r} must begin with a letter, digit or _ and must not end with a dot"
    if name.split(".")[0].lower() in _RESERVED:
        return f"the name {name!r} is reserved by Windows"
    return None


_NAME_REMEDY = "use letters, digits, - _ and . only, for instance `extract-2`"


def _shown(value: Any) -> str:
    text = repr(value.unwrap() if hasattr(value, "unwrap") else value)
    return text if len(text) <= 60 else text[:57] + "..."


class _Checker:
    """Collects the faults of one file, so that all can be told at once."""

    def __init__(self, file: Path) -> None:
        self.file = str(file)
        self.faults: list[Fault] = []

    def fault(self, key: str, what: str, remedy: str) -> None:
        self.faults.append(Fault(self.file, key, what, remedy))

    def table(self, raw: Mapping[str, Any], key: str, path: str = "") -> dict[str, Any]:
        value = raw.get(key, {})
        if not isinstance(value, dict):
            self.fault(
                path or key,
                f"this must be a table, not {_shown(value)}",
                f"write `[{path or key}]` on a line of its own",
            )
            return {}
        return value

    def near_misses(self, raw: Mapping[str, Any], known: Sequence[str], prefix: str = "") -> None:
        """Unknown keys are kept, as others may know them; but a misspelling would be ignored silently."""
        for key in raw:
            if key in known:
                continue
            near = difflib.get_close_matches(
                key.lower(), [name for name in known if name not in raw], 1, 0.75
            )
            if near:
                self.fault(prefix + key, "this key is not known", f"did you mean `{near[0]}`? Rename it")

    def text(
        self, raw: Mapping[str, Any], key: str, prefix: str, default: Any, example: str, empty: bool = False
    ) -> str:
        value = raw.get(key, default)
        if value is _MISSING:
            self.fault(prefix + key, "this is missing", f"write for instance `{key} = {example}`")
            return ""
        if not isinstance(value, str):
            self.fault(
                prefix + key,
                f"this must be a text, not {_shown(value)}",
                f"write for instance `{key} = {example}`",
            )
            return ""
        if "\0" in value or (not empty and not value.strip()):
            self.fault(prefix + key, "this is empty", f"write for instance `{key} = {example}`")
            return ""
        return value

    def share(self, raw: Mapping[str, Any], key: str, default: float) -> float:
        value = raw.get(key, default)
        remedy = f"write a share from 0 to below 1, for instance `{key} = {default:g}`"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.fault(f"split.{key}", f"this must be a number, not {_shown(value)}", remedy)
            return default
        if not math.isfinite(value) or not 0 <= value < 1:
            self.fault(f"split.{key}", f"{value:g} is out of range", remedy)
            return default
        return float(value)

    def whole(self, raw: Mapping[str, Any], key: str, default: int, most: int) -> int:
        value = raw.get(key, default)
        remedy = f"write a whole number from 0 to {most}"
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(f"split.{key}", f"this must be a whole number, not {_shown(value)}", remedy)
            return default
        if not 0 <= value <= most:
            self.fault(f"split.{key}", f"{value} is out of range", remedy)
            return default
        return int(value)

    def sample(self, raw: Mapping[str, Any], key: str) -> tuple[tuple[str, str], ...]:
        value = raw.get(key, [])
        good = isinstance(value, list) and all(
            isinstance(entry, dict)
            and isinstance(entry.get("path"), str)
            and isinstance(entry.get("hash"), str)
            for entry in value
        )
        if not good:
            self.fault(
                f"data.{key}",
                'this must be a list of {path = "...", hash = "..."}',
                "remove the key; it is optional",
            )
            return ()
        return tuple((entry["path"], entry["hash"]) for entry in value)

    def split(self, raw: Mapping[str, Any]) -> SplitSpec:
        before = len(self.faults)
        spec = SplitSpec(
            val=self.share(raw, "val", 0.2),
            test=self.share(raw, "test", 0.2),
            seed=self.whole(raw, "seed", 0, 2**31 - 1),
            folds=self.whole(raw, "folds", 0, 100),
        )
        if len(self.faults) == before:
            if spec.val + spec.test >= 1:
                what = f"val and test are {spec.val:g} and {spec.test:g}, which leaves nothing to train on"
                self.fault(
                    "split.val + split.test", what, "make their sum smaller than 1, for instance 0.2 and 0.2"
                )
            if spec.folds == 1:
                self.fault("split.folds", "one fold is no fold", "write 0 for none, or at least 2")
        return spec

    def run(self, name: str, raw: Any) -> Run | None:
        prefix = f"runs.{name}"
        wrong = name_fault(name)
        if wrong:
            self.fault(prefix, wrong, _NAME_REMEDY)
        if not isinstance(raw, dict):
            self.fault(
                prefix, f"this must be a table, not {_shown(raw)}", f"write `[{prefix}]` on a line of its own"
            )
            return None
        self.near_misses(raw, _RUN, f"{prefix}.")
        return Run(
            name=name,
            strategy=self.text(raw, "strategy", f"{prefix}.", _MISSING, '"extract"'),
            backbone=self.text(raw, "backbone", f"{prefix}.", _MISSING, '"embedded:efficientnet_lite0"'),
            options=self.table(raw, "options", f"{prefix}.options"),
            device=self.text(raw, "device", f"{prefix}.", "auto", '"auto"'),
            weights=self.text(raw, "weights", f"{prefix}.", "", '""', empty=True),
        )


def _checked(file: Path, raw: dict[str, Any]) -> Project:
    check = _Checker(file)
    check.near_misses(raw, _TOP)
    name = check.text(raw, "name", "", file.parent.name or "project", '"Apples"')
    data = check.table(raw, "data")
    check.near_misses(data, _DATA, "data.")
    spec = DataSpec(
        source=check.text(data, "source", "data.", _MISSING, '"photos"'),
        target=check.text(data, "target", "data.", "", '"market-photos"', empty=True),
        format=check.text(data, "format", "data.", "auto", '"auto"'),
        sample=check.sample(data, "sample"),
        target_sample=check.sample(data, "target_sample"),
    )
    if spec.format and spec.format not in _FORMATS:
        check.fault("data.format", f"{spec.format!r} is not known", f"write one of {', '.join(_FORMATS)}")
    split = check.table(raw, "split")
    check.near_misses(split, _SPLIT, "split.")
    split_spec = check.split(split)
    defaults = check.table(raw, "defaults")
    check.near_misses(defaults, _DEFAULTS, "defaults.")
    backbone = check.text(defaults, "backbone", "defaults.", "", '"embedded:efficientnet_lite0"', empty=True)
    runs: list[Run] = []
    seen: dict[str, str] = {}
    for key, value in check.table(raw, "runs").items():
        twin = seen.setdefault(key.lower(), key)
        if twin != key:
            what = f"the names {twin!r} and {key!r} are the same folder on Windows and macOS"
            check.fault(f"runs.{key}", what, "rename one of them")
        run = check.run(key, value)
        if run is not None:
            runs.append(run)
    if check.faults:
        raise ProjectError(check.faults)
    return Project(file.parent, name, spec, split_spec, tuple(runs), backbone)


# ------------------------------------------------------------------------------------------ save


def create(
    folder: Path | str,
    *,
    data: Path | str,
    name: str | None = None,
    target: Path | str | None = "",
    backbone: str | None = None,
    val: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    folds: int = 0,
    format: str = "auto",
) -> Project:
    """Make a project. Raises UserError where one exists already, for missing data and for bad shares."""
    root = _absolute(folder)
    file = root / FILE_NAME
    if file.exists():
        raise UserError(f"There is a project in {root} already; add runs to it, or choose another folder.")
    if root.exists() and not root.is_dir():
        raise UserError(f"{root} is a file; choose another name for the project folder.")
    document = tomlkit.document()
    document.add("schema", tomlkit.item(SCHEMA))
    document.add("name", tomlkit.item(name if name is not None else root.name or "project"))
    document.add(tomlkit.nl())
    table = tomlkit.table()
    for key, given in (("source", data), ("target", target)):
        if given is None or given == "":
            continue
        table.add(key, as_written(_place_of_images(given), root))
    if data and target:
        _check_target(_absolute(target), _absolute(data))
    if "source" not in table:
        raise UserError("A project needs data; name the folder or table where the images are.")
    if format != "auto":
        table.add("format", format)
    for key, given in (("sample", data), ("target_sample", target)):
        if given is None or given == "":
            continue
        found = _sample(_absolute(given), root)
        if found:
            if key == "sample":
                table.add(tomlkit.comment("A few files by which the data is known again when it has moved."))
            table.add(key, _listed(found))
    document.add("data", table)
    split = tomlkit.table()
    split.update({"val": val, "test": test, "seed": seed})
    if folds:
        split.add("folds", folds)
    document.add("split", split)
    if backbone:
        defaults = tomlkit.table()
        defaults.add("backbone", backbone)
        document.add("defaults", defaults)
    _checked(file, document.unwrap())
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(error, root) from error
    with file_mutex(root / ".lock"):
        if file.exists():
            raise UserError(
                f"There is a project in {root} already; add runs to it, or choose another folder."
            )
        write_atomic(file, tomlkit.dumps(document))
    return load(root)


def _place_of_images(given: Path | str) -> Path:
    path = _absolute(given)
    if not path.exists():
        raise UserError(f"There is no folder or table {path}; name the place where the images are.")
    if unwritable(str(path)):
        shown = str(path).encode("utf-8", "replace").decode()
        raise UserError(f"The name of {shown} is not valid text (UTF-8); rename it.")
    return path


def _listed(sample: Iterable[tuple[str, str]]) -> Any:
    listing = tomlkit.array().multiline(True)
    for path, digest in sample:
        entry = tomlkit.inline_table()
        entry.update({"path": path, "hash": digest})
        listing.append(entry)
    return listing


def _check_target(path: Path, source: Path) -> None:
    """Raise UserError for a target that holds labelled images, or stands among them."""
    path, source = path.resolve(), source.resolve()
    same = path == source
    with contextlib.suppress(OSError):  # the same under two names, as where capitals do not count
        same = same or path.samefile(source)
    if same or (source.is_dir() and (source in path.parents or path in source.parents)):
        raise UserError(
            f"{path} holds the labelled images themselves; name the folder of the images from the other domain."
        )


def set_target(project: Project, target: Path | str | None) -> Project:
    """Name another target domain in the file as it is on disk now, or with None none; all else there stays.

    Raises UserError for a place that is not there or is that of the labelled images.
    """
    file, folder = project.file, project.folder
    written, sample = "", []
    if target is not None:
        path = _place_of_images(target)
        source = None
        with contextlib.suppress(UserError):  # the labelled images may have moved
            source = project.data_path()
        if source is not None:
            _check_target(path, source)
        written, sample = as_written(path, folder), _sample(path, folder)
    with file_mutex(folder / ".lock"):
        current = load(folder)
        by_hand = UserError(f"The target cannot be written to {file}; write it there by hand.")
        document = _read(file)
        try:
            new = {"target": written, "target_sample": _listed(sample) if sample else ""}
            text = _with_target(document, {key: value for key, value in new.items() if value})
            changed = _checked(file, tomlkit.parse(text).unwrap())
        except (TOMLKitError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise by_hand from error
        wanted = replace(current.data, target=written, target_sample=tuple(sample))
        # A file that says something else than was asked for is never saved.
        if changed != replace(current, data=wanted):
            raise by_hand
        write_atomic(file, text)
    return changed


def _with_target(document: tomlkit.TOMLDocument, entries: Mapping[str, Any]) -> str:
    """The text with these in place of what it says of the target, behind the line of the source."""
    table: Any = document["data"]
    for key in ("target", "target_sample"):
        table.pop(key, None)
    if isinstance(table, InlineTable):
        table.update(entries)
        return tomlkit.dumps(document)
    # tomlkit would write new keys behind the comments that stand before the next table.
    lines = tomlkit.dumps(document).splitlines(keepends=True)
    inside = False
    for place, line in enumerate(lines):
        if line.lstrip().startswith("["):
            inside = re.match(r"\s*\[\s*data\s*\]", line) is not None
        if inside and re.match(r"\s*source\s*=", line):
            more = tomlkit.document()
            for key, value in entries.items():
                more.add(key, value)
            lines[place] = (line if line.endswith("\n") else f"{line}\n") + tomlkit.dumps(more)
            break
    return "".join(lines)


def add_run(project: Project, run: Run) -> Project:
    """Write one more run into the file as it is on disk now, so that edits by hand stay."""
    file = project.file
    wrong = name_fault(run.name)
    if wrong:
        raise _one(file, f"runs.{run.name}", wrong, _NAME_REMEDY)
    with file_mutex(project.folder / ".lock"):
        current = load(project.folder)
        for known in current.runs:
            if known.name.lower() == run.name.lower():
                raise UserError(
                    f"The project {current.name!r} already has a run {known.name!r}; choose another --name."
                )
        by_hand = UserError(
            f"The run {run.name!r} cannot be written to {file}; write its table there by hand."
        )
        try:
            text = _with_run(_read(file), run)
            written = _checked(file, tomlkit.parse(text).unwrap())
        except (TOMLKitError, TypeError, ValueError) as error:
            raise by_hand from error
        # A file that says something else than was asked for is never saved.
        if written.runs != (*current.runs, replace(run, options=dict(run.options))):
            raise by_hand
        write_atomic(file, text)
    return written


def remove_run(project: Project, name: str) -> Project:
    """Take a run out of the file as it is on disk now; all else there stays. Raises UserError for an unknown name."""
    file = project.file
    with file_mutex(project.folder / ".lock"):
        current = load(project.folder)
        current.run(name)
        by_hand = UserError(
            f"The run {name!r} cannot be taken out of {file}; delete its table there by hand."
        )
        try:
            document = _read(file)
            before = tomlkit.dumps(document)
            runs: Any = document["runs"]
            del runs[name]
            if not runs:
                del document["runs"]
            text = _with_comments(before, tomlkit.dumps(document))
            written = _checked(file, tomlkit.parse(text).unwrap())
        except (TOMLKitError, LookupError, TypeError, ValueError) as error:
            raise by_hand from error
        # A file that says something else than was asked for is never saved.
        if written != replace(current, runs=tuple(run for run in current.runs if run.name != name)):
            raise by_hand
        write_atomic(file, text)
    return written


def _with_comments(before: str, after: str) -> str:
    """The text `after` a table was taken out, with the comments that stood between it and the next one."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    kept: list[str] = []
    for what, start, end, first, last in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        ends = end
        while what == "delete" and ends > start and old[ends - 1].lstrip()[:1] in ("", "#"):
            ends -= 1
        kept += old[ends:end] if what == "delete" else new[first:last]
    return "".join(kept)


def _with_run(document: tomlkit.TOMLDocument, run: Run) -> str:
    runs = document.get("runs")
    if runs is None:
        runs = tomlkit.table(is_super_table=True)
        document.add("runs", runs)
    make = tomlkit.inline_table if isinstance(runs, InlineTable) else tomlkit.table
    table: Any = make()
    table.add("strategy", run.strategy)
    table.add("backbone", run.backbone)
    if run.weights:
        table.add("weights", run.weights)
    if run.device != "auto":
        table.add("device", run.device)
    if run.options:
        options: Any = make()
        for key, value in run.options.items():
            options.add(key, value)
        table.add("options", options)
    runs[run.name] = table
    return tomlkit.dumps(document)


# ------------------------------------------------------------------------------------------ data that moved


def as_written(path: Path, folder: Path) -> str:
    """Relative where the two are likely to travel together, POSIX separators always."""
    try:
        relative = PurePosixPath(Path(os.path.relpath(path, folder)).as_posix())
    except ValueError:  # another drive
        return path.as_posix()
    ups = sum(part == ".." for part in relative.parts)
    home_apart = len(path.parts) - (len(relative.parts) - ups) <= 1
    return path.as_posix() if ups > 2 or (ups and home_apart) else relative.as_posix()


def unwritable(text: str) -> bool:
    """Whether a path holds bytes that are no text, which no file of ours can carry."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def digest_of(path: Path) -> str:
    """blake2b-128 of a file's bytes, as hexadecimal. Raises OSError."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _sample(source: Path, project: Path, most: int = 5) -> list[tuple[str, str]]:
    """A few files with their content hashes, from different folders where there are several."""
    if source.is_file():
        return [(source.name, digest_of(source))]
    first: list[Path] = []
    more: list[Path] = []
    for place, folders, files in os.walk(source):
        # The project's own folder may lie inside the data, and what it holds will change.
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(place, name) != project
        )
        if Path(place) == project:
            folders.clear()
            continue
        shown = sorted(name for name in files if not name.startswith("."))[:most]
        first += [Path(place, name) for name in shown[:1]]
        more += [Path(place, name) for name in shown[1:]]
        if len(first) >= most:
            break
    found = []
    for path in (first + more)[:most]:
        with contextlib.suppress(OSError, UnicodeEncodeError):
            relative = path.relative_to(source).as_posix()
            relative.encode("utf-8")
            found.append((relative, digest_of(path)))
    return found


def _matches(candidate: Path, sample: Iterable[tuple[str, str]]) -> bool:
    """Whether at least half of the sample is there: some images may have been removed meanwhile."""
    hits = total = 0
    for relative, digest in sample:
        total += 1
        with contextlib.suppress(OSError):
            hits += digest_of(candidate if candidate.is_file() else candidate / relative) == digest
    return hits * 2 >= total


def find_moved(
    folder: Path, written: str, is_it: Callable[[Path], bool] | None
) -> tuple[list[Path], list[Path]]:
    """Where something may be that a project in `folder` names by a path that leads nowhere; and all places looked at.

    `is_it` knows it by its content, and then the first match is taken; without it, all of that name are given.
    """
    # A project made on Windows may be opened elsewhere, and the other way round.
    parts = [
        part
        for part in re.split(r"[\\/]+", written)
        if part not in ("", ".", "..", "~") and not part.endswith(":")
    ]
    looked: list[Path] = []
    found: list[Path] = []
    for candidate in _candidates(folder, parts, is_it is not None):
        if candidate in looked or candidate == folder:
            continue
        looked.append(candidate)
        with contextlib.suppress(OSError):
            if candidate.exists() and (is_it is None or is_it(candidate)):
                found.append(candidate)
                if is_it is not None:
                    break
    return found, looked


def _find(project: Project, key: str, written: str, sample: tuple[tuple[str, str], ...]) -> Path:
    folder = project.folder
    with contextlib.suppress(OSError, RuntimeError):
        direct = folder / Path(written).expanduser()
        if direct.exists():
            return Path(os.path.normpath(direct))
    found, looked = find_moved(folder, written, (lambda path: _matches(path, sample)) if sample else None)
    if len(found) == 1:
        return found[0]
    remedy = f"Put it back, or write its new place behind `{key} =` under [data] in {project.file}."
    if found:
        raise UserError(
            f"The data of {project.name!r}, {written!r}, is not in its place, and there are several "
            f"of that name: {', '.join(map(str, found))}. {remedy}"
        )
    places = list(dict.fromkeys(str(path.parent) for path in looked))
    shown = ", ".join(places[:4]) + (f" and {len(places) - 4} more places" if len(places) > 4 else "")
    found_other = sample and any(path.exists() for path in looked)
    other = " There is one of that name, but with other files." if found_other else ""
    raise UserError(
        f"The data of {project.name!r} is not at {written!r}, and not in {shown or folder} either."
        f"{other} {remedy}"
    )


def _candidates(folder: Path, parts: Sequence[str], known_by_content: bool) -> Iterator[Path]:
    if not parts:
        return
    for base in (folder, *list(folder.parents)[:8]):
        for start in range(len(parts)):
            yield base.joinpath(*parts[start:])
    if known_by_content:
        # Without a sample a namesake inside a neighbouring project would be taken for the data.
        with contextlib.suppress(OSError):
            for sibling in sorted(folder.parent.iterdir())[:1000]:
                if sibling.is_dir():
                    yield sibling / parts[-1]
