"""Flicker against known values, the formula written out, and what it must and must not see."""

import cv2
import numpy as np
import pytest

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip, photos
from course_lib.metrics import flicker, optical_flow, visible_pixels


@pytest.fixture(scope="module")
def clip():
    return made_clip(0, frames=12)


def tints(frames, strength=0.05, seed=0):
    """One color shift a frame, uniform within `strength`: variance strength² / 3 a channel."""
    return np.random.default_rng(seed).uniform(-strength, strength, (frames, 1, 1, 3))


def test_what_only_moves_does_not_flicker(clip):
    """With the exact flow what remains is bilinear interpolation; with OpenCV's, its errors too."""
    exact = flicker(clip.frames, flow=clip.flow, visible=clip.visible)
    assert exact < 5e-6
    assert exact < flicker(clip.frames) < 1e-3
    pixels = np.mean(np.diff(clip.frames, axis=0) ** 2)
    assert flicker(clip.frames) < 0.25 * pixels  # the same without following anything


def test_a_frozen_clip_and_a_plain_color_have_none(clip):
    assert flicker(np.repeat(clip.frames[:1], 5, 0)) == 0
    plain = np.full((12, 72, 96, 3), [0.2, 0.5, 0.7])
    assert flicker(plain, clip.frames) < 1e-12
    assert flicker(plain, flow=clip.flow, visible=clip.visible) < 1e-12


def test_a_tint_on_a_still_clip_costs_its_exact_steps():
    """Whatever is visible, each pixel changes by the step between two tints: the value is known to rounding."""
    photo = cv2.resize(photos("coffee")["coffee"], (96, 64)) * 0.8 + 0.1
    tint = tints(10)
    expected = np.mean(np.diff(tint, axis=0) ** 2)
    still = np.repeat(photo[None], 10, 0)
    assert flicker(still + tint, still) == pytest.approx(expected, rel=1e-5)


def test_a_random_tint_costs_twice_its_variance(clip):
    """Over many frames the mean squared step of independent tints is 2 v = 2 · 0.05² / 3."""
    still = np.full((1500, 16, 16, 3), 0.5) + tints(1500)
    nothing = np.zeros((1499, 16, 16, 2)), np.ones((1499, 16, 16), bool)
    assert flicker(still, flow=nothing[0], visible=nothing[1]) == pytest.approx(2 * 0.05**2 / 3, rel=0.05)
    # and on a moving clip with exact flow it comes on top of what interpolation leaves
    tint = tints(12)
    tinted = (clip.frames + tint).clip(0, 1)
    expected = np.mean(np.diff(tint, axis=0) ** 2)
    assert flicker(tinted, flow=clip.flow, visible=clip.visible) == pytest.approx(expected, rel=0.01)
    # with OpenCV's flow on the input, within the error that the input itself has
    assert flicker(tinted, clip.frames) == pytest.approx(expected + flicker(clip.frames), rel=0.1)


def test_flicker_of_an_object_is_seen(clip):
    """One object that loses its color in every other frame."""
    lab = rgb_to_lab(clip.frames)
    lab[1::2, ..., 1:][clip.labels[1::2] == 4] = 0
    blinking = flicker(lab_to_rgb(lab), clip.frames)
    assert blinking > 5 * flicker(clip.frames)


def test_the_formula_written_out(clip):
    """Lai et al.: sum over visible entries, divided by their number, mean over the pairs; one pixel at a time."""
    frames = np.clip(clip.frames + tints(12, 0.1, 1), 0, 1)[:3, :20, :24]
    input_l = rgb_to_lab(clip.frames)[:3, :20, :24, 0] / 100
    values = []
    for t in range(2):
        flow = optical_flow(input_l[t], input_l[t + 1])
        seen = visible_pixels(flow, optical_flow(input_l[t + 1], input_l[t]))
        total = count = 0
        for row, column in zip(*np.nonzero(seen), strict=True):
            x, y = np.float32(column + flow[row, column, 0]), np.float32(row + flow[row, column, 1])
            after = cv2.getRectSubPix(frames[t + 1].astype(np.float32), (1, 1), (float(x), float(y)))[0, 0]
            total += ((after - frames[t, row, column]) ** 2).sum()
            count += 3
        values.append(total / count)
    assert flicker(frames, input_l) == pytest.approx(np.mean(values), rel=0.02)  # remap rounds places to 1/32


def test_reference_may_be_gray_or_color_and_gray_frames_are_measured(clip):
    lightness = rgb_to_lab(clip.frames)[..., 0] / 100
    assert flicker(clip.frames, lightness) == flicker(clip.frames, clip.frames) == flicker(clip.frames)
    gray = flicker(lightness, clip.frames)
    assert gray == pytest.approx(flicker(np.repeat(lightness[..., None], 3, -1), clip.frames))


def test_a_list_of_frames_will_do(clip):
    assert flicker(list(clip.frames), list(clip.frames)) == flicker(clip.frames)


def test_pairs_without_a_visible_pixel_are_left_out(clip):
    visible = clip.visible.copy()
    visible[3] = False
    kept = np.delete(np.arange(11), 3)
    single = [
        flicker(clip.frames[t : t + 2], flow=clip.flow[t : t + 1], visible=clip.visible[t : t + 1])
        for t in kept
    ]
    assert flicker(clip.frames, flow=clip.flow, visible=visible) == pytest.approx(np.mean(single))
    with pytest.raises(ValueError, match="no pixel is visible"):
        flicker(clip.frames, flow=clip.flow, visible=np.zeros_like(visible))


GOOD = np.zeros((3, 16, 20, 3))
FLOW, SEEN = np.zeros((2, 16, 20, 2)), np.ones((2, 16, 20), bool)


@pytest.mark.parametrize(
    ("frames", "options", "error", "words"),
    [
        (GOOD[:1], {}, ValueError, "frames must be at least 2"),
        (GOOD.astype(np.uint8), {}, TypeError, r"\[0\]"),
        (GOOD + 2, {}, ValueError, r"\[0, 1\]"),
        ([GOOD[0], GOOD[0, :, :-1]], {"flow": FLOW[:1], "visible": SEEN[:1]}, ValueError, "one shape"),
        (GOOD, {"reference": GOOD[:2]}, ValueError, "reference must hold 3"),
        (GOOD, {"reference": GOOD[:, :, :-1]}, ValueError, "height and width"),
        (GOOD, {"flow": FLOW}, ValueError, "together"),
        (GOOD, {"visible": SEEN}, ValueError, "together"),
        (GOOD, {"reference": GOOD, "flow": FLOW, "visible": SEEN}, ValueError, "in place of"),
        (GOOD, {"flow": FLOW[:1], "visible": SEEN}, ValueError, "flow must hold 2"),
        (GOOD, {"flow": FLOW, "visible": SEEN[:1]}, ValueError, "visible must hold 2"),
        (GOOD, {"flow": FLOW, "visible": SEEN.astype(float)}, ValueError, "bool"),
        (GOOD, {"flow": FLOW[..., :1], "visible": SEEN}, ValueError, "flow"),
        (GOOD[:, :12], {}, ValueError, "16 x 16"),
    ],
)
def test_bad_input_is_named(frames, options, error, words):
    with pytest.raises(error, match=words):
        flicker(frames, **options)
