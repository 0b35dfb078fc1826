"""Jets in the forms that people have them, as the library's view of them: no copy where the layout allows."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from jettag import _native
from jettag._awkward import is_awkward, jagged
from jettag.errors import ArgumentError

JetsLike: TypeAlias = "tuple[npt.ArrayLike, npt.ArrayLike] | npt.NDArray[Any] | Any"

_NUMBERS = {np.dtype(np.float64): 0, np.dtype(np.float32): 1}
_PX_PY_PZ_E = 0
_E_PX_PY_PZ = 1
_PT_ETA_PHI_M = 2


class JetView:
    """A jt_jets struct together with the arrays that it points into.

    Parameters
    ----------
    jets : tuple of (momenta, offsets) or ndarray
        Jagged: momenta (N, 4) px, py, pz, E in GeV, and offsets (n + 1); jet i is rows offsets[i] .. offsets[i+1] - 1.
        Padded: (n, m, 4) E, px, py, pz, zeros where there is no constituent, as in the public top-tagging files.
        Awkward: jets of records with px, py, pz, E or pt, eta, phi, mass, by the vector library's names; they are
        copied once, into rows of four.
    classes : array_like of int, optional
        Class of each constituent (0 neutral, 1 charged track, 2 muon): (N,), (n, m) for padded jets, or an awkward
        array of the jets' shape.
    """

    def __init__(self, jets: JetsLike, classes: npt.ArrayLike | None = None) -> None:
        if is_awkward(jets):
            momenta, offsets, cylindrical = jagged(jets)
            self._jagged((momenta, offsets))
            self.struct.coordinates = _PT_ETA_PHI_M if cylindrical else _PX_PY_PZ_E
            classes = _flat(classes)
        elif isinstance(jets, tuple):
            self._jagged(jets)
        else:
            self._padded(jets)
        if classes is not None:
            self._classes(classes)

    def _jagged(self, jets: tuple[Any, ...]) -> None:
        if len(jets) != 2:
            raise ArgumentError(f"jagged jets are (momenta, offsets), not a tuple of {len(jets)}")
        momenta = _floats(jets[0])
        given = np.asarray(jets[1])
        if given.dtype.kind not in "iu":
            raise ArgumentError(f"offsets must be integers, not {given.dtype}")
        offsets = np.ascontiguousarray(given, dtype=np.int64)
        if momenta.ndim != 2 or momenta.shape[1] != 4:
            raise ArgumentError(f"momenta must have shape (N, 4), not {momenta.shape}")
        if offsets.ndim != 1 or len(offsets) == 0:
            raise ArgumentError(f"offsets must have shape (n + 1,), not {offsets.shape}")
        if len(momenta) == 0 and offsets.max() > 0:
            raise ArgumentError(f"offsets reach {offsets.max()}, and there are no constituents")
        self._arrays: list[npt.NDArray[Any]] = [momenta, offsets]
        self.n_jets = len(offsets) - 1
        self.shape: tuple[int, ...] = (len(momenta),)
        self.struct = _native.Jets(
            n_jets=self.n_jets,
            offsets=offsets.ctypes.data,
            n_constituents=len(momenta),
            momenta=momenta.ctypes.data,
            stride=momenta.strides[0] if len(momenta) > 1 else 0,
            number=_NUMBERS[momenta.dtype],
            coordinates=_PX_PY_PZ_E,
        )

    def _padded(self, jets: npt.NDArray[Any]) -> None:
        momenta = _floats(jets)
        if momenta.ndim != 3 or momenta.shape[2] != 4:
            raise ArgumentError(
                f"jets must be (momenta, offsets) or a padded array (n, m, 4), not an array of shape {momenta.shape}"
            )
        if not momenta.flags.c_contiguous:
            momenta = np.ascontiguousarray(momenta)
        self._arrays = [momenta]
        self.n_jets = momenta.shape[0]
        self.shape = momenta.shape[:2]
        self.struct = _native.Jets(
            n_jets=self.n_jets,
            padded=momenta.shape[1],
            momenta=momenta.ctypes.data,
            number=_NUMBERS[momenta.dtype],
            coordinates=_E_PX_PY_PZ,
        )

    def _classes(self, classes: npt.ArrayLike) -> None:
        given = np.asarray(classes)
        if given.shape != self.shape:
            raise ArgumentError(f"classes must have shape {self.shape}, one per constituent, not {given.shape}")
        if given.dtype.kind not in "iub":
            raise ArgumentError(f"classes must be integers, not {given.dtype}")
        # Out of range stays out of range, so that the jet gets its own status.
        narrow = np.where((given < 0) | (given > 255), 255, given) if given.dtype != np.uint8 else given
        array = np.ascontiguousarray(narrow, dtype=np.uint8)
        self._arrays.append(array)
        self.struct.classes = array.ctypes.data


def _flat(classes: Any) -> Any:
    """One per particle."""
    if not is_awkward(classes):
        return classes
    import awkward as ak

    return ak.to_numpy(ak.flatten(classes, axis=1))


def _floats(values: Any) -> npt.NDArray[Any]:
    """As float64 or float32 with packed rows; anything else is converted to float64."""
    array = np.asarray(values)
    if array.dtype not in _NUMBERS or not array.dtype.isnative:
        if array.dtype.kind not in "fiu":
            raise ArgumentError(f"momenta must be numbers, not {array.dtype}")
        array = array.astype(np.float64)
    packed = array.ndim >= 2 and array.shape[-1] == 4 and array.strides[-1] == array.itemsize
    if not packed or array.strides[-2] < 4 * array.itemsize:
        array = np.ascontiguousarray(array)
    return array
