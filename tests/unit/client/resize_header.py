"""The header as an older or a newer version of it would be: structs that begin with their size end earlier or later.

python resize_header.py smaller|larger HEADER RESULT

Smaller: the last field of each is not known yet. Larger: each has fields more, that this library does not know.
"""

import re
import sys
from pathlib import Path

STRUCT = re.compile(r"(typedef struct \w+ \{\n    size_t size;[^\n]*\n)(.*?)(\} \w+;\n)", re.DOTALL)
FUTURE = "    int64_t future_number;\n    const char *future_text;\n    double future_values[8];\n"


def smaller(found):
    """Without the last field, and the comment that goes on behind it."""
    fields = re.findall(r"[^;]*;(?:[ ]*/\*.*?\*/)?\n", found[2], re.DOTALL)
    assert "".join(fields) == found[2], found[0]
    return found[1] + "".join(fields[:-1]) + found[3]


def larger(found):
    """With fields of the future."""
    return found[1] + found[2] + FUTURE + found[3]


def main(which, header, result):
    """Run the command."""
    text, n = STRUCT.subn({"smaller": smaller, "larger": larger}[which], Path(header).read_text())
    assert n == 11, n
    text = text.replace(
        "#define JT_VERSION_MAJOR",
        f"#define CLIENT_IS_{which.upper()} 1\n#define JT_VERSION_MAJOR",
    )
    Path(result).parent.mkdir(parents=True, exist_ok=True)
    Path(result).write_text(text)


main(*sys.argv[1:])
