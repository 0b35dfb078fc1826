"""Means of two taggers, against the model file that an ensemble is."""

import numpy as np
import pytest

import models_helpers as helpers
from models.datasets import shards
from models.report import means
from models.report.cache import TREE, About, Cache, Tagger
from models.report.jets import Facts

jettag = pytest.importorskip("jettag", exc_type=ImportError)

REPLICATES = 10
MEMBERS = ("constituents-gf", "effnet-s0-i35-gf")


def scores_of(name, jets):
    return jettag.load(helpers.ROOT / "models" / "zoo" / f"{name}.jtm").tag(jets.jagged)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    jets = shards.usable(shards.read(shards.SAMPLE)).part(0, 1500)
    made = Cache(tmp_path_factory.mktemp("scores"))
    ones = np.ones(len(jets))
    made.write_jets("toptag", Facts(jets.labels, ones, ones, ("toptag_00.npz",), "some"))
    for i, name in enumerate((*MEMBERS, "hybrid-i35-gf")):
        about = About(name, "some", multiply_adds=10 ** (i + 3))
        made.write_tagger("toptag", Tagger(name, scores_of(name, jets), about))
    made.write_tagger("toptag", Tagger(TREE, np.linspace(0, 1, len(jets), dtype=np.float32), About(TREE, "some")))
    return made


def test_a_mean_is_what_the_ensembles_file_gives(cache):
    found = cache.taggers("toptag")
    mean = means.mean_tagger(*(found[name] for name in MEMBERS))
    assert np.abs(mean.scores - found["hybrid-i35-gf"].scores).max() < 2e-6
    assert mean.about.multiply_adds == 11000 and mean.name == "+".join(MEMBERS)


def test_scores_of_nought_and_one_have_means():
    ends = Tagger("ends", np.array([0, 1, 0, 1], np.float32), About("ends", "some"))
    other = Tagger("other", np.array([0, 1, 1, 0.5], np.float32), About("other", "some"))
    low, high, middle, one = means.mean_tagger(ends, other).scores
    assert low < 1e-6 and high > 1 - 1e-6 and middle == pytest.approx(0.5) and 0.5 < one < 1


def test_rows_are_of_networks_and_less_the_better_member(cache):
    rows = means.means_with(cache, "toptag", MEMBERS[0], REPLICATES)
    assert {other.tagger.name for _, other, _ in rows} == {MEMBERS[1], "hybrid-i35-gf"}
    rejections = [mean.values["rejection_50"] for mean, _, _ in rows]
    assert rejections == sorted(rejections, reverse=True)
    by_name = {merit.tagger.name: merit for row in rows for merit in row}
    for _, other, better in rows:
        first = by_name.get(MEMBERS[0], better)
        assert better.values["rejection_50"] == max(other.values["rejection_50"], first.values["rejection_50"])
    lines = means.means_table(rows).splitlines()
    assert len(lines) == 4 and lines[0].startswith("| with | multiply-adds | AUC, % |")
    mean, _, better = next(row for row in rows if row[1].tagger.name == MEMBERS[1])
    (line,) = (line for line in lines if MEMBERS[1] in line)
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert cells[1] == "11,000" and cells[2].startswith(f"{100 * mean.values['auc']:.3f} ± ")
    assert cells[5].startswith(f"{100 * (mean.values['auc'] - better.values['auc']):.3f} ± ")


def test_the_command_says_what_is_missing(cache, monkeypatch, capsys):
    words = ["means", "--cache", str(cache.folder), "--replicates", str(REPLICATES)]
    monkeypatch.setattr("sys.argv", words)
    means.main()
    assert capsys.readouterr().out.count("\n") == 4
    for more, said in (
        (["--sample", "cms"], "no scores of cms"),
        (["--first", "lenet-28-i35"], "no scores of lenet-28-i35 on toptag"),
    ):
        monkeypatch.setattr("sys.argv", [*words, *more])
        with pytest.raises(SystemExit, match=said):
            means.main()
