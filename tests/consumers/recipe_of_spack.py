"""Execute the recipe of Spack with a stand-in for Spack, which no package index has, and check what it declares.

    python tests/consumers/recipe_of_spack.py docs/packaging/spack/package.py

That Spack itself takes the file is not shown by this.
"""

from __future__ import annotations

import re
import runpy
import sys
import types
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []


def _directive(name: str) -> Any:
    return lambda *values, **keys: CALLS.append((name, values, keys))


class _Spec:
    """As much of a spec as meson_args asks for."""

    def __init__(self, *variants: str) -> None:
        self._variants = variants
        self.prefix = "/opt/dependency"

    def __contains__(self, variant: str) -> bool:
        return variant in self._variants

    def __getitem__(self, name: str) -> _Spec:
        return self


def stand_in() -> None:
    """Modules of the names that the recipe imports."""
    package = types.ModuleType("spack.package")
    for name in ("version", "variant", "depends_on", "extends", "license"):
        setattr(package, name, _directive(name))
    sys.modules |= {"spack": types.ModuleType("spack"), "spack.package": package}
    for name in ("spack_repo", "spack_repo.builtin", "spack_repo.builtin.build_systems"):
        sys.modules[name] = types.ModuleType(name)
    meson: Any = types.ModuleType("meson")
    meson.MesonPackage = object
    sys.modules["spack_repo.builtin.build_systems.meson"] = meson


def main() -> None:
    """Check versions, dependencies, and that every option is one of meson_options.txt."""
    stand_in()
    recipe = runpy.run_path(sys.argv[1])["Jettag"]
    meson = (ROOT / "meson.build").read_text()
    found = re.search(r"^  version: '([\d.]+)'", meson, re.MULTILINE)
    assert found and [values for name, values, _ in CALLS if name == "version"] == [(found[1],)]
    needed = [values[0] for name, values, keys in CALLS if name == "depends_on" and "when" not in keys]
    cjson = re.search(r"'libcjson', version: '>=([\d.]+)'", meson)
    assert cjson and needed == ["c", "meson@1.0:", "pkgconfig", f"cjson@{cjson[1]}:"], needed
    variants = {values[0] for name, values, _ in CALLS if name == "variant"}
    conditions = {keys["when"] for _, _, keys in CALLS if "when" in keys}
    assert conditions <= {f"+{name}" for name in variants}, conditions
    options = (ROOT / "meson_options.txt").read_text()
    known = dict(re.findall(r"option\('(\w+)', type: '(\w+)'", options))
    values = {"boolean": {"true", "false"}, "feature": {"enabled", "disabled", "auto"}}
    for chosen in ((), *((f"+{name}",) for name in sorted(variants)), tuple(f"+{name}" for name in variants)):
        made = recipe()
        made.spec = _Spec(*chosen)
        given = dict(one.removeprefix("-D").split("=", 1) for one in made.meson_args())
        assert set(given) >= {"tests", "wheel", "onednn", "cuda"}, given
        for option, value in given.items():
            assert value in values.get(known[option], {value}), (option, value)
    print(f"Jettag: {len(variants)} variants, {len(known)} options known to meson")


if __name__ == "__main__":
    main()
