"""Jets as another detector, another calibration or another simulation might give them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.datasets.kinematics import four_momenta
from models.datasets.shards import Jets, with_some

Random = np.random.Generator
Floats = npt.NDArray[np.float64]

SOFT_PT = 0.7
"""Mean transverse momentum of an added particle, GeV."""


def _massless(pt: Floats, eta: Floats, phi: Floats) -> Floats:
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], axis=1)


def _directions(momenta: Floats) -> tuple[Floats, Floats, Floats]:
    pt = np.hypot(momenta[:, 0], momenta[:, 1])
    return pt, np.arcsinh(momenta[:, 2] / pt), np.arctan2(momenta[:, 1], momenta[:, 0])


def _with(jets: Jets, momenta: Floats) -> Jets:
    return Jets(momenta, jets.offsets, jets.labels, jets.classes)


def scaled(jets: Jets, factor: float) -> Jets:
    """All four-momenta times a factor: an energy scale that is wrong.

    Parameters
    ----------
    jets : Jets
        Any.
    factor : float
        About 1.

    Returns
    -------
    Jets
    """
    return _with(jets, jets.momenta * factor)


def smeared(jets: Jets, random: Random, momentum: float = 0.0, angle: float = 0.0) -> Jets:
    """Every constituent measured worse, on its own; they become massless.

    Parameters
    ----------
    jets : Jets
        None of their constituents along the beam.
    random : numpy.random.Generator
        Of the errors.
    momentum : float
        Standard deviation of ln pT.
    angle : float
        Standard deviation of eta and of phi.

    Returns
    -------
    Jets
    """
    pt, eta, phi = _directions(jets.momenta)
    errors = random.standard_normal((3, len(pt)))
    return _with(jets, _massless(pt * np.exp(momentum * errors[0]), eta + angle * errors[1], phi + angle * errors[2]))


def thinned(jets: Jets, random: Random, share: float) -> Jets:
    """Constituents lost by chance: tracks that are not found.

    Parameters
    ----------
    jets : Jets
        Any.
    random : numpy.random.Generator
        Says which.
    share : float
        Of the constituents.

    Returns
    -------
    Jets
    """
    return with_some(jets, random.random(len(jets.momenta)) >= share)


def above(jets: Jets, pt: float) -> Jets:
    """Without the soft constituents: a higher threshold.

    Parameters
    ----------
    jets : Jets
        Any.
    pt : float
        The smallest that stays, GeV.

    Returns
    -------
    Jets
    """
    return with_some(jets, np.hypot(jets.momenta[:, 0], jets.momenta[:, 1]) >= pt)


def sprinkled(jets: Jets, random: Random, mean: float, radius: float) -> Jets:
    """Soft particles all over the jet, as from other collisions or from more of the same one.

    Parameters
    ----------
    jets : Jets
        Without classes, none of them empty.
    random : numpy.random.Generator
        Of the particles.
    mean : float
        Number per jet, Poisson. Their pT falls exponentially, with `SOFT_PT` on average.
    radius : float
        Of the disc around the jet's axis that they fill evenly.

    Returns
    -------
    Jets
    """
    counts = random.poisson(mean, len(jets))
    jet = np.repeat(np.arange(len(jets)), counts)
    _, eta, phi = _directions(four_momenta(jets))
    distance, around = radius * np.sqrt(random.random(len(jet))), random.uniform(-np.pi, np.pi, len(jet))
    pt = random.exponential(SOFT_PT, len(jet))
    soft = _massless(pt, eta[jet] + distance * np.cos(around), phi[jet] + distance * np.sin(around))
    owner = np.concatenate([np.repeat(np.arange(len(jets)), np.diff(jets.offsets)), jet])
    momenta = np.concatenate([jets.momenta, soft])[np.argsort(owner, kind="stable")]
    offsets = jets.offsets + np.concatenate([[0], np.cumsum(counts)])
    return Jets(momenta, offsets.astype(np.int64), jets.labels)


RADIUS = 0.8
"""Of the jets of `toptag`."""

CHANGES: dict[str, Callable[[Jets, Random], Jets]] = {
    "as they are": lambda jets, random: jets,
    "all momenta 2 % higher": lambda jets, random: scaled(jets, 1.02),
    "all momenta 2 % lower": lambda jets, random: scaled(jets, 0.98),
    "pT of each constituent smeared by 10 %": lambda jets, random: smeared(jets, random, momentum=0.1),
    "direction of each smeared by 0.01": lambda jets, random: smeared(jets, random, angle=0.01),
    "5 % of the constituents lost": lambda jets, random: thinned(jets, random, 0.05),
    "constituents below 1 GeV lost": lambda jets, random: above(jets, 1.0),
    "10 soft particles more": lambda jets, random: sprinkled(jets, random, 10.0, RADIUS),
}
"""What is done to jets of `toptag`, by the words of a table."""
