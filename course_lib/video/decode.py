"""Frames out of a video file, scaled to fit a box and never stretched.

Each frame that the decoder gives is delivered once, in the order of display, whatever the frame rate does. A phone's
rotation flag and pixels that aren't square are honored. A video is delivered whole or not at all: the first damaged
packet raises, because frames guessed by a decoder are worse to learn from than none.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import Interpolation, VideoReformatter

_SCALING = (
    Interpolation.BILINEAR
)  # its support widens when shrinking, so nothing aliases; bicubic takes twice the time


class VideoError(ValueError):
    """A video that can't be decoded from its first frame to its last."""


class Placement(NamedTuple):
    """Where a picture lies in its box: its own size and the padding around it, in pixels."""

    width: int
    height: int
    top: int
    bottom: int
    left: int
    right: int


class Picture(NamedTuple):
    """What a video's frames look like in the file, and how they were fitted: one for each change in mid-video."""

    source: tuple[int, int]  # coded width and height
    pixel_aspect: Fraction  # width of a pixel over its height
    rotation: int  # degrees counterclockwise, a multiple of 90
    placement: Placement


class Frame(NamedTuple):
    """A decoded frame: fitted, upright, without its padding."""

    rgb: np.ndarray  # (placement.height, placement.width, 3) uint8
    seconds: float  # its timestamp; NaN where the file has none
    picture: Picture


def fit(source: tuple[float, float], size: tuple[int, int]) -> Placement:
    """Fit a picture into a box: as large as possible, in the middle, aspect kept to half a pixel.

    Parameters
    ----------
    source, size : (width, height)
        Of the picture as it is shown, and of the box.

    Returns
    -------
    Placement
        One of its sizes is the box's; where the padding is odd, the bottom or right has one pixel more.

    Raises
    ------
    ValueError
        A width or height that isn't positive.

    Examples
    --------
    >>> fit((640, 480), (240, 135))
    Placement(width=180, height=135, top=0, bottom=0, left=30, right=30)
    """
    if min(*source, *size) <= 0:
        raise ValueError(f"source and size must be positive, got {source} and {size}")
    scale = min(size[0] / source[0], size[1] / source[1])
    width, height = (
        min(max(round(s * scale), 1), box) for s, box in zip(source, size, strict=True)
    )  # a sliver stays one pixel wide
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return Placement(width, height, top, size[1] - height - top, left, size[0] - width - left)


class VideoReader:
    """A video file opened for reading its frames, fitted into a box.

    Parameters
    ----------
    path : str or Path
    size : (width, height)

    Attributes
    ----------
    fps : float or None
        Average frame rate as the file states it.
    announced : int or None
        How many frames the file says it has, where its format says so.

    Raises
    ------
    VideoError
        Nothing that FFmpeg can open, or no moving picture in it; and when iterating, a damaged packet or frame,
        or no frame at all.
    """

    def __init__(self, path: str | Path, size: tuple[int, int]):
        self.size = size
        try:
            self._container = av.open(str(path))
        except (av.error.FFmpegError, UnicodeError) as error:
            raise VideoError(f"isn't a video that FFmpeg can open ({_reason(error)})") from error
        try:
            # a song's cover is a video stream too, of one picture
            moving = [
                s for s in self._container.streams.video if not s.disposition & Disposition.attached_pic
            ]
            if not moving:
                raise VideoError("has no video stream")
            self._stream = max(moving, key=lambda s: (s.width or 0) * (s.height or 0))
            self._stream.codec_context.options = {
                "err_detect": "explode"
            }  # raise, don't paint over the damage
            self.fps = float(self._stream.average_rate) if self._stream.average_rate else None
            self.announced = self._stream.frames or None
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[Frame]:
        """Decode from the first frame to the last."""
        reformatter = VideoReformatter()  # keeps its scaling tables from frame to frame
        picture = None
        count = 0
        try:
            for frame in self._container.decode(self._stream):
                if frame.is_corrupt:
                    raise VideoError(f"is damaged at frame {count}")
                picture = self._picture(frame, picture)
                yield Frame(_upright_rgb(frame, picture, reformatter), _seconds(frame), picture)
                count += 1
        except VideoError:
            raise
        except (av.error.FFmpegError, ValueError, ArithmeticError, MemoryError) as error:
            raise VideoError(f"is damaged after frame {count} ({_reason(error)})") from error
        if not count:
            raise VideoError("has no frames")

    def _picture(self, frame, before: Picture | None) -> Picture:
        source = (frame.width, frame.height)
        rotation = round(frame.rotation / 90) * 90 % 360
        aspect = self._stream.sample_aspect_ratio or Fraction(1)
        if before is not None and before[:3] == (source, aspect, rotation):
            return before
        shown = (source[0] * float(aspect), source[1])
        return Picture(source, aspect, rotation, fit(shown[::-1] if rotation % 180 else shown, self.size))

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _upright_rgb(frame, picture: Picture, reformatter) -> np.ndarray:
    width, height = picture.placement[:2]
    if picture.rotation % 180:
        width, height = height, width
    # one thread: the job's other workers keep the other cores busy
    small = reformatter.reformat(frame, width, height, "rgb24", interpolation=_SCALING, threads=1)
    rgb = small.to_ndarray()
    return np.rot90(rgb, picture.rotation // 90) if picture.rotation else rgb


def _seconds(frame) -> float:
    return np.nan if frame.pts is None or frame.time_base is None else float(frame.pts * frame.time_base)


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
