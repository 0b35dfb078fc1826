"""What all figures of the report share: canvas, colours, names, and the file. Needs matplotlib."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jettag.plots.canvas import colour, label_outer
from models.report.cache import COMPARED, PARTICLE_NET, TREE
from models.report.merit import Merit

MOST = 8
"""Taggers in a picture where each one takes much room."""

LARGEST = 200_000
"""Bytes of a picture."""

_DPI = 110


@dataclass(frozen=True)
class Style:
    """How a tagger is drawn, in every figure of its sample.

    Attributes
    ----------
    colour, line : str
        As matplotlib wants them: a colour for each network, dashed where it has no features.
    words : str
        Its name in legends.
    """

    colour: str
    line: str
    words: str


_FEW = [f"C{i}" for i in range(10)]
_COMPARED_COLOURS = {TREE: "black", PARTICLE_NET: "grey"}


def styles(names: Iterable[str]) -> dict[str, Style]:
    """Styles of a sample's taggers.

    Parameters
    ----------
    names : iterable of str
        All of them.

    Returns
    -------
    dict of str to Style
    """
    every = sorted(names)
    networks = list(dict.fromkeys(name.removesuffix("-gf") for name in every if name not in COMPARED))
    found = {}
    for name in every:
        if name in COMPARED:
            found[name] = Style(_COMPARED_COLOURS[name], "-", COMPARED[name])
            continue
        number = networks.index(name.removesuffix("-gf"))
        paired = any(other == f"{name}-gf" for other in every)
        dashed = paired or (not name.endswith("-gf") and any(other.endswith("-gf") for other in every))
        found[name] = Style(colour(number, len(networks), _FEW), "--" if dashed else "-", name)
    return found


def shown(merits: list[Merit], most: int = MOST) -> list[Merit]:
    """The taggers for a picture with little room: those that are compared with, and the best of ours.

    Parameters
    ----------
    merits : list of Merit
        The best first.
    most : int
        How many.

    Returns
    -------
    list of Merit
        In the same order.
    """
    compared = [merit for merit in merits if merit.tagger.name in COMPARED]
    ours = [merit for merit in merits if merit.tagger.name not in COMPARED][: most - len(compared)]
    return [merit for merit in merits if merit in compared or merit in ours]


def canvas(rows: int, columns: int, width: float, height: float, **keys: Any) -> tuple[Any, Any]:
    """A figure with panels.

    Parameters
    ----------
    rows, columns : int
        Panels.
    width, height : float
        Of one of them, in inches.
    **keys
        For `matplotlib.pyplot.subplots`.

    Returns
    -------
    tuple of Figure and ndarray of Axes
        (rows, columns).
    """
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    size = (columns * width, rows * height)
    return plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained", **keys)


def grid(count: int, widest: int = 3) -> tuple[int, int]:
    """Rows and columns for some panels.

    Parameters
    ----------
    count : int
        Panels, at least one.
    widest : int
        Most columns.

    Returns
    -------
    tuple of int
    """
    columns = min(widest, count)
    return math.ceil(count / columns), columns


def tagger_panels(merits: list[Merit], across: str, up: str) -> tuple[Any, list[tuple[Any, Merit]]]:
    """A figure with a panel for each of the taggers that are `shown`.

    Parameters
    ----------
    merits : list of Merit
        The best first.
    across, up : str
        What the axes are called.

    Returns
    -------
    tuple of Figure and list of tuple of Axes and Merit
        Panels share their axes.
    """
    some = shown(merits)
    style = styles(merit.tagger.name for merit in merits)
    figure, axes = canvas(*grid(len(some)), 3.6, 2.7, sharex=True, sharey=True)
    panels = list(zip(axes.flat, some, strict=False))
    for panel, merit in panels:
        panel.set_title(style[merit.tagger.name].words, fontsize=9)
        panel.grid(alpha=0.3, lw=0.5)
    label_outer(axes, len(some), across, up)
    return figure, panels


def finish(figure: Any, path: Path) -> None:
    """Write a picture.

    Parameters
    ----------
    figure : Figure
        Done; it is closed.
    path : Path
        A .png file.

    Raises
    ------
    ValueError
        When it is larger than `LARGEST`.
    """
    import matplotlib.pyplot as plt

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    plt.close(figure)
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} has {path.stat().st_size} bytes, more than {LARGEST}")
