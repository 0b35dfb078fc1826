"""Which input of a graph is the image, and which the features, constituents or pairs."""

from __future__ import annotations

from collections.abc import Mapping

from models.layers import GIVEN, IMAGE, Shape
from models.onnx_reader.values import Value

Sides = list[int | None]


def _layouts(name: str, shape: Shape) -> list[tuple[int, ...]]:
    """How a graph may have what the library gives: channels first, channels last, and of one row without the row."""
    if len(shape) == 1:
        return [(0,)]
    found: list[tuple[int, ...]] = [(0, 1, 2), (1, 2, 0)]
    return found if name == IMAGE else [*found, (0, 2), (2, 0)]


def _fitting(name: str, shape: Shape, sides: Sides) -> Value | None:
    for axes in _layouts(name, shape):
        wanted = [shape[axis] for axis in axes]
        if len(sides) == 1 + len(wanted) and all(
            side in (None, due) for side, due in zip(sides[1:], wanted, strict=True)
        ):
            return Value(name, shape, axes)
    return None


def match(
    inputs: Mapping[str, Sides], given: Mapping[str, Shape], named: Mapping[str, str] | None = None
) -> dict[str, Value]:
    """Say for each input what it is.

    Parameters
    ----------
    inputs : mapping of str to list of int or None
        Sides of each, jets first; None where they are open.
    given : mapping of str to tuple of int
        What the library gives.
    named : mapping of str to str, optional
        For inputs that neither name nor shape tell apart.

    Returns
    -------
    dict of str to Value

    Raises
    ------
    ValueError
        With all inputs and all that they could be.
    """
    there = "; ".join(f"{name} {tuple(shape)}" for name, shape in given.items())
    asked = dict(named or {})
    for name, one in asked.items():
        if name not in inputs or one not in given:
            raise ValueError(
                f"input {name} = {one}: the graph has {', '.join(inputs)}, and the library gives {', '.join(given)}"
            )
    found: dict[str, Value] = {}
    for name, sides in inputs.items():
        words = f"input {name} ({', '.join('?' if side is None else str(side) for side in sides)})"
        wanted = asked.get(name, name if name in GIVEN else None)
        fitting = [
            value
            for one, shape in given.items()
            if (wanted is None or one == wanted) and (value := _fitting(one, shape, sides)) is not None
        ]
        if not fitting:
            raise ValueError(f"{words} is none of what the library gives, jets in front: {there or 'nothing'}")
        if len(fitting) > 1:
            ones = " or ".join(value.layer for value in fitting)
            raise ValueError(f"{words} may be {ones}: say which (--input {name}={fitting[0].layer})")
        found[name] = fitting[0]
    layers = [value.layer for value in found.values()]
    twice = {layer for layer in layers if layers.count(layer) > 1}
    if twice:
        raise ValueError(f"more than one input would be {', '.join(sorted(twice))}: {', '.join(inputs)}")
    return found
