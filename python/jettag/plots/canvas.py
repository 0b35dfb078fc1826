"""What all pictures share: the library that draws, paper, colours, and the file."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jettag.errors import JettagError

# Petroff (arXiv:2107.02270): told apart by the colour-blind and in grey.
COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)
TOPS, OTHERS = "#bd1f01", "#3f90da"

_LEGEND_ROW = 0.19
"""Inches of a legend's row of small letters."""


class PlotError(JettagError):
    """A picture cannot be drawn or written."""


def matplotlib() -> Any:
    """The library.

    Returns
    -------
    module
    """
    try:
        import matplotlib as library
    except ImportError as error:
        raise PlotError("drawing needs matplotlib (pip install matplotlib)") from error
    return library


@contextmanager
def hep_style() -> Iterator[None]:
    """Ticks and letters as in the field's papers, in sizes of ours; until the block ends."""
    library = matplotlib()
    try:
        import mplhep
    except ImportError as error:
        raise PlotError("these pictures need mplhep (pip install mplhep)") from error
    kept = ("font.family", "font.sans-serif", "mathtext.", "xtick.", "ytick.", "axes.unicode_minus")
    style = {
        key: value
        for key, value in mplhep.style.ROOT.items()
        if key.startswith(kept) and not key.endswith(("size", "pad"))
    }
    # Letters stay letters in a PDF, and no font is looked for with a warning on machines without it.
    with library.rc_context({**style, "pdf.fonttype": 42, "legend.frameon": False}):
        yield


def canvas(rows: int, columns: int, width: float, height: float, **keys: Any) -> tuple[Any, Any]:
    """A figure with panels.

    Parameters
    ----------
    rows, columns : int
        Panels.
    width, height : float
        Of one of them, in inches.
    **keys
        For `matplotlib.figure.Figure.subplots`.

    Returns
    -------
    tuple of Figure and ndarray of Axes
        (rows, columns).
    """
    matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * width, rows * height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **keys)


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
    columns = 2 if count == 4 else min(count, widest)
    return math.ceil(count / columns), columns


def room_below(figure: Any, labels: int, columns: int) -> None:
    """Let a figure grow by what a legend below its panels takes.

    Parameters
    ----------
    figure : Figure
        With constrained layout.
    labels : int
        Of the legend.
    columns : int
        Of the legend.
    """
    figure.set_figheight(figure.get_figheight() + _LEGEND_ROW * math.ceil(labels / columns))


def legend_below(figure: Any, panel: Any, columns: int, **keys: Any) -> None:
    """What the lines of a panel are, below all panels, which stay as large as they are: the figure grows.

    Parameters
    ----------
    figure : Figure
        With constrained layout.
    panel : Axes
        Whose labels are said.
    columns : int
        Of the legend, at most.
    **keys
        For `matplotlib.figure.Figure.legend`.
    """
    handles, labels = panel.get_legend_handles_labels()
    if not labels:
        return
    room_below(figure, len(labels), columns)
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), columns), fontsize=8, **keys)


def share(efficiency: float) -> str:
    """In words.

    Parameters
    ----------
    efficiency : float
        A fraction.

    Returns
    -------
    str
    """
    return f"{100 * efficiency:g} %"


def colour(number: int, of: int, few: Sequence[str] = COLOURS) -> str:
    """Colour of one of several taggers.

    Parameters
    ----------
    number, of : int
        Which, and how many.
    few : sequence of str
        Where these are enough; otherwise colours are along a map.

    Returns
    -------
    str
    """
    if of <= len(few):
        return few[number]
    library = matplotlib()
    return str(library.colors.to_hex(library.colormaps["turbo"](0.05 + 0.9 * number / (of - 1))))


def close_rows(axes: Any, used: int) -> list[Any]:
    """Blank what panels are left over in the last row, and give the lowest of each column its numbers.

    Parameters
    ----------
    axes : ndarray of Axes
        (rows, columns), filled row by row.
    used : int
        Panels with something in them.

    Returns
    -------
    list of Axes
        The lowest panels, for what their axes are called.
    """
    for panel in axes.flat[used:]:
        panel.set_axis_off()
    lowest = list(axes.flat[max(used - axes.shape[1], 0) : used])
    for panel in lowest:
        panel.tick_params(labelbottom=True)
    return lowest


def label_outer(axes: Any, used: int, across: str, up: str) -> None:
    """Name the axes once per row and column, and blank the panels left over.

    Parameters
    ----------
    axes : ndarray of Axes
        (rows, columns), filled row by row.
    used : int
        Panels with something in them.
    across, up : str
        What the axes are called.
    """
    for panel in close_rows(axes, used):
        panel.set_xlabel(across)
    for panel in axes[:, 0]:
        panel.set_ylabel(up)


def save(figure: Any, *paths: str | os.PathLike[str]) -> None:
    """Write a picture, whole or not at all.

    Parameters
    ----------
    figure : Figure
        Done.
    *paths : path-like
        Files; their ends say of which kind.
    """
    for path in paths:
        name = os.fspath(path)
        end = os.path.splitext(name)[1]
        unfinished = f"{name}.part{end}"
        # No dates and versions: the same scores give the same file.
        plain: dict[str, dict[str, None]] = {".png": {"Software": None}, ".pdf": {"CreationDate": None}}
        try:
            figure.savefig(unfinished, dpi=150, metadata=plain.get(end.lower()))
            os.replace(unfinished, name)
        except (OSError, ValueError) as error:
            raise PlotError(f"{name}: cannot be written: {error}") from error
        finally:
            if os.path.exists(unfinished):
                os.unlink(unfinished)
