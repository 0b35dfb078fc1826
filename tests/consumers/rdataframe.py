"""Trees for examples/rdataframe.*, and whether their scores are Python's to the bit.

python tests/consumers/rdataframe.py write float32 FOLDER
python tests/consumers/rdataframe.py compare float32 MODEL SAID.txt SCORES.root
"""

from __future__ import annotations

import sys
from pathlib import Path

import awkward as ak
import numpy as np
import uproot

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "tests" / "python")]

import jets_data  # noqa: E402
import jettag  # noqa: E402

NAMES = ("part_px", "part_py", "part_pz", "part_energy")


N_FILES, TIMES = 4, 10


def jets_of(number: str) -> tuple[np.ndarray, np.ndarray]:
    """Momenta and offsets; a jet of two particles and one of none among them, all of them some times."""
    jets = jets_data.load("toptag")
    counts = np.diff(jets.offsets)
    keep = np.ones(len(jets.momenta), bool)
    for at, left in ((7, 2), (11, 0)):
        keep[jets.offsets[at] + left : jets.offsets[at + 1]] = False
        counts[at] = left
    momenta = np.tile(jets.momenta[keep], (TIMES, 1)).astype(number)
    return momenta, np.concatenate([[0], np.cumsum(np.tile(counts, TIMES))])


def write(number: str, folder: str) -> None:
    """In some files, which is what threads share."""
    momenta, offsets = jets_of(number)
    lists = {name: ak.unflatten(np.ascontiguousarray(momenta[:, i]), np.diff(offsets)) for i, name in enumerate(NAMES)}
    columns = {**lists, "jet": np.arange(len(offsets) - 1, dtype=np.int32)}
    Path(folder).mkdir(exist_ok=True)
    n = (len(offsets) - 1) // N_FILES
    for at in range(N_FILES):
        with uproot.recreate(Path(folder) / f"jets_{at}.root") as file:
            tree = file.mktree("tree", {"jet": "int32", **{name: f"var * {number}" for name in NAMES}})
            tree.extend({name: values[n * at : n * (at + 1)] for name, values in columns.items()})


def compare(number: str, model_path: str, said: str, path: str) -> None:
    """Each jet once, with the same bits, and as many that pass."""
    model = jettag.load(model_path)
    expected = model.tag(jets_of(number))
    with uproot.open(path) as file:
        found = file["scores"].arrays(["jet", "score"], library="np")
    order = np.argsort(found["jet"])
    if not np.array_equal(found["jet"][order], np.arange(len(expected))):
        sys.exit(f"{path}: {len(order)} jets, not each of {len(expected)} once")
    if found["score"][order].tobytes() != expected.tobytes():
        sys.exit(f"{path}: other scores than Python's, by up to {np.nanmax(abs(found['score'][order] - expected))}")
    tops = int((expected >= model.threshold(0.5)).sum())
    if f"{tops} jets pass" not in Path(said).read_text().splitlines():
        sys.exit(f"{said}: {Path(said).read_text()} where {tops} jets pass")
    missing = int(np.isnan(expected).sum())
    print(f"{path}: {len(order)} jets, {missing} without a score, {tops} pass, every bit as Python's")


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])
