"""Made rooms: what the seed decides and what it doesn't, and that their colors and grays are what they say."""

import numpy as np
import pytest

from course_lib.color import rgb_to_lab
from course_lib.data import THINGS, made_room


def test_colors_change_nothing_but_color():
    one, other = made_room(3), made_room(3, colors=7)
    np.testing.assert_array_equal(one.labels, other.labels)
    lab, recolored = rgb_to_lab(one.frames), rgb_to_lab(other.frames)
    np.testing.assert_allclose(
        lab[..., 0], recolored[..., 0], atol=0.02
    )  # nothing was clipped into the gamut
    for thing in range(len(THINGS)):
        mask = one.labels == thing
        assert lab[mask][:, 1:].std(0).max() < 0.02  # one color a thing
        assert np.linalg.norm(lab[mask][0, 1:] - recolored[mask][0, 1:]) > 1


@pytest.mark.parametrize("seed", range(12))
def test_all_colors_are_in_the_gamut(seed):
    room = made_room(seed, frames=2)
    lab = rgb_to_lab(room.frames)
    for thing, chroma in zip(range(len(THINGS)), (10, 16, 34, 34, 34), strict=True):
        np.testing.assert_allclose(
            np.linalg.norm(lab[room.labels == thing][:, 1:], axis=-1), chroma, atol=0.05
        )


def test_things_move_with_all_they_show():
    """The sofa 16 pixels to the right: the same pixels, and the rest of the room as it was."""
    here = made_room(5, frames=1, sofa=0.3, table=None, walk=None)
    there = made_room(5, frames=1, sofa=0.3 + 16 / 96, table=None, walk=None)
    mask = here.labels[0] == THINGS.index("sofa")
    np.testing.assert_array_equal(np.roll(mask, 16, 1), there.labels[0] == THINGS.index("sofa"))
    np.testing.assert_allclose(here.frames[0][mask], there.frames[0][np.roll(mask, 16, 1)], atol=1e-4)
    both = (here.labels[0] < 2) & (there.labels[0] < 2)
    np.testing.assert_array_equal(here.frames[0][both], there.frames[0][both])


def test_only_the_person_moves():
    room = made_room(1)
    person = (room.labels == THINGS.index("person")).any(0)
    assert 0.3 < person.mean() < 0.7
    np.testing.assert_array_equal(
        room.frames[:, ~person], np.broadcast_to(room.frames[0][~person], room.frames[:, ~person].shape)
    )


def test_leaving_a_thing_out_leaves_the_others_alone():
    whole, without = made_room(2, frames=1), made_room(2, frames=1, sofa=None)
    same = whole.labels == without.labels
    assert not (without.labels == THINGS.index("sofa")).any() and not same.all()
    np.testing.assert_array_equal(whole.frames[same], without.frames[same])


def test_sofa_and_floor_are_of_one_gray_and_differ_in_texture():
    for seed in range(5):
        room = made_room(seed, frames=1)
        lightness = rgb_to_lab(room.frames)[..., 0]
        sofa, floor = (lightness[room.labels == THINGS.index(name)] for name in ("sofa", "floor"))
        assert abs(sofa.mean() - floor.mean()) < 5 and sofa.std() > 2 * floor.std()


@pytest.mark.parametrize("wrong", [{"frames": 0}, {"size": (47, 96)}, {"size": (96, 40)}])
def test_bad_input_is_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        made_room(0, **wrong)
