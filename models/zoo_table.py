"""Write the table of models/zoo/README.md from the model files' own cards.

python -m models.zoo_table
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models import jtm

ZOO = Path(__file__).parent / "zoo"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
_HEAD = (
    "| model | sample | images | training jets, epochs | parameters | accuracy | AUC "
    "| 1/eps_B at 50 % | at 30 % | bytes |\n|---|---|---|---|---|---|---|---|---|---|\n"
)


def _with_error(card: dict[str, Any], key: str, digits: int) -> str:
    if key not in card:
        return "-"
    return f"{card[key]:.{digits}f} ± {card[key + '_error']:.{digits}f}"


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
    card, image = model.header["card"], model.header["image"]
    inputs = ("image.", "features.", "golden.")
    parameters = sum(values.size for name, values in model.tensors.items() if not name.startswith(inputs))
    cells = [
        f"`{model.header['name']}`",
        card["sample"].split(":")[0],
        image["recipe"]
        + (f" and {len(model.header['features']['names'])} features" if "features" in model.header else ""),
        f"{card['jets']:,}, {card['epochs']:g}",
        f"{parameters:,}",
        _with_error(card, "accuracy", 4),
        _with_error(card, "auc", 4),
        _with_error(card, "rejection_50", 0),
        _with_error(card, "rejection_30", 0),
        f"{path.stat().st_size:,}",
    ]
    return f"| {' | '.join(cells)} |\n"


def main() -> None:
    """Run from the command line."""
    page = ZOO / "README.md"
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    table = _HEAD + "".join(row(path) for path in sorted(ZOO.glob("*.jtm")))
    page.write_text(f"{before}{BEGIN}\n{table}{END}{after}")


if __name__ == "__main__":
    main()
