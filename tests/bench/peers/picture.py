"""What was measured, as a picture: time per jet against the number of jets in a call, a panel per network."""

from __future__ import annotations

from typing import Any

import matplotlib

from tests.bench.peers.engines import ENGINES, OURS
from tests.bench.peers.tables import NATIVE

matplotlib.use("Agg")

from matplotlib import pyplot
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator, ScalarFormatter

# Colours that stay apart for those who do not see red and green apart (Okabe and Ito), ours the darkest.
_COLOURS = ("#000000", "#888888", "#0072b2", "#56b4e9", "#d55e00", "#009e73", "#cc79a7")
_MARKS = "osD^vPX"
_COLUMNS = 5


def _panel(axes: Any, result: dict[str, Any]) -> None:
    batches = list(result["times"])
    for name, colour, mark in zip(ENGINES, _COLOURS, _MARKS, strict=True):
        points = [(batch, times[name].median) for batch, times in result["times"].items() if name in times]
        if points:
            width = 2.4 if name == NATIVE else 1.2
            style = "--" if name in OURS[1:] else "-"
            axes.plot(*zip(*points, strict=True), style, color=colour, marker=mark, ms=4, lw=width, label=name)
    axes.set(xscale="log", yscale="log", xticks=batches, title=result["name"])
    axes.title.set_fontsize(9)
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(labelsize=8)
    axes.grid(which="both", lw=0.3, alpha=0.6)


def draw(results: list[dict[str, Any]], path: str) -> None:
    """Write the picture.

    Parameters
    ----------
    results : list of dict
        As compare.run gives them.
    path : str
        Of a .png.
    """
    columns = min(_COLUMNS, len(results))
    rows = -(-len(results) // columns)
    figure, panels = pyplot.subplots(rows, columns, figsize=(2.7 * columns, 2.7 * rows + 0.6), squeeze=False)
    for axes in panels.flat[len(results) :]:
        axes.set_visible(False)
    for axes, result in zip(panels.flat, results, strict=False):
        _panel(axes, result)
    figure.supxlabel("jets in a call", fontsize=9)
    figure.supylabel("CPU time per jet, us (median)", fontsize=9)
    labels: dict[str, Any] = {}
    for axes in panels.flat:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            labels.setdefault(label, handle)
    figure.tight_layout(rect=(0.01, 0.01, 1, 0.93 if rows > 1 else 0.86))
    figure.legend(
        labels.values(), labels, loc="upper center", ncols=min(len(labels), 2 * columns), fontsize=8, frameon=False
    )
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
