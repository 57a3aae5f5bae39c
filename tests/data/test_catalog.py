"""The catalogue: labels and splits from folders and tables, and all that is left out with its reason."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import unicodedata
from hashlib import blake2b

import pytest

from xferstudio.api import UserError
from xferstudio.data import cache_folder, find_images, missing_reader, scan

posix = pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes, and links, need Linux")


def reasons(catalog):
    return {entry.path: entry.reason for entry in catalog.left_out}


def labels(catalog):
    return {item.path: item.label for item in catalog.items}


def test_each_subfolder_is_a_class_and_deeper_folders_belong_to_it(make_pictures):
    root = make_pictures("b/1.png", "a/2.JPG", "a/deep/er/3.png", "A/4.jpeg")
    catalog = scan(root)
    assert labels(catalog) == {"A/4.jpeg": "A", "a/2.JPG": "a", "a/deep/er/3.png": "a", "b/1.png": "b"}
    assert [item.path for item in catalog.items] == ["A/4.jpeg", "a/2.JPG", "a/deep/er/3.png", "b/1.png"]
    assert catalog.classes == ("A", "a", "b")
    assert catalog.found == 4
    assert catalog.file(catalog.items[0]).is_file()


def test_the_hash_is_blake2b_of_the_bytes_and_the_size_is_in_bytes(make_pictures):
    root = make_pictures("a/1.png")
    (item,) = scan(root).items
    raw = (root / "a/1.png").read_bytes()
    assert (item.hash, item.size) == (blake2b(raw, digest_size=16).hexdigest(), len(raw))


def test_what_is_no_picture_is_listed_with_its_reason_and_the_counts_reconcile(make_pictures):
    root = make_pictures("a/1.png", "b/2.png", "loose.png", ".hidden/3.png", "__MACOSX/a/4.png")
    for name, content in {
        "a/notes.txt": "x",
        "a/none": "x",
        "a/empty.jpg": "",
        "b/.DS_Store": "x",
        "Thumbs.db": "x",
    }.items():
        (root / name).write_text(content)
    (root / "nothing").mkdir()
    catalog = scan(root)
    assert reasons(catalog) == {
        ".hidden": "hidden folder, not entered",
        "__MACOSX": "hidden folder, not entered",
        "Thumbs.db": "hidden file",
        "a/empty.jpg": "empty file",
        "a/none": "not an image file (no ending)",
        "a/notes.txt": "not an image file (.txt)",
        "b/.DS_Store": "hidden file",
        "loose.png": "not in a class folder",
    }
    assert catalog.found == 10 == len(catalog.items) + len(catalog.left_out)
    assert any("nothing" in note for note in catalog.notes)


def test_a_folder_of_loose_pictures_has_no_labels(make_pictures):
    catalog = scan(make_pictures("1.png", "2.png"))
    assert labels(catalog) == {"1.png": None, "2.png": None}
    assert catalog.classes == ()


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("Training", "VALID", "testing"), ("train", "validation", "Test")]
)
def test_folders_named_after_splits_are_splits_in_any_case(make_pictures, names):
    train, val, test = names
    catalog = scan(make_pictures(f"{train}/a/1.png", f"{train}/b/2.png", f"{val}/a/3.png", f"{test}/b/4.png"))
    assert {item.path[-5]: (item.label, item.split) for item in catalog.items} == {
        "1": ("a", "train"),
        "2": ("b", "train"),
        "3": ("a", "val"),
        "4": ("b", "test"),
    }


def test_a_class_that_is_called_test_or_train_stays_a_class(make_pictures):
    catalog = scan(make_pictures("test/1.png", "other/2.png"))
    assert catalog.classes == ("other", "test")
    vehicles = scan(
        make_pictures("train/1.png", "car/2.png", "bus/x/3.png", folder=catalog.root.parent / "v")
    )
    assert vehicles.classes == ("bus", "car", "train")
    assert all(item.split is None for item in vehicles.items)


def test_other_folders_beside_splits_of_the_same_classes_are_left_out(make_pictures):
    catalog = scan(
        make_pictures("train/a/1.png", "train/loose.png", "test/a/2.png", "extra/3.png", "top.png")
    )
    assert catalog.classes == ("a",)
    assert reasons(catalog) == {
        "extra/3.png": "not in a split folder (test, train)",
        "top.png": "not in a split folder (test, train)",
        "train/loose.png": "not in a class folder",
    }


def test_splits_without_class_folders_have_no_labels_and_say_so(make_pictures):
    catalog = scan(make_pictures("train/1.png", "test/2.png"))
    assert [(item.split, item.label) for item in catalog.items] == [("test", None), ("train", None)]
    assert any("no labels" in note for note in catalog.notes)


def test_an_empty_class_folder_under_a_split_is_mentioned(make_pictures):
    root = make_pictures("train/a/1.png", "test/a/2.png")
    (root / "train" / "b").mkdir()
    assert any("train/b" in note for note in scan(root).notes)


@posix
def test_links_that_form_loops_are_survived_and_listed(make_pictures):
    root = make_pictures("a/1.png", "b/2.png")
    (root / "a/up").symlink_to(root)
    (root / "a/self").symlink_to(root / "a")
    (root / "0link").symlink_to(root / "b")
    (root / "a/gone.png").symlink_to(root / "missing.png")
    catalog = scan(root)
    assert labels(catalog) == {"a/1.png": "a", "b/2.png": "b"}
    assert set(reasons(catalog)) == {"0link", "a/self", "a/up", "a/gone.png"}
    assert reasons(catalog)["a/gone.png"] == "broken link"


@posix
def test_links_to_folders_and_files_elsewhere_are_followed(make_pictures, tmp_path):
    elsewhere = make_pictures("1.png", "2.png", folder=tmp_path / "elsewhere")
    root = make_pictures("b/3.png")
    (root / "a").symlink_to(elsewhere)
    (root / "b/copy.png").symlink_to(elsewhere / "1.png")
    assert labels(scan(root)) == {"a/1.png": "a", "a/2.png": "a", "b/3.png": "b", "b/copy.png": "b"}


@posix
def test_pipes_are_left_out_and_never_opened(make_pictures):
    root = make_pictures("a/1.png")
    os.mkfifo(root / "a/pipe.png")
    assert reasons(scan(root)) == {"a/pipe.png": "not a regular file"}


@posix
def test_names_of_any_kind_are_read_and_names_that_are_no_text_are_listed(make_pictures):
    long = "x" * 251 + ".png"
    nfc, nfd = unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")
    root = make_pictures(f"a b/{long}", "a b/雪 ☃.png", f"{nfc}/1.png", f"{nfd}/2.png", "a b/new\nline.png")
    (root / "a b" / os.fsdecode(b"bad\xff.png")).write_bytes(b"x")
    catalog = scan(root)
    assert len(catalog.items) == 5
    assert catalog.classes == ("a b", nfc)
    assert reasons(catalog) == {"a b/bad\\xff.png": "file with a name that is not valid text; rename it"}
    json.dumps([entry.path for entry in catalog.left_out]).encode()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_listed(make_pictures):
    root = make_pictures("a/1.png", "b/2.png", "c/3.png")
    (root / "a/1.png").chmod(0)
    (root / "b").chmod(0)
    try:
        assert reasons(scan(root)) == {
            "a/1.png": "cannot be read: permission denied",
            "b": "folder that cannot be read: permission denied",
        }
    finally:
        (root / "b").chmod(0o700)


def test_a_file_that_vanishes_between_walk_and_reading_is_listed(make_pictures, monkeypatch):
    root = make_pictures("a/1.png", "b/2.png")
    module = sys.modules["xferstudio.data.catalog"]
    honest = module._hash_file

    def vanishing(path):
        if path.name == "1.png":
            path.unlink()
        return honest(path)

    monkeypatch.setattr(module, "_hash_file", vanishing)
    catalog = scan(root)
    assert reasons(catalog) == {"a/1.png": "cannot be read: no such file or directory"}
    assert catalog.found == 2


def test_a_missing_source_and_a_wrong_file_are_explained(tmp_path, make_pictures):
    with pytest.raises(UserError, match="There is no data at"):
        scan(tmp_path / "missing")
    root = make_pictures("a/1.png")
    with pytest.raises(UserError, match="is one picture"):
        scan(root / "a/1.png")
    (tmp_path / "x.zip").write_bytes(b"PK")
    with pytest.raises(UserError, match="neither a folder nor a table"):
        scan(tmp_path / "x.zip")


def test_an_unreadable_kind_of_picture_names_the_package_to_install(make_pictures, monkeypatch):
    root = make_pictures("a/1.png")
    (root / "a/2.HEIC").write_bytes(b"x")
    without = frozenset({".png", ".jpg"})
    monkeypatch.setattr(sys.modules["xferstudio.data.decode"], "readable_extensions", lambda: without)
    monkeypatch.setattr(sys.modules["xferstudio.data.catalog"], "readable_extensions", lambda: without)
    assert "pip install xferstudio[formats]" in reasons(scan(root))["a/2.HEIC"]
    assert missing_reader(".txt") is None


def test_identical_files_with_two_labels_are_kept_and_exposed(make_pictures):
    root = make_pictures("a/1.png", "b/2.png")
    (root / "b/copy.png").write_bytes((root / "a/1.png").read_bytes())
    (root / "b/same.png").write_bytes((root / "b/2.png").read_bytes())
    catalog = scan(root)
    assert len(catalog.items) == 4
    assert [paths for _, paths in catalog.conflicts] == [("a/1.png", "b/copy.png")]


def test_the_fingerprint_follows_content_and_labels_and_nothing_else(make_pictures, tmp_path):
    first = scan(make_pictures("a/1.png", "b/2.png", folder=tmp_path / "one"))
    moved = scan(make_pictures("a/1.png", "b/2.png", folder=tmp_path / "two"))
    assert first.fingerprint == moved.fingerprint
    (tmp_path / "two/b/2.png").rename(tmp_path / "two/a/2.png")
    assert scan(tmp_path / "two").fingerprint != first.fingerprint


def test_leaving_out_what_cannot_be_decoded_keeps_the_counts(make_pictures):
    catalog = scan(make_pictures("a/1.png", "b/2.png"))
    rest = catalog.without({"b/2.png": "damaged"})
    assert (rest.found, rest.classes, reasons(rest)) == (2, ("a",), {"b/2.png": "damaged"})
    assert rest.fingerprint != catalog.fingerprint


def test_progress_ends_with_all_files(make_pictures):
    seen = []
    scan(make_pictures("a/1.png", "b/2.png"), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2, 2)


def test_an_interruption_from_progress_ends_the_scan_at_once(make_pictures):
    def stop(done, total):
        raise KeyboardInterrupt

    root = make_pictures("a/1.png", "b/2.png")
    with pytest.raises(KeyboardInterrupt):
        scan(root, progress=stop)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("xferstudio-hash")]


# ------------------------------------------------------------------------------------------ remembered hashes


def age(root):
    for path in root.rglob("*.png"):
        os.utime(path, (time.time() - 100,) * 2)


def test_known_files_are_not_read_again_and_changed_ones_are(make_pictures, monkeypatch):
    root = make_pictures("a/1.png", "b/2.png")
    age(root)
    before = scan(root)
    module = sys.modules["xferstudio.data.catalog"]
    read, honest = [], module._hash_file
    monkeypatch.setattr(module, "_hash_file", lambda path: (read.append(path.name), honest(path))[1])
    assert scan(root) == before
    assert read == []
    (root / "a/1.png").write_bytes(b"other")
    assert scan(root).fingerprint != before.fingerprint
    assert read == ["1.png"]


def test_a_file_changed_a_moment_ago_is_not_remembered(make_pictures):
    root = make_pictures("a/1.png")
    (item,) = scan(root).items
    facts, raw = (root / "a/1.png").stat(), bytearray((root / "a/1.png").read_bytes())
    raw[-1] ^= 1
    (root / "a/1.png").write_bytes(raw)
    os.utime(root / "a/1.png", ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert scan(root).items[0].hash != item.hash


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"schema": 1, "files": []}', b"\xff\xfe", b'{"schema": 1, "files": {"x": 3}}'],
)
def test_a_damaged_cache_costs_time_and_nothing_else(make_pictures, damage):
    root = make_pictures("a/1.png")
    age(root)
    before = scan(root)
    (cache,) = (cache_folder() / "hashes").iterdir()
    cache.write_bytes(damage)
    assert scan(root) == before


def test_wrong_entries_of_the_cache_are_not_believed(make_pictures):
    root = make_pictures("a/1.png")
    age(root)
    before = scan(root)
    (cache,) = (cache_folder() / "hashes").iterdir()
    record = json.loads(cache.read_text())
    for entry in record["files"].values():
        entry[2] = "nonsense"
    cache.write_text(json.dumps(record))
    assert scan(root) == before


def test_a_cache_that_cannot_be_written_does_no_harm(make_pictures, monkeypatch, tmp_path):
    (tmp_path / "blocked").write_text("a file, no folder")
    monkeypatch.setenv("XFERSTUDIO_CACHE", str(tmp_path / "blocked"))
    root = make_pictures("a/1.png")
    age(root)
    assert len(scan(root).items) == 1


# ----------------------------------------------------------------------------------------------------- tables


@pytest.fixture
def table(make_pictures):
    root = make_pictures("img/1.png", "img/2.png", "img/3 é.png")

    def write(text, name="table.csv", encoding="utf-8"):
        (root / name).write_bytes(text.encode(encoding))
        return root / name

    return write


@pytest.mark.parametrize(
    ("separator", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8"), (",", "utf-16")]
)
def test_a_table_gives_label_split_domain_and_group(table, separator, encoding):
    rows = [
        "Path,LABEL,split,domain,group",
        "img/1.png,cat,train,studio,g1",
        "img/2.png,dog,Valid,,",
        "img/3 é.png,dog,,,",
    ]
    catalog = scan(table("\r\n".join(rows).replace(",", separator), encoding=encoding))
    assert [(i.path, i.label, i.split, i.domain, i.group) for i in catalog.items] == [
        ("img/1.png", "cat", "train", "studio", "g1"),
        ("img/2.png", "dog", "val", None, None),
        ("img/3 é.png", "dog", None, None, None),
    ]
    assert catalog.found == 3


def test_every_bad_row_of_a_table_is_listed(table):
    rows = [
        "file,label",
        "img/1.png,cat",
        "img/missing.png,cat",
        "img,cat",
        "table.csv,cat",
        "./img/1.png,cat",
        "img/1.png,dog",
        "img/2.png,",
        ",dog",
        "img/3 é.png,dog,more",
        "",
    ]
    catalog = scan(table("\n".join(rows)))
    assert [item.path for item in catalog.items] == ["img/1.png"]
    found = sorted(entry.reason for entry in catalog.left_out)
    assert found == sorted(
        [
            "no such file (row 3 of table.csv)",
            "a folder, not a file (row 4 of table.csv)",
            "not an image file (.csv) (row 5 of table.csv)",
            "listed twice, in rows 2 and 6 of table.csv",
            "listed twice, in rows 2 and 7 of table.csv, there as 'cat', here as 'dog'; the first counts",
            "no label (row 8 of table.csv)",
            "row without a path",
            "row with more cells than the header",
        ]
    )
    assert catalog.found == 9


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("name,label\nx,y", "no column 'path'"),
        ("path,worse\nimg/1.png,cat", "no column 'label'"),
        ("path,label,path\nimg/1.png,cat,x", "two columns"),
        ("path,label,split\nimg/1.png,cat,holdout", "'holdout' .row 2.*Use train, val or test"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused_with_what_to_do(table, text, says):
    with pytest.raises(UserError, match=says):
        scan(table(text))


def test_a_table_in_another_encoding_is_refused_with_what_to_do(table):
    with pytest.raises(UserError, match="UTF-8"):
        scan(table("path,label\nimg/3 é.png,cat", encoding="latin-1"))


def test_a_table_with_empty_labels_only_is_unlabelled(table):
    assert [item.label for item in scan(table("path,label\nimg/1.png,\nimg/2.png,")).items] == [None, None]


def test_paths_of_a_table_may_be_absolute_climb_or_have_other_slashes_and_accents(
    table, make_pictures, tmp_path
):
    outside = make_pictures("9.png", folder=tmp_path / "outside")
    inside = tmp_path / "photos" / "img" / "1.png"
    accent = unicodedata.normalize("NFD", "img\\3 é.png")
    rows = [
        "path,label",
        f"{outside / '9.png'},a",
        "../outside/9.png,a",
        f"{inside},b",
        "img\\2.png,b",
        f"{accent},b",
    ]
    catalog = scan(table("\n".join(rows)))
    assert len(catalog.items) == 5
    assert {"img/1.png", "img/2.png", "img/3 é.png", "../outside/9.png"} < {
        item.path for item in catalog.items
    }
    assert all(catalog.file(item).is_file() for item in catalog.items)


def test_quoted_cells_may_hold_separators(table, make_pictures):
    make_pictures("img/a, b.png")
    (item,) = scan(table('path,label\n"img/a, b.png","odd, very"')).items
    assert (item.path, item.label) == ("img/a, b.png", "odd, very")


def test_a_parquet_table_is_read_like_a_csv_table(table):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = table("").with_name("t.parquet")
    columns = {
        "path": ["img/1.png", "img/2.png", None],
        "label": [1, 2, 2],
        "group": ["g", None, None],
        "noise": [0.1] * 3,
    }
    parquet.write_table(pyarrow.table(columns), path)
    catalog = scan(path)
    assert [(i.path, i.label, i.group) for i in catalog.items] == [
        ("img/1.png", "1", "g"),
        ("img/2.png", "2", None),
    ]
    assert [entry.reason for entry in catalog.left_out] == ["row without a path"]


def test_a_damaged_parquet_table_is_refused(table):
    pytest.importorskip("pyarrow")
    with pytest.raises(UserError, match="cannot be read as a Parquet table"):
        scan(table("nonsense", name="t.parquet"))


def test_without_pyarrow_a_parquet_table_says_what_to_install(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install xferstudio\[tables\]"):
        scan(table("x", name="t.parquet"))


# ------------------------------------------------------------------------------------------------- other uses


def test_pictures_to_predict_are_found_to_the_bottom_and_sorted(make_pictures):
    root = make_pictures("b/2.png", "a/x/1.png", "3.jpg")
    (root / "notes.txt").write_text("x")
    files, left_out = find_images(root)
    assert [file.relative_to(root).as_posix() for file in files] == ["3.jpg", "a/x/1.png", "b/2.png"]
    assert [entry.path for entry in left_out] == ["notes.txt"]


@pytest.mark.real
def test_the_real_sets_are_catalogued_whole(real_data):
    bees = scan(real_data / "hymenoptera")
    assert (bees.found, len(bees.items), bees.classes) == (398, 398, ("ants", "bees"))
    assert sum(item.split == "train" for item in bees.items) == 245
    flowers = scan(real_data / "flowers5")
    assert len(flowers.items) == 4317
    assert reasons(flowers) == {".DS_Store": "hidden file"}


# ------------------------------------------------------------------------------------ projects in the data


def lay_project(folder):
    (folder / "runs" / "20260101-000000-one").mkdir(parents=True)
    (folder / "runs" / "20260101-000000-one" / "summary.json").write_text("{}")
    (folder / "exports").mkdir()
    names = (
        "project.toml",
        "split.json",
        "edits.json",
        ".lock",
        "project.toml.schema0.bak",
        "exports/m.onnx",
    )
    for name in names:
        (folder / name).write_text("x")


@pytest.mark.parametrize("place", ["", "p", "a/p"])
def test_what_a_project_writes_into_its_data_is_no_data(make_pictures, place):
    photos = make_pictures("a/1.png", "b/2.png")
    lay_project(photos / place)
    catalog = scan(photos)
    assert (catalog.found, catalog.classes) == (2, ("a", "b"))
    assert catalog.left_out == ()
    assert catalog.notes == ()


def test_pictures_in_a_project_s_folder_are_listed_as_left_out_not_lost(make_pictures):
    photos = make_pictures("a/1.png", "b/2.png", "other/photos/3.png")
    lay_project(photos / "other")
    catalog = scan(photos)
    assert [(left.path, left.reason) for left in catalog.left_out] == [
        ("other", "folder of a project, not entered")
    ]


def test_classes_that_are_named_as_what_a_project_writes_stay_classes(make_pictures):
    photos = make_pictures("runs/1.png", "exports/2.png")
    (photos / "project.toml").write_text("x")
    assert scan(photos).classes == ("exports", "runs")
