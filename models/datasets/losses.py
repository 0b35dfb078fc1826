"""What the cut before hadronisation loses: events without it, and which of their jets it would have thrown away.

    python -m models.datasets.losses toptag --jets 3000

Prints, for tops and QCD jets in ranges of mass, the share of jets that are lost, and which cuts would have lost the
first jet and one jet in two hundred. Slow: without the cut there are some ten jets a second.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.datasets.events import QCD, TOP, Source
from models.datasets.kinematics import four_momenta, masses
from models.datasets.making import chosen_jets
from models.datasets.samples import SAMPLES, Sample

_BATCH = 50
_RANGES = {QCD: (0, 50, 80, 120, 190, np.inf), TOP: (0, 120, 150, 180, 210, np.inf)}
_BORDER = 0.005


@dataclass
class Watched:
    """Jets that were made without the cut.

    Attributes
    ----------
    mass : ndarray of float64
        GeV.
    at_scale, at_end : ndarray of float64
        What the cut would have looked at, in units of the lower edge of the window.
    """

    mass: npt.NDArray[np.float64]
    at_scale: npt.NDArray[np.float64]
    at_end: npt.NDArray[np.float64]


def watch(sample: Sample, label: int, n: int, seed: int) -> Watched:
    """Make jets without the cut.

    Parameters
    ----------
    sample : Sample
        Which sample.
    label : int
        Tops or QCD jets.
    n : int
        How many at least.
    seed : int
        Of Pythia and the detector.

    Returns
    -------
    Watched
    """
    partons: list[tuple[float, float]] = []
    source, random = Source(sample, label, seed, partons), np.random.default_rng(seed)
    mass: list[npt.NDArray[np.float64]] = []
    looked_at: list[npt.NDArray[np.float64]] = []
    while sum(len(part) for part in mass) < n:
        partons.clear()
        batch = source.batch(_BATCH)
        if len(partons) != batch.n_events:
            # Pythia gave an event up for its own reasons, and which one cannot be told.
            continue
        jets, event = chosen_jets(sample, label, batch, random)
        if not len(event):
            continue
        mass.append(masses(four_momenta(jets)))
        looked_at.append(np.array(partons)[event] / sample.pt[0])
    at_scale, at_end = np.concatenate(looked_at).T
    return Watched(np.concatenate(mass), at_scale, at_end)


def lost(watched: Watched, sample: Sample) -> npt.NDArray[np.bool_]:
    """Which jets the sample's cut would have thrown away.

    Parameters
    ----------
    watched : Watched
        Jets without the cut.
    sample : Sample
        Whose cut.

    Returns
    -------
    ndarray of bool
    """
    result: npt.NDArray[np.bool_] = (watched.at_scale < sample.cut.at_scale) | (watched.at_end < sample.cut.at_end)
    return result


def report(watched: Watched, sample: Sample, label: int) -> str:
    """A table of losses.

    Parameters
    ----------
    watched, sample
        As for `lost`.
    label : int
        Chooses the ranges of mass.

    Returns
    -------
    str
    """
    words = {QCD: "QCD", TOP: "top"}[label]
    edges = _RANGES[label]
    gone = lost(watched, sample)
    lines = []
    for low, high in zip([0.0, *edges[:-1]], [np.inf, *edges[1:]], strict=True):
        there = (watched.mass >= low) & (watched.mass < high)
        if not there.any():
            continue
        first, border = (
            [np.quantile(values[there], share, method="lower") for values in (watched.at_scale, watched.at_end)]
            for share in (0.0, _BORDER)
        )
        lines.append(
            f"{words} mass {low:3.0f} to {high:3.0f} GeV: {there.sum():6d} jets, {gone[there].sum():4d} lost "
            f"({100 * gone[there].mean():.2f} %); least at scale {first[0]:.3f}, at end {first[1]:.3f}; "
            f"{100 * _BORDER:.1f} % below {border[0]:.3f}, {border[1]:.3f}"
        )
    return "\n".join(lines)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", choices=SAMPLES)
    parser.add_argument("--jets", type=int, default=3000, help="of each kind, %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    parser.add_argument("--out", type=Path, metavar="FILE.npz", help="keep what was seen of each jet")
    arguments = parser.parse_args()
    sample = SAMPLES[arguments.sample]
    kept: dict[str, Any] = {}
    for label in (QCD, TOP):
        watched = watch(sample, label, arguments.jets, arguments.seed + label)
        print(report(watched, sample, label), flush=True)
        kept |= {f"{name}_{label}": values for name, values in vars(watched).items()}
    if arguments.out:
        np.savez(arguments.out, **kept)


if __name__ == "__main__":
    main()
