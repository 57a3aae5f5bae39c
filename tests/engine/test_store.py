"""The feature store: shared, never stale, limited in size, and not to be spoilt by damage or by a second writer."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import torch
from studio import HOW, CalmNet, Studio, backbone, paint

from xferstudio.api import Preprocessing, UserError
from xferstudio.engine import feed as feeds
from xferstudio.engine import store as stores
from xferstudio.engine.store import FeatureStore, store_limit

WHO = {"prefix": "a", "boundary": "features", "dtype": "float32"}


def content(number):
    return f"{number:032x}"


def filled(store, count=10, who=None, width=4, start=0):
    shelf = store.shelf(who or WHO)
    rows = torch.arange(start, start + count).float()[:, None].repeat(1, width)
    shelf.add([content(start + n) for n in range(count)], [0] * count, rows)
    shelf.flush()
    return shelf


@pytest.fixture
def computed(monkeypatch):
    """Counts the images that pass through frozen layers."""
    counts = []
    original = feeds.Feed._rows_of

    def spied(self, prepared):
        if not self.cut.is_empty:
            counts.append(len(prepared))
        return original(self, prepared)

    monkeypatch.setattr(feeds.Feed, "_rows_of", spied)
    return counts


def another(studio, project):
    return Studio(project.project, studio.store, studio.plugins)


def test_rows_come_back_in_the_order_asked_for(tmp_path):
    store = FeatureStore(tmp_path)
    filled(store)
    shelf = filled(store, start=10)
    again = store.shelf(WHO)
    for one in (shelf, again):
        rows = one.gather([content(n) for n in (17, 3, 3, 11)], [0] * 4)
        assert rows[:, 0].tolist() == [17, 3, 3, 11]
    assert again.has(content(5))
    assert not again.has(content(5), view=1)
    assert not again.has(content(99))
    with pytest.raises(KeyError):
        again.gather([content(99)], [0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.uint8])
def test_every_kind_of_row_comes_back_bit_for_bit(tmp_path, dtype):
    shelf = FeatureStore(tmp_path).shelf({**WHO, "dtype": str(dtype).removeprefix("torch.")})
    rows = (torch.rand(5, 3, 2, generator=torch.Generator().manual_seed(0)) * 200).to(dtype)
    shelf.add([content(n) for n in range(5)], [2] * 5, rows)
    shelf.flush()
    back = shelf.gather([content(n) for n in range(5)], [2] * 5)
    assert back.dtype == dtype
    assert torch.equal(back, rows)


def test_two_projects_share_what_was_computed(make_studio, computed):
    one = make_studio()
    one.finish("extract")
    assert sum(computed) == 36
    other = another(one, make_studio())
    other.finish("extract")
    assert sum(computed) == 36


def test_an_edited_image_is_computed_again(make_studio, tmp_path, computed):
    studio = make_studio()
    studio.finish("extract")
    paint(next((tmp_path / "photos-12-3" / "class0").glob("*.png")), (1, 2, 3), 77)
    studio.finish("extract", fresh=True)
    assert sum(computed) == 37


def test_other_weights_or_another_preprocessing_take_other_rows(make_studio, computed):
    studio = make_studio()
    studio.finish("extract", backbone="calm")
    first = sum(computed)

    class Other(CalmNet):
        def __init__(self):
            super().__init__()
            with torch.no_grad():
                self.last[0].bias += 1e-3

    studio.plugins.backbones["calm"] = backbone("calm", Other)
    studio.finish("extract", backbone="calm", fresh=True)
    assert sum(computed) == 2 * first
    for change in ({"mean": (0.5, 0.5, 0.5)}, {"crop": "center"}, {"size": (24, 24)}):
        how = Preprocessing.from_dict({**HOW.to_dict(), **change})
        studio.plugins.backbones["calm"] = backbone("calm", CalmNet, how)
        before = sum(computed)
        studio.finish("extract", backbone="calm", fresh=True)
        assert sum(computed) == before + first


@pytest.mark.parametrize("damage", ["torn rows", "torn index", "no index", "noise", "empty"])
def test_a_damaged_segment_is_ignored_and_computed_again(make_studio, computed, damage):
    studio = make_studio()
    wanted = studio.finish("extract").summary["test"]["log_loss"]
    rows, index = (next(studio.store.folder.rglob(f"*.{kind}")) for kind in ("npy", "idx"))
    if damage == "torn rows":
        rows.write_bytes(rows.read_bytes()[:-100])
    elif damage == "torn index":
        index.write_bytes(index.read_bytes()[:-7])
    elif damage == "no index":
        index.unlink()
    elif damage == "noise":
        rows.write_bytes(os.urandom(len(rows.read_bytes())))
    else:
        rows.write_bytes(b"")
    before = sum(computed)
    again = studio.finish("extract", fresh=True).summary["test"]["log_loss"]
    assert again == pytest.approx(wanted, rel=1e-4)
    assert sum(computed) > before
    after = sum(computed)
    studio.finish("extract", fresh=True)
    assert sum(computed) == after


def test_the_least_recently_used_go_first_and_the_limit_is_kept(tmp_path):
    store = FeatureStore(tmp_path, limit=25_000)
    for number in range(4):
        shelf = filled(store, count=50, who={**WHO, "prefix": str(number)}, width=40)
        os.utime(shelf.folder / "about.json", (1000 + number, 1000 + number))
    oldest = store.shelf({**WHO, "prefix": "0"})  # used now
    assert store.usage()[0]["key"] == oldest.folder.name
    freed = store.trim()
    assert freed > 0
    assert sum(entry["bytes"] for entry in store.usage()) <= 25_000
    assert [entry["prefix"] for entry in store.usage()] == ["0", "3"]
    store.trim(keep=[store.usage()[1]["key"]], needed=20_000)
    assert [entry["prefix"] for entry in store.usage()] == ["3"]


def test_a_run_keeps_the_store_under_its_limit(make_studio):
    studio = make_studio()
    studio.finish("scratch", name="pixels", epochs=1)
    studio.store = FeatureStore(studio.store.folder, limit=10_000)
    studio.finish("extract", name="features")
    assert sum(entry["bytes"] for entry in studio.store.usage()) <= 10_000


def test_writers_side_by_side_lose_nothing(tmp_path):
    store = FeatureStore(tmp_path)
    threads = [threading.Thread(target=filled, args=(store, 20, None, 4, 20 * n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shelf = store.shelf(WHO)
    assert shelf.gather([content(n) for n in range(160)], [0] * 160)[:, 0].tolist() == list(range(160))
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_reader_finds_what_another_wrote_after_it_opened(tmp_path):
    store = FeatureStore(tmp_path)
    reader = store.shelf(WHO)
    filled(store)
    assert not reader.has(content(1))
    reader.refresh()
    assert reader.has(content(1))


def test_rows_are_written_every_few_seconds(tmp_path, monkeypatch):
    store = FeatureStore(tmp_path)
    shelf = store.shelf(WHO)
    monkeypatch.setattr(stores, "FLUSH_SECONDS", 0.05)
    for number in range(4):
        shelf.add([content(number)], [0], torch.full((1, 4), float(number)))
        time.sleep(0.03)
    other = store.shelf(WHO)
    assert [other.has(content(number)) for number in range(4)] == [True, True, True, False]


def small_segments(store, count):
    for number in range(count):
        filled(store, count=2, start=2 * number)


def test_many_small_segments_become_one_and_rows_stay(tmp_path):
    store = FeatureStore(tmp_path)
    small_segments(store, 12)
    filled(store, count=2)  # twice there
    reader, shelf = store.shelf(WHO), store.shelf(WHO)
    shelf.merge()
    assert len(list(shelf.folder.glob("*.npy"))) == len(list(shelf.folder.glob("*.idx"))) == 1
    assert store.usage()[0]["images"] == 24
    wanted = [content(number) for number in range(24)]
    for one in (reader, shelf, store.shelf(WHO)):
        assert one.gather(wanted, [0] * 24)[:, 0].tolist() == list(range(24))
    reader.refresh()
    assert reader.gather(wanted, [0] * 24)[:, 0].tolist() == list(range(24))


def test_a_few_small_segments_are_left_alone(tmp_path):
    store = FeatureStore(tmp_path)
    small_segments(store, 3)
    store.shelf(WHO).merge()
    assert len(list(tmp_path.rglob("*.npy"))) == 3


def test_merging_while_others_merge_write_and_read_loses_nothing(tmp_path):
    store = FeatureStore(tmp_path)
    trouble = []

    def work(first):
        try:
            for number in range(12):
                shelf = filled(store, count=2, start=first + 2 * number)
                shelf.merge()
                shelf.gather([content(first)], [0])
        except BaseException as error:  # noqa: BLE001 (shown below)
            trouble.append(error)

    threads = [threading.Thread(target=work, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    numbers = [100 * n + place for n in range(4) for place in range(24)]
    rows = store.shelf(WHO).gather([content(number) for number in numbers], [0] * len(numbers))
    assert rows[:, 0].tolist() == numbers


def test_rows_that_were_cleared_from_the_disk_survive_a_merge_where_they_are_mapped(tmp_path):
    store = FeatureStore(tmp_path)
    small_segments(store, 10)
    shelf = store.shelf(WHO)
    store.clear()
    small_segments(store, 9)  # two fewer
    shelf.merge()
    assert shelf.gather([content(n) for n in range(20)], [0] * 20)[:, 0].tolist() == list(range(20))


def test_what_a_kill_left_half_written_goes_after_a_while(tmp_path):
    store = FeatureStore(tmp_path)
    folder = filled(store).folder
    old, lonely, young = folder / "a.tmp", folder / "b.npy", folder / "c.tmp"
    for file in (old, lonely, young):
        file.write_bytes(b"half")
    for file in (old, lonely):
        os.utime(file, (1000, 1000))
    store.shelf(WHO).merge()
    assert [file.exists() for file in (old, lonely, young)] == [False, False, True]


SLOW = """
import sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from studio import Studio
from xferstudio.engine import feed, store
from xferstudio.project import DataSpec, Project, SplitSpec
store.FLUSH_SECONDS = 0.0
decode = feed.Feed._decode
feed.Feed._decode = lambda self, place: (time.sleep(0.02), decode(self, place))[1]
folder, photos, rows = map(Path, sys.argv[1:])
project = Project(folder, "test", DataSpec(str(photos)), SplitSpec(val=0.25, test=0.25), ())
Studio(project, store.FeatureStore(rows)).do("extract")
"""


def test_a_kill_while_features_are_computed_leaves_what_was_written(make_studio, tmp_path, computed):
    studio = make_studio(each=40)
    places = (studio.project.folder, tmp_path / "photos-40-3", studio.store.folder)
    roots = [str(Path(__file__).parent), *sys.path]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, *map(str, places)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
    )
    while len(list(studio.store.folder.rglob("*.idx"))) < 3:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = sum(entry["images"] for entry in studio.store.usage())
    assert 3 <= kept < 120
    studio.finish("extract")
    assert sum(computed) == 120 - kept


@pytest.mark.skipif(os.name != "posix", reason="the words of POSIX")
def test_a_store_that_cannot_be_written_gives_the_advice_that_fits(tmp_path, monkeypatch):
    place = tmp_path / "a file"
    place.write_bytes(b"")
    with pytest.raises(UserError, match=r"Not a directory.*XFERSTUDIO_CACHE") as problem:
        filled(FeatureStore(place))
    assert "free some space" not in str(problem.value)

    def full(*_args, **_kinds):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stores.np, "save", full)
    with pytest.raises(UserError, match=r"No space left.*free some space"):
        filled(FeatureStore(tmp_path / "store"))


def test_clearing_empties_the_store_and_tells_how_much(tmp_path, make_studio):
    studio = make_studio()
    studio.finish("extract")
    size = sum(file.stat().st_size for file in studio.store.folder.rglob("*") if file.is_file())
    assert studio.store.clear() == size
    assert studio.store.usage() == []
    studio.finish("extract", fresh=True)


def test_the_limit_is_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("XFERSTUDIO_STORE_GIB", "0.5")
    assert store_limit() == 1 << 29
    for wrong in ("much", "-1", "nan"):
        monkeypatch.setenv("XFERSTUDIO_STORE_GIB", wrong)
        with pytest.raises(UserError, match="XFERSTUDIO_STORE_GIB"):
            store_limit()
