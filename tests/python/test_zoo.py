"""The shipped models as a whole: their sizes, their cards and the pages that list them."""

import pytest

import models_helpers as helpers
from models import jtm
from models.zoo_table import FOLDERS, page_of

# All models and the sample of jets, as a clone has them.
MOST_BYTES = 90_000_000


def test_all_together_are_small():
    folders = (*FOLDERS, helpers.ROOT / "examples" / "data")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert len(files) > len(helpers.SHIPPED)
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_pages_are_those_of_the_files(folder):
    assert (folder / "README.md").read_text() == page_of(folder)


@pytest.mark.parametrize("path", helpers.SHIPPED, ids=lambda path: path.stem)
def test_cards_say_what_a_model_is(path):
    header = jtm.read(path).header
    card = header["card"]
    for key in ("architecture", "sample", "recipe", "limits", "citation", "framework", "training_time"):
        assert card[key].strip(), key
    assert header["licence"] == "Apache-2.0"
    assert card["jets"] > 0 and card["epochs"] > 0 and card["test_jets"] > 0
    for key in ("accuracy", "auc", "rejection_50", "rejection_30"):
        assert card[key] > card[f"{key}_error"] > 0, key
    points = header["working_points"]["points"]
    assert {0.3, 0.5} <= {round(point["signal_efficiency"], 3) for point in points}
    assert len(header["golden"]["scores"]) == 16
    for what in ("pt", "mass"):
        assert len(header["notes"]["scores"][what]["edges"]) > 4, what
