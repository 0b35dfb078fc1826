"""Events in HepMC files, clustered into jets as they are read: pyhepmc reads, FastJet clusters.

What a jet is made of are the particles that leave the collision and could be seen: status 1, no neutrinos and none of
the partners that leave no trace. Nothing is smeared and nothing lost as in a detector.
"""

from __future__ import annotations

import gzip
import io
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jettag.files.jets import JetFile, JetFileError, Piece

ENDS = (".hepmc", ".hepmc2", ".hepmc3")
_FORMATS = {b"HepMC::Asciiv3": "hepmc3", b"HepMC::IO_GenEvent": "hepmc2"}
# Neutrinos, sneutrinos, the lightest neutralino, gravitino, graviton, dark matter: nothing sees them.
_UNSEEN = (12, 14, 16, 18, 39, 51, 52, 53, 1000012, 1000014, 1000016, 1000022, 1000039)
_EVENTS_AT_A_TIME = 100

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Clustering:
    """Which jets of an event are taken.

    Attributes
    ----------
    radius : float
        Of anti-kT.
    pt_min : float
        In GeV.
    eta_max : float
        Of the jet's pseudorapidity, either sign.
    """

    radius: float = 0.8
    pt_min: float = 550.0
    eta_max: float = 2.0

    def __post_init__(self) -> None:
        if not (self.radius > 0 and self.pt_min >= 0 and self.eta_max > 0):
            raise JetFileError(f"jets need a radius and an eta above 0, and no pT below 0: {self}")

    def __str__(self) -> str:
        return f"anti-kT {self.radius:g}, pT > {self.pt_min:g} GeV, |eta| < {self.eta_max:g}"


# The samples that the models that come with jettag were trained on, by the names in their cards.
_OF_SAMPLE = {
    "toptag": Clustering(0.8, 550.0, 2.0),
    "cms": Clustering(1.0, 800.0, 1.0),
    "deeptop": Clustering(1.5, 350.0, 1.0),
}


def clustering_for(
    header: Mapping[str, Any] | None = None,
    radius: float | None = None,
    pt_min: float | None = None,
    eta_max: float | None = None,
) -> Clustering:
    """Jets of the kind that a model was trained on, where nothing else is wanted.

    Parameters
    ----------
    header : mapping, optional
        Of a model; its card names the sample.
    radius, pt_min, eta_max : float, optional
        Wanted instead.

    Returns
    -------
    Clustering
    """
    sample = str((header or {}).get("card", {}).get("sample", "")).partition(":")[0]
    usual = _OF_SAMPLE.get(sample, Clustering())
    return Clustering(
        usual.radius if radius is None else radius,
        usual.pt_min if pt_min is None else pt_min,
        usual.eta_max if eta_max is None else eta_max,
    )


def particle_classes(pid: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint8]:
    """Class of particles, as for `jettag.Model.tag`: 0 neutral, 1 charged, 2 muon.

    Parameters
    ----------
    pid : ndarray of int
        By the Particle Data Group's numbering, of which the quarks of a hadron are digits.

    Returns
    -------
    ndarray of uint8
    """
    size = np.abs(np.asarray(pid, np.int64))
    thirds = np.array([0, -1, 2, -1, 2, -1, 2, 0, 0, 0])
    first, second, third = (thirds[size // ten % 10] for ten in (1000, 100, 10))
    # A meson's second quark is an antiquark.
    charge = np.where(size // 1000 % 10 == 0, second - third, first + second + third)
    lepton = np.isin(size, (11, 13, 15, 17, 24, 34, 37))
    nucleus = size >= 1_000_000_000
    charged = lepton | nucleus | ((size > 100) & (charge != 0))
    return np.where(size == 13, 2, charged).astype(np.uint8)


class _Watched(io.RawIOBase):
    """Bytes of a file, and what of them tells whether it is whole: pyhepmc ends at a bad event without a word."""

    def __init__(self, file: Any) -> None:
        self._file, self.events, self.tail = file, 0, b"\n"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        seen = self.tail + data
        self.events += seen.count(b"\nE ") - self.tail.count(b"\nE ")
        self.tail = seen[-100:]
        return len(data)

    def write(self, data: Any) -> int:  # pyhepmc asks whether there is one
        raise io.UnsupportedOperation("write")

    def close(self) -> None:
        self._file.close()
        super().close()


@dataclass
class _Heap:
    """Jets that wait for a piece to be full."""

    momenta: list[Floats] = field(default_factory=list)
    classes: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    counts: list[npt.NDArray[np.int64]] = field(default_factory=list)
    events: list[npt.NDArray[np.int64]] = field(default_factory=list)
    n_jets: int = 0

    def add(self, momenta: Floats, classes: Any, counts: Any, events: Any) -> None:
        self.momenta.append(momenta)
        self.classes.append(classes)
        self.counts.append(counts)
        self.events.append(events)
        self.n_jets += len(counts)

    def take(self, size: int) -> Piece:
        """The first jets; the others stay."""
        counts, events = np.concatenate(self.counts), np.concatenate(self.events)
        momenta, classes = np.concatenate(self.momenta), np.concatenate(self.classes)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        end = min(size, len(counts))
        cut = int(offsets[end])
        self.momenta, self.classes, self.counts, self.events, self.n_jets = [], [], [], [], 0
        if end < len(counts):
            self.add(momenta[cut:], classes[cut:], counts[end:], events[end:])
        return Piece((momenta[:cut], offsets[: end + 1]), classes[:cut], None, end, {"event": events[:end]})


class HepMCJets(JetFile):
    """Jets of the events of a HepMC file, of every event those of falling pT.

    Parameters
    ----------
    path : path-like
        The file; one that ends in .gz is unpacked on the way.
    clustering : Clustering, optional
        Which jets.
    """

    n_jets = None
    has_labels = False
    columns = ("event",)

    def __init__(self, path: str | os.PathLike[str], clustering: Clustering | None = None) -> None:
        try:
            import fastjet  # noqa: F401  (needed to read, so missed at once)
            import pyhepmc
        except ImportError as error:
            raise JetFileError(
                f"{path}: events need pyhepmc and fastjet, which need awkward and vector "
                "(pip install pyhepmc fastjet awkward vector)"
            ) from error
        self._path, self._hepmc = path, pyhepmc
        self.clustering = clustering or Clustering()
        self.how = str(self.clustering)
        with self._opened() as file:
            try:
                head = file.read(256)
            except (OSError, EOFError, zlib.error) as error:
                raise JetFileError(f"{path}: {error}") from error
        self._format = next((name for key, name in _FORMATS.items() if key in head), None)
        if self._format is None:
            words = head.split(b"\n", 1)[0][:60].decode("utf-8", "replace")
            raise JetFileError(f"{path}: no HepMC text of version 2 or 3: it begins with '{words}'")

    def _opened(self) -> Any:
        try:
            return gzip.open(self._path, "rb") if Path(self._path).suffix == ".gz" else open(self._path, "rb")
        except OSError as error:
            raise JetFileError(f"{self._path}: {error}") from error

    def pieces(self, size: int, start: int = 0) -> Iterator[Piece]:
        """See `JetFile.pieces`. Jets before `start` are clustered as well: nothing says where in the file they are."""
        heap, skip = _Heap(), start
        for some in self._events():
            momenta, classes, counts, events = self._cluster(some)
            left_out = min(skip, len(counts))
            skip -= left_out
            cut = int(counts[:left_out].sum())
            heap.add(momenta[cut:], classes[cut:], counts[left_out:], events[left_out:])
            while heap.n_jets >= size:
                yield heap.take(size)
        if heap.n_jets:
            yield heap.take(size)
        if self._broken is not None:
            raise JetFileError(f"{self._path}: {self._broken}")

    def _events(self) -> Iterator[list[tuple[int, Floats, npt.NDArray[np.uint8]]]]:
        """Number, momenta (n, 4) px, py, pz, E in GeV and classes of the visible particles of some events at a time."""
        self._broken: str | None = None
        some, read = [], 0
        with _Watched(self._opened()) as watched:
            try:
                with self._hepmc.open(watched, format=self._format) as file:
                    for event in file:
                        read += 1
                        some.append(self._visible(event))
                        if len(some) == _EVENTS_AT_A_TIME:
                            yield some
                            some = []
                    while watched.read(1 << 16):  # what is left when it stopped in the middle
                        pass
            except (OSError, EOFError, RuntimeError, zlib.error) as error:
                self._broken = f"after {read} events: {error}"
            if self._broken is None and watched.events > read:
                self._broken = f"after {read} of {watched.events} events: one that cannot be read, or without particles"
            elif self._broken is None and b"END_EVENT_LISTING" not in watched.tail:
                self._broken = f"after {read} events: the file's last line is missing, so others may be"
        if some:
            yield some

    def _visible(self, event: Any) -> tuple[int, Floats, npt.NDArray[np.uint8]]:
        particles = event.numpy.particles
        pid = particles.pid
        seen = (particles.status == 1) & ~np.isin(np.abs(pid), _UNSEEN)
        scale = 1e-3 if event.momentum_unit == self._hepmc.Units.MEV else 1.0
        rows = np.stack([particles.px, particles.py, particles.pz, particles.e], 1)[seen]
        return int(event.event_number), scale * rows, particle_classes(pid[seen])

    def _cluster(
        self, some: list[tuple[int, Floats, npt.NDArray[np.uint8]]]
    ) -> tuple[Floats, npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Momenta and classes of the jets' constituents, how many each jet has, and each jet's event."""
        import awkward as ak
        import fastjet

        some = [one for one in some if len(one[1])]
        if not some:
            none = np.zeros(0, np.int64)
            return np.zeros((0, 4)), np.zeros(0, np.uint8), none, none
        sizes = np.array([len(rows) for _, rows, _ in some])
        momenta, classes = np.concatenate([one[1] for one in some]), np.concatenate([one[2] for one in some])
        if not np.isfinite(momenta).all():
            raise JetFileError(f"{self._path}: a particle's momentum is no number")
        fields = {name: momenta[:, i] for i, name in enumerate(("px", "py", "pz", "E"))}
        particles = ak.unflatten(ak.zip(fields), sizes)
        definition = fastjet.JetDefinition(fastjet.antikt_algorithm, self.clustering.radius)
        sequence = fastjet.ClusterSequence(particles, definition)
        # FastJet's own cut would compare other bits than those that are sorted by.
        jets = sequence.inclusive_jets(min_pt=0.999 * self.clustering.pt_min)
        inside = sequence.constituent_index(min_pt=0.999 * self.clustering.pt_min)
        event = np.repeat(np.arange(len(some)), ak.to_numpy(ak.num(jets)))
        px, py, pz = (ak.to_numpy(ak.flatten(jets[name])) for name in ("px", "py", "pz"))
        pt = np.hypot(px, py)
        eta = np.arcsinh(pz / np.where(pt > 0, pt, 1))
        good = np.flatnonzero((pt > self.clustering.pt_min) & (np.abs(eta) < self.clustering.eta_max))
        order = good[np.lexsort((-pt[good], event[good]))]
        members = ak.flatten(inside)[order]
        counts = ak.to_numpy(ak.num(members)).astype(np.int64)
        first = np.concatenate([[0], np.cumsum(sizes)])[event[order]]
        rows = ak.to_numpy(ak.flatten(members)).astype(np.int64) + np.repeat(first, counts)
        numbers = np.array([number for number, _, _ in some], np.int64)
        return momenta[rows], classes[rows], counts, numbers[event[order]]
