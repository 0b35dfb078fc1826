"""Arrays in a GPU's memory, over the false CUDA of the C tests (tests/unit/backends/cuda), and errors without one."""

import subprocess
import sys
import types

import numpy as np
import pytest

import jettag
import models_helpers as helpers

FALSE_CUDA = helpers.ROOT / "build" / "tests" / "unit" / "backends" / "cuda"

# The library looks for CUDA where the process was told to when it began: so it is a process of its own.
PROGRAM = """
import ctypes, sys, types
import numpy as np
import jettag
sys.path.insert(0, "tests/python")
import jets_data

runtime = ctypes.CDLL("libcudart.so.13")

def sent(values):
    values = np.ascontiguousarray(values, np.float32)
    there = ctypes.c_void_p()
    assert runtime.cudaMalloc(ctypes.byref(there), ctypes.c_size_t(values.nbytes)) == 0
    assert runtime.cudaMemcpy(there, ctypes.c_void_p(values.ctypes.data), ctypes.c_size_t(values.nbytes), 1) == 0
    assert runtime.cudaStreamSynchronize(None) == 0
    told = {"data": (there.value, False), "typestr": "<f4", "shape": values.shape, "strides": None, "version": 3}
    return types.SimpleNamespace(__cuda_array_interface__=told)

model = jettag.load(sys.argv[1], backend="cuda")
jets = jets_data.load("toptag")
n = 20
whole = (jets.momenta[: jets.offsets[n]], jets.offsets[: n + 1])
images, features, _ = model.network_inputs(whole)
scores = model.tag(whole)
assert np.isfinite(scores).all() and np.ptp(scores) > 0
assert np.array_equal(model.tag_images(images, features), scores)
assert np.array_equal(model.tag_images(sent(images), sent(features)), scores)
assert np.array_equal(model.tag(whole), scores)
assert np.abs(jettag.load(sys.argv[1], backend="reference").tag(whole) - scores).max() <= 1e-5
print("same")
"""


def told(**changes):
    """Something that says it is on a GPU."""
    interface = {"data": (4096, False), "typestr": "<f4", "shape": (2, 3, 28, 28), "strides": None, "version": 3}
    return types.SimpleNamespace(__cuda_array_interface__=interface | changes)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return helpers.random_model("lenet-28-i35-gf", tmp_path_factory.mktemp("models"))


def test_the_same_scores_from_the_devices_memory():
    if not (FALSE_CUDA / "libcudart.so.13").exists():
        pytest.skip("the CUDA module is not built")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(helpers.ROOT / "tests" / "data" / "golden" / "1.0-every-layer.jtm")],
        capture_output=True,
        text=True,
        cwd=helpers.ROOT,
        env={"LD_LIBRARY_PATH": str(FALSE_CUDA), "PYTHONPATH": "python:."},
        check=False,
    )
    assert done.stdout.split() == ["same"], done.stderr


def test_other_backends_refuse_it(path):
    model = jettag.load(path, backend="reference")
    with pytest.raises(jettag.BackendError, match="reference has no device"):
        model.tag_images(told(), told(shape=(2, 53)))


@pytest.mark.parametrize(
    ("images", "features", "words"),
    [
        (told(typestr="<f8"), None, "images on a GPU must be float32, not <f8"),
        (told(shape=(2, 3, 28, 27)), None, r"images must have shape \(2, 3, 28, 28\), not \(2, 3, 28, 27\)"),
        (told(strides=(4, 8, 16, 32)), None, "images on a GPU must be packed"),
        (told(), np.zeros((2, 53), np.float32), "features must be on the GPU as the images are"),
        (told(), told(shape=(2, 52)), r"features must have shape \(2, 53\)"),
    ],
)
def test_other_arrays_are_refused_in_words(path, images, features, words):
    with pytest.raises(jettag.ArgumentError, match=words):
        jettag.load(path).tag_images(images, features)


def test_strides_of_a_packed_array_are_packed(path):
    model = jettag.load(path, backend="reference")
    with pytest.raises(jettag.BackendError):
        model.tag_images(told(strides=(9408, 3136, 112, 4)), told(shape=(2, 53)))
