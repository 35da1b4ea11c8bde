"""What every metric asks of its arguments, said once."""

import numpy as np
from numpy.typing import ArrayLike

_SLACK = 1e-3  # float32 round trips leave [0, 1] by less than this


def float_array(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as float64; TypeError unless it is real floating point, ValueError if empty or not finite."""
    array = np.asarray(value)
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(
            f"{name} must be floating point; got {array.dtype}. course_lib.data.as_photo converts integer images"
        )
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; it holds NaN or infinity")
    return array.astype(np.float64)


def image_array(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as a float64 image, (H, W) or (H, W, 3), in [0, 1]."""
    array = float_array(name, value)
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] == 3):
        raise ValueError(f"{name} must have shape (H, W) or (H, W, 3); got {array.shape}")
    if array.min() < -_SLACK or array.max() > 1 + _SLACK:
        raise ValueError(f"{name} must lie in [0, 1]; got values from {array.min():.4g} to {array.max():.4g}")
    return array


def ab_array(name: str, value: ArrayLike) -> np.ndarray:
    """`value` as float64 ab, (..., 2)."""
    array = float_array(name, value)
    if array.ndim == 0 or array.shape[-1] != 2:
        raise ValueError(f"{name} must have shape (..., 2), a and b; got {array.shape}")
    return array
