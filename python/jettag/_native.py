"""The C library behind the package: finding it, its structs and its functions.

Nothing here knows what a jet is; the rest of the package calls through `lib()`.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import threading
from ctypes import POINTER, Structure, c_char, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_void_p
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent.parent


class SizedStructure(Structure):
    """A struct that begins with its size, which the constructor fills in."""

    def __init__(self, **values: Any) -> None:
        super().__init__(size=ctypes.sizeof(type(self)), **values)


class Error(SizedStructure):
    """jt_error."""

    _fields_ = [
        ("size", c_size_t),
        ("status", c_int),
        ("offset", c_int64),
        ("key", c_char * 128),
        ("text", c_char * 384),
    ]


class ModelOptions(SizedStructure):
    """jt_model_options."""

    _fields_ = [
        ("size", c_size_t),
        ("backend", c_char_p),
        ("module_directory", c_char_p),
        ("allocator", c_void_p),
        ("log", c_void_p),
        ("log_user", c_void_p),
    ]


class ModelInfo(SizedStructure):
    """jt_model_info."""

    _fields_ = [
        ("size", c_size_t),
        ("name", c_char_p),
        ("version", c_char_p),
        ("created", c_char_p),
        ("licence", c_char_p),
        ("description", c_char_p),
        ("recipe", c_char_p),
        ("image_shape", c_int32 * 3),
        ("recipe_shape", c_int32 * 3),
        ("n_features", c_int32),
        ("n_classes", c_int32),
        ("top_class", c_int32),
        ("max_constituents", c_int32),
        ("min_constituents", c_int32),
        ("needs_classes", c_int32),
        ("n_layers", c_int32),
        ("n_working_points", c_int32),
        ("n_golden", c_int32),
        ("n_parameters", c_int64),
        ("multiply_adds", c_int64),
        ("trained_jets", c_int64),
        ("trained_epochs", c_double),
        ("accuracy", c_double),
        ("auc", c_double),
        ("rejection_50", c_double),
        ("rejection_30", c_double),
        ("sample", c_char_p),
        ("limits", c_char_p),
        ("citation", c_char_p),
        ("backend", c_char_p),
        ("backend_reason", c_char_p),
        ("header", c_char_p),
        ("header_length", c_size_t),
        ("n_values", c_int32),
        ("constituents_shape", c_int32 * 2),
        ("pairs_shape", c_int32 * 2),
        ("reads_image", c_int32),
    ]


class WorkingPoint(SizedStructure):
    """jt_working_point."""

    _fields_ = [
        ("size", c_size_t),
        ("signal_efficiency", c_double),
        ("threshold", c_double),
        ("background_efficiency", c_double),
        ("background_error", c_double),
    ]


# jt_memory.
ON_HOST, ON_DEVICE = 0, 1


class ContextOptions(SizedStructure):
    """jt_context_options."""

    _fields_ = [
        ("size", c_size_t),
        ("max_batch", c_int32),
        ("max_constituents", c_int32),
        ("threads", c_int32),
        ("unused", c_int32),
        ("inputs", c_int),
    ]


class Jets(SizedStructure):
    """jt_jets."""

    _fields_ = [
        ("size", c_size_t),
        ("n_jets", c_int64),
        ("offsets", c_void_p),
        ("padded", c_int64),
        ("n_constituents", c_int64),
        ("momenta", c_void_p),
        ("columns", c_void_p * 4),
        ("stride", c_int64),
        ("number", c_int),
        ("coordinates", c_int),
        ("classes", c_void_p),
        ("class_stride", c_int64),
    ]


class Output(SizedStructure):
    """jt_output."""

    _fields_ = [("size", c_size_t), ("scores", c_void_p), ("logits", c_void_p), ("statuses", c_void_p)]


class RecipeInfo(SizedStructure):
    """jt_recipe_info."""

    _fields_ = [
        ("size", c_size_t),
        ("name", c_char_p),
        ("source", c_char_p),
        ("shape", c_int32 * 3),
        ("width", c_double * 2),
        ("needs_classes", c_int32),
    ]


class FeatureOptions(SizedStructure):
    """jt_feature_options."""

    _fields_ = [
        ("size", c_size_t),
        ("indices", c_void_p),
        ("n_indices", c_int32),
        ("four_point_constituents", c_int32),
        ("axes", c_int),
    ]


class FeatureInfo(SizedStructure):
    """jt_feature_info."""

    _fields_ = [("size", c_size_t), ("name", c_char_p), ("formula", c_char_p), ("unit", c_char_p)]


class BackendInfo(SizedStructure):
    """jt_backend_info."""

    _fields_ = [
        ("size", c_size_t),
        ("name", c_char * 32),
        ("version", c_char * 64),
        ("available", c_int32),
        ("reason", c_char * 256),
        ("notes", c_char * 256),
    ]


# name: (result, arguments); pointers to arrays go as addresses.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "jt_version": (c_char_p, []),
    "jt_status_text": (c_char_p, [c_int]),
    "jt_model_load": (c_int, [c_char_p, POINTER(ModelOptions), POINTER(c_void_p), POINTER(Error)]),
    "jt_model_load_memory": (c_int, [c_char_p, c_size_t, POINTER(ModelOptions), POINTER(c_void_p), POINTER(Error)]),
    "jt_model_free": (None, [c_void_p]),
    "jt_model_info_get": (c_int, [c_void_p, POINTER(ModelInfo)]),
    "jt_model_feature": (c_char_p, [c_void_p, c_int32]),
    "jt_model_working_point": (c_int, [c_void_p, c_int32, POINTER(WorkingPoint)]),
    "jt_model_threshold": (c_int, [c_void_p, c_double, POINTER(WorkingPoint)]),
    "jt_model_selftest": (c_int, [c_void_p, POINTER(c_double), POINTER(Error)]),
    "jt_context_create": (c_int, [c_void_p, POINTER(ContextOptions), POINTER(c_void_p), POINTER(Error)]),
    "jt_context_free": (None, [c_void_p]),
    "jt_context_error": (c_char_p, [c_void_p]),
    "jt_jet_status_text": (c_char_p, [c_int]),
    "jt_tag_jets": (c_int, [c_void_p, POINTER(Jets), POINTER(Output)]),
    "jt_tag_images": (c_int, [c_void_p, c_void_p, c_void_p, c_int64, POINTER(Output)]),
    "jt_network_inputs": (c_int, [c_void_p, POINTER(Jets), c_void_p, c_void_p, c_void_p]),
    "jt_recipe_info_get": (c_int, [c_int32, POINTER(RecipeInfo)]),
    "jt_jet_images": (c_int, [POINTER(Jets), c_char_p, c_void_p, c_void_p, POINTER(Error)]),
    "jt_jet_features": (c_int, [POINTER(Jets), POINTER(FeatureOptions), c_void_p, c_void_p, POINTER(Error)]),
    "jt_feature_count": (c_int32, []),
    "jt_feature_info_get": (c_int, [c_int32, POINTER(FeatureInfo)]),
    "jt_backend_info_get": (c_int, [c_int32, c_char_p, POINTER(BackendInfo)]),
}


def _candidates() -> list[Path]:
    """Where the library may be: named by the user, inside the package, in the checkout's build folder."""
    named = os.environ.get("JETTAG_LIBRARY")
    places = [PACKAGE / "_lib" / "libjettag.so", CHECKOUT / "build" / "lib" / "libjettag.so"]
    return [Path(named)] if named else places


def _open() -> ctypes.CDLL:
    places = _candidates()
    for place in places:
        if place.exists():
            return ctypes.CDLL(str(place))
    installed = ctypes.util.find_library("jettag")
    if installed:
        return ctypes.CDLL(installed)
    looked = ", ".join(str(place) for place in places)
    raise ImportError(
        f"libjettag.so not found: looked at {looked} and in the system's library path. "
        "Build it (sh examples/quickstart.sh does) or name it in JETTAG_LIBRARY."
    )


_lock = threading.Lock()
_library: ctypes.CDLL | None = None


def lib() -> ctypes.CDLL:
    """The loaded library, with all argument types declared.

    Returns
    -------
    ctypes.CDLL
        One object for the whole process.

    Raises
    ------
    ImportError
        When the shared library is not found; the text names the places.
    """
    global _library
    with _lock:
        if _library is None:
            loaded = _open()
            for name, (result, arguments) in _FUNCTIONS.items():
                function = getattr(loaded, name)
                function.restype = result
                function.argtypes = arguments
            _library = loaded
        return _library
