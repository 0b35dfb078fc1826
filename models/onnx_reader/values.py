"""What flows between the nodes of a graph: a layer's output, and how the graph has laid it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.layers import Shape
from models.onnx_reader.problems import Cannot

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Value:
    """A value.

    Attributes
    ----------
    layer : str
        That gives it.
    shape : tuple of int
        Of the layer's output: (channels, rows, columns), or (n,).
    axes : tuple of int or None
        Which side of the layer's output each of the graph's is, without the jets; None for one of length 1 that the
        layer does not have. Sides of length 1 may be missing.
    order : ndarray of int or None
        For vectors: element i is the layer's element order[i].
    pads : tuple of int or None
        Top, bottom, left, right, of a Pad that the next window has to do.
    pad_value : float
        What it pads with.
    ending : str
        `softmax` or `log_softmax` when that has been done: nothing may follow.
    """

    layer: str
    shape: Shape
    axes: tuple[int | None, ...]
    order: Integers | None = None
    pads: tuple[int, int, int, int] | None = None
    pad_value: float = 0.0
    ending: str = ""

    @property
    def dims(self) -> Shape:
        """Sides in the graph, without the jets."""
        return tuple(1 if axis is None else self.shape[axis] for axis in self.axes)

    @property
    def is_vector(self) -> bool:
        """Whether the layer gives a vector."""
        return len(self.shape) == 1

    @property
    def channel_axis(self) -> int | None:
        """Which of the graph's sides, without the jets, runs over channels or elements."""
        return self.axes.index(0) if 0 in self.axes else None

    @property
    def in_order(self) -> bool:
        """Whether the graph's elements follow each other as the layer's do."""
        long = [axis for axis in self.axes if axis is not None and self.shape[axis] > 1]
        return long == sorted(long) and self.order is None

    def flat_order(self) -> Integers | None:
        """Which of the layer's elements, flattened, each of the graph's is, flattened; None: the same."""
        if self.in_order or self.is_vector:
            return self.order
        numbers = np.arange(int(np.prod(self.shape))).reshape(self.shape)
        present = [axis for axis in self.axes if axis is not None]
        missing = [axis for axis in range(len(self.shape)) if axis not in present]
        return numbers.transpose(missing + present).reshape(-1)

    def transposed(self, permutation: Sequence[int]) -> Value:
        """After a Transpose.

        Parameters
        ----------
        permutation : sequence of int
            With the jets, which have to stay in front.

        Returns
        -------
        Value
        """
        if permutation[0] != 0:
            raise Cannot(f"perm {list(permutation)}: jets do not stay in front")
        return replace(self, axes=tuple(self.axes[one - 1] for one in permutation[1:]))

    def relabelled(self, dims: Shape) -> Value | None:
        """After a Reshape, Squeeze or Unsqueeze that only adds or drops sides of length 1.

        Parameters
        ----------
        dims : tuple of int
            The new sides, without the jets.

        Returns
        -------
        Value or None
            None when it does more.
        """
        old = [axis for axis in self.axes if axis is not None and self.shape[axis] > 1]
        if [self.shape[axis] for axis in old] != [side for side in dims if side > 1]:
            return None
        # A side of length 1 stays what it is where it can, so that one channel is still known as the channel.
        if self.dims == tuple(dims):
            return self
        rest = iter(old)
        axes: list[int | None] = [next(rest) if side > 1 else None for side in dims]
        if self.shape[0] == 1 and None in axes:
            axes[axes.index(None)] = 0
        return replace(self, axes=tuple(axes))


def per_channel(constant: npt.NDArray[np.float64], value: Value) -> npt.NDArray[np.float64]:
    """A constant that an elementwise operator joins with a value, as one number per channel of the layer.

    Parameters
    ----------
    constant : ndarray
        That broadcasts over the value.
    value : Value
        The other one.

    Returns
    -------
    ndarray
    """
    dims = (1, *value.dims)
    try:
        if constant.ndim > len(dims):
            raise ValueError
        whole = np.broadcast_to(constant, dims)[0]
    except ValueError:
        raise Cannot(f"a constant of shape {constant.shape} does not go with {value.dims} of each jet") from None
    if constant.size == 1:
        return np.full(value.shape[0], float(constant.reshape(-1)[0]))
    axis = value.channel_axis
    if axis is None:
        raise Cannot(f"a constant of shape {constant.shape} is not one number per channel")
    first = np.moveaxis(whole, axis, 0)
    channels = first.reshape(len(first), -1)
    if not (channels == channels[:, :1]).all():
        raise Cannot(
            f"a constant of shape {constant.shape} differs from pixel to pixel; what inputs are standardised with "
            "belongs into --statistics"
        )
    return in_layer_order(channels[:, 0].astype(np.float64), value)


def in_layer_order(numbers: npt.NDArray[np.float64], value: Value) -> npt.NDArray[np.float64]:
    """One number per channel of the graph, in the layer's order.

    Parameters
    ----------
    numbers : ndarray
        First side: channels, or elements of a vector, as the graph has them.
    value : Value
        Whose channels they are.

    Returns
    -------
    ndarray
    """
    if value.order is None:
        return numbers
    sorted_numbers = np.empty_like(numbers)
    sorted_numbers[value.order] = numbers
    return sorted_numbers
