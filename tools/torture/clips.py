"""Clips written with PyAV: sound ones whose frames are known exactly, and each kind of fault."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def picture(number: int, width: int = 32, height: int = 24, clip: int = 0) -> np.ndarray:
    """A frame that tells its number and its clip: bars whose colors no other frame has. (H, W, 3) uint8."""
    rgb = np.empty((height, width, 3), np.uint8)
    rgb[:, : width // 2] = (3 * number % 256, 7 * clip % 256, 90)
    rgb[:, width // 2 :] = (200, 255 - 3 * number % 256, 11 * clip % 256)
    rgb[: height // 3, :, 2] = 40
    return rgb


def write_clip(
    path: Path,
    frames,
    *,
    codec: str = "ffv1",
    rate: int = 25,
    times=None,
    rotation=None,
    pixel_aspect=None,
    **options,
) -> Path:
    """Write RGB frames; by default lossless. `times` are timestamps in milliseconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
        stream.options = {"threads": "1"} | options
        if rotation is not None:
            stream.set_display_rotation(rotation)
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for i, rgb in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb))
            if times is not None:
                frame.pts, frame.time_base = times[i], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def numbered(path: Path, count: int, *, clip: int = 0, width: int = 32, height: int = 24, **kwargs) -> Path:
    """A lossless clip of `picture`s."""
    return write_clip(path, [picture(i, width, height, clip) for i in range(count)], **kwargs)


def noise(count: int, width: int = 64, height: int = 48, seed: int = 0) -> list[np.ndarray]:
    """Frames that make a codec spend bytes, so that damage hits something."""
    return list(np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def write_song(path: Path, *, cover: bool = False) -> Path:
    """A file with sound alone; with `cover`, as music files have it, a still picture beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        still = container.add_stream("mjpeg", rate=1) if cover else None
        if still:
            still.width, still.height, still.pix_fmt = 32, 32, "yuvj420p"
            still.disposition = av.stream.Disposition.attached_pic
            container.mux(still.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8))))
            container.mux(still.encode())
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _damaged(path: Path, change) -> Path:
    write_clip(path, noise(20), codec="libx264", preset="ultrafast")
    data = bytearray(path.read_bytes())
    path.write_bytes(change(data))
    return path


def _flipped(data: bytearray) -> bytearray:
    for i in np.random.default_rng(1).integers(len(data) // 3, 2 * len(data) // 3, 40):
        data[i] ^= 0xFF
    return data


def _plain(content: bytes):
    def write(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write


# name of the fault: (how to write it, what the report says of it)
FAULTS = {
    "empty.mp4": (_plain(b""), "isn't a video"),
    "garbage.mp4": (_plain(b"no video at all " * 99), "isn't a video"),
    "song.mp4": (write_song, "no video stream"),
    "song_with_cover.mp4": (lambda path: write_song(path, cover=True), "no video stream"),
    "cut.mp4": (lambda path: _damaged(path, lambda data: data[: len(data) // 2]), "isn't a video"),
    "cut.avi": (lambda path: _cut_avi(path), "is damaged after frame"),
    "flipped.mkv": (lambda path: _damaged(path, _flipped), "is damaged after frame"),
}


def _cut_avi(path: Path) -> Path:
    write_clip(path, noise(20), codec="mpeg4")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path
