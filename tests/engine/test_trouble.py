"""What goes wrong while a run goes on: no memory, no numbers, no disk, a kill, a second process, words and signals."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from studio import DEVICE, CalmNet, Counted, backbone, drive, farthest, paint_classes, same

from xferstudio import cli
from xferstudio.api import UserError
from xferstudio.engine import checkpoint as checkpoints
from xferstudio.engine import store as stores
from xferstudio.engine import trainer as training
from xferstudio.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from xferstudio.engine.control import Control
from xferstudio.events import EpochDone, Notice, RunEnded, RunPaused, RunResumed, RunStarted, StepDone
from xferstudio.history import RunFolder, name_lock
from xferstudio.project import Run, add_run, load
from xferstudio_plugins.scratch import Scratch, ScratchOptions

posix = pytest.mark.skipif(os.name != "posix", reason="processes and signals of POSIX")
CALM = {"backbone": "calm", "epochs": 2, "optimizer": "sgd", "learning_rate": 0.05, "batch_size": 9}
SMALL = "timm:test_efficientnet.r160_in1k?size=32"


def texts(events):
    return " | ".join(event.text for event in events if isinstance(event, Notice))


# ------------------------------------------------------------------------------------------------ memory


class HungryNet(CalmNet):
    """Has no memory for more than `limit` images at once."""

    limit, limit_in_evaluation = 99, 99
    error: BaseException = MemoryError()

    def forward(self, x):
        if len(x) > (self.limit if torch.is_grad_enabled() else self.limit_in_evaluation):
            raise self.error
        return super().forward(x)


def hungry(studio, error, limit, limit_in_evaluation=99):
    kind = type(
        "Hungry", (HungryNet,), {"limit": limit, "error": error, "limit_in_evaluation": limit_in_evaluation}
    )
    studio.plugins.backbones["calm"] = backbone("calm", kind)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        MemoryError(),
    ],
    ids=["CUDA", "allocator", "Python"],
)
def test_a_step_without_memory_is_split_and_learns_the_same(make_studio, error):
    plain, short = make_studio(), make_studio()
    plain.finish("scratch", **CALM)
    hungry(short, error, 3)
    events = short.do("scratch", **CALM)
    assert events[-1].reason == "finished", events[-1].message
    assert "out of memory at step 1" in texts(events)
    assert "same effective batch size" in texts(events)
    assert events[-1].summary["steps"] == 2 * 2
    assert farthest(plain.weights(), short.weights()) < 1e-5


def test_a_split_run_that_is_interrupted_is_resumed_exactly(make_studio):
    straight, halting = make_studio(), make_studio()
    for studio in (straight, halting):
        hungry(studio, MemoryError(), 3)
    straight.finish("scratch", **CALM, mixup=0.3)
    for _ in range(30):
        ended = drive(halting, "scratch", Counted("interrupt", 2), **CALM, mixup=0.3)[-1]
        if ended.reason == "finished":
            break
    assert ended.reason == "finished"
    assert same(straight.weights(), halting.weights())


def test_not_even_memory_for_one_image_ends_with_a_sentence(make_studio):
    studio = make_studio()
    hungry(studio, torch.OutOfMemoryError("CUDA out of memory"), 0)
    ended = studio.do("scratch", **CALM)[-1]
    assert ended.reason == "failed"
    assert "one image at a time" in ended.message
    assert "smaller backbone" in ended.message


@pytest.mark.parametrize("strategy", ["scratch", "extract"])
def test_evaluation_and_features_without_memory_are_split_too(make_studio, strategy):
    plain, short = make_studio(), make_studio()
    options = CALM if strategy == "scratch" else {"backbone": "calm"}
    wanted = plain.finish(strategy, **options)
    hungry(short, MemoryError(), 99, 8)
    got = short.finish(strategy, **options)
    assert got.summary["test"]["accuracy"] == wanted.summary["test"]["accuracy"]
    assert farthest(plain.weights(), short.weights()) < 1e-4


# --------------------------------------------------------------------------------------------- not a number


class Poisoned(Scratch):
    """Its loss is not a number in the steps of `when`, each so many times."""

    id = "poisoned"
    label = "Poisoned"
    Options = ScratchOptions
    when: ClassVar[dict[int, int]] = {}
    gradient_only = False
    steps = 0

    def loss(self, ctx, batch):
        loss = ctx.task_loss(batch)
        step = ctx.steps_in_phase + 1
        if self.when.get(step, 0) > 0:
            self.when[step] -= 1
            if self.gradient_only:
                return loss + torch.sqrt(0 * ctx.model.head.weight.sum())
            return loss * float("nan")
        return loss


def poisoned(studio, when, gradient_only=False):
    studio.plugins.strategies["poisoned"] = type(
        "Now", (Poisoned,), {"when": dict(when), "gradient_only": gradient_only}
    )


@pytest.mark.parametrize("clip", [0.0, 1.0])
@pytest.mark.parametrize("gradient_only", [False, True])
def test_a_loss_that_is_not_a_number_once_is_rolled_back_and_recovers(make_studio, gradient_only, clip):
    studio = make_studio()
    poisoned(studio, {3: 1}, gradient_only)
    events = studio.do("poisoned", epochs=3, batch_size=9, clip=clip)
    assert events[-1].reason == "finished", events[-1].message
    said = texts(events)
    assert "not a number at step 3" in said
    assert "10 times smaller" in said
    assert all(bool(torch.isfinite(value).all()) for value in studio.weights().values())


def test_a_loss_that_is_never_a_number_fails_naming_step_and_reason(make_studio):
    studio = make_studio()
    poisoned(studio, {4: 99})
    events = studio.do("poisoned", epochs=3, batch_size=9)
    assert events[-1].reason == "failed"
    assert "the loss is not a number at step 4" in events[-1].message
    assert "learning_rate" in events[-1].message
    assert sum("rate 10 times smaller" in event.text for event in events if isinstance(event, Notice)) == 2


def test_rolling_back_takes_the_last_good_checkpoint_and_a_tenth_of_the_rate(make_studio, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    studio = make_studio()
    poisoned(studio, {5: 1})
    events = studio.do("poisoned", epochs=4, batch_size=9, schedule="constant", warmup=0.0)
    assert "back to step 4" in texts(events)
    assert events[-1].reason == "finished"
    rates = [max(e.learning_rates.values()) for e in events if isinstance(e, StepDone) and e.step > 4]
    assert rates
    assert max(rates) == pytest.approx(2e-4)


# ------------------------------------------------------------------------------------------------- the disk


def full_disk(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_disk_that_fills_up_ends_with_a_sentence_and_the_run_is_resumed_later(make_studio, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    options = {"epochs": 3, "batch_size": 9, "mixup": 0.2}
    straight, studio = make_studio(), make_studio()
    straight.finish("scratch", **options)
    saved = 0
    original = checkpoints.save_file

    def save(*args, **kwargs):
        nonlocal saved
        saved += 1
        if saved > 3:
            full_disk()
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_file", save)
        ended = studio.do("scratch", **options)[-1]
    assert ended.reason == "failed"
    assert "space" in ended.message
    step = load_checkpoint(studio.folder().path).numbers["step"]
    assert step > 0
    events = studio.do("scratch", **options)
    assert next(event for event in events if isinstance(event, RunStarted)).resumed_step == step
    assert events[-1].reason == "finished"
    assert same(straight.weights(), studio.weights())


def test_a_feature_store_without_space_ends_with_a_sentence_and_leaves_nothing_behind(
    make_studio, monkeypatch
):
    studio = make_studio()
    for name in ("save", "write_atomic"):
        with monkeypatch.context() as patch:
            if name == "save":
                patch.setattr(stores.np, "save", full_disk)
            else:
                patch.setattr(stores, "write_atomic", _no_space_for_indices(stores.write_atomic))
            ended = studio.do("extract")[-1]
        assert ended.reason == "failed"
        assert "cache clear" in ended.message
        assert not [*studio.store.folder.rglob("*.npy"), *studio.store.folder.rglob("*.tmp")]
    studio.finish("extract")


def _no_space_for_indices(original):
    def write(path, data):
        if path.suffix == ".idx":
            raise UserError("the disk is full")
        original(path, data)

    return write


def test_events_that_cannot_be_written_end_the_run_with_a_sentence(make_studio, monkeypatch):
    studio = make_studio()
    original, written = RunFolder.append, 0

    def append(self, event):
        nonlocal written
        written += 1
        if written > 6:
            raise UserError("events.jsonl cannot be written: the disk is full")
        original(self, event)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "append", append)
        ended = studio.do("scratch", epochs=5)[-1]
    assert isinstance(ended, RunEnded)
    assert ended.reason == "failed"
    assert "the disk is full" in ended.message
    studio.finish("scratch", epochs=5)


@pytest.mark.parametrize("damage", ["torn tensors", "torn optimizer", "noise", "no numbers", "gone"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(tmp_path, damage):
    for step in (1, 2):
        save_checkpoint(
            tmp_path, Checkpoint({"step": step}, {"w": torch.full((9,), step)}, {"lr": {"a": torch.ones(9)}})
        )
        if step == 1:
            (tmp_path / "last").rename(tmp_path / "kept")
    (tmp_path / "kept").rename(tmp_path / "last.previous")
    assert load_checkpoint(tmp_path).numbers["step"] == 2
    last = tmp_path / "last"
    if damage == "torn tensors":
        (last / "tensors.safetensors").write_bytes((last / "tensors.safetensors").read_bytes()[:-8])
    elif damage == "torn optimizer":
        (last / "optimizer.pt").write_bytes((last / "optimizer.pt").read_bytes()[:100])
    elif damage == "noise":
        (last / "optimizer.pt").write_bytes(np.random.default_rng(0).bytes(500))
    elif damage == "no numbers":
        (last / "state.json").write_text("{")
    else:
        (last / "state.json").unlink()
    assert load_checkpoint(tmp_path).numbers["step"] == 1
    save_checkpoint(tmp_path, Checkpoint({"step": 3}, {"w": torch.ones(2)}, {}))
    assert load_checkpoint(tmp_path).numbers["step"] == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last"]


def test_a_kill_between_the_renames_of_a_checkpoint_never_loses_the_only_one(tmp_path, monkeypatch):
    for step in range(1, 9):
        steps = iter([*[None] * random.Random(step).randint(0, 2), KeyboardInterrupt()])
        original = Path.rename

        def rename(self, target, steps=steps, original=original):
            if isinstance(next(steps, None), KeyboardInterrupt):
                raise KeyboardInterrupt
            return original(self, target)

        with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
            patch.setattr(Path, "rename", rename)
            save_checkpoint(tmp_path, Checkpoint({"step": step}, {"w": torch.ones(2)}, {}))
        found = load_checkpoint(tmp_path)
        if step > 1:
            assert found is not None
        if found is None:
            save_checkpoint(tmp_path, Checkpoint({"step": step}, {"w": torch.ones(2)}, {}))


# ----------------------------------------------------------------------------------------------------- kills


@contextlib.contextmanager
def forked(work):
    """Does `work` in a child process; gives its number. Quick, because nothing is imported again."""
    if DEVICE != "cpu":
        pytest.skip("a GPU cannot be used in a process that was forked from one that uses it")
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException:  # noqa: BLE001 (the child ends here, whatever happened)
            os._exit(70)
        os._exit(0)
    try:
        yield child
    finally:
        with contextlib.suppress(OSError):
            os.kill(child, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.waitpid(child, 0)


@posix
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_killed_at_random_moments_a_run_ends_with_the_weights_of_a_straight_one(make_studio, monkeypatch):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.01)
    options = {"epochs": 6, "stages": 2, "gradual": True, "mixup": 0.2, "batch_size": 4, "ema": 0.5}
    straight, killed = make_studio(), make_studio()
    start = time.monotonic()
    straight.finish("fine-tune", **options)
    took = time.monotonic() - start
    chance = random.Random(7)
    for _ in range(8):
        with forked(lambda: killed.do("fine-tune", **options)) as child:
            time.sleep(chance.uniform(0.05, 0.5) * took)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert killed.folder().state in ("new", "interrupted", "finished")
        list(killed.folder().events())
    killed.do("fine-tune", **options)
    assert killed.folder().state == "finished"
    assert same(straight.weights(), killed.weights())
    assert len(list(killed.project.runs_folder.glob("*-one"))) == 1
    left = {path.name for path in killed.folder().path.iterdir()}
    assert left <= {
        "run.toml",
        "events.jsonl",
        "summary.json",
        "predictions.csv",
        "best.safetensors",
        ".lock.guard",
    }


@contextlib.contextmanager
def small_disk(folder, size):
    """A disk of its own at `folder`; gives a function that makes it larger. Needs rights that few have."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    try:
        refused = subprocess.run(mount, capture_output=True, timeout=20).returncode
    except OSError:
        refused = 1
    if refused:
        pytest.skip("this user may not mount a small disk")
    try:
        grow = ["mount", "-o", "remount,size=50m", str(folder)]
        yield lambda: subprocess.run(grow, check=True, capture_output=True, timeout=20)
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, timeout=20)


@posix
@pytest.mark.parametrize("size", ["12k", "60k", "100k", "160k"])
def test_a_real_disk_that_is_full_ends_the_run_with_a_sentence_and_it_is_resumed_with_more_space(
    make_studio, monkeypatch, size
):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    options = {"epochs": 3, "batch_size": 9, "mixup": 0.2}
    studio = make_studio()
    with small_disk(studio.project.runs_folder, size) as grow:
        ended = studio.do("scratch", **options)[-1]
        assert ended.reason == "failed"
        assert "space" in ended.message
        assert "Error:" not in ended.message
        grow()
        studio.finish("scratch", **options)
        straight = make_studio()
        straight.finish("scratch", **options)
        assert same(straight.weights(), studio.weights())
        assert not list(studio.folder().path.glob(".*.tmp"))


@posix
def test_a_real_disk_without_space_for_features_ends_the_run_with_a_sentence(make_studio):
    studio = make_studio()
    with small_disk(studio.store.folder, "16k") as grow:
        ended = studio.do("scratch", epochs=1)[-1]
        assert ended.reason == "failed"
        assert "cache clear" in ended.message
        assert not [*studio.store.folder.rglob("*.npy"), *studio.store.folder.rglob("*.tmp")]
        grow()
        studio.finish("scratch", epochs=1)


@posix
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("limit", [300, 6_000, 30_000, 60_000])
def test_files_that_may_not_grow_end_the_run_with_a_sentence_and_it_is_resumed_later(
    make_studio, monkeypatch, tmp_path, limit
):
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 0.0)
    options = {"epochs": 3, "batch_size": 9}
    studio = make_studio()
    answer = tmp_path / "answer.json"
    answer.touch()

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        try:
            ended = studio.do("scratch", **options)[-1]
            said = [type(ended).__name__, ended.reason, ended.message]
        except UserError as error:
            said = ["UserError", "", str(error)]
        answer.write_text(json.dumps([*said[:2], said[2][:120]]))  # it may not grow either

    with forked(limited) as child:
        assert os.waitpid(child, 0)[1] == 0
    kind, reason, message = (json.loads(answer.read_text()) + [""] * 3)[:3]
    if kind == "RunEnded":
        assert reason == "failed"
    assert message
    assert "Error:" not in message
    studio.finish("scratch", **options)
    straight = make_studio()
    straight.finish("scratch", **options)
    assert same(straight.weights(), studio.weights())


@posix
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_of_two_processes_on_one_run_the_second_is_told_who_has_it(make_studio, capsys):
    studio = make_studio()
    add_run(load(studio.project.folder), Run("one", "extract", "embedded:efficientnet_lite0"))
    ready, tell = os.pipe()

    def hold():
        with name_lock(studio.project, "one"):
            os.write(tell, b"x")
            time.sleep(60)

    with forked(hold) as child:
        assert os.read(ready, 1) == b"x"
        with pytest.raises(UserError, match=f"pid {child}"):
            studio.do("extract")
        assert cli.main(["run", str(studio.project.folder), "one"]) == 2
        said = capsys.readouterr().err
        assert f"pid {child}" in said
        assert "Traceback" not in said
    studio.finish("extract")


# --------------------------------------------------------------------------------------------------- words


def test_pause_resume_and_stop_by_the_control(make_studio):
    studio, control = make_studio(), Control()
    seen = []
    for event in studio.start("scratch", epochs=50, batch_size=9, control=control):
        seen.append(type(event))
        if isinstance(event, EpochDone) and event.epoch == 2:
            control.put("pause")
        if isinstance(event, RunPaused):
            assert studio.folder().last.exists()
            control.put("resume")
        if isinstance(event, RunResumed):
            control.put("stop")
    assert isinstance(event, RunEnded)
    assert event.reason == "stopped"
    assert seen.index(RunPaused) < seen.index(RunResumed)
    assert event.summary["epochs"] < 50
    assert studio.folder().weights.exists()
    assert studio.folder().state == "stopped"
    assert len(studio.do("scratch", epochs=50, batch_size=9)) == 1


def test_a_paused_run_waits(make_studio):
    studio, control = make_studio(), Control()
    events = studio.start("scratch", epochs=3, control=control)
    for event in events:
        if isinstance(event, EpochDone):
            control.put("pause")
            break
    assert any(isinstance(event, RunPaused) for event in events)
    begun = time.monotonic()
    threading.Timer(0.4, control.put, ["resume"]).start()
    assert isinstance(next(events), RunResumed)
    assert time.monotonic() - begun >= 0.35
    assert list(events)[-1].reason == "finished"


def test_a_pause_while_the_images_are_looked_through_is_not_lost(make_studio):
    studio, control = make_studio(), Control()
    control.put("pause")
    seen = []
    for event in studio.start("scratch", epochs=2, control=control):
        seen.append(type(event))
        if isinstance(event, RunPaused):
            control.put("resume")
    assert RunPaused in seen
    assert event.reason == "finished"


@pytest.mark.parametrize("word", ["cancel", "stop", "interrupt"])
@pytest.mark.parametrize("after", [1, 4])
def test_each_word_ends_the_run_for_its_own_reason(make_studio, word, after):
    studio = make_studio()
    ended = drive(studio, "scratch", Counted(word, after), epochs=9, batch_size=9)[-1]
    begun = after > 1
    wanted = {
        "cancel": "cancelled",
        "stop": "stopped" if begun else "interrupted",
        "interrupt": "interrupted",
    }
    assert ended.reason == wanted[word]
    assert studio.folder().state == wanted[word]
    assert studio.folder().last.exists() == (word == "interrupt" and begun)
    assert studio.folder().weights.exists() == (word == "stop" and begun)
    if word == "cancel":
        events = studio.do("scratch", epochs=1, batch_size=9)
        assert events[-1].reason in ("finished", "stopped")
        assert len(list(studio.project.runs_folder.glob("*-one"))) == 2


def test_an_unknown_word_is_refused():
    with pytest.raises(ValueError, match="hurry"):
        Control().put("hurry")


class Watcher(threading.Thread):
    """Reads the events of a project's run as they are written, and does something after each of some kinds."""

    def __init__(self, project: Path, plan):
        super().__init__(daemon=True)
        self.project, self.plan = project, list(plan)
        self.before = {file: len(file.read_text("utf-8").splitlines()) for file in self._files()}

    def _files(self):
        return sorted(self.project.glob("runs/*/events.jsonl"))[-1:]

    def run(self) -> None:
        read = sum(self.before.values())
        while self.plan:
            time.sleep(0.02)
            for file in self._files():
                lines = file.read_text("utf-8").splitlines()[read:]
                for line in lines:
                    if self.plan and f'"event": "{self.plan[0][0]}"' in line:
                        self.plan.pop(0)[1]()
                read += len(lines)


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    """A project for the real command; gives a function that runs it, watched, with a standard input."""
    photos, folder = paint_classes(tmp_path / "photos", 10), tmp_path / "project"
    assert cli.main(["new", str(folder), "--data", str(photos)]) == 0
    settings = ["--backbone", SMALL, "--set", "epochs=400", "--set", "batch_size=9"]
    assert cli.main(["add", str(folder), "--strategy", "scratch", *settings]) == 0
    capsys.readouterr()

    @dataclass
    class Command:
        folder: Path
        tell: int

        def __call__(self, plan, *extra):
            watcher = Watcher(folder, plan)
            watcher.start()
            code = cli.main(["run", str(folder), "--json", "--device", "cpu", *extra])
            events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
            assert not watcher.plan
            return code, events

        def say(self, text):
            return lambda: os.write(self.tell, text.encode())

    ready, tell = os.pipe()
    with os.fdopen(ready) as source:
        monkeypatch.setattr(sys, "stdin", source)
        yield Command(folder, tell)
        os.close(tell)
        time.sleep(0.1)


def kill(number):
    return lambda: os.kill(os.getpid(), number)


@posix
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_words_on_standard_input_and_signals_steer_the_command(command):
    pauses = [
        ("StepDone", command.say("pause\n")),
        ("RunPaused", command.say("resume\n")),
        ("RunResumed", kill(signal.SIGUSR1)),
        ("RunPaused", kill(signal.SIGUSR1)),
    ]
    code, events = command([*pauses, ("EpochDone", kill(signal.SIGINT))])
    kinds = [event["event"] for event in events]
    assert code == 130
    assert kinds.count("RunPaused") == kinds.count("RunResumed") == 2
    assert events[-1]["reason"] == "interrupted"
    code, events = command([("StepDone", kill(signal.SIGUSR2))])
    assert code == 0
    assert next(event for event in events if event["event"] == "RunStarted")["resumed_step"] > 0
    assert events[-1]["reason"] == "stopped"
    code, events = command([])
    assert code == 0
    assert len(events) == 1


@posix
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("way", ["signal", "word"])
def test_a_run_is_cancelled_from_outside(command, way):
    act = kill(signal.SIGQUIT) if way == "signal" else command.say("cancel\n")
    code, events = command([("StepDone", act)])
    assert events[-1]["reason"] == "cancelled"
    assert code == 130
    assert not list(command.folder.glob("runs/*/last"))


@posix
@pytest.mark.real
def test_the_command_killed_at_random_moments_ends_with_the_weights_of_a_straight_one(tmp_path):
    photos = paint_classes(tmp_path / "photos", 15)
    run = [sys.executable, "-m", "xferstudio"]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "timeout": 300}
    for name in ("straight", "killed"):
        folder = str(tmp_path / name)
        subprocess.run([*run, "new", folder, "--data", str(photos)], **quiet)
        settings = ["--backbone", "embedded:efficientnet_lite0", "--set", "epochs=3", "--set", "stages=1"]
        settings += ["--set", "precision=float32", "--set", "batch_size=8"]
        subprocess.run([*run, "add", folder, "--strategy", "fine-tune", *settings], **quiet)
    start = time.monotonic()
    subprocess.run([*run, "run", str(tmp_path / "straight"), "--json"], **quiet)
    took = time.monotonic() - start
    chance = random.Random(3)
    for _ in range(4):
        running = subprocess.Popen(
            [*run, "run", str(tmp_path / "killed"), "--json"], stdout=subprocess.DEVNULL
        )
        time.sleep(chance.uniform(0.3, 0.95) * took)
        running.kill()
        running.wait()
    subprocess.run([*run, "run", str(tmp_path / "killed"), "--json"], **quiet)
    weights = [next(tmp_path.glob(f"{name}/runs/*/best.safetensors")) for name in ("straight", "killed")]
    from safetensors.torch import load_file

    assert same(*(load_file(str(file)) for file in weights))
    assert len(list((tmp_path / "killed" / "runs").glob("*-fine-tune"))) == 1
    assert not list(tmp_path.glob("killed/runs/*/*.tmp"))
