"""What runs use of a project's images: edits and split applied, everything else left out with its reason."""

import json
import shutil

import pytest

from xferstudio.api import UserError
from xferstudio.data import Edits, read_dataset
from xferstudio.project import create


@pytest.fixture
def project(make_pictures, tmp_path):
    """Twenty ants, twenty bees, an image in no class folder."""
    photos = make_pictures(
        *(f"{name}/{number:02d}{name[0]}.png" for name in ("ant", "bee") for number in range(20))
    )
    make_pictures("loose.png")
    return create(tmp_path / "project", data=photos)


def of(dataset):
    """Label, split and reason of each path."""
    return {path: (label, split, why) for path, label, split, _, _, _, why in dataset.rows()}


def test_counts_reconcile_and_every_file_has_one_row(project):
    told = []
    dataset = read_dataset(project, lambda done, total: told.append((done, total)))
    assert dataset.counts == {"found": 41, "used": 40, "left_out": 1, "train": 24, "val": 8, "test": 8}
    rows = list(dataset.rows())
    assert len(rows) == 41
    assert all(hash for path, *_, hash, _ in rows if path != "loose.png")
    assert of(dataset)["loose.png"] == (None, "", "not in a class folder")
    assert told[-1] == (40, 40)


def test_the_same_images_have_the_same_split_and_edits_do_not_move_the_others(project):
    before = of(read_dataset(project))
    Edits(labels={"ant/00a.png": "bee"}, excluded={"ant/01a.png": ""}, splits={"ant/02a.png": "test"}).write(
        project.folder
    )
    after = of(read_dataset(project))
    changed = {path for path in before if before[path] != after[path]}
    assert changed - {"ant/02a.png"} == {"ant/00a.png", "ant/01a.png"}
    assert after["ant/00a.png"] == ("bee", before["ant/00a.png"][1], "")
    assert after["ant/01a.png"] == ("ant", "", "excluded by you")
    assert after["ant/02a.png"] == ("ant", "test", "")


def test_every_kind_of_edit_changes_the_fingerprint(project):
    seen = {read_dataset(project).catalog.fingerprint}
    for edits in (
        Edits(labels={"ant/00a.png": "bee"}),
        Edits(excluded={"ant/00a.png": "blurred"}),
        Edits(splits={"ant/00a.png": "train"}),
        Edits(renamed={"ant": "emmet"}),
    ):
        edits.write(project.folder)
        seen.add(read_dataset(project).catalog.fingerprint)
    assert len(seen) == 5


def test_classes_that_swap_their_names_are_renamed_once(project):
    Edits(renamed={"ant": "bee", "bee": "ant"}).write(project.folder)
    assert of(read_dataset(project))["ant/00a.png"][0] == "bee"


def test_a_copy_of_an_image_that_was_moved_to_the_test_leaves_the_training(project):
    photos = project.data_path()
    shutil.copy(photos / "ant/00a.png", photos / "ant/copy.png")
    Edits(splits={"ant/00a.png": "test", "ant/copy.png": "train"}).write(project.folder)
    dataset = read_dataset(project)
    label, split, why = of(dataset)["ant/copy.png"]
    assert (label, split) == ("ant", "")
    assert "ant/00a.png" in why and "held out for test" in why
    assert any("copy" in notice.text for notice in dataset.notices)


def test_images_without_labels_are_no_fault_and_can_be_given_some(make_pictures, tmp_path):
    photos = make_pictures(*(f"{number:03d}.png" for number in range(6)))
    project = create(tmp_path / "project", data=photos)
    dataset = read_dataset(project)
    assert dataset.counts["used"] == 0
    assert all(why == "no label" and hash for *_, hash, why in dataset.rows())
    Edits(labels={f"{number:03d}.png": "ab"[number % 2] for number in range(4)}).write(project.folder)
    dataset = read_dataset(project)
    assert dataset.catalog.classes == ("a", "b")
    assert (dataset.counts["used"], dataset.counts["left_out"]) == (4, 2)


def test_a_class_folder_without_pictures_is_told(project):
    (project.data_path() / "wasp").mkdir()
    assert [notice.text for notice in read_dataset(project).notices] == [
        "the folder 'wasp' holds no pictures"
    ]


def test_a_split_that_cannot_be_read_is_told_with_what_to_do(project):
    (project.folder / "split.json").write_text("{", "utf-8")
    with pytest.raises(UserError, match="delete it to split anew"):
        read_dataset(project)


def test_the_split_is_written_down_once(project):
    read_dataset(project)
    file = project.folder / "split.json"
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    read_dataset(project)
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert len(json.loads(before[0])) == 40


def test_what_the_reports_raise_ends_the_work(project):
    class Enough(Exception):
        pass

    def refuse(done, total):
        raise Enough

    with pytest.raises(Enough):
        read_dataset(project, refuse)


def test_the_same_picture_in_two_classes_is_told_with_both_files(project):
    photos = project.data_path()
    shutil.copy(photos / "ant/00a.png", photos / "bee/same.png")
    told = [notice.text for notice in read_dataset(project).notices]
    assert "1 image stands in two classes with the same content: ant/00a.png and bee/same.png" in told
    for number in range(1, 5):
        shutil.copy(photos / f"ant/0{number}a.png", photos / f"bee/same{number}.png")
    [text] = [notice.text for notice in read_dataset(project).notices if "two classes" in notice.text]
    assert text.startswith("5 images stand in two classes")
    assert text.count(" and bee/same") == 3
    assert text.endswith("; and 2 more, in summary.json")


def test_a_class_too_small_to_be_tested_is_told(project, make_pictures):
    make_pictures("wasp/1.png")
    told = [notice.text for notice in read_dataset(project).notices]
    assert told == [
        "too few images to hold some out for the test in the class wasp (1): how well they are recognised is "
        "never tested"
    ]
