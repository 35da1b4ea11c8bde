"""A scene by day and by night: the same geometry, another light. Made from any picture or clip.

Night is made in linear light: the day's picture, taken for what the surfaces reflect, is lit by a dim bluish sky and a
few warm lamps, and the sensor adds its noise, of photons (that grows with the light) and of reading (that doesn't).
Since nothing moves, a pixel of the one lies on the same pixel of the other, and the true color of both is known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

_SKY = np.array([0.55, 0.8, 1.5])  # color of the night sky's light, a gray surface's green near the mean
_LAMP = np.array([1.4, 1.0, 0.45])  # of a lamp's
_LAMP_RADIUS = (0.08, 0.18)  # of its pool of light, as a share of the shorter side
_LAMP_POWER = 6.0  # brightness in its middle, in units of the sky's


@dataclass(frozen=True)
class DayNight:
    """What `day_and_night` returns.

    Attributes
    ----------
    day, night : ndarray, (..., H, W, 3) float32 in [0, 1]
        RGB. The day is what came.
    clean : ndarray, (..., H, W, 3) float32 in [0, 1]
        The night without noise, its true color.
    light : ndarray, (H, W, 3) float32
        What the day's linear light is multiplied by; the same in all frames.
    """

    day: np.ndarray
    night: np.ndarray
    clean: np.ndarray
    light: np.ndarray


def day_and_night(
    day: ArrayLike, seed: int, *, exposure: float = 0.12, lamps: int = 2, noise: float = 1.0
) -> DayNight:
    """Make the night of a picture or of a clip from a camera that stands still.

    Parameters
    ----------
    day : array_like, (H, W, 3) or (T, H, W, 3)
        RGB in [0, 1].
    seed : int
        Decides where the lamps are and what the noise is.
    exposure : float
        How bright the sky's light is by night, as a share of the day's; above 0, at most 1.
    lamps : int
        How many, from 0.
    noise : float
        How strong; 0 for none, 1 for a small sensor's.

    Returns
    -------
    DayNight

    Raises
    ------
    TypeError
        `day` isn't floating point.
    ValueError
        `day` of another shape, empty, NaN or outside [0, 1]; `exposure`, `lamps` or `noise` out of range.

    Examples
    --------
    >>> pair = day_and_night(np.full((8, 8, 3), 0.5), 0, lamps=0, noise=0)
    >>> bool((pair.night < pair.day).all()), bool(pair.night[0, 0, 2] > pair.night[0, 0, 0])
    (True, True)
    """
    day = np.asarray(day)
    if not np.issubdtype(day.dtype, np.floating):
        raise TypeError(f"day must be floating point; got {day.dtype}. course_lib.data.as_photo converts")
    if day.ndim not in (3, 4) or day.shape[-1] != 3 or day.size == 0:
        raise ValueError(f"day must have shape (H, W, 3) or (T, H, W, 3); got {day.shape}")
    if not (day.min() >= 0 and day.max() <= 1):
        raise ValueError(f"day must lie in [0, 1]; got values from {day.min():.4g} to {day.max():.4g}")
    if not (0 < exposure <= 1 and lamps >= 0 and noise >= 0):
        raise ValueError(
            f"exposure must be in (0, 1], lamps and noise from 0; got {exposure}, {lamps} and {noise}"
        )
    place, grain = np.random.default_rng(seed).spawn(2)  # apart, so that noise can't move the lamps
    light = exposure * (_SKY + _lamps(day.shape[-3:-1], lamps, place))  # (H, W, 3)
    linear = (_to_linear(day.astype(np.float64)) * light).clip(0, 1)
    sigma = noise * np.sqrt(0.0004 * linear + 0.003**2)  # photons, reading
    noisy = (linear + sigma * grain.normal(size=linear.shape)).clip(0, 1)
    day, night, clean, light = (x.astype(np.float32) for x in (day, _to_srgb(noisy), _to_srgb(linear), light))
    return DayNight(day, night, clean, light)


def _lamps(size: tuple[int, int], count: int, rng: np.random.Generator) -> np.ndarray:
    """Pools of warm light, (H, W, 3), in units of the sky's."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    pools = np.zeros((*size, 1))
    for _ in range(count):
        row, column = rng.uniform(0.15, 0.85, 2) * size
        radius = rng.uniform(*_LAMP_RADIUS) * min(size)
        pools += np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * radius**2))[..., None]
    return _LAMP_POWER * pools * _LAMP


def _to_linear(srgb: np.ndarray) -> np.ndarray:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _to_srgb(linear: np.ndarray) -> np.ndarray:
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
