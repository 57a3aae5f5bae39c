"""From a folder of images to an exported model, with nothing but the command line."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xferstudio import cli, project
from xferstudio.events import EpochDone, from_json
from xferstudio.history import RunFolder

CLASSES = ("dark", "light")
SMALL = "timm:test_efficientnet.r160_in1k"
"""A network of a third of a million parameters; trained from scratch it needs no weights."""


def make_photos(folder: Path, each: int = 20) -> Path:
    """Two classes that anything can tell apart, and one file that cannot be read."""
    draw = np.random.default_rng(0)
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for place in range(each):
            shade = draw.integers(20 + 150 * number, 80 + 150 * number, (6, 8, 3), dtype=np.uint8)
            Image.fromarray(shade).resize((64, 48)).save(folder / name / f"{place:02d}.png")
    (folder / "dark" / "broken.png").write_bytes((folder / "dark" / "00.png").read_bytes()[:200])
    return folder


def output_of(capsys) -> str:
    return capsys.readouterr().out


@pytest.mark.filterwarnings("default")
def test_a_folder_of_images_becomes_a_model_that_predicts(tmp_path, capsys):
    photos, folder = make_photos(tmp_path / "photos"), tmp_path / "project"
    assert cli.main(["new", str(folder), "--data", str(photos), "--seed", "1"]) == 0
    scratch = ["--strategy", "scratch", "--backbone", SMALL, "--set", "epochs=2", "--set", "batch_size=16"]
    assert cli.main(["add", str(folder), "--strategy", "extract", "--set", "seed=3"]) == 0
    assert cli.main(["add", str(folder), *scratch]) == 0
    output_of(capsys)

    # Both runs: each line an event, each run with its ending, the counts reconciled.
    assert cli.main(["run", str(folder), "--json", "--device", "cpu"]) == 0
    events = [from_json(line) for line in output_of(capsys).splitlines()]
    endings = [event for event in events if type(event).__name__ == "RunEnded"]
    assert [ending.reason for ending in endings] == ["finished", "finished"]
    for ending in endings:
        summary = json.loads((Path(ending.folder) / "summary.json").read_text("utf-8"))
        assert {"reason", "strategy", "backbone", "seconds", "images_per_second", "counts"} <= set(summary)
        counts = summary["counts"]
        assert counts["found"] == 41
        assert counts["left_out"] == 1
        assert counts["used"] == counts["train"] + counts["val"] + counts["test"] == 40
        for split in ("val", "test"):
            wanted = {"n", "accuracy", "accuracy_interval", "balanced_accuracy", "macro_f1", "ece"}
            assert wanted <= set(summary[split])
        assert summary["test"]["n"] == counts["test"] > 0
        assert (Path(ending.folder) / "best.safetensors").is_file()

    # A second time nothing is done, by run as by batch.
    before = sorted(path.name for path in (folder / "runs").iterdir())
    assert cli.main(["run", str(folder)]) == 0
    assert output_of(capsys).count("finished already") == 2
    assert cli.main(["batch", str(folder)]) == 0
    assert output_of(capsys).count("already done") == 2
    assert sorted(path.name for path in (folder / "runs").iterdir()) == before

    assert cli.main(["compare", str(folder), "--json"]) == 0
    assert {row["run"] for row in json.loads(output_of(capsys))["rows"]} == {"extract", "scratch"}

    out = tmp_path / "model.onnx"
    assert cli.main(["export", str(folder), "extract", "--to", "onnx", "--out", str(out), "--json"]) == 0
    *told, done = map(json.loads, output_of(capsys).splitlines())
    assert (done["event"], done["path"], done["parity"]["passed"]) == ("Exported", str(out), True)
    assert [(line["done"], line["total"]) for line in told if line["event"] == "Progress"][-1] == (40, 40)
    assert cli.main(["export", str(folder), "extract", "--to", "onnx", "--out", str(out)]) == 2
    # The ending by which predict knows the file is added; a place that cannot be is a mistake of the user.
    short = str(out.with_suffix(""))
    assert cli.main(["export", str(folder), "extract", "--to", "onnx", "--out", short, "--overwrite"]) == 0
    assert f"Written: {out}" in output_of(capsys)
    inside = str(out / "x.onnx")
    assert cli.main(["export", str(folder), "extract", "--to", "onnx", "--out", inside]) == 2
    output_of(capsys)

    # The run and the exported file give the same answers, the unreadable file its reason.
    answers = []
    for model in (endings[0].folder, str(out)):
        table = tmp_path / "answers.csv"
        assert cli.main(["predict", model, str(photos), "--json", "--csv", str(table)]) == 0
        answers.append([json.loads(line) for line in output_of(capsys).splitlines()])
        with table.open(encoding="utf-8", newline="") as file:
            assert [row["label"] for row in csv.DictReader(file)] == [
                line.get("label", "") for line in answers[-1]
            ]
    for one, other in zip(*answers, strict=True):
        assert one["path"] == other["path"]
        assert one.get("label") == other.get("label")
        assert ("error" in one) == one["path"].endswith("broken.png")
        if "error" not in one:
            assert one["probabilities"] == pytest.approx(other["probabilities"], abs=0.01)
    right = sum(Path(line["path"]).parent.name == line.get("label") for line in answers[0])
    assert right >= 38


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_a_run_that_is_killed_goes_on_and_finishes(tmp_path, number):
    photos, folder = make_photos(tmp_path / "photos"), tmp_path / "project"
    command = [sys.executable, "-m", "xferstudio"]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "timeout": 120}
    subprocess.run([*command, "new", str(folder), "--data", str(photos)], **quiet)
    settings = ["--backbone", SMALL, "--set", "epochs=12", "--set", "batch_size=8"]
    subprocess.run([*command, "add", str(folder), "--strategy", "scratch", *settings], **quiet)

    running = subprocess.Popen(
        [*command, "run", str(folder), "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    lines = [running.stdout.readline()]
    while json.loads(lines[-1])["event"] != "EpochDone":
        lines.append(running.stdout.readline())
    time.sleep(random.random())  # anywhere in an epoch
    running.send_signal(getattr(signal, number))
    lines += running.stdout.read().splitlines()
    assert running.wait(timeout=60) == (130 if number == "SIGTERM" else -signal.SIGKILL)
    running.stdout.close()
    if number == "SIGTERM":
        assert json.loads(lines[-1])["reason"] == "interrupted"

    again = subprocess.run([*command, "run", str(folder), "--json"], capture_output=True, timeout=120)
    assert again.returncode == 0, again.stderr
    events = [json.loads(line) for line in again.stdout.splitlines()]
    resumed = next(event for event in events if event["event"] == "RunStarted")["resumed_step"]
    # A kill loses what came after the last checkpoint; being asked to end loses nothing.
    saved = [
        json.loads(line)["step"]
        for line in lines
        if b"CheckpointSaved" in line and line.rstrip().endswith(b"}")
    ]
    assert resumed >= max(saved, default=0)
    if number == "SIGTERM":
        assert resumed > 0
    assert events[-1]["reason"] == "finished"
    assert len(list((folder / "runs").glob("*-scratch"))) == 1


@pytest.fixture
def long_run(tmp_path):
    """A run in a process of its own that takes far longer than a test, seen through its first epoch."""
    photos, folder = make_photos(tmp_path / "photos"), tmp_path / "project"
    made = project.create(folder, data=photos)
    options = {"epochs": 400, "batch_size": 8, "patience": 0}
    project.add_run(made, project.Run("long", "scratch", SMALL, options))
    process = subprocess.Popen(
        [sys.executable, "-m", "xferstudio", "run", str(folder), "--json", "--device", "cpu"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    yield folder, process
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def until(process, event: str) -> dict:
    """Read lines up to the first event of a kind."""
    while True:
        line = json.loads(process.stdout.readline())
        if line["event"] == event:
            return line


def test_any_process_can_steer_a_run_through_its_folder(long_run):
    _folder, process = long_run
    run = RunFolder(Path(until(process, "RunStarted")["folder"]))
    run.tell("pause")
    until(process, "RunPaused")
    with run.words.open("a", encoding="utf-8") as file:
        file.write("nonsense\nresume\n")
    until(process, "RunResumed")
    until(process, "EpochDone")
    run.tell("stop")
    assert until(process, "RunEnded")["reason"] == "stopped"
    assert process.wait(timeout=60) == 0
    assert b"unknown command 'nonsense'" in process.stderr.read()
    assert run.state == "stopped"
    assert not run.words.exists()


def test_words_from_before_the_start_are_not_obeyed(long_run):
    folder, process = long_run
    run = RunFolder(Path(until(process, "RunStarted")["folder"]))
    until(process, "CheckpointSaved")
    process.kill()
    process.wait()
    run.tell("cancel")
    again = subprocess.Popen(
        [sys.executable, "-m", "xferstudio", "run", str(folder), "--json", "--device", "cpu"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        until(again, "EpochDone")
        time.sleep(1)
        assert again.poll() is None
        again.stdin.write(b"stop\n")
        again.stdin.close()
        assert until(again, "RunEnded")["reason"] == "stopped"
    finally:
        again.kill()
        again.wait()
        again.stdout.close()


def test_a_run_whose_reader_has_died_goes_on_and_finishes(long_run):
    _folder, process = long_run
    run = RunFolder(Path(until(process, "RunStarted")["folder"]))
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()
    with run.words.open("a", encoding="utf-8") as file:
        file.write("nonsense\n")  # it warns of this, and nobody reads the warning
    before = sum(isinstance(event, EpochDone) for event in run.events())
    deadline = time.monotonic() + 60
    while sum(isinstance(event, EpochDone) for event in run.events()) < before + 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    run.tell("stop")
    assert process.wait(timeout=60) == 0
    assert run.state == "stopped"
    assert run.weights.is_file()
