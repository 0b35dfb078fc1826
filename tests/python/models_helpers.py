"""Networks with random weights, inputs for them, and the scores that ONNX Runtime and PyTorch give."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from models import jtm
from models.export import build, without_statistics
from models.initialise import random_tensors
from models.networks import NETWORKS, Network
from models.onnx_writer import LOGITS, SCORES, to_onnx
from models.zoo_table import FOLDERS

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [path for folder in FOLDERS for path in sorted(folder.glob("*.jtm"))]
Floats = npt.NDArray[np.float32]
Tensors = Mapping[str, Floats]


def blob_images(shape: tuple[int, ...], jets: int, seed: int) -> Floats:
    """Images that differ from each other as jets do: a few blobs of very different brightness over some noise."""
    random = np.random.default_rng(seed)
    channels, rows, columns = shape
    r, c = np.mgrid[:rows, :columns]
    images = 0.1 * random.standard_normal((jets, *shape))
    for _ in range(4):
        at = random.uniform(0, 1, (2, jets, channels, 1, 1))
        width = random.uniform(0.02, 0.25, (jets, channels, 1, 1)) * rows
        height = np.exp(random.uniform(-1.5, 1.5, (jets, channels, 1, 1))) * random.choice([-1, 1], (jets, 1, 1, 1))
        distance = ((r - at[0] * rows) ** 2 + (c - at[1] * columns) ** 2) / width**2
        images += height * np.exp(-0.5 * distance)
    return images.astype(np.float32)


def network_inputs(network: Network, jets: int, seed: int) -> tuple[Floats, Floats | None]:
    """Images and, where the network reads them, rows of features, constituents and pairs."""
    random = np.random.default_rng(seed + 1)
    rows = []
    for name, shape in network.row_shapes.items():
        values = random.standard_normal((jets, *shape))
        if name in network.sets:
            # What is not there is 0 in all channels, and 1 in the first where it is.
            there = np.arange(shape[2]) < random.integers(shape[2] // 4, shape[2] + 1, (jets, 1, 1))
            values = np.where(there[:, None], values, 0)
            values[:, 0] = there
        rows.append(values.reshape(jets, -1).astype(np.float32))
    return blob_images(network.image_shape, jets, seed), np.concatenate(rows, 1) if rows else None


def onnx_outputs(network: Network, tensors: Tensors, images: Floats, features: Floats | None) -> tuple[Floats, Floats]:
    """Logits, and the score of the class top, by ONNX Runtime without its graph optimisations."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    model = to_onnx(network, tensors).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    given: dict[str, Any] = {"image": images, **network.split_rows(features)}
    read = {one.name for one in session.get_inputs()}
    given = {name: values for name, values in given.items() if name in read}
    logits, scores = session.run([LOGITS, SCORES], given)
    return logits, scores[:, -1]


def spread_tensors(network: Network, seed: int, images: Floats, features: Floats | None) -> dict[str, Floats]:
    """Random weights whose last layer is scaled so that the scores of these inputs lie on both sides of 0.5."""
    tensors = random_tensors(network, seed)
    logits, _ = onnx_outputs(network, tensors, images, features)
    margin = logits[:, 1] - logits[:, 0]
    weight, bias = f"{network.output}.weight", f"{network.output}.bias"
    scale = 1.2 / margin.std()
    tensors[weight] = (tensors[weight] * scale).astype(np.float32)
    shift = np.array([margin.mean() * scale, 0.0])
    tensors[bias] = (tensors[bias] * scale + shift).astype(np.float32)
    return tensors


def random_model(name: str, folder: Path) -> Path:
    """A model file with random weights, without standardising, card, working points and golden jets."""
    import jettag

    network = NETWORKS[name]
    images, features = network_inputs(network, 16, seed=1)
    tensors = spread_tensors(network, 2, images, features)
    path = folder / f"{name}.jtm"
    statistics = without_statistics(network, jettag.FEATURES)
    jtm.write(path, build(network, tensors, statistics, version="0", created="2026-01-31"))
    return path


def torch_scores(network: Network, tensors: Tensors, images: Floats, features: Floats | None) -> Floats:
    """Scores by PyTorch, which is installed where models are trained and need not be elsewhere."""
    import torch

    from models.torch_network import TorchNetwork

    torch.set_num_threads(1)  # More only wait for each other on so few jets.
    module = TorchNetwork(network).eval()
    module.load_tensors(tensors)
    with torch.no_grad():
        given = None if features is None else torch.from_numpy(features)
        return module.scores(torch.from_numpy(images), given).numpy()
