"""PyTorch, layer by layer as it is trained with: what most who publish a tagger have at hand. One thread."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from models import jtm
from models.export import network_of
from tests.bench.peers.engine import Call, Engine, Floats
from tests.bench.peers.install import Missing


class TorchEager(Engine):
    """`models.torch_network`, in inference mode."""

    def __init__(self, folder: Path, batch: int) -> None:
        import torch

        from models.torch_network import TorchNetwork

        torch.set_num_threads(1)
        stored = jtm.read(folder / "model.jtm")
        self._torch = torch
        self._module = TorchNetwork(network_of(stored)).eval()
        self._module.load_tensors(stored.tensors)
        self._found: Any = None

    def bind(self, images: Floats, features: Floats | None) -> Call:
        torch, score = self._torch, self._module.scores
        given = [torch.from_numpy(one) for one in ((images,) if features is None else (images, features))]

        def run() -> None:
            with torch.inference_mode():
                self._found = score(*given)

        return run

    def scores(self) -> Floats:
        found: Floats = self._found.numpy().copy()
        return found

    @staticmethod
    def version() -> str:
        if importlib.util.find_spec("torch") is None:
            raise Missing("the package torch is not installed")
        import torch

        return str(torch.__version__)

    @staticmethod
    def libraries() -> list[Path]:
        found = importlib.util.find_spec("torch")
        folder = Path(str(found.origin if found else "")).parent / "lib"
        return [folder / name for name in ("libtorch_cpu.so", "libtorch_python.so", "libtorch.so", "libc10.so")]
