"""Thumbnails: what is decoded, what is kept, and what a broken file looks like."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from xferstudio.data import cache_folder, decode
from xferstudio.gui.data.grid import SIDES, Grid
from xferstudio.gui.data.rows import Rows
from xferstudio.gui.look.thumbnails import DiskShelf, Thumbnails, Wish, as_qimage
from xferstudio.gui.project.studio import Picture, Pictures


def photo(path: Path, size=(400, 300), colour=(200, 40, 40), **more) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **more)
    return path


@pytest.fixture
def thumbnails(qapp):
    made = Thumbnails(memory=4 << 20, threads=2)
    yield made
    made.let_go()


@pytest.fixture
def grid(qtbot, thumbnails):
    made = Grid(thumbnails)
    qtbot.addWidget(made)
    made.resize(900, 600)
    yield made
    made.asleep = True
    thumbnails.let_go()


def many(root: Path, count: int) -> Rows:
    items = [Picture(f"{n % 7}/{n:06}.jpg", f"class {n % 7}", "train", "", "", "", "") for n in range(count)]
    return Rows(Pictures(root, tuple(f"class {n}" for n in range(7)), items, "", {}))


def test_only_what_is_visible_is_asked_for_among_100_000_images(qtbot, grid, thumbnails, tmp_path):
    rows = many(tmp_path, 100_000)
    asked = []
    thumbnails.want = lambda wishes: asked.append(list(wishes))
    grid.show_rows(rows, list(range(len(rows))))
    grid.show()
    qtbot.waitUntil(lambda: bool(asked))
    first, last = grid.visible()
    assert 0 < last - first < 60
    assert len(asked[-1]) <= 3 * (last - first)
    assert [wish.file for wish in asked[-1][: last - first]] == [
        str(rows.file(place)) for place in range(first, last)
    ]
    asked.clear()
    grid.verticalScrollBar().setValue(grid.verticalScrollBar().maximum() // 2)
    qtbot.waitUntil(lambda: bool(asked))
    first, last = grid.visible()
    assert first > 40_000
    assert asked[-1][0].file == str(rows.file(first))


def test_scrolling_through_100_000_images_decodes_only_what_is_looked_at(qtbot, grid, thumbnails, tmp_path):
    rows = many(tmp_path, 100_000)
    grid.show_rows(rows, list(range(len(rows))))
    grid.show()
    bar = grid.verticalScrollBar()
    for step in range(60):
        bar.setValue(bar.maximum() * step // 60)
        qtbot.wait(1)
    first, last = grid.visible()
    wish = grid.wish(grid.shown[first])
    qtbot.waitUntil(lambda: thumbnails.reason(wish) != "")  # the files are not there: each is a broken tile
    assert thumbnails.decoded < 61 * 3 * (last - first)


def test_what_is_wanted_replaces_what_was_wanted_before(thumbnails):
    thumbnails._workers = [None]  # no thread takes anything
    one, two, three = (Wish(f"{name}.jpg", "", 64) for name in "abc")
    thumbnails.want([one, two])
    thumbnails.want([three, two])
    assert list(thumbnails._desk.wanted) == [three, two]
    thumbnails.want([two, one])
    assert list(thumbnails._desk.wanted) == [one, two], "the newest wish comes first"
    thumbnails._workers = []


def test_memory_stays_under_its_limit(qtbot, thumbnails, tmp_path):
    wishes = [Wish(str(photo(tmp_path / f"{n}.png", (512, 512))), "", 512) for n in range(8)]
    for wish in wishes:
        thumbnails.want([wish])
        qtbot.waitUntil(lambda wish=wish: thumbnails.of(wish) is not None, timeout=20_000)
        assert thumbnails.bytes <= 4 << 20
    assert thumbnails.of(wishes[-1]) is not None
    assert thumbnails.of(wishes[0]) is None
    assert thumbnails.bytes == sum(image.sizeInBytes() for image in thumbnails._shelf.values())


def test_a_thumbnail_is_upright_and_has_the_colours_of_the_decoder(qtbot, thumbnails, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    file = photo(tmp_path / "turned.jpg", (64, 32), (10, 200, 90), exif=exif)
    wish = Wish(str(file), "", 128)
    thumbnails.want([wish])
    qtbot.waitUntil(lambda: thumbnails.of(wish) is not None, timeout=20_000)
    image = thumbnails.of(wish)
    assert (image.width(), image.height()) == (32, 64)
    assert image == as_qimage(decode(file)), "a small picture is shown as it is"


def test_a_broken_file_gives_its_reason(qtbot, thumbnails, tmp_path):
    file = tmp_path / "broken.jpg"
    whole = photo(tmp_path / "whole.jpg").read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    wish = Wish(str(file), "", 128)
    with qtbot.waitSignal(thumbnails.ready, timeout=20_000) as told:
        thumbnails.want([wish])
    assert told.args[0] == [wish]
    assert thumbnails.of(wish) is None
    assert "cut short" in thumbnails.reason(wish)
    thumbnails.forget()
    assert thumbnails.reason(wish) == "", "it is tried again after the images were looked through"


def test_large_pictures_are_kept_on_disk_by_content(tmp_path):
    from xferstudio.data import scan

    file = photo(tmp_path / "a" / "large.jpg", (1600, 1200))
    content = scan(tmp_path).items[0].hash
    shelf = DiskShelf()
    first = shelf.thumbnail(Wish(str(file), content, 160))
    assert max(first.width(), first.height()) == 160
    kept = list((cache_folder() / "thumbnails").rglob("*.jpg"))
    assert [file.name for file in kept] == [f"{content}-256.jpg"]
    file.unlink()
    again = shelf.thumbnail(Wish(str(file), content, 160))
    assert (again.width(), again.height()) == (first.width(), first.height())


def test_a_file_that_has_changed_is_not_kept_under_its_old_content(tmp_path):
    file = photo(tmp_path / "large.jpg", (1600, 1200))
    DiskShelf().thumbnail(Wish(str(file), "0" * 32, 160))
    assert not list((cache_folder() / "thumbnails").rglob("0000*"))


def test_small_pictures_are_not_kept_on_disk(tmp_path):
    file = photo(tmp_path / "small.png", (28, 28))
    image = DiskShelf().thumbnail(Wish(str(file), "1" * 32, 160))
    assert (image.width(), image.height()) == (28, 28)
    assert not (cache_folder() / "thumbnails").exists()


def test_the_disk_shelf_is_cleaned_of_what_was_not_used_for_longest(tmp_path):
    shelf = DiskShelf(limit=20_000)
    noise = random.Random(0)
    for number in range(6):
        data = noise.randbytes(512 * 512 * 3)
        file = tmp_path / f"{number}.png"
        Image.frombytes("RGB", (512, 512), data).save(file)
        shelf.thumbnail(Wish(str(file), "2" * 32, 128))
    shelf.clean()
    kept = list(shelf.folder.rglob("*.jpg"))
    assert sum(file.stat().st_size for file in kept) <= 20_000


def test_a_cache_that_cannot_be_written_changes_nothing(tmp_path, monkeypatch):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(blocked))
    file = photo(tmp_path / "large.jpg", (1600, 1200))
    assert DiskShelf().thumbnail(Wish(str(file), "3" * 32, 160)).width() == 160


def test_threads_end_and_begin_again(qtbot, thumbnails, tmp_path):
    wish = Wish(str(photo(tmp_path / "a.png")), "", 64)
    thumbnails.want([wish])
    thumbnails.let_go()
    thumbnails.want([wish])
    qtbot.waitUntil(lambda: thumbnails.of(wish) is not None, timeout=20_000)


# ------------------------------------------------------------------------------------------------- the grid


def test_keys_move_the_focus_and_the_selection(qtbot, grid, tmp_path):
    rows = many(tmp_path, 100)
    grid.show_rows(rows, list(range(len(rows))))
    grid.thumbnails.want = lambda wishes: None
    grid.show()
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Home)
    assert grid.current == 0
    QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert grid.current == 1 + grid.columns
    assert grid.selected == {1 + grid.columns}
    QTest.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert len(grid.selected) == 2
    QTest.keyClick(grid, Qt.Key.Key_End)
    assert grid.current == 99
    assert grid.viewport().rect().contains(grid.tile(99))
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert grid.current == 99
    QTest.keyClick(grid, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert (grid.current, grid.selected) == (98, {99})
    QTest.keyClick(grid, Qt.Key.Key_Space)
    assert grid.selected == {98, 99}
    QTest.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(grid.selected) == 100
    QTest.keyClick(grid, Qt.Key.Key_Escape)
    assert not grid.selected
    with qtbot.waitSignal(grid.opened) as opened:
        QTest.keyClick(grid, Qt.Key.Key_Return)
    assert opened.args == [98]


def test_the_mouse_selects_tiles_ranges_and_areas(qtbot, grid, tmp_path):
    rows = many(tmp_path, 100)
    grid.show_rows(rows, list(range(len(rows))))
    grid.thumbnails.want = lambda wishes: None
    grid.show()
    view = grid.viewport()

    def click(position, *modifiers):
        held = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            held |= modifier
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, held, grid.tile(position).center())

    click(2)
    assert grid.selected == {2}
    click(4, Qt.KeyboardModifier.ShiftModifier)
    assert grid.selected == {2, 3, 4}
    click(3, Qt.KeyboardModifier.ControlModifier)
    assert grid.selected == {2, 4}
    click(2)
    assert grid.selected == {2}, "a click on what is selected selects it alone, on release"
    corner = QPoint(1, 1)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, corner)
    QTest.mouseMove(view, grid.tile(1).center())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, grid.tile(1).center())
    assert grid.selected == {0, 1}
    with qtbot.waitSignal(grid.opened) as opened:
        QTest.mouseDClick(
            view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, grid.tile(5).center()
        )
    assert opened.args == [5]


def test_the_selection_outlives_filters_and_new_looks(grid, tmp_path):
    rows = many(tmp_path, 50)
    grid.show_rows(rows, list(range(len(rows))))
    grid.selected = {3, 10}
    grid.current = 10
    grid.show_rows(rows, [3, 4, 5])
    assert [picture.path for picture in grid.chosen()] == [rows.items[3].path]
    later = Rows(Pictures(tmp_path, (), rows.items[2:], "", {}))
    grid.show_rows(later, list(range(len(later))))
    assert {picture.path for picture in grid.chosen()} == {rows.items[3].path, rows.items[10].path}


@pytest.mark.parametrize("side", SIDES)
def test_tiles_of_every_size_are_painted(qtbot, grid, tmp_path, side):
    items = [
        Picture("a.png", "ants", "train", "", "", "", ""),
        Picture("b.png", None, "", "", "", "", "no label"),
        Picture("gone.png", "a class with a very long name indeed", "val", "", "", "", ""),
    ]
    photo(tmp_path / "a.png", (28, 28))
    photo(tmp_path / "b.png", (1200, 300))
    rows = Rows(Pictures(tmp_path, ("ants",), items, "", {}), edited={"a.png"})
    grid.set_side(side)
    grid.show_rows(rows, list(range(len(rows))))
    grid.show()
    gone = grid.wish(2)
    qtbot.waitUntil(lambda: grid.thumbnails.reason(gone) != "", timeout=20_000)
    assert not grid.grab().isNull()
    words = grid.describe(2)
    assert "the file is missing" in words and "gone.png" in words
    assert "no label" in grid.describe(1)
