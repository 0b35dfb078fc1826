"""Scores on a GPU beside those on the processor: how far apart, and how many jets change sides.

    python tests/bench/gpu/agreement.py [--backend cuda] [--jets N] [MODEL...]

For each model of the zoo: the largest difference of a jet's score from the backend native, and for each working point
the share of jets that one of the two tags and the other does not. Without a GPU it says so and stops with status 77.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "python")]

import jettag  # noqa: E402
from models.datasets import shards  # noqa: E402

ZOO = ROOT / "models" / "zoo"
SKIPPED = 77

Floats = npt.NDArray[np.float32]


@dataclass
class Agreement:
    """Of two scores of each jet.

    Attributes
    ----------
    largest : float
        Absolute difference.
    crossing : dict of float to float
        Share of jets on two sides of a working point, by its signal efficiency.
    """

    largest: float
    crossing: dict[float, float]


def agreement(one: Floats, other: Floats, points: npt.NDArray[np.float64]) -> Agreement:
    """Compare scores.

    Parameters
    ----------
    one, other : ndarray of float32
        (n,), NaN in both or in neither.
    points : ndarray
        Rows of signal efficiency and threshold, as `jettag.Model.working_points` has them.

    Returns
    -------
    Agreement
    """
    scored = ~np.isnan(one)
    if not np.array_equal(scored, ~np.isnan(other)):
        raise ValueError("a jet has a score on one side alone")
    one, other = one[scored], other[scored]
    crossing = {float(row[0]): float(np.mean((one >= row[1]) != (other >= row[1]))) for row in points}
    return Agreement(float(np.abs(one.astype(np.float64) - other).max()), crossing)


def of_model(name: str, backend: str, jets: shards.Jets) -> Agreement:
    """Compare a backend with native on these jets."""
    models = [jettag.load(ZOO / f"{name}.jtm", backend=one) for one in ("native", backend)]
    one, other = (model.tag(jets.jagged, jets.classes) for model in models)
    return agreement(one, other, models[0].working_points)


def line(name: str, found: Agreement) -> str:
    """In words; working points that no jet crosses are counted alone."""
    shares = [f"{share:.1e} at {100 * point:g} %" for point, share in found.crossing.items() if share > 0]
    none = f"none at {len(found.crossing) - len(shares)} working points"
    return f"figure: {name}: largest difference {found.largest:.1e}; jets crossing: {', '.join([*shares, none])}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default="cuda", help="%(default)s")
    parser.add_argument("--jets", type=int, default=10_000, help="%(default)s at most, those of the sample")
    parser.add_argument("models", nargs="*", help="all of the zoo that need no classes of constituents")
    arguments = parser.parse_args()
    row = next(one for one in jettag.backends() if one["name"] == arguments.backend)
    if not row["available"]:
        print(f"skipped: {row['reason']}")
        raise SystemExit(SKIPPED)
    jets = shards.usable(shards.read(shards.SAMPLE))
    jets = jets.part(0, min(arguments.jets, len(jets)))
    print(f"{arguments.backend} {row['version']} beside native, {len(jets)} jets")
    for name in arguments.models or sorted(path.stem for path in ZOO.glob("*.jtm")):
        if jettag.load(ZOO / f"{name}.jtm").info["needs_classes"] and jets.classes is None:
            continue
        print(line(name, of_model(name, arguments.backend, jets)))


if __name__ == "__main__":
    main()
