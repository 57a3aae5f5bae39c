"""Another domain on the command line: its folder, the shift, the baseline that goes first, the choice, the audit."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from xferstudio import across_domains, cli, project, terminal
from xferstudio.api import LoopOptions, Strategy, UserError
from xferstudio.engine.audit_session import Audit, answers_by_run, audited, open_audit
from xferstudio.engine.baseline import due_baseline, with_baseline
from xferstudio.engine.target_table import compare_on_target
from xferstudio.events import Notice, RunEnded, RunStarted, from_json
from xferstudio.history import Predictions, RunFolder, latest, new_run_folder
from xferstudio.plugins import load_plugins
from xferstudio.project import Run

CLASSES = ("dark", "light")
SMALL = "timm:test_efficientnet.r160_in1k"


def paint(folder: Path, each: int, lift: int = 0, labels: bool = True) -> Path:
    """Two classes that anything can tell apart; `lift` makes it another domain."""
    draw = np.random.default_rng(lift)
    for number, name in enumerate(CLASSES):
        place = folder / name if labels else folder
        place.mkdir(parents=True, exist_ok=True)
        for n in range(each):
            shade = draw.integers(20 + 120 * number, 80 + 120 * number, (6, 8, 3)) + lift
            Image.fromarray(shade.astype(np.uint8)).resize((64, 48)).save(place / f"{number}{n:02d}.png")
    return folder


@pytest.fixture
def pair(tmp_path):
    """A project whose target has twelve images in folders of the same names."""
    source, target = paint(tmp_path / "source", 20), paint(tmp_path / "target", 6, lift=40)
    return project.create(
        tmp_path / "project", data=source, target=target, backbone="embedded:efficientnet_lite0"
    )


def say_to(monkeypatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8"))


def lines_of(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def words(command: str) -> list[str]:
    return command.split()


# ------------------------------------------------------------------------------------------ the target's folder


def test_a_target_is_named_changed_and_taken_away_and_comments_stay(tmp_path, capsys):
    made = project.create(tmp_path / "project", data=paint(tmp_path / "source", 3), val=0.25)
    made.file.write_text(
        made.file.read_text("utf-8").replace("[split]", "# as agreed\n[split] # mine"), "utf-8"
    )
    before = made.file.read_text("utf-8")
    for place in (paint(tmp_path / "one", 2, 40), paint(tmp_path / "two", 3, 50)):
        assert cli.main(["target", str(made.folder), str(place)]) == 0
        out = capsys.readouterr().out
        assert f"target: {2 * len(list(place.glob('dark/*')))} images" in out
        assert "read after a model is chosen" in out
        again = project.load(made.folder)
        assert again.target_path() == place
        assert {name.split("/")[0] for name, _ in again.data.target_sample} == {"dark", "light"}
        assert "# as agreed\n[split] # mine" in made.file.read_text("utf-8")
    assert cli.main(["target", str(made.folder), "--none"]) == 0
    assert project.load(made.folder).target_path() is None
    assert made.file.read_text("utf-8") == before


@pytest.mark.parametrize(
    "data",
    [
        'data = {source = "../source"}\n',
        '[data]\nsource = "../source" # s\n',
        '[data]\n source="../source"\n',
    ],
)
def test_a_target_can_be_named_however_the_file_is_written(tmp_path, data):
    paint(tmp_path / "source", 2), paint(tmp_path / "target", 2, 40)
    (tmp_path / "project").mkdir()
    file = tmp_path / "project" / "project.toml"
    file.write_text(f'schema = 1\nname = "by hand"\n{data}\n# of the split\n[split]\nval = 0.3\n', "utf-8")
    before = project.load(file.parent)
    changed = project.set_target(before, tmp_path / "target")
    assert project.load(file.parent) == changed
    assert changed.target_path() == tmp_path / "target"
    assert "# of the split\n[split]" in file.read_text("utf-8")
    assert project.set_target(changed, None) == before


def test_a_target_that_cannot_be_one_is_refused_and_the_file_stays(pair, tmp_path, capsys):
    before = pair.file.read_bytes()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no picture")
    for place, reason in (
        (tmp_path / "nowhere", "There is no folder"),
        (tmp_path / "empty", "there are no images in"),
        (tmp_path / "source", "holds the labelled images themselves"),
    ):
        assert cli.main(["target", str(pair.folder), str(place)]) == 2
        assert reason in capsys.readouterr().err
    assert cli.main(["target", str(pair.folder)]) == 2
    assert cli.main(["target", str(pair.folder), str(tmp_path), "--none"]) == 2
    assert pair.file.read_bytes() == before


def test_the_target_moves_with_its_project(pair, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "target").rename(tmp_path / "elsewhere" / "target")
    pair.folder.rename(tmp_path / "elsewhere" / "project")
    assert project.load(tmp_path / "elsewhere" / "project").target_path() == tmp_path / "elsewhere" / "target"


def test_scan_lists_the_target_after_the_source_with_labels_for_the_viewer(pair, capsys, tmp_path):
    target = tmp_path / "target"
    (target / "list.txt").write_text("no picture")
    (target / "light" / "copy.png").write_bytes((target / "dark" / "000.png").read_bytes())
    assert cli.main(["scan", str(pair.folder), "--json"]) == 0
    lines = lines_of(capsys)
    assert [line["event"] for line in lines if line["event"] != "Progress"] == [
        "Pictures",
        "Scanned",
        "TargetImages",
    ]
    told = lines[-1]
    assert told["root"] == str(target)
    rows = {row[0]: row for row in told["images"]}
    _, label, split, domain, group, content, reason = rows["dark/001.png"]
    assert (label, split, domain, group, reason) == ("dark", "target", "", "", "")
    assert len(content) == 32
    assert rows["light/copy.png"][2] == "" and "copy" in rows["light/copy.png"][6]
    assert rows["list.txt"][1] is None and rows["list.txt"][6]
    assert cli.main(["scan", str(pair.folder)]) == 0
    assert f"{target}: 14 files found, 12 to adapt to, 2 left out" in capsys.readouterr().out


def test_scan_shows_the_source_although_the_target_is_gone(pair, capsys, tmp_path):
    (tmp_path / "target").rename(tmp_path / "renamed")
    assert cli.main(["scan", str(pair.folder), "--json"]) == 0
    *_, scanned, told = lines_of(capsys)
    assert scanned["event"] == "Scanned"
    assert told["images"] == [] and "is not at" in told["problem"]


def test_a_part_set_apart_for_the_test_is_shown_as_such(tmp_path, capsys):
    target = tmp_path / "target"
    paint(target / "train", 4, 40)
    paint(target / "test", 2, 50)
    made = project.create(tmp_path / "project", data=paint(tmp_path / "source", 4), target=target)
    assert cli.main(["scan", str(made.folder), "--json"]) == 0
    splits = [row[2] for row in lines_of(capsys)[-1]["images"]]
    assert (splits.count("target"), splits.count("test")) == (8, 4)


def test_a_file_that_is_written_in_an_unusual_way_is_left_as_it_is(tmp_path):
    paint(tmp_path / "source", 2), paint(tmp_path / "target", 2, 40)
    file = tmp_path / "project.toml"
    file.write_text('schema = 1\ndata.source = "source"\n', "utf-8")
    before = file.read_bytes()
    with pytest.raises(UserError, match="by hand"):
        project.set_target(project.load(tmp_path), tmp_path / "target")
    assert file.read_bytes() == before


# ------------------------------------------------------------------------------------------ the shift


@pytest.mark.filterwarnings("default")
def test_the_shift_is_measured_and_told_in_words_and_as_json(pair, capsys):
    assert cli.main(["shift", str(pair.folder), "--json"]) == 0
    *progress, report = lines_of(capsys)
    assert {line["event"] for line in progress} == {"Progress"}
    assert report["event"] == "Shift" and report["time"] > 0
    assert report["target_images"] == 12 and report["source_images"] < 40
    assert report["level"] in ("little", "moderate", "large") and report["distance_interval"]
    assert [each["name"] for each in report["classes"]] == ["dark", "light"]
    assert report["suggestion"] and report["words"] and report["why"]
    assert cli.main(["shift", str(pair.folder)]) == 0
    out = capsys.readouterr().out
    assert report["words"][0] in out and report["why"] in out
    assert "computing features" not in out, "the features are stored already"


def test_without_a_target_the_shift_says_how_to_name_one(tmp_path, capsys):
    made = project.create(tmp_path / "project", data=paint(tmp_path / "source", 3))
    assert cli.main(["shift", str(made.folder)]) == 2
    assert f"xferstudio target {made.folder} FOLDER" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ the baseline


def test_an_adaptation_is_added_with_its_baseline_of_the_same_budget_once(pair, capsys):
    for extra in (
        "--set epochs=3 --set stages=1",
        "--set epochs=3 --set stages=1 --name again",
        "--set epochs=4",
    ):
        assert cli.main(["add", str(pair.folder), "--strategy", "dann", *words(extra)]) == 0
    out = capsys.readouterr().out
    assert out.count("to tell whether adapting helps") == 2
    runs = {run.name: run for run in project.load(pair.folder).runs}
    assert list(runs) == ["dann", "source-only", "again", "dann-2", "source-only-2"]
    assert runs["source-only"].options == {"epochs": 3, "stages": 1}
    assert runs["source-only-2"].options == {"epochs": 4}
    assert cli.main(["add", str(pair.folder), "--strategy", "extract"]) == 0
    assert len(project.load(pair.folder).runs) == 6


def test_where_there_is_no_target_yet_adding_an_adaptation_says_so(tmp_path, capsys):
    made = project.create(tmp_path / "project", data=paint(tmp_path / "source", 3))
    assert cli.main(["add", str(made.folder), "--strategy", "coral"]) == 0
    assert f"xferstudio target {made.folder} FOLDER" in capsys.readouterr().out


SETTINGS = words(
    f"--backbone {SMALL} --set epochs=2 --set epoch_steps=1 --set bottleneck=8 --set batch_size=8"
)


@pytest.fixture
def small_backbone(monkeypatch):
    """The network of a third of a million parameters, with random weights in place of those it would fetch."""
    import torch

    from xferstudio import plugins

    real = plugins.Plugins.backbone

    def backbone(self, id):
        found = real(self, id)
        if id != SMALL:
            return found
        from dataclasses import replace

        def build(_pretrained):
            with torch.random.fork_rng([]):
                torch.manual_seed(5)
                return found.build(False)

        return replace(found, build=build, is_local=lambda: True)

    monkeypatch.setattr(plugins.Plugins, "backbone", backbone)


def add_by_hand(made, name: str, strategy: str, **options):
    """A run as somebody writes it into the file, without its baseline."""
    return project.add_run(made, Run(name, strategy, SMALL, {"epochs": 2, "batch_size": 8, **options}))


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("small_backbone")
def test_run_does_the_baseline_first_and_only_once(pair, capsys):
    add_by_hand(pair, "adapted", "coral", bottleneck=8)
    assert cli.main(["run", str(pair.folder), "adapted", "--json", "--device", "cpu"]) == 0
    events = [from_json(line) for line in capsys.readouterr().out.splitlines()]
    assert isinstance(events[0], Notice) and "source-only was added" in events[0].text
    started = [event.run for event in events if isinstance(event, RunStarted)]
    ended = [event for event in events if isinstance(event, RunEnded)]
    assert started == ["source-only", "adapted"]
    assert [event.reason for event in ended] == ["finished", "finished"]
    assert RunFolder(Path(ended[0].folder)).name == "source-only"
    target = ended[1].summary["target"]
    assert target["verdict"]["baseline"] == "source-only"
    assert target["report"]["against_baseline"]["baseline"] == "source-only"
    assert [run.name for run in project.load(pair.folder).runs] == ["adapted", "source-only"]

    # Another one with the same budget finds its baseline done.
    add_by_hand(project.load(pair.folder), "other", "bnm")
    assert cli.main(["run", str(pair.folder), "other", "--device", "cpu"]) == 0
    assert "source-only: source-only on" not in capsys.readouterr().out
    assert len(list(pair.runs_folder.glob("*-source-only"))) == 1

    # All together: everything is finished, and told so once each.
    assert cli.main(["run", str(pair.folder)]) == 0
    assert capsys.readouterr().out.count("finished already") == 3

    # With other images in the target, what was learned before is nothing to measure against.
    paint(pair.target_path(), 8, lift=60)
    assert cli.main(["batch", str(pair.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["event"] == "BatchEnded"
    assert cli.main(["run", str(pair.folder), "other", "--fresh", "--device", "cpu"]) == 0
    assert capsys.readouterr().out.count("finished;") == 2
    assert len(list(pair.runs_folder.glob("*-source-only"))) == 2


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("small_backbone")
def test_batch_does_baselines_first_and_names_them_in_its_table(pair, capsys):
    add_by_hand(pair, "adapted", "coral", bottleneck=8)
    assert cli.main(["batch", str(pair.folder), "--json", "--device", "cpu"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [(each["run"], each["reason"]) for each in last["runs"]] == [
        ("source-only", "finished"),
        ("adapted", "finished"),
    ]


def test_a_baseline_that_was_interrupted_is_due_and_one_that_was_stopped_is_not(pair):
    made = add_by_hand(pair, "adapted", "coral")
    made = add_by_hand(made, "source-only", "source-only")
    plugins = load_plugins(safe=True)
    run = made.run("adapted")
    assert due_baseline(made, made.run("source-only"), plugins) is None
    due = due_baseline(made, run, plugins)
    assert due is not None and (due.run.name, due.fresh) == ("source-only", False)
    folder = new_run_folder(made, made.run("source-only"))
    for reason, expected in (("interrupted", True), ("failed", True), ("stopped", False)):
        folder.append(RunEnded(reason))
        due = due_baseline(made, run, plugins)
        assert (due is not None) == expected, reason
        assert due is None or not due.fresh


def test_an_adaptation_of_another_maker_without_some_options_has_one_baseline(pair):
    @dataclass(frozen=True)
    class Options(LoopOptions):
        """No stages, no trade-off."""

    class Other(Strategy):
        id, label, kind = "other", "Other", "adapt"

    Other.Options = Options
    plugins = load_plugins(safe=True)
    plugins.strategies["other"] = Other
    run = Run("mine", "other", SMALL, {"epochs": 5})
    made, baseline = with_baseline(project.add_run(pair, run), run, plugins)
    assert baseline.options == {"epochs": 5, "epoch_steps": 1}  # the defaults of the other
    assert with_baseline(made, run, plugins) == (made, baseline)


def test_a_run_whose_baseline_cannot_be_found_out_still_runs_and_says_why(pair):
    made = add_by_hand(pair, "adapted", "coral", epochs=-3)
    seen = []
    display = types.SimpleNamespace(show=seen.append)
    todo = list(across_domains.baselines_first(made, made.runs, load_plugins(safe=True), True, display))
    assert [(run.name, fresh) for run, fresh in todo] == [("adapted", True)]
    assert "epochs must be at least 1" in seen[0].text


# ------------------------------------------------------------------------------------------ side by side


def ended_run(
    made, name: str, strategy: str, right: float, signs: dict, seed: int = 0, **target
) -> RunFolder:
    """A finished run as the engine leaves it, that names `right` of forty target images as they are labelled."""
    if name not in {run.name for run in made.runs}:
        project.add_run(project.load(made.folder), Run(name, strategy, "b"))
    folder = new_run_folder(made, Run(name, strategy, "b"))
    draw = np.random.default_rng(seed)
    truth = np.arange(40) % 2
    said = np.where(np.arange(40) < right * 40, truth, 1 - truth)
    sure = draw.uniform(0.55, 0.99, 40)
    shares = np.where(said[:, None] == np.arange(2), sure[:, None], 1 - sure[:, None])
    hashes = [f"{n:032x}" for n in range(40)]
    folder.write_target_predictions(
        Predictions(
            [f"/nowhere/{n}.png" for n in range(40)],
            hashes,
            [""] * 40,
            ["target"] * 40,
            [""] * 40,
            [CLASSES[n] for n in said],
            shares,
            CLASSES,
        )
    )
    summary = {
        "reason": "finished",
        "run": name,
        "strategy": strategy,
        "classes": list(CLASSES),
        "data_fingerprint": target.pop("fingerprint", "a+b"),
        "target": {"validators": signs, "verdict": None, "report": None, **target},
    }
    folder.write_summary(summary)
    folder.append(RunEnded("finished", folder=str(folder.path), summary=summary))
    return folder


def truth_of(content: str) -> str:
    return CLASSES[int(content, 16) % 2]


GOOD = {"source_accuracy": 0.9, "information": 0.6, "bnm": 0.5, "class_ami": 0.8, "devn": -0.1, "snd": 3.0}
FAIR = {"source_accuracy": 0.8, "information": 0.5, "bnm": 0.4, "class_ami": 0.7, "devn": -0.2, "snd": 4.0}
POOR = {"source_accuracy": 0.7, "information": 0.4, "bnm": 0.3, "class_ami": 0.6, "devn": -0.3, "snd": 5.0}


def test_runs_are_put_side_by_side_on_the_target_and_the_choice_is_named(pair, capsys):
    ended_run(pair, "base", "source-only", 0.5, POOR)
    ended_run(pair, "poor", "dan", 0.6, FAIR, verdict={"verdict": "no evidence", "baseline": "base"})
    ended_run(pair, "good", "cdan-e", 0.9, GOOD, verdict={"verdict": "helped", "baseline": "base"})
    found = compare_on_target(pair)
    assert [(row.run, row.rank) for row in found.rows] == [("good", 1), ("poor", 2), ("base", 3)]
    assert (found.choice, found.close, found.agreement) == ("good", (), 1.0)
    assert "By the signs, take good." in found.sentences
    assert any(f"xferstudio audit {pair.folder} good --label 30" in text for text in found.sentences)
    assert cli.main(["compare", str(pair.folder), "--json"]) == 0
    (told,) = lines_of(capsys)
    assert {"rows", "choice", "agreement", "sentences"} <= set(told["target"])
    assert told["target"]["choice"] == "good"
    assert set(told["target"]["rows"][0]) == {
        "run",
        "strategy",
        "validators",
        "rank",
        "verdict",
        "verdict_by_labels",
        "accuracy",
        "accuracy_interval",
        "audit",
    }
    assert cli.main(["compare", str(pair.folder)]) == 0
    text = capsys.readouterr().out
    assert "On the target, without labels." in text
    assert "(is the baseline)" in text and "helped" in text
    assert max(map(len, text.splitlines())) <= 100


def test_ranks_within_one_of_each_other_are_too_close_to_call(pair):
    ended_run(pair, "base", "source-only", 0.5, POOR)
    ended_run(pair, "one", "dan", 0.6, {**GOOD, "devn": -0.2, "bnm": 0.4})
    ended_run(pair, "two", "jan", 0.6, {**FAIR, "devn": -0.1, "bnm": 0.5})
    found = compare_on_target(pair)
    assert found.close == ("one", "two")
    assert found.choice == "one"
    assert found.sentences[0].startswith("Too close to call by the signs between one and two")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({}, "By the signs, take one."),
        # One, two, and two with one on which they are even, of five that choose speak for the other.
        ({"devn": 0.0}, "By the signs, take one."),
        ({"bnm": 0.6, "devn": 0.0}, "one is first by a little"),
        ({"bnm": 0.6, "devn": 0.0, "class_ami": 0.8}, "they rank alike"),
    ],
)
def test_of_two_runs_one_may_be_clearly_first(pair, other, said):
    ended_run(pair, "base", "source-only", 0.5, {**POOR, **other})
    ended_run(pair, "one", "dan", 0.6, GOOD)
    found = compare_on_target(pair)
    assert said in found.sentences[0]
    assert (found.close == ()) == ("take one" in said)


def test_a_baseline_is_not_removed_without_a_word_of_what_is_measured_against_it(pair, capsys):
    ended_run(pair, "base", "source-only", 0.5, POOR)
    ended_run(pair, "one", "dan", 0.6, GOOD, verdict={"verdict": "helped", "baseline": "base"})
    assert cli.main(["remove", str(pair.folder), "base"]) == 2
    assert "measured against it: one." in capsys.readouterr().err
    assert cli.main(["remove", str(pair.folder), "base", "--results"]) == 0


def test_what_does_harm_by_the_signs_is_not_chosen_and_other_images_are_not_compared(pair):
    harm = {"verdict": "negative transfer", "baseline": "base"}
    ended_run(pair, "an-old", "mcd", 0.6, GOOD, fingerprint="a+other")
    ended_run(pair, "base", "source-only", 0.5, FAIR)
    ended_run(pair, "collapsed", "dann", 0.5, GOOD, verdict=harm)
    found = compare_on_target(pair)
    assert [row.run for row in found.rows] == ["collapsed", "base"]
    assert found.choice == "base"
    assert any("No adaptation looks better" in text for text in found.sentences)
    assert any("an-old" in text and "other images" in text for text in found.sentences)


def test_without_an_adaptation_there_is_no_section_on_the_target(pair, capsys):
    ended_run(pair, "base", "source-only", 0.5, POOR)
    assert compare_on_target(pair) is None
    assert cli.main(["compare", str(pair.folder), "--json"]) == 0
    assert "target" not in lines_of(capsys)[0]


def test_what_labels_and_audit_say_stands_beside_the_signs(pair):
    report = {
        "accuracy": 0.5,
        "accuracy_interval": [0.3, 0.7],
        "against_baseline": {"verdict": "no evidence"},
    }
    ended_run(pair, "base", "source-only", 0.6, POOR, report={**report, "accuracy": 0.6})
    folder = ended_run(pair, "good", "cdan", 0.9, GOOD, report=report)
    audit = open_audit(pair, folder, 12)
    for content in audit.hashes:
        audit.answer(content, truth_of(content))
    found = compare_on_target(pair)
    good, base = found.rows
    assert (good.accuracy, good.verdict_by_labels) == (0.5, "no evidence")
    assert good.audit["labelled"] == base.audit["labelled"] == 12
    assert good.audit["audit_of"] == base.audit["audit_of"] == "good"
    assert good.audit["accuracy"] > base.audit["accuracy"]
    assert any("base has the highest accuracy, 10.0 points above good" in text for text in found.sentences)


# ------------------------------------------------------------------------------------------ the audit


@pytest.fixture
def judged(pair, tmp_path):
    """Two runs on forty images, of which `good` is right on most and `base` on few."""
    ended_run(pair, "base", "source-only", 0.3, POOR, seed=1)
    folder = ended_run(pair, "good", "cdan", 0.95, GOOD, seed=2)
    folder.weights.write_bytes(b"weights")
    latest(pair, "base").weights.write_bytes(b"weights")
    for run in (folder, latest(pair, "base")):
        text = run.target_predictions.read_text("utf-8")
        run.target_predictions.write_text(text.replace("/nowhere", str(tmp_path)), "utf-8")
    for number in range(40):
        (tmp_path / f"{number}.png").write_bytes(b"there")
    return pair


def audit_command(made, name="good", number=16, *more):
    return ["audit", str(made.folder), name, "--label", str(number), *more]


def test_each_answer_changes_the_estimate_and_is_on_disk_at_once(judged, monkeypatch, capsys):
    say_to(monkeypatch, "")
    assert cli.main(audit_command(judged, "good", 16, "--json")) == 0
    sample, ended = lines_of(capsys)
    assert (sample["event"], sample["run"], sample["classes"]) == ("AuditSample", "good", list(CLASSES))
    assert len(sample["images"]) == 16 and sample["labelled"] == {}
    assert all(Path(image["path"]).is_absolute() for image in sample["images"])
    assert "predicted" not in json.dumps(sample)
    assert (ended["event"], ended["labelled"], ended["accuracy"], ended["interval"]) == (
        "AuditEnded",
        0,
        None,
        None,
    )
    hashes = [image["hash"] for image in sample["images"]]
    answers = [{"hash": content, "label": truth_of(content)} for content in hashes]
    answers[2] = {"hash": hashes[2], "label": None}
    answers += [{"hash": hashes[0], "forget": True}, {"hash": "of another", "label": "dark"}, "no answer"]
    say_to(monkeypatch, "\n".join(map(json.dumps, answers)) + "\n")
    assert cli.main(audit_command(judged, "good", 16, "--json")) == 0
    seen = capsys.readouterr()
    _, *estimates, ended = map(json.loads, seen.out.splitlines())
    assert [each["event"] for each in estimates] == ["AuditEstimate"] * 17
    assert [each["labelled"] for each in estimates] == [1, 2, 2, *range(3, 16), 14]
    assert seen.err.count("xferstudio:") == 2
    assert {name: value for name, value in estimates[-1].items() if name != "event"} == {
        name: value for name, value in ended.items() if name != "event"
    }
    assert (ended["of"], ended["choice"]) == (16, "good")
    low, high = ended["interval"]
    assert low <= ended["accuracy"] <= high and ended["accuracy"] > 0.75
    (against,) = ended["comparisons"]
    assert (against["run"], against["verdict"]) == ("base", "worse")
    assert against["interval"][0] <= against["difference"] <= against["interval"][1] < 0
    assert ended["sentence"]


def test_labels_against_the_model_lower_its_estimate_and_change_the_choice(judged, monkeypatch, capsys):
    audit = open_audit(judged, latest(judged, "base"), 24)
    for content in audit.hashes:
        audit.answer(content, truth_of(content))
    say_to(monkeypatch, "")
    assert cli.main(audit_command(judged, "base", 24, "--json")) == 0
    sample, estimate, ended = lines_of(capsys)
    assert len(sample["labelled"]) == 24
    assert (estimate["event"], estimate["labelled"]) == ("AuditEstimate", 24)
    assert ended["accuracy"] < 0.5
    assert ended["choice"] == "good"
    assert "Use good in place of base" in ended["sentence"]


def test_the_labels_survive_a_kill_and_a_later_audit_goes_on_with_them(judged):
    command = [sys.executable, "-m", "xferstudio", *audit_command(judged, "good", 10, "--json")]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stdin is not None and process.stdout is not None
    hashes = [image["hash"] for image in json.loads(process.stdout.readline())["images"]]
    for content in hashes[:3]:
        process.stdin.write(json.dumps({"hash": content, "label": truth_of(content)}) + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["event"] == "AuditEstimate"
    process.kill()
    process.communicate()
    again = open_audit(judged, latest(judged, "good"), 10)
    assert again.hashes == tuple(hashes)
    assert again.labels == {content: truth_of(content) for content in hashes[:3]}
    assert open_audit(judged, latest(judged, "good"), 11).labels == {}
    assert [len(each.labels) for each in audited(judged)] == [3]


def test_at_the_terminal_images_are_labelled_by_number_skipped_and_taken_back(judged, monkeypatch, capsys):
    say_to(monkeypatch, "1\n9\n2\nu\ns\nn\nq\n")
    assert cli.main(audit_command(judged, "good", 8)) == 0
    out = capsys.readouterr().out
    assert "1 dark, 2 light" in out
    assert "'9' is not a number from 1 to 2" in out
    assert "5 are not labelled yet" in out
    assert "the model is right about" in out
    audit = open_audit(judged, latest(judged, "good"), 8)
    assert list(audit.labels.values()) == ["dark", None, ""]
    assert audit.hashes[:3] == tuple(audit.labels)
    # What shows none of the classes is wrong for every model; what nobody can tell counts for none.
    predicted = answers_by_run(judged, latest(judged, "good"), audit)["good"]
    assert audit.right(predicted)[1:4] == [None, False, None]


def test_a_run_that_did_not_answer_for_the_target_cannot_be_audited(pair, capsys):
    project.add_run(pair, Run("plain", "extract", "b"))
    assert cli.main(audit_command(pair, "plain")) == 2
    assert "has learned nothing yet" in capsys.readouterr().err
    folder = new_run_folder(pair, Run("plain", "extract", "b"))
    folder.weights.write_bytes(b"weights")
    folder.append(RunEnded("finished"))
    assert cli.main(audit_command(pair, "plain")) == 2
    assert "has not answered for the images of the target" in capsys.readouterr().err


def test_a_damaged_file_of_labels_is_named_and_passed_over_by_compare(judged):
    audit = open_audit(judged, latest(judged, "good"), 8)
    audit.answer(audit.hashes[0], "dark")
    audit.file.write_text(audit.file.read_text("utf-8")[:50], "utf-8")
    with pytest.raises(UserError, match="holds the labels of an audit"):
        open_audit(judged, latest(judged, "good"), 8)
    assert audited(judged) == []
    with pytest.raises(UserError):
        Audit.read(audit.file)


def test_only_a_class_of_the_run_is_a_label(judged):
    audit = open_audit(judged, latest(judged, "good"), 8)
    with pytest.raises(UserError, match="not one of the classes dark, light"):
        audit.answer(audit.hashes[0], "zebra")
    assert not audit.file.exists()


def test_of_a_terminal_the_prompt_stands_on_a_line_of_its_own(monkeypatch, capsys):
    say_to(monkeypatch, " Q \n")
    monkeypatch.setattr(across_domains, "is_terminal", lambda _stream: True)
    assert across_domains._ask("1 of 3  a.png") == "q"
    assert across_domains._ask("1 of 3  a.png") is None
    assert capsys.readouterr().out.startswith("1 of 3  a.png\n> ")
    assert not terminal.is_terminal(sys.stdin)
