"""What the numbers were measured with, in words."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.bench import report
from tests.bench.peers.install import ROOT
from tests.bench.peers.of_jettag import library


def pin() -> int:
    """Keep this process, and all that it starts, on one core.

    Returns
    -------
    int
        The core.
    """
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def peak() -> float:
    """Billions of multiply-adds in a second that this core does at most."""
    done = subprocess.run([str(build_folder() / "tests/bench/kernels/jettag-peak")], capture_output=True, text=True)
    return float(done.stdout)


def build_folder() -> Path:
    """The build folder of the library in use, or the usual one."""
    folder = library().parents[1]
    return folder if (folder / "tests").is_dir() else ROOT / "build"


def compiler(path: Path) -> str:
    """Compilers that a library says it was made by."""
    text = subprocess.run(["readelf", "-p", ".comment", str(path)], capture_output=True, text=True).stdout
    return ", ".join(dict.fromkeys(re.findall(r"\]\s+(.*)", text))) or "unknown"


def words(versions: dict[str, str], core: int) -> list[str]:
    """Lines about processor, compiler and versions.

    Parameters
    ----------
    versions : dict of str to str
        Of the engines.
    core : int
        That the process was pinned to.

    Returns
    -------
    list of str
    """
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    engines = ", ".join(f"{name} {version}" for name, version in versions.items())
    return [
        f"- processor: {report.processor()}, core {core} of {os.cpu_count()}, load average {load} at the end",
        f"- libjettag.so: compiled by {compiler(library())}",
        f"- engines: {engines}; Python {sys.version.split()[0]}, NumPy {np.__version__}",
    ]
