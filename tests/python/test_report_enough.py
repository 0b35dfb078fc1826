"""How many training jets would suffice, from learning curves."""

import math
from dataclasses import replace

import numpy as np
import pytest

from models.report import enough, write
from models.report.cache import TREE, About, Cache, Tagger
from models.report.jets import Facts
from models.report.merit import measure_all
from models.report.studies import curves

REPLICATES = 20
BASE = "constituents-gf"


def test_a_line_through_points_on_a_line():
    jets = np.array([1e4, 1e5, 3e5, 1e6])
    line = enough.line_through(jets, 7 + 30 * np.log(jets), [3, 1, 2, 5])
    assert line.at_one == pytest.approx(7, abs=1e-6) and line.slope == pytest.approx(30)
    assert line.at(2e6)[0] == pytest.approx(7 + 30 * math.log(2e6))
    assert line.reaches(7 + 30 * math.log(5e6)) == pytest.approx(5e6)


def test_errors_are_those_of_repeated_measurements():
    rng = np.random.default_rng(1)
    jets, errors = np.array([3e4, 6e4, 23e4, 75e4]), np.array([13, 14, 19, 21])
    truth = 10 + 32 * np.log(jets)
    fitted = [enough.line_through(jets, truth + errors * rng.normal(size=4), errors).at(1.2e6)[0] for _ in range(4000)]
    value, error = enough.line_through(jets, truth, errors).at(1.2e6)
    assert np.mean(fitted) == pytest.approx(value, abs=1.5)
    assert np.std(fitted) == pytest.approx(error, rel=0.05)


def test_points_with_small_errors_count_more():
    line = enough.line_through([10, 100, 1000], [1, 2, 30], [0.01, 0.01, 100])
    assert line.slope == pytest.approx(1 / math.log(10), rel=1e-3)


def test_more_jets_that_do_not_help_never_suffice():
    falling = enough.line_through([10, 100, 1000], [3, 2, 1], [1, 1, 1])
    flat = enough.line_through([10, 100, 1000], [3, 3, 3 + 1e-6], [1, 1, 1])
    assert falling.reaches(5) == math.inf and flat.reaches(50) == math.inf


@pytest.fixture
def caches(tmp_path):
    """Scores that get better by as much whenever there are ten times as many jets, and trees."""
    rng = np.random.default_rng(2)
    n = 40_000
    facts = Facts(
        (np.arange(n) % 2).astype(np.uint8), np.full(n, 600.0), np.full(n, 170.0), ("toptag_017.npz",), "jets"
    )
    noise = rng.normal(size=n)
    strengths = {BASE: (1_000_000, 2.2), f"{BASE}-10k": (10_000, 1.8), f"{BASE}-100k": (100_000, 2.0)}
    kept = {folder: Cache(tmp_path / folder) for folder in ("more", "studies")}
    for cache in kept.values():
        cache.write_jets("toptag", facts)
    for name, (jets, strength) in {**strengths, TREE: (250_000, 2.0), "other-5k": (5, 1.0)}.items():
        scores = (1 / (1 + np.exp(-(strength * (facts.labels - 0.5) + noise)))).astype(np.float32)
        tagger = Tagger(name, scores, About(name, "jets", jets=jets, epochs=9.0))
        kept["more" if name in (BASE, TREE) else "studies"].write_tagger("toptag", tagger)
    return kept["more"], kept["studies"]


def merits_of(caches):
    shipped = {merit.tagger.name: merit for merit in measure_all(caches[0], "toptag", REPLICATES)}
    return curves(measure_all(caches[1], "toptag", REPLICATES), shipped), shipped


def test_words_say_what_a_fit_by_numpy_says(caches):
    found, shipped = merits_of(caches)
    some = found[BASE]
    logs = np.log([merit.tagger.about.jets for merit in some])
    values = np.array([merit.values["rejection_50"] for merit in some])
    slope, at_one = np.polyfit(logs, values, 1, w=1 / np.array([merit.errors["rejection_50"] for merit in some]))
    trees = shipped[TREE].values["rejection_50"]
    words = enough.enough_words(found, shipped)
    assert f"`{BASE}` reaches {at_one + slope * math.log(1.2e6):.0f} ± " in words
    assert f"1.3 times the trees' {trees:.0f} at {math.exp((1.3 * trees - at_one) / slope) / 1e6:.1f} million" in words
    assert "other" not in words, "one number of jets is no curve"


def test_the_page_says_it_below_the_table(caches):
    found, shipped = merits_of(caches)
    learning = write.more_sections(*caches, None, REPLICATES)["learning"]
    assert learning.endswith("\n\n" + enough.enough_words(found, shipped))


def test_nothing_is_said_without_trees_or_without_a_curve(caches):
    found, shipped = merits_of(caches)
    assert enough.enough_words(found, {BASE: shipped[BASE]}) == ""
    assert enough.enough_words({"other": found["other"]}, shipped) == ""
    endless = replace(shipped[TREE], values={**shipped[TREE].values, "rejection_50": math.inf})
    assert enough.enough_words(found, {TREE: endless}) == ""
