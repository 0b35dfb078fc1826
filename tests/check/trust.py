"""Collect the figures of docs/trust.md from what the tests print, and write its table.

    python tests/check/trust.py --from build/test-logs            prints them
    python tests/check/trust.py --from build/test-logs --write    puts them between the marks of docs/trust.md

A figure is a line `figure: WHAT: VALUE` in a log, or in meson's log of a test. The table of the page keeps rows that no
log has: a run without --all changes only what it measured.
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
ROW = re.compile(r"^\| (.*) \| (.*) \|$", re.MULTILINE)


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
    logs = sorted(folder.glob("*.log")) if folder.is_dir() else [folder]
    logs += [ROOT / build / "meson-logs" / "testlog.txt" for build in MESON_LOGS]
    found = {}
    for log in logs:
        if log.exists():
            found.update(FIGURE.findall(log.read_text(errors="replace")))
    return found


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="folder", type=Path, default=ROOT / "build" / "test-logs")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    found = figures(given.folder)
    if not given.write:
        print("".join(f"{what}: {value}\n" for what, value in found.items()), end="")
        return
    page = PAGE.read_text()
    old = page.split("<!-- figures -->")[1].split("<!-- end of figures -->")[0]
    rows = {what: value for what, value in ROW.findall(old) if what not in ("figure", "---")} | found
    table = "| figure | value |\n|---|---|\n" + "".join(f"| {what} | {value} |\n" for what, value in rows.items())
    PAGE.write_text(put(page, "figures", table))


if __name__ == "__main__":
    main()
