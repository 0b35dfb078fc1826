"""Images and features of jets without a model, and the lists of what there is."""

from __future__ import annotations

import ctypes
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


def features(jets: JetsLike) -> npt.NDArray[np.float64]:
    """Global features of jets (paper A).

    Parameters
    ----------
    jets : tuple of (momenta, offsets) or ndarray
        As for `jettag.load`.

    Returns
    -------
    ndarray of float64
        (n, 53) in the order of `jettag.FEATURES`; NaN for a jet with values that are not finite or a negative energy.
    """
    view = JetView(jets)
    result = np.empty((view.n_jets, _native.lib().jt_feature_count()))
    error = _native.Error()
    status = _native.lib().jt_jet_features(ctypes.byref(view.struct), result.ctypes.data, None, ctypes.byref(error))
    check(status, error)
    return result


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
