"""Measuring the detector: the command on packs of made sounds, and what stands on the shipped card."""

import json
import shutil

import numpy as np
import pytest
import torch

from course_lib.cry import CryDetector, detection_rates, pretrained
from course_lib.cry.detector import save_detector
from course_lib.cry.evaluate import CHECKPOINTS, differences, fold_path, main
from course_lib.cry.rates import out_of_fold
from course_lib.cry.recordings import FOLDS
from course_lib.cry.shortcuts import CHANGES
from course_lib.cry.train import read_config
from course_lib.data import made_sounds
from tests.cry.packs import write_packs


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    write_packs(folder, per_fold=(1, 1))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder with six detectors of no training, as the training command would leave them."""
    folder = tmp_path_factory.mktemp("trained")
    torch.manual_seed(0)
    for path in [folder / "cry.safetensors", *(fold_path(folder, f) for f in FOLDS)]:
        save_detector(CryDetector(0.1), path)
        points = [{"step": step, "train_loss": 0.5, "accuracy": 0.5} for step in (1, 2)]
        curve = {"config": read_config(path.stem), "minutes": 1.0, "curve": points}
        path.with_suffix(".curve.json").write_text(json.dumps(curve))
    return folder


@pytest.fixture(autouse=True)
def data(packs, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(packs))


def test_the_command_writes_cards_and_then_agrees_with_them(trained, tmp_path, capsys):
    folder = tmp_path / "all"
    shutil.copytree(trained, folder)
    main(["--checkpoints", str(folder), "--write"])
    card = json.loads((folder / "cry.json").read_text())
    scores = json.loads((folder / "cry_scores.json").read_text())
    held_out = card["held_out"]
    assert len(scores["recordings"]) == 15 and len(scores["other_collections"]) == 4
    labels, values, folds = (
        np.array([row[key] for row in scores["recordings"]]) for key in ("label", "score", "fold")
    )
    rates, thresholds = out_of_fold(labels, values, folds)
    assert held_out["recordings"]["true_positives"] == rates.true_positives
    assert held_out["operating_point"]["thresholds_of_folds"] == {str(f): thresholds[f] for f in FOLDS}
    assert set(held_out["shortcuts"]) >= {*CHANGES, "as they are"}
    assert json.loads(fold_path(folder, 3).with_suffix(".json").read_text())["held_out"]["fold"] == 3
    assert "flac" not in json.dumps(scores)  # numbers and kinds, no names of recordings
    assert list(differences(held_out, held_out)) == []
    card["held_out"]["recordings"]["false_positives"] += 5
    (folder / "cry.json").write_text(json.dumps(card))
    with pytest.raises(SystemExit):
        main(["--checkpoints", str(folder)])
    assert "out of fold, false_positives" in capsys.readouterr().err


def test_a_folder_without_checkpoints_says_so(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--checkpoints", str(tmp_path)])
    assert "no checkpoint" in capsys.readouterr().err


@pytest.mark.parametrize("name", CHANGES)
def test_changes_leave_a_sound(name):
    wave = made_sounds(1, 0).waves[0]
    after = CHANGES[name](wave)
    assert after.dtype == np.float32 and np.abs(after).max() <= 1 and len(after) >= len(wave)


def test_the_shipped_detector_has_a_card_of_numbers_that_add_up():
    detector = pretrained("cry")
    held_out = detector.card["held_out"]
    scores = json.loads((CHECKPOINTS / "cry_scores.json").read_text())
    rows = scores["recordings"]
    assert len(rows) == 723 and sum(row["label"] for row in rows) == 40
    assert detector.threshold == held_out["operating_point"]["threshold"]
    folds = held_out["operating_point"]["thresholds_of_folds"]
    margins = [row["score"] - folds[str(row["fold"])] for row in rows]
    rates = detection_rates([row["label"] for row in rows], margins, 0.0)
    assert held_out["recordings"]["false_positives"] == rates.false_positives
    assert held_out["recordings"]["sensitivity"][0] == round(rates.sensitivity, 4)
    kinds = held_out["false_alarms_by_kind"]
    assert sum(row["false_alarms"] for row in kinds.values()) == rates.false_positives
    assert sum(row["recordings"] for row in kinds.values()) == rates.negatives
    assert sum(row["false_alarms"] for row in held_out["by_loudness"]) == rates.false_positives
    files = [CHECKPOINTS / "cry.safetensors", *(fold_path(CHECKPOINTS, f) for f in FOLDS)]
    assert sum(file.stat().st_size for file in files) <= 6_000_000
    assert {data for data in detector.card["training"]["sets"]} == {"esc10_16k", "esc50_neg_16k"}


def test_each_other_detector_lacks_its_fold():
    for number in FOLDS:
        card = json.loads(fold_path(CHECKPOINTS, number).with_suffix(".json").read_text())
        assert not {s for s in card["training"]["splits"] if s.endswith(f"/{number}")}
        assert len(card["training"]["splits"]) == 8
