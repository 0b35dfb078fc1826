"""Images of jets as the networks get them: means of background and of tops, and single jets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag.files.jets import Piece
from jettag.plots import canvas
from jettag.standalone import images as render
from jettag.standalone import recipes

DECADES = 4
"""Of brightness below the brightest pixel."""

SINGLE = 3
"""Jets of each kind that are drawn alone."""


@dataclass
class Images:
    """Images of a file's jets.

    Attributes
    ----------
    recipe : str
        Such as `A35`.
    width : tuple of float
        In eta and phi.
    kinds : list of str
        Of the jets, with how many there are.
    means : ndarray of float64
        (kinds, channels, rows (phi), columns (eta)).
    singles : list of ndarray
        For each kind the first jets with an image, (jets, channels, rows, columns).
    """

    recipe: str
    width: tuple[float, float]
    kinds: list[str]
    means: npt.NDArray[np.float64]
    singles: list[npt.NDArray[np.float32]]


def width_of(recipe: str) -> tuple[float, float]:
    """Width of a recipe's images.

    Parameters
    ----------
    recipe : str
        A name from `jettag.recipes()`.

    Returns
    -------
    tuple of float
        In eta and phi.
    """
    eta, phi = next(row["width"] for row in recipes() if row["name"] == recipe)
    return eta, phi


def render_all(pieces: Iterable[Piece], recipe: str) -> Images:
    """Images of jets that come piece by piece, such as those of an open file.

    Parameters
    ----------
    pieces : iterable of Piece
        Without labels all jets are of one kind.
    recipe : str
        A name from `jettag.recipes()`.

    Returns
    -------
    Images

    Raises
    ------
    jettag.plots.canvas.PlotError
        When a kind has no jet with an image.
    """
    names = ["background", "tops"]
    totals: list[Any] = [0.0, 0.0]
    counts = [0, 0]
    singles: list[list[npt.NDArray[np.float32]]] = [[], []]
    labelled = False
    for piece in pieces:
        made = render(piece.jets, recipe, piece.classes)
        labelled = labelled or piece.labels is not None
        kinds = np.zeros(len(made), np.uint8) if piece.labels is None else np.asarray(piece.labels)
        there = np.isfinite(made).all(axis=(1, 2, 3))
        for kind in (0, 1):
            chosen = made[there & (kinds == kind)]
            totals[kind] = totals[kind] + chosen.sum(axis=0, dtype=np.float64)
            counts[kind] += len(chosen)
            singles[kind] += list(chosen[: SINGLE - len(singles[kind])])
    used = [0, 1] if labelled else [0]
    lacking = [names[kind] if labelled else "jets" for kind in used if not counts[kind]]
    if lacking:
        raise canvas.PlotError(f"no {' and no '.join(lacking)} with an image")
    words = [f"{names[kind] if labelled else 'jets'}, {counts[kind]:,}" for kind in used]
    return Images(
        recipe,
        width_of(recipe),
        words,
        np.stack([totals[kind] / counts[kind] for kind in used]),
        [np.stack(singles[kind]) for kind in used],
    )


def draw_rows(rows: Sequence[tuple[str, npt.NDArray[Any]]], channels: Sequence[str], width: tuple[float, float]) -> Any:
    """Images below each other, a column for each channel with one scale of brightness.

    Parameters
    ----------
    rows : sequence of tuple of str and ndarray
        Words, and (channels, rows (phi), columns (eta)). With one channel they stand beside each other.
    channels : sequence of str
        Their names.
    width : tuple of float
        Of the images, in eta and phi.

    Returns
    -------
    Figure
    """
    canvas.matplotlib()
    from matplotlib.colors import LogNorm

    single = len(channels) == 1
    if single:
        figure, axes = canvas.canvas(1, len(rows), 3.5, 3.2)
        axes = axes.T
    else:
        figure, axes = canvas.canvas(len(rows), len(channels), 3.1, 2.9)
    eta, phi = width
    extent = (-eta / 2, eta / 2, -phi / 2, phi / 2)
    for column, channel in enumerate(channels):
        largest = max(max(float(image[column].max()) for _, image in rows), 1e-30)
        norm = LogNorm(largest * 10.0**-DECADES, largest)
        for row, (words, image) in enumerate(rows):
            panel = axes[row, column]
            shades = np.maximum(image[column], largest * 10.0**-DECADES)
            drawn = panel.imshow(
                shades, norm=norm, extent=extent, origin="lower", cmap="magma", interpolation="nearest"
            )
            panel.set_title(f"{words}, {channel}", fontsize=9)
            panel.tick_params(labelsize=7)
        bar = figure.colorbar(drawn, ax=axes[:, column], shrink=0.7, pad=0.02)
        bar.ax.tick_params(labelsize=7)
    for panel in axes[:, 0] if single else axes[-1]:
        panel.set_xlabel(r"$\Delta\eta$", fontsize=9)
    for panel in axes[0] if single else axes[:, 0]:
        panel.set_ylabel(r"$\Delta\phi$", fontsize=9)
    return figure


def means(images: Images) -> Any:
    """Mean images, a row for each kind of jet.

    Parameters
    ----------
    images : Images
        From `render_all`.

    Returns
    -------
    Figure
    """
    rows = list(zip(images.kinds, images.means, strict=True))
    figure = draw_rows(rows, _channels(images), images.width)
    figure.suptitle(f"mean images {images.recipe}", fontsize=11)
    return figure


def single_jets(images: Images) -> Any:
    """The first jets of each kind, a row for each.

    Parameters
    ----------
    images : Images
        From `render_all`.

    Returns
    -------
    Figure
    """
    rows = [
        (f"{words.split(',')[0]} {i + 1}", image)
        for words, jets in zip(images.kinds, images.singles, strict=True)
        for i, image in enumerate(jets)
    ]
    figure = draw_rows(rows, _channels(images), images.width)
    figure.suptitle(f"single jets, images {images.recipe}", fontsize=11)
    return figure


def _channels(images: Images) -> list[str]:
    count = images.means.shape[1]
    return ["pixels"] if count == 1 else [f"channel {i + 1}" for i in range(count)]
