"""Made scenes: the truth is exact, and gray tells nothing about it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from skimage.color import rgb2lab

from course_lib.data import made_scenes


def test_rgb_carries_the_intended_lab():
    """By scikit-image's conversion, so that the truth doesn't hang on ours."""
    scenes = made_scenes(8, seed=0)
    np.testing.assert_allclose(
        rgb2lab(scenes.rgb), scenes.lab, atol=0.02
    )  # its constants are rounded to 6 digits


def test_every_pixel_is_gray_background_or_a_palette_color():
    scenes = made_scenes(20, seed=1)
    background = scenes.labels == 0
    assert 0.3 < background.mean() < 0.9
    np.testing.assert_array_equal(scenes.lab[background][:, 1:], 0)
    for kind in (1, 2, 3):
        distance = np.linalg.norm(
            scenes.lab[scenes.labels == kind][:, None] - scenes.palette[kind - 1], axis=-1
        )
        assert distance.min(1).max() < 1e-4
        np.testing.assert_array_equal(np.unique(distance.argmin(1)), [0, 1, 2])  # and every color occurs


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), turn=st.integers(0, 360))
def test_gray_is_the_same_whatever_the_colors(seed, turn):
    base = made_scenes(4, seed)
    others = [
        made_scenes(4, seed, ambiguous=False),
        made_scenes(4, seed, weights=[0, 1, 0]),
        made_scenes(4, seed, hues=[turn, turn + 90, turn + 180, turn + 270], chroma=20),
    ]
    for scenes in others:
        np.testing.assert_array_equal(scenes.lab[..., 0], base.lab[..., 0])
        np.testing.assert_array_equal(scenes.labels, base.labels)


def test_the_palette_is_balanced_and_of_equal_chroma():
    palette = made_scenes(1, seed=0).palette
    np.testing.assert_allclose(palette[..., 1:].mean(1), 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(palette[..., 1:], axis=-1), 40)
    assert len(np.unique(palette[..., 0])) == 3  # a luminance for each kind


def test_unambiguous_kinds_have_one_color_each():
    scenes = made_scenes(20, seed=1, ambiguous=False)
    assert scenes.palette.shape == (3, 1, 3)
    for kind in (1, 2, 3):
        error = scenes.lab[scenes.labels == kind] - scenes.palette[kind - 1]
        assert np.abs(error).max() < 1e-4
    hues = np.arctan2(scenes.palette[:, 0, 2], scenes.palette[:, 0, 1])
    assert len(np.unique(hues.round(6))) == 3


def _first_color(scenes, kind):
    """Which palette color the first pixel of `kind` has in each scene that shows it."""
    masks = scenes.labels == kind
    seen = [lab[mask][0] for lab, mask in zip(scenes.lab, masks, strict=True) if mask.any()]
    return np.linalg.norm(np.array(seen)[:, None] - scenes.palette[kind - 1], axis=-1).argmin(1)


@pytest.mark.parametrize("weights", [None, [0.6, 0.2, 0.2]])
def test_colors_are_drawn_by_their_weights(weights):
    scenes = made_scenes(600, seed=3, size=16, weights=weights)
    for kind in (1, 2, 3):
        counts = np.bincount(_first_color(scenes, kind), minlength=3)
        assert chisquare(counts, counts.sum() * scenes.weights).pvalue > 1e-3  # seeded: can't fail by chance
    assert scenes.weights.sum() == pytest.approx(1)


def test_objects_of_one_kind_in_one_scene_can_differ():
    scenes = made_scenes(100, seed=0)
    two_colored = sum(
        len(np.unique(lab[labels == 1].round(2), axis=0)) > 1
        for lab, labels in zip(scenes.lab, scenes.labels, strict=True)
    )
    assert two_colored > 5


def test_seed_decides_everything_and_matters():
    once, again, other = made_scenes(3, seed=5), made_scenes(3, seed=5), made_scenes(3, seed=6)
    np.testing.assert_array_equal(once.rgb, again.rgb)
    assert np.abs(once.rgb - other.rgb).max() > 0.1
    assert once.rgb.dtype == np.float32 and once.rgb.shape == (3, 32, 32, 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 0}, "n must"),
        ({"size": 8}, "size"),
        ({"hues": []}, "hues"),
        ({"hues": [np.nan]}, "hues"),
        ({"weights": [1, 1]}, "weights"),
        ({"weights": [1, -1, 1]}, "weights"),
        ({"weights": [0, 0, 0]}, "weights"),
        ({"chroma": 90}, "gamut"),
    ],
)
def test_bad_requests_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        made_scenes(**{"n": 2, "seed": 0} | options)
