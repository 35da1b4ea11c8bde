"""Full-reference fidelity: PSNR and SSIM of one image against another.

Sums are taken in float64. Images are float in [0, 1]; bytes are refused rather than guessed at, because byte
subtraction wraps around without a word.
"""

import numpy as np
from numpy.typing import ArrayLike
from skimage.metrics import structural_similarity

from course_lib.metrics._checks import image_array

_SSIM_WINDOW = 11  # pixels, the side of Wang's Gaussian window


def psnr(reference: ArrayLike, image: ArrayLike) -> float:
    """Peak signal-to-noise ratio in decibels: ``10 log10(1 / MSE)``, the mean over all pixels and channels.

    Parameters
    ----------
    reference, image : array_like, (H, W) or (H, W, 3)
        Float images of one shape, in [0, 1].

    Returns
    -------
    float
        Decibels; ``inf`` for equal images.

    Raises
    ------
    TypeError, ValueError
        Not float; shapes that differ; empty; NaN; values outside [0, 1].

    Examples
    --------
    >>> round(psnr(np.zeros((4, 4)), np.full((4, 4), 0.1)), 6)
    20.0
    """
    reference, image = _pair(reference, image)
    error = np.mean((reference - image) ** 2)
    return float("inf") if error == 0 else float(-10 * np.log10(error))


def ssim(reference: ArrayLike, image: ArrayLike) -> float:
    """Structural similarity as published: 11x11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03.

    scikit-image computes it; its defaults (7x7 uniform window, sample covariance) are a different number. Color images
    give the mean over their three channels.

    Parameters
    ----------
    reference, image : array_like, (H, W) or (H, W, 3)
        Float images of one shape, at least 11x11, in [0, 1].

    Returns
    -------
    float
        At most 1, which only equal images reach.

    Raises
    ------
    TypeError, ValueError
        As `psnr`; also images smaller than the window.

    References
    ----------
    Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13(4), 2004,
    eq. 13 to 16. https://doi.org/10.1109/TIP.2003.819861

    Examples
    --------
    >>> ssim(np.eye(16), np.eye(16))
    1.0
    """
    reference, image = _pair(reference, image)
    if min(reference.shape[:2]) < _SSIM_WINDOW:
        raise ValueError(
            f"reference and image must be at least {_SSIM_WINDOW}x{_SSIM_WINDOW} for SSIM's window; got {reference.shape}"
        )
    value = structural_similarity(
        reference,
        image,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=1.0,
        channel_axis=-1 if reference.ndim == 3 else None,
    )
    return float(value)


def _pair(reference: ArrayLike, image: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    reference, image = image_array("reference", reference), image_array("image", image)
    if reference.shape != image.shape:
        raise ValueError(f"reference and image must have one shape; got {reference.shape} and {image.shape}")
    return reference, image
