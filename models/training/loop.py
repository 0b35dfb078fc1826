"""The loop of a training: epochs, validation, checkpoints."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from jettag.metrics import area
from models.torch_network import NamedWeights
from models.training.data import Data
from models.training.device import Device, device_of
from models.training.progress import Progress
from models.training.recipes import RECIPES, Recipe, Schedule, Verdict, loss_of, make_optimiser, make_schedule


class Batches(Protocol):
    """Where inputs come from."""

    mirrors: bool
    """Whether jets are mirrored at random in training."""

    def batch(
        self, jets: npt.NDArray[np.int64], flips: torch.Generator | None = None
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Images and rows of some jets; see `models.training.inputs.Inputs.batch`."""
        ...


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

    module: NamedWeights
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
        """Go on from a checkpoint where there is one.

        Parameters
        ----------
        path : Path
            The checkpoint.
        settings : Settings
            Those of this run; with others the checkpoint is of no use.
        """
        if not path.exists():
            return
        kept: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
        if kept["settings"] != vars(settings):
            raise SystemExit(f"{path} is of a training with other settings: {kept['settings']}; use --no-resume")
        self.module.load_state_dict(kept["module"])
        self.optimiser.load_state_dict(kept["optimiser"])
        self.schedule.load_state_dict(kept["schedule"])
        self.epoch, self.seconds, self.history = kept["epoch"], kept["seconds"], kept["history"]
        self.stopped = kept["stopped"]
        self.best = {name: values.numpy() for name, values in kept["best"].items()}
        print(f"going on after epoch {self.epoch}", flush=True)


def new_state(module: NamedWeights, settings: Settings, n_train: int, kind: str = "cpu") -> State:
    """A training that has not begun.

    Parameters
    ----------
    module : NamedWeights
        With its first weights.
    settings : Settings
        How.
    n_train : int
        Jets per epoch.
    kind : str
        Of `models.training.device.DEVICES`.

    Returns
    -------
    State
    """
    if n_train < settings.batch:
        raise SystemExit(f"{n_train} jets to train on are fewer than the {settings.batch} of a step")
    device = device_of(kind, settings.precision)
    module.to(device.kind)
    recipe = RECIPES[settings.recipe]
    optimiser = make_optimiser(recipe, module.parameters(), settings.rate, settings.decay)
    steps = settings.epochs * (n_train // settings.batch)
    return State(module, optimiser, make_schedule(recipe, optimiser, settings.rate, steps), device)


def _labels(data: Data) -> torch.Tensor:
    return torch.from_numpy(data.jets.labels.astype(np.int64))


def train_epoch(state: State, data: Data, inputs: Batches, settings: Settings) -> float:
    """One pass over the training jets, in an order that the seed and the epoch give.

    Parameters
    ----------
    state : State
        Changed.
    data : Data
        Jets.
    inputs : Batches
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
    flips = torch.Generator().manual_seed(settings.seed * 1000 + state.epoch) if inputs.mirrors else None
    labels, recipe = _labels(data), RECIPES[settings.recipe]
    total, steps = 0.0, data.n_train // settings.batch
    with Progress(steps, f"epoch {state.epoch + 1}/{settings.epochs}") as progress:
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
            progress.step(total / (step + 1))
    return total / steps


def validate(state: State, data: Data, inputs: Batches, recipe: Recipe) -> dict[str, float]:
    """Loss, accuracy and area on the validation jets.

    Parameters
    ----------
    state : State
        As after an epoch.
    data : Data
        Jets.
    inputs : Batches
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


def run(state: State, data: Data, inputs: Batches, settings: Settings, checkpoint: Path) -> None:
    """The epochs that are left, each followed by a checkpoint.

    Parameters
    ----------
    state : State
        Changed.
    data : Data
        Jets.
    inputs : Batches
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
