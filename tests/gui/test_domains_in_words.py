"""The parts of the window for a target domain in both languages: nothing is left in English, nothing is cut off."""

import json
import re

import pytest
from domains import pretend, with_target
from finished_runs import make_run
from pretend_domains import SHIFT, a_map, told_of_target
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QSizePolicy
from stories import SUMMARY, ended, epoch, phase, started, step
from test_every_page import nameless
from test_translations import catalogue, compiled, foreign, rested, shown, speak  # noqa: F401

from xferstudio import project as projects
from xferstudio.gui.data.data_page import DataPage
from xferstudio.gui.frame.window import Window
from xferstudio.gui.project.studio import Picture, Pictures

NAMES = frozenset(
    re.findall(
        r"\w+",
        "mcc source only dann market eel MCC CDAN SHOT AdaBN DANN CORAL Deep DAN JAN AFN MCD MDD BNM SND DEV DEVN ClassAMI "
        "MMD ants bees It helped",
    )
)
"""Names of methods and of what the test is made of, and what the pretended command says that no engine would."""


@pytest.fixture
def views(qtbot, studio, catalogue, tmp_path, monkeypatch):  # noqa: F811
    """make(): one view after another of a window on a project with a target domain, as (name, widget)."""
    pretend(monkeypatch)
    folder = with_target(tmp_path)
    run = make_run(projects.load(folder), "mcc", 2, strategy="mcc")
    make_run(projects.load(folder), "source-only", 4, strategy="source-only")
    told = {**SUMMARY, "best_epoch": 1, "target": told_of_target()}
    told["test"] = {**told["test"], "too_few": ""}  # not a sentence of the engine
    events = [started(folder=run.path) | {"run": "mcc", "strategy": "mcc"}, phase()]
    events += [step(n, discrepancy=0.4) | {"measures": {"domain accuracy": 0.6}} for n in range(1, 4)]
    events += [a_map(1, True), epoch(1) | {"validators": {"entropy": -1.0, "snd": 2.0}, "agreement": 0.6}]
    events.append(ended("finished", "", told, folder=run.path))
    run.events_file.write_text("".join(json.dumps(event) + "\n" for event in events))
    monkeypatch.setattr(studio, "read_catalogue", lambda: None)

    def rescan():
        counts = {"found": 4, "used": 4, "left_out": 0, "train": 2, "val": 1, "test": 1}
        items = [Picture(f"cat/{n:02d}.png", "cat", "train", "", "", f"{n:032x}") for n in range(4)]
        studio.pictures = Pictures(studio.project.data_path(), ("cat", "dog"), items, "f", counts)
        studio.pictures_changed.emit()
        images = [Picture(f"{n}.png", None, "target", "", "", f"1{n:031x}") for n in range(4)]
        studio._scanned_target = (tmp_path / "market", images)
        studio._take_target()

    studio.rescan = rescan
    made = []

    def make():
        window = Window(studio)
        made.append(window)
        qtbot.addWidget(window)
        window.resize(1024, 700)
        window.show()
        studio.catalogue = catalogue
        window.open(str(folder))
        qtbot.waitUntil(lambda: len(studio.runs) == 2, timeout=10_000)
        data = window.page("data")
        assert isinstance(data, DataPage)
        window.go("data")
        data.domains.far.setChecked(True)
        yield "data", window
        data.domains.shift.begin()
        yield "measuring", window
        qtbot.waitUntil(lambda: studio.shift is not None, timeout=10_000)
        yield "shift", window
        studio.shift = {**SHIFT, "words": SHIFT["words"][:1]}
        data.domains.set_mode("target")
        yield "target", window
        window.go("train", "new")
        window.page("train").form.adapt.unfold.setChecked(True)
        qtbot.wait(100)
        yield "form", window
        window.go("train", str(run.path))
        board = window.page("train").dashboard
        qtbot.waitUntil(lambda: "map" in board.domains.cards and board.target.isVisible(), timeout=10_000)
        qtbot.waitUntil(lambda: len(board.domains.cards) == 3, timeout=10_000)
        board.domains.map.point_at("target", 0)
        yield "dashboard", window
        window.go("compare")
        page = window.page("compare")
        qtbot.waitUntil(lambda: page.comparison is not None, timeout=10_000)
        page.tabs.setCurrentWidget(page.target)
        yield "compare", window
        page.target.label_some.click()
        audit = page._audit
        yield "audit, begin", audit
        audit.begin()
        qtbot.waitUntil(lambda: audit.labelling, timeout=10_000)
        yield "audit", audit
        audit.take("cat")
        audit.finish()
        qtbot.waitUntil(lambda: audit.stack.currentIndex() == 2, timeout=10_000)
        yield "audit, end", audit
        audit.accept()

    yield make
    for window in made:
        qtbot.waitUntil(lambda w=window: rested(w), timeout=15_000)
        window.leave()


def test_all_of_it_speaks_chinese(qtbot, views, speak):  # noqa: F811
    speak("zh_CN")
    found = {}
    for name, widget in views():
        qtbot.wait(50)
        for text in shown(widget):
            if set(foreign(text)) - NAMES and "second sentence" not in text:  # nor is this one
                found.setdefault(text, name)
    assert found == {}


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_it_holds_in_a_narrow_window_and_all_that_tab_reaches_has_a_name(qtbot, views, speak, language):  # noqa: F811
    speak(language)
    found = []
    for name, widget in views():
        qtbot.wait(50)
        if isinstance(widget, Window):
            assert widget.width() == 1024, name
        for area in widget.findChildren(QScrollArea):
            scrolls = area.horizontalScrollBarPolicy() != Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if area.isVisible() and not scrolls and area.widget().width() > area.viewport().width():
                found.append(f"{name}: {area.accessibleName()} is cut off at the right")
        # What plots are painted on hands the focus to them.
        found += [f"{name}: {each}" for each in nameless(widget) if "Canvas" not in each]
        for child in (*widget.findChildren(QLabel), *widget.findChildren(QPushButton)):
            if not child.isVisible() or not child.text():
                continue
            elided = child.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Ignored
            if isinstance(child, QLabel) and (child.wordWrap() or elided):
                continue
            if child.width() < child.minimumSizeHint().width():
                found.append(f"{name}: {child.text()!r} has {child.width()}")
    assert not found, "\n".join(found)
