"""The shipped colorizers and the table of colors: what they answer, and what is refused."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch

from course_lib.color import ab_bin_centers, decode
from course_lib.images import colorize, colorizer, natural_prior, pretrained
from course_lib.images.colorizer import CHECKPOINTS, COLORIZERS, load_colorizer


@pytest.fixture(scope="module", params=COLORIZERS)
def model(request):
    return pretrained(request.param)


@pytest.fixture(scope="module")
def classifier():
    return pretrained("classification")


def test_colors_photos_of_any_size_and_keeps_their_lightness(model):
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (3, 200), (97, 131), (300, 451)):
        out = colorize(model, rng.random(shape, np.float32))
        assert out.shape == (*shape, 3) and np.isfinite(out).all()


def test_small_and_same_size_for_both_heads():
    for name in COLORIZERS:
        card = pretrained(name).card
        assert card["file"]["bytes"] <= 4_000_000
        assert card["training"]["seed"] == pretrained("regression").card["training"]["seed"]
    first, second = (pretrained(name).card for name in COLORIZERS)
    assert first["file"]["parameters"] == second["file"]["parameters"]
    assert first["training"]["steps"] == second["training"]["steps"]


def test_cards_hold_what_was_measured_beside_every_baseline(model):
    held_out = model.card["held_out"]
    for name in ("all", "scenes_intel_96", "bsds500_192", "imagenet_sample_128"):
        group = held_out["metrics"][name]
        for answer in (*COLORIZERS, "gray", "mean color", "best tint"):
            assert all(np.isfinite(value) for value in group[answer].values())
        assert group["gray"]["chroma"] == 0 and group["best tint"]["correlation"] == 0
    for data in model.card["training"]["sets"].values():
        assert data["home"].startswith("https://") and data["license"]
    assert not {s for s in model.card["training"]["splits"] if "test" in s}


def test_probabilities_sum_to_one_and_decode_to_what_forward_answers(classifier):
    lightness = np.random.default_rng(1).uniform(0, 100, (2, 64, 80)).astype(np.float32)
    shares = classifier.probabilities(lightness)
    assert shares.shape == (2, 16, 20, 313)
    np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-5)
    for temperature in (0, 0.38, 1.0):
        classifier.temperature = temperature
        with torch.inference_mode():
            ours = classifier._annealed(classifier.net(torch.from_numpy(lightness)[:, None] / 100)["bins"])
        expected = decode(shares, ab_bin_centers(), temperature=temperature) / 110
        np.testing.assert_allclose(ours.permute(0, 2, 3, 1), expected, atol=2e-3)
    classifier.temperature = 0.38


def test_works_at_its_own_size_whatever_the_photo(classifier):
    """Larger photos reach the network scaled to the size it was trained at, smaller ones as they are."""
    seen = []
    hook = classifier.net.register_forward_pre_hook(lambda _, inputs: seen.append(tuple(inputs[0].shape[2:])))
    for shape in ((300, 451), (2000, 900), (112, 150), (40, 60)):
        colorize(classifier, np.full(shape, 0.5, np.float32))
    hook.remove()
    assert seen == [(112, 168), (249, 112), (112, 150), (40, 60)]


def test_scenes_are_shares_of_six(model):
    shares = model.scene_probabilities(np.full((3, 40, 40), 50.0))
    assert shares.shape == (3, 6) and len(model.scenes) == 6
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-5)


def test_refusals(model, classifier, tmp_path):
    with pytest.raises(ValueError, match="classification, regression; got 'cry'"):
        pretrained("cry")
    with pytest.raises(ValueError, match=r"\(N, H, W\)"):
        classifier.probabilities(np.zeros((8, 8)))
    if model.kind == "regression":
        with pytest.raises(ValueError, match="no probabilities"):
            model.probabilities(np.zeros((1, 8, 8)))
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_colorizer(tmp_path / "none.safetensors")
    (tmp_path / "other.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match="no colorizer's checkpoint"):
        load_colorizer(tmp_path / "other.safetensors")


def test_files_that_are_missing_or_exchanged_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(colorizer, "CHECKPOINTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="git checkout"):
        pretrained("regression")
    for suffix in (".safetensors", ".json"):
        shutil.copy(CHECKPOINTS / f"regression{suffix}", tmp_path)
    card = json.loads((tmp_path / "regression.json").read_text())
    card["file"]["sha256"] = hashlib.sha256(b"other").hexdigest()
    (tmp_path / "regression.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="isn't the file its card describes"):
        pretrained("regression")


def test_the_table_of_colors_is_a_distribution_over_the_bins():
    smoothed, nearest = natural_prior(), natural_prior(smoothed=False)
    for prior in (smoothed, nearest):
        assert prior.shape == (313,) and prior.min() >= 0 and prior.sum() == pytest.approx(1)
        assert ab_bin_centers()[prior.argmax()].tolist() == [0, 0]
    assert (nearest == 0).sum() > (smoothed == 0).sum() > 0
