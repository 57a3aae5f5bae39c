"""Finds, checks and holds plugins: each is taken whole or refused whole, and a failure is data."""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import inspect
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any, TypeVar

import pluggy
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from xferstudio.api import (
    API_VERSION,
    Backbone,
    Exporter,
    Hooks,
    Strategy,
    UserError,
    describe_options,
    option_faults,
)

GROUP = "xferstudio"
FIRST_PARTY = "xferstudio"
"""The distribution whose plugin comes first and alone stays in safe mode."""

_Thing = TypeVar("_Thing")
_HOOKS = tuple(name for name in vars(Hooks) if name.startswith("xfer_"))
_KINDS = ("extract", "finetune", "adapt", "scratch")
_HEAVY = ("torch", "timm", "torchvision", "tensorflow", "PySide6", "PyQt6", "PyQt5")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_UNLISTED_ID = re.compile(r"[^\x00-\x1f]+")  # it may hold the path of a file
_BACKBONE_ID = re.compile(r"[A-Za-z0-9][^\s\x00-\x1f]{0,255}")


@dataclass(frozen=True)
class PluginInfo:
    """A plugin that was taken: what it adds under "backbones", "strategies" and "exporters"."""

    name: str
    distribution: str
    version: str
    adds: dict[str, tuple[str, ...]]
    seconds: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class PluginFailure:
    """A plugin that was refused; `reason` is one sentence that names its distribution."""

    name: str
    distribution: str
    version: str
    reason: str


class _Refused(Exception):
    """Why a plugin is not taken, as the part of a sentence that follows "it"."""


@dataclass
class _Plugin:
    """One entry point on its way in, with a manager of its own: no plugin can reach another's hooks."""

    entry: metadata.EntryPoint
    distribution: str
    version: str
    manager: pluggy.PluginManager = field(default_factory=lambda: pluggy.PluginManager(GROUP))
    backbones: dict[str, Backbone] = field(default_factory=dict)
    strategies: dict[str, type[Strategy]] = field(default_factory=dict)
    exporters: dict[str, type[Exporter]] = field(default_factory=dict)

    @property
    def first_party(self) -> bool:
        return canonicalize_name(self.distribution) == FIRST_PARTY


@dataclass
class Plugins:
    """What the loaded plugins bring, by id, and what became of each plugin."""

    backbones: dict[str, Backbone] = field(default_factory=dict)
    strategies: dict[str, type[Strategy]] = field(default_factory=dict)
    exporters: dict[str, type[Exporter]] = field(default_factory=dict)
    loaded: list[PluginInfo] = field(default_factory=list)
    failures: list[PluginFailure] = field(default_factory=list)
    _taken: list[_Plugin] = field(default_factory=list, repr=False)

    def backbone(self, id: str) -> Backbone:
        """A backbone by id: one that is listed, or else the first that a plugin knows unlisted.

        Raises UserError with near matches for an unknown id, or naming the plugin that failed on it.
        """
        if id in self.backbones:
            return self.backbones[id]
        for plugin in self._taken:
            for implementation in plugin.manager.hook.xfer_backbone.get_hookimpls():
                try:
                    found = _call(implementation, id=id)
                    if found is None:
                        continue
                    _check_backbone(found, _UNLISTED_ID)
                except UserError:
                    raise
                except _Refused as error:
                    raise UserError(
                        f"The plugin {plugin.distribution} gave no usable backbone for {id!r}: it {error}; "
                        f"update {plugin.distribution}, or choose another backbone."
                    ) from error
                except (Exception, SystemExit) as error:
                    raise UserError(
                        f"The plugin {plugin.distribution} failed when asked for the backbone {id!r} "
                        f"({_told(error)}); update {plugin.distribution}, or choose another backbone."
                    ) from error
                assert isinstance(found, Backbone)
                return found
        raise self._unknown("backbone", id, self.backbones)

    def strategy(self, id: str) -> type[Strategy]:
        """A strategy by id. Raises UserError with near matches for one that nobody brings."""
        if id in self.strategies:
            return self.strategies[id]
        raise self._unknown("strategy", id, self.strategies)

    def exporter(self, id: str) -> type[Exporter]:
        """An exporter by id. Raises UserError with near matches for one that nobody brings."""
        if id in self.exporters:
            return self.exporters[id]
        raise self._unknown("exporter", id, self.exporters)

    def provider(self, kind: str, id: str) -> str:
        """The distribution that brings this id; `kind` is "backbones", "strategies" or "exporters"."""
        for info in self.loaded:
            if id in info.adds.get(kind, ()):
                return info.distribution
        return ""

    def _unknown(self, kind: str, id: str, known: Mapping[str, Any]) -> UserError:
        # People leave out the source before the colon, and compare without regard to case.
        by_tail = [name for name in known if name.split(":")[-1].lower() == id.split(":")[-1].lower()]
        folded = {name.lower(): name for name in known}
        near = by_tail + [
            folded[name] for name in difflib.get_close_matches(id.lower(), list(folded), 3, 0.6)
        ]
        near = list(dict.fromkeys(near))[:3]
        if near:
            hint = f" Did you mean {' or '.join(map(repr, near))}?"
        elif known and len(known) <= 12:
            hint = f" There is {', '.join(known)}."
        else:
            hint = f" `xferstudio {_PLURALS[kind]}` lists all." if known else ""
        left_out = list(dict.fromkeys(failure.distribution for failure in self.failures))
        missing = " A plugin that brings it may be missing"
        missing += f"; left out were: {', '.join(left_out)} (see `xferstudio plugins`)." if left_out else "."
        return UserError(f"There is no {kind} {id!r}.{hint}{missing}")


_PLURALS = {"backbone": "backbones", "strategy": "strategies", "exporter": "exporters"}


def load_plugins(safe: bool = False, entry_points: Iterable[metadata.EntryPoint] | None = None) -> Plugins:
    """Load every installed plugin, or in safe mode our own alone; those that fail stand in `failures`.

    `entry_points` replaces the installed ones, for tests. Raises UserError where not even ours is.
    """
    plugins = Plugins()
    candidates = sorted(
        _installed(plugins) if entry_points is None else map(_from_entry_point, entry_points),
        key=lambda plugin: (
            not plugin.first_party,
            canonicalize_name(plugin.distribution),
            plugin.entry.name,
        ),
    )
    if entry_points is None and not any(plugin.first_party for plugin in candidates):
        raise UserError(
            "xferstudio is not installed, so it does not find its own plugins; "
            "run `pip install -e .` in the folder that holds pyproject.toml."
        )
    for plugin in candidates:
        if safe and not plugin.first_party:
            continue
        start = time.perf_counter()
        heavy = {name for name in _HEAVY if name in sys.modules}
        try:
            _bind(plugin, plugins)
        except _Refused as error:
            plugins.failures.append(_failure(plugin, str(error)))
            continue
        except (Exception, SystemExit) as error:  # noqa: BLE001 (a plugin's classes may do anything)
            plugins.failures.append(_failure(plugin, f"failed while it was checked ({_told(error)})"))
            continue
        plugins.backbones.update(plugin.backbones)
        plugins.strategies.update(plugin.strategies)
        plugins.exporters.update(plugin.exporters)
        plugins._taken.append(plugin)
        slow = [name for name in _HEAVY if name in sys.modules and name not in heavy]
        adds = {
            "backbones": tuple(plugin.backbones),
            "strategies": tuple(plugin.strategies),
            "exporters": tuple(plugin.exporters),
        }
        warnings = tuple(
            f"{plugin.distribution} imports {name} when it is loaded, which slows every start; "
            "its author should import it inside functions."
            for name in slow[:1]
        )
        seconds = time.perf_counter() - start
        plugins.loaded.append(
            PluginInfo(plugin.entry.name, plugin.distribution, plugin.version, adds, seconds, warnings)
        )
    return plugins


# ------------------------------------------------------------------------------------------ find


def _installed(plugins: Plugins) -> list[_Plugin]:
    """Like `importlib.metadata.entry_points`, but one damaged distribution does not hide all others."""
    found: list[_Plugin] = []
    seen: set[str] = set()
    for distribution in metadata.distributions():
        try:
            entries = [entry for entry in distribution.entry_points if entry.group == GROUP]
        except Exception as error:  # noqa: BLE001 (damaged metadata raises whatever the parser stumbles over)
            name = _damaged_name(distribution)
            # Other people's damaged packages are none of our business, unless they meant to be plugins.
            if GROUP in canonicalize_name(name) and name not in seen:
                seen.add(name)
                reason = f"{name} was left out because its entry points cannot be read ({_told(error)})."
                plugins.failures.append(PluginFailure(name, name, "", reason))
            continue
        if not entries:
            continue
        name, version = _name_and_version(distribution)
        # The first on the path is what `import` finds; a second copy is an old one left behind.
        if canonicalize_name(name) in seen:
            continue
        seen.add(canonicalize_name(name))
        found += [_Plugin(entry, name, version) for entry in entries]
    return found


def _damaged_name(distribution: metadata.Distribution) -> str:
    path = getattr(distribution, "_path", None)
    return str(getattr(path, "name", "a distribution")).split("-")[0]


def _name_and_version(distribution: metadata.Distribution) -> tuple[str, str]:
    name = version = ""
    # A distribution whose METADATA is missing or damaged has no name, in one of several ways.
    with contextlib.suppress(Exception):
        name = distribution.metadata["Name"] or ""
    with contextlib.suppress(Exception):
        version = distribution.version or ""
    return name or _damaged_name(distribution), version


def _from_entry_point(entry: metadata.EntryPoint) -> _Plugin:
    distribution = getattr(entry, "dist", None)
    if distribution is None:
        return _Plugin(entry, entry.value.split(":")[0].split(".")[0], "")
    return _Plugin(entry, *_name_and_version(distribution))


def _failure(plugin: _Plugin, reason: str) -> PluginFailure:
    called = plugin.distribution + (f" {plugin.version}" if plugin.version else "")
    if canonicalize_name(plugin.entry.name) != canonicalize_name(plugin.distribution):
        called += f" (plugin {plugin.entry.name!r})"
    sentence = " ".join(f"{called} was left out because it {reason}".split()).rstrip(".") + "."
    return PluginFailure(plugin.entry.name, plugin.distribution, plugin.version, sentence)


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if len(text) > 200:
        text = text[:197] + "..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


# ------------------------------------------------------------------------------------------ check


def _bind(plugin: _Plugin, others: Plugins) -> None:
    """Import one plugin and ask it for all that it lists. Raises _Refused; changes nothing but `plugin`."""
    if not plugin.first_party:
        _check_requirements(plugin)
    module = _imported(plugin)
    _check_api(module)
    _register(plugin, module)
    for thing in _listed(plugin, "xfer_backbones"):
        _check_backbone(thing)
        _add(plugin.backbones, thing.id, thing, "backbone")
    for thing in _listed(plugin, "xfer_strategies"):
        _check_strategy(thing)
        _add(plugin.strategies, thing.id, thing, "strategy")
    for thing in _listed(plugin, "xfer_exporters"):
        _check_exporter(thing)
        _add(plugin.exporters, thing.id, thing, "exporter")
    for kind, mine, taken in (
        ("backbone", plugin.backbones, others.backbones),
        ("strategy", plugin.strategies, others.strategies),
        ("exporter", plugin.exporters, others.exporters),
    ):
        for id in mine:
            if id in taken:
                owner = others.provider(_PLURALS[kind], id)
                raise _Refused(
                    f"brings the {kind} {id!r}, which {owner} brings already; uninstall one of the two"
                )


def _check_requirements(plugin: _Plugin) -> None:
    distribution = getattr(plugin.entry, "dist", None)
    for text in (distribution.requires or []) if distribution is not None else []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            raise _Refused(f"has an unreadable requirement, {text!r}") from error
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            raise _Refused(
                f"needs {requirement.name}, which is not installed; run `pip install {_plain(requirement)}`"
            ) from None
        if not requirement.specifier.contains(version, prereleases=True):
            raise _Refused(
                f"needs {requirement.name}{requirement.specifier}, but version {version} is installed"
            )


def _plain(requirement: Requirement) -> str:
    return f'"{requirement.name}{requirement.specifier}"' if requirement.specifier else requirement.name


def _imported(plugin: _Plugin) -> Any:
    try:
        # What a plugin prints while it is imported would break the JSON lines on standard output.
        with contextlib.redirect_stdout(sys.stderr):
            return plugin.entry.load()
    except SystemExit as error:
        raise _Refused("ends the program when it is imported (SystemExit)") from error
    except SyntaxError as error:
        where = f"{error.filename or plugin.entry.value}, line {error.lineno}"
        raise _Refused(f"holds code that this Python cannot read ({where}: {error.msg})") from error
    except ModuleNotFoundError as error:
        if error.name and plugin.entry.value.split(":")[0].split(".")[0] == error.name.split(".")[0]:
            raise _Refused(f"names the module {error.name}, which is not there; install it again") from error
        raise _Refused(f"imports {error.name or error}, which is not installed") from error
    except Exception as error:
        raise _Refused(f"cannot be imported ({_told(error)})") from error


def _check_api(module: Any) -> None:
    wanted = getattr(module, "xferstudio_api", API_VERSION)
    if isinstance(wanted, bool) or not isinstance(wanted, int):
        raise _Refused(f"states its plugin interface as {wanted!r}, which must be a whole number")
    if wanted > API_VERSION:
        raise _Refused(
            f"was written for plugin interface {wanted}, and this is {API_VERSION}; update xferstudio"
        )


def _register(plugin: _Plugin, module: Any) -> None:
    plugin.manager.add_hookspecs(Hooks)
    for name in dir(module):
        thing = getattr(module, name, None)
        if not inspect.isroutine(thing):
            continue
        options = getattr(thing, "xferstudio_impl", None)
        if options is None:
            if name in _HOOKS:
                raise _Refused(f"defines {name} without @hookimpl above it")
            continue
        hook = options.get("specname") or name
        if hook not in _HOOKS:
            near = difflib.get_close_matches(hook, _HOOKS, 1, 0.5)
            hint = f"did its author mean {near[0]}?" if near else f"the hooks are {', '.join(_HOOKS)}"
            raise _Refused(f"implements a hook {hook!r} that does not exist ({hint})")
        if options.get("wrapper") or options.get("hookwrapper"):
            raise _Refused(f"wraps the hook {hook}, which plugins may only implement")
    try:
        plugin.manager.register(module, plugin.entry.name)
    except pluggy.PluginValidationError as error:
        raise _Refused(f"has a hook with wrong arguments ({_arguments_fault(error)})") from error
    except ValueError as error:
        raise _Refused(f"cannot be registered ({_told(error)})") from error
    if not any(plugin.manager.get_hookcallers(module) or ()):
        raise _Refused(f"has no hooks; mark functions such as {_HOOKS[0]} with @hookimpl")


def _arguments_fault(error: Exception) -> str:
    found = re.search(r"Argument\(s\) (\{.*?\}) are declared", str(error))
    hook = re.search(r"for hook '(\w+)'", str(error))
    return f"{hook[1]} does not take {found[1].strip('{}')}" if hook and found else _told(error)


def _call(implementation: Any, **arguments: Any) -> Any:
    return implementation.function(*(arguments[name] for name in implementation.argnames))


def _listed(plugin: _Plugin, hook: str) -> Iterator[Any]:
    for implementation in getattr(plugin.manager.hook, hook).get_hookimpls():
        try:
            with contextlib.redirect_stdout(sys.stderr):
                returned = _call(implementation)
                if isinstance(returned, (str, bytes, Mapping)) or not isinstance(returned, Iterable):
                    raise _Refused(f"returned {_shown(returned)} from {hook}, which must return a list")
                things = list(returned)
        except _Refused:
            raise
        except SystemExit as error:
            raise _Refused(f"ended the program in {hook} (SystemExit)") from error
        except Exception as error:
            raise _Refused(f"failed in {hook} ({_told(error)})") from error
        yield from things


def _shown(thing: Any) -> str:
    try:
        text = " ".join(repr(thing).split())
    except Exception:  # noqa: BLE001 (a plugin's repr may do anything)
        text = f"a {type(thing).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def _add(into: dict[str, _Thing], id: str, thing: _Thing, kind: str) -> None:
    if id in into:
        raise _Refused(f"brings two of the {kind} {id!r}")
    into[id] = thing


def offer_fault(kind: str, thing: Any) -> str:
    """Why no plugin may bring this "backbone", "strategy" or "exporter", as a part of a sentence; "" if it may."""
    check = {"backbone": _check_backbone, "strategy": _check_strategy, "exporter": _check_exporter}[kind]
    try:
        check(thing)
    except _Refused as error:
        return str(error)
    return ""


def _check_backbone(thing: Any, legal: re.Pattern[str] = _BACKBONE_ID) -> None:
    if not isinstance(thing, Backbone):
        raise _Refused(f"gave {_shown(thing)} where a Backbone is due")
    if not isinstance(thing.id, str) or not legal.fullmatch(thing.id):
        raise _Refused(f"brings a backbone with the illegal id {_shown(thing.id)}")
    for name in ("label", "architecture", "licence", "source", "modality"):
        value = getattr(thing, name)
        if not isinstance(value, str) or (name in ("label", "modality") and not value):
            raise _Refused(
                f"brings the backbone {thing.id!r} with a {name} that is not a text: {_shown(value)}"
            )
    for name in ("build", "preprocessing", "is_local"):
        if not callable(getattr(thing, name)):
            raise _Refused(f"brings the backbone {thing.id!r}, whose {name} is not a function")
    if thing.fingerprint is not None and not callable(thing.fingerprint):
        raise _Refused(f"brings the backbone {thing.id!r}, whose fingerprint is not a function")
    if isinstance(thing.parameters, bool) or not isinstance(thing.parameters, int) or thing.parameters < 0:
        raise _Refused(f"brings the backbone {thing.id!r} with {_shown(thing.parameters)} parameters")


def _check_strategy(thing: Any) -> None:
    if not (inspect.isclass(thing) and issubclass(thing, Strategy) and thing is not Strategy):
        raise _Refused(f"gave {_shown(thing)} where a class derived from Strategy is due")
    called = f"strategy {_check_identity(thing, 'strategy')!r}"
    kind = getattr(thing, "kind", None)
    if kind not in _KINDS:
        raise _Refused(
            f"brings the {called} of the kind {_shown(kind)}, which must be one of {', '.join(_KINDS)}"
        )
    _check_options(thing, called)


def _check_exporter(thing: Any) -> None:
    if not (inspect.isclass(thing) and issubclass(thing, Exporter) and thing is not Exporter):
        raise _Refused(f"gave {_shown(thing)} where a class derived from Exporter is due")
    called = f"exporter {_check_identity(thing, 'exporter')!r}"
    if not isinstance(thing.suffix, str) or (
        thing.suffix and not re.fullmatch(r"(\.[A-Za-z0-9_-]+)+", thing.suffix)
    ):
        raise _Refused(
            f"brings the {called} with the suffix {_shown(thing.suffix)}, which must look like '.onnx'"
        )
    for name in ("export", "load"):
        if getattr(thing, name) is getattr(Exporter, name):
            raise _Refused(f"brings the {called} without a method {name}")
    _check_options(thing, called)


def _check_identity(thing: Any, kind: str) -> str:
    id = getattr(thing, "id", None)
    if id is None:
        raise _Refused(f"brings the {kind} {thing.__name__} without an id")
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise _Refused(
            f"brings the {kind} {thing.__name__} with the illegal id {_shown(id)}; "
            "letters, digits, dots, - and _ are allowed"
        )
    label = getattr(thing, "label", None)
    if not isinstance(label, str) or not label:
        raise _Refused(f"brings the {kind} {id!r} without a label")
    if not isinstance(thing.summary, str):
        raise _Refused(f"brings the {kind} {id!r} with a summary that is not a text")
    return id


def _check_options(thing: Any, called: str) -> None:
    options: Any = getattr(thing, "Options", None)
    fitting = inspect.isclass(options) and hasattr(options, "__dataclass_fields__")
    if not fitting:
        raise _Refused(f"brings the {called} whose Options are not a dataclass")
    if not options.__dataclass_params__.frozen:
        raise _Refused(f"brings the {called} whose Options are not frozen; write @dataclass(frozen=True)")
    # A class derived from a dataclass without the decorator has annotations that are silently no options.
    ignored = set(getattr(options, "__annotations__", {})) - set(options.__dataclass_fields__)
    if ignored and "__dataclass_fields__" not in vars(options):
        raise _Refused(f"brings the {called} whose Options lack @dataclass(frozen=True)")
    for spec in dataclasses.fields(options):
        if not {"min", "max", "choices"} <= set(spec.metadata):
            raise _Refused(f"brings the {called} whose option {spec.name!r} is not made with option()")
    try:
        infos = describe_options(options)
        faults = option_faults(options, {info.name: info.default for info in infos})
        options()
    except Exception as error:
        raise _Refused(f"brings the {called} with unusable Options ({_told(error)})") from error
    if faults:
        raise _Refused(f"brings the {called} whose defaults break their own limits ({'; '.join(faults)})")
