"""The train page: a new run, the queue, steering, and a real run from the button to the summary."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from offers import BACKBONES, OPTIONS
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from stories import ended, epoch, phase, started, step

from xferstudio import project as projects
from xferstudio.gui.project import commands
from xferstudio.gui.project.studio import Catalogue, Pictures
from xferstudio.gui.train import train_page
from xferstudio.gui.train.train_page import TrainPage, verdicts
from xferstudio.history import all_runs
from xferstudio.occupied import using
from xferstudio.project import Run

STRATEGIES = [
    {
        "id": "scratch",
        "label": "From scratch",
        "kind": "scratch",
        "summary": "A baseline.",
        "options": OPTIONS,
    },
    {
        "id": "extract",
        "label": "Extract features",
        "kind": "extract",
        "summary": "Start here.",
        "options": OPTIONS,
    },
    {
        "id": "fine-tune",
        "label": "Fine-tune",
        "kind": "finetune",
        "summary": "For more images.",
        "options": OPTIONS,
    },
]


@pytest.fixture
def pretend(monkeypatch):
    """All commands go to the stand-in."""
    here = Path(__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(here), str(here.parent.parent)]))
    monkeypatch.setattr(
        commands, "command_line", lambda *words: [sys.executable, str(here / "pretend_run.py"), *words]
    )


@pytest.fixture
def folder(tmp_path):
    """A project on a few coloured pictures."""
    for name, colour in (("red", "red"), ("blue", "blue")):
        (tmp_path / "data" / name).mkdir(parents=True)
        for number in range(16):
            image = Image.new("RGB", (40, 40), colour)
            image.putpixel((number, number), (255, 255, 255))
            image.save(tmp_path / "data" / name / f"{number}.png")
    projects.create(tmp_path / "project", data=tmp_path / "data")
    return tmp_path / "project"


@pytest.fixture
def page(qtbot, studio, folder, pretend):
    studio.rescan = lambda: None
    studio.catalogue = Catalogue(backbones=BACKBONES, strategies=STRATEGIES)
    studio.open(folder)
    made = TrainPage(studio)
    qtbot.addWidget(made)
    made.resize(1100, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    for job in list(studio.queue.active):
        job.command.kill()
    made.let_go()


def state_of(page):
    return page.dashboard.state


def train(qtbot, page, name):
    """Fill in a name and press Train."""
    page.show_new()
    page.form.name.clear()
    qtbot.keyClicks(page.form.name, name)
    qtbot.mouseClick(page.form.train_button, Qt.MouseButton.LeftButton)


def test_a_newcomer_presses_just_train(qtbot, page, studio, folder):
    assert page.form.strategy == "extract"
    assert page.form.backbones.chosen == "embedded:lite0"
    assert page.form.name.text() == "extract"
    assert not page.form.advice.isVisible()
    qtbot.mouseClick(page.form.train_button, Qt.MouseButton.LeftButton)
    run = projects.load(folder).run("extract")
    assert (run.strategy, run.backbone, dict(run.options)) == ("extract", "embedded:lite0", {})
    qtbot.waitUntil(lambda: page.dashboard.course.step == 3, timeout=10_000)
    assert state_of(page) == "running"
    assert page.runs.runs.item(0).text() == "extract"


def test_after_train_no_key_does_anything(qtbot, page):
    page.activateWindow()
    train(qtbot, page, "ok")
    assert page.window().focusWidget() is page.dashboard.header.state_word


def test_each_strategy_says_when_to_take_it(page):
    assert list(page.form.cards) == ["extract", "fine-tune", "scratch"]
    assert page.form.cards["fine-tune"].summary.text() == "For more images."
    assert page.form.cards["fine-tune"].radio.accessibleDescription() == "For more images."


def test_the_data_speaks_against_a_choice_before_it_is_made(page, studio, tmp_path):
    counts = {"found": 100, "used": 100, "left_out": 0, "train": 60, "val": 20, "test": 20}
    studio.pictures = Pictures(tmp_path, ("red", "blue"), [], "", counts)
    studio.pictures_changed.emit()
    assert not page.form.advice.isVisible()
    page.form.cards["fine-tune"].radio.setChecked(True)
    assert page.form.advice.isVisible()
    assert "extracting features is usually as good" in page.form.advice_words.text()


def test_options_are_kept_while_one_looks_at_another_strategy(page):
    page.form.options.fields["epochs"].set_value(99)
    page.form.cards["fine-tune"].radio.setChecked(True)
    assert page.form.options.values() == {}
    assert page.form.name.text() == "fine-tune"
    page.form.cards["extract"].radio.setChecked(True)
    assert page.form.options.values() == {"epochs": 99}


def test_another_project_begins_with_its_own_options_and_network(page, studio, tmp_path):
    page.form.options.fields["epochs"].set_value(77)
    page.form.cards["fine-tune"].radio.setChecked(True)
    page.form.options.fields["epochs"].set_value(78)
    page.form.backbones.choose("embedded:lite2")
    for name, backbone in (("second", "embedded:lite0"), ("third", "timm:resnet18")):
        projects.create(tmp_path / name, data=tmp_path / "data", backbone=backbone)
        page.form.backbones.choose("embedded:lite2")
        studio.open(tmp_path / name)
        assert page.form.run() == Run(page.form.name.text(), "fine-tune", backbone)
        page.form.cards["extract"].radio.setChecked(True)
        assert page.form.options.values() == {}
        page.form.cards["fine-tune"].radio.setChecked(True)


def test_a_name_is_checked_while_it_is_typed(qtbot, page, studio):
    studio.add_run(Run("taken", "extract", "embedded:lite0"))
    for name, word in (("a b", "letters, digits"), ("Taken", "already"), ("", "needs a name")):
        page.form.name.clear()
        qtbot.keyClicks(page.form.name, name)
        assert word in page.form.fault.text()
        assert not page.form.train_button.isEnabled()
    qtbot.keyClicks(page.form.name, "fine")
    assert not page.form.fault.isVisible()
    assert page.form.train_button.isEnabled()


def test_a_new_run_is_copied_as_the_commands_that_do_it(qtbot, page, folder):
    page.form.options.fields["epochs"].set_value(3)
    qtbot.mouseClick(page.form.copy_button, Qt.MouseButton.LeftButton)
    add, go = QGuiApplication.clipboard().text().splitlines()
    assert shlex.split(add)[:3] == ["xferstudio", "add", str(folder)]
    assert "epochs=3" in shlex.split(add)
    assert shlex.split(go) == ["xferstudio", "run", str(folder), "extract"]


@pytest.mark.skipif(os.name != "posix", reason="the lines are read by a POSIX shell")
def test_the_copied_commands_of_a_run_do_it_in_a_shell(qtbot, page, studio, folder, tmp_path, monkeypatch):
    root = Path(__file__).parents[3]
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "xferstudio"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m xferstudio "$@"\n')
    program.chmod(0o755)
    surroundings = {
        **os.environ,
        "PATH": os.pathsep.join([str(program.parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(root), str(root / "plugins")]),
    }

    def paste(button):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        text = QGuiApplication.clipboard().text()
        done = subprocess.run(
            ["sh", "-e"], input=text, text=True, env=surroundings, capture_output=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        states = [run.state for run in all_runs(projects.load(folder))]
        studio.reload()
        qtbot.waitUntil(lambda: len(studio.runs) == len(states), timeout=10_000)
        return states

    page.form.backbones.choose("embedded:efficientnet_lite0")
    assert paste(page.form.copy_button) == ["finished"]
    page.select("extract")
    qtbot.waitUntil(lambda: state_of(page) == "finished", timeout=10_000)
    assert paste(page.dashboard.header.buttons["copy"]) == ["finished", "finished"]
    studio.add_run(Run("plan", "extract", "embedded:efficientnet_lite0"))
    page.select("plan")
    assert state_of(page) == "new"
    assert paste(page.dashboard.header.buttons["copy"]) == ["finished"] * 3


def test_tab_passes_the_list_of_runs_and_the_form_stays(qtbot, page, studio):
    for name in ("one", "two"):
        studio.add_run(Run(name, "extract", "embedded:lite0"))
    page.show_new()
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)
    page.runs.new.setFocus()
    qtbot.keyClick(page.runs.new, Qt.Key.Key_Tab)
    assert page.runs.runs.hasFocus()
    assert page.stack.currentWidget() is page.form
    assert page.runs.new.isChecked()
    qtbot.keyClick(page.runs.runs, Qt.Key.Key_Return)
    assert page.dashboard.header.title.whole() == "one"
    qtbot.keyClick(page.runs.runs, Qt.Key.Key_Down)
    assert page.dashboard.header.title.whole() == "two"


def test_runs_queue_up_and_go_on_after_failures(qtbot, page, studio):
    for name in ("slow", "crash", "fault", "early", "quick"):
        train(qtbot, page, name)
    queue = studio.queue
    assert [job.name for job in queue.active] == ["slow"]
    assert [job.name for job in queue.waiting] == ["crash", "fault", "early", "quick"]
    assert page.runs.waiting.count() == 4
    assert state_of(page) == "waiting"
    page.select("slow")
    qtbot.waitUntil(lambda: page.dashboard.course.epoch == 1, timeout=10_000)
    qtbot.mouseClick(page.dashboard.header.buttons["stop"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not queue.active and not queue.waiting, timeout=30_000)
    ended = {"slow": "stopped", "crash": "interrupted", "fault": "failed", "quick": "finished"}
    # The folder is looked through in a thread: the last run may be listed a moment after it has ended.
    qtbot.waitUntil(lambda: {run.name: studio.state(run) for run in studio.runs} == ended, timeout=10_000)
    assert not page.runs.waiting.isVisible()
    page.select("crash")
    assert "exit code 3" in page.dashboard.trouble.title.text()
    assert "out of luck" in page.dashboard.trouble.details.toPlainText()
    page.select("fault")
    qtbot.waitUntil(lambda: page.dashboard.trouble.sentence.text() == "The disk is full; make room.")
    page.select("early")
    assert "could not begin" in page.dashboard.trouble.title.text()
    assert page.dashboard.trouble.sentence.text().startswith("there is no backbone 'x'")
    page.select("quick")
    qtbot.waitUntil(lambda: page.dashboard.summary.isVisible())


def test_a_run_says_which_run_elsewhere_it_waits_for(qtbot, page, studio):
    with using("cpu", Path("/somewhere/pears"), "lonely"):
        train(qtbot, page, "patient")
        assert state_of(page) == "waiting"
        assert "lonely of the project pears" in page.dashboard.trouble.sentence.text()
        assert "lonely of the project pears" in page.runs.waiting.item(0).toolTip()
    qtbot.waitUntil(lambda: state_of(page) == "running", timeout=10_000)


def test_the_queue_is_reordered_by_button_key_and_drag(qtbot, page, studio):
    for name in ("slow", "a", "b", "c"):
        train(qtbot, page, name)
    names = lambda: [job.name for job in studio.queue.waiting]  # noqa: E731
    runs = page.runs
    runs.waiting.setCurrentRow(2)
    qtbot.mouseClick(runs.up, Qt.MouseButton.LeftButton)
    assert names() == ["a", "c", "b"]
    assert runs.waiting.currentItem().text() == "c"
    runs.waiting.setFocus()
    qtbot.keyClick(runs.waiting, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert names() == ["c", "a", "b"]
    assert not runs.up.isEnabled()
    runs.waiting.moved.emit(0, 2)
    assert names() == ["a", "b", "c"]
    qtbot.keyClick(runs.waiting, Qt.Key.Key_Delete)
    assert names() == ["a", "b"]
    assert {run.name for run in studio.project.runs} == {"slow", "a", "b", "c"}
    page.select("c")
    assert state_of(page) == "new"
    qtbot.mouseClick(page.dashboard.header.buttons["begin"], Qt.MouseButton.LeftButton)
    assert names() == ["a", "b", "c"]


def test_a_run_of_this_window_is_paused_and_goes_on(qtbot, page):
    train(qtbot, page, "slow")
    qtbot.waitUntil(lambda: page.dashboard.course.epoch == 1, timeout=10_000)
    qtbot.mouseClick(page.dashboard.header.buttons["pause"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: state_of(page) == "paused")
    assert page.runs.runs.item(0).toolTip().splitlines()[1] == "paused"
    qtbot.mouseClick(page.dashboard.header.buttons["resume"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: state_of(page) == "running")


def test_cancel_asks_first(qtbot, page, monkeypatch):
    answers = iter(["Go on training", "Cancel and discard"])
    monkeypatch.setattr(train_page, "ask", lambda *_: next(answers))
    train(qtbot, page, "slow")
    qtbot.waitUntil(lambda: page.dashboard.course.epoch == 1, timeout=10_000)
    qtbot.mouseClick(page.dashboard.header.buttons["cancel"], Qt.MouseButton.LeftButton)
    assert page.dashboard.header.buttons["stop"].isEnabled()
    qtbot.mouseClick(page.dashboard.header.buttons["cancel"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: state_of(page) == "cancelled")


def test_a_planned_run_and_one_with_results_are_deleted_after_a_question(
    qtbot, page, studio, folder, monkeypatch
):
    asked, answers = [], iter(["Delete", "Keep", "Delete"])
    monkeypatch.setattr(
        train_page, "ask", lambda _page, question, _answers: asked.append(question) or next(answers)
    )
    studio.add_run(projects.Run("planned", "extract", "embedded:lite0"))
    page.select("planned")
    delete = page.dashboard.header.buttons["delete"]
    qtbot.mouseClick(delete, Qt.MouseButton.LeftButton)
    assert projects.load(folder).runs == ()
    assert page.stack.currentWidget() is page.form
    train(qtbot, page, "quick")
    qtbot.waitUntil(lambda: state_of(page) == "finished", timeout=10_000)
    (results,) = (folder / "runs").glob("*-quick")
    qtbot.mouseClick(delete, Qt.MouseButton.LeftButton)
    assert results.is_dir() and projects.load(folder).run("quick")
    qtbot.mouseClick(delete, Qt.MouseButton.LeftButton)
    assert not results.exists() and projects.load(folder).runs == ()
    qtbot.waitUntil(lambda: not page.runs.runs.count())
    assert "has not begun" in asked[0] and "gone for good" in asked[1]


def test_old_results_are_deleted_and_the_run_that_is_to_be_done_again_stays(
    qtbot, page, studio, folder, monkeypatch
):
    monkeypatch.setattr(train_page, "ask", lambda *_: "Delete")
    train(qtbot, page, "quick")
    qtbot.waitUntil(lambda: state_of(page) == "finished", timeout=10_000)
    (results,) = (folder / "runs").glob("*-quick")
    train(qtbot, page, "slow")
    page.select("quick")
    qtbot.mouseClick(page.dashboard.header.buttons["again"], Qt.MouseButton.LeftButton)
    assert [job.name for job in studio.queue.waiting] == ["quick"]
    page.select(results.name)
    page.dashboard.asked.emit("delete")
    assert not results.exists()
    assert projects.load(folder).run("quick")


def test_a_run_that_failed_before_it_began_again_is_deleted_with_its_old_results(
    qtbot, page, folder, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        train_page, "ask", lambda _page, question, _answers: asked.append(question) or "Delete"
    )
    train(qtbot, page, "quick")
    qtbot.waitUntil(lambda: state_of(page) == "finished", timeout=10_000)
    page.show_plan("quick")
    page.dashboard.asked.emit("delete")
    assert "gone for good" in asked[0]
    assert not list((folder / "runs").glob("*-quick")) and projects.load(folder).runs == ()


def test_a_run_that_goes_on_cannot_be_deleted(qtbot, page):
    train(qtbot, page, "slow")
    qtbot.waitUntil(lambda: page.dashboard.course.epoch == 1, timeout=10_000)
    assert page.dashboard.header.buttons["delete"].isHidden()


def test_a_run_that_was_cancelled_out_of_sight_is_no_failure(qtbot, page, studio, monkeypatch):
    monkeypatch.setattr(train_page, "ask", lambda *_: "Cancel and discard")
    notes = []
    studio.note.connect(notes.append)
    train(qtbot, page, "slow")
    qtbot.waitUntil(lambda: page.dashboard.course.epoch == 1, timeout=10_000)
    qtbot.mouseClick(page.dashboard.header.buttons["cancel"], Qt.MouseButton.LeftButton)
    page.show_new()
    qtbot.waitUntil(lambda: not studio.queue.active, timeout=10_000)
    assert not [note for note in notes if "failure" in note]


def test_a_crashed_run_is_resumed(qtbot, page, studio):
    train(qtbot, page, "crash")
    qtbot.waitUntil(lambda: state_of(page) == "interrupted", timeout=10_000)
    qtbot.waitUntil(lambda: "exit code 3" in page.dashboard.trouble.title.text())
    qtbot.waitUntil(lambda: page.dashboard.course.step == 4)
    qtbot.mouseClick(page.dashboard.header.buttons["go on"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: state_of(page) == "finished" and not studio.queue.active, timeout=10_000)
    qtbot.waitUntil(lambda: bool(page.dashboard.course.ended))  # the folder is read from its beginning
    assert list(page.dashboard.course.losses["loss"].x) == [1, 2, 3, 4, 5, 6]
    assert page.dashboard.summary.isVisible()
    assert not page.dashboard.trouble.isVisible()


def test_a_headless_run_of_the_project_appears_live_and_can_be_steered(qtbot, page, studio, folder):
    process = subprocess.Popen(
        [*commands.command_line("run", str(folder), "elsewhere")],
        stdout=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
    )
    try:
        qtbot.waitUntil(lambda: any(run.name == "elsewhere" for run in studio.runs), timeout=10_000)
        page.select("elsewhere")
        qtbot.waitUntil(
            lambda: page.dashboard.course.epoch == 1 and state_of(page) == "running", timeout=5000
        )
        qtbot.mouseClick(page.dashboard.header.buttons["pause"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: state_of(page) == "paused", timeout=5000)
        qtbot.mouseClick(page.dashboard.header.buttons["stop"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: state_of(page) == "stopped", timeout=5000)
        qtbot.waitUntil(lambda: page.dashboard.summary.isVisible())
    finally:
        process.stdin.close()
        process.kill()
        process.wait()


def test_a_run_of_last_year_is_shown_and_leads_on(qtbot, page, studio, folder):
    old = folder / "runs" / "20250101-000000-old"
    old.mkdir(parents=True)
    (old / "run.toml").write_text(
        'name = "old"\nstrategy = "fine-tune"\nbackbone = "timm:v2"\n[options]\nepochs = 7\n'
    )
    story = [started(old), phase(), *(step(n) for n in range(1, 9)), epoch(1), ended(folder=old)]
    (old / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in story))
    studio.look()
    page.select(old.name)
    qtbot.waitUntil(lambda: page.dashboard.course.ended == "finished")
    assert page.dashboard.header.subtitle.whole().startswith("Fine-tune on ConvNeXt V2 atto")
    qtbot.mouseClick(page.dashboard.header.buttons["copy"], Qt.MouseButton.LeftButton)
    assert "epochs=7" in QGuiApplication.clipboard().text()
    wanted = []
    studio.wanted.connect(lambda name, what: wanted.append((name, what)))
    page.dashboard.summary.wanted.emit("export")
    assert wanted == [("export", old.name)]
    page.dashboard.asked.emit("vary")
    assert page.form.strategy == "fine-tune"
    assert page.form.options.values() == {"epochs": 7}
    assert page.form.backbones.chosen == "timm:v2"


def test_a_run_is_followed_again_after_looking_elsewhere(qtbot, page):
    train(qtbot, page, "slow")
    qtbot.waitUntil(lambda: page.dashboard.course.epoch == 1, timeout=10_000)
    page.show_new()
    page.select("slow")
    qtbot.waitUntil(lambda: page.dashboard.course.epoch == 1)
    assert page.dashboard.course.losses["loss"].n == 3


def test_a_finished_run_is_judged_against_the_one_from_scratch(qtbot, page, studio):
    train(qtbot, page, "quick")
    qtbot.waitUntil(lambda: state_of(page) == "finished" and not studio.queue.active, timeout=10_000)
    assert not page.dashboard.summary.verdict.isVisible()
    page.show_new()
    page.form.cards["scratch"].radio.setChecked(True)
    train(qtbot, page, "quick-scratch")
    qtbot.waitUntil(lambda: state_of(page) == "finished" and not studio.queue.active, timeout=10_000)
    page.select("quick")
    qtbot.waitUntil(lambda: page.dashboard.summary.verdict.isVisible(), timeout=10_000)
    assert page.dashboard.summary.verdict.text() == "Transfer helped: quick."


def test_another_project_starts_with_the_form(qtbot, page, studio, tmp_path):
    train(qtbot, page, "quick")
    qtbot.waitUntil(lambda: state_of(page) == "finished", timeout=10_000)
    projects.create(tmp_path / "other", data=tmp_path / "data")
    studio.open(tmp_path / "other")
    assert page.stack.currentWidget() is page.form
    assert page.runs.runs.count() == 0


def test_the_verdict_against_scratch_is_found_in_the_comparison():
    told = verdicts(
        {
            "rows": [{"run": "a", "transfer": "transfer helped"}, {"run": "scratch", "transfer": ""}, {"run": "b", "transfer": "no evidence"}],
            "transfer": [{"sentence": "Transfer helped: a."}, {"sentence": "No evidence: b."}],
        }
    )  # fmt: skip
    assert told == {"a": "Transfer helped: a.", "b": "No evidence: b."}


def test_a_real_run_is_trained_paused_stopped_and_kept(qtbot, studio, folder, monkeypatch):
    root = Path(__file__).parents[3]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(root / "plugins")]))
    studio.rescan = lambda: None
    studio.open(folder)
    page = TrainPage(studio)
    qtbot.addWidget(page)
    page.show()
    try:
        studio.read_catalogue()
        qtbot.waitUntil(lambda: "extract" in page.form.cards, timeout=60_000)
        form = page.form
        form.options.fields["head"].set_value("mlp")
        form.options.fields["epochs"].set_value(10_000)
        qtbot.mouseClick(form.train_button, Qt.MouseButton.LeftButton)
        board = page.dashboard
        qtbot.waitUntil(lambda: board.course.epoch >= 2, timeout=120_000)
        assert board.state == "running"
        qtbot.mouseClick(board.header.buttons["pause"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: board.state == "paused", timeout=20_000)
        reached = board.course.step
        qtbot.mouseClick(board.header.buttons["resume"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: board.course.step > reached, timeout=20_000)
        qtbot.mouseClick(board.header.buttons["stop"], Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: board.state == "stopped" and not studio.queue.active, timeout=60_000)
        qtbot.waitUntil(board.summary.isVisible, timeout=10_000)
        assert board.confusion.model.classes == ("blue", "red")
        qtbot.waitUntil(lambda: studio.state(studio.runs[0]) == "stopped", timeout=10_000)
        assert studio.runs[0].weights.is_file()
    finally:
        for job in list(studio.queue.active):
            job.command.kill()
        page.let_go()
