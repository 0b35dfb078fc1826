"""A network with weights and inputs, written into a folder in the forms that the engines read.

    model.jtm                what jettag loads
    onnx/N.onnx              for ONNX Runtime, OpenVINO and pnnx, with the number of jets fixed to N
    images.npy, features.npy the network's inputs for real jets
    scores.npy               ONNX Runtime's, without any optimisation

A network of the zoo has its trained weights. Any other has the random ones that the parity tests use, with means and
deviations of these very jets, so that its images look as they do in use.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx

import jettag
from models import jtm
from models.datasets import shards
from models.export import Statistics, build, without_statistics
from models.networks import NETWORKS, Network
from models.onnx_writer import to_onnx

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "python"))

import models_helpers as helpers  # noqa: E402

SAMPLE = ROOT / "examples" / "data" / "toptag.npz"
ZOO = ROOT / "models" / "zoo"
Floats = npt.NDArray[np.float32]

# The largest number of jets that a batch may have.
JETS = 1000
_SEED = 4
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


def network_of(stored: jtm.Model) -> Network:
    """The network that a model file describes.

    Parameters
    ----------
    stored : Model
        As `jtm.read` gives it.

    Returns
    -------
    Network
    """
    header = stored.header
    n_features = len(header["features"]["names"]) if "features" in header else 0
    return Network(header["name"], "", header["image"], "mean" in header["image"], n_features, header["layers"])


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


def _random_model(network: Network, jets: shards.Jets, path: Path) -> None:
    """Write a model file with random weights whose scores of these jets lie on both sides of 0.5."""
    statistics = _statistics(network, jets)
    words = {"version": "0", "created": "2026-01-31"}
    jtm.write(path, build(network, helpers.random_tensors(network, _SEED), statistics, **words))
    images, features, _ = jettag.load(path, backend="reference").network_inputs(jets.part(0, 64).jagged)
    tensors = helpers.spread_tensors(network, _SEED, images, features)
    jtm.write(path, build(network, tensors, statistics, **words))


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
    images, features, statuses = jettag.load(path, backend="reference").network_inputs(jets.jagged)
    good = np.flatnonzero(statuses == 0)
    # Enough jets for the largest batch, should a few of the sample be unfit.
    chosen = np.resize(good, JETS)
    images = images[chosen]
    features = None if features is None else features[chosen]
    np.save(folder / "images.npy", images)
    if features is not None:
        np.save(folder / "features.npy", features)
    _, scores = helpers.onnx_outputs(network, stored.tensors, images, features)
    np.save(folder / "scores.npy", scores)

    model = to_onnx(network, stored.tensors)
    (folder / "onnx").mkdir()
    for batch in batches:
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.shape.dim[0].dim_value = batch
        onnx.save(model, folder / "onnx" / f"{batch}.onnx")
    return Case(network, folder, trained)
