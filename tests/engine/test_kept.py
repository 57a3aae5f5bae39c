"""Backbones that are kept: a run that need not build one is the same run, and what is kept is never stale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors import safe_open
from studio import HOW, Counted, TinyNet, drive, paint_classes, same
from torch import nn

from xferstudio.api import Backbone, WeightsError
from xferstudio.engine.kept import FILE, Keeper, Kept, as_built
from xferstudio.engine.model import load_trained, map_weights, save_weights, weights_hash
from xferstudio.engine.prefix import find_cut, prefix_identity
from xferstudio.events import PhaseStarted, Progress
from xferstudio.project import write_atomic
from xferstudio_plugins.extract import Extract


class Weights:
    """A backbone whose weights are a number in a file, and that counts how often it is built."""

    def __init__(self, file, make=TinyNet, how=HOW):
        self.file, self.make, self.how, self.built = file, make, how, 0
        self.write(11)

    def write(self, seed):
        self.file.write_text(str(seed))

    def build(self, pretrained):
        self.built += pretrained
        if not pretrained:
            return self.make()
        torch.randn(7)  # a network is initialised before its weights are loaded
        with torch.random.fork_rng([]):
            torch.manual_seed(int(self.file.read_text()))
            return self.make()

    @property
    def backbone(self):
        return Backbone(
            "told",
            "told",
            self.build,
            lambda: self.how,
            lambda: True,
            fingerprint=lambda: f"{self.file.read_text()} {self.make.__name__}",
        )


@pytest.fixture
def weights(tmp_path):
    return Weights(tmp_path / "weights.txt")


@pytest.fixture
def studio(make_studio, weights):
    made = make_studio()
    made.plugins.backbones["told"] = weights.backbone
    return made


def run(studio, name, strategy="extract", **options):
    """Predictions and weights of a run, and whether features were computed."""
    events = studio.do(strategy, name=name, backbone="told", **options)
    assert events[-1].reason == "finished", events[-1].message
    told = studio.folder(name).read_predictions()
    computed = any(isinstance(e, Progress) and "computing features" in e.task for e in events)
    return told.probabilities, studio.weights(name), computed, events


@pytest.mark.parametrize("head", ["logistic", "mlp", "knn", "prototype"])
def test_a_run_from_the_warm_store_builds_nothing_and_gives_the_same(studio, weights, head):
    cold = run(studio, "cold", head=head, epochs=3)
    assert weights.built == 1
    warm = run(studio, "warm", head=head, epochs=3)
    assert weights.built == 1
    assert cold[2] and not warm[2]
    assert np.array_equal(cold[0], warm[0])
    assert same(cold[1], warm[1])
    phases = [[e for e in events if isinstance(e, PhaseStarted)] for *_, events in (cold, warm)]
    assert [(p.total_parameters, p.trainable_parameters, p.boundary) for p in phases[0]] == [
        (p.total_parameters, p.trainable_parameters, p.boundary) for p in phases[1]
    ]
    facts = []
    for name in ("cold", "warm"):
        with safe_open(str(studio.folder(name).weights), "pt") as file:
            facts.append(file.metadata())
    assert facts[0]["xferstudio"].replace('"cold"', '"warm"') == facts[1]["xferstudio"]


def test_cross_validation_and_a_fold_from_the_warm_store_give_the_same(make_studio, weights):
    studio = make_studio(each=16, folds=3)
    studio.plugins.backbones["told"] = weights.backbone
    cold, warm = run(studio, "cold"), run(studio, "warm")
    assert weights.built == 4
    assert np.array_equal(cold[0], warm[0])
    assert same(cold[1], warm[1])


def test_the_weights_file_of_a_warm_run_is_whole_by_itself(studio, weights):
    run(studio, "cold")
    run(studio, "warm")
    studio.store.clear()
    trained = load_trained(studio.folder("warm").path, studio.plugins)
    assert weights.built == 1
    with torch.random.fork_rng([]):
        torch.manual_seed(11)
        assert weights_hash(trained.network.backbone.state_dict()) == weights_hash(TinyNet().state_dict())


def test_other_weights_are_never_taken_for_those_of_before(studio, weights):
    before = run(studio, "before")
    weights.write(12)
    after = run(studio, "after")
    assert after[2]
    assert weights.built == 2
    assert not torch.equal(before[1]["backbone.stem.0.weight"], after[1]["backbone.stem.0.weight"])
    weights.write(11)
    again = run(studio, "again")
    assert weights.built == 2
    assert same(before[1], again[1])


def test_weights_that_change_between_looking_and_building_are_not_kept(studio, weights):
    first = weights.build

    def swapped(pretrained):
        made = first(pretrained)
        weights.write(12)
        return made

    studio.plugins.backbones["told"] = replace(weights.backbone, build=swapped)
    run(studio, "before")
    assert Keeper(studio.store, weights.backbone).take() is None
    weights.write(11)
    assert Keeper(studio.store, weights.backbone).take() is None


def test_another_version_of_what_builds_it_is_another_backbone(studio, weights, monkeypatch):
    run(studio, "before")
    assert Keeper(studio.store, weights.backbone).take() is not None
    monkeypatch.setattr("xferstudio.engine.kept.__version__", "99.0")
    assert Keeper(studio.store, weights.backbone).take() is None


def test_another_preprocessing_computes_anew_with_the_same_backbone(studio, weights):
    run(studio, "before")
    weights.how = replace(HOW, size=(48, 48))
    computed = run(studio, "after")
    assert computed[2]
    assert weights.built == 2  # now images had to go through its layers
    cold = run_cold(studio, weights)
    assert np.allclose(computed[0], cold, atol=1e-3)


def run_cold(studio, weights):
    studio.store.clear()
    return run(studio, "emptied")[0]


def test_new_images_go_through_layers_that_are_built_then(studio, weights):
    run(studio, "before")
    photos = studio.project.data_path()
    paint_classes(photos, 14)
    warm = run(studio, "warm")
    assert warm[2]
    assert weights.built == 2
    # In other batches, features have other last digits.
    assert np.allclose(warm[0], run_cold(studio, weights), atol=1e-3)


def test_a_backbone_that_tells_nothing_of_itself_is_built_each_time(studio, weights):
    studio.plugins.backbones["told"] = replace(weights.backbone, fingerprint=None)
    run(studio, "one")
    run(studio, "two")
    assert weights.built == 2
    studio.plugins.backbones["told"] = replace(weights.backbone, fingerprint=lambda: "")
    run(studio, "three")
    assert weights.built == 3


def test_a_strategy_that_may_train_the_backbone_gets_a_real_one(studio, weights):
    run(studio, "before")
    run(studio, "after", strategy="fine-tune", epochs=1, stages=1)
    assert weights.built == 2


def test_a_strategy_that_breaks_its_word_is_told_so(studio):
    class Liar(Extract):
        id = "liar"

        def setup(self, ctx):
            ctx.train_last_stages(1)

    studio.add_strategy(Liar)
    end = studio.do("liar", backbone="told")[-1]
    assert end.reason == "failed"
    assert "keeps_backbone" in end.message


def test_an_interrupted_warm_run_goes_on_to_the_same_end(studio, weights):
    run(studio, "straight", head="mlp", epochs=6)
    events = drive(
        studio, "extract", Counted("interrupt", 4), name="broken", backbone="told", head="mlp", epochs=6
    )
    assert events[-1].reason == "interrupted"
    assert (studio.folder("broken").last / "state.json").exists()
    resumed = run(studio, "broken", head="mlp", epochs=6)
    assert same(studio.weights("straight"), resumed[1])


def test_a_resumed_run_has_the_weights_that_it_began_with(studio, weights):
    run(studio, "straight", head="mlp", epochs=6)
    drive(studio, "extract", Counted("interrupt", 4), name="broken", backbone="told", head="mlp", epochs=6)
    assert (studio.folder("broken").last / "state.json").exists()
    weights.write(12)
    run(studio, "other")
    resumed = run(studio, "broken", head="mlp", epochs=6)
    assert same(studio.weights("straight"), resumed[1])


def test_a_stopped_warm_run_keeps_what_was_learned(studio, weights):
    run(studio, "before")
    events = drive(
        studio, "extract", Counted("stop", 9), name="stopped", backbone="told", head="mlp", epochs=50
    )
    assert events[-1].reason == "stopped"
    assert weights.built == 1
    whole = studio.weights("stopped")
    assert torch.equal(whole["backbone.stem.0.weight"], studio.weights("before")["backbone.stem.0.weight"])


def test_a_damaged_copy_is_noticed_deleted_and_made_anew(studio, weights):
    cold = run(studio, "cold")
    (kept,) = studio.store.folder.glob(f"*/{FILE}")
    raw = bytearray(kept.read_bytes())
    raw[-3] ^= 0x40
    kept.write_bytes(raw)
    end = studio.do("extract", name="warm", backbone="told")[-1]
    assert end.reason == "failed"
    assert "damaged" in end.message
    assert not kept.exists()
    again = run(studio, "warm")
    assert weights.built == 2
    assert same(cold[1], again[1])


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0{}"])
def test_a_copy_that_cannot_be_read_is_passed_over(studio, weights, content):
    run(studio, "cold")
    (kept,) = studio.store.folder.glob(f"*/{FILE}")
    kept.write_bytes(content)
    run(studio, "warm")
    assert weights.built == 2
    run(studio, "mended")
    assert weights.built == 2


def test_a_copy_that_was_cut_off_is_passed_over(studio, weights):
    run(studio, "cold")
    (kept,) = studio.store.folder.glob(f"*/{FILE}")
    kept.write_bytes(kept.read_bytes()[:-10])
    run(studio, "warm")
    assert weights.built == 2


def test_what_is_kept_counts_in_the_store_and_goes_with_it(studio, weights):
    run(studio, "cold")
    entry = next(e for e in studio.store.usage() if e.get("boundary") == "weights")
    assert entry["bytes"] > 4000
    assert entry["backbone"] == "told"
    studio.store.clear()
    assert studio.store.usage() == []
    run(studio, "warm")
    assert weights.built == 2


def kept_of(studio, weights):
    run(studio, "cold")
    kept = Keeper(studio.store, weights.backbone).take()
    assert isinstance(kept, Kept)
    return kept


def test_the_values_are_those_of_the_network(studio, weights):
    kept, real = kept_of(studio, weights), weights.build(True)
    assert same(kept.state_dict(), dict(real.state_dict()))
    assert [name for name, _ in kept.named_parameters()] == [name for name, _ in real.named_parameters()]
    assert kept.hash == weights_hash(real.state_dict())
    real.requires_grad_(False)
    assert kept.identity == prefix_identity(find_cut(real, HOW)) == prefix_identity(find_cut(kept, HOW))
    kept.load_state_dict(real.state_dict())
    kept.check()


def test_values_that_are_missing_or_too_many_are_noticed_as_in_any_module(studio, weights):
    kept = kept_of(studio, weights)
    state = dict(kept.state_dict())
    state["surplus.weight"] = state.pop("stem.0.weight")
    with pytest.raises(RuntimeError, match=r"Missing key.*stem\.0\.weight(.|\n)*Unexpected.*surplus\.weight"):
        nn.ModuleDict({"backbone": kept}).load_state_dict({f"backbone.{k}": v for k, v in state.items()})


def test_what_is_written_into_the_values_never_reaches_the_store(studio, weights):
    kept = kept_of(studio, weights)
    kept.check()
    with torch.no_grad():
        for value in kept.state_dict().values():
            value.zero_()
    again = Keeper(studio.store, weights.backbone).take()
    again.check()
    assert float(again.state_dict()["stem.0.weight"].abs().sum()) > 0


def test_images_pass_through_the_real_layers(studio, weights):
    kept, real = kept_of(studio, weights), weights.build(True).eval()
    built = weights.built
    images = torch.randn(4, 3, 32, 32)
    state = torch.get_rng_state()
    kept.to(torch.float64)
    with torch.inference_mode():
        features = kept(images.double())
        assert torch.allclose(features, real.double()(images.double()))
    assert torch.equal(state, torch.get_rng_state())
    assert as_built(kept) is as_built(kept)
    assert weights.built == built + 1
    assert not as_built(kept).training


def test_layers_with_other_weights_are_refused(studio, weights):
    kept = kept_of(studio, weights)
    weights.write(12)
    with pytest.raises(WeightsError, match="have changed during the run"):
        kept(torch.randn(1, 3, 32, 32))


class Tied(nn.Module):
    """One weight under two names."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 3, 3, 1, 1)
        self.second = nn.Conv2d(3, 3, 3, 1, 1)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.second(self.first(x)).mean((2, 3))


def test_shared_weights_are_saved_and_not_kept(studio, weights):
    weights.make = Tied
    cold, warm = run(studio, "cold"), run(studio, "warm")
    assert weights.built == 2
    assert same(cold[1], warm[1])
    assert torch.equal(warm[1]["backbone.first.weight"], warm[1]["backbone.second.weight"])


def test_every_kind_of_value_is_saved_as_the_library_reads_it(tmp_path):
    state = {
        "half": torch.randn(3, 5).half(),
        "brain": torch.randn(7).bfloat16(),
        "byte": torch.arange(3, dtype=torch.uint8),
        "count": torch.tensor(5),
        "flag": torch.tensor([True, False, True]),
        "plain": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "turned": torch.randn(4, 6).T,
        "double": torch.randn(2, dtype=torch.float64),
        "nothing": torch.zeros(0, 4),
    }
    save_weights(tmp_path / "all.safetensors", state, {"classes": ["Äpfel", "梨"]})
    with safe_open(str(tmp_path / "all.safetensors"), "pt") as file:
        read = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        assert "梨" in file.metadata()["xferstudio"]
    assert same(state, read)
    mapped, facts = map_weights(tmp_path / "all.safetensors")
    assert facts == {"classes": ["Äpfel", "梨"]}
    assert same(state, mapped)


def test_a_file_can_be_written_in_pieces(tmp_path):
    write_atomic(tmp_path / "file", [b"ab", memoryview(b"cd"), b""])
    assert (tmp_path / "file").read_bytes() == b"abcd"
