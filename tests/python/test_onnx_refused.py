"""ONNX graphs that do not become model files: what is said of them."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from models.onnx_reader import UnreadableError, read
from onnx_graphs import ANY, CONV, PAD, SIDES, body, graph, head, kinds, weights


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
