"""One file of jets to one file of scores: what the command line does, and what each worker of a cluster does."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jettag._kinematics import pt_and_mass
from jettag.errors import JettagError
from jettag.files import JetFile, ScoreFile, open_jets
from jettag.files.events import clustering_for
from jettag.model import Model


@dataclass(frozen=True)
class Reading:
    """How files of jets are read; see `jettag.files.open_jets`.

    Attributes
    ----------
    particles, label : str or None
        Columns of .root and .parquet files.
    radius, pt_min, eta_max : float or None
        Of jets in HepMC files; None for what the model was trained on.
    piece : int
        Jets at a time.
    """

    particles: str | None = None
    label: str | None = None
    radius: float | None = None
    pt_min: float | None = None
    eta_max: float | None = None
    piece: int = 10_000

    def open(self, path: str | os.PathLike[str], model: Model | None = None) -> JetFile:
        """Open a file for a model, or for none.

        Parameters
        ----------
        path : path-like
            The file.
        model : Model, optional
            Whose jets are looked for in events.

        Returns
        -------
        JetFile
        """
        header = model.info["header"] if model is not None else None
        clustering = clustering_for(header, self.radius, self.pt_min, self.eta_max)
        return open_jets(path, self.particles, self.label, clustering)


def tag_file(
    path: str | os.PathLike[str],
    out: str | os.PathLike[str],
    model: Model,
    reading: Reading | None = None,
    kinematics: bool = False,
    resume: bool = False,
    show: Callable[[int, int | None], None] | None = None,
) -> int:
    """Score the jets of a file, piece by piece.

    Parameters
    ----------
    path, out : path-like
        Files of jets and of scores.
    model : Model
        The tagger.
    reading : Reading, optional
        How the jets are read.
    kinematics : bool
        Columns of pT and mass as well.
    resume : bool
        Go on with a file of scores that exists.
    show : callable, optional
        Told after each piece how many jets are done and, where that is known, of how many.

    Returns
    -------
    int
        Jets in the file of scores.
    """
    reading = reading or Reading()
    with reading.open(path, model) as jets:
        source = f"{Path(path).name} by {model.info['name']} {model.info['version']}"
        if jets.how:
            source += f" ({jets.how})"
        more = (*jets.columns, *(("pt", "mass") if kinematics else ()))
        with ScoreFile(out, source, jets.has_labels, resume, more) as scores_out:
            done = scores_out.n_jets
            if jets.n_jets is not None and done > jets.n_jets:
                raise JettagError(f"{out}: has {done} jets, more than {path}: {jets.n_jets}")
            if show is not None:
                show(done, jets.n_jets)
            for piece in jets.pieces(reading.piece, done):
                scores, statuses = model.tag(piece.jets, piece.classes, return_statuses=True)
                values = dict(piece.columns)
                if kinematics:
                    values["pt"], values["mass"] = pt_and_mass(piece.jets)
                scores_out.write(scores, statuses, piece.labels, values)
                if show is not None:
                    show(scores_out.n_jets, jets.n_jets)
            return scores_out.n_jets
