"""Constituents and pairs of them as inputs of a network (FORMAT.md, `constituents` and `pairs`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.layers import CONSTITUENTS, PAIRS, Shape

# Columns, and the range of `most`.
COLUMNS = {
    CONSTITUENTS: ("deta", "dphi", "dr", "log_dr", "log_pt", "log_z"),
    PAIRS: ("log_dr", "log_kt", "log_z", "log_m"),
}
RANGES = {CONSTITUENTS: (1, 256), PAIRS: (2, 64)}
MAX_COLUMNS = 8


@dataclass(frozen=True)
class InputSet:
    """One of the two.

    Attributes
    ----------
    most : int
        The hardest so many constituents, or pairs of them.
    columns : dict of str to tuple of float
        Mean and deviation that each column is standardised with, in order.
    """

    most: int
    columns: dict[str, tuple[float, float]]

    def shape(self, name: str) -> Shape:
        """Channels, one row, members.

        Parameters
        ----------
        name : str
            `constituents` or `pairs`.

        Returns
        -------
        tuple of int
        """
        return set_shape(name, self.most, len(self.columns))


def set_shape(name: str, most: int, n_columns: int) -> Shape:
    """Shape of a set as an image.

    Parameters
    ----------
    name : str
        `constituents` or `pairs`.
    most : int
        Constituents that it is made of.
    n_columns : int
        Columns; one more channel says where there is a member.

    Returns
    -------
    tuple of int
    """
    return (1 + n_columns, 1, most if name == CONSTITUENTS else most * (most - 1) // 2)


def sets_of(header: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[np.float32]]) -> dict[str, InputSet]:
    """The sets that a model file describes.

    Parameters
    ----------
    header, tensors
        Of `models.jtm.Model`.

    Returns
    -------
    dict of str to InputSet
        `constituents` and `pairs`, as far as they are there.
    """
    found = {}
    for name in COLUMNS:
        if name in header:
            means, deviations = (tensors[header[name][role]].tolist() for role in ("mean", "deviation"))
            columns = zip(header[name]["columns"], zip(means, deviations, strict=True), strict=True)
            found[name] = InputSet(header[name]["most"], dict(columns))
    return found
