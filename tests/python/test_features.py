"""Features against FastJet's answers, and against their definitions written out in NumPy."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import jets_data
import jettag

with np.load(Path(__file__).parents[1] / "data" / "features.npz") as file:
    GOLDEN = {key: file[key] for key in file.files}

PADDED_TOYS = ["zero_vector_one", "zero_vector_first", "zero_vector_many", "zeros_and_two"]
KINEMATICS, MASS, SUBSTRUCTURE = slice(0, 3), 3, slice(4, 53)
TAUS = slice(5, 20)


def assert_close(ours, theirs, energy, name=""):
    """1e-9 of each feature, 1e-12 of pt, eta, phi, 1e-13 E^2 of m^2; zeros are exactly zeros."""
    __tracebackhide__ = True
    for part, tolerance in ((KINEMATICS, 1e-12), (SUBSTRUCTURE, 1e-9)):
        off = ~(np.abs(ours[part] - theirs[part]) <= tolerance * np.abs(theirs[part]))  # also NaN
        zero = (ours[part] == 0) != (theirs[part] == 0)
        wrong = np.flatnonzero(off | zero) + part.start
        assert not len(wrong), [(name, jettag.FEATURES[i], ours[i], theirs[i]) for i in wrong]
    m2 = [m * abs(m) for m in (ours[MASS], theirs[MASS])]
    assert abs(m2[0] - m2[1]) <= 1e-13 * energy**2, (name, ours[MASS], theirs[MASS])


def stack(*jets):
    """Jagged jets of some arrays (n, 4)."""
    return np.concatenate(jets), np.cumsum([0, *map(len, jets)])


# --- FastJet ---------------------------------------------------------------------------------------------------------


def golden(kinds):
    for i in np.flatnonzero(np.isin(GOLDEN["kind"], kinds)):
        rows = slice(GOLDEN["offsets"][i], GOLDEN["offsets"][i + 1])
        yield str(GOLDEN["jet_names"][i]), GOLDEN["momenta"][rows], GOLDEN["features"][i].copy()


def test_names():
    assert list(jettag.FEATURES) == list(GOLDEN["names"])


def test_simulated_jets_as_fastjet():
    names, jets, expected = zip(*golden([0, 1]), strict=True)
    assert len(names) == 300
    features = jettag.features(stack(*jets))
    for name, jet, ours, theirs in zip(names, jets, features, expected, strict=True):
        assert_close(ours, theirs, jet[:, 3].sum(), name)


def test_toys_as_fastjet():
    names, jets, expected = zip(*golden([2]), strict=True)
    assert len(names) == 60
    features = jettag.features(stack(*jets))
    for name, jet, ours, theirs in zip(names, jets, features, expected, strict=True):
        if name in PADDED_TOYS:
            # FastJet counts constituents that are zero in all four values; here they are padding.
            theirs[4] = np.any(jet != 0, axis=1).sum()
        if name == "tie_grid49":
            # FastJet takes kt2 of a merged entry through cos and sin, whose last bit decides among equal distances.
            theirs[TAUS] = ours[TAUS]
        assert_close(ours, theirs, jet[:, 3].sum(), name)


def test_padded_toys_are_all_that_have_padding():
    with_zeros = [name for name, jet, _ in golden([0, 1, 2]) if not np.any(jet != 0, axis=1).all()]
    assert sorted(with_zeros) == sorted(PADDED_TOYS)


def test_zero_where_fastjet_is_not_finite():
    assert GOLDEN["nonfinite"].sum() > 300
    features = jettag.features((GOLDEN["momenta"], GOLDEN["offsets"]))
    assert np.isfinite(features).all()
    assert not features[GOLDEN["nonfinite"]].any()


# --- Definitions -----------------------------------------------------------------------------------------------------


def rapidity_phi(jet):
    px, py, pz, e = jet.T
    mt2 = np.maximum(px**2 + py**2, e**2 - pz**2)
    return np.copysign(np.log((e + np.abs(pz)) / np.sqrt(mt2)), pz), np.arctan2(py, px)


def angles(jet):
    y, phi = rapidity_phi(jet)
    dphi = np.abs(phi[:, None] - phi)
    return np.hypot(y[:, None] - y, np.minimum(dphi, 2 * np.pi - dphi))


def axes_by_kt(pt, theta):
    """The axes, as constituents, at each number of entries left: {N: list}."""
    entries = [(p, i) for i, p in enumerate(pt)]
    axes = {}
    while entries:
        axes[len(entries)] = [i for _, i in entries]
        if len(entries) == 1:
            break
        _, a, b = min(
            (min(p, q) ** 2 * theta[i, j] ** 2, a, b)
            for (a, (p, i)), (b, (q, j)) in combinations(list(enumerate(entries)), 2)
        )
        merged = entries[a][0] + entries[b][0], max(entries[a], entries[b])[1]
        entries = [entry for k, entry in enumerate(entries) if k not in (a, b)] + [merged]
    return axes


def tau(pt, theta, axes, n, b):
    return (pt * theta[:, axes[n]].min(1) ** b).sum() if len(pt) > n else 0.0


def correlator(pt, theta, v, n, b):
    """v_eN(b): the sum over all N-tuples of their z and their v smallest angles."""
    if len(pt) < n:
        return 0.0
    tuples = np.array(list(combinations(range(len(pt)), n)))
    sides = np.stack([theta[tuples[:, i], tuples[:, j]] for i, j in combinations(range(n), 2)], 1)
    smallest = np.sort(sides, 1)[:, :v]
    return ((pt / pt.sum())[tuples].prod(1) * smallest.prod(1) ** b).sum()


def define(jet):
    """All features of one jet."""
    pt, theta = np.hypot(jet[:, 0], jet[:, 1]), angles(jet)
    px, py, pz, e = jet.sum(0)
    axes = axes_by_kt(pt, theta)
    taus = {(n, b): tau(pt, theta, axes, n, b) for n in range(1, 7) for b in (0.5, 1, 2)}

    def ecf(v, n, b):
        return correlator(pt, theta, v, n, b)

    e2 = {b: ecf(1, 2, b) for b in (0.5, 1, 2)}
    e3 = {b: ecf(3, 3, b) for b in (0.8, 1, 2)}
    e4 = {b: ecf(6, 4, b) for b in (0.6, 1, 2)}
    u2, u3 = ({b: ecf(1, n, b) for b in (0.5, 1, 2)} for n in (3, 4))
    two3, two4 = ({b: ecf(2, n, b) for b in (1, 2)} for n in (3, 4))
    m2 = e**2 - px**2 - py**2 - pz**2
    pt_sum = np.hypot(px, py)
    f = {"pt": pt_sum, "eta": np.arcsinh(pz / pt_sum), "phi": np.arctan2(py, px)}
    f |= {"m": np.copysign(np.sqrt(np.abs(m2)), m2), "n": len(jet)}
    with np.errstate(divide="ignore", invalid="ignore"):
        divide = np.divide
        for b in (0.5, 1, 2):
            for n in range(1, 6):
                f[f"tau{n + 1}{n}_b{b}"] = divide(taus[n + 1, b], taus[n, b])
            f |= {f"U1_b{b}": e2[b], f"U2_b{b}": u2[b], f"U3_b{b}": u3[b]}
        for b in (1, 2):
            f |= {f"C1_b{b}": e2[b], f"C2_b{b}": divide(e3[b], e2[b] ** 2)}
            f[f"C3_b{b}"] = divide(e4[b] * e2[b], e3[b] ** 2)
            f |= {f"M2_b{b}": divide(u2[b], e2[b]), f"M3_b{b}": divide(u3[b], u2[b])}
            f |= {f"N2_b{b}": divide(two3[b], e2[b] ** 2), f"N3_b{b}": divide(two4[b], u2[b] ** 2)}
            for a in (1, 2):
                f[f"D2_a{a}b{b}"] = divide(e3[a], e2[b] ** (3 * a / b))
        f["D3_t1"] = divide(e4[0.6] * e2[2] ** 0.9, e3[0.8] ** 2.25)
        f["D3_t2"] = divide(e4[0.6] * e2[2] ** 0.5, e3[0.8] ** 1.5)
        f["D3_t3"] = divide(e4[0.6] * e2[2] ** 0.5, e3[0.8] ** 2)
        f["D3_sum"] = f["D3_t1"] + 5 * f["D3_t2"] + 0.35 * f["D3_t3"]
        f["L2"] = divide(e3[1], e2[2] ** 1.5)
        f["L3"] = divide(u2[1], e3[1] ** (1 / 3))
    assert len(f) == len(jettag.FEATURES)
    return np.nan_to_num(np.array([f[name] for name in jettag.FEATURES], float), nan=0.0, posinf=0.0, neginf=0.0)


def random_jet(rng, n, massive):
    pt, y, phi = rng.exponential(30, n) + 0.5, rng.normal(rng.uniform(-2, 2), 0.3, n), rng.normal(0, 0.3, n)
    phi += rng.uniform(-np.pi, np.pi)
    m = rng.uniform(0.1, 5, n) if massive else np.zeros(n)
    mt = np.hypot(pt, m)
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), mt * np.sinh(y), mt * np.cosh(y)], 1)


@pytest.mark.parametrize("massive", [False, True])
def test_random_jets_as_defined(massive):
    rng = np.random.default_rng(8)
    jets = [random_jet(rng, n, massive) for n in [*range(1, 21), 25, 30]]
    for jet, ours in zip(jets, jettag.features(stack(*jets)), strict=True):
        assert_close(ours, define(jet), jet[:, 3].sum(), f"{len(jet)} constituents")


# --- Cleaning --------------------------------------------------------------------------------------------------------


def test_jagged_and_padded_are_the_same():
    jets = jets_data.load("deeptop")
    jagged = jettag.features((jets.momenta, jets.offsets))
    assert jagged.dtype == np.float64 and jagged.shape == (len(jets.labels), 53)
    assert np.array_equal(jagged, jettag.features(jets_data.padded(jets)))


def test_padding_goes_wherever_it_stands():
    jet = random_jet(np.random.default_rng(3), 12, massive=True)
    holes = np.insert(jet, [0, 5, 5, 12], 0.0, axis=0)
    plain, padded = jettag.features(stack(jet, holes))
    assert np.array_equal(plain, padded)


def test_no_more_than_the_hardest_200_count():
    rng = np.random.default_rng(4)
    jet = random_jet(rng, 230, massive=False)
    hardest = np.sort(np.argsort(np.hypot(jet[:, 0], jet[:, 1]))[-200:])
    all_of_them, the_hardest = jettag.features(stack(jet, jet[hardest]))
    assert np.array_equal(all_of_them, the_hardest)
    assert all_of_them[4] == 200


def test_single_precision_is_taken_as_given():
    jets = jets_data.load("deeptop")
    single = jets.momenta.astype(np.float32)
    assert np.array_equal(
        jettag.features((single, jets.offsets)), jettag.features((single.astype(np.float64), jets.offsets))
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0])
def test_bad_jets_are_nan_and_leave_others_alone(bad):
    rng = np.random.default_rng(5)
    jets = [random_jet(rng, n, massive=True) for n in (5, 9, 14)]
    untouched = jettag.features(stack(*jets))
    jets[1][3, 3] = bad
    features = jettag.features(stack(*jets))
    assert np.isnan(features[1]).all()
    assert np.array_equal(features[[0, 2]], untouched[[0, 2]])


def test_empty_jet_is_all_zero():
    jet = random_jet(np.random.default_rng(6), 5, massive=False)
    features = jettag.features((jet, [0, 0, 5, 5]))
    assert not features[[0, 2]].any()
    assert features[1, 4] == 5
