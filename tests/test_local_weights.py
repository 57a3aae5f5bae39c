"""Weights of the user's own: typed as a path, kept relative to the project, found again, and refused when changed."""

import os
import re
import shlex
import shutil

import pytest
import torch
from safetensors.torch import save_file

from xferstudio import cli, local_weights, project
from xferstudio.api import UserError, WeightsError
from xferstudio.engine.torchvision_ops import import_timm
from xferstudio.history import latest

TINY = "test_resnet"
REST = f"?architecture={TINY}&size=64&mean=0.5&std=0.25&interpolation=bilinear&crop_share=0.9"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with pictures, weights and the folder `home/p` of a project, and everything typed from there."""
    home = tmp_path / "work" / "home"
    (home / "weights").mkdir(parents=True)
    torch.manual_seed(3)
    save_file(import_timm().create_model(TINY).state_dict(), home / "weights" / "tiny.safetensors")
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def photos(place, make_pictures):
    names = [f"{label}/{number}.png" for label in ("a", "b") for number in range(8)]
    return make_pictures(*names, folder=place / "photos")


@pytest.fixture
def made(place, photos, capsys):
    assert cli.main(["new", "p", "--data", "photos", "--backbone", f"weights/tiny.safetensors{REST}"]) == 0
    assert cli.main(["add", "p", "--strategy", "extract", "--name", "e"]) == 0
    capsys.readouterr()
    return project.load(place / "p")


def run(folder, capsys, *more: str) -> tuple[int, str]:
    code = cli.main(["run", str(folder), "--device", "cpu", *more])
    told = capsys.readouterr()
    return code, told.out + told.err


# ------------------------------------------------------------------------------------------ ids


@pytest.mark.parametrize(
    ("id", "parts"),
    [
        ("file:a/b.pt", ("a/b.pt", "")),
        ("file:a?b#c/w.pt?size=64#stages=1,last", ("a?b#c/w.pt", "?size=64#stages=1,last")),
        ("file:w#stages=2", ("w", "#stages=2")),
        ("timm:resnet18", None),
    ],
)
def test_an_id_is_taken_apart_as_its_plugin_does(id, parts):
    assert local_weights.split_id(id) == parts


def test_a_path_that_exists_becomes_an_id_relative_to_the_project(place):
    typed = local_weights.typed
    for text in (
        "weights/tiny.safetensors",
        f"file:{place}/weights/tiny.safetensors",
        "./weights/tiny.safetensors",
    ):
        assert typed(text + REST, place / "p") == f"file:../weights/tiny.safetensors{REST}"
    assert typed("weights", place / "p") == "file:../weights"
    assert typed("file:../weights", place / "p") == "file:../weights"  # as it stands in the project
    assert typed("weights", place / "p", known={"weights"}) == "weights"
    for other in ("timm:resnet18", "embedded:efficientnet_lite0", "tiny"):
        assert typed(other, place / "p") == other


@pytest.mark.parametrize("text", ["file:gone.pt", "gone.safetensors?size=64", "./gone", "/no/where"])
def test_a_path_that_leads_nowhere_is_told_as_such(place, text):
    with pytest.raises(UserError, match="there is no weights file or folder"):
        local_weights.typed(text, place)


# ------------------------------------------------------------------------------------------ new, add, run


def test_a_plain_path_works_and_its_content_is_written_down(made, capsys):
    [only] = made.runs
    assert only.backbone == f"file:../weights/tiny.safetensors{REST}"
    assert len(only.weights) == 32
    code, told = run("p", capsys)
    assert code == 0, told
    assert latest(made, "e").read_run()["weights_file"] == only.weights


def test_the_example_in_the_sentence_can_be_typed(place, photos, capsys):
    assert cli.main(["new", "p", "--data", "photos", "--backbone", "weights/tiny.safetensors"]) == 2
    told = capsys.readouterr().err
    example = shlex.split(re.search(r"for instance (\S+) for", told)[1])[0]
    assert not (place / "p").exists()
    fitting = example.replace("resnet18", TINY)
    assert cli.main(["new", "p", "--data", "photos", "--backbone", fitting]) == 0


def test_weights_that_do_not_fit_and_stages_that_do_not_exist_are_told_at_once(place, photos, capsys):
    assert cli.main(["new", "p", "--data", "photos"]) == 0
    add = ["add", "p", "--strategy", "extract", "--backbone"]
    assert cli.main([*add, "weights/tiny.safetensors?architecture=resnet18&preprocessing=timm"]) == 2
    assert "do not fit" in capsys.readouterr().err
    assert cli.main([*add, f"timm:{TINY}.r160_in1k#stages=99"]) == 2
    assert "there is no stage '99'" in capsys.readouterr().err
    file = place / "weights" / "tiny.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    assert cli.main([*add, f"weights/tiny.safetensors{REST}"]) == 2
    assert "damaged" in capsys.readouterr().err
    assert project.load(place / "p").runs == ()


def test_a_project_that_moves_with_its_weights_goes_on_working(made, place, capsys, monkeypatch):
    monkeypatch.chdir("/")
    moved = place.rename(place.with_name("elsewhere"))
    assert run(moved / "p", capsys)[0] == 0
    # Also what is read of the network's description to predict.
    model = latest(project.load(moved / "p"), "e").path
    assert cli.main(["predict", str(model), str(moved / "photos" / "a" / "0.png")]) == 0


def test_weights_that_moved_are_found_by_their_content(made, place, capsys):
    nearby = place / "p" / "tiny.safetensors"
    shutil.copy(place / "weights" / "tiny.safetensors", nearby)
    content = bytearray(nearby.read_bytes())
    content[-5] ^= 1
    (place / "tiny.safetensors").write_bytes(content)
    shutil.rmtree(place / "weights")
    assert run("p", capsys)[0] == 0
    nearby.unlink()
    code, told = run("p", capsys, "--fresh")
    assert code == 2
    assert "There is" in told
    assert "but its content is another" in told
    assert "[runs.e]" in told


def flip_a_bit(file) -> None:
    content = bytearray(file.read_bytes())
    content[-5] ^= 1
    file.write_bytes(content)
    os.utime(file, (1, 1))


def test_one_flipped_bit_is_refused_and_the_way_out_works(made, place, capsys):
    flip_a_bit(place / "weights" / "tiny.safetensors")
    code, told = run("p", capsys)
    assert code == 2
    assert "not those that the run e was made for" in told
    assert not latest(made, "e")
    again = shlex.split(told.strip().rsplit("now: ", 1)[1])
    assert again[0] == "xferstudio"
    assert cli.main(again[1:]) == 0
    assert run("p", capsys, "e-new")[0] == 0


def test_a_run_written_by_hand_is_held_against_the_weights_of_the_run_before(made, place, capsys):
    made.file.write_text(re.sub(r"(?m)^weights = .*$", "", made.file.read_text("utf-8")), "utf-8")
    assert run("p", capsys)[0] == 0
    flip_a_bit(place / "weights" / "tiny.safetensors")
    assert "finished already" in run("p", capsys)[1]  # nothing is done, so nothing is wrong
    code, told = run("p", capsys, "--fresh")
    assert code == 2
    assert "not those" in told


def test_a_folder_of_weights_is_known_by_what_is_in_it(place):
    before = local_weights.contents("file:weights", place)
    (place / "weights" / "README.md").write_text("hello", "utf-8")
    assert local_weights.contents("file:weights", place) == before
    flip_a_bit(place / "weights" / "tiny.safetensors")
    assert local_weights.contents("file:weights", place) != before
    assert local_weights.contents("timm:resnet18", place) == ""


def test_of_several_files_of_that_name_none_is_guessed(place):
    folder = place / "p"
    for name in (".", ".."):
        target = folder / name / "w.pt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"x")
    made = project.Project(folder, "p", project.DataSpec("d"))
    with pytest.raises(WeightsError, match="several of that name"):
        local_weights.locate(made, project.Run("e", "extract", "file:gone/w.pt"))
