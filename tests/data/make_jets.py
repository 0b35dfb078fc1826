"""Makes jets.npz: a few hundred simulated jets of each kind, for the tests.

    python tests/data/make_jets.py FOLDER_OF_SHARDS

Takes the first jets of one test shard of each sample, in the shards' own coding (models/datasets/shards.py decodes it).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

SHARDS = {"toptag": "toptag_11", "cms": "cms_05", "deeptop": "deeptop_03"}
N_JETS = 200


def main() -> None:
    """Write jets.npz beside this script."""
    folder = Path(sys.argv[1])
    arrays = {}
    for sample, shard in SHARDS.items():
        with np.load(folder / f"{shard}.npz") as file:
            n_constituents = int(file["n"][:N_JETS].sum())
            for key in file.files:
                length = N_JETS if len(file[key]) == len(file["n"]) else n_constituents
                arrays[f"{sample}_{key}"] = file[key][:length]
    np.savez_compressed(Path(__file__).with_name("jets.npz"), **arrays)


if __name__ == "__main__":
    main()
