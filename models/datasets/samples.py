"""The samples in numbers: collisions, windows, detectors. Data only; docs/datasets.md says where each is from."""

from __future__ import annotations

from dataclasses import dataclass

CENTRAL = 1.5
TRACKER = 2.5
"""|eta| up to which tracks are found, the better ones below `CENTRAL`."""

TRACK_PT_MIN = 0.1
TRACK_PT_HARD = 1.0
"""Transverse momenta in GeV between and above which efficiencies hold."""

RESOLUTION_ETA = (0.5, 1.5, 2.5)
"""|eta| up to which the rows of a `TrackKind`'s resolution hold."""


@dataclass(frozen=True)
class TrackKind:
    """How well charged particles of a kind are seen.

    Attributes
    ----------
    central, forward : tuple of float
        Efficiency for pT 0.1 to 1 GeV and above, at |eta| below and above 1.5.
    resolution : tuple of (float, float)
        sigma(pT) / pT = constant (+) slope pT, in quadrature; a row for |eta| below 0.5, 1.5 and 2.5.
    """

    central: tuple[float, float]
    forward: tuple[float, float]
    resolution: tuple[tuple[float, float], ...]


TRACK_KINDS = {
    "hadron": TrackKind((0.70, 0.95), (0.60, 0.85), ((0.06, 1.3e-3), (0.10, 1.7e-3), (0.25, 3.1e-3))),
    "electron": TrackKind((0.73, 0.95), (0.50, 0.83), ((0.03, 1.3e-3), (0.05, 1.7e-3), (0.15, 3.1e-3))),
    "muon": TrackKind((0.75, 0.99), (0.70, 0.98), ((0.010, 1.0e-4), (0.015, 1.5e-4), (0.025, 3.5e-4))),
}


@dataclass(frozen=True)
class Solenoid:
    """A field along the beam inside of a cylinder whose surface is the calorimeter's face.

    Attributes
    ----------
    field : float
        Tesla.
    radius, half_length : float
        Metres.
    """

    field: float
    radius: float
    half_length: float


@dataclass(frozen=True)
class Resolution:
    """sigma(E) of a calorimeter for |eta| up to `eta`.

    sigma(E) = (scale + growth (|eta| - eta_0)^2) (constant E (+) stochastic sqrt(E) (+) noise), the sums (+) in
    quadrature, in GeV.
    """

    eta: float
    constant: float
    stochastic: float
    noise: float = 0.0
    scale: float = 1.0
    growth: float = 0.0
    eta_0: float = 0.0


@dataclass(frozen=True)
class Calorimeter:
    """A calorimeter of towers of one size.

    Attributes
    ----------
    tower : tuple of float
        Size in eta and in degrees of phi; a whole number of towers goes round.
    resolution : tuple of Resolution
        Rising in eta; there are no towers beyond the last.
    energy_min : float
        Towers below this energy in GeV are silent.
    significance_min : float
        And so are those with less than this many sigma(E).
    """

    tower: tuple[float, float]
    resolution: tuple[Resolution, ...]
    energy_min: float
    significance_min: float

    @property
    def eta_max(self) -> float:
        """Where towers end."""
        return self.resolution[-1].eta


@dataclass(frozen=True)
class MuonChambers:
    """Which muons are called so.

    Attributes
    ----------
    pt_min : float
        GeV.
    eta_max : float
        |eta|.
    efficiency : float
        For those.
    """

    pt_min: float
    eta_max: float
    efficiency: float


@dataclass(frozen=True)
class Detector:
    """A detector.

    Attributes
    ----------
    solenoid : Solenoid
        Bends charged particles on their way to the calorimeters.
    electromagnetic, hadronic : Calorimeter
        The first for electrons and photons, the second for hadrons.
    tower_min : float or None
        None: constituents are particle flow. Otherwise they are towers, with at least this energy in GeV in the two
        calorimeters together, at their centres.
    muons : MuonChambers or None
        Where muons are told from other tracks.
    classes : bool
        Whether the sample keeps what kind a constituent is.
    """

    solenoid: Solenoid
    electromagnetic: Calorimeter
    hadronic: Calorimeter
    tower_min: float | None = None
    muons: MuonChambers | None = None
    classes: bool = False


@dataclass(frozen=True)
class PartonCut:
    """When an event is given up before it is complete: its hardest jet of partons is too soft.

    Attributes
    ----------
    widening : float
        Radius of the jets of partons, in units of the sample's. Wider, since what hadrons make one jet of, partons may
        just make two.
    shower_scale : float
        GeV; jets of the partons are looked at once when the shower has come down to this scale, and once at its end.
    at_scale, at_end : float
        Least transverse momentum then, in units of the lower edge of the sample's window.
    """

    widening: float
    shower_scale: float
    at_scale: float
    at_end: float


@dataclass(frozen=True)
class Sample:
    """A sample: half tops, half QCD jets.

    Attributes
    ----------
    beams : float
        Energy of the collision in GeV.
    radius : float
        Of the anti-kT jets.
    pt : tuple of float
        Window in GeV.
    eta_max : float
        |eta| of jets.
    match : float
        Largest distance of a top quark from its jet's axis.
    merge : float or None
        Largest distance of the three quarks of its decay, where that is asked for.
    cut : PartonCut
        Before hadronisation.
    detector : Detector
        What sees the particles.
    shard_jets : int
        In one file.
    """

    beams: float
    radius: float
    pt: tuple[float, float]
    eta_max: float
    match: float
    merge: float | None
    cut: PartonCut
    detector: Detector
    shard_jets: int


HARD_SCALE = 0.45
"""Least transverse momentum of the hard scatter in units of the lower edge of a sample's window."""

_ATLAS_SOLENOID = Solenoid(2.0, 1.15, 3.51)
_ATLAS_ECAL = (Resolution(3.2, 0.0017, 0.101), Resolution(4.9, 0.0350, 0.285))
_ATLAS_HCAL = (Resolution(1.7, 0.0302, 0.5205, 1.59), Resolution(3.2, 0.0500, 0.706), Resolution(4.9, 0.0942, 1.00))

_CMS_SOLENOID = Solenoid(3.8, 1.29, 3.00)
_CMS_ECAL = (
    Resolution(1.5, 0.008, 0.11, 0.40, growth=0.64),
    Resolution(2.5, 0.008, 0.11, 0.40, scale=2.16, growth=5.6, eta_0=2.0),
    Resolution(5.0, 0.107, 2.08),
)
_CMS_HCAL = (Resolution(3.0, 0.050, 1.50), Resolution(5.0, 0.130, 2.70))

SAMPLES: dict[str, Sample] = {
    "toptag": Sample(
        beams=14000.0,
        radius=0.8,
        pt=(550.0, 650.0),
        eta_max=2.0,
        match=0.8,
        merge=0.8,
        cut=PartonCut(1.5, 20.0, 0.85, 0.88),
        detector=Detector(
            _ATLAS_SOLENOID,
            Calorimeter((0.1, 10.0), _ATLAS_ECAL, 0.5, 1.0),
            Calorimeter((0.1, 10.0), _ATLAS_HCAL, 1.0, 1.0),
        ),
        shard_jets=25_000,
    ),
    "cms": Sample(
        beams=13000.0,
        radius=1.0,
        pt=(800.0, 900.0),
        eta_max=1.0,
        match=0.6,
        merge=0.6,
        cut=PartonCut(1.5, 20.0, 0.80, 0.85),
        detector=Detector(
            _CMS_SOLENOID,
            Calorimeter((0.0174, 1.0), _CMS_ECAL, 0.5, 2.0),
            Calorimeter((0.087, 5.0), _CMS_HCAL, 1.0, 1.0),
            muons=MuonChambers(3.0, 2.4, 0.95),
            classes=True,
        ),
        shard_jets=15_000,
    ),
    "deeptop": Sample(
        beams=14000.0,
        radius=1.5,
        pt=(350.0, 450.0),
        eta_max=1.0,
        match=1.2,
        merge=None,
        cut=PartonCut(1.5, 20.0, 0.65, 0.70),
        detector=Detector(
            _ATLAS_SOLENOID,
            Calorimeter((0.1, 5.0), _ATLAS_ECAL, 0.5, 1.0),
            Calorimeter((0.1, 5.0), _ATLAS_HCAL, 1.0, 1.0),
            tower_min=1.0,
        ),
        shard_jets=20_000,
    ),
}
