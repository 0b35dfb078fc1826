"""What the mean of two networks would reach, from scores that are there: which of them is worth a model file.

    python -m models.report.means [--cache .work/report-more] [--sample toptag] [--first constituents-gf]

The mean is of the logits, as in a model made by models/training/ensemble.py. Every network of the sample is joined with
the first one; differences are from the better of the two. The best of many is better than it will be on other jets:
what is chosen here is to be measured elsewhere.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from models.bootstrap import REPLICATES
from models.report.cache import COMPARED, MORE, About, Cache, Tagger
from models.report.jets import ReportError
from models.report.merit import Merit, compare, measure, measure_all
from models.report.said import exits_with_words
from models.report.tables import table, with_error, words_of

# As near as a score of single precision comes to 0 and 1.
_LEAST = float(np.finfo(np.float32).eps) / 2


def mean_tagger(first: Tagger, second: Tagger) -> Tagger:
    """The mean of two taggers' logits as a tagger.

    Parameters
    ----------
    first, second : Tagger
        Of the same jets.

    Returns
    -------
    Tagger
    """
    logits = []
    for tagger in (first, second):
        scores = np.clip(tagger.scores.astype(np.float64), _LEAST, 1 - _LEAST)
        logits.append(np.log(scores / (1 - scores)))
    mean = 1 / (1 + np.exp(-np.mean(logits, axis=0)))
    one, other = first.about, second.about
    about = About(
        f"{one.identity}+{other.identity}", one.jets_seen, multiply_adds=one.multiply_adds + other.multiply_adds
    )
    return Tagger(f"{first.name}+{second.name}", mean.astype(np.float32), about)


def means_with(cache: Cache, sample: str, first: str, count: int = REPLICATES) -> list[tuple[Merit, Merit, Merit]]:
    """A network's means with each other one.

    Parameters
    ----------
    cache : Cache
        With scores.
    sample : str
        Of the jets.
    first : str
        The network.
    count : int
        Replicates for the errors.

    Returns
    -------
    list of tuple of Merit
        The mean, the other one and the better of the two members, the highest rejection of a mean at 50 % first.

    Raises
    ------
    ReportError
        When the network has no scores there.
    """
    facts = cache.jets(sample)
    known = {one.tagger.name: one for one in measure_all(cache, sample, count) if one.tagger.name not in COMPARED}
    if first not in known:
        raise ReportError(f"{cache.folder} has no scores of {first} on {sample}")
    found = []
    for name, other in known.items():
        if name == first:
            continue
        mean = measure(cache, sample, facts, mean_tagger(known[first].tagger, other.tagger), count)
        better = max(known[first], other, key=lambda merit: merit.values["rejection_50"])
        found.append((mean, other, better))
    return sorted(found, key=lambda row: -row[0].values["rejection_50"])


def means_table(rows: list[tuple[Merit, Merit, Merit]]) -> str:
    """What means reach.

    Parameters
    ----------
    rows : list of tuple of Merit
        Of `means_with`.

    Returns
    -------
    str
    """
    head = ["with", "multiply-adds", "AUC, %", "1/eps_B at 50 %", "at 30 %", "AUC less the better's, %", "at 50 %"]
    lines = []
    for mean, other, better in rows:
        apart = compare(mean, better)
        columns = (("auc", 3, 100), ("rejection_50", 0, 1), ("rejection_30", 0, 1))
        cells = [with_error(mean.values[key], mean.errors[key], digits, factor) for key, digits, factor in columns]
        for key, digits, factor in columns[:2]:
            cells.append(with_error(apart.values[key], apart.errors[key], digits, factor))
        lines.append([words_of(other.tagger.name), f"{mean.tagger.about.multiply_adds:,}", *cells])
    return table(head, lines)


@exits_with_words
def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=MORE, help="folder with scores, %(default)s")
    parser.add_argument("--sample", default="toptag", help="%(default)s")
    parser.add_argument("--first", default="constituents-gf", help="%(default)s")
    parser.add_argument("--replicates", type=int, default=REPLICATES, help="for the errors, %(default)s")
    arguments = parser.parse_args()
    cache = Cache(arguments.cache)
    if arguments.sample not in cache.samples():
        raise ReportError(f"{arguments.cache} has no scores of {arguments.sample}")
    print(means_table(means_with(cache, arguments.sample, arguments.first, arguments.replicates)), end="")


if __name__ == "__main__":
    main()
