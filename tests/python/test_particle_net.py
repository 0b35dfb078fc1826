"""The ParticleNet that the report compares with: against its formulas, and from shards to scores."""

from dataclasses import replace

import numpy as np
import pytest

import models_helpers as helpers
from models.datasets import shards

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from models.report import particle_layers, particle_net  # noqa: E402
from models.report.cache import PARTICLE_NET, Cache  # noqa: E402
from models.report.weights import read_weights, write_weights  # noqa: E402


def test_neighbours_are_the_nearest_of_those_that_are_there():
    random = np.random.default_rng(1)
    points = random.normal(size=(3, 12, 2)).astype(np.float32)
    there = np.arange(12) < np.array([12, 7, 5])[:, None]
    found = particle_layers.nearest(torch.from_numpy(points), torch.from_numpy(there), 4).numpy()
    for jet, n in enumerate((12, 7, 5)):
        for i in range(n):
            distance = np.hypot(*(points[jet, :n] - points[jet, i]).T)
            distance[i] = np.inf
            assert set(found[jet, i]) == set(np.argsort(distance)[:4])


def norm(x, layer):
    """Batch norm of rows in training, by its formula."""
    scale, shift = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    return (x - x.mean(0)) / np.sqrt(x.var(0) + layer.eps) * scale + shift


def test_an_edge_convolution_is_the_papers():
    """arXiv:1902.08570, 2.2 and figure 1: layers of [x_i, x_j - x_i], mean over edges, shortcut."""
    torch.manual_seed(2)
    layer = particle_layers.EdgeConvolution(5, (8, 6, 7)).double()
    with torch.no_grad():
        for tensor in layer.parameters():
            tensor.copy_(torch.randn_like(tensor))
    x, counts = torch.randn(2, 6, 5, dtype=torch.float64), (6, 3)  # the second has two edges for three
    edges = 3
    there = torch.arange(6) < torch.tensor(counts)[:, None]
    neighbours = particle_layers.nearest(x, there, edges)
    found = layer(x, neighbours, there).detach().numpy()

    own, other = (part.weight.detach().numpy() for part in (layer.own, layer.other))
    nodes = [(jet, i) for jet, n in enumerate(counts) for i in range(n)]
    pairs = [(jet, i, int(j)) for jet, i in nodes for j in neighbours[jet, i]]
    first = np.concatenate([own, other], 1)
    given = np.array([np.concatenate([x[jet, i], x[jet, j] - x[jet, i]]) for jet, i, j in pairs])
    values = np.maximum(norm(given @ first.T, layer.first), 0)
    for linear, one in layer.more:
        values = np.maximum(norm(values @ linear.weight.detach().numpy().T, one), 0)
    real = np.array([j < counts[jet] for jet, i, j in pairs]).reshape(len(nodes), edges, 1)
    mean = (values.reshape(len(nodes), edges, -1) * real).sum(1) / real.sum(1)
    alone = np.array([x[jet, i].numpy() for jet, i in nodes]) @ layer.shortcut.weight.detach().numpy().T
    expected = np.maximum(mean + norm(alone, layer.last), 0)
    assert np.allclose(np.array([found[node] for node in nodes]), expected, atol=1e-10)
    assert not found[1, 3:].any()


def test_size_and_padding():
    module = particle_net.make_network(1)
    # The paper's Table 4 says 366 k.
    assert round(sum(tensor.numel() for tensor in module.parameters()), -3) == 366_000
    columns, most = len(particle_net.constituents().columns), particle_net.constituents().most
    rows = torch.randn(4, 1 + columns, most)
    rows[:, 0] = (torch.arange(most) < torch.tensor([64, 30, 10, 5])[:, None]).float()
    rows[:, 1:] *= rows[:, :1]
    module.eval()
    seen = {}
    module.edges[2].register_forward_hook(lambda _, given, values: seen.update(values=values))
    module.dense.register_forward_hook(lambda _, given, values: seen.update(mean=given[0]))
    with torch.no_grad():
        whole = module(torch.zeros(0), rows.reshape(4, -1))
        means = torch.stack([seen["values"][jet, :n].mean(0) for jet, n in enumerate((64, 30, 10, 5))])
        assert torch.allclose(seen["mean"], means, atol=1e-6)
        alone = module(torch.zeros(0), rows[2:3].reshape(1, -1))
        turned = module(torch.zeros(0), rows[:, :, torch.randperm(most)].reshape(4, -1))
    assert torch.allclose(whole[2:3], alone, atol=1e-5) and torch.allclose(whole, turned, atol=1e-4)
    assert torch.isfinite(whole).all()


def test_from_shards_to_scores(tmp_path, monkeypatch, capsys):
    jets = shards.read(helpers.ROOT / "examples" / "data" / "toptag.npz")
    for i, n in enumerate((600, 150, 150)):
        np.savez(tmp_path / f"toptag_{i:02d}.npz", **shards.encode(jets.part(i * 1000, i * 1000 + n)))
    words = ["particle_net", "--data", tmp_path, "--sample", "toptag", "--cache", tmp_path / "cache", "--epochs", 1]
    words += ["--work", tmp_path / "work", "--jets", 400, "--validation-jets", 150, "--batch", 50, "--threads", 1]

    def run(*more):
        monkeypatch.setattr("sys.argv", [str(word) for word in (*words, *more)])
        particle_net.main()
        return Cache(tmp_path / "cache").taggers("toptag")[PARTICLE_NET]

    tagger = run()
    assert tagger.about.jets == 400 and tagger.about.reads == "64 constituents" and 365_000 < tagger.about.parameters
    labels = Cache(tmp_path / "cache").jets("toptag").labels
    assert (
        len(tagger.scores) == len(labels)
        and (tagger.scores[labels == 1].mean() - tagger.scores[labels == 0].mean()) > 0.1
    )
    again = run()
    assert "going on after epoch 1" in capsys.readouterr().out and np.array_equal(again.scores, tagger.scores)

    def refuses(path, *expected):
        with pytest.raises(SystemExit) as refused:
            run("--weights", path)
        assert all(part in str(refused.value) for part in (path.name, *expected))

    weights = tmp_path / "work" / "toptag" / "weights.npz"
    kept, trained = read_weights(weights)
    (tmp_path / "work" / "toptag" / "checkpoint.pt").unlink()
    read = run("--weights", weights)
    assert np.array_equal(read.scores, tagger.scores) and read.about == tagger.about
    assert trained.words == "AdamW with a one-cycle rate, steps in float32, seed 1"
    assert not (tmp_path / "work" / "toptag" / "checkpoint.pt").exists(), "nothing was trained"

    write_weights(tmp_path / "other.npz", kept, replace(trained, sample="cms"))
    refuses(tmp_path / "other.npz", "trained on cms, not on toptag")
    write_weights(tmp_path / "fewer.npz", {name: kept[name] for name in list(kept)[1:]}, trained)
    refuses(tmp_path / "fewer.npz", "of another network", next(iter(kept)))
    write_weights(tmp_path / "shape.npz", {**kept, "logits.bias": np.zeros(3, np.float32)}, trained)
    refuses(tmp_path / "shape.npz", "logits.bias has the shape (3,), not (2,)")
    np.savez(tmp_path / "bare.npz", **kept)
    refuses(tmp_path / "bare.npz", "has no weights")
    (tmp_path / "cut.npz").write_bytes(weights.read_bytes()[:5000])
    refuses(tmp_path / "cut.npz", "has no weights")
    (tmp_path / "empty.npz").write_bytes(b"")
    refuses(tmp_path / "empty.npz", "has no weights")
    refuses(tmp_path / "none.npz", "has no weights", "No such file")


def test_the_weights_that_are_kept(tmp_path, monkeypatch):
    jets = shards.read(shards.SAMPLE)
    for i in range(3):  # the last two are for testing
        np.savez(tmp_path / f"toptag_{i:02d}.npz", **shards.encode(jets.part(i * 300, i * 300 + 300)))
    kept = helpers.ROOT / "models" / "compared" / "particle-net-toptag.npz"
    words = ["particle_net", "--data", tmp_path, "--sample", "toptag", "--cache", tmp_path / "cache"]
    words += ["--work", tmp_path / "work", "--threads", 1, "--weights", kept]
    monkeypatch.setattr("sys.argv", [str(word) for word in words])
    particle_net.main()
    found = Cache(tmp_path / "cache")
    tagger, labels = found.taggers("toptag")[PARTICLE_NET], found.jets("toptag").labels
    assert tagger.about.jets > 200_000 and tagger.about.epochs > 0
    tops, others = tagger.scores[labels == 1], tagger.scores[labels == 0]
    assert len(labels) > 590 and (tops[:, None] > others).mean() > 0.97
