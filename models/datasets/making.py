"""One shard, from seeds to coded jets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.datasets.detector import seen_by
from models.datasets.events import QCD, TOP, Batch, Source
from models.datasets.jets import clustered, leading, matched
from models.datasets.samples import SAMPLES, Sample
from models.datasets.shards import Jets, encode, joined, rows_of, without_the_softest

_BATCH = 200
_LARGEST_PYTHIA_SEED = 900_000_000


@dataclass(frozen=True)
class Shard:
    """Which shard.

    Attributes
    ----------
    sample : str
        Name of the sample.
    seed : int
        Of the whole sample.
    number : int
        Of the shard: with the seed it determines every jet.
    jets : int
        Even.
    """

    sample: str
    seed: int
    number: int
    jets: int


@dataclass
class Account:
    """What it took to make jets of one kind.

    Attributes
    ----------
    jets : int
        Made.
    hard_scatters : int
        Begun.
    events : int
        Completed: those that passed the cut before hadronisation.
    cross_section_pb : float
        Of the hard scatters.
    """

    jets: int = 0
    hard_scatters: int = 0
    events: int = 0
    cross_section_pb: float = 0.0


Progress = Callable[[int], None]


def chosen_jets(
    sample: Sample, label: int, batch: Batch, random: np.random.Generator
) -> tuple[Jets, npt.NDArray[np.int64]]:
    """The jets of some events that belong to a sample.

    Parameters
    ----------
    sample : Sample
        Which sample.
    label : int
        Whether they are events of tops or QCD.
    batch : Batch
        The events.
    random : Generator
        For the detector.

    Returns
    -------
    jets : Jets
        Perhaps none.
    event : ndarray of int64
        Number of each jet's event.
    """
    constituents = seen_by(sample.detector, batch.particles, random)
    found = clustered(constituents, batch.n_events, sample.radius, sample.pt[0])
    chosen = leading(found, sample) if label == QCD else matched(found, batch.tops, sample)
    places, offsets = rows_of(found.offsets, chosen)
    rows = found.rows[places]
    pt, eta, phi = (getattr(constituents, name)[rows] for name in ("pt", "eta", "phi"))
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], axis=1)
    labels = np.full(len(chosen), label, dtype=np.uint8)
    kinds = constituents.kind[rows] if sample.detector.classes else None
    return Jets(momenta, offsets, labels, kinds), found.event[chosen]


def _jets_of_one_kind(
    sample: Sample, label: int, n: int, seeds: np.random.SeedSequence, progress: Progress
) -> tuple[Jets, Account]:
    for_pythia, for_detector = seeds.spawn(2)
    source = Source(sample, label, int(for_pythia.generate_state(1)[0]) % _LARGEST_PYTHIA_SEED + 1)
    random = np.random.default_rng(for_detector)
    account, parts = Account(), []
    while account.jets < n:
        batch = source.batch(_BATCH)
        account.events += batch.n_events
        jets, _ = chosen_jets(sample, label, batch, random)
        if len(jets):
            parts.append(jets)
            account.jets += len(jets)
            progress(len(jets))
    account.hard_scatters, account.cross_section_pb = source.tried(), source.cross_section()
    return joined(parts).part(0, n), account


def seeds_of(shard: Shard) -> Iterator[np.random.SeedSequence]:
    """Independent streams of chance for the parts of a shard: QCD jets, tops, and their order.

    Parameters
    ----------
    shard : Shard
        Which.

    Yields
    ------
    SeedSequence
    """
    sample = list(SAMPLES).index(shard.sample)
    yield from np.random.SeedSequence([shard.seed, sample, shard.number]).spawn(3)


def make(shard: Shard, progress: Progress) -> tuple[dict[str, npt.NDArray[Any]], dict[str, Account]]:
    """Make the jets of a shard.

    Parameters
    ----------
    shard : Shard
        Which.
    progress : callable
        Is told of jets as they are made.

    Returns
    -------
    arrays : dict of str to ndarray
        Coded, tops and QCD jets shuffled.
    accounts : dict of str to Account
        Of `qcd` and `top`.
    """
    sample, half = SAMPLES[shard.sample], shard.jets // 2
    for_qcd, for_tops, for_order = seeds_of(shard)
    qcd, of_qcd = _jets_of_one_kind(sample, QCD, half, for_qcd, progress)
    tops, of_tops = _jets_of_one_kind(sample, TOP, half, for_tops, progress)
    order = np.random.default_rng(for_order).permutation(2 * half)
    return encode(without_the_softest(joined([qcd, tops]).chosen(order))), {"qcd": of_qcd, "top": of_tops}
