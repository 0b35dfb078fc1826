"""What it is worth that a jet lights few pixels: time on images of jets and on images that are lit everywhere.

    python tests/bench/light.py [--rounds N] [--write docs/performance.md] [MODEL...]

The native backend calculates a convolution's outputs only where light reaches. Both kinds of images take turns; printed
are the least microseconds of processor time per jet, one thread, 500 jets in a call, and what light everywhere costs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import jettag  # noqa: E402
from models.datasets import shards  # noqa: E402
from tests.bench import report  # noqa: E402

MODELS = ("effnet-s0-i35", "lenet-28-i35", "deeptop-minimal-deeptop", "macaluso-shih-colour-cms")
JETS = 500


def measure(model: jettag.Model, jets: shards.Jets, rounds: int) -> tuple[float, float, float]:
    """Share of lit pixels, and microseconds per jet on images of jets and on images lit everywhere."""
    # The sample does not say what its constituents are: charged tracks, for colour images.
    images, features, _ = model.network_inputs(jets.jagged, np.ones(len(jets.momenta), np.uint8))
    dark = np.median(images, axis=0)
    kinds = [images, images + np.float32(0.01)]
    least = [np.inf, np.inf]
    for _ in range(rounds):
        for i, kind in enumerate(kinds):
            begun = time.process_time_ns()
            model.tag_images(kind, features)
            least[i] = min(least[i], (time.process_time_ns() - begun) / len(kind) / 1e3)
    return float((images != dark).any(axis=1).mean()), least[0], least[1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", default=MODELS)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--write", metavar="FILE")
    arguments = parser.parse_args()
    jets = shards.read(shards.SAMPLE).part(0, JETS)
    lines = ["| model | lit pixels | images of jets, us | lit everywhere, us | ratio |", "|---|---|---|---|---|"]
    for name in arguments.models:
        model = jettag.load(ROOT / "models" / "zoo" / f"{name}.jtm", backend="native")
        lit, few, all_lit = measure(model, jets, arguments.rounds)
        lines.append(f"| {name} | {100 * lit:.1f} % | {few:.1f} | {all_lit:.1f} | {all_lit / few:.2f} |")
        print(lines[-1], flush=True)
    if arguments.write:
        report.write(arguments.write, "bench:light", "\n".join(lines), "python tests/bench/light.py")


if __name__ == "__main__":
    main()
