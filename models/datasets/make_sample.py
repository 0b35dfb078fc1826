"""Make the sample of jets that comes with jettag: as many tops as QCD jets, out of shards kept for testing.

    python -m models.datasets.make_sample --data DIR --out examples/data/toptag.npz

No model was trained on jets of these shards.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from models.datasets.shards import choose_coded, find


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with the coded shards")
    parser.add_argument("--out", required=True, type=Path, help="the .npz file to write")
    parser.add_argument("--sample", default="toptag", help="name of the sample, %(default)s")
    parser.add_argument("--test-shards", type=int, default=2, help="how many of the last shards are for testing")
    parser.add_argument("--jets", type=int, default=10_000, help="jets to take, %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="which jets: %(default)s")
    arguments = parser.parse_args()

    shards = find(arguments.data, f"{arguments.sample}_*.npz")[-arguments.test_shards :]
    with np.load(shards[0]) as file:
        arrays = {key: file[key] for key in file.files}
    random = np.random.default_rng(arguments.seed)
    half = arguments.jets // 2
    picked = np.concatenate([random.permutation(np.flatnonzero(arrays["label"] == one))[:half] for one in (0, 1)])
    if len(picked) != 2 * half:
        raise SystemExit(f"{shards[0].name} has too few jets for {arguments.jets}")
    picked = random.permutation(picked)
    chosen: dict[str, Any] = dict(choose_coded(arrays, picked))
    np.savez_compressed(arguments.out, **chosen)
    print(f"{arguments.out}: {len(picked)} jets of {shards[0].name}, {arguments.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
