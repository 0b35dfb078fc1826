"""The Python package as its users call it: forms of jets, errors in words, threads."""

import os
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

import jets_data
import jettag
import models_helpers as helpers
from models import jtm
from models.networks import NETWORKS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def model(folder):
    return jettag.load(helpers.random_model("lenet-28-i35-gf", folder))


@pytest.fixture(scope="module")
def jets():
    return jets_data.load("toptag")


@pytest.fixture(scope="module")
def expected(model, jets):
    scores = model.tag((jets.momenta, jets.offsets))
    assert np.isfinite(scores).all()
    return scores


def test_scores_are_float32_in_0_to_1(expected, jets):
    assert expected.dtype == np.float32
    assert expected.shape == (len(jets.labels),)
    assert (expected >= 0).all() and (expected <= 1).all()


def test_padded_jets(model, jets, expected):
    assert np.array_equal(model.tag(jets_data.padded(jets)), expected)
    strided = np.zeros((len(expected), 200, 8))
    strided[..., ::2] = jets_data.padded(jets)
    assert np.array_equal(model.tag(strided[..., ::2]), expected)


def test_strided_and_fortran_momenta(model, jets, expected):
    wide = np.zeros((len(jets.momenta), 7))
    wide[:, 1:5] = jets.momenta
    assert np.array_equal(model.tag((wide[:, 1:5], jets.offsets)), expected)
    assert np.array_equal(model.tag((np.asfortranarray(jets.momenta), jets.offsets)), expected)
    assert np.array_equal(model.tag((jets.momenta.tolist(), jets.offsets.tolist())), expected)


def test_float32_momenta_are_their_float64_values(model, jets):
    single = jets.momenta.astype(np.float32)
    assert np.array_equal(model.tag((single, jets.offsets)), model.tag((single.astype(float), jets.offsets)))


def test_byte_order(model, jets, expected):
    assert np.array_equal(model.tag((jets.momenta.astype(">f8"), jets.offsets.astype(">i8"))), expected)


def test_order_of_constituents_does_not_matter(model, jets, expected):
    rng = np.random.default_rng(3)
    shuffled = jets.momenta.copy()
    for first, last in zip(jets.offsets[:20], jets.offsets[1:21], strict=True):
        shuffled[first:last] = rng.permutation(shuffled[first:last])
    assert np.abs(model.tag((shuffled, jets.offsets))[:20] - expected[:20]).max() < 1e-5


def test_no_jets(model):
    assert model.tag((np.zeros((0, 4)), [0])).shape == (0,)
    assert model.tag(np.zeros((0, 200, 4))).shape == (0,)
    assert jettag.features((np.zeros((0, 4)), [0])).shape == (0, 53)


def test_bad_jets_have_statuses(model, jets, expected):
    momenta = jets.momenta.copy()
    momenta[jets.offsets[2]] = np.nan
    momenta[jets.offsets[5], 3] = -1
    offsets = jets.offsets
    scores, statuses = model.tag((momenta, offsets), return_statuses=True)
    assert np.isnan(scores[[2, 5]]).all()
    words = [jettag.status_text(status) for status in statuses]
    assert "finite" in words[2] and "energy" in words[5].lower()
    good = np.setdiff1d(np.arange(len(scores)), [2, 5])
    assert np.array_equal(scores[good], expected[good])
    assert not statuses[good].any()
    few, statuses = model.tag((jets.momenta[:3], [0, 3]), return_statuses=True)
    assert np.isnan(few[0]) and "constituents" in jettag.status_text(statuses[0])


@pytest.mark.parametrize(
    ("jets", "words"),
    [
        ((np.ones((4, 3)), [0, 4]), r"shape \(N, 4\)"),
        ((np.ones((4, 4)), [0, 5]), "end at constituent 5"),
        ((np.ones((4, 4)), [0, 3, 2]), "fall"),
        ((np.ones((4, 4)), [-1, 3]), "below 0"),
        ((np.ones((4, 4)), [0.0, 4.0]), "integers"),
        ((np.ones((4, 4)), []), "offsets"),
        ((np.ones((4, 4)),), "tuple of 1"),
        (np.ones((4, 4)), "padded array"),
        (np.full((1, 4, 4), "x"), "numbers"),
        ((np.zeros((0, 4)), [0, 4]), "no constituents"),
    ],
)
def test_wrong_jets_are_refused_in_words(model, jets, words):
    with pytest.raises(jettag.ArgumentError, match=words):
        model.tag(jets)


def test_wrong_images_are_refused_in_words(model):
    images = np.zeros((2, 3, 28, 28), np.float32)
    with pytest.raises(jettag.ArgumentError, match="images must have shape"):
        model.tag_images(images[:, :2], np.zeros((2, 53)))
    with pytest.raises(jettag.ArgumentError, match="features must have shape"):
        model.tag_images(images, np.zeros((2, 52)))
    with pytest.raises(jettag.ArgumentError, match="needs features"):
        model.tag_images(images)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_images_that_overflow_have_no_score(model, value):
    images, features = np.zeros((3, 3, 28, 28), np.float32), np.zeros((3, 53), np.float32)
    images[1] = value
    scores = model.tag_images(images, features)
    assert np.isnan(scores[1]) and np.isfinite(scores[[0, 2]]).all()


def test_network_inputs_then_images(model, jets, expected):
    images, features, statuses = model.network_inputs((jets.momenta, jets.offsets))
    assert images.shape == (len(expected), 3, 28, 28) and features.shape == (len(expected), 53)
    assert not statuses.any()
    assert np.array_equal(model.tag_images(images, features), expected)


def test_threads_give_the_same_bits(model, jets, expected):
    results = [None] * 8

    def work(i):
        results[i] = model.tag((jets.momenta, jets.offsets))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(result, expected) for result in results)


def test_threads_of_the_library_give_the_same_bits(folder, jets, expected):
    shared = jettag.load(folder / "lenet-28-i35-gf.jtm", threads=2)
    assert np.array_equal(shared.tag((jets.momenta, jets.offsets)), expected)
    with pytest.raises(jettag.ArgumentError, match="threads is -1"):
        jettag.load(folder / "lenet-28-i35-gf.jtm", threads=-1).tag((jets.momenta, jets.offsets))


def test_info(model):
    info = model.info
    assert info["name"] == "lenet-28-i35-gf"
    assert info["image_shape"] == (3, 28, 28)
    assert info["recipe"] == "A35" and info["recipe_shape"] == (3, 35, 35)
    assert info["n_parameters"] == 484758
    assert info["features"] == list(jettag.FEATURES)
    assert info["header"]["layers"] == NETWORKS["lenet-28-i35-gf"].layers
    assert "lenet-28-i35-gf" in repr(model)


def test_missing_and_wrong_files(tmp_path):
    with pytest.raises(jettag.ModelFileError, match=r"nothing\.jtm"):
        jettag.load(tmp_path / "nothing.jtm")
    junk = tmp_path / "junk.jtm"
    junk.write_bytes(b"not a model file" * 10)
    with pytest.raises(jettag.ModelFileError) as caught:
        jettag.load(junk)
    assert caught.value.offset == 0


def test_unknown_backend_names_those_there_are(model, folder):
    with pytest.raises(jettag.BackendError, match=r"auto.*reference"):
        jettag.load(folder / "lenet-28-i35-gf.jtm", backend="abacus")


def test_backends_say_why_not():
    rows = {row["name"]: row for row in jettag.backends()}
    assert rows["reference"]["available"]
    assert all(row["available"] or len(row["reason"]) > 10 for row in rows.values())


def test_no_working_points_is_an_error(model):
    assert model.working_points.shape == (0, 4)
    with pytest.raises(jettag.ArgumentError, match="signal efficiency"):
        model.threshold(0.5)


def test_selftest_notices_a_changed_weight(folder):
    zoo = sorted((helpers.ROOT / "models" / "zoo").glob("*.jtm"))
    if not zoo:
        pytest.skip("no trained model")
    stored = jtm.read(zoo[0])
    assert jettag.load(zoo[0]).selftest() <= 1e-5
    name = next(name for name in stored.tensors if name.endswith(".bias"))
    stored.tensors[name] = stored.tensors[name] + np.float32(0.3)
    jtm.write(folder / "changed.jtm", stored)
    with pytest.raises(jettag.SelftestError, match="golden jet"):
        jettag.load(folder / "changed.jtm").selftest()


def test_import_brings_no_framework():
    code = "import sys, jettag; print(*sorted({m.split('.')[0] for m in sys.modules} & {'torch','onnx','matplotlib'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_the_default_model_is_shipped():
    model = jettag.load()
    assert jettag.DEFAULT_MODEL in jettag.models() and model.info["name"] == jettag.DEFAULT_MODEL
    assert model.selftest() <= 1e-5


def test_models_of_a_folder_of_ones_own(tmp_path, monkeypatch):
    with pytest.raises(jettag.ModelFileError, match="mine-alone"):
        jettag.load("mine-alone")
    (tmp_path / "other").mkdir()
    shipped = helpers.ROOT / "models" / "zoo"
    shutil.copy(shipped / "constituents-gf.jtm", tmp_path / "other" / "mine-alone.jtm")
    shutil.copy(shipped / "constituents-gf-cms.jtm", tmp_path / "constituents-gf.jtm")
    monkeypatch.setenv("JETTAG_MODELS", f"{tmp_path}{os.pathsep}{tmp_path / 'other'}")
    assert "mine-alone" in jettag.models() and jettag.DEFAULT_MODEL in jettag.models()
    assert jettag.load("mine-alone").info["name"] == "constituents-gf"
    # Ones own come first.
    assert jettag.load("constituents-gf").info["name"] == "constituents-gf-cms"
