"""Pictures from files in order, made by a few threads a little ahead of whoever takes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from xferstudio.data.decode import Undecodable

T = TypeVar("T")


def load_images(
    files: Sequence[Path], make: Callable[[int, Path], T], *, workers: int, ahead: int
) -> Iterator[tuple[int, T | Undecodable]]:
    """Yields (position, make(position, file)) in the order of `files`.

    A picture that `make` finds Undecodable is yielded as that exception; any other exception is raised at its
    place. At most `ahead` pictures (at least one per worker) are finished or in work before they are taken.
    Threads do, since Pillow lets go of the interpreter while it decodes and resizes; `workers=0` works in the
    caller's own thread. Closing the iterator early waits for the pictures in work and leaves no thread.
    """

    def attempt(position: int) -> T | Undecodable:
        try:
            return make(position, files[position])
        except Undecodable as why:
            return why

    if workers <= 0:
        for position in range(len(files)):
            yield position, attempt(position)
        return

    pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="xferstudio-load")
    waiting: deque[Future[T | Undecodable]] = deque()
    try:
        submitted = 0
        for position in range(len(files)):
            while submitted < len(files) and len(waiting) < max(ahead, workers):
                waiting.append(pool.submit(attempt, submitted))
                submitted += 1
            yield position, waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
