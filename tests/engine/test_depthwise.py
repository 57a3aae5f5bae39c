"""Depthwise convolutions in bfloat16 whose gradients are computed in float32."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from torch.nn import functional

from xferstudio.api import TrainingOptions
from xferstudio.engine import depthwise
from xferstudio.engine.context import RunContext
from xferstudio.engine.depthwise import QuickDepthwise
from xferstudio.engine.device import Machine
from xferstudio.engine.model import Network


def gradients(x: torch.Tensor, weight: torch.Tensor, mode, **how) -> list[torch.Tensor]:
    """The result in bfloat16, and the gradients of both, with or without the quick way."""
    x, weight = x.clone().requires_grad_(), weight.clone().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16), mode:
        maps = functional.conv2d(x, weight, None, groups=len(weight), **how)
    assert maps.dtype == torch.bfloat16
    maps.float().square().sum().backward()
    assert x.grad is not None and x.grad.dtype == x.dtype
    assert weight.grad is not None and weight.grad.dtype == weight.dtype
    return [maps.float(), x.grad.float(), weight.grad]


@pytest.fixture
def calls(monkeypatch) -> list[tuple]:
    """The arguments of the convolutions that took the quick way."""
    seen: list[tuple] = []
    apply = depthwise._Depthwise.apply
    monkeypatch.setattr(depthwise._Depthwise, "apply", lambda *args: seen.append(args) or apply(*args))
    return seen


@pytest.mark.parametrize("how", [{"padding": 2}, {"padding": 2, "stride": 2}, {"padding": 4, "dilation": 2}])
def test_the_quick_way_gives_what_the_slow_one_gives(calls, how):
    torch.manual_seed(1)
    x, weight = torch.randn(4, 12, 9, 9).bfloat16(), torch.randn(12, 1, 5, 5)
    slow = gradients(x, weight, nullcontext(), **how)
    assert not calls
    quick = gradients(x, weight, QuickDepthwise(), **how)
    assert len(calls) == 1
    assert torch.equal(slow[0], quick[0])
    for ours, theirs in zip(quick[1:], slow[1:], strict=True):
        assert float((ours - theirs).norm() / theirs.norm()) < 0.01


@pytest.mark.parametrize(
    ("weights", "groups", "how"),
    [
        ((12, 1, 3, 3), 12, {"padding": 1}),  # quick in bfloat16 as it is
        ((8, 12, 5, 5), 1, {}),
        ((12, 6, 5, 5), 2, {}),
        ((24, 1, 5, 5), 12, {}),
        ((12, 1, 5, 5), 12, {"padding": "same"}),
    ],
)
def test_other_convolutions_stay_as_they_are(calls, weights, groups, how):
    weight = torch.randn(*weights, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16), QuickDepthwise():
        functional.conv2d(
            torch.randn(2, 12, 9, 9).bfloat16(), weight, None, groups=groups, **how
        ).sum().backward()
    assert weight.grad is not None and not calls


def test_with_a_bias_in_float32_or_without_gradients_nothing_is_changed(calls):
    x, weight = torch.randn(2, 12, 9, 9).bfloat16(), torch.randn(12, 1, 5, 5, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16), QuickDepthwise():
        functional.conv2d(x, weight, torch.zeros(12), groups=12)
        functional.conv2d(x.float(), weight, None, groups=12)
        with torch.no_grad():
            functional.conv2d(x, weight, None, groups=12)
    assert not calls


def test_frozen_weights_let_the_gradient_through_and_take_none(calls):
    x = torch.randn(2, 12, 9, 9).bfloat16().requires_grad_()
    weight = torch.randn(12, 1, 5, 5)
    with torch.autocast("cpu", torch.bfloat16), QuickDepthwise():
        functional.conv2d(x, weight, None, stride=2, groups=12).sum().backward()
    assert len(calls) == 1 and x.grad is not None and weight.grad is None


def test_gradients_of_gradients_are_those_of_the_slow_way(calls):
    torch.manual_seed(2)
    x, weight = torch.randn(2, 12, 9, 9).bfloat16(), torch.randn(12, 1, 5, 5)
    found = []
    for mode in (nullcontext(), QuickDepthwise()):
        ours, theirs = x.clone().requires_grad_(), weight.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16), mode:
            maps = functional.conv2d(ours, theirs, None, stride=2, groups=12)
        (first,) = torch.autograd.grad(maps.float().square().sum(), ours, create_graph=True)
        found.append(torch.autograd.grad(first.float().square().sum(), theirs)[0])
    assert len(calls) == 1
    assert float((found[1] - found[0]).norm() / found[0].norm()) < 0.02


def test_a_network_that_computes_parts_of_itself_again_backward_goes_its_own_way(make_context):
    class Block(torch.nn.Module):
        grad_checkpointing = False

    context = make_context(Block(), "bfloat16")
    assert context._quickened()
    context.model.backbone.grad_checkpointing = True
    assert not context._quickened()
    assert not make_context(Block(), "float32")._quickened()


@pytest.fixture
def make_context():
    """Makes the context of a run with this backbone, on the CPU in this precision."""

    def make(backbone: torch.nn.Module, precision: str) -> RunContext:
        network = Network(backbone, torch.nn.Linear(4, 2), 4)
        machine = Machine(torch.device("cpu"), precision, 1, 1, "cpu")
        return RunContext(network, ("a", "b"), TrainingOptions(), machine, np.array([0, 1]), np.array([0, 1]))

    return make
