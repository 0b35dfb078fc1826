"""Tables of models/README.md, in Markdown, from numbers that are there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from jettag.metrics import threshold
from models.dependence import edges_of, sculpting
from models.networks import NETWORKS
from models.report.cache import COMPARED, PARTICLE_NET, TREE, Cache
from models.report.merit import Merit, compare
from models.report.papers import NOTHING, PAPER_A, PAPER_A_OTHERS, PAPER_B, Said, rows_of_paper_a

EMPTY = ""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table.

    Parameters
    ----------
    head : iterable of str
        Its first line.
    rows : iterable of iterable of str
        Cells.

    Returns
    -------
    str
    """
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *[list(row) for row in rows]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def with_error(value: float, error: float, digits: int, factor: float = 1.0) -> str:
    """A number and its error.

    Parameters
    ----------
    value, error : float
        A value that is not finite gives an empty cell, such an error is left out.
    digits : int
        Behind the point.
    factor : float
        To multiply both with.

    Returns
    -------
    str
    """
    if not math.isfinite(value):
        return EMPTY
    number = f"{value * factor:.{digits}f}"
    return f"{number} ± {error * factor:.{digits}f}" if math.isfinite(error) else number


def words_of(name: str) -> str:
    """A tagger's name in a table.

    Parameters
    ----------
    name : str
        Of a model, or a key of `COMPARED`.

    Returns
    -------
    str
    """
    return COMPARED.get(name, f"`{name}`")


def _cell(merit: Merit, key: str, digits: int, factor: float = 1.0) -> str:
    return with_error(merit.values[key], merit.errors[key], digits, factor)


def _trained(merit: Merit) -> tuple[str, str]:
    about = merit.tagger.about
    jets = f"{about.jets:,}" if about.jets else EMPTY
    if not about.epochs:
        return jets, EMPTY
    return jets, f"{about.epochs:g} trees" if merit.tagger.name == TREE else f"{about.epochs:g}"


def _size(merit: Merit) -> list[str]:
    about = merit.tagger.about
    return [f"{number:,}" if number else EMPTY for number in (about.parameters, about.multiply_adds)]


def sample_table(merits: list[Merit]) -> str:
    """All taggers of a sample, and how they differ from the boosted trees on the same jets.

    Parameters
    ----------
    merits : list of Merit
        In the order that is wanted.

    Returns
    -------
    str
    """
    tree = next((merit for merit in merits if merit.tagger.name == TREE), None)
    head = ["tagger", "reads", "training jets", "epochs", "parameters", "multiply-adds", "accuracy, %", "AUC, %"]
    head += ["1/eps_B at 50 %", "at 30 %", "mean scores apart"]
    if tree is not None:
        head += ["AUC less trees', %", "1/eps_B at 50 % less trees'", "scores apart from trees'"]
    rows = []
    for merit in merits:
        about = merit.tagger.about
        row = [
            words_of(merit.tagger.name),
            about.reads,
            *_trained(merit),
            *_size(merit),
            _cell(merit, "accuracy", 2, 100),
            _cell(merit, "auc", 2, 100),
            _cell(merit, "rejection_50", 0),
            _cell(merit, "rejection_30", 0),
            f"{merit.separation:.3f}",
        ]
        if tree is not None:
            row += _less(merit, tree)
        rows.append(row)
    return table(head, rows)


def _less(merit: Merit, other: Merit) -> list[str]:
    if merit is other:
        return [EMPTY] * 3
    found = compare(merit, other)
    cells = []
    for key, digits, factor in (("auc", 3, 100.0), ("rejection_50", 0, 1.0)):
        known = key in found.values
        cells.append(with_error(found.values[key], found.errors[key], digits, factor) if known else EMPTY)
    return [*cells, f"{found.scores:.3f}"]


def _ours(merit: Merit | None) -> list[str]:
    if merit is None:
        return [EMPTY] * 6
    cells = [_cell(merit, "accuracy", 2, 100), _cell(merit, "auc", 2, 100)]
    return [*_trained(merit), *cells, _cell(merit, "rejection_50", 0), _cell(merit, "rejection_30", 0)]


def more_table(merits: list[Merit], against: str) -> str:
    """All taggers on more test jets, and how they differ from one of them on the same jets.

    Parameters
    ----------
    merits : list of Merit
        In the order that is wanted.
    against : str
        Name of that one.

    Returns
    -------
    str
    """
    other = next((merit for merit in merits if merit.tagger.name == against), None)
    head = ["tagger", "training jets", "accuracy, %", "AUC, %", "1/eps_B at 50 %", "at 30 %"]
    if other is not None:
        words = f"less {words_of(against)}'s"
        head += [f"AUC {words}, %", f"1/eps_B at 50 % {words}", f"scores apart from {words_of(against)}'s"]
    rows = []
    for merit in merits:
        row = [
            words_of(merit.tagger.name),
            _trained(merit)[0],
            _cell(merit, "accuracy", 2, 100),
            _cell(merit, "auc", 3, 100),
            _cell(merit, "rejection_50", 0),
            _cell(merit, "rejection_30", 0),
        ]
        rows.append(row if other is None else row + _less(merit, other))
    return table(head, rows)


def paper_a_table(merits: Mapping[str, Merit]) -> str:
    """A's Table 2 with ours beside it, then what is compared with it.

    Parameters
    ----------
    merits : mapping of str to Merit
        On the sample of A's kind, by name.

    Returns
    -------
    str
    """
    head = ["network", "parameters", "multiply-adds", "training jets", "epochs", "accuracy, %", "AUC, %"]
    head += ["1/eps_B at 50 %", "at 30 %", "A: accuracy, %", "A: AUC, %", "A: 1/eps_B at 50 %", "A: at 30 %"]
    rows = []
    for name in [*rows_of_paper_a(), *PAPER_A_OTHERS]:
        network, said = NETWORKS[name], (PAPER_A | PAPER_A_OTHERS).get(name, NOTHING)
        size = [f"{network.parameters():,}", f"{network.multiply_adds():,}"]
        theirs = [said.accuracy, said.auc, said.rejection_50, said.rejection_30]
        rows.append([words_of(name), *size, *_ours(merits.get(name)), *theirs])
    for name, words in ((PARTICLE_NET, "constituents"), (TREE, "53 features")):
        if name in merits:
            rows.append([f"{COMPARED[name]}, {words}", *_size(merits[name]), *_ours(merits[name]), *[EMPTY] * 4])
    return table(head, rows)


def _ours_b(merit: Merit | None, said: Said) -> list[str]:
    ours = [EMPTY] * 4
    if merit is not None:
        jets, epochs = _trained(merit)
        numbers = [_cell(merit, "accuracy", 1, 100), _cell(merit, "auc", 4), _cell(merit, "rejection_50", 0)]
        ours = [", ".join(part for part in (jets, epochs) if part), *numbers]
    return [*ours, said.accuracy, said.auc, said.rejection_50]


def paper_b_table(merits: Mapping[str, Mapping[str, Merit]], sample: str) -> str:
    """B's Table 3 for one of its samples, with ours beside it.

    Parameters
    ----------
    merits : mapping of str to mapping of str to Merit
        By sample and name.
    sample : str
        `deeptop` or `cms`.

    Returns
    -------
    str
    """
    head = ["", "ours", "training jets, epochs", "accuracy, %", "AUC", "1/eps_B at 50 %"]
    head += ["B: accuracy, %", "B: AUC", "B: 1/eps_B at 50 %"]
    rows = []
    for step in PAPER_B:
        if sample not in step.said:
            continue
        name = step.ours.get(sample)
        merit = merits.get(sample, {}).get(name or "")
        rows.append([step.words, words_of(name) if name else EMPTY, *_ours_b(merit, step.said[sample])])
    tree = merits.get(sample, {}).get(TREE)
    if tree is not None:
        rows.append(["", f"{COMPARED[TREE]}, 53 features", *_ours_b(tree, NOTHING)])
    return table(head, rows)


def sculpting_table(cache: Cache, merits: Mapping[str, list[Merit]]) -> str:
    """What cuts do to the masses of background jets.

    Parameters
    ----------
    cache : Cache
        With the jets.
    merits : mapping of str to list of Merit
        By sample.

    Returns
    -------
    str
    """
    head = ["sample", "tagger"]
    for percent in (50, 30):
        head += [f"QCD jets left at {percent} %", "median mass, GeV", "change, bits"]
    rows = []
    for sample, some in merits.items():
        facts = cache.jets(sample)
        qcd, edges = facts.labels == 0, edges_of(facts.mass, 20)
        masses = facts.mass[qcd]
        rows.append([sample, "before", *[str(len(masses)), f"{np.median(masses):.0f}", EMPTY] * 2])
        for merit in some:
            scores, cells = merit.tagger.scores, []
            for efficiency in (0.5, 0.3):
                tagged = scores[qcd] >= threshold(scores, facts.labels, efficiency)
                change = sculpting(masses, tagged, edges)
                cells += [
                    str(int(tagged.sum())),
                    f"{np.median(masses[tagged]):.0f}" if tagged.any() else EMPTY,
                    f"{change:.2f}" if math.isfinite(change) else EMPTY,
                ]
            rows.append([sample, words_of(merit.tagger.name), *cells])
    return table(head, rows)
