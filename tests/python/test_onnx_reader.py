"""ONNX graphs as model files: the library's scores are those that ONNX Runtime gives the graph itself."""

import os

import numpy as np
import onnxruntime
import pytest
from onnx import numpy_helper

import jettag
import models_helpers as helpers
import test_parity
from models import jtm
from models.export import build, without_statistics
from models.networks import NETWORKS, Network
from models.onnx_reader import read
from models.onnx_writer import to_onnx
from onnx_graphs import CONV, PAD, SIDES, body, graph, head, kinds, weights

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
