"""Specks of wrong color: how far a pixel's color stands out from its neighbors', and toward which hue.

A made measure of this course, for the "red noise" of colorizers that classify: single places whose color jumps away
from everything around them. It needs no true picture, so textures and thin colored objects count as well: show the
truth's own value beside it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import median_filter

from course_lib.metrics._checks import ab_array


class Speckle(NamedTuple):
    """What `speckle` found.

    Attributes
    ----------
    amount : float
        The mean distance of a pixel's ab from the median around it, in ab units.
    share : float
        Of the pixels, those farther than the threshold.
    red, yellow, green, blue : float
        Of those, the shares that depart toward that end of the a or b axis, within 45 degrees. They sum to 1, or are all
        0 where nothing stands out.
    """

    amount: float
    share: float
    red: float
    yellow: float
    green: float
    blue: float


def speckle(ab: ArrayLike, *, window: int = 5, threshold: float = 10.0) -> Speckle:
    """How much the colors of single pixels stand out from their neighborhood.

    The neighborhood's color is the median of a and of b in a square window, as in a median filter. It follows
    flat areas, linear gradients and straight edges exactly, so all of these measure 0. Pixels whose window would
    leave the picture aren't judged. Adding one color to all pixels, mirroring and quarter turns change nothing
    (but for which hue is which); doubling all ab doubles `amount`. Enlarging the picture does change it, so measure
    a network's answer at the network's own size.

    Parameters
    ----------
    ab : array_like, (H, W, 2)
        a and b of Lab, not normalized.
    window : int
        Side of the neighborhood in pixels, odd, at least 3. Specks must fill less than half of it.
    threshold : float
        From which distance on a pixel counts as standing out, in ab units; one bin of the 10-grid by default.

    Returns
    -------
    Speckle

    Raises
    ------
    TypeError, ValueError
        Not float; not (H, W, 2); NaN; an even or small window; a picture smaller than it; a threshold below 0.

    Examples
    --------
    >>> ab = np.zeros((9, 9, 2))
    >>> ab[4, 4] = [50.0, 0.0]
    >>> speckle(ab)
    Speckle(amount=2.0, share=0.04, red=1.0, yellow=0.0, green=0.0, blue=0.0)
    """
    ab = ab_array("ab", ab)
    if isinstance(window, bool) or not isinstance(window, int | np.integer):
        raise TypeError(f"window must be a whole number of pixels; got {window!r}")
    if window < 3 or window % 2 == 0:
        raise ValueError(f"window must be odd and at least 3; got {window}")
    if ab.ndim != 3 or min(ab.shape[:2]) < window:
        raise ValueError(f"ab must have shape (H, W, 2), no side below the window's {window}; got {ab.shape}")
    if not 0 <= threshold < np.inf:
        raise ValueError(f"threshold must be finite and at least 0; got {threshold}")
    departure = ab - median_filter(ab, size=(window, window, 1))
    rim = window // 2
    departure = departure[rim:-rim, rim:-rim].reshape(-1, 2)
    distance = np.linalg.norm(departure, axis=1)
    out = departure[distance > threshold]
    a, b = out.T
    # Sectors of 90 degrees around +a, +b, -a and -b; each owns the diagonal at its start.
    sector = np.floor(np.arctan2(b, a) / (np.pi / 2) + 0.5).astype(int) % 4
    toward = np.bincount(sector, minlength=4) / max(len(out), 1)
    return Speckle(float(distance.mean()), len(out) / len(distance), *map(float, toward))
