"""The network of a model file, with no more than NumPy."""

from __future__ import annotations

from models import jtm
from models.networks import Network


def network_of(stored: jtm.Model) -> Network:
    """The network that a model file describes.

    Parameters
    ----------
    stored : Model
        As `jtm.read` gives it.

    Returns
    -------
    Network
    """
    header = stored.header
    n_features = len(header["features"]["names"]) if "features" in header else 0
    return Network(header["name"], "", header["image"], "mean" in header["image"], n_features, header["layers"])
