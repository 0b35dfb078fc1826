"""What the library gives to a network, and the scores that another program makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

import jettag
from models.datasets.shards import Jets

_CHUNK = 500

Floats = npt.NDArray[np.float32]
Scorer = Callable[[Floats, Floats | None], npt.NDArray[Any]]
"""From images and rows, as `jettag.Model.network_inputs` gives them, to a score for each jet."""


def library_inputs(model: jettag.Model, jets: Jets) -> tuple[Floats, Floats | None]:
    """Inputs as the library gives them to a model.

    Parameters
    ----------
    model : jettag.Model
        Any backend.
    jets : Jets
        All usable.

    Returns
    -------
    tuple of ndarray of float32 and ndarray or None
    """
    images, rows, statuses = model.network_inputs(jets.jagged, jets.classes)
    if statuses.any():
        raise ValueError(f"the library refuses a jet: {jettag.status_text(int(statuses.max()))}")
    return images, rows


def other_scores(scorer: Scorer, model: jettag.Model, jets: Jets) -> npt.NDArray[np.float64]:
    """Scores by what trained the network, on the inputs that the library gives.

    Parameters
    ----------
    scorer : callable
        What trained it.
    model : jettag.Model
        The same network, for its inputs.
    jets : Jets
        All usable.

    Returns
    -------
    ndarray of float64
        (jets,).
    """
    parts = [jets.part(start, start + _CHUNK) for start in range(0, len(jets), _CHUNK)]
    return np.concatenate([np.asarray(scorer(*library_inputs(model, part)), np.float64) for part in parts])
