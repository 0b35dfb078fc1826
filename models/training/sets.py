"""Constituents and pairs of a network's jets, as the library gives them, batch by batch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

import jettag
from models import jtm
from models.datasets.shards import Jets
from models.export import Statistics, build
from models.initialise import initial_tensors
from models.layers import Layer
from models.networks import Network

# What changes its sign when a jet is mirrored along an axis of its image: rows run in phi, columns in eta.
_MIRRORED = {2: "dphi", 3: "deta"}


def _alone(network: Network) -> Network:
    """A network that reads the same sets and nothing else, so that nothing else is calculated."""
    layers: list[Layer] = [{"name": f"{name}_all", "kind": "flatten", "inputs": [name]} for name in network.sets]
    names = [layer["name"] for layer in layers]
    source = names[0]
    if len(names) > 1:
        layers.append({"name": "all", "kind": "concat", "inputs": names})
        source = "all"
    layers.append({"name": "logits", "kind": "dense", "inputs": [source], "units": 2})
    return Network("sets", "For training.", network.image, False, 0, layers, network.sets)


class SetRows:
    """Rows of constituents and pairs.

    Parameters
    ----------
    network : Network
        With sets.
    jets : Jets
        All usable.
    folder : Path
        For a small model file.
    """

    def __init__(self, network: Network, jets: Jets, folder: Path) -> None:
        alone = _alone(network)
        path = folder / "sets.jtm"
        model = build(alone, initial_tensors(alone, 0), Statistics(), version="0", created="2026-01-01")
        jtm.write(path, model)
        self._model = jettag.load(os.fspath(path))
        self._jets = jets
        self._places: dict[int, list[slice]] = {axis: [] for axis in _MIRRORED}
        start = 0
        for name, shape in alone.row_shapes.items():
            members = shape[2]
            for channel, (column, (mean, _)) in enumerate(network.sets[name].columns.items(), start=1):
                for axis, mirrored in _MIRRORED.items():
                    if column == mirrored:
                        if mean != 0:
                            raise ValueError(f"{name}: {column} has the mean {mean}, so that it cannot be mirrored")
                        place = start + channel * members
                        self._places[axis].append(slice(place, place + members))
            start += shape[0] * members

    def batch(self, jets: npt.NDArray[np.int64], mirrored: dict[int, Tensor]) -> Tensor:
        """Rows of some jets.

        Parameters
        ----------
        jets : ndarray of int
            Which ones.
        mirrored : dict of int to Tensor
            For an axis of the images which jets are mirrored along it.

        Returns
        -------
        Tensor
            (jets, values).
        """
        some = self._jets.chosen(jets)
        rows = self._model.network_inputs(some.jagged)[1]
        if rows is None:
            raise ValueError("the library gives no sets")
        made = torch.from_numpy(rows)
        for axis, chosen in mirrored.items():
            sign = torch.where(chosen, -1.0, 1.0)[:, None]
            for place in self._places[axis]:
                made[:, place] *= sign
        return made
