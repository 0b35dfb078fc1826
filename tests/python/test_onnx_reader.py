"""ONNX graphs as model files: the library's scores are those that ONNX Runtime gives the graph itself."""

import os

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import jettag
import models_helpers as helpers
import test_parity
from models import jtm
from models.export import build, without_statistics
from models.networks import NETWORKS, Network
from models.onnx_reader import UnreadableError, read
from models.onnx_writer import to_onnx

TOLERANCE = 1e-5
JETS = 12
QUICK = (
    "lenet-28-i35-gf",
    "effnet-s0-i35-gf",
    "constituents-gf",
    "deeptop-minimal-cms",
    "resnext-50",
    test_parity.OTHER.name,
)
ALL = sorted(test_parity.ALL) if os.environ.get("JETTAG_ALL_NETWORKS") else QUICK
IMAGE = NETWORKS["lenet-28-i35"].image
SIDES = (3, 28, 28)
ANY = ("jets", "one", "two", "three")


def network_of(reading, like=None):
    """The network that was read, with inputs as another has them."""
    like = like or Network("own", "", IMAGE, False, 53, [])
    read_by = {value.layer for value in reading.inputs.values()}
    features = like.n_features if "features" in read_by else 0
    return Network("own", "", like.image, False, features, reading.layers, like.sets)


def run_onnx(proto, feeds):
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def library_scores(network, tensors, images, rows, folder):
    path = folder / "own.jtm"
    statistics = without_statistics(network, jettag.FEATURES)
    jtm.write(path, build(network, tensors, statistics, version="0", created="2026-01-31"))
    return jettag.load(path).tag_images(images, rows)


# --- what our own writer writes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_what_we_write_reads_back(name, tmp_path):
    network = test_parity.ALL[name]
    images, rows = helpers.network_inputs(network, JETS, seed=5)
    tensors = helpers.spread_tensors(network, 4, images, rows)
    reading = read(to_onnx(network, tensors), {"image": network.image_shape, **network.row_shapes})
    assert (reading.ending, reading.output, reading.outputs) == ("softmax", "scores", 2)
    expected = helpers.onnx_outputs(network, tensors, images, rows)[1]
    assert expected.std() > 0.1
    mine = network_of(reading, network)
    found = library_scores(mine, reading.tensors, images, rows, tmp_path)
    assert np.abs(found - expected).max() <= TOLERANCE
    # The same work, not one that only gives the same scores. Squeeze-excite counts its biases alike.
    assert mine.multiply_adds() == network.multiply_adds()
    for one, values in reading.tensors.items():
        if one in tensors:
            assert np.array_equal(values, tensors[one]), one
    assert {one for one in tensors if one.startswith("logits.")} <= set(reading.tensors)


# --- graphs by hand ---------------------------------------------------------------------------------------------------


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


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def feeds_of(proto, images, rows):
    """What a graph's inputs are called and how they lie, by their names."""
    feeds = {}
    for one in proto.graph.input:
        sides = [side.dim_value for side in one.type.tensor_type.shape.dim]
        values = images if one.name.startswith("image") else rows
        if one.name == "image_last":
            values = images.transpose(0, 2, 3, 1)
        feeds[one.name] = np.ascontiguousarray(values.reshape(len(images), *sides[1:]))
    return feeds


def same_scores(proto, tmp_path, ending="logits", to_scores=lambda out: softmax(out)[:, 1], given=None):
    """Read a graph, run it in both, and give the reading."""
    images = helpers.blob_images(SIDES, JETS, 3)
    rows = np.random.default_rng(9).standard_normal((JETS, 53)).astype(np.float32)
    reading = read(proto, given or {"image": SIDES, "features": (53,)})
    assert reading.ending == ending
    expected = to_scores(run_onnx(proto, feeds_of(proto, images, rows))[0])
    assert np.std(expected) > 1e-3
    network = network_of(reading)
    features = rows if network.n_features else None
    found = library_scores(network, reading.tensors, images, features, tmp_path)
    assert np.abs(found - expected).max() <= TOLERANCE
    return reading


def head(source, channels, **more):
    """Nodes and weights that make two classes of the average of an image."""
    nodes = [("GlobalAveragePool", source, "avg"), ("Flatten", "avg", "vec"), ("Gemm", "vec head_w head_b", "out")]
    return nodes, weights(head_w=(channels, 2), head_b=(2,), **more)


def kinds(reading):
    return [layer["kind"] for layer in reading.layers]


CONV = weights(w=(4, 3, 3, 3), b=(4,), gamma=(4,), beta=(4,), mean=(4,), var=(4,))
PAD = np.array([0, 0, 1, 0, 0, 0, 2, 1], np.int64)
LOWEST = np.float32(-np.inf)
ALONG = np.array([2, 3], np.int64)
FOUR = np.array([0.5, 2, -1, 3], np.float32)

# Nodes from `image` to `y` of four channels, more weights, and the kinds of layers before the average.
BODIES = {
    "convolution": ([("Conv", "image w b", "y", {"pads": [1, 0, 2, 1]})], {}, ["conv2d"]),
    "same upper": ([("Conv", "image w", "y", {"auto_pad": "SAME_UPPER", "strides": [2, 2]})], {}, ["conv2d"]),
    "same lower": ([("Conv", "image w", "y", {"auto_pad": "SAME_LOWER", "strides": [2, 2]})], {}, ["conv2d"]),
    "pad, then same": (
        [("Pad", "image pad", "p"), ("Conv", "p w b", "y", {"auto_pad": "SAME_UPPER", "strides": [3, 3]})],
        {"pad": np.array([0, 0, 1, 1, 0, 0, 0, 0], np.int64)},
        ["conv2d"],
    ),
    "valid": ([("Conv", "image w", "y", {"auto_pad": "VALID", "kernel_shape": [3, 3]})], {}, ["conv2d"]),
    "batch norm, swish": (
        [
            ("Conv", "image w b", "c"),
            ("BatchNormalization", "c gamma beta mean var", "n", {"epsilon": 0.01}),
            ("Sigmoid", "n", "s"),
            ("Mul", "s n", "y"),
        ],
        {},
        ["conv2d"],
    ),
    "activation, then batch norm": (
        [("Conv", "image w b", "c"), ("Relu", "c", "r"), ("BatchNormalization", "r gamma beta mean var", "y")],
        {},
        ["conv2d", "depthwise_conv2d"],
    ),
    "two batch norms": (
        [
            ("Conv", "image w", "c"),
            ("BatchNormalization", "c gamma beta mean var", "n"),
            ("BatchNormalization", "n gamma beta mean var", "y"),
        ],
        {},
        ["conv2d"],
    ),
    "own scaling": (
        [
            ("Sub", "image half", "i1"),
            ("Div", "i1 three", "i2"),
            ("Conv", "i2 w", "c"),
            ("Mul", "four c", "m"),
            ("Add", "m four", "a"),
            ("Neg", "a", "n"),
            ("Sub", "half n", "y"),
        ],
        {
            "half": np.float32(0.5),
            "three": np.array([1, 2, 4], np.float32).reshape(1, 3, 1, 1),
            "four": FOUR.reshape(4, 1, 1),
        },
        ["depthwise_conv2d", "conv2d"],
    ),
    "pad, then convolution": (
        [("Pad", "image pad", "p"), ("Conv", "p w b", "y", {"strides": [2, 1]})],
        {"pad": PAD},
        ["conv2d"],
    ),
    "pad, then maximum": (
        [
            ("Conv", "image w b", "c"),
            ("Pad", "c pad lowest", "p"),
            ("MaxPool", "p", "y", {"kernel_shape": [3, 3], "strides": [2, 2]}),
        ],
        {"pad": PAD, "lowest": LOWEST},
        ["conv2d", "max_pool"],
    ),
    "average of windows": (
        [("Conv", "image w b", "c"), ("AveragePool", "c", "y", {"kernel_shape": [2, 3], "strides": [2, 1]})],
        {},
        ["conv2d", "depthwise_conv2d"],
    ),
    "average with padding": (
        [
            ("Conv", "image w b", "c"),
            ("AveragePool", "c", "y", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
        ],
        {},
        ["conv2d", "depthwise_conv2d"],
    ),
    "rounded up where nothing is left": (
        [
            ("Conv", "image w b", "c"),
            ("MaxPool", "c", "y", {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}),
        ],
        {},
        ["conv2d", "max_pool"],
    ),
    "residual": (
        [
            ("Conv", "image w b", "c"),
            ("Conv", "c w2", "d", {"pads": [1, 1, 1, 1]}),
            ("Add", "d c", "a"),
            ("Relu", "a", "y"),
        ],
        weights(w2=(4, 4, 3, 3)),
        ["conv2d", "conv2d", "add"],
    ),
    "sum of three": (
        [("Conv", "image w b", "c"), ("Relu", "c", "r"), ("Sigmoid", "c", "s"), ("Sum", "c r s", "y")],
        {},
        ["conv2d", "activation", "activation", "add", "add"],
    ),
    "groups": (
        [("Conv", "image w b", "c"), ("Conv", "c g", "d", {"group": 2}), ("Conv", "d e", "y", {"group": 4})],
        weights(g=(4, 2, 3, 3), e=(4, 1, 2, 2)),
        ["conv2d", "conv2d", "depthwise_conv2d"],
    ),
    "squeeze-excite of convolutions": (
        [
            ("Conv", "image w b", "c"),
            ("GlobalAveragePool", "c", "m"),
            ("Conv", "m down", "d"),
            ("Relu", "d", "r"),
            ("Conv", "r up upb", "u"),
            ("Sigmoid", "u", "s"),
            ("Mul", "c s", "y"),
        ],
        weights(down=(2, 4, 1, 1), up=(4, 2, 1, 1), upb=(4,)),
        ["conv2d", "squeeze_excite"],
    ),
    "the same weights twice": (
        [("Conv", "image w b", "c"), ("Conv", "c t", "d"), ("Conv", "d t", "y")],
        weights(t=(4, 4, 2, 2)),
        ["conv2d", "conv2d", "conv2d"],
    ),
    "weights that are worked out": (
        [("Transpose", "wt", "wf", {"perm": [3, 2, 0, 1]}), ("Identity", "wf", "wg"), ("Conv", "image wg b", "y")],
        weights(wt=(3, 3, 3, 4)),
        ["conv2d"],
    ),
    "dropout": (
        [("Conv", "image w b", "c"), ("Dropout", "c", "d"), ("Relu", "d", "y")],
        {},
        ["conv2d"],
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_images(name, tmp_path):
    nodes, more, expected = BODIES[name]
    after, ends = head("y", 4)
    reading = same_scores(graph(nodes + after, {**CONV, **ends, **more}), tmp_path)
    assert kinds(reading) == [*expected, "global_average", "dense"]


HEADS = {
    "no transB, alpha, beta": [("Flatten", "y", "f"), ("Gemm", "f big bias", "out", {"alpha": 0.5, "beta": 2.0})],
    "matrix and sum": [("Reshape", "y flat", "f"), ("MatMul", "f big", "m"), ("Add", "bias m", "out")],
    "batch norm of a vector": [
        ("Flatten", "y", "f"),
        ("MatMul", "f big", "m"),
        ("BatchNormalization", "m two two bias two", "out"),
    ],
    "shape from the graph": [
        ("Shape", "y", "s"),
        ("Gather", "s zero", "n"),
        ("Unsqueeze", "n axis0", "n1"),
        ("Concat", "n1 minus", "t", {"axis": 0}),
        ("Reshape", "y t", "f"),
        ("MatMul", "f big", "out"),
    ],
    "features": [
        ("Flatten", "y", "f"),
        ("Concat", "features f", "j", {"axis": -1}),
        ("MatMul", "j wide", "out"),
    ],
    "normed features": [
        ("BatchNormalization", "features many many few many", "n"),
        ("MatMul", "n onlyfeatures", "a"),
        ("Flatten", "y", "f"),
        ("MatMul", "f big", "m"),
        ("Add", "a m", "out"),
    ],
    "average by a reduction": [("ReduceMean", "y", "f", {"axes": [2, 3], "keepdims": 0}), ("MatMul", "f small", "out")],
    "sum": [("ReduceSum", "y along", "f", {"keepdims": 0}), ("MatMul", "f tiny", "out")],
    "largest": [("GlobalMaxPool", "y", "m"), ("Squeeze", "m along", "f"), ("MatMul", "f small", "out")],
    "largest by a reduction": [
        ("ReduceMax", "y", "f", {"axes": [-1, -2], "keepdims": 0}),
        ("MatMul", "f small", "out"),
    ],
    "a window of everything": [
        ("AveragePool", "y", "m", {"kernel_shape": [7, 7]}),
        ("Flatten", "m", "f"),
        ("MatMul", "f small", "out"),
    ],
    "classes by a convolution": [("Conv", "y pw", "z"), ("GlobalAveragePool", "z", "m"), ("Flatten", "m", "out")],
    "channels last": [
        ("Transpose", "y", "l", {"perm": [0, 2, 3, 1]}),
        ("Reshape", "l flat", "f"),
        ("Relu", "f", "g"),
        ("Concat", "g features", "j", {"axis": 1}),
        ("MatMul", "j wide", "out"),
    ],
}
NUMBERS = {
    "along": ALONG,
    "zero": np.int64(0),
    "axis0": np.array([0], np.int64),
    "minus": np.array([-1], np.int64),
    "flat": np.array([0, 196], np.int64),
    "two": np.array([1.5, 0.5], np.float32),
    "many": np.linspace(0.5, 1.5, 53, dtype=np.float32),
    "few": np.linspace(-1, 1, 53, dtype=np.float32),
}


@pytest.mark.parametrize("name", HEADS)
def test_heads(name, tmp_path):
    before = [("Conv", "image w b", "c", {"pads": [1, 1, 1, 1]}), ("Relu", "c", "r")]
    before.append(("MaxPool", "r", "y", {"kernel_shape": [4, 4], "strides": [4, 4]}))
    more = weights(big=(196, 2), bias=(2,), wide=(249, 2), onlyfeatures=(53, 2), small=(4, 2), pw=(2, 4, 1, 1))
    more["tiny"] = more["small"] / np.float32(20)
    inputs = {"image": ("jets", *SIDES)}
    if any("features" in given.split() for _, given, *_ in HEADS[name]):
        inputs["features"] = ("jets", 53)
    same_scores(graph(before + HEADS[name], {**CONV, **NUMBERS, **more}, inputs), tmp_path)


def body(end, units=2, **keys):
    """Two layers, and other nodes behind them."""
    nodes, stored = [("Conv", "image w b", "c"), ("GlobalAveragePool", "c", "m"), ("Flatten", "m", "f")], {**CONV}
    nodes.append(("Gemm", "f hw hb", "logits"))
    return graph(nodes + end, {**stored, **weights(hw=(4, units), hb=(units,))}, **keys)


def test_a_softmax_is_left_to_the_library(tmp_path):
    same_scores(body([("Softmax", "logits", "out", {"axis": 1})]), tmp_path, "softmax", lambda out: out[:, 1])
    same_scores(body([("LogSoftmax", "logits", "out")]), tmp_path, "log_softmax", lambda out: np.exp(out[:, 1]))


@pytest.mark.parametrize(
    ("end", "ending", "to_scores"),
    [
        ([("Sigmoid", "logits", "out")], "sigmoid", lambda out: out[:, 0]),
        ([("Identity", "logits", "out")], "logits", lambda out: 1 / (1 + np.exp(-out[:, 0]))),
        ([("Relu", "logits", "r"), ("Sigmoid", "r", "out")], "sigmoid", lambda out: out[:, 0]),
    ],
    ids=["sigmoid", "logit", "sigmoid of something"],
)
def test_one_output_is_the_second_of_two_classes(tmp_path, end, ending, to_scores):
    reading = same_scores(body(end, 1, output=("jets", 1)), tmp_path, ending, to_scores)
    assert reading.outputs == 1 and reading.layers[-1]["units"] == 2


def test_one_output_without_a_side_of_its_own(tmp_path):
    end = [("Squeeze", "logits axis", "s"), ("Sigmoid", "s", "out")]
    proto = body(end, 1, output=("jets",))
    proto.graph.initializer.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    same_scores(proto, tmp_path, "sigmoid", lambda out: out)


def test_images_with_channels_last(tmp_path):
    """As TensorFlow's exporter writes them."""
    nodes = [("Transpose", "image_last", "image", {"perm": [0, 3, 1, 2]}), ("Conv", "image w b", "y")]
    after, ends = head("y", 4)
    proto = graph(nodes + after, {**CONV, **ends}, {"image_last": ("jets", 28, 28, 3)})
    reading = same_scores(proto, tmp_path)
    assert reading.inputs["image_last"].axes == (1, 2, 0)


def test_a_fixed_number_of_jets(tmp_path):
    nodes = [("Conv", "image w b", "y"), ("Reshape", "y flat", "f"), ("MatMul", "f m", "out")]
    stored = {**CONV, "flat": np.array([JETS, 2704], np.int64), **weights(m=(2704, 2))}
    stored["m"] /= 20
    same_scores(graph(nodes, stored, {"image": (JETS, *SIDES)}, (JETS, 2)), tmp_path)


def test_names_that_stand_for_something_else(tmp_path):
    """A module called `features` is usual; `features.` begins the names of statistics in model files."""
    nodes, stored = [("Conv", "image features.0.weight b", "y")], {"features.0.weight": CONV["w"], "b": CONV["b"]}
    after, ends = head("y", 4)
    reading = same_scores(graph(nodes + after, {**stored, **ends}), tmp_path)
    assert reading.layers[0]["name"] == "net.features.0"


def test_older_and_newer_operators(tmp_path):
    after, ends = head("y", 4)
    old = [("Pad", "image", "p", {"pads": PAD.tolist(), "mode": "constant"}), ("Conv", "p w b", "y")]
    same_scores(graph(old + after, {**CONV, **ends}, opset=10), tmp_path)
    new = [("Conv", "image w b", "y"), ("ReduceMean", "y along", "m", {"keepdims": 0}), ("Gemm", "m head_w", "out")]
    same_scores(graph(new, {**CONV, **ends, "along": ALONG}, opset=18), tmp_path)


def test_constituents_by_dense_layers(tmp_path):
    """A network over sets as (jets, members, columns), with a matrix along the columns."""
    network = NETWORKS["constituents-gf"]
    given = {"image": network.image_shape, **network.row_shapes}
    nodes = [
        ("MatMul", "parts m1", "a"),
        ("Add", "a b1", "b"),
        ("Relu", "b", "c"),
        ("ReduceMean", "c", "d", {"axes": [1], "keepdims": 0}),
        ("MatMul", "d m2", "out"),
    ]
    proto = graph(nodes, weights(m1=(7, 8), b1=(8,), m2=(8, 2)), {"parts": ("jets", 64, 7)})
    reading = read(proto, given)
    assert reading.inputs["parts"].layer == "constituents"
    assert kinds(reading) == ["conv2d", "global_average", "dense"]
    only = {"constituents": network.sets["constituents"]}
    mine = Network("own", "", IMAGE, False, 0, reading.layers, only)
    images, rows = helpers.network_inputs(mine, JETS, 2)
    expected = softmax(run_onnx(proto, {"parts": rows.reshape(JETS, 7, 64).transpose(0, 2, 1)})[0])[:, 1]
    found = library_scores(mine, reading.tensors, images, rows, tmp_path)
    assert expected.std() > 1e-3 and np.abs(found - expected).max() <= TOLERANCE


# --- what cannot be read ----------------------------------------------------------------------------------------------


def test_every_unreadable_node_is_named():
    nodes = [
        ("Conv", "image w b", "c", {"dilations": [2, 2]}),
        ("LeakyRelu", "c", "l", {"alpha": 0.1}),
        ("Conv", "l w2", "d"),
        ("HardSwish", "d", "h"),
        ("MaxPool", "h", "p", {"kernel_shape": [70, 1]}),
        ("Relu", "p", "r"),
        ("InstanceNormalization", "r gamma beta", "y"),
    ]
    after, ends = head("y", 4)
    with pytest.raises(UnreadableError) as caught:
        read(graph(nodes + after, {**CONV, **ends, **weights(w2=(4, 4, 3, 3))}), {"image": SIDES})
    said = [(one.node, one.operator) for one in caught.value.problems]
    assert said == [
        ("the_c", "Conv"),
        ("the_l", "LeakyRelu"),
        ("the_h", "HardSwish"),
        ("the_p", "MaxPool"),
        ("the_y", "InstanceNormalization"),
    ]
    text = str(caught.value)
    assert "dilations [2, 2]: only 1 is read" in text and "the_l (LeakyRelu): jettag has no such layer" in text


def test_sizes_of_what_cannot_be_read_are_no_problems_of_their_own():
    """A Shape behind an operator whose output nobody knows the shape of."""
    nodes = [
        ("NonZero", "image", "z"),
        ("Cast", "z", "x", {"to": TensorProto.FLOAT}),
        ("Shape", "x", "s"),
        ("Gather", "s zero", "n"),
        ("Reshape", "x n", "f"),
        ("Relu", "f", "out"),
    ]
    with pytest.raises(UnreadableError) as caught:
        read(graph(nodes, {"zero": np.array([0], np.int64)}, output=ANY), {"image": SIDES})
    assert [one.operator for one in caught.value.problems] == ["NonZero"]


# Nodes from `image` to `out`, and what is said of them.
REFUSED = {
    "a softmax in between": ([("Softmax", "image", "out", {"axis": 1})], "axis 1 of"),
    "ceil_mode": (
        [("MaxPool", "image", "out", {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1})],
        "ceil_mode 1",
    ),
    "average without padding": (
        [("AveragePool", "image", "out", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]})],
        "count_include_pad 0",
    ),
    "wide padding": ([("Conv", "image w", "out", {"pads": [3, 3, 3, 3]})], "not below the kernel's"),
    "a long stride": ([("Conv", "image w", "out", {"strides": [17, 17]})], "stride .17, 17. is outside"),
    "weights that depend on the jet": ([("Conv", "image image", "out")], "the weight is not a constant"),
    "padding with ones": ([("Pad", "image pad one", "p"), ("Conv", "p w", "out")], "padding with 1.0: only 0"),
    "padding by reflection": ([("Pad", "image pad", "out", {"mode": "reflect"})], "mode reflect"),
    "padding that is cut off": ([("Pad", "image less", "out")], "not less than 0"),
    "padding before a sum": ([("Pad", "image pad", "p"), ("Relu", "p", "out")], "reads what a Pad gives"),
    "padding for a maximum": (
        [("Pad", "image pad", "p"), ("MaxPool", "p", "out", {"kernel_shape": [3, 3]})],
        "only minus infinity",
    ),
    "a product of images": ([("Relu", "image", "r"), ("Mul", "r image", "out")], "only swish"),
    "a difference of images": ([("Relu", "image", "r"), ("Sub", "r image", "out")], "a difference of two"),
    "a quotient": ([("Div", "one image", "out")], "divided by a constant"),
    "a division by zero": ([("Div", "image zeros", "out")], "a division by zero"),
    "sums of other shapes": (
        [("MaxPool", "image", "p", {"kernel_shape": [28, 28]}), ("Add", "image p", "out")],
        "only two of one shape",
    ),
    "joined images": ([("Concat", "image image", "out", {"axis": 1})], "only vectors are joined"),
    "a pixel's own number": ([("Add", "image pixels", "out")], "belongs into --statistics"),
    "a transposed convolution": (
        [("Transpose", "image", "t", {"perm": [0, 2, 1, 3]}), ("Conv", "t w28", "out")],
        "first",
    ),
    "jets that move": ([("Transpose", "image", "out", {"perm": [1, 0, 2, 3]})], "jets do not stay in front"),
    "jets that are mixed": ([("Reshape", "image mixed", "out")], "jets do not stay apart"),
    "another layout": ([("Reshape", "image folded", "out")], "only flattening"),
    "flattening from another side": ([("Flatten", "image", "out", {"axis": 2})], "axis 2: only 1"),
    "a mean over channels": ([("ReduceMean", "image", "out", {"axes": [1]})], "only over all rows and columns"),
    "a matrix before the image": ([("MatMul", "w28 image", "out")], "not a constant"),
    "training": (
        [("BatchNormalization", "image three three three three", "out x x2", {"training_mode": 1})],
        "training_mode 1",
    ),
    "a negative variance": ([("BatchNormalization", "image three three three minus", "out")], "a variance is negative"),
    "Indices": ([("MaxPool", "image", "out i", {"kernel_shape": [2, 2]})], "Indices is used"),
    "infinite weights": ([("Conv", "image inf", "out")], "no finite number"),
    "another domain": ([("Gelu", "image", "out", {"domain": "com.microsoft"})], "com.microsoft.Gelu"),
    "clipping": ([("Clip", "image zeros", "out")], "activations are relu"),
}
OTHERS = {
    "w": CONV["w"],
    "w28": np.zeros((4, 28, 3, 3), np.float32),
    "inf": np.full((4, 3, 3, 3), np.inf, np.float32),
    "one": np.float32(1),
    "zeros": np.float32(0),
    "pad": PAD,
    "less": -PAD,
    "pixels": np.arange(784, dtype=np.float32).reshape(28, 28),
    "mixed": np.array([-1, 28], np.int64),
    "folded": np.array([0, 3, 14, 56], np.int64),
    "three": np.ones(3, np.float32),
    "minus": -np.ones(3, np.float32),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name):
    nodes, words = REFUSED[name]
    proto = graph(nodes, OTHERS, output=ANY)
    if name == "Indices":
        proto.graph.output.append(helper.make_tensor_value_info("i", TensorProto.INT64, ANY))
    if name == "another domain":
        proto.graph.node[0].ClearField("attribute")
        proto.graph.node[0].domain = "com.microsoft"
        proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    with pytest.raises(UnreadableError, match=words):
        read(proto, {"image": SIDES})


def test_bytes_that_are_no_model(tmp_path):
    with pytest.raises(ValueError, match="not a valid ONNX model"):
        read(b"\x08\x01 not a model", {"image": SIDES})
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ValueError, match="not a valid ONNX model"):
        read(tmp_path / "text.onnx", {"image": SIDES})


def test_inputs_that_do_not_fit():
    proto = body([("Identity", "logits", "out")])
    with pytest.raises(ValueError, match=r"input image \(\?, 3, 28, 28\) is none of .* image \(1, 37, 37\)"):
        read(proto, {"image": (1, 37, 37)})
    with pytest.raises(ValueError, match="the graph has image, and the library gives image"):
        read(proto, {"image": SIDES}, {"picture": "image"})
    proto.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT16
    with pytest.raises(ValueError, match="not an array of float32"):
        read(proto, {"image": SIDES})


def test_inputs_that_may_be_two_things():
    nodes = [("MatMul", "x m", "out")]
    proto = graph(nodes, weights(m=(53, 2)), {"x": ("jets", "n")})
    with pytest.raises(ValueError, match="may be features or"):
        read(proto, {"features": (53,), "image": (1, 1, 53), "more": (53,)})
    assert read(proto, {"features": (53,), "more": (53,)}, {"x": "features"}).inputs["x"].layer == "features"
    two = graph([("Add", "x y", "s"), ("MatMul", "s m", "out")], weights(m=(53, 2)), {"x": ("n", 53), "y": ("n", 53)})
    with pytest.raises(ValueError, match="more than one input would be features: x, y"):
        read(two, {"features": (53,)})
    two.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4
    with pytest.raises(ValueError, match="different numbers of jets"):
        read(two, {"features": (53,), "more": (53,)}, {"x": "features", "y": "more"})


def test_outputs_that_are_no_classes():
    with pytest.raises(ValueError, match="a Sigmoid for each of 2 classes"):
        read(body([("Sigmoid", "logits", "out")]), {"image": SIDES})
    with pytest.raises(ValueError, match="where one number per class is due"):
        read(graph([("Conv", "image w", "out")], CONV, output=ANY), {"image": SIDES})
    with pytest.raises(ValueError, match="there is no output scores; there are out"):
        read(body([("Identity", "logits", "out")]), {"image": SIDES}, output="scores")
    with pytest.raises(ValueError, match="there is no layer"):
        read(graph([("Identity", "features", "out")], {}, {"features": ("n", 53)}, ("n", 53)), {"features": (53,)})
    two = body([("Relu", "f", "other"), ("Identity", "logits", "out")])
    two.graph.output.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, ("jets", 4)))
    with pytest.raises(ValueError, match=r"several outputs: out \(2,\), other \(4,\)"):
        read(two, {"image": SIDES})
    assert read(two, {"image": SIDES}, output="out").outputs == 2


def test_what_another_output_needs_is_not_in_the_way():
    two = body([("Elu", "f", "other"), ("Identity", "logits", "out")])
    two.graph.output.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, ("jets", 4)))
    with pytest.raises(UnreadableError, match="Elu"):
        read(two, {"image": SIDES})
    assert kinds(read(two, {"image": SIDES}, output="out")) == ["conv2d", "global_average", "dense"]


def test_dropout_in_training_mode():
    nodes = [("Dropout", "image ratio training", "out")]
    stored = {"ratio": np.float32(0.5), "training": np.array(True)}
    with pytest.raises(UnreadableError, match=r"call eval\(\) first"):
        read(graph(nodes, stored, output=ANY), {"image": SIDES})
