"""Adaptation: labels of the target reach nothing, the choice needs none, runs resume exactly, methods do what they say."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from studio import Counted, Studio, drive, paint, paint_target, same

from xferstudio.api import UserError
from xferstudio.data import decode, prepare
from xferstudio.engine import adaptation, target_report, trainer
from xferstudio.engine.checkpoint import load_checkpoint
from xferstudio.engine.export import Parity, export_run
from xferstudio.engine.model import load_trained, normalise
from xferstudio.engine.selection import Selection
from xferstudio.engine.shift import shift_report
from xferstudio.engine.validators import mean_rank
from xferstudio.events import DomainMap, EpochDone, Notice, PhaseStarted, RunEnded, RunStarted, StepDone
from xferstudio.history import RunFolder
from xferstudio.plugins import load_plugins
from xferstudio.testing import check_strategy
from xferstudio_plugins.adapt.adversarial import DANN
from xferstudio_plugins.adapt.modules import Norm
from xferstudio_plugins.adapt.pseudo_labels import Shot
from xferstudio_plugins.exporters import OnnxExporter, TimmExporter, TorchExporter

KINDS = {id: kind for id, kind in load_plugins(safe=True).strategies.items() if kind.kind == "adapt"}
"""All adaptations that come with the program."""

SHORT = {"epochs": 2, "head_epochs": 1, "batch_size": 6, "epoch_steps": 1, "bottleneck": 12}


def options_of(id: str, **more) -> dict:
    """Few steps, with a narrow bottleneck; few epochs of the target too, where there are such."""
    options = {**SHORT, **more}
    if "target_epochs" in KINDS[id].Options.__dataclass_fields__:
        options |= {"epochs": 1, "target_epochs": 2}
    return options


@pytest.fixture
def make_pair(make_studio, tmp_path):
    """Makes a studio of two domains: 36 labelled pictures, and 24 in another light (or those of `target`)."""

    def make(target: Path | None = None, **split) -> Studio:
        target = target or tmp_path / "elsewhere"
        if not target.exists():
            paint_target(target)
        studio = make_studio(target=target, **split)
        studio.plugins.strategies.update(KINDS)
        return studio

    return make


@pytest.fixture
def no_report(monkeypatch):
    """Spares the process that reads the target's labels, for tests that are about the training."""
    monkeypatch.setattr(adaptation, "report", lambda *_: None)


def interrupt(studio: Studio, id: str, step: int, **options) -> None:
    """Run, or go on, until this step, and no further. Every step must be told."""
    events = studio.start(id, **options)
    for event in events:
        if isinstance(event, StepDone) and event.step == step:
            events.send("interrupt")
    assert studio.folder().state == "interrupted"


def texts(events) -> str:
    return "\n".join(event.text for event in events if isinstance(event, Notice))


# ------------------------------------------------------------------------------------------ labels


def strings_of(value) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in strings_of(each)]
    if isinstance(value, (list, tuple)):
        return [text for each in value for text in strings_of(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.usefixtures("every_step_is_told")
@pytest.mark.parametrize("id", ["dann", "self-train"])
def test_labels_of_the_target_reach_neither_training_nor_anything_that_it_writes(make_pair, tmp_path, id):
    true = paint_target(tmp_path / "true")
    strange, names = tmp_path / "strange", ("zebra", "yakyak", "xerus")
    chance = np.random.default_rng(3)
    for file in sorted(true.rglob("*.png")):
        name = names[int(chance.integers(3))]
        (strange / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, strange / name / f"{len(list(strange.rglob('*.png')))}.png")
    answers, weights = [], []
    for target in (true, strange):
        studio = make_pair(target)
        interrupt(studio, id, 5, **options_of(id))
        files = list(studio.folder().last.iterdir())
        assert files
        for file in files:
            assert not any(name.encode() in file.read_bytes() for name in names), file.name
        ended = studio.finish(id, **options_of(id))
        found = studio.folder().read_target_predictions()
        answers.append(dict(zip(found.hashes, found.probabilities.tolist(), strict=True)))
        weights.append(studio.weights())
        assert set(found.labels) == {""}
        assert (ended.summary["target"]["report"] is None) == (target == strange)
    assert answers[0] == answers[1]
    assert same(*weights)
    # A folder's name stands in the paths of files, and nowhere else.
    folder = studio.folder()
    assert not any(name.encode() in folder.weights.read_bytes() for name in names)
    for line in folder.events_file.read_text("utf-8").splitlines():
        for text in strings_of(json.loads(line)):
            assert Path(text).is_absolute() or not any(name in text for name in names), text


def test_the_labels_are_read_by_another_process_and_only_when_the_model_is_chosen(make_pair, monkeypatch):
    studio, seen = make_pair(), []

    def refuse(_project):
        raise AssertionError("the process that trains has read the labels of the target")

    def watched(command, **settings):
        folder = RunFolder(Path(command[-1]))
        judged = [event.epoch for event in folder.events() if isinstance(event, EpochDone)]
        seen.append((judged, folder.target_predictions.is_file(), command[1:3]))
        return real(command, **settings)

    real = subprocess.run
    monkeypatch.setattr(target_report, "known_labels", refuse)
    monkeypatch.setattr(adaptation.subprocess, "run", watched)
    ended = studio.finish("coral", **SHORT)
    assert seen == [([1, 2], True, ["-m", "xferstudio.engine.target_report"])]
    report = ended.summary["target"]["report"]
    assert report["n"] == 24
    assert report["accuracy_interval"][0] <= report["accuracy"] <= report["accuracy_interval"][1]


# ------------------------------------------------------------------------------------------ exact resumes


@pytest.mark.usefixtures("no_report", "every_step_is_told")
@pytest.mark.parametrize("stages", [0, 1])
@pytest.mark.parametrize("id", KINDS)
def test_an_adaptation_trains_and_resumes_exactly(make_pair, id, stages):
    check_resume(make_pair, id, stages)


@pytest.mark.usefixtures("no_report", "every_step_is_told")
@pytest.mark.parametrize("id", ["cdan", "shot", "adabn"])
def test_on_the_whole_network_an_adaptation_resumes_exactly(make_pair, id):
    check_resume(make_pair, id, -1)


def check_resume(make_pair, id: str, stages: int) -> None:
    options = options_of(id, stages=stages)
    straight, halting = make_pair(), make_pair()
    events = straight.do(id, **options)
    assert isinstance(events[-1], RunEnded) and events[-1].reason == "finished", events[-1]
    losses = [value for event in events if isinstance(event, StepDone) for value in event.losses.values()]
    assert np.isfinite(losses).all()
    for step in (2, 5):
        interrupt(halting, id, step, **options)
    ended = halting.finish(id, **options)
    assert same(straight.weights(), halting.weights())
    target = events[-1].summary["target"]
    assert ended.summary["target"]["validators"] == target["validators"]
    assert ended.summary["best_epoch"] == events[-1].summary["best_epoch"]
    assert sum(target["shares"].values()) == pytest.approx(1, abs=0.001)


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("id", ["dann", "shot"])
def test_stopped_early_what_was_learned_is_kept(make_pair, id):
    studio = make_pair()
    end = drive(studio, id, Counted("stop", 9), **options_of(id, epochs=3))[-1]
    assert end.reason == "stopped"
    assert len(studio.folder().read_target_predictions()) == 24


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize(
    ("id", "names"),
    [
        ("source-only", ["head", "labelled images"]),
        ("adabn", ["head", "labelled images", "statistics of the target"]),
        ("mcc", ["head", "adapting"]),
        ("shot", ["head", "labelled images", "target"]),
    ],
)
def test_before_stages_learn_the_head_learns_alone(make_pair, id, names):
    def phases(**options) -> tuple[list[str], list[bool]]:
        studio = make_pair()
        begun = [
            event for event in studio.do(id, **options_of(id, **options)) if isinstance(event, PhaseStarted)
        ]
        return [event.name for event in begun], [event.boundary == "features" for event in begun]

    assert phases(stages=1) == (names, [True] + [False] * (len(names) - 1))
    assert phases(stages=1, head_epochs=0) == (names[1:], [False] * (len(names) - 1))
    assert phases(stages=0) == (names[1:], [True] * (len(names) - 1))


@pytest.mark.usefixtures("no_report", "every_step_is_told")
def test_stopped_before_the_first_epoch_with_stages_what_the_head_learned_is_kept(make_pair):
    """Its weights go with the stages as they were then, not as a few steps have made them since."""
    alone, stopped = make_pair(), make_pair()
    for studio, kind, epoch in ((alone, EpochDone, 1), (stopped, StepDone, 2)):
        events = studio.start("mcc", **SHORT, stages=1)
        for event in events:
            if isinstance(event, kind) and event.epoch == epoch:
                events.send("stop")
    assert {studio.folder().state for studio in (alone, stopped)} == {"stopped"}
    assert same(alone.weights(), stopped.weights())


@pytest.mark.usefixtures("no_report")
def test_norms_of_head_and_discriminator_follow_the_batches_and_those_of_the_backbone_do_not(make_pair):
    seen = {}

    class Watched(DANN):
        id = "watched"

        def loss(self, ctx, batch):
            for name, buffer in ctx.model.named_buffers():
                if name.endswith("running_mean"):
                    seen.setdefault(name, []).append(buffer.clone())
            return super().loss(ctx, batch)

    studio = make_pair()
    studio.add_strategy(Watched)
    studio.finish("watched", **SHORT, stages=-1)
    moved = {name: not torch.equal(values[0], values[-1]) for name, values in seen.items()}
    assert {name for name, did in moved.items() if did} == {
        name for name in moved if not name.startswith("backbone.")
    }
    assert any(name.startswith("backbone.") for name in moved)
    assert sum(not name.startswith("backbone.") for name in moved) == 3


def test_a_norm_takes_what_it_has_seen_for_a_single_row():
    norm = Norm(4)
    norm(torch.randn(64, 4) + 3)
    before = norm.running_mean.clone()
    row = torch.randn(1, 4)
    alone = norm(row)
    assert torch.equal(norm.running_mean, before)
    assert torch.allclose(alone, norm.eval()(row))


@pytest.mark.parametrize("id", ["mcd", "self-train"])
def test_an_adaptation_passes_the_conformance_kit(id):
    check_strategy(
        KINDS[id], options={"bottleneck": 12, **({"target_epochs": 2} if id == "self-train" else {})}
    )


@pytest.mark.usefixtures("no_report", "every_step_is_told")
def test_the_strength_of_the_reversal_is_the_same_after_a_resume(make_pair):
    seen: list[float] = []

    class Watched(DANN):
        id = "watched"

        def loss(self, ctx, batch):
            seen.append(ctx.progress)
            return super().loss(ctx, batch)

    passed = []
    for stop_at in ([], [2, 4]):
        studio = make_pair()
        studio.add_strategy(Watched)
        seen.clear()
        for step in stop_at:
            interrupt(studio, "watched", step, **SHORT)
        studio.finish("watched", **SHORT)
        passed.append(list(seen))
    assert passed[0] == passed[1]
    assert passed[0] == sorted(set(passed[0]))
    assert passed[0][0] == 0 < passed[0][-1] < 1


# ------------------------------------------------------------------------------------------ selection


@pytest.fixture
def watched_states(monkeypatch):
    """What the network was after each epoch."""
    states = {}
    add = Selection.add

    def keep(self, epoch, signs, state):
        states[epoch] = {name: value.to("cpu", copy=True) for name, value in state.items()}
        return add(self, epoch, signs, state)

    monkeypatch.setattr(Selection, "add", keep)
    return states


@pytest.mark.usefixtures("no_report")
def test_the_epoch_of_the_best_mean_rank_is_kept(make_pair, watched_states):
    studio = make_pair()
    events = studio.do("dann", **{**SHORT, "epochs": 5, "learning_rate": 0.05})
    epochs = [event for event in events if isinstance(event, EpochDone)]
    ranks = mean_rank([event.validators for event in epochs])
    best = min(range(5), key=lambda place: (ranks[place], -place)) + 1
    assert events[-1].summary["best_epoch"] == best
    kept = studio.weights()
    assert all(torch.equal(kept[name], value) for name, value in watched_states[best].items() if name in kept)
    others = [epoch for epoch in watched_states if epoch != best]
    assert not any(
        torch.equal(kept["head.classifier.weight"], watched_states[e]["head.classifier.weight"])
        for e in others
    )
    assert epochs[-1].agreement is not None


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("interrupted", [False, True])
def test_an_earlier_epoch_is_gone_back_to_also_after_a_resume(
    make_pair, monkeypatch, watched_states, interrupted
):
    figures = {"source_accuracy": [0.5, 0.9, 0.6, 0.7], "information": [0.1, 0.4, 0.2, 0.3]}
    judged = []

    def told(_outputs, seed=0):
        judged.append(len(judged))
        return {name: values[judged[-1]] for name, values in figures.items()}

    monkeypatch.setattr(trainer, "validate", told)
    studio, options = make_pair(), {**SHORT, "epochs": 4}
    if interrupted:
        events = studio.start("coral", **options)
        for event in events:
            if isinstance(event, EpochDone) and event.epoch == 3:
                events.send("interrupt")
        assert studio.folder().state == "interrupted"
    events = studio.do("coral", **options)
    assert events[-1].summary["best_epoch"] == 2
    flags = [event.best for event in events if isinstance(event, EpochDone)]
    assert flags == ([False] if interrupted else [True, True, False, False])
    kept = studio.weights()["head.classifier.weight"]
    assert torch.equal(kept, watched_states[2]["head.classifier.weight"])


@pytest.mark.usefixtures("no_report")
def test_after_each_epoch_both_domains_are_drawn_with_paths_once(make_pair):
    events = make_pair().do("coral", **SHORT)
    maps = [event for event in events if isinstance(event, DomainMap)]
    assert [each.epoch for each in maps] == [1, 2]
    assert [len(each.target) for each in maps] == [24, 24]
    assert len(maps[0].target_paths) == 24 and not maps[1].target_paths
    assert all(Path(path).is_absolute() for path in maps[0].target_paths)
    assert all(len(point) == 3 and point[2] in (0, 1, 2) for point in maps[1].source)


# ------------------------------------------------------------------------------------------ trouble with the target


def test_without_a_target_an_adaptation_fails_and_says_how_to_name_one(make_studio):
    studio = make_studio()
    studio.plugins.strategies.update(KINDS)
    end = studio.do("dann", **SHORT)[-1]
    assert end.reason == "failed"
    assert "xferstudio target" in end.message


@pytest.mark.parametrize("there", [True, False])
def test_a_target_that_is_empty_or_gone_fails_with_a_sentence(make_pair, tmp_path, there):
    folder = paint_target(tmp_path / "goes")
    studio = make_pair(folder)
    shutil.rmtree(folder)
    if there:
        folder.mkdir()
        (folder / "list.txt").write_text("no picture")
    end = studio.do("coral", **SHORT)[-1]
    assert end.reason == "failed"
    assert ("there are no images in" if there else "is not") in end.message


def test_a_broken_image_of_the_target_is_left_out_and_listed(make_pair, tmp_path):
    folder = paint_target(tmp_path / "damaged")
    broken = folder / "class0" / "broken.png"
    broken.write_bytes((folder / "class0" / "0-000.png").read_bytes()[:120])
    ended = make_pair(folder).finish("coral", **SHORT)
    target = ended.summary["target"]
    assert target["n"] == 24
    assert [Path(each["path"]).name for each in target["left_out"]] == ["broken.png"]
    assert ended.summary["counts"]["left_out"] == 0


def test_a_target_without_labels_gets_no_report_but_a_verdict(make_pair, tmp_path):
    folder = tmp_path / "flat"
    folder.mkdir()
    for file in paint_target(tmp_path / "named").rglob("*.png"):
        shutil.copy(file, folder / file.name)
    studio = make_pair(folder)
    alone = studio.do("coral", name="alone", **SHORT)
    assert alone[-1].summary["target"]["verdict"] is None
    assert "there is no finished run of source-only" in texts(alone)
    studio.finish("source-only", name="base", **SHORT)
    events = studio.do("coral", name="after", **SHORT)
    told = events[-1].summary["target"]
    assert told["report"] is None
    assert told["verdict"]["baseline"] == "base"
    assert told["verdict"]["verdict"] in ("helped", "no evidence", "negative transfer")
    assert told["verdict"]["sentence"] in texts(events)


def test_images_of_unknown_classes_are_counted_apart_in_the_report(make_pair, tmp_path):
    folder = paint_target(tmp_path / "more")
    for number in range(5):
        paint(folder / "zebra" / f"{number}.png", (128, 128, 128), 90_000 + number)
    studio = make_pair(folder)
    studio.finish("source-only", name="base", **SHORT)
    events = studio.do("coral", **SHORT)
    report = events[-1].summary["target"]["report"]
    assert (report["n"], report["outside"]) == (24, 5)
    assert report["against_baseline"]["verdict"] in ("helped", "no evidence", "negative transfer")
    assert "5 images of the target are of classes that the labelled images lack" in texts(events)


def test_images_set_apart_in_the_target_are_answered_for_and_not_learned_from(make_pair, tmp_path):
    folder = tmp_path / "parts"
    paint_target(folder / "train", 6)
    for number in range(4):
        paint(folder / "test" / "class1" / f"{number}.png", (80, 150, 80), 70_000 + number)
    studio = make_pair(folder)
    ended = studio.finish("coral", **SHORT)
    found = studio.folder().read_target_predictions()
    assert {Path(path).parts[-3] for path in found.paths} == {"test"}
    assert ended.summary["target"]["report"]["n"] == len(found) == 4


# ------------------------------------------------------------------------------------------ partly shared classes


def features(classes, each, random, shift=0.0):
    centres = 6 * np.eye(5, 12)
    rows = [centres[c] + shift + random.normal(size=(each, 12)) for c in classes]
    return np.concatenate(rows).astype(np.float32)


def test_before_the_first_step_a_run_warns_of_classes_that_the_domains_do_not_share(make_pair, monkeypatch):
    random = np.random.default_rng(0)
    report = shift_report(
        features(range(3), 60, random),
        np.repeat(range(3), 60),
        features([0, 1], 60, random, 0.5),
        ("a", "b", "c"),
    )
    assert report.partial_overlap
    monkeypatch.setattr(trainer, "shift_report", lambda *_: report)
    events = make_pair().do("dann", **SHORT)
    (warning,) = (e for e in events if isinstance(e, Notice) and "share only some of their classes" in e.text)
    assert warning.level == "warning"
    assert "the class c" in warning.text
    assert "mcc" in warning.text
    first = next(place for place, event in enumerate(events) if isinstance(event, EpochDone))
    assert events.index(warning) < first
    assert "share only some" not in texts(make_pair().do("source-only", **SHORT))


@pytest.mark.usefixtures("no_report")
@pytest.mark.parametrize("stages", [0, 1, -1])
def test_what_the_warning_looks_at_are_features_of_the_network_as_it_comes(make_pair, monkeypatch, stages):
    looked = []
    monkeypatch.setattr(trainer, "shift_report", lambda *given: looked.append(given) or shift_report(*given))
    studio = make_pair()
    studio.finish("mcc", **SHORT, stages=stages)
    ((source, labels, target, classes, _seed),) = looked
    assert source.shape[1] == target.shape[1] == 16
    assert len(source) == len(labels) and len(target) == 24 and len(classes) == 3
    body = studio.plugins.backbone("tiny").build(True).eval()
    how = studio.plugins.backbone("tiny").preprocessing()
    paths = sorted(Path(studio.project.data.target).rglob("*.png"))
    with torch.no_grad():
        pixels = torch.from_numpy(np.stack([prepare(decode(path), how) for path in paths]))
        fresh = body(normalise(pixels, how)).numpy()
    assert np.allclose(np.sort(fresh, 0), np.sort(target, 0), atol=1e-4)


@pytest.mark.usefixtures("no_report")
def test_what_the_warning_looks_at_changes_nothing_of_the_run(make_pair, monkeypatch):
    plain = make_pair()
    plain.finish("mcc", **SHORT, stages=1)
    monkeypatch.setattr(trainer.Trainer, "_compare_classes", lambda _self: iter(()))
    without = make_pair()
    without.finish("mcc", **SHORT, stages=1)
    assert same(plain.weights(), without.weights())


# ------------------------------------------------------------------------------------------ what methods promise


@pytest.mark.usefixtures("no_report")
def test_adabn_ends_with_the_statistics_of_the_target(make_pair):
    studio = make_pair()
    studio.finish("adabn", **SHORT)
    trained = load_trained(studio.folder().path, studio.plugins)
    how = trained.preprocessing
    paths = sorted(Path(studio.project.data.target).rglob("*.png"))
    pixels = torch.from_numpy(np.stack([prepare(decode(path), how) for path in paths]))
    linear, norm = trained.network.head.bottleneck[0], trained.network.head.bottleneck[1]
    with torch.no_grad():
        seen = linear(trained.network.backbone(normalise(pixels, how)))
    assert torch.allclose(norm.running_mean, seen.mean(0), atol=1e-3)
    # Four batches of six: the mean of their variances is a little below that of all.
    assert torch.allclose(norm.running_var, seen.var(0), rtol=0.6)


@pytest.mark.usefixtures("no_report")
def test_the_classifier_of_shot_stays_as_the_source_made_it(make_pair):
    kept: list[dict[str, torch.Tensor]] = []

    class Watched(Shot):
        id = "watched"

        def setup(self, ctx):
            super().setup(ctx)
            if ctx.domains == "target":
                kept.append({k: v.to("cpu", copy=True) for k, v in ctx.model.head.state_dict().items()})

    studio = make_pair()
    studio.add_strategy(Watched)
    studio.finish("watched", **{**SHORT, "target_epochs": 2})
    (before,) = kept
    after = {name.removeprefix("head."): value for name, value in studio.weights().items() if "head." in name}
    classifier = [name for name in before if name.startswith("classifier")]
    assert classifier
    assert all(torch.equal(before[name], after[name]) for name in classifier)
    assert not torch.equal(before["bottleneck.0.weight"], after["bottleneck.0.weight"])


@pytest.mark.usefixtures("no_report", "every_step_is_told")
def test_pseudo_labels_and_domain_classifiers_are_in_the_checkpoint_and_not_in_the_model(make_pair):
    for id, name in (("dann", "discriminator"), ("self-train", "pseudo_labels")):
        studio = make_pair()
        interrupt(studio, id, 5, **options_of(id))
        checkpoint = load_checkpoint(studio.folder().path)
        assert checkpoint is not None
        assert any(key.startswith(f"model.{name}") for key in checkpoint.tensors), id
        studio.finish(id, **options_of(id))
        assert all(key.startswith(("backbone.", "head.")) for key in studio.weights())


# ------------------------------------------------------------------------------------------ exports


@pytest.mark.usefixtures("no_report")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("id", ["coral", "shot", "mcd", "afn"])
def test_an_adapted_model_is_exported_and_answers_the_same(make_pair, tmp_path, id):
    studio = make_pair()
    studio.finish(id, **options_of(id))
    folder = studio.folder().path
    model = load_trained(folder, studio.plugins)
    files = sorted(Path(studio.project.data.target).rglob("*.png"))[:6]
    for exporter, name in ((OnnxExporter, "model.onnx"), (TorchExporter, "model.pt2")):
        made = exporter(exporter.Options())
        *_, parity = export_run(folder, made, tmp_path / name, files=files, model=model)
        assert isinstance(parity, Parity) and parity.passed, parity
    with pytest.raises(UserError):
        list(
            export_run(
                folder, TimmExporter(TimmExporter.Options()), tmp_path / "timm", files=files, model=model
            )
        )


def test_the_first_event_names_the_images_of_the_source_alone(make_pair):
    events = make_pair().do("coral", **SHORT)
    (started,) = (event for event in events if isinstance(event, RunStarted))
    assert started.counts["used"] == 36
    assert [event.name for event in events if isinstance(event, PhaseStarted)] == ["adapting"]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"stages": 0, "head_epochs": 7}, {"stages": 0}),  # the head is all that learns
        ({"stages": 2, "head_epochs": 7}, {"stages": 2, "head_epochs": 7}),
        (
            {"stages": 2, "margin": 4.0},
            {"stages": 2, "head_epochs": 0},
        ),  # another maker's, without such a phase
        ({"epochs": 3}, {"epochs": 3}),
    ],
)
def test_the_baseline_has_as_many_epochs_of_the_head_and_of_the_stages(options, wanted):
    assert adaptation.baseline_options(options) == wanted


def test_more_labels_are_wished_for_only_where_there_are_none():
    verdict = {"baseline": "source-only", "verdict": "helped", "sentence": "By the signs, it helped."}
    report = {
        "accuracy": 0.8,
        "accuracy_interval": (0.7, 0.9),
        "n": 60,
        "against_baseline": {"baseline": "source-only", "verdict": "helped", "sentence": "It is better."},
    }
    wish = "labels of a few target images would tell more"
    assert wish in texts(adaptation.notices({"verdict": verdict, "report": None}, "mcc"))
    assert wish not in texts(adaptation.notices({"verdict": verdict, "report": report}, "mcc"))
