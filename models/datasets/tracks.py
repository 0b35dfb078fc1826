"""Charged particles: where they hit the calorimeter, which are found as tracks, and how well measured."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.datasets.particles import ELECTRON, MUON, Integers, Particles, Reals, wrapped
from models.datasets.samples import (
    CENTRAL,
    RESOLUTION_ETA,
    TRACK_KINDS,
    TRACK_PT_HARD,
    TRACK_PT_MIN,
    TRACKER,
    Solenoid,
)

_GEV_PER_TESLA_METRE = 0.299792458
# A particle that flies so close to the plane of the collision that it never leaves: thousands of turns are enough.
_LEAST_SLOPE = 1e-6


def at_calorimeter(particles: Particles, solenoid: Solenoid) -> tuple[Reals, Reals]:
    """Pseudorapidity and azimuth of the point where particles from the collision leave the solenoid.

    Parameters
    ----------
    particles : Particles
        All of them start at the collision.
    solenoid : Solenoid
        Its field points along the positive z axis.

    Returns
    -------
    tuple of ndarray of float64
        eta, phi.
    """
    eta, phi = particles.eta.copy(), particles.phi.copy()
    bent = np.flatnonzero(particles.charge)
    charge = particles.charge[bent]
    slope = np.sinh(eta[bent])
    slope = np.where(np.abs(slope) < _LEAST_SLOPE, _LEAST_SLOPE, slope)
    circle = particles.pt[bent] / (_GEV_PER_TESLA_METRE * solenoid.field * np.abs(charge))
    # After a turn by the angle a the particle is 2 r sin(a / 2) from the beam and r a sinh(eta) along it.
    turn_barrel = 2 * np.arcsin(np.minimum(solenoid.radius / (2 * circle), 1.0))
    turn_end = solenoid.half_length / (circle * np.abs(slope))
    through_end = (2 * circle < solenoid.radius) | (turn_end < turn_barrel)
    turn = np.where(through_end, turn_end, turn_barrel)
    chord = 2 * circle * np.sin(turn / 2)
    azimuth = phi[bent] - np.sign(charge) * turn / 2 + np.where(chord < 0, np.pi, 0.0)
    eta[bent] = np.arcsinh(circle * turn * slope / np.maximum(np.abs(chord), 1e-9))
    phi[bent] = wrapped(azimuth)
    return eta, phi


def _kinds(pdg: Integers) -> dict[str, npt.NDArray[np.bool_]]:
    electron, muon = pdg == ELECTRON, pdg == MUON
    return {"electron": electron, "muon": muon, "hadron": ~(electron | muon)}


def efficiency(pdg: Integers, pt: Reals, eta: Reals) -> Reals:
    """Chance that a charged particle is found as a track.

    Parameters
    ----------
    pdg : ndarray of int64
        Kind.
    pt, eta : ndarray of float64
        Of the particle.

    Returns
    -------
    ndarray of float64
    """
    hard = (pt > TRACK_PT_HARD).astype(np.int64)
    result = np.zeros(len(pt))
    for name, those in _kinds(pdg).items():
        kind = TRACK_KINDS[name]
        chance = np.where(np.abs(eta) <= CENTRAL, np.array(kind.central)[hard], np.array(kind.forward)[hard])
        result[those] = chance[those]
    return np.where((pt > TRACK_PT_MIN) & (np.abs(eta) <= TRACKER), result, 0.0)


def relative_resolution(pdg: Integers, pt: Reals, eta: Reals) -> Reals:
    """sigma(pT) / pT of tracks.

    Parameters
    ----------
    pdg, pt, eta
        As for `efficiency`.

    Returns
    -------
    ndarray of float64
    """
    region = np.minimum(np.searchsorted(RESOLUTION_ETA, np.abs(eta)), len(RESOLUTION_ETA) - 1)
    result = np.zeros(len(pt))
    for name, those in _kinds(pdg).items():
        constant, slope = np.array(TRACK_KINDS[name].resolution)[region].T
        result[those] = np.hypot(constant, slope * pt)[those]
    return result


def smeared(mean: Reals, relative: Reals, random: np.random.Generator) -> Reals:
    """A measurement that is never negative: log-normal with this mean and relative width.

    Parameters
    ----------
    mean : ndarray of float64
        Positive.
    relative : ndarray of float64
        Standard deviation over mean.
    random : Generator
        Where chance comes from.

    Returns
    -------
    ndarray of float64
    """
    variance = np.log1p(relative**2)
    return mean * np.exp(np.sqrt(variance) * random.standard_normal(len(mean)) - variance / 2)


def find(particles: Particles, random: np.random.Generator) -> tuple[Integers, Reals]:
    """The particles that are found as tracks.

    Parameters
    ----------
    particles : Particles
        Charged or not.
    random : Generator
        Where chance comes from.

    Returns
    -------
    rows : ndarray of int64
        Which ones.
    pt : ndarray of float64
        As measured; directions are as they are.
    """
    chance = efficiency(particles.pdg, particles.pt, particles.eta)
    found = np.flatnonzero((particles.charge != 0) & (random.random(len(chance)) < chance))
    pt = particles.pt[found]
    width = relative_resolution(particles.pdg[found], pt, particles.eta[found])
    return found.astype(np.int64), smeared(pt, width, random)
