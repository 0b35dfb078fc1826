"""Weights of a network that is only compared with, in a file: an .npz with its tensors and what they were made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.report.cache import load, save
from models.report.jets import ReportError

_ABOUT = "about"


@dataclass(frozen=True)
class Trained:
    """What weights were made of.

    Attributes
    ----------
    sample : str
        Of the training jets.
    jets : int
        That it was trained on.
    epochs : float
        Passes over them.
    words : str
        The training in words.
    """

    sample: str
    jets: int
    epochs: float
    words: str


def write_weights(path: Path, tensors: Mapping[str, npt.NDArray[np.float32]], trained: Trained) -> None:
    """Write a file anew.

    Parameters
    ----------
    path : Path
        Ends with .npz; its folder is made.
    tensors : mapping of str to ndarray
        By name.
    trained : Trained
        What they were made of.
    """
    save(path, {**tensors, _ABOUT: np.array(json.dumps(asdict(trained)))})


def read_weights(path: Path) -> tuple[dict[str, npt.NDArray[np.float32]], Trained]:
    """Read a file of `write_weights`.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    tuple of dict of str to ndarray, and Trained

    Raises
    ------
    ReportError
        When it is not such a file.
    """
    tensors = load(path, "{path} has no weights: {error}")
    try:
        trained = Trained(**json.loads(str(tensors.pop(_ABOUT))))
    except (KeyError, TypeError, ValueError) as error:
        raise ReportError(f"{path} has no weights: {error}") from error
    return tensors, trained
