"""Jets from .npz files: coded shards, and plain files with momenta and offsets.

A coded shard keeps a jet's constituents as 16-bit numbers, falling in pT:

    pT  = 0.05 GeV exp(1.6e-4 pt)        `pt`   uint16, (N,)
    eta = axis_eta + 6e-5 deta           `deta` int16, (N,); `axis_eta` (jets,)
    phi = axis_phi + 6e-5 dphi           `dphi` int16, (N,); `axis_phi` (jets,)

with `n` constituents per jet, `label` (1 a top), and, where the detector tells them apart, `cls` (0 neutral, 1 charged
track, 2 muon). Constituents are massless. A plain file has `momenta` (N, 4) px, py, pz, E in GeV, `offsets` (jets + 1),
`labels` and perhaps `classes`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "data" / "toptag.npz"
"""The jets that come with jettag."""

_PT_UNIT = 0.05
_PT_STEP = 1.6e-4
_ANGLE_STEP = 6e-5
_LARGEST_PT = 65_535
_LARGEST_ANGLE = 32_767

MIN_CONSTITUENTS = 4
"""Models refuse a jet with fewer."""


@dataclass
class Jets:
    """Jets one after the other.

    Attributes
    ----------
    momenta : ndarray of float64
        (N, 4) px, py, pz, E in GeV.
    offsets : ndarray of int64
        (jets + 1,); jet i is rows offsets[i] .. offsets[i + 1] - 1.
    labels : ndarray of uint8
        (jets,), 1 a top.
    classes : ndarray of uint8 or None
        (N,): 0 neutral, 1 charged track, 2 muon.
    """

    momenta: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.int64]
    labels: npt.NDArray[np.uint8]
    classes: npt.NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def jagged(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """As the functions of jettag take them."""
        return self.momenta, self.offsets

    def part(self, start: int, stop: int) -> Jets:
        """The jets start .. stop - 1, without copying momenta.

        Parameters
        ----------
        start, stop : int
            As in a slice.

        Returns
        -------
        Jets
        """
        stop = min(stop, len(self))
        rows = slice(int(self.offsets[start]), int(self.offsets[stop]))
        return Jets(
            self.momenta[rows],
            self.offsets[start : stop + 1] - self.offsets[start],
            self.labels[start:stop],
            None if self.classes is None else self.classes[rows],
        )

    def chosen(self, jets: npt.ArrayLike) -> Jets:
        """Some of the jets.

        Parameters
        ----------
        jets : array_like of int
            Their numbers, in the order that is wanted.

        Returns
        -------
        Jets
        """
        picked = np.asarray(jets, np.int64)
        rows, offsets = rows_of(self.offsets, picked)
        classes = None if self.classes is None else self.classes[rows]
        return Jets(self.momenta[rows], offsets, self.labels[picked], classes)


def rows_of(
    offsets: npt.NDArray[np.int64], jets: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where things of some jets lie in a list of all jets' things.

    Parameters
    ----------
    offsets : ndarray of int64
        (all jets + 1,); things of jet i are offsets[i] .. offsets[i + 1] - 1.
    jets : ndarray of int64
        Which ones.

    Returns
    -------
    rows, offsets : ndarray of int64
        Numbers of the things, jet by jet, and where in them each jet begins.
    """
    first = offsets[:-1][jets]
    counts = offsets[1:][jets] - first
    new = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    rows = np.arange(new[-1], dtype=np.int64) + np.repeat(first - new[:-1], counts)
    return rows, new


def usable(jets: Jets) -> Jets:
    """The jets that a model scores: with enough constituents.

    Parameters
    ----------
    jets : Jets
        Without padding, as shards are.

    Returns
    -------
    Jets
    """
    return jets.chosen(np.flatnonzero(np.diff(jets.offsets) >= MIN_CONSTITUENTS))


def joined(parts: Sequence[Jets]) -> Jets:
    """Several sets of jets as one.

    Parameters
    ----------
    parts : sequence of Jets
        At least one.

    Returns
    -------
    Jets
    """
    classes = [part.classes for part in parts if part.classes is not None]
    if classes and len(classes) != len(parts):
        raise ValueError("some of the files have classes of constituents and some have not")
    return Jets(
        np.concatenate([part.momenta for part in parts]),
        np.concatenate([[0], np.cumsum(np.concatenate([np.diff(part.offsets) for part in parts]))]).astype(np.int64),
        np.concatenate([part.labels for part in parts]),
        np.concatenate(classes) if classes else None,
    )


def read(path: str | os.PathLike[str]) -> Jets:
    """Read a coded shard or a plain file.

    Parameters
    ----------
    path : str or path-like
        An .npz file.

    Returns
    -------
    Jets
    """
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    return decode(arrays) if "axis_eta" in arrays else _plain(arrays, path)


def _plain(arrays: dict[str, npt.NDArray[Any]], path: str | os.PathLike[str]) -> Jets:
    missing = {"momenta", "offsets", "labels"} - set(arrays)
    if missing:
        raise ValueError(f"{os.fspath(path)}: neither a coded shard nor a file with momenta: no {sorted(missing)}")
    classes = arrays.get("classes")
    return Jets(
        arrays["momenta"].astype(np.float64),
        arrays["offsets"].astype(np.int64),
        arrays["labels"].astype(np.uint8),
        None if classes is None else classes.astype(np.uint8),
    )


def decode(arrays: dict[str, npt.NDArray[Any]]) -> Jets:
    """Momenta from the arrays of a coded shard.

    Parameters
    ----------
    arrays : dict of str to ndarray
        `n`, `pt`, `deta`, `dphi`, `axis_eta`, `axis_phi`, `label` and perhaps `cls`.

    Returns
    -------
    Jets
    """
    counts = arrays["n"].astype(np.int64)
    pt = _PT_UNIT * np.exp(_PT_STEP * arrays["pt"].astype(np.float64))
    eta = np.repeat(arrays["axis_eta"].astype(np.float64), counts) + _ANGLE_STEP * arrays["deta"].astype(np.float64)
    phi = np.repeat(arrays["axis_phi"].astype(np.float64), counts) + _ANGLE_STEP * arrays["dphi"].astype(np.float64)
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], axis=1)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    classes = arrays.get("cls")
    return Jets(momenta, offsets, arrays["label"].astype(np.uint8), classes)


def with_some(jets: Jets, kept: npt.NDArray[np.bool_]) -> Jets:
    """Jets with some of their constituents.

    Parameters
    ----------
    jets : Jets
        Any.
    kept : ndarray of bool
        (N,) which of all constituents.

    Returns
    -------
    Jets
        As many, some of them perhaps empty.
    """
    offsets = np.concatenate([[0], np.cumsum(kept)])[jets.offsets].astype(np.int64)
    return Jets(jets.momenta[kept], offsets, jets.labels, None if jets.classes is None else jets.classes[kept])


def without_the_softest(jets: Jets) -> Jets:
    """Jets without constituents below 0.05 GeV of pT, which the coding does not know.

    Parameters
    ----------
    jets : Jets
        Each with a harder constituent.

    Returns
    -------
    Jets
        The same where there are none so soft.
    """
    return with_some(jets, np.hypot(jets.momenta[:, 0], jets.momenta[:, 1]) >= _PT_UNIT)


def encode(jets: Jets) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a coded shard from momenta: the inverse of `decode`, to half a step.

    Parameters
    ----------
    jets : Jets
        Constituents in any order; what mass they have is lost.

    Returns
    -------
    dict of str to ndarray
        As for `decode`.

    Raises
    ------
    ValueError
        When a jet is empty, too soft, too hard or too wide to be coded.
    """
    counts = np.diff(jets.offsets)
    if not len(counts) or counts.min() < 1:
        raise ValueError("a shard has jets, and a jet has constituents")
    jet = np.repeat(np.arange(len(counts)), counts)
    px, py, pz = jets.momenta[:, :3].T
    pt = np.hypot(px, py)
    order = np.lexsort((-pt, jet))
    px, py, pz, pt = px[order], py[order], pz[order], pt[order]
    starts = jets.offsets[:-1]
    total_x, total_y, total_z = (np.add.reduceat(one, starts) for one in (px, py, pz))
    eta = np.arcsinh(pz / pt)
    axis_eta = np.arcsinh(total_z / np.hypot(total_x, total_y))
    # The axis is a place to count from, no more. Where a wide jet is too lopsided for that, its middle is taken.
    low, high = np.minimum.reduceat(eta, starts), np.maximum.reduceat(eta, starts)
    wide = np.maximum(high - axis_eta, axis_eta - low) > _LARGEST_ANGLE * _ANGLE_STEP
    axis_eta = np.where(wide, (low + high) / 2, axis_eta).astype(np.float32)
    axis_phi = np.arctan2(total_y, total_x).astype(np.float32)
    dphi = (np.arctan2(py, px) - np.repeat(axis_phi.astype(np.float64), counts) + np.pi) % (2 * np.pi) - np.pi
    coded = {
        "pt": np.rint(np.log(pt / _PT_UNIT) / _PT_STEP),
        "deta": np.rint((eta - np.repeat(axis_eta.astype(np.float64), counts)) / _ANGLE_STEP),
        "dphi": np.rint(dphi / _ANGLE_STEP),
    }
    if coded["pt"].min() < 0 or coded["pt"].max() > _LARGEST_PT:
        raise ValueError(f"constituents from {pt.min():.4g} to {pt.max():.4g} GeV: outside of what can be coded")
    if max(np.abs(coded["deta"]).max(), np.abs(coded["dphi"]).max()) > _LARGEST_ANGLE:
        raise ValueError("a jet is too wide to be coded")
    arrays: dict[str, npt.NDArray[Any]] = {
        "label": jets.labels.astype(np.uint8),
        "n": counts.astype(np.uint8 if counts.max() < 256 else np.uint16),
        "axis_eta": axis_eta,
        "axis_phi": axis_phi,
        "pt": coded["pt"].astype(np.uint16),
        "deta": coded["deta"].astype(np.int16),
        "dphi": coded["dphi"].astype(np.int16),
    }
    if jets.classes is not None:
        arrays["cls"] = jets.classes[order].astype(np.uint8)
    return arrays


def choose_coded(arrays: dict[str, npt.NDArray[Any]], jets: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """Some jets of a coded shard, still coded.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Of a shard.
    jets : ndarray of int
        Their numbers.

    Returns
    -------
    dict of str to ndarray
    """
    offsets = np.concatenate([[0], np.cumsum(arrays["n"].astype(np.int64))]).astype(np.int64)
    rows, _ = rows_of(offsets, jets)
    per_jet = len(arrays["n"])
    return {key: values[jets if len(values) == per_jet else rows] for key, values in arrays.items()}


def find(folder: str | os.PathLike[str], pattern: str) -> list[Path]:
    """Files of a folder, in order of their names.

    Parameters
    ----------
    folder : str or path-like
        Where they are.
    pattern : str
        Such as `toptag_*.npz`.

    Returns
    -------
    list of Path

    Raises
    ------
    FileNotFoundError
        When there is none.
    """
    found = sorted(Path(folder).glob(pattern))
    if not found:
        raise FileNotFoundError(f"no {pattern} in {os.fspath(folder)}")
    return found


def last_jets(folder: str | os.PathLike[str], sample: str, shards: int) -> Jets:
    """Jets of a sample's last shards: those for testing, which no training sees.

    Parameters
    ----------
    folder : str or path-like
        Where files `<sample>_*.npz` are.
    sample : str
        Name.
    shards : int
        How many of the last ones.

    Returns
    -------
    Jets
        Usable.
    """
    return usable(joined([read(shard) for shard in find(folder, f"{sample}_*.npz")[-shards:]]))
