"""Write the tables of models/README.md and the figures beside it from the scores that are there.

    python -m models.report.write

Scores come from `python -m models.report.evaluate`, `.tree` and `.particle_net`. Tables of more test jets and of
studies are written where there are such scores (`--more`, `--studies`), and left as they are where not; that of seeds
is made of what `python -m models.report.trainings` kept. The words around the tables stay as they are; without the
marks of a table it is an error.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from jettag.model import DEFAULT_MODEL
from models import marks
from models.bootstrap import REPLICATES
from models.report.cache import FOLDER, MORE, STEPS, STUDIES, Cache
from models.report.enough import enough_words
from models.report.figures import Figure, all_figures
from models.report.jets import ReportError
from models.report.merit import Merit, measure_all
from models.report.said import exits_with_words
from models.report.studies import curve_table, curves, draw_curves
from models.report.tables import more_table, paper_a_table, paper_b_table, sample_table, sculpting_table
from models.report.trainings import read, seed_table

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "models" / "README.md"
FIGURES = ROOT / "docs" / "figures"


def sections(
    cache: Cache,
    merits: Mapping[str, list[Merit]],
    figures: Mapping[str, list[Figure]],
    steps: Mapping[str, list[Merit]] | None = None,
) -> dict[str, str]:
    """What goes between the marks of the page.

    Parameters
    ----------
    cache : Cache
        With the jets.
    merits : mapping of str to list of Merit
        By sample.
    figures : mapping of str to list of Figure
        By sample.
    steps : mapping of str to list of Merit, optional
        By sample: models that are not shipped, for paper B's table alone.

    Returns
    -------
    dict of str to str
        By mark.
    """
    of_paper_b = {
        sample: {merit.tagger.name: merit for merit in [*some, *(steps or {}).get(sample, [])]}
        for sample, some in merits.items()
    }
    by_name = {sample: {merit.tagger.name: merit for merit in some} for sample, some in merits.items()}
    samples = []
    for sample, some in merits.items():
        facts = cache.jets(sample)
        counted = f"{len(facts):,} test jets, {int(facts.labels.sum()):,} of them tops ({', '.join(facts.shards)})"
        samples.append(f"`{sample}`, {counted}:\n\n{sample_table(some)}")
    pictures = []
    for sample, drawn in figures.items():
        pictures.append(f"### {sample}")
        pictures += [f"![{sample}: {figure.words}](../docs/figures/{figure.name}.png)" for figure in drawn]
    return {
        "samples": "\n".join(samples),
        "paper-a": paper_a_table(by_name.get("toptag", {})),
        "paper-b-deeptop": paper_b_table(of_paper_b, "deeptop"),
        "paper-b-cms": paper_b_table(of_paper_b, "cms"),
        "masses": sculpting_table(cache, merits),
        "seeds": seed_table(read()),
        "figures": "\n\n".join(pictures) + "\n",
    }


def measured_beside(cache: Cache, other: Cache, count: int) -> dict[str, list[Merit]]:
    """Numbers of taggers that are compared with those of another folder, on the same jets.

    Parameters
    ----------
    cache, other : Cache
        The one with their scores, and the other one.
    count : int
        Replicates for the errors.

    Returns
    -------
    dict of str to list of Merit
        By sample.

    Raises
    ------
    ReportError
        When the jets are not the same.
    """
    for sample in cache.samples():
        if cache.jets(sample).fingerprint != other.jets(sample).fingerprint:
            raise ReportError(f"{cache.folder}: {sample} has other jets than {other.folder}")
    return {sample: measure_all(cache, sample, count) for sample in cache.samples()}


def more_sections(more: Cache, studies: Cache, folder: Path | None, count: int) -> dict[str, str]:
    """What is known of more test jets: of shipped models, and of those trained to learn something.

    Parameters
    ----------
    more, studies : Cache
        Perhaps without scores.
    folder : Path or None
        For the figure.
    count : int
        Replicates for the errors.

    Returns
    -------
    dict of str to str
        By mark; nothing where nothing is known.
    """
    found: dict[str, str] = {}
    if not more.filled():
        return found
    merits = {sample: measure_all(more, sample, count) for sample in more.samples()}
    parts = []
    for sample, some in merits.items():
        facts = more.jets(sample)
        parts.append(f"`{sample}`, {len(facts):,} jets, {int(facts.labels.sum()):,} of them tops:\n\n")
        parts.append(more_table(some, DEFAULT_MODEL))
    found["more"] = "".join(parts)
    if not studies.filled():
        return found
    for sample, some in measured_beside(studies, more, count).items():
        shipped = {merit.tagger.name: merit for merit in merits[sample]}
        words = enough_words(curves(some, shipped), shipped)
        found["learning"] = curve_table(some, shipped) + (f"\n{words}" if words else "")
        if folder is not None:
            draw_curves(
                some, shipped, f"{sample}: {len(more.jets(sample)):,} test jets", folder / "report-learning.png"
            )
    return found


def put(text: str, mark: str, content: str) -> str:
    """Replace what stands between marks of the report.

    Parameters
    ----------
    text, content
        As for `models.marks.put`.
    mark : str
        Such as `paper-a`, for <!-- report:paper-a --> and <!-- end of report:paper-a -->.

    Returns
    -------
    str

    Raises
    ------
    ReportError
        Without both marks, once each.
    """
    try:
        return marks.put(text, f"report:{mark}", content)
    except ValueError as error:
        raise ReportError(str(error)) from error


def write(
    cache: Cache,
    page: Path,
    folder: Path | None,
    count: int = REPLICATES,
    more: Cache | None = None,
    studies: Cache | None = None,
    steps: Cache | None = None,
) -> None:
    """Write the page and, where a folder is given, its figures.

    Parameters
    ----------
    cache : Cache
        With scores.
    page : Path
        With the marks.
    folder : Path or None
        For the figures.
    count : int
        Replicates for the errors.
    more, studies : Cache, optional
        With scores of more test jets, and of models that are not shipped on those.
    steps : Cache, optional
        With scores of models that are not shipped on the same jets as `cache`.
    """
    merits = {sample: measure_all(cache, sample, count) for sample in cache.samples()}
    figures = all_figures(cache, merits)
    if not page.exists():
        raise ReportError(f"{page} is missing: its words are written by hand, this fills in its tables")
    text = page.read_text()
    between = {}
    if steps is not None and steps.filled():
        between = measured_beside(steps, cache, count)
    filled = sections(cache, merits, figures, between)
    if more is not None and studies is not None:
        filled |= more_sections(more, studies, folder, count)
    for mark, content in filled.items():
        text = put(text, mark, content)
    if folder is not None:
        for figure in (one for some in figures.values() for one in some):
            path = folder / f"{figure.name}.png"
            figure.draw(path)
            print(f"{path.name}: {path.stat().st_size:,} bytes", flush=True)
    page.write_text(text)
    print(f"{page}: {sum(len(some) for some in merits.values())} taggers", flush=True)


@exits_with_words
def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=FOLDER, help="folder with scores, %(default)s")
    parser.add_argument("--more", type=Path, default=MORE, help="folder with scores of more test jets, %(default)s")
    parser.add_argument("--studies", type=Path, default=STUDIES, help="with those of models not shipped, %(default)s")
    parser.add_argument("--steps", type=Path, default=STEPS, help="with those of paper B's steps, %(default)s")
    parser.add_argument("--page", type=Path, default=PAGE, help="models/README.md")
    parser.add_argument("--figures", type=Path, default=FIGURES, help="folder for pictures, docs/figures")
    parser.add_argument("--no-figures", action="store_true", help="leave the pictures as they are")
    parser.add_argument("--replicates", type=int, default=REPLICATES, help="for the errors, %(default)s")
    arguments = parser.parse_args()
    folder = None if arguments.no_figures else arguments.figures
    more, studies = Cache(arguments.more), Cache(arguments.studies)
    write(Cache(arguments.cache), arguments.page, folder, arguments.replicates, more, studies, Cache(arguments.steps))


if __name__ == "__main__":
    main()
