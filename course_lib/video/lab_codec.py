"""Lab as it lies on disk: planes of uint8 or float16.

uint8 is OpenCV's encoding, ``L * 255 / 100``, ``a + 128``, ``b + 128``: the round trip moves L by at most 0.2 and a
and b by at most 0.53, a quarter of the difference that an eye can just see. float16 moves each by at most 0.04 and
takes more than twice the room. The planes L, a, b lie one after the other, because a plane alone compresses far better.
"""

import cv2
import numpy as np

DTYPES = ("uint8", "float16")

_values = np.arange(256) / 255
# sRGB's curve undone (IEC 61966-2-1), one entry for each byte; OpenCV's own way from sRGB interpolates and is off by
# up to 2.5 in a; this one by at most 0.031
_LINEAR = np.where(_values <= 0.04045, _values / 12.92, ((_values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encode_lab(rgb: np.ndarray, dtype: str) -> list[np.ndarray]:
    """Turn an RGB frame into the planes L, a, b of the store.

    Parameters
    ----------
    rgb : (H, W, 3) uint8 array
    dtype : "uint8" or "float16"

    Returns
    -------
    list of three (H, W) arrays
        Equal to `course_lib.color.rgb_to_lab` within 0.04 before they are rounded to `dtype`.

    Examples
    --------
    >>> [plane.item() for plane in encode_lab(np.full((1, 1, 3), 255, np.uint8), "uint8")]
    [255, 128, 128]
    """
    planes = cv2.split(cv2.cvtColor(cv2.LUT(np.ascontiguousarray(rgb), _LINEAR), cv2.COLOR_LRGB2Lab))
    if dtype == "float16":
        return [plane.astype(np.float16) for plane in planes]
    # a + 128 is never negative, so the Abs in OpenCV's name changes nothing: it scales, rounds and saturates
    return [
        cv2.convertScaleAbs(planes[0], alpha=2.55),
        cv2.convertScaleAbs(planes[1], beta=128),
        cv2.convertScaleAbs(planes[2], beta=128),
    ]


def decode_lab(planes: np.ndarray) -> np.ndarray:
    """Turn stored planes, (..., 3, H, W), into Lab, (..., H, W, 3) float32: L in [0, 100], a and b within 110."""
    lab = np.moveaxis(planes, -3, -1).astype(np.float32)
    if planes.dtype == np.uint8:
        lab[..., 0] *= np.float32(100 / 255)
        lab[..., 1:] -= 128
    return lab


def black(dtype: str) -> tuple[float, float, float]:
    """What the padding is filled with: black, as stored."""
    return (0, 128, 128) if dtype == "uint8" else (0, 0, 0)
