"""Awkward arrays give the same scores as the plain arrays that they hold."""

import awkward as ak
import numpy as np
import pytest
import vector

import jets_data
import jettag

MODEL = "lenet-28-i35"


@pytest.fixture(scope="module")
def jets():
    return jets_data.load("toptag")


@pytest.fixture(scope="module")
def expected(jets):
    return jettag.load(MODEL).tag((jets.momenta, jets.offsets))


def records(jets, **columns):
    counts = np.diff(jets.offsets)
    return ak.zip({name: ak.unflatten(values, counts) for name, values in columns.items()})


@pytest.mark.parametrize("names", ["px py pz E", "x y z t", "px py pz energy", "px py pz e"])
def test_cartesian_records(jets, expected, names):
    given = records(jets, **dict(zip(names.split(), jets.momenta.T, strict=True)))
    np.testing.assert_array_equal(jettag.load(MODEL).tag(given), expected)


def test_more_fields_in_any_order(jets, expected):
    e, pz, py, px = jets.momenta.T[::-1]
    given = records(jets, charge=np.ones(len(e)), E=e, pz=pz, py=py, px=px)
    np.testing.assert_array_equal(jettag.load(MODEL).tag(given), expected)


def test_vectors_and_slices(jets, expected):
    vector.register_awkward()
    px, py, pz, e = jets.momenta.T
    given = ak.with_name(records(jets, px=px, py=py, pz=pz, E=e), "Momentum4D")
    np.testing.assert_array_equal(jettag.load(MODEL).tag(given[::-1][5:40]), expected[::-1][5:40])
    np.testing.assert_array_equal(jettag.load(MODEL).tag(given[expected > 0.5]), expected[expected > 0.5])


@pytest.mark.parametrize("names", ["pt eta phi mass", "pt eta phi m", "rho eta phi tau"])
def test_cylindrical_records(jets, expected, names):
    px, py, pz, _ = jets.momenta.T
    pt = np.hypot(px, py)
    given = records(
        jets, **dict(zip(names.split(), (pt, np.arcsinh(pz / pt), np.arctan2(py, px), 0 * pt), strict=True))
    )
    found = jettag.load(MODEL).tag(given)
    # Rounding may move a constituent over the edge of a pixel.
    assert np.mean(np.abs(found - expected) < 1e-5) > 0.98


def test_single_precision_stays_so(jets):
    narrow = jets.momenta.astype(np.float32)
    given = records(jets, **dict(zip(("px", "py", "pz", "E"), narrow.T, strict=True)))
    np.testing.assert_array_equal(jettag.load(MODEL).tag(given), jettag.load(MODEL).tag((narrow, jets.offsets)))


def test_features_images_and_classes():
    jets = jets_data.load("cms")
    given = records(jets, **dict(zip(("px", "py", "pz", "E"), jets.momenta.T, strict=True)))
    classes = ak.unflatten(jets.classes, np.diff(jets.offsets))
    plain = (jets.momenta, jets.offsets)
    np.testing.assert_array_equal(jettag.features(given), jettag.features(plain))
    np.testing.assert_array_equal(
        jettag.images(given, "B37-colour", classes), jettag.images(plain, "B37-colour", jets.classes)
    )


def test_empty_arrays():
    none = ak.Array([{"px": 1.0, "py": 1.0, "pz": 1.0, "E": 2.0}])[:0]
    assert jettag.load(MODEL).tag(ak.unflatten(none, np.zeros(0, int))).shape == (0,)
    scores, statuses = jettag.load(MODEL).tag(ak.unflatten(none, [0, 0]), return_statuses=True)
    assert np.isnan(scores).all() and (statuses != 0).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (ak.Array([[{"px": 1.0, "py": 1.0}]]), "need the fields px, py, pz, E or pt, eta, phi, mass; there are px, py"),
        (ak.Array([[1.0, 2.0]]), "there are none"),
        (ak.Array([{"px": 1.0, "py": 1.0, "pz": 0.0, "E": 2.0}]), "has the axes jet and particle, not 1 axes"),
        (ak.Array([[{"px": "a", "py": 1.0, "pz": 0.0, "E": 2.0}]]), "must hold numbers"),
        (ak.Array([[{"px": None, "py": 1.0, "pz": 0.0, "E": 2.0}]]), "must hold numbers"),
    ],
)
def test_what_is_no_jets(given, words):
    with pytest.raises(jettag.ArgumentError, match=words):
        jettag.load(MODEL).tag(given)


def test_what_the_fastjet_package_clusters(jets):
    fastjet = pytest.importorskip("fastjet", reason="pip install fastjet")
    columns = dict(zip(("px", "py", "pz", "E"), jets.momenta.T, strict=True))
    events = records(jets, **columns)
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, 0.8)
    constituents = fastjet.ClusterSequence(events, definition).constituents(min_pt=500.0)
    flat = ak.flatten(constituents, axis=1)  # jets of all events
    model = jettag.load(MODEL)
    counts = ak.to_numpy(ak.num(flat))
    columns = [ak.to_numpy(ak.flatten(flat[name])) for name in ("px", "py", "pz", "E")]
    expected = model.tag((np.stack(columns, axis=1), np.concatenate([[0], np.cumsum(counts)])))
    assert len(flat) > 100
    assert np.isfinite(expected).all()
    assert (model.tag(flat) == expected).all()
