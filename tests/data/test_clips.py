"""Made clips: flow, visibility and labels are true, and gray frames tell nothing about an object's color."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab

from course_lib.data import made_clip

SEEDS = range(6)


@pytest.fixture(scope="module", params=SEEDS)
def clip(request):
    return made_clip(request.param, frames=16)


def moved_back(picture, flow):
    """OpenCV's remap reads the next frame at the places that the flow points to."""
    rows, columns = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    return cv2.remap(picture, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR)


def test_the_next_frame_warped_by_the_flow_is_this_frame(clip):
    """All that is left is bilinear interpolation: about a thousandth, where the occluded pixels differ by a tenth."""
    visible, occluded = [], []
    for t, (flow, seen) in enumerate(zip(clip.flow, clip.visible, strict=True)):
        error = np.abs(moved_back(clip.frames[t + 1], flow) - clip.frames[t])
        visible.append(error[seen])
        occluded.append(error[~seen])
    visible, occluded = np.concatenate(visible), np.concatenate(occluded)
    assert visible.max() < 0.015
    assert np.sqrt(np.mean(visible**2)) < 0.003
    assert np.sqrt(np.mean(occluded**2)) > 0.05
    assert 0.8 < clip.visible.mean() < 0.98


def test_another_flow_does_not_fit(clip):
    """The test above could be passed by any flow if nothing had texture."""
    for wrong in (0 * clip.flow, -clip.flow, clip.flow[..., ::-1]):
        errors = [
            np.mean((moved_back(after, flow) - before)[seen] ** 2)
            for before, after, flow, seen in zip(
                clip.frames, clip.frames[1:], np.ascontiguousarray(wrong), clip.visible, strict=False
            )
        ]
        assert np.sqrt(np.mean(errors)) > 0.006


def test_visible_says_that_the_layer_is_still_there(clip):
    """The nearest pixel in the next frame has the same label wherever visible; where an object was covered, not."""
    for t, (flow, seen) in enumerate(zip(clip.flow, clip.visible, strict=True)):
        rows, columns = np.nonzero(seen)
        dx, dy = flow[rows, columns].T
        there = clip.labels[t + 1, np.rint(rows + dy).astype(int), np.rint(columns + dx).astype(int)]
        np.testing.assert_array_equal(there, clip.labels[t, rows, columns])


def test_layers_move_as_one_and_slowly(clip):
    for label in np.unique(clip.labels):
        for labels, flow in zip(clip.labels, clip.flow, strict=False):
            inside = flow[labels == label]
            assert inside.size == 0 or np.ptp(inside, axis=0).max() == 0
    background = np.hypot(*clip.flow[clip.labels[:-1] == 0].T)
    assert background.min() > 0.3 - 1e-4 and background.max() < 0.7 + 1e-4
    assert 0.5 < np.abs(clip.flow).max() <= 2.5


def test_objects_pass_in_front_of_one_another():
    """In most clips some object loses at least a fifth of its pixels to another on its way."""
    crossing = 0
    for seed in range(12):
        labels = made_clip(seed, frames=40, size=(40, 56)).labels
        area = np.stack([(labels == k).sum((1, 2)) for k in range(1, 5)])  # (objects, T)
        crossing += bool((area.min(1) < 0.8 * area.max(1)).any())
    assert crossing >= 9


def test_an_objects_color_is_one_and_lies_in_the_gamut(clip):
    lab = rgb2lab(clip.frames)
    hues = []
    for label in np.unique(clip.labels[clip.labels > 0]):
        ab = lab[clip.labels == label][:, 1:]
        assert np.ptp(ab, axis=0).max() < 0.05
        assert np.hypot(*ab.mean(0)) == pytest.approx(34, abs=0.05)
        hues.append(np.rad2deg(np.arctan2(*ab.mean(0)[::-1])))
    gaps = np.abs(np.subtract.outer(hues, hues))[~np.eye(len(hues), dtype=bool)]
    assert np.minimum(gaps, 360 - gaps).min() > 1
    np.testing.assert_allclose(lab2rgb(lab), clip.frames, atol=2e-3)  # nothing was clipped


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), colors=st.integers(0, 2**32 - 1))
def test_gray_is_the_same_whatever_the_colors(seed, colors):
    clip, other = made_clip(seed, frames=4), made_clip(seed, frames=4, colors=colors)
    for field in ("flow", "visible", "labels"):
        np.testing.assert_array_equal(getattr(clip, field), getattr(other, field))
    lab, other_lab = rgb2lab(clip.frames), rgb2lab(other.frames)
    np.testing.assert_allclose(other_lab[..., 0], lab[..., 0], atol=0.01)
    assert np.abs(other_lab[..., 1:] - lab[..., 1:]).mean() > 3


def test_color_cannot_be_told_from_lightness():
    """Over many clips, an object's lightness and its hue have nothing to do with each other."""
    lightness, hue = [], []
    for seed in range(40):
        clip = made_clip(seed, frames=2, size=(40, 40))
        lab = rgb2lab(clip.frames[0])
        for label in np.unique(clip.labels[0][clip.labels[0] > 0]):
            mean = lab[clip.labels[0] == label].mean(0)
            lightness.append(mean[0])
            hue.append(np.arctan2(mean[2], mean[1]))
    assert len(hue) > 100
    for part in (np.cos(hue), np.sin(hue)):
        assert abs(np.corrcoef(lightness, part)[0, 1]) < 0.25


def test_seed_decides_everything_and_matters():
    once, again, other = (made_clip(seed, frames=4) for seed in (5, 5, 6))
    for field in ("frames", "flow", "visible", "labels"):
        np.testing.assert_array_equal(getattr(once, field), getattr(again, field))
    assert np.abs(once.frames - other.frames).max() > 0.1


@pytest.mark.parametrize(
    ("frames", "size", "objects"), [(2, (32, 32), 0), (5, (50, 33), 1), (3, (40, 64), 9)]
)
def test_shapes(frames, size, objects):
    clip = made_clip(0, frames=frames, size=size, objects=objects)
    assert clip.frames.shape == (frames, *size, 3) and clip.frames.dtype == np.float32
    assert clip.flow.shape == (frames - 1, *size, 2) and clip.flow.dtype == np.float32
    assert clip.visible.shape == (frames - 1, *size) and clip.visible.dtype == bool
    assert clip.labels.shape == (frames, *size) and clip.labels.max() <= objects
    assert clip.frames.min() >= 0 and clip.frames.max() <= 1


def test_a_long_clip_never_runs_out_of_objects():
    labels = made_clip(3, frames=300, size=(32, 48)).labels
    shown = np.stack([(labels == k).any((1, 2)) for k in range(1, 5)])
    assert shown[:, -100:].any(1).all() and shown.any(0).mean() > 0.99


@pytest.mark.parametrize("options", [{"frames": 1}, {"size": (31, 40)}, {"objects": -1}, {"objects": 256}])
def test_bad_requests_are_named(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        made_clip(0, **options)
