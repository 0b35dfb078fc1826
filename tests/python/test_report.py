"""The report: its tables against numbers that are counted by hand, and what it says when something is missing."""

import math

import numpy as np
import pytest

import jets_data
from models import bootstrap, dependence
from models.datasets import shards
from models.datasets.kinematics import pt_and_mass
from models.networks import NETWORKS
from models.report import jets, papers, replicates, tables, write
from models.report.cache import TREE, About, Cache, Tagger
from models.report.merit import compare, measure_all

N = 400
MARKS = ("samples", "paper-a", "paper-b-deeptop", "paper-b-cms", "masses", "seeds", "figures")


def facts(seed=1):
    random = np.random.default_rng(seed)
    labels = np.tile([1, 0], N // 2).astype(np.uint8)
    return jets.Facts(labels, random.uniform(550, 650, N), random.uniform(20, 200, N), ("toptag_10.npz",), "these")


def tagger(name, seed, strength=1.0, **about):
    random = np.random.default_rng(seed)
    labels = facts().labels
    scores = 1 / (1 + np.exp(-(strength * (2.0 * labels - 1) + random.normal(size=N))))
    return Tagger(name, scores.astype(np.float32), About(name, "these", **about))


@pytest.fixture
def cache(tmp_path):
    cache = Cache(tmp_path / "cache")
    cache.write_jets("toptag", facts())
    cache.write_tagger(
        "toptag", tagger("effnet-s0-i35-gf", 2, jets=1000, epochs=3.0, parameters=242_426, n_features=53)
    )
    cache.write_tagger("toptag", tagger(TREE, 3, 0.7, jets=900, epochs=600.0, n_features=53))
    return cache


def page(tmp_path):
    path = tmp_path / "README.md"
    marks = "".join(f"words\n<!-- report:{mark} -->\n<!-- end of report:{mark} -->\n" for mark in MARKS)
    path.write_text(f"by hand\n{marks}")
    return path


def test_numbers_are_those_counted_by_hand(cache):
    merits = {merit.tagger.name: merit for merit in measure_all(cache, "toptag", 50)}
    merit, labels = merits["effnet-s0-i35-gf"], facts().labels
    scores = merit.tagger.scores
    tops, others = np.sort(scores[labels == 1])[::-1], scores[labels == 0]
    passing = (others >= tops[len(tops) // 2 - 1]).sum()
    assert merit.values["rejection_50"] == pytest.approx(len(others) / passing)
    assert merit.values["accuracy"] == pytest.approx(np.mean((scores >= 0.5) == (labels == 1)))
    pairs = (scores[labels == 1][:, None] > others).mean()
    assert merit.values["auc"] == pytest.approx(pairs, abs=1e-9)
    assert merit.separation == pytest.approx(scores[labels == 1].mean() - others.mean(), rel=1e-5)
    # The error of an accuracy is binomial, tops and others apart.
    right = [np.mean((scores[labels == one] >= 0.5) == one) for one in (0, 1)]
    binomial = math.sqrt(sum(p * (1 - p) / (N / 2) for p in right)) / 2
    merit_error = bootstrap.spread(bootstrap.replicate_numbers(scores, labels, 400)["accuracy"])
    assert merit_error == pytest.approx(binomial, rel=0.15)


def test_differences_are_paired(cache):
    merits = {merit.tagger.name: merit for merit in measure_all(cache, "toptag", 200)}
    first = merits["effnet-s0-i35-gf"]
    # One jet's score moved: nearly all that moves one in a replicate moves the other.
    scores = first.tagger.scores.copy()
    scores[0] = 0.4
    cache.write_tagger("toptag", Tagger("nearly", scores, About("nearly", "these")))
    again = {merit.tagger.name: merit for merit in measure_all(cache, "toptag", 200)}
    close, far = compare(again["nearly"], first), compare(merits[TREE], first)
    # How often that jet is drawn is binomial, with a variance of nearly 1.
    assert close.errors["accuracy"] == pytest.approx(1 / N, rel=0.2)
    assert close.errors["accuracy"] < 0.3 * far.errors["accuracy"]
    assert far.errors["accuracy"] > first.errors["accuracy"]
    assert close.values["accuracy"] == pytest.approx(-1 / N) and close.scores == pytest.approx(
        abs(0.4 - first.tagger.scores[0]) / N, rel=1e-4
    )
    assert math.isnan(bootstrap.difference_error({"auc": np.array([1.0, np.inf])}, {"auc": np.ones(2)}, "auc"))


def test_replicates_are_kept_and_made_again_for_other_scores(cache, monkeypatch):
    kept = replicates.kept_replicates(cache, "toptag", facts(), tagger("x", 5), 20)
    monkeypatch.setattr(replicates, "replicate_numbers", lambda *_: pytest.fail("calculated twice"))
    same = replicates.kept_replicates(cache, "toptag", facts(), tagger("x", 5), 20)
    assert all(np.array_equal(kept[key], same[key]) for key in kept)
    with pytest.raises(pytest.fail.Exception):
        replicates.kept_replicates(cache, "toptag", facts(), tagger("x", 6), 20)


def test_tables(cache):
    merits = {merit.tagger.name: merit for merit in measure_all(cache, "toptag", 50)}
    lines = tables.paper_a_table(merits).splitlines()
    names = [line.split("|")[1].strip() for line in lines[2:]]
    rows = [f"`{name}`" for name in NETWORKS if name.startswith(("effnet", "lenet"))]
    assert len(rows) == 30 and sorted(names[:30]) == sorted(rows)
    assert names[30:] == ["`resnext-50`", "boosted trees, 53 features"]
    cells = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines[2:]}
    ours, theirs = cells["`effnet-s0-i35-gf`"], cells["`lenet-40-i35`"]
    assert ours[2:4] == ["1,000", "3"] and ours[8:] == ["93.32", "98.23", "242(5)", "890(34)"]
    assert theirs[2:8] == [""] * 6 and theirs[8:] == ["92.50", "97.78", "161(4)", "514(23)"]
    assert cells["boosted trees, 53 features"][2:4] == ["900", "600 trees"]
    assert "| .943 | 60 |" in tables.paper_b_table({}, "deeptop")
    assert tables.paper_b_table({}, "cms").splitlines()[-1].endswith("| 94.8 | .989 | 500 |")


def test_the_page_is_written_alike_again_and_keeps_its_words(cache, tmp_path):
    path = page(tmp_path)
    write.write(cache, path, None, 30)
    first = path.read_text()
    assert first.startswith("by hand\nwords\n") and "`effnet-s0-i35-gf`" in first and first.count("words") == len(MARKS)
    write.write(cache, path, None, 30)
    assert path.read_text() == first


def test_figures_are_drawn(cache, tmp_path):
    folder = tmp_path / "figures"
    folder.mkdir()
    write.write(cache, page(tmp_path), folder, 30)
    drawn = sorted(path.name for path in folder.glob("*.png"))
    assert "report-roc-toptag.png" in drawn and "report-sculpting-toptag.png" in drawn
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in folder.glob("*.png"))


def test_what_is_missing_is_said(cache, tmp_path):
    with pytest.raises(jets.ReportError, match="has no scores; make them with"):
        Cache(tmp_path / "nothing").samples()
    with pytest.raises(jets.ReportError, match="is missing: its words are written by hand"):
        write.write(cache, tmp_path / "none.md", None, 10)
    path = page(tmp_path)
    path.write_text(path.read_text().replace("<!-- end of report:masses -->", ""))
    with pytest.raises(jets.ReportError, match="report:masses"):
        write.write(cache, path, None, 10)
    other = Tagger("other", tagger("other", 7).scores, About("other", "other jets"))
    cache.write_tagger("toptag", other)
    assert "other" not in cache.taggers("toptag")
    cache.write_tagger("toptag", Tagger("short", other.scores[:-1], About("short", "these")))
    with pytest.raises(jets.ReportError, match="not 400 of them"):
        cache.taggers("toptag")
    cache.tagger_path("toptag", "short").write_bytes(b"junk")
    with pytest.raises(jets.ReportError, match="cannot be read"):
        cache.taggers("toptag")


def test_kinematics_and_fingerprint():
    some = jets_data.load("toptag")
    last = int(some.offsets[20])
    part = shards.Jets(some.momenta[:last], some.offsets[:21], some.labels[:20], None)
    pt, mass = pt_and_mass(part)
    for i in (0, 7, 19):
        px, py, pz, energy = part.momenta[part.offsets[i] : part.offsets[i + 1]].sum(0)
        assert pt[i] == pytest.approx(math.hypot(px, py))
        assert mass[i] == pytest.approx(math.sqrt(energy**2 - px**2 - py**2 - pz**2), rel=1e-6)
    changed = part.momenta.copy()
    changed[5, 2] += 1e-9
    assert jets.fingerprint(part) == jets.fingerprint(part)
    assert jets.fingerprint(shards.Jets(changed, part.offsets, part.labels, None)) != jets.fingerprint(part)


def test_sculpting_is_a_divergence_in_bits():
    masses, edges = np.array([10.0] * 60 + [30.0] * 60), np.array([0.0, 20.0, 40.0])
    assert dependence.sculpting(masses, masses > 20, edges) == pytest.approx(1.0)
    alike = np.arange(120) % 2 == 0
    assert dependence.sculpting(masses, alike, edges) == pytest.approx(0.0, abs=1e-12)


def test_the_papers_numbers():
    assert len(papers.rows_of_paper_a()) == 30
    said = papers.PAPER_A["effnet-s3-i35"]
    assert (said.accuracy, said.auc, said.rejection_50, said.rejection_30) == ("92.72", "97.90", "171(6)", "585(32)")
