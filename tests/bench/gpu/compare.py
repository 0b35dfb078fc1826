"""Jets per second and latency on a GPU: the cuda backend beside its peers and the processor, on the same jets.

    python tests/bench/gpu/compare.py [--models A,B] [--batches 1,8,100,512,4096,16384] [--rounds N] [--seconds S]
    python tests/bench/gpu/compare.py --bytes      what is sent for a jet; needs no GPU

All in one run; engines take turns. Each is given images (and features, where the model reads them) in the host's memory
and gives scores back there: with copies. "on device" is the same with inputs that are in the GPU's memory already.
"from constituents" is the library's whole way, cleaning, images and features on one core of the processor, and on all
that there are, each with a stream of its own. "in steps" is the network as kernels for whole batches also where it is
one kernel otherwise (docs/gpu.md). Peers are PyTorch, ONNX Runtime and TensorRT (peers.py), TF32 off everywhere; one
that cannot be used is skipped with the reason. Before anything is timed, scores must lie within 1e-5 of the reference
backend's, and the bits of a jet must not hang on the batch.

Below each table: from which batch on cuda takes less time than native on one core, for images and from constituents,
what it takes for one jet and reaches for many, and how long the paper's GPU took for 100 jets of the same network.
Without a GPU it says so and stops with status 77.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "python"), str(ROOT / "tests" / "python")]

import jettag  # noqa: E402
from models.datasets import shards  # noqa: E402
from tests.bench.gpu.peers import Call, Given, all_of_them, torch_module  # noqa: E402
from tests.bench.peers.install import Missing  # noqa: E402

SKIPPED = 77
TOLERANCE = 1e-5
# Of 100 jets on a GTX 1080 Ti, features not counted (docs/networks.md).
PAPER_A_SECONDS = {
    "lenet-28-i35": 5.7e-3,
    "effnet-s0-i35": 7.3e-3,
    "effnet-s0-i35-gf": 8.2e-3,
    "effnet-s4-i40-gf": 17.0e-3,
    "resnext-50": 22e-3,
}
CUDA, NATIVE, IN_STEPS, WHOLE = "jettag cuda", "jettag native", ", in steps", ", from constituents"


def backend_or_stop() -> str:
    """The GPU's name for it; stops where there is none."""
    row = next(one for one in jettag.backends() if one["name"] == "cuda")
    if not row["available"]:
        print(f"skipped: {row['reason']}")
        raise SystemExit(SKIPPED)
    return str(row["version"])


def on_device(model: jettag.Model, given: Given) -> dict[str, Call]:
    """The library with inputs in the GPU's memory, which PyTorch lends."""
    try:
        torch = torch_module()
    except Missing as reason:
        print(f"{CUDA}, on device: skipped: {reason}")
        return {}
    images, rows = (None if one is None else torch.from_numpy(one).cuda() for one in (given.images, given.rows))
    torch.cuda.synchronize()
    return {f"{CUDA}, on device": lambda n: model.tag_images(images[:n], None if rows is None else rows[:n])}


def in_steps(path: Path) -> jettag.Model:
    """A model that goes in steps."""
    os.environ["JETTAG_CUDA_STEPS"] = "1"
    try:
        return jettag.load(path, backend="cuda")
    finally:
        del os.environ["JETTAG_CUDA_STEPS"]


def check(calls: dict[str, Call], wanted: Any, batches: list[int]) -> dict[str, Call]:
    """All scores as the reference's, the library's bits the same in every batch. A peer that differs is left out."""
    good = {}
    for name, call in calls.items():
        difference = max(float(np.abs(call(n) - wanted[:n]).max()) for n in batches)
        if difference <= TOLERANCE:
            good[name] = call
        elif name.startswith("jettag"):
            raise SystemExit(f"{name}: scores are {difference:.1e} from the reference's")
        else:
            print(f"{name}: left out: scores are {difference:.1e} from the reference's")
    for name in (one for one in good if one.startswith(CUDA)):
        whole = calls[name if name.endswith(IN_STEPS) else CUDA](batches[-1])
        for n in batches:
            if not np.array_equal(calls[name](n), whole[:n]):
                raise SystemExit(f"{name}: bits in a batch of {n} are others than in one of {batches[-1]}")
    return good


def measure(calls: dict[str, Call], n: int, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Seconds of each call, the engines taking turns; no new round once the time is over and there have been three."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    begun = time.perf_counter()
    for done in range(rounds):
        if done >= 3 and time.perf_counter() - begun > seconds:
            break
        for name, call in calls.items():
            call(n)
            for _ in range(5):
                start = time.perf_counter()
                call(n)
                times[name].append(time.perf_counter() - start)
    return times


def crossover(medians: dict[int, dict[str, float]], what: str) -> str:
    """From which of the batches on cuda is faster than native, and stays so."""
    first = None
    for n in sorted(medians, reverse=True):
        if medians[n][CUDA + what] >= medians[n][NATIVE + what]:
            break
        first = n
    return "at no batch that was measured" if first is None else f"from a batch of {first} on"


def figures(name: str, medians: dict[int, dict[str, float]]) -> list[str]:
    """What is asked of a GPU, a line each: jets per second, one jet, and beside the paper's own time."""
    most = max(medians, key=lambda n: n / medians[n][CUDA])
    lines = [f"{most / medians[most][CUDA]:.0f} jets/s with copies, in batches of {most}"]
    there = f"{CUDA}, on device"
    if there in medians[most]:
        most = max(medians, key=lambda n: n / medians[n][there])
        lines.append(f"{most / medians[most][there]:.0f} jets/s of inputs on the device, in batches of {most}")
    for shared in (one for one in medians[most] if one.startswith(CUDA + WHOLE + ", ")):
        most = max(medians, key=lambda n: n / medians[n][shared])
        words = shared.removeprefix(f"{CUDA}, ")
        lines.append(f"{most / medians[most][shared]:.0f} jets/s {words}, in batches of {most}")
    if 1 in medians:
        lines.append(f"{1e6 * medians[1][CUDA + WHOLE]:.0f} us for a jet alone, from constituents")
    if 100 in medians and name in PAPER_A_SECONDS:
        ours, theirs = medians[100][CUDA], PAPER_A_SECONDS[name]
        lines.append(f"{1e6 * ours:.0f} us for 100 jets, {theirs / ours:.0f} times as fast as the paper on its GPU")
    return [
        *lines,
        f"cuda is faster than native, images: {crossover(medians, '')}",
        f"cuda is faster than native{WHOLE}: {crossover(medians, WHOLE)}",
    ]


def sent(name: str, jets: shards.Jets) -> str:
    """Bytes that go to the device for a jet: images in full, and as the pixels that differ from one without light."""
    images, rows, _ = jettag.load(name, backend="native").network_inputs(jets.jagged)
    # Most jets leave a pixel dark; one that all light has another value in each.
    lit = (images != np.median(images, axis=0)).any(1).sum((1, 2))
    each = 4 * (1 + images.shape[1])
    row = 0 if rows is None else rows[0].nbytes
    return f"| {name} | {images[0].nbytes} | {4 + each * lit.mean():.0f} | {4 + each * lit.max()} | {row} |"


def compare(name: str, version: str, jets: shards.Jets, arguments: argparse.Namespace) -> None:
    """One model's table."""
    batches = sorted(int(one) for one in arguments.batches.split(","))
    path = ROOT / "models" / "zoo" / f"{name}.jtm"
    reference, native, cuda = (jettag.load(path, backend=one) for one in ("reference", "native", "cuda"))
    sample = jets.chosen(np.resize(np.arange(len(jets)), batches[-1]))
    images, rows, _ = native.network_inputs(sample.jagged)
    given = Given(path, images, rows, batches)
    # The reference takes long: its scores of the jets that there are, over again.
    few = min(len(jets), batches[-1])
    wanted = np.resize(reference.tag_images(images[:few], None if rows is None else rows[:few]), batches[-1])

    def network(model: jettag.Model) -> Call:
        return lambda n: model.tag_images(images[:n], None if rows is None else rows[:n])

    calls: dict[str, Call] = {
        CUDA: network(cuda),
        CUDA + IN_STEPS: network(in_steps(path)),
        NATIVE: network(native),
        **on_device(cuda, given),
    }
    calls = check({**calls, **all_of_them(given)}, wanted, batches)
    pieces = {n: sample.part(0, n).jagged for n in batches}
    calls[CUDA + WHOLE] = lambda n: cuda.tag(pieces[n])
    cores = len(os.sched_getaffinity(0))
    if cores > 1:
        shared = jettag.load(path, backend="cuda", threads=cores)
        calls[f"{CUDA}{WHOLE}, {cores} threads"] = lambda n: shared.tag(pieces[n])
    calls[NATIVE + WHOLE] = lambda n: native.tag(pieces[n])

    print(f"\n{name}, {version}; scores within {TOLERANCE} of the reference's\n")
    print("| batch | engine | jets/s | us per call, median | 99 % | / jettag cuda |\n|---|---|---|---|---|---|")
    medians: dict[int, dict[str, float]] = {}
    for n in batches:
        times = measure(calls, n, arguments.rounds, arguments.seconds)
        medians[n] = {one: float(np.median(seconds)) for one, seconds in times.items()}
        for one, seconds in times.items():
            median, late = medians[n][one], np.percentile(seconds, 99)
            ratio = median / medians[n][CUDA]
            print(
                f"| {n} | {one} | {n / median:.0f} | {1e6 * median:.1f} | {1e6 * late:.1f} | {ratio:.2f} |", flush=True
            )
    print("\n" + "\n".join(f"figure: {name}: {line}" for line in figures(name, medians)))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="effnet-s0-i35,ensemble-gf", help="of models/zoo, %(default)s")
    parser.add_argument("--batches", default="1,8,100,512,4096,16384", help="%(default)s")
    parser.add_argument("--rounds", type=int, default=20, help="of five calls, at most: %(default)s")
    parser.add_argument("--seconds", type=float, default=10, help="for a batch, all engines together: %(default)s")
    parser.add_argument("--bytes", action="store_true", help="only say what is sent for a jet of the sample")
    arguments = parser.parse_args()
    jets = shards.usable(shards.read(shards.SAMPLE))
    if arguments.bytes:
        print("| model | image in full | lit pixels, mean | most | row |\n|---|---|---|---|---|")
        for name in arguments.models.split(","):
            print(sent(name, jets))
        return
    version = backend_or_stop()
    for name in arguments.models.split(","):
        compare(name, version, jets, arguments)


if __name__ == "__main__":
    main()
