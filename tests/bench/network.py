"""Time per jet of shipped models: jettag's backends beside ONNX Runtime, on the same images, in one run.

    python tests/bench/network.py [--jets N] [--rounds N] [--batches 1,100] [--write README.md] [--all] [MODEL...]

Unless models are named, it takes an image network, one with features and the default; with --all every model for the
sample's jets and every backend that is here, beside `native`.

Every engine has one thread. The engines take turns, so that what disturbs the machine disturbs all of them. Printed are
microseconds per jet, median and 99th percentile over calls, and the ratio of ONNX Runtime's median to `native`'s.
"from constituents" is the whole way, cleaning, images and features included; ONNX Runtime has no such thing. All are
called from Python, whose share of a call at batch 1 is some microseconds for each.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import jettag  # noqa: E402
from models import jtm  # noqa: E402
from models.datasets import shards  # noqa: E402
from models.export import network_of  # noqa: E402
from models.networks import Network  # noqa: E402
from models.onnx_writer import SCORES, to_onnx  # noqa: E402
from tests.bench import report  # noqa: E402

MODELS = ("lenet-28-i35", "effnet-s0-i35-gf", jettag.DEFAULT_MODEL)
ONNX, NATIVE = "ONNX Runtime", "jettag native"
Call = Callable[[int, int], object]


def onnx_session(network: Network, stored: jtm.Model) -> onnxruntime.InferenceSession:
    """The same network in ONNX Runtime with all its optimisations and one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    data = to_onnx(network, stored.tensors).SerializeToString()
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


def engines(name: str, jets: shards.Jets, backends: list[str]) -> dict[str, Call]:
    """Every engine as a call on jets start .. stop - 1, checked to give the same scores."""
    path = ROOT / "models" / "zoo" / f"{name}.jtm"
    stored = jtm.read(path)
    network = network_of(stored)
    session = onnx_session(network, stored)
    models = {backend: jettag.load(path, backend=backend) for backend in backends}
    images, features, _ = models["native"].network_inputs(jets.jagged)

    # Constituents and pairs come in one row with the features; taking rows apart is no engine's work.
    parts = {"image": images, **network.split_rows(features)}
    parts = {one.name: np.ascontiguousarray(parts[one.name]) for one in session.get_inputs()}

    def run_onnx(start: int, stop: int) -> np.ndarray:
        return session.run([SCORES], {name: values[start:stop] for name, values in parts.items()})[0][:, -1]

    calls: dict[str, Call] = {ONNX: run_onnx}
    for backend, model in models.items():

        def run_network(start: int, stop: int, model: jettag.Model = model) -> np.ndarray:
            return model.tag_images(images[start:stop], None if features is None else features[start:stop])

        calls[f"jettag {backend}"] = run_network
    native = models["native"]

    def run_whole(start: int, stop: int) -> np.ndarray:
        rows = slice(jets.offsets[start], jets.offsets[stop])
        return native.tag((jets.momenta[rows], jets.offsets[start : stop + 1] - jets.offsets[start]))

    calls[f"{NATIVE}, from constituents"] = run_whole
    expected = run_onnx(0, 100)
    for label, call in calls.items():
        difference = np.abs(np.asarray(call(0, 100)) - expected).max()
        if difference > 1e-5:
            sys.exit(f"{name}: {label} differs from ONNX Runtime by {difference:.2g}")
    return calls


def measure(calls: dict[str, Call], batch: int, n_jets: int, rounds: int) -> dict[str, np.ndarray]:
    """Microseconds per jet of every call of every engine, taking turns."""
    times: dict[str, list[float]] = {label: [] for label in calls}
    for call in calls.values():
        call(0, batch)
    for _ in range(rounds):
        for label, call in calls.items():
            for start in range(0, n_jets - batch + 1, batch):
                before = time.perf_counter_ns()
                call(start, start + batch)
                times[label].append((time.perf_counter_ns() - before) / batch / 1e3)
    return {label: np.array(values) for label, values in times.items()}


def table(names: list[str], jets: shards.Jets, batches: list[int], rounds: int, backends: list[str]) -> str:
    """A row per model and batch size."""
    rows: list[list[str]] = []
    for name in names:
        calls = engines(name, jets, backends)
        if not rows:
            head = [f"{label}: us per jet, median (99 %)" for label in calls]
            rows = [["model", "batch", *head, "ONNX Runtime / native"], ["---"] * (len(head) + 3)]
        for batch in batches:
            times = measure(calls, batch, len(jets), rounds)
            cells = [f"{np.median(one):.0f} ({np.percentile(one, 99):.0f})" for one in times.values()]
            rows.append([name, str(batch), *cells, f"{np.median(times[ONNX]) / np.median(times[NATIVE]):.2f}"])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="by default three")
    parser.add_argument("--all", action="store_true", help="every model for the sample's jets, every backend")
    parser.add_argument("--jets", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", default="1,100")
    parser.add_argument("--write", help="a document that gets the table between its marks")
    arguments = parser.parse_args()
    jets = shards.read(shards.SAMPLE).part(0, arguments.jets)
    names, backends = list(MODELS), ["native"]
    if arguments.all:
        names = [name for name in jettag.models() if jettag.load(name).info["sample"].startswith("toptag")]
        backends = [row["name"] for row in jettag.backends() if row["available"]]
    batches = [int(one) for one in arguments.batches.split(",")]
    text = table(arguments.models or names, jets, batches, arguments.rounds, backends)
    print(text)
    if arguments.write:
        report.write(arguments.write, "bench:network", text, "python tests/bench/network.py")


if __name__ == "__main__":
    main()
