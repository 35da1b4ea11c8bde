"""PSNR and SSIM against scikit-image and against the papers' formulas, and what they say to bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from course_lib.metrics import psnr, ssim


def _noisy(shape, seed=0, sigma=0.1):
    rng = np.random.default_rng(seed)
    image = rng.random(shape)
    return image, np.clip(image + rng.normal(0, sigma, shape), 0, 1)


@pytest.mark.parametrize("shape", [(20, 31), (20, 31, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_psnr_is_scikit_images(shape, dtype):
    image, noisy = (x.astype(dtype) for x in _noisy(shape))
    expected = peak_signal_noise_ratio(image.astype(float), noisy.astype(float), data_range=1)
    assert psnr(image, noisy) == pytest.approx(expected, abs=1e-9)


def test_psnr_of_equal_images_is_infinite():
    assert psnr(np.zeros((4, 4)), np.zeros((4, 4))) == np.inf


def test_psnr_does_not_wrap_like_bytes():
    """Black against white is 0 dB; byte subtraction would print 48 dB."""
    assert psnr(np.zeros((4, 4, 3)), np.ones((4, 4, 3))) == 0


def test_psnr_sums_in_float64():
    image = np.zeros((1000, 1000), np.float32)
    assert psnr(image, image + np.float32(1e-4)) == pytest.approx(80, abs=1e-4)


@pytest.mark.parametrize("shape", [(40, 33), (40, 33, 3)])
def test_ssim_is_scikit_images_with_the_papers_settings(shape):
    image, noisy = _noisy(shape)
    expected = structural_similarity(
        image,
        noisy,
        data_range=1,
        channel_axis=2 if len(shape) == 3 else None,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(image, noisy) == pytest.approx(expected, abs=1e-12)


def test_ssim_is_the_papers_formula():
    """Wang et al. 2004, equations 13 to 16, written out; windows that stick out of the image are not counted."""
    x, y = _noisy((40, 33))

    def mean(z):
        return gaussian_filter(z, 1.5, truncate=5 / 1.5)  # radius 5: an 11x11 window

    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    values = (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    assert ssim(x, y) == pytest.approx(values[5:-5, 5:-5].mean(), abs=1e-6)
    assert (
        abs(ssim(x, y) - structural_similarity(x, y, data_range=1)) > 1e-3
    )  # the defaults are another number


@given(st.integers(0, 2**32 - 1))
def test_ssim_is_symmetric_and_at_most_1(seed):
    image, noisy = _noisy((12, 13, 3), seed)
    assert ssim(image, noisy) == pytest.approx(ssim(noisy, image), abs=1e-12)
    assert ssim(image, noisy) < 1 == ssim(image, image)


@pytest.mark.parametrize("metric", [psnr, ssim])
@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (np.zeros((16, 16), np.uint8), TypeError, "as_photo"),
        (np.zeros((16, 16), complex), TypeError, "complex"),
        (np.full((16, 16), 255.0), ValueError, r"\[0, 1\]"),
        (np.full((16, 16), -0.1), ValueError, r"\[0, 1\]"),
        (np.full((16, 16), np.nan), ValueError, "NaN"),
        (np.zeros((0, 16)), ValueError, "empty"),
        (np.zeros(16), ValueError, "shape"),
        (np.zeros((16, 16, 4)), ValueError, "shape"),
        (np.zeros((16, 17)), ValueError, "one shape"),
    ],
)
def test_bad_images_are_named(metric, bad, error, words):
    good = np.zeros((16, 16))
    with pytest.raises(error, match=words) as caught:
        metric(good, bad)
    assert "image" in str(caught.value)
    with pytest.raises(error, match="reference"):
        metric(bad, good)


def test_ssim_wants_room_for_its_window():
    with pytest.raises(ValueError, match="11x11"):
        ssim(np.zeros((10, 40)), np.zeros((10, 40)))
