"""Box means against windows that are looked at one by one."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.mobile import box_mean


def one_by_one(image, radius, border):
    """The mean of each window of (H, W), its pixels fetched by index."""
    height, width = image.shape
    mean = np.empty((height, width))
    for row, column in np.ndindex(height, width):
        rows, columns = (np.arange(place - radius, place + radius + 1) for place in (row, column))
        if border == "clip":
            rows, columns = rows[(rows >= 0) & (rows < height)], columns[(columns >= 0) & (columns < width)]
        else:  # …, 1, 0, | 0, 1, …, n - 1, | n - 1, n - 2, …
            rows, columns = (
                np.where(i < 0, -1 - i, np.where(i >= n, 2 * n - 1 - i, i))
                for i, n in ((rows, height), (columns, width))
            )
        mean[row, column] = image[np.ix_(rows, columns)].mean()
    return mean


sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
borders = st.sampled_from(["reflect", "clip"])
seeds = st.integers(0, 2**31)


@settings(max_examples=60, deadline=None)
@given(sizes, st.data(), borders, seeds, st.sampled_from([np.float32, np.float64]))
def test_every_window_has_its_mean(size, data, border, seed, dtype):
    image = np.random.default_rng(seed).random(size).astype(dtype)
    radius = data.draw(st.integers(1, min(size)))
    expected = one_by_one(image.astype(float), radius, border)
    before = image.copy()
    array = box_mean(image, radius, border=border)
    tensor = box_mean(torch.from_numpy(image), radius, border=border)
    assert array.dtype == dtype and tensor.numpy().dtype == dtype
    for mean in (array, tensor.numpy()):
        np.testing.assert_allclose(mean, expected, atol=2e-7 if dtype == np.float32 else 1e-14)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("border", ["reflect", "clip"])
@pytest.mark.parametrize("channels", [1, 2, 3, 5, 513, 1030])
def test_channels_stay_apart(channels, border):
    image = np.random.default_rng(0).random((7, 6, channels))
    mean = box_mean(image, 2, border=border)
    assert mean.shape == image.shape
    for channel in {0, channels // 2, channels - 1}:
        np.testing.assert_allclose(
            mean[..., channel], box_mean(image[..., channel], 2, border=border), atol=1e-14
        )
    tensor = box_mean(torch.from_numpy(image).movedim(-1, 0)[None], 2, border=border)[0]
    np.testing.assert_allclose(tensor.movedim(0, -1).numpy(), mean, atol=1e-13)


@pytest.mark.parametrize("border", ["reflect", "clip"])
def test_long_rows_lose_no_digits(border):
    """The running sum of the other 20,000 pixels leaves no trace in a window."""
    image = np.full((3, 20_000), 0.1, np.float32)
    image[:, :5] = 1000
    for mean in (box_mean(image, 2, border=border), box_mean(torch.from_numpy(image), 2, border=border)):
        np.testing.assert_allclose(mean[:, 10:], 0.1, atol=1e-7)


def test_gradients_pass():
    image = torch.rand(2, 3, 4, dtype=torch.float64, requires_grad=True)
    for border in ("reflect", "clip"):
        assert torch.autograd.gradcheck(
            lambda x, border=border: box_mean(x, 2, border=border), image, fast_mode=True
        )


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((np.zeros((5, 4), np.uint8), 1), TypeError, "uint8.*255"),
        ((torch.zeros(5, 4, dtype=torch.float16), 1), TypeError, "float16"),
        (([[1.0, 2.0]], 1), TypeError, "image must be a NumPy array or a torch tensor; got list"),
        ((np.zeros(5), 1), ValueError, r"\(5,\)"),
        ((torch.zeros(5), 1), ValueError, r"\(5,\)"),
        ((np.zeros((2, 3, 4, 5)), 1), ValueError, r"\(2, 3, 4, 5\)"),
        ((np.zeros((0, 4)), 1), ValueError, "empty"),
        ((np.full((5, 4), np.nan), 1), ValueError, "NaN"),
        ((np.zeros((5, 4)), 0), ValueError, "radius must be at least 1; got 0"),
        ((np.zeros((5, 4)), 5), ValueError, "radius must be at most 4.*5 x 4; got 5"),
        ((np.zeros((5, 4)), 1.5), TypeError, "radius.*1.5"),
    ],
)
def test_bad_input_is_named(arguments, error, words):
    with pytest.raises(error, match=words):
        box_mean(*arguments)


def test_an_unknown_border_is_named():
    with pytest.raises(ValueError, match="'reflect', 'clip'; got 'wrap'"):
        box_mean(np.zeros((5, 4)), 1, border="wrap")
