"""Color for what stands still, and for nothing else: a mend for cameras that don't move.

What a pixel shows for most of a clip is its background. The reference, from the same camera, tells that pixel's color,
as long as it shows the background there too. What moves, and what has been moved since, gets no color from the
reference at all: it is left gray, or to another colorizer.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import uniform_filter

from course_lib.color import rgb_to_lab


def background_model(lightness: ArrayLike, *, threshold: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """What the camera sees behind all that moves, and where it sees it.

    Parameters
    ----------
    lightness : array_like, (T, H, W)
        L, 0 to 100, from a camera that stands still.
    threshold : float
        In L: a pixel shows the background where it differs less from it, on the mean over 3 x 3 pixels.

    Returns
    -------
    background : ndarray, (H, W) float64
        The median over time. It is right wherever the background shows in more than half of the frames.
    still : ndarray, (T, H, W) bool

    Raises
    ------
    ValueError
        Another number of axes, or no frames; NaN; a threshold that isn't above 0.

    Examples
    --------
    >>> clip = np.full((3, 4, 4), 60.0)
    >>> clip[1] = 20
    >>> background, still = background_model(clip)
    >>> float(background[0, 0]), still[:, 0, 0].tolist()
    (60.0, [True, False, True])
    """
    lightness = np.asarray(lightness, float)
    if lightness.ndim != 3 or lightness.size == 0 or not np.isfinite(lightness).all():
        raise ValueError(f"lightness must be nonempty and finite, (T, H, W); got {lightness.shape}")
    if not threshold > 0:
        raise ValueError(f"threshold must be above 0; got {threshold}")
    background = np.median(lightness, 0)
    return background, _near(lightness, background, threshold)


def color_background(
    lightness: ArrayLike, reference: ArrayLike, *, others: ArrayLike | None = None, threshold: float = 4.0
) -> tuple[np.ndarray, np.ndarray]:
    """Carry the reference's color to the static background of a clip, pixel by pixel.

    Parameters
    ----------
    lightness : array_like, (T, H, W)
        L, 0 to 100, of the clip.
    reference : array_like, (H, W, 3)
        RGB in [0, 1], from the same camera at any time.
    others : array_like, (T, H, W, 2), optional
        ab by another colorizer, for all that isn't background or whose background the reference doesn't show; gray
        where it is left out.
    threshold : float
        As of `background_model`, for the clip and for the reference.

    Returns
    -------
    ab : ndarray, (T, H, W, 2) float32
    carried : ndarray, (T, H, W) bool
        Where the color is the reference's.

    Raises
    ------
    TypeError, ValueError
        A reference that isn't float in [0, 1] or not of the clip's size; `others` of another shape; as
        `background_model`.
    """
    background, still = background_model(lightness, threshold=threshold)
    lab = rgb_to_lab(np.asarray(reference))
    if lab.shape != (*background.shape, 3):
        raise ValueError(f"reference must be {(*background.shape, 3)}, as the clip; got {lab.shape}")
    carried = still & _near(lab[None, ..., 0], background, threshold)
    others = np.zeros((*still.shape, 2)) if others is None else np.asarray(others)
    if others.shape != (*still.shape, 2):
        raise ValueError(f"others must be {(*still.shape, 2)}; got {others.shape}")
    return np.where(carried[..., None], lab[..., 1:], others).astype(np.float32), carried


def _near(lightness: np.ndarray, background: np.ndarray, threshold: float) -> np.ndarray:
    """Where (T, H, W) lies within `threshold` of the background, on the mean over 3 x 3 pixels."""
    return uniform_filter(np.abs(lightness - background), (0, 3, 3)) < threshold
