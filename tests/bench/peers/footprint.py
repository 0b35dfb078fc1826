"""Memory and time to the first score of one engine, in a process of its own.

    python tests/bench/peers/footprint.py ENGINE FOLDER

Prints a JSON object: megabytes that the process grew by on loading library, its Python module and the model, and by
the end of 100 calls at batch 1; milliseconds of loading the model once the library is there, and of the first call.
"""

from __future__ import annotations

import ctypes  # noqa: F401  (part of every engine's process)
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
for place in (ROOT, ROOT / "python"):
    sys.path.insert(0, str(place))

from tests.bench.peers.engines import engine_class  # noqa: E402


def resident() -> float:
    """Megabytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    """Measure and print."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    images = np.load(folder / "images.npy")[:1].copy()
    path = folder / "features.npy"
    features = np.load(path)[:1].copy() if path.exists() else None
    before = resident()
    found = engine_class(name)
    found.version()
    begun = time.perf_counter()
    engine = found(folder, 1)
    loaded, load = resident(), time.perf_counter() - begun
    begun = time.perf_counter()
    call = engine.bind(images, features)
    call()
    first = time.perf_counter() - begun
    for _ in range(100):
        call()
    row = {
        "loaded": loaded - before,
        "running": resident() - before,
        "load": 1e3 * load,
        "first": 1e3 * first,
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
