"""OpenVINO through its C interface: latency hint, one thread, single precision, the caller's own memory for inputs."""

from __future__ import annotations

import ctypes
import os
from ctypes import byref, c_char_p, c_int, c_int64, c_size_t, c_void_p
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.peers.engine import Call, Engine, Floats
from tests.bench.peers.install import PINNED, Missing, package

# Without the precision, processors with bfloat16 units would be used in bfloat16.
_PROPERTIES = {
    b"PERFORMANCE_HINT": b"LATENCY",
    b"INFERENCE_NUM_THREADS": b"1",
    b"INFERENCE_PRECISION_HINT": b"f32",
}
_WANTED = ("libopenvino.so", "libopenvino_c.so", "libopenvino_intel_cpu", "libopenvino_onnx", "libtbb.so", "libhwloc")


class _Shape(ctypes.Structure):
    _fields_ = [("rank", c_int64), ("sides", ctypes.POINTER(c_int64))]


def _folder() -> Path:
    return package("openvino") / "openvino" / "libs"


_shared: list[Any] = []


def _openvino() -> tuple[ctypes.CDLL, c_void_p]:
    """The library and a core, made once."""
    if not _shared:
        lib = ctypes.CDLL(str(next(_folder().glob("libopenvino_c.so.*"))))
        lib.ov_get_last_err_msg.restype = c_char_p
        core = c_void_p()
        _check(lib, lib.ov_core_create(byref(core)))
        _shared.extend([lib, core])
    return _shared[0], _shared[1]


def _check(lib: ctypes.CDLL, status: int) -> None:
    if status:
        raise Missing(f"status {status}: {(lib.ov_get_last_err_msg() or b'').decode()}")


class OpenVino(Engine):
    """Its CPU plugin."""

    def __init__(self, folder: Path, batch: int) -> None:
        self._lib, core = _openvino()
        model, compiled, self._request, output = c_void_p(), c_void_p(), c_void_p(), c_void_p()
        path = c_char_p(os.fsencode(folder / "onnx" / f"{batch}.onnx"))
        self._call("ov_core_read_model", core, path, c_char_p(None), byref(model))
        properties = [c_char_p(word) for pair in _PROPERTIES.items() for word in pair]
        count = c_size_t(len(properties))
        self._call("ov_core_compile_model", core, model, c_char_p(b"CPU"), count, byref(compiled), *properties)
        self._call("ov_compiled_model_create_infer_request", compiled, byref(self._request))
        self._call("ov_infer_request_get_tensor", self._request, c_char_p(b"scores"), byref(output))
        kind, data = c_int(), c_void_p()
        self._call("ov_tensor_get_element_type", output, byref(kind))
        self._call("ov_tensor_data", output, byref(data))
        self._kind = kind
        self._scores = np.ctypeslib.as_array(ctypes.cast(data, ctypes.POINTER(ctypes.c_float)), (batch, 2))

    def _call(self, name: str, *arguments: Any) -> None:
        _check(self._lib, getattr(self._lib, name)(*arguments))

    def _tensor(self, values: Floats) -> c_void_p:
        made = c_void_p()
        shape = _Shape(values.ndim, (c_int64 * values.ndim)(*values.shape))
        memory = c_void_p(values.ctypes.data)
        self._call("ov_tensor_create_from_host_ptr", self._kind, shape, memory, byref(made))
        return made

    def bind(self, images: Floats, features: Floats | None) -> Call:
        put, infer, request = self._lib.ov_infer_request_set_tensor, self._lib.ov_infer_request_infer, self._request
        image_name, pixels = c_char_p(b"image"), self._tensor(images)
        if features is None:

            def run() -> None:
                put(request, image_name, pixels)
                infer(request)

        else:
            features_name, values = c_char_p(b"features"), self._tensor(features)

            def run() -> None:
                put(request, image_name, pixels)
                put(request, features_name, values)
                infer(request)

        run()
        self._call("ov_infer_request_infer", request)
        return run

    def scores(self) -> Floats:
        return self._scores[:, -1].copy()

    @staticmethod
    def version() -> str:
        _openvino()
        return PINNED["openvino"]

    @staticmethod
    def libraries() -> list[Path]:
        return [path for path in sorted(_folder().iterdir()) if path.name.startswith(_WANTED)]
