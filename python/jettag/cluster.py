"""Many files of jets at once, on a Dask cluster: a file is a task, and its scores are there whole or not at all.

>>> from dask.distributed import Client
>>> from jettag import cluster
>>> results = cluster.tag_files(files, "scores", client=Client("tcp://head:8786"))

A task that is lost with its worker is done again by another. Each attempt writes a file of its own and gives it its
name at the end, so that however often a task runs, its jets are there once. Workers must see the files and the folder
for scores under the same names as the caller.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jettag
from jettag._awkward import momentum_fields
from jettag.errors import JettagError
from jettag.files.jets import is_jet_file
from jettag.model import DEFAULT_MODEL, Model, portable_name
from jettag.tagging import Reading, tag_file

PATIENCE = 20.0  # seconds for a local cluster to end
RETURN = "1 hour"  # for a worker of a local cluster that died


class ClusterError(JettagError):
    """Files cannot be shared out."""


@dataclass(frozen=True)
class FileResult:
    """What became of a file.

    Attributes
    ----------
    path, out : str
        Files of jets and of scores.
    n_jets : int
        With a line in `out`; 0 where there is an error.
    error : str
        In words; "" where all is well.
    """

    path: str
    out: str
    n_jets: int
    error: str = ""


@dataclass(frozen=True)
class Task:
    """How all files are tagged.

    Attributes
    ----------
    model, backend : str
        As for `jettag.load`.
    reading : Reading
        How the files are read.
    kinematics : bool
        Columns of pT and mass as well.
    run : str
        Part of the names of unfinished files.
    """

    model: str
    backend: str
    reading: Reading
    kinematics: bool
    run: str


@functools.lru_cache(maxsize=4)
def _loaded(model: str, backend: str) -> Model:
    """Once in a process, and not once in a task."""
    return jettag.load(model, backend=backend)


def tag_one(path: str, out: str, task: Task) -> FileResult:
    """Score one file; this is what runs on a worker.

    Parameters
    ----------
    path, out : str
        Files of jets and of scores. One that is there was finished by an attempt before: it is checked, and what it
        lacks is added.
    task : Task
        How.

    Returns
    -------
    FileResult
    """
    unfinished = f"{_unfinished(out, task.run)}.{uuid.uuid4().hex}.part"
    try:
        model = _loaded(task.model, task.backend)
        there = os.path.exists(out)
        goal = out if there else unfinished
        n_jets = tag_file(path, goal, model, task.reading, task.kinematics, resume=there)
        if not there:
            os.replace(unfinished, out)
        return FileResult(path, out, n_jets)
    except (JettagError, OSError) as error:
        return FileResult(path, out, 0, str(error))
    finally:
        if os.path.exists(unfinished):
            os.unlink(unfinished)


def _unfinished(out: str, run: str) -> str:
    folder, name = os.path.split(out)
    return os.path.join(folder, f".{name}.{run}")


def files_in(folder: str | os.PathLike[str]) -> list[str]:
    """Files of jets in a folder, by name.

    Parameters
    ----------
    folder : path-like
        Folders in it are not looked into.

    Returns
    -------
    list of str
    """
    found = sorted(str(path) for path in Path(folder).iterdir() if path.is_file() and is_jet_file(path))
    if not found:
        raise ClusterError(f"{folder}: there is no file of jets in it")
    return found


@contextmanager
def connected(where: str, workers: int = 2) -> Iterator[Any]:
    """A client of a cluster.

    Parameters
    ----------
    where : str
        "local" for processes on this machine, for as long as the block lasts; the address of a scheduler, or the .json
        file that it wrote.
    workers : int
        Processes of a local one.

    Yields
    ------
    dask.distributed.Client
    """
    try:
        import dask
        from dask.distributed import Client, LocalCluster
    except ImportError as error:
        raise ClusterError("clusters need Dask (pip install distributed)") from error
    if where != "local":
        try:
            is_file = where.endswith(".json")
            if is_file and not os.path.exists(where):  # Dask would wait for it
                raise OSError("there is no such file")
            which = {"scheduler_file": where} if is_file else {"address": where}
            client = Client(**which, timeout=30, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(f"{where}: no scheduler answers: {error}") from error
        with client:
            yield client
        return
    if workers < 1:
        raise ClusterError(f"a cluster needs a worker, not {workers}")
    # A worker that is not back by then is never replaced, and without workers tasks wait for ever. Dask's 15 s are
    # over where Python starts from a slow disk, or where the next one has just died of the same file.
    with dask.config.set({"distributed.deploy.lost-worker-timeout": RETURN}):
        local = LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", memory_limit=0
        )
        with _ended(local), Client(local, set_as_default=False) as client:
            yield client


@contextmanager
def _ended(local: Any) -> Iterator[None]:
    """End a local cluster after the block, whatever state its workers are in.

    A worker that dies before its nanny has heard of its start leaves two waiting for the next one's word. The one that
    waits for the dead one may take it, and a nanny without that word never ends (distributed 2025.3). What
    has not ended of itself after PATIENCE seconds is killed, which ends both.
    """
    try:
        yield
    finally:
        killer = threading.Timer(PATIENCE, _kill, [list(local.workers.values())])
        killer.daemon = True
        killer.start()
        local.close()
        killer.cancel()


def _kill(nannies: Sequence[Any]) -> None:
    for nanny in nannies:
        if nanny.pid:
            with suppress(ProcessLookupError):
                os.kill(nanny.pid, signal.SIGKILL)


def tag_files(
    files: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    model: str | os.PathLike[str] = DEFAULT_MODEL,
    *,
    client: Any = None,
    backend: str = "auto",
    reading: Reading | None = None,
    kinematics: bool = False,
    resume: bool = False,
    show: Callable[[FileResult], None] | None = None,
) -> list[FileResult]:
    """Score files, each into one of its own.

    Parameters
    ----------
    files : sequence of path-like
        Files of jets.
    out : path-like
        Folder for the scores of FILE in FILE.csv; it is made when it is not there.
    model, backend : str or path-like
        As for `jettag.load`.
    client : dask.distributed.Client, optional
        Whose workers share the files; without one they are done here, one after the other.
    reading : Reading, optional
        How files are read.
    kinematics : bool
        Columns of pT and mass as well.
    resume : bool
        Leave files of scores that are there; otherwise one is an error, before anything is done.
    show : callable, optional
        Told of each file when it is done.

    Returns
    -------
    list of FileResult
        In the order of `files`. A file that cannot be read does not hold up the others.
    """
    folder = Path(out).resolve()
    pairs = [(str(Path(path).resolve()), str(folder / f"{Path(path).name}.csv")) for path in files]
    names = [name for _, name in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ClusterError(f"two files have their scores in {twice}")
    there = [name for name in names if os.path.exists(name)]
    if there and not resume:
        raise ClusterError(f"{there[0]}: exists; --resume goes on with it, or give another folder")
    folder.mkdir(parents=True, exist_ok=True)
    task = Task(portable_name(model), backend, reading or Reading(), kinematics, uuid.uuid4().hex)
    _loaded(task.model, backend)  # so that one that cannot be loaded is one error, and not one for each file
    run = _here if client is None else functools.partial(_on_cluster, client)
    try:
        results = {}
        for result in run(pairs, task):
            results[result.path] = result
            if show is not None:
                show(result)
        return [results[path] for path, _ in pairs]
    finally:
        for _, name in pairs:  # of workers that were killed
            head = Path(_unfinished(name, task.run))
            for left in head.parent.glob(f"{head.name}.*"):
                left.unlink(missing_ok=True)


def _here(pairs: Sequence[tuple[str, str]], task: Task) -> Iterator[FileResult]:
    for path, name in pairs:
        yield tag_one(path, name, task)


def _on_cluster(client: Any, pairs: Sequence[tuple[str, str]], task: Task) -> Iterator[FileResult]:
    from dask.distributed import KilledWorker

    suspects = []
    for pair, result, error in _submitted(client, pairs, task):
        if isinstance(error, KilledWorker):
            suspects.append(pair)
        else:
            yield result
    # Dask blames all that a worker had before it when it died. Alone, a file has to answer for itself only.
    for pair in suspects:
        for _, result, _ in _submitted(client, [pair], task):
            yield result


def _submitted(
    client: Any, pairs: Sequence[tuple[str, str]], task: Task
) -> Iterator[tuple[tuple[str, str], FileResult, Exception | None]]:
    from dask.distributed import as_completed

    futures = {client.submit(tag_one, path, name, task, pure=False): (path, name) for path, name in pairs}
    for future in as_completed(list(futures), loop=client.loop):
        path, name = futures[future]
        try:
            yield (path, name), future.result(), None
        except Exception as error:  # a worker without jettag, one that dies of this file every time, ..
            yield (path, name), FileResult(path, name, 0, f"{type(error).__name__}: {error}"), error


def tag_array(jets: Any, model: str | os.PathLike[str] = DEFAULT_MODEL, backend: str = "auto") -> Any:
    """Scores of an array of dask-awkward, partition by partition, when they are asked for.

    Parameters
    ----------
    jets : dask_awkward.Array
        Jets of records, as `jettag.Model.tag` takes them of the awkward library.
    model, backend : str or path-like
        As for `jettag.load`.

    Returns
    -------
    dask_awkward.Array
        Of float32, one per jet.
    """
    try:
        import dask_awkward
    except ImportError as error:
        raise ClusterError("arrays of dask-awkward need dask-awkward (pip install dask-awkward)") from error
    name = portable_name(model)
    return dask_awkward.map_partitions(_tag_partition, jets, name, backend, label="jettag", meta=_scores_without_data())


def _scores_without_data() -> Any:
    import awkward as ak
    import numpy as np

    return ak.Array(ak.to_layout(np.zeros(0, np.float32)).to_typetracer(forget_length=True))


def _tag_partition(jets: Any, model: str, backend: str) -> Any:
    import awkward as ak

    if ak.backend(jets) == "typetracer":  # asks which columns are read, so that no others are loaded
        for name in momentum_fields(ak.fields(jets))[0]:
            ak.typetracer.touch_data(jets[name])
        return _scores_without_data()
    return ak.Array(_loaded(model, backend).tag(jets))
