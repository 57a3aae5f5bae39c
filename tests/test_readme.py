"""The README tells the truth: its commands are understood, its files exist, its variables are all of them."""

import re
import shlex
from pathlib import Path

import pytest

from xferstudio import cli
from xferstudio.events import COMMANDS
from xferstudio.plugins import load_plugins

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text("utf-8")


def commands() -> list[str]:
    """Every call of the program in the README's code, pipes and brackets taken apart."""
    found = []
    for block in re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL):
        for line in block.splitlines():
            parts = re.split(r"[|;()]|&&", line)
            found += [part.strip() for part in parts if part.strip().startswith("xferstudio ")]
    return found


def test_the_readme_shows_every_command():
    shown = {cli.parse(shlex.split(line)[1:])[0].name for line in commands()}
    assert {"new", "add", "run", "batch", "compare", "export", "predict", "cache"} <= shown
    assert {
        "backbones",
        "strategies",
        "exporters",
        "plugins",
        "check-plugin",
        "catalogue",
        "scan",
        "app",
        "target",
        "shift",
        "audit",
    } <= shown


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_readme_is_understood_and_finds_its_files(line):
    command, args = cli.parse(shlex.split(line)[1:])
    if command.name == "new":
        assert (ROOT / args.data).is_dir()
        assert not args.target or (ROOT / args.target).is_dir()
    if command.name == "target":
        assert args.none or (ROOT / args.folder).is_dir()
    if command.name == "predict":
        for path in args.paths:
            assert path == "-" or (ROOT / path).exists()
    if command.name == "export":
        assert args.to in load_plugins(safe=True).exporters
    if command.name == "add" and args.strategy != "lp-ft":
        strategy = load_plugins(safe=True).strategy(args.strategy)
        cli.parse_options(strategy.Options, args.set, strategy.id)


def test_the_readme_uses_only_runs_that_it_has_added():
    added = set()
    for line in commands():
        command, args = cli.parse(shlex.split(line)[1:])
        if command.name == "add":
            added.add(args.name or args.strategy)
        elif command.name == "run":
            assert set(args.names) <= added
        elif command.name in ("export", "audit"):
            assert args.name in added


def test_the_readme_lists_the_environment_variables_of_the_program():
    named = set(re.findall(r"`(XFERSTUDIO_\w+)`", TEXT))
    files = [
        *(ROOT / "xferstudio").rglob("*.py"),
        *(ROOT / "plugins").rglob("*.py"),
        ROOT / "tests/conftest.py",
    ]
    used = set().union(
        *(re.findall(r"[\"'](XFERSTUDIO_\w+)[\"']", file.read_text("utf-8")) for file in files)
    )
    assert named == used


def test_the_readme_names_every_word_that_a_run_understands():
    assert all(re.search(rf"\b{word}\b", TEXT) for word in COMMANDS)


def test_the_make_commands_of_the_readme_exist():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make (\w+)`", TEXT):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_links_of_the_readme_lead_somewhere():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "://" not in link]
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_the_readme_names_no_place_on_a_machine_and_no_address_of_a_registry():
    assert not re.search(r"(?<![\w.])/(?:home|root|work|tmp|Users)/", TEXT)
    assert not re.search(r"https?://", TEXT)
    assert "@@" not in TEXT
