"""Awkward arrays of particles as momenta and offsets. Nothing here is imported until such an array comes along."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from jettag.errors import ArgumentError

# Names that the vector library takes for a component. The first of each is the one for messages.
_CARTESIAN = (("px", "x"), ("py", "y"), ("pz", "z"), ("E", "e", "energy", "t"))
_CYLINDRICAL = (("pt", "rho"), ("eta",), ("phi",), ("mass", "m", "M", "tau"))


def is_awkward(jets: Any) -> bool:
    """Whether this is an array of the awkward library, eager and not of dask.

    Parameters
    ----------
    jets : object
        Anything.

    Returns
    -------
    bool
    """
    # The vector library's arrays are awkward's with methods.
    return any(one.__module__.split(".")[0] == "awkward" and one.__name__ == "Array" for one in type(jets).__mro__)


def _fields(names: list[str], wanted: tuple[tuple[str, ...], ...]) -> list[str] | None:
    found = [next((one for one in choices if one in names), None) for choices in wanted]
    return None if None in found else [one for one in found if one is not None]


def momentum_fields(names: list[str]) -> tuple[list[str], bool]:
    """Which fields of a particle are its momentum.

    Parameters
    ----------
    names : list of str
        All there are.

    Returns
    -------
    chosen : list of str
        Four.
    cylindrical : bool
        Whether they are pt, eta, phi, mass.
    """
    cartesian, cylindrical = _fields(names, _CARTESIAN), _fields(names, _CYLINDRICAL)
    chosen = cartesian or cylindrical
    if chosen is None:
        there = ", ".join(names) or "none"
        raise ArgumentError(f"particles need the fields px, py, pz, E or pt, eta, phi, mass; there are {there}")
    return chosen, cartesian is None


def jagged(jets: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64], bool]:
    """Flatten jets of particles.

    Parameters
    ----------
    jets : awkward.Array
        Jets of records with px, py, pz and E, or pt, eta, phi and mass, in GeV, by any name of the vector library.

    Returns
    -------
    momenta : ndarray
        (N, 4), in the order of those names.
    offsets : ndarray of int64
        (n + 1,).
    cylindrical : bool
        Whether momenta are pt, eta, phi, mass.
    """
    import awkward as ak

    if jets.ndim != 2:
        raise ArgumentError(
            f"an awkward array of jets has the axes jet and particle, not {jets.ndim} axes: {jets.type}"
        )
    try:
        counts = ak.to_numpy(ak.num(jets, axis=1))
        flat = ak.flatten(jets, axis=1)
    except Exception as error:
        raise ArgumentError(f"these are no jets of particles: {error}") from error
    chosen, cylindrical = momentum_fields(ak.fields(flat))
    try:
        columns = [ak.to_numpy(flat[name], allow_missing=False) for name in chosen]
    except Exception as error:
        raise ArgumentError(f"the fields {', '.join(chosen)} must hold numbers: {error}") from error
    if any(column.dtype.kind not in "fiu" for column in columns):
        raise ArgumentError(f"the fields {', '.join(chosen)} must hold numbers, not {columns[0].dtype}")
    offsets = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    single = all(column.dtype == np.float32 for column in columns)
    momenta = np.empty((len(flat), 4), np.float32 if single else np.float64)
    for i, column in enumerate(columns):
        momenta[:, i] = column
    return momenta, offsets, cylindrical
