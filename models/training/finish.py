"""The end of a training: scores of test jets, the card, golden jets, and the model file."""

from __future__ import annotations

import datetime
import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

import jettag
from jettag.metrics import summary, working_points
from models import jtm
from models.bootstrap import replicate_numbers, spread
from models.datasets.kinematics import pt_and_mass
from models.datasets.shards import Jets
from models.dependence import score_dependence
from models.export import EFFICIENCIES, Golden, Statistics, build, golden_jets
from models.networks import Network
from models.scores import other_scores
from models.torch_network import TorchNetwork
from models.training.samples import SAMPLES

N_COMPARED = 5000
TOLERANCE = 1e-5
_PAPERS = {
    "A35": "arXiv:2512.05031",
    "A40": "arXiv:2512.05031",
    "B37-grey": "arXiv:1803.00107",
    "B37-colour": "arXiv:1803.00107",
    "B40-deeptop": "arXiv:1803.00107",
    "D40": "arXiv:1701.08784 and arXiv:1803.00107",
    "B64-grey": "arXiv:1902.09914 and arXiv:1803.00107",
}


def choose_golden(module: TorchNetwork, model: jettag.Model, test: Jets) -> Golden:
    """Golden jets out of the test jets, with PyTorch's scores.

    Parameters
    ----------
    module : TorchNetwork
        Trained.
    model : jettag.Model
        The same network, for its inputs.
    test : Jets
        Jets to choose from.

    Returns
    -------
    Golden
    """
    jets = golden_jets(test)
    return Golden(
        jets.momenta.astype(np.float32),
        jets.offsets,
        other_scores(module.numpy_scores, model, jets).astype(np.float32),
        jets.classes,
    )


def make_card(network: Network, sample: str, training: dict[str, Any], test: dict[str, float]) -> dict[str, Any]:
    """The section `card`.

    Parameters
    ----------
    network : Network
        What was trained.
    sample : str
        A key of `SAMPLES`.
    training : dict
        Its part of the card.
    test : dict of str to float
        What `metrics.summary` found, and `test_jets`.

    Returns
    -------
    dict
    """
    paper = _PAPERS[network.image["recipe"]]
    return {
        "architecture": f"{network.description} {network.parameters():,} parameters.",
        "sample": SAMPLES[sample].description,
        "recipe": (f"Images {network.image['recipe']} ({paper})" if network.reads_image else "No image")
        + ("; flipped at random along either axis in training." if network.image["frame"] == "hardest" else "."),
        "limits": SAMPLES[sample].limits + " Errors are statistical, of the test jets alone.",
        "citation": f"Cite {paper} for the network and its inputs, and jettag for these weights."
        if network.reads_image
        else "Cite jettag for the network and these weights, and arXiv:2512.05031 for the choice of features.",
        **training,
        **test,
    }


def finish(
    module: TorchNetwork,
    statistics: Statistics,
    test: Jets,
    sample: str,
    training: dict[str, Any],
    version: str,
    work: Path,
    out: Path,
) -> None:
    """Test a trained network and write its model file, which then has to pass its own self-test.

    Parameters
    ----------
    module : TorchNetwork
        Trained.
    statistics : Statistics
        What its inputs are standardised with.
    test : Jets
        Never used before.
    sample : str
        A key of `SAMPLES`.
    training : dict
        What the card says of the training.
    version : str
        Of the model.
    work : Path
        Folder for the file that is not finished.
    out : Path
        The model file.
    """
    network = module.network
    created = datetime.date.today().isoformat()
    weights = module.numpy_tensors()
    draft = work / "draft.jtm"
    jtm.write(draft, build(network, weights, statistics, version=version, created=created))
    model = jettag.load(os.fspath(draft))
    scores = other_scores(module.numpy_scores, model, test).astype(np.float32)
    test_numbers = {"test_jets": len(test), **summary(scores, test.labels)}
    # The errors that know that a threshold moves with the tops.
    for key, values in replicate_numbers(scores, test.labels).items():
        if math.isfinite(error := spread(values)):
            test_numbers[f"{key}_error"] = error
    dependence = score_dependence(*pt_and_mass(test), test.labels, scores)
    points = {
        "sample": f"{len(test)} test jets of {SAMPLES[sample].description}",
        "points": working_points(scores, test.labels, EFFICIENCIES),
    }
    finished = build(
        network,
        weights,
        statistics,
        version=version,
        created=created,
        working_points=points,
        card=make_card(network, sample, training, test_numbers),
        golden=choose_golden(module, model, test),
        notes={"scores": dependence},
    )
    jtm.write(draft, finished)
    model = jettag.load(os.fspath(draft))
    some = test.part(0, N_COMPARED)
    difference = np.abs(model.tag(some.jagged, some.classes) - scores[: len(some)]).max()
    print(f"self-test {model.selftest():.1e}; largest difference from PyTorch {difference:.1e}", flush=True)
    if not difference <= TOLERANCE:
        raise SystemExit(f"the library's scores differ from PyTorch's by {difference}; {draft} is left there")
    out.parent.mkdir(parents=True, exist_ok=True)
    draft.replace(out)
    print(json.dumps({"model": out.name, **training, **test_numbers}), flush=True)
