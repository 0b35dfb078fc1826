"""A model file as LiteRT models, one per number of jets; for the Python that has TensorFlow.

    build/peers-tf/bin/python tests/bench/peers/to_tflite.py FOLDER BATCH...

Reads FOLDER/model.jtm and writes FOLDER/tflite/BATCH.tflite, by way of a Keras model of the same layers with the
channels last.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from models import jtm
from models.export import network_of
from models.layers import FEATURES, IMAGE, Layer, Shape, filled, padding, same_padding

keras: Any = tf.keras


class _Writer:
    """Adds layers to a Keras model. A flattened image keeps, in `order`, where each of its values was before."""

    def __init__(self, tensors: dict[str, Any]) -> None:
        self.tensors = tensors

    def activation(self, x: Any, kind: str) -> Any:
        return x if kind == "none" else keras.layers.Activation("silu" if kind == "swish" else kind)(x)

    def _weighted(self, layer: Any, x: Any, weights: list[Any]) -> Any:
        y = layer(x)
        layer.set_weights(weights)
        return y

    def _padded(self, x: Any, layer: Layer, shape: Shape) -> tuple[Any, str]:
        """Input and Keras's padding; unlike TensorFlow's own two kinds, any other padding is a layer."""
        top, bottom, left, right = padding(layer, shape)
        if not any((top, bottom, left, right)):
            return x, "valid"
        rows, columns = (same_padding(shape[i + 1], layer["kernel"][i], layer["stride"][i]) for i in (0, 1))
        if (top, bottom) == rows and (left, right) == columns:
            return x, "same"
        return keras.layers.ZeroPadding2D(((top, bottom), (left, right)))(x), "valid"

    def window(self, x: Any, prefix: str, layer: Layer, shape: Shape, groups: int) -> Any:
        x, mode = self._padded(x, layer, shape)
        weight = self.tensors[prefix + "weight"]
        words = {"strides": layer["stride"], "padding": mode, "use_bias": layer["bias"]}
        if groups == shape[0] == len(weight):
            made = keras.layers.DepthwiseConv2D(layer["kernel"], **words)
            weights = [weight.transpose(2, 3, 0, 1)]
        else:
            made = keras.layers.Conv2D(len(weight), layer["kernel"], groups=groups, **words)
            weights = [weight.transpose(2, 3, 1, 0)]
        x = self._weighted(made, x, weights + ([self.tensors[prefix + "bias"]] if layer["bias"] else []))
        if layer["batch_norm"]:
            norm = keras.layers.BatchNormalization(epsilon=layer["epsilon"])
            x = self._weighted(norm, x, [self.tensors[prefix + r] for r in ("gamma", "beta", "mean", "variance")])
        return self.activation(x, layer["activation"])

    def dense(self, x: Any, prefix: str, bias: bool, activation: str, order: Any) -> Any:
        kernel = self.tensors[prefix + "weight"].T
        weights = [kernel if order is None else kernel[order]] + ([self.tensors[prefix + "bias"]] if bias else [])
        made = keras.layers.Dense(kernel.shape[1], use_bias=bias)
        return self.activation(self._weighted(made, x, weights), activation)

    def squeeze_excite(self, x: Any, prefix: str, second: str, activation: str) -> Any:
        gate = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
        for role, kind in (("reduce", activation), (second, "sigmoid")):
            weight, bias = self.tensors[f"{prefix}{role}.weight"], self.tensors[f"{prefix}{role}.bias"]
            point = keras.layers.Conv2D(len(weight), 1)
            gate = self.activation(self._weighted(point, gate, [weight.T[None, None], bias]), kind)
        return keras.layers.Multiply()([x, gate])

    def mbconv(self, x: Any, layer: Layer, shape: Shape) -> Any:
        prefix, expanded = f"{layer['name']}.", shape[0] * layer["expansion"]
        common = {"bias": False, "batch_norm": True, "epsilon": layer["epsilon"]}
        point = {**common, "kernel": [1, 1], "stride": [1, 1], "padding": "valid"}
        y = x
        if layer["expansion"] > 1:
            y = self.window(y, f"{prefix}expand.", {**point, "activation": "swish"}, shape, 1)
        window = {**common, "kernel": layer["kernel"], "stride": layer["stride"], "activation": "swish"}
        inner = (expanded, *shape[1:])
        y = self.window(y, f"{prefix}depthwise.", window, inner, expanded)
        y = self.squeeze_excite(y, prefix, "excite", "swish")
        y = self.window(y, f"{prefix}project.", {**point, "activation": "none"}, inner, 1)
        if layer["stride"] == [1, 1] and layer["channels"] == shape[0]:
            y = keras.layers.Add()([y, x])
        return y

    def layer(self, layer: Layer, inputs: list[Any], orders: list[Any], shapes: list[Shape]) -> tuple[Any, Any]:
        """A layer's output, and the order of its values if that is not the model file's."""
        x, shape, prefix = inputs[0], shapes[0], f"{layer['name']}."
        match layer["kind"]:
            case "conv2d":
                return self.window(x, prefix, layer, shape, layer["groups"]), None
            case "dense":
                return self.dense(x, prefix, layer["bias"], layer["activation"], orders[0]), None
            case "max_pool":
                # What is padded is positive in all these networks, so that zeros do not show.
                x, mode = self._padded(x, layer, shape)
                return keras.layers.MaxPooling2D(layer["kernel"], layer["stride"], mode)(x), None
            case "global_average":
                return keras.layers.GlobalAveragePooling2D()(x), None
            case "flatten":
                order = np.arange(np.prod(shape)).reshape(shape).transpose(1, 2, 0).ravel()
                return keras.layers.Flatten()(x), order
            case "concat":
                starts = np.cumsum([0, *(one[0] for one in shapes)])
                parts = [np.arange(s[0]) if o is None else o for s, o in zip(shapes, orders, strict=True)]
                order = np.concatenate([part + start for part, start in zip(parts, starts, strict=False)])
                return keras.layers.Concatenate()(inputs), order
            case "add":
                return self.activation(keras.layers.Add()(inputs), layer["activation"]), None
            case "mbconv":
                return self.mbconv(x, layer, shape), None
            case kind:
                raise ValueError(f"layer {layer['name']}: {kind} is not written for LiteRT")


def keras_model(folder: Path) -> Any:
    """The network of a model file; its output is (jets, classes) after softmax."""
    stored = jtm.read(folder / "model.jtm")
    network = network_of(stored)
    shapes = network.shapes()
    channels, rows, columns = shapes[IMAGE]
    values: dict[str, Any] = {IMAGE: keras.Input((rows, columns, channels))}
    if FEATURES in shapes:
        values[FEATURES] = keras.Input(shapes[FEATURES])
    read = list(values.values())
    orders: dict[str, Any] = dict.fromkeys(values)
    writer, tables = _Writer(stored.tensors), (values, orders, shapes)
    for given in network.layers:
        layer = filled(given)
        read_here: Any = [[table[name] for name in layer["inputs"]] for table in tables]
        values[layer["name"]], orders[layer["name"]] = writer.layer(layer, *read_here)
    return keras.Model(read, keras.layers.Softmax()(values[network.output]))


def main() -> None:
    """Write the models."""
    folder, batches = Path(sys.argv[1]), map(int, sys.argv[2:])
    (folder / "tflite").mkdir(exist_ok=True)
    model = keras_model(folder)
    call = tf.function(lambda *inputs: model(list(inputs), training=False))
    for batch in batches:
        inputs = [tf.TensorSpec((batch, *one.shape[1:]), tf.float32) for one in model.inputs]
        # Weights have to be constants before batch norm can be folded into them.
        frozen = convert_variables_to_constants_v2(call.get_concrete_function(*inputs))
        converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
        (folder / "tflite" / f"{batch}.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    main()
