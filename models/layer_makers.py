"""The layers that most networks are made of, in the words of a model file (FORMAT.md)."""

from __future__ import annotations

from typing import Any

from models.layers import Layer


def conv(name: str, source: str, channels: int, kernel: int, **keys: Any) -> Layer:
    """A convolution with a square kernel.

    Parameters
    ----------
    name, source : str
        Its own name, and the layer or input that it reads.
    channels, kernel : int
        Of the output; rows and columns of the kernel.
    **keys
        What differs from the defaults: padding, stride, groups, batch norm, activation.

    Returns
    -------
    dict
    """
    return {"name": name, "kind": "conv2d", "inputs": [source], "channels": channels, "kernel": [kernel] * 2, **keys}


def dense(name: str, source: str, units: int, activation: str = "none") -> Layer:
    """A dense layer.

    Parameters
    ----------
    name, source : str
        Its own name, and the layer or input that it reads.
    units : int
        Outputs.
    activation : str
        Of the format.

    Returns
    -------
    dict
    """
    return {"name": name, "kind": "dense", "inputs": [source], "units": units, "activation": activation}


def max_pool(name: str, source: str) -> Layer:
    """The largest of every two by two pixels.

    Parameters
    ----------
    name, source : str
        Its own name, and the layer that it reads.

    Returns
    -------
    dict
    """
    return {"name": name, "kind": "max_pool", "inputs": [source], "kernel": [2, 2], "stride": [2, 2]}
