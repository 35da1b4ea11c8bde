"""Color metrics against hand calculations, brute force and other people's code."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib.color import rgb_to_lab
from course_lib.data import photos
from course_lib.metrics import color_auc, colorfulness, mean_chroma

AB = arrays(np.float64, (5, 4, 2), elements=st.floats(-128, 128))


def test_mean_chroma_is_the_mean_of_the_lengths():
    ab = np.random.default_rng(0).normal(0, 40, (3, 5, 2))
    assert mean_chroma(ab) == pytest.approx(np.abs(ab[..., 0] + 1j * ab[..., 1]).mean(), abs=1e-12)
    assert mean_chroma(np.zeros((1, 2))) == 0


def test_colorfulness_is_the_papers_by_opencv():
    """The same formula from OpenCV's own mean and standard deviation, on a real photo."""
    photo = photos("coffee")["coffee"]
    red, green, blue = cv2.split(photo.astype(np.float64) * 255)
    mean_rg, sd_rg = (value.item() for value in cv2.meanStdDev(red - green))
    mean_yb, sd_yb = (value.item() for value in cv2.meanStdDev((red + green) / 2 - blue))
    expected = np.sqrt(sd_rg**2 + sd_yb**2) + 0.3 * np.sqrt(mean_rg**2 + mean_yb**2)
    assert colorfulness(photo) == pytest.approx(expected, rel=1e-9)


def test_colorfulness_keeps_the_sign():
    """Half pure red, half pure green: rg is 255 and -255, whose spread is 255; absolute values have no spread at all."""
    image = np.zeros((2, 2, 3))
    image[0, :, 0] = image[1, :, 1] = 1
    yb = 127.5  # the same in both halves
    assert colorfulness(image) == pytest.approx(255 + 0.3 * yb, abs=1e-9)


@given(st.floats(0, 1))
def test_gray_has_no_colorfulness(value):
    assert colorfulness(np.full((3, 2, 3), value)) == pytest.approx(0, abs=1e-9)


@given(AB, AB)
def test_auc_is_the_area_under_the_curve(truth, guess):
    """Brute force: the curve sampled at 15001 thresholds, its area by trapezoids."""
    thresholds = np.linspace(0, 150, 15001)
    error = np.sort(np.linalg.norm(truth - guess, axis=-1).ravel())
    curve = np.searchsorted(error, thresholds, side="right") / error.size
    expected = 100 * np.trapezoid(curve, thresholds) / 150
    assert color_auc(truth, guess) == pytest.approx(expected, abs=0.01)  # half a threshold's step


def test_auc_weights_count_pixels():
    """An integer weight is the same as that many copies of the pixel."""
    truth = np.zeros((3, 2))
    guess = np.array([[0.0, 30.0], [60.0, 0.0], [200.0, 0.0]])
    copies = [0, 0, 1, 2, 2, 2]
    assert color_auc(truth, guess, weights=[2.0, 1.0, 3.0]) == pytest.approx(
        color_auc(truth[copies], guess[copies])
    )
    assert color_auc(truth[2:], guess[2:]) == 0  # beyond the curve's end


def test_gray_everywhere_scores_high_on_real_photos():
    """Why the metric is shown beside the gray baseline: no color at all comes close to 90."""
    truth = np.concatenate([rgb_to_lab(photo)[..., 1:].reshape(-1, 2) for photo in photos().values()])
    assert 80 < color_auc(truth, np.zeros_like(truth)) < 95


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (np.zeros((4, 2), int), TypeError, "int"),
        (np.zeros((4, 3)), ValueError, r"\(..., 2\)"),
        (np.float64(3), ValueError, r"\(..., 2\)"),
        (np.zeros((0, 2)), ValueError, "empty"),
        (np.full((4, 2), np.inf), ValueError, "finite"),
    ],
)
def test_bad_ab_is_named(bad, error, words):
    with pytest.raises(error, match=words):
        mean_chroma(bad)
    with pytest.raises(error, match="reference_ab"):
        color_auc(bad, np.zeros((4, 2)))
    with pytest.raises(error, match=words):
        color_auc(np.zeros((4, 2)), bad)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_error": 0.0}, "max_error"),
        ({"max_error": np.nan}, "max_error"),
        ({"weights": [1.0]}, "weights"),
        ({"weights": [-1.0, 1, 1, 1]}, "weights"),
        ({"weights": [0.0, 0, 0, 0]}, "weights"),
    ],
)
def test_bad_auc_options_are_named(options, words):
    with pytest.raises(ValueError, match=words):
        color_auc(np.zeros((4, 2)), np.zeros((4, 2)), **options)


def test_auc_refuses_shapes_that_would_broadcast():
    with pytest.raises(ValueError, match="one shape"):
        color_auc(np.zeros((4, 2)), np.zeros((1, 2)))


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.zeros((4, 4, 4)), np.full((4, 4, 3), 2.0)])
def test_colorfulness_wants_rgb(bad):
    with pytest.raises(ValueError, match="image"):
        colorfulness(bad)
    with pytest.raises(TypeError, match="as_photo"):
        colorfulness(np.zeros((4, 4, 3), np.uint8))
