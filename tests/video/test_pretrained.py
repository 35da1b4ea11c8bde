"""The shipped video colorizers: what they answer, what their cards say, and what is refused."""

import json
import shutil
import sys

import numpy as np
import pytest

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip
from course_lib.metrics import psnr
from course_lib.video import ClipColorizer, pretrained
from course_lib.video.evaluation import METRICS
from course_lib.video.pretrained import CHECKPOINTS, RECURRENT
from course_lib.video.train import CONFIGS, options_of, read_config


def test_each_configuration_has_its_trained_network():
    assert sorted(RECURRENT) == sorted(path.stem for path in CONFIGS.glob("*.toml"))


@pytest.mark.parametrize("name", RECURRENT)
def test_colors_a_clip_and_is_what_its_card_says(name):
    model = pretrained(name)
    assert isinstance(model, ClipColorizer) and model.card["name"] == name
    ab = model.predict_ab(np.random.default_rng(0).uniform(0, 100, (7, 36, 64)))
    assert ab.shape == (7, 36, 64, 2) and np.isfinite(ab).all() and np.abs(ab).max() > 1
    config = read_config(name)
    assert model.card["training"]["config"] == config and model.chunk == config["chunk"]
    assert model.card["file"]["parameters"] == sum(p.numel() for p in model.net.parameters())
    options = options_of(config)
    assert model.net.skips == options.get("skips", True) and model.net.head == options.get("head", "linear")


@pytest.mark.parametrize("name", RECURRENT)
def test_cards_hold_what_was_measured_beside_the_truth_and_gray(name):
    card = pretrained(name).card
    assert card["file"]["bytes"] <= 4_000_000 and card["held_out"]["sets"] == ["davis/test"]
    metrics = card["held_out"]["metrics"]
    assert set(metrics["model"]["mean"]) == set(metrics["gray"]["mean"]) == set(METRICS)
    assert metrics["gray"]["mean"]["chroma"] == 0 and metrics["truth"]["mean"]["chroma"] > 5
    assert not {split for split in card["training"]["splits"] if "davis/test" in split}
    for data in card["training"]["sets"].values():
        assert data["home"].startswith("https://") and data["license"]


def test_colormnet_colors_a_made_clip_better_than_the_copied_reference():
    net = pretrained("colormnet")
    assert net.card["file"]["bytes"] <= 8_000_000 and net.card["held_out"]["sets"] == ["davis/test"]
    assert net.card["file"]["parameters"] == sum(p.numel() for p in net.parameters())
    clip = made_clip(3, frames=24, size=(72, 96))
    gray = rgb_to_lab(clip.frames) * [1, 0, 0]
    colored = net.colorize_clip(list(lab_to_rgb(gray)), clip.frames[0], reference_is_first=True)
    copied = [lab_to_rgb(np.dstack([L, rgb_to_lab(clip.frames[0])[..., 1:]])) for L in gray[..., 0]]
    late = range(12, 24)
    ours, theirs = (np.mean([psnr(clip.frames[t], way[t]) for t in late]) for way in (colored, copied))
    assert ours > theirs + 2


def test_another_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match=r"one of colormnet, unet, .*, photos_only; got 'regression'"):
        pretrained("regression")


def test_files_that_are_missing_or_exchanged_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["course_lib.video.pretrained"], "CHECKPOINTS", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"git checkout, .* python -m course_lib\.video\.train unet$"):
        pretrained("unet")
    folder = tmp_path / "recurrent"
    folder.mkdir()
    shutil.copy(CHECKPOINTS / "recurrent" / "unet.safetensors", folder)
    with pytest.raises(FileNotFoundError, match="its card"):
        pretrained("unet")
    card = json.loads((CHECKPOINTS / "recurrent" / "unet.json").read_text(encoding="utf-8"))
    (folder / "unet.json").write_text(json.dumps(card), encoding="utf-8")
    assert pretrained("unet").card == card
    card["file"]["sha256"] = "0" * 64
    (folder / "unet.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ValueError, match="isn't the file its card describes"):
        pretrained("unet")
