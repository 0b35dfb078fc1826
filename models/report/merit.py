"""A tagger's numbers with their errors, and how two taggers differ on the same jets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from jettag import metrics
from models.bootstrap import KEYS, REPLICATES, Replicates, difference_error, spread
from models.report.cache import Cache, Tagger
from models.report.jets import Facts
from models.report.replicates import kept_replicates


@dataclass(frozen=True)
class Merit:
    """What a tagger reaches.

    Attributes
    ----------
    tagger : Tagger
        Which one.
    values, errors : dict of str to float
        `accuracy`, `auc`, `rejection_50`, `rejection_30`; infinite and NaN where no background jet passes.
    separation : float
        Mean score of tops less that of the others.
    replicates : dict of str to ndarray
        For differences.
    """

    tagger: Tagger
    values: dict[str, float]
    errors: dict[str, float]
    separation: float
    replicates: Replicates


@dataclass(frozen=True)
class Difference:
    """How a tagger differs from another on the same jets.

    Attributes
    ----------
    values, errors : dict of str to float
        First less second, keys as in `Merit`.
    scores : float
        Mean of the absolute differences of scores.
    """

    values: dict[str, float]
    errors: dict[str, float]
    scores: float


def measure(cache: Cache, sample: str, facts: Facts, tagger: Tagger, count: int = REPLICATES) -> Merit:
    """A tagger's numbers.

    Parameters
    ----------
    cache : Cache
        Where replicates are kept.
    sample : str
        Of the jets.
    facts : Facts
        Of the jets.
    tagger : Tagger
        Whose numbers.
    count : int
        Replicates for the errors.

    Returns
    -------
    Merit
    """
    tops = facts.labels == 1
    numbers = metrics.summary(tagger.scores, facts.labels)
    replicates = kept_replicates(cache, sample, facts, tagger, count)
    return Merit(
        tagger,
        {key: numbers.get(key, math.inf) for key in KEYS},
        {key: spread(replicates[key]) for key in KEYS},
        float(tagger.scores[tops].mean(dtype=np.float64) - tagger.scores[~tops].mean(dtype=np.float64)),
        replicates,
    )


def measure_all(cache: Cache, sample: str, count: int = REPLICATES) -> list[Merit]:
    """Numbers of all taggers of a sample, the highest rejection at 50 % first.

    Parameters
    ----------
    cache : Cache
        With their scores.
    sample : str
        Of the jets.
    count : int
        Replicates for the errors.

    Returns
    -------
    list of Merit
    """
    facts = cache.jets(sample)
    found = [measure(cache, sample, facts, tagger, count) for tagger in cache.taggers(sample).values()]
    return sorted(found, key=lambda merit: (-merit.values["rejection_50"], merit.tagger.name))


def compare(first: Merit, second: Merit) -> Difference:
    """First less second.

    Parameters
    ----------
    first, second : Merit
        On the same jets.

    Returns
    -------
    Difference
    """
    finite = [key for key in KEYS if math.isfinite(first.values[key]) and math.isfinite(second.values[key])]
    scores = np.abs(first.tagger.scores.astype(np.float64) - second.tagger.scores)
    return Difference(
        {key: first.values[key] - second.values[key] for key in finite},
        {key: difference_error(first.replicates, second.replicates, key) for key in finite},
        float(scores.mean()),
    )
