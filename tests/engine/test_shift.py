"""How far two domains are apart, on Gaussians whose distance is known, and on photographs and paintings."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from scipy import stats

from xferstudio.engine import shift
from xferstudio.engine.shift import shift_report

NAMES = ("ant", "bee", "cat", "dog", "eel")
WIDTH = 24
MEANS = np.random.default_rng(1).normal(size=(8, WIDTH)) * 1.6


def images(counts, seed: int, moved: float = 0.0):
    """Features and labels: so many images of each class, all moved along one direction."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    away = np.zeros(WIDTH)
    away[:4] = moved / 2
    return (MEANS[labels] + rng.normal(size=(len(labels), WIDTH)) + away).astype(np.float32), labels


def report(source=(60,) * 5, target=(60,) * 5, moved: float = 0.0, seed: int = 0, names=NAMES):
    x, labels = images(source, 10 + seed, 0.0)
    y, _ = images(target, 500 + seed, moved)
    return shift_report(x, labels, y, names, seed)


def test_two_halves_of_one_domain_are_alike():
    found = [report(seed=seed) for seed in range(5)]
    assert [one.level for one in found] == ["little"] * 5
    assert all(one.distance_interval[0] < 0.3 for one in found)
    assert sum(one.mmd_p > 0.05 for one in found) >= 4
    assert all(abs(one.mmd2) < 0.01 for one in found)
    assert found[0].suggestion == ("source-only",)
    assert "alike" in found[0].words[0]
    assert not any(one.partial_overlap for one in found)


def test_the_p_value_of_equal_domains_is_uniform():
    rng = np.random.default_rng(0)
    values = [shift._mmd(rng.normal(size=(25, 3)), rng.normal(size=(25, 3)), rng)[1] for _ in range(80)]
    assert stats.kstest(values, "uniform").pvalue > 0.01
    assert min(values) >= 1 / (shift.PERMUTATIONS + 1)


def test_the_discrepancy_is_the_unbiased_one():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 2)), rng.normal(size=(15, 2)) + 1
    both = np.concatenate([x, y])
    apart = ((both[:, None] - both[None]) ** 2).sum(axis=2)
    middle = np.median(apart[np.triu_indices(27, 1)])
    k = sum(np.exp(-apart / (middle * s)) for s in (0.25, 0.5, 1, 2, 4)) / 5
    a, b, c = k[:12, :12], k[12:, 12:], k[:12, 12:]
    expected = (a.sum() - 12) / (12 * 11) + (b.sum() - 15) / (15 * 14) - 2 * c.mean()
    assert shift._mmd(x, y, rng)[0] == pytest.approx(expected)


@pytest.mark.parametrize("step", [0.5, 1.0, 2.0])
def test_the_a_distance_is_that_of_the_best_classifier(step: float):
    """Two round Gaussians a step apart: the best error is the normal tail at half the step."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(900, 6)), rng.normal(size=(900, 6))
    y[:, 0] += step
    found = shift_report(x, np.arange(900) % 2, y, ("a", "b"))
    best = 2 * (1 - 2 * stats.norm.sf(step / 2))
    assert found.distance == pytest.approx(best, abs=0.1)
    low, high = found.distance_interval
    assert low <= found.distance <= high
    assert found.told_apart == pytest.approx((found.distance / 2 + 1) / 2)


def test_the_further_apart_the_more_is_said():
    found = [report(moved=moved) for moved in (0.0, 0.8, 1.4, 4.0)]
    distances = [one.distance for one in found]
    assert distances == sorted(distances)
    assert [found[0].level, found[-1].level] == ["little", "large"]
    assert "moderate" in {one.level for one in found}
    moderate = next(one for one in found if one.level == "moderate")
    assert moderate.suggestion == ("coral", "adabn")
    assert found[-1].suggestion == ("cdan", "mcc", "shot")
    assert "very different" in found[-1].words[0]
    assert found[-1].mmd_p < 0.01
    assert any("moved most" in words for words in found[-1].words)


def test_the_class_that_moved_most_is_named():
    x, labels = images((80,) * 5, 0)
    y, truth = images((80,) * 5, 1, moved=1.0)
    y[truth == 2, 8:12] += 2.5
    found = shift_report(x, labels, y, NAMES)
    distances = {one.name: one.distance for one in found.classes}
    assert max(distances, key=distances.get) == "cat"
    # A step of length 5 (and the common one of 1) where a class spreads by the root of 24.
    assert distances["cat"] == pytest.approx(np.sqrt(26 / 24), rel=0.25)
    assert any("class cat moved most" in words for words in found.words)


def test_a_class_that_did_not_move_has_no_distance_even_with_few_images():
    found = report(target=(12,) * 5)
    assert np.mean([one.distance for one in found.classes]) < 0.2


def test_other_class_shares_are_noticed_and_alignment_is_advised_against():
    found = report(target=(180, 30, 30, 30, 30), moved=1.5)
    shares = [one.target_share for one in found.classes]
    assert shares == pytest.approx([0.6, 0.1, 0.1, 0.1, 0.1], abs=0.06)
    assert found.share_difference == pytest.approx(0.4, abs=0.06)
    assert found.suggestion == ("mcc", "shot", "self-train")
    assert "dann" in found.why
    assert not found.partial_overlap
    assert any("ant about" in words and "20%" in words for words in found.words)


def test_classes_that_the_target_lacks_are_named():
    found = report(target=(90, 90, 0, 90, 0), moved=1.0)
    assert found.unmatched == ("cat", "eel")
    assert found.partial_overlap
    assert found.suggestion == ("mcc", "shot", "self-train")
    assert any("Forcing them into alignment then hurts" in words for words in found.words)
    alone = report(target=(90, 90, 90, 90, 0), moved=1.0)
    assert any(words.endswith("of the class eel.") for words in alone.words)


def test_groups_that_the_source_lacks_are_noticed():
    known = (60,) * 5
    found = [report(source=known, target=(*known, 70, 70), seed=seed) for seed in range(4)]
    assert all(one.partial_overlap and one.unmatched == () for one in found)
    # Two groups of seven are strangers: 140 of 440 images.
    assert np.median([one.unmatched_target_share for one in found]) == pytest.approx(140 / 440, abs=0.17)
    assert any("near no class of the source" in words for words in found[0].words)


@pytest.mark.parametrize("moved", [0.0, 1.0, 2.0])
def test_the_same_classes_raise_no_alarm(moved: float):
    assert not any(report(moved=moved, seed=seed).partial_overlap for seed in range(5))


def test_few_target_images_get_the_simple_strategies():
    found = report(target=(5,) * 5, moved=3.0)
    assert found.suggestion == ("adabn", "coral")
    assert "25 images" in found.why
    assert found.share_difference is None


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_target_images_are_no_error(count: int):
    found = report(target=(count, 0, 0, 0, 0))
    assert found.level == "unknown"
    assert found.distance is found.mmd2 is found.distance_interval is None
    assert "cannot be measured" in found.words[0]
    assert found.suggestion == ("adabn", "coral")
    assert found.unmatched == ()


def test_one_class_and_features_that_never_vary_are_no_error():
    x, labels = images((60,), 0)
    found = shift_report(x, labels, images((60,), 1)[0], ("only",))
    assert found.suggestion == ("source-only",)
    assert found.classes[0].target_share == 1.0
    flat = shift_report(np.ones((60, 4)), np.arange(60) % 2, np.ones((60, 4)), ("a", "b"))
    assert flat.level == "little"
    assert flat.mmd_p == 1.0
    wide = shift_report(
        np.random.default_rng(0).normal(size=(30, 900)),
        np.arange(30) % 3,
        np.random.default_rng(1).normal(size=(30, 900)),
        ("a", "b", "c", "never seen"),
    )
    assert wide.distance_interval[0] < 0.5
    assert wide.classes[3].distance is None and wide.classes[3].source_share == 0


def test_the_report_is_the_same_every_time_and_json_can_hold_it():
    found = report(moved=1.0, target=(90, 90, 0, 90, 0))
    assert found == report(moved=1.0, target=(90, 90, 0, 90, 0))
    told = json.loads(json.dumps(dataclasses.asdict(found), allow_nan=False))
    assert told["unmatched"] == ["cat", "eel"]
    assert told["classes"][0]["name"] == "ant"
    assert all(words.endswith(".") for words in (*found.words, found.why))


def test_arrays_that_do_not_fit_are_refused():
    x, labels = images((10,) * 5, 0)
    with pytest.raises(ValueError, match="labels"):
        shift_report(x, labels[:-1], x, NAMES)
    with pytest.raises(ValueError, match="indices of the classes"):
        shift_report(x, labels, x, NAMES[:3])
    with pytest.raises(ValueError, match="24 source features and 5"):
        shift_report(x, labels, x[:, :5], NAMES)
    with pytest.raises(ValueError, match="finite"):
        shift_report(x, labels, np.full_like(x, np.nan), NAMES)


@pytest.mark.real
def test_photographs_and_paintings_look_very_different_and_hold_the_same_classes(real_data):
    import torch

    from xferstudio.data import decode, prepare
    from xferstudio.engine.model import normalise
    from xferstudio_plugins.backbones import listed

    backbone = next(found for found in listed() if found.id == "embedded:efficientnet_lite0")
    if not backbone.is_local():
        pytest.skip("the embedded backbone is not installed")
    how = backbone.preprocessing()
    network = backbone.build(True).eval().to(memory_format=torch.channels_last)
    names = ("dog", "guitar", "house", "person")

    def features(domain: str):
        rows = []
        for name in names:
            files = sorted((real_data / "pacs" / domain / name).iterdir())[:24]
            shown = torch.from_numpy(np.stack([prepare(decode(file), how) for file in files]))
            with torch.inference_mode():
                rows.append(network(normalise(shown, how).contiguous(memory_format=torch.channels_last)))
        return torch.cat(rows).numpy(), np.repeat(np.arange(4), 24)

    (photos, labels), (paintings, _) = features("photo"), features("art_painting")
    found = shift_report(photos, labels, paintings, names)
    assert found.level == "large" or found.distance > 1.2
    assert found.mmd_p < 0.05
    assert found.unmatched == ()
    even, odd = np.arange(0, 96, 2), np.arange(1, 96, 2)
    same = shift_report(photos[even], labels[even], photos[odd], names)
    assert same.level == "little"
