"""The strategies keep their word: what is frozen stays, what learns learns at its rate, and stops when it should."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from studio import TinyNet, backbone, paint, paint_classes

from xferstudio.api import UserError, make_options
from xferstudio.engine.context import RunContext
from xferstudio.engine.device import choose
from xferstudio.engine.model import Network, load_trained
from xferstudio.events import EpochDone, Notice, PhaseStarted, StepDone
from xferstudio_plugins.finetune import FineTune
from xferstudio_plugins.groups import layer_groups


def start_weights():
    return backbone("tiny", TinyNet).build(True).state_dict()


def moved(studio, name="one"):
    """The parts of the backbone whose tensors are not those that it started from."""
    before, after = start_weights(), studio.weights(name)
    return {key for key in before if not torch.equal(before[key], after[f"backbone.{key}"])}


@pytest.mark.parametrize("head", ["logistic", "mlp", "knn", "prototype"])
def test_extraction_learns_with_every_head_leaves_the_backbone_alone_and_loads_again(make_studio, head):
    studio = make_studio(each=24)
    settings = {"epochs": 60, "learning_rate": 0.01, "batch_size": 9} if head == "mlp" else {}
    ended = studio.finish("extract", head=head, **settings)
    assert ended.summary["test"]["accuracy"] >= 0.8
    assert not moved(studio)
    trained = load_trained(studio.folder().path, studio.plugins)
    predictions = studio.folder().read_predictions()
    from xferstudio.data import decode, prepare

    root = studio.project.data_path()
    pixels = np.stack([prepare(decode(root / path), trained.preprocessing) for path in predictions.paths])
    assert np.abs(trained.probabilities(pixels) - predictions.probabilities).max() < 1e-3


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("stages", [1, 2])
def test_frozen_layers_and_their_statistics_are_bit_identical_after_fine_tuning(
    make_studio, stages, batch_norm
):
    studio = make_studio()
    studio.finish("fine-tune", epochs=2, stages=stages, batch_norm=batch_norm, head_first=False)
    learned = {key.split(".")[0] for key in moved(studio)}
    assert learned == ({"last"} if stages == 1 else {"last", "middle"})
    statistics = {key for key in moved(studio) if "running" in key}
    assert bool(statistics) == batch_norm


def test_the_whole_network_learns_where_all_stages_are_asked_for(make_studio):
    studio = make_studio()
    studio.finish("fine-tune", epochs=1, stages=-1, head_first=False)
    assert {key.split(".")[0] for key in moved(studio)} == {"stem", "middle", "last"}


def test_stages_are_unfrozen_one_after_another(make_studio):
    events = make_studio().do("fine-tune", epochs=5, stages=3, gradual=True)
    phases = [event for event in events if isinstance(event, PhaseStarted)]
    assert [phase.epochs for phase in phases] == [1, 2, 2, 1]
    sizes = [phase.trainable_parameters for phase in phases]
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == phases[-1].total_parameters
    assert [bool(phase.boundary) for phase in phases] == [True, True, True, False]
    assert events[-1].summary["epochs"] == 6


def test_the_pull_towards_the_start_keeps_the_weights_near(make_studio):
    far = []
    for strength in (0.0, 10.0):
        studio = make_studio(val=0.0)
        events = studio.do(
            "fine-tune",
            epochs=6,
            stages=-1,
            l2_sp=strength,
            optimizer="sgd",
            learning_rate=0.05,
            weight_decay=0.0,
            head_first=False,
            backbone_rate=1.0,
        )
        assert events[-1].reason == "finished"
        before, after = start_weights(), studio.weights()
        far.append(
            sum(
                float((after[f"backbone.{key}"] - before[key]).square().sum())
                for key in before
                if "weight" in key
            )
        )
        if strength:
            losses = [event.losses for event in events if isinstance(event, StepDone)]
            assert losses[-1].keys() == {"task", "l2-sp", "loss"}
            assert losses[-1]["loss"] == pytest.approx(losses[-1]["task"] + losses[-1]["l2-sp"], rel=1e-4)
    assert far[1] < 0.5 * far[0]


def context(**settings):
    options = make_options(FineTune.Options, settings)
    network = Network(TinyNet(), torch.nn.Linear(16, 2), 16)
    labels = np.array([0] * 30 + [1] * 10)
    return RunContext(network, ("a", "b"), options, choose("cpu", "float32"), labels, np.arange(40)), options


def test_rates_fall_from_the_head_to_the_first_layers():
    made, _ = context()
    groups = layer_groups(made.model, 1.0, 0.5, 0.1, 0.7)
    rates = {group["name"]: group["lr"] for group in groups}
    assert rates["head"] == 1.0
    assert rates["stage -1"] == 0.5
    assert rates["stage -2"] == pytest.approx(0.35)
    assert rates["stage -3"] == pytest.approx(0.245)
    assert {group["weight_decay"] for group in groups if "no decay" in group["name"]} == {0.0}
    covered = [id(p) for group in groups for p in group["params"]]
    assert sorted(covered) == sorted(id(p) for p in made.model.parameters())


@pytest.mark.usefixtures("every_step_is_told")
def test_the_rate_warms_up_and_falls_and_the_head_learns_faster_than_the_backbone(make_studio):
    events = make_studio().do("fine-tune", epochs=12, stages=2, head_first=False, batch_size=6, warmup=0.3)
    rates = [event.learning_rates for event in events if isinstance(event, StepDone)]
    for step in rates:
        assert step["head"] > step["stage -1"] > step["stage -2"]
        assert step["head"] <= 1e-3
    head = [step["head"] for step in rates]
    assert head[0] < max(head)
    assert head[-1] < max(head)


def test_class_weights_count_rare_classes_more():
    made, _ = context(balance="weights")
    assert made._class_weights.tolist() == pytest.approx([40 / 60, 2.0])
    plain, _ = context()
    assert plain._class_weights is None


def test_balanced_sampling_draws_rare_classes_more_often():
    made, _ = context(balance="sampling", batch_size=10)
    drawn = np.concatenate([batch for epoch in range(30) for batch in made.order(epoch)])
    assert np.mean(made.labels[drawn] == 1) == pytest.approx(0.5, abs=0.06)
    plain, _ = context(batch_size=10)
    assert sorted(np.concatenate(plain.order(3))) == list(range(40))
    assert [len(batch) for batch in plain.order(0)] == [10] * 4


@pytest.mark.parametrize("balance", ["none", "sampling"])
@pytest.mark.parametrize(("steps", "sizes"), [(4, [10] * 4), (9, [10] * 9), (1, [10] * 4)])
def test_few_images_are_passed_several_times_in_an_epoch_of_so_many_steps(balance, steps, sizes):
    made, _ = context(balance=balance, batch_size=10, epoch_steps=steps)
    order = made.order(2)
    assert [len(batch) for batch in order] == sizes
    counts = np.bincount(np.concatenate(order), minlength=40)
    if balance == "none":  # every image as often as every other, but for the last pass that is not whole
        assert counts.max() - counts.min() == (len(sizes) % 4 > 0)
    again, _ = context(balance=balance, batch_size=10, epoch_steps=steps)
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(order, again.order(2), strict=True))
    assert not all(np.array_equal(mine, theirs) for mine, theirs in zip(order, made.order(3), strict=True))


def test_fewer_images_than_a_batch_holds_are_one_batch_unless_more_steps_are_asked_for():
    made, _ = context(batch_size=64)
    assert [len(batch) for batch in made.order(0)] == [40]
    made, _ = context(batch_size=64, epoch_steps=2)
    assert [len(batch) for batch in made.order(0)] == [64, 64]


@pytest.mark.parametrize("balance", ["weights", "sampling"])
def test_unequal_classes_are_trained_with_either_balance(make_studio, tmp_path, balance):
    photos = paint_classes(tmp_path / "photos", 24, 2)
    for number in range(8):
        paint(photos / "rare" / f"{number}.png", (60, 60, 200), 7000 + number)
    studio = make_studio(photos)
    ended = studio.finish("fine-tune", epochs=3, balance=balance)
    assert ended.summary["test"]["balanced_accuracy"] > 0.6


def test_the_time_left_follows_the_middle_of_the_last_epochs(make_studio):
    events = make_studio().do("fine-tune", epochs=9, stages=1, head_first=False)
    done = [event for event in events if isinstance(event, EpochDone)]
    for place, event in enumerate(done):
        usual = np.median([each.seconds for each in done[max(0, place - 4) : place + 1]])
        assert event.seconds_left == pytest.approx(usual * (8 - place), abs=0.06)


def test_a_run_that_gets_no_better_stops_early_and_says_so(make_studio):
    studio = make_studio()
    events = studio.do("fine-tune", epochs=60, stages=1, patience=3, learning_rate=0.0, head_first=False)
    ended = events[-1]
    assert ended.reason == "finished"
    assert ended.summary["stopped_early"]
    assert ended.summary["epochs"] <= 10
    assert any("stopped early" in event.text for event in events if isinstance(event, Notice))
    last = [event for event in events if isinstance(event, EpochDone)][-1]
    assert last.epochs_since_best == 3
    assert last.seconds_left == 0.0


@pytest.mark.parametrize(
    "options",
    [
        {"mixup": 0.5},
        {"cutmix": 1.0},
        {"mixup": 0.5, "cutmix": 1.0},
        {"ema": 0.9},
        {"label_smoothing": 0.1},
        {"views": 2},
        {"views": -1},
    ],
)
def test_every_regulariser_still_learns(make_studio, options):
    studio = make_studio()
    ended = studio.finish("fine-tune", epochs=4, stages=2, **options)
    assert ended.summary["test"]["accuracy"] >= 0.7


def test_with_an_average_the_first_phase_is_judged_by_what_it_fitted(make_studio):
    events = make_studio().do("fine-tune", epochs=1, ema=0.99)
    first = next(event for event in events if isinstance(event, EpochDone))
    assert first.val["accuracy"] >= 0.8


def test_each_fold_is_pulled_towards_its_own_start(make_studio):
    made = []

    class Watched(FineTune):
        id = "watched"

        def loss(self, ctx, batch):
            result = super().loss(ctx, batch)
            made.append({id(p) for p, _ in self._start} <= {id(p) for p in ctx.model.parameters()})
            return result

    studio = make_studio(val=0.0, folds=2)
    studio.add_strategy(Watched)
    studio.finish("watched", epochs=1, l2_sp=0.1, head_first=False)
    assert made
    assert all(made)


def test_features_may_be_asked_for_only_where_the_backbone_is_frozen():
    made, _ = context()
    with pytest.raises(UserError, match="frozen"):
        made.features("train")
    with pytest.raises(UserError, match="stages"):
        made.train_last_stages(-2)


def test_from_scratch_nothing_of_the_pretrained_weights_is_used(make_studio):
    studio = make_studio()
    studio.finish("scratch", epochs=1)
    before, after = start_weights(), studio.weights()
    assert float((before["stem.0.weight"] - after["backbone.stem.0.weight"]).abs().mean()) > 0.05
