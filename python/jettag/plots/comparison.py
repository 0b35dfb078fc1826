"""Taggers side by side: accuracy, area under the curve and rejection, with their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jettag.plots import canvas

WORDS = {
    "rejection_50": "rejection at 50 % of tops",
    "rejection_30": "rejection at 30 % of tops",
    "auc": "area under the ROC curve",
    "accuracy": "accuracy",
}


def chart(summaries: Sequence[tuple[str, Mapping[str, float]]]) -> Any:
    """The figure: a line for each tagger, in the order given, a panel for each number.

    Parameters
    ----------
    summaries : sequence of (str, mapping of str to float)
        Name, and what `jettag.metrics.summary` says of it.

    Returns
    -------
    Figure
    """
    height = 1.3 + 0.32 * len(summaries)
    figure, axes = canvas.canvas(1, len(WORDS), 2.9, height, sharey=True)
    for panel, (key, words) in zip(axes[0], WORDS.items(), strict=True):
        for number, (_, found) in enumerate(summaries):
            shade = canvas.colour(number, len(summaries))
            if key not in found:
                panel.text(
                    0.5,
                    number,
                    "no background passes",
                    transform=panel.get_yaxis_transform(),
                    fontsize=7,
                    ha="center",
                    va="center",
                    color=shade,
                )
                continue
            value, error = found[key], found[f"{key}_error"]
            panel.errorbar(value, number, xerr=error, fmt="o", ms=5, capsize=3, color=shade)
            text = f"{value:.0f}" if key.startswith("rejection") else f"{value:.4f}"
            panel.annotate(text, (value, number), (0, 6), textcoords="offset points", fontsize=8, ha="center")
        panel.set_title(words, fontsize=10)
        panel.margins(x=0.25)
        panel.grid(alpha=0.3, lw=0.5, axis="x")
        panel.tick_params(axis="y", which="both", length=0)
        panel.tick_params(axis="x", labelsize=8)
        panel.locator_params(axis="x", nbins=4)
    axes[0, 0].set_yticks(range(len(summaries)), [name for name, _ in summaries])
    axes[0, 0].set_ylim(len(summaries) - 0.4, -0.7)
    return figure
