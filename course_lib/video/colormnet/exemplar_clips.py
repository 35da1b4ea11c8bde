"""Short clips to train exemplar colorizers on: the first frame is the reference, the others are to be colored.

Three kinds, in the shares that a configuration asks for:

- real sequences: a window of some frames, one in `gap`, forth or back in time;
- photos: one moves over another, each on its own path, turning, growing and bending a little while the light changes;
  what goes where is known to nobody but the network, and there are many more photos than sequences;
- made clips, where objects pass in front of each other.

Now and then the hues of a whole clip are turned by one angle. No lightness tells by how much: color has to be carried
over from the reference.

Every batch follows from (seed, step) alone, as those of Part 1 do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from course_lib.color import rgb_to_lab
from course_lib.data import made_clip
from course_lib.images.photo_sets import PhotoSet, open_photo_sets
from course_lib.video.clip_sets import ClipSet, open_clip_sets

KINDS = ("video", "photo", "made")
FRAME_SIZE = (240, 136)  # width and height of the sequences' frames
MAX_GAP = 5  # frames of a sequence from one to the next of a sample
_PHOTO_SIDE = 192
_PHOTO_PREFIX = "stills:"  # as in `course_lib.video.clip_sets`
_TURNED = 0.5  # share of clips whose hues are turned
_CHROMA = (0.8, 1.4)  # what their chroma is multiplied by
_LIGHT = ((0.85, 1.15), (-8.0, 8.0))  # gain and offset of L that a photo's last frame has over its first


@dataclass(frozen=True)
class ExemplarClips:
    """What samples are drawn from; see `open_exemplar_clips`."""

    videos: ClipSet
    photos: PhotoSet
    shares: dict[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        """Of every sequence and photo."""
        return self.videos.names + self.photos.names

    def batch(self, seed: int, step: int, *, rows: int, frames: int, size: tuple[int, int]) -> np.ndarray:
        """The batch of a step.

        Parameters
        ----------
        seed, step : int
            Decide everything.
        rows, frames : int
            N and T, at least 1 and 2.
        size : (width, height)
            Of the frames, at most `FRAME_SIZE`.

        Returns
        -------
        ndarray, (N, T, H, W, 3) float32
            Lab. Turned hues may lie outside sRGB.
        """
        rng = np.random.default_rng((seed, step))
        drawn = rng.choice(len(KINDS), rows, p=[self.shares[kind] for kind in KINDS])
        draw = {"video": self._video, "photo": self._photo, "made": _made}
        return np.stack([draw[KINDS[index]](rng, frames, size) for index in drawn])

    def _video(self, rng: np.random.Generator, frames: int, size: tuple[int, int]) -> np.ndarray:
        clip = self.videos.clips[rng.integers(len(self.videos))]
        gap = int(rng.integers(1, min(MAX_GAP, (len(clip) - 1) // (frames - 1)) + 1))
        start = int(rng.integers(len(clip) - gap * (frames - 1)))
        lab = clip[start : start + gap * (frames - 1) + 1 : gap].astype(np.float32)
        lab = lab[:: rng.choice((1, -1))]
        return _turned(_window(lab, rng, size), rng)

    def _photo(self, rng: np.random.Generator, frames: int, size: tuple[int, int]) -> np.ndarray:
        behind, before = (
            self.photos.lab[i].astype(np.float32) for i in rng.integers(len(self.photos), size=2)
        )
        lab = _turned(_read(behind, _places(behind, rng, frames, size)), rng)
        places = _places(before, rng, frames, size)
        inside = _blob(places, rng)  # (T, H, W)
        lab[inside] = _turned(_read(before, places), rng)[inside]
        gain, offset = (rng.uniform(*limits) for limits in _LIGHT)
        time = np.linspace(0, 1, frames, dtype=np.float32)[:, None, None]
        lab[..., 0] = (lab[..., 0] * (1 + (gain - 1) * time) + offset * time).clip(0, 100)
        return lab


def open_exemplar_clips(specs: Sequence[str], shares: dict[str, float]) -> ExemplarClips:
    """Read what a configuration trains on.

    Parameters
    ----------
    specs : sequence of str
        Clip sets as `open_clip_sets` takes them, and photo sets after ``stills:``.
    shares : dict
        Of each of `KINDS` among the samples; they sum to 1.

    Raises
    ------
    FileNotFoundError
        A set that isn't there.
    ValueError
        Shares that don't sum to 1, or of a kind without a set; a sequence too short; what `open_clip_sets` refuses.
    """
    if set(shares) != set(KINDS) or abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values()) < 0:
        raise ValueError(f"shares must give {', '.join(KINDS)}, from 0, and sum to 1; got {shares}")
    photos = [spec.removeprefix(_PHOTO_PREFIX) for spec in specs if spec.startswith(_PHOTO_PREFIX)]
    videos = [spec for spec in specs if not spec.startswith(_PHOTO_PREFIX)]
    for kind, found in (("video", videos), ("photo", photos)):
        if shares[kind] > 0 and not found:
            raise ValueError(f"shares ask for {kind}, but none is among the sets {', '.join(specs)}")
    return ExemplarClips(
        open_clip_sets(videos, FRAME_SIZE) if videos else ClipSet((), ()),
        open_photo_sets(photos, _PHOTO_SIDE) if photos else PhotoSet((), (), np.zeros(0, np.int64)),
        shares,
    )


def _made(rng: np.random.Generator, frames: int, size: tuple[int, int]) -> np.ndarray:
    gap = int(rng.integers(1, MAX_GAP + 1))
    clip = made_clip(int(rng.integers(2**32)), frames=gap * (frames - 1) + 1, size=size[::-1])
    return _turned(rgb_to_lab(clip.frames[::gap]), rng)


def _window(lab: np.ndarray, rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
    """A part of the frames, the same of all, scaled to `size`; mirrored half the time."""
    height, width = lab.shape[1:3]
    zoom = rng.uniform(1, min(width / size[0], height / size[1]))
    wide, high = round(size[0] * zoom), round(size[1] * zoom)
    left, top = rng.integers(width - wide + 1), rng.integers(height - high + 1)
    part = lab[:, top : top + high, left : left + wide]
    part = part[:, :, ::-1] if rng.integers(2) else part
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in part])


def _turned(lab: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The hues of a clip turned by one angle and its chroma changed by one factor, or all left as it is."""
    angle, factor, whether = rng.uniform(0, 2 * np.pi), rng.uniform(*_CHROMA), rng.uniform() < _TURNED
    if not whether:
        return lab
    cos, sin = factor * np.cos(angle), factor * np.sin(angle)
    turn = np.array([[cos, sin], [-sin, cos]], np.float32)
    return np.concatenate([lab[..., :1], lab[..., 1:] @ turn], -1)


def _places(photo: np.ndarray, rng: np.random.Generator, frames: int, size: tuple[int, int]) -> np.ndarray:
    """Where in a photo each pixel of a moving frame looks, (T, H, W, 2): column and row."""
    extent = np.array(photo.shape[1::-1], float)
    time = np.linspace(0, 1, frames)
    start = rng.uniform(0.3, 0.7, 2) * extent
    middle = start + time[:, None] * rng.uniform(-40, 40, 2)  # (T, 2)
    scale = rng.uniform(0.8, 1.3) * rng.uniform(0.8, 1.25) ** time
    angle = np.deg2rad(rng.uniform(-15, 15) * time)
    x, y = np.meshgrid(np.arange(size[0]) - size[0] / 2, np.arange(size[1]) - size[1] / 2)
    turned = np.stack(
        [
            np.multiply.outer(scale * np.cos(angle), x) - np.multiply.outer(scale * np.sin(angle), y),
            np.multiply.outer(scale * np.sin(angle), x) + np.multiply.outer(scale * np.cos(angle), y),
        ],
        -1,
    )  # (T, H, W, 2)
    bend = cv2.resize(
        rng.normal(0, 2.5, (3, 4, 2)), size, interpolation=cv2.INTER_CUBIC
    )  # pixels, at the end
    return (turned + middle[:, None, None] + time[:, None, None, None] * bend).astype(np.float32)


def _read(photo: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.stack(
        [
            cv2.remap(photo, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            for place in places
        ]
    )


def _blob(places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Where the frames look at one round, wavy patch of the photo, (T, H, W) bool."""
    high, wide = places.shape[1:3]
    middle = places[:, high // 2, wide // 2].mean(0) + rng.uniform(-0.25, 0.25, 2) * (wide, high)
    dx, dy = np.moveaxis(places - middle, -1, 0)
    angle = np.arctan2(dy, dx)
    waves = sum(
        rng.uniform(0, 0.25) * np.cos(count * angle + rng.uniform(0, 2 * np.pi)) for count in (1, 2, 3, 5)
    )
    return np.hypot(dx, dy) < rng.uniform(0.15, 0.4) * high * (1 + waves)
