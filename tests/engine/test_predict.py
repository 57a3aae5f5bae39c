"""Predictions keep their order, survive bad files, need no torch for ONNX, and sort without loss."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from xferstudio.api import Preprocessing, UserError
from xferstudio.data import prepare
from xferstudio.engine import model as engine_model
from xferstudio.engine.model import Network, Trained
from xferstudio.engine.predict import Prediction, expand_inputs, open_predictor, sort_into
from xferstudio.engine.torchvision_ops import import_timm
from xferstudio_plugins.exporters import OnnxExporter

CLASSES = ("ants", "Äpfel/Birnen", "..")


@pytest.fixture(scope="module")
def trained() -> Trained:
    torch.manual_seed(0)
    backbone = import_timm().create_model("test_efficientnet", num_classes=0)
    head = torch.nn.Linear(backbone.head_hidden_size, 3)
    images = torch.nn.functional.interpolate(torch.rand(32, 3, 4, 4) * 4 - 2, (32, 32))
    with torch.no_grad():  # an untrained network answers nearly the same to everything
        for _ in range(30):
            backbone(images)
        features = backbone.eval()(images)
        head.weight.mul_(2 / (features @ head.weight.T).std(0).mean())
        head.bias.copy_(-(features @ head.weight.T).mean(0))
    network = Network(backbone, head, backbone.head_hidden_size).eval().requires_grad_(False)
    return Trained(network, Preprocessing(size=(32, 32)), CLASSES, 1.3, "test_efficientnet", {})


@pytest.fixture(scope="module")
def onnx_file(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "Modell ü.onnx"
    OnnxExporter(OnnxExporter.Options()).export(trained, out)
    return out


@pytest.fixture
def run_folder(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "20260101-000000-first"
    folder.mkdir()
    (folder / "best.safetensors").write_bytes(b"")
    monkeypatch.setattr(engine_model, "load_trained", lambda _folder, _plugins=None: trained)
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(2)
    files = [folder / f"{number:02d}.png" for number in range(20)]
    for file in files:
        size = (int(rng.integers(5, 90)), int(rng.integers(5, 90)))
        Image.fromarray(rng.integers(0, 256, (3, 3, 3), dtype=np.uint8)).resize(size).save(file)
    files[4].write_bytes(files[4].read_bytes()[:60])
    files[17].write_text("no picture")
    return files


def expected(trained: Trained, file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return trained.probabilities(prepare(image.convert("RGB"), trained.preprocessing)[None])[0]


# ---------------------------------------------------------------------------------------------- predicting


@pytest.mark.parametrize("kind", ["run", "onnx"])
def test_predictions_come_in_order_and_bad_files_get_a_reason_and_stop_nothing(
    kind: str, trained: Trained, onnx_file: Path, run_folder: Path, photos: list[Path]
) -> None:
    predictor = open_predictor(onnx_file if kind == "onnx" else run_folder)
    assert predictor.classes == CLASSES
    photos.insert(7, photos[0].with_name("missing.png"))
    answers = list(predictor.predict(photos))
    assert [answer.path for answer in answers] == photos
    assert [answer.path.name for answer in answers if answer.error] == ["04.png", "missing.png", "17.png"]
    assert "cut short" in answers[4].error
    assert "missing" in answers[7].error
    assert len({answer.label for answer in answers if not answer.error}) > 1
    for answer in answers:
        if answer.error:
            assert answer.to_dict() == {"path": str(answer.path), "error": answer.error}
            continue
        assert answer.probabilities is not None
        values = expected(trained, answer.path)
        assert np.allclose(list(answer.probabilities.values()), values, atol=0.01)
        assert tuple(answer.probabilities) == CLASSES
        assert (
            answer.label
            == answer.top(1)[0][0]
            == max(answer.probabilities, key=answer.probabilities.__getitem__)
        )
        assert answer.confidence == answer.probabilities[answer.label]
        assert list(answer.to_dict()) == ["path", "label", "confidence", "probabilities"]


@pytest.mark.parametrize("kind", ["run", "onnx"])
def test_paths_that_come_one_by_one_are_answered_one_by_one(
    kind: str, onnx_file: Path, run_folder: Path, photos: list[Path]
) -> None:
    taken = 0

    def coming() -> Iterator[Path]:
        nonlocal taken
        for photo in photos:
            taken += 1
            yield photo

    for answered, _ in enumerate(
        open_predictor(onnx_file if kind == "onnx" else run_folder).predict(coming()), 1
    ):
        assert taken == answered
    assert taken == len(photos)


def test_predicting_with_an_onnx_file_imports_no_torch(onnx_file: Path, photos: list[Path]) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from xferstudio.engine.predict import open_predictor\n"
        "answers = list(open_predictor(Path(sys.argv[1])).predict([Path(sys.argv[2])]))\n"
        "assert answers[0].label, answers\n"
        "print([name for name in ('torch', 'timm', 'torchvision', 'onnx') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(onnx_file), str(photos[0])],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_only_runs_and_onnx_files_of_ours_are_taken(tmp_path: Path) -> None:
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "foreign",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    foreign = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    (tmp_path / "foreign.onnx").write_bytes(foreign.SerializeToString())
    newer = foreign.metadata_props.add()
    newer.key, newer.value = "xferstudio", '{"schema": 2}'
    (tmp_path / "newer.onnx").write_bytes(foreign.SerializeToString())
    newer.value = '{"schema": 1, "classes": ["a"]}'
    (tmp_path / "torn.onnx").write_bytes(foreign.SerializeToString())
    (tmp_path / "damaged.onnx").write_bytes(b"nonsense")
    (tmp_path / "model.pt2").write_bytes(b"")
    (tmp_path / "photos").mkdir()
    (tmp_path / "new-run").mkdir()
    (tmp_path / "new-run" / "events.jsonl").write_text("")
    for name, words in {
        "foreign.onnx": "was not exported by xferstudio",
        "newer.onnx": "newer version",
        "torn.onnx": "not whole",
        "damaged.onnx": "damaged",
        "model.pt2": "name a run folder or an exported ONNX file",
        "photos": "neither a run nor an exported ONNX file",
        "new-run": "no learned weights yet",
        "nothing": "There is no model",
    }.items():
        with pytest.raises(UserError, match=words):
            open_predictor(tmp_path / name)


# ------------------------------------------------------------------------------------------- which files


def test_folders_are_walked_sorted_to_the_bottom_and_named_files_are_always_kept(tmp_path: Path) -> None:
    for name in (
        "b/2.JPG",
        "b/10.png",
        "a.jpeg",
        "c/d/e.webp",
        ".hidden.jpg",
        ".git/x.png",
        "b/notes.txt",
        "Thumbs.db",
    ):
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    (tmp_path / "in" / "c" / "loop").symlink_to(tmp_path / "in", target_is_directory=True)
    note = tmp_path / "in" / "b" / "notes.txt"
    found = [path.relative_to(tmp_path / "in").as_posix() for path in expand_inputs([note, tmp_path / "in"])]
    assert found == ["b/notes.txt", "a.jpeg", "b/10.png", "b/2.JPG", "c/d/e.webp"]
    with pytest.raises(UserError, match="no file or folder"):
        expand_inputs([tmp_path / "none"])


# ---------------------------------------------------------------------------------------------- sorting


def answer(path: Path, label: str, confidence: float = 0.9) -> Prediction:
    shares = dict.fromkeys(CLASSES, (1 - confidence) / 2)
    return Prediction(path, label, confidence, {**shares, label: confidence})


@pytest.mark.parametrize("link", [False, True])
def test_sorting_makes_one_folder_per_class_and_one_for_the_unsure(link: bool, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.jpg" for number in range(5)]
    for file in files:
        file.write_text(file.name)
    out = tmp_path / "sorted"
    done = list(
        sort_into(
            [
                answer(files[0], "ants"),
                answer(files[1], "Äpfel/Birnen"),
                answer(files[2], ".."),
                answer(files[3], "ants", 0.4),
                Prediction(files[4], error="It cannot be read: damaged."),
            ],
            out,
            0.5,
            link=link,
        )
    )
    got = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
    assert got == {
        "ants/0.jpg": "0.jpg",
        "Äpfel_Birnen/1.jpg": "1.jpg",
        "_/2.jpg": "2.jpg",
        "unsure/3.jpg": "3.jpg",
    }
    assert [file.read_text() for file in files] == [file.name for file in files]
    assert done[4].to is None
    assert done[0].to is not None
    assert done[0].to.samefile(files[0]) == link


@pytest.mark.parametrize("link", [False, True])
def test_sorting_overwrites_nothing_and_sorting_again_doubles_nothing(link: bool, tmp_path: Path) -> None:
    out = tmp_path / "sorted"
    (out / "ants").mkdir(parents=True)
    (out / "ants" / "a.jpg").write_text("was there")
    files = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "a.jpg")
        files[-1].write_text(folder)
    for _ in range(2):
        list(sort_into([answer(file, "ants") for file in files], out, link=link))
        got = {path.name: path.read_text() for path in (out / "ants").iterdir()}
        assert got == {"a.jpg": "was there", "a (2).jpg": "one", "a (3).jpg": "two"}


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("..", "_"),
        (".hidden", "_hidden"),
        ("a/../../b", "a_.._.._b"),
        ("C:\\x", "C__x"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("ends with dot. ", "ends with dot"),
        ("", "_"),
        ("unsure", "unsure (2)"),
        ("Unsure", "Unsure (2)"),
        ('say "hi"\n', "say _hi__"),
        ("日本" * 100, "日本" * 33),
    ],
)
def test_class_names_become_folder_names_that_are_safe_everywhere(
    label: str, folder: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.jpg"
    file.write_text("x")
    out = tmp_path / "deep" / "out"
    (done,) = sort_into([Prediction(file, label, 0.9, {label: 0.9})], out, 0.5)
    assert done.to == out / folder / "a.jpg"
    assert done.to.is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"a.jpg", "deep"}


def test_classes_that_differ_only_in_case_or_forbidden_signs_get_folders_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    file.write_text("x")
    names = ("A/b", "A:b", "a_B")
    shares = dict.fromkeys(names, 0.3)
    done = list(sort_into([Prediction(file, name, 0.9, shares) for name in names], tmp_path / "out"))
    assert len({str(each.to).casefold() for each in done}) == 3


def test_a_file_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(UserError, match="is a file"):
        list(sort_into([answer(tmp_path / "a.jpg", "ants")], tmp_path / "out"))
    (gone,) = sort_into([answer(tmp_path / "gone.jpg", "ants")], tmp_path / "fresh")
    assert gone.to is None
    assert gone.error
