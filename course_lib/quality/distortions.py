"""Graded distortions of photos: five levels of the kinds a network learns from, and of kinds it never sees.

Level 0 is the photo itself, and levels need not be whole: 2.5 lies between 2 and 3. The strengths grow by a constant
factor from level to level (exposure: by constant stops), chosen by eye so that the kinds look about equally bad at one
level. Lengths in pixels are meant for a photo whose short side is 224 and grow with the photo, because a rater sees the
whole of it at one size; noise and compression work on the pixels as they are.
"""

import cv2
import numpy as np

from course_lib.data import as_photo

REFERENCE_SIDE = 224
TOP_LEVEL = 6  # one beyond the five that are trained on


def distort(photo: np.ndarray, kind: str, level: float, seed: int = 0) -> np.ndarray:
    """A photo, made worse.

    Parameters
    ----------
    photo : ndarray, (H, W, 3) float in [0, 1] or uint8
        RGB.
    kind : str
        One of `KINDS` (``"blur"``, ``"noise"``, ``"overexposure"``, ``"underexposure"``, ``"jpeg"``) or of
        `UNSEEN_KINDS` (``"contrast"``, ``"saturation"``, ``"posterize"``, ``"motion_blur"``, ``"block_loss"``,
        ``"jpeg2000"``).
    level : float
        From 0, nothing, to 6; the graded series are 1 … 5.
    seed : int
        Of what is random: the noise, the motion's direction, the lost blocks.

    Returns
    -------
    ndarray, (H, W, 3) float32 in [0, 1]

    Raises
    ------
    TypeError, ValueError
        No photo (see `course_lib.data.as_photo`); another kind; a level outside 0 … 6; for ``"jpeg2000"`` a photo below
        32 x 32.

    Examples
    --------
    >>> gray = np.full((8, 8, 3), 0.5, np.float32)
    >>> [round(float(distort(gray, "underexposure", level)[0, 0, 0]), 2) for level in (0, 1, 5)]
    [0.5, 0.41, 0.19]
    """
    photo = as_photo(photo)
    if kind not in _DISTORTIONS:
        raise ValueError(f"kind must be one of {', '.join(_DISTORTIONS)}; got {kind!r}")
    if (
        isinstance(level, bool)
        or not isinstance(level, int | float | np.number)
        or not 0 <= level <= TOP_LEVEL
    ):
        raise ValueError(f"level must be a number from 0 to {TOP_LEVEL}; got {level!r}")
    if level == 0:
        return photo
    worse = _DISTORTIONS[kind](photo, float(level), np.random.default_rng(seed))
    return np.clip(worse, 0, 1).astype(np.float32)


def _blur(photo, level, _rng):
    sigma = 0.4 * 1.6**level * _scale(photo)
    return cv2.GaussianBlur(photo, (0, 0), sigma)


def _noise(photo, level, rng):
    return photo + np.float32(0.0125 * 1.7**level) * rng.standard_normal(photo.shape, np.float32)


def _overexposure(photo, level, _rng):
    return _exposed(photo, 0.6 * level)


def _underexposure(photo, level, _rng):
    return _exposed(photo, -0.6 * level)


def _exposed(photo, stops):
    """By so many stops of light; through the display's curve, near a power of 2.2, that is a factor on the values."""
    return photo * np.float32(2 ** (stops / 2.2))


def _jpeg(photo, level, _rng):
    quality = max(1, round(85 * 0.56**level))
    return _coded(photo, ".jpg", [cv2.IMWRITE_JPEG_QUALITY, quality])


def _contrast(photo, level, _rng):
    mean = photo.mean()
    return mean + (photo - mean) * 0.68**level


def _saturation(photo, level, _rng):
    """Towards the gray of the same luma, which level 5 reaches."""
    luma = (photo @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    return luma + (photo - luma) * max(0.0, 1 - level / 5)


def _posterize(photo, level, _rng):
    steps = max(2, round(24 * 0.62**level)) - 1
    return np.round(photo * steps) / steps


def _motion_blur(photo, level, rng):
    """The mean along a line of any direction."""
    length = 2 * 1.55**level * _scale(photo)
    half, angle = int(np.ceil(length / 2)), rng.uniform(0, np.pi)
    t = np.linspace(-length / 2, length / 2, 8 * half + 1)
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    rows, columns = (
        np.round(half + t * np.sin(angle)).astype(int),
        np.round(half + t * np.cos(angle)).astype(int),
    )
    np.add.at(kernel, (rows, columns), 1)
    return cv2.filter2D(photo, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REFLECT)


def _block_loss(photo, level, rng):
    """Squares of a twelfth of the short side that show one random color."""
    photo = photo.copy()
    side = max(1, round(min(photo.shape[:2]) / 12))
    for _ in range(round(2 * 1.6**level)):
        top, left = (int(rng.integers(extent - side + 1)) for extent in photo.shape[:2])
        photo[top : top + side, left : left + side] = rng.random(3)
    return photo


def _jpeg2000(photo, level, _rng):
    if min(photo.shape[:2]) < 32:  # it halves a picture five times
        raise ValueError(f"photo must be at least 32 x 32 for jpeg2000; got shape {photo.shape}")
    ratio = 8 * 1.75**level
    return _coded(photo, ".jp2", [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, max(1, round(1000 / ratio))])


def _coded(photo, form, options):
    """Written in a lossy form and read again."""
    bgr = np.round(photo[..., ::-1] * 255).astype(np.uint8)
    _, data = cv2.imencode(form, bgr, options)
    coded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if coded is None:
        raise RuntimeError(f"this OpenCV can't read the {form} that it wrote")
    return coded[..., ::-1] / np.float32(255)


def _scale(photo):
    return min(photo.shape[:2]) / REFERENCE_SIDE


_DISTORTIONS = {
    "blur": _blur,
    "noise": _noise,
    "overexposure": _overexposure,
    "underexposure": _underexposure,
    "jpeg": _jpeg,
    "contrast": _contrast,
    "saturation": _saturation,
    "posterize": _posterize,
    "motion_blur": _motion_blur,
    "block_loss": _block_loss,
    "jpeg2000": _jpeg2000,
}
KINDS = tuple(_DISTORTIONS)[:5]
UNSEEN_KINDS = tuple(_DISTORTIONS)[5:]
