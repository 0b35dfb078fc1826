"""Background rejection against signal efficiency."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag import metrics
from jettag.plots import canvas
from jettag.plots.sample import Sample

EFFICIENCIES = np.linspace(0.05, 0.99, 189)
# Below ten background jets a curve says more about them than about the tagger; it is drawn all the same where there are
# never more.
LEAST_BACKGROUND = 10

Curves = Mapping[str, tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.integer[Any]]]]
Floats = npt.NDArray[np.float64]


def curve(sample: Sample) -> tuple[Floats, Floats, Floats, Floats]:
    """Points of a curve, and the band of its binomial error.

    Parameters
    ----------
    sample : Sample
        The jets.

    Returns
    -------
    efficiency, rejection, low, high : ndarray of float64
        `high` is infinite where less than two background jets pass.
    """
    rows = metrics.working_points(sample.scores, sample.labels, EFFICIENCIES)
    background = np.array([row["background_efficiency"] for row in rows])
    error = np.array([row["background_error"] for row in rows])
    passed = background * int((sample.labels == 0).sum())
    enough = passed >= LEAST_BACKGROUND
    if not enough.any():
        enough = passed > 0
    x, y, dy = EFFICIENCIES[enough], background[enough], error[enough]
    with np.errstate(divide="ignore"):
        return x, 1 / y, 1 / (y + dy), np.where(y > dy, 1 / np.maximum(y - dy, 0), np.inf)


def rejections(samples: Sequence[Sample]) -> Any:
    """The figure, with a panel of ratios to the first where there are several.

    Parameters
    ----------
    samples : sequence of Sample
        A curve each.

    Returns
    -------
    Figure
    """
    several = len(samples) > 1
    keys: dict[str, Any] = {"sharex": True, "height_ratios": [3, 1]} if several else {}
    figure, axes = canvas.canvas(2 if several else 1, 1, 6.4, 3.1 if several else 4.8, **keys)
    main = axes[0, 0]
    curves = [curve(sample) for sample in samples]
    reference = curves[0]
    for number, (sample, (x, y, low, high)) in enumerate(zip(samples, curves, strict=True)):
        shade = canvas.colour(number, len(samples))
        area, error = metrics.area(sample.scores, sample.labels)
        words = f"{sample.name}, AUC {area:.4f} ± {error:.4f}"
        main.plot(x, y, color=shade, label=words, lw=1.4)
        main.fill_between(x, low, np.minimum(high, 1e9), color=shade, alpha=0.2, lw=0)
        if several and len(x) and len(reference[0]):
            first = np.interp(x, reference[0], reference[1], left=np.nan, right=np.nan)
            axes[1, 0].plot(x, y / first, color=shade, lw=1.2)
            axes[1, 0].fill_between(x, low / first, np.minimum(high, 1e9) / first, color=shade, alpha=0.2, lw=0)
    drawn = [one for one in curves if len(one[0])]
    main.plot(EFFICIENCIES, 1 / EFFICIENCIES, color="0.6", lw=0.9, ls=":", label="guessing")
    main.set(ylabel=r"background rejection $1/\epsilon_B$", xlim=(0, 1), yscale="log")
    main.set_ylim(1, 2 * max([float(one[1].max()) for one in drawn], default=10))
    counts = sorted({len(sample.scores) for sample in samples})
    main.set_title(f"{' / '.join(f'{n:,}' for n in counts)} jets; bands: binomial error", fontsize=10)
    for panel in axes[:, 0]:
        panel.grid(alpha=0.3, lw=0.5)
    if len(samples) < 7:
        main.legend(fontsize=8, loc="upper right", frameon=False)
    else:
        canvas.legend_below(figure, main, 2, frameon=False)
    if several:
        axes[1, 0].set_ylabel(f"ratio to\n{samples[0].name}", fontsize=8)
        _ratio_limits(axes[1, 0])
    axes[-1, 0].set_xlabel(r"top efficiency $\epsilon_S$")
    return figure


def _ratio_limits(panel: Any) -> None:
    """What lines need, not what their bands do."""
    values = np.concatenate([line.get_ydata() for line in panel.lines] or [np.ones(1)])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (1.0, 1.0)
    margin = 0.3 * max(high - low, 0.3)
    panel.set_ylim(max(low - margin, 0), high + margin)


def draw_roc(curves: Curves, path: str | os.PathLike[str]) -> None:
    """Background rejection against signal efficiency, with the statistical error as a band.

    Parameters
    ----------
    curves : mapping of str to (scores, labels)
        By the name for the legend; labels are 1 for a top.
    path : path-like
        The picture.
    """
    canvas.save(rejections(samples_of(curves)), path)


def samples_of(curves: Curves) -> list[Sample]:
    """Arrays as samples.

    Parameters
    ----------
    curves : mapping of str to (scores, labels)
        See `draw_roc`.

    Returns
    -------
    list of Sample
    """
    return [
        Sample(name, np.asarray(scores, np.float32), np.asarray(labels).astype(np.uint8), 0, {})
        for name, (scores, labels) in curves.items()
    ]
