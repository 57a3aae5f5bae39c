"""A network that starts from scratch can be evaluated after few steps: its batch statistics are of the data."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from xferstudio.api import Preprocessing
from xferstudio.engine.model import _FirstBatches, build_network


def fresh(hooked: bool) -> nn.BatchNorm1d:
    norm = nn.BatchNorm1d(3)
    if hooked:
        norm.register_forward_pre_hook(_FirstBatches(norm.momentum))
    return norm


def test_the_first_batches_count_equally_and_the_start_value_not_at_all():
    torch.manual_seed(0)
    batches = [5 + 0.01 * torch.randn(64, 3) for _ in range(4)]
    norm, plain = fresh(True), fresh(False)
    for batch in batches:
        norm(batch)
        plain(batch)
    mean = torch.stack([batch.mean(0) for batch in batches]).mean(0)
    variance = torch.stack([batch.var(0) for batch in batches]).mean(0)
    torch.testing.assert_close(norm.running_mean, mean)
    torch.testing.assert_close(norm.running_var, variance)
    assert (plain.running_var > 1000 * variance).all()


def test_later_batches_count_as_usual_and_evaluation_changes_nothing():
    norm = fresh(True)
    for _ in range(12):
        norm(torch.randn(8, 3))
    assert norm.momentum == 0.1
    before = norm.running_mean.clone()
    norm.eval()(torch.randn(8, 3))
    assert torch.equal(norm.running_mean, before)


def test_a_restored_norm_goes_on_exactly():
    torch.manual_seed(0)
    batches = [torch.randn(8, 3) for _ in range(6)]
    straight = fresh(True)
    for batch in batches[:3]:
        straight(batch)
    resumed = fresh(True)
    resumed.load_state_dict(copy.deepcopy(straight.state_dict()))
    for batch in batches[3:]:
        straight(batch)
        resumed(batch)
    assert torch.equal(straight.running_var, resumed.running_var)


@pytest.mark.parametrize("pretrained", [False, True])
def test_only_a_network_without_pretrained_weights_starts_its_statistics_anew(pretrained):
    def build(_pretrained: bool) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten()
        ).eval()

    how = Preprocessing((8, 8), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), "bilinear", 1.0, "center")
    backbone = SimpleNamespace(build=build, preprocessing=lambda: how)
    strategy = SimpleNamespace(pretrained=pretrained, head=lambda width, classes: None)
    norm = build_network(backbone, strategy, 2).train().backbone[1]
    images = 3 + torch.randn(16, 4, 8, 8)
    norm(images)
    usual = 0.1 * images.mean((0, 2, 3))
    torch.testing.assert_close(norm.running_mean, usual if pretrained else 10 * usual)
