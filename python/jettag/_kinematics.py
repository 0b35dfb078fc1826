"""Transverse momentum and mass of jets: of the sum of their constituents, as they were given."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jettag._awkward import is_awkward, jagged
from jettag._jets import JetsLike

Floats = npt.NDArray[np.float64]


def pt_and_mass(jets: JetsLike) -> tuple[Floats, Floats]:
    """Of every jet, in GeV, in double precision.

    Parameters
    ----------
    jets : tuple of (momenta, offsets), ndarray or awkward.Array
        As `jettag.Model.tag` takes them.

    Returns
    -------
    pt, mass : ndarray of float64
        (n,). A sum that is spacelike by rounding has mass 0; what is not finite stays so.
    """
    if is_awkward(jets):
        momenta, offsets, cylindrical = jagged(jets)
        total = _sums(_cartesian(momenta) if cylindrical else momenta, offsets)
    elif isinstance(jets, tuple):
        total = _sums(np.asarray(jets[0]), np.asarray(jets[1], np.int64))
    else:
        total = np.asarray(jets).sum(1, dtype=np.float64).T[[1, 2, 3, 0]]
    px, py, pz, energy = total
    squared = energy**2 - px**2 - py**2 - pz**2
    return np.hypot(px, py), np.sqrt(np.maximum(squared, 0))


def _sums(momenta: npt.NDArray[Any], offsets: npt.NDArray[np.int64]) -> Floats:
    """(4, n); jets without constituents are 0."""
    n = len(offsets) - 1
    jet = np.repeat(np.arange(n), np.diff(offsets))
    rows = momenta[int(offsets[0]) : int(offsets[-1])] if n else momenta[:0]
    return np.stack([np.bincount(jet, rows[:, i], n) for i in range(4)])


def _cartesian(momenta: npt.NDArray[Any]) -> Floats:
    pt, eta, phi, mass = np.asarray(momenta, np.float64).T
    px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
    return np.stack([px, py, pz, np.sqrt(px**2 + py**2 + pz**2 + mass**2)], 1)
