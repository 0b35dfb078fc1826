"""Scores to a file, piece by piece, so that a run that was stopped can go on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag.errors import JettagError
from jettag.standalone import status_text

_COLUMNS = ("score", "status", "label")
# Columns that may follow, and how they are written: with nine digits a single-precision number comes back as it was.
_MORE = {"event": "%d", "pt": "%.9g", "mass": "%.9g"}


class ScoreFileError(JettagError):
    """A file of scores cannot be gone on with."""


class ScoreFile:
    """Text, a line per jet: score, status in words, label where there are labels, more; `#` before the first lines.

    Whole pieces only: what a run that was killed left of a line is cut off when the next goes on.

    Parameters
    ----------
    path : path-like
        The file. One that exists is gone on with, or refused.
    source : str
        What was scored by what; a file made of something else is refused.
    with_labels : bool
        Whether there is a column of labels.
    resume : bool
        Go on with a file that exists.
    more : sequence of str
        Columns behind: "event" (number of the event that the jet is from), "pt", "mass" (in GeV).
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        source: str,
        with_labels: bool,
        resume: bool,
        more: Sequence[str] = (),
    ) -> None:
        self._path = Path(path)
        self._more = tuple(more)
        columns = (*(_COLUMNS if with_labels else _COLUMNS[:2]), *self._more)
        self._head = f"# jettag: {source}\n# {','.join(columns)}\n"
        self._with_labels = with_labels
        self.n_jets = 0
        if self._path.exists():
            if not resume:
                raise ScoreFileError(f"{path}: exists; --resume goes on with it, or give another name")
            self.n_jets = self._cut_to_whole_lines()
            self._file = self._path.open("a", encoding="utf-8")
        else:
            self._file = self._path.open("w", encoding="utf-8")
            self._file.write(self._head)

    def _cut_to_whole_lines(self) -> int:
        """Jets that are there already."""
        head = self._head.encode()
        with self._path.open("r+b") as file:
            begin = file.read(len(head))
            if begin != head:
                if head.startswith(begin):
                    file.seek(0)
                    file.write(head)
                    return 0
                raise ScoreFileError(f"{self._path}: {self._difference(begin + file.readline(200))}")
            jets, whole = 0, len(head)
            for line in file:
                if line.endswith(b"\n"):
                    jets, whole = jets + 1, whole + len(line)
            file.truncate(whole)
            return jets

    def _difference(self, begin: bytes) -> str:
        """Which of the first lines is another one than is due."""
        due = self._head.splitlines()
        found = [line[:200] for line in begin.decode("utf-8", "replace").split("\n")]
        if found[0] != due[0]:
            return f"begins with '{found[0]}', not with '{due[0]}'"
        return f"has the columns '{found[1]}', not '{due[1]}'"

    def write(
        self,
        scores: npt.NDArray[np.float32],
        statuses: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.uint8] | None,
        more: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> None:
        """Add jets.

        Parameters
        ----------
        scores : ndarray of float32
            With nine digits every float comes back as it was.
        statuses : ndarray of uint8
            0 where all is well.
        labels : ndarray of uint8 or None
            1 a top.
        more : mapping of str to ndarray
            The columns behind, each by its name.
        """
        words = [status_text(int(one)) for one in range(int(statuses.max(initial=0)) + 1)]
        columns = [np.char.mod("%.9g", scores), np.array(words)[statuses]]
        if self._with_labels:
            columns.append(np.char.mod("%d", labels if labels is not None else np.zeros(len(scores), np.uint8)))
        columns += [np.char.mod(_MORE[name], (more or {})[name]) for name in self._more]
        rows = columns[0]
        for column in columns[1:]:
            rows = np.char.add(np.char.add(rows, ","), column)
        self._file.write("\n".join(rows.tolist()) + "\n" if len(rows) else "")
        self._file.flush()
        self.n_jets += len(scores)

    def __enter__(self) -> ScoreFile:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self._file.close()


@dataclass
class ScoreTable:
    """What a file of scores says.

    Attributes
    ----------
    source : str
        What was scored by what.
    scores : ndarray of float32
        NaN for jets without a score.
    labels : ndarray of uint8 or None
        1 a top; None where the file has none.
    more : dict of str to ndarray of float64
        The columns behind.
    """

    source: str
    scores: npt.NDArray[np.float32]
    labels: npt.NDArray[np.uint8] | None
    more: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)


def read_table(path: str | os.PathLike[str]) -> ScoreTable:
    """All columns of a file that `ScoreFile` wrote.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    ScoreTable
    """
    try:
        with Path(path).open(encoding="utf-8") as file:
            head, names = file.readline(), file.readline()
            columns = names.removeprefix("# ").strip().split(",")
            wanted = _COLUMNS if "label" in columns else _COLUMNS[:2]
            unknown = [name for name in columns[len(wanted) :] if name not in _MORE]
            if not head.startswith("# jettag: ") or tuple(columns[: len(wanted)]) != wanted or unknown:
                raise ScoreFileError(f"{path}: begins with '{head.strip()[:100]}', so it is no file of scores")
            rows = [line.rstrip("\n").split(",") for line in file]
    except UnicodeDecodeError as error:
        raise ScoreFileError(f"{path}: is no text, so it is no file of scores") from error
    for number, row in enumerate(rows, 3):
        if len(row) != len(columns):
            raise ScoreFileError(f"{path}: line {number} has {len(row)} columns, not {len(columns)}")
    of = {name: [row[at] for row in rows] for at, name in enumerate(columns)}
    try:
        scores = np.array(of["score"], np.float32)
        labels = np.array(of["label"], np.uint8) if "label" in of else None
        more = {name: np.array(of[name], np.float64) for name in columns if name in _MORE}
    except (ValueError, OverflowError) as error:
        raise ScoreFileError(f"{path}: {error}") from error
    wrong = ~np.isfinite(scores) & (np.array(of["status"], object) == status_text(0))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ScoreFileError(f"{path}: line {at + 3}: the jet is {status_text(0)}, and its score is {scores[at]}")
    return ScoreTable(head.removeprefix("# jettag: ").strip(), scores, labels, more)


def read_scores(
    path: str | os.PathLike[str],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None]:
    """Scores and labels alone, see `read_table`.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    scores : ndarray of float32
        NaN for jets without a score.
    labels : ndarray of uint8 or None
        1 a top; None where the file has none.
    """
    table = read_table(path)
    return table.scores, table.labels
