"""The bins of color as classification: where on a grid in the ab plane sRGB has something to show.

Zhang, Isola and Efros ("Colorful Image Colorization", ECCV 2016, section 2.1) count 313 such bins on a grid of 10.
The rule here reproduces that set and its order; whether their own script did the same isn't known.
"""

from functools import lru_cache

import numpy as np
from scipy.ndimage import binary_dilation
from scipy.spatial import ConvexHull

from course_lib.color.lab import rgb_to_lab

_LEVELS = 17  # per RGB channel; from 5 levels on the 10-grid comes out the same


def ab_bin_centers(grid=10):
    """Centers of the in-gamut bins of the ab plane.

    Take the multiples of `grid` inside the convex hull of all ab that sRGB reaches, and add their eight neighbors.

    Parameters
    ----------
    grid : float
        Distance between neighboring bins, in ab units, from 1 to 100.

    Returns
    -------
    (Q, 2) float64 array
        a and b of each bin, ordered by a, then by b. Q is 313 for a grid of 10. The outer ring holds colors
        that sRGB can't show.

    Raises
    ------
    ValueError
        If `grid` isn't a number from 1 to 100.

    Examples
    --------
    >>> centers = ab_bin_centers()
    >>> len(centers), centers[0], centers[120], centers[312]
    (313, array([-90.,  50.]), array([0., 0.]), array([100.,   0.]))
    """
    if (
        isinstance(grid, bool)
        or not isinstance(grid, (int, float, np.integer, np.floating))
        or not 1 <= grid <= 100
    ):
        raise ValueError(f"grid must be a number from 1 to 100, got {grid!r}")
    return _bin_centers(float(grid)).copy()


@lru_cache(maxsize=8)
def _bin_centers(grid):
    levels = np.linspace(0.0, 1.0, _LEVELS)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1)
    ab = rgb_to_lab(cube)[..., 1:].reshape(-1, 2)
    hull = ConvexHull(ab).equations  # (facets, 3): a point p is inside where normal . p + offset <= 0 for all
    reach = int(np.abs(ab).max() // grid) + 1  # one ring more than the hull can hold
    steps = grid * np.arange(-reach, reach + 1)
    a, b = np.meshgrid(steps, steps, indexing="ij")  # a major, b minor
    inside = np.ones(a.shape, bool)
    for normal_a, normal_b, offset in hull:
        inside &= normal_a * a + normal_b * b + offset <= 0
    kept = binary_dilation(inside, np.ones((3, 3), bool))
    return np.stack([a[kept], b[kept]], axis=1)
