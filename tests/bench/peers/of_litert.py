"""LiteRT (once TensorFlow Lite) through its Python module: XNNPACK, one thread, a model made by TensorFlow.

Its images have the channels last; they are given so, not turned round within the call.
"""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.peers.engine import Call, Engine, Floats
from tests.bench.peers.install import PINNED, ROOT, Missing, package, tensorflow


def _interpreter() -> Any:
    folder = str(package("ai-edge-litert"))
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise Missing(str(error)) from error
    return Interpreter


class LiteRt(Engine):
    """An interpreter; XNNPACK is its default on the processor."""

    @staticmethod
    def prepare(folder: Path, batches: list[int]) -> None:
        script = str(Path(__file__).with_name("to_tflite.py"))
        command = [str(tensorflow()), script, str(folder), *map(str, batches)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise Missing(f"conversion: {done.stderr.strip().splitlines()[-1]}")

    def __init__(self, folder: Path, batch: int) -> None:
        self._interpreter = _interpreter()(str(folder / "tflite" / f"{batch}.tflite"), num_threads=1)
        self._interpreter.allocate_tensors()
        # Inputs in the order of the Keras model: by the number of their sides, images first.
        self._inputs = sorted(self._interpreter.get_input_details(), key=lambda one: -len(one["shape"]))
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._kept: list[Any] = []

    def _address(self, index: int) -> int:
        # A view that lives would forbid the interpreter to run.
        return int(self._interpreter.tensor(index)().ctypes.data)

    def bind(self, images: Floats, features: Floats | None) -> Call:
        given = [np.ascontiguousarray(images.transpose(0, 2, 3, 1))] + ([] if features is None else [features])
        self._kept.append(given)
        moves = [
            (self._address(put["index"]), values.ctypes.data, values.nbytes)
            for put, values in zip(self._inputs, given, strict=True)
        ]
        move, invoke = ctypes.memmove, self._interpreter.invoke

        def run() -> None:
            for to, source, size in moves:
                move(to, source, size)
            invoke()

        return run

    def scores(self) -> Floats:
        return self._interpreter.get_tensor(self._output)[:, -1].copy()

    @staticmethod
    def version() -> str:
        _interpreter()
        return PINNED["ai-edge-litert"]

    @staticmethod
    def libraries() -> list[Path]:
        folder = package("ai-edge-litert") / "ai_edge_litert"
        names = ("_pywrap_tensorflow_lite_interpreter_wrapper.so", "_pywrap_litert_interpreter_wrapper.so")
        return [folder / name for name in (*names, "libpywrap_litert_common.so") if (folder / name).exists()]
