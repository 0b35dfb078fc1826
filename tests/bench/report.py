"""Puts a measured table into a document, between marks, with the machine that it was measured on."""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from models.marks import put


def processor() -> str:
    """Name of the processor, and the widest instruction set that matters here."""
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*: (.*)", text)
    flags = re.search(r"flags\s*: (.*)", text)
    sets = set(flags.group(1).split()) if flags else set()
    widest = "AVX-512" if "avx512f" in sets else "AVX2" if "avx2" in sets else "no AVX2"
    return f"{found.group(1) if found else platform.machine()} ({widest})"


def write(document: str, mark: str, table: str, command: str) -> None:
    """Replace what stands between <!-- mark --> and <!-- end of mark -->.

    Parameters
    ----------
    document : str
        A Markdown file with both marks.
    mark : str
        Such as `bench:network`.
    table : str
        In Markdown.
    command : str
        What makes the table.
    """
    path = Path(document)
    where = f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, one core of {processor()}."
    try:
        path.write_text(put(path.read_text(), mark, f"{where}\n\n{table.strip()}\n"))
    except ValueError as error:
        raise SystemExit(f"{document}: {error}") from error
