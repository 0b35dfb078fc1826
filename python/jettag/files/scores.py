"""Scores to a file, piece by piece, so that a run that was stopped can go on."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from jettag.errors import JettagError
from jettag.standalone import status_text

_COLUMNS = ("score", "status", "label")


class ScoreFileError(JettagError):
    """A file of scores cannot be gone on with."""


class ScoreFile:
    """Text, a line per jet: score, status in words, and the label where there are labels; `#` before the first lines.

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
    """

    def __init__(self, path: str | os.PathLike[str], source: str, with_labels: bool, resume: bool) -> None:
        self._path = Path(path)
        columns = _COLUMNS if with_labels else _COLUMNS[:2]
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
                found = begin.split(b"\n", 1)[0].decode("utf-8", "replace")[:200]
                raise ScoreFileError(f"{self._path}: begins with '{found}', not with '{self._head.splitlines()[0]}'")
            jets, whole = 0, len(head)
            for line in file:
                if line.endswith(b"\n"):
                    jets, whole = jets + 1, whole + len(line)
            file.truncate(whole)
            return jets

    def write(
        self,
        scores: npt.NDArray[np.float32],
        statuses: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.uint8] | None,
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
        """
        words = [status_text(int(one)) for one in range(int(statuses.max(initial=0)) + 1)]
        columns = [np.char.mod("%.9g", scores), np.array(words)[statuses]]
        if self._with_labels:
            columns.append(np.char.mod("%d", labels if labels is not None else np.zeros(len(scores), np.uint8)))
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


def read_scores(
    path: str | os.PathLike[str],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8] | None]:
    """Scores and labels of a file that `ScoreFile` wrote.

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
    with Path(path).open(encoding="utf-8") as file:
        head, names = file.readline(), file.readline()
        columns = names.removeprefix("# ").strip().split(",")
        if not head.startswith("# jettag: ") or columns not in (list(_COLUMNS), list(_COLUMNS[:2])):
            raise ScoreFileError(f"{path}: begins with '{head.strip()[:100]}', so it is no file of scores")
        rows = [line.rstrip("\n").split(",") for line in file]
    for number, row in enumerate(rows, 3):
        if len(row) != len(columns):
            raise ScoreFileError(f"{path}: line {number} has {len(row)} columns, not {len(columns)}")
    try:
        scores = np.array([row[0] for row in rows], np.float32)
        labels = np.array([row[2] for row in rows], np.uint8) if len(columns) == len(_COLUMNS) else None
    except ValueError as error:
        raise ScoreFileError(f"{path}: {error}") from error
    return scores, labels
