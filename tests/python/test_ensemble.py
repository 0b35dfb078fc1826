"""Ensembles: the score of the mean logits, whatever the members."""

import numpy as np
import pytest

import jettag
import models_helpers as helpers
from models import jtm
from models.ensemble import check_members, combine, statistics_of, training_of
from models.export import Statistics, build
from models.networks import NETWORKS

NETWORK = NETWORKS["lenet-28-i35-gf"]


def member(seed, mean=0.5):
    rng = np.random.default_rng(1)
    statistics = Statistics(
        rng.uniform(0, mean, NETWORK.recipe_shape).astype(np.float32),
        rng.uniform(1, 2, NETWORK.recipe_shape).astype(np.float32),
        jettag.FEATURES,
        rng.normal(size=53).astype(np.float32),
        rng.uniform(1, 2, 53).astype(np.float32),
    )
    tensors = helpers.random_tensors(NETWORK, seed)
    return build(NETWORK, tensors, statistics, version="1", created="2026-01-31")


def test_the_score_of_the_mean_logits(tmp_path):
    members = [member(seed) for seed in (1, 2, 3)]
    images, features = helpers.network_inputs(NETWORK, 50, 4)
    check_members(members)
    network, tensors = combine("three", members)
    jtm.write(
        tmp_path / "three.jtm", build(network, tensors, statistics_of(members), version="1", created="2026-01-31")
    )
    logits = []
    for i, one in enumerate(members):
        jtm.write(tmp_path / f"{i}.jtm", one)
        scores = jettag.load(tmp_path / f"{i}.jtm").tag_images(images, features).astype(np.float64)
        logits.append(np.log(scores) - np.log1p(-scores))
    assert np.abs(np.diff(logits, axis=0)).max() > 0.1
    expected = 1 / (1 + np.exp(-np.mean(logits, axis=0)))
    found = jettag.load(tmp_path / "three.jtm").tag_images(images, features)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_members_with_other_inputs_are_refused():
    with pytest.raises(ValueError, match="two members"):
        check_members([member(1)])
    with pytest.raises(ValueError, match=r"image\.mean is not that of"):
        check_members([member(1), member(2, mean=0.6)])
    other = member(2)
    other.header["image"] = {**other.header["image"], "crop": [4, 4, 28, 28]}
    with pytest.raises(ValueError, match="section image is not that of"):
        check_members([member(1), other])


def test_members_of_different_kinds(tmp_path):
    images_and_features = member(1)
    kind = NETWORKS["constituents-gf"]
    statistics = Statistics(
        None,
        None,
        jettag.FEATURES,
        images_and_features.tensors["features.mean"],
        images_and_features.tensors["features.deviation"],
    )
    tensors = helpers.random_tensors(kind, 3)
    members = [build(kind, tensors, statistics, version="1", created="2026-01-31"), images_and_features]
    check_members(members)
    network, tensors = combine("both", members)
    assert network.image["crop"] == NETWORK.image["crop"] and network.standardised
    for name, given in kind.sets.items():
        assert network.sets[name].most == given.most and list(network.sets[name].columns) == list(given.columns)
    jtm.write(tmp_path / "both.jtm", build(network, tensors, statistics_of(members), version="1", created="2026-01-31"))
    images, rows = helpers.network_inputs(network, 50, 4)
    features = rows[:, :53]
    logits = [
        helpers.onnx_outputs(kind, members[0].tensors, images, rows)[0],
        helpers.onnx_outputs(NETWORK, members[1].tensors, images, features)[0],
    ]
    assert all(np.abs(one).max() < 20 and one.std() > 0.1 for one in logits)
    expected = 1 / (1 + np.exp(-np.diff(np.mean(logits, axis=0).astype(np.float64), axis=1)[:, 0]))
    found = jettag.load(tmp_path / "both.jtm").tag_images(images, rows)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    members[1].tensors["features.mean"] = members[1].tensors["features.mean"] + 1
    with pytest.raises(ValueError, match=r"features\.mean is not that of constituents-gf"):
        check_members(members)


def test_the_card_says_each_members_training():
    members = [
        jtm.read(helpers.ROOT / "models" / "zoo" / f"{name}.jtm") for name in ("constituents-gf", "effnet-s4-i40")
    ]
    cards = [one.header["card"] for one in members]
    found = training_of(members)
    assert found["jets"] == min(card["jets"] for card in cards) < max(card["jets"] for card in cards)
    assert found["epochs"] == max(card["epochs"] for card in cards)
    for one, card in zip(found["training_time"].split("; "), cards, strict=True):
        assert f"{card['jets']:,} jets, {card['epochs']:g} epochs, seed {card['seed']}: {card['training_time']}" in one
    assert [one.split(",")[0] for one in found["training_time"].split("; ")] == ["constituents-gf", "effnet-s4-i40"]
