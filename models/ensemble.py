"""Several models as one: their logits' mean, from inputs that are made once.

Members are trained on the same jets: what two of them read, images, features, constituents or pairs, is standardised
alike. The network of the result is their layers side by side, a concatenation of their logits and a dense layer with
fixed weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models import jtm
from models.export import Statistics, network_of, weights_of
from models.layers import FEATURES, GIVEN, IMAGE, Layer, read_by
from models.networks import CLASSES, Network
from models.sets import InputSet, sets_of

Tensors = dict[str, npt.NDArray[np.float32]]

# What the description of every ensemble begins with.
_MEAN_OF = "Mean of the logits of"


def is_ensemble(model: jtm.Model) -> bool:
    """Whether a model is one of several, made by `combine`.

    Parameters
    ----------
    model : Model
        Of a file.

    Returns
    -------
    bool
    """
    return str(model.header["description"]).startswith(_MEAN_OF)


def _renamed(layers: list[Layer], prefix: str) -> list[Layer]:
    """Layers with a prefix to all their names."""
    return [
        {
            **layer,
            "name": prefix + layer["name"],
            "inputs": [one if one in GIVEN else prefix + one for one in layer["inputs"]],
        }
        for layer in layers
    ]


def _weights(member: jtm.Model, prefix: str) -> Tensors:
    return {prefix + name: values for name, values in weights_of(member).items()}


def _reads(member: jtm.Model, name: str) -> bool:
    return name in read_by(member.header["layers"])


def _first_that_reads(members: list[jtm.Model], name: str) -> jtm.Model | None:
    return next((member for member in members if _reads(member, name)), None)


def check_members(members: list[jtm.Model]) -> None:
    """Refuse members that read something of one name that is not the same.

    Parameters
    ----------
    members : list of Model
        Two at least.

    Raises
    ------
    ValueError
        With words.
    """
    first = members[0]
    if len(members) < 2:
        raise ValueError("an ensemble has two members at least")
    for member in members[1:]:
        if member.header["classes"] != first.header["classes"]:
            raise ValueError(f"{member.header['name']}: its section classes is not that of {first.header['name']}")
    for section in GIVEN:
        readers = [member for member in members if _reads(member, section)]
        for member in readers[1:]:
            if words := how_given_differs(section, member, readers[0]):
                raise ValueError(words)


def how_given_differs(section: str, model: jtm.Model, first: jtm.Model) -> str:
    """How what two models are given by one name differs.

    Parameters
    ----------
    section : str
        Of `models.layers.GIVEN`.
    model, first : Model
        Whether or not their layers read it.

    Returns
    -------
    str
        In words; empty where it is the same.
    """
    name, other = model.header["name"], first.header["name"]
    if model.header.get(section) != first.header.get(section):
        return f"{name}: its section {section} is not that of {other}"
    for tensor in (f"{section}.mean", f"{section}.deviation"):
        if not np.array_equal(model.tensors.get(tensor, 0), first.tensors.get(tensor, 0)):
            return f"{name}: {tensor} is not that of {other}: trained on other jets"
    return ""


def combine(name: str, members: list[jtm.Model]) -> tuple[Network, Tensors]:
    """The network and its weights.

    Parameters
    ----------
    name : str
        Of the result.
    members : list of Model
        With the same inputs.

    Returns
    -------
    tuple of Network and dict of str to ndarray
    """
    layers: list[Layer] = []
    tensors: Tensors = {}
    outputs = []
    for i, member in enumerate(members):
        prefix = f"m{i + 1}_"
        layers += _renamed(member.header["layers"], prefix)
        tensors |= _weights(member, prefix)
        outputs.append(prefix + member.header["output"])
    n = len(CLASSES)
    layers.append({"name": "all", "kind": "concat", "inputs": outputs})
    layers.append({"name": "mean", "kind": "dense", "inputs": ["all"], "units": n, "activation": "none"})
    tensors["mean.weight"] = np.tile(np.eye(n, dtype=np.float32), len(members)) / np.float32(len(members))
    tensors["mean.bias"] = np.zeros(n, np.float32)
    names = ", ".join(dict.fromkeys(str(member.header["name"]) for member in members))
    seen = network_of(_first_that_reads(members, IMAGE) or members[0])
    with_features = _first_that_reads(members, FEATURES)
    n_features = network_of(with_features).n_features if with_features else 0
    words = f"{_MEAN_OF} {len(members)} trainings of {names}."
    sets: dict[str, InputSet] = {}
    for member in members:
        sets |= {part: one for part, one in sets_of(member.header, member.tensors).items() if _reads(member, part)}
    return Network(name, words, seen.image, seen.standardised, n_features, layers, sets), tensors


def statistics_of(members: list[jtm.Model]) -> Statistics:
    """What the inputs of an ensemble are standardised with.

    Parameters
    ----------
    members : list of Model
        All of them.

    Returns
    -------
    Statistics
    """
    images = (_first_that_reads(members, IMAGE) or members[0]).tensors
    found = Statistics(images.get("image.mean"), images.get("image.deviation"))
    reader = _first_that_reads(members, FEATURES)
    if reader:
        found.feature_names = reader.header["features"]["names"]
        found.feature_mean = reader.tensors["features.mean"]
        found.feature_deviation = reader.tensors["features.deviation"]
    return found


def statistics_like(network: Network, model: jtm.Model) -> Statistics:
    """What to standardise a network's inputs with, so that it can be in an ensemble with a model that is there.

    Parameters
    ----------
    network : Network
        Yet to be trained.
    model : Model
        Reads all that the network reads.

    Returns
    -------
    Statistics

    Raises
    ------
    ValueError
        With words.
    """
    given, found, name = statistics_of([model]), Statistics(), model.header["name"]
    if network.standardised:
        other = network_of(model)
        if not other.standardised or other.image != network.image:
            raise ValueError(f"{name} does not standardise the images of {network.name}")
        found.image_mean, found.image_deviation = given.image_mean, given.image_deviation
    if network.n_features:
        if len(given.feature_names) != network.n_features:
            raise ValueError(f"{name} does not read the features of {network.name}")
        found.feature_names = given.feature_names
        found.feature_mean, found.feature_deviation = given.feature_mean, given.feature_deviation
    return found


def training_of(members: list[jtm.Model]) -> dict[str, Any]:
    """The training's part of the card: the fewest jets, the most epochs, and every member's own in words.

    Parameters
    ----------
    members : list of Model
        With cards.

    Returns
    -------
    dict
    """
    cards = [member.header["card"] for member in members]
    return {
        "jets": min(card["jets"] for card in cards),
        "validation_jets": cards[0]["validation_jets"],
        "epochs": float(max(card["epochs"] for card in cards)),
        "seed": cards[0]["seed"],
        "framework": cards[0]["framework"],
        "training_time": "; ".join(
            f"{member.header['name']}, {card['jets']:,} jets, {card['epochs']:g} epochs, seed {card['seed']}: "
            f"{card['training_time']}"
            for member, card in zip(members, cards, strict=True)
        ),
    }
