"""sRGB and Lab against scikit-image and OpenCV, and bad input."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage import color as skcolor
from skimage.data import astronaut

from course_lib.color import denormalize_lab, in_gamut, lab_to_rgb, normalize_lab, rgb_to_lab

photo = astronaut()[::4, ::4] / 255.0
cube = np.stack(np.meshgrid(*[np.linspace(0, 1, 33)] * 3), axis=-1)
in_range = st.floats(0, 1, width=32)
leading = st.lists(st.integers(0, 4), max_size=3)


def colors(dtype, elements, last=3):
    return leading.flatmap(lambda shape: hnp.arrays(dtype, (*shape, last), elements=elements))


def out_of_gamut_lab(count=50_000):
    lab = np.random.default_rng(0).uniform([0, -110, -110], [100, 110, 110], (count, 3))
    # scikit-image replaces a negative cube root of Z by 0, which the formula doesn't; leave those out
    return lab[(lab[:, 0] + 16) / 116 > lab[:, 2] / 200]


@pytest.mark.parametrize("rgb", [photo, cube], ids=["photo", "cube"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lab_equals_scikit_image(rgb, dtype):
    lab = rgb_to_lab(rgb.astype(dtype))
    assert lab.dtype == dtype
    np.testing.assert_allclose(lab, skcolor.rgb2lab(rgb), atol=1e-3)


@pytest.mark.parametrize("rgb", [photo, cube], ids=["photo", "cube"])
def test_lab_equals_opencv_from_linear_light(rgb):
    # Fed with linear light, OpenCV computes; its white differs in the fifth digit, which moves ab by less than 0.01.
    rgb = rgb.astype(np.float32)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4).astype(np.float32)
    theirs = cv2.cvtColor(linear.reshape(-1, 1, 3), cv2.COLOR_LRGB2Lab).reshape(rgb.shape)
    np.testing.assert_allclose(rgb_to_lab(rgb), theirs, atol=0.01)


@pytest.mark.parametrize("rgb", [photo, cube], ids=["photo", "cube"])
def test_lab_is_near_opencv_from_srgb(rgb):
    # Fed with sRGB, OpenCV interpolates in a table, hence the wide tolerance.
    theirs = cv2.cvtColor(rgb.astype(np.float32).reshape(-1, 1, 3), cv2.COLOR_RGB2Lab).reshape(rgb.shape)
    np.testing.assert_allclose(rgb_to_lab(rgb), theirs, atol=0.8)
    assert np.abs(rgb_to_lab(rgb) - theirs).mean() < 0.1


def test_rgb_equals_scikit_image_and_opencv_also_where_clipped():
    lab = np.concatenate([rgb_to_lab(cube).reshape(-1, 3), out_of_gamut_lab()])
    theirs = cv2.cvtColor(lab.astype(np.float32).reshape(-1, 1, 3), cv2.COLOR_Lab2RGB).reshape(-1, 3)
    np.testing.assert_allclose(lab_to_rgb(lab), theirs, atol=2e-3)
    np.testing.assert_allclose(lab_to_rgb(lab), skcolor.lab2rgb(lab), atol=1e-4)


@given(colors(np.float64, st.floats(0, 1)))
def test_round_trip_in_float64(rgb):
    # 1e-7, since the two pieces of the sRGB curve, as published, miss each other by 3e-8 where they meet
    np.testing.assert_allclose(lab_to_rgb(rgb_to_lab(rgb)), rgb, atol=1e-7)


@given(colors(np.float32, in_range))
def test_round_trip_in_float32_and_gamut(rgb):
    lab = rgb_to_lab(rgb)
    assert lab.shape == rgb.shape and lab.dtype == np.float32
    assert np.isfinite(lab).all()
    assert in_gamut(lab).shape == rgb.shape[:-1] and in_gamut(lab).all()
    np.testing.assert_allclose(lab_to_rgb(lab), rgb, atol=2e-5)
    np.testing.assert_allclose(denormalize_lab(normalize_lab(lab)), lab, atol=1e-4)


@given(colors(np.float32, st.floats(allow_nan=False, allow_infinity=False, width=32)))
def test_any_finite_lab_becomes_a_color(lab):
    rgb = lab_to_rgb(lab)
    assert rgb.dtype == np.float32 and rgb.shape == lab.shape
    assert ((rgb >= 0) & (rgb <= 1)).all()


def test_gray_has_no_color_and_keeps_its_order():
    gray = np.linspace(0, 1, 256)[:, None].repeat(3, axis=1)
    lab = rgb_to_lab(gray)
    assert np.abs(lab[:, 1:]).max() < 0.02
    assert (np.diff(lab[:, 0]) > 0).all()
    np.testing.assert_allclose(lab[[0, -1], 0], [0, 100], atol=1e-9)


def test_in_gamut_agrees_with_the_round_trip():
    lab = np.random.default_rng(1).uniform([0, -110, -110], [100, 110, 110], (20_000, 3))
    moved = np.linalg.norm(rgb_to_lab(lab_to_rgb(lab)) - lab, axis=1)
    inside = in_gamut(lab)
    assert 0.05 < inside.mean() < 0.5
    assert moved[inside].max() < 0.1  # the slack of in_gamut, seen in Lab
    assert moved[~inside].min() > 1e-4


def test_normalized_lab_has_the_stated_scale():
    lab = np.array([50.0, -55.0, 110.0])
    np.testing.assert_allclose(normalize_lab(lab), [0.5, -0.5, 1.0])
    np.testing.assert_allclose(normalize_lab(lab, ab_scale=127), [0.5, -55 / 127, 110 / 127])
    np.testing.assert_allclose(denormalize_lab(normalize_lab(lab, 128.0), 128.0), lab)


@pytest.mark.parametrize("function", [rgb_to_lab, lab_to_rgb, in_gamut, normalize_lab, denormalize_lab])
class TestBadInput:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int64, bool, complex, object])
    def test_wrong_dtype(self, function, dtype):
        with pytest.raises(TypeError, match=r"must be floating point, got"):
            function(np.zeros((4, 3), dtype))

    @pytest.mark.parametrize("shape", [(), (3, 4), (2, 2, 1), (0,)])
    def test_wrong_shape(self, function, shape):
        with pytest.raises(ValueError, match=r"\(\.\.\., 3\)"):
            function(np.zeros(shape))

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_not_finite(self, function, value):
        with pytest.raises(ValueError, match="NaN or infinity"):
            function(np.array([[0.5, value, 0.5]]))

    def test_empty(self, function):
        answer = function(np.zeros((0, 5, 3), np.float32))
        assert answer.shape[:2] == (0, 5)

    def test_input_is_left_alone(self, function):
        values = np.full((2, 3), 0.25)
        function(values)
        assert (values == 0.25).all()


def test_integers_are_told_where_to_go():
    with pytest.raises(TypeError, match="as_photo"):
        rgb_to_lab(np.zeros((2, 2, 3), np.uint8))


def test_rgb_out_of_range():
    np.testing.assert_array_equal(
        rgb_to_lab(np.array([1.0005, -0.0005, 0.5])), rgb_to_lab(np.array([1.0, 0.0, 0.5]))
    )
    with pytest.raises(ValueError, match=r"\[0, 1\], got values from 0 to 255"):
        rgb_to_lab(np.array([0.0, 128.0, 255.0]))


@pytest.mark.parametrize("ab_scale", [0, -110, np.nan, np.inf, "110", None])
def test_bad_ab_scale(ab_scale):
    with pytest.raises(ValueError, match="ab_scale"):
        normalize_lab(np.zeros(3), ab_scale)
