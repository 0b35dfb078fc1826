"""PyTorch modules of the usual style, exported to ONNX and read: the library's scores are PyTorch's."""

import io
import warnings

import numpy as np
import pytest

import jettag
import models_helpers as helpers
from models import jtm
from models.export import build, without_statistics
from models.layers import IMAGE, read_by
from models.networks import NETWORKS, Network
from models.onnx_reader import UnreadableError, read

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from torch import nn  # noqa: E402

TOLERANCE = 1e-5
JETS = 10
SIDES = (3, 28, 28)
SETS = NETWORKS["constituents-gf"]


class Residual(nn.Module):
    """A block with a shortcut and squeeze-excite by convolutions, as in torchvision."""

    def __init__(self, channels):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.SiLU(),
            nn.Conv2d(channels, channels, 1),
            nn.BatchNorm2d(channels),
        )
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, 2, 1),
            nn.SiLU(inplace=True),
            nn.Conv2d(2, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        y = self.body(x)
        return torch.relu(x + y * self.gate(y))


class Efficient(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.SiLU(), Residual(8), Residual(8))
        self.classifier = nn.Linear(8, 2)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class Squeezed(nn.Module):
    """Squeeze-excite by linear layers, views with sizes from the tensor, scores by a sigmoid."""

    def __init__(self):
        super().__init__()
        self.first, self.down, self.up = nn.Conv2d(3, 6, 5, 2, 2), nn.Linear(6, 3), nn.Linear(6 // 2, 6)
        self.last = nn.Linear(6 * 7 * 7, 1)

    def forward(self, x):
        x = torch.relu(self.first(x))
        gate = torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))
        x = nn.functional.max_pool2d(x * gate.view(x.size(0), -1, 1, 1), 2)
        return torch.sigmoid(self.last(x.view(x.size(0), -1))).squeeze(1)


class WithFeatures(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 4, 4, 3), nn.ReLU(), nn.AvgPool2d(2))
        self.normed = nn.BatchNorm1d(53)
        self.dense = nn.Sequential(nn.Linear(64 + 53, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))

    def forward(self, image, features):
        image = torch.flatten(self.convolutions(image), 1)
        return torch.log_softmax(self.dense(torch.cat([image, self.normed(features)], 1)), 1)


class Sets(nn.Module):
    """Constituents by convolutions of one axis, pairs by linear layers along the last one."""

    def __init__(self):
        super().__init__()
        self.single = nn.Sequential(nn.Conv1d(7, 8, 1), nn.BatchNorm1d(8), nn.ReLU(), nn.Conv1d(8, 8, 1), nn.ReLU())
        self.pair = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU())
        self.last = nn.Linear(24, 2)

    def forward(self, constituents, pairs):
        single, pair = self.single(constituents), self.pair(pairs)
        return self.last(torch.cat([single.mean(2), single.amax(dim=2), 0.01 * pair.sum(dim=1)], 1)).softmax(-1)


def lenet():
    return nn.Sequential(
        nn.Conv2d(3, 6, 5, bias=False),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding="same"),
        nn.Sigmoid(),
        nn.AdaptiveAvgPool2d((1, 1)),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(8, 16),
        nn.ReLU(),
        nn.Linear(16, 2),
        nn.Softmax(dim=1),
    )


CASES = {
    "lenet": (lenet, [("image", SIDES)]),
    "efficient": (Efficient, [("image", SIDES)]),
    "squeezed": (Squeezed, [("image", SIDES)]),
    "with features": (WithFeatures, [("image", SIDES), ("features", (53,))]),
    "sets": (Sets, [("constituents", (7, 64)), ("pairs", (496, 5))]),
}


def made(make):
    """A module whose batch norms are not at rest."""
    torch.manual_seed(3)
    torch.set_num_threads(1)
    module = make()
    random = np.random.default_rng(4)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor, least in (
                (part.weight, 0.5),
                (part.running_var, 0.5),
                (part.bias, -0.5),
                (part.running_mean, -0.5),
            ):
                tensor.data = torch.from_numpy(random.uniform(least, 1.5, tensor.shape).astype(np.float32))
    return module.eval()


def exported(module, given, names, *, folded, fixed=False):
    """As people export; `folded` is PyTorch's default, which takes batch norms into convolutions."""
    mode = torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            tuple(given),
            file,
            dynamo=False,
            input_names=names,
            training=mode,
            do_constant_folding=folded,
            dynamic_axes=None if fixed else {name: {0: "jets"} for name in names},
        )
    return file.getvalue()


@pytest.mark.parametrize("folded", [True, False], ids=["folded", "as it is"])
@pytest.mark.parametrize("name", CASES)
def test_modules(name, folded, tmp_path):
    make, wanted = CASES[name]
    module = made(make)
    whole = Network("own", "", NETWORKS["lenet-28-i35"].image, False, 53, [], SETS.sets)
    images, rows = helpers.network_inputs(whole, JETS, 6)
    parts = {"image": images, **whole.split_rows(rows)}
    given = []
    for what, shape in wanted:
        values = parts[what]
        if what == "pairs":
            values = values.transpose(0, 3, 1, 2)
        given.append(torch.from_numpy(np.ascontiguousarray(values.reshape(JETS, *shape))))
    with torch.no_grad():
        out = module(*given)
    expected = (
        out if out.ndim == 1 else torch.softmax(out, 1)[:, 1] if name in ("efficient", "with features") else out[:, 1]
    ).numpy()
    assert expected.std() > 1e-3
    reading = read(
        exported(module, given, [what for what, _ in wanted], folded=folded),
        {"image": SIDES, **whole.row_shapes},
    )
    used = read_by(reading.layers)
    sets = {one: made_of for one, made_of in whole.sets.items() if one in used}
    network = Network("own", "", whole.image, False, 53 if "features" in used else 0, reading.layers, sets)
    path = tmp_path / "own.jtm"
    statistics = without_statistics(network, jettag.FEATURES)
    jtm.write(path, build(network, reading.tensors, statistics, version="0", created="2026-01-31"))
    mine = [parts[one].reshape(JETS, -1) for one in network.row_shapes]
    assert (IMAGE in used) == ("image" in dict(wanted))
    found = jettag.load(path).tag_images(images, np.concatenate(mine, 1) if mine else None)
    assert np.abs(found - expected).max() <= TOLERANCE


def test_batch_norm_stays_where_it_is():
    """So that a model can be trained on: gamma and the statistics are in the file."""
    reading = read(exported(made(lenet), [torch.zeros(2, *SIDES)], ["x"], folded=False), {"image": SIDES})
    assert (reading.layers[0]["name"], reading.layers[0]["batch_norm"]) == ("0", True)


def test_what_has_no_layer_is_named():
    module = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.LeakyReLU(), nn.Conv2d(4, 4, 3, dilation=2), nn.GELU(), nn.Flatten(), nn.Linear(1936, 2)
    )
    with pytest.raises(UnreadableError) as caught:
        read(exported(made(lambda: module), [torch.zeros(1, *SIDES)], ["x"], folded=True), {"image": SIDES})
    operators = [problem.operator for problem in caught.value.problems]
    assert operators[:2] == ["LeakyRelu", "Conv"]
    # What becomes of it depends on the version of ONNX that PyTorch writes.
    assert {"Gelu", "Erf"} & set(operators[2:])


def test_one_jet_at_a_time():
    reading = read(exported(made(Squeezed), [torch.zeros(1, *SIDES)], ["x"], folded=True, fixed=True), {"image": SIDES})
    assert reading.ending == "sigmoid" and reading.outputs == 1
