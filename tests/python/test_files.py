"""Jets from files, scores to files, and the command line over both. pandas writes the files of the public format."""

import sys
from importlib.util import find_spec

import awkward
import h5py
import numpy as np
import pandas
import pytest
import uproot

import documents
import jets_data
import jettag
from jettag.__main__ import main
from jettag.files import ScoreFile, open_jets
from jettag.files.jets import JetFileError
from jettag.files.scores import ScoreFileError

MODEL = "lenet-28-i35"
N_JETS = 60
AXES = ("E", "PX", "PY", "PZ")


def first_jets():
    jets = jets_data.load("toptag")
    offsets = jets.offsets[: N_JETS + 1]
    return jets_data.Jets(jets.momenta[: offsets[-1]], offsets, jets.labels[:N_JETS], None)


def first_padded():
    """(jets, 200, 4) E, px, py, pz in single precision, as the public files have them; and labels."""
    jets = first_jets()
    return jets_data.padded(jets).astype(np.float32), jets.labels.astype(np.uint8)


def write_jetclass(path):
    jets = first_jets()
    columns = {
        f"part_{name}": awkward.unflatten(np.ascontiguousarray(jets.momenta[:, i]), np.diff(jets.offsets))
        for i, name in enumerate(("px", "py", "pz", "energy"))
    }
    with uproot.recreate(path) as file:
        file["tree"] = {**columns, "label_Tbqq": jets.labels, "label_Tbl": 0 * jets.labels}


@pytest.fixture(scope="module")
def padded():
    return first_padded()


def frame_of(padded, labels):
    names = [f"{axis}_{i}" for i in range(padded.shape[1]) for axis in AXES]
    frame = pandas.DataFrame(padded.reshape(len(padded), -1), columns=names)
    truth = pandas.DataFrame(
        {
            "truthE": np.float32(1),
            "truthPX": np.float32(2),
            "truthPY": np.float32(3),
            "truthPZ": np.float32(4),
            "ttv": np.int64(1),
            "is_signal_new": labels.astype(np.int64),
        },
        index=frame.index,
    )
    return pandas.concat([frame, truth], axis=1)


@pytest.fixture(scope="module")
def public(padded, tmp_path_factory):
    path = tmp_path_factory.mktemp("public") / "test.h5"
    frame_of(*padded).to_hdf(path, key="table", format="table")
    return path


def read_scores(path):
    lines = path.read_text().splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")]
    return lines[:2], rows


# --- the public format ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [1, 7, N_JETS, 1000])
def test_public_jets_are_those_that_pandas_wrote(public, padded, size):
    with open_jets(public) as file:
        assert file.n_jets == N_JETS
        pieces = list(file.pieces(size))
    assert [piece.count for piece in pieces] == [min(size, N_JETS - at) for at in range(0, N_JETS, size)]
    np.testing.assert_array_equal(np.concatenate([piece.jets for piece in pieces]), padded[0])
    np.testing.assert_array_equal(np.concatenate([piece.labels for piece in pieces]), padded[1])


def test_public_jets_from_somewhere_on(public, padded):
    with open_jets(public) as file:
        np.testing.assert_array_equal(np.concatenate([one.jets for one in file.pieces(8, 50)]), padded[0][50:])


def test_columns_in_another_order(padded, tmp_path):
    frame = frame_of(*padded)
    path = tmp_path / "shuffled.h5"
    frame[np.random.default_rng(1).permutation(frame.columns)].to_hdf(path, key="table", format="table")
    with open_jets(path) as file:
        np.testing.assert_array_equal(next(file.pieces(N_JETS)).jets, padded[0])


def test_public_file_without_labels(padded, tmp_path):
    path = tmp_path / "unlabelled.h5"
    frame_of(*padded).drop(columns=["is_signal_new"]).to_hdf(path, key="table", format="table")
    with open_jets(path) as file:
        assert not file.has_labels
        assert next(file.pieces(3)).labels is None


def _without(column):
    def write(path, padded):
        frame_of(*padded).drop(columns=[column]).to_hdf(path, key="table", format="table")

    return write


def _other_key(path, padded):
    frame_of(*padded).to_hdf(path, key="jets", format="table")


def _text(path, padded):
    path.write_text("no HDF5")


def _mixed_types(path, padded):
    frame = frame_of(*padded)
    frame["PX_3"] = frame["PX_3"].astype(np.float64)
    frame.to_hdf(path, key="table", format="table")


def _hostile_names(path, padded):
    frame_of(*padded).to_hdf(path, key="table", format="table")
    with h5py.File(path, "r+") as file:
        file["table/table"].attrs["values_block_0_kind"] = np.bytes_(b"cos\nsystem\n(S'true'\ntR.")


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_other_key, "no pandas table under the key 'table'; at the top there is jets"),
        (_text, "bad.h5"),
        (_without("E_0"), "no columns E_0, PX_0, PY_0, PZ_0, ...; those found begin with PX_0"),
        (_without("PY_17"), "there is 200 times E, but no column PY_17"),
        (_mixed_types, "of different types"),
        (_hostile_names, "the names of the columns in values_block_0 cannot be read"),
    ],
)
def test_a_file_that_is_no_public_one(padded, tmp_path, write, words):
    path = tmp_path / "bad.h5"
    write(path, padded)
    with pytest.raises(JetFileError, match=words.replace("(", r"\(")):
        open_jets(path)


def test_without_h5py(public, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(JetFileError, match="needs h5py"):
        open_jets(public)


# --- archives ---------------------------------------------------------------------------------------------------------
def test_npz_in_pieces(tmp_path):
    jets = first_jets()
    path = tmp_path / "jets.npz"
    np.savez(path, momenta=jets.momenta, offsets=jets.offsets, labels=jets.labels)
    with open_jets(path) as file:
        pieces = list(file.pieces(13, 5))
    model = jettag.load(MODEL)
    scores = np.concatenate([model.tag(piece.jets) for piece in pieces])
    np.testing.assert_array_equal(scores, model.tag((jets.momenta, jets.offsets))[5:])
    np.testing.assert_array_equal(np.concatenate([piece.labels for piece in pieces]), jets.labels[5:])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("jets.lhe", "end in .h5, .hdf5, .npz, .root, .parquet or .hepmc"),
        ("none.npz", "no such file"),
        ("none.h5", "none.h5"),
    ],
)
def test_a_file_that_is_not_there_or_not_known(tmp_path, name, words):
    with pytest.raises(JetFileError, match=words):
        open_jets(tmp_path / name)


def test_an_archive_of_something_else(tmp_path):
    np.savez(tmp_path / "other.npz", images=np.zeros(3))
    with pytest.raises(JetFileError, match="no momenta and no offsets in it; it has images"):
        open_jets(tmp_path / "other.npz")
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04broken")
    with pytest.raises(JetFileError, match=r"broken\.npz"):
        open_jets(tmp_path / "broken.npz")


# --- the command line -------------------------------------------------------------------------------------------------
def test_tag(public, padded, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    assert main(["tag", str(public), "--model", MODEL, "--out", str(out), "--piece", "7"]) == 0
    assert capsys.readouterr().out == f"{N_JETS} jets in {out}\n"
    head, rows = read_scores(out)
    assert head[0].startswith(f"# jettag: test.h5 by {MODEL}")
    assert head[1] == "# score,status,label"
    scores = np.array([row[0] for row in rows], np.float32)
    np.testing.assert_array_equal(scores, jettag.load(MODEL).tag(padded[0]))
    assert {row[1] for row in rows} == {jettag.status_text(0)}
    np.testing.assert_array_equal([int(row[2]) for row in rows], padded[1])


@pytest.mark.parametrize("keep", [0, 5, 0.3, 0.77])
def test_tag_goes_on_where_it_was_stopped(public, tmp_path, keep):
    whole, out = tmp_path / "whole.csv", tmp_path / "scores.csv"
    assert main(["tag", str(public), "--model", MODEL, "--out", str(whole)]) == 0
    data = whole.read_bytes()
    out.write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    assert main(["tag", str(public), "--model", MODEL, "--out", str(out), "--piece", "9", "--resume"]) == 0
    assert out.read_bytes() == data


def test_tag_refuses_what_it_must(public, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    command = ["tag", str(public), "--model", MODEL, "--out", str(out)]
    assert main(command) == 0
    kept = out.read_bytes()
    assert main(command) == 1
    assert "exists; --resume goes on with it" in capsys.readouterr().err
    assert main([*command[:3], "effnet-s0-i35-gf", *command[4:], "--resume"]) == 1
    assert "by lenet-28-i35" in capsys.readouterr().err
    assert out.read_bytes() == kept
    assert main(["tag", str(public), "--model", "nobody", "--out", str(tmp_path / "x")]) == 1
    assert "nobody" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
    assert main([*command[:-1], str(tmp_path / "no folder" / "x")]) == 1
    assert "no folder" in capsys.readouterr().err


def test_tag_writes_why_a_jet_has_no_score(padded, tmp_path):
    momenta = padded[0][:3].copy()
    momenta[1, 0, 0] = np.nan
    path = tmp_path / "nan.h5"
    frame_of(momenta, padded[1][:3]).to_hdf(path, key="table", format="table")
    assert main(["tag", str(path), "--model", MODEL, "--out", str(tmp_path / "scores.csv")]) == 0
    _, rows = read_scores(tmp_path / "scores.csv")
    assert [row[0] == "nan" for row in rows] == [False, True, False]
    assert rows[1][1] != rows[0][1]


def test_convert(public, padded, tmp_path, capsys):
    out = tmp_path / "jets.npz"
    assert main(["convert", str(public), "--out", str(out), "--piece", "11"]) == 0
    with open_jets(out) as file:
        piece = next(file.pieces(N_JETS))
    model = jettag.load(MODEL)
    np.testing.assert_array_equal(model.tag(piece.jets), model.tag(padded[0]))
    np.testing.assert_array_equal(piece.labels, padded[1])
    kept = out.read_bytes()
    for source, target, words in (
        (out, tmp_path / "again.npz", "no padding"),
        (public, out, "does not exist yet"),
        (public, tmp_path / "jets.txt", "ends in .npz"),
    ):
        assert main(["convert", str(source), "--out", str(target)]) == 1
        assert words in capsys.readouterr().err
    assert out.read_bytes() == kept


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"jettag {jettag.__version__}\n"


def test_a_score_file_with_more_than_the_jets(public, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    command = ["tag", str(public), "--model", MODEL, "--out", str(out)]
    assert main(command) == 0
    with out.open("a") as file:
        file.write("0.5,ok,1\n")
    assert main([*command, "--resume"]) == 1
    assert "more than" in capsys.readouterr().err


def test_a_score_file_of_another_kind(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("my own notes\n")
    with pytest.raises(ScoreFileError, match="my own notes"):
        ScoreFile(path, "a by b", False, True)
    assert path.read_text() == "my own notes\n"


def test_evaluate(public, padded, tmp_path, capsys):
    out = tmp_path / "scores.csv"
    assert main(["tag", str(public), "--model", MODEL, "--out", str(out)]) == 0
    capsys.readouterr()
    pictures = [tmp_path / "roc.png", tmp_path / "both.png"]
    assert main(["evaluate", str(out), "--roc", str(pictures[0]), "--scores", str(pictures[1])]) == 0
    said = capsys.readouterr().out
    scores = jettag.load(MODEL).tag(padded[0])
    right = np.mean((scores >= 0.5) == (padded[1] == 1))
    tops, others = scores[padded[1] == 1], scores[padded[1] == 0]
    auc = np.mean(tops[:, None] > others[None]) + 0.5 * np.mean(tops[:, None] == others[None])
    assert f"{N_JETS} jets, 0 without a score: accuracy {right:.4f} +-" in said
    assert f"auc {auc:.5f} +-" in said
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("my notes\n", "it is no file of scores"),
        ("# jettag: a by b\n# score,status\n0.5,tagged\n", "has no labels"),
        ("# jettag: a by b\n# score,status,label\n0.5,tagged,1\n", "needs scores of tops and of others"),
        ("# jettag: a by b\n# score,status,label\n0.5,tagged\n", "line 3 has 2 columns, not 3"),
        ("# jettag: a by b\n# score,status,label\nhalf,tagged,1\n", "half"),
    ],
)
def test_evaluate_refuses_what_are_no_scores(tmp_path, capsys, text, words):
    path = tmp_path / "scores.csv"
    path.write_text(text)
    assert main(["evaluate", str(path)]) == 1
    assert words in capsys.readouterr().err
    assert main(["evaluate", str(tmp_path / "none.csv")]) == 1


def test_jets_without_a_score_are_counted(tmp_path, capsys):
    path = tmp_path / "scores.csv"
    path.write_text("# jettag: a by b\n# score,status,label\nnan,no energy,1\n0.9,tagged,1\n0.1,tagged,0\n")
    assert main(["evaluate", str(path)]) == 0
    assert "2 jets, 1 without a score: accuracy 1.0000" in capsys.readouterr().out


# --- the documentation ------------------------------------------------------------------------------------------------
def test_the_example_in_the_documentation(tmp_path, monkeypatch):
    jets = first_jets()
    np.savez(tmp_path / "jets.npz", momenta=jets.momenta, offsets=jets.offsets)
    (code,) = (block.text for block in documents.blocks("docs/files.md"))
    monkeypatch.chdir(tmp_path)
    names = {"model": jettag.load(MODEL)}
    exec(code, names)
    np.testing.assert_array_equal(names["scores"], names["model"].tag((jets.momenta, jets.offsets)))


def test_the_commands_in_the_documentation(public, tmp_path, monkeypatch):
    commands = documents.commands("docs/files.md", "python -m jettag")
    assert len(commands) == 10
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test.h5").write_bytes(public.read_bytes())
    write_jetclass(tmp_path / "JetClass.root")
    if find_spec("pyhepmc") and find_spec("fastjet"):
        import test_events

        test_events.write(tmp_path / "events.hepmc.gz", test_events.make_events(20))
    else:
        commands = [command for command in commands if ".hepmc" not in command]
    for command in commands:
        assert main(command.split()) == 0


@pytest.mark.parametrize("piece", ["7", "1000"])
def test_features_and_images_of_a_file(public, padded, tmp_path, piece, capsys):
    jets = first_jets()
    given = (jets.momenta.astype(np.float32), jets.offsets)
    assert main(["features", str(public), "--out", str(tmp_path / "f.npy"), "--piece", piece]) == 0
    assert "60 jets in" in capsys.readouterr().out
    np.testing.assert_array_equal(np.load(tmp_path / "f.npy"), jettag.features(given))
    assert main(["images", str(public), "--recipe", "D40", "--out", str(tmp_path / "i.npy"), "--piece", piece]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "i.npy"), jettag.images(given, "D40"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.npy", "i.npy"]


def test_arrays_that_cannot_be_written(public, tmp_path, capsys):
    (tmp_path / "there.npy").write_bytes(b"")
    for out in ("there.npy", "x.npz"):
        assert main(["features", str(public), "--out", str(tmp_path / out)]) == 1
        assert "ends in .npy and does not exist yet" in capsys.readouterr().err
    assert main(["images", str(public), "--recipe", "Z9", "--out", str(tmp_path / "x.npy")]) == 1
    assert "Z9" in capsys.readouterr().err
    np.savez(tmp_path / "empty.npz", momenta=np.zeros((0, 4)), offsets=[0])
    assert main(["features", str(tmp_path / "empty.npz"), "--out", str(tmp_path / "x.npy")]) == 1
    assert "there is no jet in it" in capsys.readouterr().err
    assert not list(tmp_path.glob("x.*"))
