"""Time of calls: engines take turns, and each turn is a block of calls on different jets."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tests.bench.peers.engine import Call

# A block lasts about this long, or one call where that is longer.
_BLOCK_SECONDS = 0.02
_MOST_CALLS = 300
# A call as long as this needs no second try to know so.
_LONG_SECONDS = 0.2
# Fewer calls say nothing about the slowest of a hundred.
_LEAST_FOR_SLOWEST = 100


@dataclass
class Times:
    """Microseconds per jet of one engine, one array per block.

    Attributes
    ----------
    cpu, wall : list of ndarray
        Time of the process on the processor, all its threads together; and time that passed.
    """

    cpu: list[npt.NDArray[np.float64]] = field(default_factory=list)
    wall: list[npt.NDArray[np.float64]] = field(default_factory=list)

    @property
    def median(self) -> float:
        """Median of the blocks' medians of processor time."""
        return float(np.median([np.median(block) for block in self.cpu]))

    @property
    def wall_median(self) -> float:
        """The same of time that passed."""
        return float(np.median([np.median(block) for block in self.wall]))

    @property
    def slowest(self) -> float:
        """99th percentile of processor time over all calls; NaN when they are too few to say."""
        calls = np.concatenate(self.cpu)
        return float(np.percentile(calls, 99)) if len(calls) >= _LEAST_FOR_SLOWEST else float("nan")


def _clock() -> tuple[float, float]:
    """Nanoseconds of passed and of processor time that reading both clocks around nothing takes."""
    wall, cpu = np.empty(_MOST_CALLS), np.empty(_MOST_CALLS)
    for i in range(_MOST_CALLS):
        begun, used = time.perf_counter_ns(), time.process_time_ns()
        _nothing()
        cpu[i] = time.process_time_ns() - used
        wall[i] = time.perf_counter_ns() - begun
    return float(np.median(wall)), float(np.median(cpu))


def _nothing() -> None:
    """What a call is when there is nothing in it."""


def _block(calls: list[Call], count: int, batch: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    wall, cpu = np.empty(count), np.empty(count)
    empty_wall, empty_cpu = _clock()
    for i in range(count):
        call = calls[i % len(calls)]
        begun, used = time.perf_counter_ns(), time.process_time_ns()
        call()
        cpu[i] = time.process_time_ns() - used
        wall[i] = time.perf_counter_ns() - begun
    return (cpu - empty_cpu) / batch / 1e3, (wall - empty_wall) / batch / 1e3


def measure(engines: dict[str, list[Call]], batch: int, rounds: int, limit: float) -> dict[str, Times]:
    """Let the engines take turns.

    Parameters
    ----------
    engines : dict of str to list of callable
        Calls of each, each on other jets, `batch` of them.
    batch : int
        Jets in a call.
    rounds : int
        Turns of each engine.
    limit : float
        Seconds after which no new round begins, as long as there have been three.

    Returns
    -------
    dict of str to Times
    """
    counts = {}
    for name, calls in engines.items():
        quickest = _block(calls, 1, batch)[0].min()
        if quickest * batch * 1e-6 < _LONG_SECONDS:
            quickest = _block(calls, 4, batch)[0].min()
        counts[name] = int(np.clip(_BLOCK_SECONDS / (quickest * batch * 1e-6), 1, _MOST_CALLS))
    found = {name: Times() for name in engines}
    begun = time.perf_counter()
    for done in range(rounds):
        if done >= 3 and time.perf_counter() - begun > limit:
            break
        for name, calls in engines.items():
            # What the engine before has thrown out of the caches is fetched outside the measurement.
            if counts[name] > 1:
                calls[0]()
                calls[0]()
            cpu, wall = _block(calls, counts[name], batch)
            found[name].cpu.append(cpu)
            found[name].wall.append(wall)
    return found
