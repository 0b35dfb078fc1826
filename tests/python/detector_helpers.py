"""Particles as the detector takes them, and when a count agrees with a chance."""

import numpy as np

from models.datasets.particles import Particles

PION, ELECTRON, MUON, PHOTON, NEUTRON = 211, 11, 13, 22, 2112


def particles(pdg, pt, eta, phi=0.0, charge=0.0, event=None):
    n = max(np.size(one) for one in (pt, eta, phi, charge, 1 if event is None else event))
    pt, eta, phi, charge = (np.broadcast_to(np.asarray(one, float), n).copy() for one in (pt, eta, phi, charge))
    event = np.arange(n) if event is None else np.broadcast_to(event, n).copy()
    return Particles(event, np.full(n, pdg), charge, pt, eta, phi, pt * np.cosh(eta))


def agrees(count, n, chance, sigmas=5):
    return abs(count - n * chance) < sigmas * np.sqrt(n * chance * (1 - chance))
