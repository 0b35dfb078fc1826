"""The generator's detector, against formulas written another way.

Expected numbers are those of docs/datasets.md, written out here.
"""

import numpy as np
import pytest

from detector_helpers import ELECTRON, MUON, NEUTRON, PHOTON, PION, agrees, particles
from models.datasets import detector, towers, tracks
from models.datasets.samples import SAMPLES


# --- tracks ----------------------------------------------------------------------------------------------------------
def exit_by_integration(pt, eta, phi, charge, field, radius, half_length, step=1e-3):
    """The force of the field, step by step, until a particle has left the cylinder; steps in metres."""
    momentum = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], 1)
    total = np.linalg.norm(momentum, axis=1, keepdims=True)
    direction, place = momentum / total, np.zeros_like(momentum)
    curvature = 0.299792458 * charge[:, None] / total  # per metre, in the field
    b = np.array([0.0, 0.0, field])
    left, found = np.full(len(pt), False), np.full((len(pt), 3), np.nan)
    while not left.all():

        def turn(direction):
            return curvature * np.cross(direction, b)

        k1 = turn(direction)
        k2 = turn(direction + step / 2 * k1)
        k3 = turn(direction + step / 2 * k2)
        k4 = turn(direction + step * k3)
        after = place + step * direction + step**2 / 6 * (k1 + k2 + k3)
        direction = direction + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        for over, size in ((np.hypot(*after[:, :2].T), radius), (np.abs(after[:, 2]), half_length)):
            before = np.hypot(*place[:, :2].T) if size == radius else np.abs(place[:, 2])
            now = (over >= size) & ~left
            share = (size - before[now]) / (over[now] - before[now])
            found[now] = place[now] + share[:, None] * (after[now] - place[now])
            left |= now
        place = after
    return np.arcsinh(found[:, 2] / np.hypot(found[:, 0], found[:, 1])), np.arctan2(found[:, 1], found[:, 0])


@pytest.mark.parametrize(
    ("sample", "field", "radius", "half_length"), [("toptag", 2, 1.15, 3.51), ("cms", 3.8, 1.29, 3)]
)
def test_bending_is_what_the_force_of_the_field_does(sample, field, radius, half_length):
    rng = np.random.default_rng(1)
    n = 60
    # Barrel, end caps, and particles that turn round and round until they reach an end.
    pt = np.concatenate([np.exp(rng.uniform(np.log(0.5), np.log(100), n)), rng.uniform(0.15, 0.34, n)])
    eta = np.concatenate([rng.uniform(-2.8, 2.8, n), rng.choice([-1, 1], n) * rng.uniform(0.5, 2.5, n)])
    phi, charge = rng.uniform(-np.pi, np.pi, 2 * n), rng.choice([-1.0, 1.0], 2 * n)
    expected_eta, expected_phi = exit_by_integration(pt, eta, phi, charge, field, radius, half_length)
    found_eta, found_phi = tracks.at_calorimeter(
        particles(PION, pt, eta, phi, charge), SAMPLES[sample].detector.solenoid
    )
    np.testing.assert_allclose(found_eta, expected_eta, rtol=0, atol=2e-4)
    assert np.abs((found_phi - expected_phi + np.pi) % (2 * np.pi) - np.pi).max() < 2e-4
    assert np.abs(found_phi).max() <= np.pi


def test_neutral_particles_fly_straight():
    straight = particles(PHOTON, [0.2, 5, 300], [-2.0, 0.0, 1.5], [3.0, 0.1, -3.0])
    eta, phi = tracks.at_calorimeter(straight, SAMPLES["toptag"].detector.solenoid)
    np.testing.assert_array_equal(eta, straight.eta)
    np.testing.assert_array_equal(phi, straight.phi)


@pytest.mark.parametrize(
    ("pdg", "pt", "eta", "chance"),
    [
        (PION, 0.5, 0.7, 0.70),
        (PION, 20.0, -1.4, 0.95),
        (PION, 0.9, -2.0, 0.60),
        (PION, 1.1, 2.4, 0.85),
        (ELECTRON, 0.5, 1.4, 0.73),
        (ELECTRON, 50.0, 0.0, 0.95),
        (ELECTRON, 0.2, 1.6, 0.50),
        (ELECTRON, 50.0, 2.0, 0.83),
        (MUON, 0.5, 0.7, 0.75),
        (MUON, 50.0, 0.7, 0.99),
        (MUON, 0.5, 2.0, 0.70),
        (MUON, 50.0, 2.0, 0.98),
    ],
)
def test_share_of_charged_particles_that_are_found(pdg, pt, eta, chance):
    n = 40_000
    found, _ = tracks.find(particles(pdg, np.full(n, pt), eta, charge=-1), np.random.default_rng(2))
    assert agrees(len(found), n, chance)


def test_nothing_is_found_beyond_the_tracker_nor_below_its_reach_nor_without_charge():
    n, rng = 1000, np.random.default_rng(3)
    for unseen in (
        particles(PION, np.full(n, 5.0), 2.51, charge=1),
        particles(PION, np.full(n, 0.099), 0.0, charge=1),
        particles(PHOTON, np.full(n, 5.0), 0.0),
    ):
        assert len(tracks.find(unseen, rng)[0]) == 0


@pytest.mark.parametrize(
    ("pdg", "pt", "eta", "constant", "slope"),
    [
        (PION, 1.5, 0.4, 0.06, 1.3e-3),
        (PION, 100.0, -1.0, 0.10, 1.7e-3),
        (PION, 30.0, 2.2, 0.25, 3.1e-3),
        (ELECTRON, 60.0, 0.6, 0.05, 1.7e-3),
        (MUON, 200.0, 2.0, 0.025, 3.5e-4),
    ],
)
def test_resolution_of_tracks(pdg, pt, eta, constant, slope):
    n = 50_000
    _, found = tracks.find(particles(pdg, np.full(n, pt), eta, charge=1), np.random.default_rng(4))
    width = np.sqrt(constant**2 + slope**2 * pt**2)
    assert (found > 0).all()
    assert abs(found.mean() / pt - 1) < 5 * width / np.sqrt(len(found))
    # The tails of a log-normal make its width less certain than a Gaussian's.
    assert abs(found.std() / (pt * width) - 1) < 0.03


# --- towers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("sample", list(SAMPLES))
def test_towers_add_up_what_falls_between_their_edges(sample):
    calorimeter = SAMPLES[sample].detector.hadronic
    eta_size, degrees = {"toptag": (0.1, 10), "cms": (0.087, 5), "deeptop": (0.1, 5)}[sample]
    rng = np.random.default_rng(5)
    n = 3000
    event, eta, phi = rng.integers(0, 3, n), rng.uniform(-5.2, 5.2, n), rng.uniform(-np.pi, np.pi, n)
    energy = rng.exponential(5, n)
    grid = towers.Grid(calorimeter)
    hit, total = towers.sums(grid.towers(event, eta, phi), energy)
    assert (np.diff(hit) > 0).all()
    centre_eta, centre_phi = grid.place(hit, None)
    edge = {"toptag": 4.9, "cms": 5.0, "deeptop": 4.9}[sample]
    seen = np.abs(eta) < edge
    assert total.sum() == pytest.approx(energy[seen].sum(), rel=1e-12)
    checked = 0
    for one in range(3):
        edges_eta = eta_size * np.arange(-60, 61)
        edges_phi = np.radians(degrees) * np.arange(-180 // degrees, 180 // degrees + 1)
        there = seen & (event == one)
        expected, _, _ = np.histogram2d(eta[there], phi[there], (edges_eta, edges_phi), weights=energy[there])
        mine = grid.event(hit) == one
        row = np.round(centre_eta[mine] / eta_size - 0.5).astype(int) + 60
        column = np.round(centre_phi[mine] / np.radians(degrees) - 0.5).astype(int) + 180 // degrees
        np.testing.assert_allclose(total[mine], expected[row, column], rtol=1e-9)
        assert (expected > 0).sum() == mine.sum()
        checked += mine.sum()
    assert checked == len(hit)


def test_points_in_a_tower_lie_anywhere_in_it():
    grid = towers.Grid(SAMPLES["toptag"].detector.hadronic)
    one = grid.towers(np.array([7]), np.array([-0.63]), np.array([3.1]))
    many = np.repeat(one, 20_000)
    eta, phi = grid.place(many, np.random.default_rng(6))
    assert (grid.towers(np.full(20_000, 7), eta, phi) == one).all()
    # -0.63 lies between -0.7 and -0.6, 3.1 in the last ten degrees.
    assert (np.histogram(eta, 10, (-0.7, -0.6))[0] > 1700).all()
    assert (np.histogram(np.degrees(phi), 10, (170, 180))[0] > 1700).all()


@pytest.mark.parametrize(
    ("sample", "part", "energy", "eta", "width"),
    [
        ("toptag", "electromagnetic", 50.0, 0.35, np.hypot(0.101 * 50**0.5, 0.0017 * 50)),
        ("toptag", "hadronic", 100.0, -1.05, np.sqrt(0.5205**2 * 100 + 1.59**2 + (0.0302 * 100) ** 2)),
        ("toptag", "hadronic", 100.0, 2.05, np.sqrt(0.706**2 * 100 + (0.05 * 100) ** 2)),
        (
            "cms",
            "electromagnetic",
            60.0,
            1.2,
            (1 + 0.64 * 1.2**2) * np.sqrt((0.008 * 60) ** 2 + 0.11**2 * 60 + 0.4**2),
        ),
        ("cms", "hadronic", 80.0, 0.5, np.hypot(1.5 * 80**0.5, 0.05 * 80)),
    ],
)
def test_resolution_of_calorimeters(sample, part, energy, eta, width):
    n = 50_000
    calorimeter = getattr(SAMPLES[sample].detector, part)
    seen, quoted = towers.measured(calorimeter, np.full(n, energy), np.full(n, eta), np.random.default_rng(7))
    assert abs(seen.mean() - energy) < 5 * width / np.sqrt(n)
    assert abs(seen.std() / width - 1) < 0.03
    assert abs(np.median(quoted) / width - 1) < 0.02


def test_towers_below_threshold_and_significance_are_silent():
    n, rng = 20_000, np.random.default_rng(8)
    calorimeter = SAMPLES["toptag"].detector.hadronic
    seen, _ = towers.measured(calorimeter, np.full(n, 2.0), np.full(n, 0.3), rng)
    loud = seen[seen > 0]
    assert 0 < len(loud) < n
    # E = sigma(E), solved for E: E^2 (1 - 0.0302^2) - 0.5205^2 E - 1.59^2 = 0.
    a, b, c = 1 - 0.0302**2, -(0.5205**2), -(1.59**2)
    assert loud.min() == pytest.approx((-b + np.sqrt(b * b - 4 * a * c)) / (2 * a), rel=1e-3)
    electromagnetic = SAMPLES["toptag"].detector.electromagnetic
    seen, _ = towers.measured(electromagnetic, np.full(n, 0.5), np.full(n, 0.3), rng)
    assert seen[seen > 0].min() == pytest.approx(0.5, rel=1e-3)
    assert agrees((seen > 0).sum(), n, 0.48, 10)


# --- the whole detector ----------------------------------------------------------------------------------------------
def test_particle_flow_of_single_particles():
    n, rng = 4000, np.random.default_rng(9)
    toptag, cms = SAMPLES["toptag"].detector, SAMPLES["cms"].detector
    photons = detector.seen_by(toptag, particles(PHOTON, np.full(n, 40.0), 0.52, 0.3), rng)
    assert len(photons.pt) == n
    assert (photons.kind == 0).all()
    energy = photons.pt * np.cosh(photons.eta)
    assert energy.mean() == pytest.approx(40 * np.cosh(0.52), rel=0.002)
    assert photons.eta.min() > 0.5
    assert photons.eta.max() < 0.6
    assert len(detector.seen_by(toptag, particles(14, np.full(n, 40.0), 0.5), rng).pt) == 0

    muons = detector.seen_by(cms, particles(MUON, np.full(n, 40.0), 0.5, charge=1), rng)
    assert agrees(len(muons.pt), n, 0.99)
    assert agrees((muons.kind == 2).sum(), len(muons.pt), 0.95)
    assert set(np.unique(muons.kind)) == {1, 2}
    soft = detector.seen_by(cms, particles(MUON, np.full(n, 2.0), 0.5, charge=1), rng)
    assert set(np.unique(soft.kind)) == {1}
    assert 2 not in detector.seen_by(toptag, particles(MUON, np.full(n, 40.0), 0.5, charge=1), rng).kind

    # Directions of tracks are those at the collision, not at the calorimeter.
    electrons = detector.seen_by(cms, particles(ELECTRON, np.full(n, 3.0), 0.5, 0.25, charge=-1), rng)
    found = electrons.kind == 1
    assert agrees(found.sum(), n, 0.95)
    assert (electrons.phi[found] == 0.25).all()
    assert (np.abs(electrons.phi[~found] - 0.25) > 0.1).all()


def test_a_neutral_where_the_calorimeter_has_significantly_more_than_its_tracks():
    n, rng = 40_000, np.random.default_rng(10)
    pions = particles(PION, np.full(n, 40.0), 0.05, charge=1)
    seen = detector.seen_by(SAMPLES["toptag"].detector, pions, rng)
    tracked = np.zeros(n, bool)
    tracked[seen.event[seen.kind == 1]] = True
    assert agrees(tracked.sum(), n, 0.95)
    neutral = np.zeros(n, bool)
    neutral[seen.event[seen.kind == 0]] = True
    # Without a track the tower speaks for itself; beside one it is above by more than one sigma in 16 %.
    assert neutral[~tracked].all()
    assert neutral[tracked].mean() == pytest.approx(0.159, abs=0.02)
    excess = (seen.pt * np.cosh(seen.eta))[(seen.kind == 0) & tracked[seen.event]]
    # Both widths together, hadronic calorimeter and track, at 40 GeV.
    width = np.sqrt(0.5205**2 * 40 + 1.59**2 + (0.0302 * 40) ** 2 + 40**2 * (0.06**2 + (1.3e-3 * 40) ** 2))
    assert excess.min() > 0.8 * width
    # Mean of the tail of a Gaussian above one sigma.
    assert excess.mean() == pytest.approx(1.525 * width, rel=0.08)


def test_hard_tracks_are_as_certain_as_the_calorimeter_behind_them():
    n, rng = 20_000, np.random.default_rng(13)
    # The track alone is known to 37 %, the tower to 4 %.
    seen = detector.seen_by(SAMPLES["toptag"].detector, particles(PION, np.full(n, 280.0), 0.05, charge=1), rng)
    tracked = np.zeros(n, bool)
    tracked[seen.event[seen.kind == 1]] = True
    total = np.bincount(seen.event, seen.pt * np.cosh(seen.eta), n)[tracked]
    assert total.mean() == pytest.approx(280, rel=0.01)
    assert total.std() < 20
    assert total.max() < 400
    # 10 +- 1 and 16 +- 2.
    assert detector._combined(10.0, 1.0, 16.0, 2.0) == pytest.approx(11.2)


def test_towers_of_deeptop_lie_at_centres_and_hold_both_calorimeters():
    n, rng = 3000, np.random.default_rng(11)
    both = particles(PHOTON, np.full(2 * n, 30.0), 0.33, 0.2, event=np.tile(np.arange(n), 2))
    both.pdg[n:] = NEUTRON
    seen = detector.seen_by(SAMPLES["deeptop"].detector, both, rng)
    assert len(seen.pt) == n
    # 0.33 lies in 0.3 to 0.4, 0.2 rad = 11.46 degrees in 10 to 15.
    np.testing.assert_allclose(seen.eta, 0.35, atol=1e-12)
    np.testing.assert_allclose(np.degrees(seen.phi), 12.5, atol=1e-9)
    energy = seen.pt * np.cosh(seen.eta)
    assert energy.mean() == pytest.approx(60 * np.cosh(0.33), rel=0.01)
    soft = detector.seen_by(SAMPLES["deeptop"].detector, particles(PHOTON, np.full(n, 0.9), 0.33), rng)
    assert 0 < len(soft.pt) < n
    assert (soft.pt * np.cosh(soft.eta)).min() >= 1 - 1e-12
