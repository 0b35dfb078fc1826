"""Files of jets, read piece by piece, and files of scores, written so."""

from __future__ import annotations

from jettag.files.jets import JetFile, Piece, open_jets
from jettag.files.scores import ScoreFile, ScoreTable, read_scores, read_table

__all__ = ["JetFile", "Piece", "ScoreFile", "ScoreTable", "open_jets", "read_scores", "read_table"]
