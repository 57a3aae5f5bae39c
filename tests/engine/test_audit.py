"""The audit against simulated populations whose accuracy is known."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from xferstudio.engine import audit
from xferstudio.engine.audit import choose_sample, compare_models, corrected_choice, estimate
from xferstudio.engine.evaluate import wilson

CLASSES = 5


def population(n: int, accuracy: float, seed: int, informative: bool = True):
    """Probabilities (n, C) of a model, and where it is right; so sure as it is right, if `informative`."""
    rng = np.random.default_rng(seed)
    ease = 2.2 * rng.normal(size=n)
    for _ in range(25):
        chance = 1 / (1 + np.exp(-ease))
        ease += 3 * (accuracy - chance.mean())
    sure = np.clip(chance if informative else rng.random(n), 1 / CLASSES + 0.01, 0.999)
    p = np.repeat(((1 - sure) / (CLASSES - 1))[:, None], CLASSES, axis=1)
    p[np.arange(n), rng.integers(0, CLASSES, n)] = sure
    return p, rng.random(n) < chance


def labelled(sample, right):
    return [bool(right[i]) for i in sample.indices]


# ------------------------------------------------------------------------------------ which to label


@pytest.mark.parametrize("number", [1, 5, 20, 37, 50])
def test_a_sample_holds_so_many_different_images_of_every_stratum(number: int):
    p, _ = population(400, 0.8, 0)
    sample = choose_sample(p, number, 3)
    assert len(set(sample.indices)) == len(sample.indices) == number
    assert len(sample.stratum) == sum(sample.sizes) == 400
    assert np.bincount(sample.stratum).tolist() == list(sample.sizes)
    assert {sample.stratum[i] for i in sample.indices} == set(range(len(sample.sizes)))
    assert sample == choose_sample(p, number, 3)
    assert number < 5 or sample != choose_sample(p, number, 4)
    json.dumps(dataclasses.asdict(sample))


def test_strata_go_from_unsure_to_sure_and_the_unsure_get_more_labels():
    p, _ = population(1000, 0.85, 1)
    sample = choose_sample(p, 40)
    strata, sure = np.array(sample.stratum), p.max(axis=1)
    for h in range(len(sample.sizes) - 1):
        assert sure[strata == h].max() <= sure[strata == h + 1].min()
    drawn = np.bincount(strata[list(sample.indices)], minlength=len(sample.sizes))
    rates = drawn / np.array(sample.sizes)
    assert rates[0] > 1.5 * rates[-1]
    assert rates[-1] > 0.02


def test_every_predicted_class_gets_its_share_of_labels():
    p, _ = population(1000, 0.7, 2)
    counts = [
        np.bincount(p[list(choose_sample(p, 50, seed).indices)].argmax(axis=1), minlength=CLASSES)
        for seed in range(40)
    ]
    expected = np.mean(counts, axis=0)
    assert np.min(counts) >= 4
    # Drawn blindly, a class of a fifth would vary by the root of 50 * 0.2 * 0.8, which is 2.8.
    assert np.sqrt(((counts - expected) ** 2).mean()) < 2.2


def test_the_first_images_of_a_sample_are_themselves_spread():
    p, _ = population(600, 0.8, 3)
    sample = choose_sample(p, 40)
    first = [sample.stratum[i] for i in sample.indices[:10]]
    assert set(first) == set(range(len(sample.sizes)))


def test_small_and_strange_populations_are_no_error():
    p, _ = population(12, 0.5, 0)
    everyone = choose_sample(p, 40)
    assert sorted(everyone.indices) == list(range(12))
    assert choose_sample(np.zeros((0, 3)), 20) == audit.AuditSample((), (), ())
    assert choose_sample(p, 0).indices == ()
    certain = np.tile([1.0, 0.0], (90, 1))
    assert len(choose_sample(certain, 30).indices) == 30
    with pytest.raises(ValueError, match="numbers between 0 and 1"):
        choose_sample(np.full((4, 2), np.nan), 2)
    with pytest.raises(ValueError, match=r"\(n, C\)"):
        choose_sample(np.zeros(4), 2)


# ----------------------------------------------------------------------------------- what labels say


@pytest.mark.parametrize("informative", [True, False])
def test_intervals_hold_the_truth_as_often_as_they_say_and_are_no_wider_than_plain_ones(informative: bool):
    """Over five accuracies and two sizes of population; wilson is the interval of a plain random sample."""
    inside, widths, plain, errors = [], [], [], []
    for accuracy in (0.35, 0.6, 0.8, 0.9, 0.97):
        for n, number in ((150, 25), (900, 40)):
            for seed in range(30):
                p, right = population(n, accuracy, seed, informative)
                sample = choose_sample(p, number, seed)
                found = estimate(sample, labelled(sample, right), seed)
                inside.append(found.interval[0] - 1e-9 <= right.mean() <= found.interval[1] + 1e-9)
                widths.append(found.interval[1] - found.interval[0])
                errors.append(found.accuracy - right.mean())
                drawn = np.random.default_rng(seed).choice(n, number, replace=False)
                low, high = wilson(int(right[drawn].sum()), number)
                plain.append(high - low)
    assert np.mean(inside) >= 0.92
    assert np.mean(widths) <= (0.85 if informative else 1.0) * np.mean(plain)
    assert abs(np.mean(errors)) < 0.01


@pytest.mark.parametrize("truth", [0.0, 1.0])
def test_a_perfect_or_hopeless_model_keeps_an_honest_interval(truth: float):
    p, _ = population(500, 0.8, 0)
    sample = choose_sample(p, 30)
    found = estimate(sample, [bool(truth)] * 30)
    assert found.accuracy == truth
    assert truth in found.interval
    assert 0.03 < found.interval[1] - found.interval[0] < 0.2


def test_with_every_image_labelled_nothing_is_uncertain():
    p, right = population(40, 0.7, 5)
    sample = choose_sample(p, 40)
    found = estimate(sample, labelled(sample, right))
    assert found.accuracy == pytest.approx(right.mean())
    assert found.interval == pytest.approx((right.mean(), right.mean()))


def test_the_estimate_weighs_strata_by_their_images():
    """All wrong where the model is unsure, all right where it is sure; the unsure are a tenth."""
    p = np.concatenate([np.tile([0.5, 0.5], (50, 1)), np.tile([0.99, 0.01], (450, 1))])
    sample = choose_sample(p, 48)
    right = [sample.indices[j] >= 50 for j in range(48)]
    found = estimate(sample, right)
    assert np.mean(right) < 0.85
    assert found.accuracy == pytest.approx(0.9, abs=0.05)


def test_skipped_images_and_whole_strata_without_labels_are_allowed():
    p, right = population(300, 0.8, 4)
    sample = choose_sample(p, 40)
    answers = labelled(sample, right)
    some = [a if sample.stratum[i] != 1 else None for i, a in zip(sample.indices, answers, strict=True)]
    found = estimate(sample, some)
    assert found.labelled == sum(a is not None for a in some) < 40
    assert found.interval[0] <= found.accuracy <= found.interval[1]
    early = estimate(sample, answers[:15] + [None] * 25)
    full = estimate(sample, answers)
    assert early.interval[1] - early.interval[0] > full.interval[1] - full.interval[0]
    nothing = estimate(sample, [None] * 40)
    assert nothing.accuracy is None and nothing.interval == (0.0, 1.0)
    assert "No target image is labelled" in nothing.sentence
    one = estimate(sample, [True] + [None] * 39)
    assert one.interval[1] - one.interval[0] > 0.5
    with pytest.raises(ValueError, match="3 answers for 40"):
        estimate(sample, [True] * 3)


def test_the_estimate_is_told_in_a_sentence():
    p, right = population(1200, 0.8, 0)
    sample = choose_sample(p, 30)
    found = estimate(sample, labelled(sample, right))
    assert found == estimate(sample, labelled(sample, right))
    assert "judged by 30 labels of 1,200 images." in found.sentence
    assert found.sentence.endswith("More labels would narrow that.")


# ------------------------------------------------------------------------------------- which model


def pair(n: int, gained: float, lost: float, seed: int):
    """Predictions of two models, and the truth; shares of the images that only the second or first gets right."""
    p, right = population(n, 0.6, seed)
    rng = np.random.default_rng(seed + 1000)
    truth = np.zeros(n, int)
    first = np.where(right, 0, 1)
    draw = rng.random(n)
    second = np.where(right & (draw < lost / 0.6), 2, np.where(~right & (draw < gained / 0.4), 0, first))
    return p, truth, first, second


def test_the_interval_of_a_difference_holds_the_truth_and_predictions_narrow_it():
    inside = {False: [], True: []}
    widths = {False: [], True: []}
    for seed in range(75):
        p, truth, first, second = pair(500, 0.2, 0.08, seed)
        sample = choose_sample(p, 40, seed)
        at = list(sample.indices)
        right = {"a": (first == truth)[at].tolist(), "b": (second == truth)[at].tolist()}
        true = (second == truth).mean() - (first == truth).mean()
        for known in (False, True):
            answers = {"a": first, "b": second} if known else None
            (found,) = compare_models(sample, right, "a", answers)
            inside[known].append(found.interval[0] <= true <= found.interval[1])
            widths[known].append(found.interval[1] - found.interval[0])
    assert np.mean(inside[False]) >= 0.92
    assert np.mean(inside[True]) >= 0.92
    assert np.mean(widths[True]) < 0.9 * np.mean(widths[False])


def test_equal_models_are_seldom_told_apart():
    verdicts = []
    for seed in range(75):
        p, truth, first, second = pair(500, 0.12, 0.12, seed)
        sample = choose_sample(p, 40, seed)
        at = list(sample.indices)
        right = {"a": (first == truth)[at].tolist(), "b": (second == truth)[at].tolist()}
        verdicts.append(compare_models(sample, right, "a", {"a": first, "b": second})[0].verdict)
    assert np.mean([verdict != "too close to call" for verdict in verdicts]) <= 0.07


def answers_of(gained: int, lost: int, number: int = 40):
    """For `number` images: those of a, and of a b that gains some and loses others."""
    a = [False] * gained + [True] * (number - gained)
    b = [True] * gained + [False] * lost + [True] * (number - gained - lost)
    return a, b


@pytest.fixture
def sample():
    return choose_sample(population(600, 0.7, 0)[0], 40)


def test_a_clearly_better_model_replaces_the_chosen_one(sample):
    a, b = answers_of(12, 1)
    found = compare_models(sample, {"a": a, "b": b, "c": a}, "a")
    assert [one.model for one in found] == ["b", "c"]
    assert (found[0].gained, found[0].lost, found[0].verdict) == (12, 1, "better")
    assert "b is better than a on the target" in found[0].sentence
    choice = corrected_choice(found, "a")
    assert (choice.name, choice.verdict) == ("b", "better")
    assert choice.sentence.startswith("Use b in place of a.")
    json.dumps([dataclasses.asdict(one) for one in found])


def test_a_small_lead_is_too_close_to_call(sample):
    a, b = answers_of(4, 1)
    found = compare_models(sample, {"a": a, "b": b}, "a")
    assert found[0].difference > 0
    choice = corrected_choice(found, "a")
    assert (choice.name, choice.verdict) == ("a", "too close to call")
    assert "4 are right only in b and 1 only in a" in choice.sentence


def test_many_models_need_clearer_evidence(sample):
    a, b = answers_of(6, 0)
    alone = compare_models(sample, {"a": a, "b": b}, "a")[0]
    assert alone.verdict == "better"
    among = compare_models(sample, {"a": a, "b": b, **{f"m{i}": a for i in range(9)}}, "a")[0]
    assert among.adjusted_p > alone.adjusted_p
    assert among.verdict == "too close to call"


def test_a_chosen_model_that_beats_all_others_is_kept_as_better(sample):
    a, b = answers_of(12, 1)
    found = compare_models(sample, {"a": a, "b": b}, "b")
    assert found[0].verdict == "worse"
    choice = corrected_choice(found, "b")
    assert (choice.name, choice.verdict) == ("b", "better")
    assert corrected_choice([], "b").name == "b"


def test_models_that_say_the_same_everywhere_cannot_differ(sample):
    a, _ = answers_of(0, 0)
    same = np.zeros(600, int)
    (found,) = compare_models(sample, {"a": a, "b": a}, "a", {"a": same, "b": same})
    assert found.interval == (0.0, 0.0)
    far = same.copy()
    unseen = next(i for i in range(600) if i not in sample.indices)
    far[unseen] = 1
    (found,) = compare_models(sample, {"a": a, "b": a}, "a", {"a": same, "b": far})
    assert found.interval == pytest.approx((-1 / 600, 1 / 600))


def test_without_common_labels_nothing_is_said(sample):
    (found,) = compare_models(sample, {"a": [None] * 40, "b": [True] * 40}, "a")
    assert found.verdict == "too close to call"
    assert found.sentence == "No label says which of a and b is better."
    with pytest.raises(ValueError, match="c has no answers"):
        compare_models(sample, {"a": [None] * 40}, "c")
    with pytest.raises(ValueError, match="predictions for 600"):
        compare_models(
            sample, {"a": [True] * 40, "b": [True] * 40}, "a", {"a": np.zeros(3), "b": np.zeros(3)}
        )
