"""Train a ParticleNet on a sample's constituents and keep its scores: what a tagger of images gives away.

    python -m models.report.particle_net --data DIR --sample toptag [--more DIR]
    python -m models.report.particle_net --data DIR --sample toptag --weights FILE

With `--more` it scores all jets of another folder, too. Goes on after the last whole epoch when the same command is
given again. An earlier training leaves `weights.npz` in its folder, with which the second command scores without
training. The network is the published one; edges go to 8 neighbours instead of 16, among the 64 hardest constituents
instead of 100, which a processor can train.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.datasets.shards import Jets
from models.export import Statistics
from models.layers import CONSTITUENTS
from models.networks import NETWORKS, Network
from models.report.cache import PARTICLE_NET, About, Tagger
from models.report.evaluate import merit_line
from models.report.jets import Facts, ReportError, load_test
from models.report.merit import measure
from models.report.particle_layers import ParticleNet
from models.report.said import exits_with_words
from models.report.tested import add_tested, tested
from models.report.weights import Trained, read_weights, write_weights
from models.sets import InputSet
from models.training.data import load_training, training_shards
from models.training.device import DEVICES, PRECISIONS, Device, keep_memory
from models.training.inputs import Inputs
from models.training.loop import Settings, new_state, run
from models.training.recipes import RECIPES
from models.training.samples import SAMPLES
from models.training.sets import SetRows

NEIGHBOURS = 8
_CHUNK = 500


def constituents() -> InputSet:
    """What it reads: the constituents of `constituents-gf`.

    Returns
    -------
    InputSet
    """
    return NETWORKS["constituents-gf"].sets[CONSTITUENTS]


def reads() -> Network:
    """What it reads, as a network of the library's kind without layers: no image is looked at.

    Returns
    -------
    Network
    """
    image = NETWORKS["constituents-gf"].image
    return Network(PARTICLE_NET, "", image, False, 0, [], {CONSTITUENTS: constituents()})


def inputs_of(jets: Jets, folder: Path) -> Inputs:
    """Its inputs, batch by batch.

    Parameters
    ----------
    jets : Jets
        All usable.
    folder : Path
        For a small model file.

    Returns
    -------
    Inputs
    """
    return Inputs(reads(), None, None, Statistics(), SetRows(reads(), jets, folder))


def make_network(seed: int) -> ParticleNet:
    """The network with its first weights.

    Parameters
    ----------
    seed : int
        Of the weights.

    Returns
    -------
    ParticleNet
    """
    torch.manual_seed(seed)
    given = constituents()
    return ParticleNet(len(given.columns), given.most, NEIGHBOURS)


def multiply_adds(module: ParticleNet) -> int:
    """Of dense layers, for a jet with as many constituents as the network looks at.

    Parameters
    ----------
    module : ParticleNet
        Any.

    Returns
    -------
    int
    """
    found = 0

    def count(layer: nn.Module, given: tuple[Tensor, ...], _: Tensor) -> None:
        nonlocal found
        if isinstance(layer, nn.Linear):
            found += given[0].numel() // layer.in_features * layer.weight.numel()

    hooks = [layer.register_forward_hook(count) for layer in module.modules() if isinstance(layer, nn.Linear)]
    given = constituents()
    module.eval()
    with torch.no_grad():
        module(torch.zeros(0), torch.ones(1, (1 + len(given.columns)) * given.most))
    for hook in hooks:
        hook.remove()
    return found


def score(module: ParticleNet, jets: Jets, facts: Facts, folder: Path, n_train: int, epochs: float) -> Tagger:
    """Scores of jets, with what gave them.

    Parameters
    ----------
    module : ParticleNet
        Trained.
    jets : Jets
        All usable.
    facts : Facts
        Of the same jets.
    folder : Path
        For a small model file.
    n_train : int
        Jets that it was trained on.
    epochs : float
        Passes over them.

    Returns
    -------
    Tagger
    """
    module.cpu().eval()
    device, inputs, parts = Device(), inputs_of(jets, folder), []
    with torch.no_grad():
        for start in range(0, len(jets), _CHUNK):
            logits = device.logits(module, *inputs.batch(np.arange(start, min(start + _CHUNK, len(jets)))))
            parts.append(torch.softmax(logits, 1)[:, -1].numpy())
    scores = np.concatenate(parts)
    about = About(
        hashlib.sha256(scores.tobytes()).hexdigest()[:16],
        facts.fingerprint,
        f"{constituents().most} constituents",
        0,
        sum(tensor.numel() for tensor in module.parameters()),
        multiply_adds(module),
        n_train,
        epochs,
    )
    return Tagger(PARTICLE_NET, scores, about)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_tested(parser)
    parser.add_argument("--work", type=Path, default=Path(".work") / PARTICLE_NET, help="for checkpoints, %(default)s")
    parser.add_argument("--jets", type=int, default=230_000, help="jets to train on, %(default)s")
    parser.add_argument("--validation-jets", type=int, default=20_000, help="to choose the epoch with, %(default)s")
    parser.add_argument("--epochs", type=int, default=8, help="%(default)s")
    parser.add_argument("--batch", type=int, default=256, help="jets per step, %(default)s")
    parser.add_argument("--rate", type=float, default=3e-3, help="largest learning rate, %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="%(default)s")
    parser.add_argument("--threads", type=int, default=2, help="of PyTorch, %(default)s")
    parser.add_argument("--device", choices=DEVICES, default="auto", help="%(default)s")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32", help="of training steps, %(default)s")
    parser.add_argument("--no-resume", action="store_true", help="begin anew")
    parser.add_argument("--weights", type=Path, help="score with these instead of training")
    return parser.parse_args()


def _train(arguments: argparse.Namespace, work: Path) -> tuple[ParticleNet, Trained]:
    """The network of the best epoch, whose weights are in the folder then."""
    sample = arguments.sample
    settings = Settings(
        arguments.epochs,
        arguments.batch,
        arguments.seed,
        arguments.rate,
        1e-2,
        "quick",
        "",
        arguments.precision,
    )
    shards = training_shards(arguments.data, sample, SAMPLES[sample].test_shards)
    data = load_training(reads(), shards, work, arguments.jets, arguments.validation_jets)
    module = make_network(settings.seed)
    state = new_state(module, settings, data.n_train, arguments.device)
    checkpoint = work / "checkpoint.pt"
    if not arguments.no_resume:
        state.restore(checkpoint, settings)
    print(f"{PARTICLE_NET}: {data.n_train} jets, {len(data.jets) - data.n_train} for validation", flush=True)
    run(state, data, inputs_of(data.jets, work), settings, checkpoint)

    module.load_tensors(state.best)
    best = min(state.history, key=lambda row: row["validation_loss"])
    words = f"{RECIPES[settings.recipe].words}, steps in {settings.precision}, seed {settings.seed}"
    trained = Trained(sample, data.n_train, best["epoch"], words)
    write_weights(work / "weights.npz", state.best, trained)
    return module, trained


def _read(path: Path, sample: str) -> tuple[ParticleNet, Trained]:
    """The network with weights of a file."""
    tensors, trained = read_weights(path)
    if trained.sample != sample:
        raise ReportError(f"{path} was trained on {trained.sample}, not on {sample}")
    module = make_network(1)
    try:
        module.load_tensors(tensors)
    except (KeyError, ValueError) as error:
        raise ReportError(f"{path} is of another network: {error}") from error
    return module, trained


@exits_with_words
def main() -> None:
    """Run from the command line."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    keep_memory()
    sample = arguments.sample
    work = arguments.work / sample
    work.mkdir(parents=True, exist_ok=True)
    module, trained = _read(arguments.weights, sample) if arguments.weights else _train(arguments, work)
    for folder, cache, every in tested(arguments):
        test, facts = load_test(folder, sample, every)
        tagger = score(module, test, facts, work, trained.jets, trained.epochs)
        cache.write_jets(sample, facts)
        cache.write_tagger(sample, tagger)
        print(merit_line(measure(cache, sample, facts, tagger)), flush=True)


if __name__ == "__main__":
    main()
