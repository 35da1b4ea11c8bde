"""The mean over a square window around every pixel, in a time that doesn't depend on the window's size.

Sum along an axis once, S[i] = x[0] + ... + x[i - 1]; then any window's sum is S[end] - S[start]. Tensors go that way;
NumPy arrays through OpenCV's box filter, which adds the pixel that enters a window and subtracts the one that leaves.
Both add up in float64, whatever the input: a running sum over a thousand pixels would cost float32 three digits.
"""

import operator
import sys

import cv2
import numpy as np

BORDERS = ("reflect", "clip")
_OPENCV_CHANNELS = 512  # at most, in one array


def box_mean(image, radius, *, border="reflect"):
    """Mean of each pixel's window of (2 radius + 1)² pixels.

    Parameters
    ----------
    image : ndarray, (H, W) or (H, W, C), or torch.Tensor, (..., H, W)
        float32 or float64, finite.
    radius : int
        From 1 to the shorter side.
    border : {"reflect", "clip"}
        What a window sees beyond the image: the image mirrored, edge pixel repeated (``dcba|abcd``); or nothing, so
        that its mean is over fewer pixels.

    Returns
    -------
    ndarray or torch.Tensor
        Shape and dtype of `image`. Gradients pass through tensors.

    Raises
    ------
    TypeError, ValueError
        Not floating point; wrong shape; NaN; a radius or border that can't be.

    Examples
    --------
    >>> box_mean(np.array([[3.0, 6.0, 0.0]]), 1)
    array([[4., 3., 2.]])
    >>> box_mean(np.array([[3.0, 6.0, 0.0]]), 1, border="clip")
    array([[4.5, 3. , 3. ]])
    """
    check_floats("image", image)
    if is_tensor(image):
        if image.ndim < 2:
            raise ValueError(f"image must have shape (..., H, W); got {tuple(image.shape)}")
        size = image.shape[-2:]
    else:
        if image.ndim not in (2, 3):
            raise ValueError(f"image must have shape (H, W) or (H, W, C); got {image.shape}")
        size = image.shape[:2]
    return windows_mean(image, check_radius(radius, size), check_border(border))


def windows_mean(image, radius, border):
    """`box_mean` of arguments that were checked."""
    if is_tensor(image):
        rows = _tensor_mean(image.double(), radius, border, -1)
        return _tensor_mean(rows, radius, border, -2).to(image.dtype)
    if image.ndim == 3 and image.shape[2] > _OPENCV_CHANNELS:
        parts = np.split(image, range(_OPENCV_CHANNELS, image.shape[2], _OPENCV_CHANNELS), axis=2)
        return np.concatenate([windows_mean(part, radius, border) for part in parts], axis=2)
    window = (2 * radius + 1, 2 * radius + 1)
    # OpenCV's REFLECT repeats the edge pixel; its CONSTANT adds zeros
    beyond = cv2.BORDER_REFLECT if border == "reflect" else cv2.BORDER_CONSTANT
    mean = cv2.boxFilter(image, -1, window, borderType=beyond).reshape(image.shape)
    if border == "clip":
        for axis in (0, 1):
            share = (2 * radius + 1) / _inside(image.shape[axis], radius)
            mean *= share.astype(image.dtype).reshape([-1 if a == axis else 1 for a in range(image.ndim)])
    return mean


def _inside(length, radius):
    """How many pixels of each window lie on an axis of `length`."""
    place = np.arange(length)
    return np.minimum(place + radius + 1, length) - np.maximum(place - radius, 0)


def _tensor_mean(x, radius, border, axis):
    """Means along one axis, -1 or -2."""
    import torch

    length = x.shape[axis]
    zero = torch.zeros_like(x.narrow(axis, 0, 1))  # S[0]
    if border == "reflect":
        before, after = x.narrow(axis, 0, radius), x.narrow(axis, length - radius, radius)
        sums = torch.cat([zero, before.flip(axis), x, after.flip(axis)], axis).cumsum(axis)
        window = 2 * radius + 1
        return (sums.narrow(axis, window, length) - sums.narrow(axis, 0, length)) / window
    sums = torch.cat([zero, x], axis).cumsum(axis)
    place = torch.arange(length, device=x.device)
    start, end = (place - radius).clamp(min=0), (place + radius + 1).clamp(max=length)
    inside = (end - start) if axis == -1 else (end - start)[:, None]
    return (sums.index_select(axis, end) - sums.index_select(axis, start)) / inside


def is_tensor(value) -> bool:
    """Whether `value` is a torch.Tensor; torch isn't loaded for the question."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def check_floats(name, value, integers="divide bytes by 255 first"):
    """TypeError unless `value` is a float32 or float64 array or tensor; ValueError if it is empty or not finite.

    `integers` is what the message says to someone who comes with integers.
    """
    if not (isinstance(value, np.ndarray) or is_tensor(value)):
        raise TypeError(f"{name} must be a NumPy array or a torch tensor; got {type(value).__name__}")
    dtype = str(value.dtype).removeprefix("torch.")
    if dtype not in ("float32", "float64"):
        helping = f": {integers}" if "int" in dtype else ""
        raise TypeError(f"{name} must be float32 or float64; got {dtype}{helping}")
    if 0 in value.shape:
        raise ValueError(f"{name} must not be empty; got shape {tuple(value.shape)}")
    finite = value.isfinite() if is_tensor(value) else np.isfinite(value)
    if not finite.all():
        raise ValueError(f"{name} must be finite; it holds NaN or infinity")


def check_radius(radius, size) -> int:
    """`radius` as an int from 1 to the shorter of `size`, (H, W)."""
    radius = check_whole("radius", radius)
    if radius > min(size):
        raise ValueError(
            f"radius must be at most {min(size)}, the shorter side of an image of {size[0]} x {size[1]}; got {radius}"
        )
    return radius


def check_whole(name, value) -> int:
    """`value` as an int of at least 1."""
    try:
        whole = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be a whole number; got {value!r}") from None
    if whole < 1:
        raise ValueError(f"{name} must be at least 1; got {whole}")
    return whole


def check_border(border) -> str:
    """`border`, if it is one."""
    if border not in BORDERS:
        raise ValueError(f"border must be one of {', '.join(map(repr, BORDERS))}; got {border!r}")
    return border
