"""Where a film is cut: neither the spread of its grays nor their layout goes on.

Either alone misses cuts. Two scenes may have the same grays in other places, and one landscape may follow another, bright
above and dark below, in other grays. And neither minds what moves: an object that crosses the frame keeps both.
"""

import cv2
import numpy as np

from course_lib.mobile.box_mean import check_floats

# Chosen on 17 real clips: within them, 1109 pairs of frames gave at most 0.13 and 0.63; of 540 pairs across two clips
# each was beyond 0.2 or beyond 0.7.
HISTOGRAM_CUT, LAYOUT_CUT = 0.2, 0.7
_BINS = 32
_GRID = (16, 9)  # columns and rows
_FLAT = 1e-4  # a standard deviation below a fortieth of a byte's step


def is_scene_cut(before, after) -> bool:
    """Whether a new scene begins with `after`: one of the numbers of `scene_change` is beyond 0.2, or beyond 0.7.

    Parameters
    ----------
    before, after : ndarray, (H, W)
        As in `scene_change`.

    Returns
    -------
    bool

    Raises
    ------
    TypeError, ValueError
        As in `scene_change`.
    """
    histogram, layout = scene_change(before, after)
    return histogram > HISTOGRAM_CUT or layout > LAYOUT_CUT


def scene_change(before, after) -> tuple[float, float]:
    """How much changes from one frame to the next that motion alone wouldn't change.

    Parameters
    ----------
    before, after : ndarray, (H, W)
        Gray or lightness, float32 or float64, in [0, 1]; of one size.

    Returns
    -------
    histogram : float
        Share of pixels that would have to change their gray, of 32, for the two histograms to be the same; 0 to 1.
    layout : float
        1 minus the correlation of the frames, shrunk to 16 x 9 pixels; 0 to 2. 0 between even frames, 1 where just
        one of them is even.

    Raises
    ------
    TypeError, ValueError
        Not float; not of shape (H, W), or of two sizes; NaN.

    Examples
    --------
    >>> ramp = np.linspace(0, 1, 64).reshape(1, 64).repeat(36, 0)
    >>> scene_change(ramp, ramp)
    (0.0, 0.0)
    >>> [round(x, 2) + 0 for x in scene_change(ramp, ramp[:, ::-1])]  # the same grays, the other way around
    [0.0, 2.0]
    """
    for name, frame in (("before", before), ("after", after)):
        check_floats(name, frame)
        if frame.ndim != 2 or frame.shape != before.shape:
            raise ValueError(
                f"before and after must have one shape (H, W); got {tuple(before.shape)} and {tuple(after.shape)}"
            )
    pair = [np.float32(frame) for frame in (before, after)]
    shares = [cv2.calcHist([gray], [0], None, [_BINS], [0, 1 + 1e-3]).ravel() / gray.size for gray in pair]
    small = [cv2.resize(gray, _GRID, interpolation=cv2.INTER_AREA) for gray in pair]
    return float(np.abs(shares[0] - shares[1]).sum() / 2), _layout(*small)


def _layout(one, other) -> float:
    """1 minus the correlation of two small pictures."""
    flat = [x.std() < _FLAT for x in (one, other)]
    if any(flat):
        return 0.0 if all(flat) else 1.0
    one, other = one - one.mean(), other - other.mean()
    return float(1 - (one * other).mean() / (one.std() * other.std()))
