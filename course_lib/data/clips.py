"""Made clips: a few seconds of color video whose motion, objects and occlusions are known exactly.

Textured objects cross a textured background that pans slowly; later objects pass in front of earlier ones. Every layer
is a formula evaluated at its shifted coordinates, so that its motion is exact to a fraction of a pixel. An object's
color is one hue of its own, drawn apart from its lightness: no gray frame tells it.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.color import lab_to_rgb

_PAN = (0.3, 0.7)  # pixels a frame
_PEAK_SPEED = (1.0, 2.5)  # of an object along each axis, in pixels a frame
_FINE, _COARSE = (12, 48), (48, 160)  # wavelengths of lightness and of the background's color, in pixels
_WAVES = 12  # in a texture
# L and chroma below stay in the sRGB gamut for these hues (degrees), texture included
_BACKGROUND_L, _BACKGROUND_AB, _OBJECT_L, _TEXTURE_L = 52.0, 13.0, (45.0, 65.0), (12.0, 8.0)
_CHROMA, _HUES = 34.0, (-90.0, 150.0)


@dataclass(frozen=True)
class Clip:
    """What `made_clip` returns.

    Attributes
    ----------
    frames : ndarray, (T, H, W, 3) float32 in [0, 1]
        RGB.
    flow : ndarray, (T - 1, H, W, 2) float32
        How far, right and down in pixels, what frame t shows at a pixel moves until frame t + 1.
    visible : ndarray, (T - 1, H, W) bool
        Where frame t + 1 still shows it: the four pixels around the place it moves to lie in the frame and belong to
        the same layer.
    labels : ndarray, (T, H, W) uint8
        Which layer a pixel shows: 0 background, k the object that is kth from behind.
    """

    frames: np.ndarray
    flow: np.ndarray
    visible: np.ndarray
    labels: np.ndarray


def made_clip(
    seed: int,
    *,
    frames: int = 24,
    size: tuple[int, int] = (72, 96),
    objects: int = 4,
    colors: int | None = None,
) -> Clip:
    """Draw one clip.

    Parameters
    ----------
    seed : int
        Decides everything.
    frames : int
        T, at least 2. Objects swing to and fro and never run out, however long the clip.
    size : (int, int)
        Height and width in pixels, each at least 32.
    objects : int
        How many, 0 to 255.
    colors : int, optional
        A seed for the colors alone: other numbers give the same lightness, flow and labels in other colors.

    Returns
    -------
    Clip

    Raises
    ------
    ValueError
        `frames`, `size` or `objects` out of range.

    Examples
    --------
    >>> clip = made_clip(0, frames=3)
    >>> clip.frames.shape, clip.flow.shape
    ((3, 72, 96, 3), (2, 72, 96, 2))
    """
    height, width = size
    if frames < 2 or min(height, width) < 32 or not 0 <= objects <= 255:
        raise ValueError(
            f"frames must be at least 2, size at least (32, 32), objects 0 to 255; got {frames}, {size}, {objects}"
        )
    motion, paint = np.random.default_rng(seed).spawn(2)  # apart, so that colors can't move anything
    paint = paint if colors is None else np.random.default_rng(colors)
    places = _places(frames, size, objects, motion)  # (layers, T, 2)

    lab = np.empty((frames, height, width, 3), np.float32)
    lab[..., 0] = _BACKGROUND_L + _TEXTURE_L[0] * np.tanh(_waves(_FINE, places[0], size, motion))
    for channel in (1, 2):
        lab[..., channel] = _BACKGROUND_AB * np.tanh(_waves(_COARSE, places[0], size, paint))
    labels = np.zeros((frames, height, width), np.uint8)
    hues = np.deg2rad(np.linspace(*_HUES, objects, endpoint=False))
    hues = paint.permutation(
        hues + paint.uniform(0, np.deg2rad(_HUES[1] - _HUES[0]) / max(objects, 1), objects)
    )
    for layer, (place, hue) in enumerate(zip(places[1:], hues, strict=True), start=1):
        inside = _inside(place, size, motion)  # (T, H, W)
        texture = np.tanh(_waves(_FINE, place, size, motion)[inside])
        lab[inside, 0] = motion.uniform(*_OBJECT_L) + _TEXTURE_L[1] * texture
        lab[inside, 1:] = _CHROMA * np.cos(hue), _CHROMA * np.sin(hue)
        labels[inside] = layer

    step = np.diff(places, axis=1)[..., ::-1]  # (layers, T-1, 2), right and down
    flow = step[labels[:-1], np.arange(frames - 1)[:, None, None]].astype(np.float32)
    return Clip(lab_to_rgb(lab), flow, _visible(labels, flow), labels)


def _places(frames: int, size: tuple[int, int], objects: int, rng: np.random.Generator) -> np.ndarray:
    """Row and column of each layer's origin, (layers, T, 2): the background pans, objects swing on their own paths."""
    time = np.arange(frames)[:, None]
    angle = rng.uniform(0, 2 * np.pi)
    pan = rng.uniform(*_PAN) * time * [np.sin(angle), np.cos(angle)]  # (T, 2)
    extent = np.array(size, float)
    middle, reach = rng.uniform(0.35, 0.65, (objects, 1, 2)), rng.uniform(0.2, 0.35, (objects, 1, 2))
    phase, speed = rng.uniform(0, 2 * np.pi, (objects, 1, 2)), rng.uniform(*_PEAK_SPEED, (objects, 1, 2))
    reach = reach * extent
    paths = middle * extent + reach * np.sin(phase + speed / reach * time)  # (objects, T, 2)
    return np.concatenate([pan[None], paths])


def _waves(
    wavelengths: tuple[int, int], place: np.ndarray, size: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """Waves in all directions, added up to variance 1, that move with `place` (T, 2); (T, H, W) float32.

    ``cos(y + x) = cos y cos x - sin y sin x`` turns the sum into two products of small matrices.
    """
    angle, phase = rng.uniform(0, 2 * np.pi, (2, _WAVES))
    shortest, longest = np.log(wavelengths)
    number = 2 * np.pi / np.exp(rng.uniform(shortest, longest, _WAVES))  # radians a pixel
    rows, columns = (np.arange(extent) - start[:, None] for extent, start in zip(size, place.T, strict=True))
    y = rows[:, :, None] * (number * np.sin(angle))  # (T, H, waves)
    x = columns[:, None, :] * (number * np.cos(angle))[:, None] + phase[:, None]  # (T, waves, W)
    cos_y, sin_y, cos_x, sin_x = (f(z).astype(np.float32) for z in (y, x) for f in (np.cos, np.sin))
    return (cos_y @ cos_x - sin_y @ sin_x) * np.float32(np.sqrt(2 / _WAVES))


def _inside(place: np.ndarray, size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Pixels of one object in each frame, (T, H, W) bool: a diamond, an ellipse or a rectangle around `place`."""
    radius = rng.uniform(0.14, 0.24, 2) * min(size)
    rows, columns = (
        np.abs(np.arange(extent) - start[:, None]) / r
        for extent, start, r in zip(size, place.T, radius, strict=True)
    )
    dy, dx = rows[:, :, None], columns[:, None, :]
    kind = rng.integers(3)
    ball = (lambda: dx + dy, lambda: np.hypot(dx, dy), lambda: np.maximum(dx, dy))[kind]()
    return ball <= 1


def _visible(labels: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """Where reading frame t + 1 at the moved place touches nothing but the same layer."""
    pairs, height, width = flow.shape[:3]
    column = np.floor(np.arange(width) + flow[..., 0]).astype(int)  # (T-1, H, W), left of the place
    row = np.floor(np.arange(height)[:, None] + flow[..., 1]).astype(int)
    visible = (row >= 0) & (row < height - 1) & (column >= 0) & (column < width - 1)
    row, column = row.clip(0, height - 2), column.clip(0, width - 2)
    pair = np.arange(pairs)[:, None, None]
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        visible &= labels[pair + 1, row + down, column + right] == labels[:-1]
    return visible
