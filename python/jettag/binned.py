"""Scores in bins of something: efficiencies against pT or mass, calibration, and how far a cut shapes a spectrum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """Fractions of some counts, one per bin, with Wilson's interval of 68 %.

    Attributes
    ----------
    total : ndarray of int64
        Counts.
    value, low, high : ndarray of float64
        The fraction and the ends of its interval; NaN in a bin without counts.
    """

    total: npt.NDArray[np.int64]
    value: Floats
    low: Floats
    high: Floats


def rate(passed: npt.ArrayLike, total: npt.ArrayLike) -> Rate:
    """Fractions with their intervals (Wilson, J. Am. Stat. Assoc. 22 (1927) 209, at one standard deviation).

    Parameters
    ----------
    passed, total : array_like of int
        Counts, per bin.

    Returns
    -------
    Rate
    """
    k, n = np.asarray(passed, np.float64), np.asarray(total, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = k / n
        centre = (k + 0.5) / (n + 1)
        half = np.sqrt(value * (1 - value) * n + 0.25) / (n + 1)
    return Rate(np.asarray(total, np.int64), value, centre - half, np.minimum(centre + half, 1))


def edges_of(values: npt.NDArray[np.floating[Any]], wanted: int) -> Floats:
    """Edges of about so many bins of one round width, over all values but half a percent at each end.

    Parameters
    ----------
    values : ndarray of float
        Finite ones.
    wanted : int
        Bins.

    Returns
    -------
    ndarray of float64
        At least two.
    """
    low, high = (float(one) for one in np.quantile(np.asarray(values, np.float64), [0.005, 0.995]))
    if not high > low:
        return np.array([low - 0.5, low + 0.5])
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(one for one in (1, 2, 2.5, 5, 10) if one * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return np.arange(first, last + 1, dtype=np.float64) * step


def efficiency(values: npt.NDArray[np.floating[Any]], chosen: npt.NDArray[np.bool_], edges: Floats) -> Rate:
    """Fraction that is chosen, in bins of a value.

    Parameters
    ----------
    values : ndarray of float
        Those outside of all bins do not count.
    chosen : ndarray of bool
        Of the same length.
    edges : ndarray of float64
        Of the bins.

    Returns
    -------
    Rate
    """
    return rate(np.histogram(values[chosen], edges)[0], np.histogram(values, edges)[0])


@dataclass(frozen=True)
class Reliability:
    """How often a jet is a top where its score says how probable that is.

    Attributes
    ----------
    tops : Rate
        Fraction of tops, per bin of the score.
    score : ndarray of float64
        Mean score of the bin; NaN in a bin without jets.
    error : float
        Expected calibration error: the mean over jets of the distance of the two.
    """

    tops: Rate
    score: Floats
    error: float


def reliability(scores: npt.NDArray[Any], labels: npt.NDArray[Any], bins: int = 20) -> Reliability:
    """Compare scores, as probabilities, with how often they come true.

    Parameters
    ----------
    scores : ndarray of float
        From 0 to 1.
    labels : ndarray of int
        1 a top.
    bins : int
        Of the same width.

    Returns
    -------
    Reliability
    """
    values = np.asarray(scores, np.float64)
    place = np.minimum((values * bins).astype(np.int64), bins - 1)
    total = np.bincount(place, minlength=bins)
    tops = rate(np.bincount(place, np.asarray(labels) == 1, bins), total)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(place, values, bins) / total
    there = total > 0
    error = float((np.abs(tops.value - mean)[there] * total[there]).sum() / len(values))
    return Reliability(tops, mean, error)


def divergence(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Jensen-Shannon divergence of two histograms, in bits: 0 where they are alike, 1 where they do not overlap.

    Parameters
    ----------
    first, second : array_like of float
        Counts in the same bins; they need not have the same sum.

    Returns
    -------
    float
        NaN when one of them is empty.
    """
    p, q = (np.asarray(one, np.float64) for one in (first, second))
    if p.sum() == 0 or q.sum() == 0:
        return math.nan
    p, q = p / p.sum(), q / q.sum()
    mean = (p + q) / 2
    parts = [
        np.where(one > 0, one * np.log2(np.where(one > 0, one, 1) / np.where(mean > 0, mean, 1)), 0) for one in (p, q)
    ]
    return float(max(0.5 * (parts[0].sum() + parts[1].sum()), 0))
