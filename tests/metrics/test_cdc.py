"""CDC against scipy's Jensen-Shannon distance and OpenCV's histograms, and what it lets off."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip
from course_lib.metrics import cdc


def by_scipy(frames, intervals):
    """As published: OpenCV's histograms of the bytes, each pair of frames by scipy, plain loops."""
    images = [np.rint(255 * np.asarray(frame, np.float64)).astype(np.uint8) for frame in frames]
    images = [image[..., None] if image.ndim == 2 else image for image in images]
    values = []
    for interval in intervals:
        for channel in range(images[0].shape[2]):
            counts = [
                cv2.calcHist([image], [channel], None, [256], [0, 256])[:, 0].astype(float)
                for image in images
            ]
            values.append(
                np.mean([jensenshannon(a, b) ** 2 for a, b in zip(counts, counts[interval:], strict=False)])
            )
    return np.mean(values)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([(7, 9), (7, 9, 3)]),
    st.sampled_from([(1, 2, 4), (1,), (3, 5)]),
)
def test_cdc_is_scipys(seed, shape, intervals):
    frames = np.random.default_rng(seed).beta(0.5, 2, (6, *shape))
    assert cdc(frames, intervals) == pytest.approx(by_scipy(frames, intervals), abs=1e-12)


def test_on_a_clip_by_scipy():
    frames = made_clip(0, frames=8).frames
    assert cdc(frames) == pytest.approx(by_scipy(frames, (1, 2, 4)), rel=1e-6)


def test_extremes():
    black, white = np.zeros((5, 5, 3)), np.ones((5, 5, 3))
    assert cdc([black, white] * 3, [1, 3]) == pytest.approx(np.log(2))
    assert cdc([black, white] * 3, [2]) == 0  # back where it was
    assert cdc([black, white] * 3, [1, 2]) == pytest.approx(np.log(2) / 2)


def test_what_it_lets_off_and_what_it_sees():
    """A frozen clip is perfect, a gray one better than the truth: why fidelity is printed beside. A tint costs much."""
    clip = made_clip(1)
    lab = rgb_to_lab(clip.frames)
    lab[..., 1:] = 0
    truth, gray = cdc(clip.frames), cdc(lab_to_rgb(lab))
    assert cdc(np.repeat(clip.frames[:1], 6, 0)) == 0 < gray < truth
    tint = np.random.default_rng(0).uniform(-0.05, 0.05, (24, 1, 1, 3))
    assert cdc((clip.frames + tint).clip(0, 1)) > 5 * truth


def test_where_pixels_are_does_not_matter():
    frames = np.random.default_rng(0).random((6, 8, 9, 3))
    shuffled = [
        np.random.default_rng(i).permutation(frame.reshape(-1, 3)).reshape(frame.shape)
        for i, frame in enumerate(frames)
    ]
    assert cdc(shuffled) == pytest.approx(cdc(frames), abs=1e-12)


@pytest.mark.parametrize(
    ("frames", "intervals", "error", "words"),
    [
        (np.zeros((4, 5, 5, 3)), (1, 2, 4), ValueError, "between 1 and 3"),
        (np.zeros((4, 5, 5, 3)), (0,), ValueError, "intervals"),
        (np.zeros((4, 5, 5, 3)), (), ValueError, "intervals"),
        (np.zeros((4, 5, 5, 3), np.uint8), (1,), TypeError, r"frames\[0\]"),
        ([np.zeros((4, 4)), np.full((4, 4), np.nan)], (1,), ValueError, r"frames\[1\]"),
        ([np.zeros((4, 4)), np.zeros((4, 5))], (1,), ValueError, "one shape"),
    ],
)
def test_bad_input_is_named(frames, intervals, error, words):
    with pytest.raises(error, match=words):
        cdc(frames, intervals)
