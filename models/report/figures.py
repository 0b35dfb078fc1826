"""Which figures there are, with their words, and how each is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from models.report.cache import Cache
from models.report.mean_images import kept_images
from models.report.merit import Merit


@dataclass(frozen=True)
class Figure:
    """A figure.

    Attributes
    ----------
    name : str
        Of its file, without .png.
    words : str
        What is to be seen.
    draw : callable
        Takes the file to write. Needs matplotlib.
    """

    name: str
    words: str
    draw: Callable[[Path], None]


def _roc(sample: str, cache: Cache, merits: list[Merit], path: Path) -> None:
    from models.report.draw_scores import draw_roc

    draw_roc(sample, cache.jets(sample), merits, path)


def _distributions(sample: str, cache: Cache, merits: list[Merit], path: Path) -> None:
    from models.report.draw_scores import draw_distributions

    draw_distributions(sample, cache.jets(sample), merits, path)


def _cost(sample: str, merits: list[Merit], path: Path) -> None:
    from models.report.draw_scores import draw_cost

    draw_cost(sample, merits, path)


def _dependence(sample: str, cache: Cache, merits: list[Merit], path: Path) -> None:
    from models.report.draw_jets import draw_dependence

    draw_dependence(sample, cache.jets(sample), merits, path)


def _sculpting(sample: str, cache: Cache, merits: list[Merit], path: Path) -> None:
    from models.report.draw_jets import draw_sculpting

    draw_sculpting(sample, cache.jets(sample), merits, path)


def _images(sample: str, cache: Cache, recipe: str, path: Path) -> None:
    from models.report.draw_jets import draw_images

    draw_images(sample, recipe, kept_images(cache, sample)[recipe], path)


def figures_of(cache: Cache, sample: str, merits: list[Merit]) -> list[Figure]:
    """Figures of a sample.

    Parameters
    ----------
    cache : Cache
        With jets and mean images.
    sample : str
        Which.
    merits : list of Merit
        Its taggers, the best first.

    Returns
    -------
    list of Figure
    """
    found = []
    if merits:
        found += [
            Figure(f"report-roc-{sample}", "rejection against efficiency", partial(_roc, sample, cache, merits)),
            Figure(f"report-scores-{sample}", "scores", partial(_distributions, sample, cache, merits)),
            Figure(
                f"report-dependence-{sample}",
                "efficiency, mistag rate and mean score against pT and mass",
                partial(_dependence, sample, cache, merits),
            ),
            Figure(f"report-sculpting-{sample}", "masses after a cut", partial(_sculpting, sample, cache, merits)),
        ]
    if sum(merit.tagger.about.multiply_adds > 0 for merit in merits) > 1:
        found.append(Figure(f"report-cost-{sample}", "rejection against cost", partial(_cost, sample, merits)))
    for recipe in kept_images(cache, sample):
        name = f"report-images-{sample}-{recipe}"
        found.append(Figure(name, f"mean images {recipe}", partial(_images, sample, cache, recipe)))
    return found


def all_figures(cache: Cache, merits: Mapping[str, list[Merit]]) -> dict[str, list[Figure]]:
    """Figures of all samples.

    Parameters
    ----------
    cache : Cache
        With jets and mean images.
    merits : mapping of str to list of Merit
        By sample.

    Returns
    -------
    dict of str to list of Figure
    """
    return {sample: figures_of(cache, sample, some) for sample, some in merits.items()}
