"""No call of jt_tag_jets allocates or starts a thread, for every network on every backend that is here."""

import os
import re
import subprocess

import pytest

import jettag
import models_helpers as helpers
from models import jtm
from models.export import build, without_statistics
from models.initialise import random_tensors
from models.networks import NETWORKS

PROGRAM = helpers.ROOT / "build" / "tests" / "unit" / "api" / "jettag-quiet"
# What another library does within a call its backend's notes say; a thread none may start.
ALLOCATES = {row["name"]: "allocates" in row["notes"] for row in jettag.backends() if row["available"]}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quiet")
    paths = []
    for name, network in NETWORKS.items():
        statistics = without_statistics(network, jettag.FEATURES)
        # Whatever the weights are: what is computed from them is another test's concern.
        model = build(network, random_tensors(network, 2), statistics, version="0", created="2026-01-31")
        paths.append(folder / f"{name}.jtm")
        jtm.write(paths[-1], model)
    return paths


@pytest.mark.skipif(not PROGRAM.exists(), reason="the program is built with the tests")
@pytest.mark.parametrize("backend", ALLOCATES)
def test_every_network_is_quiet(files, backend, capsys):
    # The program counts by standing in for malloc; a sanitizer that is loaded before it does so too.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    done = subprocess.run([PROGRAM, backend, *files], capture_output=True, text=True, check=False, env=environment)
    if ALLOCATES[backend]:
        lines = [line for line in done.stderr.splitlines() if line]
        assert lines and all(line.endswith("status 0, 0 threads started, 0 more tasks") for line in map(_plain, lines))
        return
    with capsys.disabled():  # the figure is wanted in the log of a run that passes
        print("\n" + done.stdout, end="")
    assert done.returncode == 0, done.stderr
    assert f"{len(NETWORKS)} of {len(NETWORKS)}" in done.stdout


def _plain(line):
    """Without what was allocated."""
    return re.sub(r"\d+ allocations, \d+ releases, ", "", line)
