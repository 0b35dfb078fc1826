"""Network execution: jettag beside every engine that a user could take instead, in one run, on the same images.

    python tests/bench/peers/compare.py [--networks S0,lenet-28-i35,...] [--batches 1,8,16,100,1000] [--rounds N]
                                        [--write docs/performance.md [--mark bench:peers-avx2]]
                                        [--plot docs/figures/performance.png]

One core, one thread, single precision. Every engine is first checked to give the same scores within 1e-5; then they
take turns. An engine that cannot be installed, or cannot read a network, is listed with the reason.
docs/performance.md says how all this is measured, and what is not shown.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
for place in (ROOT, ROOT / "python"):
    sys.path.insert(0, str(place))
# Models for the peers are made by way of these, which have to be in the interpreter that runs this.
for needed in ("onnx", "onnxruntime", "torch"):
    if importlib.util.find_spec(needed) is None:
        sys.exit(
            f"{needed} is missing: {sys.executable} -m pip install -r tests/requirements.txt -r models/requirements.txt"
        )

from tests.bench import report  # noqa: E402
from tests.bench.peers import cases, machine, tables, timing  # noqa: E402
from tests.bench.peers.engine import Call, Engine, Floats  # noqa: E402
from tests.bench.peers.engines import ENGINES, OURS, engine_class  # noqa: E402

TOLERANCE = 1e-5
NETWORKS = (
    "effnet-s0-i35",
    "effnet-s0-i35-gf",
    "effnet-s1-i35",
    "effnet-s2-i35",
    "effnet-s3-i35",
    "effnet-s4-i35",
    "lenet-28-i35",
    "macaluso-shih-grey-cms",
    "deeptop-minimal-deeptop",
    "resnext-50",
)
_SHORT = {f"S{i}": f"effnet-s{i}-i35" for i in range(5)}
# Different inputs that calls go through.
_INPUTS = 32
# Processes whose memory and start are measured.
_PROCESSES = 3
Inputs = tuple[Floats, Floats | None, Floats]


def bound(engine: Engine, inputs: Inputs, batch: int) -> list[Call]:
    """Calls on different jets, after a check of the scores of all of them; they read the memory of the inputs."""
    images, features, expected = inputs
    calls = []
    for start in range(0, min(len(images) // batch, _INPUTS) * batch, batch):
        rows = slice(start, start + batch)
        call = engine.bind(images[rows], None if features is None else features[rows])
        call()
        difference = np.abs(engine.scores() - expected[rows]).max()
        if not difference <= TOLERANCE:
            raise ValueError(f"scores differ by {difference:.2g}")
        calls.append(call)
    return calls


def available() -> tuple[dict[str, str], dict[str, str]]:
    """Versions of the engines that are there, and reasons why others are not."""
    versions, missing = {}, {}
    for name in ENGINES:
        try:
            versions[name] = engine_class(name).version()
        except Exception as error:
            missing[name] = f"{type(error).__name__}: {error}"
    return versions, missing


def footprint(name: str, case: cases.Case) -> dict[str, float]:
    """Memory and time to the first score: the medians of some processes of their own, empty where one fails."""
    command = [sys.executable, str(Path(__file__).with_name("footprint.py")), name, str(case.folder)]
    rows = []
    for _ in range(_PROCESSES):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return {}
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    return {key: float(np.median([row[key] for row in rows])) for key in rows[0]}


def _slowest_of_ours(times: dict[int, dict[str, timing.Times]]) -> float:
    """Microseconds per jet of jettag at the batch size measured last."""
    return max((found.median for name, found in list(times.values())[-1].items() if name in OURS), default=0)


def run(name: str, names: list[str], batches: list[int], rounds: int, limit: float, longest: float) -> dict[str, Any]:
    """All that is measured about one network."""
    reasons: dict[str, str] = {}
    times: dict[int, dict[str, timing.Times]] = {}
    with tempfile.TemporaryDirectory() as folder:
        case = cases.make(name, sorted({1, *batches}), Path(folder) / name)
        inputs = case.images, case.features, case.scores
        for engine_name in names:
            try:
                engine_class(engine_name).prepare(case.folder, sorted({1, *batches}))
            except Exception as error:
                reasons[engine_name] = f"{type(error).__name__}: {error}"
        for batch in batches:
            if times and batch * 1e-6 * _slowest_of_ours(times) > longest:
                reasons[f"all engines, {batch} jets"] = f"a call takes more than {longest:g} s"
                continue
            calls, loaded = {}, {}
            for engine_name in names:
                if engine_name in reasons:
                    continue
                try:
                    # Calls read the engine's memory, so it lives until they have been made.
                    loaded[engine_name] = engine_class(engine_name)(case.folder, batch)
                    calls[engine_name] = bound(loaded[engine_name], inputs, batch)
                except Exception as error:
                    reasons[engine_name] = f"{type(error).__name__}: {error}"
            times[batch] = timing.measure(calls, batch, rounds, limit)
            print(tables.progress(name, batch, times[batch]), flush=True)
        peak, multiply_adds = machine.peak(), case.multiply_adds
        prints = {one: footprint(one, case) for one in names if one not in reasons}
    return {
        "name": name,
        "trained": case.trained,
        "times": times,
        "reasons": reasons,
        "footprint": prints,
        "multiply_adds": multiply_adds,
        "peak": peak,
    }


def main() -> None:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--batches", default="1,8,16,100,1000")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument(
        "--limit", type=float, default=40, help="seconds for a network and batch, three rounds at least"
    )
    parser.add_argument("--longest", type=float, default=10, help="seconds that a call of jettag may take")
    parser.add_argument("--write", help="a document that gets the tables between its marks")
    parser.add_argument("--mark", default="bench:peers", help="name of the marks: another processor has its own")
    parser.add_argument("--plot", help="a picture of the times")
    arguments = parser.parse_args()
    core = machine.pin()
    batches = [int(one) for one in arguments.batches.split(",")]
    if max(batches) > cases.JETS:
        sys.exit(f"a batch has at most {cases.JETS} jets")
    versions, missing = available()
    chosen = [_SHORT.get(one, one) for one in arguments.networks.split(",")]
    results = [
        run(one, list(versions), batches, arguments.rounds, arguments.limit, arguments.longest) for one in chosen
    ]
    sizes = {name: sum(path.stat().st_size for path in engine_class(name).libraries()) for name in versions}
    text = tables.document(results, sizes, missing, machine.words(versions, core))
    print(text)
    if arguments.write:
        report.write(arguments.write, arguments.mark, text, f"python {' '.join(sys.argv)}")
    if arguments.plot:
        from tests.bench.peers import picture

        picture.draw(results, arguments.plot)


if __name__ == "__main__":
    main()
