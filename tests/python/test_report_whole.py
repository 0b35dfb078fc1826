"""The report's commands from shards to scores, its tables' columns, errors, bins, and what is in its pictures."""

import math
import sys

import numpy as np
import pytest

import jets_data
import models_helpers
from models import jtm
from models.bootstrap import difference_error, replicate_numbers, resampled, spread
from models.datasets import shards
from models.dependence import edges_of, mean_score, tagged_fraction
from models.report import evaluate, tagging, tree, write
from models.report.cache import TREE, About, Cache, Tagger, save
from models.report.jets import Facts, ReportError, load_test, samples_in
from models.report.mean_images import recipes_of
from models.report.merit import compare, measure_all
from models.report.papers import rows_of_paper_a
from models.report.tables import paper_b_table, sample_table, sculpting_table, with_error
from pictures_helpers import saved_figures

REPLICATES = 20


def some_facts(seed=0, n=4000):
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.5).astype(np.uint8)
    mass = np.where(labels == 1, rng.normal(172, 15, n), rng.gamma(3, 30, n))
    return Facts(labels, rng.uniform(550, 650, n), mass, ("toptag_10.npz", "toptag_11.npz"), f"jets{seed}")


def some_scores(facts, seed, how_well):
    noise = np.random.default_rng(seed).normal(size=len(facts))
    return (1 / (1 + np.exp(-(how_well * (facts.labels - 0.5) + noise)))).astype(np.float32)


@pytest.fixture
def cache(tmp_path):
    """Two models and trees on toptag."""
    kept, facts = Cache(tmp_path / "cache"), some_facts(1)
    kept.write_jets("toptag", facts)
    for i, (name, how_well) in enumerate({"lenet-28-i35": 1.5, "effnet-s0-i35": 2.0, TREE: 1.8}.items()):
        size = {"reads": "53 features", "n_features": 53} if name == TREE else {"multiply_adds": 3000 * (i + 1)}
        epochs = 600.0 if name == TREE else 7.0
        about = About(name, facts.fingerprint, jets=1234 + i, epochs=epochs, parameters=10 + i, **size)
        kept.write_tagger("toptag", Tagger(name, some_scores(facts, i, how_well), about))
    return kept


def cells_of(table, words):
    (line,) = [line for line in table.splitlines() if line.startswith(f"| {words} |") or f" | {words} |" in line]
    return [cell.strip() for cell in line.split("|")[1:-1]]


def rejection_by_hand(scores, labels, efficiency):
    """The threshold is the score of the top that completes the fraction."""
    tops = sorted((float(s) for s, label in zip(scores, labels, strict=True) if label == 1), reverse=True)
    cut = tops[math.ceil(efficiency * len(tops)) - 1]
    others = [float(s) for s, label in zip(scores, labels, strict=True) if label == 0]
    return len(others) / sum(score >= cut for score in others)


# --- numbers ---------------------------------------------------------------------------------------------------------
def test_every_column_of_a_samples_table(cache):
    facts, taggers = cache.jets("toptag"), cache.taggers("toptag")
    merits = measure_all(cache, "toptag", REPLICATES)
    table = sample_table(merits)
    rows = {}
    for name, words in (("lenet-28-i35", "`lenet-28-i35`"), (TREE, "boosted trees")):
        scores = taggers[name].scores
        rows[name] = row = dict(zip(cells_of(table, "tagger"), cells_of(table, words), strict=True))
        assert row["1/eps_B at 50 %"].split(" ±")[0] == f"{rejection_by_hand(scores, facts.labels, 0.5):.0f}"
        assert row["at 30 %"].split(" ±")[0] == f"{rejection_by_hand(scores, facts.labels, 0.3):.0f}"
        right = sum((s >= 0.5) == (label == 1) for s, label in zip(scores, facts.labels, strict=True)) / len(scores)
        assert row["accuracy, %"].split(" ±")[0] == f"{100 * right:.2f}"
        tops, others = scores[facts.labels == 1], scores[facts.labels == 0]
        assert row["AUC, %"].split(" ±")[0] == f"{100 * (tops[:, None] > others).mean():.2f}"
        assert row["mean scores apart"] == f"{float(np.mean(tops, dtype=float) - np.mean(others, dtype=float)):.3f}"
    lenet = rows["lenet-28-i35"]
    assert (lenet["training jets"], lenet["epochs"], lenet["parameters"]) == ("1,234", "7", "10")
    less = rejection_by_hand(taggers["lenet-28-i35"].scores, facts.labels, 0.5)
    less -= rejection_by_hand(taggers[TREE].scores, facts.labels, 0.5)
    assert lenet["1/eps_B at 50 % less trees'"].split(" ±")[0] == f"{less:.0f}"
    apart = np.abs(taggers["lenet-28-i35"].scores - taggers[TREE].scores).mean(dtype=float)
    assert lenet["scores apart from trees'"] == f"{apart:.3f}"
    assert list(rows[TREE].values())[-3:] == ["", "", ""] and rows[TREE]["epochs"] == "600 trees"
    best_first = [rejection_by_hand(merit.tagger.scores, facts.labels, 0.5) for merit in merits]
    assert best_first == sorted(best_first, reverse=True) and len(set(best_first)) == 3


def test_errors_of_rejections_and_their_differences_are_the_analytic_ones():
    # Tops have one score, so the threshold stands still; of n others some pass the first cut, the second, or both.
    n, first, second, both = 4000, 60, 80, 200
    labels = np.repeat([1, 0], n).astype(np.uint8)
    scores = np.full((2, 2 * n), 0.1, np.float32)
    scores[:, :n] = 0.9
    scores[0, n : n + first + both] = 0.95
    scores[1, n + first : n + first + both + second] = 0.95
    found = [replicate_numbers(one, labels, 600) for one in scores]
    passed = np.array([first + both, second + both])
    # 1/eps = n / passed, and passed is binomial.
    expected = n / passed**2 * np.sqrt(passed * (1 - passed / n))
    assert [spread(one["rejection_50"]) for one in found] == pytest.approx(expected, rel=0.12)
    # For the difference the three counts are multinomial.
    slopes = np.array([-n / passed[0] ** 2, n / passed[1] ** 2, -n / passed[0] ** 2 + n / passed[1] ** 2])
    chances = np.array([first, second, both]) / n
    paired = difference_error(*found, "rejection_50")
    assert paired == pytest.approx(math.sqrt(n * (slopes**2 @ chances - (slopes @ chances) ** 2)), rel=0.12)
    assert paired < 0.7 * math.hypot(*expected)


def test_replicates_draw_jets_of_both_classes_in_their_numbers():
    labels = np.repeat([1, 0], [30, 50]).astype(np.uint8)
    drawn = resampled(labels, 3)
    assert labels[drawn].sum() == 30 and len(drawn) == 80 and len(set(drawn.tolist())) < 80
    np.testing.assert_array_equal(drawn, resampled(labels, 3))
    assert not np.array_equal(drawn, resampled(labels, 4))


def test_without_background_left_a_cell_is_empty(tmp_path):
    kept, facts = Cache(tmp_path), some_facts(3)
    kept.write_jets("toptag", facts)
    about = About("x", facts.fingerprint)
    kept.write_tagger("toptag", Tagger("lenet-28-i35", facts.labels.astype(np.float32), about))
    kept.write_tagger("toptag", Tagger(TREE, some_scores(facts, 1, 1.5), about))
    first, second = measure_all(kept, "toptag", REPLICATES)
    table = sample_table([first, second])
    row = dict(zip(cells_of(table, "tagger"), cells_of(table, "`lenet-28-i35`"), strict=True))
    assert row["1/eps_B at 50 %"] == row["at 30 %"] == row["1/eps_B at 50 % less trees'"] == ""
    assert row["accuracy, %"] == "100.00 ± 0.00"
    assert "rejection_50" not in compare(first, second).values
    assert with_error(math.inf, 1.0, 2) == "" and with_error(3.0, math.nan, 1) == "3.0"
    cells = cells_of(sculpting_table(kept, {"toptag": [first]}), "`lenet-28-i35`")
    assert cells[2:] == ["0", "", ""] * 2


def test_a_sample_has_only_its_rows_of_paper_b():
    assert "+ colour" not in paper_b_table({}, "deeptop") and "+ colour" in paper_b_table({}, "cms")


def test_what_is_outside_of_the_marks_stays_to_the_byte():
    begin, end = "<!-- report:masses -->", "<!-- end of report:masses -->"
    assert write.put(f"a \n{begin}\nold\n{end}\n\n b\n", "masses", "new\n") == f"a \n{begin}\nnew\n{end}\n\n b\n"
    for page in (f"{end}{begin}", f"{begin}{begin}{end}", begin):
        with pytest.raises(ReportError, match="once each"):
            write.put(page, "masses", "new\n")


def test_mean_images_are_those_that_a_network_reads():
    # Networks of constituents name A35 and read no image.
    assert recipes_of("toptag") == ["A35", "A40", "B64-grey"]
    assert recipes_of("cms") == ["B37-grey", "B37-colour", "D40"]
    assert recipes_of("deeptop") == ["B40-deeptop", "D40"]


# --- pT and mass -----------------------------------------------------------------------------------------------------
def test_fractions_and_means_in_bins():
    rng = np.random.default_rng(5)
    values, scores = rng.uniform(-1, 5, 3000), rng.random(3000).astype(np.float32)
    values[:100] = 2.0  # on an edge: belongs above
    tagged = scores > 0.7
    edges = np.array([0.0, 1.0, 2.0, 4.0, 4.01])
    fraction, mean = tagged_fraction(values, tagged, edges), mean_score(values, scores, edges)
    for i in range(3):
        there = [j for j in range(3000) if edges[i] <= values[j] < edges[i + 1]]
        share = sum(bool(tagged[j]) for j in there) / len(there)
        assert fraction.values[i] == pytest.approx(share)
        assert fraction.errors[i] == pytest.approx(math.sqrt(share * (1 - share) / len(there)))
        some = [float(scores[j]) for j in there]
        assert mean.values[i] == pytest.approx(np.mean(some))
        assert mean.errors[i] == pytest.approx(np.std(some, ddof=1) / math.sqrt(len(some)), rel=1e-6)
    assert np.isnan(fraction.values[3]) and np.isnan(mean.values[3])
    none = tagged_fraction(values, np.zeros(3000, bool), edges)
    assert none.errors[0] == pytest.approx(1 / sum((values >= 0) & (values < 1)))


def test_edges_are_round_and_hold_the_jets():
    np.testing.assert_allclose(edges_of(np.random.default_rng(0).uniform(550, 650, 5000), 4), np.arange(550, 651, 25))
    mass = np.random.default_rng(1).gamma(3, 30, 5000)
    edges = edges_of(mass, 16)
    assert np.mean((mass >= edges[0]) & (mass < edges[-1])) > 0.99 and 10 < len(edges) < 26


# --- errors ----------------------------------------------------------------------------------------------------------
def test_bad_folders_say_what_is_wrong(tmp_path):
    with pytest.raises(ReportError, match="nowhere is not a folder"):
        samples_in(tmp_path / "nowhere")
    with pytest.raises(ReportError, match=r"no toptag_\*\.npz, no cms_\*\.npz"):
        samples_in(tmp_path)
    (tmp_path / "cms_00.npz").write_bytes(b"")
    with pytest.raises(ReportError, match=r"has no files toptag_\*\.npz"):
        load_test(tmp_path, "toptag")
    with pytest.raises(ReportError, match=r"no model files \(\*\.jtm\)"):
        tagging.model_files(tmp_path)
    with pytest.raises(ReportError, match=r"jets\.npz is missing"):
        Cache(tmp_path / "empty").jets("toptag")


def test_commands_end_with_words(tmp_path, monkeypatch):
    for command, arguments in ((write, []), (evaluate, []), (evaluate, ["--data", str(tmp_path / "nowhere")])):
        monkeypatch.setattr(sys, "argv", ["x", "--cache", str(tmp_path), *arguments])
        with pytest.raises(SystemExit, match=r"^ReportError: .*(has no scores|is not a folder)"):
            command.main()


# --- the whole way ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Three plain shards of 60 jets and a folder with a model of random weights."""
    folder, jets = tmp_path_factory.mktemp("data"), jets_data.load("toptag")
    for i in range(3):
        offsets = jets.offsets[60 * i : 60 * (i + 1) + 1]
        rows = slice(offsets[0], offsets[-1])
        labels = jets.labels[60 * i : 60 * (i + 1)]
        np.savez(folder / f"toptag_0{i}.npz", momenta=jets.momenta[rows], offsets=offsets - offsets[0], labels=labels)
    zoo = tmp_path_factory.mktemp("zoo")
    return folder, zoo, models_helpers.random_model("lenet-28-i35", zoo)


def test_evaluate_tags_once_and_again_when_something_changed(data, tmp_path, monkeypatch, capsys):
    import jettag

    folder, zoo, model = data

    def run(*more):
        arguments = ["--data", str(folder), "--zoo", str(zoo), "--cache", str(tmp_path), "--replicates", "5"]
        monkeypatch.setattr(sys, "argv", ["evaluate", *arguments, *more])
        evaluate.main()
        return capsys.readouterr().out

    assert "lenet-28-i35 tagged 120 jets" in run()
    kept = Cache(tmp_path).taggers("toptag")["lenet-28-i35"]
    jets = jets_data.load("toptag")
    offsets = jets.offsets[60:181]
    momenta = jets.momenta[offsets[0] : offsets[-1]].astype(np.float64)
    np.testing.assert_array_equal(kept.scores, jettag.load(model).tag((momenta, offsets - offsets[0])))
    assert kept.about.parameters == 428_072 and kept.about.reads == "A35"
    monkeypatch.setattr(tagging, "tag", lambda *_: pytest.fail("tagged again"))
    assert "lenet-28-i35 is there" in run()
    monkeypatch.undo()
    assert "lenet-28-i35 tagged 180 jets" in run("--every") and len(Cache(tmp_path).jets("toptag")) == 180
    run()
    Cache(tmp_path).write_tagger("toptag", Tagger("gone", kept.scores, kept.about))
    Cache(tmp_path).write_tagger("toptag", Tagger(TREE, kept.scores, kept.about))
    older = About(**{**vars(kept.about), "identity": "older"})
    Cache(tmp_path).write_tagger("toptag", Tagger("lenet-28-i35", kept.scores, older))
    said = run()
    assert "lenet-28-i35 tagged 120 jets" in said and "gone is gone" in said
    assert set(Cache(tmp_path).taggers("toptag")) == {"lenet-28-i35", TREE}


def test_models_that_are_given_the_same_are_given_it_once():
    import jettag

    zoo = models_helpers.ROOT / "models" / "zoo"
    paths = [
        zoo / f"{name}.jtm" for name in ("constituents-gf", "constituents-wide-gf", "hybrid-i35-gf", "effnet-s0-i35")
    ]
    # The hybrid reads images too, and the last one nothing else.
    assert tagging.alike(paths) == [paths[:2], [paths[2]], [paths[3]]]
    whole, blind = jtm.read(paths[0]), jtm.read(paths[0])
    blind.header["layers"] = [layer for layer in blind.header["layers"] if "pairs" not in layer["inputs"]]
    assert not tagging.given_the_same(whole, blind)
    jets = shards.usable(shards.read(shards.SAMPLE)).part(0, 50)
    models = [jettag.load(path) for path in paths[:2]]
    asked = []
    models[1].network_inputs = lambda *jets: asked.append(jets)
    for scores, path in zip(tagging.tag(models, jets), paths, strict=False):
        np.testing.assert_array_equal(scores, jettag.load(path).tag(jets.jagged))
    assert not asked


def things_in(panel):
    """Curves, histograms and images of a panel that show more than one value."""
    values = [line.get_ydata() for line in panel.lines if len(line.get_ydata()) > 2]
    values += [patch.get_data()[0] for patch in panel.patches if hasattr(patch, "get_data")]
    values += [np.asarray(image.get_array()) for image in panel.images]
    return sum(np.ptp(one) > 0 for one in values)


def test_pictures_have_something_in_them(cache, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    from models.report.canvas import LARGEST
    from models.report.figures import figures_of

    saved = saved_figures(monkeypatch)
    mean = np.random.default_rng(0).random((2, 1, 64, 64)) ** 4
    save(cache.folder / "toptag" / "images" / "B64-grey.npz", {"mean": mean})
    # Panels, and the least that each of them shows; beside images stands the bar of their colours.
    expected = {"roc": (1, 3), "scores": (3, 4), "dependence": (6, 3), "sculpting": (3, 4), "cost": (2, 0)}
    expected["images"] = (2, 1)
    figures = figures_of(cache, "toptag", measure_all(cache, "toptag", REPLICATES))
    assert [figure.name.split("-")[1] for figure in figures] == list(expected)
    for figure in figures:
        path, kind = tmp_path / f"{figure.name}.png", figure.name.split("-")[1]
        figure.draw(path)
        panels = [panel for panel in saved[-1].axes if panel.axison]
        count, least = expected[kind]
        assert 5000 < path.stat().st_size < LARGEST
        assert len(panels) == count + (kind == "images"), kind
        assert all(things_in(panel) >= least for panel in panels[:count]), kind
        if kind == "cost":
            # Two networks with their errors, and the line of the trees.
            assert [(len(panel.containers), len(panel.lines) > 0) for panel in panels] == [(2, True)] * 2


def test_legends_of_many_networks_stay_in_the_picture(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    from models.report.figures import figures_of

    kept, facts = Cache(tmp_path / "cache"), some_facts(1)
    kept.write_jets("toptag", facts)
    for i, name in enumerate([TREE, *rows_of_paper_a()]):
        size = {"multiply_adds": 3000 + i, "parameters": 10 + i} if name != TREE else {}
        size |= {"n_features": 53} if name == TREE or name.endswith("-gf") else {}
        kept.write_tagger("toptag", Tagger(name, some_scores(facts, i, 2.0), About(name, facts.fingerprint, **size)))
    saved, drawn = saved_figures(monkeypatch), {}
    for figure in figures_of(kept, "toptag", measure_all(kept, "toptag", REPLICATES)):
        figure.draw(tmp_path / "one.png")
        panels, whole = saved[-1].axes, saved[-1].bbox
        legends = [*saved[-1].legends, *(panel.get_legend() for panel in panels if panel.get_legend())]
        drawn[figure.name.split("-")[1]] = len(legends)
        for legend in (one.get_window_extent() for one in legends):
            assert legend.x0 >= 0 and legend.x1 <= whole.x1, figure.name
            assert legend.y0 >= 0 and legend.y1 <= whole.y1, figure.name
        if "roc" in figure.name:  # and hide no curve
            for panel in panels:
                assert panel.get_legend().get_window_extent().y1 < panel.get_window_extent().y0
                assert panel.get_window_extent().height > 0.5 * whole.y1
    assert {kind: drawn[kind] for kind in ("roc", "cost", "dependence")} == {"roc": 2, "cost": 1, "dependence": 1}


def test_panels_left_over_are_blank_and_those_above_them_have_numbers():
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    from jettag.plots.canvas import close_rows
    from models.report.canvas import canvas

    _, axes = canvas(2, 3, 1, 1, sharex=True)
    assert close_rows(axes, 4) == [axes[0, 1], axes[0, 2], axes[1, 0]]
    assert [panel.axison for panel in axes.flat] == [True] * 4 + [False] * 2
    assert [panel.xaxis.get_tick_params()["labelbottom"] for panel in axes.flat[:4]] == [False, True, True, True]


# --- boosted trees ---------------------------------------------------------------------------------------------------
def test_without_lightgbm_the_trees_say_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(ReportError, match=r"pip install -r models/report/requirements\.txt"):
        tree.train(np.zeros((10, 53)), np.zeros(10, np.uint8))


def test_trees_join_the_others_in_the_cache(data, tmp_path, monkeypatch, capsys):
    pytest.importorskip("lightgbm", reason="LightGBM is not installed: models/report/requirements.txt")
    folder, _, _ = data
    # The helper's default is bound when the module is read, so the count is given where it is used.
    train = tree.train
    monkeypatch.setattr(tree, "train", lambda features, labels: train(features, labels, 20))
    kept = Cache(tmp_path / "cache")
    tree.run(str(folder), "toptag", kept, tmp_path / "inputs")
    scores = kept.taggers("toptag")[TREE].scores
    assert '"training_jets": 60, "test_jets": 120' in capsys.readouterr().out
    tree.run(str(folder), "toptag", kept, tmp_path / "inputs")
    assert "tree is there" in capsys.readouterr().out
    # All jets of a folder, those of the training among them.
    more = Cache(tmp_path / "more")
    tree.run(str(folder), "toptag", kept, tmp_path / "inputs", [(str(folder), more, True)])
    assert np.array_equal(more.taggers("toptag")[TREE].scores[60:], scores)
    labels = kept.jets("toptag").labels
    assert scores[labels == 1].mean() > scores[labels == 0].mean() + 0.1
