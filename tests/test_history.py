"""The run folder keeps what was written through kills, torn lines, full disks and second processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xferstudio.api import UserError
from xferstudio.events import CheckpointSaved, Notice, RunEnded, StepDone, to_json
from xferstudio.history import (
    Predictions,
    RunFolder,
    all_runs,
    delete_results,
    latest,
    name_lock,
    new_run_folder,
    size_of,
)
from xferstudio.project import DataSpec, Project, Run

RUN = Run("head", "extract", "embedded:x", {"seed": 3, "head": "mlp"})


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path, "Apples", DataSpec("photos"))


@pytest.fixture
def folder(project) -> RunFolder:
    return new_run_folder(project, RUN)


def other_process(code: str, *arguments: object) -> subprocess.Popen:
    """A Python of its own that prints "ready" and then waits to be killed."""
    code = "import sys, time\nfrom pathlib import Path\nfrom xferstudio.history import *\n" + code
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    return process


def end(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


HOLD = "with RunFolder(Path(sys.argv[1])).lock():\n    print('ready', flush=True)\n    time.sleep(60)"


# ---- folders


def test_runs_started_in_the_same_second_get_folders_of_their_own_in_order(project):
    folders = [new_run_folder(project, RUN) for _ in range(4)]
    assert all_runs(project) == folders
    assert len({folder.path for folder in folders}) == 4
    assert {folder.name for folder in folders} == {"head"}
    assert latest(project, "head") == folders[-1]


def test_a_new_folder_says_what_was_asked_for_before_anything_ran(folder):
    raw = folder.read_run()
    assert (raw["name"], raw["strategy"], raw["options"]) == ("head", "extract", {"seed": 3, "head": "mlp"})
    assert folder.state == "new"
    assert folder.started is not None


def test_names_that_contain_others_and_dashes_are_not_mixed_up(project):
    one = new_run_folder(project, Run("a", "s", "b"))
    two = new_run_folder(project, Run("a-2", "s", "b"))
    assert latest(project, "a") == one
    assert latest(project, "a-2") == two
    assert latest(project, "2") is None


def test_deleted_results_are_gone_and_the_others_stay(project):
    first, second = (new_run_folder(project, Run("a", "extract", "b")) for _ in range(2))
    (first.path / "last").mkdir()
    first.weights.write_bytes(b"0" * 5000)
    assert size_of(first) > 5000
    delete_results(project, first)
    assert [folder.path for folder in all_runs(project)] == [second.path]
    assert not list(project.runs_folder.glob(".deleted*"))


def test_the_results_of_a_run_that_goes_on_are_not_deleted(project, folder):
    process = other_process(HOLD, folder.path)
    try:
        with pytest.raises(UserError, match="running in another process"):
            delete_results(project, folder)
    finally:
        end(process)
    assert folder.run_file.is_file()


def test_a_link_among_the_runs_is_deleted_and_not_what_it_leads_to(project, tmp_path):
    folder = new_run_folder(project, Run("a", "extract", "b"))
    elsewhere = tmp_path / "elsewhere"
    folder.path.rename(elsewhere)
    try:
        folder.path.symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    delete_results(project, folder)
    assert all_runs(project) == []
    assert [path.name for path in elsewhere.iterdir()] == ["run.toml"]


def test_what_is_gone_already_is_no_trouble_and_the_rest_of_a_broken_deletion_goes_with_the_next(project):
    first, second = (new_run_folder(project, Run("a", "extract", "b")) for _ in range(2))
    rest = project.runs_folder / ".deleted-20250101-000000-old"
    rest.mkdir()
    (rest / "best.safetensors").write_bytes(b"0")
    delete_results(project, first)
    delete_results(project, first)
    assert not rest.exists()
    assert all_runs(project) == [second]


def test_stray_files_and_folders_among_the_runs_are_passed_over(project, folder):
    (project.runs_folder / "notes.txt").write_text("x")
    (project.runs_folder / "copy of a run").mkdir()
    assert all_runs(project) == [folder]


def test_a_project_without_runs_has_an_empty_history(project):
    assert all_runs(project) == []
    assert latest(project, "head") is None


def test_run_facts_come_back_with_tables_lists_and_without_nothing(folder):
    folder.write_run(
        {
            "model": {"classes": ("ä", 'b"'), "preprocessing": {"size": (224, 224)}},
            "phases": [{"name": "head", "epochs": 1}, {"name": "all", "epochs": 2}],
            "name": "head",
            "nothing": None,
            "path": Path("a") / "b",
        }
    )
    assert folder.read_run() == {
        "name": "head",
        "path": str(Path("a") / "b"),
        "model": {"classes": ["ä", 'b"'], "preprocessing": {"size": [224, 224]}},
        "phases": [{"name": "head", "epochs": 1}, {"name": "all", "epochs": 2}],
    }


_scalars = st.one_of(
    st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.text(max_size=8)
)
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        st.lists(_scalars, max_size=3), st.dictionaries(st.text(min_size=1, max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=5), _values, max_size=4))
def test_any_run_facts_come_back_as_they_were(tmp_path_factory, facts):
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.write_run(facts)
    assert folder.read_run() == facts


def test_a_folder_that_is_no_run_is_told_in_a_sentence(tmp_path):
    with pytest.raises(UserError, match=r"not the folder of a run"):
        RunFolder(tmp_path).read_run()


# ---- events and state


def test_events_come_back_in_order(folder):
    sent = [Notice("one"), CheckpointSaved(1), Notice("zwei\u2028drei\n")]
    for event in sent:
        folder.append(event)
    assert list(folder.events()) == sent
    assert folder.last_event() == sent[-1]


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_torn_last_line_is_passed_over_and_does_not_swallow_the_next_event(folder, cut):
    folder.append(Notice("one"))
    folder.append(Notice("torn"))
    with folder.events_file.open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 1 - cut)
    assert list(folder.events()) == [Notice("one")]
    assert folder.last_event() == Notice("one")
    folder.append(Notice("three"))
    assert list(folder.events()) == [Notice("one"), Notice("three")]


def test_lines_that_are_no_events_are_passed_over(folder):
    folder.append(Notice("one"))
    with folder.events_file.open("ab") as file:
        file.write(b'\xff\xfe\n[]\n\n{"event": []}\n{"event": "Unknown", "time": 1}\n')
    folder.append(Notice("two"))
    assert list(folder.events()) == [Notice("one"), Notice("two")]


@pytest.mark.parametrize("reason", ["finished", "stopped", "cancelled", "failed", "interrupted"])
def test_the_reason_of_the_end_is_the_state(folder, reason):
    folder.append(Notice("one"))
    folder.append(RunEnded(reason))
    assert folder.state == reason


def test_a_run_that_was_killed_is_interrupted_also_after_an_earlier_end(folder):
    folder.append(RunEnded("interrupted"))
    folder.append(Notice("resumed"))
    assert folder.state == "interrupted"


def test_a_run_killed_between_its_summary_and_its_last_event_is_finished(folder):
    folder.append(Notice("one"))
    folder.write_summary({"reason": "finished"})
    assert folder.state == "finished"


def test_an_old_summary_does_not_hide_that_a_resumed_run_was_killed(folder):
    folder.write_summary({"reason": "stopped"})
    os.utime(folder.summary_file, (1, 1))
    folder.append(Notice("resumed"))
    assert folder.state == "interrupted"


def test_the_state_of_a_long_run_is_read_from_its_end(folder):
    line = to_json(StepDone(1, 2, 1, {"task": 0.5}, {}, 1.0, 0.0, 1)) + "\n"
    with folder.events_file.open("w") as file:
        for _ in range(200):
            file.write(line * 1000)
    folder.append(RunEnded("finished", summary={"long": "x" * 200_000}))
    start = time.perf_counter()
    assert folder.state == "finished"
    assert time.perf_counter() - start < 0.5


def test_a_full_disk_is_told_in_a_sentence_and_the_events_before_it_stay(folder):
    folder.append(Notice("one"))
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from xferstudio.events import Notice\n"
        "from xferstudio.api import UserError\n"
        "folder = RunFolder(Path(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (folder.events_file.stat().st_size + 10,) * 2)\n"
        "try:\n    folder.append(Notice('two'))\n"
        "except UserError as error:\n    assert 'events.jsonl' in str(error), error\n"
        "    print('ready', flush=True)\n"
    )
    if sys.platform == "win32":
        pytest.skip("file size limits are a thing of Unix")
    other_process(code, folder.path).communicate()
    assert list(folder.events()) == [Notice("one")]
    folder.append(Notice("three"))
    assert list(folder.events()) == [Notice("one"), Notice("three")]


# ---- following


def test_a_follower_sees_events_as_they_come_and_ends_with_the_run(folder):
    seen: list = []
    lengths: list[int] = []

    def write() -> None:
        with folder.lock():
            started.set()
            for number in range(3):
                folder.append(CheckpointSaved(number))
                time.sleep(0.05)
                lengths.append(len(seen))
            folder.append(RunEnded("finished"))
            done.wait(10)

    started, done = threading.Event(), threading.Event()
    writer = threading.Thread(target=write)
    writer.start()
    started.wait(10)
    for event in folder.follow(poll=0.005):
        seen.append(event)
    done.set()
    writer.join()
    assert seen == [CheckpointSaved(0), CheckpointSaved(1), CheckpointSaved(2), RunEnded("finished")]
    assert lengths[0] >= 1, "the first event came while the run went on"


def test_a_follower_ends_when_the_process_that_ran_is_killed(folder):
    process = other_process(HOLD, folder.path)
    folder.append(Notice("one"))
    followed = folder.follow(poll=0.005)
    assert next(followed) == Notice("one")
    end(process)
    assert list(followed) == []


def test_a_follower_of_a_resumed_run_does_not_stop_at_its_earlier_end(folder):
    folder.append(RunEnded("interrupted"))
    time.sleep(0.01)
    with folder.lock():
        followed = folder.follow(poll=0.005)
        assert next(followed) == RunEnded("interrupted")
        folder.append(Notice("resumed"))
        assert next(followed) == Notice("resumed")
        folder.append(RunEnded("finished"))
        assert next(followed) == RunEnded("finished")
        assert list(followed) == []


def test_a_follower_waits_for_the_rest_of_a_line(folder):
    with folder.lock():
        line = (to_json(Notice("whole")) + "\n").encode()
        folder.events_file.write_bytes(line[:10])
        followed = folder.follow(poll=0.005)
        timer = threading.Timer(0.05, folder.events_file.write_bytes, [line])
        timer.start()
        assert next(followed) == Notice("whole")
        timer.join()
        followed.close()


# ---- locks


def test_a_run_is_running_while_its_lock_is_held(folder):
    with folder.lock():
        assert folder.state == "running"
    assert folder.state == "new"
    assert not folder.lock_file.exists()


def test_a_second_process_is_told_which_process_has_the_run(folder):
    process = other_process(HOLD, folder.path)
    try:
        assert folder.state == "running"
        with pytest.raises(UserError, match=str(process.pid)), folder.lock():
            pass
    finally:
        end(process)


def test_the_same_process_cannot_take_a_run_twice(folder):
    with folder.lock():
        with pytest.raises(UserError, match="this process"), folder.lock():
            pass
        assert folder.state == "running"


def test_the_lock_of_a_killed_process_is_taken_over(folder):
    process = other_process(HOLD, folder.path)
    process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    process.communicate()
    assert folder.lock_file.exists()
    assert not folder.is_running()
    with folder.lock():
        assert json.loads(folder.lock_file.read_text())["pid"] == os.getpid()


def test_half_written_files_of_a_killed_process_are_cleared_by_the_next(folder):
    code = (
        "from xferstudio.events import Notice\n"
        "folder = RunFolder(Path(sys.argv[1]))\n"
        "with folder.lock():\n"
        "    print('ready', flush=True)\n"
        "    while True:\n"
        "        folder.append(Notice('x' * 5000))\n"
        "        folder.write_summary({'reason': 'finished', 'long': 'x' * 100_000})\n"
    )
    for delay in (0.01, 0.03, 0.05):
        process = other_process(code, folder.path)
        time.sleep(delay)
        end(process)
        folder.append(Notice("after"))
        assert folder.last_event() == Notice("after")
        assert folder.summary() in (None, {"reason": "finished", "long": "x" * 100_000})
    with folder.lock():
        assert not list(folder.path.glob("*.tmp"))
    events = list(folder.events())
    assert events.count(Notice("after")) == 3
    assert set(map(repr, (e.text for e in events))) <= {repr("after"), repr("x" * 5000)}


def write_lock(folder: RunFolder, **changes: object) -> None:
    mine = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": psutil.Process().create_time(),
        "since": time.time(),
    }
    folder.lock_file.write_text(json.dumps({**mine, **changes}))


def test_a_process_that_was_given_the_number_of_a_dead_one_does_not_hold_its_lock(folder):
    write_lock(folder)
    assert folder.is_running()
    write_lock(folder, started=psutil.Process().create_time() - 1000)
    assert not folder.is_running()
    with folder.lock():
        assert folder.is_running()


def test_a_run_on_another_machine_lives_as_long_as_it_writes_events(folder):
    write_lock(folder, host="elsewhere", pid=4_000_000, since=time.time() - 10_000)
    folder.append(Notice("alive"))
    with pytest.raises(UserError, match=r"4000000 on elsewhere"), folder.lock():
        pass
    os.utime(folder.events_file, (time.time() - 700,) * 2)
    with folder.lock():
        assert folder.is_running()


def test_a_lock_that_cannot_be_read_is_honoured_for_seconds_only(folder):
    folder.lock_file.write_bytes(b"")
    assert folder.is_running()
    os.utime(folder.lock_file, (time.time() - 60,) * 2)
    with folder.lock():
        pass


def test_of_many_processes_that_find_a_stale_lock_exactly_one_takes_it(folder):
    write_lock(folder, pid=4_000_000 if not psutil.pid_exists(4_000_000) else 4_000_001)
    code = (
        "from xferstudio.api import UserError\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "try:\n"
        "    with RunFolder(Path(sys.argv[1])).lock():\n"
        "        print('mine', flush=True); sys.stdin.readline()\n"
        "except UserError:\n    print('refused', flush=True)"
    )
    full = "import sys, time\nfrom pathlib import Path\nfrom xferstudio.history import *\n" + code
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", full, str(folder.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.stdout.readline().strip() for process in processes]
    for process in processes:
        process.communicate("end\n")
    assert sorted(answers) == ["mine", "refused", "refused", "refused"]


def test_one_run_of_a_name_starts_at_a_time(project):
    with name_lock(project, "head"):
        with pytest.raises(UserError, match="'head'"), name_lock(project, "head"):
            pass
        with name_lock(project, "other"):
            pass
    with name_lock(project, "head"):
        pass
    assert all_runs(project) == []


# ---- results


def test_a_summary_comes_back_and_a_damaged_one_is_none(folder):
    assert folder.summary() is None
    folder.write_summary(
        {"val": {"accuracy": np.float32(0.5), "interval": (0.25, float("nan"))}, "n": np.int64(3)}
    )
    assert folder.summary() == {"val": {"accuracy": 0.5, "interval": [0.25, None]}, "n": 3}
    folder.summary_file.write_text('{"val": ')
    assert folder.summary() is None
    folder.summary_file.write_text("[]")
    assert folder.summary() is None


def test_predictions_come_back_with_commas_quotes_and_line_breaks_in_names(folder):
    written = Predictions(
        paths=['a, "b".jpg', "ü\nx.png", "=cmd.jpg"],
        hashes=["1", "2", "3"],
        groups=["g", "", ""],
        splits=["val", "test", "val"],
        labels=["x", "y", ""],
        predicted=["y", "y", "x"],
        probabilities=np.array([[0.1, 0.9], [1 / 3, 2 / 3], [1.0, 0.0]], dtype=np.float32),
        classes=("x", "y, z"),
    )
    folder.write_predictions(written)
    read = folder.read_predictions()
    assert (read.paths, read.groups, read.splits, read.labels) == (
        written.paths,
        written.groups,
        written.splits,
        written.labels,
    )
    assert read.classes == written.classes
    assert (read.probabilities.astype(np.float32) == written.probabilities).all()
    first = folder.predictions.read_text(encoding="utf-8").splitlines()[0]
    assert first == 'path,hash,group,split,label,predicted,confidence,p:x,"p:y, z"'
    assert read.of("val").paths == ['a, "b".jpg', "=cmd.jpg"]
    assert read.of("val").probabilities.shape == (2, 2)
    assert len(read.of("train")) == 0


def test_no_predictions_at_all_come_back_empty(folder):
    folder.write_predictions(Predictions([], [], [], [], [], [], np.zeros((0, 2)), ("a", "b")))
    assert folder.read_predictions().probabilities.shape == (0, 2)


@pytest.mark.parametrize("text", ["", "a,b\n", "path,hash,group,split,label,predicted,confidence,p:x\n1,2\n"])
def test_damaged_predictions_are_told_in_a_sentence(folder, text):
    with pytest.raises(UserError, match="no predictions"):
        folder.read_predictions()
    folder.predictions.write_text(text)
    with pytest.raises(UserError, match="cannot be read"):
        folder.read_predictions()


# ---- steering


def test_words_are_left_one_a_line_and_gone_when_somebody_takes_the_lock(folder):
    folder.tell("pause")
    folder.tell("resume")
    assert folder.words.read_text("utf-8") == "pause\nresume\n"
    with folder.lock():
        assert not folder.words.exists()
        folder.tell("stop")
    assert not folder.words.exists()


def test_only_the_four_words_can_be_told_and_only_to_a_folder_that_is_there(folder, tmp_path):
    with pytest.raises(ValueError, match="interrupt"):
        folder.tell("interrupt")
    with pytest.raises(UserError):
        RunFolder(tmp_path / "gone").tell("stop")
