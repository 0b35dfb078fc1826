"""Compiles and runs the code in README.md, so that its lines are working lines.

    python tests/consumers/readme.py README.md FOLDER MODEL COMPILER_FLAGS...

Each ```c, ```cpp and ```python block is put into a program that has the jets, and has to print the same scores. The
ROOT block runs where `root` is installed, and is compiled as C++ otherwise, without its line for the interpreter.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HELPERS = Path(__file__).resolve().parents[1] / "python"
sys.path.insert(0, str(HELPERS))

import documents  # noqa: E402

PYTHON = """
import documents
momenta, offsets = documents.arrays()
%s
print("%%.9g %%.9g" %% tuple(scores))
"""


def run(*command: str | Path, **options) -> str:
    """Output of a command; its words and the end on failure."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def main() -> None:
    """Go through the blocks."""
    readme, folder, model, *flags = sys.argv[1:]
    blocks = {block.language: block.text for block in documents.blocks(readme)}
    if set(blocks) != {"c", "cpp", "python", "root"}:
        sys.exit(f"{readme} has blocks {sorted(blocks)}")
    place = Path(folder)
    shutil.copy(model, place)

    outputs = {}
    show = {"c": 'printf("%.9g %.9g\\n", scores[0], scores[1]);'}
    show["cpp"] = f"std::{show['c']}"
    for language in ("c", "cpp"):
        source, binary = place / f"readme.{language}", place / f"readme_{language}"
        source.write_text(documents.program(language, blocks[language] + show[language]))
        run(*documents.COMPILERS[language], source, *flags, "-o", binary)
        outputs[language] = run(binary, cwd=place)

    (place / "readme.py").write_text(PYTHON % blocks["python"])
    path = {**os.environ, "PYTHONPATH": str(HELPERS)}
    outputs["python"] = run(sys.executable, place / "readme.py", cwd=place, env=path)

    root = shutil.which("root")
    lines = blocks["root"].splitlines()
    if root:
        include = next(flag[2:] for flag in flags if flag.startswith("-I"))
        typed = "\n".join([*documents.VECTORS.strip().splitlines(), *lines, show["cpp"], ".q"])
        environment = {**os.environ, "ROOT_INCLUDE_PATH": include}
        printed = run(root, "-l", "-b", cwd=place, input=typed + "\n", env=environment)
        scores = [line for line in printed.splitlines() if re.fullmatch(r"[-+.e0-9]+ [-+.e0-9]+", line)]
        outputs["root"] = f"{scores[0]}\n"
    else:
        print("ROOT is not installed: its lines are compiled as C++ without R__LOAD_LIBRARY and gSystem")
        kept = [line for line in lines if not re.match(r"\s*(gSystem|R__|#include)", line)]
        (place / "readme_root.cpp").write_text(documents.program("cpp", "\n".join([*kept, show["cpp"]])))
        run("g++", "-std=c++17", place / "readme_root.cpp", *flags, "-o", place / "readme_root")
        outputs["root"] = run(place / "readme_root", cwd=place)

    for language, output in outputs.items():
        print(f"{language:8s}{output.strip()}")
    if len(set(outputs.values())) != 1:
        sys.exit("the languages do not agree")


if __name__ == "__main__":
    main()
