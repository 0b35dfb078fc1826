"""Pictures of scores: rejection against efficiency, and their distributions. Needs matplotlib."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from jettag import metrics
from jettag.plots.canvas import legend_below, room_below
from models.report.cache import COMPARED, TREE
from models.report.canvas import Style, canvas, finish, styles, tagger_panels
from models.report.jets import Facts
from models.report.merit import Merit

_EFFICIENCIES = np.linspace(0.1, 0.99, 179)
# With fewer background jets left a curve says more about them than about the tagger.
_LEAST_BACKGROUND = 10
# Of the legend below a panel.
_LEGEND_COLUMNS = 3


def _draw_curve(axes: Any, merit: Merit, facts: Facts, style: Style) -> None:
    rows = metrics.working_points(merit.tagger.scores, facts.labels, _EFFICIENCIES)
    background = np.array([row["background_efficiency"] for row in rows])
    error = np.array([row["background_error"] for row in rows])
    enough = background * int((facts.labels == 0).sum()) >= _LEAST_BACKGROUND
    if not enough.any():
        return
    x, y, dy = _EFFICIENCIES[enough], background[enough], error[enough]
    axes.plot(x, 1 / y, color=style.colour, ls=style.line, lw=1.4, label=style.words)
    axes.fill_between(x, 1 / (y + dy), 1 / (y - dy), color=style.colour, alpha=0.12, lw=0)


def draw_roc(sample: str, facts: Facts, merits: list[Merit], path: Path) -> None:
    """Background rejection against signal efficiency, taggers without features beside those with, where there are both.

    Parameters
    ----------
    sample : str
        For the title.
    facts : Facts
        Of the jets.
    merits : list of Merit
        The curves.
    path : Path
        The picture.
    """
    style = styles(merit.tagger.name for merit in merits)
    ours = [m for m in merits if m.tagger.name not in COMPARED]
    alone = [m for m in ours if not m.tagger.about.n_features]
    joined = [m for m in ours if m.tagger.about.n_features]
    compared = [m for m in merits if m.tagger.name in COMPARED]
    panels = [(words, some) for words, some in (("images alone", alone), ("with features", joined)) if some]
    panels = panels or [("features", [])]
    figure, axes = canvas(1, len(panels), 5.6 if len(panels) > 1 else 6.4, 4.8, sharey=True)
    for panel, (words, some) in zip(axes[0], panels, strict=True):
        for merit in [*some, *compared]:
            _draw_curve(panel, merit, facts, style[merit.tagger.name])
        panel.set(xlabel=r"top efficiency $\epsilon_S$", yscale="log", xlim=(0, 1), title=words)
        panel.grid(alpha=0.3, which="both", lw=0.5)
        if panel.lines:
            # Below the panel: the curves of many networks leave no corner free.
            panel.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=_LEGEND_COLUMNS)
    room_below(figure, max(len(panel.lines) for panel in axes[0]), _LEGEND_COLUMNS)
    axes[0, 0].set_ylabel(r"background rejection $1/\epsilon_B$")
    figure.suptitle(f"{sample}, {len(facts):,} test jets; bands are statistical", fontsize=11)
    finish(figure, path)


def draw_distributions(sample: str, facts: Facts, merits: list[Merit], path: Path) -> None:
    """Distributions of scores of tops and of background, a panel for each tagger.

    Parameters
    ----------
    sample : str
        For the title.
    facts : Facts
        Of the jets.
    merits : list of Merit
        Taggers, the best first.
    path : Path
        The picture.
    """
    figure, panels = tagger_panels(merits, "score", "jets per bin of 0.02")
    edges = np.linspace(0, 1, 51)
    for panel, merit in panels:
        for label, words, colour in ((1, "tops", "C3"), (0, "QCD", "C0")):
            chosen = merit.tagger.scores[facts.labels == label]
            heights = np.histogram(chosen, edges)[0] / len(chosen)
            panel.stairs(heights, edges, color=colour, label=words, fill=True, alpha=0.25)
            panel.stairs(heights, edges, color=colour, lw=1.2)
        for efficiency, line in ((0.5, "--"), (0.3, ":")):
            at = metrics.threshold(merit.tagger.scores, facts.labels, efficiency)
            panel.axvline(at, color="black", lw=0.9, ls=line, label=f"cut for {efficiency:.0%} of tops")
        panel.set(yscale="log", xlim=(0, 1))
    panels[0][0].legend(fontsize=7, loc="upper center")
    figure.suptitle(f"{sample}: fraction of jets by score", fontsize=11)
    finish(figure, path)


def _short(value: float) -> str:
    return f"{value / 1e6:g} M" if value >= 1e6 else f"{value / 1e3:g} k"


def draw_cost(sample: str, merits: list[Merit], path: Path) -> None:
    """Rejection against multiply-adds and against parameters, as in Figure 4 of paper A.

    Parameters
    ----------
    sample : str
        For the title.
    merits : list of Merit
        With their sizes; the boosted trees are a band.
    path : Path
        The picture.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    networks = [merit for merit in merits if merit.tagger.about.multiply_adds]
    trees = [merit for merit in merits if merit.tagger.name == TREE]
    style = styles(merit.tagger.name for merit in merits)
    figure, axes = canvas(1, 2, 5.2, 4.2, sharey=True)
    for panel, what in zip(axes[0], ("multiply_adds", "parameters"), strict=True):
        for merit in trees:
            value, error = merit.values["rejection_50"], merit.errors["rejection_50"]
            panel.axhline(value, color="black", lw=1, label="boosted trees")
            if math.isfinite(error):
                panel.axhspan(value - error, value + error, color="black", alpha=0.1, lw=0)
        for merit in networks:
            name, about = merit.tagger.name, merit.tagger.about
            panel.errorbar(
                getattr(about, what),
                merit.values["rejection_50"],
                merit.errors["rejection_50"] if math.isfinite(merit.errors["rejection_50"]) else None,
                fmt="o" if about.n_features else "s",
                mfc=style[name].colour if about.n_features else "white",
                color=style[name].colour,
                capsize=3,
                label=style[name].words,
            )
        panel.set(xlabel=what.replace("_", "-"), xscale="log")
        panel.margins(x=0.12)
        sizes = [getattr(merit.tagger.about, what) for merit in networks]
        wide = max(sizes) > 8 * min(sizes)
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 3) if wide else (1, 1.5, 2, 3, 5, 7)))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.grid(alpha=0.3, lw=0.5)
    axes[0, 0].set_ylabel(r"$1/\epsilon_B$ at 50 %")
    legend_below(figure, axes[0, 0], 6)
    figure.suptitle(f"{sample}: rejection and cost of a network; open markers: without features", fontsize=11)
    finish(figure, path)
