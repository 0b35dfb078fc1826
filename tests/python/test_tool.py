"""The command line tool as its users call it: what it prints of jets and models, what it complains about."""

import re

import numpy as np
import pytest

import jets_data
import jettag
import models_helpers as helpers
from models import jtm
from models.crc32c import crc32c
from models.datasets import shards
from tool_helpers import FAILED, FORM, MODEL, as_text, complaint, passed, run

ZOO = sorted((helpers.ROOT / "models" / "zoo").glob("*.jtm"))
BACKENDS = [row["name"] for row in jettag.backends() if row["available"]]
# More than the tool reads at a time.
MANY = 1500

MIXED = "some constituents have a class and some have none"


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
