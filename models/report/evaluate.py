"""Tag the test jets of every sample with every model, keep the scores, print what they reach.

    python -m models.report.evaluate --data DIR
    python -m models.report.evaluate --data DIR --every --cache .work/report-more
    python -m models.report.evaluate --pairs

DIR has the shards (`toptag_00.npz`, ..), of which the last ones are for testing; with `--every` all are, such as jets
made with other seeds, and their scores go into a folder of their own. A model whose scores are there is not
run again; stopped, the same command goes on with the next model. `--pairs` compares every two taggers of a sample on
the same jets, from the scores that are there. Boosted trees join with `python -m models.report.tree`.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

from jettag.metrics import threshold
from models.bootstrap import REPLICATES
from models.dependence import edges_of, mean_score, sculpting
from models.report.cache import FOLDER, Cache
from models.report.jets import load_test, samples_in
from models.report.mean_images import keep_images
from models.report.merit import Merit, compare, measure_all
from models.report.said import exits_with_words
from models.report.tagging import keep_scores, models_by_sample

ZOO = Path(__file__).resolve().parents[1] / "zoo"


def merit_line(merit: Merit) -> str:
    """A tagger's numbers.

    Parameters
    ----------
    merit : Merit
        Measured.

    Returns
    -------
    str
    """
    v, e = merit.values, merit.errors
    return (
        f"{merit.tagger.name:28} accuracy {v['accuracy']:.4f} +- {e['accuracy']:.4f}, AUC {v['auc']:.4f} +- "
        f"{e['auc']:.4f}, rejection {v['rejection_50']:.0f} +- {e['rejection_50']:.0f} at 50 %, "
        f"{v['rejection_30']:.0f} +- {e['rejection_30']:.0f} at 30 %, mean scores {merit.separation:.4f} apart"
    )


def pair_line(first: Merit, second: Merit) -> str:
    """How two taggers differ.

    Parameters
    ----------
    first, second : Merit
        On the same jets.

    Returns
    -------
    str
    """
    found = compare(first, second)
    parts = [
        f"{words} {found.values[key]:+.{digits}f} +- {found.errors[key]:.{digits}f}"
        for key, words, digits in (("auc", "AUC", 5), ("rejection_50", "at 50 %", 0), ("rejection_30", "at 30 %", 0))
        if key in found.values
    ]
    return f"{first.tagger.name} less {second.tagger.name}: {', '.join(parts)}, scores {found.scores:.4f} apart per jet"


def dependence_lines(cache: Cache, sample: str) -> list[str]:
    """How mean scores change with pT and mass, and what a cut at 50 % does to background masses.

    Parameters
    ----------
    cache : Cache
        With scores.
    sample : str
        Of the jets.

    Returns
    -------
    list of str
    """
    facts = cache.jets(sample)
    bins = [" ".join(f"{edge:g}" for edge in edges_of(values, 4)) for values in (facts.pt, facts.mass)]
    lines = [f"mean scores in bins of pT with edges {bins[0]} GeV and of mass with edges {bins[1]} GeV:"]
    for name, tagger in cache.taggers(sample).items():
        parts = []
        for words, values in (("pT", facts.pt), ("mass", facts.mass)):
            edges = edges_of(values, 4)
            for label, kind in ((1, "tops"), (0, "QCD")):
                there = facts.labels == label
                curve = mean_score(values[there], tagger.scores[there], edges)
                parts.append(f"{kind} in {words} {' '.join(f'{value:.3f}' for value in curve.values)}")
        qcd = facts.labels == 0
        tagged = tagger.scores[qcd] >= threshold(tagger.scores, facts.labels, 0.5)
        change = sculpting(facts.mass[qcd], tagged, edges_of(facts.mass, 20))
        lines.append(f"{name}: {'; '.join(parts)}; QCD masses change by {change:.3f} bits")
    return lines


def print_sample(cache: Cache, sample: str, count: int, pairs: bool) -> None:
    """Print what is known of a sample.

    Parameters
    ----------
    cache : Cache
        With scores.
    sample : str
        Which.
    count : int
        Replicates for the errors.
    pairs : bool
        Compare every two taggers instead.
    """
    facts = cache.jets(sample)
    merits = measure_all(cache, sample, count)
    print(f"{sample}: {len(facts)} test jets, {int(facts.labels.sum())} tops, of {', '.join(facts.shards)}")
    if pairs:
        print("\n".join(pair_line(first, second) for first, second in combinations(merits, 2)))
    else:
        print("\n".join([merit_line(merit) for merit in merits] + dependence_lines(cache, sample)))


@exits_with_words
def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder with the shards; without it only what is there is printed")
    parser.add_argument("--every", action="store_true", help="all shards of the folder are for testing")
    parser.add_argument("--zoo", type=Path, default=ZOO, help="folder with the model files, models/zoo")
    parser.add_argument("--cache", type=Path, default=FOLDER, help="folder for scores, %(default)s")
    parser.add_argument("--replicates", type=int, default=REPLICATES, help="for the errors, %(default)s")
    parser.add_argument("--pairs", action="store_true", help="compare every two taggers")
    arguments = parser.parse_args()
    cache = Cache(arguments.cache)
    if arguments.data is not None:
        models = models_by_sample(arguments.zoo)
        for sample in samples_in(arguments.data):
            jets, facts = load_test(arguments.data, sample, arguments.every)
            cache.write_jets(sample, facts)
            keep_scores(cache, sample, jets, facts, models.get(sample, {}))
            if not arguments.every:  # figures show those of the sample's own test jets
                keep_images(cache, sample, jets, facts)
    for sample in cache.samples():
        print_sample(cache, sample, arguments.replicates, arguments.pairs)


if __name__ == "__main__":
    main()
