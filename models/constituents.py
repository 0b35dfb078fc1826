"""Networks that look at constituents and pairs of them: their layers, and what the inputs are standardised with.

docs/constituents.md has the rest.
"""

from __future__ import annotations

from models.layer_makers import conv, dense
from models.layers import CONSTITUENTS, FEATURES, PAIRS, Layer
from models.sets import InputSet

# Means and deviations are round numbers near those of jets; angles keep mean 0, so that mirroring a jet is a sign.
SETS = {
    CONSTITUENTS: InputSet(
        64,
        {
            "deta": (0.0, 0.33),
            "dphi": (0.0, 0.33),
            "dr": (0.2, 0.33),
            "log_dr": (-1.5, 1.4),
            "log_pt": (1.7, 1.4),
            "log_z": (-4.7, 1.4),
        },
    ),
    PAIRS: InputSet(32, {"log_dr": (-1.2, 1.25), "log_kt": (0.5, 1.7), "log_z": (-1.6, 1.1), "log_m": (1.3, 1.7)}),
}


def constituents_layers(single: int = 48, pair: int = 32, head: int = 64, squeeze: int = 0) -> list[Layer]:
    """Dense layers over each constituent and over each pair of the 32 hardest; their means join the features.

    No layer has a bias before the means: what is not there stays 0 in all of them, and a unit that copies the channel
    of ones serves as bias. A squeeze-excite between the second and the third tells each member of all others: it scales
    the units by what their means are.

    Parameters
    ----------
    single, pair, head : int
        Units of each of the three layers over constituents and over pairs, and of the layer over what is joined.
    squeeze : int
        Units of the squeeze-excites; 0 without them.

    Returns
    -------
    list of dict
    """
    layers: list[Layer] = []
    for name, given, units in (("single", CONSTITUENTS, single), ("pair", PAIRS, pair)):
        source = given
        for depth in (1, 2, 3):
            layers.append(conv(f"{name}{depth}", source, units, 1, padding="valid", activation="relu"))
            source = f"{name}{depth}"
            if squeeze and depth == 2:
                layers.append(
                    {
                        "name": f"{name}_context",
                        "kind": "squeeze_excite",
                        "inputs": [source],
                        "squeeze": squeeze,
                        "activation": "swish",
                    }
                )
                source = f"{name}_context"
        layers.append({"name": f"{name}_mean", "kind": "global_average", "inputs": [source]})
    return [
        *layers,
        {"name": "joined", "kind": "concat", "inputs": ["single_mean", "pair_mean", FEATURES]},
        dense("dense1", "joined", head, "relu"),
        dense("logits", "dense1", 2),
    ]
