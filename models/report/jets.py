"""The jets that everything is tested on, with what is asked of each: label, pT, mass."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.datasets.kinematics import pt_and_mass
from models.datasets.shards import Jets, find, last_jets
from models.training.samples import SAMPLES


class ReportError(Exception):
    """Something is missing or does not fit; the words say what."""


@dataclass(frozen=True)
class Facts:
    """What is kept of a sample's test jets.

    Attributes
    ----------
    labels : ndarray of uint8
        1 a top.
    pt, mass : ndarray of float64
        Of the jets, GeV.
    shards : tuple of str
        Names of their files.
    fingerprint : str
        Changes when any constituent does.
    """

    labels: npt.NDArray[np.uint8]
    pt: npt.NDArray[np.float64]
    mass: npt.NDArray[np.float64]
    shards: tuple[str, ...]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.labels)


def fingerprint(jets: Jets) -> str:
    """A short text that is another one for other jets.

    Parameters
    ----------
    jets : Jets
        Any.

    Returns
    -------
    str
    """
    digest = hashlib.sha256()
    for array in (jets.offsets, jets.labels, jets.momenta):
        digest.update(np.ascontiguousarray(array).tobytes())
    if jets.classes is not None:
        digest.update(jets.classes.tobytes())
    return digest.hexdigest()[:16]


def samples_in(folder: str | os.PathLike[str]) -> list[str]:
    """Samples of which a folder has shards.

    Parameters
    ----------
    folder : str or path-like
        With files such as `toptag_00.npz`.

    Returns
    -------
    list of str

    Raises
    ------
    ReportError
        When there is none.
    """
    if not os.path.isdir(folder):
        raise ReportError(f"{os.fspath(folder)} is not a folder")
    found = []
    for sample in SAMPLES:
        try:
            find(folder, f"{sample}_*.npz")
        except FileNotFoundError:
            continue
        found.append(sample)
    if not found:
        raise ReportError(f"{os.fspath(folder)} has no shards: no {'_*.npz, no '.join(SAMPLES)}_*.npz")
    return found


def load_test(folder: str | os.PathLike[str], sample: str, every: bool = False) -> tuple[Jets, Facts]:
    """Test jets of a sample that a model can score.

    Parameters
    ----------
    folder : str or path-like
        With the sample's shards.
    sample : str
        A key of `SAMPLES`.
    every : bool
        All shards are for testing, not only the last ones.

    Returns
    -------
    tuple of Jets and Facts

    Raises
    ------
    ReportError
        When they are not there.
    """
    if sample not in samples_in(folder):
        raise ReportError(f"{os.fspath(folder)} has no files {sample}_*.npz")
    count = len(find(folder, f"{sample}_*.npz")) if every else SAMPLES[sample].test_shards
    jets = last_jets(folder, sample, count)
    shards = tuple(path.name for path in find(folder, f"{sample}_*.npz")[-count:])
    if jets.labels.all() or not jets.labels.any():
        raise ReportError(f"{os.fspath(folder)}: {', '.join(shards)} have no tops or nothing but tops")
    pt, mass = pt_and_mass(jets)
    return jets, Facts(jets.labels, pt, mass, shards, fingerprint(jets))
