"""How often each color occurs, and how much more its rare ones should count.

R. Zhang, P. Isola, A. A. Efros, "Colorful Image Colorization", ECCV 2016, section 2.2. Photos are mostly near gray,
so a network that minds every pixel alike learns to answer near gray. Each pixel is weighted by the rarity of its color.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from course_lib.color import SoftEncoder, ab_bin_centers


def color_prior(ab: Iterable[ArrayLike], encoder: SoftEncoder | None = None) -> np.ndarray:
    """The share of each color bin over photos, smoothed in the ab plane by the soft encoding itself.

    Every pixel adds its soft encoding, so its mass goes to bins that are its neighbors *in ab*. Smoothing the
    histogram along the bin index instead looks the same in a plot and is wrong: the bins are listed column by column, so
    the end of one column would leak into the start of the next, such as the yellow-green (-10, 100) into the blue
    (0, -70), which stand side by side in the list and 170 apart in ab.

    Parameters
    ----------
    ab : iterable of array_like, each (..., 2)
        The ab values of one photo each, in Lab units.
    encoder : SoftEncoder, optional
        Gives the Q bins and the width of the smoothing. By default the 313 bins with K = 5 and sigma = 5.

    Returns
    -------
    ndarray, (Q,) float64
        Nonnegative, sums to 1. Bins that no color came near are 0.

    Raises
    ------
    TypeError, ValueError
        What `SoftEncoder.encode_sparse` refuses; not a single pixel.

    Examples
    --------
    >>> encoder = SoftEncoder(np.array([[0.0, 0.0], [10.0, 0.0], [50.0, 0.0]]), neighbors=2)
    >>> color_prior([np.zeros((4, 2)), np.full((4, 2), [50.0, 0.0])], encoder).round(2).tolist()
    [0.44, 0.06, 0.5]
    """
    if encoder is None:
        encoder = SoftEncoder(ab_bin_centers())
    total = np.zeros(len(encoder.centers))
    for photo in ab:
        indices, weights = encoder.encode_sparse(photo)
        total += np.bincount(indices.ravel(), weights.ravel().astype(np.float64), minlength=len(total))
    if total.sum() == 0:
        raise ValueError("ab must hold at least one pixel, got none")
    return total / total.sum()


def rebalancing_weights(prior: ArrayLike, mixing: float = 0.5) -> np.ndarray:
    """A weight for each color bin, larger where the bin is rare, with expectation 1 under the prior.

    w is proportional to 1 / ((1 - mixing) p + mixing / Q), and sum(p w) = 1 (equation 4 of the paper).

    Parameters
    ----------
    prior : array_like, (Q,)
        Shares p of the bins, already smoothed; nonnegative, sum to 1.
    mixing : float
        Share of the uniform distribution mixed into the prior, in [0, 1]; lambda in the paper. 1 weighs all bins
        alike, 0 weighs by the bare inverse, which needs a prior without zeros.

    Returns
    -------
    ndarray, (Q,) float64
        Positive.

    Raises
    ------
    ValueError
        A prior that is no distribution, `mixing` outside [0, 1], or 0 when a bin is empty.

    Examples
    --------
    >>> rebalancing_weights(np.array([0.75, 0.25])).round(3).tolist()
    [0.857, 1.429]
    """
    prior = np.asarray(prior, np.float64)
    if prior.ndim != 1 or prior.size == 0 or not np.isfinite(prior).all() or prior.min() < 0:
        raise ValueError(f"prior must be nonnegative, finite shares of shape (Q,); got shape {prior.shape}")
    if abs(prior.sum() - 1) > 1e-4:  # far above what float32 shares lose in adding up, far below any mistake
        raise ValueError(f"prior must sum to 1, got {prior.sum():.6g}")
    if not 0 <= mixing <= 1:
        raise ValueError(f"mixing must be a share in [0, 1], got {mixing}")
    mixed = (1 - mixing) * prior + mixing / len(prior)
    if (mixed == 0).any():
        raise ValueError(f"mixing must be above 0 when bins are empty, as {(prior == 0).sum()} of these are")
    weights = 1 / mixed
    return weights / (prior * weights).sum()
