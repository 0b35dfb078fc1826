"""Train a network and write its model file.

    python -m models.training.train lenet-28-i35 --data DIR --out models/zoo/lenet-28-i35.jtm --epochs 8 --jets 250000

Goes on where it was stopped, an epoch at a time, when the same command is given again; `--no-resume` begins anew.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from models.datasets.shards import find, last_jets
from models.ensemble import statistics_like
from models.export import Statistics
from models.initialise import initial_tensors
from models.networks import NETWORKS, RECIPE_NAMES, Network, image_section
from models.torch_network import TorchNetwork
from models.training.data import load_training, training_shards
from models.training.device import DEVICES, PRECISIONS, keep_memory
from models.training.finish import finish
from models.training.inputs import Inputs, check_inputs, measure
from models.training.loop import Settings, new_state, run
from models.training.model_files import model_of
from models.training.recipes import RECIPES
from models.training.samples import SAMPLES, sample_of
from models.training.sets import SetRows


def first_module(network: Network, settings: Settings) -> TorchNetwork:
    """A network with the weights that its training begins with.

    Parameters
    ----------
    network : Network
        What to train.
    settings : Settings
        How.

    Returns
    -------
    TorchNetwork
    """
    # Twice as fast on a processor as the other order in memory.
    module = TorchNetwork(network).to(memory_format=torch.channels_last)
    tensors = initial_tensors(network, settings.seed)
    if settings.start:
        tensors |= weights_to_start_with(network, Path(settings.start))
    module.load_tensors(tensors)
    return module


def with_image(network: Network, recipe: str | None) -> Network:
    """A network on another recipe's images.

    Parameters
    ----------
    network : Network
        Of the table.
    recipe : str or None
        Of the library; None changes nothing.

    Returns
    -------
    Network
    """
    if recipe is None:
        return network
    if recipe not in RECIPE_NAMES:
        raise SystemExit(f"--image {recipe}: there are {', '.join(RECIPE_NAMES)}")
    other = replace(network, image=image_section(recipe), description=f"{network.description} Here on images {recipe}.")
    if other.image_shape != network.image_shape:
        raise SystemExit(
            f"--image {recipe}: its shape is {other.image_shape}, {network.name} reads {network.image_shape}"
        )
    return other


def statistics_to_use(network: Network, path: Path) -> Statistics:
    """Means and deviations of another model.

    Parameters
    ----------
    network : Network
        What they are for.
    path : Path
        A model file; one that does not fit ends the command in words.

    Returns
    -------
    Statistics
    """
    try:
        return statistics_like(network, model_of(path))
    except ValueError as error:
        raise SystemExit(f"{path}: {error}") from error


def weights_to_start_with(network: Network, path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Weights of another network that fit: as in paper A, whose networks with features begin with those without.

    Parameters
    ----------
    network : Network
        What they are for.
    path : Path
        A model file.

    Returns
    -------
    dict of str to ndarray
        Those of the same name and shape: all of them where the file is of the same network, which goes on being trained
        so; of another network not its logits, which are of what came before them there.
    """
    given = model_of(path).tensors
    shapes = network.tensor_shapes()
    found = {name: given[name] for name, shape in shapes.items() if name in given and given[name].shape == shape}
    if found.keys() != shapes.keys():
        found = {name: values for name, values in found.items() if not name.startswith(f"{network.output}.")}
    if not found:
        raise SystemExit(f"{path}: none of its weights fits {network.name}")
    print(f"{path.name}: {len(found)} of {len(shapes)} tensors to start with", flush=True)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(NETWORKS), metavar="NETWORK", help="such as lenet-28-i35")
    parser.add_argument("--data", required=True, help="folder with the shards")
    parser.add_argument("--also", default="", help="another folder with shards, all of them to train on")
    parser.add_argument("--out", required=True, type=Path, help="the .jtm file to write")
    parser.add_argument(
        "--image", help="another image recipe of the same size, such as D40 for a grey network of 40 x 40"
    )
    parser.add_argument("--name", help="of the model, the network's")
    parser.add_argument("--work", type=Path, help="folder for checkpoints, .work/NAME")
    parser.add_argument("--cache", type=Path, default=Path(".work/inputs"), help="folder for images, %(default)s")
    parser.add_argument("--sample", choices=sorted(SAMPLES), help="by default the one that the network's name says")
    parser.add_argument("--jets", type=int, default=250_000, help="jets to train on, %(default)s")
    parser.add_argument("--validation-jets", type=int, default=20_000, help="to choose the epoch with, %(default)s")
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="quick", help="%(default)s")
    parser.add_argument(
        "--start",
        default="",
        help="a model file whose weights to begin with: all, or of another network those that fit but for the logits",
    )
    parser.add_argument(
        "--standardise",
        type=Path,
        help="a model file whose means and deviations to use, so that both can be members of one ensemble",
    )
    parser.add_argument("--epochs", type=int, help="passes over the jets, at most; the recipe's")
    parser.add_argument("--batch", type=int, help="jets per step, the recipe's")
    parser.add_argument("--rate", type=float, help="largest learning rate, the recipe's")
    parser.add_argument("--decay", type=float, help="weight decay, the recipe's")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch, %(default)s")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="%(default)s")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help="of training steps, %(default)s")
    parser.add_argument("--version", default="1.0", help="of the model, %(default)s")
    parser.add_argument("--no-resume", action="store_true", help="begin anew")
    return parser.parse_args()


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The recipe's settings, but for what was given.

    Parameters
    ----------
    arguments : Namespace
        Of the command line.

    Returns
    -------
    Settings
    """
    recipe = RECIPES[arguments.recipe]

    def chosen(name: str) -> Any:
        given = getattr(arguments, name)
        return getattr(recipe, name) if given is None else given

    return Settings(
        chosen("epochs"),
        chosen("batch"),
        arguments.seed,
        chosen("rate"),
        chosen("decay"),
        arguments.recipe,
        arguments.start,
        arguments.precision,
    )


def main() -> None:
    """Run from the command line."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    keep_memory()
    network = with_image(NETWORKS[arguments.network], arguments.image)
    network = replace(network, name=arguments.name or network.name)
    sample = arguments.sample or sample_of(arguments.network)
    work = arguments.work or Path(".work") / network.name
    work.mkdir(parents=True, exist_ok=True)
    settings = settings_of(arguments)
    # What is wrong with a model file is said before jets are read.
    module = first_module(network, settings)
    given = statistics_to_use(network, arguments.standardise) if arguments.standardise else None

    test_shards = SAMPLES[sample].test_shards
    shards = training_shards(arguments.data, sample, test_shards)
    more = find(arguments.also, f"{sample}_*.npz") if arguments.also else []
    data = load_training(network, shards, arguments.cache, arguments.jets, arguments.validation_jets, more)
    try:
        statistics = given or measure(network, data.images, data.features, data.n_train)
    except ValueError as error:
        raise SystemExit(f"{arguments.data}: {error}") from error
    sets = SetRows(network, data.jets, work) if network.sets else None
    inputs = Inputs(network, data.images, data.features, statistics, sets)
    check_inputs(network, data.jets, inputs, statistics, work)

    state = new_state(module, settings, data.n_train, arguments.device)
    checkpoint = work / "checkpoint.pt"
    if not arguments.no_resume:
        state.restore(checkpoint, settings)
    print(f"{network.name}: {data.n_train} jets, {len(data.jets) - data.n_train} for validation", flush=True)
    run(state, data, inputs, settings, checkpoint)

    module.cpu().load_tensors(state.best)
    test = last_jets(arguments.data, sample, test_shards)
    chosen = min(state.history, key=lambda row: row["validation_loss"])
    training = {
        "jets": data.n_train,
        "validation_jets": len(data.jets) - data.n_train,
        "epochs": float(chosen["epoch"]),
        "seed": settings.seed,
        "framework": f"PyTorch {torch.__version__.split('+')[0]}, {RECIPES[settings.recipe].words}"
        + (f", steps in {settings.precision}" if settings.precision != "float32" else "")
        + (f", begun with the weights of {Path(settings.start).stem}" if settings.start else ""),
        "training_time": f"{state.seconds / 60:.0f} minutes on "
        + (f"{arguments.threads} cores, shared with other work" if state.device.kind == "cpu" else "a GPU"),
    }
    finish(module, statistics, test, sample, training, arguments.version, work, arguments.out)


if __name__ == "__main__":
    main()
