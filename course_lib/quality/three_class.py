"""Three classes made from scores, bad, normal and good, and as many examples of each.

Two thresholds cut a scale in three, and two readings of them are about. A photo manager's working log *writes* that a score of 5 is
bad already; the code beside it cuts scores down to whole numbers, adds 1 and compares then, so that 5 is normal:

    written:  bad <= low < normal < high <= good          coded:  bad < low <= normal < high <= good

They differ for the scores that are equal to `low`: few among means of 200 votes, many among means of 30.
"""

import numpy as np
from numpy.typing import ArrayLike

CLASSES = ("bad", "normal", "good")  # class k is called CLASSES[k]
READINGS = ("written", "coded")


def three_class_labels(
    scores: ArrayLike, low: float = 5, high: float = 6, *, reading: str = "written"
) -> np.ndarray:
    """0 (bad), 1 (normal) or 2 (good) for each score.

    Parameters
    ----------
    scores : array_like of numbers, any shape
        Mean scores, on the scale of `low` and `high`; finite. The scale is yours: 1…10 for AVA and EVA, 0…100 for SPAQ.
    low, high : float
        The thresholds, `low` below `high`. At `high` a picture is good in both readings.
    reading : {"written", "coded"}
        Is a score equal to `low` bad (written) or normal (coded)?

    Returns
    -------
    ndarray of int64, shape of `scores`

    Raises
    ------
    TypeError
        Scores or thresholds that aren't numbers.
    ValueError
        NaN or infinite scores (a missing score must not inherit a class); thresholds that aren't in order; another
        reading.

    Examples
    --------
    >>> three_class_labels([4.9, 5, 5.1, 5.9, 6])
    array([0, 0, 1, 1, 2])
    >>> three_class_labels([4.9, 5, 5.1, 5.9, 6], reading="coded")
    array([0, 1, 1, 1, 2])
    """
    scores = np.asarray(scores)
    if scores.dtype.kind not in "iuf":
        raise TypeError(f"scores must be numbers; got dtype {scores.dtype}")
    if not np.isfinite(scores).all():
        raise ValueError(f"scores must be finite; {(~np.isfinite(scores)).sum()} of {scores.size} are not")
    for name, value in (("low", low), ("high", high)):
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise TypeError(f"{name} must be a number; got {value!r}")
    if not -np.inf < low < high < np.inf:
        raise ValueError(f"low must be below high, both finite; got low={low} and high={high}")
    if reading not in READINGS:
        raise ValueError(f"reading must be one of {', '.join(map(repr, READINGS))}; got {reading!r}")
    above = scores > low if reading == "written" else scores >= low
    return above.astype(np.int64) + (scores >= high)


def balanced_sample(labels: ArrayLike, per_class: int, seed: int) -> np.ndarray:
    """Places of `per_class` examples of each class, drawn without replacement, in random order.

    Parameters
    ----------
    labels : array_like of int, (N,)
        0, 1 or 2, as `three_class_labels` gives them.
    per_class : int
        At least 1, and at most as many as the rarest class has: nothing is drawn twice, so that no example can come to
        lie in training and in test.
    seed : int

    Returns
    -------
    ndarray of int64, (3 · per_class,)
        Indices into `labels`, each at most once.

    Raises
    ------
    TypeError
        Labels or `per_class` that aren't whole numbers.
    ValueError
        Another shape, another class, or a class that is too small; the message says which.

    Examples
    --------
    >>> labels = np.array([1, 1, 0, 1, 2, 2, 1, 0])
    >>> np.bincount(labels[balanced_sample(labels, 2, seed=0)])
    array([2, 2, 2])
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must be whole numbers; got dtype {labels.dtype}")
    if labels.ndim != 1 or not np.isin(labels, range(len(CLASSES))).all():
        raise ValueError(
            f"labels must be one row of 0, 1 and 2; got shape {labels.shape}, values {np.unique(labels)[:9]}"
        )
    if isinstance(per_class, bool) or not isinstance(per_class, (int, np.integer)):
        raise TypeError(f"per_class must be a whole number; got {per_class!r}")
    if per_class < 1:
        raise ValueError(f"per_class must be at least 1; got {per_class}")
    counts = np.bincount(labels, minlength=len(CLASSES))
    if per_class > counts.min():
        rarest = int(counts.argmin())
        raise ValueError(
            f"per_class must be at most {counts.min()}: class {rarest} ({CLASSES[rarest]}) has no more; got {per_class}"
        )
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(np.flatnonzero(labels == k), per_class, replace=False) for k in range(len(CLASSES))]
    return rng.permutation(np.concatenate(drawn))
