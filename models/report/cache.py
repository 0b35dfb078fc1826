"""Scores of test jets on disk: written by whatever tags them, read by tables and figures.

FOLDER/SAMPLE/jets.npz              labels, pT, mass
FOLDER/SAMPLE/taggers/NAME.npz      scores, and what the tagger is
FOLDER/SAMPLE/replicates/NAME.npz   what bootstrapping found
FOLDER/SAMPLE/images/RECIPE.npz     mean images
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.report.jets import Facts, ReportError
from models.training.samples import SAMPLES

FOLDER = Path(".work/report")
MORE = Path(".work/report-more")
"""For test jets beyond those of the sample's own last shards."""
STEPS = Path(".work/report-steps")
"""For models that are steps of paper B's table, and not shipped; of the same test jets as `FOLDER`."""
STUDIES = Path(".work/report-studies")
"""For models that are trained to learn something, and not shipped."""
TREE = "tree"
"""Name of the boosted trees among the taggers."""
PARTICLE_NET = "particle-net"
"""Name of the ParticleNet among them."""
COMPARED = {TREE: "boosted trees", PARTICLE_NET: "ParticleNet"}
"""Taggers that are no models of ours, and what tables call them."""

_MADE_BY = "python -m models.report.evaluate --data DIR"
_DAMAGED = f"{{path}} cannot be read ({{error}}); delete it and run {_MADE_BY}"


@dataclass(frozen=True)
class About:
    """What a tagger is.

    Attributes
    ----------
    identity : str
        Changes when its scores may.
    jets_seen : str
        Fingerprint of the test jets.
    reads : str
        What it is given, in words.
    n_features : int
        Global features that it reads.
    parameters, multiply_adds : int
        Of the network; 0 where that means nothing.
    jets : int
        That it was trained on; 0 when nobody knows.
    epochs : float
        Passes over them; for trees how many there are.
    """

    identity: str
    jets_seen: str
    reads: str = ""
    n_features: int = 0
    parameters: int = 0
    multiply_adds: int = 0
    jets: int = 0
    epochs: float = 0.0


@dataclass(frozen=True)
class Tagger:
    """A tagger's scores of a sample's test jets.

    Attributes
    ----------
    name : str
        Of the model, or `TREE`.
    scores : ndarray of float32
        In the order of the jets.
    about : About
        What it is.
    """

    name: str
    scores: npt.NDArray[np.float32]
    about: About


def save(path: Path, arrays: dict[str, Any]) -> None:
    """Write an .npz file, whole or not at all.

    Parameters
    ----------
    path : Path
        Its folder is made.
    arrays : dict of str to array_like
        What goes in.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, **arrays)
    unfinished.replace(path)


def load(path: Path, damaged: str = _DAMAGED) -> dict[str, npt.NDArray[Any]]:
    """Read an .npz file.

    Parameters
    ----------
    path : Path
        Written by `save`.
    damaged : str
        What to say of a damaged one, with {path} and {error}.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ReportError
        When it is damaged.
    """
    try:
        with np.load(path) as file:
            return {key: file[key] for key in file.files}
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ReportError(damaged.format(path=path, error=error)) from error


class Cache:
    """A folder of scores.

    Parameters
    ----------
    folder : str or path-like
        `FOLDER`, unless a test wants another one.
    """

    def __init__(self, folder: str | os.PathLike[str] = FOLDER) -> None:
        self.folder = Path(folder)

    def filled(self) -> bool:
        """Whether there are any jets."""
        return any((self.folder / sample / "jets.npz").exists() for sample in SAMPLES)

    def samples(self) -> list[str]:
        """Samples with jets, in the order of `SAMPLES`.

        Returns
        -------
        list of str

        Raises
        ------
        ReportError
            When there is none.
        """
        found = [sample for sample in SAMPLES if (self.folder / sample / "jets.npz").exists()]
        if not found:
            raise ReportError(f"{self.folder} has no scores; make them with {_MADE_BY}")
        return found

    def write_jets(self, sample: str, facts: Facts) -> None:
        """Keep what is asked of test jets.

        Parameters
        ----------
        sample : str
            Theirs.
        facts : Facts
            Of the jets.
        """
        arrays = {"labels": facts.labels, "pt": facts.pt, "mass": facts.mass}
        words = {"shards": np.array(facts.shards), "fingerprint": np.array(facts.fingerprint)}
        save(self.folder / sample / "jets.npz", {**arrays, **words})

    def jets(self, sample: str) -> Facts:
        """What was kept of test jets.

        Parameters
        ----------
        sample : str
            Theirs.

        Returns
        -------
        Facts
        """
        path = self.folder / sample / "jets.npz"
        if not path.exists():
            raise ReportError(f"{path} is missing; make it with {_MADE_BY}")
        kept = load(path)
        missing = {"labels", "pt", "mass", "shards", "fingerprint"} - set(kept)
        if missing:
            raise ReportError(f"{path} has no {', '.join(sorted(missing))}; make it with {_MADE_BY}")
        shards = tuple(kept["shards"].tolist())
        return Facts(kept["labels"], kept["pt"], kept["mass"], shards, str(kept["fingerprint"]))

    def tagger_path(self, sample: str, name: str) -> Path:
        """Where a tagger's scores are.

        Parameters
        ----------
        sample, name : str
            Whose.

        Returns
        -------
        Path
        """
        return self.folder / sample / "taggers" / f"{name}.npz"

    def write_tagger(self, sample: str, tagger: Tagger) -> None:
        """Keep scores.

        Parameters
        ----------
        sample : str
            Of the jets.
        tagger : Tagger
            Whose scores.
        """
        about = np.array(json.dumps(asdict(tagger.about)))
        save(self.tagger_path(sample, tagger.name), {"scores": tagger.scores, "about": about})

    def tagger(self, sample: str, name: str) -> Tagger | None:
        """Scores that were kept, whatever jets they are of.

        Parameters
        ----------
        sample, name : str
            Whose.

        Returns
        -------
        Tagger or None
        """
        path = self.tagger_path(sample, name)
        if not path.exists():
            return None
        kept = load(path)
        if not {"scores", "about"} <= set(kept):
            raise ReportError(f"{path} has no scores; delete it and run {_MADE_BY}")
        return Tagger(name, kept["scores"], About(**json.loads(str(kept["about"]))))

    def taggers(self, sample: str) -> dict[str, Tagger]:
        """Scores of a sample's test jets by all its taggers, by name; those of other jets are left out, aloud.

        Parameters
        ----------
        sample : str
            Whose.

        Returns
        -------
        dict of str to Tagger
        """
        facts = self.jets(sample)
        found: dict[str, Tagger] = {}
        for path in sorted((self.folder / sample / "taggers").glob("*.npz")):
            tagger = None if path.stem.endswith(".part") else self.tagger(sample, path.stem)
            if tagger is None:
                continue
            if tagger.about.jets_seen != facts.fingerprint:
                print(f"{sample}: {tagger.name} is left out, its scores are of other jets", flush=True)
                continue
            if tagger.scores.shape != (len(facts),) or not np.isfinite(tagger.scores).all():
                raise ReportError(f"{path}: {tagger.scores.shape} scores, not all finite or not {len(facts)} of them")
            found[tagger.name] = tagger
        return found
