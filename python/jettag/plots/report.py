"""All pictures of some files of scores, into a folder: what `python -m jettag plot` does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jettag import metrics
from jettag.plots import calibration, canvas, comparison, efficiency, images, roc, scores, sculpting
from jettag.plots.sample import Sample, SampleError

FORMATS = ("png", "pdf")


def draw_all(
    samples: Sequence[Sample],
    out: str | os.PathLike[str],
    formats: Sequence[str] = FORMATS,
    jets: images.Images | None = None,
) -> tuple[list[Path], list[str]]:
    """Draw what the samples have the numbers for.

    Parameters
    ----------
    samples : sequence of Sample
        The first is what others are compared with.
    out : path-like
        Folder; it is made when it is not there. Pictures of an earlier run are replaced.
    formats : sequence of str
        Ends of the files' names.
    jets : Images, optional
        Images of jets, to be drawn too.

    Returns
    -------
    paths : list of Path
        What was written, in order.
    missing : list of str
        In words: what was not drawn, and why.
    """
    pictures: list[tuple[str, Callable[[], Any]]] = [
        ("roc", lambda: roc.rejections(samples)),
        ("scores", lambda: scores.distributions(samples)),
        ("calibration", lambda: calibration.diagram(samples)),
    ]
    missing = []
    if len(samples) > 1:
        summaries = [(one.name, metrics.summary(one.scores, one.labels)) for one in samples]
        pictures.append(("comparison", lambda: comparison.chart(summaries)))
    for name, column, draw in (
        ("efficiency_pt", "pt", lambda: efficiency.against(samples, "pt")),
        ("efficiency_mass", "mass", lambda: efficiency.against(samples, "mass")),
        ("mass_sculpting", "mass", lambda: sculpting.masses(samples)),
    ):
        lacking = [one.name for one in samples if column not in one.more]
        empty = [one.name for one in samples if column in one.more and not _any(one, column)]
        if lacking:
            missing.append(f"{name}: no column {column} in {', '.join(lacking)}; `tag --kinematics` writes it")
        elif empty:
            missing.append(f"{name}: no finite {column} of background in {', '.join(empty)}")
        else:
            pictures.append((name, draw))
    if jets is not None:
        pictures += [("mean_images", lambda: images.means(jets)), ("jet_images", lambda: images.single_jets(jets))]
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SampleError(f"{out}: no folder for pictures: {error}") from error
    paths = []
    with canvas.hep_style():
        for name, draw in pictures:
            files = [folder / f"{name}.{end}" for end in formats]
            canvas.save(draw(), *files)
            paths += files
    return paths, missing


def _any(sample: Sample, column: str) -> bool:
    return bool(np.isfinite(sample.more[column][sample.labels == 0]).any())
