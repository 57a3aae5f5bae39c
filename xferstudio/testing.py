"""The conformance kit for authors of plugins: what `xferstudio check-plugin` runs, and functions for their tests.

`check_strategy`, `check_backbone` and `check_exporter` raise AssertionError with a sentence at the first fault;
`check_plugin` goes on after a fault and returns a report. Everything happens in temporary folders, with a
network of some hundred thousand weights and thirty small pictures; nothing is downloaded. Importing this
module imports no torch, so that the kit can tell whether a plugin does.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import io
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from packaging.utils import canonicalize_name

from xferstudio.api import (
    Backbone,
    Exporter,
    OptionInfo,
    Phase,
    Preprocessing,
    Strategy,
    UserError,
    describe_options,
    make_options,
)
from xferstudio.plugins import GROUP, Plugins, load_plugins, offer_fault

if TYPE_CHECKING:
    import torch

    from xferstudio.engine.model import Trained
    from xferstudio.events import RunEnded
    from xferstudio.history import RunFolder

QT = ("PySide6", "PySide2", "PyQt6", "PyQt5", "shiboken6", "pyqtgraph", "qtpy")
HEAVY = ("torch", "timm", "torchvision", "tensorflow", *QT)

CLASSES = ("blue", "green", "red")
IMAGES_PER_CLASS = 10
TINY = "test_efficientnet"
"""A network that timm has for tests: convolutions and batch norm in five stages, 360,000 weights."""

MOST_BUILT = 3
"""So many of a plugin's backbones whose weights are not here are built, the smallest ones."""
LARGEST_BUILT = 30_000_000


# ------------------------------------------------------------------------------------------------ report


@dataclass(frozen=True)
class Outcome:
    """One check: of what (`subject`), which, and if it failed why."""

    subject: str
    check: str
    passed: bool
    sentence: str = ""

    def __str__(self) -> str:
        if self.passed:
            return f"ok      {self.subject}: {self.check}"
        return f"failed  {self.subject}: {self.check}: {self.sentence}"


@dataclass(frozen=True)
class Report:
    """What became of each check of a plugin."""

    plugin: str
    distribution: str
    version: str
    outcomes: tuple[Outcome, ...]

    @property
    def passed(self) -> bool:
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def faults(self) -> tuple[Outcome, ...]:
        """The checks that failed."""
        return tuple(outcome for outcome in self.outcomes if not outcome.passed)

    def to_dict(self) -> dict[str, Any]:
        """The form of `check-plugin --json`."""
        return {**asdict(self), "outcomes": [asdict(each) for each in self.outcomes], "passed": self.passed}

    def to_text(self) -> str:
        """A line for each check, and one that says the whole."""
        count = len(self.outcomes)
        called = f"{self.distribution} {self.version}".strip()
        end = (
            f"{called} passes all {count} checks."
            if self.passed
            else f"{called} fails {len(self.faults)} of {count} checks."
        )
        return "\n".join([*map(str, self.outcomes), end])


_Check = tuple[str, Callable[[], None]]


def _outcome(subject: str, check: str, work: Callable[[], None]) -> Outcome:
    try:
        work()
    except AssertionError as error:
        return Outcome(subject, check, False, " ".join(str(error).split()) or "an assertion failed")
    except Exception as error:  # noqa: BLE001 (a plugin may raise anything; it is a finding, not a crash)
        return Outcome(subject, check, False, _told(error))
    return Outcome(subject, check, True)


def _raise_first(subject: str, checks: Iterable[_Check]) -> None:
    for check, work in checks:
        try:
            work()
        except AssertionError as error:
            raise AssertionError(f"{subject} fails the check {check!r}: {error}") from error
        except Exception as error:
            raise AssertionError(f"{subject} fails the check {check!r}: {_told(error)}") from error


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, UserError):
        return text
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def _need(condition: object, sentence: str) -> None:
    # Not `assert`: the kit must work under `python -O` too.
    if not condition:
        raise AssertionError(sentence)


# ---------------------------------------------------------------------------------------- what is checked


def check_strategy(strategy: type[Strategy], *, options: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError with a sentence unless this strategy keeps the contract.

    It is described and documented; every option can be set to its default, its limits and its choices; it
    trains on a tiny network (without Qt, printing nothing, with finite losses) and what it learned loads again
    and answers the same; frozen modules keep weights and statistics; "stop" keeps a model; an interrupted and
    resumed run ends with the same weights as a straight one; batches of a single class and a missing
    validation split do no harm. `options` replaces options of the training, for instance to shorten it.
    """
    with tempfile.TemporaryDirectory(prefix="xferstudio-check-", ignore_cleanup_errors=True) as folder:
        checks = _StrategyChecks(strategy, _Lab(Path(folder)), options or {}).all()
        _raise_first(f"the strategy {getattr(strategy, 'id', strategy)!r}", checks)


def check_backbone(backbone: Backbone) -> None:
    """Raise AssertionError with a sentence unless this backbone keeps the contract.

    It is described; its preprocessing is whole and survives being written down; `is_local` is quick;
    `build(False)` gives a network from (N, 3, H, W) to finite (N, D), each row of which depends on its own image
    alone; where the weights are on this machine, `build(True)` loads them, twice the same.
    """
    _raise_first(f"the backbone {getattr(backbone, 'id', backbone)!r}", _backbone_checks(backbone))


def check_exporter(exporter: type[Exporter], *, options: Mapping[str, Any] | None = None) -> None:
    """Raise AssertionError with a sentence unless this exporter keeps the contract.

    It is described and documented; every option can be set to its default, its limits and its choices; the
    artefact of a tiny model agrees with the model on pictures of several sizes, is all that was written, and
    is not overwritten; the model is left as it was.
    """
    with tempfile.TemporaryDirectory(prefix="xferstudio-check-", ignore_cleanup_errors=True) as folder:
        checks = _ExporterChecks(exporter, _Lab(Path(folder)), options or {}).all()
        _raise_first(f"the exporter {getattr(exporter, 'id', exporter)!r}", checks)


def check_plugin(name: str, *, plugins: Plugins | None = None) -> Report:
    """Check all that a plugin brings; `name` is that of its entry point or of its distribution.

    Raises UserError for a name that no installed plugin has.
    """
    plugins = plugins or load_plugins()
    wanted = canonicalize_name(name)
    for failure in plugins.failures:
        if wanted in (canonicalize_name(failure.name), canonicalize_name(failure.distribution)):
            refused = Outcome(failure.name, "is taken by the loader", False, failure.reason)
            return Report(failure.name, failure.distribution, failure.version, (refused,))
    found = [
        info
        for info in plugins.loaded
        if wanted in (canonicalize_name(info.name), canonicalize_name(info.distribution))
    ]
    if not found:
        names = [each.name for each in plugins.loaded] + [each.name for each in plugins.failures]
        known = ", ".join(sorted(set(names)))
        raise UserError(
            f"There is no plugin {name!r} among those installed ({known}); install it with pip, and give the "
            "name of its entry point or of its distribution."
        )
    outcomes = [Outcome(info.name, "is taken by the loader", True) for info in found]
    child: dict[str, str] = {}
    outcomes.append(_outcome(found[0].name, "is documented", lambda: _documented(found[0].distribution)))
    outcomes.append(
        _outcome(
            found[0].name,
            "loads without torch and Qt",
            lambda: child.update(_in_child(found[0].distribution)),
        )
    )
    ids = {kind: [id for info in found for id in info.adds.get(kind, ())] for kind in _KINDS}
    with tempfile.TemporaryDirectory(prefix="xferstudio-check-", ignore_cleanup_errors=True) as folder:
        lab = _Lab(Path(folder))
        for id in ids["backbones"]:
            outcomes += _outcomes(id, _description_checks(plugins.backbones[id]))
        for id in _worth_building([plugins.backbones[id] for id in ids["backbones"]]):
            outcomes += _outcomes(id, _building_checks(plugins.backbones[id]))
        for id in ids["strategies"]:
            outcomes += _outcomes(id, _StrategyChecks(plugins.strategies[id], lab, {}).all())
            if outcomes[-1].passed and child:
                answer = child.get(id, "it did not answer")
                outcomes.append(Outcome(id, "trains in a process of its own without Qt", not answer, answer))
        for id in ids["exporters"]:
            outcomes += _outcomes(id, _ExporterChecks(plugins.exporters[id], lab, {}).all())
    return Report(found[0].name, found[0].distribution, found[0].version, tuple(outcomes))


_KINDS = ("backbones", "strategies", "exporters")


def _outcomes(subject: str, checks: Iterable[_Check]) -> Iterator[Outcome]:
    """All checks, up to the first that fails: the later ones rest on it."""
    for check, work in checks:
        outcome = _outcome(subject, check, work)
        yield outcome
        if not outcome.passed:
            return


def _documented(distribution: str) -> None:
    facts = metadata.metadata(distribution)
    _need("Summary" in facts and facts["Summary"], f"the pyproject.toml of {distribution} has no description")


def _worth_building(backbones: Sequence[Backbone]) -> list[str]:
    """Those whose weights are here, and the smallest others: building all could take minutes and gigabytes."""
    local = [each.id for each in backbones if each.is_local()]
    others = [each for each in backbones if each.id not in local and each.parameters <= LARGEST_BUILT]
    others.sort(key=lambda each: (each.parameters == 0, each.parameters))
    return local + [each.id for each in others[: max(0, MOST_BUILT - len(local))]]


# ------------------------------------------------------------------------------------ a process of its own


def _in_child(distribution: str) -> dict[str, str]:
    """Load the plugin in a fresh process in which Qt cannot be imported, and train each of its strategies there.

    Returns for each strategy what went wrong, "" if nothing did.
    """
    code = "import sys; from xferstudio.testing import _be_child; _be_child(sys.argv[1])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, distribution],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=600,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AssertionError(
            "a process that only loads and trains it did not end within 10 minutes"
        ) from None
    lines = done.stdout.strip().splitlines()
    try:
        answer = json.loads(lines[-1])
        _need(not answer["refused"], f"in a process without Qt, {answer['refused']}")
        _need(
            not answer["imported"],
            f"loading it imports {answer['imported']}; import that inside the functions that need it",
        )
    except (IndexError, ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise AssertionError(f"a process that only loads it ended with {last}") from None
    return cast("dict[str, str]", answer["strategies"])


def _be_child(distribution: str) -> None:
    """The other side of `_in_child`; prints one line of JSON."""
    answer: dict[str, Any] = {"refused": "", "imported": "", "strategies": {}}
    with _without_qt():
        before = set(sys.modules)
        entries = [
            entry for entry in metadata.distribution(distribution).entry_points if entry.group == GROUP
        ]
        plugins = load_plugins(entry_points=entries)
        answer["refused"] = "; ".join(failure.reason for failure in plugins.failures)
        answer["imported"] = ", ".join(name for name in HEAVY if name in sys.modules and name not in before)
        if not answer["refused"] and not answer["imported"]:
            with tempfile.TemporaryDirectory(
                prefix="xferstudio-check-", ignore_cleanup_errors=True
            ) as folder:
                lab = _Lab(Path(folder))
                for id, strategy in plugins.strategies.items():
                    outcome = _outcome(id, "", _StrategyChecks(strategy, lab, {}).trains)
                    answer["strategies"][id] = outcome.sentence
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


class _NoQt(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname.split(".")[0] in QT:
            raise ModuleNotFoundError(
                f"{fullname} cannot be imported where there is no screen", name=fullname
            )


@contextlib.contextmanager
def _without_qt() -> Iterator[None]:
    """As on a server: Qt is not there, not even where it was imported before."""
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in QT}
    finder = _NoQt()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        sys.modules.update(hidden)


# ----------------------------------------------------------------------------------------- pictures, network


class _Lab:
    """A folder with pictures, a tiny backbone and a feature store, for as many runs as are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures = folder / "pictures"
        self.target = folder / "target"
        self._runs = 0

    def images(self) -> Path:
        """One folder for each of three classes, ten pictures in each, and unlabelled ones beside it."""
        if not self.pictures.exists():
            for number, name in enumerate(CLASSES):
                _draw(self.pictures / name, number, IMAGES_PER_CLASS, shift=0)
                _draw(self.target, number, 3, shift=40)
        return self.pictures

    def place(self) -> Path:
        """A new folder."""
        self._runs += 1
        return self.folder / f"{self._runs}"

    def backbone(self) -> Backbone:
        """The tiny network; its "pretrained" weights are random ones, always the same."""
        return Backbone(
            id="testing:tiny",
            label="A tiny network",
            build=_build_tiny,
            preprocessing=lambda: Preprocessing(size=(32, 32)),
            is_local=lambda: True,
            architecture=TINY,
        )


def _draw(folder: Path, channel: int, count: int, shift: int) -> None:
    """PNG files of noise in which one colour is stronger, in sizes that differ."""
    import numpy as np
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng([channel, shift])
    for number in range(count):
        pixels = random.integers(shift, 180, (36 + number, 48 - number, 3))
        pixels[..., channel] += 60
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{CLASSES[channel]}-{number}.png")


def _build_tiny(pretrained: bool) -> torch.nn.Module:
    import torch

    from xferstudio.engine.torchvision_ops import import_timm

    timm = import_timm()
    if not pretrained:
        fresh: torch.nn.Module = timm.create_model(TINY, pretrained=False, num_classes=0)
        return fresh
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(20)
        network: torch.nn.Module = timm.create_model(TINY, pretrained=False, num_classes=0)
    return network


# -------------------------------------------------------------------------------------------- descriptions


def _check_texts(kind: str, thing: Any) -> None:
    fault = offer_fault(kind, thing)
    _need(not fault, f"it {fault}")
    _need(thing.summary, "it has no summary; say in plain words what it does and when to take it")
    for info in describe_options(thing.Options):
        _need(info.help, f"the option {info.name} has no help text")


def _settings(infos: Iterable[OptionInfo]) -> Iterator[dict[str, Any]]:
    """Each option alone at each of its limits and choices; first none at all."""
    yield {}
    for info in infos:
        values = list(info.choices or ())
        values += [info.kind(limit) for limit in (info.min, info.max) if limit is not None]
        if info.kind is bool:
            values = [False, True]
        for value in dict.fromkeys(values):
            yield {info.name: value}


def _as_words(setting: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in setting.items()) or "its defaults"


# ------------------------------------------------------------------------------------------------ strategies


@dataclass
class _Watch:
    """Looks over the shoulder of a strategy while it runs."""

    control: Any
    word: str = ""
    """What to say to the run ..."""
    at: int = 0
    """... at this yield (1 is the first) of this process."""
    at_result: bool = False
    """Whether only yields that complete a step are counted."""
    one_class: bool = False
    yields: int = 0
    told: bool = False
    steps_after_word: int = 0
    steps_without_yield: int = 0
    fault: str = ""
    first: dict[str, torch.Tensor] = field(default_factory=dict)
    last: dict[str, torch.Tensor] = field(default_factory=dict)
    frozen: dict[str, torch.Tensor] = field(default_factory=dict)
    frozen_is_known: bool = False

    def blame(self, sentence: str) -> None:
        self.fault = self.fault or sentence

    def before_setup(self, ctx: Any) -> None:
        import torch

        # On a network this small, threads only wait for each other; the engine has just set their number.
        torch.set_num_threads(1)
        if not self.first:
            self.first = _copy(ctx.model.state_dict())

    def after_setup(self, ctx: Any) -> None:
        # Not yet: where a run is resumed, what was learned before is put into the network only after this.
        self.frozen = {}
        self.frozen_is_known = False

    def compare(self, ctx: Any, when: str) -> None:
        now = ctx.model.state_dict()
        for name, was in self.frozen.items():
            if name not in now or not _equal(now[name].cpu(), was):
                what = "the statistics" if "running_" in name or "num_batches" in name else "the weights"
                self.blame(f"{what} {name} changed {when}, although setup froze them")
                return

    def follow(self, ctx: Any, epoch: Iterator[Any]) -> Iterator[Any]:
        """What the strategy's epoch yields, looked at one by one."""
        import torch

        from xferstudio.engine.context import NotANumber

        step, batches = ctx.step, ctx.batches
        if not self.frozen_is_known:
            self.frozen, self.frozen_is_known = _copy(_frozen(ctx.model)), True

        def counted(losses: Any) -> Any:
            self.steps_without_yield += 1
            if self.told:
                self.steps_after_word += 1
            _need(self.steps_without_yield < 500, "it made 500 steps without a yield between them")
            result = step(losses)
            # Said in the middle of things, as the user's word comes: a strategy must yield to hear it.
            if self.word == "stop" and result is not None:
                self.tell()
            return result

        def of_one_class(number: int) -> Iterator[Any]:
            for place, batch in enumerate(batches(number)):
                same = torch.full_like(batch.labels, place % len(CLASSES))
                yield replace(batch, labels=same)

        ctx.step = counted
        if self.one_class:
            ctx.batches = of_one_class
        try:
            for result in epoch:
                self.steps_without_yield = 0
                self.compare(ctx, "in a step")
                self._look_at(result)
                if result is not None or not self.at_result:
                    self.yields += 1
                    if self.word and self.yields == self.at:
                        self.tell()
                yield result
        except NotANumber as error:
            self.blame(f"{error} after {self.yields} steps")
            raise
        finally:
            ctx.step, ctx.batches = step, batches
            self._close(epoch)
            self.compare(ctx, "in an epoch")
            self.last = _copy(ctx.model.state_dict())

    def tell(self) -> None:
        if not self.told:
            self.told = True
            self.control.put(self.word)

    def _close(self, epoch: Any) -> None:
        try:
            close = getattr(epoch, "close", None)
            if close is not None:
                close()
        except RuntimeError:
            self.blame("its epoch yields again after it was told to end; let GeneratorExit pass")

    def _look_at(self, result: Any) -> None:
        losses = getattr(result, "losses", result)
        if losses is None:
            return
        if not isinstance(losses, Mapping):
            self.blame(
                f"its epoch yields {type(result).__name__}; yield what ctx.step returned, a mapping of numbers, or None"
            )
            return
        for name, value in losses.items():
            try:
                finite = math.isfinite(float(value))
            except (TypeError, ValueError):
                finite = False
            if not finite:
                self.blame(f"the loss {name!r} that it yields is not a finite number")


def _frozen(model: Any) -> dict[str, torch.Tensor]:
    """Parameters that do not learn, and the statistics of modules whose own parameters do not."""
    found = {}
    for path, module in model.named_modules():
        own = dict(module.named_parameters(recurse=False))
        prefix = f"{path}." if path else ""
        found.update({prefix + name: p for name, p in own.items() if not p.requires_grad})
        if own and not any(p.requires_grad for p in own.values()):
            found.update({prefix + name: b for name, b in module.named_buffers(recurse=False)})
    kept = model.state_dict()
    return {name: tensor for name, tensor in found.items() if name in kept}


def _copy(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()}


def _equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    import torch

    return one.shape == other.shape and bool(torch.equal(one, other))


def _difference(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor]) -> str:
    """Where two states differ, in words; "" if they do not."""
    if set(one) != set(other):
        return f"only one of them has {sorted(set(one) ^ set(other))[0]}"
    for name in one:
        if one[name].shape != other[name].shape:
            return f"{name} has another shape"
        if not _equal(one[name], other[name]):
            largest = float((one[name].double() - other[name].double()).abs().max())
            return f"{name} differs by up to {largest:.3g}"
    return ""


@dataclass(frozen=True)
class _Done:
    """A run of the kit: how it ended, where it lies, and what was seen."""

    end: RunEnded
    folder: RunFolder
    watch: _Watch


class _StrategyChecks:
    """The checks of one strategy; the straight run is made once and shared."""

    def __init__(self, strategy: type[Strategy], lab: _Lab, options: Mapping[str, Any]) -> None:
        self.strategy, self.lab, self.given = strategy, lab, options
        self._straight: _Done | None = None

    def all(self) -> Iterator[_Check]:
        yield "is described", lambda: _check_texts("strategy", self.strategy)
        yield "takes every option", self.options
        yield "trains", self.trains
        yield "keeps frozen layers as they are", self.keeps_frozen
        yield "stops when told", self.stops
        yield "resumes exactly", self.resumes
        yield "bears batches of one class", self.bears_one_class
        yield "needs no validation images", self.needs_no_validation

    # ------------------------------------------------------------------------------------------- making runs

    def _short(self, **more: Any) -> dict[str, Any]:
        """Options for a short exact run, as far as the strategy has them; the author's own go first."""
        wanted = {"epochs": 2, "batch_size": 6, "epoch_steps": 1, "seed": 1, "precision": "float32", **more}
        chosen = {}
        for info in describe_options(self.strategy.Options):
            value = wanted.get(info.name)
            if value is None or (info.choices is not None and value not in info.choices):
                continue
            if info.kind in (int, float):
                value = info.kind(min(max(value, info.min or value), info.max or value))
            chosen[info.name] = value
        return {**chosen, **self.given}

    def _plugins(self, watch: _Watch | None = None) -> Plugins:
        tiny = self.lab.backbone()
        strategy = self.strategy if watch is None else _watched(self.strategy, watch)
        return Plugins(backbones={tiny.id: tiny}, strategies={self.strategy.id: strategy})

    def _run(
        self,
        place: Path,
        options: Mapping[str, Any],
        *,
        val: float = 0.2,
        one_class: bool = False,
        word: str = "",
        at: int = 0,
        at_result: bool = False,
    ) -> _Done:
        """Do the run in the project at `place`, or go on with it."""
        import torch

        from xferstudio.engine.control import Control
        from xferstudio.engine.job import run
        from xferstudio.engine.store import FeatureStore
        from xferstudio.events import RunEnded
        from xferstudio.history import RunFolder
        from xferstudio.project import Run, create, load

        if (place / "project.toml").exists():
            project = load(place)
        else:
            data = self.lab.images()
            target = self.lab.target if self.strategy.kind == "adapt" else ""
            project = create(place, data=data, target=target, name="check", val=val, test=0.2)
        control = Control()
        watch = _Watch(control, word, at, at_result, one_class)
        wanted = Run("check", self.strategy.id, self.lab.backbone().id, dict(options))
        printed = io.StringIO()
        end = None
        with (
            _without_qt(),
            contextlib.redirect_stdout(printed),
            torch.random.fork_rng(devices=[]),
            _threads_kept(),
        ):
            # A resumed run must not live on what the process happened to hold.
            torch.manual_seed(int(time.time_ns()) % 2**31)
            events = run(
                project,
                wanted,
                plugins=self._plugins(watch),
                control=control,
                device="cpu",
                store=FeatureStore(self.lab.folder / "features", 1 << 30),
            )
            for event in events:
                if isinstance(event, RunEnded):
                    end = event
        _need(end is not None, "the run ended without saying why")
        assert end is not None
        text = printed.getvalue().strip()
        _need(
            not text,
            f"it prints ({text[:60]!r}), which would spoil the lines of --json; yield numbers instead",
        )
        return _Done(end, RunFolder(Path(end.folder)), watch)

    def _finished(self, done: _Done) -> None:
        _need(not done.watch.fault, done.watch.fault)
        _need(done.end.reason == "finished", f"the run ended as {done.end.reason}: {done.end.message}")

    def straight(self) -> _Done:
        """A run from start to end that is known to be good."""
        if self._straight is None:
            done = self._run(self.lab.place(), self._short())
            self._finished(done)
            self._straight = done
        return self._straight

    def _loaded(self, done: _Done) -> Trained:
        from xferstudio.engine.model import load_trained

        try:
            return load_trained(done.folder.path, self._plugins())
        except UserError as error:
            raise AssertionError(
                f"what it learned cannot be loaded again ({error}); head() must depend on the options and its two "
                "arguments alone, and all that answers must be in the backbone or the head"
            ) from error

    # ------------------------------------------------------------------------------------------------ checks

    def options(self) -> None:
        """Every option at its default, limits and choices gives a strategy with phases and a head."""
        from torch import nn

        for setting in _settings(describe_options(self.strategy.Options)):
            words = _as_words(setting)
            try:
                strategy = self.strategy(make_options(self.strategy.Options, setting))
                phases, head = list(strategy.phases()), strategy.head(8, len(CLASSES))
            except Exception as error:
                raise AssertionError(f"with {words} it cannot be made ({_told(error)})") from error
            _need(
                phases and all(isinstance(each, Phase) and each.epochs >= 0 for each in phases),
                f"with {words} its phases() are {phases}, and a list of Phase is due",
            )
            _need(sum(each.epochs for each in phases) > 0, f"with {words} it has no epoch to train")
            _need(
                head is None or isinstance(head, nn.Module),
                f"with {words} its head() gives {type(head).__name__}; a torch module or None is due",
            )

    def trains(self) -> None:
        """A short run finishes, learns something, and its model loads and answers the same."""
        import numpy as np

        from xferstudio.data import decode, prepare

        done = self.straight()
        _need(done.watch.yields >= 1, "its epoch yields nothing, so nobody could stop it or see its progress")
        _need(
            _difference(done.watch.first, done.watch.last),
            "after training every weight is as before; do its parameter groups name anything that learns?",
        )
        trained, told = self._loaded(done), done.folder.read_predictions()
        how = trained.preprocessing
        images = np.stack([prepare(decode(self.lab.pictures / path), how) for path in told.paths])
        answers = trained.probabilities(images)
        _need(np.isfinite(answers).all(), "the probabilities of its model are not finite numbers")
        difference = float(np.abs(answers - np.asarray(told.probabilities)).max())
        _need(
            difference < 0.01,
            f"loaded again, its model answers otherwise than in the run (a probability differs by {difference:.3f})",
        )

    def keeps_frozen(self) -> None:
        """What setup froze has the same weights and statistics after every step and epoch."""
        self._finished(self._run(self.lab.place(), self._short(cache=False)))

    def stops(self) -> None:
        """The word "stop" is heard after the step in which it is said, and a model is kept."""
        done = self._run(self.lab.place(), self._short(epochs=3), word="stop", at=1, at_result=True)
        watch = done.watch
        _need(not watch.fault, watch.fault)
        _need(watch.told, "its epoch yields None alone; yield what ctx.step returned, or numbers")
        _need(
            watch.steps_after_word == 0,
            f"told to stop, it made {watch.steps_after_word} more steps before it yielded; yield after every step",
        )
        _need(
            done.end.reason == "stopped",
            f"told to stop, the run ended as {done.end.reason}: {done.end.message or 'the word was not heard'}",
        )
        self._loaded(done)

    def resumes(self) -> None:
        """Interrupted at the first yield, in the middle and before the last, it ends as a straight run does."""
        import torch

        from xferstudio.engine.model import WEIGHTS_FILE, read_weights

        straight = self.straight()
        total = straight.watch.yields
        place, seen = self.lab.place(), 0
        told: list[int] = []
        for stop in sorted({1, max(1, total // 2), max(1, total - 1)}):
            part = self._run(place, self._short(), word="interrupt", at=stop - seen)
            _need(not part.watch.fault, part.watch.fault)
            if part.end.reason == "finished":
                break
            _need(
                part.end.reason == "interrupted",
                f"interrupted at step {stop}, the run ended as {part.end.reason}: {part.end.message}",
            )
            told.append(stop)
            seen = stop
        resumed = self._run(place, self._short())
        _need(not resumed.watch.fault, f"resumed, {resumed.watch.fault}")
        _need(
            resumed.end.reason == "finished",
            f"resumed after step {seen}, the run ended as {resumed.end.reason}: {resumed.end.message}",
        )
        hint = (
            "draw randomness from ctx.generator or torch alone, keep nothing on self that changes from step to "
            "step, and put modules of your own on ctx.model"
        )
        where = ", ".join(map(str, told))
        learned = [read_weights(each.folder.path / WEIGHTS_FILE)[0] for each in (straight, resumed)]
        for kind, states in (("last", [straight.watch.last, resumed.watch.last]), ("best", learned)):
            difference = _difference(*states) if all(states) else ""
            if not difference:
                continue
            again = self._run(self.lab.place(), self._short())
            twice = _difference(straight.watch.last, again.watch.last)
            _need(
                not twice,
                f"the same run done twice ends with different weights ({twice}): it uses randomness that the seed "
                f"does not rule; {hint}",
            )
            raise AssertionError(
                f"interrupted at step {where} and resumed, its {kind} weights are not those of a straight run "
                f"({difference}); {hint}"
            )
        _need(
            all(bool(torch.isfinite(t).all()) for t in learned[0].values() if t.is_floating_point()),
            "some of its weights are not finite numbers",
        )

    def bears_one_class(self) -> None:
        """Batches whose labels are all the same do no harm."""
        self._finished(self._run(self.lab.place(), self._short(epochs=1), one_class=True))

    def needs_no_validation(self) -> None:
        """A project without validation images gets its model too."""
        done = self._run(self.lab.place(), self._short(epochs=1), val=0.0)
        self._finished(done)
        self._loaded(done)


def _watched(strategy: type[Strategy], watch: _Watch) -> type[Strategy]:
    """The same strategy, with `watch` looking on."""

    class Watched(strategy):  # type: ignore[valid-type, misc]
        def setup(self, ctx: Any) -> None:
            watch.before_setup(ctx)
            super().setup(ctx)
            watch.after_setup(ctx)

        def epoch(self, ctx: Any, epoch: int) -> Iterator[Any]:
            yield from watch.follow(ctx, super().epoch(ctx, epoch))

    Watched.__name__, Watched.__qualname__ = strategy.__name__, strategy.__qualname__
    return Watched


class _threads_kept(contextlib.ContextDecorator):  # noqa: N801 (used as a function)
    """The engine sets the number of torch's threads; whoever calls the kit gets theirs back."""

    def __enter__(self) -> None:
        import torch

        self._before = torch.get_num_threads()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import torch

        torch.set_num_threads(self._before)


# ------------------------------------------------------------------------------------------------- backbones


def _backbone_checks(backbone: Backbone) -> Iterator[_Check]:
    yield from _description_checks(backbone)
    yield from _building_checks(backbone)


def _description_checks(backbone: Backbone) -> Iterator[_Check]:
    def described() -> None:
        fault = offer_fault("backbone", backbone)
        _need(not fault, f"it {fault}")

    def quick() -> None:
        backbone.is_local()  # the first call may import what it needs
        start = time.perf_counter()
        answer = backbone.is_local()
        seconds = time.perf_counter() - start
        _need(isinstance(answer, bool), f"is_local() gives {answer!r}; True or False is due")
        _need(seconds < 0.5, f"is_local() takes {seconds:.1f} seconds; it must only look for a file")
        if backbone.fingerprint is not None and answer:
            told = backbone.fingerprint()
            start = time.perf_counter()
            again = backbone.fingerprint()
            seconds = time.perf_counter() - start
            _need(isinstance(told, str), f"fingerprint() gives {told!r}; a text is due")
            _need(told == again or not told, "fingerprint() gives another text each time")
            _need(seconds < 0.5, f"fingerprint() takes {seconds:.1f} seconds; it must not read the weights")

    def all_three() -> None:
        described()
        _check_preprocessing(backbone.preprocessing())
        quick()

    yield "is described, with its preprocessing", all_three


def _check_preprocessing(how: Any) -> None:
    _need(isinstance(how, Preprocessing), f"preprocessing() gives {type(how).__name__}; Preprocessing is due")
    try:
        again = Preprocessing.from_dict(json.loads(json.dumps(how.to_dict())))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise AssertionError(f"its preprocessing is not whole ({_told(error)})") from error
    _need(again == how, "its preprocessing does not survive being written down; use tuples of plain numbers")
    _need(len(how.size) == 2 and min(how.size) > 0, f"its input size {how.size} is not a height and a width")
    _need(len(how.mean) == len(how.std) == 3, "mean and std need a number for each of three channels")
    _need(all(0 <= value <= 1 for value in how.mean), f"the mean {how.mean} is not of values from 0 to 1")
    _need(all(0 < value <= 1 for value in how.std), f"the std {how.std} is not of values from 0 to 1")
    _need(0 < how.crop_share <= 1, f"the crop share {how.crop_share} is not above 0 and up to 1")


def _building_checks(backbone: Backbone) -> Iterator[_Check]:
    state: dict[str, Any] = {}

    def fresh() -> None:
        import torch

        with torch.random.fork_rng(devices=[]):
            network = _built(backbone, False)
        state["shapes"] = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
        state["features"] = _features(network, backbone.preprocessing())
        count = sum(p.numel() for p in network.parameters())
        _need(
            not backbone.parameters or abs(count - backbone.parameters) <= 0.02 * count,
            f"it says that it has {backbone.parameters:,} parameters, and its network has {count:,}",
        )

    def pretrained() -> None:
        first = _built(backbone, True)
        shapes = {name: tuple(tensor.shape) for name, tensor in first.state_dict().items()}
        _need(shapes == state["shapes"], "build(True) and build(False) give networks of different shapes")
        one = _features(first, backbone.preprocessing())
        again = _built(backbone, True)
        _need(again is not first, "build() gives the same module twice; each run needs a network of its own")
        difference = _difference(first.state_dict(), again.state_dict())
        _need(not difference, f"build(True) gives other weights each time ({difference})")
        _need(
            one.shape == state["features"].shape,
            "build(True) and build(False) give features of different widths",
        )

    yield "builds a network with pooled features", fresh
    if backbone.is_local():
        yield "loads its pretrained weights", pretrained


def _built(backbone: Backbone, pretrained: bool) -> Any:
    from torch import nn

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = backbone.build(pretrained)
    _need(
        isinstance(network, nn.Module),
        f"build({pretrained}) gives {type(network).__name__}; a torch.nn.Module is due",
    )
    return network


def _features(network: Any, how: Preprocessing) -> torch.Tensor:
    """Features of two random images. Raises AssertionError unless they are (2, D) and finite."""
    import torch

    network.eval()
    images = torch.randn(2, 3, *how.size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        features = network(images)
        _need(isinstance(features, torch.Tensor), "its network gives something else than one tensor")
        shape = tuple(features.shape)
        _need(
            features.ndim == 2 and len(features) == 2,
            f"two images give features of shape {shape}; pooled features (2, D) are due",
        )
        _need(features.is_floating_point(), "its features are not floating-point numbers")
        _need(bool(torch.isfinite(features).all()), "its features are not finite numbers")
        alone = network(images[:1])
        near = torch.allclose(alone, features[:1], rtol=1e-2, atol=1e-3 * float(features.abs().max() + 1e-6))
        _need(near, "in eval mode the features of an image depend on the other images of its batch")
    return cast("torch.Tensor", features)


# ------------------------------------------------------------------------------------------------- exporters


class _ExporterChecks:
    """The checks of one exporter, on an untrained tiny model."""

    def __init__(self, exporter: type[Exporter], lab: _Lab, options: Mapping[str, Any]) -> None:
        self.exporter, self.lab, self.given = exporter, lab, options

    def all(self) -> Iterator[_Check]:
        yield "is described", lambda: _check_texts("exporter", self.exporter)
        yield "takes every option", self.options
        yield "agrees with the app", self.agrees

    def options(self) -> None:
        for setting in _settings(describe_options(self.exporter.Options)):
            try:
                self.exporter(make_options(self.exporter.Options, setting))
            except Exception as error:
                raise AssertionError(
                    f"with {_as_words(setting)} it cannot be made ({_told(error)})"
                ) from error

    def agrees(self) -> None:
        """Parity on pictures of several sizes; nothing else is written, nothing is overwritten."""
        model = _tiny_model(self.lab)
        before = _copy(model.network.state_dict())
        files = sorted(self.lab.images().rglob("*.png"))
        place = self.lab.place()
        place.mkdir()
        out = place / f"model{self.exporter.suffix}"
        parity = self._export(model, out, files)
        _need(parity.passed, parity.sentence)
        _need(
            not _difference(before, model.network.state_dict()) and not model.network.training,
            "it changes the model that it exports; work on a copy",
        )
        ours = {out.name, f"{out.name}.parity.json", "parity.json"}
        strange = {each.name for each in place.iterdir()} - ours
        _need(
            not strange, f"it leaves {', '.join(sorted(strange))} beside the artefact; all belongs into `out`"
        )
        content = _content(out)
        try:
            self._export(model, out, files[:2])
        except UserError:
            pass
        else:
            raise AssertionError("a second export to the same path was not refused")
        _need(_content(out) == content, "a second export to the same path changed what was there")

    def _export(self, model: Trained, out: Path, files: Sequence[Path]) -> Any:
        from xferstudio.engine.export import Parity, export_run

        exporter = self.exporter(make_options(self.exporter.Options, self.given))
        last: Any = None
        printed = io.StringIO()
        with warnings.catch_warnings(), contextlib.redirect_stdout(printed), _without_qt():
            warnings.simplefilter("ignore")
            for event in export_run(self.lab.folder, exporter, out, files=files, model=model):
                last = event
        _need(isinstance(last, Parity), "the export ended without a proof of parity")
        _need(not printed.getvalue().strip(), "it prints, which would spoil the lines of --json")
        return last


def _tiny_model(lab: _Lab) -> Trained:
    """The tiny network with a head whose classes differ visibly."""
    import torch

    from xferstudio.engine.model import Network, Trained, feature_width

    tiny = lab.backbone()
    body, how = tiny.build(True), tiny.preprocessing()
    width = feature_width(body, how)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = torch.nn.Linear(width, len(CLASSES))
    with torch.no_grad():
        head.weight.mul_(6)
    network = Network(body, head, width).eval().requires_grad_(False)
    details = {"run": "check", "strategy": "extract", "backbone": tiny.id, "versions": {}}
    return Trained(network, how, CLASSES, 1.5, TINY, details)


def _content(path: Path) -> dict[str, bytes]:
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    return {each.name: each.read_bytes() for each in files}
