"""The first-party plugin: backbones, strategies and exporters that come with xferstudio."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import TypeVar

from xferstudio.api import Backbone, Exporter, Strategy, hookimpl

_Kind = TypeVar("_Kind")


@hookimpl
def xfer_backbones() -> Iterable[Backbone]:
    """The embedded backbones and a selection of timm's."""
    from xferstudio_plugins import backbones

    return backbones.listed()


@hookimpl
def xfer_backbone(id: str) -> Backbone | None:
    """Any model of timm, any weights file or folder, and the stages of any of these."""
    from xferstudio_plugins import backbones

    return backbones.by_id(id)


@hookimpl
def xfer_strategies() -> Iterable[type[Strategy]]:
    """The strategies of the modules beside this one, and of the folder `adapt`."""
    adaptations = ("baseline", "moments", "adversarial", "confusion", "pseudo_labels")
    names = ("extract", "finetune", "scratch", *(f"adapt.{name}" for name in adaptations))
    modules = [f"{__name__}.{name}" for name in names]
    return _classes(modules, Strategy)


@hookimpl
def xfer_exporters() -> Iterable[type[Exporter]]:
    """The exporters of the folder beside this module."""
    package = find_spec(f"{__name__}.exporters")
    folders = list(package.submodule_search_locations or ()) if package else []
    modules = sorted(found.name for found in pkgutil.iter_modules(folders, f"{__name__}.exporters."))
    return _classes(modules, Exporter)


def _classes(modules: Iterable[str], kind: type[_Kind]) -> list[type[_Kind]]:
    """The subclasses of `kind` with an id that these modules define, in the order of definition."""
    return [
        value
        for name in modules
        for value in vars(import_module(name)).values()
        if isinstance(value, type)
        and issubclass(value, kind)
        and value.__module__ == name
        and "id" in vars(value)
    ]
