"""How good a tagger is: accuracy, area under the curve, rejection of background, working points, all with errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating[Any]]
Labels = npt.NDArray[np.integer[Any]]


def _split(scores: Scores, labels: Labels) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Scores of tops, falling, and of background, rising."""
    values = np.asarray(scores, np.float64)
    tops = np.asarray(labels) == 1
    if not np.isfinite(values).all() or tops.all() or not tops.any():
        raise ValueError("finite scores of both classes are needed")
    return np.sort(values[tops])[::-1], np.sort(values[~tops])


def accuracy(scores: Scores, labels: Labels) -> tuple[float, float]:
    """Fraction of jets on the right side of 0.5, and its binomial error.

    Parameters
    ----------
    scores : ndarray of float
        Near 1 a top.
    labels : ndarray of int
        1 a top.

    Returns
    -------
    tuple of float
    """
    right = float(np.mean((np.asarray(scores) >= 0.5) == (np.asarray(labels) == 1)))
    return right, math.sqrt(right * (1 - right) / len(labels))


def area(scores: Scores, labels: Labels) -> tuple[float, float]:
    """Area under the ROC curve, and its error by Hanley and McNeil (Radiology 143 (1982) 29).

    Parameters
    ----------
    scores, labels
        As for `accuracy`.

    Returns
    -------
    tuple of float
    """
    tops, others = _split(scores, labels)
    # Pairs in which the top has the higher score; pairs alike count half.
    below = np.searchsorted(others, tops, "left")
    alike = np.searchsorted(others, tops, "right") - below
    value = float((below + 0.5 * alike).sum() / (len(tops) * len(others)))
    first, second = value / (2 - value), 2 * value**2 / (1 + value)
    variance = value * (1 - value) + (len(tops) - 1) * (first - value**2) + (len(others) - 1) * (second - value**2)
    return value, math.sqrt(max(variance, 0.0) / (len(tops) * len(others)))


def working_points(scores: Scores, labels: Labels, efficiencies: npt.ArrayLike) -> list[dict[str, float]]:
    """Thresholds for wanted signal efficiencies.

    Parameters
    ----------
    scores, labels
        As for `accuracy`.
    efficiencies : array_like of float
        Rising, inside (0, 1).

    Returns
    -------
    list of dict
        Rows of `working_points` in a model file. The threshold is the lowest score among the wanted fraction of tops,
        rounded up to whole jets; the error of the background efficiency is binomial, that of one jet where none passes.
    """
    tops, others = _split(scores, labels)
    rows = []
    for efficiency in np.asarray(efficiencies, np.float64).tolist():
        threshold = float(tops[math.ceil(efficiency * len(tops) - 1e-9) - 1])
        passed = len(others) - int(np.searchsorted(others, threshold, "left"))
        background = passed / len(others)
        rows.append(
            {
                "signal_efficiency": efficiency,
                "threshold": threshold,
                "background_efficiency": background,
                "background_error": math.sqrt(max(passed, 1) * (1 - background)) / len(others),
            }
        )
    return rows


def threshold(scores: Scores, labels: Labels, efficiency: float) -> float:
    """Score at and above which a jet is tagged.

    Parameters
    ----------
    scores, labels
        As for `accuracy`.
    efficiency : float
        Of the signal.

    Returns
    -------
    float
    """
    return working_points(scores, labels, [efficiency])[0]["threshold"]


def rejection(scores: Scores, labels: Labels, efficiency: float) -> tuple[float, float]:
    """One over the background efficiency at a signal efficiency, and its error.

    Parameters
    ----------
    scores, labels
        As for `accuracy`.
    efficiency : float
        Of the signal.

    Returns
    -------
    tuple of float
        Infinite both when no background jet passes. The error is that of the number of background jets.
    """
    point = working_points(scores, labels, [efficiency])[0]
    background = point["background_efficiency"]
    if background == 0:
        return math.inf, math.inf
    return 1 / background, point["background_error"] / background**2


def summary(scores: Scores, labels: Labels) -> dict[str, float]:
    """The numbers of a model's card.

    Parameters
    ----------
    scores, labels
        As for `accuracy`.

    Returns
    -------
    dict of str to float
        `accuracy`, `auc`, `rejection_50`, `rejection_30`, each with `<key>_error`; infinite ones are left out.
    """
    found = {
        "accuracy": accuracy(scores, labels),
        "auc": area(scores, labels),
        "rejection_50": rejection(scores, labels, 0.5),
        "rejection_30": rejection(scores, labels, 0.3),
    }
    rows: dict[str, float] = {}
    for key, (value, error) in found.items():
        if math.isfinite(value):
            rows |= {key: value, f"{key}_error": error}
    return rows
