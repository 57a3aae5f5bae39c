"""Depthwise convolutions in bfloat16 whose gradients are computed in float32."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from torch.nn import functional

from xferstudio.engine import depthwise
from xferstudio.engine.depthwise import QuickDepthwise


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


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("how", [{"padding": 2}, {"padding": 2, "stride": 2}, {"padding": 4, "dilation": 2}])
def test_the_quick_way_gives_what_the_slow_one_gives(calls, kind, how):
    torch.manual_seed(1)
    x, weight = torch.randn(4, 12, 9, 9, dtype=kind), torch.randn(12, 1, 5, 5)
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
        functional.conv2d(torch.randn(2, 12, 9, 9), weight, None, groups=groups, **how).sum().backward()
    assert weight.grad is not None and not calls


def test_with_a_bias_or_without_gradients_nothing_is_changed(calls):
    x, weight = torch.randn(2, 12, 9, 9), torch.randn(12, 1, 5, 5, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16), QuickDepthwise():
        functional.conv2d(x, weight, torch.zeros(12), groups=12)
        with torch.no_grad():
            functional.conv2d(x, weight, None, groups=12)
    assert not calls


def test_frozen_weights_let_the_gradient_through_and_take_none(calls):
    x, weight = torch.randn(2, 12, 9, 9, requires_grad=True), torch.randn(12, 1, 5, 5)
    with torch.autocast("cpu", torch.bfloat16), QuickDepthwise():
        functional.conv2d(x, weight, None, stride=2, groups=12).sum().backward()
    assert len(calls) == 1 and x.grad is not None and weight.grad is None
