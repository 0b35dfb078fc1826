"""The published attacks on model files are what their script writes, and the Python reader refuses them, too."""

import importlib.util

import pytest

import models_helpers as helpers
from models import jtm

DATA = helpers.ROOT / "tests" / "data"
NAMES = [row.split()[0] for row in (DATA / "attacks" / "expected.txt").read_text().splitlines()]


def test_the_folder_is_what_the_script_writes():
    spec = importlib.util.spec_from_file_location("make_attacks", DATA / "make_attacks.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert {path.name: path.read_bytes() for path in (DATA / "attacks").glob("*")} == script.files()


@pytest.mark.parametrize("name", NAMES)
def test_the_python_reader_refuses_it(name):
    data = (DATA / "attacks" / f"{name}.jtm").read_bytes()
    if name == "fine":
        assert jtm.from_bytes(data).header["name"] == "fine"
        return
    with pytest.raises(jtm.FormatError):
        jtm.from_bytes(data)
