"""jettag: score boosted top jets, from a jet's constituents.

>>> import jettag
>>> model = jettag.load()                       # or a name from jettag.models(), or a path
>>> scores = model.tag((momenta, offsets))      # near 1 a top, near 0 QCD
"""

from __future__ import annotations

from jettag.errors import ArgumentError, BackendError, JettagError, ModelFileError, SelftestError
from jettag.model import DEFAULT_MODEL, Model, load, models
from jettag.standalone import backends, feature_table, features, images, recipes, status_text, version

__version__ = version()
FEATURES: tuple[str, ...] = tuple(row["name"] for row in feature_table())

__all__ = [
    "DEFAULT_MODEL",
    "FEATURES",
    "ArgumentError",
    "BackendError",
    "JettagError",
    "Model",
    "ModelFileError",
    "SelftestError",
    "backends",
    "feature_table",
    "features",
    "images",
    "load",
    "models",
    "recipes",
    "status_text",
    "version",
]
