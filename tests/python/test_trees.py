"""ROOT trees and Parquet files of jets; uproot and awkward write them."""

import numpy as np
import pytest

import jets_data
import jettag
from jettag.__main__ import main
from jettag.files import open_jets, read_scores
from jettag.files.jets import JetFileError
from jettag.files.trees import label_columns, particle_columns

ak = pytest.importorskip("awkward")
uproot = pytest.importorskip("uproot")
pyarrow_parquet = pytest.importorskip("pyarrow.parquet")

MODEL = "lenet-28-i35"
N_JETS = 60


@pytest.fixture(scope="module")
def jets():
    jets = jets_data.load("toptag")
    return jets.momenta[: jets.offsets[N_JETS]], jets.offsets[: N_JETS + 1], jets.labels[:N_JETS]


@pytest.fixture(scope="module")
def columns(jets):
    """As JetClass has them, with something else between."""
    momenta, offsets, labels = jets
    lists = {
        f"part_{name}": ak.unflatten(np.ascontiguousarray(momenta[:, i]), np.diff(offsets))
        for i, name in enumerate(("px", "py", "pz", "energy"))
    }
    return {
        "jet_pt": np.arange(N_JETS, dtype=np.float32),
        **lists,
        "part_charge": ak.ones_like(lists["part_px"]),
        "label_QCD": (labels == 0).astype(np.int32),
        "label_Tbqq": ((labels == 1) & (np.arange(N_JETS) % 2 == 0)).astype(np.int32),
        "label_Tbl": ((labels == 1) & (np.arange(N_JETS) % 2 == 1)).astype(np.int32),
    }


def write_root(path, trees, rntuple=False):
    with uproot.recreate(path) as file:
        for name, columns in trees.items():
            if rntuple:
                file[name] = columns
                continue
            tree = file.mktree(
                name, {k: v.type.content if isinstance(v, ak.Array) else v.dtype for k, v in columns.items()}
            )
            tree.extend(columns)
    return path


@pytest.fixture(scope="module", params=["root", "rntuple", "parquet"])
def path(request, columns, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trees")
    if request.param != "parquet":
        return write_root(folder / "jets.root", {"tree": columns}, request.param == "rntuple")
    # Groups of rows that pieces do not fit into.
    ak.to_parquet(ak.Array(columns), folder / "jets.parquet", row_group_size=17)
    return folder / "jets.parquet"


@pytest.fixture(scope="module")
def expected(jets):
    momenta, offsets, _ = jets
    return jettag.load(MODEL).tag((momenta, offsets))


@pytest.mark.parametrize("size", [7, 17, 1000])
def test_pieces(path, size, jets, expected):
    model = jettag.load(MODEL)
    with open_jets(path) as file:
        assert (file.n_jets, file.has_labels) == (N_JETS, True)
        pieces = list(file.pieces(size))
        assert [piece.count for piece in pieces] == [min(size, N_JETS - at) for at in range(0, N_JETS, size)]
        scores = np.concatenate([model.tag(piece.jets) for piece in pieces])
        assert np.array_equal(np.concatenate([piece.labels for piece in pieces]), jets[2])
        later = np.concatenate([model.tag(piece.jets) for piece in file.pieces(size, 23)])
    assert np.array_equal(scores, expected) and np.array_equal(later, expected[23:])


def test_a_group_of_rows_is_read_once(columns, tmp_path, monkeypatch):
    ak.to_parquet(ak.Array(columns), tmp_path / "jets.parquet", row_group_size=17)
    read = []
    read_row_group = pyarrow_parquet.ParquetFile.read_row_group

    def counted(file, index, *args, **more):
        read.append(index)
        return read_row_group(file, index, *args, **more)

    monkeypatch.setattr(pyarrow_parquet.ParquetFile, "read_row_group", counted)
    with open_jets(tmp_path / "jets.parquet") as file:
        assert sum(piece.count for piece in file.pieces(5)) == N_JETS
    assert read == [0, 1, 2, 3]


def test_from_the_command_line(path, tmp_path, jets, expected, capsys):
    out = tmp_path / "scores.csv"
    assert main(["tag", str(path), "--model", MODEL, "--out", str(out), "--piece", "9"]) == 0
    scores, labels = read_scores(out)
    assert np.array_equal(scores, expected) and np.array_equal(labels, jets[2])
    other = tmp_path / "other.csv"
    given = ["--particles", "part_px,part_py,part_pz,part_energy", "--label", "label_QCD"]
    assert main(["tag", str(path), "--model", MODEL, "--out", str(other), *given]) == 0
    scores, labels = read_scores(other)
    assert np.array_equal(scores, expected) and np.array_equal(labels, 1 - jets[2])
    capsys.readouterr()
    assert main(["tag", str(path), "--model", MODEL, "--out", str(tmp_path / "x"), "--label", "label_H"]) == 1
    assert "there is no column label_H" in capsys.readouterr().err
    assert main(["convert", str(path), "--out", str(tmp_path / "x.npz")]) == 1
    assert "no padding" in capsys.readouterr().err


def test_cylindrical_columns_of_another_prefix(tmp_path, jets):
    momenta, offsets, _ = jets
    px, py, pz, energy = momenta.T
    pt = np.hypot(px, py)
    names = {"pt": pt, "eta": np.arcsinh(pz / pt), "phi": np.arctan2(py, px), "mass": 0 * energy}
    table = {f"cand.{name}": ak.unflatten(values, np.diff(offsets)) for name, values in names.items()}
    ak.to_parquet(ak.Array(table), tmp_path / "jets.parquet")
    with open_jets(tmp_path / "jets.parquet") as file:
        assert not file.has_labels
        (piece,) = file.pieces(1000)
    scores = jettag.load(MODEL).tag(piece.jets)
    assert piece.labels is None
    np.testing.assert_allclose(scores, jettag.load(MODEL).tag((momenta, offsets)), rtol=0, atol=1e-5)


def test_more_than_one_tree(tmp_path, columns, expected):
    path = write_root(tmp_path / "two.root", {"jets": columns, "others": {"x": np.arange(3)}})
    with pytest.raises(JetFileError, match="say which tree, FILE:TREE; there are jets, others"):
        open_jets(path)
    with pytest.raises(JetFileError, match="there is no tree nothing; there are jets, others"):
        open_jets(f"{path}:nothing")
    with pytest.raises(JetFileError, match=r"no lists in columns PREFIXpx.*lists are none"):
        open_jets(f"{path}:others")
    with open_jets(f"{path}:jets") as file:
        (piece,) = file.pieces(1000)
    assert np.array_equal(jettag.load(MODEL).tag(piece.jets), expected)


@pytest.mark.parametrize("name", ["missing.root", "missing.parquet", "junk.root", "junk.parquet"])
def test_files_that_are_none(name, tmp_path):
    if name.startswith("junk"):
        (tmp_path / name).write_bytes(b"nothing of the kind" * 20)
    with pytest.raises(JetFileError, match=name):
        open_jets(tmp_path / name)


def test_particles_that_do_not_match(tmp_path, columns):
    shorter = {**columns, "part_pz": ak.to_packed(columns["part_pz"][:, :-1])}
    ak.to_parquet(ak.Array(shorter), tmp_path / "jets.parquet")
    with open_jets(tmp_path / "jets.parquet") as file, pytest.raises(JetFileError, match="part_px, part_py, part_pz"):
        list(file.pieces(10))
    ak.to_parquet(ak.Array({**columns, "label": columns["part_px"]}), tmp_path / "lists.parquet")
    with open_jets(tmp_path / "lists.parquet", label="label") as file:
        with pytest.raises(JetFileError, match="label: one number per jet is due"):
            list(file.pieces(10))


def test_names():
    found = particle_columns(["e", "mu_pt", "mu_eta", "c_pt", "c_eta", "c_phi", "c_m", "c_mass"])
    assert found == {"pt": "c_pt", "eta": "c_eta", "phi": "c_phi", "mass": "c_mass"}
    assert particle_columns(["px", "py", "pz", "E", "pt"])["E"] == "E"
    assert particle_columns(["a", "b", "c", "d"], "a,b,c,d") == {"px": "a", "py": "b", "pz": "c", "E": "d"}
    assert particle_columns(["a", "beta", "c", "d"], "a,beta,c,d")["eta"] == "beta"
    with pytest.raises(ValueError, match=r"four columns are due.*not found: z"):
        particle_columns(["x", "y"], "x,y,z")
    assert label_columns(["x", "is_signal_new"]) == ["is_signal_new"] and label_columns(["x"]) == []
    with pytest.raises(JetFileError, match=r"only in \.root and \.parquet"):
        open_jets("jets.npz", label="x")
