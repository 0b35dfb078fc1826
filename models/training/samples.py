"""Samples of jets that models are trained on, in the words of a model's card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """A sample.

    Attributes
    ----------
    description : str
        How it was made.
    limits : str
        Where a model trained on it may be used.
    test_shards : int
        How many of its last shards are for testing.
    """

    description: str
    limits: str
    test_shards: int


_MADE = (
    "half tops and half QCD jets, simulated with Pythia 8.317 (hard QCD dijets; tt-bar with hadronic W; no multiparton "
    "interactions, no pile-up)"
)
_OWN = (
    "A first training, on fewer jets than the papers had and on our own simulation, not on the papers' samples: its "
    "numbers do not compare with theirs. "
)
_FAULTS = (
    " The hard-scatter threshold of the sample leaves out 10 to 20 % of the jets in its window, those from softer "
    "scatters, and a shortcut before hadronisation 2 to 3 %, unevenly in mass."
)

SAMPLES: dict[str, Sample] = {
    "toptag": Sample(
        f"toptag: {_MADE}, 14 TeV, a fast detector in the manner of Delphes' ATLAS card, anti-kT 0.8, pT 550 to 650 "
        "GeV, |eta| < 2, tops matched and merged within 0.8",
        _OWN + "For jets of radius 0.8 with pT 550 to 650 GeV and |eta| < 2 from particle flow." + _FAULTS,
        2,
    ),
    "cms": Sample(
        f"cms: {_MADE}, 13 TeV, a fast detector in the manner of Delphes' CMS card, anti-kT 1.0, pT 800 to 900 GeV, "
        "|eta| < 1, tops merged within 0.6, particle flow with classes of constituents",
        _OWN + "For jets of radius 1.0 with pT 800 to 900 GeV and |eta| < 1 from particle flow." + _FAULTS,
        1,
    ),
    "deeptop": Sample(
        f"deeptop: {_MADE}, 14 TeV, a calorimeter alone (towers of 0.1 x 5 degrees), anti-kT 1.5, pT 350 to 450 GeV, "
        "tops not merged",
        _OWN + "For jets of radius 1.5 with pT 350 to 450 GeV from calorimeter towers." + _FAULTS,
        1,
    ),
}


def sample_of(network_name: str) -> str:
    """The sample that a network is for, by its name.

    Parameters
    ----------
    network_name : str
        Of `models.networks`.

    Returns
    -------
    str
    """
    return next((name for name in ("cms", "deeptop") if network_name.endswith(name)), "toptag")


def sample_of_header(header: Mapping[str, Any]) -> str:
    """The sample that a model was trained on: as its card says, else as its name does.

    Parameters
    ----------
    header : mapping
        Of a model file.

    Returns
    -------
    str
    """
    said = str(header.get("card", {}).get("sample", "")).split(":")[0]
    return said if said in SAMPLES else sample_of(header["name"])
