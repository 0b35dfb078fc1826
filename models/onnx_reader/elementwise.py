"""Operators that go through a value element by element: activations, batch norm, sums and products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from models.onnx_reader.context import Context, Reader, flattened
from models.onnx_reader.draft import Floats
from models.onnx_reader.problems import Cannot
from models.onnx_reader.values import Value, in_layer_order, per_channel

_NORM = ("gamma", "beta", "mean", "variance")


def _activation(function: str) -> Reader:
    def read(context: Context) -> Value:
        value = context.value()
        if function == "swish":
            context.only(alpha=1.0)
        return replace(value, layer=context.draft.activated(value.layer, function))

    return read


def batch_norm(context: Context) -> Value:
    """BatchNormalization: kept with a convolution before it, else taken into weights."""
    value = context.value()
    context.only(training_mode=0, is_test=1, spatial=1)
    if any(context.node.outputs[1:]):
        raise Cannot("it gives statistics, as in training")
    if value.channel_axis != 0:
        raise Cannot(f"channels are not the first of {value.dims}")
    numbers = [in_layer_order(context.weight(i, role), value) for i, role in enumerate(_NORM, start=1)]
    # As it was written, and not with the digits that single precision adds.
    epsilon = float(str(np.float32(context.attribute("epsilon", 1e-5))))
    return replace(value, layer=context.draft.normed(value.layer, dict(zip(_NORM, numbers, strict=True)), epsilon))


def _scaled(value: Value, context: Context, scale: Floats | float, shift: Floats | float) -> Value:
    whole = np.zeros(value.shape[0])
    return replace(value, layer=context.draft.scaled(value.layer, whole + scale, whole + shift))


def _with_constant(context: Context, place: int, join: Callable[[Value, Floats], Value]) -> Value:
    value = context.value(place)
    constant = context.weight(1 - place, "the other input")
    if constant.ndim > 1 + len(value.dims):
        raise Cannot(f"a constant of shape {constant.shape} with {value.dims} of each jet")
    return join(value, per_channel(constant, value))


def _constant_place(context: Context) -> int | None:
    """Which of the two inputs is a constant."""
    constants = [i for i, one in enumerate(context.given) if not isinstance(one, Value)]
    if len(context.given) == 2 and len(constants) == 1:
        return constants[0]
    return None


def add(context: Context) -> Value:
    """Add and Sum: a bias, or `add`."""
    place = _constant_place(context)
    if place is not None:
        return _with_constant(context, 1 - place, lambda value, numbers: _scaled(value, context, 1.0, numbers))
    total = context.value(0)
    for i in range(1, len(context.given)):
        total = _sum(context, total, context.value(i))
    return total


def _sum(context: Context, a: Value, b: Value) -> Value:
    if a.is_vector != b.is_vector and len(a.dims) == len(b.dims) == 1:
        a, b = flattened(context, a), flattened(context, b)
    alike = np.array_equal(a.order, b.order) if a.order is not None and b.order is not None else a.order is b.order
    if a.dims != b.dims or a.shape != b.shape or a.axes != b.axes or not alike:
        raise Cannot(f"{a.dims} and {b.dims} of each jet: only two of one shape are added")
    name = context.draft.add("", "add", [a.layer, b.layer], {}, {})
    return replace(a, layer=name)


def sub(context: Context) -> Value:
    """Sub of a constant, or from one."""
    place = _constant_place(context)
    if place == 1:
        return _with_constant(context, 0, lambda value, numbers: _scaled(value, context, 1.0, -numbers))
    if place == 0:
        return _with_constant(context, 1, lambda value, numbers: _scaled(value, context, -1.0, numbers))
    raise Cannot("a difference of two values: only of a value and a constant")


def div(context: Context) -> Value:
    """Div by a constant."""
    if _constant_place(context) != 1:
        raise Cannot("only a value divided by a constant")

    def join(value: Value, numbers: Floats) -> Value:
        if not numbers.all():
            raise Cannot("a division by zero")
        return _scaled(value, context, 1 / numbers, 0.0)

    return _with_constant(context, 0, join)


def neg(context: Context) -> Value:
    """Neg."""
    return _scaled(context.value(), context, -1.0, 0.0)


def mul(context: Context) -> Value:
    """Mul: by a constant, or squeeze-excite; swish is a node of its own by now."""
    place = _constant_place(context)
    if place is not None:
        return _with_constant(context, 1 - place, lambda value, numbers: _scaled(value, context, numbers, 0.0))
    a, b = context.value(0), context.value(1)
    for image, gate in ((a, b), (b, a)):
        whole = not image.is_vector and gate.is_vector and gate.order is None
        if whole and gate.dims == tuple(
            side if axis == 0 else 1 for axis, side in zip(image.axes, image.dims, strict=True)
        ):
            name = context.draft.gated(image.layer, gate.layer)
            if name is not None:
                return replace(image, layer=name)
    raise Cannot(
        f"{a.dims} times {b.dims} of each jet: only swish, x sigmoid(x), and squeeze-excite, "
        "x sigmoid(dense(activation(dense(average of x))))"
    )


def _ending(kind: str) -> Reader:
    def read(context: Context) -> Value:
        value = context.value()
        long = [place + 1 for place, side in enumerate(value.dims) if side > 1]
        rank = 1 + len(value.dims)
        axis = context.attribute("axis", -1 if rank == 2 else 1) % rank
        if long != [axis]:
            raise Cannot(f"axis {axis} of {('jets', *value.dims)}: only over the classes, as the last step")
        return replace(value, ending=kind)

    return read


READERS: dict[str, Reader] = {
    "Relu": _activation("relu"),
    "Sigmoid": _activation("sigmoid"),
    "Swish": _activation("swish"),
    "BatchNormalization": batch_norm,
    "Add": add,
    "Sum": add,
    "Sub": sub,
    "Mul": mul,
    "Div": div,
    "Neg": neg,
    "Softmax": _ending("softmax"),
    "LogSoftmax": _ending("log_softmax"),
}
