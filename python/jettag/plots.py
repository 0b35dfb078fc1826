"""Pictures of scores: rejection against efficiency, and their distributions. Needs matplotlib."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag import metrics

# Below ten background jets a curve says more about them than about the tagger; it is drawn all the same where there are
# never more.
_LEAST_BACKGROUND = 10

Curves = Mapping[str, tuple[npt.NDArray[np.floating[Any]], npt.NDArray[np.integer[Any]]]]


def _figure(width: float) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, 4.8), constrained_layout=True)


def draw_roc(curves: Curves, path: str | os.PathLike[str]) -> None:
    """Background rejection against signal efficiency, with the statistical error as a band.

    Parameters
    ----------
    curves : mapping of str to (scores, labels)
        By the name for the legend; labels are 1 for a top.
    path : path-like
        The picture.
    """
    efficiencies = np.linspace(0.05, 0.99, 200)
    figure, axes = _figure(6.4)
    jets = set()
    for name, (scores, labels) in curves.items():
        rows = metrics.working_points(scores, labels, efficiencies)
        background = np.array([row["background_efficiency"] for row in rows])
        error = np.array([row["background_error"] for row in rows])
        passed = background * int((np.asarray(labels) == 0).sum())
        enough = passed >= _LEAST_BACKGROUND
        if not enough.any():
            enough = passed > 0
        line = axes.plot(efficiencies[enough], 1 / background[enough], label=name)[0]
        low, high = background[enough] + error[enough], background[enough] - error[enough]
        axes.fill_between(efficiencies[enough], 1 / low, 1 / high, color=line.get_color(), alpha=0.25, lw=0)
        jets.add(len(labels))
    axes.set(
        xlabel=r"top efficiency $\epsilon_S$",
        ylabel=r"background rejection $1/\epsilon_B$",
        yscale="log" if any(len(line.get_xdata()) for line in axes.lines) else "linear",
        xlim=(0, 1),
        title=f"{' / '.join(f'{n:,}' for n in sorted(jets))} jets, band: statistical error",
    )
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)


def draw_scores(curves: Curves, path: str | os.PathLike[str]) -> None:
    """Distributions of scores of tops and of background, each normalised to 1.

    Parameters
    ----------
    curves, path
        As for `draw_roc`.
    """
    figure, axes = _figure(6.4)
    edges = np.linspace(0, 1, 51)
    for number, (name, (scores, labels)) in enumerate(curves.items()):
        for label, words, style in ((1, "tops", "-"), (0, "background", "--")):
            chosen = np.asarray(scores)[np.asarray(labels) == label]
            heights = np.histogram(chosen, edges)[0] / max(len(chosen), 1)
            axes.stairs(heights, edges, label=f"{name}, {words}", ls=style, color=f"C{number}")
    axes.set(xlabel="score", ylabel="fraction of jets per bin of 0.02", yscale="log", xlim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)
