"""Distortions: graded, of the photo's form, by seed; the raters' assumptions hold in what they give."""

import numpy as np
import pytest

from course_lib.data import photos
from course_lib.metrics import psnr
from course_lib.quality.distortions import KINDS, UNSEEN_KINDS, distort
from course_lib.quality.distributions import mean_score, score_spread
from course_lib.quality.raters import simulated_scores

PHOTO = photos("coffee")["coffee"][100:300, 100:340]


@pytest.mark.parametrize("kind", KINDS + UNSEEN_KINDS)
def test_each_level_is_farther_from_the_photo(kind):
    graded = [distort(PHOTO, kind, level) for level in range(6)]
    np.testing.assert_array_equal(graded[0], PHOTO)
    for worse in graded:
        assert (
            worse.shape == PHOTO.shape and worse.dtype == np.float32 and worse.min() >= 0 and worse.max() <= 1
        )
    fidelity = [psnr(worse, PHOTO) for worse in graded[1:]]
    assert np.all(np.diff(fidelity) < 0) and fidelity[0] - fidelity[-1] > 5
    between = psnr(distort(PHOTO, kind, 2.5), PHOTO)
    assert fidelity[1] >= between >= fidelity[2]


@pytest.mark.parametrize("kind", KINDS + UNSEEN_KINDS)
def test_the_seed_decides_and_the_photo_stays(kind):
    before = PHOTO.copy()
    one, same = distort(PHOTO, kind, 3, seed=4), distort(PHOTO, kind, 3, seed=4)
    np.testing.assert_array_equal(one, same)
    np.testing.assert_array_equal(PHOTO, before)
    random = kind in ("noise", "motion_blur", "block_loss")
    assert (distort(PHOTO, kind, 3, seed=5) != one).any() == random


def test_blur_grows_with_the_photo_and_noise_does_not():
    """The same share of twice as large a photo is smeared; a pixel's noise is the pixel's."""
    edge = np.zeros((224, 224, 3), np.float32)
    edge[:, 112:] = 1
    large = edge.repeat(2, 0).repeat(2, 1)
    between = [np.mean((distort(x, "blur", 5) > 0.1) & (distort(x, "blur", 5) < 0.9)) for x in (edge, large)]
    assert between[0] == pytest.approx(between[1], rel=0.15)
    gray = np.full((100, 100, 3), 0.5, np.float32)
    for level, std in ((1, 0.021), (3, 0.061)):
        assert distort(gray, "noise", level).std() == pytest.approx(std, rel=0.05)


@pytest.mark.parametrize("photo", [np.ones((1, 1, 3), np.float32), np.zeros((3, 50, 3), np.uint8)])
@pytest.mark.parametrize("kind", [kind for kind in KINDS + UNSEEN_KINDS if kind != "jpeg2000"])
def test_tiny_and_uniform_photos_pass(photo, kind):
    worse = distort(photo, kind, 6)
    assert worse.shape == photo.shape and np.isfinite(worse).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PHOTO, "dust", 1), "kind must be one of blur"),
        ((PHOTO, "blur", -1), "level must be"),
        ((PHOTO, "blur", 7), "level must be"),
        ((PHOTO, "blur", np.nan), "level must be"),
        ((PHOTO, "blur", "3"), "level must be"),
        ((PHOTO * 255, "blur", 1), "array must lie in"),
        ((PHOTO[:31], "jpeg2000", 1), "at least 32 x 32"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        distort(*arguments)


def test_raters_keep_their_assumptions():
    panels = np.stack([simulated_scores(level, raters=20_000, seed=level) for level in range(6)])
    np.testing.assert_allclose(panels.sum(1), 1)
    np.testing.assert_allclose(mean_score(panels)[:5], 7.8 - np.arange(5), atol=0.08)
    spread = score_spread(panels)
    assert np.all(np.diff(spread[:4]) > 0)  # they disagree more about worse pictures, until the scale ends
    assert 1.2 < spread.mean() < 1.6
    liked = mean_score(simulated_scores(2, 0.5, raters=20_000, seed=1)) - mean_score(
        simulated_scores(2, raters=20_000, seed=1)
    )
    assert liked == pytest.approx(0.5, abs=0.03)


def test_a_panel_follows_its_seed_and_has_whole_raters():
    one = simulated_scores(3, raters=7, seed=[1, 2])
    np.testing.assert_array_equal(one, simulated_scores(3, raters=7, seed=[1, 2]))
    np.testing.assert_allclose(one * 7, np.round(one * 7))
    assert (one != simulated_scores(3, raters=7, seed=[1, 3])).any()
    for bad in ({"level": -1}, {"level": np.nan}, {"level": 1, "raters": 0}, {"level": 1, "appeal": np.inf}):
        with pytest.raises(ValueError, match="must be"):
            simulated_scores(**bad)
