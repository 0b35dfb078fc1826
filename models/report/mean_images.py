"""Mean images of tops and of background, per recipe, as the papers show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from jettag.files import Piece
from jettag.plots.images import render_all
from models.datasets.shards import Jets
from models.networks import NETWORKS
from models.report.cache import Cache, load, save
from models.report.jets import Facts
from models.training.samples import sample_of

_CHUNK = 2000


def recipes_of(sample: str) -> list[str]:
    """Recipes that the sample's networks read.

    Parameters
    ----------
    sample : str
        A key of `SAMPLES`.

    Returns
    -------
    list of str
    """
    readers = [n for name, n in NETWORKS.items() if sample_of(name) == sample and n.reads_image]
    return list(dict.fromkeys(str(network.image["recipe"]) for network in readers))


def channels_of(recipe: str) -> list[str]:
    """Channels of a recipe.

    Parameters
    ----------
    recipe : str
        Such as `A35`.

    Returns
    -------
    list of str
    """
    return next(list(n.image["channels"]) for n in NETWORKS.values() if n.image["recipe"] == recipe)


def mean_images(jets: Jets, recipe: str) -> npt.NDArray[np.float64]:
    """Mean images by the library.

    Parameters
    ----------
    jets : Jets
        All of them with an image.
    recipe : str
        Such as `A35`.

    Returns
    -------
    ndarray of float64
        (2, channels, rows (phi), columns (eta)): background, tops.
    """
    parts = (jets.part(start, start + _CHUNK) for start in range(0, len(jets), _CHUNK))
    return render_all((Piece(part.jagged, part.classes, part.labels, len(part)) for part in parts), recipe).means


def _path(cache: Cache, sample: str, recipe: str) -> Path:
    return cache.folder / sample / "images" / f"{recipe}.npz"


def keep_images(cache: Cache, sample: str, jets: Jets, facts: Facts) -> None:
    """Calculate a sample's mean images, unless they are there.

    Parameters
    ----------
    cache : Cache
        Where they go.
    sample : str
        A key of `SAMPLES`.
    jets : Jets
        Test jets.
    facts : Facts
        Of the same jets.
    """
    for recipe in recipes_of(sample):
        path = _path(cache, sample, recipe)
        if path.exists() and str(load(path)["jets_seen"]) == facts.fingerprint:
            continue
        save(path, {"mean": mean_images(jets, recipe), "jets_seen": np.array(facts.fingerprint)})
        print(f"{sample}: mean images {recipe}", flush=True)


def kept_images(cache: Cache, sample: str) -> dict[str, npt.NDArray[np.float64]]:
    """Mean images that are there, by recipe.

    Parameters
    ----------
    cache : Cache
        Where they are.
    sample : str
        A key of `SAMPLES`.

    Returns
    -------
    dict of str to ndarray
        As from `mean_images`.
    """
    paths = [(recipe, _path(cache, sample, recipe)) for recipe in recipes_of(sample)]
    return {recipe: load(path)["mean"] for recipe, path in paths if path.exists()}
