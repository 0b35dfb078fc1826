"""Arrays in a GPU's memory, by the protocol that CuPy, Numba and PyTorch share: `__cuda_array_interface__`."""

from __future__ import annotations

from typing import Any

from jettag.errors import ArgumentError


def is_on_device(array: Any) -> bool:
    """Whether an array says that it is in a GPU's memory."""
    return hasattr(array, "__cuda_array_interface__")


def address(array: Any, name: str, shape: tuple[int, ...]) -> int:
    """Where a packed array of float32 begins.

    Parameters
    ----------
    array : object
        With `__cuda_array_interface__`.
    name : str
        What to call it in errors.
    shape : tuple of int
        That it has to have.

    Returns
    -------
    int
        An address of the device's.

    Raises
    ------
    ArgumentError
        When it is not on a device, of another type or shape, or not packed.
    """
    if not is_on_device(array):
        raise ArgumentError(f"{name} must be on the GPU as the images are")
    told = array.__cuda_array_interface__
    if told["typestr"] not in ("<f4", "=f4"):
        raise ArgumentError(f"{name} on a GPU must be float32, not {told['typestr']}")
    if tuple(told["shape"]) != shape:
        raise ArgumentError(f"{name} must have shape {shape}, not {tuple(told['shape'])}")
    packed: list[int] = []
    step = 4
    for size in reversed(shape):
        packed.insert(0, step)
        step *= size
    if told.get("strides") is not None and tuple(told["strides"]) != tuple(packed):
        raise ArgumentError(f"{name} on a GPU must be packed")
    return int(told["data"][0])
