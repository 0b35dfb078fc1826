"""Numbers of taggers in every replicate (models/bootstrap.py), kept on disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from models.bootstrap import REPLICATES, SEED, Replicates, replicate_numbers
from models.report.cache import Cache, Tagger, load, save
from models.report.jets import Facts


def _replicates_path(cache: Cache, sample: str, name: str) -> Path:
    return cache.folder / sample / "replicates" / f"{name}.npz"


def kept_replicates(cache: Cache, sample: str, facts: Facts, tagger: Tagger, count: int = REPLICATES) -> Replicates:
    """A tagger's numbers in every replicate, calculated once.

    Parameters
    ----------
    cache : Cache
        Where they are kept.
    sample : str
        Of the jets.
    facts : Facts
        Of the jets.
    tagger : Tagger
        Whose.
    count : int
        How many replicates.

    Returns
    -------
    dict of str to ndarray
    """
    digest = hashlib.sha256(tagger.scores.tobytes() + facts.labels.tobytes() + f"{SEED} {count}".encode())
    path = _replicates_path(cache, sample, tagger.name)
    if path.exists():
        kept = load(path)
        if str(kept.pop("of", "")) == digest.hexdigest():
            return kept
    made = replicate_numbers(tagger.scores, facts.labels, count)
    save(path, {**made, "of": np.array(digest.hexdigest())})
    return made
