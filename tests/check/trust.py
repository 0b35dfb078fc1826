"""Collect the figures of docs/trust.md from what the tests print, and write its table.

    python tests/check/trust.py --from build/test-logs            prints them
    python tests/check/trust.py --from build/test-logs --write    puts them between the marks of docs/trust.md

A figure is a line `figure: WHAT: VALUE` in a log, or in meson's log of a test. The table of the page keeps rows that no
log has: a run without --all changes only what it measured. Lines `latency: ...` of a log are the histogram of a long
run (tests/soak); the page takes them with --latencies, since those of a short run on a busy machine say nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from models.marks import put  # noqa: E402

PAGE = ROOT / "docs" / "trust.md"
MESON_LOGS = ("build", "build-coverage")
FIGURE = re.compile(r"^figure: (.*): ([^:\n]+)$", re.MULTILINE)
LATENCY = re.compile(r"^latency: (.*)$", re.MULTILINE)
ROW = re.compile(r"^\| (.*) \| (.*) \|$", re.MULTILINE)


def _texts(folder: Path) -> list[str]:
    """What the logs hold, those of meson last."""
    logs = sorted(folder.glob("*.log")) if folder.is_dir() else [folder]
    logs += [ROOT / build / "meson-logs" / "testlog.txt" for build in MESON_LOGS]
    return [log.read_text(errors="replace") for log in logs if log.exists()]


def figures(folder: Path) -> dict[str, str]:
    """All that the logs say.

    Parameters
    ----------
    folder : Path
        Of the logs of tests/run.sh, or one log.

    Returns
    -------
    dict of str to str
        From what to value; the last one said counts.
    """
    found = {}
    for text in _texts(folder):
        found.update(FIGURE.findall(text))
    return found


def latencies(folder: Path) -> str:
    """The histogram of a long run, as a block of a page.

    Parameters
    ----------
    folder : Path
        Of the logs, or one log.

    Returns
    -------
    str
        Empty where no log has one.
    """
    lines = [line.rstrip() for text in _texts(folder) for line in LATENCY.findall(text)]
    return "```\n" + "\n".join(lines) + "\n```\n" if lines else ""


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="folder", type=Path, default=ROOT / "build" / "test-logs")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--latencies", action="store_true", help="with --write: the histogram of the long run too")
    given = parser.parse_args()
    found = figures(given.folder)
    if not given.write:
        print("".join(f"{what}: {value}\n" for what, value in found.items()), end="")
        return
    page = PAGE.read_text()
    old = page.split("<!-- figures -->")[1].split("<!-- end of figures -->")[0]
    rows = {what: value for what, value in ROW.findall(old) if what not in ("figure", "---")} | found
    table = "| figure | value |\n|---|---|\n" + "".join(f"| {what} | {value} |\n" for what, value in rows.items())
    page = put(page, "figures", table)
    histogram = latencies(given.folder) if given.latencies else ""
    PAGE.write_text(put(page, "latencies", histogram) if histogram else page)


if __name__ == "__main__":
    main()
