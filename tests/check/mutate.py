"""Change the library on purpose, one small change at a time, and see whether a C test notices.

    python tests/check/mutate.py                     a sample of 150 changes, about 10 minutes on an idle core
    python tests/check/mutate.py --sample 0          all of them, some hours
    python tests/check/mutate.py --only lib/jets     of one folder or file

Changes are to operators, bounds, constants and whole statements of lib/model, lib/jets and lib/images. The sample is
the same in every run of the same code. Works in build-mutants/, on a copy of what git knows and of what it does not yet
know. A change that does not compile is passed over; a test that takes a minute has noticed something. What survives is
listed, with the reason from survivors.txt beside this file where there is one: most are changes that change nothing.
Fails below 85 % killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.check.copied import build, copy_sources  # noqa: E402

WORK = ROOT / "build-mutants"
SOURCE, BUILD = WORK / "source", WORK / "build"
FOLDERS = ("lib/model", "lib/jets", "lib/images")
SUITES = {
    "lib/model": ("model", "sets", "api"),
    "lib/jets": ("jets", "images", "features", "sets", "api"),
    "lib/images": ("images", "model", "api"),
}
SEED, LEAST, PATIENCE = 1, 0.85, 60.0

_SWAPS = {
    "<=": "<",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "&&": "||",
    "||": "&&",
    "<": "<=",
    ">": ">=",
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "++": "--",
    "+=": "-=",
    "-=": "+=",
    "%": "*",
}
_OPERATOR = re.compile(r"(?<= )(<=|>=|==|!=|&&|\|\||\+=|-=|[<>+\-*/%])(?= )|\+\+")
_NUMBER = re.compile(r"(?<![\w.])(\d+)(?![\w.])")
_STATEMENT = re.compile(
    r"^(\s+)(?!return|break|continue|goto|case|default|const|static|if|for|while|else|jt_json |\})"
    r"(?:[a-z_][\w>.\[\]\-]* (?:[-+*/|]?=) .*|(?:\*|[a-z_])[\w>.\[\]*\-]*(?: = |\+\+|\().*);$"
)
_COMMENT = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", re.DOTALL)


@dataclass(frozen=True, order=True)
class Mutant:
    """One change of one line.

    Attributes
    ----------
    file : str
        From the root.
    line : int
        From 0.
    before, after : str
        The line.
    """

    file: str
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line + 1}\n    - {self.before.strip()}\n    + {self.after.strip()}"


def _blanked(text: str) -> str:
    """The text with comments and what is between quotes as blanks, so that nothing in them is changed."""
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", "\0", found.group()), text)


def mutants_of(file: str) -> Iterator[Mutant]:
    """All changes to a file.

    Parameters
    ----------
    file : str
        From the root.

    Yields
    ------
    Mutant
    """
    text = (ROOT / file).read_text()
    for number, (line, bare) in enumerate(zip(text.split("\n"), _blanked(text).split("\n"), strict=True)):
        if bare.startswith("#") or not bare.startswith(" "):
            continue
        for found in _OPERATOR.finditer(bare):
            yield Mutant(file, number, line, line[: found.start()] + _SWAPS[found.group()] + line[found.end() :])
        for found in _NUMBER.finditer(bare):
            yield Mutant(file, number, line, f"{line[: found.start()]}{int(found.group()) + 1}{line[found.end() :]}")
        if bare.count("(") == bare.count(")") and _STATEMENT.match(bare):
            yield Mutant(file, number, line, f"{_STATEMENT.match(bare).group(1)};")


def _run(command: list[str], seconds: float = 600, **options: object) -> bool:
    """Whether a command succeeds in time."""
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds, check=False, **options
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def prepare() -> list[dict]:
    """Copy and build what is there.

    Returns
    -------
    list of dict
        The tests, as meson describes them.
    """
    copy_sources(SOURCE)
    build(SOURCE, BUILD, "-Dbuildtype=debugoptimized", "-Doptimization=1", "-Dtests=true")
    shown = subprocess.run(["meson", "introspect", "--tests", BUILD], capture_output=True, check=True)
    # Programs alone: a script runs some that are not made anew for each change.
    tests = [test for test in json.loads(shown.stdout) if test["cmd"][0].startswith(str(BUILD))]
    for test in tests:
        test["suites"] = {suite.split(":")[-1] for suite in test["suite"]}
    return tests


def _passes(test: dict) -> bool:
    return _run(test["cmd"], PATIENCE, env={**os.environ, **test["env"]}, cwd=BUILD)


def _target(test: dict) -> str:
    return str(Path(test["cmd"][0]).relative_to(BUILD))


def killer_of(mutant: Mutant, tests: list[dict]) -> str | None:
    """The first test that notices.

    Parameters
    ----------
    mutant : Mutant
        The change.
    tests : list of dict
        In this order.

    Returns
    -------
    str or None
        Its name; "" where the change does not compile; None where nobody notices.
    """
    path = SOURCE / mutant.file
    whole = path.read_text()
    lines = whole.split("\n")
    lines[mutant.line] = mutant.after
    path.write_text("\n".join(lines))
    try:
        if not _run(["ninja", "-C", str(BUILD), "lib/libjettag_internal.a"]):
            return ""
        for test in tests:
            if _run(["ninja", "-C", str(BUILD), _target(test)]) and not _passes(test):
                return test["name"]
        return None
    finally:
        path.write_text(whole)


def reasons() -> dict[tuple[str, str, str], str]:
    """Why survivors may survive.

    Returns
    -------
    dict
        From file, line before and line after to words.
    """
    found = {}
    blocks = (Path(__file__).parent / "survivors.txt").read_text().split("\n\n")
    for block in blocks:
        rows = block.strip().split("\n")
        if len(rows) == 4:
            found[rows[0].strip(), rows[1].strip("- "), rows[2].strip("+ ")] = rows[3].strip()
    return found


def main() -> int:
    """Run the command.

    Returns
    -------
    int
        Its exit status.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=150, help="how many changes, 0: all")
    parser.add_argument("--only", default="", help="files that begin with this")
    given = parser.parse_args()
    files = sorted(str(f.relative_to(ROOT)) for folder in FOLDERS for f in (ROOT / folder).glob("*.c"))
    pool = sorted({m for file in files if file.startswith(given.only) for m in mutants_of(file)})
    everything = len(pool)
    random.Random(SEED).shuffle(pool)
    tests = prepare()
    # A test that fails without any change would kill them all.
    used = set().union(*SUITES.values())
    broken = [test["name"] for test in tests if test["suites"] & used and not _passes(test)]
    if broken:
        raise SystemExit(f"without any change these fail: {', '.join(broken)}")
    kills: Counter[str] = Counter()
    killed, survivors = 0, []
    for mutant in pool:
        if given.sample and killed + len(survivors) == given.sample:
            break
        suites = next(SUITES[folder] for folder in FOLDERS if mutant.file.startswith(folder))
        own = Path(mutant.file).stem
        mine = [test for test in tests if test["suites"] & set(suites)]
        mine.sort(key=lambda test: (own not in test["name"], -kills[test["name"]], test["name"]))
        killer = killer_of(mutant, mine)
        if killer is None:
            survivors.append(mutant)
            print(f"survived: {mutant}", flush=True)
        elif killer:
            kills[killer] += 1
            killed += 1
            print(f"killed by {killer}: {mutant.file}:{mutant.line + 1}", flush=True)
    known = reasons()
    print()
    unexplained = 0
    for mutant in sorted(survivors):
        reason = known.get((mutant.file, mutant.before.strip("- "), mutant.after.strip("+ ")))
        unexplained += reason is None
        print(f"{mutant}\n    {reason or 'no reason is known'}")
    total = killed + len(survivors)
    share = killed / max(total, 1)
    print(f"figure: mutants killed, of {total} from {everything}: {100 * share:.1f} %")
    print(f"figure: survivors without a reason: {unexplained}")
    return share < LEAST


if __name__ == "__main__":
    sys.exit(main())
