"""The list of layers while it is being made: what follows a layer goes into it where the format lets it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from models.header import fits
from models.layers import GIVEN, KINDS, Layer, Shape, filled, output_shape, read_by, tensor_shapes
from models.onnx_reader.problems import Cannot
from models.onnx_reader.values import Value

Floats = npt.NDArray[np.float64]

# Names of tensors that begin so are no layer's.
_TAKEN = (*GIVEN, "golden")
_LONGEST = 90


class Draft:
    """Layers and weights, in double precision until they are stored.

    Parameters
    ----------
    given : dict of str to tuple of int
        Shapes of what the library gives: the image, features, constituents and pairs.
    """

    def __init__(self, given: dict[str, Shape]) -> None:
        self.layers: dict[str, Layer] = {}
        self.tensors: dict[str, Floats] = {}
        self.shapes: dict[str, Shape] = dict(given)
        # Layers that more than one node reads: nothing may be put into them any more.
        self.shared: set[str] = set()

    def _free_name(self, hint: str, roles: list[str]) -> str:
        hint = re.sub(r'[^\x20-\x7e]|["\\]', "_", hint)[-_LONGEST:]
        if hint.split(".")[0] in _TAKEN:
            hint = f"net.{hint}"
        name, number = hint, 1
        while name in self.shapes or any(f"{name}.{role}" in self.tensors for role in roles):
            number += 1
            name = f"{hint}_{number}"
        return name

    def add(self, hint: str, kind: str, inputs: list[str], keys: dict[str, Any], tensors: dict[str, Floats]) -> str:
        """Append a layer.

        Parameters
        ----------
        hint : str
            Its name, unless that is taken.
        kind : str
            Of FORMAT.md.
        inputs : list of str
            Layers, or what is given.
        keys : dict
            Of the kind.
        tensors : dict of str to ndarray
            By role.

        Returns
        -------
        str
            Its name.
        """
        for key, value in keys.items():
            if not fits(KINDS[kind][key], value):
                raise Cannot(f"a {kind} with {key} {value} is outside what model files allow")
        layer: Layer = {"name": self._free_name(hint or kind, list(tensors)), "kind": kind, "inputs": inputs, **keys}
        shapes = [self.shapes[one] for one in inputs]
        try:
            shape = output_shape(filled(layer), shapes)
            due = tensor_shapes(filled(layer), shapes[0])
        except ValueError as error:
            raise Cannot(str(error)) from error
        for role, sides in due.items():
            if tensors[role].shape != sides:
                raise Cannot(f"{role} has the shape {tensors[role].shape} where {sides} is due")
            if not np.isfinite(tensors[role].astype(np.float32)).all():
                raise Cannot(f"{role} has values that are no finite number of single precision")
        name = str(layer["name"])
        self.layers[name] = layer
        self.shapes[name] = shape
        self.tensors |= {f"{name}.{role}": values for role, values in tensors.items()}
        return name

    def remove(self, name: str) -> None:
        """Take a layer back that nothing reads.

        Parameters
        ----------
        name : str
            Its name.
        """
        for role in tensor_shapes(filled(self.layers[name]), self.shapes[self.layers[name]["inputs"][0]]):
            del self.tensors[f"{name}.{role}"]
        del self.layers[name], self.shapes[name]

    def opaque(self, shape: Shape) -> str:
        """Stands for what a node gives that cannot be read, so that those behind it are looked at too.

        Parameters
        ----------
        shape : tuple of int
            Of an image or a vector.

        Returns
        -------
        str
        """
        name = f"unreadable {len(self.shapes)}"
        self.shapes[name] = shape
        return name

    def value(self, layer: str) -> Value:
        """A layer's output as it is.

        Parameters
        ----------
        layer : str
            Its name.

        Returns
        -------
        Value
        """
        shape = self.shapes[layer]
        return Value(layer, shape, tuple(range(len(shape))))

    def _open(self, name: str, *kinds: str) -> Layer | None:
        """The layer, if it is of one of these kinds, read once, and ends without an activation."""
        layer = self.layers.get(name)
        if layer is None or name in self.shared or layer["kind"] not in kinds:
            return None
        return layer if layer.get("activation", "none") == "none" else None

    def activated(self, name: str, function: str) -> str:
        """A layer's output after an activation.

        Parameters
        ----------
        name : str
            The layer.
        function : str
            Of FORMAT.md.

        Returns
        -------
        str
            The same layer where it can have the activation, else a new one.
        """
        layer = self._open(name, "conv2d", "depthwise_conv2d", "dense", "add")
        if layer is None:
            return self.add("", "activation", [name], {"function": function}, {})
        layer["activation"] = function
        return name

    def normed(self, name: str, norm: dict[str, Floats], epsilon: float) -> str:
        """A layer's output after batch norm.

        Parameters
        ----------
        name : str
            The layer.
        norm : dict of str to ndarray
            gamma, beta, mean and variance, in the layer's order.
        epsilon : float
            That is added to the variance.

        Returns
        -------
        str
        """
        if (norm["variance"] < 0).any():
            raise Cannot("a variance is negative")
        layer = self._open(name, "conv2d", "depthwise_conv2d")
        if layer is None or layer.get("batch_norm") or not fits(KINDS["conv2d"]["epsilon"], epsilon):
            scale = norm["gamma"] / np.sqrt(norm["variance"] + epsilon)
            return self.scaled(name, scale, norm["beta"] - scale * norm["mean"])
        layer |= {"batch_norm": True, "epsilon": epsilon}
        self.tensors |= {f"{name}.{role}": values for role, values in norm.items()}
        return name

    def scaled(self, name: str, scale: Floats, shift: Floats) -> str:
        """A layer's output times one number per channel, plus another.

        Parameters
        ----------
        name : str
            The layer.
        scale, shift : ndarray
            In the layer's order.

        Returns
        -------
        str
        """
        if not (np.isfinite(scale).all() and np.isfinite(shift).all()):
            raise Cannot("what values are multiplied with or added is not finite")
        layer = self._open(name, "conv2d", "depthwise_conv2d", "dense")
        if layer is None:
            return self._scaling(name, scale, shift)
        if layer.get("batch_norm"):
            self.tensors[f"{name}.gamma"] = self.tensors[f"{name}.gamma"] * scale
            self.tensors[f"{name}.beta"] = self.tensors[f"{name}.beta"] * scale + shift
            return name
        weight = self.tensors[f"{name}.weight"]
        self.tensors[f"{name}.weight"] = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
        if layer["bias"] or shift.any():
            self.tensors[f"{name}.bias"] = self.tensors.get(f"{name}.bias", np.zeros(len(scale))) * scale + shift
            layer["bias"] = True
        return name

    def _scaling(self, name: str, scale: Floats, shift: Floats) -> str:
        """A layer of its own for it."""
        bias = {"bias": shift} if shift.any() else {}
        if len(self.shapes[name]) == 1:
            dense = {"units": len(scale), "bias": bool(bias)}
            return self.add("scale", "dense", [name], dense, {"weight": np.diag(scale), **bias})
        keys = {"kernel": [1, 1], "padding": "valid", "bias": bool(bias)}
        weight = scale.reshape(-1, 1, 1, 1)
        return self.add("scale", "depthwise_conv2d", [name], keys, {"weight": weight, **bias})

    def gated(self, image: str, gate: str) -> str | None:
        """An image whose channels are multiplied with a gate, as squeeze-excite.

        Parameters
        ----------
        image, gate : str
            Layers.

        Returns
        -------
        str or None
            None when the gate is not made from the average of the same image.
        """
        chain = [gate]
        while len(chain) < 3:
            layer = self.layers.get(chain[-1])
            if layer is None or layer["kind"] != "dense" or chain[-1] in self.shared:
                return None
            chain.append(layer["inputs"][0])
        expand, reduce, average = (self.layers.get(name, {}) for name in chain)
        if average.get("kind") != "global_average" or average["inputs"] != [image]:
            return None
        if expand.get("activation") != "sigmoid":
            return None
        tensors = {}
        for role, layer in (("reduce", reduce), ("expand", expand)):
            weight = self.tensors[f"{layer['name']}.weight"]
            tensors[f"{role}.weight"] = weight
            tensors[f"{role}.bias"] = self.tensors.get(f"{layer['name']}.bias", np.zeros(len(weight)))
        keys = {"squeeze": reduce["units"], "activation": reduce.get("activation", "none")}
        for name in chain if average["name"] not in self.shared else chain[:2]:
            self.remove(name)
        hint, _, last = str(reduce["name"]).rpartition(".")
        return self.add(
            hint if last == "reduce" else f"{reduce['name']}.gate", "squeeze_excite", [image], keys, tensors
        )

    def finished(self, output: str) -> tuple[list[Layer], dict[str, npt.NDArray[np.float32]]]:
        """Layers that an output needs, and their weights.

        Parameters
        ----------
        output : str
            The layer.

        Returns
        -------
        tuple of list of dict and dict of str to ndarray of float32
        """
        kept: list[Layer] = []
        for layer in reversed(self.layers.values()):
            if layer["name"] == output or layer["name"] in read_by(kept):
                kept.append(layer)
        kept.reverse()
        names = {
            f"{layer['name']}.{role}"
            for layer in kept
            for role in tensor_shapes(filled(layer), self.shapes[layer["inputs"][0]])
        }
        return kept, {name: self.tensors[name].astype(np.float32) for name in sorted(names)}
