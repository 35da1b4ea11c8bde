"""The table of bits: its command on packs of made sounds, and what stands in the shipped one."""

import hashlib
import json

import numpy as np
import pytest
import torch

from course_lib.cry import CryDetector, bits, clip_score
from course_lib.cry.bits import FACTS, Method, main, most_sensitive
from course_lib.cry.bundle import check_bundle, read_bundle
from course_lib.cry.detector import save_detector
from course_lib.cry.evaluate import CHECKPOINTS, fold_path
from course_lib.cry.fold_windows import Windows
from course_lib.cry.quantized_detector import quantize_detector
from course_lib.cry.quantized_network import layers_of, quantized_layers
from course_lib.cry.recordings import FOLDS, open_recordings
from tests.cry.packs import write_packs


@pytest.fixture(scope="module")
def packs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs")
    write_packs(folder, per_fold=(1, 1))
    return folder


def hardly_trained(detector, batches, windows):
    assert next(batches)[0].shape[1:] == windows.shape[1:] == (1, 64, 97)
    return quantize_detector(detector, windows, bits=4), [0.5] * 10


def first_is_worst(detector, windows):
    return {name: 1 / (1 + i) for i, name in enumerate(layers_of(detector))}


@pytest.fixture
def folder(packs, tmp_path, monkeypatch):
    """Six detectors of no training, few methods, and hardly any training through the grids."""
    monkeypatch.setenv("COURSE_DATA_DIR", str(packs))
    methods = (Method(4, mixed=True), Method(4, trained=True))
    monkeypatch.setattr(bits, "METHODS", methods)
    # both have tests of their own, and take their time
    monkeypatch.setattr(bits, "train_through_grids", hardly_trained)
    monkeypatch.setattr(bits, "layer_sensitivity", first_is_worst)
    monkeypatch.setattr(bits, "FACTS", tmp_path / "cry_bits.json")
    # detectors of no training give every sound the same score, and no threshold keeps that silent
    monkeypatch.setattr(bits, "operating_point", lambda labels, scores: 0.5)
    torch.manual_seed(0)
    card = {"license": "none", "file": {}, "training": {"sets": {}, "splits": []}}
    (tmp_path / "cry.json").write_text(json.dumps(card))
    for path in [tmp_path / "cry.safetensors", *(fold_path(tmp_path, f) for f in FOLDS)]:
        save_detector(CryDetector(0.1), path)
    return tmp_path


def test_the_command_writes_the_table_and_the_bundle(folder, capsys, monkeypatch):
    arguments = ["--checkpoints", str(folder), "--states", str(folder / "states"), "--write"]
    main(arguments)
    found = json.loads((folder / "cry_bits.json").read_text())
    assert [row["bits"] for row in found["rows"]] == [32, 4, 4]
    assert all(0 <= row["accuracy"] <= 1 and row["macs"] > 0 for row in found["rows"])
    sizes = [row["bytes"] for row in found["rows"]]
    assert sizes[0] > sizes[1] > sizes[2]
    assert len(found["layers"]["sensitivity"]) == 53
    assert check_bundle(folder / "cry_4bit.zip") < 1e-6
    card = json.loads((folder / "cry_4bit.json").read_text())
    assert card["held_out"]["bits"] == 4 and card["file"]["name"] == "cry_4bit.zip"
    assert "4 bits, trained through the grids" in capsys.readouterr().out
    # a second run finds what it needs in the states
    monkeypatch.setattr(bits, "quantize_detector", None)
    main(arguments[:-1])
    save_detector(CryDetector(0.1), fold_path(folder, 2))
    with pytest.raises(TypeError):  # but not for a detector that has changed
        main(arguments[:-1])


def test_a_folder_without_checkpoints_says_so(folder, capsys):
    with pytest.raises(SystemExit):
        main(["--checkpoints", str(folder / "nothing"), "--states", str(folder / "states")])
    assert "cry_fold1.safetensors" in capsys.readouterr().err


def test_windows_at_once_score_as_one_recording_after_the_other(folder):
    recordings = open_recordings(["esc10_16k/1", "esc50_neg_16k/1"])
    detector = CryDetector(0.1).eval()
    one_by_one = [clip_score(detector.score(wave)) for wave in recordings.waves]
    assert np.allclose(Windows.of(recordings).scores(detector), one_by_one, atol=1e-6)


def test_the_most_sensitive_quarter_keeps_its_bits():
    assert most_sensitive({"a": 0.1, "b": 0.9, "c": 0.2, "d": 0.3}) == {"b": 8}


def test_the_shipped_table_is_of_the_shipped_detector():
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    card = json.loads((CHECKPOINTS / "cry.json").read_text(encoding="utf-8"))["held_out"]
    rows = {row["name"]: row for row in facts["rows"]}
    assert len(rows) == 1 + len(bits.METHODS) and set(rows) - {"float"} == set(map(str, bits.METHODS))
    for key in ("true_positives", "false_negatives", "false_positives", "true_negatives"):
        assert abs(rows["float"][key] - card["recordings"][key]) <= 1
    for row in rows.values():
        assert row["true_positives"] + row["false_negatives"] == facts["recordings"]["cries"] == 40
        assert row["false_positives"] + row["true_negatives"] == facts["recordings"]["others"] == 683
    assert facts["training"]["stages"] == [list(stage) for stage in bits.STAGES]


def test_the_shipped_bundle_agrees():
    path = CHECKPOINTS / "cry_4bit.zip"
    facts = json.loads(FACTS.read_text(encoding="utf-8"))["bundle"]
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["file"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert check_bundle(path) < 1e-6
    detector, _, _ = read_bundle(path)
    assert path.stat().st_size == facts["bytes"] <= 300_000
    assert detector.threshold == facts["threshold"] and detector.width == 0.35
    assert {layer.weight_bits for layer in quantized_layers(detector).values()} == {4}
