"""Write the tables of models/zoo/README.md and models/compared/README.md from the model files' own cards.

python -m models.zoo_table
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models import jtm, marks
from models.export import weights_of
from models.layers import CONSTITUENTS, FEATURES, GIVEN, IMAGE, PAIRS, read_by

FOLDERS = tuple(Path(__file__).parent / name for name in ("zoo", "compared"))
_HEAD = (
    "| model | sample | reads | training jets, epochs | parameters | accuracy | AUC "
    "| 1/eps_B at 50 % | at 30 % | bytes |\n|---|---|---|---|---|---|---|---|---|---|\n"
)


def _with_error(card: dict[str, Any], key: str, digits: int) -> str:
    if key not in card:
        return "-"
    return f"{card[key]:.{digits}f} ± {card[key + '_error']:.{digits}f}"


def reads(header: dict[str, Any]) -> str:
    """What a model's layers read, in words.

    Parameters
    ----------
    header : dict
        Of a model file.

    Returns
    -------
    str
    """
    read = read_by(header["layers"])
    words = {
        IMAGE: header["image"]["recipe"],
        FEATURES: f"{len(header.get('features', {}).get('names', ()))} features",
        CONSTITUENTS: f"{header.get(CONSTITUENTS, {}).get('most')} constituents",
        PAIRS: f"pairs of {header.get(PAIRS, {}).get('most')}",
    }
    return ", ".join(words[name] for name in GIVEN if name in read)


def row(path: Path) -> str:
    """One line of the table.

    Parameters
    ----------
    path : Path
        A .jtm file with a card.

    Returns
    -------
    str
    """
    model = jtm.read(path)
    card = model.header["card"]
    parameters = sum(values.size for values in weights_of(model).values())
    cells = [
        f"`{model.header['name']}`",
        card["sample"].split(":")[0],
        reads(model.header),
        f"{card['jets']:,}, {card['epochs']:g}",
        f"{parameters:,}",
        _with_error(card, "accuracy", 4),
        _with_error(card, "auc", 4),
        _with_error(card, "rejection_50", 0),
        _with_error(card, "rejection_30", 0),
        f"{path.stat().st_size:,}",
    ]
    return f"| {' | '.join(cells)} |\n"


def page_of(folder: Path) -> str:
    """A folder's README.md as its model files would have it.

    Parameters
    ----------
    folder : Path
        With model files that have cards.

    Returns
    -------
    str
    """
    table = _HEAD + "".join(row(path) for path in sorted(folder.glob("*.jtm")))
    return marks.put((folder / "README.md").read_text(), "table", table)


def main() -> None:
    """Run from the command line."""
    for folder in FOLDERS:
        (folder / "README.md").write_text(page_of(folder))


if __name__ == "__main__":
    main()
