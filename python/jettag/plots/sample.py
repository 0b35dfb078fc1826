"""Scores of labelled jets, ready to be looked at: from one file, checked. Needs no matplotlib."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jettag.errors import JettagError
from jettag.files.scores import read_table


class SampleError(JettagError):
    """Scores that nothing can be said about."""


@dataclass(frozen=True)
class Sample:
    """Jets with scores, of both classes.

    Attributes
    ----------
    name : str
        For legends.
    scores : ndarray of float32
        Finite, from 0 to 1.
    labels : ndarray of uint8
        1 a top, 0 something else.
    missing : int
        Jets of the file that have no score; they are not among these.
    more : dict of str to ndarray of float64
        "pt" and "mass" in GeV, where the file has them; not always finite.
    """

    name: str
    scores: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8]
    missing: int
    more: dict[str, npt.NDArray[np.float64]]


def read_sample(path: str | os.PathLike[str], name: str | None = None) -> Sample:
    """Read a file of scores with labels.

    Parameters
    ----------
    path : path-like
        What `python -m jettag tag` wrote.
    name : str, optional
        For legends; the file's name without its end unless given.

    Returns
    -------
    Sample

    Raises
    ------
    SampleError
        When there are no labels, no scores, not both classes, or values that are none.
    """
    table = read_table(path)
    if table.labels is None:
        raise SampleError(f"{path}: has no labels to compare with: the jets it was made of had none")
    if len(table.scores) == 0:
        raise SampleError(f"{path}: there is no jet in it")
    there = np.isfinite(table.scores)
    scores, labels = table.scores[there], table.labels[there]
    for what, wrong, values in (
        ("labels are 0 or 1", table.labels > 1, table.labels),
        ("scores are from 0 to 1", there & ((table.scores < 0) | (table.scores > 1)), table.scores),
    ):
        if wrong.any():
            at = int(np.argmax(wrong))
            raise SampleError(f"{path}: line {at + 3}: {what}, not {values[at]}")
    tops = int((labels == 1).sum())
    if tops == 0 or tops == len(labels):
        found = f"{tops} of tops and {len(labels) - tops} of others"
        raise SampleError(f"{path}: needs scores of tops and of others; it has {found}")
    more = {key: values[there] for key, values in table.more.items()}
    return Sample(name or Path(path).stem, scores, labels, int((~there).sum()), more)


def read_samples(paths: Sequence[str | os.PathLike[str]], names: Sequence[str] | None = None) -> list[Sample]:
    """Read several files; files of one name in different folders get their folders' names.

    Parameters
    ----------
    paths : sequence of path-like
        What `python -m jettag tag` wrote.
    names : sequence of str, optional
        One for each.

    Returns
    -------
    list of Sample
    """
    if names is not None and len(names) != len(paths):
        raise SampleError(f"{len(names)} names for {len(paths)} files")
    stems = [Path(path).stem for path in paths]
    if names is None:
        if len(set(stems)) < len(stems):
            stems = [f"{Path(path).resolve().parent.name}/{stem}" for path, stem in zip(paths, stems, strict=True)]
        names = stems
    if len(set(names)) < len(names):
        raise SampleError(f"each file needs a name of its own: {', '.join(names)}")
    return [read_sample(path, name) for path, name in zip(paths, names, strict=True)]
