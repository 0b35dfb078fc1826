"""How much faster two workers are than one: a folder of files tagged on a local Dask cluster.

    python tests/bench/cluster.py [--files N] [--jets N] [--rounds N] [--model NAME]

One and two workers take turns; a cluster is started before the clock is, and each worker has loaded the model and read
a file before. Printed are jets per second, their ratio, and the load of the machine before each turn: on a machine that
is busy with something else the ratio says more about that than about jettag.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "python")]

import jettag  # noqa: E402
from jettag import cluster  # noqa: E402
from models.datasets import shards  # noqa: E402


def write_files(folder: Path, n_files: int, n_jets: int) -> list[str]:
    """Copies of the sample that comes with jettag, cut and repeated to the wanted size."""
    jets = shards.read(shards.SAMPLE)
    counts = np.resize(np.diff(jets.offsets), n_jets)
    times = -(-n_jets // len(jets))
    momenta = np.tile(jets.momenta, (times, 1))[: counts.sum()].astype(np.float32)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    for i in range(n_files):
        np.savez(folder / f"jets_{i:03d}.npz", momenta=momenta, offsets=offsets)
    return cluster.files_in(folder)


def seconds(files: list[str], model: str, workers: int, folder: Path) -> float:
    """Of one pass over all files."""
    with cluster.connected("local", workers) as client:
        client.run(cluster._loaded, model, "auto")
        cluster.tag_files(files[:workers], folder / "warm", model, client=client)
        begun = time.monotonic()
        results = cluster.tag_files(files, folder / "scores", model, client=client)
        took = time.monotonic() - begun
    failed = [one.error for one in results if one.error]
    if failed:
        sys.exit(failed[0])
    return took


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=16, help="%(default)s")
    parser.add_argument("--jets", type=int, default=10_000, help="in a file, %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="%(default)s")
    parser.add_argument("--model", default=jettag.DEFAULT_MODEL, help="%(default)s")
    arguments = parser.parse_args()
    took: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as place:
        jets = Path(place) / "jets"
        jets.mkdir()
        files = write_files(jets, arguments.files, arguments.jets)
        for turn in range(arguments.rounds):
            for workers in took:
                load = os.getloadavg()[0]
                took[workers].append(seconds(files, arguments.model, workers, Path(place) / f"{turn}-{workers}"))
                rate = arguments.files * arguments.jets / took[workers][-1]
                print(f"round {turn + 1}, {workers} workers: {rate:.0f} jets/s, load before {load:.1f}", flush=True)
    ratios = [one / two for one, two in zip(took[1], took[2], strict=True)]
    print(
        f"2 workers are {statistics.median(ratios):.2f} times as fast as 1 (rounds: "
        f"{', '.join(f'{ratio:.2f}' for ratio in ratios)}), {os.cpu_count()} cores, {arguments.model}"
    )


if __name__ == "__main__":
    main()
