"""A network as an ONNX model: the second opinion that the library's scores are tested against.

Batch norm stays a node of its own, padding is written in numbers, and the number of jets is left open.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from models.layers import GIVEN, Layer, Shape, filled, padding, read_by
from models.networks import Network

OPSET = 17
IR_VERSION = 8
LOGITS = "logits_out"
SCORES = "scores"


class _Writer:
    """Collects nodes and weights; every method adds something and returns the name of what it gives."""

    def __init__(self, tensors: Mapping[str, npt.NDArray[np.float32]]) -> None:
        self._tensors = tensors
        self._stored: set[str] = set()
        self._made = 0
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def node(self, operator: str, inputs: list[str], **attributes: Any) -> str:
        self._made += 1
        output = f"value{self._made}"
        self.nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def weight(self, name: str) -> str:
        if name not in self._stored:
            self._stored.add(name)
            self.weights.append(numpy_helper.from_array(np.array(self._tensors[name], np.float32), name))
        return name

    def constant(self, values: npt.NDArray[Any]) -> str:
        self._made += 1
        self.weights.append(numpy_helper.from_array(values, f"constant{self._made}"))
        return f"constant{self._made}"

    def activation(self, x: str, kind: str) -> str:
        match kind:
            case "relu":
                return self.node("Relu", [x])
            case "sigmoid":
                return self.node("Sigmoid", [x])
            case "swish":
                return self.node("Mul", [x, self.node("Sigmoid", [x])])
            case _:
                return x

    def norm(self, x: str, prefix: str, epsilon: float) -> str:
        statistics = [self.weight(prefix + role) for role in ("gamma", "beta", "mean", "variance")]
        return self.node("BatchNormalization", [x, *statistics], epsilon=epsilon)

    def window(self, x: str, prefix: str, layer: Layer, shape: Shape, groups: int) -> str:
        """Convolution, batch norm and activation; the tensors are called prefix + role."""
        top, bottom, left, right = padding(layer, shape)
        inputs = [x, self.weight(prefix + "weight")] + ([self.weight(prefix + "bias")] if layer["bias"] else [])
        x = self.node(
            "Conv",
            inputs,
            kernel_shape=layer["kernel"],
            strides=layer["stride"],
            pads=[top, left, bottom, right],
            group=groups,
        )
        if layer["batch_norm"]:
            x = self.norm(x, prefix, layer["epsilon"])
        return self.activation(x, layer["activation"])

    def dense(self, x: str, prefix: str, bias: bool, activation: str) -> str:
        inputs = [x, self.weight(prefix + "weight")] + ([self.weight(prefix + "bias")] if bias else [])
        return self.activation(self.node("Gemm", inputs, transB=1), activation)

    def average(self, x: str) -> str:
        return self.node("Flatten", [self.node("GlobalAveragePool", [x])], axis=1)

    def squeeze_excite(self, x: str, prefix: str, second: str, activation: str) -> str:
        squeezed = self.dense(self.average(x), f"{prefix}reduce.", True, activation)
        gate = self.dense(squeezed, f"{prefix}{second}.", True, "sigmoid")
        axes = self.constant(np.array([2, 3], np.int64))
        return self.node("Mul", [x, self.node("Unsqueeze", [gate, axes])])

    def mbconv(self, x: str, layer: Layer, shape: Shape) -> str:
        prefix = f"{layer['name']}."
        expanded = shape[0] * layer["expansion"]
        point = {"kernel": [1, 1], "stride": [1, 1], "padding": "valid", "bias": False, "batch_norm": True}
        point["epsilon"] = layer["epsilon"]
        y = x
        if layer["expansion"] > 1:
            y = self.window(y, f"{prefix}expand.", {**point, "activation": "swish"}, shape, 1)
        window = {
            **point,
            "kernel": layer["kernel"],
            "stride": layer["stride"],
            "padding": "same",
            "activation": "swish",
        }
        y = self.window(y, f"{prefix}depthwise.", window, shape, expanded)
        y = self.squeeze_excite(y, prefix, "excite", "swish")
        y = self.window(y, f"{prefix}project.", {**point, "activation": "none"}, shape, 1)
        if layer["stride"] == [1, 1] and layer["channels"] == shape[0]:
            y = self.node("Add", [y, x])
        return y

    def layer(self, layer: Layer, inputs: list[str], shape: Shape) -> str:
        """Add a layer, filled, whose first input has this shape."""
        x, prefix = inputs[0], f"{layer['name']}."
        match layer["kind"]:
            case "conv2d":
                return self.window(x, prefix, layer, shape, layer["groups"])
            case "depthwise_conv2d":
                return self.window(x, prefix, layer, shape, shape[0])
            case "dense":
                return self.dense(x, prefix, layer["bias"], layer["activation"])
            case "max_pool":
                top, bottom, left, right = padding(layer, shape)
                return self.node(
                    "MaxPool",
                    [x],
                    kernel_shape=layer["kernel"],
                    strides=layer["stride"],
                    pads=[top, left, bottom, right],
                )
            case "global_average":
                return self.average(x)
            case "flatten":
                return self.node("Flatten", [x], axis=1)
            case "concat":
                return self.node("Concat", inputs, axis=1)
            case "add":
                return self.activation(self.node("Add", inputs), layer["activation"])
            case "activation":
                return self.activation(x, layer["function"])
            case "squeeze_excite":
                return self.squeeze_excite(x, prefix, "expand", layer["activation"])
            case "mbconv":
                return self.mbconv(x, layer, shape)
            case kind:
                raise ValueError(f"layer {layer['name']}: there is no kind {kind}")


def to_onnx(network: Network, tensors: Mapping[str, npt.NDArray[np.float32]]) -> onnx.ModelProto:
    """A network with its weights as an ONNX model.

    Parameters
    ----------
    network : Network
        Of `models.networks`, or any with layers of FORMAT.md.
    tensors : mapping of str to ndarray
        Its weights by their names in model files.

    Returns
    -------
    onnx.ModelProto
        Inputs, where the network reads them, `image` (jets, channels, rows, columns), `features` (jets, features),
        `constituents` and `pairs` (jets, channels, 1, members);
        outputs `logits_out` and `scores`, the softmax of it, (jets, classes) both.
    """
    writer = _Writer(tensors)
    shapes = network.shapes()
    names = {name: name for name in GIVEN}
    for given in network.layers:
        layer = filled(given)
        inputs = [names[name] for name in layer["inputs"]]
        names[layer["name"]] = writer.layer(layer, inputs, shapes[layer["inputs"][0]])
    writer.nodes.append(helper.make_node("Identity", [names[network.output]], [LOGITS]))
    writer.nodes.append(helper.make_node("Softmax", [LOGITS], [SCORES], axis=1))

    def value(name: str, shape: Shape) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["jets", *shape])

    used = read_by(network.layers)
    read = [value(name, shapes[name]) for name in GIVEN if name in shapes and name in used]
    given_back = [value(name, shapes[network.output]) for name in (LOGITS, SCORES)]
    graph = helper.make_graph(writer.nodes, network.name, read, given_back, writer.weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="jettag")
    made.ir_version = IR_VERSION
    onnx.checker.check_model(made)
    return made
