"""ncnn through its Python module, one thread, single precision; a model converted by pnnx.

ncnn takes one image at a time; a batch is a loop over it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.peers.engine import Call, Engine, Floats
from tests.bench.peers.install import PINNED, Missing, package


def _module() -> Any:
    folder = str(package("ncnn"))
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        import ncnn
    except ImportError as error:
        raise Missing(str(error)) from error
    return ncnn


class Ncnn(Engine):
    """A network, and a new extractor per image, as ncnn wants it."""

    @staticmethod
    def prepare(folder: Path, batches: list[int]) -> None:
        place = folder / "ncnn"
        place.mkdir()
        shutil.copy(folder / "onnx" / "1.onnx", place / "model.onnx")
        shapes = [
            np.load(path, mmap_mode="r").shape
            for path in (folder / "images.npy", folder / "features.npy")
            if path.exists()
        ]
        given = ",".join(str([1, *shape[1:]]).replace(" ", "") for shape in shapes)
        program = package("pnnx") / "pnnx" / "pnnx"
        command = [str(program), "model.onnx", f"inputshape={given}", "fp16=0"]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True)
        if done.returncode or not (place / "model.ncnn.param").exists():
            raise Missing(f"pnnx: {(done.stderr or done.stdout).strip()[-200:]}")

    def __init__(self, folder: Path, batch: int) -> None:
        self._ncnn = _module()
        self._net = self._ncnn.Net()
        options = self._net.opt
        options.num_threads = 1
        options.use_vulkan_compute = False
        options.use_bf16_storage = False
        options.use_fp16_packed = options.use_fp16_storage = options.use_fp16_arithmetic = False
        for load, name in ((self._net.load_param, "model.ncnn.param"), (self._net.load_model, "model.ncnn.bin")):
            if load(str(folder / "ncnn" / name)):
                raise Missing(f"cannot load {name}")
        self._batch = batch
        self._found: list[Any] = []

    def bind(self, images: Floats, features: Floats | None) -> Call:
        given = [
            [self._ncnn.Mat(one) for one in ((images[i],) if features is None else (images[i], features[i]))]
            for i in range(self._batch)
        ]
        net = self._net

        def run() -> None:
            found = []
            for mats in given:
                extractor = net.create_extractor()
                for place, mat in enumerate(mats):
                    extractor.input(f"in{place}", mat)
                found.append(extractor.extract("out1")[1])
            self._found = found

        return run

    def scores(self) -> Floats:
        return np.array([np.array(one)[-1] for one in self._found], np.float32)

    @staticmethod
    def version() -> str:
        _module()
        return PINNED["ncnn"]

    @staticmethod
    def libraries() -> list[Path]:
        return sorted(package("ncnn").rglob("*.so*"))
