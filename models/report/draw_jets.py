"""Pictures of jets: mean images, efficiencies and scores against pT and mass, masses after a cut. Needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag.metrics import threshold
from jettag.plots.images import draw_rows, width_of
from models.dependence import Curve, edges_of, mean_score, tagged_fraction
from models.report.canvas import Style, canvas, finish, shown, styles, tagger_panels
from models.report.jets import Facts
from models.report.mean_images import channels_of
from models.report.merit import Merit

_WORDS = {
    "pt": r"$p_T$",
    "mass": "mass",
    "energy": "energy",
    "neutral_pt": r"neutral $p_T$",
    "track_pt": r"track $p_T$",
    "track_count": "tracks",
    "muon_count": "muons",
}


def draw_images(sample: str, recipe: str, mean: npt.NDArray[np.float64], path: Path) -> None:
    """Mean images: a row for background and one for tops, a column for each channel.

    Parameters
    ----------
    sample, recipe : str
        For the title.
    mean : ndarray of float64
        (2, channels, rows, columns): background, tops.
    path : Path
        The picture.
    """
    channels = [_WORDS.get(channel, channel) for channel in channels_of(recipe)]
    figure = draw_rows([("QCD", mean[0]), ("tops", mean[1])], channels, width_of(recipe))
    figure.suptitle(f"{sample}: mean images {recipe}", fontsize=11)
    finish(figure, path)


def _points(panel: Any, edges: npt.NDArray[np.float64], curve: Curve, style: Style) -> None:
    there = np.isfinite(curve.values) & ((curve.values > 0) | (panel.get_yscale() == "linear"))
    at = (edges[1:] + edges[:-1]) / 2
    panel.errorbar(
        at[there],
        curve.values[there],
        curve.errors[there],
        color=style.colour,
        ls=style.line,
        lw=1.0,
        elinewidth=0.8,
        marker="o",
        ms=2,
        label=style.words,
    )


def draw_dependence(sample: str, facts: Facts, merits: list[Merit], path: Path) -> None:
    """Efficiency and mistag rate at 50 %, and mean scores, against pT and mass.

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
    style = styles(merit.tagger.name for merit in merits)
    figure, axes = canvas(3, 2, 5.0, 2.6, sharex="col", sharey="row")
    tops, qcd = facts.labels == 1, facts.labels == 0
    axes[1, 0].set_yscale("log")
    some, lowest = shown(merits), 1.0
    for column, (words, values, bins) in enumerate(
        (("jet $p_T$ / GeV", facts.pt, 4), ("jet mass / GeV", facts.mass, 16))
    ):
        edges = edges_of(values, bins)
        for merit in some:
            scores, look = merit.tagger.scores, style[merit.tagger.name]
            tagged = scores >= threshold(scores, facts.labels, 0.5)
            mistag = tagged_fraction(values[qcd], tagged[qcd], edges)
            lowest = min([lowest, *mistag.values[mistag.values > 0].tolist()])
            _points(axes[0, column], edges, tagged_fraction(values[tops], tagged[tops], edges), look)
            _points(axes[1, column], edges, mistag, look)
            for there in (tops, qcd):
                _points(axes[2, column], edges, mean_score(values[there], scores[there], edges), look)
        axes[2, column].set(xlabel=words, xlim=(edges[0], edges[-1]))
    axes[1, 0].set_ylim(bottom=lowest / 3)
    for row, words in enumerate(("top efficiency", "QCD mistag rate", "mean score: tops\nabove, QCD below")):
        axes[row, 0].set_ylabel(words)
    for panel in axes.flat:
        panel.grid(alpha=0.3, lw=0.5)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    figure.suptitle(f"{sample}: cut for 50 % of all tops, in bins of pT and mass", fontsize=11)
    finish(figure, path)


def draw_sculpting(sample: str, facts: Facts, merits: list[Merit], path: Path) -> None:
    """Masses of background jets before and after cuts, a panel for each tagger.

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
    qcd, edges = facts.labels == 0, edges_of(facts.mass, 20)
    figure, panels = tagger_panels(merits, "jet mass / GeV", f"fraction per {edges[1] - edges[0]:g} GeV")
    for panel, merit in panels:
        scores = merit.tagger.scores
        cuts = [("QCD, all", qcd, "C7", True), ("tops, all", ~qcd, "C3", False)]
        for efficiency, colour in ((0.5, "C0"), (0.3, "C2")):
            passed = qcd & (scores >= threshold(scores, facts.labels, efficiency))
            cuts.append((f"QCD at {efficiency:.0%} ({int(passed.sum())} jets)", passed, colour, False))
        for words, there, colour, fill in cuts:
            heights = np.histogram(facts.mass[there], edges)[0] / max(int(there.sum()), 1)
            line = ":" if words.startswith("tops") else "-"
            panel.stairs(
                heights, edges, color=colour, label=words, fill=fill, alpha=0.4 if fill else 1, lw=1.3, ls=line
            )
        panel.legend(fontsize=6.5, loc="upper right")
    first = panels[0][0]
    first.set_ylim(top=1.5 * first.get_ylim()[1])
    figure.suptitle(f"{sample}: masses before and after a cut, each normalised", fontsize=11)
    finish(figure, path)
