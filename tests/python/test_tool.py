"""The command line tool as its users call it: what it prints, what it complains about, what it returns."""

import itertools
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import jets_data
import jettag
import models_helpers as helpers
from models import jtm
from models.crc32c import crc32c
from models.datasets import shards

# The tool of the build whose library is tested.
LIBRARY = Path(os.environ.get("JETTAG_LIBRARY", helpers.ROOT / "build" / "lib" / "libjettag.so")).resolve()
TOOL = LIBRARY.parents[1] / "jettag"

ZOO = sorted((helpers.ROOT / "models" / "zoo").glob("*.jtm"))
MODEL = helpers.ROOT / "models" / "zoo" / "effnet-s0-i35-gf.jtm"
BACKENDS = [row["name"] for row in jettag.backends() if row["available"]]
# More than the tool reads at a time.
MANY = 1500

OK, FAILED, MISUSED = 0, 1, 2
FORM = "expected px py pz E and an optional class (0 neutral, 1 track, 2 muon)"
MIXED = "some constituents have a class and some have none"
FULL = Path("/dev/full")


needs_full = pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")


def run(*arguments, text="", stdout=subprocess.PIPE):
    """The tool, run to its end with `text` on its standard input."""
    # Under a sanitizer leaks count, unlike in an interpreter; but OpenMP leaves some when oneDNN's module is unloaded.
    leaks = 0 if {"onednn", "backends"} & set(arguments) else 1
    return subprocess.run(
        [TOOL, *arguments],
        input=text.encode(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=os.environ | {"ASAN_OPTIONS": f"detect_leaks={leaks}"},
        timeout=300,
        check=False,
    )


def passed(*arguments, text=""):
    """What a call prints that has nothing to complain about."""
    done = run(*arguments, text=text)
    assert (done.returncode, done.stderr) == (OK, b"")
    return done.stdout.decode()


def complaint(*arguments, text="", status=FAILED):
    """What a call complains about that prints nothing else."""
    done = run(*arguments, text=text)
    assert (done.returncode, done.stdout) == (status, b"")
    return done.stderr.decode()


def rows_of(printed):
    """Scores and words of the jets in what `tag` prints, which has to number them from 0."""
    rows = [line.split(" ", 2) for line in printed.splitlines()]
    assert [row[0] for row in rows] == [str(i) for i in range(len(rows))]
    return np.array([row[1] for row in rows], np.float32), [row[2] for row in rows]


def assert_tagged(printed, scores, statuses):
    """What `tag` prints has these scores, to the last bit, and the words for these statuses."""
    found, words = rows_of(printed)
    assert words == [jettag.status_text(status) for status in statuses]
    assert np.array_equal(found, scores, equal_nan=True)


def as_text(momenta, offsets, classes=None):
    """Jets as `tag` reads them, with all digits."""
    columns = np.asarray(momenta).tolist()
    lines = [" ".join(map(repr, row)) for row in columns]
    if classes is not None:
        lines = [f"{line} {one}" for line, one in zip(lines, classes, strict=True)]
    jets = [lines[first:last] for first, last in itertools.pairwise(offsets)]
    return "".join("\n".join(jet) + "\n\n" for jet in jets)


@pytest.fixture(scope="module")
def jets():
    return shards.read(helpers.ROOT / "examples" / "data" / "toptag.npz").part(0, MANY)


@pytest.fixture(scope="module")
def few(jets):
    return jets.part(0, 6)


@pytest.fixture(scope="module")
def text(few):
    return as_text(few.momenta, few.offsets)


@pytest.fixture(scope="module")
def plain(text):
    """What the few jets give as they are."""
    printed = passed("tag", MODEL, text=text)
    assert len(printed.splitlines()) == 6
    return printed


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def bare(folder):
    """A model that says nothing about itself, without golden jets."""
    return helpers.random_model("lenet-28-i35-gf", folder)


@pytest.fixture(scope="module")
def colour(folder):
    return helpers.random_model("macaluso-shih-colour-cms", folder)


# --- tag: scores -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_scores_are_those_of_the_package(path, jets):
    model = jettag.load(path)
    # What a class is does not matter here, as long as both ways are told the same.
    classes = np.arange(len(jets.momenta), dtype=np.uint8) % 3 if model.info["needs_classes"] else None
    scores, statuses = model.tag(jets.jagged, classes, return_statuses=True)
    assert len(np.unique(scores)) > MANY / 2
    assert_tagged(passed("tag", path, text=as_text(jets.momenta, jets.offsets, classes)), scores, statuses)


@pytest.mark.parametrize("backend", BACKENDS)
def test_scores_of_a_backend(backend, few, text):
    scores, statuses = jettag.load(MODEL, backend=backend).tag(few.jagged, return_statuses=True)
    assert_tagged(passed("--backend", backend, "tag", MODEL, text=text), scores, statuses)
    assert f"\nbackend      {backend}: " in passed("--backend", backend, "info", MODEL)


def test_jets_from_a_file(tmp_path, text, plain):
    path = tmp_path / "jets.txt"
    path.write_text(text)
    assert passed("tag", MODEL, path) == plain
    assert passed("tag", MODEL, "-", text=text) == plain


def test_bad_jets_have_words_instead_of_a_score(few, text):
    momenta, offsets = few.momenta.copy(), few.offsets
    momenta[offsets[1], 0] = np.nan
    momenta[offsets[2], 1] = -np.inf
    momenta[offsets[3], 3] = -1
    scores, statuses = jettag.load(MODEL).tag((momenta, offsets), return_statuses=True)
    printed = passed("tag", MODEL, text=as_text(momenta, offsets) + "1 2 3 4\n")
    assert_tagged(printed, np.append(scores, np.nan), [*statuses, 3])
    found, words = rows_of(printed)
    assert np.isnan(found).tolist() == [False, True, True, True, False, False, True]
    assert "finite" in words[1] and "finite" in words[2]
    assert "negative energy" in words[3] and "too few" in words[6]


# --- tag: the text ---------------------------------------------------------------------------------------------------

SPELLINGS = {
    "tabs": lambda text: text.replace(" ", "\t"),
    "commas": lambda text: text.replace(" ", ", "),
    "more blanks": lambda text: re.sub(r"(?m)^(?=.)", " \t", text).replace(" ", "   "),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "exponents": lambda text: re.sub(r"\S+", lambda number: f"{float(number[0]):.17e}", text),
    "comment first": lambda text: "# px py pz E\n" + text,
    "comments behind constituents": lambda text: re.sub(r"(?m)(?<=.)$", "# 1 2 3", text),
    "lines of comment within jets": lambda text: re.sub(r"(?m)^(?=.)", "# x\n \t# y\n", text),
    "lines of comment between jets": lambda text: text.replace("\n\n", "\n# x\n\n# y\n"),
    "more empty lines": lambda text: "\n\n" + text.replace("\n\n", "\n\n\n\n"),
    "blanks for an empty line": lambda text: text.replace("\n\n", "\n \t \n"),
    "commas for an empty line": lambda text: text.replace("\n\n", "\n,,\n"),
    "no empty line at the end": lambda text: text[:-1],
    "no line end at the end": lambda text: text[:-2],
}


@pytest.mark.parametrize("name", sorted(SPELLINGS))
def test_the_same_jets_spelt_otherwise(name, text, plain):
    spelt = SPELLINGS[name](text)
    assert spelt != text
    assert passed("tag", MODEL, text=spelt) == plain


@pytest.mark.parametrize("nothing", ["", "\n", "\n \n\n", "# no jets\n", "# none", "\n# none\n\n"])
def test_no_jets(nothing):
    assert passed("tag", MODEL, text=nothing) == ""


def test_a_line_of_comment_does_not_end_a_jet(text):
    one = text.replace("\n\n", "\n# here\n")
    assert len(passed("tag", MODEL, text=one).splitlines()) == 1


# --- tag: classes ----------------------------------------------------------------------------------------------------


def test_classes(colour):
    jets = jets_data.load("cms")
    assert set(jets.classes.tolist()) == {0, 1, 2}
    scores, statuses = jettag.load(colour).tag((jets.momenta, jets.offsets), jets.classes, return_statuses=True)
    assert not statuses.any() and len(np.unique(scores)) > len(scores) / 2
    text = as_text(jets.momenta, jets.offsets, jets.classes)
    assert_tagged(passed("tag", colour, text=text), scores, statuses)
    others = jettag.load(colour).tag((jets.momenta, jets.offsets), np.zeros_like(jets.classes))
    assert not np.array_equal(others, scores)


def test_classes_that_are_not_needed(text, plain):
    assert passed("tag", MODEL, text=re.sub(r"(?m)(?<=.)$", " 1", text)) == plain


def test_a_colour_model_needs_classes(colour, text):
    with pytest.raises(jettag.ArgumentError, match="class") as caught:
        jettag.load(colour).tag((np.ones((4, 4)), [0, 4]))
    assert complaint("tag", colour, text=text) == f"jettag: {caught.value}\n"


@pytest.mark.parametrize("unknown", ["3", "-1", "1.5", "255", "256", "257", "1e300", "nan", "inf"])
def test_unknown_classes(unknown, colour, few):
    classes = ["0"] * few.offsets[-1]
    classes[few.offsets[2]] = unknown
    _, words = rows_of(passed("tag", colour, text=as_text(few.momenta, few.offsets, classes)))
    assert words == [jettag.status_text(5 if i == 2 else 0) for i in range(len(few))]


# --- tag: lines it refuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1", FORM),
        ("1 2 3", FORM),
        ("1 2 3 4 0 0", FORM),
        ("1 2 3 4 0 0 0", FORM),
        ("1 2 3 # 4", FORM),
        ("px py pz E", FORM),
        ("1 2 3 x", FORM),
        ("1 2 3 4x", FORM),
        ("1 2 3 4 track", FORM),
        ("1;2;3;4", FORM),
        ("1 2 3 4;", FORM),
        ("1 2 3 0.4D+01", FORM),
        ("1 2 3 \N{ARABIC-INDIC DIGIT FOUR}", FORM),
        ("1 2 3 4 1", MIXED),
        ("1 2 3 4 #" + "x" * 2000, "the line is too long"),
        ("#" * 2000, "the line is too long"),
        ("1.2.3 4 5", FORM),
        ("1 2 3 4\0", "the line has a NUL byte"),
        ("\0001 2 3 4", "the line has a NUL byte"),
    ],
)
def test_bad_lines_are_named(line, words, text, tmp_path):
    before = "# the first line\n" + text
    number = before.count("\n") + 1
    spoilt = f"{before}{line}\n{text}"
    assert complaint("tag", MODEL, text=spoilt) == f"jettag: standard input:{number}: {words}\n"
    path = tmp_path / "jets.txt"
    path.write_text(spoilt)
    assert complaint("tag", MODEL, path) == f"jettag: {path}:{number}: {words}\n"


@pytest.mark.parametrize("n", [1, 1023, (1024), 1025])
def test_classes_here_and_none_there_are_named(n, jets):
    part = jets.part(0, n)
    without = as_text(part.momenta, part.offsets)
    classes = as_text(part.momenta, part.offsets, np.ones(part.offsets[-1], int))
    number = without.count("\n") + 1
    words = f"jettag: standard input:{number}: {MIXED}\n"
    for before, after in ((without, "1 2 3 4 1"), (classes, "1 2 3 4")):
        done = run("tag", MODEL, text=f"{before}{after}\n")
        assert (done.returncode, done.stderr.decode()) == (FAILED, words)


def test_lines_are_counted_past_the_first_thousand_jets(jets):
    before = as_text(jets.momenta, jets.offsets)
    done = run("tag", MODEL, text=f"{before}1 2 3\n")
    number = before.count("\n") + 1
    assert (done.returncode, done.stderr.decode()) == (FAILED, f"jettag: standard input:{number}: {FORM}\n")
    # What is printed before the end is right.
    found, _ = rows_of(done.stdout.decode())
    assert np.array_equal(found, jettag.load(MODEL).tag(jets.jagged)[: len(found)])


def test_the_longest_line(few):
    longest = re.sub(r"(?m)(?<=.)$", " #", as_text(few.momenta, few.offsets))
    longest = "".join(line.ljust(1022, "x") + "\n" if line else "\n" for line in longest.splitlines())
    assert_tagged(passed("tag", MODEL, text=longest), jettag.load(MODEL).tag(few.jagged), [0] * len(few))


# --- bench -----------------------------------------------------------------------------------------------------------


def timings(printed):
    """What `bench` measured: its first line, and (what, batch) with median, least and 99th percentile."""
    first, head, *rows = printed.splitlines()
    assert head.split() == ["us", "per", "jet", "batch", "median", "least", "99", "%", "jets/s", "calls"]
    found = {}
    for row in rows:
        *what, batch, median, least, slowest, rate, calls = row.split()
        assert 0.0 < float(least) <= float(median) <= float(slowest) and int(calls) >= 20
        # Printed in whole jets, which is more than 1 % of few.
        assert float(rate) == pytest.approx(1e6 / float(median), rel=0.01, abs=0.6)
        found[" ".join(what), int(batch)] = float(median)
    return first, found


def test_bench_of_made_up_jets():
    first, found = timings(passed("bench", MODEL))
    assert first.startswith("effnet-s0-i35-gf ") and " one thread, 512 made-up jets, " in first
    assert list(found) == [(what, n) for what in ("from constituents", "network alone") for n in (1, 16, 100)]
    # Features take several times as long as the network.
    assert found["from constituents", 16] > found["network alone", 16]


def test_bench_of_jets(colour, tmp_path):
    jets = jets_data.load("cms")
    path = tmp_path / "jets.txt"
    n, last = 40, int(jets.offsets[40])
    path.write_text(as_text(jets.momenta[:last], jets.offsets[: n + 1], jets.classes[:last]))
    for arguments, text in ((["bench", colour, path], ""), (["bench", colour, "-"], path.read_text())):
        first, found = timings(passed(*arguments, text=text))
        assert f", {n} jets, {last / n:.1f} constituents on average" in first
        assert list(found) == [(what, n) for what in ("from constituents", "network alone") for n in (1, 16)]


def test_bench_without_jets_or_classes(colour, text, tmp_path):
    assert complaint("bench", MODEL, "-", text="\n# none\n") == "jettag: standard input: there is no jet in it\n"
    nothing = tmp_path / "nothing.txt"
    assert complaint("bench", MODEL, nothing) == f"jettag: {nothing}: No such file or directory\n"
    with pytest.raises(jettag.ArgumentError, match="class") as caught:
        jettag.load(colour).tag((np.ones((4, 4)), [0, 4]))
    assert complaint("bench", colour, "-", text=text) == f"jettag: {caught.value}\n"
    assert FORM in complaint("bench", MODEL, "-", text="1 2 3\n")


# --- Files that are not there or not right ---------------------------------------------------------------------------


def test_jets_that_cannot_be_read(tmp_path):
    nothing = tmp_path / "nothing.txt"
    assert complaint("tag", MODEL, nothing) == f"jettag: {nothing}: No such file or directory\n"
    assert complaint("tag", MODEL, tmp_path) == f"jettag: {tmp_path}:0: Is a directory\n"


def resealed(data, old, new):
    """A model file with other words, as many, in its header, whose checksums are right."""
    assert data.count(old) == 1 and len(old) == len(new)
    data = bytearray(data.replace(old, new))
    length = int.from_bytes(data[16:24], "little")
    data[40:44] = crc32c(bytes(data[64 : 64 + length])).to_bytes(4, "little")
    data[48:52] = crc32c(bytes(data[:48])).to_bytes(4, "little")
    return bytes(data)


@pytest.fixture(scope="module", params=["missing", "folder", "empty", "junk", "cut", "damaged", "wrong key"])
def wrong(request, folder, bare):
    """Path of a model file that is not right, and how a complaint goes on after its path."""
    path = folder / f"wrong {request.param}.jtm"
    data = bare.read_bytes()
    if request.param == "folder":
        path.mkdir()
    elif request.param != "missing":
        path.write_bytes(
            {
                "empty": b"",
                "junk": b"not a model file" * 10,
                "cut": data[:-64],
                "damaged": data[:-1000] + bytes([data[-1000] ^ 1]) + data[-999:],
                "wrong key": resealed(data, b'"max_constituents":200', b'"max_constituents":  3'),
            }[request.param]
        )
    starts = {"missing": "cannot open", "junk": "byte 0: ", "damaged": "byte ", "wrong key": "image.max_constituents: "}
    return path, starts.get(request.param, "")


@pytest.mark.parametrize("command", ["tag", "bench", "info", "selftest"])
def test_wrong_models(command, wrong, text):
    path, start = wrong
    with pytest.raises(jettag.ModelFileError) as caught:
        jettag.load(path)
    words = complaint(command, path, text=text)
    assert words == f"jettag: {path}: {caught.value}\n"
    assert words.startswith(f"jettag: {path}: {start}")


def test_unknown_backend_names_those_there_are(text):
    words = complaint("--backend", "abacus", "tag", MODEL, text=text)
    assert words.startswith(f"jettag: {MODEL}: ") and "abacus" in words
    assert all(row["name"] in words for row in jettag.backends())


# --- info, selftest, backends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["zoo", "constituents", "colour", "bare"])
def test_info(which, request):
    zoo = {"zoo": MODEL, "constituents": MODEL.with_name("constituents-gf.jtm")}
    path = zoo[which] if which in zoo else request.getfixturevalue(which)
    i = jettag.load(path).info
    image = "image        {}, {} x {} x {}, network sees {} x {} x {}".format(
        i["recipe"], *i["recipe_shape"], *i["image_shape"]
    )
    assert i["reads_image"] == (which != "constituents")
    assert passed("info", path).splitlines() == [
        f"{i['name']} {i['version']} ({i['created']}), {i['licence']}",
        i["description"],
        *([image] if i["reads_image"] else []),
        f"features     {i['n_features']}",
        *(
            ["singles      64 constituents, 6 columns", "pairs        496, 4 columns"]
            if which == "constituents"
            else []
        ),
        f"constituents {i['min_constituents']} .. the hardest {i['max_constituents']}"
        + (", with classes" if i["needs_classes"] else ""),
        f"network      {i['n_layers']} layers, {i['n_parameters']} parameters, {i['multiply_adds']} multiply-adds",
        f"trained on   {i['trained_jets']} jets, {i['trained_epochs']:g} epochs; {i['sample']}",
        f"reaches      accuracy {i['accuracy']:.4f}, AUC {i['auc']:.4f}, rejection {i['rejection_50']:.0f} at 50 % "
        f"and {i['rejection_30']:.0f} at 30 %",
        f"limits       {i['limits']}",
        f"cite         {i['citation']}",
        f"backend      {i['backend']}: {i['backend_reason']}",
    ]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("path", helpers.SHIPPED, ids=lambda path: path.stem)
def test_selftest(path, backend):
    largest = jettag.load(path, backend=backend).selftest()
    assert passed("--backend", backend, "selftest", path) == f"ok: largest difference {largest:.2g}\n"


def test_selftest_notices_a_changed_weight(folder):
    changed = jtm.read(MODEL)
    name = next(name for name in changed.tensors if name.endswith(".bias"))
    changed.tensors[name] = changed.tensors[name] + np.float32(0.3)
    path = folder / "changed.jtm"
    jtm.write(path, changed)
    assert re.fullmatch(
        r"jettag: golden jet \d+ has score [\d.e-]+ here and [\d.e-]+ in the file\n", complaint("selftest", path)
    )


def test_selftest_without_golden_jets(bare):
    assert complaint("selftest", bare) == "jettag: the model has no golden jets\n"


def test_backends():
    expected = []
    for row in jettag.backends():
        state = f"available {row['version']}" if row["available"] else f"not available: {row['reason']}"
        expected += [f"{row['name']:10s} {state}"] + ([" " * 11 + row["notes"]] if row["notes"] else [])
    assert len(expected) >= 3
    assert passed("backends").splitlines() == expected


# --- Options and misuse ----------------------------------------------------------------------------------------------


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
def test_a_full_disk_is_noticed_by_tag(times, text):
    with FULL.open("wb") as full:
        done = run("tag", MODEL, text=text * times, stdout=full)
    assert (done.returncode, done.stderr) == (FAILED, b"jettag: writing scores: No space left on device\n")


@needs_full
@pytest.mark.parametrize("arguments", [["info", MODEL], ["selftest", MODEL], ["backends"], ["--version"], ["--help"]])
def test_a_full_disk_is_noticed_by_every_command(arguments):
    with FULL.open("wb") as full:
        done = run(*arguments, stdout=full)
    assert done.returncode == FAILED
    assert done.stderr.startswith(b"jettag: ") and b"No space left on device" in done.stderr
