"""Layer kinds of model files (FORMAT.md, `layers`): keys, defaults, shapes, tensors and costs. NumPy is not needed.

A shape is (channels, rows, columns) for an image and (n,) for a vector. Constituents and pairs are images of one row.
A layer is a dict as in a model file's header.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

Layer: TypeAlias = dict[str, Any]
Shape: TypeAlias = tuple[int, ...]

ACTIVATIONS = ("none", "relu", "swish", "sigmoid")
MAX_COUNT = 65536
MAX_KERNEL = 64
MAX_STRIDE = 16
MAX_EXPANSION = 64
IMAGE = "image"
FEATURES = "features"
CONSTITUENTS = "constituents"
PAIRS = "pairs"
# What layers may read that is no layer; the last three come to the library in one row, in this order.
GIVEN = (IMAGE, FEATURES, CONSTITUENTS, PAIRS)


@dataclass(frozen=True)
class Key:
    """A key of a layer.

    Attributes
    ----------
    form : str
        `integer`, `pair`, `padding`, `flag`, `number` or `activation`.
    least, most : float
        Range, of both numbers of a pair.
    default : object
        Value when the key is absent; None: the key is needed.
    """

    form: str
    least: float = 0
    most: float = 0
    default: Any = None


_CHANNELS = Key("integer", 1, MAX_COUNT)
_KERNEL = Key("pair", 1, MAX_KERNEL)
_STRIDE = Key("pair", 1, MAX_STRIDE, [1, 1])
_ACTIVATION = Key("activation", default="none")
_EPSILON = Key("number", 1e-12, 1, 0.001)
_WINDOW: dict[str, Key] = {
    "kernel": _KERNEL,
    "stride": _STRIDE,
    "padding": Key("padding", 0, MAX_KERNEL - 1),
    "bias": Key("flag", default=False),
    "batch_norm": Key("flag", default=False),
    "epsilon": _EPSILON,
    "activation": _ACTIVATION,
}

KINDS: dict[str, dict[str, Key]] = {
    "conv2d": {"channels": _CHANNELS, "groups": Key("integer", 1, MAX_COUNT, 1), **_WINDOW},
    "depthwise_conv2d": _WINDOW,
    "dense": {
        "units": Key("integer", 1, MAX_COUNT),
        "bias": Key("flag", default=True),
        "activation": _ACTIVATION,
    },
    "max_pool": {
        "kernel": _KERNEL,
        "stride": Key("pair", 1, MAX_STRIDE),
        "padding": Key("padding", 0, MAX_KERNEL - 1, "valid"),
    },
    "global_average": {},
    "flatten": {},
    "concat": {},
    "add": {"activation": _ACTIVATION},
    "activation": {"function": Key("activation")},
    "squeeze_excite": {
        "squeeze": Key("integer", 1, MAX_COUNT),
        "activation": Key("activation", default="swish"),
    },
    "mbconv": {
        "channels": _CHANNELS,
        "kernel": _KERNEL,
        "stride": _STRIDE,
        "expansion": Key("integer", 1, MAX_EXPANSION),
        "squeeze": Key("integer", 1, MAX_COUNT),
        "epsilon": _EPSILON,
    },
}

_NORM = ("gamma", "beta", "mean", "variance")


def read_by(layers: Iterable[Layer]) -> set[str]:
    """Names of what layers read: other layers, and what is given.

    Parameters
    ----------
    layers : iterable of dict
        As in a model file.

    Returns
    -------
    set of str
    """
    return {name for layer in layers for name in layer["inputs"]}


def filled(layer: Layer) -> Layer:
    """The layer with every key that it leaves out.

    Parameters
    ----------
    layer : dict
        As in a model file.

    Returns
    -------
    dict
    """
    defaults = {name: key.default for name, key in KINDS[layer["kind"]].items() if key.default is not None}
    return {**defaults, **layer}


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding of one axis.

    Parameters
    ----------
    size, kernel, stride : int
        Of that axis.

    Returns
    -------
    tuple of int
        Before and after; the larger half is after.
    """
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def padding(layer: Layer, shape: Shape) -> tuple[int, int, int, int]:
    """Padding in numbers: top, bottom, left, right.

    Parameters
    ----------
    layer : dict
        A convolution, `max_pool` or `mbconv`, filled.
    shape : tuple of int
        Of the image that comes in.

    Returns
    -------
    tuple of int
    """
    mode = layer.get("padding", "same")
    if mode == "valid":
        return 0, 0, 0, 0
    if mode == "same":
        top, bottom = same_padding(shape[1], layer["kernel"][0], layer["stride"][0])
        left, right = same_padding(shape[2], layer["kernel"][1], layer["stride"][1])
        return top, bottom, left, right
    top, bottom, left, right = mode
    return top, bottom, left, right


def _slide(layer: Layer, shape: Shape) -> tuple[int, int]:
    """Rows and columns that a window leaves."""
    top, bottom, left, right = padding(layer, shape)
    rows = (shape[1] + top + bottom - layer["kernel"][0]) // layer["stride"][0] + 1
    columns = (shape[2] + left + right - layer["kernel"][1]) // layer["stride"][1] + 1
    if rows < 1 or columns < 1:
        raise ValueError(f"layer {layer['name']}: a kernel of {layer['kernel']} does not fit into {shape}")
    return rows, columns


def output_shape(layer: Layer, shapes: list[Shape]) -> Shape:
    """Shape of what a layer gives.

    Parameters
    ----------
    layer : dict
        Filled.
    shapes : list of tuple of int
        Of its inputs.

    Returns
    -------
    tuple of int
    """
    kind, shape = layer["kind"], shapes[0]
    wants_image = kind not in ("dense", "concat", "add", "activation")
    wants_vector = kind in ("dense", "concat")
    if any((wants_image and len(one) != 3) or (wants_vector and len(one) != 1) for one in shapes):
        raise ValueError(f"layer {layer['name']}: {kind} cannot read {shapes}")
    match kind:
        case "conv2d" | "mbconv":
            return (layer["channels"], *_slide(layer, shape))
        case "depthwise_conv2d" | "max_pool":
            return (shape[0], *_slide(layer, shape))
        case "dense":
            return (layer["units"],)
        case "global_average":
            return (shape[0],)
        case "flatten":
            return (math.prod(shape),)
        case "concat":
            return (sum(one[0] for one in shapes),)
        case _:
            if any(one != shape for one in shapes):
                raise ValueError(f"layer {layer['name']}: cannot add {shapes}")
            return shape


def _normed(prefix: str, channels: int) -> dict[str, Shape]:
    return {prefix + role: (channels,) for role in _NORM}


def _convolution_tensors(layer: Layer, channels: int, per_group: int) -> dict[str, Shape]:
    found: dict[str, Shape] = {"weight": (channels, per_group, *layer["kernel"])}
    if layer["bias"]:
        found["bias"] = (channels,)
    return found | (_normed("", channels) if layer["batch_norm"] else {})


def _mbconv_tensors(layer: Layer, entering: int) -> dict[str, Shape]:
    expanded, squeeze, leaving = entering * layer["expansion"], layer["squeeze"], layer["channels"]
    found: dict[str, Shape] = {}
    if layer["expansion"] > 1:
        found |= {"expand.weight": (expanded, entering, 1, 1), **_normed("expand.", expanded)}
    return found | {
        "depthwise.weight": (expanded, 1, *layer["kernel"]),
        **_normed("depthwise.", expanded),
        "reduce.weight": (squeeze, expanded),
        "reduce.bias": (squeeze,),
        "excite.weight": (expanded, squeeze),
        "excite.bias": (expanded,),
        "project.weight": (leaving, expanded, 1, 1),
        **_normed("project.", leaving),
    }


def tensor_shapes(layer: Layer, shape: Shape) -> dict[str, Shape]:
    """Roles and shapes of a layer's tensors.

    Parameters
    ----------
    layer : dict
        Filled.
    shape : tuple of int
        Of its first input.

    Returns
    -------
    dict of str to tuple of int
        The tensor of a role is called `<layer name>.<role>`.
    """
    match layer["kind"]:
        case "conv2d":
            if shape[0] % layer["groups"] or layer["channels"] % layer["groups"]:
                raise ValueError(f"layer {layer['name']}: {layer['groups']} groups do not divide its channels")
            return _convolution_tensors(layer, layer["channels"], shape[0] // layer["groups"])
        case "depthwise_conv2d":
            return _convolution_tensors(layer, shape[0], 1)
        case "dense":
            weight: dict[str, Shape] = {"weight": (layer["units"], shape[0])}
            return weight | ({"bias": (layer["units"],)} if layer["bias"] else {})
        case "squeeze_excite":
            return {
                "reduce.weight": (layer["squeeze"], shape[0]),
                "reduce.bias": (layer["squeeze"],),
                "expand.weight": (shape[0], layer["squeeze"]),
                "expand.bias": (shape[0],),
            }
        case "mbconv":
            return _mbconv_tensors(layer, shape[0])
        case _:
            return {}


def multiply_adds(layer: Layer, shape: Shape, out: Shape) -> int:
    """Multiply-adds of a layer's convolutions and dense parts for one jet.

    Parameters
    ----------
    layer : dict
        Filled.
    shape, out : tuple of int
        Of its first input and of its output.

    Returns
    -------
    int
    """
    total = 0
    for role, sides in tensor_shapes(layer, shape).items():
        if not role.endswith("weight"):
            continue
        # A convolution's weights are used once per output pixel; only the expansion works on the pixels that enter.
        pixels = shape[1:] if role == "expand.weight" and layer["kind"] == "mbconv" else out[1:]
        total += math.prod(sides) * (math.prod(pixels) if len(sides) == 4 else 1)
    return total
