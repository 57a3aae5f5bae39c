"""Augmented versions: decided by the seed alone, of the right shape, mild or strong as named."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import picture
from PIL import Image

from xferstudio.api import Preprocessing, TrainingOptions, UserError, describe_options
from xferstudio.data import AUGMENTATIONS, augmented, prepare

HOW = Preprocessing(size=(24, 32))


@pytest.mark.parametrize("name", AUGMENTATIONS)
@pytest.mark.parametrize("crop", ["center", "squash", "pad"])
def test_one_seed_always_gives_the_same_picture_of_the_right_shape(name, crop):
    how = Preprocessing(size=(24, 32), crop=crop)
    for seed in range(30):
        first, second = (augmented(picture(1, (100, 70)), how, name, seed) for _ in range(2))
        assert np.array_equal(first, second)
        assert (first.shape, first.dtype) == ((24, 32, 3), np.uint8)
        assert first.flags.c_contiguous
        assert first.flags.writeable


@pytest.mark.parametrize("name", ["standard", "strong"])
def test_other_seeds_give_other_pictures(name):
    versions = {augmented(picture(1, (100, 70)), HOW, name, seed).tobytes() for seed in range(50)}
    assert len(versions) == 50


def test_none_is_preparation_and_flip_mirrors_half_of_the_time():
    image = picture(1, (100, 70))
    plain = prepare(image, HOW)
    assert np.array_equal(augmented(image, HOW, "none", 7), plain)
    mirrored = 0
    for seed in range(200):
        version = augmented(image, HOW, "flip", seed)
        mirrored += np.array_equal(version, plain[:, ::-1])
        assert np.array_equal(version, plain) or np.array_equal(version, plain[:, ::-1])
    assert 70 < mirrored < 130


def test_colours_keep_their_mean_and_vary_mildly():
    image = Image.new("RGB", (64, 64), (120, 100, 140))
    versions = np.array([augmented(image, HOW, "standard", seed).mean(axis=(0, 1)) for seed in range(200)])
    assert np.abs(versions.mean(axis=0) - (120, 100, 140)).max() < 5
    assert np.abs(versions - (120, 100, 140)).max() < 50
    assert versions.std() > 5


def test_the_part_shown_has_a_share_of_the_area_within_limits():
    # A picture whose red and green tell the place: their ranges in the result tell how much is shown.
    across, down = np.meshgrid(np.linspace(0, 255, 200), np.linspace(0, 255, 200))
    image = Image.fromarray(np.stack([across, down, across * 0], -1).astype(np.uint8))
    how = Preprocessing(size=(32, 32))
    from xferstudio.data.augment import Augmentation

    AUGMENTATIONS["only the part"] = Augmentation(area=(0.35, 1.0), mirror=False)
    try:
        shares = []
        for seed in range(100):
            version = augmented(image, how, "only the part", seed).astype(float)
            shares.append(np.ptp(version[..., 0]) * np.ptp(version[..., 1]) / 255**2)
    finally:
        del AUGMENTATIONS["only the part"]
    assert 0.28 < min(shares) < 0.5
    assert 0.75 < max(shares) <= 1


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (900, 2), (15, 15)])
@pytest.mark.parametrize("crop", ["center", "squash", "pad"])
def test_odd_shapes_do_no_harm(size, crop):
    for seed in range(20):
        assert augmented(picture(0, size), Preprocessing(size=(9, 12), crop=crop), "strong", seed).shape == (
            9,
            12,
            3,
        )


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match="none, flip, standard, strong"):
        augmented(picture(), HOW, "wild", 0)


def test_the_names_are_those_of_the_training_option():
    (option,) = [info for info in describe_options(TrainingOptions) if info.name == "augment"]
    assert option.choices == tuple(AUGMENTATIONS)
