"""Signs of an adapted model against scikit-learn, scipy and the published formulas, and the verdict by them."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_mutual_info_score

from xferstudio.engine import learners, validators
from xferstudio.engine.validators import Outputs

CLASSES, WIDTH = 4, 12
MEANS = np.random.default_rng(5).normal(size=(CLASSES, WIDTH)) * 1.1
AWAY = np.random.default_rng(6).normal(size=WIDTH) * 0.9


def domain(n: int, rng, moved: float = 0.0, classes: int = CLASSES):
    """Features and labels of a domain that is `moved` away from the source."""
    labels = rng.integers(0, classes, n)
    return MEANS[labels] + rng.normal(size=(n, WIDTH)) + moved * AWAY, labels


def answers(features, sharpness: float = 1.0):
    """The logits that are best for the source domain."""
    return sharpness * (features @ MEANS.T - (MEANS**2).sum(axis=1) / 2)


def outputs(target, source, training, **changes) -> Outputs:
    found = Outputs(source[0], answers(source[0]), source[1], training[0], target, answers(target))
    return dataclasses.replace(found, **changes)


@pytest.fixture
def parts():
    rng = np.random.default_rng(0)
    return domain(400, rng), domain(700, rng), domain(800, rng, moved=1.0)


@pytest.fixture
def source_only(parts) -> Outputs:
    source, training, target = parts
    return outputs(target[0], source, training)


@pytest.fixture
def aligned(parts) -> Outputs:
    """A model that has learned to take the shift out."""
    source, training, target = parts
    return outputs(target[0] - AWAY, source, training)


@pytest.fixture
def scrambled(parts) -> Outputs:
    """A model whose target features have lost most of what told the classes apart."""
    source, training, target = parts
    noise = np.random.default_rng(3).normal(size=target[0].shape)
    return outputs(0.3 * target[0] + 0.7 * noise, source, training)


@pytest.fixture
def collapsed(parts) -> Outputs:
    """A model that is sure that every target image is of the first class."""
    source, training, target = parts
    features = 0.05 * target[0] + 2 * MEANS[0]
    return outputs(features, source, training, target_logits=np.tile([60.0, 0, 0, 0], (len(features), 1)))


def accuracy(found: Outputs, parts) -> float:
    return float((found.target_logits.argmax(axis=1) == parts[2][1]).mean())


# ------------------------------------------------------------------------------------------ learners


def test_the_logistic_regression_is_scikit_learns(parts):
    x = np.concatenate([parts[0][0], parts[2][0]])
    y = np.repeat([0, 1], [len(parts[0][0]), len(parts[2][0])])
    for penalty in (1.0, 50.0):
        ours = learners.logistic(x, y, penalty)
        theirs = LogisticRegression(C=1 / penalty, tol=1e-8, max_iter=1000).fit(x, y)
        np.testing.assert_allclose(ours.weights, theirs.coef_[0], atol=2e-3)
        assert ours.bias == pytest.approx(theirs.intercept_[0], abs=2e-3)


def test_the_logistic_regression_stays_finite_where_a_line_parts_everything():
    x = np.concatenate([np.full((50, 2), -30.0), np.full((50, 2), 30.0)])
    fit = learners.logistic(x, np.repeat([0, 1], 50), 1.0)
    assert np.isfinite(fit.weights).all()
    assert (fit(x) > 0).tolist() == [False] * 50 + [True] * 50


def test_the_clusters_are_scikit_learns(parts):
    x = parts[2][0].astype(np.float32)
    member, centres = learners.k_means(x, x[:5], rounds=300)
    theirs = KMeans(5, init=x[:5], n_init=1, max_iter=300, tol=0).fit(x)
    assert (member == theirs.labels_).all()
    np.testing.assert_allclose(centres, theirs.cluster_centers_, atol=1e-4)


@pytest.mark.parametrize("n", [6, 200])
def test_directions_keep_distances_and_survive_features_that_never_vary(n: int):
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(n, 3)) @ rng.normal(size=(3, 30)), np.ones((n, 1))], axis=1)
    axes = learners.directions(x, limit=4, standardise=False)
    shown = axes(x)
    assert shown.shape[1] <= 4
    scaled = (x - x.mean(axis=0)) / axes.scale
    np.testing.assert_allclose(
        np.linalg.norm(shown[0] - shown[1:], axis=1),
        np.linalg.norm(scaled[0] - scaled[1:], axis=1),
        rtol=1e-3,
    )
    assert np.isfinite(learners.directions(np.ones((5, 3)))(np.ones((5, 3)))).all()


# ------------------------------------------------------------------------------------------ the signs


def test_entropy_information_and_nuclear_norm_follow_their_formulas(source_only):
    p = softmax(source_only.target_logits, axis=1)
    entropies = stats.entropy(p, axis=1)
    assert validators.entropy(source_only) == pytest.approx(-entropies.mean())
    assert validators.information(source_only) == pytest.approx(
        stats.entropy(p.mean(axis=0)) - entropies.mean()
    )
    assert validators.bnm(source_only) == pytest.approx(np.linalg.norm(p, "nuc") / len(p))


def test_soft_neighbourhood_density_follows_its_formula(source_only):
    p = softmax(source_only.target_logits, axis=1)
    unit = p / np.linalg.norm(p, axis=1, keepdims=True)
    near = unit @ unit.T / 0.05
    np.fill_diagonal(near, -np.inf)
    expected = stats.entropy(softmax(near, axis=1), axis=1).mean()
    assert validators.snd(source_only) == pytest.approx(expected, rel=1e-5)


def test_deep_embedded_validation_follows_its_formula(source_only):
    p = softmax(source_only.source_logits, axis=1)
    loss = -np.log(p[np.arange(len(p)), source_only.source_labels])
    ratio = np.random.default_rng(0).gamma(1.0, size=len(loss))
    for found, w in (
        (validators.dev(source_only, ratio), ratio),
        (validators.devn(source_only, ratio), ratio / ratio.max()),
    ):
        cov = np.cov(w * loss, w)
        eta = -cov[0, 1] / cov[1, 1]
        assert found == pytest.approx(-((w * loss).mean() + eta * w.mean() - eta))


def test_equal_weights_give_the_plain_loss(source_only):
    p = softmax(source_only.source_logits, axis=1)
    loss = -np.log(p[np.arange(len(p)), source_only.source_labels]).mean()
    assert validators.dev(source_only, np.full(len(p), 3.0)) == pytest.approx(-3 * loss)
    assert validators.devn(source_only, np.full(len(p), 3.0)) == pytest.approx(-loss)


def test_the_density_ratio_of_two_gaussians_is_found():
    step = 0.8 * np.eye(WIDTH)[0]
    rng = np.random.default_rng(8)
    plain = [rng.normal(size=(n, WIDTH)) for n in (500, 3000, 3000)]
    found = Outputs(
        plain[0],
        answers(plain[0]),
        np.zeros(500, int),
        plain[1],
        plain[2] + step,
        answers(plain[2]),
    )
    truth = plain[0] @ step - (step**2).sum() / 2
    ratio = validators.density_ratio(found)
    assert ratio is not None
    assert np.corrcoef(np.log(ratio), truth)[0, 1] > 0.95
    assert ratio.mean() == pytest.approx(1.0, abs=0.15)


def test_a_ratio_never_exceeds_the_number_of_images(parts):
    source, training, target = parts
    ratio = validators.density_ratio(outputs(target[0] + 500, source, training))
    assert ratio is not None
    assert np.isfinite(ratio).all() and ratio.min() > 0 and ratio.max() <= 2000


def test_a_risk_of_a_handful_of_images_is_not_computed(source_only):
    few = np.full(len(source_only.source_labels), 1e-3)
    few[:10] = 5.0
    assert validators.devn(source_only, few) is None
    few[:30] = 5.0
    assert validators.devn(source_only, few) is not None


def test_the_same_answers_made_sharper_are_no_better(source_only):
    """A softened source model, as one with too strong a penalty, and the same with its logits times six."""
    soft, sharp = (
        dataclasses.replace(
            source_only,
            source_logits=scale * source_only.source_logits,
            target_logits=scale * source_only.target_logits,
        )
        for scale in (0.5, 3.0)
    )
    assert validators.information(sharp) > validators.information(soft) + 0.05
    found = validators.signs_verdict(sharp, soft)
    assert found.verdict == "no evidence"
    assert found.improved == ()
    one, other = validators.validate(soft), validators.validate(sharp)
    assert one["information"] == pytest.approx(other["information"], abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_adjusted_mutual_information_is_scikit_learns(seed: int):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, 2 + 3 * seed, 150)
    b = np.where(rng.random(150) < 0.5, a % 4, rng.integers(0, 3 + seed, 150))
    a, b = (np.unique(x, return_inverse=True)[1] for x in (a, b))
    table = np.zeros((a.max() + 1, b.max() + 1), int)
    np.add.at(table, (a, b), 1)
    assert validators.adjusted_mutual_information(table) == pytest.approx(
        adjusted_mutual_info_score(a, b), abs=1e-9
    )


def test_class_ami_is_scikit_learns_from_the_same_start(source_only):
    x = source_only.target_features
    predicted = source_only.target_logits.argmax(axis=1)
    start = np.stack([x[predicted == k].mean(axis=0) for k in range(CLASSES)])
    clusters = KMeans(CLASSES, init=start, n_init=1).fit(x).labels_
    expected = adjusted_mutual_info_score(predicted, clusters)
    assert validators.class_ami(source_only) == pytest.approx(expected, abs=0.02)


def test_of_collapse_only_entropy_and_density_are_taken_in_and_they_do_not_choose(source_only, collapsed):
    good, bad = validators.validate(source_only), validators.validate(collapsed)
    fooled = {name for name in good if bad[name] > good[name]}
    assert {"entropy", "snd"} <= fooled
    assert not {"information", "bnm", "class_ami", "source_accuracy"} & fooled
    assert bad["class_ami"] == 0.0
    assert not {"entropy", "snd"} & set(validators.CHOOSERS)
    first, second = validators.mean_rank([good, bad])
    assert first < second


def test_the_better_model_gets_the_better_mean_rank(source_only, aligned, scrambled, parts):
    models = [scrambled, aligned, source_only]
    truth = [accuracy(found, parts) for found in models]
    assert truth[1] > truth[2] + 0.03 > truth[0] + 0.03
    ranks = validators.mean_rank([validators.validate(found) for found in models])
    assert min(ranks) == ranks[1]
    assert max(ranks) == ranks[0]


def test_signs_are_the_same_every_time_and_plain_numbers(aligned):
    found = validators.validate(aligned, limit=300)
    assert found == validators.validate(aligned, limit=300)
    assert found != validators.validate(aligned, seed=1, limit=300)
    assert tuple(found) == validators.NAMES
    assert json.loads(json.dumps(found)) == found


def test_what_cannot_be_computed_is_left_out(source_only, aligned):
    broken = dataclasses.replace(aligned, target_logits=np.full_like(aligned.target_logits, np.nan))
    assert set(validators.validate(broken)) == {"source_accuracy", "devn", "dev"}
    empty = dataclasses.replace(
        source_only,
        source_features=np.zeros((0, WIDTH)),
        source_logits=np.zeros((0, CLASSES)),
        source_labels=np.zeros(0, int),
        target_features=np.zeros((0, WIDTH)),
        target_logits=np.zeros((0, CLASSES)),
    )
    assert validators.validate(empty) == {}
    lone = dataclasses.replace(
        source_only, target_features=np.ones((1, WIDTH)), target_logits=np.ones((1, CLASSES))
    )
    assert "snd" not in validators.validate(lone)
    with pytest.raises(ValueError, match="same images"):
        dataclasses.replace(source_only, target_logits=np.zeros((3, CLASSES)))


def test_a_point_of_source_accuracy_less_does_not_choose_but_a_fall_does():
    adapted = {"source_accuracy": 0.966, "information": 2.0, "class_ami": 0.6}
    before = {"source_accuracy": 0.984, "information": 1.0, "class_ami": 0.6}
    ranks = validators.mean_rank([before, adapted])
    assert ranks[1] < ranks[0]
    fallen = validators.mean_rank([before, {**adapted, "source_accuracy": 0.60, "information": 1.0}])
    assert fallen[1] > fallen[0]


def test_equal_values_share_their_ranks_and_gaps_do_not_count():
    table = [{"a": 1.0, "b": 5.0}, {"a": 2.0, "b": 5.0}, {"a": 3.0}]
    assert validators.mean_rank(table, ("a", "b")) == [(3 + 2) / 2, (2 + 2) / 2, 1.0]
    assert validators.mean_rank(table, ("a", "unknown")) == [3.0, 2.0, 1.0]
    assert validators.mean_rank([{}, {"a": 1.0}, {"a": 2.0}], ("a",))[0] == 3.0
    assert validators.mean_rank([], ("a",)) == []


@pytest.mark.parametrize("levels", [1000, 3])
def test_agreement_is_kendalls_w_with_ties_corrected(levels: int):
    """W is Friedman's statistic, which scipy corrects for ties, over m (n - 1)."""
    values = np.random.default_rng(1).integers(0, levels, (5, 7)).astype(float)
    table = [dict(zip("abcde", column, strict=True)) for column in values.T]
    expected = stats.friedmanchisquare(*values.T).statistic / (5 * 6)
    assert validators.agreement(table, "abcde") == pytest.approx(expected)


def test_agreement_goes_from_one_order_to_none_at_all():
    same = [{"a": float(i), "b": 10.0 * i, "c": i**3} for i in range(5)]
    assert validators.agreement(same, "abc") == pytest.approx(1.0)
    reverse = [{"a": float(i), "b": -float(i)} for i in range(5)]
    assert validators.agreement(reverse, "ab") == pytest.approx(0.0)
    assert validators.agreement([{"a": 1.0, "b": 2.0}] * 3, "ab") is None
    assert validators.agreement(same[:1], "abc") is None
    assert validators.agreement([{"a": 1.0}, {"a": 2.0}], "ab") is None


def test_agreement_is_told_in_words():
    assert "largely agree" in validators.agreement_in_words(0.93)
    assert "agree in part" in validators.agreement_in_words(0.55)
    assert "weak" in validators.agreement_in_words(0.2)
    assert "too few" in validators.agreement_in_words(None)


# ------------------------------------------------------------------------------------------ the verdict


def test_a_model_that_took_the_shift_out_helped(source_only, aligned):
    found = validators.signs_verdict(aligned, source_only)
    assert found.verdict == "helped"
    assert found.sentence.startswith("By the signs, adapting helped")
    assert {"confidence", "clusters"} <= set(found.improved)
    assert found.worsened == ()
    by_name = {one.name: one for one in found.differences}
    # Hardly any source image looks like the target to source-only, so there is no weighted risk to compare.
    assert set(by_name) == set(validators.NAMES) - {"dev", "devn"}
    assert "devn" in {one.name for one in validators.signs_verdict(aligned, aligned).differences}
    for one in found.differences:
        assert one.interval[0] <= one.difference <= one.interval[1]
        assert one.difference == pytest.approx(one.adapted - one.baseline)
    assert by_name["information"].adapted == pytest.approx(validators.information(aligned.calibrated()))
    json.dumps(dataclasses.asdict(found))


def test_a_model_that_lost_the_classes_is_negative_transfer(source_only, scrambled):
    found = validators.signs_verdict(scrambled, source_only)
    assert found.verdict == "negative transfer"
    assert "did harm" in found.sentence
    turned = validators.signs_verdict(source_only, scrambled)
    assert turned.verdict == "helped"
    assert turned.improved == found.worsened


def test_a_model_against_itself_is_no_evidence(source_only):
    found = validators.signs_verdict(source_only, source_only)
    assert found.verdict == "no evidence"
    assert found.improved == found.worsened == ()
    assert all(one.difference == 0 for one in found.differences)


def test_of_models_that_differ_by_noise_few_are_called_helpful(parts):
    source, training, target = parts
    rng = np.random.default_rng(2)
    verdicts = []
    for _ in range(12):
        one, other = (
            outputs(target[0] + 0.2 * rng.normal(size=target[0].shape), source, training) for _ in range(2)
        )
        verdicts.append(validators.signs_verdict(one, other).verdict)
    assert verdicts.count("no evidence") >= 11


@pytest.mark.parametrize("sharpness", [0.0, 1.0, 50.0])
def test_a_collapsed_model_never_helped(parts, source_only, scrambled, collapsed, sharpness: float):
    logits = collapsed.target_logits * (0.02 + sharpness) / 50
    one_class = dataclasses.replace(collapsed, target_logits=logits)
    for baseline in (source_only, scrambled, one_class):
        found = validators.signs_verdict(one_class, baseline)
        assert found.collapsed
        assert found.verdict != "helped"
        assert "collapsed" in found.sentence
    assert validators.signs_verdict(one_class, source_only).verdict == "negative transfer"


def test_a_model_that_keeps_only_some_classes_never_helped(parts, scrambled):
    """Confident, and in neat clusters, but one class of four is all that is left besides a few others."""
    source, training, target = parts
    kept = np.where(target[1] == 1, 1, 0)
    kept[target[1] > 0] = 0
    kept[:10] = 1
    features = 4 * MEANS[kept] + 0.1 * target[0]
    sharp = outputs(features, source, training, target_logits=50 * np.eye(CLASSES)[kept])
    found = validators.signs_verdict(sharp, scrambled)
    assert found.collapsed and found.verdict != "helped"


def test_a_clear_fall_on_the_source_is_never_called_helpful(parts, source_only, aligned):
    wrong = aligned.source_logits.copy()
    wrong[:80] = wrong[:80, [1, 2, 3, 0]]
    found = validators.signs_verdict(dataclasses.replace(aligned, source_logits=wrong), source_only)
    assert found.verdict != "helped"
    assert "source accuracy" in found.worsened


def test_answers_that_are_no_numbers_never_helped(source_only):
    broken = dataclasses.replace(source_only, target_logits=np.full_like(source_only.target_logits, np.nan))
    assert validators.signs_verdict(broken, source_only).verdict != "helped"


def test_the_two_models_must_have_seen_the_same_images(source_only):
    fewer = dataclasses.replace(
        source_only,
        target_features=source_only.target_features[:5],
        target_logits=source_only.target_logits[:5],
    )
    with pytest.raises(ValueError, match="same images"):
        validators.signs_verdict(fewer, source_only)
    validators.signs_verdict(fewer, fewer)


def test_intervals_of_the_exact_bootstrap_are_as_wide_as_the_spread_over_fresh_images():
    """Two fixed models, many fresh draws of target images: the bootstrap of one draw foretells the spread."""
    rng = np.random.default_rng(4)
    source, training = domain(100, rng), domain(200, rng)
    spread: dict[str, list[float]] = {}
    widths: dict[str, list[float]] = {}
    for turn in range(60):
        target = domain(300, rng, moved=1.0)[0]
        pair = outputs(target - 0.5 * AWAY, source, training), outputs(target, source, training)
        if turn < 8:
            for one in validators.signs_verdict(*pair).differences:
                widths.setdefault(one.name, []).append((one.interval[1] - one.interval[0]) / (2 * 1.96))
        for name in ("information", "bnm", "snd", "entropy"):
            values = [getattr(validators, name)(found) for found in pair]
            spread.setdefault(name, []).append(values[0] - values[1])
    for name, values in spread.items():
        assert np.mean(widths[name]) == pytest.approx(np.std(values), rel=0.35), name
