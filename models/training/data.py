"""Jets of a sample with their images and features: for training, validation and testing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from models.datasets.shards import Jets, find, joined, read, usable
from models.networks import Network
from models.training.inputs import Images, join_images, shard_features, shard_images

T = TypeVar("T")


@dataclass
class Data:
    """Training jets, and validation jets behind them.

    Attributes
    ----------
    jets : Jets
        All of them.
    images : Images or None
        Theirs, for networks that read an image.
    features : ndarray of float64 or None
        Theirs, for networks that read features.
    n_train : int
        Jets before this one are for training.
    """

    jets: Jets
    images: Images | None
    features: npt.NDArray[np.float64] | None
    n_train: int


def training_shards(folder: str, sample: str, test_shards: int) -> list[Path]:
    """Shards to train on: all but the last ones.

    Parameters
    ----------
    folder, sample : str
        Files `<sample>_*.npz` of this folder.
    test_shards : int
        How many are kept for testing.

    Returns
    -------
    list of Path
    """
    shards = find(folder, f"{sample}_*.npz")
    if len(shards) <= test_shards:
        raise SystemExit(f"{folder}: {len(shards)} files {sample}_*.npz, of which {test_shards} are for testing")
    return shards[:-test_shards]


def load_training(
    network: Network, shards: list[Path], cache: Path, n_train: int, n_validation: int, more: Sequence[Path] = ()
) -> Data:
    """Read as many shards as are needed.

    Parameters
    ----------
    network : Network
        Says whether images and features are needed, and which images.
    shards : list of Path
        None of them for testing.
    cache : Path
        Folder for images and features.
    n_train, n_validation : int
        Jets; fewer for training when the shards have not so many.
    more : sequence of Path
        Other shards, read when the first ones are not enough; validation jets are never of these.

    Returns
    -------
    Data
    """
    parts: list[Jets] = []
    n_jets = 0
    images: list[Images] = []
    features: list[npt.NDArray[np.float64]] = []
    for shard in [*shards, *more]:
        part = usable(read(shard))
        parts.append(part)
        n_jets += len(part)
        if network.reads_image:
            images.append(shard_images(part, network.image["recipe"], cache, shard.stem))
        if network.n_features:
            features.append(shard_features(part, cache, shard.stem))
        print(f"{shard.name}: {len(part)} jets", flush=True)
        if n_jets >= n_train + n_validation:
            break

    # Validation jets are the last ones: the first shards go behind the others.
    own = parts[: len(shards)]
    last = min(n_jets, n_train + n_validation)
    if more and n_jets - last + n_validation > sum(len(one) for one in own):
        raise SystemExit(f"{n_validation} jets for validation are more than the first shards have")
    jets = joined(_turned(parts, len(own)))
    all_features = np.concatenate(_turned(features, len(own))) if features else None
    all_images = join_images(_turned(images, len(own))) if images else None
    return Data(jets.part(0, last), all_images, all_features, last - n_validation)


def _turned(parts: list[T], n: int) -> list[T]:
    """The first n behind the others."""
    return parts[n:] + parts[:n]
