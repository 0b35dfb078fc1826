"""A copy of what the library is built from, to be changed and built."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("meson.build", "meson_options.txt", "lib", "backends", "include", "tests", "examples")


def copy_sources(target: Path) -> None:
    """Copy what git knows and what it does not yet know; the models are linked to.

    Parameters
    ----------
    target : Path
        A folder that is made anew.
    """
    command = ["git", "ls-files", "-co", "--exclude-standard", *BUILT_FROM]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    shutil.rmtree(target, ignore_errors=True)
    for name in listed.stdout.decode().split("\n"):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    (target / "models").mkdir()
    (target / "models" / "zoo").symlink_to(ROOT / "models" / "zoo")


def build(source: Path, folder: Path, *options: str) -> None:
    """Build a copy, without the backends that are modules.

    Parameters
    ----------
    source, folder : Path
        The copy, and where it is built; what is built there already is brought up to date.
    options : str
        Of meson, where the folder is new.
    """
    commands: list[list[str | Path]] = [["ninja", "-C", folder]]
    if not (folder / "build.ninja").exists():
        commands.insert(0, ["meson", "setup", folder, source, "-Donednn=disabled", "-Dcuda=disabled", *options])
    for command in commands:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
