"""Train gradient-boosted trees on the 53 features, the comparison for every network, and keep their scores.

    python -m models.report.tree --data DIR --sample toptag [--more DIR]

Trees that are there are not trained again. With `--more` they score all jets of another folder, too. Needs LightGBM
(`models/report/requirements.txt`). One thread, one seed, no early end: the same trees every time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import jettag
from jettag.metrics import summary
from models.datasets.shards import read, usable
from models.report.cache import TREE, About, Cache, Tagger
from models.report.jets import ReportError, load_test
from models.report.said import exits_with_words
from models.report.tested import add_tested, tested
from models.training.samples import SAMPLES

TREES = 600
SETTINGS: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": 63,
    "learning_rate": 0.05,
    # Half of the features for each tree: better AUC than all of them, in all samples, on jets kept out of the training.
    "feature_fraction": 0.5,
    "num_threads": 1,
    "force_row_wise": True,
    "deterministic": True,
    "seed": 1,
    "verbosity": -1,
}

Table = npt.NDArray[np.float64]


def training_table(folder: str, sample: str, inputs: Path) -> tuple[Table, npt.NDArray[np.uint8], list[str]]:
    """Features and labels of all training jets.

    Parameters
    ----------
    folder, sample : str
        Shards `<sample>_*.npz` of this folder.
    inputs : Path
        Where features are kept.

    Returns
    -------
    tuple of ndarray, ndarray and list of str
        Features, labels, names of the shards.
    """
    from models.training.data import training_shards
    from models.training.inputs import shard_features

    shards = training_shards(folder, sample, SAMPLES[sample].test_shards)
    features, labels = [], []
    for shard in shards:
        jets = usable(read(shard))
        features.append(shard_features(jets, inputs, shard.stem))
        labels.append(jets.labels)
        print(f"{shard.name}: {len(jets)} jets", flush=True)
    return np.concatenate(features), np.concatenate(labels), [shard.name for shard in shards]


def identity_of(shards: list[str], jets: int) -> str:
    """What scores depend on, shortened.

    Parameters
    ----------
    shards : list of str
        Names of the training shards.
    jets : int
        In them.

    Returns
    -------
    str
    """
    text = json.dumps([TREES, SETTINGS, shards, jets], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def lightgbm_module() -> Any:
    """LightGBM, imported.

    Raises
    ------
    ReportError
        Without it.
    """
    try:
        import lightgbm
    except ImportError as error:
        raise ReportError("boosted trees need LightGBM: pip install -r models/report/requirements.txt") from error
    return lightgbm


def train(features: Table, labels: npt.NDArray[np.uint8], trees: int = TREES) -> Any:
    """Train.

    Parameters
    ----------
    features : ndarray
        (jets, 53).
    labels : ndarray of uint8
        1 a top.
    trees : int
        How many.

    Returns
    -------
    lightgbm.Booster

    Raises
    ------
    ReportError
        Without LightGBM.
    """
    lightgbm = lightgbm_module()
    start = time.monotonic()

    def progress(state: Any) -> None:
        if (state.iteration + 1) % 100 == 0:
            print(f"{state.iteration + 1} trees, {time.monotonic() - start:.0f} s", flush=True)

    columns = list(jettag.FEATURES) if features.shape[1] == len(jettag.FEATURES) else "auto"
    data = lightgbm.Dataset(features, labels, feature_name=columns)
    return lightgbm.train(SETTINGS, data, trees, callbacks=[progress])


def trained(folder: str, sample: str, cache: Cache, inputs: Path) -> tuple[Any, str, int]:
    """Trees of a sample, trained unless they are there.

    Parameters
    ----------
    folder, sample : str
        Shards `<sample>_*.npz` of this folder.
    cache : Cache
        Where trees are kept.
    inputs : Path
        Where features are kept.

    Returns
    -------
    tuple of lightgbm.Booster, str and int
        With their identity and the number of training jets.
    """
    features, labels, shards = training_table(folder, sample, inputs)
    identity = identity_of(shards, len(labels))
    path = cache.folder / sample / f"{TREE}-{identity}.txt"
    if path.exists():
        print(f"{sample}: {TREE} is there", flush=True)
        return lightgbm_module().Booster(model_file=str(path)), identity, len(labels)
    booster = train(features, labels)
    path.parent.mkdir(parents=True, exist_ok=True)
    booster.save_model(path)
    return booster, identity, len(labels)


def run(folder: str, sample: str, cache: Cache, inputs: Path, more: Sequence[tuple[str, Cache, bool]] = ()) -> None:
    """Train on the training shards, score the test jets, keep the scores.

    Parameters
    ----------
    folder, sample : str
        Shards `<sample>_*.npz` of this folder.
    cache : Cache
        For the scores.
    inputs : Path
        Where features are kept.
    more : sequence of tuple of str, Cache and bool
        What else is scored, as of `models.report.tested.tested`.
    """
    from models.training.inputs import shard_features

    booster, identity, n_train = trained(folder, sample, cache, inputs)
    for where, kept, every in [(folder, cache, False), *more]:
        test, facts = load_test(where, sample, every)
        features = shard_features(test, inputs, f"{sample}_test_{facts.fingerprint}")
        scores = np.asarray(booster.predict(features), np.float32)
        n_features = features.shape[1]
        about = About(identity, facts.fingerprint, f"{n_features} features", n_features, 0, 0, n_train, float(TREES))
        kept.write_jets(sample, facts)
        kept.write_tagger(sample, Tagger(TREE, scores, about))
        numbers = {key: round(value, 5) for key, value in summary(scores, facts.labels).items()}
        print(json.dumps({"sample": sample, "training_jets": n_train, "test_jets": len(facts), **numbers}), flush=True)


@exits_with_words
def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_tested(parser)
    parser.add_argument("--inputs", type=Path, default=Path(".work/inputs"), help="folder for features, %(default)s")
    arguments = parser.parse_args()
    (folder, cache, _), *more = tested(arguments)
    run(folder, arguments.sample, cache, arguments.inputs, more)


if __name__ == "__main__":
    main()
