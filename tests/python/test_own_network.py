"""`python -m models.from_onnx`, and every line of docs/own-network.md."""

import re
import shlex
import subprocess
from importlib.util import find_spec

import numpy as np
import onnx
import onnxruntime
import pytest

import jettag
import models_helpers as helpers
import onnx_graphs
from models import from_onnx, jtm, own
from models.datasets import shards
from models.export import Statistics, network_of
from models.networks import NETWORKS, Network
from models.onnx_writer import to_onnx
from tool_helpers import TOOL

TOLERANCE = 1e-5
PAGE = helpers.ROOT / "docs" / "own-network.md"
ZOO = helpers.ROOT / "models" / "zoo"
LIKE = ZOO / "lenet-28-i35-gf.jtm"
SMALL = [
    {"name": "conv", "kind": "conv2d", "inputs": ["image"], "channels": 4, "kernel": [5, 5], "padding": "valid"},
    {"name": "average", "kind": "global_average", "inputs": ["conv"]},
    {"name": "logits", "kind": "dense", "inputs": ["average"], "units": 2},
]


@pytest.fixture(scope="module")
def sample():
    return shards.read(shards.SAMPLE)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A shipped model as ONNX, in a folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    model = jtm.read(LIKE)
    onnx.save(to_onnx(network_of(model), model.tensors), "net.onnx")
    return model


def small(image, units=2, seed=3):
    layers = [*SMALL[:2], {**SMALL[2], "units": units}]
    network = Network("small", "", image, False, 0, layers)
    return network, helpers.random_tensors(network, seed)


def run(*words):
    return from_onnx.main([str(word) for word in words])


def complaint(capsys, *words):
    capsys.readouterr()
    assert run(*words, "--out", "out.jtm") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert not list(shards.SAMPLE.parent.glob("*.part")) and not (helpers.ROOT / "out.jtm").exists()
    return said.err


def selftest(path):
    return subprocess.run([TOOL, "selftest", path], capture_output=True, text=True, check=False)


def test_like_another_model(stored, sample, capsys):
    assert run("net.onnx", "--like", LIKE, "--out", "mine.jtm") == 0
    said = capsys.readouterr().out
    assert "input features: features 53" in said and "1000 jets: largest difference from ONNX Runtime" in said
    jets = sample.part(0, 300)
    found = jettag.load("mine.jtm").tag(jets.jagged)
    assert np.abs(found - jettag.load(LIKE).tag(jets.jagged)).max() <= TOLERANCE
    mine = jtm.read("mine.jtm")
    for name in ("image.mean", "image.deviation", "features.mean", "features.deviation"):
        assert np.array_equal(mine.tensors[name], stored.tensors[name])
    assert (mine.header["name"], mine.header["licence"]) == ("mine", "NOASSERTION")
    assert "working_points" not in mine.header and "ONNX Runtime" in mine.header["card"]["framework"]


def test_the_self_test_compares_with_onnx_runtime(stored, sample):
    assert run("net.onnx", "--like", LIKE, "--out", "mine.jtm") == 0
    assert selftest("mine.jtm").stdout.startswith("ok")
    # By hand: the golden jets through the library's inputs and a session of our own.
    mine = jtm.read("mine.jtm")
    offsets = np.array(mine.header["golden"]["offsets"])
    images, features, _ = jettag.load("mine.jtm").network_inputs((mine.tensors["golden.momenta"], offsets))
    session = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
    scores = session.run(["scores"], {"image": images, "features": features})[0][:, 1]
    assert len(scores) == 16 and np.ptp(scores) > 0.5
    np.testing.assert_allclose(mine.header["golden"]["scores"], scores, rtol=0, atol=1e-6)
    # Other scores in the file are noticed.
    mine.header["golden"]["scores"][3] += 1e-3 if scores[3] < 0.5 else -1e-3
    jtm.write("other.jtm", mine)
    assert selftest("other.jtm").returncode != 0


def test_a_recipe_statistics_and_working_points(stored, sample, capsys):
    """The same inputs said in numbers give the same scores; numbers of the card are those of the metrics."""
    t = stored.tensors
    np.savez(
        "s.npz",
        image_mean=t["image.mean"],
        image_deviation=t["image.deviation"],
        feature_mean=t["features.mean"],
        feature_deviation=t["features.deviation"],
    )
    some = sample.part(0, 600)
    np.savez("jets.npz", momenta=some.momenta, offsets=some.offsets, labels=some.labels)
    words = ["--image", "A35", "--crop", 3, 3, 28, 28, "--statistics", "s.npz", "--jets", "jets.npz"]
    words += [
        "--measure",
        "some jets",
        "--name",
        "again",
        "--licence",
        "MIT",
        "--model-version",
        "2",
        "--description",
        "x",
    ]
    assert run("net.onnx", *words, "--out", "mine.jtm") == 0
    assert "auc 0.9" in capsys.readouterr().out
    model, original = jettag.load("mine.jtm"), jettag.load(LIKE)
    scores = original.tag(some.jagged)
    assert np.abs(model.tag(some.jagged) - scores).max() <= TOLERANCE
    header = model.info["header"]
    assert (header["name"], header["licence"], header["version"]) == ("again", "MIT", "2")
    assert header["card"]["test_jets"] == 600 and header["card"]["sample"] == "some jets"
    tops = scores[some.labels == 1]
    assert np.mean(tops >= model.threshold(0.5)) == pytest.approx(0.5, abs=0.01)
    assert np.mean((scores >= 0.5) == (some.labels == 1)) == pytest.approx(header["card"]["accuracy"], abs=0.005)


def test_an_image_of_ones_own(sample, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = {**NETWORKS["lenet-28-i35"].image, "recipe": "mine", "bins": [20, 24], "width": [1.6, 2.0]}
    del section["crop"]
    network, tensors = small(section)
    onnx.save(to_onnx(network, tensors), "net.onnx")
    (tmp_path / "image.json").write_text(str(section).replace("'", '"'))
    assert run("net.onnx", "--image", "image.json", "--resize", 20, 24, "--out", "mine.jtm") == 0
    model = jettag.load("mine.jtm")
    assert model.info["recipe_shape"] == (3, 20, 24) and selftest("mine.jtm").returncode == 0
    assert "mean" not in model.info["header"]["image"]


@pytest.mark.parametrize("jets", ["jets", 7])
def test_graphs_as_tensorflow_writes_them(sample, tmp_path, monkeypatch, jets):
    """Channels last, seven jets at a time or any number, one output."""
    monkeypatch.chdir(tmp_path)
    nodes = [
        ("Transpose", "image_last", "x", {"perm": [0, 3, 1, 2]}),
        ("Conv", "x w", "c", {"strides": [3, 3]}),
        ("Transpose", "c", "l", {"perm": [0, 2, 3, 1]}),
        ("Reshape", "l sides", "f"),
        ("MatMul", "f m", "z"),
        ("Sigmoid", "z", "out"),
    ]
    weights = onnx_graphs.weights(w=(4, 3, 4, 4), m=(324, 1))
    weights |= {"m": weights["m"] / 100, "sides": np.array([-1, 324], np.int64)}
    inputs = {"image_last": (jets, 28, 28, 3)}
    onnx.save(onnx_graphs.graph(nodes, weights, inputs, (jets, 1)), "net.onnx")
    words = ["net.onnx", "--image", "A35", "--crop", 3, 3, 28, 28, "--compare", 100]
    assert run(*words, "--out", "mine.jtm") == 0
    some = sample.part(0, 7)
    model = jettag.load("mine.jtm")
    images, _, _ = model.network_inputs(some.jagged)
    expected = onnxruntime.InferenceSession("net.onnx").run(None, {"image_last": images.transpose(0, 2, 3, 1)})[0][:, 0]
    assert np.ptp(expected) > 0.01 and np.abs(model.tag(some.jagged) - expected).max() <= TOLERANCE
    assert run(*words, "--classes", "top,qcd", "--out", "other.jtm") == 0
    assert np.abs(jettag.load("other.jtm").tag(some.jagged) - (1 - expected)).max() <= TOLERANCE


def test_colour_images_need_classes(sample, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    network, tensors = small(NETWORKS["macaluso-shih-colour-cms"].image)
    onnx.save(to_onnx(network, tensors), "net.onnx")
    assert "the image has classes of constituents" in complaint(capsys, "net.onnx", "--image", "B37-colour")
    some = sample.part(0, 200)
    jets = {"momenta": some.momenta, "offsets": some.offsets, "labels": some.labels}
    np.savez("grey.npz", **jets)
    assert "no classes" in complaint(capsys, "net.onnx", "--image", "B37-colour", "--jets", "grey.npz")
    np.savez("colour.npz", **jets, classes=np.arange(len(some.momenta)) % 3)
    assert run("net.onnx", "--image", "B37-colour", "--jets", "colour.npz", "--out", "mine.jtm") == 0
    assert selftest("mine.jtm").returncode == 0


def test_classes_in_another_order(sample, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    network, tensors = small(NETWORKS["lenet-28-i35"].image, 3)
    onnx.save(to_onnx(network, tensors), "net.onnx")
    words = ["net.onnx", "--image", "A35", "--crop", 3, 3, 28, 28]
    assert run(*words, "--classes", "w,top,qcd", "--out", "mine.jtm") == 0
    model = jettag.load("mine.jtm")
    jets = sample.part(0, 50)
    images, _, _ = model.network_inputs(jets.jagged)
    scores = onnxruntime.InferenceSession("net.onnx").run(["scores"], {"image": images})[0]
    assert np.abs(model.tag(jets.jagged) - scores[:, 1]).max() <= TOLERANCE < np.abs(scores[:, 1] - scores[:, 2]).max()
    assert "3 outputs, so 3 classes are due" in complaint(capsys, *words)
    assert "one of them top" in complaint(capsys, *words, "--classes", "a,b,c")


def test_errors_of_the_command(stored, sample, tmp_path, capsys):
    like = ["net.onnx", "--like", LIKE]
    image = ["net.onnx", "--image", "A35", "--crop", 3, 3, 28, 28]
    assert "go with --image" in complaint(capsys, *like, "--resize", 28, 28)
    assert "no recipe of A35" in complaint(capsys, "net.onnx", "--image", "Z9")
    assert "input features (?, 53) is none of what" in complaint(capsys, *image)
    assert "--jets is needed: --measure" in complaint(capsys, *like, "--measure", "x")
    assert "NAME=image" in complaint(capsys, *like, "--input", "x")
    assert "No such file" in complaint(capsys, "missing.onnx", "--like", LIKE)
    (tmp_path / "text.onnx").write_text("x")
    assert "text.onnx: not a valid ONNX model" in complaint(capsys, "text.onnx", "--like", LIKE)
    (tmp_path / "image.json").write_text("[]")
    assert "not a section `image`" in complaint(capsys, "net.onnx", "--image", "image.json")
    few = sample.part(0, 5)
    np.savez("few.npz", momenta=few.momenta, offsets=few.offsets, labels=few.labels)
    assert "8 are needed" in complaint(capsys, *like, "--jets", "few.npz")
    for arrays, words in (
        ({"mean": 1}, "mean; the arrays are image_mean"),
        ({"image_mean": np.zeros(3)}, "either both or none"),
        ({"feature_mean": [0], "feature_deviation": [1], "feature_names": ["nothing"]}, "there is no feature nothing"),
        ({"image_mean": np.zeros((3, 4, 4)), "image_deviation": np.ones((3, 4, 4))}, "has the shape"),
    ):
        np.savez("s.npz", **arrays)
        assert words in complaint(capsys, *like, "--statistics", "s.npz")
    assert not (tmp_path / "out.jtm").exists()


def test_all_unreadable_nodes_are_named_and_nothing_is_written(stored, tmp_path, capsys):
    proto = onnx.load("net.onnx")
    for node in proto.graph.node:
        if node.op_type == "Relu":
            node.op_type, node.name = "Elu", f"elu_{node.output[0]}"
    onnx.save(proto, "net.onnx")
    said = complaint(capsys, "net.onnx", "--like", LIKE)
    assert said.startswith("net.onnx: 4 nodes cannot be read:\n") and said.count("(Elu): jettag has no such layer") == 4
    assert not (tmp_path / "out.jtm").exists()


def test_other_scores_than_the_librarys_are_refused(sample, tmp_path):
    network, tensors = small(NETWORKS["lenet-28-i35"].image)
    with pytest.raises(ValueError, match="the library's scores differ from those of a coin by up to"):
        own.save(
            tmp_path / "out.jtm",
            network,
            tensors,
            Statistics(),
            lambda images, rows: np.full(len(images), 0.5),
            sample.part(0, 40),
            framework="a coin",
        )
    assert not list(tmp_path.iterdir())


# --- the page ---------------------------------------------------------------------------------------------------------


def steps():
    """Blocks of code and commands of the page, in order."""
    text = PAGE.read_text()
    found = re.findall(r"^```python\n(.*?)^```|^    ((?:python -m|build/jettag) [^\n]*)$", text, re.M | re.S)
    assert [bool(code) for code, _ in found] == [True, False, False, True, False, False, True, False, True]
    return found


def test_the_commands_of_the_page_are_known():
    for _, command in steps():
        words = shlex.split(command)
        if words[:3] == ["python", "-m", "models.from_onnx"]:
            from_onnx.parser().parse_args(words[3:])
    for option in re.findall(r"`(--[a-z-]+)", PAGE.read_text()):
        assert option in from_onnx.parser().format_help() or option == "--tests"


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed")
@pytest.mark.filterwarnings("ignore")
def test_the_page(tmp_path, monkeypatch, capsys):
    import torch

    torch.set_num_threads(1)
    monkeypatch.chdir(tmp_path)
    for name in ("examples", "models"):
        (tmp_path / name).symlink_to(helpers.ROOT / name)
    names = {}
    for code, command in steps():
        if code:
            exec(compile(code, str(PAGE), "exec"), names)
            continue
        words = shlex.split(command)
        if words[0] == "python":
            assert run(*words[3:]) == 0, capsys.readouterr().err
        else:
            subprocess.run([TOOL, *words[1:]], check=True, stdout=subprocess.DEVNULL)
    assert names["difference"] <= TOLERANCE and names["checked"].difference <= TOLERANCE
    jets, test = names["jets"], shards.usable(names["test"])
    with torch.no_grad():
        both = torch.sigmoid(names["both"](names["seen"], names["features"]))[:, 0].numpy()
    assert np.abs(jettag.load("both.jtm").tag(jets.jagged) - both).max() <= TOLERANCE
    for name in ("mine", "both", "direct"):
        model = jettag.load(f"{name}.jtm")
        # They have learnt something, on jets that they have not seen.
        scores = model.tag(test.jagged)
        tops = test.labels == 1
        assert np.median(scores[tops]) > np.median(scores[~tops]) + 0.1
        assert model.selftest() <= TOLERANCE
    info = jettag.load("mine.jtm").info["header"]
    assert (info["name"], info["licence"], info["card"]["test_jets"]) == ("small-35", "CC-BY-4.0", len(test))
    assert 0 < jettag.load("mine.jtm").threshold(0.5) < 1
