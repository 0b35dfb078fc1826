"""Efficiencies of tops and of background against pT or mass, at cuts that are the same for all jets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jettag import binned, metrics
from jettag.plots import canvas
from jettag.plots.sample import Sample
from jettag.plots.scores import CUTS

NAMES = {"pt": r"jet $p_T$ [GeV]", "mass": "jet mass [GeV]"}
BINS = {"pt": 12, "mass": 20}
LEAST = 10
"""Jets that a bin needs to be drawn."""


def against(samples: Sequence[Sample], what: str) -> Any:
    """The figure: tops above, background below, a column for each cut.

    Parameters
    ----------
    samples : sequence of Sample
        All have the value.
    what : str
        "pt" or "mass".

    Returns
    -------
    Figure
    """
    figure, axes = canvas.canvas(2, len(CUTS), 4.8, 3.2, sharex=True, sharey="row")
    values = [sample.more[what] for sample in samples]
    there = [np.isfinite(one) for one in values]
    edges = binned.edges_of(np.concatenate([one[good] for one, good in zip(values, there, strict=True)]), BINS[what])
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    for column, (efficiency, _) in enumerate(CUTS):
        for number, (sample, value, good) in enumerate(zip(samples, values, there, strict=True)):
            passed = sample.scores >= metrics.threshold(sample.scores, sample.labels, efficiency)
            shift = (number - (len(samples) - 1) / 2) * 0.9 * half / max(len(samples), 4)
            for row, label in enumerate((1, 0)):
                some = good & (sample.labels == label)
                found = binned.efficiency(value[some], passed[some], edges)
                enough = found.total >= LEAST
                # On an axis of logarithms there is no 0: then the end of the interval alone is shown.
                point = np.where((found.value > 0) | (label == 1), found.value, np.nan)
                axes[row, column].errorbar(
                    (middle + shift)[enough],
                    point[enough],
                    (_below(point - found.low)[enough], _below(found.high - point)[enough]),
                    half[enough] if len(samples) == 1 else None,
                    fmt="o",
                    ms=3.5,
                    lw=1,
                    color=canvas.colour(number, len(samples)),
                    label=sample.name,
                )
                none = enough & (found.value == 0) & (label == 0)
                axes[row, column].plot(
                    (middle + shift)[none],
                    found.high[none],
                    "v",
                    mfc="none",
                    ms=5,
                    color=canvas.colour(number, len(samples)),
                )
        axes[0, column].axhline(efficiency, color="0.4", lw=0.9, ls="--")
        axes[0, column].set_title(f"cut for {canvas.share(efficiency)} of all tops", fontsize=10)
        axes[1, column].set_xlabel(NAMES[what])
    axes[0, 0].set(ylabel=r"top efficiency $\epsilon_S$", ylim=(-0.03, 1.03))
    axes[1, 0].set(ylabel=r"background efficiency $\epsilon_B$", yscale="log")
    if not any((line.get_ydata() > 0).any() for panel in axes[1] for line in panel.lines):
        axes[1, 0].set_ylim(1e-3, 1)  # no bin has jets enough, and an axis of logarithms needs ends
    for panel in axes.flat:
        panel.set_xlim(edges[0], edges[-1])
        panel.grid(alpha=0.3, lw=0.5)
    if len(samples) > 1:
        canvas.legend_below(figure, axes[0, 0], 3)
    figure.suptitle(
        f"{samples[0].name + ': ' if len(samples) == 1 else ''}bars: 68 % intervals; "
        f"open triangles: upper ends where none passes; bins of {LEAST} jets or more",
        fontsize=9,
    )
    return figure


def _below(values: Any) -> Any:
    """Lengths of bars, which may not be negative."""
    return np.maximum(np.nan_to_num(values), 0)
