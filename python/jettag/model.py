"""A trained tagger."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag import _device, _native
from jettag._jets import JetsLike, JetView
from jettag.errors import ArgumentError, check

_INFO_ARRAYS = ("image_shape", "recipe_shape", "constituents_shape", "pairs_shape")


class Model:
    """A model file, loaded for one backend. Made by `jettag.load`.

    A model may be used from several Python threads at once: each gets a context of its own, and the interpreter's lock
    is not held while the library works.

    Parameters
    ----------
    path : str or path-like
        A .jtm file.
    backend : str
        "auto", or a name from `jettag.backends()`.
    threads : int
        That share the jets of a call; scores do not depend on it.
    """

    def __init__(self, path: str | os.PathLike[str], backend: str = "auto", threads: int = 1) -> None:
        self._lib = _native.lib()
        self._threads = threads
        self._made_of = (os.path.abspath(path), backend, threads)
        self._handle = ctypes.c_void_p()
        self._local = threading.local()
        options = _native.ModelOptions(backend=backend.encode())
        error = _native.Error()
        status = self._lib.jt_model_load(
            os.fsencode(path), ctypes.byref(options), ctypes.byref(self._handle), ctypes.byref(error)
        )
        check(status, error)
        self._info = self._read_info()

    def __del__(self) -> None:
        # Contexts hold the model alive in C; each thread's is freed with its thread-local storage.
        handle = getattr(self, "_handle", None)
        if handle:
            self._lib.jt_model_free(handle)
            self._handle = ctypes.c_void_p()

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process loads the file again; one that comes with jettag by its name, wherever it is there.
        return load, self._made_of

    def __repr__(self) -> str:
        return f"<jettag.Model {self._info['name']} on {self._info['backend']}>"

    def _read_info(self) -> dict[str, Any]:
        raw = _native.ModelInfo()
        check(self._lib.jt_model_info_get(self._handle, ctypes.byref(raw)))
        info: dict[str, Any] = {}
        for name, *_ in raw._fields_:
            value = getattr(raw, name)
            if name in ("size", "header_length"):
                continue
            if name in _INFO_ARRAYS:
                info[name] = tuple(value)
            elif isinstance(value, bytes):
                info[name] = value.decode()
            else:
                info[name] = value
        info["header"] = json.loads(info["header"])
        for flag in ("needs_classes", "reads_image"):
            info[flag] = bool(info[flag])
        info["features"] = [self._lib.jt_model_feature(self._handle, i).decode() for i in range(info["n_features"])]
        return info

    @property
    def info(self) -> dict[str, Any]:
        """Fields of jt_model_info, the feature names, and under "header" all that the file says."""
        return dict(self._info)

    @property
    def working_points(self) -> npt.NDArray[np.float64]:
        """Rows of signal efficiency, threshold, background efficiency and its error."""
        rows = np.empty((self._info["n_working_points"], 4))
        point = _native.WorkingPoint()
        for i in range(len(rows)):
            check(self._lib.jt_model_working_point(self._handle, i, ctypes.byref(point)))
            rows[i] = (
                point.signal_efficiency,
                point.threshold,
                point.background_efficiency,
                point.background_error,
            )
        return rows

    def threshold(self, signal_efficiency: float) -> float:
        """Score at and above which a jet is tagged, for a wanted signal efficiency.

        Parameters
        ----------
        signal_efficiency : float
            Inside the range of `working_points`; between two of them the threshold is linear.

        Returns
        -------
        float
        """
        point = _native.WorkingPoint()
        status = self._lib.jt_model_threshold(self._handle, signal_efficiency, ctypes.byref(point))
        check(status, text=f"no working points around a signal efficiency of {signal_efficiency}")
        return float(point.threshold)

    def selftest(self) -> float:
        """Tag the golden jets in the model file.

        Returns
        -------
        float
            Largest absolute difference from the scores stored there, at most 1e-5.

        Raises
        ------
        SelftestError
            When it is larger.
        """
        largest = ctypes.c_double()
        error = _native.Error()
        check(self._lib.jt_model_selftest(self._handle, ctypes.byref(largest), ctypes.byref(error)), error)
        return largest.value

    def tag(
        self,
        jets: JetsLike,
        classes: npt.ArrayLike | None = None,
        return_statuses: bool = False,
    ) -> Any:
        """Score jets.

        Parameters
        ----------
        jets : tuple of (momenta, offsets) or ndarray
            See `jettag.load`.
        classes : array_like of int, optional
            Class of each constituent: 0 neutral, 1 charged track, 2 muon. Needed by colour models.
        return_statuses : bool
            Also return a status per jet (0 tagged; words from `jettag.status_text`).

        Returns
        -------
        ndarray of float32, or a tuple of it and ndarray of uint8
            Near 1 a top, near 0 QCD; NaN for a jet that cannot be scored.
        """
        view = JetView(jets, classes)
        scores = np.empty(view.n_jets, np.float32)
        statuses = np.empty(view.n_jets, np.uint8)
        output = _native.Output(scores=scores.ctypes.data, statuses=statuses.ctypes.data)
        context = self._context()
        status = self._lib.jt_tag_jets(context, ctypes.byref(view.struct), ctypes.byref(output))
        check(status, text=self._lib.jt_context_error(context).decode())
        return (scores, statuses) if return_statuses else scores

    def tag_images(self, images: npt.ArrayLike, features: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
        """Score ready network inputs.

        Parameters
        ----------
        images : array_like
            (n, channels, rows, columns), standardised, cropped and resized: what `network_inputs` gives. On the backend
            cuda also an array in the GPU's memory (with `__cuda_array_interface__`: CuPy, PyTorch, Numba), packed
            float32; `features` is there too then, and what writes them has ended.
        features : array_like, optional
            (n, n_values of `info`): features, standardised, then constituents and pairs where the network reads such.
            Exactly when `n_values` is not 0.

        Returns
        -------
        ndarray of float32
            (n,) scores.
        """
        if _device.is_on_device(images):
            return self._tag_on_device(images, features)
        pixels = np.ascontiguousarray(images, np.float32)
        if pixels.ndim != 4 or pixels.shape[1:] != self._info["image_shape"]:
            raise ArgumentError(f"images must have shape (n, *{self._info['image_shape']}), not {pixels.shape}")
        n = len(pixels)
        values = None
        if features is not None:
            values = np.ascontiguousarray(features, np.float32)
            if values.shape != (n, self._info["n_values"]):
                raise ArgumentError(f"features must have shape ({n}, {self._info['n_values']}), not {values.shape}")
        address = values.ctypes.data if values is not None else None
        return self._tag_inputs(self._context(), pixels.ctypes.data, address, n)

    def _tag_on_device(self, images: Any, features: Any) -> npt.NDArray[np.float32]:
        n = int(images.__cuda_array_interface__["shape"][0])
        pixels = _device.address(images, "images", (n, *self._info["image_shape"]))
        values = None
        if features is not None:
            values = _device.address(features, "features", (n, self._info["n_values"]))
        return self._tag_inputs(self._context(_native.ON_DEVICE), pixels, values, n)

    def _tag_inputs(
        self, context: ctypes.c_void_p, images: int, features: int | None, n: int
    ) -> npt.NDArray[np.float32]:
        scores = np.empty(n, np.float32)
        output = _native.Output(scores=scores.ctypes.data)
        status = self._lib.jt_tag_images(context, images, features, n, ctypes.byref(output))
        check(status, text=self._lib.jt_context_error(context).decode())
        return scores

    def network_inputs(
        self, jets: JetsLike, classes: npt.ArrayLike | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32] | None, npt.NDArray[np.uint8]]:
        """What the network sees of these jets.

        Parameters
        ----------
        jets, classes
            As for `tag`.

        Returns
        -------
        images : ndarray of float32
            (n, channels, rows, columns); NaN for a jet that cannot be scored.
        features : ndarray of float32 or None
            (n, n_values of `info`): features, then constituents and pairs, as `tag_images` takes them. None for a
            network on images alone.
        statuses : ndarray of uint8
            (n,), 0 where all is well.
        """
        view = JetView(jets, classes)
        images = np.empty((view.n_jets, *self._info["image_shape"]), np.float32)
        n_values = self._info["n_values"]
        features = np.empty((view.n_jets, n_values), np.float32) if n_values else None
        statuses = np.empty(view.n_jets, np.uint8)
        context = self._context()
        status = self._lib.jt_network_inputs(
            context,
            ctypes.byref(view.struct),
            images.ctypes.data,
            features.ctypes.data if features is not None else None,
            statuses.ctypes.data,
        )
        check(status, text=self._lib.jt_context_error(context).decode())
        return images, features, statuses

    def _context(self, inputs: int = _native.ON_HOST) -> ctypes.c_void_p:
        """This thread's context for inputs that lie there, made when the thread first needs it."""
        holders = self._local.__dict__.setdefault("holders", {})
        if inputs not in holders:
            holders[inputs] = _ContextHolder(self._lib, self._handle, self._threads, inputs)
        found: ctypes.c_void_p = holders[inputs].handle
        return found


class _ContextHolder:
    """Frees a context when its thread, or the model, goes."""

    def __init__(self, lib: ctypes.CDLL, model: ctypes.c_void_p, threads: int, inputs: int) -> None:
        self._lib = lib
        self.handle = ctypes.c_void_p()
        error = _native.Error()
        options = _native.ContextOptions(threads=threads, inputs=inputs)
        status = lib.jt_context_create(model, ctypes.byref(options), ctypes.byref(self.handle), ctypes.byref(error))
        check(status, error)

    def __del__(self) -> None:
        if self.handle:
            self._lib.jt_context_free(self.handle)


def _folders() -> list[Path]:
    mine = [Path(folder) for folder in os.environ.get("JETTAG_MODELS", "").split(os.pathsep) if folder]
    return [*mine, _native.PACKAGE / "_models", _native.CHECKOUT / "models" / "zoo"]


def models() -> list[str]:
    """Names of the models that come with jettag or are in a folder of JETTAG_MODELS, for `jettag.load`.

    Folders of that environment variable are separated as those of PATH, and looked into first.

    Returns
    -------
    list of str
    """
    return sorted({path.stem for folder in _folders() for path in folder.glob("*.jtm")})


# The shipped model that tells tops from QCD best, for jets of the sample `toptag`.
DEFAULT_MODEL = "ensemble-gf"


def load(name_or_path: str | os.PathLike[str] = DEFAULT_MODEL, backend: str = "auto", threads: int = 1) -> Model:
    """Load a model.

    Parameters
    ----------
    name_or_path : str or path-like
        A name from `jettag.models()`, or a .jtm file; by default `jettag.DEFAULT_MODEL`.
    backend : str
        "auto", or a name from `jettag.backends()`.
    threads : int
        That share the jets of a call; scores do not depend on it.

    Returns
    -------
    Model
        Its `tag` takes jets as (momenta (N, 4) px py pz E in GeV, offsets (n + 1)), as a padded array (n, m, 4) of
        E px py pz, or as an awkward array of records with px, py, pz, E or pt, eta, phi, mass.

    Raises
    ------
    ModelFileError, BackendError
        With the library's own words.
    """
    model = Model(_shipped(name_or_path) or name_or_path, backend, threads)
    model._made_of = (portable_name(name_or_path), backend, threads)
    return model


def _shipped(name: str | os.PathLike[str]) -> Path | None:
    places = (folder / f"{os.fspath(name)}.jtm" for folder in _folders())
    return next((path for path in places if path.exists()), None)


def portable_name(name_or_path: str | os.PathLike[str]) -> str:
    """What `load` takes in another process, in any folder.

    Parameters
    ----------
    name_or_path : str or path-like
        As for `load`.

    Returns
    -------
    str
        A name stays one, since the other process may have its models elsewhere; a path becomes absolute.
    """
    return os.fspath(name_or_path) if _shipped(name_or_path) else os.path.abspath(name_or_path)
