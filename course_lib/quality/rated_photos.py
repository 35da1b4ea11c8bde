"""Photos distorted on the fly, with the scores of simulated raters: what the course's NIMA is trained on.

Photos are split before they are distorted, so no photo is on both sides. Every batch follows from (seed, step) alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from course_lib.color import lab_to_rgb
from course_lib.images.photo_sets import open_photo_sets
from course_lib.quality.distortions import KINDS, REFERENCE_SIDE, distort
from course_lib.quality.raters import APPEAL_SPREAD, SCORES, simulated_scores

LEVELS = (1, 2, 3, 4, 5)
_STEPS = len(LEVELS) + 1  # with level 0, as it is
_AS_THEY_ARE = 10_000  # pixels: no photo is scaled down
_WINDOW = (
    1.0,
    1.6,
)  # side of what is cut out, in units of what the network sees: photos are larger than that
_ZOOM = (0.8, 1.25)  # how much larger than it was a photo may be shown, and how much smaller


@dataclass(frozen=True)
class RatedPhotos:
    """Undistorted photos, and how much each is liked.

    Attributes
    ----------
    names : tuple of str
    rgb : tuple of ndarray, each (H, W, 3) uint8
    appeal : ndarray, (n,) float64
        Points, drawn once for each photo.
    """

    names: tuple[str, ...]
    rgb: tuple[np.ndarray, ...]
    appeal: np.ndarray

    def __len__(self) -> int:
        return len(self.names)

    def pick(self, indices: Sequence[int] | np.ndarray) -> "RatedPhotos":
        """The photos at these indices."""
        return RatedPhotos(
            tuple(self.names[i] for i in indices), tuple(self.rgb[i] for i in indices), self.appeal[indices]
        )


def open_rated_photos(specs: Sequence[str], seed: int) -> RatedPhotos:
    """Photo sets, named as in `course_lib.images.photo_sets.open_photo_sets`, which says what it raises."""
    photos = open_photo_sets(specs, _AS_THEY_ARE)
    rgb = tuple(
        np.round(np.clip(lab_to_rgb(lab.astype(np.float32)), 0, 1) * 255).astype(np.uint8)
        for lab in photos.lab
    )
    return RatedPhotos(photos.names, rgb, np.random.default_rng(seed).normal(0, APPEAL_SPREAD, len(rgb)))


def as_input(photo: np.ndarray, side: int = REFERENCE_SIDE) -> np.ndarray:
    """A photo (H, W, 3) squeezed into a square by nearest neighbors, as digiKam does, whatever its aspect."""
    return cv2.resize(photo, (side, side), interpolation=cv2.INTER_NEAREST_EXACT)


def training_batch(
    photos: RatedPhotos,
    size: int,
    crop: int,
    seed: int,
    step: int,
    *,
    kinds: Sequence[str] = KINDS,
    levels: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """The batch of a training step.

    Parameters
    ----------
    photos : RatedPhotos
    size : int
        Pictures.
    crop : int
        The network sees so many pixels squared of the 224 x 224 that `as_input` makes, as NIMA's authors do: 224 of
        256 there.
    seed, step : int
    kinds : sequence of str
        What distortions are drawn from; one that stands there twice is drawn twice as often.
    levels : int
        So many pictures are of one photo and differ in nothing but their level.

    Returns
    -------
    tuple of ndarray
        Pictures (N, crop, crop, 3) float32, and the raters' shares (N, 10) float32.
    """
    rng = np.random.default_rng([seed, step])
    chosen = rng.integers(len(photos), size=size // levels)
    pairs = [pair for i in chosen for pair in _graded(photos, int(i), crop, kinds, levels, rng)]
    return np.stack([p for p, _ in pairs]), np.stack([s for _, s in pairs]).astype(np.float32)


def _graded(
    photos: RatedPhotos, index: int, crop: int, kinds: Sequence[str], count: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """One photo at a size and with a distortion drawn by `rng`, at levels that lie evenly between none and the worst."""
    window = rng.uniform(*np.log(_WINDOW))
    zoom = np.exp(window + rng.uniform(*np.log(_ZOOM)))
    photo = _window(photos.rgb[index], zoom, round(REFERENCE_SIDE * np.exp(window)), rng)
    first, kind = int(rng.integers(_STEPS)), kinds[int(rng.integers(len(kinds)))]
    levels = [(first + _STEPS * i // count) % _STEPS for i in range(count)]
    seeds = rng.integers(2**31, size=count)
    top, left = rng.integers(REFERENCE_SIDE - crop + 1, size=2)
    pictures = [as_input(distort(photo, kind, level, int(s))) for level, s in zip(levels, seeds, strict=True)]
    return [
        (
            picture[top : top + crop, left : left + crop],
            simulated_scores(level, photos.appeal[index], seed=rng),
        )
        for picture, level in zip(pictures, levels, strict=True)
    ]


def validation_set(photos: RatedPhotos, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Every photo once, whole, at a kind and level drawn for it: (n, 224, 224, 3) float32 and (n, 10) float32."""
    inputs = np.empty((len(photos), REFERENCE_SIDE, REFERENCE_SIDE, 3), np.float32)
    scores = np.empty((len(photos), SCORES), np.float32)
    for i, photo in enumerate(photos.rgb):
        rng = np.random.default_rng([seed, i])
        level, kind = int(rng.integers(len(LEVELS) + 1)), KINDS[rng.integers(len(KINDS))]
        inputs[i] = as_input(distort(photo, kind, level, i))
        scores[i] = simulated_scores(level, photos.appeal[i], seed=rng)
    return inputs, scores


def _window(photo: np.ndarray, zoom: float, side: int, rng: np.random.Generator) -> np.ndarray:
    """side x side pixels, mirrored every second time; a photo that is smaller is continued by its mirror image."""
    size = [max(2, round(extent * zoom)) for extent in photo.shape[:2]]
    photo = cv2.resize(photo, size[::-1], interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC)
    missing = [max(0, side - extent) for extent in size]
    if any(missing):
        before = [int(rng.integers(gap + 1)) for gap in missing]
        padding = [(b, gap - b) for b, gap in zip(before, missing, strict=True)]
        photo = np.pad(photo, (*padding, (0, 0)), mode="reflect")
    top, left = (int(rng.integers(extent - side + 1)) for extent in photo.shape[:2])
    photo = photo[top : top + side, left : left + side]
    return np.ascontiguousarray(photo[:, ::-1] if rng.random() < 0.5 else photo)
