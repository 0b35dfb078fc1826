"""The table of trainings that differ in their seed, and the file that it is made of."""

import dataclasses
import statistics

import pytest

import models_helpers as helpers
from models import jtm
from models.ensemble import is_ensemble
from models.report import trainings
from models.report.jets import ReportError
from models.report.trainings import Training

ZOO = helpers.ROOT / "models" / "zoo"
ONE = Training("lenet-28-i35", 1000, 1, 9.0, 500, 0.91, 0.97, 150.0, 400.0)
OTHERS = [
    dataclasses.replace(ONE, seed=2, accuracy=0.92, auc=0.975, rejection_50=170.0),
    dataclasses.replace(ONE, seed=3, accuracy=0.93, auc=0.98, rejection_50=220.0),
    dataclasses.replace(ONE, network="effnet-s0-i35"),
    dataclasses.replace(ONE, jets=2000),
]


def test_a_card_says_what_its_training_reached(tmp_path):
    path = ZOO / "effnet-s0-i35.jtm"
    model = jtm.read(path)
    card = model.header["card"]
    found = trainings.training_of_file(path)
    assert found.key == ("effnet-s0-i35", card["jets"], 1)
    assert (found.accuracy, found.auc, found.test_jets) == (card["accuracy"], card["auc"], card["test_jets"])
    assert (found.rejection_50, found.rejection_30, found.epochs) == (
        card["rejection_50"],
        card["rejection_30"],
        card["epochs"],
    )
    # Whatever stands behind the name for the number of jets and the seed is said by the card.
    card["seed"] = 4
    other = tmp_path / "other.jtm"
    jtm.write(other, dataclasses.replace(model, header={**model.header, "name": "effnet-s0-i35-230k-seed4"}))
    assert trainings.training_of_file(other) == dataclasses.replace(found, seed=4)


def test_what_is_not_one_training_is_refused(tmp_path):
    with pytest.raises(ReportError, match="a mean of several trainings"):
        trainings.training_of_file(ZOO / "hybrid-i35-gf.jtm")
    model = jtm.read(ZOO / "effnet-s0-i35.jtm")
    del model.header["card"]["auc"]
    jtm.write(tmp_path / "bare.jtm", model)
    with pytest.raises(ReportError, match="its card has no auc"):
        trainings.training_of_file(tmp_path / "bare.jtm")


def test_what_is_no_model_file_ends_the_command_in_words(tmp_path, monkeypatch):
    (tmp_path / "text.jtm").write_text("no model")
    monkeypatch.setattr("sys.argv", ["trainings", str(tmp_path / "text.jtm"), "--to", str(tmp_path / "trainings.csv")])
    with pytest.raises(SystemExit, match=r"^ReportError: .*text\.jtm: not a jettag model file"):
        trainings.main()
    assert not (tmp_path / "trainings.csv").exists()


def test_trainings_are_kept_and_replaced(tmp_path):
    path = tmp_path / "trainings.csv"
    assert trainings.read(path) == []
    trainings.write([OTHERS[1], ONE], path)
    assert trainings.read(path) == [ONE, OTHERS[1]]
    again = dataclasses.replace(ONE, auc=1 / 3)
    trainings.write([again, OTHERS[0]], path)
    assert trainings.read(path) == [again, OTHERS[0], OTHERS[1]]
    assert [entry.name for entry in tmp_path.iterdir()] == ["trainings.csv"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("auc", "area", 1), "its first line is not"),
        (lambda text: "", "its first line is not"),
        (lambda text: text.replace("1000", "many"), "line 2: invalid literal"),
        (lambda text: text + "lenet-28-i35,1000\n", "line 3: zip"),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, change, words):
    path = tmp_path / "trainings.csv"
    trainings.write([ONE], path)
    text = change(path.read_text())
    path.write_text(text)
    with pytest.raises(ReportError, match=words):
        trainings.write(OTHERS, path)
    assert path.read_text() == text


def test_the_table_has_mean_and_spread_of_each_group():
    lines = trainings.seed_table([OTHERS[1], ONE, *OTHERS[2:], OTHERS[0]]).splitlines()
    (row,) = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]
    areas = [97.0, 97.5, 98.0]
    assert row[:3] == ["`lenet-28-i35`", "1,000", "3"]
    assert row[3:7] == ["92.000", "1.000", f"{statistics.mean(areas):.3f}", f"{statistics.stdev(areas):.3f}"]
    assert row[7:] == ["150, 170, 220", "180", f"{statistics.stdev([150, 170, 220]):.0f}"]
    with pytest.raises(ReportError, match="different test jets"):
        trainings.seed_table([ONE, dataclasses.replace(OTHERS[0], test_jets=501)])


def test_shipped_models_are_told_as_their_cards_are(monkeypatch, capsys, tmp_path):
    """A line of a shipped model goes with its file: who ships another one makes the line anew."""
    shipped = {}
    for path in ZOO.glob("*.jtm"):
        if not is_ensemble(jtm.read(path)):
            one = trainings.training_of_file(path)
            shipped[one.key] = one
    kept = {one.key: one for one in trainings.read()}
    both = kept.keys() & shipped.keys()
    assert both and {key: kept[key] for key in both} == {key: shipped[key] for key in both}
    path = tmp_path / "trainings.csv"
    monkeypatch.setattr("sys.argv", ["trainings", str(ZOO / "lenet-28-i35.jtm"), "--to", str(path)])
    trainings.main()
    assert [one.network for one in trainings.read(path)] == ["lenet-28-i35"]
    assert capsys.readouterr().out.startswith("| network | training jets |")
