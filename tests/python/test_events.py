"""HepMC events as jets: pyhepmc writes them, and a plain anti-kT in NumPy says what jets there are."""

import io
import os
import subprocess
import sys

import numpy as np
import pandas
import pytest

import jettag
from jettag.__main__ import main
from jettag.files import open_jets
from jettag.files.events import Clustering, _Watched, clustering_for, particle_classes
from jettag.files.jets import JetFileError

pyhepmc = pytest.importorskip("pyhepmc", reason="pip install pyhepmc")
pytest.importorskip("fastjet", reason="pip install fastjet")

MODEL = "lenet-28-i35"
N_EVENTS = 130
CHOSEN = Clustering(0.8, 200.0, 2.0)
# Visible and not, by the particle's number.
PIDS = np.array([211, -211, 22, 130, 2212, 2112, 13, -11, 12, -14, 16, 1000022])
CLASSES = {211: 1, -211: 1, 22: 0, 130: 0, 2212: 1, 2112: 0, 13: 2, -11: 1}


def make_events(n=N_EVENTS, seed=5):
    """(pid, status, momenta) of each event: some sprays of particles and others around."""
    random = np.random.default_rng(seed)
    events = []
    for _ in range(n):
        rows, pids = [], []
        for _ in range(random.integers(0, 4)):
            eta, phi, count = random.uniform(-2.5, 2.5), random.uniform(-np.pi, np.pi), random.integers(8, 20)
            pt = random.exponential(random.uniform(10, 40), count)
            rows.append(np.stack([pt, eta + random.normal(0, 0.2, count), phi + random.normal(0, 0.2, count)], 1))
        soft = random.integers(3, 10)
        rows.append(np.stack([random.exponential(1, soft), random.uniform(-4, 4, soft), random.uniform(0, 6, soft)], 1))
        pt, eta, phi = np.concatenate(rows).T
        px, py, pz = pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)
        momenta = np.stack([px, py, pz, np.sqrt(px**2 + py**2 + pz**2 + 0.02)], 1)
        pids = random.choice(PIDS, len(pt))
        status = np.where(random.random(len(pt)) < 0.1, 2, 1)
        events.append((pids, status, momenta))
    return events


def write(path, events, units="GEV", kind=None):
    with pyhepmc.open(path, "w", format=kind) as file:
        for number, (pids, status, momenta) in enumerate(events):
            event = pyhepmc.GenEvent(getattr(pyhepmc.Units, units), pyhepmc.Units.MM)
            event.event_number = 1000 + number
            scale = 1000.0 if units == "MEV" else 1.0
            vertex = pyhepmc.GenVertex((0, 0, 0, 0))
            for side in (1, -1):
                vertex.add_particle_in(pyhepmc.GenParticle((0, 0, side * 7000 * scale, 7000 * scale), 2212, 4))
            decays = pyhepmc.GenVertex((0, 0, 0, 1))
            for pid, state, row in zip(pids.tolist(), status.tolist(), (scale * momenta).tolist(), strict=True):
                particle = pyhepmc.GenParticle(row, pid, state)
                vertex.add_particle_out(particle)
                if state == 2:
                    decays.add_particle_in(particle)
            event.add_vertex(vertex)
            if len(decays.particles_in):
                decays.add_particle_out(pyhepmc.GenParticle((0, 0, 0.001 * scale, 0.001 * scale), 12, 1))
                event.add_vertex(decays)
            file.write(event)
    return path


def anti_kt(momenta, radius):
    """Rows of each jet, by the definition (arXiv:0802.1189): one pair at a time."""
    waiting = [(row.copy(), [i]) for i, row in enumerate(momenta)]
    jets = []
    while waiting:
        total = np.array([one[0] for one in waiting])
        weight = 1 / (total[:, 0] ** 2 + total[:, 1] ** 2)
        rapidity = 0.5 * np.log((total[:, 3] + total[:, 2]) / (total[:, 3] - total[:, 2]))
        phi = np.arctan2(total[:, 1], total[:, 0])
        turn = np.abs(phi[:, None] - phi[None])
        turn = np.minimum(turn, 2 * np.pi - turn)
        apart = np.minimum(weight[:, None], weight[None]) * ((rapidity[:, None] - rapidity[None]) ** 2 + turn**2)
        apart = apart / radius**2
        np.fill_diagonal(apart, weight)
        i, j = np.unravel_index(np.argmin(apart), apart.shape)
        if i == j:
            jets.append(waiting.pop(i))
        else:
            i, j = min(i, j), max(i, j)
            second = waiting.pop(j)
            waiting[i] = (waiting[i][0] + second[0], waiting[i][1] + second[1])
    return jets


def expected_jets(events, clustering=CHOSEN):
    """(event, rows, classes) of each jet, by falling pT."""
    found = []
    for number, (pids, status, momenta) in enumerate(events):
        seen = (status == 1) & np.isin(pids, list(CLASSES))
        rows, kinds = momenta[seen], np.array([CLASSES[pid] for pid in pids[seen].tolist()])
        jets = []
        for total, members in anti_kt(rows, clustering.radius):
            pt = np.hypot(total[0], total[1])
            if pt > clustering.pt_min and abs(np.arcsinh(total[2] / pt)) < clustering.eta_max:
                jets.append((pt, sorted(members)))
        found += [(1000 + number, rows[m], kinds[m]) for _, m in sorted(jets, key=lambda one: -one[0])]
    return found


@pytest.fixture(scope="module")
def events():
    return make_events()


@pytest.fixture(scope="module")
def path(events, tmp_path_factory):
    return write(tmp_path_factory.mktemp("events") / "events.hepmc3", events)


@pytest.fixture(scope="module")
def expected(events):
    return expected_jets(events)


def sorted_rows(rows, classes):
    order = np.lexsort(rows.T)
    return rows[order], classes[order]


def read_all(path, size=1000, start=0, clustering=CHOSEN):
    """(event, momenta, classes) of each jet, and how many each piece had."""
    jets, sizes = [], []
    with open_jets(path, clustering=clustering) as file:
        assert (file.n_jets, file.has_labels, file.columns) == (None, False, ("event",))
        for piece in file.pieces(size, start):
            momenta, offsets = piece.jets
            sizes.append(piece.count)
            assert len(offsets) == piece.count + 1 and offsets[-1] == len(momenta) == len(piece.classes)
            assert piece.labels is None
            for i in range(piece.count):
                rows = slice(offsets[i], offsets[i + 1])
                jets.append((piece.columns["event"][i], momenta[rows], piece.classes[rows]))
    return jets, sizes


def same(found, expected):
    assert [one[0] for one in found] == [one[0] for one in expected]
    for (_, rows, kinds), (_, wanted, wanted_kinds) in zip(found, expected, strict=True):
        rows, kinds = sorted_rows(rows, kinds)
        wanted, wanted_kinds = sorted_rows(wanted, wanted_kinds)
        np.testing.assert_allclose(rows, wanted, rtol=1e-12)
        np.testing.assert_array_equal(kinds, wanted_kinds)


# --- what is read -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1, 17, 1000])
def test_jets_are_those_of_the_definition(path, expected, size):
    assert len(expected) > 60 and len({one[0] for one in expected}) < len(expected)
    found, sizes = read_all(path, size)
    same(found, expected)
    assert sizes == [min(size, len(expected) - at) for at in range(0, len(expected), size)]


def test_from_somewhere_on(path, expected):
    same(read_all(path, 20, 33)[0], expected[33:])
    assert read_all(path, 20, len(expected))[0] == []


@pytest.mark.parametrize(
    ("name", "units", "kind"),
    [
        ("e.hepmc3.gz", "GEV", None),
        ("e.hepmc", "MEV", None),
        ("e.hepmc2", "GEV", "hepmc2"),
        ("e.hepmc.gz", "MEV", "hepmc2"),
    ],
)
def test_other_files_of_the_same_events(events, expected, tmp_path, name, units, kind):
    found, _ = read_all(write(tmp_path / name, events, units, kind))
    same(found, expected)


@pytest.mark.parametrize("clustering", [Clustering(0.4, 50, 1.0), Clustering(1.5, 300, 3.0)])
def test_other_jets(path, events, clustering):
    same(read_all(path, clustering=clustering)[0], expected_jets(events, clustering))


def test_classes_of_particles():
    charged = [11, -13, 15, 211, -321, 2212, -2212, 3112, 3222, 3312, 3334, 411, 521, 1000020040]
    neutral = [22, 111, 130, 310, 311, 2112, 3122, 3212, 3322, 421, 511, 443, 12, 23, 25]
    assert particle_classes(np.array(charged)).tolist() == [2 if abs(one) == 13 else 1 for one in charged]
    assert particle_classes(np.array(neutral)).tolist() == [0] * len(neutral)


def test_jets_that_suit_a_model():
    header = jettag.load("constituents-gf-cms").info["header"]
    assert clustering_for(header) == Clustering(1.0, 800.0, 1.0)
    assert clustering_for(jettag.load("deeptop-minimal-deeptop").info["header"], pt_min=300) == Clustering(1.5, 300, 1)
    assert clustering_for(jettag.load().info["header"], 0.7, eta_max=4.5) == Clustering(0.7, 550, 4.5)
    assert clustering_for({}) == clustering_for() == Clustering(0.8, 550, 2)


# --- the command line -------------------------------------------------------------------------------------------------
CUTS = ["--radius", "0.8", "--pt-min", "200", "--eta-max", "2"]


def test_tag(path, expected, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    command = ["tag", str(path), "--model", MODEL, "--out", str(out), *CUTS]
    assert main([*command, "--kinematics", "--piece", "19"]) == 0
    assert capsys.readouterr().out == f"{len(expected)} jets in {out}\n"
    head = out.read_text().splitlines()[:2]
    assert head[0].startswith(f"# jettag: events.hepmc3 by {MODEL}")
    assert head[0].endswith("(anti-kT 0.8, pT > 200 GeV, |eta| < 2)") and head[1] == "# score,status,event,pt,mass"
    frame = pandas.read_csv(out, comment="#", names=["score", "status", "event", "pt", "mass"])
    counts = [len(rows) for _, rows, _ in expected]
    jets = (np.concatenate([rows for _, rows, _ in expected]), np.concatenate([[0], np.cumsum(counts)]))
    # The order of constituents is another one, so the last bits of sums may be.
    np.testing.assert_allclose(frame.score, jettag.load(MODEL).tag(jets), atol=1e-5)
    assert frame.event.tolist() == [one[0] for one in expected]
    total = np.array([rows.sum(0) for _, rows, _ in expected])
    np.testing.assert_allclose(frame.pt, np.hypot(total[:, 0], total[:, 1]), rtol=1e-7)
    whole = out.read_bytes()
    out.write_bytes(whole[: len(whole) // 2])
    assert main([*command, "--kinematics", "--resume", "--piece", "7"]) == 0
    assert out.read_bytes() == whole
    assert main([*command[:-1], "1", "--kinematics", "--resume"]) == 1
    assert "|eta| < 2)', not with" in capsys.readouterr().err


def test_features_and_images(path, expected, tmp_path):
    n = len(expected)
    assert main(["features", str(path), "--out", str(tmp_path / "f.npy"), *CUTS, "--piece", "11"]) == 0
    counts = [len(rows) for _, rows, _ in expected]
    jets = (np.concatenate([rows for _, rows, _ in expected]), np.concatenate([[0], np.cumsum(counts)]))
    np.testing.assert_allclose(np.load(tmp_path / "f.npy"), jettag.features(jets), rtol=1e-6, atol=1e-9)
    colours = ["images", str(path), "--out", str(tmp_path / "i.npy"), "--recipe", "B37-colour", *CUTS]
    assert main(colours) == 0
    classes = np.concatenate([kinds for _, _, kinds in expected])
    found = np.load(tmp_path / "i.npy", mmap_mode="r")
    assert found.shape == (n, 4, 37, 37)
    np.testing.assert_allclose(found, jettag.images(jets, "B37-colour", classes), atol=1e-5)


MEASURE = """
import sys
from jettag.files import open_jets
from jettag.files.events import Clustering
with open_jets(sys.argv[1], clustering=Clustering(0.8, 200.0, 2.0)) as file:
    print(sum(piece.count for piece in file.pieces(10)))
# Not getrusage: its maximum begins with that of the process that started this one.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def test_memory_does_not_grow_with_the_file(path, tmp_path):
    text = path.read_text()
    begin, end = text.index("E 1000"), text.index("HepMC::Asciiv3-END")
    # A sanitizer, where there is one, keeps what was freed: as many MiB in both runs, and not up to 256.
    few_kept = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=16"
    environment = os.environ | {"ASAN_OPTIONS": few_kept}
    found = []
    for times in (2, 40):
        many = tmp_path / f"{times}.hepmc3"
        many.write_text(text[:begin] + times * text[begin:end] + text[end:])
        command = [sys.executable, "-c", MEASURE, many]
        said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
        found.append([int(one) for one in said.split()[-2:]])
    assert found[1][0] == 20 * found[0][0]
    assert many.stat().st_size > 20e6 and found[1][1] - found[0][1] < 6000  # KiB


# --- errors -----------------------------------------------------------------------------------------------------------
def broken_files(text):
    lines = text.splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.startswith("E ")]
    middle = starts[100]
    return {
        "no last line": "".join(lines[:-2]),
        "cut inside an event": "".join(lines[: middle + 4]),
        "an event that lacks a particle": "".join(lines[: middle + 4] + lines[middle + 5 :]),
    }


@pytest.mark.parametrize(
    ("kind", "words", "n_events"),
    [
        ("no last line", "the file's last line is missing", 130),
        ("cut inside an event", "after 100 of 101 events", 100),
        ("an event that lacks a particle", "after 100 of 130 events: one that cannot be read", 100),
    ],
)
def test_a_broken_file_is_said_after_what_is_whole(path, expected, tmp_path, capsys, kind, words, n_events):
    broken, out = tmp_path / "broken.hepmc", tmp_path / "scores.csv"
    broken.write_text(broken_files(path.read_text())[kind])
    assert main(["tag", str(broken), "--model", MODEL, "--out", str(out), *CUTS]) == 1
    said = capsys.readouterr().err
    assert words in said and "broken.hepmc" in said
    whole = [one for one in expected if one[0] < 1000 + n_events]
    assert len(out.read_text().splitlines()) == 2 + len(whole)


def test_a_cut_gz(events, tmp_path, capsys):
    whole = write(tmp_path / "whole.hepmc3.gz", events).read_bytes()
    (tmp_path / "cut.hepmc3.gz").write_bytes(whole[: len(whole) // 2])
    assert main(["tag", str(tmp_path / "cut.hepmc3.gz"), "--out", str(tmp_path / "scores.csv"), *CUTS]) == 1
    assert "cut.hepmc3.gz" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("none.hepmc", None, "none.hepmc"),
        ("empty.hepmc3", b"", "no HepMC text of version 2 or 3: it begins with ''"),
        ("junk.hepmc", b"some notes\n", "it begins with 'some notes'"),
        ("junk.hepmc.gz", b"some notes\n", "junk.hepmc.gz"),
    ],
)
def test_files_that_are_none(tmp_path, name, data, words):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(JetFileError, match=words):
        open_jets(tmp_path / name)


def test_cuts_that_are_none(path, tmp_path, capsys):
    for more in (["--radius", "0"], ["--pt-min", "-1"], ["--eta-max", "nan"]):
        assert main(["tag", str(path), "--out", str(tmp_path / "x"), *more]) == 1
        assert "jets need a radius and an eta above 0" in capsys.readouterr().err


def test_a_momentum_that_is_no_number(tmp_path):
    text = write(tmp_path / "events.hepmc3", make_events(3)).read_text().splitlines(keepends=True)
    at = max(i for i, line in enumerate(text) if line.startswith("P ") and line.split()[3] == "22")
    parts = text[at].split(" ")
    text[at] = " ".join([*parts[:4], "nan", *parts[5:]])
    (tmp_path / "nan.hepmc3").write_text("".join(text))
    with open_jets(tmp_path / "nan.hepmc3") as file, pytest.raises(JetFileError, match=r"nan\.hepmc3"):
        list(file.pieces(10))


@pytest.mark.parametrize("missing", ["pyhepmc", "fastjet"])
def test_without_the_packages(path, missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(JetFileError, match="pip install pyhepmc fastjet awkward vector"):
        open_jets(path)


def test_events_without_jets(tmp_path, capsys):
    nothing = [(np.array([12, 14]), np.array([1, 1]), np.array([[1.0, 0, 0, 1], [0, 1, 0, 1]]))] * 3
    path = write(tmp_path / "dark.hepmc3", nothing)
    assert main(["tag", str(path), "--out", str(tmp_path / "scores.csv")]) == 0
    assert "0 jets in" in capsys.readouterr().out
    assert main(["features", str(path), "--out", str(tmp_path / "f.npy")]) == 1
    assert "there is no jet in it" in capsys.readouterr().err


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000])
def test_events_are_counted_however_they_come(size):
    text = b"E 1\n" + b"".join(b"P E 3\nEE\nE %d 2 3\n" % i for i in range(300))
    watched = _Watched(io.BytesIO(text))
    while watched.read(size):
        pass
    assert watched.events == 301 and watched.tail == text[-100:]
