"""A fast detector: particles in, constituents of jets out, as particle flow or as towers.

In particle flow a tower with significantly more energy than its tracks gives a neutral besides them. Elsewhere tracks
and tower measure the same, and the tracks are scaled to the mean of the two: the momentum of a hard track alone is so
uncertain that soft jets would be taken for hard ones.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.datasets import tracks
from models.datasets.particles import (
    ELECTRON,
    INVISIBLE,
    MUON,
    PHOTON,
    Constituents,
    Integers,
    Particles,
    Reals,
    joined_constituents,
)
from models.datasets.samples import Detector, MuonChambers
from models.datasets.towers import Grid, measured, sum_at, sums

NEUTRAL, TRACK, MUON_TRACK = 0, 1, 2


def seen_by(detector: Detector, particles: Particles, random: np.random.Generator) -> Constituents:
    """What a detector reports of events.

    Parameters
    ----------
    detector : Detector
        One of a sample.
    particles : Particles
        Of all events.
    random : Generator
        Where chance comes from.

    Returns
    -------
    Constituents
    """
    visible = particles.chosen(~np.isin(particles.pdg, INVISIBLE))
    if detector.tower_min is not None:
        return _towers(detector, detector.tower_min, visible, random)
    return _particle_flow(detector, visible, random)


def _stopped(pdg: Integers) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which particles leave their energy in the electromagnetic calorimeter, and which in the hadronic one."""
    electromagnetic = np.isin(pdg, (ELECTRON, PHOTON))
    return electromagnetic, ~electromagnetic & (pdg != MUON)


def _neutrals(grid: Grid, towers: Integers, energy: Reals, random: np.random.Generator | None) -> Constituents:
    eta, phi = grid.place(towers, random)
    kind = np.full(len(towers), NEUTRAL, dtype=np.uint8)
    return Constituents(grid.event(towers), energy / np.cosh(eta), eta, phi, kind)


def _towers(detector: Detector, energy_min: float, particles: Particles, random: np.random.Generator) -> Constituents:
    """Towers of the two calorimeters, one behind the other, added."""
    grid = Grid(detector.electromagnetic)
    eta, phi = tracks.at_calorimeter(particles, detector.solenoid)
    towers = grid.towers(particles.event, eta, phi)
    numbers, energies = [], []
    for calorimeter, stopped in zip(
        (detector.electromagnetic, detector.hadronic), _stopped(particles.pdg), strict=True
    ):
        hit, deposit = sums(towers[stopped], particles.energy[stopped])
        numbers.append(hit)
        energies.append(measured(calorimeter, deposit, grid.place(hit, None)[0], random)[0])
    both, energy = sums(np.concatenate(numbers), np.concatenate(energies))
    loud = energy >= energy_min
    return _neutrals(grid, both[loud], energy[loud], None)


def _particle_flow(detector: Detector, particles: Particles, random: np.random.Generator) -> Constituents:
    """Tracks, and neutrals where a tower has significantly more energy than its tracks."""
    eta, phi = tracks.at_calorimeter(particles, detector.solenoid)
    found, pt = tracks.find(particles, random)
    pdg, track_eta = particles.pdg[found], particles.eta[found]
    energy = pt * np.cosh(track_eta)
    width = energy * tracks.relative_resolution(pdg, pt, track_eta)
    kinds = _kinds_of_tracks(detector.muons, pdg, pt, track_eta, random)
    parts = []
    scale = np.ones(len(found))
    for calorimeter, stopped in zip(
        (detector.electromagnetic, detector.hadronic), _stopped(particles.pdg), strict=True
    ):
        grid = Grid(calorimeter)
        towers = grid.towers(particles.event, eta, phi)
        hit, deposit = sums(towers[stopped], particles.energy[stopped])
        seen, tower_width = measured(calorimeter, deposit, grid.place(hit, None)[0], random)
        mine = np.flatnonzero(stopped[found])
        at = towers[found[mine]]
        tracked = sum_at(hit, at, energy[mine])
        tracks_width = np.sqrt(sum_at(hit, at, width[mine] ** 2))
        excess = seen - tracked
        least = np.maximum(calorimeter.energy_min, calorimeter.significance_min * np.hypot(tower_width, tracks_width))
        neutral = excess >= least
        parts.append(_neutrals(grid, hit[neutral], excess[neutral], random))
        agreeing = ~neutral & (tracked > 0) & (seen > 0)
        better = _combined(tracked[agreeing], tracks_width[agreeing], seen[agreeing], tower_width[agreeing])
        scale[mine] *= _of_towers(hit[agreeing], better / tracked[agreeing], at)
    parts.insert(0, Constituents(particles.event[found], pt * scale, track_eta, particles.phi[found], kinds))
    return joined_constituents(parts)


def _combined(a: Reals, a_width: Reals, b: Reals, b_width: Reals) -> Reals:
    """Two measurements of the same as one, each weighted by what it is worth."""
    return (a * b_width**2 + b * a_width**2) / (a_width**2 + b_width**2)


def _of_towers(hit: Integers, values: Reals, towers: Integers) -> Reals:
    """The value of each tower that is asked for; 1 where there is none."""
    if not len(hit):
        return np.ones(len(towers))
    at = np.minimum(np.searchsorted(hit, towers), len(hit) - 1)
    return np.where(hit[at] == towers, values[at], 1.0)


def _kinds_of_tracks(
    chambers: MuonChambers | None, pdg: Integers, pt: Reals, eta: Reals, random: np.random.Generator
) -> npt.NDArray[np.uint8]:
    kinds = np.full(len(pdg), TRACK, dtype=np.uint8)
    if chambers is None:
        return kinds
    named = (pdg == MUON) & (pt > chambers.pt_min) & (np.abs(eta) < chambers.eta_max)
    kinds[named & (random.random(len(pdg)) < chambers.efficiency)] = MUON_TRACK
    return kinds
