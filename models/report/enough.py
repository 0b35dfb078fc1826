"""How many training jets would suffice: a straight line through what fewer of them reached.

Between 30,000 and 755,000 jets rejection grows about as the logarithm of their number. The line is fitted with
the errors of the test jets as if they were independent of each other; they are of the same jets, so that its slope is
better known than is said here, and how far one training is from the next is not in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.report.cache import TREE
from models.report.merit import Merit
from models.report.tables import words_of

TIMES = 1.3
"""What the trees' rejection is multiplied with, for the number of jets that is asked for."""
PAPER_JETS = 1_200_000
"""Training jets of the reference sample, which paper A has."""
_KEY = "rejection_50"
# Two points are on some line whatever they are.
_FEWEST_POINTS = 3
# More than anyone will make: nothing to name a number for.
_NEVER = 1e9


@dataclass(frozen=True)
class Line:
    """value = at_one + slope * log(jets).

    Attributes
    ----------
    at_one, slope : float
        Of the line.
    covariance : ndarray
        (2, 2), of `slope` and `at_one`.
    """

    at_one: float
    slope: float
    covariance: npt.NDArray[np.float64]

    def at(self, jets: float) -> tuple[float, float]:
        """Value there, and its error.

        Parameters
        ----------
        jets : float
            How many.

        Returns
        -------
        tuple of float
        """
        row = np.array([math.log(jets), 1.0])
        return float(row @ [self.slope, self.at_one]), float(np.sqrt(row @ self.covariance @ row))

    def reaches(self, value: float) -> float:
        """How many jets give a value; infinite where more jets do not help.

        Parameters
        ----------
        value : float
            Wanted.

        Returns
        -------
        float
        """
        if self.slope <= 0:
            return math.inf
        with np.errstate(over="ignore"):
            return float(np.exp((value - self.at_one) / self.slope))


def line_through(jets: Sequence[float], values: Sequence[float], errors: Sequence[float]) -> Line:
    """The line that fits best.

    Parameters
    ----------
    jets, values, errors : sequence of float
        At least two different numbers of jets; errors above 0.

    Returns
    -------
    Line
    """
    weights = 1 / np.asarray(errors, np.float64)
    (slope, at_one), covariance = np.polyfit(np.log(jets), values, 1, w=weights, cov="unscaled")
    return Line(float(at_one), float(slope), covariance)


def enough_words(curves: Mapping[str, Sequence[Merit]], shipped: Mapping[str, Merit]) -> str:
    """What the learning curves say of more jets than there were.

    Parameters
    ----------
    curves : mapping of str to sequence of Merit
        As from `models.report.studies.curves`.
    shipped : mapping of str to Merit
        The boosted trees among them; without them nothing is said.

    Returns
    -------
    str
        A paragraph, or "".
    """
    trees = shipped.get(TREE)
    if trees is None or not math.isfinite(trees.values[_KEY]):
        return ""
    wanted = TIMES * trees.values[_KEY]
    often = f"{TIMES:g} times the trees' {trees.values[_KEY]:.0f}"
    said = []
    for base, some in curves.items():
        known = [merit for merit in some if math.isfinite(merit.values[_KEY]) and merit.errors[_KEY] > 0]
        if len({merit.tagger.about.jets for merit in known}) < _FEWEST_POINTS:
            continue
        jets = [float(merit.tagger.about.jets) for merit in known]
        line = line_through(jets, [merit.values[_KEY] for merit in known], [merit.errors[_KEY] for merit in known])
        value, error = line.at(PAPER_JETS)
        reached = line.reaches(wanted)
        when = f"at {reached / 1e6:.1f} million" if reached < _NEVER else "never"
        at_papers = f"{value:.0f} ± {error:.0f} at {PAPER_JETS / 1e6:g} million"
        said.append(f"{words_of(base)} reaches {at_papers} and {often} {when}")
    if not said:
        return ""
    first = "A straight line through the rejection at 50 % against the logarithm of the number of jets, to go on with"
    return f"{first}: {'; '.join(said)}.\n"
