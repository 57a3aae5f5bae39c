"""Heat maps show where in the image the reason for a class lies, whatever kind of network it is."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from xferstudio.api import Preprocessing
from xferstudio.data import central_box
from xferstudio.engine import model as engine_model
from xferstudio.engine.heat_map import NO_MAP, HeatMaps
from xferstudio.engine.model import Network, Trained
from xferstudio.engine.predict import RunPredictor, open_predictor
from xferstudio.engine.torchvision_ops import import_timm
from xferstudio_plugins.exporters import OnnxExporter

HOW = Preprocessing(size=(32, 32), mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0), crop="squash")


class Colours(nn.Module):
    """The mean red, green and blue, over patches of four by four pixels, in one of the usual layouts."""

    def __init__(self, layout: str) -> None:
        super().__init__()
        self.layout = layout
        self.patches = nn.Conv2d(3, 3, 4, 4, bias=False)
        with torch.no_grad():
            self.patches.weight.zero_()
            for channel in range(3):
                self.patches.weight[channel, channel] = 1 / 16
        self.norm = nn.Identity()
        self.act = nn.ReLU(inplace=True)
        self.attention = nn.Identity()
        self.pool = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patches(x)
        if self.layout == "channels first":
            return self.act(self.norm(x)).mean((2, 3))
        x = x.permute(0, 2, 3, 1)
        if self.layout == "channels last":
            return self.act(self.norm(x * 1)).mean((1, 2))
        tokens = torch.cat([torch.zeros(1, 1, 3).expand(len(x), -1, -1), x.flatten(1, 2)], 1)
        if self.layout == "mean of tokens":
            return self.norm(tokens)[:, 1:].mean(1)
        tokens = self.norm(tokens)  # the class token looks at all patches, and only it goes on
        attended = tokens.mean(1, keepdim=True) + 0 * tokens
        return self.pool(self.attention(attended))[:, 0]


def trained(backbone: nn.Module, how: Preprocessing = HOW, width: int = 3) -> Trained:
    head = nn.Linear(width, 3)
    with torch.no_grad():
        head.weight.copy_(2 * torch.eye(3, width) - torch.ones(3, width))
    network = Network(backbone, head, width).eval().requires_grad_(False)
    return Trained(network, how, ("red", "green", "blue"), 1.0, "", {})


def picture() -> np.ndarray:
    """Red above on the left, green below on the right, black elsewhere."""
    image = np.zeros((32, 32, 3), np.uint8)
    image[:16, :16, 0] = 255
    image[16:, 16:, 1] = 255
    return image


@pytest.mark.parametrize("layout", ["channels first", "channels last", "mean of tokens", "class token"])
def test_the_heat_lies_where_the_colour_of_the_class_is(layout):
    maps = HeatMaps(trained(Colours(layout)))
    assert maps.note == ""
    for label, (rows, columns) in enumerate([(slice(0, 16), slice(0, 16)), (slice(16, 32), slice(16, 32))]):
        heat = maps.of(picture(), label)
        assert (heat.shape, heat.dtype, heat.max()) == ((32, 32), np.uint8, 255)
        inside = np.zeros((32, 32), bool)
        inside[rows, columns] = True
        assert heat[inside].mean() > 200
        assert heat[~inside].mean() < 20


def test_where_nothing_speaks_for_a_class_the_map_is_black():
    assert HeatMaps(trained(Colours("channels first"))).of(picture(), 2).max() == 0


def test_a_network_without_a_feature_map_says_so():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 3))
    assert HeatMaps(trained(flat)).note == NO_MAP


def test_a_network_that_cannot_be_looked_into_says_so_and_predicts_all_the_same(tmp_path):
    class Closed(Colours):
        def forward(self, x):
            if torch.is_grad_enabled():
                raise ValueError("only for inference")
            return super().forward(x)

    file = tmp_path / "a.png"
    Image.fromarray(picture()).save(file)
    (answer,) = RunPredictor(trained(Closed("channels first"))).predict([file], heat_maps=tmp_path / "maps")
    assert answer.label in ("red", "green")
    assert answer.heat_map is None
    assert "only for inference" in answer.to_dict()["heat_map_note"]
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize("name", ["test_efficientnet", "test_vit", "test_convnext", "test_resnet"])
def test_networks_of_timm_have_heat_maps_and_stay_as_they_are(name):
    torch.manual_seed(0)
    backbone = import_timm().create_model(name, num_classes=0).eval()
    with torch.no_grad():
        width = backbone(torch.zeros(1, 3, 160, 160)).shape[1]
    model = trained(backbone, Preprocessing(size=(160, 160)), width)
    nn.init.normal_(model.network.head.weight)
    image = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    before = model.probabilities(image[None])
    maps = HeatMaps(model)
    assert maps.note == ""
    assert max(int(maps.of(image, label).max()) for label in range(3)) == 255
    assert np.array_equal(model.probabilities(image[None]), before)
    assert not any(module._forward_hooks for module in model.network.modules())
    assert all(parameter.grad is None for parameter in model.network.parameters())


# ---------------------------------------------------------------------------------------------- predicting


def test_a_prediction_names_its_heat_map_and_the_part_of_the_upright_image_that_it_covers(tmp_path):
    how = Preprocessing(size=(32, 32), mean=HOW.mean, std=HOW.std, crop="center", crop_share=0.5)
    pixels = np.asarray(Image.fromarray(picture()).resize((1600, 1200), Image.Resampling.NEAREST))
    lying = Image.fromarray(pixels)
    exif = Image.Exif()
    exif[0x0112] = 6  # it stands when it is shown
    file, broken = tmp_path / "photo.jpg", tmp_path / "broken.jpg"
    lying.save(file, exif=exif)
    broken.write_text("no picture")
    folder = tmp_path / "maps"
    predictor = RunPredictor(trained(Colours("channels first"), how))
    for paths in ([file, broken], iter([file, broken])):  # ahead in batches, and one by one
        good, bad = predictor.predict(paths, heat_maps=folder)
        assert bad.error and "heat_map" not in bad.to_dict()
        record = good.to_dict()
        assert record["box"] == pytest.approx(central_box((1200, 1600), how))
        with Image.open(record["heat_map"]) as drawn:
            assert (drawn.mode, drawn.size) == ("L", (32, 32))
    assert len(list(folder.iterdir())) == 1
    (plain,) = predictor.predict([file])
    assert set(plain.to_dict()) == {"path", "label", "confidence", "probabilities"}
    assert plain.probabilities == good.probabilities


def test_an_exported_model_says_that_it_has_no_heat_maps(tmp_path, monkeypatch):
    backbone = import_timm().create_model("test_efficientnet", num_classes=0)
    model = trained(backbone.eval(), HOW, backbone.head_hidden_size)
    out, file = tmp_path / "model.onnx", tmp_path / "a.png"
    OnnxExporter(OnnxExporter.Options()).export(model, out)
    Image.fromarray(picture()).save(file)
    (answer,) = open_predictor(out).predict([file], heat_maps=tmp_path / "maps")
    assert answer.label
    assert "the run itself" in answer.to_dict()["heat_map_note"]


def test_a_run_folder_makes_heat_maps(tmp_path, monkeypatch):
    folder = tmp_path / "20260101-000000-first"
    folder.mkdir()
    (folder / "best.safetensors").write_bytes(b"")
    model = trained(Colours("channels first"))
    monkeypatch.setattr(engine_model, "load_trained", lambda _folder, _plugins=None: model)
    file = tmp_path / "a.png"
    Image.fromarray(picture()).save(file)
    (answer,) = open_predictor(folder).predict([file], heat_maps=tmp_path / "maps")
    assert answer.box == (0.0, 0.0, 32.0, 32.0)
    assert answer.heat_map is not None and answer.heat_map.is_file()
