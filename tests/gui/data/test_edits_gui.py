"""Changes to images: written at once, undone and redone without limit, and never to the originals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from xferstudio.api import UserError
from xferstudio.data.edits import Edits
from xferstudio.gui.data.edits import Editor
from xferstudio.gui.data.rows import Rows
from xferstudio.gui.project.studio import Picture, Pictures


def item(path: str, label: str | None = None, split: str = "train", left_out: str = "") -> Picture:
    named = label if label is not None else path.split("/")[0] if "/" in path else None
    return Picture(path, named, "" if left_out else split, "", "", f"hash of {path}", left_out)


@pytest.fixture
def editor(qapp, tmp_path):
    made = Editor()
    made.open(tmp_path)
    items = [item(f"{name}/{n}.jpg") for name in ("ants", "bees", "wasps") for n in range(4)]
    items += [item("loose.jpg", None, left_out="no label")]
    made.use(Rows(Pictures(tmp_path, ("ants", "bees", "wasps"), items, "", {})))
    yield made
    made.deleteLater()


def of(editor: Editor, path: str) -> Picture:
    return editor.rows.items[editor.rows.places[path]]


def on_disk(editor: Editor) -> Edits:
    return Edits.read(editor.folder)


def test_a_class_is_given_seen_at_once_and_on_disk(editor, qtbot):
    with qtbot.waitSignal(editor.changed) as told:
        editor.assign([of(editor, "ants/0.jpg"), of(editor, "bees/1.jpg")], "bees")
    assert told.args == [[editor.rows.places["ants/0.jpg"]]], "what has the class already is left alone"
    assert of(editor, "ants/0.jpg").label == "bees"
    assert on_disk(editor).labels == {"ants/0.jpg": "bees"}
    assert editor.rows.edited == {"ants/0.jpg"}
    assert editor.stack.undoText() == "Move 1 to bees"


def test_everything_is_undone_and_redone(editor):
    start = list(editor.rows.items)
    states = [start]
    editor.assign([of(editor, "ants/0.jpg")], "bees")
    states.append(list(editor.rows.items))
    editor.rename("bees", "honey bees")
    states.append(list(editor.rows.items))
    editor.rename("wasps", "ants")
    states.append(list(editor.rows.items))
    editor.exclude([of(editor, "wasps/1.jpg"), of(editor, "ants/2.jpg")])
    states.append(list(editor.rows.items))
    editor.include([of(editor, "wasps/1.jpg")])
    states.append(list(editor.rows.items))
    editor.move([of(editor, "bees/3.jpg")], "test")
    states.append(list(editor.rows.items))
    final = on_disk(editor)
    for state in reversed(states[:-1]):
        editor.stack.undo()
        assert editor.rows.items == state
    assert on_disk(editor) == Edits()
    assert not editor.rows.edited
    for state in states[1:]:
        editor.stack.redo()
        assert editor.rows.items == state
    assert on_disk(editor) == final


def test_steps_are_not_limited(editor):
    for number in range(300):
        editor.assign([of(editor, "ants/0.jpg")], f"class {number}")
    assert editor.stack.count() == 300
    for _ in range(300):
        editor.stack.undo()
    assert of(editor, "ants/0.jpg").label == "ants"
    assert on_disk(editor) == Edits()


def test_renaming_twice_leaves_one_entry_and_renaming_back_leaves_none(editor):
    editor.rename("ants", "formica")
    assert on_disk(editor).renamed == {"ants": "formica"}
    editor.rename("formica", "Formicidae")
    assert on_disk(editor).renamed == {"ants": "Formicidae"}
    editor.rename("Formicidae", "ants")
    assert on_disk(editor).renamed == {}
    assert of(editor, "ants/0.jpg").label == "ants"


def test_merged_classes_stay_together_when_they_are_renamed(editor):
    editor.assign([of(editor, "wasps/0.jpg")], "ants")
    editor.rename("ants", "bees")
    assert editor.stack.undoText() == "Merge ants into bees"
    assert of(editor, "wasps/0.jpg").label == "bees"
    assert on_disk(editor).labels == {"wasps/0.jpg": "bees"}
    editor.rename("bees", "insects")
    assert on_disk(editor).renamed == {"ants": "insects", "bees": "insects"}
    assert sum(picture.label == "insects" for picture in editor.rows.items) == 9


def test_what_the_engine_makes_of_the_edits_is_what_is_shown(editor, tmp_path):
    from PIL import Image

    from xferstudio.data import scan

    root = tmp_path / "data"
    for place, picture in enumerate(editor.rows.items):
        file = root / picture.path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), (place, 0, 0)).save(file)
    (root / "loose.jpg").unlink()
    editor.rename("ants", "bees")
    editor.assign([of(editor, "wasps/0.jpg")], "hornets")
    editor.rename("bees", "ants")
    editor.exclude([of(editor, "bees/0.jpg")])
    catalog = Edits.read(editor.folder).apply(scan(root))
    shown = {p.path: p.label for p in editor.rows.items if not p.left_out}
    assert {found.path: found.label for found in catalog.items} == shown


def test_an_image_without_a_class_is_used_once_it_has_one(editor):
    editor.assign([of(editor, "loose.jpg")], "ants")
    assert of(editor, "loose.jpg").left_out == ""
    editor.stack.undo()
    assert of(editor, "loose.jpg").left_out == "no label"
    assert of(editor, "loose.jpg").label is None


def test_excluding_says_why_and_including_only_takes_what_was_excluded(editor):
    editor.exclude([of(editor, "ants/1.jpg")], "blurred")
    assert (of(editor, "ants/1.jpg").left_out, of(editor, "ants/1.jpg").split) == ("blurred", "")
    editor.include([of(editor, "ants/1.jpg"), of(editor, "loose.jpg")])
    assert of(editor, "ants/1.jpg").left_out == ""
    assert of(editor, "loose.jpg").left_out == "no label"
    count = editor.stack.count()
    editor.include([of(editor, "ants/2.jpg")])
    assert editor.stack.count() == count, "nothing to do is no step"


def test_what_is_left_out_has_no_split_to_change(editor):
    editor.move([of(editor, "loose.jpg")], "val")
    assert not editor.stack.count()


def test_all_changes_of_an_image_are_taken_back(editor):
    picture = of(editor, "ants/1.jpg")
    editor.assign([picture], "bees")
    editor.move([of(editor, "ants/1.jpg")], "test")
    editor.exclude([of(editor, "ants/1.jpg")])
    editor.take_back([of(editor, "ants/1.jpg")])
    assert on_disk(editor) == Edits()
    editor.stack.undo()
    assert on_disk(editor).splits == {"ants/1.jpg": "test"}


def test_a_change_that_cannot_be_written_has_not_happened(editor, qtbot, monkeypatch):
    editor.assign([of(editor, "ants/0.jpg")], "bees")
    before = list(editor.rows.items)

    def refuse(self, folder):
        raise UserError("the disk is full; free some space and try again")

    with monkeypatch.context() as patch:
        patch.setattr(Edits, "write", refuse)
        with qtbot.waitSignal(editor.failed) as told:
            editor.assign([of(editor, "ants/1.jpg")], "bees")
        assert "disk is full" in told.args[0]
        assert editor.rows.items == before
        assert editor.stack.count() == 1, "it is no step that could be undone"
        editor.stack.undo()
        qtbot.waitUntil(lambda: editor.stack.index() == 1)
        assert editor.rows.items == before, "undoing needs the disk as well"
    editor.stack.undo()
    assert of(editor, "ants/0.jpg").label == "ants"
    with monkeypatch.context() as patch:
        patch.setattr(Edits, "write", refuse)
        editor.stack.redo()
        qtbot.waitUntil(lambda: editor.stack.index() == 0)
        assert of(editor, "ants/0.jpg").label == "ants"
    editor.stack.redo()
    assert of(editor, "ants/0.jpg").label == "bees"


def test_a_damaged_file_is_said_and_not_overwritten(editor, qtbot):
    file = editor.folder / "edits.json"
    file.write_text("{broken")
    with qtbot.waitSignal(editor.failed):
        editor.assign([of(editor, "ants/0.jpg")], "bees")
    assert file.read_text() == "{broken"
    assert of(editor, "ants/0.jpg").label == "ants"


def test_what_another_window_wrote_meanwhile_stays(editor):
    editor.assign([of(editor, "ants/0.jpg")], "bees")
    other = Edits.read(editor.folder)
    Edits({**other.labels, "wasps/3.jpg": "ants"}, {"bees/2.jpg": ""}).write(editor.folder)
    editor.assign([of(editor, "ants/1.jpg")], "wasps")
    assert on_disk(editor).labels == {"ants/0.jpg": "bees", "wasps/3.jpg": "ants", "ants/1.jpg": "wasps"}
    editor.stack.undo()
    editor.stack.undo()
    assert on_disk(editor).labels == {"wasps/3.jpg": "ants"}
    assert on_disk(editor).excluded == {"bees/2.jpg": ""}


def test_steps_can_be_undone_after_the_images_were_looked_through_again(editor, tmp_path):
    editor.assign([of(editor, "ants/0.jpg")], "bees")
    fresh = [picture for picture in editor.rows.items if picture.path != "ants/3.jpg"]
    editor.use(Rows(Pictures(tmp_path, ("ants", "bees", "wasps"), fresh[::-1], "", {})))
    assert editor.rows.edited == {"ants/0.jpg"}
    editor.stack.undo()
    assert of(editor, "ants/0.jpg").label == "ants"


def test_another_project_has_other_steps(editor, tmp_path):
    editor.assign([of(editor, "ants/0.jpg")], "bees")
    other = tmp_path / "other"
    other.mkdir()
    (other / "edits.json").write_text(json.dumps({"schema": 1, "labels": {"a.jpg": "x"}}))
    editor.open(other)
    assert not editor.stack.count()
    assert editor.edits.labels == {"a.jpg": "x"}


def test_a_project_that_has_gone_takes_no_changes(editor):
    editor.open(None)
    editor.assign([of(editor, "ants/0.jpg")], "bees")
    assert of(editor, "ants/0.jpg").label == "ants"
    assert not Path("edits.json").exists()
