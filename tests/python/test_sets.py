"""Constituents and pairs as the library gives them, beside a NumPy transcription of docs/constituents.md."""

import re

import numpy as np
import pytest

import jettag
import models_helpers as helpers
from models import jtm
from models.datasets import shards
from models.export import Statistics, build
from models.layers import CONSTITUENTS, PAIRS
from models.networks import Network, image_section
from models.sets import COLUMNS, InputSet

IMAGE = image_section("A35", [3, 3, 28, 28], 28)
# Means and deviations that leave no column as it is.
NUMBERS = [(0.3, 2.0), (-0.2, 0.5), (1.5, 3.0), (-2.0, 0.7), (0.1, 1.3), (2.0, 1.1)]


def network_of(sets):
    """A network that reads the sets and nothing else."""
    layers = [{"name": f"flat_{name}", "kind": "flatten", "inputs": [name]} for name in sets]
    source = layers[0]["name"]
    if len(sets) > 1:
        layers.append({"name": "joined", "kind": "concat", "inputs": [layer["name"] for layer in layers]})
        source = "joined"
    layers.append({"name": "logits", "kind": "dense", "inputs": [source], "units": 2})
    return Network("sets", "Sets alone.", IMAGE, False, 0, layers, sets)


def columns(name, count=None):
    names = COLUMNS[name][:count]
    return dict(zip(names, NUMBERS, strict=False))


def load(sets, folder, backend="auto"):
    network = network_of(sets)
    tensors = helpers.random_tensors(network, 5)
    path = folder / "sets.jtm"
    jtm.write(path, build(network, tensors, Statistics(), version="1", created="2026-01-31"))
    return jettag.load(path, backend=backend), network


BOTH = {CONSTITUENTS: InputSet(40, columns(CONSTITUENTS)), PAIRS: InputSet(12, columns(PAIRS))}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return load(BOTH, tmp_path_factory.mktemp("sets"))


@pytest.fixture(scope="module")
def jets():
    return shards.read(helpers.ROOT / "examples" / "data" / "toptag.npz").part(0, 300)


def wrapped(angle):
    return (angle + np.pi) % (2 * np.pi) - np.pi


def prepared(momenta):
    """pT, and eta and phi relative to their pT-weighted means, of those that have a direction, hardest first."""
    pt = np.hypot(momenta[:, 0], momenta[:, 1])
    order = np.argsort(-pt, kind="stable")[:200]
    order = order[pt[order] > 0]
    px, py, pz = momenta[order, :3].T
    pt = pt[order]
    eta, phi = np.arcsinh(pz / pt), np.arctan2(py, px)
    phi = wrapped(phi - phi[0])
    x, y = eta - np.average(eta, weights=pt), wrapped(phi - np.average(phi, weights=pt))
    return pt, x, y


def singles_of(momenta):
    pt, x, y = prepared(momenta)
    distance = np.hypot(x, y)
    return {
        "deta": x,
        "dphi": y,
        "dr": distance,
        "log_dr": np.log(np.maximum(distance, 1e-4)),
        "log_pt": np.log(np.maximum(pt, 1e-3)),
        "log_z": np.log(np.maximum(pt / pt.sum(), 1e-9)),
    }


def pairs_of(momenta, most):
    pt, x, y = (values[:most] for values in prepared(momenta))
    i, j = np.triu_indices(len(pt), 1)
    dx, dy = x[i] - x[j], wrapped(y[i] - y[j])
    distance = np.maximum(np.hypot(dx, dy), 1e-4)
    first, second = np.maximum(pt[i], 1e-3), np.maximum(pt[j], 1e-3)
    smaller = np.minimum(first, second)
    mass = np.sqrt(2 * pt[i] * pt[j] * np.maximum(np.cosh(dx) - np.cos(dy), 0))
    return (i, j), {
        "log_dr": np.log(distance),
        "log_kt": np.log(smaller * distance),
        "log_z": np.log(smaller / (first + second)),
        "log_m": np.log(np.maximum(mass, 1e-3)),
    }


def doubt(found, column):
    """How far a column may be off: angles rounded to single precision, and what the series of the mass leaves out."""
    distance = np.exp(found["log_dr"])
    rounding = 2e-7 / distance if column in ("log_dr", "log_kt", "log_m") else 0 * distance
    return 3e-6 + rounding + (distance**6 / 2e4 if column == "log_m" else 0)


def expected_rows(momenta, sets):
    """What the library should give for one jet, and how far it may be off."""
    rows, doubts = [], []
    for name, given in sets.items():
        values = np.zeros(given.shape(name))
        if name == CONSTITUENTS:
            found = singles_of(momenta)
            places = np.arange(min(given.most, len(found["deta"])))
        else:
            (i, j), found = pairs_of(momenta, given.most)
            places = i * given.most - i * (i + 1) // 2 + j - i - 1
        doubtful = np.zeros_like(values)
        values[0, 0, places] = 1
        for channel, (column, (mean, deviation)) in enumerate(given.columns.items(), start=1):
            values[channel, 0, places] = (found[column][: len(places)] - mean) / deviation
            doubtful[channel, 0, places] = doubt(found, column)[: len(places)] / min(deviation, 1)
        rows.append(values.ravel())
        doubts.append(doubtful.ravel())
    return np.concatenate(rows), np.concatenate(doubts)


def assert_row(row, momenta, sets):
    expected, allowed = expected_rows(momenta, sets)
    assert row.shape == expected.shape and (np.abs(row - expected) <= allowed).all()


def rows_of(model, *jets):
    momenta = np.concatenate(jets)
    offsets = np.cumsum([0, *map(len, jets)])
    _, rows, statuses = model.network_inputs((momenta, offsets))
    assert not statuses.any()
    return rows


def spread(*columns_of_jet):
    """A jet of pT, eta, phi and no masses."""
    pt, eta, phi = np.array(columns_of_jet, float).T
    return np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], 1)


def test_shapes_are_told(both):
    info = both[0].info
    assert info["constituents_shape"] == (7, 40) and info["pairs_shape"] == (5, 66)
    assert info["n_values"] == 7 * 40 + 5 * 66 and info["n_features"] == 0


def test_jets_of_the_sample(both, jets):
    rows = rows_of(both[0], *(jets.momenta[a:b] for a, b in zip(jets.offsets[:-1], jets.offsets[1:], strict=True)))
    sizes = np.diff(jets.offsets)
    assert sizes.min() < 12 or sizes.min() < 40 < sizes.max()
    for i, row in enumerate(rows):
        assert_row(row, jets.momenta[jets.offsets[i] : jets.offsets[i + 1]], BOTH)


@pytest.mark.parametrize(
    "jet",
    [
        spread((100, 0, 3.1), (80, 0.1, -3.1), (50, -0.1, 3.0), (20, 0, -3.0)),
        spread((100, 2.5, 0), (100, 2.5, 0), (100, 2.5, 0), (100, 2.5, 0)),
        spread((100, 0, 0), (1e-5, 0.3, 0.3), (1e-7, 0.2, 0), (50, 0, 0.1)),
        spread((1e4, 0, 0), (1, 1.5, 1.5), (1, -1.5, -1.5), (1e-2, 0.4, 0)),
        spread((1e4, 0, 0), (1, 0, 2), (1, 0, -2), (1e-2, 0.4, 0)),
        np.concatenate([spread((100, 0, 0), (50, 0.1, 0), (20, 0, 0.1), (10, 0.2, 0)), [[0, 0, 30, 30]]]),
    ],
    ids=["across pi", "one direction", "almost no pT", "far apart", "all around", "along the beam"],
)
def test_special_jets(both, jet):
    assert_row(rows_of(both[0], jet)[0], jet, BOTH)


def test_a_jet_without_any_direction_has_empty_sets(both):
    jet = np.array([[0, 0, p, abs(p)] for p in (30.0, -20.0, 10.0, 5.0)])
    assert not rows_of(both[0], jet).any()
    assert np.isfinite(both[0].tag((jet, [0, 4])))


def test_extreme_jets_are_finite(both):
    jets = [
        spread((1e29, 0, 0), (1e28, 5, 2), (1e-30, -5, -2), (1, 0, 0)),
        np.array([[1e-300, 0, 1e29, 1e29], [1.0, 0, 0, 1], [0, 1, 1e20, 1e20], [5e29, 0, -5e29, 8e29]]),
        spread(*[(1e-200, 0.1 * i, 0.1 * i) for i in range(6)]),
    ]
    assert np.isfinite(rows_of(both[0], *jets)).all()


def test_order_does_not_matter_and_mirrors_change_a_sign(both, jets):
    jet = jets.momenta[: jets.offsets[1]]
    row = rows_of(both[0], jet)[0]
    assert np.array_equal(rows_of(both[0], jet[::-1])[0], row)
    mirrored = rows_of(both[0], jet * [1, 1, -1, 1])[0]
    (mean, deviation), place = BOTH[CONSTITUENTS].columns["deta"], slice(40, 80)
    there = row[:40] == 1
    sums = (row[place] + mirrored[place])[there] * deviation + 2 * mean
    np.testing.assert_allclose(sums, 0, atol=1e-6)
    others = np.ones(len(row), bool)
    others[place] = False
    np.testing.assert_allclose(mirrored[others], row[others], rtol=0, atol=2e-6)


@pytest.mark.parametrize("name", [CONSTITUENTS, PAIRS])
def test_one_of_the_two_and_some_columns(name, tmp_path, jets):
    sets = {name: InputSet(5, {column: NUMBERS[0] for column in reversed(COLUMNS[name][:3])})}
    model, _ = load(sets, tmp_path)
    row = rows_of(model, jets.momenta[: jets.offsets[1]])[0]
    assert_row(row, jets.momenta[: jets.offsets[1]], sets)


@pytest.mark.parametrize("backend", [row["name"] for row in jettag.backends() if row["available"]])
def test_scores_from_jets_and_from_rows(backend, tmp_path, jets):
    model, network = load(BOTH, tmp_path, backend)
    images, rows, _ = model.network_inputs(jets.jagged)
    scores = model.tag(jets.jagged)
    assert np.array_equal(scores, model.tag_images(images, rows))
    assert not images.any()  # nobody reads them
    tensors = jtm.read(tmp_path / "sets.jtm").tensors
    _, expected = helpers.onnx_outputs(network, tensors, images, rows)
    assert scores.std() > 0.01 and np.abs(scores - expected).max() <= 1e-5


def test_rows_of_another_length_are_refused(both):
    with pytest.raises(jettag.ArgumentError, match=r"features must have shape \(3, 610\)"):
        both[0].tag_images(np.zeros((3, 3, 28, 28)), np.zeros((3, 53)))
    with pytest.raises(jettag.ArgumentError, match="needs features"):
        both[0].tag_images(np.zeros((3, 3, 28, 28)))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"most": 0}, "constituents.most"),
        ({"most": 257}, "constituents.most"),
        ({"columns": []}, "constituents.columns"),
        ({"columns": ["deta", "mass"]}, r"constituents.columns\[1\]"),
        ({"columns": ["deta", "deta"]}, 'column "deta" is there twice'),
        ({"mean": "nothing"}, "nothing"),
        ({"more": 1}, "more"),
    ],
)
def test_wrong_sections(edit, words, tmp_path, monkeypatch):
    network = network_of({CONSTITUENTS: InputSet(6, columns(CONSTITUENTS, 2))})
    model = build(network, helpers.random_tensors(network, 1), Statistics(), version="1", created="2026-01-31")
    model.header[CONSTITUENTS] |= edit
    with pytest.raises(jtm.FormatError):
        jtm.to_bytes(model)
    monkeypatch.setattr(jtm, "check_header", lambda *_, **__: None)
    (tmp_path / "wrong.jtm").write_bytes(jtm.to_bytes(model))
    with pytest.raises(jettag.ModelFileError, match=words):
        jettag.load(tmp_path / "wrong.jtm")


def test_a_layer_that_reads_what_is_not_there(tmp_path, monkeypatch):
    network = network_of({CONSTITUENTS: InputSet(6, columns(CONSTITUENTS, 2))})
    model = build(network, helpers.random_tensors(network, 1), Statistics(), version="1", created="2026-01-31")
    model.header["layers"][0] = {**model.header["layers"][0], "inputs": ["pairs"]}
    monkeypatch.setattr(jtm, "check_header", lambda *_, **__: None)
    (tmp_path / "wrong.jtm").write_bytes(jtm.to_bytes(model))
    with pytest.raises(jettag.ModelFileError, match="reads the pairs, which this model does not have"):
        jettag.load(tmp_path / "wrong.jtm")


def test_the_example_in_the_documentation(jets):
    text = (helpers.ROOT / "docs" / "constituents.md").read_text()
    code = "\n".join(re.findall(r"^    (.*)$", text, re.M))
    names = {"jets": jets.jagged}
    exec(code, names)
    info, rows = names["model"].info, names["rows"]
    assert not names["statuses"].any() and not names["images"].any()
    assert rows.shape == (len(jets), info["n_values"])
    # Channel 0 says where there is a constituent.
    channels, most = info["constituents_shape"]
    there = rows[:, info["n_features"] :][:, : channels * most].reshape(-1, channels, most)[:, 0].sum(axis=1)
    assert np.array_equal(there, np.minimum(np.diff(jets.offsets), most))
    assert info["n_values"] == info["n_features"] + channels * most + np.prod(info["pairs_shape"])
