"""The public top-tagging reference files (Kasieczka et al., doi:10.5281/zenodo.2603256), unchanged.

They are pandas tables in HDF5 under the key `table`: E_0, PX_0, PY_0, PZ_0 to PZ_199 in GeV, constituents sorted by pT
and padded with zeros, the label `is_signal_new`, and columns of truth. h5py reads them; pandas is not needed.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np

from jettag.files.jets import JetFile, JetFileError, Piece

LABEL = "is_signal_new"
_AXES = ("E", "PX", "PY", "PZ")


class _NamesOnly(pickle.Unpickler):
    """pandas keeps the names of columns pickled: lists of texts, for which no class is needed, so none is let in."""

    def find_class(self, module: str, name: str) -> Any:
        """Refuse."""
        raise pickle.UnpicklingError(f"{module}.{name} among the names of columns")


def _names(raw: Any) -> list[str]:
    data = bytes(raw) if isinstance(raw, (bytes, np.bytes_)) else str(raw).encode("latin-1")
    return [str(one) for one in _NamesOnly(io.BytesIO(data)).load()]


class PublicJets(JetFile):
    """A file of the public reference set.

    Parameters
    ----------
    path : path-like
        The file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            import h5py
        except ImportError as error:
            raise JetFileError(f"{path}: reading HDF5 needs h5py (pip install h5py)") from error
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            raise JetFileError(f"{path}: {error}") from error
        try:
            self._open(path)
        except BaseException:
            self._file.close()
            raise

    def _open(self, path: str | os.PathLike[str]) -> None:
        if "table/table" not in self._file:
            keys = ", ".join(self._file) or "nothing"
            raise JetFileError(f"{path}: no pandas table under the key 'table'; at the top there is {keys}")
        self._table = self._file["table/table"]
        places: dict[str, tuple[str, int]] = {}
        for block in self._table.dtype.names or ():
            kind = f"{block}_kind"
            if not block.startswith("values_block") or kind not in self._table.attrs:
                continue
            try:
                names = _names(self._table.attrs[kind])
            except Exception as error:
                raise JetFileError(f"{path}: the names of the columns in {block} cannot be read: {error}") from error
            places |= {name: (block, at) for at, name in enumerate(names)}
        if "E_0" not in places:
            some = ", ".join(list(places)[:8]) or "none"
            raise JetFileError(f"{path}: no columns E_0, PX_0, PY_0, PZ_0, ...; those found begin with {some}")
        self.n_jets: int = len(self._table)
        self._n_constituents = sum(1 for name in places if name.startswith("E_"))
        wanted = [f"{axis}_{i}" for i in range(self._n_constituents) for axis in _AXES]
        missing = [name for name in wanted if name not in places]
        if missing:
            raise JetFileError(f"{path}: there is {self._n_constituents} times E, but no column {missing[0]}")
        blocks = {places[name][0] for name in wanted}
        if len(blocks) != 1:
            raise JetFileError(f"{path}: the constituents' columns are of different types, in {', '.join(blocks)}")
        self._block = blocks.pop()
        columns = np.array([places[name][1] for name in wanted])
        in_order = np.array_equal(columns, np.arange(columns[0], columns[0] + len(columns)))
        self._columns: Any = slice(int(columns[0]), int(columns[0]) + len(columns)) if in_order else columns
        self._label = places.get(LABEL)
        self.has_labels = self._label is not None

    def pieces(self, size: int, start: int = 0) -> Iterator[Piece]:
        """See `JetFile.pieces`."""
        for first in range(start, self.n_jets, size):
            rows = self._table[first : min(first + size, self.n_jets)]
            momenta = np.ascontiguousarray(rows[self._block][:, self._columns])
            jets = momenta.reshape(len(rows), self._n_constituents, len(_AXES))
            labels = None
            if self._label is not None:
                block, at = self._label
                labels = (rows[block][:, at] != 0).astype(np.uint8)
            yield Piece(jets, None, labels, len(rows))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
