"""The training command: killed and resumed it ends bit for bit the same; head first; what it draws and refuses."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from course_lib.quality.distributions import mean_score
from course_lib.quality.pretrained import load_nima
from course_lib.quality.rated_photos import open_rated_photos, training_batch, validation_set
from course_lib.quality.train import CONFIGS, main, read_config, split_photos, train
from course_lib.quality.training import Trainer
from tools.torture.trainings import (
    QUALITY,
    assert_identical,
    command_line,
    results,
    write_coarse_photos,
    write_config,
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_coarse_photos(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def config_file(tmp_path, pictures):
    return write_config(tmp_path, QUALITY, pictures)


def test_killed_and_resumed_it_ends_bit_for_bit_the_same(tmp_path, config_file, monkeypatch, capsys):
    whole, often = tmp_path / "whole", tmp_path / "often"
    main(command_line(whole, config_file))
    step = Trainer.step
    for last in (3, 5):  # in the head's epochs, and in those of everything

        def tired(self, last=last):
            if self.step_done == last:
                raise KeyboardInterrupt
            step(self)

        monkeypatch.setattr(Trainer, "step", tired)
        with pytest.raises(SystemExit):
            main(command_line(often, config_file))
        assert "goes on from the last save" in capsys.readouterr().err
    monkeypatch.setattr(Trainer, "step", step)
    main(command_line(often, config_file))
    assert_identical(results(often), results(whole))

    model = load_nima(whole / "out" / "tiny.safetensors")
    assert model.backbone == "mobilenet_v2" and model.width == 0.1
    curve = json.loads((whole / "out" / "tiny.curve.json").read_text())["curve"]
    assert [point["step"] for point in curve] == [4, 6]
    assert set(curve[0]) == {"step", "train_emd", "validation_emd", "validation_srcc"}


def test_the_dense_layer_learns_first_then_everything(tmp_path, config_file):
    weights, text = [], config_file.read_text()
    for steps in (1, 3, 4):
        config_file.write_text(text.replace("steps = 6\nhead", f"steps = {steps}\nhead"))
        main(command_line(tmp_path / str(steps), config_file))
        weights.append(load_file(tmp_path / str(steps) / "out" / "tiny.safetensors"))
    first, head, everything = weights
    kernels = [name for name in first if name.startswith("features") and first[name].ndim == 4]
    assert all(torch.equal(first[name], head[name]) for name in kernels)
    assert not torch.equal(first["head.1.weight"], head["head.1.weight"])
    assert not any(torch.equal(head[name], everything[name]) for name in kernels)


def test_pictures_follow_the_seed_and_the_worse_get_lower_scores(pictures):
    photos = open_rated_photos([str(pictures)], 1)
    one, two = (training_batch(photos, 40, 64, 3, 0) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
    assert one[0].shape == (40, 64, 64, 3) and one[0].dtype == np.float32
    assert (training_batch(photos, 40, 64, 3, 1)[0] != one[0]).any()
    means = mean_score(one[1])
    assert means.max() > 7 and means.min() < 4
    inputs, shares = validation_set(photos, 1)
    assert inputs.shape == (7, 224, 224, 3) and shares.shape == (7, 10)
    assert inputs.min() >= 0 and inputs.max() <= 1


def test_pictures_of_one_photo_differ_in_nothing_but_their_level(pictures):
    photos = open_rated_photos([str(pictures)], 1)
    both, _ = training_batch(photos, 200, 64, 3, 0, kinds=["overexposure"], levels=2)
    for first, second in zip(both[::2], both[1::2], strict=True):
        darker, brighter = sorted((first, second), key=np.sum)
        stops = np.log2(brighter[darker > 0.01] / darker[darker > 0.01]).max() * 2.2
        assert stops == pytest.approx(
            3 * 0.6, abs=0.05
        )  # three levels apart, and only what was clipped by less


def test_a_kind_named_more_often_is_drawn_more_often(pictures):
    photos = open_rated_photos([str(pictures)], 1)
    kinds = ["underexposure", "overexposure", "overexposure", "overexposure"]
    seldom, _ = training_batch(photos, 400, 64, 3, 0, kinds=kinds)
    equally, _ = training_batch(photos, 400, 64, 3, 0, kinds=kinds[:2])
    assert seldom.mean() > equally.mean() + 0.05


def test_a_start_is_trained_first_and_gives_its_backbone(tmp_path, config_file):
    before = config_file.with_name("before.toml")
    before.write_text(config_file.read_text().replace('name = "tiny"', 'name = "before"'))
    text = config_file.read_text().replace("steps = 6\nhead", "steps = 2\nhead")  # the dense layer's alone
    config_file.write_text(f'start = "{before}"\n{text}')
    main(command_line(tmp_path / "both", config_file))
    main(command_line(tmp_path / "alone", before))
    trained = load_file(tmp_path / "both" / "out" / "tiny.safetensors")
    start = load_file(tmp_path / "alone" / "out" / "before.safetensors")
    kernels = [name for name in trained if name.startswith("features") and trained[name].ndim == 4]
    assert kernels and all(torch.equal(trained[name], start[name]) for name in kernels)
    assert not torch.equal(trained["head.1.weight"], start["head.1.weight"])

    before.write_text(before.read_text().replace("width = 0.1", "width = 0.2"))
    with pytest.raises(ValueError, match=r"whose width is 0\.2, not 0\.1"):
        train(str(config_file), tmp_path / "other")
    before.write_text(f'start = "{config_file}"\n{text}')
    with pytest.raises(ValueError, match="starts from another itself"):
        train(str(config_file), tmp_path / "other")


def test_no_photo_is_on_both_sides(config_file):
    config = read_config(str(config_file))
    training, aside = split_photos(config)
    assert len(training) == 5 and len(aside) == 2 and not set(training.names) & set(aside.names)
    config["data"]["validation"] = 7
    with pytest.raises(ValueError, match="only 7 photos"):
        split_photos(config)


def test_the_shipped_configuration_splits_by_photo_and_has_the_reports_epochs():
    config = read_config("nima")
    assert config["head_steps"] / config["steps"] == 0.3  # 3 + 7 epochs
    assert not any(spec.endswith("/test") for spec in config["data"]["train"])
    assert (CONFIGS / "nima.toml").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("crop = 32", "crop = 300"), "crop must be from 32 to 224"),
        (("mobilenet_v2", "resnet"), "model.backbone must be one of"),
        (("head_steps = 3", "head_steps = -3"), "head_steps must be a whole number"),
        (('"blur"', '"smear"'), "data.kinds must be some of blur"),
        (("levels = 2", "levels = 3"), "data.levels must be from 1 to 6 and divide batch_size = 4; got 3"),
    ],
)
def test_a_wrong_configuration_is_named(config_file, change, message):
    config_file.write_text(config_file.read_text().replace(*change))
    with pytest.raises(ValueError, match=message):
        read_config(str(config_file))
