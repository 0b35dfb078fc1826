"""Many files at once: one after the other, and on a Dask cluster of this machine, whose workers are killed."""

import asyncio
import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import documents
import jets_data
import jettag
from jettag import cluster
from jettag.__main__ import main
from jettag.files import read_scores
from jettag.model import portable_name
from jettag.tagging import Reading

MODEL = "lenet-28-i35"
ROOT = Path(__file__).parents[2]
N_FILES = 8
OLDER = "this dask-awkward does not work with this dask: pip install 'dask<2025.4'"


def write_files(folder, n_files=N_FILES, times=1):
    """Files of different jets, some as often as it takes for work to last."""
    jets = jets_data.load("toptag")
    folder.mkdir(exist_ok=True)
    for i in range(n_files):
        offsets = jets.offsets[7 * i : 7 * i + 41]
        momenta = jets.momenta[offsets[0] : offsets[-1]]
        counts = np.tile(np.diff(offsets), times)
        np.savez(
            folder / f"jets_{i:02d}.npz",
            momenta=np.tile(momenta, (times, 1)),
            offsets=np.concatenate([[0], np.cumsum(counts)]),
            labels=np.tile(jets.labels[7 * i : 7 * i + 40], times),
        )
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path):
    return write_files(tmp_path / "jets")


# --- here -------------------------------------------------------------------------------------------------------------
def test_a_folder_is_each_of_its_files(folder, tmp_path, capsys):
    (folder / "notes.txt").write_text("no jets")
    (folder / "sub.npz").mkdir()
    out = tmp_path / "scores"
    assert main(["tag", str(folder), "--model", MODEL, "--out", str(out), "--kinematics"]) == 0
    assert capsys.readouterr().out == f"{40 * N_FILES} jets of {N_FILES} files in {out}\n"
    found = contents(out)
    assert sorted(found) == [f"jets_{i:02d}.npz.csv" for i in range(N_FILES)]
    for name, text in found.items():
        one = tmp_path / name
        command = ["tag", str(folder / name.removesuffix(".csv")), "--model", MODEL, "--out", str(one), "--kinematics"]
        assert main(command) == 0
        assert one.read_bytes() == text


def test_what_is_there_stays(folder, tmp_path, capsys):
    out = tmp_path / "scores"
    command = ["tag", str(folder), "--model", MODEL, "--out", str(out)]
    assert main(command) == 0
    whole = contents(out)
    capsys.readouterr()
    assert main(command) == 1
    assert "jets_00.npz.csv: exists; --resume goes on with it" in capsys.readouterr().err
    assert contents(out) == whole
    (out / "jets_03.npz.csv").unlink()
    half = whole["jets_05.npz.csv"]
    (out / "jets_05.npz.csv").write_bytes(half[: len(half) // 2])
    kept = os.stat(out / "jets_01.npz.csv")
    assert main([*command, "--resume"]) == 0
    assert contents(out) == whole and os.stat(out / "jets_01.npz.csv").st_ino == kept.st_ino
    capsys.readouterr()
    assert main([*command, "--resume", "--kinematics"]) == 1
    assert capsys.readouterr().err.count("has the columns") == N_FILES
    assert contents(out) == whole


def test_a_bad_file_does_not_hold_up_the_others(folder, tmp_path, capsys):
    (folder / "jets_02.npz").write_bytes(b"PK\x03\x04broken")
    (folder / "jets_04.parquet").write_bytes(b"nothing")
    out = tmp_path / "scores"
    assert main(["tag", str(folder), "--model", MODEL, "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert f"{40 * (N_FILES - 1)} jets of {N_FILES - 1} files" in said.out
    assert said.err.count("jettag: ") == 2 and "jets_02.npz" in said.err and "jets_04.parquet" in said.err
    assert sorted(contents(out)) == [f"jets_{i:02d}.npz.csv" for i in range(N_FILES) if i != 2]


def test_folders_that_cannot_be_tagged(folder, tmp_path, capsys, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    out = str(tmp_path / "scores")
    for more, words in (
        ([str(tmp_path / "empty"), "--out", out], "there is no file of jets in it"),
        ([str(folder), "--out", str(tmp_path / "file")], "file"),
        ([str(folder), "--out", out, "--model", "nobody"], "nobody"),
        ([str(folder / "jets_00.npz"), "--out", out, "--dask", "local"], "a cluster shares the files of a folder"),
        ([str(folder), "--out", out, "--dask", "local", "--workers", "0"], "a cluster needs a worker, not 0"),
    ):
        assert main(["tag", *more]) == 1
        assert words in capsys.readouterr().err
    with pytest.raises(cluster.ClusterError, match="two files have their scores in"):
        cluster.tag_files(["a/x.npz", "b/x.npz"], out)
    for module in ("dask", "dask.distributed"):
        monkeypatch.setitem(sys.modules, module, None)
    assert main(["tag", str(folder), "--out", out, "--dask", "local"]) == 1
    assert "pip install distributed" in capsys.readouterr().err


def test_names_for_other_processes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert portable_name(MODEL) == MODEL
    assert portable_name("mine.jtm") == str(tmp_path / "mine.jtm")


def test_a_model_in_another_process(tmp_path, monkeypatch):
    jets = jets_data.load("toptag")
    expected = jettag.load(MODEL).tag((jets.momenta, jets.offsets))
    (tmp_path / "mine.jtm").write_bytes((ROOT / "models" / "zoo" / f"{MODEL}.jtm").read_bytes())
    monkeypatch.chdir(tmp_path)
    code = "import pickle, sys; sys.stdout.buffer.write(pickle.load(sys.stdin.buffer)(pickle.load(sys.stdin.buffer)))"
    for name in (MODEL, "mine.jtm"):
        model = jettag.load(name, backend="native", threads=2)
        sent = pickle.dumps(model)
        assert (b"zoo" not in sent) and (str(tmp_path).encode() in sent) == (name == "mine.jtm")
        again = pickle.loads(sent)
        assert again.info["backend"] == "native"
        np.testing.assert_array_equal(again.tag((jets.momenta, jets.offsets)), expected)
        monkeypatch.chdir("/")
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=pickle.dumps(model.tag) + pickle.dumps((jets.momenta, jets.offsets)),
            capture_output=True,
            check=True,
        )
        np.testing.assert_array_equal(np.frombuffer(done.stdout, np.float32), expected)
        monkeypatch.chdir(tmp_path)


# --- on a cluster -----------------------------------------------------------------------------------------------------
def test_a_local_cluster_gives_the_same_bytes(folder, tmp_path, capsys):
    pytest.importorskip("distributed", reason="pip install distributed")
    (folder / "broken.npz").write_bytes(b"")
    here, there = tmp_path / "here", tmp_path / "there"
    command = ["tag", str(folder), "--model", MODEL, "--kinematics", "--out"]
    assert main([*command, str(here)]) == 1
    assert main([*command, str(there), "--dask", "local"]) == 1
    assert "broken.npz" in capsys.readouterr().err
    assert contents(here) == contents(there) and len(contents(here)) == N_FILES


def test_no_scheduler(folder, tmp_path, capsys):
    pytest.importorskip("distributed", reason="pip install distributed")
    command = ["tag", str(folder), "--out", str(tmp_path / "scores"), "--dask"]
    for where in ("nothing://here", str(tmp_path / "none.json")):
        assert main([*command, where]) == 1
        assert f"{where}: no scheduler answers" in capsys.readouterr().err


def test_a_worker_that_is_killed_loses_nothing(tmp_path):
    """Kill a worker in the middle of a file: its file is done again, and every byte is that of a run in one process."""
    pytest.importorskip("distributed", reason="pip install distributed")
    folder = write_files(tmp_path / "jets", 5, 12)  # 480 jets, a second on the slow backend
    there = tmp_path / "there"
    given = {"model": MODEL, "reading": Reading(piece=20)}
    files = cluster.files_in(folder)
    killed = []

    def kill(result):
        """When the first file is done: a worker that has begun to write another."""
        if killed:
            return
        pids = client.run(os.getpid)
        for _ in range(1000):
            busy = [address for address, keys in client.processing().items() if keys]
            begun = [path for path in there.glob(".*.part") if path.stat().st_size > 200]
            if len(busy) == 2 and len(begun) == 2:
                os.kill(pids[busy[0]], signal.SIGKILL)
                killed.append(pids[busy[0]])
                return
            time.sleep(0.01)

    with cluster.connected("local", 2) as client:
        results = cluster.tag_files(files, there, client=client, show=kill, backend="reference", **given)
        survivors = set(client.run(os.getpid).values())
    assert killed and killed[0] not in survivors
    assert [(one.n_jets, one.error) for one in results] == [(480, "")] * 5
    assert [one.path for one in results] == files
    serial = tmp_path / "serial"
    cluster.tag_files(files, serial, backend="reference", **given)
    assert contents(there) == contents(serial)
    for name in contents(there):  # and the jets are those of the files, each once
        scores, labels = read_scores(there / name)
        with np.load(folder / name.removesuffix(".csv")) as jets:
            np.testing.assert_array_equal(labels, jets["labels"])
            expected = jettag.load(MODEL).tag((jets["momenta"], jets["offsets"]))
        np.testing.assert_allclose(scores, expected, atol=1e-5)


class Deadly(Reading):
    """Ends the process that opens a certain file."""

    def open(self, path, model=None):
        if "deadly" in str(path):
            os._exit(1)
        return super().open(path, model)


def test_a_file_that_kills_every_worker_is_given_up(tmp_path):
    pytest.importorskip("distributed", reason="pip install distributed")
    folder = write_files(tmp_path / "jets", 3)
    (folder / "jets_01.npz").rename(folder / "deadly.npz")
    with cluster.connected("local", 1) as client:
        results = cluster.tag_files(
            cluster.files_in(folder), tmp_path / "scores", MODEL, client=client, reading=Deadly()
        )
    assert [one.n_jets for one in results] == [0, 40, 40]
    assert "KilledWorker" in results[0].error and not results[1].error and not results[2].error
    assert sorted(contents(tmp_path / "scores")) == ["jets_00.npz.csv", "jets_02.npz.csv"]


def test_a_worker_that_comes_back_late_is_waited_for():
    """Dask gives a worker up that is not back after a while, here a moment, and then nothing goes on."""
    pytest.importorskip("distributed", reason="pip install distributed")
    import dask

    with dask.config.set({"distributed.deploy.lost-worker-timeout": "10ms"}), cluster.connected("local", 1) as client:
        (first,) = client.run(os.getpid).values()
        os.kill(first, signal.SIGKILL)
        assert client.submit(os.getpid, pure=False).result(timeout=60) != first


def test_a_nanny_that_waits_for_ever_is_ended(monkeypatch):
    """One that never hears of its worker's start: so it is when another one takes the word (distributed 2025.3)."""
    pytest.importorskip("distributed", reason="pip install distributed")
    from distributed.nanny import Status, WorkerProcess

    async def unheard(process, uid):
        while process.status == Status.starting:
            await asyncio.sleep(0.05)

    monkeypatch.setattr(cluster, "PATIENCE", 2.0)
    with cluster.connected("local", 1) as client:
        monkeypatch.setattr(WorkerProcess, "_wait_until_connected", unheard)
        (first,) = client.run(os.getpid).values()
        os.kill(first, signal.SIGKILL)
        second = client.submit(os.getpid, pure=False).result(timeout=60)
        assert second != first
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_a_task_that_runs_again_changes_nothing(folder, tmp_path):
    out = tmp_path / "scores.csv"
    task = cluster.Task(MODEL, "auto", Reading(), True, "run")
    first = cluster.tag_one(str(folder / "jets_00.npz"), str(out), task)
    kept = out.read_bytes()
    assert cluster.tag_one(str(folder / "jets_00.npz"), str(out), task) == first
    assert out.read_bytes() == kept and first.n_jets == 40
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["scores.csv"]


def test_an_array_of_dask_awkward(tmp_path):
    ak = pytest.importorskip("awkward")
    dak = pytest.importorskip("dask_awkward", reason="pip install dask-awkward 'dask<2025.4'")
    jets = jets_data.load("toptag")
    columns = {
        name: ak.unflatten(np.ascontiguousarray(jets.momenta[:, i]), np.diff(jets.offsets))
        for i, name in enumerate(("px", "py", "pz", "E"))
    }
    expected = jettag.load(MODEL).tag((jets.momenta, jets.offsets))
    try:
        lazy = cluster.tag_array(dak.from_awkward(ak.zip(columns), 4), MODEL)
        found = ak.to_numpy(lazy.compute())
    except ValueError as error:
        if "Missing dependency" in str(error):
            pytest.skip(OLDER)
        raise
    assert lazy.npartitions == 4 and found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    # Columns that are not asked for are not read.
    ak.to_parquet(ak.zip({**columns, "charge": ak.ones_like(columns["px"])}), tmp_path / "jets.parquet")
    stored = dak.from_parquet(tmp_path / "jets.parquet")
    scores = cluster.tag_array(stored, MODEL)
    needed = {name.split(".")[-1] for one in dak.necessary_columns(scores).values() for name in one}
    assert needed == {"px", "py", "pz", "E"}
    np.testing.assert_array_equal(ak.to_numpy(scores.compute()), expected)


# --- the documentation ------------------------------------------------------------------------------------------------
PAGE = "docs/cluster.md"


def test_the_commands_in_the_documentation(folder, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="pip install distributed")
    commands = documents.commands(PAGE, "python -m jettag")
    assert len(commands) == 3
    monkeypatch.chdir(tmp_path)
    with distributed.LocalCluster(1, dashboard_address="127.0.0.1:0", host="127.0.0.1") as local:
        (tmp_path / "scheduler.json").write_text(json.dumps(local.scheduler.identity()))
        whole = None
        for command in commands:
            assert main(command.split()) == 0
            whole = whole or contents(tmp_path / "scores")
            assert contents(tmp_path / "scores") == whole and len(whole) == N_FILES
            (tmp_path / "scores" / "jets_02.npz.csv").unlink()


def test_the_lines_in_the_documentation(folder, tmp_path, monkeypatch, capsys):
    pytest.importorskip("distributed", reason="pip install distributed")
    blocks = [block.text for block in documents.blocks(PAGE)]
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(blocks[0], names)
    assert capsys.readouterr().out == f"{40 * N_FILES} []\n"
    ak, _ = pytest.importorskip("awkward"), pytest.importorskip("dask_awkward", reason="pip install dask-awkward")
    jets = jets_data.load("toptag")
    columns = {
        name: ak.unflatten(np.ascontiguousarray(jets.momenta[:, i]), np.diff(jets.offsets))
        for i, name in enumerate(("px", "py", "pz", "E"))
    }
    ak.to_parquet(ak.Array({"constituents": ak.zip(columns)}), tmp_path / "jets.parquet")
    try:
        exec(blocks[1], names)
    except ValueError as error:
        if "Missing dependency" in str(error):
            pytest.skip(OLDER)
        raise
    assert names["tops"].tolist() == (jettag.load().tag((jets.momenta, jets.offsets)) >= np.float32(0.9)).tolist()


def test_without_dask_awkward(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_awkward", None)
    with pytest.raises(cluster.ClusterError, match="pip install dask-awkward"):
        cluster.tag_array(None)
