"""The generator of samples: its detector against formulas written another way, its files, its command.

Expected numbers are those of docs/datasets.md, written out here. What needs Pythia or FastJet is in
test_generator_events.py.
"""

import json
import shutil

import numpy as np
import pytest

import jets_data
from models.datasets import compare, detector, generate, jets, losses, making, shards, towers, tracks
from models.datasets.events import decayed_tops
from models.datasets.making import Account, Shard, seeds_of
from models.datasets.particles import Particles, Tops
from models.datasets.samples import SAMPLES

PION, ELECTRON, MUON, PHOTON, NEUTRON = 211, 11, 13, 22, 2112


def particles(pdg, pt, eta, phi=0.0, charge=0.0, event=None):
    n = max(np.size(one) for one in (pt, eta, phi, charge, 1 if event is None else event))
    pt, eta, phi, charge = (np.broadcast_to(np.asarray(one, float), n).copy() for one in (pt, eta, phi, charge))
    event = np.arange(n) if event is None else np.broadcast_to(event, n).copy()
    return Particles(event, np.full(n, pdg), charge, pt, eta, phi, pt * np.cosh(eta))


def agrees(count, n, chance, sigmas=5):
    return abs(count - n * chance) < sigmas * np.sqrt(n * chance * (1 - chance))


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


# --- jets ------------------------------------------------------------------------------------------------------------
def some_jets():
    """Event 0: 700 and 600 GeV; 1: 600 forward, 560; 2: none; 3: 620, 580."""
    return jets.Clustered(
        event=np.array([0, 0, 1, 1, 3, 3]),
        pt=np.array([600.0, 700.0, 560.0, 600.0, 620.0, 580.0]),
        eta=np.array([0.0, 0.5, 1.0, 2.2, -1.0, 1.0]),
        phi=np.array([0.0, 3.0, 0.0, 3.0, 3.1, 0.0]),
        offsets=np.arange(7),
        rows=np.arange(6),
    )


def test_the_hardest_jet_of_an_event_counts_only_where_it_lies_in_the_window():
    assert jets.leading(some_jets(), SAMPLES["toptag"]).tolist() == [4]


def test_tops_take_their_nearest_jet_when_all_their_quarks_are_near():
    near, far = [0.1, -0.2, 0.3], [0.1, -0.2, 0.9]
    rows = [  # event, eta, phi of the top, how far its quarks are in eta
        (0, 0.1, 0.1, near),  # jet 0
        (0, 0.5, 2.9, near),  # jet 1: too hard
        (1, 1.0, 0.7, near),  # jet 1 0.7 away: jet 2
        (1, 2.2, 3.0, near),  # jet 3: too far forward
        (2, 0.0, 0.0, near),  # no jet
        (3, -1.0, -3.1, far),  # jet 4, across the seam: one quark is outside
        (3, 1.0, 0.9, near),  # jet 5: top is 0.9 away
    ]
    axes = np.array([[0, 0.0], [0.5, 3.0], [1.0, 0.0], [2.2, 3.0], [0, 0], [-1.0, 3.1], [1.0, 0.0]])
    tops = Tops(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        axes[:, :1] + np.array([row[3] for row in rows]),
        np.repeat(axes[:, 1:], 3, axis=1),
    )
    assert jets.matched(some_jets(), tops, SAMPLES["toptag"]).tolist() == [0, 2]
    whole = tops.chosen(np.array([5]))
    whole.quark_eta[:] = -1.0 + np.array(near)
    assert jets.matched(some_jets(), whole, SAMPLES["toptag"]).tolist() == [4]
    twice = tops.chosen(np.array([0, 0]))
    assert jets.matched(some_jets(), twice, SAMPLES["toptag"]).tolist() == [0]


def test_tops_are_followed_to_their_decay():
    # id, daughters, px, py, pz; two events, each counting from its own first particle.
    first = [
        (90, 0, 0, 0, 0, 1),
        (6, 3, 3, 9, 9, 9),
        (-6, 4, 5, 1, 0, 0),
        (6, 6, 7, 0, 1, np.sinh(0.5)),
        (-24, 8, 9, 9, 9, 9),
        (-5, 0, 0, -1, 0, np.sinh(0.1)),
        (5, 0, 0, 1, 0, np.sinh(0.2)),
        (24, 10, 10, 9, 9, 9),
        (1, 0, 0, 1, 1, 0),
        (-2, 0, 0, -1, 1, 0),
        (24, 11, 12, 9, 9, 9),
        (4, 0, 0, 0, -1, np.sinh(0.3)),
        (-3, 0, 0, 0, 1, np.sinh(-0.4)),
    ]
    second = [(90, 0, 0, 0, 0, 1), (21, 2, 2, 1, 0, 0), (21, 0, 0, 1, 0, 0)]
    record = np.array(first + second + first)
    starts = np.repeat([0, len(first), len(first) + len(second)], [len(first), len(second), len(first)])
    columns = dict(zip(("id", "daughter1", "daughter2"), record[:, :3].T.astype(int), strict=True))
    columns |= dict(zip(("px", "py", "pz"), record[:, 3:].T, strict=True))
    columns |= {"event": np.repeat([0, 1, 2], [len(first), len(second), len(first)]), "first": starts}
    tops = decayed_tops(columns)
    assert tops.event.tolist() == [0, 0, 2, 2]
    np.testing.assert_allclose(tops.eta, [0, 0.5, 0, 0.5])
    np.testing.assert_allclose(tops.phi, [0, np.pi / 2, 0, np.pi / 2])
    np.testing.assert_allclose(tops.quark_eta[:2], [[0.1, 0, 0], [0.2, 0.3, -0.4]], atol=1e-15)
    np.testing.assert_allclose(tops.quark_phi[:2], np.pi * np.array([[1, 0.25, 0.75], [0, -0.5, 0.5]]))


# --- shards ----------------------------------------------------------------------------------------------------------
def first_jets(sample, count=40):
    raw = jets_data.load(sample)
    return shards.Jets(raw.momenta, raw.offsets, raw.labels, raw.classes).part(0, count)


@pytest.mark.parametrize("sample", list(SAMPLES))
def test_coding_loses_half_a_step_at_most_and_sorts(sample):
    given = first_jets(sample)
    rng = np.random.default_rng(12)
    # What counts is the momentum, wherever a constituent stands.
    shuffled = np.concatenate([rng.permutation(np.arange(*given.offsets[i : i + 2])) for i in range(len(given))])
    classes = None if given.classes is None else given.classes[shuffled]
    coded = shards.encode(shards.Jets(given.momenta[shuffled], given.offsets, given.labels, classes))
    with np.load(jets_data.DATA / "jets.npz") as file:
        kept = {key.removeprefix(f"{sample}_"): file[key].dtype for key in file.files if key.startswith(sample)}
    assert {key: values.dtype for key, values in coded.items()} == kept
    found = shards.decode(coded)
    np.testing.assert_array_equal(found.offsets, given.offsets)
    np.testing.assert_array_equal(found.labels, given.labels)
    pt, expected = np.hypot(*found.momenta[:, :2].T), np.hypot(*given.momenta[:, :2].T)
    jet = np.repeat(np.arange(len(given)), np.diff(given.offsets))
    np.testing.assert_allclose(pt, expected[np.lexsort((-expected, jet))], rtol=0.81e-4)
    # Equal codes may differ in the last bit.
    assert ((np.diff(pt) <= 1e-9 * pt[1:]) | (np.diff(jet) > 0)).all()
    sums = [np.add.reduceat(one.momenta, one.offsets[:-1], axis=0) for one in (found, given)]
    np.testing.assert_allclose(sums[0], sums[1], atol=0.1)
    if classes is not None:
        for kind in range(3):
            found_pt, given_pt = (
                np.add.reduceat(np.hypot(*one.momenta[:, :2].T) * (one.classes == kind), one.offsets[:-1])
                for one in (found, given)
            )
            np.testing.assert_allclose(found_pt, given_pt, rtol=1e-4)


def lone_jet(pt, eta, phi):
    pt, eta, phi = (np.asarray(one, float) for one in (pt, eta, phi))
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], 1)
    return shards.Jets(momenta, np.array([0, len(pt)]), np.array([1], np.uint8))


def test_angles_come_back_even_in_lopsided_jets_and_across_the_seam():
    wide = lone_jet([400.0, 3.0, 1.0], [0.0, 2.5, 0.3], [3.1, -3.1, 2.0])
    found = shards.decode(shards.encode(wide)).momenta
    np.testing.assert_allclose(np.arcsinh(found[:, 2] / np.hypot(*found[:, :2].T)), [0.0, 2.5, 0.3], atol=3.1e-5)
    np.testing.assert_allclose(np.arctan2(found[:, 1], found[:, 0]), [3.1, -3.1, 2.0], atol=3.1e-5)


def test_what_cannot_be_coded_is_refused():
    with pytest.raises(ValueError, match=r"0\.04 to 10 GeV"):
        shards.encode(lone_jet([10.0, 0.04], [0, 0], [0, 0]))
    with pytest.raises(ValueError, match="outside of what can be coded"):
        shards.encode(lone_jet([2000.0, 1.0], [0, 0], [0, 0]))
    with pytest.raises(ValueError, match="too wide"):
        shards.encode(lone_jet([10.0, 10.0], [-2.1, 2.1], [0, 0]))
    empty = shards.Jets(np.zeros((0, 4)), np.array([0, 0]), np.array([1], np.uint8))
    with pytest.raises(ValueError, match="a jet has constituents"):
        shards.encode(empty)


def test_a_converted_public_file_is_a_shard(tmp_path):
    pytest.importorskip("tables", reason="pandas writes the public format with PyTables")
    from jettag.__main__ import main
    from test_files import frame_of

    given = first_jets("toptag")
    padded = jets_data.padded(given).astype(np.float32)
    frame_of(padded, given.labels).to_hdf(tmp_path / "test.h5", key="table", format="table")
    assert main(["convert", str(tmp_path / "test.h5"), "--out", str(tmp_path / "toptag_00.npz")]) == 0
    (path,) = shards.find(tmp_path, "toptag_*.npz")
    found = shards.read(path)
    np.testing.assert_array_equal(found.momenta, given.momenta.astype(np.float32))
    np.testing.assert_array_equal(found.offsets, given.offsets)
    np.testing.assert_array_equal(found.labels, given.labels)


# --- the command -----------------------------------------------------------------------------------------------------
def made_up(shard, progress):
    """Jets of the right number that depend on seed and shard, from no generator at all."""
    rng = np.random.default_rng([shard.seed, shard.number])
    counts = rng.integers(4, 9, shard.jets)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    weights = rng.uniform(1, 2, offsets[-1])
    weights *= np.repeat(600 / np.add.reduceat(weights, offsets[:-1]), counts)
    phi = rng.uniform(-0.01, 0.01, offsets[-1])
    momenta = np.stack([weights * np.cos(phi), weights * np.sin(phi), 0 * weights, weights], 1)
    labels = np.tile([0, 1], shard.jets // 2).astype(np.uint8)
    progress(shard.jets)
    account = Account(shard.jets // 2, 100 * shard.jets, shard.jets, 5.0)
    return shards.encode(shards.Jets(momenta, offsets, labels)), {"qcd": account, "top": account}


@pytest.fixture
def versions(monkeypatch):
    """Pythia and FastJet, in name only."""
    monkeypatch.setattr(generate.metadata, "version", lambda name: "1")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.npz")}


def test_an_interrupted_sample_goes_on_and_ends_with_the_same_bytes(tmp_path, versions):
    plan = generate.plan("toptag", 50, 7, 20)
    assert plan == [Shard("toptag", 7, 0, 20), Shard("toptag", 7, 1, 20), Shard("toptag", 7, 2, 10)]
    generate.generate(plan, tmp_path / "whole", 1, made_up)
    assert sorted(contents(tmp_path / "whole")) == ["toptag_000.npz", "toptag_001.npz", "toptag_002.npz"]

    def interrupted(shard, progress):
        if shard.number == 1:
            raise KeyboardInterrupt
        return made_up(shard, progress)

    part = tmp_path / "part"
    with pytest.raises(KeyboardInterrupt):
        generate.generate(plan, part, 1, interrupted)
    assert list(contents(part)) == ["toptag_000.npz"]
    first_written = (part / "toptag_000.npz").stat().st_mtime_ns
    numbers = []

    def counted(shard, progress):
        numbers.append(shard.number)
        return made_up(shard, progress)

    generate.generate(plan, part, 1, counted)
    assert numbers == [1, 2]
    assert contents(part) == contents(tmp_path / "whole")
    assert (part / "toptag_000.npz").stat().st_mtime_ns == first_written
    assert not list(part.glob("*.part"))


def test_processes_change_nothing_and_training_reads_the_shards(tmp_path, versions):
    plan = generate.plan("toptag", 60, 3, 20)
    generate.generate(plan, tmp_path / "one", 1, made_up)
    generate.generate(plan, tmp_path / "two", 2, made_up)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(set(contents(tmp_path / "one").values())) == 3
    found = shards.joined([shards.read(path) for path in shards.find(tmp_path / "two", "toptag_*.npz")])
    assert len(found) == 60
    assert found.labels.sum() == 30


def test_more_jets_come_after_those_made_before(tmp_path, versions):
    generate.generate(generate.plan("toptag", 40, 7, 20), tmp_path, 1, made_up)
    before = contents(tmp_path)
    generate.generate(generate.plan("toptag", 60, 7, 20), tmp_path, 1, made_up)
    after = contents(tmp_path)
    assert len(after) == 3
    assert before.items() <= after.items()


def test_another_sample_in_the_same_folder_is_refused(tmp_path, versions, monkeypatch):
    generate.generate(generate.plan("toptag", 20, 7, 20), tmp_path, 1, made_up)
    with pytest.raises(generate.GenerateError, match=r"toptag\.json: .* other values of seed"):
        generate.generate(generate.plan("toptag", 40, 8, 20), tmp_path, 1, made_up)
    monkeypatch.setattr(generate.metadata, "version", lambda name: "2")
    with pytest.raises(generate.GenerateError, match="other values of packages"):
        generate.generate(generate.plan("toptag", 40, 7, 20), tmp_path, 1, made_up)
    (tmp_path / "toptag.json").unlink()
    with pytest.raises(generate.GenerateError, match=r"no toptag\.json"):
        generate.generate(generate.plan("toptag", 40, 7, 20), tmp_path, 1, made_up)


def test_a_shard_of_another_size_is_refused(tmp_path, versions):
    plan = generate.plan("toptag", 40, 7, 20)
    generate.generate(plan, tmp_path, 1, made_up)
    shutil.copy(tmp_path / "toptag_001.npz", tmp_path / "kept.npz")
    generate.write_shard(tmp_path, Shard("toptag", 7, 1, 10), made_up)
    with pytest.raises(generate.GenerateError, match=r"toptag_001\.npz: has 10 jets, not 20"):
        generate.generate(plan, tmp_path, 1, made_up)
    (tmp_path / "toptag_001.npz").unlink()
    generate.generate(plan, tmp_path, 1, made_up)
    assert (tmp_path / "toptag_001.npz").read_bytes() == (tmp_path / "kept.npz").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "--jets", "10"], "there is no sample nothing, but toptag, cms, deeptop"),
        (["toptag", "--jets", "0"], "0 jets: half"),
        (["toptag", "--jets", "11"], "11 jets: half"),
        (["toptag", "--jets", "-4"], "-4 jets: half"),
        (["toptag", "--jets", "10", "--shard-jets", "3"], "3 jets in a shard: half"),
        (["toptag", "--jets", "10", "--seed", "-1"], "seed -1"),
        (["toptag", "--jets", "10", "--cores", "0"], "0 cores"),
        (["toptag", "--jets", "4000", "--shard-jets", "2"], "more than 1000 shards"),
    ],
)
def test_bad_arguments_are_refused_in_words(arguments, words, tmp_path, capsys):
    assert generate.main([*arguments, "--out", str(tmp_path / "out")]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_missing_packages_are_named(tmp_path, capsys, monkeypatch):
    def missing(name):
        raise generate.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(generate.metadata, "version", missing)
    assert generate.main(["toptag", "--jets", "10", "--out", str(tmp_path)]) == 1
    assert "pip install -r models/datasets/requirements.txt" in capsys.readouterr().err


def test_the_summary_has_the_numbers_of_the_jets_and_refuses_those_outside(tmp_path, versions):
    plan = generate.plan("toptag", 40, 7, 20)
    generate.generate(plan, tmp_path, 1, made_up)
    paths = [generate.shard_path(tmp_path, shard) for shard in plan]
    words = generate.summary(paths, SAMPLES["toptag"])
    assert "2 shards, 40 jets, 20 tops" in words
    # 20 jets of 4000 scatters of 5 pb.
    assert "qcd 20 jets of 4000 hard scatters, 40 of them completed; 0.025 pb" in words
    found = shards.joined([shards.read(path) for path in paths])
    counts = np.diff(found.offsets)[found.labels == 1]
    assert f"mean {counts.mean():.2f}" in words
    with pytest.raises(ValueError, match="40 jets lie outside"):
        generate.summary(paths, SAMPLES["cms"])


def test_no_two_parts_of_a_sample_share_their_chance():
    states = [
        tuple(part.generate_state(4))
        for shard in (
            Shard("toptag", 1, 0, 2),
            Shard("toptag", 1, 1, 2),
            Shard("toptag", 2, 0, 2),
            Shard("cms", 1, 0, 2),
        )
        for part in seeds_of(shard)
    ]
    assert len(set(states)) == 12


def test_every_run_of_pythia_has_a_seed_of_its_own(monkeypatch):
    seeds = []

    class Recorded(Exception):
        pass

    def source(sample, label, seed):
        seeds.append(seed)
        raise Recorded

    monkeypatch.setattr(making, "Source", source)
    for shard in (Shard("toptag", 1, 0, 2), Shard("toptag", 1, 1, 2), Shard("toptag", 2, 0, 2), Shard("cms", 1, 0, 2)):
        for part, label in zip(seeds_of(shard), (0, 1), strict=False):
            with pytest.raises(Recorded):
                making._jets_of_one_kind(SAMPLES[shard.sample], label, 1, part, lambda jets: None)
    assert len(set(seeds)) == 8
    assert 1 <= min(seeds) <= max(seeds) <= 900_000_000


# --- losses and comparison -------------------------------------------------------------------------------------------
def test_losses_are_counted_by_mass():
    cut = SAMPLES["toptag"].cut
    low, high = 0.5, 1.5
    watched = losses.Watched(
        mass=np.array([40.0, 40.0, 100.0, 100.0, 100.0, 300.0]),
        at_scale=np.array([high, low, high, high, high, high]),
        at_end=np.array([high, high, low, high, high, high]),
    )
    assert low < min(cut.at_scale, cut.at_end) < max(cut.at_scale, cut.at_end) < high
    assert losses.lost(watched, SAMPLES["toptag"]).tolist() == [False, True, True, False, False, False]
    lines = losses.report(watched, SAMPLES["toptag"], 0).splitlines()
    assert "mass   0 to inf GeV:      6 jets,    2 lost (33.33 %)" in lines[0]
    assert "mass   0 to  50 GeV:      2 jets,    1 lost (50.00 %)" in lines[1]
    assert "mass  80 to 120 GeV:      3 jets,    1 lost (33.33 %)" in lines[2]
    assert "mass 190 to inf GeV:      1 jets,    0 lost (0.00 %)" in lines[3]


def test_kolmogorov_smirnov():
    assert compare.ks_distance(np.array([3.0, 1, 2]), np.array([2.5, 3.5])) == pytest.approx(2 / 3)
    assert compare.ks_distance(np.arange(10.0), np.arange(10.0)) == 0
    # Tabulated: chances of 10, 5 and 1 % at 1.2238, 1.3581 and 1.6276 over the root of the number.
    for scaled, chance in ((1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01)):
        assert compare.ks_chance(scaled / np.sqrt(5000), 10_000, 10_000) == pytest.approx(chance, rel=2e-3)
    assert compare.ks_chance(0.0, 100, 100) == 1


def test_two_folders_are_compared(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    jets_of_data = first_jets("toptag", 200)
    for name, picked in (("a", np.arange(0, 200, 2)), ("b", np.arange(1, 200, 2))):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / "toptag_000.npz", **shards.encode(jets_of_data.chosen(picked)))
    arguments = [str(tmp_path / "a"), str(tmp_path / "b"), "--sample", "toptag", "--names", "even", "odd"]
    assert compare.main([*arguments, "--plot", str(tmp_path / "picture.png")]) == 0
    words = capsys.readouterr().out
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    even = jets_of_data.chosen(np.arange(0, 200, 2))
    tops = even.labels == 1
    counts = np.diff(even.offsets)[tops]
    row = next(line for line in words.splitlines() if line.startswith("top  n         even"))
    assert row.split()[3:5] == [str(tops.sum()), f"{counts.mean():.4g}"]
    assert words.count("KS distance") == 10
    assert words.count("correlation of m with tau32_b1") == 4
    assert compare.main([str(tmp_path / "a"), str(tmp_path), "--sample", "toptag"]) == 1
    assert "no toptag_*.npz" in capsys.readouterr().err


def test_the_recipe_beside_the_shards_has_all_numbers(tmp_path, versions):
    generate.generate(generate.plan("cms", 4, 0, 4), tmp_path, 1, made_up)
    recipe = json.loads((tmp_path / "cms.json").read_text())
    assert recipe["numbers"]["pt"] == [800.0, 900.0]
    assert recipe["numbers"]["detector"]["solenoid"] == {"field": 3.8, "radius": 1.29, "half_length": 3.0}
    assert recipe["tracks"]["hadron"]["central"] == [0.7, 0.95]
    assert recipe["hard_scale"] == 0.45
    assert recipe["seed"] == 0


def test_constituents_too_soft_for_the_coding_are_dropped():
    momenta = np.array(
        [[30.0, 0, 0, 30], [0.04, 0.02, 1, 1], [0, 0.05001, 0, 0.05001], [40, 0, 1, 40.1], [0.01, 0, 0, 0.01]]
    )
    jets = shards.Jets(momenta, np.array([0, 3, 5]), np.array([1, 0], np.uint8), np.arange(5).astype(np.uint8) % 3)
    with pytest.raises(ValueError, match="outside of what can be coded"):
        shards.encode(jets)
    kept = shards.without_the_softest(jets)
    assert kept.offsets.tolist() == [0, 2, 3] and kept.classes.tolist() == [0, 2, 0]
    assert np.array_equal(kept.momenta, momenta[[0, 2, 3]])
    assert shards.encode(kept)["n"].tolist() == [2, 1]
