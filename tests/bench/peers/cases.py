"""A network with weights and inputs, written into a folder in the forms that the engines read.

    model.jtm                what jettag loads
    onnx/N.onnx              for ONNX Runtime, OpenVINO and pnnx, with the number of jets fixed to N
    images.npy, features.npy the network's inputs for real jets
    scores.npy               in double precision, by PyTorch

A network of the zoo has its trained weights. Any other has the random ones that the parity tests use, scaled to these
jets, with means and deviations of these very jets, so that its images look as they do in use.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch

import jettag
from models import jtm
from models.datasets import shards
from models.export import Statistics, build, network_of, without_statistics
from models.layers import IMAGE
from models.networks import NETWORKS, Network
from models.onnx_writer import to_onnx
from models.torch_network import TorchNetwork

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "python"))

import models_helpers as helpers  # noqa: E402

ZOO = ROOT / "models" / "zoo"
Floats = npt.NDArray[np.float32]

# The largest number of jets that a batch may have.
JETS = 1000
_SEED = 4
# Jets by which random weights are scaled, and how far apart the differences of their two logits then are.
_FOR_SCALES = 64
_SPREAD = 0.5
# As in training: deviations of pixels seldom lit are raised to this share of the channel's largest.
_DEVIATION_FLOOR = 0.001


@dataclass
class Case:
    """A network to measure.

    Attributes
    ----------
    network : Network
        Its layers.
    folder : Path
        With the files named above.
    trained : bool
        Whether the weights are those of the zoo.
    """

    network: Network
    folder: Path
    trained: bool

    @property
    def multiply_adds(self) -> int:
        """Of the network, per jet."""
        return int(jettag.load(self.folder / "model.jtm").info["multiply_adds"])

    @property
    def images(self) -> Floats:
        """(jets, channels, rows, columns)."""
        return np.load(self.folder / "images.npy")

    @property
    def features(self) -> Floats | None:
        """(jets, features), None for a network without."""
        path = self.folder / "features.npy"
        return np.load(path) if path.exists() else None

    @property
    def scores(self) -> Floats:
        """(jets,), what every engine has to give."""
        return np.load(self.folder / "scores.npy")


def _statistics(network: Network, jets: shards.Jets) -> Statistics:
    made = without_statistics(network, jettag.FEATURES)
    if network.standardised:
        images = jettag.images(jets.jagged, network.image["recipe"]).astype(np.float64)
        deviation = images.std(0)
        floor = _DEVIATION_FLOOR * deviation.max(axis=(1, 2), keepdims=True)
        made.image_mean = images.mean(0).astype(np.float32)
        made.image_deviation = np.maximum(deviation, floor).astype(np.float32)
    if network.n_features:
        features = jettag.features(jets.jagged)
        made.feature_mean = features.mean(0).astype(np.float32)
        made.feature_deviation = np.maximum(features.std(0), 1e-6).astype(np.float32)
    return made


def _inputs(path: Path, jets: shards.Jets) -> tuple[Floats, Floats | None]:
    """What the network of a model file sees of the jets."""
    model = jettag.load(path, backend="reference")
    images, features, statuses = model.network_inputs(jets.jagged)
    # Enough jets for the largest batch, should a few of the sample be unfit.
    chosen = np.resize(np.flatnonzero(statuses == 0), len(jets))
    return images[chosen], None if features is None else features[chosen]


def _random_model(network: Network, jets: shards.Jets, path: Path) -> None:
    """Write a model file with random weights whose scores of these jets lie on both sides of 0.5."""
    statistics = _statistics(network, jets)
    tensors = helpers.random_tensors(network, _SEED)
    jtm.write(path, build(network, tensors, statistics, version="0", created="2026-01-31"))
    images, features = _inputs(path, jets.part(0, _FOR_SCALES))
    if not network.standardised:
        # Next to random biases such faint images would hardly matter, and what then tells jets apart is rounding.
        first = next(layer["name"] for layer in network.layers if IMAGE in layer["inputs"])
        tensors[f"{first}.weight"] /= images.std()
    logits, _ = helpers.onnx_outputs(network, tensors, images, features)
    margin = logits[:, 1] - logits[:, 0]
    scale = np.float32(_SPREAD / margin.std())
    tensors[f"{network.output}.weight"] *= scale
    tensors[f"{network.output}.bias"] *= scale
    tensors[f"{network.output}.bias"][0] += scale * margin.mean()
    jtm.write(path, build(network, tensors, statistics, version="0", created="2026-01-31"))


def _exact_scores(network: Network, tensors: helpers.Tensors, images: Floats, features: Floats | None) -> Floats:
    """Scores in double precision, rounded at the very end: the measure of all engines."""
    torch.set_num_threads(1)  # More would wait for each other on the one core.
    module = TorchNetwork(network).eval()
    module.load_tensors(tensors)
    module.double()
    given = [torch.from_numpy(one).double() for one in (images, features) if one is not None]
    with torch.no_grad():
        parts = [module.scores(*(one[i : i + 50] for one in given)) for i in range(0, len(images), 50)]
    return torch.cat(parts).numpy().astype(np.float32)


def make(name: str, batches: list[int], folder: Path) -> Case:
    """Write a case.

    Parameters
    ----------
    name : str
        Of `models.networks`.
    batches : list of int
        Numbers of jets, each of which gets an ONNX model of its own.
    folder : Path
        To write into; made here.

    Returns
    -------
    Case
    """
    folder.mkdir(parents=True)
    jets = shards.read(shards.SAMPLE).part(0, JETS)
    path, trained = folder / "model.jtm", (ZOO / f"{name}.jtm").exists()
    if trained:
        path.write_bytes((ZOO / f"{name}.jtm").read_bytes())
    else:
        _random_model(NETWORKS[name], jets, path)
    stored = jtm.read(path)
    network = network_of(stored)
    images, features = _inputs(path, jets)
    np.save(folder / "images.npy", images)
    if features is not None:
        np.save(folder / "features.npy", features)
    scores = _exact_scores(network, stored.tensors, images, features)
    if scores.std() < 0.05:
        raise ValueError(f"{name}: scores that are all alike, {scores.std():.2g} apart, show no mistake")
    np.save(folder / "scores.npy", scores)

    model = to_onnx(network, stored.tensors)
    (folder / "onnx").mkdir()
    for batch in batches:
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = batch
        onnx.save(model, folder / "onnx" / f"{batch}.onnx")
    return Case(network, folder, trained)
