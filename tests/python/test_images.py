"""Images against the NumPy transcription of the papers in paper_images.py."""

from pathlib import Path

import numpy as np
import pytest

import jets_data
import jettag
import paper_images as paper
from models import jtm

ZOO = Path(__file__).parents[2] / "models" / "zoo"
TOLERANCE = 1e-6  # of a pixel, relative above 1

PHI_40_TOWERS = 40 * np.deg2rad(5)
TRANSCRIBED = {
    ("A35", "toptag"): lambda p4, classes: paper.paper_a(p4, 35),
    ("A40", "toptag"): lambda p4, classes: paper.paper_a(p4, 40),
    ("B64-grey", "toptag"): lambda p4, classes: paper.paper_b(p4, None, (64, 64), (1.6, 1.6), False),
    ("B37-grey", "cms"): lambda p4, classes: paper.paper_b(p4, None, (37, 37), (3.2, 3.2), False),
    ("B37-colour", "cms"): lambda p4, classes: paper.paper_b(p4, classes, (37, 37), (3.2, 3.2), True),
    ("B40-deeptop", "deeptop"): lambda p4, classes: paper.paper_b(p4, None, (40, 40), (4.0, PHI_40_TOWERS), False),
    ("D40", "deeptop"): lambda p4, classes: paper.deeptop(p4),
}


def assert_same(ours, theirs):
    np.testing.assert_array_less(np.abs(ours - theirs), TOLERANCE * np.maximum(1, np.abs(theirs)))


def test_every_recipe_is_transcribed():
    assert {recipe for recipe, _ in TRANSCRIBED} == {row["name"] for row in jettag.recipes()}


@pytest.mark.parametrize(("recipe", "sample"), TRANSCRIBED)
def test_simulated_jets(recipe, sample):
    jets = jets_data.load(sample)
    classes = jets.classes if recipe == "B37-colour" else None
    images = jettag.images((jets.momenta, jets.offsets), recipe, classes)
    assert images.dtype == np.float32
    n_at_edges = 0
    for i, image in enumerate(images):
        transcribed, edge_distance = TRANSCRIBED[recipe, sample](*jets.one(i))
        if edge_distance < 1e-9:
            n_at_edges += 1
            continue
        assert_same(image, transcribed)
    # The jets' angles are in steps of 6e-5, and a pixel of A40 is 1000 of them: some lie on an edge.
    assert n_at_edges <= len(images) // 10


@pytest.mark.parametrize(("recipe", "sample"), TRANSCRIBED)
def test_odd_jets(recipe, sample):
    """Toys: one constituent, a pair, mass, the beam, across phi = pi, forward, shuffled."""
    rng = np.random.default_rng(5)
    toys = [np.array([[30.0, 10, 5, 40]]), np.array([[30.0, 10, 5, 40], [10, 12, 3, 20]])]
    toys.append(np.array([[30.0, 10, 5, 40], [0, 0, 80, 80], [10, 12, 3, 20]]))
    phi = np.pi + rng.normal(0, 0.3, 30)
    pt, eta = rng.exponential(20, 30), rng.normal(2.5, 0.3, 30)
    across = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta) + 1], 1)
    toys += [across, across[rng.permutation(30)], across[:, [1, 0, 2, 3]]]
    offsets = np.cumsum([0] + [len(toy) for toy in toys])
    momenta = np.concatenate(toys)
    classes = rng.integers(0, 3, len(momenta)).astype(np.uint8)
    images = jettag.images((momenta, offsets), recipe, classes)
    for image, toy, start in zip(images, toys, offsets, strict=False):
        assert_same(image, TRANSCRIBED[recipe, sample](toy, classes[start : start + len(toy)])[0])


def test_no_more_than_the_hardest_200_count():
    rng = np.random.default_rng(6)
    pt, eta, phi = rng.exponential(5, 300), rng.normal(0, 0.2, 300), rng.normal(0, 0.2, 300)
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], 1)
    image = jettag.images((momenta, [0, 300]), "A35")[0]
    assert_same(image, paper.paper_a(momenta, 35)[0])
    assert np.isclose(image[0].sum(), np.sort(pt)[-200:].sum())


def test_all_constituents_along_the_beam_give_an_empty_image():
    momenta = np.array([[0.0, 0, 50, 50], [0, 0, -20, 20]])
    for recipe in ("A35", "B37-grey", "D40"):
        assert not jettag.images((momenta, [0, 2]), recipe).any()


def test_bad_jets_are_nan_and_leave_others_alone():
    jets = jets_data.load("toptag")
    momenta = jets.momenta.copy()
    momenta[jets.offsets[3]] = np.nan
    images = jettag.images((momenta, jets.offsets), "A35")
    assert np.isnan(images[3]).all()
    untouched = jettag.images((jets.momenta, jets.offsets), "A35")
    others = np.arange(len(images)) != 3
    assert np.array_equal(images[others], untouched[others])


def test_jagged_and_padded_are_the_same():
    jets = jets_data.load("toptag")
    jagged = jettag.images((jets.momenta, jets.offsets), "A40")
    assert np.array_equal(jagged, jettag.images(jets_data.padded(jets), "A40"))


def test_unknown_recipe_names_those_there_are():
    with pytest.raises(jettag.JettagError, match=r"A35.*B37-grey"):
        jettag.images((np.ones((4, 4)), [0, 4]), "A36")


def test_colour_without_classes_is_refused():
    with pytest.raises(jettag.JettagError, match="class"):
        jettag.images((np.ones((4, 4)), [0, 4]), "B37-colour")


def test_bad_class_gives_nan():
    momenta = np.array([[30.0, 10, 5, 40], [10, 12, 3, 20]])
    assert np.isnan(jettag.images((momenta, [0, 2]), "B37-colour", [0, 3])).all()


@pytest.mark.parametrize("path", sorted(ZOO.glob("*.jtm")), ids=lambda path: path.stem)
def test_network_inputs_of_trained_models(path):
    """Standardise, crop and resize against matrices; images of paper A, jets away from pixel edges."""
    stored = jtm.read(path)
    section = stored.header["image"]
    if section["recipe"] not in ("A35", "A40") or "mean" not in section:
        pytest.skip("reads no image of paper A")
    jets = jets_data.load("toptag")
    inputs, _, statuses = jettag.load(path).network_inputs((jets.momenta, jets.offsets))
    assert not statuses.any()
    mean, deviation = (stored.tensors[section[key]].astype(float) for key in ("mean", "deviation"))
    n_compared = 0
    for i, ours in enumerate(inputs):
        image, edge_distance = paper.paper_a(jets.one(i)[0], section["bins"][0])
        if edge_distance < 1e-9:
            continue
        assert_same(
            ours,
            paper.network_input(image, mean, deviation, section["crop"], section.get("resize", section["crop"][2:])),
        )
        n_compared += 1
    assert n_compared > 150
