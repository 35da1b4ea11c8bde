"""One shard: the frames of a few videos in one HDF5 file, written by one task of a conversion.

A shard is written under a temporary name and renamed when it is whole, so a file under its right name always is. It
carries the record of its videos, with their hashes: whoever finds it knows whether it still has to be made. The same
videos give the same bytes.
"""

import contextlib
import hashlib
import json
import os
import socket
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from course_lib.video.decode import Picture, VideoError, VideoReader
from course_lib.video.lab_codec import black, encode_lab
from course_lib.video.plan import Task

FORMAT = 1  # of the store; raised when older readers would misread it
FOLDER = "shards"
FRAMES = "lab"  # the dataset (frames, 3, H, W); a chunk is a frame
SECONDS = "seconds"  # the dataset (frames,) of timestamps
_BLOCK = 16  # frames handed to HDF5 at once

# An entropy coder made for instruments that measure something smooth: on Lab planes it is faster than lzf and smaller
# than gzip (benchmarks/video_conversion.py). Not every build of HDF5 has it.
COMPRESSIONS: dict[str, dict[str, Any]] = {
    "szip": {"compression": "szip", "compression_opts": ("nn", 16)},
    "gzip": {"compression": "gzip", "compression_opts": 1, "shuffle": True},
    "lzf": {"compression": "lzf", "shuffle": True},
    "none": {},
}


class Settings(NamedTuple):
    """How frames are stored; one store has one of it."""

    width: int
    height: int
    dtype: str
    compression: str


def default_compression() -> str:
    """``"szip"`` where this machine's HDF5 can write it, else ``"gzip"``."""
    return "szip" if h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP) else "gzip"


def write_shard(task: Task, folder: str, settings: Settings, known: str | None = None) -> dict:
    """Convert a task's videos into its shard, unless it is there already.

    Parameters
    ----------
    task : Task
    folder : str
        Of the store.
    settings : Settings
    known : str, optional
        sha256 of the shard when it was finished, if an earlier run recorded it.

    Returns
    -------
    dict
        The shard's entry in the manifest, and ``"reused"``: whether it was there already.
    """
    path = Path(folder) / FOLDER / task.shard
    videos = [_hashed(name, source) for name, source in task.videos]
    record = _finished(path, settings, videos, known)
    reused = record is not None
    if record is None:
        record = _write(task, videos, path, settings)
    return {
        "shard": task.shard,
        "bytes": path.stat().st_size,
        "sha256": file_sha256(path),
        "frames": sum(v["frames"] for v in record["videos"]),
        "videos": record["videos"],
        "reused": reused,
    }


def file_sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hashed(name: str, source: str) -> dict:
    """A video's entry in the manifest, as far as it is known without decoding."""
    entry: dict[str, Any] = {"name": name, "sha256": None, "bytes": None, "frames": 0, "error": None}
    try:
        entry |= {"sha256": file_sha256(Path(source)), "bytes": Path(source).stat().st_size}
    except OSError as error:
        entry["error"] = f"can't be read ({error.strerror})"
    return entry


def _finished(path: Path, settings: Settings, videos: list[dict], known: str | None) -> dict | None:
    """The record of a shard that is there, whole, and of these very videos; else None."""
    try:
        with h5py.File(path) as file:
            record = json.loads(file.attrs["record"])
            frames = file[FRAMES].shape[0]
        if known is not None and file_sha256(path) != known:
            return None
    except (OSError, KeyError, ValueError):  # not there, or no shard any more
        return None
    same = record["format"] == FORMAT and record["settings"] == list(settings)
    # a video that couldn't be read has no hash, so it is tried again
    same &= all(v["sha256"] for v in videos)
    same &= [(v["name"], v["sha256"]) for v in videos] == [(v["name"], v["sha256"]) for v in record["videos"]]
    return record if same and frames == sum(v["frames"] for v in record["videos"]) else None


def _write(task: Task, videos: list[dict], path: Path, settings: Settings) -> dict:
    path.parent.mkdir(parents=True, exist_ok=True)
    # named for its writer: a worker given up for lost may still be writing when another starts over
    scratch = path.with_name(f"{path.name}.{socket.gethostname()}-{os.getpid()}.part")
    try:
        # the newest layout: no times in it, and its index checks itself against damage
        with h5py.File(scratch, "w", libver="latest") as file:
            writer = _ShardWriter(file, settings)
            for (_, source), entry in zip(task.videos, videos, strict=True):
                if entry["error"] is None:
                    writer.add(source, entry)
            record = {"format": FORMAT, "settings": list(settings), "videos": videos}
            file.attrs["record"] = json.dumps(record)
        scratch.replace(path)
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink()
    return record


class _ShardWriter:
    """Appends videos to an open shard, each whole or not at all."""

    def __init__(self, file: h5py.File, settings: Settings):
        self.settings = settings
        frame = (3, settings.height, settings.width)
        self.lab = file.create_dataset(
            FRAMES, (0, *frame), settings.dtype, maxshape=(None, *frame), chunks=(1, *frame),
            fletcher32=True, **COMPRESSIONS[settings.compression],
        )  # fmt: skip
        # the checksum turns a byte that rotted on disk into an error when it is read, not into other colors
        self.seconds = file.create_dataset(SECONDS, (0,), "float64", maxshape=(None,), chunks=(1024,))
        self.block = np.empty((_BLOCK, *frame), settings.dtype)

    def add(self, source: str, entry: dict) -> None:
        """Append a video and complete its entry; one that fails leaves only the reason in its entry."""
        start = len(self.lab)
        seconds: list[float] = []
        pictures: list[tuple[int, Picture]] = []
        try:
            with VideoReader(source, self.settings[:2]) as video:
                for frame in video:
                    if not pictures or frame.picture != pictures[-1][1]:
                        pictures.append((len(seconds), frame.picture))
                    place = len(seconds) % _BLOCK
                    if place == 0 and seconds:
                        self._append(_BLOCK)
                    self._fill(self.block[place], frame)
                    seconds.append(frame.seconds)
            self._append(len(seconds) - (len(self.lab) - start))
        except VideoError as error:
            self.lab.resize(start, 0)
            entry["error"] = str(error)
            return
        self.seconds.resize(start + len(seconds), 0)
        self.seconds[start:] = seconds
        entry |= {
            "frames": len(seconds),
            "announced": video.announced,
            "fps": video.fps,
            "seconds": _summary(np.array(seconds)),
            "pictures": [_described(first, picture) for first, picture in pictures],
        }

    def _fill(self, planes: np.ndarray, frame) -> None:
        top, bottom, left, right = frame.picture.placement[2:]
        inside = (slice(top, self.settings.height - bottom), slice(left, self.settings.width - right))
        for plane, value, background in zip(
            planes, encode_lab(frame.rgb, self.settings.dtype), black(self.settings.dtype), strict=True
        ):
            if value.shape != plane.shape:
                plane[:] = background
            plane[inside] = value

    def _append(self, count: int) -> None:
        end = len(self.lab)
        self.lab.resize(end + count, 0)
        self.lab[end:] = self.block[:count]


def _summary(seconds: np.ndarray) -> dict:
    """First and last timestamp, and the least and greatest step from one to the next: equal at a constant rate."""
    steps = np.diff(seconds)
    ends = [seconds[0], seconds[-1]], [steps.min(), steps.max()] if len(steps) else [np.nan, np.nan]
    first_last, step = ([None if np.isnan(x) else round(float(x), 6) for x in pair] for pair in ends)
    return {"first_last": first_last, "step": step}


def _described(first: int, picture: Picture) -> dict:
    place = picture.placement
    return {
        "first_frame": first,
        "source": list(picture.source),
        "pixel_aspect": str(picture.pixel_aspect),
        "rotation": picture.rotation,
        "content": [place.width, place.height],
        "padding": [place.top, place.bottom, place.left, place.right],
    }
