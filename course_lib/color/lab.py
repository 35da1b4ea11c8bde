"""sRGB to CIE Lab and back, by the published formulas.

Three steps: unbend sRGB's curve to linear light (IEC 61966-2-1), mix light into CIE XYZ by the matrix of sRGB's
primaries, and take cube roots relative to the white point D65 of the 2-degree observer (CIE 15:2004, section 8.2.1).
The matrix and the white point carry the digits that scikit-image uses.
"""

from numbers import Real

import numpy as np

# Linear sRGB -> XYZ; ITU-R BT.709 primaries, white D65, six digits as in scikit-image and OpenCV.
XYZ_FROM_RGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
RGB_FROM_XYZ = np.linalg.inv(XYZ_FROM_RGB)
WHITE_D65 = np.array([0.95047, 1.0, 1.08883])  # X, Y, Z of white, 2-degree observer
AB_SCALE = 110.0  # normalized ab = ab / 110

_DELTA = 6 / 29  # where CIE's cube root gives way to a straight line
_SLACK = 1e-3  # how far outside [0, 1] an RGB value may lie from rounding
_GAMUT_SLACK = 1e-4  # in linear light: at most a third of one of 255 steps
_HUGE = 1e6  # beyond it a Lab value says only "far out"; its cube still fits float32


def rgb_to_lab(rgb):
    """Convert sRGB to CIE Lab (D65).

    Parameters
    ----------
    rgb : (..., 3) float array
        sRGB in [0, 1]. Values up to 0.001 outside are clipped.

    Returns
    -------
    (..., 3) array
        L in [0, 100], a and b in about [-110, 110]; float64 for float64 input, else float32.
        Within 0.001 of ``skimage.color.rgb2lab``. OpenCV puts white a hair elsewhere, which moves ab by less
        than 0.01; its conversion from sRGB floats interpolates in a table, which is off by up to about 0.6.

    Raises
    ------
    TypeError
        If `rgb` isn't floating point.
    ValueError
        If the last axis isn't 3, or a value is NaN, infinite, or more than 0.001 outside [0, 1].

    References
    ----------
    IEC 61966-2-1:1999 (the curve); CIE 15:2004, section 8.2.1 (Lab).

    Examples
    --------
    >>> rgb_to_lab(np.array([1.0, 0.0, 0.0])).round(2)
    array([53.24, 80.09, 67.2 ])
    """
    rgb = _floats(rgb, "rgb", "convert a photo with course_lib.data.as_photo(rgb) first")
    if rgb.size and (rgb.min() < -_SLACK or rgb.max() > 1 + _SLACK):
        raise ValueError(f"rgb must lie in [0, 1], got values from {rgb.min():.4g} to {rgb.max():.4g}")
    rgb = rgb.clip(0, 1)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    t = linear @ (XYZ_FROM_RGB / WHITE_D65[:, None]).T.astype(rgb.dtype)  # XYZ relative to white
    f = np.where(t > _DELTA**3, np.cbrt(t), t / (3 * _DELTA**2) + 4 / 29)
    lab = np.empty_like(rgb)
    lab[..., 0] = 116 * f[..., 1] - 16
    lab[..., 1] = 500 * (f[..., 0] - f[..., 1])
    lab[..., 2] = 200 * (f[..., 1] - f[..., 2])
    return lab


def lab_to_rgb(lab):
    """Convert CIE Lab (D65) to sRGB, clipped to the gamut.

    Parameters
    ----------
    lab : (..., 3) float array
        L in [0, 100], a and b in about [-110, 110]. Colors that sRGB can't show are clipped channel by channel,
        in linear light; `in_gamut` tells which.

    Returns
    -------
    (..., 3) array
        sRGB in [0, 1]; float64 for float64 input, else float32.

    Raises
    ------
    TypeError
        If `lab` isn't floating point.
    ValueError
        If the last axis isn't 3, or a value is NaN or infinite.

    Examples
    --------
    >>> lab_to_rgb(rgb_to_lab(np.array([0.2, 0.5, 0.8]))).round(6)
    array([0.2, 0.5, 0.8])
    """
    linear = _linear_rgb(lab).clip(0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def in_gamut(lab):
    """Say which Lab colors sRGB can show.

    Parameters
    ----------
    lab : (..., 3) float array

    Returns
    -------
    (...) bool array
        True where all three channels of linear light lie in [0, 1], give or take 0.0001
        (at most a third of one of sRGB's 255 steps).

    Raises
    ------
    TypeError, ValueError
        As in `lab_to_rgb`.

    Examples
    --------
    >>> in_gamut(np.array([[50.0, 0.0, 0.0], [50.0, 100.0, 0.0]]))
    array([ True, False])
    """
    linear = _linear_rgb(lab)
    return ((linear >= -_GAMUT_SLACK) & (linear <= 1 + _GAMUT_SLACK)).all(axis=-1)


def normalize_lab(lab, ab_scale=AB_SCALE):
    """Scale Lab for a network: L / 100, and a and b / `ab_scale`.

    Parameters
    ----------
    lab : (..., 3) float array
    ab_scale : float
        What a and b are divided by. 110 here and in CIC and ColorMNet; others use 127 or 128.

    Returns
    -------
    (..., 3) array
        L in [0, 1], a and b in about [-1, 1]; float64 for float64 input, else float32.

    Raises
    ------
    TypeError, ValueError
        As in `lab_to_rgb`; and for an `ab_scale` that isn't a positive number.
    """
    lab = _floats(lab, "lab", _LAB_HELP)
    return lab / _scales(ab_scale).astype(lab.dtype)


def denormalize_lab(lab, ab_scale=AB_SCALE):
    """Undo `normalize_lab`: L * 100, and a and b * `ab_scale`.

    Parameters
    ----------
    lab : (..., 3) float array
        Normalized.
    ab_scale : float
        As in `normalize_lab`.

    Returns
    -------
    (..., 3) array
        Lab; float64 for float64 input, else float32.

    Raises
    ------
    TypeError, ValueError
        As in `normalize_lab`.
    """
    lab = _floats(lab, "lab", _LAB_HELP)
    return lab * _scales(ab_scale).astype(lab.dtype)


_LAB_HELP = (
    "Lab is made by rgb_to_lab, and OpenCV's uint8 Lab is another thing (L * 255 / 100, a + 128, b + 128)"
)


def _floats(values, name, help_text):
    """`values` as a finite float32 or float64 array whose last axis is a color, or the error that says why not."""
    values = np.asarray(values)
    if values.dtype.kind != "f":
        raise TypeError(f"{name} must be floating point, got {values.dtype}: {help_text}")
    if values.ndim == 0 or values.shape[-1] != 3:
        raise ValueError(f"{name} must have shape (..., 3), got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return values.astype(np.float64 if values.dtype == np.float64 else np.float32, copy=False)


def _linear_rgb(lab):
    """Linear light of Lab colors, not clipped."""
    lab = _floats(lab, "lab", _LAB_HELP).clip(-_HUGE, _HUGE)
    f = np.empty_like(lab)
    f[..., 1] = (lab[..., 0] + 16) / 116
    f[..., 0] = f[..., 1] + lab[..., 1] / 500
    f[..., 2] = f[..., 1] - lab[..., 2] / 200
    t = np.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29))
    return t @ (RGB_FROM_XYZ * WHITE_D65).T.astype(lab.dtype)


def _scales(ab_scale):
    if not (isinstance(ab_scale, Real) and 0 < float(ab_scale) < np.inf):
        raise ValueError(f"ab_scale must be a positive number, got {ab_scale!r}")
    return np.array([100.0, ab_scale, ab_scale])
