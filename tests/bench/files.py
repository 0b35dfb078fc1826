"""What the command line adds to the library: a file in the public format, tagged from outside and from inside.

    python tests/bench/files.py [--jets N] [--rounds N] [--write docs/files.md] [MODEL...]

`python -m jettag tag FILE` is a process of its own, start and scores' file included. Beside it stand the two things
that nobody can do without: reading the file piece by piece, and the library's time for jets that are in memory, in
calls of the same size. They take turns; printed are medians of the seconds that pass, and the command's over the sum of
the two. pandas writes the file, with jets of the sample that comes with jettag, again and again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "python")]

import jettag  # noqa: E402
from jettag.files import open_jets  # noqa: E402
from models.datasets import shards  # noqa: E402
from tests.bench import report  # noqa: E402

MODELS = ("lenet-28-i35", "effnet-s0-i35-gf", "ensemble-gf")
MOST, AXES = 200, ("E", "PX", "PY", "PZ")
PIECE = 10_000


def write_public(path: Path, n_jets: int) -> None:
    """The table of the public files: E_0, PX_0, ... PZ_199 and is_signal_new, padded with zeros."""
    jets = shards.read(shards.SAMPLE)
    names = [f"{axis}_{i}" for i in range(MOST) for axis in AXES]
    counts = np.diff(jets.offsets)
    jet = np.repeat(np.arange(len(counts)), counts)
    padded = np.zeros((len(counts), MOST, len(AXES)), np.float32)
    padded[jet, np.arange(len(jet)) - jets.offsets[jet]] = jets.momenta[:, [3, 0, 1, 2]]
    table = pandas.DataFrame(padded.reshape(len(counts), -1), columns=names)
    table["is_signal_new"] = jets.labels.astype(np.uint8)
    for start in range(0, n_jets, len(table)):
        table[: n_jets - start].to_hdf(path, key="table", format="table", append=start > 0, mode="a")


def passed(work: Callable[[], None]) -> float:
    """Seconds that a call takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def measure(path: Path, name: str, rounds: int) -> tuple[float, float, float]:
    """Median seconds of reading, of the library, and of the command."""
    with open_jets(path) as file:
        pieces = [piece.jets for piece in file.pieces(PIECE)]
    model = jettag.load(ROOT / "models" / "zoo" / f"{name}.jtm")
    model.tag(pieces[0])

    def read() -> None:
        with open_jets(path) as file:
            for _ in file.pieces(PIECE):
                pass

    def tag() -> None:
        for jets in pieces:
            model.tag(jets)

    def command() -> None:
        scores = path.with_suffix(".csv")
        scores.unlink(missing_ok=True)
        line = [sys.executable, "-m", "jettag", "tag", str(path), "--model", name, "--out", str(scores)]
        subprocess.run(line, check=True, capture_output=True)

    times = [(passed(read), passed(tag), passed(command)) for _ in range(rounds)]
    return tuple(np.median(np.array(times), axis=0))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", default=MODELS)
    parser.add_argument("--jets", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", metavar="FILE")
    arguments = parser.parse_args()
    lines = [
        f"| model, {arguments.jets} jets | reading, s | library, s | `python -m jettag tag`, s | over both |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test.h5"
        write_public(path, arguments.jets)
        for name in arguments.models:
            read, tag, whole = measure(path, name, arguments.rounds)
            lines.append(f"| {name} | {read:.1f} | {tag:.1f} | {whole:.1f} | {whole / (read + tag):.2f} |")
            print(lines[-1], flush=True)
    if arguments.write:
        command = " ".join(["python tests/bench/files.py", *sys.argv[1:]]).replace(f" --write {arguments.write}", "")
        report.write(arguments.write, "bench:files", "\n".join(lines), command)


if __name__ == "__main__":
    main()
