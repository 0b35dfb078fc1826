"""Jets from the files that people have: which reader a file needs, and what all readers give."""

from __future__ import annotations

import abc
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from jettag._jets import JetsLike
from jettag.errors import JettagError

if TYPE_CHECKING:
    from jettag.files.events import Clustering


class JetFileError(JettagError):
    """A file of jets cannot be read; says what was found instead of what."""


@dataclass
class Piece:
    """Some jets of a file.

    Attributes
    ----------
    jets : tuple or ndarray
        As `jettag.Model.tag` takes them.
    classes : ndarray of uint8 or None
        Class of each constituent, where the file has it.
    labels : ndarray of uint8 or None
        1 a top, 0 something else, where the file has it.
    count : int
        Jets.
    columns : dict of str to ndarray
        What else the file says of each jet, by the names in `JetFile.columns`.
    """

    jets: JetsLike
    classes: npt.NDArray[np.uint8] | None
    labels: npt.NDArray[np.uint8] | None
    count: int
    columns: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


class JetFile(abc.ABC):
    """A file that is open for reading.

    Attributes
    ----------
    n_jets : int or None
        In the file; None where only reading it tells.
    has_labels : bool
        Whether pieces have labels.
    columns : tuple of str
        What else pieces say of each jet.
    how : str
        What was done to find the jets, where that is not plain; else "".
    """

    n_jets: int | None
    has_labels: bool
    columns: tuple[str, ...] = ()
    how: str = ""

    @abc.abstractmethod
    def pieces(self, size: int, start: int = 0) -> Iterator[Piece]:
        """Jets from `start` on, in order.

        Parameters
        ----------
        size : int
            Jets in a piece; the last has what is left.
        start : int
            First jet.

        Yields
        ------
        Piece
        """

    def close(self) -> None:  # noqa: B027  (some hold nothing open)
        """Let the file go."""

    def __enter__(self) -> JetFile:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


class NpzJets(JetFile):
    """NumPy archives: `momenta` (N, 4) px, py, pz, E in GeV and `offsets` (n + 1); perhaps `classes` and `labels`.

    Parameters
    ----------
    path : path-like
        The file. It is read whole when it is opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        with np.load(path, allow_pickle=False) as archive:
            found = {name: archive[name] for name in archive.files}
        missing = [name for name in ("momenta", "offsets") if name not in found]
        if missing:
            raise JetFileError(f"{path}: no {' and no '.join(missing)} in it; it has {', '.join(found) or 'nothing'}")
        self._momenta, self._offsets = found["momenta"], found["offsets"].astype(np.int64)
        self._classes, self._labels = found.get("classes"), found.get("labels")
        self.n_jets: int = max(len(self._offsets) - 1, 0)
        self.has_labels = self._labels is not None

    def pieces(self, size: int, start: int = 0) -> Iterator[Piece]:
        """See `JetFile.pieces`."""
        for first in range(start, self.n_jets, size):
            end = min(first + size, self.n_jets)
            rows = slice(int(self._offsets[first]), int(self._offsets[end]))
            jets = (self._momenta[rows], self._offsets[first : end + 1] - self._offsets[first])
            classes = None if self._classes is None else self._classes[rows]
            labels = None if self._labels is None else self._labels[first:end].astype(np.uint8)
            yield Piece(jets, classes, labels, end - first)


_KINDS = re.compile(r"\.(h5|hdf5|npz|parquet|root|hepmc[23]?(\.gz)?)$", re.I)


def is_jet_file(path: str | os.PathLike[str]) -> bool:
    """Whether a name ends as those of files that `open_jets` reads.

    Parameters
    ----------
    path : path-like
        A name, without a tree behind it.

    Returns
    -------
    bool
    """
    return _KINDS.search(os.fspath(path)) is not None


def open_jets(
    path: str | os.PathLike[str],
    particles: str | None = None,
    label: str | None = None,
    clustering: Clustering | None = None,
) -> JetFile:
    """Open a file of jets; what it is, its name's end says.

    Parameters
    ----------
    path : path-like
        .h5 or .hdf5: the public top-tagging reference files (see `jettag.files.public`). .npz: see `NpzJets`. .root,
        perhaps with `:TREE` behind it, and .parquet: see `jettag.files.trees`. .hepmc, .hepmc2 and .hepmc3, perhaps
        with .gz behind it: see `jettag.files.events`.
    particles, label : str, optional
        Names of columns, with commas between, for .root and .parquet; otherwise found by themselves.
    clustering : Clustering, optional
        Which jets of the events in HepMC files.

    Returns
    -------
    JetFile

    Raises
    ------
    JetFileError
        When it is none of these, or not what it seems.
    """
    readers: dict[str, Any] = {".npz": NpzJets}
    end = Path(path).suffix.lower()
    is_root = re.search(r"\.root(:|$)", os.fspath(path)) is not None
    if end == ".parquet" or is_root:
        from jettag.files.trees import ParquetJets, RootJets

        opened_tree: JetFile = (RootJets if is_root else ParquetJets)(path, particles, label)
        return opened_tree
    if particles is not None or label is not None:
        raise JetFileError(f"{path}: only in .root and .parquet files do columns have names to choose from")
    if re.search(r"\.hepmc[23]?(\.gz)?$", os.fspath(path).lower()):
        from jettag.files.events import HepMCJets

        return HepMCJets(path, clustering)
    if end in (".h5", ".hdf5"):
        from jettag.files.public import PublicJets

        return PublicJets(path)
    if end not in readers:
        raise JetFileError(f"{path}: files of jets end in .h5, .hdf5, .npz, .root, .parquet or .hepmc, not in '{end}'")
    if not Path(path).is_file():
        raise JetFileError(f"{path}: there is no such file")
    try:
        opened: JetFile = readers[end](path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise JetFileError(f"{path}: {error}") from error
    return opened
