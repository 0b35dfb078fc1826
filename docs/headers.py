"""A public header as doxygen wants it: the headers themselves have plain comments, to be read from top to bottom.

    python docs/headers.py include/jettag/jettag.h

The first comment describes the file, one on lines of its own what follows it, one behind code what stands before it. A
title under a line of dashes begins a group; `name  words`, with two blanks, describes a parameter.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_DASHES = re.compile(r"/\* -+ \*/\n")
_TITLE = re.compile(r"/\* -+ \*/\n/\* (.*?) *\*/\n")
_BEHIND = re.compile(r"(?m)(^(?! *(?:/\*|\*)).*\S +)/\* ")
_ALONE = re.compile(r"(?m)^( *)/\*(?=\s)")
_PARAMETER = re.compile(r"(?m)^ \* ([a-z]\w*) {2,}(?=\S)")
_ERRORS = re.compile(r"(?m)^( *\*)(?= Errors: )")


def _slug(title: str) -> str:
    return re.sub(r"\W+", "_", title.lower()).strip("_")


def groups(text: str) -> list[tuple[str, str]]:
    """Titles of a header's groups.

    Parameters
    ----------
    text : str
        The header.

    Returns
    -------
    list of tuple of str
        Names for doxygen, and titles.
    """
    return [(_slug(title), title) for title in _TITLE.findall(text)]


def for_doxygen(text: str, name: str) -> str:
    """Turn plain comments into those that doxygen reads.

    Parameters
    ----------
    text : str
        A header.
    name : str
        Of its file.

    Returns
    -------
    str
    """
    begun = 0

    def group(found: re.Match[str]) -> str:
        nonlocal begun
        begun += 1
        end = "/** @} */\n" if begun > 1 else ""
        return f"{end}/** @defgroup {_slug(found[1])} {found[1]}\n * @{{ */\n"

    text = _TITLE.sub(group, text)
    text = _DASHES.sub("", text)
    if begun:
        # The last group ends where the header stops to be C.
        at = text.rindex("#ifdef __cplusplus")
        text = f"{text[:at]}/** @}} */\n{text[at:]}"
    text = _BEHIND.sub(r"\1/**< ", text)
    text = _ALONE.sub(r"\1/**", text)
    text = _PARAMETER.sub(r" * @param \1 ", text)
    text = _ERRORS.sub(r"\1\n\1", text)
    return text.replace("/**", f"/** @file {name}\n *", 1)


def main() -> None:
    """Print one header."""
    path = Path(sys.argv[1])
    sys.stdout.write(for_doxygen(path.read_text(), f"jettag/{path.name}"))


if __name__ == "__main__":
    main()
