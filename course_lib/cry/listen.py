"""Listening as a baby monitor does: sound comes piece by piece, a window is scored each half second, an alarm goes out.

    blocks of any size → 16 kHz mono → windows of 1 s, one each 0.5 s → detector → `AlarmFilter`

Nothing is kept but the last second, so an hour needs no more memory than a minute.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

import numpy as np

from course_lib.cry.alarms import AlarmFilter
from course_lib.cry.cry_input import HOP, QUIET, SAMPLE_RATE, WINDOW, heard
from course_lib.cry.detector import CryDetector
from course_lib.data.sounds import LOWEST_RATE

FORMATS = {"s16le": ("<i2", 2.0**15), "s32le": ("<i4", 2.0**31), "f32le": ("<f4", 1.0)}
_FILE_SECONDS = 16  # of a file at a time: a batch of windows is faster than one after the other


@dataclass(frozen=True)
class Moment:
    """One window.

    Attributes
    ----------
    time : float
        Seconds from the beginning of the sound to the end of the window.
    score : float
        From 0 to 1.
    level : float
        Decibels below full scale.
    alarm : bool
        An alarm begins with it.
    sounding : bool
        It belongs to an alarm.
    """

    time: float
    score: float
    level: float
    alarm: bool
    sounding: bool


def listen(
    blocks: Iterable[np.ndarray], detector: CryDetector, alarm_filter: AlarmFilter
) -> Iterator[Moment]:
    """Detect cries in sound that comes block by block.

    Parameters
    ----------
    blocks : iterable of (samples,) float32 arrays in [-1, 1]
        At 16 kHz, each of any length: `file_blocks` and `pcm_blocks` make them.
    detector : CryDetector
        In evaluation mode.
    alarm_filter : AlarmFilter
        Is reset first. Its hop must be half a second.

    Yields
    ------
    Moment
        For each window, as soon as its last sample has come. Its score is that of `CryDetector.score`. Sound of less than a
        second gives one window, with zeros behind it; what is left at the end of a longer one, less than half a
        second, none.

    Raises
    ------
    ValueError
        A filter with another hop; no sound at all; what the parts refuse.
    """
    hop = HOP / SAMPLE_RATE
    if alarm_filter.hop != hop:
        raise ValueError(
            f"alarm_filter must have a hop of {hop} s, that of the windows; got {alarm_filter.hop}"
        )
    alarm_filter.reset()
    pending, windows = np.empty(0, np.float32), 0
    for block in blocks:
        pending = np.concatenate([pending, np.asarray(block, np.float32)])
        ready = 1 + (len(pending) - WINDOW) // HOP if len(pending) >= WINDOW else 0
        if ready:
            whole = pending[: WINDOW + (ready - 1) * HOP]
            yield from _moments(whole, windows, detector, alarm_filter)
            windows += ready
            pending = pending[ready * HOP :]
    if not windows:
        if not pending.size:
            raise ValueError("there is no sound: not one sample came")
        yield from _moments(pending, 0, detector, alarm_filter)


def file_blocks(path: str | PathLike) -> Iterator[np.ndarray]:
    """A sound file, 16 seconds at a time, as (samples,) float32 at 16 kHz, channels averaged.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        No sound file, or one that breaks off: what was whole is given before.
    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    given = 0
    try:
        with soundfile.SoundFile(path) as file:
            promised = file.frames
            if file.samplerate < LOWEST_RATE:
                raise ValueError(f"a sample rate of {file.samplerate} Hz")
            resampled = _Resampler(file.samplerate)
            for block in file.blocks(_FILE_SECONDS * file.samplerate, dtype="float32", always_2d=True):
                given += len(block)
                if not np.isfinite(block).all():
                    raise ValueError("it holds NaN or infinity")
                yield resampled(block.mean(1, dtype=np.float32), last=given >= promised)
    except GeneratorExit:
        raise
    except Exception as error:  # a broken file can raise nearly anything in a decoder
        raise ValueError(f"{path}: not a sound that can be read whole ({error})") from error
    if given < max(promised, 1):
        raise ValueError(f"{path}: not a sound that can be read whole ({given} samples of {promised})")


def pcm_blocks(
    stream: BinaryIO, *, rate: int = SAMPLE_RATE, channels: int = 1, form: str = "s16le"
) -> Iterator[np.ndarray]:
    """Raw samples from a stream, half a second at a time, as (samples,) float32 at 16 kHz, channels averaged.

    Parameters
    ----------
    stream : binary file
        Read until it ends. A last sample that is cut off is left out.
    rate : int
        Hertz, from 1000.
    channels : int
        Interleaved.
    form : "s16le", "s32le" or "f32le"
        Signed whole numbers or floats, little-endian, as ffmpeg calls them.

    Raises
    ------
    ValueError
        A rate below 1000 or a number of channels below 1, another form, or floats that are no sound.
    """
    if rate < LOWEST_RATE or channels < 1:
        raise ValueError(
            f"rate must be at least {LOWEST_RATE} and channels at least 1, got {rate} and {channels}"
        )
    if form not in FORMATS:
        raise ValueError(f"form must be one of {', '.join(FORMATS)}; got {form!r}")
    dtype, full_scale = FORMATS[form]
    frame = np.dtype(dtype).itemsize * channels
    resampled, size = _Resampler(rate), max(1, rate // 2) * frame
    rest, more = b"", True
    while more:
        piece = stream.read(size)
        more = bool(piece)
        rest += piece
        whole = len(rest) // frame * frame
        samples = np.frombuffer(rest[:whole], dtype).reshape(-1, channels) / full_scale
        if not np.isfinite(samples).all():
            raise ValueError("the stream holds NaN or infinity: is it really f32le?")
        rest = rest[whole:]
        yield resampled(samples.mean(1).astype(np.float32), last=not more)


class _Resampler:
    """Blocks at one rate to blocks at 16 kHz, cut to full scale."""

    def __init__(self, rate: int):
        import soxr

        self._stream = (
            soxr.ResampleStream(rate, SAMPLE_RATE, 1, quality="VHQ") if rate != SAMPLE_RATE else None
        )

    def __call__(self, block: np.ndarray, *, last: bool) -> np.ndarray:
        if self._stream is not None:
            block = self._stream.resample_chunk(block, last=last)
        return np.clip(block, -1, 1)


def _moments(
    wave: np.ndarray, before: int, detector: CryDetector, alarm_filter: AlarmFilter
) -> Iterator[Moment]:
    bytes_, levels = heard(wave)
    scores = np.where(levels < QUIET, 0, detector.score_bytes(bytes_))  # as CryDetector.score
    for index, (score, level) in enumerate(zip(scores.tolist(), levels.tolist(), strict=True), before):
        alarm = alarm_filter.push(score, level)
        yield Moment((index * HOP + WINDOW) / SAMPLE_RATE, score, level, alarm, alarm_filter.sounding)
