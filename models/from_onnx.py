"""A model file from an ONNX file.

    python -m models.from_onnx net.onnx --like models/zoo/lenet-28-i35.jtm --out mine.jtm
    python -m models.from_onnx net.onnx --image A35 --crop 3 3 28 28 --statistics statistics.npz --out mine.jtm

What jettag does before the network, image, features, constituents, and what it standardises them with, is that of
another model file (--like), or is said in numbers. Scores are compared with those of ONNX Runtime before anything is
written, and jets with ONNX Runtime's scores go into the file for `jettag selftest`. docs/own-network.md has the rest.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import jettag
from models import jtm
from models.datasets import shards
from models.ensemble import statistics_of
from models.export import Statistics, network_of
from models.header import FormatError
from models.layers import FEATURES, IMAGE, Shape, read_by
from models.networks import CLASSES, RECIPE_NAMES, Network, image_section
from models.onnx_reader import Reading, read
from models.own import NO_LICENCE, save

_ARRAYS = ("image_mean", "image_deviation", "feature_mean", "feature_deviation", "feature_names")


def read_statistics(path: Path, into: Statistics) -> Statistics:
    """What inputs are standardised with, from a file of arrays.

    Parameters
    ----------
    path : Path
        An .npz file with `image_mean` and `image_deviation` (channels, rows, columns) of the recipe's image, or
        `feature_mean` and `feature_deviation` (features), or all four, and perhaps `feature_names`; all 53 features in
        the library's order unless these are given.
    into : Statistics
        What holds where the file says nothing.

    Returns
    -------
    Statistics
    """
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    unknown = sorted(set(arrays) - set(_ARRAYS))
    if unknown or not arrays:
        raise ValueError(f"{path}: {', '.join(unknown) or 'empty'}; the arrays are {', '.join(_ARRAYS)}")
    for what in ("image", "feature"):
        there = [f"{what}_{role}" for role in ("mean", "deviation") if f"{what}_{role}" in arrays]
        if len(there) == 1:
            raise ValueError(f"{path}: of {what}_mean and {what}_deviation either both or none are there")
        for name in there:
            setattr(into, name, arrays[name].astype(np.float32))
    if "feature_mean" in arrays:
        into.feature_names = [str(one) for one in arrays.get("feature_names", jettag.FEATURES)]
        if unknown := sorted(set(into.feature_names) - set(jettag.FEATURES)):
            raise ValueError(f"{path}: there is no feature {', '.join(unknown)}")
    return into


def _image(arguments: argparse.Namespace) -> dict[str, Any]:
    """The section `image` by a recipe's name, or out of a JSON file."""
    if arguments.image in RECIPE_NAMES:
        section = image_section(arguments.image)
    else:
        path = Path(arguments.image)
        if not path.exists():
            raise ValueError(f"--image {arguments.image}: no recipe of {', '.join(RECIPE_NAMES)}, and no file")
        section = json.loads(path.read_text())
        if not isinstance(section, dict) or not {"channels", "bins"} <= set(section):
            raise ValueError(f"{path}: not a section `image` of models/FORMAT.md")
    for key in ("crop", "resize"):
        if getattr(arguments, key) is not None:
            section[key] = getattr(arguments, key)
    return section


def inputs_of(arguments: argparse.Namespace) -> tuple[Network, Statistics]:
    """What comes before the network, as a network whose layers are still to come.

    Parameters
    ----------
    arguments : Namespace
        Of the command line.

    Returns
    -------
    tuple of Network and Statistics
    """
    name = arguments.name or arguments.out.stem
    if arguments.like is not None:
        if arguments.crop or arguments.resize:
            raise ValueError("--crop and --resize go with --image")
        other = jtm.read(arguments.like)
        like, statistics = network_of(other), statistics_of([other])
        image, sets = like.image, like.sets
    else:
        image, sets, statistics = _image(arguments), {}, Statistics()
    if arguments.statistics is not None:
        statistics = read_statistics(arguments.statistics, statistics)
    standardised = statistics.image_mean is not None
    description = arguments.description or f"Read from {arguments.onnx.name}."
    return Network(name, description, image, standardised, len(statistics.feature_names), [], sets), statistics


def as_network(inputs: Network, reading: Reading) -> Network:
    """The network, with the inputs that its layers read and no others.

    Parameters
    ----------
    inputs : Network
        Of `inputs_of`.
    reading : Reading
        The layers.

    Returns
    -------
    Network
    """
    names = read_by(reading.layers)
    return Network(
        inputs.name,
        inputs.description,
        inputs.image,
        inputs.standardised and IMAGE in names,
        inputs.n_features if FEATURES in names else 0,
        reading.layers,
        {name: one for name, one in inputs.sets.items() if name in names},
    )


def _said(network: Network, reading: Reading) -> str:
    image = network.image
    sides = " x ".join(str(side) for side in network.image_shape)
    lines = [
        f"{network.name}: {len(network.layers)} layers, {network.parameters():,} parameters, "
        f"{network.multiply_adds():,} multiply-adds"
    ]
    for name, value in reading.inputs.items():
        words = f"input {name}: {value.layer} {' x '.join(str(side) for side in value.dims)}"
        if value.layer == IMAGE:
            how = "standardised" if network.standardised else "not standardised"
            words += f", recipe {image['recipe']} as {sides}, {how}"
        lines.append(words)
    lines.append(f"output {reading.output}: {reading.ending}, {reading.outputs} per jet")
    return "\n".join(lines)


def convert(arguments: argparse.Namespace) -> str:
    """Read, compare, write.

    Parameters
    ----------
    arguments : Namespace
        Of the command line.

    Returns
    -------
    str
        What to say of it.
    """
    from models.onnx_scores import OnnxScores

    inputs, statistics = inputs_of(arguments)
    given: dict[str, Shape] = {IMAGE: inputs.image_shape, **inputs.row_shapes}
    reading = read(arguments.onnx, given, _named(arguments.input), arguments.output)
    network = as_network(inputs, reading)
    classes = arguments.classes.split(",")
    if classes.count("top") != 1 or len(classes) != max(reading.outputs, 2):
        raise ValueError(
            f"--classes {arguments.classes}: {reading.outputs} outputs, so {max(reading.outputs, 2)} classes are due, "
            "one of them top"
        )
    scorer = OnnxScores(reading, network, classes)
    checked = save(
        arguments.out,
        network,
        reading.tensors,
        statistics,
        scorer,
        _jets(arguments, network),
        framework=f"{arguments.onnx.name} in {scorer.made_by}",
        sample=arguments.measure,
        classes=classes,
        version=arguments.model_version,
        licence=arguments.licence,
    )
    lines = [
        _said(network, reading),
        f"{checked.jets} jets: largest difference from ONNX Runtime {checked.difference:.1e}",
        *(f"{key} {value:.4g}" for key, value in checked.numbers.items() if not key.endswith("_error")),
        f"{arguments.out}: {checked.golden} jets for the self-test"
        + (", working points" if arguments.measure else ", no working points (--measure)"),
    ]
    return "\n".join(lines)


def _named(words: list[str]) -> Mapping[str, str]:
    pairs = [word.rpartition("=") for word in words]
    if any(not name for name, _, _ in pairs):
        raise ValueError(f"--input {' '.join(words)}: NAME=image, features, constituents or pairs")
    return {name: given for name, _, given in pairs}


def _jets(arguments: argparse.Namespace, network: Network) -> shards.Jets:
    coloured = [one for one in network.image["channels"] if one not in ("pt", "mass", "energy")]
    if arguments.jets is None and (coloured or arguments.measure is not None):
        raise ValueError("--jets is needed: " + ("the image has classes of constituents" if coloured else "--measure"))
    jets = shards.read(arguments.jets or shards.SAMPLE)
    if coloured and jets.classes is None:
        raise ValueError(f"{arguments.jets}: no classes of constituents, which {', '.join(coloured)} need")
    return jets if arguments.measure is not None else jets.part(0, arguments.compare)


def parser() -> argparse.ArgumentParser:
    """The command line.

    Returns
    -------
    argparse.ArgumentParser
    """
    made = argparse.ArgumentParser(
        prog="python -m models.from_onnx", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("onnx", type=Path, metavar="FILE.onnx", help="the network")
    made.add_argument("--out", type=Path, required=True, help="the model file to write")
    before = made.add_argument_group("what comes before the network").add_mutually_exclusive_group(required=True)
    before.add_argument("--like", type=Path, metavar="FILE.jtm", help="all as in this model file")
    before.add_argument(
        "--image", metavar="RECIPE", help=f"one of {', '.join(RECIPE_NAMES)}; or a JSON file, as in models/FORMAT.md"
    )
    made.add_argument("--crop", type=int, nargs=4, metavar=("TOP", "LEFT", "ROWS", "COLUMNS"))
    made.add_argument("--resize", type=int, nargs=2, metavar=("ROWS", "COLUMNS"))
    made.add_argument("--statistics", type=Path, metavar="FILE.npz", help=f"arrays {', '.join(_ARRAYS)}")
    made.add_argument(
        "--input", action="append", default=[], metavar="NAME=WHAT", help="where name and shape do not say what it is"
    )
    made.add_argument("--output", help="the one with the classes, where there are several")
    made.add_argument(
        "--classes",
        default=",".join(CLASSES),
        help="of the outputs in order, qcd,top unless given; one output is the last of two",
    )
    made.add_argument("--name", help="of the model; that of the file unless given")
    made.add_argument("--description", help="one sentence")
    made.add_argument("--model-version", default="1.0")
    made.add_argument("--licence", default=NO_LICENCE, help="an SPDX identifier")
    made.add_argument(
        "--jets",
        type=Path,
        metavar="FILE.npz",
        help="momenta, offsets, labels; the sample in examples/data unless given",
    )
    made.add_argument("--compare", type=int, default=1000, help="so many jets are compared, 1000 unless given")
    made.add_argument(
        "--measure", metavar="WORDS", help="what --jets are, if not trained on: working points from all of them"
    )
    return made


def main(words: list[str] | None = None) -> int:
    """Run from the command line.

    Parameters
    ----------
    words : list of str, optional
        Instead of the process's own.

    Returns
    -------
    int
        0, or 1 after an error, which is one line and, for layers that jettag does not have, a line for each.
    """
    arguments = parser().parse_args(words)
    try:
        print(convert(arguments))
    except (FormatError, ValueError, OSError, jettag.JettagError, ModuleNotFoundError) as error:
        print(f"{arguments.onnx}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
