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
from models.export import Statistics, build, without_statistics
from models.networks import NETWORKS, Network
from models.onnx_writer import to_onnx
from models.torch_network import TorchNetwork

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "python"))

import models_helpers as helpers  # noqa: E402
from tests.bench.peers.stored import network_of  # noqa: E402

SAMPLE = ROOT / "examples" / "data" / "toptag.npz"
ZOO = ROOT / "models" / "zoo"
Floats = npt.NDArray[np.float32]

# The largest number of jets that a batch may have.
JETS = 1000
_SEED = 4
# The parity tests have 24 jets and scores far apart. Among 1000 jets rounding alone takes one engine or other over
# 1e-5, so differences of logits are made smaller by this; scores still differ from jet to jet by 0.1 and more.
_CALM = 0.4
# Random weights behind batch norm at random make scores of real jets so much alike, where images are not standardised,
# that scaling them apart enlarges rounding a hundred times. These networks get the parity tests' images instead.
_MADE_UP_IMAGES = ("resnext-50",)
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
    if model.info["name"] in _MADE_UP_IMAGES:
        return helpers.blob_images(model.info["image_shape"], len(jets), seed=5), None
    images, features, statuses = model.network_inputs(jets.jagged)
    # Enough jets for the largest batch, should a few of the sample be unfit.
    chosen = np.resize(np.flatnonzero(statuses == 0), len(jets))
    return images[chosen], None if features is None else features[chosen]


def _random_model(network: Network, jets: shards.Jets, path: Path) -> None:
    """Write a model file with random weights whose scores of these jets lie on both sides of 0.5."""
    statistics = _statistics(network, jets)
    first = build(network, helpers.random_tensors(network, _SEED), statistics, version="0", created="2026-01-31")
    jtm.write(path, first)
    images, features = _inputs(path, jets.part(0, 64))
    tensors = helpers.spread_tensors(network, _SEED, images, features)
    for role in ("weight", "bias"):
        tensors[f"{network.output}.{role}"] *= np.float32(_CALM)
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
    jets = shards.read(SAMPLE).part(0, JETS)
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
