"""Whether a score is a probability: how often jets of a score are tops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jettag import binned
from jettag.plots import canvas
from jettag.plots.sample import Sample

BINS = 20


def diagram(samples: Sequence[Sample]) -> Any:
    """The figure: fraction of tops against the mean score of a bin, and how many jets the bins have.

    Parameters
    ----------
    samples : sequence of Sample
        A curve each.

    Returns
    -------
    Figure
    """
    figure, axes = canvas.canvas(2, 1, 6.0, 3.0, sharex=True, height_ratios=[3, 1])
    main, below = axes[:, 0]
    main.plot([0, 1], [0, 1], color="0.4", lw=0.9, ls="--", label="a probability")
    edges = np.linspace(0, 1, BINS + 1)
    for number, sample in enumerate(samples):
        found = binned.reliability(sample.scores, sample.labels, BINS)
        shade = canvas.colour(number, len(samples))
        some = found.tops.total > 0
        value = found.tops.value[some]
        bars = np.maximum((value - found.tops.low[some], found.tops.high[some] - value), 0)
        main.errorbar(
            found.score[some],
            value,
            bars,
            fmt="o-",
            ms=3.5,
            lw=1,
            color=shade,
            label=f"{sample.name}, mean distance {found.error:.3f}",
        )
        below.stairs(found.tops.total, edges, color=shade, lw=1.2)
    main.set(ylabel="fraction of tops", xlim=(0, 1), ylim=(-0.02, 1.02))
    below.set(ylabel="jets per bin", xlabel="score", yscale="log")
    from matplotlib.ticker import NullFormatter

    below.yaxis.set_minor_formatter(NullFormatter())
    main.legend(fontsize=8 if len(samples) < 7 else 6.5, loc="best", frameon=False)
    shares = sorted({canvas.share(round(float(np.mean(sample.labels == 1)), 3)) for sample in samples})
    main.set_title(f"{' / '.join(shares)} of the jets are tops; bars: 68 % intervals", fontsize=10)
    for panel in (main, below):
        panel.grid(alpha=0.3, lw=0.5)
    return figure
