"""Plugins are taken whole or refused whole, and no broken one keeps others from working."""

import importlib
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest

from xferstudio import api
from xferstudio.api import UserError
from xferstudio.plugins import PluginFailure, Plugins, load_plugins

HEAD = """
from dataclasses import dataclass, field
from xferstudio.api import Backbone, Exporter, Preprocessing, Strategy, hookimpl, option

def backbone(id, **more):
    facts = dict(id=id, label=id, preprocessing=Preprocessing)
    facts.update(build=lambda pretrained: None, is_local=lambda: True)
    return Backbone(**{**facts, **more})

class Good(Strategy):
    id = "good"
    label = "Good"
    kind = "extract"

@dataclass(frozen=True)
class Nothing:
    pass

class Out(Exporter):
    id = "out"
    label = "Out"
    suffix = ".out"
    Options = Nothing
    def export(self, model, out): ...
    def load(self, out): ...
"""

GOOD = """
@hookimpl
def xfer_strategies():
    return [Good]
"""

Install = Callable[..., metadata.EntryPoint]


@pytest.fixture
def install(tmp_path, monkeypatch) -> Iterator[Install]:
    """Makes a real distribution on the path, a module and its metadata, and gives its entry point."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def make(
        name: str, code: str, *, requires: tuple[str, ...] = (), version: str = "1.0", head: str = HEAD
    ) -> metadata.EntryPoint:
        module = "own_plugins" if name == "xferstudio" else name.replace("-", "_")
        (site / f"{module}.py").write_text(head + textwrap.dedent(code), encoding="utf-8")
        info = site / f"{module}-{version}.dist-info"
        info.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        (info / "METADATA").write_text("\n".join([*lines, *(f"Requires-Dist: {r}" for r in requires)]) + "\n")
        (info / "entry_points.txt").write_text(f"[xferstudio]\n{name} = {module}\n")
        importlib.invalidate_caches()
        (found,) = metadata.Distribution.at(info).entry_points
        return found

    yield make
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(site) in str(sys.modules[name].__file__):
            del sys.modules[name]


def refusal(entry: metadata.EntryPoint) -> str:
    """The one sentence with which this plugin is kept out."""
    plugins = load_plugins(entry_points=[entry])
    assert plugins.loaded == []
    assert (plugins.backbones, plugins.strategies, plugins.exporters) == ({}, {}, {})
    (failure,) = plugins.failures
    assert isinstance(failure, PluginFailure)
    assert failure.distribution == "xferstudio-odd"
    assert failure.version == "1.0"
    assert failure.reason.startswith("xferstudio-odd 1.0 was left out because it ")
    assert failure.reason.endswith(".")
    assert "\n" not in failure.reason
    return failure.reason


# ---- good plugins


def test_a_good_plugin_is_taken_with_all_that_it_lists(install):
    entry = install(
        "xferstudio-apple",
        GOOD
        + """
@hookimpl
def xfer_backbones():
    yield backbone("apple:small")

@hookimpl
def xfer_exporters():
    return (Out,)
""",
    )
    plugins = load_plugins(entry_points=[entry])
    assert plugins.failures == []
    (info,) = plugins.loaded
    assert (info.name, info.distribution, info.version) == ("xferstudio-apple", "xferstudio-apple", "1.0")
    assert info.adds == {"backbones": ("apple:small",), "strategies": ("good",), "exporters": ("out",)}
    assert info.seconds >= 0
    assert info.warnings == ()
    assert plugins.strategy("good").label == "Good"
    assert plugins.exporter("out").suffix == ".out"
    assert plugins.backbone("apple:small").label == "apple:small"
    assert plugins.provider("strategies", "good") == "xferstudio-apple"


def test_installed_plugins_are_found_and_our_own_comes_first(install, monkeypatch):
    install("aaa-plugin", GOOD)
    install("xferstudio", "@hookimpl\ndef xfer_backbones():\n    return [backbone('own:1')]\n")
    plugins = load_plugins()
    assert [info.distribution for info in plugins.loaded][:2] == ["xferstudio", "aaa-plugin"]
    assert [info.distribution for info in load_plugins(safe=True).loaded] == ["xferstudio"]


def test_without_our_own_entry_point_the_way_to_install_is_told(monkeypatch):
    monkeypatch.setattr(metadata, "distributions", list)
    with pytest.raises(UserError, match=r"pip install -e \."):
        load_plugins()


def test_safe_mode_does_not_even_import_others(install):
    entry = install("xferstudio-odd", "raise SystemExit(3)")
    plugins = load_plugins(safe=True, entry_points=[entry])
    assert (plugins.loaded, plugins.failures) == ([], [])
    assert "xferstudio_odd" not in sys.modules


def test_loading_plugins_imports_no_torch():
    code = "import sys; from xferstudio.plugins import *; load_plugins(entry_points=[])\n"
    code += "assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


# ---- broken plugins

BROKEN = {
    "an import that fails": ("import no_such_module_anywhere", "imports no_such_module_anywhere"),
    "an error at import": ("1 / 0", "cannot be imported (ZeroDivisionError"),
    "an exit at import": ("raise SystemExit(0)", "ends the program when it is imported"),
    "code that Python cannot read": ("def x(:\n", "holds code that this Python cannot read"),
    "no hook at all": ("x = 1", "has no hooks"),
    "a hook without its mark": ("def xfer_strategies():\n    return [Good]", "without @hookimpl"),
    "a misspelt hook": (
        "@hookimpl\ndef xfer_stratgies():\n    return [Good]",
        "did its author mean xfer_strategies?",
    ),
    "a misspelt name behind the mark": (
        "@hookimpl(specname='xfer_backbonez')\ndef mine():\n    return []",
        "'xfer_backbonez' that does not exist",
    ),
    "wrong arguments": ("@hookimpl\ndef xfer_strategies(config):\n    return []", "does not take 'config'"),
    "a wrapper": ("@hookimpl(wrapper=True)\ndef xfer_strategies():\n    return (yield)", "wraps the hook"),
    "a hook that raises": (
        "@hookimpl\ndef xfer_strategies():\n    raise OSError('no\\nnet')",
        "OSError: no net",
    ),
    "a hook that raises late": (
        "@hookimpl\ndef xfer_strategies():\n    yield Good\n    1 / 0",
        "ZeroDivisionError",
    ),
    "a hook that exits": ("@hookimpl\ndef xfer_strategies():\n    raise SystemExit", "ended the program in"),
    "a hook that returns nothing": ("@hookimpl\ndef xfer_strategies():\n    pass", "returned None"),
    "a hook that returns a text": (
        "@hookimpl\ndef xfer_backbones():\n    return 'timm:x'",
        "must return a list",
    ),
    "an instance for a class": (
        "@hookimpl\ndef xfer_strategies():\n    return [Good(None)]",
        "derived from Strategy",
    ),
    "a class of another kind": (
        "@hookimpl\ndef xfer_exporters():\n    return [Good]",
        "derived from Exporter",
    ),
    "a text for a backbone": (
        "@hookimpl\ndef xfer_backbones():\n    return ['x']",
        "where a Backbone is due",
    ),
    "a backbone without a builder": (
        "@hookimpl\ndef xfer_backbones():\n    return [backbone('x', build=None)]",
        "whose build is not a function",
    ),
    "a backbone with an illegal id": (
        "@hookimpl\ndef xfer_backbones():\n    return [backbone('x y')]",
        "illegal id 'x y'",
    ),
    "a backbone with odd parameters": (
        "@hookimpl\ndef xfer_backbones():\n    return [backbone('x', parameters='5M')]",
        "with '5M' parameters",
    ),
    "one id twice": (GOOD.replace("[Good]", "[Good, Good]"), "brings two of the strategy 'good'"),
    "a strategy without an id": (
        "class Bad(Strategy):\n    pass\n" + GOOD.replace("Good", "Bad"),
        "Bad without an id",
    ),
    "a strategy without a label": (
        "class Bad(Strategy):\n    id = 'x'\n" + GOOD.replace("Good", "Bad"),
        "'x' without a label",
    ),
    "a strategy without a kind": (
        "class Bad(Strategy):\n    id = label = 'x'\n" + GOOD.replace("Good", "Bad"),
        "of the kind None",
    ),
    "an unknown kind": ("Good.kind = 'magic'\n" + GOOD, "of the kind 'magic'"),
    "an illegal id": ("Good.id = 'a/b'\n" + GOOD, "illegal id 'a/b'"),
    "options that are no dataclass": ("Good.Options = dict\n" + GOOD, "are not a dataclass"),
    "options that thaw": (
        "@dataclass\nclass O:\n    epochs: int = option(3)\nGood.Options = O\n" + GOOD,
        "are not frozen",
    ),
    "options of plain fields": (
        "@dataclass(frozen=True)\nclass O:\n    epochs: int = 3\nGood.Options = O\n" + GOOD,
        "'epochs' is not made with option()",
    ),
    "options that lack the decorator": (
        "class O(Strategy.Options):\n    extra: int = option(3)\nGood.Options = O\n" + GOOD,
        "lack @dataclass(frozen=True)",
    ),
    "an option of a list": (
        "@dataclass(frozen=True)\nclass O:\n    epochs: tuple = option((1, 2))\nGood.Options = O\n" + GOOD,
        "option epochs needs a default",
    ),
    "a default out of its own limits": (
        "@dataclass(frozen=True)\nclass O:\n    epochs: int = option(0, min=1)\nGood.Options = O\n" + GOOD,
        "epochs must be at least 1",
    ),
    "a default that is no choice": (
        "@dataclass(frozen=True)\nclass O:\n    how: str = option('x', choices=('y',))\nGood.Options = O\n"
        + GOOD,
        "how must be one of y",
    ),
    "an exporter that cannot load": (
        "del Out.load\n@hookimpl\ndef xfer_exporters():\n    return [Out]",
        "'out' without a method load",
    ),
    "an odd suffix": (
        "Out.suffix = 'out'\n@hookimpl\ndef xfer_exporters():\n    return [Out]",
        "must look like '.onnx'",
    ),
    "a newer interface": (
        f"xferstudio_api = {api.API_VERSION + 1}\n" + GOOD,
        "update xferstudio",
    ),
    "an odd interface": ("xferstudio_api = '1'\n" + GOOD, "must be a whole number"),
}


@pytest.mark.parametrize(("code", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_kept_out_with_one_sentence_that_names_it(install, code, words):
    assert words in refusal(install("xferstudio-odd", code))


def test_one_broken_hook_refuses_all_that_the_plugin_brings(install):
    entry = install("xferstudio-odd", GOOD + "@hookimpl\ndef xfer_backbones():\n    return 3\n")
    refusal(entry)


def test_a_broken_plugin_does_not_keep_the_others_out(install):
    entries = [
        install("xferstudio-odd", "raise SystemExit(3)"),
        install("xferstudio-b", GOOD),
        install("xferstudio-a", "@hookimpl\ndef xfer_exporters():\n    return [Out]\n"),
    ]
    plugins = load_plugins(entry_points=entries)
    assert [info.distribution for info in plugins.loaded] == ["xferstudio-a", "xferstudio-b"]
    assert [failure.distribution for failure in plugins.failures] == ["xferstudio-odd"]


def test_an_interrupt_from_the_keyboard_is_not_swallowed(install):
    entry = install("xferstudio-odd", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_plugins(entry_points=[entry])


def test_a_missing_requirement_is_told_before_anything_is_imported(install):
    entry = install("xferstudio-odd", "raise SystemExit", requires=("no-such-distribution>=2",))
    assert "needs no-such-distribution, which is not installed; run `pip install" in refusal(entry)
    assert "xferstudio_odd" not in sys.modules


def test_a_requirement_of_another_version_is_told_with_both(install):
    entry = install("xferstudio-odd", GOOD, requires=("pluggy>=900",))
    assert f"needs pluggy>=900, but version {metadata.version('pluggy')} is installed" in refusal(entry)


def test_a_requirement_that_cannot_be_read_is_told(install):
    assert "unreadable requirement" in refusal(install("xferstudio-odd", GOOD, requires=("=> 3 of x",)))


def test_requirements_of_extras_and_of_other_systems_do_not_matter(install):
    requires = ('no-such; extra == "all"', 'no-such; sys_platform == "amiga"', "pluggy>=1")
    plugins = load_plugins(entry_points=[install("xferstudio-fine", GOOD, requires=requires)])
    assert plugins.failures == []


def test_a_module_that_is_gone_is_told(install):
    entry = install("xferstudio-odd", GOOD)
    Path(entry.dist.locate_file("xferstudio_odd.py")).unlink()
    assert "names the module xferstudio_odd, which is not there" in refusal(entry)


def test_a_clash_of_ids_refuses_the_later_and_names_both(install):
    entries = [install("xferstudio-b", GOOD), install("xferstudio-a", GOOD), install("xferstudio", GOOD)]
    plugins = load_plugins(entry_points=entries)
    assert [info.distribution for info in plugins.loaded] == ["xferstudio"]
    assert [failure.distribution for failure in plugins.failures] == ["xferstudio-a", "xferstudio-b"]
    assert plugins.failures[0].reason == (
        "xferstudio-a 1.0 was left out because it brings the strategy 'good', which xferstudio "
        "brings already; uninstall one of the two."
    )


def test_damaged_metadata_of_one_distribution_does_not_hide_the_others(install, tmp_path):
    install("xferstudio", GOOD)
    for name, content in (("xferstudio_hurt", b"\xff\xfe[xferstudio]\n"), ("other_hurt", b"\xff\xfe")):
        info = tmp_path / "site" / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_bytes(content)
    plugins = load_plugins()
    assert plugins.loaded[0].distribution == "xferstudio"
    told = [failure.reason for failure in plugins.failures if "hurt" in failure.reason]
    assert len(told) == 1
    assert told[0].startswith("xferstudio_hurt was left out because its entry points cannot be read")


def test_a_plugin_whose_metadata_is_gone_is_named_by_its_folder(install, tmp_path):
    install("xferstudio", GOOD)
    entry = install("nameless", "1 / 0")
    (tmp_path / "site" / "nameless-1.0.dist-info" / "METADATA").unlink()
    plugins = load_plugins(entry_points=[entry])
    assert "nameless" in plugins.failures[0].reason


def test_what_a_plugin_prints_does_not_reach_standard_output(install, capsys):
    entry = install("xferstudio-loud", "print('hello')\n" + GOOD.replace("return", "print('hi'); return"))
    assert load_plugins(entry_points=[entry]).failures == []
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "hello\nhi\n"


def test_a_plugin_that_imports_torch_at_once_is_taken_with_a_warning(install, tmp_path, monkeypatch):
    (tmp_path / "site" / "torch.py").write_text("")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    entry = install("xferstudio-slow", "import torch\n" + GOOD)
    (info,) = load_plugins(entry_points=[entry]).loaded
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    (warning,) = info.warnings
    assert "xferstudio-slow imports torch" in warning


# ---- looking up ids


def test_a_backbone_that_nobody_lists_is_asked_of_each_plugin_in_order(install):
    code = "@hookimpl\ndef xfer_backbone(id):\n"
    code += "    return backbone(id, label='{0}') if id.startswith('{1}:') else None\n"
    entries = [
        install("p-two", code.format("two", "file")),
        install("p-one", code.format("one", "timm")),
        install("p-three", code.format("three", "file")),
    ]
    plugins = load_plugins(entry_points=entries)
    assert plugins.backbone("timm:resnet18").label == "one"
    assert plugins.backbone("file:/a b/c.safetensors").label == "three"
    with pytest.raises(UserError, match="no backbone 'hub:x'"):
        plugins.backbone("hub:x")


@pytest.mark.parametrize("body", ["1 / 0", "raise SystemExit", "return 3", "return backbone('x', label='')"])
def test_a_plugin_that_fails_on_an_id_is_named(install, body):
    entry = install("xferstudio-odd", f"@hookimpl\ndef xfer_backbone(id):\n    {body}\n")
    with pytest.raises(UserError, match=r"xferstudio-odd .*'x:y'"):
        load_plugins(entry_points=[entry]).backbone("x:y")


def test_a_sentence_that_a_plugin_has_for_the_user_is_passed_on(install):
    code = "from xferstudio.api import WeightsError\n@hookimpl\ndef xfer_backbone(id):\n"
    code += "    raise WeightsError('cut off')\n"
    entry = install("xferstudio-fine", code)
    with pytest.raises(api.WeightsError, match="cut off"):
        load_plugins(entry_points=[entry]).backbone("x:y")


def test_an_unknown_id_is_told_with_near_ones_and_that_a_plugin_may_be_missing(install):
    backbones = (
        "@hookimpl\ndef xfer_backbones():\n    return [backbone('embedded:lite0'), backbone('timm:vit')]\n"
    )
    plugins = load_plugins(
        entry_points=[install("xferstudio-fine", GOOD + backbones), install("xferstudio-odd", "1 / 0")]
    )
    with pytest.raises(UserError, match=r"no backbone 'lite0'\. Did you mean 'embedded:lite0'\?"):
        plugins.backbone("lite0")
    with pytest.raises(UserError, match=r"no strategy 'Goood'\. Did you mean 'good'\?") as caught:
        plugins.strategy("Goood")
    assert "A plugin that brings it may be missing; left out were: xferstudio-odd" in str(caught.value)
    with pytest.raises(
        UserError, match=r"There is no exporter 'x'\. A plugin that brings it may be missing\."
    ):
        Plugins().exporter("x")
