"""The heavy colorizer that is shipped: what it answers, what its card says, and what is refused."""

import hashlib
import json
import os
import shutil

import numpy as np
import pytest
import torch

from course_lib.images import colorize
from course_lib.images import pretrained as part_one
from course_lib.images.evaluate import differences, measure
from course_lib.images.evaluation import answer_of
from course_lib.images.photo_sets import open_photo_sets
from course_lib.mobile import heavy, pretrained
from course_lib.mobile.evaluate import main
from course_lib.mobile.heavy import CHECKPOINTS, HeavyColorizer, Mirrored, load_heavy

SETS = ("scenes_intel_96", "bsds500_192", "imagenet_sample_128")


@pytest.fixture(scope="module")
def model():
    return pretrained("heavy")


def test_colors_photos_of_any_size_and_keeps_their_lightness(model):
    rng = np.random.default_rng(0)
    for shape in ((1, 1), (3, 200), (97, 131), (300, 451)):
        out = colorize(model, rng.random(shape, np.float32))
        assert out.shape == (*shape, 3) and np.isfinite(out).all()


def test_a_mirrored_picture_gets_the_mirrored_colors(model):
    x = torch.rand(1, 1, 64, 96)
    with torch.inference_mode():
        torch.testing.assert_close(model(x.flip(3)), model(x).flip(3))


def test_works_at_its_own_size_whatever_the_photo():
    """Larger photos reach the network scaled to the size it was trained at, smaller ones as they are."""
    seen = []

    class Net(torch.nn.Module):
        def forward(self, x):
            seen.append(tuple(x.shape[2:]))
            return 110 * torch.cat([x, -x], 1)

    model = HeavyColorizer(Net(), short_side=112)
    for shape in ((300, 451), (2000, 900), (112, 150), (40, 60)):
        out = model(torch.full((1, 1, *shape), 0.25))
        torch.testing.assert_close(out[:, 0], torch.full((1, *shape), 0.25))
    assert seen == [(112, 168), (249, 112), (112, 150), (40, 60)]
    with pytest.raises(ValueError, match=r"\(N, 1, H, W\)"):
        model(torch.zeros(1, 2, 8, 8))


def test_the_mean_of_two_looks():
    class Left(torch.nn.Module):
        def forward(self, x):
            return x.cumsum(3)

    x = torch.rand(2, 1, 3, 5)
    expected = (x.cumsum(3) + x.flip(3).cumsum(3).flip(3)) / 2
    torch.testing.assert_close(Mirrored(Left())(x), expected)


def test_the_card_holds_what_was_measured_beside_every_baseline(model):
    card = model.card
    held_out = card["held_out"]
    assert card["file"]["bytes"] <= 6_000_000
    assert card["file"]["parameters"] == sum(p.numel() for p in model.parameters())
    assert not {split for split in card["training"]["splits"] if "test" in split}
    for data in card["training"]["sets"].values():
        assert data["home"].startswith("https://") and data["license"]
    theirs = part_one("regression").card["held_out"]["metrics"]
    for name in ("all", *SETS):
        group = held_out["metrics"][name]
        assert group["gray"]["chroma"] == 0 and group["truth"]["chroma"] > 0
        for answer in (
            "regression",
            "classification",
            "gray",
            "mean color",
        ):  # on the same photos, the same numbers
            assert not list(differences(group[answer], theirs[name][answer]))


def test_it_earns_its_weight(model):
    """Less error than Part 1's regression network on photos held out, also where that looks twice."""
    found = model.card["held_out"]["metrics"]["all"]
    for other in ("regression", "regression, two looks"):
        assert found["heavy"]["psnr"] > found[other]["psnr"] and found["heavy"]["auc"] > found[other]["auc"]
    assert found["heavy, one look"]["psnr"] > found["regression"]["psnr"]


@pytest.mark.skipif(not os.environ.get("COURSE_DATA_DIR"), reason="COURSE_DATA_DIR isn't set")
def test_the_card_says_what_the_shipped_file_does(model):
    held_out = model.card["held_out"]
    photos = open_photo_sets(["imagenet_sample_128/test"], held_out["short_side"])
    found = measure({"heavy": answer_of(model)}, photos)["imagenet_sample_128"]
    assert not list(differences(found, held_out["metrics"]["imagenet_sample_128"]))


def test_refusals(tmp_path):
    with pytest.raises(ValueError, match="must be heavy; got 'light'"):
        pretrained("light")
    with pytest.raises(FileNotFoundError, match="no checkpoint"):
        load_heavy(tmp_path / "none.safetensors")
    (tmp_path / "other.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match="no query_colorizer's checkpoint"):
        load_heavy(tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"regression\.safetensors is no query_colorizer's checkpoint"):
        load_heavy(CHECKPOINTS / "regression.safetensors")


def test_files_that_are_missing_or_exchanged_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(heavy, "CHECKPOINTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="git checkout"):
        pretrained("heavy")
    for suffix in (".safetensors", ".json"):
        shutil.copy(CHECKPOINTS / f"heavy{suffix}", tmp_path)
    card = json.loads((tmp_path / "heavy.json").read_text())
    card["file"]["sha256"] = hashlib.sha256(b"other").hexdigest()
    (tmp_path / "heavy.json").write_text(json.dumps(card))
    with pytest.raises(ValueError, match="isn't the file its card describes"):
        pretrained("heavy")


def test_the_command_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("COURSE_DATA_DIR", raising=False)
    for arguments, word in (
        (["--checkpoints", str(tmp_path)], "no checkpoint"),
        ([], "COURSE_DATA_DIR isn't set"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 1 and word in capsys.readouterr().err
