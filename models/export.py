"""From a network, its weights and what is known about them to a model file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.datasets.shards import Jets
from models.jtm import Model
from models.layers import GIVEN
from models.networks import CLASSES, Network
from models.sets import sets_of

LICENCE = "Apache-2.0"
N_GOLDEN = 16
# Signal efficiencies of working points.
EFFICIENCIES = [round(0.01 * i, 2) for i in range(1, 100)]

Floats = npt.NDArray[np.float32]


@dataclass
class Statistics:
    """What inputs are standardised with.

    Attributes
    ----------
    image_mean, image_deviation : ndarray or None
        (channels, rows, columns) of the recipe's image; None where the network does not standardise images.
    feature_names : sequence of str
        Of the library's features, in the network's order; empty without features.
    feature_mean, feature_deviation : ndarray or None
        One number per feature.
    """

    image_mean: Floats | None = None
    image_deviation: Floats | None = None
    feature_names: Sequence[str] = ()
    feature_mean: Floats | None = None
    feature_deviation: Floats | None = None


@dataclass
class Golden:
    """Jets with their scores, to check an installation with.

    Attributes
    ----------
    momenta : ndarray of float32
        (constituents, 4) px, py, pz, E in GeV.
    offsets : ndarray of int
        (jets + 1,).
    scores : ndarray of float
        (jets,), by the framework that trained the model.
    classes : ndarray of int or None
        One per constituent, for colour images.
    """

    momenta: Floats
    offsets: npt.NDArray[np.int64]
    scores: Floats
    classes: npt.NDArray[np.uint8] | None = None


def golden_jets(jets: Jets) -> Jets:
    """Jets for the self-test: the first ones, as many tops as others, in single precision as files keep them.

    Parameters
    ----------
    jets : Jets
        All usable.

    Returns
    -------
    Jets
    """
    half = N_GOLDEN // 2
    chosen = np.sort(np.concatenate([np.flatnonzero(jets.labels == label)[:half] for label in (0, 1)]))
    some = jets.chosen(chosen)
    return Jets(some.momenta.astype(np.float32).astype(np.float64), some.offsets, some.labels, some.classes)


def build(
    network: Network,
    weights: Mapping[str, Floats],
    statistics: Statistics,
    *,
    version: str,
    created: str,
    working_points: Mapping[str, Any] | None = None,
    card: Mapping[str, Any] | None = None,
    golden: Golden | None = None,
    notes: Mapping[str, Any] | None = None,
    classes: Sequence[str] = CLASSES,
    licence: str = LICENCE,
) -> Model:
    """Put a model together.

    Parameters
    ----------
    network : Network
        Of `models.networks`.
    weights : mapping of str to ndarray
        By name, as `TorchNetwork.numpy_tensors` gives them.
    statistics : Statistics
        Of the jets that it was trained on.
    version, created : str
        Of the model; an ISO 8601 date.
    working_points, card : mapping, optional
        Sections of the header.
    golden : Golden, optional
        Jets for the self-test.
    notes : mapping, optional
        Anything for people.
    classes : sequence of str, optional
        Of the outputs in order; one is `top`.
    licence : str, optional
        SPDX identifier.

    Returns
    -------
    Model
        For `models.jtm.write`.
    """
    header: dict[str, Any] = {
        "name": network.name,
        "version": version,
        "created": created,
        "licence": licence,
        "description": network.description,
        "classes": list(classes),
        "image": dict(network.image),
    }
    tensors = {name: np.asarray(weights[name], np.float32) for name in network.tensor_shapes()}
    if network.standardised:
        _standardise(header["image"], "image", statistics.image_mean, statistics.image_deviation, tensors)
    if network.n_features:
        header["features"] = {"names": list(statistics.feature_names)}
        _standardise(header["features"], "features", statistics.feature_mean, statistics.feature_deviation, tensors)
    for name, given in network.sets.items():
        header[name] = {"most": given.most, "columns": list(given.columns)}
        mean, deviation = np.array(list(given.columns.values()), np.float32).T
        _standardise(header[name], name, mean, deviation, tensors)
    header |= {"layers": network.layers, "output": network.output}
    if working_points is not None:
        header["working_points"] = dict(working_points)
    if card is not None:
        header["card"] = dict(card)
    if golden is not None:
        tensors["golden.momenta"] = golden.momenta
        header["golden"] = {"momenta": "golden.momenta", "offsets": [int(one) for one in golden.offsets]}
        if golden.classes is not None:
            header["golden"]["constituent_classes"] = [int(one) for one in golden.classes]
        header["golden"]["scores"] = [float(one) for one in golden.scores]
    if notes is not None:
        header["notes"] = dict(notes)
    return Model(header, tensors)


def _standardise(
    section: dict[str, Any], what: str, mean: Floats | None, deviation: Floats | None, tensors: dict[str, Floats]
) -> None:
    if mean is None or deviation is None:
        raise ValueError(f"the network needs mean and deviation of its {what}")
    for role, values in (("mean", mean), ("deviation", deviation)):
        section[role] = f"{what}.{role}"
        tensors[f"{what}.{role}"] = np.asarray(values, np.float32)


def network_of(model: Model) -> Network:
    """The network that a model file describes, whether it is in the table of networks or not.

    Parameters
    ----------
    model : Model
        As `models.jtm.read` gives it.

    Returns
    -------
    Network
    """
    header = model.header
    image = {key: value for key, value in header["image"].items() if key not in ("mean", "deviation")}
    n_features = len(header["features"]["names"]) if "features" in header else 0
    return Network(
        header["name"],
        header["description"],
        image,
        "mean" in header["image"],
        n_features,
        header["layers"],
        sets_of(header, model.tensors),
    )


def weights_of(model: Model) -> dict[str, Floats]:
    """Tensors of a model's layers: without what inputs are standardised with, and without golden jets.

    Parameters
    ----------
    model : Model
        As `models.jtm.read` gives it.

    Returns
    -------
    dict of str to ndarray of float32
    """
    others = tuple(f"{name}." for name in (*GIVEN, "golden"))
    return {name: values for name, values in model.tensors.items() if not name.startswith(others)}


def without_statistics(network: Network, feature_names: Sequence[str]) -> Statistics:
    """Statistics that change nothing: mean 0, deviation 1.

    Parameters
    ----------
    network : Network
        Whose inputs they are for.
    feature_names : sequence of str
        `jettag.FEATURES`; used when the network has features.

    Returns
    -------
    Statistics
    """
    made = Statistics()
    if network.standardised:
        made.image_mean = np.zeros(network.recipe_shape, np.float32)
        made.image_deviation = np.ones(network.recipe_shape, np.float32)
    if network.n_features:
        made.feature_names = tuple(feature_names)
        made.feature_mean = np.zeros(network.n_features, np.float32)
        made.feature_deviation = np.ones(network.n_features, np.float32)
    return made
