"""How the window is opened from the command line, and the sentences where it cannot be."""

import importlib
import os
import subprocess
import sys
import types

import pytest

from xferstudio import cli, project, screen

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="screens of Linux")


@pytest.fixture
def opened(monkeypatch):
    """What the window was opened with; a stand-in takes its place."""
    calls = []
    stand_in = types.ModuleType("xferstudio.gui")
    stand_in.open_window = lambda arguments=(): calls.append(list(arguments)) or 7
    monkeypatch.setitem(sys.modules, "xferstudio.gui", stand_in)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    return calls


@pytest.fixture
def made(make_pictures, tmp_path):
    return project.create(tmp_path / "apples", data=make_pictures("a/1.png", "b/2.png"))


def test_without_a_command_the_window_opens_and_its_exit_code_is_ours(opened):
    assert cli.main([]) == 7
    assert cli.main(["app"]) == 7
    assert cli.main(["--verbose"]) == 7
    assert opened == [[], [], []]


def test_a_project_alone_opens_the_window_on_it(opened, made, monkeypatch):
    folder = str(made.folder)
    for words in ([folder], ["app", folder], [str(made.file)], ["--verbose", folder]):
        cli.main(words)
    assert opened == [[folder]] * 4
    monkeypatch.chdir(made.folder.parent)
    cli.main(["apples"])
    assert opened[-1] == ["apples"]


def test_a_command_goes_before_a_project_of_its_name(opened, made, monkeypatch, capsys):
    made.folder.rename(made.folder.with_name("compare"))
    monkeypatch.chdir(made.folder.parent)
    assert cli.main(["compare"]) == 2
    cli.main(["app", "compare"])
    assert opened == [["compare"]]


@pytest.mark.parametrize("words", [["app"], []])
def test_a_folder_that_is_no_project_is_a_mistake(opened, made, words, capsys):
    assert cli.main([*words, str(made.data_path())]) == 2
    assert "xferstudio new" in capsys.readouterr().err
    assert opened == []


def test_a_word_that_is_nothing_is_still_an_unknown_command(opened, capsys):
    assert cli.main(["plugns"]) == 2
    assert "did you mean plugins?" in capsys.readouterr().err


@LINUX
def test_without_a_screen_a_sentence_says_so_and_nothing_is_aborted():
    environment = {name: value for name, value in os.environ.items() if name not in SCREENS}
    done = subprocess.run(
        [sys.executable, "-m", "xferstudio"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert "needs a screen" in done.stderr
    assert "Traceback" not in done.stderr


@LINUX
@pytest.mark.parametrize("platform", ["", "xcb"])
def test_a_screen_that_cannot_be_reached_is_told_and_nothing_is_aborted(platform):
    pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)
    environment = {name: value for name, value in os.environ.items() if name not in SCREENS}
    done = subprocess.run(
        [sys.executable, "-m", "xferstudio"],
        env={**environment, "DISPLAY": ":4097", "QT_QPA_PLATFORM": platform},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "cannot be reached" in done.stderr or "apt install" in done.stderr
    assert "Traceback" not in done.stderr


SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModuleNotFoundError("No module named 'PySide6'", name="PySide6"), "pip install"),
        (ImportError("libEGL.so.1: cannot open shared object file"), "libegl1"),
    ],
)
def test_what_is_not_installed_is_named_with_what_to_install(monkeypatch, capsys, error, words):
    def fail(name):
        raise error

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(screen, "importlib", types.SimpleNamespace(import_module=fail, util=importlib.util))
    assert cli.main([]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
