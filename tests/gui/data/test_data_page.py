"""The data page: every way to look at images, to change them and to add to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QToolButton
from shiboken6 import isValid

from xferstudio import project as projects
from xferstudio.api import Preprocessing, UserError
from xferstudio.data import augmented, decode, needed_side, prepare, read_dataset
from xferstudio.data.edits import Edits
from xferstudio.gui.data.adding import (
    AddDialog,
    ClassDialog,
    Copier,
    Found,
    Places,
    class_fault,
    copy_in,
    look_through,
)
from xferstudio.gui.data.data_page import DataPage
from xferstudio.gui.data.grid import MIME
from xferstudio.gui.data.picture_facts import Decoder, Look, view_seed
from xferstudio.gui.data.rows import UNLABELLED, Filter, Guesses, Rows, reason_kind
from xferstudio.gui.project import studio as studios
from xferstudio.gui.project.studio import Picture, Pictures, Studio
from xferstudio.history import Predictions, RunFolder

LONG = 20_000
HOW = Preprocessing(size=(32, 32))


def photo(path: Path, seed: int, size=(48, 36), **more) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), dtype=np.uint8)).save(path, **more)
    return path


def look(project) -> Pictures:
    """The images of a project, as the command `scan` tells the window."""
    data = read_dataset(project)
    rows = [Picture(*row) for row in data.rows()]
    return Pictures(data.catalog.root, data.catalog.classes, rows, data.catalog.fingerprint, data.counts)


@pytest.fixture
def rescans(monkeypatch):
    """How often the engine was asked to look again; it looks at once, without a process."""
    asked = []

    def rescan(self):
        asked.append(self.project)
        if self.project is not None:
            self.pictures = look(self.project)
            self.pictures_changed.emit()

    monkeypatch.setattr(Studio, "rescan", rescan)
    return asked


@pytest.fixture
def root(tmp_path):
    data = tmp_path / "data"
    for place, name in enumerate(("ants", "bees", "wasps")):
        for number in range(8):
            photo(data / name / f"{number}.png", 100 * place + number)
    (data / "ants" / "notes.txt").write_text("no image")
    return data


@pytest.fixture
def page(qtbot, studio, rescans, root, tmp_path):
    made = DataPage(studio)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    project = projects.create(tmp_path / "project", data=root, name="insects")
    studio.project = project
    studio.project_changed.emit()
    studio.pictures = look(project)
    studio.pictures_changed.emit()
    rescans.clear()
    made.show()
    made.shown()
    yield made
    made.let_go()
    made.close()


def paths(page) -> list[str]:
    return [page.rows.items[place].path for place in page.grid.shown]


def pick(page, *names: str) -> None:
    page.grid.selected = {page.rows.places[name] for name in names}
    page.grid.selection_changed.emit()


def label_of(page, path: str) -> str | None:
    return page.rows.items[page.rows.places[path]].label


# -------------------------------------------------------------------------------------------- what is shown


def test_the_counts_are_the_engines_and_add_up(page, studio):
    counts = studio.pictures.counts
    assert counts["found"] == counts["used"] + counts["left_out"] == 25
    assert page.rows.counts() == counts
    for number in counts.values():
        assert str(number) in page.counts.text()
    assert "25 shown" in page.filters.shown_words.text()


def test_what_is_selected_and_hidden_by_a_filter_is_not_counted(page):
    pick(page, "ants/0.png", "bees/0.png")
    page.filters.set_filter(Filter(label="bees"))
    assert "1 selected" in page.filters.shown_words.text()
    assert [picture.path for picture in page.targets()] == ["bees/0.png"]


def test_another_filter_shows_its_images_from_the_first(qtbot, page):
    page.resize(700, 560)
    bar = page.grid.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    page.filters.set_filter(Filter(state="used"))
    assert bar.value() == 0


def test_every_filter_shows_what_it_says(page):
    page.filters.set_filter(Filter(label="bees"))
    assert len(paths(page)) == 8 and all(path.startswith("bees/") for path in paths(page))
    assert page.balance.lines[page.balance.current].key == "bees"
    page.filters.set_filter(Filter(split="val"))
    assert len(paths(page)) == page.studio.pictures.counts["val"]
    page.filters.set_filter(Filter(state="left_out"))
    assert paths(page) == ["ants/notes.txt"]
    page.filters.set_filter(Filter(text="WASPS 3"))
    assert paths(page) == ["wasps/3.png"]
    assert "1 of 25 shown" in page.filters.shown_words.text()
    page.filters.clear_filters()
    assert len(paths(page)) == 25


def test_the_controls_set_the_filter(qtbot, page):
    page.filters.split.setCurrentIndex(page.filters.split.findData("test"))
    assert page.filters.filter == Filter(split="test")
    page.filters.state.setCurrentIndex(page.filters.state.findData("used"))
    assert page.filters.filter == Filter(split="test", state="used")
    page.filters.clear.click()
    assert not page.filters.filter and page.filters.split.currentData() == ""
    QTest.keyClicks(page.filters.search, "ants/5")
    assert not page.filters.filter.text, "it waits until nobody types"
    qtbot.waitUntil(lambda: paths(page) == ["ants/5.png"])


def test_nothing_matches_and_a_button_helps(qtbot, page):
    page.filters.set_filter(Filter(text="no such image"))
    assert page.middle.currentWidget() is page.no_match
    qtbot.mouseClick(page.no_match.button, Qt.MouseButton.LeftButton)
    assert page.middle.currentWidget() is page.grid
    assert len(paths(page)) == 25


def test_the_cross_of_the_search_box_goes_with_the_text(qtbot, page):
    def cross():
        return next(
            each
            for each in page.filters.search.findChildren(QToolButton)
            if each.x() > page.filters.search.width() / 2
        )

    page.show()
    qtbot.keyClicks(page.filters.search, "nothing")
    qtbot.waitUntil(
        lambda: page.filters.filter.text == "nothing" and cross().property("opacity") in (None, 1.0)
    )
    assert cross().isEnabled()
    page.filters.clear_filters()
    assert page.filters.search.text() == ""
    qtbot.waitUntil(lambda: not cross().isEnabled() or cross().property("opacity") == 0.0, timeout=2000)
    assert page.filters.filter == Filter()


def test_a_renamed_class_stays_marked(qtbot, page):
    page.filters.set_filter(Filter(label="ants"))
    page.picture_actions.rename("ants", "formica")
    qtbot.waitUntil(lambda: not page._balance_due.isActive())
    assert page.balance.lines[page.balance.current].key == "formica"


def test_sorting_by_name_class_and_split_both_ways(page):
    page.filters.order.setCurrentIndex(page.filters.order.findData("split"))
    splits = [page.rows.items[place].split for place in page.grid.shown]
    assert splits == sorted(splits, key=["train", "val", "test", ""].index)
    page.filters.direction.setChecked(True)
    assert [page.rows.items[place].split for place in page.grid.shown] == splits[::-1]
    page.filters.order.setCurrentIndex(page.filters.order.findData("name"))
    page.filters.direction.setChecked(False)
    assert paths(page) == sorted(paths(page))


def test_100_000_images_are_filtered_and_only_the_visible_ones_asked_for(qtbot, page, studio):
    items = [
        Picture(
            f"class {n % 50}/{n:06}.jpg", f"class {n % 50}", ("train", "val", "test")[n % 3], "", "", "", ""
        )
        for n in range(100_000)
    ]
    asked = []
    page.thumbnails.want = lambda wishes: asked.append(list(wishes))
    counts = {
        "found": 100_000,
        "used": 100_000,
        "left_out": 0,
        "train": 33_334,
        "val": 33_333,
        "test": 33_333,
    }
    studio.pictures = Pictures(
        studio.pictures.root, tuple(f"class {n}" for n in range(50)), items, "", counts
    )
    studio.pictures_changed.emit()
    page.filters.set_filter(Filter(label="class 7", split="val"))
    assert len(page.grid.shown) == sum(n % 50 == 7 and n % 3 == 1 for n in range(100_000))
    page.filters.set_filter(Filter(text="0999"))
    assert all("0999" in path for path in paths(page)) and paths(page)
    page.filters.clear_filters()
    qtbot.waitUntil(lambda: bool(asked))
    first, last = page.grid.visible()
    assert all(len(wishes) <= 3 * (last - first) for wishes in asked)
    page.grid.select_all()
    assert len(page.targets()) == 100_000


def test_states_of_the_page(qtbot, studio, rescans, tmp_path):
    made = DataPage(studio)
    qtbot.addWidget(made)
    made.show()
    assert made.states.currentWidget() is made.no_project
    with qtbot.waitSignal(studio.wanted) as wanted:
        made.no_project.button.click()
    assert wanted.args[0] == "start"
    (tmp_path / "empty").mkdir()
    photo(tmp_path / "empty" / "a" / "1.png", 1)
    studio.project = projects.create(tmp_path / "project", data=tmp_path / "empty", name="empty")
    studio.project_changed.emit()
    assert made.states.currentWidget() is made.scanning
    studio.scan_progress.emit("scan", 1200, 5000)
    assert "5" in made.scanning.text.text() and "200" in made.scanning.text.text()
    studio.pictures = Pictures(tmp_path / "empty", (), [], "", {})
    studio.pictures_changed.emit()
    assert made.states.currentWidget() is made.nothing
    studio.pictures, studio.trouble = None, "There is no data at that place."
    studio.pictures_changed.emit()
    assert made.states.currentWidget() is made.trouble
    assert made.trouble.text.text() == "There is no data at that place."
    made.trouble.button.click()
    assert rescans
    assert made.states.currentWidget() is made.main
    made.let_go()


def test_the_list_of_reasons_filters(page):
    lines = page.balance.lines
    place = next(n for n, line in enumerate(lines) if line.kind == "reason")
    assert "not an image file" in lines[place].key
    QTest.mouseClick(
        page.balance.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        page.balance.box(place).center(),
    )
    assert paths(page) == ["ants/notes.txt"]
    assert page.filters.state.currentData() == "left_out"


def test_a_click_on_a_bar_filters_and_keys_move_on(page):
    place = next(n for n, line in enumerate(page.balance.lines) if line.key == "bees")
    QTest.mouseClick(
        page.balance.viewport(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        page.balance.box(place).center(),
    )
    assert page.filters.filter.label == "bees"
    QTest.keyClick(page.balance, Qt.Key.Key_Down)
    assert page.filters.filter.label == "wasps"
    QTest.keyClick(page.balance, Qt.Key.Key_Home)
    assert not page.filters.filter.label


def test_bars_say_the_numbers_of_each_split(page):
    line = next(line for line in page.balance.lines if line.key == "ants")
    assert line.number == 8
    assert page.rows.balance()["ants"] == line.parts
    assert f"train {line.parts['train']}" in page.balance.split_words(line)
    assert not page.balance.grab().isNull()


def test_the_page_can_be_told_what_to_show(page):
    page.select("class:wasps")
    assert page.filters.filter.label == "wasps"
    page.select("left_out")
    assert page.filters.filter.state == "left_out"
    page.select("ants/2.png")
    assert page.preview.picture.path == "ants/2.png"


def test_kinds_of_reasons_leave_out_the_other_file():
    assert reason_kind("the same content as a/b.jpg, which is held out for test") == "the same content as"
    assert reason_kind("empty file") == "empty file"


# ------------------------------------------------------------------------------------------------- changes


def test_a_digit_gives_the_class_that_stands_beside_it(page, studio):
    pick(page, "ants/0.png", "ants/1.png")
    QTest.keyClick(page.grid, Qt.Key.Key_2)
    assert label_of(page, "ants/0.png") == "bees"
    assert Edits.read(studio.project.folder).labels == {"ants/0.png": "bees", "ants/1.png": "bees"}
    page.undo_action.trigger()
    assert label_of(page, "ants/0.png") == "ants"
    page.redo_action.trigger()
    assert label_of(page, "ants/0.png") == "bees"


def test_undo_redo_and_find_by_their_keys(page):
    pick(page, "ants/0.png")
    QTest.keyClick(page.grid, Qt.Key.Key_3)
    QTest.keySequence(page.grid, QKeySequence(QKeySequence.StandardKey.Undo))
    assert label_of(page, "ants/0.png") == "ants"
    QTest.keySequence(page.grid, QKeySequence(QKeySequence.StandardKey.Redo))
    assert label_of(page, "ants/0.png") == "wasps"
    QTest.keySequence(page.grid, QKeySequence(QKeySequence.StandardKey.Find))
    assert page.filters.search.hasFocus()


def test_undo_by_its_key_in_the_window(qtbot, studio, rescans, root, tmp_path):
    from xferstudio.gui.frame.window import Window

    window = Window(studio)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    studio.project = projects.create(tmp_path / "project", data=root, name="insects")
    studio.project_changed.emit()
    window.go("data")
    studio.rescan()
    made = window.page("data")
    pick(made, "ants/0.png")
    made.picture_actions.assign("bees")
    made.grid.setFocus()
    QTest.keySequence(made.grid, QKeySequence(QKeySequence.StandardKey.Undo))
    assert label_of(made, "ants/0.png") == "ants"
    made.let_go()


def test_the_engine_looks_again_once_after_changes_and_the_counts_agree(qtbot, page, studio, rescans):
    pick(page, "ants/0.png", "ants/1.png")
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    pick(page, "bees/1.png")
    QTest.keyClick(page.grid, Qt.Key.Key_1)
    local = page.rows.counts()
    assert local["left_out"] == 3
    assert not rescans
    qtbot.waitUntil(lambda: bool(rescans), timeout=LONG)
    assert len(rescans) == 1
    assert page.rows.counts() == studio.pictures.counts
    assert studio.pictures.counts["used"] == local["used"] == 22
    assert label_of(page, "bees/1.png") == "ants"
    assert "22" in page.counts.text()


def test_a_look_from_before_the_last_change_is_not_shown(page, studio):
    before = look(studio.project)
    pick(page, "ants/0.png")
    page.picture_actions.assign("bees")
    studio.pictures = before
    studio.pictures_changed.emit()
    assert label_of(page, "ants/0.png") == "bees"


def test_delete_excludes_and_takes_back(page, studio):
    pick(page, "ants/0.png")
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    assert page.rows.items[page.rows.places["ants/0.png"]].left_out == "excluded by you"
    QTest.keyClick(page.grid, Qt.Key.Key_Delete)
    assert page.rows.items[page.rows.places["ants/0.png"]].left_out == ""
    assert (studio.pictures.root / "ants" / "0.png").is_file()


def dropped(widget, point: QPoint, data: QMimeData) -> QDropEvent:
    return QDropEvent(
        QPointF(point),
        Qt.DropAction.MoveAction | Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )


def test_images_dropped_on_a_class_get_it(page):
    pick(page, "ants/0.png", "wasps/2.png")
    data = QMimeData()
    data.setData(MIME, b"")
    place = next(n for n, line in enumerate(page.balance.lines) if line.key == "bees")
    page.balance._target = place
    page.balance.dropEvent(dropped(page.balance, page.balance.box(place).center(), data))
    assert label_of(page, "ants/0.png") == label_of(page, "wasps/2.png") == "bees"


def test_images_dropped_on_new_class_are_asked_for_its_name(qtbot, page):
    pick(page, "ants/0.png")
    data = QMimeData()
    data.setData(MIME, b"")
    place = next(n for n, line in enumerate(page.balance.lines) if line.kind == "new")
    page.balance._target = place
    page.balance.dropEvent(dropped(page.balance, page.balance.box(place).center(), data))
    qtbot.waitUntil(lambda: page.findChild(ClassDialog) is not None)
    dialog = page.findChild(ClassDialog)
    dialog.box.setEditText("../outside")
    assert not dialog.done_button.isEnabled()
    dialog.box.setEditText("flies")
    dialog.done_button.click()
    assert label_of(page, "ants/0.png") == "flies"
    qtbot.waitUntil(lambda: "flies" in page.balance.classes)


def test_renaming_and_merging(qtbot, page):
    page.filters.set_filter(Filter(label="ants"))
    page.picture_actions.ask_for_name("ants")
    dialog = page.findChild(ClassDialog)
    assert not dialog.done_button.isEnabled(), "the same name is no new name"
    dialog.box.setEditText("bees")
    assert "become one" in dialog.about.text()
    dialog.box.setEditText("formica")
    dialog.done_button.click()
    assert label_of(page, "ants/3.png") == "formica"
    assert page.filters.filter.label == "formica" and len(paths(page)) == 8
    menu = page.picture_actions.class_menu("formica")
    assert choose(menu, "bees")
    assert page.rows.balance()["bees"] and sum(page.rows.balance()["bees"].values()) == 16
    assert page.filters.filter.label == "bees"
    page.undo_stack.undo()
    page.undo_stack.undo()
    assert label_of(page, "ants/3.png") == "ants"
    assert len(paths(page)) == 8
    page.filters.set_filter(Filter(label="ants"))
    page.undo_stack.redo()
    assert not page.filters.filter.label, "a class that is called otherwise now is no filter any more"


def choose(menu: QMenu, text: str) -> bool:
    """Trigger the entry of this text in a menu or one below it; False if there is none."""
    for each in (menu, *menu.findChildren(QMenu)):
        for action in each.actions():
            if action.text().partition("\t")[0] == text and action.isEnabled():
                action.trigger()
                return True
    return False


def test_the_context_menu_moves_splits_excludes_and_takes_back(page):
    pick(page, "ants/0.png", "ants/1.png")
    assert choose(page.picture_actions.picture_menu(), "test")
    assert {page.rows.items[page.rows.places[f"ants/{n}.png"]].split for n in (0, 1)} == {"test"}
    assert choose(page.picture_actions.picture_menu(), "wasps")
    assert label_of(page, "ants/1.png") == "wasps"
    assert choose(page.picture_actions.picture_menu(), "Exclude")
    assert not choose(page.picture_actions.picture_menu(), "Exclude")
    assert choose(page.picture_actions.picture_menu(), "Use again")
    assert choose(page.picture_actions.picture_menu(), "Take back all changes")
    assert not page.editor.edits


def test_a_change_that_cannot_be_written_is_said_once_and_undone(qtbot, page, studio, monkeypatch):
    def refuse(self, folder):
        raise UserError("Cannot write edits.json: permission is denied.")

    monkeypatch.setattr(Edits, "write", refuse)
    pick(page, "ants/0.png")
    with qtbot.waitSignal(studio.message) as told:
        page.picture_actions.assign("bees")
    assert "permission is denied" in told.args[0]
    assert label_of(page, "ants/0.png") == "ants"
    assert not page.undo_stack.canUndo()


def test_the_originals_are_never_touched(page, studio, root):
    before = {file: file.read_bytes() for file in root.rglob("*") if file.is_file()}
    page.grid.select_all()
    page.picture_actions.assign("bees")
    page.editor.rename("bees", "insects")
    page.picture_actions.toggle_excluded()
    page.editor.move(page.rows.items, "val")
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before


# ------------------------------------------------------------------------------------------- predictions


def a_run(studio) -> RunFolder:
    folder = RunFolder(studio.project.runs_folder / "20260101-120000-first")
    folder.path.mkdir(parents=True)
    held = [picture for picture in studio.pictures.items if picture.split in ("val", "test")]
    sure = np.linspace(0.5, 0.99, len(held))
    folder.write_predictions(
        Predictions(
            [picture.path for picture in held],
            [picture.hash for picture in held],
            ["" for _ in held],
            [picture.split for picture in held],
            [picture.label for picture in held],
            ["wasps" if picture.label == "ants" else picture.label for picture in held],
            np.stack([sure, (1 - sure) / 2, (1 - sure) / 2], axis=1),
            ("ants", "bees", "wasps"),
        )
    )
    studio.runs = [folder]
    studio._states = {folder.path: "finished"}
    studio.runs_changed.emit()
    return folder


def test_what_a_run_predicts_wrongly_is_found_and_sorted_by_confidence(qtbot, page, studio):
    folder = a_run(studio)
    page.filters.run.setCurrentIndex(page.filters.run.findData(folder.path.name))
    qtbot.waitUntil(lambda: page.rows.guesses is not None, timeout=LONG)
    page.filters.wrong.setChecked(True)
    wrong = paths(page)
    assert wrong and all(path.startswith("ants/") for path in wrong)
    page.filters.order.setCurrentIndex(page.filters.order.findData("confidence"))
    sure = [page.rows.guesses.of[path][2] for path in paths(page)]
    assert sure == sorted(sure)
    assert "predicted wasps" in page.grid.describe(page.grid.shown[0])
    assert not page.grid.grab().isNull()
    pick(page, wrong[0])
    page.picture_actions.assign("wasps")
    assert wrong[0] not in paths(page), "the label was wrong, not the run"
    page.filters.run.setCurrentIndex(0)
    assert not page.filters.filter.wrong and page.rows.guesses is None
    assert page.filters.order.findData("confidence") < 0


def test_predictions_that_cannot_be_read_are_said(qtbot, page, studio):
    folder = a_run(studio)
    folder.predictions.unlink()
    with qtbot.waitSignal(studio.message, timeout=LONG) as told:
        page.filters.run.setCurrentIndex(page.filters.run.findData(folder.path.name))
    assert "no predictions" in told.args[0]
    assert page.filters.run.currentData() == ""


def test_the_page_opens_on_what_a_run_got_wrong(qtbot, page, studio):
    folder = a_run(studio)
    page.select(folder.path.name)
    qtbot.waitUntil(lambda: page.rows.guesses is not None, timeout=LONG)
    assert page.filters.filter.wrong
    assert paths(page) and all(path.startswith("ants/") for path in paths(page))


def test_a_class_renamed_since_the_run_is_not_wrong():
    rows = Rows()
    rows.guess(Guesses("run", {"a.jpg": ("ants", "ants", 0.9)}))
    assert not rows.guesses.is_wrong(Picture("a.jpg", "formica", "val", "", "", ""))


# ------------------------------------------------------------------------------------------------ large view


def test_the_size_of_the_tiles_is_kept_the_smallest_too(page, studio):
    slider = page.filters.slider
    for step in (slider.maximum(), slider.minimum()):
        slider.setValue(step)
        kept = page.grid.side
        slider.setValue(2)
        studio.settings.setValue("data/side", kept)
        page.shown()
        assert (slider.value(), page.grid.side) == (step, kept)
        another = DataPage(studio)
        another.shown()
        assert (another.filters.slider.value(), another.grid.side) == (step, kept)
        another.let_go()
        another.deleteLater()


@pytest.fixture
def backbone(studio):
    studio.catalogue = studios.Catalogue(
        backbones=[{"id": "tiny", "label": "Tiny", "local": True, "preprocessing": HOW.to_dict()}]
    )
    studio.catalogue_changed.emit()


def pixels(image: QImage) -> np.ndarray:
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : plain.width() * 3].reshape(plain.height(), plain.width(), 3).copy()


def test_the_large_view_shows_exactly_what_training_sees(qtbot, page, studio, backbone):
    page.open_picture(page.rows.places["ants/4.png"])
    qtbot.waitUntil(lambda: len(page.preview.sheet.images) == 12, timeout=LONG)
    file = studio.pictures.root / "ants" / "4.png"
    side = needed_side(HOW)
    assert np.array_equal(pixels(page.preview.photo.image), np.asarray(decode(file)))
    assert np.array_equal(pixels(page.preview.seen.image), prepare(decode(file, side), HOW))
    picture = page.preview.picture
    given = Look(1, str(file), picture.hash, HOW, "standard", 0)
    expected = augmented(decode(file, 2 * side), HOW, "standard", view_seed(given, 1))
    assert np.array_equal(pixels(page.preview.sheet.images[0]), expected)
    for view in range(3):
        page.preview.show_view(view)
        assert not page.preview.grab().isNull()


def test_the_sheet_follows_the_kind_of_augmentation(qtbot, page, backbone):
    page.open_picture(page.rows.places["ants/4.png"])
    qtbot.waitUntil(lambda: len(page.preview.sheet.images) == 12, timeout=LONG)
    page.preview.augment.setCurrentIndex(page.preview.augment.findData("none"))
    seen = page.preview.seen
    qtbot.waitUntil(
        lambda: all(np.array_equal(pixels(i), pixels(seen.image)) for i in page.preview.sheet.images),
        timeout=LONG,
    )


def test_facts_of_a_turned_photo(qtbot, page, studio, root, rescans):
    exif = Image.Exif()
    exif[0x0112] = 8
    photo(root / "ants" / "turned.jpg", 7, (64, 32), exif=exif)
    studio.rescan()
    page.open_picture(page.rows.places["ants/turned.jpg"])
    facts = page.preview.facts
    qtbot.waitUntil(lambda: "32 × 64" in facts["size"].text(), timeout=LONG)
    assert "EXIF" in facts["turned"].text()
    assert "JPEG" in facts["bytes"].text()
    assert facts["label"].text() == "ants"
    assert "turned.jpg" in facts["path"].text().replace("\u200b", "")
    assert page.preview.picture.hash.startswith(facts["hash"].text())


def test_a_file_that_cannot_be_decoded_says_why(qtbot, page, studio, root):
    (root / "ants" / "broken.png").write_bytes(b"\x89PNG but no more")
    studio.rescan()
    page.open_picture(page.rows.places["ants/broken.png"])
    qtbot.waitUntil(lambda: "cannot be decoded" in page.preview.photo.words, timeout=LONG)
    assert page.preview.photo.image.isNull()


def test_arrow_keys_go_on_and_back_and_escape_closes(qtbot, page):
    page.open_picture(page.grid.shown[0])
    assert page.views.currentWidget() is page.preview
    QTest.keyClick(page.preview, Qt.Key.Key_Right)
    QTest.keyClick(page.preview, Qt.Key.Key_Right)
    assert page.preview.picture.path == paths(page)[2]
    assert "3" in page.preview.place.text()
    QTest.keyClick(page.preview, Qt.Key.Key_Left)
    assert page.preview.picture.path == paths(page)[1]
    QTest.keyClick(page.preview, Qt.Key.Key_Escape)
    assert page.views.currentWidget() is page.shelf
    assert page.grid.current == 1


def test_classes_are_given_in_the_large_view_and_the_next_one_follows(qtbot, page):
    page.filters.set_filter(Filter(label="ants", state="used"))
    page.open_picture(page.grid.shown[0])
    second = paths(page)[1]
    QTest.keyClick(page.preview, Qt.Key.Key_3)
    assert label_of(page, "ants/0.png") == "wasps"
    assert page.preview.facts["label"].text() == "wasps"
    QTest.keyClick(page.preview, Qt.Key.Key_Right)
    assert page.preview.picture.path == second


def test_zoom_and_fit(qtbot, page, backbone):
    page.open_picture(page.grid.shown[0])
    qtbot.waitUntil(lambda: not page.preview.photo.image.isNull(), timeout=LONG)
    view = page.preview.photo
    fit = view.scale()
    QTest.keyClicks(page.preview, "+")
    assert view.scale() > fit
    QTest.keyClicks(page.preview, "=")
    assert view.scale() == 1.0
    QTest.keyClicks(page.preview, "0")
    assert view.scale() == fit


def test_only_the_last_of_many_looks_is_decoded_to_its_end(qtbot, root):
    decoder = Decoder()
    shown = []
    decoder.photo.connect(lambda number, image, facts: shown.append(number))
    for number in range(40):
        decoder.look(Look(number, str(root / "ants" / f"{number % 8}.png"), "", None, "none", 0))
    qtbot.waitUntil(lambda: 39 in shown, timeout=LONG)
    thread = decoder._thread
    decoder.let_go()
    assert shown == sorted(shown)
    qtbot.waitUntil(lambda: not isValid(thread), timeout=LONG)


# -------------------------------------------------------------------------------------------------- adding


def test_a_folder_with_class_folders_keeps_its_classes(tmp_path):
    for name in ("ants", "flies"):
        photo(tmp_path / "new" / name / "deep" / "1.png", 1)
    photo(tmp_path / "new" / "loose.png", 2)
    (tmp_path / "new" / "ants" / "read.me").write_text("x")
    found = look_through([tmp_path / "new"])
    assert found.classes == {"ants": 1, "flies": 1}
    assert [file.name for file in found.unplaced] == ["loose.png"]
    reasons = {Path(path).name: reason for path, reason in found.left_out}
    assert "not an image file" in reasons["read.me"]


def test_images_beside_class_folders_are_added_where_one_class_is_named_for_all(qtbot, tmp_path):
    photo(tmp_path / "new" / "ants" / "1.png", 1)
    photo(tmp_path / "new" / "loose.png", 2)
    dialog = AddDialog(look_through([tmp_path / "new"]), ["ants"])
    qtbot.addWidget(dialog)
    assert dialog.count.text() == "Images to add: 1"
    assert dialog.not_added.text() == "Not added: not in a class folder (1)"
    assert [(name, file.name) for name, file in dialog.files()] == [("ants", "1.png")]
    dialog.one.click()
    dialog.name.setEditText("flies")
    assert dialog.count.text() == "Images to add: 2"
    assert not dialog.not_added.isVisibleTo(dialog)
    assert [(name, file.name) for name, file in dialog.files()] == [
        ("flies", "1.png"),
        ("flies", "loose.png"),
    ]


def test_folders_that_are_splits_are_no_classes(tmp_path):
    for split in ("train", "val"):
        photo(tmp_path / "new" / split / "ants" / "1.png", 1)
    assert look_through([tmp_path / "new"]).classes == {"ants": 2}


def test_one_flat_folder_suggests_its_name_and_several_are_classes(tmp_path):
    for name in ("ants", "flies"):
        photo(tmp_path / name / "1.png", 1)
    one = look_through([tmp_path / "ants"])
    assert (one.loose, one.suggested) == (1, "ants")
    assert look_through([tmp_path / "ants", tmp_path / "flies"]).classes == {"ants": 1, "flies": 1}


def test_copies_overwrite_nothing_and_skip_what_is_there(tmp_path):
    mine = photo(tmp_path / "data" / "ants" / "a.png", 1)
    same = tmp_path / "drop" / "same.png"
    same.parent.mkdir()
    same.write_bytes(mine.read_bytes())
    other = photo(tmp_path / "drop" / "a.png", 2)
    places = Places(tmp_path / "data", "classes")
    from xferstudio.data import scan

    known = {item.hash for item in scan(tmp_path / "data").items}
    before = mine.read_bytes()
    report = copy_in([("ants", same), ("ants", other), ("ants", other)], places, known)
    assert (report.copied, len(report.same)) == (1, 2)
    assert mine.read_bytes() == before
    assert (tmp_path / "data" / "ants" / "a 2.png").read_bytes() == other.read_bytes()


def test_a_file_that_cannot_be_read_does_not_end_the_copying(tmp_path):
    good = photo(tmp_path / "good.png", 1)
    report = copy_in(
        [("ants", tmp_path / "gone.png"), ("ants", good)], Places(tmp_path / "data", "classes"), set()
    )
    assert report.copied == 1 and len(report.failed) == 1


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "data").write_text("a file")
    report = copy_in([("ants", photo(tmp_path / "good.png", 1))], Places(tmp_path / "data", "classes"), set())
    assert report.copied == 0 and "Cannot write" in report.error


def test_stopping_keeps_what_was_copied(tmp_path):
    files = [("ants", photo(tmp_path / f"{n}.png", n)) for n in range(5)]
    steps = iter([False, False, True])
    report = copy_in(files, Places(tmp_path / "data", "classes"), set(), stop=lambda: next(steps))
    assert report.stopped and report.copied == 2


def test_places_follow_the_layout_of_the_data(tmp_path):
    def pictures(*names):
        items = [Picture(name, "ants", "train", "", "", "") for name in names]
        return Pictures(tmp_path, ("ants",), items, "", {})

    plain = Places.of(pictures("ants/1.jpg", "train/1.jpg"), {})
    assert plain.folder("ants") == tmp_path / "ants"
    split = Places.of(pictures("train/ants/1.jpg", "val/ants/1.jpg"), {})
    assert split.folder("bees") == tmp_path / "train" / "bees"
    renamed = Places.of(pictures("ants/1.jpg"), {"ants": "formica"})
    assert renamed.folder("formica") == tmp_path / "ants" and renamed.says("formica")
    assert not renamed.says("ants"), "the folder gives another class now, so the label must be an edit"
    flat = Places.of(pictures("1.jpg", "2.jpg"), {})
    assert flat.folder("ants") == tmp_path and not flat.says("ants")


@pytest.mark.parametrize("name", ["", " ", ".hidden", "a/b", "a\\b", "train", "x" * 101, "a:b", "tab\t"])
def test_names_that_no_folder_can_have_are_refused(qapp, name):
    assert class_fault(name)


@pytest.mark.parametrize("name", ["ants", "Ameisen und Bienen", "蚂蚁", "a & b"])
def test_other_names_are_fine(qapp, name):
    assert not class_fault(name)


def test_dropped_files_are_copied_and_looked_through(qtbot, page, studio, rescans, root, tmp_path):
    photo(tmp_path / "drop" / "flies" / "1.png", 501)
    photo(tmp_path / "drop" / "ants" / "0.png", 502)
    (tmp_path / "drop" / "ants" / "same.png").write_bytes((root / "ants" / "0.png").read_bytes())
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "drop"))])
    event = dropped(page, QPoint(600, 300), data)
    page.dropEvent(event)
    qtbot.waitUntil(lambda: page.findChild(AddDialog) is not None, timeout=LONG)
    dialog = page.findChild(AddDialog)
    assert dialog.keep.isChecked()
    dialog.add.click()
    qtbot.waitUntil(lambda: bool(rescans), timeout=LONG)
    assert (root / "flies" / "1.png").is_file() and (root / "ants" / "0 2.png").is_file()
    assert label_of(page, "flies/1.png") == "flies"
    assert "2" in page.adding.words.text() and "already" in page.adding.words.text()
    with qtbot.waitSignal(studio.message) as told:
        page.adding.details.click()
    assert "same.png" in told.args[1]


def test_files_dropped_on_a_class_are_proposed_that_class(qtbot, page, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(photo(tmp_path / "drop" / "x.png", 700)))])
    place = next(n for n, line in enumerate(page.balance.lines) if line.key == "wasps")
    point = page.balance.viewport().mapTo(page, page.balance.box(place).center())
    page.dropEvent(dropped(page, point, data))
    qtbot.waitUntil(lambda: page.findChild(AddDialog) is not None, timeout=LONG)
    dialog = page.findChild(AddDialog)
    assert dialog.name.currentText() == "wasps"
    dialog.name.setEditText("test")
    assert not dialog.add.isEnabled()
    dialog.reject()


def test_a_project_on_a_table_says_why_nothing_is_added(qtbot, studio, rescans, root, tmp_path):
    table = root / "images.csv"
    table.write_text("path,label\nants/0.png,ants\nbees/0.png,bees\n")
    studio.project = projects.create(tmp_path / "tabled", data=table, name="table")
    studio.pictures = look(studio.project)
    made = DataPage(studio)
    qtbot.addWidget(made)
    with qtbot.waitSignal(studio.message) as told:
        made.adding.add_files([photo(tmp_path / "new.png", 9)])
    assert "table" in told.args[0] and "images.csv" in told.args[0]
    made.let_go()


def test_what_holds_no_image_is_said(qtbot, page, studio, tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with qtbot.waitSignal(studio.message, timeout=LONG) as told:
        page.adding.add_files([tmp_path / "letter.txt"])
    assert "no images" in told.args[0] and "letter.txt" in told.args[1]


def test_files_of_the_project_itself_are_not_added_again(qtbot, page, studio, root):
    with qtbot.waitSignal(studio.message) as told:
        page.adding.add_files([root / "ants"])
    assert "already" in told.args[0]


def test_enter_adds_the_images_also_after_the_class_was_missing(qtbot):
    dialog = AddDialog(Found((("wasps", Path("wasps/a.png")),), ()), ["ants"])
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    edit = dialog.name.lineEdit()
    dialog.add.setFocus()
    dialog.one.click()
    assert not dialog.add.isEnabled()
    qtbot.keyClicks(edit, "flies")
    with qtbot.waitSignal(dialog.accepted):
        qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert dialog.files() == [("flies", Path("wasps/a.png"))]


def test_the_dialog_grows_with_what_is_wrong_in_it(qtbot):
    dialog = AddDialog(Found((("wasps", Path("wasps/a.png")),), ()), ["ants"])
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitExposed(dialog)
    dialog.one.click()
    dialog.name.setEditText("a/b")
    assert "folder" in dialog.fault.text()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    for each in dialog.findChildren(QLabel):
        assert each.isHidden() or each.height() >= each.heightForWidth(each.width()), each.text()


def test_the_dialog_counts_what_is_left_out(qtbot):
    found = Found(((None, Path("a.png")),), (("b.txt", "not an image file (.txt)"),), "flies")
    dialog = AddDialog(found, ["ants"])
    qtbot.addWidget(dialog)
    assert dialog.name.currentText() == "flies"
    assert dialog.files() == [("flies", Path("a.png"))]


def test_leaving_the_page_stops_the_copying(qtbot, page, tmp_path):
    files = [("ants", photo(tmp_path / "drop" / f"{n}.png", 900 + n)) for n in range(200)]
    page.adding._copier = Copier(files, Places(tmp_path / "copies", "classes"), set())
    page.adding._begin(page.adding._copier)
    qtbot.waitUntil(page.let_go, timeout=LONG)
    assert len(list((tmp_path / "copies").rglob("*.png"))) < 200


def test_images_without_a_class_are_a_line_of_their_own(page, studio):
    items = [Picture("a.png", None, "train", "", "", ""), Picture("b.png", "ants", "val", "", "", "")]
    studio.pictures = Pictures(studio.pictures.root, ("ants",), items, "", {})
    studio.pictures_changed.emit()
    assert UNLABELLED in [line.key for line in page.balance.lines]
    page.balance.chosen.emit("class", UNLABELLED)
    assert paths(page) == ["a.png"]


def test_the_page_shows_what_the_real_command_finds(qtbot, request, studio, root, tmp_path):
    made = DataPage(studio)
    request.addfinalizer(made.let_go)
    qtbot.addWidget(made)
    made.show()
    made.shown()
    studio.open(projects.create(tmp_path / "project", data=root, name="insects").folder)
    assert made.states.currentWidget() is made.scanning
    qtbot.waitUntil(lambda: made.states.currentWidget() is made.main, timeout=60_000)
    first = studio.pictures
    assert made.rows.counts() == first.counts
    assert first.counts["found"] == 25
    wish = made.grid.wish(made.grid.shown[0])
    qtbot.waitUntil(lambda: made.thumbnails.of(wish) is not None, timeout=LONG)
    pick(made, "ants/0.png")
    made.picture_actions.assign("bees")
    qtbot.waitUntil(lambda: studio.pictures is not first, timeout=60_000)
    known = {picture.path: picture.label for picture in studio.pictures.items}
    assert known["ants/0.png"] == "bees"
    assert made.rows.counts() == studio.pictures.counts


def test_the_hint_is_there_while_files_are_over_the_page(page, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDragEnterEvent(
        QPoint(300, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.dragEnterEvent(event)
    assert event.isAccepted() and page.drop_hint.isVisible()
    page.grab()
    page.dragLeaveEvent(QDragLeaveEvent())
    assert not page.drop_hint.isVisible()
