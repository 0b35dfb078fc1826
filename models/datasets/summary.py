"""A sample in a few numbers, to check it by."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.datasets.kinematics import four_momenta, masses
from models.datasets.samples import Sample
from models.datasets.shards import joined, read


def _spread(values: npt.NDArray[np.float64]) -> str:
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return f"{low:7.1f} {middle:7.1f} {high:7.1f}"


def summary(shards: list[Path], sample: Sample) -> str:
    """Numbers of a sample.

    Parameters
    ----------
    shards : list of Path
        Its files, with what they took beside them.
    sample : Sample
        What they should be.

    Returns
    -------
    str
        Lines.

    Raises
    ------
    ValueError
        When jets lie outside of the window.
    """
    jets = joined([read(path) for path in shards])
    total = four_momenta(jets)
    mass = masses(total)
    pt = np.hypot(total[:, 0], total[:, 1])
    eta = np.arcsinh(total[:, 2] / pt)
    count = np.diff(jets.offsets).astype(np.float64)
    # What coding rounds away: half a step of each constituent at most.
    slack = 1e-4
    low, high = sample.pt
    outside = (pt < low * (1 - slack)) | (pt > high * (1 + slack)) | (np.abs(eta) > sample.eta_max + slack)
    if outside.any():
        raise ValueError(f"{int(outside.sum())} jets lie outside of the sample's window")
    accounts = [json.loads(path.with_suffix(".json").read_text()) for path in shards]
    lines = [f"{len(shards)} shards, {len(jets)} jets, {int(jets.labels.sum())} tops; 5 %, 50 %, 95 % of jets below"]
    for label, name in ((0, "qcd"), (1, "top")):
        there = jets.labels == label
        made, scatters, events = (
            sum(account[name][key] for account in accounts) for key in ("jets", "hard_scatters", "events")
        )
        cross_section = float(np.mean([account[name]["cross_section_pb"] for account in accounts]))
        lines += [
            f"{name} constituents {_spread(count[there])}  mean {count[there].mean():.2f}",
            f"{name} mass / GeV   {_spread(mass[there])}  mean {mass[there].mean():.2f}",
            f"{name} pT / GeV     {_spread(pt[there])}  mean {pt[there].mean():.2f}",
            f"{name} |eta|        {_spread(np.abs(eta[there]))}  mean {np.abs(eta[there]).mean():.3f}",
            f"{name} {made} jets of {scatters} hard scatters, {events} of them completed; "
            f"{cross_section * made / scatters:.4g} pb of jets in the window",
        ]
    return "\n".join(lines) + "\n"
