"""How taggers depend on a jet's pT and mass: efficiencies and mean scores in bins, and masses after a cut."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag.binned import divergence

LEAST_JETS = 50
"""Bins with fewer jets of a class are left out."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Something in bins.

    Attributes
    ----------
    values, errors : ndarray of float64
        One per bin; NaN where there are too few jets.
    """

    values: Floats
    errors: Floats


def edges_of(values: Floats, bins: int) -> Floats:
    """Edges of equal bins over all but the outermost jets, at round numbers.

    Parameters
    ----------
    values : ndarray of float64
        Of the jets.
    bins : int
        About how many.

    Returns
    -------
    ndarray of float64
    """
    low, high = np.quantile(values, (0.002, 0.998))
    width = max((high - low) / bins, 1e-9)
    # A step of 1, 2, 2.5 or 5 times a power of ten.
    power = 10.0 ** math.floor(math.log10(width))
    step = min((factor * power for factor in (1, 2, 2.5, 5, 10)), key=lambda one: abs(math.log(one / width)))
    return step * np.arange(math.floor(low / step + 0.01), math.ceil(high / step - 0.01) + 1)


def _bins(values: Floats, edges: Floats) -> npt.NDArray[np.int64]:
    """Bin of each value; -1 and `len(edges) - 1` outside."""
    return np.searchsorted(edges, values, "right").astype(np.int64) - 1


def _counts(bins: npt.NDArray[np.int64], n: int, weights: Floats | None = None) -> Floats:
    inside = (bins >= 0) & (bins < n)
    chosen = None if weights is None else weights[inside]
    return np.bincount(bins[inside], chosen, n).astype(np.float64)


def tagged_fraction(values: Floats, tagged: npt.NDArray[np.bool_], edges: Floats) -> Curve:
    """Fraction of jets tagged in bins of something.

    Parameters
    ----------
    values : ndarray of float64
        Such as pT, of jets of one class.
    tagged : ndarray of bool
        Which of them are.
    edges : ndarray of float64
        Of the bins.

    Returns
    -------
    Curve
        With binomial errors, that of one jet where none is tagged.
    """
    bins, n = _bins(values, edges), len(edges) - 1
    jets, passed = _counts(bins, n), _counts(bins, n, tagged.astype(np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        fraction = np.where(jets >= LEAST_JETS, passed / jets, np.nan)
        error = np.sqrt(np.maximum(passed, 1) * (1 - fraction)) / jets
    return Curve(fraction, error)


def mean_score(values: Floats, scores: npt.NDArray[np.float32], edges: Floats) -> Curve:
    """Mean score in bins of something.

    Parameters
    ----------
    values : ndarray of float64
        Such as pT, of jets of one class.
    scores : ndarray of float32
        Theirs.
    edges : ndarray of float64
        Of the bins.

    Returns
    -------
    Curve
        With the error of the mean.
    """
    bins, n, exact = _bins(values, edges), len(edges) - 1, scores.astype(np.float64)
    jets = _counts(bins, n)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(jets >= LEAST_JETS, _counts(bins, n, exact) / jets, np.nan)
        variance = np.maximum(_counts(bins, n, exact**2) / jets - mean**2, 0)
        return Curve(mean, np.sqrt(variance / (jets - 1)))


def sculpting(mass: Floats, tagged: npt.NDArray[np.bool_], edges: Floats) -> float:
    """How far a cut changes the distribution of a class's masses.

    Parameters
    ----------
    mass : ndarray of float64
        Of jets of one class.
    tagged : ndarray of bool
        Which of them pass.
    edges : ndarray of float64
        Of the bins; jets outside count in the outermost.

    Returns
    -------
    float
        Jensen-Shannon divergence in bits of the masses of those that pass and of those that do not: 0 where alike, 1
        where apart. NaN when all or none pass.
    """
    bins, n = np.clip(_bins(mass, edges), 0, len(edges) - 2), len(edges) - 1
    return divergence(np.bincount(bins[tagged], minlength=n), np.bincount(bins[~tagged], minlength=n))


def score_dependence(
    pt: Floats, mass: Floats, labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.float32], bins: int = 8
) -> dict[str, Any]:
    """Mean scores in bins of pT and of mass, for a model file's notes (FORMAT.md).

    Parameters
    ----------
    pt, mass : ndarray of float64
        Of test jets, GeV.
    labels : ndarray of uint8
        1 a top.
    scores : ndarray of float32
        Theirs.
    bins : int
        About how many.

    Returns
    -------
    dict
        `pt` and `mass`, each with `edges`, and `top` and `other` with `mean` and `error`, None where there are fewer
        than `LEAST_JETS` jets.
    """
    found: dict[str, Any] = {}
    for name, values in (("pt", pt), ("mass", mass)):
        edges = edges_of(values, bins)
        found[name] = {"edges": [round(float(edge), 6) for edge in edges]}
        for words, label in (("top", 1), ("other", 0)):
            curve = mean_score(values[labels == label], scores[labels == label], edges)
            found[name][words] = {"mean": _rounded(curve.values), "error": _rounded(curve.errors)}
    return found


def _rounded(values: Floats) -> list[float | None]:
    return [round(float(value), 4) if math.isfinite(value) else None for value in values]
