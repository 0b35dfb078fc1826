"""One version: what meson.build says is what every part of an installation says."""

import json
import re
import subprocess
import sys

import pytest

import jettag
import models_helpers as helpers
from tool_helpers import LIBRARY, TOOL

BUILD = LIBRARY.parents[1]


@pytest.fixture(scope="module")
def version():
    """As meson itself reads it."""
    command = ["meson", "introspect", "--projectinfo", helpers.ROOT / "meson.build"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["version"]


def first(pattern, path):
    return re.search(pattern, (helpers.ROOT / path).read_text(), re.MULTILINE)[1]


def test_the_library_and_its_header(version):
    assert jettag.version() == jettag.__version__ == version
    macros = [
        first(rf"^#define JT_VERSION_{one} (\d+)$", "include/jettag/jettag.h") for one in ("MAJOR", "MINOR", "PATCH")
    ]
    assert ".".join(macros) == version
    assert (LIBRARY.parent / f"libjettag.so.{version}").is_file()


@pytest.mark.parametrize("command", [[TOOL], [sys.executable, "-m", "jettag"]], ids=["jettag", "python -m jettag"])
def test_the_commands(version, command):
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"jettag {version}\n"


def test_what_is_found_when_linking(version):
    assert first(r"^Version: (.*)$", BUILD / "meson-private" / "jettag.pc") == version
    assert first(r'set\(PACKAGE_VERSION "?([\d.]+)', BUILD / "lib" / "cmake" / "jettag-config-version.cmake") == version


def test_what_packages_say(version):
    # The wheel's is meson's own; tests/consumers/wheel.sh compares that of a built one.
    assert first(r"^dynamic = (.*)$", "pyproject.toml") == '["version"]'
    assert first(r'^  version: "(.*)"$', "docs/packaging/conda/recipe.yaml") == version
    assert first(r'^    version\("(.*)"\)$', "docs/packaging/spack/package.py") == version
    assert json.loads((helpers.ROOT / "docs" / "sbom.json").read_text())["metadata"]["component"]["version"] == version
