"""Compare two sets of shards of one sample: distributions of features of jets, tops and QCD jets apart.

    python -m models.datasets.compare DIR_A DIR_B --sample toptag --plot compare.png

Prints means, quantiles, Kolmogorov-Smirnov distances and the correlation of mass with tau32, and draws. Features are
those of the jettag library; the picture needs matplotlib.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import jettag
from models.datasets.samples import SAMPLES
from models.datasets.shards import Jets, find, joined, read, usable

Reals = npt.NDArray[np.float64]

_QUANTITIES = {
    "m": "mass / GeV",
    "n": "constituents",
    "tau32_b1": r"$\tau_{32}$",
    "tau21_b1": r"$\tau_{21}$",
    "pt": "pT / GeV",
}
_KINDS = {1: ("top", "C3"), 0: ("QCD", "C0")}
_BINS = 30


def load(folder: str, sample: str, most: int) -> Jets:
    """Jets of a folder.

    Parameters
    ----------
    folder, sample : str
        Files `<sample>_*.npz` of this folder.
    most : int
        Jets to take, from the first file on.

    Returns
    -------
    Jets
        Those with enough constituents for all features.
    """
    parts: list[Jets] = []
    for path in find(folder, f"{sample}_*.npz"):
        part = read(path)
        parts.append(part.part(0, most - sum(map(len, parts))))
        if sum(map(len, parts)) >= most:
            break
    return usable(joined(parts))


def ks_distance(a: Reals, b: Reals) -> float:
    """Kolmogorov-Smirnov: the largest distance of two cumulative distributions.

    Parameters
    ----------
    a, b : ndarray of float64
        Two sets of values.

    Returns
    -------
    float
    """
    a, b = np.sort(a), np.sort(b)
    at = np.concatenate([a, b])
    share_a, share_b = np.searchsorted(a, at, side="right") / len(a), np.searchsorted(b, at, side="right") / len(b)
    return float(np.abs(share_a - share_b).max())


def ks_chance(distance: float, n_a: int, n_b: int) -> float:
    """How often two sets of values of the same distribution are further apart, if both are large.

    Parameters
    ----------
    distance : float
        From `ks_distance`.
    n_a, n_b : int
        Values in the two sets.

    Returns
    -------
    float
    """
    scaled = distance * float(np.sqrt(n_a * n_b / (n_a + n_b)))
    # Below this the series converges slowly, and to 1.
    slow = 0.3
    if scaled < slow:
        return 1.0
    k = np.arange(1, 101)
    chance = 2 * float(((-1.0) ** (k - 1) * np.exp(-2 * (k * scaled) ** 2)).sum())
    return min(max(chance, 0.0), 1.0)


def correlation(x: Reals, y: Reals) -> tuple[float, float]:
    """Pearson's, with its error.

    Parameters
    ----------
    x, y : ndarray of float64
        Two numbers of each jet.

    Returns
    -------
    tuple of float
    """
    r = float(np.corrcoef(x, y)[0, 1])
    return r, (1 - r * r) / float(np.sqrt(len(x)))


def table(features: list[dict[str, Reals]], labels: list[npt.NDArray[np.uint8]], names: list[str]) -> str:
    """The comparison in words.

    Parameters
    ----------
    features : list of dict of str to ndarray
        By name, for each of the two sets.
    labels : list of ndarray of uint8
        Of their jets.
    names : list of str
        Of the two sets.

    Returns
    -------
    str
        Lines.
    """
    wide = max(map(len, names))
    lines = [f"{'':4s} {'':9s} {'':{wide}s} {'jets':>7s} {'mean':>9s} {'5 %':>9s} {'50 %':>9s} {'95 %':>9s}"]
    for label, (kind, _) in _KINDS.items():
        for quantity in _QUANTITIES:
            both = [one[quantity][which == label] for one, which in zip(features, labels, strict=True)]
            for name, values in zip(names, both, strict=True):
                cells = [values.mean(), *np.quantile(values, (0.05, 0.5, 0.95))]
                numbers = " ".join(f"{cell:9.4g}" for cell in cells)
                lines.append(f"{kind:4s} {quantity:9s} {name:{wide}s} {len(values):7d} {numbers}")
            distance = ks_distance(*both)
            chance = ks_chance(distance, *map(len, both))
            lines.append(f"{kind:4s} {quantity:9s} KS distance {distance:.4f}, chance {chance:.2g}")
        for name, one, which in zip(names, features, labels, strict=True):
            there = which == label
            r, error = correlation(one["m"][there], one["tau32_b1"][there])
            lines.append(f"{kind:4s} correlation of m with tau32_b1, {name}: {r:.3f} +- {error:.3f}")
    return "\n".join(lines)


def _density(values: Reals, edges: Reals) -> tuple[Reals, Reals]:
    counts = np.histogram(values, edges)[0].astype(np.float64)
    scale = 1 / (max(len(values), 1) * np.diff(edges))
    return counts * scale, np.sqrt(counts) * scale


def _mean_in_bins(x: Reals, y: Reals, edges: Reals) -> tuple[Reals, Reals]:
    enough = 10
    counts, sums, squares = (np.histogram(x, edges, weights=weights)[0] for weights in (None, y, y * y))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counts >= enough, sums / counts, np.nan)
        return mean, np.sqrt((squares / counts - mean**2) / counts)


def draw(features: list[dict[str, Reals]], labels: list[npt.NDArray[np.uint8]], names: list[str], path: Path) -> None:
    """Distributions of the first set as bands, of the second as points, and the second over the first.

    Parameters
    ----------
    features, labels, names
        As for `table`.
    path : Path
        The picture.
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, grid = plt.subplots(
        4, 3, figsize=(11, 7.6), constrained_layout=True, gridspec_kw={"height_ratios": [3, 1, 3, 1]}
    )
    panels = [(grid[2 * row, column], grid[2 * row + 1, column]) for row in range(2) for column in range(3)]
    for quantity, (above, below) in zip([*_QUANTITIES, None], panels, strict=True):
        of_edges = quantity or "m"
        everything = np.concatenate([one[of_edges] for one in features])
        lowest, highest = np.quantile(everything, (0.001, 0.995))
        edges = np.linspace(float(lowest), float(highest), _BINS + 1)
        if of_edges == "n":
            # Whole numbers: bins of as many each.
            step = max(1, round((edges[-1] - edges[0]) / _BINS))
            edges = np.arange(np.floor(edges[0]), edges[-1] + step, step) - 0.5
        for label, (kind, colour) in _KINDS.items():
            found = []
            for one, which in zip(features, labels, strict=True):
                there = which == label
                found.append(
                    _density(one[quantity][there], edges)
                    if quantity
                    else _mean_in_bins(one["m"][there], one["tau32_b1"][there], edges)
                )
            _draw_pair(above, below, edges, found, [f"{kind}, {name}" for name in names], colour)
        above.set(ylabel="share of jets per unit" if quantity else r"mean $\tau_{32}$", xticklabels=[])
        below.set(xlabel=_QUANTITIES[of_edges], ylim=(0.5, 1.5), ylabel="ratio")
        below.axhline(1, color="0.6", lw=0.8)
        for axes in (above, below):
            axes.set_xlim(edges[0], edges[-1])
    panels[0][0].legend(fontsize=8)
    sizes = " / ".join(f"{name}: {len(which):,} jets" for name, which in zip(names, labels, strict=True))
    figure.suptitle(f"{sizes}; ratio: {names[1]} / {names[0]}", fontsize=10)
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _draw_pair(
    above: Any, below: Any, edges: Reals, found: list[tuple[Reals, Reals]], names: list[str], colour: str
) -> None:
    (first, first_error), (second, second_error) = found
    middle = (edges[1:] + edges[:-1]) / 2
    # No line down to zero where there is no value.
    above.stairs(first, edges, baseline=None, color=colour, label=names[0])
    above.stairs(first + first_error, edges, baseline=first - first_error, color=colour, fill=True, alpha=0.25, lw=0)
    above.errorbar(middle, second, second_error, fmt=".", ms=4, lw=0.8, color=colour, label=names[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(first > 0, second / first, np.nan)
        error = ratio * np.hypot(first_error / first, second_error / second)
    well = np.isfinite(error) & (error < 0.3)
    below.errorbar(middle[well], ratio[well], error[well], fmt=".", ms=4, lw=0.8, color=colour)


def main(given: list[str] | None = None) -> int:
    """Run from the command line.

    Parameters
    ----------
    given : list of str, optional
        Arguments instead of those of the process.

    Returns
    -------
    int
        0, or 1 after words about what went wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs=2, metavar="DIR", help="with shards")
    parser.add_argument("--sample", required=True, choices=SAMPLES)
    parser.add_argument("--names", nargs=2, default=["A", "B"], metavar="NAME", help="of the two, for the legend")
    parser.add_argument("--jets", type=int, default=50_000, help="of each folder at most, %(default)s")
    parser.add_argument("--plot", type=Path, metavar="PICTURE", help="file to draw to")
    arguments = parser.parse_args(given)
    try:
        both = [load(folder, arguments.sample, arguments.jets) for folder in arguments.folders]
    except OSError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 1
    columns = [jettag.FEATURES.index(name) for name in _QUANTITIES]
    features = []
    for jets in both:
        found = jettag.features(jets.jagged)[:, columns]
        features.append(dict(zip(_QUANTITIES, found.T, strict=True)))
    labels = [jets.labels for jets in both]
    print(table(features, labels, arguments.names))
    if arguments.plot:
        draw(features, labels, arguments.names, arguments.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
