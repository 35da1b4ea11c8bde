"""Numbers about color: how much of it there is, and how far it lies from the truth."""

import numpy as np
from numpy.typing import ArrayLike

from course_lib.metrics._checks import ab_array, float_array, image_array


def mean_chroma(ab: ArrayLike) -> float:
    """Mean of ``sqrt(a² + b²)`` over all pixels: 0 for gray, about 130 at most in sRGB.

    Parameters
    ----------
    ab : array_like, (..., 2)
        The a and b of Lab, not normalized.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        Not float; wrong last axis; empty; NaN.

    Examples
    --------
    >>> mean_chroma([[3.0, 4.0], [0.0, 0.0]])
    2.5
    """
    return float(np.linalg.norm(ab_array("ab", ab), axis=-1).mean())


def colorfulness(image: ArrayLike) -> float:
    """Colorfulness M of Hasler and Süsstrunk: 0 for gray, about 100 for posters, on the 0..255 scale of the paper.

    The opponents rg and yb keep their sign. A popular variant takes absolute values first; its numbers differ.

    Parameters
    ----------
    image : array_like, (H, W, 3)
        RGB in [0, 1].

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        Not float; not RGB; empty; NaN; values outside [0, 1].

    References
    ----------
    D. Hasler and S. Süsstrunk, "Measuring colourfulness in natural images", Human Vision and Electronic Imaging VIII,
    SPIE 5007, 2003. https://doi.org/10.1117/12.477378

    Examples
    --------
    >>> colorfulness(np.full((4, 4, 3), 0.5))
    0.0
    """
    image = image_array("image", image)
    if image.ndim != 3:
        raise ValueError(f"image must have shape (H, W, 3); got {image.shape}")
    red, green, blue = np.moveaxis(255 * image, -1, 0)
    rg = red - green
    yb = (red + green) / 2 - blue
    spread = np.hypot(rg.std(), yb.std())
    offset = np.hypot(rg.mean(), yb.mean())
    return float(spread + 0.3 * offset)


def color_auc(
    reference_ab: ArrayLike, ab: ArrayLike, *, max_error: float = 150.0, weights: ArrayLike | None = None
) -> float:
    """Area under the curve "share of pixels whose ab error is at most t", t from 0 to `max_error`, in percent.

    The curve's area has a closed form: a pixel with error e contributes ``1 - min(e, max_error) / max_error``. Published
    values add the curve up at whole thresholds, which agrees to a fraction of a percent.

    Parameters
    ----------
    reference_ab, ab : array_like, (..., 2)
        True and predicted ab, not normalized, of one shape.
    max_error : float
        Where the curve ends, in ab units.
    weights : array_like, (...), optional
        Nonnegative weight of each pixel, for example one over how common its color is ("rebalanced").

    Returns
    -------
    float
        0 to 100; 100 only for the exact colors. Gray everywhere scores high too: show it beside.

    Raises
    ------
    TypeError, ValueError
        Not float; wrong or different shapes; empty; NaN; `max_error` not above 0; weights negative or all 0.

    References
    ----------
    R. Zhang, P. Isola, A. Efros, "Colorful Image Colorization", ECCV 2016, section 3.1. https://arxiv.org/abs/1603.08511

    Examples
    --------
    >>> color_auc([[0.0, 0.0]], [[0.0, 75.0]])
    50.0
    """
    reference_ab, ab = ab_array("reference_ab", reference_ab), ab_array("ab", ab)
    if reference_ab.shape != ab.shape:
        raise ValueError(f"reference_ab and ab must have one shape; got {reference_ab.shape} and {ab.shape}")
    if not 0 < max_error < np.inf:
        raise ValueError(f"max_error must be above 0 and finite; got {max_error}")
    error = np.linalg.norm(ab - reference_ab, axis=-1)
    if weights is not None:
        weights = float_array("weights", weights)
        if weights.shape != error.shape:
            raise ValueError(f"weights must have shape {error.shape}, one value a pixel; got {weights.shape}")
        if weights.min() < 0 or weights.sum() == 0:
            raise ValueError("weights must be nonnegative and not all 0")
    return float(100 * np.average(1 - np.minimum(error, max_error) / max_error, weights=weights))
