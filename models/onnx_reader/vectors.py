"""Operators that reduce an image to a vector, lay values out anew, or multiply them with a matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.onnx_reader import windows
from models.onnx_reader.context import Context, Reader, flattened, vector
from models.onnx_reader.draft import Floats
from models.onnx_reader.problems import Cannot
from models.onnx_reader.values import Value, in_layer_order


def _reduced_axes(context: Context, value: Value) -> bool:
    """Whether sides of length 1 stay, after a check that rows and columns go, all of them, and nothing else."""
    rank = 1 + len(value.dims)
    axes = context.axes(rank)
    rest = [place + 1 for place, side in enumerate(value.dims) if place != value.channel_axis and side > 1]
    optional = [place + 1 for place, side in enumerate(value.dims) if place != value.channel_axis and side == 1]
    if axes is None or not set(rest) <= set(axes) <= set(rest) | set(optional):
        raise Cannot(f"axes {axes} of {('jets', *value.dims)}: only over all rows and columns at once")
    return bool(context.attribute("keepdims", 1))


def _reduction(reduce: Callable[[Context, Value, bool], Value]) -> Reader:
    """A reduction over rows and columns; of a vector there are none."""

    def read(context: Context) -> Value:
        value = context.value()
        keep = _reduced_axes(context, value)
        if not value.is_vector:
            return reduce(context, value, keep)
        return value if keep else replace(value, axes=(0,))

    return read


def _summed(context: Context, value: Value, keep: bool) -> Value:
    """The average times the number of pixels."""
    mean = windows.averaged(context, value, keep)
    count = np.full(value.shape[0], float(math.prod(value.shape[1:])))
    return replace(mean, layer=context.draft.scaled(mean.layer, count, np.zeros_like(count)))


def global_average_pool(context: Context) -> Value:
    """GlobalAveragePool."""
    value = context.value()
    return value if value.is_vector else windows.averaged(context, value, keep=True)


def global_max_pool(context: Context) -> Value:
    """GlobalMaxPool."""
    value = context.value()
    return value if value.is_vector else windows.largest(context, value, keep=True)


def flatten(context: Context) -> Value:
    """Flatten."""
    value = replace(context.given[0], ending="") if isinstance(context.given[0], Value) else context.value()
    axis = context.attribute("axis", 1)
    if axis % (1 + len(value.dims)) != 1:
        raise Cannot(f"axis {axis}: only 1, which keeps jets apart")
    if len(value.dims) == 1:
        return _with_ending(context, value)
    return _with_ending(context, flattened(context, value))


def _with_ending(context: Context, value: Value) -> Value:
    first = context.given[0]
    return replace(value, ending=first.ending) if isinstance(first, Value) else value


def _laid_out(context: Context, dims: list[int]) -> Value:
    """A value with other sides, of which only the number of ones differs, or which is flat."""
    first = context.given[0]
    if not isinstance(first, Value):
        raise Cannot("input 0 is a constant")
    same = first.relabelled(tuple(dims))
    if same is not None:
        return same
    if [side for side in dims if side > 1] == [math.prod(first.dims)]:
        flat = flattened(context, replace(first, ending=""))
        there = flat.relabelled(tuple(dims))
        if there is not None:
            return _with_ending(context, there)
    raise Cannot(f"from {('jets', *first.dims)} to {('jets', *dims)}: only flattening, and sides of length 1")


def reshape(context: Context) -> Value:
    """Reshape: to flatten, or with sides of length 1 more or less."""
    first = context.given[0]
    if not isinstance(first, Value):
        raise Cannot("input 0 is a constant")
    target = [int(side) for side in context.weight(1, "the shape")]
    sides = [context.jets, *first.dims]
    if not context.attribute("allowzero", 0):
        target = [sides[i] if side == 0 and i < len(sides) else side for i, side in enumerate(target)]
    if -1 in target:
        known = -math.prod(target)
        if known <= 0 or math.prod(sides) % known:
            raise Cannot(f"to {target}: does not fit {('jets', *first.dims)}")
        target[target.index(-1)] = math.prod(sides) // known
    if not target or target[0] != context.jets or math.prod(target) != math.prod(sides):
        raise Cannot(f"to {[int(side) for side in context.weight(1, 'the shape')]}: jets do not stay apart")
    return _laid_out(context, target[1:])


def squeeze(context: Context) -> Value:
    """Squeeze."""
    first = context.given[0]
    if not isinstance(first, Value):
        raise Cannot("input 0 is a constant")
    axes = context.axes(1 + len(first.dims))
    if axes is None:
        axes = [place + 1 for place, side in enumerate(first.dims) if side == 1]
    if 0 in axes or any(first.dims[axis - 1] != 1 for axis in axes):
        raise Cannot(f"axes {axes} of {('jets', *first.dims)}: only sides of length 1, and not the jets")
    return _laid_out(context, [side for place, side in enumerate(first.dims, start=1) if place not in axes])


def unsqueeze(context: Context) -> Value:
    """Unsqueeze."""
    value = context.value()
    count = context.attribute("axes")
    if count is None:
        count = context.weight(1, "axes").reshape(-1).tolist()
    axes = sorted(int(axis) % (1 + len(value.dims) + len(count)) for axis in count)
    if 0 in axes:
        raise Cannot("axes: jets do not stay in front")
    sides = [*value.dims]
    for axis in axes:
        sides.insert(axis - 1, 1)
    return _laid_out(context, sides)


def transpose(context: Context) -> Value:
    """Transpose: kept in mind, until a dense layer's columns take it in."""
    value = context.value()
    rank = 1 + len(value.dims)
    return value.transposed(context.attribute("perm", list(range(rank))[::-1]))


def concat(context: Context) -> Value:
    """Concat of vectors."""
    values = [context.value(i) for i in range(len(context.given))]
    axis = context.attribute("axis", 1)
    if any(not value.is_vector and len(value.dims) > 1 for value in values):
        sides = ", ".join(str(value.dims) for value in values)
        raise Cannot(f"axis {axis} of {sides} of each jet: only vectors are joined; flatten or average before")
    values = [value if value.is_vector else flattened(context, value) for value in values]
    places = {value.channel_axis for value in values}
    if len(places) > 1 or axis % (1 + len(values[0].dims)) - 1 not in places:
        raise Cannot(f"axis {axis}: only the side of the vectors' elements")
    if len(values) == 1:
        return values[0]
    orders, start = [], 0
    for value in values:
        orders.append(start + (np.arange(value.shape[0]) if value.order is None else value.order))
        start += value.shape[0]
    order = None if all(value.order is None for value in values) else np.concatenate(orders)
    names = [value.layer for value in values]
    while len(names) > 1:
        # Eight at most at a time, the first ones first, so that the order stays.
        names = [context.draft.add("", "concat", names[:8], {}, {}), *names[8:]]
    return Value(names[0], context.draft.shapes[names[0]], values[0].axes, order)


def _dense(context: Context, value: Value, weight: Floats, bias: Floats | None) -> Value:
    """A dense layer; the weight is [units, elements] in the graph's order."""
    value = vector(context, value)
    if weight.shape[1] != value.shape[0]:
        raise Cannot(f"a matrix for {weight.shape[1]} numbers, where there are {value.shape[0]}")
    ordered = in_layer_order(weight.T, value).T
    tensors = {"weight": ordered} | ({} if bias is None else {"bias": bias})
    keys = {"units": len(weight), "bias": bias is not None}
    name = context.draft.add(context.hint(), "dense", [value.layer], keys, tensors)
    return context.draft.value(name)


def gemm(context: Context) -> Value:
    """Gemm: `dense`."""
    context.only(transA=0)
    weight = context.weight(1, "the matrix")
    if not context.attribute("transB", 0):
        weight = weight.T
    bias = context.constant(2, "the bias")
    if bias is not None:
        try:
            bias = np.broadcast_to(bias.astype(np.float64), (1, len(weight)))[0] * context.attribute("beta", 1.0)
        except ValueError:
            raise Cannot(f"a bias of shape {bias.shape} for {len(weight)} units") from None
    return _dense(context, context.value(), weight * context.attribute("alpha", 1.0), bias)


def matmul(context: Context) -> Value:
    """MatMul: `dense`, or a 1 x 1 convolution where the last side is the channels of an image."""
    weight = context.weight(1, "the matrix")
    value = context.value()
    if weight.ndim != 2:
        raise Cannot(f"a matrix of shape {weight.shape}")
    if len(value.dims) == 1:
        return _dense(context, value, weight.T, None)
    if value.is_vector or value.axes[-1] != 0:
        raise Cannot(f"it reads {value.dims} of each jet: only along the channels")
    keys = {"channels": weight.shape[1], "kernel": [1, 1], "padding": "valid"}
    tensors = {"weight": weight.T[:, :, None, None]}
    name = context.draft.add(context.hint(), "conv2d", [value.layer], {**keys, "bias": False}, tensors)
    return Value(name, context.draft.shapes[name], value.axes)


READERS: dict[str, Reader] = {
    "ReduceMean": _reduction(windows.averaged),
    "ReduceSum": _reduction(_summed),
    "ReduceMax": _reduction(windows.largest),
    "GlobalAveragePool": global_average_pool,
    "GlobalMaxPool": global_max_pool,
    "Flatten": flatten,
    "Reshape": reshape,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Transpose": transpose,
    "Concat": concat,
    "Gemm": gemm,
    "MatMul": matmul,
}
