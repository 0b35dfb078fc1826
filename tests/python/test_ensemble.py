"""Ensembles: the score of the mean logits, whatever the members."""

import numpy as np
import pytest

import jettag
import models_helpers as helpers
from models import jtm
from models.ensemble import check_members, combine, statistics_of
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
        tmp_path / "three.jtm", build(network, tensors, statistics_of(members[0]), version="1", created="2026-01-31")
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
