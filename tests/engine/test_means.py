"""The means of computing a frozen part: as exact as they say, and the fastest of them wins."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from test_prefix import FAMILIES, SMALL, images, network, train_last
from torch import nn

from xferstudio.api import UserError
from xferstudio.engine import means as ways
from xferstudio.engine.device import choose, cpu_has_bfloat16
from xferstudio.engine.means import Runner, fold_batch_norm, fuse_activations, make_runner
from xferstudio.engine.model import normalise
from xferstudio.engine.prefix import find_cut


@pytest.mark.parametrize("family", ["efficientnet", "resnet", "regnet", "mobilenet v3"])
def test_folded_batch_norm_gives_the_same(family):
    name, arguments = FAMILIES[family]
    made = network(name, **arguments)
    folded = fold_batch_norm(made, SMALL)
    with torch.inference_mode():
        whole, other = made(images()), folded(images())
    assert torch.allclose(whole, other, rtol=1e-3, atol=1e-4 * float(whole.abs().max()))
    before = sum(isinstance(m, nn.BatchNorm2d) for m in made.modules())
    assert sum(isinstance(m, nn.BatchNorm2d) for m in folded.modules()) < before
    assert sum(isinstance(m, nn.BatchNorm2d) for m in made.modules()) == before


@pytest.mark.parametrize("family", ["efficientnet", "efficientnet lite", "resnet", "mobilenet v3"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_fused_activations_give_the_same(family, dtype):
    if dtype == torch.bfloat16 and not cpu_has_bfloat16():
        pytest.skip("this processor has no bfloat16")
    name, arguments = FAMILIES[family]
    folded = fold_batch_norm(network(name, **arguments), SMALL)
    fused = fuse_activations(folded, dtype)
    assert fused is not None
    with torch.inference_mode():
        whole, other = folded(images()), fused(images().to(dtype)).float()
        plain = folded.to(dtype)(images().to(dtype)).float()
    close = 1e-4 if dtype == torch.float32 else 0.02
    assert float((whole - other).norm() / whole.norm()) < max(
        close, 1.5 * float((whole - plain).norm() / whole.norm())
    )
    count = sum(isinstance(m, (nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish)) for m in folded.modules())
    used = {node.target for node in fused.graph.nodes}
    assert sum(str(target).endswith("act") for target in used) < count


def test_what_has_nothing_to_fuse_is_left_alone():
    assert fuse_activations(nn.Linear(3, 3), torch.float32) is None
    assert fuse_activations(fold_batch_norm(network("test_vit", img_size=64), SMALL), torch.float32) is None


def pixels(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)


def means(seconds=0.0, moved=0.0):
    def compute(batch):
        time.sleep(seconds)
        rows = torch.from_numpy(batch.reshape(len(batch), -1)[:, :16].astype(np.float32))
        return rows * (1 + moved)

    return compute


def test_the_fastest_means_win_the_race_and_every_batch_is_answered():
    exact = means(0.03)
    runner = Runner(
        {"eager float32": exact, "quick float32": means(0.002), "slow float32": means(0.06)},
        exact,
        torch.float32,
    )
    for seed in range(9):
        batch = pixels(4, seed)
        assert torch.equal(runner(batch), exact(batch))
    assert runner.means == "quick float32"
    assert not runner.note


def test_means_that_move_the_features_are_refused_however_fast():
    exact = means(0.01)
    far = ways.REDUCED_PRECISION_LIMIT * 2
    runner = Runner(
        {"eager float32": exact, "eager bfloat16": means(0, far), "other float32": means(0, 0.01)},
        exact,
        torch.float32,
    )
    for seed in range(5):
        assert torch.equal(runner(pixels(4, seed)), exact(pixels(4, seed)))
    assert not runner.note


def test_features_that_are_not_numbers_end_with_a_sentence():
    def spoilt(batch):
        return torch.full((len(batch), 4), float("nan"))

    with pytest.raises(UserError, match="not numbers"):
        Runner({"eager float32": spoilt}, spoilt, torch.float32)(pixels(4))


def test_means_that_do_not_run_here_are_passed_over():
    def broken(batch):
        raise RuntimeError("no such instruction")

    exact = means()
    runner = Runner({"eager float32": exact, "eager bfloat16": broken}, exact, torch.float32)
    assert torch.equal(runner(pixels(4)), exact(pixels(4)))


def test_a_close_reduced_precision_that_is_clearly_faster_wins_and_says_how_far_it_moves():
    exact = means(0.03)
    runner = Runner(
        {"eager float32": exact, "eager channels-last bfloat16": means(0.002, 0.01)}, exact, torch.float32
    )
    for seed in range(6):
        runner(pixels(4, seed))
    assert runner.means == "eager channels-last bfloat16"
    assert "bfloat16" in runner.note
    assert "1.0%" in runner.note


@pytest.mark.parametrize("images_due", [10, 200])
def test_the_means_of_this_machine_agree_with_the_plain_network(images_due):
    made = train_last(network("test_efficientnet"), 1)
    cut = find_cut(made, SMALL, False)
    machine = choose("cpu", "float32")
    runner = make_runner(cut, SMALL, machine, images_due)
    made.eval()
    for seed in range(6):
        batch = pixels(4, seed)
        with torch.inference_mode():
            wanted = cut.prefix(normalise(torch.from_numpy(batch), SMALL))
        got = runner(batch)
        assert got.dtype == torch.float32
        assert torch.allclose(got, wanted, rtol=1e-3, atol=1e-3 * float(wanted.abs().max()))
