"""ONNX graphs by hand, with random weights."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

SIDES = (3, 28, 28)
ANY = ("jets", "one", "two", "three")


def weights(**shapes):
    """Random weights; the scale keeps what comes out near one."""
    random = np.random.default_rng(len(shapes))
    made = {}
    for name, shape in shapes.items():
        fan = np.prod(shape[1:]) if len(shape) > 1 else 1
        made[name] = (random.standard_normal(shape) / np.sqrt(fan)).astype(np.float32)
        if name.startswith("var"):
            made[name] = np.abs(made[name]) + np.float32(0.5)
    return made


def graph(nodes, initialisers, inputs=None, output=("jets", 2), opset=17):
    """A model; a node is (operator, inputs, output, attributes), the last one gives `out`."""
    inputs = inputs or {"image": ("jets", *SIDES)}
    made = []
    for node in nodes:
        operator, given, gives, *rest = node
        made.append(
            helper.make_node(operator, given.split(), gives.split(), name=f"the_{gives}", **(rest[0] if rest else {}))
        )
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()]
    gives = [helper.make_tensor_value_info("out", TensorProto.FLOAT, output)]
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in initialisers.items()]
    whole = helper.make_graph(made, "by hand", given, gives, stored)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    return model


CONV = weights(w=(4, 3, 3, 3), b=(4,), gamma=(4,), beta=(4,), mean=(4,), var=(4,))
PAD = np.array([0, 0, 1, 0, 0, 0, 2, 1], np.int64)


def head(source, channels, **more):
    """Nodes and weights that make two classes of the average of an image."""
    nodes = [("GlobalAveragePool", source, "avg"), ("Flatten", "avg", "vec"), ("Gemm", "vec head_w head_b", "out")]
    return nodes, weights(head_w=(channels, 2), head_b=(2,), **more)


def body(end, units=2, **keys):
    """Two layers, and other nodes behind them."""
    nodes, stored = [("Conv", "image w b", "c"), ("GlobalAveragePool", "c", "m"), ("Flatten", "m", "f")], {**CONV}
    nodes.append(("Gemm", "f hw hb", "logits"))
    return graph(nodes + end, {**stored, **weights(hw=(4, units), hb=(units,))}, **keys)


def kinds(reading):
    return [layer["kind"] for layer in reading.layers]
