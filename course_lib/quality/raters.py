"""Simulated raters: from how badly a photo was distorted to a distribution over the scores 1 … 10.

Nobody rated the distorted photos, so people are replaced by these assumptions, which are guesses:

1. A photo as it came gets 7.8 on average, plus its *appeal*: people like some subjects better. It doesn't show in the
   distortion, so no model can learn it. `APPEAL_SPREAD` is its standard deviation over photos.
2. Each level of distortion costs one point on average, whatever its kind. (Real raters mind some kinds more.)
3. Raters differ in how much they mind: each one's cost is the average cost times a log-normal factor.
4. Raters differ in habit, one milder and one stricter on every photo, and each score has a whim on top; both normal.
5. A score is rounded to a whole number and kept within 1 … 10.

With these the raters of one photo disagree by about 1.4, as those of the AVA set do (1.43). A model that does well
here has learned the levels and these assumptions; whether it has learned quality, only ratings by people can tell.
"""

import numpy as np

SCORES = 10
UNDISTORTED = 7.8
APPEAL_SPREAD = 0.5
_MINDING_SPREAD = 0.3  # of the logarithm
_HABIT_SPREAD = 0.8
_WHIM_SPREAD = 0.7


def simulated_scores(level: float, appeal: float = 0.0, *, raters: int = 50, seed=0) -> np.ndarray:
    """The shares of the scores 1 … 10 that a panel gives a photo distorted to this level.

    Parameters
    ----------
    level : float
        Of `distort`, from 0.
    appeal : float
        Points by which this photo is liked better than others.
    raters : int
        Panel size; each call draws a new panel.
    seed : int, sequence of int or numpy.random.Generator

    Returns
    -------
    ndarray, (10,) float64
        Sums to 1.

    Raises
    ------
    ValueError
        A negative level, no raters, NaN.

    Examples
    --------
    >>> scores = np.arange(1, 11)
    >>> [round(float(simulated_scores(level, raters=10_000) @ scores)) for level in (0, 2, 4)]
    [8, 6, 4]
    """
    if not 0 <= level < np.inf or not np.isfinite(appeal):
        raise ValueError(f"level must be a number from 0 and appeal finite; got {level!r} and {appeal!r}")
    if isinstance(raters, bool) or not isinstance(raters, int | np.integer) or raters < 1:
        raise ValueError(f"raters must be a whole number from 1; got {raters!r}")
    rng = np.random.default_rng(seed)
    minding = rng.lognormal(-(_MINDING_SPREAD**2) / 2, _MINDING_SPREAD, raters)  # of mean 1
    habit = rng.normal(0, _HABIT_SPREAD, raters)
    whim = rng.normal(0, _WHIM_SPREAD, raters)
    scores = np.clip(np.round(UNDISTORTED + appeal - level * minding + habit + whim), 1, SCORES)
    return np.bincount(scores.astype(int) - 1, minlength=SCORES) / raters
