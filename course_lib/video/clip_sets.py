"""Sets of clips to train and test video colorizers on, as Lab in memory, all frames of one size.

A set is named by one word:

- ``davis/train``, ``davis/validation``, ``davis/test``: the DAVIS sequences of the pack video_clips;
- ``davis_320/…``: those six of them that are in the pack video_frames_320, sharper and without a video codec's losses;
- ``stills:PHOTOS``, such as ``stills:bsds500_192/train``: a photo set of Part 1, each photo a clip over which a window
  moves;
- a folder of videos.

DAVIS is split by sequence, so no frame is tested on whose neighbor was trained on, and alike for both packs: a sequence
that is in both lies on one side.
F. Perazzi et al., "A Benchmark Dataset and Evaluation Methodology for Video Object Segmentation", CVPR 2016.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from course_lib.color import rgb_to_lab
from course_lib.data import load_photo
from course_lib.data.packs import find_pack
from course_lib.images.photo_sets import open_photo_sets
from course_lib.video.decode import VideoError, VideoReader

# of the 14 sequences of the pack, by name, every fourth from the first is tested on, every eighth from the second validated
DAVIS_SPLITS = {
    "test": ("bmx-trees", "cows", "goat", "parkour"),
    "validation": ("breakdance", "libby"),
    "train": (
        "car-roundabout",
        "car-shadow",
        "dog",
        "drift-chicane",
        "drift-straight",
        "motocross-jump",
        "paragliding-launch",
        "scooter-black",
    ),
}
_VIDEOS = {".mp4", ".avi", ".mov", ".mkv", ".webm"}
_STILL_FRAMES = 12
_STILL_MARGIN = 1.25  # how much larger than the window a photo is, along its shorter way


@dataclass(frozen=True)
class ClipSet:
    """Clips for a `StatefulStreamLoader`.

    Attributes
    ----------
    names : tuple of str
        Where each clip came from.
    clips : tuple of arrays (T, H, W, 3), or of what slices to them
        Lab in float16, which keeps L to 0.03 and ab to 0.03.
    """

    names: tuple[str, ...]
    clips: tuple

    def __len__(self) -> int:
        return len(self.names)


class PannedPhoto:
    """A photo as a clip: a window that moves over it evenly, from one place to another.

    Parameters
    ----------
    photo : ndarray, (height, width, C)
    size : (width, height)
        Of the window; the photo is at least as large.
    seed : int
        Decides where it starts and ends.
    """

    def __init__(self, photo: np.ndarray, size: tuple[int, int], seed: int):
        self.photo, self.size = photo, size
        room = np.array(photo.shape[:2]) - size[::-1]
        start, end = np.random.default_rng(seed).uniform(0, 1, (2, 2)) * room
        self.corners = np.rint(np.linspace(start, end, _STILL_FRAMES)).astype(int)  # top, left

    def __len__(self) -> int:
        return _STILL_FRAMES

    def __getitem__(self, index: slice) -> np.ndarray:
        width, height = self.size
        return np.stack(
            [self.photo[top : top + height, left : left + width] for top, left in self.corners[index]]
        )


def open_clip_sets(specs: Sequence[str], size: tuple[int, int]) -> ClipSet:
    """Read clip sets into one.

    Parameters
    ----------
    specs : sequence of str
        Such as ``["davis/train", "stills:bsds500_192/train"]``.
    size : (width, height)
        Of all frames. Videos are fitted into it and their borders repeated; photos are scaled until they cover it.

    Raises
    ------
    FileNotFoundError
        A set that isn't there; the message says how to get it.
    ValueError
        A set without clips; a split that there isn't; a video or photo that can't be read.
    """
    names: list[str] = []
    clips: list = []
    for spec in specs:
        found = list(_open_one(spec, size))
        if not found:
            raise ValueError(f"clip set {spec!r} holds no clips")
        for name, clip in found:
            names.append(name)
            clips.append(clip)
    return ClipSet(tuple(names), tuple(clips))


def mirrored(clips: ClipSet) -> ClipSet:
    """Each clip twice: as it is, and with left and right exchanged. Photos that a window moves over come once."""
    twice = [
        (f"{name}, mirrored", clip[:, :, ::-1])
        for name, clip in zip(clips.names, clips.clips, strict=True)
        if isinstance(clip, np.ndarray)
    ]
    return ClipSet(
        clips.names + tuple(name for name, _ in twice), clips.clips + tuple(clip for _, clip in twice)
    )


def read_video(path: Path, size: tuple[int, int]) -> np.ndarray:
    """A video's frames as Lab, (T, height, width, 3) float16, fitted into `size` and their borders repeated.

    Raises
    ------
    ValueError
        A video that can't be read; the message names it.
    """
    frames = []
    try:
        with VideoReader(path, size) as video:
            for frame in video:
                _, _, top, bottom, left, right = frame.picture.placement
                frames.append(
                    _lab(cv2.copyMakeBorder(frame.rgb, top, bottom, left, right, cv2.BORDER_REPLICATE))
                )
    except VideoError as error:
        raise ValueError(f"{path} {error}") from error
    return np.stack(frames)


def _open_one(spec: str, size: tuple[int, int]):
    name, _, split = spec.partition("/")
    if spec.startswith("stills:"):
        return _stills(spec.removeprefix("stills:"), size)
    if name in ("davis", "davis_320"):
        if split not in DAVIS_SPLITS:
            raise ValueError(f"clip set {name} has the splits {', '.join(DAVIS_SPLITS)}; got {split!r}")
        return (_davis if name == "davis" else _davis_320)(DAVIS_SPLITS[split], size)
    folder = Path(spec).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"clip set {spec!r} is no folder of videos and none of those known by name: davis and davis_320, "
            "each with /train, /validation or /test, and stills:PHOTOS"
        )
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _VIDEOS)
    return ((path.relative_to(folder).as_posix(), read_video(path, size)) for path in files)


def _davis(sequences: Sequence[str], size: tuple[int, int]):
    folder = find_pack("video_clips") / "davis_240"
    return ((f"davis/{name}", read_video(folder / f"{name}.mp4", size)) for name in sequences)


def _davis_320(sequences: Sequence[str], size: tuple[int, int]):
    pack = find_pack("video_frames_320")
    for name in sequences:
        files = sorted((pack / name).glob("*.jpg"))
        if files:
            photos = [_covering(load_photo(path), size, 1.0) for path in files]
            yield f"davis_320/{name}", np.stack([_middle(photo, size) for photo in photos])


def _stills(spec: str, size: tuple[int, int]):
    # read somewhat larger than needed: the window is wider than high, and has to have room to move
    photos = open_photo_sets([spec], short_side=2 * size[1])
    for seed, (name, lab) in enumerate(zip(photos.names, photos.lab, strict=True)):
        yield f"stills/{name}", PannedPhoto(_covering(lab, size, _STILL_MARGIN), size, seed)


def _covering(photo: np.ndarray, size: tuple[int, int], margin: float) -> np.ndarray:
    """A photo (height, width, 3) scaled until it is `margin` times as large as `size` along its shorter way."""
    height, width = photo.shape[:2]
    scale = margin * max(size[0] / width, size[1] / height)
    scaled = (max(round(width * scale), size[0]), max(round(height * scale), size[1]))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(photo.astype(np.float32), scaled, interpolation=method).astype(photo.dtype)


def _middle(photo: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    top, left = (photo.shape[0] - size[1]) // 2, (photo.shape[1] - size[0]) // 2
    return _lab(photo[top : top + size[1], left : left + size[0]])


def _lab(rgb: np.ndarray) -> np.ndarray:
    """RGB, bytes or float in [0, 1], → Lab float16."""
    rgb = rgb.astype(np.float32) / 255 if rgb.dtype == np.uint8 else rgb
    return rgb_to_lab(rgb).astype(np.float16)
