"""The heads: as right as scikit-learn where that says what is right, and at home in odd data."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from torch import nn

from xferstudio_plugins.heads import MLP, STRENGTHS, Neighbours, Prototypes, fit_logistic


def blobs(count, width, classes, apart=1.0, seed=0):
    """Classes around centres; the smaller `apart`, the more they overlap."""
    draw = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, apart, (classes, width))
    labels = np.arange(count) % classes
    rows = centres[labels] + draw.normal(0, 1, (count, width))
    return torch.from_numpy(rows).float(), torch.from_numpy(labels)


def fitted(features, labels, classes, **settings):
    head = nn.Linear(features.shape[1], classes)
    found = list(fit_logistic(head, features, labels, **settings))
    assert all(torch.isfinite(parameter).all() for parameter in head.parameters())
    return head, found


def accuracy(head, features, labels):
    with torch.no_grad():
        return float((head(features).argmax(1) == labels).float().mean())


def scaled(features):
    spread = features.std(0, unbiased=False)
    return ((features - features.mean(0)) / spread / math.sqrt(features.shape[1])).numpy()


@pytest.mark.parametrize(
    ("count", "width", "classes"), [(200, 20, 2), (300, 15, 5), (60, 150, 4), (400, 60, 40)]
)
@pytest.mark.parametrize("strength", [1e-1, 1e-3])
def test_at_the_same_strength_it_says_what_scikit_learn_says(count, width, classes, strength):
    features, labels = blobs(count, width, classes)
    head, _ = fitted(features, labels, classes, strength=strength)
    # Two classes have two sets of weights here, which together are pulled half as hard.
    pull = strength / 2 if classes == 2 else strength
    reference = LogisticRegression(C=1 / (count * pull), tol=1e-9, max_iter=5000)
    reference.fit(scaled(features), labels.numpy())
    with torch.no_grad():
        logits = head(features).double().numpy()
    wanted = reference.decision_function(scaled(features))
    if classes == 2:
        logits = logits[:, 1] - logits[:, 0]
    else:
        logits = logits - logits.mean(1, keepdims=True)
        wanted = wanted - wanted.mean(1, keepdims=True)
    assert np.abs(logits - wanted).max() <= 0.02 * np.abs(wanted).max()


@pytest.mark.parametrize(
    ("classes", "count", "width"), [(2, 120, 40), (10, 300, 64), (40, 400, 200), (3, 60, 300)]
)
def test_with_a_strength_of_its_own_choice_it_is_as_good_as_cross_validated_scikit_learn(
    classes, count, width
):
    apart = 0.45 if width > 100 else 0.6
    features, labels = blobs(count, width, classes, apart)
    test, truth = blobs(2000, width, classes, apart, seed=1)
    head, found = fitted(features, labels, classes)
    reference = LogisticRegressionCV(
        Cs=[1 / (count * strength) for strength in STRENGTHS[2:11:2]],
        cv=3,
        scoring="neg_log_loss",
        max_iter=500,
        l1_ratios=(0,),
        use_legacy_attributes=False,
    )
    reference.fit(scaled(features), labels.numpy())
    spread = features.std(0, unbiased=False)
    seen = ((test - features.mean(0)) / spread / math.sqrt(width)).numpy()
    theirs = float((reference.predict(seen) == truth.numpy()).mean())
    assert accuracy(head, test, truth) >= theirs - 0.02
    assert all(math.isfinite(step["loss"]) for step in found if step)


def test_a_feature_that_never_changes_has_no_say():
    features, labels = blobs(90, 10, 3)
    features[:, 4] = 7.5
    head, _ = fitted(features, labels, 3)
    assert head.weight[:, 4].abs().max() == 0
    assert accuracy(head, features, labels) > 0.7


def test_features_of_very_different_scales_count_alike():
    features, labels = blobs(150, 12, 3)
    plain, _ = fitted(features, labels, 3, strength=1e-2)
    scales = torch.logspace(-3, 3, 12)
    other, _ = fitted(features * scales + 100 * scales, labels, 3, strength=1e-2)
    with torch.no_grad():
        one, two = plain(features), other(features * scales + 100 * scales)
    assert torch.allclose(one, two, atol=0.05 * float(one.abs().max()))


def test_all_features_alike_give_the_shares_of_the_classes():
    features, labels = torch.ones(30, 8), torch.tensor([0] * 20 + [1] * 10)
    head, _ = fitted(features, labels, 2)
    with torch.no_grad():
        shares = torch.softmax(head(features[:1]), 1)[0]
    assert shares.tolist() == pytest.approx([2 / 3, 1 / 3], abs=0.02)


@pytest.mark.parametrize("folds", [2, 5, 20])
def test_a_class_with_a_single_image_and_one_with_none_do_no_harm(folds):
    features, labels = blobs(41, 20, 2, 2.0)
    labels[0] = 2
    head, _ = fitted(features, labels, 4, folds=folds)
    assert accuracy(head, features[1:], labels[1:]) > 0.9


def test_two_images_are_told_apart():
    features, labels = blobs(2, 30, 2, 2.0)
    head, _ = fitted(features, labels, 2)
    assert accuracy(head, features, labels) == 1.0


def test_balancing_helps_the_rare_class():
    features, labels = blobs(400, 5, 2, 0.4)
    rare = torch.cat([torch.where(labels == 0)[0], torch.where(labels == 1)[0][:15]])
    found = []
    for balanced in (False, True):
        head, _ = fitted(features[rare], labels[rare], 2, balanced=balanced, strength=1e-3)
        chosen = head(features).argmax(1)
        found.append(float((chosen[labels == 1] == 1).float().mean()))
    assert found[1] > found[0] + 0.2


def test_versions_of_an_image_stay_in_one_fold():
    """Otherwise copies of noise would be 'recognised' in the held-out fold, and a weak pull be chosen."""
    draw = torch.Generator().manual_seed(0)
    features = torch.randn(60, 80, generator=draw)
    labels = torch.randint(0, 2, (60,), generator=draw)
    _, apart = fitted(features.repeat(4, 1), labels.repeat(4), 2, views=4)
    _, mixed = fitted(features.repeat(4, 1), labels.repeat(4), 2, views=1)
    assert apart[-1]["log10 strength"] > mixed[-1]["log10 strength"]


def test_the_same_seed_gives_the_same_head():
    features, labels = blobs(90, 20, 3, 0.5)
    one, two = (fitted(features, labels, 3, seed=4)[0] for _ in range(2))
    assert torch.equal(one.weight, two.weight)


@pytest.mark.parametrize(
    "make", [lambda: Neighbours(20, 3, 0), lambda: Neighbours(20, 3, 5), lambda: Prototypes(20, 3)]
)
def test_fitted_heads_learn_and_survive_saving(make):
    features, labels = blobs(90, 20, 3, 1.5)
    test, truth = blobs(300, 20, 3, 1.5, seed=1)
    head = make()
    head.fit(features, labels)
    assert accuracy(head, test, truth) > 0.9
    again = make()
    again.load_state_dict({name: value.clone() for name, value in head.state_dict().items()})
    with torch.no_grad():
        assert torch.equal(again(test), head(test))
        shares = torch.softmax(head(test), 1)
    assert torch.isfinite(shares).all()


def test_neighbours_choose_their_number_by_leaving_one_out():
    features, labels = blobs(200, 2, 2, 0.8, seed=3)
    head = Neighbours(2, 2, 0)
    head.fit(features, labels)
    assert int(head.chosen) > 1
    few = Neighbours(2, 2, 7)
    few.fit(features[:3], labels[:3])
    assert few(features).shape == (200, 2)


def test_a_class_without_images_is_unlikely_for_neighbours_and_prototypes():
    features, labels = blobs(40, 10, 2, 2.0)
    for head in (Neighbours(10, 3, 3), Prototypes(10, 3)):
        head.fit(features, labels)
        assert not bool((head(features).argmax(1) == 2).any())


def test_the_mlp_learns():
    torch.manual_seed(0)
    features, labels = blobs(90, 20, 3, 1.5)
    head = MLP(20, 32, 3, 0.1)
    optimizer = torch.optim.AdamW(head.parameters(), 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        nn.functional.cross_entropy(head(features), labels).backward()
        optimizer.step()
    head.eval()
    assert accuracy(head, *blobs(300, 20, 3, 1.5, seed=1)) > 0.9
