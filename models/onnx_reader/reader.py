"""Goes through the nodes of a graph, and says at its end what the classes are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from models.layers import Layer, Shape
from models.onnx_reader import elementwise, graph, inputs, vectors, windows
from models.onnx_reader.context import Context, Reader, flattened
from models.onnx_reader.draft import Draft
from models.onnx_reader.graph import Graph, Node
from models.onnx_reader.problems import Cannot, Problem, UnreadableError
from models.onnx_reader.values import Value

READERS: dict[str, Reader] = {**windows.READERS, **vectors.READERS, **elementwise.READERS}
_LAST = ("Flatten", "Reshape", "Squeeze")  # May follow a softmax.
_HINTS = {
    "Dropout": "exported in training mode; call eval() first",
    "Clip": "no such layer; activations are relu, sigmoid and swish",
}


@dataclass
class Reading:
    """A network that was read.

    Attributes
    ----------
    layers : list of dict
        As in a model file, the output last.
    tensors : dict of str to ndarray of float32
        Its weights by their names in model files.
    inputs : dict of str to Value
        For each input of the graph what it is, and how it is laid out.
    output : str
        Of the graph, that was followed.
    ending : str
        What that output is: `logits`, or a `softmax`, `log_softmax` or `sigmoid` of them.
    outputs : int
        Numbers that the graph gives for a jet; 1 becomes two classes, of which it is the second.
    proto : onnx.ModelProto
        The graph itself.
    """

    layers: list[Layer]
    tensors: dict[str, npt.NDArray[np.float32]]
    inputs: dict[str, Value]
    output: str
    ending: str
    outputs: int
    proto: onnx.ModelProto


def read(
    model: onnx.ModelProto | bytes | str | os.PathLike[str],
    given: Mapping[str, Shape],
    named: Mapping[str, str] | None = None,
    output: str | None = None,
) -> Reading:
    """Read an ONNX model.

    Parameters
    ----------
    model : ModelProto, bytes or path
        With the jets in front of every input and output, their number open or not.
    given : mapping of str to tuple of int
        What the library gives a network: `image` (channels, rows, columns), and perhaps `features` (n,), `constituents`
        and `pairs` (channels, 1, members).
    named : mapping of str to str, optional
        Which of these an input is, where name and shape do not say.
    output : str, optional
        Name of the output with the classes, where there are several.

    Returns
    -------
    Reading

    Raises
    ------
    UnreadableError
        Names every node that jettag has no layer for.
    ValueError
        For anything else, in words.
    """
    proto = graph.load(model)
    declared = graph.inputs_of(proto)
    values = inputs.match(declared, given, named)
    counts = {sides[0] for sides in declared.values()}
    if len(counts) > 1:
        raise ValueError(f"inputs with different numbers of jets: {declared}")
    jets = counts.pop() or graph.ANY_JETS
    whole = graph.graph_of(proto, {name: (jets, *value.dims) for name, value in values.items()}, output)
    walk = _Walk(whole, values, dict(given), jets)
    walk.run()
    return walk.reading()


class _Walk:
    """One pass over the nodes."""

    def __init__(self, whole: Graph, inputs: dict[str, Value], given: dict[str, Shape], jets: int) -> None:
        self._graph = whole
        self._inputs = inputs
        self._jets = jets
        self._uses = whole.uses()
        self._draft = Draft(given)
        self._constants: dict[str, npt.NDArray[Any]] = dict(whole.constants)
        self._values: dict[str, Value | None] = {}
        self._problems: list[Problem] = []
        # Constants that depend on the size of something that could not be read.
        self._sizes: set[str] = set()
        for name, value in inputs.items():
            self._keep(name, value)

    def _keep(self, name: str, value: Value) -> None:
        self._values[name] = value
        if self._uses[name] > 1:
            self._draft.shared.add(value.layer)

    def run(self) -> None:
        """Read every node; raise for those that could not be."""
        for node in self._graph.nodes:
            try:
                self._node(node)
            except Cannot as error:
                self._problems.append(Problem(node.name, node.operator, str(error)))
                self._give_up(node)
        if self._problems:
            raise UnreadableError(self._problems)

    def _node(self, node: Node) -> None:
        if node.inputs and all(name in self._constants or not name for name in node.inputs):
            self._fold(node)
            return
        first = self._values.get(node.inputs[0]) if node.inputs else None
        if node.operator == "Shape" and first is not None:
            sides = (self._jets, *first.dims)
            chosen = sides[slice(node.attributes.get("start", 0), node.attributes.get("end"))]
            self._constants[node.outputs[0]] = np.array(chosen, np.int64)
            return
        if node.operator == "Shape" or self._of_unknown_sizes(node):
            self._sizes.update(node.outputs)
            return
        if node.operator not in READERS:
            raise Cannot(_HINTS.get(node.operator, "jettag has no such layer"))
        lost = self._sizes | {name for name, value in self._values.items() if value is None}
        if lost.intersection(node.inputs):
            self._give_up(node)
            return
        given = [self._constants.get(name, self._values.get(name)) if name else None for name in node.inputs]
        if any(isinstance(one, Value) and one.pads for one in given) and node.operator not in windows.THAT_PAD:
            raise Cannot("it reads what a Pad gives: only Conv, MaxPool and AveragePool may")
        if isinstance(given[0], Value) and given[0].ending and node.operator not in _LAST:
            raise Cannot(f"it reads what a {given[0].ending} gives, which is read only as the last step")
        self._keep(node.outputs[0], READERS[node.operator](Context(self._draft, node, given, self._jets)))

    def _of_unknown_sizes(self, node: Node) -> bool:
        """Whether it works on nothing but sizes of what could not be read."""
        there = [name for name in node.inputs if name and name not in self._constants]
        return bool(there) and self._sizes.issuperset(there)

    def _fold(self, node: Node) -> None:
        try:
            made = graph.evaluate(node, [self._constants.get(name) for name in node.inputs], self._graph.opset)
        except Exception as error:  # The reference implementation raises what it likes.
            raise Cannot(f"of constants, and could not be worked out: {error}") from error
        self._constants |= dict(zip((name for name in node.outputs if name), made, strict=True))

    def _give_up(self, node: Node) -> None:
        """Go on behind a node that could not be read, as far as ONNX knows the shape of what it gives."""
        for name in node.outputs:
            dims = self._graph.shapes.get(name, ())[1:]
            axes = {1: (0,), 2: (0, 2), 3: (0, 1, 2)}.get(len(dims))
            if axes is None:
                self._values[name] = None
                continue
            shape = (dims[0], 1, dims[1]) if len(dims) == 2 else dims
            self._values[name] = Value(self._draft.opaque(shape), shape, axes)

    def _end(self) -> tuple[str, Value]:
        """The output with the classes: all of them have to be of one layer."""
        found = {}
        for name in self._graph.outputs:
            value = self._values.get(name)
            if value is None:
                raise ValueError(f"output {self._graph.output_names[name]} does not depend on the jet")
            found[name] = value
        if len({value.layer for value in found.values()}) > 1:
            said = ", ".join(f"{self._graph.output_names[name]} {value.dims}" for name, value in found.items())
            raise ValueError(f"several outputs: {said}; say which one has the classes (--output)")
        name = max(found, key=lambda one: bool(found[one].ending))
        return self._graph.output_names[name], found[name]

    def reading(self) -> Reading:
        """What has become of the graph."""
        output, value = self._end()
        draft = self._draft
        if value.layer in self._inputs or value.layer not in draft.layers:
            raise ValueError(f"output {output} is an input: there is no layer")
        ending = value.ending or "logits"
        sides = [side for side in value.dims if side > 1]
        if len(sides) > 1:
            raise ValueError(f"output {output} has {value.dims} for each jet, where one number per class is due")
        context = Context(draft, Node(output, "output", [], [], {}, onnx.NodeProto()), [], self._jets)
        flat = flattened(context, replace(value, ending=""))
        name, count = flat.layer, flat.shape[0]
        if count == 1:
            name, ending = self._two_classes(name)
        elif draft.layers[name].get("activation", draft.layers[name].get("function")) == "sigmoid":
            raise ValueError(
                f"output {output} has a Sigmoid for each of {count} classes, which is no probability of one of them: "
                "use a softmax, or one output"
            )
        if flat.order is not None:
            unit = np.eye(count)[flat.order]
            name = draft.add("ordered", "dense", [name], {"units": count, "bias": False}, {"weight": unit})
        layers, tensors = draft.finished(name)
        return Reading(layers, tensors, self._inputs, output, ending, count, self._graph.proto)

    def _two_classes(self, name: str) -> tuple[str, str]:
        """One number as logits of two classes, the first of them 0: their softmax is its sigmoid."""
        draft, ending = self._draft, "logits"
        layer = draft.layers[name]
        if layer["kind"] == "activation" and layer["function"] == "sigmoid":
            name, ending = layer["inputs"][0], "sigmoid"
        elif layer.get("activation") == "sigmoid":
            layer["activation"], ending = "none", "sigmoid"
        layer = draft.layers[name]
        if layer["kind"] != "dense" or layer.get("activation", "none") != "none":
            keys = {"units": 2, "bias": False}
            return draft.add("logits", "dense", [name], keys, {"weight": np.array([[0.0], [1.0]])}), ending
        layer["units"] = 2
        for role in ("weight", "bias"):
            if f"{name}.{role}" in draft.tensors:
                one = draft.tensors[f"{name}.{role}"]
                draft.tensors[f"{name}.{role}"] = np.concatenate([np.zeros_like(one), one])
        draft.shapes[name] = (2,)
        return name, ending
