"""The guided filter: smooth a picture, or carry it to a finer grid, along the edges of another picture, the guide.

Two lines of algebra. In each window w, say the picture p is a straight line of the guide I, with a price on steepness:

    p ≈ a I + b,   minimizing   sum over w of (a I + b - p)² + eps a²                           (eq. 4 and 5)
    a = cov(I, p) / (var(I) + eps),   b = mean(p) - a mean(I)                                   (eq. 5 and 6; color: 14)

Each pixel lies in many windows, so it takes the mean of their a and b: q = mean(a) I + mean(b)    (eq. 8; color: 16).
Where the guide has an edge, q has it; where the guide is flat (var << eps), a is 0 and q is a mean of p.

All sums are box means, so the time doesn't depend on the radius. Where the guide is flat, var = E[I²] - E[I]² loses its
digits: float32 leaves an error of about 1e-7, which matters beside a small eps. So below eps = 1e-4 float32 images are
computed in float64 too, and tensors always are.

K. He, J. Sun, X. Tang, "Guided Image Filtering", TPAMI 35(6), 2013, https://doi.org/10.1109/TPAMI.2012.213;
K. He, J. Sun, "Fast Guided Filter", 2015, https://arxiv.org/abs/1505.00996 (`subsample`).
"""

from numbers import Real

import cv2
import numpy as np

from course_lib.mobile.box_mean import (
    check_border,
    check_floats,
    check_radius,
    check_whole,
    is_tensor,
    windows_mean,
)

_SMALL_EPS = 1e-4  # from here on float32 is right to 3e-5, and twice as fast
_BYTES = "divide bytes by 255 first; on bytes, eps would have to be 255² times as large"
_SLACK = 1e-3  # float32 round trips leave [0, 1] by less than this


def guided_filter(guide, image, radius, eps, subsample=1, *, border="reflect"):
    """Filter `image` along the edges of `guide`.

    Parameters
    ----------
    guide : ndarray, (H, W) or (H, W, 3); or torch.Tensor, (..., 1, H, W) or (..., 3, H, W)
        Gray or color, float32 or float64, in [0, 1].
    image : ndarray, (H, W) or (H, W, C); or torch.Tensor, (..., C, H, W)
        What is filtered, each channel by itself; float32 or float64, finite. [0, 1] is usual and not needed: twice
        the image gives twice the answer.
    radius : int
        Of the windows, which are 2 radius + 1 pixels wide; from `subsample` to the shorter side.
    eps : float
        Above 0. The guide's variance at which an edge is half kept. On guides in [0, 1]: for bytes, times 255².
    subsample : int
        Find a and b on a grid this many times coarser, with windows as many times smaller (rounded), and enlarge them
        bilinearly: the fast guided filter.
    border : {"reflect", "clip"}
        Windows at the border see the image mirrored, as OpenCV's do, or are cut, as the paper's are.

    Returns
    -------
    ndarray or torch.Tensor
        Shape and dtype of `image`. Gradients pass through tensors.

    Raises
    ------
    TypeError, ValueError
        Integers, halves, NaN; shapes that are wrong or don't fit; a guide outside [0, 1]; a radius, eps, subsample or
        border that can't be.

    Examples
    --------
    An edge that the guide has stays; one that it hasn't is smeared over the window:

    >>> guide, spot = np.zeros((5, 8)), np.zeros((5, 8))
    >>> guide[:, 4:] = 1
    >>> guided_filter(guide, guide, 1, 1e-3)[2].round(2) + 0
    array([0., 0., 0., 0., 1., 1., 1., 1.])
    >>> guided_filter(spot, guide, 1, 1e-3)[2].round(2)
    array([0.  , 0.  , 0.11, 0.33, 0.67, 0.89, 1.  , 1.  ])
    """
    a, b = _coefficients(guide, image, radius, eps, subsample, border)
    return _apply(a, b, guide, image.dtype)


def local_linear_coefficients(guide, image, radius, eps, subsample=1, *, border="reflect"):
    """The a and b of `guided_filter`, box-averaged: they say the image as a straight line of the guide, place by place.

    `apply_coefficients` puts them on this guide, on a finer one, or on another frame's.

    Parameters
    ----------
    guide, image, radius, eps, subsample, border
        As in `guided_filter`.

    Returns
    -------
    a, b : ndarray or torch.Tensor
        In the dtype of `image`, on the coarser grid of ceil(H / subsample) x ceil(W / subsample). b has the
        channels of `image`, and so has a under a gray guide. Under a color guide a has a number for each of the guide's
        channels: NumPy (H, W, 3) or (H, W, C, 3), torch (..., C, 3, H, W).

    Raises
    ------
    TypeError, ValueError
        As in `guided_filter`.
    """
    a, b = _coefficients(guide, image, radius, eps, subsample, border)
    return _cast(a, image.dtype), _cast(b, image.dtype)


def apply_coefficients(a, b, guide):
    """q = a I + b on a guide that may be finer than a and b, or another frame.

    Parameters
    ----------
    a, b : ndarray or torch.Tensor
        As `local_linear_coefficients` gives them; enlarged bilinearly where `guide` is larger.
    guide : ndarray, (H, W) or (H, W, 3); or torch.Tensor, (..., 1, H, W) or (..., 3, H, W)
        Gray or color, as the guide was that made a and b; in [0, 1].

    Returns
    -------
    ndarray or torch.Tensor
        As large as `guide`, with the channels and the dtype of `b`.

    Raises
    ------
    TypeError, ValueError
        Not float, NaN, not all arrays or all tensors; shapes that don't fit, or a guide smaller than a and b; a guide
        outside [0, 1].

    Examples
    --------
    >>> guide = np.linspace(0, 1, 12).reshape(3, 4)
    >>> a, b = local_linear_coefficients(guide, 1 - guide, 1, 1e-6)
    >>> apply_coefficients(a, b, guide[::-1]).round(3)[0]
    array([0.273, 0.182, 0.091, 0.   ])
    """
    size, channels = _check_guide(guide)
    _check_image("b", b, guide)
    check_floats("a", a)
    tensor = is_tensor(b)
    if channels == 1:
        expected = tuple(b.shape)
    elif tensor:
        expected = (*b.shape[:-2], 3, *b.shape[-2:])
    else:
        expected = (*b.shape, 3)
    if is_tensor(a) != tensor or tuple(a.shape) != expected:
        kind = "gray" if channels == 1 else "color"
        raise ValueError(
            f"a must be of shape {expected} for this b and a {kind} guide, and of one kind with b; got {tuple(a.shape)}"
        )
    coarse = _size(b)
    if coarse[0] > size[0] or coarse[1] > size[1]:
        raise ValueError(f"guide must be at least as large as b, {coarse}; got {size}")
    return _apply(a, b, guide, b.dtype)


def _coefficients(guide, image, radius, eps, subsample, border):
    """Box-averaged a and b of arguments that are checked here, in the dtype they were computed in."""
    size, _ = _check_guide(guide)
    _check_image("image", image, guide)
    if _size(image) != size:
        raise ValueError(f"image must be as large as guide, {size}; got {_size(image)}")
    radius, subsample = check_radius(radius, size), check_whole("subsample", subsample)
    if radius < subsample:
        raise ValueError(f"radius must be at least subsample, {subsample}; got {radius}")
    if not (isinstance(eps, Real) and 0 < float(eps) < np.inf):
        raise ValueError(f"eps must be a finite number above 0; got {eps!r}")
    check_border(border)
    if subsample > 1:
        size = tuple(-(-side // subsample) for side in size)
        guide, image, radius = _resize(guide, size), _resize(image, size), round(radius / subsample)
    if is_tensor(image):
        guide, image = guide.double(), image.double()
    elif eps < _SMALL_EPS or guide.dtype != image.dtype:
        guide, image = guide.astype(np.float64), image.astype(np.float64)
    a, b = _fit(_planes(guide, image), image, float(eps), lambda x: windows_mean(x, radius, border))
    if len(a) == 1:
        return a[0], b
    if is_tensor(b):
        import torch

        return torch.stack(a, -3), b
    return np.stack(a, -1), b


def _fit(planes, image, eps, mean):
    """Mean a, one for each plane of the guide, and mean b: the two lines of algebra."""
    planes_mean, image_mean = [mean(plane) for plane in planes], mean(image)

    def covariance(one, other, one_mean, other_mean):
        product = mean(one * other)
        product -= one_mean * other_mean  # in place: fresh memory costs as much as the sums
        return product

    right = [
        covariance(plane, image, plane_mean, image_mean)
        for plane, plane_mean in zip(planes, planes_mean, strict=True)
    ]
    sigma = [[None] * len(planes) for _ in planes]
    for i, one in enumerate(planes):
        for j, other in enumerate(planes[: i + 1]):
            sigma[i][j] = sigma[j][i] = covariance(one, other, planes_mean[i], planes_mean[j])
        sigma[i][i] += eps
    a, b = _solve(sigma, right), image_mean  # eq. 5, 14
    del sigma, right
    for x, plane_mean in zip(a, planes_mean, strict=True):
        b = b - x * plane_mean  # eq. 6, 15
    return [mean(x) for x in a], mean(b)


def _solve(matrix, right):
    """Gaussian elimination at every pixel at once; Σ + eps U is positive definite, so no pivot is needed."""
    matrix, right = [list(row) for row in matrix], list(right)
    places = range(len(right))
    for k in places:
        for row in places[k + 1 :]:
            factor = matrix[row][k] / matrix[k][k]
            for column in places[k + 1 :]:
                matrix[row][column] = matrix[row][column] - factor * matrix[k][column]
            right[row] = right[row] - factor * right[k]
    for k in reversed(places):
        for column in places[k + 1 :]:
            right[k] = right[k] - matrix[k][column] * right[column]
        right[k] = right[k] / matrix[k][k]
    return right


def _apply(a, b, guide, dtype):
    """q of a and b, which are enlarged to the guide's size."""
    if _size(b) != _size(guide):
        a, b = _resize(a, _size(guide)), _resize(b, _size(guide))
    planes = _planes(guide, b)
    parts = [a] if len(planes) == 1 else list(a.unbind(-3) if is_tensor(a) else np.moveaxis(a, -1, 0))
    for part, plane in zip(parts, planes, strict=True):
        b = b + part * plane  # eq. 8, 16
    return _cast(b, dtype)


def _planes(guide, image):
    """The guide's channels, each of a shape that broadcasts with `image`."""
    if is_tensor(guide):
        return list(guide.split(1, -3))
    planes = [guide] if guide.ndim == 2 else list(np.moveaxis(guide, -1, 0))
    return planes if image.ndim == 2 else [plane[..., None] for plane in planes]


def _resize(x, size):
    """Bilinear, pixel areas aligned."""
    if is_tensor(x):
        import torch

        planes = x.reshape(1, -1, *x.shape[-2:])
        return torch.nn.functional.interpolate(planes, size, mode="bilinear").reshape(*x.shape[:-2], *size)
    planes = x.reshape(*x.shape[:2], -1)
    return cv2.resize(planes, size[::-1], interpolation=cv2.INTER_LINEAR).reshape(*size, *x.shape[2:])


def _cast(x, dtype):
    return x.to(dtype) if is_tensor(x) else x.astype(dtype, copy=False)


def _size(x):
    """(H, W)"""
    return tuple(x.shape[-2:]) if is_tensor(x) else x.shape[:2]


def _check_guide(guide):
    """((H, W), channels) of a guide that is one."""
    check_floats("guide", guide, _BYTES)
    shape = tuple(guide.shape)
    if is_tensor(guide):
        fits, channels = len(shape) > 2 and shape[-3] in (1, 3), shape[-3] if len(shape) > 2 else 0
        expected = "(..., 1, H, W) or (..., 3, H, W)"
    else:
        fits, channels = len(shape) == 2 or (len(shape) == 3 and shape[2] == 3), 1 if len(shape) == 2 else 3
        expected = "(H, W) or (H, W, 3)"
    if not fits:
        raise ValueError(f"guide must have shape {expected}; got {shape}")
    values = guide.detach() if is_tensor(guide) else guide
    low, high = float(values.min()), float(values.max())
    if low < -_SLACK or high > 1 + _SLACK:
        raise ValueError(f"guide must lie in [0, 1]; got values from {low:.4g} to {high:.4g} ({_BYTES})")
    return _size(guide), channels


def _check_image(name, image, guide):
    check_floats(name, image, _BYTES)
    shape = tuple(image.shape)
    if is_tensor(image) != is_tensor(guide):
        raise TypeError(f"guide and {name} must both be NumPy arrays or both torch tensors")
    if is_tensor(image):
        if len(shape) < 3 or shape[:-3] != tuple(guide.shape[:-3]):
            raise ValueError(
                f"{name} must have shape (..., C, H, W), its leading dimensions the guide's, {tuple(guide.shape[:-3])}; "
                f"got {shape}"
            )
    elif len(shape) not in (2, 3):
        raise ValueError(f"{name} must have shape (H, W) or (H, W, C); got {shape}")
