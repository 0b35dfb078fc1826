"""Train every network, one after another, those first that matter most.

    python -m models.training.all --data DIR --out DIR [--recipe quick|paper] [--only TEXT] [--threads N]
        [--seeds 1,2,3]

Goes on where it was stopped: what has its model file is passed over, and each training resumes by itself. Networks
of "CNN on 'Top'" with features begin with the weights of theirs without, as in the paper, which takes half as many
epochs. Those without that read 40 x 40 pixels begin with the weights of theirs on 35 x 35, which have the same shapes;
that is not in the paper, and not in its recipe. With `--recipe paper` each network gets its own paper's recipe.
With several seeds each network is trained once for each, to see how far one training is from the next: models of
seeds but 1 are called NETWORK-seed2 and so on, and begin with the weights of the same seed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from itertools import product
from pathlib import Path

from models.networks import NETWORKS

# Headline networks; all others follow in the order of the table of networks.
FIRST = (
    "effnet-s0-i35",
    "effnet-s0-i35-gf",
    "effnet-s3-i35",
    "effnet-s3-i35-gf",
    "lenet-28-i35",
    "lenet-28-i35-gf",
    "constituents-gf",
    "constituents-gf-cms",
    "constituents-gf-deeptop",
    "macaluso-shih-colour-cms",
    "macaluso-shih-grey-cms",
    "macaluso-shih-grey-deeptop",
    "deeptop-minimal-cms",
    "deeptop-minimal-deeptop",
)
# Kinds of networks of "CNN on 'Top'".
PAPER_A = ("effnet", "lenet")
# What the quick recipe needs another rate than its own for.
RATES = {"effnet": 3e-3, "lenet": 1e-3, "constituents": 3e-3}


def order() -> list[str]:
    """Names of all networks, in the order in which they are trained.

    Returns
    -------
    list of str
    """
    return [*FIRST, *(name for name in NETWORKS if name not in FIRST)]


def called(name: str, seed: int) -> str:
    """The model of a network and a seed.

    Parameters
    ----------
    name : str
        Of the network.
    seed : int
        From 1.

    Returns
    -------
    str
    """
    return name if seed == 1 else f"{name}-seed{seed}"


def options_of(name: str, recipe: str, out: Path, seed: int = 1) -> list[str]:
    """What the command for one network has beside the data.

    Parameters
    ----------
    name : str
        Of the network.
    recipe : str
        `quick` or `paper`.
    out : Path
        Folder of the model files.
    seed : int
        From 1.

    Returns
    -------
    list of str
    """
    kind = name.split("-")[0]
    other = _begins_with(name, recipe) if kind in PAPER_A else ""
    begin = out / f"{called(other, seed)}.jtm"
    begun = other != "" and begin.exists()
    start = ["--start", str(begin)] if begun else []
    if recipe == "paper" and kind in PAPER_A:
        return ["--recipe", "a", *start]
    if recipe == "paper" and kind != "constituents":
        return ["--recipe", "b"]
    rate = ["--rate", str(RATES[kind])] if kind in RATES else []
    return ["--epochs", "5" if begun else "10", *rate, *start]


def _begins_with(name: str, recipe: str) -> str:
    """The network of paper A whose weights another one of it begins with, "" for none."""
    if name.endswith("-gf"):
        return name.removesuffix("-gf")
    return name.replace("-i40", "-i35") if recipe == "quick" and name.endswith("-i40") else ""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help="folder with the shards")
    parser.add_argument("--out", required=True, type=Path, help="folder for the model files")
    parser.add_argument("--recipe", choices=("quick", "paper"), default="quick", help="%(default)s")
    parser.add_argument("--only", default="", help="networks whose name has this in it")
    parser.add_argument("--threads", default="2", help="of PyTorch, %(default)s")
    parser.add_argument("--jets", default="230000", help="to train on, %(default)s")
    parser.add_argument("--seeds", default="1", help="such as 1,2,3; %(default)s")
    parser.add_argument("--list", action="store_true", help="say what would be done, and do nothing")
    arguments = parser.parse_args()
    seeds = arguments.seeds.split(",")
    if not all(seed.isdecimal() and int(seed) > 0 for seed in seeds):
        raise SystemExit(f"--seeds {arguments.seeds}: whole numbers from 1 on, with commas between")
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name, seed in product(order(), map(int, seeds)):
        path = arguments.out / f"{called(name, seed)}.jtm"
        if arguments.only not in name or path.exists():
            continue
        words = [name, "--data", arguments.data, "--out", str(path), "--threads", arguments.threads]
        words += ["--jets", arguments.jets, *options_of(name, arguments.recipe, arguments.out, seed)]
        words += ["--seed", str(seed), "--name", path.stem] if seed > 1 else []
        print(" ".join(["python -m models.training.train", *words]), flush=True)
        if not arguments.list and subprocess.run([sys.executable, "-m", "models.training.train", *words]).returncode:
            raise SystemExit(f"{name}: stopped; the same command goes on")


if __name__ == "__main__":
    main()
