"""Where a network is trained, and in which precision its products are."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass

import torch
from torch import Tensor, nn

DEVICES = ("auto", "cpu", "cuda")
PRECISIONS = ("float32", "bfloat16")
# Parameters of glibc's mallopt.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_memory() -> bool:
    """Let the C library keep what is released, for the next step of a training.

    It would give large pieces back to the system, which then clears their pages anew for each step
    (`tests/bench/training.py` has the times).

    Returns
    -------
    bool
        Whether it does; only glibc can be told.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    return bool(library.mallopt(_MMAP_MAX, 0)) and bool(library.mallopt(_TRIM_THRESHOLD, 2**31 - 1))


@dataclass(frozen=True)
class Device:
    """A processor or a GPU.

    Attributes
    ----------
    kind : str
        `cpu` or `cuda`.
    precision : str
        Of products and activations in training steps, `float32` or `bfloat16`. Weights, batch-norm statistics, the
        optimiser's numbers, losses and everything in validation are float32 in either.
    """

    kind: str = "cpu"
    precision: str = "float32"

    def logits(self, module: nn.Module, images: Tensor, rows: Tensor | None) -> Tensor:
        """Logits of a batch, in the precision of training when the module trains.

        Parameters
        ----------
        module : Module
            On this device.
        images : Tensor
            (jets, channels, rows, columns).
        rows : Tensor or None
            (jets, values).

        Returns
        -------
        Tensor
            float32, on the device.
        """
        reduced = module.training and self.precision == "bfloat16"
        given = None if rows is None else rows.to(self.kind)
        with torch.autocast(self.kind, dtype=torch.bfloat16, enabled=reduced):
            found: Tensor = module(images.to(self.kind), given)
        return found.float()


def has_bfloat16() -> bool:
    """Whether this processor multiplies in 16 bits by itself; where it does not, PyTorch is slower than in 32.

    Returns
    -------
    bool
    """
    return any(there for what, there in torch.cpu.get_capabilities().items() if "bf16" in what)


def device_of(kind: str, precision: str) -> Device:
    """The device that was asked for.

    Parameters
    ----------
    kind : str
        One of `DEVICES`; `auto` is a GPU where PyTorch sees one.
    precision : str
        One of `PRECISIONS`.

    Returns
    -------
    Device
    """
    there = torch.cuda.is_available()
    if kind == "cuda" and not there:
        raise SystemExit("--device cuda: PyTorch sees no GPU here")
    found = Device("cuda" if there and kind != "cpu" else "cpu", precision)
    if found == Device("cpu", "bfloat16") and not has_bfloat16():
        print("--precision bfloat16: no instructions for it in this processor, float32 is faster", file=sys.stderr)
    return found
