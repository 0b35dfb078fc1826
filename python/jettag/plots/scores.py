"""Distributions of scores."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from jettag import metrics
from jettag.plots import canvas
from jettag.plots.roc import Curves, samples_of
from jettag.plots.sample import Sample

CUTS = ((0.5, "--"), (0.3, ":"))
"""Signal efficiencies that pictures show cuts for, and their lines."""


def distributions(samples: Sequence[Sample]) -> Any:
    """The figure, a panel for each sample.

    Parameters
    ----------
    samples : sequence of Sample
        The jets.

    Returns
    -------
    Figure
    """
    single = len(samples) == 1
    figure, axes = canvas.canvas(*canvas.grid(len(samples)), *((6.4, 4.8) if single else (4.2, 3.2)), sharey=True)
    edges = np.linspace(0, 1, 51)
    for panel, sample in zip(axes.flat, samples, strict=False):
        for label, words, shade in ((1, "tops", canvas.TOPS), (0, "background", canvas.OTHERS)):
            chosen = sample.scores[sample.labels == label]
            counts = np.histogram(chosen, edges)[0]
            panel.stairs(counts / len(chosen), edges, color=shade, label=f"{words}, {len(chosen):,}", lw=1.3)
            panel.stairs(counts / len(chosen), edges, color=shade, fill=True, alpha=0.2)
            spread, height = np.sqrt(counts) / len(chosen), counts / len(chosen)
            some = counts > 0
            middle = (edges[1:] + edges[:-1]) / 2
            panel.errorbar(middle[some], height[some], spread[some], fmt="none", color=shade, lw=0.8)
        for efficiency, line in CUTS:
            at = metrics.threshold(sample.scores, sample.labels, efficiency)
            panel.axvline(
                at, color="black", lw=0.9, ls=line, label=f"cut for {canvas.share(efficiency)} of tops, {at:.3f}"
            )
        panel.set(yscale="log", xlim=(0, 1))
        panel.set_title(sample.name, fontsize=10)
        panel.grid(alpha=0.3, lw=0.5)
        panel.legend(fontsize=8 if single else 6.5, loc="upper center", frameon=False)
    low, high = axes[0, 0].get_ylim()
    axes[0, 0].set_ylim(low, high * (high / low) ** (0.14 if single else 0.22))  # room for the legend
    canvas.label_outer(axes, len(samples), "score", "fraction of jets per 0.02")
    return figure


def draw_scores(curves: Curves, path: str | os.PathLike[str]) -> None:
    """Distributions of scores of tops and of background, each normalised to 1.

    Parameters
    ----------
    curves : mapping of str to (scores, labels)
        By the name for the title; labels are 1 for a top.
    path : path-like
        The picture.
    """
    canvas.save(distributions(samples_of(curves)), path)
