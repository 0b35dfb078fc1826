"""Networks: the papers' parameter counts, shapes, and the library's own numbers for the same layers."""

import math

import numpy as np
import pytest

from models import jtm
from models.export import build, without_statistics
from models.initialise import initial_tensors, random_tensors
from models.layers import filled, same_padding
from models.networks import NETWORKS

FEATURE_NAMES = [f"feature{i}" for i in range(53)]

# "CNN on 'Top'", Table 2: images alone, with global features.
EFFNET = {
    "s0": (158_362, 242_426),
    "s1": (184_492, 276_476),
    "s2": (215_040, 314_944),
    "s3": (258_148, 367_556),
    "s4": (304_952, 422_280),
}
LENET = {28: (428_072, 484_758), 32: (653_072, 709_758), 40: (1_253_072, 1_309_758)}
PAPER_A = {
    **{
        f"lenet-{side}-{window}{gf}": LENET[side][i]
        for window, sides in (("i35", (28, 32, 40)), ("i40", (32, 40)))
        for side in sides
        for i, gf in enumerate(("", "-gf"))
    },
    **{
        f"effnet-{size}-{window}{gf}": counts[i]
        for window in ("i35", "i40")
        for size, counts in EFFNET.items()
        for i, gf in enumerate(("", "-gf"))
    },
}
# The count for DeepTop's jets by hand: 16 x 1 x 128 + 128, 16 x 128 x 64 + 64, twice 16 x 64 x 64 + 64,
# 10 x 10 x 64 x 64 + 64, 64 x 256 + 256, 256 x 256 + 256, 256 x 2 + 2.
GREY_DEEPTOP = 2_176 + 131_136 + 2 * 65_600 + 409_664 + 16_640 + 65_792 + 514
OTHERS = {
    "macaluso-shih-grey-cms": 679_298,
    "macaluso-shih-colour-cms": 685_442,
    "macaluso-shih-grey-deeptop": GREY_DEEPTOP,
    "deeptop-minimal-cms": 216_546,
    "deeptop-minimal-deeptop": 216_546,
    "resnext-50": 1_474_466,
    # 7 x 48 + 2 x 48 x 48, 5 x 32 + 2 x 32 x 32, (48 + 32 + 53) x 64 + 64, 64 x 2 + 2.
    **{f"constituents-gf{sample}": 336 + 4_608 + 160 + 2_048 + 8_576 + 130 for sample in ("", "-cms", "-deeptop")},
    # The same, and 48 x 16 + 16 + 16 x 48 + 48, 32 x 16 + 16 + 16 x 32 + 32 of the squeeze-excites.
    "constituents-context-gf": 15_858 + 1_600 + 1_072,
    # 7 x 96 + 2 x 96 x 96, 5 x 48 + 2 x 48 x 48, both squeeze-excites, (96 + 48 + 53) x 128 + 128, 128 x 2 + 2.
    "constituents-wide-gf": 19_104 + 4_848 + (4_608 + 120) + (2_304 + 72) + 25_344 + 258,
}
COUNTS = PAPER_A | OTHERS


def test_exactly_these_networks():
    assert len(PAPER_A) == 30
    assert set(NETWORKS) == set(COUNTS)


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_parameter_count(name):
    assert NETWORKS[name].parameters() == COUNTS[name]


def test_resnext_trainable_weights():
    assert NETWORKS["resnext-50"].trainable() == 1_457_314


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_name_says_what_it_reads(name):
    network = NETWORKS[name]
    assert network.name == name
    assert network.n_features == (53 if "-gf" in name else 0)
    if name in PAPER_A:
        side = (
            int(name.split("-")[1]) if name.startswith("lenet") else dict(s0=36, s1=40, s2=48, s3=56, s4=64)[name[7:9]]
        )
        assert network.image_shape == (3, side, side)
        assert network.image["crop"] == ([3, 3, 28, 28] if "-i35" in name else [4, 4, 32, 32])
        assert network.image["recipe"] == ("A35" if "-i35" in name else "A40")


def test_image_shapes_of_paper_b():
    sides = {name: network.image_shape for name, network in NETWORKS.items() if name in OTHERS and "-gf" not in name}
    assert sides == {
        "macaluso-shih-grey-cms": (1, 37, 37),
        "macaluso-shih-colour-cms": (4, 37, 37),
        "macaluso-shih-grey-deeptop": (1, 40, 40),
        "deeptop-minimal-cms": (1, 40, 40),
        "deeptop-minimal-deeptop": (1, 40, 40),
        "resnext-50": (1, 64, 64),
    }


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        (36, 3, 2, (0, 1)),
        (37, 4, 1, (1, 2)),
        (9, 3, 2, (1, 1)),
        (5, 5, 2, (2, 2)),
        (8, 1, 2, (0, 0)),
        (3, 5, 2, (2, 2)),
    ],
)
def test_same_padding(size, kernel, stride, expected):
    assert same_padding(size, kernel, stride) == expected
    # One output per stride, begun or whole.
    assert (size + sum(expected) - kernel) // stride + 1 == math.ceil(size / stride)


def test_lenet_by_hand():
    shapes = NETWORKS["lenet-28-i35"].shapes()
    assert [shapes[n] for n in ("conv1", "pool1", "conv2", "pool2", "flat")] == [
        (20, 24, 24),
        (20, 12, 12),
        (50, 8, 8),
        (50, 4, 4),
        (800,),
    ]
    products = 20 * 24 * 24 * 3 * 25 + 50 * 8 * 8 * 20 * 25 + 800 * 500 + 500 * 2
    assert NETWORKS["lenet-28-i35"].multiply_adds() == products


def test_effnet_s0_by_hand():
    shapes = NETWORKS["effnet-s0-i35"].shapes()
    sides = [shapes[f"block{i}a"][1] for i in range(1, 8)]
    assert (shapes["stem"], sides, shapes["head"]) == ((16, 18, 18), [18, 9, 5, 3, 3, 2, 2], (368, 2, 2))
    squeezes = [layer["squeeze"] for layer in NETWORKS["effnet-s0-i35"].layers if layer["kind"] == "mbconv"]
    assert squeezes == [4, 2, 2, 4, 6, 8, 14]


def test_resnext_sides():
    shapes = NETWORKS["resnext-50"].shapes()
    assert [shapes[n] for n in ("stem", "pool", "stage1_3", "stage2_4", "stage3_6", "stage4_3")] == [
        (64, 32, 32),
        (64, 16, 16),
        (64, 16, 16),
        (128, 8, 8),
        (256, 4, 4),
        (512, 2, 2),
    ]


def test_initial_weights_follow_the_seed():
    network = NETWORKS["effnet-s0-i35-gf"]
    first, again, other = (initial_tensors(network, seed) for seed in (1, 1, 2))
    assert {name: values.shape for name, values in first.items()} == network.tensor_shapes()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["stem.weight"], other["stem.weight"])
    assert first["stem.weight"].std() == pytest.approx(math.sqrt(2 / 27), rel=0.15)
    assert np.all(first["block2a.expand.variance"] == 1) and np.all(first["block2a.expand.mean"] == 0)


def test_defaults_do_not_replace_what_is_said():
    assert filled({"name": "a", "kind": "dense", "inputs": ["b"], "units": 2, "bias": False})["bias"] is False
    assert filled({"name": "a", "kind": "dense", "inputs": ["b"], "units": 2})["bias"] is True


def test_shapes_that_do_not_fit_are_refused():
    network = NETWORKS["lenet-28-i35"]
    image = {**network.image, "crop": [3, 3, 9, 9]}
    small = type(network)("small", "", image, True, 0, network.layers)
    with pytest.raises(ValueError, match="conv2: a kernel of"):
        small.shapes()


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_library_reads_it_with_the_same_numbers(name, tmp_path):
    jettag = pytest.importorskip("jettag", exc_type=ImportError)
    network = NETWORKS[name]
    path = tmp_path / f"{name}.jtm"
    statistics = without_statistics(network, jettag.FEATURES)
    jtm.write(path, build(network, random_tensors(network, 1), statistics, version="0", created="2026-01-31"))
    info = jettag.load(path, backend="reference").info
    assert info["n_parameters"] == COUNTS[name]
    assert info["multiply_adds"] == network.multiply_adds()
    assert info["image_shape"] == network.image_shape
    assert info["recipe_shape"] == network.recipe_shape
    assert info["features"] == list(jettag.FEATURES if network.n_features else ())
    assert info["needs_classes"] == ("colour" in name)
