"""Images and features of jets without a model, and the lists of what there is."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag import _native
from jettag._jets import JetsLike, JetView
from jettag.errors import ArgumentError, check


def version() -> str:
    """Version of the library in use."""
    return str(_native.lib().jt_version().decode())


def status_text(status: int) -> str:
    """One sentence for a jet's status.

    Parameters
    ----------
    status : int
        From `Model.tag(..., return_statuses=True)`.

    Returns
    -------
    str
    """
    return str(_native.lib().jt_jet_status_text(int(status)).decode())


def _plain(value: Any) -> Any:
    """A struct's field as a Python value."""
    if isinstance(value, bytes):
        return value.decode()
    return tuple(value) if hasattr(value, "__len__") else value


def _rows(function_name: str, make: Any, *before: Any) -> list[dict[str, Any]]:
    """All rows of a list that the library counts up from 0."""
    function = getattr(_native.lib(), function_name)
    rows: list[dict[str, Any]] = []
    while True:
        info = make()
        if function(len(rows), *before, ctypes.byref(info)) != 0:
            return rows
        rows.append({name: _plain(getattr(info, name)) for name, *_ in info._fields_[1:]})


def recipes() -> list[dict[str, Any]]:
    """Image recipes: name, source, shape (channels, rows, columns), width (eta, phi), needs_classes."""
    return _rows("jt_recipe_info_get", _native.RecipeInfo)


def backends() -> list[dict[str, Any]]:
    """Backends in the order in which "auto" tries them: name, version, available, reason, notes."""
    return _rows("jt_backend_info_get", _native.BackendInfo, None)


def feature_table() -> list[dict[str, str]]:
    """The global features: name, formula, unit."""
    return _rows("jt_feature_info_get", _native.FeatureInfo)


_AXES = {"wta_kt": 0, "kt": 1}


def features(
    jets: JetsLike,
    names: Sequence[str] | None = None,
    *,
    four_point_constituents: int = 0,
    axes: str = "wta_kt",
    return_statuses: bool = False,
) -> Any:
    """Global features of jets (paper A).

    Parameters
    ----------
    jets : tuple of (momenta, offsets) or ndarray
        As for `jettag.load`.
    names : sequence of str, optional
        Some of `jettag.FEATURES`, in the order that is wanted; only what they need is calculated.
    four_point_constituents : int
        Only the hardest so many enter four-point sums, whose cost grows as n^4; 0: all.
    axes : str
        Of N-subjettiness: "wta_kt" (paper A's) or "kt" (E-scheme).
    return_statuses : bool
        Also return a status per jet (words from `jettag.status_text`).

    Returns
    -------
    ndarray of float64, or a tuple of it and ndarray of uint8
        (n, 53), or one column per name; NaN for a jet with values that are not finite or a negative energy.
    """
    view = JetView(jets)
    if axes not in _AXES:
        raise ArgumentError(f"there are no axes '{axes}'; there are {', '.join(_AXES)}")
    options = _native.FeatureOptions(four_point_constituents=four_point_constituents, axes=_AXES[axes])
    n_columns = _native.lib().jt_feature_count()
    if names is not None:
        places = {row["name"]: i for i, row in enumerate(feature_table())}
        unknown = [name for name in names if name not in places]
        if unknown or isinstance(names, str) or not len(names):
            raise ArgumentError(f"names must be a sequence of feature names, not {names!r}; see jettag.FEATURES")
        indices = np.array([places[name] for name in names], np.int32)
        options.indices, options.n_indices, n_columns = indices.ctypes.data, len(indices), len(indices)
    result = np.empty((view.n_jets, n_columns))
    statuses = np.empty(view.n_jets, np.uint8)
    error = _native.Error()
    status = _native.lib().jt_jet_features(
        ctypes.byref(view.struct),
        ctypes.byref(options),
        result.ctypes.data,
        statuses.ctypes.data,
        ctypes.byref(error),
    )
    check(status, error)
    return (result, statuses) if return_statuses else result


def images(jets: JetsLike, recipe: str, classes: npt.ArrayLike | None = None) -> npt.NDArray[np.float32]:
    """Images of jets as a recipe renders them, before standardising, cropping and resizing.

    Parameters
    ----------
    jets : tuple of (momenta, offsets) or ndarray
        As for `jettag.load`.
    recipe : str
        A name from `jettag.recipes()`.
    classes : array_like of int, optional
        Class of each constituent; needed by colour recipes.

    Returns
    -------
    ndarray of float32
        (n, channels, rows (phi), columns (eta)); NaN for a jet that has no image.
    """
    shapes = {row["name"]: row["shape"] for row in recipes()}
    if recipe not in shapes:
        raise ArgumentError(f"there is no image recipe '{recipe}'; there are {', '.join(shapes)}")
    view = JetView(jets, classes)
    result = np.empty((view.n_jets, *shapes[recipe]), np.float32)
    error = _native.Error()
    status = _native.lib().jt_jet_images(
        ctypes.byref(view.struct), recipe.encode(), result.ctypes.data, None, ctypes.byref(error)
    )
    check(status, error)
    return result
