"""Momenta and masses of jets: of the sums of their constituents."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.datasets.shards import Jets


def four_momenta(jets: Jets) -> npt.NDArray[np.float64]:
    """Sums of the constituents.

    Parameters
    ----------
    jets : Jets
        None of them empty.

    Returns
    -------
    ndarray of float64
        (jets, 4) px, py, pz, E in GeV.
    """
    result: npt.NDArray[np.float64] = np.add.reduceat(jets.momenta, jets.offsets[:-1], axis=0)
    return result


def pt_and_mass(jets: Jets) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Transverse momentum and mass of the sum of each jet's constituents.

    Parameters
    ----------
    jets : Jets
        None of them empty.

    Returns
    -------
    tuple of ndarray of float64
        GeV.
    """
    total = four_momenta(jets)
    return np.hypot(total[:, 0], total[:, 1]), masses(total)


def masses(momenta: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Invariant masses.

    Parameters
    ----------
    momenta : ndarray of float64
        (jets, 4) as of `four_momenta`.

    Returns
    -------
    ndarray of float64
        GeV; 0 where rounding makes the square negative.
    """
    square = momenta[:, 3] ** 2 - (momenta[:, :3] ** 2).sum(axis=1)
    return np.sqrt(np.maximum(square, 0.0))
