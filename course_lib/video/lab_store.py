"""Any frame of any video by one number: reading what `convert_videos` wrote.

`lab.h5` in the store's folder shows all shards as one HDF5 virtual dataset, to any program that reads HDF5. The store
doesn't read through it, for two reasons: HDF5 gives its fill value, without a word, for every frame of a shard that it
can't open, and it opens shards but closes none, so random reading over more shards than the system lets a process
open does just that. The store finds the shard itself, by bisection, and keeps a few open.
"""

import operator
import os
import re
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from course_lib.video.lab_codec import DTYPES, decode_lab
from course_lib.video.manifest import MANIFEST, read_manifest
from course_lib.video.shards import FOLDER, FRAMES, SECONDS

_OPEN = 32  # shards kept open at a time
_MEND = "Give the conversion command again: it makes only what is missing"


class StoredVideo(NamedTuple):
    """A video in a store."""

    name: str
    first: int  # number of its first frame in the store
    frames: int
    fps: float | None  # average, as its file states it
    padding: tuple[int, int, int, int]  # top, bottom, left, right, in pixels, of its first frame
    pictures: tuple[dict, ...]  # as in the manifest: one for each change of size or rotation in mid-video


class LabStore:
    """The frames of many videos, as Lab, by index.

    Parameters
    ----------
    folder : str or Path

    Attributes
    ----------
    videos : tuple of StoredVideo
        In the order of their frames.
    size : (width, height)
    dtype : str
        On disk: ``"uint8"`` or ``"float16"``.

    Raises
    ------
    FileNotFoundError
        No store in `folder`, or a shard of it is missing.
    ValueError
        A conversion that isn't finished, or a shard that isn't as it was written.

    Notes
    -----
    ``len(store)`` frames; ``store[i]`` is Lab, (H, W, 3) float32, L in [0, 100], a and b within 110, and
    ``store[i:j:k]`` (N, H, W, 3). Only the frames asked for are read. A store goes into a `DataLoader`'s workers as it
    is: each opens the files for itself.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        manifest = read_manifest(self.folder)
        if manifest is None:
            raise FileNotFoundError(f"no Lab store in {self.folder}: it has no {MANIFEST}")
        if not manifest.get("finished"):
            raise ValueError(f"the conversion into {self.folder} isn't finished. {_MEND}")
        try:
            self._take(manifest)
        except (LookupError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"{self.folder / MANIFEST} is damaged ({error}). {_MEND}") from error
        self._by_name = {video.name: video for video in self.videos}
        self._closed = False
        self._open: OrderedDict[int, h5py.File] = OrderedDict()
        self._process = os.getpid()

    def _take(self, manifest: dict) -> None:
        """What the manifest tells, each shard looked after."""
        settings = manifest["settings"]
        self.size = (settings["width"], settings["height"])
        self.dtype = settings["dtype"]
        if self.dtype not in DTYPES or not all(type(side) is int and side > 0 for side in self.size):
            raise TypeError(f"its settings are {settings}")
        self._shards = [shard for shard in manifest["shards"] if shard["frames"]]
        for shard in self._shards:
            self._check(shard)
        self._ends = np.cumsum([shard["frames"] for shard in self._shards], dtype=np.int64)
        self.videos = self._listed()

    def _check(self, shard: dict) -> None:
        if not re.fullmatch(r"[0-9a-f]{16}\.h5", shard["shard"]):
            raise ValueError(
                f"{self.folder / MANIFEST} is damaged: no shard is called {shard['shard']!r}. {_MEND}"
            )
        path = self.folder / FOLDER / shard["shard"]
        whose = f"{shard['frames']} frames, from {shard['videos'][0]['name']} on"
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise FileNotFoundError(f"{path} is missing ({whose}). {_MEND}") from None
        if size != shard["bytes"]:
            raise ValueError(f"{path} has {size} bytes in place of {shard['bytes']} ({whose}). {_MEND}")

    def _listed(self) -> tuple[StoredVideo, ...]:
        videos, first = [], 0
        for shard in self._shards:
            for video in shard["videos"]:
                if video["frames"]:
                    pictures = tuple(video["pictures"])
                    padding = tuple(pictures[0]["padding"])
                    videos.append(
                        StoredVideo(video["name"], first, video["frames"], video["fps"], padding, pictures)
                    )
                    first += video["frames"]
        return tuple(videos)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, key: int | slice) -> np.ndarray:
        """A frame, (H, W, 3), or those of a slice, (N, H, W, 3): Lab, float32."""
        if isinstance(key, slice):
            return decode_lab(self._planes(range(len(self))[key]))
        number = operator.index(key)
        if not -len(self) <= number < len(self):
            raise IndexError(f"frame {number} of a store of {len(self)}")
        number %= len(self)
        return decode_lab(self._planes(range(number, number + 1)))[0]

    def index(self, video: str | int, frame: int) -> int:
        """The number in the store of a video's frame.

        Parameters
        ----------
        video : str or int
            Its name, or its place in `videos`.
        frame : int
            In the video; negative counts from its end.

        Raises
        ------
        KeyError, IndexError
            No such video; no such frame in it.
        """
        found = self._video(video)
        frame = operator.index(frame)
        if not -found.frames <= frame < found.frames:
            raise IndexError(f"frame {frame} of {found.name}, which has {found.frames}")
        return found.first + frame % found.frames

    def seconds(self, video: str | int) -> np.ndarray:
        """The timestamps of a video's frames, (frames,) float64, as its file has them; NaN where it has none."""
        found = self._video(video)
        shard, first = self._locate(found.first)
        return self._file(shard)[SECONDS][first : first + found.frames]

    def _video(self, video: str | int) -> StoredVideo:
        if not isinstance(video, str):
            return self.videos[operator.index(video)]
        if video not in self._by_name:
            raise KeyError(f"no video {video!r} among the store's {len(self.videos)}")
        return self._by_name[video]

    def _locate(self, number: int) -> tuple[int, int]:
        """The shard that holds a frame, and the frame's place in it."""
        shard = int(np.searchsorted(self._ends, number, side="right"))
        return shard, int(number - (self._ends[shard] - self._shards[shard]["frames"]))

    def _planes(self, numbers: range) -> np.ndarray:
        """Stored planes, (N, 3, H, W)."""
        backwards = numbers.step < 0
        if backwards:
            numbers = numbers[::-1]
        planes = np.empty((len(numbers), 3, *self.size[::-1]), self.dtype)
        done = 0
        while done < len(numbers):
            shard, first = self._locate(numbers[done])
            left = self._shards[shard]["frames"] - first
            count = min(-(-left // numbers.step), len(numbers) - done)
            # a chunk is a frame, so a step over frames reads only the frames it lands on
            last = first + (count - 1) * numbers.step
            try:
                planes[done : done + count] = self._file(shard)[FRAMES][first : last + 1 : numbers.step]
            except (OSError, KeyError) as error:
                name = self._shards[shard]["shard"]
                raise OSError(f"{self.folder / FOLDER / name} is damaged ({error}). {_MEND}") from error
            done += count
        return planes[::-1] if backwards else planes

    def _file(self, shard: int) -> h5py.File:
        if self._closed:
            raise ValueError(f"the store {self.folder} is closed")
        if self._process != os.getpid():  # forked: the parent's open files aren't ours to read from
            self._open, self._process = OrderedDict(), os.getpid()
        if shard in self._open:
            self._open.move_to_end(shard)
        else:
            path = self.folder / FOLDER / self._shards[shard]["shard"]
            self._open[shard] = h5py.File(path)
            if len(self._open) > _OPEN:
                self._open.popitem(last=False)[1].close()
        return self._open[shard]

    def close(self) -> None:
        """Close the files; the store can't be read after."""
        while self._open:
            self._open.popitem()[1].close()
        self._closed = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getstate__(self) -> dict:
        return self.__dict__ | {"_open": OrderedDict()}
