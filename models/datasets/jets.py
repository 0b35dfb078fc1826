"""Jets of the detector's constituents: clustering, and which of them make a sample.

`clustered` needs fastjet and awkward (models/datasets/requirements.txt).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.datasets.particles import Constituents, Integers, Reals, Tops, distance
from models.datasets.samples import Sample


@dataclass
class Clustered:
    """Jets of events.

    Attributes
    ----------
    event : ndarray of int64
        Number of the event.
    pt, eta, phi : ndarray of float64
        GeV; pseudorapidity.
    offsets, rows : ndarray of int64
        The constituents of jet i are rows[offsets[i]] .. rows[offsets[i + 1] - 1].
    """

    event: Integers
    pt: Reals
    eta: Reals
    phi: Reals
    offsets: Integers
    rows: Integers


def clustered(constituents: Constituents, n_events: int, radius: float, pt_min: float) -> Clustered:
    """Anti-kT jets.

    Parameters
    ----------
    constituents : Constituents
        In any order.
    n_events : int
        Events have numbers below it.
    radius : float
        Of the jets.
    pt_min : float
        GeV; softer jets are left out.

    Returns
    -------
    Clustered
        Event by event.
    """
    import awkward
    import fastjet

    order = np.argsort(constituents.event, kind="stable").astype(np.int64)
    pt, eta, phi = (getattr(constituents, name)[order] for name in ("pt", "eta", "phi"))
    momenta = {"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta), "E": pt * np.cosh(eta)}
    counts = np.bincount(constituents.event, minlength=n_events)
    events = awkward.unflatten(awkward.zip(momenta, with_name="Momentum4D"), counts)
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, radius)
    sequence = fastjet.ClusterSequence(events, definition)
    found = sequence.inclusive_jets(pt_min)
    within = sequence.constituent_index(pt_min)
    event = np.repeat(np.arange(n_events, dtype=np.int64), np.asarray(awkward.num(found)))
    sizes = np.asarray(awkward.flatten(awkward.num(within, axis=2)), np.int64)
    px, py, pz = (np.asarray(awkward.flatten(found[name]), np.float64) for name in ("px", "py", "pz"))
    jet_pt = np.hypot(px, py)
    first = np.repeat((np.cumsum(counts) - counts)[event], sizes)
    rows = order[first + np.asarray(awkward.flatten(within, axis=None), np.int64)]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Clustered(event, jet_pt, np.arcsinh(pz / jet_pt), np.arctan2(py, px), offsets, rows)


def in_window(jets: Clustered, sample: Sample) -> np.ndarray:
    """Whether jets lie in a sample's window.

    Parameters
    ----------
    jets : Clustered
        Any.
    sample : Sample
        Whose window.

    Returns
    -------
    ndarray of bool
    """
    low, high = sample.pt
    result: np.ndarray = (jets.pt >= low) & (jets.pt <= high) & (np.abs(jets.eta) < sample.eta_max)
    return result


def leading(jets: Clustered, sample: Sample) -> Integers:
    """The hardest jet of each event, where it lies in the window.

    Parameters
    ----------
    jets, sample
        As for `in_window`; jets above the window among them.

    Returns
    -------
    ndarray of int64
        Numbers of jets.
    """
    falling = np.lexsort((-jets.pt, jets.event))
    _, first = np.unique(jets.event[falling], return_index=True)
    hardest = falling[first]
    return hardest[in_window(jets, sample)[hardest]].astype(np.int64)


def matched(jets: Clustered, tops: Tops, sample: Sample) -> Integers:
    """The nearest jet of each top, where it is near enough and lies in the window.

    Parameters
    ----------
    jets, sample
        As for `in_window`.
    tops : Tops
        Of the same events.

    Returns
    -------
    ndarray of int64
        Numbers of jets, rising, each once.
    """
    # Every top with every jet of its event.
    starts = np.searchsorted(jets.event, tops.event)
    counts = np.searchsorted(jets.event, tops.event, side="right") - starts
    top = np.repeat(np.arange(len(counts)), counts)
    jet = np.arange(counts.sum()) + np.repeat(starts - np.cumsum(counts) + counts, counts)
    apart = distance(jets.eta[jet], jets.phi[jet], tops.eta[top], tops.phi[top])
    by_distance = np.lexsort((apart, top))
    _, first = np.unique(top[by_distance], return_index=True)
    nearest = by_distance[first]
    nearest = nearest[apart[nearest] < sample.match]
    jet, top = jet[nearest], top[nearest]
    good = in_window(jets, sample)[jet]
    if sample.merge is not None:
        quarks = distance(tops.quark_eta[top], tops.quark_phi[top], jets.eta[jet, None], jets.phi[jet, None])
        good &= (quarks < sample.merge).all(axis=1)
    return np.unique(jet[good]).astype(np.int64)
