"""Exports a finished run and proves, on real files, that the artefact answers as the app does."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import gc
import json
import os
import random
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from xferstudio.api import Exporter, Preprocessing, TrainedModel, UserError
from xferstudio.events import Event, Notice, Progress
from xferstudio.project import check_writable, file_error, load, write_atomic

if TYPE_CHECKING:
    import numpy as np

    from xferstudio.engine.model import Trained

RECORD_KEY = "xferstudio"
"""Where an artefact keeps its record: a metadata key of an ONNX file, an entry of a configuration."""
ONNX_INPUT = "image"
ONNX_OUTPUT = "probabilities"
ONNX_CLASSES = "classes"

TOLERANCE = 0.01
"""Largest difference of any class probability between artefact and app."""
TIE = 0.01
"""Two top classes closer than this are a tie: within the tolerance, their order is chance."""
PARITY_FILE = "parity.json"


# ---------------------------------------------------------------------------------------------- the record


@dataclass(frozen=True)
class Record:
    """All that an artefact needs to be used and traced back, besides its weights."""

    classes: tuple[str, ...]
    preprocessing: Preprocessing
    temperature: float
    architecture: str
    details: Mapping[str, Any]

    @classmethod
    def of(cls, model: TrainedModel) -> Record:
        """The record of a finished run's model."""
        return cls(
            classes=tuple(model.classes),
            preprocessing=model.preprocessing,
            temperature=float(model.temperature),
            architecture=model.architecture,
            details=dict(model.details),
        )

    def to_dict(self) -> dict[str, Any]:
        """A JSON form: what travels as details, and over it what the artefact itself relies on."""
        return {
            **self.details,
            "schema": 1,
            "classes": list(self.classes),
            "preprocessing": self.preprocessing.to_dict(),
            "temperature": self.temperature,
            "architecture": self.architecture,
        }

    def to_json(self) -> str:
        """The same as one line of text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, default=str)

    @classmethod
    def from_json(cls, text: str) -> Record:
        """Raises ValueError for a record that is damaged or written by a newer version."""
        try:
            raw = json.loads(text)
            if int(raw["schema"]) > 1:
                raise ValueError("it was written by a newer version of xferstudio; update xferstudio")
            return cls(
                classes=tuple(str(name) for name in raw["classes"]),
                preprocessing=Preprocessing.from_dict(raw["preprocessing"]),
                temperature=float(raw["temperature"]),
                architecture=str(raw.get("architecture", "")),
                details=raw,
            )
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(f"its description is not whole ({error})") from error


# ---------------------------------------------------------------------------------------------- parity


@dataclass(frozen=True)
class Parity:
    """How an artefact's answers compare with the app's own on real files.

    `agreement`: share of the files with the same top class. `ties`: files with another top class where the
    app's own two best classes are less than `TIE` apart. `largest_difference`: of any class probability on
    any file. `worst`: the files that differ most, most first. `notes`: what else was measured, in words.
    """

    files: int
    agreement: float
    ties: int
    largest_difference: float
    passed: bool
    sentence: str
    worst: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The content of `parity.json`."""
        return dataclasses.asdict(self)


@dataclass
class _Tally:
    """Compares pairs of probabilities and remembers what differs."""

    files: int = 0
    same: int = 0
    ties: int = 0
    largest: float = 0.0
    differences: dict[str, float] = dataclasses.field(default_factory=dict)
    broken: list[str] = dataclasses.field(default_factory=list)

    def add(self, name: str, own: np.ndarray, other: np.ndarray | None, problem: str = "") -> None:
        """One file: the app's probabilities and the artefact's (None: it gave none, for this reason)."""
        import numpy as np

        self.files += 1
        if other is not None and (np.shape(other) != own.shape or not np.all(np.isfinite(other))):
            problem, other = "it gave something else than one finite number per class", None
        if other is None:
            self.broken.append(problem)
            self.largest, self.differences[name] = 1.0, 1.0
            return
        difference = float(np.abs(own.astype(np.float64) - np.asarray(other, np.float64)).max())
        self.differences[name] = difference
        self.largest = max(self.largest, difference)
        if int(own.argmax()) == int(np.argmax(other)):
            self.same += 1
        elif len(own) > 1 and float(np.diff(np.sort(own)[-2:])[0]) < TIE:
            self.ties += 1

    @property
    def passed(self) -> bool:
        return self.files > 0 and self.same + self.ties == self.files and self.largest <= TOLERANCE

    def parity(self, label: str, minimum: int, notes: Sequence[str]) -> Parity:
        wrong = self.files - self.same - self.ties - len(self.broken)
        faults = []
        if self.broken:
            faults.append(f"it could not answer for {_files(len(self.broken))} ({self.broken[0]})")
        if wrong:
            faults.append(f"it names another class for {_files(wrong)}")
        if self.largest > TOLERANCE and not self.broken:
            faults.append(f"a probability differs by {self.largest:.3f}, and {TOLERANCE:g} is allowed")
        of = _files(self.files)
        fewer = (
            "" if self.files >= minimum else f" (fewer than {minimum}: there are no more that can be read)"
        )
        if not self.files:
            sentence = f"The {label} is NOT proven: there was no image file to compare it on."
        elif faults:
            sentence = (
                f"The {label} FAILS the comparison with the app on {of}{fewer}: {'; '.join(faults)}. "
                "Do not rely on it."
            )
        else:
            tied = f" ({self.ties} in a tie of the two best classes)" if self.ties else ""
            sentence = (
                f"The {label} agrees with the app on all of {of}{tied}{fewer}; "
                f"the largest difference of a probability is {_small(self.largest)}."
            )
        ordered = sorted(self.differences, key=lambda name: -self.differences[name])
        return Parity(
            files=self.files,
            agreement=self.same / self.files if self.files else 0.0,
            ties=self.ties,
            largest_difference=self.largest,
            passed=self.passed,
            sentence=sentence,
            worst=tuple(name for name in ordered[:5] if self.differences[name] > 0),
            notes=tuple(notes),
        )


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _small(difference: float) -> str:
    return "below 0.0001" if difference < 1e-4 else f"{difference:.4f}"


# ---------------------------------------------------------------------------------------------- export


def export_run(
    folder: Path,
    exporter: Exporter,
    out: Path,
    *,
    files: Sequence[Path] | None = None,
    minimum: int = 64,
    overwrite: bool = False,
    seed: int = 0,
    model: Trained | None = None,
) -> Iterator[Event | Parity]:
    """Export the run in `folder` to `out`; yields events, and the Parity last.

    `files`: images to prove it on, all of which are used; otherwise `minimum` of the project's own, over all
    splits and classes. The artefact appears at `out` only once it is whole, also when it fails the
    comparison: then `Parity.passed` is False, and the proof says so: in the folder that the artefact is, or
    beside the file as `NAME.parity.json`, and as `parity.json` until the next export. Raises UserError.
    """
    folder, out = Path(folder), Path(out)
    check_place(out, overwrite)
    if model is None:
        from xferstudio.engine.model import load_trained

        model = load_trained(folder)
    if files is None:
        chosen, wanted = _project_files(folder, seed), minimum
    else:
        chosen, wanted = [Path(file) for file in files], len(files)
    part = out.with_name(f".{out.stem[:80]}.{os.getpid()}.part{out.suffix}")
    _remove(part)
    try:
        yield Notice(f"Writing {out.name}.")
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            exporter.export(cast("TrainedModel", model), part)
        except OSError as error:
            raise file_error(error, out) from error
        parity = yield from _prove(model, exporter, part, chosen, wanted, minimum)
        text = json.dumps(parity.to_dict(), ensure_ascii=False, indent=2) + "\n"
        if part.is_dir():
            write_atomic(part / PARITY_FILE, text)
        _put(part, out, overwrite)
        if out.is_file():
            write_atomic(parity_path(out), text)
            _write_latest(out, parity)
    finally:
        _remove(part)
    yield Notice(parity.sentence, level="info" if parity.passed else "warning")
    for note in parity.notes:
        yield Notice(note)
    yield parity


def parity_path(out: Path) -> Path:
    """Where the proof of an artefact lies: in its folder, or beside its file."""
    return out / PARITY_FILE if out.is_dir() else out.with_name(f"{out.name}.{PARITY_FILE}")


ARTEFACT = "artefact"
"""The key in `parity.json` beside files that names the one that was written last."""


def _write_latest(out: Path, parity: Parity) -> None:
    """`parity.json` beside the artefact: the proof of the latest export there. Another's file of that name stays."""
    latest = out.with_name(PARITY_FILE)
    if not latest.exists() or _named_artefact(latest):
        record = {ARTEFACT: out.name, **parity.to_dict()}
        write_atomic(latest, json.dumps(record, ensure_ascii=False, indent=2) + "\n")


def _named_artefact(proof: Path) -> str:
    """The file that a `parity.json` beside it speaks of; empty for that of a folder, which lies in it."""
    try:
        return str(json.loads(proof.read_text("utf-8"))[ARTEFACT])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def check_place(out: Path, overwrite: bool) -> None:
    """See, before all work, that an export may be written there. Raises UserError."""
    if (out.exists() or out.is_symlink()) and not overwrite:
        raise UserError(f"{out} exists already; choose another name for the export, or remove what is there.")
    proof = out / PARITY_FILE
    if overwrite and out.is_dir() and (not proof.is_file() or _named_artefact(proof)) and any(out.iterdir()):
        # A slip in the path must never cost a folder that this program did not make.
        raise UserError(
            f"{out} is a folder that no export made, so it is not overwritten; choose another name."
        )
    check_writable(out)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _put(part: Path, out: Path, overwrite: bool) -> None:
    """Give the finished artefact its name; what stood there goes only after the new one has its place."""
    gc.collect()  # a runtime that still maps the file would keep Windows from renaming it
    old = out.with_name(f".{out.name[:80]}.{os.getpid()}.old")
    check_place(out, overwrite)
    try:
        if out.exists() and (out.is_dir() or part.is_dir()):
            out.rename(old)
        part.replace(out)
    except OSError as error:
        if old.exists() and not out.exists():
            old.rename(out)
        raise file_error(error, out) from error
    _remove(old)


def _prove(
    model: Trained,
    exporter: Exporter,
    part: Path,
    chosen: Sequence[Path],
    wanted: int,
    minimum: int,
) -> Generator[Event, None, Parity]:
    """Load the artefact in its own runtime and ask it and the app about the same files."""
    import numpy as np
    from PIL import Image

    from xferstudio.data import Undecodable, decode, needed_side, prepare

    artifact = exporter.load(part)
    alternatives: Mapping[str, Any] = getattr(artifact, "alternatives", {})
    tally, others = _Tally(), {name: _Tally() for name in alternatives}
    scaled = _Tally()  # the app with itself: what its reading of large JPEG files at a smaller scale changes
    side, skipped = needed_side(model.preprocessing), 0
    for file in chosen:
        if tally.files >= wanted:
            break
        try:
            own_image = decode(file, side)
            raw = np.array(decode(file))
        except (Undecodable, OSError):
            skipped += 1
            continue
        own = model.probabilities(prepare(own_image, model.preprocessing)[None])[0]
        _ask(tally, str(file), own, artifact.probabilities, raw)
        if own_image.size != (raw.shape[1], raw.shape[0]):
            whole = prepare(Image.fromarray(raw), model.preprocessing)
            _ask(scaled, str(file), own, lambda _, whole=whole: model.probabilities(whole[None])[0], raw)
        for name, other in others.items():
            _ask(other, str(file), own, alternatives[name], raw)
        yield Progress("comparing with the app", tally.files, min(wanted, len(chosen) - skipped))
    if skipped:
        yield Notice(
            f"{_files(skipped)} could not be read and took no part in the comparison.", level="warning"
        )
    notes = [
        f"With {name} instead, {other.same + other.ties} of {_files(other.files)} get the same class, and "
        f"probabilities differ by up to {other.largest:.3f}."
        for name, other in others.items()
        if other.files
    ]
    if scaled.files:
        notes.append(
            f"The app itself read {_files(scaled.files)} at a reduced scale, as it does with large JPEG files; this "
            f"alone changes its probabilities by up to {scaled.largest:.4f}."
        )
    return tally.parity(f"export as {exporter.label}", minimum, notes)


def _ask(tally: _Tally, name: str, own: np.ndarray, answer: Any, raw: np.ndarray) -> None:
    import numpy as np

    try:
        given = np.asarray(answer(raw))
    except Exception as error:  # noqa: BLE001  # any fault of the artefact is a finding, not a crash
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        tally.add(name, own, None, f"{type(error).__name__}: {reason[:200]}")
    else:
        tally.add(name, own, given)


# ---------------------------------------------------------------------------------------------- which files


def _project_files(folder: Path, seed: int) -> list[Path]:
    """The project's images in the order to try them: in turn from each class of each split."""
    from xferstudio.data import scan

    try:
        project = load(folder.parent.parent)
    except UserError as error:
        raise UserError(
            f"The run {folder.name} does not lie in a project, so there are no files to prove the export on "
            f"({error})"
        ) from error
    catalog = scan(project.data_path())
    splits = _splits(folder)
    groups: dict[tuple[str, str], list[Path]] = {}
    for item in catalog.items:
        split = splits.get(item.path) or item.split or "train"
        groups.setdefault((split, item.label or ""), []).append(catalog.file(item))
    dice = random.Random(seed)
    queues = [groups[key] for key in sorted(groups)]
    for queue in queues:
        dice.shuffle(queue)
    dice.shuffle(queues)
    longest = max((len(queue) for queue in queues), default=0)
    return [queue[place] for place in range(longest) for queue in queues if place < len(queue)]


def _splits(folder: Path) -> dict[str, str]:
    """Which split each evaluated file was in, by path; training files are not listed there."""
    try:
        with (folder / "predictions.csv").open(encoding="utf-8", newline="") as lines:
            return {row["path"]: row["split"] for row in csv.DictReader(lines)}
    except (OSError, KeyError, UnicodeDecodeError, csv.Error):
        return {}
