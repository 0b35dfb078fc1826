"""What a network is trained on: images and features from the library itself, kept per shard.

Images are kept as the library renders them, lit pixels only (a tenth of a kilobyte per channel and jet), and become
network inputs batch by batch: flips, standardising, crop and resize are cheap beside a training step. `check_inputs`
makes sure that this gives what the library gives a model.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

import jettag
from models import jtm
from models.datasets.shards import Jets, rows_of
from models.export import Statistics, build
from models.initialise import initial_tensors
from models.networks import Network
from models.scores import library_inputs
from models.training.sets import SetRows

DEVIATION_FLOOR = 1e-3
_CHUNK = 2000
_COMPARED = 64


@dataclass
class Images:
    """Images with few lit pixels, one after the other.

    Attributes
    ----------
    starts : ndarray of int64
        (jets + 1,).
    pixels : ndarray of int32
        Place of each lit pixel in its image, flattened.
    values : ndarray of float32
        What it holds.
    shape : tuple of int
        Channels, rows, columns of one image.
    """

    starts: npt.NDArray[np.int64]
    pixels: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    shape: tuple[int, ...]

    def dense(self, jets: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Whole images.

        Parameters
        ----------
        jets : ndarray of int
            Which ones.

        Returns
        -------
        ndarray of float32
            (jets, channels, rows, columns).
        """
        places, starts = rows_of(self.starts, jets)
        images = np.zeros((len(jets), int(np.prod(self.shape))), np.float32)
        images[np.repeat(np.arange(len(jets)), np.diff(starts)), self.pixels[places]] = self.values[places]
        return images.reshape(len(jets), *self.shape)


def _lit(images: npt.NDArray[np.float32]) -> Images:
    flat = images.reshape(len(images), -1)
    if not np.isfinite(flat).all():
        raise ValueError("a jet has no image: it was to be left out before")
    jets, pixels = np.nonzero(flat)
    starts = np.concatenate([[0], np.cumsum(np.bincount(jets, minlength=len(images)))]).astype(np.int64)
    return Images(starts, pixels.astype(np.int32), flat[jets, pixels], images.shape[1:])


def join_images(parts: Sequence[Images]) -> Images:
    """Images of several shards as one.

    Parameters
    ----------
    parts : sequence of Images
        At least one.

    Returns
    -------
    Images
    """
    counts = np.concatenate([np.diff(part.starts) for part in parts])
    return Images(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.values for part in parts]),
        parts[0].shape,
    )


def render(jets: Jets, recipe: str) -> Images:
    """Images by the library.

    Parameters
    ----------
    jets : Jets
        All usable.
    recipe : str
        Such as `A35`.

    Returns
    -------
    Images
    """
    parts = [jets.part(start, start + _CHUNK) for start in range(0, len(jets), _CHUNK)]
    return join_images([_lit(jettag.images(part.jagged, recipe, part.classes)) for part in parts])


def calculate_features(jets: Jets) -> npt.NDArray[np.float64]:
    """The 53 features by the library.

    Parameters
    ----------
    jets : Jets
        All usable.

    Returns
    -------
    ndarray of float64
        (jets, 53).
    """
    parts = [jets.part(start, start + _CHUNK) for start in range(0, len(jets), _CHUNK)]
    return np.concatenate([jettag.features(part.jagged) for part in parts])


def _kept(path: Path, make: Callable[[], dict[str, Any]], fresh: dict[str, Any]) -> dict[str, Any]:
    """Arrays from a file, if its beginning is what the library gives today; else made and kept."""
    if path.exists():
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files}
        if all(key in arrays and np.array_equal(arrays[key][: len(first)], first) for key, first in fresh.items()):
            return arrays
        print(f"{path.name}: the library gives other numbers now; made again", flush=True)
    arrays = make()
    unfinished = path.with_suffix(".part.npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(unfinished, **arrays)
    unfinished.replace(path)
    return arrays


def shard_images(jets: Jets, recipe: str, folder: Path, shard: str) -> Images:
    """Images of a shard's usable jets, rendered once.

    Parameters
    ----------
    jets : Jets
        The shard's usable jets.
    recipe : str
        Such as `A35`.
    folder : Path
        Where they are kept.
    shard : str
        Name to keep them under.

    Returns
    -------
    Images
    """

    def arrays_of(images: Images) -> dict[str, Any]:
        return {"starts": images.starts, "pixels": images.pixels, "values": images.values}

    fresh = render(jets.part(0, _COMPARED), recipe)
    kept = _kept(
        folder / f"{shard}_{recipe}.npz",
        lambda: arrays_of(render(jets, recipe)),
        arrays_of(fresh),
    )
    return Images(kept["starts"], kept["pixels"], kept["values"], fresh.shape)


def shard_features(jets: Jets, folder: Path, shard: str) -> npt.NDArray[np.float64]:
    """Features of a shard's usable jets, calculated once.

    Parameters
    ----------
    jets : Jets
        The shard's usable jets.
    folder : Path
        Where they are kept.
    shard : str
        Name to keep them under.

    Returns
    -------
    ndarray of float64
    """
    fresh = {"features": calculate_features(jets.part(0, _COMPARED))}
    features: npt.NDArray[np.float64] = _kept(
        folder / f"{shard}_features.npz", lambda: {"features": calculate_features(jets)}, fresh
    )["features"]
    return features


def image_statistics(images: Images, jets: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean and standard deviation of every pixel.

    Parameters
    ----------
    images : Images
        Of the training jets, and perhaps of others behind them.
    jets : int
        How many of them to take.

    Returns
    -------
    tuple of ndarray of float32
        Deviations are raised to 0.001 of the largest of their channel, or pixels seldom lit blow up.
    """
    size, end = int(np.prod(images.shape)), int(images.starts[jets])
    values = images.values[:end].astype(np.float64)
    mean = np.bincount(images.pixels[:end], values, size) / jets
    square = np.bincount(images.pixels[:end], values**2, size) / jets
    deviation = np.sqrt(np.maximum(square - mean**2, 0)).reshape(images.shape)
    floor = DEVIATION_FLOOR * deviation.max(axis=(1, 2), keepdims=True)
    return mean.reshape(images.shape).astype(np.float32), np.maximum(deviation, floor).astype(np.float32)


def measure(network: Network, images: Images | None, features: npt.NDArray[np.float64] | None, jets: int) -> Statistics:
    """What to standardise with, from the first `jets` jets.

    Parameters
    ----------
    network : Network
        Says what it needs.
    images : Images or None
        Of all jets; None where the network reads no image.
    features : ndarray of float64 or None
        Of all jets.
    jets : int
        How many are for training.

    Returns
    -------
    Statistics
    """
    found = Statistics()
    if network.standardised and images is not None:
        found.image_mean, found.image_deviation = image_statistics(images, jets)
        dark = [
            name for name, one in zip(network.image["channels"], found.image_deviation, strict=True) if not one.any()
        ]
        if dark:
            raise ValueError(f"no jet has light in {', '.join(dark)}: the network is not for these jets")
    if features is not None:
        deviation = features[:jets].std(axis=0)
        if not (deviation > 0).all():
            constant = [name for name, one in zip(jettag.FEATURES, deviation, strict=True) if one == 0]
            raise ValueError(f"features that never change cannot be standardised: {constant}")
        found.feature_names = jettag.FEATURES
        found.feature_mean = features[:jets].mean(axis=0).astype(np.float32)
        found.feature_deviation = deviation.astype(np.float32)
    return found


class Inputs:
    """Network inputs, batch by batch.

    Parameters
    ----------
    network : Network
        Whose inputs they are.
    images : Images or None
        Of all jets; None where the network reads no image.
    features : ndarray of float64 or None
        Of all jets.
    statistics : Statistics
        To standardise with.
    sets : SetRows, optional
        Constituents and pairs, for a network that reads such.
    """

    def __init__(
        self,
        network: Network,
        images: Images | None,
        features: npt.NDArray[np.float64] | None,
        statistics: Statistics,
        sets: SetRows | None = None,
    ) -> None:
        # Images of paper B are flipped already, so that their brightest quadrant is always the same.
        self.mirrors = network.image["frame"] == "hardest"
        self._images = images
        self._shape = network.image_shape
        self._sets = sets
        self._crop = network.image.get("crop")
        self._resize = network.image.get("resize")
        self._mean, self._deviation = statistics.image_mean, statistics.image_deviation
        self._features: Tensor | None = None
        if features is not None and statistics.feature_mean is not None and statistics.feature_deviation is not None:
            standardised = (features - statistics.feature_mean) / statistics.feature_deviation
            self._features = torch.from_numpy(standardised.astype(np.float32))

    def batch(self, jets: npt.NDArray[np.int64], flips: torch.Generator | None = None) -> tuple[Tensor, Tensor | None]:
        """Images of some jets, and what else the network reads, in rows.

        Parameters
        ----------
        jets : ndarray of int
            Which ones.
        flips : torch.Generator, optional
            Mirrors each image, with a chance of one half, along either axis.

        Returns
        -------
        tuple of Tensor and Tensor or None
        """
        mirrored = {}
        if flips is not None:
            mirrored = {axis: torch.rand(len(jets), generator=flips) < 0.5 for axis in (2, 3)}
        rows = [] if self._features is None else [self._features[torch.from_numpy(jets)]]
        if self._sets is not None:
            rows.append(self._sets.batch(jets, mirrored))
        return self._dense(jets, mirrored), torch.cat(rows, 1) if rows else None

    def _dense(self, jets: npt.NDArray[np.int64], mirrored: dict[int, Tensor]) -> Tensor:
        """Images, or zeros where the network does not look at them."""
        if self._images is None:
            return torch.zeros(1).expand(len(jets), *self._shape)
        x = torch.from_numpy(self._images.dense(jets))
        for axis, chosen in mirrored.items():
            x = torch.where(chosen[:, None, None, None], x.flip(axis), x)
        if self._mean is not None and self._deviation is not None:
            x = (x - torch.from_numpy(self._mean)) / torch.from_numpy(self._deviation)
        if self._crop:
            top, left, rows, columns = self._crop
            x = x[:, :, top : top + rows, left : left + columns]
        if self._resize:
            x = functional.interpolate(x, self._resize, mode="bilinear", align_corners=False)
        return x.contiguous(memory_format=torch.channels_last)


def check_inputs(network: Network, jets: Jets, inputs: Inputs, statistics: Statistics, folder: Path) -> None:
    """Compare the inputs that training sees with the library's, for the first jets.

    Parameters
    ----------
    network : Network
        A model with its first weights is written to `folder` and loaded.
    jets : Jets
        The jets in the order of `inputs`.
    inputs : Inputs
        What training sees.
    statistics : Statistics
        The same as for `inputs`.
    folder : Path
        Where the file goes.

    Raises
    ------
    ValueError
        When they differ by more than rounding.
    """
    path = folder / "inputs.jtm"
    jtm.write(path, build(network, initial_tensors(network, 0), statistics, version="0", created="2026-01-01"))
    images, features = library_inputs(jettag.load(os.fspath(path)), jets.part(0, _COMPARED))
    ours, our_features = inputs.batch(np.arange(min(_COMPARED, len(jets))))
    pairs = [(ours.numpy(), images)]
    if our_features is not None and features is not None:
        pairs.append((our_features.numpy(), features))
    for mine, theirs in pairs:
        flat = theirs.reshape(len(theirs), -1)
        # Rounding goes with the largest number of a jet: neighbours of either sign meet in the resizing.
        allowed = 1e-5 * (1 + np.abs(flat).max(axis=1, keepdims=True))
        if not (np.abs(mine.reshape(flat.shape) - flat) <= allowed).all():
            raise ValueError(f"inputs differ from the library's by {np.abs(mine - theirs).max()}")
