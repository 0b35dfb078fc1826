"""Scores of an ONNX model by ONNX Runtime: what the library's are compared with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.networks import Network
from models.onnx_reader import Reading

Floats = npt.NDArray[np.float32]


class OnnxScores:
    """Scores by ONNX Runtime, without its optimisations, one thread.

    Parameters
    ----------
    reading : Reading
        The graph, and what its inputs and output are.
    network : Network
        The same, as jettag has it.
    classes : sequence of str
        Of the outputs in order.
    """

    def __init__(self, reading: Reading, network: Network, classes: list[str]) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        model = reading.proto.SerializeToString()
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._reading = reading
        self._network = network
        self._top = classes.index("top")
        kinds = {one.name: one.type for one in self._session.get_inputs()}
        self._types = {name: np.float64 if "double" in kind else np.float32 for name, kind in kinds.items()}
        # A graph for a fixed number of jets gets so many at a time.
        first = next(iter(self._session.get_inputs())).shape[0]
        self._jets = first if isinstance(first, int) and first > 0 else None
        self.made_by = f"ONNX Runtime {onnxruntime.__version__}"

    def __call__(self, images: Floats, rows: Floats | None) -> npt.NDArray[np.float64]:
        """Probability of the class `top`.

        Parameters
        ----------
        images : ndarray
            (n, channels, rows, columns), as `jettag.Model.network_inputs` gives them.
        rows : ndarray or None
            What the library gives beside images.

        Returns
        -------
        ndarray of float64
            (n,).
        """
        given = {"image": images, **self._network.split_rows(rows)}
        feeds = {
            name: given[value.layer]
            .transpose(0, *self._order(name))
            .reshape(len(images), *value.dims)
            .astype(self._types[name])
            for name, value in self._reading.inputs.items()
            if name in self._types
        }
        size = self._jets or len(images)
        parts = []
        for start in range(0, len(images), size):
            part = {name: values[start : start + size] for name, values in feeds.items()}
            missing = size - len(images[start : start + size])
            if missing:
                part = {name: np.concatenate([one, np.repeat(one[:1], missing, axis=0)]) for name, one in part.items()}
            parts.append(self._session.run([self._reading.output], part)[0].reshape(size, -1))
        return self._probabilities(np.concatenate(parts)[: len(images)].astype(np.float64))

    def _order(self, name: str) -> list[int]:
        """Sides of what is given in the order in which the graph has them, those of length 1 in front."""
        value = self._reading.inputs[name]
        there = [axis for axis in value.axes if axis is not None]
        return [1 + axis for axis in [*(a for a in range(len(value.shape)) if a not in there), *there]]

    def _probabilities(self, outputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        ending = self._reading.ending
        if outputs.shape[1] == 1:
            second = outputs[:, 0] if ending == "sigmoid" else 1 / (1 + np.exp(-outputs[:, 0]))
            return second if self._top == 1 else 1 - second
        if ending == "softmax":
            return outputs[:, self._top]
        # The softmax of a log-softmax is the same again.
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return powers[:, self._top] / powers.sum(axis=1)
