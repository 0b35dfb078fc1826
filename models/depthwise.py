"""Depthwise convolutions whose gradient by the weights is fast on small maps.

PyTorch hands that gradient to oneDNN, which takes many times as long for hundreds of channels of 2 x 2 values as a sum
over the taps does. `tests/bench/training.py` has the times of whole steps either way.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

# Values of one channel of the output, at most, for which the sum over the taps is the faster way.
SMALL = 16


def _places(size: int, out: int, tap: int, stride: int, pad: int) -> tuple[slice, slice]:
    """What one tap of a window reads along an axis, and the outputs that it goes into."""
    first = max(0, -((tap - pad) // stride))
    last = min(out - 1, (size - 1 + pad - tap) // stride)
    start = first * stride + tap - pad
    return slice(start, max(start, last * stride + tap - pad + 1), stride), slice(first, max(first, last + 1))


def weight_gradient(x: Tensor, gradient: Tensor, kernel: list[int], stride: list[int], pads: list[int]) -> Tensor:
    """The gradient by the weights, tap by tap.

    Parameters
    ----------
    x : Tensor
        (n, channels, rows, columns), the input.
    gradient : Tensor
        (n, channels, rows, columns), by the output.
    kernel, stride, pads : list of int
        Along rows and columns; padding is alike on both sides.

    Returns
    -------
    Tensor
        (channels, 1, rows, columns of the kernel).
    """
    rows, columns = (
        [_places(x.shape[2 + i], gradient.shape[2 + i], tap, stride[i], pads[i]) for tap in range(kernel[i])]
        for i in range(2)
    )
    sums = [
        (x[:, :, row, column] * gradient[:, :, out_row, out_column]).sum((0, 2, 3))
        for row, out_row in rows
        for column, out_column in columns
    ]
    return torch.stack(sums, 1).reshape(x.shape[1], 1, *kernel)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: list[int], pads: list[int]) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.pads = stride, pads
        return functional.conv2d(x, weight, None, stride, pads, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        by_x, by_weight = None, None
        if ctx.needs_input_grad[0]:
            by_x = torch.ops.aten.convolution_backward(
                gradient, x, weight, None, ctx.stride, ctx.pads, [1, 1], False, [0, 0], x.shape[1], [True, False, False]
            )[0]
        if ctx.needs_input_grad[1]:
            by_weight = weight_gradient(x, gradient, list(weight.shape[2:]), ctx.stride, ctx.pads)
        return by_x, by_weight, None, None


def depthwise(x: Tensor, convolution: torch.nn.Conv2d) -> Tensor:
    """What the convolution gives, with the faster of two ways back.

    Parameters
    ----------
    x : Tensor
        (n, channels, rows, columns).
    convolution : Conv2d
        Depthwise, without bias and dilation.

    Returns
    -------
    Tensor
        (n, channels, rows, columns).
    """
    stride, pads = list(convolution.stride), [int(pad) for pad in convolution.padding]
    sizes = [(x.shape[2 + i] + 2 * pads[i] - convolution.kernel_size[i]) // stride[i] + 1 for i in range(2)]
    other = x.is_cuda or torch.is_autocast_enabled("cpu") or not torch.is_grad_enabled()
    if other or sizes[0] * sizes[1] > SMALL:
        return convolution(x)
    return _Depthwise.apply(x, convolution.weight, stride, pads)
