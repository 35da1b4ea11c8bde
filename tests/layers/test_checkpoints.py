"""Checkpoints, cards and states that were damaged: refused in words that name the file."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from course_lib.layers.checkpoints import load_shipped, read_curve, reading, shipped_card
from course_lib.layers.resumable import ResumableTrainer

CURVE = {"config": {"seed": 1}, "minutes": 2.0, "curve": []}


@pytest.mark.parametrize(
    "text", ["{", "5", "[]", "{}", '{"file": {}}', '{"file": "x"}', '{"training": {"config": 1}}']
)
def test_a_broken_card_is_named(tmp_path, text):
    weights = tmp_path / "net.safetensors"
    save_file({"x": torch.zeros(1)}, weights)
    (tmp_path / "net.json").write_text(text)
    with pytest.raises(ValueError, match=r"net\.json is no card"):
        shipped_card(weights, "train")
    with pytest.raises(ValueError, match=r"net\.json is no card"):
        read_curve(weights)
    with pytest.raises(ValueError, match=r"net\.json is no card"):
        load_shipped(weights, lambda path: nn.Linear(1, 1), "train")


def test_a_curve_is_the_trainings_own_or_the_cards(tmp_path):
    weights = tmp_path / "net.safetensors"
    with pytest.raises(FileNotFoundError, match=r"neither net\.curve\.json, .* nor net\.json"):
        read_curve(weights)
    (tmp_path / "net.json").write_text(json.dumps({"training": CURVE | {"seed": 1}}))
    assert read_curve(weights) == CURVE
    (tmp_path / "net.curve.json").write_text(json.dumps(CURVE | {"minutes": 3.0}))
    assert read_curve(weights)["minutes"] == 3.0
    (tmp_path / "net.curve.json").write_text("[1]")
    with pytest.raises(ValueError, match=r"net\.curve\.json is no training's curve"):
        read_curve(weights)


@pytest.mark.parametrize(
    "error", [KeyError("x"), ZeroDivisionError("x"), AttributeError("x"), RuntimeError("x")]
)
def test_whatever_goes_wrong_inside_names_the_file(tmp_path, error):
    with (
        pytest.raises(ValueError, match=rf"net is no thing \({type(error).__name__}: ") as said,
        reading(tmp_path / "net", "thing"),
    ):
        raise error
    assert said.value.__cause__ is error


def trainer():
    torch.manual_seed(0)
    options = {"kind": "Adam", "learning_rate": 0.1, "weight_decay": 0.0}
    config = {"steps": 9, "optimizer": options, "schedule": {"kind": "cyclic"}}
    return ResumableTrainer(nn.Linear(2, 2), config, data={"photos": ["a", "b"]})


def steps(one, count):
    for _ in range(count):
        one.optimize(one.model(torch.ones(1, 2)).square().sum())
    return [value.tolist() for value in one.model.state_dict().values()]


def test_a_state_goes_on_and_a_changed_one_is_refused(tmp_path):
    whole, first = trainer(), trainer()
    steps(first, 3)
    first.save(tmp_path)
    path = tmp_path / "state.safetensors"
    second = trainer()
    assert second.resume(tmp_path)
    assert steps(second, 2) == steps(whole, 5)
    content = path.read_bytes()
    for place in (
        -1,
        -20,
    ):  # in the numbers themselves: the file is as long as before, and reads without an error
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ValueError, match=r"state\.safetensors is damaged; .*it isn't what was written"):
            trainer().resume(tmp_path)
    path.write_bytes(content)
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
    rest = json.loads(about["state"]) | {"step_done": 1}
    save_file(load_file(path), path, metadata=about | {"state": json.dumps(rest)})
    with pytest.raises(ValueError, match="it isn't what was written"):
        trainer().resume(tmp_path)
