"""Flow, warping and visibility against the exact truth of made clips, hand calculations and scipy."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.metrics import optical_flow, visible_pixels, warp


def test_warp_is_scipys_interpolation():
    rng = np.random.default_rng(0)
    image, flow = rng.random((20, 30)), rng.normal(0, 3, (20, 30, 2))
    rows, columns = np.mgrid[:20, :30]
    places = np.stack([rows + flow[..., 1], columns + flow[..., 0]])
    expected = map_coordinates(image, places, order=1, mode="nearest")
    # OpenCV rounds a place to 1/32 of a pixel
    np.testing.assert_allclose(warp(image, flow), expected, atol=0.05)
    np.testing.assert_allclose(warp(image, flow.round()), image[tuple(places_of(flow, image))], atol=1e-6)
    color = rng.random((20, 30, 3))
    for channel in range(3):
        np.testing.assert_allclose(
            warp(color, flow)[..., channel], warp(color[..., channel], flow), atol=1e-6
        )


def places_of(flow, image):
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]]
    right, down = np.moveaxis(flow.round().astype(int), -1, 0)
    return (rows + down).clip(0, image.shape[0] - 1), (columns + right).clip(0, image.shape[1] - 1)


def gray(clip):
    return rgb_to_lab(clip.frames)[..., 0] / 100


def test_flow_finds_the_true_motion():
    """Mean error below a third of a pixel where objects move by up to 2.5; visible pixels are the better ones."""
    errors, kept, length = [], [], []
    for seed in range(4):
        clip = made_clip(seed, frames=4, size=(136, 240))
        lightness = gray(clip)
        for t in range(3):
            flow = optical_flow(lightness[t], lightness[t + 1])
            seen = visible_pixels(flow, optical_flow(lightness[t + 1], lightness[t]))
            error = np.linalg.norm(flow - clip.flow[t], axis=-1)
            errors.append(error.mean())
            kept.append(error[seen].mean())
            length.append(np.linalg.norm(clip.flow[t], axis=-1).mean())
            assert seen.mean() > 0.7
    assert np.mean(errors) < 0.33 * np.mean(length) and np.mean(errors) < 0.33
    assert np.mean(kept) < 0.8 * np.mean(errors)


def test_visible_finds_true_occlusion():
    """Of truly covered pixels most are found, with flow from OpenCV; of those that stay, most are kept."""
    found, lost = [], []
    for seed in range(4):
        clip = made_clip(seed, frames=4, size=(136, 240))
        lightness = gray(clip)
        for t in range(3):
            seen = visible_pixels(
                optical_flow(lightness[t], lightness[t + 1]), optical_flow(lightness[t + 1], lightness[t])
            )
            found.append((~seen)[~clip.visible[t]].mean())
            lost.append((~seen)[clip.visible[t]].mean())
    assert np.mean(found) > 0.5 > 0.2 > np.mean(lost)


def test_there_and_back_must_lead_home():
    """|f + b|² against 0.01 (|f|² + |b|²) + 0.5: of 4 pixels there, 0.6 too few back are fine (0.36 < 0.77), 0.9 not."""
    flow = np.zeros((9, 30, 2))
    flow[..., 0] = 4
    back = np.zeros((9, 30, 2))
    back[..., 0] = -3.4
    inside = np.broadcast_to(np.arange(30) < 26, (9, 30))  # the last four columns leave the frame
    np.testing.assert_array_equal(visible_pixels(flow, back), inside)
    back[..., 0] = -3.1
    assert not visible_pixels(flow, back).any()


def test_motion_boundaries_are_left_out():
    """A step from 0 to 1 pixel between columns 9 and 10: its gradient is 1, allowed are 0.002."""
    flow = np.zeros((5, 20, 2))
    flow[:, 10:, 1] = 0.5
    back = -flow
    seen = visible_pixels(flow, back)[:4]  # the last row leaves the frame on the right
    np.testing.assert_array_equal(np.nonzero(~seen[0])[0], [9])
    gentle = np.zeros((5, 20, 2))
    gentle[..., 0] = -0.04 * np.arange(20)  # 0.0016 is allowed
    assert visible_pixels(gentle, -gentle).all()


def test_still_pictures_do_not_move():
    image = np.random.default_rng(0).random((40, 50))
    flow = optical_flow(image, image)
    assert np.abs(flow).max() == 0 and visible_pixels(flow, flow).all()


@pytest.mark.parametrize("shape", [(16, 16), (16, 200), (61, 17)])
def test_small_pictures_have_a_flow(shape):
    image = np.random.default_rng(0).random(shape)
    assert optical_flow(image, image).shape == (*shape, 2)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: optical_flow(x[:15], x[:15]), ValueError, "16 x 16"),
        (lambda x: optical_flow(x, x[:, :17]), ValueError, "one shape"),
        (lambda x: optical_flow(np.stack([x] * 3, -1), x), ValueError, "gray"),
        (lambda x: optical_flow((255 * x).astype(np.uint8), x), TypeError, "image"),
        (lambda x: optical_flow(x, x + 2), ValueError, "next_image"),
        (lambda x: warp(x, np.zeros((20, 21, 2))), ValueError, "flow"),
        (lambda x: warp(x, np.full((20, 20, 2), np.nan)), ValueError, "flow"),
        (lambda x: warp(x[0], np.zeros((20, 20, 2))), ValueError, "image"),
        (lambda x: visible_pixels(x, x), ValueError, "back_flow"),
        (lambda x: visible_pixels(np.zeros((4, 4, 2)), np.zeros((4, 5, 2))), ValueError, "back_flow"),
        (lambda x: visible_pixels(np.zeros((4, 4, 2)), np.zeros((4, 4, 2), int)), TypeError, "back_flow"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call(np.zeros((20, 20)))
