"""Options of the features, and what the features do not depend on."""

from pathlib import Path

import numpy as np
import pytest

import jets_data
import jettag

with np.load(Path(__file__).parents[1] / "data" / "features.npz") as file:
    GOLDEN = {key: file[key] for key in file.files}

NAMES = np.array(jettag.FEATURES)
KINEMATICS = ["pt", "eta", "phi", "m", "n"]
SUBSTRUCTURE = [name for name in NAMES if name not in KINEMATICS]


@pytest.fixture(scope="module")
def jets():
    """Simulated jets without two constituents that are equal in pT or distance to the last bits."""
    return jets_data.load("toptag")


def features(momenta, offsets, **options):
    return dict(zip(NAMES, jettag.features((momenta, offsets), **options).T, strict=True))


def assert_same(ours, theirs, names=SUBSTRUCTURE, tolerance=1e-9):
    for name in names:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=tolerance, atol=1e-300, err_msg=name)


# --- options ---------------------------------------------------------------------------------------------------------


def test_kt_axes_as_fastjet():
    taus = jettag.features((GOLDEN["momenta"], GOLDEN["offsets"]), NAMES[5:20].tolist(), axes="kt")
    np.testing.assert_allclose(taus, GOLDEN["kt_taus"], rtol=1e-9, atol=0)
    assert np.abs(GOLDEN["kt_taus"] - GOLDEN["features"][:, 5:20]).max() > 0.1


def test_names_choose_columns(jets):
    everything = jettag.features((jets.momenta, jets.offsets))
    names = ["N3_b2", "m", "tau32_b1", "m"]
    some = jettag.features((jets.momenta, jets.offsets), names)
    assert np.array_equal(some, everything[:, [list(NAMES).index(name) for name in names]])


@pytest.mark.parametrize("names", ["m", [], ["mass"], ["m", "C4_b1"]])
def test_wrong_names_are_refused(jets, names):
    with pytest.raises(jettag.ArgumentError, match="feature names"):
        jettag.features((jets.momenta, jets.offsets), names)


def test_wrong_options_are_refused(jets):
    with pytest.raises(jettag.ArgumentError, match="axes 'antikt'"):
        jettag.features((jets.momenta, jets.offsets), axes="antikt")
    with pytest.raises(jettag.ArgumentError, match="four_point_constituents is 2"):
        jettag.features((jets.momenta, jets.offsets), four_point_constituents=2)


def test_four_point_cut_is_stated(jets):
    whole = jettag.features((jets.momenta, jets.offsets))
    cut, statuses = jettag.features((jets.momenta, jets.offsets), four_point_constituents=30, return_statuses=True)
    longer = np.diff(jets.offsets) > 30
    assert longer.any() and not longer.all()
    assert [jettag.status_text(status) for status in np.unique(statuses[longer])] == [
        "four-point sums of the hardest constituents alone"
    ]
    assert not statuses[~longer].any()
    assert np.array_equal(cut[~longer], whole[~longer])
    four_point = np.array([name[:2] in ("C3", "D3", "U3", "M3", "N3") for name in NAMES])
    assert np.array_equal(cut[:, ~four_point], whole[:, ~four_point])
    assert (cut[longer][:, four_point] != whole[longer][:, four_point]).all()


def test_one_jet_at_a_time_has_the_same_bits(jets):
    whole = jettag.features((jets.momenta, jets.offsets))
    for i in range(50):
        momenta, _ = jets.one(i)
        assert np.array_equal(jettag.features((momenta, [0, len(momenta)]))[0], whole[i])


# --- properties ------------------------------------------------------------------------------------------------------


def rotated(momenta, angle):
    px, py, pz, e = momenta.T
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * px - s * py, s * px + c * py, pz, e], 1)


def boosted(momenta, rapidity):
    px, py, pz, e = momenta.T
    c, s = np.cosh(rapidity), np.sinh(rapidity)
    return np.stack([px, py, c * pz + s * e, c * e + s * pz], 1)


@pytest.mark.parametrize("angle", [0.3, 3.0, -1.7])
def test_rotation_about_the_beam(jets, angle):
    before, after = (features(p, jets.offsets) for p in (jets.momenta, rotated(jets.momenta, angle)))
    assert_same(after, before, [*SUBSTRUCTURE, "pt", "eta", "n"])
    turned = (after["phi"] - before["phi"] - angle + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(turned).max() < 1e-12


@pytest.mark.parametrize("rapidity", [0.4, -1.0])
def test_boost_along_the_beam(jets, rapidity):
    before, after = (features(p, jets.offsets) for p in (jets.momenta, boosted(jets.momenta, rapidity)))
    # Rapidities of massless constituents lose digits to the boosted energies.
    assert_same(after, before, [*SUBSTRUCTURE, "pt", "phi", "n"], 1e-8)
    np.testing.assert_allclose(after["m"], before["m"], rtol=1e-8)


def test_permutation_of_constituents(jets):
    rng = np.random.default_rng(1)
    order = np.concatenate(
        [rng.permutation(np.arange(a, b)) for a, b in zip(jets.offsets, jets.offsets[1:], strict=False)]
    )
    before, after = (features(p, jets.offsets) for p in (jets.momenta, jets.momenta[order]))
    assert_same(after, before, [*SUBSTRUCTURE, "pt", "n", "phi"])


@pytest.mark.parametrize("scale", [1e-3, 0.37, 1e4])
def test_scale_of_momenta(jets, scale):
    before, after = (features(p, jets.offsets) for p in (jets.momenta, jets.momenta * scale))
    assert_same(after, before, [*SUBSTRUCTURE, "eta", "phi", "n"], 1e-8)
    np.testing.assert_allclose(after["pt"], scale * before["pt"], rtol=1e-12)
    np.testing.assert_allclose(after["m"], scale * before["m"], rtol=1e-8)


def test_collinear_splitting_changes_only_the_number(jets):
    """Each jet's hardest constituent in two halves, which keeps its direction to the last bit."""
    hardest = jets.offsets[:-1]
    split = np.insert(jets.momenta, hardest + 1, 0.5 * jets.momenta[hardest], axis=0)
    split[hardest + np.arange(len(hardest))] *= 0.5
    offsets = jets.offsets + np.arange(len(jets.offsets))
    before, after = features(jets.momenta, jets.offsets), features(split, offsets)
    assert_same(after, before, [*SUBSTRUCTURE, "pt", "eta", "phi"])
    assert (after["n"] == before["n"] + 1).all()


def test_soft_emission_changes_little(jets):
    """One more constituent of 1e-8 of the jet's pT at a distance of 0.3 moves no correlator by more than about that."""
    momenta, offsets, rows = [], [0], range(100)
    for i in rows:
        p, _ = jets.one(i)
        soft = 1e-8 * boosted(rotated(p[:1], 0.3), 0.1)
        momenta.append(np.concatenate([p, soft]))
        offsets.append(offsets[-1] + len(p) + 1)
    before = features(jets.momenta[: jets.offsets[100]], jets.offsets[:101])
    after = features(np.concatenate(momenta), np.array(offsets))
    safe = [name for name in SUBSTRUCTURE if name[0] in "CDUMNL"]
    assert_same(after, before, safe, 1e-4)
    assert_same(after, before, ["U1_b1", "U2_b1", "U3_b1"], 1e-5)
