"""Several models as one: their logits' mean, from inputs that are made once.

Members read the same images and features, standardised alike, as trainings on the same jets with other seeds do. The
network of the result is their layers side by side, a concatenation of their logits and a dense layer with fixed
weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from models import jtm
from models.export import Statistics
from models.layers import FEATURES, IMAGE, Layer
from models.networks import CLASSES, Network

Tensors = dict[str, npt.NDArray[np.float32]]
_NOT_LAYERS = ("image.", "features.", "golden.")


def _renamed(layers: list[Layer], prefix: str) -> list[Layer]:
    """Layers with a prefix to all their names."""
    return [
        {
            **layer,
            "name": prefix + layer["name"],
            "inputs": [one if one in (IMAGE, FEATURES) else prefix + one for one in layer["inputs"]],
        }
        for layer in layers
    ]


def _weights(member: jtm.Model, prefix: str) -> Tensors:
    return {prefix + name: values for name, values in member.tensors.items() if not name.startswith(_NOT_LAYERS)}


def check_members(members: list[jtm.Model]) -> None:
    """Refuse members that do not read the same inputs.

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
        name = member.header["name"]
        for section in ("image", "features", "classes"):
            if member.header.get(section) != first.header.get(section):
                raise ValueError(f"{name}: its section {section} is not that of {first.header['name']}")
        for tensor in ("image.mean", "image.deviation", "features.mean", "features.deviation"):
            if not np.array_equal(member.tensors.get(tensor, 0), first.tensors.get(tensor, 0)):
                raise ValueError(f"{name}: {tensor} is not that of {first.header['name']}: trained on other jets")


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
    header = members[0].header
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
    image = {key: value for key, value in header["image"].items() if key not in ("mean", "deviation")}
    n_features = len(header["features"]["names"]) if "features" in header else 0
    words = f"Mean of the logits of {len(members)} trainings of {names}, with different seeds."
    return Network(name, words, image, "mean" in header["image"], n_features, layers), tensors


def statistics_of(member: jtm.Model) -> Statistics:
    """What the inputs of a model are standardised with.

    Parameters
    ----------
    member : Model
        Any of an ensemble's.

    Returns
    -------
    Statistics
    """
    tensors, header = member.tensors, member.header
    names = header["features"]["names"] if "features" in header else ()
    return Statistics(
        tensors.get("image.mean"),
        tensors.get("image.deviation"),
        names,
        tensors.get("features.mean"),
        tensors.get("features.deviation"),
    )


def training_of(members: list[jtm.Model]) -> dict[str, Any]:
    """The training's part of the card: every member's jets, epochs and seed.

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
        "training_time": "; ".join(f"seed {card['seed']}: {card['training_time']}" for card in cards),
    }
