"""Calorimeters: towers, their sums, their resolution and what they keep silent about."""

from __future__ import annotations

import numpy as np

from models.datasets.particles import Integers, Reals, wrapped
from models.datasets.samples import Calorimeter
from models.datasets.tracks import smeared


class Grid:
    """Numbers of towers.

    Parameters
    ----------
    calorimeter : Calorimeter
        Whose.
    """

    def __init__(self, calorimeter: Calorimeter) -> None:
        self._eta_size, degrees = calorimeter.tower
        self._phi_towers = round(360 / degrees)
        self._phi_size = 2 * np.pi / self._phi_towers
        self._rows = int(np.ceil(calorimeter.eta_max / self._eta_size - 1e-9))
        self._eta_max = calorimeter.eta_max

    def towers(self, event: Integers, eta: Reals, phi: Reals) -> Integers:
        """Number of the tower of each particle, no two the same in different events; -1 beyond the last.

        Parameters
        ----------
        event : ndarray of int64
            Number of the event.
        eta, phi : ndarray of float64
            Where the particle hits.

        Returns
        -------
        ndarray of int64
        """
        inside = np.abs(eta) < self._eta_max
        row = np.floor(np.where(inside, eta, 0.0) / self._eta_size).astype(np.int64) + self._rows
        column = np.floor((wrapped(phi) + np.pi) / self._phi_size).astype(np.int64) % self._phi_towers
        return np.where(inside, (event * 2 * self._rows + row) * self._phi_towers + column, -1)

    def event(self, towers: Integers) -> Integers:
        """Number of the event of each tower.

        Parameters
        ----------
        towers : ndarray of int64
            Numbers from `towers`.

        Returns
        -------
        ndarray of int64
        """
        return towers // (2 * self._rows * self._phi_towers)

    def place(self, towers: Integers, random: np.random.Generator | None) -> tuple[Reals, Reals]:
        """A point in each tower.

        Parameters
        ----------
        towers : ndarray of int64
            Numbers from `towers`.
        random : Generator or None
            Anywhere in the tower with equal chance; None: in its centre.

        Returns
        -------
        tuple of ndarray of float64
            eta, phi.
        """
        n = len(towers)
        along, around = (np.full(n, 0.5), np.full(n, 0.5)) if random is None else random.random((2, n))
        row = towers // self._phi_towers % (2 * self._rows) - self._rows
        column = towers % self._phi_towers
        return (row + along) * self._eta_size, wrapped((column + around) * self._phi_size - np.pi)


def sums(towers: Integers, energies: Reals) -> tuple[Integers, Reals]:
    """Energy in each tower that is hit.

    Parameters
    ----------
    towers : ndarray of int64
        Of each particle; those at -1 are left out.
    energies : ndarray of float64
        Of each particle.

    Returns
    -------
    tuple of ndarray
        Numbers of towers, rising, and their energies.
    """
    inside = towers >= 0
    hit, which = np.unique(towers[inside], return_inverse=True)
    total: Reals = np.bincount(which, energies[inside], len(hit)).astype(np.float64)
    return hit, total


def sum_at(hit: Integers, towers: Integers, energies: Reals) -> Reals:
    """Energy in given towers of particles that may have hit others too.

    Parameters
    ----------
    hit : ndarray of int64
        Numbers of towers, rising.
    towers, energies
        As for `sums`.

    Returns
    -------
    ndarray of float64
        One for each of `hit`.
    """
    if not len(hit):
        return np.zeros(0)
    at = np.minimum(np.searchsorted(hit, towers), len(hit) - 1)
    there = hit[at] == towers
    total: Reals = np.bincount(at[there], energies[there], len(hit)).astype(np.float64)
    return total


def resolution(calorimeter: Calorimeter, energy: Reals, eta: Reals) -> Reals:
    """sigma(E) in GeV.

    Parameters
    ----------
    calorimeter : Calorimeter
        With ranges of resolution.
    energy, eta : ndarray of float64
        Of each tower.

    Returns
    -------
    ndarray of float64
    """
    rows = calorimeter.resolution
    edges = [row.eta for row in rows]
    names = ("constant", "stochastic", "noise", "scale", "growth", "eta_0")
    table = np.array([[getattr(row, name) for name in names] for row in rows])
    region = np.minimum(np.searchsorted(edges, np.abs(eta)), len(rows) - 1)
    constant, stochastic, noise, scale, growth, eta_0 = table[region].T
    factor = scale + growth * (np.abs(eta) - eta_0) ** 2
    return factor * np.sqrt((constant * energy) ** 2 + stochastic**2 * energy + noise**2)


def measured(calorimeter: Calorimeter, energy: Reals, eta: Reals, random: np.random.Generator) -> tuple[Reals, Reals]:
    """What towers report.

    Parameters
    ----------
    calorimeter : Calorimeter
        Theirs.
    energy, eta : ndarray of float64
        True energy, and centre, of each.
    random : Generator
        Where chance comes from.

    Returns
    -------
    tuple of ndarray of float64
        Energy, 0 for silent towers, and sigma of it.
    """
    seen = smeared(energy, resolution(calorimeter, energy, eta) / energy, random)
    width = resolution(calorimeter, seen, eta)
    loud = (seen >= calorimeter.energy_min) & (seen >= calorimeter.significance_min * width)
    return np.where(loud, seen, 0.0), width
