"""Cuts of made and real clips, and what is none."""

import itertools
import os

import numpy as np
import pytest

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.mobile import is_scene_cut, scene_change


def lightness(seed):
    return rgb_to_lab(made_clip(seed, frames=4, size=(72, 96)).frames)[..., 0] / 100


def test_made_clips_are_cut_where_they_are_joined():
    clips = [lightness(seed) for seed in range(8)]
    for clip in clips:
        assert not any(is_scene_cut(*pair) for pair in itertools.pairwise(clip))
    found = [is_scene_cut(one[-1], other[0]) for one in clips for other in clips if other is not one]
    assert np.mean(found) > 0.95  # made clips share their grays; now and then they share a layout


def test_each_rule_sees_what_the_other_misses():
    ramp = np.linspace(0, 1, 64).reshape(1, 64).repeat(36, 0)
    histogram, layout = scene_change(ramp, ramp[:, ::-1])
    assert histogram == 0 and layout == pytest.approx(2, abs=1e-5)
    histogram, layout = scene_change(ramp, 0.5 * ramp)
    assert histogram == pytest.approx(0.5, abs=0.02) and layout < 1e-5


def test_even_frames():
    black, white = np.zeros((24, 32)), np.ones((24, 32))
    assert scene_change(black, black) == (0, 0) and not is_scene_cut(black, black)
    assert scene_change(black, white) == (1, 0) and is_scene_cut(black, white)
    assert scene_change(black, np.eye(24, 32))[1] == 1


def test_every_pixel_counts():
    """The brightest value has a place in the histogram, too."""
    half = np.ones((10, 10), np.float32)
    half[:5] = 0
    assert scene_change(half, np.zeros_like(half))[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("after", "error", "words"),
    [
        (np.zeros((24, 31)), ValueError, r"\(24, 32\) and \(24, 31\)"),
        (np.zeros((24, 32), np.uint8), TypeError, "after.*uint8"),
        (np.full((24, 32), np.nan), ValueError, "after.*NaN"),
    ],
)
def test_bad_input_is_named(after, error, words):
    with pytest.raises(error, match=words):
        scene_change(np.zeros((24, 32)), after)


def test_real_clips():
    """The rule's numbers were chosen on all clips; here two of them, every fourth frame."""
    if not os.environ.get("COURSE_DATA_DIR"):
        pytest.skip("COURSE_DATA_DIR isn't set")
    from course_lib.video.clip_sets import open_clip_sets

    clips = [
        lab[..., 0].astype(np.float32).clip(0, 100) / 100
        for lab in open_clip_sets(["davis/validation"], (240, 136)).clips
    ]
    for clip in clips:
        pairs = zip(clip[::4], clip[1::4], strict=False)
        assert not any(is_scene_cut(*pair) for pair in pairs)
        assert all(is_scene_cut(clip[-1], other[0]) for other in clips if other is not clip)
