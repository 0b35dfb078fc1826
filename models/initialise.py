"""Weights to begin with: for training, and random ones for tests."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from models.networks import Network

_AT_REST = {"gamma": 1.0, "variance": 1.0}


def initial_tensors(network: Network, seed: int) -> dict[str, npt.NDArray[np.float32]]:
    """Weights from which a training begins.

    Parameters
    ----------
    network : Network
        Of `models.networks`.
    seed : int
        The same seed gives the same weights.

    Returns
    -------
    dict of str to ndarray of float32
        He's normal distribution for weights, half its variance for the logits; biases 0, batch norm at rest.
    """
    random = np.random.default_rng(seed)
    made: dict[str, npt.NDArray[np.float32]] = {}
    for name, shape in network.tensor_shapes().items():
        role = name.rsplit(".", 1)[1]
        if role != "weight":
            made[name] = np.full(shape, _AT_REST.get(role, 0.0), np.float32)
            continue
        gain = 1.0 if name == f"{network.output}.weight" else 2.0
        scale = math.sqrt(gain / math.prod(shape[1:]))
        made[name] = (scale * random.standard_normal(shape)).astype(np.float32)
    return made


def random_tensors(network: Network, seed: int) -> dict[str, npt.NDArray[np.float32]]:
    """Weights as after some training: nothing is at rest, so that a mistake anywhere shows in the score.

    Parameters
    ----------
    network : Network
        Of `models.networks`.
    seed : int
        The same seed gives the same weights.

    Returns
    -------
    dict of str to ndarray of float32
    """
    random = np.random.default_rng(seed)
    made = initial_tensors(network, seed)
    for name, values in made.items():
        role = name.rsplit(".", 1)[1]
        if role in ("gamma", "variance"):
            # Swish and a gate of one half take away what makes one jet differ from another; this gives it back.
            strength = 1.2 if name.endswith(("project.gamma", "depthwise.gamma")) else 1.0
            made[name] = (strength * random.uniform(0.5, 1.5, values.shape)).astype(np.float32)
        elif role != "weight":
            made[name] = (0.2 * random.standard_normal(values.shape)).astype(np.float32)
    return made
