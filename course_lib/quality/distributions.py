"""Distributions over scores: how far apart two are, and the score and spread each of them says.

A row of K shares belongs to the scores 1 … K. Talebi and Milanfar, "NIMA: Neural image assessment", IEEE Transactions on
Image Processing 2018, learn such rows and compare them by their cumulative sums.
"""

import sys

import numpy as np

_SLACK = 1e-3  # shares in float16, or rounded to four digits, sum to 1 within this


def earth_movers_distance(p, q, r=2):
    """How far the shares of `p` must be carried to become those of `q`, in bins: their cumulative sums compared.

    ``(mean over bins |CDF_p - CDF_q|^r)^(1/r)``, NIMA's equation 1. With r = 1 it is SciPy's `wasserstein_distance`
    of the two, divided by the number of bins. NIMA learns with r = 2, whose gradient is kinder.

    Parameters
    ----------
    p, q : array_like or torch.Tensor, (N, K) or (K,)
        Shares of the scores 1 … K, in each row nonnegative with sum 1. Both of one shape.
    r : float
        From 1.

    Returns
    -------
    float64 ndarray (N,), or a float for (K,); torch.Tensor (N,) or () when both are tensors
        From 0 to 1; the tensor is differentiable.

    Raises
    ------
    TypeError
        One a tensor and the other not; no numbers.
    ValueError
        Shapes that differ or have other axes; a row that is negative, NaN or doesn't sum to 1; r below 1 or not finite.

    Examples
    --------
    All the votes one score further:

    >>> earth_movers_distance([0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], r=1)
    0.25
    >>> earth_movers_distance([0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0])
    0.5
    """
    if isinstance(r, bool) or not isinstance(r, int | float | np.number) or not 1 <= r < np.inf:
        raise ValueError(f"r must be a finite number from 1; got {r!r}")
    if _is_tensor(p) != _is_tensor(q):
        raise TypeError(
            f"p and q must both be tensors or both arrays; got {type(p).__name__}, {type(q).__name__}"
        )
    p, q = _shares("p", p), _shares("q", q)
    if p.shape != q.shape:
        raise ValueError(f"p and q must have one shape; got {tuple(p.shape)} and {tuple(q.shape)}")
    # from the difference's own sums, so that equal rows are at 0 exactly
    difference = (p - q).cumsum(-1)
    if not _is_tensor(p):
        distance = (np.abs(difference) ** r).mean(-1) ** (1 / r)
        return distance if p.ndim == 2 else float(distance)
    power = (difference.abs() ** r).mean(-1)
    # the root's slope at 0 is infinite; there the distance and, by this choice, its gradient are 0
    moved = power > 0
    return power.where(moved, 1.0) ** (1 / r) * moved


def mean_score(p):
    """The mean of scores 1 … K under the shares `p`.

    Parameters
    ----------
    p : array_like or torch.Tensor, (N, K) or (K,)

    Returns
    -------
    float64 ndarray (N,), or a float for (K,); torch.Tensor for a tensor

    Raises
    ------
    TypeError, ValueError
        As in `earth_movers_distance`.

    Examples
    --------
    >>> mean_score([0.25, 0.25, 0.5])
    2.25
    """
    p = _shares("p", p)
    return _plain((p * _scores(p)).sum(-1), p)


def score_spread(p):
    """The standard deviation of scores 1 … K under the shares `p`: how much the raters disagree.

    Parameters
    ----------
    p : array_like or torch.Tensor, (N, K) or (K,)

    Returns
    -------
    float64 ndarray (N,), or a float for (K,); torch.Tensor for a tensor

    Raises
    ------
    TypeError, ValueError
        As in `earth_movers_distance`.

    Examples
    --------
    >>> score_spread([0.5, 0.0, 0.5])
    1.0
    """
    p = _shares("p", p)
    scores = _scores(p)
    mean = (p * scores).sum(-1)[..., None]
    return _plain((p * (scores - mean) ** 2).sum(-1) ** 0.5, p)


def rank_correlation(one, other) -> float:
    """Spearman's: whether two lists order the same things alike, whatever their scales. From -1 to 1.

    Parameters
    ----------
    one, other : array_like, (n,)
        Ties share their mean rank.

    Returns
    -------
    float
        NaN when one of them is constant: it orders nothing.

    Raises
    ------
    ValueError
        Other shapes, fewer than two, NaN.

    Examples
    --------
    >>> rank_correlation([1, 2, 3, 4], [1, 10, 100, 1000])
    1.0
    """
    return _correlation("spearmanr", one, other)


def linear_correlation(one, other) -> float:
    """Pearson's: how well a straight line says one from the other. From -1 to 1.

    Parameters
    ----------
    one, other : array_like, (n,)

    Returns
    -------
    float
        NaN when one of them is constant.

    Raises
    ------
    ValueError
        Other shapes, fewer than two, NaN.
    """
    return _correlation("pearsonr", one, other)


def _correlation(name, one, other):
    from scipy import stats

    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    if one.ndim != 1 or one.shape != other.shape or len(one) < 2:
        raise ValueError(
            f"one and other must be lists of one length from 2; got {one.shape} and {other.shape}"
        )
    if np.isnan(one).any() or np.isnan(other).any():
        raise ValueError("one and other must not hold NaN")
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(getattr(stats, name)(one, other).statistic)


def _is_tensor(x):
    torch = sys.modules.get("torch")  # who has a tensor has imported torch
    return torch is not None and isinstance(x, torch.Tensor)


def _shares(name, value):
    """`value` when its rows are distributions: a float64 array, or the tensor it was."""
    if not _is_tensor(value):
        array = np.asarray(value)
        if not (np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)):
            raise TypeError(f"{name} must be numbers; got {array.dtype}")
        value = array.astype(np.float64)
    elif not value.is_floating_point():
        raise TypeError(f"{name} must be floating point; got {value.dtype}")
    if value.ndim not in (1, 2) or 0 in value.shape:
        raise ValueError(f"{name} must be nonempty, of shape (N, K) or (K,); got {tuple(value.shape)}")
    plain = value.detach() if _is_tensor(value) else value
    total, lowest = plain.sum(-1), plain.min()
    if not float(lowest) >= 0:  # NaN fails too
        raise ValueError(f"{name} must hold no negative share and no NaN; its least is {float(lowest):.4g}")
    worst = float(abs(total - 1).max())
    if not worst <= _SLACK:
        raise ValueError(
            f"{name} must sum to 1 in each row; one is off by {worst:.4g} (votes? divide by their number)"
        )
    return value


def _scores(p):
    if _is_tensor(p):
        return sys.modules["torch"].arange(1, p.shape[-1] + 1, dtype=p.dtype, device=p.device)
    return np.arange(1, p.shape[-1] + 1, dtype=np.float64)


def _plain(value, p):
    return value if _is_tensor(p) or p.ndim == 2 else float(value)
