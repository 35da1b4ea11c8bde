"""Color distribution consistency: does the palette of a clip stay the same from frame to frame?"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr

from course_lib.metrics._checks import image_array

_BINS = 256


def cdc(frames: Sequence[ArrayLike] | np.ndarray, intervals: Sequence[int] = (1, 2, 4)) -> float:
    """Color distribution consistency of Liu et al.: Jensen-Shannon divergence between frames' color histograms.

    Each channel of each frame gives a histogram of 256 values. Frames `t` apart are compared by the Jensen-Shannon
    divergence (natural logarithm), averaged over all pairs, then over the channels and the intervals.

    Lower is called better, but a real clip is above 0 (light and content change), a frozen one is exactly 0, and a gray
    one is let off. So always print the true clip's CDC beside it, and a fidelity metric.

    Parameters
    ----------
    frames : sequence of T images, each (H, W) or (H, W, 3)
        In [0, 1], rounded to bytes. More than the longest interval.
    intervals : sequence of int
        Distances in frames, each at least 1.

    Returns
    -------
    float
        0 to ln 2 = 0.693.

    Raises
    ------
    TypeError, ValueError
        Not float; shapes that differ; values outside [0, 1]; no interval, one below 1, or one longer than the clip.

    References
    ----------
    Y. Liu et al., "Temporally Consistent Video Colorization with Deep Feature Propagation and Self-regularization
    Learning", 2021. https://arxiv.org/abs/2110.04562

    Examples
    --------
    >>> black, white = np.zeros((4, 4, 3)), np.ones((4, 4, 3))
    >>> round(cdc([black, white], intervals=[1]), 4)
    0.6931
    """
    intervals = list(intervals)
    if not intervals or min(intervals) < 1 or max(intervals) >= len(frames):
        raise ValueError(
            f"intervals must lie between 1 and {len(frames) - 1}, one less than the frames; got {intervals}"
        )
    histograms = _histograms(frames)  # (T, C, 256)
    entropy = entr(histograms).sum(-1)  # (T, C)
    values = []
    for interval in intervals:
        mixed = entr((histograms[:-interval] + histograms[interval:]) / 2).sum(-1)  # (T - interval, C)
        divergence = mixed - (entropy[:-interval] + entropy[interval:]) / 2
        values.append(divergence.clip(0).mean())  # equal histograms may round to less than 0
    return float(np.mean(values))


def _histograms(frames: Sequence[ArrayLike] | np.ndarray) -> np.ndarray:
    """Share of the pixels at each of 256 values, (T, C, 256): one frame at a time."""
    rows, shape = [], image_array("frames[0]", frames[0]).shape
    for index in range(len(frames)):
        image = image_array(f"frames[{index}]", frames[index])
        if image.shape != shape:
            raise ValueError(f"frames must have one shape; got {shape} and {image.shape}")
        values = np.rint(255 * image.clip(0, 1)).astype(np.intp).reshape(shape[0] * shape[1], -1)  # (HW, C)
        rows.append([np.bincount(channel, minlength=_BINS) for channel in values.T])
    return np.array(rows) / (shape[0] * shape[1])
