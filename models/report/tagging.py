"""Scores of test jets by every model of a folder, a model at a time, kept as soon as they are there."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import numpy as np

import jettag
from models.datasets.shards import Jets
from models.report.cache import COMPARED, About, Cache, Tagger
from models.report.jets import Facts, ReportError
from models.training.samples import sample_of_header
from models.zoo_table import reads

_CHUNK = 5000


def model_files(folder: Path) -> list[Path]:
    """Model files of a folder.

    Parameters
    ----------
    folder : Path
        Such as models/zoo.

    Returns
    -------
    list of Path

    Raises
    ------
    ReportError
        When there is none.
    """
    if not folder.is_dir():
        raise ReportError(f"{folder} is not a folder")
    found = sorted(folder.glob("*.jtm"))
    if not found:
        raise ReportError(f"{folder} has no model files (*.jtm)")
    return found


def about_model(path: Path, model: jettag.Model, facts: Facts) -> About:
    """What a model is, in its own words.

    Parameters
    ----------
    path : Path
        Its file.
    model : jettag.Model
        Loaded from there.
    facts : Facts
        Of the test jets.

    Returns
    -------
    About
    """
    info = model.info
    card = info["header"].get("card", {})
    return About(
        hashlib.sha256(path.read_bytes()).hexdigest()[:16],
        facts.fingerprint,
        reads(info["header"]),
        info["n_features"],
        info["n_parameters"],
        info["multiply_adds"],
        int(card.get("jets", 0)),
        float(card.get("epochs", 0)),
    )


def tag(model: jettag.Model, jets: Jets) -> np.ndarray:
    """Scores, all of them finite.

    Parameters
    ----------
    model : jettag.Model
        Any.
    jets : Jets
        Usable ones.

    Returns
    -------
    ndarray of float32
    """
    parts = []
    for start in range(0, len(jets), _CHUNK):
        part = jets.part(start, start + _CHUNK)
        scores, statuses = model.tag(part.jagged, part.classes, return_statuses=True)
        if statuses.any():
            words = jettag.status_text(int(statuses.max()))
            raise ReportError(f"{model.info['name']} gives {int((statuses > 0).sum())} jets no score: {words}")
        parts.append(scores)
    return np.concatenate(parts)


def keep_scores(cache: Cache, sample: str, jets: Jets, facts: Facts, models: dict[Path, jettag.Model]) -> None:
    """Tag a sample's test jets with its models, those left out whose scores are there.

    Parameters
    ----------
    cache : Cache
        Where scores go. Scores of models that are not given any more are removed.
    sample : str
        Of the jets.
    jets : Jets
        Test jets.
    facts : Facts
        Of the same jets.
    models : dict of Path to jettag.Model
        Of this sample, by file.
    """
    names = {model.info["name"] for model in models.values()}
    for path in (cache.folder / sample / "taggers").glob("*.npz"):
        if path.stem not in names | set(COMPARED):
            path.unlink()
            print(f"{sample}: {path.stem} is gone, its scores are removed", flush=True)
    for path, model in models.items():
        about, name = about_model(path, model, facts), model.info["name"]
        kept = cache.tagger(sample, name)
        if kept is not None and kept.about == about:
            print(f"{sample}: {name} is there", flush=True)
            continue
        start = time.monotonic()
        cache.write_tagger(sample, Tagger(name, tag(model, jets), about))
        print(f"{sample}: {name} tagged {len(facts)} jets in {time.monotonic() - start:.0f} s", flush=True)


def models_by_sample(folder: Path) -> dict[str, dict[Path, jettag.Model]]:
    """All models of a folder, by the sample that they are for.

    Parameters
    ----------
    folder : Path
        Such as models/zoo.

    Returns
    -------
    dict of str to dict of Path to jettag.Model
    """
    found: dict[str, dict[Path, jettag.Model]] = {}
    for path in model_files(folder):
        try:
            model = jettag.Model(os.fspath(path))
        except jettag.JettagError as error:
            raise ReportError(f"{path}: {error}") from error
        found.setdefault(sample_of_header(model.info["header"]), {})[path] = model
    return found
