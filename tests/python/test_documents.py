"""Every block of the pages that show how to do something, typed in from top to bottom."""

import re

import pytest

import documents
import jettag
import test_files
from documents import Block, Reader, assert_alike, blocks


@pytest.fixture
def reader(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path)


def test_the_tutorial(reader, tmp_path):
    page = "docs/tutorial.md"
    # What the tests themselves begin with (tests/run.sh).
    assert blocks(page)[0].text == "sh examples/setup.sh\n. .venv/bin/activate\n"
    reader.read(page, skip=1)
    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 6


def test_coming_from(reader, tmp_path, monkeypatch):
    page = "docs/coming-from.md"
    momenta, offsets = documents.arrays()
    test_files.frame_of(*test_files.first_padded()).to_hdf(tmp_path / "test.h5", key="table", format="table")
    test_files.write_jetclass(tmp_path / "JetClass.root")
    reader.names |= {"momenta": momenta, "offsets": offsets}
    reader.read(page)
    assert reader.names["variables"].shape == (2, 3)
    # The table of names has every feature, in order.
    table = (documents.ROOT / page).read_text().split("| jettag | FastJet and contrib |")[1].split("\n\n")[0]
    names = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\S+?)`", row.split("|")[1])]
    assert names == list(jettag.FEATURES)


# --- the reader ------------------------------------------------------------------------------------------------------
def _page(tmp_path, monkeypatch, text):
    monkeypatch.setattr(documents, "blocks", lambda page: _blocks_of(tmp_path, text))
    return "page.md"


def _blocks_of(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text)
    return blocks(path)


def test_blocks_for_elsewhere_are_left_out(tmp_path):
    text = "a\n```sh\ntrue\n```\n```cpp elsewhere\nint x;\n```\n```text\n```\n"
    assert _blocks_of(tmp_path, text) == [Block("sh", "true\n", 2), Block("text", "", 8)]


@pytest.mark.parametrize(
    "text",
    [
        "```sh\necho a; false | true; false\n```",
        "```sh\necho 1.5\n```\n```text\n1.50001\n```",
        "```sh\necho a 1\n```\n```text\nb 1\n```",
        "```python\nprint(2)\nassert False\n```",
        "```c\nint x = y;\n```",
        "```rust\n```",
    ],
)
def test_a_block_that_is_wrong_is_seen(reader, tmp_path, monkeypatch, text):
    page = _page(tmp_path, monkeypatch, f"{text}\n")
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        reader.read(page)


def test_numbers_may_differ_in_their_last_bit():
    assert_alike("x 1.00000001 2\n", "x 1 2\n", "")
