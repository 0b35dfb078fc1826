"""The bill of materials is up to date, and every Python requirement is pinned."""

import subprocess
import sys

import pytest

import models_helpers as helpers

LISTS = sorted(helpers.ROOT.glob("*/requirements.txt")) + sorted(helpers.ROOT.glob("models/*/requirements.txt"))


def test_the_bill_is_what_the_script_writes():
    script = helpers.ROOT / "tests" / "check" / "sbom.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, "run tests/check/sbom.py"
    assert "figure:" in done.stdout


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_requirements_are_pinned(path):
    rows = [row for row in path.read_text().splitlines() if row and not row.startswith("#")]
    assert rows and all("==" in row for row in rows)
