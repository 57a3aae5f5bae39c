"""The commands for a second domain: its images, how far it is, the baseline that goes first, and the audit."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xferstudio.api import UserError
from xferstudio.events import Notice, Progress
from xferstudio.listing import check_images, say_left_out, say_target
from xferstudio.terminal import (
    Unbreakable,
    aligned,
    as_percent,
    display_for,
    dump_json,
    is_terminal,
    say,
    warn,
    wrapped,
)

if TYPE_CHECKING:
    from xferstudio.engine.audit_session import Audit
    from xferstudio.engine.shift import ShiftReport
    from xferstudio.history import RunFolder
    from xferstudio.plugins import Plugins
    from xferstudio.project import Project, Run


# ------------------------------------------------------------------------------------------------ the target


def set_target(project: Project, folder: str) -> None:
    """Give a project another target domain after a look at its images; or none. Raises UserError."""
    from xferstudio import project as projects
    from xferstudio.data import scan

    if not folder:
        changed = projects.set_target(project, None)
        say(
            f"{changed.name} has no target any more"
            if project.data.target
            else f"{changed.name} had no target"
        )
        return
    place = Path(folder).expanduser()
    if not place.exists():
        raise UserError(f"There is no folder or table {place}; name the place where the images are.")
    catalog = scan(place)
    check_images(catalog, "Name a folder of images; they need no labels.")
    changed = projects.set_target(project, place)
    for note in catalog.notes:
        say(note)
    say_target(catalog)
    say_left_out(catalog)
    say(f"Written: {changed.file}")
    here = shlex.quote(str(changed.folder))
    say(f"Next: xferstudio shift {here}, then xferstudio add {here} --strategy ID, for instance cdan-e")


# ------------------------------------------------------------------------------------------------ the shift


def show_shift(project: Project, backbone: str, plugins: Plugins, as_json: bool) -> None:
    """Measure how far the two domains of a project are apart, and print what that means. Raises UserError."""
    from xferstudio.engine import device
    from xferstudio.engine.domains import measure_shift
    from xferstudio.engine.store import FeatureStore

    display = display_for(as_json)
    work = measure_shift(project, backbone, plugins, device.choose(), FeatureStore())
    try:
        while True:
            try:
                event = next(work)
            except StopIteration as end:
                report: ShiftReport = end.value
                break
            if not as_json or isinstance(event, (Progress, Notice)):
                display.show(event)
    finally:
        work.close()
        display.close()
    if as_json:
        dump_json({"event": "Shift", "time": time.time(), **asdict(report)})
        return
    for sentence in report.words:
        say(sentence)
    rows = [
        (
            each.name,
            as_percent(each.source_share),
            as_percent(each.target_share),
            "?" if each.distance is None else f"{each.distance:.1f}",
        )
        for each in report.classes
    ]
    if rows:
        say()
        say(aligned(("class", "of the labelled", "of the target, estimated", "moved, in spreads"), rows))
    say()
    say(f"{report.why} To try: {', '.join(report.suggestion)}.")


# ------------------------------------------------------------------------------------------------ the baseline


def say_what_adapting_needs(project: Project, run: Run, plugins: Plugins) -> None:
    """After an adaptation was added: add its baseline too, and say if the project has no target yet."""
    from xferstudio.engine.baseline import needs_baseline, with_baseline

    if needs_baseline(run, plugins):
        changed, baseline = with_baseline(project, run, plugins)
        if len(changed.runs) > len(project.runs):
            say(f"Added {baseline.name} too: the same without adapting, to tell whether adapting helps")
    if not project.data.target:
        say(f"There is no target yet: xferstudio target {shlex.quote(str(project.folder))} FOLDER")


def baselines_first(
    project: Project, runs: Sequence[Run], plugins: Plugins, fresh: bool, display: Unbreakable
) -> Iterator[tuple[Run, bool]]:
    """The runs to do and whether to do them afresh, each adaptation after its baseline, if that is not finished.

    What is due is found out when it is its turn.
    """
    from xferstudio.engine.adaptation import BASELINE
    from xferstudio.engine.baseline import due_baseline, needs_baseline
    from xferstudio.project import load

    begun: set[str] = set()
    for run in sorted(runs, key=lambda each: each.strategy != BASELINE):
        if not needs_baseline(run, plugins):
            yield run, fresh
            continue
        due = None
        try:
            current = load(project.folder)
            due = due_baseline(current, run, plugins, fresh)
            added = due is not None and due.run.name not in {each.name for each in current.runs}
            if due is not None and added:
                text = f"{due.run.name} was added to the project: the same without adapting, to measure {run.name} against"
                display.show(Notice(text))
        except UserError as error:
            # The run itself is told in its own words what is wrong with it.
            display.show(Notice(f"{run.name} has no baseline to be measured against: {error}", "warning"))
        if due is not None and due.run.name not in begun:
            begun.add(due.run.name)
            yield due.run, due.fresh
        yield run, fresh


# ------------------------------------------------------------------------------------------------ the audit


def run_audit(project: Project, folder: RunFolder, number: int, seed: int, as_json: bool) -> None:
    """Let a person label some of the target's images, and say what that tells. Raises UserError."""
    from xferstudio.engine.audit_session import answers_by_run, open_audit, places, told

    audit = open_audit(project, folder, number, seed)
    paths, runs = places(project, folder, audit), answers_by_run(project, folder, audit)
    work = _audit_in_json if as_json else _audit_in_words
    work(audit, paths, lambda: told(audit, runs))


def _audit_in_json(audit: Audit, paths: Mapping[str, str], told: Callable[[], dict[str, Any]]) -> None:
    dump_json(
        {
            "event": "AuditSample",
            "run": audit.run,
            "classes": list(audit.classes),
            "images": [{"path": paths[content], "hash": content} for content in audit.hashes],
            "labelled": audit.labels,
        }
    )
    if audit.labels:
        dump_json({"event": "AuditEstimate", **told()})
    for line in sys.stdin.buffer:
        if not line.strip():
            continue
        try:
            _obey(audit, line)
        except UserError as error:
            warn(str(error))
            continue
        dump_json({"event": "AuditEstimate", **told()})
    dump_json({"event": "AuditEnded", **told()})


def _obey(audit: Audit, line: bytes) -> None:
    """One answer. Raises UserError for a line that is none."""
    try:
        answer = json.loads(line.decode("utf-8"))
        content = str(answer["hash"])
        if answer.get("forget"):
            audit.forget(content)
            return
        label = answer["label"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UserError(f"{line!r} is no answer; write for instance {_EXAMPLE}") from None
    audit.answer(content, None if label is None else str(label))


_EXAMPLE = '{"hash": "0f3a…", "label": "ants"}'


def _audit_in_words(audit: Audit, paths: Mapping[str, str], told: Callable[[], dict[str, Any]]) -> None:
    from xferstudio.engine.audit_session import OTHER

    say(
        f"What do these {len(audit.hashes)} images show? What {audit.run} says of them is not told, so as not to sway you."
    )
    say(wrapped(", ".join(f"{number} {name}" for number, name in enumerate(audit.classes, 1))))
    say("    n none of these, s cannot tell, u undo, q end; every answer is kept at once")
    asked: list[str] = [content for content in audit.hashes if content in audit.labels]
    while True:
        due = [content for content in audit.hashes if content not in audit.labels]
        if not due:
            break
        word = _ask(f"{len(audit.hashes) - len(due) + 1} of {len(audit.hashes)}  {paths[due[0]]}")
        if word is None or word == "q":
            break
        if word == "u":
            if asked:
                audit.forget(asked.pop())
            continue
        if word in ("s", "n"):
            audit.answer(due[0], None if word == "s" else OTHER)
        elif word.isdecimal() and 1 <= int(word) <= len(audit.classes):
            audit.answer(due[0], audit.classes[int(word) - 1])
        else:
            say(f"{word!r} is not a number from 1 to {len(audit.classes)}, n, s, u or q")
            continue
        asked.append(due[0])
    result = told()
    say()
    say(result["sentence"])
    for each in result["comparisons"] if result["labelled"] else ():
        if each["sentence"] not in result["sentence"]:
            say(f"  {each['sentence']}")
    left = len(audit.hashes) - len(audit.labels)
    if left:
        say(f"{left} are not labelled yet; the same command goes on with them.")


def _ask(text: str) -> str | None:
    """A word of the person at the terminal; None at the end of the input."""
    if is_terminal(sys.stdout):
        sys.stdout.write(f"{text}\n> ")
    else:
        say(text)
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip().lower() if line else None
