"""How far an epoch is: a bar on a terminal, a line every hundred steps elsewhere."""

from __future__ import annotations

import sys
from typing import Any, TextIO

_EVERY = 100


class Progress:
    """Steps of an epoch with their mean loss so far, for `with`.

    Parameters
    ----------
    steps : int
        Of the epoch.
    words : str
        In front of a bar.
    stream : TextIO, optional
        Where to, standard output.
    """

    def __init__(self, steps: int, words: str, stream: TextIO | None = None) -> None:
        self._steps, self._done = steps, 0
        self._stream = stream or sys.stdout
        self._bar: Any = None
        if self._stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=steps, desc=words, unit="step", leave=False, dynamic_ncols=True, file=self._stream)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def step(self, loss: float) -> None:
        """One more step is done.

        Parameters
        ----------
        loss : float
            The mean so far.
        """
        self._done += 1
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {loss:.4f}", refresh=False)
            self._bar.update()
        elif self._done % _EVERY == 0:
            print(f"  step {self._done}/{self._steps}, loss {loss:.4f}", file=self._stream, flush=True)
