"""The guided filter against OpenCV contrib's, and against a solution window by window in float64."""

import cv2
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from course_lib.color import rgb_to_lab
from course_lib.data import photos
from course_lib.mobile import apply_coefficients, guided_filter, local_linear_coefficients


def windows(x, radius, border):
    """Every pixel's window of (H, W, C): (H, W, C, (2 radius + 1)²), with NaN beyond a clipped border."""
    pad = ((radius, radius), (radius, radius), (0, 0))
    wide = np.pad(x, pad, mode="symmetric") if border == "reflect" else np.pad(x, pad, constant_values=np.nan)
    seen = np.lib.stride_tricks.sliding_window_view(wide, (2 * radius + 1,) * 2, axis=(0, 1))
    return seen.reshape(*seen.shape[:3], -1)


def window_by_window(guide, image, radius, eps, border="reflect"):
    """In float64, each window's line fitted by its own centered covariances and a solver."""
    guide, image = (x.reshape(*x.shape[:2], -1).astype(float) for x in (guide, image))
    near, p = windows(guide, radius, border), windows(image, radius, border)
    guide_mean, image_mean = np.nanmean(near, -1), np.nanmean(p, -1)
    count = (~np.isnan(near[..., :1, :])).sum(-1)[..., None]
    near, p = np.nan_to_num(near - guide_mean[..., None]), np.nan_to_num(p - image_mean[..., None])
    sigma = near @ near.swapaxes(-1, -2) / count + eps * np.eye(guide.shape[2])
    a = np.linalg.solve(sigma, near @ p.swapaxes(-1, -2) / count)  # (H, W, guide's channels, image's)
    b = image_mean - np.einsum("hwgc,hwg->hwc", a, guide_mean)
    a_mean = np.nanmean(windows(a.reshape(*a.shape[:2], -1), radius, border), -1).reshape(a.shape)
    return np.einsum("hwgc,hwg->hwc", a_mean, guide) + np.nanmean(windows(b, radius, border), -1)


def draw(rng, size, channels=None):
    return rng.random(size if channels is None else (*size, channels))


seeds = st.integers(0, 2**31)
small = st.tuples(st.integers(2, 12), st.integers(2, 12))
borders = st.sampled_from(["reflect", "clip"])


@settings(max_examples=40, deadline=None)
@given(small, st.data(), st.sampled_from([None, 3]), st.sampled_from([None, 1, 2, 4]), borders, seeds)
def test_it_is_the_solution_window_by_window(size, data, guide_channels, channels, border, seed):
    rng = np.random.default_rng(seed)
    radius = data.draw(st.integers(1, min(4, *size)))
    eps = 10 ** data.draw(st.floats(-8, 1))
    guide, image = draw(rng, size, guide_channels), draw(rng, size, channels)
    result = guided_filter(guide, image, radius, eps, border=border)
    assert result.shape == image.shape and result.dtype == np.float64
    expected = window_by_window(guide, image, radius, eps, border).reshape(image.shape)
    # a random 3 x 3 window may nearly be a plane of the guide: rounding counts up to 1 / eps
    np.testing.assert_allclose(result, expected, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.integers(9, 40), st.integers(9, 40)),
    st.data(),
    st.sampled_from([None, 1, 2, 3, 4]),
    seeds,
    st.booleans(),
)
def test_gray_guide_is_opencvs(size, data, channels, seed, smooth):
    """To 1e-5 from radius 4 and eps 0.01 on, and to 1e-4 everywhere: OpenCV adds up in float32, which shows when few pixels do."""
    rng = np.random.default_rng(seed)
    radius, eps = data.draw(st.integers(1, min(size))), 10 ** data.draw(st.floats(-3, 1))
    guide = draw(rng, size).astype(np.float32)
    guide = cv2.GaussianBlur(guide, (0, 0), 3) if smooth else guide
    image = draw(rng, size, channels).astype(np.float32)
    theirs = cv2.ximgproc.guidedFilter(guide, image, radius, eps).reshape(image.shape)
    ours = guided_filter(guide, image, radius, eps)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=1e-5 if radius >= 4 and eps >= 1e-2 else 1e-4)


@settings(max_examples=20, deadline=None)
@given(
    st.tuples(st.integers(9, 40), st.integers(9, 40)),
    st.data(),
    st.floats(-2, 1),
    st.sampled_from([None, 3]),
    seeds,
)
def test_color_guide_is_opencvs_where_opencv_solves(size, data, log_eps, channels, seed):
    """OpenCV replaces small determinants below eps = 0.01."""
    rng = np.random.default_rng(seed)
    radius = data.draw(st.integers(1, min(size)))
    guide, image = (draw(rng, size, c).astype(np.float32) for c in (3, channels))
    theirs = cv2.ximgproc.guidedFilter(guide, image, radius, 10**log_eps).reshape(image.shape)
    np.testing.assert_allclose(guided_filter(guide, image, radius, 10**log_eps), theirs, atol=1e-5)


def test_bytes_need_255_squared():
    """What is eps on [0, 1] is eps · 255² on bytes: OpenCV takes eps as it is."""
    photo = photos("coffee")["coffee"][::4, ::4]
    gray = cv2.cvtColor(np.rint(255 * photo).astype(np.uint8), cv2.COLOR_RGB2GRAY)
    ours = guided_filter(gray.astype(np.float32) / 255, gray.astype(np.float32) / 255, 4, 0.01)
    right, wrong = (cv2.ximgproc.guidedFilter(gray, gray, 4, eps) for eps in (0.01 * 255**2, 0.01))
    assert np.abs(right / 255 - ours).max() < 0.51 / 255  # OpenCV rounds to bytes
    np.testing.assert_array_equal(wrong, gray)  # nothing is smoothed


@pytest.mark.parametrize("eps", [1e-3, 1e-4, 9.9e-5, 1e-6, 1e-8, 1e-10])
@pytest.mark.parametrize("color", [False, True])
def test_float32_is_right_for_every_eps(eps, color):
    """To 3e-5 of the answer in float64, on a photo with flat parts."""
    photo = photos("rocket")["rocket"][:160, :160]
    guide = photo if color else (rgb_to_lab(photo)[..., 0] / 100).clip(0, 1).astype(np.float32)
    image = np.random.default_rng(0).random(guide.shape[:2], np.float32)
    for radius in (1, 8):
        exact = guided_filter(guide.astype(float), image.astype(float), radius, eps)
        np.testing.assert_allclose(guided_filter(guide, image, radius, eps), exact, atol=3e-5)


@settings(max_examples=25, deadline=None)
@given(small, st.sampled_from([1, 3]), st.integers(1, 3), borders, st.integers(1, 3), seeds)
def test_tensors_give_what_arrays_give(size, guide_channels, channels, border, subsample, seed):
    rng = np.random.default_rng(seed)
    radius = min(size)
    assume(radius >= subsample)
    guide, image = rng.random((2, *size, guide_channels)), rng.random((2, *size, channels))
    tensors = [torch.from_numpy(x).movedim(-1, 1) for x in (guide, image)]
    result = guided_filter(*tensors, radius, 0.01, subsample, border=border)
    assert result.shape == (2, channels, *size) and result.dtype == torch.float64
    for frame in range(2):
        gray_or_color = guide[frame, ..., 0] if guide_channels == 1 else guide[frame]
        expected = guided_filter(gray_or_color, image[frame], radius, 0.01, subsample, border=border)
        np.testing.assert_allclose(result[frame].movedim(0, -1).numpy(), expected, atol=1e-6)
    single = guided_filter(*(x[0].float() for x in tensors), radius, 0.01, subsample, border=border)
    assert single.dtype == torch.float32
    np.testing.assert_allclose(single.numpy(), result[0].numpy(), atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_gradients_pass(channels):
    guide, image = (torch.rand(c, 4, 3, dtype=torch.float64, requires_grad=True) for c in (channels, 2))
    assert torch.autograd.gradcheck(
        lambda *pair: guided_filter(*pair, 2, 0.1, 2), (guide, image), fast_mode=True
    )


@settings(max_examples=20, deadline=None)
@given(small, st.sampled_from([None, 3]), st.floats(-3, 1), borders, seeds)
def test_what_must_hold_of_any_image(size, guide_channels, log_eps, border, seed):
    """It is linear in the image, keeps constants, mirrors with the picture, and leaves its arguments alone."""
    rng = np.random.default_rng(seed)
    guide, one, other = draw(rng, size, guide_channels), draw(rng, size), draw(rng, size)
    before = guide.copy(), one.copy()

    def q(guide, image):
        return guided_filter(guide, image, 2, 10**log_eps, border=border)

    np.testing.assert_allclose(q(guide, 3 * one - other), 3 * q(guide, one) - q(guide, other), atol=1e-9)
    np.testing.assert_allclose(q(guide, np.full(size, -7.0)), -7, atol=1e-9)
    np.testing.assert_allclose(q(guide[::-1, ::-1], one[::-1, ::-1]), q(guide, one)[::-1, ::-1], atol=1e-9)
    np.testing.assert_allclose(q(guide.swapaxes(0, 1), one.T), q(guide, one).T, atol=1e-9)
    np.testing.assert_array_equal(guide, before[0])
    np.testing.assert_array_equal(one, before[1])


def test_both_ends_of_eps():
    """Small: the image is its own answer. Large: two box means."""
    image = draw(np.random.default_rng(0), (30, 40))
    np.testing.assert_allclose(guided_filter(image, image, 3, 1e-12), image, atol=1e-9)
    twice = cv2.blur(
        cv2.blur(image, (7, 7), borderType=cv2.BORDER_REFLECT), (7, 7), borderType=cv2.BORDER_REFLECT
    )
    np.testing.assert_allclose(guided_filter(image, image, 3, 1e12), twice, atol=1e-9)


def test_borders_agree_inside():
    """Pixels at least 2 radius from the border never see it."""
    rng = np.random.default_rng(0)
    guide, image = draw(rng, (40, 50)), draw(rng, (40, 50))
    reflect, clip = (guided_filter(guide, image, 3, 0.01, border=border) for border in ("reflect", "clip"))
    np.testing.assert_allclose(reflect[6:-6, 6:-6], clip[6:-6, 6:-6], atol=1e-12)
    assert np.abs(reflect - clip).max() > 0.01


@pytest.mark.parametrize("guide_channels", [None, 3])
@pytest.mark.parametrize("channels", [None, 2])
def test_two_halves_make_the_whole(guide_channels, channels):
    rng = np.random.default_rng(0)
    guide, image = draw(rng, (21, 34), guide_channels), draw(rng, (21, 34), channels)
    for subsample, grid in ((1, (21, 34)), (4, (6, 9))):
        a, b = local_linear_coefficients(guide, image, 8, 0.01, subsample)
        assert b.shape == grid + image.shape[2:]
        assert a.shape == (b.shape if guide_channels is None else (*b.shape, 3))
        np.testing.assert_allclose(
            apply_coefficients(a, b, guide), guided_filter(guide, image, 8, 0.01, subsample), atol=1e-12
        )


def test_coefficients_carry_over_to_another_guide():
    """An image that is a line of its guide stays that line on a larger guide and on another frame."""
    rng = np.random.default_rng(0)
    guide = draw(rng, (12, 16), 3)
    image = guide @ np.array([[0.5, -1], [0.2, 0], [0, 2]]) + 0.1
    a, b = local_linear_coefficients(guide, image, 3, 1e-10)
    finer = draw(rng, (50, 70), 3)
    expected = finer @ np.array([[0.5, -1], [0.2, 0], [0, 2]]) + 0.1
    np.testing.assert_allclose(apply_coefficients(a, b, finer), expected, atol=1e-6)
    tensors = (
        torch.from_numpy(x)
        for x in (np.moveaxis(a, (2, 3), (0, 1)), np.moveaxis(b, 2, 0), np.moveaxis(finer, 2, 0))
    )
    np.testing.assert_allclose(apply_coefficients(*tensors).movedim(0, 2).numpy(), expected, atol=1e-6)


def test_the_fast_version_is_near_the_full_one():
    """On photos, radius 16 and a quarter of the grid: within 0.01 in the mean square's root, far from doing nothing."""
    for photo in photos("astronaut", "china", "coffee").values():
        lab = rgb_to_lab(photo)
        guide, image = lab[..., 0] / 100, lab[..., 1:] / 110
        full, fast = (guided_filter(guide, image, 16, 0.01, s) for s in (1, 4))
        error = np.sqrt(((fast - full) ** 2).mean())
        assert error < 0.01 and error < 0.3 * np.sqrt(((image - full) ** 2).mean())


GUIDE, IMAGE = np.full((9, 8), 0.5), np.full((9, 8, 2), 0.5)
TENSOR = torch.full((2, 1, 9, 8), 0.5)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (((255 * GUIDE).astype(np.uint8), IMAGE, 2, 0.1), TypeError, "guide.*uint8.*255"),
        ((GUIDE, (255 * IMAGE).astype(np.uint8), 2, 0.1), TypeError, "image.*uint8.*255"),
        ((255 * GUIDE, IMAGE, 2, 0.1), ValueError, r"guide must lie in \[0, 1\].*127.5.*255²"),
        ((GUIDE - 1, IMAGE, 2, 0.1), ValueError, r"guide must lie in \[0, 1\]"),
        ((GUIDE.astype(np.float16), IMAGE, 2, 0.1), TypeError, "guide.*float16"),
        ((GUIDE, IMAGE * np.nan, 2, 0.1), ValueError, "image.*NaN"),
        ((GUIDE * np.nan, IMAGE, 2, 0.1), ValueError, "guide.*NaN"),
        ((IMAGE, IMAGE, 2, 0.1), ValueError, r"guide.*\(H, W, 3\).*\(9, 8, 2\)"),
        ((GUIDE[0], IMAGE, 2, 0.1), ValueError, "guide"),
        ((GUIDE, IMAGE[:, :, :, None], 2, 0.1), ValueError, r"image.*\(9, 8, 2, 1\)"),
        ((GUIDE, IMAGE[:, 1:], 2, 0.1), ValueError, r"image.*\(9, 8\); got \(9, 7\)"),
        ((GUIDE, TENSOR, 2, 0.1), TypeError, "both"),
        ((TENSOR, TENSOR[:1], 2, 0.1), ValueError, r"leading dimensions.*\(2,\)"),
        ((TENSOR[:, [0, 0]], TENSOR, 2, 0.1), ValueError, r"guide.*\(\.\.\., 3, H, W\)"),
        ((TENSOR[0, 0], TENSOR, 2, 0.1), ValueError, "guide"),
        ((GUIDE, IMAGE, 0, 0.1), ValueError, "radius must be at least 1; got 0"),
        ((GUIDE, IMAGE, 9, 0.1), ValueError, "radius must be at most 8"),
        ((GUIDE, IMAGE, 2.0, 0.1), TypeError, "radius"),
        ((GUIDE, IMAGE, 2, 0), ValueError, "eps.*above 0; got 0"),
        ((GUIDE, IMAGE, 2, np.nan), ValueError, "eps"),
        ((GUIDE, IMAGE, 2, np.inf), ValueError, "eps"),
        ((GUIDE, IMAGE, 2, "0.1"), ValueError, "eps"),
        ((GUIDE, IMAGE, 2, 0.1, 0), ValueError, "subsample"),
        ((GUIDE, IMAGE, 2, 0.1, 3), ValueError, "radius must be at least subsample, 3; got 2"),
    ],
)
def test_bad_input_is_named(arguments, error, words):
    for function in (guided_filter, local_linear_coefficients):
        with pytest.raises(error, match=words):
            function(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((IMAGE, IMAGE, np.full((9, 8, 3), 0.5)), ValueError, r"a must be of shape \(9, 8, 2, 3\).*color"),
        ((IMAGE[..., :1], IMAGE, GUIDE), ValueError, r"a must be of shape \(9, 8, 2\).*gray"),
        ((IMAGE, IMAGE, GUIDE[:5]), ValueError, r"guide.*\(9, 8\); got \(5, 8\)"),
        ((IMAGE, IMAGE, 2 + GUIDE), ValueError, "guide"),
        ((IMAGE * np.inf, IMAGE, GUIDE), ValueError, "a must be finite"),
        ((IMAGE, IMAGE * np.inf, GUIDE), ValueError, "b must be finite"),
        ((torch.from_numpy(IMAGE), IMAGE, GUIDE), ValueError, "one kind"),
        ((IMAGE, torch.from_numpy(IMAGE), GUIDE), TypeError, "both"),
    ],
)
def test_bad_coefficients_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        apply_coefficients(*arguments)


def test_an_unknown_border_is_named():
    with pytest.raises(ValueError, match="'reflect', 'clip'; got 'wrap'"):
        guided_filter(GUIDE, IMAGE, 2, 0.1, border="wrap")


def test_the_image_says_the_dtype():
    """A float32 guide of a float64 image costs the image no digit; the other way around the answer is float32."""
    rng = np.random.default_rng(0)
    guide, image = rng.random((20, 30)).astype(np.float32), rng.random((20, 30))
    exact = guided_filter(guide.astype(float), image, 2, 0.01)
    mixed = guided_filter(guide, image, 2, 0.01)
    assert mixed.dtype == np.float64
    np.testing.assert_allclose(mixed, exact, atol=1e-12)
    assert guided_filter(guide.astype(float), image.astype(np.float32), 2, 0.01).dtype == np.float32
