"""Commands in processes of their own: lines, words, floods, ends of every kind, and the queue of runs."""

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QObject, QTimer, Slot

from xferstudio.gui.project import commands
from xferstudio.gui.project.commands import BUNDLE, Command
from xferstudio.gui.project.queue import Job, RunQueue
from xferstudio.occupied import same_device, uses


class Reader(QObject):
    """Keeps what arrives."""

    def __init__(self, command=None):
        super().__init__()
        self.lines, self.sizes, self.end = [], [], None
        self.lag = 0.0
        if command is not None:
            command.arrived.connect(self.take)
            command.ended.connect(self.done)

    @Slot(object)
    def take(self, lines):
        assert self.end is None, "lines after the end"
        self.lines += lines
        self.sizes.append(len(lines))

    @Slot(int, str)
    def done(self, code, words):
        assert self.end is None, "two ends"
        self.end = (code, words)


@pytest.fixture
def python(monkeypatch):
    """Commands are Python programs: the first argument is the text."""
    monkeypatch.setattr(commands, "command_line", lambda *arguments: [sys.executable, "-c", *arguments])


def ran(qtbot, code, *words, timeout=20_000):
    command = Command([code])
    reader = Reader(command)
    for word in words:
        command.send(word)
    command.start()
    qtbot.waitUntil(lambda: reader.end is not None, timeout=timeout)
    assert command.wait(5000)
    return reader


def test_lines_arrive_parsed_and_in_order_and_the_end_comes_last(qtbot, python):
    reader = ran(qtbot, "import sys; print('{\"a\": 1}'); print('noise'); print('[2]'); sys.exit('alas: no')")
    assert reader.lines == [{"a": 1}, [2]]
    assert reader.end == (1, "alas: no")


def test_words_that_were_sent_before_the_process_began_reach_it_in_order(qtbot, python):
    reader = ran(
        qtbot,
        "import sys\nfor line in sys.stdin:\n print('[\"%s\"]' % line.strip(), flush=True)\n if line == 'c\\n': break",
        "a",
        "b",
        "c",
    )
    assert reader.lines == [["a"], ["b"], ["c"]]


def test_many_words_to_a_command_that_does_not_read_do_not_block_the_window(qtbot, python):
    command = Command(["import time; time.sleep(60)"])
    reader = Reader(command)
    command.start()
    before = time.monotonic()
    for _ in range(20_000):
        command.send("x" * 100)
    assert time.monotonic() - before < 2
    command.kill()
    qtbot.waitUntil(lambda: reader.end is not None)
    assert command.wait(5000)


class Turns(QObject):
    """Notes in order what happens: "turn" when the event loop comes to a timer, or the size of a bundle."""

    def __init__(self):
        super().__init__()
        self.notes = []
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.turn)
        self.timer.start(0)

    @Slot()
    def turn(self):
        self.notes.append("turn")

    @Slot(object)
    def bundle(self, lines):
        self.notes.append(len(lines))


def test_a_flood_comes_in_bundles_of_bounded_size_and_the_window_gets_its_turns(qtbot, python):
    command = Command(["for i in range(50_000): print('{\"step\": %d}' % i)"])
    reader, turns = Reader(command), Turns()
    command.arrived.connect(turns.bundle)
    command.start()
    qtbot.waitUntil(lambda: reader.end is not None, timeout=20_000)
    turns.timer.stop()
    assert command.wait(5000)
    assert [line["step"] for line in reader.lines] == list(range(50_000))
    assert max(reader.sizes) <= BUNDLE
    assert len(reader.sizes) >= 50_000 / BUNDLE
    # A timer that was there before the flood has its turn between any two bundles.
    bundles = [place for place, note in enumerate(turns.notes) if note != "turn"]
    assert all(after - before > 1 for before, after in itertools.pairwise(bundles))


def test_a_command_killed_before_its_thread_began_never_starts(qtbot, python, tmp_path):
    command = Command([f"open({str(tmp_path / 'made')!r}, 'w')"])
    reader = Reader(command)
    command.kill()
    command.start()
    qtbot.waitUntil(lambda: reader.end is not None)
    assert command.wait(5000)
    assert not (tmp_path / "made").exists()


def test_a_killed_command_ends_though_its_child_keeps_the_output_open(qtbot, python):
    command = Command(
        [
            "import subprocess, sys, time\n"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(6)'])\n"
            "print('[1]', flush=True); time.sleep(60)"
        ]
    )
    reader = Reader(command)
    command.start()
    qtbot.waitUntil(lambda: bool(reader.lines), timeout=10_000)
    command.kill()
    qtbot.waitUntil(lambda: reader.end is not None, timeout=4000)
    assert command.wait(5000)


def test_a_command_that_cannot_be_started_says_so(qtbot, monkeypatch):
    monkeypatch.setattr(commands, "command_line", lambda *arguments: ["/nowhere/at/all"])
    reader = ran(qtbot, "")
    assert reader.end[0] == -1
    assert "cannot be started" in reader.end[1]


@pytest.mark.skipif(os.name != "posix", reason="sessions are a thing of POSIX")
def test_a_process_that_was_let_go_lives_on_hears_the_last_word_and_never_waits_for_a_reader(
    qtbot, python, tmp_path
):
    file = tmp_path / "heard"
    command = Command(
        [
            "import os, sys\nprint('[%d]' % os.getpid(), flush=True)\nword = sys.stdin.readline().strip()\n"
            "for _ in range(20_000): print('[\"some more words that fill every pipe\"]')\n"
            f"open({str(file)!r}, 'w').write(word)"
        ],
        detached=True,
    )
    reader = Reader(command)
    command.start()
    qtbot.waitUntil(lambda: bool(reader.lines), timeout=10_000)
    process = psutil.Process(reader.lines[0][0])
    assert os.getsid(process.pid) == process.pid, "it would be ended with our terminal"
    command.send("stop")
    command.let_go()
    assert command.wait(5000)
    assert reader.end is None
    qtbot.waitUntil(lambda: file.exists() and file.read_text() == "stop", timeout=10_000)


# ------------------------------------------------------------------------------------------ the queue

RUN = (
    "import sys, time\n"
    'print(\'{"event": "RunStarted", "folder": "/runs/%s"}\' % NAME, flush=True)\n'
    "word = sys.stdin.readline().strip() if WAIT else ''\n"
    'print(\'{"event": "RunEnded", "word": "%s"}\' % word, flush=True)\n'
    "sys.exit(CODE)"
)


class Line(QObject):
    """Keeps what a queue tells."""

    def __init__(self, queue):
        super().__init__()
        self.ended, self.begun, self.words = [], [], []
        queue.ended.connect(self.end)
        queue.events.connect(self.take)

    @Slot(object, int, str)
    def end(self, job, code, words):
        self.ended.append((job.name, code))

    @Slot(object, object)
    def take(self, job, lines):
        self.begun += [job.name for line in lines if line["event"] == "RunStarted"]
        self.words += [line["word"] for line in lines if line["event"] == "RunEnded"]


@pytest.fixture
def runs(monkeypatch):
    """Runs are programs of a few lines: `wait...` waits for a word, `bad...` fails."""

    def line(*arguments):
        name = arguments[2]
        head = f"NAME={name!r}; WAIT={name.startswith('wait')}; CODE={int(name.startswith('bad'))}\n"
        return [sys.executable, "-c", head + RUN]

    monkeypatch.setattr(commands, "command_line", line)


@pytest.fixture
def queue(qapp):
    made = RunQueue()
    yield made
    made.stop()
    for job in list(made.active):
        job.command.kill()
    made.let_go()


def test_runs_come_one_after_the_other_and_a_failure_does_not_hold_up_the_next(qtbot, queue, runs, tmp_path):
    line = Line(queue)
    for name in ("a", "bad", "c"):
        queue.add(Job(tmp_path, name))
    assert len(queue.active) == 1
    qtbot.waitUntil(lambda: len(line.ended) == 3, timeout=20_000)
    assert line.ended == [("a", 0), ("bad", 1), ("c", 0)]
    assert line.begun == ["a", "bad", "c"]


def test_waiting_runs_can_be_moved_and_taken_out(qtbot, queue, runs, tmp_path):
    line = Line(queue)
    first, second, third, fourth = (Job(tmp_path, name) for name in ("wait-1", "b", "c", "d"))
    for job in (first, second, third, fourth):
        queue.add(job)
    queue.move(fourth, 0)
    queue.remove(second)
    assert [job.name for job in queue.waiting] == ["d", "c"]
    qtbot.waitUntil(lambda: line.begun == ["wait-1"], timeout=10_000)
    queue.tell(first, "stop")
    qtbot.waitUntil(lambda: len(line.ended) == 3, timeout=20_000)
    assert [name for name, _ in line.ended] == ["wait-1", "d", "c"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("cuda", "cuda:0", True),
        ("cuda:0", "cuda:1", False),
        ("cuda", "cuda:1", False),
        ("", "cpu", True),
        ("auto", "cuda:1", True),
        ("cpu", "cuda", False),
        ("cpu", "CPU", True),
    ],
)
def test_two_names_of_one_device_are_one_device(one, other, same):
    assert same_device(one, other) is same
    assert same_device(other, one) is same


def test_two_devices_work_side_by_side_and_one_device_does_one_thing(qtbot, queue, runs, tmp_path):
    for name, device in (("wait-1", "cuda:0"), ("wait-2", "cuda:1"), ("wait-3", "cuda:0")):
        queue.add(Job(tmp_path, name, device))
    assert [job.name for job in queue.active] == ["wait-1", "wait-2"]
    assert [job.name for job in queue.waiting] == ["wait-3"]


def test_stopping_the_queue_tells_what_runs_to_keep_what_it_has_and_begins_nothing_more(
    qtbot, queue, runs, tmp_path
):
    line = Line(queue)
    queue.add(Job(tmp_path, "wait-1"))
    queue.add(Job(tmp_path, "b"))
    qtbot.waitUntil(lambda: bool(line.begun), timeout=10_000)
    queue.stop()
    assert not queue.waiting
    qtbot.waitUntil(lambda: bool(line.ended), timeout=10_000)
    assert line.words == ["stop"]
    assert line.begun == ["wait-1"]


@pytest.fixture
def other_window(qapp):
    made = RunQueue()
    yield made
    made.stop()
    for job in list(made.active):
        job.command.kill()
    made.let_go()


def test_two_windows_do_one_run_at_a_time_on_a_device(qtbot, queue, other_window, runs, tmp_path):
    mine, others = Line(queue), Line(other_window)
    first, second = Job(tmp_path / "pears", "wait-1", "cpu"), Job(tmp_path / "apples", "b", "cpu")
    queue.add(first)
    other_window.add(second)
    other_window.add(Job(tmp_path / "apples", "c", "cpu"))
    assert [job.name for job in other_window.waiting] == ["b", "c"]
    assert (second.behind.run, second.behind.project) == ("wait-1", str(tmp_path / "pears"))
    other_window.add(Job(tmp_path / "apples", "wait-2", "cuda:0"))
    assert [job.name for job in other_window.active] == ["wait-2"]  # another device
    other_window.tell(other_window.active[0], "stop")
    qtbot.waitUntil(lambda: mine.begun == ["wait-1"] and len(others.ended) == 1, timeout=10_000)
    assert [job.name for job in other_window.waiting] == ["b", "c"]
    queue.tell(first, "stop")
    qtbot.waitUntil(lambda: len(others.ended) == 3, timeout=20_000)
    assert [name for name, _ in others.ended] == ["wait-2", "b", "c"]
    assert second.behind is None
    assert uses() == []


def test_a_run_on_the_command_line_is_waited_for_until_it_ends_or_dies(qtbot, queue, runs, tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom xferstudio.occupied import using\n"
        "with using('cpu', Path('/apples'), 'lonely'):\n    print('on', flush=True)\n    sys.stdin.read()"
    )
    root = str(Path(__file__).parents[3])
    lonely = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
    )
    with lonely:
        assert lonely.stdout.readline().strip() == b"on"
        line = Line(queue)
        queue.add(Job(tmp_path, "a"))
        assert [job.behind.run for job in queue.waiting] == ["lonely"]
        qtbot.wait(1500)
        assert not line.begun
        lonely.kill()
    qtbot.waitUntil(lambda: line.ended == [("a", 0)], timeout=10_000)


def test_a_cache_folder_that_cannot_be_written_holds_up_nothing(qtbot, queue, runs, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path / "file"))
    line = Line(queue)
    queue.add(Job(tmp_path, "a"))
    qtbot.waitUntil(lambda: line.ended == [("a", 0)], timeout=10_000)
