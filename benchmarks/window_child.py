"""One load on one window, in a process of its own: `python window_child.py LOAD PROJECT SETTINGS BEGAN`; prints JSON.

BEGAN is the time when the process was started.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time

BEAT = 5
"""Milliseconds between two beats of the timer; what comes later than that is lag."""

FLOOD = """
import json, sys, time
start = time.perf_counter()
print(json.dumps({"event": "RunStarted", "run": "all-cores", "strategy": "fine-tune", "backbone": "x",
    "device": "cpu", "precision": "float32", "classes": ["a", "b"], "counts": {"found": 2, "used": 2, "left_out": 0,
    "train": 2, "val": 0, "test": 0}, "epochs": 3, "folder": sys.argv[1]}), flush=True)
for step in range(1, 10_000 * 60):
    print(json.dumps({"event": "StepDone", "time": time.time(), "step": step, "steps": 600000, "epoch": 1,
        "losses": {"loss": 1 / step}, "learning_rates": {"head": 0.001}, "images_per_second": 100.0,
        "waiting": 0.1, "memory": 1 << 30}))
    if step % 100 == 0:
        sys.stdout.flush()
        time.sleep(max(0.0, start + step / 10_000 - time.perf_counter()))
"""


def main() -> None:
    """Open the window as the program does, put the load on it, and measure."""
    load, project, settings, began = sys.argv[1:5]
    if load == "start":
        visible(project, float(began))
        return
    from PySide6.QtCore import QSettings, QTimer
    from PySide6.QtWidgets import QApplication

    from xferstudio.gui.frame.window import Window
    from xferstudio.gui.look import theme
    from xferstudio.gui.project import commands
    from xferstudio.gui.project.studio import Studio

    app = QApplication(["xferstudio"])
    theme.apply(app)
    studio = Studio(settings=QSettings(settings, QSettings.Format.IniFormat))
    window = Window(studio)
    window.resize(1400, 900)
    window.show()
    window.begin(project)
    until(app, lambda: studio.pictures is not None, 300)
    if load == "scroll":
        from xferstudio.gui.data.grid import Grid

        grid = window.page("data").findChild(Grid)
        until(app, lambda: grid.verticalScrollBar().maximum() > 0, 60)
        work = Scrolling(grid.verticalScrollBar())
    else:
        if load == "events":
            before = commands.command_line
            commands.command_line = lambda *words: (
                [sys.executable, "-c", FLOOD, os.path.join(project, "runs", "flood")]  # noqa: PTH118
                if words[0] == "run"
                else before(*words)
            )
        from pathlib import Path

        from xferstudio.gui.project.queue import Job

        window.go("train")
        job = Job(Path(project), "all-cores", fresh=True)
        studio.queue.add(job)
        until(app, lambda: bool(job.folder), 120)
        window.page("train").select(job.name)
        watched = Watched(job)
        studio.queue.events.connect(watched.count)
        enough = 50_000 if load == "events" else 10
        work = None
    for _ in range(100):  # let what is first painted be painted
        app.processEvents()
        time.sleep(0.01)
    beats: list[float] = []
    timer = QTimer()
    timer.setTimerType(__import__("PySide6.QtCore").QtCore.Qt.TimerType.PreciseTimer)
    timer.setInterval(BEAT)
    timer.timeout.connect(lambda: beats.append(time.perf_counter()))
    timer.start()
    if work is not None:
        work.start()
    start = time.perf_counter()
    until(app, lambda: time.perf_counter() - start > 10, 20)
    if work is None and load == "train":  # on a slow machine a step takes seconds
        until(app, lambda: watched.lines > enough, 120)
    timer.stop()
    if work is None:
        assert window.page("train").dashboard.isVisible(), "nothing is drawn"
        assert job in studio.queue.active, "the run has ended before the time was over"
        assert watched.lines > enough, f"only {watched.lines} events came"
    gaps = sorted(1000 * (b - a) - BEAT for a, b in itertools.pairwise(beats))
    import psutil

    found = {
        "beats": len(gaps),
        "seconds": time.perf_counter() - start,
        "p99": max(0.0, gaps[int(0.99 * len(gaps))]),
        "max": max(0.0, gaps[-1]),
        "memory": psutil.Process().memory_info().rss,
    }
    for job in list(studio.queue.active):
        if job.command is not None:
            job.command.kill()
    studio.let_go()
    print(json.dumps(found), flush=True)
    os._exit(0)


def until(app, reached, seconds: float) -> None:
    """Let the window work until something holds; an error after so many seconds."""
    from PySide6.QtCore import QEventLoop

    end = time.monotonic() + seconds
    while not reached():
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")


def visible(project: str, began: float) -> None:
    """Seconds from the start of this process to the first painted window, and to the opened project; by the program's
    own way in."""
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from xferstudio import cli
    from xferstudio.gui.frame.window import Window

    paint = Window.paintEvent
    found: dict[str, float] = {}

    def painted(self, event) -> None:
        paint(self, event)
        if "visible" not in found:
            found["visible"] = time.time() - began
            self.looking = QTimer(interval=5)
            self.looking.timeout.connect(lambda: look(self))
            self.looking.start()

    def look(window) -> None:
        if "data" in window.pages and window.current() is window.pages["data"]:
            QApplication.processEvents()  # let it be painted
            found["opened"] = time.time() - began
            print(json.dumps(found), flush=True)
            os._exit(0)

    Window.paintEvent = painted
    cli.main([project])


class Watched:
    """Counts the events of a job."""

    def __init__(self, job) -> None:
        self.job, self.lines = job, 0

    def count(self, job, lines: list) -> None:
        """One bundle."""
        if job is self.job:
            self.lines += len(lines)


class Scrolling:
    """Moves a scroll bar as a hand does: by wheel steps, then by dragging, then by jumps."""

    def __init__(self, bar) -> None:
        from PySide6.QtCore import QTimer

        self.bar, self.step = bar, 0
        self.timer = QTimer()
        self.timer.setInterval(16)
        self.timer.timeout.connect(self.move)

    def start(self) -> None:
        """Begin to move."""
        self.timer.start()

    def move(self) -> None:
        """One movement."""
        self.step += 1
        bar = self.bar
        if self.step % 200 < 120:
            bar.setValue((bar.value() + 120) % max(1, bar.maximum()))
        elif self.step % 200 < 180:
            bar.setValue((bar.value() + bar.maximum() // 300) % max(1, bar.maximum()))
        elif self.step % 20 == 0:
            bar.setValue((self.step * 7919) % max(1, bar.maximum()))


if __name__ == "__main__":
    main()
