"""Train a network and write its model file.

    python -m models.training.train lenet-28-i35 --data DIR --out models/zoo/lenet-28-i35.jtm --epochs 8 --jets 250000

Goes on where it was stopped, an epoch at a time, when the same command is given again; `--no-resume` begins anew.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from jettag.metrics import area
from models import jtm
from models.datasets.shards import find
from models.initialise import initial_tensors
from models.networks import NETWORKS, Network
from models.torch_network import TorchNetwork
from models.training.data import Data, load_test, load_training, training_shards
from models.training.device import DEVICES, PRECISIONS, Device, device_of
from models.training.finish import finish
from models.training.inputs import Inputs, check_inputs, measure
from models.training.recipes import RECIPES, Recipe, Schedule, Verdict, loss_of, make_optimiser, make_schedule
from models.training.samples import SAMPLES, sample_of
from models.training.sets import SetRows


@dataclass
class Settings:
    """How to train.

    Attributes
    ----------
    epochs, batch, seed : int
        Passes over the jets, jets per step, seed of everything random.
    rate, decay : float
        Largest learning rate, and weight decay.
    recipe : str
        A key of `RECIPES`.
    start : str
        A model file whose weights training begins with, as far as names and shapes are the same; "" for none.
    precision : str
        Of training steps, one of `PRECISIONS`.
    """

    epochs: int
    batch: int
    seed: int
    rate: float
    decay: float
    recipe: str = "quick"
    start: str = ""
    precision: str = "float32"


@dataclass
class State:
    """A training under way.

    Attributes
    ----------
    module, optimiser, schedule
        PyTorch's.
    device : Device
        Where the module is.
    epoch : int
        Epochs done.
    seconds : float
        Time spent on them.
    history : list of dict
        One row per epoch.
    best : dict
        Weights of the epoch with the lowest validation loss.
    stopped : bool
        The schedule has ended it.
    """

    module: TorchNetwork
    optimiser: torch.optim.Optimizer
    schedule: Schedule
    device: Device = field(default_factory=Device)
    epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    stopped: bool = False

    def save(self, path: Path, settings: Settings) -> None:
        """Keep all that is needed to go on.

        Parameters
        ----------
        path : Path
            The checkpoint.
        settings : Settings
            With which it may go on.
        """
        unfinished = path.with_suffix(".part")
        torch.save(
            {
                "settings": vars(settings),
                "module": self.module.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "schedule": self.schedule.state_dict(),
                "epoch": self.epoch,
                "seconds": self.seconds,
                "history": self.history,
                "stopped": self.stopped,
                "best": {name: torch.from_numpy(values) for name, values in self.best.items()},
            },
            unfinished,
        )
        unfinished.replace(path)

    def restore(self, path: Path, settings: Settings) -> None:
        """Go on from a checkpoint.

        Parameters
        ----------
        path : Path
            The checkpoint.
        settings : Settings
            Those of this run; with others the checkpoint is of no use.
        """
        kept: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        if kept["settings"] != vars(settings):
            raise SystemExit(f"{path} is of a training with other settings: {kept['settings']}; use --no-resume")
        self.module.load_state_dict(kept["module"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.schedule.load_state_dict(kept["schedule"])
        self.epoch, self.seconds, self.history = kept["epoch"], kept["seconds"], kept["history"]
        self.stopped = kept["stopped"]
        self.best = {name: values.numpy() for name, values in kept["best"].items()}


def begin(network: Network, settings: Settings, n_train: int, kind: str = "cpu") -> State:
    """A training that has not begun.

    Parameters
    ----------
    network : Network
        What to train.
    settings : Settings
        How.
    n_train : int
        Jets per epoch.
    kind : str
        Of `DEVICES`.

    Returns
    -------
    State
    """
    device = device_of(kind, settings.precision)
    # Twice as fast on a processor as the other order in memory.
    module = TorchNetwork(network).to(memory_format=torch.channels_last)
    tensors = initial_tensors(network, settings.seed)
    if settings.start:
        tensors |= weights_to_start_with(network, Path(settings.start))
    module.load_tensors(tensors)
    module.to(device.kind)
    recipe = RECIPES[settings.recipe]
    optimiser = make_optimiser(recipe, module.parameters(), settings.rate, settings.decay)
    steps = settings.epochs * (n_train // settings.batch)
    return State(module, optimiser, make_schedule(recipe, optimiser, settings.rate, steps), device)


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
        Those of the same name and shape, but for the logits.
    """
    given = jtm.read(path).tensors
    shapes = network.tensor_shapes()
    found = {
        name: given[name]
        for name, shape in shapes.items()
        if name in given and given[name].shape == shape and not name.startswith(f"{network.output}.")
    }
    if not found:
        raise SystemExit(f"{path}: none of its weights fits {network.name}")
    print(f"{path.name}: {len(found)} of {len(shapes)} tensors to start with", flush=True)
    return found


def _labels(data: Data) -> torch.Tensor:
    return torch.from_numpy(data.jets.labels.astype(np.int64))


def train_epoch(state: State, data: Data, inputs: Inputs, settings: Settings) -> float:
    """One pass over the training jets, in an order that the seed and the epoch give.

    Parameters
    ----------
    state : State
        Changed.
    data : Data
        Jets.
    inputs : Inputs
        Theirs.
    settings : Settings
        How.

    Returns
    -------
    float
        Mean loss.
    """
    state.module.train()
    order = np.random.default_rng([settings.seed, state.epoch]).permutation(data.n_train)
    flips = None
    if state.module.network.image["frame"] == "hardest":
        # Images of paper B are flipped already, so that their brightest quadrant is always the same.
        flips = torch.Generator().manual_seed(settings.seed * 1000 + state.epoch)
    labels, recipe = _labels(data), RECIPES[settings.recipe]
    total, steps = 0.0, data.n_train // settings.batch
    for step in range(steps):
        jets = order[step * settings.batch : (step + 1) * settings.batch]
        images, features = inputs.batch(jets, flips)
        logits = state.device.logits(state.module, images, features)
        loss = loss_of(recipe, logits, labels[torch.from_numpy(jets)].to(logits.device))
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if recipe.limit:
            torch.nn.utils.clip_grad_norm_(state.module.parameters(), recipe.limit)
        state.optimiser.step()
        state.schedule.after_step()
        total += float(loss.detach())
        if not np.isfinite(total):
            raise SystemExit(f"the loss is {total} in epoch {state.epoch + 1}, step {step}")
        if step % 100 == 99:
            print(f"  step {step + 1}/{steps}, loss {total / (step + 1):.4f}", flush=True)
    return total / steps


def validate(state: State, data: Data, inputs: Inputs, recipe: Recipe) -> dict[str, float]:
    """Loss, accuracy and area on the validation jets.

    Parameters
    ----------
    state : State
        As after an epoch.
    data : Data
        Jets.
    inputs : Inputs
        Theirs.
    recipe : Recipe
        Says which loss.

    Returns
    -------
    dict of str to float
    """
    state.module.eval()
    chosen = np.arange(data.n_train, len(data.jets))
    with torch.no_grad():
        logits = torch.cat(
            [
                state.device.logits(state.module, *inputs.batch(jets)).cpu()
                for jets in np.array_split(chosen, len(chosen) // 500 + 1)
            ]
        )
        labels = _labels(data)[data.n_train :]
        loss = float(loss_of(recipe, logits, labels))
        scores = torch.softmax(logits, 1)[:, -1].numpy()
    right = float(((scores >= 0.5) == (labels.numpy() == 1)).mean())
    return {"validation_loss": loss, "accuracy": right, "auc": area(scores, labels.numpy())[0]}


def run(state: State, data: Data, inputs: Inputs, settings: Settings, checkpoint: Path) -> None:
    """The epochs that are left, each followed by a checkpoint.

    Parameters
    ----------
    state : State
        Changed.
    data : Data
        Jets.
    inputs : Inputs
        Theirs.
    settings : Settings
        How.
    checkpoint : Path
        Written after each epoch.
    """
    recipe = RECIPES[settings.recipe]
    while state.epoch < settings.epochs and not state.stopped:
        start = time.monotonic()
        row = {"epoch": state.epoch + 1.0, "loss": train_epoch(state, data, inputs, settings)}
        row |= validate(state, data, inputs, recipe)
        improved = all(row["validation_loss"] < one["validation_loss"] for one in state.history)
        if improved:
            state.best = state.module.numpy_tensors()
        state.history.append(row)
        state.epoch += 1
        verdict = state.schedule.after_epoch(improved)
        state.stopped = verdict is Verdict.STOP
        if verdict is Verdict.NEW_ROUND:
            print("a new round, from the best weights", flush=True)
            state.module.load_tensors(state.best)
            state.optimiser = make_optimiser(recipe, state.module.parameters(), settings.rate, settings.decay)
        state.seconds += time.monotonic() - start
        state.save(checkpoint, settings)
        print(json.dumps({key: round(value, 5) for key, value in row.items()}), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=sorted(NETWORKS), metavar="NETWORK", help="such as lenet-28-i35")
    parser.add_argument("--data", required=True, help="folder with the shards")
    parser.add_argument("--also", default="", help="another folder with shards, all of them to train on")
    parser.add_argument("--out", required=True, type=Path, help="the .jtm file to write")
    parser.add_argument("--work", type=Path, help="folder for checkpoints, .work/NETWORK")
    parser.add_argument("--cache", type=Path, default=Path(".work/inputs"), help="folder for images, %(default)s")
    parser.add_argument("--sample", choices=sorted(SAMPLES), help="by default the one that the network's name says")
    parser.add_argument("--jets", type=int, default=250_000, help="jets to train on, %(default)s")
    parser.add_argument("--validation-jets", type=int, default=20_000, help="to choose the epoch with, %(default)s")
    parser.add_argument("--recipe", choices=sorted(RECIPES), default="quick", help="%(default)s")
    parser.add_argument("--start", default="", help="a model file whose weights to begin with, where they fit")
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
    network = NETWORKS[arguments.network]
    sample = arguments.sample or sample_of(network.name)
    work = arguments.work or Path(".work") / network.name
    work.mkdir(parents=True, exist_ok=True)
    settings = settings_of(arguments)

    test_shards = SAMPLES[sample].test_shards
    shards = training_shards(arguments.data, sample, test_shards)
    more = find(arguments.also, f"{sample}_*.npz") if arguments.also else []
    data = load_training(network, shards, arguments.cache, arguments.jets, arguments.validation_jets, more)
    statistics = measure(network, data.images, data.features, data.n_train)
    sets = SetRows(network, data.jets, work) if network.sets else None
    inputs = Inputs(network, data.images, data.features, statistics, sets)
    check_inputs(network, data.jets, inputs, statistics, work)

    state = begin(network, settings, data.n_train, arguments.device)
    checkpoint = work / "checkpoint.pt"
    if checkpoint.exists() and not arguments.no_resume:
        state.restore(checkpoint, settings)
        print(f"going on after epoch {state.epoch}", flush=True)
    print(f"{network.name}: {data.n_train} jets, {len(data.jets) - data.n_train} for validation", flush=True)
    run(state, data, inputs, settings, checkpoint)

    state.module.cpu().load_tensors(state.best)
    test = load_test(arguments.data, sample, test_shards)
    chosen = min(state.history, key=lambda row: row["validation_loss"])
    training = {
        "jets": data.n_train,
        "validation_jets": len(data.jets) - data.n_train,
        "epochs": float(chosen["epoch"]),
        "seed": settings.seed,
        "framework": f"PyTorch {torch.__version__.split('+')[0]}, {RECIPES[settings.recipe].words}"
        + (f", steps in {settings.precision}" if settings.precision != "float32" else ""),
        "training_time": f"{state.seconds / 60:.0f} minutes on "
        + (f"{arguments.threads} cores, shared with other work" if state.device.kind == "cpu" else "a GPU"),
    }
    finish(state.module, statistics, test, sample, training, arguments.version, work, arguments.out)


if __name__ == "__main__":
    main()
