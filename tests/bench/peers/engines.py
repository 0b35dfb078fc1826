"""The list of engines, in the order in which they take turns and stand in tables."""

from __future__ import annotations

import importlib

from tests.bench.peers.engine import Engine

# Name in tables: module and class. Modules load their engine's library when asked to, not when imported.
ENGINES = {
    "jettag native": ("of_jettag", "Native"),
    "jettag onednn": ("of_jettag", "OneDnn"),
    "ONNX Runtime": ("of_onnxruntime", "OnnxRuntime"),
    "OpenVINO": ("of_openvino", "OpenVino"),
    "LiteRT": ("of_litert", "LiteRt"),
    "ncnn": ("of_ncnn", "Ncnn"),
    "PyTorch eager": ("of_torch", "TorchEager"),
}
OURS = ("jettag native", "jettag onednn")


def engine_class(name: str) -> type[Engine]:
    """The class of an engine.

    Parameters
    ----------
    name : str
        One of `ENGINES`.

    Returns
    -------
    type
    """
    module, found = ENGINES[name]
    made: type[Engine] = getattr(importlib.import_module(f"tests.bench.peers.{module}"), found)
    return made
