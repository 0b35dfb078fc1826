"""Trees of ROOT files and Parquet files: a list of particles per jet, in columns of any name.

JetClass (Qu, Li and Qian, doi:10.5281/zenodo.6619768) is read as it is: branches part_px, part_py, part_pz and
part_energy; a jet is a top where label_Tbqq or label_Tbl is set.
"""

from __future__ import annotations

import abc
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag._awkward import jagged
from jettag.errors import ArgumentError
from jettag.files.jets import JetFile, JetFileError, Piece

# What the components are called, after a prefix that all four share.
_CARTESIAN = (("px",), ("py",), ("pz",), ("energy", "E", "e"))
_CYLINDRICAL = (("pt",), ("eta",), ("phi",), ("mass", "m"))
_TREES = ("TTree", "TNtuple", "ROOT::RNTuple")
_LABELS = ("label", "is_signal_new", "is_top")
_JETCLASS = ("label_Tbqq", "label_Tbl")


def particle_columns(names: list[str], given: str | None = None) -> dict[str, str]:
    """Which columns hold the particles.

    Parameters
    ----------
    names : list of str
        All there are.
    given : str, optional
        Four of them, with commas between: px, py, pz, E, or pt, eta, phi, mass by their endings.

    Returns
    -------
    dict of str to str
        Name of a component to name of its column.

    Raises
    ------
    ValueError
        With what was found.
    """
    there = set(names)
    if given is not None:
        chosen = given.split(",")
        missing = [name for name in chosen if name not in there]
        if len(chosen) != 4 or missing:
            raise ValueError(f"four columns are due, px,py,pz,E or pt,eta,phi,mass; not found: {', '.join(missing)}")
        cylindrical = chosen[1].lower().endswith("eta")
        components = ("pt", "eta", "phi", "mass") if cylindrical else ("px", "py", "pz", "E")
        return dict(zip(components, chosen, strict=True))
    for wanted in (_CARTESIAN, _CYLINDRICAL):
        for prefix in sorted({name[: -len(wanted[0][0])] for name in names if name.endswith(wanted[0][0])}):
            found = [next((prefix + end for end in ends if prefix + end in there), None) for ends in wanted]
            if None not in found:
                names_of_all = ["E" if ends[0] == "energy" else ends[0] for ends in wanted]
                return {one: str(name) for one, name in zip(names_of_all, found, strict=True)}
    some = ", ".join(names[:12]) or "none"
    raise ValueError(
        f"no lists in columns PREFIXpx, py, pz, energy or PREFIXpt, eta, phi, mass of one prefix; lists are {some}"
    )


def label_columns(names: list[str], given: str | None = None) -> list[str]:
    """Columns of which any says that a jet is a top; none where there are no labels.

    Parameters
    ----------
    names : list of str
        All there are.
    given : str, optional
        One or more of them, with commas between.

    Returns
    -------
    list of str
    """
    if given is not None:
        missing = [name for name in given.split(",") if name not in names]
        if missing:
            raise ValueError(f"there is no column {', '.join(missing)}")
        return given.split(",")
    if all(name in names for name in _JETCLASS):
        return list(_JETCLASS)
    return [name for name in _LABELS if name in names][:1]


class ColumnJets(JetFile):
    """A file whose rows are jets and whose columns are lists of particles' components.

    Parameters
    ----------
    path : path-like
        The file.
    columns : dict of str to bool
        Name of each column, and whether it has a list for every jet: counters of lists are called much like them.
    particles, label : str, optional
        As for `particle_columns` and `label_columns`.
    """

    def __init__(
        self, path: str | os.PathLike[str], columns: dict[str, bool], particles: str | None, label: str | None
    ) -> None:
        self._path = path
        lists = [name for name, is_list in columns.items() if is_list]
        try:
            self._particles = particle_columns(lists if particles is None else list(columns), particles)
            self._labels = label_columns(list(columns), label)
        except ValueError as error:
            raise JetFileError(f"{path}: {error}") from error
        self.has_labels = bool(self._labels)

    n_jets: int

    @abc.abstractmethod
    def _read(self, columns: list[str], first: int, end: int) -> Any:
        """Rows first .. end - 1 of some columns, as an awkward array of records."""

    def pieces(self, size: int, start: int = 0) -> Iterator[Piece]:
        """See `JetFile.pieces`."""
        import awkward as ak

        columns = [*self._particles.values(), *self._labels]
        for first in range(start, self.n_jets, size):
            end = min(first + size, self.n_jets)
            rows = self._read(columns, first, end)
            try:
                jets = ak.zip({one: rows[name] for one, name in self._particles.items()}, depth_limit=2)
                jagged(jets)
            except (ArgumentError, ValueError, TypeError) as error:
                raise JetFileError(f"{self._path}: {', '.join(self._particles.values())}: {error}") from error
            yield Piece(jets, None, self._labels_of(rows), end - first)

    def _labels_of(self, rows: Any) -> npt.NDArray[np.uint8] | None:
        if not self._labels:
            return None
        import awkward as ak

        try:
            values = [ak.to_numpy(rows[name], allow_missing=False) for name in self._labels]
            return np.any([one != 0 for one in values], axis=0).astype(np.uint8)
        except (ValueError, TypeError) as error:
            raise JetFileError(
                f"{self._path}: {', '.join(self._labels)}: one number per jet is due: {error}"
            ) from error


class RootJets(ColumnJets):
    """A TTree or an RNTuple of a ROOT file, read by uproot.

    Parameters
    ----------
    path : path-like
        The file; `FILE:TREE` names a tree where there is more than one.
    particles, label : str, optional
        As for `ColumnJets`.
    """

    def __init__(self, path: str | os.PathLike[str], particles: str | None = None, label: str | None = None) -> None:
        try:
            import uproot
        except ImportError as error:
            raise JetFileError(f"{path}: reading ROOT files needs uproot (pip install uproot awkward)") from error
        file, _, tree = os.fspath(path).partition(".root:")
        name = file + (".root" if tree else "")
        try:
            self._file = uproot.open(name)
        except Exception as error:
            raise JetFileError(f"{name}: {str(error).strip().splitlines()[0]}") from error
        try:
            trees = sorted({key.split(";")[0] for key, kind in self._file.classnames().items() if kind in _TREES})
            if not tree and len(trees) != 1:
                raise JetFileError(f"{name}: say which tree, FILE:TREE; there are {', '.join(trees) or 'none'}")
            if tree and tree not in trees:
                raise JetFileError(f"{name}: there is no tree {tree}; there are {', '.join(trees) or 'none'}")
            self._tree = self._file[tree or trees[0]]
            self.n_jets = int(self._tree.num_entries)
            kinds = self._tree.typenames()
            super().__init__(
                path, {name: "[" in kind or "vector" in kind for name, kind in kinds.items()}, particles, label
            )
        except BaseException:
            self._file.close()
            raise

    def _read(self, columns: list[str], first: int, end: int) -> Any:
        try:
            return self._tree.arrays(columns, entry_start=first, entry_stop=end, library="ak")
        except Exception as error:
            raise JetFileError(f"{self._path}: {str(error).strip().splitlines()[0]}") from error

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


class ParquetJets(ColumnJets):
    """A Parquet file, read by pyarrow, a group of rows at a time.

    Parameters
    ----------
    path : path-like
        The file.
    particles, label : str, optional
        As for `ColumnJets`.
    """

    def __init__(self, path: str | os.PathLike[str], particles: str | None = None, label: str | None = None) -> None:
        try:
            import awkward as ak  # noqa: F401  (needed to read, so missed at once)
            import pyarrow.parquet
        except ImportError as error:
            raise JetFileError(f"{path}: reading Parquet needs pyarrow (pip install pyarrow awkward)") from error
        try:
            self._file = pyarrow.parquet.ParquetFile(path)
        except Exception as error:
            raise JetFileError(f"{path}: {error}") from error
        self.n_jets = int(self._file.metadata.num_rows)
        groups = [self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)]
        self._starts = np.concatenate([[0], np.cumsum(groups)]).astype(np.int64)
        self._groups: dict[int, Any] = {}  # those of the last piece; columns are always the same
        try:
            super().__init__(
                path,
                {one.name: one.type.num_fields == 1 for one in self._file.schema_arrow},
                particles,
                label,
            )
        except BaseException:
            self._file.close()
            raise

    def _read(self, columns: list[str], first: int, end: int) -> Any:
        import awkward as ak
        import pyarrow

        low = int(np.searchsorted(self._starts, first, "right")) - 1
        high = int(np.searchsorted(self._starts, end, "left"))
        # The piece before may have begun the first of these groups: pieces are smaller than groups often are.
        self._groups = {i: self._groups.get(i) or self._group(i, columns) for i in range(low, high)}
        rows = pyarrow.concat_tables(self._groups.values())
        begin = int(self._starts[low])
        return ak.from_arrow(rows.slice(first - begin, end - first))

    def _group(self, index: int, columns: list[str]) -> Any:
        try:
            return self._file.read_row_group(index, columns=columns)
        except Exception as error:
            raise JetFileError(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Let the file go."""
        self._file.close()
