"""The rows that a benchmark gives, printed as tables and written as JSON."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

PASS, MISS, INFO = "PASS", "MISS", "-"


@dataclass(frozen=True)
class Row:
    """One measured relation. `ours` and `theirs` are shown as given; `value` is judged against `demand`.

    `at_most` turns the judgement round. A row without a demand informs only.
    """

    what: str
    ours: str
    theirs: str
    value: float
    demand: float | None = None
    at_most: bool = False
    unit: str = "x"
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.demand is None:
            return INFO
        good = self.value <= self.demand if self.at_most else self.value >= self.demand
        return PASS if good else MISS

    @property
    def demanded(self) -> str:
        if self.demand is None:
            return ""
        return f"{'<=' if self.at_most else '>='} {self.demand:g}{self.unit}"


@dataclass
class Report:
    """What one benchmark has to say: a title, facts that belong to the numbers, and its rows."""

    title: str
    facts: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def missed(self) -> list[Row]:
        return [row for row in self.rows if row.verdict == MISS]

    def to_dict(self) -> dict[str, Any]:
        rows = [{**asdict(row), "verdict": row.verdict} for row in self.rows]
        return {"title": self.title, "facts": self.facts, "seconds": round(self.seconds, 1), "rows": rows}

    def __str__(self) -> str:
        heads = ("", "xferstudio", "other side", "measured", "demanded", "")
        lines = [
            (row.what, row.ours, row.theirs, f"{row.value:.3g}{row.unit}", row.demanded, row.verdict)
            for row in self.rows
        ]
        widths = [max(len(line[i]) for line in [heads, *lines]) for i in range(len(heads))]
        shown = [self.title, "=" * len(self.title)]
        shown += [f"  {fact}" for fact in self.facts]
        for line, row in [(heads, None), *zip(lines, self.rows, strict=True)]:
            cells = [text.ljust(width) for text, width in zip(line, widths, strict=True)]
            shown.append("  " + "  ".join(cells).rstrip())
            if row is not None and row.note:
                shown.append(f"      ({row.note})")
        return "\n".join([*shown, f"  took {self.seconds:.0f} s", ""])


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of wall-clock time, and the result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def shown_seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
