"""The chapter on writing a plugin says what the code says."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from xferstudio import api, testing

ROOT = Path(__file__).parents[1]
CHAPTER = (ROOT / "docs" / "plugins.md").read_text("utf-8")
HOOKS = {name: hook for name, hook in vars(api.Hooks).items() if name.startswith("xfer_")}


def signature(function: object) -> str:
    names = [name for name in inspect.signature(function).parameters if name != "self"]  # type: ignore[arg-type]
    return f"({', '.join(names)})"


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_is_named_with_its_arguments(name: str):
    assert f"`{name}{signature(HOOKS[name])}`" in CHAPTER


def test_no_hook_is_named_that_does_not_exist():
    assert set(re.findall(r"\bxfer_\w+", CHAPTER)) == set(HOOKS)


@pytest.mark.parametrize("owner", [api.Strategy, api.Exporter])
def test_each_method_to_override_is_named_with_its_arguments(owner: type):
    methods = {name: each for name, each in vars(owner).items() if inspect.isfunction(each)}
    del methods["__init__"]
    for name, method in methods.items():
        assert f"`{name}{signature(method)}`" in CHAPTER


def test_each_member_of_the_context_is_named():
    for name in {**vars(api.Context), **api.Context.__annotations__}:
        if not name.startswith("_"):
            assert re.search(rf"`(ctx\.)?{name}\b", CHAPTER), name


def test_each_function_of_the_kit_is_named():
    for name in ("check_strategy", "check_backbone", "check_exporter"):
        assert hasattr(testing, name)
        assert f"`{name}(" in CHAPTER


def test_the_example_in_the_chapter_is_a_strategy_that_can_be_made(monkeypatch):
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", CHAPTER, re.S) if "@hookimpl" in block)
    space: dict[str, object] = {"__name__": "example_of_the_chapter"}
    # A dataclass looks up its module by name.
    monkeypatch.setitem(sys.modules, "example_of_the_chapter", sys)
    exec(compile(code, "docs/plugins.md", "exec"), space)
    (strategy,) = space["xfer_strategies"]()  # type: ignore[operator]
    assert strategy.id == "lp-ft"
    assert [phase.epochs for phase in strategy(strategy.Options()).phases()] == [4, 8]


def test_the_example_does_as_the_installable_plugin_does():
    module = (ROOT / "plugins" / "xferstudio-lp-ft" / "xferstudio_lp_ft.py").read_text("utf-8")
    example = next(b for b in re.findall(r"```python\n(.*?)```", CHAPTER, re.S) if "@hookimpl" in b)
    kept = [line.strip() for line in module.splitlines()]
    for line in example.splitlines():
        if line.startswith("        ") or "option(" in line:
            assert line.strip() in kept, line


def test_the_adaptation_in_the_chapter_passes_the_conformance_kit(monkeypatch):
    (code,) = (block for block in re.findall(r"```python\n(.*?)```", CHAPTER, re.S) if '"adapt"' in block)
    space: dict[str, Any] = {"__name__": "adaptation_of_the_chapter"}
    monkeypatch.setitem(sys.modules, "adaptation_of_the_chapter", sys)
    exec(compile(code, "docs/plugins.md", "exec"), space)
    testing.check_strategy(space["SameMean"], options={"epochs": 1})


def test_what_an_adaptation_gets_is_in_the_chapter():
    for name in ("target", "target_places"):
        assert name in api.Batch.__dataclass_fields__
        assert re.search(rf"`(batch\.)?{name}`", CHAPTER), name
    for domains in ("source", "both", "target"):
        assert api.Phase("p", 1, domains)
        assert f'| `"{domains}"` |' in CHAPTER
