"""The 53 features beside FastJet contrib: the same numbers, and what they cost, on one core, in one run.

    python tests/bench/features/compare.py [--jets N] [--rounds N] [--plot PNG] [FILE.npz]
    python tests/bench/features/compare.py --check [--jets 10000] [FILE.npz]

FastJet runs as its users call it (one object per observable) and with every distinct correlator once. The engines take
turns on pieces of the jets, and their processor time is what counts; ratios are of sums over the same
jets. --check compares numbers alone: every jet of any file, and toys of 1 to 200 constituents.

Installs the `fastjet` package into build/fastjet, 40 MB, for its headers and libraries; needs g++ and build/lib.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))


from models.datasets import shards  # noqa: E402
from tests.bench import report  # noqa: E402

HERE = Path(__file__).parent
BUILD = ROOT / "build"
N_FEATURES = 53
SIZES = (20, 40, 60, 100, 200)
LIMITS = {"pt, eta, phi": 1e-12, "m^2 / E^2": 1e-13, "n": 0.0, "N-subjettiness": 1e-9, "correlators": 1e-9}


def build_programs() -> tuple[Path, Path]:
    """FastJet's program and ours, compiled when their sources are newer."""
    target = BUILD / "fastjet"
    if not (target / "fastjet").exists():
        print("installing fastjet 3.5.2.0 into build/fastjet")
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--target", str(target), "fastjet==3.5.2.0"], check=True)
    package = target / "fastjet"
    peer, ours = BUILD / "fastjet_peer", BUILD / "jettag_side"
    source = HERE / "fastjet_peer.cc"
    if not peer.exists() or peer.stat().st_mtime < source.stat().st_mtime:
        libraries = package / "lib64"
        links = ["-lfastjetcontribfragile", "-lfastjettools", "-lfastjet", f"-Wl,-rpath,{libraries}"]
        flags = ["-O3", "-march=native", "-std=c++17", f"-I{package / 'include'}", f"-L{libraries}"]
        subprocess.run(["g++", *flags, str(source), *links, "-o", str(peer)], check=True)
    library = BUILD / "lib"
    flags = ["-O2", "-D_GNU_SOURCE", f"-I{ROOT / 'include'}", f"-L{library}", "-ljettag", f"-Wl,-rpath,{library}"]
    subprocess.run(["gcc", str(HERE / "jettag_side.c"), *flags, "-o", str(ours)], check=True)
    return peer, ours


class Engines:
    """The four ways to the features, each as a program on a file."""

    def __init__(self) -> None:
        peer, ours = build_programs()
        self._programs = {
            "jettag, one call": (ours, "batch"),
            "jettag, a call per jet": (ours, "single"),
            "FastJet, each correlator once": (peer, "once"),
            "FastJet, as users call it": (peer, "naive"),
        }
        self.names = list(self._programs)
        self._folder = tempfile.TemporaryDirectory()

    def run(self, name: str, jets: shards.Jets) -> tuple[np.ndarray, np.ndarray]:
        """Features (n, 53) and seconds (n,)."""
        program, mode = self._programs[name]
        given, result = Path(self._folder.name) / "jets", Path(self._folder.name) / "result"
        with given.open("wb") as file:
            np.array([len(jets)], np.int64).tofile(file)
            jets.offsets.astype(np.int64).tofile(file)
            np.ascontiguousarray(jets.momenta, np.float64).tofile(file)
        subprocess.run([str(program), str(given), str(result), mode], check=True)
        rows = np.fromfile(result).reshape(-1, N_FEATURES + 1)
        return rows[:, :N_FEATURES], rows[:, N_FEATURES]


def deviations(ours: np.ndarray, theirs: np.ndarray, energy: np.ndarray) -> dict[str, float]:
    """Largest differences by group of slots: relative, but for the mass."""
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(ours == theirs, 0, np.abs(ours - theirs) / np.abs(theirs))
    m2 = np.abs(ours[:, 3] * np.abs(ours[:, 3]) - theirs[:, 3] * np.abs(theirs[:, 3])) / energy**2
    groups = (relative[:, :3], m2, relative[:, 4], relative[:, 5:20], relative[:, 20:])
    return {name: float(group.max()) for name, group in zip(LIMITS, groups, strict=True)}


def jets_mean(jets: shards.Jets) -> float:
    """Constituents of a jet on average."""
    return float(np.diff(jets.offsets).mean())


def check(engines: Engines, jets: shards.Jets) -> None:
    """Compare numbers; exit with an error where they are not the same to the promised precision."""
    ours, _ = engines.run("jettag, one call", jets)
    theirs, _ = engines.run("FastJet, each correlator once", jets)
    found = deviations(ours, theirs, np.add.reduceat(jets.momenta[:, 3], jets.offsets[:-1]))
    print(f"{len(jets)} jets, {jets_mean(jets):.1f} constituents on average; largest difference from FastJet")
    for name, value in found.items():
        print(f"  {name:16s} {value:.2g}  (at most {LIMITS[name]:.0e})")
    if not np.isfinite(ours).all() or any(value > LIMITS[name] for name, value in found.items()):
        sys.exit("not the same")


def toys() -> shards.Jets:
    """Jets of 1 to 200 constituents: massless and massive, across phi = pi, forward, with collinear and soft pairs."""
    rng = np.random.default_rng(11)
    pieces = []
    for n in [*range(1, 41), 50, 60, 74, 75, 80, 100, 150, 200]:
        for eta, phi, massive in ((0.0, 0.0, False), (0.3, np.pi, True), (3.5, -np.pi, False), (-4.5, 1.0, True)):
            pt = rng.exponential(20, n) * 10.0 ** rng.uniform(-3, 1, n) + 1e-3
            y, azimuth = eta + rng.normal(0, 0.3, n), phi + rng.normal(0, 0.3, n)
            if n > 5:
                y[2], azimuth[2] = y[1], azimuth[1]
            mt = np.hypot(pt, rng.uniform(0.1, 2, n) if massive else 0)
            pieces.append(np.stack([pt * np.cos(azimuth), pt * np.sin(azimuth), mt * np.sinh(y), mt * np.cosh(y)], 1))
    offsets = np.cumsum([0, *map(len, pieces)])
    return shards.Jets(np.concatenate(pieces), offsets, np.zeros(len(pieces), np.uint8))


def measure(engines: Engines, jets: shards.Jets, pieces: int) -> dict[str, float]:
    """Mean microseconds per jet, the engines taking turns on pieces of the jets."""
    seconds = dict.fromkeys(engines.names, 0.0)
    edges = np.linspace(0, len(jets), pieces + 1).astype(int)
    for start, stop in itertools.pairwise(edges):
        for name in engines.names:
            seconds[name] += engines.run(name, jets.part(start, stop))[1].sum()
    return {name: total / len(jets) * 1e6 for name, total in seconds.items()}


def of_size(jets: shards.Jets, size: int, count: int) -> shards.Jets:
    """Jets with exactly `size` constituents: the hardest of longer jets, or toys of several jets together."""
    enough = np.flatnonzero(np.diff(jets.offsets) >= size)[:count]
    rows = np.arange(size * count)
    if len(enough) == count:
        rows = np.concatenate([np.arange(jets.offsets[i], jets.offsets[i] + size) for i in enough])
    return shards.Jets(jets.momenta[rows], np.arange(0, size * count + 1, size), np.zeros(count, np.uint8))


def row_of(label: str, times: dict[str, float]) -> str:
    """One row of the table."""
    best = times["jettag, one call"]
    cells = [f"{value:.1f}" for value in times.values()]
    cells += [f"{value / best:.2f}" for name, value in times.items() if name != "jettag, one call"]
    return f"| {label} | " + " | ".join(cells) + " |"


def plot(path: str, curve: dict[int, dict[str, float]]) -> None:
    """Cost against the number of constituents."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.6), constrained_layout=True)
    for name in next(iter(curve.values())):
        axes.plot(list(curve), [times[name] for times in curve.values()], "o-", label=name)
    axes.set(xscale="log", yscale="log", xlabel="constituents", ylabel="microseconds per jet, 53 features")
    axes.set_xticks(list(curve), [str(size) for size in curve])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=140)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "file", nargs="?", default=str(shards.SAMPLE), help="coded shard or npz with momenta, offsets, labels"
    )
    parser.add_argument("--jets", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=8, help="pieces in which the engines take turns")
    parser.add_argument("--check", action="store_true", help="compare numbers alone")
    parser.add_argument("--write", help="a document that gets the table between its marks")
    parser.add_argument("--plot", help="write the curve of cost against n here")
    arguments = parser.parse_args()
    everything = shards.read(arguments.file)
    jets = everything.part(0, arguments.jets)
    engines = Engines()
    check(engines, jets)
    if arguments.check:
        check(engines, toys())
        return

    names = " | ".join(engines.names)
    ratios = " | ".join(f"{name} / jettag" for name in engines.names[1:])
    rows = [f"| jets, us per jet | {names} | {ratios} |", "|" + "---|" * (2 * len(engines.names))]
    rows.append(row_of(f"{jets_mean(jets):.1f} on average", measure(engines, jets, arguments.rounds)))
    curve = {}
    for size in SIZES:
        count = max(2, min(200, 200 * 40**4 // size**4))
        curve[size] = measure(engines, of_size(everything, size, count), min(count, 4))
        rows.append(row_of(f"n = {size}", curve[size]))
    print("\n".join(["", *rows]))
    if arguments.write:
        report.write(arguments.write, "bench:features", "\n".join(rows), "python tests/bench/features/compare.py")
    if arguments.plot:
        plot(arguments.plot, curve)


if __name__ == "__main__":
    main()
