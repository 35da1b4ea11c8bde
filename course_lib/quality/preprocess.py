"""From an application's picture to what the network takes, twice: by NumPy alone, and by OpenCV. Equal to the last bit.

An application written against OpenCV has bytes in the order blue, green, red. digiKam's quality check turns them around, picks
224 x 224 of the pixels without mixing any (*nearest exact*), and maps 0…255 to -1…1.

**Nearest exact**: target pixel x, of `target` in a row, takes the source pixel that its center falls on,
floor((x + 1/2) · source / target). OpenCV computes this in whole numbers of 1/65536, and so do we:

    step = floor((65536 · source + floor(target / 2)) / target)
    pixel(x) = floor((step · x + floor(step / 2) - source mod 2) / 65536)

That is the fraction's answer for most sizes. Where a center falls exactly between two pixels the rounded step decides,
for 32 of 224 columns when the source has 1024. The plain `INTER_NEAREST` takes floor(x · source / target), the target pixel's
*edge*, and so leans half a step to the left.

OpenCV's documentation, `InterpolationFlags`: https://docs.opencv.org/4.x/da/d54/group__imgproc__transform.html
"""

import cv2
import numpy as np

SIDE = 224  # pixels, of what the network sees
_LONGEST = 32767  # 65536 times more overflows the 32-bit numbers that OpenCV computes in


def preprocess_like_digikam(image: np.ndarray) -> np.ndarray:
    """A picture as digiKam's quality check hands it to its network, by NumPy.

    Parameters
    ----------
    image : ndarray, (H, W, 3) uint8
        **BGR**, channels last, as `cv2.imread` gives it. Any size from 1 x 1 to 32767 on a side; the aspect isn't kept.
        A photo of the course's convention is ``np.rint(255 * photo[..., ::-1]).astype(np.uint8)``.

    Returns
    -------
    ndarray, (224, 224, 3) float32 in [-1, 1]
        **RGB**, channels last. A torch network takes ``result.transpose(2, 0, 1)[None]``; the course's NIMA, which takes
        [0, 1], half of it plus one half.

    Raises
    ------
    TypeError
        Other dtypes: this pipeline begins with bytes.
    ValueError
        Another shape, such as gray or with alpha; an empty or too large picture.

    Examples
    --------
    >>> blue = np.full((2, 5, 3), (255, 0, 0), np.uint8)
    >>> preprocess_like_digikam(blue)[0, 0]
    array([-1., -1.,  1.], dtype=float32)
    """
    image = _check(image)
    rows, columns = (nearest_exact(length) for length in image.shape[:2])
    rgb = image[rows[:, None], columns, ::-1]
    return (rgb.astype(np.float32) - np.float32(127.5)) / np.float32(127.5)


def preprocess_with_opencv(image: np.ndarray) -> np.ndarray:
    """`preprocess_like_digikam` by OpenCV's functions: the same to the last bit.

    Parameters
    ----------
    image : ndarray, (H, W, 3) uint8
        BGR, as there.

    Returns
    -------
    ndarray, (224, 224, 3) float32 in [-1, 1]
        RGB.

    Raises
    ------
    TypeError, ValueError
        As there.

    Examples
    --------
    >>> noise = np.random.default_rng(0).integers(0, 256, (301, 97, 3), np.uint8)
    >>> np.array_equal(preprocess_with_opencv(noise), preprocess_like_digikam(noise))
    True
    """
    rgb = cv2.cvtColor(_check(image), cv2.COLOR_BGR2RGB)
    small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST_EXACT)
    middle = (127.5,) * 4
    return cv2.divide(cv2.subtract(small, middle, dtype=cv2.CV_32F), middle)


def nearest_exact(source: int, target: int = SIDE) -> np.ndarray:
    """Which of `source` pixels each of `target` pixels takes, as OpenCV's INTER_NEAREST_EXACT picks them.

    Parameters
    ----------
    source, target : int
        Lengths in pixels; source from 1 to 32767.

    Returns
    -------
    ndarray of int64, (target,)
        From 0 to source - 1, never falling.

    Examples
    --------
    >>> nearest_exact(10, 4)
    array([1, 3, 6, 8])
    """
    step = (65536 * source + target // 2) // target
    places = (step * np.arange(target) + step // 2 - source % 2) >> 16
    return places.clip(0, source - 1)


def _check(image: np.ndarray) -> np.ndarray:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        came = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise TypeError(
            f"image must be an array of bytes (uint8), BGR; got {came} "
            "(an RGB photo in [0, 1]? np.rint(255 * photo[..., ::-1]).astype(np.uint8))"
        )
    if (
        image.ndim != 3
        or image.shape[2] != 3
        or not 1 <= min(image.shape[:2]) <= max(image.shape[:2]) <= _LONGEST
    ):
        raise ValueError(
            f"image must have shape (H, W, 3), sides from 1 to {_LONGEST} pixels; got {image.shape}"
        )
    return image
