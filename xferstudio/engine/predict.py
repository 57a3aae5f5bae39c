"""Predicts classes for image files with a finished run or an exported ONNX file, the latter without torch."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from xferstudio.api import Preprocessing, UserError
from xferstudio.data import Undecodable, decode, load_images, needed_side, prepare, seen_box, upright_size
from xferstudio.engine.export import ONNX_INPUT, ONNX_OUTPUT, RECORD_KEY, Record
from xferstudio.project import file_error, write_atomic

if TYPE_CHECKING:
    import numpy as np

    from xferstudio.engine.heat_map import HeatMaps
    from xferstudio.engine.model import Trained

T = TypeVar("T")
WEIGHTS_FILE = "best.safetensors"
UNSURE = "unsure"


@dataclass(frozen=True)
class Prediction:
    """The answer for one file: a class, its confidence, all probabilities by class; or why there is none.

    Where heat maps were asked for, `heat_map` is the file of one, for the class that is named: a grey PNG of the
    size of the network's input, white where most speaks for the class. It covers `box` (left, top, right, bottom)
    of the upright image, in pixels. If there is none, `heat_map_note` says why.
    """

    path: Path
    label: str = ""
    confidence: float = 0.0
    probabilities: dict[str, float] | None = None
    error: str = ""
    heat_map: Path | None = None
    box: tuple[float, float, float, float] | None = None
    heat_map_note: str = ""

    def top(self, count: int) -> list[tuple[str, float]]:
        """The `count` most probable classes, most probable first."""
        return sorted((self.probabilities or {}).items(), key=lambda pair: -pair[1])[:count]

    def to_dict(self) -> dict[str, Any]:
        """The line of `predict --json`."""
        if self.error:
            return {"path": str(self.path), "error": self.error}
        record = {
            "path": str(self.path),
            "label": self.label,
            "confidence": self.confidence,
            "probabilities": self.probabilities,
        }
        if self.heat_map is not None and self.box is not None:
            record |= {"heat_map": str(self.heat_map), "box": list(self.box)}
        elif self.heat_map_note:
            record["heat_map_note"] = self.heat_map_note
        return record


class Predictor(Protocol):
    """A loaded model."""

    classes: tuple[str, ...]

    def predict(self, files: Iterable[Path], heat_maps: Path | None = None) -> Iterator[Prediction]:
        """One prediction for each file, in order; a file that cannot be read gets an error and stops nothing.

        `heat_maps`: a folder to write a heat map of each image into; one that cannot be made gets a note.

        A list is decoded ahead by a few threads. Anything else that can be iterated is answered file by file,
        as the paths come: so a person or program at the other end of a pipe gets each answer at once.
        """


def open_predictor(path: Path, *, device: str = "cpu", batch: int = 16, safe: bool = False) -> Predictor:
    """Load a run folder or an exported ONNX file. Raises UserError for anything else or a damaged one.

    `safe` loads no plugins but the program's own for a run folder; an ONNX file needs none.
    """
    path = Path(path)
    if path.is_dir():
        if (path / WEIGHTS_FILE).is_file():
            from xferstudio.engine.model import load_trained
            from xferstudio.plugins import load_plugins

            plugins = load_plugins(safe=True) if safe else None
            return RunPredictor(load_trained(path, plugins), device=device, batch=batch)
        if (path / "events.jsonl").is_file() or (path / "run.toml").is_file():
            raise UserError(f"The run {path} has no learned weights yet; let it finish first.")
        raise UserError(
            f"{path} is neither a run nor an exported ONNX file; name a folder under `runs` of a project, or "
            f"a file made with `xferstudio export … --to onnx`."
        )
    if not path.exists():
        raise UserError(f"There is no model {path}; name a run folder or an exported ONNX file.")
    if path.name == WEIGHTS_FILE:
        return open_predictor(path.parent, device=device, batch=batch, safe=safe)
    if path.suffix.lower() != ".onnx":
        raise UserError(
            f"{path} is no model that can predict here; name a run folder or an exported ONNX file."
        )
    return OnnxPredictor(path)


# ---------------------------------------------------------------------------------------------- predictors


class OnnxPredictor:
    """An ONNX file of ours in ONNX Runtime; images go in as they are decoded, one at a time."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has a kind of its own for each fault
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise UserError(
                f"{path} is not an ONNX file, or it is damaged ({reason}); export it again."
            ) from error
        text = self._session.get_modelmeta().custom_metadata_map.get(RECORD_KEY)
        if text is None:
            raise UserError(
                f"{path} was not exported by xferstudio: it does not say how images are prepared or what its "
                "classes are called, and neither is guessed. Make one with `xferstudio export … --to onnx`."
            )
        try:
            self._record = Record.from_json(text)
        except ValueError as error:
            raise UserError(f"{path} cannot be used: {error}.") from error
        self.classes = self._record.classes

    def predict(self, files: Iterable[Path], heat_maps: Path | None = None) -> Iterator[Prediction]:
        """As `Predictor.predict` says."""
        import numpy as np

        side = needed_side(self._record.preprocessing)

        def make(_: int, file: Path) -> np.ndarray:
            return np.array(decode(file, side))

        # Whole pictures wait here, not small ones, so few are kept.
        for file, image in _loaded(files, make, ahead=2 * _workers()):
            if isinstance(image, Undecodable):
                yield Prediction(file, error=_sentence(image))
                continue
            try:
                answer = self._session.run([ONNX_OUTPUT], {ONNX_INPUT: image})[0]
            except Exception as error:  # noqa: BLE001  # one picture must not stop the rest
                yield Prediction(file, error=f"The model could not take this image: {str(error)[:200]}")
                continue
            note = "an exported model cannot show heat maps; take the run itself" if heat_maps else ""
            yield replace(_answered(file, self.classes, answer), heat_map_note=note)


class RunPredictor:
    """A finished run's network in PyTorch; images go through it in batches."""

    def __init__(self, model: Trained, *, device: str = "cpu", batch: int = 16) -> None:
        self.classes = model.classes
        self._model = model
        self._batch = max(1, batch)
        self._maps: HeatMaps | None = None
        if device not in ("cpu", "auto"):
            model.network.to(device)

    def predict(self, files: Iterable[Path], heat_maps: Path | None = None) -> Iterator[Prediction]:
        """As `Predictor.predict` says."""
        how: Preprocessing = self._model.preprocessing
        side = needed_side(how)
        size = self._batch if isinstance(files, Sequence) else 1

        def make(_: int, file: Path) -> _Input:
            image = decode(file, side)
            box = seen_box(upright_size(file, image.size), how) if heat_maps else None
            return _Input(prepare(image, how), box)

        waiting: list[tuple[Path, _Input | Undecodable]] = []
        for pair in _loaded(files, make, ahead=2 * size + _workers()):
            waiting.append(pair)
            if len(waiting) >= size:
                yield from self._answer(waiting, heat_maps)
                waiting = []
        yield from self._answer(waiting, heat_maps)

    def _answer(
        self, waiting: Sequence[tuple[Path, _Input | Undecodable]], heat_maps: Path | None
    ) -> Iterator[Prediction]:
        import numpy as np

        images = [image.pixels for _, image in waiting if not isinstance(image, Undecodable)]
        answers = iter(self._model.probabilities(np.stack(images)) if images else ())
        for file, image in waiting:
            if isinstance(image, Undecodable):
                yield Prediction(file, error=_sentence(image))
                continue
            answer = next(answers)
            prediction = _answered(file, self.classes, answer)
            if heat_maps is not None:
                prediction = self._with_heat_map(prediction, image, int(answer.argmax()), heat_maps)
            yield prediction

    def _with_heat_map(self, prediction: Prediction, image: _Input, label: int, folder: Path) -> Prediction:
        from PIL import Image

        if self._maps is None:
            from xferstudio.engine.heat_map import HeatMaps

            self._maps = HeatMaps(self._model)
        if self._maps.note:
            return replace(prediction, heat_map_note=self._maps.note)
        try:
            heat = self._maps.of(image.pixels, label)
        except RuntimeError as error:
            return replace(prediction, heat_map_note=f"no heat map could be made: {str(error)[:200]}")
        stream = io.BytesIO()
        Image.fromarray(heat).save(stream, "PNG")
        # Named after the image, so that asking again fills no disk.
        name = hashlib.blake2b(os.fsencode(prediction.path), digest_size=12).hexdigest()
        target = folder / f"{name}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise file_error(error, folder) from error
        write_atomic(target, stream.getvalue())
        return replace(prediction, heat_map=target, box=image.box)


@dataclass(frozen=True)
class _Input:
    """A prepared image, and the part of the upright picture that it shows, if that is wanted."""

    pixels: np.ndarray
    box: tuple[float, float, float, float] | None


def _workers() -> int:
    return max(1, min(8, os.cpu_count() or 1))


def _loaded(
    files: Iterable[Path], make: Callable[[int, Path], T], *, ahead: int
) -> Iterator[tuple[Path, T | Undecodable]]:
    if not isinstance(files, Sequence):
        for file in files:
            for _, image in load_images([Path(file)], make, workers=0, ahead=1):
                yield Path(file), image
        return
    listed = [Path(file) for file in files]
    loading = load_images(listed, make, workers=_workers(), ahead=ahead)
    with contextlib.closing(loading):  # type: ignore[type-var]
        for position, image in loading:
            yield listed[position], image


def _answered(file: Path, classes: Sequence[str], values: np.ndarray) -> Prediction:
    best = int(values.argmax())
    shares = {name: float(value) for name, value in zip(classes, values, strict=True)}
    return Prediction(file, classes[best], float(values[best]), shares)


def _sentence(problem: Undecodable) -> str:
    reason = str(problem)
    return f"It cannot be read: {reason}" + ("" if reason.endswith(".") else ".")


# ---------------------------------------------------------------------------------------------- which files


def expand_inputs(paths: Iterable[Path]) -> list[Path]:
    """The files to predict: those named, and those in named folders, sorted, to the bottom.

    In a folder, hidden files and files that are no images by their ending are passed over; a file that is
    named is always kept, so that it gets an answer or a reason. Raises UserError for a path that is missing.
    """
    from xferstudio.data.decode import readable_extensions

    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            found.extend(_walk(path, readable_extensions()))
        elif path.exists() or path.is_symlink():
            found.append(path)
        else:
            raise UserError(f"There is no file or folder {path}.")
    return found


def _walk(folder: Path, endings: frozenset[str]) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        with contextlib.suppress(OSError):
            facts = Path(place).stat()
            if (facts.st_dev, facts.st_ino) in seen:  # links can form loops
                folders.clear()
                continue
            seen.add((facts.st_dev, facts.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in endings:
                yield Path(place, name)


# ---------------------------------------------------------------------------------------------- sorting


@dataclass(frozen=True)
class Sorted:
    """Where one file was copied or linked to, or why it was not."""

    path: Path
    to: Path | None
    error: str = ""


def sort_into(
    predictions: Iterable[Prediction], folder: Path, min_confidence: float = 0.0, link: bool = False
) -> Iterator[Sorted]:
    """Copy (or link) each predicted file into a folder named like its class, `unsure` below `min_confidence`.

    Files that could not be read stay where they are. Nothing is moved or overwritten: a name that is taken
    gets a number, unless the very same picture is there already.

    Raises UserError for a folder that cannot be written.
    """
    root = Path(folder)
    if root.exists() and not root.is_dir():
        raise UserError(f"{root} is a file; name a folder to sort into.")
    places: dict[str, str] = {}
    for prediction in predictions:
        if prediction.error:
            yield Sorted(prediction.path, None, prediction.error)
            continue
        sure = prediction.confidence >= min_confidence
        key = f"class {prediction.label}" if sure else UNSURE
        if key not in places:
            places = _places(sorted(prediction.probabilities or [prediction.label]))
        yield _place(prediction.path, root / places[key], link)


def _places(classes: Sequence[str]) -> dict[str, str]:
    """A folder for each class and one for the unsure, no two alike even where case does not count."""
    taken = {UNSURE}
    places = {UNSURE: UNSURE}
    for name in classes:
        wanted = free = _folder_name(name)
        number = 2
        while free.casefold() in taken:
            free, number = f"{wanted} ({number})", number + 1
        taken.add(free.casefold())
        places[f"class {name}"] = free
    return places


_RESERVED = {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}


def _folder_name(name: str) -> str:
    """A class name as a folder name that every system takes and that stays inside its folder."""
    safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", unicodedata.normalize("NFC", name))
    while len(os.fsencode(safe)) > 200:  # systems count bytes up to 255, and a number may be added
        safe = safe[:-1]
    safe = safe.strip().rstrip(". ")
    if not safe or safe.startswith("."):
        safe = f"_{safe.lstrip('.')}"
    if safe.partition(".")[0].casefold() in _RESERVED:
        safe = f"_{safe}"
    return safe


def _place(source: Path, folder: Path, link: bool) -> Sorted:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise file_error(error, folder) from error
    number, target = 1, folder / source.name
    while True:
        try:
            if target.exists() and _same(source, target):
                return Sorted(source, target)
            if link:
                _link(source, target)
            else:
                _copy(source, target)
            return Sorted(source, target)
        except FileExistsError:
            number += 1
            target = folder / f"{source.stem} ({number}){source.suffix}"
        except OSError as error:
            return Sorted(source, None, str(file_error(error, target)))


def _same(source: Path, target: Path) -> bool:
    """Whether the target is this very file, or a copy of it: sorting twice must not double everything."""
    if target.samefile(source):
        return True
    if target.stat().st_size != source.stat().st_size:
        return False
    with source.open("rb") as one, target.open("rb") as other:
        while block := one.read(1 << 20):
            if block != other.read(1 << 20):
                return False
    return True


def _link(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise FileExistsError(target)
    try:
        os.link(source.resolve(), target)  # a hard link needs no rights on Windows and outlives a rename
    except FileExistsError:
        raise
    except OSError:
        target.symlink_to(source.resolve())


def _copy(source: Path, target: Path) -> None:
    """Copy under a temporary name; the link that gives the final one fails where the name is taken."""
    if os.path.lexists(target):
        raise FileExistsError(target)
    part = target.with_name(f".{os.getpid()}.{abs(hash(target.name)):x}.part")
    try:
        shutil.copy2(source, part)
        try:
            os.link(part, target)
        except FileExistsError:
            raise
        except OSError:  # a disk without hard links
            if os.path.lexists(target):
                raise FileExistsError(target) from None
            part.rename(target)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
