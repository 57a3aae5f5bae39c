"""What the pages share: projects, images, runs and edits by others, all without freezing the window."""

import json
import os
import shutil
import socket
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from xferstudio import project as projects
from xferstudio.api import UserError
from xferstudio.gui.project import commands, watch
from xferstudio.gui.project.studio import last_sentence
from xferstudio.history import new_run_folder
from xferstudio.project import Run

SCAN = """
import json, sys
if ARGUMENTS[0] == "scan":
    print(json.dumps({"event": "Progress", "task": "looking", "done": 1, "total": 2}))
    print(json.dumps({"event": "Pictures", "items": [
        ["a/1.png", "a", "train", "", "", "h1", ""], ["b/2.png", "b", "val", "", "", "h2", ""],
        ["b/x.txt", None, "", "", "", "", "not an image"]]}))
    print(json.dumps({"event": "Scanned", "root": "/data", "classes": ["a", "b"], "fingerprint": "f",
        "counts": {"found": 3, "used": 2, "left_out": 1, "train": 1, "val": 1, "test": 0}, "notices": []}))
elif ARGUMENTS[0] == "catalogue":
    print(json.dumps({"event": "Catalogue", "backbones": [{"id": "b"}], "strategies": [{"id": "s"}],
        "exporters": [], "plugins": {"loaded": [], "failed": [{"name": "broken"}]}}))
"""


@pytest.fixture
def quick(monkeypatch):
    """The command line, as a program of a few lines that needs no time to start."""

    def line(*arguments):
        return [sys.executable, "-c", f"ARGUMENTS = {list(arguments)!r}\n{SCAN}"]

    monkeypatch.setattr(commands, "command_line", line)


@pytest.fixture
def images(tmp_path):
    """A folder with two classes; nothing here looks at pixels."""
    for name in ("a/1.png", "b/2.png"):
        file = tmp_path / "images" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
    return tmp_path / "images"


@pytest.fixture
def folder(images, tmp_path):
    """A project on them."""
    return projects.create(tmp_path / "project", data=images, name="Fruit").folder


def write_run(folder: Path, name: str, *events, summary=None, alive: bool = False) -> Path:
    """A run folder as the engine writes it."""
    path = folder / "runs" / name
    path.mkdir(parents=True)
    (path / "run.toml").write_text(f'name = "{name}"\n')
    (path / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    if summary is not None:
        (path / "summary.json").write_text(json.dumps(summary))
    if alive:
        own = psutil.Process()
        lock = {
            "pid": own.pid,
            "host": socket.gethostname(),
            "started": own.create_time(),
            "since": time.time(),
        }
        (path / "lock").write_text(json.dumps(lock))
    return path


ENDED = {"event": "RunEnded", "time": 2.0, "reason": "finished"}
STARTED = {
    "event": "RunStarted",
    "time": 1.0,
    "run": "r",
    "strategy": "s",
    "backbone": "b",
    "device": "cuda:0",
    "precision": "p",
    "classes": ["a"],
    "counts": {},
    "epochs": 8,
    "folder": "",
}
STEP = {
    "event": "StepDone",
    "time": 1.5,
    "step": 25,
    "steps": 100,
    "epoch": 2,
    "losses": {},
    "learning_rates": {},
    "images_per_second": 1,
    "waiting": 0,
    "memory": 0,
}


def test_opening_a_project_scans_its_images_in_the_background(qtbot, studio, quick, folder):
    with qtbot.waitSignal(studio.pictures_changed, timeout=20_000):
        studio.open(folder)
        assert studio.pictures is None
    assert [item.path for item in studio.pictures.items] == ["a/1.png", "b/2.png", "b/x.txt"]
    assert studio.pictures.items[2].left_out == "not an image"
    assert studio.pictures.counts["used"] == 2
    assert studio.recent() == [folder]


def test_a_scan_that_fails_is_a_sentence_and_not_an_endless_wait(qtbot, studio, monkeypatch, folder):
    words = "import sys; print('Traceback', file=sys.stderr); sys.exit('xferstudio: the data is gone')"
    monkeypatch.setattr(commands, "command_line", lambda *arguments: [sys.executable, "-c", words])
    with qtbot.waitSignals([studio.message, studio.pictures_changed], timeout=20_000):
        studio.open(folder)
    assert studio.pictures is None
    assert studio.trouble == "the data is gone"


def test_a_project_that_cannot_be_opened_leaves_the_open_one_as_it_is(studio, quick, folder, tmp_path):
    studio.open(folder)
    with pytest.raises(UserError):
        studio.open(tmp_path / "none")
    assert studio.project.folder == folder


def test_the_catalogue_comes_from_the_command_line(qtbot, studio, quick):
    with qtbot.waitSignal(studio.catalogue_changed, timeout=20_000):
        studio.read_catalogue()
    assert studio.catalogue.backbone("b") == {"id": "b"}
    assert studio.catalogue.strategy("nobody's") is None
    assert studio.catalogue.failed == [{"name": "broken"}]


def test_a_run_that_another_process_does_appears_live_and_its_end_is_noticed(qtbot, studio, quick, folder):
    studio.open(folder)
    assert studio.runs == []
    with qtbot.waitSignal(studio.figures_changed, timeout=5000):
        path = write_run(folder, "20260102-030405-far", STARTED, STEP, alive=True)
    (run,) = studio.runs
    qtbot.waitUntil(lambda: studio.state(run) == "running", timeout=5000)
    qtbot.waitUntil(lambda: studio.figures[path].progress == 0.25, timeout=5000)
    figures = studio.figures[path]
    assert (figures.progress, figures.epoch, figures.epochs, figures.device) == (0.25, 2, 8, "cuda:0")
    with (path / "events.jsonl").open("a") as file:
        file.write(json.dumps(STEP | {"step": 24, "epoch": 3}) + "\n")
    qtbot.waitUntil(lambda: studio.figures[path].epoch == 3, timeout=5000)
    assert studio.figures[path].progress == 0.25, "epochs differ in length, and the bar never goes back"
    (path / "summary.json").write_text(
        json.dumps({"device": "cpu", "test": {"n": 9, "accuracy": 0.75, "accuracy_interval": [0.5, 0.9]}})
    )
    with (path / "events.jsonl").open("a") as file:
        file.write(json.dumps(ENDED) + "\n")
    (path / "lock").unlink()
    qtbot.waitUntil(lambda: studio.state(run) == "finished", timeout=5000)
    qtbot.waitUntil(lambda: studio.figures[path].accuracy == 0.75, timeout=5000)
    assert studio.figures[path].interval == (0.5, 0.9)
    assert studio.figures[path].progress is None


def test_a_paused_run_is_told_from_one_that_goes_on(studio, quick, folder):
    path = write_run(
        folder,
        "20260102-030405-far",
        STARTED,
        STEP,
        {"event": "RunPaused", "time": 2.0, "step": 25},
        alive=True,
    )
    studio.open(folder)
    studio.look()
    assert studio.figures[path].paused
    assert studio.figures[path].progress == 0.0


def test_runs_that_have_ended_are_not_read_again_and_again(studio, quick, folder, monkeypatch):
    for number in range(5):
        write_run(folder, f"20260102-03040{number}-r", ENDED, summary={"val": {"n": 1, "accuracy": 1.0}})
    for run in (folder / "runs").iterdir():
        os.utime(run, (1000, 1000))
    studio.open(folder)
    studio.look()
    read = []
    monkeypatch.setattr(watch.RunFolder, "summary", lambda self: read.append(self))
    monkeypatch.setattr(watch.RunFolder, "last_event", lambda self: read.append(self))
    studio.look()
    assert read == []
    assert {figures.accuracy for figures in studio.figures.values()} == {1.0}


def test_figures_survive_a_damaged_summary(studio, quick, folder):
    write_run(folder, "20260102-030405-r", ENDED, summary={"val": {"accuracy": "high"}, "test": [1]})
    write_run(
        folder, "20260102-030406-r", ENDED, summary={"val": {"accuracy": 1, "accuracy_interval": [None, 1]}}
    )
    studio.open(folder)
    studio.look()
    assert [figures.accuracy for figures in studio.figures.values()] == [None, 1.0]


def test_exports_are_listed_newest_first_without_what_only_comes_with_them(studio, quick, folder):
    (folder / "exports").mkdir()
    for age, name in enumerate(("new.onnx", "old.pt", "new.onnx.parity.json", "parity.json", ".hidden")):
        (folder / "exports" / name).write_text("x")
        os.utime(folder / "exports" / name, (1000 - age, 1000 - age))
    studio.open(folder)
    studio.look()
    assert [path.name for path in studio.exports] == ["new.onnx", "old.pt"]


def test_a_project_edited_elsewhere_is_told_once_for_each_change(qtbot, studio, quick, folder):
    told = []
    studio.edited_elsewhere.connect(lambda: told.append(None))
    studio.open(folder)
    studio.look()
    assert told == []
    text = studio.project.file.read_text()
    studio.project.file.write_text(text.replace("Fruit", "Vegetables"))
    studio.look()
    studio.look()
    qtbot.wait(1500)
    assert len(told) == 1
    studio.reload()
    assert studio.project.name == "Vegetables"
    studio.look()
    assert len(told) == 1


def test_a_run_that_another_window_adds_is_taken_in_without_a_question(qtbot, studio, quick, folder):
    studio.open(folder)
    asked = []
    studio.edited_elsewhere.connect(lambda: asked.append(1))
    projects.add_run(projects.load(folder), Run("theirs", "extract", "x", {"seed": 3}))
    qtbot.waitUntil(lambda: [run.name for run in studio.project.runs] == ["theirs"], timeout=5000)
    assert not asked
    file = folder / "project.toml"
    file.write_text(file.read_text().replace("seed = 3", "seed = 4"))
    qtbot.waitUntil(lambda: bool(asked), timeout=5000)
    assert studio.project.runs[0].options == {"seed": 3}


def test_what_this_window_writes_is_not_taken_for_the_work_of_another(qtbot, studio, quick, folder):
    told = []
    studio.edited_elsewhere.connect(lambda: told.append(None))
    studio.open(folder)
    seen = studio._eye.look(studio.project)
    studio.add_run(Run("probe", "extract", "b"))
    studio._take_seen(seen)  # it was on its way while the run was written
    qtbot.wait(1500)
    assert told == []
    assert [run.name for run in studio.project.runs] == ["probe"]


def test_a_broken_edit_by_another_program_leaves_what_was_there(studio, quick, folder):
    studio.open(folder)
    studio.project.file.write_text("name = [")
    with pytest.raises(UserError):
        studio.reload()
    assert studio.project.name == "Fruit"


def test_edits_of_images_in_another_window_are_scanned_again_and_own_ones_are_not(
    qtbot, studio, quick, folder
):
    told = []
    studio.edits_changed_elsewhere.connect(lambda: told.append(None))
    with qtbot.waitSignal(studio.pictures_changed, timeout=20_000):
        studio.open(folder)
    (folder / "edits.json").write_text("{}")
    studio.mark_edits()
    studio.look()
    assert told == []
    (folder / "edits.json").write_text('{"labels": {}}')
    with qtbot.waitSignal(studio.pictures_changed, timeout=20_000):
        studio.look()
    assert len(told) == 1


def test_a_folder_that_disappears_is_told_once_and_looked_for_again_on_demand(
    qtbot, studio, quick, folder, tmp_path
):
    told = []
    studio.gone.connect(lambda: told.append(None))
    with qtbot.waitSignal(studio.pictures_changed, timeout=20_000):
        studio.open(folder)
    shutil.move(folder, tmp_path / "elsewhere")
    qtbot.waitUntil(lambda: bool(told), timeout=5000)
    qtbot.wait(1200)
    assert len(told) == 1
    studio.watch_again()
    qtbot.waitUntil(lambda: len(told) == 2, timeout=5000)
    shutil.move(tmp_path / "elsewhere", folder)
    studio.watch_again()
    write_run(folder, "20260102-030405-r", ENDED)
    qtbot.waitUntil(lambda: len(studio.runs) == 1, timeout=5000)


def test_a_project_is_made_in_the_users_folder_and_the_same_images_give_the_same_project(
    studio, images, tmp_path
):
    studio.projects_folder = tmp_path / "documents" / "xferstudio"
    first = studio.make(images)
    assert first == tmp_path / "documents" / "xferstudio" / "images"
    assert studio.make(images) == first
    other = tmp_path / "other" / "images"
    shutil.copytree(images, other)
    (other / "a" / "1.png").write_bytes(b"another picture")
    (other / "b" / "2.png").write_bytes(b"yet another picture")
    assert studio.make(other) == first.with_name("images 2")
    assert studio.free_place("images") == first.with_name("images 3")


@pytest.mark.parametrize(("name", "folder"), [("a/b:c", "a b c"), ("..", "project"), ("苹果", "苹果")])
def test_the_name_of_a_project_becomes_a_folder_that_every_system_takes(
    studio, images, tmp_path, name, folder
):
    studio.projects_folder = tmp_path / "documents"
    assert studio.make(images, name) == tmp_path / "documents" / folder


def test_recent_projects_are_newest_first_and_those_that_are_gone_are_left_out(
    studio, quick, images, tmp_path
):
    made = [projects.create(tmp_path / name, data=images).folder for name in ("p1", "p2", "p3")]
    for folder in (*made, made[0]):
        studio.open(folder)
    assert studio.recent() == [made[0], made[2], made[1]]
    shutil.rmtree(made[2])
    assert studio.recent() == [made[0], made[1]]
    studio.forget(made[0])
    assert studio.recent() == [made[1]]


def test_opening_one_project_after_the_other_leaves_no_threads(qtbot, studio, quick, images, tmp_path):
    made = [projects.create(tmp_path / name, data=images).folder for name in ("p1", "p2")]
    for folder in made * 5:
        studio.open(folder)
    with qtbot.waitSignal(studio.pictures_changed, timeout=20_000):
        pass
    qtbot.waitUntil(lambda: len(studio.findChildren(watch.Watch)) == 1, timeout=5000)


def test_a_slow_disk_does_not_hold_the_window_up_when_the_queue_changes(
    qtbot, studio, quick, folder, monkeypatch
):
    studio.open(folder)
    qtbot.waitUntil(lambda: studio._states == {} and studio._edits is None)
    readers = []
    real = watch.all_runs

    def note(project):
        readers.append(threading.current_thread())
        return real(project)

    monkeypatch.setattr(watch, "all_runs", note)
    monkeypatch.setattr(watch, "LOOK_SECONDS", 60)
    qtbot.wait(1100)
    readers.clear()
    write_run(folder, "20260102-030405-r", ENDED)
    with studio._eye._guard:  # the thread is at a slow file just now
        studio.queue.changed.emit()
    qtbot.waitUntil(lambda: len(studio.runs) == 1, timeout=5000)
    assert readers and threading.main_thread() not in readers


def test_the_last_sentence_of_a_command_is_told_without_the_programs_name():
    assert last_sentence("warning\nxferstudio: no such run\n\n") == "no such run"
    assert last_sentence("") == ""


def test_files_that_a_run_found_broken_make_the_images_be_looked_through_again(
    qtbot, studio, quick, folder, monkeypatch
):
    studio.open(folder)
    qtbot.waitUntil(lambda: studio.pictures is not None, timeout=20_000)
    assert studio.project is not None
    run = new_run_folder(studio.project, Run("one", "extract", "x"))
    scans = []
    monkeypatch.setattr(studio, "rescan", lambda: scans.append(1))
    for left_out, expected in ((1, 0), (2, 1)):
        figures = {run.path: watch.of_summary({"counts": {"left_out": left_out}})}
        studio._take_runs([run], {run.path: "running"}, {})
        studio._take_runs([run], {run.path: "finished"}, figures)
        assert len(scans) == expected
    studio._take_runs([run], {run.path: "finished"}, figures)
    assert len(scans) == 1
