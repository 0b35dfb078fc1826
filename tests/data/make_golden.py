"""Write tests/data/golden: files of each version of the format, which every later library has to read and score alike.

    python tests/data/make_golden.py

Run once per version of the format; what is there already stays as it is, for ever. A file of format 1.0 with every kind
of layer and every part of a header (the sample of tests/unit/model, as tests/fuzz/make_seeds.c writes it, with jets of
jets.npz and their scores by ONNX Runtime), and a trained one with constituents and pairs, whose scores are PyTorch's.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "python"), str(ROOT / "tests" / "python")]

import jets_data  # noqa: E402
import jettag  # noqa: E402
import models_helpers as helpers  # noqa: E402
from models import jtm  # noqa: E402
from models.export import network_of, weights_of  # noqa: E402

FOLDER = Path(__file__).resolve().parent / "golden"
SEED = ROOT / "build" / "fuzz" / "whole.jtm"  # make_seeds whole FILE
N_JETS = 8


def main() -> None:
    """Write what is not there yet."""
    FOLDER.mkdir(exist_ok=True)
    trained = FOLDER / "1.0-trained.jtm"
    if not trained.exists():
        shutil.copy(ROOT / "models" / "zoo" / "constituents-gf.jtm", trained)
    every = FOLDER / "1.0-every-layer.jtm"
    if every.exists():
        return
    model = jtm.read(SEED)
    jets = jets_data.load("toptag")
    # The hardest 30 of each, so that the file stays small.
    offsets, momenta = [0], []
    for first, last in zip(jets.offsets[:N_JETS], jets.offsets[1 : N_JETS + 1], strict=True):
        momenta.append(jets.momenta[first : min(last, first + 30)].astype(np.float32))
        offsets.append(offsets[-1] + len(momenta[-1]))
    model.tensors["golden.momenta"] = np.concatenate(momenta)
    model.header["golden"] = {"momenta": "golden.momenta", "offsets": offsets, "scores": [0.5] * N_JETS}
    # Standardised by these jets, so that the scores are not all 0 or 1.
    values = jettag.features((model.tensors["golden.momenta"], offsets))
    columns = [jettag.FEATURES.index(name) for name in model.header["features"]["names"]]
    model.tensors["features.mean"] = values.mean(0)[columns]
    model.tensors["features.deviation"] = values.std(0)[columns]
    model.tensors["image.deviation"] = 50 * model.tensors["image.deviation"]
    jtm.write(every, model)
    images, features, statuses = jettag.load(every).network_inputs((model.tensors["golden.momenta"], offsets))
    assert not statuses.any()
    network = network_of(model)
    _, scores = helpers.onnx_outputs(network, weights_of(model), images, features)
    model.header["golden"]["scores"] = [float(score) for score in scores]
    jtm.write(every, model)
    print(jettag.load(every).selftest(), scores)


if __name__ == "__main__":
    main()
