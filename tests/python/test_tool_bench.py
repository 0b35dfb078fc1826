"""`jettag bench`: what it measures, with which jets."""

import numpy as np
import pytest

import jets_data
import jettag
import models_helpers as helpers
from tool_helpers import FORM, MODEL, as_text, complaint, passed


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    return helpers.random_model("macaluso-shih-colour-cms", tmp_path_factory.mktemp("models"))


def timings(printed):
    """What `bench` measured: its first line, and (what, batch) with median, least and 99th percentile."""
    first, head, *rows = printed.splitlines()
    assert head.split() == ["us", "per", "jet", "batch", "median", "least", "99", "%", "jets/s", "calls"]
    found = {}
    for row in rows:
        *what, batch, median, least, slowest, rate, calls = row.split()
        assert 0.0 < float(least) <= float(median) <= float(slowest) and int(calls) >= 20
        # Printed in whole jets, which is more than 1 % of few.
        assert float(rate) == pytest.approx(1e6 / float(median), rel=0.01, abs=0.6)
        found[" ".join(what), int(batch)] = float(median)
    return first, found


def test_bench_of_made_up_jets():
    first, found = timings(passed("bench", MODEL))
    assert first.startswith("effnet-s0-i35-gf ") and " one thread, 512 made-up jets, " in first
    assert list(found) == [(what, n) for what in ("from constituents", "network alone") for n in (1, 16, 100)]
    # Features take several times as long as the network.
    assert found["from constituents", 16] > found["network alone", 16]


def test_bench_of_jets(colour, tmp_path):
    jets = jets_data.load("cms")
    path = tmp_path / "jets.txt"
    n, last = 40, int(jets.offsets[40])
    path.write_text(as_text(jets.momenta[:last], jets.offsets[: n + 1], jets.classes[:last]))
    for arguments, text in ((["bench", colour, path], ""), (["bench", colour, "-"], path.read_text())):
        first, found = timings(passed(*arguments, text=text))
        assert f", {n} jets, {last / n:.1f} constituents on average" in first
        assert list(found) == [(what, n) for what in ("from constituents", "network alone") for n in (1, 16)]


def test_bench_without_jets_or_classes(colour, tmp_path):
    assert complaint("bench", MODEL, "-", text="\n# none\n") == "jettag: standard input: there is no jet in it\n"
    nothing = tmp_path / "nothing.txt"
    assert complaint("bench", MODEL, nothing) == f"jettag: {nothing}: No such file or directory\n"
    with pytest.raises(jettag.ArgumentError, match="class") as caught:
        jettag.load(colour).tag((np.ones((4, 4)), [0, 4]))
    assert complaint("bench", colour, "-", text="1 1 1 2\n") == f"jettag: {caught.value}\n"
    assert FORM in complaint("bench", MODEL, "-", text="1 2 3\n")
