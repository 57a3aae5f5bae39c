"""Feeds a network with the images of a run: what is frozen is computed once per image and kept in the store."""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from xferstudio.api import Preprocessing, UserError
from xferstudio.data import (
    Item,
    Undecodable,
    augmented,
    cache_folder,
    decode,
    load_images,
    needed_side,
    prepare,
)
from xferstudio.engine.device import Machine, is_out_of_memory
from xferstudio.engine.kept import as_built
from xferstudio.engine.means import WORTH_CONVERTING, Runner, make_runner
from xferstudio.engine.model import normalise
from xferstudio.engine.prefix import Cut, prefix_identity
from xferstudio.engine.store import FeatureStore, Shelf
from xferstudio.events import Event, Notice, Progress
from xferstudio.project import write_atomic

# Raised whenever the decoder or the augmentation changes what it makes of the same file.
PIXELS_VERSION = 1

# What a comparison with float32 found, in the folder of the shelf.
COMPARED_FILE = "float32.json"

# Images that one thread takes at a time through the frozen layers on the CPU.
PIECE = 8

Poll = Callable[[], Iterator[Event]]
Loaded = Generator[tuple[tuple[int, int], np.ndarray | Undecodable], None, None]


@dataclass
class Images:
    """The images of a run with their labels; `unreadable` grows (path: reason) as files turn out to be broken."""

    root: Path
    items: Sequence[Item]
    labels: np.ndarray
    unreadable: dict[str, str] = field(default_factory=dict)

    def readable(self, indices: np.ndarray) -> np.ndarray:
        """Those of `indices` that could be decoded so far."""
        return np.array([i for i in indices if self.items[i].path not in self.unreadable], dtype=np.int64)

    def file(self, index: int) -> Path:
        return self.root / self.items[index].path


@dataclass
class _Piece:
    """A few images (index, view) with their rows, on the CPU computed already; and why others are missing."""

    places: list[tuple[int, int]]
    unreadable: dict[tuple[int, int], str]
    rows: torch.Tensor | None = None


class Feed:
    """Inputs for the part of the network behind `cut`, for training and evaluation.

    `views` as in the options: 0 plain images; K > 0 that many augmented versions besides, computed once and taken
    by turns; -1 fresh ones in every epoch (then only plain images are cached).
    """

    def __init__(
        self,
        images: Images,
        cut: Cut,
        how: Preprocessing,
        machine: Machine,
        store: FeatureStore,
        views: int = 0,
        augment: str = "none",
        seed: int = 0,
        backbone: str = "",
    ) -> None:
        self.images, self.cut, self.how, self.machine, self.store = images, cut, how, machine, store
        self.views, self.augment, self.seed = views, augment, seed
        self.means = ""
        """What computes fresh views; a resumed run sets it to what it was, or its rows would differ slightly."""
        self.waited = 0.0
        self.computed = 0
        self.seconds = 0.0
        self._runner: Runner | None = None
        self._told = False
        self._pool: ThreadPoolExecutor | None = None
        self._threads_before = 1
        pixels = cut.is_empty
        self.prefix = "" if pixels else prefix_identity(cut)
        """What is computed once, in one hash."""
        dtype = "uint8" if pixels else "float32" if cut.is_whole else machine.precision
        identity = {
            # Weights alone do not say what is computed with them: other stages, another activation.
            "backbone": "" if pixels else backbone,
            "prefix": self.prefix,
            "boundary": cut.boundary,
            "preprocessing": how.to_dict(),
            "precision": "" if pixels else machine.precision,
            "dtype": dtype,
            "pixels": PIXELS_VERSION,
        }
        self._identity = hashlib.blake2b(json.dumps(identity).encode(), digest_size=16).hexdigest()
        self._plain = store.shelf(identity)
        self._augmented = (
            store.shelf({**identity, "augment": self.augment, "seed": self.seed}) if self.views > 0 else None
        )

    # ------------------------------------------------------------------------------------ filling the store

    def fill(
        self, train: np.ndarray, evaluated: np.ndarray, poll: Poll, task: str = "computing features"
    ) -> Iterator[Event]:
        """Compute what is not in the store yet, for these image indices, with progress.

        Unreadable files are noted in `images.unreadable`.
        """
        # What is known to be broken, from an earlier fold, would only be told again.
        train, evaluated = self.images.readable(train), self.images.readable(evaluated)
        # Fresh views decode again in every epoch; the plain rows tell now which files cannot be read.
        everything = np.concatenate([evaluated, train])
        wanted = [(int(i), 0) for i in everything if not self._plain.has(self.images.items[i].hash)]
        yield from self._compute(self._plain, wanted, poll, task)
        if self._augmented is not None:
            shelf = self._augmented
            content = [item.hash for item in self.images.items]
            some = [
                (int(i), v) for i in train for v in range(1, self.views + 1) if not shelf.has(content[i], v)
            ]
            yield from self._compute(shelf, some, poll, f"{task} (augmented versions)")

    def _compute(self, shelf: Shelf, wanted: list[tuple[int, int]], poll: Poll, task: str) -> Iterator[Event]:
        seen: set[tuple[str, int]] = set()
        todo: list[tuple[int, int]] = []
        for index, view in wanted:  # identical files are computed once
            key = (self.images.items[index].hash, view)
            if key not in seen:
                seen.add(key)
                todo.append((index, view))
        if not todo:
            return
        start = reported = time.perf_counter()
        reasons: dict[str, str] = {}
        size = PIECE if self.machine.device.type == "cpu" else 128
        pieces = [todo[first : first + size] for first in range(0, len(todo), size)]
        ahead = 2 * max(self.machine.threads, self.machine.workers)
        computing: deque[Future[_Piece]] = deque()
        submitted = finished = polled = 0
        try:
            self._begin(todo)
            while finished < len(todo):
                while submitted < len(pieces) and len(computing) < ahead:
                    computing.append(self._threads().submit(self._make, pieces[submitted]))
                    submitted += 1
                piece = computing.popleft().result()
                if piece.rows is not None:
                    rows = piece.rows if self.machine.device.type == "cpu" else self._rows_of(piece.rows)
                    contents = [self.images.items[i].hash for i, _ in piece.places]
                    shelf.add(contents, [view for _, view in piece.places], rows)
                reasons |= {self.images.items[i].hash: why for (i, _), why in piece.unreadable.items()}
                finished += len(piece.places) + len(piece.unreadable)
                if finished - polled < 4 * size and finished < len(todo):
                    continue
                polled = finished
                yield from poll()
                now = time.perf_counter()
                if now - reported > 0.25:
                    rate = finished / (now - start)
                    left = (len(todo) - finished) / rate
                    yield Progress(task, finished, len(todo), round(rate, 1), round(left, 1))
                    reported = now
            rate = len(todo) / (time.perf_counter() - start)
            yield Progress(task, len(todo), len(todo), round(rate, 1), 0.0)
        finally:
            self._rest()
            shelf.flush()
            self.machine.release()
        shelf.merge()
        if reasons:
            broken = {item.path: reasons[item.hash] for item in self.images.items if item.hash in reasons}
            self.images.unreadable |= broken
            some = "; ".join(f"{path}: {why}" for path, why in list(broken.items())[:3])
            more = f"; and {len(broken) - 3} more, in summary.json" if len(broken) > 3 else ""
            these = (
                "1 file cannot be read and is"
                if len(broken) == 1
                else f"{len(broken)} files cannot be read and are"
            )
            yield Notice(f"{these} left out: {some}{more}", "warning")
        self.computed += len(todo)
        self.seconds += time.perf_counter() - start
        if self._runner is not None and self._runner.note and not self._told:
            self._told = True
            yield Notice(self._runner.note)
        self.store.trim(keep=self._shelves())

    def compared(self) -> tuple[int, int] | None:
        """Predictions that float32 would have changed, of how many, as measured when this shelf was filled."""
        try:
            told = json.loads((self._plain.folder / COMPARED_FILE).read_text("utf-8"))
            return int(told["changed"]), int(told["checked"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember_compared(self, changed: int, checked: int) -> None:
        """Write the result of the comparison with float32 beside the rows that it speaks of."""
        with contextlib.suppress(UserError):  # it is measured again, no more
            told = json.dumps({"changed": changed, "checked": checked})
            write_atomic(self._plain.folder / COMPARED_FILE, told)

    def _shelves(self) -> list[str]:
        return [shelf.folder.name for shelf in (self._plain, self._augmented) if shelf is not None]

    def _begin(self, todo: Sequence[tuple[int, int]]) -> None:
        """Choose the means of computing on the first images that can be decoded."""
        for first in range(0, len(todo), PIECE):
            prepared = [p for p in map(self._decode, todo[first : first + PIECE]) if not isinstance(p, str)]
            if prepared:
                self._choose_means(np.stack(prepared), len(todo))
                return

    def _decode(self, place: tuple[int, int]) -> np.ndarray | str:
        """One version of one image, prepared; or why it cannot be decoded."""
        index, view = place
        try:
            return self._prepared(self.images.file(index), index, view)
        except Undecodable as why:
            return str(why)

    def _prepared(self, file: Path, index: int, view: int) -> np.ndarray:
        side = needed_side(self.how)
        if view == 0:
            return prepare(decode(file, side), self.how)
        # An augmented crop enlarges a part of the image: it needs more pixels than the plain one.
        return augmented(decode(file, 2 * side), self.how, self.augment, self._view_seed(index, view))

    def _make(self, todo: Sequence[tuple[int, int]]) -> _Piece:
        """Decode a few images; on the CPU compute their rows as well, in the same thread.

        Each thread works for itself: none waits for another, and a small batch stays in its core's cache.
        """
        piece = _Piece([], {})
        arrays = []
        for place, result in zip(todo, map(self._decode, todo), strict=True):
            if isinstance(result, str):
                piece.unreadable[place] = result
            else:
                piece.places.append(place)
                arrays.append(result)
        if arrays:
            prepared = torch.from_numpy(np.stack(arrays))
            piece.rows = prepared
            if self.machine.device.type == "cpu":
                piece.rows = self._rows_of(prepared)
        return piece

    def _through(self, prepared: np.ndarray) -> torch.Tensor:
        """Prepared images through the frozen layers, on the CPU in pieces side by side."""
        pixels = torch.from_numpy(prepared)
        if self.machine.device.type != "cpu":
            return self._rows_of(pixels)
        return torch.cat(list(self._threads().map(self._rows_of, torch.split(pixels, PIECE))))

    def _rows_of(self, prepared: torch.Tensor) -> torch.Tensor:
        """One batch through the frozen layers; in halves where the memory does not suffice."""
        if self.cut.is_empty:
            return prepared
        assert self._runner is not None
        try:
            return self._runner(prepared.numpy())
        except Exception as error:
            if len(prepared) < 2 or not is_out_of_memory(error):
                raise
        # Outside of the handler, whose traceback would keep the memory.
        return torch.cat([self._rows_of(half) for half in prepared.tensor_split(2)])

    def _threads(self) -> ThreadPoolExecutor:
        """Threads that decode and, on the CPU, compute, with one thread of torch's for each."""
        if self._pool is None:
            self._threads_before = torch.get_num_threads()
            on_cpu = self.machine.device.type == "cpu"
            self._pool = ThreadPoolExecutor(
                self.machine.threads if on_cpu else self.machine.workers,
                "xferstudio-features",
                torch.set_num_threads,
                (1,),
            )
        return self._pool

    def _choose_means(self, prepared: np.ndarray, images: int) -> None:
        """Settle what computes the frozen layers; `images` is how many will be computed in all.

        The rows then come from the winner alone, so that the same run gives the same rows.
        """
        if self.cut.is_empty:
            return
        if self._runner is None:
            self._runner = self._choose_runner(prepared, images)
        if not self._runner.means:
            # In a thread of the pool, as the work itself.
            self._threads().submit(self._runner.decide, prepared).result()
            if images >= WORTH_CONVERTING:  # for few images not all means are tried
                self._remember_means()

    def _choose_runner(self, prepared: np.ndarray, images: int) -> Runner:
        """The means of an earlier race for these layers on this machine, or a new race."""
        self._means_key = f"{self._identity}:{self.machine.name}:{self.machine.threads}:{platform.node()}:{torch.__version__}"
        known, moved = ("", 0.0) if self.means else _read_means().get(self._means_key, ("", 0.0))
        cut = replace(self.cut, prefix=as_built(self.cut.prefix))
        runner = make_runner(cut, self.how, self.machine, images, known)
        if self.means or known:
            runner.decide(prepared, self.means or known)
            runner.moved = max(runner.moved, float(moved))
        return runner

    def _remember_means(self) -> None:
        assert self._runner is not None
        known = _read_means()
        known[self._means_key] = (self._runner.means, self._runner.moved)
        with contextlib.suppress(UserError, OSError):  # only time is lost
            _means_file().parent.mkdir(parents=True, exist_ok=True)
            write_atomic(_means_file(), json.dumps(dict(list(known.items())[-200:])))

    def _rest(self) -> None:
        """Let the threads for features end; the others get their number back."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
            torch.set_num_threads(self._threads_before)

    def _load(self, todo: Sequence[tuple[int, int]], size: int) -> Loaded:
        def make(position: int, file: Path) -> np.ndarray:
            return self._prepared(file, *todo[position])

        files = [self.images.file(index) for index, _ in todo]
        loaded = load_images(files, make, workers=self.machine.workers, ahead=2 * size)
        try:
            for position, result in loaded:
                yield todo[position], result
        finally:
            loaded.close()  # type: ignore[attr-defined]

    def _view_seed(self, index: int, view: int) -> int:
        text = f"{self.images.items[index].hash}:{view}:{self.seed}"
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big")

    # ------------------------------------------------------------------------------------ giving batches

    def plain(self, indices: np.ndarray) -> torch.Tensor:
        """Inputs of these images without augmentation, on the device."""
        return self._to_device(
            self._plain.gather([self.images.items[i].hash for i in indices], [0] * len(indices))
        )

    def view(self, indices: np.ndarray, view: int) -> torch.Tensor:
        """Inputs of one version of these images (0: plain, then the augmented ones), on the device."""
        if view == 0 or self._augmented is None:
            return self.plain(indices)
        contents = [self.images.items[i].hash for i in indices]
        return self._to_device(self._augmented.gather(contents, [view] * len(indices)))

    def training_batches(self, batches: Sequence[np.ndarray], epoch: int) -> Iterator[torch.Tensor]:
        """Inputs of each batch of image indices, on the device; time spent waiting is added to `waited`."""
        if self.views < 0:
            yield from self._fresh(batches, epoch)
            return
        for indices in batches:
            start = time.perf_counter()
            contents = [self.images.items[i].hash for i in indices]
            rows = self._rows(contents, [(epoch + int(i)) % (max(self.views, 0) + 1) for i in indices])
            inputs = self._to_device(rows)
            self.waited += time.perf_counter() - start
            yield inputs

    def _rows(self, contents: Sequence[str], views: Sequence[int]) -> torch.Tensor:
        """Rows of these images, each in its version (0: plain, then the augmented ones)."""
        if self._augmented is None:
            return self._plain.gather(contents, views)
        plain = [place for place, view in enumerate(views) if view == 0]
        other = [place for place, view in enumerate(views) if view > 0]
        parts = [
            shelf.gather([contents[place] for place in places], [views[place] for place in places])
            for shelf, places in ((self._plain, plain), (self._augmented, other))
            if places
        ]
        return torch.cat(parts)[torch.tensor([*plain, *other]).argsort()]

    def _fresh(self, batches: Sequence[np.ndarray], epoch: int) -> Iterator[torch.Tensor]:
        todo = [(int(i), epoch + 1) for indices in batches for i in indices]
        loaded = self._load(todo, max((len(indices) for indices in batches), default=1))
        try:
            for indices in batches:
                start = time.perf_counter()
                arrays = []
                for _ in indices:
                    _, result = next(loaded)
                    if isinstance(result, Undecodable):
                        raise OSError(f"an image became unreadable while the run was going on: {result}")
                    arrays.append(result)
                self.waited += time.perf_counter() - start
                prepared = np.stack(arrays)
                if not self.cut.is_empty:
                    due = len(self.images.items)  # the same after a resume, unlike what is still to do
                    self._runner = self._runner or make_runner(self.cut, self.how, self.machine, due)
                    self.means = self._runner.decide(prepared, self.means)
                rows = self._through(prepared)
                self._rest()  # the step that follows needs the threads
                # Autograd refuses tensors that were made in inference mode.
                yield self._to_device(rows.clone() if rows.is_inference() else rows)
        finally:
            loaded.close()

    def _to_device(self, rows: torch.Tensor) -> torch.Tensor:
        rows = rows.to(self.machine.device, non_blocking=True)
        if self.cut.is_empty:
            return normalise(rows, self.how)
        return rows


def _means_file() -> Path:
    return cache_folder() / "means.json"


def _read_means() -> dict[str, tuple[str, float]]:
    """By layers and machine: the means that won the race, and how far they move from float32."""
    try:
        raw = json.loads(_means_file().read_text("utf-8"))
        return {str(key): (str(means), float(moved)) for key, (means, moved) in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
