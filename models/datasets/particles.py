"""Particles of many events, one after the other, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Reals = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

ELECTRON, MUON, PHOTON = 11, 13, 22
INVISIBLE = (12, 14, 16)


@dataclass
class _Columns:
    def chosen(self, rows: npt.NDArray[Any]) -> Any:
        """Some of the rows.

        Parameters
        ----------
        rows : ndarray of bool or int
            Which.

        Returns
        -------
        of its own type
        """
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass
class Particles(_Columns):
    """What flies into the detector.

    Attributes
    ----------
    event : ndarray of int64
        Number of the event.
    pdg : ndarray of int64
        Kind, without the sign of antiparticles.
    charge : ndarray of float64
        In units of the positron's.
    pt, eta, phi, energy : ndarray of float64
        GeV; pseudorapidity.
    """

    event: Integers
    pdg: Integers
    charge: Reals
    pt: Reals
    eta: Reals
    phi: Reals
    energy: Reals


@dataclass
class Constituents(_Columns):
    """What the detector reports, without mass.

    Attributes
    ----------
    event : ndarray of int64
        Number of the event.
    pt, eta, phi : ndarray of float64
        GeV; pseudorapidity.
    kind : ndarray of uint8
        0 neutral, 1 charged track, 2 muon.
    """

    event: Integers
    pt: Reals
    eta: Reals
    phi: Reals
    kind: npt.NDArray[np.uint8]


def joined_constituents(parts: Sequence[Constituents]) -> Constituents:
    """Several sets of constituents as one.

    Parameters
    ----------
    parts : sequence of Constituents
        Of the same events.

    Returns
    -------
    Constituents
    """
    return Constituents(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Constituents))
    )


@dataclass
class Tops(_Columns):
    """Top quarks just before they decay, and the quarks that come of them.

    Attributes
    ----------
    event : ndarray of int64
        Number of the event.
    eta, phi : ndarray of float64
        Of the top.
    quark_eta, quark_phi : ndarray of float64
        (tops, 3) of the bottom quark and the two of the W boson, before they radiate.
    """

    event: Integers
    eta: Reals
    phi: Reals
    quark_eta: Reals
    quark_phi: Reals


def wrapped(angle: npt.NDArray[Any]) -> Reals:
    """An angle in [-pi, pi).

    Parameters
    ----------
    angle : ndarray
        Radians.

    Returns
    -------
    ndarray of float64
    """
    result: Reals = (angle + np.pi) % (2 * np.pi) - np.pi
    return result


def distance(eta: Any, phi: Any, eta_0: Any, phi_0: Any) -> Reals:
    """Distance in the plane of pseudorapidity and azimuth.

    Parameters
    ----------
    eta, phi, eta_0, phi_0 : array_like
        Of the two.

    Returns
    -------
    ndarray of float64
    """
    result: Reals = np.hypot(eta - eta_0, wrapped(phi - phi_0))
    return result
