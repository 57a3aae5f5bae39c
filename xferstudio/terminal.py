"""Prints for people and for scripts: aligned text, units, lines of JSON, and what goes on in a run."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import textwrap
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from xferstudio.events import (
    EpochDone,
    Event,
    Notice,
    PhaseStarted,
    Progress,
    RunEnded,
    RunPaused,
    RunResumed,
    RunStarted,
    StepDone,
    to_json,
)

# -------------------------------------------------------------------------------------------- printing


def say(text: str = "") -> None:
    """One line of a result."""
    sys.stdout.write(text + "\n")


def warn(text: str) -> None:
    """A sentence for the person, apart from the results; lost where nobody reads it any more."""
    try:
        sys.stderr.write(f"xferstudio: {text}\n")
        sys.stderr.flush()
    except OSError:
        _mute(sys.stderr)
    except (ValueError, AttributeError):
        pass


def json_line(text: str) -> None:
    """One line of JSON: always UTF-8, whatever the terminal speaks, and out at once.

    A file name that is not valid UTF-8 holds lone surrogates; they come out as JSON's own escapes.
    """
    data = text.encode("utf-8", "backslashreplace") + b"\n"
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:
        sys.stdout.write(data.decode("utf-8"))
        sys.stdout.flush()
    else:
        binary.write(data)
        binary.flush()


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def dump_json(value: Any) -> None:
    """A value as one line of JSON."""
    json_line(json.dumps(_finite(value), ensure_ascii=False, default=str))


def text_width(text: str) -> int:
    """Columns that a text takes on a terminal: East Asian letters take two, combining marks none."""
    columns = 0
    for letter in text:
        if not unicodedata.combining(letter):
            columns += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
    return columns


def padded(text: str, width: int) -> str:
    """The text, filled with blanks to so many columns."""
    return text + " " * (width - text_width(text))


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Aligned columns under a head line; the last column is free to run on."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(text_width(line[column]) for line in lines) for column in range(len(head))]
    texts = []
    for number, line in enumerate(lines):
        cells = [padded(cell, width) for cell, width in zip(line, widths, strict=True)]
        texts.append("  ".join(cells).rstrip())
        if number == 0:
            texts.append("  ".join("-" * width for width in widths))
    return "\n".join(texts)


def wrapped(text: str) -> str:
    """A long list under a head line; names are never broken."""
    return textwrap.fill(
        text,
        100,
        initial_indent="    ",
        subsequent_indent="        ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def counted(number: int, one: str, many: str = "") -> str:
    """`1 image`, `2 images`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def as_size(size: float) -> str:
    """`1.2 GB`."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def as_time(seconds: float | None) -> str:
    """`2 min 05 s`."""
    if seconds is None or not math.isfinite(seconds):
        return "?"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def as_percent(share: Any) -> str:
    """`91.7 %`."""
    return f"{100 * share:.1f} %" if isinstance(share, (int, float)) and math.isfinite(share) else "?"


def as_accuracy(metrics: Mapping[str, Any]) -> str:
    """`91.7 % (88.1 to 94.3)`, or an empty text where nothing was measured."""
    if not metrics or metrics.get("accuracy") is None:
        return ""
    text = as_percent(metrics["accuracy"])
    interval = metrics.get("accuracy_interval")
    if interval and all(isinstance(bound, (int, float)) for bound in interval):
        text += f" ({100 * interval[0]:.1f} to {100 * interval[1]:.1f})"
    return text


def _result(summary: Mapping[str, Any]) -> str:
    """The headline of a summary: accuracy on the test split, or else on validation."""
    for split, name in (("test", "test"), ("val", "validation")):
        text = as_accuracy(summary.get(split) or {})
        if text:
            return f"{name} accuracy {text}"
    return ""


# -------------------------------------------------------------------------------------------- watching a run


class Display(Protocol):
    """Something that shows the events of a run."""

    def show(self, event: Event) -> None:
        """Show one event."""

    def close(self) -> None:
        """Give the terminal back; showing more afterwards is allowed."""


class JsonLines:
    """Each event as one line of JSON."""

    def show(self, event: Event) -> None:
        """Print the event's line at once."""
        json_line(to_json(event))

    def close(self) -> None:
        """Nothing to give back."""


class PlainLines:
    """A line for everything that is worth one, for pipes and log files: epochs and milestones, not steps."""

    quiet_seconds = 30.0
    """How long a task may take before a line says that it is still going."""

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self._write = write or self._print
        self._told = time.monotonic()

    @staticmethod
    def _print(text: str) -> None:
        say(text)
        sys.stdout.flush()

    def _tell(self, text: str) -> None:
        self._told = time.monotonic()
        self._write(text)

    def show(self, event: Event) -> None:
        """Print what a person would want to read."""
        quiet = time.monotonic() - self._told > self.quiet_seconds
        if isinstance(event, RunStarted):
            counts = event.counts
            images = ", ".join(
                f"{counts[key]:,} {word}"
                for key, word in (
                    ("train", "train"),
                    ("val", "validation"),
                    ("test", "test"),
                    ("left_out", "left out so far"),
                )
                if counts.get(key) is not None
            )
            self._tell(
                f"{event.run}: {event.strategy} on {event.backbone}, {event.device}, {event.precision}; "
                f"{counted(len(event.classes), 'class', 'classes')}; images: {images}"
            )
            if event.resumed_step:
                self._tell(f"  goes on from step {event.resumed_step}")
        elif isinstance(event, Notice):
            self._tell(f"  {'warning: ' if event.level == 'warning' else ''}{event.text}")
        elif isinstance(event, Progress):
            if event.done >= event.total > 0:
                speed = f", {event.per_second:.0f} per second" if event.per_second else ""
                self._tell(f"  {event.task}: {event.done:,} of {event.total:,}{speed}")
            elif quiet:
                left = f", {as_time(event.seconds_left)} left" if event.seconds_left is not None else ""
                self._tell(
                    f"  {event.task}: {event.done:,}{f' of {event.total:,}' if event.total else ''}{left}"
                )
        elif isinstance(event, PhaseStarted):
            self._tell(
                f"  phase {event.phase} of {event.phases}, {event.name}: "
                f"{counted(event.epochs, 'epoch')}, "
                f"{event.trainable_parameters:,} of {event.total_parameters:,} parameters learn"
                + ("; the frozen part is computed once" if event.boundary else "")
            )
        elif isinstance(event, StepDone):
            if quiet:
                self._tell(
                    f"  step {event.step:,} of {event.steps:,}, "
                    f"{event.images_per_second:.0f} images per second"
                )
        elif isinstance(event, EpochDone):
            loss = event.train.get("loss")
            self._tell(
                f"  epoch {event.epoch} of {event.epochs}: "
                + (f"loss {loss:.4f}, " if isinstance(loss, (int, float)) else "")
                + self._validation(event)
                + (f"; {as_time(event.seconds_left)} left" if event.seconds_left else "")
            )
        elif isinstance(event, RunPaused):
            self._tell(f"  paused at step {event.step}")
        elif isinstance(event, RunResumed):
            self._tell("  goes on")
        elif isinstance(event, RunEnded):
            self._tell(ending(event))

    @staticmethod
    def _validation(event: EpochDone) -> str:
        if not event.val:
            return "no validation images"
        # Of an adaptation, signs without labels choose, and not the accuracy that stands beside it.
        how = ", the choice by the signs so far" if event.validators else ", the best so far"
        best = how if event.best else ""
        return f"validation accuracy {as_accuracy(event.val) or '?'}{best}"

    def close(self) -> None:
        """Nothing to give back."""


def ending(event: RunEnded) -> str:
    """The result line of a run."""
    words = {
        "finished": "finished",
        "stopped": "stopped early; what was learned is kept",
        "cancelled": "cancelled; nothing was kept",
        "interrupted": "interrupted; the same command goes on from here",
        "failed": "failed",
    }
    head = event.message or words[event.reason]
    if event.message and event.reason == "failed":
        head = f"failed: {event.message}"
    parts = [head.rstrip(".")]
    result = _result(event.summary)
    if result:
        parts.append(result)
    verdict = event.summary.get("verdict")
    if isinstance(verdict, str) and verdict:
        parts.append(verdict)
    seconds = event.seconds or event.summary.get("seconds") or 0.0
    if seconds:
        parts.append(as_time(float(seconds)))
    if event.folder:
        parts.append(event.folder)
    return "; ".join(parts)


class Bars:
    """A progress bar for what goes on, and the plain lines above it; for a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

        self._console = Console(highlight=False, soft_wrap=True)
        self._new: Callable[[], Any] = lambda: Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}", markup=False),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._console,
            transient=True,
        )
        self._progress: Any = None
        self._task: Any = None
        self._name = ""
        self._epoch = ""
        self._val = ""
        self._lines = PlainLines(lambda text: self._console.print(text, markup=False))
        self._lines.quiet_seconds = math.inf

    def _bar(self, name: str, done: int, total: int, note: str) -> None:
        if self._progress is None:
            self._progress = self._new()
            self._progress.start()
        if self._task is None or name != self._name:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task, self._name = self._progress.add_task(name, total=max(total, 1), note=""), name
        self._progress.update(self._task, completed=done, total=max(total, done, 1), note=note)

    def show(self, event: Event) -> None:
        """Move the bar, or print a line above it."""
        if isinstance(event, Progress):
            self._bar(
                event.task, event.done, event.total, f"{event.per_second:.0f}/s" if event.per_second else ""
            )
            return
        if isinstance(event, StepDone):
            note = f"{event.images_per_second:.0f} images/s" + (
                f", validation {self._val}" if self._val else ""
            )
            self._bar(f"epoch {event.epoch}{self._epoch}", event.step, event.steps, note)
            return
        if isinstance(event, EpochDone):
            self._epoch, self._val = f" of {event.epochs}", as_percent(event.val.get("accuracy"))
        elif isinstance(event, RunStarted):
            self._epoch, self._val = f" of {event.epochs}" if event.epochs else "", ""
        elif isinstance(event, RunEnded):
            self.close()
        self._lines.show(event)

    def close(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = self._task = None
        self._name = ""


class Unbreakable:
    """Shows events while somebody reads them; a reader that goes away does not end the run."""

    def __init__(self, inner: Display) -> None:
        self._inner: Display | None = inner
        self.as_json = isinstance(inner, JsonLines)

    def show(self, event: Event) -> None:
        """Show the event, unless nobody reads any more."""
        if self._inner is None:
            return
        try:
            self._inner.show(event)
        except OSError:
            self._inner = None
            mute_stdout()

    def close(self) -> None:
        """Give the terminal back."""
        if self._inner is not None:
            with contextlib.suppress(OSError):
                self._inner.close()


def display_for(as_json: bool) -> Unbreakable:
    """Lines of JSON if asked for, bars on a terminal, plain lines elsewhere."""
    if as_json:
        return Unbreakable(JsonLines())
    if is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb":
        return Unbreakable(Bars())
    return Unbreakable(PlainLines())


def is_terminal(stream: Any) -> bool:
    """Whether a person sees what is written there."""
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def mute_stdout() -> None:
    """Let nothing fail on a standard output that is gone, the flush at exit included."""
    _mute(sys.stdout)


def _mute(stream: Any) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
