"""Every network of the two papers as a list of layers, and the images that each one reads.

A is "CNN on 'Top'", arXiv:2512.05031: LeNet and EffNet-S, images alone or with 53 global features (GF).
B is "Pulling out all the tops", arXiv:1803.00107: the Macaluso-Shih network and DeepTop. docs/networks.md has the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from models.constituents import SETS, constituents_layers
from models.layer_makers import conv, dense, max_pool
from models.layers import (
    CONSTITUENTS,
    FEATURES,
    IMAGE,
    PAIRS,
    Layer,
    Shape,
    filled,
    multiply_adds,
    output_shape,
    read_by,
    tensor_shapes,
)
from models.sets import InputSet

N_FEATURES = 53
CLASSES = ("qcd", "top")
_PI = math.pi

# Rows of the library's own table of recipes: frame, channels, bins (rows, columns), width (eta, phi), normalise.
_RECIPES: dict[str, tuple[str, list[str], int, list[float], str]] = {
    "A35": ("hardest", ["pt", "mass", "energy"], 35, [2.4, 2.4], "none"),
    "A40": ("hardest", ["pt", "mass", "energy"], 40, [2.4, 2.4], "none"),
    "B37-grey": ("principal", ["pt"], 37, [3.2, 3.2], "total_pt"),
    "B37-colour": (
        "principal",
        ["neutral_pt", "track_pt", "track_count", "muon_count"],
        37,
        [3.2, 3.2],
        "total_pt",
    ),
    "B40-deeptop": ("principal", ["pt"], 40, [4.0, 40 * 5 * _PI / 180], "total_pt"),
    "D40": ("peak", ["pt"], 40, [4.0, 40 * 5 * _PI / 180], "peak"),
    "B64-grey": ("principal", ["pt"], 64, [1.6, 1.6], "total_pt"),
}

RECIPE_NAMES = tuple(_RECIPES)

# Images of A: recipe and centre crop. 35 -> 28 drops three pixels before and four after.
_CROPS: dict[str, tuple[str, list[int]]] = {"i35": ("A35", [3, 3, 28, 28]), "i40": ("A40", [4, 4, 32, 32])}

# Width of A's EffNet-S: input, then channels of the stem, blocks 1A .. 7A and the head (A's Table 2).
EFFNET: dict[str, tuple[int, tuple[int, ...]]] = {
    "s0": (36, (16, 8, 8, 16, 24, 32, 56, 96, 368)),
    "s1": (40, (16, 8, 8, 16, 24, 32, 64, 104, 408)),
    "s2": (48, (16, 8, 8, 16, 32, 40, 64, 112, 448)),
    "s3": (56, (16, 8, 16, 16, 32, 40, 72, 128, 496)),
    "s4": (64, (16, 8, 16, 16, 32, 48, 80, 136, 536)),
}
# Kernel, stride and expansion of the blocks 1A .. 7A.
_BLOCKS = ((3, 1, 1), (3, 2, 6), (5, 2, 6), (3, 2, 6), (5, 1, 6), (5, 2, 6), (3, 1, 6))
_EFFNET_UNITS = 200
_LENET_UNITS = (500, 62)
_LENET_NOTE = f" The {_LENET_UNITS[1]} units before the output are inferred from the paper's number of parameters."


@dataclass(frozen=True)
class Network:
    """A network and what it reads.

    Attributes
    ----------
    name : str
        Such as `effnet-s0-i35-gf`.
    description : str
        One sentence.
    image : dict
        The section `image` of a model file, without mean and deviation.
    standardised : bool
        Whether images are standardised with a mean and a deviation image, as in paper A.
    n_features : int
        Global features that it reads, 0 for images alone.
    layers : list of dict
        As in a model file, the output last.
    sets : dict of str to InputSet
        `constituents` and `pairs`, where it reads such.
    """

    name: str
    description: str
    image: dict[str, Any]
    standardised: bool
    n_features: int
    layers: list[Layer]
    sets: dict[str, InputSet] = field(default_factory=dict)

    @property
    def reads_image(self) -> bool:
        """Whether any layer does; if none, nobody makes one."""
        return IMAGE in read_by(self.layers)

    @property
    def row_shapes(self) -> dict[str, Shape]:
        """What the library gives in one row beside images, in order."""
        features = {FEATURES: (self.n_features,)} if self.n_features else {}
        return features | {name: self.sets[name].shape(name) for name in (CONSTITUENTS, PAIRS) if name in self.sets}

    @property
    def output(self) -> str:
        """Name of the layer that gives the logits."""
        return str(self.layers[-1]["name"])

    @property
    def recipe_shape(self) -> Shape:
        """Channels, rows, columns of the recipe's image."""
        return (len(self.image["channels"]), *self.image["bins"])

    @property
    def image_shape(self) -> Shape:
        """Channels, rows, columns that the first layer reads."""
        sides = self.image.get("resize") or self.image.get("crop", [])[2:] or self.image["bins"]
        return (len(self.image["channels"]), *sides)

    def split_rows(self, rows: npt.NDArray[Any] | None) -> dict[str, npt.NDArray[Any]]:
        """Features, constituents and pairs out of the rows that they come in.

        Parameters
        ----------
        rows : ndarray or None
            (n, values).

        Returns
        -------
        dict of str to ndarray
            (n, and the shape of each); empty where there are none.
        """
        if rows is None:
            return {}
        ends = np.cumsum([math.prod(shape) for shape in self.row_shapes.values()])
        parts = np.split(rows, ends[:-1], axis=1)
        shapes = self.row_shapes.items()
        return {name: part.reshape(-1, *shape) for (name, shape), part in zip(shapes, parts, strict=True)}

    def shapes(self) -> dict[str, Shape]:
        """Shape of every value: the image, what else is given, and each layer's output."""
        found: dict[str, Shape] = {IMAGE: self.image_shape, **self.row_shapes}
        for layer in self.layers:
            found[layer["name"]] = output_shape(filled(layer), [found[name] for name in layer["inputs"]])
        return found

    def tensor_shapes(self) -> dict[str, Shape]:
        """Name and shape of every weight."""
        shapes = self.shapes()
        return {
            f"{layer['name']}.{role}": sides
            for layer in self.layers
            for role, sides in tensor_shapes(filled(layer), shapes[layer["inputs"][0]]).items()
        }

    def parameters(self) -> int:
        """Number of weights, four per batch-norm channel (A's way of counting)."""
        return sum(math.prod(sides) for sides in self.tensor_shapes().values())

    def trainable(self) -> int:
        """Number of weights that gradients change: without batch norm's means and variances."""
        fixed = ("mean", "variance")
        return sum(math.prod(s) for name, s in self.tensor_shapes().items() if name.rsplit(".", 1)[1] not in fixed)

    def multiply_adds(self) -> int:
        """Multiply-adds for one jet."""
        shapes = self.shapes()
        return sum(
            multiply_adds(filled(layer), shapes[layer["inputs"][0]], shapes[layer["name"]]) for layer in self.layers
        )


def image_section(recipe: str, crop: list[int] | None = None, resize: int | None = None) -> dict[str, Any]:
    """The section `image` for one of the library's recipes.

    Parameters
    ----------
    recipe : str
        Such as `A35`.
    crop : list of int, optional
        Top, left, rows, columns.
    resize : int, optional
        Rows and columns of the network's input; nothing is written when the crop has that size already.

    Returns
    -------
    dict
    """
    frame, channels, bins, width, normalise = _RECIPES[recipe]
    section: dict[str, Any] = {
        "recipe": recipe,
        "frame": frame,
        "channels": list(channels),
        "bins": [bins, bins],
        "width": list(width),
        "normalise": normalise,
        "max_constituents": 200,
        "min_constituents": 4,
    }
    if crop:
        section["crop"] = list(crop)
    if resize and (not crop or crop[2:] != [resize, resize]):
        section["resize"] = [resize, resize]
    return section


def lenet_layers(with_features: bool) -> list[Layer]:
    """LeNet of A.

    Parameters
    ----------
    with_features : bool
        Whether 53 global features join the flattened image.

    Returns
    -------
    list of dict
    """
    layers: list[Layer] = [
        conv("conv1", IMAGE, 20, 5, padding="valid", bias=True, activation="relu"),
        max_pool("pool1", "conv1"),
        conv("conv2", "pool1", 50, 5, padding="valid", bias=True, activation="relu"),
        max_pool("pool2", "conv2"),
        {"name": "flat", "kind": "flatten", "inputs": ["pool2"]},
    ]
    if not with_features:
        return [*layers, dense("dense1", "flat", _LENET_UNITS[0], "relu"), dense("logits", "dense1", 2)]
    return [
        *layers,
        {"name": "joined", "kind": "concat", "inputs": ["flat", FEATURES]},
        dense("dense1", "joined", _LENET_UNITS[0], "relu"),
        dense("dense2", "dense1", _LENET_UNITS[1], "relu"),
        dense("logits", "dense2", 2),
    ]


def effnet_layers(size: str, with_features: bool) -> list[Layer]:
    """EffNet-S of A.

    Parameters
    ----------
    size : str
        `s0` .. `s4`.
    with_features : bool
        Whether 53 global features join the averaged head.

    Returns
    -------
    list of dict
    """
    stem, *blocks, head = EFFNET[size][1]
    normed = {"padding": "same", "batch_norm": True, "activation": "swish"}
    layers = [conv("stem", IMAGE, stem, 3, stride=[2, 2], **normed)]
    entering, source = stem, "stem"
    for number, (channels, (kernel, stride, expansion)) in enumerate(zip(blocks, _BLOCKS, strict=True), start=1):
        name = f"block{number}a"
        layers.append(
            {
                "name": name,
                "kind": "mbconv",
                "inputs": [source],
                "channels": channels,
                "kernel": [kernel, kernel],
                "stride": [stride, stride],
                "expansion": expansion,
                "squeeze": max(1, entering // 4),
            }
        )
        entering, source = channels, name
    layers.append(conv("head", source, head, 1, **normed))
    layers.append({"name": "average", "kind": "global_average", "inputs": ["head"]})
    if not with_features:
        return [*layers, dense("logits", "average", 2)]
    return [
        *layers,
        {"name": "joined", "kind": "concat", "inputs": ["average", FEATURES]},
        dense("dense1", "joined", _EFFNET_UNITS, "relu"),
        dense("logits", "dense1", 2),
    ]


def _stack_layers(convolutions: tuple[int, ...], pools: tuple[int, ...], units: tuple[int, ...]) -> list[Layer]:
    """Convolutions 4 x 4, a pooling after those counted in `pools`, then dense layers: the networks of B."""
    layers: list[Layer] = []
    source = IMAGE
    for number, channels in enumerate(convolutions, start=1):
        layers.append(conv(f"conv{number}", source, channels, 4, padding="same", bias=True, activation="relu"))
        source = f"conv{number}"
        if number in pools:
            layers.append(max_pool(f"pool{number}", source))
            source = f"pool{number}"
    layers.append({"name": "flat", "kind": "flatten", "inputs": [source]})
    source = "flat"
    for number, width in enumerate(units, start=1):
        layers.append(dense(f"dense{number}", source, width, "relu"))
        source = f"dense{number}"
    return [*layers, dense("logits", source, 2)]


def macaluso_shih_layers() -> list[Layer]:
    """128C4 - 64C4 - MP2 - 64C4 - 64C4 - MP2 - 64N - 256N - 256N - 2 (B)."""
    return _stack_layers((128, 64, 64, 64), (2, 4), (64, 256, 256))


def deeptop_layers() -> list[Layer]:
    """8C4 - 8C4 - MP2 - 8C4 - 8C4 - 64N - 64N - 64N - 2 (DeepTop, as B compares it)."""
    return _stack_layers((8, 8, 8, 8), (2,), (64, 64, 64))


def resnext_layers() -> list[Layer]:
    """ResNeXt-50 (32 x 4d) with all channels but the first convolution's divided by 4."""
    stem = {"stride": [2, 2], "padding": [3, 3, 3, 3], "batch_norm": True, "activation": "relu"}
    layers = [
        conv("stem", IMAGE, 64, 7, **stem),
        {**max_pool("pool", "stem"), "kernel": [3, 3], "padding": [1, 1, 1, 1]},
    ]
    source = "pool"
    for stage, (repeats, inner, outer) in enumerate(((3, 32, 64), (4, 64, 128), (6, 128, 256), (3, 256, 512)), start=1):
        for block in range(1, repeats + 1):
            stride = [2, 2] if block == 1 and stage > 1 else [1, 1]
            layers += _bottleneck(f"stage{stage}_{block}", source, inner, outer, stride, project=block == 1)
            source = f"stage{stage}_{block}"
    layers.append({"name": "average", "kind": "global_average", "inputs": [source]})
    return [*layers, dense("logits", "average", 2)]


def _constituents(name: str, **sizes: int) -> Network:
    context = ", squeeze-excite in both" if sizes.get("squeeze") else ""
    return Network(
        name,
        f"Dense layers over single constituents, over pairs of the hardest 32{context}, and over 53 global features; "
        "no image.",
        image_section("A35", *_CROPS["i35"][1:]),
        False,
        N_FEATURES,
        constituents_layers(**sizes),
        SETS,
    )


def _bottleneck(name: str, source: str, inner: int, outer: int, stride: list[int], project: bool) -> list[Layer]:
    """1 x 1, grouped 3 x 3, 1 x 1, and the sum with the input or with its projection."""
    normed = {"batch_norm": True}
    layers = [
        conv(f"{name}_reduce", source, inner, 1, padding="valid", activation="relu", **normed),
        conv(
            f"{name}_grouped",
            f"{name}_reduce",
            inner,
            3,
            stride=stride,
            padding=[1, 1, 1, 1],
            groups=32,
            activation="relu",
            **normed,
        ),
        conv(f"{name}_expand", f"{name}_grouped", outer, 1, padding="valid", **normed),
    ]
    shortcut = source
    if project:
        shortcut = f"{name}_shortcut"
        layers.append(conv(shortcut, source, outer, 1, stride=stride, padding="valid", **normed))
    add = {"name": name, "kind": "add", "inputs": [f"{name}_expand", shortcut], "activation": "relu"}
    return [*layers, add]


def _paper_a(name: str, what: str, layers: Callable[[bool], list[Layer]], resize: int, window: str) -> list[Network]:
    """The network on one kind of images, without and with features."""
    recipe, crop = _CROPS[window]
    made = []
    for gf in (False, True):
        made.append(
            Network(
                name=f"{name}-{window}" + ("-gf" if gf else ""),
                description=f"{what} of \"CNN on 'Top'\" (arXiv:2512.05031) on images of {crop[2]} x {crop[2]} pixels"
                + (f" and {N_FEATURES} global features." if gf else ".")
                + (_LENET_NOTE if gf and name.startswith("lenet") else ""),
                image=image_section(recipe, crop, resize),
                standardised=True,
                n_features=N_FEATURES if gf else 0,
                layers=layers(gf),
            )
        )
    return made


def _effnet_of(size: str) -> Callable[[bool], list[Layer]]:
    return lambda with_features: effnet_layers(size, with_features)


def _paper_b(name: str, what: str, layers: list[Layer], recipe: str) -> Network:
    return Network(name, what, image_section(recipe), False, 0, layers)


def _all() -> dict[str, Network]:
    found: list[Network] = []
    for window, lenets in (("i35", (28, 32, 40)), ("i40", (32, 40))):
        for side in lenets:
            found += _paper_a(f"lenet-{side}", f"LeNet-{side}", lenet_layers, side, window)
        for size, (side, _) in EFFNET.items():
            found += _paper_a(f"effnet-{size}", f"EffNet-S {size.upper()}", _effnet_of(size), side, window)
    b = 'Tagger of "Pulling out all the tops" (arXiv:1803.00107) on '
    minimal = "DeepTop (arXiv:1701.08784), minimal, as arXiv:1803.00107 compares it, on "
    # The same for each sample; the image is one that nobody makes.
    found += [
        *(_constituents(f"constituents-gf{sample}") for sample in ("", "-cms", "-deeptop")),
        _constituents("constituents-context-gf", squeeze=16),
        _constituents("constituents-wide-gf", single=96, pair=48, head=128, squeeze=24),
    ]
    found += [
        _paper_b("macaluso-shih-grey-cms", b + "grey images of CMS-like jets.", macaluso_shih_layers(), "B37-grey"),
        _paper_b(
            "macaluso-shih-grey-deeptop",
            b + "grey images of DeepTop's jets.",
            macaluso_shih_layers(),
            "B40-deeptop",
        ),
        _paper_b(
            "macaluso-shih-colour-cms",
            b + "colour images of CMS-like jets.",
            macaluso_shih_layers(),
            "B37-colour",
        ),
        _paper_b("deeptop-minimal-cms", minimal + "grey images of CMS-like jets.", deeptop_layers(), "D40"),
        _paper_b("deeptop-minimal-deeptop", minimal + "grey images of its own jets.", deeptop_layers(), "D40"),
        _paper_b(
            "resnext-50",
            "ResNeXt-50 with a quarter of the channels (arXiv:1902.09914) on grey images of 64 x 64 pixels, which are "
            'prepared as in "Pulling out all the tops" (arXiv:1803.00107) over 1.6 x 1.6.',
            resnext_layers(),
            "B64-grey",
        ),
    ]
    return {network.name: network for network in found}


NETWORKS: dict[str, Network] = _all()
