"""Jets per second and latency on a GPU: the cuda backend beside PyTorch, on the same images, in one run.

    python tests/bench/gpu/compare.py [--model NAME] [--batches 1,8,64,512,4096,16384] [--rounds N]

Each engine is given images in the host's memory and gives scores back there; PyTorch's are also timed with images that
are on the device already ("on device": without copies, which the library does not offer). Engines take turns.
"constituents" is the library's whole way, cleaning, images and features on the processor. PyTorch runs layer by layer
and, where it can be compiled, compiled with CUDA graphs; TF32 is off everywhere. Before anything is timed, scores must
lie within 1e-5 of the reference backend's, and the bits of a jet must not hang on the batch. Without a GPU it says so
and stops with status 77.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "python"), str(ROOT / "tests" / "python")]

import jettag  # noqa: E402
from models import jtm  # noqa: E402
from models.datasets import shards  # noqa: E402
from models.export import network_of, weights_of  # noqa: E402

SAMPLE = ROOT / "examples" / "data" / "toptag.npz"
SKIPPED = 77
TOLERANCE = 1e-5
Call = Callable[[int], Any]


def backend_or_stop() -> str:
    """The GPU's name for it; stops where there is none."""
    row = next(one for one in jettag.backends() if one["name"] == "cuda")
    if not row["available"]:
        print(f"skipped: {row['reason']}")
        raise SystemExit(SKIPPED)
    return str(row["version"])


def torch_calls(path: Path, images: Any, rows: Any) -> dict[str, Call]:
    """PyTorch eager and compiled, with copies and without."""
    try:
        import torch
    except ImportError:
        return {}
    if not torch.cuda.is_available():
        return {}
    from models.torch_network import TorchNetwork

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    stored = jtm.read(path)
    module = TorchNetwork(network_of(stored))
    module.load_tensors(weights_of(stored))
    module = module.cuda().eval()
    host = [torch.from_numpy(images).pin_memory(), None if rows is None else torch.from_numpy(rows).pin_memory()]
    there = [None if one is None else one.cuda() for one in host]

    def scores(run: Any, given: list[Any], n: int) -> Any:
        with torch.inference_mode():
            parts = [None if one is None else one[:n].cuda(non_blocking=True) for one in given]
            return torch.softmax(run(*parts), 1)[:, 1].cpu().numpy()

    compiled = torch.compile(module, mode="reduce-overhead")
    return {
        "PyTorch": lambda n: scores(module, host, n),
        "PyTorch, on device": lambda n: scores(module, there, n),
        "PyTorch compiled": lambda n: scores(compiled, host, n),
        "PyTorch compiled, on device": lambda n: scores(compiled, there, n),
    }


def check(calls: dict[str, Call], wanted: Any, batches: list[int]) -> None:
    """All scores as the reference's, and the library's bits the same in every batch."""
    for name, call in calls.items():
        for n in batches:
            difference = np.abs(call(n) - wanted[:n]).max()
            if not difference <= TOLERANCE:
                raise SystemExit(f"{name}, batch {n}: scores are {difference:.1e} from the reference's")
    whole = calls["jettag cuda"](batches[-1])
    for n in batches:
        if not np.array_equal(calls["jettag cuda"](n), whole[:n]):
            raise SystemExit(f"jettag cuda: bits in a batch of {n} are others than in one of {batches[-1]}")


def measure(calls: dict[str, Call], n: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each call, the engines taking turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            call(n)
            for _ in range(5):
                start = time.perf_counter()
                call(n)
                times[name].append(time.perf_counter() - start)
    return times


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="effnet-s0-i35", help="of models/zoo, %(default)s")
    parser.add_argument("--batches", default="1,8,64,512,4096,16384", help="%(default)s")
    parser.add_argument("--rounds", type=int, default=20, help="%(default)s")
    arguments = parser.parse_args()
    version = backend_or_stop()
    batches = sorted(int(one) for one in arguments.batches.split(","))
    path = ROOT / "models" / "zoo" / f"{arguments.model}.jtm"
    sample = shards.usable(shards.read(SAMPLE))
    sample = sample.chosen(np.resize(np.arange(len(sample)), batches[-1]))
    reference, cuda = (jettag.load(path, backend=name) for name in ("reference", "cuda"))
    images, rows, _ = reference.network_inputs(sample.jagged)
    wanted = reference.tag_images(images, rows)
    calls: dict[str, Call] = {
        "jettag cuda": lambda n: cuda.tag_images(images[:n], None if rows is None else rows[:n]),
        **torch_calls(path, images, rows),
    }
    check(calls, wanted, batches)
    pieces = {n: sample.part(0, n).jagged for n in batches}
    calls["jettag cuda, constituents"] = lambda n: cuda.tag(pieces[n])

    print(f"{arguments.model}, {version}; scores within {TOLERANCE} of the reference's")
    print("| batch | engine | jets/s | us per call, median | 99 % | / jettag cuda |\n|---|---|---|---|---|---|")
    for n in batches:
        times = measure(calls, n, arguments.rounds)
        ours = float(np.median(times["jettag cuda"]))
        for name, seconds in times.items():
            median, late = np.median(seconds), np.percentile(seconds, 99)
            print(f"| {n} | {name} | {n / median:.0f} | {1e6 * median:.1f} | {1e6 * late:.1f} | {median / ours:.2f} |")


if __name__ == "__main__":
    main()
