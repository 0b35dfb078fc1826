"""The report's tables of more test jets and of other numbers of training jets."""

import numpy as np
import pytest

from models.report import studies, write
from models.report.cache import PARTICLE_NET, About, Cache, Tagger
from models.report.jets import Facts, ReportError
from models.report.merit import measure_all
from pictures_helpers import saved_figures

REPLICATES = 10
BASE = "constituents-gf"


def some_facts(seed=0, n=3000):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.5).astype(np.uint8)
    return Facts(labels, rng.uniform(550, 650, n), rng.gamma(3, 30, n), ("toptag_017.npz",), f"jets{seed}")


def fill(folder, facts, jets_by_name):
    """Scores that are the better the more jets there were."""
    cache = Cache(folder)
    cache.write_jets("toptag", facts)
    for i, (name, jets) in enumerate(jets_by_name.items()):
        noise = np.random.default_rng(i).normal(size=len(facts))
        scores = (1 / (1 + np.exp(-(np.log10(jets) * (facts.labels - 0.5) + noise)))).astype(np.float32)
        cache.write_tagger("toptag", Tagger(name, scores, About(name, facts.fingerprint, jets=jets, epochs=9.0)))
    return cache


@pytest.fixture
def caches(tmp_path):
    facts = some_facts()
    more = fill(tmp_path / "more", facts, {BASE: 1000, "ensemble-gf": 2000, PARTICLE_NET: 3000})
    names = {f"{BASE}-10k": 10, f"{BASE}-100k": 100, f"{BASE}-seed2": 1100, f"{BASE}-seed3": 900, "other-5k": 5}
    return more, fill(tmp_path / "studies", facts, names)


def rows_of(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def merits_of(caches):
    more, kept = caches
    shipped = {merit.tagger.name: merit for merit in measure_all(more, "toptag", REPLICATES)}
    return measure_all(kept, "toptag", REPLICATES), shipped


def test_names():
    assert studies.study_of("constituents-gf-30k") == ("constituents-gf", "30k")
    assert studies.study_of("constituents-gf-seed12") == ("constituents-gf", "seed12")
    assert studies.study_of("effnet-s0-i35") == ("effnet-s0-i35", "") and studies.study_of("lenet-28") == (
        "lenet-28",
        "",
    )


def test_numbers_of_jets_rise_and_the_shipped_model_is_among_them(caches):
    merits, shipped = merits_of(caches)
    head, _, *rows = rows_of(studies.curve_table(merits, shipped))
    assert [row[:3] for row in rows] == [
        [f"`{BASE}`", "10", "9"],
        [f"`{BASE}`", "100", "9"],
        [f"`{BASE}`", "1,000", "9"],
        ["`other`", "5", "9"],
    ]
    scores, labels = caches[1].taggers("toptag")[f"{BASE}-100k"].scores, caches[1].jets("toptag").labels
    tops, others = scores[labels == 1], scores[labels == 0]
    right = ((scores >= 0.5) == labels).mean()
    assert rows[1][head.index("AUC, %")].split(" ±")[0] == f"{100 * (tops[:, None] > others).mean():.3f}"
    assert rows[1][head.index("accuracy, %")].split(" ±")[0] == f"{100 * right:.2f}"


def test_more_jets_compare_with_the_default(caches):
    merits, shipped = merits_of(caches)
    found = write.more_sections(*caches, None, REPLICATES)
    head, _, *rows = rows_of(found["more"].split("\n\n")[1])
    assert "`toptag`, 3,000 jets" in found["more"]
    by_name = {row[0]: row for row in rows}
    assert set(by_name) == {f"`{BASE}`", "`ensemble-gf`", "ParticleNet"}
    assert by_name["`ensemble-gf`"][-3:] == ["", "", ""]
    less = 100 * (shipped[BASE].values["auc"] - shipped["ensemble-gf"].values["auc"])
    assert by_name[f"`{BASE}`"][head.index("AUC less `ensemble-gf`'s, %")].split(" ±")[0] == f"{less:.3f}"
    assert found["learning"] == studies.curve_table(merits, shipped)  # no trees to compare with
    assert set(found) == {"more", "learning"}


def test_what_is_not_there_is_left_alone_and_other_jets_are_refused(caches, tmp_path):
    more, kept = caches
    assert write.more_sections(Cache(tmp_path / "none"), kept, None, REPLICATES) == {}
    assert set(write.more_sections(more, Cache(tmp_path / "none"), None, REPLICATES)) == {"more"}
    others = fill(tmp_path / "others", some_facts(7), {f"{BASE}-10k": 10})
    with pytest.raises(ReportError, match="toptag has other jets"):
        write.more_sections(more, others, None, REPLICATES)


def test_the_picture_has_a_line_for_each_network(caches, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    saved = saved_figures(monkeypatch)
    write.more_sections(*caches, tmp_path, REPLICATES)
    assert (tmp_path / "report-learning.png").stat().st_size > 5000
    merits, shipped = merits_of(caches)
    expected = [merit.values["rejection_50"] for merit in studies.curves(merits, shipped)[BASE]]
    seen = saved[-1].axes
    assert [len(panel.containers) for panel in seen] == [2, 2]
    line = seen[1].containers[0].lines[0]
    assert np.allclose(line.get_ydata(), expected) and line.get_xdata().tolist() == [10, 100, 1000]


def test_steps_of_paper_b_stand_in_its_table_alone(tmp_path):
    facts = some_facts()

    def filled(name, names):
        made = fill(tmp_path / name, facts, names)
        for path in (made.folder / "toptag").rglob("*.npz"):
            new = made.folder / "cms" / path.relative_to(made.folder / "toptag")
            new.parent.mkdir(parents=True, exist_ok=True)
            path.rename(new)
        return made

    cache = filled("cache", {"deeptop-minimal-cms": 1000})
    steps = filled("steps", {"deeptop-minimal-cms-baseline": 200})
    page = tmp_path / "page.md"
    marks = ("samples", "paper-a", "paper-b-deeptop", "paper-b-cms", "masses", "seeds", "figures")
    page.write_text("".join(f"<!-- report:{mark} -->\n<!-- end of report:{mark} -->\n" for mark in marks))
    write.write(cache, page, None, REPLICATES, steps=steps)
    text = page.read_text()
    assert text.count("deeptop-minimal-cms-baseline") == 1
    (line,) = [one for one in text.splitlines() if "deeptop-minimal-cms-baseline" in one]
    assert line.startswith("| baseline: DeepTop, minimal |") and "| 200, 9 |" in line
    write.write(cache, page, None, REPLICATES, steps=Cache(tmp_path / "none"))
    assert "| 200, 9 |" not in page.read_text()
    others = Cache(tmp_path / "others")
    others.write_jets("cms", some_facts(8))
    with pytest.raises(ReportError, match="cms has other jets"):
        write.write(cache, page, None, REPLICATES, steps=others)
