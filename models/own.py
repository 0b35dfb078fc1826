"""A network of one's own as a model file that has been compared with whatever trained it (docs/own-network.md)."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import jettag
from jettag.metrics import summary, working_points
from models import jtm
from models.datasets.shards import Jets, usable
from models.export import EFFICIENCIES, Golden, Statistics, build, golden_jets
from models.networks import CLASSES, Network
from models.scores import Scorer, other_scores

TOLERANCE = 1e-5
NO_LICENCE = "NOASSERTION"
_LEAST_GOLDEN = 8

Floats = npt.NDArray[np.float32]


@dataclass
class Checked:
    """What a model file was found to be.

    Attributes
    ----------
    jets : int
        That were compared.
    difference : float
        Largest between the library's scores and the other ones.
    golden : int
        Jets for the self-test.
    numbers : dict of str to float
        Accuracy, AUC, rejections with errors; empty unless measured.
    """

    jets: int
    difference: float
    golden: int
    numbers: dict[str, float]


def save(
    out: str | os.PathLike[str],
    network: Network,
    weights: Mapping[str, Floats],
    statistics: Statistics,
    scorer: Scorer,
    jets: Jets,
    *,
    framework: str,
    sample: str | None = None,
    classes: Sequence[str] = CLASSES,
    version: str = "1.0",
    licence: str = NO_LICENCE,
) -> Checked:
    """Write a model file, once the library gives the same scores as what trained the network.

    Parameters
    ----------
    out : str or path-like
        The file; one of that name is replaced.
    network : Network
        Its name, image, layers.
    weights : mapping of str to ndarray
        By name, as `TorchNetwork.numpy_tensors` or `onnx_reader.read` give them.
    statistics : Statistics
        What inputs are standardised with.
    scorer : callable
        Scores by what trained it.
    jets : Jets
        To compare with, and for the self-test.
    framework : str
        Which program the scorer is, for the card.
    sample : str, optional
        What the jets are, if they have labels and were not trained on: then working points and the card's numbers are
        measured with them.
    classes : sequence of str, optional
        Of the outputs in order.
    version, licence : str, optional
        Of the model; an SPDX identifier.

    Returns
    -------
    Checked

    Raises
    ------
    ValueError
        When scores differ by more than 1e-5; nothing is written then.
    """
    some = usable(jets)
    golden = golden_jets(some)
    if len(golden) < _LEAST_GOLDEN:
        raise ValueError(
            f"{len(some)} jets with four constituents, of which {len(golden)} would do for the self-test: 8 are needed"
        )
    fixed: dict[str, Any] = {
        "version": version,
        "created": datetime.date.today().isoformat(),
        "classes": classes,
        "licence": licence,
    }
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.jtm"
        jtm.write(draft, build(network, weights, statistics, **fixed))
        model = jettag.load(draft)
        theirs = other_scores(scorer, model, some)
        ours = model.tag(some.jagged, some.classes)
        difference = float(np.abs(ours - theirs).max())
        if not difference <= TOLERANCE:
            raise ValueError(
                f"the library's scores differ from those of {framework} by up to {difference:.1e}, more than "
                f"{TOLERANCE:.0e}; nothing is written"
            )
        scores = other_scores(scorer, model, golden)
    card: dict[str, Any] = {
        "architecture": f"{network.description} {network.parameters():,} parameters.",
        "framework": framework,
    }
    points, numbers = None, {}
    if sample is not None:
        numbers = summary(ours, some.labels)
        card |= {"sample": sample, "test_jets": len(some), **numbers}
        points = {"sample": sample, "points": working_points(ours, some.labels, EFFICIENCIES)}
    stored = Golden(golden.momenta.astype(np.float32), golden.offsets, scores.astype(np.float32), golden.classes)
    finished = build(network, weights, statistics, **fixed, working_points=points, card=card, golden=stored)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.jtm"
        jtm.write(draft, finished)
        jettag.load(draft).selftest()
    jtm.write(out, finished)
    return Checked(len(some), difference, len(golden), numbers)
