"""The quickstart's table and picture: see quickstart.sh, which sets up what this needs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import jettag  # noqa: E402
from jettag import metrics, plots  # noqa: E402
from models.datasets import shards  # noqa: E402

SAMPLE = ROOT / "examples" / "data" / "toptag.npz"
PICTURE = ROOT / "build" / "quickstart-roc.png"
# One of each kind, and the larger EffNet-S; what a table has room for.
MODELS = (
    "ensemble-gf",
    "constituents-gf",
    "effnet-s0-i35-gf",
    "effnet-s3-i35-gf",
    "lenet-28-i35-gf",
    "effnet-s0-i35",
    "effnet-s3-i35",
    "lenet-28-i35",
)
N_SHOWN = 8
N_TIMED = 300


def show_backends() -> None:
    """What can execute models here."""
    for backend in jettag.backends():
        state = f"available, {backend['version']}" if backend["available"] else f"not available: {backend['reason']}"
        print(f"backend {backend['name']:<10s} {state}")


def microseconds_per_jet(model: jettag.Model, jets: shards.Jets) -> tuple[float, float]:
    """Median and 99th percentile of the time from constituents to score, one jet per call, on one core."""
    times = np.empty(N_TIMED)
    singles = [jets.part(i, i + 1).jagged for i in range(N_TIMED)]
    model.tag(singles[0])
    for i, single in enumerate(singles):
        start = time.perf_counter()
        model.tag(single)
        times[i] = time.perf_counter() - start
    return float(np.median(times)) * 1e6, float(np.percentile(times, 99)) * 1e6


def with_error(value: float, error: float) -> str:
    """Such as 240 +- 12."""
    return f"{value:.0f} +- {error:.0f}"


def main() -> None:
    """Tag, print, draw."""
    jets = shards.read(SAMPLE)
    print(f"jettag {jettag.__version__}: {len(jets):,} simulated jets of {SAMPLE.relative_to(ROOT)}, half of them tops")
    show_backends()

    models = {name: jettag.load(name) for name in MODELS}
    print(f"\nother models: {', '.join(name for name in jettag.models() if name not in models)}")
    scores: dict[str, Any] = {}
    good = np.ones(len(jets), bool)
    for name, model in models.items():
        scores[name], statuses = model.tag(jets.jagged, return_statuses=True)
        good &= statuses == 0
        for status in np.unique(statuses[statuses != 0]):
            print(f"{name}: {np.sum(statuses == status)} jets are not scored: {jettag.status_text(status)}")
    labels = jets.labels[good]
    width = max(map(len, MODELS))
    print(f"\n{'jet':>5s}  {'is':5s}" + "".join(f"  {name:>{width}s}" for name in MODELS))
    for i in range(N_SHOWN):
        truth = "top" if jets.labels[i] else "QCD"
        print(f"{i:5d}  {truth:5s}" + "".join(f"  {scores[name][i]:{width}.4f}" for name in MODELS))

    columns = ("model", "backend", "AUC", "rejection at 50 %", "at 30 %", "us per jet", "99 %")
    print("\n{:{w}s}  {:9s}  {:>6s}  {:>17s}  {:>13s}  {:>10s}  {:>6s}".format(*columns, w=width))
    for name, model in models.items():
        scored = scores[name][good]
        auc, _ = metrics.area(scored, labels)
        at_50 = with_error(*metrics.rejection(scored, labels, 0.5))
        at_30 = with_error(*metrics.rejection(scored, labels, 0.3))
        median, slow = microseconds_per_jet(model, jets)
        backend = model.info["backend"]
        print(f"{name:{width}s}  {backend:9s}  {auc:.4f}  {at_50:>17s}  {at_30:>13s}  {median:10.0f}  {slow:6.0f}")
    plots.draw_roc({name: (scored[good], labels) for name, scored in scores.items()}, PICTURE)
    print("\nTime is from constituents to score, one jet per call from Python, one core: median and 99th percentile.")
    print(f"ROC curves: {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
