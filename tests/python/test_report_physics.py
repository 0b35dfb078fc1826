"""Changed jets against their definitions, and the tables of docs/physics.md against numbers counted by hand."""

import re
import sys

import numpy as np
import pytest

import documents
import jets_data
import jettag
import models_helpers as helpers
from models.datasets.shards import Jets, usable
from models.report import changed, physics

MODEL = "constituents-gf"


def sample(name="toptag"):
    jets = jets_data.load(name)
    return usable(Jets(jets.momenta, jets.offsets, jets.labels, jets.classes))


@pytest.fixture(scope="module")
def jets():
    return sample()


def random():
    return np.random.default_rng(5)


# --- changed jets -----------------------------------------------------------------------------------------------------
def test_a_scale_scales_masses_and_nothing_else(jets):
    found = changed.scaled(jets, 1.02)
    ours, theirs = jettag.features(jets.jagged), jettag.features(found.jagged)
    np.testing.assert_allclose(theirs[:, 3], 1.02 * ours[:, 3], rtol=1e-9)
    np.testing.assert_allclose(theirs[:, [1, 2, 4, 10, 11]], ours[:, [1, 2, 4, 10, 11]], rtol=1e-6)


def test_smeared_constituents_have_the_spread_that_was_asked_for(jets):
    found = changed.smeared(jets, random(), momentum=0.1, angle=0.01)
    x, y, z, e = found.momenta.T
    np.testing.assert_allclose(e**2, x**2 + y**2 + z**2, rtol=1e-9)
    pt = [np.hypot(one.momenta[:, 0], one.momenta[:, 1]) for one in (jets, found)]
    # A standard deviation out of N numbers is known to one in sqrt(2 N).
    assert np.std(np.log(pt[1] / pt[0])) == pytest.approx(0.1, rel=4 / np.sqrt(2 * len(x)))
    eta = [np.arctanh(one.momenta[:, 2] / one.momenta[:, 3]) for one in (jets, found)]
    assert np.std(eta[1] - eta[0]) == pytest.approx(0.01, rel=4 / np.sqrt(2 * len(x)))
    nothing = changed.smeared(jets, random())
    np.testing.assert_allclose(nothing.momenta, jets.momenta, rtol=1e-12, atol=1e-12)


def test_constituents_are_lost_from_the_jets_that_had_them(jets):
    found = changed.thinned(jets, random(), 0.05)
    lost = len(jets.momenta) - len(found.momenta)
    assert lost == pytest.approx(0.05 * len(jets.momenta), abs=4 * np.sqrt(0.05 * len(jets.momenta)))
    hard = changed.above(jets, 1.0)
    for i in range(len(jets)):
        before = jets.momenta[jets.offsets[i] : jets.offsets[i + 1]]
        np.testing.assert_array_equal(
            hard.momenta[hard.offsets[i] : hard.offsets[i + 1]], before[np.hypot(before[:, 0], before[:, 1]) >= 1]
        )
        kept = found.momenta[found.offsets[i] : found.offsets[i + 1]]
        assert {tuple(row) for row in kept} <= {tuple(row) for row in before}


def test_soft_particles_lie_within_the_radius(jets):
    found = changed.sprinkled(jets, random(), 10.0, 0.8)
    more = np.diff(found.offsets) - np.diff(jets.offsets)
    assert more.mean() == pytest.approx(10, abs=4 * np.sqrt(10 / len(jets)))
    pts, distances = [], []
    for i, count in enumerate(more):
        rows = found.momenta[found.offsets[i] : found.offsets[i + 1]]
        old = jets.momenta[jets.offsets[i] : jets.offsets[i + 1]]
        np.testing.assert_array_equal(rows[: len(rows) - count], old)
        axis, soft = old.sum(0), rows[len(rows) - count :]
        pt = np.hypot(soft[:, 0], soft[:, 1])
        turn = np.arctan2(soft[:, 1], soft[:, 0]) - np.arctan2(axis[1], axis[0])
        eta = np.arcsinh(soft[:, 2] / pt) - np.arcsinh(axis[2] / np.hypot(axis[0], axis[1]))
        pts.append(pt)
        distances.append(np.hypot(eta, (turn + np.pi) % (2 * np.pi) - np.pi))
    pt, distance = np.concatenate(pts), np.concatenate(distances)
    assert pt.mean() == pytest.approx(0.7, rel=4 / np.sqrt(len(pt)))
    # Evenly over a disc: the mean distance is two thirds of the radius.
    assert distance.max() <= 0.8 + 1e-9 and distance.mean() == pytest.approx(1.6 / 3, rel=4 / np.sqrt(len(pt)))


# --- tables -----------------------------------------------------------------------------------------------------------
def cells(text):
    return [line.strip("| \n").split(" | ") for line in text.splitlines()[2:]]


def test_calibration_counts_the_tops_above_the_threshold(jets):
    model = jettag.load(MODEL)
    (row,) = cells(physics.calibration_table({MODEL: model}, jets))
    scores = model.tag(jets.jagged)
    share = 100 * np.mean(scores[jets.labels == 1] >= model.threshold(0.5))
    assert row[3].startswith(f"{share:.1f} ±")
    others = 100 * np.mean(scores[jets.labels == 0] >= model.threshold(0.8))
    assert re.search(rf", {others:.2f} ± [\d.]+ %$", row[7])


def test_shifts_show_every_change_for_every_model(jets):
    models = {name: jettag.load(name) for name in (MODEL, "lenet-28-i35")}
    rows = cells(physics.shift_table(models, jets))
    assert [row[:2] for row in rows] == [[words, f"`{name}`"] for words in changed.CHANGES for name in models]
    scores = models[MODEL].tag((jets.momenta * 0.98, jets.offsets))
    share = 100 * np.mean(scores[jets.labels == 1] >= models[MODEL].threshold(0.5))
    assert next(row for row in rows if "lower" in row[0])[3].startswith(f"{share:.1f} ±")


def test_colour_models_are_left_out_where_there_are_no_classes(jets):
    models = [jettag.load(name) for name in (MODEL, "macaluso-shih-colour-cms")]
    few = sample("cms").chosen(np.arange(20))
    rows = cells(physics.sample_table(models, {"toptag": jets, "cms": few}))
    assert [(row[0], row[1].strip("`"), row[2]) for row in rows] == [
        ("toptag", MODEL, "toptag"),
        ("cms", MODEL, "toptag"),
        ("cms", "macaluso-shih-colour-cms", "cms"),
    ]


def test_a_jet_without_a_score_fails_every_cut():
    momenta = np.array([[300.0, 0, 10, 301], [10, 0, 0, 10]])
    scores, _ = physics.scored(jettag.load(MODEL), Jets(momenta, np.array([0, 2]), np.array([1], np.uint8)))
    assert scores.tolist() == [0.0]


def test_the_command(jets, tmp_path, monkeypatch, capsys):
    half = jets.chosen(np.arange(60))
    np.savez(tmp_path / "toptag_00.npz", momenta=half.momenta, offsets=half.offsets, labels=half.labels)
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- physics:samples -->\nearlier\n<!-- end of physics:samples -->\nb\n")
    monkeypatch.setattr(physics.jettag, "models", lambda: [MODEL])
    monkeypatch.setattr(sys, "argv", ["physics", "--data", str(tmp_path), "--write", str(page)])
    physics.main()
    assert "earlier" not in page.read_text() and f"`{MODEL}` | toptag |" in page.read_text()
    assert f"`{MODEL}` | toptag |" in capsys.readouterr().out
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="physics:samples"):
        physics.main()
    monkeypatch.setattr(sys, "argv", ["physics", "--data", str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="not a folder"):
        physics.main()


def test_the_page_has_the_marks_of_every_table():
    text = (helpers.ROOT / "docs" / "physics.md").read_text()
    for mark in ("calibration", "shifts", "samples"):
        assert text.count(f"<!-- physics:{mark} -->") == text.count(f"<!-- end of physics:{mark} -->") == 1


def test_the_lines_of_the_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    documents.Reader(tmp_path).read("docs/physics.md")
