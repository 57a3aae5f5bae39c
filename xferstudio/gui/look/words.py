"""Words that several pages use: states, figures and times as people say them, and texts of the engine translated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, reduce

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QLocale

from xferstudio.gui.look.adapt_words import ROWS
from xferstudio.gui.look.engine_words import LISTS, PARTS, PATTERNS

_OLD_ENDING = " Labels of a few target images would tell more."
"""Of verdicts in runs of earlier versions; it is said elsewhere now."""


def engine_text(text: str) -> str:
    """A text of the engine or of a first-party plugin in the user's language; others as they come.

    Known are those of `engine_words`: whole texts, and texts with names and figures in them.
    """
    text = text.removesuffix(_OLD_ENDING)
    told = QCoreApplication.translate("Engine", text)
    if told != text or not text:
        return told
    for source, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            told = QCoreApplication.translate("Engine", source)
            if told == source:
                break  # the program speaks English
            parts = found.groupdict()
            return told.format(**{part: _part(part, value) for part, value in parts.items()})
    return text


def _part(name: str, text: str) -> str:
    """What stands in a sentence of the engine: a text of its own, or a list of names, or as it is."""
    if name in PARTS and (told := engine_text(text)) != text:
        return told
    if name in ROWS:
        return _row(name, text)
    if name in LISTS:
        return _list(text)
    if name in PARTS and "; " in text:
        return listed(map(engine_text, text.split("; ")))
    return text


_MORE = re.compile(r"(.*?);?\sand\s(\d+)\smore(,\sin\ssummary\.json)?", re.DOTALL)


def _list(text: str) -> str:
    """A list of the engine: "a, b and 3 more", or "one.jpg: why; other.jpg: why; and 3 more, in summary.json"."""
    more = _MORE.fullmatch(text)
    if more:
        words = QCoreApplication.translate("Words", "{names} and {count} more").format(
            names=_list(more[1]), count=more[2]
        )
        if more[3]:
            words += QCoreApplication.translate("Words", ", in {file}").format(file="summary.json")
        return words
    if "; " in text:
        return listed(map(_list, text.split("; ")))
    file, colon, why = text.rpartition(": ")
    if colon and (told := engine_text(why)) != why:
        return QCoreApplication.translate("Words", "{name}: {what}").format(name=file, what=told)
    return QCoreApplication.translate("Words", ", ", "between names").join(text.split(", "))


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    def compiled(source: str) -> re.Pattern[str]:
        # Every second part is the name of a placeholder.
        parts = re.split(r"\{(\w+)\}", source)
        wanted = [
            (rf"(?P<{part}>\d[\d.,]*)" if part == "count" else f"(?P<{part}>.+?)")
            if at % 2
            else re.escape(part)
            for at, part in enumerate(parts)
        ]
        return re.compile("".join(wanted), re.DOTALL)

    return [(str(source), compiled(str(source))) for source in PATTERNS]


_STATES = {
    "new": QT_TRANSLATE_NOOP("Words", "not begun"),
    "waiting": QT_TRANSLATE_NOOP("Words", "waiting"),
    "running": QT_TRANSLATE_NOOP("Words", "running"),
    "paused": QT_TRANSLATE_NOOP("Words", "paused"),
    "interrupted": QT_TRANSLATE_NOOP("Words", "interrupted"),
    "finished": QT_TRANSLATE_NOOP("Words", "finished"),
    "stopped": QT_TRANSLATE_NOOP("Words", "stopped, kept"),
    "cancelled": QT_TRANSLATE_NOOP("Words", "cancelled"),
    "failed": QT_TRANSLATE_NOOP("Words", "failed"),
}


_STATE_ICONS = {
    "new": ("circle", "quiet"),
    "waiting": ("clock", "quiet"),
    "running": ("play", "accent"),
    "paused": ("pause", "accent"),
    "interrupted": ("pause", "warning"),
    "finished": ("check", "good"),
    "stopped": ("stop", "good"),
    "cancelled": ("cancel", "quiet"),
    "failed": ("warning", "bad"),
}


def state_icon(name: str) -> tuple[str, str]:
    """The icon of a run's state and its colour, the same wherever runs are listed."""
    return _STATE_ICONS.get(name, ("circle", "quiet"))


def state(name: str) -> str:
    """The state of a run in a word or two."""
    return QCoreApplication.translate("Words", str(_STATES.get(name, name)))


def percent(share: float | None, digits: int = 1) -> str:
    """0.934 as 93.4 %."""
    if share is None:
        return "–"
    return QLocale().toString(100 * share, "f", digits) + "\u202f%"


def interval(bounds: Sequence[float] | None) -> str:
    """An interval of shares: 90.1 – 95.7 %."""
    if not bounds:
        return ""
    low, high = (QLocale().toString(100 * bound, "f", 1) for bound in bounds)
    return f"{low} – {high}\u202f%"


def listed(parts: Iterable[str]) -> str:
    """Parts of a list, set apart as the language does."""
    return QCoreApplication.translate("Words", "; ", "between the parts of a list").join(parts)


def _row(part: str, text: str) -> str:
    """Signs in a row, each of them translated, or runs, each of them as it is called."""
    each = re.split(", | and ", text)
    return names(each if part == "runs" else map(engine_text, each))


def names(parts: Iterable[str]) -> str:
    """Names in a row."""
    return QCoreApplication.translate("Words", ", ", "between names").join(parts)


def told(sentences: Iterable[str]) -> str:
    """Sentences one after another; some languages have no space between them."""
    pattern = QCoreApplication.translate("Words", "{one} {next}", "two sentences")
    return reduce(lambda one, other: pattern.format(one=one, next=other), sentences)


def whole(number: int) -> str:
    """A whole number with the language's separators."""
    return QLocale().toString(number)


def seconds(time: float | None) -> str:
    """A duration: 8 s, 3 min 20 s, 2 h 5 min."""
    if time is None:
        return "–"
    total = round(time)
    if total < 60:
        return QCoreApplication.translate("Words", "{s} s").format(s=total)
    if total < 3600:
        return QCoreApplication.translate("Words", "{m} min {s} s").format(m=total // 60, s=total % 60)
    return QCoreApplication.translate("Words", "{h} h {m} min").format(h=total // 3600, m=total % 3600 // 60)


def size(number: float) -> str:
    """Bytes: 14.2 MB."""
    return QLocale().formattedDataSize(int(number), 1, QLocale.DataSizeFormat.DataSizeSIFormat)
