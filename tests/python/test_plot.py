"""Pictures of scores: their numbers against pandas and loops over jets, and the command that draws them."""

import math
import sys

import awkward
import numpy as np
import pandas
import pytest

import jets_data
import jettag
from jettag import binned
from jettag.__main__ import main
from jettag._kinematics import pt_and_mass
from jettag.files import open_jets, read_table

pytest.importorskip("matplotlib")
pytest.importorskip("mplhep")

from jettag.plots import calibration, comparison, efficiency, images, roc, scores, sculpting
from jettag.plots.report import draw_all
from jettag.plots.sample import Sample, SampleError, read_samples

MODEL = "lenet-28-i35"


def made_up(n=4000, seed=1, name="tagger"):
    """Scores that rise with being a top, and with the mass."""
    random = np.random.default_rng(seed)
    labels = (random.random(n) < 0.4).astype(np.uint8)
    mass = np.where(labels == 1, random.normal(170, 20, n), random.gamma(3, 30, n))
    drive = 2.5 * labels - 1.2 + 0.01 * (mass - 120) + random.normal(0, 1, n)
    found = (1 / (1 + np.exp(-drive))).astype(np.float32)
    return Sample(name, found, labels, 0, {"pt": random.uniform(500, 700, n), "mass": mass})


def write(path, sample, columns=("pt", "mass")):
    """As `tag` writes it, without its code."""
    names = ["score", "status", "label", *columns]
    lines = ["# jettag: jets.h5 by a tagger", "# " + ",".join(names)]
    for i, score in enumerate(sample.scores):
        values = [f"{sample.more[name][i]:.9g}" for name in columns]
        lines.append(",".join([f"{score:.9g}", "tagged", str(sample.labels[i]), *values]))
    path.write_text("\n".join(lines) + "\n")
    return path


# --- kinematics -------------------------------------------------------------------------------------------------------
def test_pt_and_mass_in_every_form():
    jets = jets_data.load("toptag")
    momenta, offsets = jets.momenta, jets.offsets
    expected = []
    for i in range(len(offsets) - 1):
        px, py, pz, e = (math.fsum(column) for column in momenta[offsets[i] : offsets[i + 1]].T)
        expected.append((math.sqrt(px**2 + py**2), math.sqrt(e**2 - px**2 - py**2 - pz**2)))
    expected = np.array(expected).T
    records = {
        name: awkward.unflatten(momenta[:, i], np.diff(offsets)) for i, name in enumerate(("px", "py", "pz", "E"))
    }
    px, py, pz, energy = momenta.T
    pt = np.hypot(px, py)
    mass = np.sqrt(np.maximum(energy**2 - px**2 - py**2 - pz**2, 0))
    columns = {"pt": pt, "eta": np.arcsinh(pz / pt), "phi": np.arctan2(py, px), "mass": mass}
    cylindrical = {name: awkward.unflatten(values, np.diff(offsets)) for name, values in columns.items()}
    for given in (
        (momenta, offsets),
        jets_data.padded(jets),
        awkward.zip(records),
        awkward.zip(cylindrical),
    ):
        np.testing.assert_allclose(pt_and_mass(given), expected, rtol=1e-6)
    later = pt_and_mass((momenta, offsets[10:]))
    np.testing.assert_allclose(later, expected[:, 10:], rtol=1e-9)


def test_kinematics_of_jets_that_are_none():
    momenta = np.array([[3.0, 4, 0, 5], [np.nan, 0, 0, 1], [1, 0, 0, 0.5]])
    pt, mass = pt_and_mass((momenta, np.array([0, 0, 1, 2, 3])))
    np.testing.assert_array_equal(pt, [0, 5, np.nan, 1])
    np.testing.assert_array_equal(mass, [0, 0, np.nan, 0])
    assert pt_and_mass((np.zeros((0, 4)), np.array([0])))[0].shape == (0,)


def test_tag_with_kinematics(tmp_path, capsys):
    jets = jets_data.load("toptag")
    momenta, offsets = jets.momenta[: jets.offsets[50]], jets.offsets[:51]
    np.savez(tmp_path / "jets.npz", momenta=momenta, offsets=offsets, labels=jets.labels[:50])
    out, plain = tmp_path / "with.csv", tmp_path / "plain.csv"
    command = ["tag", str(tmp_path / "jets.npz"), "--model", MODEL]
    assert main([*command, "--out", str(plain)]) == 0
    assert main([*command, "--out", str(out), "--kinematics", "--piece", "7"]) == 0
    frame = pandas.read_csv(out, comment="#", names=["score", "status", "label", "pt", "mass"])
    px, py, pz, e = np.add.reduceat(momenta, offsets[:-1]).T
    np.testing.assert_allclose(frame.pt, np.hypot(px, py), rtol=1e-8)
    np.testing.assert_allclose(frame.mass, np.sqrt(e**2 - px**2 - py**2 - pz**2), rtol=1e-6)
    # What was there before is there as it was.
    begin = [line.rsplit(",", 2)[0] for line in out.read_text().splitlines()]
    assert begin == plain.read_text().splitlines()
    np.testing.assert_array_equal(read_table(out).more["pt"], frame.pt)
    whole = out.read_bytes()
    out.write_bytes(whole[: len(whole) * 2 // 3])
    assert main([*command, "--out", str(out), "--kinematics", "--resume"]) == 0
    assert out.read_bytes() == whole
    capsys.readouterr()
    assert main([*command, "--out", str(out), "--resume"]) == 1
    assert "has the columns '# score,status,label,pt,mass', not '# score,status,label'" in capsys.readouterr().err
    assert out.read_bytes() == whole


# --- numbers ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("passed", "total"), [(0, 1), (1, 1), (3, 10), (0, 50), (50, 50), (999, 1000)])
def test_wilson(passed, total):
    found = binned.rate([passed], [total])
    # Ends are where the fraction is one standard deviation away: n (k/n - p)^2 = p (1 - p).
    ends = np.sort(np.roots([total**2 + total, -(2 * passed * total + total), passed**2]).real)
    np.testing.assert_allclose([found.low[0], found.high[0]], np.clip(ends, 0, 1), atol=1e-9)
    assert found.value[0] == passed / total
    assert found.low[0] <= found.value[0] <= found.high[0]


def test_a_bin_without_jets_has_no_rate():
    found = binned.rate([0, 1], [0, 2])
    assert np.isnan([found.value[0], found.low[0], found.high[0]]).all() and found.value[1] == 0.5


def test_efficiency_in_bins():
    sample = made_up()
    passed = sample.scores > 0.5
    edges = np.array([0.0, 60, 120, 170, 230])
    found = binned.efficiency(sample.more["mass"], passed, edges)
    groups = pandas.Series(passed).groupby(pandas.cut(sample.more["mass"], edges, right=False), observed=False)
    np.testing.assert_array_equal(found.total, groups.count())
    np.testing.assert_allclose(found.value, groups.mean())


@pytest.mark.parametrize("wanted", [5, 12, 30])
@pytest.mark.parametrize(("low", "high"), [(550, 650), (0, 1), (3e-5, 7e-5), (-20, 1234)])
def test_edges_are_round_and_hold_the_values(wanted, low, high):
    values = np.random.default_rng(3).uniform(low, high, 10_000)
    edges = binned.edges_of(values, wanted)
    inside = ((values >= edges[0]) & (values <= edges[-1])).mean()
    steps = np.diff(edges)
    assert inside > 0.989 and wanted / 2.6 <= len(steps) <= wanted + 2
    np.testing.assert_allclose(steps, steps[0])
    mantissa = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-9)
    assert min(abs(mantissa - one) for one in (1, 2, 2.5, 5)) < 1e-6


def test_edges_around_one_value():
    np.testing.assert_array_equal(binned.edges_of(np.full(7, 3.0), 10), [2.5, 3.5])


def test_reliability():
    sample = made_up()
    found = binned.reliability(sample.scores, sample.labels, 10)
    values = sample.scores.astype(float)
    frame = pandas.DataFrame({"score": values, "top": sample.labels, "bin": pandas.cut(values, np.linspace(0, 1, 11))})
    groups = frame.groupby("bin", observed=False)
    np.testing.assert_array_equal(found.tops.total, groups.top.count())
    np.testing.assert_allclose(found.tops.value, groups.top.mean())
    np.testing.assert_allclose(found.score, groups.score.mean())
    apart = (groups.top.mean() - groups.score.mean()).abs() * groups.top.count()
    assert found.error == pytest.approx(apart.sum() / len(values))


def test_reliability_at_the_ends():
    found = binned.reliability(np.array([0.0, 1.0, 1.0]), np.array([0, 1, 0]), 4)
    np.testing.assert_array_equal(found.tops.total, [1, 0, 0, 2])
    np.testing.assert_array_equal(found.tops.value, [0, np.nan, np.nan, 0.5])
    assert found.error == pytest.approx(1 / 3)


def test_divergence():
    first, second = [5, 0, 3, 2], [1, 4, 0, 1]
    p, q = [x / 10 for x in first], [x / 6 for x in second]
    expected = 0.0
    for a, b in zip(p, q, strict=True):
        middle = (a + b) / 2
        expected += 0.5 * (a * math.log2(a / middle) if a else 0) + 0.5 * (b * math.log2(b / middle) if b else 0)
    assert binned.divergence(first, second) == pytest.approx(expected)
    assert binned.divergence(first, np.multiply(first, 7)) == pytest.approx(0, abs=1e-12)
    assert binned.divergence([1, 0], [0, 5]) == 1
    assert math.isnan(binned.divergence([1, 2], [0, 0]))


# --- what the pictures show -------------------------------------------------------------------------------------------
def test_the_curve_is_the_one_of_a_loop_over_thresholds():
    sample = made_up()
    line = roc.rejections([sample]).axes[0].lines[0]
    tops, others = sample.scores[sample.labels == 1], sample.scores[sample.labels == 0]
    x, y = line.get_data()
    assert len(x) > 70
    for at, value in list(zip(x, y, strict=True))[::7]:
        cut = sorted(tops, reverse=True)[math.ceil(at * len(tops) - 1e-9) - 1]
        passed = sum(score >= cut for score in others.tolist())
        assert value == pytest.approx(len(others) / passed) and passed >= 10


def test_the_band_is_a_binomial_one():
    sample = made_up()
    _, rejection, low, high = roc.curve(sample)
    n = int((sample.labels == 0).sum())
    background = 1 / rejection
    error = np.sqrt(background * (1 - background) / n)
    np.testing.assert_allclose(low, 1 / (background + error))
    np.testing.assert_allclose(high, 1 / (background - error))


def test_the_ratio_is_to_the_first():
    figure = roc.rejections([made_up(name="a"), made_up(seed=2, name="b")])
    main_lines, ratios = figure.axes[0].lines, figure.axes[1].lines
    np.testing.assert_allclose(ratios[0].get_ydata(), 1)
    x, y = main_lines[1].get_data()
    first = np.interp(x, *main_lines[0].get_data(), left=np.nan)
    np.testing.assert_allclose(ratios[1].get_ydata(), y / first)


@pytest.mark.parametrize("draw", [roc.rejections, lambda samples: efficiency.against(samples, "pt")])
def test_legends_of_many_files(draw):
    heights = []
    for count in (7, 60):
        figure = draw([made_up(300, seed, f"effnet-s{seed}-i35-gf scores") for seed in range(count)])
        figure.draw_without_rendering()
        (legend,) = figure.legends
        inside, page = legend.get_window_extent(), figure.bbox
        assert page.x0 <= inside.x0 < inside.x1 <= page.x1 and page.y0 <= inside.y0 < inside.y1 <= page.y1
        assert len(legend.get_texts()) >= count
        heights.append(figure.axes[0].get_window_extent().height)
    assert heights[1] > 0.9 * heights[0]


@pytest.mark.parametrize("what", ["pt", "mass"])
def test_efficiencies_that_are_drawn(what):
    sample = made_up()
    figure = efficiency.against([sample], what)
    tops = sample.labels == 1
    cut = np.sort(sample.scores[tops])[::-1][math.ceil(0.5 * tops.sum()) - 1]
    values = pandas.Series((sample.scores >= cut)[tops])
    panel = figure.axes[0]
    x, y = panel.containers[0].lines[0].get_data()
    width = x[1] - x[0]
    for at, value in zip(x, y, strict=True):
        inside = (sample.more[what][tops] >= at - width / 2) & (sample.more[what][tops] < at + width / 2)
        assert value == pytest.approx(values[inside].mean()) and inside.sum() >= efficiency.LEAST
    assert "50 %" in panel.get_title()


def test_masses_before_and_after():
    sample = made_up()
    sample.scores[:] = sample.scores.round(1)  # many jets have the score of the cut
    panel = sculpting.masses([sample]).axes[0]
    words = [text.get_text() for text in panel.get_legend().get_texts()]
    background = sample.labels == 0
    cut = np.sort(sample.scores[~background])[::-1][math.ceil(0.5 * (~background).sum()) - 1]
    after = sample.more["mass"][background & (sample.scores >= cut)]
    assert words[0] == f"all background, {background.sum():,}"
    assert words[1].startswith(f"cut for 50 % of tops, {len(after):,}, JSD ")
    patches = [patch for patch in panel.patches if not patch.get_fill()]
    edges = patches[1].get_data().edges
    expected = np.histogram(after, edges)[0] / np.histogram(after, edges)[0].sum()
    np.testing.assert_allclose(patches[1].get_data().values, expected)
    before = np.histogram(sample.more["mass"][background], edges)[0]
    assert float(words[1].split()[-1]) == pytest.approx(binned.divergence(before, expected), abs=0.006)


def test_no_spectrum_leaves_its_panel():
    """The second sample's jets that pass are all in one bin, the first one's are not."""
    first, second = made_up(seed=1, name="broad"), made_up(seed=2, name="narrow")
    first.more["mass"][:] = np.random.default_rng(3).uniform(20, 260, len(first.labels))
    chosen = (second.labels == 0) & (second.scores >= np.quantile(second.scores[second.labels == 0], 0.6))
    second.more["mass"][chosen] = 172.0
    figure = sculpting.masses([first, second])
    ends = [panel.get_ylim()[1] for panel in figure.axes]
    highest = [
        max(patch.get_data()[0].max() for patch in panel.patches if hasattr(patch, "get_data")) for panel in figure.axes
    ]
    assert highest[1] > 2 * highest[0] and ends == [ends[0]] * 2 and ends[0] > highest[1]


def test_calibration_and_distribution_that_are_drawn():
    sample = made_up()
    bars = calibration.diagram([sample]).axes[0].containers[0]
    some = (sample.scores >= 0.5) & (sample.scores < 0.55)
    x, y = bars.lines[0].get_data()
    assert y[10] == pytest.approx((sample.labels[some] == 1).mean())
    assert x[10] == pytest.approx(sample.scores[some].mean(), rel=1e-6)
    heights = scores.distributions([sample]).axes[0].patches[0].get_data().values
    tops = sample.scores[sample.labels == 1]
    assert heights[25] == pytest.approx(((tops >= 0.5) & (tops < 0.52)).mean()) and heights.sum() == pytest.approx(1)


def test_a_comparison_without_background_that_passes():
    panels = comparison.chart([("a", {"auc": 0.9, "auc_error": 0.01}), ("b", {"auc": 0.8, "auc_error": 0.02})]).axes
    assert [text.get_text() for text in panels[0].texts] == 2 * ["no background passes"]
    drawn = [container.lines[0].get_xdata()[0] for container in panels[2].containers]
    assert drawn == [0.9, 0.8]


# --- the command ------------------------------------------------------------------------------------------------------
ALWAYS = ("roc", "scores", "calibration")
KINEMATIC = ("efficiency_pt", "efficiency_mass", "mass_sculpting")


def test_plot_several_files(tmp_path, capsys):
    for folder, seed in (("x", 1), ("y", 2)):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / "scores.csv", made_up(1000, seed))
    files = [str(tmp_path / folder / "scores.csv") for folder in "xy"]
    out = tmp_path / "deep" / "pictures"
    assert main(["plot", *files, "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "14 pictures in" in said.out and said.out.count("accuracy") == 2 and said.err == ""
    names = sorted(f"{name}.{end}" for name in (*ALWAYS, "comparison", *KINEMATIC) for end in ("png", "pdf"))
    assert sorted(path.name for path in out.iterdir()) == names
    for path in out.iterdir():
        assert path.read_bytes().startswith({".png": b"\x89PNG", ".pdf": b"%PDF"}[path.suffix])
    kept = {path: path.read_bytes() for path in out.iterdir()}
    assert main(["plot", *files, "--out", str(out)]) == 0
    assert {path: path.read_bytes() for path in out.iterdir()} == kept
    assert [one.name for one in read_samples(files)] == ["x/scores", "y/scores"]


def test_plot_what_there_is(tmp_path, capsys):
    path = write(tmp_path / "plain.csv", made_up(500), ())
    out = tmp_path / "pictures"
    assert main(["plot", str(path), "--out", str(out), "--formats", "png", "--names", "mine"]) == 0
    said = capsys.readouterr().err
    assert sorted(one.stem for one in out.iterdir()) == sorted(ALWAYS)
    assert "not drawn: efficiency_pt: no column pt in mine; `tag --kinematics` writes it" in said
    assert said.count("not drawn") == 3
    sample = made_up(500)
    sample.more["mass"][:] = np.nan
    assert main(["plot", str(write(tmp_path / "nan.csv", sample)), "--out", str(out), "--formats", "png"]) == 0
    assert "mass_sculpting: no finite mass of background in nan" in capsys.readouterr().err


def test_plot_of_very_few_jets(tmp_path):
    """Nothing passes, bins are empty: pictures all the same, and without a warning."""
    path = write(tmp_path / "few.csv", made_up(12))
    assert main(["plot", str(path), str(path), "--names", "a,b", "--out", str(tmp_path), "--formats", "png"]) == 0
    perfect = Sample("p", np.array([0.9, 0.8, 0.1, 0.2], np.float32), np.array([1, 1, 0, 0], np.uint8), 0, {})
    paths, missing = draw_all([perfect, perfect], tmp_path, ["png"])
    assert len(paths) == 4 and len(missing) == 3


HEAD = "# jettag: a by b\n# score,status,label\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "so it is no file of scores"),
        ("\x00\x01", "so it is no file of scores"),
        ("# jettag: a by b\n# score,status,label,colour\n0.5,tagged,1,7\n", "so it is no file of scores"),
        (HEAD, "there is no jet in it"),
        ("# jettag: a by b\n# score,status\n0.5,tagged\n", "has no labels to compare with"),
        (f"{HEAD}0.5,tagged,1\n0.4,tagged,1\n", "it has 2 of tops and 0 of others"),
        (f"{HEAD}nan,no energy,1\n0.4,tagged,0\n", "it has 0 of tops and 1 of others"),
        (f"{HEAD}0.5,tagged,1\nnan,tagged,0\n", "line 4: the jet is tagged, and its score is nan"),
        (f"{HEAD}0.5,tagged,1\ninf,tagged,0\n", "line 4: the jet is tagged, and its score is inf"),
        (f"{HEAD}0.5,tagged,1\n0.2,tagged,0\n1.5,tagged,0\n", "line 5: scores are from 0 to 1, not 1.5"),
        (f"{HEAD}0.5,tagged,1\n0.2,tagged,2\n", "line 4: labels are 0 or 1, not 2"),
        (f"{HEAD}0.5,tagged,1\n0.2,tagged,-1\n", "-1"),
        (f"{HEAD}0.5,tagged,1\n0.2,tagged\n", "line 4 has 2 columns, not 3"),
    ],
)
def test_plot_refuses_what_are_no_scores(tmp_path, capsys, text, words):
    path = tmp_path / "scores.csv"
    path.write_text(text)
    assert main(["plot", str(path), "--out", str(tmp_path / "pictures")]) == 1
    said = capsys.readouterr().err
    assert words in said and said.startswith(f"jettag: {path}: ") and said.count("\n") == 1
    assert not (tmp_path / "pictures").exists()


def test_plot_refuses_what_it_cannot_do(tmp_path, capsys, monkeypatch):
    path = write(tmp_path / "scores.csv", made_up(100))
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / "roc.png").mkdir(parents=True)
    for more, words in (
        (["--out", str(tmp_path / "file")], "no folder for pictures"),
        (["--out", str(tmp_path / "file" / "below")], "no folder for pictures"),
        (["--out", str(tmp_path / "taken")], "roc.png: cannot be written"),
        (["--out", str(tmp_path / "new"), "--formats", "gif3"], "roc.gif3: cannot be written"),
        (["--out", str(tmp_path / "new"), "--names", "a,b"], "2 names for 1 files"),
    ):
        assert main(["plot", str(path), *more]) == 1
        assert words in capsys.readouterr().err
    assert [one.name for one in (tmp_path / "taken").iterdir()] == ["roc.png"]
    assert main(["plot", str(path), str(path), "--out", str(tmp_path / "new")]) == 1
    assert "each file needs a name of its own" in capsys.readouterr().err
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Exception, match="is no text"):
        read_table(binary)
    for library in ("mplhep", "matplotlib"):
        monkeypatch.setitem(sys.modules, library, None)
        assert main(["plot", str(path), "--out", str(tmp_path / "new")]) == 1
        assert f"pip install {library}" in capsys.readouterr().err
    assert issubclass(SampleError, Exception)


# --- images of jets ---------------------------------------------------------------------------------------------------
def write_jets(path, labels=True):
    jets = jets_data.load("toptag")
    more = {"labels": jets.labels} if labels else {}
    np.savez(path, momenta=jets.momenta, offsets=jets.offsets, **more)
    return path, jets


def test_means_are_those_of_all_images(tmp_path):
    path, jets = write_jets(tmp_path / "jets.npz")
    with open_jets(path) as file:
        found = images.render_all(file.pieces(7), "A35")
    rendered = jettag.images((jets.momenta, jets.offsets), "A35").astype(np.float64)
    good = np.isfinite(rendered).all(axis=(1, 2, 3))
    for kind in (0, 1):
        expected = rendered[good & (jets.labels == kind)]
        assert np.abs(found.means[kind] - expected.mean(axis=0)).max() < 1e-12
        assert (found.singles[kind] == expected[: images.SINGLE]).all()
        assert found.kinds[kind] == f"{('background', 'tops')[kind]}, {len(expected):,}"
    assert found.width == pytest.approx((2.4, 2.4))


def test_images_show_every_pixel(tmp_path):
    means = np.zeros((2, 3, 4, 5))
    means[1, 2, 3, 0] = 1.0
    means[0, 0, 1, 2] = 0.5
    figure = images.means(images.Images("A35", (2.0, 1.0), ["background, 4", "tops, 5"], means, []))
    panels = [panel for panel in figure.axes if panel.images]
    assert [panel.get_title() for panel in panels] == [
        f"{kind}, channel {channel}" for kind in ("background, 4", "tops, 5") for channel in (1, 2, 3)
    ]
    shown = np.asarray(panels[5].images[0].get_array())
    assert np.unravel_index(shown.argmax(), shown.shape) == (3, 0)
    assert panels[5].images[0].get_extent() == [-1.0, 1.0, -0.5, 0.5]
    # The scale of a channel is one for both kinds.
    assert panels[0].images[0].norm.vmax == panels[3].images[0].norm.vmax == 0.5


def test_plot_of_images(tmp_path, capsys):
    scores = write(tmp_path / "scores.csv", made_up(300), ())
    for recipe, labels in (("A35", True), ("D40", False)):
        path, _ = write_jets(tmp_path / f"{recipe}.npz", labels)
        out = tmp_path / recipe
        assert (
            main(["plot", str(scores), "--out", str(out), "--formats", "png", "--jets", str(path), "--recipe", recipe])
            == 0
        )
        assert {"mean_images.png", "jet_images.png"} <= {one.name for one in out.iterdir()}
    capsys.readouterr()


def test_plot_of_images_that_are_not_there(tmp_path, capsys):
    scores = write(tmp_path / "scores.csv", made_up(300), ())
    path, _ = write_jets(tmp_path / "jets.npz")
    command = ["plot", str(scores), "--out", str(tmp_path / "out"), "--jets"]
    assert main([*command, str(path), "--recipe", "A36"]) == 1
    assert "there is no image recipe 'A36'" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "no.npz")]) == 1
    assert "no.npz" in capsys.readouterr().err
    np.savez(tmp_path / "tops.npz", momenta=np.array([[600.0, 0, 0, 600]] * 8), offsets=[0, 4, 8], labels=[1, 1])
    assert main([*command, str(tmp_path / "tops.npz")]) == 1
    assert "no background with an image" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
