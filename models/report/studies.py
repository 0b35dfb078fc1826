"""What models teach that are trained with other numbers of jets, and not shipped.

Their names are those of shipped models with `-30k` behind them for a number of training jets, or `-seed2` for a seed;
`python -m models.training.train NETWORK --name NAME` makes them, `python -m models.report.evaluate --zoo DIR --cache
.work/report-studies` scores them. What other seeds reach is in models/report/trainings.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from models.report.merit import Merit
from models.report.tables import table, with_error, words_of

_NAME = re.compile(r"(?P<base>.+)-(?P<what>seed\d+|\d+k)")


def study_of(name: str) -> tuple[str, str]:
    """The model that another is a study of, and what is studied.

    Parameters
    ----------
    name : str
        Such as `constituents-gf-30k`.

    Returns
    -------
    tuple of str
        Such as `constituents-gf` and `30k`; the name and "" when it is no study.
    """
    found = _NAME.fullmatch(name)
    return (found["base"], found["what"]) if found else (name, "")


def curves(merits: Iterable[Merit], shipped: Mapping[str, Merit]) -> dict[str, list[Merit]]:
    """Models that differ in the number of training jets, the fewest first.

    Parameters
    ----------
    merits : iterable of Merit
        Studies.
    shipped : mapping of str to Merit
        By name, on the same jets.

    Returns
    -------
    dict of str to list of Merit
        By the model that they are of, itself among them.
    """
    studies = list(merits)
    known = {**shipped, **{merit.tagger.name: merit for merit in studies}}
    found: dict[str, list[Merit]] = {}
    for merit in studies:
        base, what = study_of(merit.tagger.name)
        if what.endswith("k"):
            found.setdefault(base, []).append(merit)
    for base, some in found.items():
        if base in known:
            some.append(known[base])
        some.sort(key=lambda merit: merit.tagger.about.jets)
    return dict(sorted(found.items()))


def curve_table(merits: Iterable[Merit], shipped: Mapping[str, Merit]) -> str:
    """What more training jets bring.

    Parameters
    ----------
    merits, shipped
        As for `curves`.

    Returns
    -------
    str
    """
    head = ["network", "training jets", "epochs", "accuracy, %", "AUC, %", "1/eps_B at 50 %", "at 30 %"]
    rows = []
    for base, some in curves(merits, shipped).items():
        for merit in some:
            about = merit.tagger.about
            cells = [
                with_error(merit.values[key], merit.errors[key], digits, factor)
                for key, digits, factor in (
                    ("accuracy", 2, 100),
                    ("auc", 3, 100),
                    ("rejection_50", 0, 1),
                    ("rejection_30", 0, 1),
                )
            ]
            rows.append([words_of(base), f"{about.jets:,}", f"{about.epochs:g}", *cells])
    return table(head, rows)


def draw_curves(merits: Iterable[Merit], shipped: Mapping[str, Merit], words: str, path: Path) -> None:
    """AUC and rejection against the number of training jets.

    Parameters
    ----------
    merits, shipped
        As for `curves`.
    words : str
        For the title.
    path : Path
        The picture.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    from models.report.canvas import canvas, finish

    figure, axes = canvas(1, 2, 4.8, 4.0)
    for i, (base, some) in enumerate(curves(merits, shipped).items()):
        jets = [merit.tagger.about.jets for merit in some]
        for panel, key, factor in zip(axes[0], ("auc", "rejection_50"), (100, 1), strict=True):
            values, errors = ([factor * getattr(merit, of)[key] for merit in some] for of in ("values", "errors"))
            panel.errorbar(jets, values, errors, fmt="o-", color=f"C{i}", ms=4, capsize=3, label=base)
    for panel, words_up in zip(axes[0], ("AUC, %", r"$1/\epsilon_B$ at 50 %"), strict=True):
        panel.set(xlabel="training jets", ylabel=words_up, xscale="log")
        panel.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        panel.xaxis.set_minor_locator(NullLocator())
        panel.grid(alpha=0.3, lw=0.5)
    axes[0, 0].legend(fontsize=8)
    figure.suptitle(words, fontsize=11)
    finish(figure, path)
