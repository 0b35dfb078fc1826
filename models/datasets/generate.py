"""Make a sample of jets: shards that models/training reads, and a summary to check them by.

    python -m models.datasets.generate toptag --jets 100000 --seed 7 --out DIR --cores 4

Shards that are there already stay as they are, so the same command goes on where it was stopped, and more jets of the
same seed come after those made before. The number of cores changes nothing but the time. Needs
models/datasets/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from importlib import metadata
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Any

import numpy as np

from models.datasets import making
from models.datasets.making import Account, Progress, Shard
from models.datasets.samples import HARD_SCALE, SAMPLES, TRACK_KINDS
from models.datasets.summary import summary

_MOST_SHARDS = 1000
_SECONDS_BETWEEN_LINES = 10.0
_PACKAGES = ("pythia8mc", "fastjet")

Maker = Callable[[Shard, Progress], tuple[dict[str, Any], dict[str, Account]]]


class GenerateError(Exception):
    """Something in the arguments or in the output folder is wrong; says what."""


def plan(sample: str, jets: int, seed: int, shard_jets: int | None = None) -> list[Shard]:
    """The shards of a sample.

    Parameters
    ----------
    sample : str
        Name.
    jets : int
        Of all shards together.
    seed : int
        Zero or more.
    shard_jets : int, optional
        Jets in a shard, instead of the sample's number.

    Returns
    -------
    list of Shard

    Raises
    ------
    GenerateError
        With words.
    """
    if sample not in SAMPLES:
        raise GenerateError(f"there is no sample {sample}, but {', '.join(SAMPLES)}")
    size = SAMPLES[sample].shard_jets if shard_jets is None else shard_jets
    for words, number in (("jets", jets), ("jets in a shard", size)):
        if number < 2 or number % 2:
            raise GenerateError(f"{number} {words}: half of them are tops, so it is an even number from 2 on")
    if seed < 0:
        raise GenerateError(f"seed {seed}: seeds are zero or more")
    if jets > _MOST_SHARDS * size:
        raise GenerateError(f"{jets} jets are more than {_MOST_SHARDS} shards of {size}: make shards larger")
    starts = range(0, jets, size)
    return [Shard(sample, seed, number, min(size, jets - start)) for number, start in enumerate(starts)]


def shard_path(out: Path, shard: Shard) -> Path:
    """Where a shard lies.

    Parameters
    ----------
    out : Path
        The folder.
    shard : Shard
        Which.

    Returns
    -------
    Path
    """
    return out / f"{shard.sample}_{shard.number:03d}.npz"


def _recipe(shards: list[Shard]) -> dict[str, Any]:
    """All that jets depend on, as it is written beside them."""
    return {
        "sample": shards[0].sample,
        "seed": shards[0].seed,
        "shard_jets": shards[0].jets,
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "hard_scale": HARD_SCALE,
        "numbers": asdict(SAMPLES[shards[0].sample]),
        "tracks": {name: asdict(kind) for name, kind in TRACK_KINDS.items()},
    }


def check_recipe(out: Path, recipe: dict[str, Any]) -> None:
    """Write down how a sample is made; or make sure that what is in the folder was made so.

    Parameters
    ----------
    out : Path
        The folder.
    recipe : dict
        All that jets depend on.

    Raises
    ------
    GenerateError
        When it was not.
    """
    path = out / f"{recipe['sample']}.json"
    wanted = json.loads(json.dumps(recipe))
    if not path.exists():
        if any(out.glob(f"{recipe['sample']}_*.npz")):
            raise GenerateError(f"{out}: has shards, but no {path.name} that says how they were made")
        path.write_text(json.dumps(wanted, indent=1) + "\n")
        return
    there = json.loads(path.read_text())
    other = sorted(key for key in wanted.keys() | there.keys() if wanted.get(key) != there.get(key))
    if other:
        raise GenerateError(f"{path}: what is there was made with other values of {', '.join(other)}")


def _left(out: Path, shards: list[Shard]) -> list[Shard]:
    left = []
    for shard in shards:
        path = shard_path(out, shard)
        if not path.exists():
            left.append(shard)
            continue
        with np.load(path) as arrays:
            there = len(arrays["label"])
        if there != shard.jets:
            raise GenerateError(f"{path}: has {there} jets, not {shard.jets}; remove it to have it made again")
    return left


def _reporter(shard: Shard) -> Progress:
    begun = last = time.monotonic()
    done = 0

    def report(jets: int) -> None:
        nonlocal done, last
        done += jets
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            rate = done / (now - begun)
            print(
                f"{shard.sample}_{shard.number:03d}: {min(done, shard.jets)}/{shard.jets} jets, {rate:.0f}/s",
                file=sys.stderr,
                flush=True,
            )

    return report


def write_shard(out: Path, shard: Shard, maker: Maker = making.make) -> float:
    """Make a shard and put it where it belongs: whole, or not at all.

    Parameters
    ----------
    out : Path
        The folder.
    shard : Shard
        Which.
    maker : callable, optional
        Makes the arrays.

    Returns
    -------
    float
        Seconds.
    """
    begun = time.monotonic()
    arrays, accounts = maker(shard, _reporter(shard))
    path = shard_path(out, shard)
    path.with_suffix(".json").write_text(json.dumps({name: asdict(one) for name, one in accounts.items()}) + "\n")
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez_compressed(file, **arrays)
    os.replace(partial, path)
    return time.monotonic() - begun


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: who is killed cannot tell its workers."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def generate(shards: list[Shard], out: Path, cores: int, maker: Maker = making.make) -> None:
    """Make the shards that are not there yet.

    Parameters
    ----------
    shards : list of Shard
        All of them.
    out : Path
        The folder; it is made where there is none.
    cores : int
        Processes, each with a shard at a time.
    maker : callable, optional
        Makes the arrays of a shard.
    """
    if cores < 1:
        raise GenerateError(f"{cores} cores: one at least")
    out.mkdir(parents=True, exist_ok=True)
    check_recipe(out, _recipe(shards))
    left = _left(out, shards)
    print(f"{shards[0].sample}: {len(shards) - len(left)} of {len(shards)} shards are there", flush=True)

    def tell(shard: Shard, seconds: float) -> None:
        name = shard_path(out, shard).name
        print(f"{name}: {shard.jets} jets in {seconds:.0f} s, {shard.jets / seconds:.0f}/s", flush=True)

    if cores == 1 or len(left) < 2:
        for shard in left:
            tell(shard, write_shard(out, shard, maker))
        return
    with ProcessPoolExecutor(min(cores, len(left)), get_context("spawn"), _end_with_parent) as pool:
        running = {pool.submit(write_shard, out, shard, maker): shard for shard in left}
        try:
            for done in as_completed(running):
                tell(running[done], done.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def main(given: list[str] | None = None) -> int:
    """Run from the command line.

    Parameters
    ----------
    given : list of str, optional
        Arguments instead of those of the process.

    Returns
    -------
    int
        0, or 1 after words about what went wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", metavar="SAMPLE", help=", ".join(SAMPLES))
    parser.add_argument("--jets", type=int, required=True, help="as many tops as QCD jets")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the shards")
    parser.add_argument("--seed", type=int, default=1, help="other jets for another number, %(default)s")
    parser.add_argument("--cores", type=int, default=1, help="processes, %(default)s")
    parser.add_argument("--shard-jets", type=int, metavar="N", help="jets in a file, instead of the sample's number")
    arguments = parser.parse_args(given)
    try:
        shards = plan(arguments.sample, arguments.jets, arguments.seed, arguments.shard_jets)
        generate(shards, arguments.out, arguments.cores)
    except metadata.PackageNotFoundError as error:
        print(f"generate: {error.name} is missing: pip install -r models/datasets/requirements.txt", file=sys.stderr)
        return 1
    except (GenerateError, OSError) as error:
        print(f"generate: {error}", file=sys.stderr)
        return 1
    words = summary([shard_path(arguments.out, shard) for shard in shards], SAMPLES[arguments.sample])
    (arguments.out / f"{arguments.sample}_summary.txt").write_text(words)
    print(words, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
