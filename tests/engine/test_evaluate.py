"""Figures and their intervals against scikit-learn and scipy, and against simulated truth."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from xferstudio.engine import evaluate


def some(n, classes, seed=0, sharpness=2.0):
    """Logits and labels drawn from their own softmax: a perfectly calibrated model."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(n, classes)) * sharpness
    chances = evaluate.softmax(logits)
    labels = (generator.random((n, 1)) > np.cumsum(chances, axis=1)).sum(axis=1).clip(0, classes - 1)
    return logits, labels


def names(count):
    return [f"class {i}" for i in range(count)]


@pytest.mark.parametrize("n", [1, 2, 7, 50, 1234])
def test_the_wilson_interval_is_the_one_of_scipy(n):
    for successes in sorted({0, 1, n // 3, n - 1, n}):
        ours = evaluate.wilson(successes, n)
        theirs = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
        assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-12)
        assert 0 <= ours[0] <= successes / n <= ours[1] <= 1


def test_the_wilson_interval_of_nothing_says_nothing():
    assert evaluate.wilson(0, 0) == (0.0, 1.0)


def test_figures_equal_those_of_scikit_learn():
    logits, labels = some(400, 5)
    chances = evaluate.softmax(logits)
    predicted = chances.argmax(axis=1)
    found = evaluate.metrics(labels, chances, names(5))
    assert found["accuracy"] == pytest.approx(reference.accuracy_score(labels, predicted))
    assert found["balanced_accuracy"] == pytest.approx(reference.balanced_accuracy_score(labels, predicted))
    assert found["macro_f1"] == pytest.approx(reference.f1_score(labels, predicted, average="macro"))
    assert found["log_loss"] == pytest.approx(reference.log_loss(labels, chances))
    assert found["confusion"] == reference.confusion_matrix(labels, predicted).tolist()
    precision, recall, f1, n = reference.precision_recall_fscore_support(labels, predicted)
    for k, row in enumerate(found["per_class"]):
        assert row["n"] == n[k]
        assert (row["precision"], row["recall"], row["f1"]) == pytest.approx((precision[k], recall[k], f1[k]))
        assert row["recall_interval"][0] < row["recall"] < row["recall_interval"][1]
    quick = evaluate.quick(labels, chances)
    for name in ("accuracy", "accuracy_interval", "balanced_accuracy", "macro_f1"):
        assert quick[name] == found[name]
    assert quick["loss"] == found["log_loss"]


def test_classes_without_images_are_left_out_as_scikit_learn_does():
    labels = np.array([0, 0, 1, 1])
    predicted = np.array([0, 2, 1, 1])
    found = evaluate.metrics(labels, np.eye(4)[predicted], names(4))
    assert found["balanced_accuracy"] == pytest.approx(0.75)
    assert found["macro_f1"] == pytest.approx(
        reference.f1_score(labels, predicted, average="macro", zero_division=0)
    )
    only_called, never_seen = found["per_class"][2:]
    assert only_called["recall"] is None
    assert only_called["precision"] == 0.0
    assert never_seen["precision"] is None
    assert never_seen["f1"] is None
    assert "NaN" not in json.dumps(found)


@pytest.mark.parametrize("groups", [None, []])
def test_no_images_give_none_and_a_sentence(groups):
    found = evaluate.metrics(np.zeros(0, int), np.zeros((0, 3)), names(3), groups=groups)
    assert found["n"] == 0
    assert found["accuracy"] is None
    assert found["ece_interval"] is None
    assert found["confusion"] == [[0] * 3] * 3
    assert "no labelled images" in found["too_few"]
    full = evaluate.metrics(np.array([0]), np.array([[1.0, 0, 0]]), names(3))
    assert set(found) == set(full)
    assert evaluate.quick(np.zeros(0, int), np.zeros((0, 3)))["accuracy"] is None


@pytest.mark.parametrize("groups", [None, ["a", "a", "b"]])
def test_results_are_plain_numbers_that_json_holds(groups):
    chances = np.array([[0.5, 0.5], [0.2, 0.8], [1, 0]], np.float32)
    found = evaluate.metrics(np.array([0, 1, 1]), chances, names(2), groups=groups)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_the_lowest_index_wins_a_tie():
    found = evaluate.metrics(np.array([0, 1]), np.full((2, 2), 0.5), names(2))
    assert found["confusion"] == [[1, 0], [1, 0]]


def test_wrong_arrays_are_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        evaluate.metrics(np.array([0]), np.array([[np.nan, 1]]), names(2))
    with pytest.raises(ValueError, match="indices"):
        evaluate.metrics(np.array([2]), np.array([[0.5, 0.5]]), names(2))
    with pytest.raises(ValueError, match="groups"):
        evaluate.metrics(np.array([1]), np.array([[0.5, 0.5]]), names(2), groups=["a", "b"])


def test_a_perfect_result_on_few_images_still_has_an_honest_interval():
    labels = np.arange(12) % 3
    found = evaluate.metrics(labels, np.eye(3)[labels], names(3))
    for name in ("accuracy", "balanced_accuracy", "macro_f1"):
        low, high = found[f"{name}_interval"]
        assert high == 1.0
        assert 0.5 < low < 0.85
    assert "12 images" in found["too_few"]


def test_many_images_are_not_called_too_few():
    logits, labels = some(500, 3)
    assert evaluate.metrics(labels, evaluate.softmax(logits), names(3))["too_few"] == ""


def test_the_calibration_error_follows_its_definition():
    confidence = np.array([0.95, 0.95, 0.6, 0.6, 1.0, 1 / 15])
    correct = np.array([1, 0, 1, 1, 1, 0])
    # Bins are open below and closed above: 1/15 stands alone in the first; 1.0 joins 0.95 in the last.
    expected = (abs(0.95 * 2 + 1 - 2) + abs(1.2 - 2) + 1 / 15) / 6
    assert evaluate.expected_calibration_error(confidence, correct) == pytest.approx(expected)
    assert evaluate.expected_calibration_error([], []) == 0.0


def test_softmax_is_exact_and_does_not_overflow():
    logits = np.array([[1e4, 0.0, -1e4], [1.0, 2.0, 3.0]])
    assert evaluate.softmax(logits)[0].tolist() == [1.0, 0.0, 0.0]
    assert evaluate.softmax(logits, 2.0)[1] == pytest.approx(
        np.exp([0.5, 1, 1.5]) / np.exp([0.5, 1, 1.5]).sum()
    )


@pytest.mark.parametrize("true", [0.4, 1.0, 3.0])
def test_temperature_scaling_finds_the_temperature(true):
    logits, labels = some(3000, 5)
    found = evaluate.fit_temperature(logits * true, labels)
    assert found == pytest.approx(true, rel=0.1)
    after = evaluate.softmax(logits * true, found)
    assert evaluate.expected_calibration_error(after.max(1), after.argmax(1) == labels) < 0.04


def test_temperature_is_where_scipy_finds_the_minimum():
    from scipy.optimize import minimize_scalar

    logits, labels = some(200, 4, seed=3)
    logits = logits * 2.5

    def cost(log_t):
        own = evaluate.softmax(logits, np.exp(log_t))[np.arange(200), labels]
        return -np.log(own).sum() + log_t**2 / 2

    best = minimize_scalar(cost, bounds=(-3, 3), method="bounded", options={"xatol": 1e-7}).x
    assert np.log(evaluate.fit_temperature(logits, labels)) == pytest.approx(best, abs=2e-4)


def test_temperature_does_not_run_away():
    labels = np.arange(20) % 3
    confident = np.eye(3)[labels] * 8.0
    assert 0.5 < evaluate.fit_temperature(confident, labels) <= 1.0, "all right"
    assert 1.0 < evaluate.fit_temperature(confident, (labels + 1) % 3) <= 20.0, "all wrong"
    assert evaluate.fit_temperature(confident[:9], labels[:9]) == 1.0, "few images"
    assert evaluate.fit_temperature(np.zeros((50, 3)), np.zeros(50, int)) == pytest.approx(1.0, abs=1e-3)
    assert evaluate.fit_temperature(confident * 1e6, labels) <= 20.0, "huge logits"


def test_temperature_never_changes_which_class_is_predicted():
    logits, _ = some(100, 4)
    assert (evaluate.softmax(logits, 7.3).argmax(1) == logits.argmax(1)).all()


@pytest.mark.parametrize("degrees", [1, 2, 4, 5, 8, 30, 500])
def test_the_factor_of_student_is_the_one_of_scipy(degrees):
    assert evaluate.student(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=3e-3)


def test_same_seed_same_figures():
    logits, labels = some(150, 3)
    chances = evaluate.softmax(logits)
    groups = [f"plant {i // 5}" for i in range(150)]
    first, second = (evaluate.metrics(labels, chances, names(3), groups=groups, seed=4) for _ in range(2))
    assert first == second


def test_groups_of_one_are_the_same_as_no_groups():
    logits, labels = some(60, 3)
    chances = evaluate.softmax(logits)
    alone = evaluate.metrics(labels, chances, names(3), groups=names(60))
    assert alone == evaluate.metrics(labels, chances, names(3))
    assert alone["interval_method"] == "wilson"


def test_images_without_a_group_stand_alone():
    logits, labels = some(60, 3)
    chances = evaluate.softmax(logits)
    assert evaluate.metrics(labels, chances, names(3), groups=[""] * 60)["interval_method"] == "wilson"
    assert evaluate.members(["b", "", "b", ""], 4).tolist() == [0, 1, 0, 2]


def test_intervals_are_wider_when_images_of_a_group_fail_together():
    generator = np.random.default_rng(5)
    groups = np.repeat(np.arange(20), 10)
    labels = np.arange(200) % 2
    right = np.repeat(generator.random(20) < 0.7, 10)
    chances = np.eye(2)[np.where(right, labels, 1 - labels)]
    loose = evaluate.metrics(labels, chances, names(2))
    tight = evaluate.metrics(labels, chances, names(2), groups=[f"g{g}" for g in groups])
    assert tight["interval_method"] == "bootstrap over groups"
    for name in ("accuracy", "balanced_accuracy", "macro_f1"):
        width = np.ptp(tight[f"{name}_interval"])
        assert width > 2 * np.ptp(loose[f"{name}_interval"])
    assert "20 groups" in tight["too_few"]


def test_a_perfect_result_on_few_groups_is_judged_by_the_groups():
    labels = np.arange(300) % 2
    found = evaluate.metrics(labels, np.eye(2)[labels], names(2), groups=[f"g{i % 6}" for i in range(300)])
    assert found["accuracy_interval"] == pytest.approx(evaluate.wilson(6, 6))
    assert found["too_few"]
    single = evaluate.metrics(labels, np.eye(2)[labels], names(2), groups=["g"] * 300)
    assert single["accuracy_interval"][0] < 0.3


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    """95 % intervals in 400 simulated test sets; the truth is the rate of a very large one."""
    generator = np.random.default_rng(11)
    truth = np.array([[0.85, 0.1, 0.05], [0.2, 0.7, 0.1], [0.02, 0.08, 0.9]])
    shares = np.array([0.6, 0.3, 0.1])
    cells = (shares[:, None] * truth).ravel()
    big = (cells * 1e9).reshape(3, 3)
    recall = np.diag(truth)
    f1 = 2 * np.diag(big) / (big.sum(0) + big.sum(1))
    goal = {"accuracy": (shares * recall).sum(), "balanced_accuracy": recall.mean(), "macro_f1": f1.mean()}
    held = dict.fromkeys(goal, 0)
    for _ in range(400):
        drawn = np.repeat(np.arange(9), generator.multinomial(80, cells))
        found = evaluate.metrics(drawn // 3, np.eye(3)[drawn % 3], names(3), resamples=10)
        for name, value in goal.items():
            low, high = found[f"{name}_interval"]
            held[name] += low <= value <= high
    for name, times in held.items():
        assert 0.925 <= times / 400 <= 0.985, name


def test_intervals_over_groups_hold_the_truth_about_as_often_as_they_say():
    generator = np.random.default_rng(12)
    held = {"grouped": 0, "ignoring groups": 0}
    for _ in range(200):
        chance = generator.beta(4, 1, size=15)
        right = (generator.random((15, 8)) < chance[:, None]).ravel()
        labels = np.arange(120) % 2
        chances = np.eye(2)[np.where(right, labels, 1 - labels)]
        groups = [f"g{i // 8}" for i in range(120)]
        for name, given in (("grouped", groups), ("ignoring groups", None)):
            low, high = evaluate.metrics(labels, chances, names(2), groups=given, resamples=300)[
                "accuracy_interval"
            ]
            held[name] += low <= 0.8 <= high
    assert held["grouped"] / 200 >= 0.91
    assert held["ignoring groups"] < held["grouped"]


@pytest.mark.parametrize(("excess", "n"), [(0.1, 150), (0.0, 150), (0.05, 700)])
def test_the_interval_of_the_calibration_error_holds_the_truth(excess, n):
    """A model that is too sure by the same amount in every bin; small samples always show more than that."""
    generator = np.random.default_rng(13)
    held = shown = 0.0
    for _ in range(150):
        sure = generator.uniform(0.65, 0.98, size=n)
        labels = (generator.random(n) >= sure - excess).astype(int)
        found = evaluate.metrics(labels, np.stack([sure, 1 - sure], axis=1), names(2), resamples=200)
        low, high = found["ece_interval"]
        assert low <= found["ece"] <= high
        held += low <= excess <= high
        shown += found["ece"]
    assert shown / 150 > excess
    assert held / 150 >= 0.92


def test_ten_thousand_images_of_forty_classes_take_little_time():
    logits, labels = some(10_000, 40)
    chances = evaluate.softmax(logits)
    start = time.perf_counter()
    evaluate.metrics(labels, chances, names(40))
    assert time.perf_counter() - start < 2.0, "it takes 0.05 s; the margin is for busy machines"


def test_a_class_without_images_is_told_where_too_few_are():
    chances = np.full((400, 3), 0.1)
    chances[np.arange(400), np.arange(400) % 2] = 0.8
    found = evaluate.metrics(np.arange(400) % 2, chances, names(3))
    assert found["too_few"].startswith(f"No image here is of the class {names(3)[2]}, so")
    few = evaluate.metrics(np.arange(4) % 2, chances[:4], names(3))["too_few"]
    assert "With 4 images" in few
    assert "No image here is of the class" in few
