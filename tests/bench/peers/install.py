"""The engines to compare with, in pinned versions, installed into build/peers, which git ignores.

ONNX Runtime and PyTorch have to be in the Python environment that runs this. Each other package gets a folder of its
own without its dependencies, so that nothing reaches that environment; TensorFlow, which only writes LiteRT's models,
gets an environment of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "peers"
TENSORFLOW = ROOT / "build" / "peers-tf"

PINNED = {
    "openvino": "2026.4.1",
    "ncnn": "1.0.20261020",
    "pnnx": "20261020",
    "ai-edge-litert": "2.3.0",
}
TENSORFLOW_CPU = "2.21.0"


class Missing(Exception):
    """An engine cannot be had here; the text says why."""


def _pip(python: Path | str, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "pip failed").splitlines()
        raise Missing(said[-1])


def package(name: str) -> Path:
    """Folder with an installed package, for `sys.path`.

    Parameters
    ----------
    name : str
        One of `PINNED`.

    Returns
    -------
    Path

    Raises
    ------
    Missing
        When pip cannot install it.
    """
    folder = FOLDER / name
    found = folder / f"{name.replace('-', '_')}-{PINNED[name]}.dist-info"
    if not found.exists():
        _pip(sys.executable, "--no-deps", "--upgrade", "--target", str(folder), f"{name}=={PINNED[name]}")
    return folder


def tensorflow() -> Path:
    """Python of an environment with TensorFlow.

    Returns
    -------
    Path

    Raises
    ------
    Missing
        When it cannot be made.
    """
    python = TENSORFLOW / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(TENSORFLOW)], check=True)
    installed = list(TENSORFLOW.glob(f"lib/python*/site-packages/tensorflow_cpu-{TENSORFLOW_CPU}.dist-info"))
    if not installed:
        _pip(python, f"tensorflow-cpu=={TENSORFLOW_CPU}")
    return python
