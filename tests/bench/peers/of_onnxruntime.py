"""ONNX Runtime through its C interface: one thread, all optimisations, the caller's own memory for inputs and outputs.

The C interface is a table of functions whose order is fixed forever (onnxruntime_c_api.h); the numbers are places in
that table.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.peers.engine import Call, Engine, Floats
from tests.bench.peers.install import Missing

_API_VERSION = 17
_GET_ERROR_MESSAGE, _CREATE_ENV, _CREATE_SESSION, _RUN, _CREATE_OPTIONS = 2, 3, 7, 9, 10
_SET_OPTIMISATION, _SET_INTRA_THREADS, _SET_INTER_THREADS = 23, 24, 25
_CREATE_TENSOR, _CREATE_MEMORY_INFO = 49, 69
_ALL_OPTIMISATIONS, _WARNINGS, _ARENA, _DEFAULT_MEMORY, _FLOAT = 99, 2, 1, 0, 1


def _library() -> Path:
    found = importlib.util.find_spec("onnxruntime")
    if found is None or found.origin is None:
        raise Missing("the package onnxruntime is not installed")
    paths = sorted((Path(found.origin).parent / "capi").glob("libonnxruntime.so.*"))
    if not paths:
        raise Missing("the package onnxruntime has no libonnxruntime.so")
    return paths[0]


class _Api:
    """The table of functions, and the environment that all sessions share."""

    def __init__(self) -> None:
        base = ctypes.CDLL(str(_library())).OrtGetApiBase
        base.restype = ctypes.POINTER(c_void_p * 2)
        get = ctypes.CFUNCTYPE(c_void_p, c_uint32)(base().contents[0])
        table = get(_API_VERSION)
        if not table:
            raise Missing(f"no interface of version {_API_VERSION}")
        self._table: Any = ctypes.cast(table, ctypes.POINTER(c_void_p * 100)).contents
        self.environment = c_void_p()
        self.call(_CREATE_ENV, c_int(_WARNINGS), c_char_p(b"bench"), byref(self.environment))
        self.memory = c_void_p()
        self.call(_CREATE_MEMORY_INFO, c_int(_ARENA), c_int(_DEFAULT_MEMORY), byref(self.memory))

    def function(self, place: int) -> Any:
        return ctypes.CFUNCTYPE(c_void_p)(self._table[place])

    def call(self, place: int, *arguments: Any) -> None:
        self.check(self.function(place)(*arguments))

    def check(self, status: int | None) -> None:
        if status:
            message = ctypes.CFUNCTYPE(c_char_p, c_void_p)(self._table[_GET_ERROR_MESSAGE])
            raise Missing(message(status).decode())


_api: list[_Api] = []


def _shared() -> _Api:
    if not _api:
        _api.append(_Api())
    return _api[0]


class OnnxRuntime(Engine):
    """The table above, used."""

    def __init__(self, folder: Path, batch: int) -> None:
        api = self._api = _shared()
        options, self._session = c_void_p(), c_void_p()
        api.call(_CREATE_OPTIONS, byref(options))
        api.call(_SET_OPTIMISATION, options, c_int(_ALL_OPTIMISATIONS))
        api.call(_SET_INTRA_THREADS, options, c_int(1))
        api.call(_SET_INTER_THREADS, options, c_int(1))
        path = c_char_p(os.fsencode(folder / "onnx" / f"{batch}.onnx"))
        api.call(_CREATE_SESSION, api.environment, path, options, byref(self._session))
        self._scores = np.zeros((batch, 2), np.float32)
        self._output = self._tensor(self._scores)

    def _tensor(self, values: Floats) -> c_void_p:
        made = c_void_p()
        shape = (ctypes.c_int64 * values.ndim)(*values.shape)
        memory, size = c_void_p(values.ctypes.data), c_size_t(values.nbytes)
        self._api.call(
            _CREATE_TENSOR, self._api.memory, memory, size, shape, c_size_t(values.ndim), c_int(_FLOAT), byref(made)
        )
        return made

    def bind(self, images: Floats, features: Floats | None) -> Call:
        given = [(b"image", images)] + ([] if features is None else [(b"features", features)])
        names = (c_char_p * len(given))(*(name for name, _ in given))
        values = (c_void_p * len(given))(*(self._tensor(one) for _, one in given))
        out_name, out = (c_char_p * 1)(b"scores"), (c_void_p * 1)(self._output)
        run, session, none = self._api.function(_RUN), self._session, c_void_p()
        count, one = c_size_t(len(given)), c_size_t(1)
        self._api.check(run(session, none, names, values, count, out_name, one, out))
        return lambda: run(session, none, names, values, count, out_name, one, out)

    def scores(self) -> Floats:
        return self._scores[:, -1].copy()

    @staticmethod
    def version() -> str:
        return _library().name.removeprefix("libonnxruntime.so.")

    @staticmethod
    def libraries() -> list[Path]:
        return [_library()]
