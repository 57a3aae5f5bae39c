"""Gradients of depthwise convolutions on the CPU, in float32: bfloat16 has only slow ways for most of them there.

With torch 2.13 (oneDNN), 32 images and one core with bfloat16, 5 x 5 with stride 2 on 672 maps of 14 x 14 takes 250 ms
backward in bfloat16 and 16 ms in float32; with stride 1, 105 and 39 ms; but 3 x 3 with stride 1, 1.2 and 3.5 ms.
`python -m benchmarks means` measures it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

Pair = tuple[int, int]


class _Depthwise(torch.autograd.Function):
    """conv2d of (N, C, H, W) in bfloat16 with weights (C, 1, h, w): bfloat16 forward, float32 backward."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, stride: Pair, padding: Pair, dilation: Pair
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        ctx.how = stride, padding, dilation
        low = weight.to(torch.bfloat16)
        maps: torch.Tensor = torch.ops.aten.conv2d(x, low, None, stride, padding, dilation, len(weight))
        return maps

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        x, weight = ctx.saved_tensors
        stride, padding, dilation = ctx.how
        of_x, of_weight, _ = torch.ops.aten.convolution_backward(
            gradients[0].float(), x.float(), weight.to(torch.bfloat16).float(), None,
            stride, padding, dilation, False, [0, 0], len(weight), [*ctx.needs_input_grad[:2], False],
        )  # fmt: skip
        of_x = None if of_x is None else of_x.to(x.dtype)
        of_weight = None if of_weight is None else of_weight.to(weight.dtype)
        return of_x, of_weight, None, None, None


class QuickDepthwise(TorchFunctionMode):
    """While it is entered, depthwise convolutions that are slow backward in bfloat16 take the quick way.

    Only for code that runs on the CPU under autocast to bfloat16, and not for one that computes a part of itself once
    more backward (activation checkpointing): there it is not entered.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.conv2d and torch.is_grad_enabled():
            call = _depthwise(*args, **(kwargs or {}))
            if call is not None:
                with torch.autocast("cpu", enabled=False):
                    return _Depthwise.apply(*call)  # type: ignore[no-untyped-call]
        return func(*args, **(kwargs or {}))


def _depthwise(
    input: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[torch.Tensor, torch.Tensor, Pair, Pair, Pair] | None:
    """The arguments of such a convolution; None for all others."""
    if groups < 2 or bias is not None or isinstance(padding, str) or input.dtype != torch.bfloat16:
        return None
    step = _pair(stride)
    if len(weight) != groups or weight.shape[1] != 1 or (step == (1, 1) and max(weight.shape[2:]) <= 3):
        return None
    return input, weight, step, _pair(padding), _pair(dilation)


def _pair(value: Any) -> Pair:
    first, *rest = value if isinstance(value, Sequence) else (value,)
    return int(first), int(rest[0] if rest else first)
