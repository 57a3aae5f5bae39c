"""The demo: the commands of the program, one after the other, on the sample and then on real X-rays."""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import sys
import textwrap
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xferstudio import history, project
from xferstudio.api import UserError
from xferstudio.sample import find_sample
from xferstudio.steering import INTERRUPTED
from xferstudio.terminal import as_accuracy, as_percent, as_time, say, text_width, warn
from xferstudio.xrays import NotToBeHad, xrays

if TYPE_CHECKING:
    from xferstudio.engine.predict import Prediction

Do = Callable[[Sequence[str]], int]
"""Does a command line, given as words, and returns its exit code, as `cli.main` does."""


@dataclass(frozen=True)
class _Budget:
    """How long each network learns; `fine-tune` and `scratch` see every image equally often."""

    epochs: int
    estimate: str


SAMPLE = _Budget(8, "about two and a half minutes on two CPU cores with nothing else to do")
XRAYS = _Budget(3, "about two minutes more on such cores")
TILES = 6
"""Images of each class on the sheet of X-rays."""


class _Ended(Exception):
    """A command did not end well, so the demo ends with its exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def run_demo(
    folder: Path, do: Do, *, xray_table: Callable[[], Path] = xrays, sample: Path | None = None
) -> int:
    """Do the demo in this folder, and return an exit code.

    `do` does one command line; `xray_table` gives the table of the X-rays, or raises NotToBeHad, without
    which the demo goes well all the same; `sample` is the folder with `studio` and `market`. Runs that are
    there already are not done again. Raises UserError for what its user can mend.
    """
    started = time.perf_counter()
    again = f"{program()} demo {_shown(folder)}"
    tour = _Tour(folder, do)
    try:
        made = tour.apples(sample or find_sample())
        try:
            made += tour.chest(xray_table())
        except NotToBeHad as why:
            say(f"The X-rays are left out this time, because {why}.")
    except _Ended as end:
        if end.code == INTERRUPTED:
            warn(f"the demo was interrupted; this goes on from there: {again}")
        return end.code
    except KeyboardInterrupt:
        warn(f"the demo was interrupted; this goes on from there: {again}")
        return INTERRUPTED
    _heading(f"Done in {as_time(time.perf_counter() - started)}. To look at:")
    for path, what in made:
        say(f"  {_shown(path)}")
        say(f"      {what}")
    say("\nYour own photos, one folder for each class, go the same way:")
    say(f"  {program()} new my-project --data my-photos")
    return 0


def program() -> str:
    """How the program can be called from here, for commands that people copy."""
    if shutil.which("xferstudio"):
        return "xferstudio"
    own = Path(sys.argv[0])
    if own.name.lower() in ("xferstudio", "xferstudio.exe") and own.is_file():
        return shlex.quote(_shown(own))
    return "python -m xferstudio"


def _shown(path: Path) -> str:
    """A path as short as it can be from here."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative


def _heading(text: str) -> None:
    say(f"\n{text}\n{'=' * text_width(text)}")
    sys.stdout.flush()


def _paragraph(text: str) -> None:
    say("\n" + textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False))
    sys.stdout.flush()


class _Tour:
    """The two parts of the demo, each a list of commands and what their results say."""

    def __init__(self, folder: Path, do: Do) -> None:
        self.folder, self._do = folder, do

    def _command(self, *words: str) -> None:
        say(f"\n$ {program()} {' '.join(map(shlex.quote, words))}")
        sys.stdout.flush()
        code = self._do(words)
        if code:
            raise _Ended(code)

    # ---------------------------------------------------------------------------------------- the parts

    def apples(self, sample: Path) -> list[tuple[Path, str]]:
        """The sample: train, compare, export, and predict where the pictures are of another kind."""
        _heading("1. A made-up orchard: apples in four conditions")
        _paragraph(
            f"Rendered pictures, 60 for each condition, some with faults on purpose. {self._plan(SAMPLE)}"
        )
        home, model = self._train("apples", sample / "studio", SAMPLE)
        market = sample / "market"
        everything = _by_class(market)
        few = [file for files in everything.values() for file in files[:2]]
        _paragraph(
            "The model has seen apples in the studio only. These are at the market, among other fruit and in "
            "another light; the folder names the truth:"
        )
        self._command("predict", _shown(model), *map(_shown, few))
        answers = _predict(model, [file for files in everything.values() for file in files])
        home_accuracy = as_accuracy(home.get("test") or {})
        _paragraph(
            f"Of all {len(answers)} apples at the market it gets {_counted_right(answers)} right; on the test "
            f"images from the studio the same model got {home_accuracy}. Another place is another task: ask a "
            "model about images like those that it has learned from."
        )
        return [
            (self.folder / "apples" / "runs", "a folder for each run: its events, predictions and weights"),
            (model, "the model in one file, with the resizing and the class names in it"),
        ]

    def chest(self, table: Path) -> list[tuple[Path, str]]:
        """Real images: train, compare, export, and draw some predictions."""
        _heading("2. Real images: chest X-rays of children, normal or with pneumonia")
        _paragraph(
            "From the collection of the Guangzhou Women and Children's Medical Center (CC0), 200 training "
            "images a class, and the test images of the set. Images of one patient stay on one side. This "
            f"shows how the program works; it is nothing to diagnose with. {self._plan(XRAYS)}"
        )
        _, model = self._train("x-rays", table, XRAYS)
        test = table.parent / "test"
        by_class = _by_class(test)
        drawn = [
            file
            for files in by_class.values()
            for file in random.Random(0).sample(files, min(TILES, len(files)))
        ]
        sheet = self.folder / "x-rays.png"
        total = sum(map(len, by_class.values()))
        answers = _predict(model, drawn)
        _draw(
            sheet,
            "Chest X-rays: what the model says",
            f"{len(drawn)} of the {total} test images, {TILES} of each class drawn by lot; the bar: how sure it is",
            answers,
        )
        right = sum(each.label == each.path.parent.name for each in answers)
        say(
            f"\nDrawn: {_shown(sheet)} ({len(answers)} test images taken by lot, {right} of them predicted rightly)"
        )
        return [
            (model, "the model of the X-rays"),
            (sheet, "test images with what the model says of them, and whether it is true"),
        ]

    # ------------------------------------------------------------------------------------- what they share

    def _plan(self, budget: _Budget) -> str:
        return (
            f"Three runs: a classifier on the frozen network, fine-tuning, and the same network from scratch, the "
            f"last two for {budget.epochs} epochs each. That is short: scratch would get further with more time. "
            f"This part takes {budget.estimate}, and next to nothing where its runs are done already."
        )

    def _train(self, name: str, data: Path, budget: _Budget) -> tuple[dict[str, Any], Path]:
        """Project, runs, comparison and export; the summary of the run that was exported, and the file."""
        folder = self.folder / name
        shown = _shown(folder)
        if (folder / project.FILE_NAME).exists():
            say(f"\n{shown} is there already and is used as it is; what is finished is not done again.")
        else:
            self._command("new", shown, "--data", _shown(data))
        known = {run.name for run in project.load(folder).runs}
        epochs = ("--set", f"epochs={budget.epochs}")
        for strategy, options in (("extract", ()), ("fine-tune", epochs), ("scratch", epochs)):
            if strategy not in known:
                self._command("add", shown, "--strategy", strategy, *options)
        self._command("run", shown, "extract", "fine-tune", "scratch")
        self._command("compare", shown)
        best, summary, summary_file = _best(project.load(folder))
        _paragraph(
            f"{best} did best on the validation images ({as_percent(summary['val'].get('accuracy'))}), so that is "
            "the one to take away. The test images have no say in this choice."
        )
        model = folder / "exports" / f"{best}.onnx"
        proof = _proof(model, summary_file)
        if proof:
            say(f"{_shown(model)} is there already. {proof}")
        else:
            self._command("export", shown, best, "--to", "onnx", "--out", _shown(model), "--overwrite")
        return summary, model


def _best(of: project.Project) -> tuple[str, dict[str, Any], Path]:
    """The run that did best on validation, its summary and the file of it; of equals the one that stands first."""
    best: tuple[str, dict[str, Any], Path] | None = None
    for run in of.runs:
        ended = history.latest(of, run.name)
        summary = ended.summary() if ended is not None else None
        if ended is None or summary is None or (summary.get("val") or {}).get("accuracy") is None:
            continue
        if best is None or summary["val"]["accuracy"] > best[1]["val"]["accuracy"]:
            best = run.name, summary, ended.summary_file
    if best is None:
        raise UserError(
            f"no run in {of.folder} has a result to go on with; delete the folder and start again"
        )
    return best


def _proof(model: Path, summary: Path) -> str:
    """The sentence on an export that is there already; empty if there is none of this run, or none that passed."""
    from xferstudio.engine.export import parity_path

    try:
        if model.stat().st_mtime < summary.stat().st_mtime:
            return ""
        parity = json.loads(parity_path(model).read_text("utf-8"))
        return str(parity["sentence"]) if parity["passed"] else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _by_class(folder: Path) -> dict[str, list[Path]]:
    """The images of each class folder, sorted."""
    from xferstudio.data import find_images

    found: dict[str, list[Path]] = {}
    for file in find_images(folder)[0]:
        found.setdefault(file.parent.name, []).append(file)
    return found


def _predict(model: Path, files: Sequence[Path]) -> list[Prediction]:
    from xferstudio.engine.predict import open_predictor

    return list(open_predictor(model).predict(files))


def _counted_right(answers: Sequence[Prediction]) -> str:
    """The share of answers that name the folder of their file, with its interval."""
    from xferstudio.engine.evaluate import wilson

    right = sum(each.label == each.path.parent.name for each in answers)
    return as_accuracy(
        {"accuracy": right / max(len(answers), 1), "accuracy_interval": wilson(right, len(answers))}
    )


def _draw(sheet: Path, title: str, subtitle: str, answers: Iterable[Prediction]) -> None:
    from xferstudio.contact_sheet import Tile, draw_sheet
    from xferstudio.data import decode

    tiles = [
        Tile(decode(each.path), each.label, each.confidence, each.path.parent.name)
        for each in answers
        if not each.error
    ]
    draw_sheet(sheet, title, subtitle, tiles)
