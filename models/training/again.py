"""Measure model files anew: card, working points, golden jets; weights stay as they are.

    python -m models.training.again --data DIR MODEL.jtm [MODEL.jtm ...]

For jets that were not there before, such as the public files after `python -m jettag convert`, or when cards say more
than they did. The files are replaced, each only when its own self-test passes; `--out DIR` leaves them alone.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from models.datasets.shards import last_jets
from models.ensemble import statistics_of
from models.export import network_of, weights_of
from models.torch_network import TorchNetwork
from models.training.finish import finish
from models.training.model_files import model_of
from models.training.samples import SAMPLES, sample_of_header

TRAINING = ("jets", "validation_jets", "epochs", "seed", "framework", "training_time")


def measure_again(path: Path, data: str, sample: str | None, out: Path) -> None:
    """Measure a model file.

    Parameters
    ----------
    path : Path
        The file.
    data : str
        Folder with the sample's shards.
    sample : str or None
        A key of `SAMPLES`; None: the one that its card names.
    out : Path
        The file to write.
    """
    model = model_of(path)
    network = network_of(model)
    module = TorchNetwork(network)
    module.load_tensors(weights_of(model))
    chosen = sample or sample_of_header(model.header)
    test = last_jets(data, chosen, SAMPLES[chosen].test_shards)
    card: dict[str, Any] = model.header.get("card", {})
    training = {key: card[key] for key in TRAINING if key in card}
    with tempfile.TemporaryDirectory(dir=out.parent) as work:
        finish(module, statistics_of([model]), test, chosen, training, model.header["version"], Path(work), out)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL", help="model files")
    parser.add_argument("--data", required=True, help="folder with the shards")
    parser.add_argument("--sample", choices=sorted(SAMPLES), help="by default the one that the model's card names")
    parser.add_argument("--out", type=Path, help="folder to write to instead")
    arguments = parser.parse_args()
    for path in arguments.models:
        out = arguments.out / path.name if arguments.out else path
        out.parent.mkdir(parents=True, exist_ok=True)
        measure_again(path, arguments.data, arguments.sample, out)


if __name__ == "__main__":
    main()
