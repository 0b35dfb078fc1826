"""What an operator's reader has at hand: the node, its inputs, and the layers made so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from models.onnx_reader.draft import Draft, Floats
from models.onnx_reader.graph import Node
from models.onnx_reader.problems import Cannot
from models.onnx_reader.values import Value


@dataclass
class Context:
    """A node with what goes into it.

    Attributes
    ----------
    draft : Draft
        Layers so far.
    node : Node
        The node.
    given : list of Value, ndarray or None
        Its inputs: values, constants, or None where one is left out.
    jets : int
        Stands for the number of jets in shapes.
    """

    draft: Draft
    node: Node
    given: list[Value | npt.NDArray[Any] | None]
    jets: int

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute of the node."""
        return self.node.attributes.get(name, default)

    def only(self, **allowed: Any) -> None:
        """Refuse attributes with other values than these."""
        for name, value in allowed.items():
            found = self.attribute(name, value)
            alike = list(found) == [value] * len(found) if isinstance(found, list) else found == value
            if not alike:
                raise Cannot(f"{name} {found}: only {value} is read")

    def value(self, place: int = 0) -> Value:
        """An input that depends on the jet."""
        found = self.given[place] if place < len(self.given) else None
        if not isinstance(found, Value):
            raise Cannot(f"input {place} is a constant")
        if found.ending:
            raise Cannot(f"it reads what a {found.ending} gives, which is read only as the last step")
        return found

    def constant(self, place: int, what: str) -> npt.NDArray[Any] | None:
        """An input that does not depend on the jet; None where it is left out."""
        found = self.given[place] if place < len(self.given) else None
        if isinstance(found, Value):
            raise Cannot(f"{what} is not a constant")
        return found

    def weight(self, place: int, what: str) -> Floats:
        """A constant that has to be there, in double precision."""
        found = self.constant(place, what)
        if found is None:
            raise Cannot(f"{what} is left out")
        return found.astype(np.float64)

    def axes(self, rank: int) -> list[int] | None:
        """Axes from the attribute or, in newer versions, from the second input; counted from the front."""
        found = self.attribute("axes")
        if found is None and (given := self.constant(1, "axes")) is not None:
            found = given.reshape(-1).tolist()
        return None if found is None else sorted(axis % rank for axis in found)

    def hint(self, place: int = 1) -> str:
        """A name for a layer: that of its weights, where the file tells, or ""."""
        name = self.node.inputs[place] if place < len(self.node.inputs) else ""
        stem, dot, last = name.rpartition(".")
        return stem if dot and last == "weight" else ""


def vector(context: Context, value: Value) -> Value:
    """A value as a vector; an image is flattened, whose channels, rows and columns the graph has in one side.

    Parameters
    ----------
    context : Context
        The node that wants it.
    value : Value
        With one side besides the jets.

    Returns
    -------
    Value
    """
    if len(value.dims) != 1:
        raise Cannot(f"it reads {value.dims} of each jet, where one side is due: flatten first")
    return value if value.is_vector else flattened(context, value)


def flattened(context: Context, value: Value) -> Value:
    """A value as a vector, whatever its sides.

    Parameters
    ----------
    context : Context
        The node that wants it.
    value : Value
        Any.

    Returns
    -------
    Value
    """
    order = value.flat_order()
    if value.is_vector:
        return Value(value.layer, value.shape, (0,), order)
    name = context.draft.add("", "flatten", [value.layer], {}, {})
    return Value(name, context.draft.shapes[name], (0,), order)


Reader: TypeAlias = Callable[[Context], Value]
