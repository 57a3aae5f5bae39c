"""Verdicts on pairs of runs against scipy and simulated truth, and the comparison as users read it."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json

import numpy as np
import pytest
from scipy import stats

from xferstudio.engine import compare
from xferstudio.history import Predictions, RunFolder
from xferstudio.project import DataSpec, Project, Run, SplitSpec


def outcomes(both, a_only, b_only, neither):
    a = [True] * (both + a_only) + [False] * (b_only + neither)
    b = [True] * both + [False] * a_only + [True] * b_only + [False] * neither
    return np.array(a), np.array(b)


# ---------------------------------------------------------------------------------------- the statistics


@pytest.mark.parametrize(("lost", "gained"), [(0, 1), (0, 6), (1, 7), (4, 4), (3, 11), (40, 61)])
def test_without_groups_the_p_value_is_mcnemars_mid_p(lost, gained):
    exact = stats.binomtest(min(lost, gained), lost + gained).pvalue
    expected = exact - stats.binom.pmf(min(lost, gained), lost + gained, 0.5)
    if lost == gained:
        expected = 1 - stats.binom.pmf(lost, lost + gained, 0.5) / 2
    found = compare.paired(*outcomes(50, lost, gained, 10))
    assert found.p_value == pytest.approx(expected, rel=1e-9)
    assert compare.sign_flip([1] * gained + [-1] * lost + [0] * 9) == pytest.approx(expected, rel=1e-9)


def test_with_groups_the_p_value_counts_every_flip_of_signs():
    differences = [3, -1, 2, 0, 2, 5, -2, 1]
    sums = np.array([np.dot(signs, differences) for signs in itertools.product((-1, 1), repeat=8)])
    observed = abs(sum(differences))
    expected = (np.abs(sums) > observed).mean() + (np.abs(sums) == observed).mean() / 2
    assert compare.sign_flip(differences) == pytest.approx(expected)
    assert compare.sign_flip([0, 0]) == 1.0
    assert compare.sign_flip([]) == 1.0


def test_the_published_example_of_paired_intervals_is_reproduced():
    """Fagerland, Lydersen and Laake 2013: 21 patients, 1 and 7 discordant; p 0.039, Tango -0.517, -0.026."""
    found = compare.paired(*outcomes(1, 7, 1, 12))
    assert found.p_value == pytest.approx(0.039, abs=5e-4)
    assert found.interval == pytest.approx((-0.517, -0.026), abs=1e-3)
    assert found.difference == pytest.approx(-6 / 21)
    assert found.verdict == "worse"


def test_turning_the_runs_round_turns_the_answer_round():
    a, b = outcomes(60, 4, 15, 6)
    one, other = compare.paired(a, b), compare.paired(b, a)
    assert one.verdict == "better"
    assert other.verdict == "worse"
    assert one.p_value == other.p_value
    assert one.interval == pytest.approx((-other.interval[1], -other.interval[0]))


@pytest.mark.parametrize(
    ("lost", "gained", "n"), [(0, 0, 1), (0, 0, 50), (5, 0, 5), (0, 5, 5), (1, 0, 200), (9, 9, 18)]
)
def test_the_interval_holds_the_difference_and_stays_within_limits(lost, gained, n):
    low, high = compare.tango(gained, lost, n)
    assert -1 <= low <= (gained - lost) / n <= high <= 1
    assert high - low > 0.005


def test_the_paired_interval_holds_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    for cells in ([0.8, 0.03, 0.12, 0.05], [0.5, 0.1, 0.1, 0.3], [0.96, 0.01, 0.02, 0.01]):
        held = 0
        for _, lost, gained, _ in generator.multinomial(60, cells, size=600):
            low, high = compare.tango(gained, lost, 60)
            held += low <= cells[2] - cells[1] <= high
        assert 0.925 <= held / 600 <= 0.995, cells


def test_two_equal_runs_are_seldom_called_different():
    generator = np.random.default_rng(1)
    wrong = 0
    for _ in range(1000):
        a, b = generator.random((2, 120)) < 0.85
        wrong += compare.paired(a, b).verdict != "too close to call"
    assert wrong / 1000 <= 0.06


def test_groups_keep_the_false_alarms_down_where_images_fail_together():
    generator = np.random.default_rng(2)
    alarms = {"grouped": 0, "ignoring groups": 0}
    groups = [f"plant {i // 10}" for i in range(200)]
    for _ in range(400):
        a, b = (np.repeat(generator.random(20) < 0.8, 10) ^ (generator.random(200) < 0.05) for _ in range(2))
        alarms["grouped"] += compare.paired(a, b, groups).verdict != "too close to call"
        alarms["ignoring groups"] += compare.paired(a, b).verdict != "too close to call"
    assert alarms["grouped"] / 400 <= 0.065
    assert alarms["ignoring groups"] / 400 > 0.3


def test_the_interval_over_groups_holds_the_truth_about_as_often_as_it_says():
    generator = np.random.default_rng(3)
    groups = [f"plant {i // 8}" for i in range(160)]
    held = 0
    for _ in range(400):
        easier = np.repeat(generator.normal(0.1, 0.15, size=20), 8)
        a, b = generator.random(160) < 0.6, generator.random(160) < 0.6 + easier
        low, high = compare.paired(a, b, groups).interval
        held += low <= 0.1 <= high
    assert held / 400 >= 0.925


def test_a_real_difference_is_found():
    generator = np.random.default_rng(4)
    found = sum(
        compare.paired(generator.random(200) < 0.7, generator.random(200) < 0.9).verdict == "better"
        for _ in range(50)
    )
    assert found >= 48


def test_groups_of_one_and_empty_groups_are_no_groups():
    a, b = outcomes(30, 2, 9, 3)
    plain = compare.paired(a, b)
    assert compare.paired(a, b, [str(i) for i in range(44)]) == plain
    assert compare.paired(a, b, [""] * 44) == plain


def test_too_little_data_is_said_to_be_too_little():
    found = compare.paired([False] * 4, [True] * 4)
    assert found.verdict == "too close to call"
    assert "too little to tell" in found.sentence
    grouped = compare.paired([False] * 40, [True] * 40, [f"g{i % 4}" for i in range(40)])
    assert grouped.verdict == "too close to call"
    assert "40 images in 4 groups are too little" in grouped.sentence
    assert "cannot be compared" in compare.paired([], []).sentence


def test_equal_answers_are_too_close_to_call():
    found = compare.paired([True] * 30, [True] * 30)
    assert found.p_value == 1.0
    assert "exactly the same" in found.sentence


def test_a_difference_that_is_clear_for_the_pair_alone_and_not_among_several_says_so():
    found = compare.paired(*outcomes(25, 4, 13, 6), a="scratch", b="tuned")
    assert found.verdict == "better" and found.interval[0] > 0
    among_three = compare._judged(found, 3 * found.p_value, 3)
    assert among_three.verdict == "too close to call"
    assert "points, yet among 3 comparisons one like it can be chance." in among_three.sentence
    assert "can be chance" not in compare._judged(compare.paired(*outcomes(25, 9, 9, 6)), 1.0, 3).sentence
    alone = compare.paired(*outcomes(30, 0, 4, 6))
    assert alone.verdict == "too close to call" and alone.interval[0] > 0
    assert "can be chance" not in alone.sentence


def test_different_lengths_are_refused():
    with pytest.raises(ValueError, match="same images"):
        compare.paired([True], [True, False])


def test_holm_equals_its_definition():
    assert compare.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert compare.holm([0.9, 0.5]) == [1.0, 1.0]
    assert compare.holm([]) == []


def test_the_three_verdicts_on_transfer():
    better = compare.paired(*outcomes(50, 2, 20, 8), a="scratch", b="extract")
    assert compare.transfer_verdict(better).verdict == "transfer helped"
    assert "extract" in compare.transfer_verdict(better).sentence
    worse = compare.paired(*outcomes(50, 20, 2, 8), a="scratch", b="extract")
    assert compare.transfer_verdict(worse).verdict == "negative transfer"
    close = compare.paired(*outcomes(50, 5, 6, 8), a="scratch", b="extract")
    assert compare.transfer_verdict(close).verdict == "no evidence"


# ----------------------------------------------------------------------------------------- several runs


def measured(
    run, right, *, strategy="extract", split="test", state="finished", hashes=None, groups=None, **more
):
    right = np.asarray(right, bool)
    n = len(right)
    labels = np.arange(n) % 2
    return compare.Measured(
        run=run,
        strategy=strategy,
        backbone=more.pop("backbone", "net"),
        state=state,
        classes=more.pop("classes", ("ripe", "rotten")),
        hashes=tuple(hashes or (f"h{i}" for i in range(n))),
        groups=tuple(groups or [""] * n),
        splits=(split,) * n,
        labels=more.pop("labels", labels),
        probabilities=np.eye(2)[np.where(right, labels, 1 - labels)] * 0.8 + 0.1,
        **more,
    )


def first(right, n=100):
    return [i < right for i in range(n)]


def test_copies_count_once_in_a_comparison_and_both_numbers_are_told():
    hashes = [f"h{i}" for i in range(80)] + ["h0", "h1"]
    found = compare.compare_measured(
        [measured(name, [True] * 82, hashes=hashes, strategy=name) for name in ("scratch", "extract")]
    )
    assert [row.n for row in found.rows] == [82, 82]
    assert found.pairs[0].n == 80
    told = [warning for warning in found.warnings if "copies" in warning]
    assert told == [
        "Of the 82 test images 2 are copies of others. The figures of each run count all 82; runs are compared "
        "on the 80 different ones."
    ]


def test_runs_stand_side_by_side_best_first_with_verdicts():
    found = compare.compare_measured(
        [
            measured("from-nothing", first(60), strategy="scratch", seconds=40.0),
            measured("linear", first(90), seconds=2.0, seed=3),
            measured("tuned", first(92), strategy="fine-tune"),
        ]
    )
    assert [row.run for row in found.rows] == ["tuned", "linear", "from-nothing"]
    assert [row.verdict for row in found.rows] == ["best", "too close to call", "worse"]
    assert [row.transfer for row in found.rows] == ["transfer helped", "transfer helped", "(is the baseline)"]
    assert found.best == "tuned"
    assert len(found.pairs) == 3
    assert found.rows[1].accuracy == pytest.approx(0.9)
    assert any("3 pairs (Holm)" in warning for warning in found.warnings)
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["rows"][1]["seed"] == 3


def test_negative_transfer_is_named():
    found = compare.compare_measured(
        [measured("from-nothing", first(90), strategy="scratch"), measured("linear", first(60))]
    )
    assert [row.transfer for row in found.rows] == ["(is the baseline)", "negative transfer"]
    assert found.transfer[0].sentence.startswith("Negative transfer: linear is 30.0 points less accurate")


def test_a_run_from_scratch_that_was_stopped_early_is_no_baseline():
    stopped = measured("begun", first(25), strategy="scratch", order="2", state="stopped")
    extract = measured("extract", first(90))
    alone = compare.compare_measured([stopped, extract])
    assert not alone.transfer
    assert "begun was stopped early, so nothing is judged against it." in alone.warnings
    whole = measured("whole", first(80), strategy="scratch", order="1")
    (verdict,) = compare.compare_measured([stopped, extract, whole]).transfer
    assert "(whole)" in verdict.sentence


def test_transfer_is_compared_with_the_newest_scratch_run_of_the_same_backbone():
    runs = [
        measured("old", first(95), strategy="scratch", order="1"),
        measured("new", first(50), strategy="scratch", order="2"),
        measured("other", first(99), strategy="scratch", order="3", backbone="another"),
        measured("linear", first(90), order="4"),
        measured("lonely", first(90), order="5", backbone="third"),
    ]
    found = compare.compare_measured(runs)
    assert [verdict.verdict for verdict in found.transfer] == ["transfer helped"]
    assert "(new)" in found.transfer[0].sentence
    assert next(row for row in found.rows if row.run == "lonely").transfer == ""


def test_many_equal_runs_seldom_give_any_verdict(monkeypatch):
    quickly = functools.partial(compare.evaluate.metrics, resamples=5)
    monkeypatch.setattr(compare.evaluate, "metrics", quickly)
    generator = np.random.default_rng(5)
    alarms = 0
    for _ in range(100):
        found = compare.compare_measured([measured(f"r{i}", generator.random(80) < 0.8) for i in range(5)])
        alarms += any(pair.verdict != "too close to call" for pair in found.pairs)
    assert alarms <= 8


def test_runs_are_matched_by_content_not_by_row():
    right = [True, True, False] * 20
    order = np.random.default_rng(6).permutation(60)
    one = measured("one", right, hashes=[f"h{i}" for i in range(60)])
    two = measured(
        "two",
        np.array(right)[order],
        hashes=[f"h{i}" for i in order],
        labels=(np.arange(60) % 2)[order],
    )
    two = dataclasses.replace(two, probabilities=one.probabilities[order])
    pair = compare.compare_measured([one, two]).pairs[0]
    assert (pair.n, pair.a_only, pair.b_only) == (60, 0, 0)


def test_only_common_images_are_compared_and_it_says_so():
    one = measured("one", first(40, 50), hashes=[f"h{i}" for i in range(50)])
    two = measured("two", first(40, 50), hashes=[f"h{i + 20}" for i in range(50)])
    found = compare.compare_measured([one, two])
    assert found.pairs[0].n == 30
    assert any("only the 30 common ones" in warning for warning in found.warnings)


def test_identical_files_count_once():
    pair = compare.compare_measured(
        [measured(name, first(10, 20), hashes=[f"h{i // 4}" for i in range(20)]) for name in "ab"]
    ).pairs[0]
    assert pair.n == 5


def test_changed_labels_are_left_out_and_reported():
    labels = np.arange(40) % 2
    labels[:3] = 1 - labels[:3]
    found = compare.compare_measured(
        [measured("one", first(30, 40)), measured("two", first(30, 40), labels=labels)]
    )
    assert found.pairs[0].n == 37
    assert any("labels of 3 images changed" in warning for warning in found.warnings)


def test_classes_in_another_order_are_no_changed_labels():
    one = measured("one", first(30, 40))
    two = measured("two", first(30, 40), labels=1 - np.arange(40) % 2, classes=("rotten", "ripe"))
    two = dataclasses.replace(two, probabilities=one.probabilities[:, ::-1])
    found = compare.compare_measured([one, two])
    assert found.pairs[0].n == 40
    assert found.pairs[0].a_only + found.pairs[0].b_only == 0


def test_validation_figures_are_said_to_flatter():
    found = compare.compare_measured([measured(name, first(30, 40), split="val") for name in "ab"])
    assert found.rows[0].split == "val"
    assert any("flatter" in warning for warning in found.warnings)


def test_unfinished_runs_are_listed_with_their_state():
    found = compare.compare_measured(
        [
            measured("done", first(30)),
            measured("halted", first(30), state="stopped"),
            measured("broken", first(0, 0), state="failed"),
            measured("empty", first(0, 0)),
        ]
    )
    assert [row.run for row in found.rows] == ["done", "halted"]
    assert found.left_out == (("broken", "failed"), ("empty", "finished, without measured images"))
    assert "broken: failed" in found.to_text()


def test_groups_reach_the_verdict():
    groups = [f"g{i % 4}" for i in range(100)]
    found = compare.compare_measured(
        [measured("a", first(50), groups=groups), measured("b", first(90), groups=groups)]
    )
    assert found.pairs[0].units == 4
    assert found.pairs[0].verdict == "too close to call"


def test_nothing_to_compare_is_a_sentence():
    found = compare.compare_measured([])
    assert "no finished run" in found.to_text()
    assert found.to_dict()["rows"] == []
    alone = compare.compare_measured([measured("only", first(80))])
    assert alone.rows[0].verdict == ""
    assert "80.0 %" in alone.to_text()


def test_the_text_fits_100_columns_and_is_aligned():
    long = "a-run-with-a-very-long-name-that-nobody-should-choose-but-somebody-will"
    found = compare.compare_measured(
        [
            measured(long, first(60), strategy="scratch", seconds=12345.6, backbone="timm:" + "x" * 80),
            measured(long + "-again", first(90), strategy="a-plugin-strategy-of-great-length", seconds=1.0),
            measured("c", first(89, 100)),
        ]
    )
    text = found.to_text()
    assert max(map(len, text.splitlines())) <= 100
    lines = text.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("run") and "accuracy" in line)
    at = lines[head].index("verdict")
    for line in lines[head + 2 : head + 5]:
        assert line[at:] in ("best", "too close to call", "worse")
    assert "90.0 % (82.6 to 94.5)" in text


# ------------------------------------------------------------------------------------------- run folders


def folder(place, name, right, *, strategy="extract", reason="finished", options=None, predictions=True):
    path = place / name
    path.mkdir()
    run = RunFolder(path)
    run.write_run(
        {"name": run.name, "strategy": strategy, "backbone": "net", "options": options or {"seed": 7}}
    )
    n = len(right)
    labels = ["ripe", "rotten"] * n
    shares = np.array([[0.9, 0.1] if (i % 2 == 0) == good else [0.1, 0.9] for i, good in enumerate(right)])
    if predictions:
        run.write_predictions(
            Predictions(
                [f"{i}.png" for i in range(n)],
                [f"h{i}" for i in range(n)],
                [""] * n,
                ["test"] * n,
                [*labels[: n - 1], ""],
                [("ripe", "rotten")[k] for k in shares.argmax(1)],
                shares,
                ("ripe", "rotten"),
            )
        )
    run.write_summary({"reason": reason, "seconds": 1.5})
    return run


def test_run_folders_are_read_and_unlabelled_images_passed_over(tmp_path):
    found = compare.compare_runs(
        [
            folder(tmp_path, "20260101-000000-base", first(60, 101), strategy="scratch"),
            folder(tmp_path, "20260101-000001-linear", first(90, 101), options={"seed": 7, "heads": [1]}),
        ]
    )
    assert [(row.run, row.seed, row.seconds, row.n) for row in found.rows] == [
        ("linear", 7, 1.5, 100),
        ("base", 7, 1.5, 100),
    ]
    assert found.rows[0].transfer == "transfer helped"
    assert found.pairs[0].split == "test"


def test_run_folders_that_cannot_be_compared_are_listed_with_the_reason(tmp_path):
    found = compare.compare_runs(
        [
            folder(tmp_path, "20260101-000000-good", first(60)),
            folder(tmp_path, "20260101-000001-bad", first(60), reason="failed", predictions=False),
            folder(tmp_path, "20260101-000002-bare", first(60), predictions=False),
            RunFolder(tmp_path / "20260101-000003-gone"),
        ]
    )
    assert [row.run for row in found.rows] == ["good"]
    reasons = dict(found.left_out)
    assert reasons["bad"] == "failed"
    assert "no predictions" in reasons["bare"]
    assert "gone" in reasons


def test_runs_of_one_name_are_told_apart_by_their_folders(tmp_path):
    names = ["20260101-000000-linear", "20260101-000001-linear"]
    found = compare.compare_runs([folder(tmp_path, name, first(60)) for name in names])
    assert sorted(row.run for row in found.rows) == names


def test_of_a_project_the_newest_ended_folder_of_each_run_is_compared(tmp_path):
    base = Project(tmp_path, "Fruit", DataSpec("photos"), SplitSpec(), ())
    project = dataclasses.replace(
        base, runs=tuple(Run(name, "extract", "net") for name in ("linear", "later"))
    )
    project.runs_folder.mkdir()
    folder(project.runs_folder, "20260101-000000-linear", first(50, 101))
    folder(project.runs_folder, "20260101-000001-linear", first(60, 101))
    folder(project.runs_folder, "20260101-000002-linear", first(60), reason="failed", predictions=False)
    found = compare.compare_runs(project)
    assert [(row.run, row.accuracy) for row in found.rows] == [("linear", 0.6)]
    assert found.left_out == (("linear (20260101-000002-linear)", "failed"), ("later", "not run yet"))
