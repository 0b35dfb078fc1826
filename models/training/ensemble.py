"""One model file of several trainings; nothing is trained here (models/ensemble.py).

    python -m models.training.ensemble NAME --data DIR --out models/zoo/NAME.jtm MEMBER.jtm MEMBER.jtm ...

The card's numbers are of the same test jets as the members'.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from models.datasets.shards import last_jets
from models.ensemble import check_members, combine, statistics_of, training_of
from models.torch_network import TorchNetwork
from models.training.finish import finish
from models.training.model_files import model_of
from models.training.samples import SAMPLES, sample_of


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="of the result, such as effnet-s0-i35-gf-x3")
    parser.add_argument("members", nargs="+", type=Path, metavar="MEMBER", help="model files")
    parser.add_argument("--data", required=True, help="folder with the shards")
    parser.add_argument("--out", required=True, type=Path, help="the .jtm file to write")
    parser.add_argument("--work", type=Path, help="folder for the unfinished file, .work/NAME")
    parser.add_argument("--sample", choices=sorted(SAMPLES), help="by default the one that the name says")
    parser.add_argument("--version", default="1.0", help="of the model, %(default)s")
    arguments = parser.parse_args()
    members = [model_of(path) for path in arguments.members]
    try:
        check_members(members)
    except ValueError as error:
        raise SystemExit(str(error)) from error
    network, tensors = combine(arguments.name, members)
    work = arguments.work or Path(".work") / network.name
    work.mkdir(parents=True, exist_ok=True)
    module = TorchNetwork(network)
    module.load_tensors(tensors)
    sample = arguments.sample or sample_of(network.name)
    test = last_jets(arguments.data, sample, SAMPLES[sample].test_shards)
    training = training_of(members)
    finish(module, statistics_of(members), test, sample, training, arguments.version, work, arguments.out)


if __name__ == "__main__":
    main()
