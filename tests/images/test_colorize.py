"""colorize: any photo in, the same lightness out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import as_photo, photos
from course_lib.images import UNet, colorize, predict_ab


class Paint(nn.Module):
    """Answers one ab everywhere."""

    def __init__(self, a, b):
        super().__init__()
        self.ab = torch.tensor([a, b])[None, :, None, None] / 110

    def forward(self, x):
        return self.ab.expand(len(x), 2, *x.shape[2:])


def _net(seed=0):
    torch.manual_seed(seed)
    return UNet(width=2, depth=3).eval()


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 37), st.integers(1, 37), st.sampled_from([1, 3, 4]))),
    st.floats(-120, 120),
    st.floats(-120, 120),
)
def test_lightness_and_size_stay_whatever_the_model_answers(image, a, b):
    colored = colorize(Paint(a, b), image)
    assert colored.shape == (*image.shape[:2], 3) and colored.dtype == np.float32
    assert colored.min() >= 0 and colored.max() <= 1
    wanted = rgb_to_lab(as_photo(image))[..., 0]
    # in_gamut allows 1e-4 of linear light beyond the edge; near black, where L = 903.3 Y, that is 0.09
    np.testing.assert_allclose(rgb_to_lab(colored)[..., 0], wanted, atol=0.1)


def test_colors_beyond_srgb_lose_chroma_and_keep_their_hue():
    gray = lab_to_rgb(np.array([[[50.0, 0, 0], [80.0, 0, 0]]]))
    found = rgb_to_lab(colorize(Paint(100.0, 50.0), gray))[0, :, 1:]
    np.testing.assert_allclose(np.arctan2(found[:, 1], found[:, 0]), np.arctan2(50, 100), atol=2e-3)
    chroma = np.linalg.norm(found, axis=-1)
    assert (chroma > 20).all() and (chroma < np.hypot(100, 50)).all()


def test_colors_within_srgb_come_out_as_answered():
    gray = np.full((3, 5), 0.5, np.float32)
    np.testing.assert_allclose(
        rgb_to_lab(colorize(Paint(10.0, -20.0), gray))[..., 1:], [[[10, -20]] * 5] * 3, atol=0.02
    )


@pytest.mark.parametrize("size", [(1, 1), (7, 40), (8, 8), (33, 9)])
def test_padding_does_not_show_in_the_size(size):
    assert colorize(_net(), np.full(size, 0.3)).shape == (*size, 3)


def test_padding_repeats_the_border():
    lightness = np.random.default_rng(0).uniform(0, 100, (2, 13, 10)).astype(np.float32)
    padded = np.pad(lightness, ((0, 0), (0, 3), (0, 6)), mode="edge")
    np.testing.assert_array_equal(predict_ab(_net(), lightness), predict_ab(_net(), padded)[:, :13, :10])


def test_the_photos_own_color_is_not_looked_at():
    photo = photos("coffee")["coffee"][:64, :64]
    lab = rgb_to_lab(photo)
    lab[..., 1:] = 0
    np.testing.assert_allclose(colorize(_net(), photo), colorize(_net(), lab_to_rgb(lab)), atol=2e-3)


def test_gray_two_dimensional_input_is_the_same_as_three_equal_channels():
    gray = np.random.default_rng(0).random((10, 12)).astype(np.float32)
    np.testing.assert_array_equal(colorize(_net(), gray), colorize(_net(), np.dstack([gray] * 3)))


@pytest.mark.parametrize("training", [True, False])
def test_the_models_mode_is_given_back_even_after_an_error(training):
    net = _net().train(training)
    colorize(net, np.full((8, 8), 0.5))
    assert net.training == training
    net.last = nn.Conv2d(2, 3, 1)
    with pytest.raises(ValueError, match="shape"):
        predict_ab(net, np.zeros((1, 8, 8)))
    assert net.training == training


def test_a_model_that_answers_nan_is_named():
    with pytest.raises(ValueError, match="model"):
        colorize(Paint(float("nan"), 0.0), np.full((4, 4), 0.5))


@pytest.mark.parametrize("bad", [np.zeros((4, 4)), np.zeros((1, 0, 4)), np.full((1, 4, 4), np.nan)])
def test_bad_lightness_is_named(bad):
    with pytest.raises(ValueError, match="lightness"):
        predict_ab(_net(), bad)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (np.zeros((0, 4)), ValueError),
        (np.zeros((3, 20, 20)), ValueError),
        (np.full((4, 4), 200.0), ValueError),
        (np.full((4, 4), np.nan), ValueError),
        (np.zeros((4, 4), np.int64), TypeError),
    ],
)
def test_bad_photos_are_named(bad, error):
    with pytest.raises(error, match="array must"):
        colorize(Paint(0.0, 0.0), bad)
