"""What makes a training step on a processor faster: memory that is kept, gradients of small maps by their taps.

    python tests/bench/training.py [--rounds N] [--write docs/performance.md] [NETWORK...]

A step is forward, loss and backward on 256 random images, one thread. Each way runs in a process of its own, since
memory that is kept stays kept; the ways take turns. Printed are medians in milliseconds of all steps.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "python")]

from tests.bench import report  # noqa: E402

NETWORKS = ("effnet-s0-i35", "effnet-s3-i35", "lenet-28-i35")
WAYS = ("plain", "kept", "taps", "both")
JETS, STEPS = 256, 6


def steps(name: str, way: str) -> list[float]:
    """Milliseconds of some steps, one way; for a process of its own."""
    import torch

    from models import depthwise
    from models.networks import NETWORKS as ALL
    from models.torch_network import TorchNetwork
    from models.training.device import keep_memory

    torch.set_num_threads(1)
    if way in ("kept", "both"):
        keep_memory()
    if way not in ("taps", "both"):
        depthwise.SMALL = 0
    network = ALL[name]
    module = TorchNetwork(network).to(memory_format=torch.channels_last).train()
    images = torch.rand(JETS, *network.image_shape).contiguous(memory_format=torch.channels_last)
    labels = torch.arange(JETS) % 2
    found = []
    for _ in range(STEPS + 2):
        begun = time.perf_counter()
        torch.nn.functional.cross_entropy(module(images), labels).backward()
        found.append((time.perf_counter() - begun) * 1e3)
    return found[2:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", default=NETWORKS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(*steps(arguments.networks[0], arguments.way))
        return
    lines = [
        "| network | as PyTorch does it, ms | memory kept | gradients by taps | both | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name in arguments.networks:
        times: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(arguments.rounds):
            for way in WAYS:
                command = [sys.executable, __file__, name, "--way", way]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                times[way] += [float(word) for word in said.split()]
        medians = [float(np.median(times[way])) for way in WAYS]
        numbers = " | ".join(f"{value:.0f}" for value in medians)
        lines.append(f"| {name} | {numbers} | {medians[0] / medians[-1]:.2f} |")
        print(lines[-1], flush=True)
    if arguments.write:
        report.write(arguments.write, "bench:training", "\n".join(lines), "python tests/bench/training.py")


if __name__ == "__main__":
    main()
