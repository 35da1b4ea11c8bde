"""Decoding and fitting: aspect, padding, rotation, odd sizes, uneven frame rates, and each kind of damage."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.data import photos
from course_lib.video.decode import VideoError, VideoReader, fit
from tools.torture.clips import FAULTS, numbered, picture, write_clip

SIDES = st.integers(1, 4000)


@given(SIDES, SIDES, SIDES, SIDES)
def test_a_fitted_picture_fills_the_box_one_way_and_keeps_its_aspect(w, h, box_w, box_h):
    place = fit((w, h), (box_w, box_h))
    assert place.left + place.width + place.right == box_w
    assert place.top + place.height + place.bottom == box_h
    assert min(place) >= 0 and min(place.width, place.height) >= 1
    assert place.width == box_w or place.height == box_h
    assert 0 <= place.right - place.left <= 1 and 0 <= place.bottom - place.top <= 1
    scale = min(box_w / w, box_h / h)
    for side, fitted in ((w, place.width), (h, place.height)):
        assert abs(fitted - side * scale) <= 0.5 or (fitted == 1 and side * scale < 1)


@given(SIDES, SIDES, st.integers(1, 20))
def test_a_picture_in_a_box_of_its_own_shape_has_no_padding(w, h, times):
    assert fit((w * times, h * times), (w, h)) == (w, h, 0, 0, 0, 0)


@pytest.mark.parametrize("source", [(0, 4), (4, -1)])
def test_a_picture_without_extent_is_refused(source):
    with pytest.raises(ValueError, match="must be positive"):
        fit(source, (8, 8))


def test_frames_come_as_they_were_written(tmp_path):
    path = numbered(tmp_path / "a.mkv", 30)
    with VideoReader(path, (32, 24)) as video:
        frames = list(video)
        assert video.fps == 25
    assert len(frames) == 30
    for i, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.rgb, picture(i))
        assert frame.seconds == pytest.approx(i / 25)


def test_shrinking_averages_and_does_not_alias(tmp_path):
    photo = (photos("coffee")["coffee"] * 255).round().astype(np.uint8)  # (400, 600, 3)
    path = write_clip(tmp_path / "a.mkv", [photo])
    with VideoReader(path, (150, 100)) as video:
        (frame,) = video
    expected = cv2.resize(photo, (150, 100), interpolation=cv2.INTER_AREA)
    aliased = photo[::4, ::4]
    error = np.abs(frame.rgb.astype(float) - expected).mean()
    assert error < 2 < 3 < np.abs(aliased.astype(float) - expected).mean()


@pytest.mark.parametrize("rotation", [None, 90, 180, -90])
def test_a_rotated_video_stands_upright_as_opencv_shows_it(tmp_path, rotation):
    frames = [picture(i, 64, 48) for i in range(3)]
    path = write_clip(tmp_path / "a.mp4", frames, codec="libx264", rotation=rotation)
    capture = cv2.VideoCapture(str(path))  # turns the frames by itself
    shown = cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB)
    capture.release()
    assert shown.shape[:2] == ((64, 48) if rotation in (90, -90) else (48, 64))
    with VideoReader(path, shown.shape[1::-1]) as video:
        frame = next(iter(video))
    assert frame.rgb.shape == shown.shape and frame.picture.rotation == (rotation or 0) % 360
    assert np.abs(frame.rgb.astype(float) - shown).mean() < 6
    assert np.abs(frame.rgb[::-1, ::-1].astype(float) - shown).mean() > 30


def test_pixels_that_are_not_square_are_shown_as_wide_as_they_are(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [picture(0, 40, 40)], codec="libx264", pixel_aspect=Fraction(2, 1))
    with VideoReader(path, (80, 80)) as video:
        (frame,) = video
    assert frame.picture.placement == (80, 40, 20, 20, 0, 0)


@pytest.mark.parametrize("size", [(63, 47), (17, 3), (3, 90), (2, 2)])
def test_odd_sizes(tmp_path, size):
    path = numbered(tmp_path / "a.mkv", 2, width=size[0], height=size[1])
    with VideoReader(path, (24, 17)) as video:
        for frame in video:
            place = frame.picture.placement
            assert frame.rgb.shape == (place.height, place.width, 3)
            assert place == fit(size, (24, 17))


def test_an_uneven_frame_rate_keeps_each_frame_once_and_its_time(tmp_path):
    times = [0, 10, 400, 401, 1000, 5000]
    path = numbered(tmp_path / "a.mkv", 6, times=times, rate=1000)
    with VideoReader(path, (32, 24)) as video:
        frames = list(video)
    assert [round(f.seconds * 1000) for f in frames] == times
    for i, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.rgb, picture(i))


def test_a_video_that_changes_its_size_is_fitted_anew(tmp_path):
    parts = [
        write_clip(tmp_path / f"{w}.ts", [picture(i, w, h) for i in range(4)], codec="libx264", bf="0")
        for w, h in ((64, 48), (96, 32))
    ]
    whole = tmp_path / "whole.ts"
    whole.write_bytes(b"".join(part.read_bytes() for part in parts))
    with VideoReader(whole, (48, 48)) as video:
        found = [frame.picture.placement[:2] for frame in video]
    assert found == [(48, 36)] * 4 + [(48, 16)] * 4


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_raises_and_says_which(tmp_path, name):
    write, words = FAULTS[name]
    path = write(tmp_path / name)
    with pytest.raises(VideoError, match=words):  # noqa: SIM117
        with VideoReader(path, (32, 24)) as video:
            list(video)
