"""Errors of the report's commands: one line of words and status 1."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jettag
from models.report.jets import ReportError


def exits_with_words(command: Callable[[], None]) -> Callable[[], None]:
    """Make a command end with an error's words instead of its trace.

    Parameters
    ----------
    command : callable
        Without arguments.

    Returns
    -------
    callable
    """

    @functools.wraps(command)
    def wrapped() -> None:
        try:
            command()
        except (ReportError, jettag.JettagError, OSError) as error:
            raise SystemExit(f"{type(error).__name__}: {error}") from error

    return wrapped
