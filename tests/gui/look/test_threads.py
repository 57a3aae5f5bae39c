"""Whoever leaves waits for no thread: each ends by itself, and nothing of it stays."""

import threading
import time

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QThread

from xferstudio.gui.data.picture_facts import Decoder, Look
from xferstudio.gui.look.threads import Keeper
from xferstudio.gui.look.thumbnails import DiskShelf, Thumbnails, Wish
from xferstudio.gui.project.reading import Reader


class Slow:
    """Work that takes until the test lets it end."""

    def __init__(self):
        self.begun, self.may_end = threading.Event(), threading.Event()

    def __call__(self, *arguments):
        self.begun.set()
        assert self.may_end.wait(30)
        raise ValueError("too late")


@pytest.fixture
def slow():
    made = Slow()
    yield made
    made.may_end.set()


def kept():
    keeper = QCoreApplication.instance().findChild(Keeper)
    return list(keeper.kept) if keeper is not None else []


def left_at_once(qtbot, slow, owner):
    """Let an owner go and delete it while its thread is busy; the thread ends later, and is deleted."""
    assert slow.begun.wait(10)
    threads = kept()
    began = time.monotonic()
    owner.let_go()
    shiboken6.delete(owner)
    assert time.monotonic() - began < 1
    assert any(thread.isRunning() for thread in threads) or not threads
    slow.may_end.set()
    qtbot.waitUntil(lambda: not kept(), timeout=10_000)
    qtbot.waitUntil(lambda: not any(map(shiboken6.isValid, threads)), timeout=10_000)


def test_thumbnails(qtbot, slow, monkeypatch):
    monkeypatch.setattr(DiskShelf, "thumbnail", slow)
    thumbnails = Thumbnails(threads=2)
    thumbnails.want([Wish("a.png", "", 64)])
    left_at_once(qtbot, slow, thumbnails)


def test_thumbnails_that_go_on_do_not_wait_for_what_was_wanted_before(qtbot, slow, monkeypatch):
    monkeypatch.setattr(DiskShelf, "thumbnail", slow)
    thumbnails = Thumbnails(threads=1)
    late, next_one = Wish("late.png", "", 64), Wish("next.png", "", 64)
    thumbnails.want([late])
    assert slow.begun.wait(10)
    thumbnails.let_go()

    def fails(self, wish):
        raise ValueError("no picture")

    monkeypatch.setattr(DiskShelf, "thumbnail", fails)
    thumbnails.want([next_one])
    qtbot.waitUntil(lambda: thumbnails.reason(next_one) != "", timeout=10_000)
    assert not slow.may_end.is_set()
    slow.may_end.set()
    thumbnails.let_go()
    qtbot.waitUntil(lambda: not kept(), timeout=10_000)
    assert thumbnails.reason(late) == ""


def test_the_decoder_of_the_large_view(qtbot, slow, monkeypatch, tmp_path):
    monkeypatch.setattr("xferstudio.data.decode", slow)
    decoder = Decoder()
    decoder.look(Look(1, str(tmp_path / "a.png"), "", None, "none", 0))
    left_at_once(qtbot, slow, decoder)


def test_the_reader_of_files(qtbot, slow):
    reader = Reader()
    reader.ask(slow)
    thread = reader._thread
    left_at_once(qtbot, slow, reader)
    thread.join(10)
    assert not thread.is_alive()


def test_at_the_end_of_the_program_all_threads_are_told_and_waited_for(qapp):
    class Waiting(QThread):
        def __init__(self):
            super().__init__()
            self.over = threading.Event()

        def run(self):
            self.over.wait()

    keeper = Keeper(qapp)
    threads = [Waiting(), Waiting()]
    for thread in threads:
        keeper.begin(thread, thread.over.set, QThread.Priority.InheritPriority)
    keeper.end()
    assert all(thread.isFinished() for thread in threads)
    qapp.processEvents()
    assert not keeper.kept
    shiboken6.delete(keeper)
