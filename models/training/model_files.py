"""Model files of the command line."""

from __future__ import annotations

from pathlib import Path

from models import jtm


def model_of(path: Path) -> jtm.Model:
    """A model file of the command line.

    Parameters
    ----------
    path : Path
        Where it is; what cannot be read ends the command in words.

    Returns
    -------
    Model
    """
    try:
        return jtm.read(path)
    except (OSError, jtm.FormatError) as error:
        raise SystemExit(f"{path}: {error}") from error
