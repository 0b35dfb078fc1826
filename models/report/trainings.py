"""Trainings that differ in their seed alone: what each reached, kept when its model is not.

    python -m models.report.trainings FILE.jtm ..

Puts the numbers of the model files' cards into models/compared/trainings.csv, a line for each training; a training that
is there already is replaced. Files are those of `python -m models.training.all --seeds 1,2,3`, or shipped ones. The
table of seeds in models/README.md is made of these lines (`python -m models.report.write`).
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from models import jtm
from models.bootstrap import spread
from models.ensemble import is_ensemble
from models.report.jets import ReportError
from models.report.said import exits_with_words
from models.report.studies import study_of
from models.report.tables import table, words_of

FILE = Path(__file__).resolve().parents[1] / "compared" / "trainings.csv"


@dataclass(frozen=True)
class Training:
    """One training, a line of the file.

    Attributes
    ----------
    network : str
        Its name, without what stands behind it for a seed or a number of jets.
    jets, seed : int
        Jets that it was trained on, and the seed. With the name they say which training it is.
    epochs : float
        Passes over the jets until the weights that were kept.
    test_jets : int
        That the rest is measured with.
    accuracy, auc, rejection_50, rejection_30 : float
        As on the card.
    """

    network: str
    jets: int
    seed: int
    epochs: float
    test_jets: int
    accuracy: float
    auc: float
    rejection_50: float
    rejection_30: float

    @property
    def key(self) -> tuple[str, int, int]:
        """Which training it is."""
        return (self.network, self.jets, self.seed)


COLUMNS = tuple(one.name for one in fields(Training))
_KINDS = {"str": str, "int": int, "float": float}


def _training(cells: Sequence[Any]) -> Training:
    """One of its values, or of words for them, in order."""
    return Training(*(_KINDS[str(one.type)](cell) for one, cell in zip(fields(Training), cells, strict=True)))


def training_of_file(path: Path) -> Training:
    """What a model file's card says.

    Parameters
    ----------
    path : Path
        A .jtm file of one training.

    Returns
    -------
    Training

    Raises
    ------
    ReportError
        When it is no model file, has no card that says so much, or is a mean of several trainings.
    """
    try:
        model = jtm.read(path)
    except jtm.FormatError as error:
        raise ReportError(f"{path}: {error}") from error
    card = model.header.get("card", {})
    name = str(model.header["name"])
    while study_of(name)[1]:
        name = study_of(name)[0]
    missing = [column for column in COLUMNS[1:] if column not in card]
    if missing:
        raise ReportError(f"{path}: its card has no {', '.join(missing)}")
    if is_ensemble(model):
        raise ReportError(f"{path}: a mean of several trainings, not one")
    return _training([name, *(card[column] for column in COLUMNS[1:])])


def read(path: Path = FILE) -> list[Training]:
    """Trainings of the file.

    Parameters
    ----------
    path : Path
        Perhaps not there yet.

    Returns
    -------
    list of Training

    Raises
    ------
    ReportError
        When the file has another form.
    """
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise ReportError(f"{path}: its first line is not {','.join(COLUMNS)}")
    found = []
    for number, row in enumerate(rows[1:], start=2):
        try:
            found.append(_training(row))
        except ValueError as error:
            raise ReportError(f"{path}, line {number}: {error}") from error
    return found


def write(trainings: Iterable[Training], path: Path = FILE) -> None:
    """Put trainings into the file.

    Parameters
    ----------
    trainings : iterable of Training
        New ones, and others for some that are there.
    path : Path
        Written whole or not at all.
    """
    known = {one.key: one for one in [*read(path), *trainings]}
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(astuple(known[key]) for key in sorted(known))
    unfinished.replace(path)


def seed_table(trainings: Iterable[Training]) -> str:
    """How much one training differs from the next that began with another seed.

    Parameters
    ----------
    trainings : iterable of Training
        Those of a network and a number of jets stand together; a single one is left out.

    Returns
    -------
    str
        Means over seeds, and the spread of one training.
    """
    head = ["network", "training jets", "trainings", "accuracy, %: mean", "spread", "AUC, %: mean", "spread"]
    head += ["1/eps_B at 50 %: each", "mean", "spread"]
    groups: dict[tuple[str, int], list[Training]] = {}
    for one in sorted(trainings, key=lambda one: one.key):
        groups.setdefault(one.key[:2], []).append(one)
    rows = []
    for (network, jets), some in groups.items():
        if len(some) < 2:
            continue
        if len({one.test_jets for one in some}) > 1:
            raise ReportError(f"{network}: its trainings are measured with different test jets")
        row = [words_of(network), f"{jets:,}", str(len(some))]
        for values in ([100 * one.accuracy for one in some], [100 * one.auc for one in some]):
            row += [f"{np.mean(values):.3f}", f"{spread(values):.3f}"]
        rejections = [one.rejection_50 for one in some]
        row.append(", ".join(f"{one:.0f}" for one in rejections))
        rows.append([*row, f"{np.mean(rejections):.0f}", f"{spread(rejections):.0f}"])
    return table(head, rows)


@exits_with_words
def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="model files of one training each")
    parser.add_argument("--to", type=Path, default=FILE, help="the file, models/compared/trainings.csv")
    arguments = parser.parse_args()
    write([training_of_file(path) for path in arguments.files], arguments.to)
    print(seed_table(read(arguments.to)), end="")


if __name__ == "__main__":
    main()
