"""The command line tool's options, misuse of it, and what it cannot write."""

from pathlib import Path

import pytest

import jettag
from tool_helpers import FAILED, MISUSED, MODEL, complaint, passed, run

FULL = Path("/dev/full")
SIX = "30 40 0 100\n5 6 1 10\n\n" * 6

needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


def test_version():
    assert passed("--version") == f"jettag {jettag.version()}\n"


def test_help_names_what_there_is():
    words = passed("--help")
    assert words.startswith("usage: jettag COMMAND")
    for name in (
        "tag MODEL [FILE]",
        "bench MODEL [FILE]",
        "info MODEL",
        "selftest MODEL",
        "backends",
        "--backend NAME",
        "--version",
        "--help",
    ):
        assert name in words
    assert passed("--backend", "reference", "--help") == words


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a command is missing"),
        (["--backend"], "a name is missing after --backend"),
        (["--backend", "native"], "a command is missing"),
        (["--verbose", "backends"], "there is no option --verbose"),
        (["--"], "there is no option --"),
        (["-h"], "there is no command -h"),
        (["tags", MODEL], "there is no command tags"),
        ([""], "there is no command "),
        (["tag"], "a model file is missing after tag"),
        (["bench"], "a model file is missing after bench"),
        (["info"], "a model file is missing after info"),
        (["selftest"], "a model file is missing after selftest"),
        (["tag", MODEL, "-", "more.txt"], "there is one argument too many: more.txt"),
        (["bench", MODEL, "-", "more.txt"], "there is one argument too many: more.txt"),
        (["info", MODEL, "more"], "there is one argument too many: more"),
        (["selftest", MODEL, "more"], "there is one argument too many: more"),
        (["backends", "more"], "there is one argument too many: more"),
    ],
    ids=lambda value: " ".join(map(str, value)).replace(str(MODEL), "MODEL") if isinstance(value, list) else "",
)
def test_misuse_shows_the_usage(arguments, words):
    assert complaint(*arguments, status=MISUSED) == f"jettag: {words}\n{passed('--help')}"


# --- What cannot be written ------------------------------------------------------------------------------------------


@needs_full
@pytest.mark.parametrize("times", [1, (400)], ids=["at the end", "on the way"])
def test_a_full_disk_is_noticed_by_tag(times):
    with FULL.open("wb") as full:
        done = run("tag", MODEL, text=SIX * times, stdout=full)
    assert (done.returncode, done.stderr) == (FAILED, b"jettag: writing scores: No space left on device\n")


@needs_full
@pytest.mark.parametrize("arguments", [["info", MODEL], ["selftest", MODEL], ["backends"], ["--version"], ["--help"]])
def test_a_full_disk_is_noticed_by_every_command(arguments):
    with FULL.open("wb") as full:
        done = run(*arguments, stdout=full)
    assert done.returncode == FAILED
    assert done.stderr.startswith(b"jettag: ") and b"No space left on device" in done.stderr
