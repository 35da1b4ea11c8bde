"""Day and night of one scene: the geometry must be equal, the light must not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.registration import phase_cross_correlation

from course_lib.color import rgb_to_lab
from course_lib.data import day_and_night, made_room, photos
from course_lib.metrics import mean_chroma


@pytest.fixture(scope="module")
def photo():
    return photos("china")["china"][::3, ::3]


def linear(srgb):
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def test_the_clean_night_is_the_day_in_another_light(photo):
    pair = day_and_night(photo, 0)
    expected = linear(photo.astype(float)) * pair.light
    assert (expected > 1).mean() < 0.01  # hardly anything is blown out
    np.testing.assert_allclose(linear(pair.clean.astype(float)), expected.clip(0, 1), atol=1e-5)
    np.testing.assert_array_equal(pair.day, photo)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_moves_not_even_by_a_fraction_of_a_pixel(photo, seed):
    pair = day_and_night(photo, seed)
    day, night = (np.log(rgb_to_lab(x)[..., 0] + 5) for x in (pair.day, pair.night))
    still = phase_cross_correlation(day, night, upsample_factor=10)[0]
    np.testing.assert_allclose(still, 0, atol=0.15)
    moved = phase_cross_correlation(day, np.roll(night, (2, -3), (0, 1)), upsample_factor=10)[0]
    np.testing.assert_allclose(moved, (-2, 3), atol=0.15)  # the check would see it


@pytest.mark.parametrize("name", ["china", "chelsea", "coffee"])
def test_the_palette_changes(name):
    day = photos(name)[name][::4, ::4]
    pair = day_and_night(day, 0, lamps=0)
    before, after = rgb_to_lab(pair.day), rgb_to_lab(pair.clean)
    assert after[..., 0].mean() < 0.6 * before[..., 0].mean()
    assert (after[..., 2] < before[..., 2]).mean() > 0.95  # bluer almost everywhere
    lit = day_and_night(day, 0, lamps=4)
    assert rgb_to_lab(lit.clean)[..., 2].mean() > after[..., 2].mean() + 1  # lamps are warm
    assert mean_chroma(after[..., 1:]) != pytest.approx(mean_chroma(before[..., 1:]), rel=0.05)


def test_noise_has_no_bias_where_nothing_is_cut_off_and_grows_with_light():
    gray = np.full((200, 200, 3), 0.5)
    dark, bright = (day_and_night(gray, 0, lamps=0, exposure=e) for e in (0.2, 0.6))
    spread = []
    for pair in (dark, bright):
        difference = linear(pair.night.astype(float)) - linear(pair.clean.astype(float))
        assert abs(difference.mean()) < 5 * difference.std() / np.sqrt(difference.size)
        spread.append(difference.std())
    assert spread[0] < spread[1]
    quiet = day_and_night(gray, 0, noise=0)
    np.testing.assert_array_equal(quiet.night, quiet.clean)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 1), st.integers(0, 5))
def test_every_night_is_a_picture_and_follows_from_its_seed(seed, exposure, lamps):
    day = np.random.default_rng(seed).random((12, 20, 3))
    one, again = (day_and_night(day, seed, exposure=exposure, lamps=lamps) for _ in range(2))
    np.testing.assert_array_equal(one.night, again.night)
    for picture in (one.night, one.clean):
        assert picture.dtype == np.float32 and picture.min() >= 0 and picture.max() <= 1
    np.testing.assert_array_equal(
        one.light, day_and_night(day, seed, exposure=exposure, lamps=lamps, noise=0).light
    )


def test_a_clip_has_one_light_and_new_noise_in_every_frame():
    room = made_room(0, frames=3, walk=None)
    pair = day_and_night(room.frames, 0)
    np.testing.assert_array_equal(pair.clean[0], pair.clean[2])
    assert np.abs(pair.night[0] - pair.night[2]).mean() > 1e-3
    assert pair.light.shape == room.frames.shape[1:]


PHOTO = np.full((4, 5, 3), 0.5)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"day": PHOTO.astype(int)}, TypeError, "day"),
        ({"day": PHOTO[0, 0]}, ValueError, "day"),
        ({"day": PHOTO * 3}, ValueError, "day"),
        ({"day": PHOTO * np.nan}, ValueError, "day"),
        ({"day": PHOTO, "exposure": 0.0}, ValueError, "exposure"),
        ({"day": PHOTO, "lamps": -1}, ValueError, "lamps"),
        ({"day": PHOTO, "noise": -0.1}, ValueError, "noise"),
    ],
)
def test_bad_input_is_named(arguments, error, words):
    day = arguments.pop("day")
    with pytest.raises(error, match=words):
        day_and_night(day, 0, **arguments)
