"""What every engine does here: load a model, be given inputs once, be called without anything around the call.

All are called from Python. jettag, ONNX Runtime and OpenVINO are called through their C interfaces with arguments made
beforehand, so that a call costs what it does from C and about a microsecond more; the others through their own Python
modules, with inputs set where that is possible before the call.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Call = Callable[[], object]


class Engine(abc.ABC):
    """A model loaded by one engine for batches of one size.

    Parameters
    ----------
    folder : Path
        Of a case (cases.py).
    batch : int
        Jets in a call.
    """

    @staticmethod  # noqa: B027  (most engines need nothing)
    def prepare(folder: Path, batches: list[int]) -> None:
        """Write what the engine reads, where that is not in a case already.

        Parameters
        ----------
        folder : Path
            Of a case.
        batches : list of int
            Jets in calls.
        """

    @abc.abstractmethod
    def __init__(self, folder: Path, batch: int) -> None: ...

    @abc.abstractmethod
    def bind(self, images: Floats, features: Floats | None) -> Call:
        """A call that scores these jets.

        Parameters
        ----------
        images : ndarray of float32
            (batch, channels, rows, columns), packed; it and the next must live as long as the call.
        features : ndarray of float32 or None
            (batch, features).

        Returns
        -------
        callable
            Without arguments.
        """

    @abc.abstractmethod
    def scores(self) -> Floats:
        """Scores of the last call that was made, (batch,)."""

    @staticmethod
    @abc.abstractmethod
    def version() -> str:
        """Of the engine; raises `install.Missing` where there is none."""

    @staticmethod
    @abc.abstractmethod
    def libraries() -> list[Path]:
        """Shared libraries and programs that a user of the engine has to install."""
