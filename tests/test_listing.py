"""What is listed: all that plugins offer in one line, and the images of a project as its runs use them."""

import importlib
import json
import types
from pathlib import Path

import pytest

from xferstudio import cli, listing, project
from xferstudio.data import Edits, read_dataset
from xferstudio.history import new_run_folder


def lines_of(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def made(make_pictures, tmp_path):
    """Ten ants and ten bees, one of which is excluded, and a file that is no image."""
    photos = make_pictures(*(f"{name}/{n:02d}{name[0]}.png" for name in ("ant", "bee") for n in range(10)))
    (photos / "ant" / "list.txt").write_text("no picture")
    made = project.create(tmp_path / "project", data=photos)
    Edits(excluded={"bee/00b.png": "blurred"}).write(made.folder)
    return made


# ------------------------------------------------------------------------------------------ catalogue


def test_the_catalogue_is_what_the_single_lists_say(capsys):
    assert cli.main(["--safe", "catalogue", "--json"]) == 0
    (catalogue,) = lines_of(capsys)
    assert catalogue["event"] == "Catalogue"
    for name in ("backbones", "strategies", "exporters"):
        cli.main(["--safe", name, "--json"])
        (alone,) = lines_of(capsys)
        assert catalogue[name] == alone
    cli.main(["--safe", "plugins", "--json"])
    (plugins,) = lines_of(capsys)
    assert [each["name"] for each in catalogue["plugins"]["loaded"]] == [
        each["name"] for each in plugins["loaded"]
    ]
    assert catalogue["plugins"]["failed"] == plugins["failures"] == []


def test_a_beginner_sees_four_options_at_most(capsys, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "plugins" / "xferstudio-lp-ft"))
    lp_ft = importlib.import_module("xferstudio_lp_ft")
    assert cli.main(["--safe", "strategies", "--json"]) == 0
    (listed,) = lines_of(capsys)
    for each in [*listed, listing._offer_dict(lp_ft.LinearProbeThenFineTune)]:
        plain = [option["name"] for option in each["options"] if not option["advanced"]]
        assert 0 < len(plain) <= 4, f"{each['id']}: {plain}"
        if each["id"] == "fine-tune":
            assert set(plain) == {"epochs", "stages", "learning_rate", "balance"}


def test_a_listed_backbone_says_how_its_images_are_prepared(capsys):
    cli.main(["--safe", "backbones", "lite0", "--json"])
    ((lite0,),) = lines_of(capsys)
    assert lite0["preprocessing"]["size"] == lite0["input_size"] == [224, 224]
    assert lite0["preprocessing"]["crop"] == "center"


def test_a_backbone_that_fails_to_describe_itself_does_not_hide_the_others(capsys):
    def fail():
        raise ZeroDivisionError

    broken = types.SimpleNamespace(
        id="x:broken",
        label="Broken",
        architecture="",
        parameters=0,
        licence="",
        modality="image",
        source="",
        preprocessing=fail,
        is_local=fail,
    )
    plugins = types.SimpleNamespace(backbones={"x:broken": broken, "x:other": broken})
    listing.list_backbones(plugins, "", True)
    (both,) = lines_of(capsys)
    assert [(each["preprocessing"], each["local"], each["input_size"]) for each in both] == [(None,) * 3] * 2
    listing.list_backbones(plugins, "", False)
    assert capsys.readouterr().out.count("x:broken") == 2


def test_the_catalogue_can_be_read_by_a_person(capsys):
    assert cli.main(["--safe", "catalogue"]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in ("embedded:efficientnet_lite0", "fine-tune", "onnx"))


# ------------------------------------------------------------------------------------------ scan


def test_a_scan_tells_every_file_once_and_ends_with_what_runs_will_count(made, capsys):
    assert cli.main(["scan", str(made.folder), "--json"]) == 0
    *before, last = lines_of(capsys)
    pictures = [row for line in before if line["event"] == "Pictures" for row in line["items"]]
    assert {line["event"] for line in before} == {"Progress", "Pictures"}
    dataset = read_dataset(made)
    assert last == {
        "event": "Scanned",
        "root": str(made.data_path()),
        "classes": ["ant", "bee"],
        "fingerprint": dataset.catalog.fingerprint,
        "counts": {"found": 21, "used": 19, "left_out": 2, "train": 11, "val": 4, "test": 4},
        "notices": [],
    }
    assert len(pictures) == len({row[0] for row in pictures}) == 21
    by_path = {row[0]: row[1:] for row in pictures}
    label, split, domain, group, content, why = by_path["bee/00b.png"]
    assert (label, split, domain, group, len(content), why) == ("bee", "", "", "", 32, "blurred")
    assert by_path["ant/list.txt"] == [None, "", "", "", "", "not an image file (.txt)"]
    label, split, domain, group, content, why = by_path["ant/00a.png"]
    assert (label, len(content), why) == ("ant", 32, "")
    assert split in ("train", "val", "test")


def test_a_line_of_a_scan_stays_short(made, capsys, monkeypatch):
    monkeypatch.setattr(listing, "IMAGES_IN_A_LINE", 8)
    cli.main(["scan", str(made.folder), "--json"])
    sizes = [len(line["items"]) for line in lines_of(capsys) if line["event"] == "Pictures"]
    assert sizes == [8, 8, 5]


def test_a_scan_for_people_is_a_table_and_the_reasons(made, capsys):
    assert cli.main(["scan", str(made.folder)]) == 0
    out = capsys.readouterr().out
    assert "21 files found, 19 used, 2 left out" in out
    assert [line.split() for line in out.splitlines() if line.startswith("all ")] == [["all", "11", "4", "4"]]
    assert "left out: bee/00b.png: blurred" in out


def test_a_scan_of_images_without_labels_is_no_fault(make_pictures, tmp_path, capsys):
    made = project.create(tmp_path / "project", data=make_pictures("a.png", "b.png"))
    assert cli.main(["scan", str(made.folder), "--json"]) == 0
    last = lines_of(capsys)[-1]
    assert (last["classes"], last["counts"]["left_out"]) == ([], 2)
    assert cli.main(["scan", str(made.folder)]) == 0
    assert "no label" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["scan"], ["scan", "--json"]])
def test_a_scan_of_what_is_no_project_or_has_lost_its_data_is_a_mistake(made, tmp_path, capsys, words):
    assert cli.main([*words, str(tmp_path / "nowhere")]) == 2
    made.data_path().rename(tmp_path / "elsewhere")
    assert cli.main([*words, str(made.folder)]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "Traceback" not in seen.err


def test_a_scan_knows_what_the_last_run_on_the_same_data_could_not_decode(made, capsys):
    dataset = read_dataset(made)
    broken = dataset.catalog.items[3].path
    folder = new_run_folder(made, project.Run("one", "extract", "embedded:efficientnet_lite0"))
    summary = {
        "data_fingerprint": dataset.catalog.fingerprint,
        "left_out": [{"path": broken, "reason": "damaged: the file is cut short"}],
    }
    folder.write_summary(summary)
    assert cli.main(["scan", str(made.folder), "--json"]) == 0
    lines = lines_of(capsys)
    rows = {row[0]: row for line in lines if line["event"] == "Pictures" for row in line["items"]}
    assert rows[broken][-1] == "damaged: the file is cut short"
    assert rows[broken][2] == ""
    (end,) = [line for line in lines if line["event"] == "Scanned"]
    assert end["counts"]["used"] == dataset.counts["used"] - 1
    assert end["counts"]["found"] == dataset.counts["found"] == len(rows)
    assert end["fingerprint"] == dataset.catalog.fingerprint

    folder.write_summary(summary | {"data_fingerprint": "of other data"})
    cli.main(["scan", str(made.folder), "--json"])
    (end,) = [line for line in lines_of(capsys) if line["event"] == "Scanned"]
    assert end["counts"] == dataset.counts
