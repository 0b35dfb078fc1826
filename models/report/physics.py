"""What a score is worth on jets that a model was not trained on: the tables of docs/physics.md.

    python -m models.report.physics [--write docs/physics.md]                     the jets that come with jettag
    python -m models.report.physics --data DIR [--write docs/physics.md]          test jets of every sample in a folder

The first calibrates and changes the jets of examples/data/toptag.npz, and needs nothing else. The second needs shards
of several samples: those of `python -m models.datasets.generate`, say.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import jettag
from jettag.binned import Rate, rate, reliability
from jettag.metrics import area, rejection
from models.datasets.shards import SAMPLE, Jets, last_jets, read, usable
from models.marks import put
from models.report.changed import CHANGES
from models.report.jets import ReportError, samples_in
from models.report.said import exits_with_words
from models.report.tables import table, with_error
from models.training.samples import SAMPLES, sample_of_header

POINTS = (0.3, 0.5, 0.8)
SHIFTED = (jettag.DEFAULT_MODEL, "effnet-s0-i35-gf", "lenet-28-i35")
"""Models whose scores of changed jets are shown: the default, an image with features, an image alone."""

Scored = tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]


def scored(model: jettag.Model, jets: Jets) -> Scored:
    """Scores and labels; a jet without a score has 0, since it fails every cut.

    Parameters
    ----------
    model : jettag.Model
        Any that takes these jets.
    jets : Jets
        Any.

    Returns
    -------
    tuple of ndarray
    """
    scores = model.tag(jets.jagged, jets.classes)
    return np.nan_to_num(scores.astype(np.float64), nan=0.0), jets.labels


def passing(model: jettag.Model, found: Scored, wanted: float) -> tuple[Rate, Rate]:
    """Shares of tops and of others above the model's own threshold.

    Parameters
    ----------
    model : jettag.Model
        Its working points are those of its card.
    found : tuple of ndarray
        As of `scored`.
    wanted : float
        Efficiency for tops that the threshold is to give.

    Returns
    -------
    tuple of Rate
        Of one bin each.
    """
    scores, labels = found
    tagged = scores >= model.threshold(wanted)
    tops, others = (rate([tagged[labels == one].sum()], [(labels == one).sum()]) for one in (1, 0))
    return tops, others


def _percent(one: Rate, digits: int) -> str:
    half = float(one.high[0] - one.low[0]) / 2
    return with_error(float(one.value[0]), half, digits, 100)


def calibration_table(models: Mapping[str, jettag.Model], jets: Jets) -> str:
    """Whether scores are probabilities, and what thresholds give.

    Parameters
    ----------
    models : mapping of str to jettag.Model
        For these jets.
    jets : Jets
        Usable ones.

    Returns
    -------
    str
    """
    head = ["model", "mean distance from a probability"]
    head += [f"tops, threshold for {100 * one:.0f} %" for one in POINTS]
    head += [f"QCD jets, threshold for {100 * one:.0f} %: card's, here" for one in POINTS]
    rows = []
    for name, model in models.items():
        found = scored(model, jets)
        points = [passing(model, found, one) for one in POINTS]
        stored = {round(row[0], 2): row for row in model.working_points}
        cards = [with_error(stored[one][2], stored[one][3], 2, 100) for one in POINTS]
        rows.append(
            [f"`{name}`", f"{reliability(*found).error:.3f}"]
            + [f"{_percent(tops, 1)} %" for tops, _ in points]
            + [f"{card}, {_percent(others, 2)} %" for card, (_, others) in zip(cards, points, strict=True)]
        )
    return table(head, rows)


def shift_table(models: Mapping[str, jettag.Model], jets: Jets, seed: int = 1) -> str:
    """What becomes of scores when jets are changed; the same changed jets for every model.

    Parameters
    ----------
    models : mapping of str to jettag.Model
        For these jets.
    jets : Jets
        Usable ones of `toptag`.
    seed : int
        Of all that is random.

    Returns
    -------
    str
    """
    head = ["jets", "model", "AUC, %", "tops, threshold for 50 %", "QCD jets, threshold for 80 %"]
    rows = []
    for words, change in CHANGES.items():
        changed = change(jets, np.random.default_rng(seed))
        for name, model in models.items():
            found = scored(model, changed)
            tops, others = passing(model, found, 0.5)[0], passing(model, found, 0.8)[1]
            cells = [with_error(*area(*found), 2, 100), f"{_percent(tops, 1)} %", f"{_percent(others, 2)} %"]
            rows.append([words, f"`{name}`", *cells])
    return table(head, rows)


def sample_table(models: Iterable[jettag.Model], samples: Mapping[str, Jets]) -> str:
    """Every model on the jets of every sample that it can take.

    Parameters
    ----------
    models : iterable of jettag.Model
        With samples in their cards.
    samples : mapping of str to Jets
        Usable jets.

    Returns
    -------
    str
    """
    head = ["jets of", "model", "trained on", "AUC, %", "1/eps_B at 50 %", "tops, its threshold for 50 %"]
    rows = []
    for sample, jets in samples.items():
        for model in models:
            info: dict[str, Any] = model.info
            if info["needs_classes"] and jets.classes is None:
                continue
            found = scored(model, jets)
            cells = [with_error(*area(*found), 2, 100), with_error(*rejection(*found, 0.5), 0)]
            tops = _percent(passing(model, found, 0.5)[0], 1)
            rows.append([sample, f"`{info['name']}`", sample_of_header(info["header"]), *cells, f"{tops} %"])
    return table(head, rows)


def tables(data: str | None) -> dict[str, str]:
    """The tables of docs/physics.md, by their marks.

    Parameters
    ----------
    data : str or None
        Folder with shards; None: the jets that come with jettag.

    Returns
    -------
    dict of str to str

    Raises
    ------
    ReportError
        When a folder has no shards.
    """
    models = {name: jettag.load(name) for name in jettag.models()}
    if data is None:
        jets = usable(read(SAMPLE))
        fitting = {name: one for name, one in models.items() if sample_of_header(one.info["header"]) == "toptag"}
        return {
            "physics:calibration": calibration_table(fitting, jets),
            "physics:shifts": shift_table({name: models[name] for name in SHIFTED}, jets),
        }
    samples = {sample: last_jets(data, sample, SAMPLES[sample].test_shards) for sample in samples_in(data)}
    return {"physics:samples": sample_table(models.values(), samples)}


@exits_with_words
def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", metavar="DIR", help="folder with shards of several samples")
    parser.add_argument("--write", type=Path, help="a page that gets the tables between its marks")
    arguments = parser.parse_args()
    for mark, text in tables(arguments.data).items():
        print(f"{mark}\n{text}")
        if arguments.write:
            try:
                arguments.write.write_text(put(arguments.write.read_text(), mark, text))
            except ValueError as error:
                raise ReportError(f"{arguments.write}: {error}") from error


if __name__ == "__main__":
    main()
