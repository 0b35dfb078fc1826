"""The few hundred simulated jets in tests/data, decoded."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA = Path(__file__).parents[1] / "data"


class Jets(NamedTuple):
    """Jets of one sample: px py pz E in GeV, offsets, labels (1 = top), classes or None."""

    momenta: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    classes: np.ndarray | None

    def one(self, i):
        """Momenta and classes of jet i."""
        rows = slice(self.offsets[i], self.offsets[i + 1])
        return self.momenta[rows], None if self.classes is None else self.classes[rows]


def load(sample):
    """Jets of "toptag", "cms" or "deeptop"."""
    with np.load(DATA / "jets.npz") as file:
        raw = {key.removeprefix(f"{sample}_"): file[key] for key in file.files if key.startswith(f"{sample}_")}
    n = raw["n"].astype(np.int64)
    pt = 0.05 * np.exp(1.6e-4 * raw["pt"].astype(float))
    eta = np.repeat(raw["axis_eta"].astype(float), n) + 6e-5 * raw["deta"]
    phi = np.repeat(raw["axis_phi"].astype(float), n) + 6e-5 * raw["dphi"]
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], 1)
    return Jets(momenta, np.concatenate([[0], np.cumsum(n)]), raw["label"], raw.get("cls"))


def padded(jets, m=200):
    """(n, m, 4) E px py pz, zeros where there is no constituent."""
    n = np.diff(jets.offsets)
    row = np.repeat(np.arange(len(n)), n)
    column = np.arange(n.sum()) - np.repeat(jets.offsets[:-1], n)
    result = np.zeros((len(n), m, 4))
    result[row, column] = jets.momenta[:, [3, 0, 1, 2]]
    return result
