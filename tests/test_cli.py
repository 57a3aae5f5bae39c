"""The command line: arguments, exit codes, what it prints, and how a run is steered through it."""

import csv
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import types
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image

from xferstudio import cli, faults, project, terminal
from xferstudio.api import UserError, option
from xferstudio.engine.predict import Prediction
from xferstudio.events import EpochDone, Progress, RunEnded, RunStarted, StepDone, from_json
from xferstudio.history import new_run_folder


@pytest.fixture(autouse=True)
def own_log_folder(monkeypatch, tmp_path):
    """Faults that a test provokes do not land among the user's own."""
    monkeypatch.setenv(faults.LOG_FOLDER, str(tmp_path / "log"))


@dataclass(frozen=True)
class Options:
    epochs: int = option(20, min=1, max=100)
    learning_rate: float = option(1e-3, min=0.0, max=10.0)
    cache: bool = option(True)
    balance: str = option("none", choices=("none", "weights"))


# ------------------------------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    "words",
    [
        "run P a b --json --fresh",
        "run --json P a --fresh b",
        "run P --json a b --fresh",
        "run --fresh --json P a b",
    ],
)
def test_options_may_stand_anywhere_between_the_names(words):
    command, args = cli.parse(words.split())
    assert command.name == "run"
    assert (args.project, args.names, args.json, args.fresh) == ("P", ["a", "b"], True, True)


def test_the_lines_that_scripts_rely_on_are_understood():
    lines = [
        "new P --data F --backbone embedded:x --val 0.3 --test 0.1 --seed 7",
        "add P --strategy extract --name n --backbone b --set epochs=1 --set seed=2",
        "run P",
        "run P n --json --device auto --fresh",
        "compare P --json",
        "export P n --to onnx --out x.onnx",
        "predict M a.jpg b --csv out.csv --json",
        "predict M --json -",
        "batch P Q --json",
    ]
    for line in lines:
        command, _args = cli.parse(line.split())
        assert command.name == line.split()[0]


def test_repeated_settings_are_collected_in_order():
    _, args = cli.parse(["add", "P", "--set", "a=1", "--strategy", "s", "--set", "b=x=y"])
    assert args.set == ["a=1", "b=x=y"]


def test_global_options_may_stand_before_and_after_the_command():
    assert cli.parse(["--safe", "plugins"])[1].safe
    assert cli.parse(["plugins", "--safe"])[1].safe
    assert not cli.parse(["plugins"])[1].safe


def test_after_two_dashes_a_name_may_begin_with_a_dash():
    assert cli.parse(["predict", "M", "--", "-odd.jpg"])[1].paths == ["-odd.jpg"]


def test_a_shortened_option_is_refused_so_that_a_later_one_cannot_change_its_meaning():
    with pytest.raises(UserError, match="--fre"):
        cli.parse(["run", "P", "--fre"])


@pytest.mark.parametrize("value", ["1.5", "-0.1", "nan", "half"])
def test_a_share_outside_zero_to_one_is_refused(value):
    with pytest.raises(UserError, match="share"):
        cli.parse(["new", "P", "--data", "F", f"--val={value}"])


def test_every_command_explains_itself(capsys):
    for command in cli.COMMAND_LIST:
        assert cli.main([command.name, "--help"]) == 0
        assert f"usage: xferstudio {command.name}" in capsys.readouterr().out


def test_the_help_lists_all_commands_and_how_to_open_the_window(capsys):
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(command.name in out for command in cli.COMMAND_LIST)
    assert "Without a command it opens the window" in out


def test_the_version_is_printed(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("xferstudio 0.")


# ------------------------------------------------------------------------------------------ options from text


def test_values_are_read_as_the_kind_of_their_option():
    values = cli.parse_options(
        Options, ["epochs=1e1", "learning_rate=1e-4", "cache=no", "balance=weights"], "x"
    )
    assert values == {"epochs": 10, "learning_rate": 1e-4, "cache": False, "balance": "weights"}
    assert type(values["epochs"]) is int


def test_where_there_are_no_options_that_is_said():
    @dataclass(frozen=True)
    class Nothing:
        pass

    with pytest.raises(UserError, match=r"onnx has no options$"):
        cli.parse_options(Nothing, ["foo=1"], "onnx")


def test_all_faults_of_settings_are_told_at_once():
    settings = ["epoch=3", "epochs=0", "learning_rate=fast", "cache=maybe", "balance=both", "loose"]
    with pytest.raises(UserError) as caught:
        cli.parse_options(Options, settings, "extract")
    lines = str(caught.value).splitlines()[1:]
    assert len(lines) == 6
    assert "did you mean epochs?" in lines[0]
    assert "at least 1" in lines[1]
    assert "a number, not 'fast'" in lines[2]
    assert "true or false, not 'maybe'" in lines[3]
    assert "none, weights" in lines[4]
    assert "KEY=VALUE" in lines[5]


@pytest.mark.parametrize("text", ["1.5", "many", "", "inf", "nan"])
def test_what_is_not_a_whole_number_is_refused(text):
    with pytest.raises(UserError, match="a whole number"):
        cli.parse_options(Options, [f"epochs={text}"], "x")


@pytest.mark.parametrize("text", ["inf", "nan", "-inf"])
def test_a_rate_must_be_finite(text):
    with pytest.raises(UserError, match="a number"):
        cli.parse_options(Options, [f"learning_rate={text}"], "x")


def test_a_setting_given_twice_is_refused():
    with pytest.raises(UserError, match="twice"):
        cli.parse_options(Options, ["epochs=1", "epochs=2"], "x")


# ------------------------------------------------------------------------------------- exit codes and faults


def test_a_mistake_is_one_sentence_without_a_traceback(capsys):
    assert cli.main(["rnu"]) == 2
    seen = capsys.readouterr()
    assert seen.err == "xferstudio: there is no command 'rnu'; did you mean run?\n"
    assert seen.out == ""


def command_that(monkeypatch, error):
    """Make `xferstudio cache` fail with an error."""

    def fail(_args):
        raise error

    monkeypatch.setitem(
        cli.COMMANDS_BY_NAME, "cache", cli.Command("cache", "", "fail", lambda _parser: None, fail)
    )


def test_a_fault_of_ours_goes_to_a_log_file_that_the_sentence_names(monkeypatch, tmp_path, capsys):
    command_that(monkeypatch, ZeroDivisionError("the sum of nothing"))
    assert cli.main(["cache"]) == 3
    err = capsys.readouterr().err
    (log,) = (tmp_path / "log").iterdir()
    assert str(log) in err
    assert "Traceback" not in err
    assert "ZeroDivisionError: the sum of nothing" in log.read_text("utf-8")


def test_where_no_log_can_be_written_the_sentence_still_comes(monkeypatch, tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv(faults.LOG_FOLDER, str(blocked / "log"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(blocked / "temp"))
    command_that(monkeypatch, ZeroDivisionError("x"))
    assert cli.main(["cache"]) == 3
    assert "its log file cannot be written" in capsys.readouterr().err


def test_a_full_disk_is_told_as_such(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(faults.LOG_FOLDER, str(tmp_path))
    command_that(monkeypatch, OSError(28, "No space left on device", "/somewhere/best.safetensors"))
    assert cli.main(["cache"]) == 1
    assert capsys.readouterr().err == "xferstudio: No space left on device: /somewhere/best.safetensors\n"


def test_an_interrupt_from_the_keyboard_has_its_own_exit_code(monkeypatch, capsys):
    command_that(monkeypatch, KeyboardInterrupt())
    assert cli.main(["cache"]) == 130
    assert "Traceback" not in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ printing


def test_columns_stay_aligned_under_wide_letters():
    lines = terminal.aligned(("name", "n"), [("苹果", "1"), ("apple", "22"), ("e\u0301", "3")]).splitlines()
    assert lines[2] == "苹果   1"
    assert lines[3] == "apple  22"
    assert lines[4] == "e\u0301      3"


def test_json_is_utf8_and_a_file_name_that_is_not_survives_it(capfdbinary):
    terminal.dump_json(
        {"path": b"caf\xe9/\xc3\xa9.jpg".decode("utf-8", "surrogateescape"), "x": float("nan")}
    )
    line = capfdbinary.readouterr().out
    read = json.loads(line.decode("utf-8"))
    assert read["path"].encode("utf-8", "surrogateescape") == b"caf\xe9/\xc3\xa9.jpg"
    assert read["x"] is None


def test_durations_are_read_at_a_glance():
    assert [terminal.as_time(each) for each in (0.25, 75.0, 125, 7300)] == [
        "0.2 s",
        "75 s",
        "2 min 05 s",
        "2 h 01 min",
    ]


def test_the_result_line_tells_accuracy_with_its_interval_and_where_it_lies():
    summary = {"test": {"accuracy": 0.917, "accuracy_interval": [0.881, 0.943]}, "seconds": 12.0}
    line = terminal.ending(RunEnded(reason="finished", folder="runs/x", seconds=12.0, summary=summary))
    assert line == "finished; test accuracy 91.7 % (88.1 to 94.3); 12 s; runs/x"


def test_a_pipe_gets_a_line_for_an_epoch_and_none_for_a_step():
    lines = []
    shown = terminal.PlainLines(lines.append)
    shown.show(StepDone(1, 10, 1, {"loss": 1.0}, {"head": 1e-3}, 90.0, 0.1, 1))
    shown.show(Progress("features", 1, 300))
    assert lines == []
    shown.show(Progress("features", 300, 300, per_second=120.0))
    shown.show(EpochDone(1, 3, {"loss": 0.5}, {"accuracy": 0.75}, ((1,),), True, 0, 2.0, 4.0))
    assert [line.split(":")[0].strip() for line in lines] == ["features", "epoch 1 of 3"]


def test_without_validation_images_no_epoch_is_called_the_best():
    lines = []
    terminal.PlainLines(lines.append).show(EpochDone(1, 2, {"loss": 0.5}, {}, (), True, 0, 1.0, None))
    assert lines == ["  epoch 1 of 2: loss 0.5000, no validation images"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("interrupted", "was interrupted before it had finished; go on with it first: xferstudio run"),
        ("failed", "failed; run it again first"),
        ("cancelled", "was cancelled; run it again first"),
    ],
)
def test_a_run_without_a_model_cannot_be_exported_and_the_reason_is_said(tmp_path, reason, told):
    made = project.load(make_project(tmp_path / "p", "one"))
    folder = new_run_folder(made, made.run("one"))
    folder.append(RunEnded(reason=reason))
    with pytest.raises(UserError, match=told):
        cli._trained_folder(made, "one")


def test_a_run_that_was_not_begun_has_learned_nothing(tmp_path):
    made = project.load(make_project(tmp_path / "p", "one"))
    with pytest.raises(UserError, match=r"has learned nothing yet; run it first: xferstudio run .* one"):
        cli._trained_folder(made, "one")


def test_a_task_that_takes_long_says_that_it_goes_on():
    lines = []
    shown = terminal.PlainLines(lines.append)
    shown.quiet_seconds = -1.0
    shown.show(Progress("features", 7, 300))
    assert lines == ["  features: 7 of 300"]


# ------------------------------------------------------------------------------------------ running


ENGINE = '''
"""A stand-in for the engine: says what it was asked, and does what its control says."""
import time
from xferstudio.events import *

def run(project, run, *, plugins, control, device="auto", fresh=False):
    """Ends as the run's name says; one named `wait` waits for a word."""
    if run.name == "done" and not fresh:
        yield RunEnded(reason="finished", message="already finished", summary={"test": {"accuracy": 0.5}})
        return
    if run.name == "broken":
        raise ZeroDivisionError("broken")
    what = (run.name, run.strategy, run.backbone, device, "float32")
    yield RunStarted(*what, classes=("a",), counts={"train": 1}, epochs=1, folder="folder")
    if run.name == "long":
        for done in (0, 50, 100):
            yield Progress("features", done, 100, per_second=120.0)
        for epoch in (1, 2):
            yield StepDone(epoch, 2, epoch, {"loss": 1.0}, {"head": 1e-3}, 90.0, 0.1, 1)
            yield EpochDone(epoch, 2, {"loss": 0.5}, {"accuracy": 0.75}, ((1,),), True, 0, 2.0, 4.0)
        yield Notice("the [bold] folder is kept", level="warning")
    if run.name == "wait":
        endings = {"stop": "stopped", "cancel": "cancelled", "interrupt": "interrupted"}
        while True:
            word = control.get(timeout=0.05)
            if word == "pause":
                yield RunPaused(step=1)
            elif word == "resume":
                yield RunResumed(step=1)
            elif word:
                yield RunEnded(reason=endings[word])
                return
    reason = "failed" if run.name == "failing" else "finished"
    yield RunEnded(reason=reason, message="no luck" if reason == "failed" else "", seconds=2.0)
'''


@pytest.fixture
def engine(monkeypatch):
    """Put the stand-in in the place of the engine."""
    module = types.ModuleType("xferstudio.engine.job")
    exec(compile(ENGINE, "engine", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "xferstudio.engine.job", module)
    return module


@pytest.fixture
def plugins(monkeypatch):
    """Nothing loaded, nothing missing."""
    empty = types.SimpleNamespace(failures=[], loaded=[], strategies={})
    monkeypatch.setattr(cli, "_plugins", lambda _args, quiet=False: empty)


def make_project(folder: Path, *names: str) -> Path:
    (folder / "data").mkdir(parents=True)
    runs = "".join(f'[runs.{name}]\nstrategy = "extract"\nbackbone = "none"\n' for name in names)
    (folder / "project.toml").write_text(
        f'schema = 1\nname = "P"\n[data]\nsource = "data"\n[split]\nval = 0.2\ntest = 0.2\nseed = 0\n{runs}',
        "utf-8",
    )
    return folder


def lines_of(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("engine", "plugins")
class TestRunning:
    """With a stand-in for the engine."""

    @pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
    def test_an_interrupt_between_two_runs_ends_the_batch(self, tmp_path, capsys, monkeypatch):
        folders = [str(make_project(tmp_path / name, f"run-{name}")) for name in ("a", "b", "c")]
        load = cli._load

        def loading(folder):
            if folder == folders[1]:
                os.kill(os.getpid(), signal.SIGINT)
            return load(folder)

        monkeypatch.setattr(cli, "_load", loading)
        assert cli.main(["batch", *folders, "--json"]) == 130
        *events, ended = lines_of(capsys)
        assert [event.get("run") for event in events if event["event"] == "RunStarted"] == ["run-a"]
        assert [(each["run"], each["reason"]) for each in ended["runs"]] == [
            ("run-a", "finished"),
            ("run-b", "not started"),
        ]

    def test_without_names_all_runs_are_done_in_order(self, tmp_path, capsys):
        project = make_project(tmp_path / "p", "one", "two")
        assert cli.main(["run", str(project), "--json"]) == 0
        events = lines_of(capsys)
        assert [event["event"] for event in events] == ["RunStarted", "RunEnded"] * 2
        assert [event["run"] for event in events if event["event"] == "RunStarted"] == ["one", "two"]

    def test_each_line_of_json_is_an_event_that_reads_back(self, tmp_path, capsys):
        project = make_project(tmp_path / "p", "one")
        cli.main(["run", str(project), "one", "--json", "--device", "cpu"])
        first, last = (from_json(line) for line in capsys.readouterr().out.splitlines())
        assert isinstance(first, RunStarted)
        assert first.device == "cpu"
        assert isinstance(last, RunEnded)

    def test_a_finished_run_says_so_and_does_nothing(self, tmp_path, capsys):
        project = make_project(tmp_path / "p", "done")
        assert cli.main(["run", str(project)]) == 0
        out = capsys.readouterr().out
        assert out.startswith("already finished; test accuracy 50.0 %")
        assert cli.main(["run", str(project), "--fresh"]) == 0
        assert "done: extract on none" in capsys.readouterr().out

    def test_a_failed_run_gives_one_and_those_after_it_are_not_started(self, tmp_path, capsys):
        project = make_project(tmp_path / "p", "failing", "two")
        assert cli.main(["run", str(project)]) == 1
        seen = capsys.readouterr()
        assert "failed: no luck" in seen.out
        assert "not started: two" in seen.err

    def test_an_unknown_run_is_a_mistake_before_anything_starts(self, tmp_path, capsys):
        project = make_project(tmp_path / "p", "one")
        assert cli.main(["run", str(project), "one", "ome", "--json"]) == 2
        seen = capsys.readouterr()
        assert seen.out == ""
        assert "one" in seen.err

    def test_a_project_without_runs_is_told_what_to_do(self, tmp_path, capsys):
        assert cli.main(["run", str(make_project(tmp_path / "p"))]) == 2
        assert "xferstudio add" in capsys.readouterr().err

    def test_a_fault_of_the_engine_ends_the_json_with_an_ending(self, tmp_path, capsys):
        project = make_project(tmp_path / "p", "broken")
        assert cli.main(["run", str(project), "--json"]) == 3
        (event,) = lines_of(capsys)
        assert (event["event"], event["reason"], event["message"]) == ("RunEnded", "failed", "broken")

    def test_a_batch_goes_on_after_failures_and_tells_the_truth(self, tmp_path, capsys):
        first = make_project(tmp_path / "a", "failing", "broken", "done", "fine")
        second = make_project(tmp_path / "b", "fine")
        assert cli.main(["batch", str(first), str(tmp_path / "missing"), str(second)]) == 1
        table = capsys.readouterr().out.split("\n\n")[-1]
        found = [line.split("  ") for line in table.splitlines()[2:]]
        results = [[cell.strip() for cell in line if cell.strip()][1:3] for line in found]
        assert results[0] == ["failing", "failed: no luck"]
        assert results[1][1].startswith("failed: a fault in the program")
        assert results[2:4] == [["done", "already done"], ["fine", "finished"]]
        assert results[4][0].startswith("failed: ")
        assert results[5] == ["fine", "finished"]

    def test_a_batch_without_failures_gives_zero_and_json_ends_with_its_table(self, tmp_path, capsys):
        make_project(tmp_path / "a", "fine")
        make_project(tmp_path / "b", "done")
        (tmp_path / "not a project").mkdir()
        assert cli.main(["batch", str(tmp_path / "*"), "--json"]) == 0
        last = lines_of(capsys)[-1]
        assert last["event"] == "BatchEnded"
        assert [(each["run"], each["reason"], each["skipped"]) for each in last["runs"]] == [
            ("fine", "finished", False),
            ("done", "finished", True),
        ]

    def test_a_pattern_that_no_project_matches_is_a_failure(self, tmp_path, capsys):
        assert cli.main(["batch", str(tmp_path / "none-*")]) == 1
        assert "none-*" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ new and add


@pytest.fixture
def pictures(tmp_path):
    """Two classes of two images, and a file that is none."""
    for number, name in enumerate(("ants", "bees")):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for shade in (10, 200):
            Image.new("RGB", (8, 8), (shade, 40 * number, 0)).save(
                tmp_path / "pictures" / name / f"{shade}.png"
            )
    (tmp_path / "pictures" / "bees" / "list.txt").write_text("no picture")
    return tmp_path / "pictures"


@pytest.fixture
def offers(monkeypatch):
    """One strategy, any backbone."""

    class Plain:
        id = "plain"
        label = "Plain"
        kind = "extract"
        summary = "Does little."
        Options = Options

    plugins = types.SimpleNamespace(
        failures=[],
        backbones={},
        strategies={"plain": Plain},
        strategy=lambda id: Plain,
        backbone=lambda id: None,
        exporters={},
    )
    monkeypatch.setattr(cli, "_plugins", lambda _args, quiet=False: plugins)


def test_a_new_project_says_what_it_found_and_what_to_do_next(pictures, tmp_path, capsys):
    assert (
        cli.main(["new", str(tmp_path / "p"), "--data", str(pictures), "--seed", "3", "--name", "Insects"])
        == 0
    )
    out = capsys.readouterr().out
    assert "Insects: 4 images in 2 classes (ants, bees)" in out
    assert "list.txt" in out
    assert "xferstudio add" in out
    made = project.load(tmp_path / "p")
    assert (made.split.seed, made.default_backbone) == (3, cli.DEFAULT_BACKBONE)


def test_a_wrong_data_folder_leaves_no_project_behind(tmp_path, capsys):
    assert cli.main(["new", str(tmp_path / "p"), "--data", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_a_folder_without_pictures_is_refused_and_leaves_no_project_behind(tmp_path, capsys):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "note.txt").write_text("hello")
    for target in ([], ["--target", str(tmp_path / "texts")]):
        assert cli.main(["new", str(tmp_path / "p"), "--data", str(tmp_path / "texts"), *target]) == 2
        told = capsys.readouterr().err
        assert "there are no images in" in told
        assert "note.txt: not an image file (.txt)" in told
        assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (("only/1.png", "only/2.png"), "Training needs at least two classes. Put the images of each class"),
        (("1.png", "2.png"), "Training needs at least two classes"),
        (("photos/a/1.png", "photos/b/2.png"), "all pictures are in the one folder 'photos'"),
    ],
)
def test_folders_that_look_unlike_classes_are_told_of_at_once(tmp_path, make_pictures, capsys, paths, told):
    assert cli.main(["new", str(tmp_path / "p"), "--data", str(make_pictures(*paths))]) == 0
    assert told in capsys.readouterr().out


def test_the_notes_of_the_catalogue_reach_the_reader_of_a_scan(tmp_path, make_pictures, capsys):
    photos = make_pictures("photos/a/1.png", "photos/b/2.png")
    assert cli.main(["new", str(tmp_path / "p"), "--data", str(photos)]) == 0
    capsys.readouterr()
    assert cli.main(["scan", str(tmp_path / "p")]) == 0
    assert "is that the one to open?" in capsys.readouterr().out


def test_the_next_command_can_be_pasted_into_a_shell(tmp_path, make_pictures, capsys):
    folder = tmp_path / "p ünï"
    assert cli.main(["new", str(folder), "--data", str(make_pictures("a/1.png", "b/2.png"))]) == 0
    next_line = capsys.readouterr().out.splitlines()[-1]
    assert shlex.split(next_line)[:4] == ["Next:", "xferstudio", "add", str(folder)]


def test_a_project_is_never_made_over_another(pictures, tmp_path, capsys):
    arguments = ["new", str(tmp_path / "p"), "--data", str(pictures)]
    assert cli.main(arguments) == 0
    before = (tmp_path / "p" / "project.toml").read_bytes()
    assert cli.main([*arguments, "--seed", "9"]) == 2
    assert (tmp_path / "p" / "project.toml").read_bytes() == before


@pytest.mark.usefixtures("offers")
def test_an_added_run_takes_the_strategy_s_name_and_a_number_when_it_is_taken(tmp_path, capsys):
    folder = make_project(tmp_path / "p")
    for _ in range(2):
        assert (
            cli.main(["add", str(folder), "--strategy", "plain", "--set", "epochs=3", "--set", "cache=no"])
            == 0
        )
    assert (
        cli.main(["add", str(folder), "--strategy", "plain", "--name", "mine", "--backbone", "timm:x"]) == 0
    )
    runs = project.load(folder).runs
    assert [run.name for run in runs] == ["plain", "plain-2", "mine"]
    assert dict(runs[0].options) == {"epochs": 3, "cache": False}
    assert [run.backbone for run in runs] == [cli.DEFAULT_BACKBONE, cli.DEFAULT_BACKBONE, "timm:x"]


@pytest.mark.usefixtures("offers")
def test_a_run_is_removed_and_its_results_only_when_asked_for(tmp_path, capsys):
    folder = make_project(tmp_path / "p")
    for name in ("planned", "done"):
        assert cli.main(["add", str(folder), "--strategy", "plain", "--name", name]) == 0
    made = project.load(folder)
    results = new_run_folder(made, made.run("done"))
    assert cli.main(["remove", str(folder), "planned", "done"]) == 2
    assert "Add --results" in capsys.readouterr().err
    with results.lock():
        assert cli.main(["remove", str(folder), "done", "--results"]) == 2
        assert "is running in another process" in capsys.readouterr().err
    assert [run.name for run in project.load(folder).runs] == ["planned", "done"]
    assert cli.main(["remove", str(folder), "planned"]) == 0
    assert cli.main(["remove", str(folder), "done", "--results"]) == 0
    assert project.load(folder).runs == () and not results.path.exists()
    assert cli.main(["remove", str(folder), "done"]) == 2
    assert "no run 'done'" in capsys.readouterr().err


@pytest.mark.usefixtures("offers")
def test_a_wrong_setting_adds_nothing(tmp_path, capsys):
    folder = make_project(tmp_path / "p")
    before = (folder / "project.toml").read_bytes()
    assert cli.main(["add", str(folder), "--strategy", "plain", "--set", "epoks=3"]) == 2
    assert "did you mean epochs?" in capsys.readouterr().err
    assert (folder / "project.toml").read_bytes() == before


@pytest.mark.usefixtures("offers")
def test_strategies_are_listed_with_their_options(capsys):
    assert cli.main(["strategies"]) == 0
    out = capsys.readouterr().out
    assert "epochs=20 (1 to 100)" in out
    assert "balance=none (none, weights)" in out
    assert "cache=true" in out
    assert cli.main(["strategies", "--json"]) == 0
    (plain,) = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in plain["options"]] == ["epochs", "learning_rate", "cache", "balance"]


# ------------------------------------------------------------------------------------------ predicting


class Oracle:
    """A stand-in for a model: reads the label off the file's name."""

    classes = ("ant", "bee")

    def predict(self, files):
        for file in files:
            if not file.is_file() or not file.stat().st_size:
                yield Prediction(file, error="It cannot be read: it is empty.")
                continue
            bee = 0.9 if "bee" in file.name else 0.4
            label, confidence = ("bee", bee) if bee > 0.5 else ("ant", 1 - bee)
            yield Prediction(file, label, confidence, {"ant": 1 - bee, "bee": bee})


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder with a bee, an ant below it, and an empty file; predicted by the stand-in."""
    monkeypatch.setattr("xferstudio.engine.predict.open_predictor", lambda _path, safe=False: Oracle())
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    (folder / "bee é.jpg").write_bytes(b"1")
    (folder / "more" / "ant.PNG").write_bytes(b"2")
    (folder / "empty.jpg").write_bytes(b"")
    return folder


def test_predict_prints_a_line_of_json_for_each_file_in_the_order_given(photos, capsys):
    ant = str(photos / "more" / "ant.PNG")
    assert cli.main(["predict", "model", "--json", ant, str(photos)]) == 0
    lines = lines_of(capsys)
    assert [Path(line["path"]).name for line in lines] == ["ant.PNG", "bee é.jpg", "empty.jpg", "ant.PNG"]
    assert lines[0]["label"] == "ant"
    assert lines[1]["probabilities"] == {"ant": pytest.approx(0.1), "bee": 0.9}
    assert set(lines[2]) == {"path", "error"}


def test_a_file_that_is_missing_gets_its_reason_and_stops_nothing(photos, capsys):
    assert cli.main(["predict", "model", str(photos / "no.jpg"), str(photos / "bee é.jpg"), "--json"]) == 0
    first, second = lines_of(capsys)
    assert "error" in first
    assert second["label"] == "bee"
    assert cli.main(["predict", "model", str(photos / "no.jpg"), "--json"]) == 1


def test_a_folder_without_images_is_a_mistake(photos, tmp_path, capsys):
    (tmp_path / "none").mkdir()
    assert cli.main(["predict", "model", str(tmp_path / "none")]) == 2
    assert "no images" in capsys.readouterr().err


def test_predictions_are_written_to_a_table_with_a_column_per_class(photos, tmp_path, capsys):
    assert cli.main(["predict", "model", str(photos), "--csv", str(tmp_path / "new" / "out.csv")]) == 0
    with (tmp_path / "new" / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["bee", "", "ant"]
    assert [row["p:bee"] for row in rows] == ["0.9", "", "0.4"]
    assert rows[1]["error"]
    assert capsys.readouterr().out.splitlines()[-1] == "3 files, 2 predicted, 1 could not be read"


@pytest.mark.parametrize(
    "place", [("--csv", "file/x.csv"), ("--csv", "."), ("--sort-into", "file"), ("--heat-maps", "file/maps")]
)
def test_a_place_that_cannot_be_written_is_a_mistake_told_before_the_work(
    photos, tmp_path, capsys, monkeypatch, place
):
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setattr("xferstudio.engine.predict.open_predictor", None)
    assert cli.main(["predict", "model", str(photos), place[0], str(tmp_path / place[1])]) == 2
    assert "is a fil" in capsys.readouterr().err.replace("is a folder; name a file", "is a file")


def test_photos_are_copied_into_a_folder_per_class_and_stay_where_they_are(photos, tmp_path, capsys):
    out = tmp_path / "sorted"
    arguments = [
        "predict",
        "model",
        str(photos),
        "--sort-into",
        str(out),
        "--min-confidence",
        "0.7",
        "--json",
    ]
    assert cli.main(arguments) == 0
    assert [line.get("unsure") for line in lines_of(capsys)] == [False, None, True]
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*")) == [
        "bee/bee é.jpg",
        "unsure/ant.PNG",
    ]
    assert (photos / "bee é.jpg").read_bytes() == b"1"


def test_the_likeliest_classes_are_shown_when_asked_for(photos, capsys):
    assert cli.main(["predict", "model", str(photos / "bee é.jpg"), "--top", "2"]) == 0
    assert "bee 90.0 %, ant 10.0 %" in capsys.readouterr().out


def test_heat_maps_are_asked_for_by_their_folder(photos, tmp_path, monkeypatch, capsys):
    asked = []

    class Seeing(Oracle):
        def predict(self, files, heat_maps=None):
            asked.append(heat_maps)
            for each in super().predict(files):
                yield replace(each, heat_map=heat_maps / "1.png", box=(0.0, 1.0, 2.0, 3.0))

    monkeypatch.setattr("xferstudio.engine.predict.open_predictor", lambda _path, safe=False: Seeing())
    words = ["predict", "model", str(photos / "bee é.jpg"), "--json", "--heat-maps", str(tmp_path / "maps")]
    assert cli.main(words) == 0
    (line,) = lines_of(capsys)
    assert asked == [tmp_path / "maps"]
    assert (line["heat_map"], line["box"]) == (str(tmp_path / "maps" / "1.png"), [0.0, 1.0, 2.0, 3.0])


def test_paths_on_standard_input_are_answered_one_by_one(photos):
    code = (
        "import sys; sys.path.insert(0, 'tests'); import test_cli; import xferstudio.engine.predict as p; "
        "p.open_predictor = lambda path, safe=False: test_cli.Oracle(); from xferstudio.cli import main; "
        "sys.exit(main(['predict', 'model', '--json', '-']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parent.parent,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert json.loads(process.stdout.readline()) == {"event": "Ready", "classes": ["ant", "bee"]}
    for name, label in (("bee é.jpg", "bee"), ("gone.jpg", None), ("more/ant.PNG", "ant")):
        process.stdin.write(f"{photos / name}\n\n".encode())
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        assert answer["path"] == str(photos / name)
        assert answer.get("label") == label
    process.communicate(timeout=30)
    assert process.returncode == 0


# ------------------------------------------------------------------------------------ steering, in a process


STEERED = """
import sys, types
module = types.ModuleType("xferstudio.engine.job")
exec({engine!r}, module.__dict__)
sys.modules["xferstudio.engine.job"] = module
from xferstudio import cli
cli._plugins = lambda args, quiet=False: types.SimpleNamespace(failures=[], loaded=[], strategies={{}})
sys.argv[0] = "xferstudio"
sys.exit(cli.main())
"""


class Steered:
    """A run in its own process, waiting for a word."""

    def __init__(self, *arguments: str, stdin=subprocess.PIPE):
        self.process = subprocess.Popen(
            [sys.executable, "-c", STEERED.format(engine=ENGINE), *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def next(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def say(self, text: str) -> None:
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def end(self) -> tuple[int, bytes]:
        _out, err = self.process.communicate(timeout=30)
        return self.process.returncode, err


@pytest.fixture
def waiting(tmp_path):
    """A run that has started and waits."""
    project = make_project(tmp_path / "p", "wait", "after")
    steered = Steered("run", str(project), "--json")
    assert steered.next()["event"] == "RunStarted"
    yield steered
    steered.process.kill()
    steered.process.wait()
    for stream in (steered.process.stdin, steered.process.stdout, steered.process.stderr):
        stream.close()


@pytest.mark.parametrize(
    ("word", "reason", "code"), [("cancel", "cancelled", 130), (" STOP \r", "stopped", 0)]
)
def test_words_on_standard_input_reach_the_run(waiting, word, reason, code):
    waiting.say("pause\nresu")
    assert waiting.next()["event"] == "RunPaused"
    waiting.say("me\nnonsense\n")
    assert waiting.next()["event"] == "RunResumed"
    waiting.say(f"{word}\n")
    assert waiting.next()["reason"] == reason
    assert waiting.end()[0] == code


def test_after_a_stop_the_next_run_starts_and_hears_nothing_of_it(waiting):
    waiting.say("stop\n")
    assert waiting.next()["reason"] == "stopped"
    assert waiting.next()["run"] == "after"
    assert waiting.next()["reason"] == "finished"


def test_the_end_of_standard_input_is_not_a_stop(tmp_path):
    steered = Steered("run", str(make_project(tmp_path / "p", "wait")), "--json", stdin=subprocess.DEVNULL)
    assert steered.next()["event"] == "RunStarted"
    time.sleep(0.3)
    assert steered.process.poll() is None
    steered.process.terminate()
    steered.end()


posix = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@posix
@pytest.mark.parametrize(
    ("name", "reason", "code"),
    [
        ("SIGINT", "interrupted", 130),
        ("SIGTERM", "interrupted", 130),
        ("SIGHUP", "interrupted", 130),
        ("SIGQUIT", "cancelled", 130),
        ("SIGUSR2", "stopped", 0),
    ],
)
def test_signals_reach_the_run(waiting, name, reason, code):
    waiting.process.send_signal(getattr(signal, name))
    assert waiting.next()["reason"] == reason
    got, err = waiting.end()
    assert got == code
    assert b"Traceback" not in err


@posix
def test_one_signal_pauses_and_the_same_goes_on(waiting):
    waiting.process.send_signal(signal.SIGUSR1)
    assert waiting.next()["event"] == "RunPaused"
    waiting.process.send_signal(signal.SIGUSR1)
    assert waiting.next()["event"] == "RunResumed"


@posix
def test_a_run_goes_on_when_nobody_reads_it_any_more(waiting):
    waiting.process.stdout.close()
    waiting.say("pause\nresume\nstop\n")
    assert waiting.process.wait(timeout=30) == 0
    assert waiting.process.stderr.read() == b""


@posix
def test_without_json_standard_input_is_left_to_the_caller(tmp_path):
    project = make_project(tmp_path / "p", "one")
    script = f'"{sys.executable}" -c "$CODE" run "{project}" > /dev/null; cat'
    done = subprocess.run(
        ["sh", "-c", script],
        input=b"the caller's own line\n",
        capture_output=True,
        timeout=60,
        env={**os.environ, "CODE": STEERED.format(engine=ENGINE)},
    )
    assert done.stdout == b"the caller's own line\n"


@posix
def test_a_reader_that_has_had_enough_ends_a_listing_quietly():
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m xferstudio run --help | true'], capture_output=True, timeout=60
    )
    assert done.stderr == b""


def test_a_terminal_that_knows_only_ascii_shows_escapes_instead_of_failing(tmp_path):
    project = make_project(tmp_path / "p", "one")
    text = (project / "project.toml").read_text("utf-8").replace('"extract"', '"äpfel"')
    (project / "project.toml").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", STEERED.format(engine=ENGINE), "run", str(project)],
        capture_output=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert done.returncode == 0, done.stderr
    assert b"\\xe4pfel" in done.stdout


@posix
def test_a_terminal_gets_a_bar_and_the_lines_stay(tmp_path):
    import pty

    project = make_project(tmp_path / "p", "long")
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", STEERED.format(engine=ENGINE), "run", str(project)],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "150"},
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    os.close(master)
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 0
    text = seen.decode()
    assert "epoch 2 of 2: loss 0.5000, validation accuracy 75.0 %" in text
    assert "\x1b[" in text
    assert "warning: the [bold] folder is kept" in text
    assert "finished; 2.0 s" in text


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "xferstudio", "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("xferstudio ")
