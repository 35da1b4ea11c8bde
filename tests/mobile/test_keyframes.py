"""Keyframes against the formulas written out, against a colorizer that knows the truth, and against careless callers."""

import cv2
import numpy as np
import pytest

from course_lib.color import lab_to_rgb, rgb_to_lab
from course_lib.data import made_clip
from course_lib.metrics import mean_chroma, optical_flow, warp
from course_lib.mobile import KeyframeColorizer, apply_coefficients, local_linear_coefficients


class Truth:
    """A colorizer that is given color frames and answers them; it counts."""

    def __init__(self):
        self.asked = 0

    def __call__(self, frame):
        self.asked += 1
        return frame


def ab(frames):
    return rgb_to_lab(np.stack(frames))[..., 1:]


def off(frames, true):
    """Mean color error of each frame."""
    return np.linalg.norm(ab(frames) - ab(true), axis=-1).mean((1, 2))


@pytest.fixture(scope="module")
def clip():
    return made_clip(3, frames=12, size=(48, 64))


@pytest.mark.parametrize("every", [1, 2, 5, 30])
def test_every_kth_frame_is_the_colorizers(clip, every):
    truth = Truth()
    frames = list(KeyframeColorizer(truth, every).stream(clip.frames))
    assert truth.asked == -(-12 // every)
    for index, (frame, true) in enumerate(zip(frames, clip.frames, strict=True)):
        assert frame.dtype == np.float32 and frame.shape == true.shape
        assert np.array_equal(frame, true) == (index % every == 0)


@pytest.mark.parametrize("detail", [False, True])
@pytest.mark.parametrize("options", [(8, 1e-3, 4), (3, 0.01, 1), (9, 1e-4, 3)])
def test_between_keyframes_color_is_the_formula(clip, options, detail):
    """Lesson 13's filter, taken apart: the line of frame 0, put on frame 2."""
    radius, eps, subsample = options
    played = KeyframeColorizer(Truth(), radius=radius, eps=eps, subsample=subsample, detail=detail)
    frame = list(played.stream(clip.frames[:3]))[2]
    key, now = (rgb_to_lab(clip.frames[t].astype(float)) for t in (0, 2))
    L, c = key[..., 0] / 100, key[..., 1:] / 110
    a, b = local_linear_coefficients(L, c, radius, eps, subsample)
    if detail:
        small_L, small_c = (cv2.resize(x, a.shape[1::-1], interpolation=cv2.INTER_AREA) for x in (L, c))
        b = small_c - a * small_L[..., None]
    expected = 110 * apply_coefficients(a, b, now[..., 0] / 100)
    np.testing.assert_allclose(frame, lab_to_rgb(np.dstack([now[..., 0], expected])), atol=2e-3)
    np.testing.assert_allclose(rgb_to_lab(frame)[..., 0], now[..., 0], atol=0.02)  # the lightness stays


def test_flow_carries_the_small_line(clip):
    frame = list(KeyframeColorizer(Truth(), radius=4, subsample=2, flow=True).stream(clip.frames[:2]))[1]
    key, now = (rgb_to_lab(clip.frames[t]) for t in (0, 1))
    L = [lab[..., 0] / 100 for lab in (key, now)]
    a, b = local_linear_coefficients(L[0], key[..., 1:] / np.float32(110), 4, 1e-3, 2)
    flow = cv2.resize(optical_flow(L[1], L[0]), (32, 24), interpolation=cv2.INTER_AREA) / 2
    expected = 110 * apply_coefficients(warp(a, flow), warp(b, flow), L[1])
    np.testing.assert_allclose(frame, lab_to_rgb(np.dstack([100 * L[1], expected])), atol=5e-3)


def test_a_still_clip_keeps_its_color():
    true = np.repeat(made_clip(1, frames=2, size=(48, 64)).frames[:1], 5, 0)
    for options in ({}, {"detail": True}, {"flow": True}):
        frames = list(KeyframeColorizer(Truth(), radius=2, subsample=1, **options).stream(true))
        assert off(frames, true)[1:].max() < 5
        np.testing.assert_allclose(frames[1], frames[4], atol=2e-3)  # nothing drifts


def test_the_mends_mend():
    """On clips with known truth: flow brings color nearer, detail loses less chroma."""
    found = []
    for seed in range(3):
        true = made_clip(seed, frames=16, size=(72, 96)).frames
        ways = ({}, {"detail": True}, {"flow": True, "detail": True})
        runs = [list(KeyframeColorizer(Truth(), **way).stream(true)) for way in ways]
        found.append([(off(run, true).mean(), mean_chroma(ab(run)) / mean_chroma(ab(true))) for run in runs])
    error, chroma = np.mean(found, 0).T
    assert error[2] < 0.8 * min(error[:2])
    assert chroma[0] < chroma[1] - 0.02 and chroma[0] < 0.95


def test_cuts_get_keyframes_and_begin_the_count_anew():
    pieces = [made_clip(seed, frames=5, size=(48, 64)).frames for seed in (0, 1, 2)]
    joined = np.concatenate(pieces)
    keys = []
    for cuts in (False, True):
        played = KeyframeColorizer(Truth(), every=4, cuts=cuts).stream(joined)
        frames = zip(played, joined, strict=True)
        keys.append([i for i, (frame, true) in enumerate(frames) if np.array_equal(frame, true)])
    assert keys == [[0, 4, 8, 12], [0, 4, 5, 9, 10, 14]]


def test_gray_and_color_frames_of_one_lightness_get_one_color(clip):
    gray = [lab_to_rgb(rgb_to_lab(frame) * np.float32([1, 0, 0]))[..., 0] for frame in clip.frames[:3]]
    assert gray[0].ndim == 2

    def sepia(frame):
        return clip.frames[0]

    one, other = (list(KeyframeColorizer(sepia).stream(frames)) for frames in (gray, clip.frames[:3]))
    np.testing.assert_allclose(one[2], other[2], atol=3e-3)


def test_no_frame_is_asked_for_before_the_last_is_out(clip):
    asked = []
    stream = KeyframeColorizer(Truth()).stream(
        asked.append(t) or frame for t, frame in enumerate(clip.frames)
    )
    for t in range(4):
        next(stream)
        assert asked == list(range(t + 1))


def test_frames_stay_as_they_were(clip):
    before = clip.frames.copy()
    for frame in KeyframeColorizer(Truth(), 3, cuts=True, flow=True).stream(clip.frames):
        frame += 1  # nor does what comes out hang together with what is kept
    np.testing.assert_array_equal(clip.frames, before)


def test_reset_and_stream_begin_anew(clip):
    truth = Truth()
    played = KeyframeColorizer(truth)
    played(clip.frames[0])
    with pytest.raises(ValueError, match=r"frame is 24 x 64 and those before were 48 x 64: call reset\(\)"):
        played(clip.frames[0][:24])
    played(clip.frames[1])  # the clip goes on
    played.reset()
    played(clip.frames[0][:24])
    list(played.stream(clip.frames[:2]))
    assert truth.asked == 3


def test_after_a_colorizer_that_failed_the_clip_goes_on(clip):
    answers = iter([clip.frames[0], np.zeros((3, 3, 3), np.float32), clip.frames[5]])
    played = KeyframeColorizer(lambda frame: next(answers), every=2)
    played(clip.frames[0])
    played(clip.frames[1])
    with pytest.raises(
        ValueError, match=r"the colorizer's answer must have shape \(48, 64, 3\); got \(3, 3, 3\)"
    ):
        played(clip.frames[2])
    np.testing.assert_array_equal(played(clip.frames[3]), clip.frames[5])


GRAY = np.full((24, 32), 0.5, np.float32)


@pytest.mark.parametrize(
    ("frame", "error", "words"),
    [
        (np.zeros((24, 32), np.uint8), TypeError, "frame.*uint8.*255"),
        (np.zeros((24, 32, 4), np.float32), ValueError, r"frame must have shape.*\(24, 32, 4\)"),
        (np.zeros(24), ValueError, r"frame must have shape.*\(24,\)"),
        (np.zeros((0, 3)), ValueError, "frame.*empty"),
        (np.full((24, 32), np.nan), ValueError, "frame.*NaN"),
        (255 * GRAY, ValueError, r"frame must lie in \[0, 1\].*127.5"),
        (GRAY[:4], ValueError, "radius must be at most 4"),
        (None, TypeError, "frame.*object"),
    ],
)
def test_bad_frames_are_named(frame, error, words):
    with pytest.raises(error, match=words):
        KeyframeColorizer(lambda gray: np.repeat(gray[..., None], 3, -1) if gray.ndim == 2 else gray)(frame)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (GRAY, ValueError, r"answer must have shape \(24, 32, 3\); got \(24, 32\)"),
        (None, TypeError, "the colorizer's answer must be float"),
        (np.zeros((24, 32, 3), np.uint8), TypeError, "answer.*uint8"),
        (np.full((24, 32, 3), np.nan), ValueError, "answer.*NaN"),
        (np.full((24, 32, 3), 9.0), ValueError, r"answer must lie in \[0, 1\]"),
    ],
)
def test_bad_answers_are_named(answer, error, words):
    with pytest.raises(error, match=words):
        KeyframeColorizer(lambda frame: answer)(GRAY)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"every": 0}, ValueError, "every must be at least 1; got 0"),
        ({"every": 2.5}, TypeError, "every must be a whole number"),
        ({"radius": 0}, ValueError, "radius"),
        ({"radius": 2}, ValueError, "radius must be at least subsample, 4; got 2"),
        ({"subsample": 0}, ValueError, "subsample"),
        ({"eps": 0}, ValueError, "eps must be a finite number above 0; got 0"),
        ({"eps": np.inf}, ValueError, "eps"),
    ],
)
def test_bad_options_are_named(options, error, words):
    with pytest.raises(error, match=words):
        KeyframeColorizer(Truth(), **options)


def test_a_colorizer_that_cant_be_called_is_named():
    with pytest.raises(TypeError, match="colorizer must be callable; got str"):
        KeyframeColorizer("heavy")
