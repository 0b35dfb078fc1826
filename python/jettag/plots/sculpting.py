"""What a cut on the score does to the background's mass: the spectrum before and after, each normalised to 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jettag import binned, metrics
from jettag.plots import canvas
from jettag.plots.sample import Sample
from jettag.plots.scores import CUTS

MANY = 300
"""Jets after the harder cut that are enough for narrow bins."""


def masses(samples: Sequence[Sample]) -> Any:
    """The figure, a panel for each sample.

    Parameters
    ----------
    samples : sequence of Sample
        All have masses.

    Returns
    -------
    Figure
    """
    import mplhep

    single = len(samples) == 1
    figure, axes = canvas.canvas(
        *canvas.grid(len(samples)), *((6.4, 4.8) if single else (4.2, 3.2)), sharey=True, sharex=True
    )
    spectra = [_background(sample) for sample in samples]
    # Wider bins where a cut leaves few jets.
    least = min(
        int((scores >= metrics.threshold(sample.scores, sample.labels, CUTS[-1][0])).sum())
        for sample, (_, scores) in zip(samples, spectra, strict=True)
    )
    edges = binned.edges_of(np.concatenate([mass for mass, _ in spectra]), 30 if least >= MANY else 12)
    highest: list[float] = []
    for panel, sample, (mass, scores) in zip(axes.flat, samples, spectra, strict=False):
        before = np.histogram(mass, edges)[0]
        highest.append(
            _step(mplhep, panel, before, edges, f"all background, {len(mass):,}", color="0.35", ls="-", fill=True)
        )
        for (efficiency, _), shade in zip(CUTS, (canvas.OTHERS, canvas.TOPS), strict=True):
            passed = mass[scores >= metrics.threshold(sample.scores, sample.labels, efficiency)]
            after = np.histogram(passed, edges)[0]
            apart = binned.divergence(before, after)
            words = f"cut for {canvas.share(efficiency)} of tops, {len(passed):,}"
            if len(passed):
                words += f", JSD {apart:.2f}"
            highest.append(_step(mplhep, panel, after, edges, words, color=shade, ls="-", fill=False))
        panel.set_title(sample.name, fontsize=10)
        panel.set_xlim(edges[0], edges[-1])
        panel.grid(alpha=0.3, lw=0.5)
        panel.legend(fontsize=8 if single else 6.5, loc="upper right", frameon=False)
    # Room for the legend.
    axes[0, 0].set_ylim(0, 1.3 * max(highest))
    width = edges[1] - edges[0]
    canvas.label_outer(axes, len(samples), "background jet mass [GeV]", f"fraction of jets per {width:g} GeV")
    return figure


def _background(sample: Sample) -> tuple[Any, Any]:
    chosen = (sample.labels == 0) & np.isfinite(sample.more["mass"])
    return sample.more["mass"][chosen], sample.scores[chosen]


def _step(mplhep: Any, panel: Any, counts: Any, edges: Any, words: str, color: str, ls: str, fill: bool) -> float:
    """Draw, and say how high the bars' errors reach."""
    total = max(int(counts.sum()), 1)
    if fill:
        mplhep.histplot(counts / total, edges, ax=panel, histtype="fill", color=color, alpha=0.15)
    mplhep.histplot(
        counts / total, edges, yerr=np.sqrt(counts) / total, ax=panel, color=color, ls=ls, lw=1.3, label=words
    )
    return float(((counts + np.sqrt(counts)) / total).max())
