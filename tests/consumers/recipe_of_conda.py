"""Render the recipe of conda and write what it would do: build.sh and test.sh.

build/recipe-tools/bin/python tests/consumers/recipe_of_conda.py RECIPE FOLDER
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from rattler_build import Stage0Recipe, VariantConfig

ROOT = Path(__file__).resolve().parents[2]
# What conda-forge pins for all.
PINNED = {"c_stdlib": ["sysroot"], "c_compiler": ["gcc"], "python": ["3.11.* *_cpython"]}


def main() -> None:
    """Render, compare with meson.build and pyproject.toml, write."""
    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    (variant,) = Stage0Recipe.from_file(str(path)).render(VariantConfig(PINNED))
    recipe = variant.recipe.to_dict()
    meson = (ROOT / "meson.build").read_text()
    version = re.search(r"^  version: '([\d.]+)'", meson, re.MULTILINE)
    assert version and recipe["package"]["version"] == version[1], recipe["package"]
    assert recipe["package"]["name"] == "jettag" and recipe["about"]["license"] == "Apache-2.0"
    wanted = re.search(r"'libcjson', version: '(>=[\d.]+)'", meson)
    requirements = recipe["requirements"]
    assert wanted and f"cjson {wanted[1]}" in requirements["host"]
    numpy = re.search(r'dependencies = \["numpy(>=[\d.]+)"\]', (ROOT / "pyproject.toml").read_text())
    assert numpy and f"numpy {numpy[1]}" in requirements["run"]
    scripts = [test["script"] for test in recipe["tests"] if "script" in test]
    assert len(scripts) == 1
    for name, lines in (("build.sh", recipe["build"]["script"]), ("test.sh", scripts[0])):
        text = "\n".join(lines).replace("${{ version }}", version[1])
        assert "{{" not in text, text
        (folder / name).write_text(f"{text}\n")
    print(f"jettag {version[1]}: {requirements}")


if __name__ == "__main__":
    main()
