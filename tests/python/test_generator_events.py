"""The generator of samples with real events and real clustering; needs models/datasets/requirements.txt."""

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.datasets import generate, jets, making
from models.datasets.events import QCD, TOP, Source
from models.datasets.particles import Constituents
from models.datasets.samples import SAMPLES, PartonCut
from models.datasets.shards import joined, read

WHY = "needs pip install -r models/datasets/requirements.txt"
ROOT = Path(__file__).parents[2]

for package in ("pythia8mc", "fastjet", "awkward"):
    # Not imported: what pythia8mc does then is tested below.
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"no {package}: {WHY}", allow_module_level=True)


def anti_kt(momenta, radius):
    """The definition, pair by pair: jets as sets of rows."""
    left = [(momenta[i], frozenset([i])) for i in range(len(momenta))]
    done = []

    def place(p):
        return np.hypot(p[0], p[1]), 0.5 * np.log((p[3] + p[2]) / (p[3] - p[2])), np.arctan2(p[1], p[0])

    while left:
        best, pair = np.inf, None
        for i, (a, _) in enumerate(left):
            pt_a, y_a, phi_a = place(a)
            if pt_a**-2 < best:
                best, pair = pt_a**-2, (i, None)
            for j, (b, _) in enumerate(left[:i]):
                pt_b, y_b, phi_b = place(b)
                dphi = abs(phi_a - phi_b)
                dphi = min(dphi, 2 * np.pi - dphi)
                d = min(pt_a**-2, pt_b**-2) * ((y_a - y_b) ** 2 + dphi**2) / radius**2
                if d < best:
                    best, pair = d, (i, j)
        i, j = pair
        if j is None:
            done.append(left.pop(i))
        else:
            a, b = left.pop(i), left.pop(j)
            left.append((a[0] + b[0], a[1] | b[1]))
    return done


def test_jets_are_those_of_the_definition():
    rng = np.random.default_rng(1)
    n, n_events = 120, 4
    event = rng.permutation(np.repeat([0, 1, 3], 40))
    made = Constituents(
        event, rng.exponential(20, n), rng.normal(0, 1, n), rng.uniform(-np.pi, np.pi, n), np.zeros(n, np.uint8)
    )
    found = jets.clustered(made, n_events, 0.8, 30.0)
    momenta = np.stack(
        [
            made.pt * np.cos(made.phi),
            made.pt * np.sin(made.phi),
            made.pt * np.sinh(made.eta),
            made.pt * np.cosh(made.eta),
        ],
        1,
    )
    expected = {}
    for one in range(n_events):
        rows = np.flatnonzero(event == one)
        for total, members in anti_kt(momenta[rows], 0.8) if len(rows) else []:
            if np.hypot(total[0], total[1]) >= 30:
                expected[frozenset(rows[list(members)].tolist())] = (one, total)
    assert len(found.event) == len(expected) > 5
    for i in range(len(found.event)):
        one, total = expected[frozenset(found.rows[found.offsets[i] : found.offsets[i + 1]].tolist())]
        assert found.event[i] == one
        assert found.pt[i] == pytest.approx(np.hypot(total[0], total[1]), rel=1e-9)
        assert found.eta[i] == pytest.approx(np.arcsinh(total[2] / np.hypot(total[0], total[1])), abs=1e-9)
        assert found.phi[i] == pytest.approx(np.arctan2(total[1], total[0]), abs=1e-9)
    assert (np.diff(found.event) >= 0).all()


@pytest.mark.parametrize("sample", list(SAMPLES))
def test_events_repeat_and_each_has_two_tops(sample):
    first, again, other = (Source(SAMPLES[sample], TOP, seed).batch(20) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.particles.pt, again.particles.pt)
    assert not np.array_equal(first.hard_pt2, other.hard_pt2)
    assert first.n_events == 20
    np.testing.assert_array_equal(np.bincount(first.tops.event, minlength=20), 2)
    # The decay's quarks lie about the top.
    around = np.abs(first.tops.quark_eta - first.tops.eta[:, None]).min(axis=1)
    assert np.median(around) < 0.5
    low = 0.45 * SAMPLES[sample].pt[0]
    assert (first.hard_pt2 >= low**2 * (1 - 1e-9)).all()
    kinds = np.unique(first.particles.pdg)
    assert {11, 13, 22, 211, 321, 2112, 2212} <= set(kinds.tolist())
    charge = {kind: first.particles.charge[first.particles.pdg == kind] for kind in (22, 211, 2112)}
    assert (charge[22] == 0).all()
    assert (charge[2112] == 0).all()
    assert set(np.unique(charge[211])) == {-1.0, 1.0}


@pytest.mark.parametrize("cut", [PartonCut(1.0, 20.0, 1.0, 0.0), PartonCut(1.0, 20.0, 0.0, 1.0)])
def test_only_hard_enough_events_are_completed(cut):
    source = Source(replace(SAMPLES["toptag"], cut=cut), QCD, 1)
    batch = source.batch(20)
    assert batch.n_events == 20
    assert source.tried() > 200
    # Hadrons, too, have 0.9 times 550 GeV then, on either side.
    for one in range(20):
        there = batch.particles.event == one
        assert batch.particles.pt[there].sum() > 2 * 0.9 * 550


def test_watching_gives_up_no_event():
    toptag, watched = SAMPLES["toptag"], []
    everything = Source(toptag, QCD, 1, watched)
    batch = everything.batch(100)
    assert batch.n_events == len(watched) == 100
    assert everything.tried() == 100
    at_scale, at_end = np.array(watched).T
    # The hardest jet of an event is about as hard as its scatter, or harder for what was radiated before.
    hard = np.sqrt(batch.hard_pt2)
    assert 1.0 < np.median(at_end / hard) < 1.3
    assert np.median(np.abs(at_end / at_scale - 1)) < 0.1
    # Event by event: the same order, or they would be no more alike than strangers.
    assert np.median(np.abs(np.log(at_end / hard))) < np.median(np.abs(np.log(at_end / np.roll(hard, 1))))


@pytest.mark.parametrize("sample", list(SAMPLES))
def test_jets_of_a_sample_are_what_it_says(sample, tmp_path):
    plan = generate.plan(sample, 24, 2, 24)
    generate.generate(plan, tmp_path, 1)
    made = read(tmp_path / f"{sample}_000.npz")
    assert made.labels.sum() == 12
    total = np.add.reduceat(made.momenta, made.offsets[:-1], axis=0)
    pt = np.hypot(total[:, 0], total[:, 1])
    low, high, eta_max = {"toptag": (550, 650, 2), "cms": (800, 900, 1), "deeptop": (350, 450, 1)}[sample]
    assert low * 0.9999 < pt.min() <= pt.max() < high * 1.0001
    assert np.abs(np.arcsinh(total[:, 2] / pt)).max() < eta_max + 1e-4
    mass = np.sqrt(np.maximum(total[:, 3] ** 2 - (total[:, :3] ** 2).sum(axis=1), 0))
    assert np.median(mass[made.labels == 1]) > np.median(mass[made.labels == 0])
    # Shuffled: not all of one kind first.
    assert 0 < made.labels[:12].sum() < 12
    assert (made.classes is None) == (sample != "cms")
    if made.classes is not None:
        assert set(np.unique(made.classes)) <= {0, 1, 2}
        assert 0.4 < (made.classes > 0).mean() < 0.7


def test_a_real_sample_goes_on_where_it_was_stopped(tmp_path):
    plan = generate.plan("deeptop", 12, 4, 4)
    generate.generate(plan, tmp_path / "whole", 2)

    def interrupted(shard, progress):
        if shard.number == 1:
            raise KeyboardInterrupt
        return making.make(shard, progress)

    with pytest.raises(KeyboardInterrupt):
        generate.generate(plan, tmp_path / "part", 1, interrupted)
    assert [path.name for path in (tmp_path / "part").glob("*.npz")] == ["deeptop_000.npz"]
    generate.generate(plan, tmp_path / "part", 1)
    names = [f"deeptop_{number:03d}.npz" for number in range(3)]
    for name in names:
        assert (tmp_path / "part" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    every = joined([read(tmp_path / "whole" / name) for name in names])
    assert len(np.unique(every.momenta[every.offsets[:-1], 0])) == 12


def test_the_command_prints_a_summary(tmp_path, capsys):
    assert generate.main(["deeptop", "--jets", "4", "--seed", "3", "--out", str(tmp_path)]) == 0
    words = capsys.readouterr().out
    assert "deeptop: 0 of 1 shards are there" in words
    assert "1 shards, 4 jets, 2 tops" in words
    assert (tmp_path / "deeptop_summary.txt").read_text() in words
    assert generate.main(["deeptop", "--jets", "4", "--seed", "3", "--out", str(tmp_path)]) == 0
    assert "1 of 1 shards are there" in capsys.readouterr().out


def test_files_in_a_folder_called_python_are_not_run(tmp_path):
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "notes.txt").write_text("this is not Python")
    command = "import models.datasets.events as events; events.pythia8(); print('fine')"
    found = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {command}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert found.stdout == "fine\n", found.stderr
