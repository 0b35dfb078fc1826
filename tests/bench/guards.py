"""What the checks cost that make a call safe: the library as it is beside one from which they have been taken out.

    python tests/bench/guards.py [--jets N] [--write docs/trust.md] [MODEL...]

Taken out, of a copy in build-guards/, is what jt_tag_jets does for trust alone: that every constituent is finite, of no
negative energy, below 1e30 GeV and of a class that there is, that a score is finite, that rounding, flush to zero and
errno are the library's own while it works and the caller's afterwards. Both libraries are built alike, and valgrind
counts the instructions that each executes within jt_tag_jets for the same jets. They are the same in every run; times
are not good enough to see parts of a per cent: builds that differ by one comparison differ by up to 5 % either way,
because their functions come to lie at other places.

Needs valgrind, which knows AVX2 and no AVX-512. Fails where the checks are more than 1 % of the instructions.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from models.datasets import shards  # noqa: E402
from tests.bench import report  # noqa: E402
from tests.check.copied import build, copy_sources  # noqa: E402

WORK = ROOT / "build-guards"
MODELS = ("lenet-28-i35", "effnet-s0-i35-gf", "constituents-gf", "ensemble-gf")
MOST = 0.01
# What is taken out: file, words, and what stands there instead.
GUARDS = (
    ("lib/api.c", "    jt_float_guard_enter(&guard);\n    status = jt_run_jets(", "    status = jt_run_jets("),
    ("lib/api.c", "    status = jt_run_jets(context, &view, &taken);\n    jt_float_guard_leave(&guard);\n",
     "    status = jt_run_jets(context, &view, &taken);\n    (void)guard;\n"),
    ("lib/tag.c", "if (!isfinite(score))", "if (0)"),
    ("lib/jets/clean.c", "if (!(isfinite(v[0]) && isfinite(v[1]) && isfinite(v[2]) && isfinite(v[3])))", "if (0)"),
    ("lib/jets/clean.c", "    if (c->p[3] < 0.0)\n", "    if (0)\n"),
    ("lib/jets/clean.c", "if (!(c->pt <= largest && fabs(c->p[2]) <= largest && c->p[3] <= largest))",
     "if (largest < 0.0)"),
    ("lib/jets/clean.c", "bad_class |= c.class > JT_MUON;", ""),
)  # fmt: skip


def build_tool(name: str, guards: tuple[tuple[str, str, str], ...]) -> Path:
    """Build a copy of the library.

    Parameters
    ----------
    name : str
        Of its folder in build-guards/.
    guards : tuple
        What is replaced in it, as in `GUARDS`.

    Returns
    -------
    Path
        Its program `jettag`.
    """
    source, folder = WORK / name / "source", WORK / name / "build"
    copy_sources(source)
    for file, words, instead in guards:
        text = (source / file).read_text()
        if text.count(words) != 1:
            raise SystemExit(f"{file}: not once there: {words!r}")
        (source / file).write_text(text.replace(words, instead))
    build(source, folder, "-Dtests=false")
    return folder / "jettag"


def write_jets(jets: shards.Jets, path: Path) -> None:
    """Write jets as the tool reads them.

    Parameters
    ----------
    jets : Jets
        Of the sample.
    path : Path
        A text file.
    """
    with path.open("w") as file:
        for momenta in np.split(jets.momenta, jets.offsets[1:-1]):
            np.savetxt(file, momenta, fmt="%.17g")
            file.write("\n")


def instructions(tool: Path, model: str, jets: Path) -> int:
    """Instructions within jt_tag_jets, all jets in one call.

    Parameters
    ----------
    tool : Path
        The program `jettag` of a build.
    model : str
        Of models/zoo.
    jets : Path
        From `write_jets`.

    Returns
    -------
    int
    """
    valgrind = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=jt_tag_jets"]
    file = ROOT / "models" / "zoo" / f"{model}.jtm"
    command = [*valgrind, str(tool), "--backend", "native", "tag", str(file), str(jets)]
    environment = os.environ | {"JETTAG_PROCESSOR": "avx2"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if not found or int(found.group(1)) == 0:
        raise SystemExit(f"valgrind counted nothing: {done.stderr}")
    return int(found.group(1))


def main() -> int:
    """Build, count and print.

    Returns
    -------
    int
        The exit status.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="MODEL", default=MODELS)
    parser.add_argument("--jets", type=int, default=200, help="in the longer call, %(default)s")
    parser.add_argument("--write", metavar="FILE")
    arguments = parser.parse_args()
    if not shutil.which("valgrind"):
        raise SystemExit("valgrind is missing: apt-get install valgrind")
    tools = [build_tool("with", ()), build_tool("without", GUARDS)]
    sample = shards.read(shards.SAMPLE)
    lines = [
        "| model | jets in the call | instructions per jet | without the checks | they are |",
        "|---|---|---|---|---|",
    ]
    most = 0.0
    for n in (1, arguments.jets):
        write_jets(sample.part(0, n), WORK / "jets.txt")
        for model in arguments.models:
            given, without = (instructions(tool, model, WORK / "jets.txt") for tool in tools)
            share = 1 - without / given
            most = max(most, share)
            lines.append(f"| {model} | {n} | {given / n:,.0f} | {without / n:,.0f} | {100 * share:.2f} % |")
            print(lines[-1], flush=True)
    print(f"figure: the largest share of the checks in the instructions of jt_tag_jets: {100 * most:.2f} %")
    if arguments.write:
        report.write(arguments.write, "bench:guards", "\n".join(lines), "python tests/bench/guards.py")
    return most > MOST


if __name__ == "__main__":
    sys.exit(main())
