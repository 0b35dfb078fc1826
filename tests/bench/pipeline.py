"""From constituents to scores: jettag beside what else a physicist would put together, on one core, in one run.

    python tests/bench/pipeline.py [--jets N] [--rounds N] [--write docs/performance.md] [MODEL]

The other way is FastJet contrib for the 53 features (a compiled program), NumPy for the images (all jets of a batch at
once, no loop over jets), ONNX Runtime for the network (one thread, 100 jets at a time). Its three parts are timed apart
and added up, so nothing is counted for moving data between them. Ways take turns on pieces of the jets; times are of
the processor. The scores have to agree first, which checks every part of both.

Threads are measured by the time that passes: one context with a second thread against one without.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import jettag  # noqa: E402
from models import jtm  # noqa: E402
from models.datasets import shards  # noqa: E402
from models.onnx_writer import SCORES  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.bench.features.compare import Engines  # noqa: E402
from tests.bench.network import onnx_session  # noqa: E402

Floats = npt.NDArray[np.float64]
WIDTH = 2.4
BATCH = 100
WAYS = {"FastJet, as users call it": "as users call it", "FastJet, each correlator once": "each correlator once"}


def _resize(n_in: int, n_out: int) -> Floats:
    """Bilinear, half-pixel centres, clamped: a matrix."""
    source = np.clip((np.arange(n_out) + 0.5) * n_in / n_out - 0.5, 0, n_in - 1)
    return np.maximum(0, 1 - np.abs(source[:, None] - np.arange(n_in)[None]))


class NumpyImages:
    """Network inputs of a model on paper A's images, by NumPy.

    Parameters
    ----------
    model : Model
        Of `models.jtm`.
    """

    def __init__(self, model: jtm.Model) -> None:
        section = model.header["image"]
        self._bins = {"A35": 35, "A40": 40}[section["recipe"]]
        self._mean = model.tensors[section["mean"]].astype(np.float64)
        self._deviation = model.tensors[section["deviation"]].astype(np.float64)
        self._crop = section.get("crop", [0, 0, self._bins, self._bins])
        size = section.get("resize", self._crop[2:])
        self._rows, self._columns = _resize(self._crop[2], size[0]), _resize(self._crop[3], size[1])

    def __call__(self, jets: shards.Jets) -> npt.NDArray[np.float32]:
        """(jets, 3, rows, columns): pT, mass and energy, standardised, cropped, resized."""
        n, counts = self._bins, np.diff(jets.offsets)
        p4 = jets.momenta.astype(np.float64)
        jet = np.repeat(np.arange(len(counts)), counts)
        pt = np.hypot(p4[:, 0], p4[:, 1])
        eta, phi = np.arcsinh(p4[:, 2] / pt), np.arctan2(p4[:, 1], p4[:, 0])
        order = np.lexsort((-pt, jet))
        hardest = order[jets.offsets[:-1]]
        x = eta - eta[hardest][jet]
        y = (phi - phi[hardest][jet] + np.pi) % (2 * np.pi) - np.pi
        column = np.floor((x + WIDTH / 2) * n / WIDTH).astype(int)
        row = np.floor((y + WIDTH / 2) * n / WIDTH).astype(int)
        inside = (column >= 0) & (column < n) & (row >= 0) & (row < n)
        place = ((jet * n + row) * n + column)[inside]
        size = len(counts) * n * n
        sums = [np.bincount(place, values[inside], size) for values in (pt, *p4.T)]
        m2 = sums[4] ** 2 - sums[1] ** 2 - sums[2] ** 2 - sums[3] ** 2
        mass = np.where(m2 > 1e-6 * sums[4] ** 2, np.sqrt(np.maximum(m2, 0)), 0)
        images = np.stack([sums[0], mass, sums[4]], 0).reshape(3, -1, n, n).transpose(1, 0, 2, 3)
        images = (images - self._mean) / self._deviation
        top, left, rows, columns = self._crop
        cut = images[:, :, top : top + rows, left : left + columns]
        return (self._rows @ cut @ self._columns.T).astype(np.float32)


class OtherWay:
    """FastJet, NumPy and ONNX Runtime, with the seconds that each part took."""

    def __init__(self, model: jtm.Model) -> None:
        section = model.header.get("features")
        if section is None or model.header["image"]["recipe"] not in ("A35", "A40"):
            sys.exit(f"{model.header['name']}: needs a network on paper A's images and features")
        self._slots = [jettag.FEATURES.index(name) for name in section["names"]]
        self._mean, self._deviation = model.tensors[section["mean"]], model.tensors[section["deviation"]]
        self._images, self._session, self._engines = NumpyImages(model), onnx_session(model), Engines()

    def __call__(self, jets: shards.Jets, engine: str) -> tuple[Floats, dict[str, float]]:
        """Scores, and seconds of the three parts."""
        raw, seconds = self._engines.run(engine, jets)
        features = ((raw[:, self._slots] - self._mean) / self._deviation).astype(np.float32)
        took = {"features": float(seconds.sum()), "images": 0.0, "network": 0.0}
        scores = []
        for start in range(0, len(jets), BATCH):
            part = jets.part(start, min(start + BATCH, len(jets)))
            begun = time.process_time()
            images = self._images(part)
            between = time.process_time()
            given = {"image": images, "features": features[start : start + BATCH]}
            scores.append(self._session.run([SCORES], given)[0][:, -1])
            took["network"] += time.process_time() - between
            took["images"] += between - begun
        return np.concatenate(scores), took


def ours(jets: shards.Jets, model: Any) -> tuple[Floats, float]:
    """Scores, and seconds."""
    given = (jets.momenta, jets.offsets - jets.offsets[0])
    begun = time.process_time()
    scores = model.tag(given)
    return scores, time.process_time() - begun


def thread_ratio(jets: shards.Jets, path: Path, rounds: int) -> tuple[float, float]:
    """Seconds that pass with one and with two threads: the medians of alternating calls."""
    models = [jettag.load(path, threads=threads) for threads in (1, 2)]
    given = (jets.momenta, jets.offsets)
    passed: list[list[float]] = [[], []]
    for _ in range(rounds):
        for which, model in enumerate(models):
            begun = time.perf_counter()
            model.tag(given)
            passed[which].append(time.perf_counter() - begun)
    return float(np.median(passed[0])), float(np.median(passed[1]))


def compare(jets: shards.Jets, path: Path, rounds: int) -> list[str]:
    """Rows of the table."""
    other, model = OtherWay(jtm.read(path)), jettag.load(path)
    total = dict.fromkeys(("jettag", *WAYS), 0.0)
    parts = {name: dict.fromkeys(("features", "images", "network"), 0.0) for name in WAYS}
    worst, far = 0.0, 0
    edges = np.linspace(0, len(jets), rounds + 1).astype(int)
    ours(jets, model)
    for start, stop in itertools.pairwise(edges):
        piece = jets.part(start, stop)
        scores, seconds = ours(piece, model)
        total["jettag"] += seconds
        for name in WAYS:
            theirs, took = other(piece, name)
            difference = np.abs(theirs - scores)
            # A constituent on a pixel's edge: rounding chooses the pixel, and with it the score.
            far += int((difference > 1e-5).sum()) if name == next(iter(WAYS)) else 0
            worst = max(worst, float(difference[difference <= 1e-5].max()))
            total[name] += sum(took.values())
            for part, value in took.items():
                parts[name][part] += value
    if far > len(jets) * 0.02:
        sys.exit(f"{far} of {len(jets)} scores differ by more than 1e-5")
    per_jet = 1e6 / len(jets)
    rows = ["| way | features | images | network | us per jet | / jettag |", "|---|---|---|---|---|---|"]
    rows.append(f"| jettag, `{path.stem}` | | | | {total['jettag'] * per_jet:.0f} | 1 |")
    for name, words in WAYS.items():
        cells = " | ".join(f"{value * per_jet:.0f}" for value in parts[name].values())
        ratio = total[name] / total["jettag"]
        label = f"FastJet contrib ({words}), NumPy, ONNX Runtime"
        rows.append(f"| {label} | {cells} | {total[name] * per_jet:.0f} | {ratio:.0f} |")
    rows += [
        "",
        f"{len(jets)} jets, {np.diff(jets.offsets).mean():.1f} constituents on average. Scores agree to {worst:.1e}, "
        f"but for {far} jets with a constituent on the edge of a pixel, where rounding chooses.",
    ]
    return rows


def main() -> None:
    """Print the table and the ratio of threads."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="effnet-s0-i35-gf")
    parser.add_argument("--jets", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=8, help="pieces in which the ways take turns")
    parser.add_argument("--write", help="a document that gets the table between its marks")
    arguments = parser.parse_args()
    path = ROOT / "models" / "zoo" / f"{arguments.model}.jtm"
    everything = shards.read(shards.SAMPLE)
    rows = compare(everything.part(0, arguments.jets), path, arguments.rounds)
    one, two = thread_ratio(everything.part(0, 4000), path, 9)
    rows.append(f"Two threads: {one / two:.2f} times one, by the time that passes, 4000 jets in a call.")
    print("\n".join(rows))
    if arguments.write:
        report.write(arguments.write, "bench:pipeline", "\n".join(rows), "python tests/bench/pipeline.py")


if __name__ == "__main__":
    main()
