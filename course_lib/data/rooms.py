"""Made rooms: a camera that stands still, a sofa, a table, and a person who walks through; all of it known exactly.

What each thing looks like in gray and which color it has follow from the seed. Where it stands is yours to say, so that
two rooms can hold the same things in other places, or the same places in other colors. Sofa and floor have nearly the
same lightness and differ in texture and color: whoever matches by gray alone takes one for the other.
"""

from dataclasses import dataclass

import numpy as np

from course_lib.color import lab_to_rgb
from course_lib.data.clips import _waves

THINGS = ("wall", "floor", "sofa", "table", "person")

_L = (66.0, 46.0, 46.0, 56.0, 38.0)  # of each thing, before a draw of ±1.5
_TEXTURE = (
    (2.0, (24, 60)),
    (2.0, (24, 60)),
    (7.0, (5, 9)),
    (4.0, (9, 16)),
    (2.0, (5, 9)),
)  # L, wavelengths in pixels
_CHROMA = (10.0, 16.0, 34.0, 34.0, 34.0)
_HUES = (-90.0, 150.0)  # degrees; with these L and chroma all stay in the sRGB gamut


@dataclass(frozen=True)
class Room:
    """What `made_room` returns.

    Attributes
    ----------
    frames : ndarray, (T, H, W, 3) float32 in [0, 1]
        RGB. Only the person moves.
    labels : ndarray, (T, H, W) uint8
        Which of `THINGS` a pixel shows, by its place in that tuple.
    """

    frames: np.ndarray
    labels: np.ndarray


def made_room(
    seed: int,
    *,
    frames: int = 12,
    size: tuple[int, int] = (72, 96),
    sofa: float | None = 0.28,
    table: float | None = 0.75,
    walk: tuple[float, float] | None = (0.1, 0.9),
    colors: int | None = None,
) -> Room:
    """Draw one clip of a room.

    Parameters
    ----------
    seed : int
        Decides lightness, texture and color of all things.
    frames : int
        T, at least 1.
    size : (int, int)
        Height and width in pixels, each at least 48.
    sofa, table : float or None
        Where its middle stands, as a share of the width; None for a room without it. The sofa stands in front.
    walk : (float, float) or None
        Where the person is in the first and in the last frame.
    colors : int, optional
        A seed for the colors alone: other numbers give the same gray and labels in other colors.

    Returns
    -------
    Room

    Raises
    ------
    ValueError
        `frames` or `size` too small.

    Examples
    --------
    >>> room = made_room(0, frames=2, table=None)
    >>> room.frames.shape, sorted(set(room.labels.ravel().tolist()))
    ((2, 72, 96, 3), [0, 1, 2, 4])
    """
    height, width = size
    if frames < 1 or min(size) < 48:
        raise ValueError(f"frames must be at least 1 and size at least (48, 48); got {frames} and {size}")
    look, paint = np.random.default_rng(seed).spawn(2)  # apart, so that colors can't change the gray
    paint = paint if colors is None else np.random.default_rng(colors)
    step = (_HUES[1] - _HUES[0]) / len(THINGS)
    hues = np.deg2rad(paint.permutation(_HUES[0] + step * (np.arange(len(THINGS)) + paint.uniform(0, 1))))

    still = np.full(frames, 0.5)
    # of each thing in each frame; None where it is left out
    middles: list[np.ndarray | None] = [still, still]
    middles += [None if place is None else still + place - 0.5 for place in (sofa, table)]
    middles.append(None if walk is None else np.linspace(*walk, frames))
    inside = (_everywhere, _floor, _sofa, _table, _person)
    labels = np.zeros((frames, height, width), np.uint8)
    lab = np.zeros((frames, height, width, 3), np.float32)
    for thing in (0, 1, 3, 2, 4):  # from behind; all draws are made, whatever is left out
        contrast, wavelengths = _TEXTURE[thing]
        middle = middles[thing]
        place = np.stack([np.zeros(frames), (still if middle is None else middle) * width], -1)  # (T, 2)
        lightness = _L[thing] + look.uniform(-1.5, 1.5)
        texture = np.tanh(_waves(wavelengths, place, size, look))  # (T, H, W)
        if middle is None:
            continue
        y = np.arange(height)[:, None] / height
        x = (np.arange(width) - place[:, 1, None])[:, None] / width  # (T, 1, W), from the thing's middle
        mask = np.broadcast_to(inside[thing](y, x), labels.shape)
        color = _CHROMA[thing] * np.array([np.cos(hues[thing]), np.sin(hues[thing])])
        lab[mask, 0] = (lightness + contrast * texture)[mask]
        lab[mask, 1:] = color
        labels[mask] = thing
    return Room(lab_to_rgb(lab), labels)


def _everywhere(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return y + np.abs(x) >= 0


def _floor(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    return (y >= 0.58) & (np.abs(x) >= 0)


def _sofa(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    seat = (y >= 0.6) & (y < 0.82) & (np.abs(x) <= 0.19)
    return seat | ((y >= 0.44) & (y < 0.7) & (np.abs(x) <= 0.15))


def _table(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    top = (y >= 0.54) & (y < 0.64) & (np.abs(x) <= 0.16)
    return top | ((y >= 0.6) & (y < 0.84) & (np.abs(np.abs(x) - 0.12) <= 0.03))


def _person(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    head = np.hypot((y - 0.25) / 0.08, x / 0.06) <= 1
    return head | ((y >= 0.32) & (y < 0.9) & (np.abs(x) <= 0.065))
