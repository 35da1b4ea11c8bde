"""Speckle against hand-made pictures, brute force, and what it promises not to mind."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.color import rgb_to_lab
from course_lib.data import photos
from course_lib.metrics import speckle

ZERO = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def _picture(seed=0, shape=(14, 17)):
    return np.random.default_rng(seed).normal(0, 20, (*shape, 2))


@pytest.mark.parametrize("window", [3, 5, 7])
def test_is_the_distance_from_the_median_by_brute_force(window):
    ab, rim = _picture(), window // 2
    height, width = ab.shape[:2]
    distances = [
        np.linalg.norm(ab[y, x] - np.median(ab[y - rim : y + rim + 1, x - rim : x + rim + 1], axis=(0, 1)))
        for y in range(rim, height - rim)
        for x in range(rim, width - rim)
    ]
    found = speckle(ab, window=window, threshold=25.0)
    assert found.amount == pytest.approx(np.mean(distances))
    assert found.share == pytest.approx(np.mean(np.array(distances) > 25))
    assert sum(found[2:]) == pytest.approx(1)


def test_flat_gradients_and_straight_edges_have_none():
    y, x = np.mgrid[:20.0, :30.0]
    gradient = np.stack([2 * x - y, 0.5 * x + 3 * y], -1)
    edge = np.where((x < 13)[..., None], [40.0, 0.0], [-20.0, 50.0])
    slanted = np.where((x + 2 * y < 31)[..., None], [40.0, 0.0], [-20.0, 50.0])
    for ab in (np.full((9, 9, 2), 70.0), gradient, edge, slanted):
        assert speckle(ab) == pytest.approx(ZERO, abs=1e-12)


@given(st.integers(0, 99), st.floats(-50, 50), st.floats(-50, 50))
@settings(max_examples=25, deadline=None)
def test_what_it_does_not_mind(seed, a, b):
    ab = _picture(seed)
    expected = pytest.approx(speckle(ab), abs=1e-9)
    assert speckle(ab + np.array([a, b])) == expected
    for same in (ab[::-1], ab[:, ::-1], np.rot90(ab), ab.swapaxes(0, 1)):
        assert speckle(same) == expected
    assert speckle(2 * ab, threshold=20).amount == pytest.approx(2 * speckle(ab).amount)


@pytest.mark.parametrize(
    ("color", "name"), [((40, 30), "red"), ((-5, 40), "yellow"), ((-40, 1), "green"), ((30, -60), "blue")]
)
def test_specks_are_told_by_their_departure(color, name):
    """A red speck on a yellow ground is one on a gray ground too: what counts is where it departs to."""
    for ground in ((0, 0), (10, 60)):
        ab = np.tile(np.array(ground, float), (20, 20, 1))
        ab[4::6, 4::6] += color  # 9 specks, one to a window
        found = speckle(ab)
        assert (getattr(found, name), found.share) == (1, pytest.approx(9 / 256))
        assert found.amount == pytest.approx(9 / 256 * np.hypot(*color))


def test_each_hue_owns_the_diagonal_at_its_start():
    ab = np.zeros((20, 20, 2))
    ab[4, 4], ab[4, 15], ab[15, 4], ab[15, 15] = [30.0, 30.0], [-30.0, 30.0], [-30.0, -30.0], [30.0, -30.0]
    assert speckle(ab)[2:] == (0.25, 0.25, 0.25, 0.25)


def test_a_patch_larger_than_half_the_window_is_no_speck():
    ab = np.zeros((30, 30, 2))
    ab[10:20, 10:20] = [50.0, 20.0]
    corners = 4 * 3  # what the median rounds off: at each corner the pixel itself and its two neighbors
    assert speckle(ab).share == pytest.approx(corners / 26**2)


def test_threshold_is_exceeded_not_met():
    ab = np.zeros((5, 5, 2))
    ab[2, 2, 1] = -10.0
    assert speckle(ab).share == 0 and speckle(ab, threshold=9.99).share == 1
    assert speckle(ab).amount == 10


def test_noise_on_a_photo_is_seen():
    ab = rgb_to_lab(photos("coffee")["coffee"])[::4, ::4, 1:]
    rng = np.random.default_rng(1)
    noisy = np.where(rng.random(ab.shape[:2])[..., None] < 0.05, [70.0, 40.0], ab)
    before, after = speckle(ab), speckle(noisy)
    assert after.share - before.share > 0.03 and after.red > 0.5


@pytest.mark.parametrize(
    ("bad", "keywords", "error", "words"),
    [
        (np.zeros((9, 9, 2), int), {}, TypeError, "int"),
        (np.zeros((9, 9, 3)), {}, ValueError, r"\(..., 2\)"),
        (np.zeros((9, 2)), {}, ValueError, r"\(H, W, 2\)"),
        (np.zeros((4, 9, 2)), {}, ValueError, "below the window's 5"),
        (np.full((9, 9, 2), np.nan), {}, ValueError, "finite"),
        (np.zeros((9, 9, 2)), {"window": 4}, ValueError, "odd"),
        (np.zeros((9, 9, 2)), {"window": 1}, ValueError, "at least 3"),
        (np.zeros((9, 9, 2)), {"window": 5.0}, TypeError, "whole number"),
        (np.zeros((9, 9, 2)), {"threshold": -1.0}, ValueError, "threshold"),
        (np.zeros((9, 9, 2)), {"threshold": np.nan}, ValueError, "threshold"),
    ],
)
def test_bad_input_is_named(bad, keywords, error, words):
    with pytest.raises(error, match=words):
        speckle(bad, **keywords)
