"""What the papers say of their networks, measured by them on their own samples. Data only.

A is "CNN on 'Top'", arXiv:2512.05031, Table 2; B is "Pulling out all the tops", arXiv:1803.00107, Table 3. Of A's rows
those are here that docs/networks.md quotes; the others have no numbers, which is not to say that A has none.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.networks import NETWORKS


@dataclass(frozen=True)
class Said:
    """A row of a paper, as printed.

    Attributes
    ----------
    accuracy, auc : str
        In the paper's units.
    rejection_50, rejection_30 : str
        One over the background efficiency, the error of the last digits in brackets.
    """

    accuracy: str = ""
    auc: str = ""
    rejection_50: str = ""
    rejection_30: str = ""


NOTHING = Said()

PAPER_A: dict[str, Said] = {
    "lenet-28-i35": Said("92.48", "97.76", "156(2)", "480(18)"),
    "lenet-40-i35": Said("92.50", "97.78", "161(4)", "514(23)"),
    "effnet-s0-i35": Said("92.50", "97.80", "160(5)", "536(24)"),
    "effnet-s3-i35": Said("92.72", "97.90", "171(6)", "585(32)"),
    "effnet-s4-i35": Said("92.75", "97.92", "156(16)", "499(78)"),
    "lenet-28-i35-gf": Said("93.37", "98.24", "258(5)", "916(25)"),
    "lenet-32-i35-gf": Said("93.38", "98.26", "257(3)", "942(31)"),
    "effnet-s0-i35-gf": Said("93.32", "98.23", "242(5)", "890(34)"),
    "effnet-s3-i35-gf": Said("93.38", "98.22", "232(5)", "817(26)"),
    "effnet-s0-i40": Said("91.91", "97.50", "127(11)", "431(49)"),
    "effnet-s0-i40-gf": Said("93.31", "98.23", "244(13)", "897(74)"),
}
"""Accuracy and AUC in %, by the name of the network."""

PAPER_A_OTHERS: dict[str, Said] = {"resnext-50": Said("93.60", "98.37", "302(5)", "1147(58)")}
"""What A compares itself with on the same sample, where there is such a network."""


@dataclass(frozen=True)
class Step:
    """A row of B's table: everything above it, and one thing more.

    Attributes
    ----------
    words : str
        What is new.
    ours : dict of str to str
        By sample, the network here that has all of it but the jets.
    said : dict of str to Said
        By sample, in B's units: accuracy in %, AUC as a fraction.
    """

    words: str
    ours: dict[str, str]
    said: dict[str, Said]


PAPER_B: tuple[Step, ...] = (
    Step(
        "baseline: DeepTop, minimal",
        {"deeptop": "deeptop-minimal-deeptop-baseline", "cms": "deeptop-minimal-cms-baseline"},
        {"deeptop": Said("85.5", ".930"), "cms": Said("91.7", ".975")},
    ),
    Step(
        "+ training",
        {"deeptop": "deeptop-minimal-deeptop", "cms": "deeptop-minimal-cms"},
        {"deeptop": Said("86.1", ".935"), "cms": Said("93.4", ".983")},
    ),
    Step(
        "+ architecture",
        {"deeptop": "macaluso-shih-d40-deeptop", "cms": "macaluso-shih-d40-cms"},
        {"deeptop": Said("86.6", ".939"), "cms": Said("94.0", ".985")},
    ),
    Step(
        "+ preprocessing",
        {"deeptop": "macaluso-shih-grey-deeptop", "cms": "macaluso-shih-grey-cms"},
        {"deeptop": Said("86.7", ".940"), "cms": Said("94.2", ".986")},
    ),
    Step("+ sample size", {}, {"deeptop": Said("87.0", ".943", "60"), "cms": Said("94.5", ".988")}),
    Step("+ colour", {"cms": "macaluso-shih-colour-cms"}, {"cms": Said("94.8", ".989", "500")}),
)


def rows_of_paper_a() -> list[str]:
    """Networks of A's Table 2, in its order: images alone, then with features; 35 -> 28, then 40 -> 32.

    Returns
    -------
    list of str
        30 names.
    """
    names = [name for name in NETWORKS if name.startswith(("lenet-", "effnet-")) and ("-i35" in name or "-i40" in name)]
    return sorted(names, key=lambda name: (name.endswith("-gf"), "-i40" in name, names.index(name)))
