"""Made scenes: small pictures whose true color is known, and whose gray version tells nothing about it.

Each scene holds three objects on a gray background. An object's *kind* (disk, square, diamond) shows in gray: each kind
has its shape and its luminance. Its hue doesn't: in an ambiguous set every object draws one anew, in an unambiguous set
the kind decides. The gray pictures of the two sets are the same, pixel for pixel; only the truth about color differs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.color import in_gamut, lab_to_rgb

_LIGHTNESS = np.array([40.0, 55.0, 70.0])  # L of each kind: disk, square, diamond
_OBJECTS = 3  # objects in a scene


@dataclass(frozen=True)
class Scenes:
    """What `made_scenes` returns.

    Attributes
    ----------
    rgb : ndarray, (n, H, W, 3) float32 in [0, 1]
    lab : ndarray, (n, H, W, 3) float32
        The intended Lab; `rgb` carries exactly this.
    labels : ndarray, (n, H, W) uint8
        0 background, 1 disk, 2 square, 3 diamond.
    palette : ndarray, (3, M, 3) float64
        Lab that an object of kind k can have: M rows in ``palette[k - 1]``; one row when the scenes are unambiguous.
    weights : ndarray, (M,) float64
        How likely each of the M colors is.
    """

    rgb: np.ndarray
    lab: np.ndarray
    labels: np.ndarray
    palette: np.ndarray
    weights: np.ndarray


def made_scenes(
    n: int,
    seed: int,
    *,
    size: int = 32,
    ambiguous: bool = True,
    hues: Sequence[float] = (30.0, 150.0, 270.0),
    weights: Sequence[float] | None = None,
    chroma: float = 40.0,
) -> Scenes:
    """Draw `n` scenes.

    Parameters
    ----------
    n : int
        How many, at least 1.
    seed : int
        Decides everything. The same seed gives the same gray pictures whatever the colors are.
    size : int
        Height and width in pixels, at least 16.
    ambiguous : bool
        True: each object draws its hue by `weights`. False: kind k always has hue k, counted around `hues`.
    hues : sequence of M floats
        Degrees in the ab plane. The default is balanced: the mean of the three colors is gray.
    weights : sequence of M floats, optional
        Chances of the hues when ambiguous, equal when left out. Scaled to sum to 1.
    chroma : float
        ``sqrt(a² + b²)`` of every object.

    Returns
    -------
    Scenes

    Raises
    ------
    ValueError
        `n` or `size` too small; no hues; weights of another length, negative or all 0; colors outside the sRGB gamut.

    Examples
    --------
    >>> scenes = made_scenes(4, seed=0)
    >>> scenes.rgb.shape, scenes.palette.shape
    ((4, 32, 32, 3), (3, 3, 3))
    """
    if n < 1 or size < 16:
        raise ValueError(f"n must be at least 1 and size at least 16; got n={n}, size={size}")
    shapes, colors = np.random.default_rng(seed).spawn(2)  # apart, so that colors can't move the shapes
    lab = np.zeros((n, size, size, 3))
    lab[..., 0] = _background(n, size, shapes)
    labels = np.zeros((n, size, size), np.uint8)
    palette, chances = _palette(hues, weights, chroma, ambiguous)
    for _ in range(_OBJECTS):
        kind = shapes.integers(len(_LIGHTNESS), size=n)
        color = palette[kind, colors.choice(len(chances), size=n, p=chances)]  # (n, 3)
        inside = _inside(kind, size, shapes)  # (n, H, W)
        lab = np.where(inside[..., None], color[:, None, None], lab)
        labels = np.where(inside, kind[:, None, None].astype(np.uint8) + 1, labels)
    rgb = lab_to_rgb(lab).astype(np.float32)
    return Scenes(rgb, lab.astype(np.float32), labels, palette, chances)


def _palette(hues, weights, chroma, ambiguous):
    """Lab of each kind's possible colors (kinds, M, 3) and their chances (M,)."""
    hues = np.asarray(hues, float)
    if hues.ndim != 1 or hues.size == 0 or not np.isfinite(hues).all():
        raise ValueError(f"hues must be a nonempty list of angles in degrees; got {hues.tolist()}")
    weights = np.ones(len(hues)) if weights is None else np.asarray(weights, float)
    if weights.shape != hues.shape or not (weights >= 0).all() or not 0 < weights.sum() < np.inf:
        raise ValueError(
            f"weights must be {len(hues)} nonnegative numbers, not all 0; got {weights.tolist()}"
        )
    angle = np.deg2rad(np.broadcast_to(hues, (len(_LIGHTNESS), len(hues))))  # (kinds, M)
    if not ambiguous:
        own = np.arange(len(_LIGHTNESS)) % len(hues)
        angle, weights = np.deg2rad(hues[own])[:, None], np.ones(1)
    lightness = np.broadcast_to(_LIGHTNESS[:, None], angle.shape)
    palette = np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], -1)
    if not in_gamut(palette).all():
        raise ValueError(
            f"chroma and hues must stay in the sRGB gamut at L {_LIGHTNESS.min():.0f} to {_LIGHTNESS.max():.0f}; "
            f"chroma {chroma} at hues {hues.tolist()} doesn't: lower chroma"
        )
    return palette, weights / weights.sum()


def _background(n: int, size: int, rng: np.random.Generator) -> np.ndarray:
    """L of a dark gray ramp, of another depth and tilt in each scene, (n, 1, W)."""
    start, end = rng.uniform(5, 25, (2, n, 1))
    return (start + (end - start) * np.linspace(0, 1, size))[:, None, :]


def _inside(kind: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """Pixels of one object a scene, (n, H, W) bool: the ball of a norm (2, infinity or 1) at a random place."""
    n = len(kind)
    radius = rng.uniform(size / 5, size / 3, n)
    row, column = rng.uniform(radius, size - radius, (2, n))
    grid = np.arange(size) + 0.5
    dy = np.abs(grid[:, None] - row[:, None, None])  # (n, H, 1)
    dx = np.abs(grid[None, :] - column[:, None, None])  # (n, 1, W)
    ball = np.stack([np.hypot(dx, dy), np.maximum(dx, dy), dx + dy])  # (kinds, n, H, W)
    return ball[kind, np.arange(n)] <= radius[:, None, None]
