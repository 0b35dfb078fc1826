"""What was measured, in Markdown."""

from __future__ import annotations

import math
from typing import Any

from tests.bench.peers.engines import OURS
from tests.bench.peers.timing import Times

NATIVE = OURS[0]


def figure(value: float) -> str:
    """A number with three digits."""
    if math.isnan(value):
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def best_peer(times: dict[str, Times]) -> tuple[str, float]:
    """Name and median of the fastest engine that is not jettag; an empty name and NaN when there is none."""
    peers = [(times[name].median, name) for name in times if name not in OURS]
    median, name = min(peers, default=(math.nan, ""))
    return name, median


def progress(name: str, batch: int, times: dict[str, Times]) -> str:
    """A line for the terminal while measuring goes on."""
    return f"# {name}, {batch}: " + ", ".join(f"{one} {figure(found.median)}" for one, found in times.items())


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [_row(head), "|" + "---|" * len(head), *(_row(row) for row in rows)]


def ratios(results: list[dict[str, Any]]) -> list[str]:
    """Best peer / jettag native, at the same batch and at the peer's best batch."""
    rows = []
    for result in results:
        best_at_any = min((best_peer(times)[1] for times in result["times"].values()), default=math.nan)
        for batch, times in result["times"].items():
            if NATIVE not in times:
                continue
            peer, median = best_peer(times)
            ours = times[NATIVE].median
            runtime = times["ONNX Runtime"].median / ours if "ONNX Runtime" in times else math.nan
            cells = [figure(ours), peer, figure(median), figure(median / ours), figure(best_at_any / ours)]
            limit = result["multiply_adds"] / result["peak"] / 1e3
            rows.append([result["name"], str(batch), *cells, figure(runtime), figure(ours / limit)])
    head = ["network", "batch", "jettag native, us per jet", "best peer", "its us per jet", "best peer / native"]
    return _table(
        [*head, "peer's best batch / native", "ONNX Runtime / native", "native / limit of multiply-adds"], rows
    )


def all_times(results: list[dict[str, Any]]) -> list[str]:
    """Every engine: processor time, median and 99th percentile, and time that passed."""
    rows = [
        [
            result["name"],
            str(batch),
            name,
            figure(found.median),
            figure(found.slowest),
            figure(found.wall_median),
            str(sum(map(len, found.cpu))),
        ]
        for result in results
        for batch, times in result["times"].items()
        for name, found in times.items()
    ]
    return _table(["network", "batch", "engine", "CPU us per jet, median", "99 %", "wall, median", "calls"], rows)


def footprints(results: list[dict[str, Any]]) -> list[str]:
    """Memory, load time, first call."""
    rows = []
    for result in results:
        for name, found in result["footprint"].items():
            if found:
                keys = ("loaded", "running", "load", "first")
                rows.append([result["name"], name, *(f"{found[key]:.1f}" for key in keys)])
    head = ["network", "engine", "library and model, MB", "after 100 calls, MB", "load, ms", "first call, ms"]
    return _table(head, rows)


def document(results: list[dict[str, Any]], sizes: dict[str, int], missing: dict[str, str], machine: list[str]) -> str:
    """Everything, for the terminal and for docs/performance.md.

    Parameters
    ----------
    results : list of dict
        As compare.run gives them.
    sizes : dict of str to int
        Bytes of each engine's libraries.
    missing : dict of str to str
        Engines that are not there, with the reason.
    machine : list of str
        What it was measured with.

    Returns
    -------
    str
        Markdown.
    """
    reasons = [f"- {name}: {why}" for name, why in missing.items()]
    reasons += [f"- {name} on {one['name']}: {why}" for one in results for name, why in one["reasons"].items()]
    trained = [one["name"] for one in results if one["trained"]]
    lines = [*machine, f"- trained weights: {', '.join(trained) or 'none'}; the other networks have random ones"]
    lines += ["", "### Ratios", "", *ratios(results)]
    lines += ["", "### Every engine", "", *all_times(results)]
    lines += ["", "### Memory and start", "", *footprints(results)]
    installed = [[name, f"{size / 1e6:.1f}"] for name, size in sizes.items()]
    lines += ["", "### Installed size", "", *_table(["engine", "libraries, MB"], installed)]
    lines += ["", "### Not measured", "", *(reasons or ["Nothing: every engine ran every network."])]
    return "\n".join(lines)
