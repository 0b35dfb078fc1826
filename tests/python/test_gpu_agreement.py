"""Scores on a GPU beside those on the processor, wherever there is one, and what they are counted by."""

import numpy as np
import pytest

import jettag
from models.datasets import shards
from tests.bench.gpu.agreement import ZOO, agreement, line, of_model
from tests.bench.gpu.compare import CUDA, NATIVE, WHOLE, crossover, figures

POINTS = np.array([[0.3, 0.9, 0.001, 0.0], [0.5, 0.7, 0.01, 0.0], [0.8, 0.2, 0.1, 0.0]])


def test_counts_jets_that_change_sides():
    one = np.array([0.95, 0.91, 0.5, 0.69, np.nan, 0.3], np.float32)
    other = np.array([0.95, 0.89, 0.5, 0.71, np.nan, 0.3], np.float32)
    found = agreement(one, other, POINTS)
    assert found.crossing == {0.3: 0.2, 0.5: 0.2, 0.8: 0.0}
    assert found.largest == pytest.approx(0.02, abs=1e-6)
    said = line("model", found)
    assert "2.0e-01 at 30 %, 2.0e-01 at 50 %, none at 1 working points" in said and "difference 2.0e-02" in said


def test_a_jet_with_a_score_on_one_side_alone():
    with pytest.raises(ValueError, match="on one side alone"):
        agreement(np.array([0.5, np.nan], np.float32), np.array([0.5, 0.5], np.float32), POINTS)


def test_crossover_is_where_it_stays_faster():
    def at(cuda, native):
        return {CUDA: cuda, NATIVE: native}

    slow, fast = at(2.0, 1.0), at(1.0, 2.0)
    assert crossover({1: slow, 8: fast, 64: fast}, "") == "from a batch of 8 on"
    assert crossover({1: fast, 8: slow, 64: fast}, "") == "from a batch of 64 on"
    assert crossover({1: fast, 8: fast, 64: slow}, "") == "at no batch that was measured"


def test_what_is_asked_of_a_gpu():
    def at(seconds):
        names = (CUDA, f"{CUDA}, on device", CUDA + WHOLE, f"{CUDA}{WHOLE}, 16 threads", NATIVE, NATIVE + WHOLE)
        return dict(zip(names, seconds, strict=True))

    medians = {
        1: at((4e-5, 3e-5, 5e-5, 6e-5, 3e-5, 4e-5)),
        100: at((1e-4, 8e-5, 5e-4, 3e-4, 2e-3, 3e-3)),
        512: at((1e-3, 2e-4, 3e-3, 4e-4, 1e-2, 2e-2)),
    }
    assert figures("effnet-s0-i35", medians) == [
        "1000000 jets/s with copies, in batches of 100",
        "2560000 jets/s of inputs on the device, in batches of 512",
        "1280000 jets/s from constituents, 16 threads, in batches of 512",
        "50 us for a jet alone, from constituents",
        "100 us for 100 jets, 73 times as fast as the paper on its GPU",
        "cuda is faster than native, images: from a batch of 100 on",
        "cuda is faster than native, from constituents: from a batch of 100 on",
    ]
    assert len(figures("hybrid-i35-gf", {512: {CUDA: 1.0, CUDA + WHOLE: 1.0, NATIVE: 2.0, NATIVE + WHOLE: 2.0}})) == 3


@pytest.mark.parametrize("name", sorted(path.stem for path in ZOO.glob("*.jtm")))
def test_scores_on_a_gpu(name, capsys):
    row = next(one for one in jettag.backends() if one["name"] == "cuda")
    if not row["available"]:
        pytest.skip(row["reason"])
    jets = shards.usable(shards.read(shards.SAMPLE))
    if jettag.load(ZOO / f"{name}.jtm").info["needs_classes"] and jets.classes is None:
        pytest.skip("its jets need classes")
    found = of_model(name, "cuda", jets)
    with capsys.disabled():
        print(f"\n{line(name, found)}")
    assert found.largest <= 1e-5
