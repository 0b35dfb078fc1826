"""The command line tool as a test runs it: to its end, with what it printed and what it complained about."""

import itertools
import os
import subprocess
from pathlib import Path

import numpy as np

import models_helpers as helpers

# The tool of the build whose library is tested.
LIBRARY = Path(os.environ.get("JETTAG_LIBRARY", helpers.ROOT / "build" / "lib" / "libjettag.so")).resolve()
TOOL = LIBRARY.parents[1] / "jettag"

MODEL = helpers.ROOT / "models" / "zoo" / "effnet-s0-i35-gf.jtm"

OK, FAILED, MISUSED = 0, 1, 2
FORM = "expected px py pz E and an optional class (0 neutral, 1 track, 2 muon)"


def run(*arguments, text="", stdout=subprocess.PIPE):
    """The tool, run to its end with `text` on its standard input."""
    # Under a sanitizer leaks count, unlike in an interpreter; but OpenMP leaves some when oneDNN's module is unloaded.
    leaks = 0 if {"onednn", "backends"} & set(arguments) else 1
    return subprocess.run(
        [TOOL, *arguments],
        input=text.encode(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=os.environ | {"ASAN_OPTIONS": f"detect_leaks={leaks}"},
        timeout=300,
        check=False,
    )


def passed(*arguments, text=""):
    """What a call prints that has nothing to complain about."""
    done = run(*arguments, text=text)
    assert (done.returncode, done.stderr) == (OK, b"")
    return done.stdout.decode()


def complaint(*arguments, text="", status=FAILED):
    """What a call complains about that prints nothing else."""
    done = run(*arguments, text=text)
    assert (done.returncode, done.stdout) == (status, b"")
    return done.stderr.decode()


def as_text(momenta, offsets, classes=None):
    """Jets as `tag` reads them, with all digits."""
    columns = np.asarray(momenta).tolist()
    lines = [" ".join(map(repr, row)) for row in columns]
    if classes is not None:
        lines = [f"{line} {one}" for line, one in zip(lines, classes, strict=True)]
    jets = [lines[first:last] for first, last in itertools.pairwise(offsets)]
    return "".join("\n".join(jet) + "\n\n" for jet in jets)
