"""Scores of test jets by every model of a folder, kept as soon as they are there.

Models that are given the same, such as an ensemble and its members, are given it once: most of the time of a score goes
into the 53 features. Trainings on other jets standardise otherwise, and share nothing.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

import jettag
from models import jtm
from models.datasets.shards import Jets
from models.ensemble import how_given_differs
from models.layers import GIVEN, read_by
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


def given_the_same(first: jtm.Model, second: jtm.Model) -> bool:
    """Whether the library makes the same inputs for the networks of two models.

    Parameters
    ----------
    first, second : Model
        Of files.

    Returns
    -------
    bool
    """
    reads_first, reads_second = (read_by(model.header["layers"]) & set(GIVEN) for model in (first, second))
    # What no layer reads counts too: the image says which constituents stay.
    return reads_first == reads_second and not any(how_given_differs(section, first, second) for section in GIVEN)


def alike(paths: Iterable[Path]) -> list[list[Path]]:
    """Model files in groups whose networks are given the same.

    Parameters
    ----------
    paths : iterable of Path
        Model files.

    Returns
    -------
    list of list of Path
    """
    groups: list[tuple[jtm.Model, list[Path]]] = []
    for path in paths:
        model = jtm.read(path)
        members = next((some for first, some in groups if given_the_same(first, model)), None)
        if members is None:
            groups.append((model, [path]))
        else:
            members.append(path)
    return [members for _, members in groups]


def tag(models: list[jettag.Model], jets: Jets) -> list[np.ndarray]:
    """Scores by models that are given the same, all of them finite.

    Parameters
    ----------
    models : list of jettag.Model
        Of one group of `alike`.
    jets : Jets
        Usable ones.

    Returns
    -------
    list of ndarray of float32
        One for each model: what `jettag.Model.tag` gives, to the last bit.
    """
    parts: list[list[np.ndarray]] = [[] for _ in models]
    for start in range(0, len(jets), _CHUNK):
        part = jets.part(start, start + _CHUNK)
        images, rows, statuses = models[0].network_inputs(part.jagged, part.classes)
        if statuses.any():
            words = jettag.status_text(int(statuses.max()))
            raise ReportError(f"{models[0].info['name']} gives {int((statuses > 0).sum())} jets no score: {words}")
        for scores, model in zip(parts, models, strict=True):
            scores.append(model.tag_images(images, rows))
    return [np.concatenate(scores) for scores in parts]


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
    missing: dict[Path, About] = {}
    for path, model in models.items():
        about, name = about_model(path, model, facts), model.info["name"]
        kept = cache.tagger(sample, name)
        if kept is not None and kept.about == about:
            print(f"{sample}: {name} is there", flush=True)
        else:
            missing[path] = about
    for paths in alike(missing):
        start = time.monotonic()
        group = [models[path] for path in paths]
        for path, model, scores in zip(paths, group, tag(group, jets), strict=True):
            cache.write_tagger(sample, Tagger(model.info["name"], scores, missing[path]))
        tagged = ", ".join(model.info["name"] for model in group)
        print(f"{sample}: {tagged} tagged {len(facts)} jets in {time.monotonic() - start:.0f} s", flush=True)


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
