"""The blocks of a page of the documentation, and a reader who types them in.

```sh              run by `sh -eu`; `python` is the one that runs the tests, with jettag
```python          run here, with the names of the blocks before
```c, ```cpp       a whole program, when its first line is a comment with a file's name: written there for commands that
                   follow. Otherwise lines for the two jets of `JETS`, compiled into a program and run
```text            what the block before has printed, numbers to a millionth
```cpp elsewhere   lines that need what is not here, such as another library; not run
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOWN = ("build", "docs", "examples", "include", "models", "README.md")
"""What of the checkout a reader's folder has."""


JETS = """
    double momenta[] = {300, 10, 40, 304, 200, 30, 20, 204, 60, 0, 5, 61, 20, 5, 0, 21, 10, 0, 3, 11,
                        250, 250, 0, 356, 100, 90, 10, 136, 30, 20, 0, 37, 10, 10, 1, 15};
    int64_t offsets[] = {0, 5, 9};
"""
"""Two jets in C."""
VECTORS = JETS.replace("double momenta[]", "std::vector<double> momenta").replace(
    "int64_t offsets[]", "std::vector<std::int64_t> offsets"
)
"""The same in C++."""
_PROGRAMS = {
    "c": "#include <stdio.h>\n#include <jettag/jettag.h>\nint main(void) {%s float scores[2];\n%s\n return 0; }\n",
    "cpp": "#include <cstdio>\n#include <jettag/jettag.hpp>\nint main() {%s\n%s\n }\n",
}
COMPILERS = {
    "c": ("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror"),
    "cpp": ("g++", "-std=c++17", "-Wall", "-Wextra", "-Werror"),
}


def program(language: str, lines: str) -> str:
    """Lines of C or C++ in a program that has the two jets."""
    return _PROGRAMS[language] % (JETS if language == "c" else VECTORS, lines)


def arrays() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """The same jets in Python."""
    momenta, offsets = ([float(one) for one in body.split(",")] for body in re.findall(r"{(.*?)};", JETS, re.DOTALL))
    return np.reshape(momenta, (-1, 4)), np.array(offsets, np.int64)


class Block(NamedTuple):
    """What stands between two fences."""

    language: str
    text: str
    line: int


def blocks(page: str | Path) -> list[Block]:
    """Blocks of a page, in order; those for `elsewhere` are left out."""
    text = (ROOT / page).read_text()
    found = re.finditer(r"^```(\w*)( elsewhere)?\n(.*?)^```$", text, re.M | re.S)
    return [Block(one[1], one[3], text.count("\n", 0, one.start()) + 1) for one in found if not one[2]]


def commands(page: str | Path, program: str) -> list[str]:
    """Indented lines of a page that begin with a program, without it."""
    return re.findall(rf"^    {re.escape(program)} (.*)$", (ROOT / page).read_text(), re.M)


def assert_alike(printed: str, shown: str, where: str) -> None:
    """The same words, and the same numbers to a millionth.

    The sample is decoded with NumPy's exponential and sine, whose last bit is another one on other processors.
    """
    number = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
    assert number.sub("#", printed) == number.sub("#", shown), where
    numbers = [[float(one) for one in number.findall(text)] for text in (printed, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-6), where


class Reader:
    """Types in blocks, in a folder that looks like a checkout and is none.

    Parameters
    ----------
    folder : Path
        Empty. It has to be the working directory while `read` runs.
    names : str to object
        That Python blocks find.
    """

    def __init__(self, folder: Path, **names: Any) -> None:
        self._folder = folder
        self.names = names
        for name in SHOWN:
            (folder / name).symlink_to(ROOT / name)
        (folder / "bin").mkdir()
        # Not a link: a virtual environment is found by where its Python is.
        program = folder / "bin" / "python"
        program.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        program.chmod(0o755)
        # A sanitizer is for the library in this process, not for compilers and programs that link another one.
        left = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "JETTAG_LIBRARY")}
        path = f"{folder / 'bin'}{os.pathsep}{left['PATH']}"
        self._environment = {**left, "PATH": path, "PYTHONPATH": f"{ROOT / 'python'}{os.pathsep}{ROOT}"}

    def read(self, page: str | Path, skip: int = 0) -> None:
        """Run a page's blocks but the first `skip`, and compare what is shown as printed."""
        printed = ""
        for block in blocks(page)[skip:]:
            where = f"{page}:{block.line}"
            if block.language == "text":
                assert_alike(printed, block.text, where)
            elif block.language in ("c", "cpp"):
                name = re.match(r"(?:/\*|//) (\S+\.c(?:pp)?)\b", block.text)
                if name:
                    (self._folder / name[1]).write_text(block.text)
                else:
                    printed = self._lines(block, where)
            elif block.language == "python":
                printed = self._python(block.text, where)
            elif block.language == "sh":
                printed = self._shell(block.text, where)
            else:
                pytest.fail(f"{where}: nobody knows how to run '{block.language}'")

    def _python(self, text: str, where: str) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(text, where, "exec"), self.names)
        return out.getvalue()

    def _lines(self, block: Block, where: str) -> str:
        (self._folder / f"lines.{block.language}").write_text(program(block.language, block.text))
        compiler = " ".join(COMPILERS[block.language])
        return self._shell(
            "export PKG_CONFIG_PATH=build/meson-uninstalled LD_LIBRARY_PATH=build/lib\n"
            f"{compiler} lines.{block.language} $(pkg-config --cflags --libs jettag) -o lines && ./lines",
            where,
        )

    def _shell(self, text: str, where: str) -> str:
        done = subprocess.run(
            ["sh", "-eu", "-c", text],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{where}\n{done.stdout}{done.stderr}"
        return done.stdout
