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

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))

import documents

JETS = """
    double momenta[] = {300, 10, 40, 304, 200, 30, 20, 204, 60, 0, 5, 61, 20, 5, 0, 21, 10, 0, 3, 11,
                        250, 250, 0, 356, 100, 90, 10, 136, 30, 20, 0, 37, 10, 10, 1, 15};
    int64_t offsets[] = {0, 5, 9};
"""
C = "#include <stdio.h>\n#include <jettag/jettag.h>\nint main(void) {%s float scores[2];\n%s\n%s return 0; }\n"
CPP = "#include <cstdio>\n#include <jettag/jettag.hpp>\nint main() {%s\n%s\n%s }\n"
PYTHON = """
import re
import numpy as np
text = '''%s'''
values = [np.array(eval("[" + body + "]")) for body in re.findall(r"{(.*?)};", text, re.S)]
momenta, offsets = values[0].reshape(-1, 4).astype(float), values[1]
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
    (place / "readme.c").write_text(C % (JETS, blocks["c"], 'printf("%.9g %.9g\\n", scores[0], scores[1]);'))
    run("gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", place / "readme.c", *flags, "-o", place / "readme_c")
    outputs["c"] = run(place / "readme_c", cwd=place)

    vectors = JETS.replace("double momenta[]", "std::vector<double> momenta").replace(
        "int64_t offsets[]", "std::vector<std::int64_t> offsets"
    )
    show = 'std::printf("%.9g %.9g\\n", scores[0], scores[1]);'
    (place / "readme.cpp").write_text(CPP % (vectors, blocks["cpp"], show))
    run("g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", place / "readme.cpp", *flags, "-o", place / "readme_cpp")
    outputs["cpp"] = run(place / "readme_cpp", cwd=place)

    (place / "readme.py").write_text(PYTHON % (JETS, blocks["python"]))
    outputs["python"] = run(sys.executable, place / "readme.py", cwd=place)

    root = shutil.which("root")
    lines = blocks["root"].splitlines()
    if root:
        include = next(flag[2:] for flag in flags if flag.startswith("-I"))
        typed = "\n".join([*vectors.strip().splitlines(), *lines, show, ".q"])
        environment = {**os.environ, "ROOT_INCLUDE_PATH": include}
        printed = run(root, "-l", "-b", cwd=place, input=typed + "\n", env=environment)
        scores = [line for line in printed.splitlines() if re.fullmatch(r"[-+.e0-9]+ [-+.e0-9]+", line)]
        outputs["root"] = f"{scores[0]}\n"
    else:
        print("ROOT is not installed: its lines are compiled as C++ without R__LOAD_LIBRARY and gSystem")
        kept = [line for line in lines if not re.match(r"\s*(gSystem|R__|#include)", line)]
        (place / "readme_root.cpp").write_text(CPP % (vectors, "\n".join(kept), show))
        run("g++", "-std=c++17", place / "readme_root.cpp", *flags, "-o", place / "readme_root")
        outputs["root"] = run(place / "readme_root", cwd=place)

    for language, output in outputs.items():
        print(f"{language:8s}{output.strip()}")
    if len(set(outputs.values())) != 1:
        sys.exit("the languages do not agree")


if __name__ == "__main__":
    main()
