"""Exports answer as the app does, on any image, and say so when they do not."""

from __future__ import annotations

import json
import logging
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from PIL import Image

from xferstudio.api import Exporter, Preprocessing, UserError, describe_options
from xferstudio.data import prepare
from xferstudio.engine.export import Parity, Record, export_run, parity_path
from xferstudio.engine.model import Network, Trained
from xferstudio.engine.torchvision_ops import import_timm
from xferstudio.events import Event, Notice, Progress
from xferstudio_plugins.exporters import OnnxExporter, TimmExporter, TorchExporter
from xferstudio_plugins.exporters.onnx import preprocessing_model
from xferstudio_plugins.exporters.torch_export import refuse_pickles

CLASSES = ("ants", 'bees "wild"', "Äpfel/Birnen, 🍐")
HOW = Preprocessing(size=(32, 32), interpolation="bicubic", crop_share=0.875)
ODD_SIZES = [(1, 1), (3, 1000), (1000, 3), (5000, 40), (40, 5000), (777, 1023), (33, 31), (2, 2)]


def make_model(how: Preprocessing = HOW, head: Any = None, name: str = "test_efficientnet") -> Trained:
    torch.manual_seed(0)
    backbone = import_timm().create_model(name, num_classes=0)
    head = head or torch.nn.Linear(backbone.head_hidden_size, len(CLASSES))
    awaken(backbone, head, how)
    network = Network(backbone, head, backbone.head_hidden_size).eval().requires_grad_(False)
    return Trained(
        network=network.to(memory_format=torch.channels_last),
        preprocessing=how,
        classes=CLASSES,
        temperature=1.7,
        architecture=name,
        details={
            "run": "first",
            "strategy": "extract",
            "backbone": f"timm:{name}",
            "versions": {"torch": "2"},
        },
    )


def awaken(backbone: Any, head: Any, how: Preprocessing) -> None:
    """Make a fresh network tell images apart: untrained ones answer nearly the same to everything."""
    blocks = torch.rand(32, 3, 4, 4, generator=torch.Generator().manual_seed(3)) * 4 - 2
    images = torch.nn.functional.interpolate(blocks, how.size)
    with torch.no_grad():
        backbone.train()
        for _ in range(30):
            backbone(images)
        backbone.eval()
        features = backbone(images)
        if isinstance(head, torch.nn.Linear):
            head.weight.mul_(2 / (features @ head.weight.T).std(0).mean())
            head.bias.copy_(-(features @ head.weight.T).mean(0))


@pytest.fixture(scope="module")
def model() -> Trained:
    return make_model()


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(1)
    files = []
    for number in range(12):
        size = (int(rng.integers(20, 200)), int(rng.integers(20, 200)))
        coarse = Image.fromarray(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)).resize(size)
        files.append(folder / f"{number:02d}.{'jpg' if number % 2 else 'png'}")
        coarse.save(files[-1])
    return files


@pytest.fixture(scope="module")
def onnx_file(model: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("onnx") / "model.onnx"
    OnnxExporter(OnnxExporter.Options()).export(model, out)
    return out


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * 7919 + width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def app_answer(model: Trained, image: np.ndarray) -> np.ndarray:
    return model.probabilities(prepare(Image.fromarray(image), model.preprocessing)[None])[0]


def outcome(events: Iterator[Event | Parity]) -> tuple[list[Event], Parity]:
    *before, last = list(events)
    assert isinstance(last, Parity)
    assert all(isinstance(event, Event) for event in before)
    return before, last  # type: ignore[return-value]


def test_the_network_of_these_tests_tells_the_photos_apart(model: Trained, photos: list[Path]) -> None:
    answers = np.stack([app_answer(model, np.array(Image.open(photo))) for photo in photos])
    assert (answers.max(0) - answers.min(0)).min() > 0.2
    assert len(set(answers.argmax(1).tolist())) > 1


# -------------------------------------------------------------------------------- the preprocessing in ONNX


@pytest.mark.parametrize("crop", ["center", "squash", "pad"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos", "nearest", "box"])
@pytest.mark.parametrize("size", [(56, 56), (32, 48)])
def test_the_graph_prepares_images_of_any_size_as_pillow_does_to_one_grey_level(
    crop: Any, interpolation: Any, size: tuple[int, int]
) -> None:
    how = Preprocessing(size=size, crop=crop, interpolation=interpolation, crop_share=0.9)
    session = onnxruntime.InferenceSession(preprocessing_model(how).SerializeToString())
    for height, width in [*ODD_SIZES, size]:
        image = noise(height, width)
        given = session.run(None, {"image": image})[0].astype(int)
        difference = np.abs(given - prepare(Image.fromarray(image), how))
        assert difference.max() <= 1, (height, width)
        assert difference.mean() < 0.03, (height, width)


def test_the_order_of_the_passes_follows_pillow_where_the_height_shrinks_more() -> None:
    how = Preprocessing(size=(50, 50), crop="squash", interpolation="bicubic")
    session = onnxruntime.InferenceSession(preprocessing_model(how).SerializeToString())
    for width in (20, 45, 60, 80, 120):
        edge = 50 + 2 * max(width - 50, 0)
        for height in (edge - 1, edge, edge + 1, edge + 40):
            image = noise(height, width)
            given = session.run(None, {"image": image})[0].astype(int)
            assert np.abs(given - prepare(Image.fromarray(image), how)).max() <= 1, (height, width)


# ------------------------------------------------------------------------------------------------ onnx


def test_an_onnx_file_takes_raw_images_of_odd_sizes_and_answers_as_the_app_does(
    model: Trained, onnx_file: Path
) -> None:
    artifact = OnnxExporter(OnnxExporter.Options()).load(onnx_file)
    for height, width in ODD_SIZES:
        image = noise(height, width)
        given = artifact.probabilities(image)
        assert given.shape == (3,)
        assert given.sum() == pytest.approx(1, abs=1e-5)
        assert np.abs(given - app_answer(model, image)).max() < 0.01, (height, width)


def test_an_onnx_file_is_one_file_and_carries_classes_and_all_that_is_needed(
    model: Trained, onnx_file: Path
) -> None:
    assert [path.name for path in onnx_file.parent.iterdir()] == ["model.onnx"]
    session = onnxruntime.InferenceSession(str(onnx_file))
    facts = session.get_modelmeta().custom_metadata_map
    assert tuple(json.loads(facts["classes"])) == CLASSES
    assert "\n" not in facts["classes"]
    record = Record.from_json(facts["xferstudio"])
    assert (record.classes, record.preprocessing, record.temperature) == (CLASSES, HOW, 1.7)
    assert record.details["run"] == "first"
    assert record.details["backbone"] == "timm:test_efficientnet"
    (given,) = session.get_inputs()
    assert (given.name, given.type, given.shape) == ("image", "tensor(uint8)", ["height", "width", 3])
    (answer,) = session.get_outputs()
    assert (answer.name, answer.shape) == ("probabilities", [3])


def test_writing_onnx_says_nothing_by_itself_and_leaves_the_model_as_it_was(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    small = make_model()
    before = {name: tensor.clone() for name, tensor in small.network.state_dict().items()}
    level = logging.getLogger("torch.onnx").level
    OnnxExporter(OnnxExporter.Options()).export(small, tmp_path / "a.onnx")
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert all(torch.equal(tensor, before[name]) for name, tensor in small.network.state_dict().items())
    assert logging.getLogger("torch.onnx").level == level


def test_a_network_that_onnx_cannot_express_is_a_sentence_and_leaves_no_file(tmp_path: Path) -> None:
    class Fickle(torch.nn.Module):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return features[:, :3] if float(features.sum()) > 0 else -features[:, :3]

    with pytest.raises(UserError, match="cannot be written as ONNX"):
        list(
            export_run(
                tmp_path, OnnxExporter(None), tmp_path / "a.onnx", files=[], model=make_model(head=Fickle())
            )
        )
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------ torch


def test_a_torch_program_answers_as_the_app_does_for_any_number_of_images(
    model: Trained, tmp_path: Path
) -> None:
    out = tmp_path / "model.pt2"
    exporter = TorchExporter(TorchExporter.Options())
    exporter.export(model, out)
    artifact = exporter.load(out)
    for size in ((1, 1), (90, 61)):
        assert np.abs(artifact.probabilities(noise(*size)) - app_answer(model, noise(*size))).max() < 1e-4
    extra = {"xferstudio.json": ""}
    program = torch.export.load(out, extra_files=extra).module()
    assert Record.from_json(extra["xferstudio.json"]).classes == CLASSES
    batch = np.stack([noise(32, 32)] * 5)
    assert np.allclose(program(torch.from_numpy(batch)).numpy(), model.probabilities(batch), atol=1e-4)


def test_a_torch_program_holds_no_pickle_and_one_with_a_pickle_is_not_loaded(
    model: Trained, tmp_path: Path
) -> None:
    out = tmp_path / "model.pt2"
    exporter = TorchExporter(TorchExporter.Options())
    exporter.export(model, out)
    refuse_pickles(out)
    evil = tmp_path / "evil.pt2"
    with zipfile.ZipFile(out) as good, zipfile.ZipFile(evil, "w") as bad:
        for entry in good.infolist():
            data = good.read(entry)
            if entry.filename.endswith("weights_config.json"):
                config = json.loads(data)
                next(iter(config["config"].values()))["use_pickle"] = True
                data = json.dumps(config).encode()
            bad.writestr(entry.filename, data)
    with pytest.raises(UserError, match="unpickled"):
        exporter.load(evil)
    (tmp_path / "text.pt2").write_text("hello")
    with pytest.raises(UserError, match="damaged"):
        exporter.load(tmp_path / "text.pt2")


# ------------------------------------------------------------------------------------------------ timm


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet", "test_convnext", "test_mambaout"])
def test_timm_loads_the_folder_and_gives_the_probabilities_of_the_app(name: str, tmp_path: Path) -> None:
    trained = make_model(name=name)
    exporter = TimmExporter(TimmExporter.Options())
    exporter.export(trained, tmp_path / "folder")
    loaded = import_timm().create_model(f"local-dir:{tmp_path / 'folder'}", pretrained=True).eval()
    assert tuple(loaded.pretrained_cfg["label_names"]) == CLASSES
    assert loaded.pretrained_cfg["crop_pct"] == HOW.crop_share
    assert loaded.pretrained_cfg["interpolation"] == HOW.interpolation
    artifact = exporter.load(tmp_path / "folder")
    image = noise(50, 70)
    assert np.abs(artifact.probabilities(image) - app_answer(trained, image)).max() < 1e-4


def test_a_transformer_is_rebuilt_by_timm_for_the_input_size_it_was_trained_at(tmp_path: Path) -> None:
    how = replace(HOW, size=(160, 160), crop="squash")
    trained = make_model(how, name="test_vit")
    exporter = TimmExporter(TimmExporter.Options())
    exporter.export(trained, tmp_path / "folder")
    image = noise(200, 180)
    assert (
        np.abs(exporter.load(tmp_path / "folder").probabilities(image) - app_answer(trained, image)).max()
        < 1e-4
    )


def test_timm_refuses_a_head_that_it_has_no_room_for_and_names_onnx(tmp_path: Path) -> None:
    width = make_model().network.feature_width
    head = torch.nn.Sequential(torch.nn.Linear(width, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    with pytest.raises(UserError, match=r"linear head.*onnx"):
        TimmExporter(None).export(make_model(head=head), tmp_path / "folder")
    with pytest.raises(UserError, match="not a network of timm"):
        TimmExporter(None).export(replace(make_model(), architecture=""), tmp_path / "folder")
    assert not (tmp_path / "folder").exists()


# ------------------------------------------------------------------------------------------- export_run


@pytest.mark.parametrize(
    ("kind", "name"), [(OnnxExporter, "m.onnx"), (TorchExporter, "m.pt2"), (TimmExporter, "folder")]
)
def test_an_export_writes_its_proof_and_nothing_else(
    kind: type[Exporter], name: str, model: Trained, photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "exports" / name
    events, parity = outcome(export_run(tmp_path, kind(kind.Options()), out, files=photos, model=model))
    assert parity.passed, parity.sentence
    assert (parity.files, parity.agreement) == (12, 1.0)
    assert parity.largest_difference <= 0.01
    assert "fewer than 64" in parity.sentence
    assert [event.done for event in events if isinstance(event, Progress)] == list(range(1, 13))
    written = json.loads(parity_path(out).read_text(encoding="utf-8"))
    assert written["passed"] is True
    assert written["files"] == 12
    left = {path.name for path in out.parent.iterdir()}
    assert left == ({name} if kind is TimmExporter else {name, f"{name}.parity.json", "parity.json"})


class Broken(Exporter):
    """Swaps two classes, blurs, fails, or gives nonsense, on purpose."""

    id = "broken"
    label = "broken file"
    suffix = ".txt"

    @dataclass(frozen=True)
    class Options:
        fault: str = "swap"

    def export(self, model: Any, out: Path) -> None:
        out.write_text("x")
        self.model = model

    def load(self, out: Path) -> Any:
        return self

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        right = app_answer(self.model, image)
        fault = self.options.fault
        if fault == "none":
            return right
        if fault == "raise":
            raise RuntimeError("no such shape\nstack")
        if fault == "nan":
            return right * np.nan
        if fault == "shape":
            return right[:2]
        if fault == "shift":
            moved = right.copy()
            moved[right.argmax()] -= 0.02
            return moved
        return np.roll(right, 1)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("swap", "names another class"),
        ("shift", "0.01 is allowed"),
        ("raise", "RuntimeError: no such shape"),
        ("nan", "one finite number per class"),
        ("shape", "one finite number per class"),
    ],
)
def test_a_broken_export_is_marked_as_failing_in_words(
    fault: str, words: str, model: Trained, photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "m.txt"
    events, parity = outcome(
        export_run(tmp_path, Broken(Broken.Options(fault)), out, files=photos, model=model)
    )
    assert not parity.passed
    assert "FAILS" in parity.sentence
    assert words in parity.sentence
    assert parity.worst
    assert set(parity.worst) <= {str(photo) for photo in photos}
    assert [event.level for event in events if isinstance(event, Notice)][-1] == "warning"
    assert json.loads(parity_path(out).read_text(encoding="utf-8"))["passed"] is False


def test_a_tie_of_the_two_best_classes_is_no_disagreement(photos: list[Path], tmp_path: Path) -> None:
    class Tie(torch.nn.Module):
        def forward(self, features: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[1.0, 1.004, 0.0]]).expand(len(features), 3)

    class Other(Broken):
        def probabilities(self, image: np.ndarray) -> np.ndarray:
            right = app_answer(self.model, image)
            return right[[1, 0, 2]]

    _, parity = outcome(
        export_run(
            tmp_path, Other(Other.Options()), tmp_path / "m.txt", files=photos, model=make_model(head=Tie())
        )
    )
    assert parity.passed
    assert (parity.ties, parity.agreement) == (12, 0.0)


def test_files_that_cannot_be_read_are_counted_apart_and_no_file_at_all_is_no_proof(
    model: Trained, photos: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("not an image")
    events, parity = outcome(
        export_run(tmp_path, OnnxExporter(None), tmp_path / "a.onnx", files=[bad, *photos[:2]], model=model)
    )
    assert parity.files == 2
    assert any("could not be read" in event.text for event in events if isinstance(event, Notice))
    _, nothing = outcome(
        export_run(tmp_path, OnnxExporter(None), tmp_path / "b.onnx", files=[bad], model=model)
    )
    assert not nothing.passed
    assert "NOT proven" in nothing.sentence


def test_what_reading_large_jpegs_at_a_smaller_scale_changes_is_named(
    model: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["xferstudio.data.decode"], "DRAFT_MARGIN", 0.01)
    photo = tmp_path / "large.jpg"
    Image.fromarray(noise(240, 320)).save(photo, quality=95)
    _, parity = outcome(
        export_run(tmp_path, Broken(Broken.Options("none")), tmp_path / "m.txt", files=[photo], model=model)
    )
    assert not parity.passed
    assert "1 file at a reduced scale" in parity.notes[0]
    assert f"{parity.largest_difference:.4f}" in parity.notes[0]


def test_what_stands_at_the_place_is_refused_and_replaced_only_on_demand(
    model: Trained, photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "m.txt"
    out.write_text("mine")
    with pytest.raises(UserError, match="exists already"):
        list(export_run(tmp_path, Broken(Broken.Options()), out, files=photos, model=model))
    assert out.read_text() == "mine"
    list(export_run(tmp_path, Broken(Broken.Options()), out, files=photos, model=model, overwrite=True))
    assert out.read_text() == "x"
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "precious.jpg").write_text("x")
    with pytest.raises(UserError, match="not overwritten"):
        list(export_run(tmp_path, TimmExporter(None), folder, files=photos, model=model, overwrite=True))
    again = tmp_path / "folder"
    for _ in range(2):
        list(export_run(tmp_path, TimmExporter(None), again, files=photos, model=model, overwrite=True))
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "folder",
        "m.txt",
        "m.txt.parity.json",
        "parity.json",
        "photos",
    ]


def test_the_latest_proof_beside_files_names_its_file_and_never_makes_their_folder_an_export(
    model: Trained, photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "exports"
    for name in ("a.txt", "b.txt"):
        list(export_run(tmp_path, Broken(Broken.Options()), out / name, files=photos, model=model))
    latest = json.loads((out / "parity.json").read_text("utf-8"))
    own = json.loads((out / "b.txt.parity.json").read_text("utf-8"))
    assert latest == {"artefact": "b.txt", **own}
    with pytest.raises(UserError, match="no export made"):
        list(export_run(tmp_path, TimmExporter(None), out, files=photos, model=model, overwrite=True))
    assert (out / "a.txt").is_file()


def test_a_proof_of_another_kind_beside_a_file_is_left_alone(
    model: Trained, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "parity.json").write_text('{"passed": true}')  # as in the folder of a timm export
    list(export_run(tmp_path, Broken(Broken.Options()), tmp_path / "m.txt", files=photos, model=model))
    assert (tmp_path / "parity.json").read_text() == '{"passed": true}'


def test_an_export_given_up_half_way_leaves_nothing(
    model: Trained, photos: list[Path], tmp_path: Path
) -> None:
    steps = export_run(tmp_path, TimmExporter(None), tmp_path / "folder", files=photos, model=model)
    for event in steps:
        if isinstance(event, Progress):
            break
    steps.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_without_named_files_the_projects_own_are_taken_over_all_classes(
    model: Trained, tmp_path: Path
) -> None:
    from xferstudio.project import create

    data = tmp_path / "data"
    for label, count in (("ants", 60), ("bees", 5), ("flies", 25)):
        (data / label).mkdir(parents=True)
        for number in range(count):
            Image.fromarray(noise(20, 20 + number)).save(data / label / f"{label}{number}.png")
    create(tmp_path / "project", data=data)
    run = tmp_path / "project" / "runs" / "20260101-000000-first"
    run.mkdir(parents=True)
    (run / "predictions.csv").write_text(
        "path,hash,group,split,label\n" + "".join(f"ants/ants{n}.png,,,test,ants\n" for n in range(3))
    )
    seen: list[Path] = []

    class Watching(Broken):
        def probabilities(self, image: np.ndarray) -> np.ndarray:
            seen.append(image.shape)  # type: ignore[arg-type]
            return app_answer(self.model, image)

    _, parity = outcome(export_run(run, Watching(Watching.Options()), run / "m.txt", model=model))
    assert parity.passed
    assert parity.files == len(seen) == 64
    assert "fewer" not in parity.sentence
    # 5 bees and 25 flies exist, and the three test files are a group of their own: all take part.
    widths = [shape[1] for shape in seen]  # type: ignore[index]
    assert all(widths.count(20 + number) >= 2 for number in range(5))


def test_a_run_outside_a_project_asks_for_files(model: Trained, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not lie in a project"):
        list(export_run(tmp_path / "a" / "b", Broken(Broken.Options()), tmp_path / "m.txt", model=model))


@pytest.mark.parametrize("kind", [OnnxExporter, TorchExporter, TimmExporter])
def test_every_exporter_describes_itself(kind: type[Exporter]) -> None:
    assert kind.id in ("onnx", "torch", "timm")
    assert kind.label
    assert kind.summary.endswith(".")
    assert describe_options(kind.Options) == []


# ------------------------------------------------------------------------------------------- real photos


@pytest.mark.real
@pytest.mark.parametrize(
    ("kind", "name"), [(OnnxExporter, "m.onnx"), (TorchExporter, "m.pt2"), (TimmExporter, "folder")]
)
def test_exports_of_a_real_network_hold_on_real_photos(
    kind: type[Exporter], name: str, real_data: Path, tmp_path: Path
) -> None:
    from xferstudio_plugins.backbones import listed

    backbone = next(found for found in listed() if found.id == "embedded:efficientnet_lite0")
    body = backbone.build(True)
    torch.manual_seed(0)
    head = torch.nn.Linear(body(torch.zeros(1, 3, 224, 224)).shape[1], 3)
    trained = Trained(
        network=Network(body.eval(), head, head.in_features).eval().requires_grad_(False),
        preprocessing=backbone.preprocessing(),
        classes=CLASSES,
        temperature=0.7,
        architecture=backbone.architecture,
        details={},
    )
    files = sorted((real_data / "hymenoptera").rglob("*.jpg"))[::6][:64]
    _, parity = outcome(
        export_run(tmp_path, kind(kind.Options()), tmp_path / name, files=files, model=trained)
    )
    assert parity.passed, parity.sentence
    assert parity.files == 64
