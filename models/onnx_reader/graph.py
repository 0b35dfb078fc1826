"""An ONNX file as nodes with attributes as Python values, without those that change nothing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, inliner, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

Array: TypeAlias = npt.NDArray[Any]

# Stands for an open number of jets while shapes are worked out: a prime that no side of a layer is.
ANY_JETS = 99_991
FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE)
_OWN_DOMAINS = ("", "ai.onnx")
SWISH = "Swish"


@dataclass
class Node:
    """A node.

    Attributes
    ----------
    name, operator : str
        For people; an operator of another domain has it in front.
    inputs, outputs : list of str
        Names of values; an input that is left out is "".
    attributes : dict
        By name.
    proto : onnx.NodeProto
        As it was.
    """

    name: str
    operator: str
    inputs: list[str]
    outputs: list[str]
    attributes: dict[str, Any]
    proto: onnx.NodeProto


@dataclass
class Graph:
    """A graph.

    Attributes
    ----------
    nodes : list of Node
        Those that the wanted outputs need, in order.
    constants : dict of str to ndarray
        Initialisers.
    inputs : dict of str to list of int or None
        Sides of what is given, jets first; None where they are open.
    outputs : list of str
        What is wanted.
    output_names : dict of str to str
        What the file calls each of them.
    opset : int
        Version of the operators.
    shapes : dict of str to tuple of int
        What ONNX itself finds out, with the jets in front.
    proto : onnx.ModelProto
        The whole.
    """

    nodes: list[Node]
    constants: dict[str, Array]
    inputs: dict[str, list[int | None]]
    outputs: list[str]
    output_names: dict[str, str]
    opset: int
    shapes: dict[str, tuple[int, ...]]
    proto: onnx.ModelProto

    def uses(self) -> Counter[str]:
        """How often each value is read, as an output too."""
        return Counter([name for node in self.nodes for name in node.inputs] + self.outputs)


def load(model: onnx.ModelProto | bytes | str | os.PathLike[str]) -> onnx.ModelProto:
    """Read and check a model.

    Parameters
    ----------
    model : ModelProto, bytes or path
        Weights may lie in files beside it.

    Returns
    -------
    onnx.ModelProto
        With functions written out.

    Raises
    ------
    ValueError
        When it is no ONNX model.
    """
    try:
        if isinstance(model, bytes):
            proto = onnx.load_model_from_string(model)
        elif isinstance(model, onnx.ModelProto):
            proto = model
        else:
            proto = onnx.load(os.fspath(model))
        onnx.checker.check_model(proto)
    except OSError:
        raise
    except Exception as error:  # What it raises depends on the version of protobuf.
        raise ValueError(f"not a valid ONNX model: {str(error).strip() or type(error).__name__}") from error
    return inliner.inline_local_functions(proto) if proto.functions else proto


def inputs_of(proto: onnx.ModelProto) -> dict[str, list[int | None]]:
    """What a model is given, with its sides; None where they are open.

    Parameters
    ----------
    proto : onnx.ModelProto
        Of `load`.

    Returns
    -------
    dict of str to list of int or None

    Raises
    ------
    ValueError
        When an input is no array of single or double precision.
    """
    stored = {one.name for one in proto.graph.initializer}
    found: dict[str, list[int | None]] = {}
    for one in proto.graph.input:
        if one.name in stored:
            continue
        kind = one.type.tensor_type
        if kind.elem_type not in FLOATS or not kind.HasField("shape"):
            raise ValueError(f"input {one.name}: not an array of float32 or float64 with a known number of sides")
        found[one.name] = [side.dim_value if side.dim_value > 0 else None for side in kind.shape.dim]
    return found


def _with_sides(proto: onnx.ModelProto, sides: Mapping[str, Sequence[int]]) -> onnx.ModelProto:
    """The same model with numbers where sides were open."""
    made = onnx.ModelProto()
    made.CopyFrom(proto)
    for one in made.graph.input:
        if one.name in sides:
            for side, number in zip(one.type.tensor_type.shape.dim, sides[one.name], strict=True):
                side.dim_value = number
    # What the file says of values in between and of outputs is said for an open number of jets.
    del made.graph.value_info[:]
    for one in made.graph.output:
        one.type.tensor_type.ClearField("shape")
    return made


def _shapes(proto: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    try:
        inferred = shape_inference.infer_shapes(proto, data_prop=True).graph
    except Exception:  # Only used to go on after a node that cannot be read.
        return {}
    found = {}
    for one in [*inferred.value_info, *inferred.output]:
        kind = one.type.tensor_type
        if kind.HasField("shape") and all(side.dim_value > 0 for side in kind.shape.dim):
            found[one.name] = tuple(side.dim_value for side in kind.shape.dim)
    return found


def _nodes(proto: onnx.ModelProto) -> list[Node]:
    found = []
    for one in proto.graph.node:
        operator = one.op_type if one.domain in _OWN_DOMAINS else f"{one.domain}.{one.op_type}"
        attributes = {attribute.name: _plain(helper.get_attribute_value(attribute)) for attribute in one.attribute}
        found.append(Node(one.name or one.output[0], operator, list(one.input), list(one.output), attributes, one))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    return value


def _changes_nothing(node: Node, constants: Mapping[str, Array]) -> bool:
    match node.operator:
        case "Identity":
            return True
        case "Dropout":
            training = node.inputs[2] if len(node.inputs) > 2 else ""
            return len([name for name in node.outputs if name]) == 1 and (
                not training or (training in constants and not constants[training].any())
            )
        case "Cast":
            return node.attributes["to"] in FLOATS and node.inputs[0] not in constants
        case _:
            return False


def _join_swish(nodes: list[Node], uses: Mapping[str, int]) -> list[Node]:
    """A Sigmoid that only its own input is multiplied with, and the Mul, as one node."""
    sigmoids = {node.outputs[0]: node for node in nodes if node.operator == "Sigmoid" and uses[node.outputs[0]] == 1}
    joined, taken = [], set()
    for node in nodes:
        if node.operator == "Mul":
            for gate, other in (node.inputs, node.inputs[::-1]):
                if gate in sigmoids and sigmoids[gate].inputs[0] == other:
                    taken.add(gate)
                    node = Node(node.name, SWISH, [other], node.outputs, {}, node.proto)
                    break
        joined.append(node)
    return [node for node in joined if node.outputs[0] not in taken]


def _needed(nodes: list[Node], outputs: list[str]) -> list[Node]:
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted & set(node.outputs):
            wanted |= set(node.inputs)
            kept.append(node)
    return kept[::-1]


def graph_of(proto: onnx.ModelProto, sides: Mapping[str, Sequence[int]], output: str | None = None) -> Graph:
    """The graph of a model.

    Parameters
    ----------
    proto : onnx.ModelProto
        Of `load`.
    sides : mapping of str to sequence of int
        Of every input, none open.
    output : str, optional
        The one that is wanted; all of them unless given.

    Returns
    -------
    Graph

    Raises
    ------
    ValueError
        When there is no such output.
    """
    names = [one.name for one in proto.graph.output]
    if output is not None and output not in names:
        raise ValueError(f"there is no output {output}; there are {', '.join(names)}")
    constants: dict[str, Array] = {one.name: numpy_helper.to_array(one) for one in proto.graph.initializer}
    wanted = names if output is None else [output]
    same: dict[str, str] = {}
    nodes = []
    for node in _nodes(proto):
        node.inputs = [same.get(name, name) for name in node.inputs]
        if node.operator == "Constant":
            if (value := _constant(node)) is not None:
                constants[node.outputs[0]] = value
                continue
        if _changes_nothing(node, constants):
            same[node.outputs[0]] = node.inputs[0]
            continue
        nodes.append(node)
    outputs = [same.get(name, name) for name in wanted]
    nodes = _needed(nodes, outputs)
    opset = max((one.version for one in proto.opset_import if one.domain in _OWN_DOMAINS), default=1)
    shapes = _shapes(_with_sides(proto, sides))
    called = dict(zip(outputs, wanted, strict=True))
    found = Graph(nodes, constants, inputs_of(proto), outputs, called, opset, shapes, proto)
    found.nodes = _join_swish(nodes, found.uses())
    return found


def _constant(node: Node) -> Array | None:
    for kind in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if kind in node.attributes:
            value = node.attributes[kind]
            return np.asarray(value, np.float32) if "float" in kind else np.asarray(value)
    return None


def evaluate(node: Node, given: Sequence[Array | None], opset: int) -> list[Array]:
    """What a node gives whose inputs are all constants, by ONNX's own reference implementation.

    Parameters
    ----------
    node : Node
        Any but one of chance.
    given : sequence of ndarray or None
        Its inputs.
    opset : int
        Version of the operators.

    Returns
    -------
    list of ndarray
    """
    proto = onnx.NodeProto()
    proto.CopyFrom(node.proto)
    del proto.input[:]
    # Under names of our own: two inputs may be one value.
    proto.input.extend("" if value is None else f"in{i}" for i, value in enumerate(given))
    weights = [numpy_helper.from_array(value, f"in{i}") for i, value in enumerate(given) if value is not None]
    outputs = [helper.make_empty_tensor_value_info(name) for name in proto.output if name]
    graph = helper.make_graph([proto], "one", [], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    return [np.asarray(value) for value in ReferenceEvaluator(model).run(None, {})]
