"""A run as its reader sees it: events in order, figures that reconcile, files that say the same."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
import shutil

import numpy as np
import pytest
import torch
from studio import DEVICE, paint, paint_classes

from xferstudio.api import UserError
from xferstudio.data import Edits, read_dataset
from xferstudio.engine.checkpoint import Checkpoint, save_checkpoint
from xferstudio.engine.control import Control
from xferstudio.engine.trainer import Trainer
from xferstudio.events import EpochDone, Event, Notice, PhaseStarted, RunEnded, RunStarted, StepDone, to_json
from xferstudio.history import RunFolder
from xferstudio.occupied import uses
from xferstudio.plugins import Plugins

TOP = {"reason", "strategy", "backbone", "seconds", "images_per_second", "counts", "val", "test"}
SPLIT = {"n", "accuracy", "accuracy_interval", "balanced_accuracy", "macro_f1", "ece"}


def spoil(photos):
    """Adds four files that cannot be used: cut off, a text, nothing in it, a copy of nothing known."""
    whole = paint(photos / "class0" / "cut.jpg", (200, 60, 60), 5)
    whole.write_bytes(whole.read_bytes()[:300])
    (photos / "class1" / "text.jpg").write_text("not a picture at all")
    (photos / "class2" / "empty.png").write_bytes(b"")
    return photos


@pytest.mark.parametrize("strategy", ["extract", "fine-tune", "scratch"])
def test_counts_reconcile_where_files_cannot_be_read(make_studio, tmp_path, strategy):
    studio = make_studio(spoil(paint_classes(tmp_path / "photos", 12)))
    options = {} if strategy == "extract" else {"epochs": 1}
    ended = studio.finish(strategy, **options)
    counts = ended.summary["counts"]
    assert counts["found"] == 39
    assert counts["left_out"] == 3
    assert counts["found"] == counts["used"] + counts["left_out"]
    assert counts["used"] == counts["train"] + counts["val"] + counts["test"]
    reasons = {entry["path"]: entry["reason"] for entry in ended.summary["left_out"]}
    assert set(reasons) == {"class0/cut.jpg", "class1/text.jpg", "class2/empty.png"}
    assert all(reasons.values())
    assert ended.summary["val"]["n"] == counts["val"]
    assert ended.summary["test"]["n"] == counts["test"]
    again = studio.finish(strategy, **options, fresh=True)  # now from the warm store
    assert again.summary["counts"] == counts


@pytest.mark.parametrize("strategy", ["extract", "fine-tune", "scratch"])
def test_events_come_in_order_and_are_written_down(make_studio, strategy):
    studio = make_studio()
    options = {} if strategy == "extract" else {"epochs": 2, "batch_size": 6}
    events = studio.do(strategy, **options)
    kinds = [type(event) for event in events]
    ends = [event for event in events if isinstance(event, RunEnded)]
    begun = kinds.index(RunStarted)
    assert kinds.count(RunStarted) == 1
    assert len(ends) == 1
    assert ends[0] is events[-1]
    assert not {PhaseStarted, StepDone, EpochDone} & set(kinds[:begun])
    started = events[begun]
    assert started.counts["found"] == 36
    assert started.counts["used"] == sum(started.counts[split] for split in ("train", "val", "test")) == 36
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.epoch for event in epochs] == list(range(1, started.epochs + 1))
    assert sum(map(sum, epochs[-1].confusion)) == started.counts["val"]
    assert {"loss", "accuracy", "balanced_accuracy", "macro_f1"} <= set(epochs[-1].val)
    steps = [event for event in events if isinstance(event, StepDone)]
    assert steps
    assert [event.step for event in steps] == sorted(event.step for event in steps)
    for step in steps:
        assert np.isfinite(step.losses["loss"])
        assert 0 <= step.waiting <= 1
        assert step.memory > 0
        assert step.images_per_second > 0
        assert step.step <= step.steps
    written = list(RunFolder(ends[0].folder).events())
    assert [to_json(event) for event in written] == [to_json(event) for event in events]
    assert all(isinstance(event, Event) for event in events)


def test_the_files_of_a_run_say_what_its_last_event_says(make_studio):
    studio = make_studio()
    ended = studio.finish("fine-tune", epochs=2)
    folder = studio.folder()
    summary = json.loads(folder.summary_file.read_text("utf-8"))
    assert summary.keys() >= TOP
    assert summary["val"].keys() >= SPLIT
    assert summary["test"].keys() >= SPLIT
    assert summary["reason"] == "finished"
    assert summary["test"]["accuracy"] == ended.summary["test"]["accuracy"]
    with folder.predictions.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for split in ("val", "test"):
        mine = [row for row in rows if row["split"] == split]
        assert len(mine) == summary["counts"][split] == summary[split]["n"]
        right = sum(row["label"] == row["predicted"] for row in mine)
        assert summary[split]["accuracy"] == pytest.approx(right / len(mine))
    for row in rows:
        shares = {name: float(row[f"p:{name}"]) for name in summary["classes"]}
        assert sum(shares.values()) == pytest.approx(1, abs=1e-6)
        assert row["predicted"] == max(shares, key=shares.get)
        assert float(row["confidence"]) == pytest.approx(max(shares.values()))
    assert folder.state == "finished"
    assert not list(folder.path.rglob("*.tmp"))
    assert not folder.last.exists()
    low, high = summary["test"]["accuracy_interval"]
    assert low <= summary["test"]["accuracy"] <= high


@pytest.mark.parametrize("strategy", ["extract", "fine-tune"])
def test_the_test_split_is_read_once_at_the_end(make_studio, monkeypatch, strategy):
    asked = []
    original = Trainer.logits

    def spied(self, indices, exact=False):
        asked.append({self.images.items[i].path for i in indices})
        return original(self, indices, exact)

    monkeypatch.setattr(Trainer, "logits", spied)
    studio = make_studio()
    studio.finish(strategy, **({} if strategy == "extract" else {"epochs": 3}))
    test = set(studio.folder().read_predictions().of("test").paths)
    assert test
    assert [bool(paths & test) for paths in asked].count(True) == 1
    assert asked[-1] == test


def test_labels_of_the_test_split_do_not_change_the_model(make_studio, tmp_path):
    studio = make_studio()
    studio.finish("fine-tune", epochs=2)
    test = studio.folder().read_predictions().of("test").paths
    table = tmp_path / "table.csv"
    before = sorted((tmp_path / "photos-12-3").glob("*/*.png"))
    splits = json.loads((studio.project.folder / "split.json").read_text("utf-8"))
    assert set(splits.values()) == {"train", "val", "test"}
    with table.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "split"])
        held = _splits_of(studio)
        for image in before:
            path = image.relative_to(tmp_path).as_posix()
            inner = image.relative_to(tmp_path / "photos-12-3").as_posix()
            label = image.parent.name if inner not in test else "class0"
            rows.writerow([path, label, held.get(inner, "train")])
    other = make_studio(table)
    other.finish("fine-tune", epochs=2)
    mine, theirs = studio.weights(), other.weights()
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def _splits_of(studio):
    predictions = studio.folder().read_predictions()
    return dict(zip(predictions.paths, predictions.splits, strict=True))


def test_data_of_a_single_class_end_with_a_sentence(make_studio):
    ended = make_studio(classes=1).do("extract")[-1]
    assert ended.reason == "failed"
    assert "two classes" in ended.message


def test_data_that_are_all_unreadable_end_with_a_sentence(make_studio, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "bad" / name).mkdir(parents=True)
        for number in range(5):
            (tmp_path / "bad" / name / f"{number}.jpg").write_text(f"text {name} {number}")
    ended = make_studio(tmp_path / "bad").do("fine-tune", epochs=1)[-1]
    assert ended.reason == "failed"
    assert "Error" not in ended.message


def test_unlabelled_images_end_with_a_sentence(make_studio, tmp_path):
    for number in range(4):
        paint(tmp_path / "flat" / f"{number}.png", (90, 90, 90), number)
    ended = make_studio(tmp_path / "flat").do("extract")[-1]
    assert ended.reason == "failed"
    assert "classes" in ended.message


@pytest.mark.parametrize("strategy", ["extract", "fine-tune", "scratch"])
def test_two_images_without_validation_and_test_are_enough_to_train(make_studio, strategy):
    studio = make_studio(each=1, classes=2, val=0.0, test=0.0)
    ended = studio.finish(strategy, **({} if strategy == "extract" else {"epochs": 2}))
    assert ended.summary["counts"]["train"] == 2
    assert ended.summary["val"]["n"] == ended.summary["test"]["n"] == 0
    assert studio.folder().read_predictions().paths == []


@pytest.mark.parametrize("head", ["logistic", "knn", "prototype", "mlp"])
def test_two_images_are_enough_for_every_head(make_studio, head):
    studio = make_studio(each=1, classes=2, val=0.0, test=0.0)
    studio.finish("extract", head=head, **({"epochs": 2} if head == "mlp" else {}))


def test_a_run_says_for_as_long_as_it_lasts_that_it_uses_a_device(make_studio):
    studio = make_studio()
    seen = []
    for event in studio.start("fine-tune", epochs=1):
        if isinstance(event, StepDone):
            seen += uses()
    assert {(use.device, use.project, use.pid) for use in seen} == {
        (DEVICE, str(studio.project.folder), os.getpid())
    }
    assert uses() == []


def test_without_validation_images_the_last_epoch_is_kept(make_studio):
    studio = make_studio(val=0.0)
    ended = studio.finish("fine-tune", epochs=3)
    assert ended.summary["val"]["n"] == 0
    assert ended.summary["best_epoch"] == ended.summary["epochs"] == 4
    assert ended.summary["temperature"] == 1.0


@pytest.mark.parametrize(("strategy", "options"), [("extract", {}), ("fine-tune", {"epochs": 1})])
def test_cross_validation_gives_a_figure_for_every_image(make_studio, strategy, options):
    studio = make_studio(val=0.0, test=0.25, folds=3)
    ended = studio.finish(strategy, **options)
    counts = ended.summary["counts"]
    assert ended.summary["val"]["n"] == counts["train"]
    assert counts["found"] == counts["train"] + counts["test"] + counts["left_out"]
    predictions = studio.folder().read_predictions()
    assert len(set(predictions.of("val").paths)) == counts["train"]
    assert not set(predictions.of("val").paths) & set(predictions.of("test").paths)
    assert ended.summary["val"]["accuracy"] > 0.5


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(make_studio):
    studio = make_studio()
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        studio.finish("scratch", name=name, seed=seed, epochs=1)
    a, b, c = (studio.weights(name) for name in "abc")
    assert all(np.array_equal(a[name], b[name]) for name in a)
    assert not all(np.array_equal(a[name], c[name]) for name in a)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"strategy": "extract", "backbone": "none-such"}, "none-such"),
        ({"strategy": "none-such"}, "none-such"),
        ({"strategy": "fine-tune", "epochs": 0}, "epochs"),
        ({"strategy": "fine-tune", "epoch": 3}, "epoch"),
    ],
)
def test_what_cannot_begin_raises_a_sentence_and_leaves_no_folder(make_studio, settings, words):
    studio = make_studio()
    with pytest.raises(UserError, match=words):
        studio.do(**settings)
    assert not list(studio.project.runs_folder.glob("*-one"))


def test_a_device_that_is_not_there_raises_a_sentence(make_studio):
    from xferstudio.engine.device import choose

    for name in ("cuda:99", "tpu", "mps"):
        with pytest.raises(UserError, match=name.split(":")[0]):
            choose(name)
    with pytest.raises(UserError, match="GPU"):
        choose("cpu", "float16")


def test_a_backbone_that_cannot_be_built_ends_the_run_with_its_sentence(make_studio):
    studio = make_studio()
    good = studio.plugins.backbones["tiny"]

    def build(pretrained):
        raise UserError("the weights are gone; fetch them again")

    studio.plugins = Plugins(
        backbones={"tiny": dataclasses.replace(good, build=build)}, strategies=studio.plugins.strategies
    )
    ended = studio.do("extract")[-1]
    assert ended.reason == "failed"
    assert ended.message == "the weights are gone; fetch them again"


def test_copies_of_held_out_images_never_train(make_studio, tmp_path):
    photos = paint_classes(tmp_path / "photos", 10)
    for number in range(10):
        copy = photos / "class0" / f"copy{number}.png"
        copy.write_bytes((photos / "class0" / f"{number:03d}.png").read_bytes())
    studio = make_studio(photos)
    events = studio.do("extract")
    counts = events[-1].summary["counts"]
    assert counts["found"] == 40
    assert counts["found"] == counts["used"] + counts["left_out"]
    assert not any(isinstance(event, Notice) and "Error" in event.text for event in events)


def test_a_stop_inside_a_fold_keeps_the_model_of_that_fold_and_judges_it_on_what_it_has_not_seen(make_studio):
    studio = make_studio(val=0.0, test=0.25, folds=3)
    control = Control()
    ended = None
    for event in studio.start("fine-tune", control=control, epochs=3, stages=1):
        if isinstance(event, EpochDone) and event.epoch == 2:
            control.put("stop")
        ended = event
    assert ended.reason == "stopped"
    counts = ended.summary["counts"]
    assert 0 < ended.summary["val"]["n"] == counts["val"] < counts["train"]
    assert counts["found"] == counts["train"] + counts["val"] + counts["test"] + counts["left_out"]
    assert "cross_validated" not in ended.summary["val"]
    assert any("fold 1 of 3" in text for text in ended.summary["notices"])
    assert studio.weights()


def test_an_image_that_was_relabelled_or_excluded_trains_so(make_studio):
    studio = make_studio()
    before = sorted(path.relative_to(studio.project.data_path()) for path in _photos(studio))
    relabelled, excluded, moved = "class0/000.png", "class1/000.png", "class2/000.png"
    edits = Edits(
        labels={relabelled: "class1"},
        excluded={excluded: "blurred"},
        splits={moved: "test", relabelled: "test"},
        renamed={"class2": "blue"},
    )
    edits.write(studio.project.folder)
    events = studio.do("extract")
    started = next(event for event in events if isinstance(event, RunStarted))
    dataset = read_dataset(studio.project)
    assert started.counts == dataset.counts
    summary = studio.folder().summary()
    assert summary["counts"] == dataset.counts
    assert summary["classes"] == ["blue", "class0", "class1"]
    assert summary["left_out"] == [{"path": excluded, "reason": "blurred"}]
    test = studio.folder().read_predictions().of("test")
    truth = dict(zip(test.paths, test.labels, strict=True))
    assert (truth[relabelled], truth[moved]) == ("class1", "blue")
    assert studio.folder().read_run()["data"]["fingerprint"] == dataset.catalog.fingerprint
    after = sorted(path.relative_to(studio.project.data_path()) for path in _photos(studio))
    assert after == before


def _photos(studio):
    return studio.project.data_path().glob("*/*.png")


def test_when_all_images_are_excluded_the_run_says_so(make_studio):
    studio = make_studio(each=2)
    paths = [path.relative_to(studio.project.data_path()).as_posix() for path in _photos(studio)]
    Edits(excluded=dict.fromkeys(paths, "")).write(studio.project.folder)
    ended = studio.do("extract")[-1]
    assert ended.reason == "failed"
    assert "excluded" in ended.message


def test_a_damaged_file_of_edits_ends_the_run_with_a_sentence(make_studio):
    studio = make_studio(each=2)
    (studio.project.folder / "edits.json").write_text("{", "utf-8")
    ended = studio.do("extract")[-1]
    assert ended.reason == "failed"
    assert "delete it" in ended.message


# ---- reduced precision


def told_of_precision(events) -> list[str]:
    texts = [event.text for event in events if isinstance(event, Notice)]
    return [text for text in texts if "bfloat16" in text and "features are computed by" not in text]


def test_reduced_precision_is_compared_on_sixteen_images_and_said_again_when_the_store_is_warm(make_studio):
    studio = make_studio(each=24)
    [first] = told_of_precision(studio.do("extract", precision="bfloat16"))
    found = re.fullmatch(
        r"computed in bfloat16; float32 throughout would change (\d+) of 16 validation predictions that were checked",
        first,
    )
    assert found is not None
    [again] = told_of_precision(studio.do("extract", precision="bfloat16", fresh=True))
    assert again == (
        "computed in bfloat16; when these features were computed, float32 throughout would have changed "
        f"{found[1]} of 16 validation predictions"
    )


def test_with_fewer_images_all_are_compared_also_when_the_features_were_there_before(make_studio):
    studio = make_studio()
    studio.do("extract", precision="bfloat16")
    for file in studio.store.folder.rglob("float32.json"):
        file.unlink()
    [told] = told_of_precision(studio.do("extract", precision="bfloat16", fresh=True))
    val = studio.folder().summary()["counts"]["val"]
    assert val < 16
    assert f"of {val} validation predictions that were checked" in told
    assert list(studio.store.folder.rglob("float32.json"))


def test_with_folds_reduced_precision_is_compared_once(make_studio):
    studio = make_studio(folds=3)
    [told] = told_of_precision(studio.do("extract", precision="bfloat16"))
    assert "that were checked" in told


def test_what_was_trained_whole_says_that_it_was_evaluated_in_float32(make_studio):
    studio = make_studio()
    events = studio.do("scratch", precision="bfloat16", epochs=1)
    assert told_of_precision(events) == ["trained in bfloat16, evaluated in float32"]


# ---- what is told once, and in full


def test_a_file_that_cannot_be_read_is_told_once_not_in_every_fold(make_studio, tmp_path):
    studio = make_studio(folds=3)
    file = next((tmp_path / "photos-12-3" / "class0").glob("*.png"))
    file.write_bytes(file.read_bytes()[:60])
    events = studio.do("extract")
    assert events[-1].reason == "finished"
    told = [event.text for event in events if isinstance(event, Notice) and "cannot be read" in event.text]
    assert len(told) == 1


def test_all_files_that_stand_in_two_classes_are_in_the_summary(make_studio, tmp_path):
    studio = make_studio()
    photos = tmp_path / "photos-12-3"
    for number in range(5):
        shutil.copy(photos / "class0" / f"00{number}.png", photos / "class1" / f"same{number}.png")
    summary = studio.finish("extract").summary
    assert ["class0/000.png", "class1/same0.png"] in summary["conflicts"]
    assert len(summary["conflicts"]) == 5


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_a_checkpoint_may_be_read_by_whom_all_else_may_be_read_by(tmp_path):
    checkpoint = Checkpoint({"step": 1}, {"x": torch.zeros(1)}, {})
    before = os.umask(0o027)
    try:
        save_checkpoint(tmp_path, checkpoint)
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "last").iterdir()} == {0o640}


def test_short_epochs_tell_of_their_steps_as_well(make_studio):
    events = make_studio().do("extract", head="mlp", epochs=400, batch_size=64)
    steps = [event for event in events if isinstance(event, StepDone)]
    epochs = [event for event in events if isinstance(event, EpochDone)]
    passed = epochs[-1].time - epochs[0].time
    assert len(steps) >= min(20, passed / 0.2)
    assert [step.step for step in steps] == sorted({step.step for step in steps})
    assert all(0 <= step.waiting <= 1 and step.images_per_second > 0 for step in steps)
