"""The background model, and color for it alone, on rooms whose background is known."""

import numpy as np
import pytest

from course_lib.color import rgb_to_lab
from course_lib.data import THINGS, made_room
from course_lib.video.background import background_model, color_background

PERSON = THINGS.index("person")


def lightness(room):
    return rgb_to_lab(room.frames)[..., 0]


@pytest.mark.parametrize("seed", range(4))
def test_the_model_is_the_empty_room(seed):
    room, empty = made_room(seed, frames=16), made_room(seed, frames=1, walk=None)
    background, still = background_model(lightness(room))
    np.testing.assert_allclose(background, lightness(empty)[0], atol=1e-3)
    person = room.labels == PERSON
    assert still[~person].mean() > 0.93 and still[person].mean() < 0.15


def test_whoever_stays_becomes_background():
    """Half of the frames is not enough for what was there before, more than half is."""
    clip = np.full((5, 6, 6), 60.0)
    clip[2:] = 20
    assert (background_model(clip)[0] == 20).all()
    clip[2] = 60
    assert (background_model(clip)[0] == 60).all()


@pytest.mark.parametrize("seed", range(4))
def test_color_goes_to_the_background_alone(seed):
    room, reference = made_room(seed, frames=16), made_room(seed, frames=1, walk=(0.5, 0.5))
    lab = rgb_to_lab(room.frames)
    ab, carried = color_background(lab[..., 0], reference.frames[0])
    error = np.linalg.norm(ab - lab[..., 1:], axis=-1)
    person = room.labels == PERSON
    hidden = (reference.labels[0] == PERSON) & ~person  # behind the reference's person nothing is known
    assert error[~person & ~hidden].mean() < 2.5
    assert carried[hidden].mean() < 0.15 and carried[person].mean() < 0.15
    assert (ab[~carried] == 0).all()
    painted, _ = color_background(lab[..., 0], reference.frames[0], others=lab[..., 1:])
    assert np.linalg.norm(painted - lab[..., 1:], axis=-1)[person].mean() < 5
    np.testing.assert_array_equal(painted[carried], ab[carried])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda L, r: background_model(L[0]), ValueError, "lightness"),
        (lambda L, r: background_model(L * np.nan), ValueError, "lightness"),
        (lambda L, r: background_model(L, threshold=0.0), ValueError, "threshold"),
        (lambda L, r: color_background(L, r[:-1]), ValueError, "reference"),
        (lambda L, r: color_background(L, (255 * r).astype(np.uint8)), TypeError, "rgb"),
        (lambda L, r: color_background(L, r, others=np.zeros((3, 8, 9))), ValueError, "others"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call(np.full((3, 8, 9), 50.0), np.full((8, 9, 3), 0.5))
