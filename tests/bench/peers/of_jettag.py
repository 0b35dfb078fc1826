"""jettag itself, through jt_tag_images."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import numpy as np

from jettag import _native
from tests.bench.peers.engine import Call, Engine, Floats
from tests.bench.peers.install import ROOT, Missing


def library() -> Path:
    """The library that `import jettag` uses."""
    return Path(os.environ.get("JETTAG_LIBRARY", ROOT / "build" / "lib" / "libjettag.so")).resolve()


class _Jettag(Engine):
    backend = ""

    def __init__(self, folder: Path, batch: int) -> None:
        self._lib = _native.lib()
        self._model, self._context, error = ctypes.c_void_p(), ctypes.c_void_p(), _native.Error()
        options = _native.ModelOptions(backend=self.backend.encode())
        path = os.fsencode(folder / "model.jtm")
        status = self._lib.jt_model_load(path, ctypes.byref(options), ctypes.byref(self._model), ctypes.byref(error))
        if not status:
            status = self._lib.jt_context_create(self._model, None, ctypes.byref(self._context), ctypes.byref(error))
        if status:
            raise Missing(error.text.decode())
        self._scores = np.empty(batch, np.float32)
        self._output = _native.Output(scores=self._scores.ctypes.data)

    def __del__(self) -> None:
        self._lib.jt_context_free(self._context)
        self._lib.jt_model_free(self._model)

    def bind(self, images: Floats, features: Floats | None) -> Call:
        function, context, output = self._lib.jt_tag_images, self._context, ctypes.byref(self._output)
        pixels, n = ctypes.c_void_p(images.ctypes.data), ctypes.c_int64(len(images))
        values = ctypes.c_void_p(None if features is None else features.ctypes.data)
        return lambda: function(context, pixels, values, n, output)

    def scores(self) -> Floats:
        return self._scores.copy()

    @staticmethod
    def version() -> str:
        return str(_native.lib().jt_version().decode())


class Native(_Jettag):
    """Its own kernels."""

    backend = "native"

    @staticmethod
    def libraries() -> list[Path]:
        return [library()]


class OneDnn(_Jettag):
    """Its oneDNN module: a oneDNN primitive per layer."""

    backend = "onednn"

    @staticmethod
    def libraries() -> list[Path]:
        module = library().with_name("jettag-onednn.so")
        return [library(), module, *sorted((ROOT / ".venv").glob("lib/libdnnl.so.*.*"))]
