"""Errors by resampling test jets: of a tagger's numbers, and of the difference of two taggers on the same jets.

Jets are drawn with replacement from the tops and from the others, as many as there are of each. Replicate r draws the
same jets for every tagger of a sample, so that the spread of differences is that of paired taggers: most of what moves
one moves the other. Unlike the binomial errors of `jettag.metrics`, these know that the threshold moves with the tops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jettag import metrics

REPLICATES = 400
SEED = 1
KEYS = ("accuracy", "auc", "rejection_50", "rejection_30")

Replicates = dict[str, npt.NDArray[np.float64]]


def resampled(labels: npt.NDArray[np.uint8], replicate: int, seed: int = SEED) -> npt.NDArray[np.int64]:
    """Numbers of the jets of one replicate.

    Parameters
    ----------
    labels : ndarray of uint8
        Of all jets.
    replicate, seed : int
        Which one.

    Returns
    -------
    ndarray of int64
    """
    random = np.random.default_rng([seed, replicate])
    drawn = [random.choice(np.flatnonzero(labels == label), int((labels == label).sum())) for label in (1, 0)]
    return np.concatenate(drawn)


def replicate_numbers(
    scores: npt.NDArray[np.float32],
    labels: npt.NDArray[np.uint8],
    count: int = REPLICATES,
    seed: int = SEED,
) -> Replicates:
    """A tagger's numbers in every replicate.

    Parameters
    ----------
    scores, labels : ndarray
        Of all jets.
    count, seed : int
        How many replicates, and which.

    Returns
    -------
    dict of str to ndarray
        `KEYS`; infinite where no background jet passes.
    """
    found = {key: np.full(count, math.inf) for key in KEYS}
    for i in range(count):
        jets = resampled(labels, i, seed)
        for key, value in metrics.summary(scores[jets], labels[jets]).items():
            if key in found:
                found[key][i] = value
    return found


def spread(values: Sequence[float] | npt.NDArray[np.float64]) -> float:
    """Standard deviation of replicates: the error of what they replicate.

    Parameters
    ----------
    values : array_like of float
        One per replicate.

    Returns
    -------
    float
        NaN when any is infinite: then the error has no size.
    """
    array = np.asarray(values, np.float64)
    return float(array.std(ddof=1)) if len(array) > 1 and np.isfinite(array).all() else math.nan


def difference_error(first: Replicates, second: Replicates, key: str) -> float:
    """Error of a difference of two taggers on the same jets.

    Parameters
    ----------
    first, second : dict of str to ndarray
        Their numbers in the same replicates.
    key : str
        One of `KEYS`.

    Returns
    -------
    float
    """
    if not (np.isfinite(first[key]).all() and np.isfinite(second[key]).all()):
        return math.nan
    return spread(first[key] - second[key])
