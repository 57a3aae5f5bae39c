"""Source and target on the data page: setting a target, looking at both domains, and how far they are apart."""

from __future__ import annotations

import pytest
from domains import photos, pretend, with_target
from finished_runs import look_after, make_project
from pretend_domains import SHIFT
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest

from xferstudio import project as projects
from xferstudio.gui.data import domains
from xferstudio.gui.data.data_page import DataPage
from xferstudio.gui.project.studio import Picture, Pictures


def scanned(studio):
    """What a scan of the open project would have told."""
    pictures = [Picture(f"cat/{n:02d}.png", "cat", "train", "", "", f"{n:032x}") for n in range(4)]
    root = studio.project.data_path()
    counts = {"found": 4, "used": 4, "left_out": 0, "train": 4, "val": 0, "test": 0}
    studio.pictures = Pictures(root, ("cat", "dog"), pictures, "f", counts)
    studio.pictures_changed.emit()
    place = studio.project.data.target
    if place:
        images = [Picture(f"{n}.png", "cat" if n else None, "target", "", "", f"1{n:031x}") for n in range(3)]
        images.append(Picture("3.png", None, "target", "", "", "", "damaged: the file is cut short"))
        studio._scanned_target = (studio.project.folder.parent / "market", images)
    studio._take_target()


@pytest.fixture
def quiet(monkeypatch, studio):
    """Commands are pretended, and a scan tells at once."""
    pretend(monkeypatch)
    studio.rescan = lambda: scanned(studio)


def show(qtbot, studio, folder):
    page = DataPage(studio)
    look_after(qtbot, page)
    page.resize(1000, 700)
    studio.open(folder)
    page.show()
    page.shown()
    qtbot.waitExposed(page)
    return page


@pytest.fixture
def page(qtbot, studio, quiet, tmp_path):
    return show(qtbot, studio, with_target(tmp_path))


@pytest.fixture
def plain(qtbot, studio, quiet, tmp_path):
    return show(qtbot, studio, make_project(tmp_path, each=4).folder)


def answer(monkeypatch, place):
    """Answer the next questions with the answer at this place; the list of what was asked."""
    asked = []

    def ask(parent, sentence, answers, details=""):
        asked.append(sentence)
        return answers[place]

    monkeypatch.setattr(domains, "ask", ask)
    return asked


def test_a_project_without_a_target_shows_its_images_alone_and_offers_to_add_one(plain):
    assert plain.add_target.isVisible()
    assert not plain.domains.bar.isVisible()
    assert plain.domains.target is None
    assert plain.splitter.isVisible()


def test_a_folder_becomes_the_target_through_the_command_line(qtbot, plain, studio, tmp_path):
    market = photos(tmp_path / "market")
    asked = []
    studio.edited_elsewhere.connect(lambda: asked.append(1))
    plain.domains.change.use(market)
    assert plain.domains.change.busy and "Looking at" in plain.domains.busy.text()
    with qtbot.waitSignal(plain.domains.change.changed, timeout=10_000) as ended:
        pass
    assert ended.args == [True]
    assert projects.load(studio.project.folder).data.target == str(market)
    assert not plain.add_target.isVisible()
    assert plain.domains.mode == "both" and plain.domains.target.isVisible()
    studio.look()
    qtbot.wait(50)
    assert not asked, "what the user has asked for is not taken for the work of another program"


def test_a_folder_that_the_command_refuses_is_told_and_changes_nothing(qtbot, plain, studio, tmp_path):
    said = []
    studio.message.connect(lambda sentence, details: said.append(sentence))
    plain.domains.change.use(photos(tmp_path / "refused"))
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert said == ["it holds the labelled images themselves."]
    assert plain.add_target.isVisible() and not studio.project.data.target
    empty = tmp_path / "empty"
    empty.mkdir()
    plain.domains.change.use(empty)
    assert "no photos in empty" in said[1] and not plain.domains.change.busy


def drop_at(page, point, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    enter = QDragEnterEvent(
        point, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    page.dragEnterEvent(enter)
    shown = page.drop_hint.isVisible(), page.target_hint.isVisible()
    drop = QDropEvent(
        QPointF(point),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.dropEvent(drop)
    return shown


def test_a_folder_dropped_on_the_right_becomes_the_target_and_files_do_not(qtbot, plain, studio, tmp_path):
    market = photos(tmp_path / "market")
    right = QPoint(plain.width() - 60, 300)
    assert drop_at(plain, right, market) == (True, True)
    qtbot.waitUntil(lambda: bool(studio.project.data.target), timeout=10_000)
    assert not plain.target_hint.isVisible() and not plain.drop_hint.isVisible()
    added = []
    plain.adding.add_files = lambda files, name="": added.append(files)
    assert drop_at(plain, right, market / "0.png") == (True, False)
    assert added == [[market / "0.png"]]


def test_a_dropped_folder_replaces_a_target_only_after_asking(qtbot, page, studio, tmp_path, monkeypatch):
    other = photos(tmp_path / "other")
    old = studio.project.data.target
    asked = answer(monkeypatch, 0)
    page.domains.use(other)
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert "other" in asked[0] and "market" in asked[0] and studio.project.data.target == old
    answer(monkeypatch, 1)
    page.domains.use(other)
    qtbot.waitUntil(lambda: studio.project.data.target == str(other), timeout=10_000)


def test_the_target_is_taken_away_after_asking(qtbot, page, studio, monkeypatch):
    answer(monkeypatch, 0)
    page.domains.target.removed.emit()
    assert studio.project.data.target
    answer(monkeypatch, 1)
    page.domains.target.removed.emit()
    qtbot.waitUntil(lambda: not studio.project.data.target, timeout=10_000)
    qtbot.waitUntil(lambda: not page.domains.bar.isVisible() and page.splitter.isVisible(), timeout=10_000)
    assert not page.domains.target.isVisible()


def test_both_domains_stand_side_by_side_or_one_alone(page, studio):
    both = page.domains
    assert both.mode == "both" and both.source.isVisible() and both.target.isVisible()
    assert not page.balance.isVisible(), "the classes make room"
    assert abs(both.source.width() - both.target.width()) < 40
    QTest.mouseClick(both.buttons["target"], Qt.MouseButton.LeftButton)
    assert not both.source.isVisible() and both.target.isVisible()
    QTest.mouseClick(both.buttons["source"], Qt.MouseButton.LeftButton)
    assert both.source.isVisible() and not both.target.isVisible() and page.balance.isVisible()
    assert studio.settings.value("data/domains") == "source"


def test_the_target_shows_what_the_scan_has_told(page, studio):
    view = page.domains.target
    assert studio.target.counts == {"found": 4, "used": 3, "left_out": 1}
    assert len(view.grid.shown) == 4
    assert "4 found = 3 used + 1 left out" in view.words.text()
    assert "kept from training" in view.words.text(), "some of it lies in class folders"
    assert {each.split for each in view.rows.items} == {""}, "no badge that all of them have"
    view.state.setCurrentIndex(view.state.findData("left_out"))
    assert [view.rows.items[place].path for place in view.grid.shown] == ["3.png"]
    view.state.setCurrentIndex(0)
    view.search.setText("2")
    view._refilter()
    assert [view.rows.items[place].path for place in view.grid.shown] == ["2.png"]
    assert "1 of 4 shown" in view.words.text()


def test_lines_of_a_scan_are_taken_as_they_come(studio):
    studio._scan = studio
    studio.sender = lambda: studio
    row = ["a/1.png", "a", "test", "", "", "00", ""]
    studio._take_scanned([{"event": "TargetImages", "root": "/far", "images": [row]}])
    studio._take_scanned([{"event": "TargetImages", "root": "/far", "images": [row]}])
    studio._scan = None
    studio._take_target()
    assert [each.split for each in studio.target.items] == ["test", "test"]
    assert studio.target.classes == ("a",)
    del studio.sender


def test_an_image_of_the_target_is_shown_large_and_has_the_room_to_itself(page):
    both = page.domains
    both.target.grid.opened.emit(both.target.grid.shown[1])
    assert both.target.views.currentWidget() is both.target.preview
    assert not both.source.isVisible()
    QTest.keyClick(both.target.preview, Qt.Key.Key_Right)
    assert both.target.preview.picture.path == "2.png"
    both.target.preview.closed.emit()
    assert both.source.isVisible() and both.target.grid.isVisible()
    page.open_picture(page.grid.shown[0])
    assert not both.target.isVisible()
    page.close_picture()
    assert both.target.isVisible()


def test_images_of_the_target_are_not_dragged_and_get_no_class(page):
    grid = page.domains.target.grid
    grid.choose(0)
    assert grid.chosen()
    grid._drag()
    QTest.keyClick(grid, Qt.Key.Key_1)
    assert not page.editor.stack.canUndo()


def test_the_shift_is_measured_when_asked_for_and_told_in_words_and_drawings(qtbot, page, studio):
    QTest.mouseClick(page.domains.far, Qt.MouseButton.LeftButton)
    panel = page.domains.shift
    assert panel.isVisible() and panel.hint.isVisible() and not panel.result.isVisible()
    QTest.mouseClick(panel.measure, Qt.MouseButton.LeftButton)
    assert panel.progress.isVisible() and panel.stop.isVisible() and not panel.measure.isVisible()
    qtbot.waitUntil(lambda: studio.shift is not None, timeout=10_000)
    assert panel.result.isVisible() and not panel.progress.isVisible()
    assert "finds one." in panel.sentences.text() and "A second sentence." in panel.sentences.text()
    assert panel.suggestion.text() == "Worth trying first: cdan, mcc", "there is no catalogue to name them"
    assert panel.bar.value == 1.9 and panel.bar.interval == (1.7, 2.0)
    assert "1.90, between 1.70 and 2.00" in panel.distance_words.text()
    assert [bar.name for bar in panel.classes.bars] == ["dog", "cat", "eel"]
    assert "eel: no image" in panel.classes.accessibleDescription()
    panel.grab()
    QTest.mouseClick(page.domains.far, Qt.MouseButton.LeftButton)
    assert not panel.isVisible()


def test_measuring_can_be_stopped_and_a_failure_is_told(qtbot, studio, quiet, tmp_path):
    page = show(qtbot, studio, with_target(tmp_path / "slow"))
    said = []
    studio.message.connect(lambda sentence, details: said.append(sentence))
    page.domains.far.setChecked(True)
    panel = page.domains.shift
    panel.begin()
    qtbot.waitUntil(lambda: "5 of 10" in panel.busy.text(), timeout=10_000)
    QTest.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    assert panel.measure.isVisible() and not panel.progress.isVisible()
    qtbot.wait(100)
    assert not said
    studio.close()
    studio.open(with_target(tmp_path / "broken"))
    page.domains.far.setChecked(True)
    panel.begin()
    qtbot.waitUntil(lambda: bool(said), timeout=10_000)
    assert said == ["none of the images of the target domain can be read"]
    assert studio.shift is None and panel.hint.isVisible()


def test_another_target_has_another_shift(qtbot, page, studio, tmp_path):
    studio.shift = SHIFT
    page.domains.change.use(photos(tmp_path / "other"))
    qtbot.waitUntil(lambda: studio.shift is None, timeout=10_000)
