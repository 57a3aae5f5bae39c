"""The program starts at once: what lists and explains imports nothing heavy."""

import json
import subprocess
import sys

import pytest

from xferstudio.project import create

HEAVY = ("torch", "torchvision", "timm", "onnx", "onnxruntime", "PySide6", "pyqtgraph", "sklearn", "pyarrow")

PROBE = """
import json, sys
from xferstudio.cli import main
code = main({arguments!r})
sys.stdout.flush()
sys.stderr.write("\\n" + json.dumps([code, sorted(name for name in sys.modules if "." not in name)]))
"""


def modules_after(*arguments: str) -> set[str]:
    """The top-level modules in a fresh interpreter after a command that must have gone well."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "--help"), ("predict", "--help")])
def test_help_imports_nothing_heavy_and_no_numpy(arguments):
    assert not modules_after(*arguments) & {*HEAVY, "numpy", "PIL", "rich", "tomlkit"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("plugins",),
        ("plugins", "--json"),
        ("--safe", "plugins"),
        ("catalogue", "--json"),
        ("backbones", "--json"),
        ("cache", "show"),
        ("cache", "clear"),
    ],
)
def test_listing_what_plugins_offer_imports_neither_torch_nor_qt(arguments):
    assert not modules_after(*arguments) & set(HEAVY)


def test_looking_through_images_imports_neither_torch_nor_qt(make_pictures, tmp_path):
    made = create(tmp_path / "project", data=make_pictures("a/1.png", "b/2.png"))
    assert not modules_after("scan", str(made.folder), "--json") & set(HEAVY)


def test_the_api_and_the_events_import_no_network_library_and_no_numpy():
    probe = "import sys, xferstudio.api, xferstudio.events; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "xferstudio.api" in found
    assert not set(found) & {*HEAVY, "numpy"}
