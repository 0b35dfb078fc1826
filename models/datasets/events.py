"""Events of Pythia 8, batch by batch: which collisions, which are given up early, particles and tops as columns.

Needs pythia8mc and awkward (models/datasets/requirements.txt).
"""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.datasets.particles import Integers, Particles, Tops
from models.datasets.samples import HARD_SCALE, Sample

QCD, TOP = 0, 1

_PROCESSES = {
    QCD: ("HardQCD:all = on",),
    TOP: ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "24:onMode = off", "24:onIfAny = 1 2 3 4 5"),
}
_TOP_QUARK, _W_BOSON = 6, 24
_ETA_MAX = 6.0
# Where in a shower Pythia asks: after radiation off the hard scatter, not within the decay of a top.
_IN_RESONANCE_DECAY = 5


@dataclass
class Batch:
    """Some events.

    Attributes
    ----------
    n_events : int
        How many; particles have numbers below it.
    particles : Particles
        Of the final state.
    tops : Tops
        None of them in QCD events.
    hard_pt2 : ndarray of float64
        (n_events,) squared transverse momentum of the hard scatter: what tells events apart.
    """

    n_events: int
    particles: Particles
    tops: Tops
    hard_pt2: npt.NDArray[np.float64]


def pythia8() -> Any:
    """The module pythia8mc.

    Returns
    -------
    module
    """
    # As it is imported it runs, as Python, whatever lies in a folder `python` of the folder that one is in, and a
    # checkout of this project has such a folder.
    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty):
        import pythia8mc

    return pythia8mc


def _parton_jets(module: Any, sample: Sample) -> Any:
    anti_kt, visible, true_masses, all_momenta = -1, 2, 2, 1.0
    return module.SlowJet(anti_kt, sample.cut.widening * sample.radius, all_momenta, _ETA_MAX, visible, true_masses)


def parton_cut(module: Any, sample: Sample, watched: list[tuple[float, float]] | None = None) -> Any:
    """What Pythia asks in the course of an event whether to give it up.

    Parameters
    ----------
    module : module
        pythia8mc.
    sample : Sample
        Whose cut.
    watched : list, optional
        When given, no event is given up, and the hardest jet's pT at the shower scale and at the shower's end is
        appended, event by event.

    Returns
    -------
    object
        Of a class derived from pythia8mc.UserHooks; Pythia does not keep it alive.
    """
    cut, jets, low = sample.cut, _parton_jets(module, sample), sample.pt[0]

    class Hook(module.UserHooks):
        """Pythia's names."""

        def __init__(self) -> None:
            module.UserHooks.__init__(self)
            self._at_scale = np.inf

        def canVetoProcessLevel(self) -> bool:
            return watched is not None

        def doVetoProcessLevel(self, event: Any) -> bool:
            self._at_scale = np.inf
            return False

        def canVetoPT(self) -> bool:
            return True

        def scaleVetoPT(self) -> float:
            return cut.shower_scale

        def doVetoPT(self, place: int, event: Any) -> bool:
            if place == _IN_RESONANCE_DECAY:
                return False
            self._at_scale = self._hardest(event)
            return watched is None and self._at_scale < cut.at_scale * low

        def canVetoPartonLevel(self) -> bool:
            return True

        def doVetoPartonLevel(self, event: Any) -> bool:
            at_end = self._hardest(event)
            if watched is not None:
                watched.append((self._at_scale, at_end))
                return False
            return at_end < cut.at_end * low

        def _hardest(self, event: Any) -> float:
            jets.analyze(event)
            return float(jets.pT(0)) if jets.sizeJet() else 0.0

    return Hook()


class Source:
    """Events of one kind, always the same for the same seed.

    Parameters
    ----------
    sample : Sample
        Of which sample.
    label : int
        `QCD` or `TOP`.
    seed : int
        1 to 900,000,000.
    watched : list, optional
        As for `parton_cut`.
    """

    def __init__(self, sample: Sample, label: int, seed: int, watched: list[tuple[float, float]] | None = None) -> None:
        module = pythia8()
        self._pythia = module.Pythia("", False)
        self._hook = parton_cut(module, sample, watched)
        self._charges: dict[int, float] = {}
        settings = (
            "Print:quiet = on",
            "Random:setSeed = on",
            f"Random:seed = {seed}",
            f"Beams:eCM = {sample.beams}",
            f"PhaseSpace:pTHatMin = {HARD_SCALE * sample.pt[0]}",
            "PartonLevel:MPI = off",
            *_PROCESSES[label],
        )
        for setting in settings:
            if not self._pythia.readString(setting):
                raise RuntimeError(f"Pythia does not know the setting '{setting}'")
        self._pythia.setUserHooksPtr(self._hook)
        if not self._pythia.init():
            raise RuntimeError("Pythia does not start")

    def tried(self) -> int:
        """Hard scatters so far, those that were given up among them."""
        return int(self._pythia.infoPython().nSelected())

    def cross_section(self) -> float:
        """Of the hard scatters so far, in pb."""
        picobarns_per_millibarn = 1e9
        info = self._pythia.infoPython()
        kept = int(info.nAccepted()) / max(int(info.nSelected()), 1)
        return float(info.sigmaGen()) * picobarns_per_millibarn / max(kept, 1e-300)

    def batch(self, n: int) -> Batch:
        """The next events.

        Parameters
        ----------
        n : int
            How many pass the cut; fewer come back where Pythia gives one up for reasons of its own.

        Returns
        -------
        Batch
        """
        import awkward

        events = self._pythia.nextBatch(n)
        record = awkward.flatten(events.prt)
        counts = np.asarray(awkward.num(events.prt), np.int64)
        columns = {name: np.asarray(record[name]) for name in ("id", "status", "daughter1", "daughter2")}
        columns |= {name: np.asarray(record["p"][name]) for name in ("px", "py", "pz", "e")}
        columns["event"] = np.repeat(np.arange(len(counts)), counts)
        columns["first"] = np.repeat(np.cumsum(counts) - counts, counts)
        return Batch(len(counts), self._particles(columns), decayed_tops(columns), np.asarray(events.info.pT2Hat))

    def _particles(self, columns: dict[str, npt.NDArray[Any]]) -> Particles:
        rows = np.flatnonzero(columns["status"] > 0)
        pt = np.hypot(columns["px"][rows], columns["py"][rows])
        # Remnants of the beams have no transverse momentum; they fly on through the beam pipe.
        rows, pt = rows[pt > 0], pt[pt > 0]
        eta = np.arcsinh(columns["pz"][rows] / pt)
        rows, pt, eta = (values[np.abs(eta) < _ETA_MAX] for values in (rows, pt, eta))
        kinds, which = np.unique(columns["id"][rows], return_inverse=True)
        for kind in kinds.tolist():
            if kind not in self._charges:
                self._charges[kind] = float(self._pythia.particleData.charge(kind))
        return Particles(
            event=columns["event"][rows].astype(np.int64),
            pdg=np.abs(columns["id"][rows]).astype(np.int64),
            charge=np.array([self._charges[kind] for kind in kinds.tolist()])[which],
            pt=pt,
            eta=eta,
            phi=np.arctan2(columns["py"][rows], columns["px"][rows]),
            energy=columns["e"][rows],
        )


def _last_copies(columns: dict[str, npt.NDArray[Any]], rows: Integers) -> Integers:
    """Follow particles to where they decay."""
    kinds = columns["id"]
    while True:
        after = columns["first"][rows] + columns["daughter1"][rows]
        copied = kinds[after] == kinds[rows]
        if not copied.any():
            return rows
        rows = np.where(copied, after, rows)


def decayed_tops(columns: dict[str, npt.NDArray[Any]]) -> Tops:
    """Tops of events, and the quarks of their decays.

    Parameters
    ----------
    columns : dict of str to ndarray
        The particles of Pythia's event records: `id`, `status`, `daughter1`, `daughter2`, `px`, `py`, `pz`; `event` and
        `first`, the row of the event's first particle.

    Returns
    -------
    Tops
    """
    kinds, first = columns["id"], columns["first"]
    tops = np.flatnonzero(np.abs(kinds) == _TOP_QUARK)
    at_decay = kinds[first[tops] + columns["daughter1"][tops]] != kinds[tops]
    tops = tops[at_decay & (columns["daughter1"][tops] > 0)]
    of_top = first[tops, None] + np.stack([columns["daughter1"][tops], columns["daughter2"][tops]], axis=1)
    is_w = np.abs(kinds[of_top]) == _W_BOSON
    decayed = is_w.any(axis=1)
    tops, of_top, is_w = tops[decayed], of_top[decayed], is_w[decayed]
    bosons = _last_copies(columns, of_top[is_w])
    of_boson = first[bosons, None] + np.stack([columns["daughter1"][bosons], columns["daughter2"][bosons]], axis=1)
    quarks = np.concatenate([of_top[~is_w][:, None], of_boson], axis=1)
    eta, phi = _directions(columns, tops)
    quark_eta, quark_phi = _directions(columns, quarks)
    return Tops(columns["event"][tops].astype(np.int64), eta, phi, quark_eta, quark_phi)


def _directions(
    columns: dict[str, npt.NDArray[Any]], rows: Integers
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    px, py, pz = (columns[name][rows] for name in ("px", "py", "pz"))
    return np.arcsinh(pz / np.hypot(px, py)), np.arctan2(py, px)
