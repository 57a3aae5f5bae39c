"""The run folder: the one record of a run, which everything else reads and no kill can spoil."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import math
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import psutil
import tomlkit
from tomlkit.exceptions import TOMLKitError

from xferstudio.api import UserError
from xferstudio.events import COMMANDS, Event, RunEnded, from_json, to_json
from xferstudio.project import Project, Run, file_error, file_mutex, name_fault, rename, write_atomic

if TYPE_CHECKING:
    import numpy as np

State = Literal["new", "running", "interrupted", "finished", "stopped", "cancelled", "failed"]
"""`new` has not begun, `interrupted` can be resumed, the last four are the reason that ended the run."""

_ENDS = ("interrupted", "finished", "stopped", "cancelled", "failed")
_FOLDER = re.compile(r"(\d{8}-\d{6})-(.+)")
_STAMP = "%Y%m%d-%H%M%S"
_SILENCE = 600.0
"""Seconds without an event after which a run on another machine counts as dead."""
_TAIL = 1 << 16


@dataclass(frozen=True, eq=False)
class Predictions:
    """What the final model says of every validation and test image; one row each, in one order.

    `probabilities` is (n, classes) float64; files keep nine significant digits of it.
    """

    paths: Sequence[str]
    hashes: Sequence[str]
    groups: Sequence[str]
    splits: Sequence[str]
    labels: Sequence[str]
    predicted: Sequence[str]
    probabilities: np.ndarray[Any, Any]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.paths)

    def of(self, split: str) -> Predictions:
        """The rows of one split."""
        rows = [row for row, name in enumerate(self.splits) if name == split]

        def pick(values: Sequence[str]) -> list[str]:
            return [values[row] for row in rows]

        return Predictions(
            pick(self.paths),
            pick(self.hashes),
            pick(self.groups),
            pick(self.splits),
            pick(self.labels),
            pick(self.predicted),
            self.probabilities[rows],
            self.classes,
        )


@dataclass(frozen=True)
class RunFolder:
    """One run on disk. Any number of processes may read it while one writes."""

    path: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))

    # ---------------------------------------------------------------------------------- what it is

    @property
    def name(self) -> str:
        """The name of the run, from the folder's name; run.toml's for a folder that somebody renamed."""
        match = _FOLDER.fullmatch(self.path.name)
        if match:
            return match[2]
        with contextlib.suppress(UserError):
            return str(self.read_run().get("name", self.path.name))
        return self.path.name

    @property
    def started(self) -> datetime | None:
        """When the folder was made, in local time; None for a folder with another name."""
        match = _FOLDER.fullmatch(self.path.name)
        with contextlib.suppress(ValueError):
            return datetime.strptime(match[1], _STAMP) if match else None
        return None

    @property
    def run_file(self) -> Path:
        return self.path / "run.toml"

    @property
    def events_file(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def summary_file(self) -> Path:
        return self.path / "summary.json"

    @property
    def predictions(self) -> Path:
        """The file of predictions; `read_predictions` reads it."""
        return self.path / "predictions.csv"

    @property
    def target_predictions(self) -> Path:
        """What the final model says of the images of the target domain, without labels."""
        return self.path / "target.csv"

    @property
    def weights(self) -> Path:
        return self.path / "best.safetensors"

    @property
    def last(self) -> Path:
        """The folder of the checkpoint for an exact resume."""
        return self.path / "last"

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def words(self) -> Path:
        """The file in which words to the process that does this run are left, one a line."""
        return self.path / "words"

    @property
    def state(self) -> State:
        """How the run stands, from its lock and the end of its events; cheap for long runs."""
        if self.is_running():
            return "running"
        last = self.last_event()
        if isinstance(last, RunEnded) and last.reason in _ENDS:
            return last.reason
        summary = self.summary()
        reason = summary.get("reason") if summary else None
        if reason in _ENDS and (last is None or _modified(self.summary_file) >= _modified(self.events_file)):
            # Killed between the summary and the last event: everything was done.
            return cast("State", reason)
        return "new" if last is None else "interrupted"

    def is_running(self) -> bool:
        """Whether a living process holds the lock."""
        return _holder(self.lock_file, self.events_file) is not None

    # ---------------------------------------------------------------------------------- run.toml

    def write_run(self, facts: Mapping[str, Any]) -> None:
        """Write run.toml. Tuples become lists, paths texts, and what is None is left out."""
        write_atomic(self.run_file, tomlkit.dumps(_toml(facts)))

    def read_run(self) -> dict[str, Any]:
        """What run.toml says, as plain values. Raises UserError where it is missing or damaged."""
        try:
            return tomlkit.parse(self.run_file.read_text(encoding="utf-8", errors="surrogateescape")).unwrap()
        except FileNotFoundError:
            raise UserError(f"{self.path} is not the folder of a run: it holds no run.toml.") from None
        except (OSError, ValueError, TOMLKitError) as error:
            raise UserError(
                f"{self.run_file} cannot be read ({error}); restore it, or run again with --fresh."
            ) from error

    # ---------------------------------------------------------------------------------- events

    def append(self, event: Event) -> None:
        """Add one event, as one line in one write. Raises UserError where the disk is full or gone."""
        line = (to_json(event) + "\n").encode("utf-8", "surrogatepass")
        try:
            with self.events_file.open("ab", buffering=0) as out:
                # A kill may have torn the line before; the rest of it must not swallow this one.
                if out.tell() and not self._ends_whole():
                    line = b"\n" + line
                written = out.write(line)
                while written < len(line):  # a disk that fills up takes a part, then raises
                    written += out.write(line[written:])
        except OSError as error:
            raise file_error(error, self.events_file) from error

    def _ends_whole(self) -> bool:
        with self.events_file.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"

    def events(self) -> Iterator[Event]:
        """All events so far, lazily; lines that are torn or of an unknown kind are passed over."""
        try:
            file = self.events_file.open("rb")
        except FileNotFoundError:
            return
        with file:
            for line in file:
                event = _event(line)
                if event is not None:
                    yield event

    def last_event(self) -> Event | None:
        """The last event that can be read, found from the end of the file."""
        for line in _lines_backwards(self.events_file):
            event = _event(line)
            if event is not None:
                return event
        return None

    def follow(self, poll: float = 0.1) -> Iterator[Event]:
        """The events so far and those that come, until the run has ended or nobody runs it any more."""
        file: io.BufferedReader | None = None
        last: Event | None = None
        rest = b""
        try:
            while True:
                # Asked before reading: what was written before the lock went is then still read.
                holder = _holder(self.lock_file, self.events_file)
                if file is None:
                    with contextlib.suppress(FileNotFoundError):
                        file = self.events_file.open("rb")
                while file is not None and (block := file.read(_TAIL)):
                    *lines, rest = (rest + block).split(b"\n")
                    for line in lines:
                        event = _event(line)
                        if event is not None:
                            last = event
                            yield event
                if holder is None:
                    event = _event(rest)
                    if event is not None:
                        yield event
                    return
                # A run that was resumed has the end of its earlier part in the middle.
                if isinstance(last, RunEnded) and last.time >= holder.since:
                    return
                time.sleep(poll)
        finally:
            if file is not None:
                file.close()

    # ---------------------------------------------------------------------------------- results

    def summary(self) -> dict[str, Any] | None:
        """What summary.json says; None where it is missing or cannot be read."""
        try:
            raw = json.loads(self.summary_file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return raw if isinstance(raw, dict) else None

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Write summary.json; numbers that JSON does not know become null."""
        text = json.dumps(_json(summary), ensure_ascii=False, indent=2)
        write_atomic(self.summary_file, text + "\n")

    def write_predictions(self, predictions: Predictions) -> None:
        """Write predictions.csv: one row each, with the confidence and a column "p:CLASS" per class."""
        self._write_predictions(self.predictions, predictions)

    def write_target_predictions(self, predictions: Predictions) -> None:
        """Write target.csv, which looks like predictions.csv; its labels are empty."""
        self._write_predictions(self.target_predictions, predictions)

    @staticmethod
    def _write_predictions(file: Path, predictions: Predictions) -> None:
        out = io.StringIO(newline="")
        table = csv.writer(out, lineterminator="\n")
        table.writerow([*_COLUMNS, *(f"p:{name}" for name in predictions.classes)])
        rows = zip(
            predictions.paths,
            predictions.hashes,
            predictions.groups,
            predictions.splits,
            predictions.labels,
            predictions.predicted,
            predictions.probabilities.tolist(),
            strict=True,
        )
        for *texts, shares in rows:
            table.writerow([*texts, *(f"{value:.9g}" for value in (max(shares, default=math.nan), *shares))])
        write_atomic(file, out.getvalue())

    def read_predictions(self) -> Predictions:
        """Read predictions.csv. Raises UserError where it is missing or damaged."""
        return self._read_predictions(self.predictions)

    def read_target_predictions(self) -> Predictions:
        """Read target.csv. Raises UserError where it is missing or damaged."""
        return self._read_predictions(self.target_predictions)

    def _read_predictions(self, path: Path) -> Predictions:
        import numpy as np

        columns: list[list[str]] = [[] for _ in _COLUMNS]
        shares: list[list[float]] = []
        try:
            with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
                table = csv.reader(file)
                header = next(table, [])
                if tuple(header[: len(_COLUMNS)]) != _COLUMNS:
                    raise ValueError("the first line is not the expected one")
                classes = tuple(name.removeprefix("p:") for name in header[len(_COLUMNS) :])
                for row in table:
                    if len(row) != len(header):
                        raise ValueError(
                            f"line {table.line_num} has {len(row)} columns instead of {len(header)}"
                        )
                    for column, value in zip(columns, row, strict=False):
                        column.append(value)
                    shares.append([float(value) for value in row[len(_COLUMNS) :]])
        except FileNotFoundError:
            raise UserError(
                f"{self.path} holds no predictions: the run has not finished; run it again to finish it."
            ) from None
        except (OSError, ValueError, csv.Error) as error:
            raise UserError(f"{path} cannot be read ({error}); run it again with --fresh.") from error
        paths, hashes, groups, splits, labels, predicted, _ = columns
        probabilities = np.array(shares, dtype=np.float64).reshape(len(paths), len(classes))
        return Predictions(paths, hashes, groups, splits, labels, predicted, probabilities, classes)

    # ---------------------------------------------------------------------------------- steering

    def tell(self, word: str) -> None:
        """Leave pause, resume, stop or cancel for the process that does this run, whichever that is.

        It obeys within a second if it was started by `xferstudio run` or `batch`. What is told to a run that
        nobody does is forgotten when it goes on. Raises UserError where nothing can be written there.
        """
        if word not in COMMANDS:
            raise ValueError(f"{word!r} is not one of {', '.join(COMMANDS)}")
        try:
            with self.words.open("ab", buffering=0) as out:
                out.write(word.encode() + b"\n")
        except OSError as error:
            raise file_error(error, self.words) from error

    # ---------------------------------------------------------------------------------- one writer

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """The right to write here. Raises UserError naming the process that has it."""
        with _locked(self.lock_file, self.events_file, f"The run {self.path.name}"):
            # Nobody else writes here now: what an earlier kill left half-written is rubbish, and words that
            # were told before are not for this process.
            self._remove(*self.path.glob(".*.tmp"), self.words)
            try:
                yield
            finally:
                self._remove(self.words)

    @staticmethod
    def _remove(*files: Path) -> None:
        for file in files:
            with contextlib.suppress(OSError):
                file.unlink()


_COLUMNS = ("path", "hash", "group", "split", "label", "predicted", "confidence")


# ------------------------------------------------------------------------------------------ run folders


def new_run_folder(project: Project, run: Run) -> RunFolder:
    """Make the folder of a run that begins now, with what was asked for in its run.toml."""
    wrong = name_fault(run.name)
    if wrong:
        raise UserError(f"{wrong[0].upper()}{wrong[1:]}; choose another name.")
    parent = project.runs_folder
    moment = datetime.now()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        while True:
            folder = RunFolder(parent / f"{moment.strftime(_STAMP)}-{run.name}")
            try:
                folder.path.mkdir()
                break
            except FileExistsError:
                # The next second, so that names stay plain and their order is the order of time.
                moment += timedelta(seconds=1)
    except OSError as error:
        raise file_error(error, parent) from error
    folder.write_run(
        {
            "name": run.name,
            "strategy": run.strategy,
            "backbone": run.backbone,
            "device": run.device,
            "options": dict(run.options),
        }
    )
    return folder


def all_runs(project: Project) -> list[RunFolder]:
    """All run folders of a project, the oldest first."""
    try:
        names = sorted(entry.name for entry in project.runs_folder.iterdir() if entry.is_dir())
    except OSError:
        return []
    return [RunFolder(project.runs_folder / name) for name in names if _FOLDER.fullmatch(name)]


def latest(project: Project, name: str) -> RunFolder | None:
    """The newest folder of the run of this name, or None."""
    mine = [folder for folder in all_runs(project) if folder.name == name]
    return mine[-1] if mine else None


def delete_results(project: Project, folder: RunFolder) -> None:
    """Delete a run's folder with its model and all that it told, for good. Raises UserError, also while it is running."""
    for rest in project.runs_folder.glob(".deleted-*"):  # of a deletion that was broken off
        shutil.rmtree(rest, ignore_errors=True)
    if not os.path.lexists(folder.path):
        return
    with name_lock(project, folder.name):
        if folder.is_running():
            raise UserError(f"the run {folder.name} is running in another process")
        gone = folder.path.with_name(f".deleted-{folder.path.name}")
        try:
            if folder.path.is_symlink():
                folder.path.unlink()
                return
            rename(folder.path, gone)  # at one stroke, so that nobody finds half a run
            shutil.rmtree(gone)
        except OSError as error:
            raise file_error(error, folder.path) from error


def measured_against(project: Project, name: str) -> list[str]:
    """Runs whose verdict on the target is against the run of this name, which is their baseline."""
    found = []
    for folder in all_runs(project):
        with contextlib.suppress(AttributeError):  # a summary that somebody has changed
            told = (folder.summary() or {}).get("target") or {}
            verdicts = (told.get("verdict"), (told.get("report") or {}).get("against_baseline"))
            if name in [verdict.get("baseline") for verdict in verdicts if verdict]:
                found.append(folder.name)
    return list(dict.fromkeys(found))


def size_of(folder: RunFolder) -> int:
    """Bytes that a run takes on the disk."""
    sizes = []
    for path in folder.path.rglob("*"):
        with contextlib.suppress(OSError):
            sizes.append(path.stat().st_size if path.is_file() else 0)
    return sum(sizes)


@contextlib.contextmanager
def name_lock(project: Project, name: str) -> Iterator[None]:
    """The right to start or resume the run of this name. Raises UserError naming the process that has it."""
    try:
        project.runs_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(error, project.runs_folder) from error
    folder = latest(project, name)
    heartbeat = folder.events_file if folder else project.runs_folder / "none"
    with _locked(project.runs_folder / f".{name.lower()}.lock", heartbeat, f"The run {name!r}"):
        yield


# ------------------------------------------------------------------------------------------ locks


@dataclass(frozen=True)
class _Holder:
    pid: int
    host: str
    started: float
    since: float


def _me() -> _Holder:
    return _Holder(os.getpid(), socket.gethostname(), psutil.Process().create_time(), time.time())


def _holder(lock: Path, heartbeat: Path) -> _Holder | None:
    """The living process that holds this lock, or None."""
    try:
        raw = json.loads(lock.read_text(encoding="utf-8"))
        holder = _Holder(int(raw["pid"]), str(raw["host"]), float(raw["started"]), float(raw["since"]))
    except FileNotFoundError:
        return None
    except OSError:
        # Windows refuses to read a file that is being replaced; that takes no longer than a moment.
        return _Holder(0, "", 0.0, time.time()) if time.time() - _modified(lock) < 10 else None
    except (ValueError, KeyError, TypeError):
        # It was made a moment ago and is being written, or its writer was killed in that moment.
        return _Holder(0, "", 0.0, time.time()) if time.time() - _modified(lock) < 10 else None
    if holder.host != socket.gethostname():
        return holder if time.time() - max(_modified(heartbeat), holder.since) < _SILENCE else None
    return holder if process_lives(holder.pid, holder.started) else None


def process_lives(pid: int, started: float) -> bool:
    """Whether the process of this number that began at this time lives on this machine."""
    try:
        process = psutil.Process(pid)
        # The same number with another start is another process that was given the number of the dead one.
        return bool(process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - started) <= 2)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


@contextlib.contextmanager
def _locked(lock: Path, heartbeat: Path, what: str) -> Iterator[None]:
    mine = _me()
    # The guard is held for a moment only, so that of two who find a stale lock just one takes it.
    with file_mutex(lock.with_name(f".{lock.name.lstrip('.')}.guard")):
        other = _holder(lock, heartbeat)
        if other is not None:
            if not other.pid:
                raise UserError(f"{what} has just been started by another process; wait for it.")
            place = "" if other.host in ("", mine.host) else f" on {other.host}"
            if other.pid == mine.pid and not place:
                raise UserError(
                    f"{what} is being run by this process (pid {other.pid}) already; wait for it."
                )
            raise UserError(
                f"{what} is being run by another process already (pid {other.pid}{place}); "
                "wait for it, or stop it first."
            )
        try:
            lock.unlink(missing_ok=True)
            # Exclusive, for disks on which the guard is no guard.
            with lock.open("x", encoding="utf-8") as out:
                out.write(json.dumps(dataclasses.asdict(mine)))
        except FileExistsError:
            raise UserError(f"{what} has just been started by another process; wait for it.") from None
        except OSError as error:
            with contextlib.suppress(OSError):
                lock.unlink()
            raise file_error(error, lock) from error
    try:
        yield
    finally:
        # Someone may have taken the lock of a process that slept for long; it is not ours to remove then.
        with contextlib.suppress(OSError, ValueError, KeyError):
            raw = json.loads(lock.read_text(encoding="utf-8"))
            if (raw["pid"], raw["host"], raw["since"]) == (mine.pid, mine.host, mine.since):
                lock.unlink()


# ------------------------------------------------------------------------------------------ plain values


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _event(line: bytes) -> Event | None:
    try:
        return from_json(line.decode("utf-8", "surrogatepass"))
    except (ValueError, TypeError, RecursionError):
        return None


def _lines_backwards(path: Path) -> Iterator[bytes]:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        place = file.seek(0, os.SEEK_END)
        rest = b""
        while place > 0:
            size = min(max(_TAIL, len(rest)), place)
            place -= size
            file.seek(place)
            rest, *lines = (file.read(size) + rest).split(b"\n")
            yield from reversed(lines)
        yield rest


def _toml(value: Any) -> Any:
    if isinstance(value, Mapping):
        plain = {str(key): _toml(item) for key, item in value.items() if item is not None}
        # A value behind a table would belong to that table.
        return dict(sorted(plain.items(), key=lambda entry: _is_table(entry[1])))
    if isinstance(value, (list, tuple)):
        return [_toml(item) for item in value if item is not None]
    return str(value) if isinstance(value, Path) else value


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict) for v in value))


def _json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return _json(value.tolist())
    return str(value) if isinstance(value, Path) else value
