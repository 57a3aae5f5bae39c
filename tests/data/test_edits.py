"""The user's changes to the images: kept in a file of their own, applied to the catalogue, never to the originals."""

import json
from pathlib import Path

import pytest

from xferstudio.api import UserError
from xferstudio.data import EDITS_FILE, Catalog, Edits, Item, LeftOut


def catalog(**labels):
    """One item for each name, with its class."""
    items = tuple(
        Item(f"{name}.png", label, None, None, None, f"hash of {name}", 1)
        for name, label in sorted(labels.items())
    )
    classes = tuple(sorted({label for label in labels.values() if label}))
    return Catalog(Path("photos"), items, (LeftOut("z.txt", "not an image file (.txt)"),), classes)


def labels(catalog):
    return {item.path.removesuffix(".png"): item.label for item in catalog.items}


def test_what_was_written_is_read_back(tmp_path):
    edits = Edits({"a b/é.png": "ant"}, {"x.png": ""}, {"y.png": "test"}, {"bee": "wasp"})
    edits.write(tmp_path)
    assert Edits.read(tmp_path) == edits
    assert json.loads((tmp_path / EDITS_FILE).read_text("utf-8"))["schema"] == 1
    assert [path.name for path in tmp_path.iterdir()] == [EDITS_FILE]


def test_without_a_file_there_are_no_edits_and_nothing_is_changed(tmp_path):
    edits = Edits.read(tmp_path)
    before = catalog(a="ant", b=None)
    assert not edits
    assert edits.apply(before) == before
    assert edits.place(before, ["train", "val"]) == (before, ["train", "val"])


def test_a_name_that_is_no_valid_text_survives(tmp_path):
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    Edits(labels={name: "ant"}).write(tmp_path)
    assert Edits.read(tmp_path).labels == {name: "ant"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "Expecting"),
        ("[]", "schema"),
        ('{"schema": 1, "labels": ["a"]}', "labels"),
        ('{"schema": 1, "labels": {"a.png": 3}}', "labels"),
        ('{"schema": 1, "renamed": {"ant": " "}}', "empty class"),
        ('{"schema": 1, "splits": {"a.png": "tset"}}', "'tset'"),
        ("\xff", "cannot be read"),
    ],
)
def test_a_damaged_file_is_told_with_what_to_do(tmp_path, text, fault):
    (tmp_path / EDITS_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError) as caught:
        Edits.read(tmp_path)
    assert fault in str(caught.value)
    assert "delete it" in str(caught.value)


def test_a_file_of_a_newer_program_is_not_misread(tmp_path):
    (tmp_path / EDITS_FILE).write_text('{"schema": 2, "labels": {}}', "utf-8")
    with pytest.raises(UserError, match="update the program"):
        Edits.read(tmp_path)


def test_classes_are_renamed_all_at_once_and_may_swap_or_merge():
    before = catalog(a="ant", b="bee", c="wasp", d=None)
    swapped = Edits(renamed={"ant": "bee", "bee": "ant"}).apply(before)
    assert labels(swapped) == {"a": "bee", "b": "ant", "c": "wasp", "d": None}
    merged = Edits(renamed={"wasp": "bee"}).apply(before)
    assert merged.classes == ("ant", "bee")


def test_a_label_of_one_image_goes_before_the_renaming_of_its_class():
    edits = Edits(labels={"a.png": "fly", "d.png": "bee"}, renamed={"ant": "emmet"})
    after = edits.apply(catalog(a="ant", b="ant", d=None))
    assert labels(after) == {"a": "fly", "b": "emmet", "d": "bee"}
    assert after.classes == ("bee", "emmet", "fly")


def test_an_excluded_image_is_listed_with_its_reason_and_the_counts_reconcile():
    before = catalog(a="ant", b="ant", c="bee")
    after = Edits(excluded={"a.png": "", "c.png": "blurred"}).apply(before)
    assert {entry.path: entry.reason for entry in after.left_out} == {
        "a.png": "excluded by you",
        "c.png": "blurred",
        "z.txt": "not an image file (.txt)",
    }
    assert after.found == before.found
    assert after.classes == ("ant",)


def test_a_moved_image_has_its_split_and_carries_it():
    before = catalog(a="ant", b="ant")
    after, splits = Edits(splits={"b.png": "test"}).place(before, ["train", "train"])
    assert splits == ["train", "test"]
    assert [item.split for item in after.items] == [None, "test"]
    assert after.fingerprint != before.fingerprint


def test_paths_that_are_gone_are_passed_over():
    before = catalog(a="ant")
    edits = Edits({"gone.png": "bee"}, {"gone.png": "x"}, {"gone.png": "test"}, {"moth": "fly"})
    assert edits.apply(before) == before
    assert edits.place(before, ["val"]) == (before, ["val"])


def test_a_class_typed_in_another_normal_form_is_the_same_class():
    after = Edits(labels={"a.png": "a\u0308pfel"}).apply(catalog(a="x", b="\xe4pfel"))
    assert after.classes == ("\xe4pfel",)
