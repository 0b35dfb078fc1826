"""The generator of samples: its choice of jets, its files, its command.

Its detector is in test_detector.py, what needs Pythia or FastJet in test_generator_events.py.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import jets_data
import models_helpers as helpers
from models.datasets import compare, generate, jets, losses, making, shards
from models.datasets.events import decayed_tops
from models.datasets.making import Account, Shard, seeds_of
from models.datasets.particles import Tops
from models.datasets.samples import SAMPLES


# --- jets ------------------------------------------------------------------------------------------------------------
def some_jets():
    """Event 0: 700 and 600 GeV; 1: 600 forward, 560; 2: none; 3: 620, 580."""
    return jets.Clustered(
        event=np.array([0, 0, 1, 1, 3, 3]),
        pt=np.array([600.0, 700.0, 560.0, 600.0, 620.0, 580.0]),
        eta=np.array([0.0, 0.5, 1.0, 2.2, -1.0, 1.0]),
        phi=np.array([0.0, 3.0, 0.0, 3.0, 3.1, 0.0]),
        offsets=np.arange(7),
        rows=np.arange(6),
    )


def test_the_hardest_jet_of_an_event_counts_only_where_it_lies_in_the_window():
    assert jets.leading(some_jets(), SAMPLES["toptag"]).tolist() == [4]


def test_tops_take_their_nearest_jet_when_all_their_quarks_are_near():
    near, far = [0.1, -0.2, 0.3], [0.1, -0.2, 0.9]
    rows = [  # event, eta, phi of the top, how far its quarks are in eta
        (0, 0.1, 0.1, near),  # jet 0
        (0, 0.5, 2.9, near),  # jet 1: too hard
        (1, 1.0, 0.7, near),  # jet 1 0.7 away: jet 2
        (1, 2.2, 3.0, near),  # jet 3: too far forward
        (2, 0.0, 0.0, near),  # no jet
        (3, -1.0, -3.1, far),  # jet 4, across the seam: one quark is outside
        (3, 1.0, 0.9, near),  # jet 5: top is 0.9 away
    ]
    axes = np.array([[0, 0.0], [0.5, 3.0], [1.0, 0.0], [2.2, 3.0], [0, 0], [-1.0, 3.1], [1.0, 0.0]])
    tops = Tops(
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows]),
        axes[:, :1] + np.array([row[3] for row in rows]),
        np.repeat(axes[:, 1:], 3, axis=1),
    )
    assert jets.matched(some_jets(), tops, SAMPLES["toptag"]).tolist() == [0, 2]
    whole = tops.chosen(np.array([5]))
    whole.quark_eta[:] = -1.0 + np.array(near)
    assert jets.matched(some_jets(), whole, SAMPLES["toptag"]).tolist() == [4]
    twice = tops.chosen(np.array([0, 0]))
    assert jets.matched(some_jets(), twice, SAMPLES["toptag"]).tolist() == [0]


def test_tops_are_followed_to_their_decay():
    # id, daughters, px, py, pz; two events, each counting from its own first particle.
    first = [
        (90, 0, 0, 0, 0, 1),
        (6, 3, 3, 9, 9, 9),
        (-6, 4, 5, 1, 0, 0),
        (6, 6, 7, 0, 1, np.sinh(0.5)),
        (-24, 8, 9, 9, 9, 9),
        (-5, 0, 0, -1, 0, np.sinh(0.1)),
        (5, 0, 0, 1, 0, np.sinh(0.2)),
        (24, 10, 10, 9, 9, 9),
        (1, 0, 0, 1, 1, 0),
        (-2, 0, 0, -1, 1, 0),
        (24, 11, 12, 9, 9, 9),
        (4, 0, 0, 0, -1, np.sinh(0.3)),
        (-3, 0, 0, 0, 1, np.sinh(-0.4)),
    ]
    second = [(90, 0, 0, 0, 0, 1), (21, 2, 2, 1, 0, 0), (21, 0, 0, 1, 0, 0)]
    record = np.array(first + second + first)
    starts = np.repeat([0, len(first), len(first) + len(second)], [len(first), len(second), len(first)])
    columns = dict(zip(("id", "daughter1", "daughter2"), record[:, :3].T.astype(int), strict=True))
    columns |= dict(zip(("px", "py", "pz"), record[:, 3:].T, strict=True))
    columns |= {"event": np.repeat([0, 1, 2], [len(first), len(second), len(first)]), "first": starts}
    tops = decayed_tops(columns)
    assert tops.event.tolist() == [0, 0, 2, 2]
    np.testing.assert_allclose(tops.eta, [0, 0.5, 0, 0.5])
    np.testing.assert_allclose(tops.phi, [0, np.pi / 2, 0, np.pi / 2])
    np.testing.assert_allclose(tops.quark_eta[:2], [[0.1, 0, 0], [0.2, 0.3, -0.4]], atol=1e-15)
    np.testing.assert_allclose(tops.quark_phi[:2], np.pi * np.array([[1, 0.25, 0.75], [0, -0.5, 0.5]]))


# --- shards ----------------------------------------------------------------------------------------------------------
def first_jets(sample, count=40):
    raw = jets_data.load(sample)
    return shards.Jets(raw.momenta, raw.offsets, raw.labels, raw.classes).part(0, count)


@pytest.mark.parametrize("sample", list(SAMPLES))
def test_coding_loses_half_a_step_at_most_and_sorts(sample):
    given = first_jets(sample)
    rng = np.random.default_rng(12)
    # What counts is the momentum, wherever a constituent stands.
    shuffled = np.concatenate([rng.permutation(np.arange(*given.offsets[i : i + 2])) for i in range(len(given))])
    classes = None if given.classes is None else given.classes[shuffled]
    coded = shards.encode(shards.Jets(given.momenta[shuffled], given.offsets, given.labels, classes))
    with np.load(jets_data.DATA / "jets.npz") as file:
        kept = {key.removeprefix(f"{sample}_"): file[key].dtype for key in file.files if key.startswith(sample)}
    assert {key: values.dtype for key, values in coded.items()} == kept
    found = shards.decode(coded)
    np.testing.assert_array_equal(found.offsets, given.offsets)
    np.testing.assert_array_equal(found.labels, given.labels)
    pt, expected = np.hypot(*found.momenta[:, :2].T), np.hypot(*given.momenta[:, :2].T)
    jet = np.repeat(np.arange(len(given)), np.diff(given.offsets))
    np.testing.assert_allclose(pt, expected[np.lexsort((-expected, jet))], rtol=0.81e-4)
    # Equal codes may differ in the last bit.
    assert ((np.diff(pt) <= 1e-9 * pt[1:]) | (np.diff(jet) > 0)).all()
    sums = [np.add.reduceat(one.momenta, one.offsets[:-1], axis=0) for one in (found, given)]
    np.testing.assert_allclose(sums[0], sums[1], atol=0.1)
    if classes is not None:
        for kind in range(3):
            found_pt, given_pt = (
                np.add.reduceat(np.hypot(*one.momenta[:, :2].T) * (one.classes == kind), one.offsets[:-1])
                for one in (found, given)
            )
            np.testing.assert_allclose(found_pt, given_pt, rtol=1e-4)


def lone_jet(pt, eta, phi):
    pt, eta, phi = (np.asarray(one, float) for one in (pt, eta, phi))
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta), pt * np.cosh(eta)], 1)
    return shards.Jets(momenta, np.array([0, len(pt)]), np.array([1], np.uint8))


def test_angles_come_back_even_in_lopsided_jets_and_across_the_seam():
    wide = lone_jet([400.0, 3.0, 1.0], [0.0, 2.5, 0.3], [3.1, -3.1, 2.0])
    found = shards.decode(shards.encode(wide)).momenta
    np.testing.assert_allclose(np.arcsinh(found[:, 2] / np.hypot(*found[:, :2].T)), [0.0, 2.5, 0.3], atol=3.1e-5)
    np.testing.assert_allclose(np.arctan2(found[:, 1], found[:, 0]), [3.1, -3.1, 2.0], atol=3.1e-5)


def test_what_cannot_be_coded_is_refused():
    with pytest.raises(ValueError, match=r"0\.04 to 10 GeV"):
        shards.encode(lone_jet([10.0, 0.04], [0, 0], [0, 0]))
    with pytest.raises(ValueError, match="outside of what can be coded"):
        shards.encode(lone_jet([2000.0, 1.0], [0, 0], [0, 0]))
    with pytest.raises(ValueError, match="too wide"):
        shards.encode(lone_jet([10.0, 10.0], [-2.1, 2.1], [0, 0]))
    empty = shards.Jets(np.zeros((0, 4)), np.array([0, 0]), np.array([1], np.uint8))
    with pytest.raises(ValueError, match="a jet has constituents"):
        shards.encode(empty)


def test_a_converted_public_file_is_a_shard(tmp_path):
    pytest.importorskip("tables", reason="pandas writes the public format with PyTables")
    from jettag.__main__ import main
    from test_files import frame_of

    given = first_jets("toptag")
    padded = jets_data.padded(given).astype(np.float32)
    frame_of(padded, given.labels).to_hdf(tmp_path / "test.h5", key="table", format="table")
    assert main(["convert", str(tmp_path / "test.h5"), "--out", str(tmp_path / "toptag_00.npz")]) == 0
    (path,) = shards.find(tmp_path, "toptag_*.npz")
    found = shards.read(path)
    np.testing.assert_array_equal(found.momenta, given.momenta.astype(np.float32))
    np.testing.assert_array_equal(found.offsets, given.offsets)
    np.testing.assert_array_equal(found.labels, given.labels)


# --- the command -----------------------------------------------------------------------------------------------------
def made_up(shard, progress):
    """Jets of the right number that depend on seed and shard, from no generator at all."""
    rng = np.random.default_rng([shard.seed, shard.number])
    counts = rng.integers(4, 9, shard.jets)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    weights = rng.uniform(1, 2, offsets[-1])
    weights *= np.repeat(600 / np.add.reduceat(weights, offsets[:-1]), counts)
    phi = rng.uniform(-0.01, 0.01, offsets[-1])
    momenta = np.stack([weights * np.cos(phi), weights * np.sin(phi), 0 * weights, weights], 1)
    labels = np.tile([0, 1], shard.jets // 2).astype(np.uint8)
    progress(shard.jets)
    account = Account(shard.jets // 2, 100 * shard.jets, shard.jets, 5.0)
    return shards.encode(shards.Jets(momenta, offsets, labels)), {"qcd": account, "top": account}


@pytest.fixture
def versions(monkeypatch):
    """Pythia and FastJet, in name only."""
    monkeypatch.setattr(generate.metadata, "version", lambda name: "1")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.npz")}


def test_an_interrupted_sample_goes_on_and_ends_with_the_same_bytes(tmp_path, versions):
    plan = generate.plan("toptag", 50, 7, 20)
    assert plan == [Shard("toptag", 7, 0, 20), Shard("toptag", 7, 1, 20), Shard("toptag", 7, 2, 10)]
    generate.generate(plan, tmp_path / "whole", 1, made_up)
    assert sorted(contents(tmp_path / "whole")) == ["toptag_000.npz", "toptag_001.npz", "toptag_002.npz"]

    def interrupted(shard, progress):
        if shard.number == 1:
            raise KeyboardInterrupt
        return made_up(shard, progress)

    part = tmp_path / "part"
    with pytest.raises(KeyboardInterrupt):
        generate.generate(plan, part, 1, interrupted)
    assert list(contents(part)) == ["toptag_000.npz"]
    first_written = (part / "toptag_000.npz").stat().st_mtime_ns
    numbers = []

    def counted(shard, progress):
        numbers.append(shard.number)
        return made_up(shard, progress)

    generate.generate(plan, part, 1, counted)
    assert numbers == [1, 2]
    assert contents(part) == contents(tmp_path / "whole")
    assert (part / "toptag_000.npz").stat().st_mtime_ns == first_written
    assert not list(part.glob("*.part"))


def test_processes_change_nothing_and_training_reads_the_shards(tmp_path, versions):
    plan = generate.plan("toptag", 60, 3, 20)
    generate.generate(plan, tmp_path / "one", 1, made_up)
    generate.generate(plan, tmp_path / "two", 2, made_up)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert len(set(contents(tmp_path / "one").values())) == 3
    found = shards.joined([shards.read(path) for path in shards.find(tmp_path / "two", "toptag_*.npz")])
    assert len(found) == 60
    assert found.labels.sum() == 30


ENDLESS = """
import os, sys, time
from pathlib import Path
from models.datasets import generate

FOLDER = Path(sys.argv[1])


def endless(shard, progress):
    (FOLDER / f"{os.getpid()}.pid").touch()
    time.sleep(600)


if __name__ == "__main__":
    generate.metadata.version = lambda name: "1"
    generate.generate(generate.plan("toptag", 40, 1, 10), FOLDER / "out", 2, endless)
"""


def runs(process):
    """Whether a process is there, and not only its status, for whoever adopted it."""
    try:
        return Path("/proc", process, "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
def test_workers_end_with_the_process_that_is_killed(tmp_path):
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS)
    path = os.pathsep.join([str(helpers.ROOT), str(helpers.ROOT / "python"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    running = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=environment)

    def waited_for(condition):
        end = time.monotonic() + 120
        while not condition() and time.monotonic() < end:
            time.sleep(0.05)
        return condition()

    try:
        assert waited_for(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    finally:
        running.kill()
        running.wait()
    assert waited_for(lambda: not any(runs(one.stem) for one in tmp_path.glob("*.pid")))


def test_more_jets_come_after_those_made_before(tmp_path, versions):
    generate.generate(generate.plan("toptag", 40, 7, 20), tmp_path, 1, made_up)
    before = contents(tmp_path)
    generate.generate(generate.plan("toptag", 60, 7, 20), tmp_path, 1, made_up)
    after = contents(tmp_path)
    assert len(after) == 3
    assert before.items() <= after.items()


def test_another_sample_in_the_same_folder_is_refused(tmp_path, versions, monkeypatch):
    generate.generate(generate.plan("toptag", 20, 7, 20), tmp_path, 1, made_up)
    with pytest.raises(generate.GenerateError, match=r"toptag\.json: .* other values of seed"):
        generate.generate(generate.plan("toptag", 40, 8, 20), tmp_path, 1, made_up)
    monkeypatch.setattr(generate.metadata, "version", lambda name: "2")
    with pytest.raises(generate.GenerateError, match="other values of packages"):
        generate.generate(generate.plan("toptag", 40, 7, 20), tmp_path, 1, made_up)
    (tmp_path / "toptag.json").unlink()
    with pytest.raises(generate.GenerateError, match=r"no toptag\.json"):
        generate.generate(generate.plan("toptag", 40, 7, 20), tmp_path, 1, made_up)


def test_a_shard_of_another_size_is_refused(tmp_path, versions):
    plan = generate.plan("toptag", 40, 7, 20)
    generate.generate(plan, tmp_path, 1, made_up)
    shutil.copy(tmp_path / "toptag_001.npz", tmp_path / "kept.npz")
    generate.write_shard(tmp_path, Shard("toptag", 7, 1, 10), made_up)
    with pytest.raises(generate.GenerateError, match=r"toptag_001\.npz: has 10 jets, not 20"):
        generate.generate(plan, tmp_path, 1, made_up)
    (tmp_path / "toptag_001.npz").unlink()
    generate.generate(plan, tmp_path, 1, made_up)
    assert (tmp_path / "toptag_001.npz").read_bytes() == (tmp_path / "kept.npz").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "--jets", "10"], "there is no sample nothing, but toptag, cms, deeptop"),
        (["toptag", "--jets", "0"], "0 jets: half"),
        (["toptag", "--jets", "11"], "11 jets: half"),
        (["toptag", "--jets", "-4"], "-4 jets: half"),
        (["toptag", "--jets", "10", "--shard-jets", "3"], "3 jets in a shard: half"),
        (["toptag", "--jets", "10", "--seed", "-1"], "seed -1"),
        (["toptag", "--jets", "10", "--cores", "0"], "0 cores"),
        (["toptag", "--jets", "4000", "--shard-jets", "2"], "more than 1000 shards"),
    ],
)
def test_bad_arguments_are_refused_in_words(arguments, words, tmp_path, capsys):
    assert generate.main([*arguments, "--out", str(tmp_path / "out")]) == 1
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_missing_packages_are_named(tmp_path, capsys, monkeypatch):
    def missing(name):
        raise generate.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(generate.metadata, "version", missing)
    assert generate.main(["toptag", "--jets", "10", "--out", str(tmp_path)]) == 1
    assert "pip install -r models/datasets/requirements.txt" in capsys.readouterr().err


def test_the_summary_has_the_numbers_of_the_jets_and_refuses_those_outside(tmp_path, versions):
    plan = generate.plan("toptag", 40, 7, 20)
    generate.generate(plan, tmp_path, 1, made_up)
    paths = [generate.shard_path(tmp_path, shard) for shard in plan]
    words = generate.summary(paths, SAMPLES["toptag"])
    assert "2 shards, 40 jets, 20 tops" in words
    # 20 jets of 4000 scatters of 5 pb.
    assert "qcd 20 jets of 4000 hard scatters, 40 of them completed; 0.025 pb" in words
    found = shards.joined([shards.read(path) for path in paths])
    counts = np.diff(found.offsets)[found.labels == 1]
    assert f"mean {counts.mean():.2f}" in words
    with pytest.raises(ValueError, match="40 jets lie outside"):
        generate.summary(paths, SAMPLES["cms"])


def test_no_two_parts_of_a_sample_share_their_chance():
    states = [
        tuple(part.generate_state(4))
        for shard in (
            Shard("toptag", 1, 0, 2),
            Shard("toptag", 1, 1, 2),
            Shard("toptag", 2, 0, 2),
            Shard("cms", 1, 0, 2),
        )
        for part in seeds_of(shard)
    ]
    assert len(set(states)) == 12


def test_every_run_of_pythia_has_a_seed_of_its_own(monkeypatch):
    seeds = []

    class Recorded(Exception):
        pass

    def source(sample, label, seed):
        seeds.append(seed)
        raise Recorded

    monkeypatch.setattr(making, "Source", source)
    for shard in (Shard("toptag", 1, 0, 2), Shard("toptag", 1, 1, 2), Shard("toptag", 2, 0, 2), Shard("cms", 1, 0, 2)):
        for part, label in zip(seeds_of(shard), (0, 1), strict=False):
            with pytest.raises(Recorded):
                making._jets_of_one_kind(SAMPLES[shard.sample], label, 1, part, lambda jets: None)
    assert len(set(seeds)) == 8
    assert 1 <= min(seeds) <= max(seeds) <= 900_000_000


# --- losses and comparison -------------------------------------------------------------------------------------------
def test_losses_are_counted_by_mass():
    cut = SAMPLES["toptag"].cut
    low, high = 0.5, 1.5
    watched = losses.Watched(
        mass=np.array([40.0, 40.0, 100.0, 100.0, 100.0, 300.0]),
        at_scale=np.array([high, low, high, high, high, high]),
        at_end=np.array([high, high, low, high, high, high]),
    )
    assert low < min(cut.at_scale, cut.at_end) < max(cut.at_scale, cut.at_end) < high
    assert losses.lost(watched, SAMPLES["toptag"]).tolist() == [False, True, True, False, False, False]
    lines = losses.report(watched, SAMPLES["toptag"], 0).splitlines()
    assert "mass   0 to inf GeV:      6 jets,    2 lost (33.33 %)" in lines[0]
    assert "mass   0 to  50 GeV:      2 jets,    1 lost (50.00 %)" in lines[1]
    assert "mass  80 to 120 GeV:      3 jets,    1 lost (33.33 %)" in lines[2]
    assert "mass 190 to inf GeV:      1 jets,    0 lost (0.00 %)" in lines[3]


def test_kolmogorov_smirnov():
    assert compare.ks_distance(np.array([3.0, 1, 2]), np.array([2.5, 3.5])) == pytest.approx(2 / 3)
    assert compare.ks_distance(np.arange(10.0), np.arange(10.0)) == 0
    # Tabulated: chances of 10, 5 and 1 % at 1.2238, 1.3581 and 1.6276 over the root of the number.
    for scaled, chance in ((1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01)):
        assert compare.ks_chance(scaled / np.sqrt(5000), 10_000, 10_000) == pytest.approx(chance, rel=2e-3)
    assert compare.ks_chance(0.0, 100, 100) == 1


def test_two_folders_are_compared(tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    jets_of_data = first_jets("toptag", 200)
    for name, picked in (("a", np.arange(0, 200, 2)), ("b", np.arange(1, 200, 2))):
        (tmp_path / name).mkdir()
        np.savez(tmp_path / name / "toptag_000.npz", **shards.encode(jets_of_data.chosen(picked)))
    arguments = [str(tmp_path / "a"), str(tmp_path / "b"), "--sample", "toptag", "--names", "even", "odd"]
    assert compare.main([*arguments, "--plot", str(tmp_path / "picture.png")]) == 0
    words = capsys.readouterr().out
    assert (tmp_path / "picture.png").stat().st_size > 10_000
    even = jets_of_data.chosen(np.arange(0, 200, 2))
    tops = even.labels == 1
    counts = np.diff(even.offsets)[tops]
    row = next(line for line in words.splitlines() if line.startswith("top  n         even"))
    assert row.split()[3:5] == [str(tops.sum()), f"{counts.mean():.4g}"]
    assert words.count("KS distance") == 10
    assert words.count("correlation of m with tau32_b1") == 4
    assert compare.main([str(tmp_path / "a"), str(tmp_path), "--sample", "toptag"]) == 1
    assert "no toptag_*.npz" in capsys.readouterr().err


def test_the_recipe_beside_the_shards_has_all_numbers(tmp_path, versions):
    generate.generate(generate.plan("cms", 4, 0, 4), tmp_path, 1, made_up)
    recipe = json.loads((tmp_path / "cms.json").read_text())
    assert recipe["numbers"]["pt"] == [800.0, 900.0]
    assert recipe["numbers"]["detector"]["solenoid"] == {"field": 3.8, "radius": 1.29, "half_length": 3.0}
    assert recipe["tracks"]["hadron"]["central"] == [0.7, 0.95]
    assert recipe["hard_scale"] == 0.45
    assert recipe["seed"] == 0


def test_constituents_too_soft_for_the_coding_are_dropped():
    momenta = np.array(
        [[30.0, 0, 0, 30], [0.04, 0.02, 1, 1], [0, 0.05001, 0, 0.05001], [40, 0, 1, 40.1], [0.01, 0, 0, 0.01]]
    )
    jets = shards.Jets(momenta, np.array([0, 3, 5]), np.array([1, 0], np.uint8), np.arange(5).astype(np.uint8) % 3)
    with pytest.raises(ValueError, match="outside of what can be coded"):
        shards.encode(jets)
    kept = shards.without_the_softest(jets)
    assert kept.offsets.tolist() == [0, 2, 3] and kept.classes.tolist() == [0, 2, 0]
    assert np.array_equal(kept.momenta, momenta[[0, 2, 3]])
    assert shards.encode(kept)["n"].tolist() == [2, 1]
