"""Pictures of scores. Needs matplotlib; `python -m jettag plot` needs mplhep as well."""

from __future__ import annotations

from jettag.plots.roc import draw_roc
from jettag.plots.scores import draw_scores

__all__ = ["draw_roc", "draw_scores"]
