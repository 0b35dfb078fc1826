"""Training: recipes by the papers' numbers, and that what was stopped goes on as if nothing had been."""

import ctypes
import io
import json
import math
import re

import numpy as np
import pytest

import jettag
import models_helpers as helpers
from models import dependence, jtm
from models.datasets import shards
from models.ensemble import check_members, statistics_like
from models.networks import NETWORKS

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from models import depthwise  # noqa: E402
from models.torch_network import TorchNetwork  # noqa: E402
from models.training import again, ensemble, loop, recipes, samples, train  # noqa: E402
from models.training.data import load_training  # noqa: E402
from models.training.device import Device, device_of, keep_memory  # noqa: E402
from models.training.progress import Progress  # noqa: E402
from models.training.sets import SetRows  # noqa: E402

NAME = "constituents-gf"


# --- recipes ---------------------------------------------------------------------------------------------------------


def weights():
    return torch.nn.Parameter(torch.tensor([3.0]))


def test_papers_numbers():
    adam = recipes.make_optimiser(recipes.RECIPES["a"], [weights()], 1e-3, 0.0)
    assert isinstance(adam, torch.optim.Adam)
    assert (adam.defaults["betas"], adam.defaults["eps"]) == ((0.9, 0.99), 1e-5)
    assert recipes.RECIPES["a"].batch == 4096 and recipes.PATIENCE == 10
    adadelta = recipes.make_optimiser(recipes.RECIPES["b"], [weights()], recipes.RECIPES["b"].rate, 0.0)
    assert isinstance(adadelta, torch.optim.Adadelta) and adadelta.defaults["lr"] == 0.3
    assert recipes.RECIPES["b"].batch == 128 and not recipes.RECIPES["b"].squared
    baseline = recipes.RECIPES["b-baseline"]
    assert (baseline.rate, baseline.batch, baseline.squared) == (3e-3, 1000, True)
    sgd = recipes.make_optimiser(baseline, [weights()], baseline.rate, 0.0)
    assert isinstance(sgd, torch.optim.SGD)
    assert (sgd.defaults["momentum"], sgd.defaults["nesterov"]) == (0.9, True)


def test_annealing_divides_by_the_root_of_two():
    optimiser = torch.optim.SGD([weights()], lr=0.3)
    schedule = recipes.Annealing(optimiser)
    for improved in (True, False, True, False, False):
        assert schedule.after_epoch(improved) is recipes.Verdict.GO_ON
    assert optimiser.param_groups[0]["lr"] == pytest.approx(0.3 / 2**1.5)


def test_rounds_end_after_ten_epochs_and_the_training_with_an_idle_round():
    schedule = recipes.Rounds(10)
    said = [schedule.after_epoch(improved) for improved in [True] * 3 + [False] * 9 + [True] + [False] * 10]
    assert said[:-1] == [recipes.Verdict.GO_ON] * 22 and said[-1] is recipes.Verdict.NEW_ROUND
    # What is kept in a checkpoint counts.
    other = recipes.Rounds(10)
    for _ in range(4):
        schedule.after_epoch(False)
    other.load_state_dict(schedule.state_dict())
    assert [other.after_epoch(False) for _ in range(6)][-1] is recipes.Verdict.STOP


class Terminal(io.StringIO):
    """Says that somebody is looking."""

    def isatty(self):
        return True


def test_progress_is_a_bar_on_a_terminal_and_lines_in_a_file():
    seen = {}
    for stream in (Terminal(), io.StringIO()):
        with Progress(250, "epoch 2/8", stream) as progress:
            for step in range(250):
                progress.step(0.5 + step / 1000)
        seen[stream.isatty()] = stream.getvalue()
    assert seen[False] == "  step 100/250, loss 0.5990\n  step 200/250, loss 0.6990\n"
    bars = seen[True].split("\r")
    assert any(re.search(r"epoch 2/8: +0%.* 0/250 ", bar) for bar in bars) and not bars[-1].strip()
    assert "\n" not in seen[True]


def test_losses():
    logits, labels = torch.tensor([[0.3, -0.4], [1.0, 2.5]]), torch.tensor([0, 1])
    top = 1 / (1 + np.exp([0.7, -1.5]))
    assert float(recipes.loss_of(recipes.RECIPES["b"], logits, labels)) == pytest.approx(
        -(math.log(1 - top[0]) + math.log(top[1])) / 2
    )
    squares = 2 * top[0] ** 2 + 2 * (1 - top[1]) ** 2
    assert float(recipes.loss_of(recipes.RECIPES["b-baseline"], logits, labels)) == pytest.approx(squares / 4)


# --- a training ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three small shards, the last two for testing."""
    where = tmp_path_factory.mktemp("data")
    jets = shards.read(helpers.ROOT / "examples" / "data" / "toptag.npz")
    for i, n in enumerate((700, 100, 100)):
        np.savez(where / f"toptag_{i:02d}.npz", **shards.encode(jets.part(i * 1000, i * 1000 + n)))
    return where


def run(folder, work, monkeypatch, *more):
    out = work / "model.jtm"
    words = ["train", NAME, "--data", folder, "--out", out, "--work", work / "work", "--cache", folder / "cache"]
    words += ["--jets", 500, "--validation-jets", 150, "--batch", 50, "--threads", 1, *more]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    train.main()
    return jtm.read(out)


def test_what_was_stopped_goes_on_alike(folder, tmp_path, monkeypatch, capsys):
    whole = run(folder, tmp_path / "whole", monkeypatch, "--epochs", 3)
    epochs = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"epoch"')]
    assert [row["epoch"] for row in epochs] == [1, 2, 3] and epochs[2]["loss"] < epochs[0]["loss"]

    def stop(*_):
        raise KeyboardInterrupt

    validate, calls = loop.validate, []

    def once(*arguments):
        calls.append(1)
        return stop() if len(calls) == 3 else validate(*arguments)

    monkeypatch.setattr(loop, "validate", once)
    with pytest.raises(KeyboardInterrupt):
        run(folder, tmp_path / "parts", monkeypatch, "--epochs", 3)
    monkeypatch.setattr(loop, "validate", validate)
    capsys.readouterr()
    parts = run(folder, tmp_path / "parts", monkeypatch, "--epochs", 3)
    assert "going on after epoch 2" in capsys.readouterr().out
    for name, values in whole.tensors.items():
        assert np.array_equal(parts.tensors[name], values), name
    card = parts.header["card"]
    assert card["framework"].endswith("AdamW with a one-cycle rate") and card["test_jets"] == 200
    assert jettag.load(tmp_path / "parts" / "model.jtm").selftest() <= 1e-5
    with pytest.raises(SystemExit, match="other settings"):
        run(folder, tmp_path / "parts", monkeypatch, "--epochs", 4)


def test_starting_with_weights_of_another(folder, tmp_path, monkeypatch):
    first = run(folder, tmp_path / "first", monkeypatch, "--epochs", 1)
    path = tmp_path / "first" / "model.jtm"
    network = NETWORKS[NAME]
    # Of the same network all of them; of another one not the logits, though they fit.
    assert set(train.weights_to_start_with(network, path)) == set(network.tensor_shapes())
    found = train.weights_to_start_with(NETWORKS["constituents-context-gf"], path)
    assert set(found) == {name for name in network.tensor_shapes() if not name.startswith("logits.")}
    assert np.array_equal(found["single1.weight"], first.tensors["single1.weight"])
    with pytest.raises(SystemExit, match="none of its weights fits"):
        train.weights_to_start_with(NETWORKS["lenet-28-i35"], path)
    again = run(folder, tmp_path / "again", monkeypatch, "--epochs", 1, "--start", path, "--rate", 0)
    for name, values in first.tensors.items():
        assert np.array_equal(again.tensors[name], values), name
    assert again.header["card"]["framework"].endswith("begun with the weights of model")


def test_standardising_as_another_model_does(folder, tmp_path, monkeypatch):
    network, other = NETWORKS[NAME], helpers.ROOT / "models" / "zoo" / "constituents-gf-cms.jtm"
    found = run(folder, tmp_path / "like", monkeypatch, "--epochs", 1, "--standardise", other)
    given = jtm.read(other)
    own = run(folder, tmp_path / "own", monkeypatch, "--epochs", 1)
    for tensor in ("features.mean", "features.deviation"):
        assert np.array_equal(found.tensors[tensor], given.tensors[tensor])
        assert not np.array_equal(own.tensors[tensor], given.tensors[tensor])
    check_members([found, given])
    with pytest.raises(ValueError, match="trained on other jets"):
        check_members([own, given])
    path = helpers.ROOT / "models" / "zoo" / "effnet-s0-i35.jtm"
    image = jtm.read(path)
    with pytest.raises(SystemExit, match="does not read the features"):
        run(folder, tmp_path / "none", monkeypatch, "--epochs", 1, "--standardise", path)
    with pytest.raises(ValueError, match="does not standardise the images"):
        statistics_like(NETWORKS["lenet-28-i35"], given)
    with pytest.raises(ValueError, match="does not standardise the images"):
        statistics_like(NETWORKS["effnet-s0-i40"], image)
    same = statistics_like(NETWORKS["effnet-s0-i35"], image)
    assert np.array_equal(same.image_mean, image.tensors["image.mean"]) and same.feature_mean is None
    assert statistics_like(network, given).image_mean is None


@pytest.mark.parametrize("option", ["--start", "--standardise"])
def test_model_files_that_cannot_be_read_end_a_training_before_jets_are_read(tmp_path, monkeypatch, option):
    for name, words in (("none.jtm", "none.jtm: .*No such file"), ("text.jtm", "text.jtm: ")):
        (tmp_path / "text.jtm").write_text("no model")
        with pytest.raises(SystemExit, match=words):
            run(tmp_path / "no-jets", tmp_path / "out", monkeypatch, option, tmp_path / name)


@pytest.mark.parametrize("command, before", [(ensemble, ["x-toptag"]), (again, [])], ids=["ensemble", "again"])
def test_model_files_that_cannot_be_read_end_other_commands_in_words(tmp_path, monkeypatch, command, before):
    (tmp_path / "text.jtm").write_text("no model")
    for name, words in (("none.jtm", "none.jtm: .*No such file"), ("text.jtm", "text.jtm: ")):
        given = ["x", *before, tmp_path / name, "--data", tmp_path, "--out", tmp_path / "out"]
        monkeypatch.setattr("sys.argv", [str(word) for word in given])
        with pytest.raises(SystemExit, match=words):
            command.main()


def test_a_mirror_changes_the_sign_of_an_angle_alone(tmp_path):
    network = NETWORKS[NAME]
    jets = shards.read(helpers.ROOT / "examples" / "data" / "toptag.npz").part(0, 20)
    rows = SetRows(network, jets, tmp_path)
    chosen = np.arange(20)
    plain = rows.batch(chosen, {}).numpy()
    some = torch.arange(20) % 2 == 0
    mirrored = rows.batch(chosen, {2: some}).numpy()
    # Channel 2 of 64 constituents is dphi; rows of an image run in phi.
    assert np.array_equal(mirrored[::2, 128:192], -plain[::2, 128:192]) and plain[:, 128:192].any()
    mirrored[::2, 128:192] *= -1
    assert np.array_equal(mirrored, plain)


def test_all_networks_are_planned_once_and_headlines_come_first(tmp_path, monkeypatch, capsys):
    from models.training import all as everything

    assert sorted(everything.order()) == sorted(NETWORKS)
    (tmp_path / "effnet-s0-i35.jtm").touch()
    words = ["all", "--data", "D", "--out", str(tmp_path), "--list"]
    monkeypatch.setattr("sys.argv", words)
    everything.main()
    lines = {line.split()[3]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["effnet-s0-i35-gf"].endswith(f"--epochs 5 --rate 0.003 --start {tmp_path / 'effnet-s0-i35.jtm'}")
    assert lines["effnet-s0-i40"].endswith(f"--epochs 5 --rate 0.003 --start {tmp_path / 'effnet-s0-i35.jtm'}")
    assert lines["effnet-s0-i40-gf"].endswith("--epochs 10 --rate 0.003")  # there is nothing to begin with
    assert lines["effnet-s3-i35-gf"].endswith("--epochs 10 --rate 0.003")
    assert lines["effnet-s3-i40"].endswith("--epochs 10 --rate 0.003")
    assert lines["constituents-gf"].endswith("--epochs 10 --rate 0.003")
    assert lines["macaluso-shih-colour-cms"].endswith("--jets 230000 --epochs 10")
    monkeypatch.setattr("sys.argv", [*words, "--recipe", "paper"])
    everything.main()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(NETWORKS) - 1
    assert lines[0].split()[3] == "effnet-s0-i35-gf"
    assert lines[0].endswith(f"--recipe a --start {tmp_path / 'effnet-s0-i35.jtm'}")
    assert any("macaluso-shih-colour-cms" in line and line.endswith("--recipe b") for line in lines)
    assert any("effnet-s0-i40 " in line and line.endswith("--recipe a") for line in lines)


# --- what a training reads, and where it runs ------------------------------------------------------------------------


def test_all_networks_with_several_seeds(tmp_path, monkeypatch, capsys):
    from models.training import all as everything

    for name in ("lenet-28-i35", "lenet-28-i35-seed3"):
        (tmp_path / f"{name}.jtm").touch()
    words = ["all", "--data", "D", "--out", str(tmp_path), "--list", "--only", "lenet-28", "--seeds"]
    monkeypatch.setattr("sys.argv", [*words, "1,2,3"])
    everything.main()
    lines = [line.split("train ")[1] for line in capsys.readouterr().out.splitlines()]
    # Images alone are there with seeds 1 and 3: with features begins with them, seed by seed.
    assert [line.split()[0] for line in lines] == ["lenet-28-i35"] + 3 * ["lenet-28-i35-gf"]
    alone, first, second, third = lines
    assert alone.endswith(" --epochs 10 --rate 0.001 --seed 2 --name lenet-28-i35-seed2")
    assert first.endswith(f" --epochs 5 --rate 0.001 --start {tmp_path / 'lenet-28-i35.jtm'}")
    assert second.endswith(" --epochs 10 --rate 0.001 --seed 2 --name lenet-28-i35-gf-seed2")
    begun = f" --epochs 5 --rate 0.001 --start {tmp_path / 'lenet-28-i35-seed3.jtm'}"
    assert third.endswith(f"{begun} --seed 3 --name lenet-28-i35-gf-seed3")
    for wrong in ("0", "1,,2", "one", "-1"):
        monkeypatch.setattr("sys.argv", [*words[:-1], f"--seeds={wrong}"])
        with pytest.raises(SystemExit, match="whole numbers from 1 on"):
            everything.main()


def test_jets_of_another_folder_come_before_those_for_validation(folder, tmp_path):
    jets = shards.read(helpers.ROOT / "examples" / "data" / "toptag.npz")
    for i in range(2):
        np.savez(tmp_path / f"toptag_{i:03d}.npz", **shards.encode(jets.part(3000 + i * 500, 3400 + i * 500)))
    own, more = shards.find(folder, "toptag_*.npz")[:-2], shards.find(tmp_path, "toptag_*.npz")
    network = NETWORKS["effnet-s0-i35-gf"]
    data = load_training(network, own, folder / "cache", 1200, 150, more)
    assert data.n_train == 1200 and len(data.jets) == 1350
    # All of the other folder, then those of the first that are needed.
    expected = shards.usable(shards.joined([shards.read(one) for one in [*more, *own]])).part(0, 1350)
    assert np.array_equal(data.jets.momenta, expected.momenta) and np.array_equal(data.jets.labels, expected.labels)
    chosen = np.array([0, 500, 899, 1349])
    some = expected.chosen(chosen)
    assert np.array_equal(data.features[chosen], jettag.features(some.jagged))
    assert np.array_equal(data.images.dense(chosen), jettag.images(some.jagged, "A35"))
    # 600 jets are enough without the other folder.
    alone = load_training(network, own, folder / "cache", 500, 100, more)
    assert np.array_equal(alone.jets.momenta, shards.usable(shards.read(own[0])).part(0, 600).momenta)
    with pytest.raises(SystemExit, match="more than the first shards have"):
        load_training(network, own, folder / "cache", 200, 700, more)


def test_steps_in_bfloat16_train_and_the_rest_is_exact(folder, tmp_path, monkeypatch):
    exact = run(folder, tmp_path / "exact", monkeypatch, "--epochs", 1)
    reduced = run(folder, tmp_path / "reduced", monkeypatch, "--epochs", 1, "--precision", "bfloat16")
    name = "single1.weight"
    apart = np.abs(exact.tensors[name] - reduced.tensors[name]).max()
    assert 0 < apart < 0.1 and reduced.tensors[name].dtype == np.float32
    assert "bfloat16" in reduced.header["card"]["framework"] and "bfloat16" not in exact.header["card"]["framework"]

    network = NETWORKS["lenet-28-i35"]
    module, x = TorchNetwork(network), torch.rand(4, *network.image_shape)
    device = Device("cpu", "bfloat16")
    module.train()
    logits = device.logits(module, x, None)
    assert not torch.equal(logits, module(x)) and logits.dtype == torch.float32
    module.eval()
    assert torch.equal(device.logits(module, x, None), module(x))


def test_a_network_on_other_images_of_its_size():
    network = NETWORKS["macaluso-shih-grey-deeptop"]
    other = train.with_image(network, "D40")
    assert other.image["frame"] == "peak" and other.layers == network.layers and other.parameters() == 757_122
    assert train.with_image(network, None) is network
    with pytest.raises(SystemExit, match=r"its shape is \(1, 37, 37\)"):
        train.with_image(network, "B37-grey")
    with pytest.raises(SystemExit, match="there are A35, A40"):
        train.with_image(network, "A36")


def test_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_of("auto", "float32") == Device("cpu", "float32")
    with pytest.raises(SystemExit, match="sees no GPU"):
        device_of("cuda", "float32")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of("auto", "bfloat16") == Device("cuda", "bfloat16") and device_of("cpu", "float32").kind == "cpu"


@pytest.mark.parametrize("there", [False, True])
def test_a_processor_without_bfloat16_is_named(there, monkeypatch, capsys):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True, "avx512_bf16": there, "l2_cache_size": 1})
    device_of("cpu", "float32")
    assert capsys.readouterr().err == ""
    assert device_of("cpu", "bfloat16") == Device("cpu", "bfloat16")
    assert ("float32 is faster" in capsys.readouterr().err) == (not there)


def test_jets_that_leave_a_channel_dark_are_refused(folder, tmp_path, monkeypatch):
    for path in shards.find(folder, "toptag_*.npz"):
        jets = shards.read(path)
        # Faster than light, so that no pixel's sum has a mass.
        jets.momenta[:, 3] = 0.999 * np.sqrt((jets.momenta[:, :3] ** 2).sum(1))
        np.savez(tmp_path / path.name, momenta=jets.momenta, offsets=jets.offsets, labels=jets.labels)
    words = ["train", "lenet-28-i35", "--data", tmp_path, "--out", tmp_path / "x.jtm", "--work", tmp_path / "work"]
    words += ["--cache", tmp_path / "cache", "--jets", 200, "--validation-jets", 100]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    with pytest.raises(SystemExit, match="no jet has light in mass"):
        train.main()
    words[1:4] = [NAME, "--data", folder]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    with pytest.raises(SystemExit, match="200 jets to train on are fewer than the 256 of a step"):
        train.main()


# --- measuring again -------------------------------------------------------------------------------------------------


def test_a_model_measured_on_other_jets_keeps_its_weights(folder, tmp_path, monkeypatch, capsys):
    first = run(folder, tmp_path / "first", monkeypatch, "--epochs", 1)
    path = tmp_path / "first" / "model.jtm"
    jets = shards.read(helpers.ROOT / "examples" / "data" / "toptag.npz")
    for i in range(2):
        np.savez(tmp_path / f"toptag_{i:02d}.npz", **shards.encode(jets.part(5000 + i * 400, 5400 + i * 400)))
    words = ["again", path, "--data", tmp_path, "--out", tmp_path / "out"]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    again.main()
    found = jtm.read(tmp_path / "out" / "model.jtm")
    card, old = found.header["card"], first.header["card"]
    for name in NETWORKS[NAME].tensor_shapes():
        assert np.array_equal(found.tensors[name], first.tensors[name])
    assert all(card[key] == old[key] for key in again.TRAINING) and found.header["version"] == "1.0"
    test = shards.usable(shards.joined([shards.read(one) for one in shards.find(tmp_path, "toptag_*.npz")]))
    scores = jettag.load(path).tag(test.jagged)
    tops, others = scores[test.labels == 1], scores[test.labels == 0]
    assert card["test_jets"] == len(test) and old["test_jets"] == 200
    assert card["auc"] == pytest.approx((tops[:, None] > others).mean(), abs=1e-6)
    # The error is of 400 bootstrap samples: by hand, other ones.
    random, areas = np.random.default_rng(5), []
    for _ in range(100):
        a, b = random.choice(tops, len(tops)), random.choice(others, len(others))
        areas.append((a[:, None] > b).mean())
    assert card["auc_error"] == pytest.approx(np.std(areas), rel=0.3)
    assert found.header["notes"]["scores"]["mass"]["top"]["mean"]
    # Without --out the file itself is replaced.
    monkeypatch.setattr("sys.argv", [str(word) for word in words[:4]])
    again.main()
    assert jtm.read(path).header["card"]["test_jets"] == len(test)


def test_the_card_says_the_sample_before_the_name_does():
    header = {"name": "deeptop-minimal-cms-baseline", "card": {"sample": "cms: half tops and half QCD jets"}}
    assert samples.sample_of_header(header) == "cms"
    assert samples.sample_of_header({"name": "macaluso-shih-grey-deeptop"}) == "deeptop"
    assert samples.sample_of_header({"name": "x-cms", "card": {"sample": "somebody else's"}}) == "cms"


def test_notes_have_mean_scores_in_bins():
    random = np.random.default_rng(3)
    n = 4000
    pt, mass, labels = random.uniform(550, 650, n), random.gamma(3, 40, n), (random.random(n) < 0.5).astype(np.uint8)
    scores = random.random(n).astype(np.float32)
    found = dependence.score_dependence(pt, mass, labels, scores)
    assert found["pt"]["edges"] == [550, 560, 570, 580, 590, 600, 610, 620, 630, 640, 650]
    there = (labels == 1) & (pt >= 560) & (pt < 570)
    assert found["pt"]["top"]["mean"][1] == pytest.approx(scores[there].mean(), abs=1e-4)
    assert found["pt"]["top"]["error"][1] == pytest.approx(scores[there].std() / np.sqrt(there.sum()), rel=0.02)
    assert len(found["mass"]["other"]["mean"]) == len(found["mass"]["edges"]) - 1
    assert None in found["mass"]["other"]["mean"]  # hardly any so heavy


# --- gradients by taps -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "pad"),
    [((2, 2), 3, 1, 1), ((3, 3), 5, 1, 2), ((5, 4), 3, 2, 0), ((7, 8), 5, 2, 2), ((4, 7), 3, 2, 1), ((1, 1), 5, 2, 2)],
)
def test_gradients_by_taps_are_pytorchs(size, kernel, stride, pad):
    generator = torch.Generator().manual_seed(3)
    kind = {"dtype": torch.float64, "generator": generator}
    convolution = torch.nn.Conv2d(6, 6, kernel, stride, pad, groups=6, bias=False).double()
    x = torch.randn(5, 6, *size, **kind).contiguous(memory_format=torch.channels_last).requires_grad_()
    expected = convolution(x)
    gradient = torch.randn(expected.shape, **kind)
    by_torch = torch.autograd.grad(expected, [x, convolution.weight], gradient)
    found = depthwise.depthwise(x, convolution)
    assert "_Depthwise" in type(found.grad_fn).__name__
    assert torch.equal(found, expected)
    for one, other in zip(torch.autograd.grad(found, [x, convolution.weight], gradient), by_torch, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_taps_are_for_small_maps_in_training():
    convolution = torch.nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
    small, large = torch.ones(1, 6, 4, 4), torch.ones(1, 6, 5, 5)
    assert "_Depthwise" in type(depthwise.depthwise(small, convolution).grad_fn).__name__
    assert "_Depthwise" not in type(depthwise.depthwise(large, convolution).grad_fn).__name__
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert "_Depthwise" not in type(depthwise.depthwise(small, convolution).grad_fn).__name__
    with torch.no_grad():
        assert depthwise.depthwise(small, convolution).grad_fn is None


def test_memory_is_kept_where_the_c_library_can_be_told():
    assert keep_memory() == hasattr(ctypes.CDLL(None), "mallopt")
