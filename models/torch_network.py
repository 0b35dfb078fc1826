"""A PyTorch module made from a network's layers, for training and for the scores that a model file keeps.

Its weights go in and out under the names of model files, so that training, export and tests share one description.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.depthwise import depthwise
from models.layers import IMAGE, Layer, Shape, filled, padding
from models.networks import Network

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "relu": functional.relu,
    "swish": functional.silu,
    "sigmoid": torch.sigmoid,
}
_NORM_ROLES = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}

Pads = tuple[int, int, int, int]


def _pad(x: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    top, bottom, left, right = pads
    return functional.pad(x, (left, right, top, bottom), value=value) if any(pads) else x


class _Part(nn.Module):
    """A layer, or a part of one, that knows its tensors by role."""

    def tensors(self) -> dict[str, Tensor]:
        return {}


class _Window(_Part):
    """Convolution, then batch norm where wanted, then an activation."""

    def __init__(self, layer: Layer, channels: tuple[int, int], groups: int, pads: Pads) -> None:
        super().__init__()
        entering, leaving = channels
        # Padding that is alike on both sides goes into the convolution, which saves a copy.
        self.pads: Pads = pads
        alike = pads[0] == pads[1] and pads[2] == pads[3]
        inside = (pads[0], pads[2]) if alike else (0, 0)
        if alike:
            self.pads = (0, 0, 0, 0)
        self.convolution = nn.Conv2d(
            entering,
            leaving,
            tuple(layer["kernel"]),
            tuple(layer["stride"]),
            inside,
            groups=groups,
            bias=layer["bias"],
        )
        self.depthwise = groups == entering == leaving > 1 and not layer["bias"]
        self.norm = nn.BatchNorm2d(leaving, eps=layer["epsilon"]) if layer["batch_norm"] else None
        self.activation = _ACTIVATIONS[layer["activation"]]

    def forward(self, x: Tensor) -> Tensor:
        x = _pad(x, self.pads)
        x = depthwise(x, self.convolution) if self.depthwise else self.convolution(x)
        if self.norm is not None:
            x = self.norm(x)
        return self.activation(x)

    def tensors(self) -> dict[str, Tensor]:
        found = {"weight": self.convolution.weight}
        if self.convolution.bias is not None:
            found["bias"] = self.convolution.bias
        if self.norm is not None:
            found |= {role: getattr(self.norm, name) for role, name in _NORM_ROLES.items()}
        return found


class _Dense(_Part):
    def __init__(self, entering: int, units: int, bias: bool, activation: str) -> None:
        super().__init__()
        self.linear = nn.Linear(entering, units, bias)
        self.activation = _ACTIVATIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.linear(x))

    def tensors(self) -> dict[str, Tensor]:
        found = {"weight": self.linear.weight}
        return found if self.linear.bias is None else found | {"bias": self.linear.bias}


class _MaxPool(_Part):
    def __init__(self, kernel: list[int], stride: list[int], pads: Pads) -> None:
        super().__init__()
        self.kernel, self.stride, self.pads = tuple(kernel), tuple(stride), pads

    def forward(self, x: Tensor) -> Tensor:
        return functional.max_pool2d(_pad(x, self.pads, -torch.inf), self.kernel, self.stride)


class _Function(_Part):
    """A layer without weights."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class _SqueezeExcite(_Part):
    def __init__(self, channels: int, squeeze: int, activation: str, second: str) -> None:
        super().__init__()
        self.reduce = _Dense(channels, squeeze, True, activation)
        self.excite = _Dense(squeeze, channels, True, "sigmoid")
        self.second = second

    def forward(self, x: Tensor) -> Tensor:
        gate = self.excite(self.reduce(x.mean((2, 3))))
        return x * gate[:, :, None, None]

    def tensors(self) -> dict[str, Tensor]:
        return _prefixed("reduce", self.reduce) | _prefixed(self.second, self.excite)


class _MBConv(_Part):
    def __init__(self, layer: Layer, shape: Shape) -> None:
        super().__init__()
        entering, leaving = shape[0], layer["channels"]
        expanded = entering * layer["expansion"]
        point = {
            "kernel": [1, 1],
            "stride": [1, 1],
            "bias": False,
            "batch_norm": True,
            "epsilon": layer["epsilon"],
        }
        window = {**point, "kernel": layer["kernel"], "stride": layer["stride"], "activation": "swish"}
        none: Pads = (0, 0, 0, 0)
        self.expand = (
            _Window({**point, "activation": "swish"}, (entering, expanded), 1, none) if layer["expansion"] > 1 else None
        )
        self.depthwise = _Window(window, (expanded, expanded), expanded, padding(layer, shape))
        self.gate = _SqueezeExcite(expanded, layer["squeeze"], "swish", "excite")
        self.project = _Window({**point, "activation": "none"}, (expanded, leaving), 1, none)
        self.residual = layer["stride"] == [1, 1] and entering == leaving

    def forward(self, x: Tensor) -> Tensor:
        y = x if self.expand is None else self.expand(x)
        y = self.project(self.gate(self.depthwise(y)))
        return y + x if self.residual else y

    def tensors(self) -> dict[str, Tensor]:
        found = {} if self.expand is None else _prefixed("expand", self.expand)
        return found | _prefixed("depthwise", self.depthwise) | self.gate.tensors() | _prefixed("project", self.project)


def _prefixed(prefix: str, part: _Part) -> dict[str, Tensor]:
    return {f"{prefix}.{role}": tensor for role, tensor in part.tensors().items()}


def _make(layer: Layer, shape: Shape) -> _Part:
    """The part for a layer, filled, whose first input has this shape."""
    activation = _ACTIVATIONS[layer.get("activation", "none")]
    match layer["kind"]:
        case "conv2d":
            return _Window(layer, (shape[0], layer["channels"]), layer["groups"], padding(layer, shape))
        case "depthwise_conv2d":
            return _Window(layer, (shape[0], shape[0]), shape[0], padding(layer, shape))
        case "dense":
            return _Dense(shape[0], layer["units"], layer["bias"], layer["activation"])
        case "max_pool":
            return _MaxPool(layer["kernel"], layer["stride"], padding(layer, shape))
        case "global_average":
            return _Function(lambda x: x.mean((2, 3)))
        case "flatten":
            # Channels-last memory would flatten in another order; reshape goes by the indices.
            return _Function(lambda x: x.reshape(len(x), -1))
        case "concat":
            return _Function(lambda *inputs: torch.cat(inputs, 1))
        case "add":
            return _Function(lambda a, b: activation(a + b))
        case "activation":
            return _Function(_ACTIVATIONS[layer["function"]])
        case "squeeze_excite":
            return _SqueezeExcite(shape[0], layer["squeeze"], layer["activation"], "expand")
        case "mbconv":
            return _MBConv(layer, shape)
        case kind:
            raise ValueError(f"layer {layer['name']}: there is no kind {kind}")


class NamedWeights(nn.Module):
    """A module whose weights go in and out as arrays by name."""

    def named_tensors(self) -> dict[str, Tensor]:
        """Parameters and statistics by name; the tensors themselves."""
        return dict(self.state_dict(keep_vars=True))

    def load_tensors(self, tensors: Mapping[str, npt.NDArray[np.float32]]) -> None:
        """Take weights over.

        Parameters
        ----------
        tensors : mapping of str to ndarray
            At least every tensor, by name.
        """
        with torch.no_grad():
            for name, tensor in self.named_tensors().items():
                given = torch.from_numpy(np.array(tensors[name], np.float32))
                if given.shape != tensor.shape:
                    raise ValueError(f"tensor {name} has the shape {tuple(given.shape)}, not {tuple(tensor.shape)}")
                tensor.copy_(given)

    def numpy_tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Copies of all weights, by name."""
        return {
            name: np.array(tensor.detach().cpu().contiguous().numpy(), np.float32)
            for name, tensor in self.named_tensors().items()
        }


class TorchNetwork(NamedWeights):
    """A network of `models.networks` in PyTorch.

    Parameters
    ----------
    network : Network
        Its layers; weights are PyTorch's own until `load_tensors`.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        shapes = network.shapes()
        self.parts = nn.ModuleList(_make(filled(layer), shapes[layer["inputs"][0]]) for layer in network.layers)
        last_use = {name: i for i, layer in enumerate(network.layers) for name in layer["inputs"]}
        self._finished = [[name for name, at in last_use.items() if at == i] for i in range(len(network.layers))]

    def forward(self, images: Tensor, features: Tensor | None = None) -> Tensor:
        """Logits.

        Parameters
        ----------
        images : Tensor
            (n, channels, rows, columns), standardised, cropped and resized.
        features : Tensor, optional
            (n, values): what the library gives in one row, features, then constituents and pairs; for networks that
            read them.

        Returns
        -------
        Tensor
            (n, classes).
        """
        values: dict[str, Tensor] = {IMAGE: images}
        if features is not None:
            values |= self.split(features)
        for layer, part, finished in zip(self.network.layers, self.parts, self._finished, strict=True):
            values[layer["name"]] = part(*(values[name] for name in layer["inputs"]))
            for name in finished:
                del values[name]
        return values[self.network.output]

    def split(self, rows: Tensor) -> dict[str, Tensor]:
        """Features, constituents and pairs out of the rows that they come in.

        Parameters
        ----------
        rows : Tensor
            (n, values).

        Returns
        -------
        dict of str to Tensor
        """
        shapes = self.network.row_shapes
        parts = torch.split(rows, [math.prod(shape) for shape in shapes.values()], 1)
        return {name: part.reshape(-1, *shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}

    def scores(self, images: Tensor, features: Tensor | None = None) -> Tensor:
        """Probability of the class `top`, the last of two.

        Parameters
        ----------
        images, features
            As for `forward`.

        Returns
        -------
        Tensor
            (n,).
        """
        return torch.softmax(self(images, features), 1)[:, -1]

    def numpy_scores(
        self, images: npt.NDArray[np.float32], rows: npt.NDArray[np.float32] | None = None
    ) -> npt.NDArray[np.float32]:
        """The same from arrays, as `jettag.Model.network_inputs` gives them, without gradients.

        Parameters
        ----------
        images : ndarray of float32
            (n, channels, rows, columns).
        rows : ndarray of float32 or None
            (n, values), for networks that read features, constituents or pairs.

        Returns
        -------
        ndarray of float32
            (n,).
        """
        self.eval()
        with torch.no_grad():
            given = None if rows is None else torch.from_numpy(rows)
            scores: npt.NDArray[np.float32] = self.scores(torch.from_numpy(images), given).numpy()
        return scores

    def named_tensors(self) -> dict[str, Tensor]:
        """Parameters and batch-norm statistics under their names in model files; the tensors themselves."""
        return {
            f"{layer['name']}.{role}": tensor
            for layer, part in zip(self.network.layers, self.parts, strict=True)
            for role, tensor in cast(_Part, part).tensors().items()
        }
