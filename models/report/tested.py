"""Which jets a comparison is tested on: the last shards of its own folder, and all of another where there is one."""

from __future__ import annotations

import argparse
from pathlib import Path

from models.report.cache import FOLDER, MORE, Cache
from models.training.samples import SAMPLES


def add_tested(parser: argparse.ArgumentParser) -> None:
    """Options of a command that trains on a sample and scores its test jets.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command.
    """
    parser.add_argument("--data", required=True, help="folder with the shards")
    parser.add_argument("--sample", choices=sorted(SAMPLES), required=True)
    parser.add_argument("--cache", type=Path, default=FOLDER, help="folder for scores, %(default)s")
    parser.add_argument("--more", help="another folder with shards, all of them for testing")
    parser.add_argument("--more-cache", type=Path, default=MORE, help="folder for scores of those, %(default)s")


def tested(arguments: argparse.Namespace) -> list[tuple[str, Cache, bool]]:
    """Folders to score the test jets of.

    Parameters
    ----------
    arguments : Namespace
        With the options of `add_tested`.

    Returns
    -------
    list of tuple of str, Cache and bool
        Folder with shards, where scores go, and whether all shards are for testing.
    """
    found = [(arguments.data, Cache(arguments.cache), False)]
    return [*found, (arguments.more, Cache(arguments.more_cache), True)] if arguments.more else found
