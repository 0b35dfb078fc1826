"""Operators that slide a window over an image: convolutions, pooling, and padding before them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from models.layers import Shape, same_padding
from models.onnx_reader.context import Context, Reader
from models.onnx_reader.problems import Cannot
from models.onnx_reader.values import Value

# Least exponent of what counts as minus infinity where a maximum is padded with it.
_LOWEST = -1e38

Pads = tuple[int, int, int, int]


def _placed(pair: list[int], value: Value, missing: int) -> list[int]:
    """Numbers for rows and columns, where the graph has both, or only one of them."""
    if len(value.axes) == 3:
        return [int(pair[0]), int(pair[1])]
    return [int(pair[0]), missing] if value.shape[2] == 1 and value.shape[1] > 1 else [missing, int(pair[0])]


def _channels_first(value: Value) -> None:
    image = value.shape if len(value.axes) == 3 else tuple(side for side in value.shape[:1] + (max(value.shape[1:]),))
    if not value.in_order or value.dims != image:
        raise Cannot(f"it reads {value.dims} of each jet, where channels come first in {value.shape}")


def _padding(context: Context, value: Value, kernel: list[int], stride: list[int]) -> Pads:
    """Padding in numbers: top, bottom, left, right."""
    already = value.pads or (0, 0, 0, 0)
    sides = (value.shape[1] + already[0] + already[1], value.shape[2] + already[2] + already[3])
    match context.attribute("auto_pad", "NOTSET"):
        case "NOTSET":
            given = context.attribute("pads") or [0] * (2 * (len(value.axes) - 1))
            half = len(given) // 2
            top, left = _placed(given[:half], value, 0)
            bottom, right = _placed(given[half:], value, 0)
        case "VALID":
            top = bottom = left = right = 0
        case mode:
            pairs = [same_padding(side, k, s) for side, k, s in zip(sides, kernel, stride, strict=True)]
            if mode == "SAME_LOWER":
                pairs = [(after, before) for before, after in pairs]
            (top, bottom), (left, right) = pairs
    return top + already[0], bottom + already[1], left + already[2], right + already[3]


def _said(pads: Pads, shape: Shape, kernel: list[int], stride: list[int]) -> str | list[int]:
    """Padding as a model file says it."""
    if not any(pads):
        return "valid"
    same = [n for side, k, s in zip(shape[1:], kernel, stride, strict=True) for n in same_padding(side, k, s)]
    if list(pads) == same:
        return "same"
    sides = [kernel[0], kernel[0], kernel[1], kernel[1]]
    if any(pad >= side for pad, side in zip(pads, sides, strict=True)):
        raise Cannot(f"padding {list(pads)} (top, bottom, left, right) is not below the kernel's {kernel}")
    return list(pads)


def _not_rounded_up(context: Context, value: Value, pads: Pads, kernel: list[int], stride: list[int]) -> None:
    sums = (pads[0] + pads[1], pads[2] + pads[3])
    for side, pad, k, s in zip(value.shape[1:], sums, kernel, stride, strict=True):
        if context.attribute("ceil_mode", 0) and (side + pad - k) % s:
            raise Cannot("ceil_mode 1: a window beyond the edge")


def _window(context: Context, value: Value) -> tuple[list[int], list[int]]:
    context.only(dilations=1)
    flat = [1] * (len(value.axes) - 1)
    kernel = _placed(context.attribute("kernel_shape", flat), value, 1)
    return kernel, _placed(context.attribute("strides", flat), value, 1)


def _slid(value: Value, name: str, shape: Shape) -> Value:
    return Value(name, shape, value.axes)


def _pointwise(context: Context, value: Value) -> Value:
    """A 1 x 1 convolution of what is a vector to us."""
    weight = context.weight(1, "the weight")
    context.only(group=1, dilations=1, pads=0, strides=1)
    if math.prod(weight.shape[2:]) != 1 or value.channel_axis != 0 or value.order is not None:
        raise Cannot(f"a convolution of one pixel with a kernel of {list(weight.shape[2:])}")
    return _dense(context, value, weight.reshape(weight.shape[:2]))


def _dense(context: Context, value: Value, weight: Any) -> Value:
    bias = context.constant(2, "the bias")
    tensors = {"weight": weight} | ({} if bias is None else {"bias": bias.astype(np.float64)})
    keys = {"units": len(weight), "bias": bias is not None}
    name = context.draft.add(context.hint(), "dense", [value.layer], keys, tensors)
    return Value(name, (len(weight),), value.axes)


def conv(context: Context) -> Value:
    """Conv: `conv2d`, `depthwise_conv2d` where every channel has its own kernel, `dense` for an average's pixel."""
    value = context.value()
    if value.is_vector:
        return _pointwise(context, value)
    _channels_first(value)
    if value.pads is not None and value.pad_value != 0:
        raise Cannot(f"padding with {value.pad_value}: only 0 is read")
    weight = context.weight(1, "the weight")
    flat = list(weight.shape[2:])
    context.node.attributes.setdefault("kernel_shape", flat)
    kernel, stride = _window(context, value)
    groups = context.attribute("group", 1)
    keys: dict[str, Any] = {
        "kernel": kernel,
        "stride": stride,
        "padding": _said(_padding(context, value, kernel, stride), value.shape, kernel, stride),
        "bias": (bias := context.constant(2, "the bias")) is not None,
    }
    tensors = {"weight": weight.reshape(*weight.shape[:2], *kernel)}
    if bias is not None:
        tensors["bias"] = bias.astype(np.float64)
    if groups == value.shape[0] == len(weight) and groups > 1:
        kind = "depthwise_conv2d"
    else:
        kind = "conv2d"
        keys |= {"channels": len(weight)} | ({"groups": groups} if groups > 1 else {})
    name = context.draft.add(context.hint(), kind, [value.layer], keys, tensors)
    return _slid(value, name, context.draft.shapes[name])


def _pooling(context: Context) -> tuple[Value, list[int], list[int], Pads]:
    """What a pooling reads, its kernel, stride and padding."""
    value = context.value()
    if value.is_vector:
        raise Cannot("a window over a vector")
    _channels_first(value)
    kernel, stride = _window(context, value)
    pads = _padding(context, value, kernel, stride)
    _not_rounded_up(context, value, pads, kernel, stride)
    return value, kernel, stride, pads


def max_pool(context: Context) -> Value:
    """MaxPool."""
    value, kernel, stride, pads = _pooling(context)
    context.only(storage_order=0)
    if any(context.node.outputs[1:]):
        raise Cannot("the output Indices is used")
    if value.pads is not None and value.pad_value > _LOWEST:
        raise Cannot(f"padding with {value.pad_value} before a maximum: only minus infinity is read")
    keys = {"kernel": kernel, "stride": stride, "padding": _said(pads, value.shape, kernel, stride)}
    name = context.draft.add("", "max_pool", [value.layer], keys, {})
    return _slid(value, name, context.draft.shapes[name])


def average_pool(context: Context) -> Value:
    """AveragePool: a `global_average`, or a `depthwise_conv2d` with equal weights."""
    value, kernel, stride, pads = _pooling(context)
    if value.pads is not None and value.pad_value != 0:
        raise Cannot(f"padding with {value.pad_value}: only 0 is read")
    if any(pads) and not (context.attribute("count_include_pad", 0) or pads == value.pads):
        raise Cannot("count_include_pad 0 with padding: averages of fewer pixels at the edges")
    if kernel == list(value.shape[1:]) and not any(pads):
        return averaged(context, value, keep=True)
    weight = np.full((value.shape[0], 1, *kernel), 1 / math.prod(kernel))
    keys = {"kernel": kernel, "stride": stride, "padding": _said(pads, value.shape, kernel, stride)}
    name = context.draft.add("average_pool", "depthwise_conv2d", [value.layer], keys, {"weight": weight})
    return _slid(value, name, context.draft.shapes[name])


def averaged(context: Context, value: Value, keep: bool) -> Value:
    """An image's average.

    Parameters
    ----------
    context : Context
        Of the node.
    value : Value
        An image.
    keep : bool
        Whether the graph keeps sides of length 1.

    Returns
    -------
    Value
    """
    name = context.draft.add("", "global_average", [value.layer], {}, {})
    return Value(name, context.draft.shapes[name], _after_reduction(value, keep))


def _after_reduction(value: Value, keep: bool) -> tuple[int | None, ...]:
    if value.channel_axis is None:
        raise Cannot("the channel's side is not known any more")
    return tuple(0 if axis == 0 else None for axis in value.axes if keep or axis == 0)


def largest(context: Context, value: Value, keep: bool) -> Value:
    """The largest of each channel.

    Parameters
    ----------
    context, value, keep
        As for `averaged`.

    Returns
    -------
    Value
    """
    keys = {"kernel": list(value.shape[1:]), "stride": [1, 1]}
    name = context.draft.add("", "max_pool", [value.layer], keys, {})
    return Value(name, context.draft.shapes[name], _after_reduction(value, keep))


def pad(context: Context) -> Value:
    """Pad: left to the window that follows."""
    value = context.value()
    context.only(mode="constant")
    given = context.constant(1, "pads")
    pads = context.attribute("pads") if given is None else given.reshape(-1).tolist()
    number = context.constant(2, "the value to pad with")
    filling = float(context.attribute("value", 0.0) if number is None else number.reshape(-1)[0])
    rank = 1 + len(value.dims)
    axes = context.constant(3, "axes")
    where = list(range(rank)) if axes is None else [int(axis) % rank for axis in axes.reshape(-1)]
    before, after = [0] * rank, [0] * rank
    for i, axis in enumerate(where):
        before[axis], after[axis] = int(pads[i]), int(pads[len(where) + i])
    if not any(before) and not any(after):
        return value
    if value.is_vector or min(before + after) < 0 or any(before[:2] + after[:2]):
        raise Cannot(f"pads {[int(one) for one in pads]}: only rows and columns of an image, and not less than 0")
    _channels_first(value)
    top, left = _placed(before[2:], value, 0)
    bottom, right = _placed(after[2:], value, 0)
    if value.pads is not None:
        raise Cannot("a second Pad before one window")
    return replace(value, pads=(top, bottom, left, right), pad_value=filling)


READERS: dict[str, Reader] = {
    "Conv": conv,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "Pad": pad,
}
# These do the padding that a Pad before them asks for.
THAT_PAD = ("Conv", "MaxPool", "AveragePool")
