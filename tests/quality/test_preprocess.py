"""The two ways to digiKam's pixels are one to the last bit, and the rule of nearest-exact is OpenCV's."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.quality import nearest_exact, preprocess_like_digikam, preprocess_with_opencv

sizes = st.integers(1, 700)


@settings(max_examples=25, deadline=None)
@given(sizes, sizes, st.integers(0, 2**31))
def test_numpy_and_opencv_agree_to_the_bit(height, width, seed):
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    ours, theirs = preprocess_like_digikam(image), preprocess_with_opencv(image)
    assert ours.dtype == theirs.dtype == np.float32 and ours.shape == theirs.shape == (224, 224, 3)
    assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("target", [1, 7, 223, 224, 299])
def test_nearest_exact_is_opencvs(target):
    lengths = [*range(1, 500, 3), 1023, 1024, 1025, 4000, 6016, 16384, 32767]
    for length in lengths:
        row = np.arange(length, dtype=np.uint16)[None].repeat(2, axis=0)
        theirs = cv2.resize(row, (target, 2), interpolation=cv2.INTER_NEAREST_EXACT)[0]
        np.testing.assert_array_equal(nearest_exact(length, target), theirs, err_msg=str(length))


def test_rounding_decides_where_a_center_falls_between_two_pixels():
    """The fraction's rule floor((2x + 1) n / 448) gives another pixel for 32 columns of 1024, and for none of 1000."""
    x = np.arange(224)
    assert [(nearest_exact(n) != (2 * x + 1) * n // 448).sum() for n in (1024, 1000)] == [32, 0]


def test_channels_turn_and_the_range_is_whole():
    image = np.zeros((224, 224, 3), np.uint8)
    image[0, 0], image[5, 7] = (0, 128, 255), (10, 20, 30)  # BGR
    pixels = preprocess_like_digikam(image)
    np.testing.assert_array_equal(pixels[0, 0], np.float32([1, 0.5 / 127.5, -1]))  # RGB
    np.testing.assert_allclose(pixels[5, 7] * 127.5 + 127.5, [30, 20, 10], atol=1e-5)
    assert pixels[1, 1].tolist() == [-1, -1, -1]


def test_views_are_read_as_they_look():
    image = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
    for view in (image[::-1], image[:, ::-2], image[..., ::-1]):
        np.testing.assert_array_equal(preprocess_like_digikam(view), preprocess_with_opencv(view.copy()))


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (np.zeros((4, 4, 3), np.float32), TypeError, "bytes.*float32.*rint"),
        ([[1, 2, 3]], TypeError, "list"),
        (np.zeros((4, 4), np.uint8), ValueError, r"\(H, W, 3\).*\(4, 4\)"),
        (np.zeros((4, 4, 4), np.uint8), ValueError, r"\(4, 4, 4\)"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, "from 1"),
        (np.zeros((1, 32768, 3), np.uint8), ValueError, "to 32767"),
    ],
)
def test_bad_input_is_named(image, error, words):
    for way in (preprocess_like_digikam, preprocess_with_opencv):
        with pytest.raises(error, match=words):
            way(image)
